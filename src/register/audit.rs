//! The audit: is the register still what was recorded?
//!
//! It walks the chain, rebuilds every projection, recomputes every checksum, looks at the attached
//! files and at the schema itself, and names what differs. A head that was recorded elsewhere (a
//! backup, a lake's manifest) shows a tail that was cut off or rewritten.

use std::collections::HashSet;
use std::path::Path;

use chrono_tz::Tz;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::attachments::{file_hash, file_path, files_folder, kept};
use super::chain::{self, ChainHead, Hash, Link};
use super::error::{RegisterError, Result, unreadable};
use super::improvement;
use super::projection::{Projection, read_events};
use super::seal::{SEALED, Sealed, covered, row_checksum};
use super::{Register, local_day, schema, secrets, settings};
use redress_domain::case_file::{CaseFile, Mode};
use redress_domain::event::{Event, EventBody, EventKind};
use redress_plain::hex::hex;

/// No more differences than these are collected; by then the register is to be restored anyway.
const MOST_DIFFERENCES: usize = 100;

/// Page cache during an audit, in KiB. Events lie by case and are walked in the order in which they were recorded, so that the
/// pages of all cases at work come again and again; with SQLite's usual 2 MB each was read anew, a fifth of the whole time.
const CACHE_KIB: i64 = 64 * 1024;

const NO_HEAD: ChainHead = ChainHead {
    seq: 0,
    hash: String::new(),
};

/// Something that is not as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table, or the part of the register.
    pub place: String,
    /// Which row, event or file.
    pub key: String,
    pub what: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.place, self.key, self.what)
    }
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// Events walked.
    pub events: u64,
    /// Cases whose projection was rebuilt.
    pub cases: u64,
    /// The chain's head, to be recorded elsewhere.
    pub head: ChainHead,
    /// The head of the chain over actions and the records of improvement.
    pub improvement_head: ChainHead,
    /// What differs, in the order of finding; at most a hundred.
    pub differences: Vec<Difference>,
}

impl AuditReport {
    /// Whether nothing differs.
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }

    /// The first difference.
    pub fn first(&self) -> Option<&Difference> {
        self.differences.first()
    }
}

impl Register {
    /// The head of the chain, to be recorded elsewhere.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn chain_head(&self) -> Result<ChainHead> {
        self.read(chain::head)
    }

    /// Audits the register; against a head known from elsewhere, when given.
    ///
    /// # Errors
    /// When the register cannot be read at all. What can be read and differs is in the report.
    pub fn audit_verify(&self, known: Option<&ChainHead>) -> Result<AuditReport> {
        let folder = files_folder(&self.path);
        self.read(|conn| audit(conn, known, Some(&folder)))
    }
}

/// Audits an open database. Attached files are looked at when their folder is given.
pub(super) fn audit(
    conn: &Connection,
    known: Option<&ChainHead>,
    folder: Option<&Path>,
) -> Result<AuditReport> {
    // Both read the schema; what is wrong with that is for the audit to tell, and the cache only spares time.
    let usual: Option<i64> = conn
        .pragma_query_value(None, "cache_size", |row| row.get(0))
        .ok();
    let _ = conn.pragma_update(None, "cache_size", -CACHE_KIB);
    let mut audit = Audit {
        report: AuditReport {
            events: 0,
            cases: 0,
            head: NO_HEAD,
            improvement_head: NO_HEAD,
            differences: Vec::new(),
        },
    };
    audit.part("schema", |a| a.schema(conn));
    audit.part("database", |a| a.database(conn));
    audit.part("case_event", |a| a.chain(conn, known));
    audit.part("improvement_event", |a| a.improvement(conn));
    audit.part("complaint_case", |a| a.projections(conn));
    audit.part("event_text", |a| a.texts(conn));
    for &sealed in SEALED {
        audit.part(sealed.table, |a| a.seals(conn, sealed));
    }
    audit.part("secret", |_| {
        secrets::read(conn, secrets::COMPLAINANT_KEY).map(|_| ())
    });
    audit.part("setting", |a| a.unfinished(conn));
    if let Some(folder) = folder {
        audit.part("attachment", |a| a.files(conn, folder));
    }
    if let Some(usual) = usual {
        let _ = conn.pragma_update(None, "cache_size", usual);
    }
    Ok(audit.report)
}

