//! What an action does not admit, and why.

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::{
    Action, ActionBody, ActionEvent, ActionId, AmendedField, Check, Standing, Verdict, filled,
};

/// Why an event does not fit an action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionRefusal {
    #[error("`{0}` is no action's number; write it as A-000012")]
    NoNumber(String),
    #[error("there is no action {0}; `redress action list` shows them")]
    Unknown(ActionId),
    #[error("{0} was opened before")]
    OpenedTwice(ActionId),
    #[error("{0} is missing; say it")]
    Missing(&'static str),
    #[error("`{0}` is no day; write it as 2026-07-31")]
    Day(String),
    #[error("{id} is {standing}: it cannot be {event} now; {instead}")]
    NotNow {
        id: ActionId,
        standing: &'static str,
        event: &'static str,
        instead: &'static str,
    },
    #[error("{owner} owns {id} and cannot verify it; somebody else has to")]
    OwnerVerifies { id: ActionId, owner: String },
    #[error("{id} was verified by {verifier}, who cannot become its owner; reopen it first")]
    VerifierOwns { id: ActionId, verifier: String },
    #[error(
        "{id} has no computed verdict yet: its follow-up is observed until {until}; `redress action check` computes it after that day"
    )]
    NotJudged { id: ActionId, until: NaiveDate },
    #[error("{id} can be judged by its criterion from {until} on, not before")]
    TooEarly { id: ActionId, until: NaiveDate },
    #[error(
        "the computed verdict on {id} is `{computed}`; a note has to say why yours is `{yours}`"
    )]
    Differs {
        id: ActionId,
        computed: Verdict,
        yours: Verdict,
    },
    #[error("{id} was planned on {planned}; it cannot have been implemented on {on} already")]
    BeforePlan {
        id: ActionId,
        planned: NaiveDate,
        on: NaiveDate,
    },
    #[error(
        "{id}: the baseline ends on {baseline_last}, so it cannot have been implemented on {on}; it would be judged by months in which it was at work"
    )]
    InBaseline {
        id: ActionId,
        baseline_last: NaiveDate,
        on: NaiveDate,
    },
    #[error(
        "{id}: the baseline ends on {baseline_last}, but the signal that raised the action began on {signal_on}; it has to end before"
    )]
    HoldsSignal {
        id: ActionId,
        baseline_last: NaiveDate,
        signal_on: NaiveDate,
    },
    #[error(
        "{id}: its follow-up is over since {until}; a check cannot be changed once its end has passed"
    )]
    Over { id: ActionId, until: NaiveDate },
    #[error("{on} lies ahead; record it when it has happened")]
    Ahead { on: NaiveDate },
    #[error("{on} lies before the action was opened ({opened_on}); correct the day")]
    BeforeOpening { on: NaiveDate, opened_on: NaiveDate },
    #[error(
        "the criterion can be judged from {due_on} on, which has passed; it has to be fixed before"
    )]
    CriterionPast { due_on: NaiveDate },
    #[error("{what} holds a line break or another control character; write it in one line")]
    NotOneLine { what: &'static str },
    #[error("{what} is `{found}`, not `{old}`; look at it again")]
    OldDiffers {
        what: AmendedField,
        old: String,
        found: String,
    },
    #[error("the cost is negative; give it as a positive amount")]
    NegativeCost,
    #[error("{id} changed since: you saw version {seen}, it is at {found}; look at it again")]
    Changed { id: ActionId, seen: u32, found: u32 },
    #[error("{what} is already {value}")]
    Same { what: AmendedField, value: String },
}

