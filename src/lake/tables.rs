//! The tables of the lake. `docs/data-dictionary.md` is made from these declarations.
//!
//! Facts hold only what does not depend on `as_of`: an open stage has its due date and its running
//! pause, and is judged in SQL. Names avoid every engine's reserved words. Days are local days of
//! the organisation; instants are UTC.

mod clusters;
mod improvement;

use chrono::{DateTime, NaiveDate, Utc};

use super::table::{Few, FreeText, Rows, TableSpec, Text, table};

pub use clusters::{
    CaseRelationColumns, CaseRelationRow, ClusterColumns, ClusterMemberColumns, ClusterMemberRow,
    ClusterRow, ClusterRunColumns, ClusterRunRow,
};
pub use improvement::{
    ActionCaseColumns, ActionCaseRow, ActionCheckColumns, ActionCheckRow, ActionColumns,
    ActionMonthColumns, ActionMonthRow, ActionRow, ActionScopeColumns, ActionScopeRow,
    ActionSignalColumns, ActionSignalRow, AuditColumns, AuditRow, ImprovementRunColumns,
    ImprovementRunRow, RecommendationColumns, RecommendationRow, ResearchColumns, ResearchRow,
    ReviewDecisionColumns, ReviewDecisionRow, ReviewInputColumns, ReviewInputRow,
    SuggestionColumns, SuggestionRow,
};

type Instant = DateTime<Utc>;

table! {
    /// One row a case: closed, outstanding and open ones alike.
    CaseRow, CaseColumns, "cases", partitioned: true, {
        case_key: i64 => "key of the case within this lake; joins all tables",
        case_id: FreeText => "the number the customer and the staff know",
        state: Text => "state as of the snapshot",
        pass: i32 => "pass the case is in: 1, or 2 for the re-examination",
        received_at: Instant => "receipt of the complaint",
        received_on: NaiveDate => "local day of receipt",
        received_hour: i32 => "local hour of receipt, 0 to 23",
        registered_at: Instant => "entry in the register",
        registered_on: NaiveDate => "local day of the entry",
        registration_lag_hours: f64 => "hours from receipt to entry",
        registered_role: Text => "who entered it",
        channel: Text => "form, email, phone, in_person, other",
        language: Text => "language of the complaint",
        category: Option<Text> => "category as last classified",
        product: Option<Text> => "primary product",
        lot: Option<Text> => "lot of the primary product",
        site: Option<Text> => "plant responsible, or the one the complaint names",
        department: Option<Text> => "responsible department, as last routed",
        units_taking_part: i32 => "further units taking part",
        severity_first: Option<Text> => "severity as first assessed",
        severity_last: Option<Text> => "severity as last assessed",
        priority_change: Option<Text> => "up or down where first judged wrong, none otherwise; NULL when never assessed",
        safety: bool => "assessed as touching safety",
        remedy_sought: Option<Text> => "remedy the customer asked for",
        response: Option<Text> => "response of the last decision in force",
        remedy_granted: Option<Text> => "remedy granted by the last decision in force",
        expectation: Option<Text> => "how far the last decision meets what the customer expected, as weighed",
        cost_minor: Few<i64> => "cost of redress of all decisions in force, minor units",
        rule: Option<Text> => "internal rule the last decision rests on",
        root_cause: Option<Text> => "root cause named with the last decision",
        acknowledged_on: Option<NaiveDate> => "local day of the acknowledgement",
        classified_on: Option<NaiveDate> => "local day of the first classification",
        routed_on: Option<NaiveDate> => "local day of the first routing",
        decided_on: Option<NaiveDate> => "local day of the first decision in force",
        communicated_on: Option<NaiveDate> => "local day of the first communication",
        answered_on: Option<NaiveDate> => "local day of the last answer",
        closed_on: Option<NaiveDate> => "local day of the present closed state",
        settled_where_made: bool => "decided by contact staff without ever being routed",
        decided_by_contact: bool => "the first decision was taken by contact staff",
        passes: i32 => "passes begun",
        first_answer: Option<Text> => "answer to the first decision",
        first_answer_on_behalf: Option<bool> => "entered by staff, with proof",
        last_answer: Option<Text> => "answer to the last decision",
        outstanding_since: Option<NaiveDate> => "local day since which the case is outstanding",
        remedies_told_on: Option<NaiveDate> => "local day the external remedies were told",
        referred_on: Option<NaiveDate> => "local day of the external referral",
        referral_body: Option<Text> => "external body",
        external_outcome: Option<Text> => "satisfied or unsatisfied",
        remedy_due_on: Option<NaiveDate> => "day by which the remedy is due",
        remedy_done_on: Option<NaiveDate> => "local day of its delivery",
        correction_holds: Option<bool> => "verification of the correction; NULL when not verified",
        survey_sent_on: Option<NaiveDate> => "local day the survey went out",
        survey_score: Option<i32> => "satisfaction with the handling, 1 to 5",
        surveyed_on: Option<NaiveDate> => "local day the survey was answered",
        merged_into: Option<FreeText> => "number of the case it duplicates",
        complainant_key: Option<FreeText> => "keyed hash of the complainant: pseudonymous, treated as personal",
        sold_on: Option<NaiveDate> => "day of sale, where known",
        produced_on: Option<NaiveDate> => "day of production, where known",
        reopenings: i32 => "times reopened",
        reopened_on: Option<NaiveDate> => "local day of the first reopening",
        escalations: i32 => "escalations",
        late_entries: i32 => "events entered late",
        amendments: i32 => "amendments in force",
        voided: i32 => "events struck out",
        deviations: i32 => "events that the workflow refuses",
        source_verdict: Option<Text> => "what a foreign store says of its own deadline: met or missed",
    }
}

