//! One step of an action: its form, and what becomes of it when it is sent.

use askama::Template;
use axum::http::StatusCode;
use chrono::NaiveDate;

use super::page::{Row, asked, found, happened};
use super::planning::{self, Made, Prospect, prospects};
use super::said::{self, Fact};
use super::step::Step;
use crate::answer::Answer;
use crate::app::App;
use crate::entry::{EntryForm, Wrong};
use crate::error::{Result, WebError};
use crate::quality::snapshot::{Snapshot, failed};
use crate::shell::{Area, Shell};
use crate::visit::{Fields, Visit};
use crate::words::Words;
use redress_domain::action::{Action, ActionBody, ActionRefusal, Check};
use redress_improvement::update::{Order, update};
use redress_lake::store::Lake;
use redress_register::{Change, RegisterError};

#[derive(Template)]
#[template(path = "desk/actions/step.html")]
struct Page<'a> {
    shell: Shell<'a>,
    id: String,
    title: String,
    lead: String,
    /// The check as it would be fixed.
    check: Vec<Fact>,
    prospects: Vec<Prospect>,
    /// What the program says of it, in English.
    notes: Vec<String>,
    /// What happened since the visitor saw the action.
    since: Vec<Row>,
    form: EntryForm,
}

/// What is shown beside a form.
#[derive(Default)]
struct Beside {
    made: Option<Made>,
    since: Vec<Row>,
    /// The version after which that happened.
    seen: Option<u32>,
}

/// The field of the version that somebody had seen before they were told what changed.
const SEEN_BEFORE: &str = "seen_before";

/// `GET /desk/actions/{id}/{command}`.
pub fn ask(app: &App, visit: &Visit) -> Result<Answer> {
    let (step, action, today) = allowed(app, visit)?;
    if let Err(refusal) = step.fits(visit, &action, today) {
        return not_now(app, visit, step, &action, &refusal);
    }
    shown(
        app,
        visit,
        (step, &action, today),
        &Fields::default(),
        Vec::new(),
        Beside::default(),
    )
}

/// The form as it is being filled in, in another language, and what happened since it was opened.
pub fn turned(app: &App, visit: &Visit) -> Result<Answer> {
    let (step, action, today) = allowed(app, visit)?;
    let form = &visit.form;
    let seen = form.given(SEEN_BEFORE).or(form.given("last_seq"));
    let seen: Option<u32> = seen.and_then(|seen| seen.parse().ok());
    let of = (step, &action, today);
    if let Some(seen) = seen.filter(|seen| *seen != action.version) {
        return changed(app, visit, of, seen);
    }
    if let Err(refusal) = step.fits(visit, &action, today) {
        return not_now(app, visit, step, &action, &refusal);
    }
    shown(app, visit, of, form, Vec::new(), Beside::default())
}

/// `POST /desk/actions/{id}/{command}`.
pub fn take(app: &App, visit: &Visit) -> Result<Answer> {
    let (step, action, today) = allowed(app, visit)?;
    let entered = &visit.form;
    let of = (step, &action, today);
    let seen = entered
        .get("last_seq")
        .parse::<u32>()
        .unwrap_or(action.version);
    if seen != action.version {
        return changed(app, visit, of, seen);
    }
    if let Err(refusal) = step.fits(visit, &action, today) {
        return not_now(app, visit, step, &action, &refusal);
    }
    let words = app.words(visit.language);
    if step == Step::Check {
        return compute(app, visit, &action);
    }
    let Entered {
        made,
        mut wrongs,
        body,
    } = self::entered(app, visit, step, &action, today)?;
    // What can be seen is shown before it is fixed.
    if entered.get("step") == "look" {
        let beside = Beside {
            made,
            ..Beside::default()
        };
        return shown(app, visit, of, entered, wrongs, beside);
    }
    let body = match body {
        Ok(body) if wrongs.is_empty() => body,
        Ok(_) => return shown(app, visit, of, entered, wrongs, Beside::default()),
        Err(more) => {
            wrongs.extend(more);
            let beside = Beside {
                made,
                ..Beside::default()
            };
            return shown(app, visit, of, entered, wrongs, beside);
        }
    };
    match record(app, visit, &action, body, seen) {
        Ok(_) => Ok(done(&action, step)),
        Err(RegisterError::Action(ActionRefusal::Changed { .. })) => changed(app, visit, of, seen),
        Err(RegisterError::Action(refusal)) => {
            let wrongs = vec![said::refusal(words, &refusal)];
            let beside = Beside {
                made,
                ..Beside::default()
            };
            shown(app, visit, of, entered, wrongs, beside)
        }
        Err(error) => Err(error.into()),
    }
}

