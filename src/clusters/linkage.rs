//! Average linkage on a sparse graph, each connected part by itself.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::bonds::Bonds;
use super::lexicon::{Map, number_of};
use super::matter::{Judge, Likeness, Resemblance, Side};

/// Two groups and how alike they are; ordered so that the most alike comes first, then the oldest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    pub similarity: f64,
    pub a: u32,
    pub b: u32,
}

impl Eq for Pair {}

impl Ord for Pair {
    fn cmp(&self, other: &Self) -> Ordering {
        self.similarity
            .total_cmp(&other.similarity)
            .then(other.a.cmp(&self.a))
            .then(other.b.cmp(&self.b))
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Averages at which the merging halts: above each the graph falls into many parts, which all processors share.
const LEVELS: [f64; 4] = [0.5, 0.4, 0.33, 0.27];

/// Pairs of groups.
type Pairs = Vec<(u32, u32)>;

/// What linkage came to.
#[derive(Debug, Default)]
pub struct Linked {
    /// Group of each document: the number of a document in it.
    pub group_of: Vec<u32>,
    /// Pairs of groups that would have merged had it not been settled otherwise.
    pub refused: Vec<(u32, u32)>,
}

/// What two groups need to merge.
pub struct Need<'a> {
    /// Similarity on average over all their pairs of documents.
    pub on_average: f64,
    /// Similarity that a document must have with most of the other group, each by itself.
    pub with_most: f64,
    /// Whether documents that were put into one group beforehand are that alike.
    pub alike: &'a Likeness<'a>,
}

/// Merges groups, the two most alike first, while there are any that meet the need; a pair without an edge counts as
/// 0, so long chains break, and short ones break on their [matter](super::matter).
///
/// `edges` hold each pair once, `group_of` the groups to begin with. UPGMA (Sokal and Michener 1958), on the
/// sparse graph; ties go to the earlier documents, so the outcome depends on nothing but the input.
pub fn average_linkage(
    group_of: &[u32],
    bonds: &Bonds,
    edges: Vec<(u32, u32, f64)>,
    need: &Need<'_>,
) -> Linked {
    let resemblance = Resemblance::of(group_of.len(), &edges, need.with_most);
    let mut linking = Linking {
        links: between_groups(group_of, edges),
        group_of: group_of.to_vec(),
        resemblance,
        bonds,
        need,
    };
    // The links of a night are few beside its documents, and done at once.
    if linking.links.len() > group_of.len() {
        for level in LEVELS.into_iter().filter(|level| *level > need.on_average) {
            linking.down_to(level, |part| part.is_free(bonds));
            linking.gather_links();
        }
    }
    let refused = linking.down_to(need.on_average, |_| true);
    Linked {
        group_of: linking.group_of,
        refused,
    }
}

/// Merging on the way from the most alike to the least.
struct Linking<'a> {
    group_of: Vec<u32>,
    links: Vec<(u32, u32, f64)>,
    resemblance: Resemblance,
    bonds: &'a Bonds,
    need: &'a Need<'a>,
}

impl Linking<'_> {
    /// Merges the pairs that are at least `level` alike on average, in those of the parts that are taken; answers the
    /// refusals. The parts that such links hold together are independent of each other down to this level, so they are
    /// done side by side, and the outcome is that of doing all merges in one row. Sums of similarities are exact in
    /// whatever order they are made: these are whole multiples of 2^-31 (of an f32 of .05 and more).
    fn down_to(&mut self, level: f64, taken: impl Fn(&Part) -> bool) -> Pairs {
        let groups = Groups::of(&self.group_of);
        let mut parts = connected(&groups, &self.links, level);
        parts.retain(taken);
        let linking = &*self;
        let solved: Vec<(Pairs, Pairs)> = parts
            .par_iter()
            .map(|part| part.solve(linking, &groups, level))
            .collect();
        drop(parts);
        let mut into: Vec<u32> = (0..self.group_of.len()).map(number_of).collect();
        let mut refused = Vec::new();
        for (merges, not) in solved {
            for (gone, kept) in merges {
                into[gone as usize] = kept;
            }
            refused.extend(not);
        }
        for group in &mut self.group_of {
            *group = root(&into, *group);
        }
        refused
    }

    /// The links of the groups as they are now; a group is named by a document in it.
    fn gather_links(&mut self) {
        self.links = between_groups(&self.group_of, std::mem::take(&mut self.links));
    }
}

