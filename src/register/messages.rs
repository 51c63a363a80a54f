//! The texts of messages to customers, one file per language in `reports/messages/`.

use serde::Deserialize;

use super::error::{RegisterError, Result};
use redress_domain::vocabulary::{Language, MessagePurpose};

/// The texts in every language.
#[derive(Debug, Clone)]
pub struct Messages {
    en: Texts,
    tr: Texts,
    ru: Texts,
}

/// The texts of one language. Names in braces are filled in: `{number}`, `{password}`,
/// `{tracking}`, `{question}`, `{url}`, `{link}`, `{until}`, `{bodies}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    registration: String,
    password: String,
    decision: String,
    alternative_decision: String,
    remedies: String,
    question: String,
    reminder: String,
    survey: String,
    tracking_at: String,
    tracking_unknown: String,
    /// The line of an e-mail with the link that opens the case at once.
    link: String,
    subject: Subjects,
}

/// Subjects of e-mails, by what they say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subjects {
    registration: String,
    acknowledgement: String,
    question: String,
    decision: String,
    alternative_decision: String,
    remedies: String,
    reminder: String,
    survey: String,
    password: String,
    /// To the organisation itself.
    alarm: String,
}

/// What a message to a customer says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Saying<'a> {
    /// The complaint is registered; number and password for tracking.
    Registration { password: &'a str },
    /// A new password for tracking.
    Password { password: &'a str },
    /// A decision was taken on the complaint.
    Decision { pass: u8 },
    /// The external remedies that remain: the names of [`Setting::bodies`].
    Remedies,
    /// The customer has not answered the decision yet.
    Reminder,
    /// How was the complaint handled?
    Survey,
    /// Something is asked of the customer.
    Question { question: &'a str },
}

/// What every message of a case shares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    pub number: &'a str,
    /// The name to sign with; may be empty.
    pub organisation: &'a str,
    /// The address of the tracking page; may be empty.
    pub tracking_url: &'a str,
    /// Names of the external remedies, for the message about them; else empty.
    pub bodies: &'a str,
}

impl<'a> Saying<'a> {
    /// The tracking password that it says.
    pub(super) const fn password(self) -> Option<&'a str> {
        match self {
            Saying::Registration { password } | Saying::Password { password } => Some(password),
            Saying::Decision { .. }
            | Saying::Remedies
            | Saying::Reminder
            | Saying::Survey
            | Saying::Question { .. } => None,
        }
    }

    /// The same with other words in place of the password.
    pub(super) const fn with_password<'b>(self, password: &'b str) -> Saying<'b>
    where
        'a: 'b,
    {
        match self {
            Saying::Registration { .. } => Saying::Registration { password },
            Saying::Password { .. } => Saying::Password { password },
            Saying::Decision { pass } => Saying::Decision { pass },
            Saying::Remedies => Saying::Remedies,
            Saying::Reminder => Saying::Reminder,
            Saying::Survey => Saying::Survey,
            Saying::Question { question } => Saying::Question { question },
        }
    }
}

const FILES: [(&str, &str); 3] = [
    ("en.toml", include_str!("../../reports/messages/en.toml")),
    ("tr.toml", include_str!("../../reports/messages/tr.toml")),
    ("ru.toml", include_str!("../../reports/messages/ru.toml")),
];

impl Messages {
    /// The texts that come with the program.
    ///
    /// # Errors
    /// When a file of `reports/messages/` has a fault; a test looks at all of them.
    pub fn embedded() -> Result<Messages> {
        let [en, tr, ru] = FILES;
        Messages::parse(en.1, tr.1, ru.1)
    }

    /// Texts from three TOML files with the keys of those in `reports/messages/`.
    ///
    /// # Errors
    /// When a text is missing, lacks what it must say, or has an unknown name in braces.
    pub fn parse(en: &str, tr: &str, ru: &str) -> Result<Messages> {
        Ok(Messages {
            en: Texts::parse(FILES[0].0, en)?,
            tr: Texts::parse(FILES[1].0, tr)?,
            ru: Texts::parse(FILES[2].0, ru)?,
        })
    }

