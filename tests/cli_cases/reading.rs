//! What the reading commands show.

use super::{FAILED, Office, USAGE};

#[test]
fn a_past_moment_shows_what_was_known_then() {
    let office = Office::open();
    let (n, _) = office.register();
    let then = chrono::Utc::now().to_rfc3339();
    std::thread::sleep(std::time::Duration::from_millis(20));
    office
        .run(&format!("case note {n} --by ayse --text later"))
        .done();
    let events = |line: &str| office.run(line).json()["history"].as_array().map(Vec::len);
    assert_eq!(
        events(&format!("case show {n} --format json --as-of {then}")),
        Some(1)
    );
    assert_eq!(events(&format!("case show {n} --format json")), Some(2));
    office
        .run(&format!("case show {n} --as-of 2024-12-01"))
        .refused(FAILED, "known by then");
    office
        .run(&format!("case explain {n} --as-of 2024-12-01"))
        .refused(FAILED, "known by then");
    office
        .run(&format!("case show {n} --as-of 2199-12-01"))
        .refused(USAGE, "lies in the future");
    office
        .run(&format!("case show {n} --as-of 2026-13-01"))
        .refused(USAGE, "no instant");
}

#[test]
fn lists_are_filtered_and_come_in_every_form() {
    let office = Office::open();
    let late = office.routed();
    office
        .run("case register --by ayse --channel email --email a@example.org --text 'Too slow.'")
        .done();
    let numbers = |line: &str| -> Vec<String> {
        let rows = office.run(line).json();
        let rows = rows.as_array().expect("rows").clone();
        rows.iter()
            .map(|row| row["number"].as_str().expect("a number").to_owned())
            .collect()
    };
    assert_eq!(numbers("case list --format json").len(), 2);
    assert_eq!(numbers("case list --late --format json"), [late.as_str()]);
    assert_eq!(
        numbers("case list --department plant1 --format json"),
        [late.as_str()]
    );
    assert_eq!(
        numbers("case list --state registered --format json").len(),
        1
    );
    assert_eq!(
        numbers("case list --state completed --format json").len(),
        0
    );
    let rows = office.run("case list --late --format json").json();
    assert_eq!(rows[0]["late"], "overall, processing");
    assert_eq!(rows[0]["due_on"], "2024-11-01");
    let csv = office.run("case list --format csv").done();
    assert!(
        csv.starts_with("number,received_on,state,pass,category,department"),
        "{csv}"
    );
    let output = office
        .command()
        .args(["case", "list", "--format", "parquet"])
        .output()
        .expect("it runs");
    assert!(output.stdout.starts_with(b"PAR1"));
    office
        .run("case list --state lost")
        .refused(USAGE, "possible values");
    office
        .run("case list --from 2026-7")
        .refused(USAGE, "is no month");
    office
        .run(&format!("case show {late} --format csv"))
        .refused(USAGE, "a document, not rows");
}

#[test]
fn the_password_goes_out_by_message_alone_unless_asked_for() {
    let office = Office::open();
    let plain = office
        .run("case register --by ayse --channel email --email a@example.org --text x --format json")
        .json();
    assert_eq!(plain["message"]["means"], "email");
    assert!(plain.get("password").is_none());
    office
        .run("case register --by ayse --channel in_person --name Ali --text x")
        .refused(USAGE, "neither phone nor e-mail");
    let handed = office
        .run("case register --by ayse --channel in_person --name Ali --text x --print-password --format json")
        .json();
    assert!(handed["message"].is_null() && handed["password"].is_string());
    let number = handed["number"].as_str().expect("a number");
    let renewed = office
        .run(&format!(
            "case password {number} --print-password --format json"
        ))
        .json();
    assert_ne!(renewed["password"], handed["password"]);
    let shown = office
        .run(&format!("case show {number} --format json"))
        .done();
    assert!(!shown.contains(renewed["password"].as_str().expect("a password")));
}

#[test]
fn the_words_of_the_command_line_are_the_same_in_every_language() {
    let words = |text: &str| -> Vec<String> {
        let table: toml::Table = text.parse().expect("TOML");
        let mut keys = Vec::new();
        for (section, entries) in &table {
            for (key, word) in entries.as_table().expect("a section") {
                assert!(
                    word.as_str().is_some_and(|w| !w.trim().is_empty()),
                    "{section}.{key}"
                );
                keys.push(format!("{section}.{key}"));
            }
        }
        keys.sort();
        keys
    };
    let english = words(include_str!("../../reports/translations/cli-en.toml"));
    assert_eq!(
        english,
        words(include_str!("../../reports/translations/cli-tr.toml"))
    );
    assert_eq!(
        english,
        words(include_str!("../../reports/translations/cli-ru.toml"))
    );
    use redress::domain::{stage_clock, stages, vocabulary, workflow};
    let named = |section: &str, list: Vec<&str>| {
        for word in list {
            assert!(
                english.contains(&format!("{section}.{word}")),
                "{section}.{word} is missing"
            );
        }
    };
    named(
        "state",
        workflow::StateName::ALL
            .iter()
            .map(|w| w.as_str())
            .collect(),
    );
    named(
        "stage",
        stages::Stage::ALL.iter().map(|w| w.as_str()).collect(),
    );
    named(
        "verdict",
        stage_clock::Verdict::ALL
            .iter()
            .map(|w| w.as_str())
            .collect(),
    );
    named(
        "end",
        stage_clock::StageEnd::ALL
            .iter()
            .map(|w| w.as_str())
            .collect(),
    );
    named(
        "pause",
        vocabulary::PauseReason::ALL
            .iter()
            .map(|w| w.as_str())
            .collect(),
    );
}
