//! Indicators: single numbers that a target can be set for, each read off one metric's counted table.
//!
//! M1 to M8 and P1 to P15 are those of ISO 10002 (annexes on continual monitoring and on performance
//! criteria); names such as `sla.processing` are ours. What is not listed here is entered by hand.

use super::counted::{Counted, Value};

/// An indicator that is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indicator {
    /// `M2`, `P13`, `sla.intake`: what objectives and thresholds name.
    pub code: &'static str,
    /// The metric that counts it.
    pub metric: &'static str,
    pub reading: Reading,
}

/// A sum of columns over the rows that meet all conditions (column, text).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    pub columns: &'static [&'static str],
    pub where_all: &'static [(&'static str, &'static str)],
}

/// How the number is read off the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// A count.
    Count(Sum),
    /// A share in percent.
    Share { part: Sum, whole: Sum },
    /// The median of a column of whole numbers, each row weighted by a count.
    Median {
        value: &'static str,
        weight: &'static str,
    },
    /// The mean of a column, each row weighted by a count; rows without a value are left out.
    Mean {
        value: &'static str,
        weight: &'static str,
    },
}

impl Reading {
    /// The lowest and the highest number that it can give.
    pub const fn bounds(self) -> (f64, f64) {
        match self {
            Reading::Share { .. } => (0.0, 100.0),
            Reading::Count(_) | Reading::Median { .. } | Reading::Mean { .. } => {
                (0.0, f64::INFINITY)
            }
        }
    }
}

/// A target or a limit that no number of its indicator could ever be on both sides of.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unreachable {
    #[error("{code} is a share in percent, from 0 to 100; {found} is none")]
    Share { code: &'static str, found: f64 },
    #[error("{code} is never below 0; {found} is")]
    Negative { code: &'static str, found: f64 },
}

/// An indicator's number, and the counts it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Actual {
    /// In the indicator's unit: a count, percent (0 to 100), days, a score.
    pub value: f64,
    /// What met the condition; for a median or mean, what was measured.
    pub part: i64,
    /// What could have met it.
    pub whole: i64,
}

/// A metric's table lacks a column that an indicator reads.
#[derive(Debug, thiserror::Error)]
#[error("the metric `{metric}` has no column `{column}`, which the indicator {code} reads")]
pub struct MissingColumn {
    pub code: &'static str,
    pub metric: &'static str,
    pub column: &'static str,
}

const fn sum(columns: &'static [&'static str]) -> Sum {
    Sum {
        columns,
        where_all: &[],
    }
}

const fn share(part: &'static [&'static str], whole: &'static [&'static str]) -> Reading {
    Reading::Share {
        part: sum(part),
        whole: sum(whole),
    }
}

const DUE: &[&str] = &["met", "missed", "open_late"];

const fn of_due(
    part: &'static [&'static str],
    where_all: &'static [(&'static str, &'static str)],
) -> Reading {
    Reading::Share {
        part: Sum {
            columns: part,
            where_all,
        },
        whole: Sum {
            columns: DUE,
            where_all,
        },
    }
}

const fn indicator(code: &'static str, metric: &'static str, reading: Reading) -> Indicator {
    Indicator {
        code,
        metric,
        reading,
    }
}

