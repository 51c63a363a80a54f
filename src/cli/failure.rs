//! Failures and their exit codes; the table stands in the README.

use std::process::ExitCode;

use redress_register::RegisterError;

/// A failure whose exit code is not simply 1.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command or a setting is wrong: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The period holds nothing: exit code 3.
    #[error("{0}")]
    Nothing(String),
    /// A check or a threshold failed: exit code 10.
    #[error("{0}")]
    Check(String),
}

impl Failure {
    const fn code(&self) -> u8 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Nothing(_) => 3,
            Failure::Check(_) => 10,
        }
    }
}

/// A register's failure: what an action, a record or a phase does not admit, and a day that has not come, is the
/// asker's to mend.
pub fn of_register(error: RegisterError) -> anyhow::Error {
    match error {
        RegisterError::Action(refusal) => Failure::Usage(refusal.to_string()).into(),
        RegisterError::Record(refusal) => Failure::Usage(refusal.to_string()).into(),
        RegisterError::Phase(refusal) => Failure::Usage(refusal.to_string()).into(),
        ahead @ RegisterError::DayAhead { .. } => Failure::Usage(ahead.to_string()).into(),
        other => other.into(),
    }
}

/// Prints a failure with its causes in one line and gives its exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    let mut line = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Messages that already quote their cause need no repetition.
        if !line.contains(&cause) {
            line.push_str(": ");
            line.push_str(&cause);
        }
    }
    super::logging::failure(&line);
    ExitCode::from(error.downcast_ref::<Failure>().map_or(1, Failure::code))
}
