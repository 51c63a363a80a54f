//! How an action does on the newest snapshot: its windows as counted, what a look finds, and its course as a chart.

use super::said;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::quality::figures::context;
use crate::quality::snapshot::Snapshot;
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::action::{Action, Look};
use redress_engine::counted::{Counted, Value};
use redress_improvement::evaluate::{EvaluateError, Evaluation, Window, evaluate};
use redress_review::charts;
use redress_review::compose::apart::Apart;
use redress_review::model::Table;

/// An action as the complaints show it.
pub struct Judged {
    /// Day of the snapshot.
    pub as_of: String,
    /// Name, complaints and months of each window.
    pub windows: Vec<WindowRow>,
    /// What a look finds that is due and not recorded yet.
    pub found: Option<String>,
    /// Why there is no verdict yet, or cannot be one.
    pub waits: Option<String>,
    pub moved_out: String,
    pub course: Option<Course>,
}

pub struct WindowRow {
    pub name: String,
    pub complaints: String,
    pub months: String,
}

/// The chart of an action.
pub struct Course {
    pub title: String,
    pub svg: String,
    pub table: Table,
}

/// Windows that are shown, with the keys of their names.
const WINDOWS: [(Window, &str); 4] = [
    (Window::Baseline, "judging.window_baseline"),
    (Window::Between, "judging.window_between"),
    (Window::FollowUp, "judging.window_follow_up"),
    (Window::Later, "judging.window_later"),
];

/// How an action does; `None` where it is not judged by complaints, or there is no snapshot.
///
/// # Errors
/// When the register or the lake cannot be read. What cannot be counted is said in words.
pub fn judged(app: &App, visit: &Visit, action: &Action) -> Result<Option<Judged>> {
    let words = app.words(visit.language);
    let Some(snapshot) = Snapshot::newest(app, visit.now, None)? else {
        return Ok(None);
    };
    let mapping = snapshot.manifest.source_key();
    let (book, gone, zone) = app.register(|r| {
        let book = r.cluster_book(mapping, None)?.book;
        let gone = r.gone_cases(mapping, Some(snapshot.manifest.as_of))?;
        Ok::<_, WebError>((book, gone, r.zone()))
    })?;
    let as_of = words.day(snapshot.manifest.as_of, zone);
    match evaluate(&snapshot.ground(&book).with_gone(gone), action) {
        Ok(None) => Ok(None),
        Ok(Some(evaluation)) => {
            let course = course(app, visit, &snapshot, action, &evaluation)?;
            Ok(Some(in_words(words, as_of, action, &evaluation, course)))
        }
        Err(EvaluateError::Ground(error)) => Ok(Some(Judged {
            as_of,
            windows: Vec::new(),
            found: None,
            waits: Some(said::ground_refusal(words, &error).text),
            moved_out: String::new(),
            course: None,
        })),
    }
}

fn in_words(
    words: &Words,
    as_of: String,
    action: &Action,
    evaluation: &Evaluation,
    course: Option<Course>,
) -> Judged {
    let windows = WINDOWS.iter().filter_map(|(window, key)| {
        let rows: Vec<_> = evaluation
            .months
            .iter()
            .filter(|row| row.window == *window)
            .collect();
        let sum: u64 = rows.iter().map(|row| row.cases).sum();
        (!rows.is_empty()).then(|| WindowRow {
            name: words.text(key).to_owned(),
            complaints: words.count(i64::try_from(sum).unwrap_or(i64::MAX)),
            months: words.count(i64::try_from(rows.len()).unwrap_or(i64::MAX)),
        })
    });
    let moved: Vec<&str> = evaluation
        .moved_out
        .iter()
        .map(|case| case.case_id.as_str())
        .collect();
    Judged {
        as_of,
        windows: windows.collect(),
        found: evaluation.look.as_ref().map(|found| look(words, found)),
        waits: waits(words, action, evaluation),
        moved_out: moved.join(", "),
        course,
    }
}

/// What a look found.
pub fn look(words: &Words, look: &Look) -> String {
    let mut text = format!(
        "{}: {}",
        said::code(words, look.found.verdict.as_str()),
        said::sides(words, &look.found)
    );
    if let Some(still) = &look.as_if_still_in {
        let verdict = said::code(words, still.verdict.as_str());
        text.push(' ');
        text.push_str(&words.fill("judging.still_in", &[("verdict", &verdict)]));
    }
    text
}

fn waits(words: &Words, action: &Action, evaluation: &Evaluation) -> Option<String> {
    if action.round().settled().is_some() || evaluation.look.is_some() {
        return None;
    }
    Some(match (&evaluation.hindrance, evaluation.due_on) {
        (Some(_), _) => words.text("judging.hindered").to_owned(),
        (None, Some(due)) => words.fill("judging.not_before", &[("day", &words.date(due))]),
        (None, None) => words.text("judging.not_begun").to_owned(),
    })
}

/// The course of an action, drawn as the review draws it.
fn course(
    app: &App,
    visit: &Visit,
    snapshot: &Snapshot,
    action: &Action,
    evaluation: &Evaluation,
) -> Result<Option<Course>> {
    let context = app.register(|r| {
        let params = snapshot.engine.params();
        context(app, r, &snapshot.manifest, params, visit.language)
    })?;
    let id = action.id.to_string();
    let title = format!("{id} {}", action.opened.title);
    let chart = Apart::new(context)?.action_course(&id, &title, &months(evaluation));
    chart
        .map(|chart| {
            Ok(Course {
                svg: charts::inline(&chart)?,
                title: chart.title,
                table: chart.table,
            })
        })
        .transpose()
}

fn months(evaluation: &Evaluation) -> Counted {
    let count = |n: u64| Value::Count(i64::try_from(n).unwrap_or(i64::MAX));
    Counted {
        columns: [
            "month",
            "time_window",
            "cases",
            "moved_out",
            "exposure",
            "whole",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: evaluation
            .months
            .iter()
            .map(|row| {
                vec![
                    Value::Text(row.month.to_string()),
                    Value::Text(row.window.as_str().to_owned()),
                    count(row.cases),
                    count(row.moved_out),
                    row.exposure.map_or(Value::Null, Value::Real),
                    Value::Flag(row.whole),
                ]
            })
            .collect(),
    }
}