/// Every indicator that is computed, in the order of the sheet.
pub const INDICATORS: &[Indicator] = &[
    indicator("M1", "volume", Reading::Count(sum(&["net"]))),
    indicator(
        "M2",
        "settled_where_made",
        share(&["settled"], &["received"]),
    ),
    indicator(
        "M3",
        "priority_changes",
        share(&["up", "down"], &["assessed"]),
    ),
    indicator(
        "M4",
        "acknowledgement",
        of_due(&["missed", "open_late"], &[("side", "net")]),
    ),
    indicator(
        "M5",
        "overall_sla",
        of_due(&["missed", "open_late"], &[("side", "net")]),
    ),
    indicator("M6", "referred", share(&["referred"], &["received"])),
    indicator("M7a", "repeats", share(&["repeats"], &["decided"])),
    indicator("M7b", "recurrents", share(&["recurrent"], &["received"])),
    indicator(
        "M8",
        "documents_changed",
        Reading::Count(sum(&["documents"])),
    ),
    indicator("P7", "staff_trained", share(&["trained"], &["staff"])),
    indicator("P9", "suggestions", Reading::Count(sum(&["suggestions"]))),
    indicator("P11", "audits_held", Reading::Count(sum(&["held"]))),
    indicator("P12", "recommendations", share(&["met"], DUE)),
    indicator(
        "P13",
        "answer_time",
        Reading::Median {
            value: "days",
            weight: "complaints",
        },
    ),
    indicator(
        "P14",
        "satisfaction",
        Reading::Mean {
            value: "score",
            weight: "surveys",
        },
    ),
    indicator(
        "P15",
        "action_effectiveness",
        Reading::Share {
            part: Sum {
                columns: &["checks"],
                where_all: &[("verdict", "effective")],
            },
            whole: sum(&["checks"]),
        },
    ),
    indicator(
        "sla.intake",
        "stage_sla",
        of_due(
            &["met"],
            &[("side", "net"), ("stage", "intake"), ("pass", "1")],
        ),
    ),
    indicator(
        "sla.processing",
        "stage_sla",
        of_due(
            &["met"],
            &[("side", "net"), ("stage", "processing"), ("pass", "1")],
        ),
    ),
    indicator(
        "sla.resolution",
        "stage_sla",
        of_due(
            &["met"],
            &[("side", "net"), ("stage", "resolution"), ("pass", "1")],
        ),
    ),
    indicator(
        "sla.processing.2",
        "stage_sla",
        of_due(
            &["met"],
            &[("side", "net"), ("stage", "processing"), ("pass", "2")],
        ),
    ),
    indicator(
        "sla.resolution.2",
        "stage_sla",
        of_due(
            &["met"],
            &[("side", "net"), ("stage", "resolution"), ("pass", "2")],
        ),
    ),
    indicator(
        "sla.overall",
        "overall_sla",
        of_due(&["met"], &[("side", "net")]),
    ),
    indicator(
        "sla.acknowledgement",
        "acknowledgement",
        of_due(&["met"], &[("side", "net")]),
    ),
    indicator(
        "right_first_time",
        "right_first_time",
        share(&["right_first"], &["right_first", "not_right"]),
    ),
    indicator(
        "remedies.not_delivered",
        "remedies_not_delivered",
        Reading::Count(sum(&["complaints"])),
    ),
    indicator(
        "remedies.not_told",
        "remedies_not_told",
        Reading::Count(sum(&["complaints"])),
    ),
];

/// The indicator of a code, whatever its capitals.
pub fn indicator_of(code: &str) -> Option<&'static Indicator> {
    INDICATORS
        .iter()
        .find(|i| i.code.eq_ignore_ascii_case(code.trim()))
}

impl Indicator {
    /// Whether a target or a limit lies where its numbers can.
    ///
    /// # Errors
    /// When it does not.
    pub fn check_target(&self, target: f64) -> Result<(), Unreachable> {
        let (least, most) = self.reading.bounds();
        let (code, found) = (self.code, target);
        match self.reading {
            _ if (least..=most).contains(&target) => Ok(()),
            Reading::Share { .. } => Err(Unreachable::Share { code, found }),
            Reading::Count(_) | Reading::Median { .. } | Reading::Mean { .. } => {
                Err(Unreachable::Negative { code, found })
            }
        }
    }

    /// The number; `None` when nothing was there to be measured. A count of nothing is 0.
    ///
    /// # Errors
    /// When the table lacks a column that this indicator reads.
    pub fn actual(&self, table: &Counted) -> Result<Option<Actual>, MissingColumn> {
        match self.reading {
            Reading::Count(sum) => {
                let n = self.total(table, sum)?;
                Ok(Some(Actual {
                    value: n as f64,
                    part: n,
                    whole: n,
                }))
            }
            Reading::Share { part, whole } => {
                let (part, whole) = (self.total(table, part)?, self.total(table, whole)?);
                Ok((whole > 0).then(|| Actual {
                    value: 100.0 * part as f64 / whole as f64,
                    part,
                    whole,
                }))
            }
            Reading::Median { value, weight } => {
                let mut weighted = self.weighted(table, value, weight)?;
                weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
                let n: i64 = weighted.iter().map(|(_, w)| w).sum();
                // The mean of the two middle values where their number is even.
                let at = |rank: i64| {
                    let mut seen = 0;
                    weighted.iter().find_map(|(value, w)| {
                        seen += w;
                        (seen >= rank).then_some(*value)
                    })
                };
                let middle = at((n + 1) / 2).zip(at(n / 2 + 1));
                Ok(middle.filter(|_| n > 0).map(|(low, high)| Actual {
                    value: f64::midpoint(low, high),
                    part: n,
                    whole: n,
                }))
            }
            Reading::Mean { value, weight } => {
                let weighted = self.weighted(table, value, weight)?;
                let n: i64 = weighted.iter().map(|(_, w)| w).sum();
                let total: f64 = weighted.iter().map(|(v, w)| v * *w as f64).sum();
                Ok((n > 0).then(|| Actual {
                    value: total / n as f64,
                    part: n,
                    whole: n,
                }))
            }
        }
    }

