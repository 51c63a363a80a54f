//! A complaint that came by telephone or over the counter, registered while the customer waits: what is needed first,
//! the rest folded away, and a warning when it is here already.

use askama::Template;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};

use super::asking::{in_use, none_first};
use super::opened::case_path;
use super::reading::{for_a_field, local_moment};
use super::refusal;
use super::similar::{Question, REGISTERS, Similar, likely, shown};
use crate::answer::Answer;
use crate::app::App;
use crate::assets;
use crate::collation;
use crate::entry::{Choice, EntryForm, Field, Wrong};
use crate::error::{Result, WebError};
use crate::once;
use crate::routes::{Access, Route};
use crate::shell::{Area, Shell};
use crate::visit::Visit;
use crate::visits::Reserved;
use crate::words::Words;
use redress_domain::event::{Assessed, Registered};
use redress_domain::vocabulary::{AssessmentChange, Channel, Language, Response, Role, Severity};
use redress_register::{
    Actor, Complaining, Draft, MessageFilter, NewCase, OfForm, Part, Person, RegisterError,
    Registration, Staff,
};

pub const ROUTES: &[Route] = &[
    Route::get("/desk/register", Access::Staff(REGISTERS), page),
    Route::post("/desk/register", Access::Staff(REGISTERS), register)
        .turning(turned)
        .hashing(),
];

/// How a complaint reaches staff; the form on the site has pages of its own.
pub const CHANNELS: [Channel; 4] = [
    Channel::Phone,
    Channel::InPerson,
    Channel::Email,
    Channel::Other,
];

#[derive(Template)]
#[template(path = "desk/register.html")]
struct Page<'a> {
    shell: Shell<'a>,
    words: &'a Words,
    form: EntryForm,
    /// Complaints that may be this one; they have to be looked at before it is registered.
    likely: Vec<Similar>,
    script: &'static str,
}

#[derive(Template)]
#[template(path = "desk/handed_over.html")]
struct HandedOver<'a> {
    shell: Shell<'a>,
    number: &'a str,
    password: &'a str,
    path: String,
    /// By what means the customer is told; nothing when they have to be told here.
    goes: Option<String>,
    /// The complaint is new, and not its password alone.
    first: bool,
}

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    show(app, visit, Vec::new(), Vec::new())
}

/// The form as it is being filled in, in another language, with the complaints that its sender was to look at.
fn turned(app: &App, visit: &Visit) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let here = match visit.form.ticked("confirmed") {
        true => here(app, visit, staff)?,
        false => Vec::new(),
    };
    show(app, visit, Vec::new(), here)
}

/// Complaints of the register that may be the one of the form.
fn here(app: &App, visit: &Visit, staff: &Staff) -> Result<Vec<Similar>> {
    let words = app.words(visit.language);
    app.register(|register| {
        let likely = likely(register, staff, &Question::of(&visit.form), visit.now)?;
        shown(register, &likely, words)
    })
}

fn show(app: &App, visit: &Visit, wrong: Vec<Wrong>, likely: Vec<Similar>) -> Result<Answer> {
    let words = app.words(visit.language);
    let status = match wrong.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let form = form(app, visit, !likely.is_empty())?.refused(wrong);
    let page = Page {
        shell: Shell::new(app, visit, Area::Desk, words.text("register.title")).form(form.id),
        words,
        form,
        likely,
        script: assets::script_path(),
    };
    Ok(Answer::page(&page)?.status(status))
}

