//! What went to and fro: messages that were sent, questions, and what the complainant added. Notes,
//! assessments and names of staff are never among it.

use chrono::{DateTime, Utc};

use super::seen::Seen;
use crate::words::Words;
use redress_domain::event::EventBody;
use redress_domain::vocabulary::{MessagePurpose, Role};
use redress_register::{MessageState, Recorded};

/// One thing that was said.
#[derive(Debug, Clone)]
pub struct Entry {
    at: DateTime<Utc>,
    pub when: String,
    pub what: String,
    /// The complainant's own words, or our question.
    pub words: Option<String>,
    /// Whether the words are the complainant's, and so in the language of the complaint.
    pub own: bool,
    /// Hash and name of a file that the complainant sent.
    pub file: Option<(String, String)>,
}

/// All of it, the newest first.
pub fn thread(seen: &Seen, words: &Words) -> Vec<Entry> {
    let events = seen
        .effective()
        .filter_map(|recorded| said(seen, words, recorded));
    let sent = seen.messages.iter().filter_map(|message| {
        let at = message
            .sent_at
            .filter(|_| message.state == MessageState::Sent)?;
        let key = purpose(message.purpose)?;
        let means = words
            .text(&format!("public_means.{}", message.means))
            .to_owned();
        let what = words.fill(&format!("public_thread.{key}"), &[("means", &means)]);
        Some(entry(seen, words, at, what))
    });
    let mut entries: Vec<Entry> = events.chain(sent).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    entries
}

/// The question that waits for the complainant, in our words; `None` where there is none, or none was written.
pub fn question(seen: &Seen) -> Option<&str> {
    let rest = seen.waits_for_complainant()?;
    let asked = seen.effective().find(|recorded| {
        recorded.event.occurred_at == rest.from
            && matches!(&recorded.event.body, EventBody::Paused(paused) if paused.reason == rest.reason)
            && seen.is_question(recorded.event.seq)
    });
    asked?.text.as_deref()
}

/// The events that a complainant hears of, since a position: what changed while a form lay open.
pub fn news(seen: &Seen, words: &Words, since: i64) -> Vec<String> {
    seen.history
        .iter()
        .filter(|recorded| recorded.event.seq > since)
        .filter_map(|recorded| {
            let key = told_of(seen, recorded)?;
            let when = words.moment(recorded.event.recorded_at, seen.zone);
            Some(words.fill(&format!("public_news.{key}"), &[("when", &when)]))
        })
        .collect()
}

fn entry(seen: &Seen, words: &Words, at: DateTime<Utc>, what: String) -> Entry {
    Entry {
        at,
        when: words.moment(at, seen.zone),
        what,
        words: None,
        own: false,
        file: None,
    }
}

/// What an event says to the complainant, if anything.
fn said(seen: &Seen, words: &Words, recorded: &Recorded) -> Option<Entry> {
    use EventBody as E;
    let event = &recorded.event;
    let by_complainant = event.role == Role::Customer;
    let plain = |key: &str| {
        let what = words.text(&format!("public_thread.{key}")).to_owned();
        entry(seen, words, event.occurred_at, what)
    };
    let with_words = |key: &str| Entry {
        words: recorded.text.clone(),
        own: true,
        ..plain(key)
    };
    match &event.body {
        E::NoteAdded(_) if by_complainant => Some(with_words("added")),
        E::EvidenceAdded(added) if by_complainant => {
            let name = seen.own_file(&added.sha256)?.name.clone()?;
            Some(Entry {
                file: Some((added.sha256.clone(), name)),
                ..plain("file")
            })
        }
        E::Accepted(_) if by_complainant => Some(with_words("accepted")),
        E::Rejected(_) if by_complainant => Some(with_words("rejected")),
        E::Surveyed(_) if by_complainant => Some(with_words("surveyed")),
        E::Paused(paused) if paused.reason.stops_clock() && seen.is_question(event.seq) => {
            Some(Entry {
                words: recorded.text.clone(),
                ..plain("asked")
            })
        }
        E::SampleReceived(_) => Some(plain("sample_received")),
        E::SampleReturned(_) => Some(plain("sample_returned")),
        E::Registered(_)
        | E::Acknowledged(_)
        | E::Assessed(_)
        | E::Classified(_)
        | E::IssueAdded(_)
        | E::Routed(_)
        | E::Assigned(_)
        | E::Paused(_)
        | E::Resumed(_)
        | E::EvidenceAdded(_)
        | E::NoteAdded(_)
        | E::Decided(_)
        | E::Countersigned(_)
        | E::Communicated(_)
        | E::Accepted(_)
        | E::Rejected(_)
        | E::AnsweredOnBehalf(_)
        | E::AnswerLapsed(_)
        | E::RemediesTold(_)
        | E::ReferredExternally(_)
        | E::ExternalOutcome(_)
        | E::RecourseExhausted(_)
        | E::RemedyDue(_)
        | E::RemedyDone(_)
        | E::CorrectionVerified(_)
        | E::Surveyed(_)
        | E::SurveySent(_)
        | E::Escalated(_)
        | E::Reopened(_)
        | E::Withdrawn(_)
        | E::Merged(_)
        | E::MessageSent(_)
        | E::MessageFailed(_)
        | E::Amended(_)
        | E::Voided(_)
        | E::Erased(_) => None,
    }
}