    /// The text of a message.
    pub(super) fn render(
        &self,
        language: Language,
        setting: Setting<'_>,
        saying: Saying<'_>,
    ) -> String {
        let texts = self.texts(language);
        let tracking = if setting.tracking_url.is_empty() {
            texts.tracking_unknown.clone()
        } else {
            fill(&texts.tracking_at, &[("url", setting.tracking_url)])
        };
        let (template, named) = match saying {
            Saying::Registration { password } => (&texts.registration, ("password", password)),
            Saying::Password { password } => (&texts.password, ("password", password)),
            Saying::Decision { pass: 0 | 1 } => (&texts.decision, ("", "")),
            Saying::Decision { .. } => (&texts.alternative_decision, ("", "")),
            Saying::Remedies => (&texts.remedies, ("bodies", setting.bodies)),
            Saying::Reminder => (&texts.reminder, ("", "")),
            Saying::Survey => (&texts.survey, ("", "")),
            Saying::Question { question } => (&texts.question, ("question", question)),
        };
        let shared = [("number", setting.number), ("tracking", &tracking), named];
        let body = fill(template, &shared);
        if setting.organisation.is_empty() {
            body
        } else {
            format!("{}: {body}", setting.organisation)
        }
    }

    /// The subject of an e-mail about a case; `pass` is that of the decision it tells.
    pub(super) fn subject(
        &self,
        language: Language,
        purpose: MessagePurpose,
        pass: Option<u8>,
        number: &str,
    ) -> String {
        let subjects = &self.texts(language).subject;
        let template = match (purpose, pass) {
            (MessagePurpose::Registration, _) => &subjects.registration,
            (MessagePurpose::Acknowledgement, _) => &subjects.acknowledgement,
            (MessagePurpose::Question, _) => &subjects.question,
            (MessagePurpose::Decision, None | Some(0 | 1)) => &subjects.decision,
            (MessagePurpose::Decision, Some(_)) => &subjects.alternative_decision,
            (MessagePurpose::Remedies, _) => &subjects.remedies,
            (MessagePurpose::Reminder, _) => &subjects.reminder,
            (MessagePurpose::Survey, _) => &subjects.survey,
            (MessagePurpose::Password, _) => &subjects.password,
            (MessagePurpose::Alarm, _) => &subjects.alarm,
        };
        fill(template, &[("number", number)])
    }

    /// The line with a link that opens the case at once, and its last day as people write it.
    pub(super) fn link(&self, language: Language, link: &str, until: &str) -> String {
        fill(
            &self.texts(language).link,
            &[("link", link), ("until", until)],
        )
    }

    const fn texts(&self, language: Language) -> &Texts {
        match language {
            Language::En => &self.en,
            Language::Tr => &self.tr,
            Language::Ru => &self.ru,
        }
    }
}

impl Texts {
    fn parse(file: &'static str, text: &str) -> Result<Texts> {
        let fault = |why: String| RegisterError::Template { file, why };
        let texts: Texts = toml::from_str(text).map_err(|e| fault(e.to_string()))?;
        let subject = &texts.subject;
        let needs: [(&str, &str, &[&str]); 21] = [
            (
                "registration",
                &texts.registration,
                &["number", "password", "tracking"],
            ),
            (
                "password",
                &texts.password,
                &["number", "password", "tracking"],
            ),
            ("decision", &texts.decision, &["number", "tracking"]),
            (
                "alternative_decision",
                &texts.alternative_decision,
                &["number", "tracking"],
            ),
            (
                "remedies",
                &texts.remedies,
                &["bodies", "number", "tracking"],
            ),
            ("question", &texts.question, &["number", "question"]),
            ("reminder", &texts.reminder, &["number", "tracking"]),
            ("survey", &texts.survey, &["number", "tracking"]),
            ("tracking_at", &texts.tracking_at, &["url"]),
            ("tracking_unknown", &texts.tracking_unknown, &[]),
            ("link", &texts.link, &["link", "until"]),
            ("subject.registration", &subject.registration, &["number"]),
            (
                "subject.acknowledgement",
                &subject.acknowledgement,
                &["number"],
            ),
            ("subject.question", &subject.question, &["number"]),
            ("subject.decision", &subject.decision, &["number"]),
            (
                "subject.alternative_decision",
                &subject.alternative_decision,
                &["number"],
            ),
            ("subject.remedies", &subject.remedies, &["number"]),
            ("subject.reminder", &subject.reminder, &["number"]),
            ("subject.survey", &subject.survey, &["number"]),
            ("subject.password", &subject.password, &["number"]),
            ("subject.alarm", &subject.alarm, &[]),
        ];
        for (key, text, needed) in needs {
            let mut named: Vec<&str> = pieces(text).filter_map(|(_, name)| name).collect();
            named.sort_unstable();
            if named != needed {
                return Err(fault(format!(
                    "`{key}` has to name {needed:?} in braces, each once, and names {named:?}"
                )));
            }
        }
        Ok(texts)
    }
}

