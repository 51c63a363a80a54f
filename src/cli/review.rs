//! `redress review build PERIOD`: the pack of a period.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use redress::engine::counted::Counted;
use redress::engine::local::LocalEngine;
use redress::engine::params::Params;
use redress::engine::query_file::{QueryFile, metrics_with};
use redress::lake::manifest::Manifest;
use redress::review::asking::Asking;
use redress::review::figures::{FigureError, Figures, Objective, Previous, ReviewContext};
use redress::review::{build, pack};

use super::Context;
use super::failure::Failure;
use super::{output, progress, query, rules};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the review of a period
    Build(BuildArgs),
}

#[derive(Debug, Clone, clap::Args)]
pub struct BuildArgs {
    /// The period: 2026, 2026-H1, 2026-Q3, 2026-07, 2026-W31, A..B, last-quarter
    pub period: String,
    /// The folder to write [default: <out>/<period>-<language>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace the folder where it exists
    #[arg(long)]
    pub force: bool,
    /// The snapshot [default: the latest]
    #[arg(long, value_name = "NAME")]
    pub snapshot: Option<String>,
    /// A folder with metrics of your own; their tables go into the pack
    #[arg(long, value_name = "DIR")]
    pub queries: Option<PathBuf>,
}

/// `redress review`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Build(args) => {
            let folder = build_pack(context, &args)?;
            let page = folder.join("review.html");
            output::write_out(format!("{}\n", page.display()).as_bytes())?;
            Ok(())
        }
    }
}

/// Builds and writes a pack; used by `review build`, `run` and `demo`.
///
/// # Errors
/// When the lake cannot be asked, the period holds nothing (exit code 3), or the folder cannot be written.
pub fn build_pack(context: &Context, args: &BuildArgs) -> anyhow::Result<PathBuf> {
    let metrics =
        metrics_with(args.queries.as_deref()).map_err(|e| Failure::Usage(e.to_string()))?;
    let (engine, manifest) = query::open(context, args.snapshot.as_deref(), &args.period)?;
    let bar = progress::steps("review: metrics");
    bar.set_length(metrics.len() as u64);
    let asking = Asking::new(&engine, &metrics, context.config.language);
    let mut tables: Vec<(String, Counted)> = Vec::with_capacity(metrics.len());
    for metric in &metrics {
        match asking.metric(&metric.id) {
            Ok(table) => tables.push((metric.id.clone(), table)),
            // Not recorded by the source: the page says so, and there is no table.
            Err(FigureError::Unknown { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let counted_any = tables
        .iter()
        .any(|(id, t)| BELONGS_TO_PERIOD.contains(&id.as_str()) && !t.rows.is_empty());
    if !counted_any {
        return Err(Failure::Nothing(format!(
            "nothing was received, due or open in {}",
            engine.params().period
        ))
        .into());
    }
    let review_context = review_context(context, &engine, &metrics, &manifest)?;
    let model = build::build(&asking, &review_context)?;
    let language = context.config.language.as_str();
    let folder = args.out.clone().unwrap_or_else(|| {
        context
            .config
            .out
            .join(format!("{}-{language}", engine.params().period))
    });
    let origin = pack::Origin {
        tool: manifest.tool.clone(),
        period: engine.params().period.to_string(),
        language: language.to_owned(),
        as_of: manifest.as_of.to_rfc3339(),
        snapshot: args.snapshot.clone().unwrap_or_else(|| "latest".to_owned()),
        lake_digest: manifest.digest.clone(),
        rules_sha256: manifest.rules.sha256.clone(),
    };
    pack::write(&folder, &model, &tables, &origin, args.force)?;
    Ok(folder)
}

/// Metrics without a row in any of which a period holds nothing to review.
const BELONGS_TO_PERIOD: [&str; 4] = ["volume", "stage_sla", "overall_sla", "ageing"];

fn review_context(
    context: &Context,
    engine: &LocalEngine,
    metrics: &[QueryFile],
    manifest: &Manifest,
) -> anyhow::Result<ReviewContext> {
    let in_force = rules::load(context, Some(manifest.as_of))?.rulebook;
    let params = engine.params();
    let totals = manifest.totals();
    let deviations = engine.sql(
        "SELECT CAST(SUM(deviations) AS BIGINT) AS deviations FROM cases",
        "deviations",
    )?;
    Ok(ReviewContext {
        period: params.period.clone(),
        as_of: manifest.as_of,
        zone: in_force.organisation.zone(),
        language: context.config.language,
        organisation: context.config.organisation.clone(),
        source: source_name(&manifest.source),
        calendar_id: manifest.rules.calendar_id.clone(),
        calendar_version: manifest.rules.calendar_version.to_string(),
        limits: limits_in_words(&in_force.limits),
        provisional: params.provisional(),
        manifest: manifest.digest.clone(),
        tool_version: manifest.tool.clone(),
        row_counts: manifest.rows.iter().map(|(t, n)| (t.clone(), *n)).collect(),
        refused: totals
            .refused
            .iter()
            .map(|r| (format!("{}: {}", r.what, r.reason), r.rows))
            .collect(),
        deviations: u64::try_from(deviations.count(0, "deviations")).unwrap_or(0),
        objectives: objectives(engine)?,
        currency: context.config.currency.clone(),
        previous: previous(context, engine, metrics)?,
        not_recorded: manifest.not_recorded.clone(),
    })
}

/// The file or folder's own name: a path of somebody's machine is nothing for a review.
fn source_name(source: &str) -> String {
    Path::new(source).file_name().map_or_else(
        || source.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn limits_in_words(limits: &redress::domain::limits::Limits) -> String {
    let parts: Vec<String> = limits
        .rules()
        .iter()
        .map(|rule| {
            let mut scope = rule.stage.to_string();
            for part in [
                rule.pass.map(|p| format!("pass {p}")),
                rule.severity.map(|s| s.to_string()),
                rule.department.clone(),
            ]
            .into_iter()
            .flatten()
            {
                scope.push_str(&format!(" ({part})"));
            }
            format!("{scope} {}", rule.days)
        })
        .collect();
    format!("v{}: {}", limits.version(), parts.join(", "))
}

/// Targets in force at the period's end, by indicator.
fn objectives(engine: &LocalEngine) -> anyhow::Result<BTreeMap<String, Objective>> {
    let rows = engine.sql(
        "SELECT o.indicator, o.version, o.target, o.direction, o.owner FROM objectives AS o \
         CROSS JOIN params AS p WHERE o.effective_from <= p.period_last ORDER BY o.indicator, o.version",
        "objectives",
    )?;
    // A later version replaces an earlier one.
    Ok((0..rows.rows.len())
        .filter_map(|row| {
            let objective = Objective {
                target: rows.cell(row, "target").as_real()?,
                at_least: rows.text(row, "direction") == "at_least",
                version: rows.count(row, "version"),
                owner: rows.text(row, "owner"),
            };
            Some((rows.text(row, "indicator"), objective))
        })
        .collect())
}

/// The period before, when the lake knows anything of it.
fn previous(
    context: &Context,
    engine: &LocalEngine,
    metrics: &[QueryFile],
) -> anyhow::Result<Option<Previous>> {
    let params = engine.params();
    let Some(before) = params.previous.previous() else {
        return Ok(None);
    };
    let earlier = Params {
        period: params.previous.clone(),
        previous: before,
        ..params.clone()
    };
    let engine = engine.for_params(earlier);
    let found = Previous::read(
        &params.previous.name,
        &Asking::new(&engine, metrics, context.config.language),
    )
    .context("the period before cannot be computed")?;
    Ok((found.received > 0).then_some(found))
}
