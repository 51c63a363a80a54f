//! The program itself, over whole stories of cases: what it answers, refuses, and how it exits.
//!
//! Dates are past ones, entered late with a reason, so that a story never depends on the day of the
//! test. Due dates were counted by hand on a calendar of 2024 (28 October: half day, 29 October: holiday).

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// Exit codes of the README's table.
const DONE: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const NOTHING: i32 = 3;
const CHECK: i32 = 10;

/// A folder with a register and three members of staff.
struct Office {
    folder: tempfile::TempDir,
}

/// What the program answered.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    #[track_caller]
    fn done(self) -> String {
        assert_eq!(self.code, DONE, "stdout: {}\nstderr: {}", self.out, self.err);
        self.out
    }

    /// The exit code and a part of the message.
    #[track_caller]
    fn refused(self, code: i32, words: &str) {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out, self.err);
        assert!(self.err.contains(words), "`{words}` is not in: {}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }

    #[track_caller]
    fn json(self) -> Value {
        serde_json::from_str(&self.done()).expect("stdout is JSON")
    }
}

impl Office {
    /// An empty folder.
    fn bare() -> Office {
        Office { folder: tempfile::tempdir().expect("a folder") }
    }

    /// A register with staff: ayse (contact, up to 100.00 alone), mehmet (technical), zeynep (quality).
    fn open() -> Office {
        let office = Office::bare();
        office.run("init").done();
        office.run("staff add ayse --roles contact,agent --discretion 10000").done();
        office.run("staff add mehmet --roles technical").done();
        office.run("staff add zeynep --roles quality").done();
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
        command.env_clear().current_dir(self.folder.path());
        command
    }

    /// Runs the words of a line; what stands in single quotes is one argument.
    fn run(&self, line: &str) -> Said {
        self.run_with(line, "")
    }

