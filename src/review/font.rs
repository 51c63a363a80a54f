//! The bundled typeface: a subset of IBM Plex Sans under another name, as its licence asks.
//!
//! One face measures the charts' texts and sets both the page and the charts, so that nothing
//! moves between machines.

use std::sync::OnceLock;

use plotters::style::{FontStyle, IntoFont, register_font};

use super::ReviewError;
use redress_plain::base64::base64;

/// Name of the family in charts and style sheets.
pub const FAMILY: &str = "Redress Sans";

const REGULAR: &[u8] = include_bytes!("../../reports/fonts/RedressSans-Regular.ttf");
const SEMIBOLD: &[u8] = include_bytes!("../../reports/fonts/RedressSans-SemiBold.ttf");
const REGULAR_WOFF2: &[u8] = include_bytes!("../../reports/fonts/RedressSans-Regular.woff2");
const SEMIBOLD_WOFF2: &[u8] = include_bytes!("../../reports/fonts/RedressSans-SemiBold.woff2");

/// Plotters writes a font of size s as s / 1.24 pixels to the em.
pub(crate) const PLOTTERS_EM: f64 = 1.24;
/// The face's ascent and descent together, in em: what plotters takes for the size when measuring.
const FACE_HEIGHT: f64 = 1.3;

/// The regular face for a browser.
pub const fn regular_woff2() -> &'static [u8] {
    REGULAR_WOFF2
}

/// The semibold face for a browser.
pub const fn semibold_woff2() -> &'static [u8] {
    SEMIBOLD_WOFF2
}

/// Makes the face known to plotters; later calls do nothing.
///
/// # Errors
/// When the bundled files are damaged.
pub fn register() -> Result<(), ReviewError> {
    static DONE: OnceLock<Result<(), &'static str>> = OnceLock::new();
    let done = DONE.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, REGULAR).map_err(|_| "RedressSans-Regular.ttf")?;
        register_font(FAMILY, FontStyle::Bold, SEMIBOLD).map_err(|_| "RedressSans-SemiBold.ttf")
    });
    done.map_err(|name| ReviewError::Font { name })
}

/// Width of a text in pixels, at `size` pixels to the em.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let style = if bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    let font = (FAMILY, size * PLOTTERS_EM, style).into_font();
    match font.layout_box(text) {
        Ok(((left, _), (right, _))) => f64::from(right - left) * FACE_HEIGHT / PLOTTERS_EM + 1.0,
        // Not registered: half an em a character is the face's mean.
        Err(_) => text.chars().count() as f64 * size * 0.55,
    }
}

/// The text, cut with an ellipsis where it is wider than `room` pixels.
pub(crate) fn fit(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let cut: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        if width(&cut, size, bold) <= room {
            return cut;
        }
    }
    String::new()
}

/// The text in at most `lines` lines of `room` pixels, broken at spaces; the last is cut.
pub(crate) fn wrap(text: &str, size: f64, bold: bool, room: f64, lines: usize) -> Vec<String> {
    let mut set: Vec<String> = Vec::new();
    // Spaces that do not break are kept.
    let mut rest = text.split(' ').filter(|word| !word.is_empty()).peekable();
    while rest.peek().is_some() {
        if set.len() + 1 >= lines {
            let last = rest.by_ref().collect::<Vec<_>>().join(" ");
            set.push(fit(&last, size, bold, room));
            break;
        }
        let mut line = String::new();
        while let Some(word) = rest.peek() {
            let longer = if line.is_empty() {
                (*word).to_owned()
            } else {
                format!("{line} {word}")
            };
            if !line.is_empty() && width(&longer, size, bold) > room {
                break;
            }
            line = longer;
            rest.next();
        }
        set.push(fit(&line, size, bold, room));
    }
    set
}

/// Whether both weights have a glyph for the character.
pub fn has_glyph(c: char) -> bool {
    // A missing glyph is measured as wide as the placeholder; so the character map is read itself.
    covers(REGULAR, c) && covers(SEMIBOLD, c)
}

/// The `@font-face` rules with both weights inside.
pub fn font_face() -> String {
    let face = |weight: &str, bytes: &[u8]| {
        format!(
            "@font-face{{font-family:\"{FAMILY}\";font-style:normal;font-weight:{weight};\
             src:url(data:font/woff2;base64,{}) format(\"woff2\")}}\n",
            base64(bytes)
        )
    };
    face("400 500", REGULAR_WOFF2) + &face("600 700", SEMIBOLD_WOFF2)
}

/// Whether a TrueType file maps the character to a glyph (`cmap` subtable of format 4).
fn covers(face: &[u8], c: char) -> bool {
    let at16 = |at: usize| -> Option<usize> {
        let bytes = face.get(at..at + 2)?;
        Some(usize::from(bytes[0]) << 8 | usize::from(bytes[1]))
    };
    let at32 = |at: usize| -> Option<usize> { Some(at16(at)? << 16 | at16(at + 2)?) };
    let find = || -> Option<bool> {
        let code = usize::try_from(u32::from(c)).ok()?;
        let tables = at16(4)?;
        let cmap = (0..tables)
            .map(|i| 12 + 16 * i)
            .find(|at| face.get(*at..*at + 4) == Some(b"cmap".as_slice()))
            .and_then(|at| at32(at + 8))?;
        let subtable = (0..at16(cmap + 2)?)
            .filter_map(|i| at32(cmap + 4 + 8 * i + 4).map(|offset| cmap + offset))
            .find(|at| at16(*at) == Some(4))?;
        let double = at16(subtable + 6)?;
        for segment in (0..double).step_by(2) {
            let end = at16(subtable + 14 + segment)?;
            if code > end {
                continue;
            }
            let start = at16(subtable + 16 + double + segment)?;
            if code < start {
                return Some(false);
            }
            let delta = at16(subtable + 16 + 2 * double + segment)?;
            let range_at = subtable + 16 + 3 * double + segment;
            let range = at16(range_at)?;
            let glyph = if range == 0 {
                (code + delta) & 0xFFFF
            } else {
                at16(range_at + range + 2 * (code - start))?
            };
            return Some(glyph != 0);
        }
        Some(false)
    };
    find().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_face_has_turkish_and_russian_letters_and_lacks_others() {
        for c in "ğüşıöçİĞÜŞÖÇЖжЯяЁё≤≥→−–…%".chars() {
            assert!(has_glyph(c), "no glyph for {c}");
        }
        for c in "中🙂ש".chars() {
            assert!(!has_glyph(c), "a glyph for {c}?");
        }
    }

    #[test]
    fn a_long_text_is_cut_to_the_room() {
        register().expect("the bundled font");
        let cut = fit("Delivery of a damaged product", 13.0, false, 80.0);
        assert!(
            cut.ends_with('…') && width(&cut, 13.0, false) <= 80.0,
            "{cut}"
        );
    }
}
