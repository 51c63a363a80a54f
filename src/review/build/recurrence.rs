//! What comes again: problems that grow or emerge beyond chance, and the recurrent problems of the period.

use super::changes::Changes;
use super::maker::Maker;
use super::timelines;
use crate::engine::counted::{Counted, Value};
use crate::review::ReviewError;
use crate::review::model::{Block, Cell, Column, Finding, FindingKind, Section};
use crate::review::numbers::rounded;
use crate::review::words::{NOTHING, clean};

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

/// The first page's sentence: problems beyond chance. The search controlled false discoveries over all problems; those
/// that stand under the control over all series of the review are named.
/// `unattended`: how many problems and categories beyond chance have no open action, where that is known.
pub(super) fn finding(
    maker: &Maker,
    found: Option<&Recurrence>,
    changes: Option<&Changes>,
    unattended: Option<usize>,
    findings: &mut Vec<Finding>,
    clear: &mut Vec<String>,
) {
    let words = maker.words;
    let Some(found) = found else {
        clear.push(words.text("recurrence.not_searched"));
        return;
    };
    let standing: Vec<usize> = (0..found.growing.rows.len())
        .filter(|row| {
            let id = found.growing.text(*row, "cluster_id");
            changes.is_some_and(|changes| changes.calls_problem(&id))
        })
        .collect();
    let n = standing.len();
    if n == 0 {
        clear.push(words.text("recurrence.growing_none"));
        return;
    }
    let named: Vec<String> = standing
        .into_iter()
        .take(NAMED)
        .map(|row| {
            words.fill(
                "recurrence.named",
                &[
                    ("cluster", &found.growing.text(row, "cluster_id")),
                    ("label", &clean(&found.growing.text(row, "label"))),
                    ("recent", &words.count(found.growing.count(row, "recent"))),
                    (
                        "expected",
                        &real(maker, found.growing.cell(row, "expected")),
                    ),
                ],
            )
        })
        .collect();
    findings.push(Finding {
        kind: FindingKind::ProblemGrowing,
        figure: words.count(n as i64),
        sentence: words.plural("recurrence.finding", n as i64, &[]),
        detail: match unattended {
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
            growing(maker, &found.growing, &mut blocks)?;
            recurrent(maker, &found.recurrent, &mut blocks)?;
            blocks.extend(timelines::chart(maker, changes)?);
        }
    }
    Ok(Section {
        id: "recurrence".into(),
        title: words.text("recurrence.title"),
        reference: words.text("recurrence.reference"),
        blocks,
    })
}

fn growing(maker: &Maker, table: &Counted, blocks: &mut Vec<Block>) -> Result<(), ReviewError> {
    let words = maker.words;
    blocks.push(Block::Heading {
        text: words.text("recurrence.growing_title"),
    });
    if table.rows.is_empty() {
        blocks.push(Block::Absent {
            text: words.text("recurrence.growing_absent"),
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
            real_cell(maker, table.cell(row, "expected")),
            Cell {
                text: ratio(maker, table, row),
                number: table.cell(row, "ratio").as_real().map(|r| rounded(r, 2)),
                link: None,
                counts: Vec::new(),
                inside: false,
            },
            Cell {
                text: table
                    .cell(row, "growth_q")
                    .as_real()
                    .map_or(NOTHING.to_owned(), |q| words.real(q, 4)),
                number: table.cell(row, "growth_q").as_real().map(|q| rounded(q, 4)),
                link: None,
                counts: Vec::new(),
                inside: false,
            },
        ]);
        lists.push(list);
    }
    let columns = columns(
        maker,
        &[
            "cluster", "label", "trend", "recent", "expected", "ratio", "q",
        ],
    );
    let caption = words.plural("recurrence.growing_caption", table.rows.len() as i64, &[]);
    blocks.push(Block::Table {
        table: maker.table(GROWING, caption, columns, rows),
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

fn columns(maker: &Maker, keys: &[&str]) -> Vec<Column> {
    keys.iter()
        .map(|key| Column {
            title: maker.words.text(&format!("recurrence.col_{key}")),
            number: !["cluster", "label", "trend"].contains(key),
        })
        .collect()
}

fn real(maker: &Maker, value: &Value) -> String {
    value
        .as_real()
        .map_or(NOTHING.to_owned(), |real| maker.words.real(real, 1))
}

fn real_cell(maker: &Maker, value: &Value) -> Cell {
    Cell {
        text: real(maker, value),
        number: value.as_real().map(|real| rounded(real, 1)),
        link: None,
        counts: Vec::new(),
        inside: false,
    }
}

/// The ratio with its interval; no number where there was no past.
fn ratio(maker: &Maker, table: &Counted, row: usize) -> String {
    let words = maker.words;
    let at = |name: &str| table.cell(row, name).as_real();
    let Some(ratio) = at("ratio") else {
        return words.text("recurrence.no_past");
    };
    let bound = |value: Option<f64>| value.map_or("∞".to_owned(), |v| words.real(v, 1));
    format!(
        "{} ({}–{})",
        words.real(ratio, 1),
        bound(at("ratio_lower")),
        bound(at("ratio_upper"))
    )
}
