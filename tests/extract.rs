//! The extract: whole or not at all, the same bytes on any number of threads, incremental equal to full,
//! and bad input named where it stands.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use redress::domain::event::{EventBody, NoteAdded};
use redress::domain::rulebook::Rulebook;
use redress::domain::vocabulary::Role;
use redress::extract::continuity::Beside;
use redress::extract::order::{Done, ExtractError, Order};
use redress::extract::run::{extract, extract_attended};
use redress::lake::manifest::{Manifest, WholeBecause};
use redress::lake::store::Lake;
use redress::lake::verify::verify;
use redress::register::{Actor, ExposureEntry, NewRegister, Register};
use redress::sample::register_sink::RegisterSink;
use redress::sample::{Settings, generate};
use redress::source::attendance::{Attendance, Stop};
use redress::source::mapping::Mapping;
use redress::source::staging::StagingError;
use redress::source::store::SourceError;

use crate::common::rulebook;
use crate::metrics::{extract_csv, repository};

pub fn as_of() -> DateTime<Utc> {
    "2026-10-10T09:00:00Z".parse().unwrap()
}

pub fn sample_register(folder: &Path, cases: u64) -> PathBuf {
    let path = folder.join("register.sqlite");
    let settings = Settings::usual(cases, 11);
    let calendar = include_str!("../reports/calendars/turkey.toml");
    let mut register = Register::create(
        &path,
        &NewRegister {
            zone: chrono_tz::Europe::Istanbul,
            calendar_toml: calendar.to_owned(),
            limits_toml: redress::domain::limits::Limits::default()
                .to_toml()
                .unwrap(),
            now: settings.from.and_hms_opt(0, 0, 0).unwrap().and_utc(),
        },
    )
    .unwrap();
    let exposures = {
        let mut sink = RegisterSink::begin(&mut register, &folder.join("truth")).unwrap();
        generate(&settings, &rulebook().organisation, &mut sink).unwrap();
        sink.into_exposures()
    };
    let entry = ExposureEntry {
        by: "sample",
        reason: None,
        now: settings.from.and_hms_opt(0, 0, 0).unwrap().and_utc(),
    };
    register.set_exposure(&exposures, &entry).unwrap();
    path
}

pub fn run(
    store: &Path,
    mapping: &str,
    lake: &Path,
    as_of: DateTime<Utc>,
    threads: usize,
    full: bool,
) -> Result<Done, ExtractError> {
    let rules = rulebook();
    let mapping = Mapping::load(mapping).unwrap();
    extract(
        &Lake::at(lake),
        &Order {
            threads,
            full,
            ..order(store, &mapping, &rules, as_of)
        },
    )
}

/// Word of a full extract that is asked to stop.
fn broken_off(
    store: &Path,
    mapping: &str,
    lake: &Path,
    stop: &Stop,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> ExtractError {
    let rules = rulebook();
    let mapping = Mapping::load(mapping).unwrap();
    let order = Order {
        progress,
        ..order(store, &mapping, &rules, as_of())
    };
    let attendance = Attendance {
        stop: stop.clone(),
        progress: &|_| {},
    };
    extract_attended(&Lake::at(lake), &order, Beside::default(), &attendance).unwrap_err()
}

/// A full extract with one thread.
fn order<'a>(
    store: &'a Path,
    mapping: &'a Mapping,
    rules: &'a Rulebook,
    as_of: DateTime<Utc>,
) -> Order<'a> {
    Order {
        store,
        source_name: "register".to_owned(),
        mapping,
        as_of,
        known_at: None,
        rules,
        rules_text: "same".to_owned(),
        pseudonym_key: None,
        threads: 1,
        full: true,
        progress: &|_, _| {},
    }
}

/// Every file of a snapshot with its hash, the manifest left out.
pub fn hashes(done: &Done) -> BTreeMap<String, String> {
    done.manifest
        .files
        .iter()
        .map(|f| (f.path.clone(), f.sha256.clone()))
        .collect()
}

