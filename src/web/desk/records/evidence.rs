//! Figures and findings that are entered by hand: what they speak of, their day, and the fingerprint of what proves them.

use super::{Asked, SHOWN, Section, columns, day, number, refused};
use crate::entry::{Choice, EntryForm, Field, Wrong};
use crate::error::Result;
use crate::figure::with_unit;
use crate::visit::Fields;
use crate::words::Words;
use redress_engine::indicator_codes::{all_of_evidence, of_evidence};
use redress_plain::hex::hex;
use redress_plain::sha256;
use redress_register::{NewEvidence, Register};

/// Units that are named in three languages.
const UNITS: [&str; 4] = ["%", "of 5", "persons", "suggestions"];
/// Figures of a fingerprint that are shown.
const SHORT: usize = 12;

/// Records what was entered, or says what of it cannot be taken.
pub fn add(
    register: &mut Register,
    asked: &Asked<'_>,
) -> Result<std::result::Result<(), Vec<Wrong>>> {
    let (words, form) = (asked.words, &asked.visit.form);
    let mut wrongs = Vec::new();
    let indicator = of_evidence(form.get("indicator"));
    if indicator.is_err() {
        wrongs.push(Wrong::of(
            "indicator",
            words.text("records.choose_indicator"),
        ));
    }
    let value = match form.given("value").map(number) {
        None => None,
        Some(Some(value)) => Some(value),
        Some(None) => {
            wrongs.push(Wrong::of("value", words.text("records.no_number")));
            None
        }
    };
    let dated = day(asked, "dated", &mut wrongs);
    let file = asked
        .visit
        .files
        .iter()
        .find(|file| file.field == "file" && !file.content.is_empty());
    let note = form.text("note");
    if value.is_none() && note.is_none() && file.is_none() && wrongs.is_empty() {
        wrongs.push(Wrong::of("value", words.text("records.says_nothing")));
    }
    let (Ok(indicator), Some(dated), true) = (indicator, dated, wrongs.is_empty()) else {
        return Ok(Err(wrongs));
    };
    let staff = asked.visit.staff();
    let new = NewEvidence {
        indicator,
        unit: form
            .text("unit")
            .filter(|_| value.is_some())
            .map(|unit| unit_of(words, &unit)),
        value,
        dated,
        entered_by: staff.map(|staff| staff.name.clone()).unwrap_or_default(),
        file_sha256: file.map(|file| hex(&sha256::digest(&file.content))),
        note,
    };
    match register.add_evidence(&new, asked.visit.now) {
        Ok(_) => Ok(Ok(())),
        Err(error) => Ok(Err(vec![refused(asked, error)?])),
    }
}

/// The unit that somebody means: one of those that are named, in whichever way it was written, else their own.
fn unit_of(words: &Words, written: &str) -> String {
    let meant = |unit: &&str| {
        *unit == written || words.name("codes", unit).to_lowercase() == written.to_lowercase()
    };
    UNITS.into_iter().find(meant).unwrap_or(written).to_owned()
}

/// The form, and what was recorded.
pub fn section(register: &Register, asked: &Asked<'_>, entered: &Fields) -> Result<Section> {
    let words = asked.words;
    let text = |key: &'static str| words.text(key);
    let none = Choice::new("", text("records.choose"));
    let indicators = all_of_evidence().into_iter().map(|code| {
        let name = format!("{code} {}", name(words, &code));
        Choice::new(code, name)
    });
    let fields = vec![
        Field::select(
            "indicator",
            text("records.indicator"),
            std::iter::once(none).chain(indicators),
        )
        .of(entered),
        Field::number("value", text("records.value"))
            .optional()
            .of(entered),
        Field::suggested(
            "unit",
            text("records.unit"),
            UNITS.map(|unit| words.name("codes", unit)),
        )
        .hint(text("records.unit_hint"))
        .optional()
        .of(entered),
        Field::date("dated", text("records.dated"))
            .hint(text("records.dated_hint"))
            .of(entered),
        Field::area("note", text("records.note"), 3)
            .optional()
            .of(entered),
        Field::file("file", text("records.file"))
            .hint(text("records.file_hint"))
            .optional(),
    ];
    let zone = register.zone();
    let recorded = register.evidence(None)?;
    let rows = recorded.into_iter().rev().take(SHOWN).map(|found| {
        let evidence = found.evidence;
        let file = evidence.file_sha256.unwrap_or_default();
        vec![
            format!(
                "{} {}",
                evidence.indicator,
                name(words, &evidence.indicator)
            ),
            evidence
                .value
                .map(|value| with_unit(words, value, evidence.unit.as_deref()))
                .unwrap_or_default(),
            words.date(evidence.dated),
            evidence.note.unwrap_or_default(),
            file.get(..SHORT).unwrap_or_default().to_owned(),
            evidence.entered_by,
            words.moment(found.recorded_at, zone),
        ]
    });
    Ok(Section {
        id: "evidence",
        title: text("records.evidence").to_owned(),
        lead: text("records.evidence_lead").to_owned(),
        add: text("records.evidence_add").to_owned(),
        forms: vec![EntryForm::new(
            "evidence-form",
            "/desk/records",
            text("records.record"),
            fields,
        )],
        columns: columns(
            words,
            &[
                "records.indicator",
                "records.value",
                "records.dated",
                "records.note",
                "records.fingerprint",
                "records.by",
                "records.recorded",
            ],
        ),
        rows: rows.collect(),
    })
}

/// The name of an indicator, an input or an output of the management review.
fn name(words: &Words, code: &str) -> String {
    let group = match code.chars().next() {
        Some('I') => "input_names",
        Some('O') => "output_names",
        _ => "indicator_names",
    };
    words.name(group, code)
}
