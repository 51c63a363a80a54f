//! A CSV file as a table.

use std::io::Read;
use std::path::Path;

use chrono_tz::Tz;
use encoding_rs::Encoding;
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use rusqlite::Connection;

use super::StagingError;
use super::encoding::encoding_of;
use super::opened::bytes_of;
use super::table::{Rows, Target};
use crate::extract::mapping::StagedFile;

/// Stages a file, or the empty table where an optional one is not there.
pub(super) fn stage(
    into: &mut Connection,
    path: &Path,
    spec: &StagedFile,
    zone: Tz,
    hint: &str,
) -> Result<Vec<String>, StagingError> {
    let target = Target {
        spec,
        path,
        zone,
        place: "line",
        hint,
    };
    if !path.exists() {
        if spec.optional {
            target.create_empty(into)?;
            return Ok(Vec::new());
        }
        return Err(StagingError::Missing {
            path: path.to_owned(),
            hint: hint.to_owned(),
        });
    }
    let (encoding, mut notes) = encoding_and_note(path, spec)?;
    let bytes = bytes_of(path).map_err(|source| StagingError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let decoded = DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .build(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(
            spec.separator
                .map_or(b',', |c| u8::try_from(c).unwrap_or(b',')),
        )
        .from_reader(decoded);
    let header: Vec<String> = reader
        .headers()
        .map_err(|error| csv_error(path, &error))?
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    target.check_header(&header)?;
    let mut rows = CsvRows {
        reader,
        record: csv::StringRecord::new(),
        path,
    };
    notes.extend(target.fill(into, &header, &mut rows)?);
    Ok(notes)
}

/// The records of a file.
struct CsvRows<'p> {
    reader: csv::Reader<DecodeReaderBytes<Box<dyn Read>, Vec<u8>>>,
    record: csv::StringRecord,
    path: &'p Path,
}

impl Rows for CsvRows<'_> {
    fn next(&mut self, cells: &mut Vec<Option<String>>) -> Result<Option<u64>, StagingError> {
        let read = self
            .reader
            .read_record(&mut self.record)
            .map_err(|error| csv_error(self.path, &error))?;
        if !read {
            return Ok(None);
        }
        cells.extend(self.record.iter().map(|text| Some(text.to_owned())));
        Ok(Some(self.record.position().map_or(0, csv::Position::line)))
    }
}

/// The declared encoding, or the one that is found; a guess is noted.
fn encoding_and_note(
    path: &Path,
    spec: &StagedFile,
) -> Result<(&'static Encoding, Vec<String>), StagingError> {
    if let Some(name) = &spec.encoding {
        return Encoding::for_label(name.as_bytes())
            .map(|encoding| (encoding, Vec::new()))
            .ok_or_else(|| StagingError::UnknownEncoding {
                path: path.to_owned(),
                name: name.clone(),
            });
    }
    let found = encoding_of(path).map_err(|source| StagingError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let note = found.guessed.then(|| {
        format!(
            "{}: is not UTF-8 and was read as {}; if letters look wrong, set `encoding` in mapping.toml",
            path.display(),
            found.encoding.name(),
        )
    });
    Ok((found.encoding, note.into_iter().collect()))
}

/// What is wrong with a CSV file, and where.
pub(in crate::extract) fn csv_error(path: &Path, error: &csv::Error) -> StagingError {
    let line = error.position().map_or(0, csv::Position::line);
    let what = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!(
            "has {len} fields where the header has {expected_len}; look for a quote that is not closed or a separator inside a field"
        ),
        csv::ErrorKind::Utf8 { .. } => {
            "is not text in the file's encoding; set `encoding` in mapping.toml".to_owned()
        }
        csv::ErrorKind::Io(source) => format!("cannot be read: {source}"),
        _ => error.to_string(),
    };
    StagingError::Csv {
        path: path.to_owned(),
        line,
        what,
    }
}
