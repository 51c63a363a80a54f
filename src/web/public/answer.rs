//! The complainant's answer to a decision: looked over once before it is recorded, and recorded only for the
//! decision that was read.

use askama::Template;
use axum::http::StatusCode;

use super::decision::{Told, decisions};
use super::field::{Asks, Choice, Field, Problem};
use super::seen::Seen;
use super::thread::news;
use crate::answer::Answer;
use crate::app::App;
use crate::entry;
use crate::error::Result;
use crate::shell::{Area, FORM, Shell, Turning};
use crate::visit::{Fields, Visit};
use crate::words::Words;
use redress_domain::event::{Accepted, EventBody, Rejected};
use redress_domain::limits::LimitQuery;
use redress_domain::stages::{CUSTOMER_SERVICE, Stage};
use redress_domain::vocabulary::{self, RejectionReason, Response};
use redress_domain::workflow::{LAST_PASS, Pass};
use redress_register::{Actor, Draft, RegisterError, Setting};

/// The longest reason, in characters.
const LONGEST_WORDS: usize = 5_000;

/// How often an answer is tried again when something happened to the case that is not the complainant's matter.
const TRIES: u32 = 3;

#[derive(Template)]
#[template(path = "public/answer.html")]
struct Page<'a> {
    shell: Shell<'a>,
    problems: Vec<Problem>,
    /// What happened since the page was opened.
    news: Vec<String>,
    told: Option<Told>,
    answering: Option<Answering>,
    checking: Option<Checking>,
    /// No answer is awaited any more: what was written, to be sent as an addition.
    late: Option<String>,
    number: &'a str,
}

/// The form of an answer.
pub struct Answering {
    pub hidden: Vec<(&'static str, String)>,
    pub fields: Vec<entry::Field>,
}

/// An answer to be looked over.
struct Checking {
    said: String,
    reason: Option<String>,
    words: String,
    follows: String,
    button: String,
    hidden: Vec<(&'static str, String)>,
}

/// What was entered.
#[derive(Debug, Clone, Default)]
struct Entry {
    answer: Option<vocabulary::Answer>,
    reason: Option<RejectionReason>,
    words: String,
}

impl Answering {
    /// The form without entries, where an answer is awaited.
    pub fn open(seen: &Seen, words: &Words) -> Option<Answering> {
        seen.answerable()?;
        Some(Answering::of(seen, words, &Entry::default(), &[]))
    }

    fn of(seen: &Seen, words: &Words, entry: &Entry, problems: &[Problem]) -> Answering {
        let text = |key: &str| words.text(&format!("public_answer.{key}")).to_owned();
        let answers = vocabulary::Answer::ALL.iter().map(|answer| Choice {
            value: answer.as_str(),
            label: text(&format!("answer_{answer}")),
            chosen: entry.answer == Some(*answer),
        });
        let reasons = RejectionReason::ALL.iter().map(|reason| Choice {
            value: reason.as_str(),
            label: text(&format!("reason_{reason}")),
            chosen: entry.reason == Some(*reason),
        });
        let line = |id, value: &str| Field::line(words, "public_answer", id, value);
        let fields = [
            line("answer", "").asks(Asks::One(answers.collect())),
            line("reason", "").asks(Asks::One(reasons.collect())),
            line("words", &entry.words).asks(Asks::Words(5)).optional(),
        ];
        Answering {
            hidden: of_page(seen),
            fields: fields
                .into_iter()
                .map(|field| field.with(problems).set())
                .collect(),
        }
    }
}

/// Which case, and how far it had come.
fn of_page(seen: &Seen) -> Vec<(&'static str, String)> {
    vec![
        ("for", seen.number.clone()),
        ("last_seq", seen.last_seq().to_string()),
    ]
}

impl Entry {
    fn of(form: &Fields) -> Entry {
        Entry {
            answer: form.get("answer").parse().ok(),
            reason: form.get("reason").parse().ok(),
            words: form.get("words").replace("\r\n", "\n").replace('\0', ""),
        }
    }