impl Action {
    /// Whether an event fits where the action stands.
    pub(super) fn admits(&self, event: &ActionEvent) -> Result<(), ActionRefusal> {
        if let Some(on) = event.body.on() {
            has_come(on, event)?;
            if on < self.opened.on {
                return Err(ActionRefusal::BeforeOpening {
                    on,
                    opened_on: self.opened.on,
                });
            }
        }
        match &event.body {
            ActionBody::Opened(_) => Err(ActionRefusal::OpenedTwice(self.id)),
            ActionBody::Noted { text } => filled("text of the note", text),
            ActionBody::MovedOut { .. } | ActionBody::MovedIn { .. } => Ok(()),
            ActionBody::Contained(contained) => {
                self.not_over(event)?;
                filled("what was done", &contained.what)
            }
            ActionBody::Amended(amendment) => {
                self.not_over(event)?;
                filled("reason", &amendment.reason)?;
                one_line("the new value", &amendment.new)?;
                let found = self.field(amendment.field);
                if found != amendment.old {
                    return Err(ActionRefusal::OldDiffers {
                        what: amendment.field,
                        old: amendment.old.clone(),
                        found,
                    });
                }
                self.admits_amendment(amendment.field, &amendment.new)
            }
            ActionBody::Analysed(analysed) => {
                self.stands(
                    event,
                    |s| matches!(s, Standing::Open | Standing::Analysed | Standing::Reopened),
                    "a plan stands on its analysis; withdraw or reopen the action to analyse anew",
                )?;
                filled("root cause", &analysed.root_cause)
            }
            ActionBody::Planned(planned) => {
                let at_once = !self.opened.kind.needs_analysis();
                self.stands(
                    event,
                    |s| match s {
                        Standing::Analysed => true,
                        Standing::Open | Standing::Reopened => at_once,
                        _ => false,
                    },
                    match self.standing {
                        Standing::Open | Standing::Reopened => {
                            "find its root cause first with `redress action analyse`"
                        }
                        _ => "`redress action check --change` changes how it will be judged",
                    },
                )?;
                filled("what is to be done", &planned.what)?;
                self.admits_check(&planned.check, event)
            }
            ActionBody::CheckChanged { check, reason } => {
                self.stands(
                    event,
                    |s| matches!(s, Standing::Planned | Standing::Implemented),
                    "a check is changed between the plan and the verdict",
                )?;
                filled("reason", reason)?;
                // Whoever has seen the end, or could have, no longer chooses how to judge.
                let until = self
                    .check_due_on()
                    .filter(|until| *until < event.recorded_at.date_naive());
                if let Some(until) = until.or(self.round().looks.last().map(|l| l.follow_up_last)) {
                    return Err(ActionRefusal::Over { id: self.id, until });
                }
                self.admits_check(check, event)
            }
            ActionBody::Implemented(implemented) => {
                self.stands(
                    event,
                    |s| s == Standing::Planned,
                    "plan it first with `redress action plan`, so that its check is fixed before it begins",
                )?;
                if implemented.cost_minor < 0 {
                    return Err(ActionRefusal::NegativeCost);
                }
                self.admits_start(implemented.on)
            }
            ActionBody::Judged(_) => self.stands(
                event,
                |s| s == Standing::Implemented,
                "only an implemented action is judged",
            ),
            ActionBody::Verified(verified) => {
                self.stands(
                    event,
                    |s| s == Standing::Implemented,
                    "only an implemented action is verified",
                )?;
                self.admits_verdict(event, verified)
            }
            ActionBody::Closed { .. } => self.stands(
                event,
                |s| matches!(s, Standing::Verified(_)),
                "verify it first with `redress action verify`, or withdraw it with a reason",
            ),
            ActionBody::Withdrawn { reason, .. } => {
                self.stands(
                    event,
                    |s| !s.is_over() && !matches!(s, Standing::Verified(_)),
                    "what was verified is closed or reopened, not withdrawn",
                )?;
                filled("reason", reason)
            }
            ActionBody::Reopened { reason, .. } => {
                self.stands(
                    event,
                    |s| s.is_over() || matches!(s, Standing::Verified(_)),
                    "it is still being worked on",
                )?;
                filled("reason", reason)
            }
        }
    }

    fn stands(
        &self,
        event: &ActionEvent,
        fits: impl Fn(Standing) -> bool,
        instead: &'static str,
    ) -> Result<(), ActionRefusal> {
        match fits(self.standing) {
            true => Ok(()),
            false => Err(ActionRefusal::NotNow {
                id: self.id,
                standing: self.standing.as_str(),
                event: event.body.kind(),
                instead,
            }),
        }
    }

    fn not_over(&self, event: &ActionEvent) -> Result<(), ActionRefusal> {
        self.stands(event, |s| !s.is_over(), "reopen it first")
    }

    /// A check that says something, whose windows do not overlap the signal or the action itself.
    fn admits_check(&self, check: &Check, event: &ActionEvent) -> Result<(), ActionRefusal> {
        let check = match check {
            Check::Criterion(check) => {
                filled("criterion", &check.criterion)?;
                return match check.due_on < event.recorded_at.date_naive() {
                    true => Err(ActionRefusal::CriterionPast {
                        due_on: check.due_on,
                    }),
                    false => Ok(()),
                };
            }
            Check::Rate(check) => check,
        };
        // The first word on when the signal began counts, however the check is changed.
        let first = self
            .round()
            .checks
            .first()
            .and_then(|fixed| match &fixed.check {
                Check::Rate(first) => Some(first.signal_on),
                Check::Criterion(_) => None,
            });
        let known = self.opened.signal_on.into_iter().chain(first);
        if let Some(signal_on) = known.min().filter(|signal| check.baseline_last >= *signal) {
            return Err(ActionRefusal::HoldsSignal {
                id: self.id,
                baseline_last: check.baseline_last,
                signal_on,
            });
        }
        match &self.round().implementation {
            Some(done) if done.on <= check.baseline_last => Err(ActionRefusal::InBaseline {
                id: self.id,
                baseline_last: check.baseline_last,
                on: done.on,
            }),
            Some(_) | None => Ok(()),
        }
    }

