//! Corrective actions and the records of improvement, as staff meet them on the command line.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_json::Value;

use super::{FAILED, NOTHING, Office, USAGE};

/// A register with staff, and a snapshot of the sample's CSV beside it.
fn office() -> Office {
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
}

/// Cases of a category, as last classified, and all of them, net of merged registrations: read from the CSV itself.
fn counted_in_csv(category: &str) -> (usize, usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/events.csv");
    let mut category_of: HashMap<String, String> = HashMap::new();
    let (mut all, mut merged) = (HashSet::new(), HashSet::new());
    for row in csv::Reader::from_path(path).expect("the sample").records() {
        let row = row.expect("a row");
        let (case, kind, data) = (&row[0], &row[2], &row[8]);
        all.insert(case.to_owned());
        match kind {
            "merged" => {
                merged.insert(case.to_owned());
            }
            "classified" => {
                let data: Value = serde_json::from_str(data).expect("data");
                let name = data["category"].as_str().expect("a category");
                category_of.insert(case.to_owned(), name.to_owned());
            }
            _ => {}
        }
    }
    let inside = category_of
        .iter()
        .filter(|(case, name)| *name == category && !merged.contains(*case))
        .count();
    (inside, all.len() - merged.len())
}

const OPEN: &str = "action open --by ayse --title 'Late deliveries' --source review --scope 'category = late-delivery'";

#[test]
fn an_action_is_opened_analysed_planned_and_never_verified_by_its_owner() {
    let office = office();
    let said = office.run(OPEN);
    let (inside, all) = counted_in_csv("late-delivery");
    let expected = format!("holds {inside} of {all} complaints");
    assert!(said.err.contains(&expected), "{expected}: {}", said.err);
    said.done();
    let shown = office.run("action show A-000001 --format json").json();
    assert_eq!(
        (shown["state"].as_str(), shown["version"].as_u64()),
        (Some("open"), Some(1))
    );
    let plan = "action plan A-1 --by ayse --what 'another carrier' --due 2027-01-31 --criterion 'no parcel later than promised' --criterion-due 2027-03-31";
    office.run(plan).refused(USAGE, "find its root cause first");
    let analysed = "action analyse A-1 --by ayse --why 'the van is full' --why 'two tours were merged' --cause 'tours planned by weight'";
    let said = office.run(analysed);
    // A scope without a place is in reach of nothing else.
    assert!(!said.err.contains("also came from"), "{}", said.err);
    said.done();
    // Tried, then done.
    let tried = office
        .run(&format!("{plan} --dry-run --format json"))
        .json();
    assert_eq!(tried["recorded"], false);
    office.run(plan).done();
    office
        .run("action implement A-1 --by ayse --document WI-3 --expect 1")
        .refused(USAGE, "changed since");
    office
        .run("action implement A-1 --by ayse --on 2999-01-01")
        .refused(USAGE, "lies ahead");
    office
        .run("action implement A-1 --by ayse --cost -1")
        .refused(USAGE, "negative");
    office
        .run("action implement A-1 --by ayse --document WI-3")
        .done();
    let verify = "action verify A-1 --verdict effective --note seen --by";
    office
        .run(&format!("{verify} ayse"))
        .refused(USAGE, "owns A-000001");
    office
        .run(&format!("{verify} zeynep"))
        .refused(USAGE, "from 2027-03-31 on");
    office
        .run("action close A-1 --by zeynep")
        .refused(USAGE, "verify it first");
    office
        .run("action withdraw A-1 --by zeynep --reason ' '")
        .refused(USAGE, "reason");
    office
        .run("action withdraw A-1 --by zeynep --reason 'another firm delivers now'")
        .done();
    office
        .run("action note A-1 --by zeynep 'kept on file'")
        .done();
    let history = office.run("action history A-1 --format json").json();
    let kinds: Vec<&str> = history
        .as_array()
        .expect("events")
        .iter()
        .map(|e| e["what"].as_str().expect("kind"))
        .collect();
    assert_eq!(
        kinds,
        [
            "opened",
            "analysed",
            "planned",
            "implemented",
            "withdrawn",
            "noted"
        ]
    );
    office
        .run("action list --open")
        .refused(NOTHING, "no action fits");
    office
        .run("action show A-9")
        .refused(USAGE, "there is no action A-000009");
    office
        .run("action show seven")
        .refused(USAGE, "write it as A-000012");
    office.run("audit verify").done();
}

