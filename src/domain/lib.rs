//! Pure types and rules: the case workflow, its events, the working-day calendar, limits and clocks; clusters,
//! corrective actions, and the records of continual improvement.
//!
//! Nothing here does I/O, reads a clock or knows a database.

pub mod action;
pub mod calendar;
pub mod calendar_file;
pub mod case_file;
pub mod chart_phase;
pub mod chart_series;
pub mod cluster;
pub mod due;
pub mod event;
pub mod gone_case;
pub mod improvement;
pub mod limits;
pub mod mending;
pub mod period;
pub mod rulebook;
pub mod scope;
pub mod stage_clock;
pub mod stages;
pub mod vocabulary;
pub mod workflow;
