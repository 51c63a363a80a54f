//! Messages to customers, and what a case learns from them.

use redress::domain::event::{Accepted, Communicated, EventKind, Rejected};
use redress::domain::vocabulary::{Means, MessagePurpose, PauseReason};
use redress::domain::workflow::StateName;
use redress::register::{
    Actor, Draft, MessageFilter, MessageState, Register, RegisterError, Setting,
};

use super::{
    agent, assert_clean, at, complaint, contact, decided, fresh, kinds, person, resolved, staffed,
};

#[test]
fn a_voided_decision_takes_its_waiting_message_along() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let case = register
        .register_case(
            &complaint(person("Elif", Some("1")), at(0)),
            &contact(),
            at(0),
        )
        .unwrap();
    let decision = register
        .append(
            case.case_key,
            Draft::new(at(1), decided(1, 0, None)),
            &contact(),
            at(1),
        )
        .unwrap();
    let voided = register
        .void(
            case.case_key,
            decision.seq,
            "the wrong case",
            &contact(),
            at(2),
        )
        .unwrap();
    assert_eq!(voided.state, StateName::Registered);
    let dead = register.messages(&MessageFilter {
        state: Some(MessageState::Dead),
        ..MessageFilter::default()
    });
    assert_eq!(dead.unwrap()[0].purpose, MessagePurpose::Decision);
}

#[test]
fn a_question_rests_the_case_and_goes_out_but_only_to_somebody_who_can_be_reached() {
    let (_dir, mut register) = fresh();
    let reachable = register
        .register_case(
            &complaint(person("Elif", Some("1")), at(0)),
            &contact(),
            at(0),
        )
        .unwrap();
    let asked = register
        .ask_customer(
            reachable.case_key,
            PauseReason::CustomerInformation,
            "Hangi oda?",
            &agent(),
            at(1),
        )
        .unwrap();
    let messages = register.messages(&MessageFilter::default()).unwrap();
    assert_eq!(messages[0].message_id, asked.messages[0]);
    assert!(messages[0].body.as_deref().unwrap().contains("Hangi oda?"));
    assert!(
        register
            .case_file(reachable.case_key, None)
            .unwrap()
            .running_rest()
            .is_some()
    );
    let other = register
        .register_case(&complaint(person("Can", None), at(1)), &contact(), at(1))
        .unwrap();
    assert_eq!(other.message_id, None);
    let silent = register.ask_customer(
        other.case_key,
        PauseReason::CustomerInformation,
        "Hangi oda?",
        &agent(),
        at(2),
    );
    assert!(matches!(silent, Err(RegisterError::Unreachable { .. })));
    assert!(
        register
            .case_file(other.case_key, None)
            .unwrap()
            .running_rest()
            .is_none()
    );
}

#[test]
fn tracking_opens_with_the_right_password_only_and_the_sent_message_forgets_it() {
    let (_dir, mut register) = fresh();
    let case = resolved(&mut register);
    assert_eq!(
        register
            .verify_tracking(&case.number, &case.password)
            .unwrap(),
        Some(case.case_key)
    );
    assert_eq!(
        register.verify_tracking(&case.number, "wrong").unwrap(),
        None
    );
    assert_eq!(
        register
            .verify_tracking("2026-999999", &case.password)
            .unwrap(),
        None
    );
    let sent = register.messages(&MessageFilter {
        purpose: Some(MessagePurpose::Registration),
        ..MessageFilter::default()
    });
    assert_eq!(sent.unwrap()[0].body, None);
    let again = register
        .reset_tracking_password(case.case_key, at(10))
        .unwrap();
    assert_eq!(
        register
            .verify_tracking(&case.number, &case.password)
            .unwrap(),
        None
    );
    assert_eq!(
        register
            .verify_tracking(&case.number, &again.password)
            .unwrap(),
        Some(case.case_key)
    );
    assert_clean(&register);
}