table! {
    /// One row a further problem or product of a case; the primary one is number 0.
    IssueRow, IssueColumns, "case_issues", partitioned: true, {
        case_key: i64 => "case",
        issue_no: i32 => "0 for the primary one",
        category: Option<Text> => "category",
        product: Option<Text> => "product",
        lot: Option<Text> => "lot",
    }
}

table! {
    /// One row a pass of a case that has begun: the first always, the second once it is re-examined.
    PassRow, PassColumns, "passes", partitioned: true, {
        case_key: i64 => "case",
        pass: i32 => "1, or 2 for the re-examination",
        started_on: NaiveDate => "local day of receipt, or of the start of the re-examination",
        decided_on: Option<NaiveDate> => "local day its decision came into force",
        decided_by_contact: bool => "its decision was taken by contact staff",
        response: Option<Text> => "response of its decision in force",
        remedy_granted: Option<Text> => "remedy that this decision grants",
        expectation: Option<Text> => "how far it meets what the customer expected, as weighed",
        cost_minor: Few<i64> => "cost of redress of this decision, minor units",
        rule: Option<Text> => "internal rule it rests on",
        root_cause: Option<Text> => "root cause named with it",
        communicated_on: Option<NaiveDate> => "local day it was communicated",
        answer: Option<Text> => "the customer's answer: accepted or rejected",
        answered_on: Option<NaiveDate> => "local day of the answer",
        on_behalf: Option<bool> => "entered by staff, with proof",
        rejection_reason: Option<Text> => "why it was rejected, as coded; NULL when not said",
        lapsed_on: Option<NaiveDate> => "local day it was closed without an answer",
    }
}