#[test]
fn other_products_and_sites_with_the_same_complaint_are_proposed() {
    let office = office();
    office
        .run("action open --by ayse --title Shades --source review --scope 'category = colour-appearance and product = \"Kuzey Silikonlu İç Cephe\"'")
        .done();
    let said = office.run("action analyse A-1 --by ayse --cause tinting");
    assert!(said.err.contains("also came from"), "{}", said.err);
    assert!(said.err.contains("product Kuzey"), "{}", said.err);
    assert!(
        !said.err.contains("product Kuzey Silikonlu İç Cephe"),
        "{}",
        said.err
    );
    said.done();
}

#[test]
fn a_check_says_what_can_be_seen_and_refuses_what_cannot() {
    let office = office();
    office.run(OPEN).done();
    office
        .run("action analyse A-1 --by ayse --cause unknown --ishikawa method")
        .done();
    let plan = "action plan A-1 --by ayse --what x --due 2027-01-31 --signal 2026-07-01";
    // Two a month: invisible.
    office.run(plan).refused(USAGE, "not even 36 months");
    let said = office.run(&format!("{plan} --follow-up 12 --dry-run"));
    assert!(
        said.err.contains("months of follow-up") && said.err.contains("a matter of luck"),
        "{}",
        said.err
    );
    said.done();
    office
        .run(&format!("{plan} --follow-up 12 --scope 'colour = red'"))
        .refused(USAGE, "is no dimension");
    office
        .run(&format!("{plan} --follow-up 12 --baseline 2026-01"))
        .refused(USAGE, "is no span of months");
    office
        .run(&format!(
            "{plan} --follow-up 12 --baseline 2026-01..2026-07"
        ))
        .refused(USAGE, "has to end before");
    office
        .run(&format!("{plan} --follow-up 12 --scope 'cluster = C-1'"))
        .refused(USAGE, "redress clusters run");
    office
        .run(&format!("{plan} --follow-up 12 --criterion x"))
        .refused(USAGE, "--criterion-due");
    office
        .run(&format!(
            "{plan} --follow-up 12 --exposure units --scope 'category = late-delivery and product != x'"
        ))
        .refused(USAGE, "units cannot be set against");
    office
        .run("action check A-1")
        .refused(USAGE, "has no check yet");
    office.run(&format!("{plan} --follow-up 12")).done();
    let checked = office.run("action check A-1 --format json").json();
    assert_eq!(checked["recorded"], false);
    assert!(checked["months"].as_array().expect("months").len() > 12);
    office
        .run("action check A-1 --change --by ayse --follow-up 6 --signal 2026-07-01")
        .refused(USAGE, "--reason");
    office.run("action check A-1 --change --reason 'sooner' --by ayse --follow-up 6 --signal 2026-07-01").done();
    let shown = office.run("action show A-1 --format json").json();
    assert_eq!(
        shown["attempts"][0]["checks"]
            .as_array()
            .expect("checks")
            .len(),
        2
    );
}

#[test]
fn the_night_writes_actions_beside_the_snapshot_and_reminds_once() {
    let office = office();
    office
        .run("query action_list --period 2026-Q3")
        .refused(NOTHING, "not measured");
    office.run(&format!("{OPEN} --due 2026-10-12")).done();
    let updated = office
        .run("action update --mail quality@example.org --format json")
        .json();
    let value = |what: &str| {
        let rows = updated.as_array().expect("rows").iter();
        rows.clone()
            .find(|r| r["what"] == what)
            .map(|r| r["value"].clone())
            .unwrap_or(Value::Null)
    };
    assert_eq!(value("actions"), 1);
    assert_eq!(value("due soon or overdue"), 1);
    office
        .run("action update --mail quality@example.org")
        .done();
    let conn = rusqlite::Connection::open(office.path("redress.sqlite")).expect("the register");
    let mails: i64 = conn
        .query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))
        .expect("outbox");
    assert_eq!(mails, 1);
    office.run("lake list --verify").done();
    // Invoices grow at the end of the sample, and no action is open on them.
    let rows = office
        .run("query unattended --period 2026-Q3 --format json")
        .json();
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(
        (rows[0]["subject"].as_str(), rows[0]["subject_id"].as_str()),
        (Some("category"), Some("invoice"))
    );
    office
        .run("action propose --snapshot nowhere")
        .refused(FAILED, "nowhere");
}

