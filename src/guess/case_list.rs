//! The mapping that is proposed for a list: a row is a case, and its dates say what happened to it.

use std::fmt::Write as _;

use super::event_log::channels;
use super::names::Role;
use super::proposal::{NEVER, Proposal};

/// Writes the files.
pub(super) fn propose(proposal: &mut Proposal<'_>) {
    let ends = proposal.has(Role::Decided) || proposal.has(Role::Closed);
    if !ends {
        proposal.doubt(
            "No column says when a case was answered or closed: as it stands, every case stays open.".to_owned(),
        );
    }
    if let Some(case) = proposal.column(Role::Case)
        && case.comes_again()
    {
        proposal.doubt(format!(
            "{} is not another one in every row, and a case that stands twice stops the extract. If these rows are one case, make one of them in prepare.sql; else take another column as `case_id` in case.sql.",
            proposal.title(Role::Case)
        ));
    }
    if proposal.has(Role::State) {
        let title = proposal.title(Role::State);
        let values: Vec<String> = proposal
            .column(Role::State)
            .map(super::column::Column::values)
            .unwrap_or_default()
            .iter()
            .map(|value| format!("`{}` ({})", value.value, value.rows))
            .collect();
        proposal.doubt(format!(
            "{title} is where a case stands now, and a list does not say since when. It is not used; its values are {}.",
            values.join(", ")
        ));
    }
    let sorted = proposal.has(Role::Routed) && proposal.has(Role::Department);
    let mut not_recorded = Vec::new();
    if !proposal.has(Role::Acknowledged) {
        not_recorded.push("acknowledgement");
    }
    if !sorted {
        not_recorded.extend(["intake", "processing"]);
    }
    not_recorded.extend(NEVER);
    proposal.settings("list", &not_recorded);
    let prepare = prepare(proposal, sorted);
    proposal.file("prepare.sql", prepare);
    let case = proposal.sql(Role::Case);
    let complainant = proposal.sql(Role::Complainant);
    proposal.file(
        "case.sql",
        format!(
            "SELECT row_no AS case_key, {case} AS case_id, {complainant} AS complainant, NULL AS source_verdict\nFROM received\nWHERE received_month = :month\nORDER BY row_no\n"
        ),
    );
    for (name, text) in QUERIES {
        proposal.file(name, text.to_owned());
    }
    if proposal.has(Role::Text) {
        let text = proposal.sql(Role::Text);
        proposal.file(
            "narrative.sql",
            format!(
                "SELECT row_no AS case_key, plain_text({text}) AS narrative\nFROM received\nWHERE received_month = :month AND {text} IS NOT NULL\nORDER BY row_no\n"
            ),
        );
    }
}

