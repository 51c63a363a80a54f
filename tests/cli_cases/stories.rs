//! Whole stories, from the registration to the end.

use super::{FAILED, NOTHING, Office, REPLACE, USAGE};

#[test]
fn a_case_goes_through_both_passes_to_an_external_outcome() {
    let office = Office::open();
    let n = office.resolved();
    assert_eq!(office.state(&n), "resolved");
    let on_behalf =
        |means: &str| format!("--on-behalf --by ayse --means {means} --proof 'call 17'");
    office
        .step("reject", &n, "2024-11-06 10:00", &on_behalf("phone"))
        .done();
    assert_eq!(office.state(&n), "in_processing");
    office
        .step(
            "decide",
            &n,
            "2024-11-08 11:00",
            &format!("--by mehmet {REPLACE}"),
        )
        .refused(FAILED, "must be decided by another person than pass 1");
    let decided = office
        .step(
            "decide",
            &n,
            "2024-11-08 11:00",
            &format!("--by ayse --cost 20000 {REPLACE} --format json"),
        )
        .json();
    assert_eq!(decided["needs_second_signature"], true);
    office
        .step(
            "communicate",
            &n,
            "2024-11-08 11:30",
            "--by ayse --means sms",
        )
        .refused(FAILED, "needs a second signature first");
    office
        .step("countersign", &n, "2024-11-08 12:00", "--by ayse")
        .refused(FAILED, "must be another person's than the decision");
    office
        .step("countersign", &n, "2024-11-08 12:00", "--by zeynep")
        .done();
    office
        .step(
            "communicate",
            &n,
            "2024-11-11 10:00",
            "--by ayse --means letter",
        )
        .done();
    office
        .step("reject", &n, "2024-11-12 10:00", &on_behalf("letter"))
        .done();
    assert_eq!(office.state(&n), "outstanding");
    office
        .step(
            "refer",
            &n,
            "2024-11-13 10:00",
            "--by zeynep --body arbitration",
        )
        .refused(FAILED, "told of the external remedies first");
    office
        .step(
            "remedies-told",
            &n,
            "2024-11-13 10:00",
            "--by zeynep --means letter",
        )
        .done();
    office
        .step("outcome", &n, "2024-11-13 11:00", "--by zeynep --satisfied")
        .refused(FAILED, "no external referral is recorded");
    office
        .step(
            "refer",
            &n,
            "2024-11-14 10:00",
            "--by zeynep --body arbitration",
        )
        .done();
    office
        .step("outcome", &n, "2024-12-13 10:30", "--by zeynep --satisfied")
        .done();
    assert_eq!(office.state(&n), "completed_externally");
    office
        .step(
            "remedy-due",
            &n,
            "2024-12-13 10:31",
            "--by zeynep --on 2024-12-20",
        )
        .done();
    office
        .step("verify", &n, "2024-12-14 10:00", "--by zeynep --holds")
        .refused(FAILED, "not delivered yet");
    office
        .step("remedy-done", &n, "2024-12-19 10:00", "--by zeynep")
        .done();
    office
        .step("verify", &n, "2024-12-20 10:00", "--by zeynep --holds")
        .done();
    office
        .step("survey", &n, "2024-12-21 10:00", "--by zeynep --score 6")
        .refused(FAILED, "from 1 to 5");
    office
        .step("survey", &n, "2024-12-21 10:00", "--by zeynep --score 4")
        .done();

    let case = office.run(&format!("case show {n} --format json")).json();
    assert_eq!(case["schema_version"], 1);
    assert_eq!(case["passes"][0]["answer"], "rejected");
    assert_eq!(case["passes"][0]["on_behalf"], true);
    assert_eq!(case["passes"][1]["decided_by"], "ayse");
    assert_eq!(case["referred_to"], "arbitration");
    assert_eq!(case["survey_score"], 4);
    assert_eq!(case["narrative"], "The tap leaks.");
    assert_eq!(case["history"][0]["kind"], "registered");
    assert_eq!(case["history"][0]["data"]["channel"], "phone");
    office.run("audit verify").done();
}