fn form(app: &App, visit: &Visit, warned: bool) -> Result<EntryForm> {
    let words = app.words(visit.language);
    let sent = &visit.form;
    let (zone, mut sites) =
        app.register(|register| Ok::<_, WebError>((register.zone(), in_use(register, "site")?)))?;
    collation::sort(words.language(), &mut sites);
    let label = |name: &str| words.text(&format!("labels.{name}")).to_owned();
    let of = |group: &'static str, codes: Vec<&'static str>| {
        codes
            .into_iter()
            .map(move |code| Choice::new(code, words.name(group, code)))
    };
    let channels = of("channels", CHANNELS.map(Channel::as_str).to_vec());
    let severities = Severity::ALL.iter().map(|s| s.as_str()).collect();
    let severities = none_first(words, of("severities", severities));
    let remedies = Response::ALL.iter().map(|r| r.as_str()).collect();
    let remedies = none_first(words, of("remedies", remedies));
    let languages = Language::ALL.iter().map(|l| l.as_str()).collect();
    let languages = of("languages", languages);
    let received = Field::typed("received", label("received"), "datetime-local", "off");
    let fields = vec![
        Field::area("text", label("register_text"), 6)
            .hint(words.text("hints.register_text"))
            .of(sent),
        Field::typed("name", label("name"), "text", "off")
            .optional()
            .of(sent),
        Field::typed("phone", label("phone"), "tel", "off")
            .hint(words.text("hints.register_phone"))
            .optional()
            .of(sent),
        Field::typed("email", label("email"), "email", "off")
            .optional()
            .of(sent),
        Field::select("channel", label("channel"), channels).or(sent, Channel::Phone.as_str()),
        received.or(sent, for_a_field(visit.now, zone)),
        Field::line("product", label("product")).optional().of(sent),
        Field::select("severity", label("severity"), severities)
            .optional()
            .of(sent),
        Field::select("remedy", label("remedy"), remedies)
            .optional()
            .rare()
            .of(sent),
        Field::line("lot", label("lot")).optional().rare().of(sent),
        Field::suggested("site", label("site"), sites)
            .optional()
            .rare()
            .of(sent),
        Field::date("sold_on", label("sold_on"))
            .optional()
            .rare()
            .of(sent),
        Field::date("produced_on", label("produced_on"))
            .optional()
            .rare()
            .of(sent),
        Field::line("address", label("address"))
            .optional()
            .rare()
            .of(sent),
        Field::select("language", label("language"), languages)
            .rare()
            .or(sent, visit.language.as_str()),
        Field::line("immediate_action", label("immediate_action"))
            .hint(words.text("hints.immediate_action"))
            .optional()
            .rare()
            .of(sent),
    ];
    let button = match warned {
        true => words.text("register.all_the_same"),
        false => words.text("register.button"),
    };
    let form = EntryForm::new("r", "/desk/register", button, fields)
        .hidden(once::FIELD, once::key(sent)?)
        .rare(words.text("register.more"))
        .asking("/desk/similar");
    Ok(match warned || sent.ticked("confirmed") {
        true => form.hidden("confirmed", "yes"),
        false => form,
    })
}

fn register(app: &App, visit: &Visit) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let words = app.words(visit.language);
    let sent = &visit.form;
    let (new, severity) = match read(app, visit)? {
        Ok(read) => read,
        Err(wrong) => return show(app, visit, wrong, Vec::new()),
    };
    let Some(key) = sent.given(once::FIELD) else {
        return show(app, visit, Vec::new(), Vec::new());
    };
    let already = |number: &str| Answer::see(format!("{}?done=already", case_path(number)));
    // Before it is compared with what is here: it would be found like itself.
    if let Some(number) = app.visits.outcome(key)? {
        return Ok(already(&number));
    }
    if !sent.ticked("confirmed") {
        let here = here(app, visit, staff)?;
        if !here.is_empty() {
            return show(app, visit, Vec::new(), here);
        }
    }
    match app.visits.reserve(key, visit.now)? {
        Reserved::Yours => {}
        Reserved::Done(number) => return Ok(already(&number)),
        Reserved::Busy => {
            let wrong = vec![Wrong::whole(words.text("register.twice"))];
            return show(app, visit, wrong, Vec::new());
        }
    }
    let registration = match record(app, visit, staff, &new, severity, key) {
        Ok(OfForm::New(registration)) => registration,
        // The server ended after it was registered and before it could be noted here.
        Ok(OfForm::Before(number)) => {
            app.visits.remember(key, &number, visit.now)?;
            return Ok(already(&number));
        }
        Err(error) => {
            app.visits.release(key)?;
            return match refusal::wrong(words, &error) {
                Some(wrong) => show(app, visit, vec![wrong], Vec::new()),
                None => Err(error.into()),
            };
        }
    };
    app.visits.remember(key, &registration.number, visit.now)?;
    handed_over(app, visit, &registration, true)
}

/// Registers a complaint that somebody entered, or a program on its behalf, with its first assessment where one was
/// entered; under the same key only once.
///
/// # Errors
/// What the register refuses.
pub fn record(
    app: &App,
    visit: &Visit,
    staff: &Staff,
    new: &NewCase,
    severity: Option<Severity>,
    key: &str,
) -> std::result::Result<OfForm, RegisterError> {
    let actor = Actor::staff(role_of(staff), staff.name.clone());
    let parts: Vec<Part> = severity
        .map(|severity| {
            let assessed = Assessed {
                severity,
                safety: false,
                complex: false,
                immediate_action: false,
                change: AssessmentChange::First,
            };
            let draft = Draft::new(visit.now.trunc_subsecs(6), assessed);
            Part::event(draft, actor.clone())
        })
        .into_iter()
        .collect();
    app.register(|register| register.register_whole_form(new, &actor, &parts, key, visit.now))
}

