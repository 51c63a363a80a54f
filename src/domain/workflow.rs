//! The case workflow of `docs/state-machine.md`: a state and an event give the next state or a
//! refusal in words.
//!
//! Every state carries only its own data. Nobody writes a state; it is folded from events. The
//! strict rules serve the bundled register; [`State::force`] says where an event leads that a
//! foreign store recorded although the rules refuse it.

use super::event::{EventBody, EventKind};
use super::vocabulary::{Answer, words};

/// A pass of processing and resolution: 1, or 2 for the re-examination. Foreign stores may show more.
pub type Pass = u8;

/// The passes that the process knows: one examination and one re-examination.
pub const LAST_PASS: Pass = 2;

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// In the register; the first classification or the first routing is still to come.
    Registered { classified: bool, routed: bool },
    /// Being examined.
    InProcessing { pass: Pass },
    /// A decision exists; it is in force once `signed`, and the customer does not know it yet.
    Decided {
        pass: Pass,
        signed: bool,
        decided_by: Option<String>,
    },
    /// The decision was communicated; the customer's answer is awaited.
    Resolved { pass: Pass },
    /// The customer accepted the decision of this pass.
    Completed { pass: Pass },
    /// Rejected twice. Not closed: it keeps ageing and carries its external referral.
    Outstanding { remedies_told: bool, referred: bool },
    /// An external outcome satisfied the customer.
    CompletedExternally,
    /// All recourse is exhausted: closed, and counted apart.
    Exhausted,
    /// The customer never answered: closed without answer, never counted as accepted.
    Unanswered { pass: Pass },
    /// Withdrawn by the customer.
    Withdrawn { pass: Pass },
    /// A duplicate registration of another case.
    Merged { into: String, pass: Pass },
}

words! {
    /// The name of a state, without its data.
    StateName {
        Registered = "registered", InProcessing = "in_processing", Resolved = "resolved",
        Completed = "completed", Outstanding = "outstanding",
        CompletedExternally = "completed_externally", Exhausted = "exhausted",
        Unanswered = "unanswered", Withdrawn = "withdrawn", Merged = "merged",
    }
}

impl StateName {
    /// Whether nothing more is expected to happen. Outstanding is not closed.
    pub const fn is_closed(self) -> bool {
        match self {
            StateName::Completed
            | StateName::CompletedExternally
            | StateName::Exhausted
            | StateName::Unanswered
            | StateName::Withdrawn
            | StateName::Merged => true,
            StateName::Registered
            | StateName::InProcessing
            | StateName::Resolved
            | StateName::Outstanding => false,
        }
    }
}

/// Why the workflow refuses an event; each message says what to do instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the case is registered already; a complaint is registered once")]
    AlreadyRegistered,
    #[error("`{event}` is not possible while the case is `{state}`{hint}")]
    NotInThisState {
        event: EventKind,
        state: StateName,
        hint: &'static str,
    },
    #[error("`{event}` names pass {named}, but the case is in pass {current}")]
    WrongPass {
        event: EventKind,
        named: Pass,
        current: Pass,
    },
    #[error("the decision of pass {pass} needs a second signature first (`case countersign`)")]
    SecondSignatureMissing { pass: Pass },
    #[error("the second signature must be another person's than the decision")]
    SignedByDecider,
    #[error("the decision of pass {pass} needs no second signature")]
    NoSignatureNeeded { pass: Pass },
    #[error("the re-examination must be decided by another person than pass 1")]
    SameDecider,
    #[error(
        "the re-examination was the last one; a completed second pass is not reopened: register a new complaint"
    )]
    NoFurtherPass,
    #[error("the customer has to be told of the external remedies first (`case remedies-told`)")]
    RemediesNotTold,
    #[error("the customer was told of the external remedies already")]
    RemediesAlreadyTold,
    #[error("no external referral is recorded, so there is no outcome of one")]
    NotReferred,
    #[error("the case is paused already since an earlier event; resume it first")]
    AlreadyPaused,
    #[error("the case is not paused")]
    NotPaused,
    #[error("the case is paused; resume it before deciding")]
    DecidedWhilePaused,
    #[error("nothing is due to the customer, so nothing can be delivered or verified")]
    NoRemedyDue,
    #[error("the remedy is not delivered yet; it is verified after that")]
    RemedyNotDone,
    #[error("a case cannot be merged into itself")]
    MergedIntoItself,
    #[error("the satisfaction score is {found}; it goes from 1 to 5")]
    ScoreOutOfRange { found: u8 },
    #[error("event {seq} is not an event of this case that can be {what}")]
    NoSuchEvent { seq: i64, what: &'static str },
    #[error("event {seq} has no field `{field}`")]
    NoSuchField { seq: i64, field: String },
    #[error(
        "the field `{field}` of event {seq} is `{found}` now, not `{expected}`; read the case again"
    )]
    FieldChanged {
        seq: i64,
        field: String,
        found: String,
        expected: String,
    },
    #[error("the amended event cannot be read: {why}")]
    AmendmentUnreadable { why: String },
    #[error("`{event}` happened before the complaint was received")]
    BeforeReceipt { event: EventKind },
}

