//! An action is judged by the complaints of its windows, once the end that was fixed has passed.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::ground::{Ground, GroundError, ScopeCase};
use super::months::Month;
use super::plan::{counted_in, counts_in, window_month};
use redress_domain::action::{Action, ActionId, Check, Look, RateCheck, Sides, Verdict};
use redress_stats::effect::{self, Criterion, Month as Counted};

/// Which part of an action's time a month lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    Earlier,
    Baseline,
    /// Between the baseline and the follow-up: the signal, the work, the settling.
    Between,
    FollowUp,
    Later,
}

impl Window {
    /// The word in the lake.
    pub const fn as_str(self) -> &'static str {
        match self {
            Window::Earlier => "earlier",
            Window::Baseline => "baseline",
            Window::Between => "between",
            Window::FollowUp => "follow_up",
            Window::Later => "later",
        }
    }
}

/// One month of an action's time.
#[derive(Debug, Clone, PartialEq)]
pub struct MonthRow {
    pub month: Month,
    pub window: Window,
    pub cases: u64,
    /// Cases that were moved out of the scope since.
    pub moved_out: u64,
    /// `None` where it is not known (units that were not entered).
    pub exposure: Option<f64>,
    /// The month was over at the moment of judgement.
    pub whole: bool,
}

/// An action as the complaints show it on a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    pub action: ActionId,
    pub check: RateCheck,
    /// From the first month that is shown to that of the moment of judgement.
    pub months: Vec<MonthRow>,
    /// First and last day; `None` before the action is implemented.
    pub follow_up: Option<(NaiveDate, NaiveDate)>,
    /// The day whose end the next look waits for.
    pub due_on: Option<NaiveDate>,
    /// The look that is due now and not recorded yet.
    pub look: Option<Look>,
    /// Cases in scope, by receipt.
    pub cases: Vec<ScopeCase>,
    /// Cases of the windows that were moved out of the scope, by receipt.
    pub moved_out: Vec<ScopeCase>,
    /// Why it cannot be judged, where it cannot.
    pub hindrance: Option<String>,
}

/// Why an action cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    #[error(transparent)]
    Ground(#[from] GroundError),
}

/// Months shown before the baseline, where there are so many.
const SHOWN_BEFORE: u32 = 12;

/// Evaluates an action; `None` when it has no check that counts.
///
/// # Errors
/// When a file of the lake cannot be read or the scope names a cluster that never was.
pub fn evaluate(ground: &Ground<'_>, action: &Action) -> Result<Option<Evaluation>, EvaluateError> {
    let round = action.round();
    let Some(Check::Rate(check)) = round.check().map(|fixed| &fixed.check) else {
        return Ok(None);
    };
    let check = check.as_ref();
    if ground.manifest.source_key() != check.foreseen.source {
        return Err(GroundError::OtherSource {
            fixed: check.foreseen.source.clone(),
            found: ground.manifest.source_key().to_owned(),
        }
        .into());
    }
    let cases = ground.cases(&check.scope)?;
    let moved_out = moved(ground, action, &cases)?;
    let looks = round.looks.len().min(check.looks().saturating_sub(1));
    let implemented_on = round.implementation.as_ref().map(|i| i.on);
    let follow_up = implemented_on.and_then(|on| check.follow_up_at(on, looks));
    let due_on = implemented_on.and_then(|on| check.observed_until(on, looks));
    let mut evaluation = Evaluation {
        action: action.id,
        months: months(ground, check, follow_up, &cases, &moved_out)?,
        check: check.clone(),
        follow_up,
        due_on,
        look: None,
        cases,
        moved_out,
        hindrance: None,
    };
    let is_due = due_on.is_some_and(|due| due <= ground.over_on());
    if round.settled().is_none() && is_due {
        let number = u32::try_from(round.looks.len() + 1).unwrap_or(u32::MAX);
        match look(ground, &evaluation, number) {
            Ok(look) => evaluation.look = Some(look),
            Err(why) => evaluation.hindrance = Some(why),
        }
    }
    Ok(Some(evaluation))
}

/// The cases that were moved out and are unmerged.
fn moved(
    ground: &Ground<'_>,
    action: &Action,
    cases: &[ScopeCase],
) -> Result<Vec<ScopeCase>, GroundError> {
    let inside: BTreeSet<&str> = cases.iter().map(|c| c.case_id.as_str()).collect();
    let out: Vec<&String> = action
        .moved_out
        .iter()
        .filter(|case| !inside.contains(case.as_str()))
        .collect();
    ground.cases_named(&out)
}

