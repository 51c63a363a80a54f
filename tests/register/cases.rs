//! A case goes its way through the register.

use chrono::NaiveDate;
use redress::domain::event::{
    Accepted, AnsweredOnBehalf, Countersigned, EventBody, EventKind, NoteAdded, Rejected, Routed,
};
use redress::domain::vocabulary::{Answer, Means};
use redress::domain::workflow::StateName;
use redress::register::{Actor, Amendment, Draft, RegisterError};

use super::{
    agent, assert_clean, at, classified, complaint, contact, decided, deliver_all, fresh, kinds,
    person, resolved, routed, second_agent, staffed,
};

#[test]
fn a_case_goes_its_way_and_the_messages_tell_it() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let case = resolved(&mut register);
    let key = case.case_key;
    assert_eq!(case.number, "2026-000001");
    assert_eq!(
        register.case_by_number("2026-000001").unwrap().state,
        StateName::Resolved
    );

    let accepted = register
        .append(
            key,
            Draft::new(at(5), Accepted { pass: 1 }),
            &Actor::customer(),
            at(5),
        )
        .unwrap();
    assert_eq!(accepted.state, StateName::Completed);
    assert_eq!(accepted.follow_ups.len(), 1);
    let file = register.case_file(key, None).unwrap();
    // Accepted on Monday 2 March 2026; ten calendar days later.
    assert_eq!(file.remedy_due_on, NaiveDate::from_ymd_opt(2026, 3, 12));
    use EventKind as K;
    assert_eq!(
        kinds(&register, key),
        [
            K::Registered,
            K::Classified,
            K::Routed,
            K::Decided,
            K::MessageSent,
            K::Acknowledged,
            K::MessageSent,
            K::Communicated,
            K::Accepted,
            K::RemedyDue,
        ]
    );
    let row = register.case_row(key).unwrap();
    assert_eq!(row.department.as_deref(), Some("tiles"));
    assert_eq!(row.site.as_deref(), Some("plant-1"));
    assert_eq!(row.received_month, "2026-03");
    assert_eq!(
        register.narrative(key).unwrap().as_deref(),
        Some("Karo ikinci gün çatladı.")
    );
    assert_clean(&register);
}

#[test]
fn a_second_rejection_queues_the_remedies_and_another_person_decides_again() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let key = resolved(&mut register).case_key;
    let customer = Actor::customer();
    let first = register
        .append(
            key,
            Draft::new(
                at(5),
                Rejected {
                    pass: 1,
                    reason: None,
                },
            )
            .text("Para istiyorum."),
            &customer,
            at(5),
        )
        .unwrap();
    assert_eq!(
        (first.state, first.messages.len()),
        (StateName::InProcessing, 0)
    );
    let same = register.append(key, Draft::new(at(6), decided(2, 0, None)), &agent(), at(6));
    assert!(same.unwrap_err().to_string().contains("another person"));
    register
        .append(
            key,
            Draft::new(at(6), decided(2, 0, None)),
            &second_agent(),
            at(6),
        )
        .unwrap();
    let waiting = register.claim_due_messages(at(7), 10).unwrap();
    assert_eq!(waiting[0].pass, Some(2));
    assert!(
        waiting[0]
            .body
            .as_deref()
            .unwrap()
            .contains("yeniden incelendi")
    );
    register
        .message_delivered(waiting[0].message_id, at(7))
        .unwrap();
    let second = register
        .append(
            key,
            Draft::new(
                at(8),
                Rejected {
                    pass: 2,
                    reason: None,
                },
            ),
            &customer,
            at(8),
        )
        .unwrap();
    assert_eq!(second.state, StateName::Outstanding);
    assert_eq!(second.messages.len(), 1);
    deliver_all(&mut register, at(9));
    let file = register.case_file(key, None).unwrap();
    assert_eq!(file.remedies_told_at, Some(at(9)));
    assert_clean(&register);
}

#[test]
fn a_decision_above_the_deciders_discretion_waits_for_a_second_signature() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let case = register
        .register_case(
            &complaint(person("Elif", Some("1")), at(0)),
            &contact(),
            at(0),
        )
        .unwrap();
    let key = case.case_key;
    for body in [EventBody::from(classified()), routed().into()] {
        register
            .append(key, Draft::new(at(1), body), &agent(), at(1))
            .unwrap();
    }
    let above = register
        .append(
            key,
            Draft::new(at(2), decided(1, 10_001, None)),
            &agent(),
            at(2),
        )
        .unwrap();
    assert!(above.needs_second_signature);
    assert!(above.messages.is_empty());
    let countersigned = Countersigned { pass: 1 };
    let own = register.append(
        key,
        Draft::new(at(3), countersigned.clone()),
        &agent(),
        at(3),
    );
    assert!(own.unwrap_err().to_string().contains("another person"));
    let signed = register
        .append(
            key,
            Draft::new(at(3), countersigned),
            &second_agent(),
            at(3),
        )
        .unwrap();
    assert_eq!(signed.messages.len(), 1);
}

