//! People, files and records beside the cases.

use std::fs;

use redress::domain::workflow::StateName;
use redress::register::{
    CaseFilter, Direction, Doing, Draft, Exposure, ExposureEntry, ExposureTaken, NewEvidence,
    NewObjective, RegisterError,
};

use super::{
    agent, assert_clean, at, complaint, contact, decided, fresh, person, resolved, staffed,
};

#[test]
fn the_same_person_is_recognised_and_a_namesake_is_not() {
    let (_dir, mut register) = fresh();
    let mut key = |name: &str, phone: &str| {
        let new = complaint(person(name, Some(phone)), at(0));
        let case = register
            .register_case(&new, &contact(), at(0))
            .unwrap()
            .case_key;
        register.case_row(case).unwrap().complainant_id
    };
    let first = key("Elif Kaya", "+90 555 111 22 33");
    assert_eq!(key("elif  kaya", "+90(555)1112233"), first);
    assert_ne!(key("Elif Kaya", "+90 555 999 99 99"), first);
    assert_ne!(key("Can Kaya", "+90 555 111 22 33"), first);
    let keys = register.complainant_keys().unwrap();
    assert_eq!(keys.of(first).len(), 32);
    assert_ne!(keys.of(first), keys.of(first + 1));
}

#[test]
fn staff_sign_in_with_their_own_password_while_they_are_active() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let first = register
        .give_password("ayse", Doing::own("tekin", at(0)))
        .unwrap();
    assert!(
        register
            .verify_staff("ayse", &first)
            .unwrap()
            .unwrap()
            .must_change
    );
    register.set_password("ayse", "correct horse").unwrap();
    assert!(
        !register
            .verify_staff("ayse", "correct horse")
            .unwrap()
            .unwrap()
            .must_change
    );
    assert_eq!(register.verify_staff("ayse", &first).unwrap(), None);
    assert_eq!(
        register.verify_staff("nobody", "correct horse").unwrap(),
        None
    );
    register
        .train(
            "ayse",
            "ISO 10002 basics",
            at(0).date_naive(),
            Some("list 4"),
            at(0),
        )
        .unwrap();
    assert_eq!(register.trainings(Some("ayse")).unwrap().len(), 1);
    register
        .let_act("ayse", false, Doing::own("tekin", at(0)))
        .unwrap();
    assert_eq!(
        register.verify_staff("ayse", "correct horse").unwrap(),
        None
    );
    let key = register
        .register_case(
            &complaint(person("Elif", Some("1")), at(0)),
            &contact(),
            at(0),
        )
        .unwrap()
        .case_key;
    let gone = register.append(key, Draft::new(at(1), decided(1, 0, None)), &agent(), at(1));
    assert!(matches!(gone, Err(RegisterError::Inactive { .. })));
    assert_clean(&register);
}

