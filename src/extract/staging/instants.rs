//! Instants as files write them.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::extract::texts::Texts;

/// An instant in the first of the forms that fits. Local times that happen twice are taken as the first; skipped
/// ones are none. A form without a time of day gives the beginning of the day.
pub(super) fn instant(text: &str, forms: &Texts, zone: Tz) -> Option<DateTime<Utc>> {
    forms.iter().find_map(|form| in_form(text, form, zone))
}

/// A text that stands for no instant at all: MySQL writes a date that is not there so.
pub(super) fn is_no_date(text: &str) -> bool {
    text.starts_with("0000-00-00")
}

fn in_form(text: &str, form: &str, zone: Tz) -> Option<DateTime<Utc>> {
    if form == "rfc3339" {
        return DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|at| at.with_timezone(&Utc));
    }
    if names_offset(form) {
        return DateTime::parse_from_str(text, form)
            .ok()
            .map(|at| at.with_timezone(&Utc));
    }
    let local = if names_time(form) {
        NaiveDateTime::parse_from_str(text, form).ok()?
    } else {
        NaiveDate::parse_from_str(text, form)
            .ok()?
            .and_time(NaiveTime::MIN)
    };
    in_zone(&local, zone)
}

/// A local time as an instant.
pub(super) fn in_zone(local: &NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
        LocalResult::None => None,
    }
}

fn names_offset(form: &str) -> bool {
    ["%z", "%:z", "%::z", "%#z", "%+"]
        .iter()
        .any(|part| form.contains(part))
}

/// Whether a form has an hour: a date alone is read as its beginning, and never a date and half a time.
fn names_time(form: &str) -> bool {
    [
        "%H", "%k", "%I", "%l", "%T", "%R", "%X", "%r", "%c", "%s", "%-H", "%-I",
    ]
    .iter()
    .any(|part| form.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, forms: &[&str]) -> Option<String> {
        let forms = forms.iter().map(|form| (*form).to_owned()).collect();
        instant(text, &forms, chrono_tz::Europe::Istanbul).map(|at| at.to_rfc3339())
    }

    #[test]
    fn a_local_time_is_read_in_the_zone_and_an_offset_counts() {
        assert_eq!(
            read("05.01.2026 09:40", &["%d.%m.%Y %H:%M"]).as_deref(),
            Some("2026-01-05T06:40:00+00:00")
        );
        let offset = "2011-10-11 13:42:22.688000+02:00";
        assert_eq!(
            read(offset, &["rfc3339"]),
            read(offset, &["%Y-%m-%d %H:%M:%S%.f%:z"])
        );
        assert_eq!(
            read(offset, &["rfc3339"]).as_deref(),
            Some("2011-10-11T11:42:22.688+00:00")
        );
    }

    #[test]
    fn a_date_alone_is_its_beginning_and_half_a_time_is_none() {
        assert_eq!(
            read("05.01.2026", &["%d.%m.%Y"]).as_deref(),
            Some("2026-01-04T21:00:00+00:00")
        );
        assert_eq!(read("05.01.2026", &["%d.%m.%Y %H:%M"]), None);
        assert_eq!(read("31.02.2026", &["%d.%m.%Y"]), None);
    }

    #[test]
    fn several_forms_are_tried_in_their_order() {
        let forms = ["%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S"];
        assert_eq!(
            read("2026-01-05 09:40:00", &forms),
            read("05.01.2026 09:40", &forms)
        );
        // A fraction may be there or not.
        assert_eq!(
            read("2026-01-05 09:40:00.000", &["%Y-%m-%d %H:%M:%S%.f"]),
            read("2026-01-05 09:40:00", &["%Y-%m-%d %H:%M:%S%.f"])
        );
        assert!(is_no_date("0000-00-00 00:00:00"));
    }
}
