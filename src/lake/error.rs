//! What can go wrong while a file of the lake is written.

use std::io;
use std::path::PathBuf;

use parquet::errors::ParquetError;

/// What can go wrong while a file of the lake is written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("{path}: cannot be written: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path}: cannot be written as Parquet: {source}")]
    Parquet { path: PathBuf, source: ParquetError },
    #[error("{path}: the rows do not fit the table: {source}")]
    Arrow {
        path: PathBuf,
        source: arrow::error::ArrowError,
    },
    #[error("the thread that flushes files to the disk ended without a word")]
    FlusherLost,
}
