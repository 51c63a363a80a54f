//! Why the register did not take something, in the words of the visitor's language and beside the field it is about.

use crate::entry::Wrong;
use crate::words::Words;
use redress_domain::case_file::FoldError;
use redress_domain::workflow::Refusal;
use redress_register::RegisterError;

/// What is wrong with an entry that the register refused; `None` when it is no fault of the entry.
pub fn wrong(words: &Words, error: &RegisterError) -> Option<Wrong> {
    let whole = |key: &str| Wrong::whole(words.text(key)).saying(error);
    Some(match error {
        RegisterError::InTheFuture { .. } => Wrong::of("at", words.text("refusals.in_the_future")),
        RegisterError::DayAhead { field, .. } => {
            let key = format!("labels.{field}");
            let text = words.fill("entry.future", &[("label", words.text(&key))]);
            Wrong::of(field, text)
        }
        RegisterError::LateWithoutReason { allowed_hours, .. } => {
            let hours = words.count(*allowed_hours);
            let text = words.fill("refusals.late_without_reason", &[("hours", &hours)]);
            Wrong::of("late_reason", text)
        }
        RegisterError::Refused(FoldError::Refused { refusal, .. })
        | RegisterError::CaseRefused {
            why: FoldError::Refused { refusal, .. },
            ..
        } => Wrong::whole(in_words(words, refusal)).saying(error),
        RegisterError::NotAppendable { .. } => whole("refusals.not_appendable"),
        RegisterError::Invalid { .. } | RegisterError::EventData(_) => whole("refusals.invalid"),
        RegisterError::NoSuch { .. } => whole("refusals.no_such"),
        RegisterError::Struck { on, .. } => {
            let text = words.fill("refusals.struck", &[("day", &words.date(*on))]);
            Wrong::whole(text).saying(error)
        }
        RegisterError::Exists { .. } => whole("refusals.exists"),
        RegisterError::Unreachable { .. } => Wrong::whole(words.text("refusals.unreachable")),
        RegisterError::ActorMissing { .. } | RegisterError::Inactive { .. } => {
            whole("refusals.not_you")
        }
        // The rest are faults of the machine or of the register.
        _ => return None,
    })
}

/// A refusal of the workflow.
pub fn in_words(words: &Words, refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotInThisState { state, .. } => {
            let state = words.name("states", state.as_str());
            words.fill("refusals.not_in_this_state", &[("state", &state)])
        }
        other => words.text(&format!("refusals.{}", key(other))).to_owned(),
    }
}

/// What keeps somebody from a step that the case waits for; nothing where the step is simply not due.
pub fn held_back<'w>(words: &'w Words, refusal: &Refusal) -> Option<&'w str> {
    let waits = match refusal {
        Refusal::SameDecider
        | Refusal::SignedByDecider
        | Refusal::SecondSignatureMissing { .. }
        | Refusal::DecidedWhilePaused
        | Refusal::RemediesNotTold
        | Refusal::NoFurtherPass => true,
        Refusal::AlreadyRegistered
        | Refusal::NotInThisState { .. }
        | Refusal::WrongPass { .. }
        | Refusal::NoSignatureNeeded { .. }
        | Refusal::RemediesAlreadyTold
        | Refusal::NotReferred
        | Refusal::AlreadyPaused
        | Refusal::NotPaused
        | Refusal::NoRemedyDue
        | Refusal::RemedyNotDone
        | Refusal::MergedIntoItself
        | Refusal::ScoreOutOfRange { .. }
        | Refusal::NoSuchEvent { .. }
        | Refusal::NoSuchField { .. }
        | Refusal::FieldChanged { .. }
        | Refusal::AmendmentUnreadable { .. }
        | Refusal::BeforeReceipt { .. } => false,
    };
    waits
        .then(|| words.find(&format!("refusals.{}", key(refusal))))
        .flatten()
}

/// The word for a refusal: part of a text's key, and what a program is told.
pub const fn key(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::AlreadyRegistered => "already_registered",
        Refusal::NotInThisState { .. } => "not_in_this_state",
        Refusal::WrongPass { .. } => "wrong_pass",
        Refusal::SecondSignatureMissing { .. } => "second_signature_missing",
        Refusal::SignedByDecider => "signed_by_decider",
        Refusal::NoSignatureNeeded { .. } => "no_signature_needed",
        Refusal::SameDecider => "same_decider",
        Refusal::NoFurtherPass => "no_further_pass",
        Refusal::RemediesNotTold => "remedies_not_told",
        Refusal::RemediesAlreadyTold => "remedies_already_told",
        Refusal::NotReferred => "not_referred",
        Refusal::AlreadyPaused => "already_paused",
        Refusal::NotPaused => "not_paused",
        Refusal::DecidedWhilePaused => "decided_while_paused",
        Refusal::NoRemedyDue => "no_remedy_due",
        Refusal::RemedyNotDone => "remedy_not_done",
        Refusal::MergedIntoItself => "merged_into_itself",
        Refusal::ScoreOutOfRange { .. } => "score_out_of_range",
        Refusal::NoSuchEvent { .. } => "no_such_event",
        Refusal::NoSuchField { .. } => "no_such_field",
        Refusal::FieldChanged { .. } => "field_changed",
        Refusal::AmendmentUnreadable { .. } => "amendment_unreadable",
        Refusal::BeforeReceipt { .. } => "before_receipt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::event::EventKind;
    use redress_domain::vocabulary::Language;
    use redress_domain::workflow::StateName;

    #[test]
    fn every_refusal_has_its_words_in_every_language() {
        let event = EventKind::Decided;
        let field = String::new;
        let refusals = [
            Refusal::AlreadyRegistered,
            Refusal::NotInThisState {
                event,
                state: StateName::Completed,
                hint: "",
            },
            Refusal::WrongPass {
                event,
                named: 1,
                current: 2,
            },
            Refusal::SecondSignatureMissing { pass: 1 },
            Refusal::SignedByDecider,
            Refusal::NoSignatureNeeded { pass: 1 },
            Refusal::SameDecider,
            Refusal::NoFurtherPass,
            Refusal::RemediesNotTold,
            Refusal::RemediesAlreadyTold,
            Refusal::NotReferred,
            Refusal::AlreadyPaused,
            Refusal::NotPaused,
            Refusal::DecidedWhilePaused,
            Refusal::NoRemedyDue,
            Refusal::RemedyNotDone,
            Refusal::MergedIntoItself,
            Refusal::ScoreOutOfRange { found: 6 },
            Refusal::NoSuchEvent {
                seq: 1,
                what: "voided",
            },
            Refusal::NoSuchField {
                seq: 1,
                field: field(),
            },
            Refusal::FieldChanged {
                seq: 1,
                field: field(),
                found: field(),
                expected: field(),
            },
            Refusal::AmendmentUnreadable { why: field() },
            Refusal::BeforeReceipt { event },
        ];
        for language in [Language::En, Language::Tr, Language::Ru] {
            let words = Words::load(language).unwrap();
            for refusal in &refusals {
                let said = in_words(&words, refusal);
                assert!(!said.starts_with("refusals."), "{language}: {said}");
            }
        }
    }
}
