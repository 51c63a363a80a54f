//! The rows: every command that can be given to a case, and the event that its form makes.

use super::super::reading::{Reading, code_of};
use super::{Act, Ask, Circumstances, Command, FreeText, Group, How, LEAST_REMINDERS};
use crate::domain::case_file::CaseFile;
use crate::domain::event::{
    Acknowledged, AnswerLapsed, AnsweredOnBehalf, Assessed, Assigned, Classified, Communicated,
    CorrectionVerified, Countersigned, Decided, Escalated, EventBody, EventKind, ExternalOutcome,
    IssueAdded, Merged, NoteAdded, Paused, RecourseExhausted, ReferredExternally, RemediesTold,
    RemedyDone, RemedyDue, Reopened, Resumed, Routed, SampleReceived, SampleReturned, SurveySent,
    Surveyed, Withdrawn,
};
use crate::domain::vocabulary::{
    Answer, AssessmentChange, Expectation, Means, PauseReason, RejectionReason, Response, Role,
    Severity,
};

/// Everybody at the desk.
const ALL: &[Role] = &[
    Role::Contact,
    Role::Agent,
    Role::Technical,
    Role::Quality,
    Role::Admin,
];
/// Who works on complaints, head office and plants.
const WORK: &[Role] = &[Role::Agent, Role::Technical, Role::Quality, Role::Admin];
/// Who speaks with customers.
const FRONT: &[Role] = &[Role::Contact, Role::Agent, Role::Quality, Role::Admin];
/// The customer service unit.
const UNIT: &[Role] = &[Role::Agent, Role::Quality, Role::Admin];
macro_rules! words_of {
    ($group:literal, $list:ty) => {
        How::Word($group, || {
            <$list>::ALL.iter().map(|word| word.as_str()).collect()
        })
    };
}

const fn need(name: &'static str, how: How) -> Ask {
    Ask {
        name,
        needed: true,
        how,
    }
}

const fn may(name: &'static str, how: How) -> Ask {
    Ask {
        name,
        needed: false,
        how,
    }
}

const fn always(_: &Circumstances<'_>) -> bool {
    true
}

/// What a command has where its row says nothing else.
const PLAIN: Command = Command {
    name: "",
    roles: &[],
    on_the_spot: &[],
    group: Group::Work,
    asks: &[],
    words: FreeText::Optional,
    dated: true,
    sample: |_| NoteAdded {}.into(),
    sensible: always,
    act: Act::Event(|_| Some(NoteAdded {}.into())),
};

