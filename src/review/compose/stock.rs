//! Stock and flow, with the identity that ties them.

use std::collections::{BTreeMap, BTreeSet};

use super::maker::{Maker, ticks};
use crate::ReviewError;
use crate::charts::bridge::{BridgeChart, BridgeStep, StepKind};
use crate::model::{Block, CaseList, Cell, Chart, Column, Drawing, Section};

/// Flows into the stock, in the order of the identity.
const IN: [&str; 2] = ["received", "reopened"];
/// Flows out of the stock.
const OUT: [&str; 5] = [
    "completed",
    "unanswered",
    "withdrawn",
    "merged",
    "exhausted",
];

/// Flows by month.
#[derive(Debug, Clone)]
pub(super) struct Stock {
    flows: BTreeMap<String, BTreeMap<String, i64>>,
}

impl Stock {
    pub(super) fn flow(&self, flow: &str) -> i64 {
        self.flows
            .get(flow)
            .map_or(0, |months| months.values().sum())
    }

    /// What the identity makes of opening and flows, to be compared with the closing stock.
    fn computed(&self) -> i64 {
        let come: i64 = IN.iter().map(|f| self.flow(f)).sum();
        let gone: i64 = OUT.iter().map(|f| self.flow(f)).sum();
        self.flow("opening") + come - gone
    }

    pub(super) fn holds(&self) -> bool {
        self.computed() == self.flow("closing")
    }
}

/// Reads the metric; `None` when it is not measured.
pub(super) fn read(maker: &Maker) -> Result<Option<Stock>, ReviewError> {
    let Some(table) = maker.metric("stock_flow", &["flow", "month", "complaints"])? else {
        return Ok(None);
    };
    let mut flows: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for row in 0..table.rows.len() {
        *flows
            .entry(table.text(row, "flow"))
            .or_default()
            .entry(table.text(row, "month"))
            .or_default() += table.count(row, "complaints");
    }
    Ok(Some(Stock { flows }))
}

pub(super) fn section(maker: &Maker, stock: Option<&Stock>) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = vec![Block::Text {
        text: words.text("stock.lead"),
    }];
    match stock {
        None => blocks.push(maker.not_measured("stock_flow")),
        Some(stock) if stock.flows.is_empty() => {
            blocks.push(Block::Absent {
                text: words.text("absent.no_stock"),
            });
        }
        Some(stock) => {
            blocks.push(check(maker, stock));
            let lists = lists(maker, stock)?;
            blocks.push(Block::Chart {
                chart: Box::new(chart(maker, stock, &lists)),
            });
            blocks.push(Block::Table {
                table: by_month(maker, stock),
            });
            blocks.extend(maker.cases_block(lists.into_iter().map(|(_, list)| list).collect()));
        }
    }
    Ok(Section {
        id: "stock".into(),
        title: words.text("stock.title"),
        reference: words.text("stock.reference"),
        blocks,
    })
}

/// The identity in figures, and whether it holds.
fn check(maker: &Maker, stock: &Stock) -> Block {
    let words = maker.words;
    let term = |flow: &str| {
        let name = words.name("flows", flow);
        format!("{}\u{a0}({name})", words.count(stock.flow(flow)))
    };
    let mut text = term("opening");
    for flow in IN {
        text.push_str(" + ");
        text.push_str(&term(flow));
    }
    for flow in OUT {
        text.push_str(" − ");
        text.push_str(&term(flow));
    }
    text.push_str(" = ");
    text.push_str(&words.count(stock.computed()));
    let closing = words.count(stock.flow("closing"));
    let holds = stock.holds();
    let difference = words.count(stock.flow("closing") - stock.computed());
    let key = if holds { "stock.holds" } else { "stock.broken" };
    let outcome = words.fill(key, &[("closing", &closing), ("difference", &difference)]);
    Block::Check {
        text,
        holds,
        outcome,
    }
}

