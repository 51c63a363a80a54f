//! The sheet of indicators of ISO 10002 and of the inputs of its management review: what this pack
//! computes, and what must be brought along.

use super::maker::Maker;
use super::others::has_rows;
use super::volume::Volume;
use crate::ReviewError;
use crate::model::{Block, Cell, Column, Section, Table};
use crate::numbers::rounded;
use crate::words::{NOTHING, clean};
use redress_engine::counted::Counted;
use redress_engine::indicators::{Reading, indicator_of};

/// What other sections have read already.
pub(super) struct Measured<'a> {
    pub(super) volume: Option<&'a Volume>,
}

/// Indicators of the standard's annexes, in their order; a name is looked up for each.
const INDICATORS: [&str; 24] = [
    "M1", "M2", "M3", "M4", "M5", "M6", "M7a", "M7b", "M8", "P1", "P2", "P3", "P4", "P5", "P6",
    "P7", "P8", "P9", "P10", "P11", "P12", "P13", "P14", "P15",
];
/// Inputs of the management review (8.6).
const INPUTS: [&str; 8] = ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8"];

pub(super) fn section(maker: &Maker, measured: &Measured) -> Result<Section, ReviewError> {
    let words = maker.words;
    let text = |key: &str| Block::Text {
        text: words.text(key),
    };
    Ok(Section {
        id: "indicators".into(),
        title: words.text("indicators.title"),
        reference: words.text("indicators.reference"),
        blocks: vec![
            Block::Table {
                table: sheet(maker, measured)?,
            },
            text("indicators.by_hand"),
            Block::Table {
                table: inputs(maker)?,
            },
        ],
    })
}

fn sheet(maker: &Maker, measured: &Measured) -> Result<Table, ReviewError> {
    let words = maker.words;
    let by_hand = maker.metric(
        "evidence",
        &["indicator", "dated", "figure", "unit", "entered_by"],
    )?;
    let mut rows = Vec::new();
    for code in INDICATORS {
        let mut cells = vec![Cell::text(format!(
            "{code}\u{a0} {}",
            words.name("indicator_names", code)
        ))];
        let figure = match computed(maker, measured, code)? {
            Some(figure) => figure,
            None => entered(maker, by_hand.as_ref(), code).unwrap_or_else(|| Figure {
                shown: Cell::text(NOTHING),
                share: Cell::text(NOTHING),
                value: None,
                status: Cell::text(words.text("indicators.not_measured")),
            }),
        };
        let (target, status) = against_target(maker, code, &figure);
        cells.extend([figure.shown, figure.share, target, status]);
        rows.push(cells);
    }
    let columns = columns(
        maker,
        &[
            "indicators.col_indicator",
            "indicators.col_number",
            "indicators.col_share",
            "indicators.col_target",
            "indicators.col_status",
        ],
    );
    let caption = words.text("indicators.caption");
    Ok(maker.table("indicators", caption, columns, rows))
}

/// One line of the sheet, but for its target.
struct Figure {
    shown: Cell,
    share: Cell,
    /// In the indicator's unit, for the comparison with the target.
    value: Option<f64>,
    status: Cell,
}

/// A figure that the lake gives; `None` when it is not measured, or never computed.
fn computed(maker: &Maker, measured: &Measured, code: &str) -> Result<Option<Figure>, ReviewError> {
    let words = maker.words;
    let Some(indicator) = indicator_of(code) else {
        return Ok(None);
    };
    let Some(table) = maker.metric(indicator.metric, &[])? else {
        return Ok(None);
    };
    let actual = indicator
        .actual(&table)
        .map_err(|missing| ReviewError::MissingColumn {
            metric: missing.metric.to_owned(),
            column: missing.column.to_owned(),
        })?;
    let Some(actual) = actual else {
        return Ok(None);
    };
    let (shown, share) = match indicator.reading {
        Reading::Count(_) => (
            Cell::number(words.count(actual.part), actual.part as f64)
                .telling(&[actual.part.unsigned_abs()]),
            Cell::text(NOTHING),
        ),
        Reading::Share { .. } => {
            let (x, n) = (actual.part.unsigned_abs(), actual.whole.unsigned_abs());
            let shown = maker
                .share(x, n)
                .map_err(Maker::refused(indicator.metric))?;
            let share = match shown.percent {
                Some(percent) => {
                    Cell::number(format!("{} ({})", shown.text, shown.interval_text), percent)
                }
                None => Cell::text(NOTHING),
            };
            let cell = Cell::number(maker.of(x, n), actual.part as f64);
            (cell.telling(&[x, n.saturating_sub(x)]), share)
        }
        Reading::Median { .. } => {
            let (days, n) = (words.real(actual.value, 1), words.count(actual.whole));
            let text = words.fill("indicators.median_days", &[("days", &days), ("n", &n)]);
            (
                Cell::number(text, rounded(actual.value, 1))
                    .telling(&[actual.whole.unsigned_abs()]),
                Cell::text(NOTHING),
            )
        }
        Reading::Mean { .. } => {
            let (score, n) = (words.real(actual.value, 2), words.count(actual.whole));
            let text = words.fill("indicators.mean_score", &[("score", &score), ("n", &n)]);
            (
                Cell::number(text, rounded(actual.value, 2))
                    .telling(&[actual.whole.unsigned_abs()]),
                Cell::text(NOTHING),
            )
        }
    };
    let shown = match (code, measured.volume) {
        ("M1", Some(volume)) if volume.gross != volume.net => {
            let gross = words.fill("tiles.gross", &[("gross", &words.count(volume.gross))]);
            Cell::number(format!("{} ({gross})", shown.text), actual.value)
        }
        _ => shown,
    };
    Ok(Some(Figure {
        shown,
        share,
        value: Some(actual.value),
        status: Cell::text(words.text("indicators.computed")).linked(place_of(indicator.metric)),
    }))
}

