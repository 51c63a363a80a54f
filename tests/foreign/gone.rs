//! Cases that the source no longer has: counted, listed, kept in their clusters and in what actions counted, and said in
//! the review.

use std::fs;

use chrono::Days;
use redress::domain::scope::Scope;
use redress::engine::local::LocalEngine;
use redress::improvement::ground::ScopeCase;
use redress::improvement::update;
use redress::lake::derived::read_with_layers;
use redress::lake::store::Lake;
use redress::query::params::Params;
use redress::register::Register;
use rusqlite::Connection;

use super::{Complaint, Desk, NIGHTS, cases_of, complaints, numbers, problem_of, write_csv};
use crate::common::rulebook;

/// Complaints that the desk deleted: three about leaks, one about an invoice.
const DELETED: [u32; 4] = [1, 4, 7, 11];

fn left() -> Vec<Complaint> {
    let mut left = complaints(24);
    left.retain(|complaint| !DELETED.contains(&complaint.number));
    left
}

/// A desk that was searched, whose leaks an analyst confirmed, and which then deleted some complaints.
fn deleted() -> (Desk, String) {
    let desk = Desk::open();
    write_csv(&desk.path("store"), &complaints(24));
    desk.extract("store", NIGHTS[0], &[]).done();
    desk.run(&["clusters", "run"]).done();
    let leaks = problem_of(&desk, 1, "lake");
    desk.run(&["clusters", "confirm", &leaks, "--by", "zeynep"])
        .done();
    write_csv(&desk.path("store"), &left());
    let said = desk.extract("store", NIGHTS[1], &[]);
    said.noted("4 case(s) of the snapshot 2026-05-01T09-00-00Z are no longer in the source (the first is 1)");
    let mut lines = said.out.lines();
    let line = lines.find(|line| line.starts_with("cases no longer in the source"));
    assert!(
        line.is_some_and(|line| line.trim_end().ends_with(" 4")),
        "{}",
        said.out
    );
    (desk, leaks)
}

