//! The files that Spark is let at: those of the manifest, whole, and nothing beside them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};

use super::SparkError;
use redress_lake::decoding::decoded;
use redress_lake::manifest::FileEntry;
use redress_lake::table::TableSpec;

/// A snapshot's files.
pub(super) struct Inputs<'a> {
    snapshot: &'a Path,
    files: &'a [FileEntry],
}

impl<'a> Inputs<'a> {
    pub(super) fn of(snapshot: &'a Path, files: &'a [FileEntry]) -> Self {
        Inputs { snapshot, files }
    }

    /// The folder of a table, once its files are seen to be those of the manifest; `None` when it names
    /// none. Spark reads what lies in a folder, so a file more or less would be another figure.
    pub(super) fn folder(&self, table: &TableSpec) -> Result<Option<PathBuf>, SparkError> {
        let entries: Vec<&FileEntry> = self
            .files
            .iter()
            .filter(|file| file.table == table.name)
            .collect();
        if entries.is_empty() {
            return Ok(None);
        }
        let folder = self.snapshot.join(table_folder(table, &entries));
        if folder.to_string_lossy().contains(PATTERN) {
            return Err(SparkError::Pattern { path: folder });
        }
        let mut named = BTreeSet::new();
        for entry in entries {
            let path = self.snapshot.join(&entry.path);
            check(&path, entry)?;
            named.insert(path);
        }
        refuse_others(&folder, &named)?;
        if let Some(outside) = named.iter().find(|path| !path.starts_with(&folder)) {
            return Err(SparkError::Altered {
                path: outside.clone(),
            });
        }
        Ok(Some(folder))
    }
}

/// The folder of a table within the snapshot: beside the others, or within its layer.
fn table_folder(table: &TableSpec, entries: &[&FileEntry]) -> PathBuf {
    let path = Path::new(entries.first().map_or("", |entry| entry.path.as_str()));
    path.ancestors()
        .find(|part| part.file_name().is_some_and(|name| name == table.name))
        .unwrap_or(Path::new(table.name))
        .to_owned()
}

/// Letters that Hadoop's file systems take for a pattern of names.
const PATTERN: [char; 7] = ['*', '?', '[', ']', '{', '}', '\\'];

/// A file's size and rows must be those of the manifest.
fn check(path: &Path, entry: &FileEntry) -> Result<(), SparkError> {
    let unreadable = |source| SparkError::Io {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes != entry.bytes {
        return Err(SparkError::Altered {
            path: path.to_owned(),
        });
    }
    let reader = decoded(|| SerializedFileReader::new(file));
    let reader = reader.map_err(|source| SparkError::Parquet {
        path: path.to_owned(),
        source,
    })?;
    let rows = reader.metadata().file_metadata().num_rows();
    if u64::try_from(rows).is_ok_and(|rows| rows == entry.rows) {
        Ok(())
    } else {
        Err(SparkError::Altered {
            path: path.to_owned(),
        })
    }
}

/// Refuses a file that the manifest does not name. Names with a leading dot or underscore are not data to
/// Spark either.
fn refuse_others(folder: &Path, named: &BTreeSet<PathBuf>) -> Result<(), SparkError> {
    let unreadable = |source| SparkError::Io {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with(['.', '_']) {
            continue;
        }
        if path.is_dir() {
            refuse_others(&path, named)?;
        } else if !named.contains(&path) {
            return Err(SparkError::Stray { path });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};
    use arrow::record_batch::RecordBatch;
    use parquet::arrow::ArrowWriter;

    use super::*;

    const TABLE: TableSpec = TableSpec {
        name: "cases",
        partitioned: true,
        doc: "",
        columns: &[],
    };

    fn snapshot() -> (tempfile::TempDir, Vec<FileEntry>) {
        let folder = tempfile::tempdir().unwrap();
        let month = folder.path().join("cases/received_month=2026-07");
        fs::create_dir_all(&month).unwrap();
        let path = month.join("part-0.parquet");
        let keys: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let batch = RecordBatch::try_from_iter([("case_key", keys)]).unwrap();
        let mut writer =
            ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let entry = FileEntry {
            table: "cases".to_owned(),
            path: "cases/received_month=2026-07/part-0.parquet".to_owned(),
            rows: 2,
            bytes: fs::metadata(&path).unwrap().len(),
            sha256: String::new(),
        };
        (folder, vec![entry])
    }

    #[test]
    fn a_folder_with_just_the_manifests_files_is_read() {
        let (folder, files) = snapshot();
        fs::write(folder.path().join("cases/_SUCCESS"), "").unwrap();
        let found = Inputs::of(folder.path(), &files).folder(&TABLE).unwrap();
        assert_eq!(found, Some(folder.path().join("cases")));
        let none = Inputs::of(folder.path(), &[]).folder(&TABLE).unwrap();
        assert_eq!(none, None);
    }

    #[test]
    fn a_file_that_the_manifest_does_not_name_is_refused() {
        let (folder, files) = snapshot();
        let stray = folder
            .path()
            .join("cases/received_month=2026-07/more.parquet");
        fs::write(&stray, "").unwrap();
        let refused = Inputs::of(folder.path(), &files)
            .folder(&TABLE)
            .unwrap_err();
        assert!(matches!(refused, SparkError::Stray { path } if path == stray));
    }

    #[test]
    fn a_file_with_other_rows_or_bytes_is_refused() {
        let (folder, files) = snapshot();
        for (rows, more) in [(3, 0), (2, 1)] {
            let mut other = files.clone();
            other[0].rows = rows;
            other[0].bytes += more;
            let refused = Inputs::of(folder.path(), &other)
                .folder(&TABLE)
                .unwrap_err();
            assert!(matches!(refused, SparkError::Altered { .. }));
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let (folder, files) = snapshot();
        fs::remove_file(folder.path().join(&files[0].path)).unwrap();
        let refused = Inputs::of(folder.path(), &files)
            .folder(&TABLE)
            .unwrap_err();
        assert!(refused.to_string().contains("part-0.parquet"));
    }

    #[test]
    fn a_path_that_is_a_pattern_is_refused() {
        let (_folder, files) = snapshot();
        let refused = Inputs::of(Path::new("/lake{1}"), &files)
            .folder(&TABLE)
            .unwrap_err();
        assert!(matches!(refused, SparkError::Pattern { .. }));
    }
}
