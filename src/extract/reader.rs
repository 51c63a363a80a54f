//! Canonical rows of one month, case by case: the mapping's streams merged by `case_key`.

use std::path::PathBuf;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Rows, Statement, named_params};

use super::mapping::Mapping;
use super::source::instant_of;
use crate::domain::event::{Event, EventBody, EventKind};
use crate::domain::vocabulary::Role;
use crate::lake::manifest::Ledger;

/// One case with its events, as the store holds them.
#[derive(Debug)]
pub struct CaseBundle {
    pub case_key: i64,
    pub case_id: String,
    /// The store's own name of the complainant; never written to the lake.
    pub complainant: Option<String>,
    pub source_verdict: Option<String>,
    pub narrative: Option<String>,
    pub events: Vec<Event>,
    /// Whether events of it were recorded only after `as_of`.
    pub known_later: bool,
}

/// Why canonical rows could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{file}: {source}")]
    Sql {
        file: PathBuf,
        source: rusqlite::Error,
    },
    #[error("{file}: gives no column `{column}`; it gives: {found}")]
    MissingColumn {
        file: PathBuf,
        column: &'static str,
        found: String,
    },
    #[error("{file}: the column `{column}` holds {found} in row {row}, where {wanted} is expected")]
    WrongType {
        file: PathBuf,
        column: &'static str,
        row: u64,
        found: String,
        wanted: &'static str,
    },
    #[error(
        "{file}: the case `{case_id}` (case_key {case_key}) stands twice; give every case once, with a key of its own"
    )]
    Twice {
        file: PathBuf,
        case_id: String,
        case_key: i64,
    },
    #[error("{file}: row {row} is out of order; end the query with ORDER BY case_key")]
    OutOfOrder { file: PathBuf, row: u64 },
}

/// Reads the cases of one month in the order of their keys and hands each to `take`.
///
/// Rows that cannot be used are noted in the ledger with a reason; nothing is dropped in silence.
///
/// # Errors
/// When a query fails, lacks a column, gives a wrong type or order, or `take` fails.
pub fn read_month<E: From<ReadError>>(
    connection: &Connection,
    mapping: &Mapping,
    month: &str,
    as_of: DateTime<Utc>,
    ledger: &mut Ledger,
    mut take: impl FnMut(CaseBundle, &mut Ledger) -> Result<(), E>,
) -> Result<(), E> {
    let mut case_statement = prepare(connection, mapping, "case.sql")?;
    let mut event_statement = prepare(connection, mapping, "event.sql")?;
    let mut narrative_statement = match mapping.sql("narrative.sql") {
        Some(_) => Some(prepare(connection, mapping, "narrative.sql")?),
        None => None,
    };
    let case_columns = Columns::of(
        mapping,
        "case.sql",
        &case_statement,
        &["case_key", "case_id", "complainant", "source_verdict"],
    )?;
    let event_columns = Columns::of(
        mapping,
        "event.sql",
        &event_statement,
        &[
            "case_key",
            "seq",
            "kind",
            "occurred_at",
            "recorded_at",
            "role",
            "actor",
            "late_reason",
            "data",
        ],
    )?;
    let mut events = Stream::open(&mut event_statement, event_columns, month)?;
    let mut narratives = match narrative_statement.as_mut() {
        Some(statement) => {
            let columns = Columns::of(
                mapping,
                "narrative.sql",
                statement,
                &["case_key", "narrative"],
            )?;
            Some(Stream::open(statement, columns, month)?)
        }
        None => None,
    };
    let mut cases = Stream::open(&mut case_statement, case_columns, month)?;

    let mut pending = next_event(&mut events, as_of, ledger)?;
    let mut pending_text = next_text(&mut narratives)?;
    let mut last_key = i64::MIN;
    let mut case_ids = std::collections::HashSet::new();
    while let Some((case_key, mut bundle)) = cases.next(|columns, row, number| {
        Ok(CaseBundle {
            case_key: columns.integer(row, 0, number)?,
            case_id: columns.name(row, 1, number)?,
            complainant: columns.optional_name(row, 2, number)?,
            source_verdict: columns.optional_name(row, 3, number)?,
            narrative: None,
            events: Vec::with_capacity(12),
            known_later: false,
        })
    })? {
        if case_key == last_key || !case_ids.insert(bundle.case_id.clone()) {
            return Err(ReadError::Twice {
                file: mapping.path("case.sql"),
                case_id: bundle.case_id,
                case_key,
            }
            .into());
        }
        last_key = case_key;
        while let Some((key, event)) = pending.take() {
            if key > case_key {
                pending = Some((key, event));
                break;
            }
            if key == case_key {
                bundle.known_later |= event.later;
                bundle.events.extend(event.event);
            } else if event.event.is_some() {
                ledger.refuse(
                    "event",
                    "its case is not among the cases",
                    1,
                    &format!("case_key {key}"),
                );
            }
            pending = next_event(&mut events, as_of, ledger)?;
        }
        while let Some((key, text)) = pending_text.take() {
            if key > case_key {
                pending_text = Some((key, text));
                break;
            }
            if key == case_key {
                bundle.narrative = Some(text);
            }
            pending_text = next_text(&mut narratives)?;
        }
        take(bundle, ledger)?;
    }
    while let Some((key, event)) = pending {
        if event.event.is_some() {
            ledger.refuse(
                "event",
                "its case is not among the cases",
                1,
                &format!("case_key {key}"),
            );
        }
        pending = next_event(&mut events, as_of, ledger)?;
    }
    Ok(())
}

