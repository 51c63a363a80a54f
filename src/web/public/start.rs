//! The first page: complain, follow a complaint, how it goes and how long it takes, other ways.

use askama::Template;

use crate::answer::Answer;
use crate::app::App;
use crate::error::Result;
use crate::shell::{Area, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::limits::LimitQuery;
use redress_domain::rulebook::Rulebook;
use redress_domain::stages::{CUSTOMER_SERVICE, Stage};

#[derive(Template)]
#[template(path = "public/start.html")]
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
