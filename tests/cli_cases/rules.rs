//! Calendars, limits, staff and records.

use super::{CHECK, DONE, FAILED, Office, USAGE};

#[test]
fn a_changed_calendar_says_which_verdicts_change_before_it_is_written() {
    let office = Office::open();
    let n = office.resolved();
    let amend = "calendar amend 2024-11-01 --kind administrative_leave --name 'İdari izin' --reason decree --format json";
    let foreseen = office.run(&format!("{amend} --dry-run"));
    assert!(
        foreseen.err.contains("nothing was written"),
        "{}",
        foreseen.err
    );
    let rows = foreseen.json();
    // 1 November no longer counts: the gross limit of 4 moves to Monday, the day of the decision.
    assert_eq!(rows.as_array().map(Vec::len), Some(1));
    assert_eq!(rows[0]["number"].as_str(), Some(n.as_str()));
    assert_eq!(
        (
            rows[0]["verdict_before"].as_str(),
            rows[0]["verdict_after"].as_str()
        ),
        (Some("missed"), Some("met"))
    );
    assert_eq!(rows[0]["due_after"], "2024-11-04");
    let version = || office.run("calendar show 2024-11 --format json").json()["version"].as_i64();
    assert_eq!(version(), Some(1));
    office.run(amend).done();
    assert_eq!(version(), Some(2));
    office.run(amend).refused(USAGE, "nothing to change");
    office
        .run("calendar amend 2024-11-01 --remove --reason ''")
        .refused(USAGE, "without a reason");
    office
        .run("calendar amend 2024-11-04 --kind half_day --name x --reason y")
        .refused(USAGE, "needs --closes");
    office
        .run("calendar amend 2024-11-04 --reason y")
        .refused(USAGE, "--kind");
    office
        .run("calendar amend 2024-11-04 --settled --reason y")
        .refused(USAGE, "not predicted");
    office
        .run("calendar amend 2035-11-30 --settled --reason decree")
        .done();
    office
        .run("calendar amend 2024-11-04 --kind closure --reason y")
        .refused(USAGE, "give it a --name");
    office
        .run("calendar amend 2024-02-30 --kind closure --name x --reason y")
        .refused(USAGE, "2024-02-30");
    let before = office
        .run(&format!(
            "case explain {n} --stage processing --format json"
        ))
        .json();
    assert_eq!(before["stages"][0]["gross"]["verdict"], "met");
}

#[test]
fn working_days_of_a_year_are_those_of_the_calendar() {
    let office = Office::open();
    let year = office.run("calendar show 2024 --format json").json();
    // 262 weekdays less 12 public holidays on weekdays (Law 2429 and the feasts of 2024); half days are working days.
    let total: i64 = year["months"]
        .as_array()
        .expect("months")
        .iter()
        .filter_map(|m| m["working_days"].as_i64())
        .sum();
    assert_eq!(total, 250);
    let rows = office.run("calendar show 2024-10 --format csv").done();
    assert_eq!(rows.lines().count(), 32);
    assert!(rows.contains("2024-10-28,Mon,true,true,"), "{rows}");
    office
        .run("calendar show 2024-13")
        .refused(USAGE, "no period");
    let check = office.run("calendar check");
    assert!([DONE, CHECK].contains(&check.code), "{}", check.err);
}

#[test]
fn limits_are_only_added_to() {
    let office = Office::open();
    office.resolved();
    let set = |rest: &str| {
        office.run(&format!(
            "limits set --from 2024-01-01 --reason stricter --format json {rest}"
        ))
    };
    let rows = set("--stage processing --days 2 --dry-run").json();
    // With two days the limit was over on 30 October gross; net it ended on 1 November, before the decision of the 4th.
    assert_eq!(rows.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (rows[0]["side"].as_str(), rows[0]["due_after"].as_str()),
        (Some("net"), Some("2024-11-01"))
    );
    set("--stage processing --days 0").refused(USAGE, "give 1 to 1000");
    std::fs::write(
        office.path("limits.toml"),
        "[[limit]]\nversion = 2\nstage = \"intake\"\ndays = 3\n",
    )
    .expect("a file");
    set("--file limits.toml").refused(USAGE, "limits are only added to");
    set("--stage processing --days 2 --department plant2").done();
    let shown = office.run("limits show --format json").json();
    let last = shown.as_array().and_then(|rows| rows.last()).expect("rows");
    assert_eq!(
        (last["department"].as_str(), last["version"].as_i64()),
        (Some("plant2"), Some(2))
    );
}

