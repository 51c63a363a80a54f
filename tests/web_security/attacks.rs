//! Attempts at what is somebody else's, at other sites, at headers and at markup.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use redress::register::{Actor, Register};
use redress::web::routes::{self, Access, Verb};

use super::{first_step, next_code, set_up};
use crate::web_desk::{Desk, Page};

/// The first bytes of a PDF file (ISO 32000-1, 7.5.2).
const PDF: &[u8] = b"%PDF-1.4\n";

/// What somebody may write into any field.
const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// Addresses of another site, in every way in which browsers read one.
const AWAY: [&str; 9] = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "/\t/evil.example",
    "\u{1}//evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "/desk\r\nX-Evil: 1",
];

/// What is nobody's of a page but the sender's.
#[track_caller]
fn is_clean(page: &Page) {
    for part in ["<script>alert", "<img src=x", "\"'><"] {
        page.is_silent_on(part);
    }
    assert!(page.headers.get("x-evil").is_none());
}

/// A redirect that stays here, if it is one.
#[track_caller]
fn stays(page: &Page, what: &str) {
    let Some(to) = page.headers.get("location") else {
        return;
    };
    let to = to.to_str().unwrap();
    let leads_away = !to.starts_with('/') || to.starts_with("//") || to.starts_with("/\\");
    assert!(!leads_away, "{what} leads to {to}");
    assert!(page.headers.get("x-evil").is_none(), "{what}");
}

/// The fields of the public form, all pages at once.
fn complaint<'a>(once: &'a str, said: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("step", "check"),
        ("go", "send"),
        ("checked", "1"),
        ("once", once),
        ("text", said),
        ("occurred_on", "2026-02-27"),
        ("product", said),
        ("lot", said),
        ("order", said),
        ("remedy", "replacement"),
        ("remedy_words", said),
        ("behalf", "self"),
        ("name", said),
        ("address", said),
        ("phone", "+90 532 123 45 67"),
    ]
}

/// Makes a complaint by the public form; answers number and password.
fn complain(desk: &Desk, said: &str) -> (String, String) {
    let once = desk.get("/complain", "").hidden("once");
    let page = desk.post("/complain", "", &complaint(&once, said));
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let shown = page.receipt();
    (shown[0].clone(), shown[1].clone())
}

fn follow(desk: &Desk, number: &str, password: &str) -> String {
    let fields = [("number", number), ("password", password)];
    let page = desk.post("/track", "", &fields);
    assert_eq!(page.location(), "/case");
    page.cookie()
}

/// Puts a file to a case as its complainant's; answers its hash.
fn with_file(desk: &Desk, number: &str, last: u8) -> String {
    let content = [PDF, &[last]].concat();
    let key = desk.key(number);
    let (mut register, now): (Register, _) = (desk.register(), desk.now());
    register
        .attach(
            key,
            "duvar.pdf",
            "application/pdf",
            &mut content.as_slice(),
            &Actor::customer(),
            now,
        )
        .unwrap();
    register.attachments(key).unwrap()[0].sha256.clone()
}

#[test]
fn a_complainant_reaches_nothing_of_another_case() {
    let desk = Desk::of(&["ayse"]);
    let (first, first_password) = complain(&desk, "Kapı çatladı.");
    let (second, second_password) = complain(&desk, "Renk tutmadı.");
    let (own, other) = (with_file(&desk, &first, 1), with_file(&desk, &second, 2));
    let cookie = follow(&desk, &first, &first_password);
    let file = |sha256: &str| desk.get(&format!("/case/file/{sha256}"), &cookie).status;
    assert_eq!(file(&own), StatusCode::OK);
    assert_eq!(file(&other), StatusCode::NOT_FOUND);
    for query in ["number", "case", "case_key", "for"] {
        let page = desk.get(&format!("/case?{query}={second}"), &cookie);
        // The other number is in the links to other languages, as it was asked for, and nowhere else.
        page.says(&first);
        page.is_silent_on("Renk tutmadı");
    }
    // A form that names the other case, or was begun there, records nothing there.
    let before = desk.kinds(&second);
    let key = desk.key(&second).to_string();
    for path in ["/case/add", "/case/answer", "/case/survey"] {
        let fields = [
            ("for", second.as_str()),
            ("number", second.as_str()),
            ("case_key", key.as_str()),
            ("last_seq", "1"),
            ("text", "Benim."),
            ("answer", "accepted"),
            ("confirmed", "1"),
            ("score", "5"),
            ("go", "send"),
        ];
        desk.post(path, &cookie, &fields);
        assert_eq!(desk.kinds(&second), before, "{path}");
    }
    // One password opens one case.
    for (number, password) in [(&first, &second_password), (&second, &first_password)] {
        let fields = [("number", number.as_str()), ("password", password.as_str())];
        let page = desk.post("/track", "", &fields);
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    }
    // And none of it is the desk's.
    for path in [
        "/desk".to_owned(),
        format!("/desk/case/{first}"),
        format!("/desk/case/{first}/file/{own}"),
    ] {
        assert_eq!(desk.get(&path, &cookie).status, StatusCode::UNAUTHORIZED);
    }
}

