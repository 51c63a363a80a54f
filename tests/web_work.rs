//! The desk's second part and the quality page, as staff meet them: by requests, on the sample register with its snapshot,
//! its search for what comes again and its actions.

mod gone;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use axum::Router;
use axum::body::Body;
use axum::http::header::{
    ACCEPT_LANGUAGE, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION,
    SET_COOKIE,
};
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use redress::domain::action::{Action, Standing, Verdict};
use redress::domain::cluster::{ClusterEventKind, ClusterId};
use redress::domain::vocabulary::{Language, Role};
use redress::register::{NewStaff, Register};
use redress::web::{App, Settings, site};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::common::rulebook;

/// Everybody's here; long enough.
const PASSWORD: &str = "a password for tests";
/// A period of which the sample knows everything.
const PERIOD: &str = "2026-Q3";

/// Keeps a builder of packs waiting until it is opened.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    fn wait(&self) {
        let mut open = self.open.lock().unwrap();
        while !*open {
            open = self.opened.wait(open).unwrap();
        }
    }
}

/// A desk on a copy of the sample. Its clock stands a day after the snapshot unless it is moved.
struct Desk {
    folder: TempDir,
    router: Router,
    runtime: tokio::runtime::Runtime,
    clock: Arc<Mutex<DateTime<Utc>>>,
    gate: Arc<Gate>,
}

/// What came back.
struct Page {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Page {
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body
    }

    /// A form that comes back with what is wrong.
    #[track_caller]
    fn wrong(self) -> String {
        let status = self.status;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{}", self.body);
        self.body
    }

    /// Where a form that was taken leads.
    #[track_caller]
    fn seen(self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.headers[LOCATION].to_str().unwrap().to_owned()
    }
}

/// The sample register with its snapshot, clusters and actions, made once.
pub fn sample() -> &'static Path {
    static SAMPLE: OnceLock<TempDir> = OnceLock::new();
    SAMPLE
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let out = Command::new(env!("CARGO_BIN_EXE_redress"))
                .env_clear()
                .current_dir(folder.path())
                .args(["demo", "--dir", "demo", "--cases", "400", "--no-review"])
                .output()
                .unwrap();
            assert!(
                out.status.success(),
                "{}",
                String::from_utf8_lossy(&out.stderr)
            );
            folder
        })
        .path()
}

pub fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copied(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        copied(&sample().join("demo"), folder.path());
        Desk::at(folder)
    }

    /// A desk whose lake has no snapshot yet.
    fn without_snapshot() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        copied(&sample().join("demo"), folder.path());
        fs::remove_dir_all(folder.path().join("lake")).unwrap();
        Desk::at(folder)
    }

    fn at(folder: TempDir) -> Desk {
        let path = |name: &str| folder.path().join(name);
        let mut register = Register::open(&path("register.sqlite")).unwrap();
        for (name, roles, site) in [
            ("zeynep", vec![Role::Quality], None),
            ("deniz", vec![Role::Quality], None),
            ("aydan", vec![Role::Admin, Role::Quality], None),
            ("ali", vec![Role::Agent], None),
            ("kemal", vec![Role::Technical], Some("nowhere")),
            ("can", vec![Role::Contact], None),
        ] {
            let new = NewStaff {
                name: name.to_owned(),
                roles,
                department: None,
                site: site.map(str::to_owned),
                discretion_minor: None,
            };
            register.add_staff(&new).unwrap();
            register.set_password(name, PASSWORD).unwrap();
        }
        drop(register);
        let gate = Arc::new(Gate::default());
        let (waits, out) = (Arc::clone(&gate), path("out"));
        let settings = Settings {
            register: path("register.sqlite"),
            lake: path("lake"),
            out: path("out"),
            organisation: "Kuzey Yapı".to_owned(),
            language: Language::En,
            currency: Some("TRY".to_owned()),
            rules: Arc::new(|| Ok(rulebook())),
            packs: Arc::new(move |period, language| {
                waits.wait();
                Ok(out.join(format!("{period}-{language}")))
            }),
            secure_cookies: false,
            address_header: None,
            trusted_origins: Vec::new(),
        };
        let now: DateTime<Utc> = "2026-10-11T09:00:00Z".parse().unwrap();
        let clock = Arc::new(Mutex::new(now));
        let read = Arc::clone(&clock);
        let app = Arc::new(App::open(settings).unwrap());
        let router = site(app, Arc::new(move || *read.lock().unwrap())).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Desk {
            folder,
            router,
            runtime,
            clock,
            gate,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn register(&self) -> Register {
        Register::open(&self.path("register.sqlite")).unwrap()
    }

    fn action(&self, id: &str) -> Action {
        self.register().action(id.parse().unwrap(), None).unwrap()
    }

    fn pass(&self, time: TimeDelta) {
        *self.clock.lock().unwrap() += time;
    }

    fn send(&self, request: Request<Body>) -> Page {
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

    fn get(&self, session: &str, path: &str) -> Page {
        self.get_in("en", session, path)
    }

    fn get_in(&self, language: &str, session: &str, path: &str) -> Page {
        let request = Request::get(path)
            .header(ACCEPT_LANGUAGE, language)
            .header(COOKIE, session);
        self.send(request.body(Body::empty()).unwrap())
    }

    fn post(&self, session: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = Request::post(path)
            .header(ACCEPT_LANGUAGE, "en")
            .header(COOKIE, session)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.finish())).unwrap())
    }

    /// The cookie of a session.
    fn sign_in(&self, name: &str) -> String {
        self.sign_in_with(name, PASSWORD)
    }

    fn sign_in_with(&self, name: &str, password: &str) -> String {
        let fields = [("name", name), ("password", password)];
        let page = self.post("", "/desk/sign-in", &fields);
        let cookie = page
            .headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|cookie| cookie.to_str().unwrap())
            .find(|cookie| cookie.starts_with("desk="))
            .unwrap_or_else(|| panic!("{name} could not sign in: {}", page.body));
        cookie.split(';').next().unwrap().to_owned()
    }

    /// What the program answers on the same register and lake.
    fn program(&self, line: &str) -> Value {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.program_with(&words)
    }

    fn program_with(&self, words: &[&str]) -> Value {
        let out = Command::new(env!("CARGO_BIN_EXE_redress"))
            .env_clear()
            .current_dir(self.folder.path())
            .args(["--register", "register.sqlite", "--lake", "lake"])
            .args(words)
            .args(["--format", "json"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{words:?}: {said}");
        serde_json::from_slice(&out.stdout).unwrap()
    }
}

/// The part of a page from a mark to the end of its row.
fn row<'p>(page: &'p str, mark: &str) -> &'p str {
    let at = page
        .find(mark)
        .unwrap_or_else(|| panic!("no {mark} in: {page}"));
    let rest = &page[at..];
    &rest[..rest.find("</tr>").unwrap_or(rest.len())]
}

