//! `redress review build PERIOD`: the pack of a period; `redress review minutes`: the record of the meeting.

mod difference;
mod minutes;
mod sources;
mod verify;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Subcommand;
use redress_domain::chart_phase::{ChartPhase, in_force};
use redress_domain::period::Period;
use redress_engine::counted::{Counted, Value};
use redress_engine::local::LocalEngine;
use redress_engine::spark::SparkEngine;
use redress_lake::derived::read_with_layers;
use redress_lake::manifest::Manifest;
use redress_query::params::Params;
use redress_query::query_file::{QueryFile, metrics_with};
use redress_review::asking::{Answers, Asking};
use redress_review::exceptions::EXCEPTIONS;
use redress_review::figures::{FigureError, Figures, Objective, Previous, ReviewContext};
use redress_review::members::Members;
use redress_review::pack::{Contents, LayerRead, Origin};
use redress_review::public::editions::{self, Edition, EditionError};
use redress_review::words::Words;
use redress_review::{compose, pack, pdf, public};

use serde::Serialize;

use sources::{Sources, of_one_application, of_one_reading};

use super::Context;
use super::case::common::SCHEMA_VERSION;
use super::engine::{EngineArgs, of_spark};
use super::failure::Failure;
use super::output::Format;
use super::{output, progress, query, rules};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the review of a period
    Build(BuildArgs),
    /// Is a pack as it was written, and do the same data give it again?
    Verify(verify::Args),
    /// What two packs say differently: figures, cases, and why
    Diff(difference::Args),
    /// The minutes of management reviews
    #[command(subcommand)]
    Minutes(minutes::Command),
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
    /// What stands beside the period: previous, last-year, or another period
    #[arg(long, value_name = "PERIOD", default_value = "previous")]
    pub compare: String,
    /// The snapshot [default: the latest]
    #[arg(long, value_name = "NAME")]
    pub snapshot: Option<String>,
    /// A folder with metrics of your own; their tables go into the pack
    #[arg(long, value_name = "DIR")]
    pub queries: Option<PathBuf>,
    /// Also print the page to <DIR>.pdf, by an installed Chromium
    #[arg(long)]
    pub pdf: bool,
    /// An edition for the public: no list of cases, nothing that people wrote, no figure of fewer than five
    #[arg(long)]
    pub public: bool,
    /// Make the edition although one that overlaps it lies there: why it may be published all the same
    #[arg(long, value_name = "SENTENCE", requires = "public")]
    pub force_public: Option<String>,
    #[command(flatten)]
    pub engine: EngineArgs,
}

impl BuildArgs {
    /// A review of a period from the latest snapshot, all else as by default.
    pub fn of_period(period: &str) -> Self {
        BuildArgs {
            period: period.to_owned(),
            out: None,
            force: false,
            compare: "previous".to_owned(),
            snapshot: None,
            queries: None,
            pdf: false,
            public: false,
            force_public: None,
            engine: EngineArgs::default(),
        }
    }
}

/// `redress review`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Build(args) => {
            let folder = build_pack(context, &args)?;
            built(context, folder, args.pdf)
        }
        Command::Verify(args) => verify::run(context, &args),
        Command::Diff(args) => difference::run(context, &args),
        Command::Minutes(command) => minutes::run(context, command),
    }
}

/// A pack that was built.
#[derive(Debug, Serialize)]
struct Built {
    schema_version: u32,
    folder: PathBuf,
    page: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    pdf: Option<PathBuf>,
}

/// Prints the page where that was asked for, and says where all lies.
fn built(context: &Context, folder: PathBuf, prints: bool) -> anyhow::Result<()> {
    let page = folder.join("review.html");
    let for_people = context.format == Format::Table;
    // Somebody who waits for the print reads already where the page is.
    if for_people {
        output::write_out(format!("{}\n", page.display()).as_bytes())?;
    }
    let printed = prints.then(|| beside_the_pack(&folder));
    if let Some(printed) = &printed {
        pdf::print(&page, printed)?;
        if for_people {
            output::write_out(format!("{}\n", printed.display()).as_bytes())?;
        }
    }
    let built = Built {
        schema_version: SCHEMA_VERSION,
        folder,
        page,
        pdf: printed,
    };
    match for_people {
        true => Ok(()),
        false => output::print_document(&built, String::new, context.format),
    }
}

