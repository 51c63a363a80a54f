//! Units sold or served, month by month: what complaints are counted beside.
//!
//! Units are versions: one is added with its reason, none is changed.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension as _};

use super::error::{RegisterError, Result};
use super::records::check_finite;
use super::seal::{self, EXPOSURE};
use super::{Register, to_micros};

/// Units sold or served in a month.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    /// `YYYY-MM`.
    pub month: String,
    /// `None`: all products.
    pub product: Option<String>,
    /// `None`: all sites.
    pub site: Option<String>,
    pub units: f64,
}

/// Who enters units, when, and why they replace others.
#[derive(Debug, Clone, Copy)]
pub struct ExposureEntry<'a> {
    pub by: &'a str,
    /// Needed where other units are in force already.
    pub reason: Option<&'a str>,
    pub now: DateTime<Utc>,
}

/// What became of the rows of an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExposureTaken {
    pub added: usize,
    pub replaced: usize,
    pub unchanged: usize,
}

impl ExposureTaken {
    fn note(&mut self, before: Option<f64>, units: f64) {
        match before {
            None => self.added += 1,
            Some(before) if before.to_bits() == units.to_bits() => self.unchanged += 1,
            Some(_) => self.replaced += 1,
        }
    }
}

impl Register {
    /// Enters the units of months as versions: all of them or none. What is as it was is left alone.
    ///
    /// # Errors
    /// When a month is not `YYYY-MM`, units are negative, or a version would be replaced without a reason.
    pub fn set_exposure(
        &mut self,
        exposures: &[Exposure],
        entry: &ExposureEntry<'_>,
    ) -> Result<ExposureTaken> {
        self.write(|w| {
            let mut taken = ExposureTaken::default();
            for exposure in exposures {
                put_exposure(&w.tx, exposure, entry, &mut taken)?;
            }
            Ok(taken)
        })
    }

    /// What [`Register::set_exposure`] would do, recording nothing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn preview_exposure(&self, exposures: &[Exposure]) -> Result<ExposureTaken> {
        self.read(|conn| {
            let mut taken = ExposureTaken::default();
            for exposure in exposures {
                taken.note(
                    standing(conn, exposure)?.map(|(_, units)| units),
                    exposure.units,
                );
            }
            Ok(taken)
        })
    }

    /// The exposure known at `as_of` (today's when `None`), by month.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn exposures(&self, as_of: Option<DateTime<Utc>>) -> Result<Vec<Exposure>> {
        let sql = "SELECT month, product, site, units, MAX(version) FROM exposure
                   WHERE recorded_at <= ?1 GROUP BY month, product, site ORDER BY month, product, site";
        let some = |text: String| (!text.is_empty()).then_some(text);
        self.known(sql, as_of, |row| {
            Ok(Exposure {
                month: row.get(0)?,
                product: some(row.get(1)?),
                site: some(row.get(2)?),
                units: row.get(3)?,
            })
        })
    }
}

fn put_exposure(
    conn: &Connection,
    exposure: &Exposure,
    entry: &ExposureEntry<'_>,
    taken: &mut ExposureTaken,
) -> Result<()> {
    check_finite("units", exposure.units)?;
    let is_month = exposure.month.len() == 7
        && format!("{}-01", exposure.month)
            .parse::<NaiveDate>()
            .is_ok();
    if !is_month {
        return Err(RegisterError::invalid(
            "month",
            &exposure.month,
            "write it as 2026-07",
        ));
    }
    if exposure.units < 0.0 {
        return Err(RegisterError::invalid(
            "units",
            exposure.units.to_string(),
            "units sold are not negative",
        ));
    }
    let before = standing(conn, exposure)?;
    taken.note(before.map(|(_, units)| units), exposure.units);
    let reason = match before {
        Some((_, units)) if units.to_bits() == exposure.units.to_bits() => return Ok(()),
        None => None,
        Some(_) => {
            let reason = entry.reason.map(str::trim).filter(|text| !text.is_empty());
            let named = || {
                RegisterError::invalid(
                    "units of",
                    &exposure.month,
                    "other units are in force for it; say why they change (`--reason`)",
                )
            };
            Some(reason.ok_or_else(named)?)
        }
    };
    let version = before.map_or(1, |(version, _)| version + 1);
    let (product, site) = key_of(exposure);
    conn.prepare_cached(
        "INSERT INTO exposure (month, product, site, version, units, recorded_at, entered_by, reason, checksum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, x'')",
    )?
    .execute((
        &exposure.month,
        product,
        site,
        version,
        exposure.units,
        to_micros(entry.now),
        entry.by,
        reason,
    ))?;
    seal::seal(conn, EXPOSURE, conn.last_insert_rowid())
}

/// Version and units in force of a month, product and site.
fn standing(conn: &Connection, exposure: &Exposure) -> Result<Option<(i64, f64)>> {
    let (product, site) = key_of(exposure);
    let mut select = conn.prepare_cached(
        "SELECT version, units FROM exposure WHERE month = ?1 AND product = ?2 AND site = ?3
         ORDER BY version DESC LIMIT 1",
    )?;
    let found = select.query_row((&exposure.month, product, site), |row| {
        Ok((row.get(0)?, row.get(1)?))
    });
    Ok(found.optional()?)
}

/// Product and site as the table has them.
fn key_of(exposure: &Exposure) -> (&str, &str) {
    (
        exposure.product.as_deref().unwrap_or(""),
        exposure.site.as_deref().unwrap_or(""),
    )
}
