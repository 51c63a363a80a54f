//! A change in words: whose it is, how large, how sure.

use super::Change;
use crate::compose::maker::Maker;
use crate::compose::series::Series;
use crate::numbers::{rounded, whole};

/// The least probability that four decimal places can write.
const LEAST_PROBABILITY: f64 = 0.0001;

/// A series' name with its site, and with the phase whose months alone are looked at.
pub(in crate::compose) fn name(maker: &Maker, series: &Series) -> String {
    let name = bare_name(maker, series);
    match series.phases.last() {
        None => name,
        Some(phase) => {
            let month = maker.words.month(&phase.begins);
            let values = [("series", name.as_str()), ("month", month.as_str())];
            maker.words.fill("changes.since", &values)
        }
    }
}

/// A series' name with its site.
pub(in crate::compose) fn bare_name(maker: &Maker, series: &Series) -> String {
    match &series.site {
        None => series.label.clone(),
        Some(site) => {
            let values = [("series", series.label.as_str()), ("site", site.as_str())];
            maker.words.fill("changes.at_site", &values)
        }
    }
}

/// "18.0% → 31.2%" or "1.4 times as many".
pub(in crate::compose) fn change_text(maker: &Maker, change: &Change) -> String {
    let words = maker.words;
    match change {
        Change::Share { before, after, .. } => {
            let (before, after) = (words.percent(*before), words.percent(*after));
            words.fill("changes.from_to", &[("before", &before), ("after", &after)])
        }
        Change::Ratio {
            recent, expected, ..
        } => {
            let recent = words.count(whole(*recent));
            let expected = words.real(*expected, 1);
            words.fill(
                "changes.instead_of",
                &[("recent", &recent), ("expected", &expected)],
            )
        }
    }
}

/// A probability to four decimal places, as "0.0123"; of a smaller one that it is smaller, as "< 0.0001".
pub(in crate::compose) fn probability(maker: &Maker, p: f64) -> String {
    let words = maker.words;
    match p < LEAST_PROBABILITY {
        true => format!("< {}", words.real(LEAST_PROBABILITY, 4)),
        false => words.real(p, 4),
    }
}

/// The same behind a letter, as "= 0.0123" or "< 0.0001".
pub(super) fn probability_of(maker: &Maker, p: f64) -> String {
    let text = probability(maker, p);
    match p < LEAST_PROBABILITY {
        true => text,
        false => format!("= {text}"),
    }
}

/// The interval of the difference in percentage points, or of the ratio.
pub(in crate::compose) fn interval_text(maker: &Maker, change: &Change) -> String {
    let words = maker.words;
    match change {
        Change::Share { difference, .. } => {
            let points = |share: f64| {
                let text = words.real(share * 100.0, 1);
                match rounded(share * 100.0, 1) > 0.0 {
                    true => format!("+{text}"),
                    false => text,
                }
            };
            let values = [
                ("value", points(difference.value)),
                ("low", points(difference.lower)),
                ("high", points(difference.upper)),
            ];
            let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
            words.fill("changes.points", &values)
        }
        Change::Ratio {
            ratio,
            lower,
            upper,
            ..
        } => {
            let bound = |value: Option<f64>| value.map_or("∞".to_owned(), |v| words.real(v, 2));
            let values = [
                ("value", bound(*ratio)),
                ("low", words.real(*lower, 2)),
                ("high", bound(*upper)),
            ];
            let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
            words.fill("changes.times", &values)
        }
    }
}
