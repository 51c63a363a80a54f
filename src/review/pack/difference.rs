//! What two packs say differently, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::{CASES, Origin, PackError, PackManifest};
use crate::members::Members;

/// What differs between two packs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    pub schema_version: u32,
    /// What the packs were made from and differs.
    pub reasons: Vec<Reason>,
    pub figures: Vec<FigureChange>,
    pub cases: Vec<CaseChange>,
}

/// A difference of origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub what: ReasonKind,
    pub before: String,
    pub after: String,
}

/// What may make a figure another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    Period,
    /// The period that stands beside.
    ComparedWith,
    /// Other facts: new events, or others at the same moment.
    Data,
    AsOf,
    Calendar,
    Limits,
    /// Calendar or limits differ without another version: files in place of the register's, or settings.
    Rules,
    Mapping,
    /// A layer computed from the facts: clusters, actions.
    Layer,
    Definition,
    Tool,
    Organisation,
    Language,
    Currency,
}

impl ReasonKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            ReasonKind::Period => "period",
            ReasonKind::ComparedWith => "compared_with",
            ReasonKind::Data => "data",
            ReasonKind::AsOf => "as_of",
            ReasonKind::Calendar => "calendar",
            ReasonKind::Limits => "limits",
            ReasonKind::Rules => "rules",
            ReasonKind::Mapping => "mapping",
            ReasonKind::Layer => "layer",
            ReasonKind::Definition => "definition",
            ReasonKind::Tool => "tool",
            ReasonKind::Organisation => "organisation",
            ReasonKind::Language => "language",
            ReasonKind::Currency => "currency",
        }
    }
}

/// One figure that changed; a side is `None` where it was not there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FigureChange {
    pub metric: String,
    /// The row, as its columns name it: `side=net, stage=intake`.
    pub row: String,
    pub column: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// One case that a metric counts otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CaseChange {
    pub case_id: String,
    pub metric: String,
    /// Things counted of it.
    pub before: i32,
    pub after: i32,
    /// What the register learnt of it between the two, where that could be looked up.
    pub why: Option<&'static str>,
}

/// Compares two packs. `keys` gives the columns that name the rows of a metric.
///
/// # Errors
/// When a pack or one of its files cannot be read.
pub fn difference(
    before: &Path,
    after: &Path,
    keys: &dyn Fn(&str) -> Vec<String>,
) -> Result<Difference, PackError> {
    let (first, second) = (PackManifest::read(before)?, PackManifest::read(after)?);
    let ids: BTreeSet<&String> = first
        .origin
        .definitions
        .keys()
        .chain(second.origin.definitions.keys())
        .collect();
    let mut figures = Vec::new();
    for id in ids {
        let path = format!("tables/{id}.csv");
        let of = |pack: &Path, manifest: &PackManifest| match manifest
            .files
            .iter()
            .any(|file| file.path == path)
        {
            true => figures_of(&pack.join(&path), &keys(id)),
            false => Ok(BTreeMap::new()),
        };
        let (was, is) = (of(before, &first)?, of(after, &second)?);
        let both: BTreeSet<&(String, String)> = was.keys().chain(is.keys()).collect();
        for place in both {
            let (old, new) = (was.get(place), is.get(place));
            if old != new {
                figures.push(FigureChange {
                    metric: id.clone(),
                    row: place.0.clone(),
                    column: place.1.clone(),
                    before: old.cloned(),
                    after: new.cloned(),
                });
            }
        }
    }
    Ok(Difference {
        schema_version: 1,
        reasons: reasons(&first.origin, &second.origin),
        figures,
        cases: cases(before, after)?,
    })
}