/// The documents of each group to begin with.
struct Groups {
    starts: Vec<usize>,
    documents: Vec<u32>,
}

impl Groups {
    fn of(group_of: &[u32]) -> Self {
        let mut starts = vec![0_usize; group_of.len() + 1];
        for group in group_of {
            starts[*group as usize + 1] += 1;
        }
        for group in 0..group_of.len() {
            starts[group + 1] += starts[group];
        }
        let mut next = starts.clone();
        let mut documents = vec![0; group_of.len()];
        for (document, group) in group_of.iter().enumerate() {
            let place = &mut next[*group as usize];
            documents[*place] = number_of(document);
            *place += 1;
        }
        Groups { starts, documents }
    }

    /// Number of groups, the empty ones counted.
    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn members(&self, group: u32) -> &[u32] {
        let group = group as usize;
        &self.documents[self.starts[group]..self.starts[group + 1]]
    }

    fn size(&self, group: u32) -> f64 {
        self.members(group).len() as f64
    }
}

/// Follows merges to the group that survives.
pub fn root(into: &[u32], group: u32) -> u32 {
    let mut at = group;
    while into[at as usize] != at {
        at = into[at as usize];
    }
    at
}

/// Sums of the edges between groups, the smaller group first, in rising order.
fn between_groups(group_of: &[u32], mut edges: Vec<(u32, u32, f64)>) -> Vec<(u32, u32, f64)> {
    for (a, b, _) in &mut edges {
        (*a, *b) = (group_of[*a as usize], group_of[*b as usize]);
    }
    summed(&mut edges);
    edges
}

/// One link for each pair of different groups, the smaller group first, in rising order.
fn summed(links: &mut Vec<(u32, u32, f64)>) {
    links.retain(|(a, b, _)| a != b);
    for (a, b, _) in links.iter_mut() {
        (*a, *b) = (*a.min(b), *a.max(b));
    }
    // A stable sort keeps the order in which equal pairs are summed.
    links.par_sort_by_key(|(a, b, _)| (*a, *b));
    links.dedup_by(|next, kept| {
        let same = (next.0, next.1) == (kept.0, kept.1);
        if same {
            kept.2 += next.2;
        }
        same
    });
}

/// Groups that merges can join, and the links among them.
#[derive(Debug)]
struct Part {
    groups: Vec<u32>,
    links: Vec<u32>,
}

/// The parts that links strong enough to merge hold together; an average is never above its strongest link, so
/// nothing merges across parts.
fn connected(groups: &Groups, links: &[(u32, u32, f64)], least: f64) -> Vec<Part> {
    let mut into: Vec<u32> = (0..groups.len()).map(number_of).collect();
    let find = |into: &mut Vec<u32>, mut at: u32| {
        while into[at as usize] != at {
            into[at as usize] = into[into[at as usize] as usize];
            at = into[at as usize];
        }
        at
    };
    let mean = |(a, b, sum): &(u32, u32, f64)| sum / (groups.size(*a) * groups.size(*b));
    for link in links.iter().filter(|link| mean(link) >= least) {
        let (a, b) = (find(&mut into, link.0), find(&mut into, link.1));
        into[a.max(b) as usize] = a.min(b);
    }
    let mut place: Map<u32, usize> = Map::default();
    let mut parts: Vec<Part> = Vec::new();
    for (at, link) in links.iter().enumerate() {
        let (a, b) = (find(&mut into, link.0), find(&mut into, link.1));
        if a != b {
            continue;
        }
        let part = *place.entry(a).or_insert_with(|| {
            parts.push(Part {
                groups: Vec::new(),
                links: Vec::new(),
            });
            parts.len() - 1
        });
        parts[part].links.push(number_of(at));
        parts[part].groups.extend([link.0, link.1]);
    }
    for part in &mut parts {
        part.groups.sort_unstable();
        part.groups.dedup();
    }
    parts
}

