//! A native chart, below the numbers that it plots.

use rust_xlsxwriter::{
    Chart as Native, ChartErrorBars, ChartErrorBarsType, ChartFormat, ChartLegendPosition,
    ChartLine, ChartMarker, ChartMarkerType, ChartRange, ChartSolidFill, ChartType, Color, Format,
    Formula, Worksheet, XlsxError,
};

use super::metric::letters;
use super::{Formats, plain};
use crate::charts::plotted::{Bars, Curves, DrawnAs, Form, Plotted, Series};
use crate::model::Chart;

/// Rows that a chart covers.
const ROWS: u32 = 20;
const PIXELS_A_ROW: u32 = 20;
const WIDE: u32 = 760;
/// Characters of a text alternative.
const MOST_OF_AN_ALTERNATIVE: usize = 255;
/// One hue from dark to light, told apart in grey print.
const FILLS: [u32; 6] = [
    0x0008_306B,
    0x0021_71B5,
    0x006B_AED6,
    0x00AE_CFE6,
    0x00D7_E4F0,
    0x00EE_F0F2,
];

/// Writes what is plotted at `row`, and the chart below it; answers the row below both.
pub(super) fn write(
    sheet: &mut Worksheet,
    name: &str,
    row: u32,
    chart: &Chart,
    plotted: &Plotted,
    formats: &Formats,
) -> Result<u32, XlsxError> {
    sheet.write_string_with_format(row, 0, plain(&chart.title), &formats.heading)?;
    let (mut native, last) = match plotted {
        Plotted::Bars(bars) => self::bars(sheet, name, row + 1, bars, formats)?,
        Plotted::Curves(curves) => self::curves(sheet, name, row + 1, curves, formats)?,
    };
    native.title().set_name(plain(&chart.title).as_str());
    native.set_alt_text(short(&chart.alt));
    native.legend().set_position(ChartLegendPosition::Bottom);
    native.set_width(WIDE);
    native.set_height(ROWS * PIXELS_A_ROW);
    sheet.insert_chart(last + 2, 0, &native)?;
    Ok(last + 3 + ROWS)
}

/// A text alternative as long as Excel takes one; the table beside the chart has the rest.
fn short(alt: &str) -> String {
    let mut text: String = plain(alt).chars().take(MOST_OF_AN_ALTERNATIVE).collect();
    if text.len() < alt.len() {
        text.pop();
        text.push('…');
    }
    text
}

/// Lines: the first stands out, the others differ in hue and lightness.
const LINES: [u32; 6] = [
    0x0008_306B,
    0x0054_5E69,
    0x00A6_6100,
    0x00D9_9A2B,
    0x006B_AED6,
    0x00AE_B6BF,
];

/// A chart, and its last row of data.
type Drawn = (Native, u32);

fn bars(
    sheet: &mut Worksheet,
    name: &str,
    row: u32,
    bars: &Bars,
    formats: &Formats,
) -> Result<Drawn, XlsxError> {
    let first = row + 1;
    let last = row + u32::try_from(bars.categories.len().max(1)).unwrap_or(1);
    for (at, category) in (first..).zip(&bars.categories) {
        sheet.write_string_with_format(at, 0, plain(category), &formats.text)?;
    }
    let mut native = Native::new(match bars.form {
        Form::Lying => ChartType::Bar,
        Form::Standing => ChartType::Column,
        Form::Stacked => ChartType::ColumnStacked,
        Form::Lines => ChartType::Line,
    });
    let mut line = None;
    let mut column = 1;
    let seen = bars
        .series
        .iter()
        .filter(|s| s.drawn == DrawnAs::Bar)
        .count();
    let mut fills = FILLS.iter().cycle();
    for (at, series) in bars.series.iter().enumerate() {
        sheet.write_string_with_format(row, column, plain(&series.name), &formats.header_number)?;
        numbers(sheet, first, last, column, series)?;
        let range = |column: u16| (name, first, column, last, column);
        let target = match series.drawn {
            DrawnAs::RunningShare => line.insert(Native::new(ChartType::Line)),
            DrawnAs::Bar | DrawnAs::Unseen => &mut native,
        };
        let added = target.add_series();
        added
            .set_name((name, row, column))
            .set_categories(range(0))
            .set_values(range(column));
        match series.drawn {
            DrawnAs::RunningShare => {
                added.set_secondary_axis(true);
            }
            DrawnAs::Unseen => {
                added.set_format(ChartFormat::new().set_no_fill().set_no_border());
            }
            DrawnAs::Bar => {
                let fill = fills.next().copied().unwrap_or(FILLS[1]);
                let fill = if seen == 1 { FILLS[1] } else { fill };
                if bars.form == Form::Lines {
                    let line = ChartLine::new()
                        .set_color(Color::RGB(LINES[at % LINES.len()]))
                        .clone();
                    added.set_format(ChartFormat::new().set_line(&line));
                } else {
                    let solid = ChartSolidFill::new().set_color(Color::RGB(fill)).clone();
                    added.set_format(ChartFormat::new().set_solid_fill(&solid));
                    added.set_gap(60);
                }
            }
        }
        column += 1;
        if let Some(intervals) = &series.intervals {
            let ends = ends(sheet, first, column, series, intervals)?;
            let at = |column: u16| ChartRange::new_from_range(name, first, column, last, column);
            let mut whiskers = ChartErrorBars::new();
            whiskers.set_type(ChartErrorBarsType::Custom(at(ends.1), at(ends.0)));
            // Along the values: these lie where the bars do.
            match bars.form {
                Form::Lying => added.set_x_error_bars(&whiskers),
                Form::Standing | Form::Stacked | Form::Lines => added.set_y_error_bars(&whiskers),
            };
            column += 2;
        }
    }
    if let Some(line) = &line {
        native.combine(line);
        native
            .y2_axis()
            .set_min(0.0)
            .set_max(100.0)
            .set_num_format("0\"%\"");
    }
    // What lies has its values on the horizontal axis; the first row stands on top, as in the table.
    let values = match bars.form {
        Form::Lying => {
            native.y_axis().set_reverse();
            native.x_axis()
        }
        Form::Standing | Form::Stacked | Form::Lines => native.y_axis(),
    };
    if let Some((from, to)) = bars.axis {
        values.set_min(from).set_max(to);
    }
    values.set_name(plain(&bars.unit).as_str());
    if seen == 1 && line.is_none() {
        native.legend().set_hidden();
    }
    Ok((native, last))
}

