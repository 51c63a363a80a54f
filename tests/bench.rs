//! `redress bench`: every step is measured on a copy, and nothing but the answer is left.

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn redress(folder: &Path, line: &[&str]) -> Vec<u8> {
    let mut command = Command::cargo_bin("redress").expect("the program");
    let done = command
        .current_dir(folder)
        .args(["--register", "register.sqlite", "--lake", "lake"])
        .args(line)
        .assert()
        .success();
    done.get_output().stdout.clone()
}

/// Names and bytes of the files of a folder, the folders below it as names alone.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into();
            (name, std::fs::read(&path).unwrap_or_default())
        })
        .collect()
}

#[test]
fn each_step_is_measured_on_a_copy_and_nothing_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    redress(folder.path(), &["sample", "generate", "--cases", "60"]);
    std::fs::create_dir(folder.path().join("scratch")).expect("a folder");
    let before = contents(folder.path());
    let answer = redress(
        folder.path(),
        &[
            "--format",
            "json",
            "bench",
            "--rounds",
            "1",
            "--period",
            "2026-Q3",
            "--no-clusters",
            "--scratch",
            "scratch",
        ],
    );
    let rows: Vec<Value> = serde_json::from_slice(&answer).expect("JSON");
    let steps: Vec<&str> = rows.iter().filter_map(|row| row["step"].as_str()).collect();
    assert_eq!(
        steps,
        [
            "backup",
            "extract, full",
            "extract, nothing changed",
            "actions",
            "all metrics",
            "one drill",
            "checks",
            "review pack",
            "audit"
        ]
    );
    for row in &rows {
        assert!(row["elapsed_s"].as_f64().is_some_and(|s| s > 0.0), "{row}");
    }
    // The pack is some hundred kilobytes of pages and pictures at least, in memory and on disk.
    let pack = &rows[7];
    if cfg!(target_os = "linux") {
        assert!(
            pack["peak_mib"].as_f64().is_some_and(|mib| mib > 8.0),
            "{pack}"
        );
        assert!(
            pack["written_mib"].as_f64().is_some_and(|mib| mib >= 1.0),
            "{pack}"
        );
    }
    assert_eq!(contents(folder.path()), before);
    assert!(contents(&folder.path().join("scratch")).is_empty());
}

#[test]
fn a_step_that_fails_is_named_with_what_it_said() {
    let folder = tempfile::tempdir().expect("a folder");
    redress(folder.path(), &["sample", "generate", "--cases", "20"]);
    let mut command = Command::cargo_bin("redress").expect("the program");
    let done = command
        .current_dir(folder.path())
        .args(["--register", "register.sqlite", "bench", "--rounds", "1"])
        .args(["--period", "1999-Q1", "--no-clusters"])
        .assert()
        .failure();
    let said = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(said.contains("ended with"), "{said}");
    assert!(said.contains("1999-Q1"), "{said}");
}
