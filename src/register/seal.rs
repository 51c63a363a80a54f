//! The checksum of a row in a table that no chain covers.
//!
//! A row is written with an empty checksum and sealed in the same transaction. The checksum finds
//! damage and careless edits; it is no protection against somebody who recomputes it.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Statement};

use super::chain::{Hash, bytes, number};
use super::error::{Result, unreadable};
use redress_plain::sha256::Sha256;

/// A table whose rows carry a checksum, with the columns that name a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealed {
    pub table: &'static str,
    pub key: &'static str,
}

/// Every table with a checksum per row.
pub(super) const SEALED: &[Sealed] = &[
    SETTING,
    SECRET,
    COMPLAINANT,
    COMPLAINT_CASE,
    OUTBOX,
    ATTACHMENT,
    STAFF,
    TRAINING,
    EVIDENCE,
    OBJECTIVE,
    CALENDAR_VERSION,
    LIMITS_VERSION,
    EXPOSURE,
    CHART_PHASE,
    CLUSTER_EVENT,
    SOURCE_CASE_EVENT,
    SOURCE_WITNESS,
    SECOND_FACTOR,
    RECOVERY_CODE,
    STAFF_EVENT,
    INTEGRATION_TOKEN,
    INTEGRATION_EVENT,
    WEBHOOK,
    WEBHOOK_DELIVERY,
    REGISTERED_FORM,
];

macro_rules! sealed {
    ($($name:ident = $table:literal, $key:literal;)+) => {
        $(pub(super) const $name: Sealed = Sealed { table: $table, key: $key };)+
    };
}

sealed! {
    SETTING = "setting", "key";
    SECRET = "secret", "name";
    COMPLAINANT = "complainant", "complainant_id";
    COMPLAINT_CASE = "complaint_case", "case_key";
    OUTBOX = "outbox", "message_id";
    ATTACHMENT = "attachment", "sha256 || ' ' || case_key";
    STAFF = "staff", "name";
    TRAINING = "training", "training_id";
    EVIDENCE = "evidence", "evidence_id";
    OBJECTIVE = "objective", "indicator || ' ' || version";
    CALENDAR_VERSION = "calendar_version", "calendar_id || ' ' || version";
    LIMITS_VERSION = "limits_version", "version";
    EXPOSURE = "exposure", "month || ' ' || product || ' ' || site || ' ' || version";
    CHART_PHASE = "chart_phase", "series || ' ' || site || ' ' || begins_month || ' ' || version";
    CLUSTER_EVENT = "cluster_event", "event_id";
    SOURCE_CASE_EVENT = "source_case_event", "event_id";
    SOURCE_WITNESS = "source_witness", "source || ' ' || case_id || ' ' || recorded_at";
    INTEGRATION_TOKEN = "integration_token", "name";
    INTEGRATION_EVENT = "integration_event", "event_id";
    WEBHOOK = "webhook", "name";
    WEBHOOK_DELIVERY = "webhook_delivery", "delivery_id";
    REGISTERED_FORM = "registered_form", "hex(form_hash)";
    SECOND_FACTOR = "second_factor", "staff";
    RECOVERY_CODE = "recovery_code", "code_id";
    STAFF_EVENT = "staff_event", "event_id";
}

/// Sets the checksum of the row with this rowid.
///
/// # Errors
/// When the database refuses.
pub(super) fn seal(conn: &Connection, sealed: Sealed, rowid: i64) -> Result<()> {
    let table = sealed.table;
    let checksum = {
        let mut select = conn.prepare_cached(&format!("SELECT * FROM {table} WHERE rowid = ?1"))?;
        let columns = covered(&select);
        select.query_row([rowid], |row| row_checksum(table, row, &columns))?
    };
    conn.prepare_cached(&format!(
        "UPDATE {table} SET checksum = ?1 WHERE rowid = ?2"
    ))?
    .execute((checksum.as_slice(), rowid))?;
    Ok(())
}

/// Seals every row of a table that an upgrade has written in another form.
///
/// # Errors
/// When the database refuses.
pub(super) fn seal_all(conn: &Connection, sealed: Sealed) -> Result<()> {
    // A kept statement still has the columns of the table as it was.
    conn.flush_prepared_statement_cache();
    let rowids = {
        let mut select = conn.prepare(&format!("SELECT rowid FROM {}", sealed.table))?;
        let found = select.query_map([], |row| row.get(0))?;
        found.collect::<rusqlite::Result<Vec<i64>>>()?
    };
    rowids
        .into_iter()
        .try_for_each(|rowid| seal(conn, sealed, rowid))
}

/// Whether every row of a table fits its checksum.
///
/// # Errors
/// For the first row that does not.
pub(super) fn check(conn: &Connection, sealed: Sealed) -> Result<()> {
    let table = sealed.table;
    let mut select = conn.prepare(&format!("SELECT * FROM {table} ORDER BY rowid"))?;
    let columns = covered(&select);
    let checksum = select.column_index("checksum")?;
    let mut rows = select.query([])?;
    let mut place = 0_u64;
    while let Some(row) = rows.next()? {
        place += 1;
        let stored: Vec<u8> = row.get(checksum)?;
        if stored != row_checksum(table, row, &columns)? {
            let why = "its checksum does not fit its values";
            return Err(unreadable(table, &format!("row {place}"), why));
        }
    }
    Ok(())
}

/// Positions of the columns that a checksum covers: all but itself, in the order of the schema. The others' names are not
/// looked at: in a damaged register they need not be text, on which reading them would end the program.
pub(super) fn covered(select: &Statement<'_>) -> Vec<usize> {
    let checksum = select.column_index("checksum").ok();
    (0..select.column_count())
        .filter(|column| Some(*column) != checksum)
        .collect()
}

/// The checksum over the covered columns of a row, which also names the table.
pub(super) fn row_checksum(
    table: &str,
    row: &Row<'_>,
    columns: &[usize],
) -> rusqlite::Result<Hash> {
    let mut sha = Sha256::new();
    bytes(&mut sha, Some(table.as_bytes()));
    for &column in columns {
        match row.get_ref(column)? {
            ValueRef::Null => bytes(&mut sha, None),
            ValueRef::Integer(value) => number(&mut sha, value),
            ValueRef::Real(value) => bytes(&mut sha, Some(&value.to_bits().to_be_bytes())),
            ValueRef::Text(value) | ValueRef::Blob(value) => bytes(&mut sha, Some(value)),
        }
    }
    Ok(sha.finish())
}
