//! The newest snapshot of the lake, opened for the question of a period.

use std::path::PathBuf;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::app::App;
use crate::error::{Result, WebError};
use redress_domain::cluster::ClusterBook;
use redress_domain::period::Period;
use redress_engine::local::LocalEngine;
use redress_improvement::ground::Ground;
use redress_improvement::update;
use redress_lake::derived::{LayerManifest, read_with_layers};
use redress_lake::manifest::Manifest;
use redress_lake::store::{Lake, LakeError};
use redress_query::params::{Params, ParamsError};

/// A snapshot with the layers beside it.
pub struct Snapshot {
    pub folder: PathBuf,
    /// With the rows and files of the layers.
    pub manifest: Manifest,
    layers: Vec<LayerManifest>,
    pub engine: LocalEngine,
}

/// The mapping of the register's own cases: their numbers open at the desk.
const OWN: &str = "redress";

impl Snapshot {
    /// The newest one, asked for the quarter in which it was made, or for another period of which something is known;
    /// `None` when there is none yet.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub fn newest(
        app: &App,
        now: DateTime<Utc>,
        period: Option<Period>,
    ) -> Result<Option<Snapshot>> {
        let Some(folder) = newest_folder(app)? else {
            return Ok(None);
        };
        let (manifest, layers) = read_with_layers(&folder).map_err(failed)?;
        let rules = app.rules(now)?;
        let calendar = &rules.organisation;
        let running = || {
            let period = quarter_of(calendar.local_date(manifest.as_of)?)?;
            Params::judged_at(manifest.as_of, calendar, period).map_err(failed)
        };
        let asked = period.map(|period| Params::judged_at(manifest.as_of, calendar, period));
        let params = match asked {
            Some(Ok(params)) => params,
            Some(Err(ParamsError::Ahead { .. } | ParamsError::NothingBefore(_))) | None => {
                running()?
            }
            Some(Err(ParamsError::Calendar(error))) => return Err(error.into()),
        };
        let params = Params {
            // The calendar that the snapshot has, whatever is in force since.
            calendar_id: manifest.rules.calendar_id.clone(),
            ..params
        };
        Ok(Some(Snapshot {
            engine: LocalEngine::open(&folder, params).map_err(failed)?,
            folder,
            manifest,
            layers,
        }))
    }

    /// To count an action's complaints on.
    pub fn ground<'a>(&'a self, book: &'a ClusterBook) -> Ground<'a> {
        update::ground(&self.engine, &self.manifest, &self.folder, book)
    }

    /// What its answers rest on: facts, layers and period. Two with the same mark give the same answers.
    pub fn mark(&self) -> String {
        let mut mark = format!("{} {}", self.folder.display(), self.manifest.digest);
        for layer in &self.layers {
            mark.push(' ');
            mark.push_str(&layer.digest);
        }
        format!("{mark} {}", self.engine.params().period)
    }

    /// Whether it was searched for what comes again.
    pub fn is_searched(&self) -> bool {
        self.manifest.rows.contains_key("cluster_runs")
    }

    /// Whether its cases are those of the register at the desk.
    pub fn is_of_the_register(&self) -> bool {
        self.manifest.mapping == OWN
    }
}

/// The folder of the newest snapshot.
///
/// # Errors
/// When the lake cannot be listed.
pub fn newest_folder(app: &App) -> Result<Option<PathBuf>> {
    match Lake::at(&app.settings.lake).snapshot(None) {
        Ok(folder) => Ok(Some(folder)),
        Err(LakeError::Empty(_)) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// The calendar quarter in which a day lies.
///
/// # Errors
/// When the day has no year that a period can name.
pub fn quarter_of(day: NaiveDate) -> Result<Period> {
    format!("{}-Q{}", day.year(), day.month0() / 3 + 1)
        .parse()
        .map_err(failed)
}

/// Another part of the program failed.
pub fn failed(error: impl std::fmt::Display) -> WebError {
    WebError::Other(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_quarter_is_the_one_of_the_day() {
        for (day, quarter) in [
            ("2026-01-01", "2026-Q1"),
            ("2026-09-30", "2026-Q3"),
            ("2026-10-01", "2026-Q4"),
        ] {
            let day: NaiveDate = day.parse().unwrap();
            let found = quarter_of(day).unwrap();
            assert_eq!(found.name, quarter);
            assert!(found.contains(day));
        }
    }
}
