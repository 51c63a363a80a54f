//! What asks for an action, or for its reopening: problems and categories beyond chance that nobody works on, and
//! actions whose effect did not last.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};

use super::evaluate::Evaluation;
use super::ground::{Ground, GroundError, ScopeCase, day};
use super::months::Month;
use super::plan::window_month;
use redress_domain::action::{Action, ActionId, ActionSource, Standing, Verdict};
use redress_domain::cluster::{ClusterBook, ClusterId};
use redress_domain::scope::ScopeDimension;
use redress_engine::counted::Counted;
use redress_lake::table::days_since_epoch;
use redress_stats::StatsError;
use redress_stats::effect::{self, Criterion};
use redress_stats::growth::{DEFAULT_WINDOW, History, Kind, Settings, judge};

/// What a signal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalKind {
    /// A problem or category that no open action works on.
    NoAction,
    /// More complaints in scope since the verdict than the follow-up lets expect.
    RateRose,
    /// A complainant whose case the action answered came again with the same problem.
    Repeat,
}

impl SignalKind {
    /// The word in the lake.
    pub const fn as_str(self) -> &'static str {
        match self {
            SignalKind::NoAction => "no_action",
            SignalKind::RateRose => "rate_rose",
            SignalKind::Repeat => "repeat",
        }
    }
}

/// What a signal is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Problem(ClusterId),
    Category(String),
    Action(ActionId),
}

impl Subject {
    /// The word in the lake.
    pub const fn kind(&self) -> &'static str {
        match self {
            Subject::Problem(_) => "problem",
            Subject::Category(_) => "category",
            Subject::Action(_) => "action",
        }
    }

    /// Its number or name.
    pub fn id(&self) -> String {
        match self {
            Subject::Problem(id) => id.to_string(),
            Subject::Category(name) => name.clone(),
            Subject::Action(id) => id.to_string(),
        }
    }
}

/// One signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    pub kind: SignalKind,
    pub subject: Subject,
    pub label: String,
    /// growing, emerging, steady, not_testable; of problems and categories.
    pub trend: Option<String>,
    pub recent: Option<u64>,
    pub expected: Option<f64>,
    pub q_value: Option<f64>,
    /// Complaints of the last twelve months, those of them not closed, and what they cost, minor units.
    pub year: Year,
    /// Numbers of the cases that speak for it, where they are few.
    pub cases: Vec<String>,
}

/// Complaints of the last twelve months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Year {
    pub cases: i64,
    pub open: i64,
    pub cost_minor: i64,
}

