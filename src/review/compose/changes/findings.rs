//! What changed, as the first page says it.

use super::wording::{change_text, interval_text, name, probability_of};
use super::{Change, Changes, Subject};
use crate::compose::maker::Maker;
use crate::compose::phases;
use crate::compose::series::Counts;
use crate::model::{Finding, FindingKind};
use crate::numbers::whole;
use crate::words::clean;

/// Changes for the worse that are findings of their own.
const MOST_FINDINGS: usize = 1;

/// Sentences of the first page: shares that changed for the worse beyond chance; what else changed is said below.
pub(in crate::compose) fn findings(
    maker: &Maker,
    changes: Option<&Changes>,
    found: &mut Vec<Finding>,
    clear: &mut Vec<String>,
) {
    let words = maker.words;
    clear.extend(changes.and_then(|changes| phases::too_new(maker, changes)));
    let Some(changes) = changes.filter(|changes| !changes.tests.is_empty()) else {
        clear.push(words.text("changes.not_tested"));
        return;
    };
    let (months, before) = changes.months(maker);
    let tested = whole(changes.tests.len());
    let called = changes.tests.iter().filter(|test| test.is_called()).count();
    if called == 0 {
        let values = [("months", months.as_str()), ("before", before.as_str())];
        clear.push(words.plural("changes.none", tested, &values));
        return;
    }
    let n = words.count(whole(called));
    clear.push(words.plural(
        "changes.tested",
        tested,
        &[("called", &n), ("months", &months), ("before", &before)],
    ));
    let (worse, other): (Vec<_>, Vec<_>) = changes
        .called_series()
        .partition(|(test, series)| test.rose() && !matches!(series.counts, Counts::Received));
    for (test, series) in worse.iter().take(MOST_FINDINGS) {
        let Change::Share {
            counts: (count, size),
            ..
        } = &test.change
        else {
            continue;
        };
        let share = *count as f64 / (*size).max(1) as f64;
        let name = name(maker, series);
        let change = change_text(maker, &test.change);
        let interval = interval_text(maker, &test.change);
        let of = maker.of(*count, *size);
        let q = probability_of(maker, test.q_value);
        found.push(Finding {
            kind: FindingKind::ShareRose,
            figure: words.percent(share),
            sentence: words.fill("changes.finding", &[("series", &name), ("change", &change)]),
            detail: words.fill(
                "changes.finding_detail",
                &[
                    ("interval", &interval),
                    ("of", &of),
                    ("q", &q),
                    ("tested", &words.count(tested)),
                ],
            ),
            decision: words.text("changes.decide"),
            link: "changes".into(),
            link_text: words.text("findings.see_figures"),
        });
    }
    let mut said: Vec<String> = worse
        .iter()
        .skip(MOST_FINDINGS)
        .chain(&other)
        .map(|(test, series)| {
            format!(
                "{} {}",
                name(maker, series),
                change_text(maker, &test.change)
            )
        })
        .collect();
    // Problems have a sentence of their own; categories only where nobody works on them.
    said.extend(changes.tests.iter().filter_map(|test| match &test.subject {
        Subject::Category(category) if test.is_called() => {
            let category = words.name("categories", &clean(category));
            let category = words.fill("changes.category", &[("category", &category)]);
            Some(format!("{category} {}", change_text(maker, &test.change)))
        }
        _ => None,
    }));
    if !said.is_empty() {
        clear.push(words.fill("changes.also", &[("list", &said.join("; "))]));
    }
}
