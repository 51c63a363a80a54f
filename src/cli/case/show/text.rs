//! The file of a case as people read it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use super::{Document, Entry, Pass, Told};
use crate::case::common::{lay_out, local};
use crate::case::words::Words;

impl Document {
    /// The file as text; labels of fields are English, states and stages are in the language of `words`.
    pub fn in_words(&self, words: &Words, zone: Tz) -> String {
        let state = words.get("state", self.state);
        let mut out = format!(
            "{} {}: {state} ({}), {} {}\n\n",
            words.get("word", "case"),
            self.number,
            self.state,
            words.get("word", "pass"),
            self.pass
        );
        out.push_str(&lay_out(&self.facts(zone), "", &[]));
        if let Some(narrative) = &self.narrative {
            out.push_str(&format!("\n{}\n", indented(narrative)));
        }
        for pass in &self.passes {
            out.push_str(&format!("\n{} {}\n", words.get("word", "pass"), pass.pass));
            out.push_str(&lay_out(&pass.facts(zone), "  ", &[]));
        }
        if !self.attachments.is_empty() {
            let rows: Vec<_> = self
                .attachments
                .iter()
                .map(|f| {
                    let name = f.name.clone().unwrap_or_else(|| "(erased)".to_owned());
                    vec![
                        name,
                        f.media_type.clone(),
                        f.bytes.to_string(),
                        f.sha256.clone(),
                    ]
                })
                .collect();
            out.push_str("\nfiles\n");
            out.push_str(&lay_out(&rows, "  ", &[2]));
        }
        if !self.messages.is_empty() {
            let rows: Vec<_> = self.messages.iter().map(|m| m.cells(zone)).collect();
            out.push_str("\nmessages\n");
            out.push_str(&lay_out(&rows, "  ", &[0]));
        }
        out.push_str("\nhistory\n");
        for entry in &self.history {
            out.push_str(&entry.in_words(zone));
        }
        out
    }

    fn facts(&self, zone: Tz) -> Vec<Vec<String>> {
        let at = |moment: Option<DateTime<Utc>>| moment.map(|m| local(m, zone));
        let word = |value: Option<&str>| value.map(str::to_owned);
        let severity = match (self.severity_first, self.severity_last) {
            (Some(first), Some(last)) if first != last => Some(format!("{last} (first {first})")),
            (_, last) => word(last),
        };
        let paused = self.paused.zip(self.paused_since);
        let also = (!self.also.is_empty()).then(|| self.also.join(", "));
        let issues: Vec<&str> = self
            .issues
            .iter()
            .map(|issue| issue.category.as_str())
            .collect();
        let yes = |flag: Option<bool>, good: &str, bad: &str| {
            flag.map(|f| if f { good } else { bad }.to_owned())
        };
        let count = |n: u32| (n > 0).then(|| n.to_string());
        let person = &self.complainant;
        let facts = [
            (
                "received",
                at(Some(self.received_at)).map(|t| format!("{t} ({})", self.channel)),
            ),
            ("registered", at(Some(self.registered_at))),
            ("acknowledged", at(self.acknowledged_at)),
            (
                "complainant",
                person
                    .name
                    .clone()
                    .or_else(|| person.erased_at.map(|_| "(erased)".to_owned())),
            ),
            ("phone", person.phone.clone()),
            ("e-mail", person.email.clone()),
            ("address", person.address.clone()),
            ("category", self.category.clone()),
            (
                "further problems",
                (!issues.is_empty()).then(|| issues.join(", ")),
            ),
            ("product", self.product.clone()),
            ("lot", self.lot.clone()),
            ("site", self.site.clone()),
            ("unit named", self.unit.clone()),
            ("remedy sought", word(self.remedy_sought)),
            ("immediate action", self.immediate_action.clone()),
            ("severity", severity),
            ("department", self.department.clone()),
            ("taking part", also),
            ("assigned to", self.assigned_to.clone()),
            (
                "paused",
                paused.map(|(why, since)| format!("{why} since {}", local(since, zone))),
            ),
            ("remedies told", at(self.remedies_told_at)),
            ("referred to", self.referred_to.clone()),
            (
                "external outcome",
                yes(
                    self.external_outcome_satisfied,
                    "satisfied",
                    "not satisfied",
                ),
            ),
            ("remedy due", self.remedy_due_on.map(|day| day.to_string())),
            ("remedy delivered", at(self.remedy_done_at)),
            (
                "correction",
                yes(self.correction_holds, "holds", "does not hold"),
            ),
            (
                "survey score",
                self.survey_score.map(|score| score.to_string()),
            ),
            ("closed", at(self.closed_at)),
            ("reopened", count(self.reopenings)),
            ("escalated", count(self.escalations)),
            ("late entries", count(self.late_entries)),
            ("amended", count(self.amendments)),
            ("struck out", count(self.voided)),
        ];
        known(facts)
    }
}