/// Why signals cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    #[error(transparent)]
    Ground(#[from] GroundError),
    #[error("the growth of categories cannot be judged: {0}")]
    Stats(#[from] StatsError),
}

/// A problem that is neither growing nor new is proposed from so many complaints of the last year on.
const LEAST_STEADY: i64 = 3;
/// Months after the verdict that are looked at: what is recent counts, not the all-time total.
const RECENT_MONTHS: u32 = 12;
/// Looked at every night, so with a wider interval than a check that is looked at once.
const CONFIDENCE: f64 = 0.99;

/// All signals: actions whose effect did not last, then problems and categories without an action, beyond chance
/// first, then by their cost and number.
///
/// # Errors
/// When a file of the lake cannot be read, or the statistics refuse their settings.
pub fn signals(
    ground: &Ground<'_>,
    actions: &[Action],
    evaluations: &BTreeMap<ActionId, Evaluation>,
) -> Result<Vec<Signal>, SignalError> {
    let mut found = Vec::new();
    for action in actions {
        found.extend(rose(action, evaluations.get(&action.id), ground.over_on()));
        found.extend(repeat(ground, action)?);
    }
    let covered = Covered::by(ground.book, actions);
    let mut without: Vec<Signal> = problems(ground)?
        .into_iter()
        .chain(categories(ground)?)
        .filter(|signal| !covered.holds(&signal.subject))
        .collect();
    without.sort_by(|a, b| {
        let rank = |s: &Signal| (!s.is_beyond_chance(), -s.year.cost_minor, -s.year.cases);
        rank(a)
            .cmp(&rank(b))
            .then_with(|| a.subject.id().cmp(&b.subject.id()))
    });
    found.extend(without);
    Ok(found)
}

impl Signal {
    /// Whether chance alone does not explain it.
    pub fn is_beyond_chance(&self) -> bool {
        match self.kind {
            SignalKind::NoAction => self
                .trend
                .as_deref()
                .is_some_and(|trend| trend == "growing" || trend == "emerging"),
            SignalKind::RateRose | SignalKind::Repeat => true,
        }
    }
}

/// The clusters that an action names in its scope or as its source, by the numbers that stand.
pub fn named_by(book: &ClusterBook, action: &Action) -> BTreeSet<ClusterId> {
    let follow = |id: ClusterId| book.follow(id).map_or(id, |found| found.id);
    let conditions = action.scope().into_iter().flat_map(|s| s.conditions());
    let mut named: BTreeSet<ClusterId> = conditions
        .filter(|c| c.dimension == ScopeDimension::Cluster && !c.excluded)
        .flat_map(|c| &c.values)
        .filter_map(|value| value.parse().ok())
        .map(follow)
        .collect();
    if action.opened.source == ActionSource::Cluster
        && let Some(Ok(id)) = action.opened.reference.as_deref().map(str::parse)
    {
        named.insert(follow(id));
    }
    named
}

/// The clusters that an open action names in its scope or as its source, by the numbers that stand.
pub fn worked_on(book: &ClusterBook, actions: &[Action]) -> BTreeSet<ClusterId> {
    Covered::by(book, actions).clusters
}

/// What open actions work on.
struct Covered {
    clusters: BTreeSet<ClusterId>,
    categories: BTreeSet<String>,
}

impl Covered {
    fn by(book: &ClusterBook, actions: &[Action]) -> Covered {
        let mut covered = Covered {
            clusters: BTreeSet::new(),
            categories: BTreeSet::new(),
        };
        for action in actions.iter().filter(|a| !a.standing.is_over()) {
            covered.clusters.extend(named_by(book, action));
            let conditions = action.scope().into_iter().flat_map(|s| s.conditions());
            for condition in conditions.filter(|c| !c.excluded) {
                if condition.dimension == ScopeDimension::Category {
                    covered.categories.extend(condition.values.iter().cloned());
                }
            }
        }
        covered
    }

    fn holds(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Problem(id) => self.clusters.contains(id),
            Subject::Category(name) => self.categories.contains(name),
            Subject::Action(_) => false,
        }
    }
}

/// More complaints since the end of the follow-up than it lets expect: their rate against that of the follow-up.
fn rose(action: &Action, evaluation: Option<&Evaluation>, over_on: NaiveDate) -> Option<Signal> {
    let evaluation = evaluation?;
    if !was_effective(action) {
        return None;
    }
    let (first, last) = evaluation.follow_up?;
    let from = Month::of(over_on).minus(RECENT_MONTHS);
    let of = |keep: &dyn Fn(Month) -> bool| -> Option<Vec<effect::Month>> {
        let rows = evaluation.months.iter();
        rows.filter(|row| row.whole && keep(row.month))
            .map(|row| {
                Some(window_month(
                    &evaluation.check,
                    row.month,
                    row.cases,
                    row.exposure?,
                ))
            })
            .collect()
    };
    let follow_up = of(&|m: Month| first <= m.first() && m.first() <= last)?;
    let later = of(&|m: Month| m.first() > last && m >= from)?;
    if later.is_empty() {
        return None;
    }
    let criterion = Criterion {
        target: 0.0,
        confidence: CONFIDENCE,
    };
    let base = effect::matched(
        &follow_up,
        &later.iter().map(|m| m.season).collect::<Vec<_>>(),
    );
    let judged = effect::judge(&base, &later, &criterion).ok()?;
    (judged.lower > 1.0).then(|| Signal {
        kind: SignalKind::RateRose,
        subject: Subject::Action(action.id),
        label: action.opened.title.clone(),
        trend: None,
        recent: Some(judged.after.events),
        expected: Some(
            judged.before.events as f64 * judged.after.exposure / judged.before.exposure,
        ),
        q_value: Some(judged.p_value),
        year: year_of(&evaluation.cases, over_on),
        cases: Vec::new(),
    })
}

/// Whether the last word on an action is that it worked.
fn was_effective(action: &Action) -> bool {
    let verified = action.round().verification.as_ref();
    match action.standing {
        Standing::Verified(Verdict::Effective) => true,
        Standing::Closed => verified.is_some_and(|(_, v)| v.verdict == Verdict::Effective),
        _ => false,
    }
}

