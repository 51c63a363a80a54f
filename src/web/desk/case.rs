//! The page of a case: what it is about, its clocks, its history, its files and messages, what stands beside it, and
//! exactly the commands that its state and the visitor's roles allow.

use askama::Template;
use axum::http::header::CONTENT_SECURITY_POLICY;

use super::commands::{self, Closed, Group};
use super::happened::{Fact, Happened, amount, label, named};
use super::ledger::{StageLine, lines, mark};
use super::opened::Opened;
use super::queue::waits_for;
use super::together::{Together, beside};
use super::{refusal, sight};
use crate::answer::Answer;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::shell::{Area, STAFF, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::case_file::PassRecord;
use redress_domain::due::{CaseClock, clock};
use redress_domain::event::EventKind;
use redress_domain::workflow::{Refusal, State};
use redress_forms as forms;
use redress_forms::case::FormCase;
use redress_register::{Attachment, Complainant, Message, MessageFilter, MessageState};

pub const ROUTES: &[Route] = &[
    Route::get("/desk/case/{number}", Access::Staff(&STAFF), page),
    Route::get(
        "/desk/case/{number}/file/{sha256}",
        Access::Staff(&STAFF),
        file,
    ),
    Route::get("/desk/case/{number}/form", Access::Staff(&STAFF), form),
];

/// The follow-up form brings its style along; its own policy names the style's hash.
const FORM_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; \
                           base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "desk/case.html")]
struct Page<'a> {
    shell: Shell<'a>,
    number: &'a str,
    path: String,
    state: String,
    waits: String,
    /// The stage that is due first, and when.
    due: Option<String>,
    due_mark: &'static str,
    late: Vec<String>,
    facts: Vec<Fact>,
    complainant: Vec<Fact>,
    erased: bool,
    narrative: Option<&'a str>,
    decisions: Vec<Decision>,
    stages: Vec<StageLine>,
    /// Newest first.
    history: Vec<Happened>,
    may_amend: bool,
    may_void: bool,
    files: Vec<File>,
    messages: Vec<Sent>,
    offers: Vec<Offers>,
    held_back: Vec<&'a str>,
    together: Together,
}

/// The decision of a pass, with what the customer said to it.
struct Decision {
    title: String,
    facts: Vec<Fact>,
    text: Option<String>,
}

/// A file of the case.
struct File {
    path: Option<String>,
    name: String,
    about: String,
}

/// A message to the customer. Its words stay out: they may hold a password.
struct Sent {
    purpose: String,
    means: String,
    state: String,
    mark: &'static str,
    when: String,
    error: Option<String>,
}

/// The commands of a group that are open.
struct Offers {
    title: String,
    offers: Vec<Offer>,
}

struct Offer {
    path: String,
    name: String,
}

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let words = app.words(visit.language);
    let opened = Opened::of(app, visit)?;
    let rules = app.rules(visit.now)?;
    let case_key = opened.case.case_key;
    let (complainant, messages, together) = app.register(|register| {
        let filter = MessageFilter {
            case_key: Some(case_key),
            ..MessageFilter::default()
        };
        Ok::<_, WebError>((
            register.complainant(opened.case.complainant_id)?,
            register.messages(&filter)?,
            beside(register, staff, &opened, visit, words)?,
        ))
    })?;
    let file = &opened.file;
    let clock = match file.state.name().is_closed() {
        true => CaseClock::default(),
        false => clock(file, &rules, visit.now)?,
    };
    let telling = opened.telling(app, visit);
    let history = opened.history.iter().rev();
    let (offers, held_back) = offered(app, visit, &opened)?;
    let may = |name: &str| {
        let path = format!("{}/{name}", opened.path());
        offers
            .iter()
            .flat_map(|group| &group.offers)
            .any(|offer| offer.path == path)
    };
    let state = words.name("states", file.state.name().as_str());
    Answer::page(&Page {
        shell: Shell::new(app, visit, Area::Desk, opened.case.number.clone()),
        number: &opened.case.number,
        path: opened.path(),
        state: match file.state.pass() {
            0 | 1 => state,
            pass => {
                let pass = words.fill("ledger.pass", &[("n", &pass.to_string())]);
                format!("{state}, {pass}")
            }
        },
        waits: waits_for(file, words, opened.zone),
        due: due(&clock, words),
        due_mark: clock.next.map_or("", |next| mark(next.verdict)),
        late: clock
            .late
            .iter()
            .map(|due| words.name("stages", due.stage.as_str()))
            .collect(),
        facts: facts(&opened, words),
        erased: complainant.erased_at.is_some(),
        complainant: who(&complainant, words),
        narrative: opened.narrative(),
        decisions: file
            .passes
            .iter()
            .filter_map(|pass| decision(pass, &opened, app, words))
            .collect(),
        stages: lines(file, &rules, words, opened.zone, visit.now)?,
        history: history.map(|recorded| telling.tell(recorded)).collect(),
        may_amend: may("amend"),
        may_void: may("void"),
        files: files(&opened, words),
        messages: messages
            .iter()
            .map(|message| sent(message, &opened, words))
            .collect(),
        offers,
        held_back,
        together,
    })
}

