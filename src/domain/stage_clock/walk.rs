//! Counting of days, once for all: [`Count::at`] for the counts, [`Walk`] for what the pauses leave out.

use chrono::{DateTime, Utc};

use super::{Pause, RunningPause, Side, SideKind, StageSpan};
use crate::calendar::{Calendar, CalendarError, DayNo};

/// Counted days on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DayCount {
    pub(super) gross: i64,
    pub(super) net: i64,
}

impl DayCount {
    pub(super) fn of(self, side: SideKind) -> i64 {
        match side {
            SideKind::Gross => self.gross,
            SideKind::Net => self.net,
        }
    }
}

/// The one place where days are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) day_zero: DayNo,
    /// Runs of days, first and last, on which a pause that stops the clock covers all opening hours; in
    /// order. Days on which nothing opens may lie in them and are never counted anyway. A run without
    /// an end (a pause that runs) has `DayNo::MAX`.
    left_out: Vec<(DayNo, DayNo)>,
}

impl Count {
    /// Counted days after day 0 up to and including `day`.
    pub(super) fn at(&self, cal: &Calendar, day: DayNo) -> DayCount {
        let gross = self.counted_in(cal, (self.day_zero + 1, day));
        let left_out: i64 = self
            .left_out
            .iter()
            .map(|&(first, last)| self.counted_in(cal, (first, last.min(day))))
            .sum();
        DayCount {
            gross,
            net: gross - left_out,
        }
    }

    /// Counted days of a run of days, those up to day 0 left aside.
    fn counted_in(&self, cal: &Calendar, (first, last): (DayNo, DayNo)) -> i64 {
        let before = (first - 1).max(self.day_zero);
        if last <= before {
            return 0;
        }
        cal.index_no(last) - cal.index_no(before)
    }

    /// Counted days that are over at an instant.
    pub(super) fn over_at(
        &self,
        cal: &Calendar,
        at: DateTime<Utc>,
    ) -> Result<DayCount, CalendarError> {
        Ok(self.at(cal, cal.limit_day_no(at)? - 1))
    }

    /// The limit day on which an instant falls; day 0 and before: 0.
    pub(super) fn limit_day_of(
        &self,
        cal: &Calendar,
        at: DateTime<Utc>,
    ) -> Result<DayCount, CalendarError> {
        let day = cal.limit_day_no(at)?;
        let over = self.at(cal, day - 1);
        let running = i64::from(day > self.day_zero);
        Ok(DayCount {
            gross: over.gross + running,
            net: over.net + running,
        })
    }

    /// The n-th counted day after day 0; `None` when a running pause comes before it.
    pub(super) fn nth(
        &self,
        cal: &Calendar,
        side: SideKind,
        n: u32,
    ) -> Result<Option<DayNo>, CalendarError> {
        if n == 0 {
            return Ok(Some(self.day_zero));
        }
        let mut index = cal.index_no(self.day_zero) + i64::from(n);
        let mut day = cal.counted_no(index)?;
        match side {
            SideKind::Gross => {}
            SideKind::Net => {
                for &(first, last) in &self.left_out {
                    if day < first {
                        break;
                    }
                    if last == DayNo::MAX {
                        return Ok(None);
                    }
                    index += self.counted_in(cal, (first, last));
                    day = cal.counted_no(index)?;
                }
            }
        }
        Ok(Some(day))
    }
}

/// A stage laid over a calendar: its pauses merged, clipped and turned into days left out.
pub(super) struct Walk<'a> {
    pub(super) span: &'a StageSpan,
    cal: &'a Calendar,
    pub(super) count: Count,
    /// Intervals during which the clock stands, in order and apart from each other; seconds since 1970,
    /// the last one up to `RUNNING` when its pause runs.
    stops: Vec<(i64, i64)>,
    /// Of `count.left_out`, how many runs belong to pauses that are over.
    finished_runs: usize,
    /// When the clock stopped for a pause that still runs.
    pub(super) stopped_at: Option<DateTime<Utc>>,
    /// When the maximum pause was used up; from there on no pause stops the clock.
    exhausted_at: Option<DateTime<Utc>>,
}

const RUNNING: i64 = i64::MAX;

impl<'a> Walk<'a> {
    pub(super) fn new(
        span: &'a StageSpan,
        cal: &'a Calendar,
        max_pause_days: Option<u32>,
    ) -> Result<Self, CalendarError> {
        let mut walk = Walk {
            span,
            cal,
            count: Count {
                day_zero: cal.day_zero_no(span.started_at)?,
                left_out: Vec::new(),
            },
            stops: Vec::new(),
            finished_runs: 0,
            stopped_at: None,
            exhausted_at: None,
        };
        if !span.pauses.is_empty() {
            walk.stops = merged_stops(span);
            walk.leave_out(max_pause_days)?;
        }
        Ok(walk)
    }

