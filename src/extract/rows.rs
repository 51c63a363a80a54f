//! One folded case as rows of the lake.

use chrono::{DateTime, NaiveDate, Utc};

use super::local_days::LocalDays;
use super::mask::mask;
use super::reader::CaseBundle;
use redress_domain::calendar::{Calendar, CalendarError};
use redress_domain::case_file::{CaseFile, FoldError, Mode, PassRecord};
use redress_domain::event::EventBody;
use redress_domain::limits::LimitInForce;
use redress_domain::rulebook::{RuleError, Rulebook};
use redress_domain::stage_clock::{Side, StageEnd, StageMeasure, Verdict};
use redress_domain::stages::{StageRecord, stages};
use redress_domain::vocabulary::{AssessmentChange, Role};
use redress_domain::workflow::{State, StateName};
use redress_lake::error::WriteError;
use redress_lake::manifest::Ledger;
use redress_lake::tables::{
    CaseColumns, CaseRow, DeviationColumns, DeviationRow, EventColumns, EventRow, IssueColumns,
    IssueRow, NarrativeColumns, NarrativeRow, PassColumns, PassRow, StageColumns, StageRow,
    StateColumns, StateRow,
};
use redress_lake::writer::{Destination, MonthFolder, Sink};
use redress_source::mapping::Unrecorded;

/// How a source is read: the rules in force, and the stages that it does not record.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub rules: &'a Rulebook,
    pub not_recorded: &'a [Unrecorded],
    /// Restated: only what had happened by then, whenever it was recorded.
    pub happened_by: Option<DateTime<Utc>>,
}

/// The partitioned tables of one month of receipt, being filled.
pub struct MonthTables<D: Destination> {
    cases: D::Table<CaseColumns>,
    issues: D::Table<IssueColumns>,
    passes: D::Table<PassColumns>,
    stages: D::Table<StageColumns>,
    states: D::Table<StateColumns>,
    events: D::Table<EventColumns>,
    deviations: D::Table<DeviationColumns>,
    narratives: D::Table<NarrativeColumns>,
}