/// What the packs were made from and differs.
fn reasons(before: &Origin, after: &Origin) -> Vec<Reason> {
    let mut found = Vec::new();
    let mut note = |what, before: String, after: String| {
        if before != after {
            found.push(Reason {
                what,
                before,
                after,
            });
        }
    };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    note(
        ReasonKind::Period,
        before.period.clone(),
        after.period.clone(),
    );
    note(
        ReasonKind::ComparedWith,
        before.compared_with.clone(),
        after.compared_with.clone(),
    );
    note(
        ReasonKind::AsOf,
        before.as_of.to_rfc3339(),
        after.as_of.to_rfc3339(),
    );
    note(
        ReasonKind::Data,
        before.lake_digest.clone(),
        after.lake_digest.clone(),
    );
    let rules = (&before.rules, &after.rules);
    note(
        ReasonKind::Calendar,
        format!("{} v{}", rules.0.calendar_id, rules.0.calendar_version),
        format!("{} v{}", rules.1.calendar_id, rules.1.calendar_version),
    );
    note(
        ReasonKind::Limits,
        format!("v{}", rules.0.limits_version),
        format!("v{}", rules.1.limits_version),
    );
    let same_versions = (rules.0.calendar_version, rules.0.limits_version)
        == (rules.1.calendar_version, rules.1.limits_version);
    if same_versions {
        note(
            ReasonKind::Rules,
            rules.0.sha256.clone(),
            rules.1.sha256.clone(),
        );
    }
    note(
        ReasonKind::Mapping,
        before.mapping_sha256.clone(),
        after.mapping_sha256.clone(),
    );
    let kinds: BTreeSet<&String> = [before, after]
        .iter()
        .flat_map(|origin| origin.layers.iter().map(|layer| &layer.kind))
        .collect();
    for kind in kinds {
        let of = |origin: &Origin| {
            let layer = origin.layers.iter().find(|layer| layer.kind == *kind);
            layer.map_or_else(
                || format!("{kind}: none"),
                |layer| format!("{kind}: {} {}", layer.run, layer.digest),
            )
        };
        note(ReasonKind::Layer, of(before), of(after));
    }
    let ids: BTreeSet<&String> = before
        .definitions
        .keys()
        .chain(after.definitions.keys())
        .collect();
    for id in ids {
        let of = |origin: &Origin| {
            let sha256 = origin.definitions.get(id);
            sha256.map_or_else(|| format!("{id}: none"), |sha256| format!("{id}: {sha256}"))
        };
        note(ReasonKind::Definition, of(before), of(after));
    }
    note(ReasonKind::Tool, before.tool.clone(), after.tool.clone());
    note(
        ReasonKind::Organisation,
        before.organisation.clone(),
        after.organisation.clone(),
    );
    note(
        ReasonKind::Language,
        before.language.as_str().to_owned(),
        after.language.as_str().to_owned(),
    );
    note(
        ReasonKind::Currency,
        or_none(&before.currency),
        or_none(&after.currency),
    );
    found
}

/// Cells of a counted table, by the row's name and the column.
type Figures = BTreeMap<(String, String), String>;

fn figures_of(path: &Path, keys: &[String]) -> Result<Figures, PackError> {
    let failed = |error: csv::Error| PackError::Unreadable {
        path: path.to_owned(),
        why: error.to_string(),
    };
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    let columns = reader.headers().map_err(failed)?.clone();
    let is_key = |name: &str| keys.iter().any(|key| key == name);
    let mut figures = Figures::new();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let named: Vec<String> = columns
            .iter()
            .zip(&record)
            .filter(|(name, _)| is_key(name))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut row = named.join(", ");
        // Rows without a name of their own are counted off.
        let times = seen.entry(row.clone()).or_default();
        *times += 1;
        if *times > 1 {
            row.push_str(&format!(" ({times})"));
        }
        for (name, value) in columns.iter().zip(&record) {
            if !is_key(name) {
                figures.insert((row.clone(), name.to_owned()), value.to_owned());
            }
        }
    }
    Ok(figures)
}

/// Cases that are counted otherwise, by case and metric.
fn cases(before: &Path, after: &Path) -> Result<Vec<CaseChange>, PackError> {
    let read = |pack: &Path| {
        let path = pack.join(CASES);
        // An edition for the public names no case.
        if !path.exists() {
            return Ok(Members::default());
        }
        Members::read(&path).map_err(|why| PackError::Unreadable { path, why })
    };
    let (first, second) = (read(before)?, read(after)?);
    let metrics: BTreeSet<&str> = first.metrics().chain(second.metrics()).collect();
    let mut changes = Vec::new();
    for metric in metrics {
        let (was, is) = (first.of(metric), second.of(metric));
        let both: BTreeSet<&str> = was.keys().chain(is.keys()).copied().collect();
        for case in both {
            let count = |of: &BTreeMap<&str, i32>| of.get(case).copied().unwrap_or(0);
            if count(&was) != count(&is) {
                changes.push(CaseChange {
                    case_id: case.to_owned(),
                    metric: metric.to_owned(),
                    before: count(&was),
                    after: count(&is),
                    why: None,
                });
            }
        }
    }
    changes.sort();
    Ok(changes)
}
