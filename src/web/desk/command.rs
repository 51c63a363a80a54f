//! A command of a case: its form, and what becomes of it. Whoever comes second finds what changed meanwhile, and what
//! they wrote.

use askama::Template;
use axum::http::StatusCode;
use chrono::{DateTime, SubsecRound as _, Utc};

use super::commands::{Act, Closed, Command, FreeText, find};
use super::happened::{Happened, named};
use super::opened::{Opened, case_path};
use super::reading::{Reading, label, local_moment};
use super::register::handed_over;
use super::sight::may_open;
use super::similar::REGISTERS;
use super::{asking, mending, refusal};
use crate::answer::Answer;
use crate::app::App;
use crate::entry::{EntryForm, Wrong};
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::shell::{Area, STAFF, Shell};
use crate::uploads;
use crate::visit::Visit;
use redress_domain::event::EventBody;
use redress_domain::vocabulary::PauseReason;
use redress_register::{Actor, Appended, Draft, Register, RegisterError, Registration};

/// Queues a message of a case, at a moment; answers its number where the customer can be reached.
type Queueing =
    fn(&mut Register, i64, DateTime<Utc>) -> std::result::Result<Option<i64>, RegisterError>;

/// Who may give which command stands in the table of commands; here everybody of the desk comes in.
pub const ROUTES: &[Route] = &[
    Route::get("/desk/case/{number}/{command}", Access::Staff(&STAFF), page),
    Route::post("/desk/case/{number}/{command}", Access::Staff(&STAFF), give).turning(turned),
    // A password is hashed.
    Route::get(
        "/desk/case/{number}/new-password",
        Access::Staff(REGISTERS),
        page,
    ),
    Route::post(
        "/desk/case/{number}/new-password",
        Access::Staff(REGISTERS),
        give,
    )
    .turning(turned)
    .hashing(),
];

#[derive(Template)]
#[template(path = "desk/command.html")]
struct Page<'a> {
    shell: Shell<'a>,
    number: &'a str,
    path: String,
    state: String,
    product: Option<&'a str>,
    narrative: Option<&'a str>,
    lead: Option<&'a str>,
    /// Why it cannot be given now.
    closed: Option<String>,
    /// What happened since the visitor looked.
    since: Option<Vec<Happened>>,
    /// Events or fields to choose from, before there is a form.
    choices: Vec<mending::Choice>,
    form: Option<EntryForm>,
}

/// What stands in a command's page beside its form.
#[derive(Default)]
struct Beside {
    wrong: Vec<Wrong>,
    /// What happened, and after which event.
    since: Option<(Vec<Happened>, Option<i64>)>,
}

/// The field of the event up to which somebody had seen the case before they were told what changed.
const SEEN_BEFORE: &str = "seen_before";

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    let opened = Opened::of(app, visit)?;
    let command = command_of(visit)?;
    show(app, visit, &opened, command, Beside::default())
}

/// The form as it is being filled in, in another language, and what happened since it was opened.
fn turned(app: &App, visit: &Visit) -> Result<Answer> {
    let opened = Opened::of(app, visit)?;
    let command = command_of(visit)?;
    let told = visit.form.given(SEEN_BEFORE);
    let seen = told.map_or_else(|| seen(visit), |seen| seen.parse().ok());
    if seen.is_some_and(|seen| seen != opened.case.last_seq) {
        return changed(app, visit, command, seen);
    }
    show(app, visit, &opened, command, Beside::default())
}

/// The event up to which the sender of a form has seen the case.
fn seen(visit: &Visit) -> Option<i64> {
    visit.form.get("last_seq").parse().ok()
}

/// The command that the address names.
fn command_of(visit: &Visit) -> Result<&'static Command> {
    let name = match visit.place("command") {
        "" => "new-password",
        name => name,
    };
    find(name).ok_or(WebError::NotFound)
}