/// The key of a message's line; an alarm belongs to no case.
const fn purpose(purpose: MessagePurpose) -> Option<&'static str> {
    match purpose {
        MessagePurpose::Registration => Some("sent_registration"),
        MessagePurpose::Acknowledgement => Some("sent_acknowledgement"),
        MessagePurpose::Question => Some("sent_question"),
        MessagePurpose::Decision => Some("sent_decision"),
        MessagePurpose::Remedies => Some("sent_remedies"),
        MessagePurpose::Reminder => Some("sent_reminder"),
        MessagePurpose::Survey => Some("sent_survey"),
        MessagePurpose::Password => Some("sent_password"),
        MessagePurpose::Alarm => None,
    }
}

/// The key of an event's line among the news; `None` for what stays inside, and for what changes nothing of what
/// the complainant is asked.
fn told_of(seen: &Seen, recorded: &Recorded) -> Option<&'static str> {
    use EventBody as E;
    match &recorded.event.body {
        E::Communicated(_) => Some("communicated"),
        E::Accepted(_) => Some("accepted"),
        E::Rejected(_) => Some("rejected"),
        E::AnsweredOnBehalf(_) => Some("answered_on_behalf"),
        E::AnswerLapsed(_) => Some("answer_lapsed"),
        E::Reopened(_) => Some("reopened"),
        E::Withdrawn(_) => Some("withdrawn"),
        E::Merged(_) => Some("merged"),
        E::RemedyDue(_) => Some("remedy_due"),
        E::Paused(paused) if paused.reason.stops_clock() => Some("asked"),
        E::Amended(amended) => mended(seen, amended.seq).then_some("decision_changed"),
        E::Voided(voided) => mended(seen, voided.seq).then_some("decision_changed"),
        E::Registered(_)
        | E::Acknowledged(_)
        | E::Assessed(_)
        | E::Classified(_)
        | E::IssueAdded(_)
        | E::Routed(_)
        | E::Assigned(_)
        | E::Paused(_)
        | E::Resumed(_)
        | E::EvidenceAdded(_)
        | E::SampleReceived(_)
        | E::SampleReturned(_)
        | E::NoteAdded(_)
        | E::Decided(_)
        | E::Countersigned(_)
        | E::RemediesTold(_)
        | E::ReferredExternally(_)
        | E::ExternalOutcome(_)
        | E::RecourseExhausted(_)
        | E::RemedyDone(_)
        | E::CorrectionVerified(_)
        | E::Surveyed(_)
        | E::SurveySent(_)
        | E::Escalated(_)
        | E::MessageSent(_)
        | E::MessageFailed(_)
        | E::Erased(_) => None,
    }
}

/// Whether the event at a position belongs to a decision or to how it was told.
fn mended(seen: &Seen, seq: i64) -> bool {
    let found = seen
        .history
        .iter()
        .find(|recorded| recorded.event.seq == seq);
    found.is_some_and(|recorded| {
        matches!(
            recorded.event.body,
            EventBody::Decided(_) | EventBody::Communicated(_) | EventBody::RemedyDue(_)
        )
    })
}
