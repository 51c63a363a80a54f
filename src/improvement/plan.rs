//! A check is fixed: windows, settling, exposure, and what it can see at all. Nothing of it is looked at afterwards.

use chrono::{Days, NaiveDate};

use super::ground::{Ground, GroundError, ScopeCase};
use super::lag::{carried_over, lags, ripening, settling};
use super::months::Month;
use redress_domain::action::{CountBy, ExposureKind, Foreseen, RateCheck};
use redress_domain::scope::Scope;
use redress_stats::control::Exposed;
use redress_stats::dispersion::rate_dispersion;
use redress_stats::effect::{
    Ahead, Announcement, Criterion, DEFAULT_TARGET, Month as Counted, Outlook, Wanted, follow_up,
    judge, matched, outlook,
};
use redress_stats::{DEFAULT_CONFIDENCE, StatsError};

/// Months of a baseline unless told otherwise.
pub const BASELINE_MONTHS: u32 = 12;
/// Fewer months than these are no baseline, whoever asks for them.
const LEAST_BASELINE: u32 = 3;
/// No follow-up is planned for longer; what cannot be seen by then is said to be invisible.
pub const LONGEST_FOLLOW_UP: u32 = 36;
/// The reduction that an action is expected to bring unless told otherwise.
pub const EXPECTED_REDUCTION: f64 = 0.5;
/// Months before the opening in which the signal is taken to have begun, where nobody says when.
const SIGNAL_MONTHS: u32 = 3;
/// Lengths of follow-up for which the prospects are shown.
pub const SHOWN: [u32; 7] = [3, 6, 9, 12, 18, 24, 36];

/// What is asked for; `None` takes the default.
#[derive(Debug, Clone)]
pub struct Asked {
    pub scope: Scope,
    /// The scope may hold every complaint.
    pub everything: bool,
    pub signal_on: NaiveDate,
    pub baseline: Option<(Month, Month)>,
    pub seasonal: bool,
    pub count_by: CountBy,
    pub exposure: ExposureKind,
    pub settling_days: Option<u32>,
    pub ripening_days: Option<u32>,
    pub follow_up_months: Option<u32>,
    pub extension_months: Option<u32>,
    /// Share by which the rate has to fall at least.
    pub target: f64,
    /// Share by which it is expected to fall.
    pub reduction: f64,
}

impl Asked {
    /// Everything by default, for a scope and a signal.
    pub fn usual(scope: Scope, signal_on: NaiveDate) -> Asked {
        Asked {
            scope,
            everything: false,
            signal_on,
            baseline: None,
            seasonal: false,
            count_by: CountBy::Received,
            exposure: ExposureKind::WorkingDays,
            settling_days: None,
            ripening_days: None,
            follow_up_months: None,
            extension_months: None,
            target: DEFAULT_TARGET,
            reduction: EXPECTED_REDUCTION,
        }
    }
}

/// When the signal of an action is taken to have begun where nobody says when.
pub fn assumed_signal(opened_on: NaiveDate) -> NaiveDate {
    Month::of(opened_on).minus(SIGNAL_MONTHS).first()
}

