//! From a case file to its stages: where each clock starts, where it ends, and who held the case.
//!
//! Our reading of the source process (a setting, printed with the figures):
//! - acknowledgement: received -> acknowledged
//! - intake: received -> the later of the first classification and the first routing
//! - processing: end of intake (pass 2: the rejection or reopening) -> decision in force
//! - resolution: decision in force -> communicated
//! - overall: received -> first communicated, one clock of its own
//!
//! A case settled where it was made ends its intake at the decision; processing does not apply.

use chrono::{DateTime, Utc};

use super::case_file::{CaseFile, PassRecord, Rest};
use super::stage_clock::{Pause, StageEnd, StageSpan};
use super::vocabulary::Severity;
use super::workflow::{Pass, StateName};

pub use super::limits::Stage;

/// The unit that holds a case before its first routing.
pub const CUSTOMER_SERVICE: &str = "customer_service";

/// One stage of one pass.
#[derive(Debug, Clone, PartialEq)]
pub struct StageRecord {
    pub stage: Stage,
    pub pass: Pass,
    pub started_at: DateTime<Utc>,
    pub ended: Option<(DateTime<Utc>, StageEnd)>,
    /// Department that held the case at the start; [`CUSTOMER_SERVICE`] before the first routing.
    pub department: String,
    pub site: Option<String>,
    /// Severity known at the start; `None` before the first assessment.
    pub severity: Option<Severity>,
    /// False for the processing of a case that was settled where it was made.
    pub applies: bool,
}

impl StageRecord {
    /// The stage with its limit and the case's rests, ready for the clock.
    pub fn span(&self, limit_days: u32, rests: &[Rest]) -> StageSpan {
        StageSpan {
            started_at: self.started_at,
            ended: self.ended,
            limit_days,
            pauses: rests
                .iter()
                .filter(|r| r.to.is_none_or(|to| to > self.started_at))
                .filter(|r| self.ended.is_none_or(|(end, _)| r.from < end))
                .map(|r| Pause {
                    from: r.from,
                    to: r.to,
                    reason: r.reason.as_str().to_owned(),
                    stops_clock: r.reason.stops_clock(),
                })
                .collect(),
        }
    }
}

/// The stages of a case, in the order of their start.
pub fn stages(file: &CaseFile) -> Vec<StageRecord> {
    let mut found = Vec::with_capacity(5);
    let received = file.received_at();
    // A case that ended without us (withdrawn, merged) ends whatever clock was running.
    let cut = file.history.last().and_then(|last| match last.state {
        StateName::Withdrawn => Some((last.at, StageEnd::Withdrawn)),
        StateName::Merged => Some((last.at, StageEnd::Merged)),
        _ => None,
    });
    let or_cut = |done: Option<DateTime<Utc>>| done.map(|at| (at, StageEnd::Done)).or(cut);
    let first = file.passes.first().filter(|p| p.pass == 1);

    let acknowledged = file.acknowledged.map(|(at, _)| at);
    found.push(file.stage_record(Stage::Acknowledgement, 1, received, or_cut(acknowledged)));
    let communicated = file
        .passes
        .iter()
        .find_map(|p| p.communicated.map(|(at, _)| at));
    found.push(file.stage_record(Stage::Overall, 1, received, or_cut(communicated)));

    let intake_end = intake_end(file, first);
    found.push(file.stage_record(Stage::Intake, 1, received, or_cut(intake_end)));

    if let Some(start) = intake_end {
        let settled = file.settled_where_made();
        let decided = first.and_then(in_force);
        let mut processing = file.stage_record(Stage::Processing, 1, start, or_cut(decided));
        processing.applies = !settled;
        if settled {
            processing.ended = Some((start, StageEnd::Done));
        }
        found.push(processing);
        found.extend(resolution(file, first, cut));
    }
    for pass in file.passes.iter().filter(|p| p.pass > 1) {
        let Some(start) = pass.started_at.or_else(|| in_force(pass)) else {
            continue;
        };
        let decided = in_force(pass);
        found.push(file.stage_record(Stage::Processing, pass.pass, start, or_cut(decided)));
        found.extend(resolution(file, Some(pass), cut));
    }
    found
}

fn in_force(pass: &PassRecord) -> Option<DateTime<Utc>> {
    pass.decision.as_ref().and_then(|d| d.in_force_at)
}

/// Intake ends when the case is both classified and routed, or at the first decision.
fn intake_end(file: &CaseFile, first: Option<&PassRecord>) -> Option<DateTime<Utc>> {
    let decided = first.and_then(in_force);
    let moved_on = match (file.classified_at, file.routed_at) {
        (Some(classified), Some(routed)) => Some(classified.max(routed)),
        _ => None,
    };
    match (moved_on, decided) {
        (Some(moved), Some(decided)) => Some(moved.min(decided)),
        (moved, decided) => moved.or(decided),
    }
}

fn resolution(
    file: &CaseFile,
    pass: Option<&PassRecord>,
    cut: Option<(DateTime<Utc>, StageEnd)>,
) -> Option<StageRecord> {
    let pass = pass?;
    let start = in_force(pass)?;
    let told = pass.communicated.map(|(at, _)| (at, StageEnd::Done));
    Some(file.stage_record(Stage::Resolution, pass.pass, start, told.or(cut)))
}

impl CaseFile {
    fn stage_record(
        &self,
        stage: Stage,
        pass: Pass,
        started_at: DateTime<Utc>,
        ended: Option<(DateTime<Utc>, StageEnd)>,
    ) -> StageRecord {
        let holding = match stage {
            // The customer service unit answers for what starts with the receipt.
            Stage::Acknowledgement | Stage::Intake | Stage::Overall => None,
            Stage::Processing | Stage::Resolution => self.holding_at(started_at),
        };
        StageRecord {
            stage,
            pass,
            started_at,
            // Clocks that a foreign store runs backwards end where they started.
            ended: ended.map(|(at, how)| (at.max(started_at), how)),
            department: holding
                .map_or_else(|| CUSTOMER_SERVICE.to_owned(), |h| h.department.clone()),
            site: holding.and_then(|h| h.site.clone()),
            severity: self.severity_at(started_at),
            applies: true,
        }
    }
}