table! {
    /// One row a stage of a pass of a case. Gross deducts no pause; net leaves out the customer's time.
    StageRow, StageColumns, "stages", partitioned: true, {
        case_key: i64 => "case",
        stage: Text => "acknowledgement, intake, processing, resolution, overall",
        pass: i32 => "pass",
        applies: bool => "false for the processing of a case settled where it was made",
        started_at: Instant => "start",
        started_on: NaiveDate => "local day of the start",
        ended_at: Option<Instant> => "end; NULL while open",
        ended_on: Option<NaiveDate> => "local day of the end",
        end_kind: Option<Text> => "done, withdrawn or merged",
        department: Text => "department that held the case at the start",
        site: Option<Text> => "its site",
        severity: Option<Text> => "severity at the start",
        calendar_id: Text => "calendar that counts",
        limit_days: i32 => "limit in counted days",
        limit_version: i32 => "version of the limits in force at the start",
        start_index: Few<i64> => "workday index of day 0",
        due_on_gross: Option<NaiveDate> => "last day of the limit, no pause deducted",
        due_at_gross: Option<Few<Instant>> => "instant from which it is late",
        due_on_net: Option<NaiveDate> => "last day of the limit, pauses deducted; NULL while a running pause leaves it open",
        due_at_net: Option<Few<Instant>> => "instant from which it is late",
        counted_gross: Option<Few<i64>> => "counted days at the end",
        counted_net: Option<Few<i64>> => "counted days at the end, or at the start of the running pause",
        elapsed_gross: Option<f64> => "elapsed working days, as a fraction",
        elapsed_net: Option<f64> => "the same without the paused time",
        paused_days: Few<i64> => "counted days left out by pauses that are over",
        pause_from: Option<Few<Instant>> => "start of the running pause",
        pause_reason: Option<Text> => "its reason",
        pause_stops_clock: Option<bool> => "whether it is the customer's time",
        pause_base_index: Option<Few<i64>> => "workday index before the first day that the running pause leaves out, where it is the customer's time",
        late_when_paused: Option<bool> => "already late when the running pause began",
        clock_resumes_at: Option<Few<Instant>> => "end of the longest pause allowed, where one is set",
        verdict_gross: Option<Text> => "verdict of an ended stage",
        verdict_net: Option<Text> => "verdict of an ended stage",
    }
}

table! {
    /// One row a state that a case was in, with the day it was entered and left.
    StateRow, StateColumns, "case_states", partitioned: true, {
        case_key: i64 => "case",
        step: i32 => "0 for the first state",
        state: Text => "state",
        previous: Option<Text> => "state before it",
        pass: i32 => "pass",
        is_open: bool => "not closed; outstanding is open",
        was_open: Option<bool> => "whether the state before it was open; NULL at the first",
        from_on: NaiveDate => "local day it was entered",
        until_on: Option<NaiveDate> => "local day it was left; NULL while it lasts",
    }
}

table! {
    /// One row an event known at the snapshot, struck-out ones included.
    EventRow, EventColumns, "events", partitioned: true, {
        case_key: i64 => "case",
        seq: i64 => "position in the store",
        kind: Text => "kind of the event",
        occurred_at: Instant => "when it happened",
        occurred_on: NaiveDate => "local day",
        recorded_at: Instant => "when the register learnt it",
        recorded_on: NaiveDate => "local day",
        role: Text => "in which capacity the actor acted",
        late: bool => "entered late, with a reason",
        deviation: Option<FreeText> => "why the workflow refuses it; NULL when it fits",
    }
}

table! {
    /// One row an event that the workflow refuses; kept, and counted as a deviation.
    DeviationRow, DeviationColumns, "case_deviations", partitioned: true, {
        case_key: i64 => "case",
        seq: i64 => "position in the store",
        kind: Text => "kind of the event",
        occurred_on: NaiveDate => "local day",
        reason: FreeText => "why the workflow refuses it",
    }
}

table! {
    /// One row a case: its text, masked. A file of its own, so that it can be kept apart.
    NarrativeRow, NarrativeColumns, "narratives", partitioned: true, {
        case_key: i64 => "case",
        language: Text => "language",
        narrative: FreeText => "text with phones, e-mails, identity and card numbers masked",
    }
}

table! {
    /// One row a month, product and site: units sold or served, where given.
    ExposureRow, ExposureColumns, "exposures", partitioned: false, {
        month: Text => "YYYY-MM",
        product: Option<Text> => "product; NULL for all",
        site: Option<Text> => "site; NULL for all",
        units: f64 => "units sold or served",
    }
}

