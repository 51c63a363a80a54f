//! The clock of a case: which of its open stages is due first, and which are late.

use chrono::{DateTime, Utc};

use super::case_file::CaseFile;
use super::rulebook::{RuleError, Rulebook};
use super::stage_clock::{Side, SideKind, Verdict};
use super::stages::{Stage, stages};
use super::workflow::Pass;

/// An open stage with what is known of its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub stage: Stage,
    pub pass: Pass,
    /// Nothing deducted.
    pub gross: Side,
    /// With the customer's time left out; its date is `None` while a pause leaves it open.
    pub net: Side,
    /// On the net side.
    pub verdict: Verdict,
    /// Counted days of the limit that are not over, net; 0 once it is late.
    pub left_days: i64,
}

/// The open stages of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseClock {
    /// The stage whose net limit ends first; `None` when no stage is open.
    pub next: Option<Due>,
    /// The stages over their net limit, in the order of their start.
    pub late: Vec<Due>,
}

/// Measures the open stages of a case at a moment.
///
/// # Errors
/// When no limit applies to a stage, or a date lies outside the calendar.
pub fn clock(file: &CaseFile, rules: &Rulebook, at: DateTime<Utc>) -> Result<CaseClock, RuleError> {
    let mut clock = CaseClock::default();
    for record in stages(file) {
        if !record.applies || record.ended.is_some() {
            continue;
        }
        let (limit, _, measure) = rules.measure(file, &record)?;
        let calendar = rules.calendar(&record.department);
        let over = measure.counted_days_at(SideKind::Net, at, calendar)?;
        let due = Due {
            stage: record.stage,
            pass: record.pass,
            gross: measure.gross,
            net: measure.net,
            verdict: measure.verdict_at(SideKind::Net, at),
            left_days: (i64::from(limit.days) - over).max(0),
        };
        if due.verdict == Verdict::OpenLate {
            clock.late.push(due);
        }
        let is_sooner = match (clock.next.map(|next| next.net.due_at), due.net.due_at) {
            (None, _) => true,
            (Some(Some(known)), Some(found)) => found < known,
            (Some(None), found) => found.is_some(),
            (Some(Some(_)), None) => false,
        };
        if is_sooner {
            clock.next = Some(due);
        }
    }
    Ok(clock)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::calendar_file::CalendarFile;
    use crate::case_file::Mode;
    use crate::event::{Acknowledged, Event, EventBody, Paused, Registered};
    use crate::limits::Limits;
    use crate::vocabulary::{Channel, Language, Means, PauseReason, Role};

    /// Monday 2 March 2026, 09:00 in Istanbul, plus hours.
    fn at(hours: i64) -> DateTime<Utc> {
        let start: DateTime<Utc> = "2026-03-02T06:00:00Z".parse().unwrap();
        start + chrono::TimeDelta::hours(hours)
    }

    fn rules() -> Rulebook {
        Rulebook {
            organisation: CalendarFile::from_toml(include_str!(
                "../../reports/calendars/turkey.toml"
            ))
            .unwrap()
            .calendar()
            .unwrap(),
            departments: BTreeMap::new(),
            limits: Limits::default(),
            known_at: None,
            max_pause_days: None,
        }
    }

    fn file(bodies: Vec<(i64, EventBody)>) -> CaseFile {
        let events: Vec<Event> = bodies
            .into_iter()
            .enumerate()
            .map(|(no, (hours, body))| Event {
                seq: no as i64 + 1,
                occurred_at: at(hours),
                recorded_at: at(hours),
                role: Role::Agent,
                actor: Some("ayse".to_owned()),
                late_reason: None,
                body,
            })
            .collect();
        CaseFile::fold(&events, None, Mode::Strict).unwrap()
    }

    fn registered() -> EventBody {
        Registered {
            received_at: at(0),
            channel: Channel::Phone,
            language: Language::Tr,
            product: None,
            lot: None,
            site: None,
            unit: None,
            remedy_sought: None,
            sold_on: None,
            produced_on: None,
            immediate_action: None,
        }
        .into()
    }

    #[test]
    fn the_stage_that_ends_first_is_next_and_every_late_one_is_named() {
        let open = file(vec![(0, registered())]);
        // Acknowledgement has one working day (Tuesday), intake two, the whole seven.
        let monday = clock(&open, &rules(), at(1)).unwrap();
        let next = monday.next.unwrap();
        assert_eq!((next.stage, next.left_days), (Stage::Acknowledgement, 1));
        assert!(monday.late.is_empty());
        let thursday = clock(&open, &rules(), at(72)).unwrap();
        let late: Vec<Stage> = thursday.late.iter().map(|due| due.stage).collect();
        assert_eq!(late, [Stage::Acknowledgement, Stage::Intake]);
        assert_eq!(thursday.next.unwrap().left_days, 0);
    }

    #[test]
    fn a_pause_on_the_customers_side_leaves_the_net_date_open() {
        let paused = file(vec![
            (0, registered()),
            (
                1,
                Acknowledged {
                    means: Means::Phone,
                }
                .into(),
            ),
            (
                2,
                Paused {
                    reason: PauseReason::CustomerSample,
                }
                .into(),
            ),
        ]);
        let found = clock(&paused, &rules(), at(100)).unwrap();
        assert!(found.late.is_empty());
        let next = found.next.unwrap();
        assert_eq!((next.net.due_on, next.verdict), (None, Verdict::Paused));
        assert!(next.gross.due_on.is_some());
    }
}
