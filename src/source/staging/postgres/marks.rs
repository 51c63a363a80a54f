//! What the cases of a server are like, each in one mark that the mapping's `watermark.sql` makes of its rows: a month whose
//! marks are those of the last extract need not be read again.
//!
//! Marks are compared for being equal, never for being later: a transaction that commits late, a clock that was set back, a
//! case that was deleted change them as any other change does. What a mark is made of is the mapping's business
//! (docs/adr/0017).

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead as _;
use std::ops::RangeInclusive;
use std::path::Path;

use chrono::Datelike as _;
use chrono_tz::Tz;

use super::catalog::Table;
use super::copy_text::cells;
use super::error::one_line;
use super::session::{Server, Session};
use crate::mapping::WatermarkTables;
use crate::staging::instants::{DAY, LOCAL, WITH_OFFSET, instant};
use crate::staging::table::quoted;
use crate::staging::{Before, StagingError};
use crate::texts::Texts;
use redress_lake::manifest::{MonthMark, Watermark, WholeBecause};
use redress_plain::hex::hex;
use redress_plain::sha256::Sha256;

/// More ranges of keys than these make statements that the server is slow to judge every row by.
const MOST_RANGES: usize = 400;

/// The month of cases whose receipt is no instant, and of rows that belong to no case. It is never taken for unchanged.
const UNKNOWN_MONTH: &str = "unknown";

/// The marks of all cases.
pub(super) struct Marks {
    pub watermark: Watermark,
    /// Neighbouring keys of one month, ascending.
    runs: Vec<Run>,
}

struct Run {
    keys: RangeInclusive<i64>,
    month: Month,
}

/// Year and month; `None`: unknown.
type Month = Option<(i32, u32)>;

/// What changed since the last extract.
pub(super) struct Changed {
    pub months: BTreeSet<String>,
    ranges: Vec<RangeInclusive<i64>>,
}

/// What the mapping says of marks.
pub(super) struct Asked<'a> {
    pub sql: &'a str,
    /// Where it lies, for messages.
    pub file: &'a Path,
    pub tables: &'a WatermarkTables,
    pub zone: Tz,
    /// What the pseudonyms are made with.
    pub key: Option<&'a [u8]>,
}

/// Why there are no marks.
enum Trouble {
    /// In words; everything can still be read.
    Fault(String),
    /// The session is of no use any more.
    Lost(StagingError),
}

/// Takes the marks in the session's transaction. The inner error says in words why there are none: a reader may do without.
///
/// # Errors
/// When the connection is lost.
pub(super) fn take(
    server: &Server,
    session: &mut Session,
    tables: &[Table],
    asked: &Asked<'_>,
) -> Result<Result<Marks, String>, StagingError> {
    let failed = |error: postgres::Error| server.doing(None).failed(&error);
    // A statement that fails would end the transaction, and with it the moment that everything is read at.
    session
        .client
        .batch_execute("SAVEPOINT marks")
        .map_err(failed)?;
    let taken = cases(server, session, asked).and_then(|(months, runs)| {
        let common = common(server, session, tables, asked)?;
        Ok(Marks {
            watermark: Watermark { months, common },
            runs,
        })
    });
    let marks = match taken {
        Ok(marks) => Ok(marks),
        Err(Trouble::Lost(error)) => return Err(error),
        Err(Trouble::Fault(what)) => {
            session
                .client
                .batch_execute("ROLLBACK TO SAVEPOINT marks")
                .map_err(failed)?;
            Err(format!("{}: {what}", asked.file.display()))
        }
    };
    session
        .client
        .batch_execute("RELEASE SAVEPOINT marks")
        .map_err(failed)?;
    Ok(marks)
}

/// What the server says against a statement is a fault of it; anything else is the connection's.
fn trouble(server: &Server, error: &postgres::Error) -> Trouble {
    match error.as_db_error() {
        Some(said) if !is_gone(said.code().code()) => Trouble::Fault(one_line(said.message())),
        Some(_) | None => Trouble::Lost(server.doing(None).failed(error).into()),
    }
}

/// Whether a code says that the session ends: shut down or crashed (57P), or the connection (08).
fn is_gone(code: &str) -> bool {
    code.starts_with("57P") || code.starts_with("08")
}

type Months = BTreeMap<String, MonthMark>;

