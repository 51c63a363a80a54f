//! Tables of a PostgreSQL database, copied as they are at one moment.
//!
//! Several sessions share one snapshot and read pieces of the tables at the same time, each by `COPY … TO STDOUT` in its text
//! format: whatever the type, the server writes it as text, which is what the staged copy holds, and it is at least as fast as
//! the binary one (docs/adr/0017). Only tables and columns that the mapping names travel. The rows are put away in the order of
//! the tables' files, whatever the number of sessions.

mod address;
mod catalog;
mod chunk;
mod copy_text;
mod crew;
pub mod error;
mod marks;
mod pass_file;
mod pieces;
mod reading;
mod session;
mod tls;
mod uri;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chrono_tz::Tz;
use rusqlite::Connection;

use self::address::Address;
use self::catalog::{Found, Table, look_up};
use self::crew::Crew;
use self::error::PostgresError;
use self::marks::Changed;
use self::pieces::{Piece, pieces_of};
use self::reading::{Message, Share, Summary};
use self::session::{Server, Session};
use super::table::Target;
use super::{How, Marked, Staged, StagingError};
use crate::attendance::{Attendance, Progress, Stop};
use crate::mapping::{Mapping, StagedFile, WATERMARK};

/// More sessions than these win nothing: one thread puts the rows away.
const MOST_SESSIONS: usize = 8;

/// Whether a store is the address of a database and no file or folder.
pub(crate) fn is_address(store: &Path) -> bool {
    uri::is_uri(&store.to_string_lossy())
}

/// A store as messages and manifests may name it: an address without its password and parameters, a path as it is.
pub(crate) fn shown(store: &Path) -> String {
    uri::bare(&store.to_string_lossy())
}

/// Stages the tables that the mapping names, all as they are at one moment, and gives what a reader should know. Where the
/// mapping says how changed cases are known, only the rows of the months that changed come over.
///
/// `hint`: what tables that are otherwise may mean.
///
/// # Errors
/// When the server cannot be reached or refuses, a table or column is missing or of another kind, reading takes too long, the
/// connection is lost, or stopping was asked for. Nothing is left behind on the server.
pub(super) fn stage(
    into: &mut Connection,
    store: &Path,
    mapping: &Mapping,
    hint: &str,
    how: &How<'_>,
) -> Result<Staged, StagingError> {
    let stop = &how.attendance.stop;
    let address = Address::of(&store.to_string_lossy(), &|name| std::env::var(name).ok())?;
    let server = Arc::new(Server::new(address)?);
    let mut first = server.open(stop)?;
    // What the server says of a query that was cancelled by our own wish is no news.
    let heeded = |error: StagingError| match stop.is_asked() {
        true => StagingError::Interrupted,
        false => error,
    };
    let looked = look_around(&server, &mut first, &mapping.settings.files, hint);
    let (tables, absent) = looked.map_err(heeded)?;
    for spec in absent {
        let path = place_of(&server, spec);
        target(spec, &path, how.zone, hint).create_empty(into)?;
    }
    let tables = Arc::new(tables);
    begin(&server, &mut first, &tables).map_err(heeded)?;
    let mut notes = Vec::new();
    let looked = marks_of(&server, &mut first, &tables, mapping, how, &mut notes);
    let (marked, changed) = match looked.map_err(heeded)? {
        Some((marked, changed)) => (Some(marked), changed),
        None => (None, None),
    };
    let only = |table: &Table| {
        let column = mapping.settings.watermark.as_ref()?;
        let column = column.rows_of_cases.get(&table.spec.table)?;
        Some(changed.as_ref()?.condition(column))
    };
    let pieces = cut(&server, &mut first, &tables, only).map_err(heeded)?;
    let wanted = how
        .connections
        .clamp(1, MOST_SESSIONS)
        .min(pieces.len().max(1));
    let sessions = accompany(&server, first, &tables, wanted, stop, &mut notes).map_err(heeded)?;
    let count = sessions.len();
    let shares = sessions
        .into_iter()
        .enumerate()
        .map(|(number, session)| {
            let share = Share {
                server: Arc::clone(&server),
                tables: Arc::clone(&tables),
                pieces: pieces.iter().skip(number).step_by(count).cloned().collect(),
                zone: how.zone,
            };
            (session, share)
        })
        .collect();
    let crew = Crew::start(&server, shares);
    let mut putting = Putting {
        crew: &crew,
        sessions: count,
        pieces: &pieces,
        rows: 0,
        attendance: how.attendance,
    };
    for (place, table) in tables.iter().enumerate() {
        let path = place_of(&server, &table.spec);
        let target = target(&table.spec, &path, how.zone, hint);
        notes.extend(putting.table(into, place, table, &target)?);
    }
    let rows = putting.rows;
    crew.finish()?;
    Ok(Staged {
        notes,
        server_rows: Some(rows),
        marked,
    })
}

