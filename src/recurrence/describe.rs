//! What a cluster is about, in the complainants' own words: its label, its exemplar, and why each complaint is in it.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::complaints::{Complaint, Text};
use super::descriptions::{Descriptions, Standing};
use super::spelling::{Reader, Spellings, is_capitals, uncapitalised};
use redress_clusters::corpus::Corpus;
use redress_clusters::exact::ExactComparison;
use redress_clusters::lexicon::{number_of, stem_letters};
use redress_domain::cluster::{ClusterId, ClusterLevel};

/// Terms of a label.
const TERMS: usize = 5;
/// A term of a label stands in at least this share of the complaints, and in two of them.
const LEAST_SHARE: f64 = 0.2;
/// Complaints of a cluster that are looked at for its exemplar and its words, taken evenly.
const SAMPLED: usize = 64;
/// Terms named for why a complaint is in its cluster.
const SHARED: usize = 5;
/// Words of up to so many letters may be the small change of a language: the, and, bir, bu, что, на.
const SMALL_WORD: usize = 3;
/// A word in at least this share of as many texts as a language's small change is of that kind itself.
const SMALL_CHANGE: f64 = 1.0 / 3.0;
/// A word in a smaller share of all texts is nobody's small change.
const RARE: f64 = 0.02;

/// A cluster with its description. Places are those of the complaints in canonical order.
#[derive(Debug, Clone)]
pub struct Found {
    pub level: ClusterLevel,
    pub id: ClusterId,
    pub members: Vec<usize>,
    /// Terms that tell it from the others, in the complainants' words.
    pub label: String,
    /// The complaint nearest to its centre.
    pub exemplar: usize,
    /// Mean similarity of the other members with the exemplar, 0 to 1.
    pub cohesion: f64,
    /// Problems: how each member belongs to it. Empty for themes.
    pub belonging: Vec<Belonging>,
}

/// How a complaint belongs to its problem.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Belonging {
    /// Similarity with the exemplar, 0 to 1.
    pub similarity: f32,
    /// The terms that it shares with the exemplar, with their part of the similarity of stems.
    pub shared: Option<String>,
}

/// A cluster to be described.
pub type Bare = (ClusterLevel, ClusterId, Vec<usize>);

/// Describes clusters; each by itself, so that threads do not matter. What an earlier layer said of a cluster of the same
/// complaints, or of few more, stands: weights of words do not change between full searches.
pub fn describe(
    complaints: &[Complaint],
    texts: &[Text],
    corpus: &Corpus,
    documents: &[Option<u32>],
    clusters: Vec<Bare>,
    earlier: Option<Descriptions>,
) -> Vec<Found> {
    let mut earlier = earlier.unwrap_or_default();
    let known: Vec<Result<Standing, Bare>> = clusters
        .into_iter()
        .map(|bare| earlier.take(complaints, bare))
        .collect();
    let words = Words {
        texts,
        corpus,
        documents,
        in_texts: texts_by_word(corpus),
    };
    known
        .into_par_iter()
        .map_init(
            || Memory::of(corpus),
            |memory, known| match known {
                Ok(standing) => words.with_newcomers(memory, standing),
                Err(bare) => words.of_cluster(memory, bare),
            },
        )
        .collect()
}

/// One thread's memory.
struct Memory<'a> {
    comparison: ExactComparison<'a>,
    /// How many complaints of the cluster at hand hold each stem; 0 between clusters.
    holds: Vec<u32>,
    reader: Reader,
}

impl<'a> Memory<'a> {
    fn of(corpus: &'a Corpus) -> Self {
        Memory {
            comparison: ExactComparison::new(corpus),
            holds: vec![0; corpus.lexicon.stems()],
            reader: Reader::of(corpus),
        }
    }
}

/// In how many distinct texts each word of the corpus stands.
fn texts_by_word(corpus: &Corpus) -> Vec<u32> {
    let mut texts = vec![0; corpus.lexicon.len()];
    for document in 0..number_of(corpus.len()) {
        for (word, _) in corpus.words(document) {
            texts[*word as usize] += 1;
        }
    }
    texts
}

struct Words<'a> {
    /// What the complaints say, by their places.
    texts: &'a [Text],
    corpus: &'a Corpus,
    documents: &'a [Option<u32>],
    /// In how many distinct texts each word of the corpus stands.
    in_texts: Vec<u32>,
}

