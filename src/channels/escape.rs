//! Values made fit for the place they are filled into.

use serde::Deserialize;

/// How values are escaped in the body of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// The inside of a JSON string (RFC 8259).
    Json,
    /// Text or an attribute of XML 1.0.
    Xml,
    /// As they are.
    None,
}

impl Encoding {
    /// A value as it stands in such a body.
    pub(super) fn escaped(self, value: &str) -> String {
        match self {
            Encoding::Form => percent(value),
            Encoding::Json => json(value),
            Encoding::Xml => xml(value),
            Encoding::None => value.to_owned(),
        }
    }

    /// The word for it in the settings.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Encoding::Form => "form",
            Encoding::Json => "json",
            Encoding::Xml => "xml",
            Encoding::None => "none",
        }
    }

    /// The `Content-Type` of such a body, where the settings give none.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Encoding::Form => "application/x-www-form-urlencoded",
            Encoding::Json => "application/json",
            Encoding::Xml => "application/xml; charset=utf-8",
            Encoding::None => "text/plain; charset=utf-8",
        }
    }
}

/// A value as a part of an address or a form: everything but letters, digits and `-._~` as `%XX` of its UTF-8
/// bytes (RFC 3986, 2.1). A blank is `%20`, which forms read as well as `+`.
pub(super) fn percent(value: &str) -> String {
    let mut out = String::with_capacity(value.len() * 2);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A value as a part of a header's line: control characters, line breaks above all, become blanks.
pub(super) fn header(value: &str) -> String {
    value
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn json(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

fn xml(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\r' | '\t' => out.push(c),
            // XML 1.0 has no way to write these.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWKWARD: &str = "Ödeme \"iade\" & <İptal> 'ığüşç' Жалоба\n2\\3\u{1}";

    #[test]
    fn a_json_string_is_read_back_as_it_was() {
        let text = format!("\"{}\"", Encoding::Json.escaped(AWKWARD));
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), AWKWARD);
    }

    #[test]
    fn xml_holds_no_mark_of_its_own() {
        assert_eq!(
            Encoding::Xml.escaped(AWKWARD),
            "Ödeme &quot;iade&quot; &amp; &lt;İptal&gt; &apos;ığüşç&apos; Жалоба\n2\\3 "
        );
    }

    #[test]
    fn a_form_holds_bytes_of_utf_8() {
        // The bytes are those of the Unicode standard's table for U+0131, U+015F and U+0416.
        assert_eq!(
            Encoding::Form.escaped("ış Ж+&="),
            "%C4%B1%C5%9F%20%D0%96%2B%26%3D"
        );
    }

    #[test]
    fn nothing_is_escaped_where_nothing_is_asked() {
        assert_eq!(Encoding::None.escaped(AWKWARD), AWKWARD);
    }

    #[test]
    fn a_header_stays_one_line() {
        assert_eq!(header("a\r\nBcc: x"), "a  Bcc: x");
    }
}
