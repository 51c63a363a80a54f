//! Which column is what: by its name, what it holds, and whether it changes within a case.

use std::collections::BTreeMap;

use super::GuessError;
use super::column::{Column, Holds};
use super::names::Role;
use super::reading::{Changes, Reading};
use super::states::{Does, does};

/// More values make no list of states.
const STATES: u64 = 200;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Something that happened to a case.
    EventLog,
    /// A case.
    CaseList,
}

impl Form {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Form::EventLog => "event_log",
            Form::CaseList => "case_list",
        }
    }
}

/// The columns' roles.
pub(super) struct Roles {
    pub form: Form,
    taken: BTreeMap<Role, usize>,
    /// Other columns that fit a role by their name.
    pub rivals: Vec<(Role, Vec<usize>)>,
    /// Whether the number of the case was found by its name.
    pub case_by_name: bool,
    pub changes: Changes,
}

impl Roles {
    /// Gives each role the column that fits it best.
    pub(super) fn of(reading: &Reading) -> Result<Roles, GuessError> {
        let columns = &reading.columns;
        if !columns.iter().any(|column| column.holds() == Holds::Dates) {
            return Err(GuessError::NoDates {
                path: reading.path.clone(),
                row: reading.first_row(),
            });
        }
        let (case, case_by_name) = case(reading)?;
        let changes = reading.changes(case)?;
        let mut roles = Roles {
            form: form(reading, case, &changes),
            taken: BTreeMap::from([(Role::Case, case)]),
            rivals: Vec::new(),
            case_by_name,
            changes,
        };
        match roles.form {
            Form::EventLog => roles.of_a_log(columns),
            Form::CaseList => roles.of_a_list(columns),
        }
        for role in [
            Role::Complainant,
            Role::Department,
            Role::Category,
            Role::Product,
            Role::Channel,
            Role::Actor,
        ] {
            roles.take(columns, role, |_, column| {
                matches!(
                    column.holds(),
                    Holds::FewWords | Holds::ManyWords | Holds::Numbers | Holds::OneValue
                )
            });
        }
        roles.take(columns, Role::Text, |_, column| {
            matches!(column.holds(), Holds::Texts | Holds::ManyWords)
        });
        if !roles.taken.contains_key(&Role::Text) {
            let text = free(&roles, columns).find(|(_, column)| column.holds() == Holds::Texts);
            if let Some((place, _)) = text {
                roles.taken.insert(Role::Text, place);
            }
        }
        Ok(roles)
    }

    /// The column of a role.
    pub(super) fn column(&self, role: Role) -> Option<usize> {
        self.taken.get(&role).copied()
    }

