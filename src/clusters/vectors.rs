//! Word vectors that the user brings (`--vectors FILE`): a third voice in the similarity, and the only one that can
//! join texts of different languages.
//!
//! Two kinds of file are read, told by the ending:
//!
//! - text, as word2vec and GloVe write it: a line a word, the word and its numbers parted by blanks; a first line with
//!   two whole numbers (words, numbers a word) may stand above;
//! - `.safetensors` with exactly one tensor of two dimensions (a row a word), F32 or F16, and beside it the words in a
//!   file of the same name that ends in `.txt` (a line a row) or `.json` (a list of words, or an object of word to row).
//!
//! For texts of several languages the vectors must be aligned, so that words of one meaning lie near each other. Words are
//! looked up as the normaliser folds them; where several are folded to one (case, accents), the first counts, since
//! such files begin with the frequent ones. An entry of several words is passed over.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::corpus::{Corpus, damped};
use super::lexicon::{Map, number_of};
use super::neighbours::Neighbour;
use super::normalise::Normaliser;

/// Numbers a word may have at most.
const MOST_NUMBERS: usize = 4_096;
/// Documents that are read at a time; fixed, so that sums are the same on any number of threads.
const CHUNK: usize = 1_024;
/// Up to so many documents all pairs are compared.
const ALL_PAIRS: usize = 4_000;
/// Tables of hyperplanes by which more documents are sorted, and those of one bucket that a document is compared with.
const TABLES: u64 = 12;
const IN_BUCKET: usize = 64;
/// Nearest documents by vector that may tell a document's theme.
const NEAREST: usize = 10;
/// Less alike than this says nothing.
const LEAST: f32 = 0.3;

/// Words with their vectors.
#[derive(Debug)]
pub struct Vectors {
    dimension: usize,
    rows: Map<Box<str>, usize>,
    numbers: Vec<f32>,
}

/// Why a file of vectors cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VectorsError {
    #[error("vectors {path}: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("vectors {path} hold no word")]
    Empty { path: PathBuf },
    #[error("vectors {path}, line {line}: {what}")]
    Line {
        path: PathBuf,
        line: usize,
        what: String,
    },
    #[error("vectors {path}: {what}")]
    Tensor { path: PathBuf, what: String },
}

impl Vectors {
    /// Reads a file; see the module for its two kinds.
    ///
    /// # Errors
    /// Names the file and the line: a number that is none, NaN or infinite, another count of numbers than on the first
    /// line, a word given twice, an empty file, a tensor of another shape or kind.
    pub fn read(path: &Path) -> Result<Self, VectorsError> {
        match path
            .extension()
            .is_some_and(|ending| ending == "safetensors")
        {
            true => Tensor::read(path),
            false => Self::read_text(path),
        }
    }

    fn read_text(path: &Path) -> Result<Self, VectorsError> {
        let bytes = read(path)?;
        let wrong = |line: usize, what: String| VectorsError::Line {
            path: path.to_owned(),
            line,
            what,
        };
        let mut kept = Kept::default();
        let mut declared = None;
        for (place, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let number = place + 1;
            let line =
                std::str::from_utf8(line).map_err(|_| wrong(number, "not UTF-8".to_owned()))?;
            let line = line.trim_end();
            if line.is_empty() {
                continue;
            }
            if place == 0 {
                declared = header(line);
                if declared.is_some() {
                    continue;
                }
            }
            let (word, rest) = line
                .split_once([' ', '\t'])
                .ok_or_else(|| wrong(number, "a word without numbers".to_owned()))?;
            let before = kept.numbers.len();
            for cell in rest.split_ascii_whitespace() {
                match cell.parse::<f32>() {
                    Ok(value) if value.is_finite() => kept.numbers.push(value),
                    _ => return Err(wrong(number, format!("\"{cell}\" is no finite number"))),
                }
            }
            let found = kept.numbers.len() - before;
            let expected = *kept
                .dimension
                .get_or_insert(declared.map_or(found, |(_, numbers)| numbers));
            if found != expected || found == 0 || found > MOST_NUMBERS {
                return Err(wrong(
                    number,
                    format!("{found} numbers where {expected} are expected"),
                ));
            }
            kept.add(word).map_err(|what| wrong(number, what))?;
        }
        if let Some((words, _)) = declared
            && words != kept.spelled.len()
        {
            let found = kept.spelled.len();
            return Err(wrong(
                1,
                format!("{words} words are announced, {found} follow"),
            ));
        }
        kept.finish().ok_or_else(|| VectorsError::Empty {
            path: path.to_owned(),
        })
    }

