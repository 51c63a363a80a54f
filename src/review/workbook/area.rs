//! A sheet of one area: its texts, tables and charts, one below the other.

use rust_xlsxwriter::{Format, Worksheet, XlsxError};

use super::chart;
use super::{FIRST_WIDTH, Formats, LINE, WIDTH, for_paper, plain};
use crate::charts::plotted::plotted;
use crate::model::{Block, Cell, ReviewModel, Section, Table};

/// Characters in a line of a paragraph over [`PARAGRAPH_COLUMNS`] columns.
const PARAGRAPH_WIDTH: usize = 130;
const PARAGRAPH_COLUMNS: u16 = 6;
/// The area's title and its reference; they stay in sight.
const HEAD: u32 = 2;

/// Writes an area.
pub(super) fn write(
    sheet: &mut Worksheet,
    name: &str,
    section: &Section,
    model: &ReviewModel,
    formats: &Formats,
) -> Result<(), XlsxError> {
    sheet.set_column_width(0, FIRST_WIDTH)?;
    for column in 1..24 {
        sheet.set_column_width(column, WIDTH)?;
    }
    sheet.write_string_with_format(0, 0, plain(&section.title), &formats.title)?;
    sheet.write_string_with_format(1, 0, plain(&section.reference), &formats.soft)?;
    sheet.set_freeze_panes(HEAD, 1)?;
    let mut row = HEAD + 1;
    for block in &section.blocks {
        row = match block {
            Block::Heading { text } => {
                sheet.write_string_with_format(row, 0, plain(text), &formats.heading)?;
                row + 1
            }
            Block::Text { text } | Block::Absent { text } => {
                paragraph(sheet, row, text, formats)?;
                row + 2
            }
            Block::Check { text, outcome, .. } => {
                sheet.write_string(row, 0, plain(text))?;
                sheet.write_string_with_format(row, 1, plain(outcome), &formats.caption)?;
                row + 2
            }
            Block::Table { table } => self::table(sheet, row, table, formats)? + 1,
            Block::Chart { chart } => {
                let after = self::table(sheet, row, &chart.table, formats)? + 1;
                chart::write(sheet, name, after, chart, &plotted(chart), formats)? + 1
            }
            Block::Cases { title, lists } => {
                sheet.write_string_with_format(row, 0, plain(title), &formats.heading)?;
                let mut row = row + 1;
                for list in lists {
                    let caption = format!("{} ({})", list.title, list.shown);
                    sheet.write_string_with_format(row, 0, plain(&caption), &formats.caption)?;
                    for (column, title) in (0..).zip(&list.columns) {
                        let title = plain(title);
                        sheet.write_string_with_format(row + 1, column, title, &formats.header)?;
                    }
                    fit(sheet, row + 1, list.columns.iter().map(String::as_str))?;
                    row += 2;
                    for cells in &list.rows {
                        fit(sheet, row, cells.iter().map(String::as_str))?;
                        for (column, cell) in (0..).zip(cells) {
                            sheet.write_string_with_format(
                                row,
                                column,
                                plain(cell),
                                &formats.text,
                            )?;
                        }
                        row += 1;
                    }
                    let command = format!("{} {}", model.labels.drill, list.command);
                    sheet.write_string_with_format(row, 0, plain(&command), &formats.command)?;
                    row += 2;
                }
                row
            }
            Block::Facts { facts } => {
                let mut row = row;
                for fact in facts {
                    sheet.write_string_with_format(row, 0, plain(&fact.name), &formats.soft)?;
                    sheet.write_string_with_format(row, 1, plain(&fact.value), &formats.soft)?;
                    row += 1;
                }
                row + 1
            }
            Block::Command { text, command } => {
                let text = format!("{text} {command}");
                sheet.write_string_with_format(row, 0, plain(&text), &formats.command)?;
                row + 2
            }
        };
    }
    for_paper(sheet);
    Ok(())
}

