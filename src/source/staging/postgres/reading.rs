//! Pieces of tables read by one session: the rows as chunks, in the order of the pieces.

use std::borrow::Cow;
use std::io::BufRead as _;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use chrono_tz::Tz;

use super::catalog::Table;
use super::chunk::Chunk;
use super::copy_text::cells;
use super::pieces::Piece;
use super::session::{Server, Session};
use crate::staging::StagingError;
use crate::staging::cells::{Cell, CellReader, Seen};

/// How PostgreSQL writes a time that never comes, or always was.
const INFINITE: [&str; 2] = ["infinity", "-infinity"];

/// What a session sends.
pub(super) enum Message {
    Rows(Chunk),
    /// A piece is done.
    Done(Summary),
    /// Nothing more comes.
    Failed(StagingError),
}

/// What was noticed in some rows of a table.
#[derive(Default)]
pub(super) struct Summary {
    pub rows: u64,
    pub seen: Seen,
    /// Infinite instants, by column.
    pub infinite: Vec<u64>,
    /// Cells whose bytes are no UTF-8.
    pub not_text: u64,
}

impl Summary {
    /// Adds what was noticed in the rows that follow.
    pub(super) fn add(&mut self, later: Summary) {
        self.seen.add(later.seen, self.rows);
        self.rows += later.rows;
        self.not_text += later.not_text;
        if self.infinite.len() < later.infinite.len() {
            self.infinite.resize(later.infinite.len(), 0);
        }
        for (ours, theirs) in self.infinite.iter_mut().zip(later.infinite) {
            *ours += theirs;
        }
    }
}

/// What one session reads.
pub(super) struct Share {
    pub server: Arc<Server>,
    pub tables: Arc<Vec<Table>>,
    pub pieces: Vec<Piece>,
    pub zone: Tz,
}

impl Share {
    /// Reads the pieces one after the other, until all are read, one fails or nobody takes the rows any more. Gives the session
    /// back: its snapshot may be needed by others for as long as they read.
    pub(super) fn read(self, mut session: Session, sender: &SyncSender<Message>) -> Session {
        for piece in &self.pieces {
            let Some(table) = self.tables.get(piece.table) else {
                break;
            };
            match self.piece(&mut session, table, piece, sender) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    // Nobody listens where the reading was given up.
                    let _ = sender.send(Message::Failed(error));
                    break;
                }
            }
        }
        session
    }

    /// Reads one piece; `false` where nobody takes its rows.
    fn piece(
        &self,
        session: &mut Session,
        table: &Table,
        piece: &Piece,
        sender: &SyncSender<Message>,
    ) -> Result<bool, StagingError> {
        let doing = self.server.doing(Some(&table.spec.table));
        let mut rows = session
            .client
            .copy_out(piece.statement.as_str())
            .map_err(|e| doing.failed(&e))?;
        let mut reader = CellReader::new(&table.spec, &table.columns, self.zone);
        let instants: Vec<bool> = table
            .columns
            .iter()
            .map(|column| table.spec.instants.contains_key(column))
            .collect();
        let mut summary = Summary {
            infinite: vec![0; table.columns.len()],
            ..Summary::default()
        };
        let mut chunk = Chunk::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = rows
                .read_until(b'\n', &mut line)
                .map_err(|e| doing.failed_reading(&e))?;
            if length == 0 {
                break;
            }
            summary.rows += 1;
            let mut columns = 0;
            for (column, bytes) in cells(&line).enumerate() {
                columns += 1;
                let text = bytes.as_deref().map(String::from_utf8_lossy);
                if matches!(text, Some(Cow::Owned(_))) {
                    summary.not_text += 1;
                }
                let text = text.as_deref();
                let is_instant = instants.get(column).copied().unwrap_or(false);
                let cell = match text {
                    Some(text) if is_instant && INFINITE.contains(&text) => {
                        if let Some(count) = summary.infinite.get_mut(column) {
                            *count += 1;
                        }
                        Cell::Missing
                    }
                    text => reader.read(column, text, summary.rows),
                };
                chunk.push(cell);
            }
            if columns != table.columns.len() {
                return Err(doing
                    .lost(format!(
                        "a row came with {columns} cells instead of {}",
                        table.columns.len()
                    ))
                    .into());
            }
            chunk.rows += 1;
            if chunk.is_full()
                && sender
                    .send(Message::Rows(std::mem::take(&mut chunk)))
                    .is_err()
            {
                // What the server has not sent yet would be read to its end otherwise.
                session.canceller.cancel();
                return Ok(false);
            }
        }
        summary.seen = reader.seen;
        Ok(
            sender.send(Message::Rows(chunk)).is_ok()
                && sender.send(Message::Done(summary)).is_ok(),
        )
    }
}
