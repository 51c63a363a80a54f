//! Files that come with a mail: what they are by their content, and names that do no harm. Images lose what they say
//! besides the picture when they are taken in; the kept original of the mail, which only staff see, has them as they came.

use redress_register::attachments::CleanFile;
use redress_register::attachments::image::ImageFault;
pub use redress_register::attachments::kind::MAIL;
use redress_register::attachments::kind::{ending, media_type};
use redress_register::attachments::name::clean_name;

/// A file of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFile {
    /// As it was sent, without paths and without signs that mislead.
    pub name: String,
    /// Told by the content; what is not known is only bytes, whatever the mail says of it.
    pub media_type: &'static str,
    pub content: Vec<u8>,
}

impl MailFile {
    /// A file with the name that the mail gives it, if it gives one; `nth` (from 1) names the others.
    pub fn new(name: Option<&str>, declared: Option<&str>, content: Vec<u8>, nth: usize) -> Self {
        let media_type = media_type(&content, declared);
        let name = name
            .and_then(clean_name)
            .unwrap_or_else(|| format!("file-{nth}{}", ending(media_type)));
        MailFile {
            name,
            media_type,
            content,
        }
    }

    /// As the register takes it.
    ///
    /// # Errors
    /// When it is an image that is cut short, damaged, or larger than a viewer can bear.
    pub fn clean(&self) -> Result<CleanFile, ImageFault> {
        CleanFile::new(self.name.clone(), self.media_type, self.content.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_name_gets_one_of_its_kind() {
        let file = MailFile::new(None, Some("image/png"), b"%PDF-1.4".to_vec(), 3);
        assert_eq!(
            (file.name.as_str(), file.media_type),
            ("file-3.pdf", "application/pdf")
        );
    }

    #[test]
    fn a_damaged_image_is_not_kept_by_itself() {
        let cut = b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec();
        let file = MailFile::new(Some("karo.jpg"), None, cut, 1);
        assert_eq!(file.clean(), Err(ImageFault::CutShort));
    }
}
