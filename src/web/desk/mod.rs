//! The desk: where staff work on complaints. One file a subject, its template beside it.
//!
//! A command of a case is a row of one table ([`commands`]); which of them a page offers follows from the workflow
//! itself and from the roles, so that no second list of states can drift away from it. Who sees a case is decided in
//! [`sight`] alone.

pub mod actions;
mod asking;
pub mod case;
pub mod clusters;
pub mod command;
pub mod commands;
mod endings;
mod happened;
mod ledger;
mod mending;
pub mod opened;
pub mod outbox;
pub mod password;
pub mod queue;
pub mod reading;
pub mod records;
pub mod refusal;
pub mod register;
pub mod reviews;
pub mod search;
pub mod second_factor;
pub mod sight;
pub mod sign_in;
pub mod similar;
pub mod staff;
pub mod suggestions;
mod together;
pub mod turning;

use crate::quality;
use crate::routes::Route;

/// Every route of the desk and of the quality page.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    [
        sign_in::ROUTES,
        password::ROUTES,
        second_factor::ROUTES,
        second_factor::code_step::ROUTES,
        second_factor::account::ROUTES,
        queue::ROUTES,
        case::ROUTES,
        command::ROUTES,
        register::ROUTES,
        similar::ROUTES,
        search::ROUTES,
        outbox::ROUTES,
        actions::ROUTES,
        suggestions::ROUTES,
        clusters::ROUTES,
        records::ROUTES,
        reviews::ROUTES,
        staff::ROUTES,
        quality::ROUTES,
    ]
    .into_iter()
    .flatten()
}
