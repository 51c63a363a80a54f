//! `/api/v1` as programs meet it: by requests, each answer held against the description of the interface.

mod actions;
mod cases;
mod client;
mod commands;
mod described;
mod program;
mod quality;
mod refused;
mod tokens;
mod told;
mod webhooks;

use chrono::{DateTime, Utc};
use redress::domain::vocabulary::Role;
use redress::register::{NewIntegration, Scope};

use client::Client;

/// A token to be made: everything, as the agent and the quality manager.
fn of_everything(name: &str) -> NewIntegration {
    NewIntegration {
        name: name.to_owned(),
        scopes: Scope::ALL.to_vec(),
        roles: vec![Role::Agent, Role::Quality],
        department: None,
        site: None,
        per_minute: 10_000,
        expires_at: None,
    }
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
