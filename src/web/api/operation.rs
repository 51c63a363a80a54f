//! How a route for programs is described; `openapi.rs` makes the document from it.

use serde_json::{Value, json};

use super::problem::{Code, Problem};
use super::schema;
use crate::visit::Visit;

/// What a route does, takes and answers.
pub struct Operation {
    /// Unique; the name of a function in generated clients.
    pub id: &'static str,
    pub summary: &'static str,
    pub query: &'static [Parameter],
    /// What is sent; nothing on a route that only reads.
    pub body: Option<fn() -> Value>,
    /// Status of the usual answer.
    pub status: u16,
    pub answer: Answers,
    /// It takes `If-Match` with the version that was seen, and its answer carries the version as `ETag`.
    pub is_versioned: bool,
    /// It needs an `Idempotency-Key`, and a repeated request answers 200.
    pub is_once: bool,
    /// Where the path ends with a name of a closed list, each of them is described by itself.
    pub each: Each,
}

/// What a route answers when all is well.
pub enum Answers {
    /// JSON of a named schema.
    Json(&'static str, fn() -> Value),
    /// A file.
    File,
    /// The description itself.
    Description,
}

/// The lists that a last part of a path is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    /// The path is what it is.
    None,
    /// `{command}`: commands of a case.
    Command,
    /// `{step}`: steps of an action.
    Step,
    /// `{word}`: words on a cluster.
    Word,
}

/// A value of the query.
pub struct Parameter {
    pub name: &'static str,
    pub about: &'static str,
    pub schema: fn() -> Value,
}

/// What an operation has where its row says nothing else.
pub const PLAIN: Operation = Operation {
    id: "",
    summary: "",
    query: &[],
    body: None,
    status: 200,
    answer: Answers::Description,
    is_versioned: false,
    is_once: false,
    each: Each::None,
};

/// The most entries of a list that is read page by page.
const MOST: u32 = 200;
/// Entries where nothing else is asked for.
const USUAL: u32 = 50;

/// How many entries are asked for at most.
pub const LIMIT: Parameter = Parameter {
    name: "limit",
    about: "Entries at most; 50 where nothing is said",
    schema: || json!({ "type": "integer", "minimum": 1, "maximum": MOST }),
};

/// Where a list goes on.
pub const AFTER: Parameter = Parameter {
    name: "after",
    about: "What `next` of the answer before said",
    schema: schema::text,
};

/// How many entries are asked for.
///
/// # Errors
/// When it is no number in the range.
pub fn limit(visit: &Visit) -> Result<u32, Problem> {
    match visit.query.given("limit") {
        None => Ok(USUAL),
        Some(text) => match text.parse() {
            Ok(limit) if (1..=MOST).contains(&limit) => Ok(limit),
            _ => Err(wrong("limit", "a whole number from 1 to 200")),
        },
    }
}

/// A value of the query as one of its type; `None` where it is not given.
///
/// # Errors
/// When it cannot be read; `what` says what it would have to be.
pub fn asked<T: std::str::FromStr>(
    visit: &Visit,
    name: &str,
    what: &str,
) -> Result<Option<T>, Problem> {
    match visit.query.given(name).map(str::parse) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(wrong(name, what)),
    }
}

/// A value of the query that cannot be read.
pub fn wrong(name: &str, what: &str) -> Problem {
    Problem::of_fields(vec![(name.to_owned(), format!("give {what}"))])
}

/// The status codes with which a route for programs may refuse, by what it takes.
pub fn refusals(operation: &Operation) -> Vec<u16> {
    let takes = operation.body.is_some() || operation.each != Each::None;
    let fits = |code: &Code| match code {
        Code::Unauthorized
        | Code::ScopeMissing
        | Code::RoleMissing
        | Code::TooMany
        | Code::NotFound
        | Code::Internal
        | Code::Busy => true,
        Code::Invalid => takes || !operation.query.is_empty(),
        Code::BadRequest | Code::TooLarge | Code::MediaType => takes,
        Code::Changed
        | Code::Refused
        | Code::NotNow
        | Code::Exists
        | Code::Unreachable
        | Code::InProgress
        | Code::DiskFull => takes,
        Code::KeyReused => operation.is_once,
        // Said of an address, not of one of its operations.
        Code::MethodNotAllowed => false,
    };
    let mut statuses: Vec<u16> = Code::ALL
        .iter()
        .filter(|code| fits(code))
        .map(|code| code.status().as_u16())
        .collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}
