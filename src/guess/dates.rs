//! From the shapes of a column to the forms in which it writes its dates.

use std::collections::BTreeMap;

use serde::Serialize;

use super::shape::Shape;

/// So many shapes of a column are told apart; a column of dates has a few.
const SHAPES: usize = 60;

/// A form of dates, with how often it came and where first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormSeen {
    /// As `instants` of a mapping takes it.
    pub form: String,
    pub rows: u64,
    /// Line of the first one in the file.
    pub line: u64,
    pub first: String,
}

/// How a column writes its dates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Dates {
    /// The most frequent form first.
    pub forms: Vec<FormSeen>,
    /// Cells that are dates.
    pub rows: u64,
    /// Cells that can be read with the day or with the month first, where nothing decides.
    pub either: u64,
    /// Whether some cells have the day first and others the month, in writing that looks the same.
    pub mixed: bool,
}

impl Dates {
    /// Adds what one shape stands for; shapes of one form (fractions of different length) are one.
    fn add(&mut self, seen: FormSeen) {
        match self.forms.iter_mut().find(|known| known.form == seen.form) {
            Some(known) => {
                known.rows += seen.rows;
                if seen.line < known.line {
                    known.line = seen.line;
                    known.first = seen.first;
                }
            }
            None => self.forms.push(seen),
        }
    }
}

/// The shapes of a column, counted.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    seen: BTreeMap<String, Seen>,
}

/// Cells of one shape, by what their first two small numbers admit.
#[derive(Debug, Default)]
struct Seen {
    /// The first can be no month.
    day_first: First,
    /// The second can be no month.
    month_first: First,
    either: First,
    /// Neither can be a month: no date.
    neither: u64,
}

/// How many cells, and the first of them.
#[derive(Debug, Default)]
struct First {
    rows: u64,
    line: u64,
    text: String,
}

impl First {
    fn add(&mut self, line: u64, text: &str) {
        if self.rows == 0 {
            self.line = line;
            text.clone_into(&mut self.text);
        }
        self.rows += 1;
    }
}

impl Shapes {
    /// Counts a cell.
    pub(super) fn add(&mut self, shape: &Shape, line: u64, text: &str) {
        if !self.seen.contains_key(&shape.text) && self.seen.len() >= SHAPES {
            return;
        }
        let seen = self.seen.entry(shape.text.clone()).or_default();
        // Behind a year stand month and day; else the year is the last.
        let [one, other] = match shape.text.starts_with('Y') {
            true => [shape.numbers[1], shape.numbers[2]],
            false => [shape.numbers[0], shape.numbers[1]],
        };
        match (one > 12, other > 12) {
            (true, false) => seen.day_first.add(line, text),
            (false, true) => seen.month_first.add(line, text),
            (false, false) => seen.either.add(line, text),
            (true, true) => seen.neither += 1,
        }
    }

    /// The forms that these shapes stand for.
    pub(super) fn dates(&self) -> Dates {
        let mut dates = Dates::default();
        for (shape, seen) in &self.seen {
            seen.add_to(&mut dates, shape);
        }
        dates
            .forms
            .sort_by(|a, b| b.rows.cmp(&a.rows).then(a.line.cmp(&b.line)));
        dates.rows = dates.forms.iter().map(|form| form.rows).sum();
        dates
    }
}

impl Seen {
    fn add_to(&self, dates: &mut Dates, shape: &str) {
        let Some((written, rest)) = Written::of(shape) else {
            return;
        };
        let Some(time) = time_of_day(rest) else {
            return;
        };
        let mut add = |order: Order, cells: &[&First]| {
            let rows: u64 = cells.iter().map(|first| first.rows).sum();
            let first = cells
                .iter()
                .filter(|first| first.rows > 0)
                .min_by_key(|first| first.line);
            if let (Some(first), Some(day)) = (first, written.day(order)) {
                dates.add(FormSeen {
                    form: whole(&day, &time),
                    rows,
                    line: first.line,
                    first: first.text.clone(),
                });
            }
        };
        match written.order {
            // A month's name, or a year in front, leaves no choice.
            Some(order) => add(order, &[&self.day_first, &self.month_first, &self.either]),
            None => match (self.day_first.rows > 0, self.month_first.rows > 0) {
                (true, true) => {
                    // What can be read both ways goes with the more frequent order, which is tried first.
                    if self.day_first.rows >= self.month_first.rows {
                        add(Order::DayFirst, &[&self.day_first, &self.either]);
                        add(Order::MonthFirst, &[&self.month_first]);
                    } else {
                        add(Order::MonthFirst, &[&self.month_first, &self.either]);
                        add(Order::DayFirst, &[&self.day_first]);
                    }
                    dates.mixed = true;
                    dates.either += self.either.rows;
                }
                (false, true) => add(Order::MonthFirst, &[&self.month_first, &self.either]),
                (true, false) => add(Order::DayFirst, &[&self.day_first, &self.either]),
                (false, false) => {
                    add(Order::DayFirst, &[&self.either]);
                    // With dots the day is first wherever dots are used.
                    if written.separator != '.' {
                        dates.either += self.either.rows;
                    }
                }
            },
        }
    }
}