impl<D: Destination> MonthTables<D> {
    /// Begins every partitioned table.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub fn begin(into: &D) -> Result<Self, WriteError> {
        Ok(MonthTables {
            cases: into.table()?,
            issues: into.table()?,
            passes: into.table()?,
            stages: into.table()?,
            states: into.table()?,
            events: into.table()?,
            deviations: into.table()?,
            narratives: into.table()?,
        })
    }

    /// Folds a case and writes its rows; a case that cannot be folded is noted as refused.
    ///
    /// # Errors
    /// When a file cannot be written, or a rule does not cover the case.
    pub fn take(
        &mut self,
        bundle: &CaseBundle,
        complainant_key: Option<&str>,
        view: View<'_>,
        days: &mut LocalDays,
        ledger: &mut Ledger,
    ) -> Result<(), WriteError> {
        if bundle.events.is_empty() && bundle.known_later {
            ledger.cases_later += 1;
            return Ok(());
        }
        let kept;
        let (bundle, folded) = match view.happened_by {
            None => (bundle, CaseFile::fold(&bundle.events, None, Mode::Lenient)),
            Some(until) => {
                let folded = CaseFile::fold_restated(&bundle.events, until, Mode::Lenient);
                kept = happened_by(bundle, until, ledger);
                if kept.known_later && folded.is_err() {
                    ledger.cases_later += 1;
                    return Ok(());
                }
                (&kept, folded)
            }
        };
        ledger.cases_in += 1;
        let mut refuse = |reason: &str| {
            ledger.refuse("case", reason, 1, &bundle.case_id);
            let rows = bundle.events.len() as u64;
            if rows > 0 {
                ledger.refuse("event", "its case is refused", rows, &bundle.case_id);
            }
        };
        let file = match folded {
            Ok(file) => file,
            Err(FoldError::NotRegistered) => {
                refuse("it has no usable event `registered`");
                return Ok(());
            }
            Err(error @ FoldError::Refused { .. }) => {
                refuse(&error.to_string());
                return Ok(());
            }
        };
        // Measured before anything is written: a case outside the calendar is refused as a whole.
        let measured = match measure_stages(&file, view) {
            Ok(measured) => measured,
            Err(error) => {
                refuse(&error.to_string());
                return Ok(());
            }
        };
        ledger.cases_out += 1;
        ledger.events_out += bundle.events.len() as u64;
        self.case_row(bundle, &file, complainant_key, days)?;
        self.issue_rows(bundle.case_key, &file)?;
        self.pass_rows(bundle.case_key, &file, days)?;
        self.stage_rows(bundle.case_key, &measured, view.rules, days)?;
        self.state_rows(bundle.case_key, &file, days)?;
        self.event_rows(bundle, &file, days)?;
        if let Some(text) = &bundle.narrative {
            self.narratives.push(NarrativeRow {
                case_key: bundle.case_key,
                language: file.registration.language.as_str(),
                narrative: &mask(text),
            })?;
        }
        Ok(())
    }

    /// Ends the tables.
    ///
    /// # Errors
    /// When the rest cannot be written.
    pub fn finish(self) -> Result<Vec<D::Done>, WriteError> {
        Ok(vec![
            self.cases.finish()?,
            self.issues.finish()?,
            self.passes.finish()?,
            self.stages.finish()?,
            self.states.finish()?,
            self.events.finish()?,
            self.deviations.finish()?,
            self.narratives.finish()?,
        ])
    }

    fn case_row(
        &mut self,
        bundle: &CaseBundle,
        file: &CaseFile,
        complainant_key: Option<&str>,
        days: &mut LocalDays,
    ) -> Result<(), WriteError> {
        let received_hour = small(days.hour(file.received_at()));
        let mut day = |at: Option<DateTime<Utc>>| at.map(|at| days.day(at));
        let registration = &file.registration;
        let received_at = file.received_at();
        let holding = file.holdings.last();
        let severities = file.severities();
        let decision = file.last_decision();
        let first_decision = file.passes.iter().find_map(|p| {
            p.decision
                .as_ref()
                .and_then(|d| d.in_force_at.map(|at| (at, d)))
        });
        let communicated = file.passes.iter().find_map(|p| p.communicated);
        let answers = || file.passes.iter().filter_map(|p| p.answer.as_ref());
        let first_answer = file.passes.first().and_then(|p| p.answer.as_ref());
        let last_answer = answers().next_back();
        let outstanding = file
            .history
            .iter()
            .rev()
            .find(|change| change.state == StateName::Outstanding)
            .map(|change| change.at);
        let cost = file
            .passes
            .iter()
            .filter_map(|p| p.decision.as_ref())
            .filter(|d| d.in_force_at.is_some())
            .map(|d| d.data.cost)
            .sum();
        let row = CaseRow {
            case_key: bundle.case_key,
            case_id: &bundle.case_id,
            state: file.state.name().as_str(),
            pass: i32::from(file.state.pass()),
            received_at,
            received_on: day(Some(received_at)).unwrap_or_default(),
            received_hour,
            registered_at: file.registered_at,
            registered_on: day(Some(file.registered_at)).unwrap_or_default(),
            registration_lag_hours: (file.registered_at - received_at).num_milliseconds() as f64
                / 3_600_000.0,
            registered_role: file.registered_role.as_str(),
            channel: registration.channel.as_str(),
            language: registration.language.as_str(),
            category: file.category.as_deref(),
            product: file.product.as_deref(),
            lot: file.lot.as_deref(),
            site: holding
                .and_then(|h| h.site.as_deref())
                .or(registration.site.as_deref()),
            department: holding.map(|h| h.department.as_str()),
            units_taking_part: holding.map_or(0, |h| count(h.also.len())),
            severity_first: severities.map(|(first, _)| first.as_str()),
            severity_last: severities.map(|(_, last)| last.as_str()),
            priority_change: priority_change(file),
            safety: file.assessments.last().is_some_and(|(_, a)| a.safety),
            remedy_sought: registration.remedy_sought.map(|r| r.as_str()),
            response: decision.map(|d| d.data.response.as_str()),
            remedy_granted: file.granted().map(|r| r.as_str()),
            expectation: decision
                .and_then(|d| d.data.expectation)
                .map(|e| e.as_str()),
            cost_minor: cost,
            rule: decision.map(|d| d.data.rule.as_str()),
            root_cause: decision.and_then(|d| d.data.root_cause.as_deref()),
            acknowledged_on: day(file.acknowledged.map(|(at, _)| at)),
            classified_on: day(file.classified_at),
            routed_on: day(file.routed_at),
            decided_on: day(first_decision.map(|(at, _)| at)),
            communicated_on: day(communicated.map(|(at, _)| at)),
            answered_on: day(last_answer.map(|a| a.at)),
            closed_on: day(file.closed_at()),
            settled_where_made: file.settled_where_made(),
            decided_by_contact: first_decision.is_some_and(|(_, d)| d.role == Role::Contact),
            passes: passes_begun(file),
            first_answer: first_answer.map(|a| a.answer.as_str()),
            first_answer_on_behalf: first_answer.map(|a| a.on_behalf),
            last_answer: last_answer.map(|a| a.answer.as_str()),
            outstanding_since: day(outstanding),
            remedies_told_on: day(file.remedies_told_at),
            referred_on: day(file.referral.as_ref().map(|(at, _)| *at)),
            referral_body: file.referral.as_ref().map(|(_, body)| body.as_str()),
            external_outcome: file.external_outcome.map(|(_, satisfied)| {
                if satisfied {
                    "satisfied"
                } else {
                    "unsatisfied"
                }
            }),
            remedy_due_on: file.remedy_due_on,
            remedy_done_on: day(file.remedy_done_at),
            correction_holds: file.correction_verified.map(|(_, holds)| holds),
            survey_sent_on: day(file.survey_sent_at),
            survey_score: file.survey_score.map(i32::from),
            surveyed_on: day(file.surveyed_at),
            merged_into: match &file.state {
                State::Merged { into, .. } => Some(into.as_str()),
                _ => None,
            },
            complainant_key,
            sold_on: registration.sold_on,
            produced_on: registration.produced_on,
            reopenings: small(file.reopenings),
            reopened_on: day(file.reopened_at),
            escalations: small(file.escalations),
            late_entries: small(file.late_entries),
            amendments: small(file.amendments),
            voided: small(file.voided),
            deviations: count(file.deviations.len()),
            source_verdict: bundle.source_verdict.as_deref(),
        };
        self.cases.push(row)
    }

    fn issue_rows(&mut self, case_key: i64, file: &CaseFile) -> Result<(), WriteError> {
        self.issues.push(IssueRow {
            case_key,
            issue_no: 0,
            category: file.category.as_deref(),
            product: file.product.as_deref(),
            lot: file.lot.as_deref(),
        })?;
        for (number, issue) in file.issues.iter().enumerate() {
            self.issues.push(IssueRow {
                case_key,
                issue_no: count(number + 1),
                category: Some(&issue.category),
                product: issue.product.as_deref(),
                lot: issue.lot.as_deref(),
            })?;
        }
        Ok(())
    }

    fn pass_rows(
        &mut self,
        case_key: i64,
        file: &CaseFile,
        days: &mut LocalDays,
    ) -> Result<(), WriteError> {
        // The first pass has begun even where nothing is decided yet.
        let unbegun = PassRecord::begun(1, None);
        let first = (!file.passes.iter().any(|p| p.pass == 1)).then_some(&unbegun);
        for record in first.into_iter().chain(&file.passes) {
            let started_on = days.day(record.started_at.unwrap_or_else(|| file.received_at()));
            let mut day = |at: Option<DateTime<Utc>>| at.map(|at| days.day(at));
            let decision = record.decision.as_ref().filter(|d| d.in_force_at.is_some());
            let data = decision.map(|d| &d.data);
            let answer = record.answer.as_ref();
            self.passes.push(PassRow {
                case_key,
                pass: i32::from(record.pass),
                started_on,
                decided_on: day(decision.and_then(|d| d.in_force_at)),
                decided_by_contact: decision.is_some_and(|d| d.role == Role::Contact),
                response: data.map(|d| d.response.as_str()),
                remedy_granted: data.and_then(|d| d.granted).map(|g| g.as_str()),
                expectation: data.and_then(|d| d.expectation).map(|e| e.as_str()),
                cost_minor: data.map_or(0, |d| d.cost),
                rule: data.map(|d| d.rule.as_str()),
                root_cause: data.and_then(|d| d.root_cause.as_deref()),
                communicated_on: day(record.communicated.map(|(at, _)| at)),
                answer: answer.map(|a| a.answer.as_str()),
                answered_on: day(answer.map(|a| a.at)),
                on_behalf: answer.map(|a| a.on_behalf),
                rejection_reason: answer.and_then(|a| a.reason).map(|r| r.as_str()),
                lapsed_on: day(record.lapsed_at),
            })?;
        }
        Ok(())
    }

    fn stage_rows(
        &mut self,
        case_key: i64,
        stages: &[Measured],
        rules: &Rulebook,
        days: &mut LocalDays,
    ) -> Result<(), WriteError> {
        for Measured {
            record,
            limit,
            measured,
            pause_base_index,
        } in stages
        {
            let pause = measured.running_pause.as_ref();
            let verdict = |side: &Side| {
                let ended = side.verdict_when_ended.map(Verdict::as_str);
                if record.applies {
                    ended
                } else {
                    ended.map(|_| Verdict::NotApplicable.as_str())
                }
            };
            self.stages.push(StageRow {
                case_key,
                stage: record.stage.as_str(),
                pass: i32::from(record.pass),
                applies: record.applies,
                started_at: record.started_at,
                started_on: days.day(record.started_at),
                ended_at: record.ended.map(|(at, _)| at),
                ended_on: record.ended.map(|(at, _)| days.day(at)),
                end_kind: record.ended.map(|(_, how)| end_kind(how)),
                department: &record.department,
                site: record.site.as_deref(),
                severity: record.severity.map(|s| s.as_str()),
                calendar_id: rules.calendar(&record.department).id(),
                limit_days: small(limit.days),
                limit_version: small(limit.version),
                start_index: measured.start_workday_index,
                due_on_gross: measured.gross.due_on,
                due_at_gross: measured.gross.due_at,
                due_on_net: measured.net.due_on,
                due_at_net: measured.net.due_at,
                counted_gross: measured.gross.counted_days,
                counted_net: measured.net.counted_days,
                elapsed_gross: measured.elapsed_gross,
                elapsed_net: measured.elapsed_net,
                paused_days: measured.paused_days,
                pause_from: pause.map(|p| p.from),
                pause_reason: pause.map(|p| p.reason.as_str()),
                pause_stops_clock: pause.map(|p| p.stops_clock),
                pause_base_index: *pause_base_index,
                late_when_paused: pause.map(|p| p.late_when_paused),
                clock_resumes_at: pause.and_then(|p| p.clock_resumes_at),
                verdict_gross: verdict(&measured.gross),
                verdict_net: verdict(&measured.net),
            })?;
        }
        Ok(())
    }

    fn state_rows(
        &mut self,
        case_key: i64,
        file: &CaseFile,
        days: &mut LocalDays,
    ) -> Result<(), WriteError> {
        let dated: Vec<NaiveDate> = file.history.iter().map(|c| days.day(c.at)).collect();
        for (step, change) in file.history.iter().enumerate() {
            let before = step.checked_sub(1).and_then(|s| file.history.get(s));
            self.states.push(StateRow {
                case_key,
                step: count(step),
                state: change.state.as_str(),
                previous: before.map(|b| b.state.as_str()),
                pass: i32::from(change.pass),
                is_open: !change.state.is_closed(),
                was_open: before.map(|b| !b.state.is_closed()),
                from_on: dated[step],
                until_on: dated.get(step + 1).copied(),
            })?;
        }
        Ok(())
    }

    fn event_rows(
        &mut self,
        bundle: &CaseBundle,
        file: &CaseFile,
        days: &mut LocalDays,
    ) -> Result<(), WriteError> {
        for event in &bundle.events {
            let deviation = file
                .deviations
                .iter()
                .find(|d| d.seq == event.seq)
                .map(|d| d.why.to_string());
            self.events.push(EventRow {
                case_key: bundle.case_key,
                seq: event.seq,
                kind: event.body.kind().as_str(),
                occurred_at: event.occurred_at,
                occurred_on: days.day(event.occurred_at),
                recorded_at: event.recorded_at,
                recorded_on: days.day(event.recorded_at),
                role: event.role.as_str(),
                late: event.late_reason.is_some(),
                deviation: deviation.as_deref(),
            })?;
            if let Some(reason) = deviation.as_deref() {
                self.deviations.push(DeviationRow {
                    case_key: bundle.case_key,
                    seq: event.seq,
                    kind: event.body.kind().as_str(),
                    occurred_on: days.day(event.occurred_at),
                    reason,
                })?;
            }
        }
        Ok(())
    }
}

