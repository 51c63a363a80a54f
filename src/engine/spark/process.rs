//! `spark-sql` as a process: where it is, how it is started, and what it said last when it failed.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use super::{SparkError, SparkSettings};

/// Lines of standard error that are kept for the message.
const KEPT_LINES: usize = 500;

/// Length of a message, in letters; Spark's own can run over pages.
const LONGEST_MESSAGE: usize = 600;

/// How a run ended when not well.
#[derive(Debug)]
pub(super) enum Ended {
    NotStarted(io::Error),
    /// With Spark's last error line, or what is known otherwise.
    Badly(String),
}

/// Finds `spark-sql`: in the given installation, or in that of `SPARK_HOME`, or in `PATH`.
pub(super) fn find(spark_home: Option<&Path>) -> Result<PathBuf, SparkError> {
    let environment = std::env::var_os("SPARK_HOME").filter(|home| !home.is_empty());
    let path = std::env::var_os("PATH");
    look(spark_home, environment.as_deref(), path.as_deref())
}

/// Whether Spark runs on this machine only.
pub(super) fn is_local(master: &str) -> bool {
    master == "local" || master.starts_with("local[") || master.starts_with("local-cluster[")
}

/// Runs a script to its end; standard output goes line by line to `on_line`.
pub(super) fn run(
    spark_sql: &Path,
    settings: &SparkSettings,
    folder: &Path,
    script: &Path,
    on_line: &mut dyn FnMut(&str),
) -> Result<(), Ended> {
    let mut command = Command::new(spark_sql);
    command
        .args(arguments(&settings.master, folder))
        .arg("-f")
        .arg(script)
        // Whatever Spark drops where it stands (derby.log, spark-warehouse) goes with the folder.
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(home) = &settings.spark_home {
        // Its scripts prefer the variable to the folder that they lie in.
        command.env("SPARK_HOME", home);
    }
    if is_local(&settings.master) && std::env::var_os("SPARK_LOCAL_IP").is_none() {
        // On one machine nothing has to be resolved, and a machine without a name still works.
        command.env("SPARK_LOCAL_IP", "127.0.0.1");
    }
    let mut running = Running(command.spawn().map_err(Ended::NotStarted)?);
    let errors = running.0.stderr.take();
    let errors = thread::spawn(move || errors.map(last_lines).unwrap_or_default());
    if let Some(output) = running.0.stdout.take() {
        for line in lines(output) {
            on_line(&line);
        }
    }
    let status = running.0.wait().map_err(Ended::NotStarted)?;
    let said = errors.join().unwrap_or_default();
    if status.success() {
        Ok(())
    } else {
        Err(Ended::Badly(message(status, &said)))
    }
}

/// A started process; killed when its reader gives up.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Settings under which the shared dialect means the same as in the embedded engine.
fn arguments(master: &str, folder: &Path) -> Vec<String> {
    let settings = [
        ("spark.submit.deployMode", "client"),
        ("spark.sql.catalogImplementation", "in-memory"),
        ("spark.sql.session.timeZone", "UTC"),
        ("spark.sql.timestampType", "TIMESTAMP_LTZ"),
        ("spark.sql.ansi.enabled", "true"),
        ("spark.sql.ansi.enforceReservedKeywords", "false"),
        ("spark.sql.ansi.doubleQuotedIdentifiers", "true"),
        ("spark.sql.caseSensitive", "false"),
        ("spark.sql.parser.escapedStringLiterals", "false"),
        ("spark.sql.variable.substitute", "false"),
        (
            "spark.sql.sources.partitionColumnTypeInference.enabled",
            "false",
        ),
        ("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS"),
        ("spark.sql.parquet.compression.codec", "snappy"),
        ("spark.sql.cli.print.header", "false"),
        (
            "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs",
            "true",
        ),
        ("spark.ui.showConsoleProgress", "false"),
        ("spark.log.level", "ERROR"),
    ];
    let mut arguments: Vec<String> = ["--master", master, "--name", "redress"]
        .map(str::to_owned)
        .to_vec();
    let warehouse = format!("file:{}", folder.join("warehouse").display());
    let settings = settings
        .into_iter()
        .chain([("spark.sql.warehouse.dir", warehouse.as_str())]);
    for (name, value) in settings {
        arguments.push("--conf".to_owned());
        arguments.push(format!("{name}={value}"));
    }
    arguments.push("-S".to_owned());
    arguments
}

