//! What the review calls a change, and what it does not.

use redress::domain::vocabulary::Language;
use redress::engine::counted::Value;
use redress::review::charts::control::Signal;
use redress::review::compose::build;
use redress::review::model::{Block, Drawing, FindingKind, ReviewModel, Table};

use super::fixture::{Invented, context, quarter};

fn review(invented: &Invented) -> ReviewModel {
    build(invented, &context(Language::En)).expect("a review")
}

fn tests(model: &ReviewModel) -> &Table {
    model
        .tables()
        .find(|t| t.name == "changes")
        .expect("the table")
}

fn verdict<'a>(model: &'a ReviewModel, series: &str) -> &'a str {
    let row = tests(model).rows.iter().find(|row| row[0].text == series);
    row.map_or("not shown", |row| row[5].text.as_str())
}

/// The quarter with the recent months of a metric as those before.
fn as_before(mut invented: Invented, metric: &str, columns: &[&str]) -> Invented {
    let table = invented.tables.get_mut(metric).expect("the metric");
    let keys: Vec<usize> = ["site", "stage", "category", "cluster_id", "product"]
        .iter()
        .filter_map(|name| table.position(name))
        .collect();
    let month = table.position("month").expect("months");
    let values: Vec<usize> = columns
        .iter()
        .filter_map(|name| table.position(name))
        .collect();
    let old = table.rows.clone();
    for row in &mut table.rows {
        if row[month].as_text().as_str() < "2026-07" {
            continue;
        }
        let like = old
            .iter()
            .find(|other| {
                other[month].as_text().starts_with("2025-0")
                    && other[month].as_text()[5..] == row[month].as_text()[5..]
                    && keys.iter().all(|key| other[*key] == row[*key])
            })
            .expect("a year before");
        for value in &values {
            row[*value] = like[*value].clone();
        }
    }
    invented
}

#[test]
fn a_share_that_rose_at_one_site_is_called_there_and_not_at_the_other() {
    let model = review(&quarter());
    assert_eq!(verdict(&model, "Late: Processing, Bursa"), "beyond chance");
    assert_eq!(verdict(&model, "Late: Processing"), "beyond chance");
    assert_ne!(
        verdict(&model, "Late: Processing, <Kocaeli>"),
        "beyond chance"
    );
    assert_ne!(
        verdict(&model, "Complaints per working day"),
        "beyond chance"
    );
    assert_eq!(verdict(&model, "Category: Price"), "beyond chance");
    let found = model
        .findings
        .iter()
        .find(|finding| finding.kind == FindingKind::ShareRose)
        .expect("a finding");
    assert!(found.sentence.starts_with("Late: "), "{}", found.sentence);
    assert!(found.detail.contains("series"), "{}", found.detail);
    let said = model
        .clear
        .iter()
        .any(|said| said.contains("series tested for change"));
    assert!(said, "{:?}", model.clear);
}

#[test]
fn nothing_beyond_chance_is_said_with_the_number_of_series() {
    let mut calm = as_before(quarter(), "stage_course", &["late"]);
    calm = as_before(calm, "answer_course", &["rejected"]);
    calm = as_before(calm, "volume_course", &["complaints"]);
    calm = as_before(calm, "category_course", &["complaints"]);
    calm = as_before(calm, "problem_course", &["complaints"]);
    let model = review(&calm);
    let kinds: Vec<FindingKind> = model.findings.iter().map(|finding| finding.kind).collect();
    assert!(!kinds.contains(&FindingKind::ShareRose));
    // By the search's own months there are growing ones; the months of the review are another question.
    assert!(!kinds.contains(&FindingKind::ProblemGrowing));
    assert!(!kinds.contains(&FindingKind::CategoryGrowing));
    let said = model
        .clear
        .iter()
        .any(|said| said.starts_with("Nothing changed beyond chance"));
    assert!(said, "{:?}", model.clear);
}

#[test]
fn what_fell_or_is_volume_is_no_finding_but_said() {
    let mut better = quarter();
    let table = better.tables.get_mut("stage_course").expect("stages");
    let (late, month) = (
        table.position("late").unwrap(),
        table.position("month").unwrap(),
    );
    for row in &mut table.rows {
        row[late] = Value::Count(if row[month].as_text().as_str() < "2026-07" {
            20
        } else {
            5
        });
    }
    let table = better.tables.get_mut("volume_course").expect("volume");
    let complaints = table.position("complaints").unwrap();
    for row in &mut table.rows {
        if row[table.columns.iter().position(|c| c == "month").unwrap()]
            .as_text()
            .as_str()
            >= "2026-07"
        {
            row[complaints] = Value::Count(160);
        }
    }
    let model = review(&better);
    assert!(
        model
            .findings
            .iter()
            .all(|finding| finding.kind != FindingKind::ShareRose)
    );
    assert_eq!(verdict(&model, "Late: Processing"), "beyond chance");
    assert_eq!(
        verdict(&model, "Complaints per working day"),
        "beyond chance"
    );
    let also = model
        .clear
        .iter()
        .find(|said| said.starts_with("Also changed"))
        .expect("said");
    assert!(
        also.contains("Complaints per working day") && also.contains("Late: "),
        "{also}"
    );
}

