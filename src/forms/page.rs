//! A form as one self-contained HTML page.

use askama::Template;

use redress_plain::base64::base64;
use redress_review::font;

use super::FormError;
use super::case::FormCase;
use super::model::{Entry, Form, Part};
use super::words::Words;
use redress_plain::sha256;

const STYLE: &str = include_str!("../../reports/templates/form.css");

#[derive(Template)]
#[template(path = "complaint_form.html")]
struct ComplaintPage<'a> {
    form: &'a Form,
    style: Style,
    /// How to fill it in.
    lead: String,
    /// Where it goes when it is filled in, where that is known.
    returns: Option<String>,
    /// What happens with the details.
    privacy: String,
}

#[derive(Template)]
#[template(path = "follow_up_form.html")]
struct FollowUpPage<'a> {
    form: &'a Form,
    style: Style,
    lead: String,
    /// State of the case, and when the register said so.
    facts: Vec<(String, String)>,
}

/// The style sheet with the typeface inside.
struct Style {
    text: String,
    /// Hash of the text, by which the page's policy allows it.
    hash: String,
}

impl Style {
    fn of(form: &Form) -> Style {
        let running = match &form.number {
            Some(number) => format!("{} · {number}", form.title),
            None => form.title.clone(),
        };
        let text = format!(
            "{}{STYLE}@page {{ @top-left {{ content: \"{}\"; }} }}\n",
            font::font_face(),
            in_style(&running)
        );
        let hash = base64(&sha256::digest(text.as_bytes()));
        Style { text, hash }
    }
}

pub(super) fn complaint(form: &Form, words: &Words) -> Result<String, FormError> {
    let page = ComplaintPage {
        form,
        style: Style::of(form),
        lead: words.text("complaint.lead"),
        returns: (!form.contact.is_empty()).then(|| words.text("complaint.returns")),
        privacy: words.text("complaint.privacy"),
    };
    Ok(page.render()?)
}

pub(super) fn follow_up(
    form: &Form,
    words: &Words,
    case: Option<&FormCase>,
) -> Result<String, FormError> {
    let facts = case.map(|case| {
        let state = case.file().state.name();
        vec![
            (words.text("field.number"), case.number().to_owned()),
            (
                words.text("follow_up.state"),
                words.name("states", state.as_str()),
            ),
            (
                words.text("follow_up.read_at"),
                words.moment(case.read_at(), case.zone()),
            ),
        ]
    });
    let page = FollowUpPage {
        form,
        style: Style::of(form),
        lead: words.text("follow_up.lead"),
        facts: facts.unwrap_or_default(),
    };
    Ok(page.render()?)
}

/// A text inside quotes of a style sheet, every character by its number.
fn in_style(text: &str) -> String {
    text.chars()
        .map(|c| format!("\\{:x} ", u32::from(c)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::in_style;

    #[test]
    fn a_number_cannot_leave_its_quotes() {
        assert_eq!(in_style("1\"</"), "\\31 \\22 \\3c \\2f ");
    }
}
