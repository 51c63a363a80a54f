//! The mapping that is proposed for a log: rows are what happened to cases.

use std::fmt::Write as _;

use super::names::Role;
use super::proposal::{NEVER, Proposal, name_in_sql, one_line, text_in_sql};
use super::states::{Does, channel, does};

/// Writes the files.
pub(super) fn propose(proposal: &mut Proposal<'_>) {
    let states = states(proposal);
    let mut not_recorded = Vec::new();
    if !states.acknowledges {
        not_recorded.push("acknowledgement");
    }
    let sorted = proposal.has(Role::Category) && proposal.has(Role::Department);
    if !sorted {
        not_recorded.extend(["intake", "processing"]);
    }
    not_recorded.extend(NEVER);
    if states.waits {
        proposal.doubt(
            "For whom a case waits decides whether the clock stops: `wait` stops none, `wait_customer` does. Look at the list in prepare.sql.".to_owned(),
        );
    }
    proposal.settings("log", &not_recorded);
    let prepare = prepare(proposal, &states.list, sorted);
    proposal.file("prepare.sql", prepare);
    for (name, text) in QUERIES {
        proposal.file(name, text.to_owned());
    }
    let state = proposal.sql(Role::State);
    let title = proposal
        .column(Role::State)
        .map(|column| column.name.clone())
        .unwrap_or_default();
    proposal.file(
        "unknown.sql",
        format!(
            "SELECT {} AS what, COALESCE(l.{state}, '(none)') AS word, COUNT(*) AS rows, 'row ' || MIN(l.row_no) AS first\nFROM log AS l\nLEFT JOIN word AS w ON w.state = l.{state}\nWHERE w.state IS NULL OR w.does = 'unknown'\nGROUP BY l.{state}\nORDER BY l.{state}\n",
            text_in_sql(&title)
        ),
    );
    if proposal.has(Role::Text) {
        let text = proposal.sql(Role::Text);
        proposal.file(
            "narrative.sql",
            format!(
                "-- The first words of a case.\nSELECT k.case_key, plain_text(l.{text}) AS narrative\nFROM cases AS k\nJOIN log AS l ON l.row_no = k.text_row\nWHERE k.received_month = :month\nORDER BY k.case_key\n"
            ),
        );
    }
}

/// The list of states, and what is in it.
struct States {
    list: String,
    acknowledges: bool,
    waits: bool,
}

fn states(proposal: &mut Proposal<'_>) -> States {
    let mut states = States {
        list: String::new(),
        acknowledges: false,
        waits: false,
    };
    let values = proposal
        .column(Role::State)
        .map(super::column::Column::values)
        .unwrap_or_default();
    let mut silent = Vec::new();
    let mut guessed = 0;
    for (place, value) in values.iter().enumerate() {
        let found = does(&value.value);
        match found {
            Some(Does::Acknowledged) => states.acknowledges = true,
            Some(Does::Wait | Does::WaitCustomer) => states.waits = true,
            Some(Does::Solved | Does::Closed | Does::Withdrawn | Does::Work | Does::Note) => {}
            None => silent.push(format!(
                "`{}` ({} row(s))",
                one_line(&value.value),
                value.rows
            )),
        }
        guessed += usize::from(found.is_some());
        let comma = if place + 1 < values.len() { "," } else { "" };
        let _ = writeln!(
            states.list,
            "    ({}, '{}'){comma} -- {} row(s), first in line {}{}",
            text_in_sql(&value.value),
            found.map_or("unknown", Does::as_str),
            value.rows,
            value.line,
            if found.is_none() {
                ": not understood"
            } else {
                ""
            },
        );
    }
    let title = proposal.title(Role::State);
    if guessed > 0 {
        proposal.doubt(format!(
            "What {guessed} of the {} values of {title} do was guessed by their words. Look at each in prepare.sql.",
            values.len()
        ));
    }
    if !silent.is_empty() {
        proposal.doubt(format!(
            "These values of {title} were not understood; their rows are kept as notes: {}.",
            silent.join(", ")
        ));
    }
    let ends = values
        .iter()
        .any(|value| does(&value.value).is_some_and(Does::ends));
    if !ends {
        let instead = match proposal.has(Role::Closed) {
            true => format!("{} is taken for it", proposal.title(Role::Closed)),
            false => "as it stands, every case stays open".to_owned(),
        };
        proposal.doubt(format!(
            "No value of {title} says that a case was answered or closed: {instead}."
        ));
    }
    states
}