    /// Numbers a word has.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Number of words that can be looked up.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no word can be looked up.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn of(&self, word: &str) -> Option<&[f32]> {
        let from = self.rows.get(word)? * self.dimension;
        self.numbers.get(from..from + self.dimension)
    }
}

/// Words and numbers of the first line, when it is a header.
fn header(line: &str) -> Option<(usize, usize)> {
    let mut cells = line.split_ascii_whitespace().map(str::parse::<usize>);
    match (cells.next(), cells.next(), cells.next()) {
        (Some(Ok(words)), Some(Ok(numbers)), None) => Some((words, numbers)),
        _ => None,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, VectorsError> {
    std::fs::read(path).map_err(|source| VectorsError::Io {
        path: path.to_owned(),
        source,
    })
}

/// What of a file has been read.
#[derive(Default)]
struct Kept {
    dimension: Option<usize>,
    numbers: Vec<f32>,
    rows: Map<Box<str>, usize>,
    spelled: Map<Box<str>, ()>,
    normaliser: Normaliser,
}

impl Kept {
    /// Takes the word of the next row; its numbers are there already.
    fn add(&mut self, word: &str) -> Result<(), String> {
        let row = self.spelled.len();
        if self.spelled.insert(word.into(), ()).is_some() {
            return Err(format!("the word \"{word}\" is given twice"));
        }
        let (mut folded, mut count) = (String::new(), 0);
        self.normaliser.each_word(word, |one| {
            count += 1;
            folded.clear();
            folded.push_str(one);
        });
        if count == 1 {
            self.rows.entry(folded.into()).or_insert(row);
        }
        Ok(())
    }

    fn finish(self) -> Option<Vectors> {
        (!self.spelled.is_empty()).then_some(Vectors {
            dimension: self.dimension?,
            rows: self.rows,
            numbers: self.numbers,
        })
    }
}

/// A safetensors file: eight bytes with the length of a JSON header, the header, the numbers.
struct Tensor;

impl Tensor {
    fn read(path: &Path) -> Result<Vectors, VectorsError> {
        let bytes = read(path)?;
        let wrong = |what: String| VectorsError::Tensor {
            path: path.to_owned(),
            what,
        };
        if bytes.is_empty() {
            return Err(VectorsError::Empty {
                path: path.to_owned(),
            });
        }
        let (length, rest) = bytes
            .split_first_chunk::<8>()
            .ok_or_else(|| wrong("shorter than a header's length".to_owned()))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length > rest.len() {
            return Err(wrong(
                "the header is cut short, or this is no safetensors file".to_owned(),
            ));
        }
        let (head, data) = rest.split_at(length);
        let head: serde_json::Value = serde_json::from_slice(head)
            .map_err(|error| wrong(format!("the header is no JSON: {error}")))?;
        let tensors: Vec<(&String, &serde_json::Value)> = head
            .as_object()
            .ok_or_else(|| wrong("the header is no object".to_owned()))?
            .iter()
            .filter(|(name, _)| *name != "__metadata__")
            .collect();
        let [(name, tensor)] = tensors[..] else {
            return Err(wrong(format!(
                "{} tensors where one is expected",
                tensors.len()
            )));
        };
        let list = |key: &str| -> Option<Vec<usize>> {
            let cells = tensor.get(key)?.as_array()?;
            cells
                .iter()
                .map(|cell| cell.as_u64().and_then(|cell| usize::try_from(cell).ok()))
                .collect()
        };
        let (Some(shape), Some(offsets)) = (list("shape"), list("data_offsets")) else {
            return Err(wrong(format!(
                "tensor \"{name}\" has no shape or no data_offsets"
            )));
        };
        let ([words, dimension], [from, to]) = (&shape[..], &offsets[..]) else {
            return Err(wrong(format!(
                "tensor \"{name}\" has {} dimensions where two are expected",
                shape.len()
            )));
        };
        let width = match tensor.get("dtype").and_then(serde_json::Value::as_str) {
            Some("F32") => 4,
            Some("F16") => 2,
            other => {
                return Err(wrong(format!(
                    "tensor \"{name}\" is {other:?}; F32 and F16 are read"
                )));
            }
        };
        let needed = words
            .checked_mul(*dimension)
            .and_then(|count| count.checked_mul(width));
        let body = data
            .get(*from..*to)
            .filter(|body| Some(body.len()) == needed && (1..=MOST_NUMBERS).contains(dimension))
            .ok_or_else(|| {
                wrong(format!(
                    "tensor \"{name}\" of shape {words} x {dimension} does not fill its data"
                ))
            })?;
        let mut kept = Kept {
            dimension: Some(*dimension),
            numbers: match width {
                4 => body
                    .chunks_exact(4)
                    .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
                    .collect(),
                _ => body
                    .chunks_exact(2)
                    .map(|two| from_half(u16::from_le_bytes([two[0], two[1]])))
                    .collect(),
            },
            ..Kept::default()
        };
        if let Some(place) = kept.numbers.iter().position(|number| !number.is_finite()) {
            return Err(wrong(format!(
                "row {} holds a number that is not finite",
                place / dimension
            )));
        }
        let (beside, vocabulary) = vocabulary(path)?;
        if vocabulary.len() != *words {
            return Err(VectorsError::Tensor {
                path: beside,
                what: format!("{} words for {words} rows", vocabulary.len()),
            });
        }
        for (place, word) in vocabulary.iter().enumerate() {
            kept.add(word).map_err(|what| VectorsError::Line {
                path: beside.clone(),
                line: place + 1,
                what,
            })?;
        }
        kept.finish().ok_or_else(|| VectorsError::Empty {
            path: path.to_owned(),
        })
    }
}

/// The words beside a tensor, in the order of its rows, and the file they are in.
fn vocabulary(path: &Path) -> Result<(PathBuf, Vec<String>), VectorsError> {
    let lines = path.with_extension("txt");
    if lines.exists() {
        let bytes = read(&lines)?;
        let text = String::from_utf8(bytes).map_err(|_| VectorsError::Tensor {
            path: lines.clone(),
            what: "not UTF-8".to_owned(),
        })?;
        return Ok((lines, text.lines().map(str::to_owned).collect()));
    }
    let path = path.with_extension("json");
    let wrong = |what: String| VectorsError::Tensor {
        path: path.clone(),
        what,
    };
    let json: serde_json::Value =
        serde_json::from_slice(&read(&path)?).map_err(|error| wrong(error.to_string()))?;
    let words = match json {
        serde_json::Value::Array(words) => words
            .into_iter()
            .map(|word| word.as_str().map(str::to_owned))
            .collect::<Option<Vec<String>>>()
            .ok_or_else(|| wrong("a list of other things than words".to_owned()))?,
        serde_json::Value::Object(rows) => {
            let mut words = vec![None; rows.len()];
            for (word, row) in rows {
                let row = row.as_u64().and_then(|row| usize::try_from(row).ok());
                match row.and_then(|row| words.get_mut(row)) {
                    Some(place @ None) => *place = Some(word),
                    _ => {
                        return Err(wrong(format!(
                            "\"{word}\" has no row of its own below {}",
                            words.len()
                        )));
                    }
                }
            }
            words.into_iter().flatten().collect()
        }
        _ => {
            return Err(wrong(
                "neither a list of words nor an object of word to row".to_owned(),
            ));
        }
    };
    Ok((path.clone(), words))
}

/// IEEE 754 half precision.
fn from_half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (
        i32::from(bits >> 10 & 0x1f),
        f32::from(bits & 0x3ff) / 1_024.0,
    );
    sign * match exponent {
        0 => fraction * 2.0_f32.powi(-14),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction) * 2.0_f32.powi(exponent - 15),
    }
}

