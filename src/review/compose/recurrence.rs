//! What comes again: problems that grew or emerged in the period beyond chance, those that the search called over its
//! own last months, and the recurrent problems of the period.

use super::changes::{Change, Changes, Subject, Test};
use super::maker::Maker;
use super::{months, problems, timelines};
use crate::ReviewError;
use crate::model::{Block, Cell, Column, Finding, FindingKind, Section};
use crate::numbers::{rounded, whole};
use crate::words::{NOTHING, clean};
use redress_engine::counted::Counted;

const GROWING: &str = "growing_problems";
const RECURRENT: &str = "recurrent_problems";
/// Problems shown in the table of the period.
const MOST: usize = 15;
/// Problems named in the finding's sentence.
const NAMED: usize = 3;

/// Both tables; `None` when the snapshot was not searched.
#[derive(Debug, Clone)]
pub(super) struct Recurrence {
    growing: Counted,
    recurrent: Counted,
}

pub(super) fn read(maker: &Maker) -> Result<Option<Recurrence>, ReviewError> {
    let growing = maker.metric(
        GROWING,
        &[
            "cluster_id",
            "label",
            "trend",
            "recent",
            "expected",
            "growth_q",
        ],
    )?;
    let recurrent = maker.metric(
        RECURRENT,
        &["cluster_id", "label", "received", "complaints"],
    )?;
    Ok(growing
        .zip(recurrent)
        .map(|(growing, recurrent)| Recurrence { growing, recurrent }))
}

/// The first page's sentence: problems that grew in the period, under the control over all series of the review.
/// `without_action`: how many of these problems no open action names, where that is known.
pub(super) fn finding(
    maker: &Maker,
    found: Option<&Recurrence>,
    changes: Option<&Changes>,
    without_action: impl Fn(&[&str]) -> Option<usize>,
    findings: &mut Vec<Finding>,
    clear: &mut Vec<String>,
) {
    let words = maker.words;
    if found.is_none() {
        clear.push(words.text("recurrence.not_searched"));
        return;
    }
    let Some(changes) = changes.filter(|changes| changes.tests_problems()) else {
        clear.push(words.text("recurrence.not_tested"));
        return;
    };
    let grown: Vec<Grown<'_>> = grown(changes).collect();
    let n = grown.len();
    if n == 0 {
        clear.push(words.text("recurrence.growing_none"));
        return;
    }
    let named: Vec<String> = grown
        .iter()
        .take(NAMED)
        .map(|grown| {
            words.fill(
                "recurrence.named",
                &[
                    ("cluster", grown.id),
                    ("label", grown.label),
                    ("recent", &words.count(whole(grown.recent))),
                    ("expected", &words.real(grown.expected, 1)),
                ],
            )
        })
        .collect();
    let ids: Vec<&str> = grown.iter().map(|grown| grown.id).collect();
    let (months, _) = changes.months(maker);
    findings.push(Finding {
        kind: FindingKind::ProblemGrowing,
        figure: words.count(n as i64),
        sentence: words.plural("recurrence.finding", n as i64, &[("months", &months)]),
        detail: match without_action(&ids) {
            Some(without) => {
                let said = words.plural("actions.without", without as i64, &[]);
                format!("{}. {said}", named.join("; "))
            }
            None => named.join("; "),
        },
        decision: words.text("recurrence.decide"),
        link: "recurrence".into(),
        link_text: words.text("findings.see_figures"),
    });
}

pub(super) fn section(
    maker: &Maker,
    found: Option<&Recurrence>,
    changes: Option<&Changes>,
) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = vec![Block::Text {
        text: words.text("recurrence.lead"),
    }];
    match found {
        None => blocks.push(Block::Absent {
            text: words.text("recurrence.not_searched"),
        }),
        Some(found) => {
            of_the_period(maker, changes, &mut blocks)?;
            let searched = months::of_the_search(maker);
            if changes.is_none_or(|changes| changes.tested_months() != searched) {
                of_the_search(maker, &found.growing, &searched, &mut blocks)?;
            }
            recurrent(maker, &found.recurrent, &mut blocks)?;
            blocks.extend(timelines::chart(maker, changes));
        }
    }
    Ok(Section {
        id: "recurrence".into(),
        title: words.text("recurrence.title"),
        reference: words.text("recurrence.reference"),
        blocks,
    })
}

