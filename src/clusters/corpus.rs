//! The texts as bags of words, equal ones only once.

use std::hash::BuildHasherDefault;

use rayon::prelude::*;
use rustc_hash::FxHasher;

use super::lexicon::{Lexicon, Map, number_of};
use super::normalise::Normaliser;
use super::state::{Reading, Sections, StateError};

/// Texts that are read by one thread at a time.
const CHUNK: usize = 2048;

/// One text to be placed.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub text: &'a str,
    /// Texts of different gates are never compared: a lot, a product code. 0 where none is declared.
    pub gate: u32,
    /// What is settled about it, as a number; equal texts of different words are different documents.
    pub word: u32,
}

/// The distinct texts ("documents") of a corpus; a flood of equal texts is one document.
#[derive(Debug, Default)]
pub struct Corpus {
    pub lexicon: Lexicon,
    /// Document of each text; `None` for a text without words.
    pub document_of: Vec<Option<u32>>,
    /// How many texts each document stands for.
    pub copies: Vec<u32>,
    pub gates: Vec<u32>,
    /// What is settled about each document, as the input has it.
    pub said: Vec<u32>,
    fingerprints: Vec<u64>,
    word_starts: Vec<usize>,
    /// Words of the documents in rising order, and how often each comes.
    words: Vec<(u32, u16)>,
    stem_starts: Vec<usize>,
    /// Stems of the documents in rising order with their weights, of unit length.
    stems: Vec<(u32, f32)>,
    /// Length of each document's vector of letter groups.
    group_norms: Vec<f32>,
}

/// A text as counted words: numbers of the chunk's own list.
type Bag = Vec<(u32, u16)>;

struct Chunk {
    words: Vec<Box<str>>,
    bags: Vec<Bag>,
}

/// Documents by the fingerprint of their words and gate, and by what is said about them.
type Known = Map<(u64, u32), Vec<u32>>;