/// Each document's vector: the mean of those of its words, each by its count and weight, less the mean of all
/// documents (else any two texts are alike), of unit length; zero where no word has a vector.
#[derive(Debug)]
pub struct TextVectors {
    dimension: usize,
    numbers: Vec<f32>,
    has: Vec<bool>,
}

impl TextVectors {
    /// Of all documents of a corpus.
    pub fn of(vectors: &Vectors, corpus: &Corpus) -> Self {
        let dimension = vectors.dimension;
        let by_word: Vec<Option<&[f32]>> = (0..corpus.lexicon.len())
            .map(|word| vectors.of(corpus.lexicon.word(number_of(word))))
            .collect();
        let mut numbers = vec![0.0_f32; corpus.len() * dimension];
        let mut has = vec![false; corpus.len()];
        let sums: Vec<Vec<f64>> = numbers
            .par_chunks_mut(CHUNK * dimension)
            .zip(has.par_chunks_mut(CHUNK))
            .enumerate()
            .map(|(chunk, (numbers, has))| {
                let mut sum = vec![0.0_f64; dimension];
                for (place, (row, has)) in numbers.chunks_mut(dimension).zip(has).enumerate() {
                    for (word, count) in corpus.words(number_of(chunk * CHUNK + place)) {
                        if let Some(vector) = by_word[*word as usize] {
                            *has = true;
                            let weight = damped(u32::from(*count))
                                * corpus.lexicon.stem_weight(corpus.lexicon.stem(*word));
                            row.iter_mut()
                                .zip(vector)
                                .for_each(|(sum, own)| *sum += weight * own);
                        }
                    }
                    unit(row);
                    sum.iter_mut()
                        .zip(row.iter())
                        .for_each(|(sum, own)| *sum += f64::from(*own));
                }
                sum
            })
            .collect();
        let count = has.iter().filter(|has| **has).count().max(1) as f64;
        let mean: Vec<f32> = (0..dimension)
            .map(|place| (sums.iter().map(|sum| sum[place]).sum::<f64>() / count) as f32)
            .collect();
        numbers
            .par_chunks_mut(dimension)
            .zip(&has)
            .filter(|(_, has)| **has)
            .for_each(|(row, _)| {
                row.iter_mut()
                    .zip(&mean)
                    .for_each(|(own, mean)| *own -= mean);
                unit(row);
            });
        TextVectors {
            dimension,
            numbers,
            has,
        }
    }

