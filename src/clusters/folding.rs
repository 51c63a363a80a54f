//! Letters folded to their base, and runs of them cut into words.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::figures::{Figures, SHORTEST};

/// Letters of a word that are read.
const LONGEST_WORD: usize = 40;

/// The word that stands for the figures that say nothing by themselves.
const FIGURE: &str = "#";

/// Folds the letters of a text to their base, everything else stays: what a search compares, so that `SIKAYET` finds
/// `şikâyet`. The former content of `folded` goes.
pub fn fold(text: &str, folded: &mut String) {
    folded.clear();
    for c in text.chars() {
        match c {
            '\0'..='\u{7f}' => folded.push(c.to_ascii_lowercase()),
            c if is_combining_mark(c) => {}
            c => {
                for base in std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c)) {
                    fold_letter(base, folded);
                }
            }
        }
    }
}

/// Folds a run to its base letters and gives it as a word: what follows an apostrophe is a suffix
/// (Ankara'da, driver's), what precedes it an article when it is a single letter (l'eau).
pub(super) fn run_to_words(
    run: &str,
    figures: &Figures,
    word: &mut String,
    take: &mut impl FnMut(&str),
) {
    let mut stem = run.trim_matches(is_apostrophe);
    if let Some((before, after)) = stem.split_once(is_apostrophe) {
        stem = match before.chars().nth(1) {
            Some(_) => before,
            None => after,
        };
    }
    word.clear();
    if stem.is_ascii() {
        word.extend(
            stem.chars()
                .take(LONGEST_WORD)
                .map(|c| c.to_ascii_lowercase()),
        );
    } else {
        let base = stem
            .nfkd()
            .filter(|c| !is_combining_mark(*c))
            .take(LONGEST_WORD);
        for c in base {
            fold_letter(c, word);
        }
    }
    split_figures(word, figures, take);
}

pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{02bc}' | '`')
}

fn fold_letter(c: char, word: &mut String) {
    match c {
        'ı' => word.push('i'),
        'ß' | 'ẞ' => word.push_str("ss"),
        'ø' | 'Ø' => word.push('o'),
        'ł' | 'Ł' => word.push('l'),
        'đ' | 'Đ' | 'ð' => word.push('d'),
        'æ' | 'Æ' => word.push_str("ae"),
        'œ' | 'Œ' => word.push_str("oe"),
        other => word.extend(other.to_lowercase().filter(|c| !is_combining_mark(*c))),
    }
}

/// Parts letters from digits; figures that no texts share become one word, scripts without blanks pairs of letters.
fn split_figures(word: &str, figures: &Figures, take: &mut impl FnMut(&str)) {
    if word.is_empty() {
        return;
    }
    let digits = |c: char| c.is_numeric();
    if !word.contains(digits) {
        if word.chars().next().is_some_and(is_unspaced) {
            pairs(word, take);
        } else {
            take(word);
        }
        return;
    }
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let numeric = first.is_numeric();
        let end = rest
            .find(|c: char| c.is_numeric() != numeric)
            .unwrap_or(rest.len());
        let part = &rest[..end];
        if numeric && part.chars().nth(SHORTEST - 1).is_some() && !figures.holds(part) {
            take(FIGURE);
        } else {
            take(part);
        }
        rest = &rest[end..];
    }
}

/// Han, kana, Thai, Khmer, Lao and Burmese letters are written without blanks between words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

fn pairs(run: &str, take: &mut impl FnMut(&str)) {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).collect();
    if starts.len() < 3 {
        take(run);
        return;
    }
    for (place, start) in starts.iter().enumerate().take(starts.len() - 1) {
        let end = starts.get(place + 2).copied().unwrap_or(run.len());
        take(&run[*start..end]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_text_keeps_its_signs_and_loses_its_case() {
        let mut folded = String::from("what was here before");
        fold("Şikâyet: IŞIĞI kırık, Всё ПОДЪЁМНИК №7!", &mut folded);
        assert_eq!(folded, "sikayet: isigi kirik, все подъемник no7!");
        fold("I\u{307}ZM\u{130}R", &mut folded);
        assert_eq!(folded, "izmir");
    }
}
