//! Phases of control charts on the command line, up to the pack that shows them.

use super::{DONE, Office, USAGE};

const WHY: &str = "second shift";

fn set(office: &Office, series: &str, rest: &str) -> super::Said {
    office.run(&format!(
        "phases set {series} --from 2024-03 --reason '{WHY}' {rest} --by zeynep"
    ))
}

#[test]
fn a_phase_is_set_listed_and_withdrawn() {
    let office = Office::open();
    set(&office, "processing-1", "").done();
    set(&office, "course-received", "--site Bursa").done();
    let listed = office.run("phases list --format json").json();
    let text = |row: usize, column: &str| listed[row][column].as_str().unwrap_or("-").to_owned();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    assert_eq!(text(0, "series"), "processing-1");
    assert_eq!(text(0, "site"), "-");
    assert_eq!(text(1, "series"), "received");
    assert_eq!(text(1, "site"), "Bursa");
    assert_eq!(text(1, "begins_month"), "2024-03");
    assert_eq!(text(1, "reason"), WHY);
    assert_eq!(text(1, "entered_by"), "zeynep");

    let withdrawn = office
        .run("phases withdraw processing-1 --from 2024-03 --reason slip --by zeynep --format json")
        .json();
    assert_eq!(
        (
            withdrawn["version"].as_i64(),
            withdrawn["withdrawn"].as_bool()
        ),
        (Some(2), Some(true))
    );
    let listed = office.run("phases list --format csv").done();
    assert!(!listed.contains("processing-1"), "{listed}");
    let all = office.run("phases list --all --format csv").done();
    assert_eq!(all.matches("processing-1").count(), 2, "{all}");
    let before = office
        .run("phases list --all --as-of 2020-01-01 --format json")
        .json();
    assert_eq!(before.as_array().map(Vec::len), Some(0));
    office.run("audit verify").done();
}

#[test]
fn what_is_no_phase_is_refused_with_what_to_do() {
    let office = Office::open();
    set(&office, "processing", "").refused(USAGE, "known are acknowledgement-1, intake-1");
    for (from, reason, by, words) in [
        ("2024-03", " ", "zeynep", "without a reason"),
        ("2199-01", "x", "zeynep", "lies ahead"),
        ("2024-3", "x", "zeynep", "no month"),
        ("2024-03", "x", "nobody", "no member of staff `nobody`"),
        ("2024-03", "x", "mehmet", "quality or admin"),
    ] {
        office
            .run(&format!(
                "phases set received --from {from} --reason '{reason}' --by {by}"
            ))
            .refused(USAGE, words);
    }
    office
        .run("phases withdraw received --from 2024-03 --reason x --by zeynep")
        .refused(USAGE, "no phase from 2024-03");
    office
        .run("phases set received --from 2024-03 --by zeynep")
        .refused(USAGE, "--reason");
    let listed = office.run("phases list");
    assert_eq!(listed.code, DONE, "{}", listed.err);
}

#[test]
fn a_pack_shows_the_phases_that_its_snapshot_knew_and_is_computed_again_with_them() {
    let office = Office::open();
    office.resolved();
    office.run("extract").done();
    office.run("review build 2024-Q4 --out before").done();
    office
        .run("phases set overall-1 --from 2024-11 --reason 'second shift' --by zeynep")
        .done();
    office.run("extract").done();
    office.run("review build 2024-Q4 --out since").done();
    let page = |pack: &str| {
        let path = office.path(pack).join("review.html");
        std::fs::read_to_string(path).expect("a page")
    };
    assert!(!page("before").contains(WHY));
    assert!(page("since").contains(WHY));
    // What the register learnt later changes no pack of an earlier snapshot.
    for pack in ["before", "since"] {
        let verified = office
            .run(&format!("review verify {pack} --format json"))
            .json();
        assert_eq!(verified["faults"].as_array().map(Vec::len), Some(0));
        assert_eq!(verified["not_recomputed"], serde_json::Value::Null);
    }
}
