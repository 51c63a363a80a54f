//! Night after night: only the months that changed come over, and the files are those of a whole reading.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use redress::extract::order::Done;
use redress::lake::manifest::WholeBecause;
use redress::source::attendance::Attendance;
use redress::source::mapping::Mapping;

use super::one_moment::many;
use super::server::server;
use super::{files, night};
use crate::metrics::repository;

/// Beside the stories.
const TICKETS: u32 = 8_000;

/// Tickets over seven months, without words that the mapping does not know.
fn many_known() -> String {
    let database = server().zammad();
    server().run(&database, &many(TICKETS.into(), 36));
    server().run(&database, KNOWN);
    database
}

fn zammad() -> Mapping {
    Mapping::load("zammad").unwrap()
}

fn on(day: &str, store: &str, lake: &Path) -> Done {
    night(store, &zammad(), lake, day, &Attendance::nobody()).unwrap()
}

/// Words that the mapping does not know are counted over all cases; the stories have one.
const KNOWN: &str = "UPDATE ticket_states SET state_type_id = (SELECT id FROM ticket_state_types WHERE name = 'open') \
    WHERE state_type_id NOT IN (SELECT id FROM ticket_state_types WHERE name IN \
        ('new', 'open', 'pending reminder', 'pending action', 'closed', 'merged', 'removed'))";

fn because(done: &Done) -> Option<WholeBecause> {
    done.manifest.reading.unwrap().whole_because
}

fn rows(done: &Done) -> u64 {
    done.manifest.reading.unwrap().server_rows.unwrap()
}

/// The same contents as a lake of its own that was read whole on that day.
fn is_as_read_whole(done: &Done, day: &str, store: &str) {
    let folder = tempfile::tempdir().unwrap();
    let whole = on(day, store, folder.path());
    assert!(because(&whole).is_some());
    assert_eq!(files(done), files(&whole));
    assert_eq!(done.manifest.ledger, whole.manifest.ledger);
    assert_eq!(done.manifest.rows, whole.manifest.rows);
    assert_eq!(done.manifest.unknown, whole.manifest.unknown);
    assert_eq!(done.manifest.watermark, whole.manifest.watermark);
}

