//! What knows nothing of complaints.

pub mod base64;
pub mod guarded;
pub mod hex;
pub mod place;
pub mod rng;
pub mod sha256;
pub mod toml_fault;

/// Name and version of this program, as manifests record them.
pub const TOOL: &str = concat!("redress ", env!("CARGO_PKG_VERSION"));
