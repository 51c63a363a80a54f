//! The public pages as a complainant meets them: by requests, without a browser.

mod house;
mod keeping;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use redress::domain::event::{
    Classified, Communicated, Decided, EventBody, EventKind, NoteAdded, Routed,
};
use redress::domain::vocabulary::{
    Channel, Language, Means, MessagePurpose, PauseReason, RejectionReason, Response, Role,
};
use redress::domain::workflow::{State, StateName};
use redress::register::{Actor, CaseFilter, Draft, MessageFilter, NewRegister, Register};
use redress::web::{App, Settings, site};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::common::rulebook;

/// The smallest JPEG that is whole in its parts (JFIF 1.02): header, frame, scan, end.
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00\xFF\xC0\x00\x0B\x08\x00\x08\x00\x08\x01\x01\x11\x00\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00\x15\xFF\xD9";

/// A site on a new register, with a clock of its own. It begins on Monday, 2 March 2026, 09:00 in Istanbul.
pub(crate) struct Site {
    _dir: TempDir,
    path: PathBuf,
    router: Router,
    runtime: tokio::runtime::Runtime,
    clock: Arc<Mutex<DateTime<Utc>>>,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: String,
}

/// A complaint that was made by the form.
struct Case {
    number: String,
    password: String,
}

impl Site {
    pub(crate) fn new() -> Site {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("register.sqlite");
        let now: DateTime<Utc> = "2026-03-02T06:00:00Z".parse().unwrap();
        let new = NewRegister {
            zone: chrono_tz::Europe::Istanbul,
            calendar_toml: include_str!("../reports/calendars/turkey.toml").to_owned(),
            limits_toml: "intake = 2\n".to_owned(),
            now,
        };
        Register::create(&path, &new).unwrap();
        let settings = Settings {
            register: path.clone(),
            lake: dir.path().join("lake"),
            out: dir.path().join("out"),
            organisation: "Boya A.Ş.".to_owned(),
            language: Language::En,
            currency: None,
            rules: Arc::new(|| Ok(rulebook())),
            packs: Arc::new(|_, _| Err("no packs here".to_owned())),
            secure_cookies: false,
            address_header: None,
            trusted_origins: Vec::new(),
        };
        let clock = Arc::new(Mutex::new(now));
        let read = Arc::clone(&clock);
        let app = Arc::new(App::open(settings).unwrap());
        let router = site(app, Arc::new(move || *read.lock().unwrap())).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Site {
            _dir: dir,
            path,
            router,
            runtime,
            clock,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        *self.clock.lock().unwrap()
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        *self.clock.lock().unwrap() += time;
    }

    /// The register as staff have it open.
    pub(crate) fn register(&self) -> Register {
        Register::open(&self.path).unwrap()
    }

    pub(crate) fn send(&self, request: Request<Body>) -> Page {
        let router = self.router.clone();
        self.runtime.block_on(async move {
            let response = router.oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            Page {
                status: parts.status,
                headers: parts.headers,
                body: String::from_utf8_lossy(&bytes).into_owned(),
            }
        })
    }

    fn get(&self, path: &str, cookie: &str) -> Page {
        self.get_in("en", path, cookie)
    }

    fn get_in(&self, language: &str, path: &str, cookie: &str) -> Page {
        let request = Request::get(path)
            .header(ACCEPT_LANGUAGE, language)
            .header(COOKIE, cookie);
        self.send(request.body(Body::empty()).unwrap())
    }

    fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Page {
        let encoded: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let request = Request::post(path)
            .header(ACCEPT_LANGUAGE, "en")
            .header(COOKIE, cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(encoded.join("&"))).unwrap())
    }

