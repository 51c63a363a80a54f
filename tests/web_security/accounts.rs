//! Accounts of staff: their second factors, sessions and what was done to them.

use axum::http::StatusCode;
use chrono::TimeDelta;
use redress::register::StaffDeed;
use redress::web::end_sessions;

use super::{change, first_step, next_code, second_step, set_up};
use crate::web_desk::{Desk, PASSWORD, Page};

fn opens(desk: &Desk, cookie: &str) -> bool {
    desk.get("/desk", cookie).status == StatusCode::OK
}

/// The names of the sessions that a page lets end.
fn session_ids(page: &Page) -> Vec<String> {
    let mark = "name=\"session\" value=\"";
    let parts = page.body.split(mark).skip(1);
    parts
        .map(|part| part.split('"').next().unwrap().to_owned())
        .collect()
}

#[test]
fn setting_up_needs_the_password_and_shows_the_secret_in_one_answer_only() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    change(
        &desk,
        &ayse,
        &[("what", "begin"), ("own_password", "seven grey dogs")],
    )
    .says("The password is not right");
    let begun = change(
        &desk,
        &ayse,
        &[("what", "begin"), ("own_password", PASSWORD)],
    );
    begun.says("<svg class=\"qr\" role=\"img\" aria-labelledby=\"qr-title\"");
    begun.says("<title id=\"qr-title\">QR code");
    let (_, rest) = begun.body.split_once("class=\"secret\"").unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    let secret = rest.split('<').next().unwrap();
    // 160 bits in base 32.
    assert_eq!(secret.replace(' ', "").len(), 32);
    for path in ["/desk/second-factor", "/desk/account", "/desk"] {
        desk.get(path, &ayse).is_silent_on(secret);
    }
    // Merely begun, it is asked of nobody.
    desk.sign_in("ayse");
    // A code that does not fit leaves the page with its picture.
    let wrong = change(&desk, &ayse, &[("what", "confirm"), ("second_code", "12")]);
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("does not fit");
    wrong.says(secret);
    // Who need not have one finds a way out.
    wrong.says("<a href=\"/desk/account\">Do not set it up now</a>");
    // After half an hour it has to be begun anew.
    desk.pass(TimeDelta::minutes(31));
    change(&desk, &ayse, &[("what", "confirm"), ("second_code", "12")]).says("is over");
}

#[test]
fn it_is_removed_with_password_and_code_and_by_nothing_less() {
    let desk = Desk::of(&["ayse"]);
    let (phone, _, cookie) = set_up(&desk, &desk.sign_in("ayse"));
    next_code(&desk);
    let code = phone.code(&desk);
    let remove = |password: &str, code: &str| {
        let fields = [
            ("what", "remove"),
            ("own_password", password),
            ("second_code", code),
        ];
        change(&desk, &cookie, &fields)
    };
    for page in [
        remove("", ""),
        remove(PASSWORD, ""),
        remove("seven grey dogs", &code),
    ] {
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(desk.register().second_factor("ayse").unwrap().is_some());
    }
    // Nor is another one put in its place.
    let begun = change(
        &desk,
        &cookie,
        &[("what", "begin"), ("own_password", PASSWORD)],
    );
    assert_eq!(begun.location(), "/desk/second-factor");
    let removed = remove(PASSWORD, &code);
    assert_eq!(removed.location(), "/desk/account?done=factor_removed");
    assert!(!opens(&desk, &cookie));
    assert!(opens(&desk, &removed.cookie()));
    desk.sign_in("ayse");
    let trail = desk.register().staff_trail(Some("ayse")).unwrap();
    let deeds: Vec<StaffDeed> = trail.iter().map(|event| event.deed).collect();
    assert_eq!(
        deeds,
        [StaffDeed::SecondFactorRemoved, StaffDeed::SecondFactorAdded]
    );
    assert!(trail.iter().all(|event| event.actor == "ayse"));
}

#[test]
fn an_administrator_takes_a_lost_one_away_with_a_reason_and_only_somebody_elses() {
    let desk = Desk::of(&["ayse", "tekin", "zeynep"]);
    let (phone, _, ayse) = set_up(&desk, &desk.sign_in("ayse"));
    let (_, _, tekin) = set_up(&desk, &desk.sign_in("tekin"));
    let zeynep = desk.sign_in("zeynep");
    let reset = |cookie: &str, person: &str, reason: &str| {
        let fields = [("what", "factor"), ("person", person), ("reason", reason)];
        desk.post("/desk/staff", cookie, &fields)
    };
    let refused = reset(&zeynep, "ayse", "lost");
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    reset(&tekin, "ayse", " ").says("Say why");
    reset(&tekin, "tekin", "lost").says("You remove your own");
    assert!(opens(&desk, &ayse));
    next_code(&desk);
    let half = first_step(&desk, "ayse");
    let done = reset(&tekin, "ayse", "telefonunu kaybetti <b>");
    assert_eq!(done.location(), "/desk/staff?done=staff_factor");
    assert!(!opens(&desk, &ayse));
    // Nor does who was half-way go on with the code of the app that was lost.
    let late = second_step(&desk, &half, &phone.code(&desk));
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);
    let page = desk.get("/desk/staff?person=ayse", &tekin);
    page.says("Second factor taken away by an administrator");
    page.says("telefonunu kaybetti");
    page.is_silent_on("<b>");
    let cookie = desk.sign_in("ayse");
    desk.get("/desk/account", &cookie)
        .says("Second factor taken away by an administrator");
}

