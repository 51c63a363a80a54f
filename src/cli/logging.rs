//! The log on stderr: lines for people, or one JSON object a line for machines.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{SecondsFormat, Utc};
use redress_plain::guarded::is_guarded;
use serde_json::json;

mod line;

use self::line::{Lines, one_line};

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// The argument of the commands that a service manager runs.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct LogArgs {
    /// Form of the log on stderr
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "REDRESS_LOG_FORMAT", value_name = "FORM")]
    pub log_format: LogFormat,
}

/// Whether the log is written as JSON; the same for the whole process.
static AS_JSON: AtomicBool = AtomicBool::new(false);

/// Begins the log; `REDRESS_LOG` overrides the level. Requests stand in it from the level `info` on, which is where
/// JSON begins: whoever collects it wants them.
pub fn start(verbose: u8, format: LogFormat) {
    let level = match (verbose, format) {
        (0, LogFormat::Text) => "warn",
        (0, LogFormat::Json) | (1, _) => "info",
        (_, _) => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("REDRESS_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    let as_json = format == LogFormat::Json;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(move || Lines { as_json });
    match format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => {
            AS_JSON.store(true, Ordering::Relaxed);
            log.json()
                .flatten_event(true)
                .with_current_span(true)
                .with_span_list(false)
                .init();
        }
    }
    // A panic's own words may quote what was worked on.
    std::panic::set_hook(Box::new(|panic| {
        // It is told of as an error.
        if is_guarded() {
            return;
        }
        let place = panic
            .location()
            .map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "panicked");
    }));
}

/// A step of the batch: a line for people, or its parts for machines. It is written whatever the level.
pub fn step(name: &str, outcome: &str, said: &str, seconds: f64) {
    match is_json() {
        true => object(
            if outcome == "failed" { "ERROR" } else { "INFO" },
            &[
                ("step", json!(name)),
                ("outcome", json!(outcome)),
                ("said", json!(said)),
                ("seconds", json!((seconds * 1000.0).round() / 1000.0)),
            ],
            "batch",
        ),
        false if outcome == "failed" => line(&format!("{name}: failed after {seconds:.1} s")),
        false => line(&format!("{name}: {said} in {seconds:.1} s")),
    }
}

/// What a process says to whoever started it, such as where it listens.
pub fn notice(text: &str) {
    match is_json() {
        true => object("INFO", &[], text),
        false => line(text),
    }
}

/// Why a command failed.
pub fn failure(text: &str) {
    match is_json() {
        true => object("ERROR", &[], text),
        false => line(&format!("redress: {text}")),
    }
}

fn is_json() -> bool {
    AS_JSON.load(Ordering::Relaxed)
}

/// One object, with the names that the log's other lines have.
fn object(level: &str, parts: &[(&str, serde_json::Value)], message: &str) {
    let mut whole = serde_json::Map::new();
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
    whole.insert("timestamp".to_owned(), json!(now));
    whole.insert("level".to_owned(), json!(level));
    for (name, value) in parts {
        whole.insert((*name).to_owned(), value.clone());
    }
    whole.insert("message".to_owned(), json!(message));
    line(&serde_json::Value::Object(whole).to_string());
}

/// A log that cannot be written (a closed pipe) is no failure of the work.
fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", one_line(text, is_json()));
}
