//! Stages, acknowledgement and the overall clock against their limits.

use std::collections::{BTreeMap, BTreeSet};

use super::maker::{Maker, Shown};
use crate::engine::counted::Counted;
use crate::review::ReviewError;
use crate::review::charts::Tick;
use crate::review::charts::intervals::{IntervalChart, IntervalRow, Share};
use crate::review::model::{Block, CaseList, Cell, Chart, Column, Drawing, Section};
use crate::review::numbers::rounded;
use crate::review::words::NOTHING;
use crate::stats::StatsError;

const COLUMNS: [&str; 11] = [
    "side", "stage", "pass", "month", "met", "missed", "open_late", "open_not_due", "paused",
    "cancelled", "not_applicable",
];

/// Stages by verdict at `as_of`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Verdicts {
    pub(super) met: u64,
    pub(super) missed: u64,
    pub(super) open_late: u64,
    pub(super) open_not_due: u64,
    pub(super) paused: u64,
    pub(super) cancelled: u64,
    pub(super) not_applicable: u64,
}

impl Verdicts {
    /// The headline's denominator.
    pub(super) const fn judged(self) -> u64 {
        self.met + self.missed + self.open_late
    }

    pub(super) const fn late(self) -> u64 {
        self.missed + self.open_late
    }

    fn add(&mut self, table: &Counted, row: usize) {
        let count = |column: &str| u64::try_from(table.count(row, column)).unwrap_or(0);
        self.met += count("met");
        self.missed += count("missed");
        self.open_late += count("open_late");
        self.open_not_due += count("open_not_due");
        self.paused += count("paused");
        self.cancelled += count("cancelled");
        self.not_applicable += count("not_applicable");
    }
}

/// One stage of one pass, on both clocks.
#[derive(Debug, Clone)]
pub(super) struct StageSla {
    pub(super) stage: String,
    pub(super) pass: i64,
    pub(super) net: Verdicts,
    pub(super) gross: Verdicts,
    months: BTreeMap<String, (Verdicts, Verdicts)>,
    pub(super) label: String,
    /// Share on the net clock.
    pub(super) shown: Shown,
    gross_shown: Shown,
    /// Share in time that is aimed at, 0 to 1.
    pub(super) objective: Option<f64>,
}

/// A metric of this shape, by stage and pass.
#[derive(Debug, Clone)]
pub(super) struct Sla {
    pub(super) metric: &'static str,
    pub(super) rows: Vec<StageSla>,
}

/// The order of the way of a complaint.
fn place(stage: &str) -> usize {
    ["acknowledgement", "intake", "processing", "resolution", "overall"]
        .iter()
        .position(|s| *s == stage)
        .unwrap_or(usize::MAX)
}

/// Reads a metric of this shape; `None` when it is not measured.
pub(super) fn read(maker: &Maker, metric: &'static str) -> Result<Option<Sla>, ReviewError> {
    let Some(table) = maker.metric(metric, &COLUMNS)? else {
        return Ok(None);
    };
    type Sides = (Verdicts, Verdicts, BTreeMap<String, (Verdicts, Verdicts)>);
    let mut found: BTreeMap<(i64, usize, String), Sides> = BTreeMap::new();
    for row in 0..table.rows.len() {
        let stage = table.text(row, "stage");
        let key = (table.count(row, "pass"), place(&stage), stage);
        let (net, gross, months) = found.entry(key).or_default();
        let month = months.entry(table.text(row, "month")).or_default();
        if table.text(row, "side") == "net" {
            net.add(&table, row);
            month.0.add(&table, row);
        } else {
            gross.add(&table, row);
            month.1.add(&table, row);
        }
    }
    let many_passes = found.keys().any(|(pass, _, _)| *pass > 1);
    let rows = found
        .into_iter()
        .map(|((pass, _, stage), (net, gross, mut months))| {
            // Paused without a due date belongs to no month.
            months.remove("");
            let label = label(maker, &stage, pass, many_passes);
            Ok(StageSla {
                shown: maker.share(net.met, net.judged())?,
                gross_shown: maker.share(gross.met, gross.judged())?,
                objective: maker.context.objectives.get(&stage).copied(),
                label,
                stage,
                pass,
                net,
                gross,
                months,
            })
        })
        .collect::<Result<Vec<_>, StatsError>>()
        .map_err(Maker::refused(metric))?;
    Ok(Some(Sla { metric, rows }))
}

