//! What an e-mail says besides its text: the subject, and the link that opens the case.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::error::Result;
use super::settings::Setting;
use super::tracking_link::tracking_link;
use super::{Message, Register, local_day};
use redress_domain::vocabulary::Language;

/// Days for which a link in an e-mail opens the case.
const LINK_DAYS: u64 = 30;

/// The words of an e-mail around its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailWords {
    pub subject: String,
    /// A line with the link; `None` where the message is about no case, no address of the tracking page is set,
    /// or the case has no tracking password.
    pub link: Option<String>,
    /// The lines under it: how the organisation is reached; `None` where that is not set, or it is to the organisation.
    pub signature: Option<String>,
}

impl Register {
    /// The words around a message in its customer's language; `house` is the language of messages to the
    /// organisation itself. The link is made here and kept nowhere.
    ///
    /// # Errors
    /// When the case is not there, or the database cannot be written.
    pub fn email_words(
        &mut self,
        message: &Message,
        house: Language,
        now: DateTime<Utc>,
    ) -> Result<EmailWords> {
        let Some(case_key) = message.case_key else {
            return Ok(EmailWords {
                subject: self
                    .messages
                    .subject(house, message.purpose, message.pass, ""),
                link: None,
                signature: None,
            });
        };
        let case = self.case_row(case_key)?;
        let language = self.complainant(case.complainant_id)?.person.language;
        let subject = self
            .messages
            .subject(language, message.purpose, message.pass, &case.number);
        let tracking_url = self.setting(Setting::TrackingUrl)?;
        let last_day = local_day(now, self.zone).checked_add_days(Days::new(LINK_DAYS));
        let link = match last_day.filter(|_| !tracking_url.is_empty()) {
            Some(last_day) => self.tracking_token(case_key, last_day)?.map(|token| {
                self.messages.link(
                    language,
                    &tracking_link(&tracking_url, &token),
                    &written(last_day, language),
                )
            }),
            None => None,
        };
        Ok(EmailWords {
            subject,
            link,
            signature: self.contact()?.signature(),
        })
    }
}

/// A date as people of the language write it.
fn written(day: NaiveDate, language: Language) -> String {
    let form = match language {
        Language::En => "%-d %B %Y",
        Language::Tr | Language::Ru => "%d.%m.%Y",
    };
    day.format(form).to_string()
}
