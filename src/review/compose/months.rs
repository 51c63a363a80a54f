//! Months as people read them: which ones were tested, and against which.

use std::ops::Range;

use chrono::{Datelike, Months, NaiveDate};

use super::maker::Maker;
use super::series::Span;
use crate::words::Words;
use redress_stats::growth::DEFAULT_WINDOW;

/// "July 2026", or "July 2026 to September 2026"; nothing where there is none.
pub(super) fn named(words: &Words, months: &[String]) -> String {
    match months {
        [] => String::new(),
        [only] => words.month(only),
        [first, .., last] => {
            let (first, last) = (words.month(first), words.month(last));
            let values = [("first", first.as_str()), ("last", last.as_str())];
            words.fill("changes.first_to_last", &values)
        }
    }
}

/// The months that were tested and those before them, in words.
pub(super) fn tested(words: &Words, span: &Span, window: &Range<usize>) -> (String, String) {
    let months = &span.months;
    (
        named(words, &months[window.clone()]),
        named(words, &months[..window.start]),
    )
}

/// The months in which the search for problems looks for growth, YYYY-MM, oldest first: the last whole ones before the
/// moment of judgement.
pub(super) fn of_the_search(maker: &Maker) -> Vec<String> {
    let context = maker.context;
    let today = context.as_of.with_timezone(&context.zone).date_naive();
    before(today, DEFAULT_WINDOW)
}

fn before(day: NaiveDate, months: usize) -> Vec<String> {
    let back = |n: usize| day.checked_sub_months(Months::new(u32::try_from(n).ok()?));
    (1..=months)
        .rev()
        .filter_map(back)
        .map(|day| format!("{}-{:02}", day.year(), day.month()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::vocabulary::Language;

    #[test]
    fn months_are_named_by_their_first_and_last() {
        let words = Words::load(Language::En).expect("words");
        let months = ["2026-07", "2026-08", "2026-09"].map(str::to_owned);
        assert_eq!(named(&words, &months), "July 2026 to September 2026");
        assert_eq!(named(&words, &months[..1]), "July 2026");
        assert_eq!(named(&words, &[]), "");
    }

    #[test]
    fn the_search_looks_at_whole_months_before_its_day() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).expect("a day");
        let expected = ["2025-12", "2026-01", "2026-02"];
        assert_eq!(before(day(2026, 3, 31), 3), expected);
        assert_eq!(before(day(2026, 3, 1), 3), expected);
    }
}
