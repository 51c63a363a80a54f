//! Indicators, clusters and reviews through the interface, on the sample register with its snapshot and its search.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use chrono::{DateTime, Utc};
use redress::domain::vocabulary::{Language, Role};
use redress::register::{NewStaff, Register};
use redress::web::{App, Settings, site};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::described::Description;
use crate::common::rulebook;
use crate::web_work::{copied, sample};

/// A period of which the sample knows everything.
const PERIOD: &str = "2026-Q3";

/// A program of the quality manager's on a copy of the sample, a day after its snapshot.
struct Sample {
    folder: TempDir,
    router: Router,
    runtime: tokio::runtime::Runtime,
    token: String,
    description: Description,
}

impl Sample {
    fn new() -> Sample {
        let folder = tempfile::tempdir().unwrap();
        copied(&sample().join("demo"), folder.path());
        let path = |name: &str| folder.path().join(name);
        let now: DateTime<Utc> = "2026-10-11T09:00:00Z".parse().unwrap();
        let mut register = Register::open(&path("register.sqlite")).unwrap();
        let tekin = NewStaff {
            name: "tekin".to_owned(),
            roles: vec![Role::Admin],
            department: None,
            site: None,
            discretion_minor: None,
        };
        register.add_staff(&tekin).unwrap();
        let token = register
            .create_token(&super::of_everything("erp"), "tekin", now)
            .unwrap();
        drop(register);
        let out = path("out");
        let settings = Settings {
            register: path("register.sqlite"),
            lake: path("lake"),
            out: path("out"),
            organisation: "Kuzey Yapı".to_owned(),
            language: Language::Tr,
            currency: Some("TRY".to_owned()),
            rules: Arc::new(|| Ok(rulebook())),
            packs: Arc::new(move |period, language| Ok(out.join(format!("{period}-{language}")))),
            secure_cookies: false,
            address_header: None,
            trusted_origins: Vec::new(),
        };
        let app = Arc::new(App::open(settings).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut sample = Sample {
            folder,
            router: site(app, Arc::new(move || now)).unwrap(),
            runtime,
            token,
            description: Description::of("{}"),
        };
        let (_, described) = sample.sent("GET", "/api/v1/openapi.json", &json!({}));
        sample.description = Description::of(&described.to_string());
        sample
    }

    fn sent(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = match method {
            "GET" => Body::empty(),
            _ => Body::from(body.to_string()),
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        let request = request.body(body).unwrap();
        let router = self.router.clone();
        let (status, bytes) = self.runtime.block_on(async move {
            let response = router.oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await;
            (status, bytes.unwrap())
        });
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    /// Sends a request and holds what comes back against the description.
    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (status, answer) = self.sent(method, path, body);
        let kind = match status {
            200..=299 => "application/json",
            _ => "application/problem+json",
        };
        self.description.check(method, path, status, kind, &answer);
        (status, answer)
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask("GET", path, &json!({}));
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    fn cluster(&self) -> String {
        let clusters = self.get("/api/v1/clusters?limit=5");
        clusters["clusters"][0]["id"].as_str().unwrap().to_owned()
    }
}

/// The name of an indicator in the reports' texts.
fn name_of(language: &str, key: &str) -> String {
    let file = format!("reports/translations/{language}.toml");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let texts: toml::Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    texts["indicator_names"][key].as_str().unwrap().to_owned()
}

#[test]
fn indicators_are_those_of_the_period_that_is_asked_for() {
    let sample = Sample::new();
    let answer = sample.get(&format!("/api/v1/indicators?period={PERIOD}"));
    assert_eq!(answer["period"], PERIOD);
    let lines = answer["indicators"].as_array().unwrap();
    let overall = lines.iter().find(|line| line["code"] == "sla.overall");
    let overall = overall.unwrap();
    let value = overall["value"].as_f64().unwrap();
    assert!((0.0..=100.0).contains(&value), "{overall}");
    assert!(!overall["actual"].as_str().unwrap().is_empty(), "{overall}");
    // English, whatever the server's language is.
    assert_eq!(overall["name"], name_of("en", "sla_overall"));
    assert_ne!(overall["name"], name_of("tr", "sla_overall"));
    let running = sample.get("/api/v1/indicators");
    assert_eq!(running["period"], "2026-Q4");
}

#[test]
fn clusters_are_listed_read_and_spoken_of() {
    let sample = Sample::new();
    let list = sample.get("/api/v1/clusters");
    let rows = list["clusters"].as_array().unwrap();
    assert!(!rows.is_empty());
    // What rises stands before what does not.
    let rises: Vec<bool> = rows
        .iter()
        .map(|row| ["growing", "emerging"].contains(&row["trend"].as_str().unwrap()))
        .collect();
    assert!(rises.windows(2).all(|pair| pair[0] >= pair[1]), "{rises:?}");
    let id = sample.cluster();
    let path = format!("/api/v1/clusters/{id}");
    let cluster = sample.get(&path);
    assert_eq!(cluster["state"], "standing");
    assert!(!cluster["cases"].as_array().unwrap().is_empty());
    assert_eq!(cluster["cases_hidden"], 0);
    let (status, refused) = sample.ask("POST", &format!("{path}/words/rename"), &json!({}));
    assert_eq!(status, 422, "{refused}");
    let rename = json!({ "name": "Loose hinges", "reason": "what the customers mean" });
    let (status, renamed) = sample.ask("POST", &format!("{path}/words/rename"), &rename);
    assert_eq!(status, 200, "{renamed}");
    assert_eq!(renamed["name"], "Loose hinges");
    let last = renamed["history"].as_array().unwrap().last().unwrap();
    assert_eq!(last["actor"], "api:erp");
    assert_eq!(last["reason"], "what the customers mean");
    let (status, _) = sample.ask(
        "POST",
        &format!("{path}/words/heed"),
        &json!({ "reason": "x" }),
    );
    assert_eq!(status, 409);
    let merge = json!({ "gone": "C-999999", "reason": "x" });
    let (status, refused) = sample.ask("POST", &format!("{path}/words/merge"), &merge);
    assert_eq!(status, 422, "{refused}");
    assert_eq!(refused["errors"][0]["field"], "gone");
}

#[test]
fn a_review_is_begun_and_its_state_told() {
    let sample = Sample::new();
    let (status, _) = sample.ask("GET", "/api/v1/reviews/building", &json!({}));
    assert_eq!(status, 404);
    let order = json!({ "period": PERIOD, "language": "tr" });
    let (status, begun) = sample.ask("POST", "/api/v1/reviews", &order);
    assert_eq!(status, 202, "{begun}");
    assert_eq!(begun["period"], PERIOD);
    let mut state = begun;
    for _ in 0..1_000 {
        if state["state"] != "running" {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
        state = sample.get("/api/v1/reviews/building");
    }
    assert_eq!(state["state"], "done", "{state}");
    assert_eq!(state["review"], format!("{PERIOD}-tr"));
}

#[test]
fn a_pack_gives_out_what_its_manifest_names_and_nothing_else() {
    let sample = Sample::new();
    let example =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example/2026-Q3-en");
    copied(&example, &sample.folder.path().join("out/2026-Q3-en"));
    let reviews = sample.get("/api/v1/reviews");
    let pack = &reviews["reviews"][0];
    assert_eq!(pack["name"], "2026-Q3-en");
    let files = pack["files"].as_array().unwrap();
    assert!(files.iter().any(|file| file["path"] == "review.html"));
    let whole = files
        .iter()
        .find(|file| file["path"].as_str().unwrap().ends_with("model.json"));
    let model = whole.unwrap();
    let path = format!(
        "/api/v1/reviews/2026-Q3-en/files/{}",
        model["path"].as_str().unwrap()
    );
    let (status, answer) = sample.sent("GET", &path, &json!({}));
    assert_eq!(status, 200);
    assert!(answer.is_object());
    for none in [
        "nothing.csv",
        "..%2F..%2Fregister.sqlite",
        "manifest.json%00",
    ] {
        let path = format!("/api/v1/reviews/2026-Q3-en/files/{none}");
        let (status, _) = sample.ask("GET", &path, &json!({}));
        assert_eq!(status, 404, "{none}");
    }
}

#[test]
fn what_a_program_does_to_an_action_of_the_sample_is_told_as_the_desk_tells_it() {
    let sample = Sample::new();
    let list = sample.get("/api/v1/actions");
    let actions = list["actions"].as_array().unwrap();
    assert!(!actions.is_empty());
    let register = Register::open(&sample.folder.path().join("register.sqlite")).unwrap();
    assert_eq!(register.actions(None).unwrap().len(), actions.len());
    for action in actions {
        let id = action["id"].as_str().unwrap();
        let one = sample.get(&format!("/api/v1/actions/{id}"));
        assert_eq!(one["title"], action["title"]);
        let known = register.action(id.parse().unwrap(), None).unwrap();
        assert_eq!(one["version"], known.version);
        let history = sample.get(&format!("/api/v1/actions/{id}/history"));
        let events = history["events"].as_array().unwrap();
        assert_eq!(
            events.len(),
            register.action_events(known.id).unwrap().len()
        );
    }
}
