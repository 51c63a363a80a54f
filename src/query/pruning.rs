//! Which files of a table a query can need: those in which a day that it asks for lies.
//!
//! A metric joins a table with the days of its period (`JOIN period_days AS d ON d.day = s.due_on_net`). Months in which
//! no row has such a day cannot add to it; and a table joined to those rows by the case is needed in their months alone,
//! since all rows of a case lie in the month in which it was received. What is proven here from the SQL alone holds for
//! every query, also an analyst's; what is not proven reads the whole table.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Months, NaiveDate};
use sqlparser::ast::{
    BinaryOperator, Expr, Query, Select, SelectItem, SetExpr, Statement, TableFactor,
};

use super::params::Params;
use super::printed::printed;
use super::relations::{
    Place, Relations, column_of, equal_columns, output, rename, sides, text_of,
};
use super::statements::statements;

/// Days between which a column must lie for a row to count; both ends included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound {
    pub column: String,
    pub first: Option<NaiveDate>,
    pub last: Option<NaiveDate>,
}

/// A table as one place of the query needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its name in the rewritten SQL.
    pub name: String,
    pub table: String,
    /// All of them must hold.
    pub bounds: Vec<Bound>,
    /// Earlier references: only the months in which one of them needs a file can hold a row that counts.
    pub within: Option<BTreeSet<String>>,
}

/// A query whose bounded tables have names of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    pub sql: String,
    pub references: Vec<Reference>,
}

/// Finds the bounds of the named tables in a query; `None` when nothing is bounded.
pub fn prune(sql: &str, params: &Params, tables: &BTreeSet<&str>) -> Option<Pruned> {
    let mut parsed = statements(sql).ok()?;
    let [Statement::Query(query)] = parsed.as_mut_slice() else {
        return None;
    };
    let mut pruning = Pruning {
        params,
        tables,
        days: BTreeMap::new(),
        origins: BTreeMap::new(),
        references: Vec::new(),
    };
    pruning.query(query);
    let references = pruning.references;
    (!references.is_empty()).then(|| Pruned {
        sql: printed(&mut parsed[0]),
        references,
    })
}

/// First and last day of the rows of a CTE of days, by output column.
type Days = BTreeMap<String, (Option<NaiveDate>, Option<NaiveDate>)>;

struct Pruning<'a> {
    params: &'a Params,
    tables: &'a BTreeSet<&'a str>,
    days: BTreeMap<String, Days>,
    /// The references from which the cases of a CTE come, where all do.
    origins: BTreeMap<String, BTreeSet<String>>,
    references: Vec<Reference>,
}

/// The key by which the rows of a case are joined.
const CASE: &str = "case_key";