/// The case with the events that had happened by a moment; the others belong to no row of this snapshot. A
/// complaint received later is not there at all.
fn happened_by(bundle: &CaseBundle, until: DateTime<Utc>, ledger: &mut Ledger) -> CaseBundle {
    let received_later = bundle
        .events
        .iter()
        .any(|e| matches!(&e.body, EventBody::Registered(r) if r.received_at > until));
    let mut kept = bundle.clone();
    kept.events.retain(|e| match &e.body {
        // Received by then, even if it was entered later.
        EventBody::Registered(_) => !received_later,
        _ => !received_later && e.occurred_at <= until,
    });
    kept.known_later |= received_later;
    let later = (bundle.events.len() - kept.events.len()) as u64;
    ledger.events_in -= later;
    ledger.events_later += later;
    kept
}

/// A stage with its limit and its measure.
struct Measured {
    record: StageRecord,
    limit: LimitInForce,
    measured: StageMeasure,
    pause_base_index: Option<i64>,
}

fn measure_stages(file: &CaseFile, view: View<'_>) -> Result<Vec<Measured>, RuleError> {
    stages(file)
        .into_iter()
        .filter(|record| {
            let unrecorded = view.not_recorded.iter();
            !unrecorded.copied().any(|u| u.is_stage(record.stage))
        })
        .map(|record| {
            let (limit, _, measured) = view.rules.measure(file, &record)?;
            let pause = measured.running_pause.as_ref().filter(|p| p.stops_clock);
            let calendar = view.rules.calendar(&record.department);
            let pause_base_index = pause
                .map(|pause| index_before_left_out(calendar, pause.from))
                .transpose()?;
            Ok(Measured {
                record,
                limit,
                measured,
                pause_base_index,
            })
        })
        .collect()
}

