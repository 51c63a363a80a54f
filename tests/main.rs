//! One integration binary: linking once saves minutes.

mod calendar;
mod stage_clock;
mod workflow;
