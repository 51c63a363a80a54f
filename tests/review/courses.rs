//! Invented figures month by month: three years up to September 2026, in which a share rose at one site, a category grew,
//! and all else kept its course.

use std::collections::BTreeMap;

use redress::engine::counted::{Counted, Value};

use super::fixture::{table, text};

/// Months of the course; the last three are the quarter.
const MONTHS: usize = 36;

fn month(at: usize) -> Value {
    let number = 2023 * 12 + 9 + at;
    text(&format!("{}-{:02}", number / 12, number % 12 + 1))
}

/// A number that goes up and down without any order to speak of.
fn wave(at: usize, most: i64) -> i64 {
    (at as i64 * 7 + 3) % (most + 1)
}

/// One problem that grew, one that is new, one that keeps its course, and what else was complained about.
fn problems() -> Vec<Vec<Value>> {
    let product = "Product & 0";
    let mut rows = Vec::new();
    for at in 0..MONTHS {
        let recent = at >= MONTHS - 3;
        for (id, label, trend, product, n) in [
            (
                "C-000012",
                "kapağı, akıtıyor, teneke",
                "growing",
                product,
                if recent { 14 } else { 3 } + wave(at, 2),
            ),
            (
                "C-000031",
                "<b>lid</b>, \"dent\"",
                "emerging",
                product,
                if recent { 4 } else { 0 },
            ),
            ("C-000007", "швы, герметик", "steady", "", 3 + wave(at, 1)),
            ("", "", "", product, 30 + wave(at, 4)),
            ("", "", "", "", 12),
        ] {
            rows.push(vec![
                text(id),
                text(label),
                text(trend),
                text(product),
                month(at),
                Value::Count(n),
            ]);
        }
    }
    rows
}

/// Puts the courses among the tables.
pub fn courses(tables: &mut BTreeMap<String, Counted>) {
    let (mut stages, mut answers, mut volume, mut categories) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for at in 0..MONTHS {
        let recent = at >= MONTHS - 3;
        for (site, usual, now) in [("Bursa", 8, 22), ("<Kocaeli>", 9, 9)] {
            for stage in ["processing", "overall"] {
                let late = if recent { now } else { usual } + wave(at, 3);
                stages.push(vec![
                    text(stage),
                    Value::Count(1),
                    text(site),
                    month(at),
                    Value::Count(late),
                    Value::Count(50),
                ]);
            }
            answers.push(vec![
                text(site),
                month(at),
                Value::Count(4 + wave(at, 4)),
                Value::Count(40),
            ]);
            volume.push(vec![
                text(site),
                month(at),
                Value::Count(48 + wave(at, 6)),
                Value::Real(21.0 + wave(at, 1) as f64 / 2.0),
            ]);
        }
        for (category, usual, now) in [
            ("price", 6, 24),
            ("packaging", 40, 40),
            ("delivery", 30, 30),
        ] {
            let cases = if recent { now } else { usual } + wave(at, 2);
            categories.push(vec![text(category), month(at), Value::Count(cases)]);
        }
    }
    let mut put = |id: &str, columns: &str, rows: Vec<Vec<Value>>| {
        tables.insert(id.to_owned(), table(columns, rows));
    };
    put("stage_course", "stage pass site month late judged", stages);
    put("answer_course", "site month rejected answered", answers);
    put(
        "volume_course",
        "site month complaints working_days",
        volume,
    );
    put("category_course", "category month complaints", categories);
    put(
        "problem_course",
        "cluster_id label trend product month complaints",
        problems(),
    );
    let step = |first: &str, second: Value, last: Value, n: i64| {
        vec![text("2026-08"), text(first), second, last, Value::Count(n)]
    };
    put(
        "acceptance",
        "month first_step second_step last_step complaints",
        vec![
            step("accepted", Value::Null, Value::Null, 90),
            step("accepted_on_behalf", Value::Null, Value::Null, 12),
            step("waiting", Value::Null, Value::Null, 20),
            step("rejected", text("accepted"), Value::Null, 15),
            step("rejected", text("rejected"), text("outstanding"), 6),
            step("rejected_on_behalf", text("in_examination"), Value::Null, 4),
        ],
    );
    let sold: Vec<Vec<Value>> = (0..12)
        .map(|at| {
            vec![
                text("2026-08"),
                text(&format!("Product & {at}")),
                text("Bursa"),
                Value::Count(if at == 3 { 60 } else { 8 + wave(at, 3) }),
                Value::Real(10_000.0 + 500.0 * at as f64),
            ]
        })
        .chain([vec![
            text("2026-08"),
            text("Product & 1"),
            text("Bursa"),
            Value::Count(2),
            Value::Null,
        ]])
        .collect();
    put(
        "complaints_per_exposure",
        "month product site complaints units",
        sold,
    );
}
