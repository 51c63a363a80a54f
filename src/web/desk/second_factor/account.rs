//! A person's own account: how they sign in, where they are signed in, and what was done to it.

use askama::Template;

use crate::answer::Answer;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::shell::{Area, STAFF, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_register::StaffEvent;

pub const ROUTES: &[Route] = &[
    Route::get("/desk/account", Access::Staff(&STAFF), page),
    Route::post("/desk/account", Access::Staff(&STAFF), end),
];

/// Rows of the trail that are shown.
const SHOWN: usize = 30;

#[derive(Template)]
#[template(path = "desk/second_factor/account.html")]
struct Page<'a> {
    shell: Shell<'a>,
    has_factor: bool,
    sessions: Vec<Open>,
    trail: Vec<Done>,
}

struct Open {
    id: String,
    began: String,
    seen: String,
    is_here: bool,
}

/// Something that was done to an account, in words.
pub struct Done {
    pub when: String,
    pub what: String,
    pub who: String,
    pub why: String,
}

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    let words = app.words(visit.language);
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let sessions = app
        .visits
        .sessions_of(&staff.name, visit.token.as_deref(), visit.now)?;
    let (factor, trail, zone) = app.register(|r| {
        let factor = r.second_factor(&staff.name)?;
        let trail = r.staff_trail(Some(&staff.name))?;
        Ok::<_, WebError>((factor, trail, r.zone()))
    })?;
    Answer::page(&Page {
        shell: Shell::new(app, visit, Area::Desk, words.text("account.title")),
        has_factor: factor.is_some(),
        sessions: sessions
            .into_iter()
            .map(|session| Open {
                began: words.moment(session.began_at, zone),
                seen: words.moment(session.seen_at, zone),
                is_here: session.is_here,
                id: session.id,
            })
            .collect(),
        trail: told(words, zone, trail),
    })
}

/// The newest of what was done to an account, in words.
pub fn told(words: &Words, zone: chrono_tz::Tz, trail: Vec<StaffEvent>) -> Vec<Done> {
    trail
        .into_iter()
        .take(SHOWN)
        .map(|event| Done {
            when: words.moment(event.recorded_at, zone),
            what: words.text(&format!("deeds.{}", event.deed)).to_owned(),
            who: match event.actor.as_str() {
                // What nobody of the staff did.
                "system" => words.name("codes", "system"),
                _ => event.actor,
            },
            why: event.reason.unwrap_or_default(),
        })
        .collect()
}

fn end(app: &App, visit: &Visit) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    match (visit.form.get("what"), visit.token.as_deref()) {
        ("one", _) => {
            app.visits
                .end_one_of(&staff.name, visit.form.get("session"))?;
            Ok(Answer::see("/desk/account?done=session_ended"))
        }
        ("others", Some(token)) => {
            app.visits.end_others_of(&staff.name, token)?;
            Ok(Answer::see("/desk/account?done=sessions_ended"))
        }
        (other, _) => Err(WebError::BadForm {
            why: format!("`{other}` is nothing that is done to sessions"),
        }),
    }
}
