//! The full run: all texts at once.

use super::bonds::{Anchor, Settled};
use super::candidates::Index;
use super::corpus::{Corpus, Input};
use super::lexicon::{Map, number_of};
use super::neighbours::Graph;
use super::problem::problems;
use super::theme::{by_vectors, themes};
use super::vectors::{TextVectors, Vectors};

/// One complaint's text and what is settled about it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text<'a> {
    /// As the customer or the desk typed it; markup and quoted mail may be in it.
    pub text: &'a str,
    /// Texts of different gates are never compared: a field declared reliable (a lot, a product code) as a number.
    /// 0 for every text where none is declared.
    pub gate: u32,
    /// The analyst's word: texts of one anchor are one problem, texts of different anchors never are.
    /// Any number; [`extend`](super::extend) reads it as the number of a standing problem.
    pub anchor: Option<Anchor>,
    /// Anchors whose problem this text is never part of. A text's own anchor among them is passed over.
    pub apart: &'a [Anchor],
    /// The same word for themes: problems of one theme anchor share a theme, of different ones do not.
    pub theme: Option<Anchor>,
}

/// What a run may be given besides texts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Word or text vectors that the user brings, as a third voice in the similarity.
    pub vectors: Option<&'a Vectors>,
}

/// Two problems that the texts would have made one, had the analyst's word not kept them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// The smaller number of the two.
    pub problem: u32,
    /// The greater number.
    pub other: u32,
}

/// What a full run came to.
#[derive(Debug)]
pub struct Clustering {
    /// The distinct texts and their words.
    pub corpus: Corpus,
    /// Nearest neighbours of every document.
    pub graph: Graph,
    /// The candidates' index, from which an extension goes on.
    pub index: Index,
    /// How alike each document is to those merely near it.
    pub surroundings: Vec<f32>,
    /// What a theme pays for each document times each it takes in; an extension goes on with it.
    pub resolution: f64,
    /// Problem of each text, numbered from 0 in the order of the texts; `None` for a text without words. A text that
    /// nothing repeats is a problem of its own.
    pub problem_of: Vec<Option<u32>>,
    /// Theme of each text, numbered likewise. A problem lies in exactly one theme.
    pub theme_of: Vec<Option<u32>>,
    /// In rising order, each pair once.
    pub refused: Vec<Refusal>,
}