#[test]
fn an_incremental_extract_gives_the_same_files_as_a_full_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample_register(folder.path(), 400);
    let lake = folder.path().join("lake");
    let first = run(&path, "redress", &lake, as_of(), 2, false).unwrap();
    assert_eq!(first.months_linked, 0);

    let mut register = Register::open(&path).unwrap();
    let case = register.case_by_number("KY-000100").unwrap();
    let later = as_of() + TimeDelta::hours(2);
    let by = Actor::staff(Role::Agent, "Defne Karaağaç");
    register
        .append(
            case.case_key,
            redress::register::Draft::new(later, NoteAdded {}),
            &by,
            later,
        )
        .unwrap();
    drop(register);

    let now = later + TimeDelta::hours(1);
    let incremental = run(&path, "redress", &lake, now, 2, false).unwrap();
    assert_eq!(incremental.months_spliced, 1, "one month had a new event");
    assert_eq!(incremental.months_read, 0);
    assert!(incremental.months_linked > 20);
    let elsewhere = folder.path().join("lake2");
    let full = run(&path, "redress", &elsewhere, now, 1, true).unwrap();
    assert_eq!(hashes(&incremental), hashes(&full));
    let because = |done: &Done| done.manifest.reading.unwrap().whole_because;
    assert_eq!(because(&first), Some(WholeBecause::NothingEarlier));
    assert_eq!(because(&incremental), None);
    assert_eq!(because(&full), Some(WholeBecause::Asked));
    assert_eq!(incremental.manifest.totals(), full.manifest.totals());
    assert!(verify(&incremental.snapshot).unwrap().is_empty());
    // Nothing changed since: every month is linked, and the second snapshot of one moment gets a name of its own.
    let again = run(&path, "redress", &lake, now, 2, false).unwrap();
    assert_eq!(again.months_read + again.months_spliced, 0);
    assert_ne!(again.snapshot, incremental.snapshot);
}

#[test]
fn the_register_and_its_csv_give_the_same_facts() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample_register(folder.path(), 300);
    let settings = Settings::usual(300, 11);
    let csv = folder.path().join("csv");
    let mut sink = redress::sample::CsvSink::create(&csv, settings).unwrap();
    generate(&settings, &rulebook().organisation, &mut sink).unwrap();
    let from_register = run(
        &path,
        "redress",
        &folder.path().join("a"),
        as_of(),
        2,
        false,
    )
    .unwrap();
    let from_csv = run(&csv, "csv", &folder.path().join("b"), as_of(), 2, false).unwrap();
    let facts = |done: &Done| {
        let mut files = hashes(done);
        // Complainants' pseudonyms have different keys, and only the register knows texts by event.
        files.retain(|path, _| {
            path.starts_with("stages")
                || path.starts_with("case_states")
                || path.starts_with("events")
        });
        files
    };
    assert_eq!(facts(&from_register), facts(&from_csv));
    assert_eq!(
        from_register.manifest.rows["exposures"],
        from_csv.manifest.rows["exposures"]
    );
}

#[test]
fn a_past_as_of_is_what_was_known_then() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample_register(folder.path(), 300);
    let then: DateTime<Utc> = "2026-03-31T20:59:59Z".parse().unwrap();
    let before = run(&path, "redress", &folder.path().join("a"), then, 2, false).unwrap();
    // What is learnt later about the past changes nothing of it.
    let mut register = Register::open(&path).unwrap();
    let case = register.case_by_number("KY-000050").unwrap();
    let category = register
        .events(case.case_key)
        .unwrap()
        .into_iter()
        .find_map(|e| match e.body {
            EventBody::Classified(c) => Some((e.seq, c.category)),
            _ => None,
        })
        .unwrap();
    let by = Actor::staff(Role::Agent, "Defne Karaağaç");
    let amendment = redress::register::Amendment {
        seq: category.0,
        field: "category".into(),
        new: "price".into(),
        reason: "read again".into(),
    };
    register
        .amend(
            case.case_key,
            &amendment,
            &by,
            as_of() + TimeDelta::hours(1),
        )
        .unwrap();
    drop(register);
    let after = run(&path, "redress", &folder.path().join("b"), then, 2, true).unwrap();
    assert_eq!(hashes(&before), hashes(&after));
}

