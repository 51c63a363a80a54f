//! Codes of indicators as people may enter them: which of them evidence can speak of, and which can have a target.

use super::indicators::{INDICATORS, Unreachable, indicator_of};

/// Families of the standard's indicators that evidence may speak of, each with its highest number: performance criteria,
/// inputs and outputs of the management review.
const OF_EVIDENCE: [(char, u8); 3] = [('P', 15), ('I', 8), ('O', 3)];
/// Families that may have a target: what the annex on monitoring counts, and the performance criteria.
const WITH_TARGET: [(char, u8); 2] = [('M', 8), ('P', 15)];

/// A code that names no indicator here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no indicator here; known are {known}")]
pub struct UnknownCode {
    pub found: String,
    known: String,
}

/// The code of an indicator that evidence may speak of, whatever its capitals.
///
/// # Errors
/// When there is none of this name.
pub fn of_evidence(given: &str) -> Result<String, UnknownCode> {
    in_families(given, &OF_EVIDENCE).ok_or_else(|| unknown(given, &OF_EVIDENCE, &[]))
}

/// The code of an indicator that may have a target: one that is computed, or one of the standard's that is entered by
/// hand.
///
/// # Errors
/// When there is none of this name.
pub fn of_target(given: &str) -> Result<String, UnknownCode> {
    if let Some(computed) = indicator_of(given) {
        return Ok(computed.code.to_owned());
    }
    in_families(given, &WITH_TARGET).ok_or_else(|| {
        let mut ours = vec!["M7a", "M7b"];
        ours.extend(our_own());
        unknown(given, &WITH_TARGET, &ours)
    })
}

/// Whether a target lies where the numbers of its indicator can; what is entered by hand has a unit of its own.
///
/// # Errors
/// When it does not.
pub fn check_target(code: &str, target: f64) -> Result<(), Unreachable> {
    match indicator_of(code) {
        Some(computed) => computed.check_target(target),
        None => Ok(()),
    }
}

/// Every code that evidence may speak of, in the standard's order.
pub fn all_of_evidence() -> Vec<String> {
    written_out(&OF_EVIDENCE)
}

/// Every code that may have a target: the standard's in its order, then ours.
pub fn all_of_targets() -> Vec<String> {
    let mut codes: Vec<String> = written_out(&WITH_TARGET)
        .into_iter()
        // Repeats and recurrent problems are two figures.
        .flat_map(|code| match code.as_str() {
            "M7" => vec!["M7a".to_owned(), "M7b".to_owned()],
            _ => vec![code],
        })
        .collect();
    codes.extend(our_own().map(str::to_owned));
    codes
}

fn our_own() -> impl Iterator<Item = &'static str> {
    INDICATORS
        .iter()
        .map(|i| i.code)
        .filter(|code| code.starts_with(char::is_lowercase))
}

fn written_out(families: &[(char, u8)]) -> Vec<String> {
    families
        .iter()
        .flat_map(|(letter, most)| (1..=*most).map(move |n| format!("{letter}{n}")))
        .collect()
}

fn in_families(given: &str, families: &[(char, u8)]) -> Option<String> {
    let name = given.trim().to_uppercase();
    let fits = families.iter().any(|(letter, most)| {
        let number = name
            .strip_prefix(*letter)
            .filter(|digits| !digits.starts_with(['0', '+']));
        number
            .and_then(|digits| digits.parse::<u8>().ok())
            .is_some_and(|n| (1..=*most).contains(&n))
    });
    fits.then_some(name)
}

fn unknown(given: &str, families: &[(char, u8)], further: &[&str]) -> UnknownCode {
    let mut known: Vec<String> = families
        .iter()
        .map(|(letter, most)| format!("{letter}1 to {letter}{most}"))
        .collect();
    known.extend(further.iter().map(|code| (*code).to_owned()));
    UnknownCode {
        found: given.to_owned(),
        known: known.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_that_is_offered_is_taken() {
        for code in all_of_evidence() {
            assert_eq!(of_evidence(&code.to_lowercase()), Ok(code.clone()));
        }
        for code in all_of_targets() {
            assert_eq!(of_target(&code), Ok(code.clone()), "{code}");
        }
        assert_eq!(all_of_evidence().len(), 26);
    }

    #[test]
    fn a_share_has_a_target_within_its_hundred_percent() {
        for (code, target) in [
            ("sla.processing", 0.0),
            ("m5", 100.0),
            ("M1", 100.5),
            ("P13", 0.0),
            ("P10", -3.0),
        ] {
            assert_eq!(check_target(code, target), Ok(()), "{code}");
        }
        for (code, target) in [("sla.processing", 200.0), ("M5", -0.1), ("M1", -1.0)] {
            assert!(check_target(code, target).is_err(), "{code}");
        }
        let said = check_target("M5", 200.0).expect_err("no share").to_string();
        assert_eq!(said, "M5 is a share in percent, from 0 to 100; 200 is none");
    }

    #[test]
    fn other_names_are_refused_with_those_that_are_known() {
        for wrong in ["P0", "P16", "M5", "P+1", "P01", "", "x"] {
            assert!(of_evidence(wrong).is_err(), "{wrong}");
        }
        let refused = of_target("sla.nothing")
            .expect_err("no indicator")
            .to_string();
        assert!(
            refused.contains("M1 to M8") && refused.contains("sla.intake"),
            "{refused}"
        );
    }
}
