//! The queue: every open case that the visitor may see, the one with the least time left first, with what it waits for
//! and what is late.

use std::collections::BTreeMap;

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::happened::named;
use super::opened::case_path;
use super::sight::may_see_file;
use crate::answer::Answer;
use crate::app::App;
use crate::collation::{Place, place};
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::shell::{Area, FORM, STAFF, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::case_file::{CaseFile, Mode};
use redress_domain::due::{CaseClock, Due, clock};
use redress_domain::event::Event;
use redress_domain::rulebook::Rulebook;
use redress_domain::stage_clock::Verdict;
use redress_domain::workflow::State;
use redress_register::{CaseFilter, CaseRow, RegisterError, Staff};

pub const ROUTES: &[Route] = &[Route::get("/desk", Access::Staff(&STAFF), page)];

/// Cases on a page.
const ON_A_PAGE: usize = 100;
/// No list goes further.
const LAST_PAGE: usize = 1_000_000;

#[derive(Template)]
#[template(path = "desk/queue.html")]
struct Page<'a> {
    shell: Shell<'a>,
    lines: Vec<Line>,
    /// How many there are, and how many of them are late.
    count: String,
    late: Option<String>,
    filter: Shown,
    /// Address of the next page.
    more: Option<String>,
}

/// A case in the queue.
struct Line {
    path: String,
    number: String,
    /// Product or category, what is known of it.
    about: Vec<String>,
    state: String,
    waits: String,
    stage: Option<String>,
    due: Option<String>,
    due_gross: Option<String>,
    left: String,
    is_late: bool,
    /// The stages that are late.
    late: Vec<String>,
    assigned_to: Option<String>,
    place: Option<String>,
    received: String,
}

/// What the list was narrowed to, with what it can be narrowed to.
struct Shown {
    mine: bool,
    late: bool,
    departments: Vec<Pick>,
    sites: Vec<Pick>,
    states: Vec<Pick>,
}

/// A value to narrow the list to.
struct Pick {
    code: String,
    name: String,
    taken: bool,
}

/// An open case with its clock.
struct Waiting {
    case: CaseRow,
    clock: CaseClock,
    about: Vec<String>,
    waits: String,
}

impl Waiting {
    /// The instant that sorts it: the end of the net limit of the stage that is due first. What has no such end waits
    /// for the customer, and comes last.
    fn ends_at(&self) -> (bool, Option<DateTime<Utc>>, DateTime<Utc>) {
        let ends_at = self.clock.next.and_then(|next| next.net.due_at);
        (ends_at.is_none(), ends_at, self.case.received_at)
    }

    fn is_late(&self) -> bool {
        !self.clock.late.is_empty()
    }
}

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let words = app.words(visit.language);
    let rules = app.rules(visit.now)?;
    let (seen, zone) = waiting(app, staff, &rules, words, visit.now)?;
    let filter = Shown::of(visit, &seen, words);
    let mut waiting: Vec<&Waiting> = seen.iter().filter(|w| passes(visit, staff, w)).collect();
    waiting.sort_by_key(|w| w.ends_at());
    let late = waiting.iter().filter(|w| w.is_late()).count();
    let number: usize = visit.query.get("page").parse().unwrap_or(1);
    let number = number.clamp(1, LAST_PAGE);
    let today = visit.now.with_timezone(&zone).date_naive();
    let from = (number - 1) * ON_A_PAGE;
    let lines = waiting
        .iter()
        .skip(from)
        .take(ON_A_PAGE)
        .map(|w| line(w, words, zone, today))
        .collect();
    let plural = |key: &str, n: usize| words.plural(key, i64::try_from(n).unwrap_or(0));
    Answer::page(&Page {
        shell: Shell::new(app, visit, Area::Desk, words.text("queue.title")).form(FORM),
        lines,
        count: plural("queue.count", waiting.len()),
        late: (late > 0).then(|| plural("queue.late", late)),
        filter,
        more: (waiting.len() > from + ON_A_PAGE).then(|| next_page(visit, number + 1)),
    })
}

