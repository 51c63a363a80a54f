//! What belongs to the work on a case: who does it, pauses, further problems, deadlines and surveys.

use super::closing::lapsed;
use super::row::{ALL, FRONT, PLAIN, UNIT, WORK, may, need, words_of};
use super::{Act, Command, FreeText, Group, How};
use redress_domain::case_file::CaseFile;
use redress_domain::event::{
    Assigned, Escalated, EventBody, IssueAdded, Paused, RemedyDue, Resumed, SurveySent, Surveyed,
};
use redress_domain::vocabulary::{Means, PauseReason};

/// In the order in which a page offers them.
pub(super) static COMMANDS: &[Command] = &[
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
];

fn paused(_: &CaseFile) -> EventBody {
    Paused {
        reason: PauseReason::CustomerInformation,
    }
    .into()
}
