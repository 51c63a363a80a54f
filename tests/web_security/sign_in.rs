//! Signing in with a password and a code.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use chrono::TimeDelta;
use redress::register::{Setting, StaffDeed};
use redress::web::routes::{self, Access, Verb};

use super::{change, first_step, next_code, recovery_codes, second_step, set_up};
use crate::web_desk::{Desk, PASSWORD};

/// The paths of the desk's pages that name nothing.
fn pages() -> Vec<&'static str> {
    routes::all()
        .filter(|route| route.verb == Verb::Get && !route.path.contains('{'))
        .filter(|route| matches!(route.access, Access::Staff(_)))
        .map(|route| route.path)
        .collect()
}

#[test]
fn a_code_is_asked_for_after_the_password_and_before_that_nothing_opens() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let (phone, _, cookie) = set_up(&desk, &ayse);
    // The session of before is over, and the one that the change gave opens.
    assert_eq!(desk.get("/desk", &ayse).status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.get("/desk", &cookie).status, StatusCode::OK);
    next_code(&desk);
    let first = first_step(&desk, "ayse");
    first.says("Your password is right");
    let half = first.hidden("half");
    for path in pages() {
        for name in ["desk", "case", "half", "__Host-desk"] {
            let page = desk.get(path, &format!("{name}={half}"));
            assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path} with {name}");
        }
    }
    let signed_in = second_step(&desk, &first, &phone.code(&desk));
    assert_eq!(signed_in.location(), "/desk");
    let set = signed_in.headers[SET_COOKIE].to_str().unwrap();
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Lax"),
        "{set}"
    );
    let cookie = signed_in.cookie();
    assert_ne!(cookie, format!("desk={half}"));
    assert_eq!(desk.get("/desk", &cookie).status, StatusCode::OK);
    // What was half-way is used up.
    next_code(&desk);
    let again = second_step(&desk, &first, &phone.code(&desk));
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    again.says("not entered in time");
}

#[test]
fn a_code_that_was_seen_over_a_shoulder_opens_nothing_a_second_time() {
    let desk = Desk::of(&["ayse"]);
    let (phone, _, _) = set_up(&desk, &desk.sign_in("ayse"));
    // The one that proved the app is used up.
    let used = phone.code(&desk);
    let page = second_step(&desk, &first_step(&desk, "ayse"), &used);
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    page.says("was used before");
    next_code(&desk);
    let code = phone.code(&desk);
    let first = first_step(&desk, "ayse");
    assert_eq!(second_step(&desk, &first, &code).location(), "/desk");
    let page = second_step(&desk, &first_step(&desk, "ayse"), &code);
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_code_fits_a_clock_that_is_one_step_off_and_no_more() {
    let desk = Desk::of(&["ayse"]);
    let (phone, _, _) = set_up(&desk, &desk.sign_in("ayse"));
    desk.pass(TimeDelta::minutes(5));
    let code = phone.code(&desk);
    desk.pass(TimeDelta::seconds(60));
    let first = first_step(&desk, "ayse");
    assert_eq!(
        second_step(&desk, &first, &code).status,
        StatusCode::UNAUTHORIZED
    );
    let code = phone.code(&desk);
    desk.pass(TimeDelta::seconds(30));
    assert_eq!(second_step(&desk, &first, &code).location(), "/desk");
}

#[test]
fn the_code_is_waited_for_ten_minutes() {
    let desk = Desk::of(&["ayse"]);
    let (phone, _, _) = set_up(&desk, &desk.sign_in("ayse"));
    desk.pass(TimeDelta::minutes(1));
    let first = first_step(&desk, "ayse");
    desk.pass(TimeDelta::minutes(11));
    let late = second_step(&desk, &first, &phone.code(&desk));
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);
    assert!(late.headers.get(SET_COOKIE).is_none());
}

#[test]
fn wrong_codes_are_counted_over_a_restart_and_then_the_right_one_waits() {
    let mut desk = Desk::of(&["ayse", "mehmet"]);
    let (phone, codes, _) = set_up(&desk, &desk.sign_in("ayse"));
    desk.pass(TimeDelta::minutes(1));
    for _ in 0..8 {
        let page = second_step(&desk, &first_step(&desk, "ayse"), "not a code");
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    }
    // Whoever tries knows the password: its owner learns of it.
    let trail = desk.register().staff_trail(Some("ayse")).unwrap();
    let locked = trail
        .iter()
        .filter(|event| event.deed == StaffDeed::CodesLocked);
    assert_eq!(locked.count(), 1);
    desk.restart();
    let first = first_step(&desk, "ayse");
    for right in [phone.code(&desk), codes[0].clone()] {
        let page = second_step(&desk, &first, &right);
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(page.headers.get(SET_COOKIE).is_none());
    }
    // A quarter of an hour, as for passwords, is not enough; nobody else waits.
    desk.sign_in("mehmet");
    desk.pass(TimeDelta::minutes(20));
    let first = first_step(&desk, "ayse");
    let page = second_step(&desk, &first, &phone.code(&desk));
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    desk.pass(TimeDelta::minutes(45));
    let first = first_step(&desk, "ayse");
    assert_eq!(
        second_step(&desk, &first, &phone.code(&desk)).location(),
        "/desk"
    );
}

