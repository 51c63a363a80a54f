//! Stores whose contents are wrong: what is said, what is kept and counted, and what is refused whole.

use std::fs;
use std::path::Path;

use redress::lake::store::Lake;
use rusqlite::Connection;

use super::{Desk, NIGHTS, Said, complaints, write_csv, write_sqlite};

/// Changes a file of a folder.
pub fn edit(folder: &Path, file: &str, change: impl Fn(&str) -> String) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "{file} was not changed");
    fs::write(path, changed).unwrap();
}

/// A desk with a snapshot of a good store of 24 complaints, and what an extract of the spoilt store then says.
pub fn attacked(spoil: impl Fn(&Path)) -> (Desk, Said) {
    let desk = Desk::open();
    write_csv(&desk.path("store"), &complaints(24));
    desk.extract("store", NIGHTS[0], &[]).done();
    spoil(&desk.path("store"));
    let said = desk.extract("store", NIGHTS[1], &[]);
    (desk, said)
}

/// One line of refusal with some words, and the lake is as it was, to the byte.
#[track_caller]
pub fn refused(spoil: impl Fn(&Path), words: &[&str]) {
    let desk = Desk::open();
    write_csv(&desk.path("store"), &complaints(24));
    desk.extract("store", NIGHTS[0], &[]).done();
    let lake = Lake::at(&desk.path("lake"));
    let before = lake.snapshots().unwrap();
    let manifest = lake.snapshot(None).unwrap().join("manifest.json");
    let bytes = fs::read(&manifest).unwrap();
    spoil(&desk.path("store"));
    desk.extract("store", NIGHTS[1], &[]).refused(words);
    assert_eq!(lake.snapshots().unwrap(), before);
    assert_eq!(fs::read(&manifest).unwrap(), bytes);
    assert_eq!(
        fs::read_link(desk.path("lake").join("latest")).unwrap(),
        Path::new("2026-05-01T09-00-00Z")
    );
    desk.run(&["lake", "list", "--verify"]).done();
}

#[test]
fn a_schema_of_another_version_is_named_by_its_column() {
    refused(
        |store| edit(store, "cases.csv", |text| text.replacen("case_id", "id", 1)),
        &[
            "cases.csv: has no column `case_id`",
            "it has: id, complainant_id",
        ],
    );
    let desk = Desk::open();
    let store = desk.path("store.sqlite");
    write_sqlite(&store, &complaints(24));
    desk.extract("store.sqlite", NIGHTS[0], &[]).done();
    Connection::open(&store)
        .unwrap()
        .execute_batch("ALTER TABLE events RENAME COLUMN kind TO type")
        .unwrap();
    desk.extract("store.sqlite", NIGHTS[1], &[])
        .refused(&["events: has no column `kind`", "it has: case_id, seq, type"]);
    assert_eq!(desk.manifest("lake").rows["cases"], 24);
}

#[test]
fn a_column_of_another_type_is_named_with_its_first_value() {
    // Seconds since 1970 where instants were.
    refused(
        |store| {
            edit(store, "events.csv", |text| {
                let mut lines = text.lines();
                let header = lines.next().unwrap().to_owned();
                let rows = lines.map(|line| {
                    let mut cells: Vec<&str> = line.splitn(5, ',').collect();
                    cells[3] = "1767595200";
                    cells.join(",")
                });
                std::iter::once(header)
                    .chain(rows)
                    .collect::<Vec<_>>()
                    .join("\n")
            });
        },
        &[
            "none of the 120 values of occurred_at is an instant",
            "`1767595200`",
        ],
    );
}

#[test]
fn a_word_that_nothing_knows_is_kept_or_refused_and_always_counted() {
    let (desk, said) = attacked(|store| {
        edit(store, "events.csv", |text| {
            text.replace(",classified,", ",tagged,")
        });
    });
    said.noted(
        "24 event row(s) refused: `tagged` is no kind of event; the first is case_key 1, seq 2",
    );
    let manifest = desk.manifest("lake");
    assert_eq!(manifest.rows["cases"], 24);
    assert_eq!(manifest.totals().refused[0].rows, 24);
}

#[test]
fn a_state_that_the_mapping_does_not_know_stands_in_the_review_with_its_count() {
    let desk = Desk::open();
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/stores/zammad/tables");
    let tables = tables.to_str().unwrap();
    let said = desk.run(&["extract", "--mapping", "zammad", "--store", tables]);
    said.noted("the mapping does not know the state `in translation (pending review)`: 1 row(s) kept as notes");
    for (language, caption, kind) in [
        (
            "en",
            "Words of the source that the mapping does not know",
            "State",
        ),
        ("tr", "eşlemenin tanımadığı sözcükler", "Durum"),
        (
            "ru",
            "Слова источника, которых нет в отображении",
            "Состояние",
        ),
    ] {
        desk.run(&[
            "--lang", language, "review", "build", "2026-Q1", "--out", language,
        ])
        .done();
        let page = fs::read_to_string(desk.path(language).join("review.html")).unwrap();
        let at = page
            .find(caption)
            .unwrap_or_else(|| panic!("{language}: `{caption}` is not in the review"));
        let after: String = page[at..].chars().take(1500).collect();
        assert!(
            after.contains(kind)
                && after.contains("in translation")
                && after.contains("(pending review)"),
            "{language}: {after}"
        );
    }
}

