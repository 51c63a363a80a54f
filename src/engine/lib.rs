//! Queries over a snapshot of the lake: files with a header, run by an engine, answered as small
//! counted tables.

pub mod check_file;
mod columns;
pub mod comparison;
pub mod counted;
mod decode;
pub mod dictionary;
pub mod error;
pub mod export;
pub mod grouping;
mod header;
pub mod indicator_codes;
pub mod indicators;
mod listed;
pub mod local;
pub mod measured;
mod narrowing;
pub mod params;
mod printed;
mod pruning;
pub mod query_file;
mod relations;
pub mod spark;
mod statements;
pub mod threshold;
