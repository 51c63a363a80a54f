//! The conditions of a drill, carried down into a metric's SQL.
//!
//! `SELECT k.* FROM counted AS k WHERE verdict = 'missed' AND month = '2026-07'` needs neither the branches of a UNION
//! whose verdict is another word, nor the days of other months. A CTE is copied for the place that asks for less of it;
//! what cannot be proven to be left out stays. The outer conditions stay too: this only takes away work.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Cte, Expr, FunctionArguments, GroupByExpr, Ident, Query, Select, SetExpr,
    SetOperator, SetQuantifier, Statement, Value,
};

use redress_lake::table::ColumnKind;
use redress_lake::tables::{DERIVED, TABLES};

use super::printed::printed;
use super::relations::{Relations, column_of, expression, output, rename, text_of};
use super::statements::statements;
use super::walk;

/// What the columns of a relation must be, as text; an empty text stands for NULL.
type Facts = BTreeMap<String, String>;

/// The same rows by less work: `sql` asks for a CTE `counted` under `conditions` on its columns.
pub fn narrowed(sql: &str, conditions: &[(String, String)]) -> String {
    let mut facts = Facts::new();
    for (name, value) in conditions {
        let before = facts.insert(name.clone(), value.clone());
        if before.is_some_and(|before| before != *value) {
            // Two values of one column: nothing meets that, and the SQL says so by itself.
            return sql.to_owned();
        }
    }
    let mut parsed = match statements(sql) {
        Ok(parsed) => parsed,
        Err(_) => return sql.to_owned(),
    };
    let [Statement::Query(query)] = parsed.as_mut_slice() else {
        return sql.to_owned();
    };
    if !facts.is_empty() {
        narrow(query, &facts);
    }
    printed(&mut parsed[0])
}

fn narrow(query: &mut Query, facts: &Facts) {
    let (Some(with), SetExpr::Select(select)) = (query.with.as_mut(), query.body.as_mut()) else {
        return;
    };
    let mut narrowing = Narrowing {
        ctes: std::mem::take(&mut with.cte_tables),
        copies: BTreeMap::new(),
    };
    let alias = Relations::of(select).and_then(|from| from.alias_of("counted").map(str::to_owned));
    if let Some(alias) = alias
        && let Some(copy) = narrowing.copy("counted", facts)
        && let [from] = select.from.as_mut_slice()
    {
        rename(from, &[(alias, copy)]);
    }
    with.cte_tables = narrowing.ctes;
    drop_unused(query);
}

struct Narrowing {
    /// The query's own, then the copies, each after what it names.
    ctes: Vec<Cte>,
    /// Names of copies, by what they are a copy of; `None` where nothing can be left out.
    copies: BTreeMap<(String, Facts), Option<String>>,
}

impl Narrowing {
    /// A copy of a CTE that may leave out rows which do not meet the facts.
    fn copy(&mut self, name: &str, facts: &Facts) -> Option<String> {
        let key = (name.to_owned(), facts.clone());
        if let Some(known) = self.copies.get(&key) {
            return known.clone();
        }
        let mut found = self.ctes.iter().filter(|cte| cte.alias.name.value == name);
        let (Some(cte), None) = (found.next(), found.next()) else {
            return None;
        };
        let mut cte = cte.clone();
        let plain = cte.alias.columns.is_empty()
            && cte.query.with.is_none()
            && cte.query.order_by.is_none()
            && cte.query.limit_clause.is_none()
            && cte.query.fetch.is_none();
        let copy = (plain && self.body(&mut cte.query.body, facts)).then(|| {
            let copy = format!("{name}__narrow_{}", self.copies.len());
            cte.alias.name = Ident::new(copy.clone());
            self.ctes.push(cte);
            copy
        });
        self.copies.insert(key, copy.clone());
        copy
    }

