//! A metric by other dimensions: the same `counted`, the same sums, another grouping.

use sqlparser::ast::{Expr, GroupByExpr, Query, Select, SelectItem, SetExpr, TableFactor};

use super::error::QueryFileError;
use super::query_file::QueryFile;

/// The metric's own grouping: columns that name a group, and columns that sum over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// Names of the grouping columns, in the order of the result.
    pub by: Vec<String>,
    /// The sums, each as SQL with its name.
    sums: Vec<String>,
    filter: Option<String>,
}

impl QueryFile {
    /// How the last SELECT groups `counted`; `None` when it does more than that (it joins, or selects
    /// from a further CTE), so that no other grouping can be put in its place.
    pub fn grouping(&self) -> Option<Grouping> {
        let select = last_select(self.query())?;
        let [from] = select.from.as_slice() else {
            return None;
        };
        let over_counted = matches!(
            &from.relation,
            TableFactor::Table { name, .. } if name.to_string() == "counted"
        );
        if !over_counted || !from.joins.is_empty() || select.having.is_some() {
            return None;
        }
        let GroupByExpr::Expressions(keys, modifiers) = &select.group_by else {
            return None;
        };
        if !modifiers.is_empty() {
            return None;
        }
        let by: Vec<String> = keys
            .iter()
            .map(|key| match key {
                Expr::Identifier(name) => Some(name.value.clone()),
                _ => None,
            })
            .collect::<Option<_>>()?;
        let sums = select
            .projection
            .iter()
            .filter(|item| !names_one_of(item, &by))
            .map(ToString::to_string)
            .collect();
        Some(Grouping {
            by,
            sums,
            filter: select.selection.as_ref().map(ToString::to_string),
        })
    }

    /// The columns of the result that tell its rows apart: those it groups by, or else its key, where the result has it,
    /// or else its dimensions, as far as they are columns.
    pub fn row_names(&self) -> Vec<String> {
        let by = self.grouping().map(|grouping| grouping.by);
        if let Some(by) = by.filter(|by| !by.is_empty()) {
            return by;
        }
        let is_whole = self.key.iter().all(|name| self.columns.contains(name));
        if is_whole {
            return self.key.clone();
        }
        let columns = self.dimensions.iter();
        columns
            .filter(|name| self.columns.contains(name))
            .cloned()
            .collect()
    }

    /// The dimensions asked for, after those over which this metric never sums.
    pub fn kept_apart(&self, dimensions: &[String]) -> Vec<String> {
        let mut all = self.apart.clone();
        for name in dimensions {
            if !all.contains(name) {
                all.push(name.clone());
            }
        }
        all
    }

    /// The metric's sums by the dimensions given instead of its own. Where the metric's last SELECT is no
    /// plain grouping, the things counted are counted (`counted_things`).
    ///
    /// # Errors
    /// When a name is no dimension of this metric.
    pub fn by_sql(&self, dimensions: &[String]) -> Result<String, QueryFileError> {
        for name in dimensions {
            if !self.dimensions.contains(name) {
                return Err(QueryFileError::UnknownDimension {
                    id: self.id.clone(),
                    name: name.clone(),
                    known: self.dimensions.join(", "),
                });
            }
        }
        let dimensions = self.kept_apart(dimensions);
        let (sums, filter) = match self.grouping() {
            Some(grouping) => (grouping.sums, grouping.filter),
            None => (
                vec!["CAST(COUNT(*) AS BIGINT) AS counted_things".to_owned()],
                None,
            ),
        };
        let with = self
            .query()
            .with
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let filter = filter.map(|f| format!(" WHERE {f}")).unwrap_or_default();
        let names = dimensions.join(", ");
        let columns: Vec<String> = dimensions.iter().cloned().chain(sums).collect();
        let columns = columns.join(", ");
        Ok(if dimensions.is_empty() {
            format!("{with} SELECT {columns} FROM counted{filter}")
        } else {
            format!(
                "{with} SELECT {columns} FROM counted{filter} GROUP BY {names} ORDER BY {names}"
            )
        })
    }
}

fn last_select(query: &Query) -> Option<&Select> {
    match query.body.as_ref() {
        SetExpr::Select(select) => Some(select),
        _ => None,
    }
}

