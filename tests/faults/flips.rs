//! Single bytes changed in a small register, a snapshot and a pack: each change of a readable value is found, by
//! `audit verify`, `lake list --verify` and `review verify` as the library has them. The long form changes every byte in
//! three ways.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;

use redress::lake::verify::verify;
use redress::register::{Register, recorded_head};
use redress::review::pack::{PackManifest, verification};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::jobs::{model_path, small_register};
use super::{full, redress};

/// The lowest bit, the highest bit, all bits.
static PATTERNS: [u8; 3] = [0x01, 0x80, 0xFF];

/// Bytes of a file that are tried in the short form.
const FEW: usize = 60;

/// What became of the changes of a file.
#[derive(Debug, Default)]
struct Tally {
    tried: u64,
    changed: u64,
    missed: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.tried += other.tried;
        self.changed += other.changed;
        self.missed.extend(other.missed);
    }
}

/// One of `of` who share the bytes of a file, each on a copy of its own.
#[derive(Debug, Clone, Copy)]
struct Share {
    nth: usize,
    of: usize,
}

const ALL: Share = Share { nth: 0, of: 1 };

/// Changes bytes of a file one by one and puts each back; `look` says whether a value changed, and whether that was found.
/// A look that panics has not found it.
fn flip(path: &Path, share: Share, look: impl Fn() -> (bool, bool), tally: &mut Tally) {
    let bytes = fs::read(path).expect("a file");
    let mut file = OpenOptions::new().write(true).open(path).expect("the file");
    let step = match full() {
        true => 1,
        false => (bytes.len() / FEW).max(1),
    };
    let places = (0..bytes.len()).step_by(step).enumerate();
    for (turn, at) in places.skip(share.nth).step_by(share.of) {
        let patterns = match full() {
            true => PATTERNS.as_slice(),
            false => std::slice::from_ref(&PATTERNS[turn % PATTERNS.len()]),
        };
        for pattern in patterns {
            write_at(&mut file, at, bytes[at] ^ pattern);
            let seen = catch_unwind(AssertUnwindSafe(&look));
            let (is_changed, is_found) = seen.unwrap_or((true, false));
            tally.tried += 1;
            tally.changed += u64::from(is_changed);
            if is_changed && !is_found {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                tally
                    .missed
                    .push(format!("{name}, byte {at}, pattern {pattern:#04x}"));
            }
        }
        write_at(&mut file, at, bytes[at]);
    }
    drop(file);
    assert_eq!(
        fs::read(path).expect("a file"),
        bytes,
        "every byte is put back"
    );
}

fn write_at(file: &mut File, at: usize, byte: u8) {
    file.seek(SeekFrom::Start(at as u64)).expect("a place");
    file.write_all(&[byte]).expect("a byte");
}

fn report(what: &str, tally: &Tally) {
    println!(
        "{what}: {} flips, {} changed a readable value, {} of them were found",
        tally.tried,
        tally.changed,
        tally.changed - tally.missed.len() as u64
    );
    assert!(tally.changed > 0, "{what}: no flip changed anything");
    assert!(
        tally.missed.is_empty(),
        "{what}: {} changes were not found, such as {:?}",
        tally.missed.len(),
        &tally.missed[..tally.missed.len().min(10)]
    );
}

/// All that can be read of a database: its schema, its marks, and every row of every table. `None` where reading fails.
fn readable(path: &Path) -> Option<Vec<u8>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).ok()?;
    let mut all = Vec::new();
    let mut take = |sql: &str| -> Option<()> {
        let mut select = connection.prepare(sql).ok()?;
        let columns = select.column_count();
        let mut rows = select.query([]).ok()?;
        while let Some(row) = rows.next().ok()? {
            for column in 0..columns {
                match row.get_ref(column).ok()? {
                    ValueRef::Null => all.push(b'0'),
                    ValueRef::Integer(value) => {
                        all.push(b'1');
                        all.extend(value.to_be_bytes());
                    }
                    ValueRef::Real(value) => {
                        all.push(b'2');
                        all.extend(value.to_be_bytes());
                    }
                    ValueRef::Text(value) => {
                        all.push(b'3');
                        all.extend(value.len().to_be_bytes());
                        all.extend_from_slice(value);
                    }
                    ValueRef::Blob(value) => {
                        all.push(b'4');
                        all.extend(value.len().to_be_bytes());
                        all.extend_from_slice(value);
                    }
                }
            }
        }
        Some(())
    };
    take(
        "SELECT typeof(type), type, typeof(name), name, tbl_name FROM sqlite_schema \
         WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    take("PRAGMA user_version")?;
    take("PRAGMA application_id")?;
    let schema = described(&connection)?;
    let mut names = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .ok()?;
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .ok()?
        .collect::<Result<_, _>>()
        .ok()?;
    for name in names {
        take(&format!("SELECT * FROM \"{}\"", name.replace('"', "\"\"")))?;
    }
    all.extend(schema.into_bytes());
    Some(all)
}

