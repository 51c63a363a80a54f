//! Registering a complaint that reached another program.

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use serde_json::{Value, json};

use super::case::versioned;
use super::entry::{Member, Shape, fields_of, schema_of};
use super::operation::{Answers, Operation, PLAIN};
use super::problem::{Code, Problem};
use super::schema::{flag, object, or_null, text, whole};
use crate::answer::Answer;
use crate::app::App;
use crate::desk::register::{CHANNELS, read, record};
use crate::desk::similar::REGISTERS;
use crate::error::{Result, WebError};
use crate::once;
use crate::routes::{Access, Route};
use crate::visit::Visit;
use crate::visits::Reserved;
use redress_domain::vocabulary::{Language, Response, Severity};
use redress_plain::hex::hex;
use redress_plain::sha256;
use redress_register::{OfForm, Scope};

pub const ROUTES: &[Route] = &[
    // A password is hashed.
    Route::post(
        "/api/v1/cases",
        Access::Integration(Scope::CasesWrite),
        register,
    )
    .described(&Operation {
        id: "registerCase",
        summary: "Registers a complaint; number and tracking password are told this once. With the key of a request that \
                  was carried out before, the number alone is answered",
        body: Some(|| schema_of(&members())),
        status: 201,
        answer: Answers::Json("Registered", registered_schema),
        is_once: true,
        ..PLAIN
    })
    .hashing(),
];

/// What is asked for: the fields of the desk's form.
fn members() -> Vec<Member> {
    let words =
        |words: Vec<&'static str>| Shape::Word(words.into_iter().map(str::to_owned).collect());
    let channels = CHANNELS.map(|channel| channel.as_str()).to_vec();
    let languages = Language::ALL.iter().map(|l| l.as_str()).collect();
    let severities = Severity::ALL.iter().map(|s| s.as_str()).collect();
    let remedies = Response::ALL.iter().map(|r| r.as_str()).collect();
    let may = |name, about: &str| Member::new(name, false, Shape::Text, about);
    vec![
        Member::new(
            "text",
            true,
            Shape::Text,
            "The complaint in the complainant's words",
        ),
        Member::new("channel", true, words(channels), "How it was received"),
        Member::new(
            "language",
            true,
            words(languages),
            "Language in which the customer is written to",
        ),
        Member::new(
            "received",
            false,
            Shape::Moment,
            "When it was received; now, where nothing is said",
        ),
        may("name", "Name of the complainant"),
        may("phone", "Telephone number, best with the country's"),
        may("email", "E-mail address"),
        may("address", "Postal address"),
        may("product", "What is complained of"),
        may("lot", "Its lot"),
        may("site", "The site that it concerns"),
        Member::new("sold_on", false, Shape::Day, "When it was sold"),
        Member::new("produced_on", false, Shape::Day, "When it was made"),
        Member::new(
            "remedy",
            false,
            words(remedies),
            "What the customer asks for",
        ),
        Member::new("severity", false, words(severities), "The first assessment"),
        may("immediate_action", "What was done at once"),
    ]
}

fn register(app: &App, visit: &Visit) -> Result<Answer> {
    match registered(app, visit)? {
        Ok(answer) => Ok(answer),
        Err(problem) => Ok(problem.answer()),
    }
}

fn registered(app: &App, visit: &Visit) -> Result<std::result::Result<Answer, Problem>> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    if !visit.has_role(REGISTERS) {
        return Err(WebError::Forbidden);
    }
    let program = visit.program.clone().unwrap_or_default();
    let (key, object) = match program.key().and_then(|key| Ok((key, program.json()?))) {
        Ok(sent) => sent,
        Err(problem) => return Ok(Err(problem)),
    };
    let form = match fields_of(&members(), &object) {
        Ok(form) => form,
        Err(problem) => return Ok(Err(problem)),
    };
    let mut entered = visit.clone();
    entered.form = form;
    let (new, severity) = match read(app, &entered)? {
        Ok(read) => read,
        Err(wrongs) => return Ok(Err(Problem::of_wrongs(wrongs))),
    };
    // No clock could be told of a complaint that the calendar does not reach.
    let calendar = &app.rules(visit.now)?.organisation;
    if calendar.local_date(new.registered.received_at).is_err() {
        let why = "the calendar does not reach back that far".to_owned();
        return Ok(Err(Problem::of_fields(vec![("received".to_owned(), why)])));
    }
    let once = Once::of(&staff.name, key, &Value::Object(object));
    match once::reserve(app, &once.key, visit.now)? {
        Reserved::Yours => {}
        Reserved::Busy => return Ok(Err(in_progress())),
        Reserved::Done(outcome) => {
            return match once.known(&outcome) {
                Ok(number) => again(app, number).map(Ok),
                Err(problem) => Ok(Err(problem)),
            };
        }
    }
    let registration = match record(app, &entered, staff, &new, severity, &once.key) {
        Ok(OfForm::New(registration)) => registration,
        // The server ended after it was registered and before that could be noted.
        Ok(OfForm::Before(number)) => {
            app.visits
                .remember(&once.key, &once.outcome(&number), visit.now)?;
            return again(app, &number).map(Ok);
        }
        Err(error) => {
            app.visits.release(&once.key)?;
            return Err(error.into());
        }
    };
    app.visits
        .remember(&once.key, &once.outcome(&registration.number), visit.now)?;
    let version = registration.seq;
    let document = json!({
        "number": registration.number,
        "tracking_password": registration.password,
        "customer_is_told": registration.message_id.is_some(),
        "version": version,
    });
    Ok(Ok(versioned(&document, version)
        .status(StatusCode::CREATED)
        .header(
            LOCATION,
            format!("/api/v1/cases/{}", registration.number),
        )))
}

/// The answer to a request that was carried out before: its password was told then, and is not kept.
fn again(app: &App, number: &str) -> Result<Answer> {
    let case = app.register(|register| register.case_by_number(number))?;
    let document = json!({
        "number": case.number,
        "tracking_password": null,
        "customer_is_told": false,
        "version": case.last_seq,
    });
    Ok(versioned(&document, case.last_seq)
        .header(LOCATION, format!("/api/v1/cases/{}", case.number)))
}

/// Another request with the same key is being carried out.
pub fn in_progress() -> Problem {
    Problem::new(
        Code::InProgress,
        "the same request is being carried out; repeat it in some seconds to learn what came of it",
    )
}

/// The key of a request that counts once, and what is kept under it: a hash of what was sent, and what came of it.
pub struct Once {
    pub key: String,
    hash: String,
}

impl Once {
    /// Of one integration; another one's equal key is another key.
    pub fn of(name: &str, key: &str, sent: &Value) -> Once {
        Once {
            key: format!("{name}\n{key}"),
            hash: hex(&sha256::digest(sent.to_string().as_bytes())),
        }
    }

    /// What is kept.
    pub fn outcome(&self, number: &str) -> String {
        format!("{} {number}", self.hash)
    }

    /// The number that came of it before.
    ///
    /// # Errors
    /// When something else was sent with the key.
    pub fn known<'o>(&self, outcome: &'o str) -> std::result::Result<&'o str, Problem> {
        match outcome.split_once(' ') {
            Some((hash, number)) if hash == self.hash => Ok(number),
            _ => Err(Problem::new(
                Code::KeyReused,
                "give each thing that is entered a key of its own",
            )),
        }
    }
}

fn registered_schema() -> Value {
    object([
        ("number", text()),
        ("tracking_password", or_null(text())),
        ("customer_is_told", flag()),
        ("version", whole()),
    ])
}