/// A step as it was entered.
pub struct Entered {
    /// The check that would be fixed, where the step fixes one.
    pub made: Option<Made>,
    /// What is wrong with what was entered about the check.
    pub wrongs: Vec<Wrong>,
    /// The event, or what else is wrong.
    pub body: std::result::Result<ActionBody, Vec<Wrong>>,
}

/// Reads a step from the visit's form: for the desk's pages and for programs alike.
///
/// # Errors
/// When the register or the lake cannot be read.
pub fn entered(
    app: &App,
    visit: &Visit,
    step: Step,
    action: &Action,
    today: NaiveDate,
) -> Result<Entered> {
    let words = app.words(visit.language);
    let entered = &visit.form;
    let mut made = None;
    let mut wrongs = Vec::new();
    if matches!(step, Step::Plan | Step::Change) {
        match planning::made(app, visit, action, start(action, entered, today))? {
            Ok(found) => made = Some(found),
            Err(refused) => wrongs = refused,
        }
    }
    let check: Option<Check> = made.as_ref().map(|made| made.check.clone());
    Ok(Entered {
        body: step.body(words, action, entered, check),
        made,
        wrongs,
    })
}

/// Records a step that was entered, if the action is still at the version that was seen.
///
/// # Errors
/// What the action or the register refuses.
pub fn record(
    app: &App,
    visit: &Visit,
    action: &Action,
    body: ActionBody,
    seen: u32,
) -> std::result::Result<Action, RegisterError> {
    let name = visit
        .staff()
        .map(|staff| staff.name.clone())
        .unwrap_or_default();
    let change = Change {
        actor: &name,
        seen: Some(seen),
        now: visit.now,
    };
    app.register(|r| r.change_action(action.id, body, change))
}

/// The step and the action of a route, where the visitor's role lets them take it.
///
/// # Errors
/// [`WebError::NotFound`], [`WebError::Forbidden`].
pub fn allowed(app: &App, visit: &Visit) -> Result<(Step, Action, NaiveDate)> {
    let step: Step = visit
        .place("command")
        .parse()
        .map_err(|_| WebError::NotFound)?;
    let id = asked(visit)?;
    let (action, today) = app.register(|r| {
        let today = visit.now.with_timezone(&r.zone()).date_naive();
        Ok::<_, WebError>((found(r.action(id, None))?, today))
    })?;
    match step.may(visit, &action) {
        true => Ok((step, action, today)),
        false => Err(WebError::Forbidden),
    }
}

/// The day about which the action is carried out: what a check is fixed for.
fn start(action: &Action, entered: &Fields, today: NaiveDate) -> NaiveDate {
    let done = action.round().implementation.as_ref().map(|done| done.on);
    let planned = entered.get("due_on").parse().ok();
    done.or(planned).or(action.due_on()).unwrap_or(today)
}

/// Computes the verdict whose day has come, as the night does it, and shows the action again.
fn compute(app: &App, visit: &Visit, action: &Action) -> Result<Answer> {
    let done = match judge(app, visit, action)? {
        None => "",
        Some(true) => "?done=action_judged",
        Some(false) => "?done=action_not_judged",
    };
    Ok(Answer::see(format!("/desk/actions/{}{done}", action.id)))
}

/// Computes the verdict whose day has come; answers whether there was one, `None` where there is no snapshot to look at.
///
/// # Errors
/// When the register or the lake cannot be used.
pub fn judge(app: &App, visit: &Visit, action: &Action) -> Result<Option<bool>> {
    let Some(snapshot) = Snapshot::newest(app, visit.now, None)? else {
        return Ok(None);
    };
    let lake = Lake::at(&app.settings.lake);
    let folder = snapshot.folder.canonicalize().map_err(failed)?;
    let looks = action.round().looks.len();
    let after = app.register(|r| {
        let order = Order {
            lake: &lake,
            snapshot: &folder,
            params: snapshot.engine.params().clone(),
            now: visit.now,
            record: true,
            dry_run: false,
        };
        update(r, &order).map_err(failed)?;
        Ok::<_, WebError>(r.action(action.id, None)?)
    })?;
    Ok(Some(after.round().looks.len() > looks))
}

