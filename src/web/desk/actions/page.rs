//! The page of one action: what it is about, its attempts with analysis, plan, check and verdict, how it does, its history,
//! and the steps that can be taken now.

use askama::Template;
use chrono::NaiveDate;

use super::judged::{Judged, judged, look};
use super::said::{self, Fact, fact};
use super::step::Step;
use crate::answer::Answer;
use crate::app::App;
use crate::desk::happened::amount;
use crate::desk::opened::case_path;
use crate::desk::sight;
use crate::error::{Result, WebError};
use crate::shell::{Area, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::action::{
    Action, ActionBody, ActionEvent, ActionId, ActionRefusal, ActionSource, Round,
};
use redress_domain::gone_case::GoneCase;
use redress_improvement::gone::gone_of;
use redress_register::RegisterError;

#[derive(Template)]
#[template(path = "desk/actions/page.html")]
struct Page<'a> {
    shell: Shell<'a>,
    id: String,
    title: String,
    state: String,
    overdue: bool,
    /// Each with the page that it leads to, where there is one.
    facts: Vec<(Fact, Option<String>)>,
    cases: Vec<String>,
    gone: Option<Gone>,
    scope: Option<String>,
    covers: Option<String>,
    containments: Vec<Fact>,
    attempts: Vec<Attempt>,
    judged: Option<Judged>,
    notes: Vec<Fact>,
    history: Vec<Row>,
    steps: Vec<Offer>,
    held: Vec<String>,
}

/// The cases of an action that its source no longer has. They have no page any more.
pub struct Gone {
    /// How many, and since when.
    pub in_all: String,
    /// Each with its days, for whoever may know of them.
    pub cases: Vec<Vanished>,
    /// How many are not listed.
    pub further: Option<String>,
}

/// A case that is gone from its source.
pub struct Vanished {
    pub number: String,
    pub days: String,
}

/// Cases listed; the command line lists all.
const GONE_SHOWN: usize = 20;

/// One attempt: from the analysis to the verdict.
pub struct Attempt {
    pub number: String,
    pub reopened: Option<String>,
    pub analysis: Vec<Fact>,
    pub whys: Vec<String>,
    pub plan: Vec<Fact>,
    pub check: Vec<Fact>,
    /// Who fixed it, and every change.
    pub fixed: Vec<String>,
    pub implemented: Vec<Fact>,
    pub documents: Vec<String>,
    pub looks: Vec<String>,
    pub verified: Vec<Fact>,
}

/// What happened.
pub struct Row {
    pub no: String,
    pub when: String,
    pub what: String,
    pub who: String,
    pub said: String,
}

/// A step that can be taken.
struct Offer {
    to: String,
    name: String,
}

/// `GET /desk/actions/{id}`.
pub fn page(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let id = asked(visit)?;
    let (action, events, today, zone) = app.register(|r| {
        let action = found(r.action(id, None))?;
        let today = visit.now.with_timezone(&r.zone()).date_naive();
        Ok::<_, WebError>((action, r.action_events(id)?, today, r.zone()))
    })?;
    let history = events.iter().map(|event| Row {
        when: words.moment(event.recorded_at, zone),
        ..happened(words, event)
    });
    let (steps, held) = offers(words, visit, &action, today);
    let covers = match action.scope() {
        Some(scope) => Some(super::opening::coverage(app, visit, scope)?),
        None => None,
    };
    let mut history: Vec<Row> = history.collect();
    history.reverse();
    Answer::page(&Page {
        shell: Shell::new(
            app,
            visit,
            Area::Desk,
            format!("{id} {}", action.opened.title),
        ),
        id: id.to_string(),
        title: action.opened.title.clone(),
        state: said::code(words, action.state(today).as_str()),
        overdue: action.is_overdue(today),
        facts: facts(words, &action, source_to(app, visit, &action)?),
        cases: may_be_seen(app, visit, &action.opened.cases)?,
        gone: gone(app, visit, words, &action)?,
        scope: action.scope().map(ToString::to_string),
        covers,
        containments: action
            .containments
            .iter()
            .map(|done| Fact {
                name: words.date(done.on),
                value: done.what.clone(),
            })
            .collect(),
        attempts: attempts(app, words, &action),
        judged: judged(app, visit, &action)?,
        notes: action
            .notes
            .iter()
            .map(|(by, note)| Fact {
                name: by.clone(),
                value: note.clone(),
            })
            .collect(),
        history,
        steps,
        held,
    })
}

