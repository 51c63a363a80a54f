//! A check: a comment header and one SELECT that lists what is wrong with the lake. No row, no fault.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::QueryFileError;
use super::header::{Header, list};
use super::query_file::{in_order, one_select, sql_files};

/// A file of `queries/checks/`, read and parsed.
#[derive(Debug, Clone)]
pub struct CheckFile {
    pub origin: PathBuf,
    pub id: String,
    titles: BTreeMap<String, String>,
    definitions: BTreeMap<String, String>,
    /// Columns that name an offending row.
    pub key: Vec<String>,
    /// The answer's columns, in order; empty where the file does not promise them.
    pub columns: Vec<String>,
    /// A table and the SELECT over it that plants a fault which this check finds.
    pub fault: Option<(String, String)>,
    pub sql: String,
}

impl CheckFile {
    /// Reads a check's text.
    ///
    /// # Errors
    /// When the header lacks a field or the SQL is no single SELECT.
    pub fn parse(origin: &Path, text: &str) -> Result<Self, QueryFileError> {
        let header = Header::read(origin, text)?;
        one_select(origin, &header.sql_in_place())?;
        let fault = header
            .optional("fault")
            .and_then(|fault| fault.split_once(':'))
            .map(|(table, sql)| (table.trim().to_owned(), sql.trim().to_owned()));
        Ok(CheckFile {
            origin: origin.to_owned(),
            id: header.id()?,
            titles: header.in_languages("title", header.take("title.en")?),
            definitions: header.in_languages("definition", header.take("definition")?),
            key: list(&header.take("key")?),
            columns: header.optional("columns").map(list).unwrap_or_default(),
            fault,
            sql: header.sql.clone(),
        })
    }

    /// The title in a language, or in English.
    pub fn title(&self, language: &str) -> &str {
        in_language(&self.titles, language)
    }

    /// What is wrong with a row that it lists, in a language or in English.
    pub fn definition(&self, language: &str) -> &str {
        in_language(&self.definitions, language)
    }
}

fn in_language<'a>(texts: &'a BTreeMap<String, String>, language: &str) -> &'a str {
    texts
        .get(language)
        .or_else(|| texts.get("en"))
        .map_or("", String::as_str)
}

/// The shipped checks together with those of a folder, by id.
///
/// # Errors
/// When a file is broken, the folder cannot be read, or two files share an id.
pub fn checks_with(folder: Option<&Path>) -> Result<Vec<CheckFile>, QueryFileError> {
    let mut checks = SHIPPED
        .iter()
        .map(|(name, text)| CheckFile::parse(Path::new(name), text))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(folder) = folder {
        for (path, text) in sql_files(folder)? {
            checks.push(CheckFile::parse(&path, &text)?);
        }
    }
    in_order(checks, |check| (&check.id, &check.origin))
}

macro_rules! shipped {
    ($($id:literal),* $(,)?) => {
        /// Name and text of every file in `queries/checks/`.
        pub const SHIPPED: &[(&str, &str)] = &[$((
            concat!("queries/checks/", $id, ".sql"),
            include_str!(concat!("../../queries/checks/", $id, ".sql")),
        )),*];
    };
}

shipped!(
    "calendar_gap",
    "case_id_twice",
    "closed_without_day",
    "communicated_before_decided",
    "due_before_start",
    "event_before_receipt",
    "event_of_unknown_case",
    "exposure_unsound",
    "merged_into_unknown_case",
    "narrative_of_unknown_case",
    "negative_cost",
    "remedy_done_without_due",
    "second_pass_without_cause",
    "stage_ended_before_start",
    "stage_of_unknown_case",
    "states_overlap_or_gap",
    "stock_identity",
    "survey_score_out_of_range",
    "verdict_without_end",
);
