//! Pareto analysis of categories.

use super::SMALLEST_FOR_PERCENT;
use super::maker::Maker;
use crate::ReviewError;
use crate::charts::Tick;
use crate::charts::pareto::{ParetoChart, ParetoRow};
use crate::model::{Block, CaseList, Cell, Chart, Column, Drawing, Section};
use crate::numbers::rounded;
use crate::words::clean;
use redress_stats::pareto::{DEFAULT_CUT, ParetoBar, pareto};

const METRIC: &str = "pareto_category";
/// Bars drawn; smaller categories are added up in one more.
const BARS: usize = 12;
/// Categories whose cases are listed in the page; the others open with the command.
const CASES_LISTED: usize = 20;
/// Categories above which the table is folded: a page of paper holds so many.
const UNFOLDED: usize = 40;

pub(super) fn section(maker: &Maker) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = vec![Block::Text {
        text: words.text("pareto.lead"),
    }];
    match maker.metric(METRIC, &["category", "complaints", "cost_minor"])? {
        None => blocks.push(maker.not_measured(METRIC)),
        Some(table) if table.rows.is_empty() => {
            blocks.push(Block::Absent {
                text: words.text("absent.none_received"),
            });
        }
        Some(table) => {
            let mut weights: Vec<(String, f64)> = Vec::new();
            let mut costs: Vec<(String, i64)> = Vec::new();
            let mut unclassified = 0;
            for row in 0..table.rows.len() {
                let (category, n) = (table.text(row, "category"), table.count(row, "complaints"));
                if category.is_empty() {
                    unclassified += n;
                } else {
                    weights.push((category.clone(), n as f64));
                    costs.push((category, table.count(row, "cost_minor")));
                }
            }
            if weights.iter().any(|(_, n)| *n > 0.0) {
                let bars = pareto(&weights, DEFAULT_CUT).map_err(Maker::refused(METRIC))?;
                blocks.extend(classified(maker, &bars, &costs)?);
            }
            if unclassified > 0 {
                let text = words.plural("pareto.unclassified", unclassified, &[]);
                blocks.push(Block::Text { text });
                let title = words.text("pareto.not_classified");
                let list = maker.cases(METRIC, &[("category", "")], title, unclassified)?;
                blocks.extend(maker.cases_block(vec![list]));
            }
        }
    }
    Ok(Section {
        id: "categories".into(),
        title: words.text("pareto.title"),
        reference: words.text("pareto.reference"),
        blocks,
    })
}

fn name(maker: &Maker, category: &str) -> String {
    maker.words.name("categories", &clean(category))
}

fn classified(
    maker: &Maker,
    bars: &[ParetoBar<String>],
    costs: &[(String, i64)],
) -> Result<Vec<Block>, ReviewError> {
    let words = maker.words;
    let total: i64 = bars.iter().map(|b| b.weight as i64).sum();
    let percent = total as u64 >= SMALLEST_FOR_PERCENT;
    let mut lists = Vec::new();
    for bar in bars.iter().take(CASES_LISTED) {
        let title = name(maker, &bar.label);
        let conditions = [("category", bar.label.as_str())];
        lists.push(maker.cases(METRIC, &conditions, title, bar.weight as i64)?);
    }
    // The fewest that reach the cut: equals of the last of them add nothing to the sentence.
    let few = bars
        .iter()
        .position(|b| b.cumulative_share >= DEFAULT_CUT)
        .map_or(bars.len(), |place| place + 1);
    let all = words.count(bars.len() as i64);
    let held = bars[..few].last().map_or(1.0, |b| b.cumulative_share);
    let share = words.percent_tick(held * 100.0);
    let said = if percent {
        words.plural(
            "pareto.vital",
            few as i64,
            &[("all", &all), ("share", &share)],
        )
    } else {
        words.text("pareto.too_few")
    };
    let chart = chart(maker, bars, costs, &lists, percent, &said);
    let mut blocks = vec![
        Block::Text { text: said },
        Block::Chart {
            chart: Box::new(chart),
        },
    ];
    blocks.extend(maker.cases_block(lists));
    if let Some(next) = bars.get(CASES_LISTED) {
        let command = maker.command(METRIC, &[("category", next.label.as_str())]);
        blocks.push(Block::Command {
            text: words.text("pareto.open_others"),
            command,
        });
    }
    Ok(blocks)
}

