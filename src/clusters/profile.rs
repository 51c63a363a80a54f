//! What a group of documents has in common on average, and how alike two groups are.

use super::corpus::{Corpus, damped};

/// The mean of the documents' vectors: stems of unit length, and words as shares of a vector of letter groups.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Documents that it stands for.
    pub documents: u32,
    /// Average similarity of two of its documents; `None` for a single one.
    pub within: Option<f64>,
    stems: Vec<(u32, f32)>,
    words: Vec<(u32, f32)>,
}

/// Entries of each kind that a profile keeps, the heaviest.
const KEPT: usize = 600;
/// Documents from which the profile of a great group is made.
const SAMPLED: usize = 128;

impl Profile {
    /// Of one document.
    pub fn of(corpus: &Corpus, document: u32) -> Self {
        let norm = corpus.group_norm(document);
        Profile {
            documents: 1,
            within: None,
            stems: corpus.stems(document).to_vec(),
            words: corpus
                .words(document)
                .iter()
                .map(|(word, count)| (*word, damped(u32::from(*count)) / norm))
                .collect(),
        }
    }

    /// Of a group: all of its documents, or `SAMPLED` of them taken evenly from a greater one.
    pub fn of_group(
        corpus: &Corpus,
        documents: impl ExactSizeIterator<Item = u32>,
        comparison: &mut ProfileComparison,
    ) -> Self {
        let count = documents.len();
        let step = count.div_ceil(SAMPLED).max(1);
        let mut sampled = documents
            .step_by(step)
            .map(|document| Profile::of(corpus, document));
        let mut whole = sampled.next().unwrap_or_default();
        for one in sampled {
            whole = whole.add(&one);
        }
        if whole.documents > 1 {
            comparison.begin(corpus, &whole);
            let n = f64::from(whole.documents);
            let all = f64::from(comparison.with(corpus, &whole));
            comparison.end(corpus, &whole);
            // The mean over all ordered pairs holds each document with itself, which is 1.
            whole.within = Some(((all * n - 1.0) / (n - 1.0)).clamp(0.0, 1.0));
        }
        whole.documents = u32::try_from(count).unwrap_or(u32::MAX);
        whole.shrink();
        whole
    }

    /// Gives the room back that a mean of rows with much in common leaves.
    fn shrink(&mut self) {
        self.stems.shrink_to_fit();
        self.words.shrink_to_fit();
    }

    /// How much there is to compare.
    pub fn entries(&self) -> usize {
        self.stems.len() + self.words.len()
    }

    fn add(&self, other: &Profile) -> Self {
        let documents = self.documents.saturating_add(other.documents);
        let share = self.documents as f32 / documents as f32;
        Profile {
            documents,
            within: None,
            stems: mean(&self.stems, &other.stems, share),
            words: mean(&self.words, &other.words, share),
        }
    }

    /// Of two groups together, whose documents are `between` alike on average.
    pub fn join(&self, other: &Profile, between: f64) -> Self {
        let (a, b) = (f64::from(self.documents), f64::from(other.documents));
        let pairs =
            |n: f64, within: Option<f64>| within.map_or(0.0, |mean| mean * n * (n - 1.0) / 2.0);
        let n = a + b;
        let sum = pairs(a, self.within) + pairs(b, other.within) + a * b * between;
        let mut whole = self.add(other);
        whole.within = Some(sum / (n * (n - 1.0) / 2.0));
        whole.shrink();
        whole
    }
}

fn mean(a: &[(u32, f32)], b: &[(u32, f32)], share: f32) -> Vec<(u32, f32)> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let left = a.get(i).map_or(u32::MAX, |x| x.0);
        let right = b.get(j).map_or(u32::MAX, |x| x.0);
        let key = left.min(right);
        let mut value = 0.0;
        if left == key {
            value += share * a[i].1;
            i += 1;
        }
        if right == key {
            value += (1.0 - share) * b[j].1;
            j += 1;
        }
        out.push((key, value));
    }
    if out.len() > KEPT {
        out.select_nth_unstable_by(KEPT - 1, |x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
        out.truncate(KEPT);
        out.sort_unstable_by_key(|x| x.0);
    }
    out
}

