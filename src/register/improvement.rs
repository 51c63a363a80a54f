//! Corrective actions and the records of continual improvement: appended, chained, folded when they are asked for.
//!
//! The chain is one of its own beside that of the cases, made in the same way (see [`super::chain`]).

mod link;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};

pub(super) use link::{Link, genesis, link_hash};
use link::{append, tail};

use super::chain::ChainHead;
use super::error::{Result, unreadable};
use super::records::instant;
use super::{Register, to_micros};
use redress_domain::action::{
    Action, ActionBody, ActionEvent, ActionId, ActionRefusal, Opened, Planned, ReviewOutput,
};
use redress_domain::improvement::{
    Record, RecordBody, RecordEvent, RecordKind, RecordRefusal, Recorded,
};
use redress_domain::period::Period;
use redress_plain::hex::hex;

const TABLE: &str = "improvement_event";
/// The subject of actions; the other subjects are the kinds of records.
const ACTION: &str = "action";

/// One change, as it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// Who changes it; `system` for what the program computed.
    pub actor: &'a str,
    /// The version that the actor saw; `None`: whatever it is.
    pub seen: Option<u32>,
    pub now: DateTime<Utc>,
}

impl Register {
    /// Opens an action and answers it.
    ///
    /// # Errors
    /// When title or owner are missing.
    pub fn open_action(&mut self, opened: Opened, change: Change<'_>) -> Result<Action> {
        let body = ActionBody::Opened(opened);
        self.write(|w| {
            let id = ActionId(next_number(&w.tx, ACTION)?);
            let action = Action::begin(id, &action_event(1, change, body.clone()))?;
            append(&w.tx, ACTION, id.0, 1, &stored(&body)?, change)?;
            Ok(action)
        })
    }

    /// Adds an event to an action and answers the action as it then stands.
    ///
    /// # Errors
    /// When there is no such action, somebody changed it since, or the event does not fit where it stands.
    pub fn change_action(
        &mut self,
        id: ActionId,
        body: ActionBody,
        change: Change<'_>,
    ) -> Result<Action> {
        self.write(|w| {
            let action = changed(read_action(&w.tx, id, None)?, body.clone(), change)?;
            append(&w.tx, ACTION, id.0, action.version, &stored(&body)?, change)?;
            Ok(action)
        })
    }

    /// What [`Register::change_action`] would answer, recording nothing.
    ///
    /// # Errors
    /// As there.
    pub fn preview_action(
        &self,
        id: ActionId,
        body: ActionBody,
        change: Change<'_>,
    ) -> Result<Action> {
        changed(self.action(id, None)?, body, change)
    }