fn chart(
    maker: &Maker,
    bars: &[ParetoBar<String>],
    costs: &[(String, i64)],
    lists: &[CaseList],
    percent: bool,
    said: &str,
) -> Chart {
    let words = maker.words;
    let total: f64 = bars.iter().map(|b| b.weight).sum();
    let share = |share: f64| {
        if percent {
            words.percent(share)
        } else {
            String::new()
        }
    };
    let mut drawn: Vec<ParetoRow> = bars
        .iter()
        .take(BARS)
        .map(|bar| ParetoRow {
            label: name(maker, &bar.label),
            count: bar.weight,
            text: words.count(bar.weight as i64),
            cumulative: percent.then(|| rounded(bar.cumulative_share * 100.0, 1)),
            cumulative_text: if percent {
                words.percent_tick(bar.cumulative_share * 100.0)
            } else {
                String::new()
            },
            rest: false,
        })
        .collect();
    let rest = &bars[bars.len().min(BARS)..];
    if !rest.is_empty() {
        let count: f64 = rest.iter().map(|b| b.weight).sum();
        drawn.push(ParetoRow {
            label: words.plural("pareto.rest", rest.len() as i64, &[]),
            count,
            text: words.count(count as i64),
            cumulative: percent.then_some(100.0),
            cumulative_text: if percent {
                words.percent_tick(100.0)
            } else {
                String::new()
            },
            rest: true,
        });
    }
    let currency = maker.context.currency.as_deref();
    let mut columns = maker.columns(&[
        "pareto.col_category",
        "words.complaints",
        "pareto.col_share",
        "pareto.col_cumulative",
    ]);
    if let Some(currency) = currency {
        let title = words.fill("pareto.col_cost", &[("currency", currency)]);
        columns.push(Column {
            title,
            number: true,
        });
    }
    let mut rows: Vec<Vec<Cell>> = bars
        .iter()
        .enumerate()
        .map(|(i, bar)| {
            let alone = if percent {
                Cell::number(share(bar.share), rounded(bar.share * 100.0, 1))
            } else {
                Cell::text(maker.of(bar.weight as u64, total as u64))
            };
            let cumulative = if percent {
                Cell::number(
                    share(bar.cumulative_share),
                    rounded(bar.cumulative_share * 100.0, 1),
                )
            } else {
                Cell::text(crate::words::NOTHING)
            };
            let mut cells = vec![
                Cell::text(name(maker, &bar.label)),
                maker.count_cell(bar.weight as i64, lists.get(i)),
                alone,
                cumulative,
            ];
            if currency.is_some() {
                let minor = costs
                    .iter()
                    .find(|(c, _)| *c == bar.label)
                    .map_or(0, |(_, cost)| *cost);
                let cost = rounded(minor as f64 / 100.0, 2);
                cells.push(Cell::number(words.real(cost, 2), cost));
            }
            cells
        })
        .collect();
    rows.push(total_row(maker, total as i64, costs, percent));
    let mut table = maker.table("categories", words.text("pareto.caption"), columns, rows);
    table.folded = bars.len() > UNFOLDED;
    let share_ticks: Vec<Tick> = if percent {
        [0.0, 50.0, 80.0, 100.0]
            // The line itself ends in "100%", so the axis need not say it again.
            .map(|at| {
                let label = if at < 100.0 {
                    words.percent_tick(at)
                } else {
                    String::new()
                };
                Tick { at, label }
            })
            .to_vec()
    } else {
        Vec::new()
    };
    let listed: Vec<String> = drawn
        .iter()
        .map(|r| format!("{}: {}", r.label, r.text))
        .collect();
    Chart {
        name: "categories".into(),
        title: words.text("pareto.chart"),
        alt: format!("{said} {}.", listed.join("; ")),
        drawing: Drawing::Pareto(ParetoChart {
            count_title: words.text("words.complaints"),
            share_title: words.text("pareto.share_title"),
            top: drawn.iter().map(|r| r.count).fold(1.0, f64::max),
            rows: drawn,
            share_ticks,
        }),
        table,
    }
}

/// The sum of the classified complaints and of their cost.
fn total_row(maker: &Maker, total: i64, costs: &[(String, i64)], percent: bool) -> Vec<Cell> {
    let words = maker.words;
    let share = if percent {
        Cell::number(words.percent(1.0), 100.0)
    } else {
        Cell::text(maker.of(total as u64, total as u64))
    };
    let mut cells = vec![
        Cell::text(words.text("words.total")),
        maker.count_cell(total, None),
        share,
        Cell::text(crate::words::NOTHING),
    ];
    if maker.context.currency.is_some() {
        let minor: i64 = costs.iter().map(|(_, cost)| cost).sum();
        let cost = rounded(minor as f64 / 100.0, 2);
        cells.push(Cell::number(words.real(cost, 2), cost));
    }
    cells
}
