//! Records of continual improvement beside corrective actions: audits, recommendations, staff suggestions, research
//! into better ways, and the minutes of management reviews (ISO 10002, 8.5 to 8.7).
//!
//! Each is its events, folded here. Days are local days of the organisation.

mod event;

use std::collections::BTreeMap;

use chrono::NaiveDate;
pub use event::{
    AuditHeld, Recommended, RecordBody, RecordEvent, ResearchBegun, ReviewBegun, Suggested,
};

use super::vocabulary::words;

words! {
    /// What a record is of; with its number it names the record.
    RecordKind {
        Audit = "audit",
        Recommendation = "recommendation",
        Suggestion = "suggestion",
        Research = "research",
        /// The minutes of a management review.
        Review = "review",
    }
}

impl RecordKind {
    /// The letters before a record's number.
    pub const fn letters(self) -> &'static str {
        match self {
            RecordKind::Audit => "AU",
            RecordKind::Recommendation => "R",
            RecordKind::Suggestion => "S",
            RecordKind::Research => "RN",
            RecordKind::Review => "MR",
        }
    }

    /// The name of a record: `AU-0007`.
    pub fn name(self, number: u32) -> String {
        format!("{}-{number:04}", self.letters())
    }

    /// The number in a name such as `AU-0007` or `7`.
    ///
    /// # Errors
    /// When the text is no such name.
    pub fn number(self, text: &str) -> Result<u32, RecordRefusal> {
        let digits = text
            .to_ascii_uppercase()
            .strip_prefix(&format!("{}-", self.letters()))
            .map_or(text.to_owned(), str::to_owned);
        digits
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| RecordRefusal::NoNumber {
                kind: self,
                found: text.to_owned(),
                sample: self.name(7),
            })
    }
}

words! {
    /// What a recommendation came from.
    RecommendationSource { Audit = "audit", ManagementReview = "management_review" }
}

impl RecommendationSource {
    /// The kind of record that it is.
    pub const fn record(self) -> RecordKind {
        match self {
            RecommendationSource::Audit => RecordKind::Audit,
            RecommendationSource::ManagementReview => RecordKind::Review,
        }
    }
}

words! {
    /// What became of a suggestion.
    SuggestionFate {
        Waiting = "waiting", Adopted = "adopted", Trial = "trial", Declined = "declined",
    }
}

words! {
    /// What research found of a way of handling complaints.
    ResearchOutcome {
        Running = "running", Adopted = "adopted", Rejected = "rejected", Unclear = "unclear",
    }
}

words! {
    /// Inputs of a management review (ISO 10002, 8.6).
    ReviewInput {
        InternalChanges = "I1", ExternalChanges = "I2", Performance = "I3", Feedback = "I4",
        Audits = "I5", Actions = "I6", EarlierReviews = "I7", Recommendations = "I8",
    }
}

impl ReviewInput {
    /// Whether the records and figures of the register fill it; the others are entered.
    pub const fn is_computed(self) -> bool {
        match self {
            ReviewInput::Performance
            | ReviewInput::Feedback
            | ReviewInput::Audits
            | ReviewInput::Actions
            | ReviewInput::EarlierReviews => true,
            ReviewInput::InternalChanges
            | ReviewInput::ExternalChanges
            | ReviewInput::Recommendations => false,
        }
    }
}

/// A decision of a management review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub output: super::action::ReviewOutput,
    pub text: String,
    pub action: String,
}

/// A record as its events have made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub kind: RecordKind,
    pub number: u32,
    pub version: u32,
    pub what: Recorded,
}

