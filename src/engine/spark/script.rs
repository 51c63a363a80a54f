//! The text that `spark-sql` runs: views over the snapshot's tables, the parameters, and one INSERT a
//! result, each followed by a mark on standard output.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::inputs::Inputs;
use super::{Question, SparkError};
use redress_lake::table::{ColumnKind, TableSpec};
use redress_lake::tables::{DERIVED, TABLES};
use redress_query::params::Params;
use redress_query::query_file::QueryFile;
use redress_query::spark_dialect::{quoted, to_spark};
use redress_query::statements::identifiers;

/// The column that numbers the rows of a list within their dimensions; read by nobody.
pub(super) const NUMBER: &str = "redress_number";

/// Begins the line that says a step is done; its number follows.
const MARK: &str = "redress step done ";

/// One result to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// What it is, for progress and messages.
    pub(super) label: String,
    pub(super) folder: PathBuf,
}

/// The script with its steps, in order.
#[derive(Debug)]
pub(super) struct Script {
    text: String,
    steps: Vec<Step>,
}

impl Script {
    /// The script for all questions; results go to folders below `scratch`.
    pub(super) fn of(
        questions: &[Question<'_>],
        inputs: &Inputs<'_>,
        scratch: &Path,
    ) -> Result<Script, SparkError> {
        let mut views: BTreeSet<&'static str> = BTreeSet::new();
        let mut script = Script {
            text: String::new(),
            steps: Vec::new(),
        };
        for (number, question) in questions.iter().enumerate() {
            script.say(&params_view(&question.params));
            for metric in &question.metrics {
                script.see_tables(&metric.sql, &mut views, inputs)?;
                if question.first.is_some() {
                    // The list names the cases, whatever the metric's own SQL does.
                    script.see_tables(&metric.counted_sql(), &mut views, inputs)?;
                }
                script.ask_metric(number, metric, question.first, scratch)?;
            }
            for (n, (name, sql)) in question.selects.iter().enumerate() {
                script.see_tables(sql, &mut views, inputs)?;
                let folder = scratch.join(select_folder(number, n));
                script.write_result(&spoken(sql, name)?, name, folder);
            }
        }
        Ok(script)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Views of the tables that a query names, those that there are not yet.
    fn see_tables(
        &mut self,
        sql: &str,
        views: &mut BTreeSet<&'static str>,
        inputs: &Inputs<'_>,
    ) -> Result<(), SparkError> {
        let words = identifiers(sql);
        for table in TABLES.iter().chain(DERIVED) {
            if words.contains(table.name) && views.insert(table.name) {
                self.say(&table_view(table, inputs.folder(table)?.as_deref()));
            }
        }
        Ok(())
    }

    /// A metric's figures, and its list where one is asked. Figures and list then come from one listing,
    /// which Spark keeps for as long as both take, so that the SQL over the large tables runs once.
    fn ask_metric(
        &mut self,
        question: usize,
        metric: &QueryFile,
        first: Option<usize>,
        scratch: &Path,
    ) -> Result<(), SparkError> {
        let id = &metric.id;
        let figures = scratch.join(figures_folder(question, id));
        let Some(first) = first else {
            self.write_result(&spoken(&metric.sql, id)?, id, figures);
            return Ok(());
        };
        let listing = spoken(&metric.counted_sql(), id)?;
        self.say(&format!("CACHE TABLE counted AS {listing}"));
        self.write_result(&spoken(&metric.grouping_sql(), id)?, id, figures);
        let list = scratch.join(list_folder(question, id));
        self.write_result(&list_sql(metric, first), &format!("{id} (list)"), list);
        self.say("UNCACHE TABLE counted");
        self.say("DROP VIEW counted");
        Ok(())
    }

    fn say(&mut self, statement: &str) {
        self.text.push_str(statement);
        self.text.push_str(";\n");
    }

    fn write_result(&mut self, select: &str, label: &str, folder: PathBuf) {
        let number = self.steps.len();
        self.say(&format!(
            "INSERT OVERWRITE DIRECTORY {} USING parquet {select}",
            quoted(&location(&folder))
        ));
        self.say(&format!("SELECT '{MARK}{number}'"));
        self.steps.push(Step {
            label: label.to_owned(),
            folder,
        });
    }
}

/// The number of the step that a line of `spark-sql`'s output says is done.
pub(super) fn marked(line: &str) -> Option<usize> {
    line.trim().strip_prefix(MARK)?.parse().ok()
}

/// Folder of a metric's counted table, within the scratch folder.
pub(super) fn figures_folder(question: usize, metric: &str) -> String {
    format!("{question}/figures/{metric}")
}

/// Folder of the list of what a metric counted.
pub(super) fn list_folder(question: usize, metric: &str) -> String {
    format!("{question}/lists/{metric}")
}

/// Folder of a SELECT's answer.
pub(super) fn select_folder(question: usize, number: usize) -> String {
    format!("{question}/selects/{number}")
}

/// A SELECT in Spark's words.
fn spoken(sql: &str, origin: &str) -> Result<String, SparkError> {
    to_spark(sql).ok_or_else(|| SparkError::NotASelect {
        origin: origin.to_owned(),
    })
}

/// The first rows of every combination of a metric's dimensions in `counted`, in the order of its keys. Whatever
/// conditions on dimensions a reader sets, the first rows that meet them are among these.
fn list_sql(metric: &QueryFile, first: usize) -> String {
    let columns = |names: &[String]| {
        let named: Vec<String> = names.iter().map(|name| format!("k.{name}")).collect();
        named.join(", ")
    };
    let apart = if metric.dimensions.is_empty() {
        String::new()
    } else {
        format!("PARTITION BY {} ", columns(&metric.dimensions))
    };
    let key = columns(&metric.key);
    format!(
        "SELECT * FROM (SELECT k.*, ROW_NUMBER() OVER ({apart}ORDER BY {key}) AS {NUMBER} FROM counted AS k) AS k \
         WHERE k.{NUMBER} <= {first} ORDER BY {key}"
    )
}

/// A view of a table's files, its columns declared: nothing is inferred, so a file that lacks one reads
/// as the lake's declaration says. Without a folder the view is empty.
fn table_view(table: &TableSpec, folder: Option<&Path>) -> String {
    let mut columns: Vec<(&str, &str)> = table
        .columns
        .iter()
        .map(|column| (column.name, spark_type(column.kind)))
        .collect();
    if table.partitioned {
        columns.push(("received_month", "STRING"));
    }
    let name = table.name;
    let Some(folder) = folder else {
        let typed: Vec<String> = columns
            .iter()
            .map(|(column, kind)| format!("CAST(NULL AS {kind}) AS `{column}`"))
            .collect();
        return format!(
            "CREATE OR REPLACE TEMPORARY VIEW `{name}` AS SELECT {} WHERE FALSE",
            typed.join(", ")
        );
    };
    let declared: Vec<String> = columns
        .iter()
        .map(|(column, kind)| format!("`{column}` {kind}"))
        .collect();
    format!(
        "CREATE OR REPLACE TEMPORARY VIEW `{name}` ({}) USING parquet OPTIONS (path {})",
        declared.join(", "),
        quoted(&location(folder))
    )
}

const fn spark_type(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text | ColumnKind::FreeText => "STRING",
        ColumnKind::Integer => "BIGINT",
        ColumnKind::Count => "INT",
        ColumnKind::Real => "DOUBLE",
        ColumnKind::Flag => "BOOLEAN",
        ColumnKind::Day => "DATE",
        ColumnKind::Instant => "TIMESTAMP",
    }
}

/// The one-row table `params`.
fn params_view(params: &Params) -> String {
    let day = |day: NaiveDate| format!("DATE '{day}'");
    let as_of = params.as_of_at.format("%Y-%m-%d %H:%M:%S%.6fZ");
    let columns = [
        ("as_of_at", format!("TIMESTAMP '{as_of}'")),
        ("as_of_on", day(params.as_of_on)),
        ("over_on", day(params.over_on)),
        ("stock_on", day(params.stock_on())),
        ("calendar_id", quoted(&params.calendar_id)),
        ("period_first", day(params.period.first)),
        ("period_last", day(params.period.last)),
        ("previous_first", day(params.previous.first)),
        ("previous_last", day(params.previous.last)),
    ];
    let columns = columns.map(|(name, literal)| format!("{literal} AS {name}"));
    format!(
        "CREATE OR REPLACE TEMPORARY VIEW params AS SELECT {}",
        columns.join(", ")
    )
}

/// A local path as Spark must read it, whatever file system its cluster calls the default.
fn location(path: &Path) -> String {
    format!("file:{}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use redress_lake::table::ColumnSpec;

    fn params() -> Params {
        Params {
            as_of_at: "2026-10-10T09:00:00.25Z".parse().unwrap(),
            as_of_on: "2026-10-10".parse().unwrap(),
            over_on: "2026-10-09".parse().unwrap(),
            calendar_id: "a'b".to_owned(),
            period: "2026-Q3".parse().unwrap(),
            previous: "2026-Q2".parse().unwrap(),
        }
    }

    const METRIC: &str = "-- id: volume\n-- title.en: V\n-- iso: M1\n-- basis: received\n-- grain: case\n-- key: case_key\n-- dimensions: month, channel\n-- columns: month, n\n-- chart: none\n-- definition: d\nWITH counted AS (SELECT case_key, received_month AS month, channel FROM cases) SELECT month, CAST(COUNT(*) AS BIGINT) AS n FROM counted GROUP BY month ORDER BY month";

    fn metric() -> QueryFile {
        QueryFile::parse(Path::new("volume.sql"), METRIC).unwrap()
    }

    const COLUMN: ColumnSpec = ColumnSpec {
        name: "case_key",
        kind: ColumnKind::Integer,
        nullable: false,
        repeats: false,
        doc: "",
    };
    const TABLE: TableSpec = TableSpec {
        name: "cases",
        partitioned: true,
        doc: "",
        columns: &[COLUMN],
    };

    #[test]
    fn the_parameters_are_typed_and_quoted() {
        assert_eq!(
            params_view(&params()),
            "CREATE OR REPLACE TEMPORARY VIEW params AS SELECT \
             TIMESTAMP '2026-10-10 09:00:00.250000Z' AS as_of_at, DATE '2026-10-10' AS as_of_on, \
             DATE '2026-10-09' AS over_on, DATE '2026-09-30' AS stock_on, 'a\\'b' AS calendar_id, \
             DATE '2026-07-01' AS period_first, DATE '2026-09-30' AS period_last, \
             DATE '2026-04-01' AS previous_first, DATE '2026-06-30' AS previous_last"
        );
    }

    #[test]
    fn a_table_is_declared_with_its_month() {
        assert_eq!(
            table_view(&TABLE, Some(Path::new("/l/it's/cases"))),
            "CREATE OR REPLACE TEMPORARY VIEW `cases` (`case_key` BIGINT, `received_month` STRING) \
             USING parquet OPTIONS (path 'file:/l/it\\'s/cases')"
        );
    }

    #[test]
    fn a_table_without_files_is_empty_and_typed() {
        assert_eq!(
            table_view(&TABLE, None),
            "CREATE OR REPLACE TEMPORARY VIEW `cases` AS SELECT CAST(NULL AS BIGINT) AS `case_key`, \
             CAST(NULL AS STRING) AS `received_month` WHERE FALSE"
        );
    }

    #[test]
    fn a_list_keeps_the_first_rows_of_every_combination() {
        let sql = list_sql(&metric(), 20);
        assert!(
            sql.contains("PARTITION BY k.month, k.channel ORDER BY k.case_key) AS redress_number")
        );
        assert!(sql.ends_with("WHERE k.redress_number <= 20 ORDER BY k.case_key"));
    }

    #[test]
    fn questions_share_their_views_and_have_their_own_parameters() {
        let snapshot = tempfile::tempdir().unwrap();
        let inputs = Inputs::of(snapshot.path(), &[]);
        let metric = metric();
        let question = Question {
            params: params(),
            metrics: vec![&metric],
            first: Some(20),
            selects: vec![("days".to_owned(), "SELECT day FROM calendar".to_owned())],
        };
        let both = [question.clone(), question];
        let script = Script::of(&both, &inputs, Path::new("/s")).unwrap();
        let count = |what: &str| script.text().matches(what).count();
        assert_eq!(count("VIEW params"), 2);
        assert_eq!(count("VIEW `cases`"), 1);
        assert_eq!(count("VIEW `stages`"), 0);
        assert_eq!(count("INSERT OVERWRITE DIRECTORY"), 6);
        assert_eq!(count("\nCACHE TABLE counted AS WITH"), 2);
        assert_eq!(count("\nDROP VIEW counted;"), 2);
        let labels: Vec<&str> = script.steps().iter().map(|s| s.label.as_str()).collect();
        assert_eq!(labels[..3], ["volume", "volume (list)", "days"]);
        assert_eq!(script.steps()[3].folder, Path::new("/s/1/figures/volume"));
    }

    #[test]
    fn what_is_no_select_is_refused_by_name() {
        let question = Question {
            params: params(),
            metrics: Vec::new(),
            first: None,
            selects: vec![("--sql".to_owned(), "DROP TABLE cases".to_owned())],
        };
        let inputs = Inputs::of(Path::new("/nowhere"), &[]);
        let refused = Script::of(&[question], &inputs, Path::new("/s")).unwrap_err();
        assert_eq!(refused.to_string(), "--sql: only a SELECT can be asked");
    }

    #[test]
    fn marks_are_read_back() {
        assert_eq!(marked("redress step done 12"), Some(12));
        assert_eq!(marked("Time taken: 3 seconds"), None);
    }
}