    /// The number that the next action gets.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn next_action(&self) -> Result<ActionId> {
        self.read(|conn| Ok(ActionId(next_number(conn, ACTION)?)))
    }

    /// An action as it was known at `as_of` (today's when `None`).
    ///
    /// # Errors
    /// When there was no such action.
    pub fn action(&self, id: ActionId, as_of: Option<DateTime<Utc>>) -> Result<Action> {
        self.read(|conn| read_action(conn, id, as_of))
    }

    /// All actions as they were known at `as_of`, by number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn actions(&self, as_of: Option<DateTime<Utc>>) -> Result<Vec<Action>> {
        self.read(|conn| {
            numbers(conn, ACTION, as_of)?
                .into_iter()
                .map(|number| read_action(conn, ActionId(number), as_of))
                .collect()
        })
    }

    /// Everything recorded of an action, oldest first.
    ///
    /// # Errors
    /// When there is no such action.
    pub fn action_events(&self, id: ActionId) -> Result<Vec<ActionEvent>> {
        self.read(|conn| match action_events(conn, id, None)? {
            events if events.is_empty() => Err(ActionRefusal::Unknown(id).into()),
            events => Ok(events),
        })
    }

    /// Begins a record and answers it.
    ///
    /// # Errors
    /// When the event begins none, or says too little.
    pub fn begin_record(&mut self, body: RecordBody, change: Change<'_>) -> Result<Record> {
        let kind = body.of();
        self.write(|w| {
            let body = admitted(&w.tx, body)?;
            let number = next_number(&w.tx, kind.as_str())?;
            let record = Record::begin(kind, number, &record_event(1, change, body.clone()))?;
            append(&w.tx, kind.as_str(), number, 1, &stored(&body)?, change)?;
            Ok(record)
        })
    }

    /// Adds an event to a record and answers the record as it then stands.
    ///
    /// # Errors
    /// When there is no such record, somebody changed it since, or the event does not fit how it stands.
    pub fn change_record(
        &mut self,
        number: u32,
        body: RecordBody,
        change: Change<'_>,
    ) -> Result<Record> {
        let kind = body.of();
        self.write(|w| {
            let body = admitted(&w.tx, body)?;
            let record = changed_record(
                read_record(&w.tx, kind, number, None)?,
                body.clone(),
                change,
            )?;
            let subject = kind.as_str();
            append(
                &w.tx,
                subject,
                number,
                record.version,
                &stored(&body)?,
                change,
            )?;
            Ok(record)
        })
    }

    /// What [`Register::begin_record`] would answer, recording nothing.
    ///
    /// # Errors
    /// As there.
    pub fn preview_record(&self, body: RecordBody, change: Change<'_>) -> Result<Record> {
        let kind = body.of();
        let (body, number) = self.read(|conn| {
            let body = admitted(conn, body)?;
            Ok((body, next_number(conn, kind.as_str())?))
        })?;
        Ok(Record::begin(kind, number, &record_event(1, change, body))?)
    }

    /// What [`Register::change_record`] would answer, recording nothing.
    ///
    /// # Errors
    /// As there.
    pub fn preview_change(
        &self,
        number: u32,
        body: RecordBody,
        change: Change<'_>,
    ) -> Result<Record> {
        let record = self.record(body.of(), number, None)?;
        let body = self.read(|conn| admitted(conn, body))?;
        changed_record(record, body, change)
    }

    /// Records a decision of a management review together with the action that carries it out: both or neither.
    ///
    /// # Errors
    /// When there is no such review, its minutes are closed, or the action says too little.
    pub fn decide_in_review(
        &mut self,
        review: u32,
        opened: Opened,
        planned: Option<Planned>,
        change: Change<'_>,
    ) -> Result<(Record, Action)> {
        self.write(|w| {
            let kind = RecordKind::Review;
            let id = ActionId(next_number(&w.tx, ACTION)?);
            let decided = RecordBody::Decided {
                output: opened.output.unwrap_or(ReviewOutput::Process),
                text: opened.title.clone(),
                action: id.to_string(),
            };
            let body = ActionBody::Opened(opened);
            // The version that was seen is that of the minutes.
            let of_the_action = Change {
                seen: None,
                ..change
            };
            let mut action = Action::begin(id, &action_event(1, change, body.clone()))?;
            append(&w.tx, ACTION, id.0, 1, &stored(&body)?, change)?;
            if let Some(planned) = planned {
                let body = ActionBody::Planned(planned);
                action = changed(action, body.clone(), of_the_action)?;
                append(&w.tx, ACTION, id.0, action.version, &stored(&body)?, change)?;
            }
            let record = changed_record(
                read_record(&w.tx, kind, review, None)?,
                decided.clone(),
                change,
            )?;
            append(
                &w.tx,
                kind.as_str(),
                review,
                record.version,
                &stored(&decided)?,
                change,
            )?;
            Ok((record, action))
        })
    }

    /// A record as it was known at `as_of` (today's when `None`).
    ///
    /// # Errors
    /// When there was no such record.
    pub fn record(
        &self,
        kind: RecordKind,
        number: u32,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Record> {
        self.read(|conn| read_record(conn, kind, number, as_of))
    }

    /// All records of a kind as they were known at `as_of`, by number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn records_of(
        &self,
        kind: RecordKind,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Vec<Record>> {
        self.read(|conn| {
            numbers(conn, kind.as_str(), as_of)?
                .into_iter()
                .map(|number| read_record(conn, kind, number, as_of))
                .collect()
        })
    }

    /// When the last of these events was recorded; none is recorded before it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn improvement_recorded_until(&self) -> Result<Option<DateTime<Utc>>> {
        self.read(|conn| {
            let last: Option<i64> = conn.query_row(
                "SELECT max(recorded_at) FROM improvement_event",
                [],
                |row| row.get(0),
            )?;
            last.map(super::from_micros).transpose()
        })
    }

    /// The head of this chain, to be recorded elsewhere.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn improvement_head(&self) -> Result<ChainHead> {
        self.read(|conn| {
            let (seq, hash) = tail(conn)?;
            Ok(ChainHead {
                seq,
                hash: hex(&hash),
            })
        })
    }
}

