//! The name under which somebody else's file is kept: it leads nowhere, shows as it is spelt, and can be saved on every
//! system.

/// The longest name, in letters.
pub const LONGEST_NAME: usize = 120;
/// The longest name in bytes: file systems take 255, and a copy may get something in front of it.
const LONGEST_IN_BYTES: usize = 240;
/// Letters of an ending, with its point, that are kept when a name is cut.
const LONGEST_ENDING: usize = 10;

/// Names that Windows keeps for devices, whatever their ending
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>); `COM` and `LPT` have a digit behind them.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];

/// A name without folders, control characters, letters that are not seen or turn others around, and signs that some
/// system does not allow; `None` when nothing is left.
pub fn clean_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_unseen(*c))
        .map(|c| match c {
            ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            other => other,
        })
        .collect();
    // A point in front hides a file, one behind is lost on Windows.
    let kept = kept.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if kept.is_empty() {
        return None;
    }
    let kept = match is_device(kept) {
        true => format!("_{kept}"),
        false => kept.to_owned(),
    };
    Some(shortened(&kept))
}

/// A name of at most [`LONGEST_NAME`] letters; its ending stays.
pub fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME && name.len() <= LONGEST_IN_BYTES {
        return name.to_owned();
    }
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.chars().count() < LONGEST_ENDING => {
            (stem, format!(".{ending}"))
        }
        Some(_) | None => (name, String::new()),
    };
    let mut letters = LONGEST_NAME - ending.chars().count();
    let mut bytes = LONGEST_IN_BYTES.saturating_sub(ending.len());
    let mut cut = String::new();
    for letter in stem.chars() {
        if letters == 0 || letter.len_utf8() > bytes {
            break;
        }
        letters -= 1;
        bytes -= letter.len_utf8();
        cut.push(letter);
    }
    cut + &ending
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_uppercase();
    let numbered = NUMBERED_DEVICES.iter().any(|device| {
        stem.strip_prefix(device).is_some_and(|rest| {
            let mut rest = rest.chars();
            let digit = matches!(rest.next(), Some('0'..='9' | '¹' | '²' | '³'));
            digit && rest.next().is_none()
        })
    });
    numbered || DEVICES.contains(&stem.as_str())
}

/// Letters that show a name in another order than it is spelt, or do not show at all (Unicode's default ignorable
/// characters, line and paragraph separators).
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_folders_and_what_misleads() {
        for (given, wanted) in [
            ("../../etc/passwd", Some("passwd")),
            ("C:\\Users\\Elif\\kırık karo.jpg", Some("kırık karo.jpg")),
            // Shown, this one would end in `exe.jpg`.
            ("photo\u{202e}gpj.exe", Some("photogpj.exe")),
            ("in\u{200b}voice\u{ad}\u{e0041}.pdf", Some("invoice.pdf")),
            ("two\u{2028}lines.txt", Some("twolines.txt")),
            (".bashrc", Some("bashrc")),
            ("letter.pdf. . ", Some("letter.pdf")),
            ("a\0b\r\n.txt", Some("ab.txt")),
            ("a<b>|c?.txt", Some("a_b__c_.txt")),
            ("file.txt:stream", Some("file.txt_stream")),
            ("..", None),
            ("/", None),
            ("\u{202e}\u{feff}", None),
            ("", None),
        ] {
            assert_eq!(clean_name(given).as_deref(), wanted, "{given:?}");
        }
    }

    #[test]
    fn names_of_devices_are_no_names_of_files() {
        for (given, wanted) in [
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("com1.jpg", "_com1.jpg"),
            ("LPT³.pdf", "_LPT³.pdf"),
            ("aux .png", "_aux .png"),
            ("com10.jpg", "com10.jpg"),
            ("console.txt", "console.txt"),
            ("LPT.txt", "LPT.txt"),
        ] {
            assert_eq!(clean_name(given).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn a_long_name_is_cut_before_its_ending() {
        let cut = clean_name(&format!("{}.jpeg", "ş".repeat(300))).unwrap();
        assert_eq!(cut.chars().count(), LONGEST_NAME);
        assert!(cut.ends_with("ş.jpeg"));
        let cut = clean_name(&format!("{}.jpeg", "🦊".repeat(300))).unwrap();
        assert!(cut.len() <= LONGEST_IN_BYTES && cut.ends_with("🦊.jpeg"));
        let cut = clean_name(&"x".repeat(300)).unwrap();
        assert_eq!(cut, "x".repeat(LONGEST_NAME));
    }
}
