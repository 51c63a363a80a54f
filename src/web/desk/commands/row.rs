//! What the rows of commands are written with: who may, what is asked, and what holds where a row says nothing else.

use super::{Act, Ask, Circumstances, Command, FreeText, Group, How};
use redress_domain::event::NoteAdded;
use redress_domain::vocabulary::Role;

/// Everybody at the desk.
pub(super) const ALL: &[Role] = &[
    Role::Contact,
    Role::Agent,
    Role::Technical,
    Role::Quality,
    Role::Admin,
];
/// Who works on complaints, head office and plants.
pub(super) const WORK: &[Role] = &[Role::Agent, Role::Technical, Role::Quality, Role::Admin];
/// Who speaks with customers.
pub(super) const FRONT: &[Role] = &[Role::Contact, Role::Agent, Role::Quality, Role::Admin];
/// The customer service unit.
pub(super) const UNIT: &[Role] = &[Role::Agent, Role::Quality, Role::Admin];

/// A word of a closed list, by its type and the group of its names.
macro_rules! words_of {
    ($group:literal, $list:ty) => {
        How::Word($group, || {
            <$list>::ALL.iter().map(|word| word.as_str()).collect()
        })
    };
}

pub(super) use words_of;

/// A field that has to be filled in.
pub(super) const fn need(name: &'static str, how: How) -> Ask {
    Ask {
        name,
        needed: true,
        how,
    }
}

/// A field that may be left empty.
pub(super) const fn may(name: &'static str, how: How) -> Ask {
    Ask {
        name,
        needed: false,
        how,
    }
}

pub(super) const fn always(_: &Circumstances<'_>) -> bool {
    true
}

/// What a command has where its row says nothing else.
pub(super) const PLAIN: Command = Command {
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
