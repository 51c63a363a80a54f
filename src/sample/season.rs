//! The span of a sample, and how often things happen on its days: the volume over the year, and the
//! planted causes with their rise and fall.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::Settings;
use super::office::{Office, Second};
use super::planted::{ACTIONS, CAUSES, Cause, Season, day_at};

/// First day, last instant, and the days between.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: NaiveDate,
    pub until: Second,
    pub last: NaiveDate,
}

impl Span {
    /// The span of a sample; `last` is the local day of its present.
    pub fn of(settings: &Settings, last: NaiveDate) -> Span {
        Span {
            from: settings.from,
            until: settings.until.timestamp(),
            last,
        }
    }

    /// Number of days from the first to the last.
    pub fn days(&self) -> i64 {
        (self.last - self.from).num_days()
    }

    /// The day's place in thousandths of the span.
    pub fn permille(&self, date: NaiveDate) -> i64 {
        (date - self.from).num_days() * 1000 / self.days().max(1)
    }
}

/// The weight of a day: season of building work, weekday, free days, and slow growth over the years.
pub fn day_weight(span: &Span, office: &Office, date: NaiveDate) -> u64 {
    const MONTHS: [u64; 12] = [70, 75, 92, 108, 120, 126, 121, 112, 116, 105, 90, 74];
    let month = MONTHS[usize::try_from(date.month0()).unwrap_or(0)];
    let open = office.hours(office.midnight(date)).is_some();
    let weekday = match (date.weekday(), open) {
        (Weekday::Mon, true) => 135,
        (Weekday::Tue | Weekday::Wed | Weekday::Thu, true) => 112,
        (Weekday::Fri, true) => 104,
        (Weekday::Sat, _) => 52,
        (Weekday::Sun, _) => 44,
        (Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri, false) => 38,
    };
    let growth = 1000 + u64::try_from(span.permille(date)).unwrap_or(0) / 6;
    month * weekday * growth
}

/// How often each cause strikes on a day, relative to the others and to other days.
pub fn cause_rates(span: &Span, date: NaiveDate) -> [u32; CAUSES.len()] {
    let mut rates = [0; CAUSES.len()];
    for (rate, cause) in rates.iter_mut().zip(CAUSES) {
        *rate = cause_rate(span, date, cause);
    }
    rates
}

fn cause_rate(span: &Span, date: NaiveDate, cause: &Cause) -> u32 {
    const SUMMER: [u32; 12] = [50, 55, 80, 105, 130, 150, 155, 150, 120, 90, 65, 50];
    let begin = day_at(span.from, span.days(), cause.starts);
    // Goods reach the complainant weeks after the fault began.
    let lag = if cause.family.is_some() && cause.starts > 0 {
        25
    } else {
        0
    };
    if date < begin + Days::new(lag) {
        return 0;
    }
    let month = usize::try_from(date.month0()).unwrap_or(0);
    let season = match cause.season {
        Season::Even => 100,
        Season::Summer => SUMMER[month],
        Season::Winter => SUMMER[(month + 6) % 12],
    };
    let left = match cure_of(span, cause) {
        Some(cured) if date > cured => remaining_permille(cause, (date - cured).num_days()),
        _ => 1000,
    };
    cause.rate * season * left / 1000
}

/// What is left of a cause some days after an action that works, in thousandths: what was made before
/// keeps failing for a while.
fn remaining_permille(cause: &Cause, days: i64) -> u32 {
    const LEFT: i64 = 120;
    let (settling, falling) = if cause.family.is_some() {
        (15, 90)
    } else {
        (3, 7)
    };
    let fallen = (days - settling).clamp(0, falling);
    u32::try_from(1000 - (1000 - LEFT) * fallen / falling).unwrap_or(1000)
}

/// The day on which the action that works was implemented.
pub fn cure_of(span: &Span, cause: &Cause) -> Option<NaiveDate> {
    ACTIONS
        .iter()
        .filter(|action| action.cause == cause.id && action.works)
        .find_map(|action| action.implemented)
        .map(|permille| day_at(span.from, span.days(), permille))
}
