//! What the passing of days makes due: reminders of a decision that nobody answered, the question how a case was
//! handled, and the lapse of an answer.
//!
//! Reminders count working days of the organisation, the rest calendar days. What should have gone out more than
//! [`STALE_DAYS`] ago is left alone: nobody is asked about a case of last year because a setting was changed today.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use rusqlite::{Connection, Params};

use super::append::{Draft, LEAST_REMINDERS, append_in};
use super::error::{RegisterError, Result};
use super::follow_up::voids;
use super::projection::read_events;
use super::settings::{self, Setting};
use super::{Actor, Register, from_micros, local_day, message_queue, secrets, to_micros};
use redress_domain::calendar::{Calendar, CalendarError};
use redress_domain::case_file::{CaseFile, Mode};
use redress_domain::event::{AnswerLapsed, Event, EventBody};
use redress_domain::vocabulary::MessagePurpose;
use redress_domain::workflow::State;

/// Days after which a reminder or a survey that was due is not sent any more.
const STALE_DAYS: i64 = 30;

/// Days within which the calendar of an organisation opens again.
const LONGEST_CLOSURE: usize = 60;

/// In table `setting`: the local day on which this was last done.
const DONE_ON: &str = "due_messages_queued_on";

/// What has become due for one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub case_key: i64,
    pub kind: DueKind,
}

/// What has become due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueKind {
    /// The first reminder of a communicated decision, or the second.
    Reminder { number: u8 },
    /// The question how the complaint was handled.
    Survey,
    /// Nobody answered: the case closes without an answer.
    Lapse { pass: u8, reminders: u8 },
}

/// What was queued or recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queued {
    pub reminders: usize,
    pub surveys: usize,
    pub lapsed: usize,
    /// Due, but there is neither phone nor e-mail.
    pub unreachable: usize,
}

impl Register {
    /// What is due at `now` by the settings `reminder_after_days`, `survey_after_days` and `lapse_after_days`,
    /// case by case. Cases in which nothing happened since long are not even looked at, but for lapses.
    ///
    /// # Errors
    /// When a day lies outside the calendar, or the database cannot be read.
    pub fn due_follow_ups(&self, calendar: &Calendar, now: DateTime<Utc>) -> Result<Vec<Due>> {
        self.read(|conn| {
            let days = Waits::read(conn)?;
            let today = calendar.local_date(now)?;
            let mut due = Vec::new();
            for case_key in days.awaiting_answer(conn, now)? {
                let case = Case::read(conn, case_key)?;
                due.extend(case.reminder_or_lapse(&days, calendar, today, now)?);
            }
            for case_key in days.closed_lately(conn, now)? {
                let case = Case::read(conn, case_key)?;
                due.extend(case.survey(conn, &days, calendar, today)?);
            }
            Ok(due)
        })
    }

    /// Queues what is due, to be sent while the organisation is open, and closes what lapsed.
    ///
    /// # Errors
    /// As [`Register::due_follow_ups`], and when the database cannot be written.
    pub fn queue_follow_ups(&mut self, calendar: &Calendar, now: DateTime<Utc>) -> Result<Queued> {
        let mut queued = Queued::default();
        let due = self.due_follow_ups(calendar, now)?;
        let send_from = next_opening(calendar, now)?;
        for Due { case_key, kind } in due {
            let reached = match kind {
                DueKind::Reminder { .. } => self
                    .write(|w| message_queue::queue_reminder(w, case_key, now, send_from))
                    .map(|message| message.is_some()),
                DueKind::Survey => self
                    .write(|w| message_queue::queue_survey(w, case_key, now, send_from))
                    .map(|message| message.is_some()),
                DueKind::Lapse { pass, reminders } => {
                    let salt = secrets::random::<16>()?;
                    let draft = Draft::new(now, AnswerLapsed { pass, reminders });
                    self.write(|w| append_in(w, case_key, draft, &Actor::system(), now, &salt))
                        .map(|_| true)
                }
            };
            let done = match kind {
                DueKind::Reminder { .. } => &mut queued.reminders,
                DueKind::Survey => &mut queued.surveys,
                DueKind::Lapse { .. } => &mut queued.lapsed,
            };
            match reached {
                Ok(true) => *done += 1,
                Ok(false) => queued.unreachable += 1,
                // The customer answered, or another process queued the same, since the case was looked at.
                Err(
                    RegisterError::Exists { .. }
                    | RegisterError::Invalid { .. }
                    | RegisterError::Refused(_),
                ) => {}
                Err(error) => return Err(error),
            }
        }
        let today = local_day(now, self.zone).to_string();
        self.write(|w| settings::store(&w.tx, DONE_ON, &today))?;
        Ok(queued)
    }