/// `prepare.sql`: the list of states, the rows placed within their cases, and the events that they give.
fn prepare(proposal: &Proposal<'_>, list: &str, sorted: bool) -> String {
    let mut sql = String::from(
        "-- What a state does:\n--   note  nothing that moves the case      work  somebody is at it\n--   wait  it waits, for whom is not said   wait_customer  it waits for the customer, whose time it is\n--   acknowledged  the customer knows that it was received\n--   solved  an answer was given            closed  nothing more is expected\n--   withdrawn  the customer took it back   unknown  kept as a note, and named\n-- A state that is missing here is unknown.\nCREATE TABLE word (state TEXT PRIMARY KEY, does TEXT NOT NULL);\n",
    );
    if !list.is_empty() {
        let _ = writeln!(sql, "INSERT INTO word VALUES\n{list};");
    }
    let case = proposal.sql(Role::Case);
    let columns = [
        ("state", Role::State),
        ("at", Role::Time),
        ("received", Role::Received),
        ("ended", Role::Closed),
        ("complainant", Role::Complainant),
        ("category", Role::Category),
        ("department", Role::Department),
        ("product", Role::Product),
        ("channel", Role::Channel),
        ("actor", Role::Actor),
        ("said", Role::Text),
    ]
    .map(|(name, role)| format!("{} AS {name}", in_table(proposal, role)));
    let _ = writeln!(
        sql,
        "\n-- The rows in the order in which things happened.\nCREATE TABLE entry AS\nSELECT l.row_no, l.{case} AS case_id, {},\n    CASE COALESCE(w.does, 'unknown') WHEN 'unknown' THEN 'note' ELSE w.does END AS does\nFROM log AS l\nLEFT JOIN word AS w ON w.state = l.{}\nWHERE l.{case} IS NOT NULL;\nCREATE INDEX entry_by_case ON entry (case_id, at, row_no);",
        columns.join(", "),
        proposal.sql(Role::State),
    );
    sql.push_str(CASES);
    sql.push_str(PLACES);
    let channel = channels(proposal);
    let _ = writeln!(
        sql,
        "\n-- The first row of a case is its receipt, unless a column says when it was received.\nINSERT INTO derived\nSELECT k.case_key, p.row_no, 0, 'registered', COALESCE(p.at, k.received_at), NULL, json_object(\n    'received_at', rfc3339(k.received_at), 'channel', {channel}, 'language', 'en', 'product', p.product)\nFROM cases AS k\nJOIN placed AS p ON p.case_id = k.case_id AND p.nth = 1;"
    );
    sql.push_str(if sorted { SORTED } else { "" });
    sql.push_str(EVENTS);
    sql.push_str(if proposal.has(Role::Closed) {
        ENDED
    } else {
        ""
    });
    sql
}

/// A column of the log, `NULL` where there is none.
fn in_table(proposal: &Proposal<'_>, role: Role) -> String {
    proposal.column(role).map_or_else(
        || "NULL".to_owned(),
        |column| format!("l.{}", name_in_sql(&column.name)),
    )
}

/// The channels' words as the canonical form has them.
pub(super) fn channels(proposal: &Proposal<'_>) -> String {
    let Some(column) = proposal.column(Role::Channel) else {
        return "'other'".to_owned();
    };
    let mut cases = String::new();
    for value in column.values() {
        if let Some(known) = channel(&value.value) {
            let _ = write!(cases, " WHEN {} THEN '{known}'", text_in_sql(&value.value));
        }
    }
    if cases.is_empty() {
        return "'other'".to_owned();
    }
    format!("CASE p.channel{cases} ELSE 'other' END")
}

