//! A pack that cannot be written, by real processes: one line that says what, where and what helps, exit code 1, no half
//! pack, and the former one as it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BINARY: &str = env!("CARGO_BIN_EXE_redress");

/// A folder with a small register and a snapshot of it.
fn house() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for line in [
        ["sample", "generate", "--cases", "300"],
        ["extract", "--full", "--as-of", "2026-10-10T09:00:00Z"],
    ] {
        let done = redress(folder.path()).args(line).output().expect("it runs");
        assert!(done.status.success(), "{}", said(&done));
    }
    folder
}

fn redress(folder: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.env_clear().current_dir(folder).args([
        "--register",
        "register.sqlite",
        "--lake",
        "lake",
    ]);
    command
}

fn build(folder: &Path, more: &[&str]) -> Output {
    let mut command = redress(folder);
    command.args(["review", "build", "2026-Q3"]).args(more);
    command.output().expect("it runs")
}

fn said(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).trim().to_owned()
}

/// One line of refusal, exit code 1.
#[track_caller]
fn refused(done: &Output, words: &[&str]) {
    let said = said(done);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

/// Files below a folder with their bytes; folders that are empty too.
fn below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => {
                    found.insert(path.clone(), Vec::new());
                    open.push(path);
                }
                false => {
                    let bytes = fs::read(&path).expect("a file");
                    found.insert(path, bytes);
                }
            }
        }
    }
    found
}

/// Names in a folder, without the register's own files.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            let name = entry.expect("an entry").file_name();
            name.to_string_lossy().into_owned()
        })
        .filter(|name| !name.starts_with("register."))
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_where_the_folder_should_be_is_named_before_any_work() {
    let folder = house();
    fs::write(folder.path().join("notes"), "words").expect("a file");
    let before = names(folder.path());
    for out in ["notes/pack", "notes/of/the/pack"] {
        let done = build(folder.path(), &["--out", out]);
        refused(&done, &[out, "was not written", "name another folder"]);
    }
    refused(
        &build(folder.path(), &["--out", "notes", "--force"]),
        &["notes", "not a review pack"],
    );
    assert_eq!(names(folder.path()), before);
    let notes = fs::read(folder.path().join("notes")).expect("the notes");
    assert_eq!(notes, b"words");
}

/// A limit on the size of a file stands for a full disk: a write fails half-way with an error.
#[test]
#[cfg(unix)]
fn without_room_the_former_pack_stands_and_no_half_one_is_left() {
    let folder = house();
    assert!(build(folder.path(), &["--out", "pack"]).status.success());
    let pack = folder.path().join("pack");
    let before = below(&pack);
    let beside = names(folder.path());
    // The shared-memory file of the register itself needs 32 KiB; the model of the review has some hundreds.
    for blocks in [33_u32, 64, 200] {
        for out in ["pack", "new"] {
            // XFSZ is ignored, so that the write fails with an error instead of a signal.
            let script = format!(
                "trap '' XFSZ; ulimit -f {blocks}; exec {BINARY} --register register.sqlite --lake lake \
                 review build 2026-Q3 --force --out {out}"
            );
            let done = Command::new("bash")
                .args(["-c", &script])
                .current_dir(folder.path())
                .output()
                .expect("it runs");
            refused(&done, &[out, "was not written", "make room"]);
            assert!(done.stdout.is_empty(), "a page is announced");
            assert_eq!(names(folder.path()), beside, "{blocks} blocks");
        }
        assert!(below(&pack) == before, "{blocks} blocks: the pack changed");
    }
    let verified = redress(folder.path())
        .args(["review", "verify", "pack"])
        .output()
        .expect("it runs");
    assert!(verified.status.success(), "{}", said(&verified));
}

/// A program in the browser's place that writes what it is told to the PDF's path.
#[cfg(unix)]
fn browser(folder: &Path, written: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("browser.sh");
    let script = format!(
        "#!/bin/sh\nfor argument; do\n  case \"$argument\" in\n    --print-to-pdf=*) printf '{written}' > \"${{argument#*=}}\" ;;\n  esac\ndone\n"
    );
    fs::write(&path, script).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it may be run");
    path
}

#[test]
#[cfg(unix)]
fn half_a_pdf_is_not_kept_and_the_pack_is_whole() {
    let folder = house();
    let tools = tempfile::tempdir().expect("a folder");
    let print = |written: &str| {
        let browser = browser(tools.path(), written);
        let mut command = redress(folder.path());
        command
            .env("REDRESS_CHROMIUM", browser)
            .env("PATH", "/usr/bin:/bin")
            .args(["review", "build", "2026-Q3", "--force", "--pdf"])
            .args(["--out", "pack"]);
        command.output().expect("it runs")
    };
    let half = print("%%PDF-1.7 half of it");
    refused(&half, &["no whole PDF", "there is room", "review.html"]);
    assert_eq!(names(folder.path()), ["lake", "pack"]);
    let verified = redress(folder.path())
        .args(["review", "verify", "pack"])
        .output()
        .expect("it runs");
    assert!(verified.status.success(), "{}", said(&verified));
    let whole = print("%%PDF-1.7 all of it %%%%EOF");
    assert!(whole.status.success(), "{}", said(&whole));
    assert_eq!(names(folder.path()), ["lake", "pack", "pack.pdf"]);
}

#[test]
fn a_folder_with_the_name_of_the_pdf_is_named_before_any_work() {
    let folder = house();
    fs::create_dir(folder.path().join("pack.pdf")).expect("a folder");
    let done = build(folder.path(), &["--pdf", "--out", "pack"]);
    refused(&done, &["pack.pdf", "is a folder"]);
    assert_eq!(names(folder.path()), ["lake", "pack.pdf"]);
}
