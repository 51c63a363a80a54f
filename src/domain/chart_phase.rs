//! Phases of control charts: from which month a series' limits begin anew, and why.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// One version of the record of a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartPhase {
    /// Name of the series, as [`ChartSeries`](super::chart_series::ChartSeries) writes it.
    pub series: String,
    /// `None`: the series of the whole.
    pub site: Option<String>,
    /// First month of the phase, `YYYY-MM`.
    pub begins: String,
    /// 1, 2, 3 … of this series, site and month.
    pub version: i64,
    /// This version takes the phase back.
    pub withdrawn: bool,
    /// Why the limits begin anew, or why the phase is taken back.
    pub reason: String,
    pub entered_by: String,
    pub recorded_at: DateTime<Utc>,
}

/// The phases in force among versions, by series, site (the whole first) and month: the highest version of each that
/// does not take it back.
pub fn in_force(versions: &[ChartPhase]) -> Vec<ChartPhase> {
    let mut last: BTreeMap<_, &ChartPhase> = BTreeMap::new();
    for version in versions {
        let key = (&version.series, &version.site, &version.begins);
        let held = last.entry(key).or_insert(version);
        if version.version > held.version {
            *held = version;
        }
    }
    last.into_values()
        .filter(|phase| !phase.withdrawn)
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(site: Option<&str>, begins: &str, version: i64, withdrawn: bool) -> ChartPhase {
        ChartPhase {
            series: "received".to_owned(),
            site: site.map(str::to_owned),
            begins: begins.to_owned(),
            version,
            withdrawn,
            reason: format!("reason {version}"),
            entered_by: "zeynep".to_owned(),
            recorded_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_highest_version_of_each_month_and_site_stands_unless_it_takes_the_phase_back() {
        let versions = [
            version(Some("Bursa"), "2026-03", 1, false),
            version(None, "2026-03", 2, true),
            version(None, "2026-03", 3, false),
            version(None, "2026-03", 1, false),
            version(None, "2025-01", 1, false),
            version(None, "2025-01", 2, true),
        ];
        let standing: Vec<_> = in_force(&versions)
            .into_iter()
            .map(|phase| (phase.site, phase.begins, phase.version))
            .collect();
        assert_eq!(
            standing,
            [
                (None, "2026-03".to_owned(), 3),
                (Some("Bursa".to_owned()), "2026-03".to_owned(), 1)
            ]
        );
    }
}
