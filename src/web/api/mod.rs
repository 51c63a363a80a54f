//! `/api/v1`: what the desk does, for programs, as JSON. The functions behind are the desk's own.
//!
//! A program shows a bearer token and nothing else; cookies are not looked at. Its scopes open routes, its roles decide
//! there as they do at the desk. Errors are problem documents (RFC 9457) with stable codes. The description at
//! `/api/v1/openapi.json` is made from the table of routes.

mod actions;
mod admit;
mod case;
mod cases;
mod clusters;
mod commands;
mod entry;
mod indicators;
mod ledger;
mod messages;
mod openapi;
mod operation;
mod problem;
mod register;
mod request;
mod reviews;
mod schema;
mod steps;

pub use admit::{Allowance, admit};
pub use operation::Operation;
pub use problem::{broken, failure, other_method};
pub use request::{Program, is_of_programs, read};

use super::routes::Route;

/// Every route for programs.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    [
        openapi::ROUTES,
        cases::ROUTES,
        register::ROUTES,
        case::ROUTES,
        commands::ROUTES,
        messages::ROUTES,
        actions::ROUTES,
        steps::ROUTES,
        clusters::ROUTES,
        indicators::ROUTES,
        reviews::ROUTES,
    ]
    .into_iter()
    .flatten()
}
