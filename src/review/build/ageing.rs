//! Ages of what is not closed; outstanding complaints apart.

use std::collections::{BTreeMap, BTreeSet};

use super::maker::Maker;
use crate::engine::counted::Counted;
use crate::review::ReviewError;
use crate::review::charts::ageing::{AgeingChart, AgeingPanel};
use crate::review::model::{Block, CaseList, Cell, Chart, Column, Drawing, Section};

const METRIC: &str = "ageing";
const OUTSTANDING: &str = "outstanding";
const STATES: [&str; 4] = ["registered", "in_processing", "resolved", OUTSTANDING];
/// Bands as the metric names them, youngest first; bands of its own that a site adds come after.
const BANDS: [&str; 6] = [
    "000-007", "008-014", "015-030", "031-060", "061-090", "091+",
];
/// So many of the oldest band are looked through for the oldest complaint.
const LOOKED_THROUGH: usize = 5000;

/// What is not closed, by state and band.
#[derive(Debug, Clone)]
pub(super) struct Ageing {
    counts: BTreeMap<(String, String), i64>,
    oldest: BTreeMap<String, i64>,
    /// Cases of the oldest open complaints, oldest first.
    pub(super) oldest_case: Option<String>,
    lists: BTreeMap<(String, String), CaseList>,
}

impl Ageing {
    pub(super) fn open(&self) -> i64 {
        self.sum(|state, _| state != OUTSTANDING)
    }

    pub(super) fn outstanding(&self) -> i64 {
        self.sum(|state, _| state == OUTSTANDING)
    }

    /// Open complaints of more than 90 days.
    pub(super) fn very_old(&self) -> i64 {
        self.sum(|state, band| state != OUTSTANDING && band == "091+")
    }

    /// Age of the oldest open complaint, in calendar days.
    pub(super) fn oldest_open(&self) -> Option<i64> {
        self.oldest
            .iter()
            .filter(|(s, _)| *s != OUTSTANDING)
            .map(|(_, days)| *days)
            .max()
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
        let known = STATES[..3].iter().map(|s| (*s).to_owned());
        let others: BTreeSet<String> = self
            .counts
            .keys()
            .map(|(state, _)| state.clone())
            .filter(|state| !STATES.contains(&state.as_str()))
            .collect();
        known
            .chain(others)
            .chain([OUTSTANDING.to_owned()])
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
    let oldest_open = ageing.oldest_open();
    let keys: Vec<((String, String), i64)> =
        ageing.counts.iter().map(|(k, n)| (k.clone(), *n)).collect();
    for ((state, band), n) in keys {
        let conditions = [("state", state.as_str()), ("band", band.as_str())];
        let cases = oldest_first(maker.drill(METRIC, &conditions, LOOKED_THROUGH)?);
        let is_oldest = state != OUTSTANDING
            && !cases.rows.is_empty()
            && Some(cases.count(0, "age_days")) == oldest_open;
        if is_oldest && ageing.oldest_case.is_none() {
            ageing.oldest_case = Some(cases.text(0, "case_id"));
        }
        let names = [
            maker.words.name("states", &state),
            maker.words.name("bands", &band),
        ];
        let title = names.join(", ");
        let list = maker.case_list(METRIC, &conditions, title, n, &cases);
        ageing.lists.insert((state, band), list);
    }
    Ok(Some(ageing))
}

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
    let panel = |title: &str, total: i64, keep: &dyn Fn(&str) -> bool| {
        let counts: Vec<i64> = bands
            .iter()
            .map(|band| ageing.sum(|s, b| keep(s) && b == band))
            .collect();
        AgeingPanel {
            title: words.plural(title, total, &[]),
            texts: counts.iter().map(|n| words.count(*n)).collect(),
            counts: counts.iter().map(|n| *n as f64).collect(),
        }
    };
    let panels = vec![
        panel("ageing.open_panel", ageing.open(), &|s| s != OUTSTANDING),
        panel("ageing.outstanding_panel", ageing.outstanding(), &|s| {
            s == OUTSTANDING
        }),
    ];
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
            None => Cell::text(crate::review::words::NOTHING),
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