/// The commands that are open, group by group, and what keeps the visitor from a step that is due.
fn offered<'a>(
    app: &'a App,
    visit: &Visit,
    opened: &Opened,
) -> Result<(Vec<Offers>, Vec<&'a str>)> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let words = app.words(visit.language);
    let circumstances = opened.circumstances(staff, visit);
    let open: Vec<_> = circumstances.open().collect();
    let groups = Group::ALL.map(|group| {
        let of_group = open.iter().filter(|command| command.group == group);
        let offers = of_group.map(|command| Offer {
            path: format!("{}/{}", opened.path(), command.name),
            name: words
                .text(&format!("commands.{}", command.key()))
                .to_owned(),
        });
        Offers {
            title: words.text(group.key()).to_owned(),
            offers: offers.collect(),
        }
    });
    // Who may decide again is of no matter before there is something to decide, nor after it was decided.
    let examined = matches!(opened.file.state, State::InProcessing { .. });
    let mut held_back: Vec<&str> = commands::all()
        .filter_map(|command| match circumstances.may(command) {
            Err(Closed::Refused(Refusal::SameDecider)) if !examined => None,
            Err(Closed::Refused(why)) => refusal::held_back(words, &why),
            Ok(()) | Err(Closed::Role | Closed::Idle) => None,
        })
        .collect();
    held_back.dedup();
    let groups = groups.into_iter().filter(|group| !group.offers.is_empty());
    Ok((groups.collect(), held_back))
}

/// The stage that is due first, with its day.
fn due(clock: &CaseClock, words: &Words) -> Option<String> {
    let next = clock.next?;
    let stage = words.name("stages", next.stage.as_str());
    let verdict = words.name("verdicts", next.verdict.as_str());
    Some(match next.net.due_on {
        Some(day) => format!("{stage}: {} · {verdict}", words.date(day)),
        None => format!("{stage}: {verdict}"),
    })
}

