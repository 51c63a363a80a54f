//! Cases as a list: narrowed, searched, page by page.

use serde_json::{Value, json};

use super::operation::{AFTER, Answers, LIMIT, Operation, PLAIN, Parameter, asked, limit, wrong};
use super::schema::{list, moment, object, or_null, text, whole, word};
use crate::answer::Answer;
use crate::app::App;
use crate::desk::search::{SHORTEST, found};
use crate::desk::sight::may_open;
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::visit::Visit;
use redress_domain::workflow::StateName;
use redress_register::{CaseFilter, CaseRow, Register, Scope, Staff};

pub const ROUTES: &[Route] = &[Route::get(
    "/api/v1/cases",
    Access::Integration(Scope::CasesRead),
    cases,
)
.described(&Operation {
    id: "listCases",
    summary: "Cases that the token's roles may see, in the order of registration; with `q` those in which something is \
              said, latest first",
    query: &[
        Parameter {
            name: "q",
            about: "Number, name, telephone, e-mail, product, lot or words of the complaint; not together with others",
            schema: text,
        },
        Parameter {
            name: "state",
            about: "Where the case stands",
            schema: states,
        },
        Parameter {
            name: "open",
            about: "Only cases that are not closed",
            schema: || json!({ "type": "boolean" }),
        },
        Parameter {
            name: "department",
            about: "Code of the department that holds it",
            schema: text,
        },
        Parameter {
            name: "site",
            about: "Site that it concerns",
            schema: text,
        },
        Parameter {
            name: "category",
            about: "Code of its category",
            schema: text,
        },
        Parameter {
            name: "assigned_to",
            about: "Name of the member of staff who works on it",
            schema: text,
        },
        Parameter {
            name: "from_month",
            about: "First month of receipt, YYYY-MM",
            schema: text,
        },
        Parameter {
            name: "to_month",
            about: "Last month of receipt, YYYY-MM",
            schema: text,
        },
        AFTER,
        LIMIT,
    ],
    answer: Answers::Json("Cases", page_schema),
    ..PLAIN
})];

/// Cases that are read at once while a page fills.
const AT_A_TIME: u32 = 200;

fn cases(app: &App, visit: &Visit) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let most = match limit(visit) {
        Ok(most) => most,
        Err(problem) => return Ok(problem.answer()),
    };
    if let Some(sought) = visit.query.given("q") {
        return search(app, staff, sought, most);
    }
    let filter = match filter(visit) {
        Ok(filter) => filter,
        Err(problem) => return Ok(problem.answer()),
    };
    let (cases, next) = app.register(|register| page(register, staff, filter, most))?;
    let cases: Vec<Value> = cases.iter().map(row).collect();
    Ok(Answer::json(
        &json!({ "cases": cases, "next": next.map(|key| key.to_string()) }),
    ))
}

fn search(app: &App, staff: &Staff, sought: &str, most: u32) -> Result<Answer> {
    if sought.chars().count() < SHORTEST {
        return Ok(wrong("q", "two signs or more").answer());
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let hits = app.register(|register| found(register, staff, sought, most))?;
    let cases: Vec<Value> = hits.cases.iter().map(row).collect();
    Ok(Answer::json(&json!({ "cases": cases, "next": null })))
}

fn filter(visit: &Visit) -> std::result::Result<CaseFilter, super::problem::Problem> {
    let query = &visit.query;
    let month = |name: &'static str| match query.given(name) {
        None => Ok(None),
        Some(text) if is_month(text) => Ok(Some(text.to_owned())),
        Some(_) => Err(wrong(name, "a month, YYYY-MM")),
    };
    Ok(CaseFilter {
        state: asked(visit, "state", "one of the states of the description")?,
        open_only: asked(visit, "open", "true or false")?.unwrap_or(false),
        department: query.text("department"),
        site: query.text("site"),
        category: query.text("category"),
        assigned_to: query.text("assigned_to"),
        from_month: month("from_month")?,
        to_month: month("to_month")?,
        after_key: asked(visit, "after", "what `next` of the answer before said")?,
        limit: Some(AT_A_TIME),
    })
}

fn is_month(text: &str) -> bool {
    let day: std::result::Result<chrono::NaiveDate, _> = format!("{text}-01").parse();
    text.len() == 7 && day.is_ok()
}

/// The first `most` cases after the filter's place that somebody may see, and where the next page begins.
fn page(
    register: &Register,
    staff: &Staff,
    mut filter: CaseFilter,
    most: u32,
) -> Result<(Vec<CaseRow>, Option<i64>)> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut seen: Vec<CaseRow> = Vec::new();
    loop {
        let batch = register.list_cases(&filter)?;
        let Some(last) = batch.last() else {
            return Ok((seen, None));
        };
        filter.after_key = Some(last.case_key);
        for case in batch {
            if !may_open(register, staff, &case)? {
                continue;
            }
            if seen.len() == most {
                let next = seen.last().map(|last| last.case_key);
                return Ok((seen, next));
            }
            seen.push(case);
        }
    }
}

/// A case as lists show it.
pub fn row(case: &CaseRow) -> Value {
    json!({
        "number": case.number,
        "state": case.state,
        "pass": case.pass,
        "category": case.category,
        "department": case.department,
        "site": case.site,
        "assigned_to": case.assigned_to,
        "received_at": case.received_at,
        "version": case.last_seq,
    })
}

/// The words for where a case stands.
pub fn states() -> Value {
    word(StateName::ALL.iter().map(|state| state.as_str()))
}

fn row_schema() -> Value {
    object([
        ("number", text()),
        ("state", states()),
        ("pass", whole()),
        ("category", or_null(text())),
        ("department", or_null(text())),
        ("site", or_null(text())),
        ("assigned_to", or_null(text())),
        ("received_at", moment()),
        ("version", whole()),
    ])
}

fn page_schema() -> Value {
    object([("cases", list(row_schema())), ("next", or_null(text()))])
}
