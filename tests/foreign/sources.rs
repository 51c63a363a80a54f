//! Records kept by the name of the source and the number of the case.

use std::fs;

use chrono::Days;
use redress::register::Register;

use super::{
    Complaint, Desk, NIGHTS, cases_of, complaints, numbers, problem_of, write_csv, write_sqlite,
};

#[test]
fn what_an_analyst_said_outlives_other_rows_another_order_and_another_kind_of_store() {
    let desk = Desk::open();
    let all = complaints(24);
    write_csv(&desk.path("first"), &all);
    desk.extract("first", NIGHTS[0], &["--source", "desk"])
        .done();
    desk.run(&["clusters", "run"]).done();
    let leaks = problem_of(&desk, 1, "lake");
    let invoices = problem_of(&desk, 2, "lake");
    assert_eq!(cases_of(&desk, &leaks, "lake"), numbers(&all, true));
    desk.run(&[
        "clusters",
        "rename",
        &leaks,
        "Leaking lids",
        "--by",
        "zeynep",
    ])
    .done();
    desk.run(&["clusters", "confirm", &leaks, "--by", "zeynep"])
        .done();
    desk.run(&["clusters", "ignore", &invoices, "--by", "zeynep"])
        .done();

    // The next export has its rows the other way round, so that each has another number.
    let turned: Vec<Complaint> = all.iter().rev().cloned().collect();
    write_csv(&desk.path("second"), &turned);
    // After that the desk is a database and no longer a folder of files.
    write_sqlite(&desk.path("third.sqlite"), &turned);
    for (store, night) in [("second", NIGHTS[1]), ("third.sqlite", NIGHTS[2])] {
        desk.extract(store, night, &["--source", "desk"]).done();
        let found = desk
            .run(&["clusters", "run", "--full", "--format", "json"])
            .json();
        let moved = found
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["what"] == "moved to another number or none")
            .unwrap();
        assert_eq!(moved["value"], 0, "{store}");
        assert_eq!(
            cases_of(&desk, &leaks, "lake"),
            numbers(&all, true),
            "{store}"
        );
        let shown = desk
            .run(&["clusters", "show", &leaks, "--format", "json"])
            .json();
        assert_eq!(shown["cluster"]["name"], "Leaking lids", "{store}");
        assert_eq!(shown["cluster"]["confirmed"], true, "{store}");
        assert_eq!(shown["bound_cases"], 12, "{store}");
        let ignored = desk
            .run(&["clusters", "show", &invoices, "--format", "json"])
            .json();
        assert_eq!(ignored["cluster"]["ignored"], true, "{store}");
    }
    let register = Register::open_read_only(&desk.path("redress.sqlite")).unwrap();
    assert_eq!(register.known_sources().unwrap(), ["desk"]);
    assert!(register.gone_cases("desk", None).unwrap().is_empty());
    assert!(register.audit_verify(None).unwrap().is_clean());
}

/// Another desk that numbers its complaints from 1 too.
fn another_desk() -> Vec<Complaint> {
    complaints(24)
        .into_iter()
        .map(|complaint| Complaint {
            received: complaint.received - Days::new(40),
            leak: !complaint.leak,
            ..complaint
        })
        .collect()
}

#[test]
fn case_17_of_one_source_is_not_case_17_of_another() {
    let desk = Desk::open();
    write_csv(&desk.path("a"), &complaints(24));
    write_csv(&desk.path("b"), &another_desk());
    let in_b = |more: &[&str]| desk.run(&[&["--lake", "lake_b"][..], more].concat());
    let extract_b = |more: &[&str]| {
        let usual = [
            "extract",
            "--mapping",
            "csv",
            "--store",
            "b",
            "--as-of",
            NIGHTS[1],
        ];
        in_b(&[&usual[..], more].concat())
    };
    desk.extract("a", NIGHTS[0], &[]).done();
    desk.run(&["clusters", "run"]).done();
    let leaks = problem_of(&desk, 17, "lake");
    desk.run(&["clusters", "confirm", &leaks, "--by", "zeynep"])
        .done();

    // Without a name of its own the second store would be taken for the first, whose cases have the same numbers.
    extract_b(&[]).refused(&["another source", "`csv`", "--source", "24 of the 24"]);
    assert!(!desk.path("lake_b").join("latest").exists());

    extract_b(&["--source", "b"]).done();
    in_b(&["clusters", "run"]).done();
    let of_b = problem_of(&desk, 17, "lake_b");
    assert_ne!(of_b, leaks);
    assert_eq!(
        cases_of(&desk, &of_b, "lake_b"),
        numbers(&another_desk(), false)
    );
    // A word on case 17 of the one says nothing of case 17 of the other.
    in_b(&["clusters", "move", "17", "--out", "--by", "zeynep"]).done();
    in_b(&["clusters", "run", "--full"]).done();
    assert!(!cases_of(&desk, &of_b, "lake_b").contains(&17));
    desk.extract("a", NIGHTS[2], &[]).done();
    desk.run(&["clusters", "run", "--full"]).done();
    assert_eq!(
        cases_of(&desk, &leaks, "lake"),
        numbers(&complaints(24), true)
    );

    let register = Register::open_read_only(&desk.path("redress.sqlite")).unwrap();
    assert_eq!(register.known_sources().unwrap(), ["b", "csv"]);
    let book = |source: &str| register.cluster_book(source, None).unwrap().book;
    let [one, other] = ["b", "csv"].map(|source| {
        let book = book(source);
        book.all().map(|cluster| cluster.id).collect::<Vec<_>>()
    });
    assert!(
        one.iter().all(|id| !other.contains(id)),
        "{one:?} {other:?}"
    );
}