/// The address of the first link after a mark.
fn link(page: &str) -> String {
    let (_, rest) = page.split_once("<td><a href=\"").unwrap();
    let (address, _) = rest.split_once('"').unwrap();
    address.replace("&amp;", "&").replace("&#38;", "&")
}

#[test]
fn the_quality_page_says_what_the_query_says() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    let page = desk.get(&zeynep, &format!("/quality?period={PERIOD}")).ok();
    let answer = desk.program(&format!("query stage_sla --period {PERIOD}"));
    for stage in ["intake", "processing", "resolution"] {
        let (mut met, mut all) = (0, 0);
        for line in answer.as_array().unwrap() {
            if line["side"] == "net" && line["stage"] == stage && line["pass"] == 1 {
                let count = |name: &str| line[name].as_i64().unwrap();
                met += count("met");
                all += count("met") + count("missed") + count("open_late");
            }
        }
        assert!(all > 20, "the sample has too few of {stage}");
        let row = row(&page, &format!("id=\"sla.{stage}\""));
        assert!(
            row.contains(&format!("({met} of {all})")),
            "{stage}: {met} of {all}: {row}"
        );

        // The number opens to the same things as on the command line.
        let listed = desk.program(&format!(
            "query stage_sla --period {PERIOD} --drill side=net,stage={stage},pass=1"
        ));
        let listed = listed.as_array().unwrap();
        let list = desk.get(&zeynep, &link(row)).ok();
        assert!(
            list.contains(&format!("of {}</caption>", listed.len())),
            "{list}"
        );
        let first = listed[0]["case_id"].as_str().unwrap();
        assert!(
            list.contains(&format!("href=\"/desk/case/{first}\"")),
            "{first}: {list}"
        );
    }
    // Whatever was asked before is answered from memory, and the same.
    let again = desk.get(&zeynep, &format!("/quality?period={PERIOD}")).ok();
    assert_eq!(again, page);
    assert!(
        page.contains("<svg") && !page.contains(" style="),
        "control charts"
    );
}

#[test]
fn a_target_stands_beside_what_was_reached() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    let sent = |target: &str| {
        let fields = [
            ("what", "objective"),
            ("indicator", "sla.intake"),
            ("direction", "at_least"),
            ("target", target),
            ("owner", "zeynep"),
            ("effective_from", "2026-01-01"),
            ("reason", "the promise as published"),
        ];
        desk.post(&zeynep, "/desk/records", &fields)
    };
    let set = |target: &str| sent(target).seen();
    let refused = sent("200").wrong();
    assert!(
        refused.contains("A share lies between 0 and 100 percent"),
        "{refused}"
    );
    let quality = format!("/quality?period={PERIOD}");
    set("0");
    let page = desk.get(&zeynep, &quality).ok();
    let reached = row(&page, "id=\"sla.intake\"");
    assert!(
        reached.contains("at least 0%") && reached.contains("target met"),
        "{reached}"
    );
    set("100");
    let page = desk.get(&zeynep, &quality).ok();
    let missed = row(&page, "id=\"sla.intake\"");
    assert!(
        missed.contains("at least 100%") && missed.contains("target not met"),
        "{missed}"
    );
}

