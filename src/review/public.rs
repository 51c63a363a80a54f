//! An edition of the review for the public: no list of cases, nothing that people wrote, and no figure of a few from which
//! somebody could be known.
//!
//! Names of staff and words of complainants go first. In a table, a row that tells a number of one to four is emptied as
//! a whole, with the shares and rates that follow from it. Where just one row of a table was emptied, it would follow
//! from a total and the others, so the smallest of the others is emptied too. A chart is drawn of the rows that are
//! left. Sentences with such a number are left out. Two editions that overlap would give away what each keeps
//! ([`editions`]).

mod charts;
pub mod editions;

use super::model::{Block, Cell, Head, ReviewModel, Section, Table, Tile};
use super::words::Words;

/// The smallest number of complaints that is shown.
pub const SMALLEST: u64 = 5;

/// Sections that hold figures only. The others have texts of complainants or staff, names of staff, or decisions.
const SECTIONS: [&str; 14] = [
    "indicators",
    "changes",
    "remedies",
    "sla",
    "overall",
    "ack",
    "volume",
    "stock",
    "ageing",
    "answers",
    "categories",
    "exposure",
    "time",
    "definitions",
];
/// Sections whose sentences tell no number of complaints: those about the review itself, and on tests and limits.
const SAYING_NO_NUMBERS: [&str; 2] = ["changes", "definitions"];
/// What stands in the place of a figure.
const LEFT_OUT: &str = "·";

/// The edition; its first page says that it is one.
#[must_use]
pub fn edition(model: ReviewModel, words: &Words) -> ReviewModel {
    let sections = model
        .sections
        .into_iter()
        .filter(|section| SECTIONS.contains(&section.id.as_str()))
        .map(|part| section(part, words))
        .collect();
    ReviewModel {
        head: head(model.head, words.text("head.public")),
        findings: Vec::new(),
        clear: Vec::new(),
        sections,
        ..model
    }
}

fn head(head: Head, notice: String) -> Head {
    Head {
        tiles: head.tiles.into_iter().map(tile).collect(),
        public: Some(notice),
        ..head
    }
}

fn tile(tile: Tile) -> Tile {
    let few = tells_few(&tile.figure) || tells_few(&tile.beside);
    match few {
        true => Tile {
            figure: LEFT_OUT.to_owned(),
            beside: String::new(),
            ..tile
        },
        false => tile,
    }
}

fn section(section: Section, words: &Words) -> Section {
    let may_tell = !SAYING_NO_NUMBERS.contains(&section.id.as_str());
    let mut blocks = Vec::with_capacity(section.blocks.len());
    for block in section.blocks {
        match block {
            Block::Cases { .. } | Block::Command { .. } => {}
            Block::Text { ref text } | Block::Absent { ref text }
                if may_tell && tells_few(text) => {}
            Block::Check { ref text, .. } if tells_few(text) => {}
            Block::Text { .. }
            | Block::Absent { .. }
            | Block::Check { .. }
            | Block::Heading { .. }
            | Block::Facts { .. } => blocks.push(block),
            Block::Table { table } => blocks.push(Block::Table {
                table: safe(table).0,
            }),
            Block::Chart { chart } => {
                let (table, emptied) = safe(chart.table.clone());
                blocks.extend(charts::shown(*chart, table, emptied, words));
            }
        }
    }
    Section { blocks, ..section }
}

/// The table without links and without what tells of a few, and whether anything was emptied.
fn safe(mut table: Table) -> (Table, bool) {
    table
        .rows
        .retain(|row| !row.first().is_some_and(|cell| cell.inside));
    for cell in table.rows.iter_mut().flatten() {
        cell.link = None;
        if cell.inside {
            *cell = Cell::text(LEFT_OUT);
        }
    }
    let few = |row: &Vec<Cell>| {
        row.iter()
            .flat_map(|cell| &cell.counts)
            .any(|count| (1..SMALLEST).contains(count))
    };
    let mut emptied: Vec<usize> = (0..table.rows.len())
        .filter(|at| few(&table.rows[*at]))
        .collect();
    if let [only] = emptied.as_slice() {
        let size = |at: usize| {
            let counts = table.rows[at].iter().flat_map(|cell| &cell.counts);
            counts.copied().max().unwrap_or(0)
        };
        let other = (0..table.rows.len())
            .filter(|at| at != only && size(*at) > 0)
            .min_by_key(|at| size(*at));
        emptied.extend(other);
    }
    for at in &emptied {
        for cell in table.rows[*at].iter_mut().skip(1) {
            *cell = Cell::text(LEFT_OUT);
        }
    }
    if tells_few(&table.caption) {
        table.caption = table.name.replace('_', " ");
    }
    let any = !emptied.is_empty();
    (table, any)
}

/// Whether a number from one to four stands in a text by itself: no part of a longer number, a decimal or a code.
fn tells_few(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (0..chars.len()).any(|at| {
        let before = at.checked_sub(1).map(|i| chars[i]);
        let after = chars.get(at + 1).copied();
        let beyond = chars.get(at + 2).copied();
        let of_number = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let decimal = matches!(after, Some('.' | ',' | '\u{a0}')) && of_number(beyond);
        let follows = matches!(before, Some('.' | ',' | '-' | '–' | '\u{a0}' | '%'))
            || before.is_some_and(char::is_alphanumeric);
        ('1'..='4').contains(&chars[at])
            && !follows
            && !decimal
            && !of_number(after)
            && !matches!(after, Some('%' | '-' | '–'))
            && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Column;

    #[test]
    fn numbers_of_a_few_are_told_from_others() {
        for text in [
            "3 of 25",
            "of 4.",
            "Processing: 2",
            "(1)",
            "0–7: 20; over 90: 2.",
        ] {
            assert!(tells_few(text), "{text}");
        }
        for text in [
            "13 of 25",
            "8.2",
            "ISO 10002, 8.2",
            "3.5",
            "M1",
            "2026-Q3",
            "21",
            "0",
            "4%",
        ] {
            assert!(!tells_few(text), "{text}");
        }
    }

    fn table(rows: &[(&str, u64)]) -> Table {
        let rows = rows
            .iter()
            .map(|(name, n)| {
                vec![
                    Cell::text(*name),
                    Cell::number(n.to_string(), *n as f64).telling(&[*n]),
                    Cell::number("1.2", 1.2),
                ]
            })
            .collect();
        Table {
            name: "categories".to_owned(),
            caption: "Categories".to_owned(),
            columns: Vec::<Column>::new(),
            rows,
            folded: false,
            form: false,
        }
    }

    fn shown(table: &Table) -> Vec<&str> {
        table.rows.iter().map(|row| row[1].text.as_str()).collect()
    }

    #[test]
    fn a_row_of_a_few_is_emptied_and_with_a_single_one_the_next_smallest() {
        let (one, emptied) = safe(table(&[("a", 40), ("b", 3), ("c", 12), ("all", 55)]));
        assert!(emptied);
        // 55 - 40 - 12 would give it away.
        assert_eq!(shown(&one), ["40", "·", "·", "55"]);
        assert_eq!(one.rows[1][2].text, "·");
        let (two, _) = safe(table(&[("a", 40), ("b", 3), ("c", 2), ("all", 45)]));
        assert_eq!(shown(&two), ["40", "·", "·", "45"]);
        let (none, emptied) = safe(table(&[("a", 40), ("b", 5), ("c", 0)]));
        assert!(!emptied);
        assert_eq!(shown(&none), ["40", "5", "0"]);
    }
}
