//! The planted actions as the register's staff would have recorded them, each at its time.
//!
//! How each is judged is fixed by the same code as for any action, on a snapshot of the finished register; only months
//! before the plan are looked at. Where they are too few for a baseline, the check is a criterion in words.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::Settings;
use super::planted::{CAUSES, Cause};
use super::season::Span;
use super::truth;
use redress_domain::action::{
    ActionBody, ActionId, ActionKind, ActionSource, Analysed, AnalysisMethod, Check, CountBy,
    CriterionCheck, ExposureKind, Implemented, Opened, Planned, ReviewOutput, Verdict, Verified,
};
use redress_domain::improvement::{
    AuditHeld, RecommendationSource, Recommended, RecordBody, ReviewBegun, Suggested,
};
use redress_domain::period::Period;
use redress_domain::scope::Scope;
use redress_improvement::ground::Ground;
use redress_improvement::months::Month;
use redress_improvement::plan::{Asked, fix};
use redress_register::{Change, Register, RegisterError};
use redress_stats::effect::DEFAULT_TARGET;

const OWNER: &str = "Pelin Göynüklü";
const VERIFIER: &str = "Rüştü Safranbolu";
const CHAIR: &str = "Nurhan Divriği";
/// Days from the opening to the plan, and from the signal to the opening.
const OPENED_BEFORE: u64 = 30;
const SIGNAL_BEFORE: u64 = 60;
/// Follow-up of checks whose baseline is too small for the wanted chances.
const FOLLOW_UP: u32 = 6;

/// An action that was entered, with its number in the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    pub truth_id: &'static str,
    pub action: ActionId,
    /// Whether it is judged by the complaints.
    pub counted: bool,
}

struct Step {
    at: DateTime<Utc>,
    /// Place among the planted actions.
    of: usize,
    by: &'static str,
    body: ActionBody,
}