impl Words<'_> {
    fn of_cluster(&self, memory: &mut Memory<'_>, (level, id, members): Bare) -> Found {
        let sample = evenly(&members, SAMPLED);
        let texts: Vec<Option<u32>> = sample.iter().map(|at| self.documents[*at]).collect();
        let exemplar = sample[memory.comparison.most_central(&texts)];
        let similarity = self.similarity(&mut memory.comparison, exemplar, &members);
        let terms = self.terms(&mut memory.holds, &members);
        let shared: Vec<Vec<(u32, f32)>> = match level {
            ClusterLevel::Problem => members
                .iter()
                .map(|at| self.shared_stems(exemplar, *at))
                .collect(),
            ClusterLevel::Theme => Vec::new(),
        };
        let mut wanted: Vec<u32> = terms.clone();
        wanted.extend(shared.iter().flatten().map(|(stem, _)| *stem));
        wanted.sort_unstable();
        wanted.dedup();
        let spelled = self.spelled(&mut memory.reader, &sample, exemplar, &wanted);
        let label: Vec<&str> = terms.iter().map(|stem| spell(&spelled, *stem)).collect();
        Found {
            level,
            id,
            label: match label.is_empty() {
                true => "?".to_owned(),
                false => label.join(", "),
            },
            exemplar,
            cohesion: cohesion(&members, &similarity, exemplar),
            belonging: belonging(&shared, &similarity, &spelled),
            members,
        }
    }

    /// A cluster as it was described, and those who joined it since.
    fn with_newcomers(&self, memory: &mut Memory<'_>, standing: Standing) -> Found {
        let Standing {
            mut found,
            newcomers,
        } = standing;
        if newcomers.is_empty() {
            return found;
        }
        let joined: Vec<usize> = newcomers
            .iter()
            .map(|place| found.members[*place])
            .collect();
        let similarity = self.similarity(&mut memory.comparison, found.exemplar, &joined);
        // The mean of all but the exemplar, who was there before.
        let others = (found.members.len() - 1) as f64;
        let of_newcomers: f64 = similarity.iter().map(|s| f64::from(*s)).sum();
        let of_earlier = found.cohesion * (others - joined.len() as f64);
        found.cohesion = (of_earlier + of_newcomers) / others;
        if found.level == ClusterLevel::Problem {
            let shared: Vec<Vec<(u32, f32)>> = joined
                .iter()
                .map(|at| self.shared_stems(found.exemplar, *at))
                .collect();
            let mut wanted: Vec<u32> = shared.iter().flatten().map(|(stem, _)| *stem).collect();
            wanted.sort_unstable();
            wanted.dedup();
            let sample = evenly(&found.members, SAMPLED);
            let spelled = self.spelled(&mut memory.reader, &sample, found.exemplar, &wanted);
            let described = belonging(&shared, &similarity, &spelled);
            for (place, own) in newcomers.into_iter().zip(described) {
                found.belonging[place] = own;
            }
        }
        found
    }

    fn similarity(
        &self,
        comparison: &mut ExactComparison<'_>,
        one: usize,
        others: &[usize],
    ) -> Vec<f32> {
        let others = others.iter().map(|at| self.documents[*at]);
        comparison.of(self.documents[one], others)
    }

    fn stems(&self, at: usize) -> &[(u32, f32)] {
        self.documents[at].map_or(&[], |document| self.corpus.stems(document))
    }

    /// Stems that tell the cluster from the others: share of its complaints times inverse document frequency over
    /// all complaints, ln(n / df) (a class-based tf-idf: Grootendorst 2022, equation 2, on shares). Numbers, addresses
    /// and masks say nothing here, nor does the small change of a language.
    fn terms(&self, holds: &mut [u32], members: &[usize]) -> Vec<u32> {
        let n = members.len() as f64;
        let common: Vec<(u32, u32)> = self
            .counted(holds, members)
            .into_iter()
            .filter(|(_, holds)| *holds >= 2 && f64::from(*holds) >= LEAST_SHARE * n)
            .collect();
        let small_change = self.small_change(members, &common);
        let mut scored: Vec<(bool, f64, u32)> = common
            .into_iter()
            .filter(|(stem, _)| self.is_word(members, *stem))
            .map(|(stem, holds)| {
                let idf = self.idf(stem);
                (idf > small_change, f64::from(holds) / n * idf, stem)
            })
            .collect();
        // Where nothing else is shared, small change is better than no label.
        if scored.iter().any(|(telling, _, _)| *telling) {
            scored.retain(|(telling, _, _)| *telling);
        }
        scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.2.cmp(&b.2)));
        scored.truncate(TERMS);
        scored.into_iter().map(|(_, _, stem)| stem).collect()
    }

    /// The stems of a cluster with the number of its complaints that hold each. `holds` is 0 before and after.
    fn counted(&self, holds: &mut [u32], members: &[usize]) -> Vec<(u32, u32)> {
        let mut stems: Vec<u32> = Vec::new();
        for at in members {
            for (stem, _) in self.stems(*at) {
                let holds = &mut holds[*stem as usize];
                if *holds == 0 {
                    stems.push(*stem);
                }
                *holds += 1;
            }
        }
        stems
            .into_iter()
            .map(|stem| (stem, std::mem::take(&mut holds[stem as usize])))
            .collect()
    }

    /// ln(n / df), nearly: the weight of a stem is ln((1 + n) / (1 + df)) + 1.
    fn idf(&self, stem: u32) -> f64 {
        f64::from(self.corpus.lexicon.stem_weight(stem)) - 1.0
    }

    /// The greatest inverse document frequency at which a word is still small change in the language of these
    /// complaints. Where few complaints are in English, `the` and `and` are rare among all, and would tell every English
    /// cluster from the others. They come in company: of the small words that most of the cluster's complaints hold, the
    /// two most frequent are nearly equally so, and the second gives the measure; else nothing is left out.
    fn small_change(&self, members: &[usize], common: &[(u32, u32)]) -> f64 {
        let mut small: Vec<f64> = common
            .iter()
            .filter(|(_, holds)| *holds as usize * 2 > members.len())
            .filter(|(stem, _)| {
                self.folded(members, *stem).is_some_and(|word| {
                    word.chars().count() <= SMALL_WORD && word.chars().all(char::is_alphabetic)
                })
            })
            .map(|(stem, _)| self.idf(*stem))
            .collect();
        small.sort_by(f64::total_cmp);
        match small[..] {
            [first, second, ..] if second <= (first - SMALL_CHANGE.ln()).min(-RARE.ln()) => {
                (second - SMALL_CHANGE.ln()).min(-RARE.ln())
            }
            _ => f64::NEG_INFINITY,
        }
    }

    fn is_word(&self, members: &[usize], stem: u32) -> bool {
        self.folded(members, stem)
            .is_some_and(|word| word.chars().count() >= 3 && word.chars().all(char::is_alphabetic))
    }

    /// A word of this stem, as the search folds it, in one of these complaints.
    fn folded(&self, members: &[usize], stem: u32) -> Option<&str> {
        members.iter().find_map(|at| {
            let words = self.corpus.words(self.documents[*at]?);
            let word = words
                .iter()
                .find(|(word, _)| self.corpus.lexicon.stem(*word) == stem)?;
            Some(self.corpus.lexicon.word(word.0))
        })
    }

    /// Stems that a complaint shares with the exemplar, with their part of the cosine, heaviest first.
    fn shared_stems(&self, exemplar: usize, at: usize) -> Vec<(u32, f32)> {
        let (mut one, mut other) = (self.stems(exemplar), self.stems(at));
        let mut shared = Vec::new();
        while let (Some(a), Some(b)) = (one.first(), other.first()) {
            if a.0 == b.0 {
                shared.push((a.0, a.1 * b.1));
            }
            if a.0 <= b.0 {
                one = &one[1..];
            }
            if b.0 <= a.0 {
                other = &other[1..];
            }
        }
        shared.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        shared.truncate(SHARED);
        shared
    }

    /// How complainants spell these stems: the most frequent spelling in the sampled complaints, with its own letters
    /// (ş, ё) where anybody typed them, and not in capitals where anybody did not.
    fn spelled(
        &self,
        reader: &mut Reader,
        sample: &[usize],
        exemplar: usize,
        wanted: &[u32],
    ) -> FxHashMap<u32, String> {
        let mut prefixes: FxHashMap<&str, u32> = FxHashMap::default();
        let mut places = sample.to_vec();
        // Counted once, as every other.
        if !places.contains(&exemplar) {
            places.push(exemplar);
        }
        let mut spelled: FxHashMap<u32, String> = FxHashMap::default();
        for stem in wanted {
            if let Some(word) = self.folded(&places, *stem) {
                prefixes.insert(stem_letters(word), *stem);
                spelled.insert(*stem, word.to_owned());
            }
        }
        let mut seen: FxHashMap<u32, BTreeMap<String, Spellings>> = FxHashMap::default();
        let mut own: FxHashMap<u32, String> = FxHashMap::default();
        for at in places {
            let tokens = self.texts[at].split(|c: char| !c.is_alphanumeric());
            for token in tokens.filter(|token| !token.is_empty()) {
                let mut words = reader.words_of(token).iter();
                let read = words.find_map(|word| Some((*prefixes.get(stem_letters(word))?, word)));
                if let Some((stem, word)) = read {
                    if at == exemplar {
                        own.entry(stem).or_insert_with(|| word.to_string());
                    }
                    let spellings = seen.entry(stem).or_default();
                    let spellings = spellings.entry(word.to_string()).or_default();
                    *spellings.entry(uncapitalised(token)).or_default() += 1;
                }
            }
        }
        for (stem, words) in seen {
            if let Some(best) = self.best_spelling(words, own.get(&stem)) {
                spelled.insert(stem, best);
            }
        }
        spelled
    }

    /// First the word, then its spelling. The word is the one that these complaints say most often, and of equals the
    /// one that all complaints say most often: a slip of the keyboard is made once. Then the exemplar's own word.
    fn best_spelling(
        &self,
        words: BTreeMap<String, Spellings>,
        own: Option<&String>,
    ) -> Option<String> {
        let (_, spellings) = words.into_iter().max_by_key(|(word, spellings)| {
            let number = self.corpus.lexicon.find(word);
            (
                spellings.keys().any(|text| !is_capitals(text)),
                spellings.values().sum::<usize>(),
                number.map_or(0, |number| self.in_texts[number as usize]),
                own == Some(word),
                std::cmp::Reverse(word.clone()),
            )
        })?;
        let best = spellings.into_iter().max_by_key(|(text, n)| {
            let plain = text.is_ascii();
            (
                !is_capitals(text),
                *n,
                !plain,
                std::cmp::Reverse(text.clone()),
            )
        });
        best.map(|(text, _)| text)
    }
}

