//! The causes planted in the sample register, and the actions taken against them.

use chrono::NaiveDate;

use super::catalogue::Family;

/// A planted cause: one thing that keeps going wrong.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    pub id: &'static str,
    pub category: &'static str,
    /// What its product belongs to; `None` when the fault lies in no product.
    pub family: Option<Family>,
    /// Where in the list of products it strikes; all of the family when empty.
    pub products: &'static [&'static str],
    /// Begin, in thousandths of the register's span.
    pub starts: u32,
    /// Relative frequency while it lasts.
    pub rate: u32,
    /// Frequency by season: more in summer, in winter, or the same all year.
    pub season: Season,
    /// What the firm finds to be the root.
    pub root: &'static str,
}

/// When in the year something happens more often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season {
    Even,
    Summer,
    Winter,
}

/// The ten planted causes.
pub const CAUSES: &[Cause] = &[
    Cause {
        id: "wrinkling-topcoat",
        category: "adhesion",
        family: Some(Family::Paint),
        products: &["Kuzey İpek İç Cephe"],
        starts: 110,
        rate: 130,
        season: Season::Even,
        root: "raw_material_change",
    },
    Cause {
        id: "tin-lid-leak",
        category: "packaging",
        family: Some(Family::Paint),
        products: &[
            "Kuzey İpek İç Cephe",
            "Kuzey Mat Tavan",
            "Kuzey Silikonlu İç Cephe",
        ],
        starts: 180,
        rate: 110,
        season: Season::Even,
        root: "supplier_part",
    },
    Cause {
        id: "sealant-not-curing",
        category: "drying-time",
        family: Some(Family::Sealant),
        products: &["Kuzey Sıhhi Silikon", "Kuzey Cephe Mastik"],
        starts: 280,
        rate: 120,
        season: Season::Even,
        root: "raw_material_batch",
    },
    Cause {
        id: "board-shrinkage",
        category: "cracking",
        family: Some(Family::Board),
        products: &["Kuzey XPS 30", "Kuzey XPS 50"],
        starts: 0,
        rate: 95,
        season: Season::Summer,
        root: "process_ageing_time",
    },
    Cause {
        id: "shade-differs-by-lot",
        category: "colour-appearance",
        family: Some(Family::Paint),
        products: &["Kuzey Silikonlu İç Cephe", "Kuzey Poyraz Dış Cephe"],
        starts: 0,
        rate: 110,
        season: Season::Summer,
        root: "process_tinting",
    },
    Cause {
        id: "membrane-seam-opens",
        category: "adhesion",
        family: Some(Family::Membrane),
        products: &["Kuzey Bitüm Membran"],
        starts: 330,
        rate: 100,
        season: Season::Winter,
        root: "machine_setting",
    },
    Cause {
        id: "invoice-doubled",
        category: "invoice",
        family: None,
        products: &[],
        starts: 330,
        rate: 130,
        season: Season::Even,
        root: "system_change",
    },
    Cause {
        id: "courier-tiles-slot",
        category: "late-delivery",
        family: None,
        products: &[],
        starts: 620,
        rate: 120,
        season: Season::Even,
        root: "carrier",
    },
    Cause {
        id: "grout-stains",
        category: "colour-appearance",
        family: Some(Family::Grout),
        products: &["Kuzey Derz 2-8"],
        starts: 700,
        rate: 90,
        season: Season::Even,
        root: "raw_material_change",
    },
    Cause {
        id: "sprayer-nozzle-clog",
        category: "consistency",
        family: Some(Family::Putty),
        products: &["Kuzey Makine Macunu", "Kuzey Saten Macun"],
        starts: 160,
        rate: 100,
        season: Season::Even,
        root: "machine_wear",
    },
];

/// A corrective or preventive action as planned; days in thousandths of the span.
#[derive(Debug, Clone, Copy)]
pub struct PlannedAction {
    pub id: &'static str,
    pub kind: &'static str,
    pub cause: &'static str,
    pub title: &'static str,
    pub planned: u32,
    /// `None`: not implemented yet.
    pub implemented: Option<u32>,
    pub works: bool,
}

/// What the firm did about the causes; some of it helped.
pub const ACTIONS: &[PlannedAction] = &[
    PlannedAction {
        id: "CA-01",
        kind: "corrective",
        cause: "wrinkling-topcoat",
        title: "Return to the former coalescing solvent; test of incoming solvent",
        planned: 330,
        implemented: Some(400),
        works: true,
    },
    PlannedAction {
        id: "CA-02",
        kind: "corrective",
        cause: "tin-lid-leak",
        title: "Lid supplier changed back; drop test per delivery",
        planned: 390,
        implemented: Some(450),
        works: true,
    },
    PlannedAction {
        id: "CA-03",
        kind: "corrective",
        cause: "sealant-not-curing",
        title: "Leaflet on humidity and curing added to the cartridges' box",
        planned: 420,
        implemented: Some(470),
        works: false,
    },
    PlannedAction {
        id: "CA-04",
        kind: "corrective",
        cause: "board-shrinkage",
        title: "Note on storage in the shade sent to dealers",
        planned: 250,
        implemented: Some(310),
        works: false,
    },
    PlannedAction {
        id: "CA-05",
        kind: "corrective",
        cause: "board-shrinkage",
        title: "Boards aged 28 days before dispatch, release by measurement",
        planned: 560,
        implemented: Some(640),
        works: true,
    },
    PlannedAction {
        id: "CA-06",
        kind: "corrective",
        cause: "shade-differs-by-lot",
        title: "Reminder to tinting staff",
        planned: 450,
        implemented: Some(500),
        works: false,
    },
    PlannedAction {
        id: "CA-07",
        kind: "corrective",
        cause: "invoice-doubled",
        title: "Unique key on order and delivery in the billing interface",
        planned: 430,
        implemented: Some(480),
        works: true,
    },
    PlannedAction {
        id: "CA-08",
        kind: "corrective",
        cause: "courier-tiles-slot",
        title: "Penalty clause in the carrier's contract",
        planned: 760,
        implemented: Some(820),
        works: false,
    },
    PlannedAction {
        id: "CA-09",
        kind: "corrective",
        cause: "sprayer-nozzle-clog",
        title: "Grinding screen replaced, wear limit in the maintenance plan",
        planned: 470,
        implemented: Some(540),
        works: true,
    },
    PlannedAction {
        id: "CA-10",
        kind: "corrective",
        cause: "membrane-seam-opens",
        title: "Seam heater of line 2 replaced",
        planned: 930,
        implemented: None,
        works: true,
    },
    PlannedAction {
        id: "PA-01",
        kind: "preventive",
        cause: "",
        title: "Procedure for raw-material changes: trial lot and complaint watch",
        planned: 520,
        implemented: Some(600),
        works: true,
    },
];

/// The day at a share of a span.
///
/// `permille` is the share in thousandths, 0 = first day.
pub fn day_at(from: NaiveDate, span_days: i64, permille: u32) -> NaiveDate {
    from + chrono::Duration::days(span_days * i64::from(permille) / 1000)
}