    /// Whether anything was left out.
    fn body(&mut self, body: &mut SetExpr, facts: &Facts) -> bool {
        match body {
            SetExpr::Select(select) => self.select(select, facts),
            SetExpr::SetOperation { .. } => {
                let Some(mut branches) = branches(body) else {
                    return false;
                };
                let all = branches.len();
                let possible: Vec<bool> = branches.iter().map(|s| can_meet(s, facts)).collect();
                // An empty relation needs a branch too.
                if possible.contains(&true) {
                    let mut possible = possible.into_iter();
                    branches.retain(|_| possible.next().unwrap_or(true));
                }
                let mut narrower = branches.len() < all;
                for select in &mut branches {
                    narrower |= self.select(select, facts);
                }
                if let Some(whole) = union_all(branches) {
                    *body = whole;
                }
                narrower
            }
            _ => false,
        }
    }

    fn select(&mut self, select: &mut Select, facts: &Facts) -> bool {
        if !row_by_row(select) {
            return false;
        }
        let Some(from) = Relations::of(select) else {
            return false;
        };
        let mut below: BTreeMap<&str, Facts> = BTreeMap::new();
        for (name, value) in facts {
            let item = select.projection.iter().find(|i| output(i) == Some(name));
            if let Some((alias, column)) = item.and_then(expression).and_then(column_of) {
                let facts = below.entry(alias).or_default();
                facts.insert(column.to_owned(), value.clone());
            }
        }
        let mut names = Vec::new();
        let mut further = Vec::new();
        for (alias, table) in &from.inner {
            let Some(facts) = below.get(alias) else {
                continue;
            };
            if self.ctes.iter().any(|cte| cte.alias.name.value == *table) {
                if let Some(copy) = self.copy(table, facts) {
                    names.push(((*alias).to_owned(), copy));
                }
                continue;
            }
            // Names and codes of the lake's own tables are compared where they are read, as what they are.
            let texts = facts.iter().filter(|(column, _)| is_text(table, column));
            further.extend(texts.map(|(column, value)| equal(alias, column, value)));
        }
        for (name, value) in facts {
            let item = select.projection.iter().find(|i| output(i) == Some(name));
            if let Some(case) = item.and_then(expression) {
                let hidden =
                    |table: &str| self.ctes.iter().any(|cte| cte.alias.name.value == table);
                further.extend(needed_for(case, value, &from, &hidden));
            }
        }
        let narrower = !names.is_empty() || !further.is_empty();
        if let [from] = select.from.as_mut_slice() {
            rename(from, &names);
        }
        for condition in further {
            select.selection = Some(match select.selection.take() {
                None => condition,
                Some(before) => Expr::BinaryOp {
                    left: Box::new(Expr::Nested(Box::new(before))),
                    op: BinaryOperator::And,
                    right: Box::new(condition),
                },
            });
        }
        narrower
    }
}

/// Whether a column is one of names or codes of the lake's tables.
fn is_text(table: &str, column: &str) -> bool {
    TABLES
        .iter()
        .chain(DERIVED)
        .find(|known| known.name == table)
        .and_then(|known| known.columns.iter().find(|c| c.name == column))
        .is_some_and(|c| c.kind == ColumnKind::Text)
}

/// What must hold of a row where a CASE gives `value`: that one of the results that can be it is it, or that the condition
/// of a result that is it holds. `None` where that says nothing. `hidden` tells names that a CTE has taken from a table.
fn needed_for(
    case: &Expr,
    value: &str,
    from: &Relations<'_>,
    hidden: &dyn Fn(&str) -> bool,
) -> Option<Expr> {
    let Expr::Case {
        operand: None,
        conditions,
        else_result,
        ..
    } = case
    else {
        return None;
    };
    if value.is_empty() {
        return None;
    }
    let otherwise = else_result.as_deref().map(|result| (None, result));
    let results = conditions
        .iter()
        .map(|when| (Some(&when.condition), &when.result))
        .chain(otherwise);
    let mut any: Option<Expr> = None;
    for (condition, result) in results {
        if is_null(result) {
            continue;
        }
        let part = match (text_of(result), column_of(result)) {
            (Some(text), _) if text != value => continue,
            (Some(_), _) => Expr::Nested(Box::new(condition?.clone())),
            (None, Some((alias, column))) => {
                let (_, table) = from.inner.iter().find(|(known, _)| *known == alias)?;
                (!hidden(table) && is_text(table, column)).then(|| equal(alias, column, value))?
            }
            (None, None) => return None,
        };
        any = Some(match any {
            None => part,
            Some(before) => Expr::BinaryOp {
                left: Box::new(before),
                op: BinaryOperator::Or,
                right: Box::new(part),
            },
        });
    }
    any.map(|any| Expr::Nested(Box::new(any)))
}

