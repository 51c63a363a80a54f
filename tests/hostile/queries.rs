//! Headers of metrics and checks, drills, periods, scopes, numbers and thresholds: what analysts write.

use std::path::Path;

use chrono::NaiveDate;
use redress::domain::action::ActionId;
use redress::domain::chart_series::ChartSeries;
use redress::domain::period::Period;
use redress::domain::scope::Scope;
use redress::engine::threshold::Threshold;
use redress::extract::mask::mask;
use redress::query::check_file::{self, CheckFile};
use redress::query::query_file::{self, QueryFile, parse_conditions};
use redress::review::words::{clean, short};
use sqlparser::ast::{Query, SetExpr, Statement};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::harness::{Seen, Target, Try, attack};

const SQL_WORDS: &[&str] = &[
    "-- id: ",
    "-- title.en: ",
    "-- title.tr: ",
    "-- definition: ",
    "-- basis: due\n",
    "-- grain: case\n",
    "-- key: case_key\n",
    "-- dimensions: month, verdict\n",
    "-- columns: ",
    "-- opens: ",
    "-- chart: ",
    "-- needs: ",
    "-- fault: cases: SELECT 1",
    "WITH counted AS (",
    "SELECT ",
    " FROM counted",
    " CROSS JOIN params",
    "((((((((((((((((",
    "))))))))))))))))",
    " CASE WHEN ",
    "/* ",
    "; DROP TABLE cases",
    "$1",
    "?",
    "::",
    "U&'\\0041'",
];

fn some(files: &[(&str, &str)], count: usize) -> Vec<Vec<u8>> {
    let step = (files.len() / count).max(1);
    files
        .iter()
        .step_by(step)
        .map(|(_, text)| text.as_bytes().to_vec())
        .collect()
}

/// The only statement of a text, where it is a query.
fn one_query(sql: &str) -> Result<Box<Query>, String> {
    let statements = Parser::parse_sql(&GenericDialect {}, sql)
        .map_err(|error| format!("no SQL: {error}: {sql}"))?;
    match <[Statement; 1]>::try_from(statements) {
        Ok([Statement::Query(query)]) => Ok(query),
        _ => Err(format!("not one query: {sql}")),
    }
}

/// The parser may print what it does not read again; the engine says so then. Two statements it must never become.
fn at_most_one(sql: &str) -> Result<(), String> {
    match Parser::parse_sql(&GenericDialect {}, sql) {
        Ok(statements) => match statements.as_slice() {
            [Statement::Query(_)] => Ok(()),
            _ => Err(format!("not one query: {sql}")),
        },
        Err(_) => Ok(()),
    }
}

fn a_metric(input: &[u8]) -> Result<Seen, String> {
    let text = String::from_utf8_lossy(input);
    let Ok(metric) = QueryFile::parse(Path::new("x.sql"), &text) else {
        return Ok(Seen::Refused);
    };
    // What is made of a metric that was taken is never more than one query, whatever stood in its header.
    for sql in [metric.counted_sql(), metric.grouping_sql()] {
        at_most_one(&sql)?;
    }
    if metric.opens_to_cases() {
        at_most_one(&metric.members_sql())?;
    }
    let _ = (
        metric.title("tr"),
        metric.definition("ru"),
        metric.is_course(),
    );
    Ok(Seen::Read)
}

#[test]
fn whatever_is_taken_as_a_metric_gives_no_second_statement() {
    let target = Target {
        name: "metric",
        share: 30,
        seeds: some(query_file::SHIPPED, 12),
        words: SQL_WORDS,
    };
    attack(target, || Box::new(a_metric));
}

fn a_check(input: &[u8]) -> Result<Seen, String> {
    let text = String::from_utf8_lossy(input);
    let Ok(check) = CheckFile::parse(Path::new("x.sql"), &text) else {
        return Ok(Seen::Refused);
    };
    one_query(&check.sql)?;
    let _ = (check.title("tr"), check.definition("ru"));
    Ok(Seen::Read)
}

#[test]
fn whatever_is_taken_as_a_check_is_one_query() {
    let target = Target {
        name: "check",
        share: 30,
        seeds: some(check_file::SHIPPED, 12),
        words: SQL_WORDS,
    };
    attack(target, || Box::new(a_check));
}

/// A drill filters, whatever is written in it: it never becomes another statement, and asks for no other table.
fn a_drill() -> Try {
    let metrics = query_file::shipped_metrics().expect("the shipped metrics");
    let metric = metrics
        .into_iter()
        .find(|metric| metric.id == "stage_sla")
        .expect("a metric with dimensions");
    Box::new(move |input| {
        let text = String::from_utf8_lossy(input);
        let Ok(conditions) = parse_conditions(&text) else {
            return Ok(Seen::Refused);
        };
        let Ok(filter) = metric.conditions_sql(&conditions, Some(20)) else {
            return Ok(Seen::Refused);
        };
        let query = one_query(&format!("SELECT k.* FROM counted AS k{filter}"))?;
        let SetExpr::Select(select) = query.body.as_ref() else {
            return Err(format!("not one SELECT: {filter}"));
        };
        if select.from.len() != 1 || select.from.iter().any(|from| !from.joins.is_empty()) {
            return Err(format!("another table: {filter}"));
        }
        if query.limit_clause.is_none() || query.order_by.is_none() {
            return Err(format!("neither order nor limit: {filter}"));
        }
        Ok(Seen::Read)
    })
}