/// The numbers of the cases that the visitor may know of; what is no case of this register, only whoever sees all.
fn may_be_seen(app: &App, visit: &Visit, numbers: &[String]) -> Result<Vec<String>> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    app.register(|register| {
        let mut seen = Vec::new();
        for number in numbers {
            let may = match register.case_by_number(number) {
                Ok(case) => sight::may_open(register, staff, &case)?,
                Err(RegisterError::NoSuch { .. }) => sight::sees_all(staff),
                Err(error) => return Err(error.into()),
            };
            if may {
                seen.push(number.clone());
            }
        }
        Ok(seen)
    })
}

/// The cases of an action that are gone from their source: how many to everybody, which ones to whoever sees all cases,
/// for nothing says whose plant a case concerns that is not in this register.
fn gone(app: &App, visit: &Visit, words: &Words, action: &Action) -> Result<Option<Gone>> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let (cases, zone) = app.register(|r| Ok::<_, WebError>((gone_of(r, action)?, r.zone())))?;
    let Some(latest) = cases.iter().map(|case| case.gone_at).max() else {
        return Ok(None);
    };
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let n = words.count(count(cases.len()));
    let day = words.day(latest, zone);
    let shown: &[GoneCase] = match sight::sees_all(staff) {
        true => &cases,
        false => &[],
    };
    let further = shown.len().saturating_sub(GONE_SHOWN);
    let vanished = |case: &GoneCase| Vanished {
        number: case.case_id.clone(),
        days: words.fill(
            "action.gone_days",
            &[
                ("received", &words.date(case.facts.received_on)),
                ("day", &words.day(case.gone_at, zone)),
            ],
        ),
    };
    Ok(Some(Gone {
        in_all: words.fill("cluster.gone_value", &[("n", &n), ("day", &day)]),
        cases: shown.iter().take(GONE_SHOWN).map(vanished).collect(),
        further: (further > 0).then(|| words.plural("action.gone_further", count(further))),
    }))
}

/// The action that a route names.
///
/// # Errors
/// [`WebError::NotFound`] when it is no number of one.
pub fn asked(visit: &Visit) -> Result<ActionId> {
    visit.place("id").parse().map_err(|_| WebError::NotFound)
}

/// An action, or that there is none.
///
/// # Errors
/// [`WebError::NotFound`]; those of the register.
pub fn found(action: std::result::Result<Action, RegisterError>) -> Result<Action> {
    match action {
        Ok(action) => Ok(action),
        Err(RegisterError::Action(ActionRefusal::Unknown(_))) => Err(WebError::NotFound),
        Err(error) => Err(error.into()),
    }
}

/// What can be done now, and what somebody else or a later day has to do.
fn offers(
    words: &Words,
    visit: &Visit,
    action: &Action,
    today: NaiveDate,
) -> (Vec<Offer>, Vec<String>) {
    let (mut steps, mut held) = (Vec::new(), Vec::new());
    for step in Step::ALL.iter().filter(|step| step.may(visit, action)) {
        match step.fits(visit, action, today) {
            Ok(()) => steps.push(Offer {
                to: format!("/desk/actions/{}/{step}", action.id),
                name: words.text(&format!("action.step_{step}")).to_owned(),
            }),
            // What will be asked of somebody is said; what is simply not its turn is not.
            Err(
                refusal @ (ActionRefusal::OwnerVerifies { .. }
                | ActionRefusal::NotJudged { .. }
                | ActionRefusal::TooEarly { .. }
                | ActionRefusal::Over { .. }),
            ) => {
                let why = said::refusal(words, &refusal).text;
                let name = words.text(&format!("action.step_{step}")).to_owned();
                held.push(format!("{name}: {why}"));
            }
            Err(_) => {}
        }
    }
    (steps, held)
}

