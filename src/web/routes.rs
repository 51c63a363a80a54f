//! The one table of routes: method, path, who may use it, and what answers.

use super::answer::Answer;
use super::app::App;
use super::error::Result;
use super::visit::Visit;
use super::{assets, desk, public};
use crate::domain::vocabulary::Role;

/// How a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody; no session is looked at.
    Anyone,
    /// Who showed number and password of a case, and for that case only.
    Complainant,
    /// Staff of one of these roles.
    Staff(&'static [Role]),
    /// Staff of any role who signed in with a password that somebody else gave: to choose their own.
    NewStaff,
}

/// What answers a visit. It may block.
pub type Handler = fn(&App, &Visit) -> Result<Answer>;

/// A page or a command.
#[derive(Clone, Copy)]
pub struct Route {
    pub verb: Verb,
    /// In the router's notation: `/desk/case/{number}`.
    pub path: &'static str,
    pub access: Access,
    /// A password is hashed: only two of these run at a time.
    pub hashes: bool,
    pub handler: Handler,
}

impl Route {
    pub const fn get(path: &'static str, access: Access, handler: Handler) -> Route {
        Route {
            verb: Verb::Get,
            path,
            access,
            hashes: false,
            handler,
        }
    }

    pub const fn post(path: &'static str, access: Access, handler: Handler) -> Route {
        Route {
            verb: Verb::Post,
            path,
            access,
            hashes: false,
            handler,
        }
    }

    /// The same, hashing a password.
    pub const fn hashing(self) -> Route {
        Route {
            hashes: true,
            ..self
        }
    }
}

/// Every route of the site.
pub fn all() -> impl Iterator<Item = &'static Route> {
    assets::ROUTES
        .iter()
        .chain(public::ROUTES)
        .chain(desk::routes())
}