const CASES: &str = "
CREATE TABLE cases AS
SELECT
    ROW_NUMBER() OVER (ORDER BY MIN(row_no)) AS case_key, case_id,
    MIN(COALESCE(MIN(received), MIN(at)), COALESCE(MIN(at), MIN(received))) AS received_at,
    MAX(ended) AS ended_at, MIN(CASE WHEN said IS NOT NULL THEN row_no END) AS text_row
FROM entry
GROUP BY case_id;
ALTER TABLE cases ADD COLUMN received_month TEXT;
UPDATE cases SET received_month = COALESCE(local_month(received_at), 'unknown');
CREATE UNIQUE INDEX cases_by_id ON cases (case_id);
CREATE INDEX cases_by_month ON cases (received_month, case_key);
";

const PLACES: &str = "
-- Where a case stood before each row that moves it, and what else was different before. A case that leaves \"solved\" or
-- \"closed\" for open work is examined again: the pass grows by one.
CREATE TABLE moved AS
SELECT row_no, LAG(does) OVER (PARTITION BY case_id ORDER BY at, row_no) AS before
FROM entry
WHERE does <> 'note';
CREATE UNIQUE INDEX moved_by_row ON moved (row_no);
CREATE TABLE placed AS
SELECT
    e.*, k.case_key, m.before,
    ROW_NUMBER() OVER changes AS nth,
    LAG(e.category) OVER changes AS category_before,
    LAG(e.department) OVER changes AS department_before,
    COALESCE(m.before IN ('solved', 'closed') AND e.does IN ('work', 'wait', 'wait_customer'), 0) AS goes_back,
    1 + SUM(COALESCE(m.before IN ('solved', 'closed') AND e.does IN ('work', 'wait', 'wait_customer'), 0)) OVER changes AS pass
FROM entry AS e
JOIN cases AS k ON k.case_id = e.case_id
LEFT JOIN moved AS m ON m.row_no = e.row_no
WINDOW changes AS (PARTITION BY e.case_id ORDER BY e.at, e.row_no);
CREATE INDEX placed_by_case ON placed (case_id, nth);

-- `part` orders the events that one row gives.
CREATE TABLE derived (case_key INTEGER, row_no INTEGER, part INTEGER, kind TEXT, occurred_at INTEGER, actor TEXT, data TEXT);
CREATE INDEX derived_by_case ON derived (case_key, row_no, part);
";

const SORTED: &str = "
INSERT INTO derived
SELECT case_key, row_no, 2, 'classified', at, actor, json_object('category', category)
FROM placed
WHERE category IS NOT NULL AND category IS NOT category_before;

INSERT INTO derived
SELECT case_key, row_no, 3, 'routed', at, actor, json_object('department', department)
FROM placed
WHERE department IS NOT NULL AND department IS NOT department_before;
";

const EVENTS: &str = "
-- Leaving \"solved\" for the first time is taken as the customer's no; any other return is a reopening.
INSERT INTO derived
SELECT case_key, row_no, 1, CASE WHEN before = 'solved' AND pass = 2 THEN 'rejected' ELSE 'reopened' END, at, actor,
    CASE WHEN before = 'solved' AND pass = 2 THEN '{\"pass\":1}' ELSE '{}' END
FROM placed
WHERE goes_back;

INSERT INTO derived
SELECT case_key, row_no, 4, 'acknowledged', at, actor, '{\"means\":\"letter\"}'
FROM placed
WHERE does = 'acknowledged';

INSERT INTO derived
SELECT case_key, row_no, 5, 'resumed', at, actor, '{}'
FROM placed
WHERE before IN ('wait', 'wait_customer') AND does <> before;

INSERT INTO derived
SELECT case_key, row_no, 6, 'paused', at, actor,
    json_object('reason', CASE does WHEN 'wait_customer' THEN 'customer_information' ELSE 'internal' END)
FROM placed
WHERE does IN ('wait', 'wait_customer') AND COALESCE(before, '') <> does;

