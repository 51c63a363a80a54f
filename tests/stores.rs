//! Foreign stores: the shipped mappings on tables made by the published definitions of each program
//! (`tests/oracle/stores/`), event logs, files that nobody has described, and what is wrong with any of them.

mod bad_input;
mod event_logs;
mod guessing;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use redress::domain::calendar_file::CalendarFile;
use redress::domain::limits::Limits;
use redress::domain::rulebook::Rulebook;
use redress::engine::export::csv_bytes;
use redress::extract::order::{Done, ExtractError, Order};
use redress::extract::run::extract;
use redress::lake::store::Lake;
use redress::query::query_file::shipped_metrics;
use redress::source::mapping::Mapping;
use rusqlite::Connection;

use crate::common::rulebook;
use crate::metrics::{engine, repository};

/// The help desks with tables of their own under `tests/oracle/stores/`.
const DESKS: [&str; 3] = ["zammad", "glpi", "osticket"];

fn oracle(desk: &str) -> PathBuf {
    repository().join("tests/oracle/stores").join(desk)
}

/// Monday to Friday in UTC without a holiday, and the shipped limits.
fn weekdays() -> Rulebook {
    let calendar = include_str!("../reports/calendars/weekdays.toml");
    Rulebook {
        organisation: CalendarFile::from_toml(calendar)
            .unwrap()
            .calendar()
            .unwrap(),
        departments: BTreeMap::new(),
        limits: Limits::default(),
        known_at: None,
        max_pause_days: None,
    }
}

/// Extracts a store by a mapping and the rules given.
fn extract_by(
    store: &Path,
    mapping: &str,
    lake: &Path,
    rules: &Rulebook,
    as_of: &str,
) -> Result<Done, ExtractError> {
    let mapping = Mapping::load(mapping).unwrap();
    extract(
        &Lake::at(lake),
        &Order {
            store,
            source_name: "store".to_owned(),
            mapping: &mapping,
            as_of: as_of.parse().unwrap(),
            known_at: None,
            rules,
            rules_text: String::new(),
            pseudonym_key: Some(b"test".to_vec()),
            threads: 2,
            full: false,
            progress: &|_, _| {},
        },
    )
}

/// With the shipped calendar of Turkey.
fn try_extract(store: &Path, mapping: &str, lake: &Path) -> Result<Done, ExtractError> {
    extract_by(store, mapping, lake, &rulebook(), "2026-10-10T09:00:00Z")
}

/// With the weekdays, for logs from before that calendar begins.
fn on_weekdays(store: &Path, mapping: &str, lake: &Path, as_of: &str) -> Done {
    extract_by(store, mapping, lake, &weekdays(), as_of).unwrap()
}

/// The columns of `expected.csv`, asked of the lake.
const OUTCOME: &str = "SELECT k.case_id, k.state, k.passes, k.received_on, k.routed_on, k.decided_on, k.closed_on, k.category, \
    k.department, k.severity_first, k.severity_last, k.channel, k.reopenings, k.merged_into, k.first_answer, \
    COALESCE(p.n, 0) AS pauses, k.deviations \
    FROM cases AS k LEFT JOIN (SELECT case_key, COUNT(*) AS n FROM events WHERE kind = 'paused' GROUP BY case_key) AS p \
    ON p.case_key = k.case_key ORDER BY k.case_id";

/// What came out of the tickets, as CSV.
fn outcome(done: &Done) -> String {
    let answer = engine(&done.snapshot).sql(OUTCOME, "outcome").unwrap();
    String::from_utf8(csv_bytes(&answer).unwrap()).unwrap()
}

/// Each table of a desk as a table of one SQLite file; numbers are numbers there, as a copied database has them.
fn copied_to_sqlite(desk: &str, into: &Path) {
    let mut copy = Connection::open(into).unwrap();
    for entry in fs::read_dir(oracle(desk).join("tables")).unwrap() {
        let path = entry.unwrap().path();
        let table = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut reader = csv::Reader::from_path(&path).unwrap();
        let columns: Vec<String> = reader
            .headers()
            .unwrap()
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect();
        let transaction = copy.transaction().unwrap();
        transaction
            .execute_batch(&format!(
                "CREATE TABLE \"{table}\" ({})",
                columns.join(", ")
            ))
            .unwrap();
        let places = vec!["?"; columns.len()].join(", ");
        for record in reader.records() {
            let cells = record
                .unwrap()
                .iter()
                .map(|cell| match cell.parse::<i64>() {
                    _ if cell.is_empty() || cell == "NULL" => rusqlite::types::Value::Null,
                    Ok(number) => rusqlite::types::Value::Integer(number),
                    Err(_) => rusqlite::types::Value::Text(cell.to_owned()),
                })
                .collect::<Vec<_>>();
            transaction
                .execute(
                    &format!("INSERT INTO \"{table}\" VALUES ({places})"),
                    rusqlite::params_from_iter(cells),
                )
                .unwrap();
        }
        transaction.commit().unwrap();
    }
}

#[test]
fn every_story_of_a_help_desk_comes_out_as_it_happened() {
    for desk in DESKS {
        let lake = tempfile::tempdir().unwrap();
        let done = try_extract(&oracle(desk).join("tables"), desk, lake.path()).unwrap();
        let expected = fs::read_to_string(oracle(desk).join("expected.csv")).unwrap();
        assert_eq!(
            outcome(&done),
            expected,
            "{desk}: left ours, right the story's"
        );
        let totals = done.manifest.totals();
        assert_eq!((totals.cases_in, totals.cases_out), (20, 20), "{desk}");
    }
}