#[test]
fn a_recovery_code_opens_once_and_new_ones_are_asked_for_with_password_and_code() {
    let desk = Desk::of(&["ayse"]);
    let (phone, codes, _) = set_up(&desk, &desk.sign_in("ayse"));
    assert_eq!(codes.len(), 10);
    let signed_in = second_step(&desk, &first_step(&desk, "ayse"), &codes[2]);
    let to = signed_in.location().to_owned();
    assert!(to.starts_with("/desk/second-factor?"), "{to}");
    let cookie = signed_in.cookie();
    let page = desk.get(&to, &cookie);
    page.says("You signed in with a recovery code");
    page.says("9 recovery codes are left");
    for code in &codes {
        page.is_silent_on(code);
    }
    let used = second_step(&desk, &first_step(&desk, "ayse"), &codes[2]);
    assert_eq!(used.status, StatusCode::UNAUTHORIZED);
    next_code(&desk);
    let code = phone.code(&desk);
    let renew = |password: &str, code: &str| {
        let fields = [
            ("what", "renew"),
            ("own_password", password),
            ("second_code", code),
        ];
        change(&desk, &cookie, &fields)
    };
    renew("seven grey dogs", &code).says("The password is not right");
    renew(PASSWORD, "000000").says("does not fit");
    let renewed = renew(PASSWORD, &code);
    let fresh = recovery_codes(&renewed);
    assert_eq!(fresh.len(), 10);
    assert!(fresh.iter().all(|code| !codes.contains(code)));
    let former = second_step(&desk, &first_step(&desk, "ayse"), &codes[3]);
    assert_eq!(former.status, StatusCode::UNAUTHORIZED);
    second_step(&desk, &first_step(&desk, "ayse"), &fresh[3]).cookie();
}

#[test]
fn whoever_must_have_a_second_factor_is_led_to_it_before_anything_else() {
    let desk = Desk::of(&["ayse", "mehmet", "deniz"]);
    let ayse = desk.sign_in("ayse");
    desk.register()
        .set_setting(Setting::SecondFactorRoles, "agent,admin")
        .unwrap();
    // Also with a session of before.
    for path in pages() {
        assert_eq!(desk.get(path, &ayse).location(), "/desk/second-factor");
    }
    let note = [("last_seq", "1"), ("text", "x")];
    let page = desk.post("/desk/case/2026-000001/note", &ayse, &note);
    assert_eq!(page.location(), "/desk/second-factor");
    let signed_in = desk.post(
        "/desk/sign-in",
        "",
        &[("name", "mehmet"), ("password", PASSWORD)],
    );
    signed_in.says("Your role asks for a code besides the password");
    let (_, _, cookie) = set_up(&desk, &signed_in.cookie());
    assert_eq!(desk.get("/desk", &cookie).status, StatusCode::OK);
    assert_eq!(
        change(&desk, &cookie, &[("what", "go_on")]).location(),
        "/desk"
    );
    // Nobody of another role is asked.
    desk.sign_in("deniz");
}

#[test]
fn what_was_being_written_waits_for_the_code_too() {
    let desk = Desk::of(&["ayse", "deniz"]);
    let number = desk.register_call(&desk.sign_in("deniz"), "Elif Kaya", "Kapı çatladı.");
    let (phone, _, _) = set_up(&desk, &desk.sign_in("ayse"));
    desk.pass(TimeDelta::minutes(1));
    let path = format!("/desk/case/{number}/note");
    let words = "Müşteri aradı: \"iki hafta\" dedi";
    let carried = [
        ("kept_to", path.as_str()),
        ("kept.last_seq", "1"),
        ("kept.text", words),
        ("kept.own_password", "secret"),
        ("kept.second_code", "secret"),
    ];
    let mut first = carried.to_vec();
    first.extend([("name", "ayse"), ("password", PASSWORD)]);
    let page = desk.post("/desk/sign-in", "", &first);
    assert_eq!(page.hidden("kept_to"), path);
    page.says("iki hafta");
    page.is_silent_on("secret");
    let (half, code) = (page.hidden("half"), phone.code(&desk));
    let mut second = carried[..3].to_vec();
    second.extend([("half", half.as_str()), ("second_code", code.as_str())]);
    let again = desk.post("/desk/sign-in/code", "", &second);
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    again.says(&format!("action=\"{path}\""));
    again.says("iki hafta");
    again.cookie();
}

#[test]
fn the_page_of_the_code_turns_to_another_language_and_the_code_is_still_waited_for() {
    let desk = Desk::of(&["ayse"]);
    let (phone, _, _) = set_up(&desk, &desk.sign_in("ayse"));
    next_code(&desk);
    let half = first_step(&desk, "ayse").hidden("half");
    let turned = desk.post(
        "/desk/sign-in/code",
        "",
        &[("half", &half), ("second_code", ""), ("lang", "tr")],
    );
    assert_eq!(turned.status, StatusCode::OK, "{}", turned.body);
    turned.says("<html lang=\"tr\">");
    turned.says("Kodu girin");
    let signed_in = second_step(&desk, &turned, &phone.code(&desk));
    assert_eq!(signed_in.location(), "/desk");
}

#[test]
fn a_wrong_password_says_nothing_of_a_second_factor() {
    let desk = Desk::of(&["ayse", "mehmet"]);
    set_up(&desk, &desk.sign_in("ayse"));
    let wrong = |name: &str| {
        let fields = [("name", name), ("password", "seven grey dogs")];
        let page = desk.post("/desk/sign-in", "", &fields);
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        page.body.replace(name, "")
    };
    assert_eq!(wrong("ayse"), wrong("mehmet"));
    assert_eq!(wrong("ayse"), wrong("nobody"));
}
