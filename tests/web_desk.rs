//! The desk as staff meet it: by requests, without a browser.

mod course;
mod desk;
mod entering;
mod finding;
mod kept;
mod routes;
mod suggesting;
mod together;
mod turning;
mod words;

pub use desk::{DECISION, Desk, JPEG, PASSWORD, Page};
