//! What a review asks of the engine, and what it must be told about the data.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use redress_domain::chart_phase::ChartPhase;
use redress_domain::period::Period;
use redress_domain::vocabulary::Language;
use redress_engine::counted::Counted;
use redress_lake::manifest::{GoneCount, UnknownWord};

/// Answers metrics for one period and one moment of judgement.
pub trait Figures {
    /// The counted table of a metric, as the last SELECT of `queries/metrics/<id>.sql` names it.
    ///
    /// # Errors
    /// [`FigureError::Unknown`] when there is no such metric (the review then says "not measured"),
    /// [`FigureError::Failed`] when it could not be computed.
    fn metric(&self, id: &str) -> Result<Counted, FigureError>;

    /// The first `limit` things counted by a metric that meet all conditions (dimension, value; an
    /// empty value means NULL): a first column `case_id`, then the columns of the metric's `counted`.
    ///
    /// # Errors
    /// As for [`Figures::metric`].
    fn drill(
        &self,
        id: &str,
        conditions: &[(String, String)],
        limit: usize,
    ) -> Result<Counted, FigureError>;

    /// Metrics that the review has no place of its own for, such as those that an analyst added: each
    /// is shown as a table. Metrics that the review knows are left out by it.
    fn others(&self) -> Vec<OtherMetric> {
        Vec::new()
    }
}

/// A metric shown as a plain table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherMetric {
    pub id: String,
    /// In the review's language, where the metric's header has it.
    pub title: String,
    /// ISO clause or indicator.
    pub iso: String,
    /// received, started, due, ended or stock.
    pub basis: String,
    pub definition: String,
}

/// A metric without an answer.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    #[error("there is no metric `{id}`; `redress query` lists those that exist")]
    Unknown { id: String },
    #[error("the metric `{id}` could not be computed: {source}")]
    Failed {
        id: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What stands beside the figures: the question asked and the data cut.
#[derive(Debug, Clone)]
pub struct ReviewContext {
    pub period: Period,
    /// Moment of judgement.
    pub as_of: DateTime<Utc>,
    /// The organisation's zone, in which `as_of` is printed.
    pub zone: Tz,
    pub language: Language,
    pub organisation: String,
    /// Where the cases come from, as people call it.
    pub source: String,
    pub calendar_id: String,
    pub calendar_version: String,
    /// The limits in force and their version, in words.
    pub limits: String,
    /// True while the period had not ended at `as_of`.
    pub provisional: bool,
    /// SHA-256 of the lake's manifest.
    pub manifest: String,
    pub tool_version: String,
    /// Rows in each table of the lake, in the order to be printed.
    pub row_counts: Vec<(String, u64)>,
    /// Rows that the extract refused, by reason.
    pub refused: Vec<(String, u64)>,
    /// What the source does not record, as the mapping names it.
    pub not_recorded: Vec<String>,
    /// Words of the source that the mapping does not know; their rows are kept and move nothing.
    pub unknown: Vec<UnknownWord>,
    /// Cases that the source had and no longer has.
    pub gone: Option<GoneCount>,
    /// Events that the workflow refuses, kept and marked.
    pub deviations: u64,
    /// Objectives in force at the period's end, by indicator (`M5`, `P13`, `sla.intake`).
    pub objectives: BTreeMap<String, Objective>,
    /// Phases of control charts in force at the moment of judgement.
    pub phases: Vec<ChartPhase>,
    /// ISO 4217 code of the cost of redress, for the category table; absent = cost is not shown.
    pub currency: Option<String>,
    /// The period before, when it is to stand beside.
    pub previous: Option<Previous>,
}

/// A target of an indicator, as it stands in the register.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// In the indicator's unit: percent (0 to 100), days, a score, a count.
    pub target: f64,
    /// At least this much is aimed at; at most, when false.
    pub at_least: bool,
    pub version: i64,
    pub owner: String,
}

impl Objective {
    /// Whether a figure meets it.
    pub fn is_met(&self, value: f64) -> bool {
        if self.at_least {
            value >= self.target
        } else {
            value <= self.target
        }
    }
}

impl ReviewContext {
    /// The share in time (0 to 1) that is aimed at for a stage: of its own, or as what is left by the
    /// target for those late (M4, M5).
    pub fn share_aimed_at(&self, stage: &str, pass: i64) -> Option<f64> {
        let own = match pass {
            1 => format!("sla.{stage}"),
            _ => format!("sla.{stage}.{pass}"),
        };
        let in_time = self.objectives.get(&own).filter(|o| o.at_least);
        let late = match stage {
            "acknowledgement" => self.objectives.get("M4"),
            "overall" => self.objectives.get("M5"),
            _ => None,
        };
        in_time
            .map(|o| o.target / 100.0)
            .or_else(|| late.filter(|o| !o.at_least).map(|o| 1.0 - o.target / 100.0))
    }
}

/// A few figures of the period before, to be read with [`Previous::read`].
#[derive(Debug, Clone, PartialEq)]
pub struct Previous {
    /// The period's name.
    pub name: String,
    /// Complaints received, net of merged.
    pub received: i64,
    /// Working days of the months that received any complaint.
    pub working_days: f64,
    /// (stage, pass, met, judged) on the net clock.
    pub stages: Vec<(String, i64, i64, i64)>,
}

impl Previous {
    /// Reads the figures of the period that `figures` answers for.
    ///
    /// # Errors
    /// When a metric fails; a metric that does not exist gives no figures.
    pub fn read(name: &str, figures: &dyn Figures) -> Result<Previous, FigureError> {
        let volume = known(figures, "volume")?;
        let mut days = BTreeMap::new();
        for row in 0..volume.rows.len() {
            let month_days = volume.cell(row, "working_days").as_real().unwrap_or(0.0);
            days.insert(volume.text(row, "month"), month_days);
        }
        let mut stages: BTreeMap<(String, i64), (i64, i64)> = BTreeMap::new();
        for id in ["stage_sla", "overall_sla", "acknowledgement"] {
            let table = known(figures, id)?;
            for row in (0..table.rows.len()).filter(|r| table.text(*r, "side") == "net") {
                let met = table.count(row, "met");
                let late = table.count(row, "missed") + table.count(row, "open_late");
                let key = (table.text(row, "stage"), table.count(row, "pass"));
                let sum = stages.entry(key).or_default();
                sum.0 += met;
                sum.1 += met + late;
            }
        }
        Ok(Previous {
            name: name.to_owned(),
            received: volume.sum("net", |_| true),
            working_days: days.values().sum(),
            stages: stages
                .into_iter()
                .map(|((stage, pass), (met, judged))| (stage, pass, met, judged))
                .collect(),
        })
    }
}

/// A metric's table; empty when there is no such metric.
pub(crate) fn known(figures: &dyn Figures, id: &str) -> Result<Counted, FigureError> {
    match figures.metric(id) {
        Err(FigureError::Unknown { .. }) => Ok(Counted::default()),
        answer @ (Ok(_) | Err(FigureError::Failed { .. })) => answer,
    }
}