/// Cost and number in the last twelve months; whether they are open is not known here.
fn year_of(cases: &[ScopeCase], over_on: NaiveDate) -> Year {
    let from = over_on.checked_sub_days(Days::new(364)).unwrap_or(over_on);
    let recent = cases.iter().filter(|c| c.received_on >= from);
    recent.fold(Year::default(), |sum, case| Year {
        cases: sum.cases + 1,
        open: sum.open,
        cost_minor: sum.cost_minor + case.cost_minor,
    })
}

/// A complainant whose case the action answered came again with the same problem after it was implemented.
fn repeat(ground: &Ground<'_>, action: &Action) -> Result<Option<Signal>, GroundError> {
    let Some(implemented) = &action.round().implementation else {
        return Ok(None);
    };
    let answered = &action.opened.cases;
    let source = action.opened.case_source.as_deref();
    // Equal numbers in another source are other cases.
    if source.is_some_and(|source| source != ground.manifest.source_key()) {
        return Ok(None);
    }
    if answered.is_empty() || !ground.manifest.rows.contains_key("case_relations") {
        return Ok(None);
    }
    let list: Vec<String> = answered
        .iter()
        .map(|n| format!("'{}'", n.replace('\'', "''")))
        .collect();
    let sql = format!(
        "SELECT k.case_id, k.received_on FROM case_relations AS r \
         JOIN cases AS k ON k.case_key = r.case_key JOIN cases AS o ON o.case_key = r.of_case_key \
         WHERE r.kind = 'repeat' AND o.case_id IN ({}) ORDER BY k.received_on, k.case_id",
        list.join(", ")
    );
    let answer = ground.engine.sql(&sql, "repeats of answered cases")?;
    let after: Vec<String> = (0..answer.rows.len())
        .filter(|row| day(answer.cell(*row, "received_on")).is_some_and(|d| d > implemented.on))
        .map(|row| answer.text(row, "case_id"))
        .collect();
    Ok((!after.is_empty()).then(|| Signal {
        kind: SignalKind::Repeat,
        subject: Subject::Action(action.id),
        label: action.opened.title.clone(),
        trend: None,
        recent: Some(after.len() as u64),
        expected: None,
        q_value: None,
        year: Year::default(),
        cases: after,
    }))
}

/// First day of the last twelve months, as the calendar's table counts days.
pub(super) fn year_begins(ground: &Ground<'_>) -> i64 {
    i64::from(days_since_epoch(ground.over_on())) - 364
}

/// Problems of several complainants that grow, emerge, or keep coming.
fn problems(ground: &Ground<'_>) -> Result<Vec<Signal>, GroundError> {
    if !ground.manifest.rows.contains_key("clusters") {
        return Ok(Vec::new());
    }
    let sql = format!(
        "WITH of_year AS (SELECT m.cluster_id, CAST(COUNT(*) AS BIGINT) AS cases, \
         CAST(SUM(CASE WHEN k.closed_on IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS open_cases, \
         CAST(SUM(k.cost_minor) AS BIGINT) AS cost \
         FROM cluster_members AS m JOIN cases AS k ON k.case_key = m.case_key \
         JOIN calendar AS c ON c.day = k.received_on JOIN params AS p ON c.calendar_id = p.calendar_id \
         WHERE k.state <> 'merged' AND c.day_index >= {} GROUP BY m.cluster_id) \
         SELECT g.cluster_id, CASE WHEN g.name IS NOT NULL THEN g.name ELSE g.label END AS label, g.trend, \
         g.recent_cases, g.recent_expected, g.growth_q, y.cases, y.open_cases, y.cost \
         FROM clusters AS g JOIN of_year AS y ON y.cluster_id = g.cluster_id \
         WHERE g.level = 'problem' AND g.kind = 'recurrent' AND g.ignored = FALSE ORDER BY g.cluster_id",
        year_begins(ground)
    );
    let answer = ground.engine.sql(&sql, "problems")?;
    Ok((0..answer.rows.len())
        .filter_map(|row| {
            let id = answer.text(row, "cluster_id").parse().ok()?;
            let signal = of_row(&answer, row, Subject::Problem(id));
            (signal.is_beyond_chance() || signal.year.cases >= LEAST_STEADY).then_some(signal)
        })
        .collect())
}

fn of_row(answer: &Counted, row: usize, subject: Subject) -> Signal {
    Signal {
        kind: SignalKind::NoAction,
        subject,
        label: answer.text(row, "label"),
        trend: Some(answer.text(row, "trend")),
        recent: u64::try_from(answer.count(row, "recent_cases")).ok(),
        expected: answer.cell(row, "recent_expected").as_real(),
        q_value: answer.cell(row, "growth_q").as_real(),
        year: Year {
            cases: answer.count(row, "cases"),
            open: answer.count(row, "open_cases"),
            cost_minor: answer.count(row, "cost"),
        },
        cases: Vec::new(),
    }
}

