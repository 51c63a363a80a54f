//! What can go wrong while a query runs.

use std::path::PathBuf;

use polars::prelude::PolarsError;

use redress_lake::manifest::ManifestError;
use redress_query::error::QueryFileError;

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