/// What a record holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    Audit(AuditHeld),
    Recommendation {
        given: Recommended,
        /// Day and note of its being carried out.
        done: Option<(NaiveDate, Option<String>)>,
    },
    Suggestion {
        made: Suggested,
        fate: SuggestionFate,
        /// Day and reason of the decision, and the action that carries it out.
        decided: Option<(NaiveDate, String, Option<String>)>,
    },
    Research {
        begun: ResearchBegun,
        outcome: ResearchOutcome,
        /// Day and finding.
        concluded: Option<(NaiveDate, String)>,
    },
    Review {
        begun: ReviewBegun,
        inputs: BTreeMap<ReviewInput, String>,
        decisions: Vec<Decision>,
        closed_on: Option<NaiveDate>,
    },
}

/// Why an event does not fit a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordRefusal {
    #[error("`{found}` is no number of a record of kind {kind}; write it as {sample}")]
    NoNumber {
        kind: RecordKind,
        found: String,
        sample: String,
    },
    #[error("there is no {kind} {name}")]
    Unknown { kind: RecordKind, name: String },
    #[error("{0} is missing; say it")]
    Missing(&'static str),
    #[error("{name}: {why}")]
    NotNow { name: String, why: &'static str },
    #[error("{name} changed since: you saw version {seen}, it is at {found}; look at it again")]
    Changed { name: String, seen: u32, found: u32 },
    #[error(
        "{name} has the minutes of {period} already; enter there what is to be added, or say why the period is reviewed once more (`--again`)"
    )]
    ReviewedAlready { name: String, period: String },
    #[error("it is due on {due}, before it was given ({on})")]
    Due { due: NaiveDate, on: NaiveDate },
    #[error("{name}: {event} belongs to another kind of record")]
    OtherKind { name: String, event: &'static str },
}

impl Record {
    /// Folds a record from its events, oldest first.
    ///
    /// # Errors
    /// When there is no event, or one does not fit what came before it.
    pub fn fold(
        kind: RecordKind,
        number: u32,
        events: &[RecordEvent],
    ) -> Result<Record, RecordRefusal> {
        let mut folded: Option<Record> = None;
        for event in events {
            folded = Some(match folded {
                None => Record::begin(kind, number, event)?,
                Some(record) => record.with(event)?,
            });
        }
        folded.ok_or_else(|| RecordRefusal::Unknown {
            kind,
            name: kind.name(number),
        })
    }

    /// Its name: `AU-0007`.
    pub fn name(&self) -> String {
        self.kind.name(self.number)
    }

    /// The record that a first event begins.
    ///
    /// # Errors
    /// When the event begins no record of this kind, or says too little.
    pub fn begin(
        kind: RecordKind,
        number: u32,
        event: &RecordEvent,
    ) -> Result<Record, RecordRefusal> {
        let what = match &event.body {
            RecordBody::AuditHeld(held) => {
                filled("auditor", &held.auditor)?;
                filled("findings", &held.findings)?;
                Recorded::Audit(held.clone())
            }
            RecordBody::Recommended(given) => {
                filled("text of the recommendation", &given.text)?;
                filled("owner", &given.owner)?;
                Recorded::Recommendation {
                    given: given.clone(),
                    done: None,
                }
            }
            RecordBody::Suggested(made) => {
                filled("text of the suggestion", &made.text)?;
                filled("who made it", &made.from)?;
                Recorded::Suggestion {
                    made: made.clone(),
                    fate: SuggestionFate::Waiting,
                    decided: None,
                }
            }
            RecordBody::ResearchBegun(begun) => {
                filled("question", &begun.question)?;
                filled("owner", &begun.owner)?;
                Recorded::Research {
                    begun: begun.clone(),
                    outcome: ResearchOutcome::Running,
                    concluded: None,
                }
            }
            RecordBody::ReviewBegun(begun) => {
                filled("chair", &begun.chair)?;
                Recorded::Review {
                    begun: begun.clone(),
                    inputs: BTreeMap::new(),
                    decisions: Vec::new(),
                    closed_on: None,
                }
            }
            RecordBody::CarriedOut { .. }
            | RecordBody::SuggestionDecided { .. }
            | RecordBody::ResearchConcluded { .. }
            | RecordBody::InputEntered { .. }
            | RecordBody::Decided { .. }
            | RecordBody::ReviewClosed { .. } => {
                return Err(RecordRefusal::Unknown {
                    kind,
                    name: kind.name(number),
                });
            }
        };
        if event.body.of() != kind {
            return Err(RecordRefusal::OtherKind {
                name: kind.name(number),
                event: event.body.kind(),
            });
        }
        Ok(Record {
            kind,
            number,
            version: event.event_no,
            what,
        })
    }

