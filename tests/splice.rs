//! Splicing: however cases change, an incremental extract gives the files and the counts of a full one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use redress::domain::event::Registered;
use redress::domain::vocabulary::{Channel, Language, Role};
use redress::extract::order::Done;
use redress::lake::verify::verify;
use redress::register::{Actor, Complaining, NewCase, Register};
use rusqlite::Connection;

use crate::extract::{as_of, hashes, run, sample_register};
use crate::metrics::repository;

const CASES: u64 = 600;

/// A sample register, made once.
fn sample() -> &'static Path {
    static SAMPLE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    &SAMPLE
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = sample_register(folder.path(), CASES);
            (folder, path)
        })
        .1
}

/// A copy of the sample with a lake of its own.
struct Fixture {
    folder: tempfile::TempDir,
    register: PathBuf,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let register = folder.path().join("register.sqlite");
        fs::copy(sample(), &register).unwrap();
        Fixture { folder, register }
    }

    fn extract(&self, at: DateTime<Utc>) -> Done {
        let lake = self.folder.path().join("lake");
        run(&self.register, "redress", &lake, at, 2, false).unwrap()
    }

    fn full(&self, at: DateTime<Utc>) -> Done {
        let lake = self.folder.path().join("full");
        run(&self.register, "redress", &lake, at, 1, true).unwrap()
    }

    /// Appends events as they stand, past the workflow's checks: what does not fit is a deviation.
    fn append(&self, events: &[(i64, &str, String)], at: DateTime<Utc>) {
        let connection = Connection::open(&self.register).unwrap();
        for (case_key, kind, data) in events {
            connection
                .execute(
                    "INSERT INTO case_event
                     SELECT ?1, (SELECT MAX(event_no) + 1 FROM case_event WHERE case_key = ?1),
                            (SELECT MAX(seq) + 1 FROM case_event), ?2, ?4, ?4, 'agent', 'somebody',
                            NULL, ?3, NULL, NULL, 1, randomblob(32)",
                    (case_key, kind, data, at.timestamp_micros()),
                )
                .unwrap();
        }
    }

    /// Registers a complaint that was received long before.
    fn register(&self, received_at: DateTime<Utc>, now: DateTime<Utc>) {
        let mut register = Register::open(&self.register).unwrap();
        let registered = Registered {
            received_at,
            channel: Channel::Phone,
            language: Language::Tr,
            product: Some("Kuzey Ahşap Vernik".to_owned()),
            lot: None,
            site: None,
            unit: None,
            remedy_sought: None,
            sold_on: None,
            produced_on: None,
            immediate_action: None,
        };
        let new = NewCase {
            registered,
            complainant: Complaining::Known(1),
            narrative: "Kutu ezik geldi.".to_owned(),
            occurred_at: now,
            late_reason: Some("found in the archive".to_owned()),
        };
        let by = Actor::staff(Role::Agent, "Defne Karaağaç");
        register.register_case(&new, &by, now).unwrap();
    }

    /// The position of an event of a case, counted round.
    fn seq(&self, case_key: i64, number: usize) -> i64 {
        let connection = Connection::open(&self.register).unwrap();
        let seqs: Vec<i64> = connection
            .prepare("SELECT seq FROM case_event WHERE case_key = ?1 ORDER BY seq")
            .unwrap()
            .query_map([case_key], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        seqs[number % seqs.len()]
    }

    /// A few cases of old months.
    fn old_cases(&self) -> Vec<i64> {
        let connection = Connection::open(&self.register).unwrap();
        connection
            .prepare("SELECT MIN(case_key) FROM complaint_case GROUP BY received_month LIMIT 6")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }
}

fn assert_same(incremental: &Done, full: &Done) {
    assert_eq!(hashes(incremental), hashes(full));
    assert_eq!(incremental.manifest.ledger, full.manifest.ledger);
    assert_eq!(incremental.manifest.rows, full.manifest.rows);
    assert!(verify(&incremental.snapshot).unwrap().is_empty());
}

