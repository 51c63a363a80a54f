//! A large database that others write to while it is read: everything is as it was at one moment, over several connections.

use std::cell::{Cell, RefCell};
use std::sync::OnceLock;

use redress::lake::store::Lake;

use super::server::server;
use super::watched;

/// Tickets of the large database, each with a letter and three changes.
const TICKETS: i64 = 100_000;

/// Zammad's tables with many tickets beside the stories.
fn large() -> String {
    static MADE: OnceLock<String> = OnceLock::new();
    server().copy_of(MADE.get_or_init(made))
}

fn made() -> String {
    let database = server().zammad();
    server().run(&database, &many(TICKETS, 3));
    database
}

/// So many tickets from 1001 on, the ticket i received i times so many minutes after the beginning of 2026.
pub(super) fn many(tickets: i64, minutes: u32) -> String {
    let range = format!("generate_series(1001, 1000 + {tickets}) AS i");
    let received = format!("'2026-01-01'::timestamp + i * interval '{minutes} min'");
    format!(
        "INSERT INTO tickets (id, group_id, priority_id, state_id, number, title, owner_id, customer_id, \
            create_article_type_id, updated_by_id, created_by_id, created_at, updated_at, preferences) \
         SELECT i, 2 + i % 3, 1 + i % 3, 4, 'n' || i, 'Ticket ' || i, 1, 100 + i % 5000, 1 + 4 * (i % 2), 1, 1, \
            {received}, '2026-01-01', repeat('x', 100) \
         FROM {range}; \
         INSERT INTO ticket_articles (id, ticket_id, type_id, sender_id, body, created_by_id, created_at, updated_at) \
         SELECT i, i, 1, 2, 'My order of ticket ' || i || ' ' || repeat('word ', 30), 1, {received}, '2026-01-01' \
         FROM {range}; \
         INSERT INTO histories (id, history_type_id, history_object_id, history_attribute_id, o_id, id_from, id_to, \
            value_from, value_to, created_by_id, created_at, updated_at) \
         SELECT 1000 + 3 * i + part, 2, 1, 1, i, CASE part WHEN 0 THEN 1 ELSE 2 END, CASE part WHEN 2 THEN 4 ELSE 2 END, \
            'a', 'b', 11, {received} + (part + 1) * interval '1 hour', '2026-01-01' \
         FROM {range}, generate_series(0, 2) AS part ORDER BY 1"
    )
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn what_changes_while_it_is_read_is_not_seen() {
    let server = server();
    let database = large();
    let folder = tempfile::tempdir().unwrap();
    let changed = Cell::new(false);
    let sessions = Cell::new(0);
    let refused = RefCell::new(String::new());
    let done = watched(
        &server.url("admin", &database),
        &folder.path().join("lake"),
        &|told| {
            if changed.replace(true) {
                return;
            }
            // The first rows are put away; most of the rest is still in the database.
            assert_eq!((told.table, told.done), ("tickets", 0));
            assert!(told.parts > 12, "a large table is read in parts: {told:?}");
            sessions.set(server.sessions(&database));
            server.run(
                &database,
                "BEGIN; DELETE FROM histories WHERE id > 1000; DELETE FROM ticket_articles; \
                 UPDATE tickets SET state_id = 6, number = 'changed ' || id; DELETE FROM tickets WHERE id > 50000; COMMIT",
            );
            // What a snapshot does not protect from has to wait.
            let error = server
                .admin(&database)
                .batch_execute("SET lock_timeout = '100ms'; TRUNCATE histories")
                .unwrap_err();
            *refused.borrow_mut() = error.code().unwrap().code().to_owned();
        },
    )
    .unwrap();
    assert_eq!(sessions.get(), 3);
    assert_eq!(refused.into_inner(), "55P03");
    let totals = done.manifest.totals();
    let all = u64::try_from(TICKETS).unwrap() + 20;
    assert_eq!((totals.cases_in, totals.cases_out), (all, all));
    assert_eq!(done.manifest.rows.get("narratives"), Some(&all));
    // Each of them was closed by its third change, and none was renamed.
    let engine = crate::metrics::engine(&done.snapshot);
    let counted = engine
        .sql(
            "SELECT COUNT(*) AS n FROM cases WHERE state = 'unanswered' AND case_id LIKE 'n%'",
            "closed",
        )
        .unwrap();
    assert_eq!(counted.count(0, "n"), TICKETS);
    // The next extract sees what became of it.
    let after = super::extract(
        &server.url("admin", &database),
        "zammad",
        &folder.path().join("other"),
    )
    .unwrap();
    assert_eq!(after.manifest.totals().cases_in, 49_020);
    assert!(server.is_left_alone(&database));
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_connection_that_is_cut_half_way_leaves_the_last_snapshot() {
    let server = server();
    let database = large();
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let before = super::extract(&server.url("admin", &server.zammad()), "zammad", &lake).unwrap();
    let cut = Cell::new(false);
    let error = watched(&server.url("admin", &database), &lake, &|_| {
        if !cut.replace(true) {
            server.run(
                "postgres",
                &format!(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE application_name = 'redress' AND datname = '{database}'"
                ),
            );
        }
    })
    .unwrap_err();
    let line = error.to_string();
    // The server's last word may be lost with the connection.
    assert!(
        line.contains("the connection was lost while reading `")
            && ["administrator command", "closed", "reset by peer"]
                .iter()
                .any(|word| line.contains(word)),
        "{line}"
    );
    assert_eq!(
        std::fs::read_link(lake.join("latest")).unwrap(),
        before.snapshot.file_name().unwrap()
    );
    assert_eq!(Lake::at(&lake).snapshots().unwrap().len(), 1);
    assert!(server.is_left_alone(&database));
}
