//! The fold: the events of one case give its file, with every milestone that a figure needs.
//!
//! The same fold serves the register's projections (strict: an impossible event is refused) and
//! the extract (lenient: it is kept and marked as a deviation).

use chrono::{DateTime, NaiveDate, Utc};

use super::event::{Assessed, Decided, Event, EventBody, EventKind, IssueAdded, Registered};
use super::mending::Mended;
use super::vocabulary::{Answer, Means, PauseReason, RejectionReason, Response, Role, Severity};
use super::workflow::{Pass, Refusal, State, StateName};

/// What the fold does with an event that the workflow refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Stops with the refusal: for the bundled register.
    Strict,
    /// Keeps the event, marks a deviation, and follows it where it decides the state by itself.
    Lenient,
}

/// Why events could not be folded.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    #[error("the case has no event `registered` (known by then)")]
    NotRegistered,
    #[error("event {seq} (`{kind}`): {refusal}")]
    Refused {
        seq: i64,
        kind: EventKind,
        refusal: Refusal,
    },
}

/// An event that does not fit the workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    pub seq: i64,
    pub kind: EventKind,
    pub why: Refusal,
}

/// The department that held the case from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    pub since: DateTime<Utc>,
    pub department: String,
    pub site: Option<String>,
    pub also: Vec<String>,
}

/// One rest of the work on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    pub from: DateTime<Utc>,
    /// `None` while it lasts.
    pub to: Option<DateTime<Utc>>,
    pub reason: PauseReason,
}

/// The decision of a pass.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionRecord {
    pub at: DateTime<Utc>,
    /// When it came into force: at once, or at the second signature.
    pub in_force_at: Option<DateTime<Utc>>,
    pub by: Option<String>,
    pub role: Role,
    pub data: Decided,
}

/// The customer's answer to the decision of a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRecord {
    pub at: DateTime<Utc>,
    pub answer: Answer,
    /// Entered by staff, with proof.
    pub on_behalf: bool,
    /// Why a decision was rejected, when it was said.
    pub reason: Option<RejectionReason>,
}

/// One pass of processing and resolution.
#[derive(Debug, Clone, PartialEq)]
pub struct PassRecord {
    pub pass: Pass,
    /// For pass 1 the end of intake is the start; `None` here. Later passes start at the rejection or reopening.
    pub started_at: Option<DateTime<Utc>>,
    pub decision: Option<DecisionRecord>,
    pub communicated: Option<(DateTime<Utc>, Option<Means>)>,
    pub answer: Option<AnswerRecord>,
    pub lapsed_at: Option<DateTime<Utc>>,
}

impl PassRecord {
    /// A pass in which nothing has happened yet.
    pub const fn begun(pass: Pass, started_at: Option<DateTime<Utc>>) -> Self {
        PassRecord {
            pass,
            started_at,
            decision: None,
            communicated: None,
            answer: None,
            lapsed_at: None,
        }
    }
}

/// A state and the moment it was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateChange {
    pub at: DateTime<Utc>,
    pub state: StateName,
    pub pass: Pass,
}

/// Everything that is known of one case at an `as_of`.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFile {
    pub state: State,
    pub registration: Registered,
    pub registered_at: DateTime<Utc>,
    pub registered_role: Role,
    pub acknowledged: Option<(DateTime<Utc>, Means)>,
    /// First classification; later ones restart nothing.
    pub classified_at: Option<DateTime<Utc>>,
    /// First routing; later ones restart nothing.
    pub routed_at: Option<DateTime<Utc>>,
    pub category: Option<String>,
    pub product: Option<String>,
    pub lot: Option<String>,
    pub issues: Vec<IssueAdded>,
    pub holdings: Vec<Holding>,
    pub assigned_to: Option<String>,
    pub assessments: Vec<(DateTime<Utc>, Assessed)>,
    pub passes: Vec<PassRecord>,
    pub rests: Vec<Rest>,
    pub remedies_told_at: Option<DateTime<Utc>>,
    pub referral: Option<(DateTime<Utc>, String)>,
    pub external_outcome: Option<(DateTime<Utc>, bool)>,
    pub remedy_due_on: Option<NaiveDate>,
    pub remedy_done_at: Option<DateTime<Utc>>,
    pub correction_verified: Option<(DateTime<Utc>, bool)>,
    pub survey_sent_at: Option<DateTime<Utc>>,
    pub survey_score: Option<u8>,
    pub surveyed_at: Option<DateTime<Utc>>,
    pub history: Vec<StateChange>,
    pub reopenings: u32,
    /// The first reopening.
    pub reopened_at: Option<DateTime<Utc>>,
    pub escalations: u32,
    pub late_entries: u32,
    pub amendments: u32,
    pub voided: u32,
    pub deviations: Vec<Deviation>,
}

