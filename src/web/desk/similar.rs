//! Whether a complaint is here already: of the same person, or in nearly the same words, among those registered last.
//! Asked while a call is typed in, before it is registered, and beside a case.

use std::collections::BTreeSet;
use std::mem::discriminant;

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use super::opened::case_path;
use super::sight::may_open;
use crate::answer::Answer;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::visit::{Fields, Visit};
use crate::words::Words;
use redress_clusters::normalise::{Normaliser, fold};
use redress_domain::vocabulary::Role;
use redress_domain::workflow::StateName;
use redress_register::{CaseRow, Register, Staff, Wording};

/// Who registers complaints for others.
pub const REGISTERS: &[Role] = &[Role::Contact, Role::Agent, Role::Quality, Role::Admin];

pub const ROUTES: &[Route] = &[Route::post(
    "/desk/similar",
    Access::Staff(REGISTERS),
    fragment,
)];

/// Cases registered last that are looked through.
const AMONG: i64 = 5_000;
/// A complaint received longer ago is another one.
const RECENT: TimeDelta = TimeDelta::days(90);
/// Cases that are named.
const MOST: usize = 6;
/// Fewer different words say nothing yet.
const LEAST_WORDS: usize = 5;
/// Share of the words that two texts have in common (Jaccard's index) from which on they are nearly the same.
const NEARLY: f64 = 0.5;
/// Figures of a telephone number that tell it apart from any other, without the country's.
const TELLING_FIGURES: usize = 10;
/// Fewer figures are no number yet.
const LEAST_FIGURES: usize = 7;

/// A complaint of which it is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub text: Option<String>,
    /// The case that it is, where it is one already.
    pub itself: Option<i64>,
}

/// Why two complaints may be the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
    Phone,
    Email,
    Name,
    /// With the share of words in common.
    Words(f64),
}

/// A case that may be the same complaint.
#[derive(Debug, Clone, PartialEq)]
pub struct Likeness {
    pub case: CaseRow,
    pub reasons: Vec<Reason>,
}

impl Question {
    /// The question that a form of registration asks.
    pub fn of(form: &Fields) -> Question {
        Question {
            name: form.text("name"),
            phone: form.text("phone"),
            email: form.text("email"),
            text: form.text("text"),
            itself: None,
        }
    }
}

/// The cases that may be the same complaint and that the visitor may see, the likeliest first.
///
/// # Errors
/// When the register cannot be read.
pub fn likely(
    register: &Register,
    staff: &Staff,
    question: &Question,
    now: DateTime<Utc>,
) -> Result<Vec<Likeness>> {
    let sought = Sought::of(question);
    if sought.is_nothing() {
        return Ok(Vec::new());
    }
    let mut reader = Reader::default();
    let mut found: Vec<(i64, Vec<Reason>)> = Vec::new();
    register.each_wording(Some(AMONG), |wording| {
        if question.itself == Some(wording.case_key) {
            return;
        }
        let reasons = sought.compare(wording, &mut reader);
        if reasons.is_empty() {
            return;
        }
        match found.last_mut() {
            // Another event of the same case: the person is the same, the words may be nearer.
            Some((case_key, known)) if *case_key == wording.case_key => merge(known, reasons),
            Some(_) | None => found.push((wording.case_key, reasons)),
        }
    })?;
    let mut likely = Vec::new();
    for (case_key, reasons) in found {
        let case = register.case_row(case_key)?;
        let counts = case.state != StateName::Merged && now - case.received_at <= RECENT;
        if counts && may_open(register, staff, &case)? {
            likely.push(Likeness { case, reasons });
        }
    }
    likely.sort_by(|a, b| {
        let weight = |l: &Likeness| l.reasons.iter().map(Reason::weight).sum::<f64>();
        weight(b)
            .total_cmp(&weight(a))
            .then(b.case.received_at.cmp(&a.case.received_at))
    });
    likely.truncate(MOST);
    Ok(likely)
}

impl Reason {
    /// What speaks more for the same complaint comes first.
    fn weight(&self) -> f64 {
        match self {
            Reason::Phone | Reason::Email => 1.0,
            Reason::Name => 0.6,
            Reason::Words(share) => 2.0 * share,
        }
    }

    fn in_words(self, words: &Words) -> String {
        match self {
            Reason::Phone => words.text("similar.phone").to_owned(),
            Reason::Email => words.text("similar.email").to_owned(),
            Reason::Name => words.text("similar.name").to_owned(),
            Reason::Words(share) => {
                let percent = words.real(100.0 * share, 0);
                words.fill("similar.words", &[("percent", &percent)])
            }
        }
    }
}

fn merge(known: &mut Vec<Reason>, more: Vec<Reason>) {
    for reason in more {
        let kind = discriminant(&reason);
        let other = known.iter_mut().find(|k| discriminant::<Reason>(k) == kind);
        match (other, reason) {
            (Some(Reason::Words(known)), Reason::Words(share)) => *known = known.max(share),
            (Some(_), _) => {}
            (None, reason) => known.push(reason),
        }
    }
}

/// The question, made ready for comparing.
#[derive(Debug)]
struct Sought {
    name: Option<String>,
    figures: Option<String>,
    email: Option<String>,
    words: BTreeSet<String>,
}

/// Buffers for comparing.
#[derive(Debug, Default)]
struct Reader {
    normaliser: Normaliser,
    folded: String,
}