impl Pruning<'_> {
    fn query(&mut self, query: &mut Query) {
        let ctes = query.with.as_mut().map(|with| &mut with.cte_tables);
        for cte in ctes.into_iter().flatten() {
            self.query(&mut cte.query);
            let name = cte.alias.name.value.clone();
            // A name that hides a table or another CTE says nothing any more.
            if self.tables.contains(name.as_str()) || self.days.contains_key(&name) {
                self.days.insert(name, Days::new());
                continue;
            }
            let days = match cte.query.body.as_ref() {
                SetExpr::Select(select) if cte.query.with.is_none() => self.days_of(select),
                _ => Days::new(),
            };
            if let Some(origins) = self.origins_of(&cte.query.body) {
                self.origins.insert(name.clone(), origins);
            }
            self.days.insert(name, days);
        }
        self.body(&mut query.body);
    }

    fn body(&mut self, body: &mut SetExpr) {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left);
                self.body(right);
            }
            SetExpr::Values(_)
            | SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => {}
        }
    }

    /// The days that a SELECT over the calendar gives.
    fn days_of(&self, select: &Select) -> Days {
        let mut days = Days::new();
        let Some(from) = Relations::of(select) else {
            return days;
        };
        let Some(calendar) = from.alias_of("calendar") else {
            return days;
        };
        let (mut first, mut last) = (None, None);
        for condition in &from.conditions {
            if let Some((month_first, month_last)) = month_of(condition, calendar) {
                first = first.max(Some(month_first));
                last = least(last, month_last);
                continue;
            }
            let Some((column, operator, day)) = self.against_params(condition, calendar, &from)
            else {
                continue;
            };
            if column != "day" {
                continue;
            }
            match operator {
                BinaryOperator::GtEq | BinaryOperator::Gt => first = first.max(Some(day)),
                BinaryOperator::LtEq | BinaryOperator::Lt => last = least(last, day),
                BinaryOperator::Eq => {
                    first = first.max(Some(day));
                    last = least(last, day);
                }
                _ => {}
            }
        }
        for item in &select.projection {
            let (expression, name) = match item {
                SelectItem::UnnamedExpr(expression) => (expression, None),
                SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value.clone())),
                _ => continue,
            };
            if let Some((table, column)) = column_of(expression)
                && table == calendar
                && column == "day"
            {
                days.insert(name.unwrap_or_else(|| column.to_owned()), (first, last));
            }
        }
        days
    }

    /// A condition `table.column OP params.day`, either way round, with the day that it names.
    fn against_params<'e>(
        &self,
        condition: &'e Expr,
        table: &str,
        from: &Relations<'_>,
    ) -> Option<(&'e str, BinaryOperator, NaiveDate)> {
        let Expr::BinaryOp { left, op, right } = condition else {
            return None;
        };
        let params = from.alias_of("params")?;
        let (left, right) = (column_of(left)?, column_of(right)?);
        if left.0 == table && right.0 == params {
            Some((left.1, op.clone(), self.day(right.1)?))
        } else if right.0 == table && left.0 == params {
            Some((right.1, turned(op)?, self.day(left.1)?))
        } else {
            None
        }
    }

    fn day(&self, name: &str) -> Option<NaiveDate> {
        let params = self.params;
        Some(match name {
            "as_of_on" => params.as_of_on,
            "over_on" => params.over_on,
            "stock_on" => params.stock_on(),
            "period_first" => params.period.first,
            "period_last" => params.period.last,
            "previous_first" => params.previous.first,
            "previous_last" => params.previous.last,
            _ => return None,
        })
    }

    fn select(&mut self, select: &mut Select) {
        for from in &mut select.from {
            for factor in std::iter::once(&mut from.relation)
                .chain(from.joins.iter_mut().map(|join| &mut join.relation))
            {
                if let TableFactor::Derived { subquery, .. } = factor {
                    self.query(subquery);
                }
            }
        }
        let Some(from) = Relations::of(select) else {
            return;
        };
        let mut names: Vec<(String, String)> = Vec::new();
        for (alias, table) in &from.inner {
            let is_bounded = self.tables.contains(table) && !self.days.contains_key(*table);
            if !is_bounded {
                continue;
            }
            let bounds = self.bounds(alias, &from);
            let within = self.within(alias, &from);
            if !bounds.is_empty() || within.is_some() {
                names.push(((*alias).to_owned(), self.name(table, bounds, within)));
            }
        }
        if let [from] = select.from.as_mut_slice() {
            rename(from, &names);
        }
    }

    /// What the inner joins and the WHERE say of a table's columns.
    fn bounds(&self, alias: &str, from: &Relations<'_>) -> Vec<Bound> {
        let mut bounds = Vec::new();
        for condition in &from.conditions {
            if let Some((column, operator, day)) = self.against_params(condition, alias, from) {
                let (first, last) = match operator {
                    BinaryOperator::GtEq | BinaryOperator::Gt => (Some(day), None),
                    BinaryOperator::LtEq | BinaryOperator::Lt => (None, Some(day)),
                    BinaryOperator::Eq => (Some(day), Some(day)),
                    _ => continue,
                };
                bounds.push(Bound {
                    column: column.to_owned(),
                    first,
                    last,
                });
                continue;
            }
            let Some((own, other)) = joined(condition, alias) else {
                continue;
            };
            let of_other = from.inner.iter().find(|(known, _)| *known == other.0);
            let days = of_other.and_then(|(_, cte)| self.days.get(*cte));
            if let Some((first, last)) = days.and_then(|days| days.get(other.1))
                && (first.is_some() || last.is_some())
            {
                bounds.push(Bound {
                    column: own.1.to_owned(),
                    first: *first,
                    last: *last,
                });
            }
        }
        bounds.sort();
        bounds.dedup();
        bounds
    }

    /// The references from which a CTE takes the cases of all its rows, as far as they are bounded.
    fn origins_of(&self, body: &SetExpr) -> Option<BTreeSet<String>> {
        match body {
            SetExpr::Select(select) => {
                let from = Relations::of(select)?;
                let item = select
                    .projection
                    .iter()
                    .find(|item| output(item) == Some(CASE))?;
                let (SelectItem::UnnamedExpr(key) | SelectItem::ExprWithAlias { expr: key, .. }) =
                    item
                else {
                    return None;
                };
                let (alias, column) = column_of(key)?;
                let (_, table) = from.inner.iter().find(|(known, _)| *known == alias)?;
                if column != CASE {
                    return None;
                }
                if self.references.iter().any(|r| r.name == *table) {
                    return Some(BTreeSet::from([(*table).to_owned()]));
                }
                self.origins.get(*table).cloned()
            }
            SetExpr::SetOperation { left, right, .. } => {
                let mut both = self.origins_of(left)?;
                both.extend(self.origins_of(right)?);
                Some(both)
            }
            _ => None,
        }
    }

    /// Where the cases of a table lie that is joined by the case to a bounded CTE.
    fn within(&self, alias: &str, from: &Relations<'_>) -> Option<BTreeSet<String>> {
        from.conditions.iter().find_map(|condition| {
            let ((_, own), (other, key)) = joined(condition, alias)?;
            if own != CASE || key != CASE {
                return None;
            }
            let (_, cte) = from.inner.iter().find(|(known, _)| *known == other)?;
            self.origins.get(*cte).cloned()
        })
    }

    /// The name of a table with these bounds; equal ones share it.
    fn name(
        &mut self,
        table: &str,
        bounds: Vec<Bound>,
        within: Option<BTreeSet<String>>,
    ) -> String {
        let known = self
            .references
            .iter()
            .find(|r| r.table == table && r.bounds == bounds && r.within == within);
        if let Some(known) = known {
            return known.name.clone();
        }
        let name = format!("{table}__{}", self.references.len());
        self.references.push(Reference {
            name: name.clone(),
            table: table.to_owned(),
            bounds,
            within,
        });
        name
    }
}

