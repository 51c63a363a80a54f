use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::{NewRegister, NewStaff};

const NAME: &str = "ayse";

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn register(folder: &Path) -> Register {
    let new = NewRegister {
        zone: chrono_tz::Europe::Istanbul,
        calendar_toml: include_str!("../../../reports/calendars/turkey.toml").to_owned(),
        limits_toml: "intake = 2\n".to_owned(),
        now: at(0),
    };
    let mut register = Register::create(&folder.join("register.sqlite"), &new).unwrap();
    for (name, role) in [(NAME, Role::Agent), ("tekin", Role::Admin)] {
        let new = NewStaff {
            name: name.to_owned(),
            roles: vec![role],
            department: None,
            site: None,
            discretion_minor: None,
        };
        register.add_staff(&new).unwrap();
    }
    register
}

/// The code that an app shows.
fn shown(enrolment: &Enrolment, now: DateTime<Utc>) -> String {
    let totp = totp_rs::Builder::new()
        .with_secret(enrolment.secret.as_slice())
        .build()
        .unwrap();
    totp.generate(u64::try_from(now.timestamp()).unwrap())
        .to_string()
}

fn enrolled(register: &mut Register) -> (Enrolment, Vec<String>) {
    let begun = register.begin_second_factor(NAME, at(0)).unwrap();
    let code = shown(&begun, at(1));
    let codes = register.confirm_second_factor(NAME, &code, at(1)).unwrap();
    (begun, codes.unwrap())
}

#[test]
fn a_secret_counts_for_nothing_until_a_code_proved_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut register = register(dir.path());
    let begun = register.begin_second_factor(NAME, at(0)).unwrap();
    assert_eq!(register.second_factor(NAME).unwrap(), None);
    let code = shown(&begun, at(1));
    assert_eq!(
        register.check_second_factor(NAME, &code, at(1)).unwrap(),
        None
    );
    let wrong = register
        .confirm_second_factor(NAME, "000000", at(1))
        .unwrap();
    assert_eq!(wrong, None);
    // Nobody came for half an hour.
    let late = shown(&begun, at(31));
    assert_eq!(
        register.confirm_second_factor(NAME, &late, at(31)).unwrap(),
        None
    );
    assert!(
        register
            .begun_second_factor(NAME, at(31))
            .unwrap()
            .is_none()
    );
    // Begun anew, the former secret is no more.
    let again = register.begin_second_factor(NAME, at(31)).unwrap();
    assert!(again != begun);
    let code = shown(&again, at(32));
    assert!(
        register
            .confirm_second_factor(NAME, &code, at(32))
            .unwrap()
            .is_some()
    );
    let found = register.second_factor(NAME).unwrap().unwrap();
    assert_eq!((found.since, found.recovery_codes_left), (at(32), 10));
    // One in force is replaced by nobody who merely has the session.
    assert!(matches!(
        register.begin_second_factor(NAME, at(33)),
        Err(RegisterError::Exists { .. })
    ));
}

#[test]
fn a_code_is_taken_once_and_none_before_it_either() {
    let dir = tempfile::tempdir().unwrap();
    let mut register = register(dir.path());
    let (begun, _) = enrolled(&mut register);
    // The code that proved the secret is used up by that.
    let code = shown(&begun, at(1));
    assert_eq!(
        register.check_second_factor(NAME, &code, at(1)).unwrap(),
        None
    );
    let (earlier, code) = (
        shown(&begun, at(5) - TimeDelta::seconds(30)),
        shown(&begun, at(5)),
    );
    let first = register.check_second_factor(NAME, &code, at(5)).unwrap();
    assert_eq!(first, Some(Proof::Code));
    for used in [&code, &earlier] {
        assert_eq!(
            register.check_second_factor(NAME, used, at(5)).unwrap(),
            None
        );
    }
    let next = shown(&begun, at(5) + TimeDelta::seconds(30));
    assert_eq!(
        register.check_second_factor(NAME, &next, at(5)).unwrap(),
        Some(Proof::Code)
    );
}

#[test]
fn a_recovery_code_opens_once_and_new_ones_end_the_former() {
    let dir = tempfile::tempdir().unwrap();
    let mut register = register(dir.path());
    let (_, codes) = enrolled(&mut register);
    let typed = codes[3].to_uppercase().replace('-', " ");
    let used = register.check_second_factor(NAME, &typed, at(2)).unwrap();
    assert_eq!(used, Some(Proof::Recovery { left: 9 }));
    assert_eq!(
        register.check_second_factor(NAME, &typed, at(2)).unwrap(),
        None
    );
    // It is nobody else's.
    assert_eq!(
        register
            .check_second_factor("tekin", &codes[4], at(2))
            .unwrap(),
        None
    );
    let fresh = register.renew_recovery_codes(NAME, at(3)).unwrap();
    assert_eq!(
        register
            .check_second_factor(NAME, &codes[4], at(4))
            .unwrap(),
        None
    );
    assert_eq!(
        register
            .check_second_factor(NAME, &fresh[0], at(4))
            .unwrap(),
        Some(Proof::Recovery { left: 9 })
    );
}

