//! What an extension needs of earlier runs, in memory or in a file.
//!
//! The file is a header (mark, version, the caller's stamp), numbered sections of plain little-endian numbers each
//! with its length and checksum, and nothing else. Any doubt about it is an error, and the caller makes a full run: the
//! texts are the truth, this is a shortcut.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::candidates::Index;
use super::corpus::{Corpus, Input};
use super::lexicon::number_of;
use super::neighbours::Graph;
use super::run::{Clustering, Options, Text, Words};
use super::vectors::TextVectors;

/// First bytes of a file of ours.
const MARK: &[u8; 8] = b"RDRSCLST";
/// Raised whenever a section changes, or what the numbers in it mean (normalising, stems, weights).
const VERSION: u32 = 3;
/// Bytes that are read or written at a time.
const BLOCK: usize = 1 << 20;

/// Earlier texts as an extension needs them. Weights of words stay as the last full run fixed them.
#[derive(Debug, Default)]
pub struct State {
    pub corpus: Corpus,
    pub index: Index,
    pub(super) surroundings: Vec<f32>,
    pub(super) resolution: f64,
}

/// Why a state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read or written.
    #[error("cluster state {path}: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    /// Not a file of ours.
    #[error("cluster state {path} is not a cluster state; remove it, the next run makes it anew")]
    Foreign { path: PathBuf },
    /// Written by another version.
    #[error(
        "cluster state {path} has version {found}, this program reads {VERSION}; the next full run replaces it"
    )]
    Version { path: PathBuf, found: u32 },
    /// Cut short or changed.
    #[error("cluster state {path} is damaged ({what}); remove it, the next run makes it anew")]
    Damaged { path: PathBuf, what: &'static str },
    /// The standing clusters are not those of the state's texts.
    #[error("{given} standing clusters are given for {earlier} earlier texts; run in full")]
    Standing { given: usize, earlier: usize },
    /// The greatest cluster number leaves no room.
    #[error("no cluster number is left; run in full")]
    NoNumberLeft,
}

impl State {
    /// Goes on from a full run.
    pub fn of(run: Clustering) -> Self {
        State {
            corpus: run.corpus,
            index: run.index,
            surroundings: run.surroundings,
            resolution: run.resolution,
        }
    }

