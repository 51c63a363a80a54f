//! The truth beside a sample: `truth.csv` and `actions.csv`.

use std::path::{Path, PathBuf};

use super::csv_table::Table;
use super::truth::{ActionRow, TruthRow};
use super::{SampleError, case_id};

/// The files of the truth, being written.
pub(super) struct TruthFiles {
    folder: PathBuf,
    cases: Table,
}

impl TruthFiles {
    /// Begins the files in a folder, which is made when missing.
    pub(super) fn begin(folder: &Path) -> Result<Self, SampleError> {
        std::fs::create_dir_all(folder).map_err(|source| SampleError::Io {
            path: folder.to_owned(),
            source,
        })?;
        Ok(TruthFiles {
            folder: folder.to_owned(),
            cases: Table::begin(
                folder,
                "truth.csv",
                &["case_id", "cause", "group_id", "relation", "of_case"],
            )?,
        })
    }

    /// The truth about a case.
    pub(super) fn row(&mut self, row: &TruthRow) -> Result<(), SampleError> {
        let group = row
            .group_no
            .map(|no| format!("G-{no:05}"))
            .unwrap_or_default();
        let of_case = row.of_case.map(case_id).unwrap_or_default();
        self.cases.row([
            case_id(row.case_no).as_str(),
            row.cause.unwrap_or(""),
            &group,
            row.relation.as_str(),
            &of_case,
        ])
    }

    /// The actions, and the end.
    pub(super) fn end(&mut self, actions: &[ActionRow]) -> Result<(), SampleError> {
        let mut table = Table::begin(
            &self.folder,
            "actions.csv",
            &[
                "action_id",
                "kind",
                "cause",
                "title",
                "planned_on",
                "implemented_on",
                "works",
            ],
        )?;
        for action in actions {
            let implemented = action
                .implemented_on
                .map(|day| day.to_string())
                .unwrap_or_default();
            let works = match (action.implemented_on, action.works) {
                (None, _) => "",
                (Some(_), true) => "yes",
                (Some(_), false) => "no",
            };
            table.row([
                action.id,
                action.kind,
                action.cause.unwrap_or(""),
                action.title,
                &action.planned_on.to_string(),
                &implemented,
                works,
            ])?;
        }
        table.end()?;
        self.cases.end()
    }
}
