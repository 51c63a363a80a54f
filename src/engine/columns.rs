//! The columns of a snapshot that were decoded so far, file by file: only those that a query names, only of the files
//! that it can need, and each once for all queries.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::statistics::Statistics;
use polars::prelude::{DataFrame, PolarsError};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

use super::decode::{empty_frame, month_of, read_file};
use super::error::EngineError;
use super::pruning::Bound;
use redress_lake::manifest::FileEntry;
use redress_lake::table::{ColumnKind, TableSpec, days_since_epoch};
use redress_lake::tables::TABLES;

/// The decoded columns of a snapshot.
pub(super) struct Columns {
    snapshot: PathBuf,
    /// The files that the manifest names; nothing else in the folder is data.
    files: Vec<FileEntry>,
    tables: Arc<Mutex<BTreeMap<&'static str, Table>>>,
}

/// A table's files and what was decoded of each.
#[derive(Clone)]
enum Table {
    Files {
        entries: Vec<FileEntry>,
        parts: Vec<DataFrame>,
        /// Days in each file, by column; read from the footers at the first bound.
        days: Option<Vec<DaysIn>>,
    },
    /// Put in place of the files by the caller.
    Replaced(DataFrame),
}

/// Which files of a table a query can need; the default is all.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Needed<'a> {
    /// All of them can be met in a file that is needed.
    pub bounds: &'a [Bound],
    /// Months of receipt outside which nothing counts.
    pub months: Option<&'a BTreeSet<String>>,
}

/// First and last day in a file, as days since 1970-01-01, by column; `None`: only NULLs. A column whose footer says
/// nothing is not there.
type DaysIn = BTreeMap<&'static str, Option<(i32, i32)>>;

impl Columns {
    pub(super) fn new(snapshot: &Path, files: Vec<FileEntry>) -> Self {
        Columns {
            snapshot: snapshot.to_owned(),
            files,
            tables: Arc::default(),
        }
    }

    /// The same snapshot; what either of the two decodes is there for both.
    pub(super) fn share(&self) -> Self {
        Columns {
            snapshot: self.snapshot.clone(),
            files: self.files.clone(),
            tables: Arc::clone(&self.tables),
        }
    }

    /// The same snapshot with what was decoded so far, to go a way of its own: a table may be replaced in it.
    pub(super) fn fork(&self) -> Self {
        Columns {
            snapshot: self.snapshot.clone(),
            files: self.files.clone(),
            tables: Arc::new(Mutex::new(held(&self.tables).clone())),
        }
    }

    /// Puts a frame in place of a table's files.
    pub(super) fn replace(&self, table: &'static TableSpec, frame: DataFrame) {
        held(&self.tables).insert(table.name, Table::Replaced(frame));
    }

    /// The columns of a table that `words` name, of the files that are needed.
    ///
    /// # Errors
    /// When a file is missing, altered or cannot be decoded.
    pub(super) fn frame(
        &self,
        table: &'static TableSpec,
        words: &BTreeSet<String>,
        needed: &Needed<'_>,
    ) -> Result<DataFrame, EngineError> {
        let mut wanted: Vec<&'static str> = table
            .columns
            .iter()
            .map(|c| c.name)
            .filter(|name| words.contains(*name))
            .collect();
        // A query that only counts rows names no column; one is enough to count them.
        if wanted.is_empty() {
            wanted.extend(table.columns.first().map(|c| c.name));
        }
        if table.partitioned && words.contains("received_month") {
            wanted.push("received_month");
        }
        let mut tables = held(&self.tables);
        let known = self.known(&mut tables, table);
        let failed = |source| EngineError::Parquet {
            path: self.snapshot.join(table.name),
            source,
        };
        match known {
            Table::Replaced(frame) => frame.select(wanted).map_err(failed),
            Table::Files {
                entries,
                parts,
                days,
            } => {
                let needed = self.needed(table, entries, days, needed)?;
                self.decode(table, entries, parts, &needed, &wanted)?;
                stacked(parts, &needed, &wanted)
                    .and_then(|whole| match whole {
                        Some(frame) => Ok(frame),
                        None => {
                            let with_month = wanted.contains(&"received_month");
                            empty_frame(table, &wanted, with_month)?.select(wanted)
                        }
                    })
                    .map_err(failed)
            }
        }
    }

