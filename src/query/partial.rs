//! A query in two steps: sums of some months at a time, and the sum of those.
//!
//! `SELECT site, COUNT(*) FROM counted GROUP BY site` over a CTE whose rows are those of the months
//! ([`super::locality`]) is asked of a few months at a time and summed up, so that only their rows are held. Where a
//! CTE sums, and the query goes on with its sums, that CTE is one such piece and what follows is another. A last SELECT
//! that lists rows is a piece too: its rows are put one below the other, and in order at the end.

use std::collections::BTreeSet;

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    Cte, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    GroupByExpr, Ident, LimitClause, OrderByKind, Query, SelectItem, SetExpr, Statement, With,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::locality::{From, Known, Rows, SUMS, Spread};
use super::narrowing::drop_unused;
use super::printed::printed;
use super::relations::{column_of, expression, output};
use super::statements::{identifiers, statements};
use super::walk::{Changes, change};
use redress_lake::tables::TABLES;

/// How the sums of some months are named, with a number.
const SUM: &str = "sum_";
/// Name of the last piece, which answers the query.
const ANSWER: &str = "answer";
/// The name under which the answers of the months stand in [`Piece::together`].
pub const MONTHS: &str = "of_months";

/// A query as pieces that can be asked month by month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In an order in which each comes after those that it names.
    pub pieces: Vec<Piece>,
    /// What is asked over the pieces' answers; `None` when the last piece answers the query.
    pub rest: Option<String>,
}

/// Something that is asked of some months at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Under which what follows names it.
    pub name: String,
    /// What is asked of some months.
    pub of_months: String,
    /// What puts the answers of all months together, which stand in the table [`MONTHS`].
    pub together: String,
    /// Earlier pieces that it names.
    pub after: BTreeSet<String>,
    /// Whether months without rows give an answer: a sum over nothing is one row.
    pub answers_nothing: bool,
}

/// Names of the tables that are parted by month.
pub fn parted() -> BTreeSet<&'static str> {
    let parted = TABLES.iter().filter(|table| table.partitioned);
    parted.map(|table| table.name).collect()
}

/// Takes a query apart; `None` where it has to be asked of all months at once, or reads none. `parted`: the tables that
/// are parted by month.
pub fn plan(sql: &str, parted: &BTreeSet<&str>) -> Option<Plan> {
    let mut parsed = statements(sql).ok()?;
    let [Statement::Query(query)] = parsed.as_mut_slice() else {
        return None;
    };
    let mut known = Known::new(parted);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut before: Vec<Cte> = Vec::new();
    for cte in ctes(query)? {
        let name = cte.alias.name.value.clone();
        match known.spread(&cte.query)? {
            Spread::Sums => {
                let piece = summed(&name, &cte.query, &known, &before)?;
                pieces.push(piece.after(&pieces));
                // What follows reads its answer.
                known.add(&name, Spread::Whole)?;
            }
            spread => {
                known.add(&name, spread)?;
                before.push(cte);
            }
        }
    }
    let strange = query.fetch.is_some()
        || query.for_clause.is_some()
        || !query.locks.is_empty()
        || !query.pipe_operators.is_empty();
    if strange {
        return None;
    }
    let last = match known.last(&query.body)? {
        Spread::Whole => {
            let rest = Some(with_ctes(query, &before));
            return (!pieces.is_empty()).then_some(Plan { pieces, rest });
        }
        Spread::Sums => summed(ANSWER, query, &known, &before)?,
        Spread::Months(_) => listed(query, &before)?,
    };
    // A CTE of this name has an answer of its own.
    if pieces.iter().any(|piece| piece.name == last.name) {
        return None;
    }
    pieces.push(last.after(&pieces));
    Some(Plan { pieces, rest: None })
}

