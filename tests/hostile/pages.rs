//! Requests: paths, queries, cookies and forms of both encodings, tracking links, and texts with places to fill.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use redress::channels::mail_in::Headers;
use redress::domain::event::{EventBody, EventKind};
use redress::domain::vocabulary::{Language, Role};
use redress::register::people::Person;
use redress::register::{Actor, Complaining, NewCase, NewRegister, Register, tracking_link};
use redress::review::words::Words;

use super::harness::{Seen, Target, Try, attack};
use crate::web_public::Site;

/// A request as text: method, path, content type and cookie, each in a line, and the body below an empty one.
fn request(input: &[u8]) -> Option<Request<Body>> {
    let at = input.windows(2).position(|pair| pair == b"\n\n")?;
    let (head, body) = (input.get(..at)?, input.get(at + 2..)?);
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.split('\n');
    let method = lines.next()?;
    let path = lines.next()?;
    let kind = lines.next().unwrap_or_default();
    let cookie = lines.next().unwrap_or_default();
    Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, kind)
        .header(COOKIE, cookie)
        .body(Body::from(body.to_vec()))
        .ok()
}

/// No request is answered as a fault of ours, and nothing that came in it stands in a page as markup.
fn a_request() -> Try {
    let site = Site::new();
    Box::new(move |input| {
        let Some(request) = request(input) else {
            return Ok(Seen::Refused);
        };
        // Who asks too often is told to wait; a clock that goes on lets the next one in.
        site.pass(TimeDelta::minutes(5));
        let page = site.send(request);
        if page.status.is_server_error() {
            return Err(format!("{}: {}", page.status, page.body));
        }
        if page.body.contains("<html") && page.body.contains("<q9") {
            return Err(format!("markup from the request: {}", page.body));
        }
        Ok(match page.status {
            StatusCode::OK | StatusCode::SEE_OTHER => Seen::Read,
            _ => Seen::Refused,
        })
    })
}

const FORM: &str = "POST\n/complain\napplication/x-www-form-urlencoded\nlang=tr\n\nonce=x&step=1&channel=form&product=Silikon&text=Kapak+s%C4%B1zd%C4%B1r%C4%B1yor&name=Elif&phone=0532&email=elif%40example.org&sought=repair";
const PARTS: &str = "POST\n/complain\nmultipart/form-data; boundary=b\n\n\n--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\u{7f}\r\n--b--\r\n";

