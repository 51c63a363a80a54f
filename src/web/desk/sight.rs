//! Who sees which case. Technical staff see what concerns their plant; everybody else at the desk sees every case.

use crate::app::App;
use crate::error::{Result, WebError};
use crate::visit::Visit;
use redress_domain::case_file::CaseFile;
use redress_domain::vocabulary::Role;
use redress_register::{CaseRow, Register, Staff};

/// Whether a member of staff may know of a case: technical staff of those that their department or site holds, and
/// of those assigned to them. Every page that shows a case asks this.
pub fn may_see(staff: &Staff, case: &CaseRow) -> bool {
    let own = |theirs: &Option<String>, its: &Option<String>| theirs.is_some() && theirs == its;
    sees_all(staff)
        || own(&staff.department, &case.department)
        || own(&staff.site, &case.site)
        || case.assigned_to.as_ref() == Some(&staff.name)
}

/// The same of a case whose file is at hand: a unit that takes part sees it too.
pub fn may_see_file(staff: &Staff, case: &CaseRow, file: &CaseFile) -> bool {
    let takes_part = |unit: &Option<String>| {
        let also = file.holdings.last().map(|holding| holding.also.as_slice());
        unit.as_ref()
            .is_some_and(|unit| also.unwrap_or_default().contains(unit))
    };
    may_see(staff, case) || takes_part(&staff.department) || takes_part(&staff.site)
}

/// Whether nothing is hidden from a member of staff.
pub fn sees_all(staff: &Staff) -> bool {
    staff.roles.iter().any(|role| match role {
        Role::Contact | Role::Agent | Role::Quality | Role::Admin => true,
        Role::Technical | Role::Customer | Role::System => false,
    })
}

/// Whether a member of staff may open a case, its file read where that matters.
///
/// # Errors
/// When the register cannot be read.
pub fn may_open(register: &Register, staff: &Staff, case: &CaseRow) -> Result<bool> {
    if may_see(staff, case) {
        return Ok(true);
    }
    let file = register.case_file(case.case_key, None)?;
    Ok(may_see_file(staff, case, &file))
}

/// The case that a route names. One that the visitor may not see is not found: its number says nothing.
///
/// # Errors
/// [`WebError::NotFound`].
pub fn case_of(app: &App, visit: &Visit) -> Result<CaseRow> {
    let staff = visit.staff().ok_or(WebError::Forbidden)?;
    let number = visit.place("number");
    app.register(|register| {
        let case = register.case_by_number(number)?;
        match may_open(register, staff, &case)? {
            true => Ok(case),
            false => Err(WebError::NotFound),
        }
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use redress_domain::workflow::StateName;

    fn staff(roles: &[Role], department: Option<&str>, site: Option<&str>) -> Staff {
        Staff {
            name: "kemal".to_owned(),
            roles: roles.to_vec(),
            department: department.map(str::to_owned),
            site: site.map(str::to_owned),
            discretion_minor: None,
            can_sign_in: true,
            must_change: false,
            active: true,
        }
    }

    fn case(department: Option<&str>, site: Option<&str>, assigned_to: Option<&str>) -> CaseRow {
        CaseRow {
            case_key: 1,
            number: "2026-000001".to_owned(),
            received_month: "2026-03".to_owned(),
            complainant_id: 1,
            state: StateName::InProcessing,
            pass: 1,
            category: None,
            department: department.map(str::to_owned),
            site: site.map(str::to_owned),
            assigned_to: assigned_to.map(str::to_owned),
            received_at: DateTime::UNIX_EPOCH,
            last_seq: 3,
        }
    }

    #[test]
    fn technical_staff_see_the_cases_of_their_plant_and_department_only() {
        let gebze = staff(&[Role::Technical], Some("technical_gebze"), Some("gebze"));
        assert!(may_see(&gebze, &case(Some("technical_gebze"), None, None)));
        assert!(may_see(&gebze, &case(Some("quality"), Some("gebze"), None)));
        assert!(may_see(
            &gebze,
            &case(Some("quality"), Some("bursa"), Some("kemal"))
        ));
        assert!(!may_see(
            &gebze,
            &case(Some("technical_bursa"), Some("bursa"), None)
        ));
        assert!(!may_see(&gebze, &case(None, None, None)));
        // Nothing is nobody's: a person without a plant has none in common with a case without one.
        let nowhere = staff(&[Role::Technical], None, None);
        assert!(!may_see(&nowhere, &case(None, None, None)));
    }

    #[test]
    fn any_other_role_sees_every_case() {
        let bursa = case(Some("technical_bursa"), Some("bursa"), None);
        for role in [Role::Contact, Role::Agent, Role::Quality, Role::Admin] {
            assert!(may_see(&staff(&[role], None, None), &bursa), "{role}");
            assert!(may_see(
                &staff(&[Role::Technical, role], None, None),
                &bursa
            ));
        }
    }
}
