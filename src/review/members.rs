//! Which cases each metric counted, so that every figure of a pack opens to them without the lake.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rustc_hash::FxBuildHasher;

use redress_engine::counted::Counted;
use redress_engine::export::{ExportError, batch_bytes};
use redress_lake::decoding::batches;

/// Name of the column of cases.
const CASE_ID: &str = "case_id";

/// How many things of each case each metric counted.
#[derive(Debug, Clone, Default)]
pub struct Members {
    cases: Cases,
    /// Place of the case and its count, in the order of the places.
    by_metric: BTreeMap<String, Vec<(u32, i32)>>,
}

/// The cases' numbers. Some fifty metrics count the same cases, so each number is held once, and a metric
/// holds its place.
#[derive(Debug, Clone, Default)]
struct Cases {
    names: Vec<Arc<str>>,
    places: HashMap<Arc<str>, u32>,
    /// Places of cases that were told by their keys, and the keys in the order of these places.
    keys: HashMap<i64, u32, FxBuildHasher>,
    of_places: Vec<Option<i64>>,
}

impl Cases {
    /// The place of a case, which is a new one for a case not seen before.
    fn place(&mut self, case: &str) -> u32 {
        if let Some(place) = self.places.get(case) {
            return *place;
        }
        let name: Arc<str> = Arc::from(case);
        let place = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(Arc::clone(&name));
        self.places.insert(name, place);
        place
    }

    /// The place of a case of which only the key is known yet.
    fn place_of_key(&mut self, key: i64) -> u32 {
        *self.keys.entry(key).or_insert_with(|| {
            let place = self.names.len();
            self.names.push(Arc::from(""));
            self.of_places.resize(place, None);
            self.of_places.push(Some(key));
            u32::try_from(place).unwrap_or(u32::MAX)
        })
    }

    fn is_at(&self, place: usize, key: i64) -> bool {
        self.of_places.get(place) == Some(&Some(key))
    }

    fn name(&self, place: u32) -> &str {
        self.names.get(place as usize).map_or("", AsRef::as_ref)
    }
}

impl Members {
    /// Adds a metric: `counted` has the columns `case_id` and `n`.
    pub fn add(&mut self, metric: &str, counted: &Counted) {
        let cases = (0..counted.rows.len())
            .map(|row| {
                let n = i32::try_from(counted.count(row, "n")).unwrap_or(i32::MAX);
                (self.cases.place(&counted.text(row, CASE_ID)), n)
            })
            .collect();
        self.put(metric, cases);
    }

    /// Adds a metric by the key of the case of each thing that it counted; the cases' numbers are told by
    /// [`Members::number`].
    pub fn add_by_key(&mut self, metric: &str, things: impl IntoIterator<Item = i64>) {
        let mut counts: Vec<i32> = vec![0; self.cases.names.len()];
        let mut last = 0;
        for key in things {
            // Things of a case often follow each other, and metrics count the same cases in the same order.
            let near = (last..last + 3).find(|place| self.cases.is_at(*place, key));
            last = near.unwrap_or_else(|| self.cases.place_of_key(key) as usize);
            if counts.len() <= last {
                counts.resize(self.cases.names.len(), 0);
            }
            counts[last] += 1;
        }
        let counted = (0..).zip(counts).filter(|(_, n)| *n > 0);
        self.by_metric.insert(metric.to_owned(), counted.collect());
    }

    /// The keys of all cases that were told by keys, in the order in which they were first told.
    pub fn keys(&self) -> Vec<i64> {
        self.cases.of_places.iter().flatten().copied().collect()
    }

    /// Tells the numbers of cases that were told by keys.
    pub fn number(&mut self, keys: &[i64], numbers: Vec<String>) {
        for (key, number) in keys.iter().zip(numbers) {
            let place = self.cases.keys.get(key).map(|place| *place as usize);
            if let Some(name) = place.and_then(|place| self.cases.names.get_mut(place)) {
                *name = Arc::from(number);
            }
        }
    }

