//! Complaints beside the units sold or served: products set against what all together have, never as a league table.

use std::collections::BTreeMap;

use super::maker::{Maker, ticks};
use crate::ReviewError;
use crate::charts::funnel::{FunnelChart, FunnelLimit, FunnelUnit};
use crate::model::{Block, Cell, Chart, Drawing, Section, Table};
use crate::numbers::{rounded, whole};
use crate::words::{NOTHING, clean};
use redress_engine::counted::{Counted, Value};
use redress_stats::control::Exposed;
use redress_stats::funnel::{FEWEST_UNITS, Funnel, FunnelPlan, LEVELS, rate_funnel};
use redress_stats::multiplicity::benjamini_hochberg;
use redress_stats::rate::{Rate, exact_rate};
use redress_stats::{DEFAULT_CONFIDENCE, StatsError};

const METRIC: &str = "complaints_per_exposure";
/// Metric that this section shows.
pub(super) const SHOWN: [&str; 1] = [METRIC];
/// Rates are given for so many units.
const PER: f64 = 1000.0;
/// Corners of a limit's curve.
const CORNERS: u32 = 60;
/// Products shown in the table.
const MOST: usize = 40;

/// One product's complaints and units; months without units are left out of both.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    complaints: u64,
    units: f64,
    /// Complaints of months for which no units are given.
    without: u64,
}

pub(super) fn section(maker: &Maker) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = vec![Block::Text {
        text: words.text("exposure.lead"),
    }];
    match maker.metric(METRIC, &["product", "complaints", "units"])? {
        None => blocks.push(maker.not_measured(METRIC)),
        Some(table) => {
            let products = products(&table);
            let known: Vec<(&String, Exposed)> = products
                .iter()
                .filter(|(_, sums)| sums.units > 0.0)
                .map(|(name, sums)| {
                    let of = Exposed {
                        count: sums.complaints,
                        exposure: sums.units / PER,
                    };
                    (name, of)
                })
                .collect();
            let all: u64 = known.iter().map(|(_, of)| of.count).sum();
            if known.is_empty() || all == 0 {
                blocks.push(Block::Absent {
                    text: words.text("exposure.none"),
                });
            } else {
                set(maker, &products, &known, &mut blocks).map_err(Maker::refused(METRIC))?;
            }
            blocks.push(Block::Command {
                text: words.text("cases.open_with"),
                command: maker.command(METRIC, &[]),
            });
        }
    }
    Ok(Section {
        id: "exposure".into(),
        title: words.text("exposure.title"),
        reference: words.text("exposure.reference"),
        blocks,
    })
}

fn products(table: &Counted) -> BTreeMap<String, Sums> {
    let mut products: BTreeMap<String, Sums> = BTreeMap::new();
    for row in 0..table.rows.len() {
        let product = match table.cell(row, "product") {
            Value::Null => continue,
            value => clean(&value.as_text()),
        };
        let sums = products.entry(product).or_default();
        let complaints = u64::try_from(table.count(row, "complaints")).unwrap_or(0);
        match table
            .cell(row, "units")
            .as_real()
            .filter(|units| *units > 0.0)
        {
            Some(units) => {
                sums.complaints += complaints;
                sums.units += units;
            }
            None => sums.without += complaints,
        }
    }
    products
}

fn set(
    maker: &Maker,
    products: &BTreeMap<String, Sums>,
    known: &[(&String, Exposed)],
    blocks: &mut Vec<Block>,
) -> Result<(), StatsError> {
    let words = maker.words;
    let without: u64 = products.values().map(|sums| sums.without).sum();
    if without > 0 {
        let n = whole(without);
        blocks.push(Block::Text {
            text: words.plural("exposure.without", n, &[]),
        });
    }
    if known.len() < FEWEST_UNITS {
        let table = table(maker, known, None)?;
        blocks.push(Block::Text {
            text: words.text("exposure.few"),
        });
        blocks.push(Block::Table { table });
        return Ok(());
    }
    let points: Vec<Exposed> = known.iter().map(|(_, of)| *of).collect();
    let funnel = rate_funnel(&points, &FunnelPlan::default())?;
    let p_values: Vec<f64> = funnel.points.iter().map(|point| point.p_value).collect();
    let q_values = benjamini_hochberg(&p_values)?;
    let beyond: Vec<bool> = funnel
        .points
        .iter()
        .map(|point| {
            let [usual, _] = point.limits;
            point.value > usual.upper || point.value < usual.lower
        })
        .collect();
    let table = table(maker, known, Some((&funnel, &beyond, &q_values)))?;
    let named: Vec<&str> = known
        .iter()
        .zip(&beyond)
        .filter(|(_, beyond)| **beyond)
        .map(|((name, _), _)| name.as_str())
        .collect();
    let n = whole(named.len());
    let title = match n {
        0 => words.text("exposure.chart_none"),
        _ => words.plural("exposure.chart", n, &[]),
    };
    let values = [
        ("target", words.real(funnel.target, 2)),
        ("units", words.count(whole(known.len()))),
        (
            "named",
            if named.is_empty() {
                NOTHING.to_owned()
            } else {
                named.join(", ")
            },
        ),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    blocks.push(Block::Chart {
        chart: Box::new(Chart {
            name: "funnel-products".into(),
            alt: words.fill("exposure.alt", &values),
            title,
            drawing: Drawing::Funnel(drawing(maker, known, &funnel, &beyond)?),
            table,
        }),
    });
    Ok(())
}

type Judged<'a> = (&'a Funnel, &'a [bool], &'a [f64]);

