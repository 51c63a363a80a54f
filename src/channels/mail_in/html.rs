//! HTML of a mail as plain text: blocks become lines, quoted mail gets its marks, what nobody sees is left out.

use mail_parser::decoders::html::add_html_token;

/// Elements whose content is never shown. Not `head`: many pages never end it.
const UNSEEN: [&str; 5] = ["style", "script", "template", "title", "svg"];

/// Elements that stand on lines of their own.
const BLOCKS: [&str; 31] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
    "body",
];

/// The longest name of an entity, without its marks.
const LONGEST_ENTITY: usize = 32;

/// What a reader of the HTML would read.
pub fn to_text(html: &str) -> String {
    let mut page = Page::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        page.text(&rest[..at]);
        let tail = &rest[at..];
        let (skipped, tag) = markup(tail);
        if let Some(tag) = tag {
            page.tag(&tag);
            rest = &tail[skipped..];
            if !tag.closes && UNSEEN.contains(&tag.name.as_str()) && !tag.is_empty {
                rest = after_end(rest, &tag.name);
            }
        } else {
            if skipped == 1 {
                // A lone sign: "a < b".
                page.text("&lt;");
            }
            rest = &tail[skipped..];
        }
    }
    page.text(rest);
    page.finish()
}

/// A tag's name, and which of the two it is.
struct Tag {
    name: String,
    closes: bool,
    /// `<br/>`.
    is_empty: bool,
}

/// What begins with `<`: how long it is, and the tag when it is one. A comment is none, and neither is a lone sign,
/// whose length is 1.
fn markup(tail: &str) -> (usize, Option<Tag>) {
    if let Some(comment) = tail.strip_prefix("<!--") {
        let end = comment.find("-->").map_or(tail.len(), |at| at + 7);
        return (end, None);
    }
    let Some(next) = tail.chars().nth(1) else {
        return (1, None);
    };
    if !(next.is_ascii_alphabetic() || next == '/' || next == '!' || next == '?') {
        return (1, None);
    }
    let end = tag_end(tail);
    let inner = tail[1..end].trim_end_matches('>');
    let closes = inner.starts_with('/');
    let name: String = inner
        .trim_start_matches('/')
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric())
        .collect::<String>()
        .to_ascii_lowercase();
    let tag = (!name.is_empty()).then(|| Tag {
        is_empty: inner.ends_with('/'),
        name,
        closes,
    });
    // At least two, which tells it from a lone sign.
    (end.max(2), tag)
}

/// Where a tag ends; a `>` in the quotes of an attribute does not end it.
fn tag_end(tail: &str) -> usize {
    let mut quote = None;
    let mut last = 0_u8;
    for (at, byte) in tail.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if last == b'=' => quote = Some(byte),
            (None, b'>') => return at + 1,
            (None, _) => {}
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
    }
    // The quotes were never closed: the first `>` has to do.
    tail.find('>').map_or(tail.len(), |at| at + 1)
}

/// What follows the end of an element whose content is not shown.
fn after_end<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(found) = rest[from..].find("</") {
        let at = from + found;
        let after = &rest[at + 2..];
        let same = after
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name));
        if same {
            return after.find('>').map_or("", |end| &after[end + 1..]);
        }
        from = at + 2;
    }
    ""
}

/// The text as it grows.
#[derive(Default)]
struct Page {
    lines: Vec<String>,
    line: String,
    /// A blank is due before the next word.
    blank: bool,
    /// Depth of quotation.
    quotes: usize,
    /// Depth of elements in which blanks and breaks count.
    kept_as_typed: usize,
}

impl Page {
    fn text(&mut self, raw: &str) {
        let text = entities(raw);
        if self.kept_as_typed > 0 {
            for (nth, line) in text.split('\n').enumerate() {
                if nth > 0 {
                    self.end_line();
                }
                self.line.push_str(line.trim_end_matches('\r'));
            }
            return;
        }
        for c in text.chars() {
            if c.is_whitespace() && c != '\u{a0}' {
                self.blank = true;
                continue;
            }
            let due = std::mem::take(&mut self.blank);
            if due && !self.line.is_empty() && !self.line.ends_with(' ') {
                self.line.push(' ');
            }
            self.line.push(if c == '\u{a0}' { ' ' } else { c });
        }
    }

    fn tag(&mut self, tag: &Tag) {
        let name = tag.name.as_str();
        if name == "br" {
            self.end_line();
        } else if BLOCKS.contains(&name) {
            if !self.line.trim().is_empty() {
                self.end_line();
            }
            if name == "p" && tag.closes {
                self.end_line();
            }
            match (name, tag.closes) {
                ("blockquote", false) => self.quotes += 1,
                ("blockquote", true) => self.quotes = self.quotes.saturating_sub(1),
                ("pre", false) => self.kept_as_typed += 1,
                ("pre", true) => self.kept_as_typed = self.kept_as_typed.saturating_sub(1),
                ("li", false) => self.line.push_str("- "),
                _ => {}
            }
        } else if matches!(name, "td" | "th") {
            self.blank = true;
        }
    }

