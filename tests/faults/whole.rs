//! What belongs together, broken off in between: a server that dies between the files of a form and their record, and a
//! mail with a file. Afterwards the whole is there, or nothing is; and whoever was shown a receipt has the whole.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use chrono::{TimeDelta, Utc};
use redress::domain::event::EventKind;
use redress::register::{CaseFilter, Register};
use tempfile::TempDir;

use super::shim::{Call, Deed, Shim, shim, told};
use super::{BINARY, full};

const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";
const FILES: &str = "register.sqlite.files";
const LOG: &str = "register.sqlite-wal";

/// A server that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn redress(folder: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .current_dir(folder)
        .args(["--register", "register.sqlite", "--lake", "lake"])
        .stdin(Stdio::null());
    command
}

/// A folder with a register in which nobody complained yet.
fn house() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = redress(folder.path()).arg("init").output().unwrap();
    assert!(made.status.success(), "{made:?}");
    folder
}

/// Sends a request to the server; nothing when it died over it.
fn ask(folder: &Path, head: &str, kind: &str, body: &[u8]) -> Option<String> {
    let mut stream = UnixStream::connect(folder.join("web")).ok()?;
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: localhost\r\nAccept-Language: en\r\nConnection: close\r\n\
         Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .ok()?;
    stream.write_all(body).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.contains("</html>").then_some(answer)
}