impl State {
    /// The state of a case that was just entered.
    pub const fn registered() -> Self {
        State::Registered {
            classified: false,
            routed: false,
        }
    }

    /// The name that people see. A decision not yet communicated is still "in processing".
    pub const fn name(&self) -> StateName {
        match self {
            State::Registered { .. } => StateName::Registered,
            State::InProcessing { .. } | State::Decided { .. } => StateName::InProcessing,
            State::Resolved { .. } => StateName::Resolved,
            State::Completed { .. } => StateName::Completed,
            State::Outstanding { .. } => StateName::Outstanding,
            State::CompletedExternally => StateName::CompletedExternally,
            State::Exhausted => StateName::Exhausted,
            State::Unanswered { .. } => StateName::Unanswered,
            State::Withdrawn { .. } => StateName::Withdrawn,
            State::Merged { .. } => StateName::Merged,
        }
    }

    /// The pass the case is in: 1 before any decision.
    pub const fn pass(&self) -> Pass {
        match self {
            State::Registered { .. } => 1,
            State::InProcessing { pass }
            | State::Decided { pass, .. }
            | State::Resolved { pass }
            | State::Completed { pass }
            | State::Unanswered { pass }
            | State::Withdrawn { pass }
            | State::Merged { pass, .. } => *pass,
            State::Outstanding { .. } | State::CompletedExternally | State::Exhausted => LAST_PASS,
        }
    }

