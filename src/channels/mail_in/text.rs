//! The sender's own words in an answer: without the mail it answers, and without a signature.

/// Words at the end of the line above a quoted mail: "On Tuesday the desk wrote:".
const LEADS: [&str; 13] = [
    "wrote:",
    "writes:",
    "yazdı:",
    "yazdi:",
    "şunu yazdı:",
    "şunları yazdı:",
    "написал:",
    "написала:",
    "написал(а):",
    "пишет:",
    "писал:",
    "писала:",
    "писал(а):",
];

/// Fields that stand above a mail that was answered without marks, in three languages.
const FIELDS: [[&str; 4]; 4] = [
    ["from:", "kimden:", "от:", "gönderen:"],
    ["sent:", "gönderildi:", "отправлено:", "gönderme tarihi:"],
    ["to:", "kime:", "кому:", "alıcı:"],
    ["subject:", "konu:", "тема:", "date:"],
];

/// Lines that telephones put under a mail.
const FROM_A_TELEPHONE: [&str; 10] = [
    "sent from my ",
    "get outlook for ",
    "iphone'umdan gönderildi",
    "iphone’umdan gönderildi",
    "ipad'imden gönderildi",
    "ipad’imden gönderildi",
    "android için outlook",
    "отправлено с ",
    "отправлено из ",
    "ios için outlook",
];

/// Lines within which the fields of an answered mail stand.
const FIELDS_WITHIN: usize = 6;

/// Lines that "On Tuesday, 3 March, the desk <…> wrote:" may be broken into.
const LONGEST_LEAD: usize = 3;

/// The words of an answer alone. Where nothing of its own is left, the whole text.
pub fn own_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let end = (0..lines.len())
        .find(|at| ends_own(&lines, *at))
        .unwrap_or(lines.len());
    let mut kept: Vec<&str> = Vec::new();
    for (at, line) in lines[..end].iter().enumerate() {
        let quoted = is_quoted(line) || leads_to_quote(&lines[..end], at);
        if !quoted {
            kept.push(line);
        }
    }
    let own = kept.join("\n").trim().to_owned();
    if own.is_empty() {
        text.trim().to_owned()
    } else {
        own
    }
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// Whether everything from this line on is no longer the sender's.
fn ends_own(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim();
    line == "--"
        || is_frame(line)
        || is_from_a_telephone(lines, at)
        || fields_begin(lines, at)
        || is_rule_above_fields(lines, at)
        || lead_ends(lines, at).is_some_and(|last| nothing_follows(lines, at, last))
}

/// "-----Original Message-----", "----- Özgün İleti -----", "-------- Пересылаемое сообщение --------".
fn is_frame(line: &str) -> bool {
    let inner = line.trim_matches('-');
    let dashes = line.len() - inner.len();
    line.starts_with("---")
        && line.ends_with("---")
        && dashes >= 8
        && inner.chars().any(char::is_alphabetic)
        && inner.chars().count() <= 60
}

/// A drawn line with the fields of the answered mail below.
fn is_rule_above_fields(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim();
    line.len() >= 10
        && line.chars().all(|c| matches!(c, '_' | '-'))
        && lines.get(at + 1).is_some()
        && fields_begin(lines, at + 1)
}

/// The last line of words, when a telephone wrote it.
fn is_from_a_telephone(lines: &[&str], at: usize) -> bool {
    let line = small(lines[at].trim());
    let after = &lines[at + 1..];
    let is_last = after
        .iter()
        .find(|line| !line.trim().is_empty())
        .is_none_or(|line| is_quoted(line) || line.trim().ends_with(':') || is_frame(line.trim()));
    line.chars().count() <= 60
        && is_last
        && FROM_A_TELEPHONE.iter().any(|start| line.starts_with(start))
}

/// Three of the four fields of an answered mail, the first of them here.
fn fields_begin(lines: &[&str], at: usize) -> bool {
    let starts_with = |line: &str, field: &[&str]| {
        let bare = small(line.trim().trim_matches('*'));
        field.iter().any(|name| bare.starts_with(name))
    };
    if !starts_with(lines[at], &FIELDS[0]) {
        return false;
    }
    let near = &lines[at..lines.len().min(at + FIELDS_WITHIN)];
    let found = FIELDS
        .iter()
        .filter(|field| near.iter().any(|line| starts_with(line, *field)))
        .count();
    found >= 3
}

/// The last line of "On Tuesday, 3 March 2026, the desk wrote:", when it begins here.
fn lead_ends(lines: &[&str], at: usize) -> Option<usize> {
    let first = lines[at].trim();
    // A lead names a day or an address in its first line; words before it do not belong to it.
    if is_quoted(first) || !(first.contains('@') || has_time(first) || has_year(first)) {
        return None;
    }
    let last = (at..lines.len().min(at + LONGEST_LEAD)).find(|line| {
        let bare = small(lines[*line].trim());
        LEADS.iter().any(|end| bare.ends_with(end))
    })?;
    let unbroken = lines[at..=last].iter().all(|line| !line.trim().is_empty());
    unbroken.then_some(last)
}

fn has_time(line: &str) -> bool {
    line.as_bytes().windows(4).any(|part| match part {
        [hour, b':', ten, one] => [hour, ten, one].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    })
}

