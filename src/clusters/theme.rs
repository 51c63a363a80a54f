//! The loose level: families of problems, for the overview.

use super::bonds::{Bonds, Settled};
use super::communities::{Network, communities};
use super::lexicon::{Map, number_of};
use super::neighbours::Graph;
use super::problem::Edge;
use super::vectors::TextVectors;

/// Neighbours of a document that tell its theme.
const NEIGHBOURS: usize = 10;
/// Power of the similarity that is an edge's weight: a weak resemblance says little.
const POWER: i32 = 3;
/// Themes are as fine as if each were expected to hold this share of all links at most.
const COARSENESS: f64 = 0.5;

/// Groups problems into themes: communities of the graph of neighbours under the constant Potts model.
///
/// `problem_of` is each document's problem; documents of one problem share a theme. Answers the theme of each document,
/// and the resolution at which they were found.
///
/// `further` are resemblances that the words do not show; they tell themes, never problems.
pub fn themes(
    graph: &Graph,
    further: Vec<Edge>,
    problem_of: &[u32],
    settled: &Settled,
) -> (Vec<u32>, f64) {
    let weights = weights(graph, further);
    let documents = problem_of.len();
    let resolution = resolution_of(&weights, documents);
    if resolution == 0.0 {
        return (joined_by_word(problem_of, settled), 0.0);
    }
    let starts = joined_by_word(problem_of, settled);
    let mut place: Map<u32, u32> = Map::default();
    let nodes: Vec<u32> = starts
        .iter()
        .map(|start| {
            let next = number_of(place.len());
            *place.entry(*start).or_insert(next)
        })
        .collect();
    let mut sizes = vec![0.0; place.len()];
    for node in &nodes {
        sizes[*node as usize] += 1.0;
    }
    let links: Vec<(u32, u32, f64)> = weights
        .into_iter()
        .map(|(a, b, weight)| (nodes[a as usize], nodes[b as usize], weight))
        .filter(|(a, b, _)| a != b)
        .collect();
    let bonds = Bonds::new(settled, &nodes);
    let themes = communities(&Network::new(sizes, links), resolution, &bonds);
    let of_document = nodes.iter().map(|node| themes[*node as usize]).collect();
    (of_document, resolution)
}

/// What a theme pays for each document times each it takes in, for a graph of so many documents.
pub fn resolution(graph: &Graph, documents: usize) -> f64 {
    resolution_of(&weights(graph, Vec::new()), documents)
}

fn weights(graph: &Graph, further: Vec<Edge>) -> Vec<(u32, u32, f64)> {
    let mut edges = graph.edges_within(NEIGHBOURS);
    if !further.is_empty() {
        edges.extend(further);
        edges.sort_unstable_by(|x, y| (x.0, x.1).cmp(&(y.0, y.1)).then(y.2.total_cmp(&x.2)));
        edges.dedup_by_key(|edge| (edge.0, edge.1));
    }
    edges
        .into_iter()
        .map(|(a, b, s)| (a, b, f64::from(s.powi(POWER))))
        .collect()
}

/// Resemblances by vector alone, on the scale of the similarity: a cosine counts for as much as the neighbours by
/// words have of similarity for theirs. Without neighbours by words it counts as it is.
pub fn by_vectors(graph: &Graph, vectors: &TextVectors, gates: &[u32]) -> Vec<Edge> {
    let (mut similarity, mut cosine) = (0.0_f64, 0.0_f64);
    for (a, b, s) in graph.edges_within(NEIGHBOURS) {
        if let Some(own) = vectors.cosine(a, b).filter(|own| *own > 0.0) {
            similarity += f64::from(s);
            cosine += f64::from(own);
        }
    }
    let scale = if cosine > 0.0 {
        (similarity / cosine).min(1.0) as f32
    } else {
        1.0
    };
    vectors
        .nearest(gates)
        .iter()
        .enumerate()
        .flat_map(|(own, near)| {
            let own = number_of(own);
            near.iter()
                .map(move |(other, cosine)| (own.min(*other), own.max(*other), scale * cosine))
        })
        .collect()
}

fn resolution_of(weights: &[(u32, u32, f64)], documents: usize) -> f64 {
    if documents == 0 {
        return 0.0;
    }
    let total: f64 = weights.iter().map(|(_, _, weight)| weight).sum();
    let mean_degree = 2.0 * total / documents as f64;
    mean_degree / (COARSENESS * documents as f64)
}

/// Problems that the analyst bound to one theme begin as one.
fn joined_by_word(problem_of: &[u32], settled: &Settled) -> Vec<u32> {
    let mut first: Map<u32, u32> = Map::default();
    let mut into: Map<u32, u32> = Map::default();
    for (problem, anchor) in problem_of.iter().zip(&settled.anchors) {
        if let Some(anchor) = anchor {
            let start = *first.entry(*anchor).or_insert(*problem);
            into.entry(*problem).or_insert(start);
        }
    }
    problem_of
        .iter()
        .map(|problem| into.get(problem).copied().unwrap_or(*problem))
        .collect()
}
