//! The layer of the lake: actions with their checks, and the records of improvement, as queries and reviews read them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};

use super::evaluate::Evaluation;
use super::plan::counts_in;
use super::signals::Signal;
use redress_domain::action::{
    Action, ActionId, ActionState, Check, Implemented, Look, RateCheck, Round,
};
use redress_domain::improvement::{Record, RecordKind, Recorded, ReviewBegun};
use redress_domain::period::Period;
use redress_lake::derived::{LayerDraft, LayerManifest};
use redress_lake::error::WriteError;
use redress_lake::manifest::{FileEntry, Manifest};
use redress_lake::store::LakeError;
use redress_lake::tables::{
    ActionCaseColumns, ActionCaseRow, ActionCheckColumns, ActionCheckRow, ActionColumns,
    ActionMonthColumns, ActionMonthRow, ActionRow, ActionScopeColumns, ActionScopeRow,
    ActionSignalColumns, ActionSignalRow, AuditColumns, AuditRow, ImprovementRunColumns,
    ImprovementRunRow, RecommendationColumns, RecommendationRow, ResearchColumns, ResearchRow,
    ReviewDecisionColumns, ReviewDecisionRow, ReviewInputColumns, ReviewInputRow,
    SuggestionColumns, SuggestionRow,
};
use redress_lake::writer::TableWriter;
use redress_register::{ChainHead, RUN_NAME};

/// The kind of the layer.
pub const KIND: &str = "improvement";

/// What the layer is made of.
pub struct Contents<'a> {
    pub actions: &'a [Action],
    pub evaluations: &'a BTreeMap<ActionId, Evaluation>,
    pub signals: &'a [Signal],
    pub records: &'a [Record],
    /// The day of the moment of judgement.
    pub today: NaiveDate,
    pub head: ChainHead,
}

/// Why a layer could not be written.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

type Written = Result<FileEntry, WriteError>;

/// Writes the layer beside the facts of a snapshot and answers its folder.
///
/// # Errors
/// When a file cannot be written; the layer is then not there.
pub fn write(
    snapshot: &Path,
    facts: &Manifest,
    now: DateTime<Utc>,
    contents: &Contents<'_>,
) -> Result<PathBuf, LayerError> {
    let draft = LayerDraft::begin(snapshot, KIND)?;
    let path = draft.path();
    let head = format!("{}:{}", contents.head.seq, contents.head.hash);
    let mut manifest = LayerManifest {
        kind: KIND.to_owned(),
        run: facts.as_of.format(RUN_NAME).to_string(),
        tool: redress_plain::TOOL.to_owned(),
        made_at: now,
        facts_digest: facts.digest.clone(),
        settings: BTreeMap::from([("improvement_head".to_owned(), head)]),
        notes: Vec::new(),
        rows: BTreeMap::new(),
        files: vec![
            actions(path, contents)?,
            scopes(path, contents)?,
            cases(path, contents)?,
            months(path, contents)?,
            checks(path, contents)?,
            signals(path, contents)?,
            audits(path, contents)?,
            recommendations(path, contents)?,
            suggestions(path, contents)?,
            research(path, contents)?,
            inputs(path, contents)?,
            decisions(path, contents)?,
            run_row(path, now, facts, contents)?,
        ],
        digest: String::new(),
    };
    Ok(draft.finish(&mut manifest)?)
}

/// The last thing that was carried out, over all attempts.
fn implemented(action: &Action) -> Option<&Implemented> {
    action
        .rounds
        .iter()
        .rev()
        .find_map(|round| round.implementation.as_ref())
}

