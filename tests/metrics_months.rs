//! Metrics that are asked a few months at a time against the same ones asked of all months at once.

use redress::engine::counted::{Counted, Value};
use redress::engine::local::LocalEngine;
use redress::query::check_file::checks_with;
use redress::query::query_file::{QueryFile, shipped_metrics};

use crate::metrics::{engine, extract_csv, repository};

/// Problems and duplicates where the CSV has none: a problem for each category, and each complaint of a year's first
/// month repeated by the next one.
const SEARCHED: [(&str, &str); 4] = [
    (
        "cluster_runs",
        "SELECT 'run' AS run_id, p.as_of_at AS ran_at, TRUE AS full, 1 AS cases, 0 AS without_words, 1 AS problems, \
         0 AS themes, p.period_first AS recent_first, p.period_last AS recent_last, 1 AS tested, \
         0.05 AS false_discovery_rate, 3 AS smallest_emerging, 0 AS refused FROM params AS p",
    ),
    (
        "clusters",
        "SELECT k.category AS cluster_id, 'problem' AS level, CAST(NULL AS STRING) AS theme_id, 'recurrent' AS kind, \
         CAST(NULL AS STRING) AS name, k.category AS label, FALSE AS confirmed, FALSE AS ignored, \
         MIN(k.case_key) AS exemplar_case_key, 0.5 AS cohesion, COUNT(*) AS cases, COUNT(*) AS complainants, \
         MIN(k.received_on) AS first_seen_on, MAX(k.received_on) AS last_seen_on, 0 AS open_cases, \
         SUM(k.cost_minor) AS cost_minor, 3 AS recent_cases, 1.5 AS recent_expected, 2.0 AS growth_ratio, \
         1.1 AS growth_lower, CAST(NULL AS DOUBLE) AS growth_upper, 0.01 AS growth_p, 0.02 AS growth_q, \
         'growing' AS trend FROM cases AS k WHERE k.category IS NOT NULL GROUP BY k.category",
    ),
    (
        "cluster_members",
        "SELECT k.category AS cluster_id, 'problem' AS level, k.case_key AS case_key, 0.5 AS similarity, \
         CAST(NULL AS STRING) AS shared_terms, FALSE AS bound FROM cases AS k \
         WHERE k.category IS NOT NULL",
    ),
    (
        "case_relations",
        "SELECT CASE WHEN k.channel = 'phone' THEN 'duplicate' ELSE 'repeat' END AS kind, k.case_key + 1 AS case_key, \
         k.case_key AS of_case_key, 9 AS days_between, 3 AS days_since_decision, 0.9 AS similarity, \
         k.category AS cluster_id FROM cases AS k",
    ),
];

/// The sample, searched for what comes again.
fn searched(lake: &std::path::Path) -> LocalEngine {
    let done = extract_csv(&repository().join("sample_data"), lake);
    SEARCHED
        .iter()
        .fold(engine(&done.snapshot), |engine, (table, sql)| {
            engine.with_table(table, sql).unwrap()
        })
}

fn measured(engine: &LocalEngine) -> Vec<QueryFile> {
    let metrics = shipped_metrics().unwrap().into_iter();
    metrics.filter(|m| engine.unmeasured(m).is_none()).collect()
}

/// Each month for itself, months of so many cases, and all of them.
const TOGETHER: [u64; 3] = [1, 60, u64::MAX];

fn in_every_way<T: PartialEq + std::fmt::Debug>(
    lake: &std::path::Path,
    what: &str,
    ask: impl Fn(&LocalEngine) -> T,
) -> T {
    let [one, some, all] =
        TOGETHER.map(|cases| ask(&searched_again(lake).with_cases_together(cases)));
    assert_eq!(one, all, "{what}: month by month, and all at once");
    assert_eq!(some, all, "{what}: some months at a time, and all at once");
    all
}

/// Nothing decoded yet.
fn searched_again(lake: &std::path::Path) -> LocalEngine {
    let snapshot = lake.join("latest").canonicalize().unwrap();
    SEARCHED
        .iter()
        .fold(engine(&snapshot), |engine, (table, sql)| {
            engine.with_table(table, sql).unwrap()
        })
}

