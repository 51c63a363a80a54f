//! The pages of `redress serve`: the public ones, the desk and the quality page, on one register.
//!
//! A request becomes a [`visit::Visit`] (who, in which language, with which fields), a route's handler
//! turns it into an [`answer::Answer`], and nothing else. Handlers are plain functions that may block;
//! the only asynchronous code is at the edge ([`server`], [`entrance`]). Who may use a route stands in
//! the routes' one table ([`routes`]) and is checked before its handler is called.
//!
//! A template lies beside its handler; the texts are those of `reports/translations/web-*.toml`.

pub mod answer;
pub mod api;
pub mod app;
mod assets;
mod collation;
mod desk;
mod entrance;
mod entry;
pub mod error;
mod figure;
mod form;
pub mod health;
mod held;
mod logging;
pub mod metrics;
mod once;
mod parts;
mod public;
mod quality;
mod request_id;
mod resume;
pub mod routes;
pub mod server;
mod session;
mod shell;
mod uploads;
pub mod visit;
mod visits;
mod words;

pub use app::{App, Settings};
pub use entrance::{Clock, Peer, site};
pub use error::WebError;
pub use server::edge::Edge;
pub use server::trusted::Trusted;
pub use server::{Ended, Listen, Serving, serve};
pub use visits::{end_sessions, forget as forget_visits};