#[test]
fn lines_of_json_are_taken_or_refused_by_number() {
    let office = office();
    let good = r#"{"by":"ayse","kind":"opened","data":{"on":"2026-11-02","title":"Seals","kind":"corrective","source":"case","owner":"ayse"}}
{"action":"+","by":"ayse","kind":"analysed","data":{"on":"2026-11-02","method":"other","root_cause":"rubber"}}

{"action":"+","by":"ayse","kind":"planned","data":{"what":"x","due_on":"2027-01-31","check":{"by":"complaints","scope":"category = late-delivery","signal_on":"2026-07-01","follow_up_months":12}}}
"#;
    let tried = office
        .run_with("action apply - --dry-run --format json", good)
        .json();
    assert_eq!(tried.as_array().expect("rows").len(), 3);
    office.run("action list").refused(NOTHING, "no action fits");
    office.run_with("action apply -", good).done();
    let shown = office.run("action show A-1 --format json").json();
    assert_eq!(shown["state"], "planned");
    let refused = |line: &str, words: &str| {
        office
            .run_with("action apply -", line)
            .refused(USAGE, words)
    };
    refused("{", "line 1");
    refused(
        r#"{"by":"nobody","kind":"noted","action":"A-1","data":{"text":"x"}}"#,
        "no active member of staff `nobody`",
    );
    refused(
        r#"{"by":"ayse","kind":"noted","data":{"text":"x"}}"#,
        "needs the action's number",
    );
    refused(
        r#"{"by":"ayse","kind":"judged","action":"A-1","data":{}}"#,
        "line 1",
    );
    refused(
        r#"{"by":"ayse","kind":"noted","action":"A-1","expect":1,"data":{"text":"x"}}"#,
        "changed since",
    );
    refused(
        r#"{"by":"ayse","kind":"danced","action":"A-1","data":{}}"#,
        "danced",
    );
    office
        .run_with("action apply -", "\n")
        .refused(NOTHING, "holds no line");
}

#[test]
fn records_are_fed_in_as_lines_and_refer_to_what_there_is() {
    let office = office();
    let good = r#"{"by":"zeynep","kind":"audit_held","data":{"on":"2026-07-02","auditor":"zeynep","findings":"late answers"}}
{"by":"zeynep","kind":"recommended","data":{"on":"2026-07-02","source":"audit","reference":"au-1","text":"one mailbox","owner":"ayse","due_on":"2026-08-15"}}
{"record":"+","by":"ayse","kind":"carried_out","data":{"on":"2026-08-20"}}
"#;
    let first = good.lines().next().expect("a line");
    let begun_and_changed = r#"{"by":"ayse","kind":"suggested","data":{"on":"2026-08-03","from":"ayse","text":"call back"}}
{"record":"+","by":"zeynep","kind":"suggestion_decided","data":{"on":"2026-08-04","fate":"adopted","reason":"tried"}}
"#;
    office
        .run_with("improvement apply - --dry-run", begun_and_changed)
        .done();
    office
        .run_with(
            "improvement apply - --dry-run",
            &begun_and_changed.replace("adopted", "waiting"),
        )
        .refused(USAGE, "line 2: S-0001: decide it");
    office
        .run("improvement list")
        .refused(NOTHING, "nothing is recorded");
    let taken = office
        .run_with("improvement apply - --format json", good)
        .json();
    let names: Vec<&str> = taken
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["record"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["AU-0001", "R-0001", "R-0001"]);
    let refused = |line: &str, words: &str| {
        office
            .run_with("improvement apply -", line)
            .refused(USAGE, words)
    };
    refused(
        &good.replace("au-1", "AU-0009"),
        "line 2: there is no audit AU-0009; the 1 line(s) before it were recorded",
    );
    refused(
        &good.replace("\"due_on\":\"2026-08-15\"", "\"due_on\":\"2026-06-15\""),
        "before it was given",
    );
    refused(
        &first.replace("zeynep", "nobody"),
        "no active member of staff `nobody`",
    );
    refused(
        r#"{"by":"ayse","kind":"carried_out","data":{"on":"2026-08-20"}}"#,
        "line 1",
    );
    refused(
        r#"{"record":"MR-1","by":"ayse","kind":"decided","data":{"output":"O1","text":"x","action":"A-000001"}}"#,
        "redress review minutes decide",
    );
    office
        .run("improvement suggest --by ayse --from deniz --text 'call back'")
        .done();
    office
        .run("improvement decide S-1 --by zeynep --fate adopted --reason tried --action A-7")
        .refused(USAGE, "there is no action A-000007");
    // A day that has passed is taken, and said.
    let said = office.run(&format!("{OPEN} --due 2024-01-31 --dry-run"));
    assert!(said.err.contains("2024-01-31 has passed"), "{}", said.err);
    said.done();
    office.run("audit verify").done();
}

