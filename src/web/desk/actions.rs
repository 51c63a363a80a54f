//! Corrective and preventive actions at the desk: the list, one action with its check and its course, and the steps that
//! its state and the visitor's role allow.

mod judged;
pub mod opening;
pub mod page;
pub mod planning;
mod said;
pub mod step;
pub mod step_page;

use askama::Template;
use chrono::NaiveDate;

use crate::answer::Answer;
use crate::app::App;
use crate::collation;
use crate::entry::Choice;
use crate::error::Result;
use crate::routes::{Access, Route};
use crate::shell::{Area, FORM, STAFF, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::action::{Action, ActionState};
use redress_domain::vocabulary::Role;

/// Who may read about actions.
const READERS: Access = Access::Staff(&STAFF);
/// Who may open one. Contact staff make suggestions.
const OPENERS: [Role; 4] = [Role::Agent, Role::Technical, Role::Quality, Role::Admin];

pub const ROUTES: &[Route] = &[
    Route::get("/desk/actions", READERS, list),
    Route::get("/desk/actions/new", Access::Staff(&OPENERS), opening::ask),
    Route::post("/desk/actions/new", Access::Staff(&OPENERS), opening::open)
        .turning(opening::turned),
    Route::get("/desk/actions/{id}", READERS, page::page),
    Route::get("/desk/actions/{id}/{command}", READERS, step_page::ask),
    Route::post("/desk/actions/{id}/{command}", READERS, step_page::take)
        .turning(step_page::turned),
];

#[derive(Template)]
#[template(path = "desk/actions/list.html")]
struct Page<'a> {
    shell: Shell<'a>,
    may_open: bool,
    shows: Vec<(Choice, bool)>,
    states: Vec<(Choice, bool)>,
    owners: Vec<(Choice, bool)>,
    count: String,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    title: String,
    kind: String,
    state: String,
    owner: String,
    due_on: String,
    verdict_after: String,
    verdict: String,
    overdue: bool,
}

/// Which actions are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    Open,
    Overdue,
    All,
}

impl Show {
    const ALL: [(Show, &'static str); 3] = [
        (Show::Open, "open"),
        (Show::Overdue, "overdue"),
        (Show::All, "all"),
    ];

    fn of(code: &str) -> Show {
        Show::ALL
            .iter()
            .find(|(_, known)| *known == code)
            .map_or(Show::Open, |(show, _)| *show)
    }

    fn takes(self, action: &Action, today: NaiveDate) -> bool {
        match self {
            Show::Open => !action.standing.is_over(),
            Show::Overdue => action.is_overdue(today),
            Show::All => true,
        }
    }
}

fn list(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let (actions, today) = app.register(|register| {
        let today = visit.now.with_timezone(&register.zone()).date_naive();
        register.actions(None).map(|actions| (actions, today))
    })?;
    let query = &visit.query;
    let state: Option<ActionState> = query.get("state").parse().ok();
    // Who asks for a state wants to see it, also where it is over.
    let show = match (Show::of(query.get("show")), state) {
        (Show::Open, Some(_)) => Show::All,
        (show, _) => show,
    };
    let owner = query.get("owner");
    let mut shown: Vec<&Action> = actions
        .iter()
        .filter(|action| show.takes(action, today))
        .filter(|action| state.is_none_or(|state| action.state(today) == state))
        .filter(|action| owner.is_empty() || action.opened.owner == owner)
        .collect();
    // What waits longest first; what waits for nobody last.
    shown.sort_by_key(|action| {
        let day = waits_until(action, today);
        (!action.is_overdue(today), day.is_none(), day, action.id)
    });
    let n = i64::try_from(shown.len()).unwrap_or(i64::MAX);
    let title = words.text("action.list_title");
    Answer::page(&Page {
        shell: Shell::new(app, visit, Area::Desk, title).form(FORM),
        may_open: visit.has_role(&OPENERS),
        shows: Show::ALL
            .iter()
            .map(|(known, code)| {
                let name = words.text(&format!("action.show_{code}")).to_owned();
                (Choice::new(*code, name), *known == show)
            })
            .collect(),
        states: states(words, state),
        owners: owners(words, &actions, owner),
        count: words.plural("action.count", n),
        rows: shown
            .into_iter()
            .map(|action| row(words, action, today))
            .collect(),
    })
}

/// The day that an action waits for.
fn waits_until(action: &Action, today: NaiveDate) -> Option<NaiveDate> {
    match action.state(today) {
        ActionState::Open
        | ActionState::Analysed
        | ActionState::Planned
        | ActionState::Reopened => action.due_on(),
        ActionState::Implemented | ActionState::Checking => action.check_due_on(),
        ActionState::Effective
        | ActionState::Ineffective
        | ActionState::Inconclusive
        | ActionState::Closed
        | ActionState::Withdrawn => None,
    }
}

fn states(words: &Words, taken: Option<ActionState>) -> Vec<(Choice, bool)> {
    let any = Choice::new("", words.text("action.any_state"));
    let each = ActionState::ALL.iter().map(|state| {
        let choice = Choice::new(state.as_str(), said::code(words, state.as_str()));
        (choice, taken == Some(*state))
    });
    std::iter::once((any, taken.is_none()))
        .chain(each)
        .collect()
}

fn owners(words: &Words, actions: &[Action], taken: &str) -> Vec<(Choice, bool)> {
    let mut names: Vec<String> = actions.iter().map(|a| a.opened.owner.clone()).collect();
    collation::sort(words.language(), &mut names);
    let any = Choice::new("", words.text("action.any_owner"));
    let each = names
        .into_iter()
        .map(|name| (Choice::new(&name, &name), name == taken));
    std::iter::once((any, taken.is_empty()))
        .chain(each)
        .collect()
}

fn row(words: &Words, action: &Action, today: NaiveDate) -> Row {
    let day = |day: Option<NaiveDate>| day.map(|day| words.date(day)).unwrap_or_default();
    let computed = action.round().settled().map(|look| look.found.verdict);
    let person = action.round().verification.as_ref().map(|(_, v)| v.verdict);
    Row {
        id: action.id.to_string(),
        title: action.opened.title.clone(),
        kind: said::code(words, action.opened.kind.as_str()),
        state: said::code(words, action.state(today).as_str()),
        owner: action.opened.owner.clone(),
        due_on: day(action.due_on()),
        verdict_after: day(action.check_due_on()),
        verdict: person
            .or(computed)
            .map(|verdict| said::code(words, verdict.as_str()))
            .unwrap_or_default(),
        overdue: action.is_overdue(today),
    }
}
