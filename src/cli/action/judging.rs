//! How an action will be judged, as options; and what a check can see, in words.

use chrono::NaiveDate;
use redress_domain::action::{Action, Check, CountBy, CriterionCheck, ExposureKind, RateCheck};
use redress_domain::scope::Scope;
use redress_improvement::months::Month;
use redress_improvement::plan::{Asked, EXPECTED_REDUCTION, Proposal, assumed_signal, fix};
use redress_register::Register;
use redress_stats::effect::DEFAULT_TARGET;
use serde::Deserialize;

use super::document::percent;
use super::ground::Opened;
use crate::Context;
use crate::case::common::word;
use crate::failure::Failure;

/// How an action will be judged: by the complaints in its scope, or by a criterion in words.
#[derive(Debug, Clone, clap::Args)]
pub struct Judging {
    /// Judged by this criterion, by a person, where there is nothing to count
    #[arg(long, value_name = "TEXT", requires = "criterion_due")]
    criterion: Option<String>,
    /// From this day on the criterion can be judged
    #[arg(long, value_name = "DATE", requires = "criterion")]
    criterion_due: Option<NaiveDate>,
    /// The complaints it is meant to prevent: `category = leak and product in (K20, K30)` [default: that of the opening]
    #[arg(long, value_name = "SCOPE", conflicts_with = "criterion")]
    scope: Option<Scope>,
    /// Let the scope be every complaint
    #[arg(long)]
    everything: bool,
    /// When the signal that raised it began; the baseline ends before [default: that of the opening, else three months
    /// before it]
    #[arg(long, value_name = "DATE")]
    signal: Option<NaiveDate>,
    /// Months of the baseline, 2025-01..2025-12 [default: the twelve before the signal]
    #[arg(long, value_name = "A..B", value_parser = months)]
    baseline: Option<(Month, Month)>,
    /// Compare the same calendar months only
    #[arg(long)]
    seasonal: bool,
    /// Which date puts a complaint into a month; by production or sale, goods made before the fix are told apart
    #[arg(long, value_parser = word!(CountBy), default_value = "received")]
    count_by: CountBy,
    /// What a month is set against
    #[arg(long, value_parser = word!(ExposureKind), default_value = "working_days")]
    exposure: ExposureKind,
    /// Days after the implementation that are left out [default: within which nine of ten complaints come after the sale]
    #[arg(long, value_name = "DAYS")]
    settling: Option<u32>,
    /// Counting by production or sale: days within which a complaint counts [default: nine of ten come]
    #[arg(long, value_name = "DAYS")]
    ripening: Option<u32>,
    /// Months of follow-up [default: as many as see the reduction with a chance of 80 %]
    #[arg(long, value_name = "MONTHS")]
    follow_up: Option<u32>,
    /// Months of the one extension, if the first look leaves it open
    #[arg(long, value_name = "MONTHS")]
    extension: Option<u32>,
    /// Share by which the rate has to fall at least
    #[arg(long, value_name = "SHARE", default_value_t = DEFAULT_TARGET)]
    target: f64,
    /// Share by which it is expected to fall; what can be seen is computed for it
    #[arg(long, value_name = "SHARE", default_value_t = EXPECTED_REDUCTION)]
    reduction: f64,
    /// The snapshot to count on [default: the latest]
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,
}

/// A check, and what can be known of it where it counts.
pub struct Made {
    pub check: Check,
    pub proposal: Option<Proposal>,
}

impl Judging {
    /// Whether any option of it was given (those with a default of their own cannot be told).
    pub fn is_touched(&self) -> bool {
        self.criterion.is_some()
            || self.scope.is_some()
            || self.everything
            || self.signal.is_some()
            || self.baseline.is_some()
            || self.seasonal
            || self.settling.is_some()
            || self.ripening.is_some()
            || self.follow_up.is_some()
            || self.extension.is_some()
            || self.snapshot.is_some()
    }

    /// Makes the check for an action that will be implemented about `start`.
    ///
    /// # Errors
    /// When no scope is given, or the check cannot be fixed like this.
    pub fn make(
        &self,
        context: &Context,
        register: &Register,
        action: &Action,
        start: NaiveDate,
    ) -> anyhow::Result<Made> {
        if let (Some(criterion), Some(due_on)) = (&self.criterion, self.criterion_due) {
            return Ok(Made {
                check: Check::Criterion(CriterionCheck {
                    criterion: criterion.clone(),
                    due_on,
                }),
                proposal: None,
            });
        }
        let asked = self.asked(action)?;
        let opened = Opened::open(context, register, self.snapshot.as_deref())?;
        let proposal = fix(&opened.ground(), &asked, start)
            .map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(Made {
            check: Check::Rate(Box::new(proposal.check.clone())),
            proposal: Some(proposal),
        })
    }

    fn asked(&self, action: &Action) -> Result<Asked, Failure> {
        Ok(Asked {
            scope: scope(self.scope.as_ref(), action)?,
            everything: self.everything,
            signal_on: signal(self.signal, action),
            baseline: self.baseline,
            seasonal: self.seasonal,
            count_by: self.count_by,
            exposure: self.exposure,
            settling_days: self.settling,
            ripening_days: self.ripening,
            follow_up_months: self.follow_up,
            extension_months: self.extension,
            target: self.target,
            reduction: self.reduction,
        })
    }
}