fn names_one_of(item: &SelectItem, names: &[String]) -> bool {
    matches!(item, SelectItem::UnnamedExpr(Expr::Identifier(name)) if names.contains(&name.value))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn metric(last: &str) -> QueryFile {
        let text = format!(
            "-- id: m\n-- title.en: T\n-- iso: I3\n-- basis: received\n-- grain: case\n-- key: case_key\n\
             -- dimensions: month, site\n-- columns: month, n\n-- chart: none\n-- definition: D.\n\
             WITH counted AS (SELECT k.case_key, k.site FROM cases AS k) {last}"
        );
        QueryFile::parse(Path::new("m.sql"), &text).expect("a query file")
    }

    #[test]
    fn another_dimension_takes_the_place_of_the_metrics_own() {
        let metric = metric(
            "SELECT month, CAST(COUNT(*) AS BIGINT) AS n FROM counted WHERE site <> 'x' GROUP BY month ORDER BY month",
        );
        let sql = metric.by_sql(&["site".to_owned()]).expect("SQL");
        assert!(
            sql.ends_with(
                "SELECT site, CAST(COUNT(*) AS BIGINT) AS n FROM counted WHERE site <> 'x' GROUP BY site ORDER BY site"
            ),
            "{sql}"
        );
        let all = metric.by_sql(&[]).expect("SQL");
        assert!(
            all.ends_with("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM counted WHERE site <> 'x'"),
            "{all}"
        );
    }

    #[test]
    fn nothing_is_summed_over_what_is_kept_apart() {
        let mut metric = metric("SELECT month, COUNT(*) AS n FROM counted GROUP BY month");
        metric.apart = vec!["month".to_owned()];
        let sql = metric.by_sql(&["site".to_owned()]).expect("SQL");
        assert!(
            sql.ends_with("GROUP BY month, site ORDER BY month, site"),
            "{sql}"
        );
    }

    #[test]
    fn a_metric_that_joins_last_counts_its_things() {
        let metric = metric("SELECT a.n FROM (SELECT 1 AS n FROM counted) AS a");
        let sql = metric.by_sql(&["month".to_owned()]).expect("SQL");
        assert!(
            sql.contains("AS counted_things FROM counted GROUP BY month"),
            "{sql}"
        );
        assert_eq!(metric.grouping(), None);
    }

    #[test]
    fn rows_have_the_names_of_their_group_or_of_what_the_result_has() {
        let grouped = metric("SELECT month, COUNT(*) AS n FROM counted GROUP BY month, site");
        assert_eq!(grouped.row_names(), ["month", "site"]);
        let joined = metric("SELECT a.month, a.n FROM (SELECT 1 AS n FROM counted) AS a");
        assert_eq!(joined.row_names(), ["month"]);
        let mut listed = metric("SELECT case_key, month AS n FROM counted");
        listed.columns = vec!["case_key".to_owned(), "n".to_owned()];
        assert_eq!(listed.row_names(), ["case_key"]);
    }

    #[test]
    fn no_two_rows_of_a_shipped_metric_have_one_name() {
        let tables =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/example/2026-Q3-en/tables");
        let mut looked_at = 0;
        for metric in crate::query_file::shipped_metrics().unwrap() {
            let path = tables.join(format!("{}.csv", metric.id));
            if !path.exists() {
                continue;
            }
            looked_at += 1;
            let names = metric.row_names();
            let mut table = csv::Reader::from_path(path).unwrap();
            let header = table.headers().unwrap().clone();
            let mut seen = std::collections::BTreeSet::new();
            for row in table.records() {
                let row = row.unwrap();
                let cells = header.iter().zip(&row);
                let name: Vec<String> = cells
                    .filter(|(column, _)| names.iter().any(|name| name == column))
                    .map(|(_, cell)| cell.to_owned())
                    .collect();
                assert!(seen.insert(name.clone()), "{}: {name:?}", metric.id);
            }
        }
        assert!(looked_at > 30, "only {looked_at} tables were looked at");
    }

    #[test]
    fn sql_that_does_not_parse_is_named_by_its_line_of_the_file() {
        let text = "-- id: m\n-- title.en: T\n-- iso: I3\n-- basis: received\n-- grain: case\n-- key: case_key\n\
                    -- dimensions: month\n-- chart: none\n-- definition: D.\nWITH counted AS (\n    SELEC 1)";
        let refused = QueryFile::parse(Path::new("m.sql"), text).expect_err("refused");
        assert!(refused.to_string().contains("Line: 11"), "{refused}");
    }

    #[test]
    fn an_unknown_dimension_is_refused_with_the_known_ones() {
        let refused = metric("SELECT COUNT(*) AS n FROM counted").by_sql(&["colour".to_owned()]);
        let message = refused.expect_err("refused").to_string();
        assert!(message.contains("month, site"), "{message}");
    }
}
