//! From any operational store to a snapshot of the lake.
//!
//! A mapping (a folder of SQL) turns the store's rows into canonical ones; the fold turns a case's
//! events into its file; the file becomes rows of the lake. Work goes month of receipt by month of
//! receipt, so that memory stays bounded, an unchanged month is linked instead of read again, and the
//! few changed cases of another are spliced into its files.

pub mod continuity;
pub mod local_days;
pub mod mask;
mod months;
pub mod order;
mod query;
pub mod reader;
mod reuse;
pub mod rows;
pub mod run;
mod small_tables;
mod unknown;
