//! `redress query`: a metric's figures, or the list of what it counted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use redress_domain::period::Period;
use redress_engine::comparison::side_by_side;
use redress_engine::counted::{Counted, Value};
use redress_engine::local::LocalEngine;
use redress_engine::months::Step;
use redress_lake::derived::read_with_layers;
use redress_lake::manifest::Manifest;
use redress_lake::store::Lake;
use redress_query::measured::unmeasured;
use redress_query::params::{Params, ParamsError};
use redress_query::query_file::{QueryFile, metrics_with, parse_conditions};

use super::Context;
use super::engine::{AnyEngine, EngineArgs, of_local, of_spark};
use super::failure::Failure;
use super::{output, progress, rules};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The metric; `--list` shows them
    #[arg(required_unless_present_any = ["list", "sql", "all"])]
    name: Option<String>,
    /// The period: 2026, 2026-H1, 2026-Q3, 2026-07, 2026-W31, A..B, last-quarter
    #[arg(long, default_value = "last-quarter")]
    period: String,
    /// List what was counted under conditions such as month=2026-07,verdict=missed
    #[arg(long, value_name = "CONDITIONS", num_args = 0..=1, default_missing_value = "")]
    drill: Option<String>,
    /// Group by these dimensions instead of the metric's own, separated by commas
    #[arg(long, value_name = "DIMENSIONS", conflicts_with_all = ["drill", "sql", "all", "list"], value_delimiter = ',', num_args = 1)]
    by: Option<Vec<String>>,
    /// Beside another period: previous, last-year, or a period such as 2025-Q3 or A..B
    #[arg(long, value_name = "PERIOD", conflicts_with_all = ["drill", "sql", "all", "list"])]
    compare: Option<String>,
    /// Ask every metric
    #[arg(long, conflicts_with_all = ["name", "sql", "drill", "list"])]
    all: bool,
    /// Show the metrics
    #[arg(long, conflicts_with_all = ["name", "sql"])]
    list: bool,
    /// Show a metric's header and SQL
    #[arg(long, requires = "name")]
    explain: bool,
    /// Ask this SELECT instead of a metric
    #[arg(long, value_name = "TEXT", conflicts_with = "name")]
    sql: Option<String>,
    /// A folder with metrics of your own
    #[arg(long, value_name = "DIR")]
    queries: Option<PathBuf>,
    /// The snapshot [default: the latest]
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,
    #[command(flatten)]
    engine: EngineArgs,
}

/// `redress query`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let metrics =
        metrics_with(args.queries.as_deref()).map_err(|e| Failure::Usage(e.to_string()))?;
    if args.list {
        return output::print(&listing(context, &metrics), context.format);
    }
    let metric = args
        .name
        .as_deref()
        .map(|name| find(&metrics, name))
        .transpose()?;
    if let (Some(metric), true) = (metric, args.explain) {
        return output::print_document(
            &metric.sql,
            || explanation(context, metric),
            context.format,
        );
    }
    let (folder, manifest, params) = asked(context, args.snapshot.as_deref(), &args.period)?;
    let engine = args.engine.open(&folder, params)?;
    if args.all {
        return every(context, &engine, &manifest, &metrics);
    }
    let unmeasured = metric.and_then(|m| unmeasured(m, &manifest.rows, &manifest.not_recorded));
    if let Some(unmeasured) = unmeasured {
        return Err(Failure::Nothing(unmeasured.to_string()).into());
    }
    if let (Some(metric), true) = (metric, args.by.is_some() || args.compare.is_some()) {
        let answer = grouped(&engine, metric, args)?;
        return some(answer, args, context);
    }
    let answer = match (metric, &args.drill, &args.sql) {
        (Some(metric), Some(conditions), _) => {
            let conditions =
                parse_conditions(conditions).map_err(|e| Failure::Usage(e.to_string()))?;
            engine.drill(metric, &conditions)?
        }
        (Some(metric), None, _) => engine.metric(metric)?,
        (None, Some(_), Some(_)) => {
            return Err(Failure::Usage("--drill belongs to a metric, not to --sql".into()).into());
        }
        (None, None, Some(sql)) => engine.sql(sql, "--sql")?,
        (None, _, None) => {
            return Err(Failure::Usage("name a metric, or give --list or --sql".into()).into());
        }
    };
    some(answer, args, context)
}

fn some(answer: Counted, args: &Args, context: &Context) -> anyhow::Result<()> {
    if answer.rows.is_empty() {
        return Err(Failure::Nothing(format!("nothing was counted in {}", args.period)).into());
    }
    output::print(&answer, context.format)
}

/// A metric by other dimensions, or beside another period, or both.
fn grouped(engine: &AnyEngine, metric: &QueryFile, args: &Args) -> anyhow::Result<Counted> {
    let own = || metric.grouping().map(|g| g.by).unwrap_or_default();
    let Some(other) = &args.compare else {
        let by = args.by.clone().unwrap_or_else(own);
        return engine.metric_by(metric, &by);
    };
    // The months of two periods never meet: by default they are summed.
    let by = args
        .by
        .clone()
        .unwrap_or_else(|| own().into_iter().filter(|name| name != "month").collect());
    let params = engine.params();
    let before = match other.as_str() {
        "previous" => Some(params.previous.clone()),
        "last-year" => params.period.year_before(),
        text => {
            Some(Period::parse(text, params.as_of_on).map_err(|e| Failure::Usage(e.to_string()))?)
        }
    };
    let nothing_before = || Failure::Usage(format!("nothing lies before {}", params.period));
    let before = before.ok_or_else(nothing_before)?;
    let earlier = Params {
        previous: before.previous().ok_or_else(nothing_before)?,
        period: before,
        ..params.clone()
    };
    let now = engine.metric_by(metric, &by)?;
    let then = engine.for_params(earlier).metric_by(metric, &by)?;
    Ok(side_by_side(&now, &then, &metric.kept_apart(&by)))
}

