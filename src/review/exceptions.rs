//! The exceptions of a period as whole lists: what was missed, is late, was not delivered or told, and failed.

use redress_query::error::QueryFileError;
use redress_query::query_file::QueryFile;

/// One list: a metric and what its things must meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExceptionList {
    /// Name of the file, without its ending.
    pub name: &'static str,
    pub metric: &'static str,
    conditions: &'static [(&'static str, &'static str)],
}

/// Every list of a pack.
pub const EXCEPTIONS: [ExceptionList; 7] = [
    ExceptionList {
        name: "stages_missed",
        metric: "stage_sla",
        conditions: &[("side", "net"), ("verdict", "missed")],
    },
    ExceptionList {
        name: "stages_open_late",
        metric: "stage_sla",
        conditions: &[("side", "net"), ("verdict", "open_late")],
    },
    ExceptionList {
        name: "overall_missed",
        metric: "overall_sla",
        conditions: &[("side", "net"), ("verdict", "missed")],
    },
    ExceptionList {
        name: "overall_open_late",
        metric: "overall_sla",
        conditions: &[("side", "net"), ("verdict", "open_late")],
    },
    ExceptionList {
        name: "remedies_not_delivered",
        metric: "remedies_not_delivered",
        conditions: &[],
    },
    ExceptionList {
        name: "remedies_not_told",
        metric: "remedies_not_told",
        conditions: &[],
    },
    ExceptionList {
        name: "actions_ineffective",
        metric: "action_verdicts",
        conditions: &[("verdict", "ineffective")],
    },
];

impl ExceptionList {
    /// The conditions as a drill takes them.
    pub fn conditions(&self) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.conditions.iter().map(owned).collect()
    }

    /// Name of the SELECT that asks an engine for the list.
    pub fn question(&self) -> String {
        format!("exceptions_{}", self.name)
    }

    /// Its SQL, for an engine that is asked everything at once.
    ///
    /// # Errors
    /// When a condition names no dimension of the metric.
    pub fn sql(&self, metric: &QueryFile) -> Result<String, QueryFileError> {
        let order = metric.conditions_sql(&self.conditions(), None)?;
        Ok(format!("{}{order}", metric.counted_sql()))
    }
}
