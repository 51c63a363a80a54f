//! Which documents may be alike at all: those that share a heavy stem.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::corpus::Corpus;
use super::lexicon::number_of;
use super::state::{Reading, Sections, StateError};

/// Lengths of rows, and the rows one after the other.
type InRows = (Vec<u8>, Vec<(u32, f32)>);

/// Heaviest stems of a text under which it is found, and of a long text.
const HEAVY: usize = 12;
const HEAVY_OF_LONG: usize = 24;
/// A text of more stems than this is long.
const LONG: usize = 48;
/// Documents under a stem by which the work is put in order.
const KINDRED: usize = 50;
/// Entries of the index that one search may look at.
const LOOKED_AT: usize = 3_000;

/// For each stem the documents that are found under it.
#[derive(Debug, Default)]
pub struct Index {
    starts: Vec<usize>,
    entries: Vec<(u32, f32)>,
}

/// The heaviest stems of a document, heaviest first; equals by number.
pub fn heavy(corpus: &Corpus, document: u32, out: &mut Vec<(u32, f32)>) {
    let stems = corpus.stems(document);
    let most = if stems.len() > LONG {
        HEAVY_OF_LONG
    } else {
        HEAVY
    };
    out.clear();
    out.extend_from_slice(stems);
    keep_best(out, most);
    out.sort_unstable_by(best_first);
}

impl Index {
    /// Indexes all documents.
    pub fn build(corpus: &Corpus) -> Self {
        let mut index = Index::default();
        index.extend(corpus, 0);
        index
    }

    /// Indexes the documents from `first` on beside those that are in it.
    pub fn extend(&mut self, corpus: &Corpus, first: u32) {
        let documents: Vec<u32> = (first..number_of(corpus.len())).collect();
        // The heavy stems of every document once, a chunk's in a row.
        let chunks: Vec<InRows> = documents
            .par_chunks(4096)
            .map(|documents| {
                let (mut lengths, mut all, mut own) = (Vec::new(), Vec::new(), Vec::new());
                for document in documents {
                    heavy(corpus, *document, &mut own);
                    lengths.push(own.len() as u8);
                    all.extend_from_slice(&own);
                }
                (lengths, all)
            })
            .collect();
        let stems = corpus.lexicon.stems();
        let mut starts = vec![0_usize; stems + 1];
        for stem in 0..stems {
            starts[stem + 1] = self.under(number_of(stem)).len();
        }
        for (stem, _) in chunks.iter().flat_map(|(_, all)| all) {
            starts[*stem as usize + 1] += 1;
        }
        for stem in 0..stems {
            starts[stem + 1] += starts[stem];
        }
        let mut next = starts.clone();
        let mut entries = vec![(0_u32, 0.0_f32); starts[stems]];
        for (stem, next) in next.iter_mut().enumerate().take(stems) {
            let old = self.under(number_of(stem));
            entries[*next..*next + old.len()].copy_from_slice(old);
            *next += old.len();
        }
        let mut document = first;
        for (lengths, all) in &chunks {
            let mut at = 0;
            for length in lengths {
                let end = at + usize::from(*length);
                for (stem, weight) in &all[at..end] {
                    let place = &mut next[*stem as usize];
                    entries[*place] = (document, *weight);
                    *place += 1;
                }
                at = end;
                document += 1;
            }
        }
        *self = Index { starts, entries };
    }

    /// The documents from `first` on, those that share a heavy stem one after the other: what one search has read
    /// then still lies in the processor's cache for the next. The order changes no result.
    pub fn in_kindred_order(&self, corpus: &Corpus, first: u32) -> Vec<u32> {
        let mut keyed: Vec<(u32, u32)> = (first..number_of(corpus.len()))
            .into_par_iter()
            .map(|document| {
                let common = |stem: u32| self.under(stem).len() >= KINDRED;
                let key = corpus
                    .stems(document)
                    .iter()
                    .filter(|(stem, _)| common(*stem))
                    .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
                    .map_or(u32::MAX, |(stem, _)| *stem);
                (key, document)
            })
            .collect();
        keyed.par_sort_unstable();
        keyed.into_iter().map(|(_, document)| document).collect()
    }

    pub(super) fn write(&self, out: &mut Sections) -> std::io::Result<()> {
        out.put_starts(&self.starts)?;
        out.put(&self.entries)
    }

    pub(super) fn read_from(
        from: &mut Reading<'_>,
        stems: usize,
        documents: usize,
    ) -> Result<Self, StateError> {
        let index = Index {
            starts: from.get_starts()?,
            entries: from.get()?,
        };
        let greatest = index.entries.iter().map(|entry| entry.0).max();
        let sound = index.starts.len() == stems + 1
            && index.starts.last() == Some(&index.entries.len())
            && greatest.is_none_or(|greatest| (greatest as usize) < documents);
        match sound {
            true => Ok(index),
            false => Err(from.damaged("index")),
        }
    }

    fn under(&self, stem: u32) -> &[(u32, f32)] {
        let stem = stem as usize;
        match self.starts.get(stem..stem + 2) {
            Some(ends) => &self.entries[ends[0]..ends[1]],
            None => &[],
        }
    }
}

