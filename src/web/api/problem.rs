//! What a program is told when something cannot be done: a problem document (RFC 9457) with a code that stays.

use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::desk::refusal;
use crate::entry::Wrong;
use crate::error::WebError;
use crate::logging;
use crate::routes::{self, Verb};
use redress_domain::action::ActionRefusal;
use redress_domain::case_file::FoldError;
use redress_domain::cluster::BookError;
use redress_domain::vocabulary::words;
use redress_register::RegisterError;

words! {
    /// What is the matter; part of the interface, never renamed.
    Code {
        BadRequest = "bad_request",
        Unauthorized = "unauthorized",
        ScopeMissing = "scope_missing",
        RoleMissing = "role_missing",
        NotFound = "not_found",
        MethodNotAllowed = "method_not_allowed",
        /// Somebody else was there first.
        Changed = "changed",
        /// The workflow, or another rule of the process, does not admit it.
        Refused = "refused",
        /// It would say nothing as things stand.
        NotNow = "not_now",
        Exists = "exists",
        /// The customer has neither telephone nor e-mail.
        Unreachable = "unreachable",
        /// The same request is being carried out at this moment.
        InProgress = "in_progress",
        TooLarge = "too_large",
        MediaType = "media_type",
        Invalid = "invalid",
        /// The idempotency key came before with something else.
        KeyReused = "key_reused",
        TooMany = "too_many",
        Internal = "internal",
        Busy = "busy",
        DiskFull = "disk_full",
    }
}

impl Code {
    pub const fn status(self) -> StatusCode {
        match self {
            Code::BadRequest => StatusCode::BAD_REQUEST,
            Code::Unauthorized => StatusCode::UNAUTHORIZED,
            Code::ScopeMissing | Code::RoleMissing => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::Changed
            | Code::Refused
            | Code::NotNow
            | Code::Exists
            | Code::Unreachable
            | Code::InProgress => StatusCode::CONFLICT,
            Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::Invalid | Code::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Code::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Code::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Code::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Code::BadRequest => "The request cannot be read",
            Code::Unauthorized => "No valid token was shown",
            Code::ScopeMissing => "The token lacks the scope",
            Code::RoleMissing => "None of the token's roles may do this",
            Code::NotFound => "There is no such thing, or the token may not know of it",
            Code::MethodNotAllowed => "This address does not take this method",
            Code::Changed => "It was changed meanwhile",
            Code::Refused => "The process does not admit it",
            Code::NotNow => "It would say nothing now",
            Code::Exists => "It is there already",
            Code::Unreachable => "The customer cannot be reached",
            Code::InProgress => "The same request is at work",
            Code::TooLarge => "Too much was sent",
            Code::MediaType => "Another media type is needed",
            Code::Invalid => "What was sent is wrong",
            Code::KeyReused => "The idempotency key belongs to another request",
            Code::TooMany => "Too many requests",
            Code::Internal => "Something failed here",
            Code::Busy => "The register is busy",
            Code::DiskFull => "The disk is full",
        }
    }
}

/// Something that cannot be done, and why.
#[derive(Debug, Clone)]
pub struct Problem {
    pub code: Code,
    detail: String,
    /// Field and what is wrong with it.
    errors: Vec<(String, String)>,
    /// Further members.
    more: Vec<(String, Value)>,
    headers: Vec<(HeaderName, String)>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Problem {
        Problem {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            more: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// What is wrong with fields.
    pub fn of_fields(errors: Vec<(String, String)>) -> Problem {
        Problem {
            errors,
            ..Problem::new(Code::Invalid, "see `errors`")
        }
    }

    /// What the desk's own reading of an entry found wrong.
    pub fn of_wrongs(wrongs: Vec<Wrong>) -> Problem {
        let said = wrongs.iter().find_map(|wrong| wrong.said.clone());
        let errors = wrongs
            .into_iter()
            .map(|wrong| (wrong.field.unwrap_or_default().to_owned(), wrong.text));
        let problem = Problem::of_fields(errors.collect());
        match said {
            Some(said) => Problem {
                detail: said,
                ..problem
            },
            None => problem,
        }
    }

    /// With a further member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.more.push((name.to_owned(), value.into()));
        self
    }

    /// The fields with which something is wrong.
    #[cfg(test)]
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.errors.iter().map(|(field, _)| field.as_str())
    }

    /// No token, or none that is known: how to show one.
    pub fn unauthorized(detail: &str, challenge: &str) -> Problem {
        Problem {
            headers: vec![(WWW_AUTHENTICATE, challenge.to_owned())],
            ..Problem::new(Code::Unauthorized, detail)
        }
    }

    /// Too many requests; when to come again.
    pub fn too_many(wait_seconds: u64) -> Problem {
        Problem {
            headers: vec![(RETRY_AFTER, wait_seconds.to_string())],
            ..Problem::new(
                Code::TooMany,
                format!("wait {wait_seconds} seconds; the token's limit was set when it was made"),
            )
        }
    }