#[test]
fn a_killed_or_failed_extract_leaves_the_old_snapshot_and_no_debris() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let source = repository().join("tests/oracle/metrics/fixture");
    let done = extract_csv(&source, &lake);
    // What a killed writer leaves: a folder that is never data and goes with the next run.
    let debris = lake.join(".snapshot-being-written-999");
    fs::create_dir_all(debris.join("cases")).unwrap();
    assert_eq!(Lake::at(&lake).snapshots().unwrap().len(), 1);
    assert_eq!(Lake::at(&lake).snapshot(None).unwrap(), done.snapshot);
    // A failing extract: the source is no database.
    let broken = folder.path().join("broken.sqlite");
    fs::write(&broken, "this is no database at all, only words").unwrap();
    let error = run(&broken, "redress", &lake, as_of(), 2, false)
        .unwrap_err()
        .to_string();
    assert!(error.contains("is no SQLite database"), "{error}");
    let again = extract_csv(&source, &lake);
    assert!(!debris.exists());
    assert_eq!(Lake::at(&lake).snapshots().unwrap().len(), 2);
    assert_eq!(hashes(&done), hashes(&again));
    assert_eq!(
        fs::read_link(lake.join("latest")).unwrap(),
        again.snapshot.file_name().unwrap()
    );
}

#[test]
fn an_extract_that_is_asked_to_stop_leaves_the_lake_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample_register(folder.path(), 200);
    let place = folder.path().join("lake");
    let first = run(&path, "redress", &place, as_of(), 1, false).unwrap();
    let stop = Stop::default();
    // When the first month is written.
    let error = broken_off(&path, "redress", &place, &stop, &|_, _| stop.ask());
    assert!(matches!(error, ExtractError::Interrupted), "{error}");
    let mut left: Vec<_> = fs::read_dir(&place)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    let snapshot = first.snapshot.file_name().unwrap();
    assert_eq!(left, [".lock".as_ref(), snapshot, "latest".as_ref()]);
}

#[test]
fn a_folder_of_files_is_not_read_to_its_end_when_asked_to_stop() {
    let lake = tempfile::tempdir().unwrap();
    let stop = Stop::default();
    stop.ask();
    let source = repository().join("sample_data");
    let error = broken_off(&source, "csv", lake.path(), &stop, &|_, _| {});
    // While the files were staged, and not only when the months began.
    assert!(
        matches!(
            &error,
            ExtractError::Source(SourceError::Staging(StagingError::Interrupted))
        ),
        "{error}"
    );
    assert!(Lake::at(lake.path()).snapshots().unwrap().is_empty());
}

#[test]
fn an_extract_beside_a_writer_says_that_it_read_with_one_thread() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample_register(folder.path(), 50);
    let lake = folder.path().join("lake");
    let with_one_thread = |done: &Done| done.notes.iter().any(|n| n.contains("by one thread"));
    let alone = run(&path, "redress", &lake, as_of(), 2, true).unwrap();
    assert!(!with_one_thread(&alone), "{:?}", alone.notes);
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let beside = run(&path, "redress", &lake, as_of(), 2, true).unwrap();
    assert!(with_one_thread(&beside), "{:?}", beside.notes);
    assert_eq!(hashes(&alone), hashes(&beside));
}

#[test]
fn a_register_that_is_damaged_or_a_folder_is_said_in_one_line_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample_register(folder.path(), 200);
    let lake = folder.path().join("lake");
    let said = |store: &Path| {
        let error = run(store, "redress", &lake, as_of(), 1, false).unwrap_err();
        anyhow::Error::from(error)
            .chain()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": ")
    };
    // Pages of events in the middle of the file, and nothing of its length.
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 200_000].fill(b'A');
    let damaged = folder.path().join("damaged.sqlite");
    fs::write(&damaged, bytes).unwrap();
    assert_eq!(
        said(&damaged),
        "queries/extract/redress/event.sql: the store that it reads is damaged or cut short; check it (a register with \
         `redress audit verify`) and restore a backup"
    );
    assert_eq!(
        said(folder.path()),
        format!(
            "{}: is a folder; name the file of the database",
            folder.path().display()
        )
    );
    let missing = folder.path().join("nothing.sqlite");
    assert_eq!(
        said(&missing),
        format!(
            "{}: does not exist; name the store with --register",
            missing.display()
        )
    );
}

#[test]
fn two_writers_do_not_meet() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::at(folder.path());
    let first = lake.begin().unwrap();
    let error = match lake.begin() {
        Ok(_) => panic!("two writers at once"),
        Err(error) => error.to_string(),
    };
    assert!(error.contains("another extract is writing"), "{error}");
    drop(first);
    lake.begin().unwrap();
}

