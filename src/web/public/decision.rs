//! The decisions that a complainant was told, in full: what is answered, the reasons, the rule, the remedy.

use super::seen::Seen;
use crate::words::Words;
use redress_domain::case_file::{DecisionRecord, PassRecord};
use redress_domain::event::EventBody;
use redress_domain::vocabulary::Language;

/// A decision as the complainant reads it.
#[derive(Debug, Clone)]
pub struct Told {
    pub heading: String,
    /// The day on which it was told.
    pub day: String,
    /// The kind of answer.
    pub response: String,
    /// What is granted, where that is something else than the answer.
    pub granted: Option<String>,
    /// The reasons; `None` where none were written or they were erased.
    pub words: Option<String>,
    pub erased: bool,
    /// The internal rule and its version.
    pub rule: String,
    /// What the rule says, where the register knows its text.
    pub rule_text: Option<Ruled>,
    /// By when the remedy is due, or when it was delivered.
    pub remedy: Option<String>,
}

/// A rule in full.
#[derive(Debug, Clone)]
pub struct Ruled {
    /// The language in which it is written.
    pub language: Language,
    pub title: String,
    pub text: String,
}

/// The decisions that were told, the newest first. A decision that is taken and not told yet is not among
/// them: it may still wait for its second signature.
pub fn decisions(seen: &Seen, words: &Words) -> Vec<Told> {
    let told = |record: &PassRecord| {
        let (at, _) = record.communicated?;
        let decision = record.decision.as_ref()?;
        let (text, erased) = reasons(seen, decision);
        let data = &decision.data;
        let granted = data.granted.filter(|granted| *granted != data.response);
        let version = data.rule_version.as_str();
        Some(Told {
            heading: words
                .text(match record.pass {
                    0 | 1 => "public_case.decision",
                    _ => "public_case.decision_again",
                })
                .to_owned(),
            day: words.day(at, seen.zone),
            response: words.name("remedies", data.response.as_str()),
            granted: granted.map(|granted| words.name("remedies", granted.as_str())),
            words: text,
            erased,
            rule: match version.trim().is_empty() {
                true => data.rule.clone(),
                false => words.fill(
                    "public_case.rule_version",
                    &[("rule", &data.rule), ("version", version)],
                ),
            },
            rule_text: ruled(seen, words, &data.rule, version),
            remedy: remedy(seen, words, record),
        })
    };
    seen.file.passes.iter().rev().filter_map(told).collect()
}

/// The text of the version of a rule that a decision names.
fn ruled(seen: &Seen, words: &Words, code: &str, version: &str) -> Option<Ruled> {
    let rule = seen.rules.find(code, version)?;
    let (language, said) = rule.text(words.language())?;
    Some(Ruled {
        language,
        title: said.title.clone(),
        text: said.text.trim().to_owned(),
    })
}

/// The text of a decision's event, and whether it had one that was erased.
fn reasons(seen: &Seen, decision: &DecisionRecord) -> (Option<String>, bool) {
    let found = seen.effective().find(|recorded| {
        recorded.event.occurred_at == decision.at
            && matches!(&recorded.event.body, EventBody::Decided(data) if data.pass == decision.data.pass)
    });
    match found {
        Some(recorded) => (recorded.text.clone(), recorded.text_erased),
        None => (None, false),
    }
}

/// The remedy follows from the last decision in force.
fn remedy(seen: &Seen, words: &Words, record: &PassRecord) -> Option<String> {
    let file = &seen.file;
    let last = file.passes.last().map(|last| last.pass);
    if last != Some(record.pass) {
        return None;
    }
    match (file.remedy_due_on?, file.remedy_done_at) {
        (_, Some(at)) => {
            let day = words.day(at, seen.zone);
            Some(words.fill("public_case.remedy_done", &[("day", &day)]))
        }
        (day, None) => {
            let day = words.date(day);
            Some(words.fill("public_case.remedy_by", &[("day", &day)]))
        }
    }
}
