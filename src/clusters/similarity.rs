//! How alike two documents are, 0 to 1.

use rayon::prelude::*;

use super::corpus::{Corpus, damped};
use super::lexicon::number_of;

/// Lengths of rows, and the rows one after the other.
type InRows = (Vec<u8>, Vec<(u32, f32)>);

/// Words that one thread takes at a time.
const CHUNK: usize = 512;
/// A letter group in more words than this makes none of them kin; of kin it counts like any other.
const TOLD_BY: usize = 150;
/// Share of their letters, in the measure of the letter groups, that kin have in common beyond what any two words have.
const LEAST_KINSHIP: f32 = 0.1;
/// Kin of a word that are kept, the closest.
const MOST_KIN: usize = 48;

/// The product of any two words' vectors of letter groups: what any two words have in common as the product of two
/// numbers, and for kin, words with much in common, what they have beyond that.
#[derive(Debug)]
pub struct Kinship {
    /// Kin of word w: `kin[starts[w]..starts[w + 1]]`, itself among them.
    starts: Vec<usize>,
    kin: Vec<(u32, f32)>,
    /// Of each document, what its words have in common with any other's, for a vector of unit length.
    common: Vec<f32>,
}

impl Kinship {
    /// For comparing the documents from `first` on with any; words of others only are taken to be kin to as many.
    pub fn of(corpus: &Corpus, first: u32) -> Self {
        let lexicon = &corpus.lexicon;
        let words = lexicon.len();
        let documents = number_of(corpus.len());
        let mut share = vec![0.0_f32; words];
        let mut compared = vec![false; words];
        for document in 0..documents {
            let norm = corpus.group_norm(document);
            for (word, count) in corpus.words(document) {
                share[*word as usize] += damped(u32::from(*count)) / norm;
                compared[*word as usize] |= document >= first;
            }
        }
        // What each word has in common with all the others together.
        let mut middle = vec![0.0_f32; lexicon.groups()];
        for word in 0..number_of(words) {
            for group in lexicon.groups_of(word) {
                middle[*group as usize] += share[word as usize] * lexicon.group_weight(*group);
            }
        }
        let with_all: Vec<f32> = (0..number_of(words))
            .map(|word| {
                let product = |group: &u32| lexicon.group_weight(*group) * middle[*group as usize];
                lexicon.groups_of(word).iter().map(product).sum()
            })
            .collect();
        let whole = sum_of(&share, &with_all);
        let mut common = factors(&with_all, whole);
        let holders = Holders::of(corpus);
        let numbers: Vec<u32> = (0..number_of(words)).collect();
        let squares: Vec<f32> = numbers
            .iter()
            .map(|word| {
                let mut groups = lexicon.groups_of(*word).to_vec();
                groups.sort_unstable();
                groups
                    .chunk_by(|a, b| a == b)
                    .map(|same| {
                        let weight = same.len() as f32 * lexicon.group_weight(same[0]);
                        weight * weight
                    })
                    .sum()
            })
            .collect();
        let parts: Vec<InRows> = numbers
            .par_chunks(CHUNK)
            .map_init(
                || KinSearch::new(corpus),
                |search, words| {
                    let (mut lengths, mut kin) = (Vec::with_capacity(words.len()), Vec::new());
                    for word in words {
                        let before = kin.len();
                        if compared[*word as usize] {
                            search.kin_of(corpus, &holders, &squares, &common, *word, &mut kin);
                        }
                        lengths.push((kin.len() - before) as u8);
                    }
                    (lengths, kin)
                },
            )
            .collect();
        let mut starts = vec![0_usize];
        let mut kin = Vec::with_capacity(parts.iter().map(|(_, kin)| kin.len()).sum());
        for (lengths, own) in parts {
            for length in lengths {
                starts.push(starts[starts.len() - 1] + usize::from(length));
            }
            kin.extend(own);
        }
        // What is left for those that are not kin, so that the sums over all pairs are what they were.
        let mut left = with_all;
        let (mut before, mut after) = (0.0_f64, 0.0_f64);
        for word in (0..words).filter(|word| compared[*word]) {
            before += f64::from(share[word] * left[word]);
            for (other, product) in &kin[starts[word]..starts[word + 1]] {
                let any = common[word] * common[*other as usize];
                left[word] -= share[*other as usize] * (product - any);
            }
            left[word] = left[word].max(0.0);
            after += f64::from(share[word] * left[word]);
        }
        let rest = if before > 0.0 {
            (after / before) as f32
        } else {
            1.0
        };
        for word in (0..words).filter(|word| !compared[*word]) {
            left[word] *= rest;
        }
        let whole = sum_of(&share, &left);
        common = factors(&left, whole);
        for word in 0..words {
            for (other, product) in &mut kin[starts[word]..starts[word + 1]] {
                *product -= common[word] * common[*other as usize];
            }
        }
        let common = (0..documents)
            .map(|document| {
                let of_word =
                    |(word, count): &(u32, u16)| damped(u32::from(*count)) * common[*word as usize];
                let sum: f32 = corpus.words(document).iter().map(of_word).sum();
                sum / corpus.group_norm(document)
            })
            .collect();
        Kinship {
            starts,
            kin,
            common,
        }
    }

