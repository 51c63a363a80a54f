//! The review's questions, and the engines that answer them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error;

use redress_domain::vocabulary::Language;
use redress_engine::counted::Counted;
use redress_engine::lists::Lists;
use redress_engine::spark::SparkAnswers;
use redress_lake::manifest::Manifest;
use redress_query::measured::unmeasured;
use redress_query::query_file::QueryFile;

use super::exceptions::ExceptionList;
use super::figures::{FigureError, Figures, OtherMetric};
use super::members::Members;

/// What an engine may fail with.
pub type Failed = Box<dyn Error + Send + Sync>;

/// Answers of an engine for one period: computed when asked, or all at once before.
pub trait Answers {
    /// A metric's counted table.
    ///
    /// # Errors
    /// When the engine fails, or was not asked for the metric.
    fn metric(&self, metric: &QueryFile) -> Result<Counted, Failed>;

    /// The first `limit` things that a metric counted under all conditions.
    ///
    /// # Errors
    /// As for a metric, and when a condition names no dimension.
    fn drill(
        &self,
        metric: &QueryFile,
        conditions: &[(String, String)],
        limit: usize,
    ) -> Result<Counted, Failed>;

    /// Tells how many things of each case a metric counted.
    ///
    /// # Errors
    /// As for a metric.
    fn members(&self, metric: &QueryFile, members: &mut Members) -> Result<(), Failed>;

    /// Tells the numbers of all cases that were told without.
    ///
    /// # Errors
    /// As for a metric.
    fn number(&self, members: &mut Members) -> Result<(), Failed>;

    /// A list of exceptions, whole.
    ///
    /// # Errors
    /// As for a metric.
    fn exceptions(&self, metric: &QueryFile, list: &ExceptionList) -> Result<Counted, Failed>;

    /// One of [`SELECTS`], by its name.
    ///
    /// # Errors
    /// As for a metric.
    fn select(&self, name: &str) -> Result<Counted, Failed>;
}

/// What a review asks besides metrics: name and SQL.
pub const SELECTS: [(&str, &str); 3] = [
    (
        "deviations",
        "SELECT CAST(SUM(deviations) AS BIGINT) AS deviations FROM cases",
    ),
    (
        "objectives",
        "SELECT o.indicator, o.version, o.target, o.direction, o.owner FROM objectives AS o \
         CROSS JOIN params AS p WHERE o.effective_from <= p.period_last ORDER BY o.indicator, o.version",
    ),
    (
        "chart_phases",
        "SELECT h.series, h.site, h.begins_month, h.version, h.withdrawn, h.reason, h.entered_by, h.recorded_at \
         FROM chart_phases AS h ORDER BY h.series, h.begins_month, h.version",
    ),
];

/// The metrics that a review reads of the period before.
pub const OF_THE_PERIOD_BEFORE: [&str; 4] =
    ["volume", "stage_sla", "overall_sla", "acknowledgement"];

/// Name of the SELECT that asks an engine for a metric's cases.
pub fn members_name(metric: &QueryFile) -> String {
    format!("cases_of_{}", metric.id)
}

impl Answers for Lists {
    fn metric(&self, metric: &QueryFile) -> Result<Counted, Failed> {
        Ok(Lists::metric(self, metric)?)
    }

    fn drill(
        &self,
        metric: &QueryFile,
        conditions: &[(String, String)],
        limit: usize,
    ) -> Result<Counted, Failed> {
        Ok(Lists::drill(self, metric, conditions, Some(limit))?)
    }

    fn members(&self, metric: &QueryFile, members: &mut Members) -> Result<(), Failed> {
        members.add_by_key(&metric.id, self.cases(metric)?);
        Ok(())
    }

    fn number(&self, members: &mut Members) -> Result<(), Failed> {
        let keys = members.keys();
        members.number(&keys, self.numbers_of(&keys)?);
        Ok(())
    }

