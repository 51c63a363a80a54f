//! The management review's inputs as entered, and what became of the decisions of earlier ones.

use super::maker::Maker;
use crate::ReviewError;
use crate::model::{Block, Cell, Column, Section};
use crate::words::clean;

const INPUTS: &str = "review_inputs";
const DECISIONS: &str = "review_decisions";
/// Metrics that this section shows.
pub(super) const SHOWN: [&str; 2] = [INPUTS, DECISIONS];

/// Inputs that people enter; the others are sections of the review.
const ENTERED: [&str; 3] = ["I1", "I2", "I8"];

pub(super) fn section(maker: &Maker) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = vec![Block::Text {
        text: words.text("meeting.lead"),
    }];
    inputs(maker, &mut blocks)?;
    decisions(maker, &mut blocks)?;
    Ok(Section {
        id: "meeting".into(),
        title: words.text("meeting.title"),
        reference: words.text("meeting.reference"),
        blocks,
    })
}

fn heads(maker: &Maker, keys: &[&str]) -> Vec<Column> {
    keys.iter()
        .map(|key| Column {
            title: maker.words.text(&format!("meeting.col_{key}")),
            number: false,
        })
        .collect()
}

fn inputs(maker: &Maker, blocks: &mut Vec<Block>) -> Result<(), ReviewError> {
    let words = maker.words;
    blocks.push(Block::Heading {
        text: words.text("meeting.inputs_title"),
    });
    let table = maker
        .metric(INPUTS, &["review", "input", "entered"])?
        .unwrap_or_default();
    let entered = |code: &str| {
        (0..table.rows.len())
            .rfind(|row| table.text(*row, "input") == code)
            .map(|row| clean(&table.text(row, "entered")))
    };
    let remarks = ["I3", "I4", "I5", "I6", "I7"]
        .iter()
        .filter(|code| entered(code).is_some());
    let mut codes: Vec<&str> = ENTERED.iter().chain(remarks).copied().collect();
    codes.sort_unstable();
    let rows = codes
        .into_iter()
        .map(|code| {
            vec![
                Cell::text(format!("{code}\u{a0} {}", words.name("input_names", code))),
                Cell::text(entered(code).unwrap_or_else(|| words.text("meeting.not_entered"))),
            ]
        })
        .collect();
    let caption = words.text("meeting.inputs_caption");
    blocks.push(Block::Table {
        table: maker.table(INPUTS, caption, heads(maker, &["input", "entered"]), rows),
    });
    Ok(())
}

fn decisions(maker: &Maker, blocks: &mut Vec<Block>) -> Result<(), ReviewError> {
    let words = maker.words;
    blocks.push(Block::Heading {
        text: words.text("meeting.decisions_title"),
    });
    let columns = [
        "review",
        "output",
        "decision",
        "action_id",
        "owner",
        "due_on",
        "standing",
    ];
    let Some(table) = maker.metric(DECISIONS, &columns)? else {
        blocks.push(Block::Absent {
            text: words.text("meeting.decisions_unknown"),
        });
        return Ok(());
    };
    if table.rows.is_empty() {
        blocks.push(Block::Absent {
            text: words.text("meeting.decisions_none"),
        });
        return Ok(());
    }
    let rows = (0..table.rows.len())
        .map(|row| {
            columns
                .iter()
                .map(|name| match *name {
                    "output" => Cell::text(words.name("output_names", &table.text(row, "output"))),
                    "standing" => Cell::text(
                        words.text(&format!("meeting.standing_{}", table.text(row, "standing"))),
                    ),
                    "due_on" => Cell::text(maker.value("due_on", table.cell(row, "due_on"))),
                    other => Cell::text(clean(&table.text(row, other))),
                })
                .collect()
        })
        .collect();
    let caption = words.plural("meeting.decisions_caption", table.rows.len() as i64, &[]);
    blocks.push(Block::Table {
        table: maker.table(DECISIONS, caption, heads(maker, &columns), rows),
    });
    Ok(())
}
