//! What is added to a case as evidence, what ends it otherwise, and what mends it.

use super::row::{ALL, FRONT, PLAIN, UNIT, need};
use super::{Act, Command, FreeText, Group, How, LEAST_REMINDERS};
use redress_domain::case_file::CaseFile;
use redress_domain::event::{
    AnswerLapsed, EventBody, EventKind, Merged, NoteAdded, Reopened, SampleReceived,
    SampleReturned, Withdrawn,
};

/// In the order in which a page offers them.
pub(super) static COMMANDS: &[Command] = &[
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

/// What is tried where a decision is to lapse, or a reminder of it to go out.
pub(super) fn lapsed(file: &CaseFile) -> EventBody {
    AnswerLapsed {
        pass: file.state.pass(),
        reminders: LEAST_REMINDERS,
    }
    .into()
}
