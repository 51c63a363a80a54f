//! The follow-up form: what staff record of a complaint (ISO 10002, 7.2 to 7.9 and its annex with the follow-up form).

use redress_domain::case_file::CaseFile;
use redress_domain::event::EventKind;
use redress_domain::vocabulary::{Channel, Response, Severity};

use super::case::FormCase;
use super::common::{
    description, is_remedy_sought, known, person, produced_on, product, remedy_sought, sold_on,
};
use super::model::{Choice, Entry, Field, Part, Section, Tick, Width};
use super::tracking::tracking;
use super::words::Words;

/// Kinds of problem to tick on paper. The register has the organisation's own categories instead.
const PROBLEMS: [&str; 17] = [
    "not_delivered",
    "delay",
    "defect",
    "damage",
    "wrong_product",
    "poor_service",
    "conduct",
    "information",
    "guarantee",
    "promise",
    "price",
    "invoice",
    "contract",
    "sales_practice",
    "refused",
    "compensation",
    "other",
];

/// Actions to tick, each with the register's response that it stands for, where there is one.
const ACTIONS: [(&str, Option<Response>); 20] = [
    ("delivery", None),
    ("repair", Some(Response::Repair)),
    ("replacement", Some(Response::Replacement)),
    ("substitute", Some(Response::Substitute)),
    ("cancellation", None),
    ("guarantee", None),
    ("promise", None),
    ("contract", None),
    ("refund", Some(Response::Refund)),
    ("compensation", Some(Response::Compensation)),
    ("price_reduction", None),
    ("financial_help", Some(Response::FinancialHelp)),
    ("apology", Some(Response::Apology)),
    ("goodwill_gift", Some(Response::GoodwillGift)),
    ("technical_help", Some(Response::TechnicalHelp)),
    ("information", Some(Response::Information)),
    ("referral", Some(Response::Referral)),
    ("change_notice", Some(Response::ChangeNotice)),
    ("unfounded", Some(Response::Unfounded)),
    ("other", Some(Response::OtherHelp)),
];

/// Levels of what the register does not hold.
const LEVELS: [&str; 3] = ["low", "medium", "high"];

pub(super) fn sections(words: &Words, case: Option<&FormCase>) -> Vec<Section> {
    vec![
        Section::new(words, "receipt", receipt(words, case)),
        Section::new(words, "person", complainant(words, case)),
        Section::new(words, "encountered", encountered(words, case)),
        Section::new(words, "assessment", assessment(words, case)),
        Section::new(words, "resolution", resolution(words, case)),
        Section::new(words, "tracking", vec![tracking(words, case).into()]),
        Section::new(words, "responsible", responsible(words, case)),
    ]
}

fn receipt(words: &Words, case: Option<&FormCase>) -> Vec<Part> {
    let number = known(case, |c| Some(c.number().to_owned()));
    let day = known(case, |c| Some(words.day(c.file().received_at(), c.zone())));
    let time = known(case, |c| Some(words.time(c.file().received_at(), c.zone())));
    let by = known(case, |c| {
        let registered = c.by(EventKind::Registered, c.file().registered_at);
        registered.map(str::to_owned)
    });
    let channel = case.map(|c| c.file().registration.channel);
    let ticks = Channel::ALL
        .iter()
        .map(|c| {
            let label = words.name("channels", c.as_str());
            Tick::new(c.as_str(), label, channel == Some(*c))
        })
        .collect();
    vec![
        Field::new(words, "number", Width::Half, number).into(),
        Field::new(words, "received_by", Width::Half, by).into(),
        Field::new(words, "received_on", Width::Half, day).into(),
        Field::new(words, "received_time", Width::Half, time).into(),
        Choice::new(words, "medium", Width::Full, ticks)
            .single()
            .into(),
    ]
}

fn complainant(words: &Words, case: Option<&FormCase>) -> Vec<Part> {
    let mut parts = person(words, case, false);
    parts.push(Field::new(words, "agent", Width::Full, Entry::Blank).into());
    parts
}

fn encountered(words: &Words, case: Option<&FormCase>) -> Vec<Part> {
    let site = known(case, |c| {
        let file = c.file();
        let held = file.holdings.last().and_then(|h| h.site.clone());
        held.or_else(|| file.registration.site.clone())
    });
    let unit = known(case, |c| c.file().registration.unit.clone());
    let category = known(case, |c| {
        let category = c.file().category.as_deref()?;
        Some(words.name("categories", category))
    });
    let kinds = PROBLEMS
        .map(|kind| Tick::new(kind, words.text(&format!("problem.{kind}")), false))
        .to_vec();
    let mut parts = vec![
        Field::new(words, "reference", Width::Half, Entry::Blank).into(),
        Field::new(words, "occurred_on", Width::Half, Entry::Blank).into(),
    ];
    parts.extend(product(words, case));
    parts.extend([
        sold_on(words, case),
        produced_on(words, case),
        Field::new(words, "site", Width::Third, site).into(),
        description(words, case, 5),
        Choice::new(words, "kinds", Width::Full, kinds).into(),
        Field::new(words, "category", Width::Half, category).into(),
        Field::new(words, "unit", Width::Half, unit).into(),
    ]);
    if let Some(further) = case.and_then(|c| further_issues(words, c.file())) {
        let entry = Entry::of(Some(further));
        parts.push(Field::new(words, "further_issues", Width::Full, entry).into());
    }
    parts
}