/// The open cases that the visitor may see. Of each only what a line needs is kept, since there may be many.
fn waiting(
    app: &App,
    staff: &Staff,
    rules: &Rulebook,
    words: &Words,
    now: DateTime<Utc>,
) -> Result<(Vec<Waiting>, Tz)> {
    let filter = CaseFilter {
        open_only: true,
        ..CaseFilter::default()
    };
    app.register(|register| {
        let zone = register.zone();
        let mut seen = Vec::new();
        register.each_case(&filter, |case, events| {
            seen.extend(one(staff, rules, words, zone, now, case, &events).transpose());
        })?;
        Ok((seen.into_iter().collect::<Result<_>>()?, zone))
    })
}

/// An open case, when the visitor may see it.
fn one(
    staff: &Staff,
    rules: &Rulebook,
    words: &Words,
    zone: Tz,
    now: DateTime<Utc>,
    case: CaseRow,
    events: &[Event],
) -> Result<Option<Waiting>> {
    let file = CaseFile::fold(events, None, Mode::Strict).map_err(RegisterError::from)?;
    if !may_see_file(staff, &case, &file) {
        return Ok(None);
    }
    let category = file.category.as_deref();
    let about = [
        file.product.clone(),
        category.map(|category| words.name("categories", category)),
    ];
    Ok(Some(Waiting {
        clock: clock(&file, rules, now)?,
        about: about.into_iter().flatten().collect(),
        waits: waits_for(&file, words, zone),
        case,
    }))
}

fn passes(visit: &Visit, staff: &Staff, waiting: &Waiting) -> bool {
    let asked = |name: &str, value: Option<&str>| match visit.query.given(name) {
        Some(wanted) => value == Some(wanted),
        None => true,
    };
    let case = &waiting.case;
    let mine = case.assigned_to.as_ref() == Some(&staff.name);
    (mine || !visit.query.ticked("mine"))
        && (waiting.is_late() || !visit.query.ticked("late"))
        && asked("department", case.department.as_deref())
        && asked("site", case.site.as_deref())
        && asked("state", Some(case.state.as_str()))
}

impl Shown {
    fn of(visit: &Visit, seen: &[Waiting], words: &Words) -> Shown {
        let picks = |name: &str, group: &str, code: fn(&CaseRow) -> Option<&str>| {
            let codes = seen.iter().filter_map(|w| code(&w.case));
            let named: BTreeMap<Place, (String, &str)> = codes
                .map(|code| (words.name(group, code), code))
                .map(|(name, code)| (place(words.language(), &name), (name, code)))
                .collect();
            let taken = visit.query.get(name);
            let picks = named.into_values().map(|(name, code)| Pick {
                taken: code == taken,
                code: code.to_owned(),
                name,
            });
            picks.collect()
        };
        Shown {
            mine: visit.query.ticked("mine"),
            late: visit.query.ticked("late"),
            departments: picks("department", "departments", |c| c.department.as_deref()),
            sites: picks("site", "sites", |c| c.site.as_deref()),
            states: picks("state", "states", |c| Some(c.state.as_str())),
        }
    }
}