    /// Of texts whose standing clusters are known from elsewhere: dearer than a file, cheaper than a full run where
    /// these must not change.
    pub fn read(texts: &[Text<'_>], options: &Options<'_>) -> Self {
        let words = Words::of(texts);
        let corpus = Corpus::build(&words.inputs(texts));
        let vectors = options
            .vectors
            .map(|vectors| TextVectors::of(vectors, &corpus));
        let index = Index::build(&corpus);
        let graph = Graph::build(&corpus, &index, vectors.as_ref(), 0);
        State {
            surroundings: (0..corpus.len())
                .map(|document| graph.surroundings(number_of(document)))
                .collect(),
            resolution: super::theme::resolution(&graph, corpus.len()),
            corpus,
            index,
        }
    }

    /// Number of texts in it.
    pub fn texts(&self) -> usize {
        self.corpus.document_of.len()
    }

    /// Takes in new texts; their surroundings are for the caller to add.
    pub(super) fn take(&mut self, inputs: &[Input<'_>]) {
        let first = number_of(self.corpus.len());
        self.corpus.extend(inputs);
        self.index.extend(&self.corpus, first);
    }

    /// Writes it whole or not at all. `stamp` is the caller's own mark of the texts in it and their order.
    ///
    /// # Errors
    /// When the file or one beside it cannot be written.
    pub fn save(&self, path: &Path, stamp: u64) -> Result<(), StateError> {
        let beside = path.with_extension("new");
        let io = |source| StateError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::create(&beside).map_err(io)?;
        let mut out = Sections {
            to: BufWriter::with_capacity(BLOCK, file),
        };
        self.write(&mut out, stamp).map_err(io)?;
        // Not waited for until it lies on the disk: what a cut of the power spoils is noticed, and found anew.
        out.to
            .into_inner()
            .map_err(|error| io(error.into_error()))?;
        std::fs::rename(&beside, path).map_err(io)
    }

    fn write(&self, out: &mut Sections, stamp: u64) -> std::io::Result<()> {
        out.to.write_all(MARK)?;
        out.to.write_all(&VERSION.to_le_bytes())?;
        out.put(&[stamp, self.resolution.to_bits()])?;
        self.corpus.write(out)?;
        self.index.write(out)?;
        out.put(&self.surroundings)
    }

    /// Reads a file of [`State::save`]; answers its stamp too.
    ///
    /// # Errors
    /// Says whether the file is missing, foreign, of another version, or damaged.
    pub fn load(path: &Path) -> Result<(Self, u64), StateError> {
        let io = |source| StateError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(io)?;
        let left = file.metadata().map_err(io)?.len();
        let mut from = Reading {
            from: BufReader::with_capacity(BLOCK, file),
            left,
            path,
        };
        let mut head = [0_u8; 12];
        from.exactly(&mut head).map_err(|_| StateError::Foreign {
            path: path.to_owned(),
        })?;
        if head[..8] != *MARK {
            return Err(StateError::Foreign {
                path: path.to_owned(),
            });
        }
        let found = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
        if found != VERSION {
            return Err(StateError::Version {
                path: path.to_owned(),
                found,
            });
        }
        let first: Vec<u64> = from.get()?;
        let [stamp, resolution] = first[..] else {
            return Err(from.damaged("header"));
        };
        let corpus = Corpus::read_from(&mut from)?;
        let index = Index::read_from(&mut from, corpus.lexicon.stems(), corpus.len())?;
        let surroundings: Vec<f32> = from.get()?;
        if surroundings.len() != corpus.len() || from.left != 0 {
            return Err(from.damaged("length"));
        }
        let state = State {
            corpus,
            index,
            surroundings,
            resolution: f64::from_bits(resolution),
        };
        Ok((state, stamp))
    }
}

/// A number of fixed width in a file.
pub(super) trait Plain: Copy {
    /// Bytes of one.
    const WIDTH: usize;
    fn put(self, out: &mut [u8]);
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! plain {
    ($($kind:ty),*) => {$(
        impl Plain for $kind {
            const WIDTH: usize = size_of::<$kind>();
            fn put(self, out: &mut [u8]) {
                out.copy_from_slice(&self.to_le_bytes());
            }
            fn get(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<$kind>()];
                own.copy_from_slice(bytes);
                <$kind>::from_le_bytes(own)
            }
        }
    )*};
}
plain!(u8, u16, u32, u64, f32);

impl<A: Plain, B: Plain> Plain for (A, B) {
    const WIDTH: usize = A::WIDTH + B::WIDTH;
    fn put(self, out: &mut [u8]) {
        let (a, b) = out.split_at_mut(A::WIDTH);
        self.0.put(a);
        self.1.put(b);
    }
    fn get(bytes: &[u8]) -> Self {
        let (a, b) = bytes.split_at(A::WIDTH);
        (A::get(a), B::get(b))
    }
}

/// The sections of a file as they are written.
pub(super) struct Sections {
    to: BufWriter<File>,
}

impl Sections {
    pub(super) fn put<T: Plain>(&mut self, numbers: &[T]) -> std::io::Result<()> {
        self.to.write_all(&(numbers.len() as u64).to_le_bytes())?;
        let mut sum = Checksum::default();
        let mut block = vec![0_u8; BLOCK - BLOCK % T::WIDTH];
        for part in numbers.chunks(block.len() / T::WIDTH) {
            let bytes = &mut block[..part.len() * T::WIDTH];
            for (number, place) in part.iter().zip(bytes.chunks_exact_mut(T::WIDTH)) {
                number.put(place);
            }
            sum.take(bytes);
            self.to.write_all(bytes)?;
        }
        self.to.write_all(&sum.0.to_le_bytes())
    }

    /// Places of a list of lists; they are written as lengths.
    pub(super) fn put_starts(&mut self, starts: &[usize]) -> std::io::Result<()> {
        let lengths: Vec<u32> = starts
            .windows(2)
            .map(|pair| number_of(pair[1] - pair[0]))
            .collect();
        self.put(&lengths)
    }
}

/// The sections of a file as they are read.
pub(super) struct Reading<'a> {
    from: BufReader<File>,
    left: u64,
    path: &'a Path,
}

impl Reading<'_> {
    pub(super) fn damaged(&self, what: &'static str) -> StateError {
        StateError::Damaged {
            path: self.path.to_owned(),
            what,
        }
    }