impl CaseFile {
    /// Folds the events of one case that were recorded up to `as_of` (all of them when `None`).
    ///
    /// Events count in the order in which they happened; the registration always comes first, since
    /// a call may be acknowledged before it is typed in.
    ///
    /// # Errors
    /// [`FoldError::NotRegistered`] when no registration was known by then; in strict mode the first
    /// refusal, with the event's position.
    pub fn fold(
        events: &[Event],
        as_of: Option<DateTime<Utc>>,
        mode: Mode,
    ) -> Result<CaseFile, FoldError> {
        let known: Vec<&Event> = events
            .iter()
            .filter(|e| as_of.is_none_or(|limit| e.recorded_at <= limit))
            .collect();
        Self::fold_what(&known, |_| true, mode)
    }

    /// Folds what had happened by a moment, as today's knowledge has it: late entries, amendments and voids
    /// that were recorded since are taken into account.
    ///
    /// # Errors
    /// As [`CaseFile::fold`]; a complaint received after the moment is not registered by then.
    pub fn fold_restated(
        events: &[Event],
        until: DateTime<Utc>,
        mode: Mode,
    ) -> Result<CaseFile, FoldError> {
        let known: Vec<&Event> = events.iter().collect();
        let happened = |e: &Event| match &e.body {
            // Received by then, even if it was entered later.
            EventBody::Registered(r) => r.received_at <= until,
            _ => e.occurred_at <= until,
        };
        Self::fold_what(&known, happened, mode)
    }

    fn fold_what(
        known: &[&Event],
        happened: impl Fn(&Event) -> bool,
        mode: Mode,
    ) -> Result<CaseFile, FoldError> {
        let mended = Mended::of(known.iter().copied(), mode)?;
        let mut effective = mended.events;
        effective.retain(|e| happened(e));
        effective.sort_by_key(|e| {
            let first = !matches!(e.body, EventBody::Registered(_));
            (first, e.occurred_at, e.seq)
        });

        let mut rest = effective.iter();
        let mut file = match rest.next() {
            Some(event) => CaseFile::begin(event).ok_or(FoldError::NotRegistered)?,
            None => return Err(FoldError::NotRegistered),
        };
        // What was entered late stays so when it is struck out later.
        let late = known
            .iter()
            .filter(|e| e.late_reason.is_some() && happened(e));
        file.late_entries = u32::try_from(late.count()).unwrap_or(u32::MAX);
        file.amendments = mended.amendments;
        file.voided = mended.voided;
        file.deviations = mended.deviations;
        for event in rest {
            if let Err(why) = file.take(event, mode) {
                match mode {
                    Mode::Strict => {
                        return Err(FoldError::Refused {
                            seq: event.seq,
                            kind: event.body.kind(),
                            refusal: why,
                        });
                    }
                    Mode::Lenient => file.deviations.push(Deviation {
                        seq: event.seq,
                        kind: event.body.kind(),
                        why,
                    }),
                }
            }
        }
        Ok(file)
    }

    /// When the complaint was received; intake, M1 and M4 run from here.
    pub fn received_at(&self) -> DateTime<Utc> {
        self.registration.received_at
    }

    /// The rest that lasts at present.
    pub fn running_rest(&self) -> Option<&Rest> {
        self.rests.last().filter(|r| r.to.is_none())
    }

    /// Settled where it was first made: decided without ever being routed.
    pub fn settled_where_made(&self) -> bool {
        let decided = self.passes.first().and_then(|p| p.decision.as_ref());
        decided.is_some_and(|d| self.routed_at.is_none_or(|routed| routed > d.at))
    }

