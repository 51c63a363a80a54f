//! Masking of personal data in complaint texts before they enter the lake: e-mail addresses, phone,
//! identity and card numbers. Rule-based: a name in the middle of a sentence stays, so the table of
//! narratives is still treated as personal.

use std::borrow::Cow;

/// Digits from which a run is taken for a phone number (national numbers without the leading zero have ten).
const PHONE_DIGITS: usize = 10;
/// Length of a Turkish identity number.
const IDENTITY_DIGITS: usize = 11;
/// Shortest and longest card numbers (ISO/IEC 7812).
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// The text with personal numbers and addresses replaced by what they were.
pub fn mask(text: &str) -> Cow<'_, str> {
    match mask_addresses(text) {
        Cow::Borrowed(text) => mask_numbers(text),
        Cow::Owned(text) => Cow::Owned(mask_numbers(&text).into_owned()),
    }
}

fn mask_addresses(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let bare = word.trim_end();
            // Any of several signs may be the one: `@elif@example.org`.
            let is_address = bare
                .match_indices('@')
                .any(|(at, sign)| at > 0 && bare[at + sign.len()..].contains('.'));
            if is_address {
                word.replace(bare, "[e-mail]")
            } else {
                word.to_owned()
            }
        })
        .collect()
}

fn mask_numbers(text: &str) -> Cow<'_, str> {
    // Most texts have too few digits for any of it, and most of these have too few bytes that could begin one.
    if text.bytes().filter(|b| begins_digit(*b)).count() < PHONE_DIGITS
        || text.chars().filter(|c| digit(*c).is_some()).count() < PHONE_DIGITS
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let starts_number = digit(chars[at]).is_some() || matches!(chars[at], '+' | '(');
        let follows_word = at > 0 && chars[at - 1].is_alphanumeric();
        if !starts_number || follows_word {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let end = number_end(&chars, at);
        let run = &chars[at..end];
        let digits: Vec<u32> = run.iter().filter_map(|c| digit(*c)).collect();
        match kind_of(run, &digits) {
            Some(word) => out.push_str(word),
            None => out.extend(run),
        }
        at = end.max(at + 1);
        if end == at - 1 {
            // A lone sign that starts no number.
            out.push(chars[at - 1]);
        }
    }
    Cow::Owned(out)
}

/// First digits of the scripts in which people type numbers here: Latin, Arabic, Persian, Devanagari, and wide Latin.
const ZEROS: [char; 5] = ['0', '\u{660}', '\u{6f0}', '\u{966}', '\u{ff10}'];

/// Whether a byte of UTF-8 can be the first of a digit: itself a Latin one, or what the other scripts' digits begin with.
const fn begins_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | 0xd9 | 0xdb | 0xe0 | 0xef)
}

/// What a digit counts; nothing for another sign.
fn digit(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    let values = ZEROS
        .iter()
        .filter_map(|zero| u32::from(c).checked_sub(u32::from(*zero)));
    values.min().filter(|value| *value < 10)
}

/// The end of a run of digits with the usual separators between them.
fn number_end(chars: &[char], start: usize) -> usize {
    let mut end = start;
    let mut at = start;
    while at < chars.len() {
        match chars[at] {
            c if digit(c).is_some() => end = at + 1,
            '+' | '(' | ')' | '-' | '.' | '/' | ' ' if at < end + 2 || at == start => {}
            _ => break,
        }
        at += 1;
    }
    end
}

fn kind_of(run: &[char], digits: &[u32]) -> Option<&'static str> {
    let plain = run.iter().all(|c| digit(*c).is_some());
    // Dates and amounts have separators and few digits; they stay.
    if CARD_DIGITS.contains(&digits.len()) && luhn(digits) {
        Some("[card]")
    } else if plain && digits.len() == IDENTITY_DIGITS && digits[0] != 0 {
        Some("[identity]")
    } else if digits.len() >= PHONE_DIGITS {
        Some("[phone]")
    } else {
        None
    }
}

/// The check digit of card numbers (ISO/IEC 7812-1, annex B).
fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::{ZEROS, begins_digit, digit, mask};

    #[test]
    fn personal_numbers_and_addresses_are_masked() {
        assert_eq!(mask("call +90 (532) 111 22 33 now"), "call [phone] now");
        assert_eq!(mask("0532 111 22 33."), "[phone].");
        // Ten digits are the fewest that are masked.
        assert_eq!(mask("532 111 22 33"), "[phone]");
        assert_eq!(mask("532 111 22 3, No. 4"), "532 111 22 3, No. 4");
        assert_eq!(
            mask("mail ali.veli@example.com please"),
            "mail [e-mail] please"
        );
        assert_eq!(mask("TC 12345678901 olan"), "TC [identity] olan");
        assert_eq!(mask("yaz: @elif@example.org"), "yaz: [e-mail]");
        assert_eq!(
            mask("write to a@b@c.example, @home"),
            "write to [e-mail] @home"
        );
        assert_eq!(
            mask("٠٥٣٢ ١١١ ٢٢ ٣٣, ０５３２１１１２２３３"),
            "[phone], [phone]"
        );
        // The example number of ISO/IEC 7812's check digit as card schemes print it for tests.
        assert_eq!(
            mask("card 4111 1111 1111 1111 charged"),
            "card [card] charged"
        );
    }

    #[test]
    fn every_digit_begins_as_one() {
        let mut bytes = [0; 4];
        for zero in ZEROS {
            for value in 0..10 {
                let c = char::from_u32(u32::from(zero) + value).expect("a sign");
                assert_eq!(digit(c), Some(value), "{c}");
                assert!(begins_digit(c.encode_utf8(&mut bytes).as_bytes()[0]), "{c}");
            }
        }
    }

    #[test]
    fn lots_dates_amounts_and_signs_stay() {
        for text in [
            "lot G2405-113, 12 tins, 30.09.2026",
            "order 481516 (second)",
            "+ and ( stay",
            "price 1.250,00 TL",
            "10+5",
            "",
            "ağrı ığdır 5 teneke",
        ] {
            assert_eq!(mask(text), text);
        }
    }
}