#[test]
fn a_message_is_tried_again_later_and_later_and_then_given_up() {
    let (_dir, mut register) = fresh();
    register.set_setting(Setting::SendAttempts, "3").unwrap();
    let case = register
        .register_case(
            &complaint(person("Elif", Some("1")), at(0)),
            &contact(),
            at(0),
        )
        .unwrap();
    let id = case.message_id.unwrap();
    let due = |register: &mut Register, minutes| {
        register.claim_due_messages(at(minutes), 9).unwrap().len()
    };
    assert_eq!(due(&mut register, 1), 1);
    assert_eq!(due(&mut register, 1), 0, "another process has it");
    assert_eq!(
        register.message_failed(id, "busy", false, at(1)).unwrap(),
        MessageState::Failed
    );
    assert_eq!(due(&mut register, 1), 0);
    assert_eq!(
        due(&mut register, 2),
        1,
        "one minute after the first failure"
    );
    assert_eq!(
        register.message_failed(id, "busy", false, at(2)).unwrap(),
        MessageState::Failed
    );
    assert_eq!(due(&mut register, 3), 0);
    assert_eq!(due(&mut register, 4), 1, "two minutes after the second");
    assert_eq!(
        register
            .message_failed(id, "no such number", false, at(4))
            .unwrap(),
        MessageState::Dead
    );
    assert!(kinds(&register, case.case_key).contains(&EventKind::MessageFailed));
    assert!(!kinds(&register, case.case_key).contains(&EventKind::Acknowledged));
    register.retry_message(id, at(5)).unwrap();
    assert_eq!(due(&mut register, 5), 1);
    register.message_delivered(id, at(5)).unwrap();
    register.message_delivered(id, at(6)).unwrap();
    let sent = kinds(&register, case.case_key)
        .iter()
        .filter(|k| **k == EventKind::MessageSent)
        .count();
    assert_eq!(sent, 1, "said twice, counted once");
    assert_clean(&register);
}

#[test]
fn a_late_delivery_of_the_first_decision_does_not_communicate_the_second() {
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
    let first = register
        .append(
            key,
            Draft::new(at(1), decided(1, 0, None)),
            &contact(),
            at(1),
        )
        .unwrap();
    let told = Communicated {
        pass: 1,
        means: Means::Phone,
    };
    register
        .append(key, Draft::new(at(2), told), &contact(), at(2))
        .unwrap();
    register
        .append(
            key,
            Draft::new(
                at(3),
                Rejected {
                    pass: 1,
                    reason: None,
                },
            ),
            &Actor::customer(),
            at(3),
        )
        .unwrap();
    register
        .append(key, Draft::new(at(4), decided(2, 0, None)), &agent(), at(4))
        .unwrap();
    register
        .message_delivered(first.messages[0], at(5))
        .unwrap();
    assert_eq!(
        register.case_row(key).unwrap().state,
        StateName::InProcessing
    );
}

#[test]
fn a_customer_is_reminded_while_an_answer_is_awaited_and_asked_once_when_all_has_ended() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let key = resolved(&mut register).case_key;
    assert!(
        register.invite_to_survey(key, at(5)).is_err(),
        "it has not ended"
    );
    let reminder = register.remind(key, at(5)).unwrap().unwrap();
    assert!(register.remind(key, at(6)).is_err(), "one is waiting");
    register.message_delivered(reminder, at(6)).unwrap();
    register.remind(key, at(7)).unwrap().unwrap();
    register
        .append(
            key,
            Draft::new(at(8), Accepted { pass: 1 }),
            &Actor::customer(),
            at(8),
        )
        .unwrap();
    assert!(
        register.remind(key, at(9)).is_err(),
        "nothing is awaited any more"
    );
    let survey = register.invite_to_survey(key, at(9)).unwrap().unwrap();
    register.message_delivered(survey, at(10)).unwrap();
    assert!(
        register.invite_to_survey(key, at(11)).is_err(),
        "asked once"
    );
    assert_eq!(
        register.case_file(key, None).unwrap().survey_sent_at,
        Some(at(10))
    );
    assert_clean(&register);
}

#[test]
fn a_decision_told_by_other_means_takes_its_waiting_message_along() {
    let (_dir, mut register) = fresh();
    staffed(&mut register);
    let case = register
        .register_case(
            &complaint(person("Elif", Some("1")), at(0)),
            &contact(),
            at(0),
        )
        .unwrap();
    let mut step = |minute: i64, body: redress::domain::event::EventBody| {
        register
            .append(
                case.case_key,
                Draft::new(at(minute), body),
                &contact(),
                at(minute),
            )
            .unwrap()
    };
    let decision = step(1, decided(1, 0, None).into());
    assert_eq!(decision.messages.len(), 1);
    let means = Means::Phone;
    step(2, Communicated { pass: 1, means }.into());
    let dead = register
        .messages(&MessageFilter {
            state: Some(MessageState::Dead),
            ..MessageFilter::default()
        })
        .unwrap();
    let dead: Vec<i64> = dead.iter().map(|m| m.message_id).collect();
    assert_eq!(dead, decision.messages);
    assert_clean(&register);
}
