//! Texts as counted words, a chunk of them by one thread.

use std::sync::Arc;

use super::Input;
use crate::boilerplate::{Boilerplate, SHORTEST, mark_of_segment, mark_of_word, says_enough};
use crate::figures::Figures;
use crate::lexicon::{Map, number_of};
use crate::normalise::{Normaliser, Piece};

/// A text as counted words: numbers of the chunk's own list.
pub(super) type Bag = Vec<(u32, u16)>;

/// A text as read: its bag, and the marks of its segments where these are asked for.
pub(super) type Told = (Bag, Vec<u64>);

pub(super) struct Chunk {
    pub words: Vec<Box<str>>,
    pub told: Vec<Told>,
}

/// Reads texts without the known boilerplate, or whole with their segments where none is known yet.
pub(super) fn read_chunk(
    inputs: &[Input<'_>],
    figures: &Arc<Figures>,
    known: Option<&Boilerplate>,
) -> Chunk {
    let mut numbering = Numbering::default();
    let mut normaliser = Normaliser::with(figures);
    let mut sequence = Sequence::default();
    let told = inputs
        .iter()
        .map(|input| {
            numbering.read(input.text, &mut normaliser, &mut sequence);
            let mut marks = Vec::new();
            match known {
                Some(boilerplate) => sequence.leave_out(boilerplate),
                None => marks.extend(sequence.segments.iter().map(|(mark, _, _)| *mark)),
            }
            sequence.words.sort_unstable();
            let mut bag: Bag = Vec::new();
            for word in &sequence.words {
                match bag.last_mut() {
                    Some((last, count)) if last == word => *count = count.saturating_add(1),
                    _ => bag.push((*word, 1)),
                }
            }
            (bag, marks)
        })
        .collect();
    Chunk {
        words: numbering.words,
        told,
    }
}

/// A text's words in their order, and where its segments lie among them.
#[derive(Default)]
pub(super) struct Sequence {
    pub words: Vec<u32>,
    /// Mark, first word, word after the last.
    pub segments: Vec<(u64, usize, usize)>,
    begun: usize,
}

impl Sequence {
    fn clear(&mut self) {
        self.words.clear();
        self.segments.clear();
        self.begun = 0;
    }

    /// Ends a segment; `marks` are those of the words by their numbers.
    fn end(&mut self, marks: &[u64]) {
        let (from, to) = (self.begun, self.words.len());
        self.begun = to;
        if to - from >= SHORTEST {
            let words = self.words[from..to].iter();
            let mark = mark_of_segment(words.map(|word| marks[*word as usize]));
            self.segments.push((mark, from, to));
        }
    }

    /// Leaves out boilerplate where enough is left.
    fn leave_out(&mut self, boilerplate: &Boilerplate) {
        self.segments
            .retain(|(mark, _, _)| boilerplate.holds(*mark));
        let gone: usize = self.segments.iter().map(|(_, from, to)| to - from).sum();
        if gone == 0 || !says_enough(self.words.len(), gone) {
            return;
        }
        for (_, from, to) in self.segments.iter().rev() {
            self.words.drain(*from..*to);
        }
    }
}

/// Numbers words in the order in which they come.
#[derive(Default)]
pub(super) struct Numbering {
    numbers: Map<Box<str>, u32>,
    pub words: Vec<Box<str>>,
    marks: Vec<u64>,
}

impl Numbering {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = number_of(self.words.len());
        self.words.push(word.into());
        self.marks.push(mark_of_word(word));
        self.numbers.insert(word.into(), number);
        number
    }

    pub fn read(&mut self, text: &str, normaliser: &mut Normaliser, sequence: &mut Sequence) {
        sequence.clear();
        normaliser.each_piece(text, |piece| match piece {
            Piece::Word(word) => sequence.words.push(self.number(word)),
            Piece::End => sequence.end(&self.marks),
        });
    }
}
