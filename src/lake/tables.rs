//! The tables of the lake. `docs/data-dictionary.md` is made from these declarations.
//!
//! Facts hold only what does not depend on `as_of`: an open stage has its due date and its running
//! pause, and is judged in SQL. Names avoid every engine's reserved words. Days are local days of
//! the organisation; instants are UTC.

use chrono::{DateTime, NaiveDate, Utc};

use super::table::{FreeText, Rows, TableSpec, Text, table};

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
        cost_minor: i64 => "cost of redress of all decisions in force, minor units",
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
        cost_minor: i64 => "cost of redress of this decision, minor units",
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
        start_index: i64 => "workday index of day 0",
        due_on_gross: Option<NaiveDate> => "last day of the limit, no pause deducted",
        due_at_gross: Option<Instant> => "instant from which it is late",
        due_on_net: Option<NaiveDate> => "last day of the limit, pauses deducted; NULL while a running pause leaves it open",
        due_at_net: Option<Instant> => "instant from which it is late",
        counted_gross: Option<i64> => "counted days at the end",
        counted_net: Option<i64> => "counted days at the end, or at the start of the running pause",
        elapsed_gross: Option<f64> => "elapsed working days, as a fraction",
        elapsed_net: Option<f64> => "the same without the paused time",
        paused_days: i64 => "counted days left out by pauses that are over",
        pause_from: Option<Instant> => "start of the running pause",
        pause_reason: Option<Text> => "its reason",
        pause_stops_clock: Option<bool> => "whether it is the customer's time",
        pause_base_index: Option<i64> => "workday index before the first day that the running pause leaves out, where it is the customer's time",
        late_when_paused: Option<bool> => "already late when the running pause began",
        clock_resumes_at: Option<Instant> => "end of the longest pause allowed, where one is set",
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
    /// One row a run that read the records of improvement. Derived: it lies in a layer beside the facts.
    ImprovementRunRow, ImprovementRunColumns, "improvement_runs", partitioned: false, {
        run_id: Text => "name of the run",
        ran_at: Instant => "when it ran",
        actions: i32 => "actions read",
        records: i32 => "audits, recommendations, suggestions, research notes and reviews read",
        improvement_head: Text => "head of the register's chain over them",
    }
}

table! {
    /// One row an input of a management review, as entered (ISO 10002, 8.6). Derived.
    ReviewInputRow, ReviewInputColumns, "review_inputs", partitioned: false, {
        review: Text => "the review: MR-0002",
        period_first: NaiveDate => "first day of the period reviewed",
        period_last: NaiveDate => "its last day",
        held_on: NaiveDate => "day it was held",
        input: Text => "I1 to I8",
        entered: FreeText => "what was entered",
    }
}

table! {
    /// One row a decision of a management review. Derived.
    ReviewDecisionRow, ReviewDecisionColumns, "review_decisions", partitioned: false, {
        review: Text => "the review: MR-0002",
        decision_no: i32 => "1, 2, 3 ... within the review",
        period_first: NaiveDate => "first day of the period reviewed",
        period_last: NaiveDate => "its last day",
        held_on: NaiveDate => "day it was held",
        output: Text => "O1: the process, O2: products and services, O3: resources",
        decision: FreeText => "what was decided",
        action_id: Text => "the action that carries it out",
    }
}

table! {
    /// One row an audit of complaint handling, or a management review (ISO 10002, 8.5 and 8.6). Derived: the records of
    /// improvement come from the register, whatever store the cases come from.
    AuditRow, AuditColumns, "audits", partitioned: false, {
        audit_no: i32 => "number within the snapshot, audits first",
        record: Text => "the record: AU-0007 or MR-0002",
        kind: Text => "audit or management_review",
        held_on: NaiveDate => "day it was held",
        department: Option<Text> => "department audited; NULL for the whole",
    }
}

table! {
    /// One row a recommendation of an audit or a management review. Derived.
    RecommendationRow, RecommendationColumns, "recommendations", partitioned: false, {
        recommendation_no: i32 => "number",
        source: Text => "audit or management_review",
        reference: Text => "the audit or review: AU-0007",
        recommended: FreeText => "what is recommended",
        owner: Text => "who carries it out",
        given_on: NaiveDate => "day it was given",
        due_on: Option<NaiveDate> => "day by which it is to be carried out",
        done_on: Option<NaiveDate> => "day it was carried out",
    }
}

table! {
    /// One row a suggestion by staff and its fate (P9). Derived.
    SuggestionRow, SuggestionColumns, "suggestions", partitioned: false, {
        suggestion_no: i32 => "number",
        made_on: NaiveDate => "day it was made",
        department: Option<Text> => "department it came from",
        suggested: FreeText => "what is suggested",
        fate: Text => "waiting, trial, adopted, declined",
        decided_on: Option<NaiveDate> => "day of the last decision on it",
        action_id: Option<Text> => "action that carries it out",
    }
}

