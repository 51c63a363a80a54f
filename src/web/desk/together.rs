//! What stands beside a case: other complaints of the same person, the problem that it belongs to, and complaints that
//! are like it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::opened::Opened;
use super::sight::may_open;
use super::similar::{Likeness, Question, Similar, likely, shown};
use crate::error::Result;
use crate::visit::Visit;
use crate::words::Words;
use redress_domain::cluster::{ClusterBook, ClusterLevel};
use redress_register::{CaseRow, Register, RegisterError, Staff};

/// Complaints of a problem or a person that are named; the latest ones.
const NAMED: usize = 5;

/// What stands beside a case.
#[derive(Debug, Default)]
pub struct Together {
    pub problem: Option<Group>,
    pub theme: Option<Group>,
    /// Other complaints of the same person.
    pub same_person: Vec<Similar>,
    /// Complaints that are like it and stand in none of the other lists.
    pub like: Vec<Similar>,
}

/// A group of complaints that the case belongs to.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    pub id: String,
    /// The analyst's name for it.
    pub name: Option<String>,
    /// How many complaints it has.
    pub size: String,
    /// The latest ones that the visitor may see.
    pub latest: Vec<Similar>,
}

/// Reads what stands beside a case.
///
/// # Errors
/// When the register cannot be read.
pub fn beside(
    register: &Register,
    staff: &Staff,
    opened: &Opened,
    visit: &Visit,
    words: &Words,
) -> Result<Together> {
    let case = &opened.case;
    let mut named = BTreeSet::from([case.case_key]);
    let (problem, theme) = match book(register)? {
        Some(book) => (
            group(
                register,
                staff,
                &book,
                ClusterLevel::Problem,
                case,
                words,
                &mut named,
            )?,
            group(
                register,
                staff,
                &book,
                ClusterLevel::Theme,
                case,
                words,
                &mut BTreeSet::new(),
            )?,
        ),
        None => (None, None),
    };
    let mut same_person = Vec::new();
    for key in register.cases_of(case.complainant_id)?.into_iter().rev() {
        let other = register.case_row(key)?;
        if key != case.case_key && same_person.len() < NAMED && may_open(register, staff, &other)? {
            named.insert(key);
            same_person.push(other);
        }
    }
    let question = Question {
        text: opened.narrative().map(str::to_owned),
        itself: Some(case.case_key),
        ..Question::default()
    };
    let mut like = likely(register, staff, &question, visit.now)?;
    like.retain(|likeness| !named.contains(&likeness.case.case_key));
    Ok(Together {
        problem,
        theme,
        same_person: plain(register, same_person, words)?,
        like: shown(register, &like, words)?,
    })
}

/// The group of a level in which a case stands, with its latest complaints.
fn group(
    register: &Register,
    staff: &Staff,
    book: &ClusterBook,
    level: ClusterLevel,
    case: &CaseRow,
    words: &Words,
    named: &mut BTreeSet<i64>,
) -> Result<Option<Group>> {
    let Some(id) = book.cluster_of(level, &case.number) else {
        return Ok(None);
    };
    let cluster = book.cluster(id).map_err(RegisterError::from)?;
    // Its own numbers sort by time; those of another store at least stay in one order.
    let mut latest = Vec::new();
    for number in cluster.members.iter().rev() {
        if latest.len() == NAMED {
            break;
        }
        let other = match register.case_by_number(number) {
            Ok(other) if other.case_key != case.case_key => other,
            // A book may hold cases that only the lake knows.
            Ok(_) | Err(RegisterError::NoSuch { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        if may_open(register, staff, &other)? {
            named.insert(other.case_key);
            latest.push(other);
        }
    }
    Ok(Some(Group {
        id: id.to_string(),
        name: cluster.name.clone(),
        size: words.plural(
            "case.complaints",
            i64::try_from(cluster.members.len()).unwrap_or(0),
        ),
        latest: plain(register, latest, words)?,
    }))
}

/// Cases as a page shows them, without reasons.
fn plain(register: &Register, cases: Vec<CaseRow>, words: &Words) -> Result<Vec<Similar>> {
    let cases = cases.into_iter().map(|case| Likeness {
        case,
        reasons: Vec::new(),
    });
    shown(register, &cases.collect::<Vec<_>>(), words)
}

/// The source under which this register's own cases stand in the book of clusters.
const OWN: &str = "redress";

/// The book of clusters as it was folded last, with its register and the event up to which it reaches.
struct Folded {
    register: PathBuf,
    last_event: i64,
    book: Arc<ClusterBook>,
}

/// Folding the book reads every event of it, and it changes once a night: the last one is kept.
static LAST: Mutex<Option<Folded>> = Mutex::new(None);

/// The book of clusters; nothing before the first run of the search.
fn book(register: &Register) -> Result<Option<Arc<ClusterBook>>> {
    let last_event = register
        .connection()
        .query_row("SELECT max(event_id) FROM cluster_event", [], |row| {
            row.get::<_, Option<i64>>(0)
        })
        .map_err(RegisterError::from)?;
    let Some(last_event) = last_event else {
        return Ok(None);
    };
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(folded) = last.as_ref()
        && folded.register == register.path()
        && folded.last_event == last_event
    {
        return Ok(Some(Arc::clone(&folded.book)));
    }
    let book = Arc::new(register.cluster_book(OWN, None)?.book);
    *last = Some(Folded {
        register: register.path().to_owned(),
        last_event,
        book: Arc::clone(&book),
    });
    Ok(Some(book))
}