/// The marks of the cases, and what they mean; `None`, with a note, where the mapping asks for them and they cannot be had.
fn marks_of(
    server: &Server,
    session: &mut Session,
    tables: &[Table],
    mapping: &Mapping,
    how: &How<'_>,
    notes: &mut Vec<String>,
) -> Result<Option<(Marked, Option<Changed>)>, StagingError> {
    let (Some(sql), Some(named)) = (mapping.sql(WATERMARK), &mapping.settings.watermark) else {
        return Ok(None);
    };
    let file = mapping.path(WATERMARK);
    let asked = marks::Asked {
        sql,
        file: &file,
        tables: named,
        zone: how.zone,
        key: how.key,
    };
    let began = Instant::now();
    let marks = match marks::take(server, session, tables, &asked)? {
        Ok(marks) => marks,
        // A query that was cancelled by our own wish is no fault of it.
        Err(_) if how.attendance.stop.is_asked() => return Err(StagingError::Interrupted),
        Err(fault) => {
            notes.push(format!(
                "{fault}; so it cannot be said what changed, and everything is read"
            ));
            return Ok(None);
        }
    };
    tracing::info!(
        "{}: marks of {} month(s) in {:.1} s",
        file.display(),
        marks.watermark.months.len(),
        began.elapsed().as_secs_f64()
    );
    let found = match &how.before {
        Ok(before) => marks.changed(before),
        Err(why) => Err(*why),
    };
    let (months, changed) = match found {
        Ok(changed) => (Ok(changed.months.clone()), Some(changed)),
        Err(why) => (Err(why), None),
    };
    let marked = Marked {
        watermark: marks.watermark,
        changed: months,
    };
    Ok(Some((marked, changed)))
}

fn place_of(server: &Server, spec: &StagedFile) -> std::path::PathBuf {
    Path::new(&server.store).join(&spec.table)
}

fn target<'a>(spec: &'a StagedFile, path: &'a Path, zone: Tz, hint: &'a str) -> Target<'a> {
    Target {
        spec,
        path,
        zone,
        place: "row",
        hint,
    }
}

/// Looks all tables up, so that what is missing is said before anything is read, and every missing right at once.
fn look_around<'s>(
    server: &Server,
    session: &mut Session,
    specs: &'s [StagedFile],
    hint: &str,
) -> Result<(Vec<Table>, Vec<&'s StagedFile>), StagingError> {
    let mut tables = Vec::with_capacity(specs.len());
    let mut absent = Vec::new();
    let mut grants: Vec<String> = Vec::new();
    for spec in specs {
        match look_up(server, session, spec, hint)? {
            Found::Table(table) => tables.push(*table),
            Found::Absent => absent.push(spec),
            Found::Ungranted(missing) => {
                for grant in missing {
                    if !grants.contains(&grant) {
                        grants.push(grant);
                    }
                }
            }
        }
    }
    if grants.is_empty() {
        return Ok((tables, absent));
    }
    Err(PostgresError::NoPrivilege {
        store: server.store.clone(),
        user: server.address.user.clone(),
        grants: grants.join("; "),
    }
    .into())
}

/// Begins the transaction of the first session.
///
/// The tables are locked first, as a reader locks them: a table that is emptied (`TRUNCATE`) or altered after the snapshot
/// was taken would be read as empty or not at all.
fn begin(server: &Server, session: &mut Session, tables: &[Table]) -> Result<(), StagingError> {
    session.begin().map_err(|e| server.doing(None).failed(&e))?;
    Ok(lock(server, session, tables)?)
}

/// Cuts the tables into pieces; `only` gives the condition that a table's rows meet which are read.
fn cut(
    server: &Server,
    session: &mut Session,
    tables: &[Table],
    only: impl Fn(&Table) -> Option<String>,
) -> Result<Vec<Piece>, StagingError> {
    let mut pieces = Vec::new();
    for (place, table) in tables.iter().enumerate() {
        let pages = match table.paged {
            true => Some(pages_of(server, session, table)?),
            false => None,
        };
        pieces.extend(pieces_of(place, table, pages, only(table).as_deref()));
    }
    Ok(pieces)
}

fn lock(server: &Server, session: &mut Session, tables: &[Table]) -> Result<(), PostgresError> {
    for table in tables.iter().filter(|table| table.lockable) {
        session
            .client
            .batch_execute(&format!("LOCK TABLE {} IN ACCESS SHARE MODE", table.name))
            .map_err(|e| server.doing(Some(&table.spec.table)).failed(&e))?;
    }
    Ok(())
}