#[test]
fn an_altered_file_and_an_altered_manifest_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let done = extract_csv(
        &repository().join("tests/oracle/metrics/fixture"),
        folder.path(),
    );
    let calendar = done.snapshot.join("calendar/part-0.parquet");
    let mut bytes = fs::read(&calendar).unwrap();
    bytes[100] ^= 1;
    fs::write(&calendar, bytes).unwrap();
    let faults = verify(&done.snapshot).unwrap();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].path, "calendar/part-0.parquet");
    let manifest = done.snapshot.join("manifest.json");
    let text = fs::read_to_string(&manifest)
        .unwrap()
        .replace("\"cases_in\": ", "\"cases_in\": 1");
    fs::write(&manifest, text).unwrap();
    let error = Manifest::read(&done.snapshot).unwrap_err().to_string();
    assert!(error.contains("was altered"), "{error}");
}

/// A folder of CSV files made of the given texts.
fn csv_folder(folder: &Path, cases: &[u8], events: &[u8]) -> PathBuf {
    let source = folder.join("source");
    fs::create_dir_all(&source).unwrap();
    fs::write(source.join("cases.csv"), cases).unwrap();
    fs::write(source.join("events.csv"), events).unwrap();
    source
}

const CASES: &str = "case_id,complainant_id,source_verdict\nA,1,\nB,2,\n";
const EVENTS: &str = "case_id,seq,kind,occurred_at,recorded_at,role,actor,late_reason,data\n\
A,1,registered,2026-07-01T08:00:00Z,2026-07-01T08:00:00Z,contact,ayşe,,\"{\"\"received_at\"\":\"\"2026-07-01T07:00:00Z\"\",\"\"channel\"\":\"\"phone\"\",\"\"language\"\":\"\"tr\"\"}\"\n\
B,2,registered,2026-07-02T08:00:00Z,2026-07-02T08:00:00Z,contact,,,\"{\"\"received_at\"\":\"\"2026-07-02T07:00:00Z\"\",\"\"channel\"\":\"\"email\"\",\"\"language\"\":\"\"ru\"\"}\"\n";

#[test]
fn rows_in_are_rows_out_plus_rows_refused_with_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let events = format!(
        "{EVENTS}A,3,dreamt,2026-07-03T08:00:00Z,2026-07-03T08:00:00Z,agent,,,\n\
         A,4,classified,2026-13-45,2026-07-03T08:00:00Z,agent,,,\"{{\"\"category\"\":\"\"price\"\"}}\"\n\
         B,5,classified,2026-07-03T08:00:00Z,2026-07-03T08:00:00Z,agent,,,\"{{\"\"kategorie\"\":1}}\"\n"
    );
    let source = csv_folder(folder.path(), CASES.as_bytes(), events.as_bytes());
    let done = run(
        &source,
        "csv",
        &folder.path().join("lake"),
        as_of(),
        2,
        false,
    )
    .unwrap();
    let totals = done.manifest.totals();
    let refused: u64 = totals
        .refused
        .iter()
        .filter(|r| r.what == "event")
        .map(|r| r.rows)
        .sum();
    assert_eq!((totals.cases_in, totals.cases_out), (2, 2));
    assert_eq!(totals.events_in, totals.events_out + refused);
    assert_eq!(refused, 3);
    let notes = done.notes.join("\n");
    assert!(notes.contains("`dreamt` is no kind of event"), "{notes}");
    assert!(
        notes.contains("line 5: `2026-13-45` in occurred_at"),
        "{notes}"
    );
    assert!(notes.contains("kategorie"), "{notes}");
}

#[test]
fn a_broken_quote_a_missing_column_and_a_doubled_one_are_named() {
    let case = |cases: &str, events: &str| {
        let folder = tempfile::tempdir().unwrap();
        let source = csv_folder(folder.path(), cases.as_bytes(), events.as_bytes());
        run(
            &source,
            "csv",
            &folder.path().join("lake"),
            as_of(),
            1,
            false,
        )
        .unwrap_err()
        .to_string()
    };
    let broken = case(
        "case_id,complainant_id,source_verdict\nA,1,\nB,\"2,\nC,3,\n",
        EVENTS,
    );
    assert!(
        broken.contains("cases.csv: line 3") && broken.contains("quote"),
        "{broken}"
    );
    let missing = case(
        CASES,
        "case_id,seq,kind,recorded_at,role,actor,late_reason,data\n",
    );
    assert!(
        missing.contains("events.csv: has no column `occurred_at`"),
        "{missing}"
    );
    let doubled = case("case_id,case_id\nA,B\n", EVENTS);
    assert!(
        doubled.contains("the column `case_id` stands twice"),
        "{doubled}"
    );
}