    /// The next state after an event, or why it is refused. Events that change no state (notes,
    /// assignments, pauses …) give the state back; what they need beyond the state is checked by
    /// the fold, which knows the whole case.
    ///
    /// `actor` is who acted, for the rules that ask for another person.
    ///
    /// # Errors
    /// A [`Refusal`] that says what is wrong and what to do instead.
    pub fn apply(self, event: &EventBody, actor: Option<&str>) -> Result<State, Refusal> {
        use EventBody as E;
        let kind = event.kind();
        match event {
            E::Registered(_) => Err(Refusal::AlreadyRegistered),

            E::Classified(_) => match self {
                State::Registered { routed, .. } => Ok(after_intake(true, routed)),
                State::InProcessing { .. } | State::Decided { .. } | State::Resolved { .. } => {
                    Ok(self)
                }
                other => other.refuse(kind, ""),
            },
            E::Routed(_) => match self {
                State::Registered { classified, .. } => Ok(after_intake(classified, true)),
                State::InProcessing { .. } => Ok(self),
                other => other.refuse(kind, "; it is routed before a decision is taken"),
            },

            E::Decided(d) => match self {
                // Settled where it was made: contact staff decide without routing the case.
                State::Registered { routed: false, .. } if d.pass == 1 => {
                    Ok(decided(d.pass, d.needs_second_signature, actor))
                }
                State::InProcessing { pass } if pass == d.pass => {
                    Ok(decided(pass, d.needs_second_signature, actor))
                }
                State::InProcessing { pass } => Err(Refusal::WrongPass {
                    event: kind,
                    named: d.pass,
                    current: pass,
                }),
                State::Registered { routed: false, .. } => Err(Refusal::WrongPass {
                    event: kind,
                    named: d.pass,
                    current: 1,
                }),
                other if other.name().is_closed() => other.refuse(kind, "; it is closed"),
                other @ State::Decided { .. } => other.refuse(
                    kind,
                    "; a decision stands already, and the customer is to be told of it",
                ),
                other => other.refuse(
                    kind,
                    "; classify and route it first, or wait for the customer's answer",
                ),
            },
            E::Countersigned(c) => match self {
                State::Decided { pass, .. } if pass != c.pass => Err(Refusal::WrongPass {
                    event: kind,
                    named: c.pass,
                    current: pass,
                }),
                State::Decided {
                    pass, signed: true, ..
                } => Err(Refusal::NoSignatureNeeded { pass }),
                State::Decided {
                    pass, decided_by, ..
                } => match (&decided_by, actor) {
                    (Some(decider), Some(signer)) if decider == signer => {
                        Err(Refusal::SignedByDecider)
                    }
                    _ => Ok(State::Decided {
                        pass,
                        signed: true,
                        decided_by,
                    }),
                },
                other => other.refuse(kind, "; only a decision is signed"),
            },
            E::Communicated(c) => match self {
                State::Decided { pass, .. } if pass != c.pass => Err(Refusal::WrongPass {
                    event: kind,
                    named: c.pass,
                    current: pass,
                }),
                State::Decided {
                    pass,
                    signed: false,
                    ..
                } => Err(Refusal::SecondSignatureMissing { pass }),
                State::Decided { pass, .. } => Ok(State::Resolved { pass }),
                other => other.refuse(kind, "; a decision is communicated once, after it is taken"),
            },

            E::Accepted(a) => self.answered(kind, a.pass, Answer::Accepted),
            E::Rejected(r) => self.answered(kind, r.pass, Answer::Rejected),
            E::AnsweredOnBehalf(a) => self.answered(kind, a.pass, a.answer),
            E::AnswerLapsed(l) => match self {
                State::Resolved { pass } if pass == l.pass => Ok(State::Unanswered { pass }),
                State::Resolved { pass } => Err(Refusal::WrongPass {
                    event: kind,
                    named: l.pass,
                    current: pass,
                }),
                other => other.refuse(kind, "; only a communicated decision waits for an answer"),
            },

            E::RemediesTold(_) => match self {
                State::Outstanding {
                    remedies_told: true,
                    ..
                } => Err(Refusal::RemediesAlreadyTold),
                State::Outstanding { referred, .. } => Ok(State::Outstanding {
                    remedies_told: true,
                    referred,
                }),
                other => other.refuse(
                    kind,
                    "; external remedies are told when the second decision is rejected",
                ),
            },
            E::ReferredExternally(_) => match self {
                State::Outstanding {
                    remedies_told: false,
                    ..
                } => Err(Refusal::RemediesNotTold),
                State::Outstanding { remedies_told, .. } => Ok(State::Outstanding {
                    remedies_told,
                    referred: true,
                }),
                other => other.refuse(kind, "; only an outstanding case is referred"),
            },
            E::ExternalOutcome(o) => match self {
                State::Outstanding {
                    referred: false, ..
                } => Err(Refusal::NotReferred),
                State::Outstanding { .. } if o.satisfied => Ok(State::CompletedExternally),
                State::Outstanding { .. } => Ok(self),
                other => other.refuse(kind, "; only an outstanding case has an external outcome"),
            },
            E::RecourseExhausted(_) => match self {
                State::Outstanding {
                    remedies_told: false,
                    ..
                } => Err(Refusal::RemediesNotTold),
                State::Outstanding { .. } => Ok(State::Exhausted),
                other => other.refuse(kind, "; only an outstanding case can exhaust its recourse"),
            },

            E::Reopened(_) => match self {
                State::Completed { pass } | State::Unanswered { pass } if pass < LAST_PASS => {
                    Ok(State::InProcessing { pass: pass + 1 })
                }
                State::Completed { .. } | State::Unanswered { .. } => Err(Refusal::NoFurtherPass),
                other => other.refuse(kind, "; only a completed or unanswered case is reopened"),
            },
            E::Withdrawn(_) => {
                if self.name().is_closed() {
                    self.refuse(kind, "; it is closed")
                } else {
                    Ok(State::Withdrawn { pass: self.pass() })
                }
            }
            E::Merged(m) => {
                if self.name().is_closed() {
                    self.refuse(kind, "; it is closed")
                } else {
                    Ok(State::Merged {
                        pass: self.pass(),
                        into: m.into.clone(),
                    })
                }
            }

            E::Paused(_) | E::Resumed(_) => match self {
                State::Registered { .. } | State::InProcessing { .. } => Ok(self),
                other => other.refuse(kind, "; only open work rests, and only until the decision"),
            },
            E::Acknowledged(_)
            | E::Assessed(_)
            | E::IssueAdded(_)
            | E::Assigned(_)
            | E::Escalated(_) => {
                if self.name().is_closed() {
                    self.refuse(kind, "; it is closed")
                } else {
                    Ok(self)
                }
            }
            E::RemedyDue(_) => match self {
                State::Decided { signed: true, .. }
                | State::Resolved { .. }
                | State::Completed { .. }
                | State::CompletedExternally
                | State::Unanswered { .. } => Ok(self),
                other => other.refuse(kind, "; a remedy follows from a decision in force"),
            },
            E::RemedyDone(_) | E::CorrectionVerified(_) => match self {
                State::Completed { .. } | State::CompletedExternally | State::Unanswered { .. } => {
                    Ok(self)
                }
                other => other.refuse(kind, "; a remedy is delivered after the customer accepted"),
            },
            E::SurveySent(_) | E::Surveyed(_) => match self {
                State::Completed { .. }
                | State::CompletedExternally
                | State::Exhausted
                | State::Unanswered { .. }
                | State::Outstanding { .. } => Ok(self),
                other => other.refuse(kind, "; the handling is judged when it has ended"),
            },
            E::EvidenceAdded(_)
            | E::SampleReceived(_)
            | E::SampleReturned(_)
            | E::NoteAdded(_)
            | E::MessageSent(_)
            | E::MessageFailed(_)
            | E::Erased(_) => Ok(self),
            // These mend other events before the fold; by themselves they lead nowhere.
            E::Amended(_) | E::Voided(_) => Ok(self),
        }
    }

