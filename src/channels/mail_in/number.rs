//! The numbers of cases that a subject names.

/// What looks like a number of this register (`2026-000123`, or `2026-000123-2`), in the order of the subject.
pub fn numbers(subject: &str) -> Vec<String> {
    // Programs that write for people put other strokes in the place of a hyphen.
    let plain: String = subject
        .chars()
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' => '-',
            other => other,
        })
        .collect();
    let mut found: Vec<String> = Vec::new();
    for piece in plain.split(|c: char| !(c.is_alphanumeric() || c == '-')) {
        let piece = piece.trim_matches('-');
        if is_number(piece) && !found.iter().any(|known| known == piece) {
            found.push(piece.to_owned());
        }
    }
    found
}

fn is_number(piece: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = piece.split('-');
    let year = parts
        .next()
        .is_some_and(|year| year.len() == 4 && digits(year));
    let count = parts
        .next()
        .is_some_and(|count| (6..=12).contains(&count.len()) && digits(count));
    let suffix = parts
        .next()
        .is_none_or(|suffix| suffix.len() <= 3 && digits(suffix));
    year && count && suffix && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_wherever_they_stand_in_a_subject() {
        for (subject, wanted) in [
            ("Re: Complaint 2026-000123: decision", vec!["2026-000123"]),
            ("YNT: 2026-000123", vec!["2026-000123"]),
            ("ОТВ: Жалоба №2026-000123.", vec!["2026-000123"]),
            (
                "[2026-000123-2] ve 2026-000007",
                vec!["2026-000123-2", "2026-000007"],
            ),
            ("2026\u{2011}000123", vec!["2026-000123"]),
            ("2026-000001 2026-000001", vec!["2026-000001"]),
            ("order 12026-000123", vec![]),
            ("2026-00012", vec![]),
            ("A2026-000123", vec![]),
            ("2026-000123-AB", vec![]),
            ("2026-03-02", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(numbers(subject), wanted, "{subject}");
        }
    }
}
