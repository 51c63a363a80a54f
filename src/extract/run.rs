//! The extract: all months of a source into a new snapshot, unchanged ones linked from the last.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, named_params};
use sha2::{Digest, Sha256};

use super::local_days::LocalDays;
use super::mapping::Mapping;
use super::reader::{ReadError, read_month};
use super::rows::{MonthFiles, View};
use super::source::{Source, SourceError};
use crate::domain::calendar::{Calendar, CalendarError, DayKind};
use crate::domain::rulebook::Rulebook;
use crate::hex::hex;
use crate::lake::manifest::{FileEntry, Ledger, Manifest, RulesUsed};
use crate::lake::store::{Draft, Lake, LakeError, fault_of};
use crate::lake::table::days_since_epoch;
use crate::lake::tables::{
    CalendarColumns, CalendarRow, CaseColumns, EventColumns, EvidenceColumns, EvidenceRow,
    ExposureColumns, ExposureRow, IssueColumns, NarrativeColumns, ObjectiveColumns, ObjectiveRow,
    SCHEMA_VERSION, StageColumns, StateColumns,
};
use crate::lake::writer::{TableWriter, WriteError, write_empty};
use crate::register::people::pseudonym;

/// What an extract is asked for.
pub struct Order<'a> {
    pub store: &'a Path,
    /// How the manifest names the source.
    pub source_name: String,
    pub mapping: &'a Mapping,
    pub as_of: DateTime<Utc>,
    pub rules: &'a Rulebook,
    /// What of the rules decides figures, as text, so that a change is noticed.
    pub rules_text: String,
    /// Key of the complainants' pseudonyms where the source has none of its own.
    pub pseudonym_key: Option<Vec<u8>>,
    pub threads: usize,
    /// Read everything even where nothing changed.
    pub full: bool,
    /// Told the months done and the months in all.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// What an extract did.
#[derive(Debug)]
pub struct Done {
    pub snapshot: PathBuf,
    pub manifest: Manifest,
    pub months_read: usize,
    pub months_linked: usize,
    /// What a reader should know, in words.
    pub notes: Vec<String>,
}

/// Why an extract failed; the lake is then as it was.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    #[error("{file}: {source}")]
    Query {
        file: PathBuf,
        source: rusqlite::Error,
    },
    #[error(
        "{file}: `{found}` is no month, or stands twice; give each once, as YYYY-MM or `unknown`"
    )]
    BadMonth { file: PathBuf, found: String },
    #[error("the source gives {cases} cases and none of them can be used: {reason}")]
    NothingUsable { cases: u64, reason: String },
    #[error("{path}: cannot be linked: {source}")]
    Link {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("a worker stopped without a word; run again and report this")]
    WorkerLost,
}

/// Extracts a source into a new snapshot of the lake.
///
/// # Errors
/// When the source cannot be read, a rule does not cover a case, or the lake cannot be written.
pub fn extract(lake: &Lake, order: &Order<'_>) -> Result<Done, ExtractError> {
    let zone = order.rules.organisation.zone();
    let mut source = Source::open(order.store, order.mapping, zone)?;
    let mut notes = std::mem::take(&mut source.notes);
    let draft = lake.begin()?;
    let readers = source.readers(order.threads.max(1))?;
    let Some(first) = readers.first() else {
        return Err(ExtractError::WorkerLost);
    };
    let head = head(first, order)?;
    let months = months(first, order.mapping)?;
    let key = pseudonym_key(first, order)?;
    let mut manifest = blank_manifest(order, &head);

    let reusable = reusable_months(lake, order, &manifest, first)?;
    let (linked, to_read): (Vec<String>, Vec<String>) = match &reusable {
        Some(reuse) => months.into_iter().partition(|m| reuse.is_whole(m)),
        None => (Vec::new(), months),
    };
    if let Some(reuse) = &reusable {
        link_months(&draft, reuse, &linked, &mut manifest)?;
    }
    write_small_tables(&draft, first, order, &mut manifest)?;
    let months_read = to_read.len();
    read_months(
        readers,
        &draft,
        order,
        key.as_deref(),
        to_read,
        &mut manifest,
    )?;
    census(&source, order, &mut manifest)?;
    if manifest.ledger.is_empty() {
        write_empty_partitions(&draft, &mut manifest)?;
    }
    check_outcome(&manifest)?;
    let totals = manifest.totals();
    if totals.cases_in == 0 {
        notes.push(format!(
            "the source gives no case known at {}; the snapshot's tables are empty",
            order.as_of
        ));
    }
    for refused in &totals.refused {
        notes.push(format!(
            "{} {} row(s) refused: {}; the first is {}",
            refused.rows, refused.what, refused.reason, refused.first
        ));
    }
    manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
    for file in &manifest.files {
        *manifest.rows.entry(file.table.clone()).or_default() += file.rows;
    }
    let snapshot = draft.finish(&mut manifest)?;
    Ok(Done {
        snapshot,
        manifest,
        months_read,
        months_linked: linked.len(),
        notes,
    })
}

