//! Texts that a query makes itself (`CASE ... THEN 'met'`, `'net' AS side`), held as codes like those of the lake's columns.
//!
//! A text takes 16 bytes a row and is compared letter by letter, a code 4 and as a number. Where codes and texts meet,
//! the engine makes both to texts, row by row; so the texts of a plan become codes all together.

use std::sync::Arc;

use polars::prelude::{DataType, Expr, LazyFrame, LiteralValue, PolarsError, Scalar, Series};
use polars_plan::dsl::{DataTypeExpr, DslPlan};

use super::column_type::polars_type;
use redress_lake::table::ColumnKind;

/// The same query, with codes for the texts that it puts into its columns. Texts that it only compares with are left:
/// the engine makes them to codes where that is of use.
///
/// # Errors
/// When a text cannot be held as a code.
pub(super) fn with_codes(mut query: LazyFrame) -> Result<LazyFrame, PolarsError> {
    plan(&mut query.logical_plan)?;
    Ok(query)
}

fn plan(of: &mut DslPlan) -> Result<(), PolarsError> {
    // What the engine resolved of the query to know its columns holds the query itself.
    while let DslPlan::IR { dsl, .. } = of {
        *of = DslPlan::clone(dsl);
    }
    match of {
        DslPlan::Select { expr, input, .. } => {
            columns(expr)?;
            below(input)
        }
        DslPlan::HStack { exprs, input, .. } => {
            columns(exprs)?;
            below(input)
        }
        DslPlan::GroupBy {
            keys, aggs, input, ..
        } => {
            columns(keys)?;
            columns(aggs)?;
            below(input)
        }
        DslPlan::Filter { input, .. }
        | DslPlan::Cache { input, .. }
        | DslPlan::Distinct { input, .. }
        | DslPlan::Sort { input, .. }
        | DslPlan::Slice { input, .. }
        | DslPlan::MapFunction { input, .. } => below(input),
        DslPlan::Join {
            input_left,
            input_right,
            ..
        } => {
            below(input_left)?;
            below(input_right)
        }
        DslPlan::Union { inputs, .. } => inputs.iter_mut().try_for_each(plan),
        // Frames, and what no SQL of ours makes.
        _ => Ok(()),
    }
}

fn below(input: &mut Arc<DslPlan>) -> Result<(), PolarsError> {
    plan(Arc::make_mut(input))
}

fn columns(of: &mut [Expr]) -> Result<(), PolarsError> {
    of.iter_mut().try_for_each(value)
}

/// What becomes a column's value: the text itself, or one of those between which a `CASE` chooses.
fn value(of: &mut Expr) -> Result<(), PolarsError> {
    let coded = match of {
        Expr::Alias(named, _) => return value(Arc::make_mut(named)),
        Expr::Ternary { truthy, falsy, .. } => {
            value(Arc::make_mut(truthy))?;
            return value(Arc::make_mut(falsy));
        }
        Expr::Literal(literal) => match literal.extract_str() {
            Some(text) => code(Some(text))?,
            None => return Ok(()),
        },
        Expr::Cast {
            expr,
            dtype: DataTypeExpr::Literal(DataType::String),
            ..
        } if matches!(&**expr, Expr::Literal(literal) if literal.is_null()) => code(None)?,
        _ => return Ok(()),
    };
    *of = Expr::Literal(LiteralValue::Scalar(coded));
    Ok(())
}

fn code(text: Option<&str>) -> Result<Scalar, PolarsError> {
    let kind = polars_type(ColumnKind::Text);
    let texts = Series::from_iter([text]).cast(&kind)?;
    Ok(Scalar::new(kind, texts.get(0)?.into_static()))
}

#[cfg(test)]
mod tests {
    use polars::prelude::{DataFrame, IntoLazy, NamedFrom};
    use polars::sql::SQLContext;

    use super::*;

    fn stages() -> DataFrame {
        let words = ["met", "missed", "met", "open"];
        let verdict = Series::new("verdict".into(), words);
        let verdict = verdict.cast(&polars_type(ColumnKind::Text)).expect("codes");
        let days = Series::new("days".into(), [1_i32, 9, 2, 4]);
        DataFrame::new(4, vec![verdict.into(), days.into()]).expect("a frame")
    }

    /// The types of the answer's columns, its rows, and those without codes.
    fn asked(sql: &str) -> (Vec<DataType>, String, String) {
        let mut context = SQLContext::new();
        context.register("stages", stages().lazy());
        let plain = context.execute(sql).expect("a query");
        let coded = with_codes(plain.clone()).expect("codes").collect();
        let coded = coded.expect("an answer");
        let plain = plain.collect().expect("an answer");
        let types = coded.columns().iter().map(|c| c.dtype().clone());
        (types.collect(), rows(&coded), rows(&plain))
    }