/// What it is about; of its source the page, where that has one.
fn facts(words: &Words, action: &Action, source_to: Option<String>) -> Vec<(Fact, Option<String>)> {
    let opened = &action.opened;
    let mut facts = Vec::new();
    let mut say = |key, value: String| facts.push((fact(words, key, value), None));
    say("action.kind", said::code(words, opened.kind.as_str()));
    say("action.owner", opened.owner.clone());
    if let Some(department) = &opened.department {
        say("action.department", words.name("departments", department));
    }
    let source = said::code(words, opened.source.as_str());
    let source = match &opened.reference {
        Some(reference) => format!("{source} {reference}"),
        None => source,
    };
    facts.push((fact(words, "action.source", source), source_to));
    let mut say = |key, value: String| facts.push((fact(words, key, value), None));
    let by = words.fill(
        "action.opened_by",
        &[("day", &words.date(opened.on)), ("who", &action.opened_by)],
    );
    say("action.opened", by);
    if let Some(day) = opened.signal_on {
        say("action.signal_on", words.date(day));
    }
    if let Some(day) = action.due_on() {
        say("action.due_on", words.date(day));
    }
    if let Some(day) = action.check_due_on() {
        say("action.verdict_after", words.date(day));
    }
    if let Some(ending) = &action.ending {
        let by = words.fill(
            "action.ended_by",
            &[("day", &words.date(ending.on)), ("who", &ending.by)],
        );
        let value = match &ending.note {
            Some(note) => format!("{by}: {note}"),
            None => by,
        };
        say("action.ended", value);
    }
    facts
}

fn source_to(app: &App, visit: &Visit, action: &Action) -> Result<Option<String>> {
    let Some(reference) = action.opened.reference.as_ref() else {
        return Ok(None);
    };
    Ok(match action.opened.source {
        ActionSource::Cluster => Some(format!("/desk/clusters/{reference}")),
        ActionSource::Case => may_be_seen(app, visit, std::slice::from_ref(reference))?
            .first()
            .map(|number| case_path(number)),
        ActionSource::Audit | ActionSource::Review | ActionSource::Suggestion => None,
    })
}

fn attempts(app: &App, words: &Words, action: &Action) -> Vec<Attempt> {
    (0i64..)
        .zip(&action.rounds)
        .map(|(at, round)| {
            let reopening = usize::try_from(at - 1)
                .ok()
                .and_then(|before| action.reopenings.get(before));
            Attempt {
                number: words.count(at + 1),
                reopened: reopening.map(|(on, reason)| {
                    let day = words.date(*on);
                    words.fill("action.reopened", &[("day", &day), ("reason", reason)])
                }),
                ..attempt(app, words, round)
            }
        })
        .filter(|attempt| attempt.reopened.is_some() || !attempt.is_empty())
        .collect()
}

impl Attempt {
    fn is_empty(&self) -> bool {
        self.analysis.is_empty() && self.plan.is_empty()
    }
}

