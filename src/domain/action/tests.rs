use chrono::TimeZone as _;
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn event(event_no: u32, actor: &str, body: ActionBody) -> ActionEvent {
    // Plans are recorded in January 2026, the rest when all days of these tests have passed.
    let (year, day) = match body {
        ActionBody::Planned(_) | ActionBody::CheckChanged { .. } => (2026, 10),
        _ => (2028, 1),
    };
    ActionEvent {
        event_no,
        recorded_at: Utc
            .with_ymd_and_hms(year, 1, day, 9, 0, 0)
            .single()
            .expect("an instant"),
        actor: actor.to_owned(),
        body,
    }
}

fn opened(kind: ActionKind) -> ActionBody {
    ActionBody::Opened(Opened {
        on: day("2026-01-05"),
        title: "Seals that leak".to_owned(),
        kind,
        source: ActionSource::Cluster,
        reference: Some("C-000017".to_owned()),
        scope: "category = leak".parse().ok(),
        cases: vec!["2025-000007".to_owned()],
        case_source: None,
        signal_on: Some(day("2025-12-01")),
        owner: "ayse".to_owned(),
        department: Some("production".to_owned()),
        due_on: Some(day("2026-02-01")),
        output: None,
    })
}

fn analysed() -> ActionBody {
    ActionBody::Analysed(Analysed {
        on: day("2026-01-08"),
        method: AnalysisMethod::FiveWhys,
        whys: vec!["The seal is too hard".to_owned()],
        branch: None,
        root_cause: "The rubber of lot 12".to_owned(),
        escape_point: None,
        elsewhere: Vec::new(),
    })
}

fn rate(extension_months: Option<u32>) -> Check {
    Check::Rate(Box::new(RateCheck {
        scope: "category = leak".parse().expect("a scope"),
        signal_on: day("2025-12-01"),
        baseline_first: day("2024-12-01"),
        baseline_last: day("2025-11-30"),
        seasonal: false,
        count_by: CountBy::Received,
        exposure: ExposureKind::WorkingDays,
        settling_days: 30,
        ripening_days: None,
        follow_up_months: 6,
        extension_months,
        target: 1.0 / 3.0,
        reduction: 0.5,
        confidence: 0.95,
        foreseen: Foreseen {
            snapshot: "s".to_owned(),
            source: "redress".to_owned(),
            baseline_cases: 60,
            baseline_exposure: 250.0,
            dispersion: Some(1.0),
            months_needed: Some(10),
            seen: 0.7,
            refuted: 0.4,
        },
    }))
}

fn planned(check: Check) -> ActionBody {
    ActionBody::Planned(Planned {
        what: "Another rubber".to_owned(),
        due_on: day("2026-02-20"),
        check,
    })
}

fn implemented(on: &str) -> ActionBody {
    ActionBody::Implemented(Implemented {
        on: day(on),
        what: None,
        documents: vec!["WI-12".to_owned()],
        cost_minor: 100,
    })
}

fn look(number: u32, verdict: Verdict, settles: bool) -> ActionBody {
    ActionBody::Judged(Box::new(Look {
        number,
        snapshot: "s".to_owned(),
        as_of: Utc
            .with_ymd_and_hms(2026, 12, 1, 0, 0, 0)
            .single()
            .expect("an instant"),
        follow_up_first: day("2026-05-01"),
        follow_up_last: day("2026-10-31"),
        confidence: 0.95,
        found: Sides {
            cases_before: 60,
            exposure_before: 250.0,
            cases_after: 12,
            exposure_after: 125.0,
            ratio: Some(0.4),
            lower: 0.2,
            upper: Some(0.75),
            p_value: 0.002,
            dispersion: 1.0,
            verdict,
        },
        as_if_still_in: None,
        settles,
    }))
}

fn verified(verdict: Verdict, note: Option<&str>) -> ActionBody {
    ActionBody::Verified(Verified {
        on: day("2026-12-02"),
        verdict,
        note: note.map(str::to_owned),
    })
}

fn closed() -> ActionBody {
    ActionBody::Closed {
        on: day("2026-12-03"),
        note: None,
    }
}

/// Folds bodies by an actor each.
fn fold(bodies: &[(&str, ActionBody)]) -> Result<Action, ActionRefusal> {
    let events: Vec<ActionEvent> = (1..)
        .zip(bodies)
        .map(|(n, (actor, body))| event(n, actor, body.clone()))
        .collect();
    Action::fold(ActionId(1), &events)
}

fn until_implemented() -> Vec<(&'static str, ActionBody)> {
    vec![
        ("ayse", opened(ActionKind::Corrective)),
        ("ayse", analysed()),
        ("ayse", planned(rate(None))),
        ("ayse", implemented("2026-03-10")),
    ]
}

