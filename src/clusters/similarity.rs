//! How alike two documents are, 0 to 1.

use super::corpus::{Corpus, damped};

/// One thread's memory for comparing one document with others.
pub struct Comparison {
    stems: Vec<f32>,
    /// Letter groups of the document, each by its weight twice: its own and that of the other side.
    groups: Vec<f32>,
    /// Which of them are there; small enough to stay in the processor's cache.
    present: Vec<u64>,
    /// For each word the document for which it was last reckoned, and what that document's letter groups give it.
    words: Vec<(u32, f32)>,
    document: u32,
}

impl Comparison {
    /// For a corpus.
    pub fn new(corpus: &Corpus) -> Self {
        Comparison {
            stems: vec![0.0; corpus.lexicon.stems()],
            groups: vec![0.0; corpus.lexicon.groups()],
            present: vec![0; corpus.lexicon.groups().div_ceil(64)],
            words: vec![(u32::MAX, 0.0); corpus.lexicon.len()],
            document: u32::MAX,
        }
    }

    /// Takes the document that the next ones are compared with.
    pub fn begin(&mut self, corpus: &Corpus, document: u32) {
        self.document = document;
        for (stem, weight) in corpus.stems(document) {
            self.stems[*stem as usize] = *weight;
        }
        corpus.spread_groups(document, &mut self.groups);
        for (word, _) in corpus.words(document) {
            for group in corpus.lexicon.groups_of(*word) {
                let bit = 1 << (group % 64);
                let block = &mut self.present[*group as usize / 64];
                if *block & bit == 0 {
                    *block |= bit;
                    self.groups[*group as usize] *= corpus.lexicon.group_weight(*group);
                }
            }
        }
    }

    /// Forgets it.
    pub fn end(&mut self, corpus: &Corpus) {
        for (stem, _) in corpus.stems(self.document) {
            self.stems[*stem as usize] = 0.0;
        }
        for (word, _) in corpus.words(self.document) {
            for group in corpus.lexicon.groups_of(*word) {
                self.groups[*group as usize] = 0.0;
                self.present[*group as usize / 64] = 0;
            }
        }
    }

    /// Similarity with another document: the mean of the cosine of the stems and that of the letter groups.
    pub fn with(&mut self, corpus: &Corpus, other: u32) -> f32 {
        let stems = self.stems_with(corpus, other);
        let mut groups = 0.0_f32;
        for (word, count) in corpus.words(other) {
            groups += damped(u32::from(*count)) * self.score_of(corpus, *word);
        }
        let lengths = corpus.group_norm(self.document) * corpus.group_norm(other);
        (0.5 * (stems + groups / lengths)).min(1.0)
    }

    /// Cosine of the stems alone.
    pub fn stems_with(&self, corpus: &Corpus, other: u32) -> f32 {
        let mut stems = 0.0_f32;
        for (stem, weight) in corpus.stems(other) {
            stems += self.stems[*stem as usize] * weight;
        }
        stems
    }

    fn score_of(&mut self, corpus: &Corpus, word: u32) -> f32 {
        let place = word as usize;
        if self.words[place].0 != self.document {
            self.words[place] = (
                self.document,
                self.fresh_score(corpus.lexicon.groups_of(word)),
            );
        }
        self.words[place].1
    }

    /// Sum over a word's letter groups. A group of four letters can only be there when both groups of three in it are,
    /// and likewise five: most of a foreign word needs no look.
    fn fresh_score(&self, groups: &[u32]) -> f32 {
        let mut sum = 0.0;
        // A word of n groups of three has n - 1 of four and n - 2 of five, in this order; of one letter only itself.
        let mut length = groups.len().div_ceil(3) + usize::from(groups.len() > 1);
        let mut from = 0;
        let mut wanted = u64::MAX;
        while from < groups.len() {
            let mut found = 0_u64;
            wanted &= u64::MAX >> (64 - length);
            while wanted != 0 {
                let place = wanted.trailing_zeros();
                wanted &= wanted - 1;
                let group = groups[from + place as usize];
                if self.present[group as usize / 64] >> (group % 64) & 1 == 1 {
                    found |= 1 << place;
                    sum += self.groups[group as usize];
                }
            }
            if found == 0 || length == 1 {
                break;
            }
            from += length;
            length -= 1;
            wanted = found & found >> 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clusters::corpus::Input;

    /// Those of tests/oracle/clusters/tfidf.py.
    const TEXTS: [&str; 9] = [
        "the lid of the tin leaks and the paint runs over the carpet",
        "paint leaked from under the lid onto the carpet of the car",
        "the lid leaks",
        "kapak sizdiriyor boya arabanin halisina akti",
        "arabanin halisina boya akti kapak kapanmiyor",
        "крышка течет краска залила коврик",
        "краска течет крышка крышка не закрывается",
        "the invoice was charged twice and nobody refunds the money",
        "invoice charged two times refund the money please",
    ];

    #[test]
    fn agrees_with_scikit_learn() {
        let inputs = TEXTS.map(|text| Input {
            text,
            gate: 0,
            word: 0,
        });
        let corpus = Corpus::build(&inputs);
        let mut comparison = Comparison::new(&corpus);
        let mut lines = 0;
        for line in include_str!("../../tests/oracle/clusters/tfidf.csv")
            .lines()
            .skip(1)
        {
            let cells: Vec<f32> = line
                .split(',')
                .map(|cell| cell.parse().expect("number"))
                .collect();
            let [a, b, stems, groups] = cells[..] else {
                panic!("four cells: {line}")
            };
            comparison.begin(&corpus, a as u32);
            let own = comparison.stems_with(&corpus, b as u32);
            assert!((own - stems).abs() < 1e-5, "{line}: stems {own}");
            let own = 2.0 * comparison.with(&corpus, b as u32) - own;
            assert!((own - groups).abs() < 0.05, "{line}: groups {own}");
            comparison.end(&corpus);
            lines += 1;
        }
        assert_eq!(lines, 36);
    }

    #[test]
    fn leaving_out_what_cannot_be_there_changes_no_score() {
        let inputs = TEXTS.map(|text| Input {
            text,
            gate: 0,
            word: 0,
        });
        let corpus = Corpus::build(&inputs);
        let mut comparison = Comparison::new(&corpus);
        for document in 0..9 {
            comparison.begin(&corpus, document);
            for word in 0..corpus.lexicon.len() as u32 {
                let groups = corpus.lexicon.groups_of(word);
                let all: f32 = groups
                    .iter()
                    .map(|group| comparison.groups[*group as usize])
                    .sum();
                assert_eq!(comparison.fresh_score(groups), all);
            }
            comparison.end(&corpus);
            assert!(
                comparison
                    .groups
                    .iter()
                    .chain(&comparison.stems)
                    .all(|weight| *weight == 0.0)
            );
        }
    }
}
