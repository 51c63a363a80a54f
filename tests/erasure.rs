//! A person is erased from a whole installation: register, attached files, several snapshots of the lake, the search's
//! state, messages in files, the pages' store. Every byte of every file is looked at, also within archives and tables;
//! what is left is what the program told to remove, and nothing else. No log says anything of the person, at any level.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Cursor, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use arrow::array::{Array as _, AsArray as _};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use redress::channels::mail_in::Mail;
use redress::register::{CaseFilter, Register};
use serde_json::Value;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

const BINARY: &str = env!("CARGO_BIN_EXE_redress");

const NAME: &str = "Zübeyde Karabulutoğlu";
const PHONE: &str = "+90 555 123 45 67";
const EMAIL: &str = "zubeyde.k@example.org";
/// The word that nobody else uses, and what the search cuts it down to.
const TEXT: &str = "Kuzguncuklu ustanın döşediği karolar ikinci gün çatladı, köşeleri kırık.";
const OTHERS: &str = "Ustanın döşediği karolar ikinci gün çatladı, köşeleri kırık geldi.";

/// What is looked for, in small letters where they are ASCII.
const TRACES: [&str; 6] = [
    "karabuluto",
    "beyde",
    "5551234567",
    "555 123 45 67",
    "zubeyde.k@",
    "kuzgu",
];

struct House {
    folder: TempDir,
}

