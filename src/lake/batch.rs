//! How the last nightly batch went: a small file in the lake, for whoever watches from outside.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::store::LakeError;

/// The file's name within the lake; like the locks it is no snapshot.
const FILE: &str = ".run.json";

/// How a batch stands or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Running,
    Done,
    /// The night's work was done, and a check found faults or a threshold was missed.
    ChecksFailed,
    Failed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 4] = [
        Outcome::Running,
        Outcome::Done,
        Outcome::ChecksFailed,
        Outcome::Failed,
    ];

    /// The word in the file and in figures.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Running => "running",
            Outcome::Done => "done",
            Outcome::ChecksFailed => "checks_failed",
            Outcome::Failed => "failed",
        }
    }
}

/// The last batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastBatch {
    pub began_at: DateTime<Utc>,
    /// `None` while it runs, and for good when it was broken off.
    pub ended_at: Option<DateTime<Utc>>,
    pub outcome: Outcome,
}

/// Notes how a batch stands. The file is replaced by rename, so it is never half there.
///
/// # Errors
/// When the lake cannot be written.
pub fn note(lake: &Path, batch: &LastBatch) -> Result<(), LakeError> {
    let io = |source| LakeError::Io {
        path: lake.join(FILE),
        source,
    };
    let mut text = serde_json::to_string(batch)?;
    text.push('\n');
    let mut aside = tempfile::NamedTempFile::new_in(lake).map_err(io)?;
    aside.write_all(text.as_bytes()).map_err(io)?;
    aside
        .persist(lake.join(FILE))
        .map(|_| ())
        .map_err(|e| io(e.error))
}

/// The last batch of a lake; `None` where none was noted, or not by this program.
pub fn last(lake: &Path) -> Option<LastBatch> {
    let text = fs::read_to_string(lake.join(FILE)).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_batch_is_the_one_that_was_noted_last() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(last(dir.path()), None);
        let began_at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let running = LastBatch {
            began_at,
            ended_at: None,
            outcome: Outcome::Running,
        };
        note(dir.path(), &running).unwrap();
        assert_eq!(last(dir.path()), Some(running));
        let ended = LastBatch {
            ended_at: DateTime::from_timestamp(1_800_000_060, 0),
            outcome: Outcome::ChecksFailed,
            ..running
        };
        note(dir.path(), &ended).unwrap();
        assert_eq!(last(dir.path()), Some(ended));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(note(&dir.path().join("nowhere"), &ended).is_err());
    }
}