/// The CTEs of a query, taken out of it; `None` where one names its columns anew or itself.
fn ctes(query: &mut Query) -> Option<Vec<Cte>> {
    let Some(with) = query.with.take() else {
        return Some(Vec::new());
    };
    let plain = with.cte_tables.iter().all(|c| c.alias.columns.is_empty());
    (plain && !with.recursive).then_some(with.cte_tables)
}

/// The SQL of a query after those of the CTEs that it needs.
fn with_ctes(query: &Query, before: &[Cte]) -> String {
    let mut query = query.clone();
    query.with = Some(With {
        with_token: AttachedToken::empty(),
        recursive: false,
        cte_tables: before.to_vec(),
    });
    drop_unused(&mut query);
    printed(&mut query)
}

impl Piece {
    /// With those of the earlier pieces that it names.
    fn after(mut self, pieces: &[Piece]) -> Self {
        let words = identifiers(&self.of_months);
        let names = pieces.iter().map(|piece| &piece.name);
        self.after = names
            .filter(|name| words.contains(*name))
            .cloned()
            .collect();
        self
    }
}

/// A SELECT that sums, in two steps.
fn summed(name: &str, query: &Query, known: &Known<'_>, before: &[Cte]) -> Option<Piece> {
    let SetExpr::Select(select) = query.body.as_ref() else {
        return None;
    };
    let (Rows::Sums(from), GroupByExpr::Expressions(keys, _)) =
        (known.rows(select)?, &select.group_by)
    else {
        return None;
    };
    let mut summing = Summing {
        from: &from,
        keys: Vec::with_capacity(keys.len()),
        sums: Vec::new(),
        results: BTreeSet::new(),
        failed: false,
    };
    for key in keys {
        let name = match key {
            Expr::Identifier(name) => name.value.as_str(),
            _ => column_of(key)?.1,
        };
        let is_taken = summing.keys.iter().any(|(_, known)| known == name);
        if is_taken || name.starts_with(SUM) {
            return None;
        }
        summing.keys.push((key.clone(), name.to_owned()));
    }
    let mut together = select.as_ref().clone();
    together.projection.clear();
    for item in &select.projection {
        let alias = Ident::new(output(item)?);
        let mut expr = expression(item)?.clone();
        // A result that has the name of a key and is another one: the order could mean either.
        let hides = |(key, name): &(Expr, String)| *name == alias.value && *key != expr;
        if summing.keys.iter().any(hides) {
            return None;
        }
        change(&mut expr, &mut summing);
        together
            .projection
            .push(SelectItem::ExprWithAlias { expr, alias });
    }
    change(&mut together.having, &mut summing);
    let mut order = query.order_by.clone();
    summing.results = select
        .projection
        .iter()
        .filter_map(output)
        .map(str::to_owned)
        .collect();
    change(&mut order, &mut summing);
    if summing.failed {
        return None;
    }
    let names = summing
        .keys
        .iter()
        .map(|(_, name)| Expr::Identifier(Ident::new(name)));
    together.group_by = GroupByExpr::Expressions(names.collect(), Vec::new());
    together.selection = None;
    let everything = everything()?;
    if let SetExpr::Select(from) = everything.body.as_ref() {
        together.from = from.from.clone();
    }
    let answers_nothing = keys.is_empty();

    let mut of_months = select.as_ref().clone();
    let keys = summing
        .keys
        .into_iter()
        .map(|(key, _)| SelectItem::UnnamedExpr(key));
    let sums = summing.sums.into_iter().enumerate();
    let sums = sums.map(|(place, expr)| SelectItem::ExprWithAlias {
        expr,
        alias: Ident::new(sum_name(place)),
    });
    of_months.projection = keys.chain(sums).collect();
    of_months.having = None;
    let of_months = Query {
        body: Box::new(SetExpr::Select(Box::new(of_months))),
        ..everything.clone()
    };
    let mut together = Query {
        body: Box::new(SetExpr::Select(Box::new(together))),
        order_by: order,
        limit_clause: query.limit_clause.clone(),
        ..everything
    };
    Some(Piece {
        name: name.to_owned(),
        of_months: with_ctes(&of_months, before),
        together: printed(&mut together),
        after: BTreeSet::new(),
        answers_nothing,
    })
}