#[test]
fn technical_staff_of_another_plant_find_a_case_by_no_route_of_the_desk() {
    let desk = Desk::of(&["ayse", "kemal", "selin", "zeynep"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    desk.routed(&ayse, &number);
    let sha256 = with_file(&desk, &number, 3);
    let selin = desk.sign_in("selin");
    let before = desk.kinds(&number);
    // Every command that anybody has here now, and some that come later.
    let mut commands = desk.offers(&ayse, &number);
    commands.extend(desk.offers(&desk.sign_in("kemal"), &number));
    commands.extend(desk.offers(&desk.sign_in("zeynep"), &number));
    let later = ["reopen", "verify", "merge", "amend", "void"];
    commands.extend(later.map(str::to_owned));
    let case = format!("/desk/case/{number}");
    let mut paths = vec![case.clone(), format!("{case}/form")];
    paths.push(format!("{case}/file/{sha256}"));
    for path in &paths {
        let page = desk.get(path, &selin);
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
    let seq = desk.register().case_by_number(&number).unwrap().last_seq;
    let seq = seq.to_string();
    for command in commands {
        let path = format!("{case}/{command}");
        // As for a number that nobody has: not there, or, where technical staff may not do it at all, not theirs.
        let nowhere = format!("/desk/case/2026-999999/{command}");
        let refused = [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN];
        let page = desk.get(&path, &selin);
        assert!(refused.contains(&page.status), "{path}: {}", page.status);
        assert_eq!(page.status, desk.get(&nowhere, &selin).status, "{path}");
        let fields = [("last_seq", seq.as_str()), ("text", "x"), ("reason", "x")];
        let sent = desk.post(&path, &selin, &fields);
        assert!(refused.contains(&sent.status), "{path}: {}", sent.status);
        let elsewhere = desk.post(&nowhere, &selin, &fields);
        assert_eq!(sent.status, elsewhere.status, "{path}");
        assert_eq!(desk.kinds(&number), before, "{path}");
    }
    // No page that names no case tells of it either.
    for route in routes::all() {
        let of_staff = matches!(route.access, Access::Staff(_));
        if !of_staff || route.verb != Verb::Get || route.path.contains('{') {
            continue;
        }
        for query in ["", "?q=kaya", "?q=Elif", "?late=yes", "?show=all"] {
            let page = desk.get(&format!("{}{query}", route.path), &selin);
            page.is_silent_on(&number);
            page.is_silent_on("Elif Kaya");
            page.is_silent_on("Kapı çatladı");
        }
    }
    let direct = desk.get(&format!("/desk/search?q={number}"), &selin);
    assert_eq!(direct.status, StatusCode::OK);
    direct.is_silent_on("Elif Kaya");
}

#[test]
fn an_action_leads_technical_staff_only_to_cases_that_they_may_see() {
    let desk = Desk::of(&["ayse", "kemal", "selin"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    desk.routed(&ayse, &number);
    let once = desk.get("/desk/actions/new", &ayse).hidden("once");
    let opened = desk.post(
        "/desk/actions/new",
        &ayse,
        &[
            ("once", once.as_str()),
            ("title", "Çatlayan kapılar"),
            ("kind", "corrective"),
            ("source", "case"),
            ("reference", number.as_str()),
            ("cases", number.as_str()),
            ("owner", "ayse"),
        ],
    );
    let to = opened.location().split('?').next().unwrap().to_owned();
    let case = format!("href=\"/desk/case/{number}\"");
    desk.get(&to, &ayse).says(&case);
    desk.get(&to, &desk.sign_in("kemal")).says(&case);
    let page = desk.get(&to, &desk.sign_in("selin"));
    page.says("Çatlayan kapılar");
    page.is_silent_on(&case);
}

#[test]
fn messages_packs_and_accounts_are_not_reached_by_guessing_their_ids() {
    let desk = Desk::of(&["ayse", "deniz", "kemal", "tekin"]);
    let ayse = desk.sign_in("ayse");
    desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let (deniz, kemal) = (desk.sign_in("deniz"), desk.sign_in("kemal"));
    for id in ["1", "0", "-1", "9223372036854775808", "x", "1%27"] {
        for cookie in [&deniz, &kemal] {
            let page = desk.post(&format!("/desk/outbox/{id}/retry"), cookie, &[]);
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{id}");
        }
        let page = desk.post(&format!("/desk/outbox/{id}/retry"), &ayse, &[]);
        assert!(page.status.is_client_error(), "{id}: {}", page.status);
    }
    let tekin = desk.sign_in("tekin");
    for pack in [
        "2026-Q1-en/review.html",
        "..%2Fregister.sqlite/x",
        "x/..%2f..%2fregister.sqlite",
    ] {
        let path = format!("/desk/reviews/{pack}");
        for cookie in [&ayse, &kemal] {
            let page = desk.get(&path, cookie);
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{pack}");
        }
        let page = desk.get(&path, &tekin);
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{pack}");
    }
    for what in ["add", "roles", "active", "reset", "factor", "discretion"] {
        let fields = [("what", what), ("person", "tekin"), ("roles", "admin")];
        let page = desk.post("/desk/staff", &ayse, &fields);
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{what}");
    }
    assert!(desk.register().staff_trail(None).unwrap().is_empty());
}

#[test]
fn no_parameter_leads_to_another_site() {
    let desk = Desk::of(&["ayse"]);
    let (number, password) = complain(&desk, "Kapı çatladı.");
    let (phone, _, cookie) = set_up(&desk, &desk.sign_in("ayse"));
    for away in AWAY {
        for name in ["to", "next", "url", "kept_to", "lang", "done", "from"] {
            let encoded: String = away.bytes().map(|b| format!("%{b:02X}")).collect();
            for path in ["/", "/desk/sign-in", "/desk/search"] {
                for query in [
                    format!("{name}={encoded}"),
                    format!("lang=tr&{name}={encoded}"),
                ] {
                    let address = format!("{path}?{query}");
                    stays(&desk.get(&address, &cookie), &address);
                }
            }
        }
        let tracked = [
            ("kept_to", away),
            ("number", number.as_str()),
            ("password", password.as_str()),
        ];
        let page = desk.post("/track", "", &tracked);
        assert_eq!(page.location(), "/case", "{away:?}");
        stays(&page, away);
        next_code(&desk);
        let half = first_step(&desk, "ayse").hidden("half");
        let code = phone.code(&desk);
        let coded = [
            ("kept_to", away),
            ("half", half.as_str()),
            ("second_code", code.as_str()),
        ];
        let page = desk.post("/desk/sign-in/code", "", &coded);
        assert_eq!(page.location(), "/desk", "{away:?}");
    }
    // An address whose own path names another host.
    for address in ["//evil.example/?lang=tr", "//evil.example/desk?lang=ru"] {
        let request = Request::get(address).body(Body::empty());
        let page = desk.send(request.unwrap());
        stays(&page, address);
    }
}

#[test]
fn nothing_that_is_sent_becomes_a_header() {
    let desk = Desk::of(&["ayse"]);
    let ayse = desk.sign_in("ayse");
    let number = desk.register_call(&ayse, "Elif Kaya", "Kapı çatladı.");
    let addresses = [
        "/?lang=tr%0d%0aX-Evil:%201".to_owned(),
        "/desk?done=x%0d%0aX-Evil:%201".to_owned(),
        "/desk/search?q=x%0d%0aX-Evil:%201".to_owned(),
        format!("/desk/search?q={number}%0d%0aX-Evil:%201"),
        format!("/desk/case/{number}%0d%0aX-Evil:%201"),
        "/desk/case/x%0d%0aX-Evil:%201/file/00".to_owned(),
        "/t/x%0d%0aX-Evil:%201".to_owned(),
    ];
    for address in &addresses {
        let page = desk.get(address, &ayse);
        assert!(page.headers.get("x-evil").is_none(), "{address}");
        assert!(!page.status.is_server_error(), "{address}");
    }
    // The name of a file goes into a header, as its sender wrote it.
    let key = desk.key(&number);
    let mut register = desk.register();
    register
        .attach(
            key,
            "a\"; x=1\r\nX-Evil: 1\r\n\r\n<script>.pdf",
            "application/pdf",
            &mut &PDF[..],
            &Actor::customer(),
            desk.now(),
        )
        .unwrap();
    let sha256 = register.attachments(key).unwrap()[0].sha256.clone();
    let file = desk.get(&format!("/desk/case/{number}/file/{sha256}"), &ayse);
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.headers.get("x-evil").is_none());
    let kept = file.headers["content-disposition"].to_str().unwrap();
    assert!(kept.starts_with("attachment; filename=\""), "{kept}");
    assert_eq!(kept.matches('"').count(), 2, "{kept}");
}

#[test]
fn what_a_complainant_writes_is_shown_at_the_desk_and_never_run() {
    let desk = Desk::of(&["ayse", "kemal", "tekin"]);
    let (number, password) = complain(&desk, EVIL);
    let ayse = desk.sign_in("ayse");
    let complainant = follow(&desk, &number, &password);
    desk.post(
        "/case/add",
        &complainant,
        &[("go", "send"), ("for", &number), ("text", EVIL)],
    );
    let case = format!("/desk/case/{number}");
    let mut paths = [
        "/desk",
        "/desk/search?q=alert",
        "/desk/search?q=%3Cscript%3E",
        "/desk/outbox",
    ]
    .map(str::to_owned)
    .to_vec();
    for command in desk.offers(&ayse, &number) {
        paths.push(format!("{case}/{command}"));
    }
    paths.push(format!("{case}/form"));
    paths.push(case.clone());
    for language in ["en", "tr", "ru"] {
        for path in &paths {
            let page = desk.get_in(language, path, &ayse);
            assert_eq!(page.status, StatusCode::OK, "{path}");
            is_clean(&page);
        }
    }
    // It is there, as text.
    desk.get(&case, &ayse).says("&#60;script&#62;alert(1)");
    let typed = [("text", EVIL), ("name", EVIL), ("phone", "0532 123 45 67")];
    is_clean(&desk.post("/desk/similar", &ayse, &typed));
}

#[test]
fn names_of_staff_and_reasons_are_text_too() {
    let desk = Desk::of(&["tekin"]);
    let tekin = desk.sign_in("tekin");
    let fields = [
        ("what", "add"),
        ("name", EVIL),
        ("roles", "agent"),
        ("usual", "agent"),
        ("department", EVIL),
        ("site", EVIL),
    ];
    let made = desk.post("/desk/staff", &tekin, &fields);
    is_clean(&made);
    is_clean(&desk.get("/desk/staff", &tekin));
    let encoded: String = EVIL.bytes().map(|b| format!("%{b:02X}")).collect();
    is_clean(&desk.get(&format!("/desk/staff?person={encoded}"), &tekin));
    // A name is one line: it stands in logs and in the head of pages.
    for name in ["a\nb", "a\r\nX-Evil: 1", "a\u{1b}[31m"] {
        let mut fields = fields.to_vec();
        fields[1] = ("name", name);
        desk.post("/desk/staff", &tekin, &fields)
            .says("Enter a name in one line");
    }
    let password = made.receipt()[0].clone();
    let signed_in = desk.post(
        "/desk/sign-in",
        "",
        &[("name", EVIL), ("password", &password)],
    );
    is_clean(&signed_in);
    signed_in.says("Choose a password");
}

#[test]
fn an_unknown_number_is_answered_like_a_wrong_password_and_a_wrong_contact_like_a_right_one() {
    let desk = Desk::of(&[]);
    let (number, _) = complain(&desk, "Kapı çatladı.");
    let ask = |number: &str| {
        let fields = [("number", number), ("password", "k7m2p9x4qd")];
        let page = desk.post("/track", "", &fields);
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        assert!(page.headers.get("set-cookie").is_none());
        page.body.replace(number, "")
    };
    assert_eq!(ask(&number), ask("2026-999999"));
    let forgotten = |number: &str, contact: &str| {
        let fields = [("number", number), ("contact", contact)];
        let page = desk.post("/forgotten", "", &fields);
        (page.status, page.location().to_owned(), page.body)
    };
    let right = forgotten(&number, "+90 532 123 45 67");
    assert_eq!(right, forgotten(&number, "+90 532 123 45 68"));
    assert_eq!(right, forgotten("2026-999999", "+90 532 123 45 67"));
}
