//! What comes out: the same as from the tables' files, of every type.

use std::fs;
use std::path::Path;

use redress::engine::export::csv_bytes;
use redress::lake::manifest::{Reading, WholeBecause};
use redress::source::attendance::Attendance;
use redress::source::mapping::Mapping;

use super::server::{copy_in, server};
use super::{attended, extract, files};
use crate::metrics::{engine, repository};

fn tables(desk: &str) -> std::path::PathBuf {
    repository()
        .join("tests/oracle/stores")
        .join(desk)
        .join("tables")
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn zammads_own_database_gives_the_facts_of_its_files() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let from_server = extract(
        &server.url("admin", &server.zammad()),
        "zammad",
        &folder.path().join("a"),
    )
    .unwrap();
    let store = tables("zammad").display().to_string();
    let from_files = extract(&store, "zammad", &folder.path().join("b")).unwrap();
    assert_eq!(files(&from_server), files(&from_files));
    // The manifest says that all rows of all tables came over, and why.
    let rows: usize = Mapping::load("zammad")
        .unwrap()
        .settings
        .files
        .iter()
        .map(|file| {
            let path = tables("zammad").join(&file.name);
            csv::Reader::from_path(path).unwrap().records().count()
        })
        .sum();
    assert_eq!(
        from_server.manifest.reading,
        Some(Reading {
            whole_because: Some(WholeBecause::NothingEarlier),
            server_rows: Some(rows as u64),
        })
    );
    assert_eq!(
        from_files.manifest.reading,
        Some(Reading {
            whole_because: Some(WholeBecause::ChangesUnknown),
            server_rows: None,
        })
    );
    assert_eq!(from_server.manifest.unknown, from_files.manifest.unknown);
    assert_eq!(from_server.notes, from_files.notes);
    let totals = from_server.manifest.totals();
    // A state that the mapping does not know, and the four events of a ticket that is not there any more.
    assert_eq!((totals.cases_in, totals.cases_out), (20, 20));
    assert_eq!(from_server.manifest.unknown.len(), 1);
    assert_eq!(totals.refused.iter().map(|r| r.rows).sum::<u64>(), 4);
}

/// The type that a converter would give a column of these texts.
fn type_of(texts: &[String]) -> &'static str {
    let written: Vec<&str> = texts
        .iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect();
    let is_time =
        |text: &str| chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").is_ok();
    if written.is_empty() {
        "text"
    } else if written.iter().all(|text| text.parse::<i64>().is_ok()) {
        "bigint"
    } else if written.iter().all(|text| is_time(text)) {
        "timestamp"
    } else {
        "text"
    }
}

