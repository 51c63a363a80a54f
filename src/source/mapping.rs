//! A mapping: the folder of SQL that turns a store's rows into canonical ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::texts::Texts;
use redress_domain::stages::Stage;
use redress_domain::vocabulary::words;
use redress_plain::hex::hex;
use redress_plain::sha256::Sha256;
use redress_plain::toml_fault::in_one_line;

/// SQL files that every mapping has.
const REQUIRED: [&str; 4] = ["months.sql", "case.sql", "event.sql", "head.sql"];

/// The query for a server that says what each case is like.
pub const WATERMARK: &str = "watermark.sql";

/// A mapping, read and complete.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub name: String,
    /// The name of the source that it reads, where one was given: what is ours about the cases is kept under it.
    pub source_name: Option<String>,
    pub settings: MappingSettings,
    files: BTreeMap<String, String>,
    folder: PathBuf,
}

/// `mapping.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingSettings {
    pub title: String,
    pub source: SourceKind,
    /// The program and version whose tables it reads, for messages about tables that are otherwise.
    #[serde(default)]
    pub written_for: Option<String>,
    /// Zone of the source's local times and days; the organisation's when left out.
    #[serde(default)]
    pub zone: Option<String>,
    /// What this store does not record: its figures are "not measured" rather than guessed.
    #[serde(default)]
    pub not_recorded: Vec<Unrecorded>,
    #[serde(default, rename = "file")]
    pub files: Vec<StagedFile>,
    /// How the cases of a server that changed are known; with `watermark.sql`.
    #[serde(default)]
    pub watermark: Option<WatermarkTables>,
}

/// What `watermark.sql` speaks of. Every other table is one that all cases depend on: when it changes, everything is read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatermarkTables {
    /// Tables that hold rows of single cases, with the column that has the case's key: of these only the rows of the
    /// changed months' cases are read.
    pub rows_of_cases: BTreeMap<String, String>,
    /// Tables that are read whole all the same: what the rows of a case take from them is in its mark.
    #[serde(default)]
    pub in_the_mark: Vec<String>,
}

impl MappingSettings {
    /// Whether `[watermark]` and `watermark.sql` go together, and speak of tables that are read.
    fn check_watermark(&self, has_query: bool) -> Result<(), String> {
        let Some(tables) = &self.watermark else {
            return match has_query {
                true => Err(format!(
                    "{WATERMARK} is there and [watermark] is not; say there which tables hold rows of cases"
                )),
                false => Ok(()),
            };
        };
        if !has_query {
            return Err(format!("[watermark] is there and {WATERMARK} is not"));
        }
        let staged = |table: &str| {
            self.files
                .iter()
                .find(|file| file.table == table)
                .ok_or_else(|| format!("[watermark] names `{table}`, which no [[file]] reads"))
        };
        for (table, column) in &tables.rows_of_cases {
            let wanted = staged(table)?.wanted();
            if !(wanted.is_empty() || wanted.contains(column)) {
                return Err(format!(
                    "[watermark] names the column `{column}` of `{table}`, which is not read"
                ));
            }
            if tables.in_the_mark.contains(table) {
                return Err(format!("[watermark] names `{table}` twice"));
            }
        }
        for table in &tables.in_the_mark {
            staged(table)?;
        }
        Ok(())
    }
}

words! {
    /// What a store may not record. A metric whose header names it under `needs` is then not measured.
    Unrecorded {
        Acknowledgement = "acknowledgement", Intake = "intake", Processing = "processing",
        Resolution = "resolution", Overall = "overall",
        /// Whether what was granted was delivered.
        Remedies = "remedies",
        /// Whether customers were told of external remedies.
        ExternalRemedies = "external_remedies",
        /// Severity, first and later (7.5).
        Assessment = "assessment",
        /// What kind of response a decision is, and what was sought and granted (7.7).
        Response = "response",
        /// Cost of redress.
        Cost = "cost",
        /// The customer's answer to the decision.
        Answers = "answers",
        /// Cases taken to an external body.
        Referral = "referral",
        /// The satisfaction survey.
        Survey = "survey",
        /// When the store learnt each event, so that a past figure can be computed again.
        History = "history",
    }
}