/// Where the page is printed to: a pack holds only what its manifest names.
fn beside_the_pack(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".pdf");
    PathBuf::from(name)
}

/// Builds and writes a pack; used by `review build`, `run` and `demo`.
///
/// # Errors
/// When the lake cannot be asked, the period holds nothing (exit code 3), or the folder cannot be written.
pub fn build_pack(context: &Context, args: &BuildArgs) -> anyhow::Result<PathBuf> {
    let metrics =
        metrics_with(args.queries.as_deref()).map_err(|e| Failure::Usage(e.to_string()))?;
    let (folder, manifest, mut params) =
        query::asked(context, args.snapshot.as_deref(), &args.period)?;
    params.previous = beside(&args.compare, &params)?;
    let target = target(context, args, &params);
    pack::look(&target, args.force)?;
    if args.pdf {
        pdf::look(&beside_the_pack(&target))?;
    }
    if args.public {
        may_be_published(context, args, &target, &params, &manifest)?;
    }
    let earlier = params.previous.previous().map(|before| Params {
        period: params.previous.clone(),
        previous: before,
        ..params.clone()
    });
    let sources = match args.engine.spark()? {
        None => {
            let engine = LocalEngine::open(&folder, params.clone())?;
            of_one_reading(engine, &metrics, &manifest, earlier)?
        }
        Some(settings) => {
            let engine = SparkEngine::open(&folder, params.clone(), settings).map_err(of_spark)?;
            of_one_application(&engine, &metrics, &manifest, earlier)?
        }
    };
    let asked = Asked {
        folder: &folder,
        metrics: &metrics,
        manifest: &manifest,
        params: &params,
    };
    write_pack(context, args, &asked, sources)
}

/// The folder of the pack.
fn target(context: &Context, args: &BuildArgs, params: &Params) -> PathBuf {
    args.out.clone().unwrap_or_else(|| {
        let language = context.config.language.as_str();
        let edition = if args.public { "-public" } else { "" };
        let name = format!("{}-{language}{edition}", params.period);
        context.config.out.join(name)
    })
}

/// Refuses an edition for the public that one beside it would give away, unless somebody says why it may be.
fn may_be_published(
    context: &Context,
    args: &BuildArgs,
    target: &Path,
    params: &Params,
    manifest: &Manifest,
) -> anyhow::Result<()> {
    if let Some(reason) = &args.force_public {
        return match reason.trim().is_empty() {
            true => Err(Failure::Usage(
                "--force-public wants a sentence: why may the edition be published although it overlaps another?".to_owned(),
            )
            .into()),
            false => Ok(()),
        };
    }
    let edition = Edition {
        period: params.period.clone(),
        compared_with: params.previous.clone(),
        lake_digest: manifest.digest.clone(),
    };
    let beside = target.parent().unwrap_or_else(|| Path::new(""));
    let beside = match beside.as_os_str().is_empty() {
        true => Path::new("."),
        false => beside,
    };
    match editions::check(&edition, &[beside, &context.config.out]) {
        Ok(()) => Ok(()),
        Err(failed @ EditionError::Io { .. }) => Err(failed.into()),
        Err(
            refused @ (EditionError::Overlaps { .. }
            | EditionError::OtherData { .. }
            | EditionError::BesideItself { .. }
            | EditionError::Unreadable { .. }),
        ) => Err(Failure::Usage(refused.to_string()).into()),
    }
}

