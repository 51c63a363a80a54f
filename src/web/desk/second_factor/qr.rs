//! A QR code as the path of a drawing.

use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of white around a code (ISO/IEC 18004, 6.3.8).
const QUIET: i32 = 4;

/// A drawing of square modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// Modules of a side, the white around it too.
    pub side: i32,
    /// The dark modules, as the data of an SVG path.
    pub path: String,
}

/// The drawing of a text; `None` where it is too long for a QR code.
pub fn drawing(text: &str) -> Option<Drawing> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size())
                .take_while(|x| code.get_module(*x, y))
                .fold(0, |run, _| run + 1);
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET));
            }
            x += run + 1;
        }
    }
    Some(Drawing {
        side: code.size() + 2 * QUIET,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_has_the_finder_patterns_of_the_standard_and_white_around() {
        let found = drawing("otpauth://totp/a:b?secret=GEZDGNBV&issuer=a").unwrap();
        // A side of a QR code has 17 modules and four more with each version.
        assert_eq!((found.side - 2 * QUIET - 17) % 4, 0);
        // The upper left finder pattern: seven dark, then one dark, five white, one dark (ISO/IEC 18004, 6.3.3).
        assert!(found.path.starts_with("M4 4h7v1h-7z"), "{}", found.path);
        assert!(found.path.contains("M4 5h1v1h-1zM10 5h1v1h-1z"));
        assert!(found.path.contains("M6 6h3v1h-3z"));
        let right = found.side - QUIET - 7;
        assert!(found.path.contains(&format!("M{right} 4h7v1h-7z")));
    }

    #[test]
    fn what_is_too_long_is_not_drawn() {
        assert_eq!(drawing(&"x".repeat(5_000)), None);
    }
}
