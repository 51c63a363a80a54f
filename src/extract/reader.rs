//! Canonical rows of cases, one after the other: the mapping's streams merged by `case_key`.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use rustc_hash::FxBuildHasher;

use super::query::{Columns, Query, Stream};
use redress_domain::event::{Event, EventBody, EventKind};
use redress_domain::vocabulary::Role;
use redress_lake::manifest::Ledger;
use redress_source::mapping::Mapping;
use redress_source::store::{instant_of, query_words};

/// One case with its events, as the store holds them.
#[derive(Debug, Clone)]
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

impl CaseBundle {
    /// The case as an extract at an earlier moment knew it, which found no event beyond `last_seq` in the store.
    #[must_use]
    pub fn as_known(mut self, as_of: DateTime<Utc>, last_seq: i64) -> Self {
        let known = self.events.len();
        self.events
            .retain(|event| event.recorded_at <= as_of && event.seq <= last_seq);
        self.known_later |= self.events.len() < known;
        self
    }
}

/// Why canonical rows could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{file}: {}", query_words(error))]
    Sql {
        file: PathBuf,
        error: rusqlite::Error,
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

/// The cases that are read at once.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// Month of receipt.
    pub month: &'a str,
    /// Keys from the first to the last; all of the month where the mapping's queries take no keys.
    pub keys: RangeInclusive<i64>,
    /// What was recorded until then is known.
    pub as_of: DateTime<Utc>,
}

impl<'a> Scope<'a> {
    /// All cases of a month, with all that is known at a moment.
    pub fn month(month: &'a str, as_of: DateTime<Utc>) -> Self {
        Scope {
            month,
            keys: i64::MIN..=i64::MAX,
            as_of,
        }
    }
}

/// The queries of a mapping that give cases, prepared.
pub struct CaseReader<'c> {
    case_file: PathBuf,
    cases: Query<'c>,
    events: Query<'c>,
    narratives: Option<Query<'c>>,
}

impl<'c> CaseReader<'c> {
    /// Prepares the queries.
    ///
    /// # Errors
    /// When one is no SQL, or lacks a column.
    pub fn open(connection: &'c Connection, mapping: &Mapping) -> Result<Self, ReadError> {
        let case_columns = &["case_key", "case_id", "complainant", "source_verdict"];
        let event_columns = &[
            "case_key",
            "seq",
            "kind",
            "occurred_at",
            "recorded_at",
            "role",
            "actor",
            "late_reason",
            "data",
        ];
        Ok(CaseReader {
            case_file: mapping.path("case.sql"),
            cases: Query::prepare(connection, mapping, "case.sql", case_columns)?,
            events: Query::prepare(connection, mapping, "event.sql", event_columns)?,
            narratives: match mapping.sql("narrative.sql") {
                Some(_) => Some(Query::prepare(
                    connection,
                    mapping,
                    "narrative.sql",
                    &["case_key", "narrative"],
                )?),
                None => None,
            },
        })
    }

