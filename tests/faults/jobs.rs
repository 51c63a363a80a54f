//! The commands that are broken off, what each promises, and what has to stand whatever happens to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use redress::channels::delivery_key;
use redress::channels::notify::run_once;
use redress::channels::settings::{FileTable, Passwords, Settings, SmsTable};
use redress::domain::vocabulary::Language;
use redress::lake::manifest::MANIFEST;
use redress::lake::store::Lake;
use redress::lake::verify::verify;
use redress::register::{
    CaseFilter, ChainHead, LEASE, Message, MessageFilter, MessageState, Register, recorded_head,
};
use redress::review::pack::{PackManifest, verification};
use tempfile::TempDir;

use super::BINARY;
use crate::channels::fake_gateway::FakeGateway;

const CASES: usize = 60;
const CASE: &str = "KY-000004";

/// A command that is broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    Register,
    Note,
    Attach,
    ImportMail,
    Backup,
    Extract,
    Pack,
    NotifyFile,
    NotifySms,
}

impl Job {
    fn arguments(self) -> Vec<&'static str> {
        let by = ["--by", "clerk", "--role", "agent"];
        let mut arguments = match self {
            Job::Register => vec![
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
                "+90 532 000 00 00",
                "--text",
                "The lid leaks.",
            ],
            Job::Note => vec!["case", "note", CASE, "--text", "Called back."],
            Job::Attach => vec!["case", "attach", CASE, "evidence.txt"],
            Job::ImportMail => vec!["import", "mail", "box", "--move-to", "taken"],
            Job::Backup => vec!["backup", "new.sqlite"],
            Job::Extract => vec![
                "extract",
                "--as-of",
                "2026-10-11T09:00:00Z",
                "--threads",
                "1",
            ],
            Job::Pack => vec!["review", "build", "2026-Q3", "--out", "pack", "--force"],
            Job::NotifyFile | Job::NotifySms => vec!["notify", "--no-follow-ups"],
        };
        if matches!(self, Job::Note | Job::Attach) {
            arguments.extend(by);
        }
        arguments
    }

    /// What of the house the command works with.
    fn parts(self) -> &'static [&'static str] {
        match self {
            Job::Register | Job::Note | Job::NotifyFile | Job::NotifySms => &["register.sqlite"],
            Job::Attach => &["register.sqlite", "evidence.txt"],
            Job::ImportMail => &["register.sqlite", "box"],
            Job::Backup => &["register.sqlite", "old.sqlite", "old.sqlite.head.json"],
            Job::Extract => &["register.sqlite", "lake"],
            Job::Pack => &["register.sqlite", "lake", "pack"],
        }
    }
}

/// A house that every job is tried in: a register, a snapshot, a pack, a backup, mails that came.
struct Model {
    folder: TempDir,
    head: ChainHead,
    texts: usize,
}

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        let lines: [&[&str]; 4] = [
            &["sample", "generate", "--cases", "60"],
            &["extract", "--as-of", "2026-10-10T09:00:00Z"],
            &["review", "build", "2026-Q3", "--out", "pack"],
            &["backup", "old.sqlite"],
        ];
        for line in lines {
            let done = redress(at).args(line).output().expect("it runs");
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{line:?}: {said}");
        }
        fs::write(at.join("evidence.txt"), "a torn lid\n").expect("a file");
        fs::create_dir(at.join("box")).expect("a mailbox");
        for n in 1..=2 {
            let mail = format!(
                "From: Elif <elif{n}@example.org>\r\nMessage-ID: <{n}@example.org>\r\nSubject: Lid {n}\r\n\r\nThe lid leaks.\r\n"
            );
            fs::write(at.join(format!("box/{n}.eml")), mail).expect("a mail");
        }
        let register = Register::open(&at.join("register.sqlite")).expect("the register");
        let head = register.chain_head().expect("the head");
        let texts = texts(&register);
        drop(register);
        Model { folder, head, texts }
    })
}

fn redress(folder: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .current_dir(folder)
        .args(["--register", "register.sqlite", "--lake", "lake"])
        .stdin(std::process::Stdio::null());
    command
}

