//! What was known at a moment, and what had happened by it.

use serde_json::Value;

use super::{Office, USAGE};

/// The moment of the snapshot that an extract answered, and all figures of a quarter from it.
fn figures(office: &Office, extract: &str) -> (String, Value) {
    let rows = office.run(&format!("{extract} --format json")).json();
    let value = |what: &str| {
        rows.as_array()
            .and_then(|rows| rows.iter().find(|row| row["what"] == what))
            .and_then(|row| row["value"].as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let folder = value("snapshot");
    let name = folder.rsplit('/').next().unwrap_or_default().to_owned();
    let answer = office
        .run(&format!(
            "query --all --period 2024-Q4 --snapshot {name} --format json"
        ))
        .json();
    (value("as_of"), answer)
}

#[test]
fn a_past_figure_is_the_same_then_and_now_and_another_when_restated() {
    let office = Office::open();
    let resolved = office.resolved();
    let routed = office.routed();
    let case = office
        .run(&format!("case show {routed} --format json"))
        .json();
    let routing = case["history"]
        .as_array()
        .and_then(|events| events.iter().find(|e| e["kind"] == "routed"))
        .and_then(|e| e["event"].as_i64())
        .expect("a routing");
    let (moment, then) = figures(&office, "extract");

    // Learnt afterwards: a decision that had been taken, a routing struck out, a day that was free.
    office
        .step(
            "assess",
            &resolved,
            "2024-10-25 11:00",
            "--by zeynep --severity critical --change misjudged",
        )
        .done();
    office
        .run(&format!(
            "case void {routed} --event {routing} --reason error --by zeynep"
        ))
        .done();
    office
        .run("calendar amend 2024-11-01 --kind administrative_leave --name 'İdari izin' --reason decree")
        .done();

    let (_, again) = figures(&office, &format!("extract --as-of {moment} --full"));
    assert_eq!(then, again);
    let (_, restated) = figures(&office, &format!("extract --as-of {moment} --restated"));
    for metric in ["stage_sla", "priority_changes", "record_changes"] {
        assert_ne!(then[metric], restated[metric], "{metric}");
    }
    // What is known now is what is restated at the present moment.
    let (_, now) = figures(&office, "extract");
    for metric in [
        "volume",
        "priority_changes",
        "record_changes",
        "registration_gap",
    ] {
        assert_eq!(now[metric], restated[metric], "{metric}");
    }
    office.run("extract --restated").refused(USAGE, "--as-of");
}

#[test]
fn a_source_without_recorded_history_cannot_say_what_was_known() {
    let office = Office::open();
    office
        .run(&format!(
            "extract --mapping servicenow_csv --store {} --as-of 2017-03-01T00:00:00Z",
            office.path("nowhere").display()
        ))
        .refused(USAGE, "not reconstructable");
}
