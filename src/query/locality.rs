//! Which relations of a query can be read month by month.
//!
//! All rows of a case lie in the month in which it was received. A SELECT that joins such tables by the case alone, and
//! looks at each row or each case for itself, gives the same rows whether it reads all months at once or one after
//! another. What is not proven so here is read whole.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sqlparser::ast::{
    Distinct, Expr, Function, FunctionArguments, GroupByExpr, Join, JoinConstraint, JoinOperator,
    Query, Select, SetExpr, SetOperator, SetQuantifier, TableFactor, WindowType,
};

use redress_lake::tables::{DERIVED, TABLES};

use super::relations::{column_of, equal_columns, expression, output, parts};
use super::walk;

/// The key by which the rows of a case are joined.
const CASE: &str = "case_key";
/// Functions of one row.
const OF_A_ROW: [&str; 6] = ["COALESCE", "NULLIF", "ABS", "LOWER", "UPPER", "LENGTH"];
/// Functions of a group whose sums of the months can be summed up.
pub(super) const SUMS: [&str; 4] = ["COUNT", "SUM", "MIN", "MAX"];

/// What the rows of a relation are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spread {
    /// Of tables that are not parted by month: the same whatever months are read.
    Whole,
    /// Of the months: those of all months are those of each, one below the other. Its columns, in their order.
    Months(Vec<Column>),
    /// Sums over rows of the months.
    Sums,
}

/// A column of a relation, and whether it holds the case on each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    name: String,
    is_case: bool,
}

/// The relations that a query can name: the lake's tables, and the CTEs before it.
pub(super) struct Known<'a> {
    /// Tables that are parted by month.
    parted: &'a BTreeSet<&'a str>,
    ctes: BTreeMap<String, Spread>,
}

impl<'a> Known<'a> {
    pub(super) fn new(parted: &'a BTreeSet<&'a str>) -> Self {
        Known {
            parted,
            ctes: BTreeMap::new(),
        }
    }

    /// Adds a CTE; `None` when its name is taken.
    pub(super) fn add(&mut self, name: &str, spread: Spread) -> Option<()> {
        let is_new = self.of(name).is_none();
        is_new.then(|| self.ctes.insert(name.to_owned(), spread))?;
        Some(())
    }

    fn of(&self, name: &str) -> Option<Spread> {
        if let Some(spread) = self.ctes.get(name) {
            return Some(spread.clone());
        }
        if name == "params" {
            return Some(Spread::Whole);
        }
        let table = TABLES.iter().chain(DERIVED).find(|t| t.name == name)?;
        if !self.parted.contains(name) {
            return Some(Spread::Whole);
        }
        let columns = table.columns.iter().map(|column| Column {
            name: column.name.to_owned(),
            is_case: column.name == CASE,
        });
        Some(Spread::Months(columns.collect()))
    }

    /// How a CTE's rows are spread; `None` when that is not known.
    pub(super) fn spread(&self, query: &Query) -> Option<Spread> {
        if query.with.is_some() {
            return None;
        }
        let spread = self.body(&query.body)?;
        let ordered =
            query.order_by.is_some() || query.limit_clause.is_some() || query.fetch.is_some();
        (spread == Spread::Whole || !ordered && query.pipe_operators.is_empty()).then_some(spread)
    }

