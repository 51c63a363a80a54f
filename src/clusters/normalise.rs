//! From a complaint as typed to plain words: what two people who mean the same would both have written.
//!
//! Letters are folded to their base (ş, s; ё, е; İ, ı, I, i), since customers type Turkish with and without its letters;
//! markup, quoted mail and signatures are left out; figures of three digits and more, addresses and masks
//! become one word each. No language is detected: the same rule serves every alphabet.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Bytes of a text that are read; what follows no longer changes what a complaint is about.
pub const LONGEST_TEXT: usize = 20_000;
/// Letters of a word that are read.
const LONGEST_WORD: usize = 40;

/// The word that stands for a figure of three digits or more.
const FIGURE: &str = "#";
/// The word that stands for an address of the web or of mail.
const ADDRESS: &str = "@";
/// The word that stands for a masked passage.
const MASK: &str = "*";

/// Reads texts as words; keeps its buffers between texts.
#[derive(Debug, Default)]
pub struct Normaliser {
    kept: String,
    word: String,
}

impl Normaliser {
    /// Gives every word of a text in its order.
    pub fn each_word(&mut self, text: &str, mut take: impl FnMut(&str)) {
        let text = cut_at(text, LONGEST_TEXT);
        self.kept.clear();
        own_words(text, &mut self.kept);
        for token in Tokens::of(&self.kept) {
            match token {
                Token::Address => take(ADDRESS),
                Token::Mask => take(MASK),
                Token::Run(run) => run_to_words(run, &mut self.word, &mut take),
            }
        }
    }
}

/// A text's start, at most `most` bytes, cut between letters.
fn cut_at(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    &text[..end]
}

/// Words that end the line above a quoted mail: "on Tuesday the desk wrote:".
const QUOTE_LEADS: [&str; 7] = [
    "wrote:",
    "writes:",
    "yazdı:",
    "yazdi:",
    "написал:",
    "написала:",
    "пишет:",
];

/// The sender's own lines without markup: no quoted mail, no signature. The whole text when nothing else is left.
fn own_words(text: &str, kept: &mut String) {
    if !text.contains('\n') && !text.contains('<') && !text.contains('&') {
        kept.push_str(text);
        return;
    }
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with('>') {
            continue;
        }
        let frame = bare.starts_with("--") && (bare == "--" || bare.ends_with("--"));
        let lead = bare.ends_with(':') && QUOTE_LEADS.iter().any(|end| bare.ends_with(end));
        if (frame || lead) && !kept.trim().is_empty() {
            break;
        }
        strip_markup(line, kept);
        kept.push('\n');
    }
    if kept.trim().is_empty() {
        kept.clear();
        strip_markup(text, kept);
    }
}

/// Leaves out tags and named entities; a lone `<` or `&` stays.
fn strip_markup(text: &str, kept: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        kept.push_str(&rest[..at]);
        let tail = &rest[at..];
        let (opening, closing, longest) = match tail.starts_with('<') {
            true => (
                tail[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'),
                '>',
                500,
            ),
            false => (
                tail[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '#'),
                ';',
                10,
            ),
        };
        match tail.find(closing) {
            Some(end) if opening && end <= longest => {
                kept.push(' ');
                rest = &tail[end + 1..];
            }
            _ => {
                kept.push(' ');
                rest = &tail[1..];
            }
        }
    }
    kept.push_str(rest);
}

enum Token<'a> {
    Address,
    Mask,
    /// Letters, digits and apostrophes.
    Run(&'a str),
}

