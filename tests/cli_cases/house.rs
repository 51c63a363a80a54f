//! What the organisation says of itself: how it is reached, its external remedies, the rules of its decisions.

use super::{DONE, Office, USAGE};

#[test]
fn a_contact_is_checked_before_it_is_kept() {
    let office = Office::open();
    for (setting, value) in [
        ("organisation_phone", "+90 232 123 45 67"),
        ("organisation_email", "sikayet@example.org"),
        ("organisation_website", "https://example.org/sikayet"),
        ("organisation_address", "Konak, İzmir"),
    ] {
        office
            .run(&format!("config set {setting} '{value}'"))
            .done();
        for line in ["config register", "config show"] {
            let listed = office.run(line).done();
            assert!(listed.contains(value), "{line}: {listed}");
        }
    }
    office
        .run("config set organisation_phone 'call us'")
        .refused(USAGE, "is not a telephone number");
    office
        .run("config set organisation_website 'javascript:alert(1)'")
        .refused(USAGE, "is not an address with https://");
    // An empty one takes it away again.
    office.run("config set organisation_phone ''").done();
    let listed = office.run("config register").done();
    assert!(!listed.contains("+90 232"), "{listed}");
}

const OWN: &str = "[[remedy]]\nid = \"ombudsman\"\n\
                   [remedy.en]\nname = \"Paint ombudsman\"\nwhom = \"For all.\"\nhow = \"By letter.\"\n\
                   [remedy.tr]\nname = \"Boya ombudsmanı\"\nwhom = \"Herkes için.\"\nhow = \"Mektupla.\"\n\
                   [remedy.ru]\nname = \"Омбудсмен\"\nwhom = \"Для всех.\"\nhow = \"Письмом.\"\n";

#[test]
fn the_list_of_external_remedies_goes_out_as_it_came_in() {
    let office = Office::open();
    let shipped = office.run("config remedies --toml").done();
    assert!(shipped.contains("id = \"committee\""), "{shipped}");
    std::fs::write(office.path("own.toml"), OWN).unwrap();
    let rows = office
        .run("config remedies --set own.toml --format json")
        .json();
    assert_eq!(rows.as_array().unwrap().len(), 3);
    assert_eq!(rows[0]["name"], "Paint ombudsman");
    assert_eq!(office.run("config remedies --toml").done(), OWN);
    std::fs::write(office.path("none.toml"), "remedy = []").unwrap();
    office
        .run("config remedies --set none.toml")
        .refused(USAGE, "at least one remedy");
    office
        .run("config remedies --set nowhere.toml")
        .refused(USAGE, "cannot be read");
    assert_eq!(office.run("config remedies --toml").done(), OWN);
}

#[test]
fn a_referral_names_the_body_that_its_id_stands_for() {
    let office = Office::open();
    std::fs::write(office.path("own.toml"), OWN).unwrap();
    office.run("config remedies --set own.toml").done();
    let n = office.resolved();
    let no = "--by ayse --on-behalf --means letter --proof 'letter 12'";
    office.step("reject", &n, "2024-11-06 10:00", no).done();
    let second = "--by ayse --response apology --rule R-2 --rule-version 1";
    office.step("decide", &n, "2024-11-08 11:00", second).done();
    office
        .step(
            "communicate",
            &n,
            "2024-11-11 10:00",
            "--by ayse --means letter",
        )
        .done();
    office.step("reject", &n, "2024-11-12 10:00", no).done();
    office
        .step(
            "remedies-told",
            &n,
            "2024-11-13 10:00",
            "--by zeynep --means letter",
        )
        .done();
    office
        .step(
            "refer",
            &n,
            "2024-11-14 10:00",
            "--by zeynep --body ombudsman",
        )
        .done();
    let case = office.run(&format!("case show {n} --format json")).json();
    assert_eq!(case["referred_to"], "Paint ombudsman");
}

