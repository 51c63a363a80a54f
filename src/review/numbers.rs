//! Numbers, shares and dates as each language writes them.

use chrono::{Datelike, NaiveDate};

use redress_domain::vocabulary::Language;

/// Space that does not break.
const NBSP: char = '\u{a0}';

/// A whole number with its groups of three.
pub fn count(language: Language, value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let group = match language {
        Language::En => ',',
        Language::Tr => '.',
        Language::Ru => NBSP,
    };
    let mut text = String::new();
    // Russian writes four digits without a gap.
    let grouped = digits.len() > 4 || !matches!(language, Language::Ru);
    for (i, digit) in digits.chars().enumerate() {
        if grouped && i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    if value < 0 {
        format!("−{text}")
    } else {
        text
    }
}

/// A number of things as a whole number with a sign, as [`count`] and the metrics' tables take it.
pub fn whole(things: impl TryInto<i64>) -> i64 {
    things.try_into().unwrap_or(i64::MAX)
}

/// A number with exactly `places` decimal places, rounded half away from zero.
pub fn real(language: Language, value: f64, places: u32) -> String {
    let power = 10_f64.powi(i32::try_from(places).unwrap_or(0));
    let scaled = (value * power).round();
    let whole = (scaled.abs() / power).trunc();
    let part = (scaled.abs() - whole * power).round();
    let mut text = count(language, whole as i64);
    if places > 0 {
        text.push(match language {
            Language::En => '.',
            Language::Tr | Language::Ru => ',',
        });
        text.push_str(&format!("{part:0width$}", width = places as usize));
    }
    if scaled < 0.0 {
        format!("−{text}")
    } else {
        text
    }
}

/// A share (0 to 1) in percent.
pub fn percent(language: Language, share: f64, places: u32) -> String {
    let number = real(language, share * 100.0, places);
    match language {
        Language::En => format!("{number}%"),
        Language::Tr => format!("%{number}"),
        Language::Ru => format!("{number}{NBSP}%"),
    }
}

/// A span of shares (0 to 1) in percent, such as 71–88%.
pub fn percent_span(language: Language, low: f64, high: f64, places: u32) -> String {
    let (low, high) = (
        real(language, low * 100.0, places),
        real(language, high * 100.0, places),
    );
    match language {
        Language::En => format!("{low}–{high}%"),
        Language::Tr => format!("%{low}–{high}"),
        Language::Ru => format!("{low}–{high}{NBSP}%"),
    }
}

/// A day; `months` are the twelve names that follow a day's number.
pub fn date(language: Language, day: NaiveDate, months: &[String]) -> String {
    match language {
        Language::En => {
            let month = months.get(day.month0() as usize).map_or("", String::as_str);
            format!("{}{NBSP}{month} {}", day.day(), day.year())
        }
        Language::Tr | Language::Ru => day.format("%d.%m.%Y").to_string(),
    }
}

/// Rounds to `places` decimal places: figures are rounded once, here.
pub fn rounded(value: f64, places: u32) -> f64 {
    let power = 10_f64.powi(i32::try_from(places).unwrap_or(0));
    (value * power).round() / power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_own_marks() {
        assert_eq!(real(Language::En, 1234.5, 1), "1,234.5");
        assert_eq!(real(Language::Tr, 1234.5, 1), "1.234,5");
        assert_eq!(real(Language::Ru, 12_345.6, 1), "12\u{a0}345,6");
        assert_eq!(real(Language::En, -0.04, 1), "0.0");
        assert_eq!(count(Language::En, -1_234_567), "−1,234,567");
        assert_eq!(percent(Language::En, 0.8134, 1), "81.3%");
        assert_eq!(percent(Language::Tr, 0.8134, 1), "%81,3");
        assert_eq!(percent(Language::Ru, 0.8134, 1), "81,3\u{a0}%");
        assert_eq!(percent(Language::En, 0.9999, 1), "100.0%");
    }

    #[test]
    fn numbers_of_things_are_taken_as_they_are() {
        assert_eq!(whole(3_usize), 3);
        assert_eq!(whole(5_264_616_u64), 5_264_616);
        // More than anybody can count stays the most that can be written.
        assert_eq!(whole(u64::MAX), i64::MAX);
    }

    #[test]
    fn dates_follow_the_language() {
        let day = NaiveDate::from_ymd_opt(2026, 9, 30).expect("a day");
        let months: Vec<String> = (0..12).map(|m| format!("month{m}")).collect();
        assert_eq!(date(Language::En, day, &months), "30\u{a0}month8 2026");
        assert_eq!(date(Language::Ru, day, &months), "30.09.2026");
    }
}
