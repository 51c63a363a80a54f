//! How an action will be judged, as it is entered: by a criterion in words, or by the complaints in its scope, with what
//! such a check can see before it is fixed.

use chrono::NaiveDate;

use super::said;
use crate::app::App;
use crate::entry::{Choice, Field, Wrong};
use crate::error::{Result, WebError};
use crate::quality::snapshot::Snapshot;
use crate::visit::{Fields, Visit};
use crate::words::Words;
use redress_domain::action::{Action, Check, CountBy, CriterionCheck, ExposureKind};
use redress_domain::scope::Scope;
use redress_improvement::months::Month;
use redress_improvement::plan::{Asked, Proposal, assumed_signal, fix};

/// A check, and what can be known of it where it counts complaints.
pub struct Made {
    pub check: Check,
    pub proposal: Option<Proposal>,
}

/// What follow-ups of several lengths can show.
pub struct Prospect {
    pub months: String,
    pub seen: String,
    pub refuted: String,
}

/// What is asked about the judging.
pub fn fields(words: &Words, action: &Action, entered: &Fields) -> Vec<Field> {
    let text = |key: &'static str| words.text(key);
    let optional = |field: Field| field.optional().of(entered);
    let scope = action.scope().map(ToString::to_string).unwrap_or_default();
    let usual = match scope.is_empty() {
        true => "criterion",
        false => "complaints",
    };
    vec![
        Field::select(
            "judge_by",
            text("judging.by"),
            ["complaints", "criterion"].map(|by| {
                let key = format!("judging.by_{by}");
                Choice::new(by, words.text(&key))
            }),
        )
        .hint(text("judging.by_hint"))
        .or(entered, usual),
        optional(Field::area("criterion", text("judging.criterion"), 2))
            .hint(text("judging.criterion_hint")),
        optional(Field::date("criterion_due", text("judging.criterion_due"))),
        Field::line("scope", text("action.scope"))
            .hint(text("action.scope_hint"))
            .optional()
            .or(entered, scope),
        Field::tick("everything", text("judging.everything")).of(entered),
        Field::date("signal_on", text("judging.signal"))
            .hint(text("judging.signal_hint"))
            .optional()
            .or(entered, signal(action).format("%Y-%m-%d").to_string()),
        optional(Field::month(
            "baseline_first",
            text("judging.baseline_first"),
        ))
        .hint(text("judging.baseline_hint")),
        optional(Field::month("baseline_last", text("judging.baseline_last"))),
        Field::tick("seasonal", text("judging.seasonal_tick")).of(entered),
        Field::select(
            "count_by",
            text("judging.count_by"),
            CountBy::ALL
                .iter()
                .map(|by| Choice::new(by.as_str(), said::count_by(words, *by))),
        )
        .hint(text("judging.count_by_hint"))
        .of(entered),
        Field::select(
            "exposure",
            text("judging.exposure"),
            ExposureKind::ALL
                .iter()
                .map(|kind| Choice::new(kind.as_str(), said::exposure(words, *kind))),
        )
        .of(entered),
        optional(Field::number(
            "settling_days",
            text("judging.settling_days"),
        ))
        .hint(text("judging.settling_hint")),
        optional(Field::number(
            "ripening_days",
            text("judging.ripening_days"),
        ))
        .hint(text("judging.ripening_hint")),
        optional(Field::number(
            "follow_up_months",
            text("judging.follow_up_months"),
        ))
        .hint(text("judging.follow_up_hint")),
        optional(Field::number(
            "extension_months",
            text("judging.extension_months"),
        ))
        .hint(text("judging.extension_hint")),
        optional(Field::number("target", text("judging.target"))).hint(text("judging.target_hint")),
        optional(Field::number("reduction", text("judging.reduction")))
            .hint(text("judging.reduction_hint")),
    ]
}

/// The check that was entered, for an action that will be carried out about `start`.
///
/// # Errors
/// When the register or the lake cannot be read. What was entered wrongly is the inner error.
pub fn made(
    app: &App,
    visit: &Visit,
    action: &Action,
    start: NaiveDate,
) -> Result<std::result::Result<Made, Vec<Wrong>>> {
    let words = app.words(visit.language);
    let entered = &visit.form;
    if entered.get("judge_by") == "criterion" {
        return Ok(criterion(words, entered));
    }
    let asked = match asked(words, action, entered) {
        Ok(asked) => asked,
        Err(wrongs) => return Ok(Err(wrongs)),
    };
    let Some(snapshot) = Snapshot::newest(app, visit.now, None)? else {
        let wrong = Wrong::of("judge_by", words.text("judging.no_snapshot"));
        return Ok(Err(vec![wrong]));
    };
    let mapping = snapshot.manifest.source_key();
    let (book, gone) = app.register(|r| {
        let gone = r.gone_cases(mapping, Some(snapshot.manifest.as_of))?;
        Ok::<_, WebError>((r.cluster_book(mapping, None)?.book, gone))
    })?;
    Ok(
        match fix(&snapshot.ground(&book).with_gone(gone), &asked, start) {
            Ok(proposal) => Ok(Made {
                check: Check::Rate(Box::new(proposal.check.clone())),
                proposal: Some(proposal),
            }),
            Err(error) => Err(vec![said::plan_refusal(words, &error)]),
        },
    )
}

