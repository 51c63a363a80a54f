//! What was entered for a step of an action, read into the event that it makes.

use chrono::NaiveDate;

use super::Step;
use super::fields::WHYS;
use crate::desk::reading::minor_units;
use crate::entry::{Field, Wrong};
use crate::visit::Fields;
use crate::words::Words;
use redress_domain::action::{
    Action, ActionBody, AmendedField, Amendment, Analysed, AnalysisMethod, Check, Contained,
    Implemented, IshikawaBranch, Planned, Verdict, Verified,
};

impl Step {
    /// The event that was entered; a plan and a changed check bring theirs along.
    ///
    /// # Errors
    /// What of it cannot be taken.
    pub fn body(
        self,
        words: &Words,
        action: &Action,
        entered: &Fields,
        check: Option<Check>,
    ) -> Result<ActionBody, Vec<Wrong>> {
        let mut reader = Reader {
            words,
            entered,
            asked: self.fields(words, action, entered, action.opened.on),
            wrongs: Vec::new(),
        };
        let body = reader.body(self, action, check);
        match (body, reader.wrongs.is_empty()) {
            (Some(body), true) => Ok(body),
            _ => Err(reader.wrongs),
        }
    }
}

/// A form while it is read.
struct Reader<'r> {
    words: &'r Words,
    entered: &'r Fields,
    /// What was asked, for the labels.
    asked: Vec<Field>,
    wrongs: Vec<Wrong>,
}

impl Reader<'_> {
    fn body(&mut self, step: Step, action: &Action, check: Option<Check>) -> Option<ActionBody> {
        Some(match step {
            Step::Contain => {
                let (what, on) = (self.needed("what"), self.day("on"));
                ActionBody::Contained(Contained {
                    on: on?,
                    what: what?,
                })
            }
            Step::Analyse => ActionBody::Analysed(self.analysis()?),
            Step::Plan => {
                let (what, due_on) = (self.needed("what"), self.day("due_on"));
                ActionBody::Planned(Planned {
                    what: what?,
                    due_on: due_on?,
                    check: check?,
                })
            }
            Step::Implement => {
                let (on, cost_minor) = (self.day("on"), self.amount("cost"));
                ActionBody::Implemented(Implemented {
                    on: on?,
                    what: self.entered.text("what"),
                    documents: lines(self.entered.get("documents"), &['\n', '\r']),
                    cost_minor: cost_minor?,
                })
            }
            Step::Check => return None,
            Step::Verify => {
                let on = self.day("on");
                let verdict: Option<Verdict> = self.entered.get("verdict").parse().ok();
                if verdict.is_none() {
                    self.refuse("verdict", "action.verdict_missing");
                }
                ActionBody::Verified(Verified {
                    on: on?,
                    verdict: verdict?,
                    note: self.entered.text("note"),
                })
            }
            Step::Close => ActionBody::Closed {
                on: self.day("on")?,
                note: self.entered.text("note"),
            },
            Step::Reopen => {
                let (on, reason) = (self.day("on"), self.needed("reason"));
                ActionBody::Reopened {
                    on: on?,
                    reason: reason?,
                }
            }
            Step::Withdraw => {
                let (on, reason) = (self.day("on"), self.needed("reason"));
                ActionBody::Withdrawn {
                    on: on?,
                    reason: reason?,
                }
            }
            Step::Change => {
                let reason = self.needed("reason");
                ActionBody::CheckChanged {
                    check: check?,
                    reason: reason?,
                }
            }
            Step::Amend => {
                let field: AmendedField = match self.entered.get("field").parse() {
                    Ok(field) => field,
                    Err(_) => {
                        self.refuse("field", "action.needed");
                        return None;
                    }
                };
                let reason = self.needed("reason");
                ActionBody::Amended(Amendment {
                    field,
                    old: action.field(field),
                    new: self.entered.get("value").to_owned(),
                    reason: reason?,
                })
            }
            Step::Note => ActionBody::Noted {
                text: self.needed("text")?,
            },
        })
    }

    fn analysis(&mut self) -> Option<Analysed> {
        let (on, root_cause) = (self.day("on"), self.needed("root_cause"));
        let whys: Vec<String> = WHYS
            .iter()
            .filter_map(|why| self.entered.text(why))
            .collect();
        let branch: Option<IshikawaBranch> = self.entered.get("branch").parse().ok();
        let method = self
            .entered
            .get("method")
            .parse()
            .unwrap_or(AnalysisMethod::Other);
        match method {
            AnalysisMethod::FiveWhys if whys.is_empty() => {
                self.refuse("why1", "action.whys_missing");
            }
            AnalysisMethod::Ishikawa if branch.is_none() => {
                self.refuse("branch", "action.branch_missing");
            }
            AnalysisMethod::FiveWhys | AnalysisMethod::Ishikawa | AnalysisMethod::Other => {}
        }
        Some(Analysed {
            on: on?,
            method,
            whys,
            branch,
            root_cause: root_cause?,
            escape_point: self.entered.text("escape_point"),
            elsewhere: lines(self.entered.get("elsewhere"), &[',', ';']),
        })
    }

    fn needed(&mut self, name: &'static str) -> Option<String> {
        let text = self.entered.text(name);
        if text.is_none() {
            self.refuse(name, "action.needed");
        }
        text
    }

    fn day(&mut self, name: &'static str) -> Option<NaiveDate> {
        let day = self.entered.get(name).parse().ok();
        if day.is_none() {
            self.refuse(name, "action.no_day");
        }
        day
    }

    /// Minor units; nothing entered is nothing spent.
    fn amount(&mut self, name: &'static str) -> Option<i64> {
        let Some(text) = self.entered.given(name) else {
            return Some(0);
        };
        let amount = minor_units(text);
        if amount.is_none() {
            self.refuse(name, "action.no_amount");
        }
        amount
    }

    fn refuse(&mut self, name: &'static str, key: &str) {
        let label = self
            .asked
            .iter()
            .find(|field| field.name == name)
            .map_or("", |field| field.label.as_str());
        let text = self.words.fill(key, &[("label", label)]);
        self.wrongs.push(Wrong::of(name, text));
    }
}

/// The parts of a text between separators, without blanks around them.
fn lines(text: &str, separators: &[char]) -> Vec<String> {
    text.split(separators)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}