#[test]
fn records_and_minutes_are_kept_and_refused() {
    let office = office();
    office
        .run("improvement list")
        .refused(NOTHING, "nothing is recorded");
    office
        .run("improvement audit --by zeynep --auditor zeynep --findings 'late answers'")
        .done();
    office.run("improvement recommend --by zeynep --source audit --ref AU-0001 --text 'one mailbox' --owner ayse --due 2026-12-31").done();
    office.run("improvement carry-out R-1 --by ayse").done();
    office
        .run("improvement carry-out R-1 --by ayse")
        .refused(USAGE, "already");
    office
        .run("improvement carry-out AU-1 --by ayse")
        .refused(USAGE, "R-0007");
    office
        .run("improvement suggest --by ayse --from deniz --text 'call back' --dry-run")
        .done();
    office
        .run("improvement suggest --by ayse --from deniz --text 'call back'")
        .done();
    office
        .run("improvement decide S-1 --by zeynep --fate waiting --reason x")
        .refused(USAGE, "adopted, trial or declined");
    office
        .run("improvement decide S-1 --by zeynep --fate adopted --reason 'tried'")
        .done();
    office.run("improvement research --by zeynep --owner zeynep --question 'Does a call help?' --method trial").done();
    office
        .run("improvement conclude RN-1 --by zeynep --outcome unclear --finding 'too few'")
        .done();
    let listed = office.run("improvement list --format json").json();
    assert_eq!(listed.as_array().expect("rows").len(), 4);
    office
        .run("review minutes show")
        .refused(NOTHING, "no management review is recorded");
    office
        .run("review minutes begin 2026-Q9 --by zeynep --chair zeynep")
        .refused(USAGE, "is no period");
    office
        .run("review minutes begin 2026-Q3 --by zeynep --chair zeynep --present ayse,mehmet")
        .done();
    office
        .run("review minutes enter MR-1 I1 'a new plant' --by zeynep")
        .done();
    office
        .run("review minutes enter MR-1 I9 'x' --by zeynep")
        .refused(USAGE, "I9");
    office.run("review minutes decide MR-1 --by zeynep --output O1 --text 'photographs' --owner ayse --due 2027-01-31 --criterion 'the form asks for them'").done();
    office.run("action update").done();
    let shown = office.run("review minutes show --format json").json();
    assert_eq!(shown["inputs"].as_array().expect("inputs").len(), 8);
    assert_eq!(shown["inputs"][0]["entered"], "a new plant");
    assert_eq!(shown["decisions"][0]["action"], "A-000001");
    let in_words = office.run("--lang tr review minutes show").done();
    assert!(in_words.contains("A-000001"), "{in_words}");
    // The same period in other words is the same period.
    for period in ["2026-Q3", "2026-07-01..2026-09-30"] {
        let begin = format!("review minutes begin {period} --by zeynep --chair zeynep");
        for again in ["", "--again ' '"] {
            for dry in ["", "--dry-run"] {
                office
                    .run(&format!("{begin} {again} {dry}"))
                    .refused(USAGE, "MR-0001 has the minutes of 2026-Q3 already");
            }
        }
    }
    office.run("review minutes close MR-1 --by zeynep").done();
    office
        .run("review minutes begin 2026-Q3 --by zeynep --chair zeynep --again 'the board was absent'")
        .done();
    let shown = office.run("review minutes show MR-2").done();
    assert!(shown.contains("the board was absent"), "{shown}");
    office
        .run("review minutes enter MR-1 I2 'late' --by zeynep")
        .refused(USAGE, "minutes are closed");
    office.run("audit verify").done();
}

