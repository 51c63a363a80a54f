//! Splicing gives the bytes of writing everything, over batches and row groups and for every kind of column.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;

use super::{Spliced, splice};
use crate::error::WriteError;
use crate::file::{GROUP_ROWS, WRITER};
use crate::flush::Flusher;
use crate::manifest::FileEntry;
use crate::table::{Few, FreeText, Text, table};
use crate::writer::{Destination, InMemory, MonthFolder, Sink, TableRows, TableWriter};

table! {
    /// Every kind of column.
    TestRow, TestColumns, "test", partitioned: true, {
        case_key: i64 => "case",
        row: i32 => "number within the case",
        word: Text => "few words",
        name: Option<Text> => "hardly ever the same",
        amount: f64 => "a measure",
        flag: Option<bool> => "NULL at times",
        day: Option<NaiveDate> => "a day",
        at: DateTime<Utc> => "an instant",
        never: Option<f64> => "always NULL",
        cost: Few<i64> => "few numbers",
        due: Option<Few<DateTime<Utc>>> => "few instants, NULL at times",
        text: FreeText => "words of its own",
    }
}

/// A case: how many rows it has, and what they are made from.
type Case = (usize, u64);

fn push<S: Sink<TestColumns>>(sink: &mut S, key: i64, case: Case) -> Result<(), WriteError> {
    for row in 0..case.0 {
        let drawn = (case.1 ^ row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        // Columns draw from different bits, so that a change of one need not be one of the others.
        let bits = |from: u32, many: u32| (drawn >> from) & ((1 << many) - 1);
        // Now and then one that alone fills what is encoded at once.
        let name = format!("{:x}", bits(4, 40)).repeat(if bits(54, 6) == 0 { 300 } else { 1 });
        sink.push(TestRow {
            case_key: key,
            row: i32::try_from(row).unwrap_or(0),
            word: ["open", "closed", "withdrawn", "kapalı"]
                [usize::try_from(bits(0, 2)).unwrap_or(0)],
            name: (bits(2, 2) > 0).then_some(name.as_str()),
            amount: bits(8, 20) as f64 / 7.0 - 1000.0,
            flag: [None, Some(true), Some(false), Some(true)]
                [usize::try_from(bits(44, 2)).unwrap_or(0)],
            day: NaiveDate::from_ymd_opt(2026, 1, 1 + u32::try_from(bits(46, 4)).unwrap_or(0)),
            at: DateTime::UNIX_EPOCH
                + TimeDelta::microseconds(i64::try_from(bits(0, 50)).unwrap_or(0)),
            never: None,
            cost: i64::try_from(bits(3, 3)).unwrap_or(0) * 5000,
            due: (bits(13, 3) > 0).then(|| {
                DateTime::UNIX_EPOCH + TimeDelta::days(i64::try_from(bits(16, 5)).unwrap_or(0))
            }),
            text: &format!("{name} {drawn}"),
        })?;
    }
    Ok(())
}

fn write(folder: &Path, cases: &BTreeMap<i64, Case>) -> FileEntry {
    let mut writer = TableWriter::<TestColumns>::create(folder, Some("2026-01")).unwrap();
    for (key, case) in cases {
        push(&mut writer, *key, *case).unwrap();
    }
    writer.finish().unwrap()
}

fn collect(cases: &BTreeMap<i64, Case>, keys: &[i64]) -> TableRows {
    let mut rows = InMemory.table::<TestColumns>().unwrap();
    for key in keys {
        if let Some(case) = cases.get(key) {
            push(&mut rows, *key, *case).unwrap();
        }
    }
    rows.finish().unwrap()
}

/// Splices the changes into the old cases' file, and compares with writing the new cases.
fn check(old: &BTreeMap<i64, Case>, changes: &BTreeMap<i64, Option<Case>>) {
    let folder = tempfile::tempdir().unwrap();
    let [first, whole, spliced] =
        ["first", "whole", "spliced"].map(|name| folder.path().join(name));
    let origin = write(&first, old);
    let mut new = old.clone();
    for (key, change) in changes {
        match change {
            Some(case) => new.insert(*key, *case),
            None => new.remove(key),
        };
    }
    let expected = write(&whole, &new);
    let keys: Vec<i64> = changes.keys().copied().collect();
    let flusher = Flusher::start();
    let into = MonthFolder {
        snapshot: &spliced,
        month: "2026-01",
        flusher: &flusher.queue(),
    };
    let (before, after) = (collect(old, &keys), collect(&new, &keys));
    match splice(&first.join(&origin.path), into, &keys, &before, &after).unwrap() {
        Spliced::Written(entry) => {
            assert_eq!(entry, expected);
            let read = |folder: &Path| std::fs::read(folder.join(&entry.path)).unwrap();
            assert!(read(&spliced) == read(&whole), "the bytes differ");
        }
        Spliced::Same => assert_eq!(origin, expected),
        Spliced::Differs => panic!("the old file was not recognised"),
    }
}

/// Cases with even keys, of `rows` rows each.
fn cases(number: i64, rows: usize) -> BTreeMap<i64, Case> {
    (1..=number)
        .map(|key| (2 * key, (rows, key.cast_unsigned())))
        .collect()
}

/// What became of a case: it is unchanged in some columns, has other rows, more, fewer, or none.
fn change() -> impl Strategy<Value = Option<Case>> {
    prop_oneof![
        4 => (Just(3_usize), any::<u64>()).prop_map(Some),
        2 => (0_usize..9, any::<u64>()).prop_map(Some),
        1 => Just(None),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn a_spliced_file_has_the_bytes_of_one_written_whole(
        number in prop_oneof![0_i64..40, 5_000_i64..12_000, 80_000_i64..100_000],
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..60),
    ) {
        let old = cases(number, 3);
        // Odd keys are new ones, also before the first and behind the last.
        let places = usize::try_from(2 * number + 3).unwrap_or(3);
        let changes = changes
            .into_iter()
            .map(|(index, change)| (i64::try_from(index.index(places)).unwrap_or(0), change))
            .collect();
        check(&old, &changes);
    }
}

#[test]
fn columns_are_encoded_by_what_they_hold() {
    let folder = tempfile::tempdir().unwrap();
    let entry = write(folder.path(), &cases(500, 3));
    let file = std::fs::File::open(folder.path().join(entry.path)).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let group = reader.metadata().row_group(0);
    let encodings: BTreeMap<String, Vec<Encoding>> = group
        .columns()
        .iter()
        .map(|column| {
            // Levels and dictionaries have encodings of their own.
            let of_values = column
                .encodings()
                .filter(|known| !matches!(known, Encoding::RLE | Encoding::PLAIN));
            (column.column_path().string(), of_values.collect())
        })
        .collect();
    let of = |name: &str| encodings[name].as_slice();
    for name in ["case_key", "at"] {
        assert_eq!(of(name), [Encoding::DELTA_BINARY_PACKED], "{name}");
    }
    for name in ["row", "word", "name", "day", "cost", "due"] {
        assert_eq!(of(name), [Encoding::RLE_DICTIONARY], "{name}");
    }
    for name in ["amount", "flag", "text"] {
        assert_eq!(of(name), [], "{name}");
    }
    for column in group.columns() {
        let name = column.column_path().string();
        let is_difference = ["case_key", "at"].contains(&name.as_str());
        let compression = match is_difference {
            true => Compression::UNCOMPRESSED,
            false => Compression::ZSTD(ZstdLevel::default()),
        };
        assert_eq!(column.compression(), compression, "{name}");
        let is_text = ["word", "name", "text"].contains(&name.as_str());
        assert_eq!(column.statistics().is_none(), is_text, "{name}");
    }
}

#[test]
fn nothing_is_spliced_into_a_file_of_another_layout() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    let old = cases(20, 3);
    let path = first.join(write(&first, &old).path);
    let flusher = Flusher::start();
    let into = MonthFolder {
        snapshot: &second,
        month: "2026-01",
        flusher: &flusher.queue(),
    };
    let before = collect(&old, &[4]);
    let after = collect(&BTreeMap::from([(4, (3, 99))]), &[4]);
    // The same file, but for the writer that its end names.
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes
        .windows(WRITER.len())
        .rposition(|bytes| bytes == WRITER.as_bytes())
        .unwrap();
    bytes[at + WRITER.len() - 2] = b'1';
    std::fs::write(&path, bytes).unwrap();
    let spliced = splice(&path, into, &[4], &before, &after).unwrap();
    assert!(matches!(spliced, Spliced::Differs));
    std::fs::remove_file(&path).unwrap();
    write(&first, &old);
    let spliced = splice(&path, into, &[4], &before, &after).unwrap();
    assert!(matches!(spliced, Spliced::Written(_)));
}