/// The prospects of a check in words.
pub fn prospects(words: &Words, proposal: &Proposal) -> Vec<Prospect> {
    proposal
        .prospects
        .iter()
        .map(|outlook| Prospect {
            months: words.count(i64::from(outlook.months)),
            seen: said::percent(words, outlook.seen),
            refuted: said::percent(words, outlook.refuted),
        })
        .collect()
}

/// When the signal began, as far as it was said.
fn signal(action: &Action) -> NaiveDate {
    action
        .opened
        .signal_on
        .unwrap_or_else(|| assumed_signal(action.opened.on))
}

fn criterion(words: &Words, entered: &Fields) -> std::result::Result<Made, Vec<Wrong>> {
    let mut wrongs = Vec::new();
    let criterion = entered.text("criterion");
    if criterion.is_none() {
        wrongs.push(Wrong::of(
            "criterion",
            words.text("judging.criterion_missing"),
        ));
    }
    let due_on = entered.get("criterion_due").parse().ok();
    if due_on.is_none() {
        wrongs.push(Wrong::of("criterion_due", words.text("action.no_day")));
    }
    match (criterion, due_on) {
        (Some(criterion), Some(due_on)) => Ok(Made {
            check: Check::Criterion(CriterionCheck { criterion, due_on }),
            proposal: None,
        }),
        _ => Err(wrongs),
    }
}

fn asked(
    words: &Words,
    action: &Action,
    entered: &Fields,
) -> std::result::Result<Asked, Vec<Wrong>> {
    let mut wrongs = Vec::new();
    let mut refuse = |name: &'static str, key: &str| {
        wrongs.push(Wrong::of(name, words.text(key).to_owned()));
    };
    let scope = match entered.given("scope").map(str::parse::<Scope>) {
        Some(Ok(scope)) => Some(scope),
        Some(Err(_)) => {
            refuse("scope", "action.scope_unreadable");
            None
        }
        None => {
            refuse("scope", "judging.scope_missing");
            None
        }
    };
    let signal_on = match entered.given("signal_on").map(str::parse::<NaiveDate>) {
        Some(Ok(day)) => day,
        Some(Err(_)) => {
            refuse("signal_on", "action.no_day");
            signal(action)
        }
        None => signal(action),
    };
    let mut month = |name: &'static str| match entered.given(name) {
        None => None,
        Some(text) => {
            let month = format!("{text}-01").parse().map(Month::of).ok();
            if month.is_none() {
                refuse(name, "judging.no_month");
            }
            month
        }
    };
    let (first, last) = (month("baseline_first"), month("baseline_last"));
    if first.is_some() != last.is_some() {
        let lacking = match first {
            Some(_) => "baseline_last",
            None => "baseline_first",
        };
        refuse(lacking, "judging.both_months");
    }
    let mut whole = |name: &'static str| match entered.given(name).map(str::parse::<u32>) {
        None => None,
        Some(Ok(n)) => Some(n),
        Some(Err(_)) => {
            refuse(name, "judging.no_number");
            None
        }
    };
    let settling_days = whole("settling_days");
    let ripening_days = whole("ripening_days");
    let follow_up_months = whole("follow_up_months");
    let extension_months = whole("extension_months");
    // Entered in percent.
    let mut share = |name: &'static str| match entered.given(name).map(share_of) {
        None => None,
        Some(Some(share)) => Some(share),
        Some(None) => {
            refuse(name, "judging.no_percent");
            None
        }
    };
    let (target, reduction) = (share("target"), share("reduction"));
    let count_by = entered.get("count_by").parse().unwrap_or(CountBy::Received);
    let exposure = entered
        .get("exposure")
        .parse()
        .unwrap_or(ExposureKind::WorkingDays);
    match scope {
        Some(scope) if wrongs.is_empty() => {
            let usual = Asked::usual(scope, signal_on);
            Ok(Asked {
                everything: entered.ticked("everything"),
                baseline: first.zip(last),
                seasonal: entered.ticked("seasonal"),
                count_by,
                exposure,
                settling_days,
                ripening_days,
                follow_up_months,
                extension_months,
                target: target.unwrap_or(usual.target),
                reduction: reduction.unwrap_or(usual.reduction),
                ..usual
            })
        }
        _ => Err(wrongs),
    }
}

/// A percentage of 0 up to, not including, 100 as a share.
fn share_of(text: &str) -> Option<f64> {
    let number: f64 = text
        .trim_matches(['%', ' ', '\u{a0}'])
        .replace(',', ".")
        .parse()
        .ok()?;
    (0.0..100.0).contains(&number).then_some(number / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read_as_three_languages_write_them() {
        for text in ["33.5", "33,5", "%33,5", "33,5\u{a0}%", "33.5%"] {
            let share = share_of(text).unwrap();
            assert!((share - 0.335).abs() < 1e-12, "{text}");
        }
        for text in ["", "100", "-1", "NaN", "a third"] {
            assert_eq!(share_of(text), None, "{text}");
        }
    }
}