fn prepare<'c>(
    connection: &'c Connection,
    mapping: &Mapping,
    file: &str,
) -> Result<Statement<'c>, ReadError> {
    connection
        .prepare(mapping.sql(file).unwrap_or_default())
        .map_err(|source| ReadError::Sql {
            file: mapping.path(file),
            source,
        })
}

/// The canonical columns of a query's answer, by position.
struct Columns {
    file: PathBuf,
    names: &'static [&'static str],
    positions: Vec<usize>,
}

impl Columns {
    fn of(
        mapping: &Mapping,
        file: &str,
        statement: &Statement<'_>,
        names: &'static [&'static str],
    ) -> Result<Self, ReadError> {
        let found: Vec<&str> = statement.column_names().collect();
        let mut positions = Vec::with_capacity(names.len());
        for name in names {
            match found.iter().position(|f| f == name) {
                Some(position) => positions.push(position),
                None => {
                    return Err(ReadError::MissingColumn {
                        file: mapping.path(file),
                        column: name,
                        found: found.join(", "),
                    });
                }
            }
        }
        Ok(Columns {
            file: mapping.path(file),
            names,
            positions,
        })
    }

    fn cell<'r>(&self, row: &'r Row<'_>, column: usize) -> Result<ValueRef<'r>, ReadError> {
        row.get_ref(self.positions[column])
            .map_err(|source| ReadError::Sql {
                file: self.file.clone(),
                source,
            })
    }

    fn wrong(
        &self,
        column: usize,
        row: u64,
        cell: ValueRef<'_>,
        wanted: &'static str,
    ) -> ReadError {
        ReadError::WrongType {
            file: self.file.clone(),
            column: self.names[column],
            row,
            found: match cell {
                ValueRef::Null => "nothing (NULL)".to_owned(),
                ValueRef::Integer(i) => format!("the number {i}"),
                ValueRef::Real(r) => format!("the number {r}"),
                ValueRef::Text(t) => format!("the text `{}`", String::from_utf8_lossy(t)),
                ValueRef::Blob(_) => "bytes".to_owned(),
            },
            wanted,
        }
    }

    fn integer(&self, row: &Row<'_>, column: usize, number: u64) -> Result<i64, ReadError> {
        match self.cell(row, column)? {
            ValueRef::Integer(value) => Ok(value),
            other => Err(self.wrong(column, number, other, "a whole number")),
        }
    }

    /// A name: text, or a number that serves as one.
    fn optional_name(
        &self,
        row: &Row<'_>,
        column: usize,
        number: u64,
    ) -> Result<Option<String>, ReadError> {
        match self.cell(row, column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => Ok(Some(value.to_string())),
            ValueRef::Text(text) => Ok(Some(String::from_utf8_lossy(text).into_owned())),
            other @ (ValueRef::Real(_) | ValueRef::Blob(_)) => {
                Err(self.wrong(column, number, other, "text"))
            }
        }
    }

    fn name(&self, row: &Row<'_>, column: usize, number: u64) -> Result<String, ReadError> {
        match self.optional_name(row, column, number)? {
            Some(name) => Ok(name),
            None => Err(self.wrong(column, number, ValueRef::Null, "text")),
        }
    }

    fn text<'r>(&self, row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>, ReadError> {
        Ok(match self.cell(row, column)? {
            ValueRef::Text(text) => std::str::from_utf8(text).ok(),
            _ => None,
        })
    }
}

/// Rows of a query, in the order of `case_key`.
struct Stream<'s> {
    rows: Rows<'s>,
    columns: Columns,
    number: u64,
    last_key: i64,
}