    /// What an error means to a program.
    pub fn of(error: &WebError) -> Problem {
        match error {
            WebError::NotFound => Problem::new(Code::NotFound, "look at the list of what there is"),
            WebError::OtherSite => Problem::new(Code::RoleMissing, error.to_string()),
            WebError::Forbidden => Problem::new(Code::RoleMissing, "another role does this"),
            WebError::TooMany { .. } => Problem::new(Code::TooMany, error.to_string()),
            WebError::BadForm { .. } => Problem::new(Code::BadRequest, error.to_string()),
            WebError::TooLarge { .. } => Problem::new(Code::TooLarge, error.to_string()),
            WebError::Register(error) => of_register(error),
            // Faults of this side: what they say goes into the log and to nobody else.
            _ => Problem::new(Code::Internal, "the operator's log says what"),
        }
    }

    /// As it is sent.
    pub fn answer(self) -> Answer {
        let status = self.code.status();
        let mut document = Map::new();
        let mut say = |name: &str, value: Value| {
            document.insert(name.to_owned(), value);
        };
        say("type", json!(format!("urn:redress:problem:{}", self.code)));
        say("title", json!(self.code.title()));
        say("status", json!(status.as_u16()));
        say("code", json!(self.code.as_str()));
        say("detail", json!(self.detail));
        if !self.errors.is_empty() {
            let errors: Vec<Value> = self
                .errors
                .iter()
                .map(|(field, detail)| json!({ "field": field, "detail": detail }))
                .collect();
            say("errors", Value::Array(errors));
        }
        for (name, value) in self.more {
            say(&name, value);
        }
        let answer = Answer::json(&Value::Object(document))
            .status(status)
            .header(CONTENT_TYPE, "application/problem+json");
        self.headers
            .into_iter()
            .fold(answer, |answer, (name, value)| answer.header(name, value))
    }
}

/// What the register's refusal means to a program.
fn of_register(error: &RegisterError) -> Problem {
    let say = |code| Problem::new(code, error.to_string());
    match error {
        RegisterError::NoSuch { .. }
        | RegisterError::Book(BookError::Unknown(_))
        | RegisterError::Action(ActionRefusal::Unknown(_) | ActionRefusal::NoNumber(_)) => {
            say(Code::NotFound)
        }
        RegisterError::Changed { found, .. } => say(Code::Changed).with("version", *found),
        RegisterError::Action(ActionRefusal::Changed { found, .. }) => {
            say(Code::Changed).with("version", *found)
        }
        RegisterError::BookMoved { .. } => say(Code::Changed),
        RegisterError::Refused(FoldError::Refused { refusal, .. })
        | RegisterError::CaseRefused {
            why: FoldError::Refused { refusal, .. },
            ..
        } => say(Code::Refused).with("refusal", refusal::key(refusal)),
        RegisterError::Action(_)
        | RegisterError::Record(_)
        | RegisterError::Book(_)
        | RegisterError::Struck { .. } => say(Code::Refused),
        RegisterError::InTheFuture { .. } => {
            Problem::of_fields(vec![("at".to_owned(), error.to_string())])
        }
        RegisterError::DayAhead { field, .. } => {
            Problem::of_fields(vec![((*field).to_owned(), error.to_string())])
        }
        RegisterError::LateWithoutReason { .. } => {
            Problem::of_fields(vec![("late_reason".to_owned(), error.to_string())])
        }
        RegisterError::Invalid { .. }
        | RegisterError::EventData(_)
        | RegisterError::NotAppendable { .. } => say(Code::Invalid),
        RegisterError::Exists { .. } => say(Code::Exists),
        RegisterError::Unreachable { .. } => say(Code::Unreachable),
        RegisterError::ActorMissing { .. } | RegisterError::Inactive { .. } => {
            say(Code::RoleMissing)
        }
        RegisterError::Busy { .. } => Problem::new(Code::Busy, "try again in some seconds"),
        RegisterError::DiskFull { .. } => Problem::new(
            Code::DiskFull,
            "nothing was recorded; the operator makes room",
        ),
        // Faults of the machine or of the register: they name files, so they are for the log.
        _ => Problem::new(Code::Internal, "the operator's log says what"),
    }
}

/// The problem document of an error; what failed on this side is logged.
pub fn failure(request_id: &str, error: &WebError) -> Answer {
    let mut problem = Problem::of(error);
    if problem.code.status().is_server_error() {
        logging::failed(request_id, error);
    }
    if !request_id.is_empty() {
        problem = problem.with("request_id", request_id);
    }
    problem.answer()
}

/// A handler panicked.
pub fn broken() -> Answer {
    Problem::new(Code::Internal, "the operator's log says what").answer()
}

/// An address of ours that does not take the method it was asked with.
pub fn other_method(path: &'static str) -> Answer {
    let mut allowed: Vec<&str> = routes::all()
        .filter(|route| route.path == path)
        .map(|route| match route.verb {
            Verb::Get => "GET, HEAD",
            Verb::Post => "POST",
        })
        .collect();
    allowed.dedup();
    let problem = Problem {
        headers: vec![(ALLOW, allowed.join(", "))],
        ..Problem::new(
            Code::MethodNotAllowed,
            "the header Allow says which it takes",
        )
    };
    problem.answer()
}