/// By the rate, highest first; within or beyond the limits, where there is a funnel.
fn table(
    maker: &Maker,
    known: &[(&String, Exposed)],
    judged: Option<(&Funnel, &Vec<bool>, &Vec<f64>)>,
) -> Result<Table, StatsError> {
    let words = maker.words;
    let judged: Option<Judged<'_>> = judged.map(|(f, b, q)| (f, b.as_slice(), q.as_slice()));
    let mut order: Vec<usize> = (0..known.len()).collect();
    let rate = |at: usize| known[at].1.count as f64 / known[at].1.exposure;
    order.sort_by(|a, b| rate(*b).total_cmp(&rate(*a)).then(a.cmp(b)));
    let mut rows = Vec::new();
    for at in order.into_iter().take(MOST) {
        let (name, of) = &known[at];
        let estimate = exact_rate(
            Rate {
                events: of.count,
                exposure: of.exposure,
            },
            DEFAULT_CONFIDENCE,
        )?;
        let interval = format!(
            "{}–{}",
            words.real(estimate.lower, 2),
            words.real(estimate.upper, 2)
        );
        let mut cells = vec![
            Cell::text(name.as_str()),
            maker.count_cell(whole(of.count), None),
            maker.count_cell((of.exposure * PER).round() as i64, None),
            Cell::number(words.real(estimate.value, 2), rounded(estimate.value, 2)),
            Cell::text(interval),
        ];
        if let Some((_, beyond, q_values)) = judged {
            cells.push(Cell::text(words.text(match beyond[at] {
                true => "exposure.beyond",
                false => "exposure.within",
            })));
            cells.push(Cell::number(
                words.real(q_values[at], 4),
                rounded(q_values[at], 4),
            ));
        }
        rows.push(cells);
    }
    let mut keys = vec![
        "exposure.col_product",
        "exposure.col_complaints",
        "exposure.col_units",
        "exposure.col_rate",
        "exposure.col_interval",
    ];
    if judged.is_some() {
        keys.extend(["exposure.col_place", "changes.col_q"]);
    }
    let mut columns = maker.columns(&keys);
    if let Some(place) = columns.get_mut(5) {
        place.number = false;
    }
    let shown = words.count(whole(rows.len()));
    let caption = words.plural("exposure.caption", whole(known.len()), &[("shown", &shown)]);
    Ok(maker.table("exposure", caption, columns, rows))
}

fn drawing(
    maker: &Maker,
    known: &[(&String, Exposed)],
    funnel: &Funnel,
    beyond: &[bool],
) -> Result<FunnelChart, StatsError> {
    let words = maker.words;
    let largest = known.iter().map(|(_, of)| of.exposure).fold(0.0, f64::max);
    let x_ticks = ticks(words, largest * PER, true);
    let last = x_ticks.last().map_or(largest, |tick| tick.at / PER);
    let highest = funnel
        .points
        .iter()
        .map(|point| point.value)
        .fold(funnel.target * 2.0, f64::max);
    let y_ticks = ticks(words, highest * 1.1, false);
    let mut limits: Vec<FunnelLimit> = ["exposure.limit_usual", "exposure.limit_strict"]
        .iter()
        .map(|key| FunnelLimit {
            name: words.text(key),
            lower: Vec::new(),
            upper: Vec::new(),
        })
        .collect();
    let smallest = known.iter().map(|(_, of)| of.exposure).fold(last, f64::min);
    for corner in 0..=CORNERS {
        let share = f64::from(corner) / f64::from(CORNERS);
        // Close together where the limits bend.
        let size = smallest * 0.5 + (last - smallest * 0.5) * share * share;
        for (limit, level) in limits.iter_mut().zip(LEVELS) {
            let at = funnel.limits_at(size, level)?;
            let size = rounded(size * PER, 1);
            limit.lower.push((size, rounded(at.lower.max(0.0), 3)));
            limit.upper.push((size, rounded(at.upper, 3)));
        }
    }
    let units = known
        .iter()
        .zip(&funnel.points)
        .zip(beyond)
        .map(|(((name, of), point), beyond)| FunnelUnit {
            name: (*name).clone(),
            size: rounded(of.exposure * PER, 1),
            value: rounded(point.value, 3),
            beyond: *beyond,
        })
        .collect();
    Ok(FunnelChart {
        x_title: words.text("exposure.x_title"),
        y_title: words.text("exposure.y_title"),
        last: last * PER,
        top: y_ticks.last().map_or(1.0, |tick| tick.at),
        x_ticks,
        y_ticks,
        target: rounded(funnel.target, 3),
        limits,
        units,
        within: words.text("exposure.within"),
        beyond: beyond
            .contains(&true)
            .then(|| words.text("exposure.beyond")),
    })
}