    fn exceptions(&self, metric: &QueryFile, list: &ExceptionList) -> Result<Counted, Failed> {
        Ok(Lists::drill(self, metric, &list.conditions(), None)?)
    }

    fn select(&self, name: &str) -> Result<Counted, Failed> {
        let (name, sql) = SELECTS
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| format!("`{name}` is no question of a review"))?;
        Ok(self.engine().sql(sql, name)?)
    }
}

impl Answers for SparkAnswers {
    fn metric(&self, metric: &QueryFile) -> Result<Counted, Failed> {
        Ok(SparkAnswers::metric(self, &metric.id)?)
    }

    fn drill(
        &self,
        metric: &QueryFile,
        conditions: &[(String, String)],
        limit: usize,
    ) -> Result<Counted, Failed> {
        Ok(SparkAnswers::drill(self, &metric.id, conditions, limit)?)
    }

    fn members(&self, metric: &QueryFile, members: &mut Members) -> Result<(), Failed> {
        let counted = SparkAnswers::select(self, &members_name(metric))?;
        members.add(&metric.id, &counted);
        Ok(())
    }

    fn number(&self, _members: &mut Members) -> Result<(), Failed> {
        Ok(())
    }

    fn exceptions(&self, _metric: &QueryFile, list: &ExceptionList) -> Result<Counted, Failed> {
        Ok(SparkAnswers::select(self, &list.question())?)
    }

    fn select(&self, name: &str) -> Result<Counted, Failed> {
        Ok(SparkAnswers::select(self, name)?)
    }
}

/// Metrics and what answers them; an answer is computed once.
pub struct Asking<'a> {
    from: &'a dyn Answers,
    metrics: &'a [QueryFile],
    language: Language,
    manifest: &'a Manifest,
    answers: RefCell<BTreeMap<String, Counted>>,
}

impl<'a> Asking<'a> {
    /// Questions about the snapshot of a manifest; titles come in the given language. What is not measured
    /// there is answered as unknown, so that nobody reads an empty list as "none".
    pub fn new(
        from: &'a dyn Answers,
        metrics: &'a [QueryFile],
        language: Language,
        manifest: &'a Manifest,
    ) -> Self {
        Asking {
            from,
            metrics,
            language,
            manifest,
            answers: RefCell::new(BTreeMap::new()),
        }
    }

    fn is_measured(&self, metric: &QueryFile) -> bool {
        unmeasured(metric, &self.manifest.rows, &self.manifest.not_recorded).is_none()
    }

    fn find(&self, id: &str) -> Result<&QueryFile, FigureError> {
        self.metrics
            .iter()
            .find(|m| m.id == id && self.is_measured(m))
            .ok_or_else(|| FigureError::Unknown { id: id.to_owned() })
    }
}

impl Figures for Asking<'_> {
    fn metric(&self, id: &str) -> Result<Counted, FigureError> {
        if let Some(answer) = self.answers.borrow().get(id) {
            return Ok(answer.clone());
        }
        let answer = self
            .from
            .metric(self.find(id)?)
            .map_err(|e| failed(id, e))?;
        self.answers
            .borrow_mut()
            .insert(id.to_owned(), answer.clone());
        Ok(answer)
    }

    fn drill(
        &self,
        id: &str,
        conditions: &[(String, String)],
        limit: usize,
    ) -> Result<Counted, FigureError> {
        let metric = self.find(id)?;
        self.from
            .drill(metric, conditions, limit)
            .map_err(|e| failed(id, e))
    }

    fn others(&self) -> Vec<OtherMetric> {
        self.metrics
            .iter()
            .filter(|m| self.is_measured(m))
            .map(|m| OtherMetric {
                id: m.id.clone(),
                title: m.title(self.language.as_str()).to_owned(),
                iso: m.iso.clone(),
                basis: m.basis.clone(),
                definition: m.definition(self.language.as_str()).to_owned(),
            })
            .collect()
    }
}

fn failed(id: &str, source: Failed) -> FigureError {
    FigureError::Failed {
        id: id.to_owned(),
        source,
    }
}