fn actions(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<ActionColumns>::create(folder, None)?;
    for action in contents.actions {
        let id = action.id.to_string();
        let state = action.state(contents.today);
        let done: Vec<&Implemented> = action
            .rounds
            .iter()
            .filter_map(|round| round.implementation.as_ref())
            .collect();
        let scope = action.scope().map(ToString::to_string);
        let evaluation = contents.evaluations.get(&action.id);
        let opened = &action.opened;
        table.push(ActionRow {
            action_id: &id,
            title: &opened.title,
            kind: opened.kind.as_str(),
            source: opened.source.as_str(),
            reference: opened.reference.as_deref(),
            output: opened.output.map(|output| output.as_str()),
            state: state.as_str(),
            is_open: !action.standing.is_over(),
            owner: &opened.owner,
            department: opened.department.as_deref(),
            opened_on: opened.on,
            due_on: action.due_on(),
            implemented_on: implemented(action).map(|i| i.on),
            check_due_on: action.check_due_on(),
            verified_on: action.round().verification.as_ref().map(|(_, v)| v.on),
            closed_on: action.ending.as_ref().map(|ending| ending.on),
            withdrawn: state == ActionState::Withdrawn,
            scope: scope.as_deref(),
            // Those that can be opened; what is gone from the source counts in the months alone.
            cases_in_scope: evaluation
                .map(|e| count(e.cases.iter().filter(|c| c.case_key.is_some()).count())),
            documents_changed: count(done.iter().map(|i| i.documents.len()).sum()),
            cost_minor: done
                .iter()
                .fold(0_i64, |sum, i| sum.saturating_add(i.cost_minor)),
            reopenings: count(action.reopenings.len()),
            ending_note: action.ending.as_ref().and_then(|e| e.note.as_deref()),
        })?;
    }
    table.finish()
}

fn scopes(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<ActionScopeColumns>::create(folder, None)?;
    for action in contents.actions {
        let id = action.id.to_string();
        for condition in action.scope().into_iter().flat_map(|s| s.conditions()) {
            for value in &condition.values {
                table.push(ActionScopeRow {
                    action_id: &id,
                    dimension: condition.dimension.as_str(),
                    excluded: condition.excluded,
                    value,
                })?;
            }
        }
    }
    table.finish()
}

fn cases(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<ActionCaseColumns>::create(folder, None)?;
    for (id, evaluation) in contents.evaluations {
        let id = id.to_string();
        let all = evaluation.cases.iter().map(|case| (case, false));
        let out = evaluation.moved_out.iter().map(|case| (case, true));
        for (case, moved_out) in all.chain(out) {
            let Some(case_key) = case.case_key else {
                continue;
            };
            let row = evaluation
                .months
                .iter()
                .find(|row| counts_in(case, &evaluation.check, row.month));
            table.push(ActionCaseRow {
                action_id: &id,
                case_key,
                case_id: &case.case_id,
                time_window: row.map_or("outside", |row| row.window.as_str()),
                moved_out,
            })?;
        }
    }
    table.finish()
}

fn months(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<ActionMonthColumns>::create(folder, None)?;
    for (id, evaluation) in contents.evaluations {
        let id = id.to_string();
        for row in &evaluation.months {
            table.push(ActionMonthRow {
                action_id: &id,
                month: &row.month.to_string(),
                time_window: row.window.as_str(),
                cases: whole(row.cases),
                moved_out: whole(row.moved_out),
                exposure: row.exposure,
                whole: row.whole,
            })?;
        }
    }
    table.finish()
}

fn checks(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<ActionCheckColumns>::create(folder, None)?;
    for action in contents.actions {
        let id = action.id.to_string();
        for (attempt, round) in (1..).zip(&action.rounds) {
            let Some(fixed) = round.check() else { continue };
            let first = round.checks.first().unwrap_or(fixed);
            let by_person = round.verification.as_ref().map(|(_, v)| v);
            let blank = || ActionCheckRow {
                action_id: &id,
                attempt,
                check_no: 1,
                basis: "criterion",
                planned_on: first.fixed_at.date_naive(),
                changes: count(round.checks.len() - 1),
                changed_after_start: round.checks.iter().any(|fixed| fixed.after_start),
                cases_when_fixed: None,
                baseline_first: None,
                baseline_last: None,
                follow_up_first: None,
                follow_up_last: None,
                ended_on: by_person.map(|v| v.on),
                settles: by_person.is_some(),
                verdict: by_person.map(|v| v.verdict.as_str()),
                verdict_by_person: by_person.map(|v| v.verdict.as_str()),
                rate_ratio: None,
                ratio_lower: None,
                ratio_upper: None,
                p_value: None,
                dispersion: None,
                cases_before: None,
                cases_after: None,
                verdict_still_in: None,
                chance_to_see: None,
            };
            match &fixed.check {
                Check::Criterion(_) => table.push(blank())?,
                Check::Rate(check) => {
                    let counted = || ActionCheckRow {
                        basis: "rate",
                        baseline_first: Some(check.baseline_first),
                        baseline_last: Some(check.baseline_last),
                        ended_on: None,
                        settles: false,
                        verdict: None,
                        chance_to_see: Some(check.foreseen.seen),
                        cases_when_fixed: Some(whole(check.foreseen.baseline_cases)),
                        ..blank()
                    };
                    for look in &round.looks {
                        table.push(judged(counted(), look))?;
                    }
                    if round.looks.is_empty() {
                        table.push(ahead(counted(), round, check))?;
                    }
                }
            }
        }
    }
    table.finish()
}