    fn upload(
        &self,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> Page {
        let mut body: Vec<u8> = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!(
                    "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
                .bytes(),
            );
        }
        for (name, content) in files {
            let head = format!(
                "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: image/jpeg\r\n\r\n"
            );
            body.extend(head.bytes());
            body.extend_from_slice(content);
            body.extend(b"\r\n");
        }
        body.extend(b"--b--\r\n");
        let request = Request::post(path)
            .header(ACCEPT_LANGUAGE, "en")
            .header(COOKIE, cookie)
            .header(CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.send(request.body(Body::from(body)).unwrap())
    }

    /// Makes a complaint, all pages at once.
    fn complain(&self, text: &str) -> Case {
        let once = self.get("/complain", "").hidden("once");
        let page = self.post("/complain", "", &whole(&once, text));
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let shown = page.receipt();
        Case {
            number: shown[0].clone(),
            password: shown[1].clone(),
        }
    }

    /// Shows number and password; answers the session's cookie.
    fn track(&self, case: &Case) -> String {
        let page = self.post(
            "/track",
            "",
            &[("number", &case.number), ("password", &case.password)],
        );
        assert_eq!(page.location(), "/case");
        page.cookie()
    }

    fn key(&self, case: &Case) -> i64 {
        self.register()
            .case_by_number(&case.number)
            .unwrap()
            .case_key
    }

    /// Staff record something.
    fn record(&self, case: &Case, by: &str, body: impl Into<EventBody>, text: Option<&str>) {
        self.pass(TimeDelta::minutes(1));
        let mut draft = Draft::new(self.now(), body);
        if let Some(text) = text {
            draft = draft.text(text);
        }
        let by = Actor::staff(Role::Agent, by);
        let key = self.key(case);
        self.register().append(key, draft, &by, self.now()).unwrap();
    }

    /// Classified, routed, decided and told.
    fn decide(&self, case: &Case, pass: u8, by: &str, granted: Option<Response>, text: &str) {
        if pass == 1 {
            let classified = Classified {
                category: "adhesion".to_owned(),
                product: None,
                lot: None,
            };
            let routed = Routed {
                department: "technical_gebze".to_owned(),
                site: None,
                also: Vec::new(),
            };
            self.record(case, by, classified, None);
            self.record(case, by, routed, None);
        }
        let decided = Decided {
            pass,
            response: Response::Replacement,
            granted,
            cost: 0,
            rule: "CR-7".to_owned(),
            rule_version: "3".to_owned(),
            needs_second_signature: false,
            root_cause: Some("storage".to_owned()),
            expectation: None,
        };
        self.record(case, by, decided, Some(text));
        let told = Communicated {
            pass,
            means: Means::Phone,
        };
        self.record(case, by, told, None);
    }

    /// Answers, looks it over, confirms.
    fn answer(&self, cookie: &str, fields: &[(&str, &str)]) -> Page {
        let form = self.get("/case", cookie);
        let (number, seq) = (form.hidden("for"), form.hidden("last_seq"));
        let mut all = vec![("for", number.as_str()), ("last_seq", seq.as_str())];
        all.extend_from_slice(fields);
        let check = self.post("/case/answer", cookie, &all);
        assert_eq!(check.status, StatusCode::OK, "{}", check.body);
        assert_eq!(check.hidden("confirmed"), "1");
        all.push(("confirmed", "1"));
        self.post("/case/answer", cookie, &all)
    }

    fn state(&self, case: &Case) -> StateName {
        self.register().case_row(self.key(case)).unwrap().state
    }

    fn kinds(&self, case: &Case) -> Vec<EventKind> {
        let events = self.register().events(self.key(case)).unwrap();
        events.iter().map(|event| event.body.kind()).collect()
    }
}

impl Page {
    fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.headers[LOCATION].to_str().unwrap()
    }

    fn cookie(&self) -> String {
        let cookie = self.headers[SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// The value of a hidden field.
    fn hidden(&self, name: &str) -> String {
        let mark = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
        let rest = self.body.split_once(mark.as_str());
        let rest = rest
            .unwrap_or_else(|| panic!("no {name} in {}", self.body))
            .1;
        rest.split('"').next().unwrap().to_owned()
    }

    /// What stands in large letters: the number, and the password where it is shown.
    fn receipt(&self) -> Vec<String> {
        let parts = self.body.split("<span class=\"big\">").skip(1);
        parts
            .map(|part| part.split('<').next().unwrap().to_owned())
            .collect()
    }

    #[track_caller]
    fn says(&self, words: &str) {
        assert!(
            self.body.contains(words),
            "`{words}` is not in {}",
            self.body
        );
    }

    #[track_caller]
    fn is_silent_on(&self, words: &str) {
        assert!(!self.body.contains(words), "`{words}` is in {}", self.body);
    }
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

/// The last page of the form, with everything of the pages before it.
fn whole<'a>(once: &'a str, text: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("step", "check"),
        ("go", "send"),
        ("checked", "1"),
        ("once", once),
        ("text", text),
        ("occurred_on", "2026-02-27"),
        ("product", "Facade 10"),
        ("lot", "L-77"),
        ("order", "INV-4711"),
        ("remedy", "replacement"),
        ("behalf", "self"),
        ("name", "Ayşe Yılmaz"),
        ("phone", "+90 532 123 45 67"),
    ]
}

/// A key of the texts that stands where its text should.
fn missing_key(body: &str) -> Option<&str> {
    let sections = ["public_", "shell.", "failure.", "done.", "time."];
    body.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))
        .find(|word| {
            sections.iter().any(|section| word.starts_with(section))
                && word.contains('.')
                && !word.ends_with('.')
        })
}