fn copied(from: &Path, to: &Path) {
    let kind = fs::symlink_metadata(from)
        .expect("something to copy")
        .file_type();
    if kind.is_symlink() {
        #[cfg(unix)]
        std::os::unix::fs::symlink(fs::read_link(from).expect("a link"), to).expect("a link");
    } else if kind.is_dir() {
        fs::create_dir(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            copied(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).expect("a copy");
    }
}

/// Texts that belong to events, notes among them.
fn texts(register: &Register) -> usize {
    let count: i64 = register
        .connection()
        .query_row("SELECT COUNT(*) FROM event_text", [], |row| row.get(0))
        .expect("a count");
    usize::try_from(count).expect("a count")
}

/// A copy of the house for one try.
pub struct House {
    pub job: Job,
    folder: TempDir,
    gateway: Option<FakeGateway>,
}

impl House {
    pub fn new(job: Job) -> House {
        let model = model();
        let folder = tempfile::tempdir().expect("a folder");
        for part in job.parts() {
            copied(&model.folder.path().join(part), &folder.path().join(part));
        }
        let mut house = House {
            job,
            folder,
            gateway: None,
        };
        if matches!(job, Job::NotifyFile | Job::NotifySms) {
            let register = [
                "case",
                "register",
                "--by",
                "clerk",
                "--role",
                "contact",
                "--channel",
                "phone",
                "--text",
                "The lid leaks.",
            ];
            for n in 1..=2 {
                let phone = format!("+90 532 000 00 0{n}");
                let done = redress(house.at())
                    .args(register)
                    .args(["--name", "Test Person", "--phone", &phone])
                    .output()
                    .expect("it runs");
                assert!(done.status.success());
            }
            house.gateway = (job == Job::NotifySms).then(FakeGateway::willing);
            fs::write(house.at().join("redress.toml"), house.settings()).expect("the settings");
        }
        house
    }

    pub fn at(&self) -> &Path {
        self.folder.path()
    }

    pub fn command(&self) -> Command {
        let mut command = redress(self.at());
        command.args(self.job.arguments());
        command
    }

    fn settings(&self) -> String {
        match &self.gateway {
            Some(gateway) => gateway.sms(""),
            None => "[file]\nfolder = \"sent\"\n[sms]\nkind = \"file\"\n".to_owned(),
        }
    }

    fn register(&self) -> Register {
        Register::open(&self.at().join("register.sqlite")).expect("the register")
    }

    /// What does not stand, whatever happened to the command.
    pub fn fallen(&self) -> Vec<String> {
        let mut faults = Vec::new();
        match Register::open(&self.at().join("register.sqlite")) {
            Err(error) => faults.push(format!("the register does not open: {error}")),
            Ok(register) => match register.audit_verify(Some(&model().head)) {
                Err(error) => faults.push(format!("no audit: {error}")),
                Ok(report) => {
                    faults.extend(report.differences.iter().map(|d| format!("audit: {d}")));
                }
            },
        }
        if self.job.parts().contains(&"lake") {
            faults.extend(self.fallen_lake());
        }
        if self.job == Job::Pack && !self.pack_stands() {
            faults.push("neither the old pack nor the new one stands".to_owned());
        }
        if self.job == Job::Backup {
            for part in ["old.sqlite", "old.sqlite.head.json"] {
                let bytes = |folder: &Path| fs::read(folder.join(part)).ok();
                if bytes(self.at()) != bytes(model().folder.path()) {
                    faults.push(format!("the old backup's {part} is another"));
                }
            }
            let new = self.at().join("new.sqlite");
            if new.exists() && !is_good_backup(&new) {
                faults.push("what stands as the new backup is not whole".to_owned());
            }
        }
        if matches!(self.job, Job::NotifyFile | Job::NotifySms) {
            faults.extend(self.lost_messages());
        }
        if self.job == Job::ImportMail {
            let left = eml(&self.at().join("box")) + eml(&self.at().join("taken"));
            if left != 2 {
                faults.push(format!("{left} of two mails are there"));
            }
        }
        faults
    }

    fn fallen_lake(&self) -> Vec<String> {
        let lake = Lake::at(&self.at().join("lake"));
        let mut faults = Vec::new();
        let names = match lake.snapshots() {
            Ok(names) => names,
            Err(error) => return vec![error.to_string()],
        };
        if names.first().map(String::as_str) != Some("2026-10-10T09-00-00Z") {
            faults.push(format!("the old snapshot is gone: {names:?}"));
        }
        for name in names {
            match verify(&lake.root().join(&name)) {
                Ok(found) => faults.extend(found.iter().map(|f| format!("{name}: {f:?}"))),
                Err(error) => faults.push(format!("{name}: {error}")),
            }
        }
        if !lake.root().join("latest").join(MANIFEST).is_file() {
            faults.push("`latest` leads to no snapshot".to_owned());
        }
        faults
    }

    /// A whole pack in its place, or stepped aside for a moment so that the next build puts it back.
    fn pack_stands(&self) -> bool {
        [self.at().join("pack"), self.at().join(".former-pack")]
            .iter()
            .any(|place| is_good_pack(place))
    }

    /// Messages that are recorded as sent and that no gateway has seen.
    fn lost_messages(&self) -> Vec<String> {
        let Ok(register) = Register::open(&self.at().join("register.sqlite")) else {
            return Vec::new();
        };
        let sent = MessageFilter {
            state: Some(MessageState::Sent),
            ..MessageFilter::default()
        };
        let sent = register.messages(&sent).unwrap_or_default();
        sent.iter()
            .filter(|message| message.message_id > model_messages())
            .filter(|message| !self.was_seen(message))
            .map(|message| format!("message {} was not sent", message.message_id))
            .collect()
    }

    fn was_seen(&self, message: &Message) -> bool {
        match &self.gateway {
            Some(gateway) => {
                let register = self.register();
                let id = register.identity().expect("the register's identity");
                let key = format!("key={}", delivery_key(&id, &message.idempotency_key));
                gateway.requests().iter().any(|r| r.body.contains(&key))
            }
            None => {
                let start = format!("{:06}-", message.message_id);
                let entries = fs::read_dir(self.at().join("sent"));
                entries.into_iter().flatten().flatten().any(|entry| {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    let content = fs::read(entry.path()).unwrap_or_default();
                    name.starts_with(&start)
                        && serde_json::from_slice::<serde_json::Value>(&content).is_ok()
                })
            }
        }
    }

    /// What a command that said that it succeeded has not done.
    pub fn undone(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let mut wants = |holds: bool, what: &str| {
            if !holds {
                missing.push(format!("it said that it succeeded, but {what}"));
            }
        };
        let Ok(register) = Register::open(&self.at().join("register.sqlite")) else {
            return vec!["the register does not open".to_owned()];
        };
        let cases = register
            .list_cases(&CaseFilter::default())
            .map_or(0, |c| c.len());
        match self.job {
            Job::Register => wants(cases == CASES + 1, "the case is not there"),
            Job::Note => wants(
                texts(&register) == model().texts + 1,
                "the note is not there",
            ),
            Job::Attach => {
                let key = register
                    .case_by_number(CASE)
                    .map_or(0, |case| case.case_key);
                let files = register.attachments(key).unwrap_or_default();
                wants(!files.is_empty(), "the file is not in the register");
                for file in files {
                    let content = register.read_attachment(&file.sha256);
                    wants(content.is_ok(), "the file cannot be read");
                }
            }
            Job::ImportMail => {
                wants(cases == CASES + 2, "not every mail is a case");
                wants(eml(&self.at().join("taken")) == 2, "a mail was not moved");
            }
            Job::Backup => {
                wants(
                    is_good_backup(&self.at().join("new.sqlite")),
                    "the backup is not whole",
                );
            }
            Job::Extract => {
                let lake = Lake::at(&self.at().join("lake"));
                let latest = fs::read_link(lake.root().join("latest")).unwrap_or_default();
                let is_new = latest.to_string_lossy().starts_with("2026-10-11");
                wants(is_new, "the snapshot is not the latest");
            }
            Job::Pack => wants(
                is_good_pack(&self.at().join("pack")),
                "the pack is not there",
            ),
            Job::NotifyFile | Job::NotifySms => {
                let all = register
                    .messages(&MessageFilter::default())
                    .unwrap_or_default();
                let waits = |state| matches!(state, MessageState::Queued | MessageState::Failed);
                let left = all
                    .iter()
                    .any(|m| m.message_id > model_messages() && waits(m.state));
                wants(!left, "a message waits");
            }
        }
        missing
    }

    /// What a command that said that it failed has left.
    pub fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        let names = |folder: &Path| -> Vec<String> {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
            names.collect()
        };
        let Ok(register) = Register::open(&self.at().join("register.sqlite")) else {
            return vec!["the register does not open".to_owned()];
        };
        let cases = register
            .list_cases(&CaseFilter::default())
            .map_or(0, |c| c.len());
        match self.job {
            Job::Register if cases != CASES => left.push("a case".to_owned()),
            Job::Note if texts(&register) != model().texts => left.push("a note".to_owned()),
            Job::Attach => {
                let key = register
                    .case_by_number(CASE)
                    .map_or(0, |case| case.case_key);
                let files = register.attachments(key).unwrap_or_default();
                left.extend(files.iter().map(|file| format!("the file {}", file.sha256)));
            }
            Job::Backup => {
                let found = names(self.at());
                left.extend(found.into_iter().filter(|n| n.starts_with("new.sqlite")));
            }
            Job::Extract => {
                let found = names(&self.at().join("lake"));
                left.extend(found.into_iter().filter(|n| n.starts_with("2026-10-11")));
            }
            Job::Pack if !is_good_pack(&self.at().join("pack")) => {
                left.push("no pack in its place".to_owned());
            }
            // Mails and messages are each taken by themselves: those before the fault stay.
            Job::Register
            | Job::Note
            | Job::Pack
            | Job::ImportMail
            | Job::NotifyFile
            | Job::NotifySms => {}
        }
        left.iter()
            .map(|what| format!("it said that it failed, but left {what}"))
            .collect()
    }

    /// Runs the command anew, on a sound disk. What is wrong afterwards.
    pub fn again(&self) -> Vec<String> {
        let mut faults = Vec::new();
        match self.job {
            // A message that was claimed is left to its claimer for a while.
            Job::NotifyFile | Job::NotifySms => {
                #[derive(serde::Deserialize)]
                struct Tables {
                    sms: SmsTable,
                    file: Option<FileTable>,
                }
                let tables: Tables = toml::from_str(&self.settings()).expect("the settings");
                let file = tables.file.map(|_| {
                    let line = format!("folder = {:?}", self.at().join("sent"));
                    toml::from_str::<FileTable>(&line).expect("the folder")
                });
                let settings = Settings::from_tables(
                    Some(&tables.sms),
                    None,
                    file.as_ref(),
                    Passwords::default(),
                    Language::En,
                )
                .expect("the settings");
                let now = chrono::Utc::now() + LEASE + LEASE;
                if let Err(error) = run_once(&mut self.register(), &settings, now) {
                    faults.push(format!("again: {error}"));
                }
            }
            Job::Register
            | Job::Note
            | Job::Attach
            | Job::ImportMail
            | Job::Backup
            | Job::Extract
            | Job::Pack => {
                if self.job == Job::Backup && self.at().join("new.sqlite").exists() {
                    // A place that is taken by a whole backup stays refused; that is no fault.
                    return self.fallen();
                }
                let done = self.command().output().expect("it runs");
                let said = String::from_utf8_lossy(&done.stderr);
                // A file is not added twice, and a mailbox whose mails were put away is none.
                let was_done =
                    matches!(self.job, Job::Attach | Job::ImportMail) && self.undone().is_empty();
                if !done.status.success() && !was_done {
                    faults.push(format!("again: {}", said.trim()));
                }
            }
        }
        faults.extend(self.fallen());
        if self.job == Job::ImportMail {
            faults.extend(self.undone());
        }
        if self.job == Job::Pack && !is_good_pack(&self.at().join("pack")) {
            faults.push("again: no pack in its place".to_owned());
        }
        faults
    }
}

