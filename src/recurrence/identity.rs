//! Which new group is which old cluster: numbers are carried over by what the two have in common.
//!
//! A group keeps the number of the cluster with which it shares most cases, when these are at least half of either
//! side. What the book then needs (who joined, left, merged, split, emerged, vanished) follows from that alone.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use redress_domain::cluster::{
    ClusterBook, ClusterChange, ClusterEvent, ClusterEventKind, ClusterId, ClusterLevel,
};

/// Least number of shared cases by which a number is carried over.
const LEAST_SHARED: usize = 2;

/// The moment and the name of a run, for its events.
#[derive(Debug, Clone)]
pub struct Occasion<'a> {
    pub level: ClusterLevel,
    pub run: &'a str,
    pub recorded_at: DateTime<Utc>,
    /// The number that the first new cluster gets.
    pub next: u32,
    /// Numbers of all cases that were searched, whether they are in a group or not. What the source no longer has keeps
    /// its place in the book, and an analyst's word on it holds when it comes back.
    pub searched: &'a [&'a str],
}

/// What a run makes of the book.
#[derive(Debug, Default)]
pub struct Carried {
    /// The number of each group, in the order of the groups.
    pub numbers: Vec<ClusterId>,
    /// Events for the book, in the order of the clusters.
    pub events: Vec<ClusterEvent>,
    /// Cases of standing clusters that now stand under another number or under none.
    pub moved: usize,
    /// Cases that stood in a cluster before.
    pub stood: usize,
    /// Cases of standing clusters that were not searched: the source no longer has them.
    pub gone: usize,
    /// The number that the next new cluster gets.
    pub next: u32,
}

/// Carries the numbers of a level over to new groups.
///
/// `groups` hold places in the searched cases (two or more each, every case once), in canonical order; new clusters are
/// numbered in that order. A group that holds a case which an analyst bound to a cluster gets its number.
pub fn carry_over(book: &ClusterBook, groups: &[Vec<usize>], occasion: &Occasion<'_>) -> Carried {
    let Occasion {
        level, searched, ..
    } = *occasion;
    // The names are looked up once; from here on a case is its place.
    let stood: Vec<Option<ClusterId>> = searched
        .par_iter()
        .map(|case| book.cluster_of(level, case))
        .collect();
    let owners = owners(book, groups, &stood, occasion);
    let mut carried = Carried {
        next: occasion.next,
        ..Carried::default()
    };
    for owner in &owners {
        let number = owner.unwrap_or(ClusterId(carried.next));
        if owner.is_none() {
            carried.next += 1;
        }
        carried.numbers.push(number);
    }
    let mut number_of: Vec<Option<ClusterId>> = vec![None; searched.len()];
    for (cases, number) in groups.iter().zip(&carried.numbers) {
        for case in cases {
            number_of[*case] = Some(*number);
        }
    }
    let mut flows = Flows::default();
    let mut left: BTreeMap<ClusterId, Vec<String>> = BTreeMap::new();
    let mut present: FxHashMap<ClusterId, usize> = FxHashMap::default();
    for (case, (was, now)) in stood.iter().zip(&number_of).enumerate() {
        let Some(was) = *was else { continue };
        *present.entry(was).or_default() += 1;
        carried.stood += 1;
        if *now == Some(was) {
            continue;
        }
        left.entry(was).or_default().push(searched[case].to_owned());
        if let Some(now) = *now {
            flows.add(was, now);
        }
    }
    for cases in left.values_mut() {
        cases.sort_unstable();
    }
    let mut gone = gone(book, &present, occasion);
    carried.gone = gone.values().map(Vec::len).sum();
    let kept: BTreeSet<ClusterId> = carried.numbers.iter().copied().collect();
    let ends = ends(book, occasion.level, &kept, &flows, &gone, &mut left);
    carried.moved = left.values().map(Vec::len).sum();
    // What is gone from the source goes with the cluster that it stood in.
    let mut follow: BTreeMap<ClusterId, Vec<String>> = BTreeMap::new();
    for (cluster, heir) in &ends {
        let own = gone.remove(cluster).unwrap_or_default();
        if let Some(heir) = heir {
            let with_heir: &mut Vec<String> = follow.entry(*heir).or_default();
            with_heir.extend(own.iter().cloned());
        }
        left.entry(*cluster).or_default().extend(own);
    }
    let event = |cluster, kind, other, joined, left| ClusterEvent {
        cluster,
        level: occasion.level,
        kind,
        other,
        change: ClusterChange {
            joined,
            left,
            ..ClusterChange::default()
        },
        actor: None,
        run: Some(occasion.run.to_owned()),
        recorded_at: occasion.recorded_at,
    };
    for ((cases, number), owner) in groups.iter().zip(&carried.numbers).zip(&owners) {
        let mut joined: Vec<String> = cases
            .iter()
            .filter(|case| stood[**case] != Some(*number))
            .map(|case| searched[*case].to_owned())
            .collect();
        joined.extend(follow.remove(number).unwrap_or_default());
        if owner.is_none() {
            let from = flows.main_source(*number, cases.len());
            let kind = ClusterEventKind::Emerged;
            carried
                .events
                .push(event(*number, kind, from, joined, Vec::new()));
            continue;
        }
        let left = left.remove(number).unwrap_or_default();
        if joined.is_empty() && left.is_empty() {
            continue;
        }
        let offshoot = flows.offshoot(*number, occasion.next);
        let kind = match offshoot {
            Some(_) => ClusterEventKind::Split,
            None => ClusterEventKind::Changed,
        };
        carried
            .events
            .push(event(*number, kind, offshoot, joined, left));
    }
    for (cluster, heir) in ends {
        let kind = match heir {
            Some(_) => ClusterEventKind::Merged,
            None => ClusterEventKind::Vanished,
        };
        let left = left.remove(&cluster).unwrap_or_default();
        carried
            .events
            .push(event(cluster, kind, heir, Vec::new(), left));
    }
    carried
}

