//! One integration binary: linking once saves minutes.

mod calendar;
mod cli_cases;
mod common;
mod extract;
mod faults;
mod incident_log;
mod metrics;
mod register;
mod review;
mod sample;
mod stage_clock;
mod stats;
mod workflow;
