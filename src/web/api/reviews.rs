//! Review packs: those that are there, their files, and a new one built in the background.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::entry::{Member, Shape, fields_of, schema_of};
use super::operation::{Answers, Operation, PLAIN};
use super::problem::{Code, Problem};
use super::schema::{flag, list, moment, object, or_null, text, whole, word};
use crate::answer::Answer;
use crate::app::App;
use crate::desk::reviews::building::{self, Job, Stage};
use crate::desk::reviews::file::{content, media_type};
use crate::desk::reviews::manifests;
use crate::error::{Result, WebError};
use crate::quality::snapshot::newest_folder;
use crate::routes::{Access, Route};
use crate::visit::Visit;
use redress_domain::period::Period;
use redress_domain::vocabulary::Language;
use redress_register::Scope;

const READS: Access = Access::Integration(Scope::ReviewsRead);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/reviews", READS, reviews).described(&Operation {
        id: "listReviews",
        summary: "Review packs, the latest judged first, with their files",
        answer: Answers::Json("Reviews", reviews_schema),
        ..PLAIN
    }),
    Route::post(
        "/api/v1/reviews",
        Access::Integration(Scope::ReviewsBuild),
        build,
    )
    .described(&Operation {
        id: "buildReview",
        summary: "Begins to build the pack of a period; one at a time. Look at its state until it is done",
        body: Some(|| schema_of(&members())),
        status: 202,
        answer: Answers::Json("ReviewBuilding", building_schema),
        ..PLAIN
    }),
    Route::get("/api/v1/reviews/building", READS, state).described(&Operation {
        id: "getReviewBuilding",
        summary: "How far the pack is that was asked for last since the server began",
        answer: Answers::Json("ReviewBuilding", building_schema),
        ..PLAIN
    }),
    Route::get("/api/v1/reviews/{pack}/files/{*file}", READS, file).described(&Operation {
        id: "getReviewFile",
        summary: "A file of a pack, as its manifest names it",
        answer: Answers::File,
        ..PLAIN
    }),
];

fn reviews(app: &App, _: &Visit) -> Result<Answer> {
    let packs: Vec<Value> = manifests(app)?
        .into_iter()
        .map(|(name, manifest)| {
            let files: Vec<Value> = manifest
                .files
                .iter()
                .map(
                    |file| json!({ "path": file.path, "bytes": file.bytes, "sha256": file.sha256 }),
                )
                .collect();
            json!({
                "name": name,
                "period": manifest.origin.period,
                "language": manifest.origin.language,
                "as_of": manifest.origin.as_of,
                "public": manifest.origin.public,
                "digest": manifest.digest,
                "files": files,
            })
        })
        .collect();
    Ok(Answer::json(&json!({ "reviews": packs })))
}

fn members() -> Vec<Member> {
    let languages = Language::ALL.iter().map(|l| l.as_str().to_owned());
    vec![
        Member::new(
            "period",
            true,
            Shape::Text,
            "2026, 2026-H1, 2026-Q3, 2026-07 …",
        ),
        Member::new(
            "language",
            true,
            Shape::Word(languages.collect()),
            "Language of the pack",
        ),
    ]
}

fn build(app: &App, visit: &Visit) -> Result<Answer> {
    let program = visit.program.clone().unwrap_or_default();
    let form = match program
        .json()
        .and_then(|object| fields_of(&members(), &object))
    {
        Ok(form) => form,
        Err(problem) => return Ok(problem.answer()),
    };
    let period: Option<Period> = form.get("period").parse().ok();
    let language: Option<Language> = form.get("language").parse().ok();
    let (Some(period), Some(language)) = (period, language) else {
        let why = "give a period such as 2026-Q3".to_owned();
        return Ok(Problem::of_fields(vec![("period".to_owned(), why)]).answer());
    };
    if newest_folder(app)?.is_none() {
        let why = "there is no snapshot to build it from; run `redress extract`";
        return Ok(Problem::new(Code::NotNow, why).answer());
    }
    if !building::begin(&app.settings, &period.name, language, visit.now) {
        let why = "a pack is being built already; look at /api/v1/reviews/building";
        return Ok(Problem::new(Code::InProgress, why).answer());
    }
    let job = building::job(&app.settings.out).ok_or(WebError::NotFound)?;
    Ok(Answer::json(&shown(&job)).status(StatusCode::ACCEPTED))
}

fn state(app: &App, _: &Visit) -> Result<Answer> {
    let job = building::job(&app.settings.out).ok_or(WebError::NotFound)?;
    Ok(Answer::json(&shown(&job)))
}

fn shown(job: &Job) -> Value {
    let (state, pack, error) = match &job.stage {
        Stage::Running => ("running", None, None),
        Stage::Done(folder) => {
            let name = folder.file_name();
            let name = name.map(|name| name.to_string_lossy().into_owned());
            ("done", name, None)
        }
        Stage::Failed(why) => ("failed", None, Some(why.as_str())),
    };
    json!({
        "period": job.period,
        "language": job.language,
        "began_at": job.began_at,
        "state": state,
        "review": pack,
        "error": error,
    })
}

fn file(app: &App, visit: &Visit) -> Result<Answer> {
    let (pack, file) = (visit.place("pack"), visit.place("file"));
    let content = content(&app.settings.out, pack, file).ok_or(WebError::NotFound)?;
    let name = file.rsplit('/').next().unwrap_or(file);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let kind = match ending {
        "html" => "text/html; charset=utf-8",
        ending => media_type(ending),
    };
    Ok(Answer::download(&format!("{pack}-{name}"), kind, content))
}

fn reviews_schema() -> Value {
    let file = object([("path", text()), ("bytes", whole()), ("sha256", text())]);
    let pack = object([
        ("name", text()),
        ("period", text()),
        ("language", languages()),
        ("as_of", moment()),
        ("public", flag()),
        ("digest", text()),
        ("files", list(file)),
    ]);
    object([("reviews", list(pack))])
}

fn building_schema() -> Value {
    object([
        ("period", text()),
        ("language", languages()),
        ("began_at", moment()),
        ("state", word(["running", "done", "failed"])),
        ("review", or_null(text())),
        ("error", or_null(text())),
    ])
}

fn languages() -> Value {
    word(Language::ALL.iter().map(|language| language.as_str()))
}
