//! What of a text are the sender's own words: no markup, no quoted mail, no signature.

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
pub(super) fn end_of_own(text: &str) -> usize {
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

/// The sender's own lines without markup: no quoted mail, no signature. The whole text when nothing else is left.
pub(super) fn own_words(text: &str, kept: &mut String) {
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
pub(super) fn closes(piece: &str) -> bool {
    piece == "/"
        || piece
            .trim_end_matches(['"', '\'', ')', ']', '\u{bb}', '\u{201d}', '\u{2019}'])
            .ends_with([
                '.', '!', '?', ';', '\u{2026}', '\u{3002}', '\u{ff01}', '\u{ff1f}',
            ])
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

#[cfg(test)]
mod tests {
    use crate::normalise::Normaliser;

    fn words(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        Normaliser::default().each_word(text, |word| found.push(word.to_owned()));
        found
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
}
