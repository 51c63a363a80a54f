//! A request as a handler sees it: who asks, in which language, with which fields.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::api::Program;
use crate::resume::LANGUAGE;
use redress_domain::vocabulary::{Language, Role};
use redress_register::{Actor, Staff};

/// Who asks, as far as the route wants to know it.
#[derive(Debug, Clone)]
pub enum Visitor {
    /// Nobody that we know; also on public pages.
    Nobody,
    /// Somebody who showed number and password (or a link) of this case.
    Complainant { case_key: i64 },
    /// A member of staff who signed in.
    Staff(Box<Staff>),
}

/// A request.
#[derive(Debug, Clone)]
pub struct Visit {
    pub now: DateTime<Utc>,
    pub language: Language,
    pub visitor: Visitor,
    /// Its path with its query, as it was asked for.
    pub address: String,
    /// The parts of the path that the route names: `{number}`.
    pub places: BTreeMap<String, String>,
    pub query: Fields,
    pub form: Fields,
    pub files: Vec<Upload>,
    /// The network address of the visitor, for limits on tries.
    pub from: String,
    /// The token of the session, to end it.
    pub token: Option<String>,
    /// The request's number in the logs; empty where nothing gave it one.
    pub request_id: String,
    /// What a program sent under `/api`; `None` on pages.
    pub program: Option<Program>,
}

/// A file that came with a form. Its name and type are what the sender claims.
#[derive(Debug, Clone)]
pub struct Upload {
    pub field: String,
    pub name: String,
    pub media_type: String,
    pub content: Vec<u8>,
}

impl Visit {
    /// A part of the path; empty when the route has none of this name.
    pub fn place(&self, name: &str) -> &str {
        self.places.get(name).map_or("", String::as_str)
    }

    /// The member of staff who asks; `None` on routes that are not the desk's.
    pub fn staff(&self) -> Option<&Staff> {
        match &self.visitor {
            Visitor::Staff(staff) => Some(staff),
            Visitor::Nobody | Visitor::Complainant { .. } => None,
        }
    }

    /// The case of a complainant who follows it.
    pub fn case_key(&self) -> Option<i64> {
        match self.visitor {
            Visitor::Complainant { case_key } => Some(case_key),
            Visitor::Nobody | Visitor::Staff(_) => None,
        }
    }

    /// As whom events are recorded. Staff act in their first role that the register puts on a decision.
    pub fn actor(&self) -> Actor {
        match &self.visitor {
            Visitor::Staff(staff) => {
                let role = staff.roles.first().copied().unwrap_or(Role::Agent);
                Actor::staff(role, staff.name.clone())
            }
            Visitor::Complainant { .. } | Visitor::Nobody => Actor::customer(),
        }
    }

    /// Whether a form was sent only to be shown in another language.
    pub fn turns_language(&self) -> bool {
        self.form.get(LANGUAGE).parse::<Language>().is_ok()
    }

    /// Whether the member of staff has one of these roles.
    pub fn has_role(&self, roles: &[Role]) -> bool {
        self.staff()
            .is_some_and(|staff| staff.roles.iter().any(|role| roles.contains(role)))
    }
}

/// Named values of a form or a query, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The first value of a name without blanks around it; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.trim())
    }

    /// The same, `None` when it is empty.
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// The same as an owned text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.given(name).map(str::to_owned)
    }

    /// Every value of a name.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a box of this name was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.given(name).is_some()
    }
}