#[test]
fn a_complaint_is_made_page_by_page_and_its_number_and_password_open_it() {
    let site = Site::new();
    let mut page = site.get("/complain", "");
    page.says("Step 1 of 7");
    let once = page.hidden("once");
    let mut entries: Vec<(&str, &str)> = vec![("once", once.as_str())];
    let steps: [(&str, &[(&str, &str)]); 6] = [
        (
            "problem",
            &[
                ("text", "Boya kabardı.\nİki gün sonra döküldü."),
                ("occurred_on", "2026-02-27"),
            ],
        ),
        (
            "product",
            &[
                ("product", "Facade 10"),
                ("order", "INV-4711"),
                ("sold_on", "20.02.2026"),
            ],
        ),
        (
            "wish",
            &[("remedy", "replacement"), ("remedy_words", "aynı renk")],
        ),
        ("whom", &[("behalf", "self")]),
        (
            "person",
            &[("name", "Ayşe Yılmaz"), ("phone", "+90 532 123 45 67")],
        ),
        ("files", &[]),
    ];
    for (step, fields) in steps {
        let mut sent = entries.clone();
        sent.push(("step", step));
        sent.push(("go", "next"));
        sent.extend_from_slice(fields);
        page = site.post("/complain", "", &sent);
        assert_eq!(page.status, StatusCode::OK, "{step}: {}", page.body);
        entries.extend_from_slice(fields);
    }
    // The last page shows all of it, as the reader writes days.
    for shown in [
        "INV-4711",
        "20\u{a0}February 2026",
        "aynı renk",
        "Replacement",
    ] {
        page.says(shown);
    }
    entries.extend([("step", "check"), ("go", "send"), ("checked", "1")]);
    let receipt = site.post("/complain", "", &entries);
    let shown = receipt.receipt();
    assert_eq!(shown[0], "2026-000001");
    // Two working days after Monday, 2 March, and seven.
    receipt.says("by 4\u{a0}March 2026");
    receipt.says("by 11\u{a0}March 2026");
    receipt.says("+90 532 123 45 67");

    let register = site.register();
    let row = register.case_by_number("2026-000001").unwrap();
    let file = register.case_file(row.case_key, None).unwrap();
    assert_eq!(file.registration.channel, Channel::Form);
    assert_eq!(file.registration.language, Language::En);
    assert_eq!(file.registration.remedy_sought, Some(Response::Replacement));
    assert_eq!(
        file.registration.sold_on,
        NaiveDate::from_ymd_opt(2026, 2, 20)
    );
    assert_eq!(file.received_at(), site.now());
    let narrative = register.narrative(row.case_key).unwrap().unwrap();
    assert_eq!(narrative, "Boya kabardı.\nİki gün sonra döküldü.");
    // What the register has no field for stands beside the complaint, not in it.
    let history = register.history(row.case_key).unwrap();
    let note = history
        .iter()
        .find(|r| r.event.body.kind() == EventKind::NoteAdded)
        .unwrap();
    assert_eq!(note.event.role, Role::Customer);
    let lines = note.text.as_deref().unwrap();
    assert!(
        lines.contains("Order or invoice number: INV-4711"),
        "{lines}"
    );
    assert!(lines.contains("aynı renk"), "{lines}");

    let case = Case {
        number: shown[0].clone(),
        password: shown[1].clone(),
    };
    let cookie = site.track(&case);
    let page = site.get("/case", &cookie);
    page.says("Boya kabardı.");
    page.says("Registered");
    page.says("by 4\u{a0}March 2026 (2 working days)");
}

