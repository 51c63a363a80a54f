//! SQL as text again, after it was parsed and changed.

use std::fmt::Display;

use sqlparser::ast::{Value, ValueWithSpan, VisitMut};

use super::walk::{Changes, change};

/// The text of a parsed piece of SQL.
///
/// The parser prints a quotation mark that stands behind a backslash or beside another one as it is, in the belief that it
/// was escaped before. Where it reads neither is an escape: such a literal would end early, and what a person wrote into
/// it would go on as SQL. So literals are written here.
pub(super) fn printed<T: VisitMut + Display>(sql: &mut T) -> String {
    change(sql, &mut Literals);
    sql.to_string()
}

struct Literals;

impl Changes for Literals {
    fn value(&mut self, value: &mut ValueWithSpan) {
        if let Value::SingleQuotedString(text) = &value.value
            && text.contains('\'')
        {
            // A placeholder is printed as it stands.
            value.value = Value::Placeholder(format!("'{}'", text.replace('\'', "''")));
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlparser::dialect::GenericDialect;
    use sqlparser::parser::Parser;

    use super::*;

    /// What stands between the quotation marks, in the order of the text.
    #[derive(Default)]
    struct Found(Vec<String>);

    impl Changes for Found {
        fn value(&mut self, value: &mut ValueWithSpan) {
            if let Value::SingleQuotedString(text) = &value.value {
                self.0.push(text.clone());
            }
        }
    }

    #[test]
    fn a_literal_is_the_same_when_it_is_printed_and_read_again() {
        for text in [
            "",
            "it's",
            "\\",
            "\\'",
            "''",
            "'''",
            "a''b",
            "\\' OR 1=1 --",
            "'; DROP TABLE cases; --",
            "\\\\''\\",
        ] {
            let written = format!("SELECT a FROM t WHERE a = '{}'", text.replace('\'', "''"));
            let mut sql = written;
            // Twice, as a query goes through more than one step.
            for _ in 0..2 {
                let mut parsed = Parser::parse_sql(&GenericDialect {}, &sql).unwrap();
                assert_eq!(parsed.len(), 1, "{sql}");
                let mut found = Found::default();
                change(&mut parsed[0], &mut found);
                assert_eq!(found.0, [text], "{sql}");
                sql = printed(&mut parsed[0]);
            }
        }
    }
}