/// A complaint with two files and further details, as a browser sends it; the last answer, when there was one.
fn complain(folder: &Path) -> Option<String> {
    let page = ask(folder, "GET /complain", "text/plain", b"")?;
    let once = page
        .split("name=\"once\" value=\"")
        .nth(1)?
        .split('"')
        .next()?
        .to_owned();
    let mut body: Vec<u8> = Vec::new();
    for (name, value) in [("once", once.as_str()), ("step", "files"), ("text", "x")] {
        write!(
            body,
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
        .unwrap();
    }
    for (name, kind, content) in [
        ("bill.pdf", "application/pdf", PDF),
        ("words.txt", "text/plain", b"The lid leaks.\n".as_slice()),
    ] {
        write!(
            body,
            "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
        )
        .unwrap();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    ask(
        folder,
        "POST /complain",
        "multipart/form-data; boundary=b",
        &body,
    )?;
    let fields = format!(
        "step=check&go=send&checked=1&once={once}&text=The+lid+leaks.&occurred_on=2026-02-27\
         &product=Facade+10&lot=L-77&order=INV-4711&remedy=replacement\
         &behalf=self&name=Elif+Kaya&phone=%2B90+532+123+45+67"
    );
    ask(
        folder,
        "POST /complain",
        "application/x-www-form-urlencoded",
        fields.as_bytes(),
    )
}

/// What came of a complaint whose server died at a call.
struct Tried {
    receipt: bool,
    cases: usize,
    calls: Vec<Call>,
    hit: Option<Call>,
}

/// Serves over the shim, complains, ends the server, and looks at what is there.
fn tried(shim: &Shim, at: usize, deed: Option<Deed>) -> Tried {
    let house = house();
    let folder = house.path();
    let mut command = redress(folder);
    command
        .args(["serve", "--listen", "unix:web", "--no-notify"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let log = shim.put_under(folder, &mut command, at, deed, None);
    let mut child = Running(command.spawn().unwrap());
    let mut stderr = BufReader::new(child.0.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("listening on") {
        line.clear();
        if stderr.read_line(&mut line).unwrap() == 0 {
            break;
        }
    }
    let answer = complain(folder);
    let receipt = answer.is_some_and(|page| page.contains("class=\"receipt\""));
    drop(child);
    let (calls, hit) = told(folder, &log);
    let place = format!("{deed:?} at call {at} ({hit:?})");

    let mut register = Register::open(&folder.join("register.sqlite")).unwrap();
    assert!(
        register.audit_verify(None).unwrap().is_clean(),
        "{place}: the audit finds something"
    );
    let cases = register.list_cases(&CaseFilter::default()).unwrap();
    assert!(cases.len() <= 1, "{place}: two cases of one form");
    if receipt {
        assert_eq!(cases.len(), 1, "{place}: a receipt without a case");
    }
    if let [case] = cases.as_slice() {
        let files = register.attachments(case.case_key).unwrap();
        assert_eq!(files.len(), 2, "{place}: a case without its files");
        for file in files {
            register.read_attachment(&file.sha256).unwrap();
        }
        let notes = register.events(case.case_key).unwrap();
        let notes = notes
            .iter()
            .filter(|event| event.body.kind() == EventKind::NoteAdded);
        assert_eq!(notes.count(), 1, "{place}: a case without its details");
    }
    // What nobody has is gone after its time, and what a case has stays.
    register
        .drop_left_files(Utc::now() + TimeDelta::hours(2))
        .unwrap();
    assert_eq!(kept(&folder.join(FILES)), 2 * cases.len(), "{place}");
    Tried {
        receipt,
        cases: cases.len(),
        calls,
        hit,
    }
}

/// How many files lie below a folder.
fn kept(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| match path.is_dir() {
            true => kept(&path),
            false => 1,
        })
        .sum()
}

#[test]
fn a_complaint_with_files_is_whole_or_absent_wherever_its_server_dies() {
    let Some(shim) = shim() else { return };
    let whole = tried(shim, 0, None);
    assert!(whole.receipt, "the form is not taken");
    let of_files: Vec<usize> = (0..whole.calls.len())
        .filter(|n| whole.calls[*n].path.starts_with(FILES))
        .map(|n| n + 1)
        .collect();
    let (first, last) = (of_files[0], of_files[of_files.len() - 1]);
    // The record is what is written to the log after the last file: it begins and ends within these calls.
    let recorded: Vec<usize> = (last..whole.calls.len())
        .filter(|n| whole.calls[*n].path == LOG)
        .map(|n| n + 1)
        .collect();
    assert!(!recorded.is_empty(), "the record comes after the files");
    let (begins, middle) = (recorded[0], recorded[recorded.len() / 2]);
    let mut places = vec![
        (first + 1, Deed::Kill),
        (last, Deed::After),
        (begins, Deed::Kill),
        (begins, Deed::Torn),
        (middle, Deed::After),
        (whole.calls.len(), Deed::After),
    ];
    if full() {
        places.extend((first..=whole.calls.len()).map(|at| (at, Deed::Kill)));
        places.extend((first..=whole.calls.len()).map(|at| (at, Deed::Cut)));
    }
    let mut between = 0;
    for (at, deed) in places {
        let tried = tried(shim, at, Some(deed));
        let Some(hit) = tried.hit else { continue };
        let is_there = hit.path.starts_with(FILES) || hit.path == LOG;
        between += usize::from(is_there && tried.cases == 0 && !tried.receipt);
    }
    // Files lay there, and the record was not whole: the moment at which a complaint without its files was possible.
    assert!(between >= 3, "only {between} kills hit in between");
}

#[test]
fn a_mail_with_a_file_is_whole_or_absent_wherever_its_import_dies() {
    let Some(shim) = shim() else { return };
    let mail = "From: Elif <elif@example.org>\r\nMessage-ID: <1@example.org>\r\nSubject: Lid\r\nMIME-Version: 1.0\r\n\
                Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nThe lid leaks.\r\n\
                --b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=\"notes.txt\"\r\n\r\n\
                Seen on Monday.\r\n--b--\r\n";
    let import = |at: usize, deed: Option<Deed>| {
        let house = house();
        let folder = house.path();
        fs::create_dir(folder.join("box")).unwrap();
        fs::write(folder.join("box/1.eml"), mail).unwrap();
        let mut command = redress(folder);
        command.args(["import", "mail", "box"]);
        let ran = shim.run(folder, &mut command, at, deed, None);
        let look = |after: &str| {
            let register = Register::open(&folder.join("register.sqlite")).unwrap();
            let cases = register.list_cases(&CaseFilter::default()).unwrap();
            assert!(cases.len() <= 1, "{deed:?} at {at}, {after}: {cases:?}");
            for case in &cases {
                let files = register.attachments(case.case_key).unwrap();
                assert_eq!(files.len(), 2, "{deed:?} at {at} ({:?}), {after}", ran.hit);
            }
            cases.len()
        };
        let found = look("broken off");
        let again = redress(folder)
            .args(["import", "mail", "box"])
            .output()
            .unwrap();
        assert!(again.status.success(), "{again:?}");
        assert_eq!(look("again"), 1, "{deed:?} at {at}: the mail is lost");
        (ran, found)
    };
    let (whole, found) = import(0, None);
    assert!(whole.output.status.success(), "{:?}", whole.output);
    assert_eq!(found, 1);
    let of_files: Vec<usize> = (0..whole.calls.len())
        .filter(|n| whole.calls[*n].path.starts_with(FILES))
        .map(|n| n + 1)
        .collect();
    let (first, last) = (of_files[0], of_files[of_files.len() - 1]);
    let mut places = vec![first, first.midpoint(last), last, last + 2];
    if full() {
        places.extend(first..=whole.calls.len());
    }
    let mut between = 0;
    for at in places {
        let (ran, found) = import(at, Some(Deed::After));
        between += usize::from(ran.hit.is_some() && found == 0);
    }
    assert!(between >= 2, "only {between} kills hit in between");
}