#[test]
fn an_action_goes_from_the_signal_to_the_proof() {
    let mut bodies = until_implemented();
    let action = fold(&bodies).expect("implemented");
    // Settled on 9 April, so the follow-up begins in May.
    assert_eq!(action.follow_up_begins(), Some(day("2026-05-01")));
    assert_eq!(action.check_due_on(), Some(day("2026-10-31")));
    assert_eq!(action.state(day("2026-04-30")), ActionState::Implemented);
    assert_eq!(action.state(day("2026-05-01")), ActionState::Checking);
    bodies.push(("system", look(1, Verdict::Effective, true)));
    bodies.push(("mehmet", verified(Verdict::Effective, None)));
    bodies.push(("mehmet", closed()));
    let action = fold(&bodies).expect("closed");
    assert_eq!(action.standing, Standing::Closed);
    assert_eq!(action.version, 7);
}

#[test]
fn a_month_that_begins_on_the_day_of_settling_is_the_first() {
    let Check::Rate(check) = rate(None) else {
        panic!("a rate check");
    };
    let at = |on: &str| check.follow_up(day(on)).map(|(first, _)| first);
    assert_eq!(at("2026-03-02"), Some(day("2026-04-01")));
    assert_eq!(at("2026-03-03"), Some(day("2026-05-01")));
}

#[test]
fn an_extension_splits_the_error_and_waits_longer() {
    let Check::Rate(check) = rate(Some(6)) else {
        panic!("a rate check");
    };
    assert!((check.confidence_of_a_look() - 0.975).abs() < 1e-12);
    let on = day("2026-03-10");
    assert_eq!(check.observed_until(on, 0), Some(day("2026-10-31")));
    assert_eq!(check.observed_until(on, 1), Some(day("2027-04-30")));
    let mut bodies = until_implemented();
    bodies[2] = ("ayse", planned(rate(Some(6))));
    bodies.push(("system", look(1, Verdict::Inconclusive, false)));
    let action = fold(&bodies).expect("a first look");
    assert_eq!(action.check_due_on(), Some(day("2027-04-30")));
    bodies.push(("mehmet", verified(Verdict::Effective, Some("seen"))));
    assert!(matches!(
        fold(&bodies),
        Err(ActionRefusal::NotJudged { .. })
    ));
}

#[test]
fn the_owner_never_verifies_however_the_name_is_written() {
    for name in ["ayse", " Ayse ", "AYSE", "ayşe", "ays\u{327}e"] {
        let mut bodies = until_implemented();
        bodies.push(("system", look(1, Verdict::Effective, true)));
        bodies.push((name, verified(Verdict::Effective, None)));
        assert!(
            matches!(fold(&bodies), Err(ActionRefusal::OwnerVerifies { .. })),
            "{name}"
        );
    }
    // Nor does the verifier become the owner afterwards.
    let mut bodies = until_implemented();
    bodies.push(("system", look(1, Verdict::Effective, true)));
    bodies.push(("mehmet", verified(Verdict::Effective, None)));
    bodies.push((
        "mehmet",
        ActionBody::Amended(Amendment {
            field: AmendedField::Owner,
            old: "ayse".to_owned(),
            new: "Mehmet".to_owned(),
            reason: "she left".to_owned(),
        }),
    ));
    assert!(matches!(
        fold(&bodies),
        Err(ActionRefusal::VerifierOwns { .. })
    ));
}

#[test]
fn handing_an_action_over_makes_no_verifier_of_its_owner() {
    let mut bodies = until_implemented();
    bodies.push(("system", look(1, Verdict::Effective, true)));
    let handed = |old: &str, new: &str| {
        ActionBody::Amended(Amendment {
            field: AmendedField::Owner,
            old: old.to_owned(),
            new: new.to_owned(),
            reason: "holidays".to_owned(),
        })
    };
    bodies.push(("ayse", handed("ayse", "deniz")));
    bodies.push(("ayse", verified(Verdict::Effective, None)));
    assert!(matches!(
        fold(&bodies),
        Err(ActionRefusal::OwnerVerifies { .. })
    ));
    // What was changed must be what is there.
    bodies.pop();
    bodies.push(("ayse", handed("ayse", "mehmet")));
    assert!(matches!(
        fold(&bodies),
        Err(ActionRefusal::OldDiffers { .. })
    ));
}

