//! Corrective actions: what has none, how each stands, which worked, whose effect did not last.

use std::collections::BTreeMap;

use super::action_course::charts;
use super::changes::{self, Change, Changes};
use super::maker::Maker;
use crate::ReviewError;
use crate::model::{Block, Cell, Column, Finding, FindingKind, Section};
use crate::numbers::rounded;
use crate::words::{NOTHING, clean};
use redress_engine::counted::{Counted, Value};

const LIST: &str = "action_list";
const VERDICTS: &str = "action_verdicts";
const COURSE: &str = "action_course";
const RELAPSES: &str = "action_relapses";
const UNATTENDED: &str = "unattended";
/// Metrics that this section shows.
pub(super) const SHOWN: [&str; 5] = [LIST, VERDICTS, COURSE, RELAPSES, UNATTENDED];

/// Rows of a table.
const MOST: usize = 15;
/// Named in a finding's sentence.
const NAMED: usize = 3;

/// What is known of actions; a part is `None` when it is not measured.
#[derive(Debug, Clone)]
pub(super) struct Actions {
    list: Option<Counted>,
    verdicts: Option<Counted>,
    course: Option<Counted>,
    relapses: Option<Counted>,
    unattended: Option<Counted>,
}

pub(super) fn read(maker: &Maker) -> Result<Actions, ReviewError> {
    Ok(Actions {
        list: maker.metric(
            LIST,
            &["action_id", "title", "owner", "state", "due_on", "overdue"],
        )?,
        verdicts: maker.metric(
            VERDICTS,
            &[
                "action_id",
                "title",
                "basis",
                "verdict",
                "verdict_by_person",
                "ratio",
            ],
        )?,
        course: maker.metric(
            COURSE,
            &["action_id", "month", "time_window", "cases", "exposure"],
        )?,
        relapses: maker.metric(
            RELAPSES,
            &["action_id", "title", "signal", "recent", "cases"],
        )?,
        unattended: maker.metric(
            UNATTENDED,
            &["subject", "subject_id", "label", "trend", "cases_year"],
        )?,
    })
}

/// How many of these problems no open action names; `None` when that is not known.
pub(super) fn without_action(actions: &Actions, problems: &[&str]) -> Option<usize> {
    let table = actions.unattended.as_ref()?;
    let listed = |row: &usize| problems.contains(&table.text(*row, "subject_id").as_str());
    Some(of_kind(table, "problem").filter(listed).count())
}

/// Rows of a kind of subject.
fn of_kind<'a>(table: &'a Counted, subject: &'a str) -> impl Iterator<Item = usize> + 'a {
    (0..table.rows.len()).filter(move |row| table.text(*row, "subject") == subject)
}

/// The first page's sentence on categories that grew in the period beyond chance while nobody works on them: those
/// that stand under the control over all series, and of which it is known that no open action names them.
fn categories(
    maker: &Maker,
    table: &Counted,
    changes: Option<&Changes>,
    findings: &mut Vec<Finding>,
    clear: &mut Vec<String>,
) {
    let words = maker.words;
    let Some(changes) = changes else { return };
    let grown: Vec<(usize, &Change)> = of_kind(table, "category")
        .filter_map(|row| {
            let test = changes.called_category(&table.text(row, "subject_id"))?;
            Some((row, &test.change))
        })
        .collect();
    if grown.is_empty() {
        // One that grew and is not listed is said with what else changed.
        if changes.all_categories_steady() {
            clear.push(words.text("actions.no_category"));
        }
        return;
    }
    let named: Vec<String> = grown
        .iter()
        .take(NAMED)
        .map(|(row, change)| {
            let label = words.name("categories", &clean(&table.text(*row, "label")));
            format!("{label}: {}", changes::change_text(maker, change))
        })
        .collect();
    let (months, _) = changes.months(maker);
    let n = grown.len() as i64;
    findings.push(Finding {
        kind: FindingKind::CategoryGrowing,
        figure: words.count(n),
        sentence: words.plural("actions.categories", n, &[("months", &months)]),
        detail: named.join("; "),
        decision: words.text("recurrence.decide"),
        link: "actions".into(),
        link_text: words.text("findings.see_figures"),
    });
}