impl House {
    fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let settings = "register = \"register.sqlite\"\nlake = \"lake\"\nout = \"out\"\n\
                        [sms]\nkind = \"file\"\n\
                        [mail]\nkind = \"file\"\nfrom = \"test@example.org\"\n\
                        [file]\nfolder = \"sent\"\n";
        fs::write(folder.path().join("redress.toml"), settings).unwrap();
        House { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.path("run.log"))
            .unwrap();
        command
            .env_clear()
            .env("REDRESS_LOG", "trace")
            .current_dir(self.folder.path())
            .args(arguments)
            .stderr(log);
        command
    }

    /// What a command says on stdout; its log goes into a file of the house.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        let done = self.command(arguments).output().unwrap();
        let log = fs::read_to_string(self.path("run.log")).unwrap();
        let last = log.lines().next_back().unwrap_or_default();
        assert!(done.status.success(), "{arguments:?}: {last}");
        String::from_utf8(done.stdout).unwrap()
    }

    fn register(&self) -> Register {
        Register::open(&self.path("register.sqlite")).unwrap()
    }

    fn numbers(&self) -> BTreeSet<String> {
        let cases = self.register().list_cases(&CaseFilter::default()).unwrap();
        cases.into_iter().map(|case| case.number).collect()
    }

    /// The folders of the snapshots.
    fn snapshots(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = fs::read_dir(self.path("lake"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.join("manifest.json").is_file() && !path.is_symlink())
            .filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'))
            .collect();
        found.sort();
        found
    }

    /// The files with a trace of the person, each with what stands in it.
    fn traces(&self) -> BTreeMap<PathBuf, Vec<&'static str>> {
        let mut found = BTreeMap::new();
        for path in below(self.folder.path()) {
            let mut said = Vec::new();
            read(&path, &fs::read(&path).unwrap(), &mut said);
            let here: Vec<&str> = TRACES
                .into_iter()
                .filter(|trace| said.iter().any(|content| holds(content, trace)))
                .collect();
            if !here.is_empty() {
                let place = path.strip_prefix(self.folder.path()).unwrap();
                found.insert(place.to_owned(), here);
            }
        }
        found
    }
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(below(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}

fn holds(content: &[u8], trace: &str) -> bool {
    content
        .windows(trace.len())
        .any(|window| window.eq_ignore_ascii_case(trace.as_bytes()))
}

/// All that a file says: its bytes, and what lies within archives, tables and mails.
fn read(path: &Path, content: &[u8], said: &mut Vec<Vec<u8>>) {
    said.push(content.to_vec());
    if content.starts_with(b"PK\x03\x04") {
        let mut archive = zip::ZipArchive::new(Cursor::new(content)).unwrap();
        for at in 0..archive.len() {
            let mut inner = Vec::new();
            let mut entry = archive.by_index(at).unwrap();
            entry.read_to_end(&mut inner).unwrap();
            drop(entry);
            read(Path::new("inner"), &inner, said);
        }
    } else if content.starts_with(b"\x1f\x8b") {
        let mut inner = Vec::new();
        flate2::read::MultiGzDecoder::new(content)
            .read_to_end(&mut inner)
            .unwrap();
        read(Path::new("inner"), &inner, said);
    } else if content.starts_with(b"PAR1") {
        said.push(texts_of(content));
    } else if path.extension().is_some_and(|ending| ending == "eml") {
        said.push(Mail::read(content).words().into_bytes());
    }
}

/// The texts of a Parquet file, one a line.
fn texts_of(content: &[u8]) -> Vec<u8> {
    let bytes = bytes_of(content);
    let rows = ParquetRecordBatchReaderBuilder::try_new(bytes)
        .unwrap()
        .build()
        .unwrap();
    let mut said = Vec::new();
    for batch in rows {
        for column in batch.unwrap().columns() {
            let Some(column) = column.as_string_opt::<i32>() else {
                continue;
            };
            for row in (0..column.len()).filter(|row| column.is_valid(*row)) {
                said.extend(column.value(row).bytes());
                said.push(b'\n');
            }
        }
    }
    said
}

/// In a file without a name, which the reader takes by itself.
fn bytes_of(content: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    file
}

fn zipped(name: &str, content: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(content.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// The pages, served on a socket until they are dropped.
struct Pages {
    process: Child,
    socket: PathBuf,
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Pages {
    fn of(house: &House) -> Pages {
        let process = house
            .command(&["serve", "--listen", "unix:web"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let pages = Pages {
            process,
            socket: house.path("web"),
        };
        for _ in 0..600 {
            if UnixStream::connect(&pages.socket).is_ok() {
                return pages;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("nothing is served");
    }

    fn ask(&self, head: &str, body: &str) -> String {
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        let request = format!(
            "{head} HTTP/1.1\r\nHost: localhost\r\nAccept-Language: tr\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        self.ask(&format!("POST {path}"), &pairs.join("&"))
    }

    /// A complaint on the pages; answers what stands in large letters on its receipt: number and password.
    fn complain(&self, text: &str) -> Vec<String> {
        let form = self.ask("GET /complain", "");
        let mark = "<input type=\"hidden\" name=\"once\" value=\"";
        let once = form.split_once(mark).expect("a key").1;
        let once = once.split('"').next().unwrap();
        let receipt = self.post(
            "/complain",
            &[
                ("step", "check"),
                ("go", "send"),
                ("checked", "1"),
                ("once", once),
                ("text", text),
                ("occurred_on", "2026-02-27"),
                ("product", "floor-40"),
                ("remedy", "replacement"),
                ("behalf", "self"),
                ("name", NAME),
                ("phone", PHONE),
                ("email", EMAIL),
            ],
        );
        let parts = receipt.split("<span class=\"big\">").skip(1);
        parts
            .map(|part| part.split('<').next().unwrap().to_owned())
            .collect()
    }
}

fn escaped(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// A house in which the person complained by telephone, by mail and on the pages, and somebody else once.
fn lived_in() -> (House, BTreeSet<String>) {
    let house = House::new();
    house.run(&["init", "--organisation", "Ornek"]);
    house.run(&["staff", "add", "ayse", "--roles", "contact,agent,quality"]);
    let register = |text: &str, who: &[&str]| {
        let fixed = ["case", "register", "--by", "ayse", "--channel", "phone"];
        let rest = ["--language", "tr", "--product", "floor-40", "--text", text];
        house.run(&[&fixed[..], &rest, who].concat());
    };
    register(OTHERS, &["--name", "Ali Veli", "--phone", "+905001110000"]);
    register(OTHERS, &["--name", "Can Su", "--phone", "+905001110001"]);
    let others = house.numbers();
    register(
        TEXT,
        &[
            "--name",
            NAME,
            "--phone",
            PHONE,
            "--email",
            EMAIL,
            "--address",
            "Karabulutoğlu Sok. 3",
        ],
    );
    let first: Vec<String> = house.numbers().difference(&others).cloned().collect();
    let note = format!("{NAME} aradı, {PHONE}");
    house.run(&["case", "note", &first[0], "--by", "ayse", "--text", &note]);
    fs::write(house.path("Karabulutoglu.txt"), TEXT).unwrap();
    fs::write(house.path("plan.zip"), zipped("plan.txt", &note)).unwrap();
    for file in ["Karabulutoglu.txt", "plan.zip"] {
        house.run(&["case", "attach", &first[0], file, "--by", "ayse"]);
        // The clerk's own copy is the clerk's.
        fs::remove_file(house.path(file)).unwrap();
    }
    let inbox = house.path("inbox/new");
    fs::create_dir_all(&inbox).unwrap();
    let mail = format!(
        "From: Zubeyde Karabulutoglu <{EMAIL}>\r\nTo: redress@example.com\r\nSubject: Karolar\r\n\
         Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{TEXT}\r\n{PHONE}\r\n"
    );
    fs::write(inbox.join("1700000000.1.host"), mail).unwrap();
    house.run(&["import", "mail", "inbox", "-vv"]);
    {
        let pages = Pages::of(&house);
        let receipt = pages.complain(TEXT);
        assert_eq!(receipt.len(), 2, "number and password");
        let tracked = pages.post(
            "/track",
            &[("number", &receipt[0]), ("password", &receipt[1])],
        );
        assert!(tracked.starts_with("HTTP/1.1 303"), "{tracked}");
        let wrong = pages.post("/track", &[("number", &receipt[0]), ("password", NAME)]);
        assert!(wrong.starts_with("HTTP/1.1 401"), "{wrong}");
        pages.ask(&format!("GET /track?phone=5551234567&name={EMAIL}"), "");
    }
    house.run(&["notify"]);
    for _ in 0..2 {
        house.run(&["extract", "--full"]);
        house.run(&["clusters", "run", "--full"]);
    }
    let mine = house.numbers().difference(&others).cloned().collect();
    (house, mine)
}

fn erase(house: &House, numbers: &BTreeSet<String>) -> Value {
    let fixed = [
        "case",
        "erase",
        "--by",
        "ayse",
        "--rule",
        "request of the person",
    ];
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let said = house.run(&[&fixed[..], &numbers, &["--format", "json"]].concat());
    serde_json::from_str(&said).unwrap()
}

#[test]
fn nothing_of_an_erased_person_is_left_but_what_the_operator_is_told_of() {
    let (house, mine) = lived_in();
    assert_eq!(mine.len(), 3);
    house.run(&["config", "set", "backup_days", "30"]);
    house.run(&["backup", "backup.sqlite"]);
    let before = house.traces();
    let at = |start: &str| {
        before
            .keys()
            .filter(|path| path.to_string_lossy().starts_with(start))
            .count()
    };
    let register = Path::new("register.sqlite");
    for trace in ["karabuluto", "kuzgu", "zubeyde.k@", "555 123 45 67"] {
        assert!(
            before[register].contains(&trace),
            "the search finds {trace}"
        );
    }
    for place in ["register.sqlite.files/", "backup.sqlite", "inbox/", "sent/"] {
        assert!(at(place) > 0, "{place}: {before:?}");
    }
    let snapshots: BTreeSet<&Path> = before
        .keys()
        .filter(|path| path.starts_with("lake") && path.to_string_lossy().contains("narratives"))
        .filter_map(|path| path.ancestors().nth(3))
        .collect();
    assert_eq!(snapshots.len(), 2, "{before:?}");
    assert_eq!(at("run.log"), 0, "a log speaks of the person");

    let told = erase(&house, &mine);
    assert_eq!((&told["cases"], &told["clean"]), (&3.into(), &true.into()));
    assert_eq!(told["snapshots"].as_array().unwrap().len(), 2);
    let left = &told["left"];
    assert_eq!(left["backups"], serde_json::json!(["backup.sqlite"]));
    assert!(left["backups_until"].is_string());
    assert_eq!(left["mails"], 1);

    let is_told = |path: &Path| {
        let path = path.to_string_lossy();
        path.starts_with("backup.sqlite") || path.starts_with("inbox/")
    };
    let after = house.traces();
    let untold: Vec<_> = after.iter().filter(|(path, _)| !is_told(path)).collect();
    assert!(untold.is_empty(), "{untold:#?}");
    assert!(!after.is_empty(), "what was told of is there");

    // The next night's work brings nothing back, and everything still fits together.
    house.run(&["extract"]);
    house.run(&["clusters", "run"]);
    house.run(&["lake", "list", "--verify"]);
    house.run(&["audit", "verify"]);
    house.run(&["import", "mail", "inbox"]);
    let later: Vec<PathBuf> = house.traces().into_keys().collect();
    assert!(later.iter().all(|path| is_told(path)), "{later:#?}");
    let again = erase(&house, &mine);
    assert_eq!(again["cases"], 0, "there was nothing left to erase");
    assert_eq!(again["snapshots"], serde_json::json!([]));
    for path in later {
        fs::remove_file(house.path(&path.to_string_lossy())).unwrap();
    }
    assert_eq!(house.traces(), BTreeMap::new());
}

#[test]
fn somebody_elses_texts_and_the_figures_stay_when_a_person_is_erased() {
    let (house, mine) = lived_in();
    let figures = |snapshot: &Path| {
        let manifest = fs::read_to_string(snapshot.join("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        (manifest["rows"].clone(), manifest["erasures"].clone())
    };
    let snapshots = house.snapshots();
    let before: Vec<_> = snapshots.iter().map(|path| figures(path)).collect();
    erase(&house, &mine);
    for (snapshot, (rows, erasures)) in snapshots.iter().zip(before) {
        assert_eq!(erasures, Value::Null);
        assert_eq!(rows["narratives"], 5);
        let (mut now, erasures) = figures(snapshot);
        assert_eq!(now["narratives"], 2);
        assert_eq!(
            (&erasures[0]["cases"], &erasures[0]["texts"]),
            (&3.into(), &3.into())
        );
        now["narratives"] = 5.into();
        assert_eq!(now, rows, "no other table lost a row");
        let texts: Vec<u8> = below(&snapshot.join("narratives"))
            .iter()
            .flat_map(|path| texts_of(&fs::read(path).unwrap()))
            .collect();
        let texts = String::from_utf8(texts).unwrap();
        assert_eq!(texts.matches("karolar ikinci gün").count(), 2, "{texts}");
    }
    house.run(&["lake", "list", "--verify"]);
}

#[test]
fn an_erasure_that_ended_between_its_two_renames_loses_no_snapshot() {
    let house = House::new();
    house.run(&["init", "--organisation", "Ornek"]);
    house.run(&["staff", "add", "ayse", "--roles", "contact"]);
    let fixed = ["case", "register", "--by", "ayse", "--channel", "phone"];
    let given = ["--name", "Ali Veli", "--text", OTHERS, "--print-password"];
    house.run(&[&fixed[..], &given].concat());
    house.run(&["extract"]);
    let snapshots = house.snapshots();
    let name = snapshots[0]
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let aside = house
        .path("lake")
        .join(format!(".snapshot-replaced-{name}"));
    let half = house.path("lake/.snapshot-being-written-1");
    fs::rename(&snapshots[0], &aside).unwrap();
    fs::create_dir(&half).unwrap();
    // A snapshot is named by its second.
    sleep(Duration::from_millis(1_100));
    house.run(&["extract", "--full"]);
    let after = house.snapshots();
    assert_eq!(after.len(), 2);
    assert_eq!(after[0], snapshots[0]);
    assert!(!aside.exists() && !half.exists());
    house.run(&["lake", "list", "--verify"]);
}