#[test]
fn cases_that_vanished_are_counted_and_listed_with_the_day() {
    let (desk, leaks) = deleted();
    let gone = desk.manifest("lake").gone.unwrap();
    assert_eq!(
        (
            gone.cases,
            gone.returned,
            gone.in_all,
            gone.first.as_deref()
        ),
        (4, 0, 4, Some("1"))
    );
    assert_eq!(gone.compared_with.as_deref(), Some("2026-05-01T09-00-00Z"));
    let listed = desk.run(&["lake", "gone", "--format", "json"]).json();
    let listed = listed.as_array().unwrap();
    let mut found: Vec<(u32, &str, &str)> = listed
        .iter()
        .map(|row| {
            (
                row["case_id"].as_str().unwrap().parse().unwrap(),
                row["no_longer_since"].as_str().unwrap(),
                row["last_seen_on"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        DELETED.map(|number| (number, "2026-05-02", "2026-05-01"))
    );
    for row in listed {
        let is_leak = row["case_id"] != "4";
        assert_eq!(row["problem"] == leaks.as_str(), is_leak, "{row}");
    }
    let said = desk.run(&["lake", "gone", "--source", "other"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("it knows: csv"), "{}", said.err);

    // The next night nothing more is gone, and what is stays known.
    desk.extract("store", NIGHTS[2], &[]).done();
    let gone = desk.manifest("lake").gone.unwrap();
    assert_eq!((gone.cases, gone.in_all), (0, 4));
}

#[test]
fn a_cluster_keeps_what_is_gone_and_an_analysts_word_holds_when_it_comes_back() {
    let (desk, leaks) = deleted();
    let said = desk.run(&["clusters", "run", "--full"]);
    said.noted("4 case(s) of problems are no longer in the source; they keep their place");
    let shown = desk.run(&["clusters", "show", &leaks]).done();
    for number in ["1", "7", "11"] {
        let line = shown
            .lines()
            .find(|line| line.starts_with(&format!("{number}, received on ")))
            .unwrap_or_else(|| panic!("{number} is not in:\n{shown}"));
        assert!(
            line.ends_with("no longer in the source since 2026-05-02"),
            "{line}"
        );
    }
    // What is there counts; the word on what is gone stands.
    assert_eq!(cases_of(&desk, &leaks, "lake"), numbers(&left(), true));
    let document = desk
        .run(&["clusters", "show", &leaks, "--format", "json"])
        .json();
    assert_eq!(document["bound_cases"], 12);
    assert_eq!(document["gone"].as_array().unwrap().len(), 3);

    write_csv(&desk.path("store"), &complaints(24));
    desk.extract("store", NIGHTS[2], &[])
        .noted("4 case(s) that were gone from the source are back");
    let gone = desk.manifest("lake").gone.unwrap();
    assert_eq!((gone.cases, gone.returned, gone.in_all), (0, 4, 0));
    desk.run(&["clusters", "run"]).done();
    assert_eq!(
        cases_of(&desk, &leaks, "lake"),
        numbers(&complaints(24), true)
    );
    let said = desk.run(&["lake", "gone"]);
    assert_eq!(said.code, 3, "{}", said.err);
    let history = desk
        .run(&["clusters", "history", &leaks, "--format", "json"])
        .json();
    let kinds: Vec<&str> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["what"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["emerged", "confirmed"],
        "nothing else happened to it"
    );
    let register = Register::open_read_only(&desk.path("redress.sqlite")).unwrap();
    assert!(register.audit_verify(None).unwrap().is_clean());
}

/// Numbers of the cases in a scope on the latest snapshot, as an action counts them.
fn in_scope(desk: &Desk, scope: &str) -> Vec<u32> {
    let snapshot = Lake::at(&desk.path("lake")).snapshot(None).unwrap();
    let (manifest, _) = read_with_layers(&snapshot).unwrap();
    let period = "2026-Q1".parse().unwrap();
    let params = Params::judged_at(manifest.as_of, &rulebook().organisation, period).unwrap();
    let engine = LocalEngine::open(&snapshot, params).unwrap();
    let register = Register::open_read_only(&desk.path("redress.sqlite")).unwrap();
    let key = manifest.source_key();
    let book = register.cluster_book(key, None).unwrap().book;
    let gone = register.gone_cases(key, Some(manifest.as_of)).unwrap();
    let ground = update::ground(&engine, &manifest, &snapshot, &book).with_gone(gone);
    let scope: Scope = scope.parse().unwrap();
    let found: Vec<ScopeCase> = ground.cases(&scope).unwrap();
    assert!(found.is_sorted_by_key(|case| case.received_on));
    let mut numbers: Vec<u32> = found
        .iter()
        .map(|case| case.case_id.parse().unwrap())
        .collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn what_an_action_counts_does_not_fall_because_the_desk_deletes_old_complaints() {
    let (desk, leaks) = deleted();
    desk.run(&["clusters", "run"]).done();
    let all = numbers(&complaints(24), true);
    assert_eq!(in_scope(&desk, "category = leak"), all);
    assert_eq!(in_scope(&desk, &format!("cluster = {leaks}")), all);
    assert_eq!(in_scope(&desk, "department != quality"), Vec::<u32>::new());

    desk.run(&[
        "action",
        "open",
        "--title",
        "Tighter lids",
        "--source",
        "cluster",
        "--ref",
        &leaks,
        "--cases",
        "7",
        "--by",
        "zeynep",
    ])
    .done();
    let shown = desk.run(&["action", "show", "A-000001"]).done();
    assert!(
        shown.contains("no longer in the source: 3 of its cases"),
        "{shown}"
    );
    assert!(
        shown.contains("no longer in the source since 2026-05-02"),
        "{shown}"
    );
    let document = desk
        .run(&["action", "show", "A-000001", "--format", "json"])
        .json();
    let gone = document["gone"].as_array().unwrap();
    assert_eq!(gone.len(), 3);
}

#[test]
fn an_action_without_a_check_keeps_to_the_source_on_which_it_was_opened() {
    let (desk, _) = deleted();
    // Another desk that numbers its complaints from 1 too, and has lost none of them.
    let others: Vec<Complaint> = complaints(24)
        .into_iter()
        .map(|complaint| Complaint {
            received: complaint.received - Days::new(40),
            ..complaint
        })
        .collect();
    write_csv(&desk.path("b"), &others);
    let on = |lake: &str, words: &[&str]| {
        desk.run(&[&["--lake", lake][..], words].concat()).done();
    };
    let extract = [
        "extract",
        "--mapping",
        "csv",
        "--store",
        "b",
        "--source",
        "b",
        "--as-of",
        NIGHTS[1],
    ];
    on("lake_b", &extract);
    let open = [
        "action",
        "open",
        "--title",
        "A word with the customer",
        "--source",
        "case",
        "--ref",
        "7",
        "--by",
        "zeynep",
    ];
    on("lake", &open);
    on("lake_b", &open);
    let shown = |id: &str| desk.run(&["action", "show", id, "--format", "json"]).json();
    let of_a = shown("A-000001");
    assert_eq!(of_a["opened"]["case_source"], "csv");
    let gone = of_a["gone"].as_array().unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0]["case"], "7");
    let of_b = shown("A-000002");
    assert_eq!(of_b["opened"]["case_source"], "b");
    assert!(of_b.get("gone").is_none(), "{of_b}");
}

#[test]
fn the_review_says_in_three_languages_how_many_are_gone() {
    let (desk, _) = deleted();
    for (language, name, value) in [
        (
            "en",
            "Complaints no longer in the source",
            "4 in all, 4 of them since the snapshot before",
        ),
        (
            "tr",
            "Kaynakta artık bulunmayan kayıtlar",
            "toplam 4, bunların 4 tanesi önceki anlık görüntüden bu yana",
        ),
        (
            "ru",
            "Жалобы, которых больше нет в источнике",
            "всего 4, из них с предыдущего снимка 4",
        ),
    ] {
        desk.run(&[
            "--lang", language, "review", "build", "2026-Q1", "--out", language,
        ])
        .done();
        let page = fs::read_to_string(desk.path(language).join("review.html")).unwrap();
        assert!(page.contains(name), "{language}: {name}");
        assert!(page.contains(value), "{language}: {value}");
    }
}

#[test]
fn a_store_that_lost_most_of_its_cases_is_refused_unless_that_is_so() {
    let desk = Desk::open();
    write_csv(&desk.path("store"), &complaints(24));
    desk.extract("store", NIGHTS[0], &[]).done();
    let some: Vec<Complaint> = complaints(24).into_iter().take(8).collect();
    write_csv(&desk.path("store"), &some);
    desk.extract("store", NIGHTS[1], &[]).refused(&[
        "16 of the 24 cases",
        "cut short",
        "--same-source",
    ]);
    assert_eq!(desk.manifest("lake").rows["cases"], 24);
    assert_eq!(desk.run(&["lake", "gone"]).code, 3, "nothing was recorded");
    desk.extract("store", NIGHTS[1], &["--same-source"]).done();
    let manifest = desk.manifest("lake");
    assert_eq!(manifest.rows["cases"], 8);
    assert_eq!(manifest.gone.unwrap().in_all, 16);
}

#[test]
fn without_a_register_beside_the_last_snapshot_still_tells_what_is_gone() {
    let desk = Desk::bare();
    write_csv(&desk.path("store"), &complaints(24));
    desk.extract("store", NIGHTS[0], &[]).done();
    write_csv(&desk.path("store"), &left());
    desk.extract("store", NIGHTS[1], &[])
        .noted("make a register with `redress init`");
    desk.extract("store", NIGHTS[2], &[]).done();
    let gone = desk.manifest("lake").gone.unwrap();
    assert_eq!((gone.cases, gone.in_all), (0, 4));
}

#[test]
fn a_case_that_is_there_and_refused_is_not_gone() {
    let desk = Desk::open();
    write_csv(&desk.path("store"), &complaints(24));
    desk.extract("store", NIGHTS[0], &[]).done();
    // Its receipt cannot be read any more.
    let path = desk.path("store").join("events.csv");
    let events = fs::read_to_string(&path).unwrap();
    let spoilt = events.replacen("5,21,registered", "5,21,dreamt", 1);
    assert_ne!(events, spoilt);
    fs::write(&path, spoilt).unwrap();
    desk.extract("store", NIGHTS[1], &[])
        .noted("1 case row(s) refused");
    let manifest = desk.manifest("lake");
    assert_eq!((manifest.rows["cases"], manifest.gone), (23, None));
}

#[test]
fn an_extract_of_a_past_moment_says_nothing_is_gone() {
    let desk = Desk::open();
    write_csv(&desk.path("store"), &complaints(24));
    desk.extract("store", NIGHTS[1], &[]).done();
    desk.extract("store", NIGHTS[0], &[]).done();
    desk.extract("store", "2026-02-15T09:00:00Z", &[]).done();
    assert_eq!(desk.run(&["lake", "gone"]).code, 3);
}

#[test]
fn what_became_of_a_case_is_never_altered() {
    let (desk, _) = deleted();
    let raw = Connection::open(desk.path("redress.sqlite")).unwrap();
    for attempt in [
        "UPDATE source_case_event SET case_id = '2'",
        "DELETE FROM source_case_event",
        "UPDATE source_witness SET received_on = '2026-01-01'",
        "DELETE FROM source_witness",
    ] {
        let refused = raw.execute_batch(attempt).unwrap_err().to_string();
        assert!(refused.contains("never"), "{attempt}: {refused}");
    }
    // Past the triggers the checksums tell.
    raw.execute_batch(
        "DROP TRIGGER source_case_event_stays; UPDATE source_case_event SET case_id = '2' WHERE case_id = '1'",
    )
    .unwrap();
    drop(raw);
    let register = Register::open(&desk.path("redress.sqlite")).unwrap();
    let report = register.audit_verify(None).unwrap();
    assert!(!report.is_clean());
}