fn show(
    app: &App,
    visit: &Visit,
    opened: &Opened,
    command: &'static Command,
    beside: Beside,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let closed = match opened.circumstances(staff, visit).may(command) {
        Ok(()) => None,
        Err(Closed::Role) => return Err(WebError::Forbidden),
        Err(Closed::Refused(why)) => Some(refusal::in_words(words, &why)),
        Err(Closed::Idle) => Some(words.text("command.idle").to_owned()),
    };
    let is_wrong = !beside.wrong.is_empty();
    let key = command.key();
    // What somebody wrote is shown again even where it can no longer be sent.
    let wrote = beside.since.is_some() || is_wrong || visit.turns_language();
    let (choices, form) = match (&closed, wrote) {
        (Some(_), false) => (Vec::new(), None),
        (None, _) | (Some(_), true) => match command.act {
            Act::Amend | Act::Void => mending::form(app, visit, opened, command),
            Act::Event(_)
            | Act::Ask
            | Act::Attach
            | Act::Remind
            | Act::Invite
            | Act::NewPassword => (Vec::new(), Some(asking::form(app, visit, opened, command)?)),
        },
    };
    let status = match (&beside.since, &closed, is_wrong) {
        (Some(_), _, _) | (None, Some(_), _) => StatusCode::CONFLICT,
        (None, None, true) => StatusCode::UNPROCESSABLE_ENTITY,
        (None, None, false) => StatusCode::OK,
    };
    let title = words.text(&format!("commands.{key}")).to_owned();
    let shell = Shell::new(app, visit, Area::Desk, title);
    let (since, before) = beside.since.unzip();
    let form = form.map(|form| match before.flatten() {
        Some(seen) => form.hidden(SEEN_BEFORE, seen.to_string()),
        None => form,
    });
    let page = Page {
        shell: match &form {
            Some(form) => shell.form(form.id),
            None => shell,
        },
        number: &opened.case.number,
        path: opened.path(),
        state: named(words, "states", opened.file.state.name().as_str()),
        product: opened.file.product.as_deref(),
        narrative: opened.narrative(),
        lead: words.find(&format!("leads.{key}")),
        closed,
        since,
        choices,
        form: form.map(|form| form.refused(beside.wrong)),
    };
    Ok(Answer::page(&page)?.status(status))
}

/// What somebody finds who comes second: what happened since they looked, and their entries.
fn changed(
    app: &App,
    visit: &Visit,
    command: &'static Command,
    seen: Option<i64>,
) -> Result<Answer> {
    let opened = Opened::of(app, visit)?;
    let telling = opened.telling(app, visit);
    let since = opened
        .history
        .iter()
        .filter(|recorded| seen.is_some_and(|seen| recorded.event.seq > seen))
        .map(|recorded| telling.tell(recorded))
        .collect();
    let beside = Beside {
        wrong: Vec::new(),
        since: Some((since, seen)),
    };
    show(app, visit, &opened, command, beside)
}

fn give(app: &App, visit: &Visit) -> Result<Answer> {
    let opened = Opened::of(app, visit)?;
    let command = command_of(visit)?;
    let seen = seen(visit);
    // What the register checks again while it writes, where an event depends on what was seen.
    if seen != Some(opened.case.last_seq) {
        return changed(app, visit, command, seen);
    }
    let wrong = match carry_out(app, visit, &opened, command) {
        Ok(Outcome::Done(done)) => return gone_on(app, visit, &opened, &done),
        Ok(Outcome::NewPassword(registration)) => {
            return handed_over(app, visit, &registration, false);
        }
        Ok(Outcome::Wrong(wrong)) => wrong,
        Err(WebError::Register(RegisterError::Changed { .. })) => {
            return changed(app, visit, command, seen);
        }
        Err(WebError::Register(error)) => match refusal::wrong(app.words(visit.language), &error) {
            Some(wrong) => vec![wrong],
            None => return Err(error.into()),
        },
        Err(error) => return Err(error),
    };
    let beside = Beside { wrong, since: None };
    show(app, visit, &opened, command, beside)
}

/// What became of a command.
pub enum Outcome {
    /// It was carried out; the key of the notice that says so, and what somebody has to do about it.
    Done(String),
    /// The case has another password, told this once.
    NewPassword(Registration),
    /// Nothing was recorded: what is wrong with what was entered.
    Wrong(Vec<Wrong>),
}

/// The notice where a decision waits for a second signature.
pub const SECOND: &str = "case_second";
/// The notice where the customer has to be told by somebody.
pub const UNREACHABLE: &str = "case_unreachable";