    fn of_word(&self, word: u32) -> &[(u32, f32)] {
        let word = word as usize;
        &self.kin[self.starts[word]..self.starts[word + 1]]
    }
}

fn sum_of(share: &[f32], products: &[f32]) -> f64 {
    let pairs = share.iter().zip(products);
    pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// The numbers whose products have the given sums in each row.
fn factors(sums: &[f32], whole: f64) -> Vec<f32> {
    let length = whole.sqrt().max(f64::MIN_POSITIVE);
    let factor = |sum: &f32| (f64::from(*sum) / length) as f32;
    sums.iter().map(factor).collect()
}

/// The words that hold each letter group.
struct Holders {
    starts: Vec<usize>,
    words: Vec<u32>,
}

impl Holders {
    fn of(corpus: &Corpus) -> Self {
        let lexicon = &corpus.lexicon;
        let mut starts = vec![0_usize; lexicon.groups() + 1];
        let words = 0..number_of(lexicon.len());
        for group in words.clone().flat_map(|word| lexicon.groups_of(word)) {
            starts[*group as usize + 1] += 1;
        }
        for group in 0..lexicon.groups() {
            starts[group + 1] += starts[group];
        }
        let mut next = starts.clone();
        let mut holders = vec![0_u32; starts[lexicon.groups()]];
        for word in words {
            for group in lexicon.groups_of(word) {
                let place = &mut next[*group as usize];
                holders[*place] = word;
                *place += 1;
            }
        }
        Holders {
            starts,
            words: holders,
        }
    }

    fn of_group(&self, group: u32) -> &[u32] {
        let group = group as usize;
        &self.words[self.starts[group]..self.starts[group + 1]]
    }
}

/// One thread's memory for finding a word's kin.
struct KinSearch {
    products: Vec<f32>,
    touched: Vec<u32>,
    /// The word's letter groups that too many hold, by the square of their weight.
    frequent: Vec<f32>,
    found: Vec<(u32, f32, f32)>,
}

impl KinSearch {
    fn new(corpus: &Corpus) -> Self {
        KinSearch {
            products: vec![0.0; corpus.lexicon.len()],
            touched: Vec::new(),
            frequent: vec![0.0; corpus.lexicon.groups()],
            found: Vec::new(),
        }
    }

    /// Adds a word's kin, with the products of their vectors of letter groups.
    fn kin_of(
        &mut self,
        corpus: &Corpus,
        holders: &Holders,
        squares: &[f32],
        common: &[f32],
        word: u32,
        kin: &mut Vec<(u32, f32)>,
    ) {
        let lexicon = &corpus.lexicon;
        let groups = lexicon.groups_of(word);
        for group in groups {
            let weight = lexicon.group_weight(*group);
            let square = weight * weight;
            let words = holders.of_group(*group);
            if words.len() > TOLD_BY {
                self.frequent[*group as usize] += square;
                continue;
            }
            for other in words {
                let product = &mut self.products[*other as usize];
                if *product == 0.0 {
                    self.touched.push(*other);
                }
                *product += square;
            }
        }
        let own = squares[word as usize];
        self.found.clear();
        for other in self.touched.drain(..) {
            let rare = std::mem::take(&mut self.products[other as usize]);
            let length = (own * squares[other as usize]).sqrt();
            if rare < LEAST_KINSHIP * length || other == word {
                continue;
            }
            let others = lexicon.groups_of(other).iter();
            let frequent: f32 = others.map(|group| self.frequent[*group as usize]).sum();
            let product = rare + frequent;
            let beyond = product - common[word as usize] * common[other as usize];
            if beyond >= LEAST_KINSHIP * length {
                self.found.push((other, product, beyond / length));
            }
        }
        for group in groups {
            self.frequent[*group as usize] = 0.0;
        }
        if self.found.len() >= MOST_KIN {
            self.found.select_nth_unstable_by(MOST_KIN - 2, |a, b| {
                b.2.total_cmp(&a.2).then(a.0.cmp(&b.0))
            });
            self.found.truncate(MOST_KIN - 1);
        }
        self.found.push((word, own, 1.0));
        self.found.sort_unstable_by_key(|one| one.0);
        kin.extend(
            self.found
                .iter()
                .map(|(other, product, _)| (*other, *product)),
        );
    }
}

/// One thread's memory for comparing one document with others.
pub struct Comparison<'a> {
    corpus: &'a Corpus,
    kinship: &'a Kinship,
    stems: Vec<f32>,
    /// What the document's letter groups give each word that is kin to one of its own.
    words: Vec<f32>,
    document: u32,
}