impl Unrecorded {
    /// Whether a stage's clock is among it.
    pub fn is_stage(self, stage: Stage) -> bool {
        self.as_str() == stage.as_str()
    }
}

/// Where the rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// The bundled register.
    Register,
    /// Any other SQLite file.
    Sqlite,
    /// CSV files of a folder, or the tables of the same names in a SQLite file or a PostgreSQL database, staged into a
    /// temporary SQLite file.
    Csv,
    /// An event log in XES (IEEE 1849), staged likewise.
    Xes,
}

/// A CSV file, or the table of its name in a SQLite file or a PostgreSQL database, that is staged as a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StagedFile {
    pub name: String,
    pub table: String,
    #[serde(default)]
    pub optional: bool,
    /// Columns that must exist, and those of the empty table when an optional file is absent.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Columns that together name a row: a row that comes twice stops the extract.
    #[serde(default)]
    pub key: Vec<String>,
    /// Texts that stand for a missing value, besides the empty field.
    #[serde(default)]
    pub missing: Texts,
    /// Columns that hold instants, with their forms: `rfc3339` or chrono's. Several are tried in their order.
    #[serde(default)]
    pub instants: BTreeMap<String, Texts>,
    /// Encoding, such as `windows-1254`; guessed when left out.
    #[serde(default)]
    pub encoding: Option<String>,
    /// Field separator; a comma when left out.
    #[serde(default)]
    pub separator: Option<char>,
}

impl StagedFile {
    /// The columns that the mapping reads, each once.
    pub(super) fn wanted(&self) -> Vec<String> {
        let mut wanted = self.columns.clone();
        for column in self.instants.keys() {
            if !wanted.contains(column) {
                wanted.push(column.clone());
            }
        }
        wanted
    }
}

/// What is wrong with a mapping.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    #[error("`{name}` is no mapping: it is neither one of {known} nor a folder")]
    Unknown { name: String, known: String },
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path}: {fault}")]
    Settings { path: PathBuf, fault: String },
    #[error("the mapping {folder} has no {file}; every mapping has {}", REQUIRED.join(", "))]
    MissingFile { folder: PathBuf, file: String },
}

impl Mapping {
    /// A shipped mapping by name, or one from a folder.
    ///
    /// # Errors
    /// When it is neither, a file is missing, or `mapping.toml` cannot be read.
    pub fn load(name: &str) -> Result<Mapping, MappingError> {
        if let Some((_, files)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            let files = files
                .iter()
                .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()))
                .collect();
            return Mapping::of(name, Path::new("queries/extract").join(name), files);
        }
        let folder = PathBuf::from(name);
        if !folder.is_dir() {
            let known: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
            return Err(MappingError::Unknown {
                name: name.to_owned(),
                known: known.join(", "),
            });
        }
        let unreadable = |path: &Path, source| MappingError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(&folder).map_err(|e| unreadable(&folder, e))? {
            let path = entry.map_err(|e| unreadable(&folder, e))?.path();
            let file = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if file.ends_with(".sql") || file == "mapping.toml" {
                let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
                files.insert(file, text);
            }
        }
        Mapping::of(name, folder, files)
    }

    fn of(
        name: &str,
        folder: PathBuf,
        files: BTreeMap<String, String>,
    ) -> Result<Mapping, MappingError> {
        let missing = |file: &str| MappingError::MissingFile {
            folder: folder.clone(),
            file: file.to_owned(),
        };
        let settings = files
            .get("mapping.toml")
            .ok_or_else(|| missing("mapping.toml"))?;
        let unfit = |fault: String| MappingError::Settings {
            path: folder.join("mapping.toml"),
            fault,
        };
        let settings: MappingSettings =
            toml::from_str(settings).map_err(|error| unfit(in_one_line(&error, settings)))?;
        settings
            .check_watermark(files.contains_key(WATERMARK))
            .map_err(unfit)?;
        for file in REQUIRED {
            if !files.contains_key(file) {
                return Err(missing(file));
            }
        }
        Ok(Mapping {
            name: name.to_owned(),
            source_name: None,
            settings,
            files,
            folder,
        })
    }

    /// The mapping of the bundled register.
    ///
    /// # Errors
    /// None, as long as the binary carries it.
    pub fn of_the_register() -> Result<Mapping, MappingError> {
        Mapping::load("redress")
    }

    /// The mapping for a source of a name of its own, so that several sources can be read by one mapping, and one source
    /// by several. The bundled register has no other name.
    #[must_use]
    pub fn for_source(mut self, name: Option<&str>) -> Mapping {
        self.source_name = name
            .filter(|name| self.settings.source != SourceKind::Register && *name != self.name)
            .map(str::to_owned);
        self
    }

    /// The text of a SQL file, where the mapping has it.
    pub fn sql(&self, file: &str) -> Option<&str> {
        self.files.get(file).map(String::as_str)
    }

    /// Where a file of the mapping lies, for messages.
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// Hash of all files: another mapping means a full extract.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for (name, text) in &self.files {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name.as_bytes());
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        hex(&hash.finish())
    }
}