struct Audit {
    report: AuditReport,
}

impl Audit {
    /// One part of the audit; one that cannot be read to its end is a difference too.
    fn part(&mut self, place: &str, work: impl FnOnce(&mut Audit) -> Result<()>) {
        if let Err(error) = work(self) {
            self.differs(place, "", error.to_string());
        }
    }

    fn differs(&mut self, place: &str, key: impl ToString, what: impl Into<String>) {
        if self.report.differences.len() < MOST_DIFFERENCES {
            self.report.differences.push(Difference {
                place: place.to_owned(),
                key: key.to_string(),
                what: what.into(),
            });
        }
    }

    fn schema(&mut self, conn: &Connection) -> Result<()> {
        let (found, fresh) = (schema::describe(conn)?, schema::describe_fresh()?);
        let name = |described: &str| described.split(':').next().unwrap_or("").to_owned();
        for lacking in fresh.iter().filter(|part| !found.contains(part)) {
            self.differs("schema", name(lacking), "is missing or was changed");
        }
        for extra in found.iter().filter(|part| !fresh.contains(part)) {
            if !fresh.iter().any(|part| name(part) == name(extra)) {
                self.differs("schema", name(extra), "does not belong to a register");
            }
        }
        Ok(())
    }

    fn database(&mut self, conn: &Connection) -> Result<()> {
        let mut check = conn.prepare("PRAGMA integrity_check")?;
        let mut rows = check.query([])?;
        while let Some(row) = rows.next()? {
            let line: String = row.get(0)?;
            if line != "ok" {
                self.differs("database", "file", line);
            }
        }
        let mut check = conn.prepare("PRAGMA foreign_key_check")?;
        let mut rows = check.query([])?;
        while let Some(row) = rows.next()? {
            let table: String = row.get(0)?;
            self.differs(&table, "", "a row refers to one that does not exist");
        }
        Ok(())
    }

    fn chain(&mut self, conn: &Connection, known: Option<&ChainHead>) -> Result<()> {
        let erased = erased_cases(conn)?;
        let (mut seq, mut previous) = (0, chain::genesis(conn)?);
        let compare = |audit: &mut Audit, seq: i64, hash: &Hash| {
            if let Some(known) = known
                && known.seq == seq
                && known.hash != hex(hash)
            {
                audit.differs(
                    "case_event",
                    format!("seq {seq}"),
                    "is not the head that was known",
                );
            }
        };
        compare(self, seq, &previous);
        let mut select = conn.prepare(
            "SELECT e.seq, e.case_key, e.event_no, e.kind, e.occurred_at, e.recorded_at, e.role, e.actor,
                    e.late_reason, e.data, e.text_id, e.text_hash, e.format, e.hash, c.number,
                    t.case_key, t.salt, t.body
             FROM case_event e
             LEFT JOIN complaint_case c ON c.case_key = e.case_key
             LEFT JOIN event_text t ON t.text_id = e.text_id
             ORDER BY e.seq",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            self.report.events += 1;
            let found: i64 = row.get(0)?;
            if found != seq + 1 {
                let what = format!("follows event {seq}: what lies between is gone");
                self.differs("case_event", format!("seq {found}"), what);
            }
            seq = found;
            let computed = self.link(row, &previous)?;
            previous = match Hash::try_from(optional(row, 13)?.unwrap_or_default()) {
                Ok(stored) => stored,
                Err(_) => computed,
            };
            if previous != computed || optional(row, 13)?.is_none_or(|h| h.len() != 32) {
                self.differs(
                    "case_event",
                    format!("seq {seq}"),
                    "its hash does not fit its values and the event before it",
                );
            }
            self.text(row, seq, &erased)?;
            compare(self, seq, &previous);
        }
        if let Some(known) = known
            && known.seq > seq
        {
            let what = format!(
                "is the last one, but event {} was known: the tail was cut off",
                known.seq
            );
            self.differs("case_event", format!("seq {seq}"), what);
        }
        self.report.head = ChainHead {
            seq,
            hash: hex(&previous),
        };
        Ok(())
    }

