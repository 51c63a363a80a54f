//! What both forms ask alike.

use redress_domain::vocabulary::Response;

use super::case::FormCase;
use super::model::{Choice, Entry, Field, Part, Row, Width};
use super::words::Words;

/// What a case gives for a field; a blank line without a case.
pub(super) fn known(
    case: Option<&FormCase>,
    look: impl FnOnce(&FormCase) -> Option<String>,
) -> Entry {
    Entry::of(case.and_then(look))
}

/// Name and addresses of the complainant; `own` where they fill the form in themselves.
pub(super) fn person(words: &Words, case: Option<&FormCase>, own: bool) -> Vec<Part> {
    let person = case.map(FormCase::complainant);
    let erased = person.is_some_and(|p| p.erased_at.is_some());
    let known = person.map(|p| &p.person);
    let field = |id, width, offered, text: Option<&String>| {
        let entry = Entry::unless_erased(text, erased);
        Field::new(words, id, width, entry).autocomplete(if own { offered } else { "off" })
    };
    let name = known.and_then(|p| p.name.as_ref());
    let address = known.and_then(|p| p.address.as_ref());
    let phone = known.and_then(|p| p.phone.as_ref());
    let email = known.and_then(|p| p.email.as_ref());
    vec![
        field("name", Width::Full, "name", name).into(),
        field("address", Width::Full, "street-address", address)
            .rows(if own { 2 } else { 1 })
            .into(),
        field("phone", Width::Half, "tel", phone).into(),
        field("email", Width::Half, "email", email).into(),
    ]
}

/// Product and lot.
pub(super) fn product(words: &Words, case: Option<&FormCase>) -> [Part; 2] {
    let product = known(case, |c| c.file().product.clone());
    let lot = known(case, |c| c.file().lot.clone());
    [
        Field::new(words, "product", Width::Half, product).into(),
        Field::new(words, "lot", Width::Half, lot).into(),
    ]
}

/// When it was sold.
pub(super) fn sold_on(words: &Words, case: Option<&FormCase>) -> Part {
    let day = known(case, |c| {
        c.file().registration.sold_on.map(|day| words.date(day))
    });
    Field::new(words, "sold_on", Width::Third, day).into()
}

/// When it was made.
pub(super) fn produced_on(words: &Words, case: Option<&FormCase>) -> Part {
    let day = known(case, |c| {
        c.file().registration.produced_on.map(|day| words.date(day))
    });
    Field::new(words, "produced_on", Width::Third, day).into()
}

/// The complaint in the complainant's words and language.
pub(super) fn description(words: &Words, case: Option<&FormCase>, rows: u8) -> Part {
    let text = case.map_or(Entry::Blank, FormCase::narrative);
    let language = case.map(|c| c.file().registration.language);
    let language = language.filter(|_| matches!(text, Entry::Known(_)));
    Field::new(words, "description", Width::Full, text)
        .rows(rows)
        .language(language)
        .into()
}

/// The remedy sought, where the register has one.
pub(super) fn remedy_sought(case: Option<&FormCase>) -> Option<Response> {
    case.and_then(|c| c.file().registration.remedy_sought)
}

/// Whether a remedy is sought. That none was recorded does not mean that none is.
pub(super) fn is_remedy_sought(words: &Words, case: Option<&FormCase>, width: Width) -> Part {
    let known = remedy_sought(case).map(|_| true);
    Choice::yes_no(words, "remedy_sought", width, known).into()
}

/// A row without anything in it.
pub(super) fn blank_row(head: String, cells: usize) -> Row {
    Row {
        head,
        cells: vec![Entry::Blank; cells],
    }
}
