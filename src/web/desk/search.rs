//! Search: by number, name, telephone, e-mail, product, lot, and by words of the complaints in any of the languages.
//!
//! A scan over what was said, its letters folded: no index knows that İ, ı and I are one letter to whoever searches.

use askama::Template;
use serde::Deserialize;

use super::endings::without_ending;
use super::opened::case_path;
use super::sight::may_open;
use super::similar::{Likeness, Similar, shown, significant};
use crate::answer::Answer;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::routes::{Access, Route};
use crate::shell::{Area, FORM, STAFF, Shell};
use crate::visit::Visit;
use crate::words::Words;
use redress_clusters::normalise::fold;
use redress_register::{CaseRow, Register, RegisterError, Staff, Wording};

pub const ROUTES: &[Route] = &[Route::get("/desk/search", Access::Staff(&STAFF), page)];

/// Cases that are shown.
const MOST: usize = 100;
/// Words of a search that count.
const MOST_TERMS: usize = 16;
/// A search of fewer signs would find everything.
pub const SHORTEST: usize = 2;
/// Figures of a telephone number that are sought; fewer may be anything.
const LEAST_FIGURES: usize = 5;

#[derive(Template)]
#[template(path = "desk/search.html")]
struct Page<'a> {
    shell: Shell<'a>,
    words: &'a Words,
    asked: &'a str,
    /// What came of it; nothing before anything was asked.
    outcome: Option<String>,
    likely: Vec<Similar>,
}

fn page(app: &App, visit: &Visit) -> Result<Answer> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let words = app.words(visit.language);
    let asked = visit.query.get("q");
    let show = |outcome, likely| {
        Answer::page(&Page {
            shell: Shell::new(app, visit, Area::Desk, words.text("search.title")).form(FORM),
            words,
            asked,
            outcome,
            likely,
        })
    };
    if asked.is_empty() {
        return show(None, Vec::new());
    }
    if asked.chars().count() < SHORTEST {
        return show(Some(words.text("search.short").to_owned()), Vec::new());
    }
    let found = app.register(|register| {
        // Whoever knows the number wants the case.
        match register.case_by_number(asked) {
            Ok(case) if may_open(register, staff, &case)? => {
                return Ok(Found::Itself(case_path(&case.number)));
            }
            Ok(_) | Err(RegisterError::NoSuch { .. }) => {}
            Err(error) => return Err(WebError::from(error)),
        }
        let found = found(register, staff, asked, MOST)?;
        let hits: Vec<Likeness> = found
            .cases
            .into_iter()
            .map(|case| Likeness {
                case,
                reasons: Vec::new(),
            })
            .collect();
        Ok(Found::Cases {
            looked_at: found.looked_at,
            has_more: found.has_more,
            hits: shown(register, &hits, words)?,
        })
    })?;
    match found {
        Found::Itself(path) => Ok(Answer::see(path)),
        Found::Cases {
            looked_at,
            has_more,
            hits,
        } => {
            let counted = i64::try_from(hits.len()).unwrap_or(0);
            let found = match has_more {
                true => words.plural("search.first", counted),
                false => words.plural("search.found", counted),
            };
            let looked_at = i64::try_from(looked_at).unwrap_or(i64::MAX);
            let looked_at = words.plural("search.looked", looked_at);
            show(Some(format!("{found} {looked_at}")), hits)
        }
    }
}

/// The cases in which something is said.
pub struct Hits {
    /// Latest first.
    pub cases: Vec<CaseRow>,
    pub has_more: bool,
    /// Events that were looked at.
    pub looked_at: u64,
}

/// Searches what was said in the cases that somebody may open; the first `most` of them, latest first.
///
/// # Errors
/// When the register cannot be read.
pub fn found(register: &Register, staff: &Staff, asked: &str, most: usize) -> Result<Hits> {
    let sought = Sought::of(asked);
    let mut scan = Scan::new(&sought);
    let looked_at = register.each_wording(None, |wording| scan.take(wording))?;
    let mut hits = Hits {
        cases: Vec::new(),
        has_more: false,
        looked_at,
    };
    for case_key in scan.finish() {
        let case = register.case_row(case_key)?;
        if !may_open(register, staff, &case)? {
            continue;
        }
        if hits.cases.len() == most {
            hits.has_more = true;
            break;
        }
        hits.cases.push(case);
    }
    Ok(hits)
}

/// What a search came to.
enum Found {
    /// The case of this very number, by its address.
    Itself(String),
    Cases {
        looked_at: u64,
        has_more: bool,
        hits: Vec<Similar>,
    },
}

/// What is sought, its letters folded.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sought {
    /// All of them have to be said somewhere, in whatever case.
    terms: Vec<String>,
    /// Of a telephone number, when it looks like one.
    figures: Option<String>,
}