impl<'a> Comparison<'a> {
    /// For a corpus.
    pub fn new(corpus: &'a Corpus, kinship: &'a Kinship) -> Self {
        Comparison {
            corpus,
            kinship,
            stems: vec![0.0; corpus.lexicon.stems()],
            words: vec![0.0; corpus.lexicon.len()],
            document: 0,
        }
    }

    /// Takes the document that the next ones are compared with.
    pub fn begin(&mut self, document: u32) {
        self.document = document;
        for (stem, weight) in self.corpus.stems(document) {
            self.stems[*stem as usize] = *weight;
        }
        let norm = self.corpus.group_norm(document);
        for (word, count) in self.corpus.words(document) {
            let times = damped(u32::from(*count)) / norm;
            for (other, product) in self.kinship.of_word(*word) {
                self.words[*other as usize] += times * product;
            }
        }
    }

    /// Forgets it.
    pub fn end(&mut self) {
        for (stem, _) in self.corpus.stems(self.document) {
            self.stems[*stem as usize] = 0.0;
        }
        for (word, _) in self.corpus.words(self.document) {
            for (other, _) in self.kinship.of_word(*word) {
                self.words[*other as usize] = 0.0;
            }
        }
    }

    /// Similarity with another document, whose cosine of the stems is `stems`: the mean of it and that of the letter
    /// groups.
    pub fn with(&self, other: u32, stems: f32) -> f32 {
        (0.5 * (stems + self.groups_with(other))).clamp(0.0, 1.0)
    }

    /// Cosine of the stems alone.
    pub fn stems_with(&self, other: u32) -> f32 {
        let mut stems = 0.0_f32;
        for (stem, weight) in self.corpus.stems(other) {
            stems += self.stems[*stem as usize] * weight;
        }
        stems
    }

    /// Cosine of the letter groups alone.
    fn groups_with(&self, other: u32) -> f32 {
        let mut groups = 0.0_f32;
        for (word, count) in self.corpus.words(other) {
            groups += damped(u32::from(*count)) * self.words[*word as usize];
        }
        let common = &self.kinship.common;
        groups / self.corpus.group_norm(other)
            + common[self.document as usize] * common[other as usize]
    }
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
        let kinship = Kinship::of(&corpus, 0);
        let mut comparison = Comparison::new(&corpus, &kinship);
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
            let own = comparison.groups_with(b as u32);
            assert!((own - groups).abs() < 0.05, "{line}: groups {own}");
            comparison.end();
            lines += 1;
        }
        assert_eq!(lines, 36);
    }

    #[test]
    fn a_comparison_leaves_nothing_behind() {
        let inputs = TEXTS.map(|text| Input {
            text,
            gate: 0,
            word: 0,
        });
        let corpus = Corpus::build(&inputs);
        let kinship = Kinship::of(&corpus, 0);
        let mut comparison = Comparison::new(&corpus, &kinship);
        for document in 0..9 {
            comparison.begin(document);
            let own = comparison.with(document, comparison.stems_with(document));
            assert!((own - 1.0).abs() < 0.03, "{document}: {own} like itself");
            comparison.end();
            let mut left = comparison.words.iter().chain(&comparison.stems);
            assert!(left.all(|weight| *weight == 0.0));
        }
    }

    #[test]
    fn a_word_spelled_wrong_is_kin() {
        let inputs = TEXTS.map(|text| Input {
            text,
            gate: 0,
            word: 0,
        });
        let corpus = Corpus::build(&inputs);
        let kinship = Kinship::of(&corpus, 0);
        let number = |word: &str| corpus.lexicon.find(word).expect(word);
        let are_kin = |a: &str, b: &str| {
            let b = number(b);
            kinship
                .of_word(number(a))
                .iter()
                .any(|(other, _)| *other == b)
        };
        assert!(are_kin("leaks", "leaked"));
        assert!(are_kin("charged", "charged"));
        assert!(!are_kin("leaks", "money"));
    }
}
