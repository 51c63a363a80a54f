//! The stage clock: due dates, counted days, pauses and verdicts of one stage.
//!
//! Every statistic and `case explain` call this module. A day is counted at one place only,
//! `Count::at`; the measure asks it for single days, the ledger for each day in turn.
//!
//! Rules (ours where the process leaves them open):
//! - The limit of `n` days runs until `due_at`, that instant not included: at `due_at` it is late.
//! - A stage that ended has as its *counted days* the number of the limit day on which it ended: the
//!   smallest `n` whose `due_at` lies after the end. An end on a free day therefore falls on the next
//!   counted day, and "met" is exactly "counted days <= limit".
//! - A stage that is still open has as its counted days those that are over: its censoring time.
//! - A counted day is left out of the net count only when pauses that stop the clock cover all of its
//!   opening hours. The day on which a pause begins or ends inside the opening hours counts; when that
//!   day is the last of the limit, the limit ends with it, pause or no pause.

use chrono::{DateTime, NaiveDate, Utc};

use super::calendar::{Calendar, CalendarError};
use super::vocabulary::words;

mod ledger;
mod walk;

pub use ledger::{DayWhat, LedgerDay, ledger};
use walk::{Count, Walk};

words! {
    /// How a stage ended.
    StageEnd {
        /// The stage's work was done.
        Done = "done",
        /// The complainant withdrew the complaint while the stage was open.
        Withdrawn = "withdrawn",
        /// The case was merged into another while the stage was open.
        Merged = "merged",
    }
}

words! {
    /// The judgement on a stage.
    Verdict {
        Met = "met", Missed = "missed", OpenLate = "open_late", OpenNotDue = "open_not_due",
        /// Stopped before its limit; net side only.
        Paused = "paused",
        /// Withdrawn or merged before its limit.
        Cancelled = "cancelled",
        /// The case has no such stage; given by the fold, never by the clock.
        NotApplicable = "not_applicable",
    }
}

words! {
    /// Which of the two figures: the promise as published, or with pauses deducted.
    SideKind { Gross = "gross", Net = "net" }
}

/// One pause of a stage; `to` is `None` while it runs. The instant `to` belongs to the work again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    pub from: DateTime<Utc>,
    pub to: Option<DateTime<Utc>>,
    pub reason: String,
    /// Only reasons on the customer's side stop the clock.
    pub stops_clock: bool,
}

/// One stage of one pass of a case, as the fold of its events gives it.
///
/// Pauses may overlap, touch, and reach beyond the stage; a pause whose end is not after its
/// beginning is ignored. A pause still running at the stage's end ends with the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSpan {
    pub started_at: DateTime<Utc>,
    pub ended: Option<(DateTime<Utc>, StageEnd)>,
    /// Counted days, from the limits in force at the start.
    pub limit_days: u32,
    pub pauses: Vec<Pause>,
}

/// Due date and count of one side, independent of `as_of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// The last day of the limit; `None` while a running pause leaves it open.
    pub due_on: Option<NaiveDate>,
    /// The instant from which the stage is late.
    pub due_at: Option<DateTime<Utc>>,
    /// At the end: the limit day on which the stage ended. Net side of an open stage whose clock a running
    /// pause stops: the counted days that were over when it stopped. Otherwise `None`; see
    /// [`StageMeasure::counted_days_at`].
    pub counted_days: Option<i64>,
    pub verdict_when_ended: Option<Verdict>,
}

/// The pause that runs on a stage which has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningPause {
    pub from: DateTime<Utc>,
    pub reason: String,
    pub stops_clock: bool,
    /// The net limit was over before the pause began.
    pub late_when_paused: bool,
    /// Only with a maximum pause: the instant from which the clock runs although the pause lasts.
    pub clock_resumes_at: Option<DateTime<Utc>>,
}

/// What is known of a stage without an `as_of`.
#[derive(Debug, Clone, PartialEq)]
pub struct StageMeasure {
    pub started_at: DateTime<Utc>,
    pub ended: Option<(DateTime<Utc>, StageEnd)>,
    pub limit_days: u32,
    pub max_pause_days: Option<u32>,
    pub day_zero: NaiveDate,
    /// [`Calendar::workday_index`] of day zero.
    pub start_workday_index: i64,
    pub gross: Side,
    pub net: Side,
    /// Working days from start to end, as a fraction; `None` while the stage is open.
    pub elapsed_gross: Option<f64>,
    /// The same without the opening hours covered by pauses that stop the clock; of an open stage with such a pause
    /// running, up to that pause; otherwise `None`.
    pub elapsed_net: Option<f64>,
    /// Counted days left out of the net count: of an ended stage `gross.counted_days` less
    /// `net.counted_days`; of an open one those that its finished pauses left out.
    pub paused_days: i64,
    pub running_pause: Option<RunningPause>,
    count: Count,
}

