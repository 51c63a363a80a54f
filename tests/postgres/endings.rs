//! The program ended before its time: nothing goes on on the server.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::server::server;

/// A database whose tickets take a minute.
fn slow() -> String {
    let database = server().zammad();
    server().run(
        &database,
        "ALTER TABLE tickets RENAME TO real_tickets; \
         CREATE VIEW tickets AS SELECT r.* FROM real_tickets AS r, pg_sleep(60)",
    );
    database
}

/// `redress extract`, running until the server works for it.
fn reading(database: &str, folder: &Path) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_redress"))
        .args([
            "extract",
            "--mapping",
            "zammad",
            "--threads",
            "2",
            "--store",
        ])
        .arg(server().url("admin", database))
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..300 {
        let working: i64 = server()
            .admin("postgres")
            .query_one(
                "SELECT count(*) FROM pg_stat_activity \
                 WHERE application_name = 'redress' AND datname = $1 AND state = 'active' AND query LIKE 'COPY%tickets%'",
                &[&database],
            )
            .unwrap()
            .get(0);
        if working > 0 {
            return child;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = child.kill();
    let _ = child.wait();
    panic!("the server was never asked for the tickets");
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(done.success());
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn an_interrupt_leaves_no_query_behind_and_no_snapshot() {
    for name in ["-INT", "-TERM"] {
        let database = slow();
        let folder = tempfile::tempdir().unwrap();
        let child = reading(&database, folder.path());
        signal(&child, name);
        let out = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains("redress: interrupted"), "{name}: {said}");
        assert!(server().is_left_alone(&database), "{name}");
        assert!(!folder.path().join("lake/latest").exists(), "{name}");
    }
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn the_server_notices_by_itself_that_the_program_was_killed() {
    let database = slow();
    let folder = tempfile::tempdir().unwrap();
    let mut child = reading(&database, folder.path());
    signal(&child, "-KILL");
    child.wait().unwrap();
    assert!(
        server().is_left_alone(&database),
        "a query goes on for nobody"
    );
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn nothing_can_be_written_by_an_extract() {
    // A function behind the view that writes is refused, so that no mistake of ours could.
    let database = server().zammad();
    server().run(
        &database,
        "CREATE TABLE trace (at timestamp); \
         CREATE FUNCTION touch() RETURNS boolean LANGUAGE sql AS 'INSERT INTO trace VALUES (now()) RETURNING true'; \
         ALTER TABLE tickets RENAME TO real_tickets; \
         CREATE VIEW tickets AS SELECT r.* FROM real_tickets AS r WHERE touch()",
    );
    let lake = tempfile::tempdir().unwrap();
    let error = super::extract(&server().url("admin", &database), "zammad", lake.path());
    let line = error.unwrap_err().to_string();
    assert!(line.contains("read-only transaction"), "{line}");
    let written: i64 = server()
        .admin(&database)
        .query_one("SELECT count(*) FROM trace", &[])
        .unwrap()
        .get(0);
    assert_eq!(written, 0);
}
