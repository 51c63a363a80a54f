//! Rows on their way from a session to the staged copy.

use crate::staging::cells::Cell;

/// Bytes of text after which a chunk is handed over.
const FULL: usize = 1 << 18;
/// Cells after which a chunk is handed over.
const FULL_CELLS: usize = 1 << 13;

/// Some rows: their cells one after the other, their texts in one piece of memory.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    texts: String,
    cells: Vec<Held>,
    pub rows: u64,
}

/// A cell, its text by its place in the common piece.
#[derive(Debug, Clone, Copy)]
enum Held {
    Missing,
    Text { from: usize, to: usize },
    Instant(i64),
}

impl Chunk {
    pub(super) fn push(&mut self, cell: Cell<'_>) {
        self.cells.push(match cell {
            Cell::Missing => Held::Missing,
            Cell::Instant(micros) => Held::Instant(micros),
            Cell::Text(text) => {
                let from = self.texts.len();
                self.texts.push_str(text);
                Held::Text {
                    from,
                    to: self.texts.len(),
                }
            }
        });
    }

    /// Whether it is worth handing over.
    pub(super) fn is_full(&self) -> bool {
        self.texts.len() >= FULL || self.cells.len() >= FULL_CELLS
    }

    /// The cells of each row.
    pub(super) fn rows(
        &self,
        columns: usize,
    ) -> impl Iterator<Item = impl Iterator<Item = Cell<'_>>> {
        self.cells
            .chunks(columns.max(1))
            .map(|row| row.iter().map(|held| self.cell(*held)))
    }

    fn cell(&self, held: Held) -> Cell<'_> {
        match held {
            Held::Missing => Cell::Missing,
            Held::Instant(micros) => Cell::Instant(micros),
            Held::Text { from, to } => Cell::Text(self.texts.get(from..to).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_out_as_they_went_in() {
        let mut chunk = Chunk::default();
        let cells = [
            Cell::Text("şikâyet"),
            Cell::Missing,
            Cell::Instant(7),
            Cell::Text(""),
            Cell::Text("x"),
            Cell::Missing,
        ];
        for cell in cells {
            chunk.push(cell);
        }
        let rows: Vec<Vec<Cell<'_>>> = chunk.rows(3).map(Iterator::collect).collect();
        assert_eq!(rows, [cells[..3].to_vec(), cells[3..].to_vec()]);
        assert!(!chunk.is_full());
    }
}
