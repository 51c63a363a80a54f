//! Tables of another version, columns of another type, rows that come twice, files that are cut: one clear line says what
//! happened, and the snapshot of before stands.

use std::fs;
use std::path::{Path, PathBuf};

use redress::source::mapping::Mapping;
use rusqlite::Connection;

use super::{copied_to_sqlite, oracle, try_extract};

/// A copy of Zammad's tables that can be spoilt.
fn tables(folder: &Path) -> PathBuf {
    let copy = folder.join("tables");
    fs::create_dir_all(&copy).unwrap();
    for entry in fs::read_dir(oracle("zammad").join("tables")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
    }
    copy
}

/// Changes a file of a folder.
fn edit(folder: &Path, file: &str, change: impl Fn(&str) -> String) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "{file} was not changed");
    fs::write(path, changed).unwrap();
}

/// What an extract of spoilt tables says. The snapshot of the good ones stays the latest.
fn said(spoil: impl Fn(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let store = tables(folder.path());
    let lake = folder.path().join("lake");
    let good = try_extract(&store, "zammad", &lake).unwrap();
    let kept = fs::read(good.snapshot.join("manifest.json")).unwrap();
    spoil(&store);
    let line = try_extract(&store, "zammad", &lake)
        .unwrap_err()
        .to_string();
    assert_eq!(
        fs::read_link(lake.join("latest")).unwrap(),
        good.snapshot.file_name().unwrap()
    );
    assert_eq!(fs::read(good.snapshot.join("manifest.json")).unwrap(), kept);
    assert!(!line.contains('\n'), "one line: {line}");
    line
}

#[test]
fn a_schema_of_another_version_is_named_by_its_column_or_table() {
    let renamed = said(|store| {
        edit(store, "tickets.csv", |text| {
            text.replacen("customer_id", "person_id", 1)
        });
    });
    assert!(
        renamed.contains("tickets.csv: has no column `customer_id`")
            && renamed.contains("written for Zammad 5 to 6")
            && renamed.contains("another version"),
        "{renamed}"
    );
    let empty = said(|store| fs::write(store.join("tickets.csv"), "").unwrap());
    assert!(
        empty.contains("tickets.csv: line 1: the file is empty") && !empty.contains("no column"),
        "{empty}"
    );
    let missing = said(|store| fs::remove_file(store.join("histories.csv")).unwrap());
    assert!(
        missing.contains("histories.csv: the file is missing")
            && missing.contains("another version"),
        "{missing}"
    );
}

#[test]
fn a_database_without_a_table_or_a_column_says_which_one() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.sqlite");
    copied_to_sqlite("zammad", &copy);
    let lake = folder.path().join("lake");
    let said = || try_extract(&copy, "zammad", &lake).unwrap_err().to_string();
    let change = |sql: &str| Connection::open(&copy).unwrap().execute_batch(sql).unwrap();
    change("ALTER TABLE tickets RENAME COLUMN number TO ticket_number");
    let line = said();
    assert!(line.contains("tickets: has no column `number`"), "{line}");
    change("ALTER TABLE tickets RENAME COLUMN ticket_number TO number; DROP TABLE histories");
    let line = said();
    assert!(
        line.contains("has no table `histories`; it has: groups, history_attributes"),
        "{line}"
    );
}

#[test]
fn a_column_of_another_type_stops_the_extract_and_a_slip_does_not() {
    // Seconds since 1970 where a date was: every value of the column.
    let other = said(|store| {
        edit(store, "tickets.csv", |text| {
            let mut lines = text.lines();
            let header = lines.next().unwrap();
            let place = header
                .split(',')
                .position(|name| name == "created_at")
                .unwrap();
            let rows = lines.map(|line| {
                let mut cells: Vec<&str> = line.split(',').collect();
                cells[place] = "1767595200";
                cells.join(",")
            });
            std::iter::once(header.to_owned())
                .chain(rows)
                .collect::<Vec<_>>()
                .join("\n")
        });
    });
    assert!(
        other.contains("none of the 20 values of created_at is an instant")
            && other.contains("`1767595200`"),
        "{other}"
    );
    // One value that is none is missing, and said.
    let folder = tempfile::tempdir().unwrap();
    let store = tables(folder.path());
    edit(&store, "tickets.csv", |text| {
        text.replacen("2026-01-05 05:40:00.000", "yesterday", 1)
    });
    let done = try_extract(&store, "zammad", &folder.path().join("lake")).unwrap();
    assert!(
        done.notes
            .iter()
            .any(|note| note.contains("`yesterday` in created_at") && note.contains("(1 of 20)")),
        "{:?}",
        done.notes
    );
    let totals = done.manifest.totals();
    assert_eq!((totals.cases_in, totals.cases_out), (20, 19));
    assert!(
        totals
            .refused
            .iter()
            .any(|r| r.what == "case" && r.first == "1001"),
        "{:?}",
        totals.refused
    );
}

#[test]
fn a_row_that_comes_twice_is_named_with_its_key_and_both_places() {
    let twice = said(|store| {
        edit(store, "tickets.csv", |text| {
            let again = text.lines().nth(3).unwrap().to_owned();
            format!("{text}{again}\n")
        });
    });
    assert!(
        twice.contains("tickets.csv: the row with id `3` stands twice (rows 3 and 21)"),
        "{twice}"
    );
}

#[test]
fn a_cut_file_is_refused_and_never_a_smaller_figure() {
    let cut = said(|store| {
        edit(store, "histories.csv", |text| {
            text[..text.len() - 30].to_owned()
        });
    });
    assert!(
        cut.contains("histories.csv: line") && cut.contains("fields"),
        "{cut}"
    );
}

#[test]
fn a_quotation_mark_that_nothing_closes_takes_no_row_with_it() {
    // In the last column, so that the rest of the file is one cell and every row has its number of fields.
    let open = said(|store| {
        edit(store, "histories.csv", |text| {
            let second = text.lines().nth(1).unwrap();
            let (row, last) = second.rsplit_once(',').unwrap();
            text.replacen(second, &format!("{row},\"{last}"), 1)
        });
    });
    assert!(
        open.contains("histories.csv: line 2: opens a quotation mark that is never closed"),
        "{open}"
    );
}

#[test]
fn one_file_is_not_taken_for_a_folder_of_many() {
    let folder = tempfile::tempdir().unwrap();
    let store = tables(folder.path());
    let line = try_extract(
        &store.join("tickets.csv"),
        "zammad",
        &folder.path().join("lake"),
    )
    .unwrap_err()
    .to_string();
    assert!(
        line.contains("is one file, and the mapping reads 12"),
        "{line}"
    );
}

#[test]
fn a_setting_that_is_no_text_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mapping = folder.path().join("mapping");
    fs::create_dir_all(&mapping).unwrap();
    for file in ["months.sql", "case.sql", "event.sql", "head.sql"] {
        fs::write(mapping.join(file), "SELECT 1").unwrap();
    }
    fs::write(
        mapping.join("mapping.toml"),
        "title = \"x\"\nsource = \"csv\"\n[[file]]\nname = \"a.csv\"\ntable = \"a\"\nmissing = 3\n",
    )
    .unwrap();
    let line = Mapping::load(mapping.to_str().unwrap())
        .unwrap_err()
        .to_string();
    assert!(line.contains("mapping.toml"), "{line}");
}
