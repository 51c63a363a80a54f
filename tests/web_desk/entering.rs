//! Signing in and out, passwords, and forms that waited meanwhile.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use chrono::TimeDelta;
use redress::domain::event::EventKind;
use redress::domain::vocabulary::Role;
use redress::register::NewStaff;

use super::{Desk, PASSWORD};

#[test]
fn a_name_that_is_unknown_is_answered_like_a_password_that_is_wrong() {
    let desk = Desk::of(&["ayse"]);
    let wrong = [("name", "ayse"), ("password", "seven grey dogs")];
    let unknown = [("name", "nobody"), ("password", PASSWORD)];
    let wrong = desk.post("/desk/sign-in", "", &wrong);
    let unknown = desk.post("/desk/sign-in", "", &unknown);
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        wrong.body.replace("ayse", ""),
        unknown.body.replace("nobody", "")
    );
    assert!(wrong.headers.get(SET_COOKIE).is_none());
    // No password is written back into a page.
    wrong.is_silent_on("seven grey dogs");
}

#[test]
fn a_session_opens_the_desk_until_its_end_and_every_one_has_its_own_token() {
    let desk = Desk::of(&["ayse"]);
    let signed_in = desk.post(
        "/desk/sign-in",
        "",
        &[("name", "ayse"), ("password", PASSWORD)],
    );
    let set = signed_in.headers[SET_COOKIE].to_str().unwrap();
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Lax"),
        "{set}"
    );
    let (first, second) = (signed_in.cookie(), desk.sign_in("ayse"));
    assert_ne!(first, second);
    assert_eq!(desk.get("/desk", &first).status, StatusCode::OK);
    let out = desk.post("/desk/sign-out", &first, &[]);
    assert!(out.location().starts_with("/desk/sign-in"));
    assert_eq!(desk.get("/desk", &first).status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.get("/desk", &second).status, StatusCode::OK);
    // Nobody came for more than an hour.
    desk.pass(TimeDelta::minutes(61));
    assert_eq!(desk.get("/desk", &second).status, StatusCode::UNAUTHORIZED);
}

#[test]
fn eight_wrong_passwords_lock_a_name_out_for_a_quarter_of_an_hour() {
    let desk = Desk::of(&["ayse", "mehmet"]);
    for _ in 0..8 {
        let page = desk.post(
            "/desk/sign-in",
            "",
            &[("name", "ayse"), ("password", "guess")],
        );
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    }
    let right = [("name", "ayse"), ("password", PASSWORD)];
    let locked = desk.post("/desk/sign-in", "", &right);
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.headers.get(SET_COOKIE).is_none());
    desk.sign_in("mehmet");
    desk.pass(TimeDelta::minutes(16));
    desk.sign_in("ayse");
}

#[test]
fn a_password_that_somebody_gave_has_to_be_changed_first() {
    let desk = Desk::of(&[]);
    let given = desk
        .register()
        .add_staff(&NewStaff {
            name: "yeni".to_owned(),
            roles: vec![Role::Agent],
            department: None,
            site: None,
            discretion_minor: None,
        })
        .unwrap();
    let page = desk.post(
        "/desk/sign-in",
        "",
        &[("name", "yeni"), ("password", &given)],
    );
    page.says("Choose a password");
    let cookie = page.cookie();
    for path in ["/desk", "/desk/search", "/desk/case/2026-000001"] {
        assert_eq!(desk.get(path, &cookie).location(), "/desk/password");
    }
    let change = |new: &str, again: &str| {
        let fields = [("new_password", new), ("again_password", again)];
        desk.post("/desk/password", &cookie, &fields)
    };
    change("short", "short").says("eight characters or more");
    change("long enough", "long enuogh").says("differ");
    change(&given, &given).says("a password that is new");
    let changed = change("ten brown horses", "ten brown horses");
    assert!(changed.location().starts_with("/desk"));
    let fresh = changed.cookie();
    assert_eq!(desk.get("/desk", &fresh).status, StatusCode::OK);
    // The session of the given password is over.
    assert_eq!(desk.get("/desk", &cookie).status, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_new_password_needs_the_old_one_and_ends_every_other_session() {
    let desk = Desk::of(&["ayse"]);
    let (here, elsewhere) = (desk.sign_in("ayse"), desk.sign_in("ayse"));
    let change = |old: &str| {
        let fields = [
            ("old_password", old),
            ("new_password", "ten brown horses"),
            ("again_password", "ten brown horses"),
        ];
        desk.post("/desk/password", &here, &fields)
    };
    change("seven grey dogs").says("present password is not right");
    let fresh = change(PASSWORD).cookie();
    assert_eq!(desk.get("/desk", &fresh).status, StatusCode::OK);
    for old in [here, elsewhere] {
        assert_eq!(desk.get("/desk", &old).status, StatusCode::UNAUTHORIZED);
    }
}

#[test]
fn what_was_being_written_when_the_session_ended_is_shown_again_after_signing_in() {
    let desk = Desk::of(&["deniz", "ayse"]);
    let number = desk.register_call(&desk.sign_in("deniz"), "Elif Kaya", "Kapı çatladı.");
    let ayse = desk.sign_in("ayse");
    let path = format!("/desk/case/{number}/note");
    let seq = desk.get(&path, &ayse).hidden("last_seq");
    desk.pass(TimeDelta::minutes(61));
    let words = "Müşteri aradı:\n\"iki hafta\" dedi <yarın>";
    let stopped = desk.post(&path, &ayse, &[("last_seq", &seq), ("text", words)]);
    assert_eq!(stopped.status, StatusCode::UNAUTHORIZED);
    assert!(!desk.kinds(&number).contains(&EventKind::NoteAdded));
    // A browser sends back what the page carries, unescaped.
    let to = stopped.hidden("kept_to");
    assert_eq!(to, path);
    let carried = [
        ("kept_to", to.as_str()),
        ("kept.last_seq", seq.as_str()),
        ("kept.text", words),
        ("name", "ayse"),
        ("password", PASSWORD),
    ];
    let again = desk.post("/desk/sign-in", "", &carried);
    assert_eq!(again.status, StatusCode::OK);
    again.says(&format!("action=\"{path}\""));
    again.is_silent_on("<yarın>");
    let cookie = again.cookie();
    let sent = desk.post(&path, &cookie, &[("last_seq", &seq), ("text", words)]);
    assert!(sent.location().contains("done=case_note"));
    let history = desk.register().history(desk.key(&number)).unwrap();
    assert_eq!(history.last().unwrap().text.as_deref(), Some(words));
}

#[test]
fn no_address_of_a_kept_form_leads_to_another_site() {
    let desk = Desk::of(&["ayse"]);
    for away in ["https://x.org/", "//x.org/", "/\\x.org"] {
        let fields = [("kept_to", away), ("name", "ayse"), ("password", PASSWORD)];
        assert_eq!(desk.post("/desk/sign-in", "", &fields).location(), "/desk");
    }
    // What can only be sent to is not gone to.
    let fields = [
        ("kept_to", "/desk/outbox/1/retry"),
        ("name", "ayse"),
        ("password", PASSWORD),
    ];
    assert_eq!(desk.post("/desk/sign-in", "", &fields).location(), "/desk");
}