#[test]
fn amending_the_cost_is_no_way_round_the_second_signature() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let key = resolved(&mut register).case_key;
    let decision = register.events(key).unwrap()[3].seq;
    let mut amendment = Amendment {
        seq: decision,
        field: "cost".to_owned(),
        new: 10_001.into(),
        reason: "typing error".to_owned(),
    };
    let refused = register
        .amend(key, &amendment, &agent(), at(6))
        .unwrap_err();
    assert!(
        refused.to_string().contains("second signature"),
        "{refused}"
    );
    amendment.new = 9_000.into();
    register.amend(key, &amendment, &agent(), at(6)).unwrap();
    amendment.new = 8_000.into();
    register.amend(key, &amendment, &agent(), at(7)).unwrap();
    let file = register.case_file(key, None).unwrap();
    assert_eq!(file.last_decision().unwrap().data.cost, 8_000);
    assert_eq!(file.amendments, 2);
    assert_clean(&register);
}

#[test]
fn staff_enter_the_customers_answer_only_with_proof() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let key = resolved(&mut register).case_key;
    let as_customer = register.append(
        key,
        Draft::new(at(5), Accepted { pass: 1 }),
        &agent(),
        at(5),
    );
    assert!(matches!(
        as_customer,
        Err(RegisterError::NotAppendable { .. })
    ));
    let mut answer = AnsweredOnBehalf {
        pass: 1,
        answer: Answer::Accepted,
        means: Means::Letter,
        proof: " ".to_owned(),
        reason: None,
    };
    let without = register.append(key, Draft::new(at(5), answer.clone()), &agent(), at(5));
    assert!(matches!(without, Err(RegisterError::NotAppendable { .. })));
    answer.proof = "letter of 2 March, file 7".to_owned();
    let with = register
        .append(key, Draft::new(at(5), answer), &agent(), at(5))
        .unwrap();
    assert_eq!(
        (with.state, with.follow_ups.len()),
        (StateName::Completed, 1)
    );
}

#[test]
fn times_in_the_future_and_late_entries_without_a_reason_are_refused() {
    let (_dir, mut register) = fresh();
    let key = resolved(&mut register).case_key;
    let note = || EventBody::from(NoteAdded {});
    let future = register.append(key, Draft::new(at(11), note()), &agent(), at(10));
    assert!(matches!(future, Err(RegisterError::InTheFuture { .. })));
    let now = at(10 + 25 * 60);
    let late = register
        .append(key, Draft::new(at(10), note()), &agent(), now)
        .unwrap_err();
    assert!(late.to_string().contains("say why"), "{late}");
    register
        .append(
            key,
            Draft::new(at(10), note()).late_reason("the plant had no network"),
            &agent(),
            now,
        )
        .unwrap();
    assert_eq!(register.case_file(key, None).unwrap().late_entries, 1);
    let backwards = register.append(key, Draft::new(at(10), note()), &agent(), at(12));
    assert!(matches!(backwards, Err(RegisterError::ClockBehind { .. })));
}

#[test]
fn a_case_that_changed_meanwhile_is_not_written_over() {
    let (_dir, mut register) = fresh();
    let key = resolved(&mut register).case_key;
    let seen = register.case_row(key).unwrap().last_seq;
    let note = || Draft::new(at(5), NoteAdded {}).expecting(seen);
    register.append(key, note(), &agent(), at(5)).unwrap();
    let stale = register.append(key, note(), &agent(), at(5));
    assert!(matches!(stale, Err(RegisterError::Changed { .. })));
}

#[test]
fn a_refused_event_leaves_nothing_behind() {
    let (_dir, mut register) = fresh();
    let key = resolved(&mut register).case_key;
    let head = register.chain_head().unwrap();
    let refused = register
        .append(
            key,
            Draft::new(
                at(5),
                Routed {
                    department: "x".into(),
                    ..routed()
                },
            )
            .text("t"),
            &agent(),
            at(5),
        )
        .unwrap_err();
    assert!(
        refused.to_string().contains("before a decision"),
        "{refused}"
    );
    assert_eq!(register.chain_head().unwrap(), head);
    assert_clean(&register);
}

#[test]
fn a_past_as_of_sees_the_case_as_it_was_known_then() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let key = resolved(&mut register).case_key;
    // It happened in the sixth minute and is learnt two hours later.
    register
        .append(
            key,
            Draft::new(at(6), Accepted { pass: 1 }),
            &Actor::customer(),
            at(126),
        )
        .unwrap();
    let then = register.case_file(key, Some(at(60))).unwrap();
    assert_eq!(then.state.name(), StateName::Resolved);
    let now = register.case_file(key, Some(at(126))).unwrap();
    assert_eq!(now.state.name(), StateName::Completed);
    assert_eq!(now.closed_at(), Some(at(6)));
    assert!(register.case_file(key, Some(at(-1))).is_err());
}

