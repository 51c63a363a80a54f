//! Real processes that are killed or run out of room: the old snapshot stands, debris is never data,
//! and every confirmed event of the register is there.
//!
//! Below `faults/`, the same at every call to the disk, by a library put under the process, and single bytes changed.
//! `REDRESS_FAULTS=full` runs the long form.

mod flips;
mod hits;
mod injected;
mod jobs;
mod shim;
mod whole;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use redress::lake::manifest::MANIFEST;
use redress::lake::store::Lake;
use redress::lake::verify::verify;

const BINARY: &str = env!("CARGO_BIN_EXE_redress");

fn redress(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .current_dir(folder)
        .args(["--register", "register.sqlite", "--lake", "lake"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn full() -> bool {
    std::env::var("REDRESS_FAULTS").is_ok_and(|v| v == "full")
}

/// A register of some thousand cases, so that an extract takes a while.
fn register(folder: &Path, cases: &str) {
    let done = redress(folder, &["sample", "generate", "--cases", cases])
        .status()
        .unwrap();
    assert!(done.success());
}

#[test]
fn an_extract_killed_at_any_moment_leaves_only_whole_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    register(folder.path(), "3000");
    let lake = Lake::at(&folder.path().join("lake"));
    let began = Instant::now();
    let whole = redress(folder.path(), &["extract", "--full"])
        .status()
        .unwrap();
    assert!(whole.success());
    let length = began.elapsed();
    let first = lake.snapshot(None).unwrap();

    let rounds = if full() { 300 } else { 24 };
    let (mut killed, mut finished, mut debris) = (0, 0, 0);
    for round in 0..rounds {
        let mut child = redress(folder.path(), &["extract", "--full"])
            .spawn()
            .unwrap();
        std::thread::sleep(length * round / rounds);
        // SIGKILL: no handler runs.
        let _ = child.kill();
        if child.wait().unwrap().success() {
            finished += 1;
        } else {
            killed += 1;
        }
        debris += fs::read_dir(lake.root())
            .unwrap()
            .filter(|e| {
                let name = e.as_ref().unwrap().file_name();
                name.to_string_lossy()
                    .starts_with(".snapshot-being-written-")
            })
            .count();
        // Whatever the moment: what counts as a snapshot is whole, and `latest` leads to one.
        for name in lake.snapshots().unwrap() {
            let path = lake.root().join(&name);
            assert!(path.join(MANIFEST).is_file());
            assert_eq!(verify(&path).unwrap(), [], "round {round}: {name}");
        }
        assert!(lake.root().join("latest").join(MANIFEST).is_file());
        assert!(first.is_dir());
    }
    println!(
        "extract: killed {killed} times, debris seen {debris} times, {finished} finished first"
    );
    assert!(killed >= rounds / 2, "too few kills hit a running extract");
    assert!(debris > 0, "no kill hit the writing");
    // The next extract clears what was left and works.
    assert!(
        redress(folder.path(), &["extract", "--full"])
            .status()
            .unwrap()
            .success()
    );
    let left = fs::read_dir(lake.root())
        .unwrap()
        .filter(|e| {
            e.as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with(".snapshot-being-written-")
        })
        .count();
    assert_eq!(left, 0);
}

/// A limit on the size of a file stands for a full disk: a write fails half-way with an error.
#[test]
#[cfg(unix)]
fn an_extract_without_room_says_so_and_leaves_the_old_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    register(folder.path(), "6000");
    assert!(
        redress(folder.path(), &["extract"])
            .status()
            .unwrap()
            .success()
    );
    let lake = Lake::at(&folder.path().join("lake"));
    let before = lake.snapshots().unwrap();
    // The shared-memory file of the register itself needs 32 KiB.
    for blocks in [33_u32, 40, 50, 64, 100] {
        // XFSZ is ignored, so that the write fails with an error instead of a signal.
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec {BINARY} --register register.sqlite --lake lake extract --full"
        );
        let done = Command::new("bash")
            .args(["-c", &script])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{blocks} blocks: {said}");
        assert!(
            said.contains("cannot be written") || said.contains("large"),
            "{blocks} blocks: {said}"
        );
        assert_eq!(said.trim().lines().count(), 1, "{said}");
        assert_eq!(lake.snapshots().unwrap(), before);
        assert_eq!(verify(&lake.snapshot(None).unwrap()).unwrap(), []);
        let debris = fs::read_dir(lake.root())
            .unwrap()
            .filter(|e| {
                e.as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .starts_with(".snapshot-being-written-")
            })
            .count();
        assert_eq!(
            debris, 0,
            "{blocks} blocks: the half-written snapshot was not removed"
        );
    }
}

