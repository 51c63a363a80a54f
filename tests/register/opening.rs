//! Files that are no register, or no longer one.

use std::fs;

use redress::register::{NewRegister, Register, RegisterError, SCHEMA_VERSION, Setting};
use rusqlite::Connection;

use super::audit::full_register;
use super::{at, fresh};

#[test]
fn every_bad_file_is_told_from_the_others_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name);
    let good = place("good.sqlite");
    full_register(&good);
    let content = fs::read(&good).unwrap();

    let missing = Register::open(&place("missing")).unwrap_err();
    assert!(
        matches!(missing, RegisterError::NotFound { .. }),
        "{missing}"
    );
    let folder = Register::open(dir.path()).unwrap_err();
    assert!(
        matches!(folder, RegisterError::CannotOpen { .. }),
        "{folder}"
    );

    let text = place("text");
    fs::write(&text, "number;name\n1;a\n".repeat(500)).unwrap();
    let error = Register::open(&text).unwrap_err();
    assert!(
        matches!(error, RegisterError::NotADatabase { .. }),
        "{error}"
    );

    let empty = place("empty");
    fs::write(&empty, "").unwrap();
    let error = Register::open(&empty).unwrap_err();
    assert!(
        matches!(error, RegisterError::NotARegister { .. }),
        "{error}"
    );

    let foreign = place("foreign.sqlite");
    Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE t (x)")
        .unwrap();
    let before = fs::read(&foreign).unwrap();
    let error = Register::open(&foreign).unwrap_err();
    assert!(
        matches!(error, RegisterError::NotARegister { found: 0, .. }),
        "{error}"
    );
    assert_eq!(fs::read(&foreign).unwrap(), before);

    let newer = place("newer.sqlite");
    fs::copy(&good, &newer).unwrap();
    Connection::open(&newer)
        .unwrap()
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    let error = Register::open(&newer).unwrap_err();
    assert!(
        matches!(
            error,
            RegisterError::NewerSchema {
                found: 99,
                known: SCHEMA_VERSION,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("99") && error.to_string().contains(&SCHEMA_VERSION.to_string())
    );

    for kept in [
        content.len() - 1,
        content.len() - 8192,
        content.len() / 2,
        8192,
        100,
        50,
    ] {
        let cut = place("cut.sqlite");
        fs::write(&cut, &content[..kept]).unwrap();
        for error in [
            Register::open(&cut).unwrap_err(),
            Register::open_read_only(&cut).unwrap_err(),
        ] {
            assert!(
                matches!(error, RegisterError::Truncated { found, .. } if found == kept as u64),
                "{kept}: {error}"
            );
        }
        assert_eq!(fs::read(&cut).unwrap(), content[..kept]);
    }

    let damaged = place("damaged.sqlite");
    let mut bytes = content.clone();
    bytes[100..8192].fill(0xff);
    fs::write(&damaged, &bytes).unwrap();
    let error = Register::open(&damaged).unwrap_err();
    assert!(matches!(error, RegisterError::Damaged { .. }), "{error}");

    let taken = Register::create(
        &good,
        &NewRegister {
            zone: chrono_tz::UTC,
            calendar_toml: String::new(),
            limits_toml: String::new(),
            now: at(0),
        },
    );
    assert!(matches!(taken, Err(RegisterError::AlreadyExists { .. })));
    assert_eq!(fs::read(&good).unwrap(), content);
}

#[test]
fn a_register_opened_for_reading_cannot_be_written() {
    let (dir, register) = fresh();
    let path = dir.path().join("register.sqlite");
    let mut reader = Register::open_read_only(&path).unwrap();
    assert_eq!(reader.zone(), chrono_tz::Europe::Istanbul);
    let error = reader
        .set_setting(Setting::Organisation, "Acme")
        .unwrap_err();
    assert!(matches!(error, RegisterError::ReadOnly { .. }), "{error}");
    drop((reader, register));
    let mut rights = fs::metadata(&path).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(&path, rights).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        eprintln!("skipped: this user may write files that are read-only");
        return;
    }
    let error = Register::open(&path).unwrap_err();
    assert!(matches!(error, RegisterError::ReadOnly { .. }), "{error}");
}

#[test]
fn a_bad_text_leaves_no_register_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("register.sqlite");
    let new = NewRegister {
        zone: chrono_tz::UTC,
        calendar_toml: "= nothing".to_owned(),
        limits_toml: String::new(),
        now: at(0),
    };
    assert!(matches!(
        Register::create(&path, &new),
        Err(RegisterError::Invalid { .. })
    ));
    assert!(!path.exists());
    assert!(
        Register::create(
            &dir.path().join("no/such/folder"),
            &NewRegister {
                calendar_toml: String::new(),
                ..new
            }
        )
        .is_err()
    );
}