#[test]
fn a_period_without_whole_months_is_not_tested() {
    let mut context = context(Language::En);
    context.period = "2026-W36".parse().expect("a week");
    let model = build(&quarter(), &context).expect("a review");
    for said in [
        "Changes were not tested",
        "Whether problems grew was not tested",
    ] {
        let says = |clear: &String| clear.starts_with(said);
        assert!(model.clear.iter().any(says), "{said}: {:?}", model.clear);
    }
    // What the search found over its own months is told as that.
    let headings = headings(&model, "recurrence");
    let of_the_search = |heading: &&str| heading.ends_with("(July 2026 to September 2026)");
    assert!(headings.iter().any(of_the_search), "{headings:?}");
}

/// Headings of a section.
fn headings<'a>(model: &'a ReviewModel, section: &str) -> Vec<&'a str> {
    let mut found = model.sections.iter();
    let found = found.find(|s| s.id == section).expect("the section");
    let heading = |block: &'a Block| match block {
        Block::Heading { text } => Some(text.as_str()),
        _ => None,
    };
    found.blocks.iter().filter_map(heading).collect()
}

/// The invented months, reviewed over another period; judged after its end.
fn review_of(period: &str) -> ReviewModel {
    let mut context = context(Language::En);
    context.period = period.parse().expect("a period");
    build(&quarter(), &context).expect("a review")
}

#[test]
fn every_length_of_period_is_tested_over_its_own_months_and_says_which() {
    // The problem has 3 to 5 complaints a month up to June 2026, and 14 to 16 from July on: 1 more by turns of three.
    let cases = [
        (
            "2026-09",
            "September 2026",
            "October 2023 to August 2026",
            "16",
        ),
        (
            "2026-Q3",
            "July 2026 to September 2026",
            "October 2023 to June 2026",
            "45",
        ),
        (
            "2026-04-01..2026-09-30",
            "April 2026 to September 2026",
            "October 2023 to March 2026",
            "57",
        ),
        (
            "2025-10-01..2026-09-30",
            "October 2025 to September 2026",
            "October 2023 to September 2025",
            "81",
        ),
    ];
    for (period, months, before, complaints) in cases {
        let model = review_of(period);
        let said = format!("series tested for change ({months}, against {before})");
        assert!(
            model.clear.iter().any(|clear| clear.contains(&said)),
            "{period}: {:?}",
            model.clear
        );
        let row = tests(&model)
            .rows
            .iter()
            .find(|row| row[0].text.starts_with("C-000012"))
            .expect("the problem is tested");
        let counted = format!("{complaints} instead of ");
        assert!(
            row[1].text.starts_with(&counted),
            "{period}: {}",
            row[1].text
        );
    }
}

#[test]
fn a_period_before_a_problem_grew_does_not_call_it() {
    let model = review_of("2026-Q2");
    let kinds: Vec<FindingKind> = model.findings.iter().map(|finding| finding.kind).collect();
    assert!(!kinds.contains(&FindingKind::ProblemGrowing), "{kinds:?}");
    let section = headings(&model, "recurrence");
    assert_eq!(section[0], "Problems that grew or emerged in the period");
    let said = model
        .clear
        .iter()
        .any(|said| said.starts_with("No single problem"));
    assert!(said, "{:?}", model.clear);
}

#[test]
fn the_months_of_the_search_are_not_shown_twice() {
    // Judged in October, the quarter's months are those of the search.
    let model = review(&quarter());
    let headings = headings(&model, "recurrence");
    assert_eq!(
        headings,
        [
            "Problems that grew or emerged in the period",
            "Recurrent problems of the period"
        ]
    );
    let grown = model
        .tables()
        .find(|t| t.name == "problem_growth")
        .expect("the table");
    let trends: Vec<(&str, &str)> = grown
        .rows
        .iter()
        .map(|row| (row[0].text.as_str(), row[2].text.as_str()))
        .collect();
    assert!(trends.contains(&("C-000012", "growing")), "{trends:?}");
    assert!(trends.contains(&("C-000031", "emerging")), "{trends:?}");
    assert_eq!(trends.len(), 2);
}

