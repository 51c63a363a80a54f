//! `case erase`: what is personal in a case goes out of the register, the lake, the pages' store and the files of
//! messages; what the program cannot reach is named.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{Days, NaiveDate};
use redress_domain::event::{EventBody, EventKind};
use redress_lake::erase::{self as lake_erase, LakeErasure};
use redress_lake::store::Lake;
use redress_register::attachments::kind::MAIL;
use redress_register::{MessageFilter, Register, Setting, half_copies};
use serde::Serialize;

use super::common::{By, SCHEMA_VERSION};
use crate::Context;
use crate::config::Config;
use crate::output;

/// What the files of a pack that name cases end with.
const READABLE: [&str; 3] = ["html", "csv", "md"];

#[derive(Debug, clap::Args)]
pub struct Erase {
    /// Numbers of the cases
    #[arg(value_name = "CASE", required = true)]
    numbers: Vec<String>,
    /// The rule or request that asks for it
    #[arg(long)]
    rule: String,
    #[command(flatten)]
    by: By,
    /// Only say what would be erased
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Erased {
    schema_version: u32,
    dry_run: bool,
    cases: usize,
    texts: usize,
    messages: usize,
    files: usize,
    /// Complainants without a further case; one who has others stays known to those.
    persons: usize,
    /// Whether the write-ahead logs could be emptied; `None` for a dry run.
    clean: Option<bool>,
    /// Snapshots of the lake from which texts were taken; empty for a dry run.
    snapshots: Vec<String>,
    /// Messages that were written into files, deleted.
    message_files: usize,
    left: Left,
}

/// What holds something of the cases and is beyond the program: to be removed by hand.
#[derive(Debug, Default, Serialize)]
struct Left {
    /// Backups beside the register and in the folders beside it; those elsewhere are not known.
    backups: Vec<PathBuf>,
    /// When the last of the backups made until now is to be gone, as the register's `backup_days` says.
    backups_until: Option<NaiveDate>,
    /// Review packs that name one of the cases.
    packs: Vec<PathBuf>,
    /// Mails that were taken in and lie in their mailbox unless somebody deleted them.
    mails: usize,
    /// Snapshots of the lake that this program cannot read.
    snapshots: Vec<String>,
}

impl Erase {
    /// `case erase`.
    pub fn run(&self, context: &Context) -> anyhow::Result<()> {
        let config = &context.config;
        let erased = if self.dry_run {
            let register = Register::open_read_only(&config.register)?;
            let mut foreseen = self.foresee(&register)?;
            foreseen.left = self.left(context, &register, &[])?;
            foreseen
        } else {
            self.erase(context)?
        };
        output::print_document(&erased, || erased.in_words(), context.format)
    }

    fn erase(&self, context: &Context) -> anyhow::Result<Erased> {
        let config = &context.config;
        let mut register = Register::open(&config.register)?;
        let keys = self.keys(&register)?;
        let actor = self.by.actor(&register)?;
        let done = register.erase_many(&keys, &self.rule, &actor, context.now)?;
        // The register comes first: it alone says what was erased, and all the rest can be done again.
        let again = "the register is done; erase again when this is mended, for the rest";
        let visits =
            redress_web::forget_visits(&config.register, &keys, context.now).context(again)?;
        let message_files = self
            .message_files(&register, &keys, config)
            .context(again)?;
        let numbers: BTreeSet<String> = keys
            .iter()
            .map(|key| Ok(register.case_row(*key)?.number))
            .collect::<anyhow::Result<_>>()?;
        let lake = Lake::at(&config.lake);
        let LakeErasure {
            snapshots,
            texts: _,
            unreadable,
        } = lake_erase::erase(&lake, &numbers, context.now).context(again)?;
        Ok(Erased {
            schema_version: SCHEMA_VERSION,
            dry_run: false,
            cases: done.cases,
            texts: done.texts,
            messages: done.messages,
            files: done.files,
            persons: done.persons,
            clean: Some(done.clean && visits),
            snapshots,
            message_files,
            left: self.left(context, &register, &unreadable)?,
        })
    }