fn cases(
    server: &Server,
    session: &mut Session,
    asked: &Asked<'_>,
) -> Result<(Months, Vec<Run>), Trouble> {
    let query = asked.sql.trim_end().trim_end_matches(';');
    let statement = format!(
        "COPY (SELECT w.case_key::bigint, w.received_at, w.mark::text FROM (\n{query}\n) AS w ORDER BY 1) TO STDOUT"
    );
    let mut rows = session
        .client
        .copy_out(statement.as_str())
        .map_err(|e| trouble(server, &e))?;
    let forms: Texts = [LOCAL, WITH_OFFSET, DAY]
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut months: BTreeMap<Month, (u64, Sha256)> = BTreeMap::new();
    let mut runs: Vec<Run> = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = rows.read_until(b'\n', &mut line).map_err(|error| {
            let inner = error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<postgres::Error>());
            match inner {
                Some(inner) => trouble(server, inner),
                None => Trouble::Lost(server.doing(None).lost(error.to_string()).into()),
            }
        })?;
        if length == 0 {
            break;
        }
        let mut cells = cells(&line);
        let mut next = || cells.next().flatten();
        let key = next().and_then(|cell| std::str::from_utf8(&cell).ok()?.parse::<i64>().ok());
        let Some(key) = key else {
            return Err(Trouble::Fault("a row has no case_key".to_owned()));
        };
        let received = next();
        let mark = next();
        if runs.last().is_some_and(|run| *run.keys.end() >= key) {
            return Err(Trouble::Fault(format!("the case_key {key} stands twice")));
        }
        let month = received
            .and_then(|cell| instant(std::str::from_utf8(&cell).ok()?, &forms, asked.zone))
            .map(|at| at.with_timezone(&asked.zone))
            .map(|at| (at.year(), at.month()));
        let (count, hash) = months.entry(month).or_default();
        *count += 1;
        hash.update(key.to_le_bytes());
        let mark = mark.unwrap_or_default();
        hash.update((mark.len() as u64).to_le_bytes());
        hash.update(&mark);
        match runs.last_mut() {
            Some(run) if run.month == month => run.keys = *run.keys.start()..=key,
            Some(_) | None => runs.push(Run {
                keys: key..=key,
                month,
            }),
        }
    }
    let months = months
        .into_iter()
        .map(|(month, (cases, hash))| {
            let sha256 = hex(&hash.finish());
            (name_of(month), MonthMark { cases, sha256 })
        })
        .collect();
    Ok((months, runs))
}

fn name_of(month: Month) -> String {
    match month {
        Some((year, month)) => format!("{year:04}-{month:02}"),
        None => UNKNOWN_MONTH.to_owned(),
    }
}

/// A hash over what all cases depend on.
fn common(
    server: &Server,
    session: &mut Session,
    tables: &[Table],
    asked: &Asked<'_>,
) -> Result<String, Trouble> {
    let mut all = Sha256::new();
    let mut add = |text: &str| {
        all.update((text.len() as u64).to_le_bytes());
        all.update(text.as_bytes());
    };
    for table in tables {
        let name = &table.spec.table;
        if asked.tables.rows_of_cases.contains_key(name) || asked.tables.in_the_mark.contains(name)
        {
            continue;
        }
        let columns: Vec<String> = table.columns.iter().map(|c| quoted(c)).collect();
        let query = format!(
            "SELECT count(*)::text, \
                COALESCE(sum(pg_catalog.hashtextextended(ROW({})::text, 0)), 0)::text FROM {}",
            columns.join(", "),
            table.name
        );
        let row = session
            .client
            .query_one(query.as_str(), &[])
            .map_err(|e| trouble(server, &e))?;
        add(name);
        for column in 0..2 {
            let text: String = row.try_get(column).map_err(|e| trouble(server, &e))?;
            add(&text);
        }
    }
    all.update(b"pseudonyms");
    all.update(asked.key.unwrap_or_default());
    Ok(hex(&all.finish()))
}

impl Marks {
    /// What changed since the last extract, or why that is no use.
    ///
    /// # Errors
    /// Why everything has to be read.
    pub(super) fn changed(&self, before: &Before) -> Result<Changed, WholeBecause> {
        let Some(old) = &before.watermark else {
            return Err(WholeBecause::NothingEarlier);
        };
        if old.common != self.watermark.common {
            return Err(WholeBecause::CommonChanged);
        }
        let months: BTreeSet<String> = self
            .watermark
            .months
            .iter()
            .filter(|(month, mark)| {
                *month == UNKNOWN_MONTH
                    || before.stale.contains(*month)
                    || old.months.get(*month) != Some(mark)
            })
            .map(|(month, _)| month.clone())
            .collect();
        let mut ranges: Vec<RangeInclusive<i64>> = Vec::new();
        let mut goes_on = false;
        for run in &self.runs {
            let is_changed = months.contains(&name_of(run.month));
            match ranges.last_mut() {
                Some(range) if is_changed && goes_on => *range = *range.start()..=*run.keys.end(),
                Some(_) | None if is_changed => ranges.push(run.keys.clone()),
                Some(_) | None => {}
            }
            goes_on = is_changed;
        }
        if ranges.len() > MOST_RANGES {
            return Err(WholeBecause::Scattered);
        }
        Ok(Changed { months, ranges })
    }
}

