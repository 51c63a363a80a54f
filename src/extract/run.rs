//! The extract: all months of a source into a new snapshot; what did not change comes from the last.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rusqlite::{Connection, OptionalExtension, Statement, named_params};

use super::continuity::{Beside, compare};
use super::months::{Task, make_months};
use super::order::{Done, ExtractError, Order, query_error};
use super::reader::ReadError;
use super::reuse::{Plan, earlier, link_months, reusable};
use super::small_tables::{write_empty_partitions, write_small_tables};
use super::unknown::{in_words, unknown_words};
use redress_lake::manifest::{Ledger, Manifest, Reading, RulesUsed};
use redress_lake::store::Lake;
use redress_lake::tables::SCHEMA_VERSION;
use redress_plain::hex::hex;
use redress_plain::sha256;
use redress_register::Register;
use redress_register::people::Pseudonyms;
use redress_source::attendance::Attendance;
use redress_source::mapping::{Mapping, WATERMARK};
use redress_source::staging::{Before, How, Marked};
use redress_source::store::{Source, is_server, store_name};

/// Extracts a source into a new snapshot of the lake.
///
/// # Errors
/// When the source cannot be read, a rule does not cover a case, or the lake cannot be written.
pub fn extract(lake: &Lake, order: &Order<'_>) -> Result<Done, ExtractError> {
    extract_beside(lake, order, Beside::default())
}

/// The same with what lies beside a foreign store: the register that holds what is ours about its cases.
///
/// What the store does not have itself (evidence, objectives, phases of charts, units sold, training) comes from that
/// register, and it takes down which cases are gone from the store.
///
/// # Errors
/// As [`extract`], and when the store is not the source that it is said to be.
pub fn extract_beside(
    lake: &Lake,
    order: &Order<'_>,
    beside: Beside<'_>,
) -> Result<Done, ExtractError> {
    extract_attended(lake, order, beside, &Attendance::nobody())
}

