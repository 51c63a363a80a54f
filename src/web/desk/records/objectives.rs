//! Targets of indicators: versions, each with its owner, the day from which it holds, and why.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Asked, Section, columns, number, refused};
use crate::collation;
use crate::entry::{Choice, EntryForm, Field, Wrong};
use crate::error::Result;
use crate::figure::target;
use crate::visit::Fields;
use crate::words::Words;
use redress_engine::indicator_codes::{all_of_targets, check_target, of_target};
use redress_engine::indicators::Unreachable;
use redress_register::{Direction, NewObjective, Objective, Register};

/// Records what was entered, or says what of it cannot be taken.
pub fn add(
    register: &mut Register,
    asked: &Asked<'_>,
) -> Result<std::result::Result<(), Vec<Wrong>>> {
    let (words, form) = (asked.words, &asked.visit.form);
    let mut wrongs = Vec::new();
    let mut refuse = |name: &'static str, key: &str| {
        wrongs.push(Wrong::of(name, words.text(key).to_owned()));
    };
    let indicator = of_target(form.get("indicator")).ok();
    if indicator.is_none() {
        refuse("indicator", "records.choose_indicator");
    }
    let target = number(form.get("target"));
    if target.is_none() {
        refuse("target", "records.no_number");
    }
    let direction: Option<Direction> = form.get("direction").parse().ok();
    if direction.is_none() {
        refuse("direction", "records.choose_direction");
    }
    // A target may be set for a day to come.
    let from: Option<NaiveDate> = form.get("effective_from").parse().ok();
    if from.is_none() {
        refuse("effective_from", "records.no_day");
    }
    let (owner, reason) = (form.get("owner"), form.get("reason"));
    if owner.is_empty() {
        refuse("owner", "records.owner_missing");
    }
    if reason.is_empty() {
        refuse("reason", "records.reason_missing");
    }
    let whole = indicator.zip(target).zip(direction.zip(from));
    let Some(((indicator, target), (direction, effective_from))) = whole else {
        return Ok(Err(wrongs));
    };
    if let Err(outside) = check_target(&indicator, target) {
        wrongs.push(Wrong::of("target", words.text(out_of(&outside))).saying(outside));
    }
    if !wrongs.is_empty() {
        return Ok(Err(wrongs));
    }
    if let Some(wrong) = set_meanwhile(register, asked, &indicator)? {
        return Ok(Err(vec![wrong]));
    }
    let new = NewObjective {
        indicator,
        target,
        direction,
        owner: owner.to_owned(),
        effective_from,
        reason: reason.to_owned(),
    };
    match register.set_objective(&new, asked.visit.now) {
        Ok(_) => Ok(Ok(())),
        Err(error) => Ok(Err(vec![refused(asked, error)?])),
    }
}

const fn out_of(outside: &Unreachable) -> &'static str {
    match outside {
        Unreachable::Share { .. } => "records.no_share",
        Unreachable::Negative { .. } => "records.negative",
    }
}

/// The hidden field that says which versions the form's sender has seen: `sla.intake:2 M1:1`.
const SEEN: &str = "seen";

fn versions(objectives: &[Objective]) -> String {
    let mut newest: BTreeMap<&str, i64> = BTreeMap::new();
    for found in objectives {
        let version = newest.entry(&found.objective.indicator).or_default();
        *version = found.version.max(*version);
    }
    let each: Vec<String> = newest
        .into_iter()
        .map(|(indicator, version)| format!("{indicator}:{version}"))
        .collect();
    each.join(" ")
}

/// The newest version of an indicator that a form's sender has seen; 0: there was none.
fn seen(versions: &str, indicator: &str) -> i64 {
    let of = |each: &str| {
        let (code, version) = each.rsplit_once(':')?;
        (code == indicator).then(|| version.parse().ok())?
    };
    versions.split(' ').find_map(of).unwrap_or(0)
}

