//! The texts as bags of words, equal ones only once.

mod reading;
mod weights;

use std::sync::Arc;

use rayon::prelude::*;

use self::reading::{Bag, Chunk, Numbering, Sequence, Told, read_chunk};
pub use self::weights::damped;
use super::boilerplate::{Boilerplate, Segments, Set, Suspects};
use super::figures::Figures;
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
    /// Segments that are left out of every text, found by the full run.
    pub boilerplate: Boilerplate,
    /// Figures that are words by themselves, found likewise.
    pub figures: Arc<Figures>,
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

/// Documents by the fingerprint of their words and gate, and by what is said about them.
type Known = Map<(u64, u32), Vec<u32>>;

impl Corpus {
    /// Reads all texts and fixes the weights. Order decides numbers only, so give the texts in a canonical one.
    pub fn build(inputs: &[Input<'_>]) -> Self {
        let mut corpus = Corpus {
            figures: Arc::new(Figures::shared(inputs)),
            word_starts: vec![0],
            stem_starts: vec![0],
            ..Corpus::default()
        };
        let segments = corpus.read(inputs);
        corpus.leave_out_boilerplate(inputs, &segments);
        drop(segments);
        corpus.fix_weights();
        corpus.measure(0);
        corpus
    }

    /// Reads more texts; weights and boilerplate stay as they are, and a new word counts as one seen once. A text that repeats an
    /// earlier one of the same gate becomes the document with the most copies of it, whatever was said about that
    /// one, unless something is said about itself.
    pub fn extend(&mut self, inputs: &[Input<'_>]) {
        let first = self.len();
        let mut known = Known::default();
        let boilerplate = std::mem::take(&mut self.boilerplate);
        let bags = self.bags(inputs, Some(&boilerplate));
        self.boilerplate = boilerplate;
        let wanted: Set = bags.iter().map(|(_, fingerprint)| *fingerprint).collect();
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
        for (((bag, _), fingerprint), input) in bags.iter().zip(inputs) {
            self.add(bag, *fingerprint, input, &mut known);
        }
        self.lexicon.weigh_new(first);
        self.measure(first);
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.copies.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        self.boilerplate.write(out)?;
        self.figures.write(out)?;
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
        let boilerplate = Boilerplate::read_from(from)?;
        let figures = Arc::new(Figures::read_from(from)?);
        let document_of: Vec<u32> = from.get()?;
        let copies: Vec<u32> = from.get()?;
        let corpus = Corpus {
            lexicon,
            boilerplate,
            figures,
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

    fn read(&mut self, inputs: &[Input<'_>]) -> Segments {
        let mut known = Known::default();
        let mut segments = Segments::default();
        // In waves, so that only a part of the bags lies twice in memory.
        for wave in inputs.chunks(CHUNK * 64) {
            let bags = self.bags(wave, None);
            for (((bag, marks), fingerprint), input) in bags.iter().zip(wave) {
                let before = self.len();
                self.add(bag, *fingerprint, input, &mut known);
                if self.len() > before {
                    segments.push(marks);
                }
            }
        }
        segments
    }

    /// Finds what is boilerplate, and leaves it out of the documents read so far; those that are equal without it
    /// become one.
    fn leave_out_boilerplate(&mut self, inputs: &[Input<'_>], segments: &Segments) {
        let mut suspects = Suspects::of(segments, |document| fingerprint(self.words(document), 0));
        if suspects.is_empty() {
            return;
        }
        self.spell(&mut suspects, inputs);
        let found = suspects.boilerplate(
            segments,
            |document| self.words(document),
            |word| self.lexicon.stem(word),
            self.lexicon.stems(),
        );
        drop(suspects);
        if found.is_empty() {
            return;
        }
        self.boilerplate = found.marks();
        let places: Vec<u32> = (0..number_of(self.len())).collect();
        let left: Map<u32, Bag> = places
            .par_chunks(CHUNK)
            .flat_map_iter(|documents| {
                documents.iter().filter_map(|document| {
                    let left = found.left(self.words(*document), segments.of(*document))?;
                    Some((*document, left))
                })
            })
            .collect();
        self.replace(&left);
    }

    /// Reads again the texts from which the words of suspects are to be had: a small part of all.
    fn spell(&self, suspects: &mut Suspects, inputs: &[Input<'_>]) {
        let mut text_of = vec![u32::MAX; self.len()];
        for (text, document) in self.document_of.iter().enumerate().rev() {
            if let Some(document) = document {
                text_of[*document as usize] = number_of(text);
            }
        }
        let spelt: Vec<(u64, Vec<u32>)> = suspects
            .to_read()
            .par_chunks(CHUNK)
            .flat_map_iter(|wanted| {
                let mut numbering = Numbering::default();
                let mut normaliser = Normaliser::with(&self.figures);
                let mut sequence = Sequence::default();
                let mut spelt = Vec::new();
                for (document, marks) in wanted {
                    let text = inputs[text_of[*document as usize] as usize].text;
                    numbering.read(text, &mut normaliser, &mut sequence);
                    for (mark, from, to) in &sequence.segments {
                        if marks.contains(mark) {
                            let words = sequence.words[*from..*to].iter().filter_map(|word| {
                                self.lexicon.find(&numbering.words[*word as usize])
                            });
                            spelt.push((*mark, words.collect()));
                        }
                    }
                }
                spelt
            })
            .collect();
        for (mark, words) in &spelt {
            suspects.spell(*mark, words);
        }
    }

    /// Gives some documents other, fewer words.
    fn replace(&mut self, bags: &Map<u32, Bag>) {
        let mut changed = Set::default();
        for (document, bag) in bags {
            let at = *document as usize;
            self.fingerprints[at] = fingerprint(bag, self.gates[at]);
            changed.insert(self.fingerprints[at]);
        }
        let emptied = Corpus {
            lexicon: std::mem::take(&mut self.lexicon),
            boilerplate: std::mem::take(&mut self.boilerplate),
            figures: std::mem::take(&mut self.figures),
            stem_starts: vec![0],
            word_starts: vec![0],
            ..Corpus::default()
        };
        let old = std::mem::replace(self, emptied);
        let mut known = Known::default();
        let mut renamed: Vec<u32> = Vec::with_capacity(old.len());
        for at in 0..old.len() {
            let document = number_of(at);
            let bag = bags
                .get(&document)
                .map_or_else(|| old.words(document), Vec::as_slice);
            let own = self.same_or_new(
                bag,
                old.fingerprints[at],
                (old.gates[at], old.said[at]),
                changed
                    .contains(&old.fingerprints[at])
                    .then_some(&mut known),
            );
            self.copies[own as usize] += old.copies[at];
            renamed.push(own);
        }
        self.document_of = old
            .document_of
            .iter()
            .map(|document| document.map(|document| renamed[document as usize]))
            .collect();
    }

    /// The inputs as bags of numbered words, in rising order, and their fingerprints.
    fn bags(
        &mut self,
        inputs: &[Input<'_>],
        boilerplate: Option<&Boilerplate>,
    ) -> Vec<(Told, u64)> {
        let chunks: Vec<Chunk> = inputs
            .par_chunks(CHUNK)
            .map(|inputs| read_chunk(inputs, &self.figures, boilerplate))
            .collect();
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
                    .told
                    .into_iter()
                    .zip(texts)
                    .map(move |((mut bag, marks), input)| {
                        for (word, _) in &mut bag {
                            *word = numbers[*word as usize];
                        }
                        bag.sort_unstable();
                        let fingerprint = fingerprint(&bag, input.gate);
                        ((bag, marks), fingerprint)
                    })
            })
            .collect()
    }

    fn add(&mut self, bag: &[(u32, u16)], fingerprint: u64, input: &Input<'_>, known: &mut Known) {
        if bag.is_empty() {
            self.document_of.push(None);
            return;
        }
        let document = self.same_or_new(bag, fingerprint, (input.gate, input.word), Some(known));
        self.copies[document as usize] += 1;
        self.document_of.push(Some(document));
    }

    /// The known document of these words, gate and word, or a new one.
    fn same_or_new(
        &mut self,
        bag: &[(u32, u16)],
        fingerprint: u64,
        (gate, word): (u32, u32),
        known: Option<&mut Known>,
    ) -> u32 {
        let new = number_of(self.copies.len());
        if let Some(known) = known {
            let alike = known.entry((fingerprint, word)).or_default();
            let same = alike.iter().copied().find(|document| {
                let at = *document as usize;
                self.gates[at] == gate
                    && self.said[at] == word
                    && self.words[self.word_starts[at]..self.word_starts[at + 1]] == *bag
            });
            if let Some(document) = same {
                return document;
            }
            alike.push(new);
        }
        self.words.extend_from_slice(bag);
        self.word_starts.push(self.words.len());
        self.copies.push(0);
        self.gates.push(gate);
        self.said.push(word);
        self.fingerprints.push(fingerprint);
        new
    }
}

fn fingerprint(bag: &[(u32, u16)], gate: u32) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = rustc_hash::FxHasher::default();
    bag.hash(&mut hasher);
    gate.hash(&mut hasher);
    hasher.finish()
}