/// "Processing" or, where any case has a second pass, "Processing, pass 1".
pub(super) fn label(maker: &Maker, stage: &str, pass: i64, many_passes: bool) -> String {
    let name = maker.words.name("stages", stage);
    let passes = many_passes && matches!(stage, "processing" | "resolution");
    if !passes && pass == 1 {
        return name;
    }
    let pass = maker.words.count(pass);
    maker.words.fill("sla.stage_pass", &[("stage", &name), ("pass", &pass)])
}

pub(super) fn stages_section(maker: &Maker, sla: Option<&Sla>) -> Result<Section, ReviewError> {
    let mut blocks = body(maker, sla, "stage_sla", "sla")?;
    if sla.is_some_and(|s| !s.rows.is_empty()) {
        blocks.extend(started(maker)?);
    }
    Ok(section(maker, "sla", blocks))
}

pub(super) fn overall_section(maker: &Maker, sla: Option<&Sla>) -> Result<Section, ReviewError> {
    Ok(section(maker, "overall", body(maker, sla, "overall_sla", "overall")?))
}

pub(super) fn acknowledgement_section(
    maker: &Maker,
    sla: Option<&Sla>,
) -> Result<Section, ReviewError> {
    Ok(section(maker, "ack", body(maker, sla, "acknowledgement", "ack")?))
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
    metric: &str,
    id: &str,
) -> Result<Vec<Block>, ReviewError> {
    let text = Block::Text { text: maker.words.text(&format!("{id}.lead")) };
    let Some(sla) = sla else {
        return Ok(vec![text, maker.not_measured(metric)]);
    };
    if sla.rows.is_empty() {
        return Ok(vec![text, Block::Absent { text: maker.words.text("absent.no_stage_due") }]);
    }
    let lists = case_lists(maker, sla)?;
    let mut blocks = vec![text, Block::Chart { chart: Box::new(chart(maker, sla, id, &lists)) }];
    blocks.push(Block::Table { table: beside(maker, sla, id, &lists)? });
    blocks.push(Block::Table { table: by_month(maker, sla, id, true)? });
    blocks.push(Block::Table { table: by_month(maker, sla, id, false)? });
    blocks.extend(maker.cases_block(lists.into_values().collect()));
    Ok(blocks)
}

type Lists = BTreeMap<(usize, usize), CaseList>;

/// Lists of cases by row and verdict, on the net clock.
const LISTED: [&str; 5] = ["missed", "open_late", "met", "paused", "cancelled"];

fn case_lists(maker: &Maker, sla: &Sla) -> Result<Lists, ReviewError> {
    let mut lists = BTreeMap::new();
    for (r, row) in sla.rows.iter().enumerate() {
        let counts =
            [row.net.missed, row.net.open_late, row.net.met, row.net.paused, row.net.cancelled];
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
            lists.insert((r, v), maker.cases(sla.metric, &conditions, title, n as i64)?);
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
        .chain(sla.rows.iter().filter_map(|r| r.objective.map(|o| o * 100.0)))
        .fold(100.0, f64::min);
    let from = if lowest >= 52.0 { 50.0 } else { 0.0 };
    let step = if from > 0.0 { 10.0 } else { 20.0 };
    let ticks = (0..)
        .map(|i| from + step * f64::from(i))
        .take_while(|at| *at <= 100.0)
        .map(|at| Tick { at, label: words.percent_tick(at) })
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
            IntervalRow { label: row.label.clone(), net, gross, objective, note }
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
            let key = if row.shown.percent.is_some() { "sla.alt_row" } else { "sla.alt_row_few" };
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
    Some(Share { low, share, high, text: shown.text.clone() })
}

/// The headline: net beside gross, with intervals and the objective.
fn headline(maker: &Maker, sla: &Sla, id: &str, lists: &Lists) -> crate::review::model::Table {
    let words = maker.words;
    let mut keys = vec![
        "sla.col_stage", "sla.col_met", "sla.col_missed", "sla.col_open_late", "sla.col_judged",
        "sla.col_net", "sla.col_interval", "sla.col_gross", "sla.col_gross_interval",
    ];
    let objective = sla.rows.iter().any(|r| r.objective.is_some());
    if objective {
        keys.push("sla.col_objective");
    }
    let previous = maker.context.previous.as_ref();
    let mut columns = maker.columns(&keys);
    if let Some(previous) = previous {
        let title = words.fill("sla.col_previous", &[("period", &previous.name)]);
        columns.push(Column { title, number: true });
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
                Maker::share_cell(&row.gross_shown),
                Cell::text(&row.gross_shown.interval_text),
            ];
            if objective {
                cells.push(match row.objective {
                    Some(o) => Cell::number(words.percent(o), rounded(o * 100.0, 1)),
                    None => Cell::text(NOTHING),
                });
            }
            if let Some(previous) = previous {
                let before = previous
                    .stages
                    .iter()
                    .find(|(stage, pass, _, _)| *stage == row.stage && *pass == row.pass)
                    .and_then(|(_, _, met, n)| {
                        maker.share(u64::try_from(*met).ok()?, u64::try_from(*n).ok()?).ok()
                    });
                cells.push(before.as_ref().map_or_else(|| Cell::text(NOTHING), Maker::share_cell));
            }
            cells
        })
        .collect();
    maker.table(&format!("{id}_headline"), words.text("sla.headline"), columns, rows)
}