#[test]
fn all_metrics_are_the_same_a_few_months_at_a_time() {
    let lake = tempfile::tempdir().unwrap();
    let metrics = measured(&searched(lake.path()));
    assert!(metrics.len() > 40, "{}", metrics.len());
    let asked: Vec<&QueryFile> = metrics.iter().collect();
    let answers = in_every_way(lake.path(), "all metrics", |engine| {
        engine.metrics(&asked, |_| {}).unwrap()
    });
    let rows = |id: &str| {
        let place = metrics.iter().position(|m| m.id == id).unwrap();
        answers[place].rows.len()
    };
    // What is asked in more than one piece, and what is summed over more than one month.
    for id in [
        "problem_course",
        "volume",
        "stage_course",
        "repeats",
        "duplicates",
        "recurrent_problems",
        "growing_problems",
    ] {
        assert!(rows(id) > 0, "{id} has no rows");
    }
}

#[test]
fn lists_and_other_groups_are_the_same_a_few_months_at_a_time() {
    let lake = tempfile::tempdir().unwrap();
    let metrics = measured(&searched(lake.path()));
    let lists = in_every_way(lake.path(), "lists", |engine| {
        let ask = |metric: &QueryFile| -> (Option<Counted>, Counted, Counted) {
            let by = metric
                .dimensions
                .first()
                .cloned()
                .into_iter()
                .collect::<Vec<_>>();
            let list = engine.drill_once(metric, &[]).unwrap();
            let first = metric.dimensions.first();
            // The first row's word, as a condition.
            let word = first.and_then(|name| {
                let row = list.rows.first()?;
                Some((name.clone(), row[list.position(name)?].as_text()))
            });
            let of_word = engine
                .drill_once(metric, &word.into_iter().collect::<Vec<_>>())
                .unwrap();
            // Not every metric's sums can be asked by another dimension.
            (engine.metric_by(metric, &by).ok(), list, of_word)
        };
        metrics.iter().map(ask).collect::<Vec<_>>()
    });
    let listed: usize = lists.iter().map(|(_, list, _)| list.rows.len()).sum();
    assert!(listed > 1000, "{listed}");
}

#[test]
fn checks_and_own_queries_are_the_same_a_few_months_at_a_time() {
    let lake = tempfile::tempdir().unwrap();
    searched(lake.path());
    for check in checks_with(None).unwrap() {
        in_every_way(lake.path(), &check.id, |engine| {
            engine.check(&check).unwrap()
        });
    }
    for sql in [
        "SELECT CAST(COUNT(*) AS BIGINT) AS n, MIN(k.received_on) AS first, MAX(k.cost_minor) AS most FROM cases AS k",
        "SELECT k.site, SUM(k.registration_lag_hours) / COUNT(*) AS mean FROM cases AS k GROUP BY k.site HAVING COUNT(*) > 20 ORDER BY k.site",
        "SELECT k.case_id, k.received_on FROM cases AS k ORDER BY k.received_on DESC, k.case_id LIMIT 7",
        "SELECT * FROM passes AS a WHERE a.pass = 2 ORDER BY case_key",
        "SELECT k.channel, AVG(k.cost_minor) AS mean FROM cases AS k GROUP BY k.channel ORDER BY k.channel",
        "SELECT COUNT(*) AS n, SUM(k.cost_minor) AS cost FROM cases AS k WHERE k.case_id = 'no such case'",
        "SELECT k.site, COUNT(*) AS n FROM cases AS k WHERE k.case_id = 'no such case' GROUP BY k.site",
    ] {
        in_every_way(lake.path(), sql, |engine| {
            near(engine.sql(sql, "a test").unwrap())
        });
    }
}

/// Sums of reals may differ in their last places with the order of summing.
fn near(mut table: Counted) -> Counted {
    for value in table.rows.iter_mut().flatten() {
        if let Value::Real(real) = value {
            *real = (*real * 1e9).round() / 1e9;
        }
    }
    table
}

#[test]
fn the_work_is_told_step_by_step() {
    let lake = tempfile::tempdir().unwrap();
    let engine = searched(lake.path()).with_cases_together(1);
    let metrics = measured(&engine);
    let asked: Vec<&QueryFile> = metrics.iter().collect();
    let steps = std::sync::Mutex::new(Vec::new());
    engine
        .metrics(&asked, |step| steps.lock().unwrap().push(step))
        .unwrap();
    let mut steps = steps.into_inner().unwrap();
    steps.sort_by_key(|step| step.done);
    let numbers: Vec<usize> = steps.iter().map(|step| step.done).collect();
    assert_eq!(numbers, (1..=steps[0].of).collect::<Vec<_>>());
    let mut answered: Vec<usize> = steps
        .iter()
        .filter(|step| step.answered_after.is_some())
        .map(|step| step.query)
        .collect();
    answered.sort_unstable();
    assert_eq!(answered, (0..metrics.len()).collect::<Vec<_>>());
}
