//! TOML's own dates (`2026-01-01`, without quotes) as chrono dates, for `#[serde(with = ..)]`.

use chrono::{Datelike, NaiveDate};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::value::{Date, Datetime};

fn read<E: serde::de::Error>(value: Datetime) -> Result<NaiveDate, E> {
    match (value.date, value.time) {
        (Some(date), None) => NaiveDate::from_ymd_opt(
            i32::from(date.year),
            u32::from(date.month),
            u32::from(date.day),
        )
        .ok_or_else(|| E::custom(format!("{date} is no date of the calendar"))),
        (_, _) => Err(E::custom(format!("expected a date alone, found {value}"))),
    }
}

fn write(date: NaiveDate) -> Option<Datetime> {
    Some(Datetime {
        date: Some(Date {
            year: u16::try_from(date.year()).ok()?,
            month: u8::try_from(date.month()).ok()?,
            day: u8::try_from(date.day()).ok()?,
        }),
        time: None,
        offset: None,
    })
}

pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<NaiveDate, D::Error> {
    read(Datetime::deserialize(input)?)
}

pub fn serialize<S: Serializer>(date: &NaiveDate, output: S) -> Result<S::Ok, S::Error> {
    write(*date)
        .ok_or_else(|| S::Error::custom(format!("{date} does not fit TOML")))?
        .serialize(output)
}

/// The same for a date that may be left out.
pub mod option {
    use super::*;

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<NaiveDate>, D::Error> {
        Option::<Datetime>::deserialize(input)?
            .map(read)
            .transpose()
    }

    pub fn serialize<S: Serializer>(
        date: &Option<NaiveDate>,
        output: S,
    ) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => super::serialize(date, output),
            None => output.serialize_none(),
        }
    }
}

/// The same for a first and a last date.
pub mod pair {
    use super::*;

    pub fn deserialize<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<(NaiveDate, NaiveDate), D::Error> {
        let [first, last] = <[Datetime; 2]>::deserialize(input)?;
        Ok((read(first)?, read(last)?))
    }

    pub fn serialize<S: Serializer>(
        pair: &(NaiveDate, NaiveDate),
        output: S,
    ) -> Result<S::Ok, S::Error> {
        let (Some(first), Some(last)) = (write(pair.0), write(pair.1)) else {
            return Err(S::Error::custom("a date does not fit TOML"));
        };
        [first, last].serialize(output)
    }
}
