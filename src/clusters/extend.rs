//! New texts beside standing problems: the nightly run.
//!
//! Earlier texts keep their problem. A new text joins a standing problem or founds one, by the same rules as in a
//! full run. Where new texts show two standing problems to be one, these merge whole, and the merge is told, so that
//! old numbers can be redirected; few at a time, so that little moves in a night. A full run settles the rest.

use super::bonds::{Anchor, Settled};
use super::lexicon::{Map, number_of};
use super::neighbours::{Graph, Neighbour};
use super::problem::{members, problems};
use super::profile::{Profile, ProfileComparison};
use super::run::{Options, Refusal, Text, Words};
use super::state::{State, StateError};
use super::vectors::TextVectors;

/// Standing problems merge when their average similarity is at least this share of that within each: more than a
/// full run asks, so that what merges today does not look doubtful tomorrow.
const SHARE_OF_WITHIN: f64 = 0.9;
/// Less alike than this they never merge.
const LEAST: f64 = 0.45;
/// Share of the earlier documents that may come under another number in one run.
const MOST_MOVED: f64 = 0.01;
/// Neighbours that tell the theme of a new problem, and the power of their similarity (as in `theme.rs`).
const THEME_NEIGHBOURS: usize = 10;
const THEME_POWER: i32 = 3;

/// Where the earlier texts stand, by their order in the state.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing<'a> {
    /// Problem of each earlier text, any numbers; `None` for one that has no words, or none yet.
    pub problem_of: &'a [Option<u32>],
    /// Theme of each earlier text.
    pub theme_of: &'a [Option<u32>],
    /// Problems that never merge by themselves: those that an analyst confirmed.
    pub fixed: &'a [u32],
    /// Pairs of problems that an analyst holds apart.
    pub apart: &'a [(u32, u32)],
    /// No new problem gets a smaller number: for the caller who has given numbers that no text stands under any more.
    pub first_problem: u32,
    /// Likewise for themes.
    pub first_theme: u32,
}

/// A standing problem that became part of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// The number that now leads to `kept`.
    pub gone: u32,
    /// The number that goes on: the problem of more documents, or the smaller number.
    pub kept: u32,
}

/// What an extension came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extension {
    /// Problem of each text, the earlier ones first. New problems are numbered on from the greatest standing number.
    pub problem_of: Vec<Option<u32>>,
    /// Theme of each text, likewise.
    pub theme_of: Vec<Option<u32>>,
    /// In the order in which they came; `kept` is never gone by a later one.
    pub merges: Vec<Merge>,
    /// Pairs of standing problems that an analyst's word keeps two though new texts speak for one.
    pub refused: Vec<Refusal>,
}

