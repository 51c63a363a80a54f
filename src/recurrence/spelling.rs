//! How complainants spell a word: their tokens as the search reads them, and as a label shows them.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use redress_clusters::corpus::Corpus;
use redress_clusters::normalise::Normaliser;

/// Reads tokens as the search does, each once: people use the same words again.
pub(super) struct Reader {
    normaliser: Normaliser,
    known: FxHashMap<Box<str>, Vec<Box<str>>>,
}

impl Reader {
    pub fn of(corpus: &Corpus) -> Self {
        Reader {
            normaliser: Normaliser::with(&corpus.figures),
            known: FxHashMap::default(),
        }
    }

    /// Tokens that are remembered.
    const MOST: usize = 1 << 16;

    /// The words of a token as the search folds them.
    pub fn words_of(&mut self, token: &str) -> &[Box<str>] {
        if !self.known.contains_key(token) {
            if self.known.len() == Self::MOST {
                self.known.clear();
            }
            let mut words = Vec::new();
            let normaliser = &mut self.normaliser;
            normaliser.each_word(token, |word| words.push(word.into()));
            self.known.insert(token.into(), words);
        }
        self.known.get(token).map_or(&[], Vec::as_slice)
    }
}

/// How often each spelling of a word was seen.
pub(super) type Spellings = BTreeMap<String, usize>;

/// A word as it is written within a sentence; words in capitals are left as they are, since their small letters depend
/// on the language (I, ı, i).
pub(super) fn uncapitalised(token: &str) -> String {
    if is_capitals(token) {
        return token.to_owned();
    }
    let mut letters = token.chars();
    match letters.next() {
        Some('I') => match small_i(letters.as_str()) {
            Some(first) => format!("{first}{}", letters.as_str()),
            None => token.to_owned(),
        },
        None => token.to_owned(),
        Some('İ') => format!("i{}", letters.as_str()),
        Some(first) => first.to_lowercase().chain(letters).collect(),
    }
}

/// The small letter of an I before the rest of its word: ı in Turkish, where the word has it, and i elsewhere. Vowel
/// harmony tells: only a or ı follows an ı (Lewis, Turkish Grammar, 2000, chapter I), so before any other vowel it
/// is an i in every language. Before an a, or without a vowel, the word does not tell.
fn small_i(rest: &str) -> Option<char> {
    let vowel = rest.chars().find(|c| "aeıioöuü".contains(*c))?;
    match vowel {
        'a' => None,
        'ı' => Some('ı'),
        _ => Some('i'),
    }
}

pub(super) fn is_capitals(token: &str) -> bool {
    token.chars().nth(1).is_some() && !token.chars().any(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capital_i_becomes_the_small_letter_that_its_word_has() {
        assert_eq!(uncapitalised("Ilgili"), "ilgili");
        assert_eq!(uncapitalised("Işık"), "ışık");
        assert_eq!(uncapitalised("Invoice"), "invoice");
        assert_eq!(uncapitalised("İade"), "iade");
        // Islak or Install: only the language tells.
        assert_eq!(uncapitalised("Islak"), "Islak");
    }
}
