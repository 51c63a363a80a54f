//! The steps of an action: who may take each, whether the action admits it now, what is asked, and the event it makes.
//!
//! Whether an action admits a step is asked of the action itself, with an event that says nothing wrong; there is no
//! second list of states.

mod fields;
mod reading;

use chrono::{Days, NaiveDate};

use crate::visit::Visit;
use redress_domain::action::{
    Action, ActionBody, ActionEvent, ActionRefusal, AmendedField, Amendment, Analysed,
    AnalysisMethod, Check, Contained, CriterionCheck, Implemented, Planned, Standing, Verdict,
    Verified,
};
use redress_domain::vocabulary::{Role, words as list};

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
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{DateTime, Utc};

    use super::*;
    use crate::visit::{Fields, Visitor};
    use crate::words::Words;
    use redress_domain::action::{ActionId, ActionKind, ActionSource, Opened};
    use redress_domain::vocabulary::Language;
    use redress_register::Staff;

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
            case_source: None,
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
