//! Complaints from their registration to their end, by the forms of the desk alone.

use axum::http::StatusCode;
use chrono::TimeDelta;
use redress::domain::event::{EventBody, EventKind as K};
use redress::domain::vocabulary::{AssessmentChange, Severity};
use redress::domain::workflow::StateName;
use redress::register::Setting;

use super::{DECISION, Desk, JPEG};

/// Every command that the desk has.
const COMMANDS: [&str; 36] = [
    "take",
    "acknowledge",
    "assess",
    "classify",
    "route",
    "decide",
    "countersign",
    "communicate",
    "answer",
    "remedies-told",
    "refer",
    "outcome",
    "exhausted",
    "remedy-done",
    "verify",
    "assign",
    "ask",
    "pause",
    "resume",
    "issue",
    "escalate",
    "remind",
    "remedy-due",
    "invite",
    "survey",
    "note",
    "attach",
    "sample-received",
    "sample-returned",
    "reopen",
    "lapse",
    "withdraw",
    "merge",
    "amend",
    "void",
    "new-password",
];

/// The page of every command is there exactly when the case offers it.
#[track_caller]
fn offers_are_exact(desk: &Desk, cookie: &str, number: &str) -> Vec<String> {
    let offers = desk.offers(cookie, number);
    for command in COMMANDS {
        let page = desk.get(&format!("/desk/case/{number}/{command}"), cookie);
        match offers.iter().any(|offer| offer == command) {
            true => assert_eq!(page.status, StatusCode::OK, "{command}"),
            false => {
                let refused = [StatusCode::CONFLICT, StatusCode::FORBIDDEN];
                assert!(refused.contains(&page.status), "{command}: {}", page.status);
                page.is_silent_on("name=\"last_seq\"");
            }
        }
    }
    offers
}

#[track_caller]
fn has(offers: &[String], commands: &[&str]) {
    for command in commands {
        assert!(offers.iter().any(|o| o == command), "{command} is missing");
    }
}

#[track_caller]
fn has_not(offers: &[String], commands: &[&str]) {
    for command in commands {
        assert!(!offers.iter().any(|o| o == command), "{command} is there");
    }
}

