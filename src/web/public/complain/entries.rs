//! What a complainant has entered so far, on all pages of the form, and what is wrong with it.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};

use super::steps::Step;
use crate::error::Result;
use crate::once;
use crate::public::field::Problem;
use crate::visit::Fields;
use crate::words::Words;
use redress_domain::vocabulary::Response;

/// The longest complaint, in characters.
const LONGEST_TEXT: usize = 20_000;
/// The longest of the other texts of several lines.
const LONGEST_WORDS: usize = 2_000;
/// The longest line.
const LONGEST_LINE: usize = 200;

/// The remedies to choose from. What else an answer can be, nobody asks for by its name.
pub const REMEDIES: [Response; 10] = [
    Response::Refund,
    Response::Replacement,
    Response::Repair,
    Response::Substitute,
    Response::Compensation,
    Response::FinancialHelp,
    Response::TechnicalHelp,
    Response::Information,
    Response::Apology,
    Response::OtherHelp,
];

/// The entries of all pages. They travel in the pages themselves; nothing is kept of a form that is not sent,
/// besides its files for some hours.
#[derive(Debug, Clone)]
pub struct Entries {
    values: BTreeMap<&'static str, String>,
    /// The form's key: the same form that is sent twice is one complaint.
    pub once: String,
    /// Whether all pages were seen, so that a mended one leads back to the last.
    pub checked: bool,
}

impl Entries {
    /// A form that nobody has written in.
    ///
    /// # Errors
    /// When there are no random numbers for its key.
    pub fn blank() -> Result<Entries> {
        Entries::of(&Fields::default())
    }

    /// What a page of the form sent: its own fields and the hidden ones of the others.
    ///
    /// # Errors
    /// When there are no random numbers for a key that is missing.
    pub fn of(form: &Fields) -> Result<Entries> {
        let names = Step::ALL.iter().flat_map(|step| step.names());
        let values = names
            .map(|name| {
                (
                    *name,
                    form.get(name).replace("\r\n", "\n").replace('\0', ""),
                )
            })
            .collect();
        Ok(Entries {
            values,
            once: once::key(form)?,
            checked: form.ticked("checked"),
        })
    }

    /// An entry; empty where nothing was entered.
    pub fn get(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// An entry, `None` where nothing was entered.
    pub fn given(&self, name: &str) -> Option<String> {
        Some(self.get(name).to_owned()).filter(|value| !value.is_empty())
    }

    /// Whether somebody acts for the complainant.
    pub fn by_agent(&self) -> bool {
        self.get("behalf") == "agent"
    }

    /// Whether messages go to the one who acts for the complainant.
    pub fn answers_to_agent(&self) -> bool {
        self.by_agent() && self.get("answer_to") == "agent"
    }

    /// The remedy sought, where one was chosen.
    pub fn remedy(&self) -> Option<Response> {
        let chosen = self.get("remedy").parse().ok()?;
        REMEDIES.contains(&chosen).then_some(chosen)
    }

    /// A day that was entered.
    pub fn day(&self, name: &str) -> Option<NaiveDate> {
        day(self.get(name))
    }

    /// The entries that a page does not ask for itself, with the form's key.
    pub fn hidden(&self, step: Step) -> Vec<(&'static str, String)> {
        let own = step.names();
        let mut hidden = vec![("step", step.to_string()), ("once", self.once.clone())];
        if self.checked {
            hidden.push(("checked", "1".to_owned()));
        }
        let others = self
            .values
            .iter()
            .filter(|(name, value)| !own.contains(name) && !value.is_empty());
        hidden.extend(others.map(|(name, value)| (*name, value.clone())));
        hidden
    }

    /// The pages that this form has, in their order.
    pub fn path(&self) -> Vec<Step> {
        let asked = |step: &Step| *step != Step::Agent || self.by_agent();
        Step::ALL.iter().copied().filter(asked).collect()
    }

    /// What is wrong with the entries of a page.
    pub fn problems(&self, step: Step, words: &Words, today: NaiveDate) -> Vec<Problem> {
        let mut check = Check {
            entries: self,
            words,
            found: Vec::new(),
        };
        match step {
            Step::Problem => {
                check.given("text", "text_missing");
                check.day("occurred_on", today);
            }
            Step::Product => {
                check.day("sold_on", today);
                check.day("produced_on", today);
            }
            Step::Wish => {}
            Step::Whom => {
                if !["self", "agent"].contains(&self.get("behalf")) {
                    check.wrong("behalf", "behalf_missing");
                }
            }
            Step::Person => {
                check.given("name", "name_missing");
                check.phone("phone");
                check.email("email");
                if !self.by_agent() && !self.is_reached(["phone", "email", "address"]) {
                    check.wrong("phone", "contact_missing");
                }
            }
            Step::Agent => {
                check.given("agent_name", "agent_name_missing");
                check.phone("agent_phone");
                check.email("agent_email");
                match self.get("answer_to") {
                    "agent" if !self.is_reached(["agent_phone", "agent_email"]) => {
                        check.wrong("agent_phone", "agent_contact_missing");
                    }
                    "complainant" if !self.is_reached(["phone", "email", "address"]) => {
                        check.wrong("answer_to", "their_contact_missing");
                    }
                    "agent" | "complainant" => {}
                    _ => check.wrong("answer_to", "answer_to_missing"),
                }
            }
            Step::Files | Step::Check => {}
        }
        for name in step.names() {
            check.length(name);
        }
        check.found
    }

    fn is_reached<const N: usize>(&self, names: [&str; N]) -> bool {
        names.iter().any(|name| !self.get(name).is_empty())
    }
}

/// Collects what is wrong, at most once for a field.
struct Check<'a> {
    entries: &'a Entries,
    words: &'a Words,
    found: Vec<Problem>,
}