/// A check as it would be fixed, with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub check: RateCheck,
    /// Complaints in scope over the whole snapshot.
    pub cases: usize,
    /// Complaints of the snapshot.
    pub all: i64,
    /// Month, complaints and exposure of the baseline.
    pub baseline: Vec<(Month, u64, f64)>,
    /// What follow-ups of several lengths can show.
    pub prospects: Vec<Outlook>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// Why a check cannot be fixed like this.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error(transparent)]
    Ground(#[from] GroundError),
    #[error(transparent)]
    Stats(#[from] StatsError),
    #[error(
        "the scope ({0}) holds no complaint; correct it, or judge the action by a criterion in words"
    )]
    Nothing(Scope),
    #[error("the scope ({0}) holds every complaint; narrow it, or say --everything")]
    Everything(Scope),
    #[error("the snapshot is empty")]
    Empty,
    #[error("the signal is said to begin on {0}, which is not over yet; give a day of the past")]
    SignalAhead(NaiveDate),
    #[error("the baseline {first} to {last} runs backwards")]
    Backwards { first: Month, last: Month },
    #[error(
        "the baseline ends with {last}, but the signal began on {signal_on}; it has to end before, or the peak makes any action look good"
    )]
    HoldsSignal { last: Month, signal_on: NaiveDate },
    #[error(
        "the baseline begins with {first}, but the snapshot knows whole months only from {known} on"
    )]
    BeforeData { first: Month, known: Month },
    #[error(
        "only {months} whole month(s) lie between the first complaint and the signal, and a baseline has {BASELINE_MONTHS} unless told otherwise; give one with --baseline (at least {LEAST_BASELINE} months), or wait"
    )]
    TooShort { months: u32 },
    #[error("a baseline of {months} month(s) says nothing; at least {LEAST_BASELINE}")]
    NoBaseline { months: u32 },
    #[error(
        "months matched by season need every calendar month of the follow-up in the baseline; {month} has no match, lengthen the baseline to a whole year"
    )]
    NoMatch { month: Month },
    #[error(
        "no complaint of the baseline has a date of {by}; count by receipt, and give --settling"
    )]
    NoDates { by: CountBy },
    #[error(
        "only {known} of {all} complaints of the baseline have a date of {by}; the others would be lost, so count by receipt"
    )]
    FewDates {
        by: CountBy,
        known: usize,
        all: usize,
    },
    #[error(
        "not even {LONGEST_FOLLOW_UP} months of follow-up see a reduction by {percent} % with a chance of 80 % (they see it with {seen} %): lengthen the baseline, widen the scope, expect more, or give --follow-up and accept that the answer may stay open"
    )]
    Invisible { percent: i64, seen: i64 },
    #[error("{what} of {found} month(s): give 1 to {most}")]
    Length {
        what: &'static str,
        found: u32,
        most: u32,
    },
    #[error("{what} is {found}; give a share from 0 up to, not including, 1")]
    Share { what: &'static str, found: f64 },
}

