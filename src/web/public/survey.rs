//! How the complaint was handled, in the complainant's judgement: apart from whether the decision pleased.

use askama::Template;
use axum::http::StatusCode;

use super::field::{Asks, Choice, Field, Problem};
use super::seen::Seen;
use crate::answer::Answer;
use crate::app::App;
use crate::entry;
use crate::error::Result;
use crate::shell::{Area, Shell};
use crate::visit::{Fields, Visit};
use crate::words::Words;
use redress_domain::event::Surveyed;
use redress_register::{Actor, Draft, RegisterError};

/// The scores with their spelling in the form, best first.
const SCORES: [(u8, &str); 5] = [(5, "5"), (4, "4"), (3, "3"), (2, "2"), (1, "1")];

/// The longest remark, in characters.
const LONGEST_WORDS: usize = 5_000;

/// The id of the form, which may stand in a page below another one.
pub const FORM: &str = "survey-form";

const DONE: &str = "/case?done=case_surveyed";

#[derive(Template)]
#[template(path = "public/survey.html")]
struct Page<'a> {
    shell: Shell<'a>,
    problems: Vec<Problem>,
    judging: Judging,
}

/// The form of the survey.
pub struct Judging {
    pub hidden: Vec<(&'static str, String)>,
    pub fields: Vec<entry::Field>,
}

/// What was entered.
#[derive(Debug, Clone, Default)]
struct Entry {
    score: Option<u8>,
    remarks: String,
}

impl Entry {
    fn of(form: &Fields) -> Entry {
        let score = SCORES.iter().find(|(_, text)| form.get("score") == *text);
        Entry {
            score: score.map(|(score, _)| *score),
            remarks: form.get("remarks").replace("\r\n", "\n").replace('\0', ""),
        }
    }
}

impl Judging {
    /// The form, where the handling has ended and was not judged yet.
    pub fn open(seen: &Seen, words: &Words) -> Option<Judging> {
        may_judge(seen).then(|| Judging::of(seen, words, &Entry::default(), &[]))
    }

    fn of(seen: &Seen, words: &Words, entry: &Entry, problems: &[Problem]) -> Judging {
        let scores = SCORES.into_iter().map(|(score, text)| Choice {
            value: text,
            label: words
                .text(&format!("public_survey.score_{score}"))
                .to_owned(),
            chosen: entry.score == Some(score),
        });
        let line = |id, value: &str| Field::line(words, "public_survey", id, value);
        let fields = [
            line("score", "").asks(Asks::One(scores.collect())),
            line("remarks", &entry.remarks)
                .asks(Asks::Words(4))
                .optional(),
        ];
        Judging {
            hidden: vec![("for", seen.number.clone())],
            fields: fields
                .into_iter()
                .map(|field| field.with(problems).set())
                .collect(),
        }
    }
}

fn may_judge(seen: &Seen) -> bool {
    let judged = Surveyed { score: 5 }.into();
    seen.file.survey_score.is_none() && seen.file.state.clone().apply(&judged, None).is_ok()
}

/// `POST /case/survey`.
pub fn take(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let seen = Seen::of(app, visit)?;
    let entry = Entry::of(&visit.form);
    if seen.is_other(&visit.form) {
        return again(app, visit);
    }
    if !may_judge(&seen) {
        // Sent twice; or the case was opened again, and is judged when it ends.
        return Ok(Answer::see(match seen.file.survey_score {
            Some(_) => DONE,
            None => "/case",
        }));
    }
    let mut problems = Vec::new();
    if entry.score.is_none() {
        problems.push(Problem::new("score", words, "public_survey.score_missing"));
    }
    if entry.remarks.chars().count() > LONGEST_WORDS {
        problems.push(Problem::new("remarks", words, "public_survey.too_long"));
    }
    let (Some(score), true) = (entry.score, problems.is_empty()) else {
        let answer = page(app, visit, &seen, &entry, problems)?;
        return Ok(answer.status(StatusCode::UNPROCESSABLE_ENTITY));
    };
    let mut draft = Draft::new(visit.now, Surveyed { score });
    if !entry.remarks.is_empty() {
        draft = draft.text(entry.remarks.clone());
    }
    let recorded = app
        .register(|register| register.append(seen.case_key, draft, &Actor::customer(), visit.now));
    match recorded {
        Ok(_) => Ok(Answer::see(DONE)),
        Err(RegisterError::Busy { .. }) => {
            let problem = Problem::new("", words, "failure.busy_text");
            let answer = page(app, visit, &seen, &entry, vec![problem])?;
            Ok(answer.status(StatusCode::SERVICE_UNAVAILABLE))
        }
        Err(error) => Err(error.into()),
    }
}

/// The form that waited until its sender had shown the password again.
pub fn again(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let seen = Seen::of(app, visit)?;
    if !may_judge(&seen) {
        return Ok(Answer::see("/case"));
    }
    let problems = match seen.is_other(&visit.form) {
        true => vec![Problem::new("", words, "public_case.other_case")],
        false => Vec::new(),
    };
    page(app, visit, &seen, &Entry::of(&visit.form), problems)
}

fn page(
    app: &App,
    visit: &Visit,
    seen: &Seen,
    entry: &Entry,
    problems: Vec<Problem>,
) -> Result<Answer> {
    let words = app.words(visit.language);
    Answer::page(&Page {
        shell: Shell::new(
            app,
            visit,
            Area::Public,
            words.text("public_survey.heading"),
        )
        .form(FORM),
        judging: Judging::of(seen, words, entry, &problems),
        problems,
    })
}
