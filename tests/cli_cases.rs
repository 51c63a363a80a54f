//! The program itself, over whole stories of cases: what it answers, refuses, and how it exits.
//!
//! Dates are past ones, entered late with a reason, so that a story never depends on the day of the
//! test. Due dates were counted by hand on a calendar of 2024 (28 October: half day, 29 October: holiday).

mod accounts;
mod actions;
mod clusters;
mod editions;
mod entries;
mod files;
mod house;
mod mending;
mod packs;
mod phases;
mod reading;
mod restated;
mod rules;
mod stories;

use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;

/// Exit codes of the README's table.
const DONE: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const NOTHING: i32 = 3;
const CHECK: i32 = 10;

/// A folder with a register and three members of staff.
struct Office {
    folder: tempfile::TempDir,
}

/// What the program answered.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    #[track_caller]
    fn done(self) -> String {
        assert_eq!(
            self.code, DONE,
            "stdout: {}\nstderr: {}",
            self.out, self.err
        );
        self.out
    }

    /// The exit code and a part of the message.
    #[track_caller]
    fn refused(self, code: i32, words: &str) {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.out, self.err
        );
        assert!(
            self.err.contains(words),
            "`{words}` is not in: {}",
            self.err
        );
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }

    #[track_caller]
    fn json(self) -> Value {
        serde_json::from_str(&self.done()).expect("stdout is JSON")
    }
}

impl Office {
    /// An empty folder.
    fn bare() -> Office {
        Office {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A register with staff: ayse (contact, up to 100.00 alone), mehmet (technical), zeynep (quality).
    fn open() -> Office {
        let office = Office::bare();
        office.run("init").done();
        office
            .run("staff add ayse --roles contact,agent --discretion 10000")
            .done();
        office.run("staff add mehmet --roles technical").done();
        office.run("staff add zeynep --roles quality").done();
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
        command.env_clear().current_dir(self.folder.path());
        command
    }

    /// Runs the words of a line; what stands in single quotes is one argument.
    fn run(&self, line: &str) -> Said {
        self.run_with(line, "")
    }

    fn run_with(&self, line: &str, stdin: &str) -> Said {
        let mut arguments: Vec<String> = Vec::new();
        for (part, text) in line.split('\'').enumerate() {
            if part % 2 == 1 {
                arguments.push(text.to_owned());
            } else {
                arguments.extend(text.split_whitespace().map(str::to_owned));
            }
        }
        let mut command = self.command();
        let output = command
            .args(&arguments)
            .write_stdin(stdin)
            .output()
            .expect("the program runs");
        Said {
            code: output.status.code().expect("it exits"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// A case's step that happened at a past local time.
    fn step(&self, step: &str, number: &str, at: &str, rest: &str) -> Said {
        self.run(&format!(
            "case {step} {number} --at '{at}' --late-reason backlog {rest}"
        ))
    }

    /// Registers a complaint received on Friday 25 October 2024, 09:00, and answers number and password.
    fn register(&self) -> (String, String) {
        let answer = self
            .run("case register --by ayse --channel phone --received '2024-10-25 09:00' --at '2024-10-25 09:30' \
                  --late-reason backlog --name 'Ali Veli' --phone '+90 555 111 22 33' --product tap \
                  --text 'The tap leaks.' --print-password --format json")
            .json();
        let text = |key: &str| answer[key].as_str().expect(key).to_owned();
        (text("number"), text("password"))
    }

    /// A case in processing at plant1 since 25 October 2024, 10:00.
    fn routed(&self) -> String {
        let (number, _) = self.register();
        self.step(
            "acknowledge",
            &number,
            "2024-10-25 09:40",
            "--by ayse --means phone",
        )
        .done();
        self.step(
            "assess",
            &number,
            "2024-10-25 09:45",
            "--by ayse --severity high --safety",
        )
        .done();
        self.step(
            "assign",
            &number,
            "2024-10-25 09:46",
            "--by ayse --to mehmet",
        )
        .done();
        self.step(
            "classify",
            &number,
            "2024-10-25 09:50",
            "--by ayse --category leak",
        )
        .done();
        self.step(
            "route",
            &number,
            "2024-10-25 10:00",
            "--by ayse --department plant1 --also lab",
        )
        .done();
        number
    }

    /// As [`Office::routed`], paused over 30 and 31 October, decided by mehmet, communicated on 5 November.
    fn resolved(&self) -> String {
        let number = self.routed();
        self.step(
            "pause",
            &number,
            "2024-10-30 08:00",
            "--by mehmet --reason customer_sample",
        )
        .done();
        self.step("resume", &number, "2024-10-31 18:00", "--by mehmet")
            .done();
        self.step(
            "decide",
            &number,
            "2024-11-04 11:00",
            &format!("--by mehmet {REPAIR}"),
        )
        .done();
        self.step(
            "communicate",
            &number,
            "2024-11-05 10:00",
            "--by ayse --means phone",
        )
        .done();
        number
    }

    fn state(&self, number: &str) -> String {
        let case = self
            .run(&format!("case show {number} --format json"))
            .json();
        case["state"].as_str().expect("a state").to_owned()
    }
}

const REPAIR: &str = "--response repair --granted repair --rule R-1 --rule-version 3";
const REPLACE: &str = "--response replacement --granted replacement --rule R-1 --rule-version 3";