#[test]
fn staff_passwords_never_come_as_arguments() {
    let office = Office::open();
    office
        .run_with("staff add selin --roles agent --password-stdin", "short\n")
        .refused(FAILED, "eight characters");
    let made = office.run("staff reset selin --format json").json();
    assert!(made["password"].is_string() && made["must_change_password"] == true);
    let chosen = office
        .run_with(
            "staff reset selin --password-stdin --format json",
            "long enough\n",
        )
        .json();
    assert!(chosen.get("password").is_none() && chosen["must_change_password"] == false);
    let mut command = office.command();
    command
        .env("REDRESS_STAFF_PASSWORD", "long enough too")
        .args(["staff", "reset", "selin"]);
    command.assert().success();
    office
        .run("staff add selin --roles agent")
        .refused(FAILED, "in the register already");
    office
        .run("staff add x --roles customer")
        .refused(FAILED, "role of staff");
    office
        .run("staff add x --roles boss")
        .refused(USAGE, "possible values");
    office
        .run("staff reset nobody")
        .refused(FAILED, "no member of staff `nobody`");
    office.run("staff roles selin").refused(USAGE, "required");
    office
        .run("staff train selin 'ISO 10002' --on 2026-03-01 --evidence certificate")
        .done();
    let courses = office.run("staff train --format json").json();
    assert_eq!(
        (
            courses[0]["course"].as_str(),
            courses[0]["held_on"].as_str()
        ),
        (Some("ISO 10002"), Some("2026-03-01"))
    );
    let staff = office.run("staff list --format json").json();
    assert_eq!(staff[2]["name"], "selin");
    assert_eq!(staff[2]["courses"], 1);
}

#[test]
fn evidence_and_objectives_are_kept_with_their_indicator() {
    let office = Office::open();
    office
        .run("evidence add P1 --dated 2026-01-01 --by zeynep --note 'policy signed'")
        .done();
    office
        .run("evidence add P3 --dated 2026-01-01 --by zeynep")
        .refused(FAILED, "a value, a note or a file");
    office
        .run("evidence add P16 --dated 2026-01-01 --by zeynep --value 1")
        .refused(USAGE, "no indicator");
    office
        .run("evidence add M1 --dated 2026-01-01 --by zeynep --value 1")
        .refused(USAGE, "no indicator");
    std::fs::write(office.path("policy.txt"), "abc").expect("a file");
    let filed = office
        .run("evidence add p2 --dated 2026-02-01 --by zeynep --file policy.txt --format json")
        .json();
    // FIPS 180-2, appendix B.1: the SHA-256 of "abc".
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(
        (filed["indicator"].as_str(), filed["file_sha256"].as_str()),
        (Some("P2"), Some(abc))
    );
    assert_eq!(
        office
            .run("evidence list --indicator P1 --format json")
            .json()
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let set = |from: &str, target: &str| {
        office.run(&format!(
            "objectives set M5 --target {target} --direction at_most --owner zeynep --from {from} --reason plan"
        ))
    };
    set("2024-01-01", "0.1").done();
    set("2199-01-01", "0.05").done();
    set("2024-01-01", "low").refused(USAGE, "low");
    set("2024-01-01", "200").refused(USAGE, "M5 is a share in percent, from 0 to 100");
    set("2024-01-01", "-1").refused(USAGE, "M5 is a share in percent, from 0 to 100");
    let shown = office.run("objectives show --format json").json();
    assert_eq!(
        (shown.as_array().map(Vec::len), shown[0]["target"].as_f64()),
        (Some(1), Some(0.1))
    );
    assert_eq!(
        office
            .run("objectives show --all --format json")
            .json()
            .as_array()
            .map(Vec::len),
        Some(2)
    );
}
