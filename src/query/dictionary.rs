//! The data dictionary: every table and column of the lake, every metric and every check, from their own
//! declarations and headers, so that the page cannot say anything else than the program.

use std::fmt::Write;

use super::check_file::checks_with;
use super::error::QueryFileError;
use super::query_file::{QueryFile, shipped_metrics};
use redress_lake::table::{ColumnKind, TableSpec};
use redress_lake::tables::{DERIVED, SCHEMA_VERSION, TABLES};

/// The page, in Markdown.
///
/// # Errors
/// When a shipped query file is broken; a test keeps that from happening.
pub fn markdown() -> Result<String, QueryFileError> {
    let mut page = format!(
        "# Data dictionary\n\n\
         Lake schema version {SCHEMA_VERSION}. Made by `redress lake dictionary > docs/data-dictionary.md`; a test holds it \
         against the declarations in `src/lake/tables.rs` and the headers in `queries/`.\n\n\
         Instants are UTC with microseconds, days are local days of the organisation. Tables marked *by month* lie in one \
         folder a month of receipt, `received_month=YYYY-MM`, which is a text.\n\n## Tables\n"
    );
    for table in TABLES {
        write_table(&mut page, table, false);
    }
    for table in DERIVED {
        write_table(&mut page, table, true);
    }
    page.push_str(
        "\n### params\n\nThe question asked; one row, made by the engine.\n\n| column | type | holds |\n|---|---|---|\n\
         | as_of_at | instant | moment of judgement |\n| as_of_on | day | its local day |\n\
         | over_on | day | last day that is over at as_of |\n| stock_on | day | day at whose end stock is taken |\n\
         | calendar_id | text | the organisation's calendar |\n| period_first | day | first day of the period |\n\
         | period_last | day | last day of the period |\n| previous_first | day | first day of the period before |\n\
         | previous_last | day | last day of the period before |\n",
    );
    page.push_str("\n## Metrics\n");
    for metric in shipped_metrics()? {
        write_metric(&mut page, &metric);
    }
    page.push_str("\n## Checks\n\n| check | lists | a row says |\n|---|---|---|\n");
    for check in checks_with(None)? {
        line(
            &mut page,
            format_args!(
                "| {} | {} | {} |",
                check.id,
                check.title("en"),
                cell(check.definition("en"))
            ),
        );
    }
    Ok(page)
}

fn write_table(page: &mut String, table: &TableSpec, derived: bool) {
    let mut remarks = Vec::new();
    if table.partitioned {
        remarks.push("by month");
    }
    if derived {
        remarks.push("derived layer");
    }
    let remarks = if remarks.is_empty() {
        String::new()
    } else {
        format!(" *({})*", remarks.join(", "))
    };
    line(
        page,
        format_args!(
            "\n### {}\n\n{}{remarks}\n\n| column | type | holds |\n|---|---|---|",
            table.name,
            table.doc.trim()
        ),
    );
    for column in table.columns {
        let null = if column.nullable { ", may be NULL" } else { "" };
        line(
            page,
            format_args!(
                "| {} | {}{null} | {} |",
                column.name,
                type_name(column.kind),
                cell(column.doc)
            ),
        );
    }
}

fn write_metric(page: &mut String, metric: &QueryFile) {
    line(
        page,
        format_args!(
            "\n### {}\n\n**{}** ({}). {}\n\n- basis: {}; counts: {}; key: {}\n- columns: {}\n- dimensions: {}",
            metric.id,
            metric.title("en"),
            metric.iso,
            metric.definition("en"),
            metric.basis,
            metric.grain,
            metric.key.join(", "),
            metric.columns.join(", "),
            metric.dimensions.join(", "),
        ),
    );
    if !metric.apart.is_empty() {
        line(
            page,
            format_args!("- never summed over: {}", metric.apart.join(", ")),
        );
    }
    if !metric.needs.is_empty() {
        line(
            page,
            format_args!(
                "- not measured where the source does not record: {}",
                metric.needs.join(", ")
            ),
        );
    }
    if let Some(table) = &metric.rests_on {
        line(page, format_args!("- not measured while empty: {table}"));
    }
}

/// Writing to a String cannot fail.
fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = writeln!(page, "{text}");
}

/// Text that ends no cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

const fn type_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text | ColumnKind::FreeText => "text",
        ColumnKind::Integer => "whole number, 64 bits",
        ColumnKind::Count => "whole number, 32 bits",
        ColumnKind::Real => "real",
        ColumnKind::Flag => "true or false",
        ColumnKind::Day => "day",
        ColumnKind::Instant => "instant",
    }
}