fn facts(opened: &Opened, words: &Words) -> Vec<Fact> {
    let file = &opened.file;
    let registration = &file.registration;
    let zone = opened.zone;
    let holding = file.holdings.last();
    let moment = |at| words.moment(at, zone);
    let units = |units: &[String]| {
        let named: Vec<String> = units.iter().map(|u| words.name("departments", u)).collect();
        named.join(", ")
    };
    let category = |code: &String| words.name("categories", code);
    let severity = file.severities().map(|(first, last)| {
        let last_name = words.name("severities", last.as_str());
        match first == last {
            true => last_name,
            false => {
                let first = words.name("severities", first.as_str());
                words.fill(
                    "case.severity_first",
                    &[("last", &last_name), ("first", &first)],
                )
            }
        }
    });
    let issues: Vec<String> = file.issues.iter().map(|i| category(&i.category)).collect();
    let known = [
        ("received_at", Some(moment(file.received_at()))),
        (
            "channel",
            Some(words.name("channels", registration.channel.as_str())),
        ),
        ("acknowledged", file.acknowledged.map(|(at, _)| moment(at))),
        ("category", file.category.as_ref().map(category)),
        ("issues", (!issues.is_empty()).then(|| issues.join(", "))),
        ("product", file.product.clone()),
        ("lot", file.lot.clone()),
        ("sold_on", registration.sold_on.map(|day| words.date(day))),
        (
            "produced_on",
            registration.produced_on.map(|day| words.date(day)),
        ),
        ("severity", severity),
        (
            "department",
            holding.map(|h| words.name("departments", &h.department)),
        ),
        ("site", opened.case.site.clone()),
        (
            "also",
            holding
                .filter(|h| !h.also.is_empty())
                .map(|h| units(&h.also)),
        ),
        ("assigned_to", file.assigned_to.clone()),
        (
            "remedy_sought",
            registration
                .remedy_sought
                .map(|remedy| words.name("remedies", remedy.as_str())),
        ),
        ("immediate_action", registration.immediate_action.clone()),
        (
            "unit",
            registration
                .unit
                .as_ref()
                .map(|unit| words.name("departments", unit)),
        ),
        ("remedy_due", file.remedy_due_on.map(|day| words.date(day))),
        ("remedy_done", file.remedy_done_at.map(moment)),
        (
            "referred",
            file.referral
                .as_ref()
                .map(|(at, body)| format!("{body}, {}", words.day(*at, zone))),
        ),
        ("score", file.survey_score.map(|score| score.to_string())),
    ];
    with_labels(words, known)
}

fn who(complainant: &Complainant, words: &Words) -> Vec<Fact> {
    let person = &complainant.person;
    with_labels(
        words,
        [
            ("name", person.name.clone()),
            ("phone", person.phone.clone()),
            ("email", person.email.clone()),
            ("address", person.address.clone()),
            (
                "language",
                Some(words.name("languages", person.language.as_str())),
            ),
        ],
    )
}

fn with_labels<const N: usize>(words: &Words, known: [(&str, Option<String>); N]) -> Vec<Fact> {
    known
        .into_iter()
        .filter_map(|(field, value)| {
            Some(Fact {
                label: label(words, field),
                value: value?,
            })
        })
        .collect()
}

fn decision(pass: &PassRecord, opened: &Opened, app: &App, words: &Words) -> Option<Decision> {
    let decided = pass.decision.as_ref()?;
    let data = &decided.data;
    let moment = |at| words.moment(at, opened.zone);
    let by = decided.by.as_deref().unwrap_or_default();
    let answer = pass.answer.as_ref().map(|answer| {
        let code = match answer.on_behalf {
            true => format!("{}_on_behalf", answer.answer.as_str()),
            false => answer.answer.as_str().to_owned(),
        };
        format!("{}, {}", words.name("codes", &code), moment(answer.at))
    });
    let reason = pass.answer.as_ref().and_then(|answer| answer.reason);
    let in_force = match decided.in_force_at {
        Some(at) if at > decided.at => Some(moment(at)),
        Some(_) => None,
        None => Some(words.text("case.not_in_force").to_owned()),
    };
    let parts = [
        ("rule", data.rule.as_str()),
        ("version", data.rule_version.as_str()),
    ];
    let rule = match data.rule_version.trim().is_empty() {
        true => data.rule.clone(),
        false => words.fill("public_case.rule_version", &parts),
    };
    let facts = [
        ("decided", Some(format!("{}, {by}", moment(decided.at)))),
        ("in_force", in_force),
        (
            "response",
            Some(words.name("remedies", data.response.as_str())),
        ),
        (
            "granted",
            data.granted
                .map(|granted| words.name("remedies", granted.as_str())),
        ),
        (
            "cost",
            (data.cost != 0).then(|| amount(words, data.cost, app.settings.currency.as_deref())),
        ),
        ("rule", Some(rule)),
        (
            "expectation",
            data.expectation
                .map(|expectation| words.name("codes", expectation.as_str())),
        ),
        (
            "root_cause",
            data.root_cause
                .as_ref()
                .map(|cause| words.name("codes", cause)),
        ),
        ("communicated", pass.communicated.map(|(at, _)| moment(at))),
        ("answer", answer),
        (
            "rejection",
            reason.map(|reason| words.name("codes", reason.as_str())),
        ),
        ("lapsed", pass.lapsed_at.map(moment)),
    ];
    let mut history = opened.history.iter().rev();
    let recorded = history.find(|recorded| {
        recorded.event.body.kind() == EventKind::Decided && recorded.event.occurred_at == decided.at
    });
    Some(Decision {
        title: words.fill("case.decision", &[("n", &pass.pass.to_string())]),
        facts: with_labels(words, facts),
        text: recorded.and_then(|recorded| recorded.text.clone()),
    })
}