#[test]
fn whoever_has_seen_the_end_no_longer_chooses_how_to_judge() {
    let changed = |check| ActionBody::CheckChanged {
        check,
        reason: "better so".to_owned(),
    };
    let criterion = Check::Criterion(CriterionCheck {
        criterion: "it works".to_owned(),
        due_on: day("2026-12-31"),
    });
    let mut bodies = until_implemented();
    bodies.push(("system", look(1, Verdict::Ineffective, true)));
    bodies.push(("ayse", changed(criterion)));
    assert!(matches!(fold(&bodies), Err(ActionRefusal::Over { .. })));
    // Nor does the end pass unnoticed where no night looked.
    let mut late = event(5, "ayse", changed(rate(None)));
    late.recorded_at = Utc
        .with_ymd_and_hms(2026, 11, 2, 9, 0, 0)
        .single()
        .expect("an instant");
    let action = fold(&until_implemented()).expect("implemented");
    assert!(matches!(
        action.with(&late),
        Err(ActionRefusal::Over { .. })
    ));
}

#[test]
fn no_changed_check_takes_the_signal_or_the_action_into_its_baseline() {
    let with = |last: &str| {
        let Check::Rate(mut check) = rate(None) else {
            panic!("a rate check");
        };
        check.baseline_last = day(last);
        ActionBody::CheckChanged {
            check: Check::Rate(check),
            reason: "better so".to_owned(),
        }
    };
    for (last, fits) in [
        ("2025-11-30", true),
        ("2025-12-31", false),
        ("2026-04-30", false),
    ] {
        let mut bodies = until_implemented();
        bodies.push(("ayse", with(last)));
        assert_eq!(fold(&bodies).is_ok(), fits, "{last}");
    }
}

#[test]
fn days_have_come_and_follow_the_opening() {
    let mut bodies = until_implemented();
    bodies[3] = ("ayse", implemented("2099-01-01"));
    assert!(matches!(fold(&bodies), Err(ActionRefusal::Ahead { .. })));
    bodies[3] = (
        "ayse",
        ActionBody::Withdrawn {
            on: day("2020-01-01"),
            reason: "no".to_owned(),
        },
    );
    assert!(matches!(
        fold(&bodies),
        Err(ActionRefusal::BeforeOpening { .. })
    ));
    let ActionBody::Opened(mut opened) = opened(ActionKind::Corrective) else {
        panic!("an opening");
    };
    opened.title = "Seals\nA-000099 forged".to_owned();
    let forged = [("ayse", ActionBody::Opened(opened))];
    assert!(matches!(
        fold(&forged),
        Err(ActionRefusal::NotOneLine { .. })
    ));
}

#[test]
fn a_human_verdict_that_differs_says_why() {
    let mut bodies = until_implemented();
    bodies.push(("system", look(1, Verdict::Inconclusive, true)));
    bodies.push(("mehmet", verified(Verdict::Effective, Some(" "))));
    assert!(matches!(fold(&bodies), Err(ActionRefusal::Differs { .. })));
    let last = bodies.len() - 1;
    bodies[last] = (
        "mehmet",
        verified(Verdict::Effective, Some("the supplier's tests agree")),
    );
    assert_eq!(
        fold(&bodies).map(|a| a.standing),
        Ok(Standing::Verified(Verdict::Effective))
    );
}

#[test]
fn nothing_is_verified_before_it_is_judged() {
    let mut bodies = until_implemented();
    bodies.push(("mehmet", verified(Verdict::Effective, Some("I saw it"))));
    let error = fold(&bodies).expect_err("too early").to_string();
    assert!(error.contains("observed until 2026-10-31"), "{error}");
}

#[test]
fn a_criterion_waits_for_its_day_and_for_words() {
    let check = Check::Criterion(CriterionCheck {
        criterion: "All desks answer by the guide".to_owned(),
        due_on: day("2026-12-15"),
    });
    let mut bodies = vec![
        ("ayse", opened(ActionKind::Improvement)),
        ("ayse", planned(check)),
        ("ayse", implemented("2026-03-10")),
        ("mehmet", verified(Verdict::Effective, Some("looked"))),
    ];
    assert!(matches!(fold(&bodies), Err(ActionRefusal::TooEarly { .. })));
    let later = ActionBody::Verified(Verified {
        on: day("2026-12-15"),
        verdict: Verdict::Effective,
        note: None,
    });
    bodies[3] = ("mehmet", later);
    assert!(matches!(fold(&bodies), Err(ActionRefusal::Missing(_))));
}

#[test]
fn a_corrective_action_is_not_planned_without_its_cause() {
    let bodies = [
        ("ayse", opened(ActionKind::Corrective)),
        ("ayse", planned(rate(None))),
    ];
    let error = fold(&bodies).expect_err("no cause").to_string();
    assert!(error.contains("action analyse"), "{error}");
    let bodies = [
        ("ayse", opened(ActionKind::Correction)),
        ("ayse", planned(rate(None))),
    ];
    assert!(fold(&bodies).is_ok());
}

