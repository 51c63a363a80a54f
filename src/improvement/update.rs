//! The night's work on improvement: cases that left a scope are noted, checks whose end has passed are judged, what
//! asks for an action is found, and all of it is written beside the facts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};

use super::evaluate::{EvaluateError, Evaluation, evaluate};
use super::ground::{Ground, GroundError};
use super::layer::{self, Contents, LayerError};
use super::signals::{Signal, SignalError, signals};
use redress_domain::action::{Action, ActionBody, ActionEvent, ActionId, ActionState, Standing};
use redress_domain::cluster::ClusterBook;
use redress_domain::improvement::{Record, RecordKind};
use redress_engine::error::EngineError;
use redress_engine::local::LocalEngine;
use redress_lake::derived::read_with_layers;
use redress_lake::manifest::{Manifest, ManifestError};
use redress_lake::reader::{ReadError, read_table};
use redress_lake::store::{Lake, LakeError};
use redress_query::params::Params;
use redress_register::{Change, Register, RegisterError};

/// Who the register names for what the program computed.
pub const SYSTEM: &str = "system";
/// Days before a due date from which it is said.
const SOON_DAYS: i64 = 7;

/// What a night is asked for.
pub struct Order<'a> {
    pub lake: &'a Lake,
    pub snapshot: &'a Path,
    pub params: Params,
    pub now: DateTime<Utc>,
    /// Record verdicts and moves: only on the latest snapshot, for they are about today.
    pub record: bool,
    /// Evaluate and report, and write nothing.
    pub dry_run: bool,
}

/// What a night did.
#[derive(Debug)]
pub struct Done {
    /// The layer; `None` for a dry run.
    pub layer: Option<PathBuf>,
    pub actions: Vec<Action>,
    pub evaluations: BTreeMap<ActionId, Evaluation>,
    pub signals: Vec<Signal>,
    /// Actions that were judged this time.
    pub judged: Vec<ActionId>,
    /// Cases that left a scope this time.
    pub moved_out: usize,
    pub reminders: Vec<Reminder>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// Something that is due, or was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reminder {
    pub due_on: NaiveDate,
    /// Past its day.
    pub overdue: bool,
    pub what: Due,
    /// `A-000012`, `R-0003`.
    pub id: String,
    pub title: String,
    /// Whom it waits for.
    pub owner: String,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// An action is to be carried out.
    Implementation,
    /// A verdict was computed, or its day has come: a person has to give theirs.
    Verification,
    /// A recommendation is to be carried out.
    Recommendation,
}

impl Due {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Due::Implementation => "to be carried out",
            Due::Verification => "to be verified",
            Due::Recommendation => "recommendation to be carried out",
        }
    }
}

