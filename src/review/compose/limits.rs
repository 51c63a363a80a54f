//! The sections on limits: chart, headline, what is counted beside, months, bounds, cases.

use std::collections::{BTreeMap, BTreeSet};

use super::maker::{Maker, Shown};
use super::pauses::{self, Pauses};
use super::sla::{Sla, StageSla, Verdicts, read};
use crate::ReviewError;
use crate::charts::Tick;
use crate::charts::intervals::{IntervalChart, IntervalRow, Share};
use crate::figures::Previous;
use crate::model::{Block, CaseList, Cell, Chart, Column, Drawing, Section, Table};
use crate::numbers::rounded;
use crate::words::{NOTHING, short};
use redress_stats::StatsError;

/// Characters of a stage's name in a column's heading.
const HEADING: usize = 32;

pub(super) fn stages_section(
    maker: &Maker,
    sla: Option<&Sla>,
    pauses: Option<&Pauses>,
) -> Result<Section, ReviewError> {
    let mut blocks = body(maker, sla, pauses, "stage_sla", "sla")?;
    if sla.is_some_and(|s| !s.rows.is_empty()) {
        blocks.extend(started(maker)?);
    }
    Ok(section(maker, "sla", blocks))
}

pub(super) fn overall_section(
    maker: &Maker,
    sla: Option<&Sla>,
    pauses: Option<&Pauses>,
) -> Result<Section, ReviewError> {
    Ok(section(
        maker,
        "overall",
        body(maker, sla, pauses, "overall_sla", "overall")?,
    ))
}

pub(super) fn acknowledgement_section(
    maker: &Maker,
    sla: Option<&Sla>,
    pauses: Option<&Pauses>,
) -> Result<Section, ReviewError> {
    Ok(section(
        maker,
        "ack",
        body(maker, sla, pauses, "acknowledgement", "ack")?,
    ))
}

fn section(maker: &Maker, id: &str, blocks: Vec<Block>) -> Section {
    Section {
        id: id.to_owned(),
        title: maker.words.text(&format!("{id}.title")),
        reference: maker.words.text(&format!("{id}.reference")),
        blocks,
    }
}

/// Chart, headline, what is counted beside, months and cases.
fn body(
    maker: &Maker,
    sla: Option<&Sla>,
    pauses: Option<&Pauses>,
    metric: &str,
    id: &str,
) -> Result<Vec<Block>, ReviewError> {
    let text = Block::Text {
        text: maker.words.text(&format!("{id}.lead")),
    };
    let Some(sla) = sla else {
        return Ok(vec![text, maker.not_measured(metric)]);
    };
    if sla.rows.is_empty() {
        return Ok(vec![
            text,
            Block::Absent {
                text: maker.words.text("absent.no_stage_due"),
            },
        ]);
    }
    let lists = case_lists(maker, sla)?;
    let mut blocks = vec![
        text,
        Block::Chart {
            chart: Box::new(chart(maker, sla, id, &lists)),
        },
    ];
    blocks.push(Block::Table {
        table: beside(maker, sla, id, &lists)?,
    });
    let mut paused = Vec::new();
    if let Some(pauses) = pauses {
        let (table, cases) = pauses::table(maker, pauses, sla, id)?;
        blocks.push(Block::Table { table });
        paused = cases;
    }
    blocks.push(Block::Table {
        table: by_month(maker, sla, id, true)?,
    });
    blocks.push(Block::Table {
        table: by_month(maker, sla, id, false)?,
    });
    blocks.extend(maker.cases_block(lists.into_values().chain(paused).collect()));
    let command = maker.command(metric, &[("side", "gross"), ("verdict", "missed")]);
    blocks.push(Block::Command {
        text: maker.words.text("cases.open_gross"),
        command,
    });
    Ok(blocks)
}

type Lists = BTreeMap<(usize, usize), CaseList>;

/// Lists of cases by row and verdict, on the net clock.
const LISTED: [&str; 7] = [
    "missed",
    "open_late",
    "met",
    "open_not_due",
    "paused",
    "cancelled",
    "not_applicable",
];

fn case_lists(maker: &Maker, sla: &Sla) -> Result<Lists, ReviewError> {
    let mut lists = BTreeMap::new();
    for (r, row) in sla.rows.iter().enumerate() {
        let net = row.net;
        let counts = [
            net.missed,
            net.open_late,
            net.met,
            net.open_not_due,
            net.paused,
            net.cancelled,
            net.not_applicable,
        ];
        for (v, (verdict, n)) in LISTED.iter().zip(counts).enumerate() {
            if n == 0 {
                continue;
            }
            let pass = row.pass.to_string();
            let conditions = [
                ("side", "net"),
                ("stage", row.stage.as_str()),
                ("pass", pass.as_str()),
                ("verdict", verdict),
            ];
            let title = format!("{}: {}", row.label, maker.words.name("verdicts", verdict));
            lists.insert(
                (r, v),
                maker.cases(sla.metric, &conditions, title, n as i64)?,
            );
        }
    }
    Ok(lists)
}

