//! Any operational store, made readable.
//!
//! A mapping (a folder of settings and SQL) says how a store's rows are read as canonical ones. What is not a SQLite
//! file is staged first: CSV files, an event log, the tables of a PostgreSQL server become tables of a temporary one.

pub mod attendance;
pub mod mapping;
mod plain_text;
pub mod staging;
pub mod store;
pub mod texts;
