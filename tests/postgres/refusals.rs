//! Whatever is wrong with a database: one line that says what, and the last snapshot stands.

use super::said;
use super::server::server;

/// What an extract says of a database that was spoilt by these statements.
fn said_of(user: &str, spoil: &str, parameters: &str) -> String {
    let server = server();
    let database = server.zammad();
    server.run(&database, spoil);
    let good = server.url("admin", &server.zammad());
    let bad = format!("{}{parameters}", server.url(user, &database));
    let line = said(&good, &bad);
    assert!(server.is_left_alone(&database), "{line}");
    line
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_database_or_a_role_that_is_not_there_is_named() {
    let server = server();
    let good = server.url("admin", &server.zammad());
    let line = said(&good, &server.url("admin", "nowhere"));
    assert!(line.contains("has no database `nowhere`"), "{line}");
    let line = said(&good, &server.url("nobody_here", "zammad"));
    assert!(
        line.contains("the login is refused") && line.contains("\"nobody_here\" does not exist"),
        "{line}"
    );
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_schema_of_another_version_is_named_by_its_table_or_column() {
    let line = said_of("admin", "ALTER TABLE histories RENAME TO changes", "");
    assert!(
        line.contains("has no table `histories`; it has: changes, groups, history_attributes")
            && line.contains("written for Zammad 5 to 6"),
        "{line}"
    );
    let line = said_of(
        "admin",
        "ALTER TABLE tickets RENAME COLUMN number TO ticket_number",
        "",
    );
    assert!(
        line.contains("tickets: has no column `number`; it has: id, group_id")
            && line.contains("another version"),
        "{line}"
    );
    let empty = server().empty();
    let good = server().url("admin", &server().zammad());
    let line = said(&good, &server().url("admin", &empty));
    assert!(
        line.contains("has no table `tickets`; it has: no table that could be read"),
        "{line}"
    );
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn tables_in_another_schema_are_found_and_read_when_it_is_named() {
    let moved = "CREATE SCHEMA help; DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables \
                 WHERE schemaname = 'public' LOOP EXECUTE format('ALTER TABLE %I SET SCHEMA help', t); END LOOP; END $$";
    let line = said_of("admin", moved, "");
    assert!(
        line.contains("the schema help has one: add `?options=-csearch_path%3Dhelp`"),
        "{line}"
    );
    let database = server().zammad();
    server().run(&database, moved);
    let lake = tempfile::tempdir().unwrap();
    let url = format!(
        "{}?options=-csearch_path%3Dhelp",
        server().url("admin", &database)
    );
    let done = super::extract(&url, "zammad", lake.path()).unwrap();
    assert_eq!(done.manifest.totals().cases_out, 20);
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_column_of_another_type_is_named_with_its_type() {
    let line = said_of(
        "admin",
        "ALTER TABLE tickets ALTER COLUMN created_at TYPE bigint USING extract(epoch FROM created_at)::bigint",
        "",
    );
    assert!(
        line.contains("the column `tickets.created_at` is of the type `bigint`"),
        "{line}"
    );
    let line = said_of(
        "admin",
        "ALTER TABLE histories ALTER COLUMN created_at TYPE text USING 'on ' || to_char(created_at, 'YYYY-MM-DD')",
        "",
    );
    assert!(
        line.contains("histories: none of the 74 values of created_at is an instant")
            && line.contains("`on 2026-01-05"),
        "{line}"
    );
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn every_right_that_is_missing_is_said_at_once_and_is_enough() {
    let server = server();
    let database = server.zammad();
    server.run(
        &database,
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; REVOKE SELECT ON tickets, histories FROM reader; \
         GRANT SELECT (id, number) ON tickets TO reader",
    );
    let good = server.url("admin", &server.zammad());
    let line = said(&good, &server.url("reader", &database));
    let grants = "GRANT SELECT ON \"public\".\"tickets\" TO \"reader\"; GRANT SELECT ON \"public\".\"histories\" TO \"reader\"";
    assert!(
        line.contains("`reader` may not read") && line.ends_with(grants),
        "{line}"
    );
    // What the line says is what helps.
    server.run(&database, grants);
    let lake = tempfile::tempdir().unwrap();
    let done = super::extract(&server.url("reader", &database), "zammad", lake.path()).unwrap();
    assert_eq!(done.manifest.totals().cases_out, 20);

    let line = said_of(
        "reader",
        "REVOKE USAGE ON SCHEMA public FROM PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        "",
    );
    assert!(
        line.contains("GRANT USAGE ON SCHEMA \"public\" TO \"reader\""),
        "{line}"
    );
    let closed = server.zammad();
    server.run(
        "postgres",
        &format!("REVOKE CONNECT ON DATABASE {closed} FROM PUBLIC"),
    );
    let line = said(&good, &server.url("reader", &closed));
    assert!(
        line.contains(&format!("GRANT CONNECT ON DATABASE {closed} TO reader")),
        "{line}"
    );
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn columns_that_the_mapping_reads_are_right_enough() {
    let server = server();
    let database = server.zammad();
    // The letters' addresses are nobody's business here.
    server.run(
        &database,
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; REVOKE SELECT ON ticket_articles FROM reader; \
         GRANT SELECT (id, ticket_id, type_id, sender_id, subject, body, internal, created_at) ON ticket_articles TO reader",
    );
    let lake = tempfile::tempdir().unwrap();
    let done = super::extract(&server.url("reader", &database), "zammad", lake.path()).unwrap();
    assert_eq!(done.manifest.totals().cases_out, 20);
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn rows_that_a_policy_hides_are_an_error_and_not_missing() {
    let line = said_of(
        "reader",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; ALTER TABLE tickets ENABLE ROW LEVEL SECURITY; \
         CREATE POLICY a_few ON tickets TO reader USING (id < 5)",
        "",
    );
    assert!(
        line.contains("`reader` may not see every row of `tickets`") && line.contains("BYPASSRLS"),
        "{line}"
    );
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_server_that_takes_too_long_is_given_up() {
    let slow = "ALTER TABLE tickets RENAME TO real_tickets; \
                CREATE VIEW tickets AS SELECT r.* FROM real_tickets AS r, pg_sleep(60)";
    let line = said_of("admin", slow, "?statement_timeout=1s");
    assert!(
        line.contains("reading `tickets` took longer than 1 s")
            && line.contains("`statement_timeout`"),
        "{line}"
    );
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_table_that_another_program_holds_is_waited_for_and_named() {
    let server = server();
    let database = server.zammad();
    let mut upgrade = server.admin(&database);
    let mut held = upgrade.transaction().unwrap();
    held.batch_execute("LOCK TABLE histories IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let good = server.url("admin", &server.zammad());
    let url = server.url("admin", &database);
    let line = said(&good, &format!("{url}?lock_timeout=1s"));
    assert!(
        line.contains("waiting for `histories`, which another program holds locked")
            && line.contains("`lock_timeout`"),
        "{line}"
    );
    held.rollback().unwrap();
    let lake = tempfile::tempdir().unwrap();
    let done = super::extract(&format!("{url}?lock_timeout=1s"), "zammad", lake.path()).unwrap();
    assert_eq!(done.manifest.totals().cases_out, 20);
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_server_with_few_connections_is_read_over_fewer() {
    let server = server();
    let database = server.zammad();
    server.run(
        &database,
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    );
    server.run(
        "postgres",
        &format!("ALTER DATABASE {database} CONNECTION LIMIT 1"),
    );
    let lake = tempfile::tempdir().unwrap();
    let done = super::extract(&server.url("reader", &database), "zammad", lake.path()).unwrap();
    assert_eq!(done.manifest.totals().cases_out, 20);
    assert!(
        done.notes
            .iter()
            .any(|note| note.contains("read over 1 connection(s) instead of 3")),
        "{:?}",
        done.notes
    );
}

#[test]
#[ignore = "needs PostgreSQL's server; .ci/run runs them"]
fn a_mapping_of_another_kind_of_store_says_so() {
    let server = server();
    let lake = tempfile::tempdir().unwrap();
    for mapping in ["redress", "xes"] {
        let line = super::extract(&server.url("admin", "zammad"), mapping, lake.path())
            .unwrap_err()
            .to_string();
        assert!(
            line.contains(&format!("the mapping `{mapping}` reads no tables")),
            "{line}"
        );
    }
}
