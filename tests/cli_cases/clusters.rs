//! What comes again, as an analyst meets it on the command line.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::{DONE, FAILED, NOTHING, Office, USAGE};

/// A register with staff, and a snapshot of the sample's CSV beside it.
fn searched() -> Office {
    let office = Office::open();
    std::fs::write(office.path("redress.toml"), "pseudonym_key = \"test\"\n").expect("settings");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data");
    office
        .run(&format!(
            "extract --mapping csv --store '{}' --as-of 2026-10-10T09:00:00Z",
            sample.display()
        ))
        .done();
    office
        .run("clusters list")
        .refused(NOTHING, "run `redress clusters run`");
    office
        .run("query recurrents --period 2026-Q3")
        .refused(NOTHING, "redress clusters run");
    office.run("clusters run").done();
    office
}

fn list(office: &Office, more: &str) -> Vec<Value> {
    let answer = office
        .run(&format!("clusters list --format json {more}"))
        .json();
    answer.as_array().expect("rows").clone()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().expect(key)
}

#[test]
fn an_analyst_reads_names_and_binds_clusters() {
    let office = searched();
    let problems = list(&office, "--by size --limit 5");
    assert_eq!(problems.len(), 5);
    let sizes: Vec<i64> = problems
        .iter()
        .map(|p| p["cases"].as_i64().expect("cases"))
        .collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    let (one, other) = (
        text(&problems[0], "cluster_id"),
        text(&problems[1], "cluster_id"),
    );

    // Figures, where and when, and why a case is in it.
    let shown = office
        .run(&format!("clusters show {one} --format json"))
        .json();
    let cases = shown["cases"].as_array().expect("cases");
    assert_eq!(cases.len() as i64, sizes[0]);
    let months = shown["months"].as_array().expect("months");
    let sum: i64 = months
        .iter()
        .map(|m| m["complaints"].as_i64().expect("a count"))
        .sum();
    assert_eq!(sum, sizes[0]);
    let case = text(&cases[0], "case_id").to_owned();
    let why = office
        .run(&format!("clusters show {one} --case {case}"))
        .done();
    assert!(
        why.contains("similarity with the exemplar") && why.contains("shared terms"),
        "{why}"
    );
    office
        .run(&format!("clusters show {other} --case {case}"))
        .refused(USAGE, &format!("case {case} is not in {other}"));

    // A dry run records nothing; a word without a name is refused.
    let dry = office
        .run(&format!("clusters confirm {one} --by zeynep --dry-run"))
        .done();
    assert!(dry.contains("nothing was recorded"), "{dry}");
    assert_eq!(office.run(&format!("clusters confirm {one}")).code, USAGE);
    office
        .run(&format!("clusters confirm {one} --by nobody"))
        .refused(FAILED, "nobody");

    office
        .run(&format!(
            "clusters merge {one} {other} --by zeynep --reason 'the same lids'"
        ))
        .done();
    office
        .run(&format!("clusters rename {one} 'Leaking lids' --by zeynep"))
        .done();
    office.run("clusters run --full").done();
    let shown = office.run(&format!("clusters show {other} --format json"));
    assert!(
        shown
            .err
            .contains(&format!("{other} was merged; this is {one}")),
        "{}",
        shown.err
    );
    let shown = shown.json();
    assert_eq!(text(&shown["cluster"], "name"), "Leaking lids");
    assert_eq!(
        shown["cluster"]["cases"].as_i64(),
        Some(sizes[0] + sizes[1])
    );
    let history = office
        .run(&format!("clusters history {other} --format csv"))
        .done();
    let kinds: Vec<&str> = history
        .lines()
        .skip(1)
        .filter_map(|l| l.split(',').nth(1))
        .collect();
    assert_eq!(kinds, ["emerged", "merged"]);
    assert!(
        history.contains("zeynep") && history.contains("the same lids"),
        "{history}"
    );

    // Out of it, and set aside.
    office
        .run(&format!("clusters move {case} --out --by zeynep"))
        .done();
    office
        .run(&format!("clusters ignore {one} --by zeynep"))
        .done();
    office.run("clusters run").done();
    assert!(
        list(&office, "")
            .iter()
            .all(|row| text(row, "cluster_id") != one)
    );
    let aside = list(&office, "--ignored");
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0]["cases"].as_i64(), Some(sizes[0] + sizes[1] - 1));
    office.run("audit verify").done();
}

