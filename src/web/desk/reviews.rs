//! Review packs at the desk: those that are there, their pages and files, and a new one built in the background.

pub mod building;
pub mod file;

use std::path::Path;

use askama::Template;
use axum::http::StatusCode;

use crate::answer::Answer;
use crate::app::App;
use crate::entry::{Choice, EntryForm, Field, Wrong};
use crate::error::{Result, WebError};
use crate::quality::snapshot::newest_folder;
use crate::routes::{Access, Route};
use crate::shell::{Area, Shell};
use crate::visit::{Fields, Visit};
use crate::words::Words;
use building::Stage;
use redress_domain::period::Period;
use redress_domain::vocabulary::{Language, Role};
use redress_review::pack::{PackError, PackManifest};

/// Who reads and builds packs.
const READERS: Access = Access::Staff(&[Role::Quality, Role::Admin]);

pub const ROUTES: &[Route] = &[
    Route::get("/desk/reviews", READERS, list),
    Route::post("/desk/reviews/build", READERS, build).turning(turned),
    Route::get("/desk/reviews/building", READERS, progress),
    Route::get("/desk/reviews/{pack}/{*file}", READERS, file::serve),
];

#[derive(Template)]
#[template(path = "desk/reviews/list.html")]
struct Page<'a> {
    shell: Shell<'a>,
    packs: Vec<Pack>,
    at_work: Option<String>,
    form: EntryForm,
}

#[derive(Template)]
#[template(path = "desk/reviews/building.html")]
struct Progress<'a> {
    shell: Shell<'a>,
    running: bool,
    text: String,
    /// The finished pack's page.
    to: Option<String>,
    /// What the program says of a failure.
    said: Option<String>,
}

/// A pack that is there.
struct Pack {
    name: String,
    period: String,
    language: String,
    /// Moment of judgement.
    as_of: String,
    public: bool,
    files: Vec<PackPart>,
}

/// A part of a pack that people open: its name and address.
struct PackPart {
    name: String,
    to: String,
}

/// Parts that people open, in order, with the keys of their names.
const PARTS: [(&str, &str); 3] = [
    ("review.html", "reviews.part_page"),
    ("review.xlsx", "reviews.part_workbook"),
    ("minutes.docx", "reviews.part_minutes"),
];

fn list(app: &App, visit: &Visit) -> Result<Answer> {
    shown(app, visit, &Fields::default(), Vec::new())
}

/// The page in another language, with the form as it is being filled in.
fn turned(app: &App, visit: &Visit) -> Result<Answer> {
    shown(app, visit, &visit.form, Vec::new())
}

fn build(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let form = &visit.form;
    let mut wrongs = Vec::new();
    let period: Option<Period> = form.get("period").parse().ok();
    if period.is_none() {
        wrongs.push(Wrong::of("period", words.text("reviews.no_period")));
    }
    let language: Option<Language> = form.get("language").parse().ok();
    if language.is_none() {
        wrongs.push(Wrong::of("language", words.text("reviews.no_language")));
    }
    if newest_folder(app)?.is_none() {
        wrongs.push(Wrong::whole(words.text("reviews.no_snapshot")));
    }
    let (Some(period), Some(language), true) = (period, language, wrongs.is_empty()) else {
        return shown(app, visit, form, wrongs);
    };
    // Somebody's is at work already: its page says so.
    building::begin(&app.settings, &period.name, language, visit.now);
    Ok(Answer::see("/desk/reviews/building"))
}

fn progress(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let zone = app.register(|r| Ok::<_, WebError>(r.zone()))?;
    let Some(job) = building::job(&app.settings.out) else {
        return Ok(Answer::see("/desk/reviews"));
    };
    let language = words.name("languages", job.language.as_str());
    let since = words.moment(job.began_at, zone);
    let values = [
        ("period", job.period.as_str()),
        ("language", language.as_str()),
        ("since", since.as_str()),
    ];
    let (key, to, said) = match &job.stage {
        Stage::Running => ("reviews.running", None, None),
        Stage::Done(folder) => {
            let name = folder
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            let to = name.map(|name| address(&name, "review.html"));
            ("reviews.done", to, None)
        }
        Stage::Failed(why) => ("reviews.failed", None, Some(why.clone())),
    };
    Answer::page(&Progress {
        shell: Shell::new(app, visit, Area::Desk, words.text("reviews.building")),
        running: job.stage == Stage::Running,
        text: words.fill(key, &values),
        to,
        said,
    })
}