#[test]
fn the_name_of_a_source_stands_in_the_settings_or_on_the_command_line() {
    let desk = Desk::open();
    write_csv(&desk.path("store"), &complaints(24));
    fs::write(
        desk.path("redress.toml"),
        "pseudonym_key = \"test\"\nsource = \"complaints desk\"\n",
    )
    .unwrap();
    desk.extract("store", NIGHTS[0], &[]).done();
    assert_eq!(desk.manifest("lake").source_key(), "complaints desk");
    desk.extract("store", NIGHTS[1], &["--source", "another"])
        .done();
    assert_eq!(desk.manifest("lake").source_key(), "another");
    // The name of the mapping is what a source is called that was given none.
    desk.extract("store", NIGHTS[2], &["--source", "csv"])
        .done();
    let manifest = desk.manifest("lake");
    assert_eq!(
        (manifest.source_key(), &manifest.source_name),
        ("csv", &None)
    );
    let said = desk.extract("store", NIGHTS[2], &["--source", " x"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("no name of a source"), "{}", said.err);
}

#[test]
fn what_the_store_does_not_have_comes_from_the_register_beside_it() {
    let desk = Desk::open();
    write_csv(&desk.path("store"), &complaints(24));
    desk.run(&[
        "objectives",
        "set",
        "M5",
        "--target",
        "10",
        "--direction",
        "at_most",
        "--owner",
        "zeynep",
        "--from",
        "2026-01-01",
        "--reason",
        "agreed",
    ])
    .done();
    desk.run(&[
        "evidence",
        "add",
        "P13",
        "--dated",
        "2026-03-01",
        "--value",
        "4",
        "--note",
        "counted",
        "--by",
        "zeynep",
    ])
    .done();
    let usual = ["extract", "--mapping", "csv", "--store", "store"];
    desk.run(&usual).done();
    let rows = desk.manifest("lake").rows;
    assert_eq!((rows["objectives"], rows["evidences"]), (1, 1));

    // What the store has itself counts alone.
    fs::write(
        desk.path("store").join("objectives.csv"),
        "indicator,version,target,direction,owner,effective_from\nM4,1,2,at_most,ayse,2026-01-01\nM6,1,2,at_most,ayse,2026-01-01\n",
    )
    .unwrap();
    desk.run(&usual).done();
    let rows = desk.manifest("lake").rows;
    assert_eq!((rows["objectives"], rows["evidences"]), (2, 1));
}

#[test]
fn a_source_that_was_said_to_be_the_same_is_known_by_its_new_cases() {
    let desk = Desk::open();
    write_csv(&desk.path("store"), &complaints(24));
    desk.extract("store", NIGHTS[0], &[]).done();
    write_csv(&desk.path("store"), &another_desk());
    desk.extract("store", NIGHTS[1], &[])
        .refused(&["another source", "--same-source"]);
    desk.extract("store", NIGHTS[1], &["--same-source"]).done();
    // From now on these are its cases: they need no flag, in this lake or in a new one, and the former ones do.
    desk.extract("store", NIGHTS[2], &[]).done();
    let elsewhere = [
        "--lake",
        "another",
        "extract",
        "--mapping",
        "csv",
        "--store",
        "store",
        "--as-of",
        NIGHTS[2],
    ];
    desk.run(&elsewhere).done();
    write_csv(&desk.path("store"), &complaints(24));
    desk.extract("store", "2026-05-04T09:00:00Z", &[])
        .refused(&["another source"]);
}