#[test]
fn records_are_versions_that_a_past_moment_does_not_see() {
    let (_dir, mut register) = fresh();
    assert_eq!(
        register
            .set_calendar("default", "a = 1", "new holiday", at(60))
            .unwrap(),
        2
    );
    assert_eq!(
        register
            .calendar("default", Some(at(59)))
            .unwrap()
            .unwrap()
            .version,
        1
    );
    assert_eq!(
        register.calendar("default", None).unwrap().unwrap().toml,
        "a = 1"
    );
    let day = at(0).date_naive();
    assert_eq!(
        register
            .set_limits("b = 2", day, "agreed in March", at(60))
            .unwrap(),
        2
    );
    assert_eq!(register.limits(Some(at(0))).unwrap().len(), 1);
    assert!(
        register
            .set_limits("b = ", day, "agreed", at(60))
            .unwrap_err()
            .to_string()
            .contains("no TOML")
    );
    let objective = NewObjective {
        indicator: "M5".to_owned(),
        target: 0.1,
        direction: Direction::AtMost,
        owner: "quality".to_owned(),
        effective_from: day,
        reason: "review of Q4".to_owned(),
    };
    assert_eq!(register.set_objective(&objective, at(61)).unwrap(), 1);
    assert_eq!(register.objectives(None).unwrap()[0].objective, objective);
    assert!(register.objectives(Some(at(60))).unwrap().is_empty());
    let evidence = NewEvidence {
        indicator: "P9".to_owned(),
        value: Some(4.0),
        unit: Some("suggestions".to_owned()),
        dated: day,
        entered_by: "quality".to_owned(),
        file_sha256: None,
        note: None,
    };
    register.add_evidence(&evidence, at(62)).unwrap();
    assert_eq!(register.evidence(None).unwrap()[0].evidence, evidence);
    let mut exposure = Exposure {
        month: "2026-03".to_owned(),
        product: None,
        site: Some("plant-1".to_owned()),
        units: 1200.0,
    };
    let entry = |minute, reason| ExposureEntry {
        by: "quality",
        reason,
        now: at(minute),
    };
    let first = exposure.clone();
    let taken = |added, replaced, unchanged| ExposureTaken {
        added,
        replaced,
        unchanged,
    };
    let mut set = |exposure: &Exposure, entry: ExposureEntry<'_>| {
        register.set_exposure(std::slice::from_ref(exposure), &entry)
    };
    assert_eq!(set(&exposure, entry(63, None)).unwrap(), taken(1, 0, 0));
    assert_eq!(set(&exposure, entry(64, None)).unwrap(), taken(0, 0, 1));
    exposure.units = 1300.0;
    let refused = set(&exposure, entry(65, Some(" ")))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("2026-03"), "{refused}");
    let recounted = entry(66, Some("recounted"));
    assert_eq!(set(&exposure, recounted).unwrap(), taken(0, 1, 0));
    let second = exposure.clone();
    exposure.month = "2026-13".to_owned();
    assert!(set(&exposure, entry(67, None)).is_err());
    assert_eq!(register.exposures(None).unwrap(), [second]);
    // A past moment has what was known then.
    assert_eq!(register.exposures(Some(at(65))).unwrap(), [first]);
    assert!(register.exposures(Some(at(62))).unwrap().is_empty());
    assert_clean(&register);
}

#[test]
fn attached_files_are_named_by_their_hash_and_a_changed_one_shows() {
    let (_dir, mut register) = fresh();
    let key = resolved(&mut register).case_key;
    // SHA-256 of "abc": FIPS 180-2, appendix B.1.
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let kept = register
        .attach(
            key,
            "photo.jpg",
            "image/jpeg",
            &mut &b"abc"[..],
            &agent(),
            at(5),
        )
        .unwrap();
    assert_eq!((kept.sha256.as_str(), kept.bytes), (sha256, 3));
    let path = register.attachment_path(sha256);
    assert!(path.ends_with(format!("register.sqlite.files/ba/{sha256}")));
    assert_eq!(register.read_attachment(sha256).unwrap(), b"abc");
    assert_clean(&register);
    fs::write(&path, b"abd").unwrap();
    assert!(register.read_attachment(sha256).is_err());
    let report = register.audit_verify(None).unwrap();
    assert_eq!(
        report.first().unwrap().what,
        "is not the file that was added"
    );
}

#[test]
fn a_filter_lists_what_it_says() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    resolved(&mut register);
    let other = complaint(person("Can", None), at(0));
    register.register_case(&other, &contact(), at(5)).unwrap();
    let count = |filter: CaseFilter| register.list_cases(&filter).unwrap().len();
    assert_eq!(count(CaseFilter::default()), 2);
    assert_eq!(
        count(CaseFilter {
            state: Some(StateName::Resolved),
            ..CaseFilter::default()
        }),
        1
    );
    assert_eq!(
        count(CaseFilter {
            open_only: true,
            department: Some("tiles".into()),
            ..CaseFilter::default()
        }),
        1
    );
    assert_eq!(
        count(CaseFilter {
            from_month: Some("2026-04".into()),
            ..CaseFilter::default()
        }),
        0
    );
    assert_eq!(
        count(CaseFilter {
            after_key: Some(1),
            limit: Some(9),
            ..CaseFilter::default()
        }),
        1
    );
    assert_eq!(
        count(CaseFilter {
            site: Some("plant-1'; --".into()),
            ..CaseFilter::default()
        }),
        0
    );
}
