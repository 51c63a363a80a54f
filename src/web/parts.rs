//! What many pages have: head, foot, forms and their fields. Each is a template of its own, had by a method of the shell,
//! since what a template includes is compiled again in every page that does.

use askama::Template;
use askama::filters::HtmlSafe;

use super::entry::{EntryForm, Field};
use super::shell::{Area, Shell};

/// The head of a page.
#[derive(Template)]
#[template(path = "header.html")]
pub struct Header<'p> {
    pub(super) shell: &'p Shell<'p>,
}

/// The foot of a page.
#[derive(Template)]
#[template(path = "footer.html")]
pub struct Footer<'p> {
    pub(super) shell: &'p Shell<'p>,
}

/// A form.
#[derive(Template)]
#[template(path = "entry.html")]
pub struct Entry<'p> {
    pub(super) shell: &'p Shell<'p>,
    pub(super) form: &'p EntryForm,
}

/// A field of a form.
#[derive(Template)]
#[template(path = "field.html")]
pub struct FieldOf<'p> {
    pub(super) shell: &'p Shell<'p>,
    pub(super) field: &'p Field,
}

// They escape what they show themselves.
impl HtmlSafe for Header<'_> {}
impl HtmlSafe for Footer<'_> {}
impl HtmlSafe for Entry<'_> {}
impl HtmlSafe for FieldOf<'_> {}
