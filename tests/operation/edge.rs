//! What every request passes: whose headers are believed, its number, the figures, health.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::{DateTime, Utc};
use redress::domain::vocabulary::Language;
use redress::register::{NewRegister, Register};
use redress::web::{App, Edge, Settings, Trusted, metrics};
use tempfile::TempDir;

use crate::common::rulebook;

/// The moment of every request.
const NOW: &str = "2026-03-02T06:00:00Z";

/// A site with its edge, behind a proxy at 10.0.0.1.
struct Site {
    dir: TempDir,
    app: Arc<App>,
    edge: Edge,
    runtime: tokio::runtime::Runtime,
}

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

fn register(path: &Path) {
    let new = NewRegister {
        zone: chrono_tz::Europe::Istanbul,
        calendar_toml: include_str!("../../reports/calendars/turkey.toml").to_owned(),
        limits_toml: "intake = 2\n".to_owned(),
        now: now(),
    };
    Register::create(path, &new).unwrap();
}

impl Site {
    fn new() -> Site {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("register.sqlite");
        register(&path);
        let settings = Settings {
            register: path,
            lake: dir.path().join("lake"),
            out: dir.path().join("out"),
            organisation: "Boya A.Ş.".to_owned(),
            language: Language::En,
            currency: None,
            rules: Arc::new(|| Ok(rulebook())),
            packs: Arc::new(|_, _| Err("no packs here".to_owned())),
            secure_cookies: false,
            address_header: Some("X-Forwarded-For".to_owned()),
            trusted_origins: Vec::new(),
        };
        let app = Arc::new(App::open(settings).unwrap());
        let trusted = Trusted::of(&["10.0.0.1"]).unwrap();
        let edge = Edge::new(Arc::clone(&app), Arc::new(now), trusted).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Site {
            dir,
            app,
            edge,
            runtime,
        }
    }

    fn register(&self) -> PathBuf {
        self.dir.path().join("register.sqlite")
    }

    fn send(&self, request: Request<Body>, peer: &str) -> Page {
        let peer: IpAddr = peer.parse().unwrap();
        self.runtime.block_on(async {
            let response = self.edge.answer(request, Some(peer)).await;
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            Page {
                status: parts.status,
                headers: parts.headers,
                body: String::from_utf8_lossy(&bytes).into_owned(),
            }
        })
    }

    fn get(&self, path: &str) -> Page {
        let request = Request::get(path).body(Body::empty()).unwrap();
        self.send(request, "10.0.0.1")
    }

    /// Tries a wrong password, as a visitor of this address.
    fn wrong_password(&self, name: &str, from: &str, peer: &str) -> StatusCode {
        let request = Request::post("/desk/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-for", from)
            .body(Body::from(format!("name={name}&password=wrong")))
            .unwrap();
        self.send(request, peer).status
    }

    fn figures(&self) -> String {
        metrics::text(&self.app, now()).unwrap()
    }
}

fn numbered(path: &str, number: &str) -> Request<Body> {
    Request::get(path)
        .header("x-request-id", number)
        .body(Body::empty())
        .unwrap()
}

#[test]
fn a_requests_number_is_the_proxys_and_nobody_elses() {
    let site = Site::new();
    let of = |request, peer| {
        let page = site.send(request, peer);
        page.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(of(numbered("/", "7f3a-01"), "10.0.0.1"), "7f3a-01");
    let made = of(numbered("/", "7f3a-01"), "192.0.2.9");
    assert_ne!(made, "7f3a-01");
    assert_eq!(made.len(), 32);
    assert_ne!(made, of(numbered("/", "7f3a-01"), "192.0.2.9"));
}

#[test]
fn a_page_that_says_what_went_wrong_names_the_request() {
    let site = Site::new();
    let page = site.send(numbered("/nowhere", "7f3a-02"), "10.0.0.1");
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("<code>7f3a-02</code>"), "{}", page.body);
    let page = site.send(numbered("/", "7f3a-03"), "10.0.0.1");
    assert!(!page.body.contains("7f3a-03"), "a good page has no number");
}

#[test]
fn an_address_is_believed_from_the_proxy_alone() {
    let site = Site::new();
    // 40 failed tries from one address are allowed within a quarter of an hour. A stranger who says another address
    // each time is still one stranger.
    let tried: Vec<StatusCode> = (0..41)
        .map(|n| site.wrong_password(&format!("n{n}"), &format!("198.51.100.{n}"), "192.0.2.9"))
        .collect();
    assert_eq!(tried[41 - 1], StatusCode::TOO_MANY_REQUESTS, "{tried:?}");
    assert!(!tried[..40].contains(&StatusCode::TOO_MANY_REQUESTS));
    // Behind the proxy somebody else is not held responsible for it.
    let other = site.wrong_password("m", "198.51.100.7", "10.0.0.1");
    assert_ne!(other, StatusCode::TOO_MANY_REQUESTS);
}

#[test]
fn figures_name_routes_and_nobody() {
    let site = Site::new();
    site.get("/track?number=2026-000017");
    site.get("/desk/case/2026-000017");
    site.get("/t/3f9a7c");
    site.get("/wp-login.php");
    site.wrong_password("elif.kaya", "198.51.100.7", "10.0.0.1");
    let said = site.figures();
    for (route, method, class) in [
        ("/track", "GET", "2xx"),
        ("/desk/case/{number}", "GET", "4xx"),
        ("none", "GET", "4xx"),
    ] {
        let line = format!(
            "redress_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{class}\"}} 1"
        );
        assert!(said.lines().any(|known| known == line), "{line}\n{said}");
    }
    for person in ["000017", "3f9a7c", "wp-login", "elif", "198.51"] {
        assert!(!said.contains(person), "{person} is in\n{said}");
    }
    // OpenMetrics 1.0 ends with this line, and every figure's lines stand together under its help.
    assert!(said.ends_with("# EOF\n"));
    assert!(said.contains("redress_register_readable 1\n"), "{said}");
    assert!(said.contains("redress_registrations_total 0\n"), "{said}");
    assert!(said.contains("redress_outbox_messages{state=\"dead\"} 0\n"));
    assert!(said.contains("redress_sessions{opens=\"desk\"} 0\n"));
    assert!(said.contains("redress_build_info{version=\""));
}

#[test]
fn the_server_is_ready_until_its_register_is_gone() {
    let site = Site::new();
    let page = site.get("/readyz");
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(
        page.body,
        "ready\nregister ok\nschema ok\ndisk ok\nmessages ok\n"
    );
    let other = Site::new();
    std::fs::rename(other.register(), other.dir.path().join("elsewhere")).unwrap();
    let page = other.get("/readyz");
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.starts_with("not ready\nregister failed\n"));
    let shown = other.dir.path().to_string_lossy().into_owned();
    assert!(!page.body.contains(&shown), "no path leaves the machine");
    assert_eq!(
        other.get("/healthz").body,
        "alive\n",
        "it lives all the same"
    );
}
