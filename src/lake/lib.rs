//! The lake: immutable snapshots of the register as Parquet files that any engine reads.

pub mod batch;
pub mod decoding;
pub mod derived;
pub mod erase;
pub mod error;
mod file;
pub mod flush;
pub mod manifest;
mod old_file;
mod pieces;
pub mod reader;
pub mod splice;
pub mod store;
pub mod table;
pub mod tables;
pub mod verify;
pub mod writer;
