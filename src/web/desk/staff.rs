//! Who may act: members of staff with their roles, department, site and discretion. For administrators.
//!
//! A password that the program makes is shown once, in the answer to the form that asked for it; it has to be changed at
//! the first signing in.

mod forms;

use askama::Template;
use axum::http::StatusCode;

use self::forms::{form_of, link_of, title_of};
use crate::answer::Answer;
use crate::app::App;
use crate::collation;
use crate::desk::happened::amount;
use crate::desk::reading::{code_of, minor_units};
use crate::desk::second_factor::account::{Done, told};
use crate::entry::{EntryForm, Wrong};
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::shell::{Area, STAFF, Shell};
use crate::visit::{Fields, Visit};
use crate::words::Words;
use redress_domain::vocabulary::Role;
use redress_register::{Doing, NewStaff, RegisterError, Staff};

const ADMIN: Access = Access::Staff(&[Role::Admin]);

pub const ROUTES: &[Route] = &[
    Route::get("/desk/staff", ADMIN, page),
    Route::post("/desk/staff", ADMIN, change)
        .turning(turned)
        .hashing(),
];

#[derive(Template)]
#[template(path = "desk/staff/page.html")]
struct Page<'a> {
    shell: Shell<'a>,
    /// A password that was made: whose it is, and the password.
    made: Option<(String, String)>,
    /// Who is shown.
    person: Option<String>,
    /// The form that is open, under its heading: about this person, or the one to add somebody. One at a time, since a
    /// language that is chosen can send one form of a page alone.
    open: Option<(String, EntryForm)>,
    /// Addresses and names of what else can be done to the person.
    ways: Vec<(String, String)>,
    /// What was done to their account.
    trail: Vec<Done>,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    to: String,
    roles: String,
    department: String,
    site: String,
    discretion: String,
    active: bool,
    must_change: bool,
    has_factor: bool,
    courses: String,
}

/// What is done to the staff list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Add,
    Roles,
    Discretion,
    Active,
    Reset,
    /// The second factor of somebody who has lost it.
    Factor,
}

impl What {
    const OF_A_PERSON: [What; 5] = [
        What::Roles,
        What::Discretion,
        What::Active,
        What::Reset,
        What::Factor,
    ];

    const fn id(self) -> &'static str {
        match self {
            What::Add => "add",
            What::Roles => "roles",
            What::Discretion => "discretion",
            What::Active => "active",
            What::Reset => "reset",
            What::Factor => "factor",
        }
    }

    fn of(id: &str) -> Option<What> {
        std::iter::once(What::Add)
            .chain(What::OF_A_PERSON)
            .find(|what| what.id() == id)
    }
}

/// What came of a change.
enum Outcome {
    Done,
    /// A password was made for this person.
    Made(String, String),
    Refused(Vec<Wrong>),
}

/// The list; with the person that `person` names, and the form that `change` does.
fn page(app: &App, visit: &Visit) -> Result<Answer> {
    let person = visit.query.text("person");
    let open = What::of(visit.query.get("change")).map(|what| (what, Vec::new()));
    shown(app, visit, person, None, open)
}

/// The form as it is being filled in, in another language.
fn turned(app: &App, visit: &Visit) -> Result<Answer> {
    let open = What::of(visit.form.get("what")).map(|what| (what, Vec::new()));
    shown(app, visit, visit.form.text("person"), None, open)
}

fn change(app: &App, visit: &Visit) -> Result<Answer> {
    let form = &visit.form;
    let what = What::of(form.get("what")).ok_or_else(|| WebError::BadForm {
        why: format!("`{}` is nothing that is done to staff", form.get("what")),
    })?;
    let person = form.get("person").to_owned();
    let outcome = match what {
        What::Add => add(app, visit)?,
        What::Roles => roles(app, visit, &person)?,
        What::Discretion => discretion(app, visit, &person)?,
        What::Active => active(app, visit, &person)?,
        What::Reset => reset(app, visit, &person)?,
        What::Factor => factor(app, visit, &person)?,
    };
    let of_whom = (what != What::Add).then_some(person);
    match outcome {
        Outcome::Done => Ok(Answer::see(format!("/desk/staff?done=staff_{}", what.id()))),
        Outcome::Made(name, password) => shown(app, visit, None, Some((name, password)), None),
        Outcome::Refused(wrongs) => shown(app, visit, of_whom, None, Some((what, wrongs))),
    }
}