impl Changed {
    /// The condition that the rows of the changed months' cases meet.
    pub(super) fn condition(&self, column: &str) -> String {
        if self.ranges.is_empty() {
            return "false".to_owned();
        }
        let ranges: Vec<String> = self
            .ranges
            .iter()
            .map(|range| {
                format!(
                    "({})::bigint BETWEEN {} AND {}",
                    quoted(column),
                    range.start(),
                    range.end()
                )
            })
            .collect();
        format!("({})", ranges.join(" OR "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(cases: &[(i64, Month, &str)]) -> Marks {
        let mut months = BTreeMap::new();
        let mut runs: Vec<Run> = Vec::new();
        for (key, month, mark) in cases {
            let entry = months.entry(name_of(*month)).or_insert(MonthMark {
                cases: 0,
                sha256: String::new(),
            });
            entry.cases += 1;
            entry.sha256.push_str(mark);
            runs.push(Run {
                keys: *key..=*key,
                month: *month,
            });
        }
        Marks {
            watermark: Watermark {
                months,
                common: "c".to_owned(),
            },
            runs,
        }
    }

    fn before(marks: &Marks) -> Before {
        Before {
            watermark: Some(marks.watermark.clone()),
            stale: BTreeSet::new(),
        }
    }

    const MAY: Month = Some((2026, 5));
    const JUNE: Month = Some((2026, 6));

    #[test]
    fn a_month_is_read_when_a_mark_of_it_changed_and_its_neighbours_keys_are_left_out() {
        let of = |ninth| {
            marks(&[
                (1, MAY, "a"),
                (5, JUNE, "b"),
                (7, MAY, "c"),
                (9, MAY, ninth),
                (20, JUNE, "e"),
            ])
        };
        let old = of("d");
        let same = old.changed(&before(&old)).unwrap();
        assert!(same.months.is_empty());
        assert_eq!(same.condition("k"), "false");
        let changed = of("D").changed(&before(&old)).unwrap();
        assert_eq!(changed.months, BTreeSet::from(["2026-05".to_owned()]));
        assert_eq!(
            changed.condition("o id"),
            "((\"o id\")::bigint BETWEEN 1 AND 1 OR (\"o id\")::bigint BETWEEN 7 AND 9)"
        );
    }

    #[test]
    fn what_is_unknown_or_stale_is_read_and_what_all_depend_on_means_everything() {
        let old = marks(&[(1, None, "a"), (2, MAY, "b"), (3, JUNE, "c")]);
        let changed = old.changed(&before(&old)).unwrap();
        assert_eq!(changed.months, BTreeSet::from(["unknown".to_owned()]));
        let mut stale = before(&old);
        stale.stale.insert("2026-06".to_owned());
        assert_eq!(old.changed(&stale).unwrap().months.len(), 2);
        let mut other = before(&old);
        if let Some(watermark) = &mut other.watermark {
            watermark.common = "other".to_owned();
        }
        assert_eq!(old.changed(&other).err(), Some(WholeBecause::CommonChanged));
        let nothing = Before::default();
        assert_eq!(
            old.changed(&nothing).err(),
            Some(WholeBecause::NothingEarlier)
        );
    }

    #[test]
    fn cases_of_a_month_that_lie_far_apart_are_not_named_one_by_one() {
        let of = |mark: &'static str| {
            let cases: Vec<(i64, Month, &str)> = (0..2 * MOST_RANGES as i64 + 2)
                .map(|key| (key, if key % 2 == 0 { MAY } else { JUNE }, mark))
                .collect();
            let mut all = marks(&cases);
            // June stays as it is.
            all.watermark.months.get_mut("2026-06").unwrap().sha256 = String::new();
            all
        };
        let old = of("a");
        let changed = of("b").changed(&before(&old));
        assert_eq!(changed.err(), Some(WholeBecause::Scattered));
    }
}
