//! Charts of an edition for the public: each is drawn of the rows that its table still shows, or not at all.

use std::collections::BTreeSet;

use super::{LEFT_OUT, SMALLEST, tells_few};
use crate::charts::funnel::FunnelChart;
use crate::charts::intervals::IntervalChart;
use crate::charts::pareto::{ParetoChart, ParetoRow};
use crate::model::{Block, Cell, Chart, Drawing, Table};
use crate::words::Words;

/// Units without which a funnel's limits say little (DEFINITIONS: charts and comparisons).
const LEAST_UNITS: usize = 10;

/// What stands for a chart, `table` being its own without what tells of a few: the chart, its table alone, or nothing.
///
/// Rows that stand for themselves (stages, products) are left out of the drawing, small categories are added up in one
/// bar. Where a drawing is of one piece it goes as a whole. A course of months goes with its table: the months left out
/// would follow from the figures of the period that they lie in.
pub(super) fn shown(chart: Chart, table: Table, emptied: bool, words: &Words) -> Option<Block> {
    let Chart {
        name,
        title,
        alt,
        drawing,
        table: whole,
    } = chart;
    let kept = Kept::of(&table);
    let (drawing, alt) = match drawing {
        Drawing::Intervals(drawing) => {
            let drawing = intervals(drawing, &kept);
            drawing.map_or((None, alt), |drawing| {
                let alt = of_intervals(&title, &drawing);
                (Some(Drawing::Intervals(drawing)), alt)
            })
        }
        Drawing::Pareto(drawing) => {
            let drawing = pareto(drawing, &kept, whole.rows.len().saturating_sub(1), words);
            drawing.map_or((None, alt), |drawing| {
                let alt = of_pareto(&title, &drawing);
                (Some(Drawing::Pareto(drawing)), alt)
            })
        }
        Drawing::Funnel(drawing) => {
            let drawing = funnel(drawing, &kept);
            (drawing.map(Drawing::Funnel), title.clone())
        }
        // Its words tell numbers of months, and 3 sigma.
        Drawing::Control(_) | Drawing::Multiples(_) if emptied => return None,
        Drawing::Control(drawing) => (Some(Drawing::Control(drawing)), alt),
        Drawing::Multiples(drawing) => {
            let said = tells_few(&alt);
            ((!said).then_some(Drawing::Multiples(drawing)), alt)
        }
        Drawing::Stacked(_)
        | Drawing::Bridge(_)
        | Drawing::Ageing(_)
        | Drawing::Survival(_)
        | Drawing::Course(_)
        | Drawing::Steps(_) => {
            let few = emptied || tells_few(&title) || tells_few(&alt) || writes_few(&drawing);
            ((!few).then_some(drawing), alt)
        }
    };
    Some(match drawing {
        None => Block::Table { table },
        Some(drawing) => Block::Chart {
            chart: Box::new(Chart {
                name,
                title,
                alt,
                drawing,
                table,
            }),
        },
    })
}

/// Whether a drawing writes a number of a few that no row of its table has: those at risk below a curve.
fn writes_few(drawing: &Drawing) -> bool {
    let Drawing::Survival(survival) = drawing else {
        return false;
    };
    let at_risk = survival.curves.iter().flat_map(|curve| &curve.at_risk);
    at_risk.into_iter().any(|tick| tells_few(&tick.label))
}

/// Names of the rows that were not emptied.
struct Kept(BTreeSet<String>);

