//! The sheet of indicators: actual beside target, each number leading to what it counted.

use std::collections::BTreeMap;

use super::drill;
use super::figures::Answered;
use super::snapshot::failed;
use crate::error::Result;
use crate::figure::{target, with_unit};
use crate::words::Words;
use redress_engine::indicators::{INDICATORS, Indicator, Reading, Sum, indicator_of};
use redress_register::{Direction, Evidence, Objective};
use redress_review::compose::apart::Apart;

/// Indicators in the order of the page: how fast, how well, then the standard's others.
const FIRST: [&str; 10] = [
    "sla.overall",
    "sla.intake",
    "sla.processing",
    "sla.resolution",
    "sla.processing.2",
    "sla.resolution.2",
    "sla.acknowledgement",
    "right_first_time",
    "remedies.not_delivered",
    "remedies.not_told",
];
/// Indicators of the standard that are entered by hand.
const BY_HAND: [&str; 8] = ["P1", "P2", "P3", "P4", "P5", "P6", "P8", "P10"];

/// One line of the sheet.
pub struct Line {
    pub code: String,
    pub name: String,
    /// The number with what it is of; empty where it is not measured.
    pub actual: String,
    /// The number itself, in the indicator's unit (a count, percent, days, a score); `None` where it is not measured.
    pub value: Option<f64>,
    /// The target itself.
    pub target_value: Option<f64>,
    /// Where the number opens to; empty where it opens to nothing.
    pub opens: String,
    /// Parts of it that open by themselves: words and address.
    pub parts: Vec<(String, String)>,
    /// 95 % interval; empty where there is none.
    pub interval: String,
    pub target: String,
    pub owner: String,
    pub standing: Standing,
    /// What the standing says, in words.
    pub said: String,
}

/// How an indicator stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Met,
    Missed,
    /// There is no target.
    Plain,
    NotMeasured,
}

/// What the sheet is made of.
pub struct Sources<'a> {
    pub answered: &'a Answered,
    /// In force, by indicator.
    pub objectives: BTreeMap<&'a str, &'a Objective>,
    /// What was entered by hand, in the order of entry.
    pub evidence: &'a [Evidence],
    pub apart: &'a Apart,
    pub words: &'a Words,
}

/// The lines of the sheet.
///
/// # Errors
/// When a metric lacks a column that an indicator reads.
pub fn lines(sources: &Sources<'_>) -> Result<Vec<Line>> {
    let ours = FIRST.iter().filter_map(|code| indicator_of(code));
    let theirs = INDICATORS
        .iter()
        .filter(|indicator| !FIRST.contains(&indicator.code));
    let mut lines = Vec::new();
    for indicator in ours.chain(theirs) {
        let computed = sources.computed(indicator)?;
        // What the lake does not measure may have been entered by hand.
        let entered = match computed.standing {
            Standing::NotMeasured => sources.entered(indicator.code),
            Standing::Met | Standing::Missed | Standing::Plain => None,
        };
        lines.push(entered.unwrap_or(computed));
    }
    for code in BY_HAND {
        lines.push(sources.entered(code).unwrap_or_else(|| Line {
            said: sources.words.text("quality.by_hand_missing").to_owned(),
            ..sources.line(code)
        }));
    }
    Ok(lines)
}

impl Standing {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Standing::Met => "met",
            Standing::Missed => "missed",
            Standing::Plain => "plain",
            Standing::NotMeasured => "not_measured",
        }
    }
}