#[test]
fn a_version_of_a_rule_stays_as_it_was_when_a_decision_named_it() {
    let office = Office::open();
    let rule = |version: &str, text: &str| {
        format!(
            "[[rule]]\ncode = \"R-1\"\nversion = \"{version}\"\n[rule.en]\ntitle = \"Leaks\"\ntext = \"{text}\"\n"
        )
    };
    let set = |content: &str| {
        std::fs::write(office.path("rules.toml"), content).unwrap();
        office.run("config decision-rules --set rules.toml --format json")
    };
    let rows = set(&rule("3", "A tap that leaks is mended.")).json();
    assert_eq!(rows[0]["text"], "A tap that leaks is mended.");
    for lost in [
        rule("3", "It is not."),
        rule("4", "Another."),
        String::new(),
    ] {
        let said = set(&lost);
        assert_ne!(said.code, DONE, "{lost}");
        assert!(said.err.contains("R-1 version 3"), "{}", said.err);
    }
    let both = rule("3", "A tap that leaks is mended.") + &rule("4", "Another.");
    assert_eq!(set(&both).json().as_array().unwrap().len(), 2);
    office.run("audit verify").done();
}

#[test]
fn a_decision_that_promises_a_remedy_has_to_name_it() {
    let office = Office::open();
    let n = office.routed();
    let decide = |rest: &str| {
        let line = format!("--by mehmet --rule R-1 --rule-version 3 {rest}");
        office.step("decide", &n, "2024-10-28 11:00", &line)
    };
    decide("--response replacement").refused(USAGE, "promises a remedy");
    assert_eq!(office.state(&n), "in_processing");
    decide("--response replacement --granted repair").done();
    // Where nothing is promised, nothing has to be granted.
    let m = office.routed();
    let line = "--by mehmet --rule R-1 --rule-version 3 --response information";
    office.step("decide", &m, "2024-10-28 11:00", line).done();
}

#[test]
fn a_setting_that_cannot_be_what_it_stands_for_is_named_with_its_place() {
    let office = Office::open();
    let wrong = "listen = \"8080\"\nbatch_at = \"late\"\ncurrency = \"TL\"\nalarm_mail = \"quality\"\n\
                 thresholds = [\"M1 <= 900\", \"sla.processing >= 200\"]\n";
    std::fs::write(office.path("redress.toml"), wrong).unwrap();
    for line in ["config show", "serve"] {
        let said = office.run(line);
        for words in [
            "redress.toml: listen: `8080` is neither an address with a port",
            "redress.toml: batch_at: `late` is no time of day such as 02:30",
            "redress.toml: currency: `TL` is no code of a currency",
            "redress.toml: alarm_mail: `quality` is no mail address",
            "redress.toml: thresholds: sla.processing is a share in percent, from 0 to 100",
        ] {
            assert!(said.err.contains(words), "{line}: {words}: {}", said.err);
        }
        assert!(!said.err.contains("M1"), "{}", said.err);
        said.refused(USAGE, "redress.toml: ");
    }
    // A night does not begin with settings that a late step would stumble over; where to listen is not its business.
    let night = office.run("run");
    for words in [
        "currency: `TL`",
        "alarm_mail: `quality`",
        "thresholds: sla.",
    ] {
        assert!(night.err.contains(words), "{words}: {}", night.err);
    }
    assert!(!night.err.contains("listen"), "{}", night.err);
    night.refused(USAGE, "redress.toml: ");
    assert!(!office.path("lake/latest").exists());
    // Other commands do not need them, and the table is shown all the same.
    office.run("case list").done();
    assert!(office.run("config show").out.contains("batch_at"));
    std::fs::write(office.path("redress.toml"), "listen = \"127.0.0.1:0\"\n").unwrap();
    office.run("config show").done();
    // `check` itself says where a threshold stands that cannot be read.
    office.run("extract").done();
    std::fs::write(office.path("redress.toml"), "thresholds = [\"M5 <= x\"]\n").unwrap();
    office
        .run("check")
        .refused(USAGE, "redress.toml: thresholds: `x` is no number");
    std::fs::write(office.path("redress.toml"), "").unwrap();
    office
        .run("check --threshold M5")
        .refused(USAGE, "--threshold: `M5` is no threshold");
}