/// Fixes a check for an action that will be implemented about `start`.
///
/// # Errors
/// When the scope holds nothing or everything, a window overlaps the signal or lacks data or exposure, or nothing
/// could be seen within three years.
pub fn fix(ground: &Ground<'_>, asked: &Asked, start: NaiveDate) -> Result<Proposal, PlanError> {
    shares(asked)?;
    lengths(asked)?;
    let cases = ground.cases(&asked.scope)?;
    let all = ground.all()?;
    if cases.is_empty() {
        return Err(PlanError::Nothing(asked.scope.clone()));
    }
    if i64::try_from(cases.len()).unwrap_or(i64::MAX) >= all && !asked.everything {
        return Err(PlanError::Everything(asked.scope.clone()));
    }
    if asked.signal_on > ground.over_on() {
        return Err(PlanError::SignalAhead(asked.signal_on));
    }
    let mut notes = Vec::new();
    let lag = lags(&cases, asked.count_by, asked.signal_on);
    let ripening = ripening(asked, &lag, &mut notes)?;
    let (first, last) = baseline(ground, asked, ripening)?;
    let settling = settling(asked, &cases, &mut notes);
    let criterion = Criterion {
        target: asked.target,
        confidence: DEFAULT_CONFIDENCE,
    };
    let mut check = RateCheck {
        scope: asked.scope.clone(),
        signal_on: asked.signal_on,
        baseline_first: first.first(),
        baseline_last: last.last(),
        seasonal: asked.seasonal,
        count_by: asked.count_by,
        exposure: asked.exposure,
        settling_days: settling,
        ripening_days: ripening,
        follow_up_months: asked.follow_up_months.unwrap_or(LONGEST_FOLLOW_UP),
        extension_months: asked.extension_months,
        target: asked.target,
        reduction: asked.reduction,
        confidence: criterion.confidence,
        foreseen: Foreseen {
            snapshot: ground.snapshot.clone(),
            source: ground.manifest.source_key().to_owned(),
            baseline_cases: 0,
            baseline_exposure: 0.0,
            dispersion: None,
            months_needed: None,
            seen: 0.0,
            refuted: 0.0,
        },
    };
    // Every look has to hold by itself, so the prospects are those of the first one.
    let criterion = Criterion {
        confidence: check.confidence_of_a_look(),
        ..criterion
    };
    let exposure = ground.exposure(&asked.scope, asked.exposure, first, last)?;
    let before: Vec<(Month, Counted)> = Month::between(first.first(), last.first())
        .map(|month| {
            let events = counted_in(&cases, &check, month);
            let exposure = exposure.get(&month).copied().unwrap_or(0.0);
            (month, window_month(&check, month, events, exposure))
        })
        .collect();
    let counts: Vec<Counted> = before.iter().map(|(_, counted)| *counted).collect();
    dates_known(&cases, &check)?;
    let ahead = ahead(ground, &check, start, &counts, &lag)?;
    let prospects = prospects(&counts, &ahead, asked.reduction, &criterion)?;
    let needed = match follow_up(
        &counts,
        &ahead,
        asked.reduction,
        &Wanted::default(),
        &criterion,
    ) {
        Ok(Announcement::Reached(outlook)) => Some(outlook.months),
        Ok(Announcement::NotReached(_)) => None,
        Err(error) => return Err(no_match(error, &check, start)),
    };
    if asked.follow_up_months.is_none() {
        check.follow_up_months = needed.ok_or_else(|| PlanError::Invisible {
            percent: (asked.reduction * 100.0).round() as i64,
            seen: (prospects.last().map_or(0.0, |o| o.seen) * 100.0).round() as i64,
        })?;
    }
    let months = check.follow_up_months as usize;
    let fixed_ahead = &ahead[..months.min(ahead.len())];
    let used = matched(&counts, &seasons(fixed_ahead));
    let fixed = outlook(&used, fixed_ahead, asked.reduction, &criterion)
        .map_err(|error| no_match(error, &check, start))?;
    check.foreseen = Foreseen {
        snapshot: ground.snapshot.clone(),
        source: ground.manifest.source_key().to_owned(),
        baseline_cases: used.iter().map(|m| m.events).sum(),
        baseline_exposure: used.iter().map(|m| m.exposure).sum(),
        dispersion: scatter(&check, &used),
        months_needed: needed,
        seen: fixed.seen,
        refuted: fixed.refuted,
    };
    if asked.count_by == CountBy::Received {
        let within = cases.iter().filter(|c| {
            check.baseline_first <= c.received_on && c.received_on <= check.baseline_last
        });
        let (all, made): (Vec<&ScopeCase>, Vec<&ScopeCase>) = (
            within.clone().collect(),
            within.filter(|c| c.produced_on.is_some()).collect(),
        );
        if !all.is_empty() && made.len() * 10 >= all.len() * 9 {
            notes.push(
                "nearly all complaints have a day of production: with --count-by produced, goods made before the fix would not count against it"
                    .to_owned(),
            );
        }
    }
    if falls_already(&counts) {
        notes.push(
            "the baseline itself falls: its second half has fewer complaints than its first, beyond chance; a rate that goes on falling by itself is taken for the action's effect"
                .to_owned(),
        );
    }
    if asked.reduction <= asked.target {
        notes.push(
            "the reduction expected is no more than the one demanded, so that even an action that reaches it is called effective about every other time"
                .to_owned(),
        );
    }
    match needed {
        Some(needed) if check.follow_up_months < needed => notes.push(format!(
            "{needed} months of follow-up would be needed to see the reduction with a chance of 80 %"
        )),
        None => notes.push(format!(
            "no follow-up within {LONGEST_FOLLOW_UP} months sees the reduction with a chance of 80 %: a verdict is a matter of luck"
        )),
        Some(_) => {}
    }
    Ok(Proposal {
        check,
        cases: cases.len(),
        all,
        baseline: before
            .iter()
            .map(|(month, counted)| (*month, counted.events, counted.exposure))
            .collect(),
        prospects,
        notes,
    })
}

