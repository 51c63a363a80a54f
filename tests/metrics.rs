//! The metrics against an independent computation in plain Python (`tests/oracle/metrics/`), made from
//! the same CSV by another reading of the definitions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use redress::engine::counted::{Counted, Value};
use redress::engine::export::csv_bytes;
use redress::engine::lists::{Lists, Wanted};
use redress::engine::local::LocalEngine;
use redress::extract::order::{Done, Order};
use redress::extract::run::extract;
use redress::lake::store::Lake;
use redress::lake::tables::TABLES;
use redress::query::params::Params;
use redress::query::query_file::{QueryFile, parse_conditions, shipped_metrics};
use redress::source::mapping::Mapping;

use crate::common::rulebook;

const AS_OF: &str = "2026-10-10T09:00:00Z";

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn extract_csv(source: &Path, lake: &Path) -> Done {
    let rules = rulebook();
    let mapping = Mapping::load("csv").unwrap();
    let order = Order {
        store: source,
        source_name: "csv".to_owned(),
        mapping: &mapping,
        as_of: AS_OF.parse().unwrap(),
        known_at: None,
        rules: &rules,
        rules_text: String::new(),
        pseudonym_key: Some(b"test".to_vec()),
        threads: 2,
        full: false,
        progress: &|_, _| {},
    };
    extract(&Lake::at(lake), &order).unwrap()
}

pub fn engine(snapshot: &Path) -> LocalEngine {
    LocalEngine::open(
        snapshot,
        Params {
            as_of_at: AS_OF.parse().unwrap(),
            as_of_on: "2026-10-10".parse().unwrap(),
            over_on: "2026-10-09".parse().unwrap(),
            calendar_id: rulebook().organisation.id().to_owned(),
            period: "2026-Q3".parse().unwrap(),
            previous: "2026-Q2".parse().unwrap(),
        },
    )
    .unwrap()
}

fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    // Engines and Python sort NULL differently; the rows are what is compared.
    lines.sort_unstable();
    lines
}

fn agrees_with_oracle(source: &Path, expected: &Path) {
    let lake = tempfile::tempdir().unwrap();
    let done = extract_csv(source, lake.path());
    let totals = done.manifest.totals();
    assert!(totals.refused.is_empty(), "{:?}", totals.refused);
    let engine = engine(&done.snapshot);
    let mut compared = 0;
    for metric in shipped_metrics().unwrap() {
        let oracle = expected.join(format!("{}.csv", metric.id));
        let Ok(oracle) = std::fs::read_to_string(&oracle) else {
            // The tables of clusters, actions and audits are not in the CSV: `metrics_rest` fills them by hand.
            let elsewhere = metric.id == "source_agreement" || metric.rests_on.is_some();
            assert!(elsewhere, "{} has no oracle", metric.id);
            continue;
        };
        let mut answer = engine.metric(&metric).unwrap();
        if metric.id == "conformance" {
            answer = without_reason(&answer);
        }
        let ours = String::from_utf8(csv_bytes(&answer).unwrap()).unwrap();
        assert_eq!(
            lines(&ours),
            lines(&oracle.replace('\r', "")),
            "{}: left ours, right the oracle's",
            metric.id
        );
        assert_eq!(
            ours.lines().next(),
            oracle.lines().next(),
            "{}: columns",
            metric.id
        );
        compared += 1;
    }
    assert_eq!(compared, 41);
}

/// Deviations by kind: how a refusal is worded is the program's own.
fn without_reason(table: &Counted) -> Counted {
    let mut by_kind: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in 0..table.rows.len() {
        let sums = by_kind.entry(table.text(row, "kind")).or_default();
        sums.0 += table.count(row, "deviations");
        sums.1 += table.count(row, "complaints");
    }
    Counted {
        columns: ["kind", "deviations", "complaints"]
            .map(str::to_owned)
            .to_vec(),
        rows: by_kind
            .into_iter()
            .map(|(kind, (events, cases))| {
                vec![Value::Text(kind), Value::Count(events), Value::Count(cases)]
            })
            .collect(),
    }
}

