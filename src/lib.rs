//! Redress: complaint-handling analytics and continual improvement under ISO 10002.
//!
//! The folders follow the way of the data; `ARCHITECTURE.md` is the map.

#![forbid(unsafe_code)]

mod base64;
pub mod channels;
pub mod clusters;
pub mod domain;
pub mod engine;
pub mod extract;
pub mod forms;
mod hex;
pub mod improvement;
pub mod lake;
pub mod recurrence;
pub mod register;
pub mod review;
mod rng;
pub mod sample;
pub mod stats;
pub mod table_file;
mod toml_fault;
pub mod web;

/// Name and version of this program, as manifests record them.
pub const TOOL: &str = concat!("redress ", env!("CARGO_PKG_VERSION"));
