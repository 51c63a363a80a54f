//! The forms of the staff list: to add somebody, and to change roles, limit, standing, password or second factor.

use super::What;
use crate::entry::{Choice, EntryForm, Field};
use crate::shell::STAFF;
use crate::visit::Fields;
use crate::words::Words;
use redress_register::Staff;

/// The heading of a form.
pub(super) fn title_of(words: &Words, what: What) -> String {
    let key = match what {
        What::Add => "people.add",
        What::Reset => "people.title_reset",
        What::Factor => "staff_factor.title",
        What::Roles | What::Discretion | What::Active => return link_of(words, what),
    };
    words.text(key).to_owned()
}

/// What leads to a form.
pub(super) fn link_of(words: &Words, what: What) -> String {
    let key = match what {
        What::Add => "people.add",
        What::Roles => "people.button_roles",
        What::Discretion => "people.button_discretion",
        What::Active => "people.link_active",
        What::Reset => "people.button_reset",
        What::Factor => "staff_factor.button",
    };
    words.text(key).to_owned()
}

/// The form of a change, with what the person has already or what was entered.
pub(super) fn form_of(
    words: &Words,
    what: What,
    member: Option<&Staff>,
    entered: &Fields,
) -> EntryForm {
    let text = |key: &'static str| words.text(key);
    let (id, fields) = match what {
        What::Add => {
            let mut fields = vec![
                Field::line("name", text("people.name"))
                    .hint(text("people.name_hint"))
                    .of(entered),
            ];
            fields.extend(role_fields(words, None, entered));
            fields.extend([
                Field::suggested(
                    "department",
                    text("people.department"),
                    words
                        .codes("departments")
                        .map(|code| words.name("departments", code)),
                )
                .optional()
                .of(entered),
                Field::line("site", text("people.site"))
                    .hint(text("people.site_hint"))
                    .optional()
                    .of(entered),
                discretion_field(words, None, entered),
            ]);
            ("add-form", fields)
        }
        What::Roles => ("roles-form", role_fields(words, member, entered)),
        What::Discretion => (
            "discretion-form",
            vec![discretion_field(words, member, entered)],
        ),
        What::Active => {
            let may = member.is_some_and(|member| member.active);
            let tick = Field::tick("may_act", text("people.may_act"));
            // A form that was sent holds what was ticked, also where that is nothing.
            let tick = match entered.0.is_empty() && may {
                true => tick.holding("yes"),
                false => tick.of(entered),
            };
            ("active-form", vec![tick])
        }
        What::Reset => ("reset-form", Vec::new()),
        What::Factor => {
            let reason = Field::line("reason", text("staff_factor.reason"))
                .hint(text("staff_factor.reason_hint"))
                .of(entered);
            ("factor-form", vec![reason])
        }
    };
    let button = match what {
        What::Factor => words.text("staff_factor.button").to_owned(),
        What::Add | What::Roles | What::Discretion | What::Active | What::Reset => words
            .text(&format!("people.button_{}", what.id()))
            .to_owned(),
    };
    let form = EntryForm::new(id, "/desk/staff", button, fields).hidden("what", what.id());
    match member {
        Some(member) => form.hidden("person", member.name.clone()),
        None => form,
    }
}

fn role_fields(words: &Words, member: Option<&Staff>, entered: &Fields) -> Vec<Field> {
    let choices = || {
        STAFF
            .iter()
            .map(|role| Choice::new(role.as_str(), words.name("codes", role.as_str())))
    };
    // A form that was sent holds what was ticked, also where that is nothing.
    let was_sent = !entered.0.is_empty();
    let held: Vec<(String, String)> = member
        .filter(|_| !was_sent)
        .map(|member| member.roles.as_slice())
        .unwrap_or_default()
        .iter()
        .map(|role| ("roles".to_owned(), role.as_str().to_owned()))
        .collect();
    let held = Fields(held);
    let first = member.and_then(|member| member.roles.first());
    let none = Choice::new("", words.text("people.choose"));
    vec![
        Field::ticks("roles", words.text("people.roles"), choices())
            .hint(words.text("people.roles_hint"))
            .of(if was_sent { entered } else { &held }),
        Field::select(
            "usual",
            words.text("people.usual"),
            std::iter::once(none).chain(choices()),
        )
        .or(entered, first.map_or("", |role| role.as_str())),
    ]
}

fn discretion_field(words: &Words, member: Option<&Staff>, entered: &Fields) -> Field {
    let limit = member.and_then(|member| member.discretion_minor);
    let written = limit.map(|minor| words.real(minor as f64 / 100.0, 2));
    Field::number("discretion", words.text("people.discretion"))
        .hint(words.text("people.discretion_hint"))
        .optional()
        .or(entered, written.unwrap_or_default())
}