/// Each line of `mutations.csv` spoils a metric in one place; the fixture must show it.
#[test]
fn a_spoiled_query_gives_another_figure_on_the_fixture() {
    let lake = tempfile::tempdir().unwrap();
    let folder = repository().join("tests/oracle/metrics");
    let done = extract_csv(&folder.join("fixture"), lake.path());
    let engine = engine(&done.snapshot);
    let metrics = shipped_metrics().unwrap();
    let mut spoiled = std::collections::BTreeSet::new();
    let mut reader = csv::Reader::from_path(folder.join("mutations.csv")).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let (id, text, instead) = (&record[0], &record[1], &record[2]);
        let metric = find(&metrics, id);
        assert!(metric.sql.contains(text), "{id} has no `{text}`");
        let right = engine.sql(&metric.sql, id).unwrap();
        let wrong = engine.sql(&metric.sql.replace(text, instead), id).unwrap();
        assert_ne!(
            right, wrong,
            "{id}: `{text}` -> `{instead}` changes nothing"
        );
        spoiled.insert(id.to_owned());
    }
    assert_eq!(spoiled.len(), 41);
}

#[test]
fn metrics_of_the_fixture_agree_with_the_python_oracle() {
    let folder = repository().join("tests/oracle/metrics/fixture");
    agrees_with_oracle(&folder, &folder.join("expected"));
}

#[test]
fn metrics_of_the_sample_agree_with_the_python_oracle() {
    agrees_with_oracle(
        &repository().join("sample_data"),
        &repository().join("tests/oracle/metrics/sample"),
    );
}

/// The sum of a drill's rows by group is the metric's own table.
#[test]
fn a_drill_lists_exactly_what_the_figure_counts() {
    let lake = tempfile::tempdir().unwrap();
    let done = extract_csv(&repository().join("sample_data"), lake.path());
    let engine = engine(&done.snapshot);
    let metrics = shipped_metrics().unwrap();
    let sla = find(&metrics, "stage_sla");
    let table = engine.metric(sla).unwrap();
    for row in 0..table.rows.len() {
        for verdict in ["met", "missed", "open_late", "paused", "cancelled"] {
            let conditions = parse_conditions(&format!(
                "side={},stage={},pass={},month={},verdict={verdict}",
                table.text(row, "side"),
                table.text(row, "stage"),
                table.text(row, "pass"),
                table.text(row, "month"),
            ))
            .unwrap();
            let drilled = engine.drill_once(sla, &conditions).unwrap();
            assert_eq!(
                i64::try_from(drilled.rows.len()).unwrap(),
                table.count(row, verdict),
                "{conditions:?}"
            );
            assert_eq!(drilled.columns[0], "case_id");
        }
    }
    for (metric, column) in [
        ("volume", "gross"),
        ("ageing", "complaints"),
        ("pareto_category", "complaints"),
    ] {
        let metric = find(&metrics, metric);
        let counted = engine.drill_once(metric, &[]).unwrap().rows.len();
        let figure = engine.metric(metric).unwrap().sum(column, |_| true);
        assert_eq!(i64::try_from(counted).unwrap(), figure, "{}", metric.id);
    }
}

#[test]
fn stock_and_flow_balance() {
    let lake = tempfile::tempdir().unwrap();
    let done = extract_csv(&repository().join("sample_data"), lake.path());
    let metrics = shipped_metrics().unwrap();
    let table = engine(&done.snapshot)
        .metric(find(&metrics, "stock_flow"))
        .unwrap();
    let flow = |name: &str| table.sum("complaints", |row| table.text(row, "flow") == name);
    let left: i64 = [
        "completed",
        "unanswered",
        "withdrawn",
        "merged",
        "exhausted",
    ]
    .iter()
    .map(|name| flow(name))
    .sum();
    assert!(flow("opening") > 0 && flow("received") > 0 && left > 0);
    assert_eq!(
        flow("opening") + flow("received") + flow("reopened") - left,
        flow("closing")
    );
}

