//! Review packs, as an auditor meets them: verified against themselves and their data, and compared.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::{CHECK, Office, USAGE};

const FIRST: &str = "2026-10-05T09:00:00Z";
const SECOND: &str = "2026-10-10T09:00:00Z";

fn office() -> Office {
    let office = Office::open();
    std::fs::write(office.path("redress.toml"), "pseudonym_key = \"test\"\n").expect("settings");
    office
}

fn extract(office: &Office, as_of: &str) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data");
    office
        .run(&format!(
            "extract --mapping csv --store '{}' --as-of {as_of}",
            sample.display()
        ))
        .done();
}

#[test]
fn a_pack_is_verified_file_by_file_and_computed_again() {
    let office = office();
    extract(&office, FIRST);
    office.run("review build 2026-Q3 --out pack").done();
    let verified = office.run("review verify pack --format json").json();
    assert_eq!(verified["faults"].as_array().map(Vec::len), Some(0));
    assert_eq!(verified["not_recomputed"], serde_json::Value::Null);
    for part in [
        "review.xlsx",
        "minutes.docx",
        "cases.parquet",
        "review.html",
    ] {
        assert!(office.path("pack").join(part).is_file(), "{part}");
    }
    // Other settings of the person who verifies change nothing.
    office.run("review verify pack --lang tr").done();
    std::fs::write(office.path("pack/tables/volume.csv"), "month\n").expect("altered");
    std::fs::remove_file(office.path("pack/charts/ageing.svg")).expect("removed");
    std::fs::write(office.path("pack/notes.txt"), "mine").expect("added");
    let said = office.run("review verify pack");
    for words in [
        "tables/volume.csv: altered",
        "charts/ageing.svg: missing",
        "notes.txt: not of the pack",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    said.refused(CHECK, "3 file(s) at fault");
    // A metric of one's own is asked for with its folder.
    std::fs::create_dir(office.path("own")).expect("a folder");
    std::fs::write(
        office.path("own/own.sql"),
        "-- id: own\n-- title.en: Own\n-- iso: I3\n-- basis: received\n-- grain: case\n-- key: case_key\n\
         -- dimensions: site\n-- columns: site, n\n-- chart: none\n-- definition: D.\n\
         WITH counted AS (SELECT k.case_key, k.site FROM cases AS k) \
         SELECT site, CAST(COUNT(*) AS BIGINT) AS n FROM counted GROUP BY site ORDER BY site",
    )
    .expect("a metric");
    office
        .run("review build 2026-Q3 --queries own --out with-own")
        .done();
    let said = office.run("review verify with-own");
    assert!(said.out.contains("the metric own"), "{}", said.out);
    said.done();
    let verified = office
        .run("review verify with-own --queries own --format json")
        .json();
    assert_eq!(verified["not_recomputed"], serde_json::Value::Null);
    // Without the snapshot only the hashes are left to compare.
    office.run("review build 2026-Q3 --out other").done();
    std::fs::remove_dir_all(office.path("lake")).expect("gone");
    let said = office.run("review verify other");
    assert!(said.out.contains("only their hashes"), "{}", said.out);
    said.done();
    // A manifest that was touched is no witness.
    let path = office.path("other/manifest.json");
    let text = std::fs::read_to_string(&path).expect("a manifest");
    std::fs::write(&path, text.replacen("2026-Q3", "2026-Q2", 1)).expect("altered");
    office
        .run("review verify other")
        .refused(CHECK, "its digest does not match");
    office
        .run("review verify .")
        .refused(USAGE, "is no review pack");
}

#[test]
fn what_two_packs_say_differently_is_named_with_its_reason() {
    let office = office();
    extract(&office, FIRST);
    office.run("review build 2026-Q3 --out first").done();
    office
        .run("review build 2026-Q3 --out again --lang tr")
        .done();
    let same = office.run("review diff first again --format json").json();
    assert_eq!(same["figures"].as_array().map(Vec::len), Some(0));
    let reasons = |found: &serde_json::Value| -> Vec<String> {
        let rows = found["reasons"].as_array().expect("reasons");
        let kind = |row: &serde_json::Value| row["what"].as_str().map(str::to_owned);
        rows.iter().filter_map(kind).collect()
    };
    assert_eq!(reasons(&same), ["language"]);
    extract(&office, SECOND);
    office.run("review build 2026-Q3 --out second").done();
    let found = office.run("review diff first second --format json").json();
    assert_eq!(reasons(&found), ["as_of", "data"]);
    assert!(!found["figures"].as_array().expect("figures").is_empty());
    // Read from the CSV itself: which cases the register learnt anything of in between.
    let (from, to): (DateTime<Utc>, DateTime<Utc>) = (
        FIRST.parse().expect("a time"),
        SECOND.parse().expect("a time"),
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/events.csv");
    let mut table = csv::Reader::from_path(path).expect("the sample");
    let heads = table.headers().expect("a heading").clone();
    let column = |name: &str| heads.iter().position(|head| head == name).expect(name);
    let (case, recorded) = (column("case_id"), column("recorded_at"));
    let learnt: BTreeSet<String> = table
        .records()
        .map(|row| row.expect("a row"))
        .filter(|row| {
            let at: DateTime<Utc> = row[recorded].parse().expect("a time");
            from < at && at <= to
        })
        .map(|row| row[case].to_owned())
        .collect();
    let cases = found["cases"].as_array().expect("cases");
    assert!(!cases.is_empty());
    for change in cases {
        let id = change["case_id"].as_str().expect("a case");
        let why = change["why"].as_str().expect("why");
        assert_eq!(why != "no_event", learnt.contains(id), "{id}: {why}");
    }
}

#[test]
fn a_pack_is_told_to_a_program_and_what_a_killed_build_left_goes() {
    let office = office();
    extract(&office, FIRST);
    let left = office.path("packs/.writing-killed");
    std::fs::create_dir_all(left.join("charts")).expect("a folder");
    std::fs::write(left.join("review.html"), "half").expect("half a page");
    let built = "review build 2026-Q3 --out packs/first";
    let told = office.run(&format!("{built} --format json")).json();
    assert_eq!(told["folder"], "packs/first");
    assert_eq!(told["page"], "packs/first/review.html");
    assert_eq!(told["pdf"], serde_json::Value::Null);
    assert!(office.path("packs/first/review.html").is_file());
    assert!(!left.exists());
    office
        .run("review build 2026-Q3 --out packs/rows --format csv")
        .refused(USAGE, "a document, not rows");
    assert!(!office.path("packs/rows").exists());
}

#[test]
fn a_complaint_of_the_last_day_is_not_the_oldest_to_decide_on() {
    let office = office();
    office
        .run("case register --by ayse --channel phone --phone '+90 555 111 22 33' --text 'It leaks.'")
        .done();
    let cases = office.run("case list --format json").json();
    let number = cases[0]["number"].as_str().expect("a number");
    office.run("extract").done();
    let year = number.split('-').next().expect("a year");
    for (language, words) in [
        ("en", "What waits for us came in on the last day."),
        ("tr", "Bizi bekleyenler son gün geldi."),
        ("ru", "То, что ждёт нас, поступило в последний день."),
    ] {
        office
            .run(&format!(
                "review build {year} --out {language} --lang {language}"
            ))
            .done();
        let model = std::fs::read_to_string(office.path(language).join("model.json"));
        let model: serde_json::Value =
            serde_json::from_str(&model.expect("the model")).expect("JSON");
        let findings = model["findings"].as_array().expect("findings");
        assert!(findings.iter().all(|f| f["kind"] != "oldest_open"));
        let clear = model["clear"].as_array().expect("what is in order");
        assert!(clear.iter().any(|said| said == words), "{clear:?}");
    }
}

#[test]
fn a_review_bears_the_name_that_messages_are_signed_with_unless_another_is_set() {
    let office = office();
    extract(&office, FIRST);
    let named = || {
        office.run("review build 2026-Q3 --out pack --force").done();
        let model = std::fs::read_to_string(office.path("pack/model.json")).expect("the model");
        let model: serde_json::Value = serde_json::from_str(&model).expect("JSON");
        model["head"]["organisation"].as_str().map(str::to_owned)
    };
    assert_eq!(named().as_deref(), Some("Redress"));
    office.run("config set organisation 'Deneme A.Ş.'").done();
    assert_eq!(named().as_deref(), Some("Deneme A.Ş."));
    let settings = "pseudonym_key = \"test\"\norganisation = \"Deneme Holding\"\n";
    std::fs::write(office.path("redress.toml"), settings).expect("settings");
    assert_eq!(named().as_deref(), Some("Deneme Holding"));
}

#[test]
fn another_period_may_stand_beside() {
    let office = office();
    extract(&office, FIRST);
    office
        .run("review build 2026-Q3 --compare last-year --out beside")
        .done();
    let page = std::fs::read_to_string(office.path("beside/review.html")).expect("a page");
    assert!(page.contains("2025-Q3"), "the period a year before");
    office
        .run("review build 2026-Q3 --compare never --out never")
        .refused(USAGE, "--compare");
}

#[test]
fn an_edition_for_the_public_names_nobody_and_shows_no_few() {
    let office = office();
    extract(&office, FIRST);
    office
        .run("review build 2026-Q3 --public --out edition")
        .done();
    for part in ["tables", "exceptions", "cases.parquet", "minutes.docx"] {
        assert!(!office.path("edition").join(part).exists(), "{part}");
    }
    let page = std::fs::read_to_string(office.path("edition/review.html")).expect("the page");
    assert!(!page.contains("KY-0"), "a case is named");
    assert!(!page.contains("redress query"), "a drill is shown");
    // Who entered a figure, who owns an objective, the words of a problem.
    let whole = std::fs::read_to_string(office.path("edition/model.json")).expect("the model");
    for text in [&page, &whole] {
        assert!(
            !text.contains("Göynüklü") && !text.contains("C-0000"),
            "a name is shown"
        );
    }
    office.run("review build 2026-Q3 --out inside").done();
    let inside = std::fs::read_to_string(office.path("inside/review.html")).expect("the page");
    assert!(
        inside.contains("Göynüklü"),
        "the test has nothing to look for"
    );
    for section in [
        "recurrence",
        "actions",
        "others",
        "meeting",
        "record",
        "data-cut",
    ] {
        assert!(!page.contains(&format!("id=\"{section}\"")), "{section}");
    }
    let model = std::fs::read_to_string(office.path("edition/model.json")).expect("the model");
    let model: serde_json::Value = serde_json::from_str(&model).expect("JSON");
    let mut shown = 0;
    for section in model["sections"].as_array().expect("sections") {
        for block in section["blocks"].as_array().expect("blocks") {
            let table = match block["block"].as_str() {
                Some("table") => &block["table"],
                // Numbers at risk stand below a curve and in no table.
                Some("chart") => {
                    let curves = block["chart"]["drawing"]["curves"].as_array();
                    for curve in curves.into_iter().flatten() {
                        for tick in curve["at_risk"].as_array().into_iter().flatten() {
                            let few = ["1", "2", "3", "4"].map(Some);
                            assert!(!few.contains(&tick["label"].as_str()), "{tick}");
                        }
                    }
                    &block["chart"]["table"]
                }
                _ => continue,
            };
            // Columns of complaints: a number of one to four there is a few.
            let counted: Vec<usize> = table["columns"]
                .as_array()
                .expect("columns")
                .iter()
                .enumerate()
                .filter(|(_, c)| {
                    matches!(
                        c["title"].as_str(),
                        Some("Complaints" | "Counted" | "Net" | "Gross" | "Late")
                    )
                })
                .map(|(at, _)| at)
                .collect();
            for row in table["rows"].as_array().expect("rows") {
                for at in &counted {
                    let Some(number) = row[*at]["number"].as_f64() else {
                        continue;
                    };
                    shown += 1;
                    assert!(
                        number == 0.0 || number >= 5.0,
                        "{}: {row}",
                        table["caption"]
                    );
                }
            }
        }
    }
    assert!(shown > 20, "{shown} figures");
    office.run("review verify edition").done();
}
