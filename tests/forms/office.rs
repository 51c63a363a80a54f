//! A register to take forms from, and the program that prints them.

use std::path::PathBuf;

use assert_cmd::Command;

/// A folder with a register and three members of staff.
pub(super) struct Office {
    pub(super) folder: tempfile::TempDir,
}

pub(super) struct Said {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Said {
    #[track_caller]
    pub(super) fn done(self) -> String {
        assert_eq!(self.code, 0, "{}", self.err);
        self.out
    }

    #[track_caller]
    pub(super) fn refused(self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{}", self.err);
        assert!(
            self.err.contains(words),
            "`{words}` is not in: {}",
            self.err
        );
        assert!(self.out.is_empty(), "{}", self.out);
    }
}

impl Office {
    pub(super) fn bare() -> Office {
        Office {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    pub(super) fn open() -> Office {
        let office = Office::bare();
        office.run("init").done();
        for (name, roles) in [
            ("ayse", "contact,agent --discretion 100000"),
            ("mehmet", "technical"),
            ("zeynep", "quality"),
        ] {
            office
                .run(&format!("staff add {name} --roles {roles}"))
                .done();
        }
        office
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the words of a line; what stands in single quotes is one argument.
    pub(super) fn run(&self, line: &str) -> Said {
        let mut arguments: Vec<String> = Vec::new();
        for (part, text) in line.split('\'').enumerate() {
            if part % 2 == 1 {
                arguments.push(text.to_owned());
            } else {
                arguments.extend(text.split_whitespace().map(str::to_owned));
            }
        }
        let output = Command::new(env!("CARGO_BIN_EXE_redress"))
            .env_clear()
            .current_dir(self.folder.path())
            .args(&arguments)
            .output()
            .expect("the program runs");
        Said {
            code: output.status.code().expect("it exits"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    fn step(&self, step: &str, number: &str, at: &str, rest: &str) {
        self.run(&format!(
            "case {step} {number} --at '{at}' --late-reason backlog {rest}"
        ))
        .done();
    }

    /// A complaint of Friday 25 October 2024, 09:00, with this text; answers its number.
    pub(super) fn register(&self, text: &str) -> String {
        let said = self
            .run(&format!(
                "case register --by ayse --channel phone --received '2024-10-25 09:00' --at '2024-10-25 09:30' \
                 --late-reason backlog --name 'Ali Veli' --phone '+90 555 111 22 33' --product 'tap & hose' \
                 --lot L-77 --sold-on 2024-10-01 --remedy replacement --language tr --text '{text}' --format json"
            ))
            .done();
        let answer: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        answer["number"].as_str().expect("a number").to_owned()
    }

    /// A case decided twice: rejected on 6 November, accepted on 13 November, its remedy delivered.
    pub(super) fn settled_in_two_passes(&self) -> String {
        let n = self.register("The tap leaks.");
        self.step(
            "acknowledge",
            &n,
            "2024-10-25 09:40",
            "--by ayse --means sms",
        );
        self.step(
            "assess",
            &n,
            "2024-10-25 09:45",
            "--by ayse --severity low --safety",
        );
        self.step(
            "assess",
            &n,
            "2024-10-26 09:45",
            "--by zeynep --severity high --safety --change misjudged",
        );
        self.step("assign", &n, "2024-10-26 09:46", "--by ayse --to mehmet");
        self.step(
            "classify",
            &n,
            "2024-10-26 09:50",
            "--by ayse --category leak",
        );
        self.step(
            "route",
            &n,
            "2024-10-26 10:00",
            "--by ayse --department plant1",
        );
        self.step(
            "decide",
            &n,
            "2024-11-04 11:00",
            "--by mehmet --response repair --granted repair --rule R-1 --rule-version 3 --text 'At the house.'",
        );
        self.step(
            "communicate",
            &n,
            "2024-11-05 10:00",
            "--by ayse --means phone",
        );
        let answered = "--on-behalf --by ayse --means phone --proof 'call 17'";
        self.step("reject", &n, "2024-11-06 10:00", answered);
        self.step(
            "decide",
            &n,
            "2024-11-08 11:00",
            "--by ayse --response apology --granted replacement --rule R-2 --rule-version 1 --text 'A new one.'",
        );
        self.step(
            "communicate",
            &n,
            "2024-11-11 10:00",
            "--by ayse --means letter",
        );
        self.step("accept", &n, "2024-11-13 10:00", answered);
        n
    }
}
