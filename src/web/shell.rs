//! What stands around every page: head, name of the organisation, ways to other pages, languages, notice.

use super::app::App;
use super::entry::{EntryForm, Field};
use super::held::Held;
use super::logging;
use super::parts;
use super::visit::{Visit, Visitor};
use super::words::Words;
use redress_domain::vocabulary::{Language, Role};
use redress_register::Contact;

/// Which part of the site a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    Public,
    Desk,
}

/// A way to another page.
#[derive(Debug, Clone)]
pub struct Way {
    pub path: &'static str,
    pub name: String,
    pub here: bool,
}

/// The frame of a page. A template extends `web/layout.html` and has it as `shell`.
pub struct Shell<'a> {
    pub words: &'a Words,
    pub language: Language,
    pub organisation: &'a str,
    pub title: String,
    pub area: Area,
    /// The page's own address without the choice of a language.
    pub address: String,
    pub ways: Vec<Way>,
    /// Name of the member of staff who is signed in.
    pub staff: Option<&'a str>,
    /// Whether a complainant's session is open.
    pub follows: bool,
    /// What was just done, from `?done=`.
    pub notice: Option<&'a str>,
    /// How the organisation is reached; on public pages.
    pub contact: Contact,
    pub turning: Turning,
    /// Files that a form of the desk has already.
    pub held: Option<Held>,
}

/// How the page is had in another language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turning {
    /// By its address.
    Link,
    /// By sending the form of this id, so that nothing entered is lost.
    Form(&'static str),
    /// Not at all: what it says is shown this once.
    No,
}

/// The id of a form that is the page's own.
pub const FORM: &str = "form";

/// The desk's pages with the roles that see them; a key of `ways` in the texts.
const DESK_WAYS: [(&str, &str, &[Role]); 10] = [
    ("/desk", "queue", &STAFF),
    (
        "/desk/register",
        "register",
        &[Role::Contact, Role::Agent, Role::Quality, Role::Admin],
    ),
    ("/desk/search", "search", &STAFF),
    ("/desk/actions", "actions", &STAFF),
    (
        "/desk/clusters",
        "clusters",
        &[Role::Agent, Role::Technical, Role::Quality, Role::Admin],
    ),
    ("/quality", "quality", &[Role::Quality, Role::Admin]),
    ("/desk/reviews", "reviews", &[Role::Quality, Role::Admin]),
    ("/desk/records", "records", &[Role::Quality, Role::Admin]),
    (
        "/desk/outbox",
        "outbox",
        &[Role::Agent, Role::Quality, Role::Admin],
    ),
    ("/desk/staff", "staff", &[Role::Admin]),
];

/// Every role of staff.
pub const STAFF: [Role; 5] = [
    Role::Contact,
    Role::Agent,
    Role::Technical,
    Role::Quality,
    Role::Admin,
];

impl<'a> Shell<'a> {
    /// The frame of a page with this title.
    pub fn new(app: &'a App, visit: &'a Visit, area: Area, title: impl Into<String>) -> Shell<'a> {
        let words = app.words(visit.language);
        let path = visit.address.split('?').next().unwrap_or("/");
        let ways = match area {
            Area::Public => Vec::new(),
            Area::Desk => DESK_WAYS
                .iter()
                .filter(|(_, _, roles)| visit.has_role(roles))
                .map(|(way, key, _)| Way {
                    path: way,
                    name: words.text(&format!("ways.{key}")).to_owned(),
                    here: path == *way || (*way != "/desk" && path.starts_with(&format!("{way}/"))),
                })
                .collect(),
        };
        let contact = match area {
            Area::Public => app.register(|register| register.contact()),
            Area::Desk => Ok(Contact::default()),
        };
        let contact = contact.unwrap_or_else(|error| {
            // A page without its foot is better than none.
            let error = logging::of_register(&error);
            tracing::error!(error, "how the organisation is reached cannot be read");
            Contact::default()
        });
        let done = visit.query.given("done");
        Shell {
            words,
            language: visit.language,
            organisation: &app.settings.organisation,
            title: title.into(),
            area,
            address: without_language(&visit.address),
            ways,
            staff: visit.staff().map(|staff| staff.name.as_str()),
            follows: matches!(visit.visitor, Visitor::Complainant { .. }),
            // Only what the texts know is said: an address cannot put words into the page.
            notice: done.and_then(|done| words.find(&format!("done.{done}"))),
            contact,
            turning: Turning::Link,
            held: Held::of(visit),
        }
    }

    /// With the form by which the page turns to another language.
    #[must_use]
    pub fn form(self, id: &'static str) -> Shell<'a> {
        Shell {
            turning: Turning::Form(id),
            ..self
        }
    }

    /// With nothing that leads away from what is shown this once.
    #[must_use]
    pub fn once(self) -> Shell<'a> {
        Shell {
            turning: Turning::No,
            ..self
        }
    }

    /// Whether the page is had in another language at all.
    pub fn turns(&self) -> bool {
        self.turning != Turning::No
    }

    /// The form that turns the page to another language, where one does.
    pub fn turning_form(&self) -> Option<&'static str> {
        match self.turning {
            Turning::Form(id) => Some(id),
            Turning::Link | Turning::No => None,
        }
    }

    /// A text of the pages.
    pub fn text<'w>(&'w self, key: &'w str) -> &'w str {
        self.words.text(key)
    }

    /// The address of this page in another language.
    pub fn in_language(&self, language: &Language) -> String {
        let mark = if self.address.contains('?') { '&' } else { '?' };
        format!("{}{mark}lang={language}", self.address)
    }

    /// The languages to choose from, each in its own name.
    pub fn languages(&self) -> [(Language, &'static str); 3] {
        [
            (Language::Tr, "Türkçe"),
            (Language::Ru, "Русский"),
            (Language::En, "English"),
        ]
    }

    /// The head of the page that is seen: name of the organisation, languages, ways.
    pub fn header(&self) -> parts::Header<'_> {
        parts::Header { shell: self }
    }

    /// Its foot: how the organisation is reached.
    pub fn footer(&self) -> parts::Footer<'_> {
        parts::Footer { shell: self }
    }

    /// A form of the desk.
    pub fn entry<'p>(&'p self, form: &'p EntryForm) -> parts::Entry<'p> {
        parts::Entry { shell: self, form }
    }

    /// A field of a form, with its label, its hint and what is wrong with it.
    pub fn field<'p>(&'p self, field: &'p Field) -> parts::FieldOf<'p> {
        parts::FieldOf { shell: self, field }
    }

    /// Address of the style sheet.
    pub fn style(&self) -> &'static str {
        super::assets::style_path()
    }
}

/// The address without its `lang` and its `done`.
fn without_language(address: &str) -> String {
    let Some((path, query)) = address.split_once('?') else {
        return address.to_owned();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("lang=") && !pair.starts_with("done="))
        .collect();
    if kept.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", kept.join("&"))
    }
}
