//! SQL from files and from the command line as statements.

use std::collections::BTreeSet;

use sqlparser::ast::Statement;
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// How deep expressions and queries may lie within each other. What the parser fails at within `CAST` and its like it
/// tries a second time as something else, at each level: without a bound, some nested words take it hours.
const DEEPEST: usize = 16;
/// How many words and brackets may be open at a time whose nesting the parser does not count, although it goes down
/// its stack with each.
const DEEPEST_WORDS: usize = 12;
const DEEPEST_BRACKETS: usize = 32;

/// Parses SQL.
///
/// # Errors
/// When it is none, or lies too deep in itself.
pub fn statements(sql: &str) -> Result<Vec<Statement>, ParserError> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location()?;
    let (words, brackets) = open(&tokens);
    let too_deep = || {
        let advice = "its parts lie too deep within each other; take some out into WITH";
        ParserError::ParserError(advice.to_owned())
    };
    if words > DEEPEST_WORDS || brackets > DEEPEST_BRACKETS {
        return Err(too_deep());
    }
    Parser::new(&GenericDialect {})
        .with_recursion_limit(DEEPEST)
        .with_tokens_with_locations(tokens)
        .parse_statements()
        .map_err(|error| match error {
            ParserError::RecursionLimitExceeded => too_deep(),
            error => error,
        })
}

/// Whether SQL is one SELECT.
///
/// # Errors
/// As [`statements`].
pub fn is_select(sql: &str) -> Result<bool, ParserError> {
    Ok(matches!(statements(sql)?.as_slice(), [Statement::Query(_)]))
}

/// The most words and the most brackets that are open at a time: `CASE` until its `END`; `INTERVAL` of anything but a
/// literal, and types within `<`, for good.
fn open(tokens: &[TokenWithSpan]) -> (usize, usize) {
    let mut told = tokens
        .iter()
        .map(|token| &token.token)
        .filter(|token| !matches!(token, Token::Whitespace(_)))
        .peekable();
    let (mut words, mut brackets, mut most) = (0_usize, 0_usize, (0, 0));
    while let Some(token) = told.next() {
        let next = told.peek();
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => brackets += 1,
            Token::RParen | Token::RBracket | Token::RBrace => {
                brackets = brackets.saturating_sub(1);
            }
            Token::Word(word) => match (word.keyword, next) {
                (Keyword::CASE, _) => words += 1,
                (Keyword::END, _) => words = words.saturating_sub(1),
                (Keyword::INTERVAL, Some(Token::SingleQuotedString(_) | Token::Number(_, _))) => {}
                (Keyword::INTERVAL, _) | (Keyword::STRUCT | Keyword::ARRAY, Some(Token::Lt)) => {
                    words += 1;
                }
                _ => {}
            },
            _ => {}
        }
        most = (most.0.max(words), most.1.max(brackets));
    }
    most
}

/// Every word of the SQL that could name a table or a column.
pub fn identifiers(sql: &str) -> BTreeSet<String> {
    Tokenizer::new(&GenericDialect {}, sql)
        .tokenize()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|token| match token {
            Token::Word(word) => Some(word.value),
            _ => None,
        })
        .collect()
}

/// Whether a `*` stands for all columns (and not for a product or in `COUNT(*)`).
pub fn has_wildcard(sql: &str) -> bool {
    let tokens = Tokenizer::new(&GenericDialect {}, sql)
        .tokenize()
        .unwrap_or_default();
    let mut before: Option<Token> = None;
    for token in tokens {
        if matches!(token, Token::Whitespace(_)) {
            continue;
        }
        if token == Token::Mul {
            let all = match &before {
                Some(Token::Period | Token::Comma) => true,
                Some(Token::Word(word)) => {
                    ["SELECT", "DISTINCT", "ALL"].contains(&word.value.to_uppercase().as_str())
                }
                _ => false,
            };
            if all {
                return true;
            }
        }
        before = Some(token);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_too_deep_in_itself_is_refused() {
        let within = |open: &str, close: &str, depth: usize| {
            format!(
                "SELECT {}1{} FROM cases",
                open.repeat(depth),
                close.repeat(depth)
            )
        };
        for (open, close) in [
            ("CASE WHEN a = 1 THEN ", " END"),
            ("(", ")"),
            ("CAST(", " AS INT)"),
        ] {
            assert!(statements(&within(open, close, 10)).is_ok(), "{open}");
            assert!(statements(&within(open, close, 40)).is_err(), "{open}");
        }
        // Side by side is not within.
        let intervals = vec!["INTERVAL '1 day'"; 40].join(", ");
        assert!(statements(&format!("SELECT {intervals} FROM cases")).is_ok());
        let many = vec!["CASE WHEN a = 1 THEN 2 END"; 40].join(", ");
        assert!(statements(&format!("SELECT {many} FROM cases")).is_ok());
        // In a text or a comment it is no word.
        let said = "CASE ".repeat(40);
        assert!(statements(&format!("SELECT '{said}' FROM cases -- {said}")).is_ok());
    }

    #[test]
    fn words_that_fail_within_each_other_end() {
        let words = [
            "CASE WHEN a = 1 THEN ",
            "CASE ",
            "CAST(COUNT(",
            "NOT ",
            "INTERVAL ",
            "EXISTS (",
            "(",
            "(SELECT ",
            "[",
            "- ",
            "CAST(NOT EXISTS (SELECT CASE WHEN ",
            "EXTRACT(YEAR FROM ",
            "STRUCT<",
            "ARRAY[",
            "CAST(a AS ARRAY<",
            "CAST(a AS NULLABLE(",
            "MAP {",
            "{",
            "a AND NOT ",
            "SELECT 1 UNION ",
            "x JOIN (",
            "a -> ",
            "PRIOR ",
            "DATE ",
            "1 + -",
            "a.",
            "a::",
            "CASE a WHEN (SELECT ",
            "a BETWEEN ",
            "x IN (",
        ];
        for word in words {
            for depth in [20, 200] {
                // Whatever the answer: it comes, and the stack holds.
                let _ = statements(&format!("SELECT {}FROM", word.repeat(depth)));
            }
        }
    }
}