/// The newest event known at `as_of`.
struct Head {
    last_seq: i64,
    chain: Option<String>,
}

fn head(connection: &Connection, order: &Order<'_>) -> Result<Head, ExtractError> {
    let found = connection
        .prepare(order.mapping.sql("head.sql").unwrap_or_default())
        .and_then(|mut statement| {
            statement
                .query_row(
                    named_params! { ":as_of": order.as_of.timestamp_micros() },
                    |row| {
                        Ok((
                            row.get::<_, Option<i64>>("last_seq")?,
                            row.get("chain_head")?,
                        ))
                    },
                )
                .optional()
        })
        .map_err(|source| query_error(order.mapping, "head.sql", source))?;
    Ok(match found {
        Some((last_seq, chain)) => Head {
            last_seq: last_seq.unwrap_or(0),
            chain,
        },
        None => Head {
            last_seq: 0,
            chain: None,
        },
    })
}

fn months(connection: &Connection, mapping: &Mapping) -> Result<Vec<String>, ExtractError> {
    let months: Vec<String> = connection
        .prepare(mapping.sql("months.sql").unwrap_or_default())
        .and_then(|mut statement| {
            statement
                .query_map([], |row| row.get("received_month"))?
                .collect()
        })
        .map_err(|source| query_error(mapping, "months.sql", source))?;
    let mut seen = BTreeSet::new();
    for month in &months {
        // Folders are named by it, so it must be nothing else.
        if !(month == UNKNOWN_MONTH || is_month(month)) || !seen.insert(month) {
            return Err(ExtractError::BadMonth {
                file: mapping.path("months.sql"),
                found: month.clone(),
            });
        }
    }
    Ok(months)
}

/// The month of cases whose receipt cannot be read.
const UNKNOWN_MONTH: &str = "unknown";

/// Whether a text is a month as `YYYY-MM`.
fn is_month(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 7 && NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").is_ok()
}

fn pseudonym_key(
    connection: &Connection,
    order: &Order<'_>,
) -> Result<Option<Vec<u8>>, ExtractError> {
    match order.mapping.sql("secret.sql") {
        Some(sql) => connection
            .query_row(sql, [], |row| row.get("secret"))
            .optional()
            .map_err(|source| query_error(order.mapping, "secret.sql", source)),
        None => Ok(order.pseudonym_key.clone()),
    }
}

fn query_error(mapping: &Mapping, file: &str, source: rusqlite::Error) -> ExtractError {
    ExtractError::Query {
        file: mapping.path(file),
        source,
    }
}

