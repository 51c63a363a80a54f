//! What every part of the review needs: metrics, cases behind a figure, shares and cells.

use std::cell::Cell as Counter;

use crate::ReviewError;
use crate::charts::Tick;
use crate::compose::{CASES_SHOWN, SMALLEST_FOR_PERCENT};
use crate::figures::{FigureError, Figures, OtherMetric, ReviewContext};
use crate::model::{Block, CaseList, Cell, Column, Table};
use crate::numbers::rounded;
use crate::words::{NOTHING, Words, clean};
use redress_engine::counted::{Counted, Value};
use redress_stats::proportion::wilson;
use redress_stats::{DEFAULT_CONFIDENCE, StatsError};

/// Columns that are the same in every case of a problem, so that a list of them leaves them out.
const OF_THE_PROBLEM: [&str; 8] = [
    "cluster_id",
    "label",
    "trend",
    "theme_id",
    "cases",
    "complainants",
    "open_cases",
    "cost_minor",
];

/// The question, the words and the source of figures, with the count of case lists made so far.
pub(super) struct Maker<'a> {
    figures: &'a dyn Figures,
    pub(super) context: &'a ReviewContext,
    pub(super) words: &'a Words,
    lists: Counter<usize>,
}

/// A share as it may be shown.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// "81.3%", or "12 of 15" under 20, or a dash when nothing was counted.
    pub(super) text: String,
    /// Percent rounded to one decimal place; only where a percentage may be shown.
    pub(super) percent: Option<f64>,
    /// Wilson interval in percent, rounded.
    pub(super) interval: Option<(f64, f64)>,
    pub(super) interval_text: String,
    /// x, and those that are not.
    pub(super) counts: [u64; 2],
}

impl<'a> Maker<'a> {
    pub(super) fn new(
        figures: &'a dyn Figures,
        context: &'a ReviewContext,
        words: &'a Words,
    ) -> Self {
        Maker {
            figures,
            context,
            words,
            lists: Counter::new(0),
        }
    }

    /// A metric's table with the columns that will be read; `None` when it is not measured.
    pub(super) fn metric(
        &self,
        id: &str,
        columns: &[&str],
    ) -> Result<Option<Counted>, ReviewError> {
        let table = match self.figures.metric(id) {
            Ok(table) if table.columns.is_empty() => return Ok(None),
            Ok(table) => table,
            Err(FigureError::Unknown { .. }) => return Ok(None),
            Err(failed @ FigureError::Failed { .. }) => return Err(failed.into()),
        };
        match columns.iter().find(|c| table.position(c).is_none()) {
            Some(missing) => Err(ReviewError::MissingColumn {
                metric: id.to_owned(),
                column: (*missing).to_owned(),
            }),
            None => Ok(Some(table)),
        }
    }

    /// Metrics that may be shown as plain tables.
    pub(super) fn others(&self) -> Vec<OtherMetric> {
        self.figures.others()
    }

    /// The drilled table of a metric, as the engine answers it.
    pub(super) fn drill(
        &self,
        metric: &str,
        conditions: &[(&str, &str)],
        limit: usize,
    ) -> Result<Counted, ReviewError> {
        let owned: Vec<(String, String)> = conditions
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Ok(self.figures.drill(metric, &owned, limit)?)
    }

    /// The first cases behind a figure of `total`.
    pub(super) fn cases(
        &self,
        metric: &str,
        conditions: &[(&str, &str)],
        title: String,
        total: i64,
    ) -> Result<CaseList, ReviewError> {
        let table = self.drill(metric, conditions, CASES_SHOWN)?;
        Ok(self.case_list(metric, conditions, title, total, &table))
    }

    /// A list of cases from a drilled table; the first 20 rows are shown.
    pub(super) fn case_list(
        &self,
        metric: &str,
        conditions: &[(&str, &str)],
        title: String,
        total: i64,
        table: &Counted,
    ) -> CaseList {
        let number = self.lists.get() + 1;
        self.lists.set(number);
        let of_a_problem = table.position("cluster_id").is_some();
        // What the conditions fix is in the title already.
        let kept: Vec<usize> = (0..table.columns.len())
            .filter(|i| {
                let name = table.columns[*i].as_str();
                let of_problem = of_a_problem && OF_THE_PROBLEM.contains(&name);
                !of_problem
                    && !matches!(name, "case_key" | "step")
                    && !conditions.iter().any(|(c, _)| *c == name)
            })
            .collect();
        let rows: Vec<Vec<String>> = table
            .rows
            .iter()
            .take(CASES_SHOWN)
            .map(|row| {
                kept.iter()
                    .map(|i| {
                        let value = row.get(*i).unwrap_or(&Value::Null);
                        self.value(&table.columns[*i], value)
                    })
                    .collect()
            })
            .collect();
        let shown = self.words.count(rows.len() as i64);
        let shown = self
            .words
            .plural("cases.shown", total, &[("shown", &shown)]);
        CaseList {
            id: format!("cases-{}-{number}", metric.replace('_', "-")),
            title,
            shown,
            command: self.command(metric, conditions),
            columns: kept
                .iter()
                .map(|i| self.heading(&table.columns[*i]))
                .collect(),
            rows,
        }
    }

