//! The one table of routes: method, path, who may use it, and what answers.

use super::answer::Answer;
use super::api::Operation;
use super::app::App;
use super::error::Result;
use super::visit::{Fields, Visit};
use super::{api, assets, desk, health, public};
use redress_domain::vocabulary::Role;
use redress_register::Scope;

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
    /// Programs whose token has this scope, and one of the roles that use it; cookies are not looked at.
    Integration(Scope),
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
    /// Where only one button of the route's forms makes it hash: the button's name and value.
    pub hashing_button: Option<(&'static str, &'static str)>,
    pub handler: Handler,
    /// What shows a form again that was only sent to be shown in another language; nothing of it is carried out.
    pub turned: Option<Handler>,
    /// How `/api/v1/openapi.json` describes it; every route under `/api` has this.
    pub operation: Option<&'static Operation>,
}

impl Route {
    pub const fn get(path: &'static str, access: Access, handler: Handler) -> Route {
        Route {
            verb: Verb::Get,
            path,
            access,
            hashes: false,
            hashing_button: None,
            handler,
            turned: None,
            operation: None,
        }
    }

    pub const fn post(path: &'static str, access: Access, handler: Handler) -> Route {
        Route {
            verb: Verb::Post,
            path,
            access,
            hashes: false,
            hashing_button: None,
            handler,
            turned: None,
            operation: None,
        }
    }

    /// The same, with its description for programs.
    pub const fn described(self, operation: &'static Operation) -> Route {
        Route {
            operation: Some(operation),
            ..self
        }
    }

    /// The same, with what shows its form in another language.
    pub const fn turning(self, turned: Handler) -> Route {
        Route {
            turned: Some(turned),
            ..self
        }
    }

    /// The same, hashing a password.
    pub const fn hashing(self) -> Route {
        Route {
            hashes: true,
            ..self
        }
    }

    /// The same, hashing a password when this button was pressed and with no other.
    pub const fn hashing_with(self, name: &'static str, value: &'static str) -> Route {
        Route {
            hashes: true,
            hashing_button: Some((name, value)),
            ..self
        }
    }

    /// Whether this form makes the route hash a password.
    pub fn hashes_for(&self, form: &Fields) -> bool {
        self.hashes
            && self
                .hashing_button
                .is_none_or(|(name, value)| form.get(name) == value)
    }
}

/// Every route of the site.
pub fn all() -> impl Iterator<Item = &'static Route> {
    assets::ROUTES
        .iter()
        .chain(health::ROUTES)
        .chain(public::ROUTES)
        .chain(desk::routes())
        .chain(api::routes())
}
