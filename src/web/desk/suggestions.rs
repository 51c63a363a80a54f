//! Suggestions for handling complaints better (ISO 10002, P9): whoever works at the desk makes them, and quality says what
//! becomes of each.

use askama::Template;
use axum::http::StatusCode;
use chrono::NaiveDate;

use crate::answer::Answer;
use crate::app::App;
use crate::entry::{Choice, EntryForm, Field, Wrong};
use crate::error::{Result, WebError};
use crate::once;
use crate::routes::{Access, Route};
use crate::shell::{Area, STAFF, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::improvement::{
    Record, RecordBody, RecordKind, RecordRefusal, Recorded, Suggested, SuggestionFate,
};
use redress_domain::vocabulary::Role;
use redress_register::{Change, Register, RegisterError};

/// Who says what becomes of a suggestion.
const DECIDERS: &[Role] = &[Role::Quality, Role::Admin];

const PATH: &str = "/desk/suggestions";

pub const ROUTES: &[Route] = &[
    Route::get(PATH, Access::Staff(&STAFF), page),
    Route::post(PATH, Access::Staff(&STAFF), suggest).turning(page),
    Route::get("/desk/suggestions/{id}", Access::Staff(DECIDERS), ask),
    Route::post("/desk/suggestions/{id}", Access::Staff(DECIDERS), decide).turning(ask),
];

#[derive(Template)]
#[template(path = "desk/suggestions/list.html")]
struct Page<'a> {
    shell: Shell<'a>,
    form: EntryForm,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "desk/suggestions/decide.html")]
struct DecidePage<'a> {
    shell: Shell<'a>,
    row: Row,
    form: EntryForm,
}

/// A suggestion as it stands.
struct Row {
    name: String,
    on: String,
    from: String,
    text: String,
    fate: String,
    /// Why, and the action that carries it out.
    reason: Option<String>,
    action: Option<String>,
    /// Where it is decided, for who may and where it is open.
    to: Option<String>,
}

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    shown(app, visit, Vec::new())
}

fn suggest(app: &App, visit: &Visit) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let Some(text) = visit.form.text("text") else {
        let missing = app.words(visit.language).text("suggestion.text_missing");
        return shown(app, visit, vec![Wrong::of("text", missing)]);
    };
    let taken = || Answer::see(format!("{PATH}?done=suggested"));
    if once::sent_before(app, visit)?.is_some() {
        return Ok(taken());
    }
    let made = app.register(|register| {
        let body = RecordBody::Suggested(Suggested {
            on: today(register, visit),
            from: staff.name.clone(),
            department: staff.department.clone(),
            text,
        });
        register.begin_record(body, change(&staff.name, None, visit))
    });
    match made {
        Ok(record) => {
            once::done(app, visit, &record.name())?;
            Ok(taken())
        }
        Err(error) => {
            once::not_done(app, visit)?;
            Err(error.into())
        }
    }
}

fn ask(app: &App, visit: &Visit) -> Result<Answer> {
    decision(app, visit, Vec::new())
}

fn decide(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let record = found(app, visit)?;
    let form = &visit.form;
    let fate: Option<SuggestionFate> = form.get("fate").parse().ok();
    let fate = fate.filter(|fate| *fate != SuggestionFate::Waiting);
    let reason = form.text("reason");
    let mut wrongs = Vec::new();
    if fate.is_none() {
        wrongs.push(Wrong::of("fate", words.text("suggestion.choose_fate")));
    }
    if reason.is_none() {
        wrongs.push(Wrong::of("reason", words.text("suggestion.reason_missing")));
    }
    let (Some(fate), Some(reason)) = (fate, reason) else {
        return decision(app, visit, wrongs);
    };
    let seen = form.get("last_seq").parse().unwrap_or(record.version);
    let decided = app.register(|register| {
        let body = RecordBody::SuggestionDecided {
            on: today(register, visit),
            fate,
            reason,
            action: form.text("action"),
        };
        let change = change(&staff.name, Some(seen), visit);
        register.change_record(record.number, body, change)
    });
    let wrong = match decided {
        Ok(_) => return Ok(Answer::see(format!("{PATH}?done=suggestion_decided"))),
        // The page says how it stands now.
        Err(RegisterError::Record(refusal @ RecordRefusal::Changed { .. })) => {
            Wrong::whole(words.text("suggestion.changed")).saying(refusal)
        }
        Err(RegisterError::Record(refusal)) => {
            Wrong::whole(words.text("suggestion.not_now")).saying(refusal)
        }
        Err(RegisterError::Action(refusal)) => {
            Wrong::of("action", words.text("suggestion.no_action")).saying(refusal)
        }
        Err(error) => return Err(error.into()),
    };
    decision(app, visit, vec![wrong])
}

