//! Which engine answers: the embedded one, or the user's Spark.

use std::path::{Path, PathBuf};

use redress_engine::counted::Counted;
use redress_engine::error::EngineError;
use redress_engine::local::LocalEngine;
use redress_engine::spark::{SparkEngine, SparkError, SparkSettings};
use redress_query::params::Params;
use redress_query::query_file::QueryFile;

use super::failure::Failure;

/// The engines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum EngineName {
    /// In this process
    #[default]
    Local,
    /// Through `spark-sql`, all metrics in one application
    Spark,
}

/// Options of every command that can use Spark.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct EngineArgs {
    /// Who runs the SQL
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineName,
    /// The cluster: local[*], spark://host:7077, yarn, k8s://... [default: local[*]]
    #[arg(long, value_name = "URL")]
    pub master: Option<String>,
    /// Folder of the Spark installation [default: SPARK_HOME, else spark-sql on the PATH]
    #[arg(long, value_name = "DIR")]
    pub spark_home: Option<PathBuf>,
    /// Folder for Spark's results, the same for all its machines [default: the temporary folder, or the lake's]
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
}

impl EngineArgs {
    /// Settings of Spark; `None` when the embedded engine is wanted.
    ///
    /// # Errors
    /// When an option of Spark is given without `--engine spark`.
    pub fn spark(&self) -> Result<Option<SparkSettings>, Failure> {
        match self.engine {
            EngineName::Spark => Ok(Some(SparkSettings {
                spark_home: self.spark_home.clone(),
                master: self.master.clone().unwrap_or_else(|| "local[*]".to_owned()),
                scratch: self.scratch.clone(),
            })),
            EngineName::Local => {
                let given = [
                    ("--master", self.master.is_some()),
                    ("--spark-home", self.spark_home.is_some()),
                    ("--scratch", self.scratch.is_some()),
                ];
                match given.iter().find(|(_, given)| *given) {
                    Some((name, _)) => Err(Failure::Usage(format!(
                        "{name} belongs to Spark; add --engine spark"
                    ))),
                    None => Ok(None),
                }
            }
        }
    }

    /// Opens a snapshot.
    ///
    /// # Errors
    /// When its manifest cannot be used, or Spark is not there.
    pub fn open(&self, snapshot: &Path, params: Params) -> anyhow::Result<AnyEngine> {
        Ok(match self.spark()? {
            None => AnyEngine::Local(Box::new(LocalEngine::open(snapshot, params)?)),
            Some(settings) => AnyEngine::Spark(Box::new(
                SparkEngine::open(snapshot, params, settings).map_err(of_spark)?,
            )),
        })
    }
}

/// Either engine, for commands that ask one thing at a time.
pub enum AnyEngine {
    Local(Box<LocalEngine>),
    Spark(Box<SparkEngine>),
}

impl AnyEngine {
    /// The parameters of this engine.
    pub fn params(&self) -> &Params {
        match self {
            AnyEngine::Local(engine) => engine.params(),
            AnyEngine::Spark(engine) => engine.params(),
        }
    }

    /// The same snapshot for another period.
    pub fn for_params(&self, params: Params) -> AnyEngine {
        match self {
            AnyEngine::Local(engine) => AnyEngine::Local(Box::new(engine.for_params(params))),
            AnyEngine::Spark(engine) => AnyEngine::Spark(Box::new(engine.for_params(params))),
        }
    }

    /// A metric's counted table.
    ///
    /// # Errors
    /// When the engine fails; with a wrong query it is the asker's to mend (exit code 2).
    pub fn metric(&self, metric: &QueryFile) -> anyhow::Result<Counted> {
        match self {
            AnyEngine::Local(engine) => engine.metric(metric).map_err(of_local),
            AnyEngine::Spark(engine) => engine.metric(metric).map_err(of_spark),
        }
    }

    /// A metric by other dimensions.
    ///
    /// # Errors
    /// As [`AnyEngine::metric`].
    pub fn metric_by(&self, metric: &QueryFile, by: &[String]) -> anyhow::Result<Counted> {
        match self {
            AnyEngine::Local(engine) => engine.metric_by(metric, by).map_err(of_local),
            AnyEngine::Spark(engine) => metric
                .by_sql(by)
                .map_err(SparkError::from)
                .and_then(|sql| engine.sql(&sql, &metric.origin.display().to_string()))
                .map_err(of_spark),
        }
    }

    /// What a metric counted.
    ///
    /// # Errors
    /// As [`AnyEngine::metric`].
    pub fn drill(
        &self,
        metric: &QueryFile,
        conditions: &[(String, String)],
    ) -> anyhow::Result<Counted> {
        match self {
            AnyEngine::Local(engine) => engine.drill_once(metric, conditions).map_err(of_local),
            AnyEngine::Spark(engine) => engine.drill(metric, conditions, None).map_err(of_spark),
        }
    }

    /// Any SELECT.
    ///
    /// # Errors
    /// As [`AnyEngine::metric`].
    pub fn sql(&self, sql: &str, origin: &str) -> anyhow::Result<Counted> {
        match self {
            AnyEngine::Local(engine) => engine.sql(sql, origin).map_err(of_local),
            AnyEngine::Spark(engine) => engine.sql(sql, origin).map_err(of_spark),
        }
    }
}

/// A question that cannot be asked is the asker's to mend; the rest is a failure.
pub fn of_local(error: EngineError) -> anyhow::Error {
    match error {
        EngineError::Metric(_)
        | EngineError::Query { .. }
        | EngineError::Columns { .. }
        | EngineError::NoSuchTable { .. }
        | EngineError::NotASelect { .. }
        | EngineError::Unparsable { .. } => Failure::Usage(error.to_string()).into(),
        EngineError::File { .. }
        | EngineError::Parquet { .. }
        | EngineError::Altered { .. }
        | EngineError::Manifest(_)
        | EngineError::UnknownType { .. } => error.into(),
    }
}

/// The same for Spark, which must be there to be asked.
pub fn of_spark(error: SparkError) -> anyhow::Error {
    match error {
        SparkError::NotFound { .. }
        | SparkError::Metric(_)
        | SparkError::NotASelect { .. }
        | SparkError::Columns { .. } => Failure::Usage(error.to_string()).into(),
        SparkError::NotStarted { .. }
        | SparkError::Failed { .. }
        | SparkError::Incomplete { .. }
        | SparkError::Io { .. }
        | SparkError::Parquet { .. }
        | SparkError::Altered { .. }
        | SparkError::Stray { .. }
        | SparkError::Pattern { .. }
        | SparkError::Manifest(_)
        | SparkError::NotAsked { .. }
        | SparkError::UnknownType { .. } => error.into(),
    }
}