impl Pass {
    fn facts(&self, zone: Tz) -> Vec<Vec<String>> {
        let at = |moment: Option<DateTime<Utc>>| moment.map(|m| local(m, zone));
        let by = self.decided_by.as_deref().unwrap_or("nobody named");
        let decided = at(self.decided_at).map(|t| match (self.in_force_at, self.decided_at) {
            (Some(force), Some(taken)) if force > taken => {
                format!("{t} by {by}, in force {}", local(force, zone))
            }
            (Some(_), _) => format!("{t} by {by}"),
            (None, _) => format!("{t} by {by}, waits for a second signature"),
        });
        let entered = if self.on_behalf == Some(true) {
            ", entered by staff"
        } else {
            ""
        };
        known([
            ("decided", decided),
            ("response", self.response.map(str::to_owned)),
            ("granted", self.granted.map(str::to_owned)),
            (
                "cost",
                self.cost
                    .filter(|cost| *cost != 0)
                    .map(|cost| cost.to_string()),
            ),
            (
                "rule",
                self.rule
                    .as_ref()
                    .map(|r| format!("{r} {}", self.rule_version.as_deref().unwrap_or(""))),
            ),
            ("communicated", at(self.communicated_at)),
            (
                "answer",
                self.answer
                    .zip(at(self.answered_at))
                    .map(|(answer, t)| format!("{answer} {t}{entered}")),
            ),
            ("lapsed", at(self.lapsed_at)),
        ])
    }
}

impl Told {
    fn cells(&self, zone: Tz) -> Vec<String> {
        let when = self.sent_at.map_or_else(
            || format!("queued {}", local(self.created_at, zone)),
            |at| format!("sent {}", local(at, zone)),
        );
        let error = self.last_error.clone().unwrap_or_default();
        vec![
            self.id.to_string(),
            self.purpose.to_owned(),
            self.means.to_owned(),
            self.state.to_owned(),
            when,
            error,
        ]
    }
}

impl Entry {
    fn in_words(&self, zone: Tz) -> String {
        let by = self.by.as_deref().map_or_else(
            || self.role.to_owned(),
            |name| format!("{name} ({})", self.role),
        );
        let data = match &self.data {
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| match value {
                    Value::String(text) => format!("{name}={text}"),
                    other => format!("{name}={other}"),
                })
                .collect::<Vec<_>>()
                .join(" "),
            other => other.to_string(),
        };
        let mut line = format!(
            "  {:>4}  {}  {}  {by}  {data}",
            self.event,
            local(self.occurred_at, zone),
            self.kind
        );
        line.truncate(line.trim_end().len());
        line.push('\n');
        if let Some(reason) = &self.late_reason {
            line.push_str(&format!(
                "        entered {}: {reason}\n",
                local(self.recorded_at, zone)
            ));
        }
        if let Some(text) = &self.text {
            line.push_str(&format!("{}\n", indented(text)));
        } else if self.text_erased {
            line.push_str("        (text erased)\n");
        }
        line
    }
}

fn known<const N: usize>(facts: [(&str, Option<String>); N]) -> Vec<Vec<String>> {
    facts
        .into_iter()
        .filter_map(|(name, value)| Some(vec![name.to_owned(), value?]))
        .collect()
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("        {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
