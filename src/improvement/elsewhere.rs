//! Where else the cause of an action could act: other products and sites with the same kind of complaint.

use super::ground::{Ground, GroundError, condition};
use super::signals::year_begins;
use redress_domain::scope::{Scope, ScopeDimension};

/// A product or site outside the scope with complaints that fit the rest of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    pub dimension: ScopeDimension,
    pub value: String,
    /// In the last twelve months.
    pub cases: i64,
}

/// Dimensions that say where, not what.
const PLACES: [ScopeDimension; 3] = [
    ScopeDimension::Product,
    ScopeDimension::Site,
    ScopeDimension::Lot,
];
/// No more are proposed of a dimension.
const MOST: usize = 10;

/// The products and sites in reach, most complaints first. A scope that says only where, not what, has no reach.
///
/// # Errors
/// When a file of the lake cannot be read, or the scope names a cluster that never was.
pub fn elsewhere(ground: &Ground<'_>, scope: &Scope) -> Result<Vec<Elsewhere>, GroundError> {
    let scope = ground.present(scope)?;
    let Some(what) = scope.without(&PLACES) else {
        return Ok(Vec::new());
    };
    let from = year_begins(ground);
    let mut found = Vec::new();
    for dimension in [ScopeDimension::Product, ScopeDimension::Site] {
        let column = dimension.as_str();
        let sql = format!(
            "SELECT k.{column} AS place, CAST(COUNT(*) AS BIGINT) AS cases FROM cases AS k \
             JOIN calendar AS c ON c.day = k.received_on JOIN params AS p ON c.calendar_id = p.calendar_id \
             WHERE k.state <> 'merged' AND k.{column} IS NOT NULL AND c.day_index >= {from} AND {} \
             AND NOT ({}) GROUP BY k.{column} ORDER BY cases DESC, place",
            condition(&what),
            condition(&scope)
        );
        let answer = ground.engine.sql(&sql, "where else the cause could act")?;
        found.extend((0..answer.rows.len().min(MOST)).map(|row| Elsewhere {
            dimension,
            value: answer.text(row, "place"),
            cases: answer.count(row, "cases"),
        }));
    }
    Ok(found)
}
