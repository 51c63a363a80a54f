//! What the invented manufacturer makes, who works there, and the causes planted in its register.
//!
//! Nothing here exists: firm, persons, products and causes are made up.

use chrono::NaiveDate;

use crate::domain::vocabulary::Role;

/// Where a complaint's product is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Site {
    Gebze,
    Bursa,
}

impl Site {
    /// Both plants.
    pub const ALL: [Site; 2] = [Site::Gebze, Site::Bursa];

    /// The name in the register.
    pub const fn as_str(self) -> &'static str {
        match self {
            Site::Gebze => "Gebze",
            Site::Bursa => "Bursa",
        }
    }

    /// The plant's technical department.
    pub const fn technical(self) -> &'static str {
        match self {
            Site::Gebze => "technical_gebze",
            Site::Bursa => "technical_bursa",
        }
    }

    /// First letter of the plant's lot numbers.
    pub const fn letter(self) -> char {
        match self {
            Site::Gebze => 'G',
            Site::Bursa => 'B',
        }
    }
}

/// What a product is, as far as a complaint's words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    Paint,
    Wood,
    Primer,
    Putty,
    Grout,
    Adhesive,
    Sealant,
    Board,
    Membrane,
    Mortar,
}

/// A product of the firm.
#[derive(Debug, Clone, Copy)]
pub struct Product {
    pub name: &'static str,
    pub family: Family,
    pub site: Site,
    /// Units sold in an average month.
    pub monthly_units: u32,
    /// More in summer, for outdoor work.
    pub outdoor: bool,
}

const fn product(
    name: &'static str,
    family: Family,
    site: Site,
    monthly_units: u32,
    outdoor: bool,
) -> Product {
    Product {
        name,
        family,
        site,
        monthly_units,
        outdoor,
    }
}

/// All products.
pub const PRODUCTS: &[Product] = &[
    product("Kuzey İpek İç Cephe", Family::Paint, Site::Gebze, 9200, false),
    product("Kuzey Mat Tavan", Family::Paint, Site::Gebze, 6100, false),
    product("Kuzey Silikonlu İç Cephe", Family::Paint, Site::Gebze, 5400, false),
    product("Kuzey Poyraz Dış Cephe", Family::Paint, Site::Gebze, 4800, true),
    product("Kuzey Grenli Kaplama", Family::Paint, Site::Gebze, 1900, true),
    product("Kuzey Radyatör Boyası", Family::Paint, Site::Gebze, 1100, false),
    product("Kuzey Ahşap Vernik", Family::Wood, Site::Gebze, 1500, true),
    product("Kuzey Ahşap Koruyucu", Family::Wood, Site::Gebze, 1300, true),
    product("Kuzey Astar 10", Family::Primer, Site::Gebze, 3900, false),
    product("Kuzey Metal Astar", Family::Primer, Site::Gebze, 900, true),
    product("Kuzey Saten Macun", Family::Putty, Site::Gebze, 4300, false),
    product("Kuzey Makine Macunu", Family::Putty, Site::Gebze, 2100, false),
    product("Kuzey Derz 2-8", Family::Grout, Site::Gebze, 3300, false),
    product("Kuzey Flex Yapıştırıcı", Family::Adhesive, Site::Gebze, 5200, false),
    product("Kuzey Sıhhi Silikon", Family::Sealant, Site::Bursa, 8700, false),
    product("Kuzey Cephe Mastik", Family::Sealant, Site::Bursa, 3100, true),
    product("Kuzey PU Köpük", Family::Sealant, Site::Bursa, 4500, false),
    product("Kuzey XPS 30", Family::Board, Site::Bursa, 3600, true),
    product("Kuzey XPS 50", Family::Board, Site::Bursa, 2400, true),
    product("Kuzey Bitüm Membran", Family::Membrane, Site::Bursa, 2900, true),
    product("Kuzey Sürme Yalıtım", Family::Mortar, Site::Bursa, 1800, true),
];

