//! Complaints received, by month and channel, per working day.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::maker::{Maker, ticks};
use crate::ReviewError;
use crate::charts::stacked::{StackedChart, StackedColumn};
use crate::model::{Block, Cell, Chart, Column, Drawing, Section};
use crate::numbers::rounded;
use crate::words::{NOTHING, short};

/// Channels told apart; the rest are added up.
const MOST_CHANNELS: usize = 6;
/// Characters of a channel's name in a column's heading.
const HEADING: usize = 24;

/// One month.
#[derive(Debug, Clone, Default)]
struct Month {
    working_days: Option<f64>,
    net: BTreeMap<String, i64>,
    gross: i64,
}

/// Complaints received.
#[derive(Debug, Clone)]
pub(super) struct Volume {
    months: BTreeMap<String, Month>,
    pub(super) net: i64,
    pub(super) gross: i64,
    /// Working days of the months that received any complaint; 0 while the period is not over.
    pub(super) working_days: f64,
}

/// Reads the metric; `None` when it is not measured.
pub(super) fn read(maker: &Maker) -> Result<Option<Volume>, ReviewError> {
    let columns = ["month", "channel", "gross", "net", "working_days"];
    let Some(table) = maker.metric("volume", &columns)? else {
        return Ok(None);
    };
    let period = &maker.context.period;
    let today = maker.context.as_of.with_timezone(&maker.context.zone);
    let running = format!("{}-{:02}", today.year(), today.month());
    let mut months: BTreeMap<String, Month> = BTreeMap::new();
    // Months without a complaint are shown too.
    let mut day = period.first;
    while day <= period.last.min(maker.context.as_of.date_naive()) {
        months.insert(
            format!("{}-{:02}", day.year(), day.month()),
            Month::default(),
        );
        match day
            .with_day(1)
            .and_then(|d| d.checked_add_months(chrono::Months::new(1)))
        {
            Some(next) => day = next,
            None => break,
        }
    }
    for row in 0..table.rows.len() {
        let name = table.text(row, "month");
        // The working days of a month that is not over are not over either: no rate is told.
        let over = !maker.context.provisional || name < running;
        let month = months.entry(name).or_default();
        month.working_days = table.cell(row, "working_days").as_real().filter(|_| over);
        *month.net.entry(table.text(row, "channel")).or_default() += table.count(row, "net");
        month.gross += table.count(row, "gross");
    }
    Ok(Some(Volume {
        net: table.sum("net", |_| true),
        gross: table.sum("gross", |_| true),
        working_days: if maker.context.provisional {
            0.0
        } else {
            months.values().filter_map(|m| m.working_days).sum()
        },
        months,
    }))
}

pub(super) fn section(maker: &Maker, volume: Option<&Volume>) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = vec![Block::Text {
        text: words.text("volume.lead"),
    }];
    match volume {
        None => blocks.push(maker.not_measured("volume")),
        Some(volume) if volume.gross == 0 => {
            blocks.push(Block::Absent {
                text: words.text("absent.none_received"),
            });
        }
        Some(volume) => {
            let channels = channels(volume);
            let mut lists = Vec::new();
            for (channel, n) in channels.iter().take(MOST_CHANNELS) {
                let conditions = [("channel", channel.as_str()), ("merged", "no")];
                if *n > 0 {
                    let title = channel_name(maker, channel);
                    lists.push(maker.cases("volume", &conditions, title, *n)?);
                }
            }
            if volume.gross > volume.net {
                let title = words.text("volume.merged");
                let merged = volume.gross - volume.net;
                lists.push(maker.cases("volume", &[("merged", "yes")], title, merged)?);
            }
            blocks.push(Block::Chart {
                chart: Box::new(chart(maker, volume, &channels)),
            });
            blocks.extend(maker.cases_block(lists));
        }
    }
    Ok(Section {
        id: "volume".into(),
        title: words.text("volume.title"),
        reference: words.text("volume.reference"),
        blocks,
    })
}

/// Channels with their net complaints, largest first.
fn channels(volume: &Volume) -> Vec<(String, i64)> {
    let mut sums: BTreeMap<&String, i64> = BTreeMap::new();
    for (channel, n) in volume.months.values().flat_map(|m| &m.net) {
        *sums.entry(channel).or_default() += n;
    }
    let mut sorted: Vec<(String, i64)> = sums.into_iter().map(|(c, n)| (c.clone(), n)).collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sorted
}

fn channel_name(maker: &Maker, channel: &str) -> String {
    if channel.is_empty() {
        maker.words.text("words.not_given")
    } else {
        maker.words.name("channels", channel)
    }
}