    /// When the case entered a closed state it is still in.
    pub fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.history
            .last()
            .filter(|change| change.state.is_closed())
            .map(|change| change.at)
    }

    /// The response granted by the last decision in force.
    pub fn granted(&self) -> Option<Response> {
        self.last_decision().and_then(|d| d.data.granted)
    }

    /// The last decision in force.
    pub fn last_decision(&self) -> Option<&DecisionRecord> {
        self.passes
            .iter()
            .rev()
            .filter_map(|p| p.decision.as_ref())
            .find(|d| d.in_force_at.is_some())
    }

    /// First and last severity, as assessed.
    pub fn severities(&self) -> Option<(Severity, Severity)> {
        let first = self.assessments.first()?;
        let last = self.assessments.last()?;
        Some((first.1.severity, last.1.severity))
    }

    /// Severity in force at a moment.
    pub fn severity_at(&self, moment: DateTime<Utc>) -> Option<Severity> {
        self.assessments
            .iter()
            .rev()
            .find(|(at, _)| *at <= moment)
            .map(|(_, a)| a.severity)
    }

    /// The department that held the case at a moment.
    pub fn holding_at(&self, moment: DateTime<Utc>) -> Option<&Holding> {
        self.holdings.iter().rev().find(|h| h.since <= moment)
    }

    fn begin(event: &Event) -> Option<CaseFile> {
        let EventBody::Registered(registration) = &event.body else {
            return None;
        };
        let file = CaseFile {
            state: State::registered(),
            registered_at: event.occurred_at,
            registered_role: event.role,
            acknowledged: None,
            classified_at: None,
            routed_at: None,
            category: None,
            product: registration.product.clone(),
            lot: registration.lot.clone(),
            issues: Vec::new(),
            holdings: Vec::new(),
            assigned_to: None,
            assessments: Vec::new(),
            passes: Vec::new(),
            rests: Vec::new(),
            remedies_told_at: None,
            referral: None,
            external_outcome: None,
            remedy_due_on: None,
            remedy_done_at: None,
            correction_verified: None,
            survey_sent_at: None,
            survey_score: None,
            surveyed_at: None,
            history: vec![StateChange {
                at: registration.received_at,
                state: StateName::Registered,
                pass: 1,
            }],
            reopenings: 0,
            reopened_at: None,
            escalations: 0,
            late_entries: 0,
            amendments: 0,
            voided: 0,
            deviations: Vec::new(),
            registration: registration.clone(),
        };
        Some(file)
    }

    /// The state to which an event would lead, were it recorded now. The file stays as it is.
    ///
    /// # Errors
    /// The refusal that recording it would meet.
    pub fn preview(&self, event: &Event) -> Result<State, Refusal> {
        self.check(event)?;
        self.state
            .clone()
            .apply(&event.body, event.actor.as_deref())
    }

    /// Takes one event: the workflow's rules, the rules that need the whole file, the milestones.
    fn take(&mut self, event: &Event, mode: Mode) -> Result<(), Refusal> {
        let actor = event.actor.as_deref();
        let before = self.state.clone();
        match self.preview(event) {
            Ok(next) => {
                self.record(event, &before, next);
                Ok(())
            }
            Err(why) => {
                if mode == Mode::Lenient
                    && let Some(next) = before.force(&event.body, actor)
                {
                    self.record(event, &before, next);
                }
                Err(why)
            }
        }
    }

    /// Rules that a state alone cannot judge.
    fn check(&self, event: &Event) -> Result<(), Refusal> {
        if event.occurred_at < self.received_at() {
            return Err(Refusal::BeforeReceipt {
                event: event.body.kind(),
            });
        }
        match &event.body {
            EventBody::Paused(_) if self.running_rest().is_some() => Err(Refusal::AlreadyPaused),
            EventBody::Resumed(_) if self.running_rest().is_none() => Err(Refusal::NotPaused),
            EventBody::Decided(_) if self.running_rest().is_some() => {
                Err(Refusal::DecidedWhilePaused)
            }
            EventBody::Decided(d) if d.pass > 1 => {
                let first = self.passes.first().and_then(|p| p.decision.as_ref());
                match (first.and_then(|f| f.by.as_deref()), event.actor.as_deref()) {
                    (Some(first), Some(second)) if first == second => Err(Refusal::SameDecider),
                    _ => Ok(()),
                }
            }
            EventBody::RemedyDone(_)
                if self.remedy_due_on.is_none() || self.remedy_done_at.is_some() =>
            {
                Err(Refusal::NoRemedyDue)
            }
            EventBody::CorrectionVerified(_) if self.remedy_due_on.is_none() => {
                Err(Refusal::NoRemedyDue)
            }
            EventBody::CorrectionVerified(_) if self.remedy_done_at.is_none() => {
                Err(Refusal::RemedyNotDone)
            }
            EventBody::Surveyed(s) if !(1..=5).contains(&s.score) => {
                Err(Refusal::ScoreOutOfRange { found: s.score })
            }
            _ => Ok(()),
        }
    }

    fn record(&mut self, event: &Event, before: &State, next: State) {
        let at = event.occurred_at;
        match &event.body {
            EventBody::Acknowledged(a) => {
                self.acknowledged.get_or_insert((at, a.means));
            }
            EventBody::Assessed(a) => self.assessments.push((at, a.clone())),
            EventBody::Classified(c) => {
                self.classified_at.get_or_insert(at);
                self.category = Some(c.category.clone());
                if c.product.is_some() {
                    self.product.clone_from(&c.product);
                }
                if c.lot.is_some() {
                    self.lot.clone_from(&c.lot);
                }
            }
            EventBody::IssueAdded(issue) => self.issues.push(issue.clone()),
            EventBody::Routed(r) => {
                self.routed_at.get_or_insert(at);
                self.holdings.push(Holding {
                    since: at,
                    department: r.department.clone(),
                    site: r.site.clone(),
                    also: r.also.clone(),
                });
            }
            EventBody::Assigned(a) => self.assigned_to = Some(a.to.clone()),
            EventBody::Paused(p) => self.rests.push(Rest {
                from: at,
                to: None,
                reason: p.reason,
            }),
            EventBody::Resumed(_) => self.end_rest(at),
            EventBody::Decided(d) => {
                self.end_rest(at);
                let record = DecisionRecord {
                    at,
                    in_force_at: (!d.needs_second_signature).then_some(at),
                    by: event.actor.clone(),
                    role: event.role,
                    data: d.clone(),
                };
                let pass = self.pass_record(next.pass());
                pass.decision = Some(record);
            }
            EventBody::Countersigned(c) => {
                if let Some(decision) = self.pass_record(c.pass).decision.as_mut() {
                    decision.in_force_at.get_or_insert(at);
                }
            }
            EventBody::Communicated(c) => {
                let pass = self.pass_record(next.pass());
                pass.communicated.get_or_insert((at, Some(c.means)));
            }
            EventBody::Accepted(_) => self.answer(
                before.pass(),
                AnswerRecord {
                    at,
                    answer: Answer::Accepted,
                    on_behalf: false,
                    reason: None,
                },
            ),
            EventBody::Rejected(r) => self.answer(
                before.pass(),
                AnswerRecord {
                    at,
                    answer: Answer::Rejected,
                    on_behalf: false,
                    reason: r.reason,
                },
            ),
            EventBody::AnsweredOnBehalf(a) => self.answer(
                before.pass(),
                AnswerRecord {
                    at,
                    answer: a.answer,
                    on_behalf: true,
                    reason: a.reason,
                },
            ),
            EventBody::AnswerLapsed(_) => self.pass_record(next.pass()).lapsed_at = Some(at),
            EventBody::RemediesTold(_) => {
                self.remedies_told_at.get_or_insert(at);
            }
            EventBody::ReferredExternally(r) => self.referral = Some((at, r.body.clone())),
            EventBody::ExternalOutcome(o) => self.external_outcome = Some((at, o.satisfied)),
            EventBody::RemedyDue(r) => {
                self.remedy_due_on = Some(r.due_on);
                // What is granted anew after a delivery is a new debt.
                self.remedy_done_at = None;
                self.correction_verified = None;
            }
            EventBody::RemedyDone(_) => {
                self.remedy_done_at.get_or_insert(at);
            }
            EventBody::CorrectionVerified(v) => self.correction_verified = Some((at, v.holds)),
            EventBody::SurveySent(_) => {
                self.survey_sent_at.get_or_insert(at);
            }
            EventBody::Surveyed(s) => {
                self.survey_score = Some(s.score);
                self.surveyed_at = Some(at);
            }
            EventBody::Escalated(_) => self.escalations += 1,
            EventBody::Reopened(_) => {
                self.reopenings += 1;
                self.reopened_at.get_or_insert(at);
            }
            EventBody::Withdrawn(_) | EventBody::Merged(_) => self.end_rest(at),
            EventBody::Registered(_)
            | EventBody::RecourseExhausted(_)
            | EventBody::EvidenceAdded(_)
            | EventBody::SampleReceived(_)
            | EventBody::SampleReturned(_)
            | EventBody::NoteAdded(_)
            | EventBody::MessageSent(_)
            | EventBody::MessageFailed(_)
            | EventBody::Amended(_)
            | EventBody::Voided(_)
            | EventBody::Erased(_) => {}
        }
        if let State::InProcessing { pass } = next
            && pass > before.pass()
        {
            self.end_rest(at);
            let record = self.pass_record(pass);
            record.started_at = Some(at);
        }
        if next.name() != before.name() || next.pass() != before.pass() {
            self.history.push(StateChange {
                at,
                state: next.name(),
                pass: next.pass(),
            });
        }
        self.state = next;
    }

    fn answer(&mut self, pass: Pass, answer: AnswerRecord) {
        self.end_rest(answer.at);
        let record = self.pass_record(pass);
        // An answer proves that the decision had reached the customer by then.
        record.communicated.get_or_insert((answer.at, None));
        record.answer = Some(answer);
    }

    fn end_rest(&mut self, at: DateTime<Utc>) {
        if let Some(rest) = self.rests.last_mut()
            && rest.to.is_none()
        {
            rest.to = Some(at);
        }
    }

    fn pass_record(&mut self, pass: Pass) -> &mut PassRecord {
        let position = match self.passes.iter().position(|p| p.pass == pass) {
            Some(position) => position,
            None => {
                self.passes.push(PassRecord::begun(pass, None));
                self.passes.len() - 1
            }
        };
        &mut self.passes[position]
    }
}
