//! The sample register as a folder of CSV files, UTF-8, with a README that explains them.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::complainant::Complainant;
use super::readme;
use super::truth::{ActionRow, ExposureRow, TruthRow};
use super::{SampleCase, SampleError, Settings, Sink, case_id};
use crate::domain::event::Event;

/// One file while it is written; it gets its name at the end.
struct Table {
    path: PathBuf,
    writer: csv::Writer<BufWriter<File>>,
}

/// Writes `cases.csv`, `events.csv`, `texts.csv`, `narratives.csv`, `complainants.csv`, `truth.csv`,
/// `actions.csv`, `exposures.csv` and `README.md`.
pub struct CsvSink {
    folder: PathBuf,
    settings: Settings,
    cases: Table,
    events: Table,
    texts: Table,
    narratives: Table,
    complainants: Table,
    truth: Table,
}

impl CsvSink {
    /// Begins the files in a folder, which is made when missing. Files of the same names are replaced at
    /// the end.
    ///
    /// # Errors
    /// When the folder or a file cannot be made.
    pub fn create(folder: &Path, settings: Settings) -> Result<Self, SampleError> {
        fs::create_dir_all(folder).map_err(|source| SampleError::Io {
            path: folder.to_owned(),
            source,
        })?;
        let table = |name: &str, columns: &[&str]| Table::begin(folder, name, columns);
        Ok(CsvSink {
            folder: folder.to_owned(),
            settings,
            cases: table("cases.csv", &["case_id", "complainant_id", "source_verdict"])?,
            events: table(
                "events.csv",
                &["case_id", "seq", "kind", "occurred_at", "recorded_at", "role", "actor", "late_reason", "data"],
            )?,
            texts: table("texts.csv", &["case_id", "seq", "text"])?,
            narratives: table("narratives.csv", &["case_id", "language", "narrative"])?,
            complainants: table("complainants.csv", &["complainant_id", "name", "phone", "email", "language"])?,
            truth: table("truth.csv", &["case_id", "cause", "group_id", "relation", "of_case"])?,
        })
    }
}

impl Sink for CsvSink {
    fn complainant(&mut self, complainant: &Complainant) -> Result<(), SampleError> {
        let Complainant { no, name, phone, email, language } = complainant;
        self.complainants.row([&complainant_id(*no), name, phone, email, language.as_str()])
    }

    fn case(&mut self, case: &SampleCase) -> Result<(), SampleError> {
        let id = case_id(case.no);
        self.cases.row([id.as_str(), &complainant_id(case.complainant_no), ""])?;
        self.narratives.row([id.as_str(), case.language.as_str(), &case.narrative])
    }

    fn event(&mut self, case_no: u64, event: &Event) -> Result<(), SampleError> {
        self.events.row([
            case_id(case_no).as_str(),
            &event.seq.to_string(),
            event.body.kind().as_str(),
            &utc(event.occurred_at),
            &utc(event.recorded_at),
            event.role.as_str(),
            event.actor.as_deref().unwrap_or(""),
            event.late_reason.as_deref().unwrap_or(""),
            &event.body.to_json()?,
        ])
    }

    fn text(&mut self, case_no: u64, seq: i64, text: &str) -> Result<(), SampleError> {
        self.texts.row([case_id(case_no).as_str(), &seq.to_string(), text])
    }

    fn truth(&mut self, row: &TruthRow) -> Result<(), SampleError> {
        let group = row.group_no.map(|no| format!("G-{no:05}")).unwrap_or_default();
        let of_case = row.of_case.map(case_id).unwrap_or_default();
        self.truth.row([case_id(row.case_no).as_str(), row.cause.unwrap_or(""), &group, row.relation.as_str(), &of_case])
    }

    fn finish(&mut self, actions: &[ActionRow], exposures: &[ExposureRow]) -> Result<(), SampleError> {
        let mut table = Table::begin(
            &self.folder,
            "actions.csv",
            &["action_id", "kind", "cause", "title", "planned_on", "implemented_on", "works"],
        )?;
        for action in actions {
            let implemented = action.implemented_on.map(|day| day.to_string()).unwrap_or_default();
            let works = match (action.implemented_on, action.works) {
                (None, _) => "",
                (Some(_), true) => "yes",
                (Some(_), false) => "no",
            };
            table.row([action.id, action.kind, action.cause.unwrap_or(""), action.title, &action.planned_on.to_string(), &implemented, works])?;
        }
        table.end()?;
        let mut table = Table::begin(&self.folder, "exposures.csv", &["month", "product", "site", "units"])?;
        for row in exposures {
            table.row([row.month.as_str(), row.product, row.site, &row.units.to_string()])?;
        }
        table.end()?;
        let open = [
            &mut self.cases,
            &mut self.events,
            &mut self.texts,
            &mut self.narratives,
            &mut self.complainants,
            &mut self.truth,
        ];
        for table in open {
            table.end()?;
        }
        let path = self.folder.join("README.md");
        fs::write(&path, readme::text(&self.settings)).map_err(|source| SampleError::Io { path, source })
    }
}

/// The number of a complainant as it stands in the files.
fn complainant_id(no: u64) -> String {
    format!("P{no:06}")
}

/// RFC 3339 in UTC, whole seconds.
fn utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Table {
    fn begin(folder: &Path, name: &str, columns: &[&str]) -> Result<Self, SampleError> {
        let path = folder.join(name);
        let aside = aside(&path);
        let file = File::create(&aside).map_err(|source| SampleError::Io { path: aside, source })?;
        let mut table = Table {
            path,
            writer: csv::Writer::from_writer(BufWriter::with_capacity(1 << 16, file)),
        };
        table.row(columns)?;
        Ok(table)
    }

    fn row<'a>(&mut self, fields: impl IntoIterator<Item = impl AsRef<[u8]> + 'a>) -> Result<(), SampleError> {
        self.writer.write_record(fields).map_err(|source| SampleError::Csv {
            path: self.path.clone(),
            source,
        })
    }

    fn end(&mut self) -> Result<(), SampleError> {
        let failed = |source| SampleError::Io {
            path: self.path.clone(),
            source,
        };
        self.writer.flush().map_err(failed)?;
        fs::rename(aside(&self.path), &self.path).map_err(failed)
    }
}

/// The name of a file while it is written.
fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}