/// Categories whose share of the complaints grows beyond chance, under one false-discovery control over all of them.
fn categories(ground: &Ground<'_>) -> Result<Vec<Signal>, SignalError> {
    let answer = ground
        .engine
        .sql(
            "SELECT k.category, c.month, CAST(COUNT(*) AS BIGINT) AS cases FROM cases AS k \
             JOIN calendar AS c ON c.day = k.received_on JOIN params AS p ON c.calendar_id = p.calendar_id \
             WHERE k.state <> 'merged' AND k.category IS NOT NULL GROUP BY k.category, c.month \
             ORDER BY k.category, c.month",
            "categories",
        )
        .map_err(GroundError::from)?;
    let Some((first_on, _)) = ground.span()? else {
        return Ok(Vec::new());
    };
    // Whole months only; three years of them at most.
    let last = match Month::of(ground.over_on()) {
        month if month.last() <= ground.over_on() => month,
        month => month.minus(1),
    };
    let first = Month::of(first_on).plus(1).max(last.minus(35));
    let months: Vec<Month> = Month::between(first.first(), last.first()).collect();
    if months.len() <= DEFAULT_WINDOW {
        return Ok(Vec::new());
    }
    let mut counts: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let place: HashMap<String, usize> = months
        .iter()
        .enumerate()
        .map(|(at, month)| (month.to_string(), at))
        .collect();
    for row in 0..answer.rows.len() {
        let own = counts
            .entry(answer.text(row, "category"))
            .or_insert_with(|| vec![0; months.len()]);
        if let Some(at) = place.get(&answer.text(row, "month")) {
            own[*at] = u64::try_from(answer.count(row, "cases")).unwrap_or(0);
        }
    }
    // One category has no others to be measured by.
    if counts.len() < 2 {
        return Ok(Vec::new());
    }
    let total: Vec<u64> = (0..months.len())
        .map(|at| counts.values().map(|own| own[at]).sum())
        .collect();
    let others: Vec<Vec<f64>> = counts
        .values()
        .map(|own| {
            total
                .iter()
                .zip(own)
                .map(|(all, own)| (all - own) as f64)
                .collect()
        })
        .collect();
    let histories: Vec<History<'_>> = counts
        .values()
        .zip(&others)
        .map(|(cases, volume)| History { cases, volume })
        .collect();
    let growth = judge(&histories, &Settings::default())?;
    let years = years_of_categories(ground)?;
    Ok(counts
        .keys()
        .zip(&growth.clusters)
        .filter_map(|(name, judged)| {
            let judged = judged.as_ref().ok().filter(|judged| judged.called)?;
            Some(Signal {
                kind: SignalKind::NoAction,
                subject: Subject::Category(name.clone()),
                label: name.clone(),
                trend: Some(
                    match judged.kind {
                        Kind::Emerging => "emerging",
                        Kind::Growing => "growing",
                    }
                    .to_owned(),
                ),
                recent: Some(judged.recent),
                expected: (judged.past_volume > 0.0)
                    .then(|| judged.past as f64 * judged.recent_volume / judged.past_volume),
                q_value: judged.q_value,
                year: years.get(name).copied().unwrap_or_default(),
                cases: Vec::new(),
            })
        })
        .collect())
}

fn years_of_categories(ground: &Ground<'_>) -> Result<HashMap<String, Year>, GroundError> {
    let sql = format!(
        "SELECT k.category, CAST(COUNT(*) AS BIGINT) AS cases, \
         CAST(SUM(CASE WHEN k.closed_on IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS open_cases, \
         CAST(SUM(k.cost_minor) AS BIGINT) AS cost FROM cases AS k \
         JOIN calendar AS c ON c.day = k.received_on JOIN params AS p ON c.calendar_id = p.calendar_id \
         WHERE k.state <> 'merged' AND k.category IS NOT NULL AND c.day_index >= {} GROUP BY k.category",
        year_begins(ground)
    );
    let answer = ground.engine.sql(&sql, "categories of the last year")?;
    Ok((0..answer.rows.len())
        .map(|row| {
            let year = Year {
                cases: answer.count(row, "cases"),
                open: answer.count(row, "open_cases"),
                cost_minor: answer.count(row, "cost"),
            };
            (answer.text(row, "category"), year)
        })
        .collect())
}
