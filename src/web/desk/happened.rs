//! An event of a case as staff read it: what happened, when, who did it, and the data of it in words.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use crate::words::Words;
use redress_domain::event::{Amended, EventBody, EventKind, MinorUnits};
use redress_domain::vocabulary::{
    Answer, AssessmentChange, Channel, Expectation, Language, Means, MessagePurpose, PauseReason,
    RejectionReason, Response, Severity,
};
use redress_register::{Attachment, Recorded};

/// An event as a row of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    pub seq: i64,
    /// 1, 2, 3 … within the case.
    pub no: i64,
    pub name: String,
    pub when: String,
    pub who: String,
    /// When and why it was entered late.
    pub late: Option<String>,
    pub facts: Vec<Fact>,
    pub text: Option<String>,
    pub text_erased: bool,
    /// It was struck out.
    pub struck: bool,
    /// It can be amended.
    pub mends: bool,
    /// It can be struck out.
    pub strikes: bool,
}

/// A datum with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub label: String,
    pub value: String,
}

/// What is needed to tell what happened.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    pub words: &'a Words,
    pub zone: Tz,
    /// ISO 4217 code of amounts.
    pub currency: Option<&'a str>,
    pub history: &'a [Recorded],
    pub files: &'a [Attachment],
}

/// The lists from which a datum of an event is taken, with the group of their names.
pub fn list_of(kind: EventKind, field: &str) -> Option<(&'static str, Vec<&'static str>)> {
    macro_rules! list {
        ($group:literal, $list:ty) => {
            Some((
                $group,
                <$list>::ALL.iter().map(|word| word.as_str()).collect(),
            ))
        };
    }
    match (kind, field) {
        (_, "severity") => list!("severities", Severity),
        (_, "change") => list!("codes", AssessmentChange),
        (_, "means") => list!("means", Means),
        (EventKind::Paused, "reason") => list!("pause", PauseReason),
        (EventKind::Rejected | EventKind::AnsweredOnBehalf, "reason") => {
            list!("codes", RejectionReason)
        }
        (_, "response" | "granted" | "remedy_sought") => list!("remedies", Response),
        (_, "channel") => list!("channels", Channel),
        (_, "language") => list!("languages", Language),
        (_, "answer") => list!("codes", Answer),
        (_, "expectation") => list!("codes", Expectation),
        (_, "purpose") => list!("purposes", MessagePurpose),
        _ => None,
    }
}

/// The name of a code: the desk's own, or the review's.
pub fn named(words: &Words, group: &str, code: &str) -> String {
    match words.find(&format!("{group}.{code}")) {
        Some(name) => name.to_owned(),
        None => words.name(group, code),
    }
}

/// The label of a datum.
pub fn label(words: &Words, field: &str) -> String {
    words.text(&format!("facts.{field}")).to_owned()
}

/// An amount with its currency.
pub fn amount(words: &Words, minor: MinorUnits, currency: Option<&str>) -> String {
    let number = words.real(minor as f64 / 100.0, 2);
    match currency {
        Some(currency) => format!("{number} {currency}"),
        None => number,
    }
}