/// Sentences of the first page: actions that failed or did not last, and actions overdue.
pub(super) fn findings(
    maker: &Maker,
    actions: &Actions,
    changes: Option<&Changes>,
    findings: &mut Vec<Finding>,
    clear: &mut Vec<String>,
) {
    let words = maker.words;
    let Some(unattended) = &actions.unattended else {
        clear.push(words.text("actions.not_read"));
        return;
    };
    categories(maker, unattended, changes, findings, clear);
    failed(maker, actions, findings);
    let Some(list) = &actions.list else {
        clear.push(words.text("actions.none_recorded"));
        return;
    };
    let overdue: Vec<usize> = (0..list.rows.len())
        .filter(|row| list.text(*row, "overdue") == "yes")
        .collect();
    if overdue.is_empty() {
        clear.push(words.text("actions.none_overdue"));
        return;
    }
    let named: Vec<String> = overdue
        .iter()
        .take(NAMED)
        .map(|row| {
            let due = maker.value("due_on", list.cell(*row, "due_on"));
            let owner = clean(&list.text(*row, "owner"));
            words.fill(
                "actions.named_due",
                &[
                    ("action", &title(list, *row)),
                    ("day", &due),
                    ("owner", &owner),
                ],
            )
        })
        .collect();
    let n = overdue.len() as i64;
    findings.push(Finding {
        kind: FindingKind::ActionsOverdue,
        figure: words.count(n),
        sentence: words.plural("actions.overdue", n, &[]),
        detail: named.join("; "),
        decision: words.text("actions.overdue_decide"),
        link: "actions".into(),
        link_text: words.text("findings.see_figures"),
    });
}

/// Actions found ineffective in the period, and those whose effect did not last.
fn failed(maker: &Maker, actions: &Actions, findings: &mut Vec<Finding>) {
    let words = maker.words;
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    if let Some(table) = &actions.verdicts {
        for row in 0..table.rows.len() {
            let by_person = table.text(row, "verdict_by_person");
            let computed = table.text(row, "verdict");
            if computed == "ineffective" || by_person == "ineffective" {
                named.insert(table.text(row, "action_id"), title(table, row));
            }
        }
    }
    if let Some(table) = &actions.relapses {
        for row in 0..table.rows.len() {
            named.insert(table.text(row, "action_id"), title(table, row));
        }
    }
    if named.is_empty() {
        return;
    }
    let n = named.len() as i64;
    findings.push(Finding {
        kind: FindingKind::ActionsFailed,
        figure: words.count(n),
        sentence: words.plural("actions.failed", n, &[]),
        detail: named
            .into_values()
            .take(NAMED)
            .collect::<Vec<_>>()
            .join("; "),
        decision: words.text("actions.failed_decide"),
        link: "actions".into(),
        link_text: words.text("findings.see_figures"),
    });
}

pub(super) fn title(table: &Counted, row: usize) -> String {
    format!(
        "{} {}",
        table.text(row, "action_id"),
        clean(&table.text(row, "title"))
    )
}

pub(super) fn section(maker: &Maker, actions: &Actions) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = vec![Block::Text {
        text: words.text("actions.lead"),
    }];
    match &actions.unattended {
        None => blocks.push(Block::Absent {
            text: words.text("actions.not_read"),
        }),
        Some(table) => {
            unattended(maker, table, &mut blocks);
            list(maker, actions.list.as_ref(), &mut blocks);
            judged(maker, actions, &mut blocks);
            relapses(maker, actions.relapses.as_ref(), &mut blocks);
        }
    }
    Ok(Section {
        id: "actions".into(),
        title: words.text("actions.title"),
        reference: words.text("actions.reference"),
        blocks,
    })
}

fn heading(maker: &Maker, key: &str, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading {
        text: maker.words.text(&format!("actions.{key}_title")),
    });
}

fn absent(maker: &Maker, key: &str, blocks: &mut Vec<Block>) {
    blocks.push(Block::Absent {
        text: maker.words.text(&format!("actions.{key}_none")),
    });
}

