//! What the FROM and the WHERE of a SELECT say: which tables its rows come from, and what must hold of them.

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart,
    Select, SelectItem, TableAlias, TableFactor, TableWithJoins, Value,
};

/// `table.column` as its two names.
pub(super) fn column_of(expression: &Expr) -> Option<(&str, &str)> {
    match expression {
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [table, column] => Some((table.value.as_str(), column.value.as_str())),
            _ => None,
        },
        _ => None,
    }
}

/// The two sides of an equation.
pub(super) fn sides(condition: &Expr) -> Option<(&Expr, &Expr)> {
    match condition {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } => Some((left, right)),
        _ => None,
    }
}

/// The two sides of `table.column = other.column`.
pub(super) fn equal_columns(condition: &Expr) -> Option<(Place<'_>, Place<'_>)> {
    let (left, right) = sides(condition)?;
    Some((column_of(left)?, column_of(right)?))
}

/// A table and its column.
pub(super) type Place<'e> = (&'e str, &'e str);

/// The name under which a SELECT gives a column on; `None` for a wildcard and what has no name.
pub(super) fn output(item: &SelectItem) -> Option<&str> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.as_str()),
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(name.value.as_str()),
        SelectItem::UnnamedExpr(expression) => column_of(expression).map(|(_, column)| column),
        _ => None,
    }
}

/// What a SELECT gives on, but for a wildcard.
pub(super) fn expression(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expression)
        | SelectItem::ExprWithAlias {
            expr: expression, ..
        } => Some(expression),
        _ => None,
    }
}

/// The text of a quoted literal.
pub(super) fn text_of(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.as_str()),
            _ => None,
        },
        _ => None,
    }
}

/// The tables of a SELECT whose rows must meet all conditions: none of them is the optional side of an outer join.
pub(super) struct Relations<'a> {
    /// Alias and name.
    pub inner: Vec<(&'a str, &'a str)>,
    /// The parts of the ONs of inner joins and of the WHERE, all of which must hold.
    pub conditions: Vec<&'a Expr>,
}

impl<'a> Relations<'a> {
    /// `None` where the FROM has a form that is not looked into.
    pub fn of(select: &'a Select) -> Option<Self> {
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

    pub fn alias_of(&self, table: &str) -> Option<&'a str> {
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
pub(super) fn parts<'a>(condition: &'a Expr, out: &mut Vec<&'a Expr>) {
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
pub(super) fn rename(from: &mut TableWithJoins, names: &[(String, String)]) {
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