fn read_chunk(inputs: &[Input<'_>]) -> Chunk {
    let mut numbers: Map<Box<str>, u32> = Map::default();
    let mut words: Vec<Box<str>> = Vec::new();
    let mut normaliser = Normaliser::default();
    let mut sequence: Vec<u32> = Vec::new();
    let bags = inputs
        .iter()
        .map(|input| {
            sequence.clear();
            normaliser.each_word(input.text, |word| {
                let number = numbers.get(word).copied().unwrap_or_else(|| {
                    let number = number_of(words.len());
                    words.push(word.into());
                    numbers.insert(word.into(), number);
                    number
                });
                sequence.push(number);
            });
            sequence.sort_unstable();
            let mut bag: Bag = Vec::new();
            for word in &sequence {
                match bag.last_mut() {
                    Some((last, count)) if last == word => *count = count.saturating_add(1),
                    _ => bag.push((*word, 1)),
                }
            }
            bag
        })
        .collect();
    Chunk { words, bags }
}

impl Corpus {
    /// Reads all texts and fixes the weights. Order decides numbers only, so give the texts in a canonical one.
    pub fn build(inputs: &[Input<'_>]) -> Self {
        let mut corpus = Corpus {
            word_starts: vec![0],
            stem_starts: vec![0],
            ..Corpus::default()
        };
        corpus.read(inputs, &mut Known::default());
        corpus.fix_weights();
        corpus.measure(0);
        corpus
    }

    /// Reads more texts; weights stay as they are, and a new word counts as one seen once. A text that repeats an
    /// earlier one of the same gate becomes the document with the most copies of it, whatever was said about that
    /// one, unless something is said about itself.
    pub fn extend(&mut self, inputs: &[Input<'_>]) {
        let first = self.len();
        let mut known = Known::default();
        let bags = self.bags(inputs);
        let wanted: std::collections::HashSet<u64, BuildHasherDefault<FxHasher>> =
            bags.iter().map(|(_, fingerprint)| *fingerprint).collect();
        for (document, fingerprint) in self.fingerprints.iter().enumerate() {
            if wanted.contains(fingerprint) {
                known
                    .entry((*fingerprint, 0))
                    .or_default()
                    .push(number_of(document));
            }
        }
        self.said.iter_mut().for_each(|said| *said = 0);
        for same in known.values_mut() {
            same.sort_by_key(|document| std::cmp::Reverse(self.copies[*document as usize]));
        }
        for ((bag, fingerprint), input) in bags.iter().zip(inputs) {
            self.add(bag, *fingerprint, input, &mut known);
        }
        self.lexicon.weigh_new(first);
        self.measure(first);
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.copies.len()
    }

    /// Words of a document in rising order with their counts.
    pub fn words(&self, document: u32) -> &[(u32, u16)] {
        let document = document as usize;
        &self.words[self.word_starts[document]..self.word_starts[document + 1]]
    }

    /// Stems of a document in rising order with their weights; of unit length.
    pub fn stems(&self, document: u32) -> &[(u32, f32)] {
        let document = document as usize;
        &self.stems[self.stem_starts[document]..self.stem_starts[document + 1]]
    }

    /// Length of a document's vector of letter groups.
    pub fn group_norm(&self, document: u32) -> f32 {
        self.group_norms[document as usize]
    }

    pub(super) fn write(&self, out: &mut Sections) -> std::io::Result<()> {
        self.lexicon.write(out)?;
        let none = |document: &Option<u32>| document.unwrap_or(u32::MAX);
        out.put(&self.document_of.iter().map(none).collect::<Vec<u32>>())?;
        out.put(&self.copies)?;
        out.put(&self.gates)?;
        out.put(&self.fingerprints)?;
        out.put_starts(&self.word_starts)?;
        out.put(&self.words)?;
        out.put_starts(&self.stem_starts)?;
        out.put(&self.stems)?;
        out.put(&self.group_norms)
    }

    pub(super) fn read_from(from: &mut Reading<'_>) -> Result<Self, StateError> {
        let lexicon = Lexicon::read_from(from)?;
        let document_of: Vec<u32> = from.get()?;
        let copies: Vec<u32> = from.get()?;
        let corpus = Corpus {
            lexicon,
            document_of: document_of
                .into_iter()
                .map(|document| (document != u32::MAX).then_some(document))
                .collect(),
            gates: from.get()?,
            said: vec![0; copies.len()],
            copies,
            fingerprints: from.get()?,
            word_starts: from.get_starts()?,
            words: from.get()?,
            stem_starts: from.get_starts()?,
            stems: from.get()?,
            group_norms: from.get()?,
        };
        match corpus.is_sound() {
            true => Ok(corpus),
            false => Err(from.damaged("documents")),
        }
    }

    /// Whether every number leads to something.
    fn is_sound(&self) -> bool {
        let documents = self.copies.len();
        let below = |most: usize, numbers: &mut dyn Iterator<Item = u32>| {
            numbers
                .max()
                .is_none_or(|greatest| (greatest as usize) < most)
        };
        [
            self.gates.len(),
            self.fingerprints.len(),
            self.group_norms.len(),
        ] == [documents; 3]
            && [self.word_starts.len(), self.stem_starts.len()] == [documents + 1; 2]
            && self.word_starts.last() == Some(&self.words.len())
            && self.stem_starts.last() == Some(&self.stems.len())
            && below(documents, &mut self.document_of.iter().copied().flatten())
            && below(
                self.lexicon.len(),
                &mut self.words.iter().map(|word| word.0),
            )
            && below(
                self.lexicon.stems(),
                &mut self.stems.iter().map(|stem| stem.0),
            )
    }

    fn read(&mut self, inputs: &[Input<'_>], known: &mut Known) {
        // In waves, so that only a part of the bags lies twice in memory.
        for wave in inputs.chunks(CHUNK * 64) {
            let bags = self.bags(wave);
            for ((bag, fingerprint), input) in bags.iter().zip(wave) {
                self.add(bag, *fingerprint, input, known);
            }
        }
    }

    /// The inputs as bags of numbered words, in rising order, and their fingerprints.
    fn bags(&mut self, inputs: &[Input<'_>]) -> Vec<(Bag, u64)> {
        let chunks: Vec<Chunk> = inputs.par_chunks(CHUNK).map(read_chunk).collect();
        let numbers: Vec<Vec<u32>> = chunks
            .iter()
            .map(|chunk| {
                chunk
                    .words
                    .iter()
                    .map(|word| self.lexicon.number(word))
                    .collect()
            })
            .collect();
        chunks
            .into_par_iter()
            .zip(numbers)
            .zip(inputs.par_chunks(CHUNK))
            .flat_map_iter(|((chunk, numbers), texts)| {
                chunk
                    .bags
                    .into_iter()
                    .zip(texts)
                    .map(move |(mut bag, input)| {
                        for (word, _) in &mut bag {
                            *word = numbers[*word as usize];
                        }
                        bag.sort_unstable();
                        let fingerprint = fingerprint(&bag, input.gate);
                        (bag, fingerprint)
                    })
            })
            .collect()
    }

    fn add(&mut self, bag: &[(u32, u16)], fingerprint: u64, input: &Input<'_>, known: &mut Known) {
        if bag.is_empty() {
            self.document_of.push(None);
            return;
        }
        let alike = known.entry((fingerprint, input.word)).or_default();
        let same = alike.iter().copied().find(|document| {
            let at = *document as usize;
            self.gates[at] == input.gate
                && self.said[at] == input.word
                && self.words[self.word_starts[at]..self.word_starts[at + 1]] == *bag
        });
        let document = same.unwrap_or_else(|| {
            let document = number_of(self.copies.len());
            alike.push(document);
            self.words.extend_from_slice(bag);
            self.word_starts.push(self.words.len());
            self.copies.push(0);
            self.gates.push(input.gate);
            self.said.push(input.word);
            self.fingerprints.push(fingerprint);
            document
        });
        self.copies[document as usize] += 1;
        self.document_of.push(Some(document));
    }

    fn fix_weights(&mut self) {
        let mut word_texts = vec![0_u32; self.lexicon.len()];
        let mut stem_texts = vec![0_u32; self.lexicon.stems()];
        let mut last = vec![u32::MAX; self.lexicon.stems()];
        for document in 0..self.len() {
            let document = number_of(document);
            for (word, _) in self.words(document) {
                word_texts[*word as usize] += 1;
                let stem = self.lexicon.stem(*word) as usize;
                if last[stem] != document {
                    last[stem] = document;
                    stem_texts[stem] += 1;
                }
            }
        }
        self.lexicon.weigh(self.len(), &stem_texts, &word_texts);
    }

    /// Stems and lengths of the documents from `first` on.
    fn measure(&mut self, first: usize) {
        let count = self.len();
        let places: Vec<u32> = (first..count).map(number_of).collect();
        let parts: Vec<(Vec<usize>, Vec<(u32, f32)>, Vec<f32>)> = places
            .par_chunks(CHUNK)
            .map_init(
                || vec![0.0_f32; self.lexicon.groups()],
                |sums, documents| {
                    let mut lengths = Vec::with_capacity(documents.len());
                    let mut stems = Vec::new();
                    let mut norms = Vec::with_capacity(documents.len());
                    for document in documents {
                        let before = stems.len();
                        self.stem_vector(*document, &mut stems);
                        lengths.push(stems.len() - before);
                        norms.push(self.group_length(*document, sums));
                    }
                    (lengths, stems, norms)
                },
            )
            .collect();
        for (lengths, stems, norms) in parts {
            for length in lengths {
                let end = self.stem_starts[self.stem_starts.len() - 1] + length;
                self.stem_starts.push(end);
            }
            self.stems.extend_from_slice(&stems);
            self.group_norms.extend_from_slice(&norms);
        }
    }

    fn stem_vector(&self, document: u32, out: &mut Vec<(u32, f32)>) {
        let from = out.len();
        let mut counted: Vec<(u32, u32)> = self
            .words(document)
            .iter()
            .map(|(word, count)| (self.lexicon.stem(*word), u32::from(*count)))
            .collect();
        counted.sort_unstable();
        counted.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        out.extend(
            counted
                .iter()
                .map(|(stem, count)| (*stem, damped(*count) * self.lexicon.stem_weight(*stem))),
        );
        let length = out[from..]
            .iter()
            .map(|(_, weight)| f64::from(*weight) * f64::from(*weight))
            .sum::<f64>()
            .sqrt() as f32;
        for (_, weight) in &mut out[from..] {
            *weight /= length;
        }
    }

    fn group_length(&self, document: u32, sums: &mut [f32]) -> f32 {
        self.spread_groups(document, sums);
        let mut squares = 0.0_f64;
        for (word, _) in self.words(document) {
            for group in self.lexicon.groups_of(*word) {
                let value = std::mem::take(&mut sums[*group as usize]);
                squares += f64::from(value) * f64::from(value);
            }
        }
        squares.sqrt() as f32
    }

    /// Adds a document's weights of letter groups into `sums`.
    pub fn spread_groups(&self, document: u32, sums: &mut [f32]) {
        for (word, count) in self.words(document) {
            let times = damped(u32::from(*count));
            for group in self.lexicon.groups_of(*word) {
                sums[*group as usize] += times * self.lexicon.group_weight(*group);
            }
        }
    }
}

/// Weight of a count: 1 + ln(count), so that a word said ten times is not ten words.
pub fn damped(count: u32) -> f32 {
    match count {
        0 | 1 => 1.0,
        2 => 1.0 + std::f32::consts::LN_2,
        more => 1.0 + (more as f32).ln(),
    }
}

fn fingerprint(bag: &[(u32, u16)], gate: u32) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = rustc_hash::FxHasher::default();
    bag.hash(&mut hasher);
    gate.hash(&mut hasher);
    hasher.finish()
}