impl Telling<'_> {
    /// Tells an event.
    pub fn tell(&self, recorded: &Recorded) -> Happened {
        let event = &recorded.event;
        let kind = event.body.kind();
        let role = self.words.name("codes", event.role.as_str());
        let struck = self.history.iter().any(|other| match &other.event.body {
            EventBody::Voided(voided) => voided.seq == event.seq,
            _ => false,
        });
        Happened {
            seq: event.seq,
            no: recorded.event_no,
            name: self.words.name("codes", kind.as_str()),
            when: self.words.moment(event.occurred_at, self.zone),
            who: match &event.actor {
                Some(name) => format!("{name} ({role})"),
                None => role,
            },
            late: event.late_reason.as_ref().map(|reason| {
                let at = self.words.moment(event.recorded_at, self.zone);
                self.words
                    .fill("history.late", &[("at", &at), ("reason", reason)])
            }),
            facts: self.facts(&event.body),
            text: recorded.text.clone(),
            text_erased: recorded.text_erased,
            struck,
            mends: !struck && can_be_mended(kind),
            strikes: !struck && can_be_mended(kind) && kind != EventKind::Registered,
        }
    }

    /// The data of an event, those left out that say nothing.
    fn facts(&self, body: &EventBody) -> Vec<Fact> {
        match body {
            EventBody::Amended(amended) => return self.amended(amended),
            EventBody::Voided(voided) => {
                return vec![
                    self.fact("seq", self.event_named(voided.seq)),
                    self.fact("reason", voided.reason.clone()),
                ];
            }
            _ => {}
        }
        let kind = body.kind();
        // An event that cannot be written as JSON does not exist; it would have no data to tell.
        let data = body.to_json().unwrap_or_default();
        let data: serde_json::Map<String, Value> = serde_json::from_str(&data).unwrap_or_default();
        data.iter()
            .filter(|(field, value)| match (field.as_str(), value) {
                ("pass", value) => value.as_u64().is_some_and(|pass| pass > 1),
                ("bytes" | "media_type", _) => false,
                ("cost", value) => value.as_i64() != Some(0),
                ("satisfied" | "holds", _) => true,
                (_, value) => !matches!(value, Value::Bool(false)),
            })
            .map(|(field, value)| self.fact(field, self.value(kind, field, value)))
            .collect()
    }

    fn amended(&self, amended: &Amended) -> Vec<Fact> {
        let target = self.kind_of(amended.seq);
        let shown = |value: &Value| match target {
            Some(kind) => self.value(kind, &amended.field, value),
            None => value.to_string(),
        };
        vec![
            self.fact("seq", self.event_named(amended.seq)),
            Fact {
                label: label(self.words, &amended.field),
                value: format!("{} → {}", shown(&amended.old), shown(&amended.new)),
            },
            self.fact("reason", amended.reason.clone()),
        ]
    }

    fn fact(&self, field: &str, value: String) -> Fact {
        Fact {
            label: label(self.words, field),
            value,
        }
    }

    fn kind_of(&self, seq: i64) -> Option<EventKind> {
        let mut events = self.history.iter().map(|recorded| &recorded.event);
        events.find(|e| e.seq == seq).map(|e| e.body.kind())
    }

    /// "3 · Assessed": an event of the case by its number and name.
    pub fn event_named(&self, seq: i64) -> String {
        let mut found = self.history.iter();
        match found.find(|recorded| recorded.event.seq == seq) {
            Some(recorded) => {
                let kind = recorded.event.body.kind();
                let name = self.words.name("codes", kind.as_str());
                format!("{} · {name}", recorded.event_no)
            }
            None => seq.to_string(),
        }
    }

    /// A datum in words.
    pub fn value(&self, kind: EventKind, field: &str, value: &Value) -> String {
        let words = self.words;
        match value {
            Value::Null => words.text("shell.none").to_owned(),
            Value::Bool(true) => words.text("shell.yes").to_owned(),
            Value::Bool(false) => words.text("shell.no").to_owned(),
            Value::Number(number) => match (field, number.as_i64()) {
                ("cost", Some(minor)) => amount(words, minor, self.currency),
                (_, Some(n)) => words.count(n),
                (_, None) => number.to_string(),
            },
            Value::String(text) => self.word(kind, field, text),
            Value::Array(values) => {
                let shown: Vec<String> = values
                    .iter()
                    .map(|value| self.value(kind, field, value))
                    .collect();
                shown.join(", ")
            }
            Value::Object(_) => value.to_string(),
        }
    }

    fn word(&self, kind: EventKind, field: &str, text: &str) -> String {
        let words = self.words;
        if let Some((group, _)) = list_of(kind, field) {
            return named(words, group, text);
        }
        match field {
            "category" => words.name("categories", text),
            "department" | "unit" | "also" => words.name("departments", text),
            "root_cause" => words.name("codes", text),
            "sha256" => {
                let mut files = self.files.iter();
                let file = files.find(|file| file.sha256 == text);
                file.and_then(|file| file.name.clone())
                    .unwrap_or_else(|| words.text("history.file_erased").to_owned())
            }
            _ if field.ends_with("_at") => match text.parse::<DateTime<Utc>>() {
                Ok(at) => words.moment(at, self.zone),
                Err(_) => text.to_owned(),
            },
            _ if field.ends_with("_on") => match text.parse::<NaiveDate>() {
                Ok(day) => words.date(day),
                Err(_) => text.to_owned(),
            },
            _ => text.to_owned(),
        }
    }
}

/// Whether an event can be mended at all: not what mends others, and not what the program recorded of a file or a
/// message.
pub fn can_be_mended(kind: EventKind) -> bool {
    match kind {
        EventKind::Amended
        | EventKind::Voided
        | EventKind::Erased
        | EventKind::EvidenceAdded
        | EventKind::MessageSent
        | EventKind::MessageFailed => false,
        EventKind::Registered
        | EventKind::Acknowledged
        | EventKind::Assessed
        | EventKind::Classified
        | EventKind::IssueAdded
        | EventKind::Routed
        | EventKind::Assigned
        | EventKind::Paused
        | EventKind::Resumed
        | EventKind::SampleReceived
        | EventKind::SampleReturned
        | EventKind::NoteAdded
        | EventKind::Decided
        | EventKind::Countersigned
        | EventKind::Communicated
        | EventKind::Accepted
        | EventKind::Rejected
        | EventKind::AnsweredOnBehalf
        | EventKind::AnswerLapsed
        | EventKind::RemediesTold
        | EventKind::ReferredExternally
        | EventKind::ExternalOutcome
        | EventKind::RecourseExhausted
        | EventKind::RemedyDue
        | EventKind::RemedyDone
        | EventKind::CorrectionVerified
        | EventKind::Surveyed
        | EventKind::SurveySent
        | EventKind::Escalated
        | EventKind::Reopened
        | EventKind::Withdrawn
        | EventKind::Merged => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_datum_of_every_event_has_a_label_in_every_language() {
        for language in [Language::En, Language::Tr, Language::Ru] {
            let words = Words::load(language).unwrap();
            for kind in EventKind::ALL {
                for field in EventBody::fields(*kind) {
                    let key = format!("facts.{field}");
                    assert!(words.find(&key).is_some(), "{language}: {key}");
                }
                let name = words.name("codes", kind.as_str());
                assert_ne!(name, kind.as_str(), "{language}: the name of {kind}");
            }
        }
    }

    #[test]
    fn every_code_of_a_list_has_a_name_in_every_language() {
        // In English a name may be spelled as its code; the three languages have the same keys (`words`).
        for language in [Language::Tr, Language::Ru] {
            let words = Words::load(language).unwrap();
            for kind in EventKind::ALL {
                for field in EventBody::fields(*kind) {
                    let Some((group, codes)) = list_of(*kind, field) else {
                        continue;
                    };
                    for code in codes {
                        assert_ne!(
                            named(&words, group, code),
                            code,
                            "{language}: {group}.{code}"
                        );
                    }
                }
            }
        }
    }
}