/// The values of a series; a running share is a formula over the column before it.
fn numbers(
    sheet: &mut Worksheet,
    first: u32,
    last: u32,
    column: u16,
    series: &Series,
) -> Result<(), XlsxError> {
    let of = letters(usize::from(column - 1));
    for (row, value) in (first..).zip(&series.values) {
        let Some(value) = value else { continue };
        match series.drawn {
            DrawnAs::RunningShare => {
                let formula = format!(
                    "=ROUND(100*SUM({of}${}:{of}{})/SUM({of}${}:{of}${}),1)",
                    first + 1,
                    row + 1,
                    first + 1,
                    last + 1
                );
                let formula = Formula::new(formula).set_result(value.to_string());
                let format = Format::new().set_num_format("0.0\"%\"");
                sheet.write_formula_with_format(row, column, formula, &format)?;
            }
            DrawnAs::Bar | DrawnAs::Unseen => {
                sheet.write_number_with_format(row, column, *value, &Formats::number(*value))?;
            }
        }
    }
    Ok(())
}

/// How far an interval reaches below and above its value; answers the two columns.
fn ends(
    sheet: &mut Worksheet,
    first: u32,
    column: u16,
    series: &Series,
    intervals: &[Option<(f64, f64)>],
) -> Result<(u16, u16), XlsxError> {
    for ((row, value), interval) in (first..).zip(&series.values).zip(intervals) {
        let (Some(value), Some((low, high))) = (value, interval) else {
            continue;
        };
        for (column, reach) in [(column, value - low), (column + 1, high - value)] {
            let reach = (reach * 10.0).round() / 10.0;
            sheet.write_number_with_format(row, column, reach, &Formats::number(reach))?;
        }
    }
    sheet.write_string(first - 1, column, "−")?;
    sheet.write_string(first - 1, column + 1, "+")?;
    Ok((column, column + 1))
}

fn curves(
    sheet: &mut Worksheet,
    name: &str,
    row: u32,
    curves: &Curves,
    formats: &Formats,
) -> Result<Drawn, XlsxError> {
    let mut native = Native::new(ChartType::ScatterStraight);
    let mut column = 0;
    let mut last = row;
    let lines = curves
        .curves
        .iter()
        .map(|(label, corners)| (label, corners, true));
    let marks = curves
        .points
        .iter()
        .map(|(label, corners)| (label, corners, false));
    for (label, corners, joined) in lines.chain(marks) {
        sheet.write_string_with_format(
            row,
            column,
            plain(&curves.x_title),
            &formats.header_number,
        )?;
        sheet.write_string_with_format(row, column + 1, plain(label), &formats.header_number)?;
        for (at, (x, y)) in (row + 1..).zip(corners) {
            sheet.write_number_with_format(at, column, *x, &Formats::number(*x))?;
            sheet.write_number_with_format(at, column + 1, *y, &Formats::number(*y))?;
        }
        let end = row + u32::try_from(corners.len().max(1)).unwrap_or(1);
        let added = native.add_series();
        added
            .set_name((name, row, column + 1))
            .set_categories((name, row + 1, column, end, column))
            .set_values((name, row + 1, column + 1, end, column + 1));
        if !joined {
            added.set_format(ChartFormat::new().set_no_line());
            added.set_marker(ChartMarker::new().set_type(ChartMarkerType::Circle));
        }
        last = last.max(end);
        column += 2;
    }
    native
        .x_axis()
        .set_name(plain(&curves.x_title).as_str())
        .set_min(0.0);
    native
        .y_axis()
        .set_name(plain(&curves.y_title).as_str())
        .set_min(0.0);
    if let Some(top) = curves.top {
        native.y_axis().set_max(top);
    }
    Ok((native, last))
}
