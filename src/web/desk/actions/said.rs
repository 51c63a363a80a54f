//! Actions in words: their codes, how they are judged, and why something is refused.

use chrono::NaiveDate;

use crate::entry::Wrong;
use crate::words::Words;
use redress_domain::action::{
    ActionRefusal, AmendedField, Check, CountBy, ExposureKind, RateCheck, Sides,
};
use redress_improvement::ground::GroundError;
use redress_improvement::months::Month;
use redress_improvement::plan::PlanError;
use redress_review::numbers::percent as written_percent;

/// A line of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub name: String,
    pub value: String,
}

/// A fact under the name of a key of the texts.
pub fn fact(words: &Words, key: &str, value: impl Into<String>) -> Fact {
    Fact {
        name: words.text(key).to_owned(),
        value: value.into(),
    }
}

/// The name of a code of actions: a kind, a source, a state, a verdict.
pub fn code(words: &Words, code: &str) -> String {
    words.name("codes", code)
}

/// A root cause: one of those that have a name, or somebody's own words.
pub fn cause(words: &Words, cause: &str) -> String {
    match words.codes("codes").any(|code| code == cause) {
        true => code(words, cause),
        false => cause.to_owned(),
    }
}

/// What happened, in a word.
pub fn event(words: &Words, kind: &str) -> String {
    let key = format!("action_event.{kind}");
    words.find(&key).unwrap_or(kind).to_owned()
}

/// A field of an action that can be amended.
pub fn field(words: &Words, field: AmendedField) -> String {
    words
        .text(match field {
            AmendedField::Title => "action.title",
            AmendedField::Owner => "action.owner",
            AmendedField::Department => "action.department",
            AmendedField::DueOn => "action.due_on",
        })
        .to_owned()
}

/// A share of 0 to 1 in whole percent; what is less than a half of one, and not nothing, is not written as nothing.
pub fn percent(words: &Words, share: f64) -> String {
    match share > 0.0 && share < 0.005 {
        true => format!("<{}", written_percent(words.language(), 0.01, 0)),
        false => written_percent(words.language(), share, 0),
    }
}

/// A span of months.
pub fn months(words: &Words, first: NaiveDate, last: NaiveDate) -> String {
    words.fill(
        "action.months",
        &[
            ("first", &Month::of(first).to_string()),
            ("last", &Month::of(last).to_string()),
        ],
    )
}

/// How an action will be judged.
pub fn check(words: &Words, check: &Check) -> Vec<Fact> {
    match check {
        Check::Criterion(check) => vec![
            fact(words, "judging.criterion", check.criterion.clone()),
            fact(words, "judging.criterion_due", words.date(check.due_on)),
        ],
        Check::Rate(check) => rate(words, check),
    }
}

fn rate(words: &Words, check: &RateCheck) -> Vec<Fact> {
    let seen = &check.foreseen;
    let complaints = i64::try_from(seen.baseline_cases).unwrap_or(i64::MAX);
    let baseline = format!(
        "{}, {}{}",
        months(words, check.baseline_first, check.baseline_last),
        words.plural("judging.complaints", complaints),
        match check.seasonal {
            true => format!(", {}", words.text("judging.seasonal")),
            false => String::new(),
        }
    );
    let follow_up = words.plural("judging.months", check.follow_up_months.into());
    let follow_up = match check.extension_months {
        Some(more) => {
            let more = words.plural("judging.months", more.into());
            words.fill(
                "judging.extended",
                &[("months", &follow_up), ("more", &more)],
            )
        }
        None => follow_up,
    };
    let effective = words.fill(
        "judging.effective_when",
        &[
            ("confidence", &percent(words, check.confidence_of_a_look())),
            ("ratio", &words.real(1.0 - check.target, 2)),
        ],
    );
    let chances = words.fill(
        "judging.chances",
        &[
            ("reduction", &percent(words, check.reduction)),
            ("seen", &percent(words, seen.seen)),
            ("refuted", &percent(words, seen.refuted)),
        ],
    );
    let mut facts = vec![
        fact(words, "action.scope", check.scope.to_string()),
        fact(words, "judging.signal", words.date(check.signal_on)),
        fact(words, "judging.baseline", baseline),
        fact(
            words,
            "judging.counted",
            words.fill(
                "judging.counted_how",
                &[
                    ("by", count_by(words, check.count_by)),
                    ("against", exposure(words, check.exposure)),
                ],
            ),
        ),
        fact(
            words,
            "judging.settling",
            words.plural("judging.days", check.settling_days.into()),
        ),
        fact(words, "judging.follow_up", follow_up),
        fact(words, "judging.effective", effective),
        fact(words, "judging.outlook", chances),
    ];
    if let Some(days) = check.ripening_days {
        let days = words.plural("judging.days", days.into());
        facts.insert(5, fact(words, "judging.ripening", days));
    }
    facts
}