/// The SELECTs of a UNION ALL whose columns have the same names in all; `None` for anything else.
fn branches(body: &SetExpr) -> Option<Vec<Select>> {
    fn walk(body: &SetExpr, out: &mut Vec<Select>) -> Option<()> {
        match body {
            SetExpr::Select(select) => out.push(select.as_ref().clone()),
            SetExpr::SetOperation {
                op: SetOperator::Union,
                set_quantifier: SetQuantifier::All,
                left,
                right,
            } => {
                walk(left, out)?;
                walk(right, out)?;
            }
            _ => return None,
        }
        Some(())
    }
    let mut all = Vec::new();
    walk(body, &mut all)?;
    let names = |select: &Select| -> Option<Vec<String>> {
        let names = select.projection.iter().map(output);
        names.map(|name| name.map(str::to_owned)).collect()
    };
    let first = names(all.first()?)?;
    all.iter()
        .all(|select| names(select).as_ref() == Some(&first))
        .then_some(all)
}

fn union_all(branches: Vec<Select>) -> Option<SetExpr> {
    branches
        .into_iter()
        .map(|select| SetExpr::Select(Box::new(select)))
        .reduce(|left, right| SetExpr::SetOperation {
            op: SetOperator::Union,
            set_quantifier: SetQuantifier::All,
            left: Box::new(left),
            right: Box::new(right),
        })
}

/// Whether a row of a SELECT can meet the facts: no column is a literal of another value.
fn can_meet(select: &Select, facts: &Facts) -> bool {
    facts.iter().all(|(name, value)| {
        let item = select.projection.iter().find(|i| output(i) == Some(name));
        match item.and_then(expression) {
            None => true,
            Some(expression) if is_null(expression) => value.is_empty(),
            Some(expression) => text_of(expression).is_none_or(|text| text == value),
        }
    })
}

fn is_null(expression: &Expr) -> bool {
    match expression {
        Expr::Value(value) => value.value == Value::Null,
        Expr::Cast { expr, .. } | Expr::Nested(expr) => is_null(expr),
        _ => false,
    }
}

/// `table.column = 'text'`, or `IS NULL` for an empty text.
fn equal(table: &str, column: &str, text: &str) -> Expr {
    let column = Box::new(Expr::CompoundIdentifier(vec![
        Ident::new(table),
        Ident::new(column),
    ]));
    if text.is_empty() {
        return Expr::IsNull(column);
    }
    Expr::BinaryOp {
        left: column,
        op: BinaryOperator::Eq,
        right: Box::new(Expr::Value(
            Value::SingleQuotedString(text.to_owned()).into(),
        )),
    }
}