fn chart(maker: &Maker, sla: &Sla, id: &str, lists: &Lists) -> Chart {
    let words = maker.words;
    let lowest = sla
        .rows
        .iter()
        .flat_map(|r| [r.shown.interval, r.gross_shown.interval])
        .flatten()
        .map(|(low, _)| low)
        .chain(
            sla.rows
                .iter()
                .filter_map(|r| r.objective.map(|o| o * 100.0)),
        )
        .fold(100.0, f64::min);
    let from = if lowest >= 52.0 { 50.0 } else { 0.0 };
    let step = if from > 0.0 { 10.0 } else { 20.0 };
    let ticks = (0..)
        .map(|i| from + step * f64::from(i))
        .take_while(|at| *at <= 100.0)
        .map(|at| Tick {
            at,
            label: words.percent_tick(at),
        })
        .collect();
    let rows: Vec<IntervalRow> = sla
        .rows
        .iter()
        .map(|row| {
            let (net, gross) = (mark(&row.shown), mark(&row.gross_shown));
            let note = (net.is_none() && gross.is_none()).then(|| {
                let of = maker.of(row.net.met, row.net.judged());
                words.fill("sla.too_few", &[("of", &of)])
            });
            let objective = row.objective.map(|o| rounded(o * 100.0, 1));
            IntervalRow {
                label: row.label.clone(),
                net,
                gross,
                objective,
                note,
            }
        })
        .collect();
    let alt = sla
        .rows
        .iter()
        .map(|row| {
            let of = maker.of(row.net.met, row.net.judged());
            let values = [
                ("stage", row.label.as_str()),
                ("of", of.as_str()),
                ("share", row.shown.text.as_str()),
                ("gross", row.gross_shown.text.as_str()),
            ];
            let key = if row.shown.percent.is_some() {
                "sla.alt_row"
            } else {
                "sla.alt_row_few"
            };
            words.fill(key, &values)
        })
        .collect::<Vec<_>>()
        .join(" ");
    let objective = sla.rows.iter().any(|r| r.objective.is_some());
    Chart {
        name: format!("{id}-in-time"),
        title: words.text(&format!("{id}.chart")),
        alt,
        drawing: Drawing::Intervals(IntervalChart {
            from,
            to: 100.0,
            ticks,
            rows,
            net: words.text("sla.net"),
            gross: words.text("sla.gross"),
            objective: objective.then(|| words.text("sla.objective")),
        }),
        table: headline(maker, sla, id, lists),
    }
}

fn mark(shown: &Shown) -> Option<Share> {
    let (share, (low, high)) = (shown.percent?, shown.interval?);
    Some(Share {
        low,
        share,
        high,
        text: shown.text.clone(),
    })
}

/// The headline: net beside gross, with intervals and the objective.
fn headline(maker: &Maker, sla: &Sla, id: &str, lists: &Lists) -> Table {
    let words = maker.words;
    let mut keys = vec![
        "sla.col_stage",
        "sla.col_met",
        "sla.col_missed",
        "sla.col_open_late",
        "sla.col_judged",
        "sla.col_net",
        "sla.col_interval",
        "sla.col_gross",
        "sla.col_gross_interval",
    ];
    let objective = sla.rows.iter().any(|r| r.objective.is_some());
    if objective {
        keys.push("sla.col_objective");
    }
    let previous = maker.context.previous.as_ref();
    let mut columns = maker.columns(&keys);
    if let Some(previous) = previous {
        let title = words.fill("sla.col_previous", &[("period", &previous.name)]);
        columns.push(Column {
            title,
            number: true,
        });
    }
    let rows = sla
        .rows
        .iter()
        .enumerate()
        .map(|(r, row)| {
            let listed = |v: usize| lists.get(&(r, v));
            let mut cells = vec![
                Cell::text(&row.label),
                maker.count_cell(row.net.met as i64, listed(2)),
                maker.count_cell(row.net.missed as i64, listed(0)),
                maker.count_cell(row.net.open_late as i64, listed(1)),
                maker.count_cell(row.net.judged() as i64, None),
                Maker::share_cell(&row.shown),
                Cell::text(&row.shown.interval_text),
                maker.counted_share(&row.gross_shown, row.gross.met, row.gross.judged()),
                Cell::text(&row.gross_shown.interval_text),
            ];
            if objective {
                cells.push(match row.objective {
                    Some(o) => Cell::number(words.percent(o), rounded(o * 100.0, 1)),
                    None => Cell::text(NOTHING),
                });
            }
            if let Some(previous) = previous {
                cells.push(before(maker, previous, row).unwrap_or_else(|| Cell::text(NOTHING)));
            }
            cells
        })
        .collect();
    maker.table(
        &format!("{id}_headline"),
        words.text("sla.headline"),
        columns,
        rows,
    )
}

/// The share in time of the period before.
fn before(maker: &Maker, previous: &Previous, row: &StageSla) -> Option<Cell> {
    let (_, _, met, judged) = previous
        .stages
        .iter()
        .find(|(stage, pass, _, _)| *stage == row.stage && *pass == row.pass)?;
    let (met, judged) = (u64::try_from(*met).ok()?, u64::try_from(*judged).ok()?);
    let shown = maker.share(met, judged).ok()?;
    Some(maker.counted_share(&shown, met, judged))
}

