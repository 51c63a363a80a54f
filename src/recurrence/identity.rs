//! Which new group is which old cluster: numbers are carried over by what the two have in common.
//!
//! A group keeps the number of the cluster with which it shares most cases, when these are at least half of either
//! side. What the book then needs (who joined, left, merged, split, emerged, vanished) follows from that alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};

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
    pub searched: &'a HashSet<&'a str>,
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
    /// The number that the next new cluster gets.
    pub next: u32,
}

/// Carries the numbers of a level over to new groups.
///
/// `groups` hold the numbers of cases (two or more each, every case once), in canonical order; new clusters are
/// numbered in that order. A group that holds a case which an analyst bound to a cluster gets its number.
pub fn carry_over(book: &ClusterBook, groups: &[Vec<&str>], occasion: &Occasion<'_>) -> Carried {
    let owners = owners(book, groups, occasion.level);
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
    let mut number_of: HashMap<&str, ClusterId> = HashMap::new();
    for (cases, number) in groups.iter().zip(&carried.numbers) {
        number_of.extend(cases.iter().map(|case| (*case, *number)));
    }
    let mut flows = Flows::default();
    let mut left: BTreeMap<ClusterId, Vec<String>> = BTreeMap::new();
    let mut gone: BTreeMap<ClusterId, Vec<String>> = BTreeMap::new();
    for cluster in book.standing(occasion.level) {
        for case in &cluster.members {
            if !occasion.searched.contains(case.as_str()) {
                gone.entry(cluster.id).or_default().push(case.clone());
                continue;
            }
            carried.stood += 1;
            let now = number_of.get(case.as_str()).copied();
            if now == Some(cluster.id) {
                continue;
            }
            left.entry(cluster.id).or_default().push(case.clone());
            if let Some(now) = now {
                flows.add(cluster.id, now);
            }
        }
    }
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
            .filter(|case| book.cluster_of(occasion.level, case) != Some(*number))
            .map(|case| (*case).to_owned())
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

/// How many cases of the standing clusters of a level were not searched: the source no longer has them.
pub fn not_searched(book: &ClusterBook, level: ClusterLevel, searched: &HashSet<&str>) -> usize {
    book.standing(level)
        .flat_map(|cluster| &cluster.members)
        .filter(|case| !searched.contains(case.as_str()))
        .count()
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

/// The old cluster whose number each group keeps.
fn owners(book: &ClusterBook, groups: &[Vec<&str>], level: ClusterLevel) -> Vec<Option<ClusterId>> {
    let mut shared: BTreeMap<(usize, ClusterId), usize> = BTreeMap::new();
    let mut present: BTreeMap<ClusterId, usize> = BTreeMap::new();
    let mut by_word: Vec<(usize, ClusterId)> = Vec::new();
    for (group, cases) in groups.iter().enumerate() {
        for case in cases {
            let Some(old) = book.cluster_of(level, case) else {
                continue;
            };
            *shared.entry((group, old)).or_default() += 1;
            *present.entry(old).or_default() += 1;
            let bound = book.cluster(old).is_ok_and(|c| c.bound.contains(*case));
            if bound && by_word.last() != Some(&(group, old)) {
                by_word.push((group, old));
            }
        }
    }
    let mut claims: Vec<(usize, ClusterId, usize)> = shared
        .into_iter()
        .filter(|((group, old), n)| {
            let half_of_old = 2 * n >= present.get(old).copied().unwrap_or(0);
            *n >= LEAST_SHARED && (half_of_old || 2 * n >= groups[*group].len())
        })
        .map(|((group, old), n)| (n, old, group))
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

    fn groups<'a>(texts: &[&'a str]) -> Vec<Vec<&'a str>> {
        texts.iter().map(|t| t.split(' ').collect()).collect()
    }

    fn carry(book: &ClusterBook, texts: &[&str]) -> Carried {
        carry_without(book, texts, &[])
    }

    /// A run on a source that no longer has some cases of the book.
    fn carry_without(book: &ClusterBook, texts: &[&str], gone: &[&str]) -> Carried {
        let next = book.all().map(|c| c.id.0).max().unwrap_or(0) + 1;
        let groups = groups(texts);
        let of_book = book
            .standing(ClusterLevel::Problem)
            .flat_map(|c| c.members.iter().map(String::as_str));
        let searched: HashSet<&str> = groups
            .iter()
            .flatten()
            .copied()
            .chain(of_book)
            .filter(|case| !gone.contains(case))
            .collect();
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
        assert_eq!((carried.moved, carried.stood), (0, 4));
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
