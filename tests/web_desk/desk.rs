//! A desk on a new register, and what comes back from it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use redress::domain::event::EventKind;
use redress::domain::vocabulary::{Language, Role};
use redress::domain::workflow::StateName;
use redress::register::{NewRegister, NewStaff, Register};
use redress::web::{App, Settings, site};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::common::rulebook;

/// The password that everybody at this desk chose.
pub const PASSWORD: &str = "seven grey cats";

/// The smallest JPEG that is whole in its parts (JFIF 1.02): header, frame, scan, end.
pub const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00\xFF\xC0\x00\x0B\x08\x00\x08\x00\x08\x01\x01\x11\x00\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00\x15\xFF\xD9";

/// A desk with a clock of its own. It begins on Monday, 2 March 2026, 09:00 in Istanbul.
pub struct Desk {
    _dir: TempDir,
    path: PathBuf,
    settings: Settings,
    router: Router,
    runtime: tokio::runtime::Runtime,
    clock: Arc<Mutex<DateTime<Utc>>>,
}

/// What came back.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// Name, role, department, site, and what the person may grant alone.
type Member = (
    &'static str,
    Role,
    Option<&'static str>,
    Option<&'static str>,
    Option<i64>,
);

/// Everybody at the desk.
const STAFF: [Member; 8] = [
    ("deniz", Role::Contact, None, None, Some(0)),
    (
        "ayse",
        Role::Agent,
        Some("customer_service"),
        None,
        Some(10_000),
    ),
    ("mehmet", Role::Agent, Some("customer_service"), None, None),
    (
        "kemal",
        Role::Technical,
        Some("technical_gebze"),
        Some("gebze"),
        None,
    ),
    (
        "selin",
        Role::Technical,
        Some("technical_bursa"),
        Some("bursa"),
        None,
    ),
    ("zeynep", Role::Quality, Some("quality"), None, None),
    ("tekin", Role::Admin, None, None, None),
    ("derya", Role::Agent, None, None, None),
];

impl Desk {
    /// A desk with the staff of these names.
    pub fn of(names: &[&str]) -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("register.sqlite");
        let now: DateTime<Utc> = "2026-03-02T06:00:00Z".parse().unwrap();
        let new = NewRegister {
            zone: chrono_tz::Europe::Istanbul,
            calendar_toml: include_str!("../../reports/calendars/turkey.toml").to_owned(),
            limits_toml: "intake = 2\n".to_owned(),
            now,
        };
        let mut register = Register::create(&path, &new).unwrap();
        for (name, role, department, site, discretion_minor) in STAFF {
            if names.contains(&name) {
                let person = NewStaff {
                    name: name.to_owned(),
                    roles: vec![role],
                    department: department.map(str::to_owned),
                    site: site.map(str::to_owned),
                    discretion_minor,
                };
                register.add_staff(&person).unwrap();
                register.set_password(name, PASSWORD).unwrap();
            }
        }
        drop(register);
        let settings = Settings {
            register: path.clone(),
            lake: dir.path().join("lake"),
            out: dir.path().join("out"),
            organisation: "Boya A.Ş.".to_owned(),
            language: Language::En,
            currency: Some("TRY".to_owned()),
            rules: Arc::new(|| Ok(rulebook())),
            packs: Arc::new(|_, _| Err("no packs here".to_owned())),
            secure_cookies: false,
            address_header: None,
            trusted_origins: Vec::new(),
        };
        let clock = Arc::new(Mutex::new(now));
        let read = Arc::clone(&clock);
        let app = Arc::new(App::open(settings.clone()).unwrap());
        let router = site(app, Arc::new(move || *read.lock().unwrap())).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Desk {
            _dir: dir,
            path,
            settings,
            router,
            runtime,
            clock,
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        *self.clock.lock().unwrap()
    }

    pub fn pass(&self, time: TimeDelta) {
        *self.clock.lock().unwrap() += time;
    }

    /// The server ends and begins again; the clock goes on.
    pub fn restart(&mut self) {
        let app = Arc::new(App::open(self.settings.clone()).unwrap());
        let read = Arc::clone(&self.clock);
        self.router = site(app, Arc::new(move || *read.lock().unwrap())).unwrap();
    }

    /// The register as another process has it open.
    pub fn register(&self) -> Register {
        Register::open(&self.path).unwrap()
    }

    pub fn send(&self, request: Request<Body>) -> Page {
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

    pub fn get(&self, path: &str, cookie: &str) -> Page {
        self.get_in("en", path, cookie)
    }

    pub fn get_in(&self, language: &str, path: &str, cookie: &str) -> Page {
        let request = Request::get(path)
            .header(ACCEPT_LANGUAGE, language)
            .header(COOKIE, cookie);
        self.send(request.body(Body::empty()).unwrap())
    }

    pub fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Page {
        self.post_in("en", path, cookie, fields)
    }

    pub fn post_in(
        &self,
        language: &str,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
    ) -> Page {
        let encoded: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let request = Request::post(path)
            .header(ACCEPT_LANGUAGE, language)
            .header(COOKIE, cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(encoded.join("&"))).unwrap())
    }