impl Sought {
    fn of(question: &Question) -> Sought {
        let mut reader = Reader::default();
        Sought {
            // A first name alone is everybody's.
            name: question
                .name
                .as_deref()
                .map(|name| reader.name(name).to_owned())
                .filter(|name| name.contains(' ')),
            figures: question.phone.as_deref().and_then(figures),
            email: question
                .email
                .as_deref()
                .map(|email| email.trim().to_lowercase())
                .filter(|email| email.contains('@')),
            words: question
                .text
                .as_deref()
                .map(|text| reader.words(text))
                .filter(|words| words.len() >= LEAST_WORDS)
                .unwrap_or_default(),
        }
    }

    fn is_nothing(&self) -> bool {
        self.name.is_none()
            && self.figures.is_none()
            && self.email.is_none()
            && self.words.is_empty()
    }

    fn compare(&self, wording: &Wording<'_>, reader: &mut Reader) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if self.figures.is_some() && self.figures == wording.phone.and_then(figures) {
            reasons.push(Reason::Phone);
        }
        if self.email.is_some() && self.email.as_deref() == wording.email {
            reasons.push(Reason::Email);
        }
        if let (Some(name), Some(theirs)) = (&self.name, wording.name)
            && reader.name(theirs) == name
        {
            reasons.push(Reason::Name);
        }
        if let (false, Some(text)) = (self.words.is_empty(), wording.text) {
            let share = in_common(&self.words, &reader.words(text));
            if share >= NEARLY {
                reasons.push(Reason::Words(share));
            }
        }
        reasons
    }
}

impl Reader {
    /// A name without its case and with single blanks.
    fn name(&mut self, name: &str) -> &str {
        let single = name.split_whitespace().collect::<Vec<_>>().join(" ");
        fold(&single, &mut self.folded);
        &self.folded
    }

    /// The different words of a text.
    fn words(&mut self, text: &str) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        self.normaliser.each_word(text, |word| {
            words.insert(word.to_owned());
        });
        words
    }
}

/// Jaccard's index: words in common over words of either. 0 to 1.
fn in_common(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let common = a.intersection(b).count();
    let either = a.len() + b.len() - common;
    match either {
        0 => 0.0,
        either => common as f64 / either as f64,
    }
}

/// The figures of a telephone number, without those in front that differ with the country one calls from.
pub fn significant(phone: &str) -> String {
    let all: String = phone.chars().filter(char::is_ascii_digit).collect();
    let national = all.trim_start_matches('0');
    let from = national.len().saturating_sub(TELLING_FIGURES);
    national[from..].to_owned()
}

/// The same; nothing when there are too few for a number.
fn figures(phone: &str) -> Option<String> {
    Some(significant(phone)).filter(|figures| figures.len() >= LEAST_FIGURES)
}

#[derive(Template)]
#[template(path = "desk/similar.html")]
struct Fragment<'a> {
    words: &'a Words,
    likely: Vec<Similar>,
}

/// A likely case as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Similar {
    pub path: String,
    pub number: String,
    pub state: String,
    pub received: String,
    pub reasons: String,
    /// The beginning of its words.
    pub text: Option<String>,
}

/// Signs of a text that are shown.
const SHOWN: usize = 160;

/// The likely cases as a page shows them.
///
/// # Errors
/// When the register cannot be read.
pub fn shown(register: &Register, likely: &[Likeness], words: &Words) -> Result<Vec<Similar>> {
    let zone = register.zone();
    let mut shown = Vec::new();
    for Likeness { case, reasons } in likely {
        let reasons: Vec<String> = reasons.iter().map(|r| r.in_words(words)).collect();
        shown.push(Similar {
            path: case_path(&case.number),
            number: case.number.clone(),
            state: words.name("states", case.state.as_str()),
            received: words.day(case.received_at, zone),
            reasons: reasons.join(", "),
            text: register.narrative(case.case_key)?.map(|t| beginning(&t)),
        });
    }
    Ok(shown)
}

/// The beginning of a text, on one line.
pub fn beginning(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// What the desk's script puts into the page while a call is typed in.
fn fragment(app: &App, visit: &Visit) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let words = app.words(visit.language);
    let question = Question::of(&visit.form);
    let likely = app.register(|register| {
        let likely = likely(register, staff, &question, visit.now)?;
        shown(register, &likely, words)
    })?;
    Answer::page(&Fragment { words, likely })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_number_is_the_same_with_and_without_its_country() {
        let number = figures("+90 (555) 111-22-33");
        assert_eq!(number.as_deref(), Some("5551112233"));
        assert_eq!(figures("0555 111 22 33"), number);
        assert_eq!(figures("8 916 123-45-67"), figures("+7 916 123 45 67"));
        assert_eq!(figures("112"), None);
    }

    #[test]
    fn words_are_nearly_the_same_whatever_their_letters() {
        let mut reader = Reader::default();
        let one = reader.words("Kapının boyası iki haftada çatladı, renk de değişti.");
        let other = reader.words("KAPININ BOYASI iki haftada catladi; renk degisti");
        assert!(
            in_common(&one, &other) > NEARLY,
            "{}",
            in_common(&one, &other)
        );
        let third = reader.words("Fatura yanlış kesildi, iade istiyorum.");
        assert!(in_common(&one, &third) < 0.1);
    }

    #[test]
    fn the_beginning_of_a_text_is_cut_between_letters() {
        let text = "ş".repeat(SHOWN + 1);
        assert_eq!(beginning(&text).chars().count(), SHOWN + 1);
        assert!(beginning(&text).ends_with('…'));
        assert_eq!(beginning(" a\n b "), "a b");
    }
}