/// A look's figures.
fn judged<'a>(row: ActionCheckRow<'a>, look: &'a Look) -> ActionCheckRow<'a> {
    ActionCheckRow {
        check_no: whole(look.number.into()),
        follow_up_first: Some(look.follow_up_first),
        follow_up_last: Some(look.follow_up_last),
        ended_on: Some(look.follow_up_last),
        settles: look.settles,
        verdict: Some(look.found.verdict.as_str()),
        verdict_by_person: row.verdict_by_person.filter(|_| look.settles),
        rate_ratio: look.found.ratio,
        ratio_lower: Some(look.found.lower),
        ratio_upper: look.found.upper,
        p_value: Some(look.found.p_value),
        dispersion: Some(look.found.dispersion),
        cases_before: Some(whole(look.found.cases_before)),
        cases_after: Some(whole(look.found.cases_after)),
        verdict_still_in: look.as_if_still_in.as_ref().map(|s| s.verdict.as_str()),
        ..row
    }
}

/// A check that was not looked at yet.
fn ahead<'a>(row: ActionCheckRow<'a>, round: &Round, check: &RateCheck) -> ActionCheckRow<'a> {
    let window = round
        .implementation
        .as_ref()
        .and_then(|done| check.follow_up(done.on));
    ActionCheckRow {
        follow_up_first: window.map(|(first, _)| first),
        follow_up_last: window.map(|(_, last)| last),
        ..row
    }
}

fn signals(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<ActionSignalColumns>::create(folder, None)?;
    for signal in contents.signals {
        let subject_id = signal.subject.id();
        let cases = signal.cases.join(", ");
        table.push(ActionSignalRow {
            signal: signal.kind.as_str(),
            subject: signal.subject.kind(),
            subject_id: &subject_id,
            label: &signal.label,
            trend: signal.trend.as_deref(),
            recent_cases: signal.recent.map(whole),
            recent_expected: signal.expected,
            q_value: signal.q_value,
            cases_year: count_i64(signal.year.cases),
            open_cases: count_i64(signal.year.open),
            cost_year_minor: signal.year.cost_minor,
            cases: (!cases.is_empty()).then_some(cases.as_str()),
        })?;
    }
    table.finish()
}

fn of_kind<'a>(contents: &'a Contents<'_>, kind: RecordKind) -> impl Iterator<Item = &'a Record> {
    contents.records.iter().filter(move |r| r.kind == kind)
}

fn audits(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<AuditColumns>::create(folder, None)?;
    let held = of_kind(contents, RecordKind::Audit).chain(of_kind(contents, RecordKind::Review));
    for (audit_no, record) in (1..).zip(held) {
        let name = record.name();
        let (kind, held_on, department) = match &record.what {
            Recorded::Audit(held) => ("audit", held.on, held.department.as_deref()),
            // Minutes that are still open are of no review that was held.
            Recorded::Review {
                begun,
                closed_on: Some(_),
                ..
            } => ("management_review", begun.on, None),
            Recorded::Review { .. } => continue,
            Recorded::Recommendation { .. }
            | Recorded::Suggestion { .. }
            | Recorded::Research { .. } => continue,
        };
        table.push(AuditRow {
            audit_no,
            record: &name,
            kind,
            held_on,
            department,
        })?;
    }
    table.finish()
}

