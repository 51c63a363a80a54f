//! Brings together the pieces of one problem that the sparse graph left apart.
//!
//! Each document knows only its nearest neighbours, so a problem of hundreds of complaints falls into pieces whose
//! pairs mostly have no edge. Here the averages are taken over all pairs, by the profiles of the pieces.

use std::collections::BinaryHeap;
use std::sync::Arc;

use rayon::prelude::*;

use super::bonds::Bonds;
use super::corpus::Corpus;
use super::lexicon::{Map, number_of};
use super::linkage::{Linked, Pair, root};
use super::problem::Edge;
use super::profile::{Profile, ProfileComparison};

/// Pieces less alike than this on average are never one problem.
const LEAST: f64 = 0.4;
/// Pieces are one problem when their average similarity is at least this share of that within each of them.
const SHARE_OF_WITHIN: f64 = 0.85;
/// A pair that is less alike than it was before its groups grew waits for its turn; by so little, it does not: else each
/// pair of a group that takes in thousands is weighed anew after each of them.
const SLACK: f64 = 0.01;
/// Profiles that lie spread out for comparison at a time.
const SPREAD: usize = 24;
/// So many comparisons are worth waking another thread.
const SHARED_OUT: usize = 16;

/// Profiles by group.
type Profiles = Map<u32, Arc<Profile>>;

/// The edges that are strong enough by themselves to join two pieces.
pub fn strong(edges: &[Edge]) -> Vec<(u32, u32)> {
    let strong = edges.iter().filter(|(_, _, s)| f64::from(*s) >= LEAST);
    strong.map(|(a, b, _)| (*a, *b)).collect()
}

/// Merges groups that one of the [`strong`] edges joins while they differ from each other hardly more than their own
/// members do.
pub fn consolidate(
    corpus: &Corpus,
    group_of: &[u32],
    bonds: &Bonds,
    strong: Vec<(u32, u32)>,
) -> Linked {
    let joined = joined_pairs(group_of, strong);
    if joined.is_empty() {
        return Linked {
            group_of: group_of.to_vec(),
            refused: Vec::new(),
        };
    }
    let profiles = profiles(corpus, group_of, &joined);
    let firsts: Vec<Pair> = similarities(corpus, &profiles, &joined);
    let near = neighbours(&joined);
    drop(joined);
    Consolidation {
        corpus,
        spread: Spread::new(corpus),
        near,
        profiles,
        bonds: bonds.clone(),
        grown: Map::default(),
        into: (0..group_of.len()).map(number_of).collect(),
        refused: Vec::new(),
    }
    .run(group_of, firsts)
}

/// Pairs of groups that documents join, in rising order.
fn joined_pairs(group_of: &[u32], strong: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    let mut pairs = strong;
    for (a, b) in &mut pairs {
        let (one, other) = (group_of[*a as usize], group_of[*b as usize]);
        (*a, *b) = (one.min(other), one.max(other));
    }
    pairs.retain(|(a, b)| a != b);
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
}

/// Profiles of the groups that occur in a pair.
fn profiles(corpus: &Corpus, group_of: &[u32], joined: &[(u32, u32)]) -> Profiles {
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
                let profile = Profile::of_group(corpus, documents, comparison);
                (group[0].0, Arc::new(profile))
            },
        )
        .collect::<Vec<_>>()
        .into_iter()
        .collect()
}