fn look(
    given: Option<&Path>,
    environment: Option<&OsStr>,
    path: Option<&OsStr>,
) -> Result<PathBuf, SparkError> {
    let program = if cfg!(windows) {
        "spark-sql.cmd"
    } else {
        "spark-sql"
    };
    if let Some(home) = given {
        let found = home.join("bin").join(program);
        return if found.is_file() {
            Ok(absolute(&found))
        } else {
            Err(SparkError::NotFound {
                looked: format!("{} (--spark-home)", home.join("bin").display()),
            })
        };
    }
    let mut looked = Vec::new();
    match environment {
        Some(home) => {
            let folder = Path::new(home).join("bin");
            let found = folder.join(program);
            if found.is_file() {
                return Ok(absolute(&found));
            }
            looked.push(format!("{} (SPARK_HOME)", folder.display()));
        }
        None => looked.push("SPARK_HOME (not set)".to_owned()),
    }
    for folder in path.into_iter().flat_map(std::env::split_paths) {
        let found = folder.join(program);
        if found.is_file() {
            return Ok(absolute(&found));
        }
    }
    looked.push("PATH".to_owned());
    Err(SparkError::NotFound {
        looked: looked.join(" and "),
    })
}

/// The process starts in another folder, so the program's path must not depend on this one.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn lines(from: impl Read) -> impl Iterator<Item = String> {
    BufReader::new(from)
        .split(b'\n')
        .map_while(Result::ok)
        .map(|line| String::from_utf8_lossy(&line).into_owned())
}

fn last_lines(from: impl Read) -> Vec<String> {
    let mut kept = VecDeque::with_capacity(KEPT_LINES);
    for line in lines(from) {
        tracing::debug!(target: "spark", "{line}");
        if kept.len() == KEPT_LINES {
            kept.pop_front();
        }
        kept.push_back(line);
    }
    kept.into()
}

fn message(status: ExitStatus, said: &[String]) -> String {
    let mut text = match last_error(said) {
        Some(line) => line.to_owned(),
        None => format!("it said nothing and ended with {status}"),
    };
    if status.code().is_none() {
        // Ended by a signal: what it said last may have nothing to do with it.
        text = format!("it was ended from outside ({status})");
    }
    if text.chars().count() > LONGEST_MESSAGE {
        text = text.chars().take(LONGEST_MESSAGE).collect();
        text.push('…');
    }
    text
}

/// The line of Spark's standard error that says what went wrong: its last error with a class in square
/// brackets; else the last cause, the last line logged as an error, the last exception; else the last line
/// that is not part of a trace.
fn last_error(said: &[String]) -> Option<&str> {
    let last = |choose: fn(&str) -> Option<&str>| {
        let mut lines = said.iter().rev();
        lines.find_map(|line| choose(line.trim_end()))
    };
    last(classed)
        .or_else(|| last(|line| line.trim_start().strip_prefix("Caused by: ")))
        .or_else(|| last(logged))
        .or_else(|| last(thrown))
        .or_else(|| last(spoken))
}

/// `[TABLE_OR_VIEW_NOT_FOUND] The table ...`, perhaps after words of an older Spark.
fn classed(line: &str) -> Option<&str> {
    let line = line.strip_prefix("Error in query: ").unwrap_or(line);
    let class = line.strip_prefix('[')?.split(']').next()?;
    let is_class = class.len() > 3
        && class
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "_.".contains(c));
    is_class.then_some(line)
}

/// `26/11/22 21:57:37 ERROR StandaloneSchedulerBackend: ...`
fn logged(line: &str) -> Option<&str> {
    let (before, after) = line.split_once(" ERROR ")?;
    before
        .starts_with(|c: char| c.is_ascii_digit())
        .then_some(after)
}

fn thrown(line: &str) -> Option<&str> {
    if let Some(exception) = line.strip_prefix("Exception in thread \"main\" ") {
        return Some(exception);
    }
    line.starts_with("Error").then_some(line)
}