#[test]
fn a_complaint_goes_from_the_telephone_to_its_verified_remedy() {
    let desk = Desk::of(&["deniz", "ayse", "kemal", "zeynep"]);
    let (deniz, ayse) = (desk.sign_in("deniz"), desk.sign_in("ayse"));
    let number = desk.register_call(&deniz, "Elif Kaya", "Kapının boyası çatladı.");
    assert_eq!(number, "2026-000001");
    let offers = offers_are_exact(&desk, &ayse, &number);
    has(
        &offers,
        &[
            "take",
            "acknowledge",
            "assess",
            "classify",
            "route",
            "decide",
        ],
    );
    has_not(
        &offers,
        &[
            "resume",
            "communicate",
            "answer",
            "reopen",
            "lapse",
            "verify",
        ],
    );

    desk.done(&ayse, &number, "take", &[]);
    desk.done(&ayse, &number, "acknowledge", &[("means", "phone")]);
    desk.done(
        &ayse,
        &number,
        "assess",
        &[("severity", "high"), ("safety", "yes")],
    );
    // A category may be written by its name, whatever its letters.
    desk.done(
        &ayse,
        &number,
        "classify",
        &[("category", "CRACKING"), ("lot", "L-77")],
    );
    let route = [
        ("department", "technical_gebze"),
        ("site", "gebze"),
        ("also", "quality"),
    ];
    desk.done(&ayse, &number, "route", &route);
    let offers = offers_are_exact(&desk, &ayse, &number);
    has_not(&offers, &["take", "acknowledge", "sample-returned"]);

    let kemal = desk.sign_in("kemal");
    desk.get("/desk", &kemal).says(&number);
    desk.done(&kemal, &number, "note", &[("text", "Numune istendi.")]);
    desk.done(&kemal, &number, "sample-received", &[]);
    desk.done(&kemal, &number, "pause", &[("pause", "laboratory")]);
    let offers = offers_are_exact(&desk, &kemal, &number);
    has(&offers, &["resume", "sample-returned"]);
    has_not(&offers, &["pause", "ask", "decide", "withdraw", "void"]);
    desk.done(&kemal, &number, "resume", &[]);
    desk.done(&kemal, &number, "sample-returned", &[]);
    let path = format!("/desk/case/{number}/attach");
    let seq = desk.get(&path, &kemal).hidden("last_seq");
    let files: [(&str, &[u8]); 1] = [("kapı.jpg", JPEG)];
    let added = desk.upload(&path, &kemal, &[("last_seq", &seq)], &files);
    assert!(added.location().contains("done=case_attach"));
    let decision = [
        ("response", "replacement"),
        ("granted", "replacement"),
        ("cost", "1.250,50"),
        ("rule", "CR-7"),
        ("rule_version", "3"),
        ("expectation", "met"),
        ("text", "Kapı yenisiyle değiştirilecek."),
    ];
    desk.done(&kemal, &number, "decide", &decision);
    let offers = offers_are_exact(&desk, &ayse, &number);
    has(&offers, &["communicate"]);
    has_not(&offers, &["countersign", "decide", "answer"]);
    desk.done(&ayse, &number, "communicate", &[("means", "phone")]);
    assert_eq!(desk.state(&number), StateName::Resolved);
    desk.done(&ayse, &number, "remind", &[]);
    let answer = [
        ("answer", "accepted"),
        ("means", "phone"),
        ("proof", "call 17, recorded"),
    ];
    desk.done(&ayse, &number, "answer", &answer);
    assert_eq!(desk.state(&number), StateName::Completed);
    let offers = offers_are_exact(&desk, &ayse, &number);
    has(&offers, &["remedy-done", "reopen", "survey", "invite"]);
    has_not(
        &offers,
        &["verify", "answer", "withdraw", "merge", "assign"],
    );
    desk.done(&ayse, &number, "remedy-done", &[]);
    let zeynep = desk.sign_in("zeynep");
    desk.done(&zeynep, &number, "verify", &[("holds", "yes")]);
    desk.done(
        &ayse,
        &number,
        "survey",
        &[("score", "4"), ("text", "hızlıydı")],
    );

    let own: Vec<K> = desk
        .kinds(&number)
        .into_iter()
        .filter(|kind| !matches!(kind, K::MessageSent))
        .collect();
    let course = [
        K::Registered,
        K::Assigned,
        K::Acknowledged,
        K::Assessed,
        K::Classified,
        K::Routed,
        K::NoteAdded,
        K::SampleReceived,
        K::Paused,
        K::Resumed,
        K::SampleReturned,
        K::EvidenceAdded,
        K::Decided,
        K::Communicated,
        K::AnsweredOnBehalf,
        K::RemedyDue,
        K::RemedyDone,
        K::CorrectionVerified,
        K::Surveyed,
    ];
    assert_eq!(own, course);
    let file = desk.register().case_file(desk.key(&number), None).unwrap();
    assert_eq!(file.category.as_deref(), Some("cracking"));
    assert_eq!(file.lot.as_deref(), Some("L-77"));
    let (_, assessed) = &file.assessments[0];
    assert_eq!(
        (assessed.severity, assessed.safety, assessed.change),
        (Severity::High, true, AssessmentChange::First)
    );
    let decided = &file.passes[0].decision.as_ref().unwrap().data;
    assert_eq!(decided.cost, 125_050);
    assert_eq!(file.survey_score, Some(4));
    assert_eq!(file.holdings[0].also, ["quality"]);
    let page = desk.get(&format!("/desk/case/{number}"), &ayse);
    page.says("1,250.50 TRY");
    page.says("Kapı yenisiyle değiştirilecek.");
    page.says("kapı.jpg");
}

