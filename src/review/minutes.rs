//! The minutes of a management review: inputs I1 to I8 as entered and as figures and records fill them, and the
//! decisions (ISO 10002, 8.6).

use chrono::NaiveDate;
use serde::Serialize;

use super::compose::SMALLEST_FOR_PERCENT;
use super::words::Words;
use redress_domain::improvement::{Record, Recorded, ReviewInput};
use redress_domain::vocabulary::Language;
use redress_engine::counted::{Counted, Value};
use redress_engine::error::EngineError;
use redress_engine::indicators::{Actual, INDICATORS, MissingColumn, Reading};
use redress_engine::local::LocalEngine;
use redress_query::error::QueryFileError;
use redress_query::query_file::{QueryFile, shipped_metrics};

/// The minutes, in one language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Minutes {
    /// Version of this structure.
    pub schema_version: u32,
    /// `MR-0002`
    pub review: String,
    pub period: String,
    pub held_on: NaiveDate,
    pub chair: String,
    pub present: Vec<String>,
    /// Why the period was reviewed a further time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    pub closed_on: Option<NaiveDate>,
    pub inputs: Vec<Input>,
    pub decisions: Vec<DecisionLine>,
}

/// One input.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Input {
    pub input: ReviewInput,
    pub title: String,
    /// Filled by figures and records; text may be entered beside.
    pub computed: bool,
    pub entered: Option<String>,
    pub facts: Vec<Fact>,
    pub tables: Vec<Table>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    pub code: &'static str,
    pub what: String,
    /// Rounded, or why it is not there.
    pub value: String,
}

/// The table of a metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    pub metric: String,
    pub title: String,
    pub not_measured: Option<String>,
    pub counted: Counted,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionLine {
    pub output: &'static str,
    pub text: String,
    pub action: String,
}

/// Why minutes cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MinutesError {
    #[error("{0} is no management review")]
    NoReview(String),
    #[error(transparent)]
    Metric(#[from] QueryFileError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Column(#[from] MissingColumn),
    #[error(transparent)]
    Words(#[from] super::ReviewError),
}

/// Metrics that fill an input.
const fn metrics_of(input: ReviewInput) -> &'static [&'static str] {
    match input {
        ReviewInput::Performance => &["stage_sla", "acceptance", "satisfaction"],
        ReviewInput::Feedback => &["suggestions", "rejection_reasons"],
        ReviewInput::Audits => &["audits_held", "recommendations"],
        ReviewInput::Actions => &[
            "action_status",
            "action_list",
            "action_verdicts",
            "action_relapses",
            "unattended",
        ],
        ReviewInput::EarlierReviews => &["review_decisions"],
        ReviewInput::InternalChanges
        | ReviewInput::ExternalChanges
        | ReviewInput::Recommendations => &[],
    }
}

/// Makes the minutes of a review; the engine answers for its period.
///
/// # Errors
/// When the record is no review, or a metric fails. One that is not measured is said so.
pub fn minutes(
    record: &Record,
    engine: &LocalEngine,
    language: Language,
) -> Result<Minutes, MinutesError> {
    let Recorded::Review {
        begun,
        inputs,
        decisions,
        closed_on,
    } = &record.what
    else {
        return Err(MinutesError::NoReview(record.name()));
    };
    let words = Words::load(language)?;
    let metrics = shipped_metrics()?;
    let mut parts = Vec::new();
    for input in ReviewInput::ALL {
        let tables = metrics_of(*input)
            .iter()
            .filter_map(|id| metrics.iter().find(|metric| metric.id == *id))
            .map(|metric| table(engine, metric, language))
            .collect::<Result<_, _>>()?;
        parts.push(Input {
            input: *input,
            title: words.name("input_names", input.as_str()),
            computed: input.is_computed(),
            entered: inputs.get(input).cloned(),
            facts: match input {
                ReviewInput::Performance => facts(engine, &metrics, &words)?,
                _ => Vec::new(),
            },
            tables,
        });
    }
    Ok(Minutes {
        schema_version: 1,
        review: record.name(),
        period: begun.period.clone(),
        held_on: begun.on,
        chair: begun.chair.clone(),
        present: begun.present.clone(),
        again: begun.again.clone(),
        closed_on: *closed_on,
        inputs: parts,
        decisions: decisions
            .iter()
            .map(|decision| DecisionLine {
                output: decision.output.as_str(),
                text: decision.text.clone(),
                action: decision.action.clone(),
            })
            .collect(),
    })
}

fn table(
    engine: &LocalEngine,
    metric: &QueryFile,
    language: Language,
) -> Result<Table, MinutesError> {
    let unmeasured = engine.unmeasured(metric);
    let mut counted = match unmeasured {
        Some(_) => Counted::default(),
        None => engine.metric(metric)?,
    };
    for value in counted.rows.iter_mut().flatten() {
        if let Value::Real(real) = value {
            *real = (*real * 100.0).round() / 100.0;
        }
    }
    Ok(Table {
        metric: metric.id.clone(),
        title: metric.title(language.as_str()).to_owned(),
        not_measured: unmeasured.map(|why| why.to_string()),
        counted,
    })
}

/// A figure with what it rests on; under twenty a share is "x of n" and no percentage.
fn worded(reading: Reading, actual: &Actual, words: &Words) -> String {
    let (part, whole) = (words.count(actual.part), words.count(actual.whole));
    let of = words.fill("words.x_of_n", &[("x", &part), ("n", &whole)]);
    match reading {
        Reading::Count(_) => part,
        Reading::Share { .. } if actual.whole < SMALLEST_FOR_PERCENT as i64 => of,
        Reading::Share { .. } => format!("{} ({of})", words.percent(actual.value / 100.0)),
        Reading::Median { .. } | Reading::Mean { .. } => {
            format!("{} (n = {whole})", words.real(actual.value, 1))
        }
    }
}

/// The indicators of the standard that are computed.
fn facts(
    engine: &LocalEngine,
    metrics: &[QueryFile],
    words: &Words,
) -> Result<Vec<Fact>, MinutesError> {
    let mut found = Vec::new();
    for indicator in INDICATORS {
        let of_standard = indicator.code.starts_with(['M', 'P']);
        let Some(metric) = metrics.iter().find(|m| m.id == indicator.metric) else {
            continue;
        };
        if !of_standard {
            continue;
        }
        let value = match engine.unmeasured(metric) {
            Some(why) => why.to_string(),
            None => match indicator.actual(&engine.metric(metric)?)? {
                Some(actual) => worded(indicator.reading, &actual, words),
                None => words.text("page.nothing_counted"),
            },
        };
        found.push(Fact {
            code: indicator.code,
            what: format!(
                "{} {}",
                indicator.code,
                words.name("indicator_names", indicator.code)
            ),
            value,
        });
    }
    Ok(found)
}