#[test]
fn an_unknown_dimension_is_refused_with_the_known_ones() {
    let metrics = shipped_metrics().unwrap();
    let error = find(&metrics, "volume")
        .conditions_sql(&[("colour".into(), "red".into())], None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`colour` is no dimension of volume") && error.contains("month"),
        "{error}"
    );
}

#[test]
fn every_header_tells_the_truth_about_its_query() {
    let lake = tempfile::tempdir().unwrap();
    let done = extract_csv(
        &repository().join("tests/oracle/metrics/fixture"),
        lake.path(),
    );
    let engine = engine(&done.snapshot);
    let folder = repository().join("queries/metrics");
    let files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    let metrics = shipped_metrics().unwrap();
    assert_eq!(
        files.len(),
        metrics.len(),
        "a file of queries/metrics is not shipped"
    );
    for metric in &metrics {
        let answered = engine.metric(metric).unwrap().columns;
        assert_eq!(
            metric.columns, answered,
            "{}: the header's columns",
            metric.id
        );
        assert!(
            metric.apart.iter().all(|a| metric.dimensions.contains(a)),
            "{}: kept apart but no dimension",
            metric.id
        );
        for language in ["tr", "ru"] {
            assert_ne!(
                metric.definition(language),
                metric.definition("en"),
                "{} has no definition.{language}",
                metric.id
            );
        }
        assert_eq!(
            metric.origin.file_stem().unwrap().to_str().unwrap(),
            metric.id
        );
        for language in ["en", "tr", "ru"] {
            assert!(
                metric.titles.contains_key(language),
                "{} has no title.{language}",
                metric.id
            );
        }
        let counted = engine.drill_once(metric, &[]).unwrap().columns;
        for name in metric.dimensions.iter().chain(&metric.key) {
            assert!(
                counted.contains(name),
                "{}: `counted` has no column {name}",
                metric.id
            );
        }
    }
}

fn find<'m>(metrics: &'m [QueryFile], id: &str) -> &'m QueryFile {
    metrics.iter().find(|m| m.id == id).unwrap()
}

#[test]
fn a_figure_grouped_from_its_list_is_the_same_figure() {
    let lake = tempfile::tempdir().unwrap();
    let done = extract_csv(&repository().join("sample_data"), lake.path());
    let engine = engine(&done.snapshot);
    let metrics = shipped_metrics().unwrap();
    let (closed, opened): (Vec<&QueryFile>, Vec<&QueryFile>) =
        metrics.iter().partition(|metric| metric.is_course());
    let alone = Lists::of(engine.for_params(engine.params().clone()));
    let together = Lists::of(
        engine
            .for_params(engine.params().clone())
            .with_cases_together(1),
    );
    let wanted = Wanted {
        lists: &together,
        opened: &opened,
        closed: &closed,
    };
    Lists::prepare(&[wanted], |_| {}).unwrap();
    let mut listed = 0;
    for metric in &metrics {
        let figure = engine.metric(metric).unwrap();
        assert_eq!(figure, together.metric(metric).unwrap(), "{}", metric.id);
        assert_eq!(figure, alone.metric(metric).unwrap(), "{}", metric.id);
        if metric.opens_to_cases() && !metric.is_course() {
            let list = engine.drill_once(metric, &[]).unwrap();
            assert_eq!(
                together.cases(metric).unwrap().len(),
                list.rows.len(),
                "{}",
                metric.id
            );
            listed += list.rows.len();
        }
    }
    assert!(listed > 1000, "{listed}");
}