/// One thread's memory of a search.
#[derive(Debug)]
pub struct Search {
    scores: Vec<f32>,
    /// Room for as many as one search may touch, and one more.
    touched: Vec<u32>,
    own: Vec<(u32, f32)>,
}

impl Search {
    /// For a corpus of `documents`.
    pub fn new(documents: usize) -> Self {
        Search {
            scores: vec![0.0; documents],
            touched: vec![0; LOOKED_AT + 1],
            own: Vec::new(),
        }
    }

    /// The `most` documents of the same gate that share the heaviest stems with this one, best first.
    ///
    /// Rare stems are looked at first, and no more than a fixed number of entries in all: of a long list the
    /// part around the document itself, whose neighbours in the canonical order are those of the same time.
    pub fn candidates(
        &mut self,
        corpus: &Corpus,
        index: &Index,
        document: u32,
        most: usize,
        out: &mut Vec<(u32, f32)>,
    ) {
        heavy(corpus, document, &mut self.own);
        self.own
            .sort_unstable_by_key(|(stem, _)| (index.under(*stem).len(), *stem));
        let gate = corpus.gates[document as usize];
        let mut left = LOOKED_AT;
        let mut count = 0;
        for (stem, weight) in &self.own {
            let list = window(index.under(*stem), document, left);
            left -= list.len();
            for (other, own) in list {
                let score = &mut self.scores[*other as usize];
                // Written always and counted when new: whether it is new cannot be foretold, and a wrong guess of the
                // processor costs more than the writing.
                self.touched[count] = *other;
                count += usize::from(*score == 0.0);
                *score += weight * own;
            }
            if left == 0 {
                break;
            }
        }
        out.clear();
        // Thousands are touched and a few are wanted: once some are found, what is behind them all is passed over.
        let mut least = 0.0;
        for other in &self.touched[..count] {
            let score = std::mem::take(&mut self.scores[*other as usize]);
            if score >= least && *other != document && corpus.gates[*other as usize] == gate {
                out.push((*other, score));
                if out.len() >= 4 * most {
                    least = keep_best(out, most);
                }
            }
        }
        keep_best(out, most);
        out.sort_unstable_by(best_first);
    }
}

fn best_first(a: &(u32, f32), b: &(u32, f32)) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

/// Keeps the `most` best, in any order; the least score among them, 0 where there are no more than these.
fn keep_best(found: &mut Vec<(u32, f32)>, most: usize) -> f32 {
    if found.len() <= most || most == 0 {
        found.truncate(most);
        return 0.0;
    }
    let (_, last, _) = found.select_nth_unstable_by(most - 1, best_first);
    let least = last.1;
    found.truncate(most);
    least
}

/// At most `most` entries of a list around a document's own place.
fn window(list: &[(u32, f32)], document: u32, most: usize) -> &[(u32, f32)] {
    if list.len() <= most {
        return list;
    }
    let own = list.partition_point(|(other, _)| *other < document);
    let from = own.saturating_sub(most / 2).min(list.len() - most);
    &list[from..from + most]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Input;

    #[test]
    fn the_best_of_many_are_those_of_a_comparison_with_all() {
        // Every text shares words with hundreds of others, far more than are kept.
        let texts: Vec<String> = (0..400_usize)
            .map(|n| {
                let letter = |place: usize| char::from(b'a' + (place % 26) as u8);
                let word = |w: usize| {
                    let number = (n * (w + 3) + w * w) % (7 + 5 * w);
                    format!("q{}{}{} ", letter(w), letter(number / 26), letter(number))
                };
                (0..9).map(word).collect()
            })
            .collect();
        let input = |text| Input {
            text,
            gate: 0,
            word: 0,
        };
        let inputs: Vec<Input<'_>> = texts.iter().map(|text| input(text.as_str())).collect();
        let corpus = Corpus::build(&inputs);
        let index = Index::build(&corpus);
        let mut search = Search::new(corpus.len());
        let (mut found, mut own, mut far) = (Vec::new(), Vec::new(), Vec::new());
        let documents = number_of(corpus.len());
        assert!(documents > 300);
        for document in (0..documents).step_by(7) {
            search.candidates(&corpus, &index, document, 6, &mut found);
            heavy(&corpus, document, &mut own);
            let mut all: Vec<f32> = Vec::new();
            for other in (0..documents).filter(|other| *other != document) {
                heavy(&corpus, other, &mut far);
                let same = |stem: u32| {
                    far.iter()
                        .find(|own| own.0 == stem)
                        .map_or(0.0, |own| own.1)
                };
                all.push(own.iter().map(|(stem, weight)| weight * same(*stem)).sum());
            }
            all.sort_unstable_by(|a, b| b.total_cmp(a));
            assert!(all.iter().filter(|score| **score > 0.0).count() > 4 * 6);
            assert_eq!(found.len(), 6);
            for ((_, score), best) in found.iter().zip(&all) {
                assert!((score - best).abs() < 1e-5, "{document}: {score}, {best}");
            }
            // Nothing is left for the next search.
            assert!(search.scores.iter().all(|score| *score == 0.0));
        }
    }
}