    fn keys(&self, register: &Register) -> anyhow::Result<Vec<i64>> {
        let mut keys = Vec::new();
        for number in &self.numbers {
            let key = register.case_by_number(number)?.case_key;
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// Deletes the messages of the cases that were written into files.
    fn message_files(
        &self,
        register: &Register,
        keys: &[i64],
        config: &Config,
    ) -> anyhow::Result<usize> {
        let folder = config.message_files();
        let mut messages = Vec::new();
        for key in keys {
            messages.extend(register.messages(&of_case(*key))?);
        }
        redress_channels::forget_files(&folder, &register.identity()?, &messages)
            .with_context(|| format!("{}: messages cannot be deleted", folder.display()))
    }

    /// Counts what an erasure would find, with the conditions of the register's own erasure.
    fn foresee(&self, register: &Register) -> anyhow::Result<Erased> {
        let keys = self.keys(register)?;
        self.by.actor(register)?;
        let mut foreseen = Erased {
            schema_version: SCHEMA_VERSION,
            dry_run: true,
            cases: 0,
            texts: 0,
            messages: 0,
            files: 0,
            persons: 0,
            clean: None,
            snapshots: Vec::new(),
            message_files: 0,
            left: Left::default(),
        };
        let mut persons = Vec::new();
        for key in &keys {
            let history = register.history(*key)?;
            let complainant = register.complainant(register.case_row(*key)?.complainant_id)?;
            let others = register.cases_of(complainant.complainant_id)?;
            let goes =
                complainant.erased_at.is_none() && others.iter().all(|other| keys.contains(other));
            let texts = history.iter().filter(|r| r.text.is_some()).count();
            let waiting = register.messages(&of_case(*key))?;
            let messages = waiting
                .iter()
                .filter(|m| m.body.is_some() || m.recipient.is_some())
                .count();
            let files = register
                .attachments(*key)?
                .iter()
                .filter(|a| a.erased_at.is_none())
                .count();
            foreseen.texts += texts;
            foreseen.messages += messages;
            foreseen.files += files;
            if goes && !persons.contains(&complainant.complainant_id) {
                persons.push(complainant.complainant_id);
            }
            let before = history
                .iter()
                .any(|r| r.event.body.kind() == EventKind::Erased);
            foreseen.cases += usize::from(!before || goes || texts + messages + files > 0);
        }
        foreseen.persons = persons.len();
        Ok(foreseen)
    }

    /// Looks for what the program does not reach.
    fn left(
        &self,
        context: &Context,
        register: &Register,
        unreadable: &[String],
    ) -> anyhow::Result<Left> {
        let mut mails = 0;
        let mut numbers = Vec::new();
        for key in self.keys(register)? {
            numbers.push(register.case_row(key)?.number);
            let history = register.history(key)?;
            mails += history
                .iter()
                .filter(|recorded| is_mail(&recorded.event.body))
                .count();
        }
        let days: u64 = register.setting(Setting::BackupDays)?.parse().unwrap_or(0);
        let today = context.now.with_timezone(&register.zone()).date_naive();
        Ok(Left {
            backups: backups_near(&context.config.register),
            backups_until: match days {
                0 => None,
                days => today.checked_add_days(Days::new(days)),
            },
            packs: packs_with(&context.config.out, &numbers),
            mails,
            snapshots: unreadable.to_vec(),
        })
    }
}

fn is_mail(body: &EventBody) -> bool {
    matches!(body, EventBody::EvidenceAdded(file) if file.media_type == MAIL)
}

fn of_case(case_key: i64) -> MessageFilter {
    MessageFilter {
        case_key: Some(case_key),
        ..MessageFilter::default()
    }
}

/// Backups in the register's folder and in those beside it, known by the head that lies with each, and copies that a
/// process left which was killed.
fn backups_near(register: &Path) -> Vec<PathBuf> {
    const HEAD: &str = ".head.json";
    let folder = match register.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let mut found = Vec::new();
    // A folder that cannot be read is passed over here as it is by `entries`.
    let mut halves = half_copies(folder).unwrap_or_default();
    for path in entries(folder) {
        match path.is_dir() {
            true => {
                found.extend(entries(&path));
                halves.extend(half_copies(&path).unwrap_or_default());
            }
            false => found.push(path),
        }
    }
    let of_head = |path: PathBuf| Some(PathBuf::from(path.to_str()?.strip_suffix(HEAD)?));
    let mut backups: Vec<PathBuf> = found
        .into_iter()
        .filter_map(of_head)
        .chain(halves)
        .collect();
    for backup in &mut backups {
        if let Ok(short) = backup.strip_prefix("./") {
            *backup = short.to_owned();
        }
    }
    backups.sort();
    backups
}

/// Packs below the folder of packs with the number of one of the cases in a page or table.
fn packs_with(out: &Path, numbers: &[String]) -> Vec<PathBuf> {
    let mut packs: Vec<PathBuf> = entries(out)
        .into_iter()
        .filter(|pack| pack.is_dir() && names_one(pack, numbers))
        .collect();
    packs.sort();
    packs
}

fn names_one(folder: &Path, numbers: &[String]) -> bool {
    entries(folder).into_iter().any(|path| {
        if path.is_dir() {
            return names_one(&path, numbers);
        }
        let ending = path.extension().and_then(|ending| ending.to_str());
        let readable = ending.is_some_and(|ending| READABLE.contains(&ending));
        // One that cannot be read names nothing that could be shown.
        readable
            && fs::read_to_string(&path)
                .is_ok_and(|text| numbers.iter().any(|number| text.contains(number.as_str())))
    })
}

/// What lies in a folder; nothing where it is not there.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(read) = fs::read_dir(folder) else {
        return Vec::new();
    };
    read.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

impl Erased {
    fn in_words(&self) -> String {
        let what = if self.dry_run {
            "would be erased"
        } else {
            "erased"
        };
        let mut lines = format!(
            "{what}: {} case(s), {} text(s), {} message(s), {} file(s), {} complainant(s)\n",
            self.cases, self.texts, self.messages, self.files, self.persons
        );
        if !self.dry_run {
            lines.push_str(&format!(
                "lake: taken out of {} snapshot(s); {} file(s) of messages deleted\n",
                self.snapshots.len(),
                self.message_files
            ));
        }
        if self.clean == Some(false) {
            lines.push_str("another process reads the register now; erase again after that to clear the write-ahead log\n");
        }
        lines.push_str(&self.left.in_words());
        lines
    }
}

impl Left {
    fn in_words(&self) -> String {
        let mut lines = String::from("what only you can remove:\n");
        let until = match self.backups_until {
            Some(day) => format!("all made until now have to be gone by {day}"),
            None => "mind their retention (`redress config set backup_days`)".to_owned(),
        };
        lines.push_str(&format!("- backups, here and elsewhere: {until}\n"));
        for backup in &self.backups {
            lines.push_str(&format!("  {}\n", backup.display()));
        }
        if self.mails > 0 {
            lines.push_str(&format!(
                "- mailboxes: {} mail(s) of these cases, where they were read from or put away\n",
                self.mails
            ));
        }
        lines.push_str("- what was handed out: review packs, printed forms, exported tables\n");
        for pack in &self.packs {
            lines.push_str(&format!("  {}\n", pack.display()));
        }
        for snapshot in &self.snapshots {
            lines.push_str(&format!(
                "- snapshot {snapshot}: this program cannot read it; prune it\n"
            ));
        }
        lines
    }
}