#[test]
fn other_encodings_are_recognised_and_said() {
    let folder = tempfile::tempdir().unwrap();
    // "Ödeme iadesi geç yapıldı, şikâyetçiyim" and more, as windows-1254.
    let words = "Ödeme iadesi geç yapıldı, şikâyetçiyim. Ürün kutusu ezik geldi, ağzı açıktı, içi boştu. Müşteri hizmetleri dönüş yapmadı, çok üzüldük.";
    let (bytes, _, _) = encoding_rs::WINDOWS_1254.encode(words);
    let mut narratives = b"case_id,narrative\nA,\"".to_vec();
    narratives.extend_from_slice(&bytes);
    narratives.extend_from_slice(b"\"\n");
    let source = csv_folder(folder.path(), CASES.as_bytes(), EVENTS.as_bytes());
    fs::write(source.join("narratives.csv"), narratives).unwrap();
    let done = run(
        &source,
        "csv",
        &folder.path().join("lake"),
        as_of(),
        1,
        false,
    )
    .unwrap();
    assert!(
        done.notes.join("\n").contains("was read as windows-1254"),
        "{:?}",
        done.notes
    );
    // With a byte order mark nothing has to be guessed.
    let mut marked = vec![0xEF, 0xBB, 0xBF];
    marked.extend_from_slice(CASES.as_bytes());
    let folder = tempfile::tempdir().unwrap();
    let source = csv_folder(folder.path(), &marked, EVENTS.as_bytes());
    let done = run(
        &source,
        "csv",
        &folder.path().join("lake"),
        as_of(),
        1,
        false,
    )
    .unwrap();
    assert!(done.notes.is_empty(), "{:?}", done.notes);
}

/// A copy of the CSV mapping with one file replaced.
fn mapping_with(folder: &Path, file: &str, text: &str) -> String {
    let target = folder.join("mapping");
    fs::create_dir_all(&target).unwrap();
    for entry in fs::read_dir(repository().join("queries/extract/csv")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, target.join(path.file_name().unwrap())).unwrap();
    }
    fs::write(target.join(file), text).unwrap();
    target.to_str().unwrap().to_owned()
}

#[test]
fn a_mapping_without_a_column_or_with_a_wrong_type_is_named_with_file_column_and_row() {
    let folder = tempfile::tempdir().unwrap();
    let source = csv_folder(folder.path(), CASES.as_bytes(), EVENTS.as_bytes());
    let lake = folder.path().join("lake");
    let missing = mapping_with(
        folder.path(),
        "case.sql",
        "SELECT case_key, case_id, complainant FROM keyed WHERE received_month = :month ORDER BY case_key",
    );
    let error = run(&source, &missing, &lake, as_of(), 1, false)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("case.sql: gives no column `source_verdict`"),
        "{error}"
    );
    let wrong = mapping_with(
        folder.path(),
        "case.sql",
        "SELECT case_id AS case_key, case_id, complainant, source_verdict FROM keyed WHERE received_month = :month ORDER BY 1",
    );
    let error = run(&source, &wrong, &lake, as_of(), 1, false)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(
            "the column `case_key` holds the text `A` in row 1, where a whole number is expected"
        ),
        "{error}"
    );
    assert!(Lake::at(&lake).snapshots().unwrap().is_empty());
}

