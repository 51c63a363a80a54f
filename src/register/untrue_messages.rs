//! Messages that nobody sends any more: what they say became untrue, or their reason went.

use rusqlite::Connection;

use super::error::Result;
use super::outbox::{COLUMNS, Message, list};
use super::seal::{self, OUTBOX};
use redress_domain::case_file::CaseFile;
use redress_domain::vocabulary::MessagePurpose;
use redress_domain::workflow::{State, StateName};

/// Gives up the messages of a case for these purposes that were not sent; they lose their words, so that nobody
/// sends them after all.
pub(super) fn give_up(
    conn: &Connection,
    case_key: i64,
    purposes: &[MessagePurpose],
    why: &str,
) -> Result<()> {
    give_up_where(conn, case_key, why, |m| purposes.contains(&m.purpose))
}

/// As [`give_up`], but only what is no longer true of the case as it stands now.
pub(super) fn give_up_untrue(
    conn: &Connection,
    case_key: i64,
    purposes: &[MessagePurpose],
    why: &str,
    file: &CaseFile,
) -> Result<()> {
    give_up_where(conn, case_key, why, |m| {
        purposes.contains(&m.purpose) && !is_true(m, file)
    })
}

fn give_up_where(
    conn: &Connection,
    case_key: i64,
    why: &str,
    is_meant: impl Fn(&Message) -> bool,
) -> Result<()> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox
         WHERE case_key = ?1 AND state <> 'sent' AND body IS NOT NULL"
    );
    for message in list(conn, &sql, [case_key])? {
        if is_meant(&message) {
            conn.execute(
                "UPDATE outbox SET body = NULL, state = 'dead',
                        last_error = CASE state WHEN 'dead' THEN last_error ELSE ?2 END
                 WHERE message_id = ?1",
                (message.message_id, why),
            )?;
            seal::seal(conn, OUTBOX, message.message_id)?;
        }
    }
    Ok(())
}

/// Whether what a message says still holds.
fn is_true(message: &Message, file: &CaseFile) -> bool {
    match message.purpose {
        MessagePurpose::Decision => match &file.state {
            State::Decided {
                pass, signed: true, ..
            } => message.pass.is_none_or(|told| told == *pass),
            State::Decided { signed: false, .. }
            | State::Registered { .. }
            | State::InProcessing { .. }
            | State::Resolved { .. }
            | State::Completed { .. }
            | State::Outstanding { .. }
            | State::CompletedExternally
            | State::Exhausted
            | State::Unanswered { .. }
            | State::Withdrawn { .. }
            | State::Merged { .. } => false,
        },
        MessagePurpose::Remedies => matches!(
            file.state,
            State::Outstanding {
                remedies_told: false,
                ..
            }
        ),
        MessagePurpose::Question => file.running_rest().is_some(),
        MessagePurpose::Reminder => file.state.name() == StateName::Resolved,
        MessagePurpose::Registration
        | MessagePurpose::Acknowledgement
        | MessagePurpose::Survey
        | MessagePurpose::Password
        | MessagePurpose::Alarm => true,
    }
}