/// The two sides of `table.column = other.column`, that of the alias first.
fn joined<'e>(condition: &'e Expr, alias: &str) -> Option<(Place<'e>, Place<'e>)> {
    let (left, right) = equal_columns(condition)?;
    match (left.0 == alias, right.0 == alias) {
        (true, false) => Some((left, right)),
        (false, true) => Some((right, left)),
        // A column of the same table says nothing of another.
        _ => None,
    }
}

fn least(known: Option<NaiveDate>, day: NaiveDate) -> Option<NaiveDate> {
    Some(known.map_or(day, |known| known.min(day)))
}

/// First and last day of the month that a condition `calendar.month = '2026-07'` names.
fn month_of(condition: &Expr, calendar: &str) -> Option<(NaiveDate, NaiveDate)> {
    let (left, right) = sides(condition)?;
    if column_of(left)? != (calendar, "month") {
        return None;
    }
    let first: NaiveDate = format!("{}-01", text_of(right)?).parse().ok()?;
    let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
    Some((first, last))
}

fn turned(operator: &BinaryOperator) -> Option<BinaryOperator> {
    Some(match operator {
        BinaryOperator::GtEq => BinaryOperator::LtEq,
        BinaryOperator::LtEq => BinaryOperator::GtEq,
        BinaryOperator::Gt => BinaryOperator::Lt,
        BinaryOperator::Lt => BinaryOperator::Gt,
        BinaryOperator::Eq => BinaryOperator::Eq,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params() -> Params {
        Params {
            as_of_at: "2026-10-10T09:00:00Z".parse().expect("an instant"),
            as_of_on: "2026-10-10".parse().expect("a day"),
            over_on: "2026-10-09".parse().expect("a day"),
            calendar_id: "default".to_owned(),
            period: "2026-Q3".parse().expect("a period"),
            previous: "2026-Q2".parse().expect("a period"),
        }
    }

    const DAYS: &str = "WITH period_days AS (SELECT c.day, c.month FROM calendar AS c JOIN params AS p \
        ON c.calendar_id = p.calendar_id WHERE c.day >= p.period_first AND c.day <= p.period_last), \
        past_days AS (SELECT c.day AS past_day FROM calendar AS c JOIN params AS p \
        ON c.calendar_id = p.calendar_id WHERE p.period_last >= c.day) ";

    fn found(rest: &str) -> Vec<String> {
        found_in(&format!("{DAYS}{rest}"))
    }

    fn found_in(sql: &str) -> Vec<String> {
        let tables = BTreeSet::from(["cases", "stages"]);
        let pruned = prune(sql, &params(), &tables);
        let show = |day: Option<NaiveDate>| day.map_or("..".to_owned(), |day| day.to_string());
        pruned
            .map(|pruned| pruned.references)
            .unwrap_or_default()
            .into_iter()
            .map(|r| {
                let bounds: Vec<String> = r
                    .bounds
                    .iter()
                    .map(|b| format!("{} {} {}", b.column, show(b.first), show(b.last)))
                    .collect();
                let within: Vec<String> = r.within.unwrap_or_default().into_iter().collect();
                let within = match within.as_slice() {
                    [] => String::new(),
                    names => format!(" within {}", names.join(" and ")),
                };
                format!("{}: {}{within}", r.name, bounds.join(", "))
            })
            .collect()
    }

    #[test]
    fn a_join_with_the_days_of_a_period_bounds_the_column() {
        assert_eq!(
            found("SELECT s.stage FROM stages AS s JOIN period_days AS d ON d.day = s.due_on_net"),
            ["stages__0: due_on_net 2026-07-01 2026-09-30"]
        );
        assert_eq!(
            found(
                "SELECT s.stage FROM stages AS s JOIN past_days AS d ON s.started_on = d.past_day WHERE s.pass = 1"
            ),
            ["stages__0: started_on .. 2026-09-30"]
        );
        assert_eq!(
            found(
                "SELECT k.pass FROM cases AS k CROSS JOIN params AS p WHERE k.received_on < p.period_first"
            ),
            ["cases__0: received_on .. 2026-07-01"]
        );
    }

    #[test]
    fn each_place_has_its_own_bounds_and_equal_ones_share_a_name() {
        assert_eq!(
            found(
                "SELECT s.stage FROM stages AS s JOIN period_days AS d ON d.day = s.due_on_net \
                 UNION ALL SELECT s.stage FROM stages AS s JOIN period_days AS d ON d.day = s.due_on_gross \
                 UNION ALL SELECT s.stage FROM stages AS s JOIN period_days AS x ON x.day = s.due_on_net"
            ),
            [
                "stages__0: due_on_net 2026-07-01 2026-09-30",
                "stages__1: due_on_gross 2026-07-01 2026-09-30"
            ]
        );
    }

    #[test]
    fn a_month_of_the_calendar_bounds_its_days() {
        let sql = "WITH days AS (SELECT c.day FROM calendar AS c WHERE c.month = '2026-02') \
                   SELECT s.stage FROM stages AS s JOIN days AS d ON d.day = s.due_on_net";
        assert_eq!(
            found_in(sql),
            ["stages__0: due_on_net 2026-02-01 2026-02-28"]
        );
    }

    #[test]
    fn a_table_joined_by_the_case_is_needed_in_the_months_of_its_partner() {
        let due = ", due AS (SELECT s.case_key, s.stage FROM stages AS s JOIN period_days AS d ON d.day = s.due_on_net \
                   UNION ALL SELECT s.case_key, s.stage FROM stages AS s JOIN period_days AS d ON d.day = s.ended_on) ";
        let bounded = [
            "stages__0: due_on_net 2026-07-01 2026-09-30",
            "stages__1: ended_on 2026-07-01 2026-09-30",
        ];
        let sql = |rest: &str| format!("{}{due}{rest}", DAYS.trim_end());
        let joined = sql("SELECT k.site FROM due AS j JOIN cases AS k ON k.case_key = j.case_key");
        assert_eq!(
            found_in(&joined),
            [
                bounded[0],
                bounded[1],
                "cases__2:  within stages__0 and stages__1"
            ]
        );
        for rest in [
            // By another column, on the optional side, or under an OR.
            "SELECT k.site FROM due AS j JOIN cases AS k ON k.stage = j.stage",
            "SELECT k.site FROM due AS j LEFT JOIN cases AS k ON k.case_key = j.case_key",
            "SELECT k.site FROM due AS j JOIN cases AS k ON k.case_key = j.case_key OR k.pass = 1",
        ] {
            assert_eq!(found_in(&sql(rest)), bounded, "{rest}");
        }
        // One branch that is not bounded lets every case through.
        let open = format!(
            "{}, due AS (SELECT s.case_key FROM stages AS s JOIN period_days AS d ON d.day = s.due_on_net \
             UNION ALL SELECT s.case_key FROM stages AS s) \
             SELECT k.site FROM due AS j JOIN cases AS k ON k.case_key = j.case_key",
            DAYS.trim_end()
        );
        assert_eq!(found_in(&open), [bounded[0]]);
    }

    #[test]
    fn what_is_not_proven_reads_everything() {
        for sql in [
            // The optional side of an outer join keeps its partner's rows.
            "SELECT 1 AS one FROM period_days AS d LEFT JOIN cases AS k ON k.received_on = d.day",
            "SELECT 1 AS one FROM cases AS k LEFT JOIN period_days AS d ON k.received_on = d.day",
            "SELECT 1 AS one FROM cases AS k RIGHT JOIN period_days AS d ON k.received_on = d.day",
            // Either of two.
            "SELECT 1 AS one FROM cases AS k CROSS JOIN params AS p WHERE k.received_on >= p.period_first OR k.pass = 1",
            // Another column of the days, and a key.
            "SELECT 1 AS one FROM cases AS k JOIN period_days AS d ON d.month = k.received_month",
            "SELECT 1 AS one FROM cases AS k JOIN stages AS s ON s.case_key = k.case_key",
            // Not the calendar's day as it is.
            "SELECT 1 AS one FROM cases AS k",
        ] {
            assert_eq!(found(sql), Vec::<String>::new(), "{sql}");
        }
    }

    #[test]
    fn a_table_read_twice_is_bounded_only_where_it_is() {
        let tables = BTreeSet::from(["cases"]);
        let sql = format!(
            "{DAYS}SELECT k.pass FROM cases AS k JOIN period_days AS d ON d.day = k.received_on \
             JOIN (SELECT cases.pass FROM cases) AS o ON o.pass = k.pass"
        );
        let pruned = prune(&sql, &params(), &tables).expect("a bound");
        assert!(pruned.sql.contains("cases__0 AS k"), "{}", pruned.sql);
        assert!(pruned.sql.contains("FROM cases)"), "{}", pruned.sql);
    }

    #[test]
    fn a_name_that_hides_a_table_is_no_table() {
        let tables = BTreeSet::from(["cases"]);
        let sql = "WITH cases AS (SELECT 1 AS pass) SELECT k.pass FROM cases AS k CROSS JOIN params AS p \
                   WHERE k.received_on >= p.period_first";
        assert_eq!(prune(sql, &params(), &tables), None);
    }
}