    /// What a column is taken for.
    pub(super) fn of_column(&self, place: usize) -> Option<&'static str> {
        self.taken
            .iter()
            .find(|(_, column)| **column == place)
            .map(|(role, _)| role.as_str())
    }

    fn of_a_log(&mut self, columns: &[Column]) {
        if let Some(state) = state(columns, &self.changes) {
            self.taken.insert(Role::State, state);
        }
        // The time of a row changes in more cases than any other date; a name decides between equals.
        let time = columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.holds() == Holds::Dates)
            .max_by_key(|(place, column)| {
                (
                    self.changes.cases[*place],
                    column.filled,
                    Role::Time.fits(&column.name),
                )
            });
        if let Some((place, _)) = time {
            self.taken.insert(Role::Time, place);
        }
        let changing = self.changes.cases.clone();
        self.take(columns, Role::Received, |place, column| {
            column.holds() == Holds::Dates && changing[place] == 0
        });
        // A date is only asked for the end where no state says it.
        let said = self.taken.get(&Role::State).is_some_and(|state| {
            let values = columns[*state].values();
            values
                .iter()
                .any(|value| does(&value.value).is_some_and(Does::ends))
        });
        if !said {
            self.take(columns, Role::Closed, |place, column| {
                column.holds() == Holds::Dates && changing[place] == 0
            });
        }
    }

    fn of_a_list(&mut self, columns: &[Column]) {
        for role in [
            Role::Acknowledged,
            Role::Routed,
            Role::Decided,
            Role::Closed,
            Role::Received,
        ] {
            self.take(columns, role, |_, column| column.holds() == Holds::Dates);
        }
        if !self.taken.contains_key(&Role::Received) {
            // Every case was received: the date that is most often there, and of these the first.
            let first = free(self, columns)
                .filter(|(_, column)| column.holds() == Holds::Dates)
                .max_by_key(|(place, column)| (column.filled, std::cmp::Reverse(*place)))
                .map(|(place, _)| place);
            if let Some(place) = first {
                self.taken.insert(Role::Received, place);
            }
        }
        self.take(columns, Role::State, |_, column| {
            column.holds() == Holds::FewWords && column.distinct() <= STATES
        });
    }

    /// Gives a role the free column whose name fits best, and remembers the others that fit.
    fn take(&mut self, columns: &[Column], role: Role, admits: impl Fn(usize, &Column) -> bool) {
        let mut fitting: Vec<(u32, usize)> = free(self, columns)
            .filter(|(place, column)| admits(*place, column))
            .map(|(place, column)| (role.fits(&column.name), place))
            .filter(|(fits, _)| *fits > 0)
            .collect();
        fitting.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut places = fitting.into_iter().map(|(_, place)| place);
        if let Some(best) = places.next() {
            self.taken.insert(role, best);
            let others: Vec<usize> = places.collect();
            if !others.is_empty() {
                self.rivals.push((role, others));
            }
        }
    }
}

/// Columns without a role.
fn free<'c>(
    roles: &Roles,
    columns: &'c [Column],
) -> impl Iterator<Item = (usize, &'c Column)> + use<'c> {
    let taken: Vec<usize> = roles.taken.values().copied().collect();
    columns
        .iter()
        .enumerate()
        .filter(move |(place, _)| !taken.contains(place))
}

/// The column that tells the cases apart, and whether its name says so: it is filled in every row and is neither a date nor
/// a text.
fn case(reading: &Reading) -> Result<(usize, bool), GuessError> {
    let candidates = reading.columns.iter().enumerate().filter(|(_, column)| {
        column.filled == reading.rows
            && column.distinct() > 1
            && matches!(
                column.holds(),
                Holds::FewWords | Holds::ManyWords | Holds::Numbers
            )
    });
    candidates
        .map(|(place, column)| (Role::Case.fits(&column.name), column.distinct(), place))
        .max_by_key(|(fits, distinct, place)| (*fits, *distinct, std::cmp::Reverse(*place)))
        .map(|(fits, _, place)| (place, fits > 0))
        .ok_or_else(|| GuessError::NoCases {
            path: reading.path.clone(),
            columns: reading
                .columns
                .iter()
                .map(|column| format!("`{}`", column.name))
                .collect::<Vec<_>>()
                .join(", "),
        })
}

/// A log when cases come more than once, with a date and a state that change meanwhile.
fn form(reading: &Reading, case: usize, changes: &Changes) -> Form {
    let columns = &reading.columns;
    let several = reading.rows * 2 >= columns[case].distinct() * 3;
    let dated = columns
        .iter()
        .enumerate()
        .any(|(place, column)| column.holds() == Holds::Dates && changes.cases[place] > 0);
    if several && dated && state(columns, changes).is_some() {
        Form::EventLog
    } else {
        Form::CaseList
    }
}

/// The column of states: few words that change within cases, and the name that fits best.
fn state(columns: &[Column], changes: &Changes) -> Option<usize> {
    columns
        .iter()
        .enumerate()
        .filter(|(place, column)| {
            column.holds() == Holds::FewWords
                && column.distinct() <= STATES
                && changes.cases[*place] > 0
        })
        .map(|(place, column)| (Role::State.fits(&column.name), place))
        .filter(|(fits, _)| *fits > 0)
        .max_by_key(|(fits, place)| (*fits, std::cmp::Reverse(*place)))
        .map(|(_, place)| place)
}