/// Which date puts a complaint into a month.
pub fn count_by(words: &Words, by: CountBy) -> &str {
    words.text(match by {
        CountBy::Received => "judging.by_received",
        CountBy::Produced => "judging.by_produced",
        CountBy::Sold => "judging.by_sold",
    })
}

/// What a month is set against.
pub fn exposure(words: &Words, kind: ExposureKind) -> &str {
    words.text(match kind {
        ExposureKind::WorkingDays => "judging.against_working_days",
        ExposureKind::Units => "judging.against_units",
    })
}

/// Both windows as counted, and what follows.
pub fn sides(words: &Words, found: &Sides) -> String {
    let ratio = found
        .ratio
        .map_or("∞".to_owned(), |ratio| words.real(ratio, 2));
    let upper = found
        .upper
        .map_or("∞".to_owned(), |upper| words.real(upper, 2));
    let number = |n: u64| words.count(i64::try_from(n).unwrap_or(i64::MAX));
    words.fill(
        "judging.sides",
        &[
            ("before", &number(found.cases_before)),
            ("after", &number(found.cases_after)),
            ("ratio", &ratio),
            ("lower", &words.real(found.lower, 2)),
            ("upper", &upper),
            ("p", &words.real(found.p_value, 4)),
        ],
    )
}

/// Why an event does not fit an action: beside its field where it is one's fault.
pub fn refusal(words: &Words, refusal: &ActionRefusal) -> Wrong {
    let day = |day: &NaiveDate| words.date(*day);
    let fill =
        |key: &str, values: &[(&str, &str)]| words.fill(&format!("action_refused.{key}"), values);
    let wrong = match refusal {
        ActionRefusal::NoNumber(found) => Wrong::whole(fill("no_number", &[("found", found)])),
        ActionRefusal::Unknown(id) => Wrong::whole(fill("unknown", &[("id", &id.to_string())])),
        ActionRefusal::OpenedTwice(id) => {
            Wrong::whole(fill("opened_twice", &[("id", &id.to_string())]))
        }
        // A verdict that rests on nothing; the other texts are asked for by the forms themselves.
        ActionRefusal::Missing(what) if what.starts_with("note") => {
            Wrong::of("note", words.text("action.rests_on_hint"))
        }
        ActionRefusal::Missing(_) => Wrong::whole(fill("missing", &[])),
        ActionRefusal::Day(found) => Wrong::whole(fill("day", &[("found", found)])),
        ActionRefusal::NotNow { standing, .. } => {
            Wrong::whole(fill("not_now", &[("state", &code(words, standing))]))
        }
        ActionRefusal::OwnerVerifies { owner, .. } => {
            Wrong::whole(fill("owner_verifies", &[("owner", owner)]))
        }
        ActionRefusal::VerifierOwns { verifier, .. } => {
            Wrong::of("value", fill("verifier_owns", &[("verifier", verifier)]))
        }
        ActionRefusal::NotJudged { until, .. } => {
            Wrong::whole(fill("not_judged", &[("until", &day(until))]))
        }
        ActionRefusal::TooEarly { until, .. } => {
            Wrong::of("on", fill("too_early", &[("until", &day(until))]))
        }
        ActionRefusal::Differs { computed, .. } => Wrong::of(
            "note",
            fill("differs", &[("computed", &code(words, computed.as_str()))]),
        ),
        ActionRefusal::BeforePlan { planned, .. } => {
            Wrong::of("on", fill("before_plan", &[("planned", &day(planned))]))
        }
        ActionRefusal::InBaseline { baseline_last, .. } => {
            Wrong::of("on", fill("in_baseline", &[("last", &day(baseline_last))]))
        }
        ActionRefusal::HoldsSignal {
            baseline_last,
            signal_on,
            ..
        } => Wrong::of(
            "baseline_last",
            fill(
                "holds_signal",
                &[("last", &day(baseline_last)), ("signal", &day(signal_on))],
            ),
        ),
        ActionRefusal::Over { until, .. } => Wrong::whole(fill("over", &[("until", &day(until))])),
        ActionRefusal::Ahead { .. } => Wrong::of("on", fill("ahead", &[])),
        ActionRefusal::BeforeOpening { opened_on, .. } => {
            Wrong::of("on", fill("before_opening", &[("opened", &day(opened_on))]))
        }
        ActionRefusal::CriterionPast { .. } => {
            Wrong::of("criterion_due", fill("criterion_past", &[]))
        }
        ActionRefusal::NotOneLine { .. } => Wrong::whole(fill("not_one_line", &[])),
        ActionRefusal::OldDiffers { found, .. } => {
            Wrong::of("value", fill("old_differs", &[("found", found)]))
        }
        ActionRefusal::NegativeCost => Wrong::of("cost", fill("negative_cost", &[])),
        ActionRefusal::Changed { .. } => Wrong::whole(fill("changed", &[])),
        ActionRefusal::Same { value, .. } => Wrong::of("value", fill("same", &[("value", value)])),
    };
    wrong.saying(refusal)
}

