//! Images without what they say besides the picture: where and when it was taken, with which telephone, by whom, what a
//! smaller picture showed before it was cut. The picture itself is not decoded and stays as it is, byte for byte.
//!
//! Only parts that a picture needs are taken over, so what nobody thought of goes as well; of HEIC, whose parts cannot be
//! moved, EXIF and XMP are overwritten. Whatever lies behind the picture's end (an archive, a page, a film) is cut off.
//! The direction in which a picture is to be shown survives: it is part of what is seen.

use std::borrow::Cow;

mod bytes;
mod exif;
mod gif;
mod heic;
mod jpeg;
mod png;
mod webp;

/// The most points of a picture: the largest cameras of telephones have 200 million, and a viewer needs some bytes for each.
pub const MOST_PIXELS: u64 = 250_000_000;

/// Why an image is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImageFault {
    #[error("{}", ImageFault::CutShort.hint())]
    CutShort,
    #[error("{}", ImageFault::Damaged.hint())]
    Damaged,
    #[error("{}", ImageFault::TooManyPixels.hint())]
    TooManyPixels,
}

impl ImageFault {
    /// What is wrong, and what to do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            ImageFault::CutShort => "the image is cut short; copy it again, or save it anew",
            ImageFault::Damaged => {
                "the image is damaged; open it in a program for pictures and save it anew"
            }
            ImageFault::TooManyPixels => {
                "the image has more than 250 million points; save it smaller"
            }
        }
    }
}

type Result<T> = std::result::Result<T, ImageFault>;

/// An image without its metadata. What is no JPEG, PNG, GIF, WebP or HEIC stays as it is.
///
/// # Errors
/// When it is cut short or damaged, so that it cannot be said what is in it, or larger than a viewer can bear.
pub fn clean(content: &[u8]) -> Result<Cow<'_, [u8]>> {
    let cleaned = match super::kind::media_type(content, None) {
        "image/jpeg" => jpeg::clean(content)?,
        "image/png" => png::clean(content)?,
        "image/gif" => gif::clean(content)?,
        "image/webp" => webp::clean(content)?,
        "image/heic" => heic::clean(content)?,
        _ => return Ok(Cow::Borrowed(content)),
    };
    Ok(match cleaned == content {
        true => Cow::Borrowed(content),
        false => Cow::Owned(cleaned),
    })
}

/// Whether a file of this media type is cleaned.
pub fn is_cleaned(media_type: &str) -> bool {
    matches!(
        media_type,
        "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/heic"
    )
}

/// Refuses a picture without points, and one with too many.
fn bounded(width: u32, height: u32) -> Result<()> {
    match u64::from(width) * u64::from(height) {
        0 => Err(ImageFault::Damaged),
        pixels if pixels > MOST_PIXELS => Err(ImageFault::TooManyPixels),
        _ => Ok(()),
    }
}
