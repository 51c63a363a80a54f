//! Brings together the pieces of one problem that the sparse graph left apart.
//!
//! Each document knows only its nearest neighbours, so a problem of hundreds of complaints falls into pieces whose
//! pairs mostly have no edge. Here the averages are taken over all pairs, by the profiles of the pieces.

use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::bonds::Bonds;
use super::corpus::Corpus;
use super::lexicon::{Map, number_of};
use super::linkage::{Linked, Pair, root};
use super::profile::{Profile, ProfileComparison};

/// Pieces less alike than this on average are never one problem.
const LEAST: f64 = 0.4;
/// Pieces are one problem when their average similarity is at least this share of that within each of them.
const SHARE_OF_WITHIN: f64 = 0.85;

/// Merges groups that an edge joins while they differ from each other hardly more than their own members do.
pub fn consolidate(
    corpus: &Corpus,
    group_of: &[u32],
    bonds: &Bonds,
    edges: &[(u32, u32, f32)],
) -> Linked {
    let joined = joined_pairs(group_of, edges);
    if joined.is_empty() {
        return Linked {
            group_of: group_of.to_vec(),
            refused: Vec::new(),
        };
    }
    let profiles = profiles(corpus, group_of, &joined);
    let firsts: Vec<Pair> = similarities(corpus, &profiles, &joined);
    Consolidation {
        corpus,
        comparison: ProfileComparison::new(corpus),
        near: neighbours(&joined),
        profiles,
        bonds: bonds.clone(),
        held: None,
        grown: Map::default(),
        into: (0..group_of.len()).map(number_of).collect(),
        refused: Vec::new(),
    }
    .run(group_of, firsts)
}

/// Pairs of groups with at least one edge that is strong enough by itself, in rising order.
fn joined_pairs(group_of: &[u32], edges: &[(u32, u32, f32)]) -> Vec<(u32, u32)> {
    let mut pairs: Vec<(u32, u32)> = edges
        .iter()
        .filter(|(_, _, s)| f64::from(*s) >= LEAST)
        .map(|(a, b, _)| (group_of[*a as usize], group_of[*b as usize]))
        .filter(|(a, b)| a != b)
        .map(|(a, b)| (a.min(b), a.max(b)))
        .collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
}

/// Profiles of the groups that occur in a pair.
fn profiles(corpus: &Corpus, group_of: &[u32], joined: &[(u32, u32)]) -> Map<u32, Profile> {
    let mut wanted = vec![false; group_of.len()];
    for (a, b) in joined {
        wanted[*a as usize] = true;
        wanted[*b as usize] = true;
    }
    let mut members: Vec<(u32, u32)> = (0..group_of.len())
        .map(|document| (group_of[document], number_of(document)))
        .filter(|(group, _)| wanted[*group as usize])
        .collect();
    members.sort_unstable();
    let groups: Vec<&[(u32, u32)]> = members.chunk_by(|a, b| a.0 == b.0).collect();
    groups
        .par_iter()
        .map_init(
            || ProfileComparison::new(corpus),
            |comparison, group| {
                let documents = group.iter().map(|(_, document)| *document);
                (group[0].0, Profile::of_group(corpus, documents, comparison))
            },
        )
        .collect::<Vec<_>>()
        .into_iter()
        .collect()
}

/// Average similarities of the pairs that are alike enough to merge.
fn similarities(corpus: &Corpus, profiles: &Map<u32, Profile>, joined: &[(u32, u32)]) -> Vec<Pair> {
    let runs: Vec<&[(u32, u32)]> = joined.chunk_by(|x, y| x.0 == y.0).collect();
    runs.par_iter()
        .map_init(
            || ProfileComparison::new(corpus),
            |comparison, run| {
                let one = &profiles[&run[0].0];
                comparison.begin(corpus, one);
                let pairs: Vec<Pair> = run
                    .iter()
                    .filter_map(|(a, b)| {
                        let other = &profiles[b];
                        let similarity = f64::from(comparison.with(corpus, other));
                        (similarity >= needed(one, other)).then_some(Pair {
                            similarity,
                            a: *a,
                            b: *b,
                        })
                    })
                    .collect();
                comparison.end(corpus, one);
                pairs
            },
        )
        .flatten_iter()
        .collect()
}

/// How alike two groups must be to be one problem.
fn needed(a: &Profile, b: &Profile) -> f64 {
    let within = match (a.within, b.within) {
        (Some(a), Some(b)) => 0.5 * (a + b),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => 1.0,
    };
    LEAST.max(SHARE_OF_WITHIN * within)
}

