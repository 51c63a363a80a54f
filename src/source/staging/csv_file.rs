//! A CSV file as a table.

use std::io::{self, Read};
use std::path::Path;

use chrono_tz::Tz;
use encoding_rs::Encoding;
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use rusqlite::Connection;

use super::super::attendance::Stop;
use super::StagingError;
use super::bounded::Bounded;
use super::encoding::encoding_of;
use super::opened::bytes_of;
use super::table::{Rows, Target};
use crate::mapping::StagedFile;
use redress_table_file::quotes::Quotes;

/// Stages a file, or the empty table where an optional one is not there.
pub(super) fn stage(
    into: &mut Connection,
    path: &Path,
    spec: &StagedFile,
    zone: Tz,
    hint: &str,
    stop: &Stop,
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
    let separator = spec
        .separator
        .map_or(b',', |c| u8::try_from(c).unwrap_or(b','));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .from_reader(Followed {
            from: Bounded::new(decoded),
            quotes: Quotes::new(separator),
        });
    let header: Vec<String> = reader
        .headers()
        .map_err(|error| csv_error(path, &error))?
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    if header.is_empty() {
        return Err(StagingError::Csv {
            path: path.to_owned(),
            line: 1,
            what:
                "the file is empty: not even the names of its columns stand in it; export it again"
                    .to_owned(),
        });
    }
    check_names(path, header.iter().map(String::as_str))?;
    check_separator(&target, &header)?;
    target.check_header(&header)?;
    let mut rows = CsvRows {
        reader,
        record: csv::StringRecord::new(),
        path,
    };
    notes.extend(target.fill(into, &header, &mut rows, stop)?);
    Ok(notes)
}

/// A header of one column that holds another separator: the file is exported otherwise than it was.
fn check_separator(target: &Target<'_>, header: &[String]) -> Result<(), StagingError> {
    let separator = target.spec.separator.unwrap_or(',');
    let [only] = header else { return Ok(()) };
    let mut others = [';', ',', '\t', '|']
        .into_iter()
        .filter(|c| *c != separator);
    match others.find(|other| only.contains(*other)) {
        Some(found) if !target.spec.wanted().iter().any(|column| column == only) => {
            Err(StagingError::OtherSeparator {
                path: target.path.to_owned(),
                found,
                separator,
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// A file's bytes as UTF-8, whatever they were.
type Decoded = DecodeReaderBytes<Box<dyn Read>, Vec<u8>>;

/// A file that is followed while it is read, so that its end tells whether it lies within a quoted cell.
struct Followed<R> {
    from: Bounded<R>,
    quotes: Quotes,
}

impl<R: Read> Read for Followed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.quotes.follow(into.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// The records of a file.
struct CsvRows<'p> {
    reader: csv::Reader<Followed<Decoded>>,
    record: csv::StringRecord,
    path: &'p Path,
}

impl Rows for CsvRows<'_> {
    fn next(&mut self, cells: &mut Vec<Option<String>>) -> Result<Option<u64>, StagingError> {
        self.reader.get_mut().from.begin_entry();
        let read = self
            .reader
            .read_record(&mut self.record)
            .map_err(|error| csv_error(self.path, &error))?;
        if !read {
            return match self.reader.get_ref().quotes.open_since() {
                None => Ok(None),
                Some(line) => Err(StagingError::Csv {
                    path: self.path.to_owned(),
                    line,
                    what: "opens a quotation mark that is never closed, so that all behind it would be one cell; close it, or export the file again".to_owned(),
                }),
            };
        }
        cells.extend(self.record.iter().map(|text| Some(text.to_owned())));
        Ok(Some(self.record.position().map_or(0, csv::Position::line)))
    }
}

/// The declared encoding, where the file can be in it, or the one that is found; a guess is noted.
///
/// A file in one byte a letter reads as nonsense by UTF-8 and the other way round, and nonsense is words that no mapping
/// knows. What is UTF-8 beyond ASCII is nothing else but by a chance that no file has.
fn encoding_and_note(
    path: &Path,
    spec: &StagedFile,
) -> Result<(&'static Encoding, Vec<String>), StagingError> {
    let declared = match &spec.encoding {
        None => None,
        Some(name) => Some((
            name,
            Encoding::for_label(name.as_bytes()).ok_or_else(|| StagingError::UnknownEncoding {
                path: path.to_owned(),
                name: name.clone(),
            })?,
        )),
    };
    let found = encoding_of(path).map_err(|source| StagingError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    if let Some((name, encoding)) = declared {
        let is_utf8 = !found.guessed;
        let fits = found.marked || found.plain || is_utf8 == (encoding == encoding_rs::UTF_8);
        return match fits {
            true => Ok((encoding, Vec::new())),
            false => Err(StagingError::OtherEncoding {
                path: path.to_owned(),
                declared: name.clone(),
                found: match is_utf8 {
                    true => "UTF-8",
                    false => "not UTF-8",
                },
            }),
        };
    }
    let note = found.guessed.then(|| {
        format!(
            "{}: is not UTF-8 and was read as {}; if letters look wrong, set `encoding` in mapping.toml",
            path.display(),
            found.encoding.name(),
        )
    });
    Ok((found.encoding, note.into_iter().collect()))
}

/// Refuses names that no SQL can write: SQLite reads a statement up to its first NUL.
///
/// # Errors
/// With the first such name.
pub fn check_names<'h>(
    path: &Path,
    mut header: impl Iterator<Item = &'h str>,
) -> Result<(), StagingError> {
    match header.find(|name| name.contains('\0')) {
        None => Ok(()),
        Some(name) => Err(StagingError::Csv {
            path: path.to_owned(),
            line: 1,
            what: format!(
                "the name of the column `{}` holds a NUL character; the file is damaged, or in UTF-16 without its mark: export it again",
                name.replace('\0', "\u{fffd}")
            ),
        }),
    }
}

/// What is wrong with a CSV file, and where.
pub fn csv_error(path: &Path, error: &csv::Error) -> StagingError {
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
