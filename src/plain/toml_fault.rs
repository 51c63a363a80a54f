//! A fault of a TOML file in one line, as every message of this program is.

/// Line and reason of a fault in `text`. The error's own words take five lines and draw the place.
pub fn in_one_line(error: &toml::de::Error, text: &str) -> String {
    let words: Vec<&str> = error.message().lines().map(str::trim).collect();
    let reason = words.join(" ");
    match error.span().and_then(|span| text.get(..span.start)) {
        Some(before) => format!("line {}: {reason}", before.matches('\n').count() + 1),
        None => reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Known {
        name: String,
    }

    #[test]
    fn a_fault_is_told_with_its_line_and_without_a_drawing() {
        let good: Known = toml::from_str("name = \"x\"").unwrap();
        assert_eq!(good.name, "x");
        for (text, line, reason) in [
            ("name = \"ü\"\n\nnothing = 1\n", "line 3: ", "`nothing`"),
            ("# ü\nname = \n", "line 2: ", "quoted"),
            ("name = 3\n", "line 1: ", "expected a string"),
        ] {
            let error = toml::from_str::<Known>(text).unwrap_err();
            let said = in_one_line(&error, text);
            assert!(said.starts_with(line), "{said}");
            assert!(said.contains(reason), "{said}");
            assert!(!said.contains('\n'), "{said}");
        }
    }
}