/// A problem that grew in the period beyond chance.
struct Grown<'a> {
    id: &'a str,
    label: &'a str,
    is_new: bool,
    recent: u64,
    expected: f64,
    /// Ratio with its limits; `None`: unbounded, there was nothing before.
    ratio: Option<f64>,
    lower: f64,
    upper: Option<f64>,
    q_value: f64,
}

impl<'a> Grown<'a> {
    fn of(test: &'a Test) -> Option<Grown<'a>> {
        let Subject::Problem { id, label, is_new } = &test.subject else {
            return None;
        };
        let Change::Ratio {
            recent,
            expected,
            ratio,
            lower,
            upper,
        } = test.change
        else {
            return None;
        };
        Some(Grown {
            id,
            label,
            is_new: *is_new,
            recent,
            expected,
            ratio,
            lower,
            upper,
            q_value: test.q_value,
        })
    }
}

/// The surest first.
fn grown(changes: &Changes) -> impl Iterator<Item = Grown<'_>> {
    changes.called_problems().filter_map(Grown::of)
}

/// Problems beyond chance in the months of the period that are over.
fn of_the_period(
    maker: &Maker,
    changes: Option<&Changes>,
    blocks: &mut Vec<Block>,
) -> Result<(), ReviewError> {
    let words = maker.words;
    blocks.push(Block::Heading {
        text: words.text("recurrence.growing_title"),
    });
    let Some(changes) = changes.filter(|changes| changes.tests_problems()) else {
        blocks.push(Block::Absent {
            text: words.text("recurrence.not_tested"),
        });
        return Ok(());
    };
    let (months, before) = changes.months(maker);
    let values = [("months", months.as_str()), ("before", before.as_str())];
    let called = changes.called_problems().count();
    if called == 0 {
        blocks.push(Block::Absent {
            text: words.fill("recurrence.growing_absent", &values),
        });
        return Ok(());
    }
    let mut lists = Vec::new();
    let mut rows = Vec::new();
    for grown in grown(changes).take(MOST) {
        // Also those of a month that is not over.
        let in_period = changes.in_period(grown.id);
        let conditions = [("cluster_id", grown.id), ("in_period", "yes")];
        let name = format!("{} {}", grown.id, grown.label);
        let list = maker.cases(problems::METRIC, &conditions, name, whole(in_period))?;
        let kind = if grown.is_new { "emerging" } else { "growing" };
        let limits = (grown.ratio, Some(grown.lower), grown.upper);
        rows.push(vec![
            Cell::text(grown.id),
            Cell::text(grown.label),
            Cell::text(words.name("trends", kind)),
            maker.count_cell(whole(grown.recent), Some(&list)),
            maker.real_cell(Some(grown.expected)),
            ratio_cell(maker, limits),
            q_cell(maker, Some(grown.q_value)),
        ]);
        lists.push(list);
    }
    let shown = words.count(rows.len() as i64);
    let caption = words.plural(
        "recurrence.growing_caption",
        whole(called),
        &[("shown", &shown), values[0], values[1]],
    );
    blocks.push(Block::Table {
        table: maker.table("problem_growth", caption, growth_columns(maker), rows),
    });
    blocks.extend(maker.cases_block(lists));
    Ok(())
}

/// Problems that the search called over its own last months, where these are not those of the period.
fn of_the_search(
    maker: &Maker,
    table: &Counted,
    searched: &[String],
    blocks: &mut Vec<Block>,
) -> Result<(), ReviewError> {
    let words = maker.words;
    let months = months::named(words, searched);
    blocks.push(Block::Heading {
        text: words.fill("recurrence.search_title", &[("months", &months)]),
    });
    if table.rows.is_empty() {
        blocks.push(Block::Absent {
            text: words.text("recurrence.search_absent"),
        });
        return Ok(());
    }
    let mut lists = Vec::new();
    let mut rows = Vec::new();
    for row in 0..table.rows.len().min(MOST) {
        let cluster = table.text(row, "cluster_id");
        let recent = table.count(row, "recent");
        let conditions = [("cluster_id", cluster.as_str())];
        let list = maker.cases(GROWING, &conditions, title(table, row), recent)?;
        rows.push(vec![
            Cell::text(cluster),
            Cell::text(clean(&table.text(row, "label"))),
            Cell::text(words.name("trends", &table.text(row, "trend"))),
            maker.count_cell(recent, Some(&list)),
            maker.real_cell(table.cell(row, "expected").as_real()),
            ratio_cell(
                maker,
                ["ratio", "ratio_lower", "ratio_upper"]
                    .map(|name| table.cell(row, name).as_real())
                    .into(),
            ),
            q_cell(maker, table.cell(row, "growth_q").as_real()),
        ]);
        lists.push(list);
    }
    let shown = words.count(rows.len() as i64);
    let caption = words.plural(
        "recurrence.search_caption",
        table.rows.len() as i64,
        &[("shown", &shown)],
    );
    blocks.push(Block::Table {
        table: maker.table(GROWING, caption, growth_columns(maker), rows),
    });
    blocks.extend(maker.cases_block(lists));
    Ok(())
}