fn blank_manifest(order: &Order<'_>, head: &Head) -> Manifest {
    let calendar = &order.rules.organisation;
    Manifest {
        schema_version: SCHEMA_VERSION,
        tool: concat!("redress ", env!("CARGO_PKG_VERSION")).to_owned(),
        as_of: order.as_of,
        source: order.source_name.clone(),
        mapping: order.mapping.name.clone(),
        mapping_sha256: order.mapping.sha256(),
        rules: RulesUsed {
            calendar_id: calendar.id().to_owned(),
            calendar_version: calendar.version(),
            sha256: hex(&Sha256::digest(order.rules_text.as_bytes())),
            zone: calendar.zone().name().to_owned(),
            limits_version: order.rules.limits.version(),
        },
        not_recorded: order
            .mapping
            .settings
            .not_recorded
            .iter()
            .map(ToString::to_string)
            .collect(),
        chain_head: head.chain.clone(),
        last_seq: head.last_seq,
        rows: BTreeMap::new(),
        ledger: BTreeMap::new(),
        linked_from: None,
        files: Vec::new(),
        digest: String::new(),
    }
}

/// An earlier snapshot whose unchanged months can be linked.
struct Reuse {
    folder: PathBuf,
    name: String,
    old: Manifest,
    changed: BTreeSet<String>,
}