/// Which of day and month comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    DayFirst,
    MonthFirst,
}

/// The day's part of a shape.
struct Written {
    /// What stands for the parts, such as `D.D.Y`.
    pattern: &'static str,
    separator: char,
    /// `None` where the cells have to decide.
    order: Option<Order>,
}

impl Written {
    /// The day at the beginning of a shape, and what follows it.
    fn of(shape: &str) -> Option<(Written, &str)> {
        const PATTERNS: [(&str, Option<Order>); 9] = [
            ("Y_D_D", Some(Order::MonthFirst)),
            ("D_D_Y", None),
            ("D_M_Y", Some(Order::DayFirst)),
            ("D_F_Y", Some(Order::DayFirst)),
            ("D_M_D", Some(Order::DayFirst)),
            ("M_D,_Y", Some(Order::MonthFirst)),
            ("F_D,_Y", Some(Order::MonthFirst)),
            ("Y_M_D", Some(Order::MonthFirst)),
            ("D_D_D", None),
        ];
        for separator in ['-', '/', '.', ' '] {
            for (pattern, order) in PATTERNS {
                // Numbers apart by spaces are no date.
                let named = pattern.contains(['M', 'F']);
                if separator == ' ' && !named {
                    continue;
                }
                let as_written = pattern.replace('_', separator.encode_utf8(&mut [0; 4]));
                if let Some(rest) = shape.strip_prefix(as_written.as_str()) {
                    // "D_D_D" must not be the beginning of "D_D_D.D".
                    let ends = rest
                        .chars()
                        .next()
                        .is_none_or(|c| matches!(c, ' ' | 't' | ','));
                    if ends {
                        let written = Written {
                            pattern,
                            separator,
                            order,
                        };
                        return Some((written, rest));
                    }
                }
            }
        }
        None
    }

    /// The form of the day.
    fn day(&self, order: Order) -> Option<String> {
        let form = match (self.pattern, order) {
            ("Y_D_D", Order::MonthFirst) => "%Y_%m_%d",
            ("Y_D_D", Order::DayFirst) => "%Y_%d_%m",
            ("D_D_Y", Order::DayFirst) => "%d_%m_%Y",
            ("D_D_Y", Order::MonthFirst) => "%m_%d_%Y",
            ("D_D_D", Order::DayFirst) => "%d_%m_%y",
            ("D_D_D", Order::MonthFirst) => "%m_%d_%y",
            ("D_M_Y", Order::DayFirst | Order::MonthFirst) => "%d_%b_%Y",
            ("D_F_Y", Order::DayFirst | Order::MonthFirst) => "%d_%B_%Y",
            ("D_M_D", Order::DayFirst | Order::MonthFirst) => "%d_%b_%y",
            ("M_D,_Y", Order::DayFirst | Order::MonthFirst) => "%b_%d,_%Y",
            ("F_D,_Y", Order::DayFirst | Order::MonthFirst) => "%B_%d,_%Y",
            ("Y_M_D", Order::DayFirst | Order::MonthFirst) => "%Y_%b_%d",
            _ => return None,
        };
        Some(form.replace('_', self.separator.encode_utf8(&mut [0; 4])))
    }
}

/// The form of what follows the day: nothing, or a time of day with or without its offset. `None` for anything else.
fn time_of_day(rest: &str) -> Option<String> {
    if rest.is_empty() {
        return Some(String::new());
    }
    let (lead, rest) = [(", ", ", "), (" ", " "), ("t", "T")]
        .into_iter()
        .find_map(|(mark, lead)| rest.strip_prefix(mark).map(|rest| (lead, rest)))?;
    let (mut form, rest) = match rest.strip_prefix("D:D:D") {
        Some(rest) => ("%H:%M:%S".to_owned(), rest),
        None => ("%H:%M".to_owned(), rest.strip_prefix("D:D")?),
    };
    let rest = match rest.strip_prefix('.') {
        Some(digits) => {
            form.push_str("%.f");
            let digits = digits.strip_prefix(['D', 'Y', 'N'])?;
            digits.trim_start_matches(|c: char| c.is_ascii_digit())
        }
        None => rest,
    };
    let offset = match rest {
        "" => "",
        "z" => "%#z",
        "+D:D" | "-D:D" => "%:z",
        "+Y" | "-Y" => "%z",
        " am" | " pm" => {
            form = form.replacen("%H", "%I", 1);
            " %p"
        }
        _ => return None,
    };
    Some(format!("{lead}{form}{offset}"))
}

