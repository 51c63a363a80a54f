//! The graph of nearest neighbours.

use rayon::prelude::*;

use super::candidates::{Index, Search};
use super::corpus::Corpus;
use super::lexicon::number_of;
use super::similarity::{Comparison, Kinship};
use super::vectors::TextVectors;

/// Candidates of a document whose stems are compared.
const CONSIDERED: usize = 48;
/// Those among them with the most alike stems, whose letter groups are compared too.
const COMPARED: usize = 24;
/// Documents that one thread takes at a time.
const CHUNK: usize = 256;
/// Neighbours of a document that are kept.
pub const KEPT: usize = 20;
/// Less alike than this is no neighbour.
const LEAST: f32 = 0.05;
/// Ranks of the neighbours that make up a document's surroundings: behind those that repeat it.
const SURROUNDING: std::ops::Range<usize> = 8..KEPT;

/// A neighbour and its similarity, 0 to 1.
pub type Neighbour = (u32, f32);

/// Each document's nearest neighbours, best first.
#[derive(Debug)]
pub struct Graph {
    starts: Vec<usize>,
    neighbours: Vec<Neighbour>,
}

impl Graph {
    /// Searches the neighbours of every document from `first` on; those before keep an empty list.
    pub fn build(
        corpus: &Corpus,
        index: &Index,
        vectors: Option<&TextVectors>,
        first: u32,
    ) -> Self {
        let documents = index.in_kindred_order(corpus, first);
        let kinship = Kinship::of(corpus, first);
        let found: Vec<Found> = documents
            .par_chunks(CHUNK)
            .map_init(
                || Work {
                    search: Search::new(corpus.len()),
                    comparison: Comparison::new(corpus, &kinship),
                    candidates: Vec::new(),
                },
                |work, part| work.find(corpus, index, vectors, part),
            )
            .collect();
        let mut starts = vec![0_usize; corpus.len() + 1];
        for (part, own) in documents.chunks(CHUNK).zip(&found) {
            for (document, length) in part.iter().zip(&own.lengths) {
                starts[*document as usize + 1] = usize::from(*length);
            }
        }
        for document in 0..corpus.len() {
            starts[document + 1] += starts[document];
        }
        let mut neighbours = vec![(0, 0.0); starts[corpus.len()]];
        for (part, own) in documents.chunks(CHUNK).zip(found) {
            let mut at = 0;
            for document in part {
                let place = starts[*document as usize]..starts[*document as usize + 1];
                let end = at + place.len();
                neighbours[place].copy_from_slice(&own.neighbours[at..end]);
                at = end;
            }
        }
        Graph { starts, neighbours }
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Neighbours of a document, best first.
    pub fn of(&self, document: u32) -> &[Neighbour] {
        let document = document as usize;
        &self.neighbours[self.starts[document]..self.starts[document + 1]]
    }

    /// How alike a document is to those that are merely near it: the mean over ranks 9 to 20, a missing
    /// neighbour counted as the least one. A text of common phrases has close surroundings, a text of its own
    /// has none.
    pub fn surroundings(&self, document: u32) -> f32 {
        let own = self.of(document);
        let sum: f32 = SURROUNDING
            .map(|rank| own.get(rank).map_or(LEAST, |neighbour| neighbour.1))
            .sum();
        sum / SURROUNDING.len() as f32
    }

    /// Every pair once, the smaller document first, in rising order.
    pub fn edges(&self) -> Vec<(u32, u32, f32)> {
        self.edges_within(KEPT)
    }

    /// The pairs in which one is among the other's first `most`.
    pub fn edges_within(&self, most: usize) -> Vec<(u32, u32, f32)> {
        let own = |a: u32| {
            let own = self.of(a);
            &own[..own.len().min(most)]
        };
        let documents = 0..number_of(self.len());
        // Room for all of them from the start: a list that outgrows its room lies twice in memory while it moves.
        let mut edges = Vec::with_capacity(documents.clone().map(|a| own(a).len()).sum());
        edges.extend(documents.flat_map(|a| {
            let pair = move |(b, s): &Neighbour| (a.min(*b), a.max(*b), *s);
            own(a).iter().map(pair)
        }));
        edges.par_sort_unstable_by(|x, y| (x.0, x.1).cmp(&(y.0, y.1)).then(y.2.total_cmp(&x.2)));
        edges.dedup_by_key(|edge| (edge.0, edge.1));
        edges
    }
}

/// The neighbours of some documents, one after the other.
struct Found {
    lengths: Vec<u8>,
    neighbours: Vec<Neighbour>,
}

/// One thread's memory.
struct Work<'a> {
    search: Search,
    comparison: Comparison<'a>,
    candidates: Vec<Neighbour>,
}

impl Work<'_> {
    fn find(
        &mut self,
        corpus: &Corpus,
        index: &Index,
        vectors: Option<&TextVectors>,
        documents: &[u32],
    ) -> Found {
        let mut found = Found {
            lengths: Vec::with_capacity(documents.len()),
            neighbours: Vec::with_capacity(documents.len() * KEPT),
        };
        let best_first = |a: &Neighbour, b: &Neighbour| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let near = &mut self.candidates;
        for document in documents {
            self.search
                .candidates(corpus, index, *document, CONSIDERED, near);
            self.comparison.begin(*document);
            for (other, score) in near.iter_mut() {
                *score = self.comparison.stems_with(*other);
            }
            if near.len() > COMPARED {
                near.select_nth_unstable_by(COMPARED - 1, best_first);
                near.truncate(COMPARED);
            }
            for (other, score) in near.iter_mut() {
                *score = self.comparison.with(*other, *score);
                if let Some(cosine) = vectors.and_then(|own| own.cosine(*document, *other)) {
                    *score = (2.0 * *score + cosine.max(0.0)) / 3.0;
                }
            }
            self.comparison.end();
            near.retain(|(_, score)| *score >= LEAST);
            near.sort_unstable_by(best_first);
            near.truncate(KEPT);
            found.lengths.push(near.len() as u8);
            found.neighbours.extend_from_slice(near);
        }
        found
    }
}
