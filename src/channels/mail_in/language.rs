//! In which of the register's languages a text is written, told by its letters and its commonest words.

use redress_domain::vocabulary::Language;

/// Common words of Turkish, with its letters and as they are typed without them.
const TURKISH: [&str; 46] = [
    "ve",
    "bir",
    "bu",
    "için",
    "icin",
    "ile",
    "çok",
    "cok",
    "değil",
    "degil",
    "ama",
    "var",
    "yok",
    "merhaba",
    "merhabalar",
    "sayın",
    "sayin",
    "ben",
    "bana",
    "benim",
    "lütfen",
    "lutfen",
    "ederim",
    "ederiz",
    "rica",
    "olarak",
    "daha",
    "sonra",
    "gün",
    "gun",
    "geldi",
    "ürün",
    "urun",
    "sipariş",
    "siparis",
    "teşekkürler",
    "tesekkurler",
    "şikayet",
    "sikayet",
    "kadar",
    "hala",
    "iyi",
    "olan",
    "oldu",
    "tarafından",
    "konuda",
];

/// Common words of English that Turkish does not have.
const ENGLISH: [&str; 40] = [
    "the", "and", "of", "to", "is", "was", "were", "for", "that", "with", "my", "have", "has",
    "had", "not", "this", "it", "you", "your", "please", "dear", "hello", "hi", "thank", "thanks",
    "are", "been", "we", "would", "i", "but", "from", "they", "which", "will", "when", "there",
    "after", "our", "be",
];

/// Words of a text that are looked at; more would not change the verdict.
const WORDS_READ: usize = 2_000;

/// The language of a text; `None` when it does not show.
pub fn of(text: &str) -> Option<Language> {
    let (mut cyrillic, mut latin) = (0_usize, 0_usize);
    let (mut turkish, mut english) = (0_usize, 0_usize);
    let words = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .take(WORDS_READ);
    for word in words {
        let letters = word.chars().count();
        let of_cyrillic = word.chars().filter(|c| is_cyrillic(*c)).count();
        cyrillic += of_cyrillic;
        latin += letters - of_cyrillic;
        // İ would become two signs, of which the second is seen by no comparison.
        let small = word.replace('İ', "i").to_lowercase();
        let only_turkish = word.contains(['ğ', 'Ğ', 'ş', 'Ş', 'ı', 'İ']);
        if only_turkish || TURKISH.contains(&small.as_str()) {
            turkish += 1;
        } else if ENGLISH.contains(&small.as_str()) {
            english += 1;
        }
    }
    if cyrillic > latin {
        return Some(Language::Ru);
    }
    match turkish.cmp(&english) {
        std::cmp::Ordering::Greater => Some(Language::Tr),
        std::cmp::Ordering::Less => Some(Language::En),
        std::cmp::Ordering::Equal => None,
    }
}

const fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_languages_are_told_apart() {
        for (text, wanted) in [
            ("Karo ikinci gün çatladı.", Language::Tr),
            (
                "Merhaba, siparis ettigim urun hala gelmedi, bilgi rica ederim",
                Language::Tr,
            ),
            ("İADE TALEBİ", Language::Tr),
            (
                "The tiles were cracked and nobody answers my calls.",
                Language::En,
            ),
            ("Плитка Kerama треснула на второй день.", Language::Ru),
            ("ПЛИТКА", Language::Ru),
        ] {
            assert_eq!(of(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn a_text_that_shows_nothing_has_no_language() {
        for text in ["", "12345", "LOT 77-A", "ok"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
