//! Editions for the public beside each other: what one leaves out must not follow from the next.

use std::path::Path;

use super::{Office, USAGE};

const FIRST: &str = "2026-10-05T09:00:00Z";
const SECOND: &str = "2026-10-10T09:00:00Z";

fn office() -> Office {
    let office = Office::open();
    std::fs::write(office.path("redress.toml"), "pseudonym_key = \"test\"\n").expect("settings");
    extract(&office, FIRST);
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

fn manifest(office: &Office, pack: &str) -> serde_json::Value {
    let text = std::fs::read(office.path(pack).join("manifest.json")).expect("a manifest");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn a_year_is_not_published_beside_its_quarters() {
    let office = office();
    // Quarter after quarter, in two languages, and a pack for the house of the year.
    office.run("review build 2026-Q2 --public").done();
    office.run("review build 2026-Q3 --public").done();
    office.run("--lang tr review build 2026-Q3 --public").done();
    office.run("review build 2026").done();
    for (period, beside) in [
        ("2026", "2026-Q2-en-public"),
        ("2026-08", "2026-Q3-en-public"),
    ] {
        office
            .run(&format!("review build {period} --public"))
            .refused(USAGE, beside);
        let pack = office.path("out").join(format!("{period}-en-public"));
        assert!(!pack.exists(), "{period}");
    }
    // Also from another folder: those in the usual one are known.
    office
        .run("review build 2026 --public --out elsewhere/year")
        .refused(USAGE, "2026-Q2-en-public");
    office
        .run("review build 2026-Q4 --public --compare 2026-12 --out elsewhere/quarter")
        .refused(USAGE, "stands beside");
}

#[test]
fn who_publishes_it_all_the_same_says_why_and_the_manifest_keeps_it() {
    let office = office();
    office.run("review build 2026-Q3 --public").done();
    office
        .run("review build 2026 --public --force-public ' '")
        .refused(USAGE, "--force-public");
    office
        .run("review build 2026 --force-public 'Asked for by the ministry.'")
        .refused(USAGE, "--public");
    office
        .run("review build 2026 --public --force-public 'Asked for by the ministry.'")
        .done();
    let kept = manifest(&office, "out/2026-en-public");
    assert_eq!(kept["overlap_reason"], "Asked for by the ministry.");
    assert_eq!(
        manifest(&office, "out/2026-Q3-en-public").get("overlap_reason"),
        None
    );
    // It is verified like any other, though the one that it overlaps lies beside it.
    office.run("review verify out/2026-en-public").done();
}

#[test]
fn an_edition_is_not_replaced_by_one_from_other_data_unseen() {
    let office = office();
    office.run("review build 2026-Q3 --public").done();
    // From the same data it is the same edition.
    office.run("review build 2026-Q3 --public --force").done();
    extract(&office, SECOND);
    office
        .run("review build 2026-Q3 --public --force")
        .refused(USAGE, "other data");
    office
        .run("review build 2026-Q3 --public --force --force-public 'The first was a draft.'")
        .done();
    // Packs for the house are not asked.
    office.run("review build 2026-Q3").done();
}
