//! Libraries that decode bytes from outside, and end the program at some that are damaged: that is made an error, which the
//! caller tells of with the file's name.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What was decoded was given up in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenUp;

impl std::fmt::Display for GivenUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("its bytes are damaged: the decoder gave up on them")
    }
}

impl std::error::Error for GivenUp {}

thread_local! {
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// Decodes something. What the decoder was at work on is not used again after it gave up.
///
/// # Errors
/// When the decoder panics, instead.
pub fn guarded<T>(decode: impl FnOnce() -> T) -> Result<T, GivenUp> {
    let outside = WITHIN.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(decode));
    WITHIN.set(outside);
    outcome.map_err(|_| GivenUp)
}

/// Whether a panic of this thread will be told of as an error, so that nobody else needs to.
pub fn is_guarded() -> bool {
    WITHIN.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_only_within() {
        assert_eq!(guarded(|| (1, is_guarded())), Ok((1, true)));
        let inner = guarded(|| {
            let given_up: Result<(), GivenUp> = guarded(|| panic!("damaged"));
            (given_up, is_guarded())
        });
        assert_eq!(inner, Ok((Err(GivenUp), true)));
        assert!(!is_guarded());
    }
}