/// What somebody else set for this indicator since the form was opened: a second version in a row is meant, not met.
fn set_meanwhile(register: &Register, asked: &Asked<'_>, indicator: &str) -> Result<Option<Wrong>> {
    let words = asked.words;
    // A form of ours has the field also where there is no target yet; what comes without it saw nothing and asks nothing.
    let Some(versions) = asked.visit.form.all(SEEN).next() else {
        return Ok(None);
    };
    let seen = seen(versions, indicator);
    let objectives = register.objectives(None)?;
    let meanwhile = objectives
        .iter()
        .filter(|found| found.objective.indicator == indicator && found.version > seen)
        .max_by_key(|found| found.version);
    Ok(meanwhile.map(|found| {
        let objective = &found.objective;
        let target = target(
            words,
            &objective.indicator,
            objective.target,
            objective.direction,
        );
        let day = words.date(objective.effective_from);
        let text = words.fill(
            "records.set_meanwhile",
            &[
                ("target", &target),
                ("day", &day),
                ("owner", &objective.owner),
                ("reason", &objective.reason),
            ],
        );
        Wrong::of("target", text)
    }))
}

/// The form, and every version.
pub fn section(register: &Register, asked: &Asked<'_>, entered: &Fields) -> Result<Section> {
    let words = asked.words;
    let text = |key: &'static str| words.text(key);
    let none = || Choice::new("", text("records.choose"));
    let indicators = all_of_targets().into_iter().map(|code| {
        let name = format!("{code} {}", name(words, &code));
        Choice::new(code, name)
    });
    let directions = Direction::ALL.iter().map(|direction| {
        let name = words.name("codes", direction.as_str());
        Choice::new(direction.as_str(), name)
    });
    let mut staff: Vec<String> = register
        .list_staff()?
        .into_iter()
        .filter(|person| person.active)
        .map(|person| person.name)
        .collect();
    collation::sort(words.language(), &mut staff);
    let fields = vec![
        Field::select(
            "indicator",
            text("records.indicator"),
            std::iter::once(none()).chain(indicators),
        )
        .of(entered),
        Field::select(
            "direction",
            text("records.direction"),
            std::iter::once(none()).chain(directions),
        )
        .of(entered),
        Field::number("target", text("records.target"))
            .hint(text("records.target_hint"))
            .of(entered),
        Field::suggested("owner", text("records.owner"), staff).of(entered),
        Field::date("effective_from", text("records.from")).of(entered),
        Field::area("reason", text("records.reason"), 2).of(entered),
    ];
    let zone = register.zone();
    let objectives = register.objectives(None)?;
    let in_force = Objective::in_force(&objectives, asked.today);
    let rows = objectives.iter().map(|found| {
        let objective = &found.objective;
        let holds = in_force
            .get(objective.indicator.as_str())
            .is_some_and(|held| held.version == found.version);
        vec![
            format!(
                "{} {}",
                objective.indicator,
                name(words, &objective.indicator)
            ),
            target(
                words,
                &objective.indicator,
                objective.target,
                objective.direction,
            ),
            objective.owner.clone(),
            words.date(objective.effective_from),
            words.count(found.version),
            text(if holds { "shell.yes" } else { "shell.no" }).to_owned(),
            objective.reason.clone(),
            words.moment(found.recorded_at, zone),
        ]
    });
    Ok(Section {
        id: "objective",
        title: text("records.objectives").to_owned(),
        lead: text("records.objectives_lead").to_owned(),
        add: text("records.objectives_add").to_owned(),
        forms: vec![
            EntryForm::new(
                "objective-form",
                "/desk/records",
                text("records.record"),
                fields,
            )
            // In another language it is the same form still, opened when it was.
            .hidden(
                SEEN,
                match asked.visit.turns_language() {
                    true => asked.visit.form.get(SEEN).to_owned(),
                    false => versions(&objectives),
                },
            ),
        ],
        columns: columns(
            words,
            &[
                "records.indicator",
                "records.target",
                "records.owner",
                "records.from",
                "records.version",
                "records.in_force",
                "records.reason",
                "records.recorded",
            ],
        ),
        rows: rows.collect(),
    })
}

fn name(words: &Words, code: &str) -> String {
    words.name("indicator_names", &code.replace('.', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_seen_of_its_own_indicator_alone() {
        let versions = "M1:1 M10:4 sla.intake:12";
        assert_eq!(seen(versions, "M1"), 1);
        assert_eq!(seen(versions, "M10"), 4);
        assert_eq!(seen(versions, "sla.intake"), 12);
        assert_eq!(seen(versions, "sla"), 0);
        assert_eq!(seen("", "M1"), 0);
        assert_eq!(seen("M1:x", "M1"), 0);
    }
}
