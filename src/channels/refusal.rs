//! Why a message did not go, which decides what becomes of it.

/// Why a gateway did not take a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It may take it another time; counts as an attempt.
    #[error("{0}")]
    Later(String),
    /// It will never take this message.
    #[error("{0}")]
    Never(String),
    /// The gateway cannot be used: it is not reachable, or refuses us rather than the message. No attempt of the
    /// message is counted, and nothing more is sent there for now.
    #[error("{0}")]
    Gateway(String),
}

/// Characters of a gateway's words that are kept.
const KEPT: usize = 200;

/// A gateway's words as the register keeps them: one line, not too long, and without what was sent to it.
pub(super) fn in_short(said: &str, sent: &str) -> String {
    let said = if sent.is_empty() {
        said.to_owned()
    } else {
        said.replace(sent, "…")
    };
    let words: Vec<&str> = said.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= KEPT {
        return line;
    }
    let start: String = line.chars().take(KEPT).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_that_repeats_the_message_is_not_quoted_with_it() {
        assert_eq!(
            in_short("bad text:\r\n 'password k7m2'", "password k7m2"),
            "bad text: '…'"
        );
        assert_eq!(in_short("ok", ""), "ok");
        assert_eq!(in_short(&"ü".repeat(300), "").chars().count(), 201);
    }
}