    /// Whether the follow-ups of this local day were queued already. They change with the day, so once a day is
    /// enough.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn follow_ups_are_queued(&self, now: DateTime<Utc>) -> Result<bool> {
        let done = self.read(|conn| settings::lookup(conn, DONE_ON))?;
        Ok(done.is_some_and(|day| day == local_day(now, self.zone).to_string()))
    }
}

/// The days of the settings.
#[derive(Debug, Clone, Copy)]
struct Waits {
    /// Working days.
    reminder: i64,
    /// Calendar days.
    survey: i64,
    /// Calendar days.
    lapse: i64,
}

impl Waits {
    fn read(conn: &Connection) -> Result<Waits> {
        Ok(Waits {
            reminder: settings::whole(conn, Setting::ReminderAfterDays)?,
            survey: settings::whole(conn, Setting::SurveyAfterDays)?,
            lapse: settings::whole(conn, Setting::LapseAfterDays)?,
        })
    }

    /// The cases that wait for an answer and may be due: where decisions lapse all of them, else those with an
    /// event within the days in which both reminders fall due.
    fn awaiting_answer(&self, conn: &Connection, now: DateTime<Utc>) -> Result<Vec<i64>> {
        if self.lapse > 0 {
            let sql =
                "SELECT case_key FROM complaint_case WHERE state = 'resolved' ORDER BY case_key";
            keys(conn, sql, [])
        } else if self.reminder > 0 {
            // A working day is at most a week and some holidays away from the next.
            let days = 3 * 2 * self.reminder + 2 * STALE_DAYS;
            let since = first_seq_since(conn, now - TimeDelta::days(days))?;
            let sql = "SELECT case_key FROM complaint_case
                       WHERE state = 'resolved'
                         AND case_key IN (SELECT case_key FROM case_event WHERE seq >= ?1)
                       ORDER BY case_key";
            keys(conn, sql, [since])
        } else {
            Ok(Vec::new())
        }
    }

    /// The cases closed with an outcome that may be due for the survey.
    fn closed_lately(&self, conn: &Connection, now: DateTime<Utc>) -> Result<Vec<i64>> {
        if self.survey == 0 {
            return Ok(Vec::new());
        }
        let since = first_seq_since(conn, now - TimeDelta::days(self.survey + STALE_DAYS + 1))?;
        let sql = "SELECT case_key FROM complaint_case
                   WHERE state IN ('completed', 'completed_externally', 'exhausted', 'unanswered')
                     AND case_key IN (SELECT case_key FROM case_event WHERE seq >= ?1)
                   ORDER BY case_key";
        keys(conn, sql, [since])
    }
}

/// A case with what was sent of it.
struct Case {
    case_key: i64,
    file: CaseFile,
    /// Moments of reminders: queued, or loaded with the case from another store.
    reminders: Vec<DateTime<Utc>>,
    /// Reminders that a gateway took.
    sent: Vec<DateTime<Utc>>,
}

impl Case {
    fn read(conn: &Connection, case_key: i64) -> Result<Case> {
        let events = read_events(conn, case_key)?;
        let file = CaseFile::fold(&events, None, Mode::Strict)?;
        let sent = reminders_sent(&events);
        let queued = queued_at(conn, case_key, MessagePurpose::Reminder)?;
        // What was queued here and sent is in both lists; the longer one has all of it.
        let reminders = if queued.len() >= sent.len() {
            queued
        } else {
            sent.clone()
        };
        Ok(Case {
            case_key,
            file,
            reminders,
            sent,
        })
    }