/// Carries out a command with the fields of the visit's form: for the desk's pages and for programs alike.
///
/// # Errors
/// [`WebError::Forbidden`] when no role of the visitor may give it; what the register refuses.
pub fn carry_out(
    app: &App,
    visit: &Visit,
    opened: &Opened,
    command: &'static Command,
) -> Result<Outcome> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let role = command
        .role_of(staff, &opened.file.state)
        .ok_or(WebError::Forbidden)?;
    let mut given = Given {
        app,
        visit,
        opened,
        command,
        actor: Actor::staff(role, staff.name.clone()),
        wrong: Vec::new(),
    };
    let done = match &command.act {
        Act::Event(make) => given.event(*make),
        Act::Ask => given.ask(),
        Act::Attach => given.attach(),
        Act::Amend => given.amend(),
        Act::Void => given.void(),
        Act::Remind => given.message(Register::remind),
        Act::Invite => given.message(Register::invite_to_survey),
        Act::NewPassword => return given.new_password(),
    };
    Ok(match done? {
        Some(done) => Outcome::Done(done),
        None => Outcome::Wrong(given.wrong),
    })
}

/// Back to the case with the word of what was done; to the queue when it has left the visitor's sight.
fn gone_on(app: &App, visit: &Visit, opened: &Opened, done: &str) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let key = opened.case.case_key;
    let sees: bool = app.register(|register| {
        let case = register.case_row(key)?;
        may_open(register, staff, &case)
    })?;
    Ok(match sees {
        true => Answer::see(format!("{}?done={done}", case_path(&opened.case.number))),
        false => Answer::see("/desk?done=case_gone"),
    })
}

/// A command that was given, while it is carried out. Each way answers the word of what was done, or nothing when
/// something is wrong with the form.
struct Given<'g> {
    app: &'g App,
    visit: &'g Visit,
    opened: &'g Opened,
    command: &'static Command,
    actor: Actor,
    wrong: Vec<Wrong>,
}

/// What was done, as the key of its notice.
type Done = std::result::Result<Option<String>, RegisterError>;