/// Further problems or products of the same case, one a line.
fn further_issues(words: &Words, file: &CaseFile) -> Option<String> {
    let lines: Vec<String> = file
        .issues
        .iter()
        .map(|issue| {
            let category = words.name("categories", &issue.category);
            let told = [Some(category), issue.product.clone(), issue.lot.clone()];
            told.into_iter().flatten().collect::<Vec<_>>().join(", ")
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn assessment(words: &Words, case: Option<&FormCase>) -> Vec<Part> {
    let assessments = case
        .map(|c| c.file().assessments.as_slice())
        .unwrap_or_default();
    let last = assessments.last().map(|(_, assessed)| assessed);
    let severities = Severity::ALL
        .iter()
        .map(|severity| {
            let label = words.name("severities", severity.as_str());
            let ticked = last.is_some_and(|a| a.severity == *severity);
            Tick::new(severity.as_str(), label, ticked)
        })
        .collect();
    let levels = |id, width| {
        let ticks =
            LEVELS.map(|level| Tick::new(level, words.text(&format!("level.{level}")), false));
        Part::from(Choice::new(words, id, width, ticks.to_vec()).single())
    };
    let yes_no = |id, known| Part::from(Choice::yes_no(words, id, Width::Third, known));
    let action = known(case, |c| c.file().registration.immediate_action.clone());
    let mut parts = vec![
        Choice::new(words, "severity", Width::Full, severities)
            .single()
            .into(),
    ];
    // Every later value stands beside the first: "wrongly prioritised" is judged from both.
    if let (Some(case), [first, _, ..]) = (case, assessments) {
        let severity = words.name("severities", first.1.severity.as_str());
        let entry = Entry::of(Some(format!(
            "{severity}, {}",
            words.day(first.0, case.zone())
        )));
        parts.push(Field::new(words, "first_assessed", Width::Full, entry).into());
    }
    parts.extend([
        yes_no("safety", last.map(|a| a.safety)),
        yes_no("complex", last.map(|a| a.complex)),
        levels("impact", Width::Third),
        levels("recurrence", Width::Third),
        yes_no("immediate_needed", last.map(|a| a.immediate_action)),
        yes_no("immediate_possible", None),
        Field::new(words, "immediate_action", Width::Full, action).into(),
    ]);
    parts
}

fn resolution(words: &Words, case: Option<&FormCase>) -> Vec<Part> {
    let sought = Entry::of(remedy_sought(case).map(|r| words.name("remedies", r.as_str())));
    let decision = case.and_then(|c| c.file().last_decision());
    let is_taken = |response: Response| {
        decision.is_some_and(|d| d.data.response == response || d.data.granted == Some(response))
    };
    let actions = ACTIONS
        .map(|(action, response)| {
            let label = words.text(&format!("action.{action}"));
            Tick::new(action, label, response.is_some_and(is_taken))
        })
        .to_vec();
    let details = match (case, decision) {
        (Some(case), Some(decision)) => case.text(EventKind::Decided, decision.at),
        (None, _) | (_, None) => Entry::Blank,
    };
    let cause = Entry::of(decision.and_then(|d| d.data.root_cause.as_ref()));
    let rule = Entry::of(decision.map(|d| {
        let version = words.remark("version", &d.data.rule_version);
        format!("{}, {version}", d.data.rule)
    }));
    vec![
        is_remedy_sought(words, case, Width::Half),
        Field::new(words, "remedy_kind", Width::Half, sought).into(),
        Choice::new(words, "actions", Width::Full, actions).into(),
        Field::new(words, "details", Width::Full, details)
            .rows(3)
            .into(),
        Field::new(words, "cause", Width::Half, cause).into(),
        Field::new(words, "rule", Width::Half, rule).into(),
    ]
}

fn responsible(words: &Words, case: Option<&FormCase>) -> Vec<Part> {
    let name = known(case, |c| c.file().assigned_to.clone());
    vec![
        Field::new(words, "responsible", Width::Third, name).into(),
        Field::new(words, "signed_on", Width::Third, Entry::Blank).into(),
        Field::new(words, "signature", Width::Third, Entry::Blank).into(),
    ]
}
