//! What the workflow refuses, and how mistakes and persons are taken out.

use super::{CHECK, FAILED, Office, REPAIR, USAGE};

#[test]
fn the_workflow_refuses_in_words() {
    let office = Office::open();
    let n = office.routed();
    let refused = |step: &str, rest: &str, words: &str| {
        office
            .step(step, &n, "2024-10-30 10:00", rest)
            .refused(FAILED, words);
    };
    refused(
        "communicate",
        "--by ayse --means sms",
        "communicated once, after it is taken",
    );
    refused("resume", "--by mehmet", "not paused");
    refused(
        "decide",
        &format!("--by mehmet --pass 2 {REPAIR}"),
        "names pass 2, but the case is in pass 1",
    );
    refused(
        "lapse",
        "--by ayse --reminders 2",
        "only a communicated decision waits",
    );
    refused("remedy-done", "--by ayse", "nothing is due");
    refused("reopen", "--by ayse", "only a completed or unanswered case");
    refused("exhausted", "--by ayse", "only an outstanding case");
    refused(
        "merge",
        &format!("--by ayse --into {n}"),
        "merged into itself",
    );
    refused(
        "merge",
        "--by ayse --into 2024-999999",
        "no case `2024-999999`",
    );
    refused(
        "route",
        "--by nobody --department x",
        "no member of staff `nobody`",
    );
    refused(
        "route",
        "--by ayse --role quality --department x",
        "has not the role `quality`",
    );
    office
        .step(
            "pause",
            &n,
            "2024-10-28 10:00",
            "--by mehmet --reason supplier",
        )
        .done();
    refused(
        "decide",
        &format!("--by mehmet {REPAIR}"),
        "resume it before deciding",
    );
    refused("pause", "--by mehmet --reason supplier", "paused already");
    office.run("staff roles mehmet --inactive").done();
    refused("resume", "--by mehmet", "no longer active");
    office
        .run(&format!("case note {n} --by ayse"))
        .refused(USAGE, "a note needs its words");
    office
        .run(&format!("case note {n} --by ayse --text x --expect 1"))
        .refused(FAILED, "the case has changed");
    office
        .run(&format!(
            "case note {n} --by ayse --text x --at 2024-10-30T10:00:00Z"
        ))
        .refused(FAILED, "--late-reason");
    office
        .run(&format!(
            "case note {n} --by ayse --text x --at 2199-01-01T00:00:00Z"
        ))
        .refused(FAILED, "after now");
    office
        .step("note", &n, "2024-10-01 10:00", "--by ayse --text x")
        .refused(FAILED, "before the complaint was received");
    office
        .run(&format!("case assess {n} --by ayse --severity low"))
        .refused(USAGE, "assessed already");
    office
        .run(&format!(
            "case assess {n} --by ayse --severity low --change misjudged"
        ))
        .done();
}

#[test]
fn a_closed_case_is_not_decided_and_says_so() {
    let office = Office::open();
    let n = office.routed();
    office
        .step("withdraw", &n, "2024-10-30 10:00", "--by ayse")
        .done();
    office
        .step(
            "decide",
            &n,
            "2024-10-30 11:00",
            &format!("--by mehmet {REPAIR}"),
        )
        .refused(FAILED, "while the case is `withdrawn`; it is closed");
}

#[test]
fn mistakes_are_mended_in_the_open() {
    let office = Office::open();
    let n = office.resolved();
    let events = office.run(&format!("case show {n} --format json")).json();
    let position = |kind: &str| {
        let found = events["history"]
            .as_array()
            .and_then(|h| h.iter().find(|e| e["kind"] == kind));
        found.and_then(|e| e["event"].as_i64()).expect(kind)
    };
    let (classified, decided, assigned) = (
        position("classified"),
        position("decided"),
        position("assigned"),
    );
    let amend = |event: i64, field: &str, value: &str| {
        office.run(&format!("case amend {n} --event {event} --field {field} --value '{value}' --reason typo --by zeynep"))
    };
    amend(classified, "category", "hinge").done();
    amend(classified, "colour", "red").refused(FAILED, "no field `colour`");
    amend(999, "category", "x").refused(FAILED, "999");
    amend(classified, "occurred_at", "yesterday").refused(USAGE, "no instant");
    amend(classified, "occurred_at", "2024-10-25 09:55").done();
    let void = |event: i64| {
        office.run(&format!(
            "case void {n} --event {event} --reason error --by zeynep"
        ))
    };
    void(decided).refused(FAILED, "communicated");
    void(assigned).done();
    // What is struck out is told as that, with its day.
    let struck = format!("event {assigned} was struck out on 20");
    void(assigned).refused(FAILED, &struck);
    amend(assigned, "to", "zeynep").refused(FAILED, &struck);
    let case = office.run(&format!("case show {n} --format json")).json();
    assert_eq!(
        (case["category"].as_str(), case["assigned_to"].as_str()),
        (Some("hinge"), None)
    );
    assert_eq!(
        (case["amendments"].as_i64(), case["voided"].as_i64()),
        (Some(2), Some(1))
    );
}

#[test]
fn erasing_is_foreseen_done_and_keeps_the_chain() {
    let office = Office::open();
    let n = office.resolved();
    std::fs::write(office.path("photo.jpg"), b"not really").expect("a file");
    office
        .run(&format!("case attach {n} photo.jpg --by ayse"))
        .done();
    office
        .run(&format!("case attach {n} missing.jpg --by ayse"))
        .refused(FAILED, "missing.jpg: cannot be read");
    let erase = format!("case erase {n} --rule 'request of the person' --by zeynep --format json");
    let foreseen = office.run(&format!("{erase} --dry-run")).json();
    assert!(
        office
            .run(&format!("case show {n}"))
            .done()
            .contains("Ali Veli")
    );
    office.run("backup copy.sqlite").done();
    office
        .run("backup copy.sqlite")
        .refused(FAILED, "copy.sqlite");
    let done = office.run(&erase).json();
    for what in ["cases", "texts", "messages", "files", "persons"] {
        assert_eq!(foreseen[what], done[what], "{what}");
    }
    assert_eq!(done["files"], 1);
    let shown = office.run(&format!("case show {n}")).done();
    assert!(!shown.contains("Ali Veli") && !shown.contains("The tap leaks."));
    office.run("audit verify --against copy.sqlite").done();
    office
        .run("audit verify --head nonsense")
        .refused(USAGE, "no head");
    let wrong = format!("audit verify --head 1:{}", "0".repeat(64));
    office.run(&wrong).refused(CHECK, "1 difference");
}