/// The same while somebody attends: it can be stopped, and says how far the reading of a server is.
///
/// # Errors
/// As [`extract_beside`], and when stopping was asked for.
pub fn extract_attended(
    lake: &Lake,
    order: &Order<'_>,
    mut beside: Beside<'_>,
    attendance: &Attendance<'_>,
) -> Result<Done, ExtractError> {
    let zone = order.rules.organisation.zone();
    let threads = order.threads.max(1);
    let mut manifest = blank_manifest(order);
    let earlier = earlier(lake, order, &manifest)?;
    let how = How {
        zone,
        connections: threads,
        attendance,
        before: match (&earlier, is_server(order.store)) {
            (Ok(earlier), true) => earlier.marks(),
            (Ok(_), false) => Ok(Before::default()),
            (Err(why), _) => Err(*why),
        },
        key: order.pseudonym_key.as_deref(),
    };
    let mut source = Source::open_attended(order.store, order.mapping, how)?;
    let mut notes = std::mem::take(&mut source.notes);
    let draft = lake.begin()?;
    let readers = source.readers(threads)?;
    if readers.len() < threads {
        notes.push(format!(
            "{}: was read by one thread instead of {threads}, because no moment could be had in which nobody writes: \
             another program is writing, or the file is read-only",
            store_name(order.store),
        ));
    }
    let Some(first) = readers.first() else {
        return Err(ExtractError::WorkerLost);
    };
    let head = head(first, order)?;
    let mut months = months(first, order.mapping)?;
    let key = pseudonym_key(first, order)?.unwrap_or_default();
    manifest.last_seq = head.last_seq;
    manifest.chain_head = head.chain;

    let (reuse, whole_because) = match reusable(earlier, order, &source, first)? {
        Ok(reuse) => (Some(reuse), None),
        Err(why) => (None, Some(why)),
    };
    if let (Some(marked), Some(reuse)) = (&source.marked, &reuse) {
        // Of the months that did not change, the staged tables may hold no case at all.
        for month in marked.watermark.months.keys() {
            if !months.contains(month) && reuse.is_unchanged(month) {
                months.push(month.clone());
            }
        }
        manifest.last_seq = manifest.last_seq.max(reuse.old.last_seq);
    }
    manifest.reading = Some(Reading {
        whole_because,
        server_rows: source.server_rows,
    });
    let mut linked = Vec::new();
    let mut tasks = Vec::new();
    for month in months {
        let splice = match reuse.as_ref().map(|reuse| (reuse, reuse.plan(&month))) {
            Some((_, Plan::Link)) => {
                linked.push(month);
                continue;
            }
            Some((reuse, Plan::Splice(cases))) => Some((reuse, cases)),
            Some((_, Plan::Read)) | None => None,
        };
        tasks.push(Task { month, splice });
    }
    let read: BTreeSet<String> = tasks.iter().map(|task| task.month.clone()).collect();
    if let Some(Marked {
        changed: Ok(staged),
        ..
    }) = &source.marked
        && let Some(month) = read.difference(staged).next()
    {
        return Err(ExtractError::Spoiled {
            month: month.clone(),
        });
    }
    if let Some(reuse) = &reuse {
        link_months(&draft, reuse, &linked, &mut manifest)?;
    }
    let register = beside.register.as_deref().map(Register::connection);
    write_small_tables(&draft, first, register, order, &mut manifest)?;
    manifest.unknown = unknown_words(first, order)?;
    notes.extend(in_words(&manifest.unknown));
    let made = make_months(
        readers,
        &draft,
        order,
        &Pseudonyms::keyed(&key),
        tasks,
        &mut manifest,
        &attendance.stop,
    )?;
    if linked.len() + made.spliced > 0 {
        manifest.linked_from = reuse.as_ref().map(|reuse| reuse.name.clone());
    }
    // Where only what changed was staged, only that can be counted.
    let only = (source.marked.is_some() && reuse.is_some()).then_some(&read);
    census(&source, order, only, &mut manifest)?;
    match_marks(
        &mut source,
        order,
        reuse.is_some(),
        &mut manifest,
        &mut notes,
    )?;
    if manifest.ledger.is_empty() {
        write_empty_partitions(&draft, &mut manifest)?;
    }
    check_outcome(&manifest)?;
    let mut compared = compare(lake, draft.path(), order, &beside, &manifest, &source)?;
    manifest.gone = compared.count.take();
    notes.append(&mut compared.notes);
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
    compared.record(order, &mut beside, &manifest)?;
    let snapshot = draft.finish(&mut manifest)?;
    Ok(Done {
        snapshot,
        manifest,
        months_read: made.read,
        months_spliced: made.spliced,
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
                    named_params! { ":as_of": order.knowledge().timestamp_micros() },
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

pub(super) fn months(
    connection: &Connection,
    mapping: &Mapping,
) -> Result<Vec<String>, ExtractError> {
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

/// The column of a case's month of receipt.
const MONTH: &str = "received_month";

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

fn blank_manifest(order: &Order<'_>) -> Manifest {
    let calendar = &order.rules.organisation;
    Manifest {
        schema_version: SCHEMA_VERSION,
        tool: redress_plain::TOOL.to_owned(),
        as_of: order.as_of,
        known_at: order.known_at,
        source: order.source_name.clone(),
        source_name: order.mapping.source_name.clone(),
        mapping: order.mapping.name.clone(),
        mapping_sha256: order.mapping.sha256(),
        reading: None,
        watermark: None,
        rules: RulesUsed {
            calendar_id: calendar.id().to_owned(),
            calendar_version: calendar.version(),
            sha256: hex(&sha256::digest(order.rules_text.as_bytes())),
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
        unknown: Vec::new(),
        gone: None,
        chain_head: None,
        last_seq: 0,
        rows: BTreeMap::new(),
        ledger: BTreeMap::new(),
        linked_from: None,
        erasures: Vec::new(),
        files: Vec::new(),
        digest: String::new(),
    }
}

/// Whether the marks of a server's cases count the cases that the mapping gives. Where everything was read and they do not,
/// the next extract reads everything, too.
fn match_marks(
    source: &mut Source,
    order: &Order<'_>,
    was_spared: bool,
    manifest: &mut Manifest,
    notes: &mut Vec<String>,
) -> Result<(), ExtractError> {
    let Some(marked) = source.marked.take() else {
        return Ok(());
    };
    let months = &marked.watermark.months;
    let given = |month: &str| {
        let ledger = manifest.ledger.get(month);
        ledger.map_or(0, |ledger| ledger.cases_in + ledger.cases_later)
    };
    let marked_in = |month: &str| months.get(month).map_or(0, |mark| mark.cases);
    let differs = months
        .keys()
        .chain(manifest.ledger.keys())
        .filter(|month| *month != UNKNOWN_MONTH)
        .find(|month| given(month) != marked_in(month));
    let Some(month) = differs else {
        manifest.watermark = Some(marked.watermark);
        return Ok(());
    };
    let file = order.mapping.path(WATERMARK);
    let (marked_cases, cases) = (marked_in(month), given(month));
    if was_spared {
        return Err(ExtractError::OtherCases {
            file,
            month: month.clone(),
            marked: marked_cases,
            given: cases,
        });
    }
    notes.push(format!(
        "{}: marks {marked_cases} case(s) received in {month}, and case.sql gives {cases}: what changed will not be known",
        file.display()
    ));
    Ok(())
}

/// Counts the source's rows where the mapping says how (`census.sql`): rows that none of its queries
/// gave are refused ones. `only`: the months whose rows are all there, where others were not read.
fn census(
    source: &Source,
    order: &Order<'_>,
    only: Option<&BTreeSet<String>>,
    manifest: &mut Manifest,
) -> Result<(), ExtractError> {
    let Some(sql) = order.mapping.sql("census.sql") else {
        return Ok(());
    };
    let reader = source.readers(1)?;
    let Some(connection) = reader.first() else {
        return Err(ExtractError::WorkerLost);
    };
    let failed = |source| query_error(order.mapping, "census.sql", source);
    let mut statement = connection.prepare(sql).map_err(failed)?;
    // Said on the first night already, and not on the one that first counts some months alone.
    let columns: Vec<&str> = statement.column_names().collect();
    if source.marked.is_some() && !columns.contains(&MONTH) {
        return Err(ReadError::MissingColumn {
            file: order.mapping.path("census.sql"),
            column: MONTH,
            found: columns.join(", "),
        }
        .into());
    }
    let [cases, events] = counted_rows(&mut statement, only).map_err(failed)?;
    let mut totals = Ledger::default();
    for (month, ledger) in &manifest.ledger {
        if only.is_none_or(|only| only.contains(month)) {
            totals.add(ledger);
        }
    }
    let missing_cases = cases.saturating_sub(totals.cases_in + totals.cases_later);
    let missing_events = events.saturating_sub(totals.events_in + totals.events_later);
    if missing_cases + missing_events == 0 {
        return Ok(());
    }
    let rest = manifest.ledger.entry(UNKNOWN_MONTH.to_owned()).or_default();
    if missing_cases > 0 {
        rest.cases_in += missing_cases;
        rest.refuse(
            "case",
            "no month of the mapping holds it",
            missing_cases,
            "one that census.sql counts and case.sql does not give",
        );
    }
    if missing_events > 0 {
        rest.events_in += missing_events;
        rest.refuse(
            "event",
            "no case of the source has it",
            missing_events,
            "one that census.sql counts and event.sql does not give",
        );
    }
    Ok(())
}

/// The sums of a census: cases and events, of some months or of all. What belongs to no month counts always.
fn counted_rows(
    statement: &mut Statement<'_>,
    only: Option<&BTreeSet<String>>,
) -> rusqlite::Result<[u64; 2]> {
    let mut rows = statement.query([])?;
    let mut sums = [0; 2];
    while let Some(row) = rows.next()? {
        if let Some(only) = only {
            let month: Option<String> = row.get(MONTH)?;
            if month.is_some_and(|month| !only.contains(&month)) {
                continue;
            }
        }
        for (sum, column) in sums.iter_mut().zip(["cases", "events"]) {
            let count: i64 = row.get(column)?;
            *sum += u64::try_from(count).unwrap_or(0);
        }
    }
    Ok(sums)
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