fn add(app: &App, visit: &Visit) -> Result<Outcome> {
    let (words, form) = (app.words(visit.language), &visit.form);
    let mut wrongs = Vec::new();
    let name = form.get("name").to_owned();
    if name.is_empty() || name.chars().any(char::is_control) {
        wrongs.push(Wrong::of("name", words.text("people.name_missing")));
    }
    let roles = chosen_roles(words, form, &mut wrongs);
    let discretion_minor = chosen_discretion(words, form, &mut wrongs);
    if !wrongs.is_empty() {
        return Ok(Outcome::Refused(wrongs));
    }
    let department = form.text("department");
    let new = NewStaff {
        name: name.clone(),
        roles,
        department: department.map(|written| code_of(words, "departments", &written)),
        site: form.text("site"),
        discretion_minor: discretion_minor.flatten(),
    };
    match app.register(|r| r.add_staff(&new)) {
        Ok(password) => Ok(Outcome::Made(name, password)),
        Err(RegisterError::Exists { .. }) => Ok(Outcome::Refused(vec![Wrong::of(
            "name",
            words.text("people.name_taken"),
        )])),
        Err(error) => refused(words, error),
    }
}

fn roles(app: &App, visit: &Visit, person: &str) -> Result<Outcome> {
    let words = app.words(visit.language);
    let mut wrongs = Vec::new();
    let roles = chosen_roles(words, &visit.form, &mut wrongs);
    if is_me(visit, person) && !roles.contains(&Role::Admin) {
        wrongs.push(Wrong::of("roles", words.text("people.not_yourself")));
    }
    if !wrongs.is_empty() {
        return Ok(Outcome::Refused(wrongs));
    }
    match app.register(|r| r.set_roles(person, &roles)) {
        Ok(()) => Ok(Outcome::Done),
        Err(error) => refused(words, error),
    }
}

fn discretion(app: &App, visit: &Visit, person: &str) -> Result<Outcome> {
    let words = app.words(visit.language);
    let mut wrongs = Vec::new();
    let limit = chosen_discretion(words, &visit.form, &mut wrongs);
    let Some(limit) = limit else {
        return Ok(Outcome::Refused(wrongs));
    };
    match app.register(|r| r.set_discretion(person, limit)) {
        Ok(()) => Ok(Outcome::Done),
        Err(error) => refused(words, error),
    }
}

fn active(app: &App, visit: &Visit, person: &str) -> Result<Outcome> {
    let words = app.words(visit.language);
    let active = visit.form.ticked("may_act");
    if is_me(visit, person) && !active {
        let wrong = Wrong::of("may_act", words.text("people.not_yourself"));
        return Ok(Outcome::Refused(vec![wrong]));
    }
    let doing = doing(visit, None)?;
    match app.register(|r| r.let_act(person, active, doing)) {
        Ok(()) => {
            if !active {
                app.visits.end_all_of(person)?;
            }
            Ok(Outcome::Done)
        }
        Err(error) => refused(words, error),
    }
}

fn reset(app: &App, visit: &Visit, person: &str) -> Result<Outcome> {
    let words = app.words(visit.language);
    let doing = doing(visit, None)?;
    match app.register(|r| r.give_password(person, doing)) {
        Ok(password) => {
            app.visits.end_all_of(person)?;
            Ok(Outcome::Made(person.to_owned(), password))
        }
        Err(error) => refused(words, error),
    }
}