fn pages_of(server: &Server, session: &mut Session, table: &Table) -> Result<i64, PostgresError> {
    session
        .client
        .query_one(
            "SELECT pg_catalog.pg_relation_size($1::oid) / pg_catalog.current_setting('block_size')::bigint",
            &[&table.oid],
        )
        .and_then(|row| row.try_get(0))
        .map_err(|e| server.doing(Some(&table.spec.table)).failed(&e))
}

/// The first session and others that see the same; fewer than wanted, with a note, where the server gives no more.
fn accompany(
    server: &Arc<Server>,
    mut first: Session,
    tables: &[Table],
    wanted: usize,
    stop: &Stop,
    notes: &mut Vec<String>,
) -> Result<Vec<Session>, StagingError> {
    if wanted < 2 {
        return Ok(vec![first]);
    }
    let snapshot = first.export().map_err(|e| server.doing(None).failed(&e))?;
    let mut sessions = vec![first];
    while sessions.len() < wanted {
        let joined = server.open(stop).and_then(|mut session| {
            session
                .join(&snapshot)
                .map_err(|e| server.doing(None).failed(&e))?;
            lock(server, &mut session, tables)?;
            Ok(session)
        });
        match joined {
            Ok(session) => sessions.push(session),
            Err(StagingError::Interrupted) => return Err(StagingError::Interrupted),
            Err(error) => {
                notes.push(format!(
                    "read over {} connection(s) instead of {wanted}: {error}",
                    sessions.len()
                ));
                break;
            }
        }
    }
    Ok(sessions)
}

/// Puts rows away as they come.
struct Putting<'a> {
    crew: &'a Crew,
    sessions: usize,
    pieces: &'a [Piece],
    /// Of all tables so far.
    rows: u64,
    attendance: &'a Attendance<'a>,
}

impl Putting<'_> {
    fn table(
        &mut self,
        into: &mut Connection,
        place: usize,
        table: &Table,
        target: &Target<'_>,
    ) -> Result<Vec<String>, StagingError> {
        let began = Instant::now();
        target.create(into, &table.columns)?;
        let mut summary = Summary::default();
        let transaction = into.transaction().map_err(|e| target.failed(e))?;
        {
            let mut insert = transaction
                .prepare(&target.insertion(table.columns.len()))
                .map_err(|e| target.failed(e))?;
            let pieces = self.pieces.iter().enumerate();
            for (number, _) in pieces.filter(|(_, piece)| piece.table == place) {
                loop {
                    let stop = &self.attendance.stop;
                    let worker = number % self.sessions;
                    match self.crew.next(worker, &table.spec.table, stop)? {
                        Message::Rows(chunk) => {
                            for row in chunk.rows(table.columns.len()) {
                                for (column, cell) in row.enumerate() {
                                    insert
                                        .raw_bind_parameter(column + 1, cell)
                                        .map_err(|e| target.failed(e))?;
                                }
                                insert.raw_execute().map_err(|e| target.failed(e))?;
                            }
                            self.rows += chunk.rows;
                            self.told(table, number);
                        }
                        Message::Done(done) => {
                            summary.add(done);
                            break;
                        }
                        Message::Failed(error) => return Err(error),
                    }
                }
                self.told(table, number + 1);
            }
        }
        transaction.commit().map_err(|e| target.failed(e))?;
        tracing::info!(
            "{}: {} rows in {:.1} s",
            target.path.display(),
            summary.rows,
            began.elapsed().as_secs_f64()
        );
        let notes = notes(summary, table, target)?;
        target.check_key(into)?;
        Ok(notes)
    }

    fn told(&self, table: &Table, done: usize) {
        (self.attendance.progress)(&Progress {
            table: &table.spec.table,
            done,
            parts: self.pieces.len(),
            rows: self.rows,
        });
    }
}

/// What a reader should know about the values of a table.
fn notes(
    summary: Summary,
    table: &Table,
    target: &Target<'_>,
) -> Result<Vec<String>, StagingError> {
    let path = target.path.display();
    let mut notes = Vec::new();
    for (count, column) in summary.infinite.iter().zip(&table.columns) {
        if *count > 0 {
            notes.push(format!(
                "{path}: {count} value(s) of {column} are infinite (`infinity` or `-infinity`); they count as missing"
            ));
        }
    }
    if summary.not_text > 0 {
        notes.push(format!(
            "{path}: {} value(s) hold bytes that are no UTF-8, because the database says nothing of its encoding (SQL_ASCII); they were replaced by U+FFFD",
            summary.not_text
        ));
    }
    let unreadable = summary
        .seen
        .notes(target.spec, &table.columns, target.path, target.place)?;
    notes.extend(unreadable);
    Ok(notes)
}
