//! The translations: complete, used, alike in their places, and drawable with the bundled font.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use redress::domain::stages::Stage;
use redress::domain::vocabulary::{Channel, Language, Response, Severity};
use redress::domain::workflow::StateName;
use redress::review::font::has_glyph;
use redress::review::words::Words;
use redress::source::mapping::Unrecorded;

/// Groups of names looked up by a code from the data.
const NAMES: [&str; 24] = [
    "codes",
    "unrecorded",
    "unknown_kinds",
    "stages",
    "states",
    "verdicts",
    "channels",
    "severities",
    "remedies",
    "sides",
    "outcomes",
    "flows",
    "bands",
    "languages",
    "departments",
    "categories",
    "columns",
    "month_names",
    "indicator_names",
    "input_names",
    "output_names",
    "bases",
    "limit_words",
    "trends",
];

/// Keys put together from parts in the source.
const COMPOSED: [(&[&str], &[&str]); 15] = [
    (
        &["sla.", "overall.", "ack."],
        &["title", "reference", "lead", "chart"],
    ),
    (&["sla.by_month_"], &["net", "gross"]),
    (
        &["findings.not_delivered", "findings.not_told"],
        &["", "_unknown", "_none", "_since", "_decide"],
    ),
    (
        &["remedies_due.delivered_", "remedies_due.told_"],
        &["title", "none", "caption", "since"],
    ),
    (
        &["definitions."],
        &[
            "stages",
            "basis",
            "clocks",
            "pauses",
            "verdicts",
            "counting",
            "intervals",
            "small",
            "curves",
            "stock",
        ],
    ),
    (
        &["definitions."],
        &[
            "stages_text",
            "basis_text",
            "clocks_text",
            "pauses_text",
            "verdicts_text",
            "counting_text",
            "intervals_text",
            "small_text",
            "curves_text",
            "stock_text",
        ],
    ),
    (&["words."], &["yes", "no"]),
    (
        &[
            "actions.unattended_",
            "actions.list_",
            "actions.judged_",
            "actions.relapses_",
        ],
        &["title", "none", "caption"],
    ),
    (&["actions.signal_"], &["rate_rose", "repeat"]),
    (&["actions.window_"], &["baseline", "between", "follow_up"]),
    (
        &["actions.col_"],
        &[
            "action",
            "kind",
            "owner",
            "state",
            "due_on",
            "check_due_on",
            "verdict",
            "person",
            "ratio",
            "cases_before",
            "cases_after",
            "remarks",
            "subject",
            "label",
            "trend",
            "recent",
            "expected",
            "cases_year",
            "open_cases",
            "cost",
            "signal",
            "cases_named",
            "month",
            "window",
            "cases",
            "moved_out",
            "exposure",
            "rate",
        ],
    ),
    (
        &["meeting.col_"],
        &[
            "input",
            "entered",
            "review",
            "output",
            "decision",
            "action_id",
            "owner",
            "due_on",
            "standing",
        ],
    ),
    (
        &["meeting.standing_"],
        &["done", "done_late", "late", "ahead", "given_up"],
    ),
    (&["actions."], &["without"]),
    (
        &["recurrence.col_"],
        &[
            "cluster",
            "label",
            "trend",
            "recent",
            "expected",
            "ratio",
            "q",
            "received",
            "complaints",
            "complainants",
            "open_cases",
        ],
    ),
];

fn texts(language: Language) -> BTreeMap<String, String> {
    Words::load(language).expect("bundled texts").all().clone()
}

/// Keys without the plural form at their end.
fn stems(language: Language) -> BTreeSet<String> {
    texts(language).into_keys().map(|key| stem(&key)).collect()
}

fn stem(key: &str) -> String {
    match key.rsplit_once('.') {
        Some((stem, "one" | "few" | "many" | "other")) if stem.contains('.') => stem.to_owned(),
        _ => key.to_owned(),
    }
}

/// Literals in the source that look like keys.
fn literals(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            literals(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let source = fs::read_to_string(&path).expect("a source file");
            let quoted = source.split('"').filter(|t| {
                t.split_once('.').is_some_and(|(group, key)| {
                    let plain = |t: &str| {
                        !t.is_empty()
                            && t.chars()
                                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                    };
                    plain(group) && plain(key)
                })
            });
            found.extend(quoted.map(str::to_owned));
        }
    }
}

#[test]
fn the_languages_hold_the_same_keys() {
    let english = stems(Language::En);
    for language in [Language::Tr, Language::Ru] {
        let other = stems(language);
        let differ: Vec<_> = english.symmetric_difference(&other).collect();
        assert!(differ.is_empty(), "{}: {differ:?}", language.as_str());
    }
}

