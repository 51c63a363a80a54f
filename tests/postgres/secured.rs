//! TLS and passwords: who the server has to be, and what nobody gets to see.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::extract;
use super::server::server;

/// What an extract over TLS says; empty where it works.
fn said(url: &str) -> String {
    let lake = tempfile::tempdir().unwrap();
    match extract(url, "zammad", lake.path()) {
        Ok(done) => {
            assert_eq!(done.manifest.totals().cases_out, 20);
            String::new()
        }
        Err(error) => error.to_string(),
    }
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_server_is_believed_as_far_as_was_asked_for() {
    let server = server();
    // This role may come by TLS alone.
    let by = |host: &str, parameters: &str| {
        said(&format!(
            "{}?{parameters}",
            server.tcp("sealed", host, "zammad")
        ))
    };
    let file = |name: &str| format!("sslrootcert={}", server.folder.join(name).display());
    assert_eq!(by("localhost", "sslmode=prefer"), "");
    assert_eq!(by("localhost", "sslmode=require"), "");
    let open = by("localhost", "sslmode=disable");
    assert!(
        open.contains("the login is refused") && open.contains("no encryption"),
        "{open}"
    );
    for mode in ["verify-ca", "verify-full", "require"] {
        let ours = format!("sslmode={mode}&{}", file("ca.crt"));
        assert_eq!(by("localhost", &ours), "", "{mode}");
        let other = by(
            "localhost",
            &format!("sslmode={mode}&{}", file("other.crt")),
        );
        assert!(
            other.contains("no connection by TLS") && other.contains("UnknownIssuer"),
            "{mode}: {other}"
        );
    }
    // The certificate is for `localhost`; that this is the same machine is not written on it.
    let ca = file("ca.crt");
    assert_eq!(by("127.0.0.1", &format!("sslmode=verify-ca&{ca}")), "");
    let name = by("127.0.0.1", &format!("sslmode=verify-full&{ca}"));
    assert!(
        name.contains("no connection by TLS") && name.to_lowercase().contains("not valid for name"),
        "{name}"
    );
    // The certificate itself, without its authority.
    let itself = format!("sslmode=verify-full&{}", file("server.crt"));
    assert_eq!(by("localhost", &itself), "");
    // No public authority knows it.
    let public = by("localhost", "sslmode=verify-full");
    assert!(public.contains("UnknownIssuer"), "{public}");
    let nobody = by("localhost", "sslmode=verify-ca");
    assert!(nobody.contains("needs sslrootcert"), "{nobody}");
    let missing = by("localhost", "sslmode=verify-ca&sslrootcert=/nowhere.crt");
    assert!(
        missing.contains("/nowhere.crt: cannot be used for TLS"),
        "{missing}"
    );
}

/// `redress extract` of the role with a password; its words and the lake's manifest.
fn with_password(url: &str, variables: &[(&str, &str)], folder: &Path) -> (bool, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_redress"))
        .args(["-vv", "extract", "--mapping", "zammad", "--store", url])
        .current_dir(folder)
        .env_clear()
        .env("REDRESS_PSEUDONYM_KEY", "test")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let words = [out.stdout, out.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (out.status.success(), words.concat())
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_password_comes_from_three_places_and_is_shown_in_none() {
    let server = server();
    let url = server.tcp("locked", "127.0.0.1", "zammad");
    let written = url.replacen("locked@", "locked:hush-hush@", 1);
    let folder = tempfile::tempdir().unwrap();
    let pass = folder.path().join("pass");
    fs::write(
        &pass,
        format!("127.0.0.1:{}:*:locked:hush-hush\n", server.port),
    )
    .unwrap();
    fs::set_permissions(&pass, fs::Permissions::from_mode(0o600)).unwrap();
    let pass = pass.display().to_string();
    for (url, variables) in [
        (&written, vec![]),
        (&url, vec![("PGPASSWORD", "hush-hush")]),
        (&url, vec![("PGPASSFILE", pass.as_str())]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (good, words) = with_password(url, &variables, folder.path());
        assert!(good, "{words}");
        assert!(!words.contains("hush"), "{words}");
        let manifest = fs::read_to_string(folder.path().join("lake/latest/manifest.json")).unwrap();
        assert!(!manifest.contains("hush"), "{manifest}");
        assert!(
            manifest.contains(&format!(
                "postgres://locked@127.0.0.1:{}/zammad",
                server.port
            )),
            "{manifest}"
        );
    }
    let (good, words) = with_password(&url, &[], folder.path());
    assert!(
        !good
            && words.contains("the server asks for a password; give it in PGPASSWORD or ~/.pgpass"),
        "{words}"
    );
    let wrong = [("PGPASSWORD", "hush-hush-hush")];
    let (good, words) = with_password(&url, &wrong, folder.path());
    assert!(
        !good && words.contains("the login is refused") && !words.contains("hush"),
        "{words}"
    );
    // A setting that is shown is shown without it.
    let out = Command::new(env!("CARGO_BIN_EXE_redress"))
        .args(["config", "show"])
        .current_dir(folder.path())
        .env_clear()
        .env("REDRESS_STORE", &written)
        .output()
        .unwrap();
    let words = String::from_utf8(out.stdout).unwrap();
    assert!(
        words.contains("postgres://locked@127.0.0.1") && !words.contains("hush"),
        "{words}"
    );
}
