//! `redress stat effect`: months before and after an action.

use redress_engine::counted::{Counted, Value};
use redress_stats::effect::{Criterion, DEFAULT_TARGET, Month, judge, matched};

use super::table::{Confidence, Source, answer, count, maybe, real, text, usage};

#[derive(Debug, clap::Args)]
pub struct EffectArgs {
    #[command(flatten)]
    source: Source,
    /// Column with the window of a month: before or after; other words are left out
    #[arg(long, value_name = "COLUMN")]
    window: String,
    /// Column with the number of events of a month
    #[arg(long, value_name = "COLUMN")]
    events: String,
    /// Column with the exposure of a month
    #[arg(long, value_name = "COLUMN")]
    exposure: String,
    /// Column with the calendar month, 1 to 12: only months of the same name are compared
    #[arg(long, value_name = "COLUMN")]
    season: Option<String>,
    /// Share by which the rate has to fall at least
    #[arg(long, value_name = "SHARE", default_value_t = DEFAULT_TARGET)]
    target: f64,
    #[command(flatten)]
    level: Confidence,
}

/// `redress stat effect`.
pub fn effect(args: &EffectArgs) -> anyhow::Result<Counted> {
    let table = args.source.read(&[
        Some(&args.window),
        Some(&args.events),
        Some(&args.exposure),
        args.season.as_ref(),
    ])?;
    let windows = table.all_texts(&args.window)?;
    let events = table.all_counts(&args.events)?;
    let exposures = table.all_numbers(&args.exposure)?;
    let seasons: Vec<Option<u8>> = match &args.season {
        None => vec![None; windows.len()],
        Some(column) => table
            .all_counts(column)?
            .into_iter()
            .map(|month| u8::try_from(month).ok())
            .collect(),
    };
    let of = |wanted: &str| -> Vec<Month> {
        (0..windows.len())
            .filter(|row| windows[*row].eq_ignore_ascii_case(wanted))
            .map(|row| Month {
                events: events[row],
                exposure: exposures[row],
                season: seasons[row],
            })
            .collect()
    };
    let (before, after) = (of("before"), of("after"));
    if before.is_empty() || after.is_empty() {
        return Err(usage(format!(
            "{}: the column `{}` needs rows with `before` and with `after`",
            args.source.file.display(),
            args.window
        )));
    }
    let criterion = Criterion {
        target: args.target,
        confidence: args.level.confidence,
    };
    let seasons: Vec<Option<u8>> = after.iter().map(|month| month.season).collect();
    let before = matched(&before, &seasons);
    let found = args.source.judged(judge(&before, &after, &criterion))?;
    let degrees = u64::from(found.dispersion_degrees);
    Ok(answer(
        [
            "events_before",
            "exposure_before",
            "events_after",
            "exposure_after",
            "ratio",
            "lower",
            "upper",
            "p_value",
            "dispersion",
            "degrees",
            "verdict",
        ],
        vec![[
            count(found.before.events),
            real(found.before.exposure),
            count(found.after.events),
            real(found.after.exposure),
            maybe(found.ratio),
            real(found.lower),
            found.upper.map_or(Value::Null, Value::Real),
            real(found.p_value),
            real(found.dispersion),
            count(degrees),
            text(found.verdict.as_str()),
        ]],
    ))
}