    /// The record after one more event.
    ///
    /// # Errors
    /// When the event does not fit how the record stands.
    pub fn with(mut self, event: &RecordEvent) -> Result<Record, RecordRefusal> {
        let name = self.name();
        let not_now = |why| RecordRefusal::NotNow {
            name: name.clone(),
            why,
        };
        match (&mut self.what, &event.body) {
            (Recorded::Recommendation { given, done }, RecordBody::CarriedOut { on, note }) => {
                if done.is_some() {
                    return Err(not_now("it was carried out already"));
                }
                if *on < given.on {
                    return Err(not_now("it cannot be carried out before it was given"));
                }
                *done = Some((*on, note.clone()));
            }
            (
                Recorded::Suggestion { fate, decided, .. },
                RecordBody::SuggestionDecided {
                    on,
                    fate: new,
                    reason,
                    action,
                },
            ) => {
                if *new == SuggestionFate::Waiting {
                    return Err(not_now("decide it: adopted, trial or declined"));
                }
                // A trial is decided once more when it is over.
                if !matches!(fate, SuggestionFate::Waiting | SuggestionFate::Trial) {
                    return Err(not_now("it was decided already"));
                }
                filled("reason", reason)?;
                *fate = *new;
                *decided = Some((*on, reason.clone(), action.clone()));
            }
            (
                Recorded::Research {
                    outcome, concluded, ..
                },
                RecordBody::ResearchConcluded {
                    on,
                    outcome: new,
                    finding,
                },
            ) => {
                if *new == ResearchOutcome::Running {
                    return Err(not_now("conclude it: adopted, rejected or unclear"));
                }
                if concluded.is_some() {
                    return Err(not_now("it was concluded already"));
                }
                filled("finding", finding)?;
                *outcome = *new;
                *concluded = Some((*on, finding.clone()));
            }
            (
                Recorded::Review {
                    inputs,
                    decisions,
                    closed_on,
                    ..
                },
                body,
            ) => {
                if closed_on.is_some() {
                    return Err(not_now("its minutes are closed"));
                }
                match body {
                    RecordBody::InputEntered { input, text } => {
                        filled("text of the input", text)?;
                        inputs.insert(*input, text.clone());
                    }
                    RecordBody::Decided {
                        output,
                        text,
                        action,
                    } => {
                        filled("text of the decision", text)?;
                        decisions.push(Decision {
                            output: *output,
                            text: text.clone(),
                            action: action.clone(),
                        });
                    }
                    RecordBody::ReviewClosed { on } => *closed_on = Some(*on),
                    other => {
                        return Err(RecordRefusal::OtherKind {
                            name,
                            event: other.kind(),
                        });
                    }
                }
            }
            (_, body) => {
                return Err(RecordRefusal::OtherKind {
                    name,
                    event: body.kind(),
                });
            }
        }
        self.version = event.event_no;
        Ok(self)
    }
}