fn recommendations(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<RecommendationColumns>::create(folder, None)?;
    for record in of_kind(contents, RecordKind::Recommendation) {
        let Recorded::Recommendation { given, done } = &record.what else {
            continue;
        };
        table.push(RecommendationRow {
            recommendation_no: whole(record.number.into()),
            source: given.source.as_str(),
            reference: &given.reference,
            recommended: &given.text,
            owner: &given.owner,
            given_on: given.on,
            due_on: given.due_on,
            done_on: done.as_ref().map(|(on, _)| *on),
        })?;
    }
    table.finish()
}

fn suggestions(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<SuggestionColumns>::create(folder, None)?;
    for record in of_kind(contents, RecordKind::Suggestion) {
        let Recorded::Suggestion {
            made,
            fate,
            decided,
        } = &record.what
        else {
            continue;
        };
        table.push(SuggestionRow {
            suggestion_no: whole(record.number.into()),
            made_on: made.on,
            department: made.department.as_deref(),
            suggested: &made.text,
            fate: fate.as_str(),
            decided_on: decided.as_ref().map(|(on, ..)| *on),
            action_id: decided.as_ref().and_then(|(.., action)| action.as_deref()),
        })?;
    }
    table.finish()
}

fn research(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<ResearchColumns>::create(folder, None)?;
    for record in of_kind(contents, RecordKind::Research) {
        let Recorded::Research {
            begun,
            outcome,
            concluded,
        } = &record.what
        else {
            continue;
        };
        table.push(ResearchRow {
            research_no: whole(record.number.into()),
            begun_on: begun.on,
            question: &begun.question,
            owner: &begun.owner,
            outcome: outcome.as_str(),
            concluded_on: concluded.as_ref().map(|(on, _)| *on),
            finding: concluded.as_ref().map(|(_, finding)| finding.as_str()),
        })?;
    }
    table.finish()
}

/// Minutes with the period that they are about; one that no longer reads as a period is left out.
fn reviews<'a>(
    contents: &'a Contents<'_>,
) -> impl Iterator<Item = (&'a Record, &'a ReviewBegun, Period)> {
    of_kind(contents, RecordKind::Review).filter_map(|record| match &record.what {
        Recorded::Review { begun, .. } => {
            Some((record, begun, begun.period.parse::<Period>().ok()?))
        }
        Recorded::Audit(_)
        | Recorded::Recommendation { .. }
        | Recorded::Suggestion { .. }
        | Recorded::Research { .. } => None,
    })
}

fn inputs(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<ReviewInputColumns>::create(folder, None)?;
    for (record, begun, period) in reviews(contents) {
        let Recorded::Review { inputs, .. } = &record.what else {
            continue;
        };
        for (input, entered) in inputs {
            table.push(ReviewInputRow {
                review: &record.name(),
                period_first: period.first,
                period_last: period.last,
                held_on: begun.on,
                input: input.as_str(),
                entered,
            })?;
        }
    }
    table.finish()
}

fn decisions(folder: &Path, contents: &Contents<'_>) -> Written {
    let mut table = TableWriter::<ReviewDecisionColumns>::create(folder, None)?;
    for (record, begun, period) in reviews(contents) {
        let Recorded::Review { decisions, .. } = &record.what else {
            continue;
        };
        for (decision_no, decision) in (1..).zip(decisions) {
            table.push(ReviewDecisionRow {
                review: &record.name(),
                decision_no,
                period_first: period.first,
                period_last: period.last,
                held_on: begun.on,
                output: decision.output.as_str(),
                decision: &decision.text,
                action_id: &decision.action,
            })?;
        }
    }
    table.finish()
}

fn run_row(
    folder: &Path,
    now: DateTime<Utc>,
    facts: &Manifest,
    contents: &Contents<'_>,
) -> Written {
    let mut table = TableWriter::<ImprovementRunColumns>::create(folder, None)?;
    table.push(ImprovementRunRow {
        run_id: &facts.as_of.format(RUN_NAME).to_string(),
        ran_at: now,
        actions: count(contents.actions.len()),
        records: count(contents.records.len()),
        improvement_head: &format!("{}:{}", contents.head.seq, contents.head.hash),
    })?;
    table.finish()
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn count_i64(n: i64) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn whole(n: u64) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