/// The answers of all months.
fn everything() -> Option<Query> {
    let parsed = statements(&format!("SELECT * FROM {MONTHS}")).ok()?;
    match <[Statement; 1]>::try_from(parsed) {
        Ok([Statement::Query(query)]) => Some(*query),
        _ => None,
    }
}

/// A SELECT that lists rows of the months.
fn listed(query: &Query, before: &[Cte]) -> Option<Piece> {
    let mut of_months = query.clone();
    let mut together = query.clone();
    let limits_rows = matches!(
        &query.limit_clause,
        Some(LimitClause::LimitOffset { limit: Some(_), offset: None, limit_by }) if limit_by.is_empty()
    );
    // The first rows of all months are among the first of each.
    if !limits_rows {
        of_months.order_by = None;
        of_months.limit_clause = None;
    }
    together.body = everything()?.body;
    if let Some(order) = together.order_by.as_mut() {
        let OrderByKind::Expressions(columns) = &mut order.kind else {
            return None;
        };
        for column in columns {
            if !matches!(column.expr, Expr::Identifier(_)) {
                let (_, name) = column_of(&column.expr)?;
                if gives_another(&query.body, name, &column.expr) {
                    return None;
                }
                column.expr = Expr::Identifier(Ident::new(name));
            }
        }
    }
    Some(Piece {
        name: ANSWER.to_owned(),
        of_months: with_ctes(&of_months, before),
        together: printed(&mut together),
        after: BTreeSet::new(),
        answers_nothing: false,
    })
}

/// Whether a SELECT gives something else on under a column's name.
fn gives_another(body: &SetExpr, name: &str, column: &Expr) -> bool {
    let SetExpr::Select(select) = body else {
        return true;
    };
    let mut items = select.projection.iter();
    items.any(|item| output(item) == Some(name) && expression(item) != Some(column))
}

/// Takes the sums out of expressions, and puts the sums of them in their place.
struct Summing<'a> {
    from: &'a From,
    /// Each with its name in the answers of the months.
    keys: Vec<(Expr, String)>,
    /// As the months are asked for them.
    sums: Vec<Expr>,
    /// Names of results, where an expression may use them.
    results: BTreeSet<String>,
    failed: bool,
}

impl Changes for Summing<'_> {
    fn expression(&mut self, expr: &mut Expr) {
        if let Some((_, name)) = self.keys.iter().find(|(key, _)| key == expr) {
            *expr = Expr::Identifier(Ident::new(name));
            return;
        }
        match expr {
            Expr::Function(function) => {
                let name = function.name.to_string().to_uppercase();
                if SUMS.contains(&name.as_str()) && function.over.is_none() {
                    match self.sum(&name, function) {
                        Some(sum) => *expr = sum,
                        None => self.failed = true,
                    }
                }
            }
            Expr::Identifier(name) => {
                let name = &name.value;
                let is_known = self.keys.iter().any(|(_, known)| known == name)
                    || self.results.contains(name)
                    || (0..self.sums.len()).any(|place| sum_name(place) == *name);
                self.failed |= !is_known;
            }
            Expr::CompoundIdentifier(_) => self.failed = true,
            _ => {}
        }
    }
}

impl Summing<'_> {
    /// The sum over the months of a sum, which is asked of each.
    fn sum(&mut self, name: &str, function: &Function) -> Option<Expr> {
        let FunctionArguments::List(list) = &function.args else {
            return None;
        };
        if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) {
            // A case lies in one month: no other month counts it again.
            let [FunctionArg::Unnamed(FunctionArgExpr::Expr(column))] = list.args.as_slice() else {
                return None;
            };
            if name != "COUNT" || !self.from.is_case(column) {
                return None;
            }
        }
        let mut text = Expr::Function(function.clone());
        let text = printed(&mut text);
        let asked = parsed(&match name {
            "COUNT" => format!("CAST({text} AS BIGINT)"),
            _ => text,
        })?;
        let known = self.sums.iter().position(|sum| *sum == asked);
        let place = known.unwrap_or_else(|| {
            self.sums.push(asked);
            self.sums.len() - 1
        });
        let over = match name {
            "COUNT" => "SUM",
            other => other,
        };
        parsed(&format!("{over}({})", sum_name(place)))
    }
}