fn files(opened: &Opened, words: &Words) -> Vec<File> {
    let shown = |attachment: &Attachment| {
        let kept = attachment.erased_at.is_none();
        let day = words.day(attachment.recorded_at, opened.zone);
        File {
            path: kept.then(|| format!("{}/file/{}", opened.path(), attachment.sha256)),
            name: match &attachment.name {
                Some(name) => name.clone(),
                None => words.text("history.file_erased").to_owned(),
            },
            about: format!("{}, {day}", size(attachment.bytes, words)),
        }
    };
    opened.attachments.iter().map(shown).collect()
}

/// A file's size in kilobytes or megabytes.
fn size(bytes: u64, words: &Words) -> String {
    const KILO: f64 = 1_000.0;
    let kilobytes = bytes as f64 / KILO;
    match kilobytes < KILO {
        true => words.fill("case.kilobytes", &[("n", &words.real(kilobytes.ceil(), 0))]),
        false => words.fill("case.megabytes", &[("n", &words.real(kilobytes / KILO, 1))]),
    }
}

fn sent(message: &Message, opened: &Opened, words: &Words) -> Sent {
    let moment = |at| words.moment(at, opened.zone);
    Sent {
        purpose: named(words, "purposes", message.purpose.as_str()),
        means: named(words, "means", message.means.as_str()),
        state: named(words, "message_states", message.state.as_str()),
        mark: match message.state {
            MessageState::Sent => "good",
            MessageState::Dead => "bad",
            MessageState::Failed => "late",
            MessageState::Queued => "",
        },
        when: moment(message.sent_at.unwrap_or(message.created_at)),
        error: message.last_error.clone(),
    }
}

/// A file of the case, to be saved.
///
/// # Errors
/// [`WebError::NotFound`]; when the file cannot be read.
pub fn file(app: &App, visit: &Visit) -> Result<Answer> {
    let case = sight::case_of(app, visit)?;
    let sha256 = visit.place("sha256");
    let (name, media_type, content) = app.register(|register| {
        let mut files = register.attachments(case.case_key)?.into_iter();
        let found = files.find(|file| file.sha256 == sha256 && file.erased_at.is_none());
        let found = found.ok_or(WebError::NotFound)?;
        let content = register.read_attachment(&found.sha256)?;
        let name = found.name.unwrap_or_else(|| found.sha256.clone());
        Ok::<_, WebError>((name, found.media_type, content))
    })?;
    Ok(Answer::download(&name, &media_type, content))
}

/// The follow-up form of the standard's annex, filled from the case.
fn form(app: &App, visit: &Visit) -> Result<Answer> {
    let case = sight::case_of(app, visit)?;
    let (filled, contact) = app.register(|register| {
        let filled = FormCase::read(register, &case.number, visit.now)?;
        Ok::<_, WebError>((filled, register.contact()?))
    })?;
    let organisation = &app.settings.organisation;
    let page = forms::follow_up(organisation, &contact, visit.language, Some(&filled))?;
    Ok(Answer::html(page).header(CONTENT_SECURITY_POLICY, FORM_POLICY))
}
