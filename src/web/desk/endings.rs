//! Words without their endings, for whoever searches: a door is sought as "doors", "kapılar" or "двери", and was written
//! of in another case.
//!
//! What is cut is one ending of a noun or adjective, or the commonest of an English verb; too much rather than too
//! little, since a search that finds nothing helps nobody.

use redress_clusters::normalise::fold;

/// The fewest letters that stay.
const LEAST: usize = 4;

/// Cases and plurals of Turkish nouns, and possessives.
const TURKISH: &str = "larının lerinin larını lerini larına lerine larında lerinde larından lerinden ların lerin ları leri \
                       lar ler nın nin nun nün ndan nden dan den tan ten nda nde da de ta te yı yi yu yü nı ni nu nü \
                       sı si su sü ın in un ün ya ye na ne ı i u ü a e";
/// Cases and plurals of Russian nouns and adjectives.
const RUSSIAN: &str = "ами ями ыми ими ого его ому ему ов ев ей ам ям ах ях ою ею ью ом ем ой ый ий ая яя ое ее ую юю \
                       ых их ым им ия ии ию а я ы и у ю е о ь";
const ENGLISH: &str = "ing ed es s";

/// A folded word without its longest ending, as long as enough of it stays; a number or an address as it is.
pub(super) fn without_ending(word: &str) -> &str {
    if !word.chars().all(char::is_alphabetic) {
        return word;
    }
    let mut ending = String::new();
    [TURKISH, RUSSIAN, ENGLISH]
        .iter()
        .flat_map(|endings| endings.split_whitespace())
        .filter_map(|written| {
            fold(written, &mut ending);
            word.strip_suffix(ending.as_str())
        })
        .filter(|stem| stem.chars().count() >= LEAST)
        .min_by_key(|stem| stem.len())
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stem(word: &str) -> String {
        let mut folded = String::new();
        fold(word, &mut folded);
        without_ending(&folded).to_owned()
    }

    #[test]
    fn the_cases_of_a_word_have_one_stem() {
        for forms in [
            &["kapılar", "kapının", "kapıda", "kapılarından"][..],
            &["дверь", "двери", "дверью", "дверей", "дверями"],
            &["door", "doors"],
            &["leak", "leaks", "leaking", "leaked"],
        ] {
            let first = stem(forms[0]);
            for form in forms {
                assert_eq!(stem(form), first, "{form}");
            }
        }
    }

    #[test]
    fn short_words_numbers_and_addresses_stay_whole() {
        for word in ["kapi", "elif", "l-77", "4711", "ali@example.org", ""] {
            assert_eq!(stem(word), word);
        }
    }
}
