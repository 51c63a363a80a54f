//! The steps of an action: who may take each, whether the action admits it now, what is asked, and the event it makes.
//!
//! Whether an action admits a step is asked of the action itself, with an event that says nothing wrong; there is no
//! second list of states.

use chrono::{Days, NaiveDate};

use super::said;
use crate::domain::action::{
    Action, ActionBody, ActionEvent, ActionRefusal, AmendedField, Amendment, Analysed,
    AnalysisMethod, Check, Contained, CriterionCheck, Implemented, IshikawaBranch, Planned,
    Standing, Verdict, Verified,
};
use crate::domain::vocabulary::{Role, words as list};
use crate::web::desk::reading::minor_units;
use crate::web::entry::{Choice, Field, Wrong};
use crate::web::visit::{Fields, Visit};
use crate::web::words::Words;

list! {
    /// A step that somebody can take at the desk.
    Step {
        Contain = "contain", Analyse = "analyse", Plan = "plan", Implement = "implement",
        /// Computes the verdict that is due.
        Check = "check",
        Verify = "verify", Close = "close", Reopen = "reopen",
        /// Changes how it will be judged.
        Change = "change",
        Amend = "amend", Withdraw = "withdraw", Note = "note",
    }
}

/// Answers of five whys.
const WHYS: [&str; 5] = ["why1", "why2", "why3", "why4", "why5"];

impl Step {
    /// The roles that may take it, whoever owns the action.
    const fn roles(self) -> &'static [Role] {
        match self {
            Step::Contain
            | Step::Analyse
            | Step::Plan
            | Step::Implement
            | Step::Check
            | Step::Verify
            | Step::Close
            | Step::Reopen
            | Step::Change
            | Step::Amend
            | Step::Withdraw => &[Role::Quality, Role::Admin],
            Step::Note => &[Role::Agent, Role::Technical, Role::Quality, Role::Admin],
        }
    }

    /// Whether the owner may take it too: the work is theirs, the judgement on it is not.
    const fn is_the_owners(self) -> bool {
        match self {
            Step::Contain
            | Step::Analyse
            | Step::Plan
            | Step::Implement
            | Step::Check
            | Step::Note => true,
            Step::Verify
            | Step::Close
            | Step::Reopen
            | Step::Change
            | Step::Amend
            | Step::Withdraw => false,
        }
    }

    /// Whether the visitor's role lets them take it.
    pub fn may(self, visit: &Visit, action: &Action) -> bool {
        let owns = visit
            .staff()
            .is_some_and(|staff| staff.name == action.opened.owner);
        visit.has_role(self.roles()) || (self.is_the_owners() && owns)
    }

    /// Whether the action admits it now.
    ///
    /// # Errors
    /// Why it does not.
    pub fn fits(
        self,
        visit: &Visit,
        action: &Action,
        today: NaiveDate,
    ) -> Result<(), ActionRefusal> {
        let Some(body) = self.sample(action, today) else {
            return Err(ActionRefusal::NotNow {
                id: action.id,
                standing: action.standing.as_str(),
                event: self.as_str(),
                instead: "only what is implemented and judged by complaints is computed",
            });
        };
        let event = ActionEvent {
            event_no: action.version + 1,
            recorded_at: visit.now,
            actor: visit
                .staff()
                .map_or(String::new(), |staff| staff.name.clone()),
            body,
        };
        action.clone().with(&event).map(|_| ())
    }

    /// An event of this step that says nothing wrong; `None` where none is entered by hand and none is due.
    fn sample(self, action: &Action, on: NaiveDate) -> Option<ActionBody> {
        let said = || "-".to_owned();
        let criterion = || {
            Check::Criterion(CriterionCheck {
                criterion: said(),
                due_on: on.checked_add_days(Days::new(1)).unwrap_or(on),
            })
        };
        let round = action.round();
        Some(match self {
            Step::Contain => ActionBody::Contained(Contained { on, what: said() }),
            Step::Analyse => ActionBody::Analysed(Analysed {
                on,
                method: AnalysisMethod::Other,
                whys: Vec::new(),
                branch: None,
                root_cause: said(),
                escape_point: None,
                elsewhere: Vec::new(),
            }),
            Step::Plan => ActionBody::Planned(Planned {
                what: said(),
                due_on: on,
                check: criterion(),
            }),
            Step::Implement => ActionBody::Implemented(Implemented {
                on,
                what: None,
                documents: Vec::new(),
                cost_minor: 0,
            }),
            Step::Check => {
                let is_rate = matches!(
                    round.check().map(|fixed| &fixed.check),
                    Some(Check::Rate(_))
                );
                let waits = action.standing == Standing::Implemented && round.settled().is_none();
                // Any event that is always admitted: the verdict itself is computed.
                return (is_rate && waits).then(|| ActionBody::Noted { text: said() });
            }
            Step::Verify => ActionBody::Verified(Verified {
                on,
                verdict: round
                    .settled()
                    .map_or(Verdict::Inconclusive, |look| look.found.verdict),
                note: Some(said()),
            }),
            Step::Close => ActionBody::Closed { on, note: None },
            Step::Reopen => ActionBody::Reopened { on, reason: said() },
            Step::Change => ActionBody::CheckChanged {
                check: criterion(),
                reason: said(),
            },
            Step::Amend => ActionBody::Amended(Amendment {
                field: AmendedField::Title,
                old: action.opened.title.clone(),
                new: format!("{}-", action.opened.title),
                reason: said(),
            }),
            Step::Withdraw => ActionBody::Withdrawn { on, reason: said() },
            Step::Note => ActionBody::Noted { text: said() },
        })
    }

    /// What is asked for it; of a plan and of a changed check, what is not about the judging.
    pub fn fields(
        self,
        words: &Words,
        action: &Action,
        entered: &Fields,
        today: NaiveDate,
    ) -> Vec<Field> {
        let text = |key: &'static str| words.text(key);
        let on = || {
            Field::date("on", text("action.on")).or(entered, today.format("%Y-%m-%d").to_string())
        };
        let reason = || Field::area("reason", text("action.reason"), 3).of(entered);
        match self {
            Step::Contain => vec![
                Field::area("what", text("action.what_done"), 3).of(entered),
                on(),
            ],
            Step::Analyse => analysis(words, entered, on()),
            Step::Plan => vec![
                Field::area("what", text("action.what_to_do"), 3).of(entered),
                Field::date("due_on", text("action.due_on"))
                    .or(entered, action.field(AmendedField::DueOn)),
            ],
            Step::Implement => vec![
                on(),
                Field::area("what", text("action.what_else"), 2)
                    .hint(text("action.what_else_hint"))
                    .optional()
                    .of(entered),
                Field::area("documents", text("action.documents"), 3)
                    .hint(text("action.documents_hint"))
                    .optional()
                    .of(entered),
                Field::number("cost", text("action.cost"))
                    .hint(text("action.cost_hint"))
                    .optional()
                    .of(entered),
            ],
            Step::Check => Vec::new(),
            Step::Verify => vec![
                on(),
                Field::select("verdict", text("action.verdict"), verdicts(words)).or(
                    entered,
                    action
                        .round()
                        .settled()
                        .map_or("", |look| look.found.verdict.as_str()),
                ),
                Field::area("note", text("action.rests_on"), 4)
                    .hint(text("action.rests_on_hint"))
                    .of(entered),
            ],
            Step::Close => vec![
                on(),
                Field::area("note", text("action.closing"), 3)
                    .optional()
                    .of(entered),
            ],
            Step::Reopen | Step::Withdraw => vec![on(), reason()],
            Step::Change => vec![reason()],
            Step::Amend => vec![
                Field::select(
                    "field",
                    text("action.amended"),
                    AmendedField::ALL
                        .iter()
                        .map(|field| Choice::new(field.as_str(), said::field(words, *field))),
                )
                .of(entered),
                Field::line("value", text("action.new_value"))
                    .hint(text("action.new_value_hint"))
                    .of(entered),
                reason(),
            ],
            Step::Note => vec![Field::area("text", text("action.note"), 4).of(entered)],
        }
    }

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