/// A stem as it is spelled; empty where it is not.
fn spell(spelled: &FxHashMap<u32, String>, stem: u32) -> &str {
    spelled.get(&stem).map_or("", String::as_str)
}

/// How complaints belong to their problem, by the stems that each shares with the exemplar and its similarity.
fn belonging(
    shared: &[Vec<(u32, f32)>],
    similarity: &[f32],
    spelled: &FxHashMap<u32, String>,
) -> Vec<Belonging> {
    let own = shared.iter().zip(similarity).map(|(stems, similarity)| {
        let said: Vec<String> = stems
            .iter()
            .map(|(stem, part)| format!("{} {part:.2}", spell(spelled, *stem)))
            .collect();
        Belonging {
            similarity: *similarity,
            shared: (!said.is_empty()).then(|| said.join(", ")),
        }
    });
    own.collect()
}

/// Mean similarity of the other members with the exemplar, 0 to 1.
fn cohesion(members: &[usize], similarity: &[f32], exemplar: usize) -> f64 {
    let others = members.iter().zip(similarity);
    let others = others
        .filter(|(at, _)| **at != exemplar)
        .map(|(_, s)| f64::from(*s));
    match members.len() - 1 {
        0 => 1.0,
        n => others.sum::<f64>() / n as f64,
    }
}

