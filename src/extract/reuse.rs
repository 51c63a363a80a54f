//! Months that need not be read again: those of an earlier snapshot in which nothing changed since.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::order::{ExtractError, Order, query_error};
use crate::lake::manifest::{FileEntry, Manifest};
use crate::lake::store::{Draft, Lake, fault_of};

/// An earlier snapshot whose unchanged months can be linked.
pub(super) struct Reuse {
    folder: PathBuf,
    name: String,
    old: Manifest,
    changed: BTreeSet<String>,
}

impl Reuse {
    /// Whether a month is unchanged since, and its files are still what their manifest says.
    pub(super) fn is_whole(&self, month: &str) -> bool {
        !self.changed.contains(month)
            && self.old.ledger.contains_key(month)
            && self
                .files_of(month)
                .all(|entry| fault_of(&self.folder, entry).is_none())
    }

    fn files_of<'a>(&'a self, month: &str) -> impl Iterator<Item = &'a FileEntry> {
        let folder = format!("/received_month={month}/");
        self.old
            .files
            .iter()
            .filter(move |f| f.path.contains(&folder))
    }
}

/// The newest snapshot that the same source, mapping, rules and tool made not after `as_of`, with the
/// months that changed since; `None` when everything has to be read.
pub(super) fn reusable_months(
    lake: &Lake,
    order: &Order<'_>,
    new: &Manifest,
    connection: &Connection,
) -> Result<Option<Reuse>, ExtractError> {
    let Some(sql) = order.mapping.sql("changed.sql") else {
        return Ok(None);
    };
    if order.full {
        return Ok(None);
    }
    let same = |old: &Manifest| {
        old.tool == new.tool
            && old.source == new.source
            && old.mapping_sha256 == new.mapping_sha256
            && old.rules == new.rules
            && old.as_of <= new.as_of
    };
    let mut found = None;
    for name in lake.snapshots()?.into_iter().rev() {
        let folder = lake.root().join(&name);
        // A snapshot of another schema, or a damaged one, is simply not built upon.
        if let Ok(old) = Manifest::read(&folder)
            && same(&old)
        {
            found = Some((folder, name, old));
            break;
        }
    }
    let Some((folder, name, old)) = found else {
        return Ok(None);
    };
    if !same_chain(connection, order, &old)? {
        return Ok(None);
    }
    let rows: Vec<(String, bool)> = connection
        .prepare(sql)
        .and_then(|mut statement| {
            statement
                .query_map(named_params! { ":since": old.last_seq }, |row| {
                    Ok((row.get("received_month")?, row.get("erased")?))
                })?
                .collect()
        })
        .map_err(|source| query_error(order.mapping, "changed.sql", source))?;
    if rows.iter().any(|(_, erased)| *erased) {
        return Ok(None);
    }
    Ok(Some(Reuse {
        folder,
        name,
        old,
        changed: rows.into_iter().map(|(month, _)| month).collect(),
    }))
}

/// Whether the store still holds the event that an earlier snapshot ended with.
fn same_chain(
    connection: &Connection,
    order: &Order<'_>,
    old: &Manifest,
) -> Result<bool, ExtractError> {
    let Some(sql) = order.mapping.sql("anchor.sql") else {
        return Ok(true);
    };
    let found: Option<String> = connection
        .query_row(sql, named_params! { ":seq": old.last_seq }, |row| {
            row.get("chain_head")
        })
        .optional()
        .map_err(|source| query_error(order.mapping, "anchor.sql", source))?;
    Ok(found == old.chain_head)
}

/// Links the files of unchanged months into the new snapshot.
pub(super) fn link_months(
    draft: &Draft,
    reuse: &Reuse,
    months: &[String],
    manifest: &mut Manifest,
) -> Result<(), ExtractError> {
    if months.is_empty() {
        return Ok(());
    }
    manifest.linked_from = Some(reuse.name.clone());
    for month in months {
        for entry in reuse.files_of(month) {
            let target = draft.path().join(&entry.path);
            let failed = |source| ExtractError::Link {
                path: target.clone(),
                source,
            };
            if let Some(parent) = target.parent() {
                std::fs::create_dir_all(parent).map_err(failed)?;
            }
            let origin = reuse.folder.join(&entry.path);
            // Where links are not to be had (another file system), a copy serves as well.
            std::fs::hard_link(&origin, &target)
                .or_else(|_| std::fs::copy(&origin, &target).map(|_| ()))
                .map_err(failed)?;
            manifest.files.push(entry.clone());
        }
        if let Some(ledger) = reuse.old.ledger.get(month) {
            manifest.ledger.insert(month.clone(), ledger.clone());
        }
    }
    Ok(())
}
