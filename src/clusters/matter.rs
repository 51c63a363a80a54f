//! Whether two groups are about one matter, so that a complaint about several matters is no bridge.
//!
//! A complaint about A, B and C resembles those about A and those about C, and these have nothing in common. An
//! average over few documents does not see it: of the three pairs of A, ABC and C two are close. So every document is
//! asked: by itself it must resemble most of the other group. Then, by induction, each document of a group that
//! linkage made resembles most of that group, and a complaint about several matters stands with those that it
//! resembles most. Complete linkage (Sørensen 1948) asks for all pairs instead, and tears great groups apart for one
//! odd pair.
//!
//! What a question costs: groups are asked about when they are close enough on average, and an edge weighs 1 at most,
//! so the pairs looked at are no more than the edges between the two divided by that average.

use super::bonds::Anchor;
use super::lexicon::Map;

/// Whether two documents that were put into one group beforehand resemble each other, reckoned when it is asked.
pub type Likeness<'a> = dyn Fn(u32, u32) -> bool + Sync + 'a;

/// Documents of its own group that a document is compared with, taken evenly.
const COMPARED: usize = 32;

/// Which documents resemble which, by the edges.
#[derive(Debug, Default)]
pub struct Resemblance {
    starts: Vec<usize>,
    others: Vec<u32>,
}

impl Resemblance {
    /// Of so many documents; an edge weaker than `least` is no resemblance.
    pub fn of(documents: usize, edges: &[(u32, u32, f64)], least: f64) -> Self {
        let strong = || edges.iter().filter(|(_, _, weight)| *weight >= least);
        let mut starts = vec![0_usize; documents + 1];
        for (a, b, _) in strong() {
            starts[*a as usize + 1] += 1;
            starts[*b as usize + 1] += 1;
        }
        for document in 0..documents {
            starts[document + 1] += starts[document];
        }
        let mut next = starts.clone();
        let mut others = vec![0_u32; starts[documents]];
        for (a, b, _) in strong() {
            for (document, other) in [(*a, *b), (*b, *a)] {
                let place = &mut next[document as usize];
                others[*place] = other;
                *place += 1;
            }
        }
        // In rising order already where the edges came so.
        for ends in starts.windows(2) {
            others[ends[0]..ends[1]].sort_unstable();
        }
        Resemblance { starts, others }
    }

    fn of_document(&self, document: u32) -> &[u32] {
        let document = document as usize;
        &self.others[self.starts[document]..self.starts[document + 1]]
    }

    /// Whether each document of either group resembles most of the other group.
    fn is_mutual(&self, one: &[u32], other: &[u32]) -> bool {
        let mut counts = vec![0_usize; other.len()];
        for document in one {
            let near = self.of_document(*document);
            let mut own = 0;
            for (far, count) in other.iter().zip(&mut counts) {
                if near.binary_search(far).is_ok() {
                    own += 1;
                    *count += 1;
                }
            }
            if !is_most(own, other.len()) {
                return false;
            }
        }
        counts.iter().all(|count| is_most(*count, one.len()))
    }
}

/// More than half.
fn is_most(part: usize, whole: usize) -> bool {
    2 * part > whole
}

/// A group that may merge with another.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    pub documents: &'a [u32],
    /// Where it is settled beforehand what belongs to it.
    pub anchor: Option<Anchor>,
}

/// Judges pairs of groups; one thread's memory.
pub struct Judge<'a> {
    resemblance: &'a Resemblance,
    alike: &'a Likeness<'a>,
    /// Documents of anchored groups that are not asked, found when first needed.
    silent: Map<Anchor, Vec<u32>>,
}

impl<'a> Judge<'a> {
    pub fn new(resemblance: &'a Resemblance, alike: &'a Likeness<'a>) -> Self {
        Judge {
            resemblance,
            alike,
            silent: Map::default(),
        }
    }

    /// Whether each document of either group resembles most of the other group.
    ///
    /// A document that does not resemble most of its own group stands in it by an analyst's word alone and is not asked
    /// nor counted: else nothing could join two wordings of a problem that the analyst made one. Where nobody is left to
    /// be asked, the average decides alone. Groups that linkage made have no such documents.
    pub fn of_one_matter(&mut self, one: Side<'_>, other: Side<'_>) -> bool {
        if self.resemblance.is_mutual(one.documents, other.documents) {
            return true;
        }
        if one.anchor.is_none() && other.anchor.is_none() {
            return false;
        }
        let (asked, far) = (self.asked(one), self.asked(other));
        asked.is_empty() || far.is_empty() || self.resemblance.is_mutual(&asked, &far)
    }