/// At most `most` of the members, evenly over their order.
fn evenly(members: &[usize], most: usize) -> Vec<usize> {
    let step = members.len().div_ceil(most).max(1);
    members.iter().step_by(step).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_clusters::corpus::Input;

    fn described(texts: &[&str], members: &[usize]) -> Found {
        let complaints = vec![Complaint::default(); texts.len()];
        let own: Vec<Text> = texts.iter().map(|text| (*text).into()).collect();
        let inputs: Vec<Input<'_>> = texts
            .iter()
            .map(|text| Input {
                text,
                gate: 0,
                word: 0,
            })
            .collect();
        let corpus = Corpus::build(&inputs);
        let documents = corpus.document_of.clone();
        let cluster = (ClusterLevel::Problem, ClusterId(1), members.to_vec());
        describe(&complaints, &own, &corpus, &documents, vec![cluster], None).remove(0)
    }

    const TEXTS: [&str; 6] = [
        "Kapağı akıtıyor, tenekenin kapağı bozuk.",
        "tenekenin kapagi akitiyor yine",
        "TENEKENİN KAPAĞI AKITIYOR",
        "Kargo geç geldi, aradım, kimse bakmadı.",
        "Fatura yanlış kesilmiş.",
        "Renk kartelası eksik geldi.",
    ];

    #[test]
    fn a_label_is_in_the_words_of_the_complainants() {
        let found = described(&TEXTS, &[0, 1, 2]);
        let terms: Vec<&str> = found.label.split(", ").collect();
        // Its own letters, since somebody typed them, and no capitals, since somebody did not.
        assert!(terms.contains(&"kapağı"), "{terms:?}");
        assert!(terms.contains(&"tenekenin"), "{terms:?}");
        assert!(!found.label.contains("KAPAĞI") && !found.label.contains("kargo"));
    }

    #[test]
    fn why_a_complaint_is_there_is_said_with_its_weight() {
        let found = described(&TEXTS, &[0, 1, 2]);
        assert!(found.members.contains(&found.exemplar));
        for (at, own) in found.members.iter().zip(&found.belonging) {
            let said = own.shared.as_deref().expect("they share words");
            assert!(said.contains("kapağı 0."), "{at}: {said}");
        }
        let own = found.members.iter().position(|at| *at == found.exemplar);
        assert_eq!(found.belonging[own.expect("a member")].similarity, 1.0);
        assert!(found.cohesion > 0.3 && found.cohesion < 1.0);
    }

    #[test]
    fn the_small_change_of_a_rare_language_is_no_label() {
        let mut texts = vec![
            "the tap and the hose leak in my garage",
            "the hose leaks and the tap drips in there",
            "the invoice and the receipt differ in three lines",
            "in red the colour and the name were wrong",
            "the driver and the mate smoked in our kitchen",
            "in June the plaster and the skirting came off",
            "the roof and the gutter were done in one day",
            "the price and the discount changed in August",
            "the brush and the roller rotted in their box",
            "in short the salesman and the fitter lied",
        ];
        texts.extend(TEXTS);
        texts.extend([
            "Usta gelmedi, haber vermedi.",
            "Duvar kabardı, boya dökülüyor.",
            "Sipariş iptal edildi, param dönmedi.",
            "Zemin kaydı, çocuk düştü.",
        ]);
        let found = described(&texts, &[0, 1]);
        let mut terms: Vec<&str> = found.label.split(", ").collect();
        terms.sort_unstable();
        // The, and, in stand in both as well, and tell only their language.
        assert_eq!(terms, ["hose", "tap"]);
    }

    #[test]
    fn a_small_word_alone_is_a_label() {
        let texts = [
            "dış cephe dökülüyor",
            "dış cephe kabardı",
            "fatura yanlış",
            "kargo geç geldi",
        ];
        let found = described(&texts, &[0, 1]);
        let mut terms: Vec<&str> = found.label.split(", ").collect();
        terms.sort_unstable();
        assert_eq!(terms, ["cephe", "dış"]);
    }

    #[test]
    fn a_slip_of_the_keyboard_is_not_the_spelling_of_a_label() {
        // The slip has its Turkish letters and the word has not; elsewhere the word stands as it is.
        let texts = [
            "parkeye ayakkbıyla bastı",
            "parkeye ayakkabiyla bastı",
            "ayakkabıyla girdi, halı kirlendi",
            "fatura yanlış kesilmiş",
        ];
        let found = described(&texts, &[0, 1]);
        assert!(found.label.contains("ayakkabiyla"), "{}", found.label);
        assert!(!found.label.contains("ayakkbıyla"), "{}", found.label);
    }

    #[test]
    fn a_cluster_without_a_common_word_has_a_label_all_the_same() {
        let found = described(&TEXTS, &[3, 4]);
        assert_eq!(found.label, "?");
    }
}