/// Categories of complaints, with the departments that they are routed to: the plant's technical
/// department where the list says `technical`.
pub const CATEGORIES: &[(&str, &[(&str, u32)])] = &[
    ("colour-appearance", &[("technical", 75), ("quality", 25)]),
    ("adhesion", &[("technical", 85), ("quality", 15)]),
    ("cracking", &[("technical", 85), ("quality", 15)]),
    ("drying-time", &[("technical", 85), ("quality", 15)]),
    ("odour", &[("technical", 50), ("quality", 50)]),
    ("coverage", &[("technical", 80), ("quality", 20)]),
    ("consistency", &[("technical", 85), ("quality", 15)]),
    ("packaging", &[("technical", 30), ("quality", 50), ("logistics", 20)]),
    ("labelling", &[("quality", 100)]),
    ("missing-quantity", &[("logistics", 80), ("quality", 20)]),
    ("wrong-product", &[("logistics", 85), ("sales", 15)]),
    ("late-delivery", &[("logistics", 100)]),
    ("delivery-damage", &[("logistics", 100)]),
    ("courier-conduct", &[("logistics", 100)]),
    ("invoice", &[("billing", 100)]),
    ("price", &[("sales", 60), ("billing", 40)]),
    ("refund", &[("billing", 100)]),
    ("warranty", &[("technical", 60), ("quality", 40)]),
    ("technical-advice", &[("technical", 100)]),
    ("application-service", &[("technical", 80), ("quality", 20)]),
    ("dealer-conduct", &[("sales", 100)]),
    ("website", &[("sales", 100)]),
    ("call-centre", &[("quality", 100)]),
    ("documentation", &[("quality", 70), ("sales", 30)]),
    ("safety-health", &[("quality", 60), ("technical", 40)]),
];

/// A member of staff.
#[derive(Debug, Clone, Copy)]
pub struct Staff {
    pub name: &'static str,
    pub department: &'static str,
    pub role: Role,
}

const fn staff(name: &'static str, department: &'static str, role: Role) -> Staff {
    Staff {
        name,
        department,
        role,
    }
}