#[test]
fn a_form_that_is_sent_twice_is_one_complaint() {
    let site = Site::new();
    let once = site.get("/complain", "").hidden("once");
    let first = site.post("/complain", "", &whole(&once, "x")).receipt();
    let second = site.post("/complain", "", &whole(&once, "x"));
    assert_eq!(second.receipt(), [first[0].clone()]);
    second.is_silent_on(&first[1]);
    assert_eq!(
        site.register()
            .list_cases(&CaseFilter::default())
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn nothing_entered_is_lost_when_something_is_wrong_or_the_way_goes_back() {
    let site = Site::new();
    let wrong = site.post(
        "/complain",
        "",
        &[
            ("step", "person"),
            ("go", "next"),
            ("behalf", "self"),
            ("text", "It \"peeled\""),
            ("email", "a@b"),
        ],
    );
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("<a href=\"#name\">");
    wrong.says("aria-invalid=\"true\"");
    wrong.says("value=\"a@b\"");
    wrong.says("It &#34;peeled&#34;");
    let back = site.post(
        "/complain",
        "",
        &[
            ("step", "product"),
            ("go", "back"),
            ("text", "It peeled"),
            ("product", "Facade 10"),
        ],
    );
    back.says("It peeled</textarea>");
    assert_eq!(back.hidden("product"), "Facade 10");
    // Sent at the end with a page left out: that page is shown.
    let unfinished = site.post(
        "/complain",
        "",
        &[("step", "check"), ("go", "send"), ("text", "x")],
    );
    assert_eq!(unfinished.status, StatusCode::UNPROCESSABLE_ENTITY);
    unfinished.says("<a href=\"#behalf\">");
    assert!(
        site.register()
            .list_cases(&CaseFilter::default())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn files_wait_for_the_form_and_what_a_browser_would_run_is_refused() {
    let site = Site::new();
    let once = site.get("/complain", "").hidden("once");
    let mut fields = whole(&once, "x");
    fields[0] = ("step", "files");
    fields[1] = ("go", "next");
    let page: &[u8] = b"<html><script>alert(1)</script></html>";
    // As large as telephones make them.
    let (head, end) = JPEG.split_at(JPEG.len() - 2);
    let mut large = head.to_vec();
    large.resize((5 << 20) - end.len(), 7);
    large.extend(end);
    let refused = site.upload(
        "/complain",
        "",
        &fields,
        &[("ev.jpg", page), ("duvar.jpg", &large)],
    );
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("ev.jpg is of a kind that we cannot take");
    refused.says("duvar.jpg");
    let receipt = site.post("/complain", "", &whole(&once, "x"));
    let shown = receipt.receipt();
    let case = Case {
        number: shown[0].clone(),
        password: shown[1].clone(),
    };
    let register = site.register();
    let files = register.attachments(site.key(&case)).unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].name.as_deref(), Some("duvar.jpg"));
    assert_eq!(
        (files[0].media_type.as_str(), files[0].bytes),
        ("image/jpeg", 5 << 20)
    );

    let cookie = site.track(&case);
    let path = format!("/case/file/{}", files[0].sha256);
    let file = site.get(&path, &cookie);
    assert_eq!(file.status, StatusCode::OK);
    assert!(
        file.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    assert_eq!(file.headers["x-content-type-options"], "nosniff");
    // Somebody else's session opens it not, and neither does nobody's.
    let other = site.track(&site.complain("y"));
    assert_eq!(site.get(&path, &other).status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(&path, "").status, StatusCode::UNAUTHORIZED);
}

#[test]
fn what_staff_put_to_a_case_is_not_the_complainants_to_see() {
    let site = Site::new();
    let case = site.complain("x");
    let key = site.key(&case);
    site.record(
        &case,
        "ayse.demir",
        NoteAdded {},
        Some("INTERNAL: the customer is right"),
    );
    let agent = Actor::staff(Role::Agent, "ayse.demir");
    let mut register = site.register();
    let report = register
        .attach(
            key,
            "lab-report.pdf",
            "application/pdf",
            &mut &b"%PDF-1.4"[..],
            &agent,
            site.now(),
        )
        .unwrap();
    site.decide(&case, 1, "ayse.demir", None, "We replace the paint.");
    let cookie = site.track(&case);
    let page = site.get("/case", &cookie);
    for inside in [
        "INTERNAL",
        "ayse.demir",
        "lab-report",
        "technical_gebze",
        "storage",
        "adhesion",
    ] {
        page.is_silent_on(inside);
    }
    page.says("We replace the paint.");
    page.says("CR-7, version 3");
    let file = site.get(&format!("/case/file/{}", report.sha256), &cookie);
    assert_eq!(file.status, StatusCode::NOT_FOUND);
}

#[test]
fn a_wrong_password_and_an_unknown_number_are_answered_alike() {
    let site = Site::new();
    let case = site.complain("x");
    let wrong = site.post(
        "/track",
        "",
        &[("number", &case.number), ("password", "wrong")],
    );
    let unknown = site.post(
        "/track",
        "",
        &[("number", "2026-999999"), ("password", "wrong")],
    );
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.status, wrong.status);
    assert_eq!(
        unknown.body.replace("2026-999999", &case.number),
        wrong.body
    );
    assert!(wrong.headers.get(SET_COOKIE).is_none());
}

#[test]
fn after_eight_wrong_passwords_the_right_one_has_to_wait() {
    let site = Site::new();
    let case = site.complain("x");
    for _ in 0..8 {
        site.post(
            "/track",
            "",
            &[("number", &case.number), ("password", "wrong")],
        );
    }
    let fields = [
        ("number", case.number.as_str()),
        ("password", case.password.as_str()),
    ];
    let page = site.post("/track", "", &fields);
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    page.says("There were too many tries");
    // There is nothing for the visitor to check.
    page.is_silent_on("Please check the following");
    site.pass(TimeDelta::minutes(16));
    assert_eq!(site.post("/track", "", &fields).location(), "/case");
}

#[test]
fn an_accepted_decision_completes_the_case_and_sets_the_day_of_the_remedy() {
    let site = Site::new();
    let case = site.complain("x");
    site.decide(
        &case,
        1,
        "ayse",
        Some(Response::Replacement),
        "We replace it.",
    );
    let cookie = site.track(&case);
    let done = site.answer(&cookie, &[("answer", "accepted")]);
    assert_eq!(done.location(), "/case?done=case_accepted");
    assert_eq!(site.state(&case), StateName::Completed);
    // Ten calendar days after 2 March.
    site.get("/case?done=case_accepted", &cookie)
        .says("12\u{a0}March 2026");
    // The same answer again is no other one.
    let again = site.post(
        "/case/answer",
        &cookie,
        &[("answer", "accepted"), ("confirmed", "1")],
    );
    assert_eq!(again.location(), "/case?done=case_accepted");
    let accepted = site
        .kinds(&case)
        .into_iter()
        .filter(|kind| *kind == EventKind::Accepted);
    assert_eq!(accepted.count(), 1);

    // The remedy comes after the completion, and a day that has passed is no promise any more.
    site.pass(TimeDelta::days(11));
    let cookie = site.track(&case);
    let page = site.get("/case", &cookie);
    page.says("should have been delivered by 12\u{a0}March 2026");
    page.is_silent_on("you get what was granted");
    let steps = page.body.split("<ol class=\"steps\">").nth(1).unwrap();
    let at = |step: &str| steps.find(step).unwrap();
    assert!(at("Completed") < at("Delivery of what was granted"));
}

#[test]
fn two_rejections_leave_the_case_outstanding_and_name_the_external_remedies() {
    let site = Site::new();
    let case = site.complain("x");
    site.decide(&case, 1, "ayse", None, "No.");
    let cookie = site.track(&case);
    let no_reason = site.post(
        "/case/answer",
        &cookie,
        &[("answer", "rejected"), ("words", "Neden?")],
    );
    assert_eq!(no_reason.status, StatusCode::UNPROCESSABLE_ENTITY);
    no_reason.says("<a href=\"#reason\">");
    no_reason.says("Neden?</textarea>");
    let rejected = [
        ("answer", "rejected"),
        ("reason", "facts_disputed"),
        ("words", "It was dry."),
    ];
    assert_eq!(
        site.answer(&cookie, &rejected).location(),
        "/case?done=case_rejected"
    );
    let file = site.register().case_file(site.key(&case), None).unwrap();
    assert_eq!(file.state, State::InProcessing { pass: 2 });
    let answer = file.passes[0].answer.as_ref().unwrap();
    assert_eq!(answer.reason, Some(RejectionReason::FactsDisputed));
    assert!(!answer.on_behalf);
    site.get("/case", &cookie)
        .says("another person examines your complaint again");

    site.decide(&case, 2, "mehmet", None, "Still no.");
    let page = site.get("/case", &cookie);
    page.says("after the second examination");
    page.is_silent_on("tüketici hakem heyeti");
    assert_eq!(
        site.answer(&cookie, &rejected).location(),
        "/case?done=case_outstanding"
    );
    assert_eq!(site.state(&case), StateName::Outstanding);
    let page = site.get("/case", &cookie);
    page.says("Outstanding");
    page.says("tüketici hakem heyeti");
    page.says("It was dry.");
}

#[test]
fn an_addition_answers_the_question_and_ends_the_pause() {
    let site = Site::new();
    let case = site.complain("x");
    let key = site.key(&case);
    site.pass(TimeDelta::minutes(5));
    let agent = Actor::staff(Role::Agent, "ayse");
    site.register()
        .ask_customer(
            key,
            PauseReason::CustomerInformation,
            "Which room?",
            &agent,
            site.now(),
        )
        .unwrap();
    let cookie = site.track(&case);
    site.get("/case", &cookie).says("Which room?");
    let form = site.get("/case/add", &cookie);
    form.says("Which room?");
    let once = form.hidden("once");
    let empty = site.upload(
        "/case/add",
        &cookie,
        &[("once", once.as_str()), ("go", "send")],
        &[],
    );
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    site.pass(TimeDelta::minutes(5));
    let fields = [
        ("for", case.number.as_str()),
        ("once", once.as_str()),
        ("go", "send"),
        ("text", "The kitchen."),
    ];
    let done = site.upload("/case/add", &cookie, &fields, &[("kitchen.jpg", JPEG)]);
    assert_eq!(done.location(), "/case?done=case_resumed");
    let file = site.register().case_file(key, None).unwrap();
    assert!(file.running_rest().is_none());
    assert_eq!(file.rests[0].to, Some(site.now()));
    // Sent again by a page loaded anew: nothing is there twice.
    let again = site.upload("/case/add", &cookie, &fields, &[]);
    assert_eq!(again.location(), "/case?done=case_resumed");
    let kinds = site.kinds(&case);
    let count = |kind: EventKind| kinds.iter().filter(|known| **known == kind).count();
    // The first note holds what the form has no field for.
    assert_eq!(
        (count(EventKind::NoteAdded), count(EventKind::EvidenceAdded)),
        (2, 1)
    );
    let page = site.get("/case", &cookie);
    page.says("The kitchen.");
    page.says("kitchen.jpg");
}

#[test]
fn an_answer_is_recorded_only_for_the_decision_that_was_read() {
    let site = Site::new();
    let case = site.complain("x");
    site.decide(&case, 1, "ayse", None, "No.");
    let cookie = site.track(&case);
    let read = site.get("/case", &cookie).hidden("last_seq");
    let fields = [
        ("last_seq", read.as_str()),
        ("answer", "rejected"),
        ("reason", "not_understood"),
        ("words", "What does this mean?"),
        ("confirmed", "1"),
    ];
    // What was told is struck out and told anew.
    let key = site.key(&case);
    let mut register = site.register();
    let told = register.events(key).unwrap().last().unwrap().seq;
    site.pass(TimeDelta::minutes(1));
    let agent = Actor::staff(Role::Agent, "ayse");
    register
        .void(key, told, "told somebody else", &agent, site.now())
        .unwrap();
    let communicated = Communicated {
        pass: 1,
        means: Means::Email,
    };
    site.record(&case, "ayse", communicated, None);
    let held = site.post("/case/answer", &cookie, &fields);
    assert_eq!(held.status, StatusCode::CONFLICT);
    held.says("the decision was corrected");
    held.says("What does this mean?</textarea>");
    assert_eq!(site.state(&case), StateName::Resolved);
    // A note that the complainant hears nothing of holds nothing up.
    let seen = held.hidden("last_seq");
    site.record(&case, "ayse", NoteAdded {}, Some("called, nobody there"));
    let mut fields = fields.to_vec();
    fields[0].1 = &seen;
    assert_eq!(
        site.post("/case/answer", &cookie, &fields).location(),
        "/case?done=case_rejected"
    );
}

#[test]
fn a_form_of_one_case_is_not_recorded_in_another() {
    let site = Site::new();
    let (first, second) = (site.complain("x"), site.complain("y"));
    let cookie = site.track(&second);
    let fields = [
        ("for", first.number.as_str()),
        ("go", "send"),
        ("text", "The kitchen."),
    ];
    let page = site.post("/case/add", &cookie, &fields);
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("written for another complaint");
    page.says("The kitchen.</textarea>");
    assert_eq!(page.hidden("for"), second.number);
}

#[test]
fn what_was_written_when_the_session_ended_is_there_after_the_password() {
    let site = Site::new();
    let case = site.complain("x");
    let cookie = site.track(&case);
    site.pass(TimeDelta::minutes(31));
    let asked = site.post(
        "/case/add",
        &cookie,
        &[
            ("for", &case.number),
            ("go", "send"),
            ("text", "Uzun bir \"metin\""),
        ],
    );
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    asked.says("Uzun bir &#34;metin&#34;");
    let to = asked.hidden("kept_to");
    let fields = [
        ("number", case.number.as_str()),
        ("kept_to", to.as_str()),
        ("kept.for", case.number.as_str()),
        ("kept.text", "Uzun bir \"metin\""),
    ];
    // A mistyped password costs nothing either.
    let mut wrong = fields.to_vec();
    wrong.push(("password", "wrong"));
    site.post("/track", "", &wrong)
        .says("Uzun bir &#34;metin&#34;");
    let mut right = fields.to_vec();
    right.push(("password", &case.password));
    let form = site.post("/track", "", &right);
    assert_eq!(form.status, StatusCode::OK);
    form.says("Uzun bir &#34;metin&#34;</textarea>");
    form.says("action=\"/case/add\"");
    // It is shown, and not sent by itself.
    assert_eq!(
        site.kinds(&case)
            .iter()
            .filter(|kind| **kind == EventKind::NoteAdded)
            .count(),
        1
    );
    let cookie = form.cookie();
    let sent = [
        ("for", case.number.as_str()),
        ("text", "Uzun bir \"metin\""),
        ("go", "send"),
    ];
    assert_eq!(
        site.post("/case/add", &cookie, &sent).location(),
        "/case?done=case_added"
    );
}

#[test]
fn a_lost_password_is_replaced_through_what_the_register_knows_and_never_shown() {
    let site = Site::new();
    let case = site.complain("x");
    let wrong = site.post(
        "/forgotten",
        "",
        &[("number", &case.number), ("contact", "0532 000 00 00")],
    );
    let right = site.post(
        "/forgotten",
        "",
        &[("number", &case.number), ("contact", "0532 123 45 67")],
    );
    let unknown = site.post(
        "/forgotten",
        "",
        &[("number", "2026-999999"), ("contact", "a@b.org")],
    );
    assert_eq!(wrong.location(), right.location());
    assert_eq!(unknown.location(), right.location());
    let messages = site.register().messages(&MessageFilter {
        purpose: Some(MessagePurpose::Password),
        ..MessageFilter::default()
    });
    assert_eq!(messages.unwrap().len(), 1);
    let old = site.post(
        "/track",
        "",
        &[("number", &case.number), ("password", &case.password)],
    );
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
}

#[test]
fn the_link_of_an_email_opens_the_case_until_its_day_or_a_new_password() {
    let site = Site::new();
    let case = site.complain("x");
    let key = site.key(&case);
    let last = NaiveDate::from_ymd_opt(2026, 3, 9).unwrap();
    let token = site.register().tracking_token(key, last).unwrap().unwrap();
    let opened = site.get(&format!("/t/{token}"), "");
    assert_eq!(opened.location(), "/case");
    site.get("/case", &opened.cookie()).says(&case.number);
    let forged = format!("/t/{}", token.replace("20260309", "20270309"));
    assert_eq!(site.get(&forged, "").status, StatusCode::UNAUTHORIZED);
    site.pass(TimeDelta::days(8));
    assert_eq!(
        site.get(&format!("/t/{token}"), "").status,
        StatusCode::UNAUTHORIZED
    );
}

#[test]
fn the_handling_is_judged_once_when_it_has_ended() {
    let site = Site::new();
    let case = site.complain("x");
    let cookie = site.track(&case);
    site.get("/case", &cookie).is_silent_on("How did we handle");
    site.decide(&case, 1, "ayse", None, "Yes.");
    site.answer(&cookie, &[("answer", "accepted")]);
    site.get("/case", &cookie).says("How did we handle");
    let none = site.post("/case/survey", &cookie, &[("remarks", "Too slow.")]);
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    none.says("Too slow.</textarea>");
    for _ in 0..2 {
        let done = site.post(
            "/case/survey",
            &cookie,
            &[("score", "4"), ("remarks", "Too slow.")],
        );
        assert_eq!(done.location(), "/case?done=case_surveyed");
    }
    let file = site.register().case_file(site.key(&case), None).unwrap();
    assert_eq!(file.survey_score, Some(4));
    assert_eq!(
        site.kinds(&case)
            .iter()
            .filter(|kind| **kind == EventKind::Surveyed)
            .count(),
        1
    );
    site.get("/case", &cookie).is_silent_on("How did we handle");
}

#[test]
fn leaving_ends_the_session_for_good() {
    let site = Site::new();
    let cookie = site.track(&site.complain("x"));
    assert_eq!(site.get("/case", &cookie).status, StatusCode::OK);
    assert_eq!(site.post("/case/leave", &cookie, &[]).location(), "/");
    assert_eq!(site.get("/case", &cookie).status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.post("/case/leave", &cookie, &[]).location(), "/");
}

#[test]
fn a_form_of_another_site_is_refused() {
    let site = Site::new();
    let request = Request::post("/complain")
        .header("host", "complaints.example")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let page = site.send(request.body(Body::from("text=x")).unwrap());
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    // What is refused is said on a page: an empty one would leave a person without a word.
    page.says("The form came from another address");
    page.says("Nothing was recorded.");
}

#[test]
fn words_of_people_never_become_part_of_the_page() {
    let site = Site::new();
    let evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&";
    let once = site.get("/complain", "").hidden("once");
    let mut fields = whole(&once, evil);
    for field in fields.iter_mut().skip(6) {
        if ["product", "lot", "order", "name"].contains(&field.0) {
            field.1 = evil;
        }
    }
    let mut look = fields.clone();
    look[1] = ("go", "to-check");
    let mut pages = vec![
        site.post("/complain", "", &look),
        site.post("/complain", "", &fields),
    ];
    let shown = pages[1].receipt();
    let case = Case {
        number: shown[0].clone(),
        password: shown[1].clone(),
    };
    let cookie = site.track(&case);
    site.decide(&case, 1, "ayse", None, evil);
    pages.push(site.get("/case", &cookie));
    pages.push(site.post(
        "/case/answer",
        &cookie,
        &[("answer", evil), ("words", evil)],
    ));
    pages.push(site.post("/track", "", &[("number", evil), ("password", evil)]));
    pages.push(site.post("/forgotten", "", &[("number", evil), ("contact", "")]));
    pages.push(site.post("/case/add", &cookie, &[("go", "show"), ("text", evil)]));
    pages.push(site.get("/case?done=%3Cscript%3E", &cookie));
    pages.push(site.get("/%3Cscript%3Ealert(1)%3C/script%3E", ""));
    for page in pages {
        page.is_silent_on("<script");
        page.is_silent_on("<img");
        page.is_silent_on("style=");
    }
}

#[test]
fn no_page_lacks_a_text_in_any_language() {
    let site = Site::new();
    let case = site.complain("x");
    site.decide(&case, 1, "ayse", Some(Response::Refund), "Yes.");
    let cookie = site.track(&case);
    let open = ["/", "/complain", "/track", "/forgotten", "/nowhere"];
    let own = ["/case", "/case/add", "/case?done=case_added"];
    for language in ["en", "tr", "ru"] {
        let cookie = format!("{cookie}; language={language}");
        for path in open.iter().chain(&own) {
            let page = site.get_in(language, path, &cookie);
            assert_eq!(missing_key(&page.body), None, "{language}: {path}");
            page.says(&format!("<html lang=\"{language}\">"));
        }
        for step in [
            "problem", "product", "wish", "whom", "person", "agent", "files", "check",
        ] {
            let go = format!("to-{step}");
            let page = site.post(
                "/complain",
                &cookie,
                &[("go", &go), ("behalf", "agent"), ("text", "x")],
            );
            assert_eq!(missing_key(&page.body), None, "{language}: {step}");
            let wrong = site.post(
                "/complain",
                &cookie,
                &[("step", step), ("behalf", "agent"), ("sold_on", "x")],
            );
            assert_eq!(missing_key(&wrong.body), None, "{language}: {step}");
        }
        for answer in ["accepted", "rejected", ""] {
            let fields = [
                ("answer", answer),
                ("reason", "other"),
                ("words", "x"),
                ("last_seq", "999"),
            ];
            let page = site.post("/case/answer", &cookie, &fields);
            assert_eq!(missing_key(&page.body), None, "{language}: {answer}");
        }
    }
}

#[test]
fn every_field_has_its_label_and_every_page_one_heading() {
    let site = Site::new();
    let case = site.complain("x");
    site.decide(&case, 1, "ayse", None, "Yes.");
    let cookie = site.track(&case);
    let mut pages: Vec<Page> = [
        "/",
        "/complain",
        "/track",
        "/forgotten",
        "/case",
        "/case/add",
    ]
    .iter()
    .map(|path| site.get(path, &cookie))
    .collect();
    for step in [
        "product", "wish", "whom", "person", "agent", "files", "check",
    ] {
        let go = format!("to-{step}");
        pages.push(site.post(
            "/complain",
            "",
            &[("go", &go), ("behalf", "agent"), ("text", "x")],
        ));
    }
    for page in pages {
        assert_eq!(page.body.matches("<h1").count(), 1, "{}", page.body);
        for part in page.body.split(" id=\"").skip(1) {
            let id = part.split('"').next().unwrap();
            let marked = format!(" id=\"{id}\"");
            assert_eq!(
                page.body.matches(marked.as_str()).count(),
                1,
                "{id} stands twice"
            );
        }
        for tag in [
            "<input type=\"text\" id=\"",
            "<input type=\"radio\" id=\"",
            "<textarea id=\"",
            "<input type=\"file\" id=\"",
        ] {
            for part in page.body.split(tag).skip(1) {
                let id = part.split('"').next().unwrap();
                page.says(&format!("<label for=\"{id}\">"));
            }
        }
    }
}