/// Why the night's work failed. What was recorded by then stays; the layer is not there.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Ground(#[from] GroundError),
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(transparent)]
    Signal(#[from] SignalError),
    #[error(transparent)]
    Layer(#[from] LayerError),
}

/// Does a night's work on a snapshot.
///
/// # Errors
/// When the snapshot cannot be read, or the register or the lake cannot be written. An action that cannot be
/// evaluated (a scope that names an unknown cluster) is a note, and hinders no other.
pub fn update(register: &mut Register, order: &Order<'_>) -> Result<Done, UpdateError> {
    let (manifest, _) = read_with_layers(order.snapshot)?;
    let engine = LocalEngine::open(order.snapshot, order.params.clone())?;
    let known_at = manifest.knowledge();
    // On the latest snapshot what was recorded since counts too: it is about today.
    let as_of = (!order.record).then_some(known_at);
    let book = register.cluster_book(manifest.source_key(), as_of)?.book;
    let gone = register.gone_cases(manifest.source_key(), Some(manifest.as_of))?;
    let ground = ground(&engine, &manifest, order.snapshot, &book).with_gone(gone);
    let mut actions = register.actions(as_of)?;
    let mut notes = Vec::new();
    let mut moved_out = 0;
    let mut judged = Vec::new();
    let mut evaluations = BTreeMap::new();
    let earlier = match order.record {
        true => earlier_scopes(order, manifest.source_key())?,
        false => BTreeMap::new(),
    };
    for action in &mut actions {
        let evaluated = follow(register, order, &ground, action, &earlier, &mut moved_out);
        match evaluated {
            Ok(Some(mut evaluation)) => {
                if let Some(look) = evaluation.look.clone()
                    && order.record
                    && !order.dry_run
                {
                    *action = register.change_action(
                        action.id,
                        ActionBody::Judged(Box::new(look)),
                        system(order.now),
                    )?;
                    judged.push(action.id);
                    // The second window, where the first look left it open.
                    if let Ok(Some(again)) = evaluate(&ground, action) {
                        evaluation = again;
                    }
                } else if evaluation.look.is_some() {
                    judged.push(action.id);
                }
                if let Some(why) = &evaluation.hindrance {
                    notes.push(format!("{} cannot be judged: {why}", action.id));
                }
                evaluations.insert(action.id, evaluation);
            }
            Ok(None) => {}
            Err(UpdateError::Ground(error)) => {
                notes.push(format!("{} cannot be evaluated: {error}", action.id));
            }
            Err(other) => return Err(other),
        }
    }
    let signals = signals(&ground, &actions, &evaluations)?;
    let records = records(register, as_of)?;
    let today = order.params.as_of_on;
    let reminders = reminders(&actions, &records, today);
    let layer = match order.dry_run {
        true => None,
        false => Some(layer::write(
            order.snapshot,
            &Manifest::read(order.snapshot)?,
            order.now,
            &Contents {
                actions: &actions,
                evaluations: &evaluations,
                signals: &signals,
                records: &records,
                today,
                head: register.improvement_head()?,
            },
        )?),
    };
    Ok(Done {
        layer,
        actions,
        evaluations,
        signals,
        judged,
        moved_out,
        reminders,
        notes,
    })
}

/// A snapshot to count on; [`Ground::with_gone`] adds what its source no longer has.
pub fn ground<'a>(
    engine: &'a LocalEngine,
    manifest: &'a Manifest,
    snapshot: &Path,
    book: &'a ClusterBook,
) -> Ground<'a> {
    let name = snapshot.file_name().unwrap_or_default();
    Ground {
        engine,
        manifest,
        snapshot: name.to_string_lossy().into_owned(),
        book,
        gone: Vec::new(),
    }
}

fn system(now: DateTime<Utc>) -> Change<'static> {
    Change {
        actor: SYSTEM,
        seen: None,
        now,
    }
}

/// Notes what left or entered an action's scope since the snapshot before, and evaluates the action.
fn follow(
    register: &mut Register,
    order: &Order<'_>,
    ground: &Ground<'_>,
    action: &mut Action,
    earlier: &BTreeMap<String, EarlierScope>,
    moved_out: &mut usize,
) -> Result<Option<Evaluation>, UpdateError> {
    let evaluated = evaluate(ground, action).map_err(|EvaluateError::Ground(e)| e)?;
    let Some(evaluation) = evaluated else {
        return Ok(None);
    };
    let watched = matches!(action.standing, Standing::Planned | Standing::Implemented);
    let before = earlier
        .get(&action.id.to_string())
        .filter(|before| before.scope.as_deref() == Some(&evaluation.check.scope.to_string()));
    let (true, Some(before)) = (watched, before) else {
        return Ok(Some(evaluation));
    };
    let inside: BTreeSet<&str> = evaluation
        .cases
        .iter()
        .map(|c| c.case_id.as_str())
        .collect();
    let gone: Vec<&String> = before
        .cases
        .iter()
        .filter(|case| !inside.contains(case.as_str()))
        .collect();
    // Cases that were merged were no complaints of their own.
    let out: Vec<String> = ground
        .cases_named(&gone)?
        .into_iter()
        .map(|case| case.case_id)
        .filter(|case| !action.moved_out.contains(case))
        .collect();
    let back: Vec<String> = action
        .moved_out
        .iter()
        .filter(|case| inside.contains(case.as_str()))
        .cloned()
        .collect();
    if out.is_empty() && back.is_empty() {
        return Ok(Some(evaluation));
    }
    *moved_out += out.len();
    for (cases, body) in [
        (
            out,
            (|cases| ActionBody::MovedOut { cases }) as fn(Vec<String>) -> ActionBody,
        ),
        (back, |cases| ActionBody::MovedIn { cases }),
    ] {
        if cases.is_empty() {
            continue;
        }
        *action = match order.dry_run {
            // On top of what is tried already, not of what is recorded.
            true => action
                .clone()
                .with(&ActionEvent {
                    event_no: action.version + 1,
                    recorded_at: order.now,
                    actor: SYSTEM.to_owned(),
                    body: body(cases),
                })
                .map_err(RegisterError::from)?,
            false => register.change_action(action.id, body(cases), system(order.now))?,
        };
    }
    Ok(evaluate(ground, action).map_err(|EvaluateError::Ground(e)| e)?)
}

