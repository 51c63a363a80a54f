//! What the invented manufacturer makes, who works there, and where complaints go.
//!
//! Nothing here exists: firm, persons, products are made up.

use redress_domain::vocabulary::Role;

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
    product(
        "Kuzey İpek İç Cephe",
        Family::Paint,
        Site::Gebze,
        9200,
        false,
    ),
    product("Kuzey Mat Tavan", Family::Paint, Site::Gebze, 6100, false),
    product(
        "Kuzey Silikonlu İç Cephe",
        Family::Paint,
        Site::Gebze,
        5400,
        false,
    ),
    product(
        "Kuzey Poyraz Dış Cephe",
        Family::Paint,
        Site::Gebze,
        4800,
        true,
    ),
    product(
        "Kuzey Grenli Kaplama",
        Family::Paint,
        Site::Gebze,
        1900,
        true,
    ),
    product(
        "Kuzey Radyatör Boyası",
        Family::Paint,
        Site::Gebze,
        1100,
        false,
    ),
    product("Kuzey Ahşap Vernik", Family::Wood, Site::Gebze, 1500, true),
    product(
        "Kuzey Ahşap Koruyucu",
        Family::Wood,
        Site::Gebze,
        1300,
        true,
    ),
    product("Kuzey Astar 10", Family::Primer, Site::Gebze, 3900, false),
    product("Kuzey Metal Astar", Family::Primer, Site::Gebze, 900, true),
    product("Kuzey Saten Macun", Family::Putty, Site::Gebze, 4300, false),
    product(
        "Kuzey Makine Macunu",
        Family::Putty,
        Site::Gebze,
        2100,
        false,
    ),
    product("Kuzey Derz 2-8", Family::Grout, Site::Gebze, 3300, false),
    product(
        "Kuzey Flex Yapıştırıcı",
        Family::Adhesive,
        Site::Gebze,
        5200,
        false,
    ),
    product(
        "Kuzey Sıhhi Silikon",
        Family::Sealant,
        Site::Bursa,
        8700,
        false,
    ),
    product(
        "Kuzey Cephe Mastik",
        Family::Sealant,
        Site::Bursa,
        3100,
        true,
    ),
    product("Kuzey PU Köpük", Family::Sealant, Site::Bursa, 4500, false),
    product("Kuzey XPS 30", Family::Board, Site::Bursa, 3600, true),
    product("Kuzey XPS 50", Family::Board, Site::Bursa, 2400, true),
    product(
        "Kuzey Bitüm Membran",
        Family::Membrane,
        Site::Bursa,
        2900,
        true,
    ),
    product(
        "Kuzey Sürme Yalıtım",
        Family::Mortar,
        Site::Bursa,
        1800,
        true,
    ),
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
    (
        "packaging",
        &[("technical", 30), ("quality", 50), ("logistics", 20)],
    ),
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
