//! The closed word lists of the register: every value that a case can carry as a code.
//!
//! One macro makes each list, so that the database, JSON, the command line and the lake agree on
//! the spelling. The words that people read are in the translations under `reports/`.

/// Declares an enum whose variants have one fixed spelling everywhere.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The spelling in the register, in JSON and in the lake.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::vocabulary::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok($name::$variant),)+
                    other => Err($crate::vocabulary::UnknownWord {
                        list: stringify!($name),
                        found: other.to_owned(),
                        known: &[$($text),+],
                    }),
                }
            }
        }
    };
}
pub use crate::words;

/// A code that is not in its list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no {}: {}", in_words(list), one_of(known))]
pub struct UnknownWord {
    /// The list that was searched.
    pub list: &'static str,
    /// What was found instead.
    pub found: String,
    /// The spellings that the list knows.
    pub known: &'static [&'static str],
}

/// The name of a list as people write it: `PauseReason` is a pause reason.
fn in_words(list: &str) -> String {
    let mut words = String::with_capacity(list.len() + 2);
    for letter in list.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

/// The words to choose from.
fn one_of(known: &[&str]) -> String {
    match known {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

words! {
    /// How a complaint reached the organisation (ISO 10002, 7.2).
    Channel { Form = "form", Email = "email", Phone = "phone", InPerson = "in_person", Other = "other" }
}

words! {
    /// A language of texts and messages.
    Language { En = "en", Tr = "tr", Ru = "ru" }
}

words! {
    /// Who caused an event. `Contact` is staff of the first contact, `Technical` staff of a plant.
    Role {
        Customer = "customer", Contact = "contact", Agent = "agent", Technical = "technical",
        Quality = "quality", Admin = "admin", System = "system",
    }
}

words! {
    /// Severity of a complaint (ISO 10002, 7.5), least first.
    Severity { Low = "low", Medium = "medium", High = "high", Critical = "critical" }
}

words! {
    /// Why an assessment differs from the one before it. Only `Misjudged` counts as "wrongly prioritised" (M3).
    AssessmentChange { First = "first", Misjudged = "misjudged", NewFacts = "new_facts" }
}

words! {
    /// Responses of ISO 10002, 7.7; used for the remedy sought and for the remedy granted.
    Response {
        Refund = "refund", Replacement = "replacement", Repair = "repair", Substitute = "substitute",
        TechnicalHelp = "technical_help", Information = "information", Referral = "referral",
        FinancialHelp = "financial_help", OtherHelp = "other_help", Compensation = "compensation",
        Apology = "apology", GoodwillGift = "goodwill_gift", ChangeNotice = "change_notice",
        Unfounded = "unfounded",
    }
}

impl Response {
    /// Whether an accepted decision of this kind leaves something to be delivered to the customer.
    pub const fn is_delivered_later(self) -> bool {
        match self {
            Response::Refund
            | Response::Replacement
            | Response::Repair
            | Response::Substitute
            | Response::TechnicalHelp
            | Response::FinancialHelp
            | Response::OtherHelp
            | Response::Compensation
            | Response::GoodwillGift => true,
            Response::Information
            | Response::Referral
            | Response::Apology
            | Response::ChangeNotice
            | Response::Unfounded => false,
        }
    }

    /// Whether a decision with this response lacks the remedy that it promises. What is granted, and not the
    /// response, sets the day of delivery (`RemedyDue`): without it nobody would notice that nothing was delivered.
    pub const fn lacks_remedy(self, granted: Option<Response>) -> bool {
        self.is_delivered_later() && granted.is_none()
    }
}

words! {
    /// How far a decision meets what the customer expected.
    Expectation { Met = "met", Partly = "partly", NotMet = "not_met" }
}

words! {
    /// Why work on a case rests. Only reasons on the customer's side stop a clock.
    PauseReason {
        CustomerInformation = "customer_information", CustomerSample = "customer_sample",
        CustomerAppointment = "customer_appointment", Laboratory = "laboratory",
        Supplier = "supplier", Internal = "internal",
    }
}

impl PauseReason {
    /// Whether the pause is the customer's time, so that the net clock stops.
    pub const fn stops_clock(self) -> bool {
        match self {
            PauseReason::CustomerInformation
            | PauseReason::CustomerSample
            | PauseReason::CustomerAppointment => true,
            PauseReason::Laboratory | PauseReason::Supplier | PauseReason::Internal => false,
        }
    }

    /// Whether what the customer writes or uploads ends the pause. A sample that is awaited comes by neither.
    pub const fn ends_with_an_answer(self) -> bool {
        match self {
            PauseReason::CustomerInformation | PauseReason::CustomerAppointment => true,
            PauseReason::CustomerSample
            | PauseReason::Laboratory
            | PauseReason::Supplier
            | PauseReason::Internal => false,
        }
    }
}

words! {
    /// How a message reached the customer, or how an answer reached us.
    Means { Sms = "sms", Email = "email", Phone = "phone", Letter = "letter", InPerson = "in_person", Web = "web" }
}

words! {
    /// The customer's answer to a decision.
    Answer { Accepted = "accepted", Rejected = "rejected" }
}

words! {
    /// Why the customer rejects a decision, as coded beside their own words.
    RejectionReason {
        FactsDisputed = "facts_disputed", RemedyInsufficient = "remedy_insufficient",
        RemedyUnsuitable = "remedy_unsuitable", NotUnderstood = "not_understood", Other = "other",
    }
}

words! {
    /// What a message to the customer says.
    MessagePurpose {
        Registration = "registration", Acknowledgement = "acknowledgement", Question = "question",
        Decision = "decision", Remedies = "remedies", Reminder = "reminder", Survey = "survey",
        Password = "password",
        /// To the quality manager, about no single case: a check or a threshold failed.
        Alarm = "alarm",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_in_no_list_is_said_with_those_that_are() {
        let said = |refused: UnknownWord| refused.to_string();
        assert_eq!(
            "xx".parse::<Language>().map_err(said),
            Err("`xx` is no language: en, tr or ru".to_owned())
        );
        assert_eq!(
            "lab".parse::<PauseReason>().map_err(said),
            Err(
                "`lab` is no pause reason: customer_information, customer_sample, \
                 customer_appointment, laboratory, supplier or internal"
                    .to_owned()
            )
        );
    }
}