/// Fills the names in braces; what is filled in is never looked at again.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    for (plain, name) in pieces(template) {
        text.push_str(plain);
        let value = name.and_then(|name| values.iter().find(|(known, _)| *known == name));
        if let Some((_, value)) = value {
            text.push_str(value);
        }
    }
    text
}

/// A template as plain stretches, each with the name in braces that follows it.
fn pieces(template: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = Some(template);
    std::iter::from_fn(move || {
        let text = rest?;
        let found = text.split_once('{').and_then(|(plain, after)| {
            let (name, after) = after.split_once('}')?;
            Some((plain, name, after))
        });
        match found {
            Some((plain, name, after)) => {
                rest = Some(after);
                Some((plain, Some(name)))
            }
            None => {
                rest = None;
                Some((text, None))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTING: Setting<'static> = Setting {
        number: "2026-000012",
        organisation: "",
        tracking_url: "https://example.org/track",
        bodies: "the ombudsman; the court",
    };

    #[test]
    fn every_language_says_what_it_has_to() {
        let messages = Messages::embedded().unwrap();
        for &language in Language::ALL {
            let text =
                messages.render(language, SETTING, Saying::Registration { password: "k7m2" });
            for part in ["2026-000012", "k7m2", "https://example.org/track"] {
                assert!(text.contains(part), "{language}: {text}");
            }
            assert!(!text.contains('{'), "{text}");
            let first = messages.render(language, SETTING, Saying::Decision { pass: 1 });
            let second = messages.render(language, SETTING, Saying::Decision { pass: 2 });
            assert_ne!(first, second);
        }
    }

    #[test]
    fn every_e_mail_has_a_subject_of_its_own_in_every_language() {
        let messages = Messages::embedded().unwrap();
        for &language in Language::ALL {
            let mut subjects: Vec<String> = MessagePurpose::ALL
                .iter()
                .map(|&purpose| messages.subject(language, purpose, None, SETTING.number))
                .collect();
            let purpose = MessagePurpose::Decision;
            subjects.push(messages.subject(language, purpose, Some(2), SETTING.number));
            let with_number = subjects.iter().filter(|s| s.contains(SETTING.number));
            assert_eq!(with_number.count(), subjects.len() - 1, "{subjects:?}");
            assert!(subjects.iter().all(|s| !s.contains(['{', '\n'])));
            let distinct: std::collections::BTreeSet<&String> = subjects.iter().collect();
            assert_eq!(distinct.len(), subjects.len(), "{subjects:?}");
        }
        assert_eq!(
            messages.subject(
                Language::En,
                MessagePurpose::Decision,
                Some(1),
                "2026-000012"
            ),
            "Complaint 2026-000012: decision"
        );
    }

    #[test]
    fn the_line_with_the_link_says_until_when() {
        let messages = Messages::embedded().unwrap();
        for &language in Language::ALL {
            let line = messages.link(language, "https://example.org/t/x", "26.12.2026");
            assert!(
                line.contains("https://example.org/t/x") && line.contains("26.12.2026"),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let messages = Messages::embedded().unwrap();
        let question = "Is it {number} or {password}?";
        let text = messages.render(Language::En, SETTING, Saying::Question { question });
        assert!(text.contains(question), "{text}");
    }

    #[test]
    fn a_text_without_the_password_is_refused() {
        let bad = FILES[0].1.replace("{password}", "");
        let error = Messages::parse(&bad, FILES[1].1, FILES[2].1).unwrap_err();
        assert!(error.to_string().contains("`registration`"), "{error}");
    }

    #[test]
    fn the_external_remedies_are_named_in_the_message_about_them() {
        let messages = Messages::embedded().unwrap();
        for &language in Language::ALL {
            let text = messages.render(language, SETTING, Saying::Remedies);
            for part in [SETTING.number, SETTING.bodies, SETTING.tracking_url] {
                assert!(text.contains(part), "{language}: {text}");
            }
            let other = messages.render(language, SETTING, Saying::Survey);
            assert!(!other.contains(SETTING.bodies), "{other}");
        }
    }

    #[test]
    fn the_organisation_signs_when_it_is_known() {
        let messages = Messages::embedded().unwrap();
        let signed = Setting {
            organisation: "Acme",
            ..SETTING
        };
        let text = messages.render(Language::Tr, signed, Saying::Remedies);
        assert!(text.starts_with("Acme: "), "{text}");
    }
}
