//! Instants as files write them.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::texts::Texts;

/// An instant in the first of the forms that fits. Local times that happen twice are taken as the first; skipped
/// ones are none. A form without a time of day gives the beginning of the day.
pub(super) fn instant(text: &str, forms: &Texts, zone: Tz) -> Option<DateTime<Utc>> {
    forms.iter().find_map(|form| in_form(text, form, zone))
}

/// A text that stands for no instant at all: MySQL writes a date that is not there so.
pub(super) fn is_no_date(text: &str) -> bool {
    text.starts_with("0000-00-00")
}

/// How databases write a local time.
pub(super) const LOCAL: &str = "%Y-%m-%d %H:%M:%S%.f";

/// How PostgreSQL writes a time with its offset, whose minutes are left out where there are none.
pub(super) const WITH_OFFSET: &str = "%Y-%m-%d %H:%M:%S%.f%#z";

/// How databases write a day.
pub(super) const DAY: &str = "%Y-%m-%d";

fn in_form(text: &str, form: &str, zone: Tz) -> Option<DateTime<Utc>> {
    // Millions of cells are of these two; the general way gives the same and takes ten times as long.
    if form == LOCAL
        && let Some(local) = plain(text)
    {
        return in_zone(&local, zone);
    }
    if form == WITH_OFFSET
        && let Some(utc) = text.strip_suffix("+00").and_then(plain)
    {
        return Some(utc.and_utc());
    }
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

/// A text that is exactly `YYYY-MM-DD HH:MM:SS`, with up to nine digits of a fraction.
fn plain(text: &str) -> Option<NaiveDateTime> {
    let (head, fraction) = match text.split_once('.') {
        Some((head, fraction)) => (head, Some(fraction)),
        None => (text, None),
    };
    let bytes: &[u8; 19] = head.as_bytes().try_into().ok()?;
    let digits = |places: &[usize]| -> Option<u32> {
        places.iter().try_fold(0, |number, &place| {
            let byte = *bytes.get(place)?;
            byte.is_ascii_digit()
                .then(|| number * 10 + u32::from(byte - b'0'))
        })
    };
    let separators = [4, 7, 10, 13, 16].map(|place| bytes.get(place).copied().unwrap_or(0));
    if separators != *b"-- ::" {
        return None;
    }
    let nanos = match fraction {
        None => 0,
        Some(f) if (1..=9).contains(&f.len()) && f.bytes().all(|b| b.is_ascii_digit()) => {
            let missing = u32::try_from(9 - f.len()).ok()?;
            f.parse::<u32>().ok()? * 10_u32.pow(missing)
        }
        Some(_) => return None,
    };
    let year = i32::try_from(digits(&[0, 1, 2, 3])?).ok()?;
    NaiveDate::from_ymd_opt(year, digits(&[5, 6])?, digits(&[8, 9])?)?.and_hms_nano_opt(
        digits(&[11, 12])?,
        digits(&[14, 15])?,
        digits(&[17, 18])?,
        nanos,
    )
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

    #[test]
    fn the_short_way_reads_what_the_general_way_reads() {
        let general = |text: &str| NaiveDateTime::parse_from_str(text, LOCAL).ok();
        for text in [
            "2026-01-05 09:40:00",
            "2026-01-05 09:40:59.1",
            "2024-02-29 23:59:59.123456",
            "0001-01-01 00:00:00.000000001",
        ] {
            assert!(general(text).is_some(), "{text}");
            assert_eq!(plain(text), general(text), "{text}");
        }
        // What is none stays none, by either way.
        for text in [
            "2026-02-30 09:40:00",
            "2026-01-05 24:00:00",
            "2026-01-05",
            "2026-01-05 09:40:00.",
            "infinity",
            "0044-03-15 00:00:00 BC",
            "",
        ] {
            assert_eq!(plain(text), None, "{text}");
            assert_eq!(read(text, &[LOCAL]), None, "{text}");
        }
    }

    #[test]
    fn an_offset_without_minutes_is_read() {
        assert_eq!(
            read("2026-01-05 06:40:00.5+00", &[WITH_OFFSET]).as_deref(),
            Some("2026-01-05T06:40:00.500+00:00")
        );
        assert_eq!(
            read("2026-01-05 12:10:00.5+05:30", &[WITH_OFFSET]),
            read("2026-01-05 06:40:00.5+00", &[WITH_OFFSET])
        );
    }
}
