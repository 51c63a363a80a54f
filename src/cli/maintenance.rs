//! `redress backup` and `redress audit`: a copy that was checked, and a register that is what was recorded.

use std::path::PathBuf;

use clap::Subcommand;
use redress_register::{ChainHead, Register, recorded_head};
use serde::Serialize;

use super::Context;
use super::case::common::SCHEMA_VERSION;
use super::failure::Failure;
use super::output;

#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// Where the copy goes; nothing is overwritten
    #[arg(value_name = "FILE")]
    to: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Walk the chain of events, rebuild the projections, and name what differs
    Verify {
        /// A head known from elsewhere (a backup, a manifest, paper), as POSITION:HASH; a cut tail shows against it
        #[arg(long, value_name = "HEAD", value_parser = head)]
        head: Option<ChainHead>,
        /// The head that this backup recorded
        #[arg(long, value_name = "BACKUP", conflicts_with = "head")]
        against: Option<PathBuf>,
    },
}

#[derive(Debug, Serialize)]
struct Copied<'a> {
    schema_version: u32,
    path: &'a PathBuf,
    events: u64,
    cases: u64,
    files: usize,
    head: String,
    sha256: &'a str,
}

#[derive(Debug, Serialize)]
struct Verified<'a> {
    schema_version: u32,
    register: &'a PathBuf,
    events: u64,
    cases: u64,
    head: String,
    /// Head of the chain over actions and the records of improvement.
    improvement_head: String,
    clean: bool,
    differences: Vec<Difference<'a>>,
}

#[derive(Debug, Serialize)]
struct Difference<'a> {
    place: &'a str,
    key: &'a str,
    what: &'a str,
}

/// `redress backup`.
pub fn backup(context: &Context, args: &BackupArgs) -> anyhow::Result<()> {
    let register = Register::open(&context.config.register)?;
    let report = register.backup(&args.to, context.now)?;
    let copied = Copied {
        schema_version: SCHEMA_VERSION,
        path: &args.to,
        events: report.events,
        cases: report.cases,
        files: report.files,
        head: written(&report.head),
        sha256: &report.sha256,
    };
    let human = || {
        format!(
            "{}: {} case(s), {} event(s), {} file(s), audited\nhead {}\nsha256 {}\n",
            copied.path.display(),
            copied.cases,
            copied.events,
            copied.files,
            copied.head,
            copied.sha256
        )
    };
    output::print_document(&copied, human, context.format)
}

/// `redress audit`.
pub fn audit(context: &Context, command: AuditCommand) -> anyhow::Result<()> {
    let AuditCommand::Verify { head, against } = command;
    let known = match against {
        Some(backup) => Some(recorded_head(&backup)?.head),
        None => head,
    };
    let path = &context.config.register;
    let report = Register::open_read_only(path)?.audit_verify(known.as_ref())?;
    let verified = Verified {
        schema_version: SCHEMA_VERSION,
        register: path,
        events: report.events,
        cases: report.cases,
        head: written(&report.head),
        improvement_head: written(&report.improvement_head),
        clean: report.is_clean(),
        differences: report
            .differences
            .iter()
            .map(|d| Difference {
                place: &d.place,
                key: &d.key,
                what: &d.what,
            })
            .collect(),
    };
    output::print_document(&verified, || verified.in_words(), context.format)?;
    match verified.differences.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(Failure::Check(format!(
            "{} difference(s), the first in {} ({}): {}",
            verified.differences.len(),
            first.place,
            first.key,
            first.what
        ))
        .into()),
    }
}

impl Verified<'_> {
    fn in_words(&self) -> String {
        let mut lines = format!(
            "{}: {} event(s), {} case(s)\n",
            self.register.display(),
            self.events,
            self.cases
        );
        for found in &self.differences {
            lines.push_str(&format!(
                "  {} ({}): {}\n",
                found.place, found.key, found.what
            ));
        }
        if self.clean {
            lines.push_str("nothing differs from what was recorded\n");
        }
        lines.push_str(&format!("head {}\n", self.head));
        lines.push_str(&format!("head of improvement {}\n", self.improvement_head));
        lines
    }
}

fn written(head: &ChainHead) -> String {
    format!("{}:{}", head.seq, head.hash)
}

fn head(text: &str) -> Result<ChainHead, String> {
    let unreadable =
        || format!("`{text}` is no head; write it as `audit verify` prints it, POSITION:HASH");
    let (seq, hash) = text.split_once(':').ok_or_else(unreadable)?;
    let seq = seq.parse().map_err(|_| unreadable())?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    is_hash
        .then(|| ChainHead {
            seq,
            hash: hash.to_ascii_lowercase(),
        })
        .ok_or_else(unreadable)
}
