//! The tables of the lake that are small enough to be written anew each time.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rusqlite::{Connection, named_params};

use super::order::{ExtractError, Order, query_error};
use redress_domain::calendar::{Calendar, DayKind};
use redress_domain::rulebook::Rulebook;
use redress_lake::error::WriteError;
use redress_lake::manifest::{FileEntry, Manifest};
use redress_lake::store::Draft;
use redress_lake::table::days_since_epoch;
use redress_lake::tables::{
    CalendarColumns, CalendarRow, CaseColumns, ChartPhaseColumns, ChartPhaseRow, DeviationColumns,
    EventColumns, EvidenceColumns, EvidenceRow, ExposureColumns, ExposureRow, IssueColumns,
    NarrativeColumns, ObjectiveColumns, ObjectiveRow, PassColumns, StaffColumns, StaffRow,
    StageColumns, StateColumns,
};
use redress_lake::writer::{TableWriter, write_empty};
use redress_source::mapping::Mapping;

/// An empty file of every partitioned table, for a source without a month.
pub(super) fn write_empty_partitions(
    draft: &Draft,
    manifest: &mut Manifest,
) -> Result<(), ExtractError> {
    let path = draft.path();
    manifest.files.extend([
        write_empty::<CaseColumns>(path)?,
        write_empty::<IssueColumns>(path)?,
        write_empty::<PassColumns>(path)?,
        write_empty::<StageColumns>(path)?,
        write_empty::<StateColumns>(path)?,
        write_empty::<EventColumns>(path)?,
        write_empty::<DeviationColumns>(path)?,
        write_empty::<NarrativeColumns>(path)?,
    ]);
    Ok(())
}

/// The tables that lie in one file: exposures, evidences, objectives, phases of charts, staff, calendars.
///
/// `register` is the one beside a foreign store: it has what the store's mapping does not give.
pub(super) fn write_small_tables(
    draft: &Draft,
    connection: &Connection,
    register: Option<&Connection>,
    order: &Order<'_>,
    manifest: &mut Manifest,
) -> Result<(), ExtractError> {
    let from = Origins {
        store: (connection, order.mapping),
        beside: match register {
            Some(register) => Some((register, Mapping::of_the_register()?)),
            None => None,
        },
        as_of: order.knowledge().timestamp_micros(),
    };
    manifest.files.push(exposures(draft, &from)?);
    manifest.files.push(evidences(draft, &from)?);
    manifest.files.push(objectives(draft, &from)?);
    manifest.files.push(phases(draft, &from)?);
    manifest.files.push(staff(draft, &from)?);
    manifest.files.push(calendars(draft, order.rules)?);
    Ok(())
}

/// Where the rows of small tables come from.
struct Origins<'a> {
    store: (&'a Connection, &'a Mapping),
    /// The register beside a foreign store, with its own mapping.
    beside: Option<(&'a Connection, Mapping)>,
    /// Microseconds; what was recorded until then is known.
    as_of: i64,
}

/// Runs one of the small queries and hands every row to `take`: the store's, and where that gives no row, or the mapping
/// has no such query, that of the register beside it.
fn small_rows(
    from: &Origins<'_>,
    file: &str,
    mut take: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<Result<(), WriteError>>,
) -> Result<(), ExtractError> {
    let (store, of_store) = from.store;
    let beside = from.beside.as_ref().map(|(c, mapping)| (*c, mapping));
    for (connection, mapping) in std::iter::once((store, of_store)).chain(beside) {
        let Some(sql) = mapping.sql(file) else {
            continue;
        };
        let failed = |source| query_error(mapping, file, source);
        let mut statement = connection.prepare(sql).map_err(failed)?;
        let mut rows = if statement.parameter_count() == 0 {
            statement.query([])
        } else {
            statement.query(named_params! { ":as_of": from.as_of })
        }
        .map_err(failed)?;
        let mut any = false;
        while let Some(row) = rows.next().map_err(failed)? {
            any = true;
            take(row).map_err(failed)??;
        }
        if any {
            break;
        }
    }
    Ok(())
}

fn exposures(draft: &Draft, from: &Origins<'_>) -> Result<FileEntry, ExtractError> {
    let mut table = TableWriter::<ExposureColumns>::create(draft.path(), None)?;
    small_rows(from, "exposure.sql", |row| {
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

fn evidences(draft: &Draft, from: &Origins<'_>) -> Result<FileEntry, ExtractError> {
    let mut table = TableWriter::<EvidenceColumns>::create(draft.path(), None)?;
    small_rows(from, "evidence.sql", |row| {
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

fn objectives(draft: &Draft, from: &Origins<'_>) -> Result<FileEntry, ExtractError> {
    let mut table = TableWriter::<ObjectiveColumns>::create(draft.path(), None)?;
    small_rows(from, "objective.sql", |row| {
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

fn phases(draft: &Draft, from: &Origins<'_>) -> Result<FileEntry, ExtractError> {
    let mut table = TableWriter::<ChartPhaseColumns>::create(draft.path(), None)?;
    small_rows(from, "chart_phase.sql", |row| {
        let (series, begins_month): (String, String) =
            (row.get("series")?, row.get("begins_month")?);
        let (reason, entered_by): (String, String) = (row.get("reason")?, row.get("entered_by")?);
        let site: Option<String> = row.get("site")?;
        Ok(table.push(ChartPhaseRow {
            series: &series,
            site: site.as_deref(),
            begins_month: &begins_month,
            version: row.get("version")?,
            withdrawn: row.get("withdrawn")?,
            reason: &reason,
            entered_by: &entered_by,
            recorded_at: instant_column(row, "recorded_at")?,
        }))
    })?;
    Ok(table.finish()?)
}

fn staff(draft: &Draft, from: &Origins<'_>) -> Result<FileEntry, ExtractError> {
    let mut table = TableWriter::<StaffColumns>::create(draft.path(), None)?;
    small_rows(from, "staff.sql", |row| {
        let (department, site): (Option<String>, Option<String>) =
            (row.get("department")?, row.get("site")?);
        Ok(table.push(StaffRow {
            staff_no: row.get("staff_no")?,
            contact: row.get("contact")?,
            department: department.as_deref(),
            site: site.as_deref(),
            active: row.get("active")?,
            trained_on: optional_day(row, "trained_on")?,
        }))
    })?;
    Ok(table.finish()?)
}

/// An instant stored as microseconds in UTC.
fn instant_column(row: &rusqlite::Row<'_>, name: &'static str) -> rusqlite::Result<DateTime<Utc>> {
    let micros = row.get(name)?;
    DateTime::from_timestamp_micros(micros)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(0, micros))
}

/// A day stored as YYYY-MM-DD.
fn day_column(row: &rusqlite::Row<'_>, name: &'static str) -> rusqlite::Result<NaiveDate> {
    parse_day(&row.get::<_, String>(name)?)
}

/// A day that may be missing.
fn optional_day(
    row: &rusqlite::Row<'_>,
    name: &'static str,
) -> rusqlite::Result<Option<NaiveDate>> {
    row.get::<_, Option<String>>(name)?
        .filter(|text| !text.is_empty())
        .map(|text| parse_day(&text))
        .transpose()
}

fn parse_day(text: &str) -> rusqlite::Result<NaiveDate> {
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
