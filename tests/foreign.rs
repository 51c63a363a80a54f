//! What is ours about the cases of another store: it outlives every extract, whatever the rows' order and the kind of
//! store; two sources in one register do not mix; what is gone from a source is said, counted and kept. And whatever is
//! wrong with a store, one clear line says so and the last snapshot stands.
//!
//! By real processes on an invented help desk: complaints about leaking cans and wrong invoices, in turn.

mod attacks;
mod files;
mod gone;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{Days, NaiveDate};
use redress::lake::manifest::Manifest;
use redress::lake::store::Lake;
use rusqlite::Connection;
use serde_json::{Value, json};

/// Moments of three nights, one after the other.
const NIGHTS: [&str; 3] = [
    "2026-05-01T09:00:00Z",
    "2026-05-02T09:00:00Z",
    "2026-05-03T09:00:00Z",
];

/// A complaint at the help desk.
#[derive(Debug, Clone)]
struct Complaint {
    number: u32,
    received: NaiveDate,
    /// A leaking can; else a wrong invoice.
    leak: bool,
}

/// The first complaints at the desk, received from January to April 2026.
fn complaints(count: u32) -> Vec<Complaint> {
    let first = NaiveDate::from_ymd_opt(2026, 1, 2).unwrap();
    (1..=count)
        .map(|number| Complaint {
            number,
            received: first + Days::new(u64::from(number * 5 % 100)),
            leak: number % 2 == 1,
        })
        .collect()
}

/// A table of the store: its name, its header, its rows.
type Table = (&'static str, Vec<&'static str>, Vec<Vec<String>>);

/// The tables that the mapping `csv` reads. Rows stand in the order of the complaints and are numbered by it.
fn tables(complaints: &[Complaint]) -> [Table; 3] {
    let (mut cases, mut events, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for complaint in complaints {
        let number = complaint.number.to_string();
        cases.push(vec![number.clone(), format!("P{number}"), String::new()]);
        let at = |days: u64, hour: u32| {
            let day = complaint.received + Days::new(days);
            format!("{day}T{hour:02}:00:00Z")
        };
        let category = if complaint.leak { "leak" } else { "invoice" };
        let steps = [
            (
                "registered",
                at(0, 8),
                "customer",
                json!({"received_at": at(0, 8), "channel": "form", "language": "en"}),
            ),
            (
                "classified",
                at(0, 9),
                "agent",
                json!({"category": category}),
            ),
            (
                "routed",
                at(0, 10),
                "agent",
                json!({"department": "quality"}),
            ),
            (
                "decided",
                at(1, 10),
                "agent",
                json!({"pass": 1, "response": "refund", "rule": "-", "rule_version": "-"}),
            ),
            (
                "communicated",
                at(1, 11),
                "agent",
                json!({"pass": 1, "means": "letter"}),
            ),
        ];
        for (kind, when, role, data) in steps {
            let seq = events.len() + 1;
            events.push(vec![
                number.clone(),
                seq.to_string(),
                kind.to_owned(),
                when.clone(),
                when,
                role.to_owned(),
                String::new(),
                String::new(),
                data.to_string(),
            ]);
        }
        let text = match complaint.leak {
            true => "The can of the paint leaks at the lid and the floor was covered",
            false => "The invoice of my order shows a wrong amount twice",
        };
        texts.push(vec![number.clone(), format!("{text} ({number})")]);
    }
    let of_cases = vec!["case_id", "complainant_id", "source_verdict"];
    let of_events = vec![
        "case_id",
        "seq",
        "kind",
        "occurred_at",
        "recorded_at",
        "role",
        "actor",
        "late_reason",
        "data",
    ];
    [
        ("cases", of_cases, cases),
        ("events", of_events, events),
        ("narratives", vec!["case_id", "narrative"], texts),
    ]
}

/// Writes the store as CSV files.
fn write_csv(folder: &Path, complaints: &[Complaint]) {
    fs::create_dir_all(folder).unwrap();
    for (name, header, rows) in tables(complaints) {
        let mut writer = csv::Writer::from_path(folder.join(format!("{name}.csv"))).unwrap();
        writer.write_record(header).unwrap();
        for row in rows {
            writer.write_record(row).unwrap();
        }
        writer.flush().unwrap();
    }
}

/// Writes the store as one SQLite file with tables of the same names.
fn write_sqlite(path: &Path, complaints: &[Complaint]) {
    let mut store = Connection::open(path).unwrap();
    let transaction = store.transaction().unwrap();
    for (name, header, rows) in tables(complaints) {
        transaction
            .execute_batch(&format!("CREATE TABLE {name} ({})", header.join(", ")))
            .unwrap();
        let places = vec!["?"; header.len()].join(", ");
        for row in rows {
            transaction
                .execute(
                    &format!("INSERT INTO {name} VALUES ({places})"),
                    rusqlite::params_from_iter(row),
                )
                .unwrap();
        }
    }
    transaction.commit().unwrap();
}

/// A folder in which the program runs.
struct Desk {
    folder: tempfile::TempDir,
}

/// What the program answered.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Desk {
    /// Without a register.
    fn bare() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("redress.toml"),
            "pseudonym_key = \"test\"\n",
        )
        .unwrap();
        Desk { folder }
    }

    /// With a register and zeynep of the quality department.
    fn open() -> Desk {
        let desk = Desk::bare();
        desk.run(&["init"]).done();
        desk.run(&["staff", "add", "zeynep", "--roles", "quality"])
            .done();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_redress"))
            .env_clear()
            .current_dir(self.folder.path())
            .args(arguments)
            .output()
            .unwrap();
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// An extract of a store by the mapping `csv` as it was known at a moment.
    fn extract(&self, store: &str, as_of: &str, more: &[&str]) -> Said {
        let usual = [
            "extract",
            "--mapping",
            "csv",
            "--store",
            store,
            "--as-of",
            as_of,
        ];
        self.run(&[&usual[..], more].concat())
    }

    /// The manifest of the latest snapshot.
    fn manifest(&self, lake: &str) -> Manifest {
        let snapshot = Lake::at(&self.path(lake)).snapshot(None).unwrap();
        Manifest::read(&snapshot).unwrap()
    }
}

