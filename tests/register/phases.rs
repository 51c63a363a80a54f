//! Phases of control charts: recorded with a reason by those who may, withdrawn with another, and never changed.

use redress::domain::chart_phase::in_force;
use redress::domain::chart_series::ChartSeries;
use redress::domain::vocabulary::Role;
use redress::register::{Doing, NewPhase, NewStaff, PhaseRefusal, Register, RegisterError};
use rusqlite::Connection;

use super::{assert_clean, at, fresh, staffed};

/// A register with agents, and with zeynep of quality.
fn office() -> (tempfile::TempDir, Register) {
    let (dir, mut register) = fresh();
    staffed(&mut register);
    let zeynep = NewStaff {
        name: "zeynep".to_owned(),
        roles: vec![Role::Contact, Role::Quality],
        department: None,
        site: None,
        discretion_minor: None,
    };
    register.add_staff(&zeynep).unwrap();
    (dir, register)
}

fn received(begins: &str, reason: &str) -> NewPhase {
    NewPhase {
        series: ChartSeries::Received,
        site: None,
        begins: begins.to_owned(),
        reason: reason.to_owned(),
        by: "zeynep".to_owned(),
    }
}

#[track_caller]
fn refusal<T: std::fmt::Debug>(answer: Result<T, RegisterError>) -> PhaseRefusal {
    match answer {
        Err(RegisterError::Phase(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_phase_is_in_force_until_it_is_withdrawn_and_a_past_moment_sees_what_was_known() {
    let (_dir, mut register) = office();
    let shop = received("2026-01", " a shop on the web ");
    let again = received("2026-01", "a shop on the web, and a line for calls");
    let at_bursa = NewPhase {
        site: Some("Bursa".to_owned()),
        ..received("2025-11", "a plant of its own")
    };
    assert_eq!(register.set_phase(&shop, at(10)).unwrap(), 1);
    assert_eq!(register.set_phase(&at_bursa, at(11)).unwrap(), 1);
    assert_eq!(register.set_phase(&again, at(12)).unwrap(), 2);
    let gone = received("2026-01", "the shop was closed");
    assert_eq!(register.withdraw_phase(&gone, at(13)).unwrap(), 3);

    let held = |minute: i64| -> Vec<(Option<String>, String, String)> {
        let versions = register.phases(Some(at(minute))).unwrap();
        in_force(&versions)
            .into_iter()
            .map(|phase| (phase.site, phase.begins, phase.reason))
            .collect()
    };
    let whole = |reason: &str| (None::<String>, "2026-01".to_owned(), reason.to_owned());
    let bursa = (
        Some("Bursa".to_owned()),
        "2025-11".to_owned(),
        "a plant of its own".to_owned(),
    );
    assert!(held(9).is_empty());
    assert_eq!(held(10), [whole("a shop on the web")]);
    assert_eq!(held(12), [whole(&again.reason), bursa.clone()]);
    assert_eq!(held(13), [bursa]);

    let versions = register.phases(None).unwrap();
    let told: Vec<_> = versions
        .iter()
        .map(|v| (v.version, v.withdrawn, v.recorded_at, v.entered_by.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (1, false, at(10), "zeynep"),
            (2, false, at(12), "zeynep"),
            (3, true, at(13), "zeynep"),
            (1, false, at(11), "zeynep"),
        ]
    );
    // What was withdrawn can begin again.
    assert_eq!(register.set_phase(&shop, at(14)).unwrap(), 4);
    assert_clean(&register);
}

#[test]
fn what_is_not_recorded_is_refused_by_its_kind_and_leaves_nothing() {
    let (_dir, mut register) = office();
    let mut set = |phase: &NewPhase| refusal(register.set_phase(phase, at(0)));
    assert_eq!(
        set(&received("2026-3", "x")),
        PhaseRefusal::NoMonth {
            found: "2026-3".to_owned()
        }
    );
    // The clock of the test stands in March 2026.
    assert_eq!(
        set(&received("2026-04", "x")),
        PhaseRefusal::Ahead {
            begins: "2026-04".to_owned(),
            this_month: "2026-03".to_owned()
        }
    );
    assert_eq!(set(&received("2026-03", " \t")), PhaseRefusal::NoReason);
    let by = |name: &str| NewPhase {
        by: name.to_owned(),
        ..received("2026-03", "x")
    };
    let name = "nobody".to_owned();
    assert_eq!(set(&by("nobody")), PhaseRefusal::UnknownStaff { name });
    assert_eq!(
        set(&by("ayse")),
        PhaseRefusal::NotQuality {
            name: "ayse".to_owned(),
            roles: "agent".to_owned()
        }
    );
    let none = refusal(register.withdraw_phase(&received("2026-03", "x"), at(0)));
    assert!(matches!(none, PhaseRefusal::NotInForce { .. }), "{none}");
    register
        .let_act("zeynep", false, Doing::own("tekin", at(0)))
        .unwrap();
    let gone = refusal(register.set_phase(&received("2026-03", "x"), at(0)));
    assert!(matches!(gone, PhaseRefusal::Inactive { .. }), "{gone}");
    assert!(register.phases(None).unwrap().is_empty());
}

#[test]
fn the_month_is_that_of_the_zone_of_the_organisation() {
    let (_dir, mut register) = office();
    // In Istanbul, three hours ahead, it is the first of April already.
    let evening = "2026-03-31T21:30:00Z".parse().unwrap();
    let april = received("2026-04", "x");
    assert_eq!(register.set_phase(&april, evening).unwrap(), 1);
}

#[test]
fn a_recorded_phase_can_be_neither_changed_nor_deleted() {
    let (dir, mut register) = office();
    register
        .set_phase(&received("2026-01", "a shop on the web"), at(10))
        .unwrap();
    let conn = Connection::open(dir.path().join("register.sqlite")).unwrap();
    for attempt in [
        "UPDATE chart_phase SET begins_month = '2025-01'",
        "UPDATE chart_phase SET withdrawn = 1",
        "DELETE FROM chart_phase",
    ] {
        let refused = conn.execute_batch(attempt).unwrap_err().to_string();
        assert!(refused.contains("never"), "{attempt}: {refused}");
    }
    assert_clean(&register);
    conn.execute_batch(
        "DROP TRIGGER chart_phase_stays; UPDATE chart_phase SET reason = 'another';",
    )
    .unwrap();
    let report = register.audit_verify(None).unwrap();
    let seal = report.differences.iter().find(|d| d.place == "chart_phase");
    let seal = seal.expect("the row is found");
    assert_eq!(seal.key, "received  2026-01 1");
    assert!(seal.what.contains("checksum"), "{}", seal.what);
}

#[test]
fn a_backup_carries_the_phases() {
    let (dir, mut register) = office();
    register
        .set_phase(&received("2026-01", "a shop on the web"), at(10))
        .unwrap();
    let to = dir.path().join("copy.sqlite");
    register.backup(&to, at(11)).unwrap();
    let copy = Register::open(&to).unwrap();
    assert_eq!(copy.phases(None).unwrap(), register.phases(None).unwrap());
    assert_clean(&copy);
}