/// The schema's text without the comments and blanks in it, which nothing depends on.
fn described(connection: &Connection) -> Option<String> {
    let mut select = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        .ok()?;
    let texts: Vec<String> = select
        .query_map([], |row| row.get(0))
        .ok()?
        .collect::<Result<_, _>>()
        .ok()?;
    let bare = texts
        .iter()
        .flat_map(|text| text.lines())
        .map(|line| line.split("--").next().unwrap_or(line))
        .flat_map(str::split_whitespace);
    Some(bare.collect::<Vec<_>>().join(" "))
}

#[test]
fn every_changed_value_of_a_register_is_found_by_the_audit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = small_register(folder.path());
    let head = recorded_head(&path).expect("its head").head;
    let before = readable(&path).expect("a register");
    let of = match full() {
        true => thread::available_parallelism().map_or(1, NonZero::get),
        false => 1,
    };
    let flipped = &|nth: usize| {
        let own = tempfile::tempdir().expect("a folder");
        let path = own.path().join("small.sqlite");
        fs::copy(folder.path().join("small.sqlite"), &path).expect("a copy");
        // What cannot be read any more says so by itself, to whoever opens it; the audit only needs to be asked otherwise.
        let look = || match readable(&path) {
            Some(now) if now == before => (false, false),
            Some(_) | None => {
                let report =
                    Register::open_read_only(&path).and_then(|r| r.audit_verify(Some(&head)));
                (true, !report.is_ok_and(|report| report.is_clean()))
            }
        };
        let whole = Register::open_read_only(&path).and_then(|r| r.audit_verify(Some(&head)));
        assert!(whole.expect("a register").is_clean(), "the copy is whole");
        let mut tally = Tally::default();
        flip(&path, Share { nth, of }, look, &mut tally);
        tally
    };
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let shares: Vec<_> = (0..of)
            .map(|nth| scope.spawn(move || flipped(nth)))
            .collect();
        for share in shares {
            tally.add(share.join().expect("its share"));
        }
    });
    report("register", &tally);
}

/// Reading such a name as text ended the program.
#[test]
fn a_column_whose_name_is_no_text_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut bytes = fs::read(small_register(folder.path())).expect("a register");
    let find = |bytes: &[u8], word: &str| {
        let found = bytes.windows(word.len()).position(|w| w == word.as_bytes());
        found.unwrap_or_else(|| panic!("no {word}"))
    };
    let table = find(&bytes, "CREATE TABLE exposure");
    let name = table + find(&bytes[table..], "units");
    bytes[name] = 0xFF;
    let damaged = tempfile::tempdir().expect("a folder");
    let path = damaged.path().join("register.sqlite");
    fs::write(&path, bytes).expect("a register");
    let report = Register::open_read_only(&path).and_then(|r| r.audit_verify(None));
    assert!(!report.is_ok_and(|report| report.is_clean()));
    for arguments in [["audit", "verify"], ["case", "list"]] {
        let mut command = redress(damaged.path(), &arguments);
        let said = command.stderr(Stdio::piped()).output().expect("it runs");
        let words = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(!words.contains("panicked"), "{arguments:?}: {words}");
        if arguments[0] == "audit" {
            assert!(!said.status.success(), "{words}");
        }
    }
}

#[test]
fn every_changed_byte_of_a_snapshot_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let snapshot = model_path("lake", folder.path()).join("2026-10-10T09-00-00Z");
    assert_eq!(verify(&snapshot).expect("a snapshot"), []);
    // Every byte of a table is a value or leads to one, so that each counts as readable; of the manifest those that
    // change what it says.
    let is_found = || !verify(&snapshot).is_ok_and(|faults| faults.is_empty());
    let mut tally = Tally::default();
    for name in ["objectives/part-0.parquet", "staff/part-0.parquet"] {
        let path = snapshot.join(name);
        flip(&path, ALL, || (true, is_found()), &mut tally);
    }
    let manifest = snapshot.join("manifest.json");
    flip(&manifest, ALL, meaning(&manifest, is_found), &mut tally);
    report("snapshot", &tally);
}

#[test]
fn every_changed_byte_of_a_pack_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let pack = model_path("pack", folder.path());
    let is_found = || {
        let faults = PackManifest::read(&pack).and_then(|m| verification::files(&pack, &m));
        !faults.is_ok_and(|faults| faults.is_empty())
    };
    assert!(!is_found(), "the pack is whole");
    let mut tally = Tally::default();
    for name in ["exceptions", "tables"] {
        let smallest = smallest_of(&pack.join(name));
        flip(&smallest, ALL, || (true, is_found()), &mut tally);
    }
    let manifest = pack.join("manifest.json");
    flip(&manifest, ALL, meaning(&manifest, is_found), &mut tally);
    report("pack", &tally);
}

/// Whether a document of JSON says something else than before, and whether that is found.
fn meaning<'a>(path: &'a Path, is_found: impl Fn() -> bool + 'a) -> impl Fn() -> (bool, bool) + 'a {
    let parsed = |path: &Path| -> Option<serde_json::Value> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    };
    let before = parsed(path);
    move || match parsed(path) == before {
        true => (false, false),
        false => (true, is_found()),
    }
}

fn smallest_of(folder: &Path) -> PathBuf {
    let mut files: Vec<(u64, PathBuf)> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (fs::metadata(&path).expect("a file").len(), path))
        .collect();
    files.sort();
    let (_, path) = files.swap_remove(0);
    path
}