#[test]
fn a_complaint_that_is_rejected_twice_goes_to_the_external_body_and_to_its_end() {
    let desk = Desk::of(&["deniz", "ayse", "mehmet"]);
    let (deniz, ayse, mehmet) = (
        desk.sign_in("deniz"),
        desk.sign_in("ayse"),
        desk.sign_in("mehmet"),
    );
    let number = desk.register_call(&deniz, "Oleg Kim", "Дверь треснула.");
    desk.routed(&ayse, &number);
    desk.resolved(&ayse, &number);
    let rejected = [
        ("answer", "rejected"),
        ("means", "email"),
        ("proof", "mail of today"),
        ("rejection", "facts_disputed"),
        ("text", "Это неверно."),
    ];
    desk.done(&ayse, &number, "answer", &rejected);
    assert_eq!(desk.state(&number), StateName::InProcessing);

    // Whoever decided first does not decide again, and is told why.
    let offers = offers_are_exact(&desk, &ayse, &number);
    has_not(&offers, &["decide"]);
    let page = desk.get(&format!("/desk/case/{number}"), &ayse);
    page.says("decided by somebody else than the first");
    let mut second = DECISION.to_vec();
    second.push(("second", "yes"));
    desk.done(&mehmet, &number, "decide", &second);
    let offers = offers_are_exact(&desk, &mehmet, &number);
    has_not(&offers, &["countersign", "communicate"]);
    has(&offers_are_exact(&desk, &ayse, &number), &["countersign"]);
    desk.done(&ayse, &number, "countersign", &[]);
    desk.done(&mehmet, &number, "communicate", &[("means", "letter")]);
    desk.done(&ayse, &number, "answer", &rejected);
    assert_eq!(desk.state(&number), StateName::Outstanding);

    let offers = offers_are_exact(&desk, &ayse, &number);
    has(&offers, &["remedies-told"]);
    has_not(&offers, &["refer", "outcome", "exhausted", "decide"]);
    desk.done(&ayse, &number, "remedies-told", &[("means", "letter")]);
    desk.done(&ayse, &number, "refer", &[("body", "Arbitration board")]);
    desk.done(&ayse, &number, "outcome", &[("satisfied", "no")]);
    assert_eq!(desk.state(&number), StateName::Outstanding);
    desk.done(&ayse, &number, "exhausted", &[]);
    assert_eq!(desk.state(&number), StateName::Exhausted);
    let file = desk.register().case_file(desk.key(&number), None).unwrap();
    assert_eq!(
        file.passes[1].decision.as_ref().unwrap().by.as_deref(),
        Some("mehmet")
    );
    assert_eq!(file.referral.unwrap().1, "Arbitration board");
}

#[test]
fn a_decision_above_the_discretion_waits_for_a_second_signature() {
    let desk = Desk::of(&["deniz", "ayse", "mehmet"]);
    let (deniz, ayse) = (desk.sign_in("deniz"), desk.sign_in("ayse"));
    let number = desk.register_call(&deniz, "Elif Kaya", "Kapı çatladı.");
    desk.routed(&ayse, &number);
    let mut dear = DECISION.to_vec();
    dear.push(("cost", "100,01"));
    // 100.00 is the discretion of this person.
    desk.get(&format!("/desk/case/{number}/decide"), &ayse)
        .says("100.00 TRY");
    let page = desk.give(&ayse, &number, "decide", &dear);
    assert!(page.location().contains("done=case_second"));
    has_not(
        &desk.offers(&ayse, &number),
        &["communicate", "countersign"],
    );
    let mehmet = desk.sign_in("mehmet");
    desk.done(&mehmet, &number, "countersign", &[]);
    has(&desk.offers(&ayse, &number), &["communicate"]);
}

