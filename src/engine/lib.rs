//! Queries over a snapshot of the lake, run in this process or by Spark, answered as small counted tables.

mod arrays;
mod blocks;
mod coded;
mod column_type;
mod columns;
pub mod comparison;
pub mod counted;
mod decode;
pub mod error;
mod execution;
pub mod export;
mod frames;
pub mod indicator_codes;
pub mod indicators;
pub mod lists;
pub mod local;
pub mod months;
pub mod spark;
pub mod threshold;