/// Whether each row of a SELECT depends on its own row of the FROM alone, so that a filter on a column that is only
/// passed on may stand before it as well: no grouping, no windows, nothing that sums.
fn row_by_row(select: &Select) -> bool {
    const HARMLESS: [&str; 4] = ["COALESCE", "NULLIF", "ABS", "LOWER"];
    let grouped = match &select.group_by {
        GroupByExpr::Expressions(keys, _) => !keys.is_empty(),
        GroupByExpr::All(_) => true,
    };
    let other = select.distinct.is_some()
        || select.top.is_some()
        || select.having.is_some()
        || select.qualify.is_some()
        || !select.lateral_views.is_empty();
    if grouped || other {
        return false;
    }
    let found = walk::expressions(&select.projection, |expression| match expression {
        Expr::Function(function) => {
            let name = function.name.to_string().to_uppercase();
            let plain = function.over.is_none()
                && matches!(function.args, FunctionArguments::List(_))
                && HARMLESS.contains(&name.as_str());
            if plain {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_continue()
}

/// Takes away the CTEs that nothing names any more.
pub(super) fn drop_unused(query: &mut Query) {
    let Some(mut with) = query.with.take() else {
        return;
    };
    let mut named = BTreeSet::new();
    note_names(query, &mut named);
    let mut kept = Vec::with_capacity(with.cte_tables.len());
    for cte in with.cte_tables.into_iter().rev() {
        if named.contains(&cte.alias.name.value) {
            note_names(&cte.query, &mut named);
            kept.push(cte);
        }
    }
    kept.reverse();
    with.cte_tables = kept;
    if !with.cte_tables.is_empty() {
        query.with = Some(with);
    }
}

fn note_names(query: &Query, names: &mut BTreeSet<String>) {
    let _ = walk::relations(query, |relation| {
        names.insert(relation.to_string());
        ControlFlow::Continue(())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(sql: &str, conditions: &[(&str, &str)]) -> String {
        let conditions: Vec<(String, String)> = conditions
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        narrowed(sql, &conditions)
    }

    /// `sql` as the parser writes it.
    fn plain(sql: &str) -> String {
        statements(sql).expect("SQL")[0].to_string()
    }

    const JUDGED: &str = "WITH days AS (SELECT c.day, c.month FROM calendar AS c WHERE c.day > c.first OR c.day < c.last), \
        judged AS (SELECT s.case_key, d.month, 'late' AS verdict FROM stages AS s JOIN days AS d ON d.day = s.due_on \
        UNION ALL SELECT s.case_key, d.month, s.verdict FROM stages AS s JOIN days AS d ON d.day = s.due_on \
        UNION ALL SELECT s.case_key, CAST(NULL AS STRING) AS month, 'paused' AS verdict FROM stages AS s), \
        counted AS (SELECT j.case_key, j.month, j.verdict FROM judged AS j) ";

    #[test]
    fn branches_of_another_word_and_days_of_other_months_are_left_out() {
        let sql = format!("{JUDGED}SELECT k.* FROM counted AS k");
        let narrow = by(&sql, &[("verdict", "late"), ("month", "2026-07")]);
        assert_eq!(
            narrow,
            plain(
                "WITH days__narrow_0 AS (SELECT c.day, c.month FROM calendar AS c WHERE (c.day > c.first OR c.day < c.last) \
                 AND c.month = '2026-07'), \
                 judged__narrow_1 AS (SELECT s.case_key, d.month, 'late' AS verdict FROM stages AS s \
                 JOIN days__narrow_0 AS d ON d.day = s.due_on \
                 UNION ALL SELECT s.case_key, d.month, s.verdict FROM stages AS s JOIN days__narrow_0 AS d ON d.day = s.due_on), \
                 counted__narrow_2 AS (SELECT j.case_key, j.month, j.verdict FROM judged__narrow_1 AS j) \
                 SELECT k.* FROM counted__narrow_2 AS k"
            )
        );
    }

    #[test]
    fn an_empty_value_asks_for_null() {
        let sql = format!("{JUDGED}SELECT k.* FROM counted AS k");
        let narrow = by(&sql, &[("verdict", "paused"), ("month", "")]);
        assert!(narrow.contains("'paused'"), "{narrow}");
        assert!(!narrow.contains("'late'"), "{narrow}");
        // A column may be NULL; only a literal is known.
        assert!(narrow.contains("s.verdict"), "{narrow}");
        assert!(!narrow.contains("c.month = "), "{narrow}");
    }

    #[test]
    fn names_of_a_table_are_compared_where_they_are_read() {
        let sql = "WITH counted AS (SELECT s.case_key, s.stage, s.site, s.pass FROM stages AS s WHERE s.pass = 1 OR s.pass = 2) \
                   SELECT k.* FROM counted AS k";
        let narrow = by(sql, &[("stage", "intake"), ("site", ""), ("pass", "2")]);
        assert_eq!(
            narrow,
            plain(
                "WITH counted__narrow_0 AS (SELECT s.case_key, s.stage, s.site, s.pass FROM stages AS s \
                 WHERE ((s.pass = 1 OR s.pass = 2) AND s.site IS NULL) AND s.stage = 'intake') \
                 SELECT k.* FROM counted__narrow_0 AS k"
            )
        );
    }

    #[test]
    fn a_case_is_judged_only_where_it_can_give_the_word() {
        let sql = "WITH counted AS (SELECT s.case_key, CASE WHEN s.applies = FALSE THEN 'not_applicable' \
                   WHEN s.ended_at IS NOT NULL THEN s.verdict_net WHEN s.pass = 1 OR s.pass = 2 THEN 'open_late' \
                   ELSE 'paused' END AS verdict FROM stages AS s) SELECT k.* FROM counted AS k";
        let met = by(sql, &[("verdict", "met")]);
        assert!(
            met.contains("FROM stages AS s WHERE (s.verdict_net = 'met'))"),
            "{met}"
        );
        let late = by(sql, &[("verdict", "open_late")]);
        assert!(
            late.contains("WHERE (s.verdict_net = 'open_late' OR (s.pass = 1 OR s.pass = 2))"),
            "{late}"
        );
        // What is left when nothing else holds, NULL, and what no column of names gives.
        assert_eq!(by(sql, &[("verdict", "paused")]), plain(sql));
        assert_eq!(by(sql, &[("verdict", "")]), plain(sql));
        let other = sql.replace("s.verdict_net", "s.verdict");
        assert_eq!(by(&other, &[("verdict", "met")]), plain(&other));
        // A CTE of the table's name has columns of its own.
        let own = sql.replace("WITH ", "WITH stages AS (SELECT 1 AS case_key), ");
        assert_eq!(by(&own, &[("verdict", "met")]), plain(&own));
    }

    #[test]
    fn what_nothing_can_meet_keeps_a_branch() {
        let sql = "WITH counted AS (SELECT 1 AS case_key, 'a' AS v UNION ALL SELECT 2 AS case_key, 'b' AS v) \
                   SELECT k.* FROM counted AS k";
        assert_eq!(by(sql, &[("v", "c")]), plain(sql));
    }

    #[test]
    fn what_depends_on_other_rows_is_left_alone() {
        for counted in [
            "SELECT j.case_key, j.month, COUNT(*) AS n FROM judged AS j GROUP BY j.case_key, j.month",
            "SELECT DISTINCT j.case_key, j.month FROM judged AS j",
            "SELECT j.case_key, j.month, ROW_NUMBER() OVER (ORDER BY j.case_key) AS place FROM judged AS j",
            "SELECT k.case_key, j.month FROM cases AS k LEFT JOIN judged AS j ON j.case_key = k.case_key",
            "SELECT j.case_key, COALESCE(j.month, 'none') AS month FROM judged AS j",
            "SELECT j.case_key, j.month FROM judged AS j ORDER BY j.case_key LIMIT 3",
            "SELECT j.case_key, j.month FROM judged AS j EXCEPT SELECT j.case_key, j.month FROM judged AS j",
        ] {
            let sql = format!(
                "WITH judged AS (SELECT 1 AS case_key, 'a' AS month UNION ALL SELECT 2 AS case_key, 'b' AS month), \
                 counted AS ({counted}) SELECT k.* FROM counted AS k"
            );
            assert_eq!(by(&sql, &[("month", "a")]), plain(&sql), "{counted}");
        }
    }

    #[test]
    fn two_values_of_one_column_change_nothing() {
        let sql = format!("{JUDGED}SELECT k.* FROM counted AS k");
        assert_eq!(by(&sql, &[("verdict", "late"), ("verdict", "paused")]), sql);
    }
}
