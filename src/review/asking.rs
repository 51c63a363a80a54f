//! The review's questions, answered by the embedded engine.

use crate::engine::counted::Counted;
use crate::engine::local::{EngineError, LocalEngine};
use crate::engine::query_file::QueryFile;

use super::figures::{FigureError, Figures};

/// Metrics and the engine that runs them.
pub struct Asking<'a> {
    pub engine: &'a LocalEngine,
    pub metrics: &'a [QueryFile],
}

impl Asking<'_> {
    fn find(&self, id: &str) -> Result<&QueryFile, FigureError> {
        self.metrics
            .iter()
            .find(|m| m.id == id)
            .ok_or_else(|| FigureError::Unknown { id: id.to_owned() })
    }
}

impl Figures for Asking<'_> {
    fn metric(&self, id: &str) -> Result<Counted, FigureError> {
        let metric = self.find(id)?;
        self.engine.metric(metric).map_err(|e| failed(id, e))
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
}

fn failed(id: &str, source: EngineError) -> FigureError {
    FigureError::Failed {
        id: id.to_owned(),
        source: Box::new(source),
    }
}