#[test]
fn without_a_snapshot_the_pages_say_how_to_make_one() {
    let desk = Desk::without_snapshot();
    let zeynep = desk.sign_in("zeynep");
    for path in ["/quality", "/quality/volume"] {
        let page = desk.get(&zeynep, path).ok();
        assert!(page.contains("redress extract"), "{page}");
    }
    assert!(
        desk.get(&zeynep, "/desk/clusters")
            .ok()
            .contains("redress run")
    );
    let fields = [("period", PERIOD), ("language", "en")];
    let page = desk.post(&zeynep, "/desk/reviews/build", &fields).wrong();
    assert!(page.contains("There is no snapshot yet"), "{page}");
}

#[test]
fn a_list_that_nothing_has_is_not_found() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    for path in [
        "/quality/no_such_metric",
        "/quality/volume?drill=no_such_dimension%3Dx",
        "/desk/actions/A-999999",
        "/desk/actions/x",
        "/desk/clusters/C-999999",
    ] {
        let page = desk.get(&zeynep, path);
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
    // What people could write into an address stays a value.
    let path = "/quality/volume?period=2026-Q3&drill=category%3D%27%20OR%20%271%27%3D%271";
    assert!(desk.get(&zeynep, path).ok().contains("Nothing was counted"));
}

/// Opens an action as zeynep, of whom it then is; answers its number.
fn opened(desk: &Desk, session: &str, title: &str) -> String {
    let fields = [
        ("title", title),
        ("kind", "corrective"),
        ("source", "case"),
        ("reference", "2026-000001"),
        ("owner", "zeynep"),
        ("due_on", "2026-11-30"),
    ];
    let to = desk.post(session, "/desk/actions/new", &fields).seen();
    let id = to.strip_prefix("/desk/actions/").unwrap();
    id.split('?').next().unwrap().to_owned()
}

#[test]
fn an_action_goes_from_the_opening_to_the_verdict_of_another_person() {
    let desk = Desk::new();
    let (zeynep, deniz) = (desk.sign_in("zeynep"), desk.sign_in("deniz"));
    let id = opened(&desk, &zeynep, "Lids that leak");
    let at = |step: &str| format!("/desk/actions/{id}/{step}");

    // A corrective action is not planned before its cause is known.
    let page = desk.get(&zeynep, &at("plan"));
    assert_eq!(page.status, StatusCode::CONFLICT);
    let analysis = [
        ("on", "2026-10-11"),
        ("method", "five_whys"),
        ("why1", "The lid does not close"),
        ("why2", "The seal is too hard"),
        ("root_cause", "Seal of the wrong rubber"),
    ];
    desk.post(&zeynep, &at("analyse"), &analysis).seen();
    let plan = [
        ("what", "Seals of softer rubber"),
        ("due_on", "2026-10-11"),
        ("judge_by", "criterion"),
        ("criterion", "An inspection finds soft seals only"),
        ("criterion_due", "2026-10-12"),
    ];
    desk.post(&zeynep, &at("plan"), &plan).seen();
    let done = [
        ("on", "2026-10-11"),
        ("documents", "WI-12\nPS-3"),
        ("cost", "1.250,50"),
    ];
    desk.post(&zeynep, &at("implement"), &done).seen();
    assert_eq!(
        desk.action(&id)
            .round()
            .implementation
            .as_ref()
            .unwrap()
            .cost_minor,
        125_050
    );

    // Not before its day, and never by the owner.
    let verdict = [
        ("on", "2026-10-11"),
        ("verdict", "effective"),
        ("note", "Inspected on the spot"),
    ];
    let page = desk.post(&deniz, &at("verify"), &verdict);
    assert_ne!(page.status, StatusCode::SEE_OTHER);
    desk.pass(TimeDelta::days(2));
    let (zeynep, deniz) = (desk.sign_in("zeynep"), desk.sign_in("deniz"));
    let verdict = [("on", "2026-10-12"), verdict[1], verdict[2]];
    let page = desk.post(&zeynep, &at("verify"), &verdict);
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("cannot verify it"), "{}", page.body);
    let own = desk.get(&zeynep, &format!("/desk/actions/{id}")).ok();
    assert!(
        !own.contains(&format!("href=\"{}\"", at("verify"))),
        "{own}"
    );
    assert_eq!(desk.action(&id).standing, Standing::Implemented);

    let offered = desk.get(&deniz, &format!("/desk/actions/{id}")).ok();
    assert!(
        offered.contains(&format!("href=\"{}\"", at("verify"))),
        "{offered}"
    );
    let to = desk.post(&deniz, &at("verify"), &verdict).seen();
    assert!(
        desk.get(&deniz, &to)
            .ok()
            .contains("The verdict is recorded.")
    );
    let action = desk.action(&id);
    assert_eq!(action.standing, Standing::Verified(Verdict::Effective));
    assert_eq!(action.round().verification.as_ref().unwrap().0, "deniz");
    desk.post(&deniz, &at("close"), &[("on", "2026-10-13")])
        .seen();
    assert_eq!(desk.action(&id).standing, Standing::Closed);

    let page = desk.get(&deniz, &format!("/desk/actions/{id}")).ok();
    for said in [
        "The seal is too hard",
        "WI-12",
        "PS-3",
        "1,250.50 TRY",
        "Inspected on the spot",
    ] {
        assert!(page.contains(said), "{said} is not in: {page}");
    }
    let kinds: Vec<String> = desk
        .register()
        .action_events(id.parse().unwrap())
        .unwrap()
        .iter()
        .map(|event| format!("{} {}", event.actor, event.body.kind()))
        .collect();
    assert_eq!(
        kinds,
        [
            "zeynep opened",
            "zeynep analysed",
            "zeynep planned",
            "zeynep implemented",
            "deniz verified",
            "deniz closed"
        ]
    );
}

