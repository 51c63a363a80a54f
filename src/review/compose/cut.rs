//! Definitions, and the data cut: what the figures rest on.

use super::maker::Maker;
use super::sla;
use crate::model::{Block, Cell, Fact, Section, Table};
use crate::numbers::whole;
use crate::words::clean;
use redress_engine::indicators::{Reading, indicator_of};

const DEFINITIONS: [&str; 10] = [
    "stages",
    "basis",
    "clocks",
    "pauses",
    "verdicts",
    "counting",
    "intervals",
    "small",
    "curves",
    "stock",
];

pub(super) fn definitions(maker: &Maker) -> Section {
    let words = maker.words;
    let facts = DEFINITIONS
        .iter()
        .map(|key| Fact {
            name: words.text(&format!("definitions.{key}")),
            value: words.text(&format!("definitions.{key}_text")),
        })
        .collect();
    Section {
        id: "definitions".into(),
        title: words.text("definitions.title"),
        reference: words.text("definitions.reference"),
        blocks: vec![Block::Facts { facts }],
    }
}

pub(super) fn section(maker: &Maker) -> Section {
    let (words, context) = (maker.words, maker.context);
    let fact = |key: &str, value: String| Fact {
        name: words.text(key),
        value,
    };
    let refused: u64 = context.refused.iter().map(|(_, n)| n).sum();
    let mut facts = vec![
        fact("cut.as_of", words.moment(context.as_of, context.zone)),
        fact(
            "cut.period",
            format!(
                "{}: {} – {}",
                clean(&context.period.name),
                words.date(context.period.first),
                words.date(context.period.last)
            ),
        ),
        fact("cut.source", clean(&context.source)),
        fact(
            "cut.calendar",
            format!(
                "{}, {}",
                clean(&context.calendar_id),
                clean(&context.calendar_version)
            ),
        ),
        fact("cut.limits", named(maker, &clean(&context.limits))),
    ];
    let objectives = context
        .objectives
        .iter()
        .map(|(code, objective)| {
            let sign = if objective.at_least { '≥' } else { '≤' };
            let owner = clean(&objective.owner);
            let (name, target) = of_objective(maker, code, objective.target);
            format!("{name} {sign} {target} (v{}, {owner})", objective.version)
        })
        .collect::<Vec<_>>();
    facts.push(fact(
        "cut.objectives",
        if objectives.is_empty() {
            words.text("cut.no_objectives")
        } else {
            objectives.join("; ")
        },
    ));
    if !context.not_recorded.is_empty() {
        let names = context.not_recorded.iter().map(|code| {
            ["stages", "unrecorded"]
                .iter()
                .find_map(|group| words.all().get(&format!("{group}.{code}")).cloned())
                .unwrap_or_else(|| clean(code))
        });
        facts.push(fact(
            "cut.not_recorded",
            names.collect::<Vec<_>>().join("; "),
        ));
    }
    facts.push(fact("cut.manifest", clean(&context.manifest)));
    facts.push(fact("cut.tool", clean(&context.tool_version)));
    facts.push(fact("cut.refused", words.count(refused as i64)));
    facts.push(fact(
        "cut.deviations",
        words.count(context.deviations as i64),
    ));
    if let Some(gone) = context.gone.as_ref().filter(|gone| gone.in_all > 0) {
        let count = |n: u64| words.count(whole(n));
        let (all, new) = (count(gone.in_all), count(gone.cases));
        let value = words.fill("cut.gone_value", &[("all", &all), ("new", &new)]);
        facts.push(fact("cut.gone", value));
    }
    let mut blocks = vec![
        Block::Text {
            text: words.text("cut.lead"),
        },
        Block::Facts { facts },
    ];
    if refused > 0 {
        let rows = context
            .refused
            .iter()
            .map(|(reason, n)| vec![Cell::text(clean(reason)), maker.count_cell(*n as i64, None)])
            .collect();
        let columns = maker.columns(&["cut.col_reason", "cut.col_rows"]);
        let table = maker.table(
            "refused_rows",
            words.text("cut.refused_caption"),
            columns,
            rows,
        );
        blocks.push(Block::Table { table });
    }
    if !context.unknown.is_empty() {
        blocks.push(Block::Table {
            table: unknown(maker),
        });
    }
    if !context.row_counts.is_empty() {
        let rows = context
            .row_counts
            .iter()
            .map(|(table, n)| vec![Cell::text(clean(table)), maker.count_cell(*n as i64, None)])
            .collect();
        let columns = maker.columns(&["cut.col_table", "cut.col_rows"]);
        let mut table = maker.table("row_counts", words.text("cut.rows_caption"), columns, rows);
        table.folded = true;
        blocks.push(Block::Table { table });
    }
    Section {
        id: "data-cut".into(),
        title: words.text("cut.title"),
        reference: words.text("cut.reference"),
        blocks,
    }
}

/// What the source calls something that the mapping does not know, with the rows that have it.
fn unknown(maker: &Maker) -> Table {
    let words = maker.words;
    let rows = maker.context.unknown.iter().map(|unknown| {
        let kind = format!("unknown_kinds.{}", unknown.what.replace(' ', "_"));
        let kind = words.all().get(&kind).cloned();
        vec![
            Cell::text(kind.unwrap_or_else(|| clean(&unknown.what))),
            Cell::text(clean(&unknown.word)),
            maker.count_cell(whole(unknown.rows), None),
        ]
    });
    let mut columns = maker.columns(&["cut.col_kind", "cut.col_word", "cut.col_rows"]);
    if let Some(word) = columns.get_mut(1) {
        word.number = false;
    }
    let caption = words.text("cut.unknown_caption");
    maker.table("unknown_words", caption, columns, rows.collect())
}

/// An indicator's name and its target, in percent where it is a share.
fn of_objective(maker: &Maker, code: &str, target: f64) -> (String, String) {
    let words = maker.words;
    let (name, share) = match code.strip_prefix("sla.") {
        Some(stage) => {
            let (stage, pass) = stage.split_once('.').unwrap_or((stage, "1"));
            let pass = pass.parse().unwrap_or(1);
            (sla::label(maker, stage, pass, false), true)
        }
        None => {
            let share =
                indicator_of(code).is_some_and(|i| matches!(i.reading, Reading::Share { .. }));
            let name = words.name("indicator_names", code);
            (format!("{code} {name}"), share)
        }
    };
    let target = match share {
        true => words.percent(target / 100.0),
        false => words.real(target, 1),
    };
    (name, target)
}

/// The limits in force with the names of stages and severities in the page's language; what has no
/// name stays as it is.
fn named(maker: &Maker, limits: &str) -> String {
    let words = maker.words;
    let mut text = String::new();
    for token in limits.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_')) {
        let code = token.trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
        let name = ["stages", "severities", "limit_words"]
            .iter()
            .find_map(|group| words.all().get(&format!("{group}.{code}")));
        match name {
            Some(name) => {
                text.push_str(name);
                text.push_str(&token[code.len()..]);
            }
            None => text.push_str(token),
        }
    }
    text
}
