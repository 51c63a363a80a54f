//! Texts that a query makes itself (`CASE ... THEN 'met'`, `'net' AS side`), held as codes like those of the lake's columns.
//!
//! A text takes 16 bytes a row and is compared letter by letter, a code 4 and as a number. Where codes and texts meet,
//! the engine makes both to texts, row by row; so the texts of a plan become codes all together.

use std::sync::Arc;

use polars::prelude::{DataType, Expr, LazyFrame, LiteralValue, PolarsError, Scalar, Series};
use polars_plan::dsl::{DataTypeExpr, DslPlan};

use super::decode::polars_type;
use redress_lake::table::ColumnKind;

/// The same query, with codes for the texts that it puts into its columns. Texts that it only compares with are left:
/// the engine makes them to codes where that is of use.
///
/// # Errors
/// When a text cannot be held as a code.
pub(super) fn with_codes(mut query: LazyFrame) -> Result<LazyFrame, PolarsError> {
    query.logical_plan = plan(query.logical_plan)?;
    Ok(query)
}

fn plan(of: DslPlan) -> Result<DslPlan, PolarsError> {
    Ok(match of {
        DslPlan::Select {
            expr,
            input,
            options,
        } => DslPlan::Select {
            expr: columns(expr)?,
            input: below(input)?,
            options,
        },
        DslPlan::HStack {
            input,
            exprs,
            options,
        } => DslPlan::HStack {
            input: below(input)?,
            exprs: columns(exprs)?,
            options,
        },
        DslPlan::GroupBy {
            input,
            keys,
            predicates,
            aggs,
            maintain_order,
            options,
            apply,
        } => DslPlan::GroupBy {
            input: below(input)?,
            keys: columns(keys)?,
            predicates,
            aggs: columns(aggs)?,
            maintain_order,
            options,
            apply,
        },
        DslPlan::Filter { input, predicate } => DslPlan::Filter {
            input: below(input)?,
            predicate,
        },
        DslPlan::Cache { input, id } => DslPlan::Cache {
            input: below(input)?,
            id,
        },
        DslPlan::Join {
            input_left,
            input_right,
            left_on,
            right_on,
            predicates,
            options,
        } => DslPlan::Join {
            input_left: below(input_left)?,
            input_right: below(input_right)?,
            left_on,
            right_on,
            predicates,
            options,
        },
        DslPlan::Distinct { input, options } => DslPlan::Distinct {
            input: below(input)?,
            options,
        },
        DslPlan::Sort {
            input,
            by_column,
            slice,
            sort_options,
        } => DslPlan::Sort {
            input: below(input)?,
            by_column,
            slice,
            sort_options,
        },
        DslPlan::Slice { input, offset, len } => DslPlan::Slice {
            input: below(input)?,
            offset,
            len,
        },
        DslPlan::MapFunction { input, function } => DslPlan::MapFunction {
            input: below(input)?,
            function,
        },
        DslPlan::Union { inputs, args } => DslPlan::Union {
            inputs: inputs.into_iter().map(plan).collect::<Result<_, _>>()?,
            args,
        },
        // What the engine resolved of the query to know its columns.
        DslPlan::IR { dsl, .. } => plan(Arc::unwrap_or_clone(dsl))?,
        // Frames, and what no SQL of ours makes.
        other => other,
    })
}

fn below(input: Arc<DslPlan>) -> Result<Arc<DslPlan>, PolarsError> {
    plan(Arc::unwrap_or_clone(input)).map(Arc::new)
}

fn columns(of: Vec<Expr>) -> Result<Vec<Expr>, PolarsError> {
    of.into_iter().map(value).collect()
}

/// What becomes a column's value: the text itself, or one of those between which a `CASE` chooses.
fn value(of: Expr) -> Result<Expr, PolarsError> {
    let within = |part: Arc<Expr>| value(Arc::unwrap_or_clone(part)).map(Arc::new);
    Ok(match of {
        Expr::Alias(named, name) => Expr::Alias(within(named)?, name),
        Expr::Ternary {
            predicate,
            truthy,
            falsy,
        } => Expr::Ternary {
            predicate,
            truthy: within(truthy)?,
            falsy: within(falsy)?,
        },
        Expr::Literal(literal) => match literal.extract_str() {
            Some(text) => Expr::Literal(LiteralValue::Scalar(code(Some(text))?)),
            None => Expr::Literal(literal),
        },
        Expr::Cast {
            expr,
            dtype: DataTypeExpr::Literal(DataType::String),
            ..
        } if matches!(&*expr, Expr::Literal(literal) if literal.is_null()) => {
            Expr::Literal(LiteralValue::Scalar(code(None)?))
        }
        other => other,
    })
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
        let rows = |frame: &DataFrame| {
            let row = |at| {
                frame
                    .get(at)
                    .expect("a row")
                    .iter()
                    .map(|v| format!("{v};"))
                    .collect()
            };
            (0..frame.height())
                .map(row)
                .collect::<Vec<String>>()
                .join("\n")
        };
        let plain = plain.collect().expect("an answer");
        let types = coded.columns().iter().map(|c| c.dtype().clone());
        (types.collect(), rows(&coded), rows(&plain))
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
    fn what_is_only_compared_with_stays_as_it_is() {
        let (_, coded, plain) = asked(
            "SELECT SUM(CASE WHEN verdict = 'met' THEN 1 ELSE 0 END) AS met, MAX(days) AS days FROM stages
             WHERE CASE WHEN days > 8 THEN 'late' ELSE 'in time' END = 'in time'",
        );
        assert_eq!(coded, plain);
        assert_eq!(coded, "2;4;");
    }
}