/// Cuts a text at its blanks, and each piece into runs of letters and digits.
struct Tokens<'a> {
    pieces: std::str::SplitWhitespace<'a>,
    piece: &'a str,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Self {
        Tokens {
            pieces: text.split_whitespace(),
            piece: "",
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.piece.is_empty() {
                let piece = self.pieces.next()?;
                if is_address(piece) {
                    return Some(Token::Address);
                }
                if is_mask(piece) {
                    return Some(Token::Mask);
                }
                self.piece = piece;
            }
            let start = self.piece.find(char::is_alphanumeric);
            let Some(start) = start else {
                self.piece = "";
                continue;
            };
            let from = &self.piece[start..];
            let end = from.find(|c| !belongs(c)).unwrap_or(from.len());
            self.piece = &from[end..];
            return Some(Token::Run(&from[..end]));
        }
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{02bc}' | '`')
}

fn belongs(c: char) -> bool {
    c.is_alphanumeric() || is_apostrophe(c) || is_combining_mark(c)
}

fn is_address(piece: &str) -> bool {
    piece.contains("://")
        || piece.starts_with("www.")
        || piece
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// `[phone]`, `<email>`, `***`, `XXXX`: what an anonymiser leaves behind.
fn is_mask(piece: &str) -> bool {
    let bare = piece.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    (bare.starts_with('[') && bare.ends_with(']') && bare.len() > 2)
        || (bare.len() >= 3 && bare.chars().all(|c| c == '*'))
        || (bare.len() >= 3 && bare.chars().all(|c| c == 'X'))
}

/// Folds a run to its base letters and gives it as a word: what follows an apostrophe is a suffix
/// (Ankara'da, driver's), what precedes it an article when it is a single letter (l'eau).
fn run_to_words(run: &str, word: &mut String, take: &mut impl FnMut(&str)) {
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
    split_figures(word, take);
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

/// Parts letters from digits; three digits and more become one word, scripts without blanks pairs of letters.
fn split_figures(word: &str, take: &mut impl FnMut(&str)) {
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
        if numeric && part.chars().nth(2).is_some() {
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

    fn words(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        Normaliser::default().each_word(text, |word| found.push(word.to_owned()));
        found
    }

    #[test]
    fn turkish_with_and_without_its_letters_is_the_same() {
        assert_eq!(
            words("IŞIK İĞNE ılık çözüldü"),
            ["isik", "igne", "ilik", "cozuldu"]
        );
        assert_eq!(
            words("isik igne ilik cozuldu"),
            words("IŞIK İĞNE ılık çözüldü")
        );
        assert_eq!(words("i\u{307}stanbul"), ["istanbul"]);
    }

    #[test]
    fn russian_yo_is_ye_and_case_goes() {
        assert_eq!(words("Всё ЕЩЁ течёт"), words("все еще течет"));
    }

    #[test]
    fn an_apostrophe_cuts_the_suffix() {
        assert_eq!(
            words("Ankara'da Gebze’den driver's l'eau"),
            ["ankara", "gebze", "driver", "eau"]
        );
    }

    #[test]
    fn figures_addresses_and_masks_are_one_word_each() {
        assert_eq!(
            words("lot G2408-03, 12 tins, see https://a.example/x?y or a.b@c.example [phone] XXXX"),
            [
                "lot", "g", "#", "03", "12", "tins", "see", "@", "or", "@", "*", "*"
            ]
        );
    }

    #[test]
    fn markup_goes_and_a_lone_sign_stays_harmless() {
        assert_eq!(
            words("<p>paint &amp; <b>lid</b></p> 3 < 4"),
            ["paint", "lid", "3", "4"]
        );
    }

    #[test]
    fn quoted_mail_and_signatures_are_not_the_complaint() {
        let mail = "The lid leaks.\n> earlier words\n-- \nTom\n12 High Street";
        assert_eq!(words(mail), ["the", "lid", "leaks"]);
        let reply = "Kapak akıtıyor.\nSalı günü destek yazdı:\nyanıtımız";
        assert_eq!(words(reply), ["kapak", "akitiyor"]);
        assert_eq!(words("> only quoted"), ["only", "quoted"]);
    }

    #[test]
    fn scripts_without_blanks_are_read_in_pairs() {
        assert_eq!(words("油漆起皱"), ["油漆", "漆起", "起皱"]);
    }

    #[test]
    fn rubbish_ends_and_long_texts_are_cut() {
        assert!(words("\u{0}\u{fffd}🙂🙂 ---").is_empty());
        let long = "abc ".repeat(100_000);
        assert_eq!(words(&long).len(), LONGEST_TEXT / 4);
        let wide = "я".repeat(LONGEST_TEXT);
        assert_eq!(words(&wide).len(), 1);
    }
}
