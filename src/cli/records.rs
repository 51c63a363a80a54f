//! `redress evidence`, `objectives`, `limits`: records that are not cases.

mod evidence;
mod limits;
mod objectives;

use super::failure::Failure;

pub use evidence::{Command as EvidenceCommand, run as evidence};
pub use limits::{Command as LimitsCommand, run as limits};
pub use objectives::{Command as ObjectivesCommand, run as objectives};

/// An indicator that evidence may speak of, as it is written.
fn indicator(given: &str) -> Result<String, Failure> {
    redress_engine::indicator_codes::of_evidence(given)
        .map_err(|refused| Failure::Usage(refused.to_string()))
}
