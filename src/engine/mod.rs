//! Queries over a snapshot of the lake: files with a header, run by an engine, answered as small
//! counted tables.

pub mod counted;
pub mod export;
pub mod local;
pub mod params;
pub mod query_file;