    fn rows(frame: &DataFrame) -> String {
        let row = |at| {
            let values = frame.get(at).expect("a row");
            values.iter().map(|value| format!("{value};")).collect()
        };
        (0..frame.height())
            .map(row)
            .collect::<Vec<String>>()
            .join("\n")
    }

    #[test]
    fn texts_of_a_query_are_codes_wherever_they_become_columns() {
        let code = polars_type(ColumnKind::Text);
        let (types, coded, plain) = asked(
            "WITH judged AS (
                 SELECT 'net' AS side, CASE
                     WHEN days > 8 THEN 'late' WHEN days > 3 THEN verdict WHEN days > 1 THEN 'soon' ELSE 'now'
                 END AS word, CAST(NULL AS STRING) AS month FROM stages
                 UNION ALL
                 SELECT 'gross' AS side, verdict AS word, 'july' AS month FROM stages WHERE verdict = 'met'
             )
             SELECT side, word, month, COUNT(*) AS stages FROM judged
             WHERE word IN ('late', 'soon', 'open', 'met') GROUP BY side, word, month ORDER BY side, word, month",
        );
        assert_eq!(types, [code.clone(), code.clone(), code, DataType::UInt32]);
        assert_eq!(coded, plain);
        assert_eq!(
            coded.lines().collect::<Vec<_>>(),
            [
                "\"gross\";\"met\";\"july\";2;",
                "\"net\";\"late\";null;1;",
                "\"net\";\"open\";null;1;",
                "\"net\";\"soon\";null;1;"
            ]
        );
    }

    #[test]
    fn functions_of_texts_give_the_same_of_codes() {
        let made = "(SELECT days, CASE WHEN days > 8 THEN 'late' WHEN days > 3 THEN 'Soon' ELSE 'now' END AS word FROM stages)";
        for function in [
            "word || '!'",
            "'!' || word",
            "CONCAT(word, '-', word)",
            "UPPER(word)",
            "LENGTH(word)",
            "SUBSTR(word, 2, 2)",
            "REPLACE(word, 'o', 'a')",
            "COALESCE(NULLIF(word, 'now'), 'none')",
            "CASE WHEN word LIKE '%o%' THEN 1 ELSE 0 END",
            "CASE WHEN word < 'n' THEN 1 ELSE 0 END",
            "CASE WHEN word >= 'late' AND word <> 'now' THEN word ELSE 'other' END",
            "CASE WHEN word BETWEEN 'a' AND 'm' THEN 1 ELSE 0 END",
            "CASE WHEN word IN ('now', 'never') THEN word END",
            "CAST(word AS STRING)",
        ] {
            both_ways(&format!(
                "SELECT {function} AS made FROM {made} AS k ORDER BY days"
            ));
        }
        for aggregate in [
            "MIN(word)",
            "MAX(word)",
            "COUNT(DISTINCT word)",
            "MAX(word || '!')",
        ] {
            both_ways(&format!("SELECT {aggregate} AS made FROM {made} AS k"));
        }
        both_ways(&format!(
            "SELECT word, days FROM {made} AS k ORDER BY word DESC, days"
        ));
        both_ways(&format!(
            "SELECT DISTINCT word FROM {made} AS k ORDER BY word"
        ));
        both_ways(&format!(
            "SELECT k.word, s.days FROM {made} AS k JOIN (SELECT UPPER('late') AS up, LOWER('LATE') AS word, days FROM stages) AS s
             ON s.word = k.word ORDER BY s.days"
        ));
    }

    /// Asks as the engine does, and without codes.
    fn both_ways(sql: &str) {
        let context = || {
            let context = SQLContext::new();
            context.register("stages", stages().lazy());
            context
        };
        let plain = context().execute(sql).and_then(LazyFrame::collect);
        let plain = plain.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let coded = super::super::execution::execute(context(), sql, "test");
        let coded = coded.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(rows(&coded), rows(&plain), "{sql}");
    }

    #[test]
    fn what_is_only_compared_with_stays_as_it_is() {
        let (_, coded, plain) = asked(
            "SELECT SUM(CASE WHEN verdict = 'met' THEN 1 ELSE 0 END) AS met, MAX(days) AS days FROM stages
             WHERE CASE WHEN days > 8 THEN 'late' ELSE 'in time' END = 'in time'",
        );
        assert_eq!(coded, plain);
        assert_eq!(coded, "2;4;");
    }
}