    fn reminder_or_lapse(
        &self,
        days: &Waits,
        calendar: &Calendar,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Option<Due>> {
        let State::Resolved { pass } = self.file.state else {
            return Ok(None);
        };
        let told = self.file.passes.iter().find(|p| p.pass == pass);
        let Some((told_at, _)) = told.and_then(|p| p.communicated) else {
            return Ok(None);
        };
        let asked = since(&self.reminders, told_at);
        let sent = since(&self.sent, told_at);
        let wait = u32::try_from(days.reminder).unwrap_or(u32::MAX);
        let after = |moment: DateTime<Utc>| -> Result<NaiveDate> {
            Ok(calendar.nth_counted_day(calendar.local_date(moment)?, wait)?)
        };
        if let (true, [.., last]) = (days.lapse > 0, sent.as_slice()) {
            let reminders = u8::try_from(sent.len()).unwrap_or(u8::MAX);
            let is_over = now - told_at >= TimeDelta::days(days.lapse) && today >= after(*last)?;
            if reminders >= LEAST_REMINDERS && is_over {
                return Ok(Some(self.due(DueKind::Lapse { pass, reminders })));
            }
        }
        if days.reminder == 0 || asked.len() >= usize::from(LEAST_REMINDERS) {
            return Ok(None);
        }
        let due_on = after(*asked.last().unwrap_or(&told_at))?;
        let number = u8::try_from(asked.len()).unwrap_or(u8::MAX) + 1;
        Ok(is_due(due_on, today).then(|| self.due(DueKind::Reminder { number })))
    }

    fn survey(
        &self,
        conn: &Connection,
        days: &Waits,
        calendar: &Calendar,
        today: NaiveDate,
    ) -> Result<Option<Due>> {
        let Some(closed_at) = self.file.closed_at() else {
            return Ok(None);
        };
        let asked = self.file.survey_sent_at.is_some()
            || self.file.surveyed_at.is_some()
            || !queued_at(conn, self.case_key, MessagePurpose::Survey)?.is_empty();
        let due_on = calendar
            .local_date(closed_at)?
            .checked_add_days(Days::new(days.survey.unsigned_abs()));
        let due = due_on.is_some_and(|due_on| !asked && is_due(due_on, today));
        Ok(due.then(|| self.due(DueKind::Survey)))
    }

    const fn due(&self, kind: DueKind) -> Due {
        Due {
            case_key: self.case_key,
            kind,
        }
    }
}

fn is_due(due_on: NaiveDate, today: NaiveDate) -> bool {
    (0..=STALE_DAYS).contains(&(today - due_on).num_days())
}

/// The moments from one on.
fn since(moments: &[DateTime<Utc>], from: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    moments.iter().copied().filter(|at| *at >= from).collect()
}

/// When reminders were sent, by the case's events, without those that were struck out.
fn reminders_sent(events: &[Event]) -> Vec<DateTime<Utc>> {
    let struck: Vec<i64> = events.iter().filter_map(voids).collect();
    let mut sent: Vec<DateTime<Utc>> = events
        .iter()
        .filter(|event| !struck.contains(&event.seq))
        .filter(|event| {
            matches!(&event.body, EventBody::MessageSent(m) if m.purpose == MessagePurpose::Reminder)
        })
        .map(|event| event.occurred_at)
        .collect();
    sent.sort_unstable();
    sent
}

/// When messages of a case were queued for a purpose, whatever became of them.
fn queued_at(
    conn: &Connection,
    case_key: i64,
    purpose: MessagePurpose,
) -> Result<Vec<DateTime<Utc>>> {
    let mut select = conn.prepare_cached(
        "SELECT created_at FROM outbox WHERE case_key = ?1 AND purpose = ?2 ORDER BY created_at",
    )?;
    let found = select.query_map((case_key, purpose.as_str()), |row| row.get(0))?;
    let found = found.collect::<rusqlite::Result<Vec<i64>>>()?;
    found.into_iter().map(from_micros).collect()
}

/// The position of the first event recorded at a moment or later: the times of recording grow with the
/// positions, so it is found by halving.
fn first_seq_since(conn: &Connection, moment: DateTime<Utc>) -> Result<i64> {
    let mut select = conn.prepare_cached("SELECT recorded_at FROM case_event WHERE seq = ?1")?;
    let last: i64 = conn.query_row("SELECT COALESCE(max(seq), 0) FROM case_event", [], |row| {
        row.get(0)
    })?;
    let (mut low, mut high) = (1, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let recorded_at: i64 = select.query_row([middle], |row| row.get(0))?;
        if recorded_at < to_micros(moment) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// This moment while the organisation is open, else its next opening.
fn next_opening(calendar: &Calendar, now: DateTime<Utc>) -> Result<DateTime<Utc>, CalendarError> {
    let today = calendar.local_date(now)?;
    for day in today.iter_days().take(LONGEST_CLOSURE) {
        if let Some((opens, closes)) = calendar.opening(day)?
            && now < closes
        {
            return Ok(now.max(opens));
        }
    }
    Ok(now)
}

fn keys(conn: &Connection, sql: &str, params: impl Params) -> Result<Vec<i64>> {
    let mut select = conn.prepare_cached(sql)?;
    let found = select.query_map(params, |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