/// The role in which somebody registers: their first one that may.
fn role_of(staff: &Staff) -> Role {
    let mut roles = staff.roles.iter().copied();
    roles
        .find(|role| REGISTERS.contains(role))
        .unwrap_or(Role::Agent)
}

/// A complaint as it was entered, with its severity, or what is wrong with it.
pub type Entered = std::result::Result<(NewCase, Option<Severity>), Vec<Wrong>>;

/// Reads the form.
///
/// # Errors
/// When the register cannot be read. What is wrong with the form is the inner error.
pub fn read(app: &App, visit: &Visit) -> Result<Entered> {
    let words = app.words(visit.language);
    let sent = &visit.form;
    let zone = app.register(|register| Ok::<_, WebError>(register.zone()))?;
    let mut wrong = Vec::new();
    let mut say = |field: &'static str, key: &str| {
        let label = match field {
            "text" => words.text("labels.register_text").to_owned(),
            field => words.text(&format!("labels.{field}")).to_owned(),
        };
        wrong.push(Wrong::of(field, words.fill(key, &[("label", &label)])));
    };
    let Some(narrative) = sent.text("text") else {
        say("text", "entry.needed");
        return Ok(Err(wrong));
    };
    let channel = sent
        .get("channel")
        .parse()
        .ok()
        .filter(|c| CHANNELS.contains(c));
    if channel.is_none() {
        say("channel", "entry.choose");
    }
    let now = visit.now.trunc_subsecs(6);
    let received: Option<DateTime<Utc>> = match sent.given("received") {
        None => Some(now),
        Some(text) => local_moment(text, zone),
    };
    match received {
        None => say("received", "entry.moment"),
        Some(at) if at > now => say("received", "entry.future"),
        Some(_) => {}
    }
    let mut day = |field: &'static str| -> Option<NaiveDate> {
        let text = sent.given(field)?;
        let day = text.parse().ok();
        if day.is_none() {
            say(field, "entry.day");
        }
        day
    };
    let (sold_on, produced_on) = (day("sold_on"), day("produced_on"));
    if sent
        .given("email")
        .is_some_and(|email| !email.contains('@'))
    {
        say("email", "entry.email");
    }
    let language = sent.get("language").parse().unwrap_or(visit.language);
    let (Some(channel), Some(received_at), true) = (channel, received, wrong.is_empty()) else {
        return Ok(Err(wrong));
    };
    let new = NewCase {
        registered: Registered {
            received_at,
            channel,
            language,
            product: sent.text("product"),
            lot: sent.text("lot"),
            site: sent.text("site"),
            unit: None,
            remedy_sought: sent.get("remedy").parse().ok(),
            sold_on,
            produced_on,
            immediate_action: sent.text("immediate_action"),
        },
        complainant: Complaining::Person(Person {
            name: sent.text("name"),
            phone: sent.text("phone"),
            email: sent.text("email"),
            address: sent.text("address"),
            language,
        }),
        narrative,
        occurred_at: now,
        late_reason: None,
    };
    Ok(Ok((new, sent.get("severity").parse().ok())))
}

/// The page with number and password, shown this once, to be told to the customer.
///
/// # Errors
/// When the register cannot be read.
pub fn handed_over(
    app: &App,
    visit: &Visit,
    registration: &Registration,
    first: bool,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let filter = MessageFilter {
        case_key: Some(registration.case_key),
        ..MessageFilter::default()
    };
    let messages = app.register(|register| register.messages(&filter))?;
    let message = messages
        .iter()
        .find(|message| Some(message.message_id) == registration.message_id);
    let goes = message.map(|message| {
        let means = super::happened::named(words, "means", message.means.as_str());
        words.fill("register.goes", &[("means", &means)])
    });
    let title = match first {
        true => words.text("register.done"),
        false => words.text("commands.new_password"),
    };
    Answer::page(&HandedOver {
        shell: Shell::new(app, visit, Area::Desk, title).once(),
        number: &registration.number,
        password: &registration.password,
        path: case_path(&registration.number),
        goes,
        first,
    })
}