fn sum_name(place: usize) -> String {
    format!("{SUM}{place}")
}

fn parsed(expression: &str) -> Option<Expr> {
    let mut parser = Parser::new(&GenericDialect {})
        .try_with_sql(expression)
        .ok()?;
    parser.parse_expr().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query_file::shipped_metrics;

    const COUNTED: &str = "WITH days AS (SELECT c.day, c.month FROM calendar AS c), \
        received AS (SELECT k.case_key AS received_key, d.month, k.site, k.cost_minor FROM cases AS k \
        JOIN days AS d ON d.day = k.received_on), \
        counted AS (SELECT s.case_key, r.month, r.site, r.cost_minor FROM stages AS s \
        JOIN received AS r ON r.received_key = s.case_key) ";

    fn planned(rest: &str) -> Option<Plan> {
        plan(&format!("{COUNTED}{rest}"), &parted())
    }

    /// The two steps of the last piece.
    fn steps(rest: &str) -> (String, String) {
        let mut plan = planned(rest).unwrap_or_else(|| panic!("no plan for {rest}"));
        let last = plan.pieces.pop().expect("a piece");
        let of_months = last.of_months.split_once(") SELECT ").expect("CTEs").1;
        // The last of the CTEs ends with a bracket too.
        let own = of_months.rsplit(") SELECT ").next().unwrap_or(of_months);
        (format!("SELECT {own}"), last.together)
    }

    #[test]
    fn sums_are_summed_up() {
        let (of_months, together) = steps(
            "SELECT k.site, CAST(COUNT(*) AS BIGINT) AS n, SUM(k.cost_minor) AS cost, MAX(k.cost_minor) - MIN(k.cost_minor) AS span, \
             COUNT(DISTINCT k.case_key) AS cases FROM counted AS k WHERE k.month <> '2026-07' GROUP BY k.site \
             HAVING COUNT(*) > 1 ORDER BY n DESC, k.site LIMIT 3",
        );
        assert_eq!(
            of_months,
            "SELECT k.site, CAST(COUNT(*) AS BIGINT) AS sum_0, SUM(k.cost_minor) AS sum_1, MAX(k.cost_minor) AS sum_2, \
             MIN(k.cost_minor) AS sum_3, CAST(COUNT(DISTINCT k.case_key) AS BIGINT) AS sum_4 FROM counted AS k \
             WHERE k.month <> '2026-07' GROUP BY k.site"
        );
        assert_eq!(
            together,
            "SELECT site AS site, CAST(SUM(sum_0) AS BIGINT) AS n, SUM(sum_1) AS cost, MAX(sum_2) - MIN(sum_3) AS span, \
             SUM(sum_4) AS cases FROM of_months GROUP BY site HAVING SUM(sum_0) > 1 ORDER BY n DESC, site LIMIT 3"
        );
    }

    #[test]
    fn a_list_is_put_together_and_in_order() {
        let (of_months, together) = steps(
            "SELECT c.case_id, k.* FROM counted AS k JOIN cases AS c ON c.case_key = k.case_key ORDER BY k.case_key, site",
        );
        assert!(
            of_months.ends_with("ON c.case_key = k.case_key"),
            "{of_months}"
        );
        assert_eq!(together, "SELECT * FROM of_months ORDER BY case_key, site");
        let (of_months, together) =
            steps("SELECT k.site FROM counted AS k ORDER BY k.site LIMIT 3");
        assert!(
            of_months.ends_with("ORDER BY k.site LIMIT 3"),
            "{of_months}"
        );
        assert_eq!(together, "SELECT * FROM of_months ORDER BY site LIMIT 3");
    }

    #[test]
    fn sums_that_a_query_goes_on_with_are_a_piece() {
        let sql = COUNTED.trim_end().to_owned()
            + ", sizes AS (SELECT month, COUNT(*) AS n FROM counted GROUP BY month), \
             large AS (SELECT s.month AS large_month FROM sizes AS s WHERE s.n > 2) \
             SELECT k.site, COUNT(*) AS n FROM counted AS k JOIN large AS l ON l.large_month = k.month GROUP BY k.site";
        let plan = plan_of(&sql);
        let names: Vec<&str> = plan
            .pieces
            .iter()
            .map(|piece| piece.name.as_str())
            .collect();
        assert_eq!(names, ["sizes", ANSWER]);
        assert_eq!(plan.pieces[1].after, BTreeSet::from(["sizes".to_owned()]));
        assert!(
            !plan.pieces[1].of_months.contains("sizes AS ("),
            "{}",
            plan.pieces[1].of_months
        );
        assert_eq!(plan.rest, None);
        let sql = COUNTED.trim_end().to_owned()
            + ", sizes AS (SELECT month, COUNT(*) AS n FROM counted GROUP BY month), \
             work AS (SELECT d.month AS work_month, COUNT(*) AS days FROM days AS d GROUP BY d.month) \
             SELECT s.month, s.n, w.days FROM sizes AS s JOIN work AS w ON w.work_month = s.month";
        let plan = plan_of(&sql);
        assert_eq!(plan.pieces.len(), 1);
        let rest = plan.rest.expect("what is asked of the sums");
        assert!(rest.starts_with("WITH days AS ("), "{rest}");
        assert!(!rest.contains("cases"), "{rest}");
    }

    fn plan_of(sql: &str) -> Plan {
        plan(sql, &parted()).unwrap_or_else(|| panic!("no plan for {sql}"))
    }

    #[test]
    fn a_sum_over_nothing_is_one_row() {
        let plan = planned("SELECT COUNT(*) AS n FROM counted").expect("a plan");
        assert!(plan.pieces[0].answers_nothing);
        let plan =
            planned("SELECT site, COUNT(*) AS n FROM counted GROUP BY site").expect("a plan");
        assert!(!plan.pieces[0].answers_nothing);
    }

    #[test]
    fn what_months_alone_cannot_answer_is_asked_of_all() {
        for rest in [
            // Rows of other months are looked at.
            "SELECT site, AVG(cost_minor) AS mean FROM counted GROUP BY site",
            "SELECT site, COUNT(DISTINCT month) AS months FROM counted GROUP BY site",
            "SELECT site, SUM(DISTINCT cost_minor) AS costs FROM counted GROUP BY site",
            "SELECT DISTINCT site FROM counted",
            "SELECT site, ROW_NUMBER() OVER (ORDER BY case_key) AS place FROM counted",
            "SELECT site, COUNT(*) FILTER (WHERE month = '2026-07') AS n FROM counted GROUP BY site",
            "SELECT a.site FROM counted AS a JOIN counted AS b ON b.site = a.site",
            "SELECT a.site FROM counted AS a JOIN cases AS b ON b.received_on = a.case_key",
            "SELECT a.site FROM counted AS a CROSS JOIN cases AS b",
            "SELECT d.month, k.site FROM days AS d LEFT JOIN counted AS k ON k.month = d.month",
            "SELECT a.site FROM counted AS a WHERE a.case_key IN (SELECT b.case_key FROM cases AS b)",
            "SELECT a.site FROM counted AS a WHERE a.month IN (SELECT d.month FROM days AS d)",
            "SELECT a.site, AVG(a.cost_minor) AS mean FROM counted AS a GROUP BY a.case_key, a.site",
            "SELECT a.site FROM counted AS a FULL JOIN cases AS b ON b.case_key = a.case_key",
            "SELECT site FROM counted UNION SELECT site FROM cases",
            "SELECT site FROM counted UNION ALL SELECT month FROM days",
            "SELECT site FROM counted EXCEPT SELECT site FROM cases",
            "SELECT site, STRANGE(cost_minor) AS s FROM counted",
            "SELECT site, month, COUNT(*) AS n FROM counted GROUP BY site",
            "SELECT site, COUNT(*) AS n FROM counted GROUP BY ALL",
            "SELECT site FROM counted ORDER BY cost_minor + 1",
            // A name that could mean two things.
            "SELECT k.site AS place, COUNT(*) AS site FROM counted AS k GROUP BY k.site ORDER BY k.site",
            "SELECT k.sum_0, COUNT(*) AS n FROM counted AS k GROUP BY k.sum_0",
            "SELECT k.month AS site, k.site AS month FROM counted AS k ORDER BY k.site",
            "SELECT r.site, k.case_key FROM counted AS k JOIN received AS r ON r.received_key = k.case_key ORDER BY k.site",
            // Nothing of it has months.
            "SELECT month FROM days",
            "SELECT month FROM no_such_table",
        ] {
            assert_eq!(planned(rest), None, "{rest}");
        }
        for sql in [
            "WITH RECURSIVE a AS (SELECT k.site FROM cases AS k) SELECT site FROM a",
            "WITH a (s) AS (SELECT k.site FROM cases AS k) SELECT s FROM a",
            "WITH cases AS (SELECT s.case_key FROM stages AS s) SELECT case_key FROM cases",
            "WITH a AS (SELECT k.site FROM cases AS k ORDER BY k.site LIMIT 3) SELECT site FROM a",
            "WITH answer AS (SELECT k.site, COUNT(*) AS n FROM cases AS k GROUP BY k.site) \
             SELECT a.n, s.stage FROM stages AS s JOIN answer AS a ON a.site = s.site",
            "SELECT 1 AS one",
            "no SQL",
        ] {
            assert_eq!(plan(sql, &parted()), None, "{sql}");
        }
    }

    #[test]
    fn rows_of_a_case_stay_together() {
        for rest in [
            "SELECT k.case_key, ROW_NUMBER() OVER (PARTITION BY k.case_key ORDER BY k.month) AS place FROM counted AS k",
            "SELECT k.case_key, SUM(k.cost_minor) AS cost FROM counted AS k GROUP BY k.case_key",
            "SELECT DISTINCT k.case_key, k.site FROM counted AS k",
            "SELECT k.site, r.month FROM counted AS k LEFT JOIN received AS r ON k.case_key = r.received_key",
            "SELECT site FROM counted UNION ALL SELECT site FROM cases",
            "SELECT COALESCE(site, 'none') AS site FROM counted",
        ] {
            let plan = planned(rest).unwrap_or_else(|| panic!("no plan for {rest}"));
            assert!(
                plan.pieces[0].together.starts_with("SELECT * FROM"),
                "{rest}"
            );
        }
    }

    #[test]
    fn the_shipped_metrics_are_taken_apart() {
        let mut whole = Vec::new();
        for metric in shipped_metrics().expect("the shipped metrics") {
            let reads_months = parted()
                .iter()
                .any(|t| metric.sql.contains(&format!("FROM {t} ")));
            if reads_months && plan(&metric.sql, &parted()).is_none() {
                whole.push(metric.id.clone());
            }
            if metric.opens_to_cases() && !whole.contains(&metric.id) {
                let listed = plan(&metric.counted_sql(), &parted());
                assert!(listed.is_some(), "the list of {}", metric.id);
            }
        }
        // It joins a case with the one that repeats it, which may be of another month.
        assert_eq!(whole, ["repeats"]);
    }
}
