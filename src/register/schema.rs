//! The schema, and how an older one is brought up.
//!
//! Every version's full schema is kept in `schema/`; a test replays each one through the upgrades
//! and compares the outcome with a fresh one.

use rusqlite::Connection;

use super::error::Result;
use super::seal;

/// The schema version that this program writes.
pub const SCHEMA_VERSION: i64 = 6;

/// From this version on a row of exposure has a version.
const FIRST_WITH_VERSIONS_OF_EXPOSURE: i64 = 4;

/// Marks the file as a register: "Rdrs" in ASCII.
pub(super) const APPLICATION_ID: i64 = 0x5264_7273;

/// The full schema of each version, oldest first.
pub(super) const SCHEMAS: &[&str] = &[
    include_str!("schema/v1.sql"),
    include_str!("schema/v2.sql"),
    include_str!("schema/v3.sql"),
    include_str!("schema/v4.sql"),
    include_str!("schema/v5.sql"),
    include_str!("schema/v6.sql"),
];

/// The step from version n to n + 1, for n = 1, 2, …; events are never rewritten by one.
const UPGRADES: &[&str] = &[
    include_str!("schema/to_v2.sql"),
    include_str!("schema/to_v3.sql"),
    include_str!("schema/to_v4.sql"),
    include_str!("schema/to_v5.sql"),
    include_str!("schema/to_v6.sql"),
];

/// Writes the present schema into an empty database.
pub(super) fn create(conn: &Connection) -> Result<()> {
    conn.execute_batch(SCHEMAS[SCHEMAS.len() - 1])?;
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    Ok(())
}

/// Brings a register of an older version up to the present one, within the caller's transaction.
///
/// # Errors
/// When a row that an upgrade writes in another form does not fit its checksum: damage is never sealed anew.
pub(super) fn upgrade(conn: &Connection, found: i64) -> Result<()> {
    if found < FIRST_WITH_VERSIONS_OF_EXPOSURE {
        seal::check(conn, seal::EXPOSURE)?;
    }
    bring_up(conn, UPGRADES, found)?;
    if found < FIRST_WITH_VERSIONS_OF_EXPOSURE {
        seal::seal_all(conn, seal::EXPOSURE)?;
    }
    Ok(())
}

fn bring_up(conn: &Connection, steps: &[&str], found: i64) -> Result<()> {
    for (from, step) in (1_i64..).zip(steps) {
        if from >= found {
            conn.execute_batch(step)?;
            conn.pragma_update(None, "user_version", from + 1)?;
        }
    }
    Ok(())
}

/// Every table, index and trigger with its text, blanks and comments evened out: what two equal
/// schemas have in common.
pub(super) fn describe(conn: &Connection) -> Result<Vec<String>> {
    let mut select = conn.prepare(
        // A type that is no text any more is another value, though SQLite reads it alike.
        "SELECT type || ' ' || name || ' on ' || tbl_name
            || CASE WHEN typeof(type) = 'text' AND typeof(name) = 'text' AND typeof(tbl_name) = 'text'
               THEN '' ELSE ' (not as text)' END, sql
         FROM sqlite_schema
         WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name",
    )?;
    let rows = select.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut described = Vec::new();
    for row in rows {
        let (name, sql) = row?;
        let bare: Vec<&str> = sql
            .lines()
            .map(|line| line.split("--").next().unwrap_or(line))
            .flat_map(str::split_whitespace)
            .collect();
        described.push(format!("{name}: {}", bare.join(" ")));
    }
    Ok(described)
}

