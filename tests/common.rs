//! What several tests need: the shipped rules.

use redress::domain::calendar_file::CalendarFile;
use redress::domain::limits::Limits;
use redress::domain::rulebook::Rulebook;

/// The shipped calendar and limits.
pub fn rulebook() -> Rulebook {
    let calendar = include_str!("../reports/calendars/turkey.toml");
    Rulebook {
        organisation: CalendarFile::from_toml(calendar)
            .unwrap()
            .calendar()
            .unwrap(),
        departments: std::collections::BTreeMap::new(),
        limits: Limits::default(),
        known_at: None,
        max_pause_days: None,
    }
}
