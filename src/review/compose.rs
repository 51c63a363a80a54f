//! Counted tables -> a finished review: every figure judged, rounded and worded once.

mod action_course;
mod actions;
mod ageing;
mod answers;
pub mod apart;
mod changes;
mod control_charts;
mod cut;
mod exposure;
mod findings;
mod indicators;
mod limits;
mod maker;
mod meeting;
mod months;
mod others;
mod overview;
mod pareto;
mod pauses;
mod phases;
mod problems;
mod record;
mod recurrence;
mod remedies;
mod series;
mod sites;
mod sla;
mod stock;
mod time;
mod timelines;
mod volume;

use super::ReviewError;
use super::figures::{Figures, ReviewContext};
use super::model::{Labels, ReviewModel};
use super::words::Words;
use maker::Maker;

/// Version of the model's structure.
const SCHEMA: u32 = 1;

/// Below this many, a share is written "x of n" and no percentage (DEFINITIONS: charts and comparisons).
pub const SMALLEST_FOR_PERCENT: u64 = 20;

/// Cases shown behind a figure.
pub const CASES_SHOWN: usize = 20;

/// Makes the review of a period.
///
/// # Errors
/// When a metric fails or lacks a column, or a statistic refuses its counts. A metric that does not exist, or a
/// table without rows, is not an error: the review says "not measured" or "none".
pub fn build(figures: &dyn Figures, context: &ReviewContext) -> Result<ReviewModel, ReviewError> {
    let words = Words::load(context.language)?;
    let maker = Maker::new(figures, context, &words);
    let stages = sla::read(&maker, "stage_sla")?;
    let overall = sla::read(&maker, "overall_sla")?;
    let acknowledged = sla::read(&maker, "acknowledgement")?;
    let volume = volume::read(&maker)?;
    let stock = stock::read(&maker)?;
    let ageing = ageing::read(&maker)?;
    let remedies = remedies::read(&maker)?;
    let pauses = pauses::read(&maker)?;
    let recurrence = recurrence::read(&maker)?;
    let actions = actions::read(&maker)?;
    let changes = changes::read(&maker, series::read(&maker)?)?;

    let judged = findings::Judged {
        stages: [&stages, &overall, &acknowledged],
        stock: stock.as_ref(),
        ageing: ageing.as_ref(),
        remedies: &remedies,
        recurrence: recurrence.as_ref(),
        actions: &actions,
        changes: changes.as_ref(),
    };
    let (findings, clear) = findings::findings(&maker, &judged);
    let head = overview::head(
        &maker,
        volume.as_ref(),
        overall.as_ref(),
        stock.as_ref(),
        ageing.as_ref(),
    );
    let measured = indicators::Measured {
        volume: volume.as_ref(),
    };
    let mut sections = vec![
        indicators::section(&maker, &measured)?,
        control_charts::section(&maker, changes.as_ref())?,
        remedies::section(&maker, &remedies)?,
        limits::stages_section(&maker, stages.as_ref(), pauses.as_ref())?,
        limits::overall_section(&maker, overall.as_ref(), pauses.as_ref())?,
        limits::acknowledgement_section(&maker, acknowledged.as_ref(), pauses.as_ref())?,
        volume::section(&maker, volume.as_ref())?,
        stock::section(&maker, stock.as_ref())?,
        ageing::section(&maker, ageing.as_ref())?,
        answers::section(&maker)?,
        pareto::section(&maker)?,
        exposure::section(&maker)?,
        recurrence::section(&maker, recurrence.as_ref(), changes.as_ref())?,
        actions::section(&maker, &actions)?,
        time::section(&maker)?,
    ];
    sections.extend(others::section(&maker)?);
    sections.extend([
        meeting::section(&maker)?,
        cut::definitions(&maker),
        cut::section(&maker),
        record::section(&maker, &findings),
    ]);
    Ok(ReviewModel {
        schema: SCHEMA,
        language: context.language,
        head,
        findings,
        clear,
        sections,
        labels: labels(&words),
    })
}

/// Words of the page that belong to no section.
fn labels(words: &Words) -> Labels {
    Labels {
        skip: words.text("page.skip"),
        contents: words.text("page.contents"),
        decisions: words.text("page.decisions"),
        decisions_lead: words.text("page.decisions_lead"),
        nothing: words.text("page.nothing"),
        clear: words.text("page.clear"),
        provisional: words.text("page.provisional"),
        data_table: words.text("page.data_table"),
        drill: words.text("page.drill"),
        case: words.text("columns.case_id"),
        figures: words.text("page.figures"),
        warnings: words.text("page.warnings"),
        to_top: words.text("page.to_top"),
        no_cases: words.text("page.no_cases"),
        signatures: words.text("page.signatures"),
        signature_name: words.text("page.signature_name"),
        signature_day: words.text("page.signature_day"),
        signature: words.text("page.signature"),
        sideways: words.text("page.sideways"),
    }
}