    /// The hash that the stored values of an event ask for.
    fn link(&mut self, row: &Row<'_>, previous: &Hash) -> Result<Hash> {
        let seq = row.get(0)?;
        let Some(number) = optional(row, 14)? else {
            self.differs("case_event", format!("seq {seq}"), "its case is gone");
            return Ok(*previous);
        };
        Ok(chain::link_hash(
            previous,
            &Link {
                seq,
                number,
                case_key: row.get(1)?,
                event_no: row.get(2)?,
                kind: optional(row, 3)?.unwrap_or_default(),
                occurred_at: row.get(4)?,
                recorded_at: row.get(5)?,
                role: optional(row, 6)?.unwrap_or_default(),
                actor: optional(row, 7)?,
                late_reason: optional(row, 8)?,
                data: optional(row, 9)?.unwrap_or_default(),
                text_id: row.get(10)?,
                text_hash: optional(row, 11)?,
                format: row.get(12)?,
            },
        ))
    }

    /// Whether an event's text is the one that was recorded, or was erased as it has to be.
    fn text(&mut self, row: &Row<'_>, seq: i64, erased: &HashSet<i64>) -> Result<()> {
        let text_id: Option<i64> = row.get(10)?;
        let case_key: i64 = row.get(1)?;
        let (owner, salt, body): (Option<i64>, _, _) =
            (row.get(15)?, optional(row, 16)?, optional(row, 17)?);
        let key = format!("of event seq {seq}");
        match (text_id, owner, salt, body) {
            (None, _, _, _) => {}
            (Some(_), None, _, _) => self.differs("event_text", key, "is gone"),
            (Some(_), Some(owner), _, _) if owner != case_key => {
                self.differs("event_text", key, "belongs to another case");
            }
            (Some(_), Some(_), None, None) if erased.contains(&case_key) => {}
            (Some(_), Some(_), Some(salt), Some(body)) => {
                if optional(row, 11)? != Some(chain::text_hash(salt, body).as_slice()) {
                    self.differs("event_text", key, "is not the text that was recorded");
                }
            }
            (Some(_), Some(_), _, _) => {
                self.differs("event_text", key, "is gone without an erasure");
            }
        }
        Ok(())
    }

    /// The chain over actions and records, and that each subject's events still fold.
    fn improvement(&mut self, conn: &Connection) -> Result<()> {
        const PLACE: &str = "improvement_event";
        let (mut seq, mut previous) = (0, improvement::genesis(conn)?);
        let mut select = conn.prepare(
            "SELECT seq, subject, number, event_no, kind, recorded_at, actor, data, format, hash
             FROM improvement_event ORDER BY seq",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let found: i64 = row.get(0)?;
            if found != seq + 1 {
                let what = format!("follows event {seq}: what lies between is gone");
                self.differs(PLACE, format!("seq {found}"), what);
            }
            seq = found;
            let computed = improvement::link_hash(
                &previous,
                &improvement::Link {
                    seq,
                    subject: optional(row, 1)?.unwrap_or_default(),
                    number: row.get(2)?,
                    event_no: row.get(3)?,
                    kind: optional(row, 4)?.unwrap_or_default(),
                    recorded_at: row.get(5)?,
                    actor: optional(row, 6)?.unwrap_or_default(),
                    data: optional(row, 7)?.unwrap_or_default(),
                    format: row.get(8)?,
                },
            );
            let stored = optional(row, 9)?.unwrap_or_default();
            if stored != computed {
                self.differs(
                    PLACE,
                    format!("seq {seq}"),
                    "its hash does not fit its values and the event before it",
                );
            }
            previous = Hash::try_from(stored).unwrap_or(computed);
        }
        self.report.improvement_head = ChainHead {
            seq,
            hash: hex(&previous),
        };
        for (subject, error) in improvement::unfoldable(conn)? {
            self.differs(PLACE, subject, error);
        }
        Ok(())
    }

    fn projections(&mut self, conn: &Connection) -> Result<()> {
        let name = settings::required(conn, settings::ZONE)?;
        let zone: Tz = name
            .parse()
            .map_err(|_| unreadable("setting", settings::ZONE, "it is no time zone"))?;
        let mut select = conn.prepare(
            "SELECT case_key, received_month, state, pass, category, department, site, assigned_to,
                    received_at, last_seq
             FROM complaint_case ORDER BY case_key",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            self.report.cases += 1;
            let case_key: i64 = row.get(0)?;
            match rebuild(conn, case_key, zone) {
                Err(error) => self.differs("complaint_case", case_key, error.to_string()),
                Ok((month, projection)) => {
                    if row.get::<_, String>(1).ok() != Some(month) {
                        let what = "its received_month is not that of its registration";
                        self.differs("complaint_case", case_key, what);
                    }
                    if Projection::stored(row, 2).ok() != Some(projection) {
                        let what = "its projection is not what its events give";
                        self.differs("complaint_case", case_key, what);
                    }
                }
            }
        }
        Ok(())
    }