#[test]
fn a_period_of_more_than_a_year_tests_shares_and_no_growth() {
    let model = review_of("2025-01-01..2026-09-30");
    assert!(tests(&model).rows.iter().all(|row| {
        let series = &row[0].text;
        !series.starts_with("C-") && !series.starts_with("Category")
    }));
    let said = model
        .clear
        .iter()
        .any(|said| said.starts_with("Whether problems grew was not tested"));
    assert!(said, "{:?}", model.clear);
}

#[test]
fn a_control_chart_has_firm_limits_and_marks_what_lies_beyond() {
    let model = review(&quarter());
    let chart = model
        .charts()
        .find(|c| c.name == "course-processing-1")
        .expect("the chart");
    let Drawing::Control(drawing) = &chart.drawing else {
        panic!("{:?}", chart.drawing);
    };
    assert_eq!(drawing.points.len(), 36);
    assert_eq!(
        drawing.period.as_ref().map(|(from, to, _)| (*from, *to)),
        Some((33, 35))
    );
    assert_eq!(drawing.names.limits, "3-sigma limits");
    // The limits rest on the first twenty months and stay; the months of the quarter lie beyond them.
    let signals: Vec<Option<Signal>> = drawing.points[33..].iter().map(|p| p.signal).collect();
    // September is within, but the third of three beyond 2 sigma.
    assert_eq!(
        signals,
        [
            Some(Signal::Beyond),
            Some(Signal::Beyond),
            Some(Signal::Run)
        ]
    );
    assert!(
        chart
            .title
            .contains("2 months beyond the limits (July 2026, August 2026)"),
        "{}",
        chart.title
    );
    let centre = drawing.points[0].centre;
    assert!(drawing.points.iter().all(|point| point.centre == centre));
}

#[test]
fn an_unfinished_month_is_drawn_and_judged_by_nothing() {
    let mut context = context(Language::En);
    context.as_of = "2026-09-20T09:00:00Z".parse().expect("a moment");
    context.provisional = true;
    let model = build(&quarter(), &context).expect("a review");
    let chart = model
        .charts()
        .find(|c| c.name == "course-processing-1")
        .expect("the chart");
    let Drawing::Control(drawing) = &chart.drawing else {
        panic!("{:?}", chart.drawing);
    };
    let last = drawing.points.last().expect("a point");
    assert!(last.unfinished && last.signal.is_none());
    assert_eq!(drawing.names.unfinished.as_deref(), Some("month not over"));
}

#[test]
fn within_a_quarter_the_running_month_is_the_last_and_judged_by_nothing() {
    let mut context = context(Language::En);
    context.as_of = "2026-08-20T09:00:00Z".parse().expect("a moment");
    context.provisional = true;
    let model = build(&quarter(), &context).expect("a review");
    let charts: Vec<_> = model
        .charts()
        .filter_map(|chart| match &chart.drawing {
            Drawing::Control(drawing) => Some(drawing),
            _ => None,
        })
        .collect();
    assert!(!charts.is_empty());
    for drawing in charts {
        let (last, before) = drawing.points.split_last().expect("points");
        assert_eq!(last.label, "2026-08");
        assert!(last.unfinished && last.signal.is_none());
        assert!(before.iter().all(|point| !point.unfinished));
    }
}

#[test]
fn the_way_of_the_answers_adds_up() {
    let model = review(&quarter());
    let table = model
        .tables()
        .find(|t| t.name == "answers")
        .expect("the table");
    let count = |label: &str| {
        let row = table.rows.iter().find(|row| row[0].text == label);
        row.and_then(|row| row[1].number)
    };
    assert_eq!(count("First decision told"), Some(147.0));
    assert_eq!(count("Rejected and examined again"), Some(25.0));
    assert_eq!(count("Rejected twice: Outstanding"), Some(6.0));
    // The first step's, before the second one's 6.
    assert_eq!(count("Rejected"), Some(21.0));
    // Each count opens to its cases.
    let linked = table
        .rows
        .iter()
        .filter(|row| row[1].link.is_some())
        .count();
    assert_eq!(linked, table.rows.len() - 3);
}

#[test]
fn the_funnel_names_the_product_beyond_and_leaves_out_what_has_no_units() {
    let model = review(&quarter());
    let chart = model
        .charts()
        .find(|c| c.name == "funnel-products")
        .expect("the funnel");
    let Drawing::Funnel(drawing) = &chart.drawing else {
        panic!("{:?}", chart.drawing);
    };
    let beyond: Vec<&str> = drawing
        .units
        .iter()
        .filter(|unit| unit.beyond)
        .map(|unit| unit.name.as_str())
        .collect();
    assert_eq!(beyond, ["Product & 3"]);
    let section = model
        .sections
        .iter()
        .find(|s| s.id == "exposure")
        .expect("the section");
    let said = section.blocks.iter().any(|block| {
        matches!(block, Block::Text { text } if text.starts_with("2 complaints belong to months and products without"))
    });
    assert!(said);
}