macro_rules! shipped {
    ($($mapping:literal : [$($file:literal),+ $(,)?]),+ $(,)?) => {
        /// The mappings that the binary carries.
        const SHIPPED: &[(&str, &[(&str, &str)])] = &[$((
            $mapping,
            &[$(($file, include_str!(concat!("../../queries/extract/", $mapping, "/", $file)))),+],
        )),+];
    };
}

shipped! {
    "redress": [
        "mapping.toml", "months.sql", "case.sql", "event.sql", "narrative.sql", "exposure.sql",
        "evidence.sql", "objective.sql", "chart_phase.sql", "staff.sql", "head.sql", "anchor.sql", "changed.sql",
        "secret.sql",
    ],
    "csv": [
        "mapping.toml", "prepare.sql", "months.sql", "case.sql", "event.sql", "narrative.sql",
        "exposure.sql", "evidence.sql", "objective.sql", "chart_phase.sql", "staff.sql", "head.sql", "census.sql",
    ],
    "servicenow_csv": [
        "mapping.toml", "prepare.sql", "months.sql", "case.sql", "event.sql", "head.sql", "census.sql",
    ],
    "zammad": [
        "mapping.toml", "prepare.sql", "months.sql", "case.sql", "event.sql", "narrative.sql", "head.sql", "census.sql",
        "unknown.sql", "watermark.sql",
    ],
    "glpi": [
        "mapping.toml", "prepare.sql", "months.sql", "case.sql", "event.sql", "narrative.sql", "head.sql", "census.sql",
        "unknown.sql",
    ],
    "osticket": [
        "mapping.toml", "prepare.sql", "months.sql", "case.sql", "event.sql", "narrative.sql", "head.sql", "census.sql",
        "unknown.sql",
    ],
    "xes": [
        "mapping.toml", "prepare.sql", "months.sql", "case.sql", "event.sql", "head.sql", "census.sql", "unknown.sql",
    ],
    "xes_helpdesk": [
        "mapping.toml", "prepare.sql", "months.sql", "case.sql", "event.sql", "head.sql", "census.sql", "unknown.sql",
    ],
    "xes_receipt": [
        "mapping.toml", "prepare.sql", "months.sql", "case.sql", "event.sql", "head.sql", "census.sql", "unknown.sql",
    ],
    "xes_running_example": [
        "mapping.toml", "prepare.sql", "months.sql", "case.sql", "event.sql", "head.sql", "census.sql", "unknown.sql",
    ],
}