impl Check<'_> {
    fn wrong(&mut self, field: &'static str, key: &str) {
        if self.found.iter().all(|problem| problem.field != field) {
            let key = format!("public_complain.{key}");
            self.found.push(Problem::new(field, self.words, &key));
        }
    }

    fn given(&mut self, field: &'static str, key: &str) {
        if self.entries.get(field).is_empty() {
            self.wrong(field, key);
        }
    }

    fn day(&mut self, field: &'static str, today: NaiveDate) {
        let entry = self.entries.get(field);
        match day(entry) {
            None if !entry.is_empty() => self.wrong(field, "day_unreadable"),
            Some(day) if day > today => self.wrong(field, "day_ahead"),
            Some(_) | None => {}
        }
    }

    fn phone(&mut self, field: &'static str) {
        let entry = self.entries.get(field);
        if !entry.is_empty() && !is_phone(entry) {
            self.wrong(field, "phone_unreadable");
        }
    }

    fn email(&mut self, field: &'static str) {
        let entry = self.entries.get(field);
        if !entry.is_empty() && !is_email(entry) {
            self.wrong(field, "email_unreadable");
        }
    }

    fn length(&mut self, field: &'static str) {
        let most = match field {
            "text" => LONGEST_TEXT,
            "remedy_words" | "address" => LONGEST_WORDS,
            _ => LONGEST_LINE,
        };
        if self.entries.get(field).chars().count() > most {
            self.wrong(field, "too_long");
        }
    }
}

/// A day as a browser sends it, or as people write it: 2026-03-12, 12.03.2026, 12/03/2026.
fn day(text: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
        // Two digits are no year.
        .filter(|day| day.year() >= 1900)
}

/// Seven to fifteen digits (ITU-T E.164) with the signs that people put between them.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(text);
    let known =
        |c: char| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '-' | '.' | '/' | '\u{a0}');
    (7..=15).contains(&digits) && rest.chars().all(known)
}