impl Part {
    /// Whether nothing is settled about any of its groups. Those of others are left for the last, where refusals and
    /// what is asked about a group beforehand come in the order of all merges.
    fn is_free(&self, bonds: &Bonds) -> bool {
        !self.groups.iter().any(|group| bonds.concern(*group))
    }

    /// Merges (gone, kept) and refusals, in the order in which they came.
    fn solve(&self, linking: &Linking<'_>, groups: &Groups, least: f64) -> (Pairs, Pairs) {
        let (all, need) = (&linking.links, linking.need);
        let local = |group: u32| number_of(self.groups.partition_point(|own| *own < group));
        let mut bonds = linking.bonds.of(&self.groups);
        let mut members: Vec<Vec<u32>> = self
            .groups
            .iter()
            .map(|group| groups.members(*group).to_vec())
            .collect();
        let mut size: Vec<f64> = members.iter().map(|own| own.len() as f64).collect();
        let mut judge = Judge::new(&linking.resemblance, need.alike);
        let mut alive = vec![true; size.len()];
        let pairs: Vec<(u32, u32, f64)> = self
            .links
            .iter()
            .map(|at| &all[*at as usize])
            .map(|(a, b, sum)| (local(*a), local(*b), *sum))
            .collect();
        let mut links = both_ways(size.len(), &pairs);
        let close = pairs.iter().filter_map(|(a, b, sum)| {
            let similarity = sum / (size[*a as usize] * size[*b as usize]);
            let (a, b) = (*a, *b);
            (similarity >= least).then_some(Pair { similarity, a, b })
        });
        let mut heap: BinaryHeap<Pair> = close.collect::<Vec<Pair>>().into();
        drop(pairs);
        let (mut merges, mut refused) = (Vec::new(), Vec::new());
        while let Some(pair) = heap.pop() {
            let (kept, gone) = (pair.a as usize, pair.b as usize);
            let current = links[kept]
                .get(&pair.b)
                .map(|sum| sum / (size[kept] * size[gone]));
            // An entry from before one of the two grew.
            if !alive[kept] || !alive[gone] || current != Some(pair.similarity) {
                continue;
            }
            let (group, other) = (self.groups[kept], self.groups[gone]);
            if !bonds.allow(group, other) {
                refused.push((group, other));
                links[kept].remove(&pair.b);
                links[gone].remove(&pair.a);
                continue;
            }
            let side = |place: usize, group: u32| Side {
                documents: &members[place],
                anchor: bonds.anchor(group),
            };
            // The pair is weighed anew when one of the two grows.
            if !judge.of_one_matter(side(kept, group), side(gone, other)) {
                continue;
            }
            bonds.join(group, other);
            merges.push((other, group));
            let more = std::mem::take(&mut members[gone]);
            members[kept].extend(more);
            alive[gone] = false;
            let mut mine = std::mem::take(&mut links[kept]);
            let mut theirs = std::mem::take(&mut links[gone]);
            if theirs.len() > mine.len() {
                std::mem::swap(&mut mine, &mut theirs);
            }
            for (far, sum) in theirs {
                *mine.entry(far).or_insert(0.0) += sum;
            }
            mine.remove(&pair.a);
            mine.remove(&pair.b);
            size[kept] += size[gone];
            for (far, sum) in &mine {
                let place = *far as usize;
                links[place].remove(&pair.b);
                links[place].insert(pair.a, *sum);
                let similarity = sum / (size[kept] * size[place]);
                if similarity >= least {
                    heap.push(Pair {
                        similarity,
                        a: pair.a.min(*far),
                        b: pair.a.max(*far),
                    });
                }
            }
            links[kept] = mine;
        }
        (merges, refused)
    }
}

