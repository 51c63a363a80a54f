//! A real log that nobody here wrote: the "Incident management process enriched event log" of the UCI Machine
//! Learning Repository (CC BY 4.0), through the mapping `servicenow_csv`. It is not part of the repository; where
//! `../shared/data` has none, these tests say so and check nothing.
//!
//! What is compared comes from the raw file's own columns, read here by hand, or from plain Python and NumPy
//! over the raw file; the place says which.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, Utc};
use redress::domain::calendar_file::CalendarFile;
use redress::domain::limits::Limits;
use redress::domain::rulebook::Rulebook;
use redress::engine::local::LocalEngine;
use redress::extract::order::{Done, Order};
use redress::extract::run::extract;
use redress::lake::store::Lake;
use redress::query::params::Params;
use redress::query::query_file::{parse_conditions, shipped_metrics};
use redress::source::mapping::Mapping;
use tempfile::TempDir;

use crate::metrics::repository;

const FILE: &str = "incident_event_log.csv";
const AS_OF: &str = "2017-03-01T00:00:00Z";

fn as_of() -> DateTime<Utc> {
    AS_OF.parse().unwrap()
}

/// The unpacked log in a folder of its own; `None`, and a line that says why, where it cannot be had.
fn unpacked() -> Option<TempDir> {
    let zip = repository().join("../shared/data/uci_incident_log/incident_event_log.zip");
    if !zip.is_file() {
        skipped(&format!("{} is not there", zip.display()));
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut unzip = Command::new("unzip");
    unzip
        .arg("-q")
        .arg(&zip)
        .arg(FILE)
        .arg("-d")
        .arg(folder.path());
    let mut python = Command::new("python3");
    python
        .args(["-m", "zipfile", "-e"])
        .arg(&zip)
        .arg(folder.path());
    for mut tool in [unzip, python] {
        let unpacked = tool.output().is_ok_and(|output| output.status.success());
        if unpacked && folder.path().join(FILE).is_file() {
            return Some(folder);
        }
    }
    skipped(&format!(
        "neither `unzip` nor `python3` could unpack {}",
        zip.display()
    ));
    None
}

/// Says it past the capture of a passing test's output.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: incident log: {why}");
}

/// Monday to Friday without a holiday, and the shipped limits.
fn rules() -> Rulebook {
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

fn extracted(store: &Path, lake: &Path) -> Done {
    let rules = rules();
    let mapping = Mapping::load("servicenow_csv").unwrap();
    let order = Order {
        store,
        source_name: "incident log".to_owned(),
        mapping: &mapping,
        as_of: as_of(),
        known_at: None,
        rules: &rules,
        rules_text: String::new(),
        pseudonym_key: Some(b"test".to_vec()),
        threads: 2,
        full: false,
        progress: &|_, _| {},
    };
    extract(&Lake::at(lake), &order).unwrap()
}

fn engine(snapshot: &Path) -> LocalEngine {
    LocalEngine::open(
        snapshot,
        Params {
            as_of_at: as_of(),
            as_of_on: "2017-03-01".parse().unwrap(),
            over_on: "2017-02-28".parse().unwrap(),
            calendar_id: rules().organisation.id().to_owned(),
            period: "2016-Q2".parse().unwrap(),
            previous: "2016-Q1".parse().unwrap(),
        },
    )
    .unwrap()
}

/// What the raw file says of an incident in columns that the mapping does not read or does not derive.
#[derive(Debug, Default, PartialEq)]
struct Incident {
    /// The largest `reopen_count`: the desk's own number of returns.
    reopened: i64,
    /// `made_sla` is true in every row.
    made_sla: bool,
}

/// Incidents by number, and the rows in all. The file has no quoted field, so that a comma is a border.
fn raw(file: &Path) -> (BTreeMap<String, Incident>, i64) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(
        !text.contains('"'),
        "a quoted field: read the file with a CSV reader"
    );
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let (number, reopen_count, made_sla) =
        (place("number"), place("reopen_count"), place("made_sla"));
    let mut incidents: BTreeMap<String, Incident> = BTreeMap::new();
    let mut rows = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), header.len(), "{line}");
        rows += 1;
        let incident = incidents
            .entry(cells[number].to_owned())
            .or_insert(Incident {
                reopened: 0,
                made_sla: true,
            });
        incident.reopened = incident.reopened.max(cells[reopen_count].parse().unwrap());
        incident.made_sla &= cells[made_sla] == "true";
    }
    (incidents, rows)
}