/// Decided only, and what has no place in the denominator.
fn beside(maker: &Maker, sla: &Sla, id: &str, lists: &Lists) -> Result<Table, ReviewError> {
    let keys = [
        "sla.col_stage",
        "sla.col_decided",
        "sla.col_decided_interval",
        "sla.col_not_due",
        "sla.col_paused",
        "sla.col_cancelled",
        "sla.col_not_applicable",
    ];
    let mut rows = Vec::new();
    for (r, row) in sla.rows.iter().enumerate() {
        let net = row.net;
        let decided = maker
            .share(net.met, net.met + net.missed)
            .map_err(Maker::refused(sla.metric))?;
        rows.push(vec![
            Cell::text(&row.label),
            maker.counted_share(&decided, net.met, net.met + net.missed),
            Cell::text(&decided.interval_text),
            maker.count_cell(net.open_not_due as i64, lists.get(&(r, 3))),
            maker.count_cell(net.paused as i64, lists.get(&(r, 4))),
            maker.count_cell(net.cancelled as i64, lists.get(&(r, 5))),
            maker.count_cell(net.not_applicable as i64, lists.get(&(r, 6))),
        ]);
    }
    let caption = maker.words.text("sla.beside");
    Ok(maker.table(&format!("{id}_beside"), caption, maker.columns(&keys), rows))
}

/// Shares by the month of the due date.
fn by_month(maker: &Maker, sla: &Sla, id: &str, net: bool) -> Result<Table, ReviewError> {
    let months: BTreeSet<&String> = sla.rows.iter().flat_map(|r| r.months.keys()).collect();
    let mut columns = maker.columns(&["sla.col_month"]);
    columns.extend(sla.rows.iter().map(|r| Column {
        title: short(&r.label, HEADING),
        number: true,
    }));
    let mut rows = Vec::new();
    for month in months {
        let mut cells = vec![Cell::text(maker.words.month(month))];
        for row in &sla.rows {
            let both = row.months.get(month).copied().unwrap_or_default();
            let of = if net { both.0 } else { both.1 };
            let shown = maker
                .share(of.met, of.judged())
                .map_err(Maker::refused(sla.metric))?;
            cells.push(maker.counted_share(&shown, of.met, of.judged()));
        }
        rows.push(cells);
    }
    let side = if net { "net" } else { "gross" };
    let caption = maker.words.text(&format!("sla.by_month_{side}"));
    let mut table = maker.table(&format!("{id}_by_month_{side}"), caption, columns, rows);
    table.folded = !net;
    Ok(table)
}

/// The started basis, with the bounds that the stages not yet due leave open.
fn started(maker: &Maker) -> Result<Vec<Block>, ReviewError> {
    const METRIC: &str = "stage_sla_started";
    let heading = Block::Heading {
        text: maker.words.text("sla.started_title"),
    };
    let text = Block::Text {
        text: maker.words.text("sla.started_lead"),
    };
    let Some(sla) = read(maker, METRIC)? else {
        return Ok(vec![heading, text, maker.not_measured(METRIC)]);
    };
    let keys = [
        "sla.col_stage",
        "sla.col_started",
        "sla.col_met",
        "sla.col_late",
        "sla.col_undecided",
        "sla.col_lower",
        "sla.col_upper",
        "sla.col_gross_bounds",
    ];
    let mut rows = Vec::new();
    for row in &sla.rows {
        let net = row.net;
        let undecided = net.open_not_due + net.paused;
        let (lower, upper) = bounds(maker, net).map_err(Maker::refused(METRIC))?;
        let (gross_lower, gross_upper) =
            bounds(maker, row.gross).map_err(Maker::refused(METRIC))?;
        rows.push(vec![
            Cell::text(&row.label),
            maker.count_cell((net.judged() + undecided) as i64, None),
            maker.count_cell(net.met as i64, None),
            maker.count_cell(net.late() as i64, None),
            maker.count_cell(undecided as i64, None),
            Maker::share_cell(&lower),
            Maker::share_cell(&upper),
            Cell::text(if gross_lower.text == gross_upper.text {
                gross_lower.text
            } else {
                format!("{} … {}", gross_lower.text, gross_upper.text)
            }),
        ]);
    }
    let caption = maker.words.text("sla.started_caption");
    let table = maker.table("sla_started", caption, maker.columns(&keys), rows);
    let command = maker.command(METRIC, &[("side", "net")]);
    let drill = Block::Command {
        text: maker.words.text("cases.open_with"),
        command,
    };
    Ok(vec![heading, text, Block::Table { table }, drill])
}

/// All not yet due end late; all end in time.
fn bounds(maker: &Maker, v: Verdicts) -> Result<(Shown, Shown), StatsError> {
    let undecided = v.open_not_due + v.paused;
    let all = v.judged() + undecided;
    Ok((
        maker.share(v.met, all)?,
        maker.share(v.met + undecided, all)?,
    ))
}
