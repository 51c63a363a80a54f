//! Reading cases.

use chrono::{DateTime, Utc};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::error::{RegisterError, Result, unreadable};
use super::projection::{EVENT_COLUMNS, event_from_row, read_events};
use super::records::instant;
use super::{Register, secrets};
use redress_domain::case_file::{CaseFile, Mode};
use redress_domain::event::{Event, EventKind};
use redress_domain::workflow::StateName;

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    pub case_key: i64,
    pub number: String,
    /// Local month in which it was received, as first recorded.
    pub received_month: String,
    pub complainant_id: i64,
    pub state: StateName,
    pub pass: u8,
    pub category: Option<String>,
    pub department: Option<String>,
    pub site: Option<String>,
    pub assigned_to: Option<String>,
    pub received_at: DateTime<Utc>,
    /// Position of its last event; hand it to [`super::Draft::expecting`].
    pub last_seq: i64,
}

/// Which cases to list; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    pub state: Option<StateName>,
    /// Only cases that are not closed.
    pub open_only: bool,
    pub department: Option<String>,
    pub site: Option<String>,
    pub category: Option<String>,
    pub assigned_to: Option<String>,
    /// First month, `YYYY-MM`.
    pub from_month: Option<String>,
    /// Last month, `YYYY-MM`.
    pub to_month: Option<String>,
    /// Only cases after this one, for paging.
    pub after_key: Option<i64>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// An event with what stands beside it in the register.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    pub event: Event,
    /// 1, 2, 3 … within the case.
    pub event_no: i64,
    /// Its free text; `None` when it has none or it was erased.
    pub text: Option<String>,
    /// Whether it had a text that was erased.
    pub text_erased: bool,
}

const COLUMNS: &str = "case_key, number, received_month, complainant_id, state, pass, category, \
                       department, site, assigned_to, received_at, last_seq";

impl Register {
    /// The case with this number.
    ///
    /// # Errors
    /// When there is none.
    pub fn case_by_number(&self, number: &str) -> Result<CaseRow> {
        self.read(|conn| by_number(conn, number))
    }

    /// The case with this key.
    ///
    /// # Errors
    /// When there is none.
    pub fn case_row(&self, case_key: i64) -> Result<CaseRow> {
        self.read(|conn| by_key(conn, case_key))
    }

    /// The cases that pass a filter, in the order of registration.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn list_cases(&self, filter: &CaseFilter) -> Result<Vec<CaseRow>> {
        let (sql, values) = filter.query();
        self.read(|conn| {
            let mut select = conn.prepare(&sql)?;
            let mut rows = select.query(params_from_iter(values))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(from_row(row)?);
            }
            Ok(found)
        })
    }

    /// How many cases there are.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count_cases(&self) -> Result<u64> {
        self.read(|conn| {
            let sql = "SELECT count(*) FROM complaint_case";
            let count: i64 = conn.query_row(sql, [], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    /// The events of a case in the order of recording.
    ///
    /// # Errors
    /// When there is no such case.
    pub fn events(&self, case_key: i64) -> Result<Vec<Event>> {
        self.read(|conn| events_of(conn, case_key))
    }

    /// The events of a case with their texts, in the order of recording.
    ///
    /// # Errors
    /// When there is no such case.
    pub fn history(&self, case_key: i64) -> Result<Vec<Recorded>> {
        self.read(|conn| {
            by_key(conn, case_key)?;
            let sql = format!(
                "SELECT {EVENT_COLUMNS}, event_no, body, e.text_id
                 FROM case_event e LEFT JOIN event_text t ON t.text_id = e.text_id
                 WHERE e.case_key = ?1 ORDER BY event_no"
            );
            let mut select = conn.prepare_cached(&sql)?;
            let mut rows = select.query([case_key])?;
            let mut history = Vec::new();
            while let Some(row) = rows.next()? {
                let text: Option<String> = row.get(9)?;
                let had_text = row.get::<_, Option<i64>>(10)?.is_some();
                history.push(Recorded {
                    event: event_from_row(row, 0)?,
                    event_no: row.get(8)?,
                    text_erased: had_text && text.is_none(),
                    text,
                });
            }
            Ok(history)
        })
    }

    /// The complaint in the complainant's words; `None` once erased.
    ///
    /// # Errors
    /// When there is no such case.
    pub fn narrative(&self, case_key: i64) -> Result<Option<String>> {
        let history = self.history(case_key)?;
        Ok(history
            .into_iter()
            .find(|r| r.event.body.kind() == EventKind::Registered)
            .and_then(|r| r.text))
    }

    /// The file of a case as it was known at `as_of` (now, when `None`).
    ///
    /// # Errors
    /// When there is no such case, or it was not registered by then.
    pub fn case_file(&self, case_key: i64, as_of: Option<DateTime<Utc>>) -> Result<CaseFile> {
        let events = self.events(case_key)?;
        Ok(CaseFile::fold(&events, as_of, Mode::Strict)?)
    }

    /// The case that a customer may look at with this number and password; `None` when they do not
    /// fit, after the same time as when they do.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn verify_tracking(&self, number: &str, password: &str) -> Result<Option<i64>> {
        let found: Option<(i64, Option<String>)> = self.read(|conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT case_key, tracking_hash FROM complaint_case WHERE number = ?1",
                )?
                .query_row([number.trim()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?)
        })?;
        let (case_key, hash) = match found {
            Some((case_key, hash)) => (Some(case_key), hash),
            None => (None, None),
        };
        let fits = secrets::fits(password.trim(), hash.as_deref());
        Ok(case_key.filter(|_| fits))
    }
}