    /// Where an event leads that a foreign store recorded against the rules, when it decides the
    /// state by itself; `None` when it says nothing about the state.
    pub fn force(&self, event: &EventBody, actor: Option<&str>) -> Option<State> {
        use EventBody as E;
        let next_pass = || self.pass().saturating_add(1);
        match event {
            E::Routed(_) | E::Classified(_) | E::Registered(_) => None,
            E::Decided(d) => Some(decided(d.pass.max(self.pass()), false, actor)),
            E::Communicated(c) => Some(State::Resolved {
                pass: c.pass.max(self.pass()),
            }),
            E::Accepted(a) => Some(State::Completed {
                pass: a.pass.max(self.pass()),
            }),
            E::Rejected(_) => Some(State::InProcessing { pass: next_pass() }),
            E::AnsweredOnBehalf(a) => Some(match a.answer {
                Answer::Accepted => State::Completed {
                    pass: a.pass.max(self.pass()),
                },
                Answer::Rejected => State::InProcessing { pass: next_pass() },
            }),
            E::AnswerLapsed(l) => Some(State::Unanswered {
                pass: l.pass.max(self.pass()),
            }),
            E::Reopened(_) => Some(State::InProcessing { pass: next_pass() }),
            E::ExternalOutcome(o) if o.satisfied => Some(State::CompletedExternally),
            E::RecourseExhausted(_) => Some(State::Exhausted),
            E::Withdrawn(_) => Some(State::Withdrawn { pass: self.pass() }),
            E::Merged(m) => Some(State::Merged {
                pass: self.pass(),
                into: m.into.clone(),
            }),
            E::ReferredExternally(_) => Some(State::Outstanding {
                remedies_told: true,
                referred: true,
            }),
            E::ExternalOutcome(_)
            | E::RemediesTold(_)
            | E::Countersigned(_)
            | E::Acknowledged(_)
            | E::Assessed(_)
            | E::IssueAdded(_)
            | E::Assigned(_)
            | E::Paused(_)
            | E::Resumed(_)
            | E::EvidenceAdded(_)
            | E::SampleReceived(_)
            | E::SampleReturned(_)
            | E::NoteAdded(_)
            | E::RemedyDue(_)
            | E::RemedyDone(_)
            | E::CorrectionVerified(_)
            | E::Surveyed(_)
            | E::SurveySent(_)
            | E::Escalated(_)
            | E::MessageSent(_)
            | E::MessageFailed(_)
            | E::Amended(_)
            | E::Voided(_)
            | E::Erased(_) => None,
        }
    }

    fn answered(self, kind: EventKind, named: Pass, answer: Answer) -> Result<State, Refusal> {
        let pass = match &self {
            State::Resolved { pass } => *pass,
            // The answer came after the case was closed without one; it counts all the same.
            State::Unanswered { pass } => *pass,
            _ => {
                return self.refuse(
                    kind,
                    "; the customer answers a decision that was communicated",
                );
            }
        };
        if named != pass {
            return Err(Refusal::WrongPass {
                event: kind,
                named,
                current: pass,
            });
        }
        Ok(match answer {
            Answer::Accepted => State::Completed { pass },
            Answer::Rejected if pass < LAST_PASS => State::InProcessing { pass: pass + 1 },
            Answer::Rejected => State::Outstanding {
                remedies_told: false,
                referred: false,
            },
        })
    }

    fn refuse(self, event: EventKind, hint: &'static str) -> Result<State, Refusal> {
        Err(Refusal::NotInThisState {
            event,
            state: self.name(),
            hint,
        })
    }
}

const fn after_intake(classified: bool, routed: bool) -> State {
    if classified && routed {
        State::InProcessing { pass: 1 }
    } else {
        State::Registered { classified, routed }
    }
}

fn decided(pass: Pass, needs_second_signature: bool, actor: Option<&str>) -> State {
    State::Decided {
        pass,
        signed: !needs_second_signature,
        decided_by: actor.map(str::to_owned),
    }
}
