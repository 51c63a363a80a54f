//! The lake: immutable snapshots of the register as Parquet files that any engine reads.

pub mod manifest;
pub mod store;
pub mod table;
pub mod tables;
pub mod writer;