fn lists(maker: &Maker, stock: &Stock) -> Result<Vec<(&'static str, CaseList)>, ReviewError> {
    let mut lists = Vec::new();
    for flow in ["opening"]
        .iter()
        .chain(&IN)
        .chain(&OUT)
        .chain(&["closing"])
    {
        let n = stock.flow(flow);
        if n > 0 {
            let title = maker.words.name("flows", flow);
            lists.push((
                *flow,
                maker.cases("stock_flow", &[("flow", flow)], title, n)?,
            ));
        }
    }
    Ok(lists)
}

fn chart(maker: &Maker, stock: &Stock, lists: &[(&str, CaseList)]) -> Chart {
    let words = maker.words;
    let mut steps = Vec::new();
    let mut rows = Vec::new();
    let mut level = 0_i64;
    let mut highest = 0_i64;
    let order = ["opening"]
        .iter()
        .chain(&IN)
        .chain(&OUT)
        .chain(&["closing"]);
    for flow in order {
        let n = stock.flow(flow);
        let label = words.name("flows", flow);
        let (from, to, kind, text) = if matches!(*flow, "opening" | "closing") {
            (0, n, StepKind::Stock, words.count(n))
        } else if IN.contains(flow) {
            (
                level,
                level + n,
                StepKind::In,
                format!("+{}", words.count(n)),
            )
        } else {
            (
                level,
                level - n,
                StepKind::Out,
                format!("−{}", words.count(n)),
            )
        };
        level = to;
        highest = highest.max(from).max(to);
        let list = lists
            .iter()
            .find(|(name, _)| name == flow)
            .map(|(_, list)| list);
        rows.push(vec![Cell::text(&label), maker.count_cell(n, list)]);
        // What did not happen at all is in the table, not in the drawing.
        if n != 0 || matches!(*flow, "opening" | "closing") {
            steps.push(BridgeStep {
                label,
                text,
                from: from as f64,
                to: to as f64,
                kind,
            });
        }
    }
    let alt = steps
        .iter()
        .map(|s| format!("{}: {}.", s.label, s.text))
        .collect::<Vec<_>>()
        .join(" ");
    let ticks = ticks(words, highest as f64 * 1.04, true);
    Chart {
        name: "stock-and-flow".into(),
        title: words.text("stock.chart"),
        alt,
        drawing: Drawing::Bridge(BridgeChart {
            unit: words.text("stock.unit"),
            top: ticks.last().map_or(1.0, |t| t.at),
            ticks,
            steps,
        }),
        table: maker.table(
            "stock_flow",
            words.text("stock.caption"),
            maker.columns(&["stock.col_flow", "words.complaints"]),
            rows,
        ),
    }
}

fn by_month(maker: &Maker, stock: &Stock) -> crate::model::Table {
    let words = maker.words;
    let flows: Vec<&str> = IN
        .iter()
        .chain(&OUT)
        .copied()
        .filter(|flow| stock.flow(flow) != 0 || matches!(*flow, "received" | "completed"))
        .collect();
    let months: BTreeSet<&String> = flows
        .iter()
        .filter_map(|f| stock.flows.get(*f))
        .flat_map(|m| m.keys())
        .collect();
    let mut columns = maker.columns(&["sla.col_month"]);
    columns.extend(flows.iter().map(|f| Column {
        title: words.name("flows", f),
        number: true,
    }));
    let rows = months
        .into_iter()
        .map(|month| {
            let mut cells = vec![Cell::text(words.month(month))];
            cells.extend(flows.iter().map(|flow| {
                let n = stock
                    .flows
                    .get(*flow)
                    .and_then(|m| m.get(month))
                    .copied()
                    .unwrap_or(0);
                maker.count_cell(n, None)
            }));
            cells
        })
        .collect();
    maker.table(
        "stock_flow_by_month",
        words.text("stock.by_month"),
        columns,
        rows,
    )
}
