//! The two paper forms of complaint handling (annexes of ISO 10002): the complaint form for the complainant and
//! the follow-up form for staff. Blank, or filled from a case of the register.
//!
//! [`case::FormCase`] reads a case, [`complaint`] and [`follow_up`] lay its facts out as a [`model::Form`], and the
//! page sets it as one self-contained HTML file to print or to fill in on a screen: no script, no address outside.

pub mod case;
mod common;
mod complaint;
mod follow_up;
pub mod model;
mod page;
mod tracking;
pub mod words;

use redress_domain::vocabulary::Language;
use redress_register::Contact;
use redress_review::ReviewError;

use self::case::FormCase;
use self::model::Form;
use self::words::Words;

/// What can go wrong while a form is made.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// The bundled texts are damaged.
    #[error(
        "the translation `{language}` of the forms cannot be read: {reason}; repair reports/translations/forms-{language}.toml"
    )]
    Words { language: Language, reason: String },
    /// The texts that the forms share with the review are damaged.
    #[error(transparent)]
    Shared(#[from] ReviewError),
    /// The template failed.
    #[error("the form cannot be set: {0}")]
    Template(#[from] askama::Error),
}

/// The complaint form for the complainant as an HTML page; blank without a case. It says how the organisation is reached,
/// as far as that is known.
///
/// # Errors
/// When the bundled texts cannot be read or the template fails.
pub fn complaint(
    organisation: &str,
    contact: &Contact,
    language: Language,
    case: Option<&FormCase>,
) -> Result<String, FormError> {
    let words = Words::load(language)?;
    let form = Form {
        language,
        organisation: model::tidy(organisation),
        contact: reached_by(&words, contact),
        title: words.text("complaint.title"),
        number: case.map(|case| model::tidy(case.number())),
        erased: words.text("entry.erased"),
        sections: complaint::sections(&words, case),
    };
    page::complaint(&form, &words)
}

/// The follow-up form for staff as an HTML page; blank without a case.
///
/// # Errors
/// As [`complaint`](fn@complaint).
pub fn follow_up(
    organisation: &str,
    contact: &Contact,
    language: Language,
    case: Option<&FormCase>,
) -> Result<String, FormError> {
    let words = Words::load(language)?;
    let form = Form {
        language,
        organisation: model::tidy(organisation),
        contact: reached_by(&words, contact),
        title: words.text("follow_up.title"),
        number: case.map(|case| model::tidy(case.number())),
        erased: words.text("entry.erased"),
        sections: follow_up::sections(&words, case),
    };
    page::follow_up(&form, &words, case)
}

/// How the organisation is reached, each with its name.
fn reached_by(words: &Words, contact: &Contact) -> Vec<(String, String)> {
    let means = [
        ("contact.phone", &contact.phone),
        ("contact.email", &contact.email),
        ("contact.website", &contact.website),
        ("contact.address", &contact.address),
    ];
    means
        .into_iter()
        .filter_map(|(key, value)| {
            let value = model::tidy(value.as_deref()?);
            Some((words.text(key), value))
        })
        .collect()
}
