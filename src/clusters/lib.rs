//! Repeat complaints: texts to words, words to neighbours, neighbours to problems and themes.
//!
//! [`cluster`] is the full run. [`extend`] adds new texts to a finished run at a small part of its cost; what it
//! needs is a [`State`], kept in memory or in a file. Give texts in the canonical order (received, case id): then
//! equal texts give equal clusters to the byte, whatever order they lay in and however many threads work.

pub mod boilerplate;
pub mod bonds;
pub mod candidates;
pub mod communities;
pub mod consolidate;
pub mod corpus;
pub mod exact;
pub mod extend;
pub mod figures;
mod folding;
pub mod lexicon;
pub mod linkage;
pub mod matter;
pub mod neighbours;
pub mod normalise;
mod own_words;
pub mod problem;
pub mod profile;
pub mod run;
pub mod similarity;
pub mod state;
pub mod theme;
pub mod vectors;

pub use bonds::Anchor;
pub use extend::{Extension, Merge, Standing, extend};
pub use run::{Clustering, Material, Options, Refusal, Text, cluster};
pub use state::{State, StateError};
pub use vectors::{Vectors, VectorsError};

#[cfg(test)]
mod tests;