impl Sources<'_> {
    fn computed(&self, indicator: &Indicator) -> Result<Line> {
        let mut line = self.line(indicator.code);
        let Some(table) = self.answered.table(indicator.metric) else {
            line.said = match self.answered.unmeasured(indicator.metric) {
                Some(why) => drill::why_unmeasured(self.words, why),
                None => self.words.text("quality.not_measured").to_owned(),
            };
            return Ok(line);
        };
        let Some(actual) = indicator.actual(table).map_err(failed)? else {
            line.said = self.words.text("quality.nothing_counted").to_owned();
            return Ok(line);
        };
        let of_all = conditions(whole(indicator));
        line.opens = self.address(indicator.metric, &of_all);
        match indicator.reading {
            Reading::Count(_) => line.actual = self.words.count(actual.part),
            Reading::Share { part, .. } => {
                let share = self
                    .apart
                    .share(actual.part.unsigned_abs(), actual.whole.unsigned_abs())
                    .map_err(failed)?;
                line.actual = match share.interval {
                    Some(_) => format!("{} ({})", share.text, share.counts),
                    None => share.counts,
                };
                line.interval = share.interval.unwrap_or_default();
                line.parts = self.parts(indicator, part);
            }
            Reading::Median { .. } => {
                let days = self.words.real(actual.value, 1);
                let n = self.words.count(actual.whole);
                line.actual = self
                    .words
                    .fill("quality.median_days", &[("days", &days), ("n", &n)]);
            }
            Reading::Mean { .. } => {
                let score = self.words.real(actual.value, 2);
                let n = self.words.count(actual.whole);
                line.actual = self
                    .words
                    .fill("quality.mean_score", &[("score", &score), ("n", &n)]);
            }
        }
        self.judge(&mut line, actual.value);
        Ok(line)
    }

    /// A line that nobody has measured yet, with its target.
    fn line(&self, code: &str) -> Line {
        let mut line = Line {
            code: code.to_owned(),
            name: self.words.name("indicator_names", &code.replace('.', "_")),
            actual: String::new(),
            value: None,
            target_value: None,
            opens: String::new(),
            parts: Vec::new(),
            interval: String::new(),
            target: String::new(),
            owner: String::new(),
            standing: Standing::NotMeasured,
            said: String::new(),
        };
        if let Some(objective) = self.objectives.get(code) {
            let objective = &objective.objective;
            line.target = target(self.words, code, objective.target, objective.direction);
            line.target_value = Some(objective.target);
            line.owner = objective.owner.clone();
        }
        line
    }

    fn judge(&self, line: &mut Line, value: f64) {
        line.value = Some(value);
        let Some(objective) = self.objectives.get(line.code.as_str()) else {
            line.standing = Standing::Plain;
            line.said = self.words.text("quality.no_target").to_owned();
            return;
        };
        let objective = &objective.objective;
        let met = match objective.direction {
            Direction::AtLeast => value >= objective.target,
            Direction::AtMost => value <= objective.target,
        };
        let (standing, key) = match met {
            true => (Standing::Met, "quality.met"),
            false => (Standing::Missed, "quality.missed"),
        };
        line.standing = standing;
        line.said = self.words.text(key).to_owned();
    }

    /// The latest figure or finding that somebody entered; `None` where nobody did.
    fn entered(&self, code: &str) -> Option<Line> {
        let latest = self
            .evidence
            .iter()
            .rev()
            .map(|recorded| &recorded.evidence)
            .find(|evidence| evidence.indicator == code)?;
        let mut line = self.line(code);
        line.standing = Standing::Plain;
        line.actual = self.words.text("quality.in_words").to_owned();
        if let Some(value) = latest.value {
            line.actual = with_unit(self.words, value, latest.unit.as_deref());
            self.judge(&mut line, value);
        }
        let day = self.words.date(latest.dated);
        let values = [("date", day.as_str()), ("who", latest.entered_by.as_str())];
        line.said = self.words.fill("quality.by_hand", &values);
        line.opens = "/desk/records#evidence".to_owned();
        Some(line)
    }

    /// What of a share opens by itself: stages by their verdict.
    fn parts(&self, indicator: &Indicator, part: Sum) -> Vec<(String, String)> {
        if !["stage_sla", "overall_sla", "acknowledgement"].contains(&indicator.metric) {
            return Vec::new();
        }
        let late = ["missed", "open_late"];
        let asked = if part.columns == ["met"] {
            &late[..]
        } else {
            part.columns
        };
        let Some(table) = self.answered.table(indicator.metric) else {
            return Vec::new();
        };
        asked
            .iter()
            .filter_map(|verdict| {
                let kept = |row: usize| {
                    part.where_all
                        .iter()
                        .all(|(column, text)| table.text(row, column) == *text)
                };
                let n = table.sum(verdict, kept);
                let mut conditions = conditions(part.where_all);
                conditions.push(("verdict".to_owned(), (*verdict).to_owned()));
                let name = self.words.name("verdicts", verdict);
                let text = format!("{name}: {}", self.words.count(n));
                (n > 0).then(|| (text, self.address(indicator.metric, &conditions)))
            })
            .collect()
    }

    fn address(&self, metric: &str, conditions: &[(String, String)]) -> String {
        drill::address(metric, &self.answered.params.period.name, conditions)
    }
}

/// What narrows all that an indicator looks at.
fn whole(indicator: &Indicator) -> &'static [(&'static str, &'static str)] {
    match indicator.reading {
        Reading::Count(sum) | Reading::Share { whole: sum, .. } => sum.where_all,
        Reading::Median { .. } | Reading::Mean { .. } => &[],
    }
}

fn conditions(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