    fn run_with(&self, line: &str, stdin: &str) -> Said {
        let mut arguments: Vec<String> = Vec::new();
        for (part, text) in line.split('\'').enumerate() {
            if part % 2 == 1 {
                arguments.push(text.to_owned());
            } else {
                arguments.extend(text.split_whitespace().map(str::to_owned));
            }
        }
        let mut command = self.command();
        let output = command.args(&arguments).write_stdin(stdin).output().expect("the program runs");
        Said {
            code: output.status.code().expect("it exits"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// A case's step that happened at a past local time.
    fn step(&self, step: &str, number: &str, at: &str, rest: &str) -> Said {
        self.run(&format!("case {step} {number} --at '{at}' --late-reason backlog {rest}"))
    }

    /// Registers a complaint received on Friday 25 October 2024, 09:00, and answers number and password.
    fn register(&self) -> (String, String) {
        let answer = self
            .run("case register --by ayse --channel phone --received '2024-10-25 09:00' --at '2024-10-25 09:30' \
                  --late-reason backlog --name 'Ali Veli' --phone '+90 555 111 22 33' --product tap \
                  --text 'The tap leaks.' --print-password --format json")
            .json();
        let text = |key: &str| answer[key].as_str().expect(key).to_owned();
        (text("number"), text("password"))
    }

    /// A case in processing at plant1 since 25 October 2024, 10:00.
    fn routed(&self) -> String {
        let (number, _) = self.register();
        self.step("acknowledge", &number, "2024-10-25 09:40", "--by ayse --means phone").done();
        self.step("assess", &number, "2024-10-25 09:45", "--by ayse --severity high --safety").done();
        self.step("assign", &number, "2024-10-25 09:46", "--by ayse --to mehmet").done();
        self.step("classify", &number, "2024-10-25 09:50", "--by ayse --category leak").done();
        self.step("route", &number, "2024-10-25 10:00", "--by ayse --department plant1 --also lab").done();
        number
    }

    /// As [`Office::routed`], paused over 30 and 31 October, decided by mehmet, communicated on 5 November.
    fn resolved(&self) -> String {
        let number = self.routed();
        self.step("pause", &number, "2024-10-30 08:00", "--by mehmet --reason customer_sample").done();
        self.step("resume", &number, "2024-10-31 18:00", "--by mehmet").done();
        self.step("decide", &number, "2024-11-04 11:00", &format!("--by mehmet {REPAIR}")).done();
        self.step("communicate", &number, "2024-11-05 10:00", "--by ayse --means phone").done();
        number
    }

    fn state(&self, number: &str) -> String {
        let case = self.run(&format!("case show {number} --format json")).json();
        case["state"].as_str().expect("a state").to_owned()
    }
}

const REPAIR: &str = "--response repair --granted repair --rule R-1 --rule-version 3";
const REPLACE: &str = "--response replacement --granted replacement --rule R-1 --rule-version 3";

#[test]
fn a_case_goes_through_both_passes_to_an_external_outcome() {
    let office = Office::open();
    let n = office.resolved();
    assert_eq!(office.state(&n), "resolved");
    let on_behalf = |means: &str| format!("--on-behalf --by ayse --means {means} --proof 'call 17'");
    office.step("reject", &n, "2024-11-06 10:00", &on_behalf("phone")).done();
    assert_eq!(office.state(&n), "in_processing");
    office
        .step("decide", &n, "2024-11-08 11:00", &format!("--by mehmet {REPLACE}"))
        .refused(FAILED, "must be decided by another person: mehmet decided pass 1");
    let decided = office
        .step("decide", &n, "2024-11-08 11:00", &format!("--by ayse --cost 20000 {REPLACE} --format json"))
        .json();
    assert_eq!(decided["needs_second_signature"], true);
    office
        .step("communicate", &n, "2024-11-08 11:30", "--by ayse --means sms")
        .refused(FAILED, "needs a second signature first");
    office
        .step("countersign", &n, "2024-11-08 12:00", "--by ayse")
        .refused(FAILED, "must be another person's: ayse took the decision");
    office.step("countersign", &n, "2024-11-08 12:00", "--by zeynep").done();
    office.step("communicate", &n, "2024-11-11 10:00", "--by ayse --means letter").done();
    office.step("reject", &n, "2024-11-12 10:00", &on_behalf("letter")).done();
    assert_eq!(office.state(&n), "outstanding");
    office
        .step("refer", &n, "2024-11-13 10:00", "--by zeynep --body arbitration")
        .refused(FAILED, "told of the external remedies first");
    office.step("remedies-told", &n, "2024-11-13 10:00", "--by zeynep --means letter").done();
    office
        .step("outcome", &n, "2024-11-13 11:00", "--by zeynep --satisfied")
        .refused(FAILED, "no external referral is recorded");
    office.step("refer", &n, "2024-11-14 10:00", "--by zeynep --body arbitration").done();
    office.step("outcome", &n, "2024-12-13 10:30", "--by zeynep --satisfied").done();
    assert_eq!(office.state(&n), "completed_externally");
    office.step("remedy-due", &n, "2024-12-13 10:31", "--by zeynep --on 2024-12-20").done();
    office
        .step("verify", &n, "2024-12-14 10:00", "--by zeynep --holds")
        .refused(FAILED, "not delivered yet");
    office.step("remedy-done", &n, "2024-12-19 10:00", "--by zeynep").done();
    office.step("verify", &n, "2024-12-20 10:00", "--by zeynep --holds").done();
    office.step("survey", &n, "2024-12-21 10:00", "--by zeynep --score 6").refused(FAILED, "from 1 to 5");
    office.step("survey", &n, "2024-12-21 10:00", "--by zeynep --score 4").done();

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
    let document = office.run(&format!("case explain {n} --stage processing --format json")).json();
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
        .map(|d| (d["date"].as_str().unwrap_or(""), d["what"].as_str().unwrap_or(""), d["detail"].as_str()))
        .collect();
    assert_eq!(days, [
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
    ]);
    assert_eq!(stage["ledger"][7]["due_gross"], true);
    assert_eq!(stage["ledger"][10]["ended"], true);
    office.run(&format!("case explain {n} --pass 2")).refused(NOTHING, "no such stage");
    let turkish = office.run(&format!("case explain {n} --stage processing --lang tr")).done();
    assert!(turkish.contains("Cumhuriyet Bayramı") && turkish.contains("hafta sonu"), "{turkish}");
    let russian = office.run(&format!("case explain {n} --stage processing --lang ru")).done();
    assert!(russian.contains("День Республики") && russian.contains("срок нарушен"), "{russian}");
}

#[test]
fn a_case_settled_where_it_was_made_has_no_processing() {
    let office = Office::open();
    let (n, password) = office.register();
    let cheap = "--response apology --rule R-2 --rule-version 1";
    office.step("decide", &n, "2024-10-25 09:45", &format!("--by ayse {cheap}")).done();
    office.step("communicate", &n, "2024-10-25 09:46", "--by ayse --means phone").done();
    office
        .run_with(&format!("case accept {n} --password-stdin"), "wrong\n")
        .refused(FAILED, "number and password do not fit");
    office.run(&format!("case accept {n}")).refused(USAGE, "who answers?");
    office.run_with(&format!("case accept {n} --password-stdin"), &format!("{password}\n")).done();
    assert_eq!(office.state(&n), "completed");
    let stages = office.run(&format!("case explain {n} --stage processing --format json")).json();
    assert_eq!(stages["stages"][0]["applies"], false);
    assert_eq!(stages["stages"][0]["net"]["verdict"], "not_applicable");
    office.run(&format!("case withdraw {n} --by ayse")).refused(FAILED, "it is closed");
    office.run(&format!("case reopen {n} --by ayse")).done();
    assert_eq!(office.state(&n), "in_processing");
}

#[test]
fn an_acceptance_makes_the_remedy_due() {
    let office = Office::open();
    let n = office.resolved();
    let accepted = office
        .step("accept", &n, "2024-11-06 10:00", "--on-behalf --by ayse --means phone --proof 'call 18' --format json")
        .json();
    assert_eq!(accepted["state"], "completed");
    assert_eq!(accepted["follow_ups"].as_array().map(Vec::len), Some(1));
    let case = office.run(&format!("case show {n} --format json")).json();
    // Ten calendar days, the register's setting.
    assert_eq!(case["remedy_due_on"], "2024-11-16");
}

#[test]
fn the_workflow_refuses_in_words() {
    let office = Office::open();
    let n = office.routed();
    let refused = |step: &str, rest: &str, words: &str| {
        office.step(step, &n, "2024-10-30 10:00", rest).refused(FAILED, words);
    };
    refused("communicate", "--by ayse --means sms", "communicated once, after it is taken");
    refused("resume", "--by mehmet", "not paused");
    refused("decide", &format!("--by mehmet --pass 2 {REPAIR}"), "names pass 2, but the case is in pass 1");
    refused("lapse", "--by ayse --reminders 2", "only a communicated decision waits");
    refused("remedy-done", "--by ayse", "nothing is due");
    refused("reopen", "--by ayse", "only a completed or unanswered case");
    refused("exhausted", "--by ayse", "only an outstanding case");
    refused("merge", &format!("--by ayse --into {n}"), "merged into itself");
    refused("merge", "--by ayse --into 2024-999999", "no case `2024-999999`");
    refused("route", "--by nobody --department x", "no member of staff `nobody`");
    refused("route", "--by ayse --role quality --department x", "has not the role `quality`");
    office.step("pause", &n, "2024-10-28 10:00", "--by mehmet --reason supplier").done();
    refused("decide", &format!("--by mehmet {REPAIR}"), "resume it before deciding");
    refused("pause", "--by mehmet --reason supplier", "paused already");
    office.run("staff roles mehmet --inactive").done();
    refused("resume", "--by mehmet", "no longer active");
    office.run(&format!("case note {n} --by ayse")).refused(USAGE, "a note needs its words");
    office.run(&format!("case note {n} --by ayse --text x --expect 1")).refused(FAILED, "the case has changed");
    office
        .run(&format!("case note {n} --by ayse --text x --at 2024-10-30T10:00:00Z"))
        .refused(FAILED, "--late-reason");
    office
        .run(&format!("case note {n} --by ayse --text x --at 2199-01-01T00:00:00Z"))
        .refused(FAILED, "after now");
    office
        .step("note", &n, "2024-10-01 10:00", "--by ayse --text x")
        .refused(FAILED, "before the complaint was received");
    office.run(&format!("case assess {n} --by ayse --severity low")).refused(USAGE, "assessed already");
    office.run(&format!("case assess {n} --by ayse --severity low --change misjudged")).done();
}

#[test]
fn mistakes_are_mended_in_the_open() {
    let office = Office::open();
    let n = office.resolved();
    let events = office.run(&format!("case show {n} --format json")).json();
    let position = |kind: &str| {
        let found = events["history"].as_array().and_then(|h| h.iter().find(|e| e["kind"] == kind));
        found.and_then(|e| e["event"].as_i64()).expect(kind)
    };
    let (classified, decided, assigned) = (position("classified"), position("decided"), position("assigned"));
    let amend = |event: i64, field: &str, value: &str| {
        office.run(&format!("case amend {n} --event {event} --field {field} --value '{value}' --reason typo --by zeynep"))
    };
    amend(classified, "category", "hinge").done();
    amend(classified, "colour", "red").refused(FAILED, "no field `colour`");
    amend(999, "category", "x").refused(FAILED, "999");
    amend(classified, "occurred_at", "yesterday").refused(USAGE, "no instant");
    amend(classified, "occurred_at", "2024-10-25 09:55").done();
    let void = |event: i64| office.run(&format!("case void {n} --event {event} --reason error --by zeynep"));
    void(decided).refused(FAILED, "communicated");
    void(assigned).done();
    let case = office.run(&format!("case show {n} --format json")).json();
    assert_eq!((case["category"].as_str(), case["assigned_to"].as_str()), (Some("hinge"), None));
    assert_eq!((case["amendments"].as_i64(), case["voided"].as_i64()), (Some(2), Some(1)));
}

#[test]
fn a_past_moment_shows_what_was_known_then() {
    let office = Office::open();
    let (n, _) = office.register();
    let then = chrono::Utc::now().to_rfc3339();
    std::thread::sleep(std::time::Duration::from_millis(20));
    office.run(&format!("case note {n} --by ayse --text later")).done();
    let events = |line: &str| office.run(line).json()["history"].as_array().map(Vec::len);
    assert_eq!(events(&format!("case show {n} --format json --as-of {then}")), Some(1));
    assert_eq!(events(&format!("case show {n} --format json")), Some(2));
    office.run(&format!("case show {n} --as-of 2024-12-01")).refused(FAILED, "known by then");
    office.run(&format!("case explain {n} --as-of 2024-12-01")).refused(FAILED, "known by then");
    office.run(&format!("case show {n} --as-of 2199-12-01")).refused(USAGE, "lies in the future");
    office.run(&format!("case show {n} --as-of 2026-13-01")).refused(USAGE, "no instant");
}

#[test]
fn lists_are_filtered_and_come_in_every_form() {
    let office = Office::open();
    let late = office.routed();
    office.run("case register --by ayse --channel email --email a@example.org --text 'Too slow.'").done();
    let numbers = |line: &str| -> Vec<String> {
        let rows = office.run(line).json();
        let rows = rows.as_array().expect("rows").clone();
        rows.iter().map(|row| row["number"].as_str().expect("a number").to_owned()).collect()
    };
    assert_eq!(numbers("case list --format json").len(), 2);
    assert_eq!(numbers("case list --late --format json"), [late.clone()]);
    assert_eq!(numbers("case list --department plant1 --format json"), [late.clone()]);
    assert_eq!(numbers("case list --state registered --format json").len(), 1);
    assert_eq!(numbers("case list --state completed --format json").len(), 0);
    let rows = office.run("case list --late --format json").json();
    assert_eq!(rows[0]["late"], "overall, processing");
    assert_eq!(rows[0]["due_on"], "2024-11-01");
    let csv = office.run("case list --format csv").done();
    assert!(csv.starts_with("number,received_on,state,pass,category,department"), "{csv}");
    let output = office.command().args(["case", "list", "--format", "parquet"]).output().expect("it runs");
    assert!(output.stdout.starts_with(b"PAR1"));
    office.run("case list --state lost").refused(USAGE, "possible values");
    office.run("case list --from 2026-7").refused(USAGE, "is no month");
    office.run(&format!("case show {late} --format csv")).refused(USAGE, "a document, not rows");
}

#[test]
fn the_password_goes_out_by_message_alone_unless_asked_for() {
    let office = Office::open();
    let plain = office.run("case register --by ayse --channel email --email a@example.org --text x --format json").json();
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
    let renewed = office.run(&format!("case password {number} --print-password --format json")).json();
    assert_ne!(renewed["password"], handed["password"]);
    let shown = office.run(&format!("case show {number} --format json")).done();
    assert!(!shown.contains(renewed["password"].as_str().expect("a password")));
}

#[test]
fn a_question_to_the_customer_pauses_the_case() {
    let office = Office::open();
    let n = office.routed();
    let ask = |reason: &str, text: &str| {
        office.run_with(&format!("case pause {n} --by mehmet --reason {reason} --ask --text - --format json"), text)
    };
    ask("supplier", "Which lot?").refused(FAILED, "only the customer can answer");
    ask("customer_information", " \n").refused(USAGE, "stdin holds no text");
    let asked = ask("customer_information", "Which lot?\n").json();
    assert_eq!(asked["messages"].as_array().map(Vec::len), Some(1));
    let case = office.run(&format!("case show {n} --format json")).json();
    assert_eq!(case["paused"], "customer_information");
}

#[test]
fn erasing_is_foreseen_done_and_keeps_the_chain() {
    let office = Office::open();
    let n = office.resolved();
    std::fs::write(office.path("photo.jpg"), b"not really").expect("a file");
    office.run(&format!("case attach {n} photo.jpg --by ayse")).done();
    office.run(&format!("case attach {n} missing.jpg --by ayse")).refused(FAILED, "missing.jpg: cannot be read");
    let erase = format!("case erase {n} --rule 'request of the person' --by zeynep --format json");
    let foreseen = office.run(&format!("{erase} --dry-run")).json();
    assert!(office.run(&format!("case show {n}")).done().contains("Ali Veli"));
    office.run("backup copy.sqlite").done();
    office.run("backup copy.sqlite").refused(FAILED, "copy.sqlite");
    let done = office.run(&erase).json();
    for what in ["cases", "texts", "messages", "files", "persons"] {
        assert_eq!(foreseen[what], done[what], "{what}");
    }
    assert_eq!(done["files"], 1);
    let shown = office.run(&format!("case show {n}")).done();
    assert!(!shown.contains("Ali Veli") && !shown.contains("The tap leaks."));
    office.run("audit verify --against copy.sqlite").done();
    office.run("audit verify --head nonsense").refused(USAGE, "no head");
    let wrong = format!("audit verify --head 1:{}", "0".repeat(64));
    office.run(&wrong).refused(CHECK, "1 difference");
}

#[test]
fn a_changed_calendar_says_which_verdicts_change_before_it_is_written() {
    let office = Office::open();
    let n = office.resolved();
    let amend = "calendar amend 2024-11-01 --kind administrative_leave --name 'İdari izin' --reason decree --format json";
    let foreseen = office.run(&format!("{amend} --dry-run"));
    assert!(foreseen.err.contains("nothing was written"), "{}", foreseen.err);
    let rows = foreseen.json();
    // 1 November no longer counts: the gross limit of 4 moves to Monday, the day of the decision.
    assert_eq!(rows.as_array().map(Vec::len), Some(1));
    assert_eq!(rows[0]["number"].as_str(), Some(n.as_str()));
    assert_eq!((rows[0]["verdict_before"].as_str(), rows[0]["verdict_after"].as_str()), (Some("missed"), Some("met")));
    assert_eq!(rows[0]["due_after"], "2024-11-04");
    let version = || office.run("calendar show 2024-11 --format json").json()["version"].as_i64();
    assert_eq!(version(), Some(1));
    office.run(amend).done();
    assert_eq!(version(), Some(2));
    office.run(amend).refused(USAGE, "nothing to change");
    office.run("calendar amend 2024-11-01 --remove --reason ''").refused(USAGE, "without a reason");
    office.run("calendar amend 2024-11-04 --kind half_day --name x --reason y").refused(USAGE, "needs --closes");
    office.run("calendar amend 2024-11-04 --kind closure --reason y").refused(USAGE, "give it a --name");
    office.run("calendar amend 2024-02-30 --kind closure --name x --reason y").refused(USAGE, "2024-02-30");
    let before = office.run(&format!("case explain {n} --stage processing --format json")).json();
    assert_eq!(before["stages"][0]["gross"]["verdict"], "met");
}

#[test]
fn working_days_of_a_year_are_those_of_the_calendar() {
    let office = Office::open();
    let year = office.run("calendar show 2024 --format json").json();
    // 262 weekdays less 12 public holidays on weekdays (Law 2429 and the feasts of 2024); half days are working days.
    let total: i64 = year["months"].as_array().expect("months").iter().filter_map(|m| m["working_days"].as_i64()).sum();
    assert_eq!(total, 250);
    let rows = office.run("calendar show 2024-10 --format csv").done();
    assert_eq!(rows.lines().count(), 32);
    assert!(rows.contains("2024-10-28,Mon,true,true,"), "{rows}");
    office.run("calendar show 2024-13").refused(USAGE, "no period");
    let check = office.run("calendar check");
    assert!([DONE, CHECK].contains(&check.code), "{}", check.err);
}

#[test]
fn limits_are_only_added_to() {
    let office = Office::open();
    office.resolved();
    let set = |rest: &str| office.run(&format!("limits set --from 2024-01-01 --reason stricter --format json {rest}"));
    let rows = set("--stage processing --days 2 --dry-run").json();
    // With two days the limit was over on 30 October gross; net it ended on 1 November, before the decision of the 4th.
    assert_eq!(rows.as_array().map(Vec::len), Some(1));
    assert_eq!((rows[0]["side"].as_str(), rows[0]["due_after"].as_str()), (Some("net"), Some("2024-11-01")));
    set("--stage processing --days 0").refused(USAGE, "give 1 to 1000");
    std::fs::write(office.path("limits.toml"), "[[limit]]\nversion = 2\nstage = \"intake\"\ndays = 3\n").expect("a file");
    set("--file limits.toml").refused(USAGE, "limits are only added to");
    set("--stage processing --days 2 --department plant2").done();
    let shown = office.run("limits show --format json").json();
    let last = shown.as_array().and_then(|rows| rows.last()).expect("rows");
    assert_eq!((last["department"].as_str(), last["version"].as_i64()), (Some("plant2"), Some(2)));
}

#[test]
fn staff_passwords_never_come_as_arguments() {
    let office = Office::open();
    office.run_with("staff add selin --roles agent --password-stdin", "short\n").refused(FAILED, "eight characters");
    let made = office.run("staff reset selin --format json").json();
    assert!(made["password"].is_string() && made["must_change_password"] == true);
    let chosen = office.run_with("staff reset selin --password-stdin --format json", "long enough\n").json();
    assert!(chosen.get("password").is_none() && chosen["must_change_password"] == false);
    let mut command = office.command();
    command.env("REDRESS_STAFF_PASSWORD", "long enough too").args(["staff", "reset", "selin"]);
    command.assert().success();
    office.run("staff add selin --roles agent").refused(FAILED, "in the register already");
    office.run("staff add x --roles customer").refused(FAILED, "role of staff");
    office.run("staff add x --roles boss").refused(USAGE, "possible values");
    office.run("staff reset nobody").refused(FAILED, "no member of staff `nobody`");
    office.run("staff roles selin").refused(USAGE, "required");
    office.run("staff train selin 'ISO 10002' --on 2026-03-01 --evidence certificate").done();
    let courses = office.run("staff train --format json").json();
    assert_eq!((courses[0]["course"].as_str(), courses[0]["held_on"].as_str()), (Some("ISO 10002"), Some("2026-03-01")));
    let staff = office.run("staff list --format json").json();
    assert_eq!(staff[2]["name"], "selin");
    assert_eq!(staff[2]["courses"], 1);
}

#[test]
fn evidence_and_objectives_are_kept_with_their_indicator() {
    let office = Office::open();
    office.run("evidence add P1 --dated 2026-01-01 --by zeynep --note 'policy signed'").done();
    office.run("evidence add P3 --dated 2026-01-01 --by zeynep").refused(FAILED, "a value, a note or a file");
    office.run("evidence add P16 --dated 2026-01-01 --by zeynep --value 1").refused(USAGE, "no indicator");
    office.run("evidence add M1 --dated 2026-01-01 --by zeynep --value 1").refused(USAGE, "no indicator");
    std::fs::write(office.path("policy.txt"), "abc").expect("a file");
    let filed = office.run("evidence add p2 --dated 2026-02-01 --by zeynep --file policy.txt --format json").json();
    // FIPS 180-2, appendix B.1: the SHA-256 of "abc".
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!((filed["indicator"].as_str(), filed["file_sha256"].as_str()), (Some("P2"), Some(abc)));
    assert_eq!(office.run("evidence list --indicator P1 --format json").json().as_array().map(Vec::len), Some(1));
    let set = |from: &str, target: &str| {
        office.run(&format!(
            "objectives set M5 --target {target} --direction at_most --owner zeynep --from {from} --reason plan"
        ))
    };
    set("2024-01-01", "0.1").done();
    set("2199-01-01", "0.05").done();
    set("2024-01-01", "low").refused(USAGE, "low");
    let shown = office.run("objectives show --format json").json();
    assert_eq!((shown.as_array().map(Vec::len), shown[0]["target"].as_f64()), (Some(1), Some(0.1)));
    assert_eq!(office.run("objectives show --all --format json").json().as_array().map(Vec::len), Some(2));
}

#[test]
fn a_register_is_never_overwritten() {
    let office = Office::open();
    let before = std::fs::read(office.path("redress.sqlite")).expect("a register");
    office.run("init").refused(FAILED, "exists already");
    std::fs::write(office.path("letter.txt"), "Dear Sir").expect("a file");
    office.run("init --register letter.txt").refused(FAILED, "exists already");
    assert_eq!(std::fs::read(office.path("letter.txt")).expect("the letter"), b"Dear Sir");
    assert_eq!(std::fs::read(office.path("redress.sqlite")).expect("a register"), before);
    office.run("init --register new.sqlite --calendar none.toml").refused(USAGE, "none.toml: cannot be read");
    assert!(!office.path("new.sqlite").exists());
}

#[test]
fn a_file_that_is_no_sound_register_is_named_and_left_alone() {
    let office = Office::open();
    let list = |name: &str| office.run(&format!("case list --register {name}"));
    list("absent.sqlite").refused(FAILED, "make one with `redress init`");
    list(".").refused(FAILED, "is no file");
    std::fs::write(office.path("letter.txt"), "Dear Sir").expect("a file");
    list("letter.txt").refused(FAILED, "is no SQLite database");
    let other = rusqlite::Connection::open(office.path("other.sqlite")).expect("a database");
    other.execute_batch("CREATE TABLE t (x)").expect("a table");
    list("other.sqlite").refused(FAILED, "no register of this program");

    copy(&office.path("redress.sqlite"), &office.path("newer.sqlite"));
    let newer = rusqlite::Connection::open(office.path("newer.sqlite")).expect("a register");
    newer.pragma_update(None, "user_version", 9_999).expect("a version");
    drop(newer);
    list("newer.sqlite").refused(FAILED, "use the newer program");

    copy(&office.path("redress.sqlite"), &office.path("cut.sqlite"));
    let cut = std::fs::OpenOptions::new().write(true).open(office.path("cut.sqlite")).expect("a file");
    cut.set_len(3 * 8192).expect("a shorter file");
    list("cut.sqlite").refused(FAILED, "is cut short");
    assert_eq!(std::fs::metadata(office.path("cut.sqlite")).expect("still there").len(), 3 * 8192);
}

#[test]
fn a_register_that_another_process_writes_is_waited_for_and_then_refused() {
    let office = Office::open();
    let (n, _) = office.register();
    let other = rusqlite::Connection::open(office.path("redress.sqlite")).expect("a register");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    office.run(&format!("case note {n} --by ayse --text x")).refused(FAILED, "locked by another process");
    office.run("case list").done();
    other.execute_batch("ROLLBACK").expect("the lock goes");
    office.run(&format!("case note {n} --by ayse --text x")).done();
}

#[cfg(unix)]
#[test]
fn a_read_only_register_is_read_but_not_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let office = Office::open();
    let (n, _) = office.register();
    let register = office.path("redress.sqlite");
    std::fs::set_permissions(&register, std::fs::Permissions::from_mode(0o444)).expect("rights");
    if std::fs::OpenOptions::new().write(true).open(&register).is_ok() {
        eprintln!("skipped: this user may write any file");
        return;
    }
    office.run(&format!("case note {n} --by ayse --text x")).refused(FAILED, "read-only");
}

#[test]
fn settings_and_arguments_that_do_not_fit_are_usage_errors() {
    let office = Office::open();
    office.run("case show 2024-999999").refused(FAILED, "no case `2024-999999`");
    office.run("case show").refused(USAGE, "CASE");
    office.run("case frobnicate").refused(USAGE, "unrecognized subcommand");
    office.run("case register --by ayse --channel fax --text x").refused(USAGE, "possible values");
    office.run("case register --by ayse --channel phone --text x --sold-on 2024-02-30").refused(USAGE, "2024-02-30");
    office
        .run("case register --by ayse --channel phone --phone 1 --text x --received '30.02.2024'")
        .refused(USAGE, "is no instant");
    office.run("case register --by ayse --channel phone --phone 1 --text ' '").refused(FAILED, "narrative");
    office.run("case outcome 2024-000001 --by ayse").refused(USAGE, "--satisfied");
    office.run("case list --lang de").refused(USAGE, "language");
    std::fs::write(office.path("redress.toml"), "register = \"redress.sqlite\"\ncolour = 1\n").expect("a file");
    office.run("case list").refused(USAGE, "line 2");
    std::fs::write(office.path("redress.toml"), "calendar = \"own.toml\"\n").expect("a file");
    office
        .run("calendar amend 2024-11-01 --kind closure --name x --reason y")
        .refused(USAGE, "stands over the register's calendar");
}

#[test]
fn the_words_of_the_command_line_are_the_same_in_every_language() {
    let words = |text: &str| -> Vec<String> {
        let table: toml::Table = text.parse().expect("TOML");
        let mut keys = Vec::new();
        for (section, entries) in &table {
            for (key, word) in entries.as_table().expect("a section") {
                assert!(word.as_str().is_some_and(|w| !w.trim().is_empty()), "{section}.{key}");
                keys.push(format!("{section}.{key}"));
            }
        }
        keys.sort();
        keys
    };
    let english = words(include_str!("../reports/translations/cli-en.toml"));
    assert_eq!(english, words(include_str!("../reports/translations/cli-tr.toml")));
    assert_eq!(english, words(include_str!("../reports/translations/cli-ru.toml")));
    use redress::domain::{stage_clock, stages, vocabulary, workflow};
    let named = |section: &str, list: Vec<&str>| {
        for word in list {
            assert!(english.contains(&format!("{section}.{word}")), "{section}.{word} is missing");
        }
    };
    named("state", workflow::StateName::ALL.iter().map(|w| w.as_str()).collect());
    named("stage", stages::Stage::ALL.iter().map(|w| w.as_str()).collect());
    named("verdict", stage_clock::Verdict::ALL.iter().map(|w| w.as_str()).collect());
    named("end", stage_clock::StageEnd::ALL.iter().map(|w| w.as_str()).collect());
    named("pause", vocabulary::PauseReason::ALL.iter().map(|w| w.as_str()).collect());
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).expect("a copy");
}
