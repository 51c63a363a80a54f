//! The typed attributes of an event log.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Number, Value};

use super::instants::in_zone;
use redress_domain::vocabulary::words;

words! {
    /// The types of attribute that the standard has (IEEE 1849-2016, 4.4).
    Kind {
        String = "string", Date = "date", Int = "int", Float = "float", Boolean = "boolean", Id = "id", List = "list",
        Container = "container",
    }
}

impl Kind {
    /// The type that an element's name stands for.
    pub(super) fn of(element: &str) -> Option<Kind> {
        Kind::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == element)
    }

    /// A value of this type from its text: a date as microseconds in UTC; `None` for what is no such value. What has
    /// its values within begins empty.
    pub(super) fn value(self, text: &str, zone: Tz) -> Option<Value> {
        match self {
            Kind::String | Kind::Id => Some(Value::String(text.to_owned())),
            Kind::Date => instant(text, zone).map(|at| Value::from(at.timestamp_micros())),
            Kind::Int => text.trim().parse::<i64>().ok().map(Value::from),
            Kind::Float => {
                let number: f64 = text.trim().parse().ok()?;
                // NaN and the infinities are values of the type and none of JSON.
                Some(Number::from_f64(number).map_or(Value::Null, Value::Number))
            }
            Kind::Boolean => match text.trim() {
                "true" | "1" => Some(Value::Bool(true)),
                "false" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
            Kind::List | Kind::Container => Some(Value::Null),
        }
    }
}

/// The instant of a `time:timestamp`: microseconds, or the text of a log that writes its times as strings.
pub(super) fn moment(value: &Value, zone: Tz) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => instant(text, zone).map(|at| at.timestamp_micros()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A moment of xs:dateTime; without an offset it is local time of the zone. Some programs write `+0100`.
fn instant(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let text = text.trim();
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .map(|at| at.with_timezone(&Utc))
        .ok()
        .or_else(|| {
            let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
            in_zone(&local, zone)
        })
}

/// An attribute whose end has not been read.
pub(super) struct OpenAttribute {
    key: String,
    kind: Kind,
    value: Value,
    within: Vec<(String, Value)>,
}

impl OpenAttribute {
    pub(super) const fn new(key: String, kind: Kind, value: Value) -> Self {
        OpenAttribute {
            key,
            kind,
            value,
            within: Vec::new(),
        }
    }

    /// Takes an attribute that lies within this one.
    pub(super) fn add(&mut self, key: String, value: Value) {
        self.within.push((key, value));
    }

    /// Key, type and value, and how many attributes of this one are not kept: a list is an array of its values, a
    /// container an object, and any other attribute is its own value alone.
    pub(super) fn finish(self) -> (String, Kind, Value, u64) {
        let (value, dropped) = match self.kind {
            Kind::List => (
                Value::Array(self.within.into_iter().map(|(_, value)| value).collect()),
                0,
            ),
            Kind::Container => (
                Value::Object(self.within.into_iter().collect::<Map<_, _>>()),
                0,
            ),
            Kind::String | Kind::Date | Kind::Int | Kind::Float | Kind::Boolean | Kind::Id => {
                (self.value, self.within.len() as u64)
            }
        };
        (self.key, self.kind, value, dropped)
    }
}

/// Values that are not of their type, by key and type.
#[derive(Default)]
pub(super) struct Unreadable {
    found: BTreeMap<(String, &'static str), First>,
}

struct First {
    text: String,
    event: i64,
    rows: u64,
}

impl Unreadable {
    pub(super) fn add(&mut self, key: &str, kind: Kind, text: &str, event: i64) {
        let first = self
            .found
            .entry((key.to_owned(), kind.as_str()))
            .or_insert_with(|| First {
                text: text.to_owned(),
                event,
                rows: 0,
            });
        first.rows += 1;
    }

    /// One line for each key and type.
    pub(super) fn notes(&self, path: &Path) -> Vec<String> {
        self.found
            .iter()
            .map(|((key, kind), first)| {
                format!(
                    "{}: event {}: `{}` in {key} ({kind}) is not to be read; such values count as missing ({} of them)",
                    path.display(),
                    first.event,
                    first.text,
                    first.rows
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_in_every_usual_way_and_none_means_the_zone() {
        let zone = chrono_tz::Europe::Amsterdam;
        let read = |text| instant(text, zone).map(|at| at.to_rfc3339());
        let expected = Some("2010-12-30T10:02:00+00:00".to_owned());
        for text in [
            "2010-12-30T11:02:00+01:00",
            "2010-12-30T11:02:00.000+01:00",
            "2010-12-30T11:02:00+0100",
            "2010-12-30T10:02:00Z",
            "2010-12-30T11:02:00",
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read("30.12.2010 11:02"), None);
    }

    #[test]
    fn what_is_not_of_its_type_is_no_value() {
        let zone = chrono_tz::UTC;
        assert_eq!(Kind::Int.value("seven", zone), None);
        assert_eq!(Kind::Boolean.value("yes", zone), None);
        assert_eq!(Kind::Float.value("NaN", zone), Some(Value::Null));
        assert_eq!(Kind::Int.value(" 7 ", zone), Some(Value::from(7)));
        assert_eq!(
            moment(&Value::from("2010-12-30T10:02:00Z"), zone),
            Some(1_293_703_320_000_000)
        );
    }
}
