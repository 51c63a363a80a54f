//! The book of clusters in the register: recorded in batches, folded when it is asked for.
//!
//! It is kept apart for each source of cases, so that a register can hold what is ours about the cases of
//! another store.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::error::{RegisterError, Result, unreadable};
use super::records::instant;
use super::seal::{self, CLUSTER_EVENT};
use super::{Register, to_micros};
use redress_domain::cluster::{BookError, ClusterBook, ClusterEvent, ClusterEventKind, ClusterId};

/// A source's book, and up to where it was read.
#[derive(Debug, Clone, Default)]
pub struct KnownBook {
    source: String,
    pub book: ClusterBook,
    /// The last batch that it holds; 0 before the first.
    pub last_batch: i64,
    /// The last run that it holds: named by the moment of judgement of its snapshot, so that names sort by time.
    pub last_run: Option<String>,
    /// The number that the next new cluster gets.
    pub next: u32,
}

/// Names of runs: the moment of judgement of the snapshot.
pub const RUN_NAME: &str = "%Y-%m-%dT%H-%M-%SZ";

const COLUMNS: &str = "batch, cluster, level, kind, other, change, actor, run, recorded_at";

impl Register {
    /// The book of a source as it was known at `as_of` (today's when `None`): runs over snapshots of that moment or
    /// before it, and words of analysts recorded by then.
    ///
    /// # Errors
    /// When the database cannot be read or the book does not fold.
    pub fn cluster_book(&self, source: &str, as_of: Option<DateTime<Utc>>) -> Result<KnownBook> {
        self.read(|conn| {
            let mut known = KnownBook {
                source: source.to_owned(),
                next: next_number(conn)?,
                ..KnownBook::default()
            };
            let sql = format!(
                "SELECT {COLUMNS} FROM cluster_event
                 WHERE source = ?1 AND ((run IS NULL AND recorded_at <= ?2) OR run <= ?3) ORDER BY event_id"
            );
            let mut select = conn.prepare(&sql)?;
            let run = as_of.map_or("~".to_owned(), |at| at.format(RUN_NAME).to_string());
            let mut rows = select.query((source, as_of.map_or(i64::MAX, to_micros), run))?;
            let mut together: Vec<ClusterEvent> = Vec::new();
            while let Some(row) = rows.next()? {
                let batch: i64 = row.get(0)?;
                if batch != known.last_batch {
                    known.book.apply(&together)?;
                    together.clear();
                    known.last_batch = batch;
                }
                let event = from_row(row)?;
                known.last_run = known.last_run.max(event.run.clone());
                together.push(event);
            }
            known.book.apply(&together)?;
            Ok(known)
        })
    }

    /// Records a batch: all of it or nothing, and only on the book that it was made for. Answers the book with it.
    ///
    /// # Errors
    /// When somebody else recorded something since, or an event does not fit the book.
    pub fn record_clusters(
        &mut self,
        onto: KnownBook,
        events: &[ClusterEvent],
    ) -> Result<ClusterBook> {
        let KnownBook {
            source,
            mut book,
            last_batch,
            ..
        } = onto;
        // That the events fit is known before anything is written.
        book.apply(events)?;
        if events.is_empty() {
            return Ok(book);
        }
        let moved = || RegisterError::BookMoved {
            found: source.clone(),
        };
        self.write(|w| {
            let last: Option<i64> = w.tx.query_row(
                "SELECT max(batch) FROM cluster_event WHERE source = ?1",
                [&source],
                |row| row.get(0),
            )?;
            if last.unwrap_or(0) != last_batch {
                return Err(moved());
            }
            let first_new = events
                .iter()
                .filter(|e| e.kind == ClusterEventKind::Emerged)
                .map(|e| e.cluster.0)
                .min();
            // Numbers are minted over all sources; another source may have taken some meanwhile.
            let next = next_number(&w.tx)?;
            if first_new.is_some_and(|first| first < next) {
                return Err(moved());
            }
            let batch: i64 = w.tx.query_row(
                "SELECT coalesce(max(batch), 0) + 1 FROM cluster_event",
                [],
                |row| row.get(0),
            )?;
            for event in events {
                insert(&w.tx, &source, batch, event)?;
            }
            Ok(())
        })?;
        Ok(book)
    }

    /// Everything recorded of a cluster, in order.
    ///
    /// # Errors
    /// When there is no such cluster.
    pub fn cluster_history(&self, id: ClusterId) -> Result<Vec<ClusterEvent>> {
        self.read(|conn| {
            let sql =
                format!("SELECT {COLUMNS} FROM cluster_event WHERE cluster = ?1 ORDER BY event_id");
            let mut select = conn.prepare(&sql)?;
            let mut rows = select.query([id.0])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(from_row(row)?);
            }
            match found.is_empty() {
                true => Err(BookError::Unknown(id).into()),
                false => Ok(found),
            }
        })
    }

    /// The source whose cases a cluster holds.
    ///
    /// # Errors
    /// When there is no such cluster.
    pub fn cluster_source(&self, id: ClusterId) -> Result<String> {
        self.read(|conn| {
            conn.query_row(
                "SELECT source FROM cluster_event WHERE cluster = ?1 LIMIT 1",
                [id.0],
                |row| row.get(0),
            )
            .optional()?
            .ok_or_else(|| BookError::Unknown(id).into())
        })
    }
}

fn next_number(conn: &Connection) -> Result<u32> {
    let last: Option<u32> =
        conn.query_row("SELECT max(cluster) FROM cluster_event", [], |row| {
            row.get(0)
        })?;
    Ok(last.unwrap_or(0) + 1)
}

fn insert(conn: &Connection, source: &str, batch: i64, event: &ClusterEvent) -> Result<()> {
    let change = serde_json::to_string(&event.change)
        .map_err(|e| unreadable("cluster_event", &event.cluster.to_string(), e))?;
    conn.prepare_cached(
        "INSERT INTO cluster_event (source, batch, cluster, level, kind, other, change, actor, run,
                                    recorded_at, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, x'')",
    )?
    .execute((
        source,
        batch,
        event.cluster.0,
        event.level.as_str(),
        event.kind.as_str(),
        event.other.map(|other| other.0),
        change,
        &event.actor,
        &event.run,
        to_micros(event.recorded_at),
    ))?;
    seal::seal(conn, CLUSTER_EVENT, conn.last_insert_rowid())
}

fn from_row(row: &Row<'_>) -> Result<ClusterEvent> {
    let cluster = ClusterId(row.get(1)?);
    let bad = |why: String| unreadable("cluster_event", &cluster.to_string(), why);
    let level: String = row.get(2)?;
    let kind: String = row.get(3)?;
    let change: String = row.get(5)?;
    Ok(ClusterEvent {
        cluster,
        level: level.parse().map_err(|e| bad(format!("{e}")))?,
        kind: kind.parse().map_err(|e| bad(format!("{e}")))?,
        other: row.get::<_, Option<u32>>(4)?.map(ClusterId),
        change: serde_json::from_str(&change).map_err(|e| bad(format!("{e}")))?,
        actor: row.get(6)?,
        run: row.get(7)?,
        recorded_at: instant(row, 8)?,
    })
}
