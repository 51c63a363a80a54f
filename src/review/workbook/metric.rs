//! A sheet of one metric as it was counted: one heading that stays in sight, filters, numbers as numbers.

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Worksheet, XlsxError};

use super::{Formats, for_paper, plain};
use redress_engine::counted::{Counted, Value};

/// Rows of a sheet.
const MOST_ROWS: usize = 1_000_000;
/// What the share in time is made of, where a metric has all three.
const JUDGED: [&str; 3] = ["met", "missed", "open_late"];

/// Writes a metric.
pub(super) fn write(
    sheet: &mut Worksheet,
    table: &Counted,
    formats: &Formats,
) -> Result<(), XlsxError> {
    for (column, name) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(0, column, name, &formats.header)?;
        sheet.set_column_width(column, width(table, column as usize))?;
    }
    sheet.set_freeze_panes(1, 0)?;
    let days = Format::new().set_num_format("yyyy-mm-dd");
    for (row, cells) in (1..).zip(table.rows.iter().take(MOST_ROWS)) {
        for (column, value) in (0..).zip(cells) {
            match value {
                Value::Null => {}
                Value::Flag(flag) => {
                    sheet.write_boolean(row, column, *flag)?;
                }
                Value::Count(n) => {
                    let format = Format::new().set_num_format("#,##0");
                    sheet.write_number_with_format(row, column, *n as f64, &format)?;
                }
                Value::Real(real) if real.is_finite() => {
                    sheet.write_number(row, column, *real)?;
                }
                Value::Real(real) => {
                    sheet.write_string(row, column, real.to_string())?;
                }
                Value::Day(day) => {
                    use chrono::Datelike as _;
                    let date = u16::try_from(day.year()).ok().and_then(|year| {
                        let (month, day) = (day.month() as u8, day.day() as u8);
                        ExcelDateTime::from_ymd(year, month, day).ok()
                    });
                    match date {
                        Some(date) => {
                            sheet.write_datetime_with_format(row, column, &date, &days)?
                        }
                        // Before 1900.
                        None => sheet.write_string(row, column, day.to_string())?,
                    };
                }
                Value::Text(text) => {
                    sheet.write_string(row, column, plain(text))?;
                }
            }
        }
    }
    if let (Ok(last), Ok(column)) = (
        u32::try_from(table.rows.len().min(MOST_ROWS)),
        u16::try_from(table.columns.len()),
    ) && column > 0
    {
        sheet.autofilter(0, 0, last, column - 1)?;
        in_time(sheet, table, column, formats)?;
    }
    for_paper(sheet);
    Ok(())
}

/// The share in time beside its counts, as a formula: met / (met + missed + open_late).
fn in_time(
    sheet: &mut Worksheet,
    table: &Counted,
    column: u16,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let places: Option<Vec<usize>> = JUDGED.iter().map(|name| table.position(name)).collect();
    let Some(places) = places else {
        return Ok(());
    };
    let letters: Vec<String> = places.iter().map(|place| letters(*place)).collect();
    sheet.write_string_with_format(0, column, "met / judged", &formats.header)?;
    sheet.set_column_width(column, 14)?;
    let format = Format::new().set_num_format("0.0%");
    for (index, (row, cells)) in (1_u32..).zip(table.rows.iter().take(MOST_ROWS)).enumerate() {
        let count = |name: &str| table.count(index, name) as f64;
        let judged: f64 = JUDGED.iter().map(|name| count(name)).sum();
        if judged == 0.0 || cells.is_empty() {
            continue;
        }
        let line = row + 1;
        let sum: Vec<String> = letters.iter().map(|l| format!("{l}{line}")).collect();
        let formula = format!("={}{line}/({})", letters[0], sum.join("+"));
        let result = (count("met") / judged).to_string();
        let formula = Formula::new(formula).set_result(result);
        sheet.write_formula_with_format(row, column, formula, &format)?;
    }
    Ok(())
}

/// The letters of a column: A, B, … AA.
pub(super) fn letters(place: usize) -> String {
    let mut name = String::new();
    let mut left = place + 1;
    while left > 0 {
        let digit = (left - 1) % 26;
        name.insert(0, char::from(b'A' + digit as u8));
        left = (left - 1) / 26;
    }
    name
}

/// Characters that a column needs, within reason.
fn width(table: &Counted, column: usize) -> f64 {
    let heading = table
        .columns
        .get(column)
        .map_or(0, |name| name.chars().count());
    let longest = table
        .rows
        .iter()
        .take(200)
        .filter_map(|row| row.get(column))
        .map(|value| value.as_text().chars().count())
        .max()
        .unwrap_or(0);
    (heading.max(longest) as f64 + 3.0).clamp(8.0, 60.0)
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn columns_have_letters() {
        assert_eq!(
            [0, 25, 26, 51, 52, 701, 702].map(letters),
            ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
        );
    }
}
