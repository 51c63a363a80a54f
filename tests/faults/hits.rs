//! At which calls a job was broken off, and to which part of its work they belong.

use std::collections::BTreeMap;

use super::jobs::Job;

/// How often each kind of call was hit, for the report of the long form.
#[derive(Debug, Default)]
pub struct Hits(BTreeMap<(String, String), u32>);

impl Hits {
    pub fn add(&mut self, name: &str, path: &str) {
        let name = name.to_owned();
        *self.0.entry((name, phase(path))).or_default() += 1;
    }

    pub fn report(&self, job: Job) {
        for ((name, phase), times) in &self.0 {
            println!("{job:?}: {times:>5} times at {name} of {phase}");
        }
    }

    /// How often each phase was hit, whatever the call.
    pub fn phases(&self) -> BTreeMap<String, u32> {
        let mut phases = BTreeMap::new();
        for ((_, phase), times) in &self.0 {
            *phases.entry(phase.clone()).or_default() += times;
        }
        phases
    }
}

/// Which part of the work a file belongs to.
pub fn phase(path: &str) -> String {
    let parts: [(&str, &str); 12] = [
        ("-wal", "the register's log"),
        ("-shm", "the log's index"),
        ("-journal", "the copy's journal"),
        ("register.sqlite.files", "the files of cases"),
        ("register.sqlite", "the register"),
        ("snapshot-being-written", "a snapshot being written"),
        ("writing-", "a pack being written"),
        ("former-", "the former pack"),
        ("pack", "the pack's place"),
        ("lake", "the lake's names"),
        ("taken", "mails put away"),
        ("sent", "messages as files"),
    ];
    let found = parts.iter().find(|(mark, _)| path.contains(mark));
    found
        .map_or("a file being written aside", |(_, phase)| phase)
        .to_owned()
}
