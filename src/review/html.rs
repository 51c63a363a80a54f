//! The review as one self-contained HTML page: no script, no address outside the page.

use std::collections::BTreeMap;

use askama::Template;
use sha2::{Digest, Sha256};

use super::model::{Block, ReviewModel};
use super::{ReviewError, charts, font};

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
    let style_hash = font::base64(&Sha256::digest(style.as_bytes()));
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
    use super::in_style;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(in_style("Ünal 2"), "Ünal 2");
        assert_eq!(in_style("a\"</b>"), "a\\22 \\3c \\2f b\\3e ");
    }
}
