//! The words of a corpus: their stems, their letter groups, and how much each of them says.

use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;

use super::boilerplate::mark_of_word;
use super::figures::is_figure;
use super::state::{Reading, Sections, StateError};

/// A map with a fixed hash: equal input gives equal order of work on every machine.
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<FxHasher>>;

/// Letters of a word that make its stem: as good as a stemmer in three languages, and needs no language.
const STEM_LETTERS: usize = 5;
/// Lengths of the letter groups within a word, its two blanks counted.
const SHORTEST_GROUP: usize = 3;
const LONGEST_GROUP: usize = 5;
/// Letters of a word whose groups are told apart; a comparison marks them in 64 bits.
const LETTERS_READ: usize = 60;

/// All words seen, each under a number; stems and letter groups likewise.
#[derive(Debug)]
pub struct Lexicon {
    words: Vec<Box<str>>,
    numbers: Map<Box<str>, u32>,
    stem_numbers: Map<Letters, u32>,
    group_numbers: Map<Letters, u32>,
    /// Stem of each word.
    stem_of: Vec<u32>,
    /// Letter groups of word w: `groups[group_starts[w]..group_starts[w + 1]]`.
    group_starts: Vec<usize>,
    groups: Vec<u32>,
    stem_weight: Vec<f32>,
    group_weight: Vec<f32>,
}

impl Default for Lexicon {
    fn default() -> Self {
        Lexicon {
            words: Vec::new(),
            numbers: Map::default(),
            stem_numbers: Map::default(),
            group_numbers: Map::default(),
            stem_of: Vec::new(),
            group_starts: vec![0],
            groups: Vec::new(),
            stem_weight: Vec::new(),
            group_weight: Vec::new(),
        }
    }
}

impl Lexicon {
    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of stems.
    pub fn stems(&self) -> usize {
        self.stem_numbers.len()
    }

    /// Number of letter groups.
    pub fn groups(&self) -> usize {
        self.group_numbers.len()
    }