    /// Texts that no event names.
    fn texts(&mut self, conn: &Connection) -> Result<()> {
        let mut select = conn.prepare(
            "SELECT text_id FROM event_text
             WHERE text_id NOT IN (SELECT text_id FROM case_event WHERE text_id IS NOT NULL)",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let text_id: i64 = row.get(0)?;
            self.differs("event_text", text_id, "no event names it");
        }
        Ok(())
    }

    fn seals(&mut self, conn: &Connection, sealed: Sealed) -> Result<()> {
        let Sealed { table, key } = sealed;
        let mut select = conn.prepare(&format!("SELECT * FROM {table} ORDER BY rowid"))?;
        let columns = covered(&select);
        let checksum = select.column_index("checksum")?;
        let mut rows = select.query([])?;
        let mut broken = Vec::new();
        let mut position = 0_i64;
        while let Some(row) = rows.next()? {
            let computed = row_checksum(table, row, &columns)?;
            if optional(row, checksum)? != Some(computed.as_slice()) {
                broken.push(position);
            }
            position += 1;
        }
        for position in broken {
            let sql =
                format!("SELECT CAST({key} AS TEXT) FROM {table} ORDER BY rowid LIMIT 1 OFFSET ?1");
            let key =
                conn.query_row(&sql, [position], |row| {
                    Ok(String::from_utf8_lossy(
                        row.get_ref(0)?.as_bytes_or_null()?.unwrap_or_default(),
                    )
                    .into_owned())
                })?;
            self.differs(table, key, "its checksum does not fit its values");
        }
        Ok(())
    }

    fn unfinished(&mut self, conn: &Connection) -> Result<()> {
        let loading: bool = conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM setting WHERE key = ?1)",
            [settings::LOADING],
            |row| row.get(0),
        )?;
        if loading {
            self.differs(
                "setting",
                settings::LOADING,
                "a load was broken off: load again into a new register",
            );
        }
        Ok(())
    }

    fn files(&mut self, conn: &Connection, folder: &Path) -> Result<()> {
        for attachment in kept(conn)? {
            let path = file_path(folder, &attachment.sha256);
            match file_hash(&path) {
                Ok(hash) if hash == attachment.sha256 => {}
                Ok(_) => self.differs("file", path.display(), "is not the file that was added"),
                Err(error) => self.differs("file", path.display(), error.to_string()),
            }
        }
        Ok(())
    }
}

/// The month and the projection that a case's events give.
fn rebuild(conn: &Connection, case_key: i64, zone: Tz) -> Result<(String, Projection)> {
    let events = read_events(conn, case_key)?;
    let file = CaseFile::fold(&events, None, Mode::Strict)?;
    let first_received = events.iter().find_map(received_at);
    let month = first_received.unwrap_or_else(|| file.received_at());
    let last_seq = events.iter().map(|event| event.seq).max().unwrap_or(0);
    Ok((
        local_day(month, zone).format("%Y-%m").to_string(),
        Projection::of(&file, last_seq),
    ))
}

fn received_at(event: &Event) -> Option<chrono::DateTime<chrono::Utc>> {
    match &event.body {
        EventBody::Registered(registered) => Some(registered.received_at),
        _ => None,
    }
}

fn erased_cases(conn: &Connection) -> Result<HashSet<i64>> {
    let mut select = conn.prepare("SELECT DISTINCT case_key FROM case_event WHERE kind = ?1")?;
    let keys = select.query_map([EventKind::Erased.as_str()], |row| row.get(0))?;
    Ok(keys.collect::<rusqlite::Result<_>>()?)
}

/// The bytes of a text or blob as they are stored, valid or not.
fn optional<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r [u8]>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(Some(bytes)),
        ValueRef::Integer(_) | ValueRef::Real(_) => Err(RegisterError::Unreadable {
            table: "case_event",
            key: format!("column {column}"),
            why: "it is a number".to_owned(),
        }),
    }
}
