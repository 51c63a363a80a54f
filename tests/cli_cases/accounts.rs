//! Accounts of staff from the command line: second factors that were lost, and what is on record.

use chrono::Utc;
use redress::register::Register;
use totp_rs::{Builder, Secret};

use super::{FAILED, Office, USAGE};

/// Sets up a second factor as somebody does at the pages.
fn set_up(office: &Office, name: &str) {
    let mut register = Register::open(&office.path("redress.sqlite")).unwrap();
    let now = Utc::now();
    let begun = register.begin_second_factor(name, now).unwrap();
    let secret = Secret::try_from_base32(begun.secret()).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    let code = totp
        .generate(u64::try_from(now.timestamp()).unwrap())
        .to_string();
    let codes = register.confirm_second_factor(name, &code, now).unwrap();
    assert!(codes.is_some());
}

#[test]
fn a_lost_second_factor_is_taken_away_by_an_administrator_who_says_why() {
    let office = Office::open();
    office.run("staff add tekin --roles admin").done();
    office
        .run("staff reset-second-factor ayse --by tekin --reason lost")
        .refused(FAILED, "no second factor of `ayse`");
    set_up(&office, "ayse");
    let listed = office.run("staff list --format json").json();
    let has = |name: &str| {
        let staff = listed.as_array().unwrap();
        let person = staff.iter().find(|person| person["name"] == name).unwrap();
        person["second_factor"].clone()
    };
    assert_eq!((has("ayse"), has("tekin")), (true.into(), false.into()));
    office
        .run("staff reset-second-factor ayse --by zeynep --reason lost")
        .refused(FAILED, "only an administrator");
    office
        .run("staff reset-second-factor ayse --by tekin")
        .refused(USAGE, "--reason");
    office
        .run("staff reset-second-factor ayse --by tekin --reason ' '")
        .refused(FAILED, "say why");
    office
        .run("staff reset-second-factor ayse --by tekin --reason 'telephone lost'")
        .done();
    let history = office.run("staff history ayse --format json").json();
    assert_eq!(history[0]["deed"], "second_factor_reset");
    assert_eq!(history[0]["by"], "tekin");
    assert_eq!(history[0]["reason"], "telephone lost");
    assert_eq!(history[1]["deed"], "second_factor_added");
    office
        .run("staff history nobody")
        .refused(FAILED, "no member of staff `nobody`");
}

#[test]
fn a_password_that_was_given_and_who_may_act_no_longer_are_on_record() {
    let office = Office::open();
    let made = office
        .run("staff reset mehmet --by zeynep --format json")
        .json();
    let password = made["password"].as_str().unwrap();
    office.run("staff roles mehmet --inactive").done();
    office.run("staff roles mehmet --active").done();
    let printed = office.run("staff history mehmet --format json").done();
    assert!(!printed.contains(password), "{printed}");
    let history: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let deeds: Vec<(&str, &str)> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["deed"].as_str().unwrap(), row["by"].as_str().unwrap()))
        .collect();
    assert_eq!(
        deeds,
        [
            ("activated", "command line"),
            ("deactivated", "command line"),
            ("password_reset", "zeynep"),
        ]
    );
}

#[test]
fn the_setting_names_roles_of_staff_and_nothing_else() {
    let office = Office::open();
    for wrong in ["boss", "agent,customer", "system"] {
        office
            .run(&format!("config set second_factor_roles {wrong}"))
            .refused(USAGE, "roles of staff");
    }
    office
        .run("config set second_factor_roles agent,quality")
        .done();
    office.run("config set second_factor_roles ''").done();
}
