//! What is said under many complaints and is about none of them: signatures, closing phrases, footers, standard demands.
//!
//! A segment (a sentence or line) that is equal to the letter in several texts is suspect. It is boilerplate when the
//! texts that hold it have nothing else in common. The letters of a campaign share segments too, but what is left of
//! them is alike, or is next to nothing: they keep all they say.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use rayon::prelude::*;
use rustc_hash::FxHasher;

use super::lexicon::{Map, number_of};
use super::state::{Reading, Sections, StateError};

/// A shorter segment is never suspect: it joins nobody by itself.
pub const SHORTEST: usize = 3;
/// Distinct texts that hold a suspect segment.
const LEAST_TEXTS: usize = 3;
/// A text keeps its boilerplate where fewer words would be left than this, or than this share of them.
const LEAST_LEFT: usize = 3;
const LEAST_SHARE: usize = 5;
/// Texts of a suspect that are compared with each other, taken evenly in their order.
const COMPARED: usize = 16;
/// Pairs of any texts that tell how alike texts are by chance.
const CHANCE_PAIRS: usize = 512;
/// Texts have nothing in common when their middle pair is not more alike than chance pairs by this.
const MARGIN: f32 = 0.1;

/// A segment that makes up more than this of its texts, on average, is what they are about.
const GREATEST_SHARE: f32 = 0.4;

/// A set with a fixed hash.
pub type Set = HashSet<u64, BuildHasherDefault<FxHasher>>;

/// A text's words as numbers in rising order, and how often each comes.
type Counted = [(u32, u16)];

/// The segments that are boilerplate, by their marks.
#[derive(Debug, Default)]
pub struct Boilerplate(Set);

impl Boilerplate {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn holds(&self, segment: u64) -> bool {
        self.0.contains(&segment)
    }

    pub(super) fn write(&self, out: &mut Sections) -> std::io::Result<()> {
        let mut marks: Vec<u64> = self.0.iter().copied().collect();
        marks.sort_unstable();
        out.put(&marks)
    }

    pub(super) fn read_from(from: &mut Reading<'_>) -> Result<Self, StateError> {
        Ok(Boilerplate(from.get::<u64>()?.into_iter().collect()))
    }
}

/// Whether a text of so many words says enough without `gone` of them.
pub fn says_enough(words: usize, gone: usize) -> bool {
    let left = words.saturating_sub(gone);
    left >= LEAST_LEFT && left * LEAST_SHARE >= words
}

