//! What was planted: the answers against which clustering and effectiveness checks are measured.

use chrono::{Datelike, Days, NaiveDate};

use super::catalogue::PRODUCTS;
use super::planted::{ACTIONS, day_at};
use super::season::Span;
use redress_domain::vocabulary::words;
use redress_plain::rng::Rng;

words! {
    /// How a case relates to others, in truth.
    Relation {
        /// To none.
        Background = "background",
        /// The same problem from different complainants.
        Recurrent = "recurrent",
        /// The same complaint registered twice.
        Duplicate = "duplicate",
        /// The same complainant with the same problem after a decision.
        Repeat = "repeat",
    }
}

/// The truth about one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthRow {
    pub case_no: u64,
    /// Planted cause; `None` for background.
    pub cause: Option<&'static str>,
    /// Group of recurrent complaints (cause, product, lot and time window); duplicates and repeats of a
    /// member carry it too.
    pub group_no: Option<u64>,
    pub relation: Relation,
    /// The case that it duplicates or repeats.
    pub of_case: Option<u64>,
}

/// A corrective or preventive action, and whether it helps in truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionRow {
    pub id: &'static str,
    /// `corrective` or `preventive`.
    pub kind: &'static str,
    /// Planted cause that it aims at; `None` for a general one.
    pub cause: Option<&'static str>,
    pub title: &'static str,
    pub planned_on: NaiveDate,
    /// `None`: not implemented within the register's span.
    pub implemented_on: Option<NaiveDate>,
    /// Whether the cause's rate falls after it.
    pub works: bool,
}

/// Units sold in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposureRow {
    /// `YYYY-MM`.
    pub month: String,
    pub product: &'static str,
    pub site: &'static str,
    pub units: u64,
}

/// The actions with their dates in this register's span.
pub fn actions(span: &Span) -> Vec<ActionRow> {
    let day = |permille| day_at(span.from, span.days(), permille);
    ACTIONS
        .iter()
        .map(|action| ActionRow {
            id: action.id,
            kind: action.kind,
            cause: (!action.cause.is_empty()).then_some(action.cause),
            title: action.title,
            planned_on: day(action.planned),
            implemented_on: action.implemented.map(day),
            works: action.works && action.implemented.is_some(),
        })
        .collect()
}

/// Number of the stream of sales under the seed.
const SALES_STREAM: u64 = 2;

/// Units sold for every month of the span and every product.
pub fn exposures(seed: u64, span: &Span) -> Vec<ExposureRow> {
    const INDOOR: [u64; 12] = [88, 90, 100, 106, 108, 104, 100, 98, 106, 104, 100, 92];
    const OUTDOOR: [u64; 12] = [45, 50, 85, 115, 140, 150, 150, 140, 120, 95, 65, 45];
    let mut rng = Rng::new(seed, SALES_STREAM);
    let mut rows = Vec::new();
    let mut month = span.from.with_day(1).unwrap_or(span.from);
    while month <= span.last {
        let place = usize::try_from(month.month0()).unwrap_or(0);
        for product in PRODUCTS {
            let season = if product.outdoor {
                OUTDOOR[place]
            } else {
                INDOOR[place]
            };
            let growth = 1000 + u64::try_from(span.permille(month).max(0)).unwrap_or(0) / 8;
            let chance = 940 + rng.below(121);
            let units =
                u64::from(product.monthly_units) * season * growth / 100_000 * chance / 1000;
            rows.push(ExposureRow {
                month: format!("{:04}-{:02}", month.year(), month.month()),
                product: product.name,
                site: product.site.as_str(),
                units,
            });
        }
        month = month + Days::new(u64::from(month.num_days_in_month()));
    }
    rows
}