fn filled(what: &'static str, text: &str) -> Result<(), RecordRefusal> {
    match text.trim().is_empty() {
        true => Err(RecordRefusal::Missing(what)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn event(event_no: u32, body: RecordBody) -> RecordEvent {
        RecordEvent {
            event_no,
            actor: "ayse".to_owned(),
            body,
        }
    }

    fn fold(kind: RecordKind, bodies: Vec<RecordBody>) -> Result<Record, RecordRefusal> {
        let events: Vec<RecordEvent> = (1..).zip(bodies).map(|(n, b)| event(n, b)).collect();
        Record::fold(kind, 1, &events)
    }

    fn recommended() -> RecordBody {
        RecordBody::Recommended(Recommended {
            on: day("2026-03-01"),
            source: RecommendationSource::Audit,
            reference: "AU-0001".to_owned(),
            text: "Answer e-mails from one mailbox".to_owned(),
            owner: "ayse".to_owned(),
            due_on: Some(day("2026-04-01")),
        })
    }

    #[test]
    fn a_recommendation_is_carried_out_once_and_not_before_it_was_given() {
        let done = |on: &str| RecordBody::CarriedOut {
            on: day(on),
            note: None,
        };
        let kind = RecordKind::Recommendation;
        assert!(fold(kind, vec![recommended(), done("2026-02-01")]).is_err());
        assert!(fold(kind, vec![recommended(), done("2026-03-20")]).is_ok());
        let twice = vec![recommended(), done("2026-03-20"), done("2026-03-21")];
        assert!(fold(kind, twice).is_err());
    }

    #[test]
    fn what_was_recorded_before_a_rule_is_folded_all_the_same() {
        let RecordBody::Recommended(mut given) = recommended() else {
            panic!("a recommendation");
        };
        // Refused when it is entered now (register), but an older register may hold it.
        given.due_on = Some(day("2026-02-28"));
        let folded = fold(
            RecordKind::Recommendation,
            vec![RecordBody::Recommended(given)],
        );
        assert!(folded.is_ok());
    }

    #[test]
    fn a_trial_is_decided_once_more() {
        let made = RecordBody::Suggested(Suggested {
            on: day("2026-01-01"),
            from: "deniz".to_owned(),
            department: None,
            text: "Call back within the hour".to_owned(),
        });
        let decided = |fate| RecordBody::SuggestionDecided {
            on: day("2026-02-01"),
            fate,
            reason: "tried at one desk".to_owned(),
            action: None,
        };
        let kind = RecordKind::Suggestion;
        let (trial, adopted) = (SuggestionFate::Trial, SuggestionFate::Adopted);
        assert!(fold(kind, vec![made.clone(), decided(trial), decided(adopted)]).is_ok());
        assert!(fold(kind, vec![made, decided(adopted), decided(trial)]).is_err());
    }

    #[test]
    fn closed_minutes_take_nothing_more() {
        let begun = RecordBody::ReviewBegun(ReviewBegun {
            on: day("2026-10-15"),
            period: "2026-Q3".to_owned(),
            chair: "mehmet".to_owned(),
            present: Vec::new(),
            again: None,
        });
        let input = |text: &str| RecordBody::InputEntered {
            input: ReviewInput::InternalChanges,
            text: text.to_owned(),
        };
        let closed = RecordBody::ReviewClosed {
            on: day("2026-10-15"),
        };
        let kind = RecordKind::Review;
        let open = fold(
            kind,
            vec![begun.clone(), input("none"), input("a new plant")],
        );
        let Ok(Record {
            what: Recorded::Review { inputs, .. },
            ..
        }) = open
        else {
            panic!("{open:?}");
        };
        assert_eq!(inputs[&ReviewInput::InternalChanges], "a new plant");
        assert!(fold(kind, vec![begun, closed, input("late")]).is_err());
    }

    #[test]
    fn an_event_of_another_kind_is_refused() {
        let refused = fold(RecordKind::Audit, vec![recommended()]);
        assert!(matches!(refused, Err(RecordRefusal::OtherKind { .. })));
        assert_eq!(RecordKind::Audit.name(7), "AU-0007");
        assert_eq!(RecordKind::Audit.number("au-7"), Ok(7));
        assert_eq!(RecordKind::Audit.number("7"), Ok(7));
        assert!(RecordKind::Audit.number("R-7").is_err());
    }
}