/// The cases of standing clusters that were not searched, by cluster; `present` counts those that were.
fn gone(
    book: &ClusterBook,
    present: &FxHashMap<ClusterId, usize>,
    occasion: &Occasion<'_>,
) -> BTreeMap<ClusterId, Vec<String>> {
    let lacking = book
        .standing(occasion.level)
        .filter(|c| present.get(&c.id).copied().unwrap_or(0) < c.members.len());
    let mut gone = BTreeMap::new();
    let mut searched: FxHashSet<&str> = FxHashSet::default();
    for cluster in lacking {
        if searched.is_empty() {
            searched.extend(occasion.searched);
        }
        let own = cluster.members.iter();
        let own = own.filter(|case| !searched.contains(case.as_str()));
        gone.insert(cluster.id, own.cloned().collect());
    }
    gone
}

/// The standing clusters that end, each with its heir where it has one, by number.
///
/// One of which cases are gone from the source ends only when the others went to an heir. Otherwise nothing shows that
/// its cases do not belong together, so it stands as it was, and its cases do not leave.
fn ends(
    book: &ClusterBook,
    level: ClusterLevel,
    kept: &BTreeSet<ClusterId>,
    flows: &Flows,
    gone: &BTreeMap<ClusterId, Vec<String>>,
    left: &mut BTreeMap<ClusterId, Vec<String>>,
) -> Vec<(ClusterId, Option<ClusterId>)> {
    let mut ends = Vec::new();
    for cluster in book.standing(level).filter(|c| !kept.contains(&c.id)) {
        let own = gone.get(&cluster.id).map_or(0, Vec::len);
        let heir = flows.main_target(cluster.id, cluster.members.len() - own);
        match (heir, own) {
            (None, 1..) if !flows.leads_on(cluster.id) => {
                left.remove(&cluster.id);
            }
            (heir, _) => ends.push((cluster.id, heir)),
        }
    }
    ends
}

/// The old cluster whose number each group keeps; `stood` is the old cluster of each case.
fn owners(
    book: &ClusterBook,
    groups: &[Vec<usize>],
    stood: &[Option<ClusterId>],
    occasion: &Occasion<'_>,
) -> Vec<Option<ClusterId>> {
    let with_word = book
        .standing(occasion.level)
        .filter(|c| !c.bound.is_empty())
        .map(|c| (c.id, &c.bound));
    let with_word: FxHashMap<ClusterId, &BTreeSet<String>> = with_word.collect();
    let mut shared: Vec<(usize, ClusterId, usize)> = Vec::new();
    let mut present: FxHashMap<ClusterId, usize> = FxHashMap::default();
    let mut by_word: Vec<(usize, ClusterId)> = Vec::new();
    let mut olds: Vec<ClusterId> = Vec::new();
    for (group, cases) in groups.iter().enumerate() {
        olds.clear();
        for case in cases {
            let Some(old) = stood[*case] else {
                continue;
            };
            olds.push(old);
            let bound = with_word.get(&old);
            let bound = bound.is_some_and(|bound| bound.contains(occasion.searched[*case]));
            if bound && by_word.last() != Some(&(group, old)) {
                by_word.push((group, old));
            }
        }
        olds.sort_unstable();
        for same in olds.chunk_by(|a, b| a == b) {
            shared.push((group, same[0], same.len()));
            *present.entry(same[0]).or_default() += same.len();
        }
    }
    let mut claims: Vec<(usize, ClusterId, usize)> = shared
        .into_iter()
        .filter(|(group, old, n)| {
            let half_of_old = 2 * n >= present.get(old).copied().unwrap_or(0);
            *n >= LEAST_SHARED && (half_of_old || 2 * n >= groups[*group].len())
        })
        .map(|(group, old, n)| (n, old, group))
        .collect();
    // The greatest overlap first; equals by the older number, then by the earlier group.
    claims.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut owners = vec![None; groups.len()];
    let mut taken: BTreeMap<ClusterId, usize> = BTreeMap::new();
    let claims = claims.into_iter().map(|(_, old, group)| (group, old));
    for (group, old) in by_word.into_iter().chain(claims) {
        if owners[group].is_none() && !taken.contains_key(&old) {
            owners[group] = Some(old);
            taken.insert(old, group);
        }
    }
    owners
}