/// Every command, in the order in which a page offers them.
pub static COMMANDS: &[Command] = &[
    Command {
        name: "take",
        roles: WORK,
        group: Group::Steps,
        words: FreeText::None,
        dated: false,
        sample: |_| Assigned { to: String::new() }.into(),
        sensible: |c| c.file.assigned_to.as_ref() != Some(&c.staff.name),
        act: Act::Event(|r| {
            Some(
                Assigned {
                    to: r.me.to_owned(),
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "acknowledge",
        roles: FRONT,
        group: Group::Steps,
        asks: &[need("means", words_of!("means", Means))],
        sample: |_| Acknowledged { means: Means::Sms }.into(),
        sensible: |c| c.file.acknowledged.is_none(),
        act: Act::Event(|r| {
            Some(
                Acknowledged {
                    means: r.word("means")?,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "assess",
        roles: ALL,
        group: Group::Steps,
        asks: &[
            need("severity", words_of!("severities", Severity)),
            may("safety", How::Tick),
            may("complex", How::Tick),
            may("immediate", How::Tick),
            may(
                "change",
                How::Word("codes", || {
                    // The first assessment is the first, and no later one is.
                    [AssessmentChange::Misjudged, AssessmentChange::NewFacts]
                        .map(AssessmentChange::as_str)
                        .to_vec()
                }),
            ),
        ],
        sample: |_| {
            Assessed {
                severity: Severity::Low,
                safety: false,
                complex: false,
                immediate_action: false,
                change: AssessmentChange::First,
            }
            .into()
        },
        act: Act::Event(assessed),
        ..PLAIN
    },
    Command {
        name: "classify",
        roles: ALL,
        group: Group::Steps,
        asks: &[
            need("category", How::Code("categories")),
            may("product", How::Line),
            may("lot", How::Line),
        ],
        sample: |_| {
            Classified {
                category: String::new(),
                product: None,
                lot: None,
            }
            .into()
        },
        act: Act::Event(|r| {
            Some(
                Classified {
                    category: r.code("category", "categories")?,
                    product: r.text("product"),
                    lot: r.text("lot"),
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "route",
        roles: ALL,
        group: Group::Steps,
        asks: &[
            need("department", How::Code("departments")),
            may("site", How::Line),
            may("also", How::Line),
        ],
        sample: |_| {
            Routed {
                department: String::new(),
                site: None,
                also: Vec::new(),
            }
            .into()
        },
        act: Act::Event(routed),
        ..PLAIN
    },
    Command {
        name: "decide",
        roles: ALL,
        // P4: first contact staff settle a complaint where it was made, and nothing else.
        on_the_spot: &[Role::Contact],
        group: Group::Steps,
        asks: &[
            need("response", words_of!("remedies", Response)),
            may("granted", words_of!("remedies", Response)),
            may("cost", How::Amount),
            need("rule", How::Line),
            need("rule_version", How::Line),
            may("expectation", words_of!("codes", Expectation)),
            may("root_cause", How::Line),
            may("second", How::Tick),
        ],
        words: FreeText::Needed,
        sample: |file| {
            Decided {
                pass: file.state.pass(),
                response: Response::Information,
                granted: None,
                cost: 0,
                rule: String::new(),
                rule_version: String::new(),
                needs_second_signature: false,
                root_cause: None,
                expectation: None,
            }
            .into()
        },
        act: Act::Event(decided),
        ..PLAIN
    },
    Command {
        name: "countersign",
        roles: WORK,
        group: Group::Steps,
        sample: |file| {
            Countersigned {
                pass: file.state.pass(),
            }
            .into()
        },
        act: Act::Event(|r| {
            Some(
                Countersigned {
                    pass: r.file.state.pass(),
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "communicate",
        roles: FRONT,
        group: Group::Steps,
        asks: &[need("means", words_of!("means", Means))],
        sample: |file| {
            Communicated {
                pass: file.state.pass(),
                means: Means::Sms,
            }
            .into()
        },
        act: Act::Event(|r| {
            Some(
                Communicated {
                    pass: r.file.state.pass(),
                    means: r.word("means")?,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "answer",
        roles: FRONT,
        group: Group::Steps,
        asks: &[
            need("answer", words_of!("codes", Answer)),
            need("means", words_of!("means", Means)),
            need("proof", How::Line),
            may("rejection", words_of!("codes", RejectionReason)),
        ],
        sample: |file| {
            AnsweredOnBehalf {
                pass: file.state.pass(),
                answer: Answer::Accepted,
                means: Means::Phone,
                proof: String::new(),
                reason: None,
            }
            .into()
        },
        act: Act::Event(answered),
        ..PLAIN
    },
    Command {
        name: "remedies-told",
        roles: FRONT,
        group: Group::Steps,
        asks: &[need("means", words_of!("means", Means))],
        sample: |_| RemediesTold { means: Means::Sms }.into(),
        act: Act::Event(|r| {
            Some(
                RemediesTold {
                    means: r.word("means")?,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "refer",
        roles: UNIT,
        group: Group::Steps,
        asks: &[need("body", How::Line)],
        sample: |_| {
            ReferredExternally {
                body: String::new(),
            }
            .into()
        },
        act: Act::Event(|r| {
            Some(
                ReferredExternally {
                    body: r.needed("body")?,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "outcome",
        roles: UNIT,
        group: Group::Steps,
        asks: &[need("satisfied", How::YesNo)],
        sample: |_| ExternalOutcome { satisfied: true }.into(),
        act: Act::Event(|r| {
            Some(
                ExternalOutcome {
                    satisfied: r.yes_or_no("satisfied")?,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "exhausted",
        roles: UNIT,
        group: Group::Steps,
        sample: |_| RecourseExhausted {}.into(),
        act: Act::Event(|_| Some(RecourseExhausted {}.into())),
        ..PLAIN
    },
    Command {
        name: "remedy-done",
        roles: ALL,
        group: Group::Steps,
        sample: |_| RemedyDone {}.into(),
        act: Act::Event(|_| Some(RemedyDone {}.into())),
        ..PLAIN
    },
    Command {
        name: "verify",
        roles: WORK,
        group: Group::Steps,
        asks: &[need("holds", How::YesNo)],
        sample: |_| CorrectionVerified { holds: true }.into(),
        act: Act::Event(|r| {
            Some(
                CorrectionVerified {
                    holds: r.yes_or_no("holds")?,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "assign",
        roles: WORK,
        asks: &[need("to", How::Staff)],
        sample: |_| Assigned { to: String::new() }.into(),
        act: Act::Event(|r| {
            Some(
                Assigned {
                    to: r.needed("to")?,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "ask",
        roles: WORK,
        asks: &[need(
            "pause",
            How::Word("pause", || {
                PauseReason::ALL
                    .iter()
                    .filter(|reason| reason.stops_clock())
                    .map(|reason| reason.as_str())
                    .collect()
            }),
        )],
        words: FreeText::Needed,
        dated: false,
        sample: paused,
        act: Act::Ask,
        ..PLAIN
    },
    Command {
        name: "pause",
        roles: WORK,
        asks: &[need("pause", words_of!("pause", PauseReason))],
        sample: paused,
        act: Act::Event(|r| {
            Some(
                Paused {
                    reason: r.word("pause")?,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "resume",
        roles: WORK,
        group: Group::Steps,
        sample: |_| Resumed {}.into(),
        act: Act::Event(|_| Some(Resumed {}.into())),
        ..PLAIN
    },
    Command {
        name: "issue",
        roles: ALL,
        asks: &[
            need("category", How::Code("categories")),
            may("product", How::Line),
            may("lot", How::Line),
        ],
        sample: |_| {
            IssueAdded {
                category: String::new(),
                product: None,
                lot: None,
            }
            .into()
        },
        act: Act::Event(|r| {
            Some(
                IssueAdded {
                    category: r.code("category", "categories")?,
                    product: r.text("product"),
                    lot: r.text("lot"),
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "escalate",
        roles: ALL,
        asks: &[may("by", How::Line)],
        sample: |_| Escalated { by: String::new() }.into(),
        act: Act::Event(|r| {
            let by = r.text("by").unwrap_or_else(|| r.me.to_owned());
            Some(Escalated { by }.into())
        }),
        ..PLAIN
    },
    Command {
        name: "remind",
        roles: UNIT,
        words: FreeText::None,
        dated: false,
        // Where an answer could lapse, one is awaited.
        sample: lapsed,
        act: Act::Remind,
        ..PLAIN
    },
    Command {
        name: "remedy-due",
        roles: UNIT,
        asks: &[need("due_on", How::Day)],
        sample: |_| {
            RemedyDue {
                due_on: chrono::NaiveDate::MIN,
            }
            .into()
        },
        act: Act::Event(|r| {
            Some(
                RemedyDue {
                    due_on: r.day("due_on")?,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "invite",
        roles: UNIT,
        words: FreeText::None,
        dated: false,
        sample: |_| SurveySent { means: Means::Sms }.into(),
        sensible: |c| c.file.survey_sent_at.is_none(),
        act: Act::Invite,
        ..PLAIN
    },
    Command {
        name: "survey",
        roles: FRONT,
        asks: &[need(
            "score",
            How::Word("scores", || vec!["5", "4", "3", "2", "1"]),
        )],
        sample: |_| Surveyed { score: 3 }.into(),
        act: Act::Event(|r| {
            Some(
                Surveyed {
                    score: r.word("score")?,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "note",
        roles: ALL,
        group: Group::Evidence,
        words: FreeText::Needed,
        act: Act::Event(|_| Some(NoteAdded {}.into())),
        ..PLAIN
    },
    Command {
        name: "attach",
        roles: ALL,
        group: Group::Evidence,
        asks: &[need("files", How::Files)],
        words: FreeText::None,
        dated: false,
        act: Act::Attach,
        ..PLAIN
    },
    Command {
        name: "sample-received",
        roles: ALL,
        group: Group::Evidence,
        sample: |_| SampleReceived {}.into(),
        act: Act::Event(|_| Some(SampleReceived {}.into())),
        ..PLAIN
    },
    Command {
        name: "sample-returned",
        roles: ALL,
        group: Group::Evidence,
        sample: |_| SampleReturned {}.into(),
        // What did not come cannot go back.
        sensible: |c| c.count(EventKind::SampleReceived) > c.count(EventKind::SampleReturned),
        act: Act::Event(|_| Some(SampleReturned {}.into())),
        ..PLAIN
    },
    Command {
        name: "reopen",
        roles: UNIT,
        group: Group::Other,
        words: FreeText::Needed,
        sample: |_| Reopened {}.into(),
        act: Act::Event(|_| Some(Reopened {}.into())),
        ..PLAIN
    },
    Command {
        name: "lapse",
        roles: UNIT,
        group: Group::Other,
        sample: lapsed,
        sensible: |c| c.may_lapse(),
        act: Act::Event(|r| {
            Some(
                AnswerLapsed {
                    pass: r.file.state.pass(),
                    reminders: r.reminders,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "withdraw",
        roles: FRONT,
        group: Group::Other,
        words: FreeText::Needed,
        sample: |_| Withdrawn {}.into(),
        act: Act::Event(|_| Some(Withdrawn {}.into())),
        ..PLAIN
    },
    Command {
        name: "merge",
        roles: UNIT,
        group: Group::Other,
        asks: &[need("into", How::Line)],
        sample: |_| {
            Merged {
                into: String::new(),
            }
            .into()
        },
        act: Act::Event(|r| {
            Some(
                Merged {
                    into: r.needed("into")?,
                }
                .into(),
            )
        }),
        ..PLAIN
    },
    Command {
        name: "amend",
        roles: UNIT,
        group: Group::Other,
        words: FreeText::None,
        dated: false,
        act: Act::Amend,
        ..PLAIN
    },
    Command {
        name: "void",
        roles: UNIT,
        group: Group::Other,
        words: FreeText::None,
        dated: false,
        act: Act::Void,
        ..PLAIN
    },
    Command {
        name: "new-password",
        roles: FRONT,
        group: Group::Other,
        words: FreeText::None,
        dated: false,
        act: Act::NewPassword,
        ..PLAIN
    },
];

fn paused(_: &CaseFile) -> EventBody {
    Paused {
        reason: PauseReason::CustomerInformation,
    }
    .into()
}

fn lapsed(file: &CaseFile) -> EventBody {
    AnswerLapsed {
        pass: file.state.pass(),
        reminders: LEAST_REMINDERS,
    }
    .into()
}

fn assessed(r: &mut Reading<'_>) -> Option<EventBody> {
    let severity = r.word("severity");
    // Only what was misjudged counts as wrongly prioritised, so a later assessment says which it is.
    let change = match r.file.assessments.is_empty() {
        true => Some(AssessmentChange::First),
        false => r.word("change"),
    };
    Some(
        Assessed {
            severity: severity?,
            safety: r.form.ticked("safety"),
            complex: r.form.ticked("complex"),
            immediate_action: r.form.ticked("immediate"),
            change: change?,
        }
        .into(),
    )
}

fn routed(r: &mut Reading<'_>) -> Option<EventBody> {
    let department = r.code("department", "departments");
    let also = r.form.get("also");
    let also = also
        .split(',')
        .map(str::trim)
        .filter(|unit| !unit.is_empty())
        .map(|unit| code_of(r.words, "departments", unit))
        .collect();
    Some(
        Routed {
            department: department?,
            site: r.text("site"),
            also,
        }
        .into(),
    )
}

fn decided(r: &mut Reading<'_>) -> Option<EventBody> {
    let response = r.word("response");
    let granted = r.word_if_given("granted");
    let cost = r.amount("cost");
    let rule = r.needed("rule");
    let rule_version = r.needed("rule_version");
    let expectation = r.word_if_given("expectation");
    if response.is_some_and(|response: Response| response.lacks_remedy(granted))
        && r.form.given("granted").is_none()
    {
        r.refuse("granted", "entry.granted_needed");
    }
    Some(
        Decided {
            pass: r.file.state.pass(),
            response: response?,
            granted,
            cost: cost?,
            rule: rule?,
            rule_version: rule_version?,
            needs_second_signature: r.form.ticked("second"),
            root_cause: r.text("root_cause"),
            expectation,
        }
        .into(),
    )
}

fn answered(r: &mut Reading<'_>) -> Option<EventBody> {
    let answer = r.word("answer");
    let means = r.word("means");
    let proof = r.needed("proof");
    let reason = r.word_if_given("rejection");
    if answer == Some(Answer::Accepted) && reason.is_some() {
        r.refuse("rejection", "entry.no_reason");
        return None;
    }
    Some(
        AnsweredOnBehalf {
            pass: r.file.state.pass(),
            answer: answer?,
            means: means?,
            proof: proof?,
            reason,
        }
        .into(),
    )
}
