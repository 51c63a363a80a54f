//! A complaint as its complainant follows it.

use askama::Template;
use chrono_tz::Tz;

use super::answer::Answering;
use super::decision::{Told, decisions};
use super::progress::{Progress, progress};
use super::seen::Seen;
use super::survey::{self, Judging};
use super::thread::{Entry, question, thread};
use crate::answer::Answer;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::shell::{Area, FORM, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::vocabulary::Language;
use redress_domain::workflow::State;
use redress_register::RemedyTexts;

#[derive(Template)]
#[template(path = "public/case.html")]
struct Page<'a> {
    shell: Shell<'a>,
    state: String,
    /// As of when, for a printed page.
    printed: String,
    progress: Progress,
    /// Work waits for the complainant.
    waits: bool,
    question: Option<&'a str>,
    decisions: Vec<Told>,
    answering: Option<Answering>,
    /// The external remedies, where they are what remains.
    recourse: Vec<RemedyTexts>,
    judging: Option<Judging>,
    thread: Vec<Entry>,
    narrative: Option<&'a str>,
    /// The language of the complainant's own words.
    language: Language,
    facts: Vec<(String, String)>,
}

/// `GET /case`.
pub fn show(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let seen = Seen::of(app, visit)?;
    let rules = app.rules(visit.now)?;
    let title = words.fill("public_case.title", &[("number", &seen.number)]);
    let answering = Answering::open(&seen, words);
    let judging = Judging::open(&seen, words);
    let shell = Shell::new(app, visit, Area::Public, title);
    Answer::page(&Page {
        shell: match (&answering, &judging) {
            (Some(_), _) => shell.form(FORM),
            (None, Some(_)) => shell.form(survey::FORM),
            (None, None) => shell,
        },
        state: words.name("states", seen.file.state.name().as_str()),
        printed: printed(words, visit, seen.zone),
        progress: progress(&seen, &rules, words, visit.now),
        waits: seen.waits_for_complainant().is_some(),
        question: question(&seen),
        decisions: decisions(&seen, words),
        answering,
        recourse: match has_recourse(&seen.file.state) {
            true => {
                let remedies = app.register(|register| register.external_remedies())?;
                let texts = remedies.iter().map(|remedy| remedy.texts(visit.language));
                texts.cloned().collect()
            }
            false => Vec::new(),
        },
        judging,
        thread: thread(&seen, words),
        narrative: seen.narrative(),
        language: seen.language(),
        facts: facts(&seen, words),
    })
}

/// As of when a page was printed: on paper it does not change any more.
pub fn printed(words: &Words, visit: &Visit, zone: Tz) -> String {
    let at = words.moment(visit.now, zone);
    words.fill("public_case.printed", &[("at", &at)])
}

/// `GET /case/file/{sha256}`.
pub fn file(app: &App, visit: &Visit) -> Result<Answer> {
    let seen = Seen::of(app, visit)?;
    let file = seen
        .own_file(visit.place("sha256"))
        .ok_or(WebError::NotFound)?;
    let name = file.name.as_deref().unwrap_or("file");
    let content = app.register(|register| register.read_attachment(&file.sha256))?;
    Ok(Answer::download(name, &file.media_type, content))
}

/// Whether somebody outside may be turned to: after the second rejection, until they have spoken.
const fn has_recourse(state: &State) -> bool {
    match state {
        State::Outstanding { .. } => true,
        State::Registered { .. }
        | State::InProcessing { .. }
        | State::Decided { .. }
        | State::Resolved { .. }
        | State::Completed { .. }
        | State::CompletedExternally
        | State::Exhausted
        | State::Unanswered { .. }
        | State::Withdrawn { .. }
        | State::Merged { .. } => false,
    }
}

/// What the complaint is about, as it was registered.
fn facts(seen: &Seen, words: &Words) -> Vec<(String, String)> {
    let registration = &seen.file.registration;
    let remedy = registration.remedy_sought;
    let known = [
        ("product", seen.file.product.clone()),
        ("lot", seen.file.lot.clone()),
        ("sold_on", registration.sold_on.map(|day| words.date(day))),
        (
            "produced_on",
            registration.produced_on.map(|day| words.date(day)),
        ),
        (
            "remedy_sought",
            remedy.map(|remedy| words.name("remedies", remedy.as_str())),
        ),
    ];
    known
        .into_iter()
        .filter_map(|(key, value)| {
            let label = words.text(&format!("public_case.{key}")).to_owned();
            Some((label, value?))
        })
        .collect()
}