/// Numbers as numbers, times as timestamps, `NULL` as NULL: what is copied from MySQL looks like this.
fn converted(desk: &str, database: &str, scratch: &Path) {
    let mut client = server().admin(database);
    for entry in fs::read_dir(tables(desk)).unwrap() {
        let path = entry.unwrap().path();
        let table = path.file_stem().unwrap().to_str().unwrap();
        let mut reader = csv::Reader::from_path(&path).unwrap();
        let header = reader.headers().unwrap().clone();
        let rows: Vec<Vec<String>> = reader
            .records()
            .map(|record| {
                record
                    .unwrap()
                    .iter()
                    .map(|cell| match cell {
                        "NULL" => String::new(),
                        other => other.to_owned(),
                    })
                    .collect()
            })
            .collect();
        let columns: Vec<String> = header
            .iter()
            .enumerate()
            .map(|(place, name)| {
                let texts: Vec<String> = rows.iter().map(|row| row[place].clone()).collect();
                format!("\"{name}\" {}", type_of(&texts))
            })
            .collect();
        client
            .batch_execute(&format!(
                "CREATE TABLE \"{table}\" ({})",
                columns.join(", ")
            ))
            .unwrap();
        let clean = scratch.join(format!("{table}.csv"));
        let mut writer = csv::Writer::from_path(&clean).unwrap();
        writer.write_record(&header).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        writer.flush().unwrap();
        copy_in(&mut client, &clean, table);
    }
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn desks_that_were_copied_from_another_kind_of_database_give_their_facts_too() {
    for desk in ["glpi", "osticket"] {
        let database = server().empty();
        let folder = tempfile::tempdir().unwrap();
        converted(desk, &database, folder.path());
        let url = server().url("admin", &database);
        let from_server = extract(&url, desk, &folder.path().join("a")).unwrap();
        let store = tables(desk).display().to_string();
        let from_files = extract(&store, desk, &folder.path().join("b")).unwrap();
        assert_eq!(files(&from_server), files(&from_files), "{desk}");
        assert_eq!(from_server.manifest.unknown, from_files.manifest.unknown);
    }
}

/// A mapping that makes a case of every value: what it is called, and what the staged copy holds.
fn of_values(folder: &Path, columns: &[&str], instants: &str) -> Mapping {
    let named: Vec<String> = columns.iter().map(|c| format!("\"{c}\"")).collect();
    fs::write(
        folder.join("mapping.toml"),
        format!(
            "title = \"values\"\nsource = \"csv\"\nzone = \"UTC\"\n[[file]]\nname = \"v.csv\"\ntable = \"v\"\ncolumns = [{}]\ninstants = {{ {instants} }}\n",
            named.join(", ")
        ),
    )
    .unwrap();
    let values: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(place, column)| format!("SELECT {place} + 1 AS case_key, '{column}' AS case_id, \"{column}\" AS value FROM v"))
        .collect();
    let write = |file: &str, sql: &str| fs::write(folder.join(file), sql).unwrap();
    write(
        "prepare.sql",
        &format!("CREATE TABLE k AS {};", values.join(" UNION ALL ")),
    );
    write("months.sql", "SELECT '2026-01' AS received_month");
    write(
        "case.sql",
        "SELECT case_key, case_id, NULL AS complainant, NULL AS source_verdict FROM k ORDER BY case_key",
    );
    let at = "1767600000000000";
    write(
        "event.sql",
        &format!(
            "SELECT case_key, case_key * 10 AS seq, 'registered' AS kind, {at} AS occurred_at, {at} AS recorded_at, \
                'contact' AS role, NULL AS actor, NULL AS late_reason, \
                json_object('received_at', rfc3339({at}), 'channel', 'form', 'language', 'en') AS data FROM k \
             UNION ALL SELECT case_key, case_key * 10 + 1, 'classified', {at}, {at}, 'agent', NULL, NULL, \
                json_object('category', COALESCE(typeof(value) || ' ' || value, 'nothing')) FROM k ORDER BY 1, 2"
        ),
    );
    write(
        "head.sql",
        "SELECT 1 AS last_seq, NULL AS chain_head WHERE :as_of > 0",
    );
    Mapping::load(folder.to_str().unwrap()).unwrap()
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn values_of_every_type_arrive_as_the_server_writes_them() {
    let database = server().empty();
    server().run(
        &database,
        r#"CREATE TYPE mood AS ENUM ('calm', 'angry'); CREATE DOMAIN moment AS timestamptz;
        CREATE TABLE v (small smallint, big bigint, num numeric(20, 4), real double precision, yes boolean, words text, hard text,
            day date, at timestamp, zoned timestamptz, own moment, soon time, doc json, docb jsonb, key uuid, feeling mood,
            many integer[], names text[], bytes bytea, void text, empty text, never timestamp, odd timestamp);
        INSERT INTO v VALUES (-7, 9223372036854775807, 12345678901234.5, 0.1, true, 'İade ışığı, жалоба', E'a\tb\nc\\d"e',
            '2026-01-05', '2026-01-05 09:40:00.125', '2026-01-05 09:40:00+03', '2026-01-05 09:40:00+03', '08:30', '{"a": [1, 2]}',
            '{"b":1}', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'angry', '{1,2,NULL}', ARRAY['x', 'y z'], '\x00ff41', NULL, '',
            'infinity', '0044-03-15 12:00:00 BC');"#,
    );
    let columns = [
        "small", "big", "num", "real", "yes", "words", "hard", "day", "at", "zoned", "own", "soon",
        "doc", "docb", "key", "feeling", "many", "names", "bytes", "void", "empty", "never", "odd",
    ];
    let folder = tempfile::tempdir().unwrap();
    let mapping = folder.path().join("mapping");
    fs::create_dir(&mapping).unwrap();
    let form = "\"rfc3339\"";
    let instants: Vec<String> = ["day", "at", "zoned", "own", "never", "odd"]
        .map(|column| format!("{column} = {form}"))
        .to_vec();
    let mapping = of_values(&mapping, &columns, &instants.join(", "));
    let lake = folder.path().join("lake");
    let done = attended(
        &server().url("admin", &database),
        &mapping,
        &lake,
        &Attendance::nobody(),
    )
    .unwrap();
    let answer = engine(&done.snapshot)
        .sql(
            "SELECT case_id, category FROM cases ORDER BY case_key",
            "values",
        )
        .unwrap();
    let text = String::from_utf8(csv_bytes(&answer).unwrap()).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let found: Vec<(String, String)> = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            (record[0].to_owned(), record[1].to_owned())
        })
        .collect();
    // The texts are those of PostgreSQL's manual ("Data Types"); instants are microseconds since 1970 (`date -u +%s`).
    let expected = [
        ("small", "text -7"),
        ("big", "text 9223372036854775807"),
        ("num", "text 12345678901234.5000"),
        ("real", "text 0.1"),
        ("yes", "text t"),
        ("words", "text İade ışığı, жалоба"),
        ("hard", "text a\tb\nc\\d\"e"),
        ("day", "integer 1767571200000000"),
        ("at", "integer 1767606000125000"),
        ("zoned", "integer 1767595200000000"),
        ("own", "integer 1767595200000000"),
        ("soon", "text 08:30:00"),
        ("doc", "text {\"a\": [1, 2]}"),
        ("docb", "text {\"b\": 1}"),
        ("key", "text a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("feeling", "text angry"),
        ("many", "text {1,2,NULL}"),
        ("names", "text {x,\"y z\"}"),
        ("bytes", "text \\x00ff41"),
        ("void", "nothing"),
        ("empty", "nothing"),
        ("never", "nothing"),
        ("odd", "nothing"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(found, expected);
    let notes = done.notes.join("\n");
    assert!(
        notes.contains("v: 1 value(s) of never are infinite")
            && notes.contains("row 1: `0044-03-15 12:00:00 BC` in odd is no instant"),
        "{notes}"
    );
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_row_that_comes_twice_is_named() {
    let server = server();
    let database = server.zammad();
    server.run(
        &database,
        "ALTER TABLE tickets DROP CONSTRAINT tickets_pkey; INSERT INTO tickets SELECT * FROM tickets WHERE id = 3",
    );
    let good = server.url("admin", &server.zammad());
    let line = super::said(&good, &server.url("admin", &database));
    assert!(
        line.contains("tickets: the row with id `3` stands twice (rows 3 and 21)"),
        "{line}"
    );
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_view_and_a_table_in_parts_are_read_like_a_table() {
    let server = server();
    let database = server.zammad();
    server.run(
        &database,
        "ALTER TABLE histories RENAME TO past; CREATE VIEW histories AS SELECT * FROM past ORDER BY id; \
         ALTER TABLE ticket_articles RENAME TO letters; \
         CREATE TABLE ticket_articles (LIKE letters) PARTITION BY RANGE (id); \
         CREATE TABLE early PARTITION OF ticket_articles FOR VALUES FROM (MINVALUE) TO (10); \
         CREATE TABLE late PARTITION OF ticket_articles FOR VALUES FROM (10) TO (MAXVALUE); \
         INSERT INTO ticket_articles SELECT * FROM letters ORDER BY id;",
    );
    let folder = tempfile::tempdir().unwrap();
    let changed = extract(
        &server.url("admin", &database),
        "zammad",
        &folder.path().join("a"),
    )
    .unwrap();
    let plain = extract(
        &server.url("admin", &server.zammad()),
        "zammad",
        &folder.path().join("b"),
    )
    .unwrap();
    assert_eq!(files(&changed), files(&plain));
}