/// Groups texts into problems and themes. Texts come in the canonical order (received, case id); nothing else decides.
///
/// Never fails: words that contradict each other are followed as far as they can be, must-links first.
pub fn cluster(texts: &[Text<'_>], options: &Options<'_>) -> Clustering {
    Material::read(texts).cluster(options)
}

/// Texts as the search needs them: who holds many lets the texts themselves go before it searches.
#[derive(Debug)]
pub struct Material {
    words: Words,
    corpus: Corpus,
}

impl Material {
    /// Reads texts, as [`cluster`] does.
    pub fn read(texts: &[Text<'_>]) -> Self {
        let words = Words::of(texts);
        let corpus = Corpus::build(&words.inputs(texts));
        Material { words, corpus }
    }

    /// Groups what was read, as [`cluster`] does.
    pub fn cluster(self, options: &Options<'_>) -> Clustering {
        let Material { words, corpus } = self;
        let vectors = options
            .vectors
            .map(|vectors| TextVectors::of(vectors, &corpus));
        let index = Index::build(&corpus);
        let graph = Graph::build(&corpus, &index, vectors.as_ref(), 0);
        let surroundings: Vec<f32> = (0..corpus.len())
            .map(|document| graph.surroundings(number_of(document)))
            .collect();
        let settled = words.settled(&corpus);
        let linked = problems(&corpus, &surroundings, graph.edges(), &settled);
        let theme_word = Settled {
            anchors: words.themes(&corpus),
            apart: Vec::new(),
        };
        let further = vectors.map_or_else(Vec::new, |vectors| {
            by_vectors(&graph, &vectors, &corpus.gates)
        });
        let (theme_of_document, resolution) =
            themes(&graph, further, &linked.group_of, &theme_word);
        let (problem_of, renamed) = numbered(&corpus, &linked.group_of);
        let (theme_of, _) = numbered(&corpus, &theme_of_document);
        Clustering {
            refused: refusals(&linked.refused, &renamed),
            corpus,
            graph,
            index,
            surroundings,
            resolution,
            problem_of,
            theme_of,
        }
    }
}

/// Groups of documents as numbers of texts from 0 in the order of the texts, and the new number of each group.
fn numbered(corpus: &Corpus, group_of: &[u32]) -> (Vec<Option<u32>>, Map<u32, u32>) {
    let mut renamed: Map<u32, u32> = Map::default();
    let of_text = corpus
        .document_of
        .iter()
        .map(|document| {
            document.map(|document| {
                let next = number_of(renamed.len());
                *renamed.entry(group_of[document as usize]).or_insert(next)
            })
        })
        .collect();
    (of_text, renamed)
}

fn refusals(pairs: &[(u32, u32)], renamed: &Map<u32, u32>) -> Vec<Refusal> {
    let mut refused: Vec<Refusal> = pairs
        .iter()
        .filter_map(|(a, b)| Some((*renamed.get(a)?, *renamed.get(b)?)))
        .filter(|(a, b)| a != b)
        .map(|(a, b)| Refusal {
            problem: a.min(b),
            other: a.max(b),
        })
        .collect();
    refused.sort_unstable();
    refused.dedup();
    refused
}

/// What is settled about the texts, each combination once: equal words of different standing are different documents,
/// so that a word about one case moves no other.
#[derive(Debug)]
pub(super) struct Words {
    /// Combination of each text; 0 is "nothing settled".
    of_text: Vec<u32>,
    combinations: Vec<Combination>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Combination {
    anchor: Option<Anchor>,
    theme: Option<Anchor>,
    apart: Vec<Anchor>,
}

impl Words {
    pub(super) fn of(texts: &[Text<'_>]) -> Self {
        let mut numbers: Map<Combination, u32> = Map::default();
        let mut combinations = vec![Combination::default()];
        let of_text = texts
            .iter()
            .map(|text| {
                if text.anchor.is_none() && text.theme.is_none() && text.apart.is_empty() {
                    return 0;
                }
                let mut apart: Vec<Anchor> = text.apart.to_vec();
                apart.retain(|anchor| Some(*anchor) != text.anchor);
                apart.sort_unstable();
                apart.dedup();
                let combination = Combination {
                    anchor: text.anchor,
                    theme: text.theme,
                    apart,
                };
                if let Some(number) = numbers.get(&combination) {
                    return *number;
                }
                let number = number_of(combinations.len());
                combinations.push(combination.clone());
                numbers.insert(combination, number);
                number
            })
            .collect();
        Words {
            of_text,
            combinations,
        }
    }

    pub(super) fn inputs<'a>(&self, texts: &[Text<'a>]) -> Vec<Input<'a>> {
        texts
            .iter()
            .zip(&self.of_text)
            .map(|(text, word)| Input {
                text: text.text,
                gate: text.gate,
                word: *word,
            })
            .collect()
    }

    /// What is settled about problems, by document.
    pub(super) fn settled(&self, corpus: &Corpus) -> Settled {
        let mut settled = Settled::nothing(corpus.len());
        for (document, word) in corpus.said.iter().enumerate() {
            let said = &self.combinations[*word as usize];
            settled.anchors[document] = said.anchor;
            let document = number_of(document);
            settled
                .apart
                .extend(said.apart.iter().map(|anchor| (document, *anchor)));
        }
        settled
    }

    /// What is settled about themes, by document.
    pub(super) fn themes(&self, corpus: &Corpus) -> Vec<Option<Anchor>> {
        corpus
            .said
            .iter()
            .map(|word| self.combinations[*word as usize].theme)
            .collect()
    }
}
