//! Where a mail belongs: to nobody's case yet, to the sender's, or to somebody else's.

use super::error::MailError;
use super::message::Mail;
use super::number;
use redress_domain::case_file::CaseFile;
use redress_domain::workflow::{State, StateName};
use redress_register::{CaseRow, Register, RegisterError};

/// Where a mail belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A new complaint.
    New {
        /// The sender's case that the mail names, and how it was closed.
        after_closed: Option<(String, StateName)>,
    },
    /// The sender's own case, which takes additions.
    Theirs { case_key: i64, number: String },
    /// A case whose complainant is not the sender.
    Others { case_key: i64, number: String },
}

/// A duplicate may be merged into a case that was merged itself since.
const MOST_MERGES: usize = 10;

/// Where a mail belongs, by the numbers in its subject and by its sender.
///
/// A number is no secret, and a sender is easily forged: what a mail can do to a case is to add words and files and to
/// end a pause. It never answers a decision.
///
/// # Errors
/// When the register cannot be read.
pub fn of(register: &Register, mail: &Mail) -> Result<Standing, MailError> {
    let mut others = None;
    for number in number::numbers(&mail.subject) {
        let Some(named) = Named::find(register, &number)? else {
            continue;
        };
        if named.is_erased {
            // Nothing personal comes back to a case from which it was erased.
            continue;
        }
        let is_theirs = mail.sender_is_certain && named.is_of(mail.sender.address.as_deref());
        let state = named.file.state.name();
        let CaseRow {
            case_key, number, ..
        } = named.case;
        if !is_theirs {
            others.get_or_insert(Standing::Others { case_key, number });
            continue;
        }
        return Ok(match takes_additions(state) {
            true => Standing::Theirs { case_key, number },
            false => Standing::New {
                after_closed: Some((number, state)),
            },
        });
    }
    Ok(others.unwrap_or(Standing::New { after_closed: None }))
}

/// Whether something may still be added. A decision that was never answered may be answered late.
const fn takes_additions(state: StateName) -> bool {
    match state {
        StateName::Registered
        | StateName::InProcessing
        | StateName::Resolved
        | StateName::Outstanding
        | StateName::Unanswered => true,
        StateName::Completed
        | StateName::CompletedExternally
        | StateName::Exhausted
        | StateName::Withdrawn
        | StateName::Merged => false,
    }
}

/// The case that a number leads to.
struct Named {
    /// The case, or the one that it was merged into.
    case: CaseRow,
    file: CaseFile,
    /// The addresses of its complainants, in small letters.
    addresses: Vec<String>,
    /// Nobody is known any more whose it is.
    is_erased: bool,
}

impl Named {
    fn find(register: &Register, number: &str) -> Result<Option<Named>, MailError> {
        let Some(mut case) = by_number(register, number)? else {
            return Ok(None);
        };
        let mut addresses = Vec::new();
        let mut is_erased = true;
        for _ in 0..=MOST_MERGES {
            let complainant = register.complainant(case.complainant_id)?;
            is_erased &= complainant.erased_at.is_some();
            addresses.extend(complainant.person.email.map(|email| email.to_lowercase()));
            let file = register.case_file(case.case_key, None)?;
            let into = match &file.state {
                State::Merged { into, .. } => by_number(register, into)?,
                _ => None,
            };
            match into {
                Some(into) => case = into,
                None => {
                    return Ok(Some(Named {
                        case,
                        file,
                        addresses,
                        is_erased,
                    }));
                }
            }
        }
        Ok(None)
    }

    fn is_of(&self, address: Option<&str>) -> bool {
        address.is_some_and(|address| self.addresses.iter().any(|known| known == address))
    }
}

fn by_number(register: &Register, number: &str) -> Result<Option<CaseRow>, MailError> {
    match register.case_by_number(number) {
        Ok(case) => Ok(Some(case)),
        Err(RegisterError::NoSuch { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
