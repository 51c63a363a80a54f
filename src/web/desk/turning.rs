//! A form of the desk that is shown in another language while it is being filled in: names of codes that were entered
//! in the one language are those of the other, so that none is taken for a new code.

use super::reading::code_of;
use crate::app::App;
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::vocabulary::Language;

/// Fields that take a code of an open list by its name, with the list.
const NAMED: [(&str, &str); 4] = [
    ("category", "categories"),
    ("department", "departments"),
    ("unit", "departments"),
    // Several, with commas between them.
    ("also", "departments"),
];

/// Puts the names of codes in a form into the visit's language. What is no name of a code stays as it was written.
pub fn rename(app: &App, visit: &mut Visit) {
    let words = app.words(visit.language);
    let others: Vec<&Words> = Language::ALL
        .iter()
        .filter(|language| **language != visit.language)
        .map(|language| app.words(*language))
        .collect();
    // The right value of an earlier event's datum stands in a field of its own.
    let mended = visit.form.get("field").to_owned();
    for (name, value) in &mut visit.form.0 {
        let about = match name.as_str() {
            "value" => mended.as_str(),
            name => name,
        };
        let group = NAMED.iter().find(|(field, _)| *field == about);
        if let Some((field, group)) = group {
            *value = match *field {
                "also" => {
                    let each = value.split(',').map(str::trim);
                    let named: Vec<String> = each
                        .map(|one| renamed(words, &others, group, one))
                        .collect();
                    named.join(", ")
                }
                _ => renamed(words, &others, group, value.trim()),
            };
        }
    }
}

/// The name in `words` of the code that a text is the name of in one of the other languages.
fn renamed(words: &Words, others: &[&Words], group: &str, written: &str) -> String {
    let is_code = |code: &str| words.codes(group).any(|known| known == code);
    if written.is_empty() || is_code(&code_of(words, group, written)) {
        return written.to_owned();
    }
    others
        .iter()
        .map(|other| code_of(other, group, written))
        .find(|code| is_code(code))
        .map_or_else(|| written.to_owned(), |code| words.name(group, &code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_code_is_put_into_the_other_language_and_nothing_else_is() {
        let load = |language| Words::load(language).unwrap();
        let (en, tr, ru) = (load(Language::En), load(Language::Tr), load(Language::Ru));
        let cracking = tr.name("categories", "cracking");
        let others = [&en, &tr];
        let put = |written: &str| renamed(&ru, &others, "categories", written);
        assert_ne!(cracking, ru.name("categories", "cracking"));
        assert_eq!(put(&cracking), ru.name("categories", "cracking"));
        assert_eq!(
            put(&cracking.to_uppercase()),
            ru.name("categories", "cracking")
        );
        // A code is known in every language, and stays as it is.
        for same in ["cracking", "Yeni bir tür", "", "çatlama var"] {
            assert_eq!(put(same), same);
        }
    }
}