impl StageMeasure {
    pub fn side(&self, side: SideKind) -> &Side {
        match side {
            SideKind::Gross => &self.gross,
            SideKind::Net => &self.net,
        }
    }

    /// The verdict as known at `as_of`. An end after `as_of` has not happened yet.
    pub fn verdict_at(&self, side: SideKind, as_of: DateTime<Utc>) -> Verdict {
        let judged = self.side(side);
        if let (Some((ended, _)), Some(verdict)) = (self.ended, judged.verdict_when_ended)
            && ended <= as_of
        {
            return verdict;
        }
        if judged.due_at.is_some_and(|due| as_of >= due) {
            return Verdict::OpenLate;
        }
        let stands_still = match side {
            SideKind::Gross => false,
            SideKind::Net => self.running_pause.as_ref().is_some_and(|pause| {
                pause.stops_clock
                    && as_of >= pause.from
                    && pause.clock_resumes_at.is_none_or(|resumes| as_of < resumes)
            }),
        };
        if stands_still {
            Verdict::Paused
        } else {
            Verdict::OpenNotDue
        }
    }

    /// Counted days at `as_of`: of a stage that has ended its own, of an open one those that are over
    /// (its censoring time; on the net side they stand still while a pause stops the clock).
    ///
    /// `cal` is the calendar that the stage was measured with.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] when `as_of` falls outside the calendar's table.
    pub fn counted_days_at(
        &self,
        side: SideKind,
        as_of: DateTime<Utc>,
        cal: &Calendar,
    ) -> Result<i64, CalendarError> {
        if let (Some((ended, _)), Some(counted)) = (self.ended, self.side(side).counted_days)
            && ended <= as_of
        {
            return Ok(counted);
        }
        Ok(self.count.over_at(cal, as_of)?.of(side))
    }
}

/// Measures one stage. `max_pause_days`: at most so many counted days of a stage are left out, over all
/// its pauses; from the opening of the first day that would be one too many, no pause stops its clock.
/// `None` = no maximum.
///
/// # Errors
/// [`CalendarError::OutOfRange`] when a date that matters falls outside the calendar's table.
pub fn measure(
    span: &StageSpan,
    cal: &Calendar,
    max_pause_days: Option<u32>,
) -> Result<StageMeasure, CalendarError> {
    let walk = Walk::new(span, cal, max_pause_days)?;
    let mut gross = walk.side(SideKind::Gross)?;
    let mut net = walk.side(SideKind::Net)?;
    let (mut elapsed_gross, mut elapsed_net) = (None, None);
    let paused_days;
    if let Some((ended, how)) = span.ended {
        let reached = walk.count.limit_day_of(cal, ended)?;
        gross.counted_days = Some(reached.gross);
        net.counted_days = Some(reached.net);
        gross.verdict_when_ended = Some(verdict_of_end(how, gross.due_at, ended));
        net.verdict_when_ended = Some(verdict_of_end(how, net.due_at, ended));
        elapsed_gross = Some(cal.working_days(span.started_at, ended)?);
        elapsed_net = Some(walk.net_working_days(ended)?);
        paused_days = reached.gross - reached.net;
    } else {
        if let Some(stopped) = walk.stopped_at {
            net.counted_days = Some(walk.count.over_at(cal, stopped)?.net);
            elapsed_net = Some(walk.net_working_days(stopped)?);
        }
        paused_days = walk.left_out_by_finished_pauses();
    }
    Ok(StageMeasure {
        started_at: span.started_at,
        ended: span.ended,
        limit_days: span.limit_days,
        max_pause_days,
        day_zero: cal.date_no(walk.count.day_zero),
        start_workday_index: cal.index_no(walk.count.day_zero),
        running_pause: walk.running_pause(net.due_at),
        gross,
        net,
        elapsed_gross,
        elapsed_net,
        paused_days,
        count: walk.count,
    })
}

fn verdict_of_end(how: StageEnd, due_at: Option<DateTime<Utc>>, ended: DateTime<Utc>) -> Verdict {
    if due_at.is_some_and(|due| ended >= due) {
        return Verdict::Missed;
    }
    match how {
        StageEnd::Done => Verdict::Met,
        StageEnd::Withdrawn | StageEnd::Merged => Verdict::Cancelled,
    }
}
