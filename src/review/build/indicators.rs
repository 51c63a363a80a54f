//! The sheet of indicators of ISO 10002 and of the inputs of its management review: what this pack
//! computes, and what must be brought along.

use super::maker::Maker;
use super::others::has_rows;
use super::sla::{Sla, StageSla};
use super::volume::Volume;
use crate::review::ReviewError;
use crate::review::model::{Block, Cell, Column, Section, Table};
use crate::review::numbers::rounded;
use crate::review::words::NOTHING;

/// What the sheet is made from.
pub(super) struct Measured<'a> {
    pub(super) volume: Option<&'a Volume>,
    pub(super) overall: Option<&'a Sla>,
    pub(super) acknowledged: Option<&'a Sla>,
}

/// Indicators in the order of the standard's annex; a name is looked up for each.
const INDICATORS: [&str; 12] = [
    "M1", "M2", "M3", "M4", "M5", "M6", "M7a", "M7b", "M8", "P13", "P14", "P15",
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
            text("head.warning_volume"),
            text("head.warning_times"),
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
    let mut rows = Vec::new();
    for code in INDICATORS {
        let mut cells = vec![Cell::text(format!(
            "{code}\u{a0} {}",
            words.name("indicator_names", code)
        ))];
        cells.extend(match code {
            "M1" => received(maker, measured.volume),
            "M4" => late(maker, measured.acknowledged, "ack")?,
            "M5" => late(maker, measured.overall, "overall")?,
            "P13" => without_figure(words.text("indicators.in_days"), Some("time")),
            _ => elsewhere(maker, code)?,
        });
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

fn received(maker: &Maker, volume: Option<&Volume>) -> [Cell; 4] {
    let words = maker.words;
    let Some(volume) = volume else {
        return without_figure(words.text("indicators.not_here"), None);
    };
    let mut number = words.count(volume.net);
    if volume.gross != volume.net {
        let gross = words.count(volume.gross);
        number.push_str(&format!(
            " ({})",
            words.fill("tiles.gross", &[("gross", &gross)])
        ));
    }
    [
        Cell::number(number, volume.net as f64),
        Cell::text(NOTHING),
        Cell::text(NOTHING),
        Cell::text(words.text("indicators.computed")).linked("volume"),
    ]
}

/// What ended after the agreed time, on the net clock.
fn late(maker: &Maker, sla: Option<&Sla>, link: &str) -> Result<[Cell; 4], ReviewError> {
    let words = maker.words;
    let Some((sla, row)) = sla.and_then(|s| Some((s, s.rows.first()?))) else {
        return Ok(without_figure(words.text("indicators.not_here"), None));
    };
    let StageSla { net, objective, .. } = row;
    let shown = maker
        .share(net.late(), net.judged())
        .map_err(Maker::refused(sla.metric))?;
    let share = match shown.percent {
        Some(percent) => Cell::number(format!("{} ({})", shown.text, shown.interval_text), percent),
        None => Cell::text(NOTHING),
    };
    let target = match objective {
        Some(objective) => {
            let most = 1.0 - objective;
            let text = words.fill("indicators.at_most", &[("share", &words.percent(most))]);
            Cell::number(text, rounded(most * 100.0, 1))
        }
        None => Cell::text(NOTHING),
    };
    Ok([
        Cell::number(maker.of(net.late(), net.judged()), net.late() as f64),
        share,
        target,
        Cell::text(words.text("indicators.computed")).linked(link),
    ])
}

/// An indicator that the pack has no place of its own for: a metric beside may know it.
fn elsewhere(maker: &Maker, code: &str) -> Result<[Cell; 4], ReviewError> {
    let words = maker.words;
    Ok(if has_rows(maker, code)? {
        without_figure(words.text("indicators.further"), Some("others"))
    } else {
        without_figure(words.text("indicators.not_here"), None)
    })
}

fn without_figure(status: String, link: Option<&str>) -> [Cell; 4] {
    let nothing = || Cell::text(NOTHING);
    let mut status = Cell::text(status);
    status.link = link.map(str::to_owned);
    [nothing(), nothing(), nothing(), status]
}

fn inputs(maker: &Maker) -> Result<Table, ReviewError> {
    let words = maker.words;
    let mut rows = Vec::new();
    for code in INPUTS {
        let state = if code == "I3" {
            Cell::text(words.text("indicators.in_pack")).linked("sla")
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

/// Columns of which the last is text.
fn columns(maker: &Maker, keys: &[&str]) -> Vec<Column> {
    let mut columns = maker.columns(keys);
    if let Some(last) = columns.last_mut() {
        last.number = false;
    }
    columns
}