/// Average similarities of the pairs that are alike enough to merge.
fn similarities(corpus: &Corpus, profiles: &Profiles, joined: &[(u32, u32)]) -> Vec<Pair> {
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
                        let similarity =
                            comparison.with_at_least(corpus, other, needed(one, other))?;
                        Some(Pair {
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

/// A group and its profile as it was, where a comparison is taken; and the comparison in which it lies spread out.
type Place = (Option<(u32, Arc<Profile>)>, ProfileComparison);

/// The profiles of the groups that grew last, each spread out in a comparison of its own: a problem that grows is weighed
/// again and again.
struct Spread {
    /// Latest first.
    places: Vec<Place>,
    /// For a profile that is compared once.
    aside: ProfileComparison,
}

impl Spread {
    fn new(corpus: &Corpus) -> Self {
        let place = |_| (None, ProfileComparison::new(corpus));
        Spread {
            places: (0..SPREAD).map(place).collect(),
            aside: ProfileComparison::new(corpus),
        }
    }

    fn holds(&self, group: u32) -> bool {
        let mut held = self.places.iter().filter_map(|(held, _)| held.as_ref());
        held.any(|(own, _)| *own == group)
    }

    /// The comparison in which a group's profile lies, or is put in place of the one not compared for longest.
    fn of(&mut self, corpus: &Corpus, group: u32, profile: &Arc<Profile>) -> &ProfileComparison {
        let last = self.places.len() - 1;
        let mut lies = self.places.iter();
        let own = lies.position(|(held, _)| held.as_ref().is_some_and(|held| held.0 == group));
        self.places[..=own.unwrap_or(last)].rotate_right(1);
        let (held, comparison) = &mut self.places[0];
        if own.is_none() {
            if let Some((_, former)) = held.take() {
                comparison.end(corpus, &former);
            }
            comparison.begin(corpus, profile);
            *held = Some((group, Arc::clone(profile)));
        }
        comparison
    }

    /// A group has grown or is gone.
    fn forget(&mut self, corpus: &Corpus, group: u32) {
        for (held, comparison) in &mut self.places {
            if let Some((_, former)) = held.take_if(|held| held.0 == group) {
                comparison.end(corpus, &former);
            }
        }
    }
}

struct Consolidation<'a> {
    corpus: &'a Corpus,
    spread: Spread,
    near: Map<u32, Vec<u32>>,
    profiles: Profiles,
    bonds: Bonds,
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
            let grown = self.grown.contains_key(&a) || self.grown.contains_key(&b);
            let similarity = match grown {
                true => self.weigh(a, b),
                false => Some(pair.similarity),
            };
            let Some(similarity) = similarity else {
                continue;
            };
            if similarity + SLACK < pair.similarity {
                let (a, b) = (a.min(b), a.max(b));
                heap.push(Pair { similarity, a, b });
            } else {
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

    /// Average similarity of two groups where it is enough for one problem. One that lies spread out is compared with the
    /// other; where neither does, the smaller profile is spread out, which is less work.
    fn weigh(&mut self, a: u32, b: u32) -> Option<f64> {
        let (one, other) = (self.profiles.get(&a)?, self.profiles.get(&b)?);
        let needed = needed(one, other);
        let rank = |group: u32, profile: &Profile| (profile.entries(), std::cmp::Reverse(group));
        let a_is_greater = rank(a, one) >= rank(b, other);
        let a_first = match (self.spread.holds(a), self.spread.holds(b)) {
            (true, false) => true,
            (false, true) => false,
            (true, true) => a_is_greater,
            (false, false) => !a_is_greater,
        };
        let (group, one, other) = match a_first {
            true => (a, one, other),
            false => (b, other, one),
        };
        if self.spread.holds(group) {
            let comparison = self.spread.of(self.corpus, group, one);
            return comparison.with_at_least(self.corpus, other, needed);
        }
        let aside = &mut self.spread.aside;
        aside.begin(self.corpus, one);
        let similarity = aside.with_at_least(self.corpus, other, needed);
        aside.end(self.corpus, one);
        similarity
    }

    fn merge(&mut self, a: u32, b: u32, similarity: f64, heap: &mut BinaryHeap<Pair>) {
        let (Some(one), Some(other)) = (self.profiles.get(&a), self.profiles.get(&b)) else {
            return;
        };
        let (kept, gone) = match one.documents >= other.documents {
            true => (a, b),
            false => (b, a),
        };
        let whole = Arc::new(one.join(other, similarity));
        self.spread.forget(self.corpus, a);
        self.spread.forget(self.corpus, b);
        self.grown.insert(kept, ());
        self.profiles.remove(&gone);
        self.profiles.insert(kept, Arc::clone(&whole));
        self.bonds.join(kept, gone);
        self.into[gone as usize] = kept;
        // Only the smaller side's neighbours are new to the group; the greater side's pairs stand in the heap.
        let moved = self.near.remove(&gone).unwrap_or_default();
        let mut others: Vec<u32> = moved.iter().map(|other| root(&self.into, *other)).collect();
        others.sort_unstable();
        others.dedup();
        others.retain(|other| *other != kept);
        heap.extend(self.weigh_all(kept, &whole, &others));
        self.near.entry(kept).or_default().extend(moved);
    }

    /// The pairs of a group with others that are enough for one problem.
    fn weigh_all(&mut self, group: u32, whole: &Arc<Profile>, others: &[u32]) -> Vec<Pair> {
        if others.is_empty() {
            return Vec::new();
        }
        let (corpus, profiles) = (self.corpus, &self.profiles);
        let comparison = self.spread.of(corpus, group, whole);
        let weighed = |other: &u32| {
            let profile = profiles.get(other)?;
            let similarity = comparison.with_at_least(corpus, profile, needed(whole, profile))?;
            let (a, b) = (group.min(*other), group.max(*other));
            Some(Pair { similarity, a, b })
        };
        match others.len() < SHARED_OUT {
            true => others.iter().filter_map(weighed).collect(),
            false => others.par_iter().filter_map(weighed).collect(),
        }
    }
}
