//! Queries over a snapshot of the lake: files with a header, run by an engine, answered as small
//! counted tables.

mod arrays;
mod blocks;
pub mod check_file;
mod coded;
mod columns;
pub mod comparison;
pub mod counted;
mod decode;
pub mod dictionary;
pub mod error;
mod execution;
pub mod export;
mod frames;
pub mod grouping;
mod header;
pub mod indicator_codes;
pub mod indicators;
pub mod lists;
pub mod local;
mod locality;
pub mod measured;
pub mod months;
mod narrowing;
pub mod params;
mod partial;
mod printed;
mod pruning;
pub mod query_file;
mod relations;
pub mod spark;
mod statements;
pub mod threshold;
mod walk;
