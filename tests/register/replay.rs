//! What the register keeps is what its events give.

use proptest::prelude::*;
use redress::domain::case_file::{CaseFile, Mode};
use redress::domain::event::*;
use redress::domain::vocabulary::*;
use redress::register::{Actor, Draft, Durability, Register};

use super::{
    agent, at, classified, complaint, contact, decided, deliver_all, make, person, routed,
    second_agent, staffed,
};

/// A command of somebody, with the minutes that pass before it.
fn command() -> impl Strategy<Value = (EventBody, Actor, i64)> {
    let bodies: Vec<EventBody> = vec![
        Acknowledged {
            means: Means::Phone,
        }
        .into(),
        Assessed {
            severity: Severity::High,
            safety: false,
            complex: true,
            immediate_action: false,
            change: AssessmentChange::First,
        }
        .into(),
        classified().into(),
        routed().into(),
        Routed {
            department: "logistics".into(),
            site: Some("plant-2".into()),
            also: vec![],
        }
        .into(),
        Assigned {
            to: "mehmet".into(),
        }
        .into(),
        Paused {
            reason: PauseReason::Laboratory,
        }
        .into(),
        Resumed {}.into(),
        NoteAdded {}.into(),
        decided(1, 4_000, Some(Response::Repair)).into(),
        decided(1, 40_000, Some(Response::Refund)).into(),
        decided(2, 0, Some(Response::Apology)).into(),
        Countersigned { pass: 1 }.into(),
        Countersigned { pass: 2 }.into(),
        Communicated {
            pass: 1,
            means: Means::Letter,
        }
        .into(),
        Communicated {
            pass: 2,
            means: Means::Letter,
        }
        .into(),
        Accepted { pass: 1 }.into(),
        Accepted { pass: 2 }.into(),
        Rejected {
            pass: 1,
            reason: None,
        }
        .into(),
        Rejected {
            pass: 2,
            reason: None,
        }
        .into(),
        RemediesTold {
            means: Means::Letter,
        }
        .into(),
        ReferredExternally {
            body: "arbitration committee".into(),
        }
        .into(),
        ExternalOutcome { satisfied: true }.into(),
        RemedyDone {}.into(),
        Reopened {}.into(),
        Withdrawn {}.into(),
    ];
    let actors = vec![agent(), second_agent(), Actor::customer()];
    (
        proptest::sample::select(bodies),
        proptest::sample::select(actors),
        0_i64..600,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_projection_is_what_a_replay_of_the_events_gives(commands in prop::collection::vec(command(), 1..120)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("register.sqlite");
        drop(make(&path));
        let mut register = Register::open_with(&path, Durability::Normal).unwrap();
        staffed(&mut register);
        let key = register
            .register_case(&complaint(person("Elif", Some("1")), at(0)), &contact(), at(0))
            .unwrap()
            .case_key;
        let (mut minutes, mut confirmed) = (0, Vec::new());
        for (body, actor, passed) in commands {
            minutes += passed;
            let draft = Draft::new(at(minutes), body).text("x");
            let before = register.chain_head().unwrap();
            match register.append(key, draft, &actor, at(minutes)) {
                Ok(appended) => confirmed.push(appended.seq),
                Err(_) => prop_assert_eq!(register.chain_head().unwrap(), before),
            }
            if passed % 7 == 0 {
                deliver_all(&mut register, at(minutes));
            }
        }
        let events = register.events(key).unwrap();
        for seq in &confirmed {
            prop_assert!(events.iter().any(|e| e.seq == *seq));
        }
        // The first event makes a case; each prefix after it has to be a possible case too.
        for end in 1..=events.len() {
            prop_assert!(CaseFile::fold(&events[..end], None, Mode::Strict).is_ok());
        }
        let file = CaseFile::fold(&events, None, Mode::Strict).unwrap();
        let row = register.case_row(key).unwrap();
        prop_assert_eq!(row.state, file.state.name());
        prop_assert_eq!(row.pass, file.state.pass());
        prop_assert_eq!(row.category, file.category.clone());
        prop_assert_eq!(row.department, file.holdings.last().map(|h| h.department.clone()));
        prop_assert_eq!(row.assigned_to, file.assigned_to.clone());
        prop_assert_eq!(row.last_seq, events.last().unwrap().seq);
        let report = register.audit_verify(None).unwrap();
        prop_assert!(report.is_clean(), "{:?}", report.differences);
    }
}