#[test]
fn every_plural_has_the_forms_of_its_language() {
    for (language, forms) in [
        (Language::En, &["one", "other"][..]),
        (Language::Tr, &["one", "other"][..]),
        (Language::Ru, &["one", "few", "many"][..]),
    ] {
        let texts = texts(language);
        for key in texts.keys().filter(|k| stem(k) != **k) {
            for form in forms {
                let wanted = format!("{}.{form}", stem(key));
                assert!(
                    texts.contains_key(&wanted),
                    "{}: {wanted}",
                    language.as_str()
                );
            }
        }
    }
}

#[test]
fn the_languages_fill_the_same_places() {
    let places = |text: &str| -> BTreeSet<String> {
        text.split('{')
            .skip(1)
            .filter_map(|t| t.split('}').next())
            .map(str::to_owned)
            .collect()
    };
    let by_stem = |language| {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (key, text) in texts(language) {
            all.entry(stem(&key)).or_default().extend(places(&text));
        }
        all
    };
    let english = by_stem(Language::En);
    for language in [Language::Tr, Language::Ru] {
        assert_eq!(english, by_stem(language), "{}", language.as_str());
    }
}

#[test]
fn every_key_in_the_source_exists_and_every_text_is_used() {
    let mut used = BTreeSet::new();
    literals(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/review"),
        &mut used,
    );
    let known = stems(Language::En);
    let groups: BTreeSet<&str> = known
        .iter()
        .filter_map(|k| Some(k.split_once('.')?.0))
        .collect();
    for key in &used {
        let group = key.split_once('.').map_or("", |(group, _)| group);
        // Other literals with a point, such as file names, belong to no group of texts.
        assert!(
            !groups.contains(group) || known.contains(key) || key.ends_with(".parquet"),
            "`{key}` has no text"
        );
    }
    for (firsts, lasts) in COMPOSED {
        for first in firsts {
            used.extend(lasts.iter().map(|last| format!("{first}{last}")));
        }
    }
    let idle: Vec<&String> = known
        .iter()
        .filter(|key| !used.contains(*key))
        .filter(|key| {
            !NAMES
                .iter()
                .any(|name| key.split_once('.').is_some_and(|(g, _)| g == *name))
        })
        .collect();
    assert!(idle.is_empty(), "texts that nothing uses: {idle:?}");
}

#[test]
fn every_code_of_the_register_has_a_name() {
    for language in [Language::En, Language::Tr, Language::Ru] {
        let texts = texts(language);
        let mut wanted: Vec<String> = Vec::new();
        wanted.extend(StateName::ALL.iter().map(|s| format!("states.{s}")));
        wanted.extend(Channel::ALL.iter().map(|c| format!("channels.{c}")));
        wanted.extend(Severity::ALL.iter().map(|s| format!("severities.{s}")));
        wanted.extend(Response::ALL.iter().map(|r| format!("remedies.{r}")));
        wanted.extend(Language::ALL.iter().map(|l| format!("languages.{l}")));
        wanted.extend(Unrecorded::ALL.iter().map(|fact| {
            let stage = Stage::ALL.iter().any(|stage| fact.is_stage(*stage));
            format!("{}.{fact}", if stage { "stages" } else { "unrecorded" })
        }));
        wanted.extend((1..=12).map(|m| format!("month_names.m{m:02}")));
        for key in wanted {
            assert!(texts.contains_key(&key), "{}: {key}", language.as_str());
        }
    }
}

#[test]
fn the_labels_of_the_source_process_are_kept_in_russian() {
    // The company's published page names these four states.
    let texts = texts(Language::Ru);
    for (state, label) in [
        ("in_processing", "На стадии обработки"),
        ("resolved", "Удовлетворено"),
        ("completed", "Завершен"),
        ("outstanding", "Актуальна"),
    ] {
        assert_eq!(texts[&format!("states.{state}")], label);
    }
}

#[test]
fn the_bundled_font_has_every_glyph_of_the_texts() {
    let mut missing = BTreeSet::new();
    for language in [Language::En, Language::Tr, Language::Ru] {
        for text in texts(language).values() {
            missing.extend(text.chars().filter(|c| !has_glyph(*c)));
        }
    }
    let by_the_page = "✓→−–…%0123456789".chars().filter(|c| !has_glyph(*c));
    missing.extend(by_the_page);
    assert!(
        missing.is_empty(),
        "no glyph for {missing:?}; run reports/fonts/make_subset.py"
    );
}