/// Compares one profile with others.
pub struct ProfileComparison {
    stems: Vec<f32>,
    groups: Vec<f32>,
}

impl ProfileComparison {
    pub fn new(corpus: &Corpus) -> Self {
        ProfileComparison {
            stems: vec![0.0; corpus.lexicon.stems()],
            groups: vec![0.0; corpus.lexicon.groups()],
        }
    }

    pub fn begin(&mut self, corpus: &Corpus, one: &Profile) {
        for (stem, weight) in &one.stems {
            self.stems[*stem as usize] = *weight;
        }
        for (word, share) in &one.words {
            for group in corpus.lexicon.groups_of(*word) {
                let w = corpus.lexicon.group_weight(*group);
                self.groups[*group as usize] += share * w * w;
            }
        }
    }

    pub fn end(&mut self, corpus: &Corpus, one: &Profile) {
        for (stem, _) in &one.stems {
            self.stems[*stem as usize] = 0.0;
        }
        for (word, _) in &one.words {
            for group in corpus.lexicon.groups_of(*word) {
                self.groups[*group as usize] = 0.0;
            }
        }
    }

    /// Average similarity over all pairs of a document here and one there.
    pub fn with(&self, corpus: &Corpus, other: &Profile) -> f32 {
        0.5 * (self.stems_with(other) + self.groups_with(corpus, other))
    }

    /// The same where it is at least `least`, else nothing: most pairs that are not so alike are told by their stems
    /// alone, which are few beside the letter groups.
    pub fn with_at_least(&self, corpus: &Corpus, other: &Profile, least: f64) -> Option<f64> {
        let stems = self.stems_with(other);
        // A mean of vectors of unit length is no longer than 1, so the product of two is not greater, but for rounding.
        if 0.5 * (f64::from(stems) + 1.001) < least {
            return None;
        }
        let whole = f64::from(0.5 * (stems + self.groups_with(corpus, other)));
        (whole >= least).then_some(whole)
    }

    fn stems_with(&self, other: &Profile) -> f32 {
        let each = other.stems.iter();
        each.map(|(stem, weight)| self.stems[*stem as usize] * weight)
            .sum()
    }

    fn groups_with(&self, corpus: &Corpus, other: &Profile) -> f32 {
        let each = other.words.iter();
        each.map(|(word, share)| {
            let groups = corpus.lexicon.groups_of(*word).iter();
            share
                * groups
                    .map(|group| self.groups[*group as usize])
                    .sum::<f32>()
        })
        .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Input;
    use crate::exact::of_pair;

    #[test]
    fn what_is_passed_over_by_its_stems_is_less_alike_than_asked() {
        let texts = [
            "the lid of the tin leaks over the carpet",
            "the lid of the tin leaked over my carpet",
            "carpet stained by the leaking lid",
            "the invoice was charged twice",
            "invoices charged two times and the lid leaks",
        ];
        let inputs = texts.map(|text| Input {
            text,
            gate: 0,
            word: 0,
        });
        let corpus = Corpus::build(&inputs);
        let mut comparison = ProfileComparison::new(&corpus);
        let (mut passed, mut kept) = (0, 0);
        for a in 0..5 {
            let one = Profile::of(&corpus, a);
            comparison.begin(&corpus, &one);
            for b in (0..5).filter(|b| *b != a) {
                let other = Profile::of(&corpus, b);
                let whole = f64::from(of_pair(&corpus, a, b));
                for least in [0.1, 0.3, 0.5, 0.7, 0.9].map(|step| step + 1e-4) {
                    let found = comparison.with_at_least(&corpus, &other, least);
                    assert_eq!(found.is_some(), whole >= least, "{a} {b} {least}: {whole}");
                    assert!(found.is_none_or(|found| (found - whole).abs() < 1e-5));
                    match found {
                        Some(_) => kept += 1,
                        None => passed += 1,
                    }
                }
            }
            comparison.end(&corpus, &one);
        }
        assert!(passed > 10 && kept > 10, "{passed} {kept}");
    }
}
