//! Words from outside at the log: none forges or breaks a line, and nobody's data stands in one.

use std::fs;
use std::io::{Read as _, Write as _};

use serde_json::Value;

use super::process::{Server, redress, signal};

/// What somebody would write to make up a line, steer a terminal, or turn a text around.
const FORGED: &str = "x\r\n{\"timestamp\":\"2026-01-01T00:00:00Z\",\"level\":\"ERROR\",\"message\":\"FORGED\"}\n\
                      2026-01-01T00:00:00Z ERROR FORGED\u{1b}[2J\u{1b}]0;FORGED\u{7}\0\u{85}\u{2028}\u{202e}\u{200f}\"},{\"a\":\"FORGED";

/// Data of people, each of a kind that is typed somewhere.
const PEOPLE: [&str; 9] = [
    "Elif Kaya",
    "5321112233",
    "elif@example.org",
    "the lid leaks",
    "secretword77",
    "stolen-token-88",
    "bill-of-elif",
    "order-4711-elif",
    "wanted-elif",
];

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Sends bytes as they are; the answer's status line.
fn send(server: &Server, head: &str, body: &[u8]) -> String {
    let mut stream = server.connect();
    // What is no request is answered before its end is read.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

fn post(server: &Server, path: &str, fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    let body = fields.join("&");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    send(server, &head, body.as_bytes())
}

/// Everything that a stranger can send, with words made for the log in every place.
fn attack(server: &Server) {
    let forged = encoded(FORGED);
    let long = "long".repeat(4_000);
    let person = encoded(&PEOPLE.join(" "));
    let get = |path: &str, headers: &str| {
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n");
        send(server, &head, b"")
    };
    get(&format!("/{forged}/{person}"), "");
    get(&format!("/track?number={forged}&name={person}"), "");
    get(&format!("/desk/case/{forged}?done={forged}"), "");
    get(&format!("/t/{forged}"), "");
    get(&format!("/{long}?{long}"), "");
    for name in [
        "User-Agent",
        "Referer",
        "X-Request-Id",
        "X-Forwarded-For",
        "Cookie",
        "Authorization",
        "Accept-Language",
        "Origin",
        "traceparent",
    ] {
        for value in [
            "{\"level\":\"ERROR\",\"message\":\"FORGED\"}",
            "x\", \"level\":\"FORGED",
            "\u{202e}FORGED\u{85}",
            "FORGED\tFORGED stolen-token-88 elif@example.org",
        ] {
            get("/track", &format!("{name}: {value}\r\n"));
        }
        get("/track", &format!("{name}: {long}\r\n"));
    }
    for line in [
        "FORGED / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /\u{1b}[2JFORGED HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "\0\u{1b}FORGED\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\u{1b}\u{0}FORGED\r\n\r\n",
    ] {
        send(server, line, b"");
    }
    // A refused sign-in by number, by staff name, and for a new password; a complaint that is refused, and one that is taken.
    post(
        server,
        "/track",
        &[("number", FORGED), ("password", "secretword77")],
    );
    let name = format!("Elif Kaya {FORGED}");
    post(
        server,
        "/desk/sign-in",
        &[("name", name.as_str()), ("password", "secretword77")],
    );
    post(
        server,
        "/forgotten",
        &[("number", FORGED), ("contact", "elif@example.org")],
    );
    let text = format!("the lid leaks {FORGED}");
    let mut complaint = vec![
        ("step", "check"),
        ("go", "send"),
        ("checked", "1"),
        ("text", text.as_str()),
        ("order", "order-4711-elif"),
        ("remedy_words", "wanted-elif"),
        ("occurred_on", "2026-02-27"),
        ("product", FORGED),
        ("remedy", "replacement"),
        ("behalf", "self"),
        ("name", name.as_str()),
        ("phone", "+90 5321112233"),
        ("email", "elif@example.org"),
    ];
    post(server, "/complain", &complaint);
    let key = "5".repeat(64);
    complaint.push(("once", key.as_str()));
    post(server, "/complain", &complaint);
    // A file whose name is made for the log, and that is no picture.
    let body = "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"bill-of-elif\u{1b}[2J\u{202e}FORGED.jpg\"\r\n\
                Content-Type: image/jpeg\r\n\r\n\u{1}FORGED\r\n--b--\r\n";
    let head = format!(
        "POST /complain HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    send(server, &head, body.as_bytes());
}

/// What must not stand in a log, whatever its form.
fn is_clean(said: &str) {
    let has = |sign: char| {
        (sign.is_control() && sign != '\n')
            || matches!(sign, '\u{2028}'..='\u{202e}' | '\u{200e}' | '\u{200f}')
    };
    assert!(!said.contains(has), "a sign that steers: {said:?}");
    assert!(!said.contains("FORGED"), "{said}");
    assert!(!said.contains("longlong"), "a long value");
    for data in PEOPLE {
        assert!(!said.contains(data), "{data} is in {said}");
    }
}

#[test]
fn nothing_that_is_sent_forges_an_object_of_the_log_or_stands_in_one() {
    let server = Server::start(&["--log-format", "json"]);
    attack(&server);
    // A register that cannot be opened makes the reasons of databases and files.
    let register = server.dir.path().join("redress.sqlite");
    fs::rename(&register, server.dir.path().join("elsewhere")).unwrap();
    fs::write(&register, FORGED.repeat(100)).unwrap();
    let looked = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(send(&server, looked, b"").contains(" 503 "));
    signal(&server.child, "-TERM");
    let (_, said, _) = server.ended();
    is_clean(&said);
    let mut answered = 0;
    for line in said.lines() {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(object["timestamp"].is_string(), "{line}");
        assert!(line.len() < 2_000, "{line}");
        if object["message"] == "answered" {
            answered += 1;
            let known = [
                "timestamp",
                "level",
                "target",
                "message",
                "request_id",
                "method",
                "route",
                "status",
                "ms",
            ];
            for name in object.as_object().unwrap().keys() {
                assert!(known.contains(&name.as_str()), "{name}: {line}");
            }
            let id = object["request_id"].as_str().unwrap();
            assert!(id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric()));
        }
    }
    // Each request that was one has its line, and no further line came up.
    assert!(answered > 40, "{answered} lines of requests");
}

#[test]
fn nothing_that_is_sent_forges_a_line_of_the_log_for_people() {
    let server = Server::start(&["--log-format", "text"]);
    attack(&server);
    signal(&server.child, "-TERM");
    let (_, said, _) = server.ended();
    is_clean(&said);
    let is_begun = |line: &str| {
        chrono::DateTime::parse_from_rfc3339(line.split(' ').next().unwrap_or_default()).is_ok()
    };
    for line in said.lines() {
        assert!(is_begun(line), "a line without a beginning: {line}");
    }
}

#[test]
fn a_file_whose_name_is_made_for_the_log_ends_no_line_of_a_command() {
    let dir = tempfile::tempdir().unwrap();
    let made = redress(dir.path()).arg("init").output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let name = "a\n2026-01-01T00:00:00Z ERROR forged\u{1b}[2J\u{202e}.eml";
    fs::create_dir(dir.path().join("box")).unwrap();
    fs::write(
        dir.path().join("box").join(name),
        "From: bounce <mailer-daemon@example.org>\r\nAuto-Submitted: auto-replied\r\nSubject: out\r\n\r\nAway.\r\n",
    )
    .unwrap();
    for arguments in [
        ["-v", "import", "mail", "box"].as_slice(),
        &["import", "mail", "no-such\nERROR forged\u{1b}[2J"],
        &[
            "--register",
            "no-such\nERROR forged\u{1b}[2J",
            "case",
            "list",
        ],
    ] {
        let done = redress(dir.path()).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        let steers = |sign: char| sign.is_control() && sign != '\n' || sign == '\u{202e}';
        assert!(!said.contains(steers), "{arguments:?}: {said:?}");
        for line in said.lines() {
            // A forged line would begin with what stands after the line's end.
            assert!(
                !line.starts_with("ERROR forged") && !line.starts_with("2026-01-01T00:00:00Z"),
                "{arguments:?}: {said:?}"
            );
        }
    }
}
