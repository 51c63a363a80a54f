//! A lost password is replaced by a new one, sent to the telephone or e-mail that the register has. The page
//! says the same whether anything was found, and takes as long.

use askama::Template;
use axum::http::StatusCode;

use super::field::{Asks, Field, Problem};
use super::track;
use crate::answer::Answer;
use crate::app::App;
use crate::entry;
use crate::error::{Result, WebError};
use crate::shell::{Area, FORM, Shell};
use crate::visit::Visit;
use crate::visits::Try;
use redress_register::{Person, Register, RegisterError};

#[derive(Template)]
#[template(path = "public/forgotten.html")]
struct Page<'a> {
    shell: Shell<'a>,
    problems: Vec<Problem>,
    fields: Vec<entry::Field>,
}

/// `GET /forgotten`.
pub fn show(app: &App, visit: &Visit) -> Result<Answer> {
    page(app, visit, Vec::new())
}

/// `POST /forgotten`.
pub fn take(app: &App, visit: &Visit) -> Result<Answer> {
    if visit.turns_language() {
        return page(app, visit, Vec::new());
    }
    let words = app.words(visit.language);
    let number = track::number(visit.form.get("number"));
    let contact = visit.form.get("contact");
    let missing: Vec<Problem> = [
        (number.is_empty(), "number", "public_track.number_missing"),
        (
            contact.is_empty(),
            "contact",
            "public_forgotten.contact_missing",
        ),
    ]
    .into_iter()
    .filter(|(is_missing, _, _)| *is_missing)
    .map(|(_, field, key)| Problem::new(field, words, key))
    .collect();
    if !missing.is_empty() {
        let answer = page(app, visit, missing)?;
        return Ok(answer.status(StatusCode::UNPROCESSABLE_ENTITY));
    }
    match app
        .visits
        .check(Try::NewPassword, &number, &visit.from, visit.now)
    {
        Ok(()) => {}
        Err(WebError::TooMany { .. }) => {
            let answer = page(
                app,
                visit,
                vec![Problem::new("", words, "failure.too_many_text")],
            )?;
            return Ok(answer.status(StatusCode::TOO_MANY_REQUESTS));
        }
        Err(error) => return Err(error),
    }
    // Each try counts: every one that fits costs a message, and ends the password before it.
    app.visits
        .failed(Try::NewPassword, &number, &visit.from, visit.now)?;
    app.register(|register| replace(register, &number, contact, visit))?;
    Ok(Answer::see("/track?done=case_password"))
}

/// Gives a new password where number and contact fit; does as much work where they do not.
fn replace(register: &mut Register, number: &str, contact: &str, visit: &Visit) -> Result<()> {
    let case_key = match register.case_by_number(number) {
        Ok(row) => {
            let complainant = register.complainant(row.complainant_id)?;
            fits(&complainant.person, contact).then_some(row.case_key)
        }
        Err(RegisterError::NoSuch { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    match case_key {
        Some(case_key) => {
            register.reset_tracking_password(case_key, visit.now)?;
        }
        None => {
            register.verify_tracking("", contact)?;
        }
    }
    Ok(())
}

/// Whether somebody is reached under this telephone number or e-mail address.
fn fits(person: &Person, contact: &str) -> bool {
    let email = person.email.as_deref();
    if email.is_some_and(|email| email.trim().to_lowercase() == contact.trim().to_lowercase()) {
        return true;
    }
    let known = digits(person.phone.as_deref().unwrap_or(""));
    let given = digits(contact);
    // The same line with the country in front, with a zero, or with neither.
    match (last_ten(&known), last_ten(&given)) {
        (Some(known), Some(given)) => known == given,
        (_, _) => !known.is_empty() && known == given,
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn last_ten(digits: &str) -> Option<&str> {
    digits.get(digits.len().checked_sub(10)?..)
}

fn page(app: &App, visit: &Visit, problems: Vec<Problem>) -> Result<Answer> {
    let words = app.words(visit.language);
    let line = |id| Field::line(words, "public_forgotten", id, visit.form.get(id));
    let fields = [
        line("number")
            .asks(Asks::Line("text", "short"))
            .autocomplete("username"),
        line("contact"),
    ];
    Answer::page(&Page {
        shell: Shell::new(
            app,
            visit,
            Area::Public,
            words.text("public_forgotten.title"),
        )
        .form(FORM),
        fields: fields
            .into_iter()
            .map(|field| field.with(&problems).set())
            .collect(),
        problems,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::vocabulary::Language;

    #[test]
    fn a_contact_fits_in_every_way_of_writing_it() {
        let person = Person {
            name: Some("Ayşe".to_owned()),
            phone: Some("+905321234567".to_owned()),
            email: Some("ayse@example.org".to_owned()),
            address: None,
            language: Language::Tr,
        };
        for contact in [
            "+90 532 123 45 67",
            "0532 123 45 67",
            "5321234567",
            " Ayse@Example.org",
        ] {
            assert!(fits(&person, contact), "{contact}");
        }
        for contact in ["0532 123 45 68", "4567", "", "ayse", "ayse@example.com"] {
            assert!(!fits(&person, contact), "{contact}");
        }
        let unknown = Person {
            phone: None,
            email: None,
            ..person
        };
        for contact in ["", "x", "0532 123 45 67"] {
            assert!(!fits(&unknown, contact), "{contact}");
        }
    }
}
