//! The review as one self-contained HTML page: no script, no address outside the page.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::{Escaper, Html};

use super::model::{Block, ReviewModel};
use super::{ReviewError, charts, font};
use redress_plain::base64::base64;
use redress_plain::sha256;

const STYLE: &str = include_str!("../../reports/templates/review.css");

/// What the template sets: the model, the charts' drawings by name, and the style sheet.
#[derive(Template)]
#[template(path = "review.html")]
struct Page<'a> {
    model: &'a ReviewModel,
    drawings: BTreeMap<&'a str, String>,
    style: String,
    /// Hash of the style sheet, which the page's policy allows by it.
    style_hash: String,
}

impl Page<'_> {
    /// The drawing of a chart; every chart of the model has one.
    fn drawing(&self, name: &str) -> &str {
        self.drawings.get(name).map_or("", String::as_str)
    }

    /// A text as markup, in which a name such as 2026-Q3 does not break at its hyphen.
    fn set(&self, text: &str) -> String {
        let mut markup = String::with_capacity(text.len());
        for (part, whole) in parts(text) {
            let (before, after) = match whole {
                true => ("<span class=\"whole\">", "</span>"),
                false => ("", ""),
            };
            markup.push_str(before);
            // A string takes whatever is written to it.
            let _ = Html.write_escaped_str(&mut markup, part);
            markup.push_str(after);
        }
        markup
    }
}

/// Longest name that is kept on one line; a phone's line holds it.
const LONGEST_NAME: usize = 24;

/// A text in parts, and whether a part is a name to keep on one line: letters, figures and hyphens within, with a figure.
/// Periods and numbers of cases are such names; words with a hyphen may break at it.
fn parts(text: &str) -> Vec<(&str, bool)> {
    let in_name = |c: char| c.is_alphanumeric() || c == '-';
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let begins = rest.find(in_name).unwrap_or(rest.len());
        let (between, name) = rest.split_at(begins);
        let ends = name.find(|c: char| !in_name(c)).unwrap_or(name.len());
        let (name, after) = name.split_at(ends);
        let hyphen_within = name.trim_matches('-').contains('-');
        let whole = hyphen_within
            && name.contains(|c: char| c.is_ascii_digit())
            && name.chars().count() <= LONGEST_NAME;
        parts.extend(
            [(between, false), (name, whole)]
                .into_iter()
                .filter(|(part, _)| !part.is_empty()),
        );
        rest = after;
    }
    parts
}

/// Sets the review as a page.
///
/// # Errors
/// When the bundled font is damaged, a chart cannot be drawn or the template fails.
pub fn render(model: &ReviewModel) -> Result<String, ReviewError> {
    let drawings = model
        .charts()
        .map(|chart| Ok((chart.name.as_str(), charts::inline(chart)?)))
        .collect::<Result<BTreeMap<_, _>, ReviewError>>()?;
    let style = format!(
        "{}{STYLE}@page {{ @top-left {{ content: \"{}\"; }} }}\n",
        font::font_face(),
        in_style(&model.head.running)
    );
    let style_hash = base64(&sha256::digest(style.as_bytes()));
    Ok(Page {
        model,
        drawings,
        style,
        style_hash,
    }
    .render()?)
}

/// A text inside quotes of a style sheet: only letters, digits and spaces stay as they are.
fn in_style(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || c == ' ' {
            safe.push(c);
        } else {
            safe.push_str(&format!("\\{:x} ", u32::from(c)));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{in_style, parts};

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(in_style("Ünal 2"), "Ünal 2");
        assert_eq!(in_style("a\"</b>"), "a\\22 \\3c \\2f b\\3e ");
    }

    #[test]
    fn periods_and_numbers_of_cases_do_not_break_at_their_hyphens() {
        let whole = |text: &'static str| -> Vec<&'static str> {
            let parts = parts(text).into_iter();
            parts
                .filter(|(_, whole)| *whole)
                .map(|(part, _)| part)
                .collect()
        };
        assert_eq!(
            whole("2026-Q3: 1 July (2026-000301, C-000012)."),
            ["2026-Q3", "2026-000301", "C-000012"]
        );
        // A range may break between its days; words, a dash and a minus are no names.
        assert_eq!(
            whole("2026-07-01..2026-09-30"),
            ["2026-07-01", "2026-09-30"]
        );
        assert_eq!(
            whole("re-examination, e-mail, 5 - 3, -3, 12–15, и т-т"),
            [""; 0]
        );
        assert_eq!(whole("A-very-long-name-of-a-product-of-2026"), [""; 0]);
    }

    #[test]
    fn a_text_in_parts_is_the_same_text() {
        for text in ["", "-", "Ö-1 <b>&\"ı", "2026-Q3", "— 2026-Q3 —"] {
            let again: String = parts(text).into_iter().map(|(part, _)| part).collect();
            assert_eq!(again, text);
        }
    }
}