    /// Whether single cases can be read: every query takes `:first_key` and `:last_key`.
    ///
    /// # Errors
    /// When SQLite cannot say.
    pub fn takes_keys(&self) -> Result<bool, ReadError> {
        let narratives = self.narratives.iter();
        for query in [&self.cases, &self.events].into_iter().chain(narratives) {
            if !(query.takes(":first_key")? && query.takes(":last_key")?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the cases of a scope in the order of their keys and hands each to `take`.
    ///
    /// Rows that cannot be used are noted in the ledger with a reason; nothing is dropped in silence.
    ///
    /// # Errors
    /// When a query fails, gives a wrong type or order, or `take` fails.
    pub fn read<E: From<ReadError>>(
        &mut self,
        scope: &Scope<'_>,
        ledger: &mut Ledger,
        mut take: impl FnMut(CaseBundle, &mut Ledger) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut events = self.events.open(scope)?;
        let mut narratives = match self.narratives.as_mut() {
            Some(query) => Some(query.open(scope)?),
            None => None,
        };
        let mut cases = self.cases.open(scope)?;

        let mut last_key = i64::MIN;
        let mut seen = Seen::default();
        while let Some((case_key, mut bundle)) = cases.next(|columns, row, number| {
            Ok(CaseBundle {
                case_key: columns.integer(row, 0, number)?,
                case_id: columns.name(row, 1, number)?,
                complainant: columns.optional_name(row, 2, number)?,
                source_verdict: columns.optional_name(row, 3, number)?,
                narrative: None,
                events: Vec::with_capacity(USUAL_EVENTS),
                known_later: false,
            })
        })? {
            if case_key == last_key || !seen.is_new(&bundle.case_id) {
                return Err(ReadError::Twice {
                    file: self.case_file.clone(),
                    case_id: bundle.case_id,
                    case_key,
                }
                .into());
            }
            last_key = case_key;
            while let Some(key) = events.key().filter(|key| *key <= case_key) {
                if key == case_key {
                    bundle.known_later |= take_event(&events, scope, ledger, &mut bundle.events)?;
                } else {
                    refuse_event(&events, key, scope, ledger)?;
                }
                events.advance()?;
            }
            if let Some(texts) = narratives.as_mut() {
                while let Some(key) = texts.key().filter(|key| *key <= case_key) {
                    if let Some((columns, row, number)) = texts.row()
                        && key == case_key
                    {
                        bundle.narrative = Some(columns.name(row, 1, number)?);
                    }
                    texts.advance()?;
                }
            }
            take(bundle, ledger)?;
        }
        while let Some(key) = events.key() {
            refuse_event(&events, key, scope, ledger)?;
            events.advance()?;
        }
        Ok(())
    }
}

/// Room for the events of a case, so that most cases' need not move to a larger place.
const USUAL_EVENTS: usize = 24;

/// The numbers of a month's cases, so that one that comes twice is found. Of each only 128 bits are kept, by
/// two keyed hashes: a month of a great register has 100,000 and more, and their texts took tens of megabytes.
#[derive(Default)]
struct Seen {
    one: RandomState,
    other: RandomState,
    marks: HashSet<(u64, u64), FxBuildHasher>,
}

impl Seen {
    fn is_new(&mut self, case_id: &str) -> bool {
        self.marks
            .insert((self.one.hash_one(case_id), self.other.hash_one(case_id)))
    }
}

/// Reads the event under the cursor and puts it behind the others of its case, or notes why not. Whether it was recorded
/// only after the scope's moment: then it is no row of this snapshot.
fn take_event(
    stream: &Stream<'_>,
    scope: &Scope<'_>,
    ledger: &mut Ledger,
    events: &mut Vec<Event>,
) -> Result<bool, ReadError> {
    let Some((columns, row, number)) = stream.row() else {
        return Ok(false);
    };
    let seq = columns.integer(row, 1, number)?;
    let recorded = columns.cell(row, 4)?;
    let kind = columns.text(row, 2)?.unwrap_or_default();
    match event(columns, row, seq, kind, recorded)? {
        Ok(event) if event.recorded_at > scope.as_of => {
            ledger.events_later += 1;
            return Ok(true);
        }
        Ok(event) => {
            ledger.events_in += 1;
            events.push(event);
        }
        Err(reason) => {
            ledger.events_in += 1;
            let key = columns.integer(row, 0, number)?;
            let example = format!("case_key {key}, seq {seq}, kind `{kind}`");
            ledger.refuse("event", &reason, 1, &example);
        }
    }
    Ok(false)
}

/// Notes the event under the cursor, whose case is not there.
fn refuse_event(
    stream: &Stream<'_>,
    key: i64,
    scope: &Scope<'_>,
    ledger: &mut Ledger,
) -> Result<(), ReadError> {
    let mut found = Vec::new();
    take_event(stream, scope, ledger, &mut found)?;
    if !found.is_empty() {
        ledger.refuse(
            "event",
            "its case is not among the cases",
            1,
            &format!("case_key {key}"),
        );
    }
    Ok(())
}

/// An event, or the reason why its row is refused.
#[inline]
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
