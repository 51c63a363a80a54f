//! The tight level: complaints in which the same thing went wrong.

use super::bonds::{Bonds, Settled};
use super::consolidate::{consolidate, strong};
use super::corpus::Corpus;
use super::exact::of_pair;
use super::lexicon::{Map, number_of};
use super::linkage::{Linked, Need, average_linkage};

/// How far two documents must stand out from their surroundings.
const LEAST_CONTRAST: f64 = 0.225;
/// Share of the surroundings' similarity that is taken off.
const SURROUNDINGS_COUNT: f64 = 0.75;
/// How far a document must stand out with most of another group by itself, each pair for its own: three quarters of
/// what the groups need on average, since paraphrases of one matter scatter about it. Of none, a half, three quarters
/// and the whole each asks for more and is more precise; the whole begins to part true duplicates.
const LEAST_BY_ITSELF: f64 = 0.75 * LEAST_CONTRAST;

/// Two texts that were each sent several times word by word are two form letters, unless they are at least so alike.
const SAME_LETTER: f32 = 0.85;

/// An edge of the graph of neighbours: two documents, the smaller first, and their similarity.
pub type Edge = (u32, u32, f32);

/// Groups the documents into problems.
///
/// First by contrast: two texts are about the same matter when they are more alike than each of them is to the
/// texts that are merely near it, so that common phrases join nothing; groups by average linkage, in which each text
/// must be about one matter with most of the others. Then pieces of one greater problem are brought together by their
/// plain similarity.
///
/// Documents that are kept from an anchor come last, when the others have their groups: what is said about one
/// case must not pull along those that resemble it.
pub fn problems(
    corpus: &Corpus,
    surroundings: &[f32],
    edges: Vec<Edge>,
    settled: &Settled,
) -> Linked {
    let mut kept_back = vec![false; corpus.len()];
    for (document, _) in &settled.apart {
        kept_back[*document as usize] = settled.anchors[*document as usize].is_none();
    }
    if !kept_back.contains(&true) {
        return link(corpus, surroundings, edges, settled);
    }
    let (late, early): (Vec<Edge>, Vec<Edge>) = edges
        .into_iter()
        .partition(|(a, b, _)| kept_back[*a as usize] || kept_back[*b as usize]);
    let first = link(corpus, surroundings, early, settled);
    let standing = standing(&first.group_of, settled, &kept_back);
    let mut second = link(corpus, surroundings, late, &standing);
    second.refused.splice(0..0, first.refused);
    second
}

/// The groups found so far as anchors; each group is named by one of its documents.
fn standing(group_of: &[u32], settled: &Settled, kept_back: &[bool]) -> Settled {
    let mut group_with: Map<u32, u32> = Map::default();
    for (anchor, group) in settled.anchors.iter().zip(group_of) {
        if let Some(anchor) = anchor {
            group_with.insert(*anchor, *group);
        }
    }
    Settled {
        anchors: group_of
            .iter()
            .zip(kept_back)
            .map(|(group, late)| (!late).then_some(*group))
            .collect(),
        apart: settled
            .apart
            .iter()
            .filter_map(|(document, anchor)| Some((*document, *group_with.get(anchor)?)))
            .collect(),
    }
}

fn link(corpus: &Corpus, surroundings: &[f32], edges: Vec<Edge>, settled: &Settled) -> Linked {
    let contrasts: Vec<(u32, u32, f64)> = edges
        .iter()
        .filter_map(|edge| Some((edge.0, edge.1, contrast(corpus, surroundings, edge)?)))
        .collect();
    // A million texts have some fourteen million edges: each form of them is let go when the next is made.
    let strong = strong(&edges);
    drop(edges);
    let alike = |a: u32, b: u32| {
        let pair = (a, b, of_pair(corpus, a, b));
        contrast(corpus, surroundings, &pair).is_some_and(|own| own >= LEAST_BY_ITSELF)
    };
    let need = Need {
        on_average: LEAST_CONTRAST,
        with_most: LEAST_BY_ITSELF,
        alike: &alike,
    };
    let beginnings = settled.beginnings();
    let bonds = Bonds::new(settled, &beginnings);
    let tight = average_linkage(&beginnings, &bonds, contrasts, &need);
    let bonds = Bonds::new(settled, &tight.group_of);
    let mut whole = consolidate(corpus, &tight.group_of, &bonds, strong);
    whole.refused.splice(0..0, tight.refused);
    // A refusal names the groups as they were then; their documents tell the groups of now.
    for (a, b) in &mut whole.refused {
        *a = whole.group_of[*a as usize];
        *b = whole.group_of[*b as usize];
    }
    whole
}

/// How far two documents stand out from what is merely near them; `None` where they do not, or are two form letters.
fn contrast(corpus: &Corpus, surroundings: &[f32], (a, b, similarity): &Edge) -> Option<f64> {
    let (a, b) = (*a as usize, *b as usize);
    if *similarity < SAME_LETTER && corpus.copies[a] > 1 && corpus.copies[b] > 1 {
        return None;
    }
    let around = f64::from(surroundings[a] + surroundings[b]) / 2.0;
    let contrast = f64::from(*similarity) - SURROUNDINGS_COUNT * around;
    (contrast > 0.0).then_some(contrast)
}

/// The documents of each group in rising order, groups by number.
pub fn members(group_of: &[u32]) -> Vec<(u32, u32)> {
    let mut members: Vec<(u32, u32)> = group_of
        .iter()
        .enumerate()
        .map(|(document, group)| (*group, number_of(document)))
        .collect();
    members.sort_unstable();
    members
}