    fn body(&self, body: &SetExpr) -> Option<Spread> {
        match body {
            SetExpr::Select(select) => match self.rows(select)? {
                Rows::Whole => Some(Spread::Whole),
                Rows::Sums(_) => Some(Spread::Sums),
                Rows::Months(from) => Some(Spread::Months(from.columns(select)?)),
            },
            SetExpr::SetOperation {
                op,
                set_quantifier,
                left,
                right,
            } => match (self.body(left)?, self.body(right)?) {
                (Spread::Whole, Spread::Whole) => Some(Spread::Whole),
                (Spread::Months(left), Spread::Months(right))
                    if *op == SetOperator::Union
                        && *set_quantifier == SetQuantifier::All
                        && left.len() == right.len() =>
                {
                    let both = left.into_iter().zip(right).map(|(left, right)| Column {
                        is_case: left.is_case && right.is_case,
                        ..left
                    });
                    Some(Spread::Months(both.collect()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// As [`Known::spread`] for the last SELECT of a query, whose columns nobody names.
    pub(super) fn last(&self, body: &SetExpr) -> Option<Spread> {
        match body {
            SetExpr::Select(select) => Some(match self.rows(select)? {
                Rows::Whole => Spread::Whole,
                Rows::Sums(_) => Spread::Sums,
                Rows::Months(_) => Spread::Months(Vec::new()),
            }),
            _ => self.body(body),
        }
    }

    /// The rows of a SELECT; `None` when it is not known whether they are those of its months.
    pub(super) fn rows(&self, select: &Select) -> Option<Rows> {
        let from = self.from(select)?;
        let (mut named, mut of_months) = (0, 0);
        let read = walk::relations(select, |name| {
            named += 1;
            match self.of(&name.to_string()) {
                Some(Spread::Whole) => {}
                Some(Spread::Months(_)) => of_months += 1,
                Some(Spread::Sums) | None => return ControlFlow::Break(()),
            }
            ControlFlow::Continue(())
        });
        if read.is_break() {
            return None;
        }
        if of_months == 0 {
            return Some(Rows::Whole);
        }
        // Beside rows of the months no subquery is looked into.
        if named != from.sources.len() {
            return None;
        }
        let strange = select.top.is_some()
            || select.qualify.is_some()
            || select.into.is_some()
            || select.prewhere.is_some()
            || select.exclude.is_some()
            || !select.connect_by.is_empty()
            || !select.lateral_views.is_empty()
            || !select.cluster_by.is_empty()
            || !select.distribute_by.is_empty()
            || !select.sort_by.is_empty()
            || !select.named_window.is_empty();
        if strange {
            return None;
        }
        let sums = from.sums(select)?;
        let keys = match &select.group_by {
            GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => keys,
            _ => return None,
        };
        let by_case = keys.iter().any(|key| from.is_case(key));
        let distinct = match &select.distinct {
            None => false,
            Some(Distinct::Distinct) => {
                let cases = select.projection.iter().filter_map(expression);
                // A row that stands in two months is one of them only where they are put together.
                if !cases.into_iter().any(|column| from.is_case(column)) {
                    return None;
                }
                true
            }
            Some(_) => return None,
        };
        match (sums || !keys.is_empty(), by_case, distinct) {
            (true, false, false) => Some(Rows::Sums(from)),
            (true, false, true) => None,
            (true, true, _) | (false, _, _) => Some(Rows::Months(from)),
        }
    }

    /// The relations of a FROM, when those of the months are joined by the case.
    fn from(&self, select: &Select) -> Option<From> {
        let mut from = From::default();
        let [tables] = select.from.as_slice() else {
            return select.from.is_empty().then_some(from);
        };
        from.sources.push(self.source(&tables.relation, false)?);
        let mut filters = Vec::new();
        if let Some(condition) = &select.selection {
            parts(condition, &mut filters);
        }
        for Join {
            relation,
            join_operator,
            ..
        } in &tables.joins
        {
            let (constraint, optional) = match join_operator {
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::CrossJoin(constraint) => (constraint, false),
                JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
                    (constraint, true)
                }
                _ => return None,
            };
            let mut conditions = Vec::new();
            match constraint {
                JoinConstraint::On(condition) => parts(condition, &mut conditions),
                JoinConstraint::None => {}
                JoinConstraint::Using(_) | JoinConstraint::Natural => return None,
            }
            if !optional {
                conditions.extend(&filters);
            }
            let source = self.source(relation, optional)?;
            if source.is_of_months() {
                let is_first = from.of_months() == 0;
                let fits = match is_first {
                    true => !optional,
                    false => conditions.iter().any(|on| from.joins_case(on, &source)),
                };
                if !fits {
                    return None;
                }
            }
            from.sources.push(source);
        }
        Some(from)
    }

    fn source(&self, factor: &TableFactor, optional: bool) -> Option<Source> {
        let TableFactor::Table {
            name,
            alias,
            args: None,
            sample: None,
            ..
        } = factor
        else {
            return None;
        };
        let name = name.to_string();
        let columns = match self.of(&name)? {
            Spread::Whole => None,
            Spread::Months(columns) => Some(columns),
            Spread::Sums => return None,
        };
        let alias = match alias {
            Some(alias) if alias.columns.is_empty() => alias.name.value.clone(),
            Some(_) => return None,
            None => name,
        };
        Some(Source {
            alias,
            columns,
            optional,
        })
    }
}

/// What a SELECT gives.
pub(super) enum Rows {
    Whole,
    /// Rows of the months, made of these relations.
    Months(From),
    /// Sums over rows made of these relations.
    Sums(From),
}

/// The relations of a FROM.
#[derive(Default)]
pub(super) struct From {
    sources: Vec<Source>,
}

struct Source {
    alias: String,
    /// Of a relation of the months.
    columns: Option<Vec<Column>>,
    /// The optional side of an outer join: its columns may be NULL.
    optional: bool,
}

impl Source {
    fn is_of_months(&self) -> bool {
        self.columns.is_some()
    }

    fn holds_case(&self, column: &str) -> bool {
        let columns = self.columns.iter().flatten();
        columns.into_iter().any(|c| c.is_case && c.name == column)
    }
}

impl From {
    fn of_months(&self) -> usize {
        self.sources.iter().filter(|s| s.is_of_months()).count()
    }

    /// Whether a column holds the case of each row.
    pub(super) fn is_case(&self, column: &Expr) -> bool {
        let sources = self.sources.iter().filter(|source| !source.optional);
        match column {
            // A name that two of them have is refused by the engine.
            Expr::Identifier(name) => sources.into_iter().any(|s| s.holds_case(&name.value)),
            _ => column_of(column).is_some_and(|(alias, name)| {
                let mut own = sources.filter(|source| source.alias == alias);
                own.any(|source| source.holds_case(name))
            }),
        }
    }

    /// Whether a condition joins a relation by the case with one that is there already.
    fn joins_case(&self, condition: &Expr, new: &Source) -> bool {
        let Some((left, right)) = equal_columns(condition) else {
            return false;
        };
        let is_own = |(alias, column): (&str, &str)| alias == new.alias && new.holds_case(column);
        let is_there = |(alias, column): (&str, &str)| {
            let mut known = self.sources.iter().filter(|s| s.alias == alias);
            known.any(|source| source.holds_case(column))
        };
        is_own(left) && is_there(right) || is_own(right) && is_there(left)
    }

    /// Whether the SELECT sums; `None` where a function may look at rows of other months.
    fn sums(&self, select: &Select) -> Option<bool> {
        let mut sums = select.having.is_some();
        let unknown = walk::expressions(select, |expression| {
            let Expr::Function(function) = expression else {
                return ControlFlow::Continue(());
            };
            let name = function.name.to_string().to_uppercase();
            let fits = match &function.over {
                Some(WindowType::WindowSpec(window)) => {
                    window.partition_by.iter().any(|by| self.is_case(by))
                }
                Some(WindowType::NamedWindow(_)) => false,
                None if SUMS.contains(&name.as_str()) => {
                    sums = true;
                    is_plain(function)
                }
                None => is_plain(function) && OF_A_ROW.contains(&name.as_str()),
            };
            match fits {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        });
        unknown.is_continue().then_some(sums)
    }

    fn columns(&self, select: &Select) -> Option<Vec<Column>> {
        let items = select.projection.iter();
        let columns = items.map(|item| {
            Some(Column {
                name: output(item)?.to_owned(),
                is_case: expression(item).is_some_and(|column| self.is_case(column)),
            })
        });
        columns.collect()
    }
}

fn is_plain(function: &Function) -> bool {
    matches!(&function.args, FunctionArguments::List(list) if list.clauses.is_empty())
        && matches!(function.parameters, FunctionArguments::None)
        && function.filter.is_none()
        && function.null_treatment.is_none()
        && function.within_group.is_empty()
}