/// Mark of a word: FNV-1a. States keep marks, so it is never to change without their version.
pub fn mark_of_word(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |mark, byte| {
        (mark ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Mark of a segment from those of its words.
pub fn mark_of_segment(words: impl Iterator<Item = u64>) -> u64 {
    const FACTOR: u64 = 0xd6e8_feb8_6659_fd93;
    let mark = words.fold(FACTOR, |mark, word| {
        (mark.rotate_left(23) ^ word).wrapping_mul(FACTOR)
    });
    let mark = (mark ^ (mark >> 32)).wrapping_mul(FACTOR);
    mark ^ (mark >> 32)
}

/// The segments of each document while a corpus is read.
#[derive(Debug)]
pub struct Segments {
    starts: Vec<usize>,
    marks: Vec<u64>,
}

impl Default for Segments {
    fn default() -> Self {
        Segments {
            starts: vec![0],
            marks: Vec::new(),
        }
    }
}

impl Segments {
    /// Adds the next document's.
    pub fn push(&mut self, marks: &[u64]) {
        self.marks.extend_from_slice(marks);
        let last = self.starts[self.starts.len() - 1];
        self.marks[last..].sort_unstable();
        self.starts.push(self.marks.len());
    }

    /// In rising order, one entry an occurrence.
    pub fn of(&self, document: u32) -> &[u64] {
        let document = document as usize;
        &self.marks[self.starts[document]..self.starts[document + 1]]
    }

    fn documents(&self) -> u32 {
        number_of(self.starts.len() - 1)
    }

    /// Marks that at least `LEAST_TEXTS` documents hold, in rising order.
    fn frequent(&self) -> Vec<u64> {
        let mut all: Vec<u64> = Vec::with_capacity(self.marks.len());
        for document in 0..self.documents() {
            let own = self.of(document).chunk_by(|a, b| a == b);
            all.extend(own.map(|same| same[0]));
        }
        all.par_sort_unstable();
        all.chunk_by(|a, b| a == b)
            .filter(|texts| texts.len() >= LEAST_TEXTS)
            .map(|texts| texts[0])
            .collect()
    }
}

/// Segments with the texts that hold them and the words that they are made of.
pub struct Suspects {
    marks: Vec<u64>,
    numbers: Map<u64, u32>,
    /// Distinct texts of each, in rising order.
    texts: Vec<Vec<u32>>,
    words: Vec<Vec<(u32, u16)>>,
}

impl Suspects {
    /// `copy_of` tells the first document of the same words: texts that differ in what is settled about them are
    /// one text here.
    pub fn of(segments: &Segments, copy_of: impl Fn(u32) -> u64) -> Self {
        let frequent = segments.frequent();
        let mut suspects = Suspects {
            numbers: Map::default(),
            texts: Vec::new(),
            marks: Vec::new(),
            words: Vec::new(),
        };
        if frequent.is_empty() {
            return suspects;
        }
        let set: Map<u64, u32> = frequent
            .iter()
            .enumerate()
            .map(|(number, mark)| (*mark, number_of(number)))
            .collect();
        let mut seen = Set::default();
        let mut held: Vec<(u32, u32)> = Vec::new();
        for document in 0..segments.documents() {
            let from = held.len();
            for mark in segments.of(document) {
                if let Some(number) = set.get(mark)
                    && !held[from..].iter().any(|(own, _)| own == number)
                {
                    held.push((*number, document));
                }
            }
            if held.len() > from && !seen.insert(copy_of(document)) {
                held.truncate(from);
            }
        }
        held.par_sort_unstable();
        for texts in held.chunk_by(|a, b| a.0 == b.0) {
            if texts.len() >= LEAST_TEXTS {
                let mark = frequent[texts[0].0 as usize];
                let number = number_of(suspects.marks.len());
                suspects.numbers.insert(mark, number);
                suspects.marks.push(mark);
                suspects
                    .texts
                    .push(texts.iter().map(|(_, document)| *document).collect());
            }
        }
        suspects.words = vec![Vec::new(); suspects.marks.len()];
        suspects
    }

    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Documents from which the words of all suspects can be read, each once, with the suspects to read there.
    pub fn to_read(&self) -> Vec<(u32, Vec<u64>)> {
        let mut wanted: Vec<(u32, u64)> = self
            .texts
            .iter()
            .zip(&self.marks)
            .map(|(texts, mark)| (texts[0], *mark))
            .collect();
        wanted.sort_unstable();
        wanted
            .chunk_by(|a, b| a.0 == b.0)
            .map(|same| (same[0].0, same.iter().map(|(_, mark)| *mark).collect()))
            .collect()
    }

    /// Takes the words of a suspect.
    pub fn spell(&mut self, mark: u64, words: &[u32]) {
        if let Some(number) = self.numbers.get(&mark) {
            self.words[*number as usize] = counted(words);
        }
    }

    /// Those whose texts have nothing else in common.
    pub fn boilerplate<'a>(
        &self,
        segments: &Segments,
        words_of: impl Fn(u32) -> &'a Counted + Sync,
        stem_of: impl Fn(u32) -> u32 + Sync,
        stems: usize,
    ) -> Found {
        let rests = Rests {
            weights: stem_weights(segments.documents(), &words_of, &stem_of, stems),
            suspects: self,
            segments,
            words_of,
            stem_of,
        };
        let limit = rests.by_chance() + MARGIN;
        let found = (0..self.marks.len())
            .into_par_iter()
            .filter(|number| rests.share(*number) <= GREATEST_SHARE)
            .filter(|number| rests.middle(&self.texts[*number]) <= limit)
            .map(|number| (self.marks[number], self.words[number].clone()))
            .collect();
        Found(found)
    }
}

/// Boilerplate with its words.
pub struct Found(Map<u64, Vec<(u32, u16)>>);

impl Found {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is left of a text without its boilerplate; `None` where it keeps all.
    pub fn left(&self, words: &Counted, segments: &[u64]) -> Option<Vec<(u32, u16)>> {
        let parts = segments.iter().filter_map(|mark| self.0.get(mark));
        let left = without(words, parts.map(Vec::as_slice))?;
        let (all, left_over) = (number_of_words(words), number_of_words(&left));
        says_enough(all, all - left_over).then_some(left)
    }

    pub fn marks(&self) -> Boilerplate {
        Boilerplate(self.0.keys().copied().collect())
    }
}

fn number_of_words(words: &Counted) -> usize {
    words.iter().map(|(_, count)| usize::from(*count)).sum()
}

/// Words in rising order with their counts.
pub fn counted(words: &[u32]) -> Vec<(u32, u16)> {
    let mut sorted = words.to_vec();
    sorted.sort_unstable();
    sorted
        .chunk_by(|a, b| a == b)
        .map(|same| (same[0], u16::try_from(same.len()).unwrap_or(u16::MAX)))
        .collect()
}

/// Words less those of the parts; `None` where there is no part.
fn without<'a>(
    words: &Counted,
    parts: impl Iterator<Item = &'a Counted>,
) -> Option<Vec<(u32, u16)>> {
    let mut left: Option<Vec<(u32, u16)>> = None;
    for part in parts {
        let left = left.get_or_insert_with(|| words.to_vec());
        for (word, count) in part {
            if let Ok(place) = left.binary_search_by_key(word, |own| own.0) {
                left[place].1 = left[place].1.saturating_sub(*count);
            }
        }
    }
    if let Some(left) = &mut left {
        left.retain(|(_, count)| *count > 0);
    }
    left
}

/// Inverse document frequency of each stem.
fn stem_weights<'a>(
    documents: u32,
    words_of: impl Fn(u32) -> &'a Counted,
    stem_of: impl Fn(u32) -> u32,
    stems: usize,
) -> Vec<f32> {
    let mut texts = vec![0_u32; stems];
    let mut last = vec![u32::MAX; stems];
    for document in 0..documents {
        for (word, _) in words_of(document) {
            let stem = stem_of(*word) as usize;
            if last[stem] != document {
                last[stem] = document;
                texts[stem] += 1;
            }
        }
    }
    let n = 1.0 + f64::from(documents);
    texts
        .iter()
        .map(|df| ((n / (1.0 + f64::from(*df))).ln() + 1.0) as f32)
        .collect()
}