/// An action's scope as the snapshot before had it.
struct EarlierScope {
    scope: Option<String>,
    cases: BTreeSet<String>,
}

/// The scopes of the newest earlier layer: of this snapshot, or of one before it.
fn earlier_scopes(
    order: &Order<'_>,
    source: &str,
) -> Result<BTreeMap<String, EarlierScope>, UpdateError> {
    let this = order
        .snapshot
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut names = order.lake.snapshots()?;
    names.retain(|name| *name <= this);
    names.sort();
    for name in names.iter().rev() {
        let folder = order.lake.root().join(name);
        // A snapshot of an older program is no hindrance: it knows nothing of actions.
        let Ok((manifest, layers)) = read_with_layers(&folder) else {
            continue;
        };
        // A case of another source that has a number of this one's is another case.
        if manifest.source_key() != source || !layers.iter().any(|layer| layer.kind == layer::KIND)
        {
            continue;
        }
        let mut found: BTreeMap<String, EarlierScope> = BTreeMap::new();
        read_table(
            &folder,
            &manifest.files,
            "actions",
            &["action_id", "scope"],
            |batch| {
                for (id, scope) in batch.texts("action_id")?.iter().zip(batch.texts("scope")?) {
                    let id = id.unwrap_or_default().to_owned();
                    let scope = scope.map(str::to_owned);
                    let cases = BTreeSet::new();
                    found.insert(id, EarlierScope { scope, cases });
                }
                Ok(())
            },
        )?;
        read_table(
            &folder,
            &manifest.files,
            "action_cases",
            &["action_id", "case_id"],
            |batch| {
                for (id, case) in batch
                    .texts("action_id")?
                    .iter()
                    .zip(batch.texts("case_id")?)
                {
                    if let Some(known) = found.get_mut(id.unwrap_or_default()) {
                        known.cases.extend(case.map(str::to_owned));
                    }
                }
                Ok(())
            },
        )?;
        return Ok(found);
    }
    Ok(BTreeMap::new())
}

fn records(
    register: &Register,
    as_of: Option<DateTime<Utc>>,
) -> Result<Vec<Record>, RegisterError> {
    let mut all = Vec::new();
    for kind in RecordKind::ALL {
        all.extend(register.records_of(*kind, as_of)?);
    }
    Ok(all)
}

/// What is due soon or overdue, earliest first.
pub fn reminders(actions: &[Action], records: &[Record], today: NaiveDate) -> Vec<Reminder> {
    let mut found = Vec::new();
    let mut due = |due_on: NaiveDate, what, id: String, title: &str, owner: &str| {
        if (due_on - today).num_days() <= SOON_DAYS {
            found.push(Reminder {
                due_on,
                overdue: due_on < today,
                what,
                id,
                title: title.to_owned(),
                owner: owner.to_owned(),
            });
        }
    };
    for action in actions {
        let (title, owner) = (&action.opened.title, &action.opened.owner);
        let id = action.id.to_string();
        match action.state(today) {
            ActionState::Open
            | ActionState::Analysed
            | ActionState::Planned
            | ActionState::Reopened => {
                if let Some(day) = action.due_on() {
                    due(day, Due::Implementation, id, title, owner);
                }
            }
            ActionState::Implemented | ActionState::Checking => {
                if let Some(day) = action.check_due_on() {
                    due(day, Due::Verification, id, title, owner);
                }
            }
            ActionState::Effective
            | ActionState::Ineffective
            | ActionState::Inconclusive
            | ActionState::Closed
            | ActionState::Withdrawn => {}
        }
    }
    for record in records {
        if let redress_domain::improvement::Recorded::Recommendation { given, done: None } =
            &record.what
            && let Some(day) = given.due_on
        {
            due(
                day,
                Due::Recommendation,
                record.name(),
                &given.text,
                &given.owner,
            );
        }
    }
    found.sort();
    found
}
