//! What is entered on the command line, and the form in which the answer is asked for: looked at before anything is done.

use std::fs;

use super::{DONE, FAILED, Office, USAGE};

#[test]
fn a_form_that_the_answer_cannot_have_is_refused_before_the_deed() {
    let office = Office::open();
    let (n, _) = office.register();
    let events = || {
        let case = office.run(&format!("case show {n} --format json")).json();
        case["history"].as_array().expect("a history").len()
    };
    let before = events();
    for format in ["csv", "parquet"] {
        for line in [
            format!("case note {n} --by ayse --text x"),
            "case register --by ayse --channel phone --phone 5551112233 --text x".to_owned(),
            format!("case erase {n} --by zeynep --rule request"),
            "staff add fatma --roles agent".to_owned(),
            "token create shop --by zeynep --scopes cases:read --roles agent".to_owned(),
            "backup copy.sqlite".to_owned(),
        ] {
            office
                .run(&format!("{line} --format {format}"))
                .refused(USAGE, "a document, not rows");
        }
    }
    assert_eq!(events(), before);
    let cases = office.run("case list --format json").json();
    assert_eq!(cases.as_array().expect("the cases").len(), 1);
    let staff = office.run("staff list --format json").json();
    assert_eq!(staff.as_array().expect("the staff").len(), 3);
    let tokens = office.run("token list --format json").json();
    assert_eq!(tokens.as_array().map(Vec::len), Some(0));
    assert!(!office.path("copy.sqlite").exists());
    // What answers with rows is given as rows.
    let listed = office.run("case list --format csv").done();
    assert!(listed.starts_with("number,"), "{listed}");
}

#[test]
fn an_address_that_nothing_reaches_and_a_day_that_has_not_come_register_nothing() {
    let office = Office::open();
    let register = |rest: &str| {
        office.run(&format!(
            "case register --by ayse --channel phone --text x {rest}"
        ))
    };
    register("--phone 12").refused(USAGE, "no telephone number");
    register("--phone 'call me'").refused(USAGE, "no telephone number");
    register("--email nobody").refused(USAGE, "no mail address");
    register("--email nobody@example").refused(USAGE, "no mail address");
    register("--email a@example.org --sold-on 2199-01-01").refused(USAGE, "has not come yet");
    register("--email a@example.org --produced-on 2199-01-01").refused(USAGE, "has not come yet");
    let cases = office.run("case list --format json").json();
    assert_eq!(cases.as_array().map(Vec::len), Some(0));
    register("--phone '+90 (232) 111 22 33' --email a@example.org --sold-on 2024-02-01").done();
}

#[test]
fn nor_is_a_day_that_has_not_come_entered_by_an_amendment() {
    let office = Office::open();
    let (n, _) = office.register();
    let amend = |field: &str, value: &str| {
        office.run(&format!(
            "case amend {n} --event 1 --field {field} --value {value} --reason typo --by zeynep"
        ))
    };
    for field in ["sold_on", "produced_on"] {
        amend(field, "2199-01-01").refused(USAGE, &format!("{field}: 2199-01-01 has not come yet"));
        amend(field, "2024-02-01").done();
    }
}

#[test]
fn a_word_that_is_none_is_said_with_those_that_are() {
    let office = Office::open();
    office
        .run("case list --lang xx")
        .refused(USAGE, "`xx` is no language: en, tr or ru");
}

#[test]
fn a_case_is_given_to_somebody_who_is_there() {
    let office = Office::open();
    let (n, _) = office.register();
    let assign = |to: &str| office.run(&format!("case assign {n} --by ayse --to {to}"));
    assign("nobody").refused(USAGE, "no member of staff `nobody`");
    office.run("staff roles zeynep --inactive").done();
    assign("zeynep").refused(USAGE, "no longer active");
    assign("mehmet").done();
}

#[test]
fn an_outcome_names_both_answers_when_neither_is_given() {
    let office = Office::open();
    let (n, _) = office.register();
    office
        .run(&format!("case outcome {n} --by ayse"))
        .refused(USAGE, "<--satisfied|--not-satisfied>");
}

#[test]
fn a_field_is_never_mended_into_a_blank() {
    let office = Office::open();
    let n = office.routed();
    let case = office.run(&format!("case show {n} --format json")).json();
    let history = case["history"].as_array().expect("a history");
    let classified = history.iter().find(|e| e["kind"] == "classified");
    let event = classified.expect("it is classified")["event"].clone();
    for blank in ["''", "'  '"] {
        office
            .run(&format!(
                "case amend {n} --event {event} --field category --value {blank} --reason typo --by zeynep"
            ))
            .refused(FAILED, "give the right value");
    }
}

#[test]
fn a_fault_of_a_calendar_limits_or_a_mapping_is_one_line_with_its_place() {
    let office = Office::open();
    fs::write(office.path("broken.toml"), "# ours\nversion = \n").expect("a file");
    fs::create_dir(office.path("mapping")).expect("a folder");
    fs::copy(
        office.path("broken.toml"),
        office.path("mapping/mapping.toml"),
    )
    .expect("a mapping");
    for line in [
        "init --register new.sqlite --calendar broken.toml",
        "init --register new.sqlite --limits broken.toml",
        "extract --store . --mapping mapping",
    ] {
        let said = office.run(line);
        assert_eq!(said.err.trim_end().lines().count(), 1, "{}", said.err);
        said.refused(USAGE, "line 2: ");
    }
    assert!(!office.path("new.sqlite").exists());
}

#[test]
fn nobody_who_reads_what_is_said_is_no_failure() {
    let office = Office::open();
    let (reader, closed) = std::io::pipe().expect("a pipe");
    drop(reader);
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_redress"))
        .env_clear()
        .current_dir(office.folder.path())
        .args(["limits", "set", "--stage", "processing", "--days", "5"])
        .args(["--from", "2030-01-01", "--reason", "agreed"])
        .stderr(closed)
        .output()
        .expect("the program runs");
    assert_eq!(ended.status.code(), Some(DONE));
    let limits = office.run("limits show --format csv").done();
    assert!(limits.contains("2030-01-01"), "{limits}");
}
