//! What a program sends: a JSON object or files, and the headers that matter.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::{HeaderMap, Method, Request};
use serde_json::{Map, Value};

use super::problem::{Code, Problem};
use crate::form;
use crate::visit::Visit;

/// Where the routes for programs begin.
const ROOT: &str = "/api/";
/// The most that a JSON document may have, in MiB; files come as multipart and may be larger.
const MOST_MIB: u64 = 1;
/// The longest idempotency key that is taken.
const LONGEST_KEY: usize = 200;

/// What a program sent besides its address.
#[derive(Debug, Clone, Default)]
pub struct Program {
    sent: Sent,
    if_match: Option<String>,
    idempotency_key: Option<String>,
}

/// The body of a request.
#[derive(Debug, Clone, Default)]
enum Sent {
    #[default]
    Nothing,
    Json(Map<String, Value>),
    Files,
    /// It cannot be taken; said once it is known who asks.
    Unfit(Problem),
}

/// Whether a path is one of those for programs.
pub fn is_of_programs(path: &str) -> bool {
    path.starts_with(ROOT)
}

impl Program {
    /// What the headers of a request say; `None` for a request of a page.
    pub fn of(path: &str, headers: &HeaderMap) -> Option<Program> {
        let text = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?.trim();
            Some(value.to_owned()).filter(|value| !value.is_empty())
        };
        is_of_programs(path).then(|| Program {
            sent: Sent::Nothing,
            if_match: text(IF_MATCH.as_str()),
            idempotency_key: text("idempotency-key"),
        })
    }

    /// Why the body cannot be taken.
    pub(super) fn unfit(&self) -> Option<&Problem> {
        match &self.sent {
            Sent::Unfit(problem) => Some(problem),
            Sent::Nothing | Sent::Json(_) | Sent::Files => None,
        }
    }

    /// The version that the program saw: an entity tag as answers carry it, or its number alone.
    ///
    /// # Errors
    /// When the header is neither.
    pub(super) fn seen(&self) -> std::result::Result<Option<i64>, Problem> {
        let Some(tag) = &self.if_match else {
            return Ok(None);
        };
        if tag == "*" {
            return Ok(None);
        }
        match tag.trim_matches('"').parse() {
            Ok(seen) => Ok(Some(seen)),
            Err(_) => Err(Problem::new(
                Code::BadRequest,
                "If-Match is the entity tag of an earlier answer, such as \"17\"",
            )),
        }
    }

    /// The key by which a request that is sent twice counts once.
    ///
    /// # Errors
    /// When there is none, or it is too long.
    pub(super) fn key(&self) -> std::result::Result<&str, Problem> {
        match self.idempotency_key.as_deref() {
            Some(key) if key.len() <= LONGEST_KEY => Ok(key),
            Some(_) => Err(Problem::new(
                Code::BadRequest,
                "Idempotency-Key has 200 characters at most",
            )),
            None => Err(Problem::new(
                Code::BadRequest,
                "give an Idempotency-Key, new for each thing that is entered and the same when the request is repeated",
            )),
        }
    }

    /// The JSON object that was sent; an empty one where nothing was.
    ///
    /// # Errors
    /// When files were sent instead.
    pub(super) fn json(&self) -> std::result::Result<Map<String, Value>, Problem> {
        match &self.sent {
            Sent::Nothing => Ok(Map::new()),
            Sent::Json(object) => Ok(object.clone()),
            Sent::Files => Err(Problem::new(Code::MediaType, "this takes application/json")),
            Sent::Unfit(problem) => Err(problem.clone()),
        }
    }

    /// Whether files were sent.
    pub(super) const fn has_files(&self) -> bool {
        matches!(self.sent, Sent::Files)
    }
}

/// Reads the body of a program's request. What cannot be taken is kept as such, to be said once it is known who asks.
pub async fn read(visit: &mut Visit, request: Request<Body>) {
    if *request.method() != Method::POST {
        return;
    }
    let kind = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
        .to_ascii_lowercase();
    let sent = if kind.starts_with("multipart/form-data") {
        match form::read(request).await {
            Ok((fields, files)) => {
                visit.form = fields;
                visit.files = files;
                Sent::Files
            }
            Err(error) => Sent::Unfit(Problem::of(&error)),
        }
    } else {
        json(&kind, request).await
    };
    if let Some(program) = &mut visit.program {
        program.sent = sent;
    }
}

async fn json(kind: &str, request: Request<Body>) -> Sent {
    let most = usize::try_from(MOST_MIB).unwrap_or(usize::MAX) << 20;
    let Ok(bytes) = axum::body::to_bytes(request.into_body(), most).await else {
        return Sent::Unfit(Problem::new(
            Code::TooLarge,
            format!(
                "a JSON document has {MOST_MIB} MiB at most; files are sent as multipart/form-data"
            ),
        ));
    };
    if bytes.is_empty() {
        return Sent::Nothing;
    }
    let is_json = kind.split(';').next().map(str::trim) == Some("application/json");
    if !is_json {
        return Sent::Unfit(Problem::new(
            Code::MediaType,
            "this takes application/json, or files as multipart/form-data",
        ));
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Sent::Json(object),
        Ok(_) => Sent::Unfit(Problem::new(Code::Invalid, "send a JSON object")),
        Err(error) => Sent::Unfit(Problem::new(
            Code::BadRequest,
            format!("the body is no JSON document: {error}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(tag: &str) -> Program {
        Program {
            if_match: Some(tag.to_owned()),
            ..Program::default()
        }
    }

    #[test]
    fn the_version_seen_is_the_tag_of_an_earlier_answer() {
        assert_eq!(program("\"17\"").seen().unwrap(), Some(17));
        assert_eq!(program("17").seen().unwrap(), Some(17));
        assert_eq!(program("*").seen().unwrap(), None);
        assert!(program("W/\"x\"").seen().is_err());
        assert_eq!(Program::default().seen().unwrap(), None);
    }

    #[test]
    fn only_paths_under_api_are_for_programs() {
        let headers = HeaderMap::new();
        assert!(Program::of("/api/v1/cases", &headers).is_some());
        for page in ["/", "/desk", "/apiary", "/desk/api/"] {
            assert!(Program::of(page, &headers).is_none(), "{page}");
        }
    }
}