fn scope(given: Option<&Scope>, action: &Action) -> Result<Scope, Failure> {
    given.or(action.scope()).cloned().ok_or_else(|| {
        Failure::Usage(
            "say which complaints it is meant to prevent with --scope, or a criterion in words with --criterion"
                .to_owned(),
        )
    })
}

fn signal(given: Option<NaiveDate>, action: &Action) -> NaiveDate {
    given.or(action.opened.signal_on).unwrap_or_else(|| {
        let day = assumed_signal(action.opened.on);
        say!("note: the signal is taken to have begun on {day}; say when with --signal\n");
        day
    })
}

/// The same as JSON: what is left out takes the default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asking {
    /// `complaints`.
    #[serde(rename = "by")]
    _by: String,
    scope: Option<Scope>,
    #[serde(default)]
    everything: bool,
    signal_on: Option<NaiveDate>,
    /// 2025-01..2025-12
    baseline: Option<String>,
    #[serde(default)]
    seasonal: bool,
    count_by: Option<CountBy>,
    exposure: Option<ExposureKind>,
    settling_days: Option<u32>,
    ripening_days: Option<u32>,
    follow_up_months: Option<u32>,
    extension_months: Option<u32>,
    target: Option<f64>,
    reduction: Option<f64>,
}

impl Asking {
    /// What is asked for an action.
    ///
    /// # Errors
    /// When there is no scope, or the baseline does not read.
    pub fn asked(&self, action: &Action) -> Result<Asked, Failure> {
        let baseline = self.baseline.as_deref().map(months).transpose();
        Ok(Asked {
            scope: scope(self.scope.as_ref(), action)?,
            everything: self.everything,
            signal_on: signal(self.signal_on, action),
            baseline: baseline.map_err(Failure::Usage)?,
            seasonal: self.seasonal,
            count_by: self.count_by.unwrap_or(CountBy::Received),
            exposure: self.exposure.unwrap_or(ExposureKind::WorkingDays),
            settling_days: self.settling_days,
            ripening_days: self.ripening_days,
            follow_up_months: self.follow_up_months,
            extension_months: self.extension_months,
            target: self.target.unwrap_or(DEFAULT_TARGET),
            reduction: self.reduction.unwrap_or(EXPECTED_REDUCTION),
        })
    }
}

/// Reads `2025-01..2025-12`.
fn months(text: &str) -> Result<(Month, Month), String> {
    let month = |text: &str| {
        format!("{text}-01")
            .parse::<NaiveDate>()
            .map(Month::of)
            .map_err(|_| format!("`{text}` is no month; write it as 2025-01"))
    };
    let (first, last) = text
        .split_once("..")
        .ok_or_else(|| format!("`{text}` is no span of months; write it as 2025-01..2025-12"))?;
    Ok((month(first)?, month(last)?))
}

/// A check in words.
pub fn in_words(check: &Check) -> String {
    match check {
        Check::Criterion(check) => format!(
            "judged by a person from {} on: {}\n",
            check.due_on, check.criterion
        ),
        Check::Rate(check) => rate_in_words(check),
    }
}

fn rate_in_words(check: &RateCheck) -> String {
    let seen = &check.foreseen;
    let mut text = format!(
        "scope      {}\nbaseline   {} to {}{} ({} complaints), before the signal of {}\n",
        check.scope,
        Month::of(check.baseline_first),
        Month::of(check.baseline_last),
        if check.seasonal {
            ", same calendar months only"
        } else {
            ""
        },
        seen.baseline_cases,
        check.signal_on
    );
    text.push_str(&format!(
        "counted    by date of {}, against {}\nsettling   {} days\nfollow-up  {} whole months{}\n",
        match check.count_by {
            CountBy::Received => "receipt",
            CountBy::Produced => "production",
            CountBy::Sold => "sale",
        },
        match check.exposure {
            ExposureKind::WorkingDays => "working days",
            ExposureKind::Units => "units",
        },
        check.settling_days,
        check.follow_up_months,
        match check.extension_months {
            Some(more) => format!(", and {more} more if the first look leaves it open"),
            None => String::new(),
        }
    ));
    text.push_str(&format!(
        "effective  when the {} interval of the rate ratio lies below 1 and the ratio is at most {:.2}\n\
         chance     to see a reduction by {}: {}; to refute an action that does nothing: {}\n",
        percent(check.confidence_of_a_look()),
        1.0 - check.target,
        percent(check.reduction),
        percent(seen.seen),
        percent(seen.refuted)
    ));
    text
}

/// What several lengths of follow-up can show.
pub fn prospects(proposal: &Proposal) -> String {
    let check = &proposal.check;
    let mut text = format!(
        "{} of {} complaints are in the scope.\n\nmonths of follow-up   sees -{}   refutes a useless action\n",
        proposal.cases,
        proposal.all,
        percent(check.reduction)
    );
    for outlook in &proposal.prospects {
        text.push_str(&format!(
            "{:>19}   {:>10}   {:>24}\n",
            outlook.months,
            percent(outlook.seen),
            percent(outlook.refuted)
        ));
    }
    for note in &proposal.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    text
}
