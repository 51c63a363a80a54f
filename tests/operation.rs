//! Running the server: its edge, its end, its figures and log, and the drill of the operator's page.

mod drill;
mod edge;
mod harness;
mod log;
mod page;
mod process;
mod standing;
