//! The first page: complain, follow a complaint, how it goes and how long it takes, other ways.

use askama::Template;

use crate::domain::limits::LimitQuery;
use crate::domain::rulebook::Rulebook;
use crate::domain::stages::{CUSTOMER_SERVICE, Stage};
use crate::web::answer::Answer;
use crate::web::app::App;
use crate::web::error::Result;
use crate::web::shell::{Area, Shell};
use crate::web::visit::Visit;
use crate::web::words::Words;

#[derive(Template)]
#[template(path = "web/public/start.html")]
struct Page<'a> {
    shell: Shell<'a>,
    stages: Vec<StagePromise>,
    overall: String,
}

/// A stage of the way, with its limit as published.
struct StagePromise {
    name: String,
    text: String,
    limit: String,
}

/// `GET /`.
pub fn show(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let rules = app.rules(visit.now)?;
    let promised = |stage: Stage| limit(&rules, words, visit, stage);
    let mut stages = Vec::new();
    for (stage, key) in [
        (Stage::Intake, "intake"),
        (Stage::Processing, "processing"),
        (Stage::Resolution, "resolution"),
    ] {
        stages.push(StagePromise {
            name: words.text(&format!("public_start.{key}")).to_owned(),
            text: words.text(&format!("public_start.{key}_text")).to_owned(),
            limit: promised(stage)?,
        });
    }
    let overall = promised(Stage::Overall)?;
    Answer::page(&Page {
        shell: Shell::new(app, visit, Area::Public, words.text("public_start.title")),
        stages,
        overall: words.fill("public_start.overall", &[("days", &overall)]),
    })
}

/// The limit of a stage that starts today, as it holds before anything of a complaint is known.
fn limit(rules: &Rulebook, words: &Words, visit: &Visit, stage: Stage) -> Result<String> {
    let limit = rules.limits.lookup(LimitQuery {
        stage,
        pass: 1,
        department: Some(CUSTOMER_SERVICE),
        severity: None,
        started_on: rules.organisation.local_date(visit.now)?,
        known_at: rules.known_at,
    })?;
    Ok(words.plural("time.working_days", i64::from(limit.days)))
}