/// `prepare.sql`: the months of receipt, and an event for each date.
fn prepare(proposal: &Proposal<'_>, sorted: bool) -> String {
    let received = proposal.sql(Role::Received);
    let mut sql = format!(
        "CREATE TABLE received AS\nSELECT p.*, COALESCE(local_month({received}), 'unknown') AS received_month\nFROM list AS p;\nCREATE UNIQUE INDEX received_by_row ON received (row_no);\nCREATE INDEX received_by_month ON received (received_month, row_no);\n\n-- Events in the order in which they make sense; `part` orders what happened at the same moment.\nCREATE TABLE derived (case_key INTEGER, part INTEGER, kind TEXT, occurred_at INTEGER, actor TEXT, data TEXT);\nCREATE INDEX derived_by_case ON derived (case_key, part);\n"
    );
    let product = proposal.sql(Role::Product);
    let channel = channels(proposal).replace("p.channel", &proposal.sql(Role::Channel));
    let actor = proposal.sql(Role::Actor);
    let mut event = |comment: &str,
                     part: u32,
                     kind: &str,
                     at: &str,
                     data: &str,
                     condition: &str| {
        let _ = writeln!(
            sql,
            "\n{comment}INSERT INTO derived\nSELECT row_no, {part}, '{kind}', {at}, {actor}, {data}\nFROM received\nWHERE {condition};"
        );
    };
    event(
        "",
        0,
        "registered",
        &received,
        &format!(
            "json_object(\n    'received_at', rfc3339({received}), 'channel', {channel}, 'language', 'en', 'product', {product})"
        ),
        "1",
    );
    if proposal.has(Role::Acknowledged) {
        let at = proposal.sql(Role::Acknowledged);
        event(
            "",
            1,
            "acknowledged",
            &at,
            "'{\"means\":\"letter\"}'",
            &format!("{at} IS NOT NULL"),
        );
    }
    if sorted {
        let at = proposal.sql(Role::Routed);
        let department = proposal.sql(Role::Department);
        let category = if proposal.has(Role::Category) {
            proposal.sql(Role::Category)
        } else {
            department.clone()
        };
        event(
            "-- A case is classified when it is routed; a list has one date for both.\n",
            2,
            "classified",
            &at,
            &format!("json_object('category', {category})"),
            &format!("{at} IS NOT NULL AND {category} IS NOT NULL"),
        );
        event(
            "",
            3,
            "routed",
            &at,
            &format!("json_object('department', {department})"),
            &format!("{at} IS NOT NULL AND {department} IS NOT NULL"),
        );
    } else if proposal.has(Role::Category) {
        let category = proposal.sql(Role::Category);
        event(
            "-- When a case was classified is not said: as it was received.\n",
            2,
            "classified",
            &received,
            &format!("json_object('category', {category})"),
            &format!("{category} IS NOT NULL"),
        );
    }
    let (decided, closed) = (proposal.sql(Role::Decided), proposal.sql(Role::Closed));
    let end = match (proposal.has(Role::Decided), proposal.has(Role::Closed)) {
        (true, true) => Some(format!("COALESCE({decided}, {closed})")),
        (true, false) => Some(decided),
        (false, true) => Some(closed.clone()),
        (false, false) => None,
    };
    if let Some(end) = end {
        event(
            "-- The answer and the word to the customer are one date; response, means and rule are constants that the canonical form\n-- demands.\n",
            4,
            "decided",
            &end,
            "'{\"pass\":1,\"response\":\"information\",\"rule\":\"-\",\"rule_version\":\"-\"}'",
            &format!("{end} IS NOT NULL"),
        );
        event(
            "",
            5,
            "communicated",
            &end,
            "'{\"pass\":1,\"means\":\"email\"}'",
            &format!("{end} IS NOT NULL"),
        );
    }
    if proposal.has(Role::Closed) {
        event(
            "-- Nobody is asked, so that closing is never an acceptance.\n",
            6,
            "answer_lapsed",
            &closed,
            "'{\"pass\":1,\"reminders\":0}'",
            &format!("{closed} IS NOT NULL"),
        );
    }
    sql
}

/// Queries that are the same for every list.
const QUERIES: [(&str, &str); 4] = [
    (
        "months.sql",
        "SELECT received_month, COUNT(*) AS cases FROM received GROUP BY received_month ORDER BY received_month\n",
    ),
    (
        "event.sql",
        "SELECT d.case_key, d.case_key * 10 + d.part AS seq, d.kind, d.occurred_at, d.occurred_at AS recorded_at,\n    CASE d.kind WHEN 'registered' THEN 'contact' ELSE 'agent' END AS role, d.actor, NULL AS late_reason, d.data\nFROM received AS r\nCROSS JOIN derived AS d ON d.case_key = r.row_no\nWHERE r.received_month = :month\nORDER BY d.case_key, d.part\n",
    ),
    (
        "head.sql",
        "SELECT MAX(case_key * 10 + part) AS last_seq, NULL AS chain_head FROM derived WHERE occurred_at <= :as_of\n",
    ),
    (
        "census.sql",
        "SELECT (SELECT COUNT(*) FROM received) AS cases, (SELECT COUNT(*) FROM derived) AS events\n",
    ),
];