    fn admits_amendment(&self, field: AmendedField, new: &str) -> Result<(), ActionRefusal> {
        if self.field(field) == new {
            return Err(ActionRefusal::Same {
                what: field,
                value: new.to_owned(),
            });
        }
        match (field, &self.round().verification) {
            (AmendedField::Owner, Some((verifier, _))) if same_person(verifier, new) => {
                Err(ActionRefusal::VerifierOwns {
                    id: self.id,
                    verifier: verifier.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// The check was fixed before the action began to work.
    fn admits_start(&self, on: NaiveDate) -> Result<(), ActionRefusal> {
        let Some(fixed) = self.round().check() else {
            return Ok(());
        };
        match &fixed.check {
            Check::Rate(check) if on <= check.baseline_last => Err(ActionRefusal::InBaseline {
                id: self.id,
                baseline_last: check.baseline_last,
                on,
            }),
            Check::Rate(_) | Check::Criterion(_) => {
                // A day's grace for zones: the register's instants are UTC, days are local.
                let planned = fixed.fixed_at.date_naive();
                match planned.pred_opt() {
                    Some(before) if on < before => Err(ActionRefusal::BeforePlan {
                        id: self.id,
                        planned,
                        on,
                    }),
                    Some(_) | None => Ok(()),
                }
            }
        }
    }

    fn admits_verdict(
        &self,
        event: &ActionEvent,
        verified: &super::Verified,
    ) -> Result<(), ActionRefusal> {
        // Nobody who ever owned it: handing it over for a day makes no other person of its owner.
        let former = self
            .amendments
            .iter()
            .filter(|a| a.field == AmendedField::Owner);
        let owners = former.map(|a| &a.old).chain([&self.opened.owner]);
        for owner in owners {
            if same_person(&event.actor, owner) {
                return Err(ActionRefusal::OwnerVerifies {
                    id: self.id,
                    owner: owner.clone(),
                });
            }
        }
        let until = self.check_due_on().unwrap_or_default();
        let said = verified
            .note
            .as_deref()
            .is_some_and(|note| !note.trim().is_empty());
        match self.round().check().map(|fixed| &fixed.check) {
            Some(Check::Criterion(_)) => {
                if verified.on < until {
                    return Err(ActionRefusal::TooEarly { id: self.id, until });
                }
                match said {
                    true => Ok(()),
                    false => Err(ActionRefusal::Missing("note on what the verdict rests")),
                }
            }
            Some(Check::Rate(_)) | None => {
                let Some(look) = self.round().settled() else {
                    return Err(ActionRefusal::NotJudged { id: self.id, until });
                };
                if look.found.verdict != verified.verdict && !said {
                    return Err(ActionRefusal::Differs {
                        id: self.id,
                        computed: look.found.verdict,
                        yours: verified.verdict,
                    });
                }
                Ok(())
            }
        }
    }
}

/// A day of an event has come by the time it is recorded. A day's grace for zones: instants are UTC, days are local.
pub(super) fn has_come(on: NaiveDate, event: &ActionEvent) -> Result<(), ActionRefusal> {
    match event.recorded_at.date_naive().succ_opt() {
        Some(tomorrow) if on > tomorrow => Err(ActionRefusal::Ahead { on }),
        Some(_) | None => Ok(()),
    }
}

/// A text of one line.
pub(super) fn one_line(what: &'static str, text: &str) -> Result<(), ActionRefusal> {
    match text.chars().any(char::is_control) {
        true => Err(ActionRefusal::NotOneLine { what }),
        false => Ok(()),
    }
}

/// Whether two spellings are one person: blanks, capitals, accents and the Turkish dots make no other one.
fn same_person(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> Vec<String> {
        let bare: String = name
            .nfkd()
            .filter(|c| !is_combining_mark(*c))
            .flat_map(char::to_lowercase)
            .map(|c| if c == 'ı' { 'i' } else { c })
            .filter(|c| !is_combining_mark(*c))
            .collect();
        bare.split_whitespace().map(str::to_owned).collect()
    };
    plain(one) == plain(other)
}