/// The period that stands beside the one reviewed.
fn beside(compare: &str, params: &Params) -> anyhow::Result<Period> {
    match compare {
        "previous" => Ok(params.previous.clone()),
        "last-year" => params.period.year_before().ok_or_else(|| {
            Failure::Usage(format!("nothing lies a year before {}", params.period)).into()
        }),
        text => Period::parse(text, params.as_of_on)
            .map_err(|e| Failure::Usage(format!("--compare {e}")).into()),
    }
}

/// A snapshot and what is asked of it.
struct Asked<'a> {
    folder: &'a Path,
    metrics: &'a [QueryFile],
    manifest: &'a Manifest,
    params: &'a Params,
}

/// Metrics whose cases are those of the period: what looks back beyond it has others.
fn belongs_to_cases(metric: &QueryFile) -> bool {
    metric.opens_to_cases() && !metric.is_course()
}

fn write_pack(
    context: &Context,
    args: &BuildArgs,
    asked: &Asked<'_>,
    sources: Sources,
) -> anyhow::Result<PathBuf> {
    let Asked {
        metrics,
        manifest,
        params,
        ..
    } = *asked;
    let language = context.config.language;
    let Sources { now, before } = sources;
    let previous = previous(context, asked, before)?;
    let bar = progress::steps("review: cases");
    bar.set_length(metrics.len() as u64);
    let asking = Asking::new(now.as_ref(), metrics, language, manifest);
    let mut members = Members::default();
    let mut tables: Vec<(String, Counted)> = Vec::with_capacity(metrics.len());
    let mut exceptions: Vec<(String, Counted)> = Vec::new();
    for metric in metrics {
        match asking.metric(&metric.id) {
            Ok(table) => {
                tables.push((metric.id.clone(), table));
                if belongs_to_cases(metric) {
                    let told = now.members(metric, &mut members);
                    told.map_err(anyhow::Error::from_boxed)?;
                }
                for list in EXCEPTIONS.iter().filter(|list| list.metric == metric.id) {
                    let found = now.exceptions(metric, list);
                    let found = found.map_err(anyhow::Error::from_boxed)?;
                    exceptions.push((list.name.to_owned(), found));
                }
            }
            // Not measured: the page says so, and there is no table.
            Err(FigureError::Unknown { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let numbered = now.number(&mut members);
    numbered.map_err(anyhow::Error::from_boxed)?;
    let counted_any = tables
        .iter()
        .any(|(id, t)| BELONGS_TO_PERIOD.contains(&id.as_str()) && !t.rows.is_empty());
    if !counted_any {
        return Err(Failure::Nothing(format!(
            "nothing was received, due or open in {}",
            params.period
        ))
        .into());
    }
    let review_context = review_context(context, asked, now.as_ref(), previous)?;
    let mut model = compose::build(&asking, &review_context)?;
    // All has been asked: the files are made in the room that the engine's columns and lists took.
    drop(asking);
    drop(now);
    if args.public {
        model = public::edition(model, &Words::load(language)?);
        // What was counted, and of whom, stays inside.
        tables.clear();
        exceptions.clear();
    }
    let folder = target(context, args, params);
    let origin = origin(context, asked, args)?;
    let contents = Contents {
        model: &model,
        tables: &tables,
        exceptions: &exceptions,
        members: &members,
        origin: &origin,
    };
    pack::write(&folder, &contents, args.force)?;
    Ok(folder)
}

/// What the pack rests on.
fn origin(context: &Context, asked: &Asked<'_>, args: &BuildArgs) -> anyhow::Result<Origin> {
    let manifest = asked.manifest;
    let (_, layers) = read_with_layers(asked.folder)?;
    // By its own name, also where it was asked for as the latest.
    let snapshot = asked.folder.canonicalize()?;
    let name = snapshot.file_name().unwrap_or_default();
    Ok(Origin {
        tool: redress_plain::TOOL.to_owned(),
        period: asked.params.period.to_string(),
        compared_with: asked.params.previous.to_string(),
        language: context.config.language,
        organisation: context.config.organisation()?,
        public: args.public,
        overlap_reason: args.force_public.clone(),
        currency: context.config.currency.clone(),
        as_of: manifest.as_of,
        snapshot: name.to_string_lossy().into_owned(),
        lake_digest: manifest.digest.clone(),
        layers: LayerRead::of(layers),
        mapping_sha256: manifest.mapping_sha256.clone(),
        rules: manifest.rules.clone(),
        definitions: asked
            .metrics
            .iter()
            .map(|metric| (metric.id.clone(), metric.sha256.clone()))
            .collect(),
    })
}

/// Metrics without a row in any of which a period holds nothing to review.
const BELONGS_TO_PERIOD: [&str; 4] = ["volume", "stage_sla", "overall_sla", "ageing"];

fn review_context(
    context: &Context,
    asked: &Asked<'_>,
    now: &dyn Answers,
    previous: Option<Previous>,
) -> anyhow::Result<ReviewContext> {
    let Asked {
        manifest, params, ..
    } = *asked;
    let in_force = rules::load(context, Some(manifest.knowledge()))?.rulebook;
    let totals = manifest.totals();
    let deviations = select(now, "deviations")?;
    Ok(ReviewContext {
        period: params.period.clone(),
        as_of: manifest.as_of,
        zone: in_force.organisation.zone(),
        language: context.config.language,
        organisation: context.config.organisation()?,
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
        unknown: manifest.unknown.clone(),
        gone: manifest.gone.clone(),
        deviations: u64::try_from(deviations.count(0, "deviations")).unwrap_or(0),
        objectives: objectives(&select(now, "objectives")?),
        phases: phases(&select(now, "chart_phases")?)?,
        currency: context.config.currency.clone(),
        previous,
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

fn limits_in_words(limits: &redress_domain::limits::Limits) -> String {
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

fn select(now: &dyn Answers, name: &str) -> anyhow::Result<Counted> {
    now.select(name).map_err(anyhow::Error::from_boxed)
}

/// Targets in force at the period's end, by indicator; a later version replaces an earlier one.
fn objectives(rows: &Counted) -> BTreeMap<String, Objective> {
    (0..rows.rows.len())
        .filter_map(|row| {
            let objective = Objective {
                target: rows.cell(row, "target").as_real()?,
                at_least: rows.text(row, "direction") == "at_least",
                version: rows.count(row, "version"),
                owner: rows.text(row, "owner"),
            };
            Some((rows.text(row, "indicator"), objective))
        })
        .collect()
}

/// Phases of control charts in force, as the snapshot has them.
fn phases(rows: &Counted) -> anyhow::Result<Vec<ChartPhase>> {
    let some = |text: String| (!text.is_empty()).then_some(text);
    let versions = (0..rows.rows.len())
        .map(|row| {
            let recorded_at = rows.text(row, "recorded_at");
            Ok(ChartPhase {
                series: rows.text(row, "series"),
                site: some(rows.text(row, "site")),
                begins: rows.text(row, "begins_month"),
                version: rows.count(row, "version"),
                withdrawn: matches!(rows.cell(row, "withdrawn"), Value::Flag(true)),
                reason: rows.text(row, "reason"),
                entered_by: rows.text(row, "entered_by"),
                recorded_at: recorded_at.parse::<DateTime<Utc>>().with_context(|| {
                    format!("`{recorded_at}` in the lake's table chart_phases is no instant")
                })?,
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(in_force(&versions))
}

/// The period before, when the lake knows anything of it.
fn previous(
    context: &Context,
    asked: &Asked<'_>,
    before: Option<Box<dyn Answers>>,
) -> anyhow::Result<Option<Previous>> {
    let Some(before) = before else {
        return Ok(None);
    };
    let Asked {
        metrics,
        manifest,
        params,
        ..
    } = *asked;
    let asking = Asking::new(before.as_ref(), metrics, context.config.language, manifest);
    let found = Previous::read(&params.previous.name, &asking)
        .context("the period before cannot be computed")?;
    Ok((found.received > 0).then_some(found))
}
