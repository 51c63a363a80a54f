//! What a case looks like now, folded from its events and kept beside them for lists.

use rusqlite::{Connection, Row};

use super::error::{Result, unreadable};
use super::records::instant;
use super::seal::{self, COMPLAINT_CASE};
use super::to_micros;
use redress_domain::case_file::{CaseFile, Mode};
use redress_domain::event::{Event, EventBody, EventKind};

/// The folded columns of `complaint_case`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Projection {
    pub state: String,
    pub pass: i64,
    pub category: Option<String>,
    pub department: Option<String>,
    pub site: Option<String>,
    pub assigned_to: Option<String>,
    pub received_at: i64,
    pub last_seq: i64,
}

impl Projection {
    /// The columns for a folded case whose last event has this position.
    pub fn of(file: &CaseFile, last_seq: i64) -> Projection {
        let holding = file.holdings.last();
        Projection {
            state: file.state.name().as_str().to_owned(),
            pass: i64::from(file.state.pass()),
            category: file.category.clone(),
            department: holding.map(|h| h.department.clone()),
            site: holding
                .and_then(|h| h.site.clone())
                .or_else(|| file.registration.site.clone()),
            assigned_to: file.assigned_to.clone(),
            received_at: to_micros(file.received_at()),
            last_seq,
        }
    }

    /// The columns as they are stored, in this order: state, pass, category, department, site,
    /// assigned_to, received_at, last_seq, from column `first` on.
    pub fn stored(row: &Row<'_>, first: usize) -> rusqlite::Result<Projection> {
        Ok(Projection {
            state: row.get(first)?,
            pass: row.get(first + 1)?,
            category: row.get(first + 2)?,
            department: row.get(first + 3)?,
            site: row.get(first + 4)?,
            assigned_to: row.get(first + 5)?,
            received_at: row.get(first + 6)?,
            last_seq: row.get(first + 7)?,
        })
    }

    /// Writes the columns of a case and seals its row.
    pub fn store(&self, conn: &Connection, case_key: i64) -> Result<()> {
        conn.prepare_cached(
            "UPDATE complaint_case SET state = ?2, pass = ?3, category = ?4, department = ?5,
                    site = ?6, assigned_to = ?7, received_at = ?8, last_seq = ?9
             WHERE case_key = ?1",
        )?
        .execute((
            case_key,
            &self.state,
            self.pass,
            &self.category,
            &self.department,
            &self.site,
            &self.assigned_to,
            self.received_at,
            self.last_seq,
        ))?;
        seal::seal(conn, COMPLAINT_CASE, case_key)
    }
}

/// A case with its events, folded by the strict rules.
#[derive(Debug)]
pub(super) struct Folded {
    pub events: Vec<Event>,
    pub file: CaseFile,
}

/// Folds a case anew and stores its projection.
///
/// # Errors
/// The workflow's refusal, when the events do not follow from each other.
pub(super) fn refold(conn: &Connection, case_key: i64) -> Result<Folded> {
    let events = read_events(conn, case_key)?;
    let file = CaseFile::fold(&events, None, Mode::Strict)?;
    let last_seq = events.iter().map(|e| e.seq).max().unwrap_or(0);
    Projection::of(&file, last_seq).store(conn, case_key)?;
    Ok(Folded { events, file })
}

/// The columns that [`event_from_row`] reads.
pub(super) const EVENT_COLUMNS: &str =
    "seq, kind, occurred_at, recorded_at, role, actor, late_reason, data";

/// The events of a case in the order of recording.
pub(super) fn read_events(conn: &Connection, case_key: i64) -> Result<Vec<Event>> {
    let sql =
        format!("SELECT {EVENT_COLUMNS} FROM case_event WHERE case_key = ?1 ORDER BY event_no");
    let mut select = conn.prepare_cached(&sql)?;
    let mut rows = select.query([case_key])?;
    let mut events = Vec::with_capacity(12);
    while let Some(row) = rows.next()? {
        events.push(event_from_row(row, 0)?);
    }
    Ok(events)
}

/// An event from a row with [`EVENT_COLUMNS`] from column `first` on.
pub(super) fn event_from_row(row: &Row<'_>, first: usize) -> Result<Event> {
    let seq: i64 = row.get(first)?;
    let broken = |why: &dyn std::fmt::Display| unreadable("case_event", &format!("seq {seq}"), why);
    let word = |column: usize| -> Result<&str> {
        row.get_ref(first + column)?
            .as_str()
            .map_err(|e| broken(&e))
    };
    let kind: EventKind = word(1)?.parse().map_err(|e| broken(&e))?;
    Ok(Event {
        seq,
        occurred_at: instant(row, first + 2)?,
        recorded_at: instant(row, first + 3)?,
        role: word(4)?.parse().map_err(|e| broken(&e))?,
        actor: row.get(first + 5)?,
        late_reason: row.get(first + 6)?,
        body: EventBody::parse(kind, word(7)?).map_err(|e| broken(&e))?,
    })
}