fn line(waiting: &Waiting, words: &Words, zone: Tz, today: NaiveDate) -> Line {
    let Waiting { case, clock, .. } = waiting;
    let next = clock.next.as_ref();
    let state = words.name("states", case.state.as_str());
    let department = case.department.as_deref();
    let place = [
        department.map(|department| words.name("departments", department)),
        case.site.clone(),
    ];
    let place: Vec<String> = place.into_iter().flatten().collect();
    Line {
        path: case_path(&case.number),
        number: case.number.clone(),
        about: waiting.about.clone(),
        state: match case.pass {
            0 | 1 => state,
            pass => format!(
                "{state}, {}",
                words.fill("ledger.pass", &[("n", &pass.to_string())])
            ),
        },
        waits: waiting.waits.clone(),
        stage: next.map(|next| words.name("stages", next.stage.as_str())),
        due: next
            .and_then(|next| next.net.due_on)
            .map(|day| words.date(day)),
        // The promise as published stands beside, where the customer's time makes a difference.
        due_gross: next
            .filter(|next| next.gross.due_on != next.net.due_on)
            .and_then(|next| next.gross.due_on)
            .map(|day| words.date(day)),
        left: left(next, words, today),
        is_late: waiting.is_late(),
        late: clock
            .late
            .iter()
            .map(|due| words.name("stages", due.stage.as_str()))
            .collect(),
        assigned_to: case.assigned_to.clone(),
        place: (!place.is_empty()).then(|| place.join(", ")),
        received: words.day(case.received_at, zone),
    }
}

/// The time left of the stage that is due first.
fn left(next: Option<&Due>, words: &Words, today: NaiveDate) -> String {
    let Some(next) = next else {
        return words.text("queue.no_limit").to_owned();
    };
    match (next.verdict, next.net.due_on) {
        (Verdict::OpenLate, Some(day)) => words.fill("queue.since", &[("day", &words.date(day))]),
        (Verdict::OpenNotDue, Some(day)) if day == today => words.text("queue.today").to_owned(),
        (Verdict::OpenNotDue, _) => words.plural("time.working_days", next.left_days),
        (Verdict::Paused, _) => words.text("queue.stopped").to_owned(),
        (
            Verdict::OpenLate
            | Verdict::Met
            | Verdict::Missed
            | Verdict::Cancelled
            | Verdict::NotApplicable,
            _,
        ) => words.name("verdicts", next.verdict.as_str()),
    }
}

/// What a case waits for, in a few words.
pub fn waits_for(file: &CaseFile, words: &Words, zone: Tz) -> String {
    if let Some(rest) = file.running_rest() {
        let since = words.day(rest.from, zone);
        let reason = named(words, "pause", rest.reason.as_str());
        let key = match rest.reason.stops_clock() {
            true => "waits.customer",
            false => "waits.rest",
        };
        return words.fill(key, &[("since", &since), ("reason", &reason)]);
    }
    let told = |pass: u8| {
        let mut passes = file.passes.iter();
        let record = passes.find(|record| record.pass == pass)?;
        record.communicated.map(|(at, _)| words.day(at, zone))
    };
    let key = match &file.state {
        State::Registered {
            classified: false,
            routed: false,
        } => "waits.intake",
        State::Registered {
            classified: false, ..
        } => "waits.category",
        State::Registered { .. } => "waits.department",
        State::InProcessing { .. } if file.assigned_to.is_none() => "waits.somebody",
        State::InProcessing { .. } => "waits.decision",
        State::Decided { signed: false, .. } => "waits.signature",
        State::Decided { .. } => "waits.message",
        State::Resolved { pass } => {
            let since = told(*pass).unwrap_or_default();
            return words.fill("waits.answer", &[("since", &since)]);
        }
        State::Outstanding {
            remedies_told: false,
            ..
        } => "waits.remedies",
        State::Outstanding {
            referred: false, ..
        } => "waits.referral",
        State::Outstanding { .. } => "waits.outcome",
        State::Completed { .. }
        | State::CompletedExternally
        | State::Exhausted
        | State::Unanswered { .. }
        | State::Withdrawn { .. }
        | State::Merged { .. } => "waits.nothing",
    };
    words.text(key).to_owned()
}

/// The address of another page of the same list.
fn next_page(visit: &Visit, number: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &visit.query.0 {
        if !["page", "done", "lang"].contains(&name.as_str()) {
            query.append_pair(name, value);
        }
    }
    query.append_pair("page", &number.to_string());
    format!("/desk?{}", query.finish())
}