#[test]
fn no_drill_becomes_another_statement() {
    let target = Target {
        name: "drill",
        share: 120,
        seeds: vec![
            b"month=2026-07,verdict=missed".to_vec(),
            b"stage=intake, pass=1, department=".to_vec(),
            b"verdict=it's".to_vec(),
        ],
        words: &[
            "month=",
            "verdict=",
            "stage=",
            "pass=",
            "department=",
            "site=",
            "'",
            "''",
            "\\'",
            "' OR 1=1 --",
            "'; SELECT 1",
            ") UNION SELECT",
            "/*",
            "--",
            "\u{2019}",
            "\u{ff07}",
        ],
    };
    attack(target, a_drill);
}

/// What analysts and staff write in one line.
fn a_line(input: &[u8]) -> Result<Seen, String> {
    let text = String::from_utf8_lossy(input);
    let mut read = false;
    let today = NaiveDate::from_ymd_opt(2026, 10, 10).expect("a date");
    if let Ok(period) = Period::parse(&text, today) {
        read = true;
        if period.last < period.first || period.days() < 1 || !period.contains(period.first) {
            return Err(format!("the period {period:?}"));
        }
        if let Some(before) = period.previous()
            && before.last.succ_opt() != Some(period.first)
        {
            return Err(format!("{before:?} does not end before {period:?}"));
        }
        for other in [period.previous(), period.year_before()]
            .into_iter()
            .flatten()
        {
            if let Ok(again) = other.name.parse::<Period>()
                && (again.first, again.last) != (other.first, other.last)
            {
                return Err(format!("{again:?} is not {other:?}"));
            }
        }
    }
    if let Ok(scope) = text.parse::<Scope>() {
        read = true;
        let written = scope.to_string();
        if written.parse::<Scope>().as_ref() != Ok(&scope) {
            return Err(format!("another scope when it is read again: {written}"));
        }
    }
    if let Ok(id) = text.parse::<ActionId>() {
        read = true;
        if id.to_string().parse::<ActionId>().ok() != Some(id) {
            return Err(format!("another action: {id}"));
        }
    }
    if let Ok(series) = text.parse::<ChartSeries>() {
        read = true;
        if series.to_string().parse::<ChartSeries>() != Ok(series) {
            return Err(format!("another series: {series}"));
        }
    }
    if let Ok(threshold) = text.parse::<Threshold>() {
        read = true;
        let _ = threshold.holds(0.5);
    }
    Ok(match read {
        true => Seen::Read,
        false => Seen::Refused,
    })
}

#[test]
fn periods_scopes_and_numbers_are_the_same_when_they_are_read_again() {
    let lines = [
        "2026-Q3",
        "2026-H1",
        "2026-07",
        "2026-W53",
        "2026-07-01..2026-09-30",
        "last-quarter",
        "category = delivery and department in (technical, \"head office\")",
        "cluster != P-000012 and site not in (gebze)",
        "product = \"Silikon A\"",
        "A-000012",
        "late-processing-2",
        "M5<=0.1",
        "P13>=20%",
    ];
    let target = Target {
        name: "line",
        share: 200,
        seeds: lines.iter().map(|line| line.as_bytes().to_vec()).collect(),
        words: &[
            "-Q",
            "-H",
            "-W",
            "..",
            "+",
            "category",
            "department",
            "site",
            "product",
            "lot",
            "cluster",
            "severity",
            " and ",
            " in (",
            " not in (",
            " = ",
            " != ",
            ")",
            "\"",
            "\\",
            "\"\"",
            "0000",
            "99999",
            "<=",
            ">=",
            "%",
        ],
    };
    attack(target, || Box::new(a_line));
}

/// Texts of complainants on their way into the lake and onto a page.
fn a_text(input: &[u8]) -> Result<Seen, String> {
    let text = String::from_utf8_lossy(input);
    let line = clean(&text);
    if line.is_empty() || line.chars().any(char::is_control) {
        return Err(format!("not one line: {line:?}"));
    }
    let cut = short(&text, 20);
    if cut.chars().count() > 20 {
        return Err(format!("not short: {cut:?}"));
    }
    let masked = mask(&text);
    // A mask takes away and never shows anything that did not stand there.
    if masked.chars().filter(char::is_ascii_digit).count()
        > text.chars().filter(char::is_ascii_digit).count()
    {
        return Err(format!("more digits than before: {masked:?}"));
    }
    if masked.contains("elif@example.org") {
        return Err(format!("an address stays: {masked:?}"));
    }
    Ok(match masked == *text {
        true => Seen::Refused,
        false => Seen::Read,
    })
}

#[test]
fn a_masked_text_shows_no_address_and_a_cut_one_is_short() {
    let texts = [
        "Beni 0532 000 00 00 numarasından arayın, elif@example.org",
        "Пишите на ivan@example.org или +7 900 000-00-00.",
        "Call +90 (532) 000.00.00 about IBAN TR33 0006 1005 1978 6457 8413 26",
    ];
    let target = Target {
        name: "text",
        share: 80,
        seeds: texts.iter().map(|text| text.as_bytes().to_vec()).collect(),
        words: &[
            "@", "+90", "0532", ".", "-", " ", "(", ")", "/", "TR", "00", "a@b.co",
        ],
    };
    attack(target, || Box::new(a_text));
}
