//! A sample register: the complaints of an invented manufacturer, with planted causes and their truth.
//!
//! The same settings give the same bytes on every platform. Cases stream in the order in which a
//! register would have recorded them, and only what is still to come is held in memory, so that a
//! million cases are a matter of minutes.
//!
//! The rooms follow the way of a case: [`plan`] says who complains about what and when, `life` draws
//! the course of the case, [`stream`] puts all events in the order of recording, and a [`Sink`] takes them.

use std::io;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};

use redress_domain::calendar::CalendarError;
use redress_domain::event::{BadEventData, Event};
use redress_domain::vocabulary::{Channel, Language};

pub mod actions;
pub mod catalogue;
pub mod complainant;
pub mod csv_sink;
mod csv_table;
mod life;
mod narrative;
mod office;
mod plan;
pub mod planted;
mod readme;
pub mod records;
pub mod register_sink;
mod season;
mod stream;
pub mod texts;
pub mod truth;
mod truth_files;

pub use complainant::Complainant;
pub use csv_sink::CsvSink;
pub use stream::{Summary, generate};
pub use truth::{ActionRow, ExposureRow, Relation, TruthRow};

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Number of cases, from 1.
    pub cases: u64,
    /// Another seed gives another register.
    pub seed: u64,
    /// First local day on which complaints are received.
    pub from: NaiveDate,
    /// The register's present: nothing was recorded later.
    pub until: DateTime<Utc>,
}

impl Settings {
    /// The usual span: 1 October 2024 to 10 October 2026, 09:00 UTC.
    pub fn usual(cases: u64, seed: u64) -> Self {
        Settings {
            cases,
            seed,
            from: NaiveDate::from_ymd_opt(2024, 10, 1).unwrap_or_default(),
            until: Utc
                .with_ymd_and_hms(2026, 10, 10, 9, 0, 0)
                .single()
                .unwrap_or_default(),
        }
    }
}

/// A case as it enters the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleCase {
    /// From 1, in the order of registration.
    pub no: u64,
    /// [`Complainant::no`]; the complainant was given to the sink before.
    pub complainant_no: u64,
    pub channel: Channel,
    pub language: Language,
    pub received_at: DateTime<Utc>,
    pub narrative: String,
}

/// Takes the sample register. Calls come in the order of recording; a case comes right before its first
/// event, a complainant before the first case of that person, a text right after its event.
pub trait Sink {
    /// A complainant not seen before.
    fn complainant(&mut self, complainant: &Complainant) -> Result<(), SampleError>;
    /// A new case.
    fn case(&mut self, case: &SampleCase) -> Result<(), SampleError>;
    /// The next event; `event.seq` counts from 1 over the whole register.
    fn event(&mut self, case_no: u64, event: &Event) -> Result<(), SampleError>;
    /// The erasable words of the event just given.
    fn text(&mut self, case_no: u64, seq: i64, text: &str) -> Result<(), SampleError>;
    /// The truth about a case, after the case.
    fn truth(&mut self, row: &TruthRow) -> Result<(), SampleError>;
    /// The end, with what belongs to no single case.
    fn finish(
        &mut self,
        actions: &[ActionRow],
        exposures: &[ExposureRow],
    ) -> Result<(), SampleError>;
}

/// The number that staff and customers know a case by.
pub fn case_id(case_no: u64) -> String {
    format!("KY-{case_no:06}")
}

/// Why a sample cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error("a sample needs at least one case; give --cases 1 or more")]
    NoCases,
    #[error(
        "the span of the sample ends on {until}, less than {needed} days after its beginning on {from}; give a longer one"
    )]
    SpanTooShort {
        from: NaiveDate,
        until: NaiveDate,
        needed: i64,
    },
    #[error("the calendar has no opening hours in the sample's span; check its [hours]")]
    NeverOpen,
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    #[error("{file}, line {line}: {what}")]
    BadText {
        file: &'static str,
        line: usize,
        what: String,
    },
    #[error(transparent)]
    EventData(#[from] BadEventData),
    #[error("{}: {source}; check that the folder exists and can be written", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Csv { path: PathBuf, source: csv::Error },
    /// A sink other than CSV could not take something.
    #[error("the sample could not be stored: {0}")]
    Sink(Box<dyn std::error::Error + Send + Sync>),
}
