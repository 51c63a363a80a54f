//! What the database has of the tables that a mapping names: columns and their types, rights, and size.

use std::path::Path;

use super::error::PostgresError;
use super::session::{Server, Session};
use crate::mapping::StagedFile;
use crate::staging::StagingError;
use crate::staging::instants::{DAY, LOCAL, WITH_OFFSET};
use crate::staging::table::quoted;

/// So many tables are named when the one that is wanted is not there.
const NAMED: i64 = 60;

/// A table that is there and may be read.
pub(super) struct Table {
    pub oid: u32,
    /// Schema and name as SQL writes them.
    pub name: String,
    /// What the mapping says of it, with the forms of instants that this database writes.
    pub spec: StagedFile,
    pub columns: Vec<String>,
    /// Whether it can be locked against being emptied: an ordinary table that may be read as a whole.
    pub lockable: bool,
    /// Whether its rows lie in one file whose pages can be read apart.
    pub paged: bool,
}

/// What the mapping needs of one table, or what is missing.
pub(super) enum Found {
    Table(Box<Table>),
    /// The mapping can do without.
    Absent,
    /// Statements that the owner would have to run.
    Ungranted(Vec<String>),
}

/// A column as the catalogue has it.
struct Column {
    name: String,
    kind: String,
    readable: bool,
}

/// Looks a table up.
///
/// # Errors
/// When it or one of its columns is missing, or a column that should hold instants is of another type.
pub(super) fn look_up(
    server: &Server,
    session: &mut Session,
    spec: &StagedFile,
    hint: &str,
) -> Result<Found, StagingError> {
    let table = spec.table.as_str();
    let failed = |error: postgres::Error| server.doing(Some(table)).failed(&error);
    // The schemas of the search path that may be used; system tables are nobody's complaints.
    let row = session
        .client
        .query_opt(
            "SELECT c.oid, n.nspname::text, c.relkind::text, c.relhassubclass, \
                pg_catalog.has_table_privilege(c.oid, 'SELECT'), \
                COALESCE(m.amname = 'heap', false) AND pg_catalog.current_setting('server_version_num')::int >= 140000 \
             FROM pg_catalog.pg_class AS c \
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             LEFT JOIN pg_catalog.pg_am AS m ON m.oid = c.relam \
             WHERE c.oid = pg_catalog.to_regclass($1::text) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')",
            &[&quoted(table)],
        )
        .map_err(failed)?;
    let Some(row) = row else {
        if spec.optional {
            return Ok(Found::Absent);
        }
        return missing(server, session, table, hint);
    };
    let read = || -> Result<_, postgres::Error> {
        let schema: String = row.try_get(1)?;
        let kind: String = row.try_get(2)?;
        let parent: bool = row.try_get(3)?;
        let whole: bool = row.try_get(4)?;
        let paged: bool = row.try_get(5)?;
        Ok((row.try_get(0)?, schema, kind, parent, whole, paged))
    };
    let (oid, schema, kind, parent, whole, paged): (u32, _, _, _, _, _) = read().map_err(failed)?;
    let name = format!("{}.{}", quoted(&schema), quoted(table));
    let columns = columns_of(session, oid).map_err(failed)?;
    let (spec, wanted) = fitted(server, spec, &columns, hint)?;
    let closed: Vec<String> = columns
        .iter()
        .filter(|column| !column.readable && wanted.contains(&column.name))
        .map(|column| quoted(&column.name))
        .collect();
    if !closed.is_empty() {
        let user = quoted(&server.address.user);
        return Ok(Found::Ungranted(vec![format!(
            "GRANT SELECT ON {name} TO {user}"
        )]));
    }
    let table = Table {
        oid,
        name,
        spec,
        columns: wanted,
        lockable: whole && matches!(kind.as_str(), "r" | "p"),
        // A parent's rows lie in the files of its children, and the place of a row is nobody's who may read single columns.
        paged: paged && whole && matches!(kind.as_str(), "r" | "m") && !parent,
    };
    Ok(Found::Table(Box::new(table)))
}

fn columns_of(session: &mut Session, oid: u32) -> Result<Vec<Column>, postgres::Error> {
    session
        .client
        .query(
            // A domain is what it is made of.
            "SELECT a.attname::text, \
                pg_catalog.format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, NULL), \
                pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT') \
             FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid \
             WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            &[&oid],
        )?
        .iter()
        .map(|row| {
            Ok(Column {
                name: row.try_get(0)?,
                kind: row.try_get(1)?,
                readable: row.try_get(2)?,
            })
        })
        .collect()
}

