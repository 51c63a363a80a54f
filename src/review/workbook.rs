//! The review as a spreadsheet: a sheet for the decisions, one for each area with its tables and native charts, and one
//! for each metric as it was counted.

mod area;
mod chart;
mod metric;

use std::collections::BTreeSet;

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Url, Workbook,
    Worksheet, XlsxError,
};

use super::model::ReviewModel;
use redress_engine::counted::Counted;

/// Characters that one cell holds; the rest of a longer text is cut.
const MOST_CHARACTERS: usize = 32_000;
/// Characters of a sheet's name.
const MOST_OF_A_NAME: usize = 31;
/// Width of the columns, in characters.
const FIRST_WIDTH: f64 = 44.0;
const WIDTH: f64 = 16.0;
/// Height of a line, in points.
const LINE: f64 = 15.0;

/// The formats of the whole book.
struct Formats {
    title: Format,
    heading: Format,
    caption: Format,
    soft: Format,
    wrapped: Format,
    header: Format,
    header_number: Format,
    text: Format,
    /// Words in a column of numbers.
    text_of_number: Format,
    command: Format,
}

impl Formats {
    fn new() -> Self {
        let rule = Color::RGB(0x00B4_BCC5);
        let ink = Color::RGB(0x001B_2128);
        let soft = Color::RGB(0x0054_5E69);
        let header = Format::new()
            .set_bold()
            .set_font_color(ink)
            .set_background_color(Color::RGB(0x00E4_EDF5))
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(rule)
            .set_text_wrap()
            .set_align(FormatAlign::Top);
        let top = Format::new().set_align(FormatAlign::Top);
        Formats {
            title: Format::new()
                .set_bold()
                .set_font_size(15)
                .set_font_color(ink),
            heading: Format::new()
                .set_bold()
                .set_font_size(12)
                .set_font_color(ink),
            caption: Format::new().set_bold().set_font_color(soft),
            soft: Format::new().set_font_color(soft),
            wrapped: top.clone().set_text_wrap(),
            header_number: header.clone().set_align(FormatAlign::Right),
            header,
            text_of_number: top.clone().set_text_wrap().set_align(FormatAlign::Right),
            text: top.set_text_wrap(),
            command: Format::new().set_font_name("Consolas").set_font_color(soft),
        }
    }

    /// A number with as many decimal places as it was rounded to.
    fn number(value: f64) -> Format {
        let places = (0..=4)
            .find(|places| {
                let scaled = value * 10_f64.powi(*places);
                (scaled - scaled.round()).abs() < 1e-6
            })
            .unwrap_or(4);
        let format = match places {
            0 => "#,##0".to_owned(),
            n => format!("#,##0.{}", "0".repeat(n as usize)),
        };
        Format::new()
            .set_num_format(format)
            .set_align(FormatAlign::Top)
    }
}

/// Makes the spreadsheet of a review; `tables` are the metrics as counted. The same review gives the same bytes.
///
/// # Errors
/// When a text or table does not fit a sheet.
pub fn workbook(model: &ReviewModel, tables: &[(String, Counted)]) -> Result<Vec<u8>, XlsxError> {
    let formats = Formats::new();
    let mut book = Workbook::new();
    // A fixed day: a file must not tell when it was made, but what from.
    book.set_properties(
        &DocProperties::new()
            .set_title(plain(&format!(
                "{} {}",
                model.head.title, model.head.period
            )))
            .set_company(plain(&model.head.organisation))
            .set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?),
    );
    let mut taken = BTreeSet::new();
    let first = match &model.head.public {
        None => &model.labels.decisions,
        Some(_) => &model.labels.figures,
    };
    let first = sheet_name(first, None, &mut taken);
    let names: Vec<String> = (1..)
        .zip(&model.sections)
        .map(|(number, section)| sheet_name(&section.title, Some(number), &mut taken))
        .collect();
    decisions(
        book.add_worksheet().set_name(&first)?,
        model,
        &names,
        &formats,
    )?;
    for (section, name) in model.sections.iter().zip(&names) {
        let sheet = book.add_worksheet().set_name(name)?;
        area::write(sheet, name, section, model, &formats)?;
    }
    for (id, table) in tables {
        let name = sheet_name(id, None, &mut taken);
        metric::write(book.add_worksheet().set_name(&name)?, table, &formats)?;
    }
    book.save_to_buffer()
}