/// A text over several columns, in a row as high as it needs.
fn paragraph(
    sheet: &mut Worksheet,
    row: u32,
    text: &str,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let text = plain(text);
    let lines: usize = text
        .lines()
        .map(|line| line.chars().count() / PARAGRAPH_WIDTH + 1)
        .sum();
    sheet.set_row_height(row, LINE * lines.max(1) as f64)?;
    sheet.merge_range(row, 0, row, PARAGRAPH_COLUMNS, &text, &formats.wrapped)?;
    Ok(())
}

/// Makes a row as high as the cell that needs most lines: not every program does that by itself.
fn fit<'a>(
    sheet: &mut Worksheet,
    row: u32,
    cells: impl Iterator<Item = &'a str>,
) -> Result<(), XlsxError> {
    let lines = cells
        .enumerate()
        .map(|(column, text)| {
            let width = if column == 0 { FIRST_WIDTH } else { WIDTH };
            super::lines(text, width)
        })
        .max()
        .unwrap_or(1);
    if lines > 1 {
        sheet.set_row_height(row, LINE * lines as f64)?;
    }
    Ok(())
}

/// A table with caption and heading; answers the row below it.
fn table(
    sheet: &mut Worksheet,
    row: u32,
    table: &Table,
    formats: &Formats,
) -> Result<u32, XlsxError> {
    sheet.write_string_with_format(row, 0, plain(&table.caption), &formats.caption)?;
    for (column, heading) in (0..).zip(&table.columns) {
        let format = if heading.number {
            &formats.header_number
        } else {
            &formats.header
        };
        sheet.write_string_with_format(row + 1, column, plain(&heading.title), format)?;
    }
    let headings = table.columns.iter().map(|column| column.title.as_str());
    fit(sheet, row + 1, headings)?;
    let mut row = row + 2;
    for cells in &table.rows {
        for ((column, cell), heading) in (0..).zip(cells).zip(&table.columns) {
            // What says more than a number stands below its numbers all the same.
            let text = match heading.number {
                true => &formats.text_of_number,
                false => &formats.text,
            };
            self::cell(sheet, row, column, cell, text)?;
        }
        fit(sheet, row, cells.iter().map(|cell| cell.text.as_str()))?;
        row += 1;
    }
    Ok(row)
}

/// The number where the cell is one and says no more than it; else the text, so that nothing is lost.
fn cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    text: &Format,
) -> Result<(), XlsxError> {
    match cell.number.filter(|number| says_only(&cell.text, *number)) {
        Some(number) if cell.text.contains('%') => {
            sheet.write_number_with_format(row, column, number, &percent(number))?;
        }
        Some(number) => {
            sheet.write_number_with_format(row, column, number, &Formats::number(number))?;
        }
        None => {
            sheet.write_string_with_format(row, column, plain(&cell.text), text)?;
        }
    }
    Ok(())
}

/// Percent as the page counts them (0 to 100), with the sign.
fn percent(number: f64) -> Format {
    let places = if (number - number.round()).abs() < 1e-9 {
        "0"
    } else {
        "0.0"
    };
    Formats::number(number).set_num_format(format!("{places}\"%\""))
}

/// Whether a text holds the number and nothing beside it but its sign of percent and separators.
fn says_only(text: &str, number: f64) -> bool {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let strange = text
        .chars()
        .any(|c| !(c.is_ascii_digit() || c.is_whitespace() || ".,%-−'’".contains(c)));
    let shown = digits(text);
    let written = digits(&format!("{:.4}", number.abs()));
    !strange
        && !shown.is_empty()
        && written
            .trim_end_matches('0')
            .starts_with(shown.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::says_only;

    #[test]
    fn only_a_bare_number_becomes_one() {
        assert!(says_only("1,234", 1234.0));
        assert!(says_only("1 234", 1234.0));
        assert!(says_only("%93,2", 93.2));
        assert!(says_only("93.2%", 93.2));
        assert!(says_only("0", 0.0));
        assert!(!says_only("12 of 15", 80.0));
        assert!(!says_only("–", 3.0));
        assert!(!says_only("93.2% (91.0 to 95.1)", 93.2));
        assert!(!says_only("0.87 (0.61–1.22)", 0.87));
    }
}