/// What can happen to a case; `number` picks among its events and values.
fn happening(
    fixture: &Fixture,
    case: i64,
    what: usize,
    number: usize,
) -> Vec<(i64, &'static str, String)> {
    let one = |kind, data: &str| vec![(case, kind, data.to_owned())];
    let amended = |field: &str, new: &str| {
        let seq = fixture.seq(case, number);
        format!(
            r#"{{"seq":{seq},"field":"{field}","old":null,"new":"{new}","reason":"read again"}}"#
        )
    };
    match what {
        0 => one("note_added", "{}"),
        1 => one("issue_added", r#"{"category":"price","lot":"L-1"}"#),
        2 => one(
            "classified",
            r#"{"category":"wrong-product","product":"Boya"}"#,
        ),
        3 => one("surveyed", &format!(r#"{{"score":{}}}"#, number % 5 + 1)),
        4 => one("amended", &amended("category", "price")),
        5 => one("amended", &amended("received_at", "2024-11-05T07:00:00Z")),
        6 => {
            let seq = fixture.seq(case, number);
            one(
                "voided",
                &format!(r#"{{"seq":{seq},"reason":"entered twice"}}"#),
            )
        }
        7 => one("merged", r#"{"into":"KY-000001"}"#),
        8 => {
            let mut events = one("reopened", "{}");
            events.extend(one(
                "routed",
                r#"{"department":"technical","also":["sales"]}"#,
            ));
            events.extend(one(
                "decided",
                r#"{"pass":2,"response":"refund","granted":"refund","cost":1250,"rule":"YK-1","rule_version":"4"}"#,
            ));
            events
        }
        9 => one("paused", r#"{"reason":"supplier"}"#),
        10 => one("withdrawn", "{}"),
        _ => one(
            "assessed",
            r#"{"severity":"high","safety":true,"change":"misjudged"}"#,
        ),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_cases_change_the_files_are_those_of_a_full_extract(
        nights in prop::collection::vec(
            (
                prop::collection::vec((1..=CASES, 0_usize..12, 0_usize..20), 1..40),
                prop::option::of(0_i64..700),
            ),
            1..3,
        )
    ) {
        let fixture = Fixture::new();
        let first = fixture.extract(as_of());
        let mut now = as_of();
        let mut built_on = vec![first];
        for (happenings, late) in nights {
            now += TimeDelta::hours(1);
            for (case, what, number) in happenings {
                let case = i64::try_from(case).unwrap();
                let events = happening(&fixture, case, what, number);
                fixture.append(&events, now);
            }
            if let Some(days) = late {
                fixture.register(now - TimeDelta::days(days), now);
            }
            now += TimeDelta::hours(1);
            let incremental = fixture.extract(now);
            assert_same(&incremental, &fixture.full(now));
            built_on.push(incremental);
        }
        // What was built upon is unharmed: files are shared, never written in place.
        for done in built_on {
            prop_assert!(verify(&done.snapshot).unwrap().is_empty());
        }
    }
}

#[test]
fn only_the_changed_tables_of_a_changed_month_are_written() {
    let fixture = Fixture::new();
    let first = fixture.extract(as_of());
    let cases = fixture.old_cases();
    let later = as_of() + TimeDelta::hours(1);
    let notes: Vec<_> = cases
        .iter()
        .map(|case| (*case, "note_added", "{}".to_owned()))
        .collect();
    fixture.append(&notes, later);
    let second = fixture.extract(later);
    assert_same(&second, &fixture.full(later));
    assert_eq!(
        (second.months_spliced, second.months_read),
        (cases.len(), 0)
    );
    let name = first.snapshot.file_name().unwrap().to_str().unwrap();
    assert_eq!(second.manifest.linked_from.as_deref(), Some(name));
    // A note changes nothing but the events.
    let (before, after) = (hashes(&first), hashes(&second));
    let tables: BTreeMap<&str, usize> = after
        .iter()
        .filter(|(path, hash)| before.get(*path) != Some(hash))
        .filter_map(|(path, _)| path.split_once('/'))
        .fold(BTreeMap::new(), |mut tables, (table, _)| {
            *tables.entry(table).or_default() += 1;
            tables
        });
    assert_eq!(tables, BTreeMap::from([("events", cases.len())]));
}

#[test]
fn events_recorded_after_the_moment_are_counted_as_a_full_extract_counts_them() {
    let fixture = Fixture::new();
    fixture.extract(as_of());
    let cases = fixture.old_cases();
    let hour = |n| as_of() + TimeDelta::hours(n);
    fixture.append(&[(cases[0], "note_added", "{}".to_owned())], hour(1));
    fixture.append(&[(cases[1], "note_added", "{}".to_owned())], hour(3));
    fixture.register(hour(-3000), hour(3));
    let between = fixture.extract(hour(2));
    assert_same(&between, &fixture.full(hour(2)));
    let totals = between.manifest.totals();
    assert_eq!((totals.cases_later, between.months_read), (1, 0));
    assert_eq!(between.months_spliced, 3);
    let after = fixture.extract(hour(4));
    assert_same(&after, &fixture.full(hour(4)));
    assert_eq!(after.manifest.totals().cases_later, 0);
    assert_eq!(after.months_read, 0);
}

#[test]
fn a_snapshot_of_a_moment_that_was_still_to_come_can_be_built_upon() {
    let fixture = Fixture::new();
    let hour = |n| as_of() + TimeDelta::hours(n);
    fixture.extract(hour(5));
    // Recorded before that moment, but after the snapshot was made.
    let case = fixture.old_cases()[0];
    fixture.append(&happening(&fixture, case, 8, 0), hour(2));
    let after = fixture.extract(hour(6));
    assert_same(&after, &fixture.full(hour(6)));
    assert_eq!((after.months_spliced, after.months_read), (1, 0));
}

#[test]
fn a_month_is_read_whole_where_its_old_files_or_its_cases_cannot_be_trusted() {
    let fixture = Fixture::new();
    let first = fixture.extract(as_of());
    let cases = fixture.old_cases();
    let later = as_of() + TimeDelta::hours(1);
    let file = first
        .snapshot
        .join("events/received_month=2024-10/part-0.parquet");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    fixture.append(
        &[
            (cases[0], "note_added", "{}".to_owned()),
            (cases[1], "dreamt", "{}".to_owned()),
            (cases[2], "note_added", "{}".to_owned()),
        ],
        later,
    );
    let second = fixture.extract(later);
    assert_same(&second, &fixture.full(later));
    assert_eq!((second.months_spliced, second.months_read), (1, 2));
    // The refused event stays counted when its case goes on, and when another case of its month does.
    let again = later + TimeDelta::hours(1);
    fixture.append(&[(cases[1], "note_added", "{}".to_owned())], again);
    let third = fixture.extract(again);
    assert_same(&third, &fixture.full(again));
    assert_eq!(third.months_read, 1);
    let last = again + TimeDelta::hours(1);
    fixture.append(&[(cases[1] + 1, "note_added", "{}".to_owned())], last);
    let fourth = fixture.extract(last);
    assert_same(&fourth, &fixture.full(last));
    assert_eq!((fourth.months_spliced, fourth.months_read), (1, 0));
    assert_eq!(fourth.manifest.totals().refused.len(), 1);
}

#[test]
fn a_month_of_which_much_changed_and_an_erasure_are_read_whole() {
    let fixture = Fixture::new();
    fixture.extract(as_of());
    let connection = Connection::open(&fixture.register).unwrap();
    let cases: Vec<i64> = connection
        .prepare("SELECT case_key FROM complaint_case WHERE received_month = '2025-06'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    drop(connection);
    let later = as_of() + TimeDelta::hours(1);
    let notes: Vec<_> = cases
        .iter()
        .take(cases.len() / 2)
        .map(|case| (*case, "note_added", "{}".to_owned()))
        .collect();
    fixture.append(&notes, later);
    let second = fixture.extract(later);
    assert_same(&second, &fixture.full(later));
    assert_eq!((second.months_spliced, second.months_read), (0, 1));
    let last = later + TimeDelta::hours(1);
    fixture.append(
        &[(cases[0], "erased", r#"{"rule":"10 years"}"#.to_owned())],
        last,
    );
    let third = fixture.extract(last);
    assert_same(&third, &fixture.full(last));
    assert_eq!((third.months_spliced, third.months_linked), (0, 0));
}

#[test]
fn a_mapping_that_does_not_name_the_cases_is_read_month_by_month() {
    let fixture = Fixture::new();
    let mapping = fixture.folder.path().join("mapping");
    let months_only = "SELECT DISTINCT c.received_month, e.kind = 'erased' AS erased
         FROM case_event AS e JOIN complaint_case AS c ON c.case_key = e.case_key WHERE e.seq > :since";
    let month_of_cases =
        "SELECT case_key, number AS case_id, complainant_id AS complainant, NULL AS source_verdict
         FROM complaint_case WHERE received_month = :month ORDER BY case_key";
    for (file, text) in [("changed.sql", months_only), ("case.sql", month_of_cases)] {
        fs::create_dir_all(&mapping).unwrap();
        for entry in fs::read_dir(repository().join("queries/extract/redress")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, mapping.join(path.file_name().unwrap())).unwrap();
        }
        fs::write(mapping.join(file), text).unwrap();
        let name = mapping.to_str().unwrap();
        let lake = fixture.folder.path().join(file);
        run(&fixture.register, name, &lake, as_of(), 2, false).unwrap();
        let later = as_of() + TimeDelta::hours(1);
        fixture.append(
            &[(fixture.old_cases()[0], "note_added", "{}".to_owned())],
            later,
        );
        let after = run(&fixture.register, name, &lake, later, 2, false).unwrap();
        assert_eq!(hashes(&after), hashes(&fixture.full(later)));
        assert_eq!((after.months_spliced, after.months_read), (0, 1), "{file}");
    }
}