    /// Sends a form with files in the field `files`.
    pub fn upload(
        &self,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> Page {
        let mut body: Vec<u8> = Vec::new();
        for (name, value) in fields {
            let part = format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend(part.bytes());
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

    /// Signs in; answers the session's cookie.
    pub fn sign_in(&self, name: &str) -> String {
        let page = self.post(
            "/desk/sign-in",
            "",
            &[("name", name), ("password", PASSWORD)],
        );
        assert_eq!(page.location(), "/desk");
        page.cookie()
    }

    /// Registers a complaint by telephone; answers its number.
    pub fn register_call(&self, cookie: &str, name: &str, text: &str) -> String {
        let once = self.get("/desk/register", cookie).hidden("once");
        let fields = [
            ("once", once.as_str()),
            ("confirmed", "yes"),
            ("text", text),
            ("name", name),
            ("phone", "+90 555 111 22 33"),
            ("channel", "phone"),
            ("product", "Facade 10"),
        ];
        let page = self.post("/desk/register", cookie, &fields);
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        page.receipt()[0].clone()
    }

    /// Fills in the form of a command and sends it, a minute after what was before.
    pub fn give(&self, cookie: &str, number: &str, command: &str, fields: &[(&str, &str)]) -> Page {
        self.pass(TimeDelta::minutes(1));
        let path = format!("/desk/case/{number}/{command}");
        let form = self.get(&path, cookie);
        assert_eq!(form.status, StatusCode::OK, "{command}: {}", form.body);
        let seq = form.hidden("last_seq");
        let mut all = vec![("last_seq", seq.as_str())];
        all.extend_from_slice(fields);
        self.post(&path, cookie, &all)
    }

    /// The same, and it is taken.
    #[track_caller]
    pub fn done(&self, cookie: &str, number: &str, command: &str, fields: &[(&str, &str)]) {
        let page = self.give(cookie, number, command, fields);
        assert_eq!(
            page.status,
            StatusCode::SEE_OTHER,
            "{command}: {}",
            page.body
        );
    }

    /// Classified and routed to the plant in Gebze.
    pub fn routed(&self, cookie: &str, number: &str) {
        self.done(cookie, number, "classify", &[("category", "cracking")]);
        let to = [("department", "technical_gebze"), ("site", "gebze")];
        self.done(cookie, number, "route", &to);
    }

    /// Decided, costing nothing, and told by telephone.
    pub fn resolved(&self, cookie: &str, number: &str) {
        self.done(cookie, number, "decide", &DECISION);
        self.done(cookie, number, "communicate", &[("means", "phone")]);
    }

    /// The commands that the case page offers.
    pub fn offers(&self, cookie: &str, number: &str) -> Vec<String> {
        let page = self.get(&format!("/desk/case/{number}"), cookie);
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let mark = format!("<a class=\"button second\" href=\"/desk/case/{number}/");
        let parts = page.body.split(mark.as_str()).skip(1);
        parts
            .map(|part| part.split('"').next().unwrap().to_owned())
            .collect()
    }

    pub fn state(&self, number: &str) -> StateName {
        self.register().case_by_number(number).unwrap().state
    }

    pub fn key(&self, number: &str) -> i64 {
        self.register().case_by_number(number).unwrap().case_key
    }

    pub fn kinds(&self, number: &str) -> Vec<EventKind> {
        let events = self.register().events(self.key(number)).unwrap();
        events.iter().map(|event| event.body.kind()).collect()
    }
}

/// A decision that costs nothing.
pub const DECISION: [(&str, &str); 4] = [
    ("response", "information"),
    ("rule", "CR-7"),
    ("rule_version", "3"),
    (
        "text",
        "Kapı doğru monte edilmiş; bakım kılavuzu gönderildi.",
    ),
];

impl Page {
    #[track_caller]
    pub fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.headers[LOCATION].to_str().unwrap()
    }

    #[track_caller]
    pub fn cookie(&self) -> String {
        let cookie = self.headers[SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// The value of a hidden field.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let mark = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
        let Some((_, rest)) = self.body.split_once(mark.as_str()) else {
            panic!("no {name} in {}", self.body);
        };
        rest.split('"').next().unwrap().to_owned()
    }

    /// Number and password in large letters.
    pub fn receipt(&self) -> Vec<String> {
        let parts = self.body.split("<span class=\"big\"").skip(1);
        parts
            .map(|part| {
                let text = part.split_once('>').unwrap().1;
                text.split('<').next().unwrap().to_owned()
            })
            .collect()
    }

    #[track_caller]
    pub fn says(&self, words: &str) {
        assert!(
            self.body.contains(words),
            "`{words}` is not in {}",
            self.body
        );
    }

    #[track_caller]
    pub fn is_silent_on(&self, words: &str) {
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