    /// The number of a word, given when it is new.
    pub fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = number_of(self.words.len());
        self.words.push(word.into());
        self.numbers.insert(word.into(), number);
        let key = match is_figure(word) {
            true => whole(word, 0),
            false => packed(stem_letters(word).chars()),
        };
        let stem = intern(&mut self.stem_numbers, key);
        self.stem_of.push(stem);
        self.add_groups(word);
        number
    }

    /// The number of a word, if it was seen.
    pub fn find(&self, word: &str) -> Option<u32> {
        self.numbers.get(word).copied()
    }

    fn add_groups(&mut self, word: &str) {
        if is_figure(word) {
            // As many as a word of its length has, and all its own: figures that look alike mean other things.
            let groups = (SHORTEST_GROUP..=LONGEST_GROUP)
                .map(|length| (word.len() + 3).saturating_sub(length))
                .sum::<usize>();
            for place in 0..groups {
                let group = whole(word, place as u64);
                self.groups.push(intern(&mut self.group_numbers, group));
            }
            self.group_starts.push(self.groups.len());
            return;
        }
        let padded: Vec<char> = [' ']
            .into_iter()
            .chain(word.chars().take(LETTERS_READ))
            .chain([' '])
            .collect();
        for length in SHORTEST_GROUP..=LONGEST_GROUP {
            if padded.len() <= length {
                // A short word is one group of its own.
                let group = packed(padded.iter().copied());
                self.groups.push(intern(&mut self.group_numbers, group));
                break;
            }
            for letters in padded.windows(length) {
                let group = packed(letters.iter().copied());
                self.groups.push(intern(&mut self.group_numbers, group));
            }
        }
        self.group_starts.push(self.groups.len());
    }

    /// A word as it is spelled here.
    pub fn word(&self, number: u32) -> &str {
        &self.words[number as usize]
    }

    /// Stem of a word.
    pub fn stem(&self, word: u32) -> u32 {
        self.stem_of[word as usize]
    }

    /// Letter groups of a word, one entry an occurrence.
    pub fn groups_of(&self, word: u32) -> &[u32] {
        let word = word as usize;
        &self.groups[self.group_starts[word]..self.group_starts[word + 1]]
    }

    pub(super) fn write(&self, out: &mut Sections) -> std::io::Result<()> {
        let lengths: Vec<u16> = self.words.iter().map(|word| word.len() as u16).collect();
        out.put(&lengths)?;
        out.put(self.words.concat().as_bytes())?;
        out.put(&in_order(&self.stem_numbers))?;
        out.put(&in_order(&self.group_numbers))?;
        out.put(&self.stem_of)?;
        out.put_starts(&self.group_starts)?;
        out.put(&self.groups)?;
        out.put(&self.stem_weight)?;
        out.put(&self.group_weight)
    }

    pub(super) fn read_from(from: &mut Reading<'_>) -> Result<Self, StateError> {
        let lengths: Vec<u16> = from.get()?;
        let letters: Vec<u8> = from.get()?;
        let (mut at, mut words) = (0_usize, Vec::with_capacity(lengths.len()));
        for length in lengths {
            let end = at + usize::from(length);
            let word = letters
                .get(at..end)
                .and_then(|word| std::str::from_utf8(word).ok());
            words.push(Box::from(word.ok_or_else(|| from.damaged("words"))?));
            at = end;
        }
        let lexicon = Lexicon {
            numbers: numbered(words.iter().cloned()),
            words,
            stem_numbers: numbered(from.get::<Letters>()?.into_iter()),
            group_numbers: numbered(from.get::<Letters>()?.into_iter()),
            stem_of: from.get()?,
            group_starts: from.get_starts()?,
            groups: from.get()?,
            stem_weight: from.get()?,
            group_weight: from.get()?,
        };
        match lexicon.is_sound() {
            true => Ok(lexicon),
            false => Err(from.damaged("lexicon")),
        }
    }

    /// Whether every number leads to something.
    fn is_sound(&self) -> bool {
        let words = self.words.len();
        let below = |most: usize, numbers: &[u32]| {
            numbers
                .iter()
                .max()
                .is_none_or(|greatest| (*greatest as usize) < most)
        };
        [
            self.numbers.len(),
            self.stem_of.len(),
            self.group_starts.len() - 1,
        ] == [words; 3]
            && self.group_starts.last() == Some(&self.groups.len())
            && self.stem_weight.len() == self.stem_numbers.len()
            && self.group_weight.len() == self.group_numbers.len()
            && below(self.stem_weight.len(), &self.stem_of)
            && below(self.group_weight.len(), &self.groups)
    }

    /// Weight of a stem: its inverse document frequency. A stem that came after the weights were fixed counts
    /// as one seen once.
    pub fn stem_weight(&self, stem: u32) -> f32 {
        self.stem_weight[stem as usize]
    }

    /// Weight of a letter group.
    pub fn group_weight(&self, group: u32) -> f32 {
        self.group_weight[group as usize]
    }

    /// Fixes the weights from the number of texts that hold each stem and each word.
    ///
    /// Smoothed inverse document frequency, ln((1 + n) / (1 + df)) + 1 (as in scikit-learn's TfidfVectorizer). The
    /// frequency of a letter group is taken from those of the words that hold it, as if these came independently:
    /// df = n (1 - prod(1 - df_w / n)).
    pub fn weigh(&mut self, texts: usize, stem_texts: &[u32], word_texts: &[u32]) {
        let n = texts.max(1) as f64;
        let weight = |df: f64| (((1.0 + n) / (1.0 + df)).ln() + 1.0) as f32;
        self.stem_weight = stem_texts.iter().map(|df| weight(f64::from(*df))).collect();
        let mut absent = vec![0.0_f64; self.group_numbers.len()];
        let mut last = vec![u32::MAX; self.group_numbers.len()];
        for (word, df) in word_texts.iter().enumerate() {
            let gone = (1.0 - (f64::from(*df) / n).min(0.999_999)).ln();
            let word = number_of(word);
            for group in self.groups_of(word) {
                let group = *group as usize;
                if last[group] != word {
                    last[group] = word;
                    absent[group] += gone;
                }
            }
        }
        self.group_weight = absent
            .iter()
            .map(|sum| weight(n * (1.0 - sum.exp())))
            .collect();
    }

    /// Gives stems and letter groups that came after the weights were fixed the weight of one seen once.
    pub fn weigh_new(&mut self, texts: usize) {
        let n = texts.max(1) as f64;
        let once = (((1.0 + n) / 2.0).ln() + 1.0) as f32;
        self.stem_weight.resize(self.stem_numbers.len(), once);
        self.group_weight.resize(self.group_numbers.len(), once);
    }
}

/// The letters of a word that make its stem; a figure is one as a whole.
pub fn stem_letters(word: &str) -> &str {
    if is_figure(word) {
        return word;
    }
    let end = word.char_indices().nth(STEM_LETTERS);
    &word[..end.map_or(word.len(), |(at, _)| at)]
}

/// Up to five letters as a key, 21 bits each: no letter is 0, so that no two are the same. A whole word's has the bit
/// that letters leave.
type Letters = (u64, u64);

fn whole(word: &str, place: u64) -> Letters {
    (mark_of_word(word) | 1 << 63, place)
}

fn packed(letters: impl Iterator<Item = char>) -> Letters {
    let mut key = (0_u64, 0_u64);
    for (place, letter) in letters.enumerate() {
        let bits = u64::from(u32::from(letter)) << (21 * (place % 3));
        match place < 3 {
            true => key.0 |= bits,
            false => key.1 |= bits,
        }
    }
    key
}

fn intern(numbers: &mut Map<Letters, u32>, key: Letters) -> u32 {
    let next = number_of(numbers.len());
    *numbers.entry(key).or_insert(next)
}

fn in_order(numbers: &Map<Letters, u32>) -> Vec<Letters> {
    let mut keys = vec![(0, 0); numbers.len()];
    for (key, number) in numbers {
        keys[*number as usize] = *key;
    }
    keys
}

fn numbered<K: std::hash::Hash + Eq>(keys: impl ExactSizeIterator<Item = K>) -> Map<K, u32> {
    let mut numbers = Map::with_capacity_and_hasher(keys.len(), BuildHasherDefault::default());
    for (number, key) in keys.enumerate() {
        numbers.insert(key, number_of(number));
    }
    numbers
}

/// A place as a number; more than four thousand million of anything does not fit into memory before.
pub fn number_of(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