/// Something before one @ and a name with a dot behind it. Whether it exists, only a message shows.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else {
        return false;
    };
    let is_plain = !text.contains(|c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';')
    });
    let is_host =
        host.contains('.') && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.');
    is_plain && is_host && !local.is_empty() && text.len() <= 254
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_domain::vocabulary::Language;

    fn entries(values: &[(&str, &str)]) -> Entries {
        let fields = values
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Entries::of(&Fields(fields.collect())).unwrap()
    }

    fn wrong(step: Step, values: &[(&str, &str)]) -> Vec<&'static str> {
        let words = Words::load(Language::En).unwrap();
        let today = NaiveDate::from_ymd_opt(2026, 3, 12).unwrap();
        let problems = entries(values).problems(step, &words, today);
        problems.iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn a_complaint_needs_words_and_no_day_of_the_future() {
        assert_eq!(wrong(Step::Problem, &[]), ["text"]);
        assert!(
            wrong(
                Step::Problem,
                &[("text", "x"), ("occurred_on", "12.03.2026")]
            )
            .is_empty()
        );
        let ahead = [("text", "x"), ("occurred_on", "2026-03-13")];
        assert_eq!(wrong(Step::Problem, &ahead), ["occurred_on"]);
        assert_eq!(
            wrong(Step::Product, &[("sold_on", "31.02.2026")]),
            ["sold_on"]
        );
        let long = "ş".repeat(LONGEST_TEXT + 1);
        assert_eq!(wrong(Step::Problem, &[("text", &long)]), ["text"]);
    }

    #[test]
    fn somebody_has_to_be_reached() {
        let named = [("behalf", "self"), ("name", "Ayşe")];
        assert_eq!(wrong(Step::Person, &named), ["phone"]);
        let by_letter = [named[0], named[1], ("address", "Konak, İzmir")];
        assert!(wrong(Step::Person, &by_letter).is_empty());
        let agent = [("behalf", "agent"), ("name", "Ayşe"), ("agent_name", "Ali")];
        assert!(wrong(Step::Person, &agent).is_empty());
        assert_eq!(wrong(Step::Agent, &agent), ["answer_to"]);
        let to_agent = [agent[0], agent[1], agent[2], ("answer_to", "agent")];
        assert_eq!(wrong(Step::Agent, &to_agent), ["agent_phone"]);
        let to_her = [agent[0], agent[1], agent[2], ("answer_to", "complainant")];
        assert_eq!(wrong(Step::Agent, &to_her), ["answer_to"]);
    }

    #[test]
    fn telephones_and_addresses_are_taken_as_people_write_them() {
        for phone in [
            "+90 532 123 45 67",
            "0(532)123-45-67",
            "8 (495) 123-45-67",
            "1234567",
        ] {
            assert!(is_phone(phone), "{phone}");
        }
        for phone in [
            "12345",
            "call me",
            "+90 532 123 45 67 89 01 23",
            "0532x1234567",
        ] {
            assert!(!is_phone(phone), "{phone}");
        }
        for email in ["ayse@example.org", "a.b+c@mail.example.com.tr"] {
            assert!(is_email(email), "{email}");
        }
        for email in [
            "ayse",
            "ayse@",
            "@x.org",
            "a b@x.org",
            "a@x",
            "a@x.org, b@x.org",
            "a@@x.org",
        ] {
            assert!(!is_email(email), "{email}");
        }
    }

    #[test]
    fn nothing_entered_is_lost_between_the_pages() {
        let first = entries(&[
            ("text", "Boya\r\nkabardı"),
            ("name", "Ayşe"),
            ("product", "X"),
        ]);
        let hidden = first.hidden(Step::Product);
        let carried: Vec<(String, String)> = hidden
            .into_iter()
            .map(|(n, v)| (n.to_owned(), v))
            .chain([("product".to_owned(), "Y".to_owned())])
            .collect();
        let second = Entries::of(&Fields(carried)).unwrap();
        assert_eq!(second.get("text"), "Boya\nkabardı");
        assert_eq!(second.get("name"), "Ayşe");
        assert_eq!(second.get("product"), "Y");
        assert_eq!(second.once, first.once);
    }

    #[test]
    fn the_page_of_the_agent_is_only_for_agents() {
        assert!(!entries(&[("behalf", "self")]).path().contains(&Step::Agent));
        assert!(
            entries(&[("behalf", "agent")])
                .path()
                .contains(&Step::Agent)
        );
    }
}
