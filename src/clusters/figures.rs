//! Figures that say what a complaint is about: a recall, an article, a lot, the number of an error.
//!
//! Most figures of three digits and more in complaints are orders, telephones and amounts, each nearly its
//! own, and become one word together. One that stands in several texts names something that these share, and is a word
//! like others; where it is chance, it is one word among many. The full search finds them, and nights go on with them.

use rayon::prelude::*;

use super::boilerplate::{Set, mark_of_word};
use super::corpus::Input;
use super::lexicon::Map;
use super::normalise::read_part;
use super::state::{Reading, Sections, StateError};

/// Digits of a figure; shorter numbers are words by themselves.
pub const SHORTEST: usize = 3;
/// Texts in which a shared figure stands at least.
const LEAST_TEXTS: u8 = 3;
/// Texts that are counted by one thread at a time.
const CHUNK: usize = 8192;

/// Marks of the figures that are words by themselves.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Figures(Set);

impl Figures {
    /// The figures that several of these texts share.
    pub fn shared(inputs: &[Input<'_>]) -> Self {
        let counted: Vec<Map<u64, u8>> = inputs.par_chunks(CHUNK).map(counts).collect();
        let mut texts: Map<u64, u8> = Map::default();
        for (figure, count) in counted.into_iter().flatten() {
            let known = texts.entry(figure).or_default();
            *known = known.saturating_add(count);
        }
        texts.retain(|_, count| *count >= LEAST_TEXTS);
        Figures(texts.into_keys().collect())
    }

    /// Whether a figure is a word by itself.
    pub fn holds(&self, figure: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&mark_of_word(figure))
    }

    pub(super) fn write(&self, out: &mut Sections) -> std::io::Result<()> {
        let mut marks: Vec<u64> = self.0.iter().copied().collect();
        marks.sort_unstable();
        out.put(&marks)
    }

    pub(super) fn read_from(from: &mut Reading<'_>) -> Result<Self, StateError> {
        Ok(Figures(from.get::<u64>()?.into_iter().collect()))
    }
}

/// Whether a word is a figure.
pub fn is_figure(word: &str) -> bool {
    word.len() >= SHORTEST && word.bytes().all(|c| c.is_ascii_digit())
}

/// In how many of these texts each figure stands.
fn counts(inputs: &[Input<'_>]) -> Map<u64, u8> {
    let mut texts: Map<u64, u8> = Map::default();
    let mut own: Vec<u64> = Vec::new();
    for input in inputs {
        own.clear();
        let runs = read_part(input.text).split(|c: char| !c.is_ascii_digit());
        own.extend(runs.filter(|run| is_figure(run)).map(mark_of_word));
        own.sort_unstable();
        own.dedup();
        for figure in &own {
            let count = texts.entry(*figure).or_default();
            *count = count.saturating_add(1);
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(texts: &[&str]) -> Figures {
        let inputs: Vec<Input<'_>> = texts
            .iter()
            .map(|text| Input {
                text,
                gate: 0,
                word: 0,
            })
            .collect();
        Figures::shared(&inputs)
    }

    #[test]
    fn a_figure_of_three_texts_is_a_word_and_one_of_two_is_not() {
        let figures = shared(&[
            "recall 98V064, order 4711",
            "again 98v064 and 064",
            "order 4711: 064?",
            "1200 TL, 12 tins",
            "12 tins, 1200",
            "12 tins",
        ]);
        assert!(figures.holds("064"));
        // Twice in one text is one text; two digits are no figure.
        for other in ["4711", "1200", "12", "98"] {
            assert!(!figures.holds(other), "{other}");
        }
    }

    #[test]
    fn only_digits_make_a_figure() {
        assert!(is_figure("404") && is_figure("0123456789"));
        for word in ["40", "4o4", "", "#", "١٢٣", "½½½"] {
            assert!(!is_figure(word), "{word}");
        }
    }
}
