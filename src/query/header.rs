//! The comment header of a query file: `-- field: value`, one a line, above the SQL.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::QueryFileError;

/// The header's fields, and the SQL below them.
pub(super) struct Header {
    origin: PathBuf,
    fields: BTreeMap<String, String>,
    pub sql: String,
    /// Lines above the SQL, so that a fault is named by its line of the file.
    lines: usize,
}

impl Header {
    /// Reads the comment lines at the head of a file.
    ///
    /// # Errors
    /// When one of them is no `-- field: value`.
    pub(super) fn read(origin: &Path, text: &str) -> Result<Self, QueryFileError> {
        let mut fields = BTreeMap::new();
        let mut lines = text.lines().enumerate();
        let mut sql = Vec::new();
        let mut above = 0;
        for (number, line) in lines.by_ref() {
            let Some(comment) = line.strip_prefix("--") else {
                sql.push(line);
                break;
            };
            above = number + 1;
            let (field, value) =
                comment
                    .split_once(':')
                    .ok_or_else(|| QueryFileError::BadHeaderLine {
                        path: origin.to_owned(),
                        line: number + 1,
                        found: line.to_owned(),
                    })?;
            fields.insert(field.trim().to_owned(), value.trim().to_owned());
        }
        sql.extend(lines.map(|(_, line)| line));
        Ok(Header {
            origin: origin.to_owned(),
            fields,
            sql: sql.join("\n"),
            lines: above,
        })
    }

    /// The SQL on the lines that it has in the file.
    pub(super) fn sql_in_place(&self) -> String {
        format!("{}{}", "\n".repeat(self.lines), self.sql)
    }

    /// A field that must be there.
    ///
    /// # Errors
    /// When it is not, or is empty.
    pub(super) fn take(&self, field: &'static str) -> Result<String, QueryFileError> {
        self.optional(field)
            .map(str::to_owned)
            .ok_or_else(|| QueryFileError::MissingField {
                path: self.origin.clone(),
                field,
            })
    }

    /// A field that may be missing; an empty one counts as missing.
    pub(super) fn optional(&self, field: &str) -> Option<&str> {
        self.fields
            .get(field)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The id.
    ///
    /// # Errors
    /// When it is missing, or could not name a table.
    pub(super) fn id(&self) -> Result<String, QueryFileError> {
        let id = self.take("id")?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if id.chars().all(plain) {
            Ok(id)
        } else {
            Err(QueryFileError::BadId {
                path: self.origin.clone(),
                found: id,
            })
        }
    }

    /// The texts of a field by language; `field` itself, or `field.en`, is English.
    pub(super) fn in_languages(&self, field: &str, english: String) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::from([("en".to_owned(), english)]);
        for (name, value) in &self.fields {
            let language = name.strip_prefix(field).and_then(|n| n.strip_prefix('.'));
            if let Some(language) = language {
                texts.insert(language.to_owned(), value.clone());
            }
        }
        texts
    }
}

/// The items of a list with commas.
pub(super) fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}
