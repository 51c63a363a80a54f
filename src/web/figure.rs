//! Figures of indicators in words, the same on every page: with their unit, and what is aimed at.

use crate::words::Words;
use redress_engine::indicators::{Reading, indicator_of};
use redress_register::Direction;
use redress_review::numbers::percent;

/// A figure with its unit; units without a name stand behind it as they were entered.
pub fn with_unit(words: &Words, value: f64, unit: Option<&str>) -> String {
    let places = places(value);
    let number = words.real(value, places);
    match unit {
        // The order is the sentence's own: "3.90 of 5", "5 üzerinden 3,90". A mean has two places, as means have elsewhere.
        Some("of 5") => {
            let mean = words.real(value, if places == 0 { 0 } else { 2 });
            words.fill("records.of_five", &[("value", &mean)])
        }
        // So is the place of the sign: "71%", "%71".
        Some("%") => percent(words.language(), value / 100.0, places),
        Some(unit) => format!("{number} {}", words.name("codes", unit)),
        None => number,
    }
}

/// A target as it is aimed at: "at least 95%", "at most 9".
pub fn target(words: &Words, code: &str, target: f64, direction: Direction) -> String {
    let is_share = indicator_of(code)
        .is_some_and(|indicator| matches!(indicator.reading, Reading::Share { .. }));
    let value = with_unit(words, target, is_share.then_some("%"));
    let key = match direction {
        Direction::AtLeast => "quality.at_least",
        Direction::AtMost => "quality.at_most",
    };
    words.fill(key, &[("value", &value)])
}

/// Figures after the decimal sign: as many as there are, two at most.
fn places(value: f64) -> u32 {
    (0..2)
        .find(|places| (value * 10_f64.powi(*places)).fract() == 0.0)
        .map_or(2, i32::unsigned_abs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::vocabulary::Language;

    #[test]
    fn a_percentage_has_its_sign_where_the_language_puts_it() {
        for (language, written) in [
            (Language::En, "71%"),
            (Language::Tr, "%71"),
            (Language::Ru, "71\u{a0}%"),
        ] {
            let words = Words::load(language).unwrap();
            assert_eq!(with_unit(&words, 71.0, Some("%")), written);
        }
    }

    #[test]
    fn a_figure_has_the_places_that_it_has_and_a_mean_has_two() {
        let words = Words::load(Language::En).unwrap();
        for (value, unit, written) in [
            (82.5, "%", "82.5%"),
            (97.25, "%", "97.25%"),
            (3.9, "of 5", "3.90 of 5"),
            (4.0, "of 5", "4 of 5"),
        ] {
            assert_eq!(with_unit(&words, value, Some(unit)), written);
        }
    }

    #[test]
    fn a_target_of_a_share_has_its_sign_and_one_of_days_has_none() {
        for (language, share, days) in [
            (Language::En, "at least 95%", "at most 9"),
            (Language::Tr, "en az %95", "en çok 9"),
            (Language::Ru, "не менее 95\u{a0}%", "не более 9"),
        ] {
            let words = Words::load(language).unwrap();
            let written = target(&words, "sla.intake", 95.0, Direction::AtLeast);
            assert_eq!(written, share);
            assert_eq!(target(&words, "P13", 9.0, Direction::AtMost), days);
        }
    }
}
