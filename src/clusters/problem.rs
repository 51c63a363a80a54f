//! The tight level: complaints in which the same thing went wrong.

use super::bonds::{Bonds, Settled};
use super::consolidate::consolidate;
use super::corpus::Corpus;
use super::lexicon::{Map, number_of};
use super::linkage::{Linked, average_linkage};

/// How far two documents must stand out from their surroundings.
const LEAST_CONTRAST: f64 = 0.225;
/// Share of the surroundings' similarity that is taken off.
const SURROUNDINGS_COUNT: f64 = 0.75;

/// Two texts that were each sent several times word by word are two form letters, unless they are at least so alike.
const SAME_LETTER: f32 = 0.85;

/// An edge of the graph of neighbours: two documents, the smaller first, and their similarity.
pub type Edge = (u32, u32, f32);

/// Groups the documents into problems.
///
/// First by contrast: two texts are about the same matter when they are more alike than each of them is to the
/// texts that are merely near it, so that common phrases join nothing; groups by average linkage. Then pieces of one
/// greater problem are brought together by their plain similarity.
///
/// Documents that are kept from an anchor come last, when the others have their groups: what is said about one
/// case must not pull along those that resemble it.
pub fn problems(
    corpus: &Corpus,
    surroundings: &[f32],
    edges: &[Edge],
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
        .iter()
        .partition(|(a, b, _)| kept_back[*a as usize] || kept_back[*b as usize]);
    let first = link(corpus, surroundings, &early, settled);
    let standing = standing(&first.group_of, settled, &kept_back);
    let mut second = link(corpus, surroundings, &late, &standing);
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

fn link(corpus: &Corpus, surroundings: &[f32], edges: &[Edge], settled: &Settled) -> Linked {
    let sent_often = |document: &u32| corpus.copies[*document as usize] > 1;
    let contrasts: Vec<(u32, u32, f64)> = edges
        .iter()
        .filter(|(a, b, s)| *s >= SAME_LETTER || !sent_often(a) || !sent_often(b))
        .map(|(a, b, s)| (*a, *b, contrast(surroundings, *a, *b, *s)))
        .filter(|(_, _, contrast)| *contrast > 0.0)
        .collect();
    let beginnings = settled.beginnings();
    let bonds = Bonds::new(settled, &beginnings);
    let tight = average_linkage(&beginnings, &bonds, &contrasts, LEAST_CONTRAST);
    let bonds = Bonds::new(settled, &tight.group_of);
    let mut whole = consolidate(corpus, &tight.group_of, &bonds, edges);
    whole.refused.splice(0..0, tight.refused);
    // A refusal names the groups as they were then; their documents tell the groups of now.
    for (a, b) in &mut whole.refused {
        *a = whole.group_of[*a as usize];
        *b = whole.group_of[*b as usize];
    }
    whole
}

/// How far two documents stand out from what is merely near them.
fn contrast(surroundings: &[f32], a: u32, b: u32, similarity: f32) -> f64 {
    let around = f64::from(surroundings[a as usize] + surroundings[b as usize]) / 2.0;
    f64::from(similarity) - SURROUNDINGS_COUNT * around
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
