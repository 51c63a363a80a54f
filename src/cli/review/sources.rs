//! What answers a review: the snapshot read in this process, or one Spark application.

use redress_engine::lists::{Lists, Wanted};
use redress_engine::local::LocalEngine;
use redress_engine::spark::{Question, SparkEngine};
use redress_lake::manifest::Manifest;
use redress_query::measured::unmeasured;
use redress_query::params::Params;
use redress_query::query_file::QueryFile;
use redress_review::asking::{Answers, OF_THE_PERIOD_BEFORE, SELECTS, members_name};
use redress_review::compose;
use redress_review::exceptions::EXCEPTIONS;

use super::belongs_to_cases;
use crate::engine::of_spark;
use crate::progress;

/// What answers for the period, and for the one before it.
pub(super) struct Sources {
    pub(super) now: Box<dyn Answers>,
    pub(super) before: Option<Box<dyn Answers>>,
}

/// Everything that a review will ask, from one reading of the lake.
pub(super) fn of_one_reading(
    engine: LocalEngine,
    metrics: &[QueryFile],
    manifest: &Manifest,
    earlier: Option<Params>,
) -> anyhow::Result<Sources> {
    let (measured, of_before) = measured(metrics, manifest);
    // A course looks back over years: a review opens no list of it, or a short one.
    let (closed, opened): (Vec<&QueryFile>, Vec<&QueryFile>) =
        measured.into_iter().partition(|metric| metric.is_course());
    let before = earlier.map(|earlier| Lists::of(engine.for_params(earlier)));
    let now = Lists::of(engine);
    let mut wanted = vec![Wanted {
        lists: &now,
        opened: &opened,
        closed: &closed,
    }];
    wanted.extend(before.iter().map(|before| Wanted {
        lists: before,
        opened: &[],
        closed: &of_before,
    }));
    let bar = progress::steps("review: metrics");
    let prepared = Lists::prepare(&wanted, |step| {
        bar.set_length(step.of as u64);
        bar.inc(1);
    });
    bar.finish_and_clear();
    prepared?;
    Ok(Sources {
        now: Box::new(now),
        before: before.map(|before| Box::new(before) as Box<dyn Answers>),
    })
}

/// The metrics that have an answer in this snapshot, and those of them that a review asks of the period before as well.
fn measured<'m>(
    metrics: &'m [QueryFile],
    manifest: &Manifest,
) -> (Vec<&'m QueryFile>, Vec<&'m QueryFile>) {
    let measured: Vec<&QueryFile> = metrics
        .iter()
        .filter(|m| unmeasured(m, &manifest.rows, &manifest.not_recorded).is_none())
        .collect();
    let of_before = measured
        .iter()
        .copied()
        .filter(|m| OF_THE_PERIOD_BEFORE.contains(&m.id.as_str()))
        .collect();
    (measured, of_before)
}

/// Everything that a review will ask, from one Spark application.
pub(super) fn of_one_application(
    engine: &SparkEngine,
    metrics: &[QueryFile],
    manifest: &Manifest,
    earlier: Option<Params>,
) -> anyhow::Result<Sources> {
    let (measured, before) = measured(metrics, manifest);
    let bar = progress::steps("review: Spark");
    bar.set_length((2 * measured.len() + before.len()) as u64);
    let cases = measured
        .iter()
        .filter(|metric| belongs_to_cases(metric))
        .map(|metric| (members_name(metric), metric.members_sql()));
    let mut exceptions = Vec::new();
    for list in EXCEPTIONS {
        if let Some(metric) = measured.iter().find(|metric| metric.id == list.metric) {
            exceptions.push((list.question(), list.sql(metric)?));
        }
    }
    let selects: Vec<(String, String)> = SELECTS
        .iter()
        .map(|(name, sql)| ((*name).to_owned(), (*sql).to_owned()))
        .chain(cases)
        .chain(exceptions)
        .collect();
    let mut questions = vec![Question {
        params: engine.params().clone(),
        metrics: measured,
        first: Some(compose::CASES_SHOWN),
        selects,
    }];
    questions.extend(earlier.map(|params| Question {
        params,
        metrics: before,
        first: None,
        selects: Vec::new(),
    }));
    let answered = engine.ask(&questions, |_| bar.inc(1));
    bar.finish_and_clear();
    let mut answered = answered.map_err(of_spark)?.into_iter();
    let now = answered
        .next()
        .ok_or_else(|| anyhow::anyhow!("Spark answered nothing"))?;
    Ok(Sources {
        now: Box::new(now),
        before: answered
            .next()
            .map(|answers| Box::new(answers) as Box<dyn Answers>),
    })
}