impl<'s> Stream<'s> {
    fn open(
        statement: &'s mut Statement<'_>,
        columns: Columns,
        month: &str,
    ) -> Result<Self, ReadError> {
        let failed = |source| ReadError::Sql {
            file: columns.file.clone(),
            source,
        };
        let rows = if statement.parameter_count() == 0 {
            statement.query([]).map_err(failed)?
        } else {
            statement
                .query(named_params! { ":month": month })
                .map_err(failed)?
        };
        Ok(Stream {
            rows,
            columns,
            number: 0,
            last_key: i64::MIN,
        })
    }

    fn next<T>(
        &mut self,
        read: impl FnOnce(&Columns, &Row<'_>, u64) -> Result<T, ReadError>,
    ) -> Result<Option<(i64, T)>, ReadError> {
        let columns = &self.columns;
        let row = self.rows.next().map_err(|source| ReadError::Sql {
            file: columns.file.clone(),
            source,
        })?;
        let Some(row) = row else { return Ok(None) };
        self.number += 1;
        let key = columns.integer(row, 0, self.number)?;
        if key < self.last_key {
            return Err(ReadError::OutOfOrder {
                file: columns.file.clone(),
                row: self.number,
            });
        }
        self.last_key = key;
        Ok(Some((key, read(columns, row, self.number)?)))
    }
}

fn next_text(stream: &mut Option<Stream<'_>>) -> Result<Option<(i64, String)>, ReadError> {
    match stream {
        Some(stream) => stream.next(|columns, row, number| columns.name(row, 1, number)),
        None => Ok(None),
    }
}

/// What a row of the event stream is at `as_of`.
struct Known {
    /// The event; `None` when the row was refused, or recorded only afterwards.
    event: Option<Event>,
    /// Recorded only afterwards: no row of this snapshot.
    later: bool,
}

/// The next row of the events.
fn next_event(
    stream: &mut Stream<'_>,
    as_of: DateTime<Utc>,
    ledger: &mut Ledger,
) -> Result<Option<(i64, Known)>, ReadError> {
    let read = stream.next(|columns, row, number| {
        let seq = columns.integer(row, 1, number)?;
        let recorded = columns.cell(row, 4)?;
        let kind = columns.text(row, 2)?.unwrap_or_default();
        Ok(event(columns, row, seq, kind, recorded)?
            .map_err(|reason| (reason, seq, kind.to_owned())))
    })?;
    let Some((key, parsed)) = read else {
        return Ok(None);
    };
    let mut known = Known {
        event: None,
        later: false,
    };
    match parsed {
        Ok(event) if event.recorded_at > as_of => {
            ledger.events_later += 1;
            known.later = true;
        }
        Ok(event) => {
            ledger.events_in += 1;
            known.event = Some(event);
        }
        Err((reason, seq, kind)) => {
            ledger.events_in += 1;
            let example = format!("case_key {key}, seq {seq}, kind `{kind}`");
            ledger.refuse("event", &reason, 1, &example);
        }
    }
    Ok(Some((key, known)))
}

/// An event, or the reason why its row is refused.
fn event(
    columns: &Columns,
    row: &Row<'_>,
    seq: i64,
    kind: &str,
    recorded: ValueRef<'_>,
) -> Result<Result<Event, String>, ReadError> {
    let occurred_at = instant_of(columns.cell(row, 3)?);
    let role = columns.text(row, 5)?.unwrap_or_default();
    let actor = columns.text(row, 6)?.map(str::to_owned);
    let late_reason = columns.text(row, 7)?.map(str::to_owned);
    let data = columns.text(row, 8)?.unwrap_or("{}");
    let Some(occurred_at) = occurred_at else {
        return Ok(Err("occurred_at is missing or no instant".to_owned()));
    };
    let Some(recorded_at) = instant_of(recorded) else {
        return Ok(Err("recorded_at is missing or no instant".to_owned()));
    };
    let kind = match EventKind::from_str(kind) {
        Ok(kind) => kind,
        Err(unknown) => return Ok(Err(format!("`{}` is no kind of event", unknown.found))),
    };
    let role = match Role::from_str(role) {
        Ok(role) => role,
        Err(unknown) => return Ok(Err(format!("`{}` is no role", unknown.found))),
    };
    Ok(match EventBody::parse(kind, data) {
        Ok(body) => Ok(Event {
            seq,
            occurred_at,
            recorded_at,
            role,
            actor,
            late_reason,
            body,
        }),
        Err(error) => Err(error.to_string()),
    })
}