#[test]
fn tables_copied_to_sqlite_give_the_same_facts_as_their_csv() {
    for desk in DESKS {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.sqlite");
        copied_to_sqlite(desk, &copy);
        let from_copy = try_extract(&copy, desk, &folder.path().join("a")).unwrap();
        let tables = oracle(desk).join("tables");
        let from_csv = try_extract(&tables, desk, &folder.path().join("b")).unwrap();
        let facts = |done: &Done| -> Vec<(String, String)> {
            done.manifest
                .files
                .iter()
                .map(|file| (file.path.clone(), file.sha256.clone()))
                .collect()
        };
        assert_eq!(facts(&from_copy), facts(&from_csv), "{desk}");
        assert_eq!(
            from_copy.manifest.unknown, from_csv.manifest.unknown,
            "{desk}"
        );
    }
}

#[test]
fn a_state_that_the_mapping_does_not_know_is_kept_counted_and_named() {
    // One ticket was in a state of its own for four days, and of a deleted one something was left.
    let words = |desk: &str| -> (Vec<(String, String, u64)>, u64, Vec<String>) {
        let lake = tempfile::tempdir().unwrap();
        let done = try_extract(&oracle(desk).join("tables"), desk, lake.path()).unwrap();
        let orphans = done.manifest.totals().refused.iter().map(|r| r.rows).sum();
        let unknown = done.manifest.unknown.iter();
        let unknown = unknown
            .map(|w| (w.what.clone(), w.word.clone(), w.rows))
            .collect();
        (unknown, orphans, done.notes)
    };
    let word = |what: &str, word: &str, rows| (what.to_owned(), word.to_owned(), rows);
    let (unknown, orphans, notes) = words("zammad");
    assert_eq!(
        unknown,
        [word("state", "in translation (pending review)", 1)]
    );
    // A closing gives three events (decided, communicated, closed), and the change of the group one.
    assert_eq!(orphans, 4);
    assert!(notes.iter().any(|n| n.contains("does not know the state `in translation (pending review)`: 1 row(s) kept as notes, the first is ticket 1014")), "{notes:?}");
    let (unknown, orphans, _) = words("glpi");
    assert_eq!((unknown, orphans), (vec![word("status", "11", 1)], 2));
    let (unknown, orphans, _) = words("osticket");
    assert_eq!(
        orphans, 0,
        "osTicket leaves the events and not the number of the ticket"
    );
    assert_eq!(
        unknown,
        [
            word("status", "In translation (elsewhere)", 1),
            word("event of a deleted ticket", "closed", 1),
            word("event of a deleted ticket", "created", 1),
            word("event of a deleted ticket", "deleted", 1),
        ]
    );
}

#[test]
fn what_a_desk_does_not_record_is_not_measured() {
    let metrics = shipped_metrics().unwrap();
    let measured = |desk: &str, id: &str| {
        let lake = tempfile::tempdir().unwrap();
        let done = try_extract(&oracle(desk).join("tables"), desk, lake.path()).unwrap();
        let metric = metrics.iter().find(|m| m.id == id).unwrap();
        engine(&done.snapshot).unmeasured(metric).is_none()
    };
    // GLPI alone knows whether the requester accepted, and asks how satisfied they were. None says why a priority changed.
    for (id, desks) in [
        ("acceptance", [false, true, false]),
        ("satisfaction", [false, true, false]),
        ("acknowledgement", [true, false, false]),
        ("remedies_not_delivered", [false, false, false]),
        ("priority_changes", [false, false, false]),
        ("overall_sla", [true, true, true]),
    ] {
        assert_eq!(DESKS.map(|desk| measured(desk, id)), desks, "{id}");
    }
}

#[test]
fn an_acceptance_is_only_what_a_requester_gave() {
    let lake = tempfile::tempdir().unwrap();
    let done = try_extract(&oracle("glpi").join("tables"), "glpi", lake.path()).unwrap();
    // Ticket 1004 was closed at once: GLPI notes the technician under its approval.
    let answered = engine(&done.snapshot)
        .sql(
            "SELECT case_id, first_answer, last_answer, survey_score FROM cases WHERE first_answer IS NOT NULL ORDER BY case_id",
            "answers",
        )
        .unwrap();
    let csv = String::from_utf8(csv_bytes(&answered).unwrap()).unwrap();
    assert_eq!(
        csv,
        "case_id,first_answer,last_answer,survey_score\n1009,rejected,rejected,\n1019,accepted,accepted,4\n1020,rejected,rejected,\n"
    );
}

#[test]
fn the_words_of_a_complaint_come_without_their_markup() {
    for desk in DESKS {
        let lake = tempfile::tempdir().unwrap();
        let done = try_extract(&oracle(desk).join("tables"), desk, lake.path()).unwrap();
        let words = engine(&done.snapshot)
            .sql(
                "SELECT n.narrative FROM narratives AS n JOIN cases AS k ON k.case_key = n.case_key WHERE k.case_id = '1001'",
                "words",
            )
            .unwrap();
        let said = words.text(0, "narrative");
        assert!(
            said.ends_with("My order of ticket 1001 & its box") && !said.contains('<'),
            "{desk}: {said}"
        );
    }
}

#[test]
fn every_file_of_a_shipped_mapping_is_in_the_binary() {
    for name in [
        "redress",
        "csv",
        "servicenow_csv",
        "zammad",
        "glpi",
        "osticket",
        "xes",
        "xes_helpdesk",
        "xes_receipt",
        "xes_running_example",
    ] {
        let mapping = Mapping::load(name).unwrap();
        for entry in fs::read_dir(repository().join("queries/extract").join(name)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            if file.ends_with(".sql") {
                assert!(
                    mapping.sql(&file).is_some(),
                    "{name}: {file} is not shipped"
                );
            }
        }
    }
}
