//! The engine for lakes that have outgrown one machine: the same SQL through Spark's own `spark-sql`.
//!
//! Everything that is asked at once runs in one Spark application. Results come as Parquet files in a
//! scratch folder that nobody else reads and that goes when the answers do; they count only when Spark
//! ended well and marked each of them as complete.

mod answers;
mod inputs;
mod process;
mod results;
mod scratch;
mod script;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::errors::ParquetError;

use super::counted::Counted;
use redress_lake::derived::read_with_layers;
use redress_lake::manifest::{FileEntry, ManifestError};
use redress_query::error::QueryFileError;
use redress_query::params::Params;
use redress_query::query_file::QueryFile;

pub use answers::SparkAnswers;
use script::Script;

/// How Spark is reached.
#[derive(Debug, Clone)]
pub struct SparkSettings {
    /// Folder of the Spark installation; without it `SPARK_HOME`, then `PATH`.
    pub spark_home: Option<PathBuf>,
    /// The cluster: `local[*]`, `spark://host:7077`, `yarn`, `k8s://...`.
    pub master: String,
    /// Where Spark writes results. It must be one folder for the driver and all workers, as the lake is.
    /// Without it: the system's temporary folder where Spark runs on this machine, else the lake's folder.
    pub scratch: Option<PathBuf>,
}

/// What is asked for one set of parameters.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub params: Params,
    pub metrics: Vec<&'a QueryFile>,
    /// Also list what the metrics counted: the first so many of every combination of their dimensions,
    /// in the order of their keys. Lists of up to so many rows under any conditions are then exact.
    pub first: Option<usize>,
    /// Further SELECTs, by name.
    pub selects: Vec<(String, String)>,
}

/// What can go wrong while Spark answers.
#[derive(Debug, thiserror::Error)]
pub enum SparkError {
    #[error(
        "`spark-sql` was not found in {looked}; install Spark and name its folder with --spark-home or SPARK_HOME"
    )]
    NotFound { looked: String },
    #[error("{path}: cannot be started: {source}")]
    NotStarted {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("Spark failed {place}: {message}")]
    Failed { place: String, message: String },
    #[error(
        "Spark ended without a whole result of {step}; can its workers write to the folder of the results ({folder})?"
    )]
    Incomplete { step: String, folder: PathBuf },
    #[error("{path}: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path}: is no readable Parquet file: {source}")]
    Parquet { path: PathBuf, source: ParquetError },
    #[error(
        "{path}: is not the file that the manifest names; `redress lake list --verify` names every altered file, and `redress extract --full` writes a new snapshot"
    )]
    Altered { path: PathBuf },
    #[error(
        "{path}: is not named by the snapshot's manifest, and Spark reads whole folders; move it out of the snapshot"
    )]
    Stray { path: PathBuf },
    #[error("{path}: Spark takes one of *?[]{{}}\\ in a path for a pattern; move the lake")]
    Pattern { path: PathBuf },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Metric(#[from] QueryFileError),
    #[error("{origin}: only a SELECT can be asked")]
    NotASelect { origin: String },
    #[error(
        "{origin}: the header promises the columns {promised}, the SQL answers {answered}; make them equal"
    )]
    Columns {
        origin: String,
        promised: String,
        answered: String,
    },
    #[error("`{name}` was not among what Spark was asked")]
    NotAsked { name: String },
    #[error("the column `{column}` of the answer has the type {found}, which no figure uses")]
    UnknownType { column: String, found: String },
}

/// One snapshot, opened for queries with one set of parameters.
#[derive(Debug, Clone)]
pub struct SparkEngine {
    snapshot: PathBuf,
    /// The files that the manifest names; nothing else in the folder may be data.
    files: Arc<[FileEntry]>,
    params: Params,
    settings: SparkSettings,
    spark_sql: PathBuf,
}

impl SparkEngine {
    /// Opens a snapshot by its manifest and finds `spark-sql`; nothing is started yet.
    ///
    /// # Errors
    /// When the manifest is missing, altered or of another schema version, or there is no `spark-sql`.
    pub fn open(
        snapshot: &Path,
        params: Params,
        settings: SparkSettings,
    ) -> Result<Self, SparkError> {
        let (manifest, _) = read_with_layers(snapshot)?;
        // Spark reads the folder from elsewhere: `latest` and relative paths mean nothing there.
        let snapshot = snapshot.canonicalize().map_err(|source| SparkError::Io {
            path: snapshot.to_owned(),
            source,
        })?;
        let spark_sql = process::find(settings.spark_home.as_deref())?;
        Ok(SparkEngine {
            snapshot,
            files: manifest.files.into(),
            params,
            settings,
            spark_sql,
        })
    }