impl Reuse {
    /// Whether a month is unchanged since, and its files are still what their manifest says.
    fn is_whole(&self, month: &str) -> bool {
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
fn reusable_months(
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

fn link_months(
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

/// Counts the source's rows where the mapping says how (`census.sql`): rows that none of its queries
/// gave are refused ones.
fn census(source: &Source, order: &Order<'_>, manifest: &mut Manifest) -> Result<(), ExtractError> {
    let Some(sql) = order.mapping.sql("census.sql") else {
        return Ok(());
    };
    let reader = source.readers(1)?;
    let Some(connection) = reader.first() else {
        return Err(ExtractError::WorkerLost);
    };
    let counted: (i64, i64) = connection
        .query_row(sql, [], |row| Ok((row.get("cases")?, row.get("events")?)))
        .map_err(|source| query_error(order.mapping, "census.sql", source))?;
    let [cases, events] = [counted.0, counted.1].map(|n| u64::try_from(n).unwrap_or(0));
    let totals = manifest.totals();
    let missing_cases = cases.saturating_sub(totals.cases_in + totals.cases_later);
    let missing_events = events.saturating_sub(totals.events_in + totals.events_later);
    if missing_cases + missing_events == 0 {
        return Ok(());
    }
    let example = "compare census.sql with case.sql and event.sql";
    let rest = manifest.ledger.entry(UNKNOWN_MONTH.to_owned()).or_default();
    if missing_cases > 0 {
        rest.cases_in += missing_cases;
        rest.refuse(
            "case",
            "no month of the mapping holds it",
            missing_cases,
            example,
        );
    }
    if missing_events > 0 {
        rest.events_in += missing_events;
        rest.refuse(
            "event",
            "no case of the source has it",
            missing_events,
            example,
        );
    }
    Ok(())
}

/// Reads the months on as many threads as there are readers; each month is one thread's work, so its
/// files do not depend on their number.
fn read_months(
    readers: Vec<Connection>,
    draft: &Draft,
    order: &Order<'_>,
    key: Option<&[u8]>,
    months: Vec<String>,
    manifest: &mut Manifest,
) -> Result<(), ExtractError> {
    let total = months.len();
    let queue = Mutex::new(VecDeque::from(months));
    let stop = AtomicBool::new(false);
    let done: Mutex<Vec<(String, Ledger, Vec<FileEntry>)>> = Mutex::new(Vec::with_capacity(total));
    let work = |connection: Connection| -> Result<(), ExtractError> {
        let mut days = LocalDays::of(order.rules.organisation.zone());
        while !stop.load(Ordering::Relaxed) {
            let next = queue.lock().ok().and_then(|mut q| q.pop_front());
            let Some(month) = next else { break };
            let outcome = one_month(&connection, draft, order, key, &month, &mut days);
            match outcome {
                Ok((ledger, files)) => {
                    let mut done = done.lock().map_err(|_| ExtractError::WorkerLost)?;
                    done.push((month, ledger, files));
                    (order.progress)(done.len(), total);
                }
                Err(error) => {
                    stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = readers
            .into_iter()
            .map(|connection| scope.spawn(|| work(connection)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or(Err(ExtractError::WorkerLost)))
            .collect::<Result<Vec<()>, ExtractError>>()
    })?;
    let finished = done.into_inner().map_err(|_| ExtractError::WorkerLost)?;
    for (month, ledger, files) in finished {
        manifest.ledger.insert(month, ledger);
        manifest.files.extend(files);
    }
    Ok(())
}

fn one_month(
    connection: &Connection,
    draft: &Draft,
    order: &Order<'_>,
    key: Option<&[u8]>,
    month: &str,
    days: &mut LocalDays,
) -> Result<(Ledger, Vec<FileEntry>), ExtractError> {
    let mut ledger = Ledger::default();
    let mut files = MonthFiles::create(draft.path(), month)?;
    let view = View {
        rules: order.rules,
        not_recorded: &order.mapping.settings.not_recorded,
    };
    read_month::<ExtractError>(
        connection,
        order.mapping,
        month,
        order.as_of,
        &mut ledger,
        |bundle, ledger| {
            let pseudonym = bundle
                .complainant
                .as_deref()
                .map(|name| pseudonym(key.unwrap_or_default(), name));
            files.take(&bundle, pseudonym.as_deref(), view, days, ledger)?;
            Ok(())
        },
    )?;
    Ok((ledger, files.finish()?))
}

fn check_outcome(manifest: &Manifest) -> Result<(), ExtractError> {
    let totals = manifest.totals();
    if totals.cases_out > 0 {
        return Ok(());
    }
    // A register without a case yet is a good one: its snapshot has every table, empty.
    if totals.cases_in == 0 && totals.events_in == 0 {
        return Ok(());
    }
    Err(ExtractError::NothingUsable {
        cases: totals.cases_in,
        reason: totals
            .refused
            .first()
            .map(|r| format!("{} (first: {})", r.reason, r.first))
            .unwrap_or_default(),
    })
}

fn write_empty_partitions(draft: &Draft, manifest: &mut Manifest) -> Result<(), ExtractError> {
    let path = draft.path();
    manifest.files.extend([
        write_empty::<CaseColumns>(path)?,
        write_empty::<IssueColumns>(path)?,
        write_empty::<StageColumns>(path)?,
        write_empty::<StateColumns>(path)?,
        write_empty::<EventColumns>(path)?,
        write_empty::<NarrativeColumns>(path)?,
    ]);
    Ok(())
}

fn write_small_tables(
    draft: &Draft,
    connection: &Connection,
    order: &Order<'_>,
    manifest: &mut Manifest,
) -> Result<(), ExtractError> {
    manifest.files.push(exposures(draft, connection, order)?);
    manifest.files.push(evidences(draft, connection, order)?);
    manifest.files.push(objectives(draft, connection, order)?);
    manifest.files.push(calendars(draft, order.rules)?);
    Ok(())
}

/// Runs one of the mapping's small queries and hands every row to `take`; a mapping without it gives none.
fn small_rows(
    connection: &Connection,
    order: &Order<'_>,
    file: &str,
    mut take: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<Result<(), WriteError>>,
) -> Result<(), ExtractError> {
    let Some(sql) = order.mapping.sql(file) else {
        return Ok(());
    };
    let failed = |source| query_error(order.mapping, file, source);
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let as_of = order.as_of.timestamp_micros();
    let mut rows = if statement.parameter_count() == 0 {
        statement.query([])
    } else {
        statement.query(named_params! { ":as_of": as_of })
    }
    .map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        take(row).map_err(failed)??;
    }
    Ok(())
}

fn exposures(
    draft: &Draft,
    connection: &Connection,
    order: &Order<'_>,
) -> Result<FileEntry, ExtractError> {
    let mut table = TableWriter::<ExposureColumns>::create(draft.path(), None)?;
    small_rows(connection, order, "exposure.sql", |row| {
        let (month, product, site): (String, Option<String>, Option<String>) =
            (row.get("month")?, row.get("product")?, row.get("site")?);
        Ok(table.push(ExposureRow {
            month: &month,
            product: product.as_deref(),
            site: site.as_deref(),
            units: row.get("units")?,
        }))
    })?;
    Ok(table.finish()?)
}

fn evidences(
    draft: &Draft,
    connection: &Connection,
    order: &Order<'_>,
) -> Result<FileEntry, ExtractError> {
    let mut table = TableWriter::<EvidenceColumns>::create(draft.path(), None)?;
    small_rows(connection, order, "evidence.sql", |row| {
        let (indicator, entered_by): (String, String) =
            (row.get("indicator")?, row.get("entered_by")?);
        let (unit, note): (Option<String>, Option<String>) = (row.get("unit")?, row.get("note")?);
        Ok(table.push(EvidenceRow {
            indicator: &indicator,
            dated: day_column(row, "dated")?,
            figure: row.get("figure")?,
            unit: unit.as_deref(),
            entered_by: &entered_by,
            note: note.as_deref(),
        }))
    })?;
    Ok(table.finish()?)
}

fn objectives(
    draft: &Draft,
    connection: &Connection,
    order: &Order<'_>,
) -> Result<FileEntry, ExtractError> {
    let mut table = TableWriter::<ObjectiveColumns>::create(draft.path(), None)?;
    small_rows(connection, order, "objective.sql", |row| {
        let (indicator, direction, owner): (String, String, String) = (
            row.get("indicator")?,
            row.get("direction")?,
            row.get("owner")?,
        );
        Ok(table.push(ObjectiveRow {
            indicator: &indicator,
            version: row.get("version")?,
            target: row.get("target")?,
            direction: &direction,
            owner: &owner,
            effective_from: day_column(row, "effective_from")?,
        }))
    })?;
    Ok(table.finish()?)
}

/// A day stored as YYYY-MM-DD.
fn day_column(row: &rusqlite::Row<'_>, name: &'static str) -> rusqlite::Result<NaiveDate> {
    let text: String = row.get(name)?;
    text.parse().map_err(|source| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(source))
    })
}

fn calendars(draft: &Draft, rules: &Rulebook) -> Result<FileEntry, ExtractError> {
    let mut table = TableWriter::<CalendarColumns>::create(draft.path(), None)?;
    let mut written: BTreeSet<&str> = BTreeSet::new();
    for calendar in std::iter::once(&rules.organisation).chain(rules.departments.values()) {
        if written.insert(calendar.id()) {
            write_calendar(&mut table, calendar)?;
        }
    }
    Ok(table.finish()?)
}

fn write_calendar(
    table: &mut TableWriter<CalendarColumns>,
    calendar: &Calendar,
) -> Result<(), ExtractError> {
    let (first, last) = calendar.table_range();
    for day in first.iter_days().take_while(|day| *day <= last) {
        let special = calendar.special(day);
        let working = calendar.is_counted(day)?;
        let week = day.iso_week();
        table.push(CalendarRow {
            calendar_id: calendar.id(),
            version: i32::try_from(calendar.version()).unwrap_or(i32::MAX),
            day,
            day_index: i64::from(days_since_epoch(day)),
            working,
            fraction: calendar.fraction(day)?,
            workday_index: calendar.workday_index(day)?,
            day_name: special.map(|s| s.name.as_str()),
            day_kind: match special {
                Some(special) => day_kind(special.kind),
                None if calendar.is_working(day)? => "working",
                None => "weekend",
            },
            month: &day.format("%Y-%m").to_string(),
            quarter: &format!("{}-Q{}", day.year(), day.month0() / 3 + 1),
            iso_week: &format!("{}-W{:02}", week.year(), week.week()),
            weekday: i32::try_from(day.weekday().number_from_monday()).unwrap_or(0),
        })?;
    }
    Ok(())
}

const fn day_kind(kind: DayKind) -> &'static str {
    match kind {
        DayKind::FullDay => "holiday",
        DayKind::HalfDay { .. } => "half_day",
        DayKind::Closure => "closure",
        DayKind::AdministrativeLeave => "administrative_leave",
    }
}