/// Everybody who enters events.
pub const STAFF: &[Staff] = &[
    staff("Aylin Toprakkale", "customer_service", Role::Contact),
    staff("Bora Sütçüler", "customer_service", Role::Contact),
    staff("Ceyda Uludere", "customer_service", Role::Contact),
    staff("Larisa Demirova", "customer_service", Role::Contact),
    staff("Oğuz Pınarhisar", "customer_service", Role::Contact),
    staff("Defne Karaağaç", "customer_service", Role::Agent),
    staff("Emre Hasankeyf", "customer_service", Role::Agent),
    staff("Feride Akçaabat", "customer_service", Role::Agent),
    staff("Gökhan Yenişehirli", "customer_service", Role::Agent),
    staff("Hakan Dereköy", "technical_gebze", Role::Technical),
    staff("İlker Boğazlıyan", "technical_gebze", Role::Technical),
    staff("Jülide Çamoluk", "technical_gebze", Role::Technical),
    staff("Kaan Alaçamlı", "technical_gebze", Role::Technical),
    staff("Levent Mudurnu", "technical_bursa", Role::Technical),
    staff("Melike İznikli", "technical_bursa", Role::Technical),
    staff("Nihat Osmaneli", "technical_bursa", Role::Technical),
    staff("Pelin Göynüklü", "quality", Role::Quality),
    staff("Rüştü Safranbolu", "quality", Role::Quality),
    staff("Selin Taraklı", "quality", Role::Quality),
    staff("Tarık Ermenek", "logistics", Role::Agent),
    staff("Ufuk Beypazarı", "logistics", Role::Agent),
    staff("Vildan Kemaliye", "billing", Role::Agent),
    staff("Yalçın Eğirdir", "billing", Role::Agent),
    staff("Zerrin Amasra", "sales", Role::Agent),
    staff("Turgay Sinanpaşa", "sales", Role::Agent),
    staff("Nurhan Divriği", "management", Role::Admin),
];

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
    Cause { id: "wrinkling-topcoat", category: "adhesion", family: Some(Family::Paint), products: &["Kuzey İpek İç Cephe"], starts: 110, rate: 130, season: Season::Even, root: "raw_material_change" },
    Cause { id: "tin-lid-leak", category: "packaging", family: Some(Family::Paint), products: &["Kuzey İpek İç Cephe", "Kuzey Mat Tavan", "Kuzey Silikonlu İç Cephe"], starts: 180, rate: 110, season: Season::Even, root: "supplier_part" },
    Cause { id: "sealant-not-curing", category: "drying-time", family: Some(Family::Sealant), products: &["Kuzey Sıhhi Silikon", "Kuzey Cephe Mastik"], starts: 280, rate: 120, season: Season::Even, root: "raw_material_batch" },
    Cause { id: "board-shrinkage", category: "cracking", family: Some(Family::Board), products: &["Kuzey XPS 30", "Kuzey XPS 50"], starts: 0, rate: 95, season: Season::Summer, root: "process_ageing_time" },
    Cause { id: "shade-differs-by-lot", category: "colour-appearance", family: Some(Family::Paint), products: &["Kuzey Silikonlu İç Cephe", "Kuzey Poyraz Dış Cephe"], starts: 0, rate: 110, season: Season::Summer, root: "process_tinting" },
    Cause { id: "membrane-seam-opens", category: "adhesion", family: Some(Family::Membrane), products: &["Kuzey Bitüm Membran"], starts: 330, rate: 100, season: Season::Winter, root: "machine_setting" },
    Cause { id: "invoice-doubled", category: "invoice", family: None, products: &[], starts: 330, rate: 130, season: Season::Even, root: "system_change" },
    Cause { id: "courier-tiles-slot", category: "late-delivery", family: None, products: &[], starts: 620, rate: 120, season: Season::Even, root: "carrier" },
    Cause { id: "grout-stains", category: "colour-appearance", family: Some(Family::Grout), products: &["Kuzey Derz 2-8"], starts: 700, rate: 90, season: Season::Even, root: "raw_material_change" },
    Cause { id: "sprayer-nozzle-clog", category: "consistency", family: Some(Family::Putty), products: &["Kuzey Makine Macunu", "Kuzey Saten Macun"], starts: 160, rate: 100, season: Season::Even, root: "machine_wear" },
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
    PlannedAction { id: "CA-01", kind: "corrective", cause: "wrinkling-topcoat", title: "Return to the former coalescing solvent; test of incoming solvent", planned: 330, implemented: Some(400), works: true },
    PlannedAction { id: "CA-02", kind: "corrective", cause: "tin-lid-leak", title: "Lid supplier changed back; drop test per delivery", planned: 390, implemented: Some(450), works: true },
    PlannedAction { id: "CA-03", kind: "corrective", cause: "sealant-not-curing", title: "Leaflet on humidity and curing added to the cartridges' box", planned: 420, implemented: Some(470), works: false },
    PlannedAction { id: "CA-04", kind: "corrective", cause: "board-shrinkage", title: "Note on storage in the shade sent to dealers", planned: 250, implemented: Some(310), works: false },
    PlannedAction { id: "CA-05", kind: "corrective", cause: "board-shrinkage", title: "Boards aged 28 days before dispatch, release by measurement", planned: 560, implemented: Some(640), works: true },
    PlannedAction { id: "CA-06", kind: "corrective", cause: "shade-differs-by-lot", title: "Reminder to tinting staff", planned: 450, implemented: Some(500), works: false },
    PlannedAction { id: "CA-07", kind: "corrective", cause: "invoice-doubled", title: "Unique key on order and delivery in the billing interface", planned: 430, implemented: Some(480), works: true },
    PlannedAction { id: "CA-08", kind: "corrective", cause: "courier-tiles-slot", title: "Penalty clause in the carrier's contract", planned: 760, implemented: Some(820), works: false },
    PlannedAction { id: "CA-09", kind: "corrective", cause: "sprayer-nozzle-clog", title: "Grinding screen replaced, wear limit in the maintenance plan", planned: 470, implemented: Some(540), works: true },
    PlannedAction { id: "CA-10", kind: "corrective", cause: "membrane-seam-opens", title: "Seam heater of line 2 replaced", planned: 930, implemented: None, works: true },
    PlannedAction { id: "PA-01", kind: "preventive", cause: "", title: "Procedure for raw-material changes: trial lot and complaint watch", planned: 520, implemented: Some(600), works: true },
];

/// External bodies of the sample; kinds of bodies, not named offices.
pub const EXTERNAL_BODIES: &[(&str, u32)] = &[
    ("consumer arbitration committee", 60),
    ("mediator", 25),
    ("consumer court", 15),
];

/// Internal rules that decisions rest on.
pub const RULES: &[(&str, u32)] = &[
    ("YK-07 product complaints", 50),
    ("YK-09 deliveries", 20),
    ("YK-11 invoices and refunds", 15),
    ("YK-03 goodwill", 15),
];

/// Looks up a product by its name.
pub fn product_named(name: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|p| p.name == name)
}

/// The day at a share of a span.
///
/// `permille` is the share in thousandths, 0 = first day.
pub fn day_at(from: NaiveDate, span_days: i64, permille: u32) -> NaiveDate {
    from + chrono::Duration::days(span_days * i64::from(permille) / 1000)
}