/// The section that shows a metric.
fn place_of(metric: &str) -> &'static str {
    match metric {
        "volume" => "volume",
        "acknowledgement" => "ack",
        "overall_sla" => "overall",
        _ => "others",
    }
}

/// A number without a point that says nothing.
fn plain(maker: &Maker, value: f64) -> String {
    let places = if value.fract() == 0.0 { 0 } else { 1 };
    maker.words.real(value, places)
}

/// The latest figure that somebody entered, or only the word that something was.
fn entered(maker: &Maker, by_hand: Option<&Counted>, code: &str) -> Option<Figure> {
    let words = maker.words;
    let table = by_hand?;
    let row = (0..table.rows.len())
        .rev()
        .find(|row| table.text(*row, "indicator") == code)?;
    let value = table.cell(row, "figure").as_real();
    let shown = match value {
        Some(value) => {
            let number = plain(maker, value);
            let text = match table.text(row, "unit").as_str() {
                "%" => words.percent(value / 100.0),
                "of 5" => words.fill("indicators.of_five", &[("value", &number)]),
                unit => format!("{number} {}", words.name("codes", unit)),
            };
            Cell::number(text.trim().to_owned(), value)
        }
        None => Cell::text(NOTHING),
    };
    let date = maker.value("dated", table.cell(row, "dated"));
    let who = clean(&table.text(row, "entered_by"));
    let when = words.fill("indicators.dated", &[("date", &date), ("who", &who)]);
    Some(Figure {
        shown,
        share: Cell::text(NOTHING),
        value,
        status: Cell::text(format!(
            "{}, {when}",
            words.text("indicators.by_hand_status")
        ))
        .kept_inside(),
    })
}

/// The target in force, and the status with whether it is met.
fn against_target(maker: &Maker, code: &str, figure: &Figure) -> (Cell, Cell) {
    let words = maker.words;
    let status = figure.status.clone();
    let Some(objective) = maker.context.objectives.get(code) else {
        return (Cell::text(NOTHING), status);
    };
    let is_share = indicator_of(code).is_some_and(|i| matches!(i.reading, Reading::Share { .. }));
    let target = if is_share {
        words.percent(objective.target / 100.0)
    } else {
        plain(maker, objective.target)
    };
    let text = if objective.at_least {
        words.fill("indicators.at_least", &[("value", &target)])
    } else {
        words.fill("indicators.at_most", &[("share", &target)])
    };
    let said = figure.value.map(|value| {
        words.text(if objective.is_met(value) {
            "indicators.target_met"
        } else {
            "indicators.target_missed"
        })
    });
    let status = match said {
        Some(said) => Cell {
            text: format!("{}; {said}", status.text),
            ..status
        },
        None => status,
    };
    (Cell::number(text, objective.target), status)
}

fn inputs(maker: &Maker) -> Result<Table, ReviewError> {
    let words = maker.words;
    let mut rows = Vec::new();
    for code in INPUTS {
        let place = match code {
            "I3" => Some("sla"),
            "I6" if holds(maker, "action_list", None)? => Some("actions"),
            "I7" if holds(maker, "review_decisions", None)? => Some("meeting"),
            _ if holds(maker, "review_inputs", Some(code))? => Some("meeting"),
            _ => None,
        };
        let state = if let Some(place) = place {
            Cell::text(words.text("indicators.in_pack")).linked(place)
        } else if has_rows(maker, code)? {
            Cell::text(words.text("indicators.further")).linked("others")
        } else {
            Cell::text(words.text("indicators.bring"))
        };
        rows.push(vec![
            Cell::text(format!("{code}\u{a0} {}", words.name("input_names", code))),
            state,
        ]);
    }
    let columns = columns(maker, &["indicators.col_input", "indicators.col_where"]);
    let caption = words.text("indicators.inputs");
    Ok(maker.table("review_inputs", caption, columns, rows))
}

/// Whether a metric has a row, or one of an input.
fn holds(maker: &Maker, metric: &str, input: Option<&str>) -> Result<bool, ReviewError> {
    let Some(table) = maker.metric(metric, &[])? else {
        return Ok(false);
    };
    let wanted = |row: &usize| input.is_none_or(|code| table.text(*row, "input") == code);
    Ok((0..table.rows.len()).any(|row| wanted(&row)))
}

/// Columns of which the last is text.
fn columns(maker: &Maker, keys: &[&str]) -> Vec<Column> {
    let mut columns = maker.columns(keys);
    if let Some(last) = columns.last_mut() {
        last.number = false;
    }
    columns
}