/// Messages of the sample, which were sent long ago or wait for nobody.
fn model_messages() -> i64 {
    static LAST: OnceLock<i64> = OnceLock::new();
    *LAST.get_or_init(|| {
        let path = model().folder.path().join("register.sqlite");
        let register = Register::open(&path).expect("the register");
        let messages = register
            .messages(&MessageFilter::default())
            .expect("messages");
        messages.iter().map(|m| m.message_id).max().unwrap_or(0)
    })
}

fn eml(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "eml"))
        .count()
}

fn is_good_pack(pack: &Path) -> bool {
    let Ok(manifest) = PackManifest::read(pack) else {
        return false;
    };
    verification::files(pack, &manifest).is_ok_and(|faults| faults.is_empty())
}

/// A backup that opens, is clean, and is the one of which its head tells.
fn is_good_backup(path: &Path) -> bool {
    let head = recorded_head(path).map(|report| report.head);
    let Ok(register) = Register::open_read_only(path) else {
        return false;
    };
    match head {
        Ok(head) => register
            .audit_verify(Some(&head))
            .is_ok_and(|r| r.is_clean()),
        Err(_) => false,
    }
}

/// A copy of a part of the house in another folder.
pub fn model_path(part: &str, folder: &Path) -> PathBuf {
    let to = folder.join(part);
    copied(&model().folder.path().join(part), &to);
    to
}

/// A register of one complaint, in one file without a log, with its head beside it.
pub fn small_register(folder: &Path) -> PathBuf {
    let lines: [&[&str]; 3] = [
        &["init"],
        &[
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
            "+90 532 000 00 00",
            "--text",
            "The lid leaks.",
        ],
        &["backup", "small.sqlite"],
    ];
    for line in lines {
        let done = redress(folder).args(line).output().expect("it runs");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{line:?}: {said}");
    }
    folder.join("small.sqlite")
}