fn spoken(line: &str) -> Option<&str> {
    let trimmed = line.trim();
    let is_trace = trimmed.starts_with("at ") || trimmed.starts_with("... ");
    (!trimmed.is_empty() && !is_trace && !trimmed.contains(" WARN ")).then_some(trimmed)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn said(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    // The texts below are what spark-sql of Spark 4.3.0 wrote, shortened.

    #[test]
    fn an_error_of_the_sql_is_found() {
        let text = "Setting Spark log level to \"ERROR\".\n\
            Time taken: 2.76 seconds\n\
            [TABLE_OR_VIEW_NOT_FOUND] The table or view `nope` cannot be found. Verify the spelling and correctness of the schema and catalog.\n\
            Search path: [`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`].\n\
            'Project [*]\n\
            +- 'UnresolvedRelation [nope], [], false\n";
        let said = said(text);
        let line = last_error(&said).unwrap();
        assert!(line.starts_with("[TABLE_OR_VIEW_NOT_FOUND] The table or view `nope`"));
    }

    #[test]
    fn the_deepest_cause_is_found() {
        let text = "Exception in thread \"main\" java.lang.ExceptionInInitializerError\n\
            \tat scala.Option.orElse(Option.scala:477)\n\
            Caused by: java.net.UnknownHostException: vm: vm: Name or service not known\n\
            \tat org.apache.spark.util.Utils$.findLocalInetAddress(Utils.scala:893)\n\
            Caused by: java.net.UnknownHostException: vm: Name or service not known\n\
            \t... 17 more\n";
        assert_eq!(
            last_error(&said(text)),
            Some("java.net.UnknownHostException: vm: Name or service not known")
        );
    }

    #[test]
    fn an_unreachable_master_is_told() {
        let text = "26/11/22 21:57:37 ERROR StandaloneSchedulerBackend: Application has been killed. Reason: All masters are unresponsive! Giving up.\n\
            Exception in thread \"main\" java.lang.IllegalStateException: Cannot call methods on a stopped SparkContext.\n\
            This stopped SparkContext was created at:\n\
            \n\
            \tat org.apache.spark.SparkContext.assertNotStopped(SparkContext.scala:128)\n";
        assert_eq!(
            last_error(&said(text)),
            Some(
                "StandaloneSchedulerBackend: Application has been killed. Reason: All masters are unresponsive! Giving up."
            )
        );
    }

    #[test]
    fn a_shells_own_word_is_better_than_none() {
        let text = "JAVA_HOME is not set\n\n";
        assert_eq!(last_error(&said(text)), Some("JAVA_HOME is not set"));
        assert_eq!(last_error(&[]), None);
    }

    /// A folder that looks like an installation of Spark.
    fn installation() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("bin")).unwrap();
        fs::write(home.path().join("bin/spark-sql"), "").unwrap();
        home
    }

    #[cfg(unix)]
    #[test]
    fn spark_is_looked_for_where_it_was_said_then_in_the_environment_then_in_the_path() {
        let (given, environment, path) = (installation(), installation(), installation());
        let bin = |home: &tempfile::TempDir| home.path().join("bin/spark-sql");
        let folders = path.path().join("bin");
        let (variable, folders) = (environment.path().as_os_str(), folders.as_os_str());
        let found = look(Some(given.path()), Some(variable), Some(folders)).unwrap();
        assert_eq!(found, bin(&given));
        let found = look(None, Some(variable), Some(folders)).unwrap();
        assert_eq!(found, bin(&environment));
        assert_eq!(look(None, None, Some(folders)).unwrap(), bin(&path));
    }

    #[test]
    fn an_installation_that_was_named_is_not_replaced_by_another() {
        let (empty, other) = (tempfile::tempdir().unwrap(), installation());
        let refused = look(Some(empty.path()), Some(other.path().as_os_str()), None).unwrap_err();
        assert!(refused.to_string().contains("(--spark-home)"), "{refused}");
    }

    #[test]
    fn a_missing_spark_says_where_it_was_looked_for() {
        let refused = look(None, None, None).unwrap_err().to_string();
        assert!(
            refused.contains("SPARK_HOME (not set) and PATH"),
            "{refused}"
        );
    }

    #[test]
    fn masters_on_this_machine_are_known() {
        assert!(is_local("local[*]") && is_local("local") && is_local("local-cluster[2,1,1024]"));
        assert!(!is_local("spark://localhost:7077") && !is_local("yarn"));
    }
}
