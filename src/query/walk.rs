//! Walking through parsed SQL. The parser's walk is compiled anew for each type that walks, a thousand functions for all
//! that SQL can be, and once more for what only looks. So one type walks, and what it is to do is handed to it; who looks
//! is shown a copy.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, ObjectName, Query, ValueWithSpan, VisitMut, VisitorMut};

/// Tells of each relation that a piece of SQL names, until one breaks off.
pub(super) fn relations(
    sql: &(impl VisitMut + Clone),
    mut told: impl FnMut(&ObjectName) -> ControlFlow<()>,
) -> ControlFlow<()> {
    VisitMut::visit(&mut sql.clone(), &mut Walk::Relations(&mut told))
}

/// Tells of each expression of a piece of SQL, before those within it, until one breaks off.
pub(super) fn expressions(
    sql: &(impl VisitMut + Clone),
    mut told: impl FnMut(&Expr) -> ControlFlow<()>,
) -> ControlFlow<()> {
    VisitMut::visit(&mut sql.clone(), &mut Walk::Expressions(&mut told))
}

/// What is done to the parts of a piece of SQL, before what lies within them is walked through.
pub(super) trait Changes {
    fn query(&mut self, _query: &mut Query) {}
    fn expression(&mut self, _expression: &mut Expr) {}
    fn value(&mut self, _value: &mut ValueWithSpan) {}
}

/// Changes a piece of SQL.
pub(super) fn change(sql: &mut impl VisitMut, changes: &mut dyn Changes) {
    let _: ControlFlow<()> = VisitMut::visit(sql, &mut Walk::Changes(changes));
}

enum Walk<'w> {
    Relations(&'w mut dyn FnMut(&ObjectName) -> ControlFlow<()>),
    Expressions(&'w mut dyn FnMut(&Expr) -> ControlFlow<()>),
    Changes(&'w mut dyn Changes),
}

impl VisitorMut for Walk<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        match self {
            Walk::Relations(told) => told(relation),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let Walk::Changes(changes) = self {
            changes.query(query);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        match self {
            Walk::Expressions(told) => told(expression),
            Walk::Changes(changes) => {
                changes.expression(expression);
                ControlFlow::Continue(())
            }
            Walk::Relations(_) => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Walk::Changes(changes) = self {
            changes.value(value);
        }
        ControlFlow::Continue(())
    }
}