/// Day and time together; what RFC 3339 covers is named so.
fn whole(day: &str, time: &str) -> String {
    let standard = ["T%H:%M:%S", " %H:%M:%S"].iter().any(|start| {
        time.strip_prefix(start)
            .is_some_and(|rest| matches!(rest, "%#z" | "%:z" | "%.f%#z" | "%.f%:z"))
    });
    if day == "%Y-%m-%d" && standard {
        "rfc3339".to_owned()
    } else {
        format!("{day}{time}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::shape;

    fn dates(cells: &[&str]) -> Dates {
        let mut shapes = Shapes::default();
        for (line, cell) in cells.iter().enumerate() {
            shapes.add(&shape(cell).unwrap(), line as u64 + 2, cell);
        }
        shapes.dates()
    }

    fn forms(cells: &[&str]) -> Vec<(String, u64, u64)> {
        dates(cells)
            .forms
            .into_iter()
            .map(|form| (form.form, form.rows, form.line))
            .collect()
    }

    #[test]
    fn two_ways_of_writing_in_one_column_are_two_forms_with_their_first_lines() {
        assert_eq!(
            forms(&[
                "05.01.2026 09:40",
                "06.01.2026 11:15",
                "2026-01-07 15:20:00"
            ]),
            [
                ("%d.%m.%Y %H:%M".to_owned(), 2, 2),
                ("%Y-%m-%d %H:%M:%S".to_owned(), 1, 4)
            ]
        );
    }

    #[test]
    fn one_day_beyond_the_twelfth_decides_the_order_of_all() {
        assert_eq!(
            forms(&["3/4/2016", "29/2/2016"]),
            [("%d/%m/%Y".to_owned(), 2, 2)]
        );
        assert_eq!(
            forms(&["3/4/2016", "2/29/2016"]),
            [("%m/%d/%Y".to_owned(), 2, 2)]
        );
        assert_eq!(dates(&["3/4/2016", "29/2/2016"]).either, 0);
    }

    #[test]
    fn an_order_that_nothing_decides_is_said_and_a_mixed_one_too() {
        let undecided = dates(&["3/4/2016", "5/6/2016"]);
        assert_eq!((undecided.either, undecided.mixed), (2, false));
        let mixed = dates(&["3/4/2016", "29/2/2016", "2/28/2016"]);
        assert_eq!((mixed.either, mixed.mixed, mixed.forms.len()), (1, true, 2));
        assert_eq!(mixed.forms[0].form, "%d/%m/%Y");
        assert_eq!((mixed.forms[1].rows, mixed.forms[1].line), (1, 4));
        // Dots decide by themselves.
        assert_eq!(dates(&["03.04.2016"]).either, 0);
    }

    #[test]
    fn offsets_fractions_and_names_of_months_are_known() {
        assert_eq!(forms(&["2011-10-11 13:42:22.688000+02:00"])[0].0, "rfc3339");
        assert_eq!(forms(&["2012-10-09T14:50:17Z"])[0].0, "rfc3339");
        assert_eq!(forms(&["2012-10-09T14:50Z"])[0].0, "%Y-%m-%dT%H:%M%#z");
        assert_eq!(forms(&["9 Oct 2012 3:05 PM"])[0].0, "%d %b %Y %I:%M %p");
        assert_eq!(forms(&["October 9, 2012"])[0].0, "%B %d, %Y");
    }

    #[test]
    fn fractions_of_different_length_are_one_form_with_its_earliest_line() {
        let seen = forms(&[
            "2011-10-11 13:42:22.688000+02:00",
            "2011-10-12 08:26:25.398+02:00",
            "2011-10-12 08:26:25+02:00",
        ]);
        assert_eq!(seen, [("rfc3339".to_owned(), 3, 2)]);
    }

    #[test]
    fn numbers_that_are_no_dates_give_no_form() {
        for cell in [
            "1.2.3.4",
            "99/99/2016",
            "12 34 5678",
            "INC0000045",
            "12:30",
            "2016-13",
        ] {
            assert_eq!(forms(&[cell]), [], "{cell}");
        }
    }
}