    fn asked(&mut self, side: Side<'_>) -> Vec<u32> {
        let mut asked = side.documents.to_vec();
        if let Some(anchor) = side.anchor {
            let alike = self.alike;
            let silent = self
                .silent
                .entry(anchor)
                .or_insert_with(|| silent(side.documents, alike));
            asked.retain(|document| silent.binary_search(document).is_err());
        }
        asked
    }
}

/// The documents that do not resemble most of their group, in rising order.
fn silent(group: &[u32], alike: &Likeness<'_>) -> Vec<u32> {
    let step = group.len().saturating_sub(1).div_ceil(COMPARED).max(1);
    let is_silent = |document: &u32| {
        let others = group.iter().filter(|other| *other != document);
        let (near, all) = others.step_by(step).fold((0, 0), |(near, all), other| {
            (near + usize::from(alike(*document, *other)), all + 1)
        });
        all > 0 && !is_most(near, all)
    };
    let mut silent: Vec<u32> = group.iter().copied().filter(is_silent).collect();
    silent.sort_unstable();
    silent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_matter(resemblance: &Resemblance, one: &[u32], other: &[u32]) -> bool {
        let (one, other) = (free(one), free(other));
        let mut judge = Judge::new(resemblance, &|_, _| false);
        let there = judge.of_one_matter(one, other);
        assert_eq!(there, judge.of_one_matter(other, one));
        there
    }

    fn free(documents: &[u32]) -> Side<'_> {
        Side {
            documents,
            anchor: None,
        }
    }

    fn anchored(documents: &[u32]) -> Side<'_> {
        Side {
            documents,
            anchor: Some(7),
        }
    }

    #[test]
    fn who_resembles_one_of_two_is_no_bridge() {
        // 0 and 1 are about A, 2 and 3 about A and C, 4 about C.
        let edges = [
            (0, 1, 0.9),
            (0, 2, 0.5),
            (0, 3, 0.5),
            (1, 2, 0.5),
            (1, 3, 0.5),
            (2, 3, 0.9),
            (2, 4, 0.5),
            (3, 4, 0.5),
        ];
        let resemblance = Resemblance::of(5, &edges, 0.2);
        assert!(one_matter(&resemblance, &[0, 1], &[2, 3]));
        assert!(one_matter(&resemblance, &[2, 3], &[4]));
        assert!(!one_matter(&resemblance, &[0, 2], &[4]));
        assert!(!one_matter(&resemblance, &[0, 2, 3], &[4]));
        let strict = Resemblance::of(5, &edges, 0.6);
        assert!(!one_matter(&strict, &[0], &[2]));
    }

    #[test]
    fn one_odd_pair_of_many_is_no_hindrance() {
        let mut edges: Vec<(u32, u32, f64)> = Vec::new();
        for a in 0..4 {
            edges.extend((4..8).map(|b| (a, b, 0.5)));
        }
        edges.remove(0);
        let resemblance = Resemblance::of(8, &edges, 0.2);
        assert!(one_matter(&resemblance, &[0, 1, 2, 3], &[4, 5, 6, 7]));
    }

    #[test]
    fn who_stands_in_a_group_by_word_alone_is_not_asked() {
        // An analyst made 0 and 1 one problem, or 0, 1, 3 and 4, of which 4 is the odd one; 2 is worded like 0 and 3.
        let resemblance = Resemblance::of(5, &[(0, 2, 0.5), (1, 2, 0.5), (2, 3, 0.5)], 0.2);
        let all_but_4 = |a: u32, b: u32| a != 4 && b != 4;
        assert!(!one_matter(&resemblance, &[0, 1, 3, 4], &[2]));
        let mut judge = Judge::new(&resemblance, &all_but_4);
        assert!(judge.of_one_matter(anchored(&[0, 1, 3, 4]), free(&[2])));
        let mut judge = Judge::new(&resemblance, &|_, _| false);
        assert!(judge.of_one_matter(anchored(&[0, 4]), free(&[2])));
        let mut judge = Judge::new(&resemblance, &|_, _| true);
        assert!(!judge.of_one_matter(anchored(&[0, 4]), free(&[2])));
        // Who stands alone is always asked.
        let mut judge = Judge::new(&resemblance, &|_, _| false);
        assert!(!judge.of_one_matter(free(&[2]), anchored(&[4])));
    }
}
