//! Time in each stage: Kaplan-Meier curves, passes and clocks apart.

use std::collections::{BTreeMap, BTreeSet};

use super::SMALLEST_FOR_PERCENT;
use super::maker::Maker;
use super::sla;
use crate::ReviewError;
use crate::charts::Tick;
use crate::charts::survival::{Curve, SurvivalChart};
use crate::model::{Block, Cell, Chart, Drawing, Section};
use crate::numbers::rounded;
use crate::words::NOTHING;
use redress_stats::StatsError;
use redress_stats::incidence::cumulative_incidence;
use redress_stats::survival::{CurveOptions, Quantile, SurvivalCurve, TimeCount, kaplan_meier};

const METRIC: &str = "stage_time";
/// Above this share of competing ends their cumulative incidence is shown (DEFINITIONS: time in a stage).
const COMPETING_SHOWN: f64 = 0.05;

/// A tail of the curve below this share is not worth a sentence.
const SMALLEST_SAID: f64 = 0.001;

/// Times of one stage and pass.
#[derive(Debug, Default)]
struct Times {
    net: Vec<TimeCount>,
    gross: Vec<TimeCount>,
    limits: BTreeSet<i64>,
}

pub(super) fn section(maker: &Maker) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = vec![Block::Text {
        text: words.text("time.lead"),
    }];
    let columns = [
        "side",
        "stage",
        "pass",
        "limit_days",
        "counted_days",
        "outcome",
        "stages",
    ];
    match maker.metric(METRIC, &columns)? {
        None => blocks.push(maker.not_measured(METRIC)),
        Some(table) if table.rows.is_empty() => {
            blocks.push(Block::Absent {
                text: words.text("absent.no_stage_started"),
            });
        }
        Some(table) => {
            let mut found: BTreeMap<(i64, usize, String), Times> = BTreeMap::new();
            for row in 0..table.rows.len() {
                let stage = table.text(row, "stage");
                let key = (table.count(row, "pass"), sla::place(&stage), stage);
                let times = found.entry(key).or_default();
                times.limits.insert(table.count(row, "limit_days"));
                let n = u64::try_from(table.count(row, "stages")).unwrap_or(0);
                let outcome = table.text(row, "outcome");
                let count = TimeCount {
                    time: table.cell(row, "counted_days").as_real().unwrap_or(0.0),
                    events: if outcome == "ended" { n } else { 0 },
                    competing: if outcome == "competing" { n } else { 0 },
                    censored: if outcome == "censored" { n } else { 0 },
                };
                if table.text(row, "side") == "net" {
                    times.net.push(count);
                } else {
                    times.gross.push(count);
                }
            }
            let many_passes = found.keys().any(|(pass, _, _)| *pass > 1);
            for ((pass, _, stage), times) in &found {
                let label = sla::label(maker, stage, *pass, many_passes);
                let name = format!("time-in-{}-{pass}", slug(stage));
                let made =
                    stage_blocks(maker, &name, &label, times).map_err(Maker::refused(METRIC))?;
                if !matches!(made.first(), Some(Block::Chart { .. })) {
                    blocks.push(Block::Heading {
                        text: label.clone(),
                    });
                }
                blocks.extend(made);
                let pass = pass.to_string();
                let conditions = [
                    ("side", "net"),
                    ("stage", stage.as_str()),
                    ("pass", pass.as_str()),
                ];
                let total = times
                    .net
                    .iter()
                    .map(|t| t.events + t.competing + t.censored)
                    .sum::<u64>();
                if total > 0 {
                    let list = maker.cases(METRIC, &conditions, label, total as i64)?;
                    blocks.extend(maker.cases_block(vec![list]));
                }
            }
        }
    }
    Ok(Section {
        id: "time".into(),
        title: words.text("time.title"),
        reference: words.text("time.reference"),
        blocks,
    })
}

/// A code fit for a file name.
fn slug(code: &str) -> String {
    code.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect()
}