#[test]
fn only_an_administrator_with_a_reason_takes_it_away_from_somebody_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut register = register(dir.path());
    let (_, codes) = enrolled(&mut register);
    let doing = |by, reason| Doing {
        by,
        reason,
        now: at(9),
    };
    for refused in [
        doing("tekin", None),
        doing("tekin", Some(" ")),
        doing(NAME, Some("lost")),
        doing("nobody", Some("lost")),
    ] {
        assert!(register.reset_second_factor(NAME, refused).is_err());
    }
    register
        .reset_second_factor(NAME, doing("tekin", Some("telephone lost")))
        .unwrap();
    assert_eq!(register.second_factor(NAME).unwrap(), None);
    assert_eq!(
        register
            .check_second_factor(NAME, &codes[0], at(9))
            .unwrap(),
        None
    );
    let trail = register.staff_trail(Some(NAME)).unwrap();
    let newest = &trail[0];
    assert_eq!(newest.deed, StaffDeed::SecondFactorReset);
    assert_eq!(
        (
            newest.actor.as_str(),
            newest.reason.as_deref(),
            newest.recorded_at
        ),
        ("tekin", Some("telephone lost"), at(9))
    );
    assert_eq!(trail[1].deed, StaffDeed::SecondFactorAdded);
}

#[test]
fn neither_the_register_nor_its_backup_holds_a_secret_or_a_recovery_code() {
    let dir = tempfile::tempdir().unwrap();
    let mut register = register(dir.path());
    let (begun, codes) = enrolled(&mut register);
    let copy = dir.path().join("copy.sqlite");
    register.backup(&copy, at(2)).unwrap();
    let base32 = begun.secret();
    let plain: Vec<String> = codes.iter().map(|code| code::plain(code)).collect();
    let mut sought: Vec<&[u8]> = vec![begun.secret.as_slice(), base32.as_bytes()];
    sought.extend(codes.iter().map(String::as_bytes));
    sought.extend(plain.iter().map(String::as_bytes));
    let mut looked_at = 0;
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            looked_at += 1;
            let bytes = std::fs::read(&path).unwrap();
            for secret in &sought {
                let found = bytes.windows(secret.len()).any(|part| part == *secret);
                assert!(!found, "{}", path.display());
            }
        }
    }
    assert!(looked_at >= 3);
    // The key stays where the register is: a copy alone checks no code of the app, and makes no other key.
    let mut stolen = Register::open(&copy).unwrap();
    let code = shown(&begun, at(5));
    assert!(matches!(
        stolen.check_second_factor(NAME, &code, at(5)),
        Err(RegisterError::FactorKey { .. })
    ));
    assert!(matches!(
        stolen.begin_second_factor("tekin", at(5)),
        Err(RegisterError::FactorKey { .. })
    ));
    assert!(register.audit_verify(None).unwrap().is_clean());
}

#[test]
fn what_was_done_to_an_account_stays() {
    let dir = tempfile::tempdir().unwrap();
    let mut register = register(dir.path());
    enrolled(&mut register);
    for attempt in [
        "UPDATE staff_event SET actor = 'somebody'",
        "DELETE FROM staff_event",
    ] {
        let refused = register.connection().execute_batch(attempt).unwrap_err();
        assert!(
            refused.to_string().contains("never"),
            "{attempt}: {refused}"
        );
    }
}

#[test]
fn roles_of_the_setting_must_have_a_second_factor() {
    let dir = tempfile::tempdir().unwrap();
    let mut register = register(dir.path());
    let owes = |register: &Register, name: &str| {
        let staff = register.staff(name).unwrap();
        register.owes_second_factor(&staff).unwrap()
    };
    assert!(!owes(&register, NAME) && !owes(&register, "tekin"));
    for refused in ["customer", "agent,boss"] {
        assert!(
            register
                .set_setting(Setting::SecondFactorRoles, refused)
                .is_err()
        );
    }
    register
        .set_setting(Setting::SecondFactorRoles, "agent, quality")
        .unwrap();
    assert!(owes(&register, NAME) && !owes(&register, "tekin"));
    enrolled(&mut register);
    assert!(!owes(&register, NAME));
    register.remove_second_factor(NAME, at(2)).unwrap();
    assert!(owes(&register, NAME));
}
