//! What the shared dialect means, in Spark's words: string literals, text types, and where NULL sorts.

use sqlparser::ast::{
    DataType, ExactNumberInfo, Expr, OrderByKind, OrderByOptions, Query, Statement, Value,
    ValueWithSpan,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::walk::{Changes, change};

/// The SELECT as Spark understands it: the same rows in the same order. `None` when it is not one SELECT.
///
/// Spark has no text type without a length but `STRING`, takes a backslash in a literal for an escape,
/// and sorts NULL first where the embedded engine sorts it last.
pub fn to_spark(sql: &str) -> Option<String> {
    let statements = Parser::parse_sql(&GenericDialect {}, sql).ok()?;
    let Ok([Statement::Query(mut query)]) = <[Statement; 1]>::try_from(statements) else {
        return None;
    };
    change(&mut query, &mut ForSpark);
    Some(query.to_string())
}

/// Text as a literal of Spark SQL.
pub fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for letter in text.chars() {
        match letter {
            '\'' => literal.push_str("\\'"),
            '\\' => literal.push_str("\\\\"),
            // A line of its own might be taken for a comment by the reader of the script.
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            other => literal.push(other),
        }
    }
    literal.push('\'');
    literal
}

struct ForSpark;

impl Changes for ForSpark {
    fn query(&mut self, query: &mut Query) {
        match query.order_by.as_mut().map(|order| &mut order.kind) {
            Some(OrderByKind::Expressions(list)) => {
                for item in list {
                    nulls_as_locally(&mut item.options);
                }
            }
            Some(OrderByKind::All(options)) => nulls_as_locally(options),
            None => {}
        }
    }

    fn expression(&mut self, expr: &mut Expr) {
        if let Expr::Cast { data_type, .. } = expr {
            let spoken = match data_type {
                DataType::Varchar(None)
                | DataType::CharacterVarying(None)
                | DataType::CharVarying(None)
                | DataType::Text => Some(DataType::String(None)),
                DataType::DoublePrecision | DataType::Float8 => {
                    Some(DataType::Double(ExactNumberInfo::None))
                }
                _ => None,
            };
            if let Some(spoken) = spoken {
                *data_type = spoken;
            }
        }
    }

    fn value(&mut self, value: &mut ValueWithSpan) {
        if let Value::SingleQuotedString(text) = &value.value {
            // A placeholder is printed as it stands.
            value.value = Value::Placeholder(quoted(text));
        }
    }
}

/// The embedded engine sorts NULL last where a column ascends and first where it descends.
fn nulls_as_locally(options: &mut OrderByOptions) {
    if options.nulls_first.is_none() {
        options.nulls_first = Some(options.asc == Some(false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_types_without_a_length_become_string() {
        assert_eq!(
            to_spark("SELECT CAST(NULL AS VARCHAR) AS a, CAST(b AS TEXT) AS b FROM t").unwrap(),
            "SELECT CAST(NULL AS STRING) AS a, CAST(b AS STRING) AS b FROM t"
        );
        assert_eq!(
            to_spark("SELECT CAST(a AS VARCHAR(9)) AS a, CAST(n AS DOUBLE PRECISION) AS n FROM t")
                .unwrap(),
            "SELECT CAST(a AS VARCHAR(9)) AS a, CAST(n AS DOUBLE) AS n FROM t"
        );
    }

    #[test]
    fn null_sorts_as_in_the_embedded_engine() {
        assert_eq!(
            to_spark("WITH c AS (SELECT a FROM t ORDER BY a DESC LIMIT 3) SELECT a FROM c ORDER BY a, b ASC NULLS FIRST")
                .unwrap(),
            "WITH c AS (SELECT a FROM t ORDER BY a DESC NULLS FIRST LIMIT 3) SELECT a FROM c ORDER BY a NULLS LAST, b ASC NULLS FIRST"
        );
    }

    #[test]
    fn literals_keep_their_letters() {
        assert_eq!(
            to_spark(r"SELECT a FROM t WHERE a = 'it''s 50\% -- ; ''' AND b IN ('x')").unwrap(),
            r"SELECT a FROM t WHERE a = 'it\'s 50\\% -- ; \'' AND b IN ('x')"
        );
        assert_eq!(quoted("a\n--b"), r"'a\n--b'");
        assert_eq!(quoted("Şikâyet"), "'Şikâyet'");
    }

    #[test]
    fn anything_but_one_select_is_refused() {
        for sql in ["DROP TABLE cases", "SELECT 1; SELECT 2", "SELEC 1", ""] {
            assert_eq!(to_spark(sql), None, "{sql}");
        }
    }
}
