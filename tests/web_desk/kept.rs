//! Files of a form that is not taken yet stay with it, and a decision says what its remedy is.

use axum::http::StatusCode;
use chrono::TimeDelta;
use redress::domain::vocabulary::Response;

use super::{Desk, JPEG, PASSWORD};

const PAGE: &[u8] = b"<html><script>alert(1)</script></html>";

#[test]
fn files_that_were_chosen_when_the_session_ended_go_with_the_form_after_signing_in() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let path = format!("/desk/case/{number}/attach");
    let seq = desk.get(&path, &ayse).hidden("last_seq");
    desk.pass(TimeDelta::minutes(61));
    let asked = desk.upload(&path, &ayse, &[("last_seq", &seq)], &[("duvar.jpg", JPEG)]);
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    let held = asked.hidden("kept.held_files");
    let again = desk.post(
        "/desk/sign-in",
        "",
        &[
            ("name", "ayse"),
            ("password", PASSWORD),
            ("kept_to", &path),
            ("kept.last_seq", &seq),
            ("kept.held_files", &held),
        ],
    );
    assert_eq!(again.status, StatusCode::OK);
    again.says("are kept and are sent with it");
    assert_eq!(again.hidden("held_files"), held);
    let cookie = again.cookie();
    let fields = [("last_seq", seq.as_str()), ("held_files", held.as_str())];
    let sent = desk.post(&path, &cookie, &fields);
    assert!(sent.location().contains("done=case_attach"));
    let files = desk.register().attachments(desk.key(&number)).unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].name.as_deref(), Some("duvar.jpg"));
    // The form was taken: nothing is held for it any more.
    let seq = desk.get(&path, &cookie).hidden("last_seq");
    let fields = [("last_seq", seq.as_str()), ("held_files", held.as_str())];
    let empty = desk.post(&path, &cookie, &fields);
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[test]
fn files_of_nobody_who_ever_signed_in_are_not_held() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let path = format!("/desk/case/{number}/attach");
    let asked = desk.upload(&path, "", &[("last_seq", "1")], &[("duvar.jpg", JPEG)]);
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    assert!(!asked.body.contains("held_files"), "{}", asked.body);
}

#[test]
fn a_form_that_comes_back_has_its_files_until_they_are_left_out() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let path = format!("/desk/case/{number}/attach");
    let seq = desk.get(&path, &ayse).hidden("last_seq");
    let refused = desk.upload(
        &path,
        &ayse,
        &[("last_seq", &seq)],
        &[("ev.jpg", PAGE), ("duvar.jpg", JPEG)],
    );
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("<bdi>duvar.jpg</bdi>");
    let held = refused.hidden("held_files");
    // The same again is refused again; without them and with another one it is taken.
    let fields = [("last_seq", seq.as_str()), ("held_files", held.as_str())];
    let again = desk.post(&path, &ayse, &fields);
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut without = fields.to_vec();
    without.push(("without_held_files", "yes"));
    let sent = desk.upload(&path, &ayse, &without, &[("kapı.jpg", JPEG)]);
    assert!(sent.location().contains("done=case_attach"));
    let files = desk.register().attachments(desk.key(&number)).unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].name.as_deref(), Some("kapı.jpg"));
}

#[test]
fn a_decision_that_promises_a_remedy_says_which_so_that_its_delivery_has_a_day() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    desk.routed(&ayse, &number);
    let mut decision = vec![
        ("response", "replacement"),
        ("rule", "CR-7"),
        ("rule_version", "3"),
        ("text", "Kapı değiştirilecek."),
    ];
    let refused = desk.give(&ayse, &number, "decide", &decision);
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("<a href=\"#c-granted\">");
    refused.says("Kapı değiştirilecek.</textarea>");
    decision.push(("granted", "replacement"));
    desk.done(&ayse, &number, "decide", &decision);
    desk.done(&ayse, &number, "communicate", &[("means", "phone")]);
    let accepted = [
        ("answer", "accepted"),
        ("means", "phone"),
        ("proof", "call of 2 March, recorded"),
    ];
    desk.done(&ayse, &number, "answer", &accepted);
    let file = desk.register().case_file(desk.key(&number), None).unwrap();
    assert_eq!(file.granted(), Some(Response::Replacement));
    assert!(file.remedy_due_on.is_some());
}

#[test]
fn a_colleague_is_found_where_the_language_has_the_name() {
    let desk = Desk::of(&["ayse"]);
    for name in ["Zeynep Ak", "Çağla Er", "Cem Su", "Demir Ak"] {
        let new = redress::register::NewStaff {
            name: name.to_owned(),
            roles: vec![redress::domain::vocabulary::Role::Agent],
            department: None,
            site: None,
            discretion_minor: None,
        };
        desk.register().add_staff(&new).unwrap();
    }
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let page = desk.get_in("tr", &format!("/desk/case/{number}/assign"), &ayse);
    let at = |name: &str| page.body.find(&format!("value=\"{name}\"")).unwrap();
    assert!(at("Cem Su") < at("Çağla Er"), "{}", page.body);
    assert!(at("Çağla Er") < at("Demir Ak"), "{}", page.body);
    assert!(at("Demir Ak") < at("Zeynep Ak"), "{}", page.body);
}
