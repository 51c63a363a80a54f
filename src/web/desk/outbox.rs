//! The messages that wait: those that were given up first, to be tried again or told otherwise. The words of a message
//! with a password are nobody's to read.

use askama::Template;
use axum::http::StatusCode;

use super::happened::named;
use super::opened::case_path;
use super::refusal;
use crate::answer::Answer;
use crate::app::App;
use crate::entry::Wrong;
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::shell::{Area, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::vocabulary::{MessagePurpose, Role};
use redress_register::{Message, MessageFilter, MessageState, Register};

/// Who sees what customers are told.
const READERS: &[Role] = &[Role::Agent, Role::Quality, Role::Admin];

pub const ROUTES: &[Route] = &[
    Route::get("/desk/outbox", Access::Staff(READERS), page),
    Route::post("/desk/outbox/{id}/retry", Access::Staff(READERS), retry),
];

/// Messages of a kind that are shown.
const MOST: u32 = 200;

/// The messages that are not sent, what needs somebody first.
const STATES: [MessageState; 3] = [
    MessageState::Dead,
    MessageState::Failed,
    MessageState::Queued,
];

#[derive(Template)]
#[template(path = "desk/outbox.html")]
struct Page<'a> {
    shell: Shell<'a>,
    wrong: Option<Wrong>,
    parts: Vec<Part>,
}

/// The messages of a state.
struct Part {
    title: String,
    lead: Option<String>,
    letters: Vec<Letter>,
}

struct Letter {
    id: i64,
    /// Address and number of its case; nothing where it goes to the organisation itself.
    case: Option<(String, String)>,
    purpose: String,
    means: String,
    recipient: Option<String>,
    attempts: String,
    created: String,
    next: Option<String>,
    error: Option<String>,
    text: Option<String>,
    /// It is dead and has its words still.
    can_be_retried: bool,
}

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    show(app, visit, None)
}

fn show(app: &App, visit: &Visit, wrong: Option<Wrong>) -> Result<Answer> {
    let words = app.words(visit.language);
    let parts = app.register(|register| {
        let of_state = STATES.map(|state| part(register, words, state));
        of_state.into_iter().collect::<Result<Vec<Part>>>()
    })?;
    let status = match wrong {
        Some(_) => StatusCode::CONFLICT,
        None => StatusCode::OK,
    };
    let page = Page {
        shell: Shell::new(app, visit, Area::Desk, words.text("outbox.title")),
        wrong,
        parts,
    };
    Ok(Answer::page(&page)?.status(status))
}

fn part(register: &Register, words: &Words, state: MessageState) -> Result<Part> {
    let filter = MessageFilter {
        state: Some(state),
        limit: Some(MOST),
        ..MessageFilter::default()
    };
    let messages = register.messages(&filter)?;
    let letters = messages
        .into_iter()
        .map(|message| letter(register, words, message));
    Ok(Part {
        title: words.text(&format!("outbox.{state}")).to_owned(),
        lead: words
            .find(&format!("outbox.{state}_text"))
            .map(str::to_owned),
        letters: letters.collect::<Result<_>>()?,
    })
}

fn letter(register: &Register, words: &Words, message: Message) -> Result<Letter> {
    let zone = register.zone();
    let number = match message.case_key {
        Some(case_key) => Some(register.case_row(case_key)?.number),
        None => None,
    };
    let waits = matches!(message.state, MessageState::Failed | MessageState::Queued);
    Ok(Letter {
        id: message.message_id,
        case: number.map(|number| (case_path(&number), number)),
        purpose: named(words, "purposes", message.purpose.as_str()),
        means: named(words, "means", message.means.as_str()),
        recipient: message.recipient,
        attempts: words.plural("outbox.attempts", i64::from(message.attempts)),
        created: words.moment(message.created_at, zone),
        next: waits.then(|| words.moment(message.next_attempt_at, zone)),
        error: message.last_error,
        can_be_retried: message.state == MessageState::Dead && message.body.is_some(),
        text: message.body.filter(|_| !holds_password(message.purpose)),
    })
}

/// Whether such a message tells a tracking password, so that its words are nobody's to read.
pub const fn holds_password(purpose: MessagePurpose) -> bool {
    match purpose {
        MessagePurpose::Registration | MessagePurpose::Password => true,
        MessagePurpose::Acknowledgement
        | MessagePurpose::Question
        | MessagePurpose::Decision
        | MessagePurpose::Remedies
        | MessagePurpose::Reminder
        | MessagePurpose::Survey
        | MessagePurpose::Alarm => false,
    }
}

fn retry(app: &App, visit: &Visit) -> Result<Answer> {
    let id: i64 = visit.place("id").parse().map_err(|_| WebError::NotFound)?;
    match app.register(|register| register.retry_message(id, visit.now)) {
        Ok(()) => Ok(Answer::see("/desk/outbox?done=retried")),
        Err(error) => match refusal::wrong(app.words(visit.language), &error) {
            Some(wrong) => show(app, visit, Some(wrong)),
            None => Err(error.into()),
        },
    }
}