#[test]
fn a_check_by_complaints_is_looked_at_before_it_is_fixed() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    // The most frequent category of the sample, and how many complaints it has.
    let answer = desk.program("query pareto_category --period 2026");
    let top = &answer[0];
    let category = top["category"].as_str().unwrap();
    let scope = format!("category = {category}");
    let sql = format!(
        "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM cases AS k WHERE k.category = '{category}' AND k.state <> 'merged'"
    );
    let all = desk.program_with(&["query", "--sql", &sql]);
    let n = all[0]["n"].as_i64().unwrap();
    let fields = [
        ("step", "count"),
        ("source", "case"),
        ("scope", scope.as_str()),
    ];
    let counted = desk.post(&zeynep, "/desk/actions/new", &fields).ok();
    assert!(
        counted.contains(&format!("Covers {n} of ")),
        "{n}: {counted}"
    );

    let fields = [
        ("title", "Fewer of the most frequent"),
        ("kind", "improvement"),
        ("source", "case"),
        ("scope", scope.as_str()),
        ("signal_on", "2026-06-01"),
        ("owner", "zeynep"),
    ];
    let to = desk.post(&zeynep, "/desk/actions/new", &fields).seen();
    let id = to["/desk/actions/".len()..]
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    let plan = |step: &'static str| {
        let mut fields = vec![
            ("what", "Another supplier"),
            ("due_on", "2026-10-31"),
            ("judge_by", "complaints"),
            ("scope", scope.as_str()),
            ("signal_on", "2026-06-01"),
            ("follow_up_months", "12"),
        ];
        fields.extend((!step.is_empty()).then_some(("step", step)));
        desk.post(&zeynep, &format!("/desk/actions/{id}/plan"), &fields)
    };
    let look = plan("look").ok();
    assert!(look.contains("Refutes a useless action"), "{look}");
    assert!(
        look.contains("2025-06 to 2026-05"),
        "the baseline ends before the signal: {look}"
    );
    assert!(
        desk.action(&id).round().check().is_none(),
        "looking fixes nothing"
    );
    plan("").seen();
    assert_eq!(desk.action(&id).standing, Standing::Planned);
    let page = desk.get(&zeynep, &format!("/desk/actions/{id}")).ok();
    assert!(page.contains("<svg"), "the course is drawn: {page}");

    // Asked for before its end, the verdict is not computed.
    let at = |step: &str| format!("/desk/actions/{id}/{step}");
    desk.post(&zeynep, &at("implement"), &[("on", "2026-10-11")])
        .seen();
    let to = desk.post(&zeynep, &at("check"), &[]).seen();
    assert!(to.ends_with("done=action_not_judged"), "{to}");
    let events = desk.register().action_events(id.parse().unwrap()).unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event.body.kind()).collect();
    assert_eq!(kinds, ["opened", "planned", "implemented"]);
}

#[test]
fn the_second_of_two_people_sees_what_the_first_one_did() {
    let desk = Desk::new();
    let (zeynep, deniz) = (desk.sign_in("zeynep"), desk.sign_in("deniz"));
    let id = opened(&desk, &zeynep, "Two at once");
    let at = format!("/desk/actions/{id}/note");
    let note =
        |session: &str, text: &str| desk.post(session, &at, &[("last_seq", "1"), ("text", text)]);
    note(&zeynep, "the supplier was called").seen();
    let page = note(&deniz, "I called the supplier too");
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(
        page.body.contains("the supplier was called"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("I called the supplier too"),
        "what was typed is kept"
    );
    assert_eq!(desk.action(&id).notes.len(), 1);
    assert!(
        page.body.contains("name=\"last_seq\" value=\"2\""),
        "{}",
        page.body
    );
    desk.post(&deniz, &at, &[("last_seq", "2"), ("text", "So did I")])
        .seen();
    assert_eq!(desk.action(&id).notes.len(), 2);
}

#[test]
fn who_may_not_judge_an_action_is_not_let_to() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    let id = opened(&desk, &zeynep, "<script>alert(1)</script>");
    let page = desk.get(&zeynep, &format!("/desk/actions/{id}")).ok();
    assert!(!page.contains("<script>alert"), "{page}");
    let can = desk.sign_in("can");
    desk.get(&can, &format!("/desk/actions/{id}")).ok();
    let refused = [
        desk.get(&can, "/desk/actions/new"),
        desk.post(&can, &format!("/desk/actions/{id}/note"), &[("text", "x")]),
        desk.get(&can, "/desk/clusters"),
        desk.get(&can, "/quality"),
        desk.get(&can, "/desk/reviews"),
        desk.get(&can, "/desk/records"),
    ];
    for page in refused {
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.body);
    }
    let ali = desk.sign_in("ali");
    for step in ["verify", "close", "withdraw", "amend"] {
        let page = desk.post(
            &ali,
            &format!("/desk/actions/{id}/{step}"),
            &[("reason", "x")],
        );
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{step}");
    }
    assert_eq!(desk.action(&id).version, 1);
}