/// How many cases went from one cluster to another.
#[derive(Debug, Default)]
struct Flows {
    from: BTreeMap<ClusterId, BTreeMap<ClusterId, usize>>,
    to: BTreeMap<ClusterId, BTreeMap<ClusterId, usize>>,
}

impl Flows {
    fn add(&mut self, from: ClusterId, to: ClusterId) {
        *self.from.entry(from).or_default().entry(to).or_default() += 1;
        *self.to.entry(to).or_default().entry(from).or_default() += 1;
    }

    /// The old cluster from which at least half of a new one's cases came.
    fn main_source(&self, new: ClusterId, cases: usize) -> Option<ClusterId> {
        greatest(self.to.get(&new), |_, n| 2 * n >= cases)
    }

    /// The cluster into which at least half of a vanished one's cases went.
    fn main_target(&self, old: ClusterId, cases: usize) -> Option<ClusterId> {
        greatest(self.from.get(&old), |_, n| 2 * n >= cases)
    }

    /// Whether any of an old cluster's cases went to another one.
    fn leads_on(&self, old: ClusterId) -> bool {
        self.from.contains_key(&old)
    }

    /// The new cluster (of a number not below `first_new`) that took most of what an old one lost.
    fn offshoot(&self, old: ClusterId, first_new: u32) -> Option<ClusterId> {
        greatest(self.from.get(&old), |to, n| {
            to.0 >= first_new && n >= LEAST_SHARED
        })
    }
}

