//! `redress evidence`, `objectives`, `limits`: records that are not cases.

mod evidence;
mod limits;
mod objectives;

use super::failure::Failure;

pub use evidence::{Command as EvidenceCommand, run as evidence};
pub use limits::{Command as LimitsCommand, run as limits};
pub use objectives::{Command as ObjectivesCommand, run as objectives};

/// An indicator such as M5, P13, I2 or O1, of the families given with their highest number.
fn indicator(given: &str, families: &[(char, u8)]) -> Result<String, Failure> {
    let name = given.trim().to_uppercase();
    let fits = families.iter().any(|(letter, most)| {
        let number = name
            .strip_prefix(*letter)
            .filter(|digits| !digits.starts_with(['0', '+']));
        number
            .and_then(|digits| digits.parse::<u8>().ok())
            .is_some_and(|n| (1..=*most).contains(&n))
    });
    if fits {
        return Ok(name);
    }
    let known: Vec<String> = families
        .iter()
        .map(|(letter, most)| format!("{letter}1 to {letter}{most}"))
        .collect();
    Err(Failure::Usage(format!(
        "`{given}` is no indicator here; known are {}",
        known.join(", ")
    )))
}
