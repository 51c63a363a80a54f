//! Event logs: an invented one in every writing of XES, and the three public ones of `../shared/data/event_logs`, which are
//! not part of the repository; where they are absent, these tests say so and check nothing. Their figures are those of
//! `tests/oracle/stores/event_logs.py`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use redress::engine::local::LocalEngine;
use redress::extract::order::Done;
use redress::query::params::Params;
use redress::query::query_file::shipped_metrics;

use super::{on_weekdays, try_extract, weekdays};
use crate::metrics::repository;

/// A log of the data folder; `None`, and a line that says why, where there is none.
fn log(file: &str) -> Option<PathBuf> {
    let path = repository().join("../shared/data/event_logs").join(file);
    if path.is_file() {
        return Some(path);
    }
    // Past the capture of a passing test's output.
    let _ = writeln!(
        std::io::stderr(),
        "skipped: event logs: {} is not there",
        path.display()
    );
    None
}

/// Extracts a log as it stood when the last of them was over.
fn extracted(store: &Path, mapping: &str, lake: &Path) -> Done {
    on_weekdays(store, mapping, lake, "2014-02-01T00:00:00Z")
}

fn engine(done: &Done, period: &str, previous: &str) -> LocalEngine {
    LocalEngine::open(
        &done.snapshot,
        Params {
            as_of_at: "2014-02-01T00:00:00Z".parse().unwrap(),
            as_of_on: "2014-02-01".parse().unwrap(),
            over_on: "2014-01-31".parse().unwrap(),
            calendar_id: weekdays().organisation.id().to_owned(),
            period: period.parse().unwrap(),
            previous: previous.parse().unwrap(),
        },
    )
    .unwrap()
}

/// Deviations by kind of event.
fn deviations(engine: &LocalEngine) -> BTreeMap<String, i64> {
    let found = engine
        .sql(
            "SELECT kind, CAST(COUNT(*) AS BIGINT) AS n FROM events WHERE deviation IS NOT NULL GROUP BY kind",
            "deviations",
        )
        .unwrap();
    (0..found.rows.len())
        .map(|row| (found.text(row, "kind"), found.count(row, "n")))
        .collect()
}

const SMALL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <global scope="event"><string key="concept:name" value="none"/></global>
  <trace>
    <string key="concept:name" value="K-1"/><string key="customer" value="Ali"/>
    <event><string key="concept:name" value="Register"/><date key="time:timestamp" value="2026-01-05T09:40:00+03:00"/></event>
    <event><string key="concept:name" value="Assign"/><string key="org:resource" value="ayse"/><string key="lifecycle:transition" value="start"/><date key="time:timestamp" value="2026-01-05T10:00:00+03:00"/></event>
    <event><string key="concept:name" value="Assign"/><string key="org:resource" value="ayse"/><string key="lifecycle:transition" value="complete"/><date key="time:timestamp" value="2026-01-05T10:10:00+03:00"/></event>
    <event><string key="concept:name" value="Waiting for customer"/><date key="time:timestamp" value="2026-01-06T09:00:00+03:00"/></event>
    <event><string key="concept:name" value="Solve"/><date key="time:timestamp" value="2026-01-08T09:00:00+03:00"/></event>
    <event><string key="concept:name" value="Send flowers"/><date key="time:timestamp" value="2026-01-08T10:00:00+03:00"/></event>
    <event><string key="concept:name" value="Closed"/><date key="time:timestamp" value="2026-01-09T09:00:00+03:00"/></event>
  </trace>
  <trace>
    <string key="concept:name" value="K-2"/>
    <event><string key="concept:name" value="Register"/><date key="time:timestamp" value="yesterday"/></event>
  </trace>
</log>"#;

#[test]
fn any_log_is_read_by_the_usual_names_and_what_is_unknown_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("small.xes");
    std::fs::write(&store, SMALL).unwrap();
    // The file itself, or the folder that holds no other log.
    for store in [store.as_path(), folder.path()] {
        let lake = tempfile::tempdir().unwrap();
        let done = try_extract(store, "xes", lake.path()).unwrap();
        let totals = done.manifest.totals();
        assert_eq!(
            (totals.cases_in, totals.cases_out),
            (2, 1),
            "a receipt without a date is none"
        );
        let unknown: Vec<(&str, u64)> = done
            .manifest
            .unknown
            .iter()
            .map(|w| (w.word.as_str(), w.rows))
            .collect();
        assert_eq!(unknown, [("Send flowers", 1)]);
        assert!(
            done.notes
                .iter()
                .any(|n| n.contains("`yesterday` in time:timestamp (date)")),
            "{:?}",
            done.notes
        );
        let events = crate::metrics::engine(&done.snapshot)
            .sql("SELECT kind FROM events ORDER BY seq", "events")
            .unwrap();
        let kinds: Vec<String> = (0..events.rows.len())
            .map(|row| events.text(row, "kind"))
            .collect();
        // An activity that was only begun is a note; so are flowers.
        assert_eq!(
            kinds,
            [
                "registered",
                "note_added",
                "assigned",
                "paused",
                "resumed",
                "decided",
                "communicated",
                "note_added",
                "answer_lapsed",
            ]
        );
    }
}

