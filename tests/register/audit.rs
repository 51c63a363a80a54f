//! What the audit notices.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use redress::domain::chart_series::ChartSeries;
use redress::domain::cluster::{
    ClusterChange, ClusterEvent, ClusterEventKind, ClusterId, ClusterLevel,
};
use redress::domain::event::{NoteAdded, SampleReceived};
use redress::domain::gone_case::{GoneCase, GoneFacts};
use redress::domain::improvement::{RecordBody, Suggested};
use redress::domain::vocabulary::Role;
use redress::register::{
    ChainHead, Change, Difference, Direction, Draft, Exposure, ExposureEntry, NewEvidence,
    NewIntegration, NewObjective, NewPhase, NewStaff, NewWebhook, Register, RegisterError, Scope,
    Setting, SourceSeen, Witness, half_copies, recorded_head,
};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;

use super::{agent, assert_clean, at, complaint, contact, fresh, make, person, resolved, staffed};

/// A small register with a row in every table, closed.
pub(super) fn full_register(path: &Path) -> ChainHead {
    let mut register = make(path);
    staffed(&mut register);
    let key = resolved(&mut register).case_key;
    register
        .append(
            key,
            Draft::new(at(5), NoteAdded {}).text("not").late_reason("r"),
            &agent(),
            at(6),
        )
        .unwrap();
    register
        .attach(
            key,
            "a.txt",
            "text/plain",
            &mut &b"abc"[..],
            &agent(),
            at(7),
        )
        .unwrap();
    register
        .train("ayse", "course", at(0).date_naive(), None, at(8))
        .unwrap();
    let known = register.cluster_book("redress", None).unwrap();
    register
        .record_clusters(
            known,
            &[ClusterEvent {
                cluster: ClusterId(1),
                level: ClusterLevel::Problem,
                kind: ClusterEventKind::Emerged,
                other: Some(ClusterId(1)),
                change: ClusterChange {
                    joined: vec!["a".into(), "b".into()],
                    ..ClusterChange::default()
                },
                actor: Some("ayse".into()),
                run: Some("2026-01-05T00-00-00Z".into()),
                recorded_at: at(8),
            }],
        )
        .unwrap();
    register
        .add_evidence(
            &NewEvidence {
                indicator: "P2".into(),
                value: Some(3.5),
                unit: None,
                dated: at(0).date_naive(),
                entered_by: "ayse".into(),
                file_sha256: None,
                note: Some("interview".into()),
            },
            at(8),
        )
        .unwrap();
    register
        .set_objective(
            &NewObjective {
                indicator: "M4".into(),
                target: 0.05,
                direction: Direction::AtMost,
                owner: "ayse".into(),
                effective_from: at(0).date_naive(),
                reason: "start".into(),
            },
            at(8),
        )
        .unwrap();
    register
        .set_exposure(
            &[Exposure {
                month: "2026-03".into(),
                product: Some("p".into()),
                site: None,
                units: 7.0,
            }],
            &ExposureEntry {
                by: "ayse",
                reason: None,
                now: at(8),
            },
        )
        .unwrap();
    register
        .add_staff(&NewStaff {
            name: "zeynep".into(),
            roles: vec![Role::Quality],
            department: None,
            site: None,
            discretion_minor: None,
        })
        .unwrap();
    register
        .set_phase(
            &NewPhase {
                series: ChartSeries::Received,
                site: Some("plant-1".into()),
                begins: "2026-01".into(),
                reason: "a second line".into(),
                by: "zeynep".into(),
            },
            at(8),
        )
        .unwrap();
    let change = Change {
        actor: "ayse",
        seen: None,
        now: at(8),
    };
    let suggested = RecordBody::Suggested(Suggested {
        on: at(0).date_naive(),
        from: "can".into(),
        department: None,
        text: "call back".into(),
    });
    register.begin_record(suggested.clone(), change).unwrap();
    register.begin_record(suggested, change).unwrap();
    register.set_setting(Setting::Organisation, "Acme").unwrap();
    let other = complaint(person("Can", None), at(8));
    register
        .register_form(&other, &contact(), "a form", at(8))
        .unwrap();
    with_programs_and_sources(&mut register);
    let head = register.chain_head().unwrap();
    drop(register);
    head
}