/// Decided only, and what has no place in the denominator.
fn beside(
    maker: &Maker,
    sla: &Sla,
    id: &str,
    lists: &Lists,
) -> Result<crate::review::model::Table, ReviewError> {
    let keys = [
        "sla.col_stage", "sla.col_decided", "sla.col_decided_interval", "sla.col_not_due",
        "sla.col_paused", "sla.col_cancelled", "sla.col_not_applicable",
    ];
    let mut rows = Vec::new();
    for (r, row) in sla.rows.iter().enumerate() {
        let net = row.net;
        let decided = maker
            .share(net.met, net.met + net.missed)
            .map_err(Maker::refused(sla.metric))?;
        rows.push(vec![
            Cell::text(&row.label),
            Maker::share_cell(&decided),
            Cell::text(&decided.interval_text),
            maker.count_cell(net.open_not_due as i64, None),
            maker.count_cell(net.paused as i64, lists.get(&(r, 3))),
            maker.count_cell(net.cancelled as i64, lists.get(&(r, 4))),
            maker.count_cell(net.not_applicable as i64, None),
        ]);
    }
    let caption = maker.words.text("sla.beside");
    Ok(maker.table(&format!("{id}_beside"), caption, maker.columns(&keys), rows))
}

/// Shares by the month of the due date.
fn by_month(
    maker: &Maker,
    sla: &Sla,
    id: &str,
    net: bool,
) -> Result<crate::review::model::Table, ReviewError> {
    let months: BTreeSet<&String> = sla.rows.iter().flat_map(|r| r.months.keys()).collect();
    let mut columns = maker.columns(&["sla.col_month"]);
    columns.extend(sla.rows.iter().map(|r| Column { title: r.label.clone(), number: true }));
    let mut rows = Vec::new();
    for month in months {
        let mut cells = vec![Cell::text(maker.words.month(month))];
        for row in &sla.rows {
            let both = row.months.get(month).copied().unwrap_or_default();
            let of = if net { both.0 } else { both.1 };
            let shown = maker.share(of.met, of.judged()).map_err(Maker::refused(sla.metric))?;
            let mut cell = Maker::share_cell(&shown);
            if shown.percent.is_some() {
                cell.text = format!("{} ({})", shown.text, maker.of(of.met, of.judged()));
            }
            cells.push(cell);
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
    let heading = Block::Heading { text: maker.words.text("sla.started_title") };
    let text = Block::Text { text: maker.words.text("sla.started_lead") };
    let Some(sla) = read(maker, METRIC)? else {
        return Ok(vec![heading, text, maker.not_measured(METRIC)]);
    };
    let keys = [
        "sla.col_stage", "sla.col_started", "sla.col_met", "sla.col_late", "sla.col_undecided",
        "sla.col_lower", "sla.col_upper", "sla.col_gross_bounds",
    ];
    let mut rows = Vec::new();
    for row in &sla.rows {
        let net = row.net;
        let undecided = net.open_not_due + net.paused;
        let (lower, upper) = bounds(maker, net).map_err(Maker::refused(METRIC))?;
        let (gross_lower, gross_upper) = bounds(maker, row.gross).map_err(Maker::refused(METRIC))?;
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
    let drill = Block::Text { text: maker.words.fill("cases.open_with", &[("command", &command)]) };
    Ok(vec![heading, text, Block::Table { table }, drill])
}

/// All not yet due end late; all end in time.
fn bounds(maker: &Maker, v: Verdicts) -> Result<(Shown, Shown), StatsError> {
    let undecided = v.open_not_due + v.paused;
    let all = v.judged() + undecided;
    Ok((maker.share(v.met, all)?, maker.share(v.met + undecided, all)?))
}