#[test]
fn an_empty_or_missing_store_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let error = run(
        &folder.path().join("nothing"),
        "redress",
        &lake,
        as_of(),
        1,
        false,
    )
    .unwrap_err()
    .to_string();
    assert!(error.contains("does not exist"), "{error}");
    let path = sample_register(folder.path(), 50);
    let long_ago = "2020-01-01T00:00:00Z".parse().unwrap();
    let empty = folder.path().join("empty");
    let done = run(&path, "redress", &empty, long_ago, 1, false).unwrap();
    assert!(
        done.notes.join(" ").contains("gives no case known at"),
        "{:?}",
        done.notes
    );
    assert_eq!(done.manifest.rows["cases"], 0);
    let engine = crate::metrics::engine(&done.snapshot);
    for metric in redress::query::query_file::shipped_metrics().unwrap() {
        // Units sold and staff have no history: they are known at any time.
        if ["complaints_per_exposure", "staff_trained"].contains(&metric.id.as_str()) {
            continue;
        }
        assert!(
            engine.metric(&metric).unwrap().rows.is_empty(),
            "{}",
            metric.id
        );
    }
    let truncated = folder.path().join("cut.sqlite");
    let bytes = fs::read(&path).unwrap();
    fs::write(&truncated, &bytes[..bytes.len() / 2]).unwrap();
    let error = run(&truncated, "redress", &lake, as_of(), 1, false)
        .unwrap_err()
        .to_string();
    assert!(error.contains("damaged or cut short"), "{error}");
    assert!(Lake::at(&lake).snapshots().unwrap().is_empty());
}

#[test]
fn an_end_before_its_start_is_kept_and_marked() {
    let folder = tempfile::tempdir().unwrap();
    let events = format!(
        "{EVENTS}A,3,acknowledged,2026-06-01T08:00:00Z,2026-07-03T08:00:00Z,agent,,,\"{{\"\"means\"\":\"\"sms\"\"}}\"\n"
    );
    let source = csv_folder(folder.path(), CASES.as_bytes(), events.as_bytes());
    let done = run(
        &source,
        "csv",
        &folder.path().join("lake"),
        as_of(),
        1,
        false,
    )
    .unwrap();
    let engine = crate::metrics::engine(&done.snapshot);
    let found = engine
        .sql(
            "SELECT deviation FROM events WHERE deviation IS NOT NULL",
            "test",
        )
        .unwrap();
    assert_eq!(found.rows.len(), 1);
    assert!(
        found
            .text(0, "deviation")
            .contains("before the complaint was received")
    );
}

#[test]
fn nothing_that_is_not_a_snapshot_is_ever_removed_from_a_lake() {
    let folder = tempfile::tempdir().unwrap();
    extract_csv(
        &repository().join("tests/oracle/metrics/fixture"),
        folder.path(),
    );
    for name in [
        "2026-Q3-en",
        "photos",
        ".writing-other",
        "2026-10-10T09-00-00Z~x",
    ] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("manifest.json"), "{}").unwrap();
    }
    let lake = Lake::at(folder.path());
    assert_eq!(lake.snapshots().unwrap().len(), 1);
    assert!(lake.prune(1, false).unwrap().is_empty());
    drop(lake.begin().unwrap());
    for name in [
        "2026-Q3-en",
        "photos",
        ".writing-other",
        "2026-10-10T09-00-00Z~x",
    ] {
        assert!(
            folder.path().join(name).join("manifest.json").is_file(),
            "{name}"
        );
    }
}

#[test]
fn a_register_restored_from_a_backup_is_not_built_upon() {
    let folder = tempfile::tempdir().unwrap();
    let path = sample_register(folder.path(), 200);
    let backup = folder.path().join("backup.sqlite");
    let later = as_of() + TimeDelta::hours(1);
    let mut register = Register::open(&path).unwrap();
    register.backup(&backup, later).unwrap();
    let by = Actor::staff(Role::Agent, "Defne Karaağaç");
    let note = |register: &mut Register, number: &str, at| {
        let case = register.case_by_number(number).unwrap();
        register
            .append(
                case.case_key,
                redress::register::Draft::new(at, NoteAdded {}),
                &by,
                at,
            )
            .unwrap();
    };
    note(&mut register, "KY-000010", later);
    drop(register);
    let lake = folder.path().join("lake");
    run(&path, "redress", &lake, later, 2, false).unwrap();
    // Restored, the register goes on differently: as many events, another chain.
    let mut restored = Register::open(&backup).unwrap();
    note(&mut restored, "KY-000150", later);
    drop(restored);
    let now = later + TimeDelta::hours(1);
    let after = run(&backup, "redress", &lake, now, 2, false).unwrap();
    assert_eq!(
        after.months_linked, 0,
        "months of the lost events were linked"
    );
    let reading = after.manifest.reading.unwrap();
    assert_eq!(reading.whole_because, Some(WholeBecause::OtherChain));
    let fresh = run(
        &backup,
        "redress",
        &folder.path().join("fresh"),
        now,
        2,
        true,
    )
    .unwrap();
    assert_eq!(hashes(&after), hashes(&fresh));
}