    /// The same snapshot and cluster for another period.
    #[must_use]
    pub fn for_params(&self, params: Params) -> SparkEngine {
        SparkEngine {
            params,
            ..self.clone()
        }
    }

    /// The parameters of this engine.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The counted tables of all metrics by id, from one Spark application. `progress` is told each
    /// metric's id when its result is written.
    ///
    /// # Errors
    /// When a file of the lake is not the manifest's, or Spark fails; then there are no results at all.
    pub fn metrics(
        &self,
        metrics: &[QueryFile],
        progress: impl FnMut(&str),
    ) -> Result<BTreeMap<String, Counted>, SparkError> {
        let question = self.question(metrics.iter().collect(), Vec::new());
        Ok(self.single(question, progress)?.into_metrics())
    }

    /// One metric's counted table.
    ///
    /// # Errors
    /// As [`SparkEngine::metrics`].
    pub fn metric(&self, metric: &QueryFile) -> Result<Counted, SparkError> {
        let question = self.question(vec![metric], Vec::new());
        self.single(question, |_| {})?.metric(&metric.id)
    }

    /// What was counted: one row a counted thing, the case's number first where it belongs to a case.
    ///
    /// # Errors
    /// As [`SparkEngine::metrics`], and when a condition names an unknown dimension.
    pub fn drill(
        &self,
        metric: &QueryFile,
        conditions: &[(String, String)],
        limit: Option<usize>,
    ) -> Result<Counted, SparkError> {
        let rest = metric.conditions_sql(conditions, limit)?;
        let sql = format!("SELECT * FROM ({}) AS k{rest}", metric.counted_sql());
        self.sql(&sql, &metric.origin.display().to_string())
    }

    /// Any SELECT over the lake's tables and `params`.
    ///
    /// # Errors
    /// As [`SparkEngine::metrics`], and when it is no SELECT.
    pub fn sql(&self, sql: &str, origin: &str) -> Result<Counted, SparkError> {
        let question = self.question(Vec::new(), vec![(origin.to_owned(), sql.to_owned())]);
        self.single(question, |_| {})?.select(origin)
    }

    /// Answers to several questions, in their order, from one Spark application: what a review needs of
    /// its period and of the one before.
    ///
    /// # Errors
    /// As [`SparkEngine::metrics`], and when a SELECT is none.
    pub fn ask(
        &self,
        questions: &[Question<'_>],
        mut progress: impl FnMut(&str),
    ) -> Result<Vec<SparkAnswers>, SparkError> {
        let scratch = Arc::new(scratch::Scratch::make(&self.scratch_parent())?);
        let inputs = inputs::Inputs::of(&self.snapshot, &self.files);
        let script = Script::of(questions, &inputs, scratch.path())?;
        let steps = script.steps();
        let file = scratch.path().join("questions.sql");
        std::fs::write(&file, script.text()).map_err(|source| SparkError::Io {
            path: file.clone(),
            source,
        })?;
        if steps.is_empty() {
            return read_all(&scratch, questions);
        }
        let mut done = 0;
        let mut on_line = |line: &str| {
            if let Some(step) = script::marked(line).and_then(|n| steps.get(n)) {
                done += 1;
                progress(&step.label);
            }
        };
        process::run(
            &self.spark_sql,
            &self.settings,
            scratch.path(),
            &file,
            &mut on_line,
        )
        .map_err(|ended| match ended {
            process::Ended::NotStarted(source) => SparkError::NotStarted {
                path: self.spark_sql.clone(),
                source,
            },
            process::Ended::Badly(message) => SparkError::Failed {
                place: place(steps, done),
                message,
            },
        })?;
        if let Some(step) = steps.iter().find(|s| !results::is_whole(&s.folder)) {
            return Err(SparkError::Incomplete {
                step: step.label.clone(),
                folder: self.scratch_parent(),
            });
        }
        read_all(&scratch, questions)
    }

    fn question<'a>(
        &self,
        metrics: Vec<&'a QueryFile>,
        selects: Vec<(String, String)>,
    ) -> Question<'a> {
        Question {
            params: self.params.clone(),
            metrics,
            first: None,
            selects,
        }
    }

    fn single(
        &self,
        question: Question<'_>,
        progress: impl FnMut(&str),
    ) -> Result<SparkAnswers, SparkError> {
        let name = "the question";
        let mut answers = self.ask(&[question], progress)?;
        answers.pop().ok_or_else(|| SparkError::NotAsked {
            name: name.to_owned(),
        })
    }

    fn scratch_parent(&self) -> PathBuf {
        let lake = || self.snapshot.parent().unwrap_or(&self.snapshot).to_owned();
        match &self.settings.scratch {
            Some(folder) => folder.clone(),
            None if process::is_local(&self.settings.master) => std::env::temp_dir(),
            None => lake(),
        }
    }
}