impl Said {
    #[track_caller]
    fn done(self) -> String {
        assert_eq!(self.code, 0, "stdout: {}\nstderr: {}", self.out, self.err);
        self.out
    }

    #[track_caller]
    fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    /// One line of refusal with some words; the exit code is 1.
    #[track_caller]
    fn refused(&self, words: &[&str]) {
        let line = self.err.trim();
        assert_eq!(self.code, 1, "stdout: {}\nstderr: {line}", self.out);
        assert_eq!(line.lines().count(), 1, "{line}");
        for word in words {
            assert!(line.contains(word), "`{word}` is not in: {line}");
        }
    }

    /// It went through, and a note has some words.
    #[track_caller]
    fn noted(&self, words: &str) {
        assert_eq!(self.code, 0, "stdout: {}\nstderr: {}", self.out, self.err);
        assert!(
            self.err.contains(words),
            "`{words}` is not in: {}",
            self.err
        );
    }
}

/// Numbers of the cases of a cluster as `clusters show` lists them, in order.
fn cases_of(desk: &Desk, cluster: &str, lake: &str) -> Vec<u32> {
    let shown = desk
        .run(&[
            "--lake", lake, "clusters", "show", cluster, "--cases", "100", "--format", "json",
        ])
        .json();
    let mut numbers: Vec<u32> = shown["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["case_id"].as_str().unwrap().parse().unwrap())
        .collect();
    numbers.sort_unstable();
    numbers
}

/// Numbers of the complaints of one kind.
fn numbers(complaints: &[Complaint], leak: bool) -> Vec<u32> {
    let of_kind = complaints.iter().filter(|c| c.leak == leak);
    let mut numbers: Vec<u32> = of_kind.map(|c| c.number).collect();
    numbers.sort_unstable();
    numbers
}

/// The problem that holds a case, by its number in the list of clusters.
fn problem_of(desk: &Desk, case: u32, lake: &str) -> String {
    let listed = desk
        .run(&["--lake", lake, "clusters", "list", "--format", "json"])
        .json();
    let clusters = listed.as_array().unwrap();
    clusters
        .iter()
        .map(|cluster| cluster["cluster_id"].as_str().unwrap().to_owned())
        .find(|cluster| cases_of(desk, cluster, lake).contains(&case))
        .unwrap()
}