fn stage_blocks(
    maker: &Maker,
    name: &str,
    label: &str,
    times: &Times,
) -> Result<Vec<Block>, StatsError> {
    let words = maker.words;
    let total: u64 = times
        .net
        .iter()
        .map(|t| t.events + t.competing + t.censored)
        .sum();
    if total < SMALLEST_FOR_PERCENT {
        let ended: u64 = times.net.iter().map(|t| t.events).sum();
        let of = maker.of(ended, total);
        return Ok(vec![Block::Absent {
            text: words.fill("time.too_few", &[("of", &of)]),
        }]);
    }
    let options = CurveOptions::default();
    let mut sides = vec![("net", &times.net, kaplan_meier(&times.net, &options)?)];
    if !times.gross.is_empty() {
        sides.push(("gross", &times.gross, kaplan_meier(&times.gross, &options)?));
    }
    let mut rows = Vec::new();
    let mut said = Vec::new();
    let mut notes = Vec::new();
    for (side, counts, curve) in &sides {
        let limit = times.limits.iter().next_back().copied().unwrap_or(0);
        let cells = row(maker, side, curve, counts, limit)?;
        let values = [
            ("side", cells[0].text.as_str()),
            ("n", cells[1].text.as_str()),
            ("beyond", cells[5].text.as_str()),
            ("median", cells[7].text.as_str()),
            ("p90", cells[8].text.as_str()),
        ];
        said.push(words.fill("time.alt_side", &values));
        rows.push(cells);
        if curve.competing_share() > COMPETING_SHOWN {
            notes.extend(competing(maker, side, counts, limit, &options)?);
        }
    }
    let keys = [
        "time.col_side",
        "time.col_started",
        "time.col_ended",
        "time.col_open",
        "time.col_competing",
        "time.col_beyond",
        "time.col_interval",
        "time.col_median",
        "time.col_p90",
    ];
    let caption = words.fill("time.caption", &[("stage", label)]);
    let table = maker.table(&name.replace('-', "_"), caption, maker.columns(&keys), rows);
    let chart = Chart {
        name: name.to_owned(),
        title: words.fill("time.chart", &[("stage", label)]),
        alt: said.join(" "),
        drawing: Drawing::Survival(drawing(maker, times, &sides)?),
        table,
    };
    let mut blocks = vec![Block::Chart {
        chart: Box::new(chart),
    }];
    blocks.extend(runs_on(maker, times, &sides).map(|text| Block::Text { text }));
    blocks.extend(notes.into_iter().map(|text| Block::Text { text }));
    Ok(blocks)
}

/// One clock's figures: started, ended, still open, competing, share beyond the limit, median, p90.
fn row(
    maker: &Maker,
    side: &str,
    curve: &SurvivalCurve,
    counts: &[TimeCount],
    limit: i64,
) -> Result<Vec<Cell>, StatsError> {
    let words = maker.words;
    let sum = |of: fn(&TimeCount) -> u64| counts.iter().map(of).sum::<u64>() as i64;
    let beyond = match curve.at(limit as f64) {
        Ok(at) => Some(at),
        Err(StatsError::NotEstimable { .. }) => None,
        Err(refused) => return Err(refused),
    };
    // Where fewer than ten were left at the limit the curve is not shown there, so neither is its value.
    let beyond = beyond.filter(|at| !at.sparse || at.survival == 0.0);
    let (share, interval) = match beyond {
        None => (
            Cell::text(words.text("time.not_estimable")),
            NOTHING.to_owned(),
        ),
        Some(at) => (
            Cell::number(words.percent(at.survival), rounded(at.survival * 100.0, 1)),
            match (at.lower, at.upper) {
                (Some(low), Some(high)) => words.span(low, high),
                (Some(_), None) | (None, Some(_)) | (None, None) => NOTHING.to_owned(),
            },
        ),
    };
    Ok(vec![
        Cell::text(words.name("sides", side)),
        maker.count_cell(curve.total() as i64, None),
        maker.count_cell(sum(|t| t.events), None),
        maker.count_cell(sum(|t| t.censored), None),
        maker.count_cell(sum(|t| t.competing), None),
        share,
        Cell::text(interval),
        quantile(maker, curve.median()),
        quantile(maker, curve.quantile(0.9)?),
    ])
}

/// A quantile in counted days; "not reached" beyond the shown curve.
fn quantile(maker: &Maker, quantile: Quantile) -> Cell {
    let words = maker.words;
    match quantile {
        Quantile::Reached(at) => {
            let places = u32::from(at.time.fract() != 0.0);
            Cell::number(words.real(at.time, places), rounded(at.time, 1))
        }
        Quantile::Sparse(_) | Quantile::NotReached => Cell::text(words.text("time.not_reached")),
    }
}