/// What happened to the tickets of each month, and what the next night has to read for it.
#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_later_night_reads_the_changed_months_and_gives_the_files_of_a_whole_reading() {
    let server = server();
    let database = many_known();
    let store = server.url("admin", &database);
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let first = on("2026-10-10", &store, &lake);
    assert_eq!(because(&first), Some(WholeBecause::NothingEarlier));
    let all = rows(&first);

    let second = on("2026-10-11", &store, &lake);
    assert_eq!(because(&second), None);
    assert_eq!(second.months_read, 0);
    assert_eq!(
        second.manifest.linked_from.as_deref(),
        first.snapshot.file_name().and_then(|name| name.to_str())
    );
    // The tickets, the small tables, and what belongs to no ticket.
    let tickets = u64::from(TICKETS) + 20;
    assert!((tickets..tickets + 200).contains(&rows(&second)));
    is_as_read_whole(&second, "2026-10-11", &store);

    let changes: [(&str, usize); 6] = [
        // A letter that was rewritten, and nothing says so.
        (
            "UPDATE ticket_articles SET body = 'Altered by hand' WHERE id = 2000",
            1,
        ),
        ("DELETE FROM histories WHERE o_id = 3000 AND id % 3 = 1", 1),
        // A ticket that is gone with all that was its own.
        (
            "DELETE FROM histories WHERE o_id = 5000; DELETE FROM ticket_articles WHERE id = 5000; \
             DELETE FROM tickets WHERE id = 5000",
            1,
        ),
        // One that moved into another month: both are read.
        (
            "UPDATE tickets SET created_at = '2026-02-03 10:00' WHERE id = 5800",
            2,
        ),
        (
            "INSERT INTO tickets (id, group_id, priority_id, state_id, number, title, owner_id, customer_id, \
                create_article_type_id, updated_by_id, created_by_id, created_at, updated_at) \
             VALUES (500000, 2, 2, 1, 'new', 'A new one', 1, 7, 1, 1, 1, '2026-10-10 12:00', '2026-10-10 12:00')",
            1,
        ),
        // Changes that were made at one moment and dated to another.
        (
            "UPDATE histories SET created_at = created_at - interval '1 minute' WHERE o_id = 1500 AND id % 3 = 0",
            1,
        ),
    ];
    for (place, (change, months)) in changes.into_iter().enumerate() {
        server.run(&database, change);
        let day = format!("2026-10-{}", 12 + place);
        let done = on(&day, &store, &lake);
        assert_eq!(because(&done), None, "{change}");
        assert_eq!(done.months_read, months, "{change}");
        assert!(rows(&done) < all, "{change}");
        is_as_read_whole(&done, &day, &store);
    }
    assert!(server.is_left_alone(&database));
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn what_all_cases_depend_on_means_that_everything_is_read() {
    let server = server();
    let database = server.zammad();
    let store = server.url("admin", &database);
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    on("2026-10-10", &store, &lake);
    let with_unknown = on("2026-10-11", &store, &lake);
    assert_eq!(because(&with_unknown), Some(WholeBecause::UnknownWords));
    assert_eq!(with_unknown.manifest.unknown.len(), 1);

    server.run(&database, KNOWN);
    // A ticket that another one was merged into, received in another month than that one.
    let merged_into = "id IN (SELECT id_to FROM histories AS h JOIN history_types AS y \
        ON y.id = h.history_type_id AND y.name = 'merged_into')";
    server.run(
        &database,
        &format!(
            "UPDATE tickets SET created_at = created_at + interval '60 days' WHERE {merged_into}"
        ),
    );
    // The states are such a table themselves; the snapshot before still counts the unknown word.
    let known = on("2026-10-12", &store, &lake);
    assert_eq!(because(&known), Some(WholeBecause::UnknownWords));
    assert_eq!(known.manifest.unknown, []);
    assert_eq!(because(&on("2026-10-13", &store, &lake)), None);
    server.run(
        &database,
        "UPDATE groups SET name = 'Elsewhere' WHERE id = 2",
    );
    let renamed = on("2026-10-14", &store, &lake);
    assert_eq!(because(&renamed), Some(WholeBecause::CommonChanged));
    is_as_read_whole(&renamed, "2026-10-14", &store);
    assert_eq!(because(&on("2026-10-15", &store, &lake)), None);

    // The number of the ticket that another one was merged into is part of that one.
    server.run(
        &database,
        &format!("UPDATE tickets SET number = number || '-b' WHERE {merged_into}"),
    );
    let renumbered = on("2026-10-16", &store, &lake);
    assert_eq!(because(&renumbered), None);
    assert_eq!(renumbered.months_read, 2);
    is_as_read_whole(&renumbered, "2026-10-16", &store);

    // Another key makes other people of all of them.
    let rules = crate::common::rulebook();
    let done = redress::extract::run::extract(
        &redress::lake::store::Lake::at(&lake),
        &redress::extract::order::Order {
            store: Path::new(&store),
            source_name: "store".to_owned(),
            mapping: &zammad(),
            as_of: "2026-10-17T09:00:00Z".parse().unwrap(),
            known_at: None,
            rules: &rules,
            rules_text: String::new(),
            pseudonym_key: Some(b"another".to_vec()),
            threads: 1,
            full: false,
            progress: &|_, _| {},
        },
    )
    .unwrap();
    assert_eq!(because(&done), Some(WholeBecause::CommonChanged));
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn what_lay_ahead_of_a_night_is_there_on_the_next() {
    let server = server();
    let database = many_known();
    let store = server.url("admin", &database);
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    // The tickets end in July; what is dated after the night is not known yet.
    let early = on("2026-05-10", &store, &lake);
    assert!(early.manifest.totals().cases_later > 0);
    let later = on("2026-05-11", &store, &lake);
    assert_eq!(because(&later), None);
    assert_eq!(later.months_linked, 4);
    is_as_read_whole(&later, "2026-05-11", &store);
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn files_that_were_altered_are_read_again() {
    let server = server();
    let database = server.zammad();
    server.run(&database, KNOWN);
    let store = server.url("admin", &database);
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let first = on("2026-10-10", &store, &lake);
    let entry = first
        .manifest
        .files
        .iter()
        .find(|file| file.table == "events" && file.rows > 0)
        .unwrap();
    let path = first.snapshot.join(&entry.path);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let second = on("2026-10-11", &store, &lake);
    assert_eq!(because(&second), None);
    assert_eq!(second.months_read, 1);
    is_as_read_whole(&second, "2026-10-11", &store);
}

/// Zammad's mapping with another `watermark.sql`.
fn with_marks(folder: &Path, sql: &str) -> Mapping {
    let shipped = repository().join("queries/extract/zammad");
    for entry in fs::read_dir(shipped).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    fs::write(folder.join("watermark.sql"), sql).unwrap();
    Mapping::load(folder.to_str().unwrap()).unwrap()
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn marks_that_cannot_be_had_cost_time_and_no_figures() {
    let server = server();
    let database = server.zammad();
    server.run(&database, KNOWN);
    let store = server.url("admin", &database);
    let faults = BTreeMap::from([
        ("SELECT nothing", "column \"nothing\" does not exist"),
        (
            "SELECT id AS case_key, updated_at AS mark FROM tickets",
            "column w.received_at does not exist",
        ),
        (
            "SELECT 1 AS case_key, created_at AS received_at, id AS mark FROM tickets;",
            "the case_key 1 stands twice",
        ),
        (
            "SELECT NULL AS case_key, created_at AS received_at, id AS mark FROM tickets",
            "a row has no case_key",
        ),
        (
            "SELECT id / (id - 7) AS case_key, created_at AS received_at, id AS mark FROM tickets",
            "division by zero",
        ),
        (
            "SELECT id AS case_key, created_at AS received_at, id AS mark FROM tickets WHERE id <> 5",
            "what changed will not be known",
        ),
    ]);
    for (sql, said) in faults {
        let folder = tempfile::tempdir().unwrap();
        let mapping = folder.path().join("mapping");
        fs::create_dir(&mapping).unwrap();
        let mapping = with_marks(&mapping, sql);
        let lake = folder.path().join("lake");
        for day in ["2026-10-10", "2026-10-11"] {
            let done = night(&store, &mapping, &lake, day, &Attendance::nobody()).unwrap();
            assert!(because(&done).is_some(), "{sql}");
            assert_eq!(done.manifest.watermark, None, "{sql}");
            assert_eq!(done.manifest.totals().cases_out, 20);
            let notes = done.notes.join("\n");
            assert!(
                notes.contains("watermark.sql: ") && notes.contains(said),
                "{sql}: {notes}"
            );
        }
    }
    assert!(server.is_left_alone(&database));
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_census_that_cannot_count_single_months_is_refused_on_the_first_night() {
    let server = server();
    let database = server.zammad();
    let folder = tempfile::tempdir().unwrap();
    let shipped = fs::read_to_string(repository().join("queries/extract/zammad/watermark.sql"));
    with_marks(folder.path(), &shipped.unwrap());
    fs::write(
        folder.path().join("census.sql"),
        "SELECT COUNT(*) AS cases, 0 AS events FROM tickets",
    )
    .unwrap();
    let mapping = Mapping::load(folder.path().to_str().unwrap()).unwrap();
    let lake = folder.path().join("lake");
    let store = server.url("admin", &database);
    let error = night(&store, &mapping, &lake, "2026-10-10", &Attendance::nobody()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("census.sql: gives no column `received_month`; it gives: cases, events"),
        "{error}"
    );
}

/// A column of the desk can be declared as well; what it does not show stays as it was, until a whole reading.
#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_column_of_the_desk_can_be_the_mark() {
    let server = server();
    let database = server.zammad();
    server.run(&database, KNOWN);
    let store = server.url("admin", &database);
    let folder = tempfile::tempdir().unwrap();
    let mapping = folder.path().join("mapping");
    fs::create_dir(&mapping).unwrap();
    let mapping = with_marks(
        &mapping,
        "SELECT COALESCE(k.id, h.o_id) AS case_key, k.created_at AS received_at, k.updated_at AS mark \
         FROM tickets AS k FULL JOIN (SELECT DISTINCT o_id FROM histories WHERE history_object_id = 1) AS h ON h.o_id = k.id",
    );
    let lake = folder.path().join("lake");
    let on = |day| night(&store, &mapping, &lake, day, &Attendance::nobody()).unwrap();
    on("2026-10-10");
    server.run(
        &database,
        "UPDATE tickets SET title = 'unseen' WHERE id = 1",
    );
    let unseen = on("2026-10-11");
    assert_eq!((because(&unseen), unseen.months_read), (None, 0));
    server.run(
        &database,
        "UPDATE tickets SET updated_at = now() WHERE id = 1",
    );
    let seen = on("2026-10-12");
    assert_eq!((because(&seen), seen.months_read), (None, 1));
}

#[test]
fn a_mapping_whose_marks_do_not_fit_it_is_refused() {
    let shipped = repository().join("queries/extract/zammad");
    let text = fs::read_to_string(shipped.join("mapping.toml")).unwrap();
    let said = |settings: &str, has_query: bool| {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(&shipped).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        fs::write(folder.path().join("mapping.toml"), settings).unwrap();
        if !has_query {
            fs::remove_file(folder.path().join("watermark.sql")).unwrap();
        }
        let error = Mapping::load(folder.path().to_str().unwrap()).unwrap_err();
        error.to_string()
    };
    let bare = text.split("[watermark]").next().unwrap();
    assert!(said(bare, true).contains("[watermark] is not"));
    assert!(said(&text, false).contains("watermark.sql is not"));
    let other = |from: &str, to: &str| said(&text.replace(from, to), true);
    let line = other("histories = \"o_id\"", "past = \"o_id\"");
    assert!(
        line.contains("names `past`, which no [[file]] reads"),
        "{line}"
    );
    let line = other("histories = \"o_id\"", "histories = \"ticket\"");
    assert!(
        line.contains("the column `ticket` of `histories`, which is not read"),
        "{line}"
    );
    let line = other("[\"tickets\"]", "[\"histories\"]");
    assert!(line.contains("names `histories` twice"), "{line}");
}
