//! The figures of the quality page: every metric that it needs, asked once of a snapshot and kept until there is another.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::snapshot::{Snapshot, failed};
use crate::app::App;
use crate::error::Result;
use redress_domain::chart_phase::in_force;
use redress_domain::vocabulary::Language;
use redress_engine::counted::Counted;
use redress_engine::indicators::INDICATORS;
use redress_lake::manifest::Manifest;
use redress_query::measured::{Unmeasured, unmeasured};
use redress_query::params::Params;
use redress_query::query_file::{QueryFile, shipped_metrics};
use redress_register::Register;
use redress_review::compose::apart::Apart;
use redress_review::figures::{FigureError, Figures, ReviewContext};

/// Metrics by month, for the control charts.
const COURSES: [&str; 3] = ["stage_course", "answer_course", "volume_course"];
/// What grows; read beside the indicators.
pub const GROWING: &str = "growing_problems";
/// Answers that are kept: a few periods of the newest snapshot.
const KEPT: usize = 8;

/// What a snapshot answered for a period.
pub struct Answered {
    mark: String,
    pub params: Params,
    pub manifest: Manifest,
    tables: BTreeMap<String, Counted>,
    unmeasured: BTreeMap<String, Unmeasured>,
    /// Control charts as SVG with their tables, by language; drawn when they are asked for.
    charts: Mutex<BTreeMap<&'static str, Arc<Vec<Drawn>>>>,
}

/// A chart on a page.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub title: String,
    pub svg: String,
    pub table: redress_review::model::Table,
}

impl Answered {
    /// A metric's table; `None` when it is not measured.
    pub fn table(&self, metric: &str) -> Option<&Counted> {
        self.tables.get(metric)
    }

    /// Why a metric is not measured.
    pub fn unmeasured(&self, metric: &str) -> Option<&Unmeasured> {
        self.unmeasured.get(metric)
    }

    /// The control charts in a language.
    ///
    /// # Errors
    /// When a statistic refuses its counts or a chart cannot be drawn.
    pub fn charts(&self, app: &App, language: Language) -> Result<Arc<Vec<Drawn>>> {
        if let Some(drawn) = held(&self.charts).get(language.as_str()) {
            return Ok(Arc::clone(drawn));
        }
        let context = app.register(|r| context(app, r, &self.manifest, &self.params, language))?;
        let charts = Apart::new(context)?.control_charts(self)?;
        let drawn = charts
            .into_iter()
            .map(|chart| {
                Ok(Drawn {
                    svg: redress_review::charts::inline(&chart)?,
                    title: chart.title,
                    table: chart.table,
                })
            })
            .collect::<Result<Vec<Drawn>>>()?;
        let drawn = Arc::new(drawn);
        held(&self.charts).insert(language.as_str(), Arc::clone(&drawn));
        Ok(drawn)
    }
}

impl Figures for Answered {
    fn metric(&self, id: &str) -> Result<Counted, FigureError> {
        let unknown = || FigureError::Unknown { id: id.to_owned() };
        self.tables.get(id).cloned().ok_or_else(unknown)
    }

    fn drill(
        &self,
        id: &str,
        _conditions: &[(String, String)],
        _limit: usize,
    ) -> Result<Counted, FigureError> {
        // Lists of cases are asked of the engine, one at a time.
        Err(FigureError::Unknown { id: id.to_owned() })
    }
}

/// The shipped metrics, read once.
///
/// # Errors
/// When one is broken; a test keeps that from happening.
pub fn metrics() -> Result<&'static [QueryFile]> {
    static METRICS: LazyLock<std::result::Result<Vec<QueryFile>, String>> =
        LazyLock::new(|| shipped_metrics().map_err(|error| error.to_string()));
    METRICS.as_deref().map_err(failed)
}

/// What the newest answers are; the last one first.
static ANSWERS: Mutex<Vec<Arc<Answered>>> = Mutex::new(Vec::new());

/// The figures of a snapshot, from memory where they were asked before.
///
/// # Errors
/// When a file of the lake or a query cannot be read.
pub fn answered(snapshot: &Snapshot) -> Result<Arc<Answered>> {
    let mark = snapshot.mark();
    // Held while asking: whoever comes meanwhile wants the same answer, not the same work.
    let mut answers = held(&ANSWERS);
    if let Some(known) = answers.iter().find(|answer| answer.mark == mark) {
        return Ok(Arc::clone(known));
    }
    let answer = Arc::new(ask(snapshot, mark)?);
    answers.insert(0, Arc::clone(&answer));
    answers.truncate(KEPT);
    Ok(answer)
}

fn ask(snapshot: &Snapshot, mark: String) -> Result<Answered> {
    let manifest = &snapshot.manifest;
    let wanted = |id: &str| {
        INDICATORS.iter().any(|indicator| indicator.metric == id)
            || COURSES.contains(&id)
            || id == GROWING
    };
    let (mut measured, mut not) = (Vec::new(), BTreeMap::new());
    for metric in metrics()?.iter().filter(|metric| wanted(&metric.id)) {
        match unmeasured(metric, &manifest.rows, &manifest.not_recorded) {
            None => measured.push(metric),
            Some(why) => {
                not.insert(metric.id.clone(), why);
            }
        }
    }
    let tables = snapshot.engine.metrics(&measured, |_| {}).map_err(failed)?;
    Ok(Answered {
        mark,
        params: snapshot.engine.params().clone(),
        manifest: manifest.clone(),
        tables: measured.iter().map(|m| m.id.clone()).zip(tables).collect(),
        unmeasured: not,
        charts: Mutex::new(BTreeMap::new()),
    })
}

/// What the review's parts must be told of a question; what only a pack says of its data is left out.
///
/// # Errors
/// When the register cannot be read.
pub fn context(
    app: &App,
    register: &Register,
    manifest: &Manifest,
    params: &Params,
    language: Language,
) -> Result<ReviewContext> {
    Ok(ReviewContext {
        period: params.period.clone(),
        as_of: manifest.as_of,
        zone: manifest.rules.zone.parse().unwrap_or(register.zone()),
        language,
        organisation: app.settings.organisation.clone(),
        source: String::new(),
        calendar_id: manifest.rules.calendar_id.clone(),
        calendar_version: manifest.rules.calendar_version.to_string(),
        limits: String::new(),
        provisional: params.provisional(),
        manifest: manifest.digest.clone(),
        tool_version: manifest.tool.clone(),
        row_counts: Vec::new(),
        refused: Vec::new(),
        not_recorded: manifest.not_recorded.clone(),
        unknown: Vec::new(),
        gone: None,
        deviations: 0,
        objectives: BTreeMap::new(),
        phases: in_force(&register.phases(Some(manifest.knowledge()))?),
        currency: app.settings.currency.clone(),
        previous: None,
    })
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