/// Places new texts among standing problems, and takes them into the state.
///
/// In a new text's `anchor` and `apart` the numbers are those of standing problems, in its `theme` that of a theme.
///
/// # Errors
/// When `standing` has not one entry for each earlier text, or no number is left. The state is unchanged then.
pub fn extend(
    state: &mut State,
    standing: &Standing<'_>,
    new: &[Text<'_>],
    options: &Options<'_>,
) -> Result<Extension, StateError> {
    let earlier = state.texts();
    for given in [standing.problem_of.len(), standing.theme_of.len()] {
        if given != earlier {
            return Err(StateError::Standing { given, earlier });
        }
    }
    let mut next_problem = Next::after(
        standing
            .problem_of
            .iter()
            .chain(new.iter().map(|text| &text.anchor)),
        standing.first_problem,
        new.len() + earlier,
    )?;
    let mut next_theme = Next::after(
        standing
            .theme_of
            .iter()
            .chain(new.iter().map(|text| &text.theme)),
        standing.first_theme,
        new.len() + earlier,
    )?;
    let words = Words::of(new);
    let first = number_of(state.corpus.len());
    state.take(&words.inputs(new));
    let corpus = &state.corpus;
    let vectors = options
        .vectors
        .map(|vectors| TextVectors::of(vectors, corpus));
    let graph = Graph::build(corpus, &state.index, vectors.as_ref(), first);
    state
        .surroundings
        .extend((first..number_of(corpus.len())).map(|document| graph.surroundings(document)));

    let mut settled = words.settled(corpus);
    let standing_of = by_document(state, standing.problem_of);
    for (document, problem) in standing_of.iter().enumerate().take(first as usize) {
        settled.anchors[document] = *problem;
    }
    let linked = problems(corpus, &state.surroundings, graph.edges(), &settled);
    let known = numbers_of_groups(&settled, &linked.group_of);
    let number_of_group = |group: u32| known.get(&group).copied();
    let speak_for_one: Vec<(u32, u32)> = linked
        .refused
        .iter()
        .filter_map(|(a, b)| Some((number_of_group(*a)?, number_of_group(*b)?)))
        .filter(|(a, b)| a != b)
        .map(|(a, b)| (a.min(b), a.max(b)))
        .collect();
    let mut problem_of_document: Vec<u32> = Vec::with_capacity(corpus.len());
    let mut founded: Map<u32, u32> = Map::default();
    for group in &linked.group_of {
        let number = match number_of_group(*group) {
            Some(number) => number,
            None => *founded.entry(*group).or_insert_with(|| next_problem.take()),
        };
        problem_of_document.push(number);
    }
    let merging = Merging {
        state,
        standing,
        settled: &settled,
        fixed: standing
            .fixed
            .iter()
            .map(|problem| (*problem, ()))
            .collect(),
        group_of: &problem_of_document,
        budget: (f64::from(first) * MOST_MOVED) as usize,
    };
    let (merges, refused) = merging.run(speak_for_one);
    let into: Map<u32, u32> = merges
        .iter()
        .map(|merge| (merge.gone, merge.kept))
        .collect();
    let follow = |number: u32| into.get(&number).copied().unwrap_or(number);
    for problem in &mut problem_of_document {
        *problem = follow(*problem);
    }
    let theme_of_document = Themes {
        state,
        graph: &graph,
        problem_of: &problem_of_document,
        first,
    }
    .of_documents(standing, &words.themes(corpus), &mut next_theme);

    let mut out = Extension {
        merges,
        refused,
        ..Extension::default()
    };
    let mut theme_of_problem: Map<u32, u32> = Map::default();
    for (problem, theme) in problem_of_document.iter().zip(&theme_of_document) {
        theme_of_problem.entry(*problem).or_insert(*theme);
    }
    for (text, document) in corpus.document_of.iter().enumerate() {
        let stands = standing.problem_of.get(text).copied().flatten();
        let problem = stands
            .map(follow)
            .or(document.map(|document| problem_of_document[document as usize]));
        let own = standing.theme_of.get(text).copied().flatten();
        let theme = problem
            .and_then(|problem| theme_of_problem.get(&problem).copied())
            .or(own);
        out.problem_of.push(problem);
        out.theme_of.push(theme);
    }
    Ok(out)
}

/// Numbers not yet given.
struct Next(u32);

impl Next {
    fn after<'a>(
        given: impl Iterator<Item = &'a Option<u32>>,
        least: u32,
        needed: usize,
    ) -> Result<Self, StateError> {
        let next = given
            .flatten()
            .max()
            .map_or(0, |most| u64::from(*most) + 1)
            .max(u64::from(least));
        match u32::try_from(next) {
            Ok(start) if next + needed as u64 <= u64::from(u32::MAX) => Ok(Next(start)),
            _ => Err(StateError::NoNumberLeft),
        }
    }

    fn take(&mut self) -> u32 {
        let number = self.0;
        self.0 += 1;
        number
    }
}