/// The workday index just before the first day that a pause can leave out: a day is left out only when
/// the pause covers all of its opening hours.
fn index_before_left_out(calendar: &Calendar, from: DateTime<Utc>) -> Result<i64, CalendarError> {
    let day = calendar.local_date(from)?;
    let begins_before_opening = calendar.is_counted(day)?
        && calendar
            .opening(day)?
            .is_some_and(|(opens, _)| from <= opens);
    let index = calendar.workday_index(day)?;
    Ok(if begins_before_opening {
        index - 1
    } else {
        index
    })
}

/// Up or down where an assessment was first judged wrong (M3): the steps between one assessment and the
/// next that says so, added up. Steps for new facts do not count.
fn priority_change(file: &CaseFile) -> Option<&'static str> {
    file.assessments.first()?;
    let steps: i32 = file
        .assessments
        .windows(2)
        .filter_map(|pair| match pair {
            [(_, before), (_, after)] if after.change == AssessmentChange::Misjudged => {
                Some(after.severity as i32 - before.severity as i32)
            }
            _ => None,
        })
        .sum();
    Some(match steps {
        1.. => "up",
        0 => "none",
        _ => "down",
    })
}

fn passes_begun(file: &CaseFile) -> i32 {
    file.history
        .iter()
        .map(|change| i32::from(change.pass))
        .max()
        .unwrap_or(1)
}

const fn end_kind(how: StageEnd) -> &'static str {
    match how {
        StageEnd::Done => "done",
        StageEnd::Withdrawn => "withdrawn",
        StageEnd::Merged => "merged",
    }
}

/// Counts within one case always fit; a column of 32 bits is what engines share.
fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn small(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

const _: fn() = || {
    // A month's tables may be made on one thread and ended on another.
    fn assert_send<T: Send>() {}
    assert_send::<MonthTables<MonthFolder<'static>>>();
};
