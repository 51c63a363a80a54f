//! From a complaint as typed to plain words: what two people who mean the same would both have written.
//!
//! Letters are folded to their base (ş, s; ё, е; İ, ı, I, i), since customers type Turkish with and without its letters;
//! markup, quoted mail and signatures are left out; addresses, masks and figures that no other texts share
//! become one word each. No language is detected: the same rule serves every alphabet.

use std::sync::Arc;

use unicode_normalization::char::is_combining_mark;

use super::figures::Figures;
pub use super::folding::fold;
use super::folding::{is_apostrophe, run_to_words};
use super::own_words::{closes, end_of_own, own_words};

/// Bytes of a text that are read; what follows no longer changes what a complaint is about.
pub const LONGEST_TEXT: usize = 20_000;

/// The word that stands for an address of the web or of mail.
const ADDRESS: &str = "@";
/// The word that stands for a masked passage.
const MASK: &str = "*";

/// Reads texts as words; keeps its buffers between texts.
#[derive(Debug, Default)]
pub struct Normaliser {
    figures: Arc<Figures>,
    kept: String,
    word: String,
}

impl Normaliser {
    /// Reads these figures as words of their own; the default one knows none.
    pub fn with(figures: &Arc<Figures>) -> Self {
        Normaliser {
            figures: Arc::clone(figures),
            ..Normaliser::default()
        }
    }

    /// Gives every word of a text in its order.
    pub fn each_word(&mut self, text: &str, mut take: impl FnMut(&str)) {
        self.each_piece(text, |piece| {
            if let Piece::Word(word) = piece {
                take(word);
            }
        });
    }

    /// Gives every word of a text in its order, and where its sentences and lines end.
    pub fn each_piece(&mut self, text: &str, mut take: impl FnMut(Piece<'_>)) {
        let text = read_part(text);
        self.kept.clear();
        own_words(&text[..end_of_own(text)], &mut self.kept);
        for line in self.kept.split('\n') {
            for token in Tokens::of(line) {
                match token {
                    Token::Address => take(Piece::Word(ADDRESS)),
                    Token::Mask => take(Piece::Word(MASK)),
                    Token::End => take(Piece::End),
                    Token::Run(run) => {
                        run_to_words(run, &self.figures, &mut self.word, &mut |word| {
                            take(Piece::Word(word));
                        });
                    }
                }
            }
            take(Piece::End);
        }
    }
}

/// A part of a text as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Word(&'a str),
    /// The end of a sentence or line; several may follow one another.
    End,
}

/// The part of a text that is read.
pub(super) fn read_part(text: &str) -> &str {
    cut_at(text, LONGEST_TEXT)
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

enum Token<'a> {
    Address,
    Mask,
    /// Letters, digits and apostrophes.
    Run(&'a str),
    /// A sentence ends.
    End,
}

/// Cuts a text at its blanks, and each piece into runs of letters and digits.
struct Tokens<'a> {
    pieces: std::str::SplitWhitespace<'a>,
    piece: &'a str,
    /// Whether the piece ends a sentence.
    ends: bool,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Self {
        Tokens {
            pieces: text.split_whitespace(),
            piece: "",
            ends: false,
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.piece.is_empty() {
                if std::mem::take(&mut self.ends) {
                    return Some(Token::End);
                }
                let piece = self.pieces.next()?;
                self.ends = closes(piece);
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

/// `[phone]`, `<email>`, `***`, a row of X: what an anonymiser leaves behind.
fn is_mask(piece: &str) -> bool {
    let bare = piece.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    (bare.starts_with('[') && bare.ends_with(']') && bare.len() > 2)
        || (bare.len() >= 3 && bare.chars().all(|c| c == '*'))
        || (bare.len() >= 3 && bare.chars().all(|c| c == 'X'))
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
            words(&format!(
                "lot G2408-03, 12 tins, see https://a.example/x?y or a.b@c.example [phone] {}",
                "X".repeat(4)
            )),
            [
                "lot", "g", "#", "03", "12", "tins", "see", "@", "or", "@", "*", "*"
            ]
        );
    }

    #[test]
    fn a_figure_that_texts_share_is_a_word_of_its_own() {
        let input = |text| crate::corpus::Input {
            text,
            gate: 0,
            word: 0,
        };
        let figures = Arc::new(Figures::shared(&[
            input("2408"),
            input("lot 2408"),
            input("G2408"),
        ]));
        let mut found = Vec::new();
        Normaliser::with(&figures).each_word("lot G2408-03, order 2409", |word| {
            found.push(word.to_owned())
        });
        assert_eq!(found, ["lot", "g", "2408", "03", "order", "#"]);
    }

    #[test]
    fn sentences_and_lines_have_ends() {
        let mut segments = vec![0];
        Normaliser::default().each_piece("One two. Three (four!) five / six\nseven 3.5", |piece| {
            match piece {
                Piece::Word(_) => *segments.last_mut().expect("one") += 1,
                Piece::End => segments.push(0),
            }
        });
        segments.retain(|words| *words > 0);
        assert_eq!(segments, [2, 2, 1, 1, 3]);
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