impl Kept {
    fn of(table: &Table) -> Self {
        let emptied = |row: &[Cell]| row.iter().skip(1).all(|cell| cell.text == LEFT_OUT);
        let full = table.rows.iter().filter(|row| !emptied(row));
        let named = full.filter_map(|row| row.first());
        Kept(named.map(|cell| cell.text.clone()).collect())
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

fn intervals(mut drawing: IntervalChart, kept: &Kept) -> Option<IntervalChart> {
    drawing.rows.retain(|row| kept.has(&row.label));
    let any = drawing.rows.iter().any(|row| row.net.is_some());
    any.then_some(drawing)
}

fn of_intervals(title: &str, drawing: &IntervalChart) -> String {
    let said = drawing.rows.iter().filter_map(|row| {
        let net = row.net.as_ref()?;
        let gross = row.gross.as_ref().map_or("–", |share| share.text.as_str());
        let (net_name, gross_name) = (&drawing.net, &drawing.gross);
        Some(format!(
            "{}: {net_name} {}, {gross_name} {gross}",
            row.label, net.text
        ))
    });
    format!("{title}. {}.", said.collect::<Vec<_>>().join("; "))
}

/// The small categories in one bar with those that were added up before; `None` where even that bar would tell of a few,
/// or no category is left.
fn pareto(
    mut drawing: ParetoChart,
    kept: &Kept,
    categories: usize,
    words: &Words,
) -> Option<ParetoChart> {
    let (rows, small): (Vec<ParetoRow>, Vec<ParetoRow>) = drawing
        .rows
        .into_iter()
        .partition(|row| !row.rest && kept.has(&row.label));
    drawing.rows = rows;
    if drawing.rows.is_empty() {
        return None;
    }
    if !small.is_empty() {
        let count: f64 = small.iter().map(|row| row.count).sum();
        if count < SMALLEST as f64 {
            return None;
        }
        let added = i64::try_from(categories.saturating_sub(drawing.rows.len())).unwrap_or(0);
        let with_shares = small.iter().any(|row| row.cumulative.is_some());
        drawing.rows.push(ParetoRow {
            label: words.plural("pareto.rest", added, &[]),
            count,
            text: words.count(count as i64),
            cumulative: with_shares.then_some(100.0),
            cumulative_text: match with_shares {
                true => words.percent_tick(100.0),
                false => String::new(),
            },
            rest: true,
        });
        drawing.top = drawing.rows.iter().map(|row| row.count).fold(1.0, f64::max);
    }
    Some(drawing)
}

fn of_pareto(title: &str, drawing: &ParetoChart) -> String {
    let said = drawing
        .rows
        .iter()
        .map(|row| format!("{}: {}", row.label, row.text));
    format!("{title}. {}.", said.collect::<Vec<_>>().join("; "))
}

fn funnel(mut drawing: FunnelChart, kept: &Kept) -> Option<FunnelChart> {
    drawing.units.retain(|unit| kept.has(&unit.name));
    if !drawing.units.iter().any(|unit| unit.beyond) {
        drawing.beyond = None;
    }
    (drawing.units.len() >= LEAST_UNITS).then_some(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::control::{ControlChart, ControlNames, ControlPoint};
    use crate::charts::intervals::{IntervalRow, Share};
    use crate::public::safe;
    use redress_domain::vocabulary::Language;

    fn words() -> Words {
        Words::load(Language::En).expect("texts")
    }

    /// A table of names and numbers of complaints.
    fn table(rows: &[(&str, u64)]) -> Table {
        let row = |(name, n): &(&str, u64)| {
            let number = Cell::number(n.to_string(), *n as f64).telling(&[*n]);
            vec![Cell::text(*name), number]
        };
        Table {
            name: "figures".to_owned(),
            caption: "Figures".to_owned(),
            columns: Vec::new(),
            rows: rows.iter().map(row).collect(),
            folded: false,
            form: false,
        }
    }

    fn chart(rows: &[(&str, u64)], drawing: Drawing) -> Chart {
        Chart {
            name: "figures".to_owned(),
            title: "Figures".to_owned(),
            alt: "2 of them".to_owned(),
            drawing,
            table: table(rows),
        }
    }

    fn edition(chart: Chart) -> Option<Block> {
        let (table, emptied) = safe(chart.table.clone());
        shown(chart, table, emptied, &words())
    }

    fn drawn(block: Option<Block>) -> Option<Chart> {
        match block {
            Some(Block::Chart { chart }) => Some(*chart),
            _ => None,
        }
    }

    fn bars(rows: &[(&str, u64)]) -> Drawing {
        let row = |(name, n): &(&str, u64)| ParetoRow {
            label: (*name).to_owned(),
            count: *n as f64,
            text: n.to_string(),
            cumulative: Some(50.0),
            cumulative_text: "50%".to_owned(),
            rest: name.contains("smaller"),
        };
        let rows: Vec<ParetoRow> = rows.iter().map(row).collect();
        Drawing::Pareto(ParetoChart {
            count_title: String::new(),
            share_title: String::new(),
            top: rows.iter().map(|row| row.count).fold(1.0, f64::max),
            rows,
            share_ticks: Vec::new(),
        })
    }

    fn of_bars(chart: &Chart) -> Vec<(&str, f64)> {
        let Drawing::Pareto(pareto) = &chart.drawing else {
            panic!("{:?}", chart.drawing);
        };
        let bars = pareto.rows.iter();
        bars.map(|row| (row.label.as_str(), row.count)).collect()
    }

    #[test]
    fn small_categories_are_one_bar_which_holds_two_or_more() {
        // The one small category takes the next smallest with it.
        let rows = [
            ("paint", 40),
            ("lid", 12),
            ("price", 7),
            ("colour", 3),
            ("total", 62),
        ];
        let found = drawn(edition(chart(&rows, bars(&rows[..4])))).expect("a chart");
        let expected = [
            ("paint", 40.0),
            ("lid", 12.0),
            ("2 smaller categories", 10.0),
        ];
        assert_eq!(of_bars(&found), expected);
        assert_eq!(
            found.alt,
            "Figures. paint: 40; lid: 12; 2 smaller categories: 10."
        );
        assert_eq!(found.table.rows[2][1].text, LEFT_OUT);
    }

    #[test]
    fn small_categories_that_are_few_together_leave_no_chart() {
        let rows = [
            ("paint", 40),
            ("lid", 12),
            ("colour", 3),
            ("smell", 1),
            ("total", 56),
        ];
        let block = edition(chart(&rows, bars(&rows[..4])));
        assert!(matches!(block, Some(Block::Table { .. })), "{block:?}");
    }

    #[test]
    fn those_added_up_before_join_the_others() {
        // Twelve bars and one of the rest, as a page draws them; the rest has rows of its own.
        let rows = [
            ("paint", 40),
            ("lid", 12),
            ("price", 4),
            ("colour", 3),
            ("smell", 2),
            ("total", 61),
        ];
        let bars = bars(&[
            ("paint", 40),
            ("lid", 12),
            ("price", 4),
            ("2 smaller categories", 5),
        ]);
        let found = drawn(edition(chart(&rows, bars))).expect("a chart");
        let expected = [
            ("paint", 40.0),
            ("lid", 12.0),
            ("3 smaller categories", 9.0),
        ];
        assert_eq!(of_bars(&found), expected);
    }

    fn share(text: &str) -> Option<Share> {
        Some(Share {
            low: 60.0,
            share: 80.0,
            high: 90.0,
            text: text.to_owned(),
        })
    }

    fn rows_of_shares(labels: &[&str]) -> Drawing {
        let row = |label: &&str| IntervalRow {
            label: (*label).to_owned(),
            net: share("80.0%"),
            gross: share("75.0%"),
            objective: None,
            note: None,
        };
        Drawing::Intervals(IntervalChart {
            from: 0.0,
            to: 100.0,
            ticks: Vec::new(),
            rows: labels.iter().map(row).collect(),
            net: "Net".to_owned(),
            gross: "Gross".to_owned(),
            objective: None,
        })
    }

    #[test]
    fn stages_with_a_few_late_are_left_out_and_the_others_drawn() {
        let rows = [
            ("intake", 30),
            ("processing", 25),
            ("resolution", 2),
            ("overall", 60),
        ];
        let drawing = rows_of_shares(&["intake", "processing", "resolution", "overall"]);
        let found = drawn(edition(chart(&rows, drawing))).expect("a chart");
        let Drawing::Intervals(drawing) = &found.drawing else {
            panic!("{:?}", found.drawing);
        };
        let labels: Vec<&str> = drawing.rows.iter().map(|row| row.label.as_str()).collect();
        // The smallest of the others goes with it.
        assert_eq!(labels, ["intake", "overall"]);
        let alt = "Figures. intake: Net 80.0%, Gross 75.0%; overall: Net 80.0%, Gross 75.0%.";
        assert_eq!(found.alt, alt);
        // Where none is left there is the table alone.
        let few = [("intake", 3), ("processing", 2)];
        let block = edition(chart(&few, rows_of_shares(&["intake", "processing"])));
        assert!(matches!(block, Some(Block::Table { .. })), "{block:?}");
    }

    fn months() -> Drawing {
        let point = ControlPoint {
            label: "2026-07".to_owned(),
            value: Some(12.0),
            text: String::new(),
            centre: Some(11.0),
            lower: None,
            upper: None,
            signal: None,
            unfinished: false,
        };
        Drawing::Control(ControlChart {
            unit: String::new(),
            top: 20.0,
            ticks: Vec::new(),
            points: vec![point],
            period: None,
            names: ControlNames {
                centre: String::new(),
                limits: String::new(),
                lower: String::new(),
                upper: String::new(),
                beyond: None,
                run: None,
                unfinished: None,
                phase: None,
            },
            phases: Vec::new(),
        })
    }

    #[test]
    fn a_course_of_months_goes_with_its_table_where_one_is_of_a_few() {
        // The words of a control chart tell numbers of months, not of complaints.
        let whole = [("July 2026", 12), ("August 2026", 9)];
        assert!(drawn(edition(chart(&whole, months()))).is_some());
        let few = [("July 2026", 12), ("August 2026", 3)];
        assert_eq!(edition(chart(&few, months())), None);
    }
}