/// A table of some columns of a metric, with the command that opens it.
fn table(
    maker: &Maker,
    metric: &str,
    key: &str,
    counted: &Counted,
    columns: &[&str],
    cell: impl Fn(usize, &str) -> Cell,
    blocks: &mut Vec<Block>,
) {
    let words = maker.words;
    let numbers = [
        "recent",
        "expected",
        "cases_year",
        "open_cases",
        "cost",
        "ratio",
        "cases_before",
        "cases_after",
    ];
    let heads = columns
        .iter()
        .map(|name| Column {
            title: words.text(&format!("actions.col_{name}")),
            number: numbers.contains(name),
        })
        .collect();
    let rows: Vec<Vec<Cell>> = (0..counted.rows.len().min(MOST))
        .map(|row| columns.iter().map(|name| cell(row, name)).collect())
        .collect();
    let shown = words.count(rows.len() as i64);
    let caption = words.plural(
        &format!("actions.{key}_caption"),
        counted.rows.len() as i64,
        &[("shown", &shown)],
    );
    blocks.push(Block::Table {
        table: maker.table(metric, caption, heads, rows),
    });
    blocks.push(Block::Command {
        text: words.text("cases.open_with"),
        command: maker.command(metric, &[]),
    });
}

fn unattended(maker: &Maker, counted: &Counted, blocks: &mut Vec<Block>) {
    let words = maker.words;
    heading(maker, "unattended", blocks);
    if counted.rows.is_empty() {
        absent(maker, "unattended", blocks);
        return;
    }
    let mut columns = vec![
        "subject",
        "label",
        "trend",
        "recent",
        "expected",
        "cases_year",
        "open_cases",
    ];
    if maker.context.currency.is_some() {
        columns.push("cost");
    }
    let cell = |row: usize, name: &str| match name {
        "subject" => Cell::text(match counted.text(row, "subject").as_str() {
            "category" => words.text("actions.category"),
            _ => counted.text(row, "subject_id"),
        }),
        "label" => match counted.text(row, "subject").as_str() {
            "category" => Cell::text(words.name("categories", &clean(&counted.text(row, "label")))),
            _ => Cell::text(clean(&counted.text(row, "label"))),
        },
        "trend" => Cell::text(words.name("trends", &counted.text(row, "trend"))),
        "expected" => maker.real_cell(counted.cell(row, "expected").as_real()),
        "cost" => {
            let whole = counted.count(row, "cost_year_minor") / 100;
            Cell::number(words.count(whole), whole as f64)
        }
        other => maker.count_cell(counted.count(row, other), None),
    };
    table(
        maker,
        UNATTENDED,
        "unattended",
        counted,
        &columns,
        cell,
        blocks,
    );
}

fn list(maker: &Maker, counted: Option<&Counted>, blocks: &mut Vec<Block>) {
    let words = maker.words;
    heading(maker, "list", blocks);
    let Some(counted) = counted.filter(|table| !table.rows.is_empty()) else {
        absent(maker, "list", blocks);
        return;
    };
    let columns = ["action", "kind", "owner", "state", "due_on", "check_due_on"];
    let cell = |row: usize, name: &str| match name {
        "action" => Cell::text(title(counted, row)),
        "kind" => Cell::text(words.name("codes", &counted.text(row, "kind"))),
        "state" => {
            let state = words.name("codes", &counted.text(row, "state"));
            Cell::text(match counted.text(row, "ending_note").as_str() {
                "" => state,
                note => format!("{state}: {}", clean(note)),
            })
        }
        "owner" => Cell::text(clean(&counted.text(row, "owner"))),
        "due_on" if counted.text(row, "overdue") == "yes" => {
            let due = maker.value("due_on", counted.cell(row, "due_on"));
            Cell::text(words.fill("actions.overdue_since", &[("day", &due)]))
        }
        other => Cell::text(maker.value(other, counted.cell(row, other))),
    };
    table(maker, LIST, "list", counted, &columns, cell, blocks);
}

