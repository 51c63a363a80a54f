//! Registering a complaint: number, password, first event and first message in one transaction.

use std::path::Path;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::append::check_times;
use super::attachments::files_folder;
use super::entry::{Entry, Tail, next_event_no, recording_time};
use super::error::{RegisterError, Result};
use super::message_queue::{self, Queue};
use super::messages::Saying;
use super::people::{self, Person};
use super::seal::{self, COMPLAINT_CASE};
use super::together::{Part, add_parts};
use super::{
    Actor, Register, Writing, cases, from_micros, local_day, projection, secrets, to_micros,
    untrue_messages,
};
use redress_domain::event::{EventBody, EventKind, Registered};
use redress_domain::vocabulary::MessagePurpose;
use redress_plain::sha256;

/// A complaint as it comes in.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCase {
    pub registered: Registered,
    pub complainant: Complaining,
    /// The complaint in the complainant's words. Erasable.
    pub narrative: String,
    /// When it was entered in the register; mostly `now`.
    pub occurred_at: DateTime<Utc>,
    /// Needed when `occurred_at` is longer ago than the register allows.
    pub late_reason: Option<String>,
}

/// Who complains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Complaining {
    /// A person as they gave themselves. Somebody of the same name with the same phone number or
    /// e-mail address is taken to be the same complainant.
    Person(Person),
    /// A complainant whom the register knows.
    Known(i64),
}

/// A case that was registered, or whose password was set anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub case_key: i64,
    pub number: String,
    /// For tracking, together with the number. Only its hash is kept: besides this value there is no
    /// clear copy but the waiting message's.
    pub password: String,
    /// The message that tells the customer; `None` when there is neither phone nor e-mail, so that
    /// number and password have to be handed over otherwise.
    pub message_id: Option<i64>,
    /// Position of the case's last event.
    pub seq: i64,
}

/// What became of a complaint that came by a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfForm {
    New(Registration),
    /// The same form was registered before, under this number. Its password was told then and is known to nobody here.
    Before(String),
}

