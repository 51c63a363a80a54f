//! What somebody might try at the pages, and what becomes of it: signing in with a second factor, and attacks.

mod accounts;
mod attacks;
mod sign_in;

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use chrono::TimeDelta;
use totp_rs::{Builder, Secret};

use crate::web_desk::{Desk, PASSWORD, Page};

/// An authenticator app that holds a secret.
struct Phone {
    secret: Secret,
}

impl Phone {
    /// Scans what a page shows.
    fn scanning(page: &Page) -> Phone {
        let (_, rest) = page.body.split_once("<code class=\"secret\"").unwrap();
        let (_, rest) = rest.split_once('>').unwrap();
        let shown = rest.split('<').next().unwrap().replace(' ', "");
        Phone {
            secret: Secret::try_from_base32(shown).unwrap(),
        }
    }

    /// What it shows at the desk's time.
    fn code(&self, desk: &Desk) -> String {
        let totp = Builder::new()
            .with_secret(self.secret.clone())
            .build()
            .unwrap();
        let seconds = u64::try_from(desk.now().timestamp()).unwrap();
        totp.generate(seconds).to_string()
    }
}

/// Sets up a second factor; answers the app, the recovery codes and the new session.
fn set_up(desk: &Desk, cookie: &str) -> (Phone, Vec<String>, String) {
    let begun = change(
        desk,
        cookie,
        &[("what", "begin"), ("own_password", PASSWORD)],
    );
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
    let phone = Phone::scanning(&begun);
    let code = phone.code(desk);
    let done = change(desk, cookie, &[("what", "confirm"), ("second_code", &code)]);
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let codes = recovery_codes(&done);
    (phone, codes, done.cookie())
}

fn change(desk: &Desk, cookie: &str, fields: &[(&str, &str)]) -> Page {
    desk.post("/desk/second-factor", cookie, fields)
}

fn recovery_codes(page: &Page) -> Vec<String> {
    let parts = page.body.split("<li><code>").skip(1);
    parts
        .map(|part| part.split('<').next().unwrap().to_owned())
        .collect()
}

/// The first step of signing in, where a second one follows.
fn first_step(desk: &Desk, name: &str) -> Page {
    let page = desk.post(
        "/desk/sign-in",
        "",
        &[("name", name), ("password", PASSWORD)],
    );
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.headers.get(SET_COOKIE).is_none());
    page
}

fn second_step(desk: &Desk, first: &Page, code: &str) -> Page {
    let half = first.hidden("half");
    desk.post(
        "/desk/sign-in/code",
        "",
        &[("half", &half), ("second_code", code)],
    )
}

/// The app shows another code.
fn next_code(desk: &Desk) {
    desk.pass(TimeDelta::seconds(30));
}