/// The answers to all questions, from Spark's files.
fn read_all(
    scratch: &Arc<scratch::Scratch>,
    questions: &[Question<'_>],
) -> Result<Vec<SparkAnswers>, SparkError> {
    questions
        .iter()
        .enumerate()
        .map(|(number, question)| SparkAnswers::read(scratch, number, question))
        .collect()
}

/// Where in the script Spark was when it ended, in words.
fn place(steps: &[script::Step], done: usize) -> String {
    match (done, steps.get(done)) {
        (0, Some(only)) if steps.len() == 1 => format!("({})", only.label),
        (0, Some(first)) => format!("before or at the first step ({})", first.label),
        (_, Some(step)) => format!("at {} (step {} of {})", step.label, done + 1, steps.len()),
        (_, None) => "after its last step".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An engine whose `spark-sql` is another program, and the folder of its results.
    fn engine(program: &str) -> (SparkEngine, tempfile::TempDir) {
        let scratch = tempfile::tempdir().unwrap();
        let engine = SparkEngine {
            snapshot: scratch.path().to_owned(),
            files: Arc::from([]),
            params: Params {
                as_of_at: "2026-10-10T09:00:00Z".parse().unwrap(),
                as_of_on: "2026-10-10".parse().unwrap(),
                over_on: "2026-10-09".parse().unwrap(),
                calendar_id: "turkey".to_owned(),
                period: "2026-Q3".parse().unwrap(),
                previous: "2026-Q2".parse().unwrap(),
            },
            settings: SparkSettings {
                spark_home: None,
                master: "local".to_owned(),
                scratch: Some(scratch.path().to_owned()),
            },
            spark_sql: PathBuf::from(program),
        };
        (engine, scratch)
    }

    fn left_over(scratch: &tempfile::TempDir) -> usize {
        std::fs::read_dir(scratch.path()).unwrap().count()
    }

    #[cfg(unix)]
    #[test]
    fn a_run_that_fails_is_an_error_and_leaves_nothing() {
        let (engine, scratch) = engine("/bin/false");
        let failed = engine
            .sql("SELECT as_of_on FROM params", "--sql")
            .unwrap_err();
        assert_eq!(
            failed.to_string(),
            "Spark failed (--sql): it said nothing and ended with exit status: 1"
        );
        assert_eq!(left_over(&scratch), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_run_that_ends_well_without_a_result_is_an_error_and_leaves_nothing() {
        let (engine, scratch) = engine("/bin/true");
        let failed = engine
            .sql("SELECT as_of_on FROM params", "--sql")
            .unwrap_err();
        assert!(matches!(failed, SparkError::Incomplete { .. }), "{failed}");
        assert_eq!(left_over(&scratch), 0);
    }

    #[test]
    fn a_program_that_cannot_be_started_is_named() {
        let (engine, scratch) = engine("/nowhere/bin/spark-sql");
        let failed = engine
            .sql("SELECT as_of_on FROM params", "--sql")
            .unwrap_err();
        let said = failed.to_string();
        assert!(
            said.starts_with("/nowhere/bin/spark-sql: cannot be started"),
            "{said}"
        );
        assert_eq!(left_over(&scratch), 0);
    }

    #[test]
    fn nothing_asked_starts_nothing() {
        let (engine, _scratch) = engine("/nowhere/bin/spark-sql");
        assert!(engine.metrics(&[], |_| {}).unwrap().is_empty());
    }

    #[test]
    fn results_lie_where_the_workers_see_them() {
        let (mut engine, scratch) = engine("/bin/false");
        engine.settings.scratch = None;
        assert_eq!(engine.scratch_parent(), std::env::temp_dir());
        engine.settings.master = "spark://host:7077".to_owned();
        assert_eq!(
            Some(engine.scratch_parent().as_path()),
            scratch.path().parent()
        );
    }
}