-- The answer and the word to the customer are one step; response, means and rule are constants that the canonical form
-- demands.
INSERT INTO derived
SELECT case_key, row_no, 7, 'decided', at, actor, json_object(
    'pass', pass, 'response', 'information', 'rule', '-', 'rule_version', '-')
FROM placed
WHERE does IN ('solved', 'closed') AND COALESCE(before, '') NOT IN ('solved', 'closed');

INSERT INTO derived
SELECT case_key, row_no, 8, 'communicated', occurred_at, actor, json_object('pass', json_extract(data, '$.pass'), 'means', 'email')
FROM derived
WHERE kind = 'decided';

-- Nobody is asked, so that closing is never an acceptance.
INSERT INTO derived
SELECT case_key, row_no, 9, 'answer_lapsed', at, actor, json_object('pass', pass, 'reminders', 0)
FROM placed
WHERE does = 'closed' AND COALESCE(before, '') <> 'closed';

INSERT INTO derived
SELECT case_key, row_no, 10, 'withdrawn', at, actor, '{}'
FROM placed
WHERE does = 'withdrawn' AND COALESCE(before, '') <> 'withdrawn';

-- Rows that give nothing of the above stay visible.
INSERT INTO derived
SELECT p.case_key, p.row_no, 11, 'note_added', p.at, p.actor, '{}'
FROM placed AS p
WHERE NOT EXISTS (SELECT 1 FROM derived AS d WHERE d.case_key = p.case_key AND d.row_no = p.row_no);
";

const ENDED: &str = "
-- No state says that a case ended; a column says when. What is unknown of the answer is as above.
INSERT INTO derived
SELECT k.case_key, MAX(p.row_no), 12, 'decided', k.ended_at, NULL, json_object(
    'pass', MAX(p.pass), 'response', 'information', 'rule', '-', 'rule_version', '-')
FROM cases AS k
JOIN placed AS p ON p.case_id = k.case_id
WHERE k.ended_at IS NOT NULL
GROUP BY k.case_key;

INSERT INTO derived
SELECT case_key, row_no, 13, 'communicated', occurred_at, actor, json_object('pass', json_extract(data, '$.pass'), 'means', 'email')
FROM derived
WHERE part = 12;

INSERT INTO derived
SELECT case_key, row_no, 14, 'answer_lapsed', occurred_at, actor, json_object('pass', json_extract(data, '$.pass'), 'reminders', 0)
FROM derived
WHERE part = 12;
";

/// Queries that are the same for every log.
const QUERIES: [(&str, &str); 5] = [
    (
        "months.sql",
        "SELECT received_month, COUNT(*) AS cases FROM cases GROUP BY received_month ORDER BY received_month\n",
    ),
    (
        "case.sql",
        "SELECT k.case_key, k.case_id,\n    (SELECT e.complainant FROM entry AS e WHERE e.case_id = k.case_id AND e.complainant IS NOT NULL ORDER BY e.at, e.row_no LIMIT 1)\n        AS complainant,\n    NULL AS source_verdict\nFROM cases AS k\nWHERE k.received_month = :month\nORDER BY k.case_key\n",
    ),
    (
        "event.sql",
        "SELECT d.case_key, d.row_no * 100 + d.part AS seq, d.kind, d.occurred_at, d.occurred_at AS recorded_at,\n    CASE d.kind WHEN 'registered' THEN 'contact' ELSE 'agent' END AS role, d.actor, NULL AS late_reason, d.data\nFROM cases AS k\nCROSS JOIN derived AS d ON d.case_key = k.case_key\nWHERE k.received_month = :month\nORDER BY d.case_key, d.row_no, d.part\n",
    ),
    (
        "head.sql",
        "SELECT MAX(row_no * 100 + part) AS last_seq, NULL AS chain_head FROM derived WHERE occurred_at <= :as_of\n",
    ),
    (
        "census.sql",
        "SELECT (SELECT COUNT(*) FROM cases) AS cases, (SELECT COUNT(*) FROM derived) AS events\n",
    ),
];
