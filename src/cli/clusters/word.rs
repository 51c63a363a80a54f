//! `redress clusters confirm|release|merge|split|move|rename|ignore|heed`: the analyst's word.

use redress_domain::cluster::{ClusterId, ClusterLevel};
use redress_recurrence::word::{Speaker, Word, events};
use redress_register::Register;
use serde::Serialize;

use super::register;
use crate::case::common::{By, SCHEMA_VERSION};
use crate::failure::Failure;
use crate::query;
use crate::{Context, output};

/// Who says it, and why.
#[derive(Debug, clap::Args)]
pub struct Said {
    #[command(flatten)]
    by: By,
    /// Why
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
    /// Say what would be recorded, and record nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub struct One {
    /// C-000123
    cluster: ClusterId,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Merge {
    /// The cluster that stays
    into: ClusterId,
    /// The cluster that becomes part of it
    gone: ClusterId,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Split {
    /// The cluster
    cluster: ClusterId,
    /// Numbers of the cases that are another problem
    #[arg(long, value_delimiter = ',', required = true, value_name = "CASES")]
    cases: Vec<String>,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Move {
    /// Number of the case
    case: String,
    /// The cluster it belongs to
    #[arg(required_unless_present = "out", conflicts_with = "out")]
    to: Option<ClusterId>,
    /// It belongs to none: out of the cluster in which it stands
    #[arg(long)]
    out: bool,
    #[command(flatten)]
    said: Said,
}

#[derive(Debug, clap::Args)]
pub struct Rename {
    /// C-000123
    cluster: ClusterId,
    /// The name; an empty one takes it away
    name: String,
    #[command(flatten)]
    said: Said,
}

pub fn confirm(context: &Context, args: &One) -> anyhow::Result<()> {
    let cluster = args.cluster;
    say(context, cluster, &Word::Confirm { cluster }, &args.said)
}

pub fn release(context: &Context, args: &One) -> anyhow::Result<()> {
    let cluster = args.cluster;
    say(context, cluster, &Word::Release { cluster }, &args.said)
}

pub fn ignore(context: &Context, args: &One) -> anyhow::Result<()> {
    let cluster = args.cluster;
    say(context, cluster, &Word::Ignore { cluster }, &args.said)
}

pub fn heed(context: &Context, args: &One) -> anyhow::Result<()> {
    let cluster = args.cluster;
    say(context, cluster, &Word::Heed { cluster }, &args.said)
}

pub fn rename(context: &Context, args: &Rename) -> anyhow::Result<()> {
    let word = Word::Rename {
        cluster: args.cluster,
        name: args.name.clone(),
    };
    say(context, args.cluster, &word, &args.said)
}

pub fn merge(context: &Context, args: &Merge) -> anyhow::Result<()> {
    let word = Word::Merge {
        into: args.into,
        gone: args.gone,
    };
    say(context, args.into, &word, &args.said)
}

pub fn split(context: &Context, args: &Split) -> anyhow::Result<()> {
    let word = Word::Split {
        cluster: args.cluster,
        cases: args.cases.clone(),
    };
    say(context, args.cluster, &word, &args.said)
}

pub fn moved(context: &Context, args: &Move) -> anyhow::Result<()> {
    let register = register(context)?;
    match args.to {
        Some(to) => {
            let core = exemplar(context, to);
            let word = Word::Move {
                case: args.case.clone(),
                to,
                core,
            };
            drop(register);
            say(context, to, &word, &args.said)
        }
        None => {
            // Out of whatever cluster it stands in: the newest source that knows the case.
            let source = source_of_lake(context)?;
            let known = register.cluster_book(&source, None)?;
            let home = known
                .book
                .cluster_of(ClusterLevel::Problem, &args.case)
                .ok_or_else(|| {
                    Failure::Usage(format!(
                        "case {} stands in no problem; `redress clusters list` shows the clusters",
                        args.case
                    ))
                })?;
            let word = Word::Out {
                case: args.case.clone(),
                core: exemplar(context, home),
            };
            drop(register);
            say(context, home, &word, &args.said)
        }
    }
}

/// The source of the latest snapshot.
fn source_of_lake(context: &Context) -> anyhow::Result<String> {
    let (_, manifest, _) = query::asked(context, None, "last-quarter")?;
    Ok(manifest.source_key().to_owned())
}

/// The case that stands for a cluster in the latest layer; `None` where there is no layer.
fn exemplar(context: &Context, cluster: ClusterId) -> Option<String> {
    let (engine, _) = query::open(context, None, "last-quarter").ok()?;
    let sql = format!(
        "SELECT k.case_id FROM clusters AS g JOIN cases AS k ON k.case_key = g.exemplar_case_key \
         WHERE g.cluster_id = '{cluster}'"
    );
    let answer = engine.sql(&sql, "exemplar").ok()?;
    (!answer.rows.is_empty()).then(|| answer.text(0, "case_id"))
}

#[derive(Debug, Serialize)]
struct Recorded {
    schema_version: u32,
    recorded: bool,
    events: Vec<RecordedEvent>,
    /// The cluster that a split made.
    new_cluster: Option<String>,
}

#[derive(Debug, Serialize)]
struct RecordedEvent {
    cluster: String,
    kind: &'static str,
    other: Option<String>,
    joined: Vec<String>,
    left: Vec<String>,
}

fn say(context: &Context, about: ClusterId, word: &Word, said: &Said) -> anyhow::Result<()> {
    let mut register: Register = register(context)?;
    let source = register
        .cluster_source(about)
        .map_err(|e| Failure::Usage(e.to_string()))?;
    let known = register.cluster_book(&source, None)?;
    let name = said.by.actor(&register)?.name.unwrap_or_default();
    let speaker = Speaker {
        name: &name,
        reason: said.reason.as_deref(),
        now: context.now,
    };
    let (events, fresh) =
        events(&known, word, &speaker).map_err(|e| Failure::Usage(e.to_string()))?;
    if !said.dry_run {
        register.record_clusters(known, &events)?;
    }
    let answer = Recorded {
        schema_version: SCHEMA_VERSION,
        recorded: !said.dry_run,
        events: events
            .iter()
            .map(|event| RecordedEvent {
                cluster: event.cluster.to_string(),
                kind: event.kind.as_str(),
                other: event.other.map(|other| other.to_string()),
                joined: event.change.joined.clone(),
                left: event.change.left.clone(),
            })
            .collect(),
        new_cluster: fresh.map(|id| id.to_string()),
    };
    let human = || {
        let mut text = String::new();
        for event in &answer.events {
            let other = event
                .other
                .as_ref()
                .map(|other| format!(" ({other})"))
                .unwrap_or_default();
            text.push_str(&format!("{} {}{other}", event.cluster, event.kind));
            if !event.joined.is_empty() {
                text.push_str(&format!(", {} case(s) joined", event.joined.len()));
            }
            if !event.left.is_empty() {
                text.push_str(&format!(", {} case(s) left", event.left.len()));
            }
            text.push('\n');
        }
        text.push_str(match said.dry_run {
            true => "nothing was recorded (dry run)\n",
            false => "every later run keeps to it; `redress clusters run` writes the layer anew\n",
        });
        text
    };
    output::print_document(&answer, human, context.format)
}
