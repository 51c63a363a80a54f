//! What can go wrong with a query file.

use std::path::PathBuf;

/// What is wrong with a query file.
#[derive(Debug, thiserror::Error)]
pub enum QueryFileError {
    #[error("cannot read {path}: {source}")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path}: the header has no `{field}`; write `-- {field}: ...` above the SQL")]
    MissingField { path: PathBuf, field: &'static str },
    #[error(
        "{path}: the header's basis is `{found}`; it is one of received, started, due, ended, stock"
    )]
    UnknownBasis { path: PathBuf, found: String },
    #[error(
        "{path}: the id `{found}` is no id; use small letters, digits and `_`, since tables are named by it"
    )]
    BadId { path: PathBuf, found: String },
    #[error("{path}: line {line}: `{found}` is no header line; write `-- field: value`")]
    BadHeaderLine {
        path: PathBuf,
        line: usize,
        found: String,
    },
    #[error("{path}: the SQL does not parse: {message}")]
    Sql { path: PathBuf, message: String },
    #[error("{path}: it must be one SELECT with a WITH clause that has a CTE named `counted`")]
    NoCounted { path: PathBuf },
    #[error("{first} and {second} have the same id `{id}`; every metric has its own")]
    DuplicateId {
        id: String,
        first: PathBuf,
        second: PathBuf,
    },
    #[error("`{name}` is no dimension of {id}; known are: {known}")]
    UnknownDimension {
        id: String,
        name: String,
        known: String,
    },
    #[error("`{0}` is no condition; write dimension=value, several separated by commas")]
    BadCondition(String),
}
