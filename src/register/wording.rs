//! What was said in complaints, case by case, for searching: a scan, since no index knows the letters of three
//! languages.

use rusqlite::Row;

use super::Register;
use super::error::Result;

/// Something that was said about a case. What was erased is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wording<'r> {
    pub case_key: i64,
    pub number: &'r str,
    /// The complainant's.
    pub name: Option<&'r str>,
    pub phone: Option<&'r str>,
    pub email: Option<&'r str>,
    /// The event's data as JSON: product, lot, site.
    pub data: &'r str,
    /// The complainant's own words.
    pub text: Option<&'r str>,
}

impl Register {
    /// Gives what was said about each case, latest case first: its registration, its classifications, and what the
    /// complainant added, one after the other. With `newest`, only of the cases registered last. Answers the number
    /// of cases.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn each_wording(
        &self,
        newest: Option<i64>,
        mut take: impl FnMut(&Wording<'_>),
    ) -> Result<u64> {
        // Keys of cases grow without gaps, so the newest are those above a key.
        const SQL: &str = "
            SELECT c.case_key, c.number, p.name, p.phone, p.email, e.data, t.body
            FROM complaint_case AS c
            CROSS JOIN complainant AS p ON p.complainant_id = c.complainant_id
            CROSS JOIN case_event AS e ON e.case_key = c.case_key
            LEFT JOIN event_text AS t ON t.text_id = e.text_id
            WHERE c.case_key > coalesce((SELECT max(case_key) FROM complaint_case) - ?1, 0)
              AND (e.kind IN ('registered', 'classified', 'issue_added')
                   OR (e.kind = 'note_added' AND e.role = 'customer'))
            ORDER BY c.case_key DESC, e.event_no";
        self.read(|conn| {
            let mut select = conn.prepare_cached(SQL)?;
            let mut rows = select.query([newest])?;
            let (mut cases, mut last) = (0, None);
            while let Some(row) = rows.next()? {
                let case_key: i64 = row.get(0)?;
                if last != Some(case_key) {
                    (cases, last) = (cases + 1, Some(case_key));
                }
                take(&Wording {
                    case_key,
                    number: word(row, 1)?.unwrap_or_default(),
                    name: word(row, 2)?,
                    phone: word(row, 3)?,
                    email: word(row, 4)?,
                    data: word(row, 5)?.unwrap_or_default(),
                    text: word(row, 6)?,
                });
            }
            Ok(cases)
        })
    }
}

/// A text where it lies, without a copy.
fn word<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>> {
    let value = row.get_ref(column)?;
    Ok(value.as_str_or_null().map_err(rusqlite::Error::from)?)
}