/// The description of a fresh register's schema.
pub(super) fn describe_fresh() -> Result<Vec<String>> {
    let conn = Connection::open_in_memory()?;
    create(&conn)?;
    describe(&conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(conn: &Connection) -> i64 {
        conn.pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn every_kept_schema_is_upgraded_to_the_present_one() {
        assert_eq!(SCHEMAS.len() as i64, SCHEMA_VERSION);
        assert_eq!(UPGRADES.len() + 1, SCHEMAS.len());
        let fresh = describe_fresh().unwrap();
        for (found, schema) in (1_i64..).zip(SCHEMAS) {
            let conn = Connection::open_in_memory().unwrap();
            conn.execute_batch(schema).unwrap();
            conn.pragma_update(None, "user_version", found).unwrap();
            upgrade(&conn, found).unwrap();
            assert_eq!(describe(&conn).unwrap(), fresh, "from version {found}");
            assert_eq!(version(&conn), SCHEMA_VERSION);
        }
    }

    #[test]
    fn units_become_first_versions_and_damaged_ones_are_not_sealed_anew() {
        let third = || {
            let conn = Connection::open_in_memory().unwrap();
            conn.execute_batch(SCHEMAS[2]).unwrap();
            conn.execute_batch(
                "INSERT INTO exposure (month, product, site, units, checksum) VALUES ('2026-03', 'K20', '', 12, x'')",
            )
            .unwrap();
            seal::seal(&conn, seal::EXPOSURE, conn.last_insert_rowid()).unwrap();
            conn
        };
        let conn = third();
        upgrade(&conn, 3).unwrap();
        seal::check(&conn, seal::EXPOSURE).unwrap();
        let row: (String, i64, f64, i64) = conn
            .query_row(
                "SELECT product, version, units, recorded_at FROM exposure",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .unwrap();
        assert_eq!(row, ("K20".to_owned(), 1, 12.0, 0));
        let damaged = third();
        damaged
            .execute_batch("UPDATE exposure SET units = 13")
            .unwrap();
        let refused = upgrade(&damaged, 3).unwrap_err().to_string();
        assert!(refused.contains("exposure"), "{refused}");
    }

    #[test]
    fn a_register_of_version_four_keeps_its_units_and_takes_phases_that_stay() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(SCHEMAS[3]).unwrap();
        conn.execute_batch(
            "INSERT INTO exposure (month, product, site, version, units, recorded_at, entered_by, checksum)
             VALUES ('2026-03', 'K20', '', 1, 12, 7, 'zeynep', x'')",
        )
        .unwrap();
        seal::seal(&conn, seal::EXPOSURE, conn.last_insert_rowid()).unwrap();
        upgrade(&conn, 4).unwrap();
        seal::check(&conn, seal::EXPOSURE).unwrap();
        conn.execute_batch(
            "INSERT INTO chart_phase (series, site, begins_month, version, withdrawn, reason, entered_by, recorded_at,
                                      checksum)
             VALUES ('received', '', '2026-03', 1, 0, 'a shop on the web', 'zeynep', 8, x'')",
        )
        .unwrap();
        seal::seal(&conn, seal::CHART_PHASE, conn.last_insert_rowid()).unwrap();
        seal::check(&conn, seal::CHART_PHASE).unwrap();
        for attempt in [
            "UPDATE chart_phase SET reason = 'another'",
            "DELETE FROM chart_phase",
        ] {
            let refused = conn.execute_batch(attempt).unwrap_err().to_string();
            assert!(refused.contains("never"), "{attempt}: {refused}");
        }
    }

    #[test]
    fn an_upgrade_begins_at_the_version_found() {
        let steps = [
            "ALTER TABLE t ADD COLUMN second TEXT",
            "ALTER TABLE t ADD COLUMN third TEXT",
        ];
        let made = |columns: &str, found: i64| {
            let conn = Connection::open_in_memory().unwrap();
            conn.execute_batch(&format!("CREATE TABLE t ({columns})"))
                .unwrap();
            conn.pragma_update(None, "user_version", found).unwrap();
            bring_up(&conn, &steps, found).unwrap();
            assert_eq!(version(&conn), 3);
            let select = conn.prepare("SELECT * FROM t").unwrap();
            select.column_names().collect::<Vec<_>>().join(",")
        };
        assert_eq!(made("first TEXT", 1), "first,second,third");
        assert_eq!(made("first TEXT, second TEXT", 2), "first,second,third");
        assert_eq!(
            made("first TEXT, second TEXT, third TEXT", 3),
            "first,second,third"
        );
    }

    #[test]
    fn comments_and_blanks_make_no_difference_but_a_missing_trigger_does() {
        let conn = Connection::open_in_memory().unwrap();
        create(&conn).unwrap();
        conn.execute_batch("DROP TRIGGER case_event_stays").unwrap();
        assert_ne!(describe(&conn).unwrap(), describe_fresh().unwrap());
    }
}
