//! Stores whose files are wrong: cut, written otherwise than before, or changing while they are read.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use redress::lake::store::Lake;
use rusqlite::Connection;

use super::attacks::{attacked, edit, refused};
use super::{Desk, NIGHTS, Said, complaints, tables, write_csv, write_sqlite};

#[test]
fn a_file_that_was_cut_within_a_row_is_refused() {
    refused(
        |store| {
            edit(store, "events.csv", |text| {
                text[..text.len() - 40].to_owned()
            });
        },
        &["events.csv: line"],
    );
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_packed_file_that_was_cut_is_refused_and_a_whole_one_is_not() {
    let pack = |store: &Path, lost: usize| {
        let path = store.join("events.csv");
        let whole = packed(&fs::read(&path).unwrap());
        fs::write(&path, &whole[..whole.len() - lost]).unwrap();
    };
    refused(
        |store| pack(store, 30),
        &["events.csv", "cut short or damaged", "copy it again"],
    );
    let (_, said) = attacked(|store| pack(store, 0));
    said.done();
}

/// An event log of twelve traces.
fn log() -> String {
    let mut log =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log xes.version=\"1.0\">\n");
    for trace in 1..=12 {
        log.push_str(&format!(
            "<trace><string key=\"concept:name\" value=\"T{trace}\"/>"
        ));
        for (activity, hour) in [("Register", 8), ("Decide", 12), ("Close", 15)] {
            log.push_str(&format!(
                "<event><string key=\"concept:name\" value=\"{activity}\"/>\
                 <date key=\"time:timestamp\" value=\"2026-03-{trace:02}T{hour:02}:00:00+00:00\"/></event>"
            ));
        }
        log.push_str("</trace>\n");
    }
    log + "</log>\n"
}

#[test]
fn an_event_log_that_was_cut_is_refused_plain_and_packed() {
    let desk = Desk::open();
    let path = desk.path("log.xes");
    let extract = || desk.run(&["extract", "--mapping", "xes", "--store", "log.xes"]);
    fs::write(&path, log()).unwrap();
    extract().done();
    let whole = packed(log().as_bytes());
    for (bytes, words) in [
        (
            log().as_bytes()[..log().len() * 2 / 3].to_vec(),
            "is no well-formed XML",
        ),
        (whole[..whole.len() - 30].to_vec(), "cut short or damaged"),
    ] {
        fs::write(&path, bytes).unwrap();
        extract().refused(&["log.xes: after event", words]);
        let lake = Lake::at(&desk.path("lake"));
        assert_eq!(lake.snapshots().unwrap().len(), 1);
        assert_eq!(desk.manifest("lake").rows["cases"], 12);
    }
    fs::write(&path, whole).unwrap();
    extract().done();
}

#[test]
fn a_column_that_is_no_longer_there_is_named() {
    refused(
        |store| {
            edit(store, "events.csv", |text| {
                let rows = text.lines().map(|line| {
                    // The second column goes.
                    let mut cells: Vec<&str> = line.splitn(3, ',').collect();
                    cells.remove(1);
                    cells.join(",")
                });
                rows.collect::<Vec<_>>().join("\n")
            });
        },
        &["events.csv: has no column `seq`", "it has: case_id, kind"],
    );
}

#[test]
fn another_separator_is_recognised_by_the_header() {
    for separator in [';', '\t', '|'] {
        refused(
            |store| {
                edit(store, "cases.csv", |text| {
                    text.replace(',', &separator.to_string())
                });
            },
            &[
                "cases.csv: its header is one column with",
                "set `separator`",
            ],
        );
    }
}

/// Complaints whose categories have letters beyond ASCII, as CSV in an encoding.
fn in_turkish(desk: &Desk, encoding: &'static encoding_rs::Encoding) {
    write_csv(&desk.path("store"), &complaints(24));
    let path = desk.path("store").join("events.csv");
    let events = fs::read_to_string(&path)
        .unwrap()
        .replace("leak", "sızıntı, kırık kapağı görüldü")
        .replace("invoice", "yanlış ödeme çağrısı");
    let (bytes, _, lost) = encoding.encode(&events);
    assert!(!lost);
    fs::write(path, bytes).unwrap();
}

/// The shipped mapping `csv` with an encoding declared for its events.
fn declared(desk: &Desk, encoding: &str) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/extract/csv");
    let own = desk.path("mapping");
    fs::create_dir_all(&own).unwrap();
    for entry in fs::read_dir(shipped).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, own.join(path.file_name().unwrap())).unwrap();
    }
    edit(&own, "mapping.toml", |text| {
        text.replacen(
            "table = \"events\"\n",
            &format!("table = \"events\"\nencoding = \"{encoding}\"\n"),
            1,
        )
    });
}