impl Sought {
    fn of(asked: &str) -> Sought {
        let mut folded = String::new();
        fold(asked, &mut folded);
        let terms = folded.split_whitespace().take(MOST_TERMS);
        let is_phone = asked
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_whitespace() || "+()-./".contains(c));
        let figures = significant(asked);
        Sought {
            terms: terms.map(without_ending).map(str::to_owned).collect(),
            figures: Some(figures).filter(|f| is_phone && f.len() >= LEAST_FIGURES),
        }
    }
}

/// A scan over what was said, case by case.
struct Scan<'s> {
    sought: &'s Sought,
    /// The case at hand, and which of the terms it said so far, as bits.
    at: Option<i64>,
    said: u32,
    /// Its telephone number is the one that is sought.
    phone_fits: bool,
    folded: String,
    hits: Vec<i64>,
}

/// What an event says of the goods.
#[derive(Debug, Default, Deserialize)]
struct Goods {
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    lot: Option<String>,
    #[serde(default)]
    site: Option<String>,
}

impl<'s> Scan<'s> {
    fn new(sought: &'s Sought) -> Scan<'s> {
        Scan {
            sought,
            at: None,
            said: 0,
            phone_fits: false,
            folded: String::new(),
            hits: Vec::new(),
        }
    }

    fn take(&mut self, wording: &Wording<'_>) {
        if self.at != Some(wording.case_key) {
            self.close();
            self.at = Some(wording.case_key);
            self.look(wording.number);
            for word in [wording.name, wording.email, wording.phone]
                .into_iter()
                .flatten()
            {
                self.look(word);
            }
            if let (Some(sought), Some(phone)) = (&self.sought.figures, wording.phone) {
                self.phone_fits = significant(phone).contains(sought.as_str());
            }
        }
        if self.is_found() {
            return;
        }
        let goods: Goods = serde_json::from_str(wording.data).unwrap_or_default();
        for word in [goods.product, goods.lot, goods.site].into_iter().flatten() {
            self.look(&word);
        }
        if let Some(text) = wording.text {
            self.look(text);
        }
    }

    /// The keys of the cases that were found, latest first.
    fn finish(mut self) -> Vec<i64> {
        self.close();
        self.hits
    }

    fn close(&mut self) {
        if let Some(case_key) = self.at
            && self.is_found()
        {
            self.hits.push(case_key);
        }
        (self.at, self.said, self.phone_fits) = (None, 0, false);
    }

    fn is_found(&self) -> bool {
        let all = (1_u32 << self.sought.terms.len()) - 1;
        // Where nothing is sought, nothing is found.
        self.phone_fits || (all > 0 && self.said == all)
    }

    fn look(&mut self, text: &str) {
        fold(text, &mut self.folded);
        for (no, term) in self.sought.terms.iter().enumerate() {
            if self.said & (1 << no) == 0 && self.folded.contains(term.as_str()) {
                self.said |= 1 << no;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wording<'w>(case_key: i64, phone: &'w str, data: &'w str, text: &'w str) -> Wording<'w> {
        Wording {
            case_key,
            number: "2026-000007",
            name: Some("Elif Kaya"),
            phone: Some(phone),
            email: None,
            data,
            text: Some(text),
        }
    }

    fn found(asked: &str) -> Vec<i64> {
        let sought = Sought::of(asked);
        let mut scan = Scan::new(&sought);
        let door = r#"{"channel":"phone","product":"Kapı 40","lot":"L-77"}"#;
        scan.take(&wording(2, "+905551112233", door, "Boyası IŞIKTA soldu."));
        scan.take(&wording(2, "+905551112233", "{}", "Ek: fatura no 4711"));
        scan.take(&wording(1, "+79161234567", "{}", "Ёмкость ПРОТЕКАЕТ"));
        scan.finish()
    }

    #[test]
    fn words_are_found_whatever_their_letters_and_in_any_event_of_the_case() {
        assert_eq!(found("ışıkta"), [2]);
        assert_eq!(found("ISIKTA soldu"), [2]);
        assert_eq!(found("soldu 4711"), [2]);
        assert_eq!(found("емкость протекает"), [1]);
        assert_eq!(found("soldu протекает"), [0_i64; 0]);
        // In another case than it was written.
        assert_eq!(found("ışıkların"), [2]);
        assert_eq!(found("ёмкостью"), [1]);
        assert_eq!(found("elif"), [2, 1]);
    }

    #[test]
    fn goods_are_found_but_no_word_of_the_data_s_own() {
        assert_eq!(found("kapi l-77"), [2]);
        assert_eq!(found("channel"), [0_i64; 0]);
    }

    #[test]
    fn a_telephone_number_is_found_as_people_write_it() {
        assert_eq!(found("0555 111 22 33"), [2]);
        assert_eq!(found("8 (916) 123-45-67"), [1]);
        assert_eq!(found("1112233"), [2]);
    }
}
