//! What brings a case forward, from the first assignment to the verified correction, and the events that the forms make.

use super::super::reading::{Reading, code_of};
use super::row::{ALL, FRONT, PLAIN, UNIT, WORK, may, need, words_of};
use super::{Act, Command, FreeText, Group, How};
use redress_domain::event::{
    Acknowledged, AnsweredOnBehalf, Assessed, Assigned, Classified, Communicated,
    CorrectionVerified, Countersigned, Decided, EventBody, ExternalOutcome, RecourseExhausted,
    ReferredExternally, RemediesTold, RemedyDone, Routed,
};
use redress_domain::vocabulary::{
    Answer, AssessmentChange, Expectation, Means, RejectionReason, Response, Role, Severity,
};

/// In the order in which a page offers them.
pub(super) static COMMANDS: &[Command] = &[
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
];

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
