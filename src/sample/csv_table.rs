//! A CSV file while it is written; it gets its name at the end.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::SampleError;

/// One file while it is written; it gets its name at the end.
pub(super) struct Table {
    path: PathBuf,
    writer: csv::Writer<BufWriter<File>>,
}

impl Table {
    pub(super) fn begin(folder: &Path, name: &str, columns: &[&str]) -> Result<Self, SampleError> {
        let path = folder.join(name);
        let aside = aside(&path);
        let file = File::create(&aside).map_err(|source| SampleError::Io {
            path: aside,
            source,
        })?;
        let mut table = Table {
            path,
            writer: csv::Writer::from_writer(BufWriter::with_capacity(1 << 16, file)),
        };
        table.row(columns)?;
        Ok(table)
    }

    pub(super) fn row<'a>(
        &mut self,
        fields: impl IntoIterator<Item = impl AsRef<[u8]> + 'a>,
    ) -> Result<(), SampleError> {
        self.writer
            .write_record(fields)
            .map_err(|source| SampleError::Csv {
                path: self.path.clone(),
                source,
            })
    }

    pub(super) fn end(&mut self) -> Result<(), SampleError> {
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
