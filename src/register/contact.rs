//! How the organisation is reached, for the foot of the pages, the receipt and the e-mails.

use super::Register;
use super::error::Result;
use super::settings::{self, Setting};

/// Name, telephone, e-mail, address and web page of the organisation; what was not set is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub address: Option<String>,
    /// Begins with `https://` or `http://`.
    pub website: Option<String>,
}

impl Contact {
    /// Whether nothing is known by which it could be reached.
    pub const fn is_empty(&self) -> bool {
        self.phone.is_none()
            && self.email.is_none()
            && self.address.is_none()
            && self.website.is_none()
    }

    /// The number as a link dials it (RFC 3966): figures and a plus in front.
    pub fn dialled(&self) -> Option<String> {
        let phone = self.phone.as_ref()?;
        let digits = phone.chars().filter(char::is_ascii_digit);
        let plus = phone.starts_with('+').then_some('+');
        Some(plus.into_iter().chain(digits).collect())
    }

    /// The lines under an e-mail: name, telephone, e-mail, web page, address, as far as they are known; `None` where it
    /// cannot be reached by any of them.
    pub fn signature(&self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let lines = [
            &self.name,
            &self.phone,
            &self.email,
            &self.website,
            &self.address,
        ];
        let known: Vec<&str> = lines.into_iter().flatten().map(String::as_str).collect();
        Some(known.join("\n"))
    }
}

impl Register {
    /// How the organisation is reached.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn contact(&self) -> Result<Contact> {
        self.read(|conn| {
            let of = |setting| -> Result<Option<String>> {
                Ok(Some(settings::text(conn, setting)?).filter(|text| !text.is_empty()))
            };
            Ok(Contact {
                name: of(Setting::Organisation)?,
                phone: of(Setting::OrganisationPhone)?,
                email: of(Setting::OrganisationEmail)?,
                address: of(Setting::OrganisationAddress)?,
                website: of(Setting::OrganisationWebsite)?,
            })
        })
    }
}

/// Whether a text can be a telephone number: seven to fifteen figures (ITU-T E.164) and the signs between them.
pub fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(text);
    let known = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '-' | '.' | '/');
    (7..=15).contains(&digits) && rest.chars().all(known)
}

/// Whether a text can be a mail address: something before one @, a host with a dot behind it, nothing between.
pub fn is_email(text: &str) -> bool {
    let plain = !text.contains(|c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"' | '?' | '&')
    });
    match text.split_once('@') {
        Some((local, host)) => {
            plain
                && !local.is_empty()
                && !host.contains('@')
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
        }
        None => false,
    }
}

/// Whether a text can be the address of a web page.
pub(super) fn is_website(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !text
            .contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_dialled_without_the_signs_that_people_read() {
        let with = |phone: &str| Contact {
            phone: Some(phone.to_owned()),
            ..Contact::default()
        };
        assert_eq!(
            with("+90 (232) 123 45 67").dialled().as_deref(),
            Some("+902321234567")
        );
        assert_eq!(with("444 0 123").dialled().as_deref(), Some("4440123"));
        assert_eq!(Contact::default().dialled(), None);
    }

    #[test]
    fn what_cannot_be_reached_signs_nothing() {
        let mut contact = Contact {
            name: Some("Kuzey Yapı".to_owned()),
            ..Contact::default()
        };
        assert_eq!(contact.signature(), None);
        contact.email = Some("sikayet@example.org".to_owned());
        assert_eq!(
            contact.signature().as_deref(),
            Some("Kuzey Yapı\nsikayet@example.org")
        );
    }

    #[test]
    fn what_leads_nowhere_is_no_contact() {
        assert!(is_phone("+90 (232) 123 45 67") && is_phone("444 0 123"));
        assert!(!is_phone("call us") && !is_phone("12345") && !is_phone("1234567x"));
        assert!(is_email("sikayet@example.org"));
        for wrong in [
            "sikayet",
            "@example.org",
            "a@b",
            "a b@example.org",
            "a@b.c?bcc=d@e.f",
        ] {
            assert!(!is_email(wrong), "{wrong}");
        }
        assert!(is_website("https://example.org/sikayet"));
        for wrong in [
            "example.org",
            "javascript:alert(1)",
            "https://",
            "https:// x",
            "http:///x",
        ] {
            assert!(!is_website(wrong), "{wrong}");
        }
    }
}
