//! Reading many cases with their events in one pass.

use rusqlite::params_from_iter;

use super::Register;
use super::cases::{CaseFilter, CaseRow, from_row};
use super::error::Result;
use super::projection::{EVENT_COLUMNS, event_from_row};
use redress_domain::event::Event;

/// Columns of a case before those of an event.
const CASE_COLUMNS: usize = 12;

impl Register {
    /// Gives every case that passes a filter with its events in the order of recording, case by case in the order
    /// of registration, from one consistent state. Only one case is held at a time.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn each_case(
        &self,
        filter: &CaseFilter,
        mut take: impl FnMut(CaseRow, Vec<Event>),
    ) -> Result<()> {
        let (cases, values) = filter.query();
        // The cases are few and the events many, so the cases lead.
        let sql = format!(
            "WITH wanted AS MATERIALIZED ({cases})
             SELECT w.*, {EVENT_COLUMNS}
             FROM wanted AS w CROSS JOIN case_event AS e ON e.case_key = w.case_key
             ORDER BY w.case_key, e.event_no"
        );
        self.read(|conn| {
            let mut select = conn.prepare_cached(&sql)?;
            let mut rows = select.query(params_from_iter(values))?;
            let mut held: Option<(CaseRow, Vec<Event>)> = None;
            while let Some(row) = rows.next()? {
                let case_key: i64 = row.get(0)?;
                let event = event_from_row(row, CASE_COLUMNS)?;
                if let Some((case, events)) = &mut held
                    && case.case_key == case_key
                {
                    events.push(event);
                    continue;
                }
                if let Some((case, events)) = held.replace((from_row(row)?, vec![event])) {
                    take(case, events);
                }
            }
            if let Some((case, events)) = held {
                take(case, events);
            }
            Ok(())
        })
    }
}
