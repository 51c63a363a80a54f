//! A phase on its way: from the register, or from a folder of CSV files, to the lake of a moment.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use redress::domain::chart_series::ChartSeries;
use redress::domain::vocabulary::Role;
use redress::engine::counted::Value;
use redress::extract::order::Done;
use redress::register::{NewPhase, NewStaff, Register};
use redress::review::asking::SELECTS;
use redress::sample::{CsvSink, Settings, generate};

use crate::common::rulebook;
use crate::extract::{as_of, hashes, run, sample_register};
use crate::metrics::engine;

/// The phases of a snapshot as a review asks for them.
fn asked(done: &Done) -> Vec<Vec<String>> {
    let (name, sql) = SELECTS
        .iter()
        .find(|(name, _)| *name == "chart_phases")
        .expect("the question");
    let answer = engine(&done.snapshot).sql(sql, name).expect("an answer");
    let cells = |row: &Vec<Value>| row.iter().map(Value::as_text).collect();
    answer.rows.iter().map(cells).collect()
}

fn record(path: &Path, now: DateTime<Utc>, withdrawn: bool) {
    let mut register = Register::open(path).expect("a register");
    let new = NewPhase {
        series: "processing-1".parse::<ChartSeries>().expect("a series"),
        site: Some("Gebze".to_owned()),
        begins: "2026-03".to_owned(),
        reason: match withdrawn {
            false => "a second shift".to_owned(),
            true => "the shift was given up".to_owned(),
        },
        by: "zeynep".to_owned(),
    };
    match withdrawn {
        false => register.set_phase(&new, now),
        true => register.withdraw_phase(&new, now),
    }
    .expect("recorded");
}

#[test]
fn a_snapshot_has_the_phases_known_at_its_moment_and_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample_register(folder.path(), 60);
    let zeynep = NewStaff {
        name: "zeynep".to_owned(),
        roles: vec![Role::Quality],
        department: None,
        site: None,
        discretion_minor: None,
    };
    let mut register = Register::open(&path).unwrap();
    register.add_staff(&zeynep).unwrap();
    drop(register);
    let extract = |lake: &str, moment: DateTime<Utc>| {
        run(&path, "redress", &folder.path().join(lake), moment, 1, true).unwrap()
    };
    let hour = |n: i64| as_of() + TimeDelta::hours(n);
    assert!(asked(&extract("a", hour(0))).is_empty());
    record(&path, hour(1), false);
    let then = extract("b", hour(1));
    let set = [
        "processing-1",
        "Gebze",
        "2026-03",
        "1",
        "false",
        "a second shift",
        "zeynep",
        "2026-10-10T10:00:00+00:00",
    ];
    assert_eq!(asked(&then), [set]);
    record(&path, hour(2), true);
    let now = asked(&extract("c", hour(2)));
    assert_eq!(now[0], set);
    assert_eq!(now[1][3..6], ["2", "true", "the shift was given up"]);
    assert_eq!(now.len(), 2);
    // What was known at the earlier moment is the same file, whenever it is extracted.
    let again = extract("d", hour(1));
    let file = |done: &Done| -> Vec<(String, String)> {
        let files = hashes(done).into_iter();
        files
            .filter(|(path, _)| path.starts_with("chart_phases"))
            .collect()
    };
    assert_eq!(file(&then).len(), 1);
    assert_eq!(file(&then), file(&again));
}

#[test]
fn a_folder_of_csv_files_may_have_phases_too() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::usual(60, 11);
    let csv = folder.path().join("csv");
    let mut sink = CsvSink::create(&csv, settings).unwrap();
    generate(&settings, &rulebook().organisation, &mut sink).unwrap();
    let extract = |lake: &str| {
        let lake = folder.path().join(lake);
        run(&csv, "csv", &lake, as_of(), 1, true).unwrap()
    };
    assert!(asked(&extract("without")).is_empty());
    std::fs::write(
        csv.join("chart_phases.csv"),
        "series,site,begins_month,version,withdrawn,reason,entered_by,recorded_at\n\
         received,,2025-06,1,no,\"a shop, on the web\",zeynep,2025-07-01T08:30:00+03:00\n\
         rejected,Gebze,2025-06,1,yes,a slip,zeynep,2026-10-10T08:59:59Z\n\
         received,,2026-09,1,no,learnt later,zeynep,2026-10-10T09:00:01Z\n",
    )
    .unwrap();
    let found = asked(&extract("with"));
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0],
        [
            "received",
            "",
            "2025-06",
            "1",
            "false",
            "a shop, on the web",
            "zeynep",
            "2025-07-01T05:30:00+00:00"
        ]
    );
    assert_eq!(found[1][..5], ["rejected", "Gebze", "2025-06", "1", "true"]);
}
