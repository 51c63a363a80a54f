//! The ledger of `case explain`: a stage day by day, counted by the same function as its measure.

use chrono::{DateTime, NaiveDate, Utc};

use super::walk::{DayCount, Walk};
use super::{SideKind, StageSpan};
use crate::calendar::{Calendar, CalendarError, DayKind, DayNo};

/// What a day was for the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayWhat {
    /// The stage began.
    Start,
    /// Day 0, where it is not the day of the start (`after_hours = next_working_day`).
    DayZero,
    /// Open; a half day counts unless the calendar says otherwise.
    Working { half: bool },
    /// A special day on which nothing opened.
    NonWorking { name: String },
    /// A weekday without opening hours.
    Weekend,
    /// Pauses that stop the clock covered all opening hours: not in the net count.
    PausedOut { reason: String },
    /// A pause touched the opening hours, yet the day counts: it covered only a part of them, or does not
    /// stop the clock, or the maximum pause was used up.
    PausedPart { reason: String },
}

impl DayWhat {
    /// A fixed word for the kind of day, for translations.
    pub const fn as_str(&self) -> &'static str {
        match self {
            DayWhat::Start => "start",
            DayWhat::DayZero => "day_zero",
            DayWhat::Working { half: false } => "working",
            DayWhat::Working { half: true } => "half_day",
            DayWhat::NonWorking { .. } => "non_working",
            DayWhat::Weekend => "weekend",
            DayWhat::PausedOut { .. } => "paused_out",
            DayWhat::PausedPart { .. } => "paused_part",
        }
    }

    /// The holiday's name or the pauses' reasons.
    pub fn detail(&self) -> Option<&str> {
        match self {
            DayWhat::NonWorking { name } => Some(name),
            DayWhat::PausedOut { reason } | DayWhat::PausedPart { reason } => Some(reason),
            DayWhat::Start | DayWhat::DayZero | DayWhat::Working { .. } | DayWhat::Weekend => None,
        }
    }
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerDay {
    pub date: NaiveDate,
    pub what: DayWhat,
    /// Counted days after day 0 up to and including this one. On the line of the end: the limit day on
    /// which the stage ended, which is the next one when it ended on a free day (or after closing time,
    /// where limits end at closing time).
    pub counted_gross: i64,
    pub counted_net: i64,
    /// Limit less `counted_net`; negative when the limit is exceeded.
    pub left_net: i64,
    /// The gross limit ends with this day.
    pub due_gross: bool,
    /// The net limit ends with this day.
    pub due_net: bool,
    /// The stage ended on this day.
    pub ended: bool,
}

/// Day by day from the start to the end, or to the day of `as_of` while the stage is open.
///
/// # Errors
/// [`CalendarError::OutOfRange`] when a date that matters falls outside the calendar's table.
pub fn ledger(
    span: &StageSpan,
    cal: &Calendar,
    max_pause_days: Option<u32>,
    as_of: DateTime<Utc>,
) -> Result<Vec<LedgerDay>, CalendarError> {
    let walk = Walk::new(span, cal, max_pause_days)?;
    let limit = i64::from(span.limit_days);
    let due_gross = walk.count.nth(cal, SideKind::Gross, span.limit_days)?;
    let due_net = walk.count.nth(cal, SideKind::Net, span.limit_days)?;
    let end = span.ended.map(|(at, _)| at).filter(|at| *at <= as_of);
    let first = cal.number_at(span.started_at)?;
    let last = cal.number_at(end.unwrap_or(as_of))?.max(first);
    let mut before = DayCount { gross: 0, net: 0 };
    let mut lines = Vec::new();
    for day in first..=last {
        let through = walk.count.at(cal, day);
        let left_out = through.gross > before.gross && through.net == before.net;
        let ended = end.is_some() && day == last;
        let shown = match end {
            Some(at) if ended => walk.count.limit_day_of(cal, at)?,
            Some(_) | None => through,
        };
        lines.push(LedgerDay {
            date: cal.date_no(day),
            what: what_of(&walk, cal, day, first, left_out),
            counted_gross: shown.gross,
            counted_net: shown.net,
            left_net: limit - shown.net,
            due_gross: due_gross == Some(day),
            due_net: due_net == Some(day),
            ended,
        });
        before = through;
    }
    Ok(lines)
}

fn what_of(walk: &Walk<'_>, cal: &Calendar, day: DayNo, first: DayNo, left_out: bool) -> DayWhat {
    if day == first {
        return DayWhat::Start;
    }
    let special = cal.special_no(day);
    if cal.opening_no(day).is_none() {
        return match special {
            Some(special) => DayWhat::NonWorking {
                name: special.name.clone(),
            },
            None => DayWhat::Weekend,
        };
    }
    if day == walk.count.day_zero {
        return DayWhat::DayZero;
    }
    if left_out {
        return DayWhat::PausedOut {
            reason: reasons(walk, day, true),
        };
    }
    let reason = reasons(walk, day, false);
    if reason.is_empty() {
        let half = special.is_some_and(|day| matches!(day.kind, DayKind::HalfDay { .. }));
        DayWhat::Working { half }
    } else {
        DayWhat::PausedPart { reason }
    }
}

/// The distinct reasons of the pauses of a day, in order, joined.
fn reasons(walk: &Walk<'_>, day: DayNo, only_stopping: bool) -> String {
    let mut found: Vec<&str> = Vec::new();
    for pause in walk.pauses_on(day) {
        if (pause.stops_clock || !only_stopping) && !found.contains(&pause.reason.as_str()) {
            found.push(&pause.reason);
        }
    }
    found.join("; ")
}
