//! Small files that unpack or unfold to huge ones, and things within things within things: real processes with little
//! memory, which end by themselves with an answer.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

const BINARY: &str = env!("CARGO_BIN_EXE_redress");

/// Address space that a process may take, in KiB: 2 GiB, of which the allocator only reserves the most.
const MOST_KIB: u32 = 2 * 1024 * 1024;

/// Seconds after which a process counts as one without an end.
const MOST_SECONDS: u32 = 120;

/// What a process with little memory answers: its exit code and its words.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let script = format!(
        "ulimit -v {MOST_KIB}; exec timeout --kill-after=5 {MOST_SECONDS} {BINARY} --register register.sqlite --lake lake \"$@\""
    );
    let done = Command::new("bash")
        .args(["-c", &script, "redress"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    (done.status.code(), said)
}

/// An answer: done, refused, or nothing there; neither a signal nor a panic (101) nor the end of the time (124).
#[track_caller]
fn answered(what: &str, (code, said): (Option<i32>, String)) {
    assert!(
        matches!(code, Some(0..=3)),
        "{what}: ended with {code:?}: {said}"
    );
    assert!(!said.contains("panicked"), "{what}: {said}");
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).expect("it is packed");
    packer.finish().expect("it is packed")
}

const HEAD: &str = "<?xml version=\"1.0\"?>\n<log xmlns=\"http://www.xes-standard.org/\">\n";

/// What an extract from a log answers.
fn extracted(folder: &Path, name: &str, bytes: &[u8]) -> (Option<i32>, String) {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("a file");
    let log = path.to_string_lossy();
    let as_of = "2026-10-10T09:00:00Z";
    let arguments = [
        "extract",
        "--store",
        &*log,
        "--mapping",
        "xes",
        "--as-of",
        as_of,
        "--restated",
    ];
    run(folder, &arguments)
}

/// Logs of some megabytes that are one value, one name, one comment, one nest or one event of three gigabytes.
#[test]
#[cfg(unix)]
fn a_packed_event_log_that_unfolds_to_gigabytes_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let kinds = [
        (
            "a value",
            "<trace><event><string key=\"concept:name\" value=\"",
            "a",
        ),
        ("a name", "<trace><", "a"),
        ("a comment", "<trace><!--", "a"),
        ("a text", "<trace>", "a"),
        ("a nest", "<trace>", "<list key=\"a\"><values>"),
        ("an event", "<trace><event>", "<int key=\"a\" value=\"1\"/>"),
    ];
    for (name, begin, part) in kinds {
        // One file may be made of several packages (RFC 1952, 2.2), so that one is packed and repeated.
        let piece = packed(part.repeat((64 << 20) / part.len()).as_bytes());
        let mut bytes = packed([HEAD, begin].concat().as_bytes());
        for _ in 0..48 {
            bytes.extend_from_slice(&piece);
        }
        let (code, said) = extracted(folder.path(), "bomb.xes.gz", &bytes);
        assert!(matches!(code, Some(1 | 2)), "{name}: {code:?}: {said}");
        assert!(!said.contains("panicked"), "{name}: {said}");
    }
}

/// Entities that would unfold to billions of letters are never unfolded.
#[test]
#[cfg(unix)]
fn entities_of_an_event_log_are_not_unfolded() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE log [<!ENTITY a0 \"ha\">\n");
    for level in 1..40 {
        let before = format!("&a{};", level - 1);
        text.push_str(&format!("<!ENTITY a{level} \"{}\">\n", before.repeat(10)));
    }
    text.push_str("]>\n<log><trace><event><string key=\"concept:name\" value=\"&a39;\"/></event></trace></log>\n");
    let outcome = extracted(folder.path(), "laughs.xes", text.as_bytes());
    answered("laughs", outcome);
}

/// One element with a million attributes, each of which has to be another.
#[test]
#[cfg(unix)]
fn an_element_with_a_million_attributes_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: String = (0..1_000_000).map(|n| format!(" a{n}=\"\"")).collect();
    let log =
        format!("{HEAD}<trace><event><string{names} key=\"k\" value=\"v\"/></event></trace></log>");
    let (code, said) = extracted(folder.path(), "wide.xes", log.as_bytes());
    assert!(matches!(code, Some(1 | 2)), "{code:?}: {said}");
    assert!(said.contains("more than 64 attributes"), "{said}");
}

/// A file with a hundred thousand columns, one line of megabytes, and an open quotation mark over the rest.
#[test]
#[cfg(unix)]
fn wide_and_endless_tables_get_an_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let wide: String = (0..100_000).map(|n| format!("c{n},")).collect();
    let tables = [
        ("wide", format!("{wide}\n{}\n", "1,".repeat(100_000))),
        ("long", format!("id,date\n1,{}\n", "x".repeat(8 << 20))),
        (
            "open",
            format!("id,date\n1,\"{}", "2026-01-05\n".repeat(500_000)),
        ),
        ("separators", ";".repeat(4 << 20)),
    ];
    for (name, text) in tables {
        let path = folder.path().join("table.csv");
        fs::write(&path, text).expect("a file");
        let file = path.to_string_lossy();
        answered(name, run(folder.path(), &["import", "guess", &*file]));
        let stat = ["stat", "pareto", "--category", "id", &*file];
        answered(name, run(folder.path(), &stat));
    }
}

/// Parts within parts, mails within mails, and a mail that is one header.
#[test]
#[cfg(unix)]
fn nested_mails_get_an_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = run(folder.path(), &["init"]);
    assert_eq!(made.0, Some(0), "{}", made.1);
    let nest = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(50_000);
    let within = "Content-Type: message/rfc822\r\n\r\nFrom: a@example.org\r\n".repeat(20_000);
    let mails = [
        ("nest", nest),
        ("within", within),
        ("header", format!("X: {}", " y\r\n".repeat(2_000_000))),
        (
            "encoded",
            format!("Subject: {}\r\n\r\nx", "=?utf-8?Q?=41?= ".repeat(200_000)),
        ),
        (
            "html",
            format!(
                "Content-Type: text/html\r\n\r\n{}",
                "<div><table><tr><td>".repeat(200_000)
            ),
        ),
        (
            "angles",
            format!("Content-Type: text/html\r\n\r\n{}", "<&".repeat(1_000_000)),
        ),
        (
            "words",
            format!("Subject: {}\r\n\r\nx", "=?utf-8?Q?".repeat(400_000)),
        ),
        (
            "quotes",
            format!("Subject: Re: x\r\n\r\n{}", "> >\r\n".repeat(400_000)),
        ),
        (
            "addresses",
            format!("From: {}\r\n\r\nx", "a@example.org, (".repeat(200_000)),
        ),
    ];
    for (name, mail) in mails {
        let path = folder.path().join(format!("{name}.eml"));
        fs::File::create(&path)
            .and_then(|mut file| {
                file.write_all(b"From: elif@example.org\r\nMessage-ID: <1@example.org>\r\n")?;
                file.write_all(mail.as_bytes())
            })
            .expect("a mail");
        let file = path.to_string_lossy();
        answered(name, run(folder.path(), &["import", "mail", &*file]));
    }
}