#[test]
fn the_ledger_counts_as_by_hand() {
    let office = Office::open();
    let n = office.resolved();
    let document = office
        .run(&format!(
            "case explain {n} --stage processing --format json"
        ))
        .json();
    let stage = &document["stages"][0];
    // Limit 4: 28 and 30, 31 October, 1 November; without the paused 30 and 31: 28 October, 1, 4, 5 November.
    assert_eq!(stage["limit_days"], 4);
    assert_eq!(stage["department"], "plant1");
    assert_eq!(stage["severity"], "high");
    assert_eq!(stage["gross"]["due_on"], "2024-11-01");
    assert_eq!(stage["gross"]["verdict"], "missed");
    assert_eq!(stage["gross"]["counted_days"], 5);
    assert_eq!(stage["net"]["due_on"], "2024-11-05");
    assert_eq!(stage["net"]["verdict"], "met");
    assert_eq!(stage["net"]["counted_days"], 3);
    assert_eq!(stage["paused_days"], 2);
    let days: Vec<(&str, &str, Option<&str>)> = stage["ledger"]
        .as_array()
        .expect("days")
        .iter()
        .map(|d| {
            (
                d["date"].as_str().unwrap_or(""),
                d["what"].as_str().unwrap_or(""),
                d["detail"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        days,
        [
            ("2024-10-25", "start", None),
            ("2024-10-26", "weekend", None),
            ("2024-10-27", "weekend", None),
            ("2024-10-28", "half_day", Some("Republic Day eve")),
            ("2024-10-29", "non_working", Some("Republic Day")),
            ("2024-10-30", "paused_out", Some("customer_sample")),
            ("2024-10-31", "paused_out", Some("customer_sample")),
            ("2024-11-01", "working", None),
            ("2024-11-02", "weekend", None),
            ("2024-11-03", "weekend", None),
            ("2024-11-04", "working", None),
        ]
    );
    assert_eq!(stage["ledger"][7]["due_gross"], true);
    assert_eq!(stage["ledger"][10]["ended"], true);
    office
        .run(&format!("case explain {n} --pass 2"))
        .refused(NOTHING, "no such stage");
    let turkish = office
        .run(&format!("case explain {n} --stage processing --lang tr"))
        .done();
    assert!(
        turkish.contains("Cumhuriyet Bayramı") && turkish.contains("hafta sonu"),
        "{turkish}"
    );
    let russian = office
        .run(&format!("case explain {n} --stage processing --lang ru"))
        .done();
    assert!(
        russian.contains("День Республики") && russian.contains("срок нарушен"),
        "{russian}"
    );
}

#[test]
fn a_case_settled_where_it_was_made_has_no_processing() {
    let office = Office::open();
    let (n, password) = office.register();
    let cheap = "--response apology --rule R-2 --rule-version 1";
    office
        .step(
            "decide",
            &n,
            "2024-10-25 09:45",
            &format!("--by ayse {cheap}"),
        )
        .done();
    office
        .step(
            "communicate",
            &n,
            "2024-10-25 09:46",
            "--by ayse --means phone",
        )
        .done();
    office
        .run_with(&format!("case accept {n} --password-stdin"), "wrong\n")
        .refused(FAILED, "number and password do not fit");
    office
        .run(&format!("case accept {n}"))
        .refused(USAGE, "who answers?");
    office
        .run_with(
            &format!("case accept {n} --password-stdin"),
            &format!("{password}\n"),
        )
        .done();
    assert_eq!(office.state(&n), "completed");
    let stages = office
        .run(&format!(
            "case explain {n} --stage processing --format json"
        ))
        .json();
    assert_eq!(stages["stages"][0]["applies"], false);
    assert_eq!(stages["stages"][0]["net"]["verdict"], "not_applicable");
    office
        .run(&format!("case withdraw {n} --by ayse"))
        .refused(FAILED, "it is closed");
    office.run(&format!("case reopen {n} --by ayse")).done();
    assert_eq!(office.state(&n), "in_processing");
}

#[test]
fn an_acceptance_makes_the_remedy_due() {
    let office = Office::open();
    let n = office.resolved();
    let accepted = office
        .step(
            "accept",
            &n,
            "2024-11-06 10:00",
            "--on-behalf --by ayse --means phone --proof 'call 18' --format json",
        )
        .json();
    assert_eq!(accepted["state"], "completed");
    assert_eq!(accepted["follow_ups"].as_array().map(Vec::len), Some(1));
    let case = office.run(&format!("case show {n} --format json")).json();
    // Ten calendar days, the register's setting.
    assert_eq!(case["remedy_due_on"], "2024-11-16");
}

#[test]
fn a_question_to_the_customer_pauses_the_case() {
    let office = Office::open();
    let n = office.routed();
    let ask = |reason: &str, text: &str| {
        office.run_with(
            &format!("case pause {n} --by mehmet --reason {reason} --ask --text - --format json"),
            text,
        )
    };
    ask("supplier", "Which lot?").refused(FAILED, "only the customer can answer");
    ask("customer_information", " \n").refused(USAGE, "stdin holds no text");
    let asked = ask("customer_information", "Which lot?\n").json();
    assert_eq!(asked["messages"].as_array().map(Vec::len), Some(1));
    let case = office.run(&format!("case show {n} --format json")).json();
    assert_eq!(case["paused"], "customer_information");
}
