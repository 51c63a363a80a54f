//! `redress demo`: from nothing to a review of a quarter, on the sample register.

use std::path::PathBuf;
use std::time::Instant;

use redress_domain::vocabulary::Language;
use redress_improvement::signals::SignalKind;
use redress_sample::Settings;

use super::Context;
use super::failure::Failure;
use super::{action, clusters, extract, output, review, sample};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the demonstration
    #[arg(long, value_name = "DIR", default_value = "redress-demo")]
    dir: PathBuf,
    /// Number of cases
    #[arg(long, default_value_t = 600)]
    cases: u64,
    /// Seed of the sample
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The quarter to review
    #[arg(long, default_value = "2026-Q3")]
    period: String,
    /// Leave the review out: register, lake and verdicts only
    #[arg(long)]
    no_review: bool,
}

/// `redress demo`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    if args.dir.exists() {
        return Err(Failure::Usage(format!(
            "{}: exists already; remove it or choose another --dir",
            args.dir.display()
        ))
        .into());
    }
    std::fs::create_dir_all(&args.dir)
        .map_err(|e| Failure::Usage(format!("{}: cannot be made: {e}", args.dir.display())))?;
    let config = context.config.in_folder(&args.dir, "Kuzey Yapı", "TRY");
    let settings = Settings::usual(args.cases, args.seed);
    let mut demo = Context {
        config,
        format: context.format,
        now: settings.until,
    };

    let began = Instant::now();
    let said =
        |what: &str, since: Instant| say_line!("{what} ({:.1} s)", since.elapsed().as_secs_f64());
    let summary = sample::fill_register(&demo.config.register, settings)?;
    said(
        &format!(
            "sample register: {} cases, {} events",
            summary.cases, summary.events
        ),
        began,
    );
    let step = Instant::now();
    let done = extract::perform(&demo, &extract::Args::default())?;
    said(
        &format!(
            "extract: {} files in {}",
            done.manifest.files.len(),
            done.snapshot.display()
        ),
        step,
    );
    let step = Instant::now();
    let found = clusters::perform(&demo, &clusters::RunArgs::default())?;
    said(
        &format!(
            "clusters: {} problems, {} of them growing or emerging; {} duplicates, {} repeats",
            found.problems,
            found.growing + found.emerging,
            found.duplicates,
            found.repeats
        ),
        step,
    );
    let step = Instant::now();
    action::enter_sample(&demo, &settings)?;
    let improved = action::perform(&demo, &action::UpdateArgs::default())?;
    said(
        &format!(
            "actions: {}, {} judged by the complaints; {} problems and categories have none",
            improved.actions.len(),
            improved
                .actions
                .iter()
                .filter(|a| a.rounds.iter().any(|round| round.settled().is_some()))
                .count(),
            improved
                .signals
                .iter()
                .filter(|s| s.kind == SignalKind::NoAction)
                .count()
        ),
        step,
    );
    let step = Instant::now();
    let mut pages = Vec::new();
    if args.no_review {
        return Ok(());
    }
    for language in Language::ALL {
        demo.config.language = *language;
        let pack = review::build_pack(&demo, &review::BuildArgs::of_period(&args.period))?;
        pages.push(pack.join("review.html"));
    }
    said(
        &format!("review of {} in {} languages", args.period, pages.len()),
        step,
    );
    say_line!("\nLook at:");
    for page in &pages {
        output::write_out(format!("{}\n", page.display()).as_bytes())?;
    }
    let (register, lake) = (demo.config.register.display(), demo.config.lake.display());
    say_line!(
        "\nAsk on:\n  redress --register {register} --lake {lake} query --list\n  \
         redress --register {register} --lake {lake} query stage_sla --period {period} --drill verdict=missed\n  \
         redress --register {register} case list",
        period = args.period
    );
    Ok(())
}