#[test]
fn clocks_that_run_backwards_are_kept_marked_and_said() {
    // The answer to the third complaint came a month before the complaint.
    let (desk, said) = attacked(|store| {
        edit(store, "events.csv", |text| {
            let at = |line: &str, day: &str| {
                let mut cells: Vec<String> = line.splitn(5, ',').map(str::to_owned).collect();
                cells[3] = format!("{day}T10:00:00Z");
                cells.join(",")
            };
            let lines = text.lines().map(|line| match line {
                line if line.starts_with("3,14,decided") => at(line, "2025-12-01"),
                line if line.starts_with("3,15,communicated") => at(line, "2025-12-02"),
                line => line.to_owned(),
            });
            lines.collect::<Vec<_>>().join("\n") + "\n"
        });
    });
    said.noted("contradict the procedure");
    let manifest = desk.manifest("lake");
    assert_eq!(manifest.rows["cases"], 24);
    assert_eq!(manifest.rows["events"], 120);
    assert!(manifest.rows["case_deviations"] >= 2);
    let first = desk
        .run(&[
            "query",
            "--sql",
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM case_deviations AS d JOIN cases AS k ON k.case_key = d.case_key \
             WHERE k.case_id <> '3'",
            "--period",
            "2026-Q1",
            "--format",
            "json",
        ])
        .json();
    assert_eq!(first[0]["n"], 0, "no other case is touched: {first}");
}

#[test]
fn a_case_that_comes_twice_is_named_with_both_places() {
    refused(
        |store| {
            edit(store, "cases.csv", |text| {
                let again = text.lines().nth(7).unwrap().to_owned();
                format!("{text}{again}\n")
            });
        },
        &["cases.csv: the row with case_id `7` stands twice (rows 7 and 25)"],
    );
}

/// A mapping for a list in one file, without a key, as somebody's first one may be.
fn list_mapping(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let files = [
        (
            "mapping.toml",
            "title = \"A list\"\nsource = \"csv\"\n[[file]]\nname = \"list.csv\"\ntable = \"list\"\ncolumns = [\"no\"]\ninstants = { \"received\" = \"%Y-%m-%d\" }\n",
        ),
        (
            "months.sql",
            "SELECT DISTINCT COALESCE(local_month(received), 'unknown') AS received_month FROM list ORDER BY 1",
        ),
        (
            "case.sql",
            "SELECT row_no AS case_key, no AS case_id, NULL AS complainant, NULL AS source_verdict FROM list \
             WHERE COALESCE(local_month(received), 'unknown') = :month ORDER BY row_no",
        ),
        (
            "event.sql",
            "SELECT row_no AS case_key, row_no AS seq, 'registered' AS kind, received AS occurred_at, \
             received AS recorded_at, 'agent' AS role, NULL AS actor, NULL AS late_reason, \
             json_object('received_at', rfc3339(received), 'channel', 'other', 'language', 'tr') AS data FROM list \
             WHERE COALESCE(local_month(received), 'unknown') = :month ORDER BY row_no",
        ),
        (
            "head.sql",
            "SELECT MAX(row_no) AS last_seq, NULL AS chain_head FROM list WHERE received <= :as_of",
        ),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn a_case_that_stands_in_two_months_is_named_with_both() {
    let desk = Desk::bare();
    list_mapping(&desk.path("mapping"));
    let list = desk.path("list.csv");
    let extract = |night| {
        desk.run(&[
            "extract",
            "--mapping",
            "mapping",
            "--store",
            "list.csv",
            "--as-of",
            night,
        ])
    };
    fs::write(&list, "no,received\n17,2026-01-05\n18,2026-02-06\n").unwrap();
    extract(NIGHTS[0]).done();
    fs::write(&list, "no,received\n17,2026-01-05\n17,2026-02-06\n").unwrap();
    extract(NIGHTS[1]).refused(&["the case `17` stands twice", "2026-01", "2026-02"]);
    assert_eq!(desk.manifest("lake").rows["cases"], 2);
}

#[test]
fn an_event_without_its_case_is_refused_and_counted() {
    let (desk, said) = attacked(|store| {
        edit(store, "events.csv", |text| {
            format!("{text}999,500,routed,2026-03-01T09:00:00Z,2026-03-01T09:00:00Z,agent,,,{{}}\n")
        });
    });
    said.noted("1 event row(s) refused: no case of the source has it");
    let manifest = desk.manifest("lake");
    assert_eq!((manifest.rows["cases"], manifest.rows["events"]), (24, 120));
}

#[test]
fn an_empty_store_is_no_news_of_a_full_one() {
    refused(
        |store| {
            for file in ["cases.csv", "events.csv", "narratives.csv"] {
                edit(store, file, |text| {
                    format!("{}\n", text.lines().next().unwrap())
                });
            }
        },
        &["has none of the 24 case(s) that are known of the source `csv`"],
    );
    // One that was always empty is a good one.
    let desk = Desk::open();
    write_csv(&desk.path("store"), &[]);
    desk.extract("store", NIGHTS[0], &[])
        .noted("the source gives no case known at");
    assert_eq!(desk.manifest("lake").rows["cases"], 0);
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    refused(
        |store| fs::write(store.join("cases.csv"), "").unwrap(),
        &["cases.csv: line 1: the file is empty"],
    );
}