table! {
    /// One row a piece of research into a better way of handling complaints. Derived.
    ResearchRow, ResearchColumns, "research", partitioned: false, {
        research_no: i32 => "number",
        begun_on: NaiveDate => "day it was begun",
        question: FreeText => "what is asked",
        owner: Text => "who looks into it",
        outcome: Text => "running, adopted, rejected, unclear",
        concluded_on: Option<NaiveDate> => "day it was concluded",
        finding: Option<FreeText> => "what was found",
    }
}

table! {
    /// One row a corrective or preventive action. Derived.
    ActionRow, ActionColumns, "actions", partitioned: false, {
        action_id: Text => "number of the action",
        title: FreeText => "what it is about",
        kind: Text => "correction, corrective, preventive, improvement, innovation",
        source: Text => "cluster, case, audit, review, suggestion",
        reference: Option<Text> => "what of the source: a cluster, a case, an audit, a review",
        output: Option<Text> => "output of a management review that it carries out: O1, O2, O3",
        state: Text => "state as of the snapshot",
        is_open: bool => "neither closed nor withdrawn",
        owner: Text => "who answers for it",
        department: Option<Text> => "department of its owner",
        opened_on: NaiveDate => "day it was opened",
        due_on: Option<NaiveDate> => "day it is due",
        implemented_on: Option<NaiveDate> => "day it was implemented",
        check_due_on: Option<NaiveDate> => "day whose end its verdict waits for",
        verified_on: Option<NaiveDate> => "day a person gave the verdict",
        closed_on: Option<NaiveDate> => "day it was closed or withdrawn",
        withdrawn: bool => "given up without a check",
        scope: Option<FreeText> => "the complaints it is meant to prevent",
        cases_in_scope: Option<i32> => "complaints in that scope; NULL where it has none or they cannot be counted",
        documents_changed: i32 => "documents changed by it (M8)",
        cost_minor: i64 => "its cost, minor units",
        reopenings: i32 => "times it was reopened",
        ending_note: Option<FreeText> => "the closing remark, or why it was withdrawn",
    }
}

table! {
    /// One row a condition of an action's scope and value. Derived.
    ActionScopeRow, ActionScopeColumns, "action_scopes", partitioned: false, {
        action_id: Text => "action",
        dimension: Text => "what the condition looks at: category, product, cluster, ...",
        excluded: bool => "the value is left out, not wanted",
        value: FreeText => "the value",
    }
}

table! {
    /// One row a complaint in the scope of an action. Derived.
    ActionCaseRow, ActionCaseColumns, "action_cases", partitioned: false, {
        action_id: Text => "action",
        case_key: i64 => "case",
        case_id: FreeText => "its number",
        time_window: Text => "baseline, between, follow_up, earlier, later, or outside (not counted)",
        moved_out: bool => "was in the scope once, and is not any more",
    }
}

table! {
    /// One row a month of an action's time. Derived.
    ActionMonthRow, ActionMonthColumns, "action_months", partitioned: false, {
        action_id: Text => "action",
        month: Text => "YYYY-MM",
        time_window: Text => "earlier, baseline, between, follow_up, later",
        cases: i32 => "complaints in scope",
        moved_out: i32 => "complaints that were moved out of the scope since",
        exposure: Option<f64> => "working days or units of the month; NULL where not known",
        whole: bool => "the month was over at the moment of judgement",
    }
}

table! {
    /// One row a check of an action's effectiveness: fixed, and judged once its follow-up ended. Derived.
    ActionCheckRow, ActionCheckColumns, "action_checks", partitioned: false, {
        action_id: Text => "action",
        attempt: i32 => "1; one more after each reopening",
        check_no: i32 => "number of the look: 1, or 2 for the one extension",
        basis: Text => "rate: complaints counted; criterion: judged by a person against words fixed beforehand",
        planned_on: NaiveDate => "day it was fixed",
        changes: i32 => "times it was changed after that",
        changed_after_start: bool => "changed when the action was already at work",
        cases_when_fixed: Option<i32> => "complaints that the baseline held when the check was fixed",
        baseline_first: Option<NaiveDate> => "first day of the baseline",
        baseline_last: Option<NaiveDate> => "its last day",
        follow_up_first: Option<NaiveDate> => "first day of the follow-up",
        follow_up_last: Option<NaiveDate> => "its last day",
        ended_on: Option<NaiveDate> => "day its follow-up ended, once it was judged",
        settles: bool => "its verdict counts; an inconclusive look before an extension does not",
        verdict: Option<Text> => "computed, or a person's where nothing is counted: effective, ineffective, inconclusive",
        verdict_by_person: Option<Text> => "what the person who verified it says",
        rate_ratio: Option<f64> => "rate of the follow-up over that of the baseline",
        ratio_lower: Option<f64> => "lower limit of that ratio",
        ratio_upper: Option<f64> => "upper limit; NULL where unbounded",
        p_value: Option<f64> => "two-sided, of equal rates",
        dispersion: Option<f64> => "scatter of the months beyond chance; 1 is chance alone",
        cases_before: Option<i32> => "complaints of the baseline",
        cases_after: Option<i32> => "complaints of the follow-up",
        verdict_still_in: Option<Text> => "the verdict with the cases that were moved out of the scope; NULL when there are none",
        chance_to_see: Option<f64> => "chance of seeing the expected reduction, computed when it was fixed",
    }
}