#[test]
fn first_contact_staff_settle_a_complaint_on_the_spot_and_decide_nothing_that_was_routed() {
    let desk = Desk::of(&["deniz", "ayse"]);
    let (deniz, ayse) = (desk.sign_in("deniz"), desk.sign_in("ayse"));
    let settled = desk.register_call(&deniz, "Elif Kaya", "Fatura yanlış yazılmış.");
    desk.resolved(&deniz, &settled);
    assert_eq!(desk.state(&settled), StateName::Resolved);
    let file = desk.register().case_file(desk.key(&settled), None).unwrap();
    assert!(file.settled_where_made());
    let routed = desk.register_call(&deniz, "Ali Can", "Kapı çatladı.");
    desk.routed(&ayse, &routed);
    has_not(
        &desk.offers(&deniz, &routed),
        &["decide", "take", "void", "merge"],
    );
    let path = format!("/desk/case/{routed}/decide");
    assert_eq!(desk.get(&path, &deniz).status, StatusCode::FORBIDDEN);
    let row = desk.register().case_by_number(&routed).unwrap();
    let seq = row.last_seq.to_string();
    let mut fields = DECISION.to_vec();
    fields.push(("last_seq", &seq));
    assert_eq!(
        desk.post(&path, &deniz, &fields).status,
        StatusCode::FORBIDDEN
    );
}