/// A second factor, an integration with what it is told, and what another store lost.
fn with_programs_and_sources(register: &mut Register) {
    let enrolment = register.begin_second_factor("zeynep", at(9)).unwrap();
    let code = totp_rs::Builder::new()
        .with_secret(base32(&enrolment.secret()))
        .build()
        .unwrap()
        .generate(u64::try_from(at(9).timestamp()).unwrap())
        .to_string();
    register
        .confirm_second_factor("zeynep", &code, at(9))
        .unwrap()
        .expect("recovery codes");
    let integration = NewIntegration {
        name: "shop".into(),
        scopes: vec![Scope::CasesRead],
        roles: vec![Role::Agent],
        department: None,
        site: None,
        per_minute: 60,
        expires_at: None,
    };
    register.create_token(&integration, "ayse", at(9)).unwrap();
    let webhook = NewWebhook {
        name: "erp".into(),
        url: "https://hooks.example.org/".into(),
        kinds: vec!["case.registered".into()],
        allows_private: false,
    };
    register.add_webhook(&webhook, "ayse", at(9)).unwrap();
    let later = complaint(person("Deniz", None), at(10));
    register.register_case(&later, &contact(), at(10)).unwrap();
    assert!(register.queue_deliveries(at(11)).unwrap() > 0);
    let gone = GoneCase {
        case_id: "17".into(),
        seen_at: at(0),
        gone_at: at(5),
        facts: GoneFacts {
            state: "in_processing".into(),
            received_on: at(0).date_naive(),
            produced_on: None,
            sold_on: None,
            cost_minor: 0,
            values: BTreeMap::new(),
        },
    };
    let witness = Witness {
        case_id: "18".into(),
        received_on: at(0).date_naive(),
    };
    register
        .record_source(&SourceSeen {
            source: "desk",
            at: at(5),
            recorded_at: at(11),
            gone: &[gone],
            returned: &[],
            witnesses: &[witness],
        })
        .unwrap();
}

/// The bytes of a text in base 32 (RFC 4648, 6), without padding.
fn base32(text: &str) -> Vec<u8> {
    let mut bits = 0_u32;
    let mut held = 0;
    let mut bytes = Vec::new();
    for sign in text.bytes() {
        let value = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'2'..=b'7' => sign - b'2' + 26,
            other => panic!("{other} is no sign of base 32"),
        };
        bits = bits << 5 | u32::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    bytes
}

/// A connection that no trigger, no reference and no check holds back.
fn unguarded(path: &Path) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)
        .unwrap();
    conn.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;")
        .unwrap();
    conn
}

/// Values that differ from this one in a single bit, at its beginning, middle and end.
fn flipped(value: &Value) -> Vec<Value> {
    let bytes = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let mut places = vec![0, bytes.len() / 2, bytes.len().saturating_sub(1)];
        places.dedup();
        let places = places.into_iter().filter(|p| *p < bytes.len());
        places
            .flat_map(|place| [1_u8, 0x20].map(|bit| (place, bit)))
            .map(|(place, bit)| {
                let mut changed = bytes.to_vec();
                changed[place] ^= bit;
                changed
            })
            .collect()
    };
    match value {
        Value::Null => Vec::new(),
        Value::Integer(n) => vec![Value::Integer(n ^ 1), Value::Integer(n ^ (1 << 40))],
        Value::Real(x) => vec![Value::Real(f64::from_bits(x.to_bits() ^ 1))],
        Value::Text(text) => bytes(text.as_bytes())
            .into_iter()
            .map(Value::Blob)
            .collect(),
        Value::Blob(blob) => bytes(blob).into_iter().map(Value::Blob).collect(),
    }
}

