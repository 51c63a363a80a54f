//! What can go wrong with a query file, and while a query runs.

use std::path::PathBuf;

use polars::prelude::PolarsError;

use redress_lake::manifest::ManifestError;

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

/// What can go wrong while a query runs.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("{path}: cannot be read: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{path}: is no readable Parquet file: {source}; `redress lake list --verify` names every altered file"
    )]
    Parquet { path: PathBuf, source: PolarsError },
    #[error(
        "{path}: is not the file that the manifest names; `redress lake list --verify` names every altered file, and `redress extract --full` writes a new snapshot"
    )]
    Altered { path: PathBuf },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("{origin}: only a SELECT can be asked")]
    NotASelect { origin: String },
    #[error("{origin}: the SQL does not parse: {message}")]
    Unparsable { origin: String, message: String },
    #[error("{origin}: {source}{hint}")]
    Query {
        origin: String,
        source: PolarsError,
        hint: String,
    },
    #[error("`{table}` is no table of the lake{known}")]
    NoSuchTable { table: String, known: String },
    #[error(transparent)]
    Metric(#[from] QueryFileError),
    #[error(
        "{origin}: the header promises the columns {promised}, the SQL answers {answered}; make them equal"
    )]
    Columns {
        origin: String,
        promised: String,
        answered: String,
    },
    #[error("the column `{column}` of the answer has the type {found}, which no figure uses")]
    UnknownType { column: String, found: String },
}
