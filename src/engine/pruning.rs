//! Which files of a table a query can need: those in which a day that it asks for lies.
//!
//! A metric joins a table with the days of its period (`JOIN period_days AS d ON d.day = s.due_on_net`). Months in which
//! no row has such a day cannot add to it. What is proven here from the SQL alone holds for every query, also an
//! analyst's; what is not proven reads the whole table.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart,
    Query, Select, SelectItem, SetExpr, Statement, TableAlias, TableFactor, TableWithJoins,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::params::Params;

/// Days between which a column must lie for a row to count; both ends included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bound {
    pub column: String,
    pub first: Option<NaiveDate>,
    pub last: Option<NaiveDate>,
}

/// A table as one place of the query needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// Its name in the rewritten SQL.
    pub name: String,
    pub table: String,
    /// All of them must hold.
    pub bounds: Vec<Bound>,
}

/// A query whose bounded tables have names of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pruned {
    pub sql: String,
    pub references: Vec<Reference>,
}

/// Finds the bounds of the named tables in a query; `None` when nothing is bounded.
pub(super) fn prune(sql: &str, params: &Params, tables: &BTreeSet<&str>) -> Option<Pruned> {
    let mut parsed = Parser::parse_sql(&GenericDialect {}, sql).ok()?;
    let [Statement::Query(query)] = parsed.as_mut_slice() else {
        return None;
    };
    let mut pruning = Pruning {
        params,
        tables,
        days: BTreeMap::new(),
        references: Vec::new(),
    };
    pruning.query(query);
    let references = pruning.references;
    (!references.is_empty()).then(|| Pruned {
        sql: parsed[0].to_string(),
        references,
    })
}

/// First and last day of the rows of a CTE of days, by output column.
type Days = BTreeMap<String, (Option<NaiveDate>, Option<NaiveDate>)>;

struct Pruning<'a> {
    params: &'a Params,
    tables: &'a BTreeSet<&'a str>,
    days: BTreeMap<String, Days>,
    references: Vec<Reference>,
}

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
            let bounds = if is_bounded {
                self.bounds(alias, &from)
            } else {
                Vec::new()
            };
            if !bounds.is_empty() {
                names.push(((*alias).to_owned(), self.name(table, bounds)));
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
            let Expr::BinaryOp {
                left,
                op: BinaryOperator::Eq,
                right,
            } = condition
            else {
                continue;
            };
            let (Some(left), Some(right)) = (column_of(left), column_of(right)) else {
                continue;
            };
            let (own, other) = if left.0 == alias {
                (left, right)
            } else if right.0 == alias {
                (right, left)
            } else {
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

    /// The name of a table with these bounds; equal ones share it.
    fn name(&mut self, table: &str, bounds: Vec<Bound>) -> String {
        let known = self
            .references
            .iter()
            .find(|r| r.table == table && r.bounds == bounds);
        if let Some(known) = known {
            return known.name.clone();
        }
        let name = format!("{table}__{}", self.references.len());
        self.references.push(Reference {
            name: name.clone(),
            table: table.to_owned(),
            bounds,
        });
        name
    }
}

fn least(known: Option<NaiveDate>, day: NaiveDate) -> Option<NaiveDate> {
    Some(known.map_or(day, |known| known.min(day)))
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

/// `table.column` as its two names.
fn column_of(expression: &Expr) -> Option<(&str, &str)> {
    match expression {
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [table, column] => Some((table.value.as_str(), column.value.as_str())),
            _ => None,
        },
        _ => None,
    }
}

/// The tables of a SELECT whose rows must meet all conditions: none of them is the optional side of an outer join.
struct Relations<'a> {
    /// Alias and name.
    inner: Vec<(&'a str, &'a str)>,
    /// The parts of the ONs of inner joins and of the WHERE, all of which must hold.
    conditions: Vec<&'a Expr>,
}

impl<'a> Relations<'a> {
    /// `None` where the FROM has a form that is not looked into.
    fn of(select: &'a Select) -> Option<Self> {
        let [from] = select.from.as_slice() else {
            return None;
        };
        let mut relations = Relations {
            inner: Vec::new(),
            conditions: Vec::new(),
        };
        relations.inner.extend(named(&from.relation));
        for Join {
            relation,
            join_operator,
            ..
        } in &from.joins
        {
            match join_operator {
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::CrossJoin(constraint) => {
                    relations.inner.extend(named(relation));
                    match constraint {
                        JoinConstraint::On(condition) => {
                            parts(condition, &mut relations.conditions);
                        }
                        JoinConstraint::None => {}
                        JoinConstraint::Using(_) | JoinConstraint::Natural => return None,
                    }
                }
                JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => {}
                _ => return None,
            }
        }
        if let Some(condition) = &select.selection {
            parts(condition, &mut relations.conditions);
        }
        let mut aliases: Vec<&str> = relations.inner.iter().map(|(alias, _)| *alias).collect();
        aliases.sort_unstable();
        let all = aliases.len();
        aliases.dedup();
        (aliases.len() == all).then_some(relations)
    }

    fn alias_of(&self, table: &str) -> Option<&'a str> {
        let mut found = self.inner.iter().filter(|(_, name)| *name == table);
        match (found.next(), found.next()) {
            (Some((alias, _)), None) => Some(alias),
            _ => None,
        }
    }
}

/// Alias and name of a plain table.
fn named(factor: &TableFactor) -> Option<(&str, &str)> {
    match factor {
        TableFactor::Table { name, alias, .. } => match name.0.as_slice() {
            [ObjectNamePart::Identifier(ident)] => {
                let name = ident.value.as_str();
                Some((alias.as_ref().map_or(name, |a| a.name.value.as_str()), name))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The parts of a condition that are joined by AND.
fn parts<'a>(condition: &'a Expr, out: &mut Vec<&'a Expr>) {
    match condition {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => {
            parts(left, out);
            parts(right, out);
        }
        Expr::Nested(inner) => parts(inner, out),
        other => out.push(other),
    }
}

/// Gives the tables of these aliases other names; the aliases stay.
fn rename(from: &mut TableWithJoins, names: &[(String, String)]) {
    let factors = std::iter::once(&mut from.relation)
        .chain(from.joins.iter_mut().map(|join| &mut join.relation));
    for factor in factors {
        let Some(alias) = named(factor).map(|(alias, _)| alias.to_owned()) else {
            continue;
        };
        let Some((_, new)) = names.iter().find(|(known, _)| *known == alias) else {
            continue;
        };
        if let TableFactor::Table {
            name, alias: own, ..
        } = factor
        {
            *name = ObjectName(vec![ObjectNamePart::Identifier(Ident::new(new.clone()))]);
            if own.is_none() {
                *own = Some(TableAlias {
                    explicit: true,
                    name: Ident::new(alias),
                    columns: Vec::new(),
                    at: None,
                });
            }
        }
    }
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
        let tables = BTreeSet::from(["cases", "stages"]);
        let pruned = prune(&format!("{DAYS}{rest}"), &params(), &tables);
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
                format!("{}: {}", r.name, bounds.join(", "))
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
