//! The sample register as a folder of CSV files, UTF-8, with a README that explains them.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use super::catalogue::STAFF;
use super::complainant::Complainant;
use super::csv_table::Table;
use super::readme;
use super::records::Records;
use super::truth::{ActionRow, ExposureRow, TruthRow};
use super::truth_files::TruthFiles;
use super::{SampleCase, SampleError, Settings, Sink, case_id};
use redress_domain::event::Event;
use redress_domain::vocabulary::Role;

/// Writes `cases.csv`, `events.csv`, `texts.csv`, `narratives.csv`, `complainants.csv`, `truth.csv`,
/// `actions.csv`, `exposures.csv`, `staff.csv`, `evidences.csv`, `objectives.csv` and `README.md`.
pub struct CsvSink {
    folder: PathBuf,
    settings: Settings,
    cases: Table,
    events: Table,
    texts: Table,
    narratives: Table,
    complainants: Table,
    truth: TruthFiles,
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
            cases: table(
                "cases.csv",
                &["case_id", "complainant_id", "source_verdict"],
            )?,
            events: table(
                "events.csv",
                &[
                    "case_id",
                    "seq",
                    "kind",
                    "occurred_at",
                    "recorded_at",
                    "role",
                    "actor",
                    "late_reason",
                    "data",
                ],
            )?,
            texts: table("texts.csv", &["case_id", "seq", "text"])?,
            narratives: table("narratives.csv", &["case_id", "language", "narrative"])?,
            complainants: table(
                "complainants.csv",
                &["complainant_id", "name", "phone", "email", "language"],
            )?,
            truth: TruthFiles::begin(folder)?,
        })
    }
}

impl CsvSink {
    /// What belongs to no case.
    fn records(&self) -> Result<(), SampleError> {
        let records = Records::of(&self.settings);
        let yes = |flag: bool| if flag { "yes" } else { "no" };
        let day = |day: Option<NaiveDate>| day.map(|d| d.to_string()).unwrap_or_default();
        let mut staff: Vec<_> = STAFF.iter().collect();
        staff.sort_by_key(|person| person.name);
        let mut table = Table::begin(
            &self.folder,
            "staff.csv",
            &[
                "staff_no",
                "contact",
                "department",
                "site",
                "active",
                "trained_on",
            ],
        )?;
        for (no, person) in staff.into_iter().enumerate() {
            table.row([
                (no + 1).to_string().as_str(),
                yes(person.role == Role::Contact),
                person.department,
                "",
                yes(true),
                &day(records.trained_on(person.name)),
            ])?;
        }
        table.end()?;
        let mut table = Table::begin(
            &self.folder,
            "evidences.csv",
            &["indicator", "dated", "figure", "unit", "entered_by", "note"],
        )?;
        for row in &records.evidences {
            table.row([
                row.indicator,
                &row.dated.to_string(),
                &row.figure.map(|f| f.to_string()).unwrap_or_default(),
                row.unit.unwrap_or(""),
                row.entered_by,
                row.note.unwrap_or(""),
            ])?;
        }
        table.end()?;
        let mut table = Table::begin(
            &self.folder,
            "objectives.csv",
            &[
                "indicator",
                "version",
                "target",
                "direction",
                "owner",
                "effective_from",
            ],
        )?;
        for row in &records.objectives {
            table.row([
                row.indicator,
                &row.version.to_string(),
                &row.target.to_string(),
                if row.at_least { "at_least" } else { "at_most" },
                row.owner,
                &row.effective_from.to_string(),
            ])?;
        }
        table.end()
    }
}

impl Sink for CsvSink {
    fn complainant(&mut self, complainant: &Complainant) -> Result<(), SampleError> {
        let Complainant {
            no,
            name,
            phone,
            email,
            language,
        } = complainant;
        self.complainants
            .row([&complainant_id(*no), name, phone, email, language.as_str()])
    }

    fn case(&mut self, case: &SampleCase) -> Result<(), SampleError> {
        let id = case_id(case.no);
        self.cases
            .row([id.as_str(), &complainant_id(case.complainant_no), ""])?;
        self.narratives
            .row([id.as_str(), case.language.as_str(), &case.narrative])
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
        self.texts
            .row([case_id(case_no).as_str(), &seq.to_string(), text])
    }

    fn truth(&mut self, row: &TruthRow) -> Result<(), SampleError> {
        self.truth.row(row)
    }

    fn finish(
        &mut self,
        actions: &[ActionRow],
        exposures: &[ExposureRow],
    ) -> Result<(), SampleError> {
        self.truth.end(actions)?;
        let mut table = Table::begin(
            &self.folder,
            "exposures.csv",
            &["month", "product", "site", "units"],
        )?;
        for row in exposures {
            table.row([
                row.month.as_str(),
                row.product,
                row.site,
                &row.units.to_string(),
            ])?;
        }
        table.end()?;
        self.records()?;
        let open = [
            &mut self.cases,
            &mut self.events,
            &mut self.texts,
            &mut self.narratives,
            &mut self.complainants,
        ];
        for table in open {
            table.end()?;
        }
        let path = self.folder.join("README.md");
        fs::write(&path, readme::text(&self.settings))
            .map_err(|source| SampleError::Io { path, source })
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