#[test]
fn no_request_makes_a_fault_of_the_server_or_markup_of_a_text() {
    let seeds: Vec<Vec<u8>> = [
        FORM,
        PARTS,
        "GET\n/\n\n\n\n",
        "GET\n/complain?lang=ru\n\n\n\n",
        "GET\n/track?number=2026-000001\n\ncase=abc; desk=def\n\n",
        "GET\n/t/2026-000001.20261231.00ff\n\n\n\n",
        "GET\n/case/file/00ff\n\ncase=abc\n\n",
        "GET\n/desk/queue?state=resolved&page=2\n\ndesk=def\n\n",
        "POST\n/case/answer\napplication/x-www-form-urlencoded\ncase=abc\n\nfor=1&last_seq=9&answer=rejected",
        "GET\n/quality?period=2026-Q3\n\n\n\n",
        "POST\n/api/v1/cases\napplication/json\n\n\n{\"channel\":\"phone\",\"text\":\"x\",\"person\":{\"name\":\"Elif\"}}",
        "GET\n/api/v1/cases/2026-000001?since=0&limit=-1\n\n\n\n",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    let target = Target {
        name: "request",
        share: 6,
        seeds,
        words: &[
            "<q9 onload=x>",
            "%3Cq9%20onload%3Dx%3E",
            "\"><q9>",
            "'\"><q9>",
            "%00",
            "%ff",
            "%",
            "&",
            "=",
            "&&&&&&&&",
            "lang=tr",
            "/../",
            "//",
            "/desk/",
            "/t/",
            "--b\r\n",
            "--b--",
            "Content-Disposition: form-data; name=\"",
            "filename=\"..\\..\\a\"",
            "filename*=utf-8''%ff",
            "\r\n\r\n",
            "PUT\n",
            "HEAD\n",
        ],
    };
    attack(target, a_request);
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

/// Only the token that was given opens a case: no other text does, however near.
fn a_token() -> Try {
    let folder = tempfile::tempdir().expect("a folder");
    let new = NewRegister {
        zone: chrono_tz::Europe::Istanbul,
        calendar_toml: "name = \"test\"\n".to_owned(),
        limits_toml: "intake = 2\n".to_owned(),
        now: at("2026-03-01T08:00:00Z"),
    };
    let path = folder.path().join("register.sqlite");
    let mut register = Register::create(&path, &new).expect("a register");
    let by = Actor::staff(Role::Contact, "ayse");
    let now = at("2026-03-02T06:00:00Z");
    let known = register.register_case(&case(), &by, now).expect("a case");
    let last = "2026-12-31".parse().expect("a date");
    let token = register
        .tracking_token(known.case_key, last)
        .expect("a token")
        .expect("a token");
    Box::new(move |input| {
        let _ = &folder;
        // The seeds cannot hold the token, which is another one each time.
        let text = String::from_utf8_lossy(input).replace("{token}", &token);
        let found = register
            .case_by_token(&text, now)
            .map_err(|e| e.to_string())?;
        // Blanks around it come with copying; anything else is another token.
        if found.is_some() != (text.trim() == token) {
            return Err(format!("{text:?} opens {found:?}"));
        }
        let link = tracking_link(&text, &text);
        if link.contains(char::is_whitespace) && !text.contains(char::is_whitespace) {
            return Err(format!("the link {link:?}"));
        }
        let _ = register.case_by_number(&text);
        Ok(match found {
            Some(_) => Seen::Read,
            None => Seen::Refused,
        })
    })
}

fn case() -> NewCase {
    let said = r#"{"received_at":"2026-03-02T05:00:00Z","channel":"phone","language":"tr"}"#;
    let EventBody::Registered(registered) =
        EventBody::parse(EventKind::Registered, said).expect("a receipt")
    else {
        unreachable!("the kind was given");
    };
    let person = Person {
        name: Some("Elif".to_owned()),
        phone: None,
        email: None,
        address: None,
        language: Language::Tr,
    };
    NewCase {
        registered,
        complainant: Complaining::Person(person),
        narrative: "Kapak sızdırıyor.".to_owned(),
        occurred_at: at("2026-03-02T06:00:00Z"),
        late_reason: None,
    }
}

#[test]
fn only_its_own_token_opens_a_case() {
    let target = Target {
        name: "token",
        share: 40,
        seeds: [
            "{token}",
            "2026-000001.20261231.00ff",
            "{token}{token}",
            "https://example.org/track?a#b",
        ]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect(),
        words: &[
            "{token}",
            ".",
            "2026-000001",
            "20261231",
            "://",
            "/",
            "?",
            "#",
            "0",
            "f",
            "A",
            " ",
        ],
    };
    attack(target, a_token);
}

/// What is filled into a text stays as it is: no place in it is filled again, and nothing of the text is lost.
fn a_filled_text() -> Try {
    let words = Words::load(Language::Tr).expect("the texts");
    let keys: Vec<String> = words
        .all()
        .iter()
        .filter(|(_, text)| text.contains("{n}") || text.contains("{name}"))
        .map(|(key, _)| key.clone())
        .collect();
    let mut turn = 0;
    Box::new(move |input| {
        let value = String::from_utf8_lossy(input).into_owned();
        turn += 1;
        let Some(key) = keys.get(turn % keys.len()) else {
            return Err("no text has a place".to_owned());
        };
        let filled = words.fill(key, &[("n", value.as_str()), ("name", value.as_str())]);
        let text = words.text(key);
        let places = text.matches("{n}").count() + text.matches("{name}").count();
        let marks = 3 * text.matches("{n}").count() + 6 * text.matches("{name}").count();
        let wanted = text.len() - marks + places * value.len();
        if filled.len() != wanted {
            return Err(format!("{key}: {} bytes instead of {wanted}", filled.len()));
        }
        let _ = words.plural(key, i64::MIN, &[("name", value.as_str())]);
        // Header fields of mails come from the same people.
        let fields = Headers::read(input);
        let _ = (fields.first("subject"), fields.word("from"));
        Ok(match value.contains(['{', '}']) {
            true => Seen::Read,
            false => Seen::Refused,
        })
    })
}

#[test]
fn what_is_filled_into_a_text_is_not_filled_again() {
    let target = Target {
        name: "filled",
        share: 60,
        seeds: vec![
            b"Elif {n}".to_vec(),
            b"{name}{{n}}}".to_vec(),
            b"plain".to_vec(),
        ],
        words: &["{n}", "{name}", "{", "}", "{{", "}}", "{\u{202e}}"],
    };
    attack(target, a_filled_text);
}