/// A month as the statistics take it.
pub(super) fn window_month(check: &RateCheck, month: Month, events: u64, exposure: f64) -> Counted {
    Counted {
        events,
        exposure,
        season: check.seasonal.then(|| month.of_year()),
    }
}

/// Cases of a month, by the date that the check counts by; too old or too young ones are left out where it ripens.
pub(super) fn counted_in(cases: &[ScopeCase], check: &RateCheck, month: Month) -> u64 {
    cases
        .iter()
        .filter(|case| counts_in(case, check, month))
        .count() as u64
}

/// Whether a case is counted in a month.
pub(super) fn counts_in(case: &ScopeCase, check: &RateCheck, month: Month) -> bool {
    let Some(day) = case.day(check.count_by) else {
        return false;
    };
    let ripe = match (check.ripening_days, case.lag(check.count_by)) {
        (None, _) => true,
        (Some(most), Some(lag)) => (0..=i64::from(most)).contains(&lag),
        (Some(_), None) => false,
    };
    ripe && Month::of(day) == month
}

fn shares(asked: &Asked) -> Result<(), PlanError> {
    for (what, found) in [
        ("the target", asked.target),
        ("the reduction expected", asked.reduction),
    ] {
        if !(0.0..1.0).contains(&found) {
            return Err(PlanError::Share { what, found });
        }
    }
    Ok(())
}

fn lengths(asked: &Asked) -> Result<(), PlanError> {
    for (what, given) in [
        ("a follow-up", asked.follow_up_months),
        ("an extension", asked.extension_months),
    ] {
        if let Some(found) = given.filter(|n| !(1..=LONGEST_FOLLOW_UP).contains(n)) {
            return Err(PlanError::Length {
                what,
                found,
                most: LONGEST_FOLLOW_UP,
            });
        }
    }
    Ok(())
}

/// First and last month of the baseline.
fn baseline(
    ground: &Ground<'_>,
    asked: &Asked,
    ripening: Option<u32>,
) -> Result<(Month, Month), PlanError> {
    let (first_on, _) = ground.span()?.ok_or(PlanError::Empty)?;
    // The month of the first complaint is rarely a whole one.
    let known = Month::of(first_on).plus(u32::from(chrono::Datelike::day(&first_on) > 1));
    // Goods of the last months must have shown what they show before the signal.
    let reach = asked
        .signal_on
        .checked_sub_days(Days::new(ripening.unwrap_or(0).into()))
        .unwrap_or(asked.signal_on);
    let latest = Month::of(reach).minus(1);
    let (first, last) = match asked.baseline {
        Some((first, last)) => {
            if last < first {
                return Err(PlanError::Backwards { first, last });
            }
            if last > latest {
                return Err(PlanError::HoldsSignal {
                    last,
                    signal_on: reach,
                });
            }
            (first, last)
        }
        None => (latest.minus(BASELINE_MONTHS - 1), latest),
    };
    let by_receipt = asked.count_by == CountBy::Received;
    if by_receipt && first < known {
        return Err(match asked.baseline {
            Some(_) => PlanError::BeforeData { first, known },
            None => PlanError::TooShort {
                months: u32::try_from(known.until(latest) + 1).unwrap_or(0),
            },
        });
    }
    let months = u32::try_from(first.until(last) + 1).unwrap_or(0);
    if months < LEAST_BASELINE {
        return Err(PlanError::NoBaseline { months });
    }
    Ok((first, last))
}

/// Counting by production or sale is refused where many complaints have no such date.
fn dates_known(cases: &[ScopeCase], check: &RateCheck) -> Result<(), PlanError> {
    if check.count_by == CountBy::Received {
        return Ok(());
    }
    let of_baseline: Vec<&ScopeCase> = cases
        .iter()
        .filter(|c| check.baseline_first <= c.received_on && c.received_on <= check.baseline_last)
        .collect();
    let known = of_baseline
        .iter()
        .filter(|c| c.day(check.count_by).is_some())
        .count();
    match known * 10 >= of_baseline.len() * 9 {
        true => Ok(()),
        false => Err(PlanError::FewDates {
            by: check.count_by,
            known,
            all: of_baseline.len(),
        }),
    }
}