/// What most texts of each document stand in; among equals the smallest number.
fn by_document(state: &State, of_text: &[Option<u32>]) -> Vec<Option<u32>> {
    let corpus = &state.corpus;
    let mut of_document: Vec<Option<u32>> = vec![None; corpus.len()];
    let mut several: Vec<(u32, u32)> = Vec::new();
    for (document, number) in corpus.document_of.iter().zip(of_text) {
        if let (Some(document), Some(number)) = (document, number) {
            if corpus.copies[*document as usize] > 1 {
                several.push((*document, *number));
            } else {
                of_document[*document as usize] = Some(*number);
            }
        }
    }
    several.sort_unstable();
    for texts in several.chunk_by(|a, b| a.0 == b.0) {
        let most = texts
            .chunk_by(|a, b| a == b)
            .max_by(|a, b| a.len().cmp(&b.len()).then(b[0].cmp(&a[0])));
        of_document[texts[0].0 as usize] = most.map(|texts| texts[0].1);
    }
    of_document
}

fn numbers_of_groups(settled: &Settled, group_of: &[u32]) -> Map<u32, Anchor> {
    settled
        .anchors
        .iter()
        .zip(group_of)
        .filter_map(|(anchor, group)| Some((*group, (*anchor)?)))
        .collect()
}

/// The slow pass over whole problems.
struct Merging<'a> {
    state: &'a State,
    standing: &'a Standing<'a>,
    settled: &'a Settled,
    fixed: Map<u32, ()>,
    group_of: &'a [u32],
    /// Documents that may come under another number.
    budget: usize,
}

impl Merging<'_> {
    /// Merges, and pairs that an analyst's word keeps two. Each problem takes part in one merge a run at most; what is
    /// too much for one night is left to a later one.
    fn run(&self, mut pairs: Vec<(u32, u32)>) -> (Vec<Merge>, Vec<Refusal>) {
        pairs.sort_unstable();
        pairs.dedup();
        if pairs.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let profiles = self.profiles(&pairs);
        let mut comparison = ProfileComparison::new(&self.state.corpus);
        let mut weighed: Vec<(f64, u32, u32)> = pairs
            .iter()
            .filter_map(|(a, b)| {
                let (one, other) = (profiles.get(a)?, profiles.get(b)?);
                comparison.begin(&self.state.corpus, one);
                let similarity = f64::from(comparison.with(&self.state.corpus, other));
                comparison.end(&self.state.corpus, one);
                Some((similarity, *a, *b))
            })
            .collect();
        weighed.sort_unstable_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
        let mut taken: Map<u32, ()> = Map::default();
        let (mut merges, mut refused, mut left) = (Vec::new(), Vec::new(), self.budget);
        for (similarity, a, b) in weighed {
            let (one, other) = (&profiles[&a], &profiles[&b]);
            let (kept, gone) = match one.documents >= other.documents {
                true => (a, b),
                false => (b, a),
            };
            let moved = one.documents.min(other.documents) as usize;
            let alike = similarity >= needed(one, other);
            let free = !taken.contains_key(&a) && !taken.contains_key(&b);
            if !alike {
                continue;
            }
            if !self.may_merge(a, b) {
                refused.push(Refusal {
                    problem: a,
                    other: b,
                });
            } else if free && moved <= left {
                left -= moved;
                taken.insert(a, ());
                taken.insert(b, ());
                merges.push(Merge { gone, kept });
            }
        }
        refused.sort_unstable();
        (merges, refused)
    }

    fn may_merge(&self, a: u32, b: u32) -> bool {
        let kept_apart = |document: u32, anchor: Anchor| {
            let own = self.group_of[document as usize];
            (own == a && anchor == b) || (own == b && anchor == a)
        };
        !self.fixed.contains_key(&a)
            && !self.fixed.contains_key(&b)
            && !self
                .standing
                .apart
                .iter()
                .any(|pair| *pair == (a, b) || *pair == (b, a))
            && !self
                .settled
                .apart
                .iter()
                .any(|(document, anchor)| kept_apart(*document, *anchor))
    }

    fn profiles(&self, pairs: &[(u32, u32)]) -> Map<u32, Profile> {
        let wanted: Map<u32, ()> = pairs
            .iter()
            .flat_map(|(a, b)| [(*a, ()), (*b, ())])
            .collect();
        let mut comparison = ProfileComparison::new(&self.state.corpus);
        let mut own: Vec<(u32, u32)> = members(self.group_of);
        own.retain(|(group, _)| wanted.contains_key(group));
        own.chunk_by(|a, b| a.0 == b.0)
            .map(|group| {
                let documents = group.iter().map(|(_, document)| *document);
                let profile = Profile::of_group(&self.state.corpus, documents, &mut comparison);
                (group[0].0, profile)
            })
            .collect()
    }
}

