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
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

use super::blocks::Blocks;
use super::decode::{RECEIVED_MONTH, empty_frame, month_of, read_files, rows_of};
use super::error::EngineError;
use redress_lake::decoding::decoded;
use redress_lake::manifest::FileEntry;
use redress_lake::table::{ColumnKind, TableSpec, days_since_epoch};
use redress_lake::tables::TABLES;
use redress_query::pruning::Bound;

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
        blocks: Blocks,
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
        if table.partitioned && words.contains(RECEIVED_MONTH) {
            wanted.push(RECEIVED_MONTH);
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
                blocks,
                days,
            } => {
                let needed = self.needed(table, entries, days, needed)?;
                self.decode(table, entries, blocks, &needed, &wanted)?;
                blocks
                    .stacked(&needed, &wanted)
                    .and_then(|whole| match whole {
                        Some(frame) => Ok(frame),
                        None => {
                            let with_month = wanted.contains(&RECEIVED_MONTH);
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
            if let Some(Table::Files {
                entries, blocks, ..
            }) = tables.get_mut(table.name)
            {
                for (place, entry) in entries.iter().enumerate() {
                    if months.contains(month_of(&entry.path)) {
                        blocks.forget(place);
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
                entries,
                blocks: Blocks::default(),
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

    /// Decodes what is missing: a block of files on each processor.
    fn decode(
        &self,
        table: &'static TableSpec,
        entries: &[FileEntry],
        blocks: &mut Blocks,
        needed: &[usize],
        wanted: &[&'static str],
    ) -> Result<(), EngineError> {
        // Files that lack the same columns go together.
        let mut missing: BTreeMap<Vec<&'static str>, Vec<usize>> = BTreeMap::new();
        for place in needed {
            let names = blocks.missing(*place, wanted);
            if !names.is_empty() {
                missing.entry(names).or_default().push(*place);
            }
        }
        let groups: Vec<(&[&'static str], &[usize])> = missing
            .iter()
            .flat_map(|(names, places)| {
                in_parts(entries, places, rayon::current_num_threads())
                    .into_iter()
                    .map(|part| (names.as_slice(), part))
            })
            .collect();
        let read: Vec<DataFrame> = groups
            .par_iter()
            .map(|(names, places)| {
                let files: Vec<&FileEntry> = places.iter().map(|p| &entries[*p]).collect();
                read_files(&self.snapshot, &files, table, names)
            })
            .collect::<Result<_, EngineError>>()?;
        for ((names, places), frame) in groups.into_iter().zip(read) {
            let rows = places
                .iter()
                .map(|place| (*place, rows_of(&entries[*place])));
            let put = blocks.put(&rows.collect::<Vec<_>>(), names, frame);
            put.map_err(|source| EngineError::Parquet {
                path: self.snapshot.join(table.name),
                source,
            })?;
        }
        Ok(())
    }
}

/// Files one behind the other in so many parts of about as many rows, or fewer.
fn in_parts<'p>(entries: &[FileEntry], places: &'p [usize], parts: usize) -> Vec<&'p [usize]> {
    let rows = |places: &[usize]| -> usize { places.iter().map(|p| rows_of(&entries[*p])).sum() };
    let fair = rows(places).div_ceil(parts.max(1));
    let mut cut = Vec::new();
    let mut left = places;
    while !left.is_empty() {
        let mut taken = 0;
        let count = left
            .iter()
            .take_while(|place| {
                let has_room = taken < fair;
                taken += rows_of(&entries[**place]);
                has_room
            })
            .count();
        let (part, rest) = left.split_at(count.max(1));
        cut.push(part);
        left = rest;
    }
    cut
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
    let footer = decoded(|| SerializedFileReader::new(file));
    let footer = footer.map_err(|source| EngineError::Parquet {
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
