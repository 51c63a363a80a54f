//! What customers were told, and what waits to be.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::operation::{Answers, LIMIT, Operation, PLAIN, Parameter, asked, limit};
use super::problem::Problem;
use super::schema::{list, moment, object, or_null, text, whole, word};
use crate::answer::Answer;
use crate::app::App;
use crate::desk::outbox::holds_password;
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::visit::Visit;
use redress_domain::vocabulary::{Means, MessagePurpose};
use redress_register::{Message, MessageFilter, MessageState, Register, RegisterError, Scope};

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/messages",
        Access::Integration(Scope::MessagesRead),
        messages,
    )
    .described(&Operation {
        id: "listMessages",
        summary: "Messages to customers and alarms to the organisation, newest first; words that hold a password stay out",
        query: &[
            Parameter {
                name: "state",
                about: "Where they stand",
                schema: states,
            },
            Parameter {
                name: "case",
                about: "Number of a case",
                schema: text,
            },
            LIMIT,
        ],
        answer: Answers::Json("Messages", messages_schema),
        ..PLAIN
    }),
    Route::post(
        "/api/v1/messages/{id}/retry",
        Access::Integration(Scope::MessagesWrite),
        retry,
    )
    .described(&Operation {
        id: "retryMessage",
        summary: "Queues a message that was given up again",
        body: Some(|| super::entry::schema_of(&[])),
        status: 202,
        answer: Answers::Json("MessageQueued", queued_schema),
        ..PLAIN
    }),
];

fn messages(app: &App, visit: &Visit) -> Result<Answer> {
    let filter = match (
        limit(visit),
        asked(visit, "state", "one of the states of the description"),
    ) {
        (Ok(limit), Ok(state)) => MessageFilter {
            state,
            limit: Some(limit),
            ..MessageFilter::default()
        },
        (Err(problem), _) | (_, Err(problem)) => return Ok(problem.answer()),
    };
    let told: Result<Vec<Value>> = app.register(|register| {
        let case_key = match visit.query.given("case") {
            Some(number) => Some(register.case_by_number(number)?.case_key),
            None => None,
        };
        let filter = MessageFilter { case_key, ..filter };
        let messages = register.messages(&filter)?;
        Ok::<_, WebError>(
            messages
                .into_iter()
                .map(|message| told(register, message))
                .collect(),
        )
    })?;
    Ok(Answer::json(&json!({ "messages": told? })))
}

fn told(register: &Register, message: Message) -> Result<Value> {
    let number = match message.case_key {
        Some(case_key) => Some(register.case_row(case_key)?.number),
        None => None,
    };
    Ok(json!({
        "id": message.message_id,
        "case": number,
        "purpose": message.purpose,
        "means": message.means,
        "state": message.state,
        "recipient": message.recipient,
        "text": message.body.filter(|_| !holds_password(message.purpose)),
        "attempts": message.attempts,
        "created_at": message.created_at,
        "next_attempt_at": message.next_attempt_at,
        "sent_at": message.sent_at,
        "last_error": message.last_error,
    }))
}

fn retry(app: &App, visit: &Visit) -> Result<Answer> {
    let id: i64 = visit.place("id").parse().map_err(|_| WebError::NotFound)?;
    match app.register(|register| register.retry_message(id, visit.now)) {
        Ok(()) => {
            let document = json!({ "id": id, "state": MessageState::Queued });
            Ok(Answer::json(&document).status(StatusCode::ACCEPTED))
        }
        // It is there, and not dead.
        Err(error @ RegisterError::Invalid { .. }) => {
            Ok(Problem::new(super::problem::Code::Refused, error.to_string()).answer())
        }
        Err(error) => Err(error.into()),
    }
}

fn states() -> Value {
    word(MessageState::ALL.iter().map(|state| state.as_str()))
}

fn messages_schema() -> Value {
    let purposes = word(MessagePurpose::ALL.iter().map(|purpose| purpose.as_str()));
    let message = object([
        ("id", whole()),
        ("case", or_null(text())),
        ("purpose", purposes),
        ("means", word(Means::ALL.iter().map(|means| means.as_str()))),
        ("state", states()),
        ("recipient", or_null(text())),
        ("text", or_null(text())),
        ("attempts", whole()),
        ("created_at", moment()),
        ("next_attempt_at", moment()),
        ("sent_at", or_null(moment())),
        ("last_error", or_null(text())),
    ]);
    object([("messages", list(message))])
}

fn queued_schema() -> Value {
    object([("id", whole()), ("state", states())])
}
