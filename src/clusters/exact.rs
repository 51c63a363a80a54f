//! How alike two documents are, letter group by letter group: for the few pairs that people are shown or that decide
//! by themselves (duplicates, exemplars). The search compares millions of pairs and uses [`super::similarity`], which
//! is near enough and many times faster.

use std::cmp::Ordering;

use super::corpus::{Corpus, damped};

/// Sums of similarities that differ by no more are equal: f32 keeps seven figures, and some tens are added.
const ROUNDING: f32 = 1e-4;

/// One thread's memory for comparing one document with others.
pub struct ExactComparison<'a> {
    corpus: &'a Corpus,
    stems: Vec<f32>,
    /// The document's weights of letter groups.
    groups: Vec<f32>,
    document: u32,
}

impl<'a> ExactComparison<'a> {
    /// For a corpus.
    pub fn new(corpus: &'a Corpus) -> Self {
        ExactComparison {
            corpus,
            stems: vec![0.0; corpus.lexicon.stems()],
            groups: vec![0.0; corpus.lexicon.groups()],
            document: 0,
        }
    }

    /// Takes the document that the next ones are compared with.
    pub fn begin(&mut self, document: u32) {
        self.document = document;
        for (stem, weight) in self.corpus.stems(document) {
            self.stems[*stem as usize] = *weight;
        }
        self.corpus.spread_groups(document, &mut self.groups);
    }

    /// Forgets it.
    pub fn end(&mut self) {
        self.forget(self.document);
    }

    fn forget(&mut self, document: u32) {
        for (stem, _) in self.corpus.stems(document) {
            self.stems[*stem as usize] = 0.0;
        }
        for (word, _) in self.corpus.words(document) {
            for group in self.corpus.lexicon.groups_of(*word) {
                self.groups[*group as usize] = 0.0;
            }
        }
    }

    /// Similarity with another document, 0 to 1: the mean of the cosine of the stems and that of the letter groups.
    pub fn with(&self, other: u32) -> f32 {
        (0.5 * (self.stems_with(other) + self.groups_with(other))).min(1.0)
    }

    /// Similarity of one document with others: 1 with itself, 0 where a text has no words.
    pub fn of(&mut self, one: Option<u32>, others: impl Iterator<Item = Option<u32>>) -> Vec<f32> {
        let Some(one) = one else {
            return others.map(|_| 0.0).collect();
        };
        self.begin(one);
        let found = others
            .map(|other| match other {
                Some(other) if other == one => 1.0,
                Some(other) => self.with(other),
                None => 0.0,
            })
            .collect();
        self.end();
        found
    }

    /// Place of the document most like all of these on average; the earliest of equals. A similarity is a sum of products,
    /// so these are summed as one document first: the work grows with their number, not with its square.
    pub fn most_central(&mut self, documents: &[Option<u32>]) -> usize {
        let corpus = self.corpus;
        let lexicon = &corpus.lexicon;
        for document in documents.iter().flatten() {
            for (stem, weight) in corpus.stems(*document) {
                self.stems[*stem as usize] += weight;
            }
            let norm = corpus.group_norm(*document);
            for (word, count) in corpus.words(*document) {
                let times = damped(u32::from(*count)) / norm;
                for group in lexicon.groups_of(*word) {
                    self.groups[*group as usize] += times * lexicon.group_weight(*group);
                }
            }
        }
        let mut best = (f32::NEG_INFINITY, 0);
        for (place, document) in documents.iter().enumerate() {
            let all = document.map_or(0.0, |document| {
                self.stems_with(document)
                    + self.sum_of_groups(document) / corpus.group_norm(document)
            });
            // Two documents are as like each other as each other; their sums differ by rounding.
            if all > best.0 + ROUNDING {
                best = (all, place);
            }
        }
        for document in documents.iter().flatten() {
            self.forget(*document);
        }
        best.1
    }

    fn stems_with(&self, other: u32) -> f32 {
        let each = self.corpus.stems(other).iter();
        each.map(|(stem, weight)| self.stems[*stem as usize] * weight)
            .sum()
    }

    fn groups_with(&self, other: u32) -> f32 {
        let norms = self.corpus.group_norm(self.document) * self.corpus.group_norm(other);
        self.sum_of_groups(other) / norms
    }

    fn sum_of_groups(&self, other: u32) -> f32 {
        let lexicon = &self.corpus.lexicon;
        let mut sum = 0.0_f32;
        for (word, count) in self.corpus.words(other) {
            let own: f32 = lexicon
                .groups_of(*word)
                .iter()
                .map(|group| self.groups[*group as usize] * lexicon.group_weight(*group))
                .sum();
            sum += damped(u32::from(*count)) * own;
        }
        sum
    }
}

/// Similarity of two documents, 0 to 1, without memory kept for it: where single pairs are asked for.
pub fn of_pair(corpus: &Corpus, one: u32, other: u32) -> f32 {
    let stems = product(corpus.stems(one), corpus.stems(other));
    let groups = product(&groups_of(corpus, one), &groups_of(corpus, other));
    let lengths = corpus.group_norm(one) * corpus.group_norm(other);
    (0.5 * (stems + groups / lengths)).min(1.0)
}

/// The weights of a document's letter groups, in rising order of the groups.
fn groups_of(corpus: &Corpus, document: u32) -> Vec<(u32, f32)> {
    let lexicon = &corpus.lexicon;
    let mut weights: Vec<(u32, f32)> = corpus
        .words(document)
        .iter()
        .flat_map(|(word, count)| {
            let times = damped(u32::from(*count));
            let groups = lexicon.groups_of(*word).iter();
            groups.map(move |group| (*group, times * lexicon.group_weight(*group)))
        })
        .collect();
    // A stable sort keeps the order in which equal groups are summed.
    weights.sort_by_key(|(group, _)| *group);
    weights.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    weights
}

fn product(one: &[(u32, f32)], other: &[(u32, f32)]) -> f32 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while let (Some(a), Some(b)) = (one.get(i), other.get(j)) {
        match a.0.cmp(&b.0) {
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
            Ordering::Equal => {
                sum += a.1 * b.1;
                i += 1;
                j += 1;
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Input;

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
        let mut comparison = ExactComparison::new(&corpus);
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
            comparison.begin(a as u32);
            let own = comparison.stems_with(b as u32);
            assert!((own - stems).abs() < 1e-5, "{line}: stems {own}");
            // The frequency of a letter group is reckoned from its words, so the weights differ a little.
            let own = comparison.groups_with(b as u32);
            assert!((own - groups).abs() < 0.05, "{line}: groups {own}");
            let (whole, alone) = (
                comparison.with(b as u32),
                of_pair(&corpus, a as u32, b as u32),
            );
            assert!(
                (whole - alone).abs() < 1e-5,
                "{line}: {whole}, alone {alone}"
            );
            comparison.end();
            lines += 1;
        }
        assert_eq!(lines, 36);
        assert!(comparison.groups.iter().all(|weight| *weight == 0.0));
    }
}
