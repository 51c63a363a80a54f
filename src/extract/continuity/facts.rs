//! What an earlier snapshot said of the cases that are missing now.

use std::collections::HashMap;
use std::path::Path;

use chrono::{DateTime, Utc};

use redress_domain::gone_case::{GoneCase, GoneFacts};
use redress_domain::scope::ScopeDimension;
use redress_lake::manifest::Manifest;
use redress_lake::reader::{ReadError, read_table};

/// The columns of `cases` that scopes of actions ask for.
const DIMENSIONS: [(ScopeDimension, &str); 10] = [
    (ScopeDimension::Category, "category"),
    (ScopeDimension::Product, "product"),
    (ScopeDimension::Lot, "lot"),
    (ScopeDimension::Site, "site"),
    (ScopeDimension::Department, "department"),
    (ScopeDimension::Channel, "channel"),
    (ScopeDimension::Language, "language"),
    (ScopeDimension::Severity, "severity_last"),
    (ScopeDimension::RootCause, "root_cause"),
    (ScopeDimension::RemedySought, "remedy_sought"),
];

/// The missing cases with what the earlier snapshot said of them, by number.
pub(super) fn facts_of(
    snapshot: &Path,
    manifest: &Manifest,
    mut missing: HashMap<String, Option<GoneFacts>>,
    gone_at: DateTime<Utc>,
) -> Result<Vec<GoneCase>, ReadError> {
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let own = [
        "case_id",
        "state",
        "received_on",
        "produced_on",
        "sold_on",
        "cost_minor",
    ];
    let columns: Vec<&str> = own
        .into_iter()
        .chain(DIMENSIONS.iter().map(|(_, column)| *column))
        .collect();
    read_table(snapshot, &manifest.files, "cases", &columns, |batch| {
        let ids = batch.texts("case_id")?;
        let states = batch.texts("state")?;
        let received = batch.days("received_on")?;
        let produced = batch.days("produced_on")?;
        let sold = batch.days("sold_on")?;
        let costs = batch.integers("cost_minor")?;
        let mut values = Vec::with_capacity(DIMENSIONS.len());
        for (dimension, column) in DIMENSIONS {
            values.push((dimension, batch.texts(column)?));
        }
        let days = received.into_iter().zip(produced).zip(sold);
        let rows = ids.into_iter().zip(states).zip(days).zip(costs).enumerate();
        for (at, (((id, state), ((received_on, produced_on), sold_on)), cost)) in rows {
            let (Some(id), Some(received_on)) = (id, received_on) else {
                continue;
            };
            let Some(facts) = missing.get_mut(id) else {
                continue;
            };
            let of_case = values.iter().filter_map(|(dimension, column)| {
                let value = column.get(at).copied().flatten()?;
                Some((*dimension, value.to_owned()))
            });
            *facts = Some(GoneFacts {
                state: state.unwrap_or_default().to_owned(),
                received_on,
                produced_on,
                sold_on,
                cost_minor: cost.unwrap_or(0),
                values: of_case.collect(),
            });
        }
        Ok(())
    })?;
    let mut gone: Vec<GoneCase> = missing
        .into_iter()
        .filter_map(|(case_id, facts)| {
            Some(GoneCase {
                case_id,
                seen_at: manifest.as_of,
                gone_at,
                facts: facts?,
            })
        })
        .collect();
    gone.sort_by(|a, b| a.case_id.cmp(&b.case_id));
    Ok(gone)
}