/// Two periods of one snapshot are asked in a review: each file is read for the one or for the other, not for both.
#[test]
fn what_one_engine_has_read_is_there_for_the_other() {
    let lake = tempfile::tempdir().unwrap();
    let fixture = repository().join("tests/oracle/metrics/fixture");
    let done = extract_csv(&fixture, lake.path());
    let engine = engine(&done.snapshot);
    let other = engine.for_params(engine.params().clone());
    let metrics = shipped_metrics().unwrap();
    let volume = find(&metrics, "volume");
    let counted = engine.metric(volume).unwrap();
    assert!(!counted.rows.is_empty());
    for table in ["cases", "calendar"] {
        std::fs::remove_dir_all(done.snapshot.join(table)).unwrap();
    }
    assert_eq!(other.metric(volume).unwrap(), counted);
}

#[test]
fn a_table_put_in_place_of_another_is_there_for_its_own_engine_only() {
    let lake = tempfile::tempdir().unwrap();
    let fixture = repository().join("tests/oracle/metrics/fixture");
    let done = extract_csv(&fixture, lake.path());
    let engine = engine(&done.snapshot);
    let metrics = shipped_metrics().unwrap();
    let volume = find(&metrics, "volume");
    let cases = TABLES.iter().find(|t| t.name == "cases").unwrap();
    let columns: Vec<&str> = cases.columns.iter().map(|c| c.name).collect();
    let none = format!(
        "SELECT {} FROM cases WHERE case_id = 'no such case'",
        columns.join(", ")
    );
    let without = engine.with_table("cases", &none).unwrap();
    assert!(without.metric(volume).unwrap().rows.is_empty());
    assert!(!engine.metric(volume).unwrap().rows.is_empty());
}

/// Conditions carried into a metric's SQL list the same rows as conditions over the whole list.
#[test]
fn a_narrowed_drill_lists_the_same_rows() {
    let lake = tempfile::tempdir().unwrap();
    let fixture = repository().join("tests/oracle/metrics/fixture");
    let done = extract_csv(&fixture, lake.path());
    let engine = engine(&done.snapshot);
    let lists = Lists::of(engine.for_params(engine.params().clone()));
    let mut compared = 0;
    for metric in shipped_metrics().unwrap() {
        let all = lists.drill(&metric, &[], None).unwrap();
        let mut asked: Vec<Vec<(String, String)>> = Vec::new();
        for row in &all.rows {
            let of = |name: &String| {
                let place = all.columns.iter().position(|c| c == name).unwrap();
                let text = match &row[place] {
                    // As the SQL's CAST writes them.
                    Value::Flag(flag) => flag.to_string(),
                    other => other.as_text(),
                };
                (name.clone(), text)
            };
            asked.extend(metric.dimensions.iter().map(|name| vec![of(name)]));
            asked.push(metric.dimensions.iter().map(of).collect());
        }
        let nothing = |name: &String| vec![(name.clone(), "no such value".to_owned())];
        asked.extend(metric.dimensions.iter().map(nothing));
        asked.sort();
        asked.dedup();
        for conditions in asked {
            let mut whole = lists.drill(&metric, &conditions, None).unwrap().rows;
            let mut narrow = engine.drill_once(&metric, &conditions).unwrap().rows;
            // The order within one key is nobody's promise.
            let text = |row: &Vec<Value>| row.iter().map(Value::as_text).collect::<Vec<_>>();
            let first = lists.drill(&metric, &conditions, Some(3)).unwrap().rows;
            assert_eq!(
                first.len(),
                whole.len().min(3),
                "{} {conditions:?}",
                metric.id
            );
            assert!(
                first.iter().all(|row| whole.contains(row)),
                "{} {conditions:?}",
                metric.id
            );
            whole.sort_by_key(text);
            narrow.sort_by_key(text);
            assert_eq!(whole, narrow, "{} {conditions:?}", metric.id);
            compared += whole.len();
        }
    }
    assert!(compared > 5000, "{compared} rows were compared");
}