/// All metrics in one answer: tables under their titles, or one JSON object by id.
fn every(
    context: &Context,
    engine: &AnyEngine,
    manifest: &Manifest,
    metrics: &[QueryFile],
) -> anyhow::Result<()> {
    let none = |m: &QueryFile| unmeasured(m, &manifest.rows, &manifest.not_recorded);
    let measured: Vec<&QueryFile> = metrics.iter().filter(|m| none(m).is_none()).collect();
    let bar = progress::steps("metrics");
    bar.set_length(measured.len() as u64);
    let mut tables: BTreeMap<String, Counted> = match engine {
        AnyEngine::Local(local) => {
            let watch = |step: Step| {
                bar.set_length(step.of as u64);
                bar.inc(1);
                if let (Some(seconds), Some(metric)) =
                    (step.answered_after, measured.get(step.query))
                {
                    tracing::info!("{}: {seconds:.3} s", metric.id);
                }
            };
            let answers = local.metrics(&measured, watch).map_err(of_local)?;
            measured.iter().map(|m| m.id.clone()).zip(answers).collect()
        }
        AnyEngine::Spark(spark) => {
            let owned: Vec<QueryFile> = measured.into_iter().cloned().collect();
            spark.metrics(&owned, |_| bar.inc(1)).map_err(of_spark)?
        }
    };
    bar.finish_and_clear();
    let mut answers = serde_json::Map::new();
    let mut text = String::new();
    for metric in metrics {
        if let Some(unmeasured) = none(metric) {
            let title = metric.title(context.config.language.as_str());
            text.push_str(&format!("{title} ({})\n\n{unmeasured}\n\n", metric.id));
            answers.insert(metric.id.clone(), serde_json::Value::Null);
            continue;
        }
        let answer = tables.remove(&metric.id).unwrap_or_default();
        let title = metric.title(context.config.language.as_str());
        text.push_str(&format!(
            "{title} ({})\n\n{}\n",
            metric.id,
            output::table(&answer)
        ));
        let records = serde_json::to_value(output::Records(&answer))?;
        answers.insert(metric.id.clone(), records);
    }
    output::print_document(&answers, || text, context.format)
}

/// Opens a snapshot for a period; used by every command that asks the lake.
///
/// # Errors
/// When there is no snapshot, its manifest is damaged, or the period cannot be read.
pub fn open(
    context: &Context,
    snapshot: Option<&str>,
    period: &str,
) -> anyhow::Result<(LocalEngine, Manifest)> {
    let (folder, manifest, params) = asked(context, snapshot, period)?;
    Ok((LocalEngine::open(&folder, params)?, manifest))
}

/// A snapshot's folder and manifest, and the parameters of a question about a period.
///
/// # Errors
/// As [`open`].
pub fn asked(
    context: &Context,
    snapshot: Option<&str>,
    period: &str,
) -> anyhow::Result<(PathBuf, Manifest, Params)> {
    let folder = Lake::at(&context.config.lake).snapshot(snapshot)?;
    let (manifest, _) = read_with_layers(&folder)?;
    let params = params(context, &manifest, period)?;
    Ok((folder, manifest, params))
}

/// The parameters of a question to a snapshot, with the calendar that the snapshot was made with.
fn params(context: &Context, manifest: &Manifest, period: &str) -> anyhow::Result<Params> {
    let calendar = rules::load(context, Some(manifest.knowledge()))?
        .rulebook
        .organisation;
    let as_of_on = calendar.local_date(manifest.as_of)?;
    let period = Period::parse(period, as_of_on).map_err(|e| Failure::Usage(e.to_string()))?;
    Params::judged_at(manifest.as_of, &calendar, period).map_err(|error| match error {
        ParamsError::Ahead { .. } => Failure::Nothing(error.to_string()).into(),
        ParamsError::NothingBefore(_) => Failure::Usage(error.to_string()).into(),
        ParamsError::Calendar(error) => error.into(),
    })
}

/// A metric by its id.
///
/// # Errors
/// When none has it; the message lists those that exist.
pub fn find<'m>(metrics: &'m [QueryFile], name: &str) -> anyhow::Result<&'m QueryFile> {
    metrics.iter().find(|m| m.id == name).ok_or_else(|| {
        let known: Vec<&str> = metrics.iter().map(|m| m.id.as_str()).collect();
        Failure::Usage(format!(
            "`{name}` is no metric; known are: {}",
            known.join(", ")
        ))
        .into()
    })
}

fn listing(context: &Context, metrics: &[QueryFile]) -> Counted {
    let language = context.config.language.as_str();
    let rows = metrics
        .iter()
        .map(|m| {
            [
                &m.id,
                m.title(language),
                &m.iso,
                &m.basis,
                &m.grain,
                &m.dimensions.join(", "),
            ]
            .map(|t| Value::Text(t.to_owned()))
            .to_vec()
        })
        .collect();
    let columns = ["id", "title", "iso", "basis", "grain", "dimensions"];
    Counted {
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    }
}

fn explanation(context: &Context, metric: &QueryFile) -> String {
    format!(
        "{}\n{}\n\nISO 10002: {}\nbasis: {}\ncounts: {}\nkey: {}\ndimensions: {}\nfile: {}\n\n{}\n",
        metric.title(context.config.language.as_str()),
        metric.definition(context.config.language.as_str()),
        metric.iso,
        metric.basis,
        metric.grain,
        metric.key.join(", "),
        metric.dimensions.join(", "),
        metric.origin.display(),
        metric.sql,
    )
}