#[test]
fn an_opening_that_is_sent_twice_opens_one_action() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    let before = desk.register().actions(None).unwrap().len();
    let send = || {
        let fields = [
            ("once", "one form"),
            ("title", "Once"),
            ("kind", "correction"),
            ("source", "case"),
            ("owner", "zeynep"),
        ];
        desk.post(&zeynep, "/desk/actions/new", &fields).seen()
    };
    assert_eq!(send(), send());
    assert_eq!(desk.register().actions(None).unwrap().len(), before + 1);
}

#[test]
fn the_analysts_word_is_recorded_with_who_said_it_and_why() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    let listed = desk.program("clusters list --by size --limit 2");
    let id = |at: usize| listed[at]["cluster_id"].as_str().unwrap().to_owned();
    let (one, other) = (id(0), id(1));
    let last = |id: &str| {
        let id: ClusterId = id.parse().unwrap();
        desk.register().cluster_history(id).unwrap().pop().unwrap()
    };
    let say = |word: &str, fields: &[(&str, &str)]| {
        desk.post(&zeynep, &format!("/desk/clusters/{one}/{word}"), fields)
    };

    let silent = say("confirm", &[("reason", " ")]).wrong();
    assert!(silent.contains("aria-invalid=\"true\""), "{silent}");
    assert_ne!(last(&one).kind, ClusterEventKind::Confirmed);
    say("confirm", &[("reason", "read all of them")]).seen();
    let event = last(&one);
    assert_eq!(event.kind, ClusterEventKind::Confirmed);
    assert_eq!(event.actor.as_deref(), Some("zeynep"));
    assert_eq!(event.change.reason.as_deref(), Some("read all of them"));

    say(
        "rename",
        &[
            ("name", "Leaking lids & <b>seals</b>"),
            ("reason", "plain words"),
        ],
    )
    .seen();
    assert_eq!(last(&one).kind, ClusterEventKind::Renamed);
    let list = desk.get(&zeynep, "/desk/clusters").ok();
    assert!(
        list.contains("Leaking lids &amp; &lt;b&gt;seals")
            || list.contains("Leaking lids &#38; &#60;b&#62;seals"),
        "{list}"
    );

    say("ignore", &[("reason", "a form letter")]).seen();
    let event = last(&one);
    assert_eq!(
        (event.kind, event.change.reason.as_deref()),
        (ClusterEventKind::Ignored, Some("a form letter"))
    );
    let shown = |show: &str| {
        let page = desk
            .get(&zeynep, &format!("/desk/clusters?show={show}"))
            .ok();
        page.contains(&format!("href=\"/desk/clusters/{one}\""))
    };
    assert!(!shown("all") && shown("ignored"));
    say("heed", &[("reason", "none after all")]).seen();

    // The number of a group that became part of another leads there.
    say(
        "merge",
        &[("gone", other.as_str()), ("reason", "the same seals")],
    )
    .seen();
    let to = desk.get(&zeynep, &format!("/desk/clusters/{other}")).seen();
    assert_eq!(to, format!("/desk/clusters/{one}?from={other}"));
    assert!(
        desk.get(&zeynep, &to)
            .ok()
            .contains(&format!("{other} became part of {one}"))
    );
    let refused = say("merge", &[("gone", one.as_str()), ("reason", "itself")]).wrong();
    assert!(
        refused.contains("cannot be merged with itself"),
        "{refused}"
    );
}

#[test]
fn a_stale_word_on_a_cluster_is_shown_what_happened() {
    let desk = Desk::new();
    let (zeynep, deniz) = (desk.sign_in("zeynep"), desk.sign_in("deniz"));
    let listed = desk.program("clusters list --by size --limit 1");
    let id = listed[0]["cluster_id"].as_str().unwrap();
    let seen = desk
        .register()
        .cluster_history(id.parse().unwrap())
        .unwrap()
        .len()
        .to_string();
    let name = |session: &str, name: &str| {
        let fields = [
            ("last_seq", seen.as_str()),
            ("name", name),
            ("reason", "clearer"),
        ];
        desk.post(session, &format!("/desk/clusters/{id}/rename"), &fields)
    };
    name(&zeynep, "Lids").seen();
    let page = name(&deniz, "Seals");
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(
        page.body.contains("zeynep") && page.body.contains("value=\"Seals\""),
        "{}",
        page.body
    );
    let events = desk
        .register()
        .cluster_history(id.parse().unwrap())
        .unwrap();
    assert_eq!(events.last().unwrap().change.name.as_deref(), Some("Lids"));
}

