//! Files that are no CSV, known by how they begin.

use std::io::{self, Read as _};
use std::path::Path;

use redress_source::staging::opened::bytes_of;

/// Bytes that are looked at.
const BEGINNING: u64 = 64;

/// What a file is, when it is no CSV, and what helps.
pub(super) struct NoCsv {
    pub what: &'static str,
    pub instead: &'static str,
}

/// Looks at the first bytes of a file, unpacked where it is gzipped.
pub(super) fn no_csv(path: &Path) -> io::Result<Option<NoCsv>> {
    let mut beginning = Vec::new();
    bytes_of(path)?
        .take(BEGINNING)
        .read_to_end(&mut beginning)?;
    Ok(known(&beginning))
}

fn known(beginning: &[u8]) -> Option<NoCsv> {
    let text = beginning
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(beginning)
        .trim_ascii_start();
    if beginning.starts_with(b"SQLite format 3\0") {
        Some(NoCsv {
            what: "a SQLite file",
            instead: "export a table of it as CSV, or write a mapping whose source is `sqlite`",
        })
    } else if beginning.starts_with(b"PK\x03\x04") {
        Some(NoCsv {
            what: "an Excel workbook or another ZIP archive",
            instead: "save the sheet as CSV, or unpack the archive",
        })
    } else if beginning.starts_with(b"\xd0\xcf\x11\xe0") {
        Some(NoCsv {
            what: "an old Excel workbook",
            instead: "save the sheet as CSV",
        })
    } else if beginning.starts_with(b"PAR1") {
        Some(NoCsv {
            what: "a Parquet file",
            instead: "`redress stat` reads it; for a mapping save it as CSV",
        })
    } else if text.starts_with(b"<") {
        Some(NoCsv {
            what: "XML",
            instead: "an event log in XES is read by `redress extract --mapping xes`",
        })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(beginning: &[u8]) -> Option<&'static str> {
        known(beginning).map(|found| found.what)
    }

    #[test]
    fn a_file_of_another_kind_is_known_by_its_first_bytes() {
        assert_eq!(
            what(b"\xef\xbb\xbf\r\n<?xml version=\"1.0\"?><log/>"),
            Some("XML")
        );
        assert_eq!(what(b"SQLite format 3\0\x10\x00"), Some("a SQLite file"));
        assert_eq!(
            what(b"PK\x03\x04\x14\x00"),
            Some("an Excel workbook or another ZIP archive")
        );
        assert_eq!(what(b"PAR1\x15\x04"), Some("a Parquet file"));
    }

    #[test]
    fn a_table_may_begin_with_anything_else() {
        for beginning in [&b"No;Geli\xfe\n"[..], b"", b"\"<b>\",x\n", b"PK,name\n"] {
            assert_eq!(what(beginning), None);
        }
    }
}