#[test]
fn a_password_that_an_administrator_gives_ends_every_session_and_is_on_record() {
    let desk = Desk::of(&["ayse", "tekin"]);
    let (ayse, tekin) = (desk.sign_in("ayse"), desk.sign_in("tekin"));
    let fields = [("what", "reset"), ("person", "ayse")];
    let made = desk.post("/desk/staff", &tekin, &fields);
    let password = made.receipt()[0].clone();
    assert!(!opens(&desk, &ayse));
    let signed_in = desk.post(
        "/desk/sign-in",
        "",
        &[("name", "ayse"), ("password", &password)],
    );
    signed_in.says("Choose a password");
    let cookie = signed_in.cookie();
    assert_eq!(
        desk.get("/desk/account", &cookie).location(),
        "/desk/password"
    );
    // Setting up a second factor does not get around choosing a password.
    let page = desk.get("/desk/second-factor", &cookie);
    assert_eq!(page.location(), "/desk/password");
    let begun = change(
        &desk,
        &cookie,
        &[("what", "begin"), ("own_password", &password)],
    );
    begun.says("Choose a password");
    begun.is_silent_on("class=\"secret\"");
    let chosen = [
        ("new_password", "ten brown horses"),
        ("again_password", "ten brown horses"),
    ];
    let fresh = desk.post("/desk/password", &cookie, &chosen).cookie();
    assert!(opens(&desk, &fresh) && !opens(&desk, &cookie));
    let page = desk.get("/desk/staff?person=ayse", &tekin);
    page.says("New password given");
    page.says("Password changed");
    page.is_silent_on(&password);
    page.is_silent_on("ten brown horses");
    let trail = desk.register().staff_trail(Some("ayse")).unwrap();
    let by: Vec<&str> = trail.iter().map(|event| event.actor.as_str()).collect();
    assert_eq!(by, ["ayse", "tekin"]);
}

#[test]
fn everybody_sees_their_sessions_and_ends_them() {
    let desk = Desk::of(&["ayse", "mehmet"]);
    let (first, second) = (desk.sign_in("ayse"), desk.sign_in("ayse"));
    let mehmet = desk.sign_in("mehmet");
    let page = desk.get("/desk/account", &first);
    page.says("this session");
    let ids = session_ids(&page);
    assert_eq!(ids.len(), 1);
    // Neither the page's name of a session nor somebody else's use of it does anything.
    assert!(!opens(&desk, &format!("desk={}", ids[0])));
    desk.post(
        "/desk/account",
        &mehmet,
        &[("what", "one"), ("session", &ids[0])],
    );
    assert!(opens(&desk, &second));
    let ended = desk.post(
        "/desk/account",
        &first,
        &[("what", "one"), ("session", &ids[0])],
    );
    assert_eq!(ended.location(), "/desk/account?done=session_ended");
    assert!(!opens(&desk, &second));
    let others = [desk.sign_in("ayse"), desk.sign_in("ayse")];
    desk.post("/desk/account", &first, &[("what", "others")])
        .location();
    assert!(others.iter().all(|cookie| !opens(&desk, cookie)));
    assert!(opens(&desk, &first) && opens(&desk, &mehmet));
}

#[test]
fn who_is_deactivated_is_out_at_once_and_stays_out_when_let_in_again() {
    let desk = Desk::of(&["ayse", "tekin"]);
    let (ayse, tekin) = (desk.sign_in("ayse"), desk.sign_in("tekin"));
    let act = |may: bool| {
        let mut fields = vec![("what", "active"), ("person", "ayse")];
        if may {
            fields.push(("may_act", "yes"));
        }
        desk.post("/desk/staff", &tekin, &fields)
            .location()
            .to_owned()
    };
    act(false);
    assert!(!opens(&desk, &ayse));
    let right = [("name", "ayse"), ("password", PASSWORD)];
    let refused = desk.post("/desk/sign-in", "", &right);
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    act(true);
    assert!(!opens(&desk, &ayse));
    assert!(opens(&desk, &desk.sign_in("ayse")));
}

#[test]
fn the_command_line_ends_the_sessions_of_the_pages() {
    let desk = Desk::of(&["ayse", "mehmet"]);
    let (ayse, mehmet) = (desk.sign_in("ayse"), desk.sign_in("mehmet"));
    end_sessions(desk.register().path(), "ayse").unwrap();
    assert!(!opens(&desk, &ayse));
    assert!(opens(&desk, &mehmet));
}

#[test]
fn the_pages_of_accounts_have_their_texts_in_three_languages() {
    let desk = Desk::of(&["ayse", "tekin"]);
    let (_, _, cookie) = set_up(&desk, &desk.sign_in("ayse"));
    let tekin = desk.sign_in("tekin");
    for language in ["en", "tr", "ru"] {
        let pages = [
            desk.get_in(language, "/desk/second-factor", &cookie),
            desk.get_in(language, "/desk/account", &cookie),
            desk.get_in(language, "/desk/second-factor", &tekin),
            desk.get_in(language, "/desk/account", &tekin),
            desk.get_in(language, "/desk/staff?person=ayse", &tekin),
            desk.post_in(
                language,
                "/desk/second-factor",
                &tekin,
                &[("what", "begin"), ("own_password", PASSWORD)],
            ),
            desk.post_in(
                language,
                "/desk/sign-in",
                "",
                &[("name", "ayse"), ("password", PASSWORD)],
            ),
        ];
        for page in pages {
            assert_eq!(page.status, StatusCode::OK, "{}", page.body);
            page.says(&format!("<html lang=\"{language}\">"));
            assert_eq!(page.body.matches("<h1").count(), 1, "{}", page.body);
            for section in ["code", "factor", "account", "deeds", "staff_factor"] {
                page.is_silent_on(&format!(">{section}."));
                page.is_silent_on(&format!("\"{section}."));
            }
            page.is_silent_on(" style=\"");
            page.is_silent_on("<script");
        }
    }
}