/// The months of the longest follow-up as they are expected: exposure by the calendar, or the baseline's mean units.
fn ahead(
    ground: &Ground<'_>,
    check: &RateCheck,
    start: NaiveDate,
    before: &[Counted],
    lags: &[i64],
) -> Result<Vec<Ahead>, PlanError> {
    let Some((first, _)) = check.follow_up(start) else {
        return Err(PlanError::SignalAhead(start));
    };
    let first = Month::of(first);
    let longest = LONGEST_FOLLOW_UP.max(check.follow_up_months);
    let mean = before.iter().map(|m| m.exposure).sum::<f64>() / before.len() as f64;
    let known = match check.exposure {
        ExposureKind::WorkingDays => {
            ground.exposure(&check.scope, check.exposure, first, first.plus(longest - 1))?
        }
        ExposureKind::Units => std::collections::BTreeMap::new(),
    };
    Ok((0..longest)
        .map(|n| {
            let month = first.plus(n);
            Ahead {
                exposure: known.get(&month).copied().unwrap_or(mean),
                season: check.seasonal.then(|| month.of_year()),
                carried_over: carried_over(check, lags, start, month),
            }
        })
        .collect())
}

fn seasons(ahead: &[Ahead]) -> Vec<Option<u8>> {
    ahead.iter().map(|month| month.season).collect()
}

fn prospects(
    before: &[Counted],
    ahead: &[Ahead],
    reduction: f64,
    criterion: &Criterion,
) -> Result<Vec<Outlook>, PlanError> {
    let mut found = Vec::new();
    for months in SHOWN {
        let Some(ahead) = ahead.get(..months as usize) else {
            break;
        };
        let used = matched(before, &seasons(ahead));
        // A season that the baseline lacks is refused where the follow-up is fixed.
        if let Ok(outlook) = outlook(&used, ahead, reduction, criterion) {
            found.push(outlook);
        }
    }
    Ok(found)
}

/// A calendar month without a match, by its name.
fn no_match(error: StatsError, check: &RateCheck, start: NaiveDate) -> PlanError {
    if !check.seasonal {
        return error.into();
    }
    let known: Vec<u8> = Month::between(check.baseline_first, check.baseline_last)
        .map(Month::of_year)
        .collect();
    let first = check.follow_up(start).map(|(first, _)| Month::of(first));
    let lacking = first.and_then(|first| {
        (0..check.follow_up_months)
            .map(|n| first.plus(n))
            .find(|month| !known.contains(&month.of_year()))
    });
    match lacking {
        Some(month) => PlanError::NoMatch { month },
        None => error.into(),
    }
}

/// Whether the rate of the baseline's second half is below that of its first beyond chance. Seasons are left out of
/// account: the halves have none in common.
fn falls_already(before: &[Counted]) -> bool {
    let plain = |months: &[Counted]| -> Vec<Counted> {
        let bare = |month: &Counted| Counted {
            season: None,
            ..*month
        };
        months.iter().map(bare).collect()
    };
    let seasonal = before.iter().any(|month| month.season.is_some());
    let (first, second) = before.split_at(before.len() / 2);
    let criterion = Criterion {
        target: 0.0,
        confidence: DEFAULT_CONFIDENCE,
    };
    !seasonal
        && judge(&plain(first), &plain(second), &criterion)
            .is_ok_and(|found| found.upper.is_some_and(|upper| upper < 1.0))
}

/// Scatter of the baseline's months beyond chance; `None` where it cannot be told from season.
fn scatter(check: &RateCheck, before: &[Counted]) -> Option<f64> {
    if check.seasonal {
        return None;
    }
    let points: Vec<Exposed> = before
        .iter()
        .map(|month| Exposed {
            count: month.events,
            exposure: month.exposure,
        })
        .collect();
    rate_dispersion(&points)
        .ok()
        .map(|found| found.phi.max(1.0))
}