#[test]
fn clusters_that_do_not_stand_are_refused_in_words() {
    let office = searched();
    for (line, code, words) in [
        ("clusters show 17", USAGE, "write it as C-000123"),
        (
            "clusters show C-999999",
            USAGE,
            "there is no cluster C-999999",
        ),
        (
            "clusters history C-999999",
            USAGE,
            "there is no cluster C-999999",
        ),
        (
            "clusters merge C-000001 C-000001 --by zeynep",
            USAGE,
            "merged with itself",
        ),
        (
            "clusters split C-000001 --cases KY-999999 --by zeynep",
            USAGE,
            "is not in C-000001",
        ),
        (
            "clusters move KY-999999 --out --by zeynep",
            USAGE,
            "stands in no problem",
        ),
        ("clusters run --snapshot nothing", FAILED, "no snapshot"),
        ("clusters run --vectors none.txt", USAGE, "none.txt"),
    ] {
        office.run(line).refused(code, words);
    }
}

#[test]
fn any_table_can_be_searched_and_its_faults_are_named() {
    let office = Office::bare();
    let mut table = String::from("id\ttext\tlot\n");
    for n in 0..40 {
        let text = match n % 4 {
            0 => format!("\"The lid of tin {n} leaks on the floor of the van"),
            1 => format!("Parcel {n} came a week late and nobody rang"),
            2 => format!("Крышка банки {n} протекает на пол фургона"),
            _ => String::new(),
        };
        let _ = writeln!(table, "r{n}\t{text}\t{}", n % 2);
    }
    std::fs::write(office.path("table.tsv"), &table).expect("a table");
    let run = |more: &str| {
        office.run(&format!(
            "clusters run --input table.tsv --out out.tsv {more}"
        ))
    };
    run("--id id --text text --level problem").done();
    let out = std::fs::read_to_string(office.path("out.tsv")).expect("an answer");
    assert_eq!(out.lines().next(), Some("id\tcluster"));
    let of = |id: &str| {
        out.lines()
            .find_map(|l| l.strip_prefix(&format!("{id}\t")).map(str::to_owned))
    };
    assert_eq!(of("r0"), of("r4"));
    assert_eq!(of("r2"), of("r6"));
    assert!(of("r0") != of("r1") && of("r0") != of("r2"));
    // Texts without words stand alone.
    assert!(of("r3") != of("r7"));

    for (more, code, words) in [
        (
            "--id id --text text --level problem --previous out.tsv",
            DONE,
            "",
        ),
        (
            "--id id --text text --gate lot --level theme --complainant lot",
            DONE,
            "",
        ),
        (
            "--id id --text words --level problem",
            USAGE,
            "has no column `words`; it has: id, text, lot",
        ),
        (
            "--id lot --text text --level problem",
            USAGE,
            "row 3: the id `0` stands in row 1",
        ),
        (
            "--id text --text id --level problem",
            USAGE,
            "row 4: has no id",
        ),
        ("--id id --text text --level family", USAGE, "family"),
    ] {
        let said = run(more);
        assert!(
            said.code == code && said.err.contains(words),
            "{more}: {}",
            said.err
        );
    }
    let said = office.run("clusters run --input none.tsv --id id --text text --out out.tsv");
    said.refused(FAILED, "none.tsv");
    std::fs::write(office.path("old.tsv"), "id\tcluster\nr0\tmany\n").expect("a file");
    run("--id id --text text --previous old.tsv").refused(USAGE, "old.tsv: line 2");
}
