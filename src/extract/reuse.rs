//! What need not be read again: an earlier snapshot's months in which nothing changed since, and the
//! unchanged cases of the others.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::order::{ExtractError, Order, query_error};
use redress_lake::manifest::{FileEntry, Manifest, WholeBecause};
use redress_lake::store::{Draft, Lake};
use redress_lake::verify::fault_of;
use redress_source::staging::Before;
use redress_source::store::Source;

/// Changed cases of a month that are spliced at most: their rows are held in memory.
const MOST_SPLICED: usize = 32_768;
/// A month is read whole when more than one case in this many changed: splicing then costs as much.
const SPLICED_SHARE: usize = 4;

/// An earlier snapshot that can be built upon.
pub(super) struct Reuse {
    folder: PathBuf,
    /// Its name, for the manifest.
    pub name: String,
    pub old: Manifest,
    /// Changed months, with the keys of the changed cases in ascending order; `None` where the mapping
    /// does not name them.
    changed: BTreeMap<String, Option<Vec<i64>>>,
}

/// What is to be done about a month.
pub(super) enum Plan<'a> {
    /// Nothing changed.
    Link,
    /// These cases changed.
    Splice(&'a [i64]),
    /// All of it has to be read.
    Read,
}

impl Reuse {
    /// What is to be done about a month.
    pub(super) fn plan(&self, month: &str) -> Plan<'_> {
        let Some(ledger) = self.old.ledger.get(month) else {
            return Plan::Read;
        };
        match self.changed.get(month) {
            None if self.is_intact(month) => Plan::Link,
            Some(Some(cases)) if is_worth_splicing(cases.len(), ledger.cases_in) => {
                Plan::Splice(cases)
            }
            None | Some(_) => Plan::Read,
        }
    }

    /// Whether nothing changed in a month.
    pub(super) fn is_unchanged(&self, month: &str) -> bool {
        !self.changed.contains_key(month)
    }

    /// Whether the files of a month are still what their manifest says.
    pub(super) fn is_intact(&self, month: &str) -> bool {
        self.files_of(month)
            .all(|entry| fault_of(&self.folder, entry).is_none())
    }

    /// A table's file of a month.
    pub(super) fn file_of(&self, table: &str, month: &str) -> Option<&FileEntry> {
        self.files_of(month).find(|entry| entry.table == table)
    }

    /// Where a file of the snapshot lies.
    pub(super) fn path_of(&self, entry: &FileEntry) -> PathBuf {
        self.folder.join(&entry.path)
    }

    fn files_of(&self, month: &str) -> impl Iterator<Item = &FileEntry> {
        let folder = format!("/received_month={month}/");
        self.old
            .files
            .iter()
            .filter(move |f| f.path.contains(&folder))
    }
}

fn is_worth_splicing(changed: usize, cases: u64) -> bool {
    changed <= MOST_SPLICED && changed.saturating_mul(SPLICED_SHARE) as u64 <= cases
}

/// A snapshot that the same source, mapping, rules and tool made.
pub(super) struct Earlier {
    folder: PathBuf,
    name: String,
    old: Manifest,
}

/// The newest such snapshot that was made not after `as_of`.
pub(super) fn earlier(
    lake: &Lake,
    order: &Order<'_>,
    new: &Manifest,
) -> Result<Result<Earlier, WholeBecause>, ExtractError> {
    if order.full {
        return Ok(Err(WholeBecause::Asked));
    }
    let same = |old: &Manifest| {
        old.tool == new.tool
            && old.source == new.source
            && old.mapping_sha256 == new.mapping_sha256
            && old.rules == new.rules
            && old.as_of <= new.as_of
            // What is restated is neither built upon nor built from others.
            && old.known_at.is_none()
            && new.known_at.is_none()
    };
    for name in lake.snapshots()?.into_iter().rev() {
        let folder = lake.root().join(&name);
        // A snapshot of another schema, or a damaged one, is simply not built upon.
        if let Ok(old) = Manifest::read(&folder)
            && same(&old)
        {
            return Ok(Ok(Earlier { folder, name, old }));
        }
    }
    Ok(Err(WholeBecause::NothingEarlier))
}

