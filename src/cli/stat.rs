//! `redress stat`: the statistics behind the figures, on any CSV or Parquet table.

mod charts;
mod effect;
mod rates;
mod shares;
mod table;
mod times;
mod units;

use clap::Subcommand;
use redress_engine::counted::{Counted, Value};

use super::Context;
use super::output::{self, Format};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Time until an event: Kaplan-Meier curve, its quantiles, or cumulative incidence
    Survival(times::SurvivalArgs),
    /// Do groups take equally long? Log-rank test
    Logrank(times::LogRankArgs),
    /// Control chart of a series
    Control(charts::ControlArgs),
    /// Do counts scatter more than chance? Decides between p and p', u and u'
    Dispersion(charts::DispersionArgs),
    /// Ratio of two rates: exact, mid-p or quasi-Poisson
    RateRatio(rates::RatioArgs),
    /// Ratio of two rates by a negative-binomial model
    Negbin(rates::NegbinArgs),
    /// Did an action lower a rate? Months before and after, with their scatter and season; effective, ineffective or open
    Effect(effect::EffectArgs),
    /// How likely a reduction of a rate will be seen, and how long that takes
    Power(rates::PowerArgs),
    /// Units compared with a target by funnel limits
    Funnel(units::FunnelArgs),
    /// Rates of units with different case mix: indirectly or directly standardised
    Standardise(units::StandardiseArgs),
    /// The few categories that make up most
    Pareto(shares::ParetoArgs),
    /// Wilson's interval for shares
    Wilson(shares::WilsonArgs),
    /// Many tests at once: false discoveries by Benjamini and Hochberg
    Fdr(shares::FdrArgs),
}

/// `redress stat`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    let mut answer = match command {
        Command::Survival(args) => times::survival(&args),
        Command::Logrank(args) => times::logrank(&args),
        Command::Control(args) => charts::control(&args),
        Command::Dispersion(args) => charts::dispersion(&args),
        Command::RateRatio(args) => rates::ratio(&args),
        Command::Negbin(args) => rates::negbin(&args),
        Command::Effect(args) => effect::effect(&args),
        Command::Power(args) => rates::power_of(&args),
        Command::Funnel(args) => units::funnel(&args),
        Command::Standardise(args) => units::standardise(&args),
        Command::Pareto(args) => shares::pareto_bars(&args),
        Command::Wilson(args) => shares::wilson_intervals(&args),
        Command::Fdr(args) => shares::discoveries(&args),
    }?;
    if context.format == Format::Table {
        shorten(&mut answer);
    }
    output::print(&answer, context.format)
}

/// Six significant digits for people; programs get every digit.
fn shorten(answer: &mut Counted) {
    const DIGITS: i32 = 6;
    for value in answer.rows.iter_mut().flatten() {
        let Value::Real(real) = *value else { continue };
        if real == 0.0 || !real.is_finite() {
            continue;
        }
        let before_point = real.abs().log10().floor() as i32 + 1;
        *value = if before_point < -DIGITS {
            Value::Text(format!("{real:.2e}"))
        } else {
            let places = usize::try_from(DIGITS - before_point).unwrap_or(0);
            let short = format!("{real:.places$}");
            short.parse().map_or(Value::Text(short), Value::Real)
        };
    }
}
