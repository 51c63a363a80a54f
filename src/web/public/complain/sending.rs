//! Recording a complaint that came by the form: once, and with its files and whatever else was entered, or not at all.

use axum::http::StatusCode;

use super::entries::Entries;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::logging;
use crate::once;
use crate::public::files;
use crate::public::receipt::Receipt;
use crate::visit::Visit;
use crate::visits::{Reserved, Try};
use crate::words::Words;
use redress_domain::event::{NoteAdded, Registered};
use redress_domain::vocabulary::{Channel, Means};
use redress_register::{Actor, Complaining, Draft, NewCase, OfForm, Part, Person, RegisterError};

/// What became of sending a form.
pub enum Sent {
    Registered(Box<Receipt>),
    /// The same form was recorded before, under this number.
    Before(String),
    /// Nothing was recorded, and it may be sent again; the key of why, and the answer's status.
    NotNow {
        key: &'static str,
        status: StatusCode,
    },
}

/// Records the complaint with its files and what else was entered.
///
/// # Errors
/// When the store of visits cannot be used; the register's own failures are answered as [`Sent::NotNow`].
pub fn send(app: &App, visit: &Visit, entries: &Entries) -> Result<Sent> {
    match app
        .visits
        .check(Try::Complaint, &entries.once, &visit.from, visit.now)
    {
        Ok(()) => {}
        Err(WebError::TooMany { .. }) => {
            return Ok(Sent::NotNow {
                key: "too_many",
                status: StatusCode::TOO_MANY_REQUESTS,
            });
        }
        Err(error) => return Err(error),
    }
    match once::reserve(app, &entries.once, visit.now)? {
        Reserved::Yours => {}
        Reserved::Done(number) => return Ok(Sent::Before(number)),
        Reserved::Busy => {
            return Ok(Sent::NotNow {
                key: "being_recorded",
                status: StatusCode::CONFLICT,
            });
        }
    }
    let new = new_case(visit, entries);
    let mut parts = match files::lay(app, &entries.once) {
        Ok(files) => files,
        Err(error) => {
            app.visits.release(&entries.once)?;
            return not_laid(visit, error);
        }
    };
    if let Some(further) = further(entries, app.words(visit.language)) {
        let note = Draft::new(visit.now, NoteAdded {}).text(further);
        parts.insert(0, Part::event(note, Actor::customer()));
    }
    let registered = app.register(|register| {
        let by = Actor::customer();
        register.register_whole_form(&new, &by, &parts, &entries.once, visit.now)
    });
    let registration = match registered {
        Ok(OfForm::New(registration)) => registration,
        // Recorded, and the server died before it could note it.
        Ok(OfForm::Before(number)) => {
            app.visits.remember(&entries.once, &number, visit.now)?;
            files::recorded(app, &entries.once);
            return Ok(Sent::Before(number));
        }
        Err(error) => {
            app.visits.release(&entries.once)?;
            return Ok(not_now(&error));
        }
    };
    // From here on the complaint is registered: nothing may keep its number and password from the visitor.
    if let Err(error) = app
        .visits
        .remember(&entries.once, &registration.number, visit.now)
    {
        let case_key = registration.case_key;
        tracing::error!(case_key, %error, "a form's key is not remembered");
    }
    if let Err(error) = app
        .visits
        .failed(Try::Complaint, &entries.once, &visit.from, visit.now)
    {
        tracing::error!(%error, "a complaint is not counted");
    }
    files::recorded(app, &entries.once);
    Ok(Sent::Registered(Box::new(Receipt {
        told: registration.message_id.and_then(|_| told(&new)),
        registration,
    })))
}

/// What to say when the form's files could not be laid beside the register; its other entries are kept.
fn not_laid(visit: &Visit, error: WebError) -> Result<Sent> {
    if let WebError::Register(error) = &error {
        return Ok(not_now(error));
    }
    // A file whose time ended meanwhile: the form is shown again with those that are left.
    if matches!(error, WebError::NotFound) {
        logging::failed(&visit.request_id, &error);
        return Ok(Sent::NotNow {
            key: "broken",
            status: StatusCode::INTERNAL_SERVER_ERROR,
        });
    }
    Err(error)
}

fn not_now(error: &RegisterError) -> Sent {
    let (key, status) = if matches!(error, RegisterError::Busy { .. }) {
        ("busy", StatusCode::SERVICE_UNAVAILABLE)
    } else if matches!(error, RegisterError::DiskFull { .. }) {
        ("full", StatusCode::INSUFFICIENT_STORAGE)
    } else {
        ("broken", StatusCode::INTERNAL_SERVER_ERROR)
    };
    let error = logging::of_register(error);
    tracing::error!(error, "a complaint could not be registered");
    Sent::NotNow { key, status }
}

fn new_case(visit: &Visit, entries: &Entries) -> NewCase {
    let contact = |own: &str, agents: &str| match entries.answers_to_agent() {
        true => entries.given(agents),
        false => entries.given(own),
    };
    NewCase {
        registered: Registered {
            received_at: visit.now,
            channel: Channel::Form,
            language: visit.language,
            product: entries.given("product"),
            lot: entries.given("lot"),
            site: None,
            unit: None,
            remedy_sought: entries.remedy(),
            sold_on: entries.day("sold_on"),
            produced_on: entries.day("produced_on"),
            immediate_action: None,
        },
        complainant: Complaining::Person(Person {
            name: entries.given("name"),
            phone: contact("phone", "agent_phone"),
            email: contact("email", "agent_email"),
            address: entries.given("address"),
            language: visit.language,
        }),
        narrative: entries.get("text").to_owned(),
        occurred_at: visit.now,
        late_reason: None,
    }
}

/// Where number and password are sent.
fn told(new: &NewCase) -> Option<(Means, String)> {
    let Complaining::Person(person) = &new.complainant else {
        return None;
    };
    let by_sms = person.phone.clone().map(|phone| (Means::Sms, phone));
    by_sms.or_else(|| person.email.clone().map(|email| (Means::Email, email)))
}

/// What the register has no field for, line by line in the complainant's language; `None` when there is none.
/// It is a note beside the complaint and not part of it: complaints are compared by their words.
fn further(entries: &Entries, words: &Words) -> Option<String> {
    let mut names = vec![
        "occurred_on",
        "occurred_place",
        "order",
        "seller",
        "remedy_words",
    ];
    if entries.by_agent() {
        names.extend(["agent_name", "agent_capacity", "agent_phone", "agent_email"]);
    }
    if entries.answers_to_agent() {
        names.extend(["phone", "email"]);
    }
    let line = |name: &str| {
        let value = match (name, entries.day(name)) {
            ("occurred_on", Some(day)) => words.date(day),
            (_, _) => entries.given(name)?,
        };
        let label = words
            .text(&format!("public_complain_note.{name}"))
            .to_owned();
        Some(format!("{label}: {value}"))
    };
    let mut lines: Vec<String> = names.into_iter().filter_map(line).collect();
    if entries.by_agent() {
        let key = match entries.answers_to_agent() {
            true => "public_complain_note.to_agent",
            false => "public_complain_note.to_complainant",
        };
        lines.push(words.text(key).to_owned());
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}
