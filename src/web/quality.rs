//! The quality page: the indicators of the running quarter as of the last extract, target beside actual, control charts,
//! what grows, and what is due. Every number leads to what it counted.

mod drill;
pub mod figures;
pub mod sheet;
pub mod snapshot;

use std::sync::Arc;

use askama::Template;
use chrono::NaiveDate;

use super::answer::Answer;
use super::app::App;
use super::error::{Result, WebError};
use super::routes::{Access, Route};
use super::shell::{Area, Shell};
use super::visit::Visit;
use super::words::Words;
use figures::{Answered, Drawn, GROWING, answered, context};
use redress_domain::improvement::RecordKind;
use redress_domain::period::Period;
use redress_domain::vocabulary::Role;
use redress_engine::counted::Value;
use redress_improvement::signals::worked_on;
use redress_improvement::update::{Due, Reminder, reminders};
use redress_register::{Objective, Register};
use redress_review::compose::apart::Apart;
use sheet::{Line, Sources, Standing, lines};
use snapshot::{Snapshot, failed, quarter_of};

/// Who answers for quality.
pub const QUALITY: Access = Access::Staff(&[Role::Quality, Role::Admin]);

pub const ROUTES: &[Route] = &[
    Route::get("/quality", QUALITY, page),
    Route::get("/quality/{metric}", QUALITY, drill::page),
];

#[derive(Template)]
#[template(path = "quality/page.html")]
struct Page<'a> {
    shell: Shell<'a>,
    period: String,
    as_of: String,
    provisional: bool,
    /// Other periods to look at: name and address.
    periods: Vec<(String, String)>,
    lines: Vec<Line>,
    charts: Arc<Vec<Drawn>>,
    growing: Vec<Growing>,
    growing_absent: String,
    due: Vec<Waiting>,
}

#[derive(Template)]
#[template(path = "quality/none.html")]
struct Empty<'a> {
    shell: Shell<'a>,
}

/// A problem that grows or is new.
struct Growing {
    id: String,
    label: String,
    trend: String,
    recent: String,
    expected: String,
    /// Where its recent complaints are listed.
    opens: String,
    worked_on: bool,
}

/// Something that is due soon or overdue.
struct Waiting {
    id: String,
    /// Empty: it has no page of its own.
    to: String,
    title: String,
    owner: String,
    what: String,
    due_on: String,
    overdue: bool,
}

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let Some(snapshot) = Snapshot::newest(app, visit.now, asked_period(visit))? else {
        return none(app, visit);
    };
    let answered = answered(&snapshot)?;
    let params = &answered.params;
    let (lines, growing, due) = app.register(|register| {
        let today = visit.now.with_timezone(&register.zone()).date_naive();
        Ok::<_, WebError>((
            sheet_lines(app, visit, register, &answered)?,
            growing(words, register, &answered)?,
            waiting(words, register, today)?,
        ))
    })?;
    let zone: chrono_tz::Tz = answered.manifest.rules.zone.parse().map_err(failed)?;
    Answer::page(&Page {
        shell: Shell::new(app, visit, Area::Desk, words.text("quality.title")),
        period: params.period.name.clone(),
        as_of: words.moment(answered.manifest.as_of, zone),
        provisional: params.provisional(),
        periods: other_periods(&answered),
        lines,
        charts: answered.charts(app, visit.language)?,
        growing,
        growing_absent: match answered.unmeasured(GROWING) {
            Some(why) => drill::why_unmeasured(words, why),
            None => words.text("quality.growing_none").to_owned(),
        },
        due,
    })
}

/// The page while there is no snapshot: what to do about it.
fn none(app: &App, visit: &Visit) -> Result<Answer> {
    let title = app.words(visit.language).text("quality.title").to_owned();
    Answer::page(&Empty {
        shell: Shell::new(app, visit, Area::Desk, title),
    })
}

/// The period that the address asks for, where it is one.
fn asked_period(visit: &Visit) -> Option<Period> {
    visit.query.given("period")?.parse().ok()
}

/// The lines of the sheet of indicators.
///
/// # Errors
/// When the register cannot be read, or a metric lacks a column.
pub fn sheet_lines(
    app: &App,
    visit: &Visit,
    register: &Register,
    answered: &Answered,
) -> Result<Vec<Line>> {
    let params = &answered.params;
    let objectives = register.objectives(None)?;
    let evidence = register.evidence(None)?;
    let context = context(app, register, &answered.manifest, params, visit.language)?;
    lines(&Sources {
        answered,
        objectives: Objective::in_force(&objectives, params.period.last.min(params.as_of_on)),
        evidence: &evidence,
        apart: &Apart::new(context)?,
        words: app.words(visit.language),
    })
}

/// Problems that grow or are new, the surest first.
fn growing(words: &Words, register: &Register, answered: &Answered) -> Result<Vec<Growing>> {
    let Some(table) = answered.table(GROWING) else {
        return Ok(Vec::new());
    };
    let book = register
        .cluster_book(answered.manifest.source_key(), None)?
        .book;
    let worked_on = worked_on(&book, &register.actions(None)?);
    let period = &answered.params.period.name;
    Ok((0..table.rows.len())
        .map(|row| {
            let id = table.text(row, "cluster_id");
            let only = [("cluster_id".to_owned(), id.clone())];
            Growing {
                label: table.text(row, "label"),
                trend: words.name("trends", &table.text(row, "trend")),
                recent: words.count(table.count(row, "recent")),
                expected: match table.cell(row, "expected") {
                    Value::Real(real) => words.real(*real, 1),
                    _ => String::new(),
                },
                opens: drill::address(GROWING, period, &only),
                worked_on: id.parse().is_ok_and(|id| worked_on.contains(&id)),
                id,
            }
        })
        .collect())
}

/// What is due soon or overdue, earliest first.
fn waiting(words: &Words, register: &Register, today: NaiveDate) -> Result<Vec<Waiting>> {
    let actions = register.actions(None)?;
    let records = register.records_of(RecordKind::Recommendation, None)?;
    Ok(reminders(&actions, &records, today)
        .into_iter()
        .map(|reminder| waits(words, reminder))
        .collect())
}

fn waits(words: &Words, reminder: Reminder) -> Waiting {
    let (key, to) = match reminder.what {
        Due::Implementation => ("quality.due_implementation", true),
        Due::Verification => ("quality.due_verification", true),
        Due::Recommendation => ("quality.due_recommendation", false),
    };
    Waiting {
        to: match to {
            true => format!("/desk/actions/{}", reminder.id),
            false => String::new(),
        },
        id: reminder.id,
        title: reminder.title,
        owner: reminder.owner,
        what: words.text(key).to_owned(),
        due_on: words.date(reminder.due_on),
        overdue: reminder.overdue,
    }
}

/// The quarter before, the running year and the one before.
fn other_periods(answered: &Answered) -> Vec<(String, String)> {
    let params = &answered.params;
    let year: Option<Period> = params.as_of_on.format("%Y").to_string().parse().ok();
    let before = year.as_ref().and_then(Period::previous);
    let quarter = Period::parse("last-quarter", params.as_of_on).ok();
    let mut found: Vec<(String, String)> = [quarter, year, before]
        .into_iter()
        .flatten()
        .filter(|period| *period != params.period)
        .map(|period| {
            (
                period.name.clone(),
                format!("/quality?period={}", period.name),
            )
        })
        .collect();
    if let Ok(running) = quarter_of(params.as_of_on)
        && running != params.period
    {
        found.insert(0, (running.name, "/quality".to_owned()));
    }
    found
}