    /// What is wrong with it.
    fn problems(&self, words: &Words) -> Vec<Problem> {
        let problem =
            |field, key: &str| Problem::new(field, words, &format!("public_answer.{key}"));
        let mut found = Vec::new();
        match (self.answer, self.reason) {
            (None, _) => found.push(problem("answer", "answer_missing")),
            (Some(vocabulary::Answer::Rejected), None) => {
                found.push(problem("reason", "reason_missing"));
            }
            (Some(vocabulary::Answer::Rejected), Some(RejectionReason::Other))
                if self.words.is_empty() =>
            {
                found.push(problem("words", "words_missing"));
            }
            (Some(_), _) => {}
        }
        if self.words.chars().count() > LONGEST_WORDS {
            found.push(problem("words", "too_long"));
        }
        found
    }

    /// The event of this answer to the decision of a pass.
    fn event(&self, answer: vocabulary::Answer, pass: Pass) -> EventBody {
        match answer {
            vocabulary::Answer::Accepted => Accepted { pass }.into(),
            vocabulary::Answer::Rejected => Rejected {
                pass,
                reason: self.reason,
            }
            .into(),
        }
    }
}

/// `POST /case/answer`.
pub fn take(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let entry = Entry::of(&visit.form);
    for _ in 0..TRIES {
        let seen = Seen::of(app, visit)?;
        if seen.is_other(&visit.form) {
            return other_case(app, visit, &seen, &entry);
        }
        let Some(pass) = seen.answerable() else {
            return too_late(app, visit, &seen, &entry);
        };
        let problems = entry.problems(words);
        let (Some(answer), true) = (entry.answer, problems.is_empty()) else {
            return form(app, visit, &seen, &entry, problems, Vec::new());
        };
        if visit.form.get("go") == "change" {
            return form(app, visit, &seen, &entry, Vec::new(), Vec::new());
        }
        let since = visit.form.get("last_seq").parse().unwrap_or(0);
        let news = news(&seen, words, since);
        if !news.is_empty() {
            return form(app, visit, &seen, &entry, Vec::new(), news);
        }
        if !visit.form.ticked("confirmed") {
            return check(app, visit, &seen, &entry, answer, pass);
        }
        // What the complainant hears nothing of (a note, a message sent) is no reason to ask again.
        let mut draft = Draft::new(visit.now, entry.event(answer, pass)).expecting(seen.last_seq());
        if !entry.words.is_empty() {
            draft = draft.text(entry.words.clone());
        }
        let recorded = app.register(|register| {
            register.append(seen.case_key, draft, &Actor::customer(), visit.now)
        });
        match recorded {
            Ok(_) => return Ok(done(answer, pass)),
            Err(RegisterError::Changed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Somebody writes to this case without a pause; the form stays as it is.
    let seen = Seen::of(app, visit)?;
    let busy = vec![Problem::new("", words, "failure.busy_text")];
    form(app, visit, &seen, &entry, busy, Vec::new())
}

/// The form that waited until its sender had shown the password again.
pub fn again(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let seen = Seen::of(app, visit)?;
    let entry = Entry::of(&visit.form);
    if seen.answerable().is_none() {
        return too_late(app, visit, &seen, &entry);
    }
    let problems = match seen.is_other(&visit.form) {
        true => vec![Problem::new("", words, "public_case.other_case")],
        false => Vec::new(),
    };
    let answer = form(app, visit, &seen, &entry, problems, Vec::new())?;
    Ok(answer.status(StatusCode::OK))
}

fn done(answer: vocabulary::Answer, pass: Pass) -> Answer {
    Answer::see(match answer {
        vocabulary::Answer::Accepted => "/case?done=case_accepted",
        vocabulary::Answer::Rejected if pass < LAST_PASS => "/case?done=case_rejected",
        vocabulary::Answer::Rejected => "/case?done=case_outstanding",
    })
}

fn other_case(app: &App, visit: &Visit, seen: &Seen, entry: &Entry) -> Result<Answer> {
    if seen.answerable().is_none() {
        return too_late(app, visit, seen, entry);
    }
    let words = app.words(visit.language);
    let problem = Problem::new("", words, "public_case.other_case");
    form(app, visit, seen, entry, vec![problem], Vec::new())
}

/// No answer is awaited. The same answer sent twice was recorded; another one is shown, so that its words can go
/// as an addition.
fn too_late(app: &App, visit: &Visit, seen: &Seen, entry: &Entry) -> Result<Answer> {
    let words = app.words(visit.language);
    let last = seen.file.passes.iter().rev().find_map(|record| {
        let given = record.answer.as_ref()?;
        Some((given.answer, record.pass))
    });
    let since = visit.form.get("last_seq").parse().unwrap_or(0);
    if let Some((given, pass)) = last
        && Some(given) == entry.answer
        && !seen.is_other(&visit.form)
    {
        return Ok(done(given, pass));
    }
    let mut page = Page {
        news: news(seen, words, since),
        late: Some(entry.words.clone()),
        ..Page::blank(app, visit, seen)
    };
    if entry.words.is_empty() {
        // There is no form to send, and the address alone has no page.
        page.shell.turning = Turning::No;
    }
    Ok(Answer::page(&page)?.status(StatusCode::CONFLICT))
}

fn form(
    app: &App,
    visit: &Visit,
    seen: &Seen,
    entry: &Entry,
    problems: Vec<Problem>,
    news: Vec<String>,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let status = match (problems.is_empty(), news.is_empty()) {
        (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
        (true, false) => StatusCode::CONFLICT,
        (true, true) => StatusCode::OK,
    };
    let page = Page {
        answering: Some(Answering::of(seen, words, entry, &problems)),
        told: decisions(seen, words).into_iter().next(),
        problems,
        news,
        ..Page::blank(app, visit, seen)
    };
    Ok(Answer::page(&page)?.status(status))
}

/// The answer in full, with what follows from it, before it is recorded.
fn check(
    app: &App,
    visit: &Visit,
    seen: &Seen,
    entry: &Entry,
    answer: vocabulary::Answer,
    pass: Pass,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let text = |key: &str| words.text(&format!("public_answer.{key}")).to_owned();
    let rejected = answer == vocabulary::Answer::Rejected;
    let reason = entry.reason.filter(|_| rejected);
    let mut hidden = of_page(seen);
    hidden.push(("answer", answer.to_string()));
    hidden.extend(reason.map(|reason| ("reason", reason.to_string())));
    hidden.push(("words", entry.words.clone()));
    hidden.push(("confirmed", "1".to_owned()));
    let page = Page {
        checking: Some(Checking {
            said: text(&format!("said_{answer}")),
            reason: reason.map(|reason| text(&format!("reason_{reason}"))),
            words: entry.words.clone(),
            follows: follows(app, visit, seen, answer, pass)?,
            button: text(&format!("confirm_{answer}")),
            hidden,
        }),
        ..Page::blank(app, visit, seen)
    };
    Answer::page(&page)
}

/// What follows from an answer.
fn follows(
    app: &App,
    visit: &Visit,
    seen: &Seen,
    answer: vocabulary::Answer,
    pass: Pass,
) -> Result<String> {
    let words = app.words(visit.language);
    match answer {
        vocabulary::Answer::Accepted => {
            if !seen
                .file
                .granted()
                .is_some_and(Response::is_delivered_later)
            {
                return Ok(words.text("public_answer.follows_accepted").to_owned());
            }
            let days = app.register(|register| register.setting(Setting::RemedyDays))?;
            let days = words.plural("public_answer.days", days.parse().unwrap_or(0));
            Ok(words.fill("public_answer.follows_remedy", &[("days", &days)]))
        }
        vocabulary::Answer::Rejected if pass < LAST_PASS => {
            let rules = app.rules(visit.now)?;
            let held = seen
                .file
                .holdings
                .last()
                .map(|held| held.department.as_str());
            let limit = rules.limits.lookup(LimitQuery {
                stage: Stage::Processing,
                pass: pass + 1,
                department: held.or(Some(CUSTOMER_SERVICE)),
                severity: seen.file.severity_at(visit.now),
                started_on: visit.now.with_timezone(&seen.zone).date_naive(),
                known_at: rules.known_at,
            })?;
            let days = words.plural("time.working_days", i64::from(limit.days));
            Ok(words.fill("public_answer.follows_rejected", &[("days", &days)]))
        }
        vocabulary::Answer::Rejected => {
            Ok(words.text("public_answer.follows_outstanding").to_owned())
        }
    }
}

impl<'a> Page<'a> {
    fn blank(app: &'a App, visit: &'a Visit, seen: &'a Seen) -> Page<'a> {
        let words = app.words(visit.language);
        Page {
            shell: Shell::new(app, visit, Area::Public, words.text("public_answer.title"))
                .form(FORM),
            problems: Vec::new(),
            news: Vec::new(),
            told: None,
            answering: None,
            checking: None,
            late: None,
            number: &seen.number,
        }
    }
}