    /// The command that shows all cases behind a figure.
    pub(super) fn command(&self, metric: &str, conditions: &[(&str, &str)]) -> String {
        let drill = conditions
            .iter()
            .map(|(name, value)| format!("{name}={}", value.replace(['\n', '\r'], " ")))
            .collect::<Vec<_>>()
            .join(",");
        let plain = |c: char| c.is_ascii_alphanumeric() || "=,-_.:+".contains(c);
        let drill = if drill.is_empty() {
            String::new()
        } else if drill.chars().all(plain) {
            format!(" --drill {drill}")
        } else {
            format!(" --drill '{}'", drill.replace('\'', "'\\''"))
        };
        format!(
            "redress query {metric}{drill} --period {}",
            self.context.period.name
        )
    }

    /// A value of a column as people read it.
    pub(super) fn value(&self, column: &str, value: &Value) -> String {
        match value {
            Value::Null => NOTHING.to_owned(),
            Value::Flag(flag) => self
                .words
                .text(if *flag { "words.yes" } else { "words.no" }),
            Value::Count(n) if column == "weekday" => self.words.name("codes", &format!("d{n}")),
            // Money is kept in hundredths.
            Value::Count(n) if column.ends_with("_minor") => self.words.real(*n as f64 / 100.0, 2),
            Value::Count(n) => self.words.count(*n),
            Value::Real(real) => self.words.real(*real, 1),
            Value::Day(day) => self.words.date(*day),
            Value::Text(text) => match column {
                "month" => self.words.month(text),
                "stage" => self.words.name("stages", text),
                "state" => self.words.name_in(&["states", "codes"], text),
                "verdict" => self.words.name_in(&["verdicts", "codes"], text),
                "channel" => self.words.name("channels", text),
                "severity" => self.words.name("severities", text),
                "remedy" => self.words.name("remedies", text),
                "side" => self.words.name("sides", text),
                "outcome" => self.words.name_in(&["outcomes", "codes"], text),
                "flow" => self.words.name("flows", text),
                "band" => self.words.name("bands", text),
                "language" => self.words.name("languages", text),
                "merged" => self.words.name("words", text),
                "department" => self.words.name("departments", text),
                "category" => self.words.name("categories", &clean(text)),
                "sought" | "granted" | "response" | "remedy_granted" => {
                    self.words.name("remedies", text)
                }
                // What people named themselves is shown as they wrote it.
                "product" | "lot" | "site" | "case_id" | "entered_by" | "body" | "question"
                | "finding" => clean(text),
                "indicator" => self.words.name("indicator_names", text),
                "source_verdict" => self.words.name("verdicts", text),
                _ => self.words.name("codes", text),
            },
        }
    }

    /// A column's heading; money with its currency.
    pub(super) fn heading(&self, column: &str) -> String {
        let name = self.words.name("columns", column);
        match &self.context.currency {
            Some(currency) if column.ends_with("_minor") => format!("{name}, {}", clean(currency)),
            _ => name,
        }
    }

    /// `x` of `n` as it may be shown, with its Wilson interval.
    pub(super) fn share(&self, x: u64, n: u64) -> Result<Shown, StatsError> {
        if n == 0 {
            return Ok(Shown {
                text: NOTHING.to_owned(),
                percent: None,
                interval: None,
                interval_text: NOTHING.to_owned(),
                counts: [0, 0],
            });
        }
        let counts = [x, n.saturating_sub(x)];
        let estimate = wilson(x, n, DEFAULT_CONFIDENCE)?;
        if n < SMALLEST_FOR_PERCENT {
            return Ok(Shown {
                text: self.of(x, n),
                percent: None,
                interval: None,
                interval_text: NOTHING.to_owned(),
                counts,
            });
        }
        Ok(Shown {
            text: self.words.percent(estimate.value),
            percent: Some(rounded(estimate.value * 100.0, 1)),
            interval: Some((
                rounded(estimate.lower * 100.0, 1),
                rounded(estimate.upper * 100.0, 1),
            )),
            interval_text: self.words.span(estimate.lower, estimate.upper),
            counts,
        })
    }