fn attempt(app: &App, words: &Words, round: &Round) -> Attempt {
    let mut attempt = Attempt {
        number: String::new(),
        reopened: None,
        analysis: Vec::new(),
        whys: Vec::new(),
        plan: Vec::new(),
        check: Vec::new(),
        fixed: Vec::new(),
        implemented: Vec::new(),
        documents: Vec::new(),
        looks: round.looks.iter().map(|found| look(words, found)).collect(),
        verified: Vec::new(),
    };
    if let Some(analysis) = &round.analysis {
        let method = words
            .text(&format!("action.method_{}", analysis.method))
            .to_owned();
        attempt.analysis = vec![
            fact(
                words,
                "action.root_cause",
                said::cause(words, &analysis.root_cause),
            ),
            fact(words, "action.method", method),
        ];
        if let Some(branch) = analysis.branch {
            let name = words.text(&format!("action.branch_{branch}")).to_owned();
            attempt.analysis.push(fact(words, "action.branch", name));
        }
        if let Some(escape) = &analysis.escape_point {
            let escape = fact(words, "action.escape_point", escape.clone());
            attempt.analysis.push(escape);
        }
        if !analysis.elsewhere.is_empty() {
            let elsewhere = analysis.elsewhere.join(", ");
            attempt
                .analysis
                .push(fact(words, "action.elsewhere", elsewhere));
        }
        attempt.whys.clone_from(&analysis.whys);
    }
    if let Some((what, due_on)) = &round.plan {
        attempt.plan = vec![
            fact(words, "action.what_to_do", what.clone()),
            fact(words, "action.due_on", words.date(*due_on)),
        ];
    }
    if let Some(fixed) = round.check() {
        attempt.check = said::check(words, &fixed.check);
    }
    for fixed in &round.checks {
        let day = words.date(fixed.fixed_at.date_naive());
        let values = [
            ("day", day.as_str()),
            ("who", fixed.by.as_str()),
            ("reason", fixed.reason.as_deref().unwrap_or_default()),
        ];
        attempt
            .fixed
            .push(match (&fixed.reason, fixed.after_start) {
                (None, _) => words.fill("judging.fixed_by", &values[..2]),
                (Some(_), false) => words.fill("judging.changed_by", &values),
                (Some(_), true) => words.fill("judging.changed_late_by", &values),
            });
    }
    if let Some(done) = &round.implementation {
        attempt.implemented = vec![fact(words, "action.implemented_on", words.date(done.on))];
        if let Some(what) = &done.what {
            attempt
                .implemented
                .push(fact(words, "action.what_done", what.clone()));
        }
        if done.cost_minor > 0 {
            let currency = app.settings.currency.as_deref();
            let cost = amount(words, done.cost_minor, currency);
            attempt.implemented.push(fact(words, "action.cost", cost));
        }
        attempt.documents.clone_from(&done.documents);
    }
    if let Some((by, verified)) = &round.verification {
        let verdict = said::code(words, verified.verdict.as_str());
        let day = words.date(verified.on);
        let values = [
            ("verdict", verdict.as_str()),
            ("day", day.as_str()),
            ("who", by.as_str()),
        ];
        attempt.verified = vec![fact(
            words,
            "action.verified",
            words.fill("action.verified_by", &values),
        )];
        if let Some(note) = &verified.note {
            attempt
                .verified
                .push(fact(words, "action.rests_on", note.clone()));
        }
        let differs = round
            .settled()
            .is_some_and(|look| look.found.verdict != verified.verdict);
        if differs {
            let differs = words.text("action.differs").to_owned();
            attempt.verified.push(fact(words, "action.remark", differs));
        }
    }
    attempt
}

/// An event of an action as a row; the moment is the caller's.
pub fn happened(words: &Words, event: &ActionEvent) -> Row {
    let said = match &event.body {
        ActionBody::Opened(opened) => opened.title.clone(),
        ActionBody::Contained(contained) => contained.what.clone(),
        ActionBody::Analysed(analysed) => said::cause(words, &analysed.root_cause),
        ActionBody::Planned(planned) => planned.what.clone(),
        ActionBody::CheckChanged { reason, .. }
        | ActionBody::Withdrawn { reason, .. }
        | ActionBody::Reopened { reason, .. } => reason.clone(),
        ActionBody::Implemented(implemented) => {
            let mut parts: Vec<&str> = implemented.what.iter().map(String::as_str).collect();
            parts.extend(implemented.documents.iter().map(String::as_str));
            parts.join("; ")
        }
        ActionBody::Judged(found) => look(words, found),
        ActionBody::Verified(verified) => {
            let verdict = said::code(words, verified.verdict.as_str());
            match &verified.note {
                Some(note) => format!("{verdict}: {note}"),
                None => verdict,
            }
        }
        ActionBody::Closed { note, .. } => note.clone().unwrap_or_default(),
        ActionBody::Amended(amendment) => format!(
            "{}: {} → {} ({})",
            said::field(words, amendment.field),
            amendment.old,
            amendment.new,
            amendment.reason
        ),
        ActionBody::MovedOut { cases } | ActionBody::MovedIn { cases } => cases.join(", "),
        ActionBody::Noted { text } => text.clone(),
    };
    Row {
        no: words.count(event.event_no.into()),
        when: String::new(),
        what: said::event(words, event.body.kind()),
        who: match event.actor.as_str() {
            "system" => said::code(words, "system"),
            name => name.to_owned(),
        },
        said,
    }
}
