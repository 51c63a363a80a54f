//! Targets of indicators: versions, each with its owner, the day from which it holds, and why.

use chrono::NaiveDate;

use super::{Asked, Section, columns, number, refused};
use crate::engine::indicator_codes::{all_of_targets, of_target};
use crate::register::{Direction, NewObjective, Objective, Register};
use crate::web::entry::{Choice, EntryForm, Field, Wrong};
use crate::web::error::Result;
use crate::web::visit::Fields;
use crate::web::words::Words;

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
    if !wrongs.is_empty() {
        return Ok(Err(wrongs));
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
    let staff = register
        .list_staff()?
        .into_iter()
        .filter(|person| person.active);
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
        Field::suggested(
            "owner",
            text("records.owner"),
            staff.map(|person| person.name),
        )
        .of(entered),
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
        let places = if objective.target.fract() == 0.0 {
            0
        } else {
            2
        };
        vec![
            format!(
                "{} {}",
                objective.indicator,
                name(words, &objective.indicator)
            ),
            format!(
                "{} {}",
                words.name("codes", objective.direction.as_str()),
                words.real(objective.target, places)
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
        forms: vec![EntryForm::new(
            "objective-form",
            "/desk/records",
            text("records.record"),
            fields,
        )],
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