impl Register {
    /// Registers a complaint and queues the message with number and password.
    ///
    /// # Errors
    /// When the narrative is blank, a time lies in the future, the entry is late without a reason, or
    /// the complainant is unknown.
    pub fn register_case(
        &mut self,
        new: &NewCase,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Registration> {
        self.register_together(new, by, &[], now)
    }

    /// Registers a complaint with what came with it, all of it or none.
    ///
    /// # Errors
    /// Those of [`Register::register_case`] and of [`Register::add_together`].
    pub fn register_together(
        &mut self,
        new: &NewCase,
        by: &Actor,
        parts: &[Part],
        now: DateTime<Utc>,
    ) -> Result<Registration> {
        let folder = files_folder(&self.path);
        let registered = Prepared::of(new).and_then(|prepared| {
            self.write(|w| add(w, new, by, &prepared, (folder.as_path(), parts), now))
        });
        if registered.is_err() {
            self.drop_files_of(parts);
        }
        registered
    }

    /// Registers a complaint that came by a form with a key of its own. The key is kept with the case, in the same
    /// transaction: whoever sends the form again, because no answer came, makes no second case.
    ///
    /// # Errors
    /// Those of [`Register::register_case`].
    pub fn register_form(
        &mut self,
        new: &NewCase,
        by: &Actor,
        form_key: &str,
        now: DateTime<Utc>,
    ) -> Result<OfForm> {
        self.register_whole_form(new, by, &[], form_key, now)
    }

    /// The same with what came with the form: its files and further details are there when the case is.
    ///
    /// # Errors
    /// Those of [`Register::register_together`].
    pub fn register_whole_form(
        &mut self,
        new: &NewCase,
        by: &Actor,
        parts: &[Part],
        form_key: &str,
        now: DateTime<Utc>,
    ) -> Result<OfForm> {
        let folder = files_folder(&self.path);
        let form_hash = form_hash(form_key);
        let registered = Prepared::of(new).and_then(|prepared| {
            self.write(|w| {
                if let Some(number) = case_of_form(&w.tx, &form_hash)? {
                    return Ok(OfForm::Before(number));
                }
                let registration = add(w, new, by, &prepared, (folder.as_path(), parts), now)?;
                remember_form(&w.tx, &form_hash, registration.case_key)?;
                Ok(OfForm::New(registration))
            })
        });
        match &registered {
            Ok(OfForm::New(_)) => {}
            Ok(OfForm::Before(_)) | Err(_) => self.drop_files_of(parts),
        }
        registered
    }

    /// Gives a case a new tracking password and queues the message with it.
    ///
    /// # Errors
    /// When there is no such case.
    pub fn reset_tracking_password(
        &mut self,
        case_key: i64,
        now: DateTime<Utc>,
    ) -> Result<Registration> {
        let password = secrets::new_password()?;
        let tracking_hash = secrets::hash_password(&password)?;
        self.write(|w| {
            let case = cases::by_key(&w.tx, case_key)?;
            let now = recording_time(&w.tx, now)?;
            w.tx.execute(
                "UPDATE complaint_case SET tracking_hash = ?2 WHERE case_key = ?1",
                (case_key, &tracking_hash),
            )?;
            seal::seal(&w.tx, COMPLAINT_CASE, case_key)?;
            // The message with the former password would only mislead.
            untrue_messages::give_up(
                &w.tx,
                case_key,
                &[MessagePurpose::Registration, MessagePurpose::Password],
                "a new password was given",
            )?;
            let mark = to_micros(now);
            let message_id = tell_password(w, case_key, &password, mark, now, false)?;
            Ok(Registration {
                case_key,
                number: case.number,
                password: password.clone(),
                message_id,
                seq: case.last_seq,
            })
        })
    }
}

/// What is made before the register is locked: hashing is slow on purpose.
struct Prepared {
    password: String,
    tracking_hash: String,
    salt: [u8; 16],
}

impl Prepared {
    fn of(new: &NewCase) -> Result<Prepared> {
        if new.narrative.trim().is_empty() {
            return Err(RegisterError::invalid(
                "narrative",
                &new.narrative,
                "write down what the customer complains of",
            ));
        }
        let password = secrets::new_password()?;
        Ok(Prepared {
            tracking_hash: secrets::hash_password(&password)?,
            password,
            salt: secrets::random::<16>()?,
        })
    }
}

/// Number, case, first event, first message and what came with it (its files lie in the folder), within the caller's
/// transaction.
fn add(
    w: &Writing<'_>,
    new: &NewCase,
    by: &Actor,
    prepared: &Prepared,
    (folder, parts): (&Path, &[Part]),
    now: DateTime<Utc>,
) -> Result<Registration> {
    let recorded_at = recording_time(&w.tx, now)?;
    let kind = EventKind::Registered;
    check_times(
        w,
        kind,
        new.occurred_at,
        new.late_reason.as_deref(),
        // The recording time is cut to the register's exactness; an entry of this moment is not ahead of it.
        recorded_at.max(now),
    )?;
    check_received(&new.registered, new.occurred_at)?;
    let today = local_day(recorded_at.max(now), w.zone);
    check_days(None, &new.registered, today)?;
    let complainant_id = match &new.complainant {
        Complaining::Known(id) => people::read(&w.tx, *id)?.complainant_id,
        Complaining::Person(person) => match people::recognise(&w.tx, person)? {
            Some(id) => id,
            None => people::add(&w.tx, person)?,
        },
    };
    // As exact as the register's other times, or an event of the same moment would precede it.
    let received_at = from_micros(to_micros(new.registered.received_at))?;
    let (case_key, number) = add_case(
        &w.tx,
        &CaseHeader {
            number: None,
            numbered_in: local_day(recorded_at, w.zone).year(),
            received_month: local_day(received_at, w.zone).format("%Y-%m").to_string(),
            received_at: to_micros(received_at),
            complainant_id,
            tracking_hash: Some(&prepared.tracking_hash),
        },
    )?;
    let body = EventBody::Registered(Registered {
        received_at,
        ..new.registered.clone()
    });
    let seq = Tail::read(&w.tx)?.add(
        &w.tx,
        &Entry {
            case_key,
            number: &number,
            event_no: next_event_no(&w.tx, case_key)?,
            occurred_at: new.occurred_at,
            recorded_at,
            role: by.role,
            actor: by.name.as_deref(),
            late_reason: new.late_reason.as_deref(),
            body: &body,
            text: Some(new.narrative.trim()),
        },
        &prepared.salt,
    )?;
    projection::refold(&w.tx, case_key)?;
    let message_id = tell_password(w, case_key, &prepared.password, seq, recorded_at, true)?;
    let seq = match parts {
        [] => seq,
        [_, ..] => add_parts(w, folder, case_key, parts, now)?.last_seq,
    };
    Ok(Registration {
        case_key,
        number,
        password: prepared.password.clone(),
        message_id,
        seq,
    })
}

/// The hash by which the key of a form is known.
pub(super) fn form_hash(form_key: &str) -> [u8; 32] {
    sha256::digest(form_key.as_bytes())
}

/// Remembers which case a form belongs to.
pub(super) fn remember_form(conn: &Connection, form_hash: &[u8], case_key: i64) -> Result<()> {
    conn.execute(
        "INSERT INTO registered_form (form_hash, case_key, checksum) VALUES (?1, ?2, x'')",
        (form_hash, case_key),
    )?;
    seal::seal(conn, seal::REGISTERED_FORM, conn.last_insert_rowid())
}

/// The number of the case that a form made or added to.
pub(super) fn case_of_form(conn: &Connection, form_hash: &[u8]) -> Result<Option<String>> {
    Ok(conn
        .query_row(
            "SELECT number FROM registered_form JOIN complaint_case USING (case_key) WHERE form_hash = ?1",
            [form_hash],
            |row| row.get(0),
        )
        .optional()?)
}

/// Where calendars begin: an earlier receipt is a slip of the pen.
const EARLIEST_YEAR: i32 = 2000;

/// A complaint is received before it is registered, and not before any calendar begins.
pub(super) fn check_received(registered: &Registered, registered_at: DateTime<Utc>) -> Result<()> {
    if registered.received_at > registered_at {
        return Err(RegisterError::invalid(
            "received at",
            registered.received_at.to_string(),
            "a complaint is received before it is registered",
        ));
    }
    if registered.received_at.year() < EARLIEST_YEAR {
        return Err(RegisterError::invalid(
            "received at",
            registered.received_at.to_string(),
            "no calendar reaches back that far; check the year",
        ));
    }
    Ok(())
}

/// No goods are made or sold on a day that has not come. What an amendment leaves as it is was judged before.
pub(super) fn check_days(
    before: Option<&Registered>,
    after: &Registered,
    today: NaiveDate,
) -> Result<()> {
    let days = |r: &Registered| [("sold_on", r.sold_on), ("produced_on", r.produced_on)];
    let known = before.map(days);
    for (field, day) in days(after) {
        let is_known = known.is_some_and(|known| known.contains(&(field, day)));
        if let Some(day) = day.filter(|day| *day > today && !is_known) {
            return Err(RegisterError::DayAhead { field, day, today });
        }
    }
    Ok(())
}

/// The row of a case before its events.
#[derive(Debug)]
pub(super) struct CaseHeader<'a> {
    /// `None`: the next number of the register.
    pub number: Option<&'a str>,
    /// The year that the register's own numbers begin with.
    pub numbered_in: i32,
    pub received_month: String,
    pub received_at: i64,
    pub complainant_id: i64,
    pub tracking_hash: Option<&'a str>,
}

