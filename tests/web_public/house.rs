//! What the organisation sets of itself, as complainants meet it: how it is reached, its external remedies, its rules.

use redress::register::Setting;

use super::*;

#[test]
fn the_organisation_is_reached_from_every_page_once_it_says_how() {
    let site = Site::new();
    site.get("/", "").is_silent_on("<address");
    let mut register = site.register();
    for (setting, value) in [
        (Setting::Organisation, "Kuzey Yapı"),
        (Setting::OrganisationPhone, "+90 (232) 123 45 67"),
        (Setting::OrganisationEmail, "sikayet@example.org"),
        (Setting::OrganisationWebsite, "https://example.org/"),
        (Setting::OrganisationAddress, "Konak, İzmir"),
    ] {
        register.set_setting(setting, value).unwrap();
    }
    let case = site.complain("x");
    let cookie = site.track(&case);
    let once = site.get("/complain", "").hidden("once");
    let pages = [
        site.get("/", ""),
        site.get("/nowhere", ""),
        site.get("/case", &cookie),
        site.post("/complain", "", &whole(&once, "x")),
    ];
    for page in pages {
        page.says("href=\"tel:+902321234567\"");
        page.says("href=\"mailto:sikayet@example.org\"");
        page.says("href=\"https://example.org/\"");
        page.says("Konak, İzmir");
    }
    for (setting, wrong) in [
        (Setting::OrganisationPhone, "call us"),
        (Setting::OrganisationEmail, "nobody"),
        (Setting::OrganisationWebsite, "javascript:alert(1)"),
        (Setting::OrganisationAddress, "a\nb"),
    ] {
        assert!(register.set_setting(setting, wrong).is_err(), "{setting}");
    }
}

const OWN: &str = "[[remedy]]\nid = \"ombudsman\"\n\
                   [remedy.en]\nname = \"Paint ombudsman\"\nwhom = \"For everybody.\"\nhow = \"By letter.\"\n\
                   limit = \"Within a year.\"\n\
                   [remedy.tr]\nname = \"Boya ombudsmanı\"\nwhom = \"Herkes için.\"\nhow = \"Mektupla.\"\n\
                   [remedy.ru]\nname = \"Омбудсмен\"\nwhom = \"Для всех.\"\nhow = \"Письмом.\"\n";

#[test]
fn external_remedies_of_the_organisation_are_named_by_page_and_message_alike() {
    let site = Site::new();
    site.register().set_external_remedies(OWN).unwrap();
    let case = site.complain("x");
    site.decide(&case, 1, "ayse", None, "No.");
    let cookie = site.track(&case);
    let rejected = [("answer", "rejected"), ("reason", "facts_disputed")];
    site.answer(&cookie, &rejected);
    site.decide(&case, 2, "mehmet", None, "Still no.");
    site.answer(&cookie, &rejected);
    assert_eq!(site.state(&case), StateName::Outstanding);
    let page = site.get("/case", &cookie);
    page.says("Paint ombudsman");
    page.says("For everybody. By letter.");
    page.says("Within a year.");
    page.is_silent_on("tüketici hakem heyeti");
    let told = site.register().messages(&MessageFilter {
        purpose: Some(MessagePurpose::Remedies),
        ..MessageFilter::default()
    });
    let body = told.unwrap()[0].body.clone().unwrap();
    assert!(body.contains("Paint ombudsman"), "{body}");
}

#[test]
fn a_decision_is_read_with_its_rule_in_full_and_in_the_version_that_it_names() {
    let site = Site::new();
    let rule = |version: &str, text: &str| {
        format!(
            "[[rule]]\ncode = \"CR-7\"\nversion = \"{version}\"\n[rule.tr]\ntitle = \"Değişim\"\ntext = \"{text}\"\n"
        )
    };
    let both = rule("3", "Kabaran boya değiştirilir.") + &rule("4", "Başka bir metin.");
    site.register().set_decision_rules(&both).unwrap();
    let case = site.complain("x");
    site.decide(&case, 1, "ayse", None, "No.");
    let page = site.get("/case", &site.track(&case));
    page.says("CR-7, version 3");
    page.says("<div lang=\"tr\">");
    page.says("Kabaran boya değiştirilir.");
    page.is_silent_on("Başka bir metin.");
    // What was decided on stays to be read.
    let changed = rule("3", "Kabaran boya değiştirilmez.");
    assert!(site.register().set_decision_rules(&changed).is_err());
    let page = site.get("/case", &site.track(&case));
    page.says("Kabaran boya değiştirilir.");
}

#[test]
fn on_paper_a_page_says_as_of_when_it_is() {
    let site = Site::new();
    let once = site.get("/complain", "").hidden("once");
    let receipt = site.post("/complain", "", &whole(&once, "x"));
    receipt.says("As of 2\u{a0}March 2026 09:00");
    let shown = receipt.receipt();
    let case = Case {
        number: shown[0].clone(),
        password: shown[1].clone(),
    };
    site.pass(TimeDelta::days(1));
    let page = site.get("/case", &site.track(&case));
    page.says("As of 3\u{a0}March 2026 09:00");
}
