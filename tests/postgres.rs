//! Tables of a PostgreSQL server: the same facts as from files, one moment whatever happens meanwhile, one clear line for
//! whatever is wrong, and nothing left behind.
//!
//! Most of it needs the server's programs and is run by `cargo test --release -- --ignored postgres`.

mod endings;
mod facts;
mod nights;
mod one_moment;
mod refusals;
mod secured;
mod server;
mod without_server;

use std::path::Path;

use redress::extract::continuity::Beside;
use redress::extract::order::{Done, ExtractError, Order};
use redress::extract::run::extract_attended;
use redress::lake::store::Lake;
use redress::source::attendance::{Attendance, Progress, Stop};
use redress::source::mapping::Mapping;

use crate::common::rulebook;

/// Extracts a store while somebody attends.
fn attended(
    store: &str,
    mapping: &Mapping,
    lake: &Path,
    attendance: &Attendance<'_>,
) -> Result<Done, ExtractError> {
    night(store, mapping, lake, "2026-10-10", attendance)
}

/// The same at nine o'clock (UTC) of a day.
fn night(
    store: &str,
    mapping: &Mapping,
    lake: &Path,
    day: &str,
    attendance: &Attendance<'_>,
) -> Result<Done, ExtractError> {
    let rules = rulebook();
    extract_attended(
        &Lake::at(lake),
        &Order {
            store: Path::new(store),
            source_name: "store".to_owned(),
            mapping,
            as_of: format!("{day}T09:00:00Z").parse().unwrap(),
            known_at: None,
            rules: &rules,
            rules_text: String::new(),
            pseudonym_key: Some(b"test".to_vec()),
            threads: 3,
            full: false,
            progress: &|_, _| {},
        },
        Beside::default(),
        attendance,
    )
}

/// The same with somebody who watches the progress alone.
fn watched(
    store: &str,
    lake: &Path,
    progress: &dyn Fn(&Progress<'_>),
) -> Result<Done, ExtractError> {
    let mapping = Mapping::load("zammad").unwrap();
    let attendance = Attendance {
        stop: Stop::default(),
        progress,
    };
    attended(store, &mapping, lake, &attendance)
}

/// Extracts by a shipped mapping.
fn extract(store: &str, mapping: &str, lake: &Path) -> Result<Done, ExtractError> {
    let mapping = Mapping::load(mapping).unwrap();
    attended(store, &mapping, lake, &Attendance::nobody())
}

/// The files of a snapshot by their contents.
fn files(done: &Done) -> Vec<(String, String)> {
    done.manifest
        .files
        .iter()
        .map(|file| (file.path.clone(), file.sha256.clone()))
        .collect()
}

/// The line that an extract fails with, after a good one whose snapshot stays the last.
fn said(good: &str, bad: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let before = extract(good, "zammad", &lake).unwrap();
    let line = extract(bad, "zammad", &lake).unwrap_err().to_string();
    assert!(!line.contains('\n'), "one line: {line}");
    assert!(!line.contains("hush"), "a password is shown: {line}");
    assert_eq!(
        std::fs::read_link(lake.join("latest")).unwrap(),
        before.snapshot.file_name().unwrap()
    );
    line
}