/// Enters the planted actions into a register that has none.
///
/// # Errors
/// When the register refuses an event; that is an error of this program.
pub fn enter_actions(
    register: &mut Register,
    ground: &Ground<'_>,
    settings: &Settings,
) -> Result<Vec<Entered>, RegisterError> {
    let span = Span::of(settings, ground.engine.params().as_of_on);
    let rows = truth::actions(&span);
    let mut steps = Vec::new();
    let mut counted = vec![false; rows.len()];
    for (of, row) in rows.iter().enumerate() {
        let cause = CAUSES.iter().find(|cause| Some(cause.id) == row.cause);
        let opened_on = before(row.planned_on, OPENED_BEFORE);
        let signal_on = before(opened_on, SIGNAL_BEFORE);
        let scope = cause.and_then(scope);
        let check = scope.as_ref().zip(cause).and_then(|(scope, cause)| {
            rate(ground, &span, scope, cause, signal_on, row.planned_on)
        });
        counted[of] = check.is_some();
        let check = check.unwrap_or_else(|| {
            Check::Criterion(CriterionCheck {
                criterion: "Three months after it was carried out, an inspection on the spot finds it in use".to_owned(),
                due_on: row.implemented_on.unwrap_or(row.planned_on) + Days::new(90),
            })
        });
        let kind = match row.kind {
            "preventive" => ActionKind::Preventive,
            _ => ActionKind::Corrective,
        };
        // Where nothing is counted, somebody else looks on the spot and says what they found.
        let inspected_on = match (&check, row.implemented_on) {
            (Check::Criterion(check), Some(_)) => Some(check.due_on),
            (Check::Rate(_) | Check::Criterion(_), _) => None,
        };
        let mut step = |on: NaiveDate, by, body| {
            steps.push(Step {
                at: morning_after(on),
                of,
                by,
                body,
            });
        };
        step(
            opened_on,
            OWNER,
            ActionBody::Opened(Opened {
                on: opened_on,
                title: row.title.to_owned(),
                kind,
                source: ActionSource::Review,
                reference: None,
                scope,
                cases: Vec::new(),
                case_source: None,
                signal_on: Some(signal_on),
                owner: OWNER.to_owned(),
                department: Some("quality".to_owned()),
                due_on: Some(row.planned_on + Days::new(60)),
                output: None,
            }),
        );
        let analysed_on = before(row.planned_on, 10);
        step(
            analysed_on,
            OWNER,
            ActionBody::Analysed(Analysed {
                on: analysed_on,
                method: AnalysisMethod::Other,
                whys: Vec::new(),
                branch: None,
                root_cause: cause
                    .map_or("change without a trial", |cause| cause.root)
                    .to_owned(),
                escape_point: None,
                elsewhere: Vec::new(),
            }),
        );
        step(
            row.planned_on,
            OWNER,
            ActionBody::Planned(Planned {
                what: row.title.to_owned(),
                due_on: row.planned_on + Days::new(60),
                check,
            }),
        );
        if let Some(on) = row.implemented_on {
            step(
                on,
                OWNER,
                ActionBody::Implemented(Implemented {
                    on,
                    what: None,
                    documents: vec![format!("WI-{:02}", of + 1)],
                    cost_minor: 0,
                }),
            );
        }
        if let Some(on) = inspected_on {
            step(
                on,
                VERIFIER,
                ActionBody::Verified(Verified {
                    on,
                    verdict: match row.works {
                        true => Verdict::Effective,
                        false => Verdict::Ineffective,
                    },
                    note: Some("inspected on the spot".to_owned()),
                }),
            );
            if row.works {
                step(on, VERIFIER, ActionBody::Closed { on, note: None });
            }
        }
    }
    // As they happened; of one morning in the order of the actions.
    steps.sort_by_key(|step| step.at);
    let mut ids: Vec<Option<ActionId>> = vec![None; rows.len()];
    for step in steps.into_iter().filter(|step| step.at <= settings.until) {
        let change = Change {
            actor: step.by,
            seen: None,
            now: step.at,
        };
        match (step.body, ids[step.of]) {
            (ActionBody::Opened(opened), _) => {
                ids[step.of] = Some(register.open_action(opened, change)?.id);
            }
            (body, Some(id)) => {
                register.change_action(id, body, change)?;
            }
            (_, None) => {}
        }
    }
    Ok(rows
        .iter()
        .zip(ids)
        .zip(counted)
        .filter_map(|((row, id), counted)| {
            Some(Entered {
                truth_id: row.id,
                action: id?,
                counted,
            })
        })
        .collect())
}

