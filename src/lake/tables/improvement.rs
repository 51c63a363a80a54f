//! The tables of the layer of improvement: actions and their judgements, audits, reviews and research.

use chrono::NaiveDate;

use super::Instant;
use crate::table::{FreeText, Text, table};

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