    /// Turns the intervals into runs of days left out, until the maximum is used up.
    fn leave_out(&mut self, max_pause_days: Option<u32>) -> Result<(), CalendarError> {
        let mut allowance = max_pause_days.map(i64::from);
        for place in 0..self.stops.len() {
            let (from, to) = self.stops[place];
            let run = (self.first_whole_day(from)?, self.last_whole_day(to)?);
            let (first, last) = run;
            if to == RUNNING {
                self.stopped_at = DateTime::from_timestamp(from, 0);
            }
            if last < first {
                continue;
            }
            if let Some(left) = allowance {
                let covered = if to == RUNNING {
                    i64::MAX
                } else {
                    self.count.counted_in(self.cal, run)
                };
                if covered > left {
                    let before = (first - 1).max(self.count.day_zero);
                    let counts_again = self.cal.counted_no(self.cal.index_no(before) + left + 1)?;
                    self.count.left_out.push((first, counts_again - 1));
                    if let Some((opens, _)) = self.cal.opening_no(counts_again) {
                        self.stops[place].1 = opens;
                        self.exhausted_at = DateTime::from_timestamp(opens, 0);
                    }
                    self.stops.truncate(place + 1);
                    if to != RUNNING {
                        self.finished_runs = self.count.left_out.len();
                    }
                    return Ok(());
                }
                allowance = Some(left - covered);
            }
            self.count.left_out.push(run);
            if to != RUNNING {
                self.finished_runs = self.count.left_out.len();
            }
        }
        Ok(())
    }

    /// The first day whose opening hours begin at `from` or later.
    fn first_whole_day(&self, from: i64) -> Result<DayNo, CalendarError> {
        let day = self.cal.number_at_second(from)?;
        Ok(match self.cal.opening_no(day) {
            Some((opens, _)) if opens < from => day + 1,
            Some(_) | None => day,
        })
    }

    /// The last day whose opening hours end at `to` or before.
    fn last_whole_day(&self, to: i64) -> Result<DayNo, CalendarError> {
        if to == RUNNING {
            return Ok(DayNo::MAX);
        }
        let day = self.cal.number_at_second(to)?;
        Ok(match self.cal.opening_no(day) {
            Some((_, closes)) if closes > to => day - 1,
            Some(_) | None => day,
        })
    }

    /// Due day and instant of one side, with nothing known of an end.
    pub(super) fn side(&self, side: SideKind) -> Result<Side, CalendarError> {
        let due = self.count.nth(self.cal, side, self.span.limit_days)?;
        Ok(Side {
            due_on: due.map(|day| self.cal.date_no(day)),
            due_at: due.map(|day| self.cal.limit_end_no(day)).transpose()?,
            counted_days: None,
            verdict_when_ended: None,
        })
    }

    /// Working days from the start to `until`, without what the pauses cover.
    pub(super) fn net_working_days(&self, until: DateTime<Utc>) -> Result<f64, CalendarError> {
        let mut days = self.cal.working_days(self.span.started_at, until)?;
        for &(from, to) in &self.stops {
            let to = to.min(until.timestamp());
            if let (Some(from), Some(to)) = (
                DateTime::from_timestamp(from, 0),
                DateTime::from_timestamp(to, 0),
            ) {
                days -= self.cal.working_days(from, to)?;
            }
        }
        Ok(days.max(0.0))
    }

    /// Counted days that pauses which are over leave out.
    pub(super) fn left_out_by_finished_pauses(&self) -> i64 {
        self.count
            .left_out
            .iter()
            .take(self.finished_runs)
            .map(|&run| self.count.counted_in(self.cal, run))
            .sum()
    }

    /// The running pause that stops the clock, else the first that runs; none when the stage has ended.
    pub(super) fn running_pause(&self, net_due_at: Option<DateTime<Utc>>) -> Option<RunningPause> {
        if self.span.ended.is_some() {
            return None;
        }
        let pause = self
            .span
            .pauses
            .iter()
            .filter(|pause| pause.to.is_none())
            .min_by_key(|pause| (!pause.stops_clock, pause.from))?;
        let from = pause.from.max(self.span.started_at);
        Some(RunningPause {
            from,
            reason: pause.reason.clone(),
            stops_clock: pause.stops_clock,
            late_when_paused: net_due_at.is_some_and(|due| from >= due),
            clock_resumes_at: if pause.stops_clock {
                self.exhausted_at.map(|at| at.max(from))
            } else {
                None
            },
        })
    }

    /// Pauses that touch the opening hours of a day, in the order of the stage.
    pub(super) fn pauses_on(&self, day: DayNo) -> impl Iterator<Item = &'a Pause> {
        let opening = self.cal.opening_no(day);
        let span = self.span;
        span.pauses.iter().filter(move |pause| {
            let from = pause.from.max(span.started_at).timestamp();
            let to = match (pause.to, span.ended) {
                (Some(to), Some((ended, _))) => to.min(ended).timestamp(),
                (Some(to), None) => to.timestamp(),
                (None, Some((ended, _))) => ended.timestamp(),
                (None, None) => RUNNING,
            };
            opening.is_some_and(|(opens, closes)| from < closes && to > opens && from < to)
        })
    }
}

/// The pauses that stop the clock, clipped to the stage, in order and merged where they meet. The
/// beginning is rounded up and the end down to whole seconds, so that no day is left out by rounding.
fn merged_stops(span: &StageSpan) -> Vec<(i64, i64)> {
    let ended = span.ended.map_or(RUNNING, |(at, _)| at.timestamp());
    let mut stops: Vec<(i64, i64)> = span
        .pauses
        .iter()
        .filter(|pause| pause.stops_clock)
        .map(|pause| {
            let from = pause.from.max(span.started_at);
            let rounded_up = from.timestamp() + i64::from(from.timestamp_subsec_nanos() > 0);
            let to = pause.to.map_or(RUNNING, |at| at.timestamp());
            (rounded_up, to.min(ended))
        })
        .filter(|(from, to)| from < to)
        .collect();
    stops.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::with_capacity(stops.len());
    for (from, to) in stops {
        match merged.last_mut() {
            Some(previous) if from <= previous.1 => previous.1 = previous.1.max(to),
            Some(_) | None => merged.push((from, to)),
        }
    }
    merged
}