fn needed(a: &Profile, b: &Profile) -> f64 {
    let within = match (a.within, b.within) {
        (Some(a), Some(b)) => 0.5 * (a + b),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => 1.0,
    };
    LEAST.max(SHARE_OF_WITHIN * within)
}

/// Finds the theme of new problems among those that stand.
struct Themes<'a> {
    state: &'a State,
    graph: &'a Graph,
    problem_of: &'a [u32],
    /// The first new document.
    first: u32,
}

impl Themes<'_> {
    /// A standing problem keeps its theme; a new one takes that to which its texts are drawn most, less what the
    /// size of a theme draws by itself (as in `communities.rs`), or founds one.
    fn of_documents(
        &self,
        standing: &Standing<'_>,
        word: &[Option<Anchor>],
        next: &mut Next,
    ) -> Vec<u32> {
        let mut theme_of: Map<u32, u32> = Map::default();
        let mut size: Map<u32, f64> = Map::default();
        let standing_of = by_document(self.state, standing.theme_of);
        let mut earlier: Vec<(u32, u32)> = self
            .problem_of
            .iter()
            .zip(&standing_of)
            .filter_map(|(problem, theme)| Some((*problem, (*theme)?)))
            .collect();
        for (_, theme) in &earlier {
            *size.entry(*theme).or_default() += 1.0;
        }
        // Should texts of one problem stand in several themes, the most frequent one is its theme.
        earlier.sort_unstable();
        for texts in earlier.chunk_by(|a, b| a.0 == b.0) {
            let most = texts
                .chunk_by(|a, b| a == b)
                .max_by(|a, b| a.len().cmp(&b.len()).then(b[0].cmp(&a[0])));
            if let Some(most) = most {
                theme_of.insert(most[0].0, most[0].1);
            }
        }
        let mut of_new: Vec<(u32, u32)> = (0..number_of(self.problem_of.len()))
            .map(|document| (self.problem_of[document as usize], document))
            .filter(|(problem, _)| !theme_of.contains_key(problem))
            .collect();
        of_new.sort_unstable();
        for problem in of_new.chunk_by(|a, b| a.0 == b.0) {
            let said = problem
                .iter()
                .find_map(|(_, document)| word[*document as usize]);
            let theme = said
                .or_else(|| self.drawn_to(problem, &theme_of, &size))
                .unwrap_or_else(|| next.take());
            *size.entry(theme).or_default() += problem.len() as f64;
            theme_of.insert(problem[0].0, theme);
        }
        self.problem_of
            .iter()
            .map(|problem| theme_of[problem])
            .collect()
    }

    fn drawn_to(
        &self,
        problem: &[(u32, u32)],
        theme_of: &Map<u32, u32>,
        size: &Map<u32, f64>,
    ) -> Option<u32> {
        let mut pull: Vec<(u32, f64)> = problem
            .iter()
            .filter(|(_, document)| *document >= self.first)
            .flat_map(|(_, document)| self.graph.of(*document).iter().take(THEME_NEIGHBOURS))
            .filter_map(|(other, similarity): &Neighbour| {
                let theme = theme_of.get(&self.problem_of[*other as usize])?;
                Some((*theme, f64::from(similarity.powi(THEME_POWER))))
            })
            .collect();
        pull.sort_by_key(|(theme, _)| *theme);
        let price = self.state.resolution * problem.len() as f64;
        pull.chunk_by(|a, b| a.0 == b.0)
            .map(|links| {
                let weight: f64 = links.iter().map(|(_, weight)| weight).sum();
                let theme = links[0].0;
                (
                    theme,
                    weight - price * size.get(&theme).copied().unwrap_or(0.0),
                )
            })
            .filter(|(_, gain)| *gain > 0.0)
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
            .map(|(theme, _)| theme)
    }
}
