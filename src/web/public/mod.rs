//! The pages of complainants: complain, follow a complaint, answer the decision, add to it, judge the handling.
//!
//! What they show is chosen from a whole case by [`progress`], [`decision`] and [`thread`]; nothing else of a
//! case reaches a page, so notes, assessments and names of staff stay inside.

pub mod add;
mod answer;
mod case;
mod complain;
mod decision;
pub mod failure;
mod field;
mod files;
mod forgotten;
mod progress;
mod receipt;
mod seen;
mod start;
mod survey;
mod thread;
pub mod track;

use super::routes::{Access, Route};

/// The routes of these pages.
pub const ROUTES: &[Route] = &[
    Route::get("/", Access::Anyone, start::show),
    Route::get("/complain", Access::Anyone, complain::show),
    // Its pages are turned without a hash; sending makes a password.
    Route::post("/complain", Access::Anyone, complain::take).hashing_with("go", "send"),
    Route::get("/track", Access::Anyone, track::show),
    Route::post("/track", Access::Anyone, track::take).hashing(),
    Route::get("/t/{token}", Access::Anyone, track::link),
    Route::get("/forgotten", Access::Anyone, forgotten::show),
    Route::post("/forgotten", Access::Anyone, forgotten::take).hashing(),
    Route::get("/case", Access::Complainant, case::show),
    Route::post("/case/answer", Access::Complainant, answer::take),
    Route::get("/case/add", Access::Complainant, add::show),
    Route::post("/case/add", Access::Complainant, add::take),
    Route::post("/case/survey", Access::Complainant, survey::take),
    Route::get("/case/file/{sha256}", Access::Complainant, case::file),
    Route::post("/case/leave", Access::Complainant, track::leave),
];
