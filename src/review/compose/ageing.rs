//! Ages of what is not closed; outstanding complaints apart.

use std::collections::{BTreeMap, BTreeSet};

use super::maker::Maker;
use crate::ReviewError;
use crate::charts::ageing::{AgeingChart, AgeingPanel};
use crate::model::{Block, CaseList, Cell, Chart, Column, Drawing, Section};
use redress_engine::counted::Counted;

const METRIC: &str = "ageing";
const STATES: [&str; 4] = ["registered", "in_processing", RESOLVED, OUTSTANDING];
const RESOLVED: &str = "resolved";
const OUTSTANDING: &str = "outstanding";
/// Bands as the metric names them, youngest first; bands of its own that a site adds come after.
const BANDS: [&str; 6] = [
    "000-007",
    "008-014",
    "015-030",
    "031-060",
    "061-090",
    OLDEST_BAND,
];
const OLDEST_BAND: &str = "091+";

/// So many of a band, in the order of the register, are looked through for the oldest to show; the
/// bound is for memory, the time does not show beside the query itself.
const LOOKED_THROUGH: usize = 5000;

/// Whose move it is: an age means something else in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// Registered or in processing: for us.
    ForUs,
    /// Decided and told: for the customer's answer.
    ForAnswer,
    /// The second decision was rejected too.
    Outstanding,
}

impl Waits {
    const ALL: [Waits; 3] = [Waits::ForUs, Waits::ForAnswer, Waits::Outstanding];

    /// A state that is not known waits for us.
    fn of(state: &str) -> Waits {
        match state {
            RESOLVED => Waits::ForAnswer,
            OUTSTANDING => Waits::Outstanding,
            _ => Waits::ForUs,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Waits::ForUs => "ageing.us_panel",
            Waits::ForAnswer => "ageing.answer_panel",
            Waits::Outstanding => "ageing.outstanding_panel",
        }
    }
}

/// What is not closed, by state and band.
#[derive(Debug, Clone)]
pub(super) struct Ageing {
    counts: BTreeMap<(String, String), i64>,
    oldest: BTreeMap<String, i64>,
    /// The case that waits longest for us.
    pub(super) oldest_case: Option<String>,
    lists: BTreeMap<(String, String), CaseList>,
}

impl Ageing {
    pub(super) fn waiting(&self, waits: Waits) -> i64 {
        self.sum(|state, _| Waits::of(state) == waits)
    }

    /// Those of more than 90 days.
    pub(super) fn very_old(&self, waits: Waits) -> i64 {
        self.sum(|state, band| Waits::of(state) == waits && band == OLDEST_BAND)
    }

    /// Age of the oldest, in calendar days since receipt.
    pub(super) fn oldest(&self, waits: Waits) -> Option<i64> {
        self.oldest_state(waits).map(|(_, days)| days)
    }

    /// The state that the oldest is in, and its age.
    fn oldest_state(&self, waits: Waits) -> Option<(&str, i64)> {
        self.oldest
            .iter()
            .filter(|(state, _)| Waits::of(state) == waits)
            .map(|(state, days)| (state.as_str(), *days))
            .max_by_key(|(_, days)| *days)
    }

    fn sum(&self, keep: impl Fn(&str, &str) -> bool) -> i64 {
        self.counts
            .iter()
            .filter(|((s, b), _)| keep(s, b))
            .map(|(_, n)| n)
            .sum()
    }

    fn bands(&self) -> Vec<String> {
        let known: Vec<String> = BANDS.iter().map(|b| (*b).to_owned()).collect();
        let others: BTreeSet<String> = self
            .counts
            .keys()
            .map(|(_, band)| band.clone())
            .filter(|band| !known.contains(band))
            .collect();
        known.into_iter().chain(others).collect()
    }

    fn states(&self) -> Vec<String> {
        let others: BTreeSet<String> = self
            .counts
            .keys()
            .map(|(state, _)| state.clone())
            .filter(|state| !STATES.contains(&state.as_str()))
            .collect();
        let (ours, theirs) = STATES.split_at(2);
        let named = |states: &[&str]| states.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        named(ours)
            .into_iter()
            .chain(others)
            .chain(named(theirs))
            .collect()
    }
}