    /// "12 of 15".
    pub(super) fn of(&self, x: u64, n: u64) -> String {
        let (x, n) = (self.words.count(x as i64), self.words.count(n as i64));
        self.words.fill("words.x_of_n", &[("x", &x), ("n", &n)])
    }

    /// A share with its counts, as "76.0% (323 of 425)"; where no percentage may be shown, "12 of 15".
    pub(super) fn with_counts(&self, shown: &Shown, x: u64, n: u64) -> String {
        if shown.percent.is_some() {
            format!("{} ({})", shown.text, self.of(x, n))
        } else {
            shown.text.clone()
        }
    }

    /// A cell of a share with its counts.
    pub(super) fn counted_share(&self, shown: &Shown, x: u64, n: u64) -> Cell {
        Cell {
            text: self.with_counts(shown, x, n),
            number: shown.percent,
            link: None,
            counts: vec![x, n.saturating_sub(x)],
            inside: false,
        }
    }

    /// A cell of a count; opens to its cases where a list is given.
    pub(super) fn count_cell(&self, n: i64, list: Option<&CaseList>) -> Cell {
        let cell = Cell::number(self.words.count(n), n as f64).telling(&[n.unsigned_abs()]);
        match list {
            Some(list) => cell.linked(&list.id),
            None => cell,
        }
    }

    /// A cell of a number with one decimal place.
    pub(super) fn real_cell(&self, value: Option<f64>) -> Cell {
        match value {
            None => Cell::text(NOTHING),
            Some(value) => Cell::number(self.words.real(value, 1), rounded(value, 1)),
        }
    }

    /// A cell of a share.
    pub(super) fn share_cell(shown: &Shown) -> Cell {
        Cell {
            text: shown.text.clone(),
            number: shown.percent,
            link: None,
            counts: shown.counts.to_vec(),
            inside: false,
        }
    }

    /// A table's columns: the first names the row, the rest are numbers.
    pub(super) fn columns(&self, keys: &[&str]) -> Vec<Column> {
        keys.iter()
            .enumerate()
            .map(|(i, key)| Column {
                title: self.words.text(key),
                number: i > 0,
            })
            .collect()
    }

    /// A table that is open to view.
    pub(super) fn table(
        &self,
        name: &str,
        caption: String,
        columns: Vec<Column>,
        rows: Vec<Vec<Cell>>,
    ) -> Table {
        Table {
            name: name.to_owned(),
            caption,
            columns,
            rows,
            folded: false,
            form: false,
        }
    }

    /// Lists of cases under one heading; nothing when there are none.
    pub(super) fn cases_block(&self, lists: Vec<CaseList>) -> Option<Block> {
        (!lists.is_empty()).then(|| Block::Cases {
            title: self.words.text("cases.title"),
            lists,
        })
    }

    /// The sentence for a metric that is not measured.
    pub(super) fn not_measured(&self, metric: &str) -> Block {
        Block::Absent {
            text: self
                .words
                .fill("absent.not_measured", &[("metric", metric)]),
        }
    }

    /// A statistic's refusal, with the metric it was computed from.
    pub(super) fn refused(metric: &str) -> impl FnOnce(StatsError) -> ReviewError + '_ {
        move |reason| ReviewError::Statistic {
            metric: metric.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// Round ticks from 0 to at least `top`, in whole numbers where `whole`; the last is the axis' end.
pub(super) fn ticks(words: &Words, top: f64, whole: bool) -> Vec<Tick> {
    let top = if top > 0.0 { top } else { 1.0 };
    let magnitude = 10_f64.powf((top / 4.0).log10().floor());
    let mut step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|s| s * magnitude)
        .find(|s| s * 4.0 >= top)
        .unwrap_or(10.0 * magnitude);
    if whole {
        step = step.ceil().max(1.0);
    }
    let places = if step >= 1.0 && step.fract() == 0.0 {
        0
    } else if step >= 0.1 {
        1
    } else {
        2
    };
    let count = (top / step).ceil() as u32;
    (0..=count)
        .map(|i| {
            let at = rounded(f64::from(i) * step, 4);
            Tick {
                at,
                label: words.real(at, places),
            }
        })
        .collect()
}

/// Ticks of an axis of percents (0 to 100) from 0 to at least `top`, and never beyond 100; the last is the axis' end.
pub(super) fn percent_ticks(words: &Words, top: f64) -> Vec<Tick> {
    let step = [1.0, 2.0, 5.0, 10.0, 20.0, 25.0]
        .into_iter()
        .find(|step| top <= step * 5.0)
        .unwrap_or(25.0);
    let count = (top.min(100.0) / step).ceil().max(1.0) as u32;
    (0..=count)
        .map(|i| {
            let at = f64::from(i) * step;
            Tick {
                at,
                label: words.percent_tick(at),
            }
        })
        .collect()
}