    fn end_line(&mut self) {
        let marks = "> ".repeat(self.quotes.min(DEEPEST_QUOTE));
        let line = std::mem::take(&mut self.line);
        self.lines.push(format!("{marks}{}", line.trim_end()));
        self.blank = false;
    }

    /// The lines, no two empty ones in a row.
    fn finish(mut self) -> String {
        if !self.line.trim().is_empty() {
            self.end_line();
        }
        let mut out = String::new();
        let mut empty = 0;
        for line in &self.lines {
            let line = line.trim_end();
            empty = if line.is_empty() { empty + 1 } else { 0 };
            if empty < 2 {
                out.push_str(line);
                out.push('\n');
            }
        }
        out.trim().to_owned()
    }
}

/// Marks of quotation before a line, at most.
const DEEPEST_QUOTE: usize = 5;

/// The text with its entities as letters.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        match entity(tail) {
            Some((letters, length)) => {
                out.push_str(&letters);
                rest = &tail[length..];
            }
            None => {
                out.push('&');
                rest = &tail[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The letters of the entity at the start of a text, and its length in bytes.
fn entity(tail: &str) -> Option<(String, usize)> {
    let end = tail
        .bytes()
        .take(LONGEST_ENTITY + 2)
        .position(|b| b == b';')?;
    let token = &tail[..=end];
    let name = &tail[1..end];
    if let Some(code) = name.strip_prefix('#') {
        let number = match code.strip_prefix(['x', 'X']) {
            Some(code) => u32::from_str_radix(code, 16),
            None => code.parse(),
        };
        let letter = number.ok().and_then(numbered)?;
        return Some((letter.to_string(), end + 1));
    }
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let mut letters = String::new();
    add_html_token(&mut letters, token.as_bytes(), false);
    // What it does not know it gives back as it was.
    (letters != token).then_some((letters, end + 1))
}

/// The letter of a number. Those from 128 to 159 are meant as in windows-1252, as browsers read them.
fn numbered(code: u32) -> Option<char> {
    match code {
        0x80..=0x9f => {
            let byte = [u8::try_from(code).ok()?];
            encoding_rs::WINDOWS_1252.decode(&byte).0.chars().next()
        }
        0 => None,
        _ => char::from_u32(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_lines_and_blanks_are_one() {
        let html = "<html><body><div>Merhaba,</div>\n<p>Karo   <b>kırık</b>\n geldi.</p><p>Lot: 7<br>Adet: 3</p></body></html>";
        assert_eq!(
            to_text(html),
            "Merhaba,\nKaro kırık geldi.\n\nLot: 7\nAdet: 3"
        );
    }

    #[test]
    fn what_nobody_sees_is_left_out() {
        let html = "<HEAD><title>x</title><style>p > a {color:red}</style></HEAD><script>if (a<b) {alert('</p>')}</script><!-- <p>no</p> -->yes<STYLE>never closed";
        assert_eq!(to_text(html), "yes");
    }

    #[test]
    fn entities_become_letters() {
        assert_eq!(
            to_text(
                "k&#305;r&#x131;k &uuml;r&uuml;n &amp;amp; &lt;b&gt; 5&nbsp;&euro; &#150; &bogus; a & b &"
            ),
            "kırık ürün &amp; <b> 5 € – &bogus; a & b &"
        );
    }

    #[test]
    fn quoted_mail_gets_its_marks() {
        let html = "Hâlâ bekliyorum.<blockquote type=\"cite\"><div>Sayın müşterimiz,</div><blockquote>eski</blockquote></blockquote>";
        assert_eq!(
            to_text(html),
            "Hâlâ bekliyorum.\n> Sayın müşterimiz,\n> > eski"
        );
    }

    #[test]
    fn lists_tables_and_lone_signs_stay_readable() {
        assert_eq!(
            to_text("<ul><li>bir<li>iki</ul><table><tr><td>a</td><td>b</td></tr><tr><td>c</table>"),
            "- bir\n- iki\na b\nc"
        );
        assert_eq!(to_text("3 < 5 > 4"), "3 < 5 > 4");
        assert_eq!(
            to_text("<a title='x > y' href=\"#\">link</a> end<"),
            "link end<"
        );
        assert_eq!(to_text("<a title='never closed>text</a>"), "text");
        assert_eq!(to_text("<pre>a\n  b</pre>c"), "a\n  b\nc");
    }
}