#[test]
fn a_flipped_bit_in_any_value_of_any_table_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("base.sqlite");
    full_register(&base);
    let changed = dir.path().join("changed.sqlite");
    std::os::unix::fs::symlink(
        dir.path().join("base.sqlite.files"),
        dir.path().join("changed.sqlite.files"),
    )
    .unwrap();
    std::os::unix::fs::symlink(
        dir.path().join("base.sqlite.key"),
        dir.path().join("changed.sqlite.key"),
    )
    .unwrap();
    fs::copy(&base, &changed).unwrap();
    assert_clean(&Register::open(&changed).unwrap());

    let reader = Connection::open(&base).unwrap();
    let tables: Vec<String> = reader
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(tables.len(), 28);
    let mut flips = 0;
    for table in &tables {
        let key = if table == "case_event" {
            "seq"
        } else {
            "rowid"
        };
        let mut select = reader
            .prepare(&format!("SELECT {key}, * FROM {table}"))
            .unwrap();
        let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
        let mut rows = select.query([]).unwrap();
        let mut count = 0;
        while let Some(row) = rows.next().unwrap() {
            count += 1;
            let id: i64 = row.get(0).unwrap();
            for (position, column) in columns.iter().enumerate().skip(1) {
                let value: Value = row.get(position).unwrap();
                let mut written = 0;
                for other in flipped(&value) {
                    let is_text = matches!(value, Value::Text(_));
                    let set = if is_text { "CAST(?1 AS TEXT)" } else { "?1" };
                    fs::copy(&base, &changed).unwrap();
                    let conn = unguarded(&changed);
                    let sql = format!("UPDATE {table} SET {column} = {set} WHERE {key} = ?2");
                    // A key that another row has already cannot be written; the other bit can.
                    if conn.execute(&sql, (&other, id)).is_err() {
                        continue;
                    }
                    drop(conn);
                    written += 1;
                    flips += 1;
                    let found = match Register::open(&changed) {
                        Err(_) => true,
                        Ok(register) => {
                            let report = register.audit_verify(None).unwrap();
                            // Each value of an event is in its hash, whatever else notices it.
                            let in_chain = |d: &Difference| {
                                d.place == *table && d.what.contains("its hash does not fit")
                            };
                            if table == "case_event" || table == "improvement_event" {
                                report.differences.iter().any(in_chain)
                            } else {
                                !report.is_clean()
                            }
                        }
                    };
                    assert!(found, "{table}.{column} of {id}: {value:?} -> {other:?}");
                }
                assert!(
                    written > 0 || flipped(&value).is_empty(),
                    "{table}.{column} {value:?}"
                );
            }
        }
        assert!(count > 0, "{table} has no row to look at");
    }
    assert!(flips > 1_000, "{flips}");
}

#[test]
fn a_removed_trigger_a_lost_text_and_a_foreign_table_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("base.sqlite");
    full_register(&base);
    for damage in [
        "DROP TRIGGER case_event_stays",
        "DELETE FROM event_text WHERE text_id = 1",
        "UPDATE event_text SET salt = NULL, body = NULL WHERE text_id = 1",
        "CREATE TABLE other (x)",
        "DELETE FROM complaint_case",
        "DELETE FROM case_event WHERE seq = 3",
        "DELETE FROM secret",
        "UPDATE event_text SET case_key = 2 WHERE text_id = 1",
        "UPDATE case_event SET role = 'quality' WHERE seq = 2",
        "UPDATE case_event SET occurred_at = occurred_at - 1 WHERE seq = 2",
        "UPDATE complaint_case SET complainant_id = 2 WHERE case_key = 1",
        "INSERT INTO event_text (case_key, body) VALUES (1, 'more')",
    ] {
        let changed = dir.path().join("changed.sqlite");
        fs::copy(&base, &changed).unwrap();
        unguarded(&changed).execute_batch(damage).unwrap();
        let register = Register::open(&changed).unwrap();
        let report = register.audit_verify(None).unwrap();
        // The attached file of the base does not lie beside the copy; that is one difference of its own.
        let found = report
            .differences
            .iter()
            .filter(|d| d.place != "file")
            .count();
        assert!(found > 0, "{damage}");
    }
}

#[test]
fn a_tail_cut_off_cleanly_is_found_with_the_head_known_elsewhere() {
    let (dir, mut register) = fresh();
    let key = resolved(&mut register).case_key;
    drop(register);
    let path = dir.path().join("register.sqlite");
    let earlier = dir.path().join("earlier.sqlite");
    fs::copy(&path, &earlier).unwrap();
    let mut register = Register::open(&path).unwrap();
    register
        .append(key, Draft::new(at(9), NoteAdded {}), &agent(), at(9))
        .unwrap();
    let known = register.chain_head().unwrap();
    assert!(register.audit_verify(Some(&known)).unwrap().is_clean());

    let mut cut = Register::open(&earlier).unwrap();
    assert_clean(&cut);
    let report = cut.audit_verify(Some(&known)).unwrap();
    assert!(
        report.first().unwrap().what.contains("cut off"),
        "{report:?}"
    );
    // Another event in the place of the one that was cut off.
    cut.append(key, Draft::new(at(9), SampleReceived {}), &agent(), at(9))
        .unwrap();
    let report = cut.audit_verify(Some(&known)).unwrap();
    assert!(
        report.first().unwrap().what.contains("not the head"),
        "{report:?}"
    );
}

