//! A form for what the meeting decides: the outputs of the review (8.6), to be written on paper.

use super::maker::Maker;
use crate::model::{Block, Cell, Finding, Section};

/// Outputs of the management review.
const OUTPUTS: [&str; 3] = ["O1", "O2", "O3"];

pub(super) fn section(maker: &Maker, findings: &[Finding]) -> Section {
    let words = maker.words;
    let subjects = findings.iter().map(|f| f.sentence.clone()).chain(
        OUTPUTS
            .iter()
            .map(|code| format!("{code}\u{a0} {}", words.name("output_names", code))),
    );
    let rows = subjects
        .map(|subject| {
            let mut cells = vec![Cell::text(subject)];
            cells.extend([Cell::text(""), Cell::text(""), Cell::text("")]);
            cells
        })
        .collect();
    let mut columns = maker.columns(&[
        "record.col_subject",
        "record.col_decision",
        "record.col_owner",
        "record.col_due",
    ]);
    for column in &mut columns {
        column.number = false;
    }
    let mut table = maker.table("record", words.text("record.caption"), columns, rows);
    table.form = true;
    Section {
        id: "record".into(),
        title: words.text("record.title"),
        reference: words.text("record.reference"),
        blocks: vec![
            Block::Text {
                text: words.text("record.lead"),
            },
            Block::Table { table },
        ],
    }
}
