//! What is settled before the search: an analyst's word, and the clusters that stand already.

use super::lexicon::{Map, number_of};

/// An anchor's number; documents of one anchor stay together, those of different anchors apart.
pub type Anchor = u32;

/// What is settled about the documents of a corpus.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// Anchor of each document; `None` where it is free.
    pub anchors: Vec<Option<Anchor>>,
    /// Documents that must never be with an anchor.
    pub apart: Vec<(u32, Anchor)>,
}

impl Settled {
    /// Nothing is settled about any of `documents`.
    pub fn nothing(documents: usize) -> Self {
        Settled {
            anchors: vec![None; documents],
            apart: Vec::new(),
        }
    }

    /// The group in which every document begins: the first document of its anchor, or itself.
    pub fn beginnings(&self) -> Vec<u32> {
        let mut first: Map<Anchor, u32> = Map::default();
        self.anchors
            .iter()
            .enumerate()
            .map(|(document, anchor)| {
                let document = number_of(document);
                match anchor {
                    Some(anchor) => *first.entry(*anchor).or_insert(document),
                    None => document,
                }
            })
            .collect()
    }
}

/// What groups of documents may not do, kept while they merge.
#[derive(Debug, Clone, Default)]
pub struct Bonds {
    anchors: Map<u32, Anchor>,
    /// In rising order.
    apart: Map<u32, Vec<Anchor>>,
}

fn add(anchors: &mut Vec<Anchor>, anchor: Anchor) {
    if let Err(place) = anchors.binary_search(&anchor) {
        anchors.insert(place, anchor);
    }
}

impl Bonds {
    /// For groups as given by each document's group.
    pub fn new(settled: &Settled, group_of: &[u32]) -> Self {
        let mut bonds = Bonds::default();
        for (anchor, group) in settled.anchors.iter().zip(group_of) {
            if let Some(anchor) = anchor {
                bonds.anchors.insert(*group, *anchor);
            }
        }
        for (document, anchor) in &settled.apart {
            if let Some(group) = group_of.get(*document as usize) {
                add(bonds.apart.entry(*group).or_default(), *anchor);
            }
        }
        bonds
    }

    /// Whether nothing is settled that a merge could break.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// Anchor of a group.
    pub fn anchor(&self, group: u32) -> Option<Anchor> {
        self.anchors.get(&group).copied()
    }

    /// Whether anything is settled about a group.
    pub fn concern(&self, group: u32) -> bool {
        self.anchors.contains_key(&group) || self.apart.contains_key(&group)
    }

    /// The bonds of new groups, of which each old one is a part.
    pub fn renumbered(&self, new_of: &[u32]) -> Self {
        let mut bonds = Bonds::default();
        for (group, anchor) in &self.anchors {
            bonds.anchors.insert(new_of[*group as usize], *anchor);
        }
        for (group, never) in &self.apart {
            let all = bonds.apart.entry(new_of[*group as usize]).or_default();
            never.iter().for_each(|anchor| add(all, *anchor));
        }
        bonds
    }

    /// Whether two groups may become one.
    pub fn allow(&self, a: u32, b: u32) -> bool {
        if self.is_empty() {
            return true;
        }
        let (anchor_a, anchor_b) = (self.anchor(a), self.anchor(b));
        let apart = |group: u32, anchor: Option<Anchor>| {
            anchor.is_some_and(|anchor| {
                self.apart
                    .get(&group)
                    .is_some_and(|never| never.binary_search(&anchor).is_ok())
            })
        };
        let two = anchor_a.is_some() && anchor_b.is_some() && anchor_a != anchor_b;
        !two && !apart(a, anchor_b) && !apart(b, anchor_a)
    }

    /// `gone` has become part of `kept`.
    pub fn join(&mut self, kept: u32, gone: u32) {
        if let Some(anchor) = self.anchors.remove(&gone) {
            self.anchors.insert(kept, anchor);
        }
        if let Some(never) = self.apart.remove(&gone) {
            let all = self.apart.entry(kept).or_default();
            // Many texts kept from one anchor are the common case.
            never.into_iter().for_each(|anchor| add(all, anchor));
        }
    }

    /// The part that concerns some groups.
    pub fn of(&self, groups: &[u32]) -> Self {
        if self.is_empty() {
            return Bonds::default();
        }
        let mut part = Bonds::default();
        for group in groups {
            if let Some(anchor) = self.anchors.get(group) {
                part.anchors.insert(*group, *anchor);
            }
            if let Some(never) = self.apart.get(group) {
                part.apart.insert(*group, never.clone());
            }
        }
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_anchors_never_meet_and_an_exclusion_follows_its_group() {
        let settled = Settled {
            anchors: vec![Some(7), Some(7), Some(9), None, None],
            apart: vec![(3, 9)],
        };
        let groups = settled.beginnings();
        assert_eq!(groups, [0, 0, 2, 3, 4]);
        let mut bonds = Bonds::new(&settled, &groups);
        assert!(!bonds.allow(0, 2) && !bonds.allow(2, 3) && bonds.allow(0, 3) && bonds.allow(2, 4));
        bonds.join(4, 3);
        assert!(!bonds.allow(2, 4) && bonds.allow(0, 4));
        bonds.join(4, 0);
        assert_eq!(bonds.anchor(4), Some(7));
        assert!(!bonds.allow(2, 4));
    }
}