/// The mapping's word on a table with the forms of this database, and the columns that are read of it.
fn fitted(
    server: &Server,
    spec: &StagedFile,
    columns: &[Column],
    hint: &str,
) -> Result<(StagedFile, Vec<String>), StagingError> {
    let mut spec = spec.clone();
    let table = spec.table.clone();
    let mut wanted = spec.wanted();
    if wanted.is_empty() {
        wanted = columns.iter().map(|column| column.name.clone()).collect();
    }
    for name in &wanted {
        let Some(column) = columns.iter().find(|column| column.name == *name) else {
            let found: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            return Err(StagingError::MissingColumn {
                path: Path::new(&server.store).join(&table),
                column: name.clone(),
                found: found.join(", "),
                hint: hint.to_owned(),
            });
        };
        let Some(forms) = spec.instants.get_mut(name) else {
            continue;
        };
        match form_of(&column.kind) {
            Form::Fixed(form) => *forms = std::iter::once(form.to_owned()).collect(),
            Form::Written => {}
            Form::Number if forms.iter().any(|form| form.contains("%s")) => {}
            Form::Number | Form::None => {
                return Err(PostgresError::WrongType {
                    store: server.store.clone(),
                    column: format!("{table}.{name}"),
                    found: column.kind.clone(),
                    hint: hint.to_owned(),
                }
                .into());
            }
        }
    }
    Ok((spec, wanted))
}

/// How the values of a type stand for instants.
#[derive(Debug, PartialEq, Eq)]
enum Form {
    /// The server writes them so, whatever the mapping says.
    Fixed(&'static str),
    /// As somebody wrote them: the mapping's forms.
    Written,
    /// Numbers: instants only where the mapping says that they are seconds.
    Number,
    None,
}

fn form_of(kind: &str) -> Form {
    match kind {
        "timestamp without time zone" => Form::Fixed(LOCAL),
        "timestamp with time zone" => Form::Fixed(WITH_OFFSET),
        "date" => Form::Fixed(DAY),
        "text" | "character varying" | "character" | "citext" => Form::Written,
        "smallint" | "integer" | "bigint" | "numeric" => Form::Number,
        _ => Form::None,
    }
}

/// Why a table is not to be seen: it is in another schema, its schema may not be used, or it is not there at all.
fn missing(
    server: &Server,
    session: &mut Session,
    table: &str,
    hint: &str,
) -> Result<Found, StagingError> {
    let failed = |error: postgres::Error| server.doing(Some(table)).failed(&error);
    let elsewhere = session
        .client
        .query(
            "SELECT n.nspname::text, pg_catalog.has_schema_privilege(n.oid, 'USAGE'), \
                n.nspname = ANY (pg_catalog.string_to_array(pg_catalog.regexp_replace( \
                    pg_catalog.replace(pg_catalog.current_setting('search_path'), '$user', current_user), \
                    '[\" ]', '', 'g'), ',')) \
             FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
                AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
             ORDER BY n.nspname",
            &[&table],
        )
        .map_err(failed)?;
    let mut schemas = Vec::with_capacity(elsewhere.len());
    for row in &elsewhere {
        let schema: String = row.try_get(0).map_err(failed)?;
        let usable: bool = row.try_get(1).map_err(failed)?;
        let searched: bool = row.try_get(2).map_err(failed)?;
        if searched && !usable {
            let user = quoted(&server.address.user);
            let (schema, table) = (quoted(&schema), quoted(table));
            return Ok(Found::Ungranted(vec![
                format!("GRANT USAGE ON SCHEMA {schema} TO {user}"),
                format!("GRANT SELECT ON {schema}.{table} TO {user}"),
            ]));
        }
        schemas.push(schema);
    }
    if let Some(first) = schemas.first() {
        return Err(PostgresError::OtherSchema {
            store: server.store.clone(),
            table: table.to_owned(),
            first: first.clone(),
            schemas: schemas.join(", "),
        }
        .into());
    }
    let rows = session
        .client
        .query(
            "SELECT c.relname::text FROM pg_catalog.pg_class AS c \
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_catalog.pg_table_is_visible(c.oid) \
                AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT $1",
            &[&NAMED],
        )
        .map_err(failed)?;
    let found = rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<Vec<String>, _>>()
        .map_err(failed)?;
    let found = match found.as_slice() {
        [] => "no table that could be read".to_owned(),
        names => names.join(", "),
    };
    Err(StagingError::MissingTable {
        path: server.store.clone().into(),
        table: table.to_owned(),
        found,
        hint: hint.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_says_how_its_instants_are_written() {
        assert_eq!(
            form_of("timestamp with time zone"),
            Form::Fixed("%Y-%m-%d %H:%M:%S%.f%#z")
        );
        assert_eq!(form_of("date"), Form::Fixed("%Y-%m-%d"));
        assert_eq!(form_of("text"), Form::Written);
        assert_eq!(form_of("bigint"), Form::Number);
        for other in [
            "boolean",
            "jsonb",
            "uuid",
            "bytea",
            "integer[]",
            "time without time zone",
        ] {
            assert_eq!(form_of(other), Form::None, "{other}");
        }
    }
}