fn shown(app: &App, visit: &Visit, entered: &Fields, wrongs: Vec<Wrong>) -> Result<Answer> {
    let words = app.words(visit.language);
    let at_work = building::job(&app.settings.out)
        .filter(|job| job.stage == Stage::Running)
        .map(|job| {
            let language = words.name("languages", job.language.as_str());
            let values = [
                ("period", job.period.as_str()),
                ("language", language.as_str()),
            ];
            words.fill("reviews.at_work", &values)
        });
    let today =
        app.register(|r| Ok::<_, WebError>(visit.now.with_timezone(&r.zone()).date_naive()))?;
    let last = Period::parse("last-quarter", today)
        .map(|period| period.name)
        .unwrap_or_default();
    let languages = Language::ALL.iter().map(|language| {
        let name = words.name("languages", language.as_str());
        Choice::new(language.as_str(), name)
    });
    let fields = vec![
        Field::line("period", words.text("reviews.period"))
            .hint(words.text("reviews.period_hint"))
            .or(entered, last),
        Field::select("language", words.text("reviews.language"), languages)
            .or(entered, visit.language.as_str()),
    ];
    let status = match wrongs.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let button = words.text("reviews.build");
    let form = EntryForm::new("review", "/desk/reviews/build", button, fields).refused(wrongs);
    let page = Page {
        shell: Shell::new(app, visit, Area::Desk, words.text("reviews.title")).form(form.id),
        packs: packs(app, words)?,
        at_work,
        form,
    };
    Ok(Answer::page(&page)?.status(status))
}

/// The names and manifests of the packs of the folder, the latest judged first. What is no pack is somebody else's and is
/// not shown.
///
/// # Errors
/// When a manifest cannot be read.
pub fn manifests(app: &App) -> Result<Vec<(String, PackManifest)>> {
    let mut found = Vec::new();
    for name in folders(&app.settings.out) {
        let manifest = match PackManifest::read(&app.settings.out.join(&name)) {
            Ok(manifest) => manifest,
            Err(PackError::NoPack(_) | PackError::Altered(_)) => continue,
            Err(error) => return Err(WebError::Other(error.to_string())),
        };
        found.push((name, manifest));
    }
    found.sort_by(|(a, one), (b, other)| {
        let order = |manifest: &PackManifest, name: &str| {
            (
                std::cmp::Reverse(manifest.origin.as_of),
                std::cmp::Reverse(manifest.origin.period.clone()),
                name.to_owned(),
            )
        };
        order(one, a).cmp(&order(other, b))
    });
    Ok(found)
}

fn packs(app: &App, words: &Words) -> Result<Vec<Pack>> {
    let zone = app.register(|r| Ok::<_, WebError>(r.zone()))?;
    Ok(manifests(app)?
        .into_iter()
        .map(|(name, manifest)| Pack {
            period: manifest.origin.period.clone(),
            language: words.name("languages", manifest.origin.language.as_str()),
            as_of: words.moment(manifest.origin.as_of, zone),
            public: manifest.origin.public,
            files: PARTS
                .iter()
                .filter(|(path, _)| manifest.files.iter().any(|file| file.path == *path))
                .map(|(path, key)| PackPart {
                    name: words.text(key).to_owned(),
                    to: address(&name, path),
                })
                .collect(),
            name,
        })
        .collect())
}

/// Names of the folders in a folder; none where it does not exist.
fn folders(out: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(out) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect()
}

/// The address of a pack's file.
fn address(pack: &str, file: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(pack.as_bytes()).collect();
    // A space is `+` in forms only.
    format!("/desk/reviews/{}/{file}", encoded.replace('+', "%20"))
}