/// Reads the metric and the cases behind it; `None` when it is not measured.
pub(super) fn read(maker: &Maker) -> Result<Option<Ageing>, ReviewError> {
    let columns = ["state", "band", "complaints", "oldest_days"];
    let Some(table) = maker.metric(METRIC, &columns)? else {
        return Ok(None);
    };
    let mut ageing = Ageing {
        counts: BTreeMap::new(),
        oldest: BTreeMap::new(),
        oldest_case: None,
        lists: BTreeMap::new(),
    };
    for row in 0..table.rows.len() {
        let (state, band) = (table.text(row, "state"), table.text(row, "band"));
        let n = table.count(row, "complaints");
        let days = table.count(row, "oldest_days");
        let oldest = ageing.oldest.entry(state.clone()).or_insert(days);
        *oldest = days.max(*oldest);
        *ageing.counts.entry((state, band)).or_default() += n;
    }
    if let Some((state, days)) = ageing.oldest_state(Waits::ForUs) {
        // The metric knows the age, so only the cases of that very age are asked for.
        let days = days.to_string();
        let cases = maker.drill(METRIC, &[("state", state), ("age_days", &days)], 1)?;
        if !cases.rows.is_empty() {
            ageing.oldest_case = Some(cases.text(0, "case_id"));
        }
    }
    for ((state, band), n) in &ageing.counts {
        let conditions = [("state", state.as_str()), ("band", band.as_str())];
        let cases = oldest_first(maker.drill(METRIC, &conditions, LOOKED_THROUGH)?);
        let names = [
            maker.words.name("states", state),
            maker.words.name("bands", band),
        ];
        let title = names.join(", ");
        let list = maker.case_list(METRIC, &conditions, title, *n, &cases);
        ageing.lists.insert((state.clone(), band.clone()), list);
    }
    Ok(Some(ageing))
}

/// The cases, the oldest first.
fn oldest_first(mut cases: Counted) -> Counted {
    if let Some(age) = cases.position("age_days") {
        cases.rows.sort_by_key(|row| {
            std::cmp::Reverse(row.get(age).and_then(|v| v.as_count()).unwrap_or(0))
        });
    }
    cases
}

pub(super) fn section(maker: &Maker, ageing: Option<&Ageing>) -> Result<Section, ReviewError> {
    let words = maker.words;
    let mut blocks = vec![Block::Text {
        text: words.text("ageing.lead"),
    }];
    match ageing {
        None => blocks.push(maker.not_measured(METRIC)),
        Some(ageing) if ageing.counts.is_empty() => {
            blocks.push(Block::Absent {
                text: words.text("absent.nothing_open"),
            });
        }
        Some(ageing) => {
            blocks.push(Block::Chart {
                chart: Box::new(chart(maker, ageing)),
            });
            let states = ageing.states();
            let place = |state: &String| states.iter().position(|s| s == state);
            let mut lists: Vec<(&(String, String), &CaseList)> = ageing.lists.iter().collect();
            lists.sort_by_key(|((state, band), _)| (place(state), band.clone()));
            blocks.extend(maker.cases_block(lists.into_iter().map(|(_, l)| l.clone()).collect()));
        }
    }
    Ok(Section {
        id: "ageing".into(),
        title: words.text("ageing.title"),
        reference: words.text("ageing.reference"),
        blocks,
    })
}

fn chart(maker: &Maker, ageing: &Ageing) -> Chart {
    let words = maker.words;
    let (bands, states) = (ageing.bands(), ageing.states());
    let panels = Waits::ALL
        .map(|waits| {
            let counts: Vec<i64> = bands
                .iter()
                .map(|band| ageing.sum(|s, b| Waits::of(s) == waits && b == band))
                .collect();
            let total = words.count(ageing.waiting(waits));
            AgeingPanel {
                title: words.fill(waits.title(), &[("n", &total)]),
                texts: counts.iter().map(|n| words.count(*n)).collect(),
                counts: counts.iter().map(|n| *n as f64).collect(),
            }
        })
        .to_vec();
    let names: Vec<String> = bands.iter().map(|b| words.name("bands", b)).collect();
    let alt = panels
        .iter()
        .map(|panel| {
            let said: Vec<String> = names
                .iter()
                .zip(&panel.texts)
                .map(|(b, n)| format!("{b}: {n}"))
                .collect();
            format!("{}. {}.", panel.title, said.join("; "))
        })
        .collect::<Vec<_>>()
        .join(" ");
    let mut columns = maker.columns(&["ageing.col_band"]);
    columns.extend(states.iter().map(|s| Column {
        title: words.name("states", s),
        number: true,
    }));
    let mut rows: Vec<Vec<Cell>> = bands
        .iter()
        .zip(&names)
        .map(|(band, name)| {
            let mut cells = vec![Cell::text(name)];
            cells.extend(states.iter().map(|state| {
                let key = (state.clone(), band.clone());
                let n = ageing.counts.get(&key).copied().unwrap_or(0);
                maker.count_cell(n, ageing.lists.get(&key))
            }));
            cells
        })
        .collect();
    let mut total = vec![Cell::text(words.text("words.total"))];
    let mut oldest = vec![Cell::text(words.text("ageing.oldest"))];
    for state in &states {
        total.push(maker.count_cell(ageing.sum(|s, _| s == state), None));
        oldest.push(match ageing.oldest.get(state) {
            Some(days) => maker.count_cell(*days, None),
            None => Cell::text(crate::words::NOTHING),
        });
    }
    rows.extend([total, oldest]);
    let top = panels
        .iter()
        .flat_map(|p| p.counts.iter().copied())
        .fold(1.0, f64::max);
    Chart {
        name: "ageing".into(),
        title: words.text("ageing.chart"),
        alt,
        drawing: Drawing::Ageing(AgeingChart {
            bands_title: words.text("ageing.bands_title"),
            bands: names,
            top,
            panels,
        }),
        table: maker.table("ageing", words.text("ageing.caption"), columns, rows),
    }
}