table! {
    /// One row a figure entered by hand.
    EvidenceRow, EvidenceColumns, "evidences", partitioned: false, {
        indicator: Text => "indicator, such as P8",
        dated: NaiveDate => "day the figure is of",
        figure: Option<f64> => "the figure",
        unit: Option<Text> => "its unit",
        entered_by: Text => "who entered it",
        note: Option<FreeText> => "what it rests on",
    }
}

table! {
    /// One row a version of an objective.
    ObjectiveRow, ObjectiveColumns, "objectives", partitioned: false, {
        indicator: Text => "indicator or metric it sets a target for",
        version: i32 => "version",
        target: f64 => "target",
        direction: Text => "at_least or at_most",
        owner: Text => "who answers for it",
        effective_from: NaiveDate => "first day it holds",
    }
}

table! {
    /// One row a version of the record that a control chart's limits begin anew with a month. Of each series, site and month
    /// the highest version counts.
    ChartPhaseRow, ChartPhaseColumns, "chart_phases", partitioned: false, {
        series: Text => "series of the chart: received, rejected, processing-1 and the like",
        site: Option<Text> => "site; NULL for the whole",
        begins_month: Text => "first month of the phase, YYYY-MM",
        version: i32 => "version",
        withdrawn: bool => "this version takes the phase back",
        reason: FreeText => "why the limits begin anew, or why the phase is taken back",
        entered_by: Text => "who recorded it",
        recorded_at: Instant => "when it was recorded",
    }
}

table! {
    /// One row a member of staff, without the name.
    StaffRow, StaffColumns, "staff", partitioned: false, {
        staff_no: i32 => "number within this snapshot, in the order of the names",
        contact: bool => "contact staff: the ones who take complaints",
        department: Option<Text> => "department",
        site: Option<Text> => "plant",
        active: bool => "works here",
        trained_on: Option<NaiveDate> => "day of the first training; NULL when never trained",
    }
}

table! {
    /// One row a day and calendar.
    CalendarRow, CalendarColumns, "calendar", partitioned: false, {
        calendar_id: Text => "calendar",
        version: i32 => "its version",
        day: NaiveDate => "day",
        day_index: i64 => "days since 1970-01-01",
        working: bool => "whether the day counts",
        fraction: f64 => "share of the weekday's opening hours",
        workday_index: i64 => "counted days up to and with this one",
        day_name: Option<Text> => "name of a special day",
        day_kind: Text => "working, weekend, or the kind of the special day",
        month: Text => "YYYY-MM",
        quarter: Text => "YYYY-Qn",
        iso_week: Text => "YYYY-Wnn",
        weekday: i32 => "1 Monday to 7 Sunday",
    }
}

/// Every table of a snapshot, in the order of the data dictionary.
pub const TABLES: &[TableSpec] = &[
    CaseColumns::TABLE,
    IssueColumns::TABLE,
    PassColumns::TABLE,
    StageColumns::TABLE,
    StateColumns::TABLE,
    EventColumns::TABLE,
    DeviationColumns::TABLE,
    NarrativeColumns::TABLE,
    ExposureColumns::TABLE,
    EvidenceColumns::TABLE,
    ObjectiveColumns::TABLE,
    ChartPhaseColumns::TABLE,
    StaffColumns::TABLE,
    CalendarColumns::TABLE,
];

/// The tables of derived layers, which a snapshot need not have.
pub const DERIVED: &[TableSpec] = &[
    ClusterRunColumns::TABLE,
    ClusterColumns::TABLE,
    ClusterMemberColumns::TABLE,
    CaseRelationColumns::TABLE,
    AuditColumns::TABLE,
    RecommendationColumns::TABLE,
    SuggestionColumns::TABLE,
    ResearchColumns::TABLE,
    ActionColumns::TABLE,
    ActionScopeColumns::TABLE,
    ActionCaseColumns::TABLE,
    ActionMonthColumns::TABLE,
    ActionCheckColumns::TABLE,
    ActionSignalColumns::TABLE,
    ReviewInputColumns::TABLE,
    ReviewDecisionColumns::TABLE,
    ImprovementRunColumns::TABLE,
];

/// Version of these declarations; a lake of another version is refused.
pub const SCHEMA_VERSION: u32 = 3;
