//! The review's questions, answered by the embedded engine.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::domain::vocabulary::Language;
use crate::engine::counted::Counted;
use crate::engine::local::{EngineError, LocalEngine};
use crate::engine::query_file::QueryFile;

use super::figures::{FigureError, Figures, OtherMetric};

/// Metrics and the engine that runs them; an answer is computed once.
pub struct Asking<'a> {
    engine: &'a LocalEngine,
    metrics: &'a [QueryFile],
    language: Language,
    answers: RefCell<BTreeMap<String, Counted>>,
}

impl<'a> Asking<'a> {
    /// Questions to one engine; titles come in the given language. What is not measured here is answered
    /// as unknown, so that nobody reads an empty list as "none".
    pub fn new(engine: &'a LocalEngine, metrics: &'a [QueryFile], language: Language) -> Self {
        Asking {
            engine,
            metrics,
            language,
            answers: RefCell::new(BTreeMap::new()),
        }
    }

    fn find(&self, id: &str) -> Result<&QueryFile, FigureError> {
        self.metrics
            .iter()
            .find(|m| m.id == id && self.engine.unmeasured(m).is_none())
            .ok_or_else(|| FigureError::Unknown { id: id.to_owned() })
    }
}

impl Figures for Asking<'_> {
    fn metric(&self, id: &str) -> Result<Counted, FigureError> {
        if let Some(answer) = self.answers.borrow().get(id) {
            return Ok(answer.clone());
        }
        let answer = self
            .engine
            .metric_to_drill(self.find(id)?)
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
        self.engine
            .drill(metric, conditions, Some(limit))
            .map_err(|e| failed(id, e))
    }

    fn others(&self) -> Vec<OtherMetric> {
        self.metrics
            .iter()
            .filter(|m| self.find(&m.id).is_ok())
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

fn failed(id: &str, source: EngineError) -> FigureError {
    FigureError::Failed {
        id: id.to_owned(),
        source: Box::new(source),
    }
}
