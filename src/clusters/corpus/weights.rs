//! How much each word of a corpus says, and the documents' vectors.

use rayon::prelude::*;

use super::{CHUNK, Corpus};
use crate::lexicon::number_of;

/// Lengths of documents' rows of stems, these rows one after the other, and the lengths of the letter groups' vectors.
type Measured = (Vec<usize>, Vec<(u32, f32)>, Vec<f32>);

/// Weight of a count: 1 + ln(count), so that a word said ten times is not ten words.
pub fn damped(count: u32) -> f32 {
    match count {
        0 | 1 => 1.0,
        2 => 1.0 + std::f32::consts::LN_2,
        more => 1.0 + (more as f32).ln(),
    }
}

impl Corpus {
    /// Adds a document's weights of letter groups into `sums`.
    pub fn spread_groups(&self, document: u32, sums: &mut [f32]) {
        for (word, count) in self.words(document) {
            let times = damped(u32::from(*count));
            for group in self.lexicon.groups_of(*word) {
                sums[*group as usize] += times * self.lexicon.group_weight(*group);
            }
        }
    }

    pub(super) fn fix_weights(&mut self) {
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
    pub(super) fn measure(&mut self, first: usize) {
        let count = self.len();
        let places: Vec<u32> = (first..count).map(number_of).collect();
        let parts: Vec<Measured> = places
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
}