    fn exactly(&mut self, bytes: &mut [u8]) -> Result<(), StateError> {
        if self.left < bytes.len() as u64 {
            return Err(self.damaged("cut short"));
        }
        self.left -= bytes.len() as u64;
        self.from
            .read_exact(bytes)
            .map_err(|source| StateError::Io {
                path: self.path.to_owned(),
                source,
            })
    }

    pub(super) fn get<T: Plain>(&mut self) -> Result<Vec<T>, StateError> {
        let mut eight = [0_u8; 8];
        self.exactly(&mut eight)?;
        let count = u64::from_le_bytes(eight);
        // A damaged length must not ask for memory.
        if count
            .checked_mul(T::WIDTH as u64)
            .is_none_or(|bytes| bytes > self.left)
        {
            return Err(self.damaged("cut short"));
        }
        // With room for what a night adds: else the first new text copies all of them.
        let mut numbers = Vec::with_capacity(count as usize + count as usize / 16);
        let mut sum = Checksum::default();
        let mut block = vec![0_u8; BLOCK - BLOCK % T::WIDTH];
        let mut left = count as usize * T::WIDTH;
        while left > 0 {
            let bytes = &mut block[..left.min(BLOCK - BLOCK % T::WIDTH)];
            left -= bytes.len();
            self.exactly(bytes)?;
            sum.take(bytes);
            numbers.extend(bytes.chunks_exact(T::WIDTH).map(T::get));
        }
        self.exactly(&mut eight)?;
        match u64::from_le_bytes(eight) == sum.0 {
            true => Ok(numbers),
            false => Err(self.damaged("checksum")),
        }
    }

    pub(super) fn get_starts(&mut self) -> Result<Vec<usize>, StateError> {
        let lengths: Vec<u32> = self.get()?;
        let mut starts = Vec::with_capacity(lengths.len() + 1);
        let mut at = 0_usize;
        starts.push(at);
        for length in lengths {
            at += length as usize;
            starts.push(at);
        }
        Ok(starts)
    }
}

/// A checksum of eight bytes at a time in four lanes: quick, and enough against chance.
struct Checksum(u64);

impl Default for Checksum {
    fn default() -> Self {
        Checksum(0x9e37_79b9_7f4a_7c15)
    }
}

impl Checksum {
    const FACTOR: u64 = 0xd6e8_feb8_6659_fd93;

    fn take(&mut self, bytes: &[u8]) {
        let mut lanes = [self.0, !self.0, self.0 ^ Self::FACTOR, bytes.len() as u64];
        let blocks = bytes.chunks_exact(32);
        let tail = blocks.remainder();
        for block in blocks {
            for (lane, eight) in lanes.iter_mut().zip(block.chunks_exact(8)) {
                *lane = Self::mixed(*lane, u64::get(eight));
            }
        }
        for byte in tail {
            lanes[0] = Self::mixed(lanes[0], u64::from(*byte));
        }
        self.0 = lanes.into_iter().fold(self.0, Self::mixed);
    }

    fn mixed(lane: u64, word: u64) -> u64 {
        (lane ^ word).wrapping_mul(Self::FACTOR).rotate_left(29)
    }
}