#[test]
fn every_update_of_the_incident_log_is_kept_and_every_return_is_a_pass() {
    let Some(folder) = unpacked() else { return };
    let lake = tempfile::tempdir().unwrap();
    let done = extracted(folder.path(), lake.path());
    let (incidents, updates) = raw(&folder.path().join(FILE));
    // The sizes that the file's own description gives.
    assert_eq!((incidents.len(), updates), (24_918, 141_712));

    let totals = done.manifest.totals();
    let refused = |what: &str| -> u64 {
        totals
            .refused
            .iter()
            .filter(|r| r.what == what)
            .map(|r| r.rows)
            .sum()
    };
    assert_eq!(totals.cases_in, totals.cases_out + refused("case"));
    assert_eq!(totals.events_in, totals.events_out + refused("event"));
    assert_eq!(totals.cases_in, 24_918);
    assert!(totals.refused.is_empty(), "{:?}", totals.refused);
    assert_eq!(
        done.months_read, 13,
        "February 2016 to February 2017, by `opened_at`"
    );

    let engine = engine(&done.snapshot);
    // The mapping numbers the events of row n from 100 n on: each row of the file has at least one.
    let events = engine.sql("SELECT seq FROM events", "test").unwrap();
    let rows_kept: BTreeSet<i64> = (0..events.rows.len())
        .map(|row| events.count(row, "seq") / 100)
        .collect();
    assert_eq!(rows_kept.len(), 141_712);
    assert_eq!(
        (rows_kept.first(), rows_kept.last()),
        (Some(&1), Some(&141_712))
    );

    let cases = engine
        .sql(
            "SELECT case_id, CAST(passes AS BIGINT) AS passes, source_verdict FROM cases",
            "test",
        )
        .unwrap();
    let kept: BTreeMap<String, Incident> = (0..cases.rows.len())
        .map(|row| {
            let incident = Incident {
                reopened: cases.count(row, "passes") - 1,
                made_sla: cases.text(row, "source_verdict") == "met",
            };
            (cases.text(row, "case_id"), incident)
        })
        .collect();
    let differing: Vec<_> = incidents
        .iter()
        .filter(|(number, raw)| kept.get(*number) != Some(*raw))
        .collect();
    assert!(
        differing.is_empty(),
        "{} differ, such as {:?}",
        differing.len(),
        differing.first()
    );
    assert_eq!(kept.len(), incidents.len());
    assert_eq!(kept.values().filter(|i| i.reopened > 0).count(), 275);
    assert_eq!(kept.values().filter(|i| i.made_sla).count(), 15_803);
}

/// Counts by plain Python and NumPy (`busday_offset` for the gross due date, days walked one by one for the net
/// one) over the raw file: receipt = the earliest of `opened_at`, `sys_created_at` and the first update; end = the
/// first row Resolved or Closed; the net limit leaves out weekdays of which Awaiting User Info or Awaiting
/// Evidence covers 8 to 17 o'clock.
const OVERALL: [(&str, &str, i64, i64); 6] = [
    ("gross", "2016-04", 7_217, 1_069),
    ("gross", "2016-05", 7_105, 735),
    ("gross", "2016-06", 1_637, 215),
    ("net", "2016-04", 7_629, 740),
    ("net", "2016-05", 7_450, 508),
    ("net", "2016-06", 1_854, 166),
];

/// The same, by state before and after: not Closed at 24:00 of 31 March and of 30 June, and received between.
const STOCK: [(&str, i64); 3] = [("opening", 3_346), ("received", 15_447), ("closing", 446)];

#[test]
fn the_second_quarter_of_the_incident_log_agrees_with_numpy() {
    let Some(folder) = unpacked() else { return };
    let lake = tempfile::tempdir().unwrap();
    let done = extracted(folder.path(), lake.path());
    let engine = engine(&done.snapshot);
    let metrics = shipped_metrics().unwrap();
    let answer = |id: &str| {
        let metric = metrics.iter().find(|m| m.id == id).unwrap();
        engine.metric(metric).unwrap()
    };

    let overall = answer("overall_sla");
    for (side, month, met, missed) in OVERALL {
        let here =
            |row: usize| overall.text(row, "side") == side && overall.text(row, "month") == month;
        let found = (overall.sum("met", here), overall.sum("missed", here));
        assert_eq!(found, (met, missed), "{side}, {month}");
    }
    let stock = answer("stock_flow");
    for (flow, complaints) in STOCK {
        assert_eq!(
            stock.sum("complaints", |row| stock.text(row, "flow") == flow),
            complaints,
            "{flow}"
        );
    }
    for id in [
        "volume",
        "stage_sla",
        "stage_sla_started",
        "stage_time",
        "ageing",
        "pareto_category",
    ] {
        assert!(!answer(id).rows.is_empty(), "{id} has no row");
    }
    // What the log does not record has no figure.
    assert!(answer("acknowledgement").rows.is_empty());
    let stages = answer("stage_sla");
    assert_eq!(
        (0..stages.rows.len())
            .filter(|row| stages.text(*row, "stage") == "resolution")
            .count(),
        0
    );

    // Agreement with the desk's own verdict, stated and not forced; the same Python. The drill opens to it.
    let agreement = answer("source_agreement");
    let agreeing = |side: &str| {
        agreement.sum("complaints", |row| {
            agreement.text(row, "side") == side
                && agreement.text(row, "verdict") == agreement.text(row, "source_verdict")
        })
    };
    assert_eq!((agreeing("net"), agreeing("gross")), (13_065, 13_554));
    let metric = metrics.iter().find(|m| m.id == "source_agreement").unwrap();
    let conditions = parse_conditions("side=net,agrees=yes").unwrap();
    assert_eq!(
        engine.drill_once(metric, &conditions).unwrap().rows.len(),
        13_065
    );
}