fn has_year(line: &str) -> bool {
    line.as_bytes().windows(4).any(|part| {
        (part.starts_with(b"19") || part.starts_with(b"20")) && part.iter().all(u8::is_ascii_digit)
    })
}

/// Whether this line belongs to a lead with quoted lines right below.
fn leads_to_quote(lines: &[&str], at: usize) -> bool {
    (at.saturating_sub(LONGEST_LEAD - 1)..=at).any(|start| {
        lead_ends(lines, start).is_some_and(|last| {
            last >= at
                && lines[last + 1..]
                    .iter()
                    .find(|line| !line.trim().is_empty())
                    .is_some_and(|line| is_quoted(line))
        })
    })
}

/// Whether nothing of the sender's comes after a lead: quoted lines to the end; or no marks at all, below a lead that is
/// certainly one.
fn nothing_follows(lines: &[&str], first: usize, last: usize) -> bool {
    let after = &lines[last + 1..];
    if after.iter().any(|line| is_quoted(line)) {
        return after
            .iter()
            .all(|line| is_quoted(line) || line.trim().is_empty());
    }
    lines[first..=last]
        .iter()
        .any(|line| line.contains('@') || has_time(line))
}

fn small(text: &str) -> String {
    text.replace('İ', "i").to_lowercase()
}

/// Line breaks as `\n`, no control characters, no blanks at the ends of lines, at most `most` letters.
pub fn tidy(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most * 2));
    for (nth, line) in text.replace("\r\n", "\n").split(['\n', '\r']).enumerate() {
        if nth > 0 {
            out.push('\n');
        }
        let clean = line
            .chars()
            .map(|c| match c {
                '\t' | '\u{a0}' => ' ',
                other => other,
            })
            .filter(|c| !c.is_control() && !super::headers::is_invisible(*c));
        out.extend(clean);
        out.truncate(out.trim_end_matches(' ').len());
    }
    out.trim().chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answered_mail_is_left_out_in_every_manner() {
        for quoted in [
            "On Tue, 3 Mar 2026 at 10:00, Desk <desk@example.org> wrote:\n> Dear customer,\n> please send a photo",
            "On Tue, 3 Mar 2026 at 10:00,\nDesk <desk@example.org>\nwrote:\n\n> Dear customer",
            "Müşteri Hizmetleri <desk@example.org>, 3 Mar 2026 Sal, 10:00 tarihinde şunu yazdı:\n\n> Sayın müşterimiz",
            "вт, 3 мар. 2026 г. в 10:00, Служба <desk@example.org> пишет:\n> Уважаемый клиент",
            "03.03.2026, 10:00, \"Служба\" <desk@example.org> написал(а):\nУважаемый клиент",
            "-----Original Message-----\nFrom: Desk\nDear customer",
            "-----Özgün İleti-----\nKimden: Destek\nSayın müşterimiz",
            "________________________________\nFrom: Desk <desk@example.org>\nSent: Tuesday\nTo: Elif\nSubject: photo\n\nDear customer",
            "Kimden: Destek <desk@example.org>\nGönderildi: 3 Mart 2026 Salı 10:00\nKime: Elif Kaya\nKonu: Fotoğraf\n\nSayın müşterimiz",
            "От: Служба\nОтправлено: 3 марта 2026 г.\nКому: Elif\nТема: фото\n\nУважаемый клиент",
            "*From:* Desk\n*Sent:* Tuesday\n*To:* Elif\n\nDear customer",
        ] {
            let text = format!("Fotoğraf ektedir.\nİyi günler\n\n{quoted}");
            assert_eq!(
                own_words(&text),
                "Fotoğraf ektedir.\nİyi günler",
                "{quoted}"
            );
        }
    }

    #[test]
    fn words_between_and_below_quoted_lines_stay() {
        let text = "On 3 March 2026 Desk wrote:\n> Which lot?\nLot 77\n> Which day?\nMonday";
        assert_eq!(own_words(text), "Lot 77\nMonday");
    }

    #[test]
    fn signatures_are_left_out() {
        assert_eq!(
            own_words("Teşekkürler\n-- \nElif Kaya\n0555 111 22 33"),
            "Teşekkürler"
        );
        assert_eq!(own_words("Evet\n\niPhone'umdan gönderildi"), "Evet");
        assert_eq!(
            own_words("Да, согласен.\n\nОтправлено с iPhone\n> текст"),
            "Да, согласен."
        );
    }

    #[test]
    fn a_complaint_that_only_speaks_of_writing_is_whole() {
        for text in [
            "Sorun sürüyor ve destek bana yazdı:\nbekleyin",
            "Lot 77\n3 Mart 2026'da destek bana yazdı:\nbekleyin",
            "From: is what the label said, nothing else",
            "Отправлено с опозданием: коробка пришла только сегодня, и вот что было внутри\nбой",
            "--- a ---",
            "> only quoted",
        ] {
            assert_eq!(own_words(text), text);
        }
    }

    #[test]
    fn texts_are_tidied() {
        assert_eq!(
            tidy("a \r\nb\0\u{202e}c\rd\t e\u{a0}\n\n", 100),
            "a\nbc\nd  e"
        );
        assert_eq!(tidy("çatlak", 3), "çat");
    }
}