/// What documents say outside of suspect segments.
struct Rests<'s, W, S> {
    suspects: &'s Suspects,
    segments: &'s Segments,
    words_of: W,
    stem_of: S,
    weights: Vec<f32>,
}

/// Stems of a rest in rising order, weighted, of unit length; and whether it says too little to go by.
struct Rest {
    stems: Vec<(u32, f32)>,
    little: bool,
}

impl Rest {
    /// Cosine; texts that both say next to nothing outside of suspects are copies of each other.
    fn alike(&self, other: &Rest) -> f32 {
        if self.little && other.little {
            return 1.0;
        }
        let (mut i, mut j, mut sum) = (0, 0, 0.0);
        while let (Some(a), Some(b)) = (self.stems.get(i), other.stems.get(j)) {
            match a.0.cmp(&b.0) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    sum += a.1 * b.1;
                    i += 1;
                    j += 1;
                }
            }
        }
        sum
    }
}

impl<'a, W, S> Rests<'_, W, S>
where
    W: Fn(u32) -> &'a Counted + Sync,
    S: Fn(u32) -> u32 + Sync,
{
    fn of(&self, document: u32) -> Rest {
        let words = (self.words_of)(document);
        let parts = self
            .segments
            .of(document)
            .iter()
            .filter_map(|mark| self.suspects.numbers.get(mark))
            .map(|number| self.suspects.words[*number as usize].as_slice());
        let left = without(words, parts);
        let left = left.as_deref().unwrap_or(words);
        let all = number_of_words(words);
        let little = !says_enough(all, all - number_of_words(left));
        let mut stems: Vec<u32> = left.iter().map(|(word, _)| (self.stem_of)(*word)).collect();
        stems.sort_unstable();
        stems.dedup();
        let weight = |stem: u32| self.weights[stem as usize];
        let squares: f32 = stems.iter().map(|stem| weight(*stem).powi(2)).sum();
        let length = squares.sqrt().max(f32::MIN_POSITIVE);
        Rest {
            stems: stems
                .into_iter()
                .map(|stem| (stem, weight(stem) / length))
                .collect(),
            little,
        }
    }

    /// Which share of its texts a segment makes up, on average.
    fn share(&self, number: usize) -> f32 {
        let texts = &self.suspects.texts[number];
        let own = number_of_words(&self.suspects.words[number]) as f32;
        let count = texts.len().min(COMPARED);
        let shares = (0..count).map(|place| {
            let text = texts[place * texts.len() / count];
            own / number_of_words((self.words_of)(text)).max(1) as f32
        });
        shares.sum::<f32>() / count as f32
    }

    /// How alike the middle one of all pairs is. A customer who writes twice about one matter, or a few copies among
    /// the texts, do not move it as they would move the mean.
    fn middle(&self, texts: &[u32]) -> f32 {
        let count = texts.len().min(COMPARED);
        let rests: Vec<Rest> = (0..count)
            .map(|place| self.of(texts[place * texts.len() / count]))
            .collect();
        let mut pairs: Vec<f32> = Vec::with_capacity(count * count / 2);
        for (place, one) in rests.iter().enumerate() {
            pairs.extend(rests[..place].iter().map(|other| one.alike(other)));
        }
        pairs.sort_unstable_by(f32::total_cmp);
        pairs[pairs.len() / 2]
    }

    /// How alike two texts are by chance: the mean of pairs that lie half of the corpus apart.
    fn by_chance(&self) -> f32 {
        let half = self.segments.documents() as usize / 2;
        let count = half.min(CHANCE_PAIRS);
        let pairs: Vec<f32> = (0..count)
            .into_par_iter()
            .map(|place| {
                let one = place * half / count;
                self.of(number_of(one))
                    .alike(&self.of(number_of(one + half)))
            })
            .collect();
        pairs.iter().sum::<f32>() / count.max(1) as f32
    }
}