#[test]
fn another_encoding_than_the_declared_one_is_refused_before_words_become_nonsense() {
    for (declares, written, now, found) in [
        (
            "windows-1254",
            encoding_rs::WINDOWS_1254,
            encoding_rs::UTF_8,
            "events.csv: is UTF-8, and the mapping reads it as windows-1254",
        ),
        (
            "utf-8",
            encoding_rs::UTF_8,
            encoding_rs::WINDOWS_1254,
            "events.csv: is not UTF-8, and the mapping reads it as utf-8",
        ),
    ] {
        let desk = Desk::open();
        declared(&desk, declares);
        let extract = |night| {
            desk.run(&[
                "extract",
                "--mapping",
                "mapping",
                "--store",
                "store",
                "--as-of",
                night,
            ])
        };
        in_turkish(&desk, written);
        extract(NIGHTS[0]).done();
        in_turkish(&desk, now);
        extract(NIGHTS[1]).refused(&[found, "set `encoding`"]);
        assert_eq!(Lake::at(&desk.path("lake")).snapshots().unwrap().len(), 1);
        let categories = desk
            .run(&[
                "query",
                "--sql",
                "SELECT k.category, CAST(COUNT(*) AS BIGINT) AS n FROM cases AS k GROUP BY k.category ORDER BY k.category",
                "--period",
                "2026-Q1",
                "--format",
                "json",
            ])
            .json();
        let names: Vec<&str> = categories
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["category"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            ["sızıntı, kırık kapağı görüldü", "yanlış ödeme çağrısı"]
        );
    }
}

/// Does something again and again while the program runs.
fn meanwhile(mut disturb: impl FnMut() + Send, run: impl FnOnce() -> Said) -> Said {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                disturb();
                thread::sleep(Duration::from_micros(200));
            }
        });
        let said = run();
        over.store(true, Ordering::Relaxed);
        said
    })
}

#[test]
fn files_that_change_while_they_are_read_give_no_snapshot() {
    let desk = Desk::open();
    let store = desk.path("store");
    write_csv(&store, &complaints(2000));
    desk.extract("store", NIGHTS[0], &[]).done();
    let before = Lake::at(&desk.path("lake")).snapshots().unwrap();
    let mut narratives = fs::File::options()
        .append(true)
        .open(store.join("narratives.csv"))
        .unwrap();
    // A writer may by chance do nothing just while the files are read, so it has some chances.
    let mut seen = None;
    for _ in 0..10 {
        let said = meanwhile(
            || narratives.write_all(b"9999,another one\n").unwrap(),
            || desk.extract("store", NIGHTS[1], &[]),
        );
        if said.code != 0 {
            seen = Some(said);
            break;
        }
    }
    seen.expect("the change is noticed")
        .refused(&["narratives.csv: changed while it was read", "try again"]);
    // Quiet again, they are read.
    assert!(
        before
            .iter()
            .all(|name| desk.path("lake").join(name).exists())
    );
    desk.extract("store", NIGHTS[2], &[]).done();
    assert_eq!(desk.manifest("lake").rows["cases"], 2000);
}

#[test]
fn a_database_that_changes_while_it_is_read_is_read_in_one_state() {
    let desk = Desk::open();
    let path = desk.path("store.sqlite");
    write_sqlite(&path, &complaints(400));
    let mut writer = Connection::open(&path).unwrap();
    writer.pragma_update(None, "journal_mode", "WAL").unwrap();
    writer.busy_timeout(Duration::from_secs(5)).unwrap();
    // Complaints with their events, each in one transaction.
    let more = complaints(100_000);
    let mut next = 400;
    let said = meanwhile(
        || {
            let transaction = writer.transaction().unwrap();
            for (name, header, rows) in tables(&more[next..=next]) {
                let places = vec!["?"; header.len()].join(", ");
                for row in rows {
                    transaction
                        .execute(
                            &format!("INSERT INTO {name} VALUES ({places})"),
                            rusqlite::params_from_iter(row),
                        )
                        .unwrap();
                }
            }
            transaction.commit().unwrap();
            next += 1;
        },
        || desk.extract("store.sqlite", NIGHTS[0], &[]),
    );
    said.done();
    let manifest = desk.manifest("lake");
    let totals = manifest.totals();
    assert!(totals.refused.is_empty(), "{:?}", totals.refused);
    assert!(totals.cases_in >= 400);
    assert_eq!(totals.events_in, 5 * totals.cases_in);
}
