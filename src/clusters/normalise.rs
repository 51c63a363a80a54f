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
        self.each_piece(text, |piece| {
            if let Piece::Word(word) = piece {
                take(word);
            }
        });
    }

    /// Gives every word of a text in its order, and where its sentences and lines end.
    pub fn each_piece(&mut self, text: &str, mut take: impl FnMut(Piece<'_>)) {
        let text = cut_at(text, LONGEST_TEXT);
        self.kept.clear();
        own_words(&text[..end_of_own(text)], &mut self.kept);
        for line in self.kept.split('\n') {
            for token in Tokens::of(line) {
                match token {
                    Token::Address => take(Piece::Word(ADDRESS)),
                    Token::Mask => take(Piece::Word(MASK)),
                    Token::End => take(Piece::End),
                    Token::Run(run) => {
                        run_to_words(run, &mut self.word, &mut |word| take(Piece::Word(word)));
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

/// Words that must come before a mark within a line, for what follows to be no longer the complaint.
const LEAST_SAID: usize = 3;
/// Letters between the dashes of "----- Original Message -----".
const LONGEST_FRAME: usize = 60;
/// Words of the line above a quoted mail that are left out with it.
const LONGEST_LEAD: usize = 12;

/// Where the sender's own words end for a mark within a line: registers keep mails in one line, with " / " or a
/// blank for each line break. The whole length when there is no such mark.
fn end_of_own(text: &str) -> usize {
    if text.trim_start().starts_with('>') {
        return text.len();
    }
    let mut last = 0_u8;
    for (at, byte) in text.bytes().enumerate() {
        let end = match byte {
            b'-' if last != b'-' => frame_or_signature(text, at),
            b'>' => quote(text, at),
            b':' => lead(text, at),
            _ => None,
        };
        last = byte;
        if let Some(end) = end
            && says_something(&text[..end])
        {
            return end;
        }
    }
    text.len()
}

fn says_something(text: &str) -> bool {
    text.split_whitespace()
        .filter(|piece| piece.contains(char::is_alphanumeric))
        .nth(LEAST_SAID - 1)
        .is_some()
}

/// "-----Original Message-----" with a line break or a mail's field after it, or "-- " on a line of its own.
fn frame_or_signature(text: &str, at: usize) -> Option<usize> {
    let (before, from) = text.split_at(at);
    let after = from.trim_start_matches('-');
    match from.len() - after.len() {
        1 => None,
        2 => {
            let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
            let alone = blank(before.chars().next_back()) && blank(after.chars().next());
            let breaks = ends_with_break(before) || after.trim().is_empty() || has_break(after);
            let closes = ends_sentence(before.trim_end()) && text.matches("--").nth(1).is_none();
            (alone && (breaks || closes)).then_some(at)
        }
        _ => {
            let words = &after[..after.find(['-', '\n'])?];
            let tail = &after[words.len()..];
            let rest = tail.trim_start_matches('-');
            let framed = tail.len() - rest.len() >= 3
                && words.contains(char::is_alphabetic)
                && !words.contains(" / ")
                && words.chars().count() <= LONGEST_FRAME;
            let mail = rest.trim().is_empty()
                || has_break(rest)
                || rest
                    .split_whitespace()
                    .take(2)
                    .any(|piece| piece.ends_with(':'));
            (framed && mail).then_some(at)
        }
    }
}

/// A quoted line: ">" after a break, or with such a one further on. Lines that are still lines are seen to elsewhere.
fn quote(text: &str, at: usize) -> Option<usize> {
    let (before, from) = text.split_at(at);
    if !before.ends_with(char::is_whitespace) || before.trim_end_matches(' ').ends_with('\n') {
        return None;
    }
    (ends_with_break(before) || from.contains(" / >") || from.contains("\n>")).then_some(at)
}

/// "On Tuesday the desk wrote:" with the quoted lines after it, from the sentence's start.
fn lead(text: &str, at: usize) -> Option<usize> {
    let (before, after) = text.split_at(at + 1);
    let quoted = after.trim_start_matches(' ').starts_with('>') || has_break(after);
    if !quoted || !QUOTE_LEADS.iter().any(|end| before.ends_with(end)) {
        return None;
    }
    let mut head = before;
    for _ in 0..LONGEST_LEAD {
        head = &head[..head.rfind(char::is_whitespace).map_or(0, |blank| {
            blank + head[blank..].chars().next().map_or(0, char::len_utf8)
        })];
        if ends_with_break(head) || ends_sentence(head.trim_end()) {
            break;
        }
        head = head.trim_end();
    }
    Some(head.len())
}

/// Whether a line ended before what comes next; nothing before it counts as one.
fn ends_with_break(before: &str) -> bool {
    let bare = before.trim_end_matches([' ', '\t']);
    bare.is_empty() || bare.ends_with('\n') || bare == "/" || bare.ends_with(" /")
}

fn has_break(after: &str) -> bool {
    let bare = after.trim_start_matches([' ', '\t', '\r']);
    bare.starts_with('\n') || bare.starts_with("/ ") || bare == "/"
}

/// Whether a sentence ends here; an initial ("I. Lapteva") does not end one.
fn ends_sentence(head: &str) -> bool {
    let last = head.rsplit(char::is_whitespace).next().unwrap_or_default();
    closes(last)
        && last
            .chars()
            .filter(|c| c.is_alphanumeric())
            .nth(2)
            .is_some()
}

/// Whether a piece between blanks ends a sentence or line.
fn closes(piece: &str) -> bool {
    piece == "/"
        || piece
            .trim_end_matches(['"', '\'', ')', ']', '\u{bb}', '\u{201d}', '\u{2019}'])
            .ends_with([
                '.', '!', '?', ';', '\u{2026}', '\u{3002}', '\u{ff01}', '\u{ff1f}',
            ])
}

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

/// `[phone]`, `<email>`, `***`, a row of X: what an anonymiser leaves behind.
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
    fn a_folded_text_keeps_its_signs_and_loses_its_case() {
        let mut folded = String::from("what was here before");
        fold("Şikâyet: IŞIĞI kırık, Всё ПОДЪЁМНИК №7!", &mut folded);
        assert_eq!(folded, "sikayet: isigi kirik, все подъемник no7!");
        fold("I\u{307}ZM\u{130}R", &mut folded);
        assert_eq!(folded, "izmir");
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
    fn mails_behind_a_text_in_one_line_are_not_the_complaint() {
        let own = [
            "Kapak halıya akıtıyor. Sevgi Karadut",
            "Крышка протекает на ковёр. Ирина",
            "The lid leaks over the carpet. Tom",
        ];
        let tails = [
            "-----Özgün İleti----- / Kimden: Destek / Konu: Başvurunuz / Kaydedilmiştir.",
            "---------- Yönlendirilen ileti ---------- / Kimden: Şantiye / Konu: boya",
            "-----Исходное сообщение----- / От: Отдел / Тема: Обращение / Принято.",
            "---------- Пересылаемое сообщение ---------- / От: магазин / Тема: Fwd",
            "-----Original Message----- / From: Desk / Sent: Monday / Received.",
            "-----Original Message----- From: Desk Sent: Monday Received.",
            "-- / Mimar Aylin / KVKK aydınlatma metnimize bakınız",
            "/ -- / ООО Рыжий валик / тел. 1234567",
            "> Geçen haftaki yazınız: / > Konu inceleniyor. / > Destek",
            "> Ваш запрос зарегистрирован. / > Не отвечайте на письмо.",
            "/ > one quoted line",
        ];
        for own in own {
            for tail in tails {
                assert_eq!(words(&format!("{own} {tail}")), words(own), "{tail}");
            }
        }
        assert_eq!(
            words("The lid leaks. -- Quarmley & Daughter, Unit 6"),
            ["the", "lid", "leaks"]
        );
        let leads = [
            "12 Mart günü saat 16:40'ta müşteri hizmetleri yazdı: / > iyi günler",
            "12 мая в 09:41 Ирина Л. написала: / > Добрый день.",
            "On Tuesday the support desk wrote: / > Dear customer,",
        ];
        for lead in leads {
            let text = format!("The lid leaks over the carpet. {lead}");
            assert_eq!(words(&text), words("The lid leaks over the carpet."));
        }
    }

    #[test]
    fn dashes_signs_and_reports_of_what_was_written_stay() {
        let whole = [
            "the paint -- the green one -- peeled off the wall",
            "press File > Save and the print is blank",
            "a Delta E > 3 between two lots",
            "we told you --- more than once --- that it leaks",
            "the desk wrote: we cannot help you, and left",
            "Sorun sürüyor ve destek bana yazdı: bekleyin",
        ];
        for text in whole {
            let plain = text.replace(['-', '>', ':', ','], " ");
            assert_eq!(words(text), words(&plain));
        }
        let forwarded = "---------- Forwarded message ---------- / From: Ann / The lid leaks.";
        assert!(words(forwarded).ends_with(&["the", "lid", "leaks"].map(str::to_owned)));
        let quoted = "> only quoted words here / > and more of them";
        assert_eq!(words(quoted).len(), 8);
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
