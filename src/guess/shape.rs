//! The shape of a cell: digits as places, everything else as it stands, so that a column's ways of writing a date are
//! few and can be counted.

/// Longer cells are no dates.
const LONGEST: usize = 40;

/// English months, as logs and spreadsheets write them.
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// A cell's shape and its first numbers.
///
/// One or two digits are `D`, four are `Y`, any other run is `N` and its length; an English month is `M` (short) or `F`
/// (in full); other letters stand in small ones.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub text: String,
    /// The first three numbers, 0 where there are fewer.
    pub numbers: [u32; 3],
}

/// The shape of a cell; `None` for one that is too long or has no digit.
pub(super) fn shape(cell: &str) -> Option<Shape> {
    let cell = cell.trim();
    if cell.is_empty() || cell.len() > LONGEST || !cell.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut text = String::with_capacity(cell.len());
    let mut numbers = [0; 3];
    let mut known = 0;
    let mut rest = cell;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_digit() {
            let run = run(rest, |c| c.is_ascii_digit());
            match run.len() {
                1 | 2 => text.push('D'),
                4 => text.push('Y'),
                other => text.push_str(&format!("N{other}")),
            }
            if let Some(place) = numbers.get_mut(known) {
                *place = run.parse().unwrap_or(u32::MAX);
                known += 1;
            }
            rest = &rest[run.len()..];
        } else if first.is_alphabetic() {
            let run = run(rest, char::is_alphabetic);
            let word = run.to_lowercase();
            match month(&word) {
                Some(mark) => text.push(mark),
                None => text.push_str(&word),
            }
            rest = &rest[run.len()..];
        } else {
            text.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(Shape { text, numbers })
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    &text[..end]
}

/// The mark of a month's name. "May" is both short and full; it counts as short.
fn month(word: &str) -> Option<char> {
    let short = MONTHS.iter().find(|month| word.starts_with(**month))?;
    if word == *short {
        return Some('M');
    }
    let full = [
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    full.contains(&word).then_some('F')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: &str) -> String {
        shape(cell).unwrap().text
    }

    #[test]
    fn dates_written_alike_have_one_shape() {
        assert_eq!(text("29/2/2016 01:16"), "D/D/Y D:D");
        assert_eq!(text("1/12/2016 9:05"), text("29/2/2016 01:16"));
        assert_eq!(
            text("2011-10-11 13:42:22.688000+02:00"),
            "Y-D-D D:D:D.N6+D:D"
        );
        assert_eq!(text("2012-10-09T14:50:17Z"), "Y-D-DtD:D:Dz");
        assert_eq!(text("9 Oct 2012"), "D M Y");
        assert_eq!(text("9 October 2012"), "D F Y");
        assert_eq!(shape("05.01.2026").unwrap().numbers, [5, 1, 2026]);
    }

    #[test]
    fn long_cells_and_words_have_none() {
        assert_eq!(shape("Kırık ürün"), None);
        assert_eq!(shape(""), None);
        assert_eq!(shape(&"1".repeat(41)), None);
        assert_eq!(text("INC0000045"), "incN7");
    }
}
