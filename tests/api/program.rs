//! `redress token`, `redress webhook` and the webhooks of `redress notify`, as the program itself.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

use crate::channels::fake_gateway::FakeGateway;

struct Office(tempfile::TempDir);

/// Exit code, standard output and standard error.
type Said = (i32, String, String);

impl Office {
    fn open() -> Office {
        let office = Office(tempfile::tempdir().unwrap());
        office.done(&["init"]);
        office.done(&["staff", "add", "tekin", "--roles", "admin"]);
        office.done(&["staff", "add", "ayse", "--roles", "agent"]);
        office
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, words: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
        let output = command
            .env_clear()
            .current_dir(self.folder())
            .args(words)
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }

    #[track_caller]
    fn done(&self, words: &[&str]) -> String {
        let (code, out, err) = self.run(words);
        assert_eq!(code, 0, "{words:?}: {err}");
        out
    }

    #[track_caller]
    fn refused(&self, words: &[&str], code: i32, why: &str) {
        let (found, _, err) = self.run(words);
        assert_eq!(found, code, "{words:?}: {err}");
        assert!(err.contains(why), "{words:?}: {err}");
    }

    #[track_caller]
    fn json(&self, words: &[&str]) -> Value {
        let mut all = vec!["--format", "json"];
        all.extend_from_slice(words);
        serde_json::from_str(&self.done(&all)).unwrap()
    }
}

#[test]
fn a_token_is_made_listed_and_taken_back_and_all_of_it_is_known() {
    let office = Office::open();
    let create = [
        "token",
        "create",
        "shop",
        "--scopes",
        "cases:read,cases:write",
        "--roles",
        "agent",
        "--until",
        "2099-12-31",
        "--by",
        "tekin",
    ];
    let mut in_rows = vec!["--format", "csv"];
    in_rows.extend_from_slice(&create);
    office.refused(&in_rows, 2, "shown once");
    let made = office.json(&create);
    let token = made["token"].as_str().unwrap();
    assert!(
        token.starts_with("redress_") && token.len() == 8 + 64,
        "{token}"
    );
    assert_eq!(made["expires_at"], "2099-12-31T21:00:00Z");
    let list = office.done(&["token", "list"]);
    assert!(
        list.contains("shop") && list.contains("cases:read"),
        "{list}"
    );
    assert!(!list.contains(token));
    office.refused(&create, 1, "already");
    let (_, _, err) = office.run(&[
        "token",
        "create",
        "x",
        "--scopes",
        "cases:own",
        "--roles",
        "agent",
        "--by",
        "tekin",
    ]);
    assert!(err.contains("cases:read"), "{err}");
    office.done(&[
        "token", "revoke", "shop", "--reason", "over", "--by", "ayse",
    ]);
    let valid = office.done(&["token", "list", "--valid"]);
    assert!(!valid.contains("shop"), "{valid}");
    let history = office.done(&["token", "history"]);
    for word in ["created", "revoked", "tekin", "ayse", "over"] {
        assert!(history.contains(word), "{word}: {history}");
    }
    assert!(!history.contains(token));
    office.done(&["audit", "verify"]);
}

#[test]
fn a_webhook_leads_inside_only_with_leave() {
    let office = Office::open();
    let add = |url: &str, more: &[&str]| {
        let mut words = vec!["webhook", "add", "erp", url, "--by", "tekin"];
        words.extend_from_slice(more);
        office.run(&words)
    };
    for (url, why) in [
        ("https://127.0.0.1/hook", "private network"),
        ("https://10.0.0.8/hook", "private network"),
        ("https://[::ffff:10.0.0.8]/hook", "private network"),
        ("https://localhost/hook", "private network"),
        ("http://example.org/hook", "https://"),
        ("https://me:secret@example.org/", "user name"),
    ] {
        let (code, _, err) = add(url, &[]);
        assert_eq!(code, 2, "{url}: {err}");
        assert!(err.contains(why), "{url}: {err}");
    }
    let (code, _, err) = add(
        "https://127.0.0.1/hook",
        &["--allow-private", "--kinds", "case.x"],
    );
    assert_eq!(code, 1, "{err}");
    let (code, out, err) = add("http://127.0.0.1:9/hook", &["--allow-private"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("whsec_"), "{out}");
    let list = office.json(&["webhook", "list"]);
    assert_eq!(list[0]["allows_private"], true);
    assert_eq!(list[0]["kinds"], "case.*, action.*");
}

#[test]
fn notify_tells_webhooks_without_any_gateway() {
    let office = Office::open();
    office.refused(&["notify"], 2, "no gateway");
    let receiver = FakeGateway::willing();
    let url = format!("http://127.0.0.1:{}/hook", receiver.port);
    office.done(&[
        "webhook",
        "add",
        "erp",
        &url,
        "--kinds",
        "case.registered",
        "--allow-private",
        "--by",
        "tekin",
    ]);
    office.done(&["webhook", "test", "erp"]);
    office.done(&[
        "case",
        "register",
        "--by",
        "ayse",
        "--channel",
        "phone",
        "--text",
        "Kapı çatladı.",
        "--name",
        "Elif Kaya",
        "--print-password",
    ]);
    let sent = office.json(&["notify", "--no-follow-ups"]);
    assert_eq!(sent["webhooks"]["delivered"], 1, "{sent}");
    let requests = receiver.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].body.contains("ping"));
    assert!(requests[1].body.contains("case.registered"));
    let deliveries = office.json(&["webhook", "deliveries", "erp"]);
    assert_eq!(deliveries[0]["state"], "sent");
    office.done(&["webhook", "remove", "erp", "--by", "tekin"]);
    office.refused(&["webhook", "test", "erp"], 1, "removed");
    office.refused(&["webhook", "remove", "erp", "--by", "tekin"], 1, "removed");
}

#[test]
fn a_receiver_that_refuses_the_trial_is_a_failure_in_words() {
    let office = Office::open();
    let port = crate::channels::fake_gateway::dead_port();
    let url = format!("http://127.0.0.1:{port}/hook");
    office.done(&[
        "webhook",
        "add",
        "erp",
        &url,
        "--allow-private",
        "--by",
        "tekin",
    ]);
    office.refused(&["webhook", "test", "erp"], 1, "did not take");
    office.refused(&["webhook", "test", "other"], 1, "other");
}

#[test]
fn the_page_on_the_interface_names_every_scope_and_every_code() {
    use redress::register::Scope;
    let page = include_str!("../../docs/api.md");
    for scope in Scope::ALL {
        assert!(page.contains(&format!("`{scope}`")), "{scope}");
    }
    let office = super::Client::new();
    let problem = office.description().problem_codes();
    assert!(problem.len() > 15);
    for code in problem {
        assert!(page.contains(&format!("`{code}`")), "{code}");
    }
}