table! {
    /// One row something that asks for an action or for its reopening. Derived.
    ActionSignalRow, ActionSignalColumns, "action_signals", partitioned: false, {
        signal: Text => "no_action: a problem or category without an open action; rate_rose, repeat: an action whose effect did not last",
        subject: Text => "problem, category or action",
        subject_id: FreeText => "its number or name",
        label: FreeText => "what it is about",
        trend: Option<Text> => "growing, emerging, steady, not_testable",
        recent_cases: Option<i32> => "complaints of the recent months, or since the verdict",
        recent_expected: Option<f64> => "complaints expected in them",
        q_value: Option<f64> => "probability of so many by chance, under one false-discovery control over its kind",
        cases_year: i32 => "complaints of the last twelve months",
        open_cases: i32 => "of these, complaints that are not closed",
        cost_year_minor: i64 => "cost of redress of these complaints, minor units",
        cases: Option<FreeText> => "numbers of the cases that speak for it, where they are few",
    }
}

table! {
    /// One row a run of the search for repeat complaints. Derived: it lies in a layer beside the facts.
    ClusterRunRow, ClusterRunColumns, "cluster_runs", partitioned: false, {
        run_id: Text => "name of the run",
        ran_at: Instant => "when it ran",
        full: bool => "all complaints were searched anew; otherwise new ones joined what stood",
        cases: i64 => "complaints it looked at",
        without_words: i64 => "of these, complaints without a word to compare",
        problems: i64 => "problems with two complaints or more",
        themes: i64 => "themes with two complaints or more",
        recent_first: NaiveDate => "first day of the months in which growth is looked for",
        recent_last: NaiveDate => "last day of these months",
        tested: i64 => "problems whose growth could be judged; one false-discovery control over all of them",
        false_discovery_rate: f64 => "share of false ones among those called growing or emerging that is accepted",
        smallest_emerging: Option<i64> => "fewest recent complaints with which a problem without a past could be called emerging",
        refused: i64 => "merges that an analyst's word kept from happening",
    }
}

table! {
    /// One row a cluster of two complaints or more. Derived.
    ClusterRow, ClusterColumns, "clusters", partitioned: false, {
        cluster_id: Text => "stable number",
        level: Text => "problem or theme",
        theme_id: Option<Text> => "problem: the theme it lies in",
        kind: Text => "recurrent: two complainants or more; single: one complainant",
        name: Option<FreeText> => "the analyst's name for it",
        label: FreeText => "terms that tell it from the others, in the complainants' words",
        confirmed: bool => "an analyst confirmed it",
        ignored: bool => "an analyst said that it is no problem; it counts nowhere",
        exemplar_case_key: i64 => "the complaint nearest to its centre",
        cohesion: f64 => "mean similarity of its complaints with the exemplar, 0 to 1",
        cases: i32 => "complaints in it, net of merged ones",
        complainants: i32 => "different complainants in it; those unknown count as one",
        first_seen_on: NaiveDate => "receipt of its first complaint",
        last_seen_on: NaiveDate => "receipt of its last complaint",
        open_cases: i32 => "complaints in it that are not closed",
        cost_minor: i64 => "cost of redress of its complaints, minor units",
        recent_cases: i32 => "complaints received in the recent months of the run",
        recent_expected: Option<f64> => "complaints expected in these months from its past and the volume of its product",
        growth_ratio: Option<f64> => "recent rate over past rate; NULL where there was no past",
        growth_lower: Option<f64> => "lower 95 % limit of that ratio",
        growth_upper: Option<f64> => "upper 95 % limit; NULL where unbounded",
        growth_p: Option<f64> => "one-sided probability of so many recent complaints by chance",
        growth_q: Option<f64> => "the same under the false-discovery control over all problems tested",
        trend: Text => "growing, emerging, steady, or not_testable",
    }
}

table! {
    /// One row a complaint in a cluster of a level. Derived.
    ClusterMemberRow, ClusterMemberColumns, "cluster_members", partitioned: false, {
        cluster_id: Text => "cluster",
        level: Text => "problem or theme",
        case_key: i64 => "case",
        similarity: Option<f64> => "problem: similarity with the exemplar, 0 to 1",
        shared_terms: Option<FreeText> => "problem: the terms that it shares with the exemplar, heaviest first, with their part of the similarity",
        bound: bool => "an analyst put it here",
    }
}

table! {
    /// One row a complaint that repeats an earlier one of the same complainant. Derived.
    CaseRelationRow, CaseRelationColumns, "case_relations", partitioned: false, {
        kind: Text => "duplicate: the same complaint registered twice; repeat: the same problem again after a decision",
        case_key: i64 => "the later case",
        of_case_key: i64 => "the earlier case",
        days_between: i32 => "calendar days from the earlier receipt to the later",
        days_since_decision: Option<i32> => "repeat: calendar days from the earlier case's last decision before this receipt",
        similarity: f64 => "similarity of the two texts, 0 to 1",
        cluster_id: Option<Text> => "the problem in which both stand",
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