#[test]
fn units_sold_are_taken_with_the_row_that_is_wrong() {
    let office = office();
    let import = |text: &str| {
        std::fs::write(office.path("units.csv"), text).expect("written");
        office.run("import exposure units.csv --by ayse")
    };
    import("month,product,site,units\n2026-07,K20,Bursa,10\n2026-08,K20,Bursa,0\n").done();
    import("month,units\n2026-07,10\n").done();
    import("month,units\n2026-7,10\n").refused(USAGE, "row 1: `2026-7` is no month");
    import("month,units\n2026-07,10\n2026-08,-1\n").refused(USAGE, "row 2: -1 units");
    import("month,units\n2026-07,10\n2026-09,5\n").refused(USAGE, "no units for 2026-08");
    import("month,units\n2026-07,10\n2026-07,5\n").refused(USAGE, "row 2: the same month");
    import("month,units\n2026-07,ten\n").refused(USAGE, "row 1");
    import("month,Product,units\n2026-07,K20,5\n").refused(USAGE, "`Product` is not known");
    import("month\n2026-07\n").refused(USAGE, "no column `units`");
    import("").refused(USAGE, "the file is empty");
    // Other units are a version with a reason; the same ones are none.
    import("month,units\n2026-07,11\n").refused(USAGE, "--reason");
    office
        .run("import exposure units.csv --by ayse --reason recounted --dry-run")
        .done();
    import("month,units\n2026-07,11\n").refused(USAGE, "--reason");
    let taken = "import exposure units.csv --by ayse --reason recounted --format json";
    let taken = office.run(taken).json();
    assert_eq!(
        (taken["replaced"].as_u64(), taken["added"].as_u64()),
        (Some(1), Some(0))
    );
    let said = import("month,units\n2026-07,11\n");
    assert!(said.out.contains("1 as before"), "{}", said.out);
}

#[test]
fn units_are_compared_by_interval_or_funnel_and_only_by_shares() {
    let office = office();
    let compare = "improvement compare M5 --by channel --period 2026-Q3 --format json";
    let rows = office.run(compare).json();
    let rows = rows.as_array().expect("rows");
    assert!(rows.len() >= 2);
    for row in rows {
        // Under twenty there is no percentage.
        assert_eq!(
            row["percent"].is_null(),
            row["of"].as_i64().expect("of") < 20,
            "{row}"
        );
    }
    let (events, expected): (f64, f64) = rows.iter().fold((0.0, 0.0), |(e, x), row| {
        (
            e + row["events"].as_f64().expect("events"),
            x + row["expected"].as_f64().expect("expected"),
        )
    });
    assert!((events - expected).abs() < 0.5, "{events} {expected}");
    office
        .run("improvement compare M5 --by channel --standardise category --period 2026-Q3")
        .done();
    office
        .run("improvement compare M1 --by channel --period 2026-Q3")
        .refused(USAGE, "is no share");
    office
        .run("improvement compare M99 --period 2026-Q3")
        .refused(USAGE, "is no indicator");
    office
        .run("improvement compare M5 --by colour --period 2026-Q3")
        .refused(USAGE, "colour");
}