fn verdicts(words: &Words) -> Vec<Choice> {
    let none = Choice::new("", words.text("action.choose"));
    let each = Verdict::ALL
        .iter()
        .map(|verdict| Choice::new(verdict.as_str(), said::code(words, verdict.as_str())));
    std::iter::once(none).chain(each).collect()
}

fn analysis(words: &Words, entered: &Fields, on: Field) -> Vec<Field> {
    let text = |key: &'static str| words.text(key);
    let mut fields = vec![
        on,
        Field::select(
            "method",
            text("action.method"),
            AnalysisMethod::ALL.iter().map(|method| {
                let key = format!("action.method_{method}");
                Choice::new(method.as_str(), words.text(&key))
            }),
        )
        .of(entered),
    ];
    for (n, why) in (1..).zip(WHYS) {
        let label = words.fill("action.why", &[("n", &words.count(n))]);
        let field = Field::line(why, label).optional().of(entered);
        fields.push(match n {
            1 => field.hint(text("action.why_hint")),
            _ => field,
        });
    }
    let none = Choice::new("", text("action.no_branch"));
    let branches = IshikawaBranch::ALL.iter().map(|branch| {
        let key = format!("action.branch_{branch}");
        Choice::new(branch.as_str(), words.text(&key))
    });
    fields.extend([
        Field::select(
            "branch",
            text("action.branch"),
            std::iter::once(none).chain(branches),
        )
        .optional()
        .of(entered),
        Field::area("root_cause", text("action.root_cause"), 3).of(entered),
        Field::line("escape_point", text("action.escape_point"))
            .hint(text("action.escape_hint"))
            .optional()
            .of(entered),
        Field::line("elsewhere", text("action.elsewhere"))
            .hint(text("action.elsewhere_hint"))
            .optional()
            .of(entered),
    ]);
    fields
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{DateTime, Utc};

    use super::*;
    use crate::domain::action::{ActionId, ActionKind, ActionSource, Opened};
    use crate::domain::vocabulary::Language;
    use crate::register::Staff;
    use crate::web::visit::Visitor;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}T09:00:00Z").parse().unwrap()
    }

    fn visit(name: &str, role: Role) -> Visit {
        Visit {
            now: at("2026-05-04"),
            language: Language::En,
            visitor: Visitor::Staff(Box::new(Staff {
                name: name.to_owned(),
                roles: vec![role],
                department: None,
                site: None,
                discretion_minor: None,
                can_sign_in: true,
                must_change: false,
                active: true,
            })),
            address: "/".to_owned(),
            places: BTreeMap::new(),
            query: Fields::default(),
            form: Fields::default(),
            files: Vec::new(),
            from: "local".to_owned(),
            token: None,
            request_id: String::new(),
            program: None,
        }
    }

    fn action(bodies: &[ActionBody]) -> Action {
        let opened = ActionBody::Opened(Opened {
            on: day("2026-05-01"),
            title: "Lids".to_owned(),
            kind: ActionKind::Corrective,
            source: ActionSource::Case,
            reference: None,
            scope: None,
            cases: Vec::new(),
            signal_on: None,
            owner: "ayse".to_owned(),
            department: None,
            due_on: None,
            output: None,
        });
        let events: Vec<ActionEvent> = (1..)
            .zip(std::iter::once(&opened).chain(bodies))
            .map(|(event_no, body)| ActionEvent {
                event_no,
                recorded_at: at("2026-05-02"),
                actor: "ayse".to_owned(),
                body: body.clone(),
            })
            .collect();
        Action::fold(ActionId(1), &events).unwrap()
    }

    fn admitted(visit: &Visit, action: &Action) -> Vec<&'static str> {
        Step::ALL
            .iter()
            .filter(|step| step.may(visit, action))
            .filter(|step| step.fits(visit, action, day("2026-05-04")).is_ok())
            .map(|step| step.as_str())
            .collect()
    }

    #[test]
    fn exactly_the_steps_that_state_and_role_allow_are_offered() {
        let opened = action(&[]);
        let owner = visit("ayse", Role::Agent);
        assert_eq!(admitted(&owner, &opened), ["contain", "analyse", "note"]);
        let quality = visit("zeynep", Role::Quality);
        assert_eq!(
            admitted(&quality, &opened),
            ["contain", "analyse", "amend", "withdraw", "note"]
        );
        assert!(admitted(&visit("ali", Role::Contact), &opened).is_empty());
        let on = day("2026-05-02");
        let planned = action(&[
            Step::Analyse.sample(&opened, on).unwrap(),
            ActionBody::Planned(Planned {
                what: "glue".to_owned(),
                due_on: on,
                check: Check::Criterion(CriterionCheck {
                    criterion: "in use".to_owned(),
                    due_on: day("2026-05-03"),
                }),
            }),
            ActionBody::Implemented(Implemented {
                on,
                what: None,
                documents: Vec::new(),
                cost_minor: 0,
            }),
        ]);
        assert!(admitted(&quality, &planned).contains(&"verify"));
        // The owner never verifies, also with the role of quality.
        let owner = visit("ayse", Role::Quality);
        assert!(!admitted(&owner, &planned).contains(&"verify"));
        let refused = Step::Verify.fits(&owner, &planned, day("2026-05-04"));
        assert!(matches!(refused, Err(ActionRefusal::OwnerVerifies { .. })));
        assert!(!admitted(&quality, &planned).contains(&"plan"));
    }

    #[test]
    fn an_analysis_by_five_whys_has_an_answer() {
        let words = Words::load(Language::En).unwrap();
        let form = |whys: &str| {
            Fields(vec![
                ("on".into(), "2026-05-04".into()),
                ("method".into(), "five_whys".into()),
                ("why1".into(), whys.into()),
                ("root_cause".into(), "worn".into()),
                ("elsewhere".into(), "K30, Bursa ,".into()),
            ])
        };
        let opened = action(&[]);
        let read = |form: &Fields| Step::Analyse.body(&words, &opened, form, None);
        let wrongs = read(&form(" ")).unwrap_err();
        assert_eq!(wrongs[0].field, Some("why1"));
        let body = read(&form("the lid")).unwrap();
        let ActionBody::Analysed(analysed) = body else {
            panic!("an analysis");
        };
        assert_eq!(analysed.elsewhere, ["K30", "Bursa"]);
    }
}