fn done(action: &Action, step: Step) -> Answer {
    Answer::see(format!("/desk/actions/{}?done=action_{step}", action.id))
}

/// Somebody else was there first: what they did, and the form as it was filled.
fn changed(
    app: &App,
    visit: &Visit,
    (step, _, today): (Step, &Action, NaiveDate),
    seen: u32,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let id = asked(visit)?;
    let (action, events, zone) = app.register(|r| {
        let action = found(r.action(id, None))?;
        Ok::<_, WebError>((action, r.action_events(id)?, r.zone()))
    })?;
    let since = events
        .iter()
        .filter(|event| event.event_no > seen)
        .map(|event| Row {
            when: words.moment(event.recorded_at, zone),
            ..happened(words, event)
        })
        .collect();
    let wrong = match step.fits(visit, &action, today) {
        Ok(()) => Wrong::whole(words.text("action_refused.changed")),
        Err(refusal) => said::refusal(words, &refusal),
    };
    let beside = Beside {
        since,
        made: None,
        seen: Some(seen),
    };
    let of = (step, &action, today);
    let page = shown(app, visit, of, &visit.form, vec![wrong], beside)?;
    Ok(page.status(StatusCode::CONFLICT))
}

/// The action does not admit the step now: why, and the way back.
fn not_now(
    app: &App,
    visit: &Visit,
    step: Step,
    action: &Action,
    refusal: &ActionRefusal,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let why = said::refusal(words, refusal).text;
    let title = words.text(&format!("action.step_{step}")).to_owned();
    let page = Answer::page(&Refused {
        shell: Shell::new(app, visit, Area::Desk, title),
        id: action.id.to_string(),
        why,
    })?;
    Ok(page.status(StatusCode::CONFLICT))
}

#[derive(Template)]
#[template(path = "desk/actions/refused.html")]
struct Refused<'a> {
    shell: Shell<'a>,
    id: String,
    why: String,
}

fn shown(
    app: &App,
    visit: &Visit,
    (step, action, today): (Step, &Action, NaiveDate),
    entered: &Fields,
    wrongs: Vec<Wrong>,
    beside: Beside,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let mut fields = step.fields(words, action, entered, today);
    let judges = matches!(step, Step::Plan | Step::Change);
    if judges {
        fields.extend(planning::fields(words, action, entered));
    }
    let button = words.text(&format!("action.button_{step}")).to_owned();
    let to = format!("/desk/actions/{}/{step}", action.id);
    let mut form = EntryForm::new("step", to, button, fields)
        .hidden("last_seq", action.version.to_string())
        .refused(wrongs);
    if let Some(seen) = beside.seen {
        form = form.hidden(SEEN_BEFORE, seen.to_string());
    }
    if judges {
        form = form.look("look", words.text("judging.look"));
    }
    let status = match form.is_refused() {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    let proposal = beside.made.as_ref().and_then(|made| made.proposal.as_ref());
    let page = Page {
        shell: Shell::new(app, visit, Area::Desk, title(words, step)).form(form.id),
        id: action.id.to_string(),
        title: action.opened.title.clone(),
        lead: words
            .find(&format!("action.lead_{step}"))
            .unwrap_or_default()
            .to_owned(),
        check: beside
            .made
            .as_ref()
            .map(|made| said::check(words, &made.check))
            .unwrap_or_default(),
        prospects: proposal.map(|p| prospects(words, p)).unwrap_or_default(),
        notes: proposal.map(|p| p.notes.clone()).unwrap_or_default(),
        since: beside.since,
        form,
    };
    Ok(Answer::page(&page)?.status(status))
}

fn title(words: &Words, step: Step) -> String {
    words.text(&format!("action.step_{step}")).to_owned()
}
