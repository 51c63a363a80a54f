//! The pages of the complaint form, one thing a page, with the questions of each: those of the annex form
//! of ISO 10002 for complainants.

use super::entries::{Entries, REMEDIES};
use crate::public::field::{Asks, Choice, Field, Problem};
use crate::uploads::ACCEPT;
use crate::words::Words;
use redress_domain::vocabulary::words;

words! {
    /// A page of the complaint form, in their order.
    Step {
        Problem = "problem", Product = "product", Wish = "wish", Whom = "whom", Person = "person",
        /// Only where somebody acts for the complainant.
        Agent = "agent",
        Files = "files", Check = "check",
    }
}

const SECTION: &str = "public_complain";

impl Step {
    /// The names of the fields that the page asks for.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Step::Problem => &["text", "occurred_on", "occurred_place"],
            Step::Product => &[
                "product",
                "lot",
                "order",
                "seller",
                "sold_on",
                "produced_on",
            ],
            Step::Wish => &["remedy", "remedy_words"],
            Step::Whom => &["behalf"],
            Step::Person => &["name", "phone", "email", "address"],
            Step::Agent => &[
                "agent_name",
                "agent_capacity",
                "agent_phone",
                "agent_email",
                "answer_to",
            ],
            Step::Files | Step::Check => &[],
        }
    }

    /// The questions of the page with their entries.
    pub fn fields(self, entries: &Entries, words: &Words, problems: &[Problem]) -> Vec<Field> {
        let ask = Asking { entries, words };
        let fields = match self {
            Step::Problem => vec![
                ask.line("text").asks(Asks::Words(10)),
                ask.day("occurred_on"),
                ask.line("occurred_place").optional(),
            ],
            Step::Product => vec![
                ask.line("product").optional(),
                ask.line("lot").optional(),
                ask.line("order").optional(),
                ask.line("seller").optional(),
                ask.day("sold_on"),
                ask.day("produced_on"),
            ],
            Step::Wish => vec![
                ask.remedy(),
                ask.line("remedy_words").asks(Asks::Words(3)).optional(),
            ],
            Step::Whom => vec![ask.one("behalf", &["self", "agent"])],
            Step::Person => ask.person(),
            Step::Agent => vec![
                ask.line("agent_name").autocomplete("name"),
                ask.line("agent_capacity").optional(),
                ask.line("agent_phone")
                    .asks(Asks::Line("tel", "short"))
                    .autocomplete("tel")
                    .optional(),
                ask.line("agent_email")
                    .asks(Asks::Line("email", ""))
                    .autocomplete("email")
                    .optional(),
                ask.one("answer_to", &["complainant", "agent"]),
            ],
            Step::Files => vec![ask.line("files").asks(Asks::Files(ACCEPT)).optional()],
            Step::Check => Vec::new(),
        };
        fields
            .into_iter()
            .map(|field| field.with(problems))
            .collect()
    }
}

struct Asking<'a> {
    entries: &'a Entries,
    words: &'a Words,
}

impl Asking<'_> {
    fn line(&self, id: &'static str) -> Field {
        Field::line(self.words, SECTION, id, self.entries.get(id))
    }

    /// A day, as the browser's own control has it where the entry is one.
    fn day(&self, id: &'static str) -> Field {
        let mut field = self.line(id).asks(Asks::Line("date", "short")).optional();
        if let Some(day) = self.entries.day(id) {
            field.value = day.format("%Y-%m-%d").to_string();
        }
        field
    }

    fn one(&self, id: &'static str, values: &[&'static str]) -> Field {
        let choices = values.iter().copied().map(|value| Choice {
            value,
            label: self
                .words
                .text(&format!("{SECTION}.{id}_{value}"))
                .to_owned(),
            chosen: self.entries.get(id) == value,
        });
        self.line(id).asks(Asks::One(choices.collect()))
    }

    fn remedy(&self) -> Field {
        let sought = self.entries.remedy();
        let mut choices: Vec<Choice> = REMEDIES
            .iter()
            .map(|remedy| Choice {
                value: remedy.as_str(),
                label: self.words.name("remedies", remedy.as_str()),
                chosen: sought == Some(*remedy),
            })
            .collect();
        choices.push(Choice {
            value: "none",
            label: self.words.text("public_complain.remedy_none").to_owned(),
            chosen: self.entries.get("remedy") == "none",
        });
        self.line("remedy").asks(Asks::One(choices)).optional()
    }

    /// The complainant. Who acts for somebody else is asked about that person, and their own browser has
    /// nothing to fill in.
    fn person(&self) -> Vec<Field> {
        let words = self.words;
        let [name, tel, email, address] = match self.entries.by_agent() {
            true => ["off"; 4],
            false => ["name", "tel", "email", "street-address"],
        };
        let mut named = self.line("name").autocomplete(name);
        if self.entries.by_agent() {
            words
                .text("public_complain.name_theirs")
                .clone_into(&mut named.label);
            named.hint = None;
        }
        vec![
            named,
            self.line("phone")
                .asks(Asks::Line("tel", "short"))
                .autocomplete(tel)
                .optional(),
            self.line("email")
                .asks(Asks::Line("email", ""))
                .autocomplete(email)
                .optional(),
            self.line("address")
                .asks(Asks::Words(3))
                .autocomplete(address)
                .optional(),
        ]
    }
}