#[test]
fn technical_staff_read_of_a_cluster_only_what_is_their_plants() {
    let desk = Desk::new();
    let (zeynep, kemal) = (desk.sign_in("zeynep"), desk.sign_in("kemal"));
    let listed = desk.program("clusters list --by size --limit 1");
    let id = listed[0]["cluster_id"].as_str().unwrap();
    let path = format!("/desk/clusters/{id}");
    let all = desk.get(&zeynep, &path).ok();
    assert!(
        all.contains("href=\"/desk/case/") && all.contains("<blockquote"),
        "{all}"
    );
    let own = desk.get(&kemal, &path).ok();
    assert!(
        !own.contains("href=\"/desk/case/") && !own.contains("<blockquote"),
        "{own}"
    );
    assert!(own.contains("further ones belong to other plants"), "{own}");
    let fields = [("reason", "x")];
    let page = desk.post(&kemal, &format!("{path}/confirm"), &fields);
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[test]
fn only_administrators_see_the_staff() {
    let desk = Desk::new();
    for name in ["zeynep", "ali", "kemal", "can"] {
        let session = desk.sign_in(name);
        assert_eq!(
            desk.get(&session, "/desk/staff").status,
            StatusCode::FORBIDDEN,
            "{name}"
        );
        let add = [
            ("what", "add"),
            ("name", "eve"),
            ("roles", "admin"),
            ("usual", "admin"),
        ];
        let page = desk.post(&session, "/desk/staff", &add);
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{name}");
    }
    let aydan = desk.sign_in("aydan");
    let add = [
        ("what", "add"),
        ("name", "Gül Ak"),
        ("roles", "agent"),
        ("roles", "quality"),
        ("usual", "quality"),
        ("department", "Customer service"),
        ("discretion", "1,250.50"),
    ];
    let page = desk.post(&aydan, "/desk/staff", &add).ok();
    let (_, rest) = page.split_once("class=\"big\"").unwrap();
    let password = rest.split(['>', '<']).nth(1).unwrap().to_owned();
    let person = desk.register().staff("Gül Ak").unwrap();
    assert_eq!(person.roles, [Role::Quality, Role::Agent]);
    assert_eq!(person.department.as_deref(), Some("customer_service"));
    assert_eq!(person.discretion_minor, Some(125_050));
    assert!(
        !desk.get(&aydan, "/desk/staff").ok().contains(&password),
        "shown once"
    );

    // The first password opens nothing but the page to choose another.
    let first = desk.sign_in_with("Gül Ak", &password);
    assert_eq!(desk.get(&first, "/desk/actions").seen(), "/desk/password");
    // A new one ends what the old one opened.
    let zeynep = desk.sign_in("zeynep");
    let reset = [("what", "reset"), ("person", "zeynep")];
    desk.post(&aydan, "/desk/staff", &reset).ok();
    assert_eq!(
        desk.get(&zeynep, "/desk/actions").status,
        StatusCode::UNAUTHORIZED
    );

    // Nobody locks themselves out.
    let roles = [
        ("what", "roles"),
        ("person", "aydan"),
        ("roles", "agent"),
        ("usual", "agent"),
    ];
    desk.post(&aydan, "/desk/staff", &roles).wrong();
    desk.post(
        &aydan,
        "/desk/staff",
        &[("what", "active"), ("person", "aydan")],
    )
    .wrong();
    let person = desk.register().staff("aydan").unwrap();
    assert!(person.active && person.roles.contains(&Role::Admin));
    desk.post(
        &aydan,
        "/desk/staff",
        &[("what", "active"), ("person", "Gül Ak")],
    )
    .seen();
    assert!(!desk.register().staff("Gül Ak").unwrap().active);
}

#[test]
fn evidence_is_recorded_once_with_the_fingerprint_of_its_file() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    let before = desk.register().evidence(None).unwrap().len();
    let send = |indicator: &str, once: &str| {
        let mut body = String::new();
        for (name, value) in [
            ("what", "evidence"),
            ("once", once),
            ("indicator", indicator),
            ("value", "82,5"),
            ("unit", "%"),
            ("dated", "2026-09-30"),
            ("note", "Survey of contact staff"),
        ] {
            body.push_str(&format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"survey.txt\"\r\n\
             Content-Type: text/plain\r\n\r\nabc\r\n--b--\r\n",
        );
        let request = Request::post("/desk/records")
            .header(ACCEPT_LANGUAGE, "en")
            .header(COOKIE, &zeynep)
            .header(CONTENT_TYPE, "multipart/form-data; boundary=b");
        desk.send(request.body(Body::from(body)).unwrap())
    };
    let page = send("M5", "first").wrong();
    assert!(
        page.contains("aria-invalid=\"true\"") && page.contains("82,5"),
        "{page}"
    );
    send("P2", "first").seen();
    send("P2", "first").seen();
    let recorded = desk.register().evidence(None).unwrap();
    assert_eq!(recorded.len(), before + 1);
    let evidence = &recorded.last().unwrap().evidence;
    assert_eq!(evidence.value, Some(82.5));
    assert_eq!(evidence.entered_by, "zeynep");
    // SHA-256 of "abc": FIPS 180-2, appendix B.1.
    assert_eq!(
        evidence.file_sha256.as_deref(),
        Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    );
    let page = desk.get(&zeynep, &format!("/quality?period={PERIOD}")).ok();
    let shown = row(&page, "id=\"P2\"");
    assert!(
        shown.contains("82.5%") && shown.contains("zeynep"),
        "{shown}"
    );
}

#[test]
fn whoever_sets_a_target_second_sees_the_first_one_before_it_is_followed_by_another() {
    let desk = Desk::new();
    let (zeynep, deniz) = (desk.sign_in("zeynep"), desk.sign_in("deniz"));
    let page = desk.get(&zeynep, "/desk/records?add=objective").ok();
    let mark = "<input type=\"hidden\" name=\"seen\" value=\"";
    let seen = |page: &str| {
        let (_, rest) = page.split_once(mark).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let before = desk.register().objectives(None).unwrap().len();
    let set = |session: &str, seen: &str, target: &str, owner: &str| {
        let fields = [
            ("what", "objective"),
            ("seen", seen),
            ("indicator", "sla.intake"),
            ("direction", "at_least"),
            ("target", target),
            ("owner", owner),
            ("effective_from", "2026-01-01"),
            ("reason", "as published"),
        ];
        desk.post(session, "/desk/records", &fields)
    };
    set(&zeynep, &seen(&page), "97,5", "zeynep").seen();
    let held = set(&deniz, &seen(&page), "90", "deniz").wrong();
    assert!(
        held.contains("at least 97.5% from") && held.contains("owner zeynep"),
        "{held}"
    );
    assert!(held.contains("value=\"90\""), "{held}");
    let count = || desk.register().objectives(None).unwrap().len();
    assert_eq!(count(), before + 1);
    // Having seen it, the second sends it again.
    desk.pass(TimeDelta::minutes(1));
    set(&deniz, &seen(&held), "90", "deniz").seen();
    assert_eq!(count(), before + 2);
}

#[test]
fn a_mean_of_points_reads_as_its_language_orders_it() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    let fields = [
        ("what", "evidence"),
        ("indicator", "P2"),
        ("value", "3,9"),
        ("unit", "of 5"),
        ("dated", "2026-10-01"),
    ];
    desk.post(&zeynep, "/desk/records", &fields).seen();
    for (language, said) in [
        ("tr", "5 üzerinden 3,90"),
        ("en", "3.90 of 5"),
        ("ru", "3,90 из 5"),
    ] {
        let page = desk.get_in(language, &zeynep, "/desk/records").ok();
        assert!(page.contains(said), "{language}: {page}");
    }
}

#[test]
fn a_course_is_recorded_for_somebody_who_is_there() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    let record = |person: &str, day: &str| {
        let fields = [
            ("what", "training"),
            ("person", person),
            ("course", "Listening"),
            ("held_on", day),
        ];
        desk.post(&zeynep, "/desk/records", &fields)
    };
    record("can", "2026-12-01").wrong();
    record("nobody", "2026-10-01").wrong();
    assert!(desk.register().trainings(Some("can")).unwrap().is_empty());
    record("can", "2026-10-01").seen();
    assert_eq!(
        desk.register().trainings(Some("can")).unwrap()[0].course,
        "Listening"
    );
}