#[test]
fn a_question_to_the_customer_stops_the_clock_and_goes_out() {
    let desk = Desk::of(&["deniz", "ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let empty = desk.give(&ayse, &number, "ask", &[("pause", "customer_sample")]);
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.says("aria-invalid=\"true\"");
    let question = [
        ("pause", "customer_sample"),
        ("text", "Bir parça gönderir misiniz?"),
    ];
    desk.done(&ayse, &number, "ask", &question);
    let messages = desk.register().messages(&Default::default()).unwrap();
    let body = messages[0].body.as_deref().unwrap();
    assert!(body.contains("Bir parça gönderir misiniz?"), "{body}");
    let queue = desk.get("/desk", &ayse);
    queue.says("clock stopped");
    queue.says("sample from the customer");
}

#[test]
fn withdrawn_merged_reopened_and_lapsed_are_reached_from_the_desk() {
    let desk = Desk::of(&["deniz", "ayse", "mehmet"]);
    let ayse = desk.sign_in("ayse");
    let first = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let twin = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı!");
    let nowhere = desk.give(&ayse, &twin, "merge", &[("into", "2026-000099")]);
    assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    nowhere.says("no other complaint of this number");
    nowhere.says("value=\"2026-000099\"");
    desk.done(&ayse, &twin, "merge", &[("into", &first)]);
    assert_eq!(desk.state(&twin), StateName::Merged);

    let other = desk.register_call(&ayse, "Ali Can", "Renk tutmadı.");
    let without = desk.give(&ayse, &other, "withdraw", &[]);
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    desk.done(&ayse, &other, "withdraw", &[("text", "Telefonda söyledi.")]);
    assert_eq!(desk.state(&other), StateName::Withdrawn);

    desk.routed(&ayse, &first);
    desk.resolved(&ayse, &first);
    has_not(&desk.offers(&ayse, &first), &["lapse"]);
    desk.register()
        .set_setting(Setting::LapseAfterDays, "10")
        .unwrap();
    for _ in 0..2 {
        desk.done(&ayse, &first, "remind", &[]);
        let now = desk.now();
        let mut register = desk.register();
        for message in register.claim_due_messages(now, 50).unwrap() {
            register.message_delivered(message.message_id, now).unwrap();
        }
    }
    // The days are not over.
    has_not(&desk.offers(&ayse, &first), &["lapse"]);
    desk.pass(TimeDelta::days(11));
    let ayse = desk.sign_in("ayse");
    has(&offers_are_exact(&desk, &ayse, &first), &["lapse"]);
    desk.done(&ayse, &first, "lapse", &[]);
    assert_eq!(desk.state(&first), StateName::Unanswered);
    desk.done(&ayse, &first, "reopen", &[("text", "Yeni fotoğraf geldi.")]);
    assert_eq!(desk.state(&first), StateName::InProcessing);
    let mehmet = desk.sign_in("mehmet");
    has(&desk.offers(&mehmet, &first), &["decide"]);
}

#[test]
fn an_entry_is_amended_and_struck_out_in_the_open() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    desk.done(&ayse, &number, "assess", &[("severity", "low")]);
    let seq = desk.register().case_by_number(&number).unwrap().last_seq;
    let event = seq.to_string();
    let path = format!("/desk/case/{number}/amend");
    // First the event is chosen, then the datum, then its right value.
    desk.get(&path, &ayse).says(&format!("amend?event={seq}"));
    let data = desk.get(&format!("{path}?event={seq}"), &ayse);
    data.says(&format!("amend?event={seq}&#38;field=severity"));
    let form = desk.get(&format!("{path}?event={seq}&field=severity"), &ayse);
    let last = form.hidden("last_seq");
    let amend = |value: &str, reason: &str| {
        let fields = [
            ("last_seq", last.as_str()),
            ("event", event.as_str()),
            ("field", "severity"),
            ("value", value),
            ("reason", reason),
        ];
        desk.post(&path, &ayse, &fields)
    };
    assert_eq!(amend("high", "").status, StatusCode::UNPROCESSABLE_ENTITY);
    amend("low", "yanlış").says("the value it has already");
    amend("enormous", "yanlış").says("does not fit");
    assert!(
        amend("high", "yanlış seçildi")
            .location()
            .contains("done=case_amend")
    );
    let register = desk.register();
    let file = register.case_file(desk.key(&number), None).unwrap();
    assert_eq!(file.severities().unwrap().1, Severity::High);
    let page = desk.get(&format!("/desk/case/{number}"), &ayse);
    page.says("Low → High");

    let path = format!("/desk/case/{number}/void");
    let last = desk
        .get(&format!("{path}?event={seq}"), &ayse)
        .hidden("last_seq");
    let fields = [
        ("last_seq", last.as_str()),
        ("event", event.as_str()),
        ("reason", "başka şikâyetin kaydı"),
    ];
    let struck = desk.post(&path, &ayse, &fields);
    assert!(struck.location().contains("done=case_void"));
    let file = register.case_file(desk.key(&number), None).unwrap();
    assert!(file.assessments.is_empty());
    let page = desk.get(&format!("/desk/case/{number}"), &ayse);
    page.says("struck out");
    page.is_silent_on(&format!("amend?event={seq}\""));
    // The registration is amended, never struck out.
    let registered = desk.register().events(desk.key(&number)).unwrap()[0].seq;
    page.is_silent_on(&format!("void?event={registered}\""));
}

#[test]
fn what_happened_earlier_is_entered_with_its_time_and_its_reason() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    desk.pass(TimeDelta::days(2));
    let ayse = desk.sign_in("ayse");
    // Local time of Istanbul, three hours ahead.
    let at = ("at", "2026-03-02T10:30");
    let late = desk.give(&ayse, &number, "acknowledge", &[("means", "phone"), at]);
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    late.says("more than 24 hours ago");
    late.says("value=\"2026-03-02T10:30\"");
    let future = [("means", "phone"), ("at", "2026-03-09T10:30")];
    desk.give(&ayse, &number, "acknowledge", &future)
        .says("lies in the future");
    let fields = [("means", "phone"), at, ("late_reason", "sistem kapalıydı")];
    desk.done(&ayse, &number, "acknowledge", &fields);
    let events = desk.register().events(desk.key(&number)).unwrap();
    let event = events.last().unwrap();
    assert!(matches!(event.body, EventBody::Acknowledged(_)));
    assert_eq!(event.occurred_at.to_rfc3339(), "2026-03-02T07:30:00+00:00");
    desk.get(&format!("/desk/case/{number}"), &ayse)
        .says("sistem kapalıydı");
}

#[test]
fn a_new_password_is_shown_once_and_replaces_the_former_one() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let page = desk.give(&ayse, &number, "new-password", &[]);
    assert_eq!(page.status, StatusCode::OK);
    let shown = page.receipt();
    assert_eq!(shown[0], number);
    let register = desk.register();
    let key = desk.key(&number);
    assert_eq!(
        register.verify_tracking(&number, &shown[1]).unwrap(),
        Some(key)
    );
    let case = format!("/desk/case/{number}");
    for path in ["/desk", "/desk/outbox", case.as_str()] {
        desk.get(path, &ayse).is_silent_on(&shown[1]);
    }
}
