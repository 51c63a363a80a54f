//! The complaint form: what the complainant tells (ISO 10002, 7.2 and its annex with the form for complainants).

use redress_domain::event::EventKind;
use redress_domain::vocabulary::Response;

use super::case::FormCase;
use super::common::{
    blank_row, description, is_remedy_sought, known, person, produced_on, product, remedy_sought,
    sold_on,
};
use super::model::{Choice, Entry, Field, Grid, Part, Row, Section, Tick, Width};
use super::words::Words;

/// Rows of the list of enclosures on paper.
const ENCLOSURES: usize = 4;

/// How the complainant wants to be reached.
const REACHED_BY: [&str; 4] = ["phone", "sms", "email", "letter"];

pub(super) fn sections(words: &Words, case: Option<&FormCase>) -> Vec<Section> {
    vec![
        Section::new(words, "office", office(words, case)),
        Section::new(words, "complainant", complainant(words, case)),
        Section::new(words, "on_behalf", on_behalf(words)),
        Section::new(words, "subject", subject(words, case)),
        Section::new(words, "problem", problem(words, case)),
        Section::new(words, "remedy", remedy(words, case)),
        Section::new(words, "enclosures", vec![enclosures(words, case).into()]),
        Section::new(words, "signing", signing(words)),
    ]
}

fn office(words: &Words, case: Option<&FormCase>) -> Vec<Part> {
    let number = known(case, |c| Some(c.number().to_owned()));
    let day = known(case, |c| Some(words.day(c.file().received_at(), c.zone())));
    let by = known(case, |c| {
        let registered = c.by(EventKind::Registered, c.file().registered_at);
        registered.map(str::to_owned)
    });
    vec![
        Field::new(words, "number", Width::Third, number).into(),
        Field::new(words, "received_on", Width::Third, day).into(),
        Field::new(words, "received_by", Width::Third, by).into(),
    ]
}

fn complainant(words: &Words, case: Option<&FormCase>) -> Vec<Part> {
    let mut parts = person(words, case, true);
    let ticks =
        REACHED_BY.map(|means| Tick::new(means, words.text(&format!("means.{means}")), false));
    parts.push(Choice::new(words, "reached_by", Width::Full, ticks.to_vec()).into());
    parts
}

/// The register knows the complainant only.
fn on_behalf(words: &Words) -> Vec<Part> {
    let blank = |id, width| Part::from(Field::new(words, id, width, Entry::Blank));
    let ticks = ["complainant", "agent"]
        .map(|who| Tick::new(who, words.text(&format!("answer_to.{who}")), false));
    vec![
        blank("agent_name", Width::Half),
        blank("agent_capacity", Width::Half),
        blank("agent_address", Width::Full),
        blank("agent_phone", Width::Half),
        blank("agent_email", Width::Half),
        Choice::new(words, "answer_to", Width::Full, ticks.to_vec())
            .single()
            .into(),
    ]
}

fn subject(words: &Words, case: Option<&FormCase>) -> Vec<Part> {
    let blank = |id, width| Part::from(Field::new(words, id, width, Entry::Blank));
    let mut parts = Vec::from(product(words, case));
    parts.push(blank("order", Width::Half));
    parts.push(blank("seller", Width::Half));
    parts.push(sold_on(words, case));
    parts.push(produced_on(words, case));
    parts.push(blank("price", Width::Third));
    parts
}

fn problem(words: &Words, case: Option<&FormCase>) -> Vec<Part> {
    vec![
        Field::new(words, "occurred_on", Width::Half, Entry::Blank).into(),
        Field::new(words, "occurred_at_place", Width::Half, Entry::Blank).into(),
        description(words, case, 8),
    ]
}

fn remedy(words: &Words, case: Option<&FormCase>) -> Vec<Part> {
    let sought = remedy_sought(case);
    let ticks = Response::ALL
        .iter()
        // What an answer can be, but nobody asks for.
        .filter(|response| **response != Response::Unfounded)
        .map(|response| {
            let label = words.name("remedies", response.as_str());
            Tick::new(response.as_str(), label, sought == Some(*response))
        })
        .collect();
    vec![
        is_remedy_sought(words, case, Width::Full),
        Choice::new(words, "remedy_kinds", Width::Full, ticks).into(),
        Field::new(words, "remedy_words", Width::Full, Entry::Blank)
            .rows(2)
            .into(),
    ]
}

fn enclosures(words: &Words, case: Option<&FormCase>) -> Grid {
    let files = case.map(FormCase::attachments).unwrap_or_default();
    let mut rows: Vec<Row> = files
        .iter()
        .map(|file| Entry::unless_erased(file.name.as_deref(), file.erased_at.is_some()))
        .enumerate()
        .map(|(i, name)| Row {
            head: (i + 1).to_string(),
            cells: vec![name],
        })
        .collect();
    while rows.len() < ENCLOSURES {
        rows.push(blank_row((rows.len() + 1).to_string(), 1));
    }
    Grid {
        id: "enclosure",
        caption: words.text("section.enclosures"),
        columns: ["number", "enclosure"]
            .map(|column| words.text(&format!("column.{column}")))
            .to_vec(),
        rows,
    }
}

fn signing(words: &Words) -> Vec<Part> {
    vec![
        Field::new(words, "signed_on", Width::Third, Entry::Blank).into(),
        Field::new(words, "signature", Width::Half, Entry::Blank).into(),
    ]
}
