//! Courses that staff took: who, what, when, and what proves it (P7).

use super::{Asked, SHOWN, Section, columns, day, refused};
use crate::collation;
use crate::entry::{Choice, EntryForm, Field, Wrong};
use crate::error::Result;
use crate::visit::Fields;
use redress_register::Register;

/// Records what was entered, or says what of it cannot be taken.
pub fn add(
    register: &mut Register,
    asked: &Asked<'_>,
) -> Result<std::result::Result<(), Vec<Wrong>>> {
    let (words, form) = (asked.words, &asked.visit.form);
    let mut wrongs = Vec::new();
    let (person, course) = (form.get("person"), form.get("course"));
    if person.is_empty() {
        wrongs.push(Wrong::of("person", words.text("records.choose_person")));
    }
    if course.is_empty() {
        wrongs.push(Wrong::of("course", words.text("records.course_missing")));
    }
    let held_on = day(asked, "held_on", &mut wrongs);
    let (Some(held_on), true) = (held_on, wrongs.is_empty()) else {
        return Ok(Err(wrongs));
    };
    let proof = form.given("proof");
    match register.train(person, course, held_on, proof, asked.visit.now) {
        Ok(()) => Ok(Ok(())),
        Err(error) => Ok(Err(vec![refused(asked, error)?])),
    }
}

/// The form, and what was recorded.
pub fn section(register: &Register, asked: &Asked<'_>, entered: &Fields) -> Result<Section> {
    let words = asked.words;
    let text = |key: &'static str| words.text(key);
    let trainings = register.trainings(None)?;
    let mut courses: Vec<String> = trainings.iter().map(|t| t.course.clone()).collect();
    collation::sort(words.language(), &mut courses);
    let none = Choice::new("", text("records.choose"));
    let mut staff = register.list_staff()?;
    staff.sort_by_cached_key(|person| collation::place(words.language(), &person.name));
    let staff = staff
        .into_iter()
        .filter(|person| person.active)
        .map(|person| Choice::new(person.name.clone(), person.name));
    let fields = vec![
        Field::select(
            "person",
            text("records.person"),
            std::iter::once(none).chain(staff),
        )
        .of(entered),
        Field::suggested("course", text("records.course"), courses).of(entered),
        Field::date("held_on", text("records.held_on")).of(entered),
        Field::line("proof", text("records.proof"))
            .optional()
            .of(entered),
    ];
    let zone = register.zone();
    let rows = trainings.into_iter().rev().take(SHOWN).map(|taken| {
        vec![
            taken.staff,
            taken.course,
            words.date(taken.held_on),
            taken.evidence.unwrap_or_default(),
            words.moment(taken.recorded_at, zone),
        ]
    });
    Ok(Section {
        id: "training",
        title: text("records.training").to_owned(),
        lead: text("records.training_lead").to_owned(),
        add: text("records.training_add").to_owned(),
        forms: vec![EntryForm::new(
            "training-form",
            "/desk/records",
            text("records.record"),
            fields,
        )],
        columns: columns(
            words,
            &[
                "records.person",
                "records.course",
                "records.held_on",
                "records.proof",
                "records.recorded",
            ],
        ),
        rows: rows.collect(),
    })
}