fn factor(app: &App, visit: &Visit, person: &str) -> Result<Outcome> {
    let words = app.words(visit.language);
    let reason = visit.form.given("reason");
    let wrong = match reason {
        _ if is_me(visit, person) => Some(Wrong::whole(words.text("staff_factor.not_yourself"))),
        None => Some(Wrong::of(
            "reason",
            words.text("staff_factor.reason_missing"),
        )),
        Some(_) => None,
    };
    if let Some(wrong) = wrong {
        return Ok(Outcome::Refused(vec![wrong]));
    }
    let doing = doing(visit, reason)?;
    match app.register(|r| r.reset_second_factor(person, doing)) {
        Ok(()) => {
            app.visits.end_all_of(person)?;
            Ok(Outcome::Done)
        }
        Err(error) => refused(words, error),
    }
}

/// Who does it, for the trail of the account.
fn doing<'v>(visit: &'v Visit, reason: Option<&'v str>) -> Result<Doing<'v>> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    Ok(Doing {
        by: &staff.name,
        reason,
        now: visit.now,
    })
}

/// What the register does not take of an entry; its own faults stay errors.
fn refused(words: &Words, error: RegisterError) -> Result<Outcome> {
    match error {
        error @ (RegisterError::Invalid { .. } | RegisterError::NoSuch { .. }) => {
            let wrong = Wrong::whole(words.text("people.refused")).saying(error);
            Ok(Outcome::Refused(vec![wrong]))
        }
        error => Err(error.into()),
    }
}

fn is_me(visit: &Visit, person: &str) -> bool {
    visit.staff().is_some_and(|staff| staff.name == person)
}

/// The roles that were ticked, the usual one first.
fn chosen_roles(words: &Words, form: &Fields, wrongs: &mut Vec<Wrong>) -> Vec<Role> {
    let mut roles: Vec<Role> = form
        .all("roles")
        .filter_map(|role| role.parse().ok())
        .collect();
    roles.retain(|role| STAFF.contains(role));
    let usual: Option<Role> = form.get("usual").parse().ok();
    match usual.and_then(|usual| roles.iter().position(|role| *role == usual)) {
        Some(at) => roles[..=at].rotate_right(1),
        None if roles.is_empty() => wrongs.push(Wrong::of("roles", words.text("people.no_role"))),
        None => wrongs.push(Wrong::of("usual", words.text("people.usual_missing"))),
    }
    roles
}

/// What the person may grant alone; the inner `None` is "without limit", the outer one "cannot be read".
fn chosen_discretion(words: &Words, form: &Fields, wrongs: &mut Vec<Wrong>) -> Option<Option<i64>> {
    let Some(text) = form.given("discretion") else {
        return Some(None);
    };
    let amount = minor_units(text);
    if amount.is_none() {
        wrongs.push(Wrong::of("discretion", words.text("people.no_amount")));
    }
    amount.map(Some)
}

