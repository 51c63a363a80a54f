//! Figures for Prometheus: what the server counts while it runs, and what stands in the register when it is asked.
//!
//! The text is that of OpenMetrics 1.0, which Prometheus asks for. Labels are routes as the router writes them, methods,
//! classes of status and states: nothing of a person and no number of a case.

use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

mod counted;
mod router;

pub(super) use self::router::router;
use super::app::App;
use super::error::{Result, WebError};

/// The media type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the classes of a request's time, in seconds; the aim for a page without a password is 0.25.
const SECONDS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Names and values of a figure's labels.
type Labels<const N: usize> = [(&'static str, &'static str); N];

/// What is counted while the server runs.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels<3>, Counter>,
    seconds: Family<Labels<2>, Histogram, fn() -> Histogram>,
    hashing_waits: Gauge,
    hashing_runs: Gauge,
}

/// Counts one for as long as it lives, also when its request is given up.
#[derive(Debug)]
pub struct Present(Gauge);

impl Present {
    fn at(gauge: &Gauge) -> Present {
        gauge.inc();
        Present(gauge.clone())
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        let requests = Family::<Labels<3>, Counter>::default();
        let seconds =
            Family::<Labels<2>, Histogram, fn() -> Histogram>::new_with_constructor(|| {
                Histogram::new(SECONDS)
            });
        let (hashing_waits, hashing_runs) = (Gauge::default(), Gauge::default());
        let mut registry = Registry::with_prefix("redress");
        registry.register(
            "build",
            "The program that runs",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        registry.register("requests", "Requests answered", requests.clone());
        registry.register(
            "request_seconds",
            "Time from a request's head to its answer",
            seconds.clone(),
        );
        registry.register(
            "hashing_waits",
            "Requests that wait to hash a password",
            hashing_waits.clone(),
        );
        registry.register(
            "hashing_runs",
            "Requests that hash a password",
            hashing_runs.clone(),
        );
        Metrics {
            registry,
            requests,
            seconds,
            hashing_waits,
            hashing_runs,
        }
    }
}

impl Metrics {
    /// Counts a request that was answered.
    pub fn answered(&self, method: &'static str, route: &'static str, status: u16, took: Duration) {
        let class = match status / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        self.requests
            .get_or_create(&[("route", route), ("method", method), ("status", class)])
            .inc();
        self.seconds
            .get_or_create(&[("route", route), ("method", method)])
            .observe(took.as_secs_f64());
    }

    /// A request that waits for its turn to hash a password.
    #[must_use]
    pub fn waits_to_hash(&self) -> Present {
        Present::at(&self.hashing_waits)
    }

    /// A request that hashes a password.
    #[must_use]
    pub fn hashes(&self) -> Present {
        Present::at(&self.hashing_runs)
    }
}

/// All figures as text. Where register or lake cannot be read, their figures are left out, and
/// `redress_register_readable` is 0.
///
/// # Errors
/// When the text cannot be written.
pub fn text(app: &App, now: DateTime<Utc>) -> Result<String> {
    let mut said = String::new();
    text::encode_registry(&mut said, &app.metrics.registry)
        .and_then(|()| text::encode_registry(&mut said, &counted::registry(app, now)))
        .and_then(|()| text::encode_eof(&mut said))
        .map_err(|e| WebError::Other(format!("the figures cannot be written: {e}")))?;
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(metrics: &Metrics) -> String {
        let mut said = String::new();
        text::encode_registry(&mut said, &metrics.registry).unwrap();
        said
    }

    #[test]
    fn a_request_counts_by_its_route_and_in_its_class_of_time() {
        let metrics = Metrics::default();
        for (status, ms) in [(200, 4), (204, 60), (503, 900)] {
            metrics.answered(
                "GET",
                "/desk/case/{number}",
                status,
                Duration::from_millis(ms),
            );
        }
        let said = said(&metrics);
        let labels = "route=\"/desk/case/{number}\",method=\"GET\"";
        for line in [
            format!("redress_requests_total{{{labels},status=\"2xx\"}} 2"),
            format!("redress_requests_total{{{labels},status=\"5xx\"}} 1"),
            format!("redress_request_seconds_count{{{labels}}} 3"),
            // Classes add up: those of 4, 60 and 900 milliseconds.
            format!("redress_request_seconds_bucket{{le=\"0.005\",{labels}}} 1"),
            format!("redress_request_seconds_bucket{{le=\"0.1\",{labels}}} 2"),
            format!("redress_request_seconds_bucket{{le=\"1.0\",{labels}}} 3"),
        ] {
            assert!(said.lines().any(|known| known == line), "{line}\n{said}");
        }
    }

    #[test]
    fn who_waits_to_hash_counts_for_as_long_as_it_waits() {
        let metrics = Metrics::default();
        let first = metrics.waits_to_hash();
        let _second = metrics.waits_to_hash();
        drop(first);
        let _runs = metrics.hashes();
        let said = said(&metrics);
        assert!(said.contains("redress_hashing_waits 1\n"), "{said}");
        assert!(said.contains("redress_hashing_runs 1\n"), "{said}");
    }
}