fn judged(maker: &Maker, actions: &Actions, blocks: &mut Vec<Block>) {
    let words = maker.words;
    heading(maker, "judged", blocks);
    match actions
        .verdicts
        .as_ref()
        .filter(|table| !table.rows.is_empty())
    {
        None => absent(maker, "judged", blocks),
        Some(counted) => {
            let columns = [
                "action",
                "verdict",
                "person",
                "ratio",
                "cases_before",
                "cases_after",
                "remarks",
            ];
            let cell = |row: usize, name: &str| match name {
                "action" => Cell::text(title(counted, row)),
                "verdict" => match counted.text(row, "basis").as_str() {
                    "criterion" => Cell::text(words.text("actions.by_criterion")),
                    _ => Cell::text(words.name("codes", &counted.text(row, "verdict"))),
                },
                "person" => Cell::text(match counted.text(row, "verdict_by_person").as_str() {
                    "" => words.text("actions.not_verified"),
                    verdict => words.name("codes", verdict),
                }),
                "ratio" => Cell {
                    text: interval(maker, counted, row),
                    number: counted.cell(row, "ratio").as_real().map(|r| rounded(r, 2)),
                    link: None,
                    counts: Vec::new(),
                    inside: false,
                },
                "remarks" => Cell::text(remarks(maker, counted, row)),
                other => match counted.cell(row, other).as_count() {
                    Some(n) => maker.count_cell(n, None),
                    None => Cell::text(NOTHING),
                },
            };
            table(maker, VERDICTS, "judged", counted, &columns, cell, blocks);
        }
    }
    if let Some(course) = &actions.course {
        charts(
            maker,
            actions.verdicts.as_ref(),
            actions.list.as_ref(),
            course,
            blocks,
        );
    }
}

/// The ratio with its interval.
fn interval(maker: &Maker, counted: &Counted, row: usize) -> String {
    let at = |name: &str| counted.cell(row, name).as_real();
    let (Some(ratio), Some(lower)) = (at("ratio"), at("ratio_lower")) else {
        return NOTHING.to_owned();
    };
    let upper = at("ratio_upper").map_or("∞".to_owned(), |u| maker.words.real(u, 2));
    format!(
        "{} ({}–{upper})",
        maker.words.real(ratio, 2),
        maker.words.real(lower, 2)
    )
}

/// What a reader must know of a verdict: that people differ, that the check was changed, that cases were moved.
fn remarks(maker: &Maker, counted: &Counted, row: usize) -> String {
    let words = maker.words;
    let mut said = Vec::new();
    let (computed, person) = (
        counted.text(row, "verdict"),
        counted.text(row, "verdict_by_person"),
    );
    if !person.is_empty() && counted.text(row, "basis") == "rate" && person != computed {
        said.push(words.text("actions.differs"));
    }
    let changes = counted.count(row, "changes");
    if changes > 0 {
        said.push(words.plural("actions.changed", changes, &[]));
    }
    if matches!(counted.cell(row, "changed_after_start"), Value::Flag(true)) {
        said.push(words.text("actions.after_start"));
    }
    // What joined or left the baseline since the check was fixed moves the ratio too.
    let fixed = counted.cell(row, "cases_when_fixed").as_count();
    if let (Some(fixed), Some(now)) = (fixed, counted.cell(row, "cases_before").as_count())
        && fixed != now
    {
        let fixed = words.count(fixed);
        said.push(words.fill("actions.baseline_moved", &[("fixed", &fixed)]));
    }
    let still = counted.text(row, "verdict_still_in");
    if !still.is_empty() && still != computed {
        let verdict = words.name("codes", &still);
        said.push(words.fill("actions.still_in", &[("verdict", &verdict)]));
    }
    if let Some(chance) = counted.cell(row, "chance_to_see").as_real() {
        let chance = match chance < 0.001 {
            true => format!("< {}", words.percent(0.001)),
            false => words.percent(chance),
        };
        said.push(words.fill("actions.chance", &[("chance", &chance)]));
    }
    match said.is_empty() {
        true => NOTHING.to_owned(),
        false => said.join("; "),
    }
}

fn relapses(maker: &Maker, counted: Option<&Counted>, blocks: &mut Vec<Block>) {
    let words = maker.words;
    heading(maker, "relapses", blocks);
    let Some(counted) = counted.filter(|table| !table.rows.is_empty()) else {
        absent(maker, "relapses", blocks);
        return;
    };
    let columns = ["action", "signal", "recent", "expected", "cases_named"];
    let cell = |row: usize, name: &str| match name {
        "action" => Cell::text(title(counted, row)),
        "signal" => {
            Cell::text(words.text(&format!("actions.signal_{}", counted.text(row, "signal"))))
        }
        "expected" => maker.real_cell(counted.cell(row, "expected").as_real()),
        "cases_named" => Cell::text(match counted.text(row, "cases").as_str() {
            "" => NOTHING.to_owned(),
            cases => clean(cases),
        }),
        other => maker.count_cell(counted.count(row, other), None),
    };
    table(maker, RELAPSES, "relapses", counted, &columns, cell, blocks);
}