#[test]
fn a_case_that_lies_across_two_row_groups_is_replaced() {
    // Three rows a case: the row group ends within this case.
    let across = 2 * (i64::try_from(GROUP_ROWS).unwrap() / 3 + 1);
    let old = cases(across / 2 + 3000, 3);
    for rows in [3, 2, 5, 0] {
        check(&old, &BTreeMap::from([(across, Some((rows, 77)))]));
    }
    check(
        &old,
        &BTreeMap::from([(across, None), (across + 2, Some((4, 1)))]),
    );
}

#[test]
fn row_groups_that_are_exactly_full_stay_so() {
    let rows = GROUP_ROWS / 8192;
    let old = cases(2 * 8192, rows);
    let last = 2 * 2 * 8192;
    // More at the end, fewer at the end, and one row of the first group with another value.
    check(&old, &BTreeMap::from([(last + 1, Some((1, 5)))]));
    check(&old, &BTreeMap::from([(last, Some((rows - 1, 5)))]));
    check(&old, &BTreeMap::from([(last, None)]));
    check(&old, &BTreeMap::from([(10, Some((rows, 6)))]));
}

#[test]
fn a_table_may_become_empty_and_be_filled_again() {
    let old = cases(3, 2);
    let gone: BTreeMap<i64, Option<Case>> = old.keys().map(|key| (*key, None)).collect();
    check(&old, &gone);
    check(&BTreeMap::new(), &BTreeMap::from([(1, Some((2, 3)))]));
}

#[test]
fn an_old_file_that_is_not_what_the_register_gives_is_not_built_upon() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("first");
    let second = folder.path().join("second");
    let old = cases(20, 3);
    let origin = write(&first, &old);
    let flusher = Flusher::start();
    let into = MonthFolder {
        snapshot: &second,
        month: "2026-01",
        flusher: &flusher.queue(),
    };
    let after = collect(&BTreeMap::from([(4, (3, 99))]), &[4]);
    // Another number of rows, other values, no such file.
    for believed in [(2, 2), (3, 3)] {
        let before = collect(&BTreeMap::from([(4, believed)]), &[4]);
        let spliced = splice(&first.join(&origin.path), into, &[4], &before, &after).unwrap();
        assert!(matches!(spliced, Spliced::Differs), "{believed:?}");
        assert!(!second.join(&origin.path).exists());
    }
    let before = collect(&old, &[4]);
    let spliced = splice(&first.join("nothing"), into, &[4], &before, &after).unwrap();
    assert!(matches!(spliced, Spliced::Differs));
}
