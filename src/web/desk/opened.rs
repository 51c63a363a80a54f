//! A case with everything that its pages need, read in one go.

use chrono_tz::Tz;

use super::commands::Circumstances;
use super::happened::Telling;
use super::sight::may_see_file;
use crate::app::App;
use crate::error::{Result, WebError};
use crate::visit::Visit;
use redress_domain::case_file::{CaseFile, Mode};
use redress_domain::event::{Event, EventKind};
use redress_register::{Attachment, CaseRow, Recorded, Setting, Staff};

/// A case that the visitor may see.
#[derive(Debug)]
pub struct Opened {
    pub case: CaseRow,
    pub file: CaseFile,
    /// In the order of recording.
    pub history: Vec<Recorded>,
    pub attachments: Vec<Attachment>,
    pub zone: Tz,
    lapse_after_days: i64,
}

impl Opened {
    /// The case that a route names. One that the visitor may not see is not found.
    ///
    /// # Errors
    /// [`WebError::NotFound`]; when the register cannot be read.
    pub fn of(app: &App, visit: &Visit) -> Result<Opened> {
        let staff = visit.staff().ok_or(WebError::Forbidden)?;
        let number = visit.place("number");
        app.register(|register| {
            let case = register.case_by_number(number)?;
            let history = register.history(case.case_key)?;
            let events: Vec<Event> = history.iter().map(|r| r.event.clone()).collect();
            let file = CaseFile::fold(&events, None, Mode::Strict)
                .map_err(redress_register::RegisterError::from)?;
            if !may_see_file(staff, &case, &file) {
                return Err(WebError::NotFound);
            }
            let lapse_after_days = register.setting(Setting::LapseAfterDays)?;
            Ok(Opened {
                attachments: register.attachments(case.case_key)?,
                zone: register.zone(),
                lapse_after_days: lapse_after_days.parse().unwrap_or(0),
                case,
                file,
                history,
            })
        })
    }

    /// What decides which commands there are.
    pub fn circumstances<'c>(&'c self, staff: &'c Staff, visit: &Visit) -> Circumstances<'c> {
        Circumstances {
            file: &self.file,
            history: &self.history,
            staff,
            lapse_after_days: self.lapse_after_days,
            now: visit.now,
        }
    }

    /// What tells its events.
    pub fn telling<'c>(&'c self, app: &'c App, visit: &Visit) -> Telling<'c> {
        Telling {
            words: app.words(visit.language),
            zone: self.zone,
            currency: app.settings.currency.as_deref(),
            history: &self.history,
            files: &self.attachments,
        }
    }

    /// The complaint in the complainant's words; `None` once erased.
    pub fn narrative(&self) -> Option<&str> {
        let mut history = self.history.iter();
        let registered = history.find(|r| r.event.body.kind() == EventKind::Registered)?;
        registered.text.as_deref()
    }

    /// Its address.
    pub fn path(&self) -> String {
        case_path(&self.case.number)
    }
}

/// The address of a case's page. Numbers that came from elsewhere may hold any sign.
pub fn case_path(number: &str) -> String {
    let mut path = "/desk/case/".to_owned();
    for byte in number.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                path.push(char::from(byte));
            }
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::case_path;

    #[test]
    fn a_number_from_elsewhere_stays_one_part_of_the_path() {
        assert_eq!(case_path("2026-000001"), "/desk/case/2026-000001");
        assert_eq!(case_path("A/7 ş?"), "/desk/case/A%2F7%20%C5%9F%3F");
    }
}