/// The first sheet: what the meeting must decide.
fn decisions(
    sheet: &mut Worksheet,
    model: &ReviewModel,
    names: &[String],
    formats: &Formats,
) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 14)?;
    sheet.set_column_width(1, 60)?;
    sheet.set_column_width(2, 44)?;
    sheet.set_column_width(3, 44)?;
    sheet.set_column_width(4, 30)?;
    let head = &model.head;
    sheet.write_string_with_format(0, 0, plain(&head.title), &formats.title)?;
    for (row, text) in (1..).zip([&head.organisation, &head.period, &head.as_of, &head.source]) {
        sheet.write_string_with_format(row, 0, plain(text), &formats.soft)?;
    }
    let mut row = 6;
    if let Some(text) = &head.provisional {
        let text = format!("{}. {text}", model.labels.provisional);
        sheet.write_string_with_format(row, 0, plain(&text), &formats.caption)?;
        row += 2;
    }
    for tile in &head.tiles {
        sheet.write_string_with_format(row, 0, plain(&tile.figure), &formats.heading)?;
        sheet.write_string(row, 1, plain(&tile.label))?;
        sheet.write_string_with_format(row, 2, plain(&tile.beside), &formats.soft)?;
        row += 1;
    }
    row += 1;
    // What the meeting decides is nothing for the public.
    if let Some(notice) = &head.public {
        sheet.write_string_with_format(row, 0, plain(notice), &formats.caption)?;
        row += 1;
    } else {
        row = asked(sheet, row, model, names, formats)?;
    }
    row += 2;
    for text in &head.warnings {
        sheet.write_string_with_format(row, 0, plain(text), &formats.soft)?;
        row += 1;
    }
    row += 1;
    sheet.write_string_with_format(row, 0, plain(&model.labels.contents), &formats.heading)?;
    for (section, name) in model.sections.iter().zip(names) {
        row += 1;
        let url = Url::new(format!("internal:'{name}'!A1")).set_text(plain(&section.title));
        sheet.write_url(row, 0, url)?;
    }
    for_paper(sheet);
    Ok(())
}

/// The findings from `row` on, and what was looked at and asks for nothing; answers the row below them.
fn asked(
    sheet: &mut Worksheet,
    row: u32,
    model: &ReviewModel,
    names: &[String],
    formats: &Formats,
) -> Result<u32, XlsxError> {
    let mut row = row;
    sheet.write_string_with_format(row, 0, plain(&model.labels.decisions), &formats.heading)?;
    row += 1;
    let section_of = |link: &str| {
        let place = model.sections.iter().position(|s| s.id == link)?;
        names.get(place)
    };
    if model.findings.is_empty() {
        sheet.write_string(row, 0, plain(&model.labels.nothing))?;
        row += 1;
    }
    for finding in &model.findings {
        sheet.write_string_with_format(row, 0, plain(&finding.figure), &formats.heading)?;
        sheet.write_string_with_format(row, 1, plain(&finding.sentence), &formats.wrapped)?;
        sheet.write_string_with_format(row, 2, plain(&finding.detail), &formats.wrapped)?;
        sheet.write_string_with_format(row, 3, plain(&finding.decision), &formats.wrapped)?;
        let high = [
            (&finding.sentence, 60.0),
            (&finding.detail, 44.0),
            (&finding.decision, 44.0),
        ]
        .map(|(text, width)| lines(text, width))
        .into_iter()
        .max()
        .unwrap_or(1);
        sheet.set_row_height(row, LINE * high as f64)?;
        if let Some(name) = section_of(&finding.link) {
            let url = Url::new(format!("internal:'{name}'!A1")).set_text(plain(&finding.link_text));
            sheet.write_url(row, 4, url)?;
        }
        row += 1;
    }
    if !model.clear.is_empty() {
        row += 1;
        sheet.write_string_with_format(row, 0, plain(&model.labels.clear), &formats.heading)?;
        for text in &model.clear {
            row += 1;
            sheet.write_string(row, 0, plain(text))?;
        }
    }
    Ok(row)
}