/// Cumulative incidence where withdrawals and mergers are more than a few.
fn competing(
    maker: &Maker,
    side: &str,
    counts: &[TimeCount],
    limit: i64,
    options: &CurveOptions,
) -> Result<Option<String>, StatsError> {
    let curve = cumulative_incidence(counts, options)?;
    let at = match curve.at(limit as f64) {
        Ok(at) => at,
        Err(StatsError::NotEstimable { .. }) => None,
        Err(refused) => return Err(refused),
    };
    Ok(at.map(|step| {
        let words = maker.words;
        let values = [
            ("side", words.name("sides", side)),
            ("limit", words.count(limit)),
            ("ended", words.percent(step.event.share)),
            ("left", words.percent(step.competing.share)),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
        words.fill("time.competing", &values)
    }))
}

/// Step and last day of the axis: whole days, at most a dozen ticks. A long tail would press the days
/// around the limit together, so the drawing ends at four times the limit.
fn axis(times: &Times, sides: &[(&str, &Vec<TimeCount>, SurvivalCurve)]) -> (f64, f64) {
    let limit = times.limits.iter().next_back().copied().unwrap_or(0) as f64;
    let longest = sides
        .iter()
        .filter_map(|(_, _, curve)| curve.shown().last())
        .map(|step| step.time)
        .fold(limit + 1.0, f64::max)
        .min((limit * 4.0).max(limit + 6.0));
    let step = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0]
        .into_iter()
        .find(|s| longest / s <= 12.0)
        .unwrap_or(1000.0);
    (step, (longest / step).ceil() * step)
}

/// Says where the headline's curve goes on beyond the drawing.
fn runs_on(
    maker: &Maker,
    times: &Times,
    sides: &[(&str, &Vec<TimeCount>, SurvivalCurve)],
) -> Option<String> {
    let words = maker.words;
    let (_, end) = axis(times, sides);
    let (side, _, curve) = sides.first()?;
    let last = curve.shown().last()?;
    if last.time <= end || last.survival < SMALLEST_SAID {
        return None;
    }
    let side = words.name("sides", side);
    let (drawn, day) = (words.real(end, 0), words.real(last.time, 0));
    let share = words.percent(last.survival);
    let values = [
        ("side", side.as_str()),
        ("drawn", drawn.as_str()),
        ("day", day.as_str()),
        ("share", share.as_str()),
    ];
    Some(words.fill("time.runs_on", &values))
}

fn drawing(
    maker: &Maker,
    times: &Times,
    sides: &[(&str, &Vec<TimeCount>, SurvivalCurve)],
) -> Result<SurvivalChart, StatsError> {
    let words = maker.words;
    let (step, last) = axis(times, sides);
    let days: Vec<f64> = (0..)
        .map(|i| f64::from(i) * step)
        .take_while(|d| *d <= last)
        .collect();
    let x_ticks: Vec<Tick> = days
        .iter()
        .map(|at| Tick {
            at: *at,
            label: words.real(*at, 0),
        })
        .collect();
    let mut curves = Vec::new();
    for (side, _, curve) in sides {
        let shown = curve.shown();
        let at_risk = days
            .iter()
            .map(|day| {
                let label = words.count(curve.at_risk(*day)? as i64);
                Ok(Tick { at: *day, label })
            })
            .collect::<Result<Vec<_>, StatsError>>()?;
        curves.push(Curve {
            label: words.name("sides", side),
            steps: shown
                .iter()
                .filter(|s| s.events > 0 && s.time <= last)
                .map(|s| (rounded(s.time, 2), rounded(s.survival * 100.0, 2)))
                .collect(),
            end: shown.last().map_or(0.0, |s| rounded(s.time, 2)).min(last),
            at_risk,
        });
    }
    Ok(SurvivalChart {
        x_title: words.text("time.x_title"),
        y_title: words.text("time.y_title"),
        last,
        x_ticks,
        y_ticks: [0.0, 25.0, 50.0, 75.0, 100.0]
            .map(|at| Tick {
                at,
                label: words.percent_tick(at),
            })
            .to_vec(),
        limits: times
            .limits
            .iter()
            .map(|limit| Tick {
                at: *limit as f64,
                label: words.plural("time.limit", *limit, &[]),
            })
            .collect(),
        curves,
        at_risk_title: words.text("time.at_risk"),
    })
}