impl CaseFilter {
    /// The statement that selects these cases, with its values.
    pub(super) fn query(&self) -> (String, Vec<Value>) {
        let mut conditions = vec!["1".to_owned()];
        let mut values: Vec<Value> = Vec::new();
        let mut ask = |condition: &str, value: Value| {
            values.push(value);
            conditions.push(format!("{condition} ?{}", values.len()));
        };
        let texts = [
            ("department =", &self.department),
            ("site =", &self.site),
            ("category =", &self.category),
            ("assigned_to =", &self.assigned_to),
            ("received_month >=", &self.from_month),
            ("received_month <=", &self.to_month),
        ];
        for (condition, text) in texts {
            if let Some(text) = text {
                ask(condition, Value::Text(text.clone()));
            }
        }
        if let Some(state) = self.state {
            ask("state =", Value::Text(state.as_str().to_owned()));
        }
        if let Some(key) = self.after_key {
            ask("case_key >", Value::Integer(key));
        }
        if self.open_only {
            let open: Vec<String> = StateName::ALL
                .iter()
                .filter(|state| !state.is_closed())
                .map(|state| format!("'{state}'"))
                .collect();
            conditions.push(format!("state IN ({})", open.join(", ")));
        }
        let limit = self.limit.map_or(-1, i64::from);
        let sql = format!(
            "SELECT {COLUMNS} FROM complaint_case WHERE {} ORDER BY case_key LIMIT {limit}",
            conditions.join(" AND ")
        );
        (sql, values)
    }
}

/// The case with this key.
pub(super) fn by_key(conn: &Connection, case_key: i64) -> Result<CaseRow> {
    let sql = format!("SELECT {COLUMNS} FROM complaint_case WHERE case_key = ?1");
    let found = conn
        .prepare_cached(&sql)?
        .query_row([case_key], |row| Ok(from_row(row)))
        .optional()?;
    found.unwrap_or_else(|| Err(no_such_case(&case_key.to_string())))
}

/// The case with this number.
pub(super) fn by_number(conn: &Connection, number: &str) -> Result<CaseRow> {
    let sql = format!("SELECT {COLUMNS} FROM complaint_case WHERE number = ?1");
    let found = conn
        .prepare_cached(&sql)?
        .query_row([number], |row| Ok(from_row(row)))
        .optional()?;
    found.unwrap_or_else(|| Err(no_such_case(number)))
}

fn events_of(conn: &Connection, case_key: i64) -> Result<Vec<Event>> {
    let events = read_events(conn, case_key)?;
    if events.is_empty() {
        return Err(no_such_case(&case_key.to_string()));
    }
    Ok(events)
}

fn no_such_case(key: &str) -> RegisterError {
    RegisterError::NoSuch {
        what: "case",
        key: key.to_owned(),
    }
}

/// A case from a row that begins with the columns of a case.
pub(super) fn from_row(row: &Row<'_>) -> Result<CaseRow> {
    let number: String = row.get(1)?;
    let state: String = row.get(4)?;
    Ok(CaseRow {
        case_key: row.get(0)?,
        received_month: row.get(2)?,
        complainant_id: row.get(3)?,
        state: state
            .parse()
            .map_err(|e| unreadable("complaint_case", &number, e))?,
        pass: row.get(5)?,
        category: row.get(6)?,
        department: row.get(7)?,
        site: row.get(8)?,
        assigned_to: row.get(9)?,
        received_at: instant(row, 10)?,
        last_seq: row.get(11)?,
        number,
    })
}