fn months(
    ground: &Ground<'_>,
    check: &RateCheck,
    follow_up: Option<(NaiveDate, NaiveDate)>,
    cases: &[ScopeCase],
    moved_out: &[ScopeCase],
) -> Result<Vec<MonthRow>, GroundError> {
    let Some((first_on, _)) = ground.span()? else {
        return Ok(Vec::new());
    };
    let first = Month::of(check.baseline_first)
        .minus(SHOWN_BEFORE)
        .max(Month::of(first_on))
        .min(Month::of(check.baseline_first));
    let last = Month::of(ground.engine.params().as_of_on);
    let exposures = ground.exposures(&check.scope, check.exposure)?;
    let mut rows = Vec::new();
    for month in Month::between(first.first(), last.first()) {
        let window = window(check, follow_up, month);
        rows.push(MonthRow {
            month,
            window,
            cases: counted_in(cases, check, month),
            moved_out: counted_in(moved_out, check, month),
            exposure: exposures.get(&month).copied().filter(|found| *found > 0.0),
            whole: month.last() <= ground.over_on(),
        });
    }
    Ok(rows)
}

fn window(check: &RateCheck, follow_up: Option<(NaiveDate, NaiveDate)>, month: Month) -> Window {
    let day = month.first();
    if day < check.baseline_first {
        return Window::Earlier;
    }
    if day <= check.baseline_last {
        return Window::Baseline;
    }
    match follow_up {
        Some((first, last)) if first <= day && day <= last => Window::FollowUp,
        Some((_, last)) if day > last => Window::Later,
        Some(_) | None => Window::Between,
    }
}

/// The look itself; the error says in words why it cannot be taken.
fn look(ground: &Ground<'_>, evaluation: &Evaluation, number: u32) -> Result<Look, String> {
    let check = &evaluation.check;
    let (first, last) = evaluation.follow_up.ok_or("it is not implemented yet")?;
    let criterion = Criterion {
        target: check.target,
        confidence: check.confidence_of_a_look(),
    };
    let found = sides(evaluation, &criterion, 0)?;
    let any_out = evaluation.moved_out.iter().any(|case| {
        evaluation
            .months
            .iter()
            .filter(|row| matches!(row.window, Window::Baseline | Window::FollowUp))
            .any(|row| counts_in(case, check, row.month))
    });
    let as_if_still_in = match any_out {
        true => Some(sides(evaluation, &criterion, 1)?),
        false => None,
    };
    let more = (number as usize) < check.looks();
    Ok(Look {
        number,
        snapshot: ground.snapshot.clone(),
        as_of: ground.as_of(),
        follow_up_first: first,
        follow_up_last: last,
        confidence: criterion.confidence,
        settles: found.verdict != Verdict::Inconclusive || !more,
        found,
        as_if_still_in,
    })
}

/// Both windows judged; with the cases that were moved out when `with_out` is 1.
fn sides(evaluation: &Evaluation, criterion: &Criterion, with_out: u64) -> Result<Sides, String> {
    let check = &evaluation.check;
    let of = |wanted: Window| -> Result<Vec<Counted>, String> {
        let rows = evaluation.months.iter().filter(|row| row.window == wanted);
        rows.map(|row| {
            let exposure = row.exposure.ok_or_else(|| {
                format!(
                    "no units above 0 are given for {}; enter them with `redress import exposure`",
                    row.month
                )
            })?;
            let events = row.cases + with_out * row.moved_out;
            Ok(window_month(check, row.month, events, exposure))
        })
        .collect()
    };
    let after = of(Window::FollowUp)?;
    let before = effect::matched(
        &of(Window::Baseline)?,
        &after.iter().map(|m| m.season).collect::<Vec<_>>(),
    );
    let effect = effect::judge(&before, &after, criterion).map_err(|error| error.to_string())?;
    Ok(Sides {
        cases_before: effect.before.events,
        exposure_before: effect.before.exposure,
        cases_after: effect.after.events,
        exposure_after: effect.after.exposure,
        ratio: effect.ratio,
        lower: effect.lower,
        upper: effect.upper,
        p_value: effect.p_value,
        dispersion: effect.dispersion,
        verdict: match effect.verdict {
            effect::Verdict::Effective => Verdict::Effective,
            effect::Verdict::Ineffective => Verdict::Ineffective,
            effect::Verdict::Inconclusive => Verdict::Inconclusive,
        },
    })
}
