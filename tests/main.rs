//! One integration binary: linking once saves minutes.

mod calendar;
mod checks;
mod cli_cases;
mod common;
mod example;
mod extract;
mod faults;
mod forms;
mod improvement;
mod incident_log;
mod metrics;
mod metrics_rest;
mod recurrence;
mod register;
mod review;
mod sample;
mod splice;
mod stage_clock;
mod stat_command;
mod stats;
mod workflow;