/// What is asked of an event when it is entered, and never of history: that the records and actions it refers to are
/// there (their names are then written as the register writes them), and that nothing is due before it was given.
///
/// # Errors
/// When there is no such record or action, or the due date lies before.
fn admitted(conn: &Connection, mut body: RecordBody) -> Result<RecordBody> {
    match &mut body {
        RecordBody::Recommended(given) => {
            if let Some(due) = given.due_on.filter(|due| *due < given.on) {
                return Err(RecordRefusal::Due { due, on: given.on }.into());
            }
            let kind = given.source.record();
            let number = kind.number(&given.reference)?;
            given.reference = read_record(conn, kind, number, None)?.name();
        }
        RecordBody::ReviewBegun(begun) => {
            let reason = begun.again.take();
            begun.again = reason.filter(|reason| !reason.trim().is_empty());
            if begun.again.is_none() {
                check_unreviewed(conn, &begun.period)?;
            }
        }
        RecordBody::SuggestionDecided {
            action: Some(action),
            ..
        } => {
            let id: ActionId = action
                .parse()
                .map_err(|_| ActionRefusal::NoNumber(action.clone()))?;
            *action = read_action(conn, id, None)?.id.to_string();
        }
        _ => {}
    }
    Ok(body)
}

/// Refuses to begin the minutes of a period that has some, whatever words name it.
fn check_unreviewed(conn: &Connection, period: &str) -> Result<()> {
    let days = |text: &str| match text.parse::<Period>() {
        Ok(period) => Some((period.first, period.last)),
        Err(_) => None,
    };
    for number in numbers(conn, RecordKind::Review.as_str(), None)? {
        let record = read_record(conn, RecordKind::Review, number, None)?;
        if let Recorded::Review { begun, .. } = &record.what
            && (begun.period == period
                || days(period).is_some_and(|d| days(&begun.period) == Some(d)))
        {
            return Err(RecordRefusal::ReviewedAlready {
                name: record.name(),
                period: begun.period.clone(),
            }
            .into());
        }
    }
    Ok(())
}

fn changed(action: Action, body: ActionBody, change: Change<'_>) -> Result<Action> {
    if let Some(seen) = change.seen
        && seen != action.version
    {
        return Err(ActionRefusal::Changed {
            id: action.id,
            seen,
            found: action.version,
        }
        .into());
    }
    let next = action.version + 1;
    Ok(action.with(&action_event(next, change, body))?)
}

fn changed_record(record: Record, body: RecordBody, change: Change<'_>) -> Result<Record> {
    if let Some(seen) = change.seen
        && seen != record.version
    {
        return Err(RecordRefusal::Changed {
            name: record.name(),
            seen,
            found: record.version,
        }
        .into());
    }
    let next = record.version + 1;
    Ok(record.with(&record_event(next, change, body))?)
}

fn action_event(event_no: u32, change: Change<'_>, body: ActionBody) -> ActionEvent {
    ActionEvent {
        event_no,
        recorded_at: change.now,
        actor: change.actor.to_owned(),
        body,
    }
}

fn record_event(event_no: u32, change: Change<'_>, body: RecordBody) -> RecordEvent {
    RecordEvent {
        event_no,
        actor: change.actor.to_owned(),
        body,
    }
}

/// Kind and data of an event, apart as the table has them.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    kind: String,
    data: serde_json::Value,
}

