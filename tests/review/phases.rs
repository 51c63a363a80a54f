//! Recorded phases: the limits of a chart and the test of a series look at the months of a phase, and the review says why.
//!
//! Limits were computed by hand from the months of the fixture: centre ± 3 √(centre (1 − centre) / 100) for the shares, whose
//! months have a hundred each, and the sum of complaints by the sum of working days for the rates.

use chrono::DateTime;
use redress::domain::chart_phase::ChartPhase;
use redress::domain::vocabulary::Language;
use redress::engine::counted::Value;
use redress::review::charts::control::ControlChart;
use redress::review::compose::build;
use redress::review::figures::ReviewContext;
use redress::review::model::{Chart, Drawing, ReviewModel};
use redress::review::public;
use redress::review::words::Words;

use super::fixture::{Invented, context, quarter};

const WHY: &str = "a second shift of examiners";

fn phase(series: &str, site: Option<&str>, begins: &str) -> ChartPhase {
    ChartPhase {
        series: series.to_owned(),
        site: site.map(str::to_owned),
        begins: begins.to_owned(),
        version: 1,
        withdrawn: false,
        reason: WHY.to_owned(),
        entered_by: "zeynep".to_owned(),
        recorded_at: DateTime::UNIX_EPOCH,
    }
}

fn with(phases: &[ChartPhase]) -> ReviewContext {
    ReviewContext {
        phases: phases.to_vec(),
        ..context(Language::En)
    }
}

fn review(invented: &Invented, phases: &[ChartPhase]) -> ReviewModel {
    build(invented, &with(phases)).expect("a review")
}

fn chart<'a>(model: &'a ReviewModel, name: &str) -> (&'a Chart, &'a ControlChart) {
    let chart = model.charts().find(|c| c.name == name).expect("the chart");
    match &chart.drawing {
        Drawing::Control(drawing) => (chart, drawing),
        other => panic!("{other:?}"),
    }
}

/// Cells of the row of a table that begins with these words.
fn row(model: &ReviewModel, table: &str, first: &str) -> Option<Vec<String>> {
    let table = model.tables().find(|t| t.name == table)?;
    let row = table.rows.iter().find(|row| row[0].text == first)?;
    Some(row.iter().map(|cell| cell.text.clone()).collect())
}

#[test]
fn a_phase_has_limits_of_its_own_months_and_says_since_when_and_why() {
    let model = review(&quarter(), &[phase("processing-1", None, "2025-01")]);
    let (chart, drawing) = chart(&model, "course-processing-1");
    let limits = |at: usize| {
        let point = &drawing.points[at];
        (point.centre, point.lower, point.upper)
    };
    // 303 of 1,500 in the fifteen months before; 428 of 2,000 in the first twenty since.
    let before = (Some(20.2), Some(8.2), Some(32.2));
    let since = (Some(21.4), Some(9.1), Some(33.7));
    assert!((0..15).all(|at| limits(at) == before), "{:?}", limits(0));
    assert!((15..36).all(|at| limits(at) == since), "{:?}", limits(15));
    assert_eq!(drawing.phases, [(15, "January 2025".to_owned())]);
    assert_eq!(
        drawing.names.limits,
        "3-sigma limits, provisional where a phase has under 20 months"
    );
    for said in [&chart.title, &chart.alt] {
        assert!(
            said.contains("Limits begin anew in January 2025."),
            "{said}"
        );
    }
    let mark = |at: usize| chart.table.rows[at][7].text.as_str();
    assert!(mark(15).contains("limits begin anew"), "{}", mark(15));
    assert!(!mark(16).contains("limits begin anew"), "{}", mark(16));
    let said = row(&model, "chart_phases", "Late: Processing").expect("the phase");
    assert_eq!(said[1], "January 2025");
    assert_eq!(said[2], WHY);
    assert_eq!(said[3], "zeynep, 1\u{a0}January 1970");
    assert_eq!(said[4], "firm, on 20 months");
    assert_eq!(said[5], "against months of this phase alone");
}

#[test]
fn the_period_is_tested_against_the_months_of_the_present_phase() {
    let before = review(&quarter(), &[]);
    let since = review(&quarter(), &[phase("processing-1", None, "2025-01")]);
    let change = |model: &ReviewModel, series: &str| row(model, "changes", series).expect(series);
    // 663 of 3,300 in all months before the quarter, 360 of 1,800 in those of the phase; 99 of 300 in the quarter.
    assert_eq!(change(&before, "Late: Processing")[1], "20.1% → 33.0%");
    let said = change(&since, "Late: Processing (phase from January 2025)");
    assert_eq!(said[1], "20.0% → 33.0%");
    assert_eq!(row(&since, "changes", "Late: Processing"), None);
}