#[test]
fn commands_killed_at_any_moment_keep_the_register_whole() {
    let folder = tempfile::tempdir().unwrap();
    let done = redress(folder.path(), &["init"]).status().unwrap();
    assert!(done.success());
    let rounds: u32 = if full() { 300 } else { 20 };
    let mut confirmed = Vec::new();
    let mut killed = 0;
    for round in 0..rounds {
        let mut command = redress(
            folder.path(),
            &[
                "--format",
                "json",
                "case",
                "register",
                "--by",
                "clerk",
                "--role",
                "contact",
                "--channel",
                "phone",
                "--name",
                "Test Person",
                "--phone",
                "+90 000 000 00 00",
                "--text",
                "The lid leaks.",
            ],
        );
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(u64::from(round * 7 % 160)));
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(answer) => confirmed.push(answer["number"].as_str().unwrap().to_owned()),
            Err(_) => killed += 1,
        }
    }
    println!(
        "register: {killed} killed before the answer, {} confirmed",
        confirmed.len()
    );
    assert!(killed > 0, "no kill hit a running command");
    let register =
        redress::register::Register::open(&folder.path().join("register.sqlite")).unwrap();
    for number in &confirmed {
        register.case_by_number(number).unwrap();
    }
    let report = register.audit_verify(None).unwrap();
    assert!(report.differences.is_empty(), "{:?}", report.differences);
}

#[test]
fn a_second_batch_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    register(folder.path(), "50");
    fs::create_dir(folder.path().join("lake")).unwrap();
    let lock = fs::File::create(folder.path().join("lake/.run.lock")).unwrap();
    lock.lock().unwrap();
    let done = redress(folder.path(), &["run"])
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stderr).contains("another `redress run` is at work"));
    drop(lock);
    assert!(redress(folder.path(), &["run"]).status().unwrap().success());
    assert_eq!(
        Lake::at(&folder.path().join("lake"))
            .snapshots()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn force_replaces_a_pack_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    register(folder.path(), "300");
    assert!(
        redress(
            folder.path(),
            &["extract", "--as-of", "2026-10-10T09:00:00Z"]
        )
        .status()
        .unwrap()
        .success()
    );
    let build = |out: &str| {
        redress(
            folder.path(),
            &["review", "build", "2026-Q3", "--force", "--out", out],
        )
        .stderr(Stdio::piped())
        .output()
        .unwrap()
    };
    // A folder of somebody else's, the folder of the register itself, and a file.
    fs::create_dir(folder.path().join("thesis")).unwrap();
    fs::write(folder.path().join("thesis/chapter.txt"), "years of work").unwrap();
    fs::write(folder.path().join("notes"), "words").unwrap();
    for out in ["thesis", ".", "notes", "lake"] {
        let done = build(out);
        assert_eq!(done.status.code(), Some(1), "{out}");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(said.contains("is not a review pack"), "{out}: {said}");
    }
    assert!(folder.path().join("thesis/chapter.txt").is_file());
    assert!(folder.path().join("register.sqlite").is_file());
    // A pack is replaced; one that holds something further is not.
    assert!(build("pack").status.success());
    assert!(build("pack").status.success());
    fs::write(folder.path().join("pack/minutes.txt"), "signed").unwrap();
    assert_eq!(build("pack").status.code(), Some(1));
    assert!(folder.path().join("pack/minutes.txt").is_file());
    assert!(folder.path().join("pack/review.html").is_file());
}