#[test]
fn the_check_is_fixed_before_the_action_begins() {
    let mut bodies = until_implemented();
    // Planned on 10 January; a day's grace for zones.
    bodies[3] = ("ayse", implemented("2026-01-06"));
    assert!(matches!(
        fold(&bodies),
        Err(ActionRefusal::BeforePlan { .. })
    ));
    if let ActionBody::Opened(opened) = &mut bodies[0].1 {
        opened.on = day("2025-11-01");
    }
    bodies[3] = ("ayse", implemented("2025-11-15"));
    assert!(matches!(
        fold(&bodies),
        Err(ActionRefusal::InBaseline { .. })
    ));
}

#[test]
fn a_changed_check_stays_beside_the_first() {
    let mut bodies = until_implemented();
    bodies.push((
        "ayse",
        ActionBody::CheckChanged {
            check: rate(Some(3)),
            reason: "sales fell".to_owned(),
        },
    ));
    let action = fold(&bodies).expect("changed");
    let checks = &action.round().checks;
    assert_eq!(checks.len(), 2);
    assert_eq!(checks[0].reason, None);
    assert!(checks[1].after_start);
}

#[test]
fn a_reopened_action_begins_anew_and_keeps_what_was() {
    let mut bodies = until_implemented();
    bodies.push(("system", look(1, Verdict::Effective, true)));
    bodies.push(("mehmet", verified(Verdict::Effective, None)));
    bodies.push(("mehmet", closed()));
    bodies.push((
        "mehmet",
        ActionBody::Reopened {
            on: day("2027-02-01"),
            reason: "it came again".to_owned(),
        },
    ));
    let action = fold(&bodies).expect("reopened");
    assert_eq!(action.rounds.len(), 2);
    assert_eq!(action.state(day("2027-02-01")), ActionState::Reopened);
    assert!(action.rounds[0].verification.is_some());
    assert!(action.round().check().is_none());
    bodies.push(("ayse", implemented("2027-03-01")));
    assert!(matches!(fold(&bodies), Err(ActionRefusal::NotNow { .. })));
}

#[test]
fn events_are_read_as_they_are_written() {
    let bodies = until_implemented()
        .into_iter()
        .map(|(_, body)| body)
        .chain([
            look(1, Verdict::Effective, true),
            verified(Verdict::Effective, None),
            closed(),
        ]);
    for body in bodies {
        let text = serde_json::to_string(&body).expect("written");
        let again: ActionBody = serde_json::from_str(&text).expect("read");
        assert_eq!(again, body);
        assert!(
            text.contains(&format!("\"kind\":\"{}\"", body.kind())),
            "{text}"
        );
    }
}

fn any_body() -> impl Strategy<Value = (&'static str, ActionBody)> {
    let actors = prop::sample::select(vec!["ayse", "mehmet", "system"]);
    let bodies = prop::sample::select(vec![
        analysed(),
        planned(rate(None)),
        implemented("2026-03-10"),
        look(1, Verdict::Effective, true),
        look(1, Verdict::Inconclusive, false),
        verified(Verdict::Effective, None),
        verified(Verdict::Ineffective, Some("why")),
        closed(),
        ActionBody::Withdrawn {
            on: day("2026-05-01"),
            reason: "not worth it".to_owned(),
        },
        ActionBody::Reopened {
            on: day("2027-01-01"),
            reason: "again".to_owned(),
        },
        ActionBody::CheckChanged {
            check: rate(Some(2)),
            reason: "why".to_owned(),
        },
    ]);
    (actors, bodies)
}

proptest! {
    /// Whatever is tried in whatever order: what closes was verified by another person after a computed verdict.
    #[test]
    fn nothing_closes_without_its_check(tried in prop::collection::vec(any_body(), 0..40)) {
        let mut action = Action::begin(ActionId(1), &event(1, "ayse", opened(ActionKind::Corrective)))
            .expect("opened");
        let mut number = 1;
        for (actor, body) in tried {
            let next = event(number + 1, actor, body);
            if let Ok(changed) = action.clone().with(&next) {
                number += 1;
                action = changed;
            }
            prop_assert_eq!(action.version, number);
            if action.standing == Standing::Closed {
                let round = action.round();
                prop_assert!(round.settled().is_some());
                let verifier = round.verification.as_ref().map(|(who, _)| who.as_str());
                prop_assert!(verifier.is_some() && verifier != Some("ayse"));
                prop_assert!(round.analysis.is_some() && round.implementation.is_some());
            }
        }
    }
}
