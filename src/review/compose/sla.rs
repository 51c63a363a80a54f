//! Stages, acknowledgement and the overall clock: their counts by verdict, and the share in time.

use std::collections::BTreeMap;

use super::maker::{Maker, Shown};
use crate::ReviewError;
use redress_engine::counted::Counted;
use redress_stats::StatsError;

const COLUMNS: [&str; 11] = [
    "side",
    "stage",
    "pass",
    "month",
    "met",
    "missed",
    "open_late",
    "open_not_due",
    "paused",
    "cancelled",
    "not_applicable",
];

/// Stages by verdict at `as_of`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Verdicts {
    pub(super) met: u64,
    pub(super) missed: u64,
    pub(super) open_late: u64,
    pub(super) open_not_due: u64,
    pub(super) paused: u64,
    pub(super) cancelled: u64,
    pub(super) not_applicable: u64,
}

impl Verdicts {
    /// The headline's denominator.
    pub(super) const fn judged(self) -> u64 {
        self.met + self.missed + self.open_late
    }

    pub(super) const fn late(self) -> u64 {
        self.missed + self.open_late
    }

    fn add(&mut self, table: &Counted, row: usize) {
        let count = |column: &str| u64::try_from(table.count(row, column)).unwrap_or(0);
        self.met += count("met");
        self.missed += count("missed");
        self.open_late += count("open_late");
        self.open_not_due += count("open_not_due");
        self.paused += count("paused");
        self.cancelled += count("cancelled");
        self.not_applicable += count("not_applicable");
    }
}

/// One stage of one pass, on both clocks.
#[derive(Debug, Clone)]
pub(super) struct StageSla {
    pub(super) stage: String,
    pub(super) pass: i64,
    pub(super) net: Verdicts,
    pub(super) gross: Verdicts,
    pub(super) months: BTreeMap<String, (Verdicts, Verdicts)>,
    pub(super) label: String,
    /// Share on the net clock.
    pub(super) shown: Shown,
    pub(super) gross_shown: Shown,
    /// The gross share with its counts.
    pub(super) gross_text: String,
    /// Share in time that is aimed at, 0 to 1.
    pub(super) objective: Option<f64>,
}

/// A metric of this shape, by stage and pass.
#[derive(Debug, Clone)]
pub(super) struct Sla {
    pub(super) metric: &'static str,
    pub(super) rows: Vec<StageSla>,
}

/// The order of the way of a complaint.
pub(super) fn place(stage: &str) -> usize {
    [
        "acknowledgement",
        "intake",
        "processing",
        "resolution",
        "overall",
    ]
    .iter()
    .position(|s| *s == stage)
    .unwrap_or(usize::MAX)
}

/// Reads a metric of this shape; `None` when it is not measured.
pub(super) fn read(maker: &Maker, metric: &'static str) -> Result<Option<Sla>, ReviewError> {
    let Some(table) = maker.metric(metric, &COLUMNS)? else {
        return Ok(None);
    };
    type Sides = (Verdicts, Verdicts, BTreeMap<String, (Verdicts, Verdicts)>);
    let mut found: BTreeMap<(i64, usize, String), Sides> = BTreeMap::new();
    for row in 0..table.rows.len() {
        let stage = table.text(row, "stage");
        let key = (table.count(row, "pass"), place(&stage), stage);
        let (net, gross, months) = found.entry(key).or_default();
        let month = months.entry(table.text(row, "month")).or_default();
        if table.text(row, "side") == "net" {
            net.add(&table, row);
            month.0.add(&table, row);
        } else {
            gross.add(&table, row);
            month.1.add(&table, row);
        }
    }
    let many_passes = found.keys().any(|(pass, _, _)| *pass > 1);
    let rows = found
        .into_iter()
        .map(|((pass, _, stage), (net, gross, mut months))| {
            // Paused without a due date belongs to no month.
            months.remove("");
            let label = label(maker, &stage, pass, many_passes);
            let gross_shown = maker.share(gross.met, gross.judged())?;
            Ok(StageSla {
                shown: maker.share(net.met, net.judged())?,
                gross_text: maker.with_counts(&gross_shown, gross.met, gross.judged()),
                gross_shown,
                objective: maker.context.share_aimed_at(&stage, pass),
                label,
                stage,
                pass,
                net,
                gross,
                months,
            })
        })
        .collect::<Result<Vec<_>, StatsError>>()
        .map_err(Maker::refused(metric))?;
    Ok(Some(Sla { metric, rows }))
}

/// "Processing" or, where any case has a second pass, "Processing, pass 1".
pub(super) fn label(maker: &Maker, stage: &str, pass: i64, many_passes: bool) -> String {
    let name = maker.words.name("stages", stage);
    let passes = many_passes && matches!(stage, "processing" | "resolution");
    if !passes && pass == 1 {
        return name;
    }
    let pass = maker.words.count(pass);
    maker
        .words
        .fill("sla.stage_pass", &[("stage", &name), ("pass", &pass)])
}
