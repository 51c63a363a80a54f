//! What is asked: SQL in files with a header, and on the command line. What of a query can be known from its text alone is
//! known here (the columns and months that it needs, how it can be asked of some months at a time, how Spark would say it);
//! the engines run it.

pub mod check_file;
pub mod dictionary;
pub mod error;
pub mod grouping;
mod header;
mod locality;
pub mod measured;
pub mod narrowing;
pub mod params;
pub mod partial;
mod printed;
pub mod pruning;
pub mod query_file;
mod relations;
pub mod spark_dialect;
pub mod statements;
mod walk;