    fn total(&self, table: &Counted, sum: Sum) -> Result<i64, MissingColumn> {
        for column in sum
            .columns
            .iter()
            .chain(sum.where_all.iter().map(|(c, _)| c))
        {
            self.has(table, column)?;
        }
        let kept = |row: usize| {
            sum.where_all
                .iter()
                .all(|(column, text)| table.text(row, column) == *text)
        };
        Ok(sum.columns.iter().map(|c| table.sum(c, kept)).sum())
    }

    fn weighted(
        &self,
        table: &Counted,
        value: &'static str,
        weight: &'static str,
    ) -> Result<Vec<(f64, i64)>, MissingColumn> {
        self.has(table, value)?;
        self.has(table, weight)?;
        Ok((0..table.rows.len())
            .filter(|row| *table.cell(*row, value) != Value::Null)
            .filter_map(|row| {
                let number = table.cell(row, value).as_real()?;
                Some((number, table.count(row, weight)))
            })
            .collect())
    }

    fn has(&self, table: &Counted, column: &'static str) -> Result<(), MissingColumn> {
        match table.position(column) {
            Some(_) => Ok(()),
            None => Err(MissingColumn {
                code: self.code,
                metric: self.metric,
                column,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&str], rows: &[&[Value]]) -> Counted {
        Counted {
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            rows: rows.iter().map(|row| row.to_vec()).collect(),
        }
    }

    fn of(code: &str) -> &'static Indicator {
        indicator_of(code).expect("an indicator")
    }

    #[test]
    fn a_share_counts_only_the_rows_it_names() {
        let text = |t: &str| Value::Text(t.to_owned());
        let n = Value::Count;
        let sla = table(
            &["side", "stage", "pass", "met", "missed", "open_late"],
            &[
                &[text("net"), text("intake"), n(1), n(90), n(8), n(2)],
                &[text("gross"), text("intake"), n(1), n(50), n(50), n(0)],
                &[text("net"), text("processing"), n(1), n(1), n(1), n(0)],
            ],
        );
        let actual = of("SLA.intake")
            .actual(&sla)
            .expect("columns")
            .expect("a share");
        assert_eq!((actual.part, actual.whole, actual.value), (90, 100, 90.0));
        assert_eq!(of("sla.resolution").actual(&sla).expect("columns"), None);
    }

    #[test]
    fn a_median_of_an_even_number_is_the_mean_of_the_two_in_the_middle() {
        let n = Value::Count;
        let days = table(
            &["days", "complaints"],
            &[&[n(9), n(2)], &[n(4), n(1)], &[n(5), n(1)]],
        );
        // 4, 5, 9, 9
        let actual = of("P13").actual(&days).expect("columns").expect("a median");
        assert_eq!((actual.value, actual.whole), (7.0, 4));
        let none = table(&["days", "complaints"], &[]);
        assert_eq!(of("P13").actual(&none).expect("columns"), None);
    }

    #[test]
    fn a_mean_leaves_out_those_who_did_not_answer() {
        let n = Value::Count;
        let scores = table(
            &["score", "surveys"],
            &[&[Value::Null, n(7)], &[n(5), n(1)], &[n(2), n(2)]],
        );
        let actual = of("P14").actual(&scores).expect("columns").expect("a mean");
        assert_eq!((actual.value, actual.part), (3.0, 3));
    }

    #[test]
    fn a_missing_column_is_named() {
        let refused = of("M2").actual(&table(&["month", "received"], &[]));
        assert!(
            refused
                .expect_err("refused")
                .to_string()
                .contains("`settled`")
        );
    }
}