    /// The months of receipt whose files are needed; `None` when the table's files cannot be told apart so.
    ///
    /// # Errors
    /// When a footer cannot be read.
    pub(super) fn months(
        &self,
        table: &'static TableSpec,
        needed: &Needed<'_>,
    ) -> Result<Option<BTreeSet<String>>, EngineError> {
        let mut tables = held(&self.tables);
        match self.known(&mut tables, table) {
            Table::Files { entries, days, .. } if table.partitioned => {
                let places = self.needed(table, entries, days, needed)?;
                let months = places.iter().map(|place| month_of(&entries[*place].path));
                Ok(Some(months.map(str::to_owned).collect()))
            }
            Table::Files { .. } | Table::Replaced(_) => Ok(None),
        }
    }

    /// The months of receipt in groups, each of as many as have so many cases together; one at least. A single group
    /// where a table was put in place of its files, whose months nobody knows.
    pub(super) fn months_together(&self, cases: u64) -> Vec<BTreeSet<String>> {
        let mut groups: Vec<BTreeSet<String>> = Vec::new();
        let replaced = held(&self.tables);
        let is_replaced = |table: &Table| matches!(table, Table::Replaced(_));
        let mut months: BTreeMap<&str, u64> = BTreeMap::new();
        for table in TABLES.iter().filter(|table| table.partitioned) {
            if replaced.get(table.name).is_some_and(is_replaced) {
                return groups;
            }
            for entry in self.files.iter().filter(|file| file.table == table.name) {
                let rows = if table.name == "cases" { entry.rows } else { 0 };
                *months.entry(month_of(&entry.path)).or_default() += rows;
            }
        }
        let mut room = 0;
        for (month, of_month) in months {
            match groups.last_mut().filter(|_| of_month <= room) {
                Some(group) => {
                    group.insert(month.to_owned());
                }
                None => {
                    groups.push(BTreeSet::from([month.to_owned()]));
                    room = cases;
                }
            }
            room = room.saturating_sub(of_month);
        }
        groups
    }

    /// Lets go what was decoded of some months.
    pub(super) fn forget(&self, months: &BTreeSet<String>) {
        let mut tables = held(&self.tables);
        for table in TABLES.iter().filter(|table| table.partitioned) {
            if let Some(Table::Files { entries, parts, .. }) = tables.get_mut(table.name) {
                for (entry, part) in entries.iter().zip(parts) {
                    if months.contains(month_of(&entry.path)) {
                        *part = DataFrame::empty();
                    }
                }
            }
        }
    }

