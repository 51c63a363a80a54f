//! What comes again: duplicates, repeats and recurrent problems among the complaints of a snapshot.
//!
//! `clusters` says which texts belong together; here they become numbered clusters that keep their identity from
//! run to run, with the analyst's word above the machine's, and a layer of the lake that queries and reviews read.

pub mod complaints;
pub mod describe;
pub mod descriptions;
pub mod identity;
pub mod layer;
mod placing;
pub mod relations;
pub mod run;
mod spelling;
pub mod state;
mod steps;
pub mod table;
pub mod trend;
pub mod word;