impl Earlier {
    /// What of it counts when a server is read again, or why everything has to be read.
    pub(super) fn marks(&self) -> Result<Before, WholeBecause> {
        if !self.old.unknown.is_empty() {
            return Err(WholeBecause::UnknownWords);
        }
        let intact = self.of(BTreeMap::new());
        let stale = self
            .old
            .ledger
            .iter()
            // An event that lay ahead of the last extract's moment may be past by now, without a change of the case.
            .filter(|(month, ledger)| {
                ledger.cases_later + ledger.events_later > 0 || !intact.is_intact(month)
            })
            .map(|(month, _)| month.clone());
        let mut before = Before {
            watermark: self.old.watermark.clone(),
            stale: stale.collect(),
        };
        if let Some(watermark) = &mut before.watermark {
            // What has no ledger was not read.
            watermark
                .months
                .retain(|month, _| self.old.ledger.contains_key(month));
        }
        Ok(before)
    }

    fn of(&self, changed: BTreeMap<String, Option<Vec<i64>>>) -> Reuse {
        Reuse {
            folder: self.folder.clone(),
            name: self.name.clone(),
            old: self.old.clone(),
            changed,
        }
    }
}

/// The earlier snapshot with what changed since, or why everything has to be read.
pub(super) fn reusable(
    earlier: Result<Earlier, WholeBecause>,
    order: &Order<'_>,
    source: &Source,
    connection: &Connection,
) -> Result<Result<Reuse, WholeBecause>, ExtractError> {
    if order.full {
        return Ok(Err(WholeBecause::Asked));
    }
    if source.server_rows.is_some() {
        let Some(marked) = &source.marked else {
            return Ok(Err(WholeBecause::Server));
        };
        return Ok(marked.changed.clone().and_then(|months| {
            let changed = months.into_iter().map(|month| (month, None)).collect();
            Ok(earlier?.of(changed))
        }));
    }
    let Some(sql) = order.mapping.sql("changed.sql") else {
        return Ok(Err(WholeBecause::ChangesUnknown));
    };
    let earlier = match earlier {
        Ok(earlier) => earlier,
        Err(why) => return Ok(Err(why)),
    };
    if !same_chain(connection, order, &earlier.old)? {
        return Ok(Err(WholeBecause::OtherChain));
    }
    let Some(changed) = changed_cases(connection, sql, earlier.old.last_seq)
        .map_err(|source| query_error(order.mapping, "changed.sql", source))?
    else {
        return Ok(Err(WholeBecause::Erased));
    };
    Ok(Ok(earlier.of(changed)))
}

/// The changed months and cases; `None` when something was erased.
fn changed_cases(
    connection: &Connection,
    sql: &str,
    since: i64,
) -> rusqlite::Result<Option<BTreeMap<String, Option<Vec<i64>>>>> {
    let mut statement = connection.prepare(sql)?;
    let names_cases = statement.column_names().any(|name| name == "case_key");
    let mut changed: BTreeMap<String, Option<Vec<i64>>> = BTreeMap::new();
    let mut rows = statement.query(named_params! { ":since": since })?;
    while let Some(row) = rows.next()? {
        if row.get("erased")? {
            return Ok(None);
        }
        let cases = changed
            .entry(row.get("received_month")?)
            .or_insert_with(|| names_cases.then(Vec::new));
        if let Some(cases) = cases {
            cases.push(row.get("case_key")?);
        }
    }
    for cases in changed.values_mut().flatten() {
        cases.sort_unstable();
        cases.dedup();
    }
    Ok(Some(changed))
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
    for month in months {
        for entry in reuse.files_of(month) {
            link(draft, reuse, entry)?;
            manifest.files.push(entry.clone());
        }
        if let Some(ledger) = reuse.old.ledger.get(month) {
            manifest.ledger.insert(month.clone(), ledger.clone());
        }
    }
    Ok(())
}

/// Links one file of the earlier snapshot into the new one.
pub(super) fn link(draft: &Draft, reuse: &Reuse, entry: &FileEntry) -> Result<(), ExtractError> {
    let target = draft.path().join(&entry.path);
    let failed = |source| ExtractError::Link {
        path: target.clone(),
        source,
    };
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let origin = reuse.path_of(entry);
    // Where links are not to be had (another file system), a copy serves as well.
    std::fs::hard_link(&origin, &target)
        .or_else(|_| std::fs::copy(&origin, &target).map(|_| ()))
        .map_err(failed)
}