#[test]
fn a_phase_of_a_site_is_none_of_the_whole() {
    let model = review(
        &quarter(),
        &[phase("processing-1", Some("Bursa"), "2025-01")],
    );
    let (_, drawing) = chart(&model, "course-processing-1");
    assert!(drawing.phases.is_empty());
    let change = |series: &str| row(&model, "changes", series).expect(series);
    assert_eq!(change("Late: Processing")[1], "20.1% → 33.0%");
    // 171 of 900 in the months of the phase, 69 of 150 in the quarter.
    let said = change("Late: Processing, Bursa (phase from January 2025)");
    assert_eq!(said[1], "19.0% → 46.0%");
    let said = row(&model, "chart_phases", "Late: Processing, Bursa").expect("the phase");
    assert_eq!(said[4], "–");
}

#[test]
fn a_phase_of_few_months_is_provisional_and_leaves_its_series_untested_aloud() {
    let model = review(&quarter(), &[phase("processing-1", None, "2026-05")]);
    let (_, drawing) = chart(&model, "course-processing-1");
    // 139 of 500 in its five months.
    let last = drawing.points.last().expect("a point");
    assert_eq!((last.centre, last.upper), (Some(27.8), Some(41.2)));
    let said = row(&model, "chart_phases", "Late: Processing").expect("the phase");
    assert_eq!(said[4], "provisional, on 5 months");
    assert!(said[5].starts_with("not tested"), "{}", said[5]);
    for name in ["Late: Processing", "Late: Processing (phase from May 2026)"] {
        assert_eq!(row(&model, "changes", name), None);
    }
    let aloud = model.clear.iter().any(|said| {
        said.starts_with("Not tested") && said.contains("Late: Processing (phase from May 2026)")
    });
    assert!(aloud, "{:?}", model.clear);
}

#[test]
fn what_began_with_the_first_month_or_begins_after_the_last_changes_no_limit() {
    let phases = [
        phase("processing-1", None, "2020-01"),
        phase("processing-1", None, "2023-10"),
        phase("processing-1", None, "2026-10"),
    ];
    let (with, without) = (review(&quarter(), &phases), review(&quarter(), &[]));
    let name = "course-processing-1";
    assert_eq!(chart(&with, name).1, chart(&without, name).1);
    let listed = with.tables().find(|t| t.name == "chart_phases");
    let months: Vec<&str> = listed
        .expect("the phases")
        .rows
        .iter()
        .map(|row| row[1].text.as_str())
        .collect();
    assert_eq!(months, ["October 2023"]);
    assert!(without.tables().all(|t| t.name != "chart_phases"));
}

#[test]
fn a_name_that_no_series_has_is_shown_and_not_passed_over() {
    let model = review(
        &quarter(),
        &[phase("processing-1", Some("Izmir"), "2025-01")],
    );
    let said = row(&model, "chart_phases", "processing-1, Izmir").expect("the phase");
    assert_eq!(said[4], "no such series in these months");
}

#[test]
fn a_step_between_phases_is_not_taken_for_scatter() {
    let mut invented = quarter();
    let volume = invented.tables.get_mut("volume_course").expect("volume");
    let column = |name: &str| volume.position(name).expect("a column");
    let (month, complaints) = (column("month"), column("complaints"));
    for row in &mut volume.rows {
        let stepped = row[month].as_text().as_str() >= "2025-01";
        row[complaints] = Value::Count(if stepped { 90 } else { 51 });
    }
    let scatter = "widened by the usual scatter";
    let model = review(&invented, &[]);
    assert!(chart(&model, "course-received").0.alt.contains(scatter));
    let model = review(&invented, &[phase("received", None, "2025-01")]);
    let (chart, drawing) = chart(&model, "course-received");
    assert!(!chart.alt.contains(scatter), "{}", chart.alt);
    // 1,530 complaints on 319 working days before; 3,600 on 425 in the first twenty months since.
    assert_eq!(drawing.points[14].centre, Some(4.8));
    assert_eq!(drawing.points[15].centre, Some(8.47));
}

#[test]
fn an_edition_for_the_public_shows_that_a_phase_began_and_not_who_said_why() {
    let model = review(&quarter(), &[phase("processing-1", None, "2025-01")]);
    let words = Words::load(Language::En).expect("texts");
    let json = |model: &ReviewModel| serde_json::to_string(model).expect("JSON");
    assert!(json(&model).contains(WHY) && json(&model).contains("zeynep"));
    let public = public::edition(model, &words);
    let text = json(&public);
    assert!(!text.contains(WHY) && !text.contains("zeynep"));
    let said = row(&public, "chart_phases", "Late: Processing").expect("the phase");
    assert_eq!(&said[1..4], ["January 2025", "·", "·"]);
}