    /// The cases that a metric counted, with how many things of each, in the order of their numbers; none
    /// where there is no such metric.
    pub fn of(&self, metric: &str) -> BTreeMap<&str, i32> {
        let counted = self.by_metric.get(metric).into_iter().flatten();
        counted
            .map(|(place, n)| (self.cases.name(*place), *n))
            .collect()
    }

    /// The metrics, in the order of their names.
    pub fn metrics(&self) -> impl Iterator<Item = &str> {
        self.by_metric.keys().map(String::as_str)
    }

    /// One row a case that any metric counted, a column a metric: how many things of it were counted, NULL for none.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn parquet(&self) -> Result<Vec<u8>, ExportError> {
        let cases = self.in_order();
        let ids: StringArray = cases
            .iter()
            .map(|place| Some(self.cases.name(*place)))
            .collect();
        let mut columns: Vec<(&str, ArrayRef, bool)> = vec![(CASE_ID, Arc::new(ids), false)];
        for (metric, counted) in &self.by_metric {
            let mut of_place = vec![None; self.cases.names.len()];
            for (place, n) in counted {
                if let Some(own) = of_place.get_mut(*place as usize) {
                    *own = Some(*n);
                }
            }
            let column: Int32Array = cases
                .iter()
                .map(|place| of_place.get(*place as usize).copied().flatten())
                .collect();
            columns.push((metric, Arc::new(column), true));
        }
        let batch = RecordBatch::try_from_iter_with_nullable(columns)?;
        batch_bytes(&batch)
    }

    /// Places of the cases that any metric counted, in the order of their numbers.
    fn in_order(&self) -> Vec<u32> {
        let mut counted = vec![false; self.cases.names.len()];
        for (place, _) in self.by_metric.values().flatten() {
            if let Some(own) = counted.get_mut(*place as usize) {
                *own = true;
            }
        }
        let mut places: Vec<u32> = (0..)
            .zip(counted)
            .filter_map(|(place, counted)| counted.then_some(place))
            .collect();
        places.sort_unstable_by_key(|place| self.cases.name(*place));
        places
    }

    /// Keeps what a metric counted; of a case named twice the later count.
    fn put(&mut self, metric: &str, mut cases: Vec<(u32, i32)>) {
        cases.sort_by_key(|(place, _)| *place);
        cases.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 = later.1;
            }
            same
        });
        cases.shrink_to_fit();
        self.by_metric.insert(metric.to_owned(), cases);
    }

    /// Reads what [`Members::parquet`] wrote.
    ///
    /// # Errors
    /// In words, when the file cannot be read or has other columns.
    pub fn read(path: &Path) -> Result<Members, String> {
        let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
        let batches = batches(|| ParquetRecordBatchReaderBuilder::try_new(file));
        let batches = batches.map_err(|e| e.to_string())?;
        let mut members = Members::default();
        let mut by_metric: BTreeMap<String, Vec<(u32, i32)>> = BTreeMap::new();
        for batch in batches {
            let batch = batch.map_err(|e| e.to_string())?;
            let ids = batch
                .column_by_name(CASE_ID)
                .and_then(|column| column.as_string_opt::<i32>())
                .ok_or("it has no column `case_id`")?;
            let places: Vec<u32> = (0..batch.num_rows())
                .map(|row| members.cases.place(ids.value(row)))
                .collect();
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                if field.name() == CASE_ID {
                    continue;
                }
                let counts = column
                    .as_primitive_opt::<Int32Type>()
                    .ok_or_else(|| format!("the column `{}` holds no counts", field.name()))?;
                let known = by_metric.entry(field.name().clone()).or_default();
                let counted = places.iter().zip(counts);
                known.extend(counted.filter_map(|(place, n)| Some((*place, n?))));
            }
        }
        for (metric, cases) in by_metric {
            members.put(&metric, cases);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_engine::counted::Value;

    fn counted(rows: &[(&str, i64)]) -> Counted {
        Counted {
            columns: vec!["case_id".to_owned(), "n".to_owned()],
            rows: rows
                .iter()
                .map(|(case, n)| vec![Value::Text((*case).to_owned()), Value::Count(*n)])
                .collect(),
        }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let mut members = Members::default();
        members.add("volume", &counted(&[("2026-1", 1), ("2026-2", 1)]));
        members.add("stage_sla", &counted(&[("2026-2", 3), ("2025-9", 2)]));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cases.parquet");
        std::fs::write(&path, members.parquet().expect("bytes")).expect("written");
        let again = Members::read(&path).expect("read");
        let metrics: Vec<&str> = again.metrics().collect();
        assert_eq!(metrics, ["stage_sla", "volume"]);
        assert_eq!(
            again.of("stage_sla"),
            BTreeMap::from([("2025-9", 2), ("2026-2", 3)])
        );
        assert_eq!(
            again.of("volume"),
            BTreeMap::from([("2026-1", 1), ("2026-2", 1)])
        );
        assert!(again.of("no_such_metric").is_empty());
    }

    #[test]
    fn the_file_is_one_row_a_case_by_number_and_one_column_a_metric_by_name() {
        let mut members = Members::default();
        members.add("volume", &counted(&[("2026-2", 1), ("2026-1", 1)]));
        members.add("stage_sla", &counted(&[("2026-2", 3), ("2025-9", 2)]));
        members.add("none_of_it", &counted(&[]));
        let ids: ArrayRef = Arc::new(StringArray::from(vec!["2025-9", "2026-1", "2026-2"]));
        let column = |counts: Vec<Option<i32>>| -> ArrayRef { Arc::new(Int32Array::from(counts)) };
        let table = RecordBatch::try_from_iter_with_nullable([
            ("case_id", ids, false),
            ("none_of_it", column(vec![None, None, None]), true),
            ("stage_sla", column(vec![Some(2), None, Some(3)]), true),
            ("volume", column(vec![None, Some(1), Some(1)]), true),
        ])
        .expect("a table");
        assert_eq!(
            members.parquet().expect("bytes"),
            batch_bytes(&table).expect("bytes")
        );
    }

    #[test]
    fn cases_told_by_their_keys_have_their_numbers() {
        let mut by_key = Members::default();
        by_key.add_by_key("stage_sla", [7, 7, 3, 7, 3]);
        by_key.add_by_key("volume", [5, 7]);
        let keys = by_key.keys();
        let number = |key: &i64| match key {
            3 => "2025-9".to_owned(),
            5 => "2026-1".to_owned(),
            _ => "2026-2".to_owned(),
        };
        let numbers = keys.iter().map(number).collect();
        by_key.number(&keys, numbers);
        let mut by_number = Members::default();
        by_number.add("volume", &counted(&[("2026-1", 1), ("2026-2", 1)]));
        by_number.add("stage_sla", &counted(&[("2026-2", 3), ("2025-9", 2)]));
        assert_eq!(by_key.of("stage_sla"), by_number.of("stage_sla"));
        assert_eq!(
            by_key.parquet().expect("bytes"),
            by_number.parquet().expect("bytes")
        );
    }

    #[test]
    fn a_metric_added_again_is_replaced_with_its_cases() {
        let mut members = Members::default();
        members.add("volume", &counted(&[("2026-1", 1), ("2026-2", 1)]));
        members.add("volume", &counted(&[("2026-2", 2), ("2026-2", 5)]));
        assert_eq!(members.of("volume"), BTreeMap::from([("2026-2", 5)]));
        let mut only = Members::default();
        only.add("volume", &counted(&[("2026-2", 5)]));
        assert_eq!(
            members.parquet().expect("bytes"),
            only.parquet().expect("bytes")
        );
    }

    #[test]
    fn the_cases_of_the_example_are_written_again_byte_for_byte() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../reports/example/2026-Q3-en/cases.parquet");
        let members = Members::read(&path).expect("read");
        assert!(!members.of("volume").is_empty());
        let committed = std::fs::read(&path).expect("the example");
        assert!(members.parquet().expect("bytes") == committed);
    }

    #[test]
    fn a_pack_without_cases_has_an_empty_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cases.parquet");
        let none = Members::default();
        std::fs::write(&path, none.parquet().expect("bytes")).expect("written");
        let again = Members::read(&path).expect("read");
        assert_eq!(again.metrics().count(), 0);
    }
}