fn neighbours(joined: &[(u32, u32)]) -> Map<u32, Vec<u32>> {
    let mut near: Map<u32, Vec<u32>> = Map::default();
    for (a, b) in joined {
        near.entry(*a).or_default().push(*b);
        near.entry(*b).or_default().push(*a);
    }
    near
}

struct Consolidation<'a> {
    corpus: &'a Corpus,
    comparison: ProfileComparison,
    near: Map<u32, Vec<u32>>,
    profiles: Map<u32, Profile>,
    bonds: Bonds,
    /// The group that lies spread out in the comparison, and its profile as it was.
    held: Option<(u32, Profile)>,
    /// Groups that have grown: only their pairs have to be weighed again.
    grown: Map<u32, ()>,
    into: Vec<u32>,
    refused: Vec<(u32, u32)>,
}

impl Consolidation<'_> {
    fn run(mut self, group_of: &[u32], firsts: Vec<Pair>) -> Linked {
        let mut heap: BinaryHeap<Pair> = firsts.into();
        while let Some(pair) = heap.pop() {
            let (a, b) = (root(&self.into, pair.a), root(&self.into, pair.b));
            if a == b {
                continue;
            }
            if !self.bonds.allow(a, b) {
                self.refused.push((a, b));
                continue;
            }
            // Where neither has grown the weight still holds; else the pair is weighed again, and put back if it fell.
            let (similarity, enough) =
                match self.grown.contains_key(&a) || self.grown.contains_key(&b) {
                    true => self.weigh(a, b),
                    false => (pair.similarity, true),
                };
            if similarity < pair.similarity && enough {
                let (a, b) = (a.min(b), a.max(b));
                heap.push(Pair { similarity, a, b });
            } else if enough {
                self.merge(a, b, similarity, &mut heap);
            }
        }
        Linked {
            group_of: group_of
                .iter()
                .map(|group| root(&self.into, *group))
                .collect(),
            refused: self.refused,
        }
    }

    fn weigh(&mut self, a: u32, b: u32) -> (f64, bool) {
        let (spread, other) = match self.held.as_ref().map(|(group, _)| *group) {
            Some(group) if group == b => (b, a),
            _ => (a, b),
        };
        if !self.profiles.contains_key(&other) || !self.hold(spread) {
            return (0.0, false);
        }
        let (one, other) = (&self.profiles[&spread], &self.profiles[&other]);
        let similarity = f64::from(self.comparison.with(self.corpus, other));
        (similarity, similarity >= needed(one, other))
    }

    /// Spreads a group's profile out, unless it lies there already; whether there is such a group.
    fn hold(&mut self, group: u32) -> bool {
        if self.held.as_ref().is_some_and(|(held, _)| *held == group) {
            return true;
        }
        self.let_go();
        let Some(profile) = self.profiles.get(&group) else {
            return false;
        };
        self.comparison.begin(self.corpus, profile);
        self.held = Some((group, profile.clone()));
        true
    }

    fn let_go(&mut self) {
        if let Some((_, profile)) = self.held.take() {
            self.comparison.end(self.corpus, &profile);
        }
    }

    fn merge(&mut self, a: u32, b: u32, similarity: f64, heap: &mut BinaryHeap<Pair>) {
        let (Some(one), Some(other)) = (self.profiles.get(&a), self.profiles.get(&b)) else {
            return;
        };
        let (kept, gone) = match one.documents >= other.documents {
            true => (a, b),
            false => (b, a),
        };
        let whole = one.join(other, similarity);
        self.let_go();
        self.grown.insert(kept, ());
        self.profiles.remove(&gone);
        self.profiles.insert(kept, whole);
        self.bonds.join(kept, gone);
        self.into[gone as usize] = kept;
        // Only the smaller side's neighbours are new to the group; the greater side's pairs stand in the heap.
        let moved = self.near.remove(&gone).unwrap_or_default();
        let mut others: Vec<u32> = moved.iter().map(|other| root(&self.into, *other)).collect();
        others.sort_unstable();
        others.dedup();
        for other in others.into_iter().filter(|other| *other != kept) {
            let (similarity, enough) = self.weigh(kept, other);
            if enough {
                let (a, b) = (kept.min(other), kept.max(other));
                heap.push(Pair { similarity, a, b });
            }
        }
        self.near.entry(kept).or_default().extend(moved);
    }
}