fn stored(body: &impl serde::Serialize) -> Result<Stored> {
    serde_json::to_value(body)
        .and_then(serde_json::from_value)
        .map_err(|e| unreadable(TABLE, "a new event", e))
}

fn next_number(conn: &Connection, subject: &str) -> Result<u32> {
    let last: Option<u32> = conn.query_row(
        "SELECT max(number) FROM improvement_event WHERE subject = ?1",
        [subject],
        |row| row.get(0),
    )?;
    Ok(last.unwrap_or(0) + 1)
}

fn numbers(conn: &Connection, subject: &str, as_of: Option<DateTime<Utc>>) -> Result<Vec<u32>> {
    let mut select = conn.prepare_cached(
        "SELECT number FROM improvement_event
         WHERE subject = ?1 AND event_no = 1 AND recorded_at <= ?2 ORDER BY number",
    )?;
    let known = as_of.map_or(i64::MAX, to_micros);
    let found = select.query_map((subject, known), |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn read_action(conn: &Connection, id: ActionId, as_of: Option<DateTime<Utc>>) -> Result<Action> {
    Ok(Action::fold(id, &action_events(conn, id, as_of)?)?)
}

fn action_events(
    conn: &Connection,
    id: ActionId,
    as_of: Option<DateTime<Utc>>,
) -> Result<Vec<ActionEvent>> {
    events(conn, ACTION, id.0, as_of, |row, body| {
        Ok(ActionEvent {
            event_no: row.get(0)?,
            recorded_at: instant(row, 2)?,
            actor: row.get(3)?,
            body,
        })
    })
}

fn read_record(
    conn: &Connection,
    kind: RecordKind,
    number: u32,
    as_of: Option<DateTime<Utc>>,
) -> Result<Record> {
    let found = events(conn, kind.as_str(), number, as_of, |row, body| {
        Ok(RecordEvent {
            event_no: row.get(0)?,
            actor: row.get(3)?,
            body,
        })
    })?;
    Ok(Record::fold(kind, number, &found)?)
}

/// The events of a subject known at `as_of`, oldest first.
fn events<B: serde::de::DeserializeOwned, E>(
    conn: &Connection,
    subject: &str,
    number: u32,
    as_of: Option<DateTime<Utc>>,
    make: impl Fn(&Row<'_>, B) -> Result<E>,
) -> Result<Vec<E>> {
    let mut select = conn.prepare_cached(
        "SELECT event_no, kind, recorded_at, actor, data FROM improvement_event
         WHERE subject = ?1 AND number = ?2 AND recorded_at <= ?3 ORDER BY event_no",
    )?;
    let mut rows = select.query((subject, number, as_of.map_or(i64::MAX, to_micros)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let data: String = row.get(4)?;
        let body = serde_json::from_str(&data)
            .and_then(|data| {
                let kind = row.get(1).unwrap_or_default();
                serde_json::to_value(Stored { kind, data })
            })
            .and_then(serde_json::from_value)
            .map_err(|e| unreadable(TABLE, &format!("{subject} {number}"), e))?;
        found.push(make(row, body)?);
    }
    Ok(found)
}

/// Every subject whose events no longer fold, with the reason.
pub(super) fn unfoldable(conn: &Connection) -> Result<Vec<(String, String)>> {
    let mut select =
        conn.prepare("SELECT DISTINCT subject, number FROM improvement_event ORDER BY 1, 2")?;
    let mut rows = select.query([])?;
    let mut broken = Vec::new();
    while let Some(row) = rows.next()? {
        let (subject, number): (String, u32) = (row.get(0)?, row.get(1)?);
        let folded = match subject.parse::<RecordKind>() {
            _ if subject == ACTION => read_action(conn, ActionId(number), None).map(|_| ()),
            Ok(kind) => read_record(conn, kind, number, None).map(|_| ()),
            Err(unknown) => Err(unreadable(TABLE, &subject, unknown)),
        };
        if let Err(error) = folded {
            broken.push((format!("{subject} {number}"), error.to_string()));
        }
    }
    Ok(broken)
}