/// Enters the records of improvement that a firm would have by the sample's present: an audit with a recommendation,
/// suggestions, and the management review of the quarter before the last.
///
/// # Errors
/// When the register refuses one; that is an error of this program.
pub fn enter_records(register: &mut Register, settings: &Settings) -> Result<(), RegisterError> {
    let today = settings.until.date_naive();
    let ago = |days: u64| before(today, days);
    let period = Period::parse("last-quarter", ago(92))
        .map(|period| period.name)
        .unwrap_or_default();
    let change = |by: &'static str, on: NaiveDate| Change {
        actor: by,
        seen: None,
        now: morning_after(on),
    };
    // After the actions in the book, whose last event may lie as late as the sample's present.
    let mut steps: Vec<(NaiveDate, &'static str, RecordBody)> = vec![
        (
            ago(88),
            VERIFIER,
            RecordBody::AuditHeld(AuditHeld {
                on: ago(88),
                department: Some("customer_service".to_owned()),
                auditor: VERIFIER.to_owned(),
                findings: "Two of ten files lack the day on which the customer was told".to_owned(),
            }),
        ),
        (
            ago(86),
            VERIFIER,
            RecordBody::Recommended(Recommended {
                on: ago(86),
                source: RecommendationSource::Audit,
                reference: "AU-0001".to_owned(),
                text: "A file is closed only with the proof that the customer was told".to_owned(),
                owner: "Defne Karaağaç".to_owned(),
                due_on: Some(ago(40)),
            }),
        ),
        (
            ago(80),
            CHAIR,
            RecordBody::ReviewBegun(ReviewBegun {
                on: ago(80),
                period,
                chair: CHAIR.to_owned(),
                present: vec![OWNER.to_owned(), VERIFIER.to_owned()],
                again: None,
            }),
        ),
    ];
    for (days, from, text) in [
        (
            70,
            "Ceyda Uludere",
            "Photograph of the lot number asked for with the complaint",
        ),
        (
            45,
            "Levent Mudurnu",
            "Spare nozzles sent with the first answer",
        ),
        (
            20,
            "Larisa Demirova",
            "Russian letters checked by a second speaker",
        ),
    ] {
        steps.push((
            ago(days),
            OWNER,
            RecordBody::Suggested(Suggested {
                on: ago(days),
                from: from.to_owned(),
                department: None,
                text: text.to_owned(),
            }),
        ));
    }
    let last = register.improvement_recorded_until()?;
    let at = |on: NaiveDate| last.map_or(morning_after(on), |last| last.max(morning_after(on)));
    for (on, by, body) in steps {
        register.begin_record(
            body,
            Change {
                now: at(on),
                ..change(by, on)
            },
        )?;
        if on == ago(80) {
            for (output, text, due) in [
                (
                    ReviewOutput::Process,
                    "Photographs are asked for on the form",
                    ago(20),
                ),
                (
                    ReviewOutput::Resources,
                    "A second tinting scale for Bursa",
                    today + Days::new(60),
                ),
            ] {
                let opened = Opened {
                    on,
                    title: text.to_owned(),
                    kind: ActionKind::Improvement,
                    source: ActionSource::Review,
                    reference: Some("MR-0001".to_owned()),
                    scope: None,
                    cases: Vec::new(),
                    case_source: None,
                    signal_on: None,
                    owner: OWNER.to_owned(),
                    department: Some("quality".to_owned()),
                    due_on: Some(due),
                    output: Some(output),
                };
                register.decide_in_review(
                    1,
                    opened,
                    None,
                    Change {
                        now: at(on),
                        ..change(CHAIR, on)
                    },
                )?;
            }
        }
    }
    let closed = RecordBody::ReviewClosed { on: ago(80) };
    register.change_record(
        1,
        closed,
        Change {
            now: at(ago(20)),
            ..change(CHAIR, ago(20))
        },
    )?;
    Ok(())
}

/// The complaints of a cause as the staff see them: its category, and its products where it has some.
fn scope(cause: &Cause) -> Option<Scope> {
    let mut text = format!("category = '{}'", cause.category);
    if !cause.products.is_empty() {
        let list: Vec<String> = cause.products.iter().map(|p| format!("'{p}'")).collect();
        text.push_str(&format!(" and product in ({})", list.join(", ")));
    }
    text.parse().ok()
}

/// A check by the complaints, from the first whole month in which the cause struck to the signal; `None` where no
/// baseline can be had.
fn rate(
    ground: &Ground<'_>,
    span: &Span,
    scope: &Scope,
    cause: &Cause,
    signal_on: NaiveDate,
    planned_on: NaiveDate,
) -> Option<Check> {
    let began = super::planted::day_at(span.from, span.days(), cause.starts);
    let first = Month::of(began).plus(1);
    let mut asked = Asked {
        scope: scope.clone(),
        everything: false,
        signal_on,
        baseline: Some((first, Month::of(signal_on).minus(1))),
        seasonal: false,
        count_by: CountBy::Received,
        exposure: ExposureKind::WorkingDays,
        settling_days: None,
        ripening_days: None,
        follow_up_months: None,
        extension_months: None,
        target: DEFAULT_TARGET,
        reduction: 0.5,
    };
    let start = planned_on + Days::new(60);
    // As long as the chances ask for; where they ask for more than the register will see, the usual half year.
    let left = Month::of(start).until(Month::of(span.last));
    let fixed = fix(ground, &asked, start).ok();
    let fits = |months: u32| i64::from(months) + 2 <= i64::from(left);
    let fixed = match fixed.filter(|proposal| fits(proposal.check.follow_up_months)) {
        Some(proposal) => proposal,
        None => {
            asked.follow_up_months = Some(FOLLOW_UP);
            fix(ground, &asked, start).ok()?
        }
    };
    Some(Check::Rate(Box::new(fixed.check)))
}

fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

/// Entered on the morning after its day.
fn morning_after(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(30)
}
