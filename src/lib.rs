//! Redress: complaint-handling analytics and continual improvement under ISO 10002.
//!
//! The folders follow the way of the data, each a package; `ARCHITECTURE.md` is the map.

pub use redress_channels as channels;
pub use redress_clusters as clusters;
pub use redress_domain as domain;
pub use redress_engine as engine;
pub use redress_extract as extract;
pub use redress_forms as forms;
pub use redress_guess as guess;
pub use redress_improvement as improvement;
pub use redress_lake as lake;
pub use redress_query as query;
pub use redress_recurrence as recurrence;
pub use redress_register as register;
pub use redress_review as review;
pub use redress_sample as sample;
pub use redress_source as source;
pub use redress_stats as stats;
pub use redress_table_file as table_file;
pub use redress_web as web;

pub use redress_plain::{TOOL, place};