/// Lines that a text takes in a column of so many characters; words are not cut.
fn lines(text: &str, width: f64) -> usize {
    // A column's width is counted in figures; bold and Cyrillic letters are as wide.
    let room = width as usize;
    text.split('\n')
        .map(|line| {
            let (mut lines, mut used) = (1, 0);
            for word in line.split(' ') {
                let length = word.chars().count();
                if used > 0 && used + 1 + length > room {
                    lines += 1;
                    used = 0;
                }
                used += length + usize::from(used > 0);
                // A word that is longer than the column goes on in the next line.
                while used > room.max(1) {
                    lines += 1;
                    used -= room.max(1);
                }
            }
            lines
        })
        .sum()
}

/// A4 on its side, as wide as one page.
fn for_paper(sheet: &mut Worksheet) {
    sheet.set_paper_size(9);
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
}

/// A name that a sheet may have, not taken yet.
fn sheet_name(title: &str, number: Option<usize>, taken: &mut BTreeSet<String>) -> String {
    let safe: String = plain(title)
        .chars()
        .map(|c| match c {
            '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'' | '\n' => ' ',
            other => other,
        })
        .collect();
    let head = number.map(|n| format!("{n} ")).unwrap_or_default();
    for attempt in 1_u32.. {
        let tail = match attempt {
            1 => String::new(),
            n => format!(" {n}"),
        };
        // Excel counts UTF-16 units.
        let mut room = MOST_OF_A_NAME.saturating_sub(head.len() + tail.len());
        let mut middle = String::new();
        for c in safe.trim().chars() {
            let Some(left) = room.checked_sub(c.len_utf16()) else {
                break;
            };
            room = left;
            middle.push(c);
        }
        let name = format!("{head}{}{tail}", middle.trim_end());
        if !name.is_empty() && taken.insert(name.to_lowercase()) {
            return name;
        }
    }
    title.to_owned()
}

/// Text as a cell may hold it: no control characters, and not longer than fits.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .take(MOST_CHARACTERS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sheets_fit_and_differ() {
        let mut taken = BTreeSet::new();
        assert_eq!(sheet_name("a/b [c]?", Some(3), &mut taken), "3 a b  c");
        let long = "Сводные показатели рассмотрения жалоб";
        let first = sheet_name(long, None, &mut taken);
        let second = sheet_name(long, None, &mut taken);
        assert_ne!(first, second);
        assert!(first.chars().count() <= 31 && second.chars().count() <= 31);
        // Surrogate pairs count twice.
        let emoji = sheet_name(&"🎨".repeat(40), None, &mut taken);
        assert_eq!(emoji.chars().count(), 15);
    }

    #[test]
    fn lines_are_counted_by_words() {
        assert_eq!(lines("short", 10.0), 1);
        assert_eq!(lines("one two three", 10.0), 2);
        assert_eq!(lines("one\ntwo", 10.0), 2);
        assert_eq!(lines(&"x".repeat(27), 10.0), 3);
    }

    #[test]
    fn numbers_show_the_places_they_were_rounded_to() {
        let shown = |value: f64| format!("{:?}", Formats::number(value));
        assert!(shown(12.0).contains("\"#,##0\""));
        assert!(shown(93.2).contains("\"#,##0.0\""));
        assert!(shown(0.25).contains("\"#,##0.00\""));
    }
}
