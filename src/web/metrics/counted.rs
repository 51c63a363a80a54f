//! What stands in the register, in the store of visits and in the lake at the moment when figures are asked for.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Labels;
use crate::app::App;
use crate::logging;
use redress_lake::batch::{self, Outcome};
use redress_register::{RegisterError, Standing};

/// A figure that may have a fraction: seconds.
type Seconds = Gauge<f64, AtomicU64>;

/// The figures. What cannot be read is left out, so that an old value is never taken for a present one.
pub(super) fn registry(app: &App, now: DateTime<Utc>) -> Registry {
    let mut registry = Registry::with_prefix("redress");
    let standing = app.register(|register| register.standing());
    let readable = Gauge::<i64>::default();
    readable.set(i64::from(standing.is_ok()));
    registry.register(
        "register_readable",
        "1: the register could be read for these figures",
        readable,
    );
    match standing {
        Ok(standing) => of_register(&mut registry, &standing, now),
        Err(error) => unread(&error),
    }
    match app.visits.open_sessions(now) {
        Ok(open) => labelled(
            &mut registry,
            "sessions",
            "Sessions that are open",
            [
                ([("opens", "desk")], open.desk),
                ([("opens", "case")], open.case),
            ],
        ),
        Err(error) => logging::failed("", &error),
    }
    of_lake(&mut registry, &app.settings.lake, now);
    labelled(
        &mut registry,
        "database_bytes",
        "Sizes of the databases' files",
        files(&app.settings.register),
    );
    registry
}

fn unread(error: &RegisterError) {
    let error = logging::of_register(error);
    tracing::error!(error, "the register cannot be read for figures");
}

fn of_register(registry: &mut Registry, standing: &Standing, now: DateTime<Utc>) {
    let registrations = Counter::<u64>::default();
    registrations.inc_by(standing.cases);
    registry.register(
        "registrations",
        "Complaints ever registered, by any channel",
        registrations,
    );
    labelled(
        registry,
        "outbox_messages",
        "Messages to customers by where they stand",
        standing
            .messages
            .iter()
            .map(|(state, n)| ([("state", state.as_str())], *n)),
    );
    let age = standing
        .waits_since
        .map_or(0.0, |since| since_then(since, now));
    seconds(
        registry,
        "outbox_oldest_seconds",
        "Age of the oldest message that waits; 0 when none does",
        age,
    );
}

fn of_lake(registry: &mut Registry, lake: &Path, now: DateTime<Utc>) {
    // The link is made anew with each snapshot; a snapshot's own moment may be any that was asked for.
    let extracted = std::fs::symlink_metadata(lake.join("latest"))
        .and_then(|found| found.modified())
        .map(DateTime::<Utc>::from);
    if let Ok(at) = extracted {
        seconds(
            registry,
            "extract_age_seconds",
            "Time since the last snapshot was published",
            since_then(at, now),
        );
    }
    let Some(last) = batch::last(lake) else {
        return;
    };
    seconds(
        registry,
        "batch_age_seconds",
        "Time since the last nightly batch began",
        since_then(last.began_at, now),
    );
    labelled(
        registry,
        "batch_outcome",
        "1: how the last nightly batch ended; `running` long after its begin means that it was broken off",
        Outcome::ALL.iter().map(|outcome| {
            (
                [("outcome", outcome.as_str())],
                u64::from(*outcome == last.outcome),
            )
        }),
    );
}

/// The files that are there, with their sizes in bytes.
fn files(register: &Path) -> Vec<(Labels<1>, u64)> {
    let beside = |suffix: &str| {
        let mut name = register.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    [
        ("register", ""),
        ("register_log", "-wal"),
        ("visits", ".visits"),
        ("visits_log", ".visits-wal"),
    ]
    .into_iter()
    .filter_map(|(file, suffix)| {
        let found = std::fs::metadata(beside(suffix)).ok()?;
        Some(([("file", file)], found.len()))
    })
    .collect()
}

fn labelled(
    registry: &mut Registry,
    name: &str,
    help: &str,
    values: impl IntoIterator<Item = (Labels<1>, u64)>,
) {
    let family = Family::<Labels<1>, Gauge>::default();
    for (labels, value) in values {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        family.get_or_create(&labels).set(value);
    }
    registry.register(name, help, family);
}

fn seconds(registry: &mut Registry, name: &str, help: &str, value: f64) {
    let gauge = Seconds::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

/// Seconds since then; 0 where a clock was set back.
fn since_then(then: DateTime<Utc>, now: DateTime<Utc>) -> f64 {
    (now - then).as_seconds_f64().max(0.0)
}
