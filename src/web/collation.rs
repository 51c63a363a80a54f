//! Names in the order in which a language has its letters, and not in that of their codes: in Turkish ç stands after c
//! and ı before i, in Russian ё stands with е.
//!
//! Orders: the Turkish alphabet (Law 1353 of 1928), with q, w and x where Turkish dictionaries put them; Russian as in
//! Unicode CLDR, where ё differs from е only between words that are otherwise equal. Letters of the page's own script
//! come before those of the other one.

use redress_domain::vocabulary::Language;

/// What a text is sorted by: its letters' places, then, between equals, its own characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Vec<u32>, String);

/// Sorts names and leaves each once.
pub fn sort(language: Language, names: &mut Vec<String>) {
    names.sort_by_cached_key(|name| place(language, name));
    names.dedup();
}

/// Where a text stands among others.
pub fn place(language: Language, text: &str) -> Place {
    let places = text.chars().flat_map(|c| lower(language, c));
    let places = places.map(|c| letter(language, c)).collect();
    Place(places, text.to_owned())
}

const TURKISH: &str = "abcçdefgğhıijklmnoöpqrsştuüvwxyz";
const LATIN: &str = "abcdefghijklmnopqrstuvwxyz";
const CYRILLIC: &str = "абвгдежзийклмнопрстуфхцчшщъыьэюя";

/// Where the letters of the language's own script begin, and those of the other; all that is no letter of either
/// comes before them (blanks, signs, figures) or after (other scripts).
const OWN: u32 = 1_000;
const OTHER: u32 = 2_000;
const REST: u32 = 10_000;

fn lower(language: Language, c: char) -> impl Iterator<Item = char> {
    let turkish = match (language, c) {
        (Language::Tr, 'I') => 'ı',
        (_, 'İ') => 'i',
        (_, c) => c,
    };
    turkish.to_lowercase()
}

fn letter(language: Language, c: char) -> u32 {
    let (own, other) = match language {
        Language::Tr => (TURKISH, CYRILLIC),
        Language::En => (LATIN, CYRILLIC),
        Language::Ru => (CYRILLIC, LATIN),
    };
    let of = |alphabet: &str, first: u32, c: char| {
        let at = alphabet.chars().position(|known| known == c)?;
        Some(first + u32::try_from(at).ok()?)
    };
    let found = |c: char| of(own, OWN, c).or_else(|| of(other, OTHER, c));
    found(c)
        .or_else(|| found(base(c)))
        .unwrap_or_else(|| match u32::from(c) {
            code if c.is_alphabetic() => REST + code,
            code => code.min(OWN - 1),
        })
}

/// The letter with which another one is sorted where the alphabet has it not.
const fn base(c: char) -> char {
    match c {
        'â' | 'à' | 'á' | 'ä' | 'å' | 'ã' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'é' | 'è' | 'ê' | 'ë' | 'ə' => 'e',
        'ğ' => 'g',
        'ı' | 'î' | 'í' | 'ï' => 'i',
        'ñ' => 'n',
        'ö' | 'ô' | 'ó' | 'õ' => 'o',
        'ş' | 'š' => 's',
        'ü' | 'û' | 'ú' => 'u',
        'ž' => 'z',
        'ё' => 'е',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(language: Language, names: &[&str]) -> Vec<String> {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        sort(language, &mut names);
        names
    }

    #[test]
    fn turkish_letters_stand_in_their_alphabet() {
        let names = [
            "Zeynep", "Şule", "Ümit", "Çağla", "Cem", "İbrahim", "Ilgaz", "Ömer", "Deniz", "Suzan",
            "Ozan", "Umut", "ışık", "Çağrı", "Çagla",
        ];
        assert_eq!(
            sorted(Language::Tr, &names),
            [
                "Cem", "Çagla", "Çağla", "Çağrı", "Deniz", "Ilgaz", "ışık", "İbrahim", "Ozan",
                "Ömer", "Suzan", "Şule", "Umut", "Ümit", "Zeynep"
            ]
        );
    }

    #[test]
    fn russian_yo_stands_with_ye_and_short_i_after_i() {
        let names = [
            "Ёлкина",
            "Ермаков",
            "Елагина",
            "Жуков",
            "Ежов",
            "Ион",
            "Йордан",
            "Ayşe",
        ];
        assert_eq!(
            sorted(Language::Ru, &names),
            [
                "Ежов",
                "Елагина",
                "Ёлкина",
                "Ермаков",
                "Жуков",
                "Ион",
                "Йордан",
                "Ayşe"
            ]
        );
    }

    #[test]
    fn in_english_a_turkish_letter_stands_with_its_base() {
        let names = ["Cem", "çetin", "Cevdet", "Deniz", "çetin"];
        assert_eq!(
            sorted(Language::En, &names),
            ["Cem", "çetin", "Cevdet", "Deniz"]
        );
        assert_eq!(
            sorted(Language::Tr, &["Kazan 2", "Kazan", "kazan 1"]),
            ["Kazan", "kazan 1", "Kazan 2"]
        );
    }
}