#[test]
fn events_can_be_neither_changed_nor_deleted_nor_replaced() {
    let (dir, mut register) = fresh();
    resolved(&mut register);
    let conn = Connection::open(dir.path().join("register.sqlite")).unwrap();
    for attempt in [
        "UPDATE case_event SET actor = 'other' WHERE seq = 1",
        "DELETE FROM case_event WHERE seq = 1",
        "INSERT OR REPLACE INTO case_event SELECT * FROM case_event WHERE seq = 1",
        "INSERT INTO case_event SELECT case_key, event_no + 100, seq + 100, kind, occurred_at, recorded_at,
            role, actor, late_reason, data, text_id, text_hash, format, hash FROM case_event WHERE seq = 1",
        "UPDATE calendar_version SET toml = ''",
        "DELETE FROM limits_version",
    ] {
        let error = conn.execute_batch(attempt).unwrap_err().to_string();
        assert!(error.contains("never") || error.contains("only appended"), "{attempt}: {error}");
    }
    assert_clean(&register);
}

#[test]
fn a_backup_is_checked_carries_the_head_and_opens_as_a_register() {
    let (dir, mut register) = fresh();
    let key = resolved(&mut register).case_key;
    register
        .attach(
            key,
            "a.txt",
            "text/plain",
            &mut &b"abc"[..],
            &agent(),
            at(5),
        )
        .unwrap();
    let to = dir.path().join("copy.sqlite");
    let report = register.backup(&to, at(6)).unwrap();
    assert_eq!(report.head, register.chain_head().unwrap());
    assert_eq!((report.cases, report.files), (1, 1));
    assert_eq!(recorded_head(&to).unwrap(), report);
    assert!(matches!(
        register.backup(&to, at(7)),
        Err(RegisterError::AlreadyExists { .. })
    ));

    register
        .append(key, Draft::new(at(8), NoteAdded {}), &agent(), at(8))
        .unwrap();
    assert!(
        register
            .audit_verify(Some(&report.head))
            .unwrap()
            .is_clean(),
        "the chain went on from the backup"
    );
    let copy = Register::open(&to).unwrap();
    assert_clean(&copy);
    assert_eq!(
        copy.events(key).unwrap().len() + 1,
        register.events(key).unwrap().len()
    );
    assert_eq!(
        copy.read_attachment(&copy.attachments(key).unwrap()[0].sha256)
            .unwrap(),
        b"abc"
    );
}

#[test]
fn a_copy_that_a_killed_process_left_is_named_and_goes_when_it_is_old() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("register.sqlite");
    full_register(&path);
    let left = |name: &str, age: TimeDelta| {
        let place = dir.path().join(name);
        fs::write(&place, b"half a register").unwrap();
        let file = fs::File::options().write(true).open(&place).unwrap();
        file.set_modified((at(9) - age).into()).unwrap();
        place
    };
    let old = left(".backup-being-written-a1b2c3", TimeDelta::hours(2));
    let young = left(".backup-being-written-d4e5f6", TimeDelta::minutes(5));
    let other = left("notes.txt", TimeDelta::days(30));
    assert_eq!(
        half_copies(dir.path()).unwrap(),
        [old.clone(), young.clone()]
    );
    let register = Register::open(&path).unwrap();
    register
        .backup(&dir.path().join("copy.sqlite"), at(9))
        .unwrap();
    assert_eq!(half_copies(dir.path()).unwrap(), [young]);
    assert!(!old.exists() && other.exists());
}

#[test]
fn a_damaged_register_gives_no_backup() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("register.sqlite");
    full_register(&path);
    unguarded(&path)
        .execute_batch("UPDATE case_event SET actor = 'somebody' WHERE seq = 2")
        .unwrap();
    let to = dir.path().join("copy.sqlite");
    let error = Register::open(&path)
        .unwrap()
        .backup(&to, at(9))
        .unwrap_err();
    assert!(
        matches!(error, RegisterError::CopyDiffers { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("seq 2"), "{error}");
    assert!(!to.exists());
}