    fn known<'t>(
        &self,
        tables: &'t mut BTreeMap<&'static str, Table>,
        table: &'static TableSpec,
    ) -> &'t mut Table {
        tables.entry(table.name).or_insert_with(|| {
            let of_table = self.files.iter().filter(|f| f.table == table.name);
            let entries: Vec<FileEntry> = of_table.cloned().collect();
            Table::Files {
                parts: vec![DataFrame::empty(); entries.len()],
                entries,
                days: None,
            }
        })
    }

    /// Places of the files in which all bounds can be met, of the months asked for.
    fn needed(
        &self,
        table: &'static TableSpec,
        entries: &[FileEntry],
        days: &mut Option<Vec<DaysIn>>,
        needed: &Needed<'_>,
    ) -> Result<Vec<usize>, EngineError> {
        let Needed { bounds, months } = *needed;
        let of_months = |place: &usize| {
            months.is_none_or(|months| months.contains(month_of(&entries[*place].path)))
        };
        if bounds.is_empty() {
            return Ok((0..entries.len()).filter(of_months).collect());
        }
        if days.is_none() {
            let found = entries
                .iter()
                .map(|entry| days_in(&self.snapshot, entry, table))
                .collect::<Result<_, _>>()?;
            *days = Some(found);
        }
        let days = days.as_deref().unwrap_or_default();
        Ok((0..entries.len())
            .filter(of_months)
            .filter(|place| bounds.iter().all(|bound| can_meet(&days[*place], bound)))
            .collect())
    }

    /// Decodes what is missing; files side by side.
    fn decode(
        &self,
        table: &'static TableSpec,
        entries: &[FileEntry],
        parts: &mut [DataFrame],
        needed: &[usize],
        wanted: &[&'static str],
    ) -> Result<(), EngineError> {
        let missing: Vec<(usize, Vec<&'static str>)> = needed
            .iter()
            .map(|place| {
                let part = &parts[*place];
                let lacks = |name: &&&str| part.column(name).is_err();
                (*place, wanted.iter().filter(lacks).copied().collect())
            })
            .filter(|(_, names): &(usize, Vec<&'static str>)| !names.is_empty())
            .collect();
        let read: Vec<(usize, DataFrame)> = missing
            .into_par_iter()
            .map(|(place, names)| {
                let with_month = names.contains(&"received_month");
                let columns: Vec<&'static str> = names
                    .into_iter()
                    .filter(|name| *name != "received_month")
                    .collect();
                let frame =
                    read_file(&self.snapshot, &entries[place], table, &columns, with_month)?;
                Ok((place, frame))
            })
            .collect::<Result<_, EngineError>>()?;
        for (place, frame) in read {
            let part = &mut parts[place];
            *part = match part.width() {
                0 => frame,
                _ => part
                    .hstack(frame.columns())
                    .map_err(|source| EngineError::Parquet {
                        path: self.snapshot.join(&entries[place].path),
                        source,
                    })?,
            };
        }
        Ok(())
    }
}

/// The named columns of some parts, one below the other; `None` when there is none.
fn stacked(
    parts: &[DataFrame],
    needed: &[usize],
    wanted: &[&'static str],
) -> Result<Option<DataFrame>, PolarsError> {
    let mut whole: Option<DataFrame> = None;
    for place in needed {
        let part = parts[*place].select(wanted.iter().copied())?;
        match whole.as_mut() {
            Some(whole) => {
                whole.vstack_mut_owned(part)?;
            }
            None => whole = Some(part),
        }
    }
    Ok(whole)
}

/// Whether a file can hold a row that meets a bound.
fn can_meet(days: &DaysIn, bound: &Bound) -> bool {
    match days.get(bound.column.as_str()) {
        // The footer says nothing.
        None => true,
        // NULL lies between no days.
        Some(None) => false,
        Some(Some((first, last))) => {
            bound.first.is_none_or(|day| days_since_epoch(day) <= *last)
                && bound.last.is_none_or(|day| days_since_epoch(day) >= *first)
        }
    }
}

fn days_in(
    snapshot: &Path,
    entry: &FileEntry,
    table: &'static TableSpec,
) -> Result<DaysIn, EngineError> {
    let path = snapshot.join(&entry.path);
    let unreadable = |source| EngineError::File {
        path: path.clone(),
        source,
    };
    let file = File::open(&path).map_err(unreadable)?;
    // A file that is left out must be the manifest's too.
    if file.metadata().map_err(unreadable)?.len() != entry.bytes {
        return Err(EngineError::Altered { path });
    }
    let footer = SerializedFileReader::new(file).map_err(|source| EngineError::Parquet {
        path,
        source: PolarsError::ComputeError(source.to_string().into()),
    })?;
    let columns = table.columns.iter().filter(|c| c.kind == ColumnKind::Day);
    Ok(columns
        .filter_map(|column| Some((column.name, span(footer.metadata(), column.name)?)))
        .collect())
}

/// First and last day of a column over the row groups of a file; nothing where a group says nothing.
fn span(footer: &ParquetMetaData, column: &str) -> Option<Option<(i32, i32)>> {
    let mut whole: Option<(i32, i32)> = None;
    for group in footer.row_groups() {
        let chunk = group
            .columns()
            .iter()
            .find(|chunk| chunk.column_path().string() == column)?;
        let Statistics::Int32(statistics) = chunk.statistics()? else {
            return None;
        };
        match (statistics.min_opt(), statistics.max_opt()) {
            (Some(min), Some(max)) => {
                let (first, last) = whole.unwrap_or((*min, *max));
                whole = Some((first.min(*min), last.max(*max)));
            }
            _ => {
                let rows = u64::try_from(group.num_rows()).ok()?;
                if statistics.null_count_opt()? != rows {
                    return None;
                }
            }
        }
    }
    Some(whole)
}

/// What another thread left is whole: it is only ever put in place at once.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