#[test]
fn rows_that_no_query_gives_are_counted_as_refused() {
    let folder = tempfile::tempdir().unwrap();
    let cases = format!("{CASES}C,3,\n");
    let events =
        format!("{EVENTS}Z,9,note_added,2026-07-05T08:00:00Z,2026-07-05T08:00:00Z,agent,,,\n");
    let source = csv_folder(folder.path(), cases.as_bytes(), events.as_bytes());
    let done = run(
        &source,
        "csv",
        &folder.path().join("lake"),
        as_of(),
        1,
        false,
    )
    .unwrap();
    let totals = done.manifest.totals();
    // C has no event at all; event 9 belongs to no case.
    assert_eq!((totals.cases_in, totals.cases_out), (3, 2));
    assert_eq!((totals.events_in, totals.events_out), (3, 2));
    let reasons: Vec<&str> = totals.refused.iter().map(|r| r.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "it has no usable event `registered`",
            "no case of the source has it"
        ]
    );
    // Before anything was known, nothing is refused: it is simply later.
    let before = "2026-01-01T00:00:00Z".parse().unwrap();
    let source = csv_folder(folder.path(), CASES.as_bytes(), EVENTS.as_bytes());
    let done = run(
        &source,
        "csv",
        &folder.path().join("early"),
        before,
        1,
        false,
    )
    .unwrap();
    let totals = done.manifest.totals();
    assert_eq!((totals.cases_later, totals.events_later), (2, 2));
}

#[test]
fn a_month_that_is_no_month_and_a_case_that_stands_twice_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = csv_folder(folder.path(), CASES.as_bytes(), EVENTS.as_bytes());
    let lake = folder.path().join("lake");
    let escape = mapping_with(
        folder.path(),
        "months.sql",
        "SELECT '../../x' AS received_month, 1 AS cases",
    );
    let error = run(&source, &escape, &lake, as_of(), 1, false)
        .unwrap_err()
        .to_string();
    assert!(error.contains("`../../x` is no month"), "{error}");
    mapping_with(
        folder.path(),
        "months.sql",
        "SELECT received_month, COUNT(*) AS cases FROM keyed GROUP BY 1",
    );
    let twice = mapping_with(
        folder.path(),
        "case.sql",
        "SELECT 1 AS case_key, case_id, complainant, source_verdict FROM keyed WHERE received_month = :month",
    );
    let error = run(&source, &twice, &lake, as_of(), 1, false)
        .unwrap_err()
        .to_string();
    assert!(error.contains("`B` (case_key 1) stands twice"), "{error}");
}

#[test]
fn a_lost_or_cut_file_is_an_error_and_never_a_smaller_figure() {
    let folder = tempfile::tempdir().unwrap();
    let done = extract_csv(&repository().join("sample_data"), folder.path());
    let metrics = redress::query::query_file::shipped_metrics().unwrap();
    let volume = metrics.iter().find(|m| m.id == "volume").unwrap();
    let file = done
        .snapshot
        .join("cases/received_month=2026-08/part-0.parquet");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    let error = crate::metrics::engine(&done.snapshot)
        .metric(volume)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("received_month=2026-08") && error.contains("not the file"),
        "{error}"
    );
    fs::remove_file(&file).unwrap();
    let error = crate::metrics::engine(&done.snapshot)
        .metric(volume)
        .unwrap_err()
        .to_string();
    assert!(error.contains("received_month=2026-08"), "{error}");
    // A file that nobody asked for is not data, and verify names it.
    fs::write(&file, &bytes).unwrap();
    fs::write(file.with_file_name("part-1.parquet"), &bytes).unwrap();
    let again = crate::metrics::engine(&done.snapshot)
        .metric(volume)
        .unwrap();
    assert_eq!(again.sum("gross", |_| true), 94);
    let faults = verify(&done.snapshot).unwrap();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].what, "it is not in the manifest");
}
