//! What a text with markup says.

/// A text without its HTML markup: tags become nothing, or a space where they part words, and character references the
/// characters. GLPI stores markup escaped (`&#60;p&#62;`): it is unescaped first. Spaces in a row become one.
pub(super) fn plain_text(text: &str) -> String {
    let unescaped;
    let mut source = text;
    if !text.contains('<') && ["&#60;", "&lt;"].iter().any(|mark| text.contains(mark)) {
        unescaped = unescape(text);
        source = &unescaped;
    }
    let without = without_tags(source);
    let said = unescape(&without);
    said.split('\n')
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Tags that end a line of text; any other one stands within it.
const BREAKS: [&str; 12] = [
    "br",
    "p",
    "div",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
];

fn without_tags(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        said.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        // "a < b" is no tag.
        let is_tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        match after.find('>') {
            Some(end) if is_tag => {
                let name: String = after
                    .trim_start_matches('/')
                    .chars()
                    .take_while(char::is_ascii_alphanumeric)
                    .collect::<String>()
                    .to_ascii_lowercase();
                said.push_str(match name.as_str() {
                    name if BREAKS.contains(&name) => "\n",
                    "td" | "th" => " ",
                    _ => "",
                });
                rest = &after[end + 1..];
                // What is within is no text.
                let opens = !after.starts_with('/');
                if opens && (name == "style" || name == "script") {
                    let close = format!("</{name}");
                    let at = rest.to_ascii_lowercase().find(&close).unwrap_or(rest.len());
                    rest = &rest[at..];
                }
            }
            Some(_) | None => {
                said.push('<');
                rest = after;
            }
        }
    }
    said.push_str(rest);
    said
}

/// Bytes of a character reference between its marks, and the last mark.
const LONGEST_NAME: usize = 9;

/// Character references as their characters: the five of XML, the space that does not break, and numbers.
fn unescape(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        said.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let named = after
            .bytes()
            .take(LONGEST_NAME)
            .position(|byte| byte == b';')
            .and_then(|end| character(&after[..end]).map(|c| (c, end)));
        match named {
            Some((c, end)) => {
                said.push(c);
                rest = &after[end + 1..];
            }
            None => {
                said.push('&');
                rest = after;
            }
        }
    }
    said.push_str(rest);
    said
}

fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control() || *c == '\n')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_what_it_says_stays() {
        assert_eq!(
            plain_text("<p>My order &amp; its <b>box</b></p><p>was wet.<br/>Why?</p>"),
            "My order & its box\nwas wet.\nWhy?"
        );
        assert_eq!(
            plain_text("<style>p {color: red}</style>Şikâyet"),
            "Şikâyet"
        );
    }

    #[test]
    fn escaped_markup_is_unescaped_first() {
        assert_eq!(
            plain_text("&#60;p&#62;My order &#38;amp; its box&#60;/p&#62;"),
            "My order & its box"
        );
    }

    #[test]
    fn a_text_without_markup_is_left_alone() {
        assert_eq!(plain_text("3 < 4 & 5 > 4"), "3 < 4 & 5 > 4");
        assert_eq!(plain_text("R&D, AT&T; &unknown;"), "R&D, AT&T; &unknown;");
        assert_eq!(plain_text("a <b"), "a <b");
    }
}
