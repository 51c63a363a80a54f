//! What Spark answered to one question, kept until the reader is done with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::scratch::Scratch;
use super::script::{figures_folder, list_folder, select_folder};
use super::{Question, SparkError, results};
use crate::counted::Counted;
use redress_query::error::QueryFileError;
use redress_query::query_file::QueryFile;

/// Answers to one question. The figures are read; the lists stay in Spark's files until a reader drills,
/// since they may be long. The files go with the last of the answers.
#[derive(Debug, Clone)]
pub struct SparkAnswers {
    scratch: Arc<Scratch>,
    question: usize,
    metrics: BTreeMap<String, Counted>,
    /// Dimensions of the metrics that were listed.
    listed: BTreeMap<String, Vec<String>>,
    selects: BTreeMap<String, Counted>,
}

impl SparkAnswers {
    pub(super) fn read(
        scratch: &Arc<Scratch>,
        number: usize,
        question: &Question<'_>,
    ) -> Result<SparkAnswers, SparkError> {
        let whole = |folder: String| results::read(&scratch.path().join(folder), &[], None);
        let mut metrics = BTreeMap::new();
        let mut listed = BTreeMap::new();
        for metric in &question.metrics {
            let id = metric.id.clone();
            let answer = as_promised(whole(figures_folder(number, &id))?, metric)?;
            metrics.insert(id.clone(), answer);
            if question.first.is_some() {
                listed.insert(id, metric.dimensions.clone());
            }
        }
        let mut selects = BTreeMap::new();
        for (n, (name, _)) in question.selects.iter().enumerate() {
            selects.insert(name.clone(), whole(select_folder(number, n))?);
        }
        Ok(SparkAnswers {
            scratch: Arc::clone(scratch),
            question: number,
            metrics,
            listed,
            selects,
        })
    }

    /// A metric's counted table.
    ///
    /// # Errors
    /// When the metric was not asked.
    pub fn metric(&self, id: &str) -> Result<Counted, SparkError> {
        self.metrics.get(id).cloned().ok_or_else(|| not_asked(id))
    }

    /// The first `limit` things that a metric counted under all conditions (dimension, value; an empty
    /// value means NULL), in the order of the metric's keys. It is exact up to [`Question::first`] rows;
    /// of a longer list each combination of dimensions gives its first ones.
    ///
    /// # Errors
    /// When the metric was not listed, a condition names no dimension, or the list cannot be read.
    pub fn drill(
        &self,
        id: &str,
        conditions: &[(String, String)],
        limit: usize,
    ) -> Result<Counted, SparkError> {
        let dimensions = self.listed.get(id).ok_or_else(|| not_asked(id))?;
        if let Some((name, _)) = conditions.iter().find(|(c, _)| !dimensions.contains(c)) {
            return Err(SparkError::Metric(QueryFileError::UnknownDimension {
                id: id.to_owned(),
                name: name.clone(),
                known: dimensions.join(", "),
            }));
        }
        let folder = self.scratch.path().join(list_folder(self.question, id));
        results::read(&folder, conditions, Some(limit))
    }

    /// The answer to one of the further SELECTs.
    ///
    /// # Errors
    /// When it was not asked.
    pub fn select(&self, name: &str) -> Result<Counted, SparkError> {
        self.selects
            .get(name)
            .cloned()
            .ok_or_else(|| not_asked(name))
    }

    /// The counted tables of all metrics, by id.
    pub(super) fn into_metrics(self) -> BTreeMap<String, Counted> {
        self.metrics
    }
}

/// The answer, when its columns are those of the metric's header.
fn as_promised(answer: Counted, metric: &QueryFile) -> Result<Counted, SparkError> {
    if metric.columns.is_empty() || answer.columns == metric.columns {
        Ok(answer)
    } else {
        Err(SparkError::Columns {
            origin: metric.origin.display().to_string(),
            promised: metric.columns.join(", "),
            answered: answer.columns.join(", "),
        })
    }
}

fn not_asked(name: &str) -> SparkError {
    SparkError::NotAsked {
        name: name.to_owned(),
    }
}
