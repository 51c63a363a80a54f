//! Tables cut into pieces that several sessions read at the same time.

use super::catalog::Table;
use crate::staging::table::quoted;

/// Pages of a piece: 2 MiB of a table where a page has 8 KiB, as it nearly always has. The rows of a piece mostly find room
/// among those that wait to be put away, so that a session reads on while another's piece comes first.
const PAGES: i64 = 256;

/// A part of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Which table, by its place among them.
    pub table: usize,
    /// `COPY … TO STDOUT` of its rows.
    pub statement: String,
}

/// The pieces of a table in the order of its rows. `pages`: the table's size, where it can be cut. `only`: a condition that
/// the rows meet which are read.
///
/// Cut is by the place of the rows in the table's file (`ctid`), since PostgreSQL 14 a scan of these pages alone. The last piece
/// is open at its end.
pub(super) fn pieces_of(
    place: usize,
    table: &Table,
    pages: Option<i64>,
    only: Option<&str>,
) -> Vec<Piece> {
    let columns: Vec<String> = table.columns.iter().map(|c| quoted(c)).collect();
    let select = format!("SELECT {} FROM {}", columns.join(", "), table.name);
    let piece = |place_in_file: Option<String>| {
        let conditions: Vec<&str> = place_in_file.as_deref().into_iter().chain(only).collect();
        let condition = match conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", conditions.join(" AND ")),
        };
        Piece {
            table: place,
            statement: format!("COPY ({select}{condition}) TO STDOUT"),
        }
    };
    let Some(pages) = pages.filter(|pages| *pages > PAGES) else {
        return vec![piece(None)];
    };
    let mut pieces = Vec::new();
    let mut from = 0;
    loop {
        let to = from + PAGES;
        if to >= pages {
            pieces.push(piece(Some(format!("ctid >= '({from},0)'"))));
            return pieces;
        }
        pieces.push(piece(Some(format!(
            "ctid >= '({from},0)' AND ctid < '({to},0)'"
        ))));
        from = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            oid: 1,
            name: "\"public\".\"a b\"".to_owned(),
            spec: toml::from_str("name = \"a.csv\"\ntable = \"a b\"").unwrap(),
            columns: vec!["id".to_owned(), "x\"y".to_owned()],
            lockable: true,
            paged: true,
        }
    }

    #[test]
    fn pieces_hold_every_page_once_and_the_last_is_open() {
        let pieces = pieces_of(3, &table(), Some(2 * PAGES + 1), None);
        let ends: Vec<&str> = pieces
            .iter()
            .map(|p| p.statement.split(" WHERE ").nth(1).unwrap())
            .collect();
        assert_eq!(
            ends,
            [
                "ctid >= '(0,0)' AND ctid < '(256,0)') TO STDOUT",
                "ctid >= '(256,0)' AND ctid < '(512,0)') TO STDOUT",
                "ctid >= '(512,0)') TO STDOUT",
            ]
        );
        assert!(pieces.iter().all(|piece| piece.table == 3));
    }

    #[test]
    fn what_is_small_or_cannot_be_cut_is_one_piece() {
        let whole = "COPY (SELECT \"id\", \"x\"\"y\" FROM \"public\".\"a b\") TO STDOUT";
        for pages in [None, Some(0), Some(PAGES)] {
            let pieces = pieces_of(0, &table(), pages, None);
            assert_eq!(pieces.len(), 1);
            assert_eq!(pieces[0].statement, whole);
        }
    }

    #[test]
    fn a_condition_holds_in_every_piece() {
        let only = Some("(\"id\")::bigint BETWEEN 3 AND 5");
        for pages in [None, Some(2 * PAGES + 1)] {
            for piece in pieces_of(0, &table(), pages, only) {
                let condition = piece.statement.split_once(" WHERE ").unwrap().1;
                assert!(
                    condition.ends_with("(\"id\")::bigint BETWEEN 3 AND 5) TO STDOUT"),
                    "{condition}"
                );
            }
        }
    }
}