#[test]
fn the_help_desk_log_agrees_with_a_walk_through_its_traces() {
    let Some(store) = log("helpdesk.xes.gz") else {
        return;
    };
    let lake = tempfile::tempdir().unwrap();
    let done = extracted(&store, "xes_helpdesk", lake.path());
    let totals = done.manifest.totals();
    assert_eq!((totals.cases_in, totals.cases_out), (4_580, 4_580));
    assert!(totals.refused.is_empty(), "{:?}", totals.refused);
    let unknown: Vec<(&str, u64)> = done
        .manifest
        .unknown
        .iter()
        .map(|w| (w.word.as_str(), w.rows))
        .collect();
    assert_eq!(
        unknown,
        [
            ("DUPLICATE", 1),
            ("INVALID", 2),
            ("RESOLVED", 2),
            ("VERIFIED", 3)
        ]
    );

    let engine = engine(&done, "2012-Q2", "2012-Q1");
    // Each of the 21,348 events of the log gives one or more of ours, numbered from 100 times its own number on.
    let events = engine.sql("SELECT seq FROM events", "events").unwrap();
    let rows: std::collections::BTreeSet<i64> = (0..events.rows.len())
        .map(|row| events.count(row, "seq") / 100)
        .collect();
    assert_eq!(
        (rows.len(), rows.first(), rows.last()),
        (21_348, Some(&1), Some(&21_348))
    );
    let passes = engine
        .sql("SELECT CAST(passes AS BIGINT) AS passes, CAST(COUNT(*) AS BIGINT) AS n FROM cases GROUP BY passes ORDER BY passes", "passes")
        .unwrap();
    let passes: Vec<(i64, i64)> = (0..passes.rows.len())
        .map(|row| (passes.count(row, "passes"), passes.count(row, "n")))
        .collect();
    assert_eq!(passes, [(1, 4_428), (2, 143), (3, 9)]);
    // Sorted by nobody before they were solved (77), and decided again by the same person (108).
    let expected = [
        ("answer_lapsed", 14),
        ("classified", 1),
        ("decided", 77 + 108),
        ("reopened", 9),
        ("routed", 5),
    ];
    assert_eq!(
        deviations(&engine),
        BTreeMap::from(expected.map(|(kind, n)| (kind.to_owned(), n)))
    );

    let metrics = shipped_metrics().unwrap();
    let answer = |id: &str| {
        engine
            .metric(metrics.iter().find(|m| m.id == id).unwrap())
            .unwrap()
    };
    let overall = answer("overall_sla");
    for (month, met, missed) in [
        ("2012-04", 96, 35),
        ("2012-05", 130, 42),
        ("2012-06", 142, 37),
    ] {
        for side in ["gross", "net"] {
            let here = |row: usize| {
                overall.text(row, "side") == side && overall.text(row, "month") == month
            };
            assert_eq!(
                (overall.sum("met", here), overall.sum("missed", here)),
                (met, missed),
                "{side}, {month}"
            );
        }
    }
    let stock = answer("stock_flow");
    for (flow, complaints) in [("opening", 177), ("received", 487), ("closing", 227)] {
        assert_eq!(
            stock.sum("complaints", |row| stock.text(row, "flow") == flow),
            complaints,
            "{flow}"
        );
    }
    let acknowledgement = metrics.iter().find(|m| m.id == "acknowledgement").unwrap();
    assert!(engine.unmeasured(acknowledgement).is_some());
}

#[test]
fn the_municipalitys_deadlines_stand_beside_ours() {
    let Some(store) = log("receipt.csv.gz") else {
        return;
    };
    let lake = tempfile::tempdir().unwrap();
    let done = extracted(store.parent().unwrap(), "xes_receipt", lake.path());
    let totals = done.manifest.totals();
    assert_eq!((totals.cases_in, totals.cases_out), (1_434, 1_434));
    assert!(
        done.manifest.unknown.is_empty(),
        "{:?}",
        done.manifest.unknown
    );
    let engine = engine(&done, "2010-09-01..2012-01-31", "2010-08-01..2010-08-31");
    let metrics = shipped_metrics().unwrap();
    let agreement = engine
        .metric(metrics.iter().find(|m| m.id == "source_agreement").unwrap())
        .unwrap();
    let cell = |theirs: &str, ours: &str| {
        agreement.sum("complaints", |row| {
            agreement.text(row, "side") == "net"
                && agreement.text(row, "source_verdict") == theirs
                && agreement.text(row, "verdict") == ours
        })
    };
    // 377 of 1,329 ended after the municipality's deadline; by our seven days 1,271 did.
    assert_eq!((cell("met", "met"), cell("met", "missed")), (58, 894));
    assert_eq!((cell("missed", "met"), cell("missed", "missed")), (0, 377));
    // 117 ended before their first task, two before their receipt: kept, and marked. The confirmation went out to 1,300; six
    // of these had ended by then.
    let found = deviations(&engine);
    assert_eq!(
        (
            found["routed"],
            found["classified"],
            found["decided"],
            found["acknowledged"]
        ),
        (117, 117, 2, 6)
    );
    let told = engine
        .sql(
            "SELECT CAST(COUNT(acknowledged_on) AS BIGINT) AS n FROM cases",
            "acknowledged",
        )
        .unwrap();
    assert_eq!(told.count(0, "n"), 1_300 - 6);
}

#[test]
fn the_textbook_log_has_three_of_each_end() {
    let Some(store) = log("running-example.csv") else {
        return;
    };
    let lake = tempfile::tempdir().unwrap();
    let done = extracted(store.parent().unwrap(), "xes_running_example", lake.path());
    let totals = done.manifest.totals();
    assert_eq!((totals.cases_out, totals.events_out), (6, 42));
    let engine = engine(&done, "2010-12-01..2011-02-28", "2010-11-01..2010-11-30");
    assert!(deviations(&engine).is_empty());
    let responses = engine
        .sql("SELECT response, CAST(COUNT(*) AS BIGINT) AS n FROM cases GROUP BY response ORDER BY response", "responses")
        .unwrap();
    let responses: Vec<(String, i64)> = (0..2)
        .map(|row| (responses.text(row, "response"), responses.count(row, "n")))
        .collect();
    assert_eq!(
        responses,
        [("compensation".to_owned(), 3), ("unfounded".to_owned(), 3)]
    );
}