#[test]
fn an_amended_time_has_passed_and_an_erasure_stays_recorded() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let key = resolved(&mut register).case_key;
    let events = register.events(key).unwrap();
    let amend = |seq: i64, field: &str, new: &str| Amendment {
        seq,
        field: field.to_owned(),
        new: new.into(),
        reason: "typing error".to_owned(),
    };
    let future = amend(events[1].seq, "occurred_at", "2027-01-01T00:00:00Z");
    let refused = register.amend(key, &future, &agent(), at(6));
    assert!(matches!(refused, Err(RegisterError::InTheFuture { .. })));
    let after = amend(events[0].seq, "received_at", "2026-03-02T06:00:01Z");
    let refused = register.amend(key, &after, &agent(), at(6));
    assert!(matches!(refused, Err(RegisterError::Invalid { .. })));
    // It was received the month before; the month it is filed under stays.
    let before = amend(events[0].seq, "received_at", "2026-02-28T06:00:00Z");
    register.amend(key, &before, &agent(), at(6)).unwrap();
    let row = register.case_row(key).unwrap();
    assert_eq!(row.received_at.to_rfc3339(), "2026-02-28T06:00:00+00:00");
    assert_eq!(row.received_month, "2026-03");
    assert_clean(&register);

    register.erase(key, "request", &agent(), at(7)).unwrap();
    let erased = register.events(key).unwrap().last().unwrap().seq;
    let refused = register.void(key, erased, "a mistake", &agent(), at(8));
    assert!(matches!(refused, Err(RegisterError::NotAppendable { .. })));
}

#[test]
fn what_was_signed_twice_does_not_grow_afterwards() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let key = register
        .register_case(&complaint(person("Elif", None), at(0)), &contact(), at(0))
        .unwrap()
        .case_key;
    let above = Draft::new(at(1), decided(1, 20_000, None));
    let decision = register.append(key, above, &contact(), at(1)).unwrap();
    assert!(decision.needs_second_signature);
    let sign = Draft::new(at(2), Countersigned { pass: 1 });
    let signed = register.append(key, sign, &second_agent(), at(2)).unwrap();
    assert!(signed.unreachable, "there is neither phone nor e-mail");
    let grown = Amendment {
        seq: decision.seq,
        field: "cost".to_owned(),
        new: 30_000.into(),
        reason: "typing error".to_owned(),
    };
    let refused = register.amend(key, &grown, &contact(), at(3));
    assert!(matches!(refused, Err(RegisterError::NotAppendable { .. })));
}

#[test]
fn a_decision_lapses_only_where_the_setting_its_days_and_two_reminders_say_so() {
    use redress::domain::event::AnswerLapsed;
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let case = resolved(&mut register);
    let day = 24 * 60;
    let lapse = |register: &mut redress::register::Register, days: i64, reminders: u8| {
        let now = at(days * day);
        register
            .append(
                case.case_key,
                Draft::new(now, AnswerLapsed { pass: 1, reminders }),
                &agent(),
                now,
            )
            .map(|done| done.state)
            .map_err(|error| error.to_string())
    };
    let off = lapse(&mut register, 60, 2).unwrap_err();
    assert!(off.contains("do not lapse here"), "{off}");
    register
        .set_setting(redress::register::Setting::LapseAfterDays, "30")
        .unwrap();
    let unreminded = lapse(&mut register, 60, 1).unwrap_err();
    assert!(unreminded.contains("two reminders"), "{unreminded}");
    let early = lapse(&mut register, 20, 2).unwrap_err();
    assert!(early.contains("are not over"), "{early}");
    assert_eq!(
        lapse(&mut register, 60, 2).unwrap(),
        redress::domain::workflow::StateName::Unanswered
    );
}

#[test]
fn a_case_is_not_merged_into_a_merged_one_nor_received_before_any_calendar() {
    use redress::domain::event::Merged;
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let mut add = |name: &str| {
        register
            .register_case(
                &complaint(person(name, Some("1")), at(0)),
                &contact(),
                at(0),
            )
            .unwrap()
    };
    let (first, second) = (add("Elif"), add("Deniz"));
    let into = |number: &str| Merged {
        into: number.to_owned(),
    };
    register
        .append(
            first.case_key,
            Draft::new(at(1), into(&second.number)),
            &agent(),
            at(1),
        )
        .unwrap();
    let circle = register
        .append(
            second.case_key,
            Draft::new(at(2), into(&first.number)),
            &agent(),
            at(2),
        )
        .unwrap_err()
        .to_string();
    assert!(circle.contains("it is merged itself"), "{circle}");
    let long_ago = "1800-01-01T10:00:00Z".parse().unwrap();
    let error = register
        .register_case(
            &redress::register::NewCase {
                occurred_at: at(3),
                ..complaint(person("Ada", Some("2")), long_ago)
            },
            &contact(),
            at(3),
        )
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no calendar reaches back that far"),
        "{error}"
    );
}