    fn row(&self, document: u32) -> &[f32] {
        let from = document as usize * self.dimension;
        &self.numbers[from..from + self.dimension]
    }

    /// Cosine of two documents, where both have a vector.
    pub fn cosine(&self, a: u32, b: u32) -> Option<f32> {
        let both = self.has[a as usize] && self.has[b as usize];
        both.then(|| dot(self.row(a), self.row(b)))
    }

    /// The documents of the same gate that lie nearest to each one, whatever their words: all are compared where they are
    /// few; where they are many, those on the same side of fixed hyperplanes.
    pub fn nearest(&self, gates: &[u32]) -> Vec<Vec<Neighbour>> {
        let documents: Vec<u32> = (0..number_of(gates.len()))
            .filter(|document| self.has[*document as usize])
            .collect();
        let mut near: Vec<Vec<Neighbour>> = vec![Vec::new(); gates.len()];
        if documents.len() <= ALL_PAIRS {
            near.par_iter_mut().enumerate().for_each(|(own, near)| {
                self.keep_nearest(number_of(own), &documents, gates, near);
            });
            return near;
        }
        let bits = (documents.len() / (IN_BUCKET / 2)).ilog2();
        for table in 0..TABLES {
            let planes: Vec<Vec<f32>> = (0..u64::from(bits))
                .map(|bit| plane(table * 64 + bit, self.dimension))
                .collect();
            let mut sides: Vec<(u32, u32)> = documents
                .par_iter()
                .map(|document| {
                    let row = self.row(*document);
                    let side = planes.iter().fold(0, |side, plane| {
                        side << 1 | u32::from(dot(row, plane) > 0.0)
                    });
                    (side, *document)
                })
                .collect();
            sides.par_sort_unstable();
            let order: Vec<u32> = sides.iter().map(|(_, document)| *document).collect();
            let mut place_of = vec![u32::MAX; gates.len()];
            for (place, document) in order.iter().enumerate() {
                place_of[*document as usize] = number_of(place);
            }
            near.par_iter_mut().enumerate().for_each(|(own, near)| {
                let place = place_of[own] as usize;
                if place < order.len() {
                    let from = place.saturating_sub(IN_BUCKET / 2);
                    let to = (place + IN_BUCKET / 2).min(order.len());
                    self.keep_nearest(number_of(own), &order[from..to], gates, near);
                }
            });
        }
        near
    }

    fn keep_nearest(&self, own: u32, others: &[u32], gates: &[u32], near: &mut Vec<Neighbour>) {
        if !self.has[own as usize] {
            return;
        }
        for other in others {
            if *other != own && gates[*other as usize] == gates[own as usize] {
                let cosine = dot(self.row(own), self.row(*other));
                if cosine >= LEAST {
                    near.push((*other, cosine));
                }
            }
        }
        near.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        near.dedup_by_key(|neighbour| neighbour.0);
        near.truncate(NEAREST);
    }
}

/// In eight lanes of a fixed order, so that it is quick and the same everywhere.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (left, right) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f32 = left
        .remainder()
        .iter()
        .zip(right.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in left.zip(right) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum::<f32>() + tail
}

fn unit(row: &mut [f32]) {
    let length = row
        .iter()
        .map(|own| f64::from(*own) * f64::from(*own))
        .sum::<f64>()
        .sqrt();
    if length > 1e-9 {
        row.iter_mut()
            .for_each(|own| *own = (f64::from(*own) / length) as f32);
    } else {
        row.fill(0.0);
    }
}

/// A fixed plane of ones and minus ones (splitmix64).
fn plane(seed: u64, dimension: usize) -> Vec<f32> {
    (0..dimension as u64)
        .map(|place| {
            let mut z = (seed * 1_000_003 + place)
                .wrapping_add(1)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            if (z ^ (z >> 31)) & 1 == 0 { 1.0 } else { -1.0 }
        })
        .collect()
}

#[cfg(test)]
#[path = "tests/vectors.rs"]
mod tests;