/// The links of each of so many groups, made in their size at once.
fn both_ways(groups: usize, pairs: &[(u32, u32, f64)]) -> Vec<Map<u32, f64>> {
    let mut degrees = vec![0_usize; groups];
    for (a, b, _) in pairs {
        degrees[*a as usize] += 1;
        degrees[*b as usize] += 1;
    }
    let empty = |degree: usize| Map::with_capacity_and_hasher(degree, Default::default());
    let mut links: Vec<Map<u32, f64>> = degrees.into_iter().map(empty).collect();
    for (a, b, sum) in pairs {
        links[*a as usize].insert(*b, *sum);
        links[*b as usize].insert(*a, *sum);
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bonds::Settled;

    fn need(on_average: f64, with_most: f64) -> Need<'static> {
        Need {
            on_average,
            with_most,
            alike: &|_, _| true,
        }
    }

    /// By the average alone: pairs that are not given are edges of 0, and 0 is resemblance enough.
    fn link(documents: u32, edges: &[(u32, u32, f64)], least: f64) -> Vec<u32> {
        let groups: Vec<u32> = (0..documents).collect();
        let mut all = edges.to_vec();
        for a in 0..documents {
            let others =
                (a + 1..documents).filter(|b| !edges.iter().any(|e| (e.0, e.1) == (a, *b)));
            all.extend(others.map(|b| (a, b, 0.0)));
        }
        average_linkage(&groups, &Bonds::default(), all, &need(least, 0.0)).group_of
    }

    #[test]
    fn agrees_with_scipy_average_linkage() {
        // scipy 1.11: linkage(squareform(1 - S), "average"); fcluster(.., 1 - least, "distance"), for S with the
        // similarities below and 0 elsewhere: heights 0.1, 0.15, 0.35, 0.5666…, 0.9444…
        let edges = [
            (0, 1, 0.9),
            (0, 2, 0.7),
            (1, 2, 0.6),
            (3, 4, 0.85),
            (2, 3, 0.3),
            (0, 3, 0.2),
            (3, 5, 0.5),
            (4, 5, 0.366_666_666_666_666_7),
        ];
        assert_eq!(link(6, &edges, 0.86), [0, 0, 2, 3, 4, 5]);
        assert_eq!(link(6, &edges, 0.7), [0, 0, 2, 3, 3, 5]);
        assert_eq!(link(6, &edges, 0.5), [0, 0, 0, 3, 3, 5]);
        assert_eq!(link(6, &edges, 0.4), [0, 0, 0, 3, 3, 3]);
        assert_eq!(link(6, &edges, 0.01), [0; 6]);
    }

    /// The two groups most alike of all that may merge, looked for anew each time among all pairs.
    fn one_after_the_other(
        documents: u32,
        edges: &[(u32, u32, f64)],
        need: &Need<'_>,
    ) -> (Vec<u32>, Vec<f64>) {
        let resemblance = Resemblance::of(documents as usize, edges, need.with_most);
        let mut groups: Vec<Vec<u32>> = (0..documents).map(|document| vec![document]).collect();
        let mut heights = Vec::new();
        loop {
            let mut best: Option<Pair> = None;
            for (a, one) in groups.iter().enumerate() {
                for (b, other) in groups.iter().enumerate().skip(a + 1) {
                    let between = |x: u32, y: u32| {
                        (one.contains(&x) && other.contains(&y))
                            || (one.contains(&y) && other.contains(&x))
                    };
                    let sum: f64 = edges
                        .iter()
                        .filter(|(x, y, _)| between(*x, *y))
                        .map(|edge| edge.2)
                        .sum();
                    let pair = Pair {
                        similarity: sum / (one.len() * other.len()).max(1) as f64,
                        a: number_of(a),
                        b: number_of(b),
                    };
                    let side = |documents| Side {
                        documents,
                        anchor: None,
                    };
                    let enough = pair.similarity >= need.on_average;
                    if enough
                        && best.is_none_or(|best| pair > best)
                        && Judge::new(&resemblance, need.alike)
                            .of_one_matter(side(one), side(other))
                    {
                        best = Some(pair);
                    }
                }
            }
            let Some(pair) = best else { break };
            heights.push(pair.similarity);
            let gone = std::mem::take(&mut groups[pair.b as usize]);
            groups[pair.a as usize].extend(gone);
        }
        let mut group_of = vec![0; documents as usize];
        for (group, members) in groups.iter().enumerate() {
            for document in members {
                group_of[*document as usize] = number_of(group);
            }
        }
        (group_of, heights)
    }

    #[test]
    fn merging_side_by_side_comes_to_what_one_after_the_other_does() {
        let mut merges_above = 0;
        for seed in 0..4_u64 {
            let mut state = seed * 977 + 5;
            let mut below = |most: u64| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % most
            };
            let documents = 36_u32;
            let mut edges: Vec<(u32, u32, f64)> = Vec::new();
            for a in 0..documents {
                for b in a + 1..documents {
                    // Three families, much alike within and little between; few grades, so that many are equal.
                    let (kin, chance) = (a % 3 == b % 3, below(100));
                    let grade = match (kin, chance < 25) {
                        (true, _) if chance < 80 => 3 + below(12),
                        (false, true) => 2 + below(5),
                        (true | false, _) => continue,
                    };
                    edges.push((a, b, grade as f64 / 16.0));
                }
            }
            let need = need(0.225, 0.17);
            let groups: Vec<u32> = (0..documents).collect();
            let linked = average_linkage(&groups, &Bonds::default(), edges.clone(), &need);
            let (plain, heights) = one_after_the_other(documents, &edges, &need);
            assert_eq!(linked.group_of, plain, "seed {seed}");
            assert!(edges.len() > groups.len());
            merges_above += heights
                .iter()
                .filter(|height| **height >= LEVELS[3])
                .count();
        }
        assert!(merges_above > 20, "{merges_above}");
    }

    #[test]
    fn a_chain_is_not_a_cluster() {
        let edges: Vec<(u32, u32, f64)> = (0..99).map(|a| (a, a + 1, 0.6)).collect();
        let groups = link(100, &edges, 0.3);
        let mut sizes = vec![0; 100];
        for group in groups {
            sizes[group as usize] += 1;
        }
        assert!(sizes.iter().max() <= Some(&3));
    }

    #[test]
    fn a_complaint_about_two_matters_is_no_bridge() {
        // 0 and 1 are about A, 2 and 3 about A and C, 4 about C; 3 and 4 are the most alike but for copies.
        let edges = [
            (0, 1, 0.9),
            (0, 2, 0.4),
            (0, 3, 0.4),
            (1, 2, 0.4),
            (1, 3, 0.4),
            (2, 3, 0.9),
            (2, 4, 0.5),
            (3, 4, 0.5),
        ];
        let groups = [0, 1, 2, 3, 4];
        let by_average = link(5, &edges, 0.15);
        assert_eq!(by_average, [0; 5]);
        let linked = average_linkage(
            &groups,
            &Bonds::default(),
            edges.to_vec(),
            &need(0.15, 0.15),
        );
        assert_eq!(linked.group_of, [0, 0, 2, 2, 2]);
        assert!(linked.refused.is_empty(), "nobody's word kept them apart");
    }

    #[test]
    fn what_is_settled_is_kept_and_the_refusal_told() {
        let settled = Settled {
            anchors: vec![Some(1), None, Some(2), Some(1)],
            apart: vec![],
        };
        let groups = settled.beginnings();
        let bonds = Bonds::new(&settled, &groups);
        let linked = average_linkage(
            &groups,
            &bonds,
            vec![(0, 1, 0.9), (1, 2, 0.95), (2, 3, 0.9)],
            &need(0.2, 0.2),
        );
        assert_eq!(linked.group_of, [0, 1, 1, 0]);
        assert_eq!(linked.refused, [(0, 1)]);
    }
}