fn recurrent(maker: &Maker, table: &Counted, blocks: &mut Vec<Block>) -> Result<(), ReviewError> {
    let words = maker.words;
    blocks.push(Block::Heading {
        text: words.text("recurrence.recurrent_title"),
    });
    if table.rows.is_empty() {
        blocks.push(Block::Absent {
            text: words.text("recurrence.recurrent_none"),
        });
        return Ok(());
    }
    let mut lists = Vec::new();
    let mut rows = Vec::new();
    for row in 0..table.rows.len().min(MOST) {
        let cluster = table.text(row, "cluster_id");
        let received = table.count(row, "received");
        let conditions = [("cluster_id", cluster.as_str())];
        let list = maker.cases(RECURRENT, &conditions, title(table, row), received)?;
        rows.push(vec![
            Cell::text(cluster),
            Cell::text(clean(&table.text(row, "label"))),
            maker.count_cell(received, Some(&list)),
            maker.count_cell(table.count(row, "complaints"), None),
            maker.count_cell(table.count(row, "complainants"), None),
            maker.count_cell(table.count(row, "open_cases"), None),
            Cell::text(words.name("trends", &table.text(row, "trend"))),
        ]);
        lists.push(list);
    }
    let columns = columns(
        maker,
        &[
            "cluster",
            "label",
            "received",
            "complaints",
            "complainants",
            "open_cases",
            "trend",
        ],
    );
    let shown = words.count(rows.len() as i64);
    let caption = words.plural(
        "recurrence.recurrent_caption",
        table.rows.len() as i64,
        &[("shown", &shown)],
    );
    blocks.push(Block::Table {
        table: maker.table(RECURRENT, caption, columns, rows),
    });
    blocks.extend(maker.cases_block(lists));
    Ok(())
}

fn title(table: &Counted, row: usize) -> String {
    let (cluster, label) = (table.text(row, "cluster_id"), table.text(row, "label"));
    format!("{cluster} {}", clean(&label))
}

fn growth_columns(maker: &Maker) -> Vec<Column> {
    let keys = [
        "cluster", "label", "trend", "recent", "expected", "ratio", "q",
    ];
    columns(maker, &keys)
}

fn columns(maker: &Maker, keys: &[&str]) -> Vec<Column> {
    keys.iter()
        .map(|key| Column {
            title: maker.words.text(&format!("recurrence.col_{key}")),
            number: !["cluster", "label", "trend"].contains(key),
        })
        .collect()
}

/// A ratio with its limits; no number where there was no past.
fn ratio_cell(
    maker: &Maker,
    (ratio, lower, upper): (Option<f64>, Option<f64>, Option<f64>),
) -> Cell {
    let words = maker.words;
    let bound = |value: Option<f64>| value.map_or("∞".to_owned(), |v| words.real(v, 1));
    match ratio {
        None => Cell::text(words.text("recurrence.no_past")),
        Some(ratio) => Cell::number(
            format!(
                "{} ({}–{})",
                words.real(ratio, 1),
                bound(lower),
                bound(upper)
            ),
            rounded(ratio, 2),
        ),
    }
}

fn q_cell(maker: &Maker, q: Option<f64>) -> Cell {
    match q {
        None => Cell::text(NOTHING),
        Some(q) => Cell::number(maker.words.real(q, 4), rounded(q, 4)),
    }
}