/// The cluster with the greatest flow that fits; of equal ones that of the smaller number.
fn greatest(
    flows: Option<&BTreeMap<ClusterId, usize>>,
    fits: impl Fn(ClusterId, usize) -> bool,
) -> Option<ClusterId> {
    flows?
        .iter()
        .filter(|(id, n)| fits(**id, **n))
        .max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))
        .map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carry(book: &ClusterBook, texts: &[&str]) -> Carried {
        carry_without(book, texts, &[])
    }

    /// A run on a source that no longer has some cases of the book.
    fn carry_without(book: &ClusterBook, texts: &[&str], gone: &[&str]) -> Carried {
        let next = book.all().map(|c| c.id.0).max().unwrap_or(0) + 1;
        let mut searched: Vec<&str> = Vec::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for text in texts {
            let first = searched.len();
            searched.extend(text.split(' '));
            groups.push((first..searched.len()).collect());
        }
        let of_book = book
            .standing(ClusterLevel::Problem)
            .flat_map(|c| c.members.iter().map(String::as_str));
        for case in of_book {
            if !searched.contains(&case) && !gone.contains(&case) {
                searched.push(case);
            }
        }
        let occasion = Occasion {
            level: ClusterLevel::Problem,
            run: "R",
            recorded_at: DateTime::UNIX_EPOCH,
            next,
            searched: &searched,
        };
        carry_over(book, &groups, &occasion)
    }

    /// A book after runs with these groups, and what each event of the last one says.
    fn after(runs: &[&[&str]]) -> (ClusterBook, Vec<String>, Carried) {
        let mut book = ClusterBook::default();
        let mut last = (Vec::new(), Carried::default());
        for run in runs {
            let carried = carry(&book, run);
            book.apply(&carried.events)
                .expect("events that fit the book");
            let said = |e: &ClusterEvent| {
                let other = e.other.map(|o| format!(" {o}")).unwrap_or_default();
                format!(
                    "{} {}{other} +{} -{}",
                    e.cluster,
                    e.kind,
                    e.change.joined.join(""),
                    e.change.left.join("")
                )
            };
            last = (carried.events.iter().map(said).collect(), carried);
        }
        (book, last.0, last.1)
    }

    #[test]
    fn numbers_stay_when_cases_join_and_new_clusters_get_new_ones() {
        let (_, said, carried) = after(&[&["a b c", "d e"], &["a b c x", "d e", "y z"]]);
        assert_eq!(said, ["C-000001 changed +x -", "C-000003 emerged +yz -"]);
        assert_eq!((carried.moved, carried.stood), (0, 5));
    }

    #[test]
    fn the_smaller_part_of_a_split_gets_a_new_number() {
        let (book, said, carried) = after(&[&["a b c d e"], &["d e x", "a b c"]]);
        assert_eq!(
            said,
            [
                "C-000002 emerged C-000001 +dex -",
                "C-000001 split C-000002 + -de"
            ]
        );
        assert_eq!(carried.moved, 2);
        assert_eq!(
            book.cluster_of(ClusterLevel::Problem, "d"),
            Some(ClusterId(2))
        );
    }

    #[test]
    fn a_merged_cluster_leads_to_its_heir() {
        let (book, said, _) = after(&[&["a b c", "d e"], &["a b c d e"]]);
        assert_eq!(
            said,
            ["C-000001 changed +de -", "C-000002 merged C-000001 + -de"]
        );
        assert_eq!(book.follow(ClusterId(2)).map(|c| c.id), Ok(ClusterId(1)));
    }

    #[test]
    fn a_cluster_whose_cases_part_vanishes_and_its_number_is_never_given_again() {
        let (book, said, _) = after(&[&["a b"], &[], &["a b"]]);
        assert_eq!(said, ["C-000002 emerged +ab -"]);
        assert!(book.follow(ClusterId(1)).is_err());
    }

    #[test]
    fn what_an_analyst_bound_decides_before_the_overlap() {
        let (mut book, _, _) = after(&[&["a b c d e"]]);
        let mut bind = carry(&book, &["a b c d e x"]).events;
        bind[0].kind = ClusterEventKind::Confirmed;
        bind[0].change = ClusterChange {
            bound: vec!["e".to_owned()],
            ..ClusterChange::default()
        };
        book.apply(&bind).expect("a word");
        let carried = carry(&book, &["a b c d", "e x"]);
        assert_eq!(carried.numbers, [ClusterId(2), ClusterId(1)]);
    }

    #[test]
    fn one_shared_case_carries_no_number() {
        let (_, said, _) = after(&[&["a b"], &["b x y"]]);
        assert_eq!(
            said,
            ["C-000002 emerged +bxy -", "C-000001 merged C-000002 + -ab"]
        );
    }

    #[test]
    fn what_the_source_no_longer_has_keeps_its_place_and_an_analysts_word() {
        let (mut book, _, _) = after(&[&["a b c d", "e f"]]);
        let mut bind = carry(&book, &["a b c d x", "e f"]).events;
        bind[0].kind = ClusterEventKind::Confirmed;
        bind[0].change = ClusterChange {
            bound: vec!["d".to_owned()],
            ..ClusterChange::default()
        };
        book.apply(&bind).expect("a word");
        // `d` is gone, and of the other problem one case, so that it is no group any more.
        let carried = carry_without(&book, &["a b c"], &["d", "f"]);
        assert!(carried.events.is_empty(), "{:?}", carried.events);
        assert_eq!((carried.moved, carried.stood, carried.gone), (0, 4, 2));
        let known = book.cluster(ClusterId(1)).expect("a cluster");
        assert!(known.members.contains("d") && known.bound.contains("d"));
        // All are back: nothing happened.
        let carried = carry(&book, &["a b c d", "e f"]);
        assert!(carried.events.is_empty(), "{:?}", carried.events);
    }

    #[test]
    fn a_case_that_is_gone_goes_with_its_cluster_to_the_heir() {
        let (mut book, _, _) = after(&[&["a b c d", "e f g"]]);
        let carried = carry_without(&book, &["a b c d e f"], &["g"]);
        book.apply(&carried.events).expect("events that fit");
        assert_eq!(carried.moved, 2);
        assert_eq!(
            book.cluster_of(ClusterLevel::Problem, "g"),
            Some(ClusterId(1))
        );
        assert_eq!(book.follow(ClusterId(2)).map(|c| c.id), Ok(ClusterId(1)));
    }

    #[test]
    fn a_cluster_of_which_nothing_is_left_in_the_source_stands_as_it_was() {
        let (book, _, _) = after(&[&["a b", "c d"]]);
        let carried = carry_without(&book, &["c d"], &["a", "b"]);
        assert!(carried.events.is_empty(), "{:?}", carried.events);
    }
}