fn shown(
    app: &App,
    visit: &Visit,
    person: Option<String>,
    made: Option<(String, String)>,
    open: Option<(What, Vec<Wrong>)>,
) -> Result<Answer> {
    let words = app.words(visit.language);
    let (staff, trainings, factors, trail, zone) = app.register(|r| {
        let trail = match &person {
            Some(name) => r.staff_trail(Some(name))?,
            None => Vec::new(),
        };
        let factors = r.with_second_factor()?;
        Ok::<_, WebError>((
            r.list_staff()?,
            r.trainings(None)?,
            factors,
            trail,
            r.zone(),
        ))
    })?;
    let has_factor = |member: &Staff| factors.contains(&member.name);
    let known = match &person {
        None => None,
        Some(name) => Some(
            staff
                .iter()
                .find(|member| member.name == *name)
                .ok_or(WebError::NotFound)?,
        ),
    };
    // Nobody has to be named to be added, and everybody else has.
    let open = open.filter(|(what, _)| (*what == What::Add) == known.is_none());
    let opened = open.as_ref().map(|(what, _)| *what);
    let ways = match known {
        None => Vec::new(),
        Some(member) => What::OF_A_PERSON
            .into_iter()
            .filter(|what| Some(*what) != opened)
            .filter(|what| *what != What::Factor || has_factor(member))
            .map(|what| {
                let change = [("change", what.id())];
                (address(&member.name, &change), link_of(words, what))
            })
            .collect(),
    };
    let open = open.map(|(what, wrongs)| {
        let form = form_of(words, what, known, &visit.form).refused(wrongs);
        (title_of(words, what), form)
    });
    let currency = app.settings.currency.as_deref();
    let is_refused = open.as_ref().is_some_and(|(_, form)| form.is_refused());
    let status = match is_refused {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    let mut members: Vec<&Staff> = staff.iter().collect();
    members.sort_by_cached_key(|member| collation::place(words.language(), &member.name));
    let shell = Shell::new(app, visit, Area::Desk, words.text("people.title"));
    let page = Page {
        shell: match (&made, &open) {
            // A password is shown this once.
            (Some(_), _) => shell.once(),
            (None, Some((_, form))) => shell.form(form.id),
            (None, None) => shell,
        },
        made,
        person,
        open,
        ways,
        trail: told(words, zone, trail),
        rows: members
            .into_iter()
            .map(|member| {
                let courses = trainings.iter().filter(|t| t.staff == member.name).count();
                row(words, member, courses, currency, has_factor(member))
            })
            .collect(),
    };
    Ok(Answer::page(&page)?.status(status))
}

/// The address of a person's part of the page.
fn address(person: &str, more: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("person", person).extend_pairs(more);
    format!("/desk/staff?{}#person", query.finish())
}

fn row(
    words: &Words,
    member: &Staff,
    courses: usize,
    currency: Option<&str>,
    has_factor: bool,
) -> Row {
    let roles: Vec<String> = member
        .roles
        .iter()
        .map(|role| words.name("codes", role.as_str()))
        .collect();
    Row {
        to: address(&member.name, &[]),
        roles: roles.join(", "),
        department: member
            .department
            .as_deref()
            .map(|code| words.name("departments", code))
            .unwrap_or_default(),
        site: member.site.clone().unwrap_or_default(),
        discretion: match member.discretion_minor {
            Some(minor) => amount(words, minor, currency),
            None => words.text("people.without_limit").to_owned(),
        },
        active: member.active,
        must_change: member.must_change,
        has_factor,
        courses: words.count(i64::try_from(courses).unwrap_or(i64::MAX)),
        name: member.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::vocabulary::Language;

    fn form(pairs: &[(&str, &str)]) -> Fields {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Fields(pairs.iter().map(owned).collect())
    }

    #[test]
    fn the_usual_role_comes_first_and_is_one_of_those_ticked() {
        let words = Words::load(Language::En).unwrap();
        let read = |pairs: &[(&str, &str)]| {
            let mut wrongs = Vec::new();
            (chosen_roles(&words, &form(pairs), &mut wrongs), wrongs)
        };
        let ticked = [
            ("roles", "contact"),
            ("roles", "agent"),
            ("roles", "quality"),
        ];
        let (roles, wrongs) = read(&[&ticked[..], &[("usual", "quality")]].concat());
        assert_eq!(roles, [Role::Quality, Role::Contact, Role::Agent]);
        assert!(wrongs.is_empty());
        let (_, wrongs) = read(&[&ticked[..], &[("usual", "admin")]].concat());
        assert_eq!(wrongs[0].field, Some("usual"));
        // Nobody is made the customer or the program.
        let (roles, wrongs) = read(&[("roles", "customer"), ("roles", "system")]);
        assert!(roles.is_empty());
        assert_eq!(wrongs[0].field, Some("roles"));
    }

    #[test]
    fn no_discretion_entered_is_none_at_all_and_not_zero() {
        let words = Words::load(Language::Ru).unwrap();
        let read = |text: &str| {
            let mut wrongs = Vec::new();
            let found = chosen_discretion(&words, &form(&[("discretion", text)]), &mut wrongs);
            (found, wrongs.len())
        };
        assert_eq!(read(""), (Some(None), 0));
        assert_eq!(read("0"), (Some(Some(0)), 0));
        assert_eq!(read("1 250,50"), (Some(Some(125_050)), 0));
        assert_eq!(read("much"), (None, 1));
    }
}
