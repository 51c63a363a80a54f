//! What happens before any server speaks; these tests need none.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use super::extract;

/// What an extract of an address says.
fn said(url: &str) -> String {
    let lake = tempfile::tempdir().unwrap();
    let line = extract(url, "zammad", lake.path()).unwrap_err().to_string();
    assert!(
        !line.contains('\n') && !line.contains("hush"),
        "one line, no password: {line}"
    );
    assert!(!lake.path().join("latest").exists());
    line
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_unreachable() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let line = said(&format!("postgres://desk:hush@127.0.0.1:{port}/zammad"));
    assert!(
        line.starts_with(&format!(
            "postgres://desk@127.0.0.1:{port}/zammad: the server cannot be reached"
        )) && line.contains("refused"),
        "{line}"
    );
    let line = said("postgres://desk@/zammad?host=/nowhere");
    assert!(line.contains("cannot be reached"), "{line}");
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for_long() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let line = said(&format!(
        "postgres://desk:hush@127.0.0.1:{port}/zammad?connect_timeout=1"
    ));
    assert!(line.contains("no answer within 1 s"), "{line}");
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = plain.local_addr().unwrap().port();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = plain.accept().unwrap();
        // The request for TLS has eight bytes, and `N` is the answer of a server that has none.
        let mut request = [0; 8];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(b"N").unwrap();
        request
    });
    let line = said(&format!(
        "postgres://desk:hush@127.0.0.1:{port}/zammad?sslmode=require"
    ));
    assert!(
        line.contains("no connection by TLS: server does not support TLS"),
        "{line}"
    );
    // 80877103 is the code of PostgreSQL's SSLRequest ("Message Formats"), and nothing was sent before the answer.
    assert_eq!(
        answering.join().unwrap(),
        [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]
    );
}

#[test]
fn an_address_that_cannot_be_read_is_a_matter_of_usage() {
    let folder = tempfile::tempdir().unwrap();
    for (store, mapping) in [
        ("postgres://desk:hush@db/zammad?sslmode=on", "zammad"),
        ("postgres://desk:hush@db/zammad", "redress"),
    ] {
        let out = Command::new(env!("CARGO_BIN_EXE_redress"))
            .args(["extract", "--store", store, "--mapping", mapping])
            .current_dir(folder.path())
            .env_clear()
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{said}");
        assert!(
            said.starts_with("redress: postgres://desk@db/zammad: ") && !said.contains("hush"),
            "{said}"
        );
    }
}

#[test]
fn an_address_that_cannot_be_read_is_not_quoted() {
    for (url, word) in [
        ("postgres://desk:hush@db:x/zammad", "port"),
        ("postgres://desk:hush/hush@db/zammad", "%2F"),
        (
            "postgresql://desk@db/zammad?password=hush&sslmode=on",
            "verify-full",
        ),
        ("postgres://desk:hush@db/zammad?sslkey=a", "`sslkey`"),
    ] {
        let line = said(url);
        assert!(line.contains(word), "{url}: {line}");
    }
}