/// Adds the row of a case; answers its key and number. Its row is sealed with its projection.
pub(super) fn add_case(conn: &Connection, header: &CaseHeader<'_>) -> Result<(i64, String)> {
    let last: Option<i64> = conn
        .prepare_cached("SELECT max(case_key) FROM complaint_case")?
        .query_row([], |row| row.get(0))
        .optional()?
        .flatten();
    let case_key = last.unwrap_or(0) + 1;
    let number = match header.number {
        Some(number) => number.to_owned(),
        None => free_number(conn, &format!("{}-{case_key:06}", header.numbered_in))?,
    };
    conn.prepare_cached(
        "INSERT INTO complaint_case (case_key, number, received_month, complainant_id, tracking_hash,
                                     state, pass, received_at, last_seq, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, 'registered', 1, ?6, 0, x'')",
    )?
    .execute((
        case_key,
        &number,
        &header.received_month,
        header.complainant_id,
        header.tracking_hash,
        header.received_at,
    ))?;
    Ok((case_key, number))
}

/// The number itself, or with a suffix when a loaded case brought the same one along.
fn free_number(conn: &Connection, number: &str) -> Result<String> {
    let mut taken =
        conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM complaint_case WHERE number = ?1)")?;
    let mut candidate = number.to_owned();
    let mut suffix = 1;
    while taken.query_row([&candidate], |row| row.get::<_, bool>(0))? {
        suffix += 1;
        candidate = format!("{number}-{suffix}");
    }
    Ok(candidate)
}

fn tell_password(
    w: &Writing<'_>,
    case_key: i64,
    password: &str,
    mark: i64,
    now: DateTime<Utc>,
    first: bool,
) -> Result<Option<i64>> {
    let (purpose, saying) = if first {
        (
            MessagePurpose::Registration,
            Saying::Registration { password },
        )
    } else {
        (MessagePurpose::Password, Saying::Password { password })
    };
    message_queue::queue(
        w,
        &Queue {
            case_key,
            purpose,
            pass: None,
            saying,
            mark,
            now,
        },
    )
}