/// Why a check cannot be fixed like this.
pub fn plan_refusal(words: &Words, error: &PlanError) -> Wrong {
    let fill =
        |key: &str, values: &[(&str, &str)]| words.fill(&format!("plan_refused.{key}"), values);
    let number = |n: u32| words.count(n.into());
    let wrong = match error {
        PlanError::Ground(error) => return ground_refusal(words, error),
        PlanError::Stats(_) => Wrong::whole(fill("statistics", &[])),
        PlanError::Nothing(_) => Wrong::of("scope", fill("nothing", &[])),
        PlanError::Everything(_) => Wrong::of("scope", fill("everything", &[])),
        PlanError::Empty => Wrong::whole(fill("empty", &[])),
        PlanError::SignalAhead(_) => Wrong::of("signal_on", fill("signal_ahead", &[])),
        PlanError::Backwards { .. } => Wrong::of("baseline_last", fill("backwards", &[])),
        PlanError::HoldsSignal { signal_on, .. } => Wrong::of(
            "baseline_last",
            fill("holds_signal", &[("signal", &words.date(*signal_on))]),
        ),
        PlanError::BeforeData { known, .. } => Wrong::of(
            "baseline_first",
            fill("before_data", &[("known", &known.to_string())]),
        ),
        PlanError::TooShort { months } => Wrong::of(
            "baseline_first",
            fill("too_short", &[("months", &number(*months))]),
        ),
        PlanError::NoBaseline { months } => Wrong::of(
            "baseline_first",
            fill("no_baseline", &[("months", &number(*months))]),
        ),
        PlanError::NoMatch { month } => Wrong::of(
            "baseline_first",
            fill("no_match", &[("month", &month.to_string())]),
        ),
        PlanError::NoDates { .. } => Wrong::of("count_by", fill("no_dates", &[])),
        PlanError::FewDates { known, all, .. } => {
            let count = |n: usize| words.count(i64::try_from(n).unwrap_or(i64::MAX));
            Wrong::of(
                "count_by",
                fill(
                    "few_dates",
                    &[("known", &count(*known)), ("all", &count(*all))],
                ),
            )
        }
        PlanError::Invisible { percent, seen } => Wrong::of(
            "follow_up_months",
            fill(
                "invisible",
                &[
                    ("reduction", &self::percent(words, *percent as f64 / 100.0)),
                    ("seen", &self::percent(words, *seen as f64 / 100.0)),
                ],
            ),
        ),
        PlanError::Length { most, .. } => Wrong::of(
            "follow_up_months",
            fill("length", &[("most", &number(*most))]),
        ),
        PlanError::Share { .. } => Wrong::of("target", fill("share", &[])),
    };
    wrong.saying(error)
}

/// Why the complaints of a scope cannot be counted.
pub fn ground_refusal(words: &Words, error: &GroundError) -> Wrong {
    let key = match error {
        GroundError::Engine(_) => "engine",
        GroundError::NotSearched { .. } => "not_searched",
        GroundError::NoCluster { .. } => "no_cluster",
        GroundError::ExposureGap { .. } => "exposure_gap",
        GroundError::NoUnits { .. } => "no_units",
        GroundError::ExposureExcluded(_) => "exposure_excluded",
        GroundError::NoCalendar(_) => "no_calendar",
        GroundError::OtherSource { .. } => "other_source",
    };
    let text = words.text(&format!("plan_refused.{key}")).to_owned();
    let wrong = match error {
        GroundError::NotSearched { .. } | GroundError::NoCluster { .. } => Wrong::of("scope", text),
        GroundError::ExposureGap { .. }
        | GroundError::NoUnits { .. }
        | GroundError::ExposureExcluded(_) => Wrong::of("exposure", text),
        GroundError::Engine(_) | GroundError::NoCalendar(_) | GroundError::OtherSource { .. } => {
            Wrong::whole(text)
        }
    };
    wrong.saying(error)
}