#[test]
fn a_pack_gives_out_what_its_manifest_names_and_nothing_else() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    let pack = desk.path("out").join("2026-Q3-en");
    desk_pack(&desk, &pack);
    let list = desk.get(&zeynep, "/desk/reviews").ok();
    assert!(
        list.contains("href=\"/desk/reviews/2026-Q3-en/review.html\""),
        "{list}"
    );

    let page = desk.get(&zeynep, "/desk/reviews/2026-Q3-en/review.html");
    let policy = page.headers[CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(
        policy.contains("frame-ancestors 'none'") && !policy.contains("script"),
        "{policy}"
    );
    assert_eq!(
        page.ok(),
        fs::read_to_string(pack.join("review.html")).unwrap()
    );
    let list = desk.get(
        &zeynep,
        "/desk/reviews/2026-Q3-en/exceptions/stages_missed.csv",
    );
    let how = list.headers[CONTENT_DISPOSITION]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(how.starts_with("attachment"), "{how}");
    list.ok();

    fs::write(pack.join("extra.html"), "<h1>not of the pack</h1>").unwrap();
    for path in [
        "/desk/reviews/2026-Q3-en/manifest.json",
        "/desk/reviews/2026-Q3-en/extra.html",
        "/desk/reviews/2026-Q3-en/../register.sqlite",
        "/desk/reviews/2026-Q3-en/..%2F..%2Fregister.sqlite",
        "/desk/reviews/%2e%2e/register.sqlite",
        "/desk/reviews/..%2F/register.sqlite",
        "/desk/reviews/2026-Q3-en%2F..%2F../register.sqlite",
        "/desk/reviews/2026-Q3-en/%2Fetc%2Fpasswd",
        "/desk/reviews/nothing/review.html",
    ] {
        let page = desk.get(&zeynep, path);
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
    // Nor what was altered since.
    let mut html = fs::read_to_string(pack.join("review.html")).unwrap();
    html.push(' ');
    fs::write(pack.join("review.html"), html).unwrap();
    let page = desk.get(&zeynep, "/desk/reviews/2026-Q3-en/review.html");
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

/// Builds a pack by the program.
fn desk_pack(desk: &Desk, pack: &Path) {
    let out = Command::new(env!("CARGO_BIN_EXE_redress"))
        .env_clear()
        .current_dir(desk.folder.path())
        .args(["--register", "register.sqlite", "--lake", "lake"])
        .args(["review", "build", PERIOD, "--out"])
        .arg(pack)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

#[test]
fn a_pack_is_built_in_the_background_one_at_a_time() {
    let desk = Desk::new();
    let zeynep = desk.sign_in("zeynep");
    let build = |period: &str| {
        let fields = [("period", period), ("language", "tr")];
        desk.post(&zeynep, "/desk/reviews/build", &fields)
    };
    let wrong = build("--force").wrong();
    assert!(
        wrong.contains("Enter a period as in the examples"),
        "{wrong}"
    );
    assert_eq!(build(PERIOD).seen(), "/desk/reviews/building");
    let page = desk.get(&zeynep, "/desk/reviews/building").ok();
    assert!(
        page.contains("http-equiv=\"refresh\"") && page.contains(PERIOD),
        "{page}"
    );
    build("2026-Q2").seen();
    let page = desk.get(&zeynep, "/desk/reviews/building").ok();
    assert!(page.contains(PERIOD) && !page.contains("2026-Q2"), "{page}");
    desk.gate.open();
    let until = Instant::now() + Duration::from_secs(20);
    let page = loop {
        let page = desk.get(&zeynep, "/desk/reviews/building").ok();
        if !page.contains("http-equiv=\"refresh\"") || Instant::now() > until {
            break page;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(
        page.contains("href=\"/desk/reviews/2026-Q3-tr/review.html\""),
        "{page}"
    );
}

/// Sections of the texts of these pages: a key that is missing shows itself.
const SECTIONS: [&str; 14] = [
    "action",
    "action_event",
    "action_refused",
    "judging",
    "plan_refused",
    "cluster",
    "cluster_event",
    "cluster_refused",
    "records",
    "people",
    "quality",
    "reviews",
    "shell",
    "ways",
];

fn missing_key(page: &str) -> Option<&str> {
    SECTIONS.iter().find_map(|section| {
        let mark = format!("{section}.");
        page.match_indices(&mark).find_map(|(at, _)| {
            let begins = page[..at]
                .chars()
                .next_back()
                .is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '/');
            let goes_on = page[at + mark.len()..].starts_with(|c: char| c.is_ascii_lowercase());
            let shown = page[at..]
                .char_indices()
                .nth(60)
                .map_or(page.len(), |(n, _)| at + n);
            (begins && goes_on).then(|| &page[at..shown])
        })
    })
}

#[test]
fn every_page_is_whole_in_three_languages() {
    let desk = Desk::new();
    let aydan = desk.sign_in("aydan");
    desk_pack(&desk, &desk.path("out").join("2026-Q3-en"));
    let mut paths: Vec<String> = [
        "/quality",
        "/quality?period=2026-Q3",
        "/quality?period=2026",
        "/quality/stage_sla?period=2026-Q3&drill=side%3Dnet",
        "/quality/volume?period=2026-Q3",
        "/quality/documents_changed?period=2026",
        "/desk/actions?show=all",
        "/desk/actions/new",
        "/desk/actions/new?cluster=C-000001",
        "/desk/clusters",
        "/desk/clusters?level=theme&show=rising",
        "/desk/records",
        "/desk/staff?person=zeynep",
        "/desk/reviews",
    ]
    .map(str::to_owned)
    .to_vec();
    let steps = [
        "contain",
        "analyse",
        "plan",
        "implement",
        "check",
        "verify",
        "close",
        "reopen",
        "change",
        "amend",
        "withdraw",
        "note",
    ];
    let actions = desk.register().actions(None).unwrap();
    assert!(!actions.is_empty());
    for action in &actions {
        paths.push(format!("/desk/actions/{}", action.id));
        paths.extend(steps.map(|step| format!("/desk/actions/{}/{step}", action.id)));
    }
    let listed = desk.program("clusters list --by size --limit 1");
    let themes = desk.program("clusters list --by size --limit 1 --level theme");
    for id in [&listed[0]["cluster_id"], &themes[0]["cluster_id"]] {
        let id = id.as_str().unwrap();
        paths.push(format!("/desk/clusters/{id}"));
        let words = ["confirm", "rename", "merge", "split", "move", "ignore"];
        paths.extend(words.map(|word| format!("/desk/clusters/{id}/{word}")));
    }
    for language in ["en", "tr", "ru"] {
        for path in &paths {
            let page = desk.get_in(language, &aydan, path);
            let fine = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SEE_OTHER];
            assert!(
                fine.contains(&page.status),
                "{language} {path}: {}\n{}",
                page.status,
                page.body
            );
            assert_eq!(missing_key(&page.body), None, "{language} {path}");
            if page.status == StatusCode::OK {
                assert!(
                    page.body.contains(&format!("<html lang=\"{language}\">")),
                    "{path}"
                );
                assert_eq!(page.body.matches("<h1").count(), 1, "{language} {path}");
            }
        }
    }
}