fn chart(maker: &Maker, volume: &Volume, channels: &[(String, i64)]) -> Chart {
    let words = maker.words;
    let together = channels.len() > MOST_CHANNELS;
    let named = if together {
        &channels[..MOST_CHANNELS - 1]
    } else {
        channels
    };
    let mut parts: Vec<String> = named.iter().map(|(c, _)| channel_name(maker, c)).collect();
    if together {
        parts.push(words.text("volume.other_channels"));
    }
    // Complaints of each part in a month, in the order of `parts`.
    let split = |month: &Month| -> Vec<i64> {
        let mut counts: Vec<i64> = named
            .iter()
            .map(|(c, _)| month.net.get(c).copied().unwrap_or(0))
            .collect();
        if together {
            counts.push(month.net.values().sum::<i64>() - counts.iter().sum::<i64>());
        }
        counts
    };
    let per_day = |n: i64, month: &Month| match month.working_days {
        Some(days) if days > 0.0 => Some(rounded(n as f64 / days, 2)),
        Some(_) | None => (n == 0).then_some(0.0),
    };
    let rate = |value: Option<f64>| match value {
        Some(value) => Cell::number(words.real(value, 2), value),
        None => Cell::text(NOTHING),
    };

    let mut columns = Vec::new();
    let mut rows = Vec::new();
    let mut said = Vec::new();
    for (name, month) in &volume.months {
        let counts = split(month);
        let net: i64 = counts.iter().sum();
        let values: Vec<f64> = counts
            .iter()
            .map(|n| per_day(*n, month).unwrap_or(0.0))
            .collect();
        let total = per_day(net, month);
        let total_text = total.map_or_else(|| NOTHING.to_owned(), |t| words.real(t, 2));
        let label = words.month(name);
        said.push(words.plural(
            "volume.alt_month",
            net,
            &[("month", &label), ("rate", &total_text)],
        ));
        columns.push(StackedColumn {
            label: label.clone(),
            beside: words.plural("volume.beside", net, &[]),
            total: total_text,
            texts: values.iter().map(|v| words.real(*v, 2)).collect(),
            values,
        });
        let mut cells = vec![Cell::text(label)];
        cells.extend(counts.iter().map(|n| maker.count_cell(*n, None)));
        cells.push(maker.count_cell(net, None));
        cells.push(maker.count_cell(month.gross, None));
        cells.push(match month.working_days {
            Some(days) => Cell::number(words.real(days, 1), rounded(days, 1)),
            None => Cell::text(NOTHING),
        });
        cells.push(rate(total));
        cells.push(rate(per_day(month.gross, month)));
        rows.push(cells);
    }
    if volume.months.len() > 1 {
        let all: Vec<Vec<i64>> = volume.months.values().map(&split).collect();
        let mut cells = vec![Cell::text(words.text("words.total"))];
        cells.extend((0..parts.len()).map(|part| {
            let sum = all.iter().filter_map(|counts| counts.get(part)).sum();
            maker.count_cell(sum, None)
        }));
        let days = volume.working_days;
        let per_day = |n: i64| (days > 0.0).then(|| rounded(n as f64 / days, 2));
        cells.push(maker.count_cell(volume.net, None));
        cells.push(maker.count_cell(volume.gross, None));
        cells.push(if days > 0.0 {
            Cell::number(words.real(days, 1), rounded(days, 1))
        } else {
            Cell::text(NOTHING)
        });
        cells.push(rate(per_day(volume.net)));
        cells.push(rate(per_day(volume.gross)));
        rows.push(cells);
    }
    let mut headings = maker.columns(&["sla.col_month"]);
    headings.extend(parts.iter().map(|p| Column {
        title: short(p, HEADING),
        number: true,
    }));
    headings.extend(
        [
            "volume.col_net",
            "volume.col_gross",
            "volume.col_days",
            "volume.col_rate",
            "volume.col_gross_rate",
        ]
        .map(|key| Column {
            title: words.text(key),
            number: true,
        }),
    );
    let highest = columns
        .iter()
        .map(|c| c.values.iter().sum::<f64>())
        .fold(0.0, f64::max);
    let ticks = ticks(words, highest, false);
    Chart {
        name: "volume-per-working-day".into(),
        title: words.text("volume.chart"),
        alt: said.join(" "),
        drawing: Drawing::Stacked(StackedChart {
            unit: words.text("volume.unit"),
            top: ticks.last().map_or(1.0, |t| t.at),
            ticks,
            parts,
            columns,
        }),
        table: maker.table("volume", words.text("volume.caption"), headings, rows),
    }
}