impl Given<'_> {
    fn event(&mut self, make: fn(&mut Reading<'_>) -> Option<EventBody>) -> Done {
        let body = self.read(make);
        let text = self.free_text();
        let occurred_at = self.occurred_at();
        if let Some(body) = &body {
            self.check_names(body)?;
        }
        let (Some(body), Some(occurred_at), true) = (body, occurred_at, self.wrong.is_empty())
        else {
            return Ok(None);
        };
        let draft = Draft {
            occurred_at,
            body,
            text,
            late_reason: self.visit.form.text("late_reason"),
            expected_seq: Some(self.opened.case.last_seq),
        };
        let key = self.opened.case.case_key;
        let appended = self
            .app
            .register(|register| register.append(key, draft, &self.actor, self.visit.now))?;
        Ok(Some(self.said(&appended)))
    }

    fn ask(&mut self) -> Done {
        let Some(question) = self.free_text() else {
            return Ok(None);
        };
        let reason: Option<PauseReason> = self.visit.form.get("pause").parse().ok();
        let Some(reason) = reason else {
            self.refuse("pause", "entry.choose");
            return Ok(None);
        };
        let (key, now) = (self.opened.case.case_key, self.visit.now);
        let appended = self
            .app
            .register(|register| register.ask_customer(key, reason, &question, &self.actor, now))?;
        Ok(Some(self.said(&appended)))
    }

    /// All files or none: whoever sent them need not find out which ones came through.
    fn attach(&mut self) -> Done {
        let words = self.app.words(self.visit.language);
        let mut clean = Vec::new();
        for upload in &self.visit.files {
            match uploads::check(upload) {
                Ok(file) => clean.push(file),
                Err(refusal) => self.wrong.push(Wrong::of("files", refusal.in_words(words))),
            }
        }
        if clean.is_empty() && self.wrong.is_empty() {
            self.refuse("files", "entry.needed");
        }
        if !self.wrong.is_empty() {
            return Ok(None);
        }
        let (key, now) = (self.opened.case.case_key, self.visit.now);
        self.app.register(|register| {
            let parts = register.lay_together(&clean, &self.actor)?;
            register.add_together(key, &parts, now)
        })?;
        Ok(Some(self.done()))
    }

    fn amend(&mut self) -> Done {
        let read = mending::amendment(self.app, self.visit, self.opened);
        let amendment = match read {
            Ok(amendment) => amendment,
            Err(wrong) => {
                self.wrong.extend(wrong);
                return Ok(None);
            }
        };
        let (key, now) = (self.opened.case.case_key, self.visit.now);
        let appended = self
            .app
            .register(|register| register.amend(key, &amendment, &self.actor, now))?;
        Ok(Some(self.said(&appended)))
    }

    fn void(&mut self) -> Done {
        let seq: Option<i64> = self.visit.form.get("event").parse().ok();
        let reason = self.visit.form.text("reason");
        let (Some(seq), Some(reason)) = (seq, reason) else {
            self.refuse("reason", "entry.needed");
            return Ok(None);
        };
        let (key, now) = (self.opened.case.case_key, self.visit.now);
        let appended = self
            .app
            .register(|register| register.void(key, seq, &reason, &self.actor, now))?;
        Ok(Some(self.said(&appended)))
    }

    /// A message that is queued beside the events.
    fn message(&mut self, queue: Queueing) -> Done {
        let (key, now) = (self.opened.case.case_key, self.visit.now);
        let queued = self.app.register(|register| queue(register, key, now))?;
        Ok(Some(match queued {
            Some(_) => self.done(),
            None => UNREACHABLE.to_owned(),
        }))
    }

    fn new_password(&self) -> Result<Outcome> {
        let (key, now) = (self.opened.case.case_key, self.visit.now);
        let registration = self
            .app
            .register(|register| register.reset_tracking_password(key, now))?;
        Ok(Outcome::NewPassword(registration))
    }

    fn read(&mut self, make: fn(&mut Reading<'_>) -> Option<EventBody>) -> Option<EventBody> {
        let staff = self.visit.staff()?;
        let circumstances = self.opened.circumstances(staff, self.visit);
        let mut reading = Reading {
            form: &self.visit.form,
            words: self.app.words(self.visit.language),
            file: &self.opened.file,
            command: self.command.name,
            me: &staff.name,
            reminders: circumstances.reminders(),
            wrong: Vec::new(),
        };
        let body = make(&mut reading);
        self.wrong.append(&mut reading.wrong);
        body
    }

    /// The words that go with it; what is needed and missing is said.
    fn free_text(&mut self) -> Option<String> {
        let text = self.visit.form.text("text");
        match (self.command.words, &text) {
            (FreeText::None, _) => None,
            (FreeText::Needed, None) => {
                self.refuse("text", "entry.needed");
                None
            }
            (FreeText::Needed | FreeText::Optional, _) => text,
        }
    }

    /// When it happened: as entered, or now.
    fn occurred_at(&mut self) -> Option<DateTime<Utc>> {
        let Some(entered) = self.visit.form.given("at").filter(|_| self.command.dated) else {
            // The register keeps microseconds; a finer moment would lie after its own.
            return Some(self.visit.now.trunc_subsecs(6));
        };
        let at = local_moment(entered, self.opened.zone);
        if at.is_none() {
            self.refuse("at", "entry.moment");
        }
        at
    }

    /// Names that an event carries: of a colleague who is there, of a case that the visitor may know of.
    fn check_names(&mut self, body: &EventBody) -> std::result::Result<(), RegisterError> {
        match body {
            EventBody::Assigned(assigned) => {
                let found = self.app.register(|register| register.staff(&assigned.to));
                match found {
                    Ok(staff) if staff.active => {}
                    Ok(_) | Err(RegisterError::NoSuch { .. }) => {
                        self.refuse("to", "entry.no_colleague");
                    }
                    Err(error) => return Err(error),
                }
            }
            EventBody::Merged(merged) => {
                let found = self
                    .app
                    .register(|register| register.case_by_number(&merged.into));
                match found {
                    Ok(case) if case.case_key != self.opened.case.case_key => {}
                    Ok(_) | Err(RegisterError::NoSuch { .. }) => {
                        self.refuse("into", "entry.no_case");
                    }
                    Err(error) => return Err(error),
                }
            }
            // The others name nothing that the register would not check itself.
            _ => {}
        }
        Ok(())
    }

    fn refuse(&mut self, name: &'static str, key: &str) {
        let words = self.app.words(self.visit.language);
        let label = label(words, self.command.name, name);
        let text = words.fill(key, &[("label", &label)]);
        self.wrong.push(Wrong::of(name, text));
    }

    fn done(&self) -> String {
        format!("case_{}", self.command.key())
    }

    /// The notice of what followed, where somebody has to do something about it.
    fn said(&self, appended: &Appended) -> String {
        if appended.needs_second_signature {
            SECOND.to_owned()
        } else if appended.unreachable {
            UNREACHABLE.to_owned()
        } else {
            self.done()
        }
    }
}