/// The suggestion of a route.
fn found(app: &App, visit: &Visit) -> Result<Record> {
    let kind = RecordKind::Suggestion;
    let number = kind.number(visit.place("id"));
    let number = number.map_err(|_| WebError::NotFound)?;
    match app.register(|register| register.record(kind, number, None)) {
        Ok(record) => Ok(record),
        Err(RegisterError::Record(RecordRefusal::Unknown { .. })) => Err(WebError::NotFound),
        Err(error) => Err(error.into()),
    }
}

fn today(register: &Register, visit: &Visit) -> NaiveDate {
    visit.now.with_timezone(&register.zone()).date_naive()
}

fn change<'c>(actor: &'c str, seen: Option<u32>, visit: &Visit) -> Change<'c> {
    Change {
        actor,
        seen,
        now: visit.now,
    }
}

fn shown(app: &App, visit: &Visit, wrongs: Vec<Wrong>) -> Result<Answer> {
    let words = app.words(visit.language);
    let text = Field::area("text", words.text("suggestion.text"), 4)
        .hint(words.text("suggestion.text_hint"))
        .of(&visit.form);
    let form = EntryForm::new("suggest", PATH, words.text("suggestion.make"), vec![text])
        .hidden(once::FIELD, once::key(&visit.form)?)
        .refused(wrongs);
    let records = app.register(|register| register.records_of(RecordKind::Suggestion, None))?;
    let decides = visit.has_role(DECIDERS);
    let page = Page {
        shell: Shell::new(app, visit, Area::Desk, words.text("suggestion.title")).form(form.id),
        // The latest first.
        rows: records
            .iter()
            .rev()
            .filter_map(|record| row(words, record, decides))
            .collect(),
        form,
    };
    let status = status(&page.form);
    Ok(Answer::page(&page)?.status(status))
}

fn decision(app: &App, visit: &Visit, wrongs: Vec<Wrong>) -> Result<Answer> {
    let words = app.words(visit.language);
    let record = found(app, visit)?;
    let form = &visit.form;
    let fates = SuggestionFate::ALL
        .iter()
        .filter(|fate| **fate != SuggestionFate::Waiting)
        .map(|fate| Choice::new(fate.as_str(), fate_in_words(words, *fate)));
    let none = Choice::new("", words.text("suggestion.choose"));
    let fields = vec![
        Field::select(
            "fate",
            words.text("suggestion.fate"),
            std::iter::once(none).chain(fates),
        )
        .of(form),
        Field::area("reason", words.text("suggestion.reason"), 3).of(form),
        Field::line("action", words.text("suggestion.action"))
            .hint(words.text("suggestion.action_hint"))
            .optional()
            .of(form),
    ];
    let to = format!("{PATH}/{}", record.name());
    let form = EntryForm::new("decide", to, words.text("suggestion.decide"), fields)
        .hidden("last_seq", record.version.to_string())
        .refused(wrongs);
    let page = DecidePage {
        shell: Shell::new(
            app,
            visit,
            Area::Desk,
            words.text("suggestion.decide_title"),
        )
        .form(form.id),
        row: row(words, &record, false).ok_or(WebError::NotFound)?,
        form,
    };
    let status = status(&page.form);
    Ok(Answer::page(&page)?.status(status))
}

fn status(form: &EntryForm) -> StatusCode {
    match form.is_refused() {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    }
}

/// A suggestion in words; `None` for another kind of record.
fn row(words: &Words, record: &Record, decides: bool) -> Option<Row> {
    let Recorded::Suggestion {
        made,
        fate,
        decided,
    } = &record.what
    else {
        return None;
    };
    // What is on trial is decided once more.
    let is_open = matches!(fate, SuggestionFate::Waiting | SuggestionFate::Trial);
    let name = record.name();
    Some(Row {
        on: words.date(made.on),
        from: made.from.clone(),
        text: made.text.clone(),
        fate: fate_in_words(words, *fate),
        reason: decided.as_ref().map(|(_, reason, _)| reason.clone()),
        action: decided.as_ref().and_then(|(_, _, action)| action.clone()),
        to: (decides && is_open).then(|| format!("{PATH}/{name}")),
        name,
    })
}

fn fate_in_words(words: &Words, fate: SuggestionFate) -> String {
    match fate {
        // The code's own name speaks of a customer's answer.
        SuggestionFate::Waiting => words.text("suggestion.waiting").to_owned(),
        SuggestionFate::Adopted | SuggestionFate::Trial | SuggestionFate::Declined => {
            words.name("codes", fate.as_str())
        }
    }
}
