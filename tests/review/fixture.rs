//! Invented figures for the review's tests: no engine, no register.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use redress::domain::period::Period;
use redress::domain::vocabulary::Language;
use redress::engine::counted::{Counted, Value};
use redress::review::figures::{
    FigureError, Figures, Objective, OtherMetric, Previous, ReviewContext,
};

use super::courses::courses;

/// Counted tables by metric; a metric without one does not exist.
#[derive(Default)]
pub struct Invented {
    pub tables: BTreeMap<String, Counted>,
    /// Further metrics, shown as plain tables.
    pub others: Vec<OtherMetric>,
    /// Put into every drilled row as category.
    pub category: String,
}

impl Figures for Invented {
    fn metric(&self, id: &str) -> Result<Counted, FigureError> {
        self.tables
            .get(id)
            .cloned()
            .ok_or_else(|| FigureError::Unknown { id: id.to_owned() })
    }

    fn drill(
        &self,
        id: &str,
        conditions: &[(String, String)],
        limit: usize,
    ) -> Result<Counted, FigureError> {
        let counted = self.behind(id, conditions)?;
        let mut columns = vec!["case_id".to_owned(), "case_key".to_owned()];
        columns.extend(conditions.iter().map(|(name, _)| name.clone()));
        columns.extend(["month", "department", "category", "channel"].map(str::to_owned));
        let oldest = self.oldest(id, conditions)?;
        if oldest.is_some() {
            columns.push("age_days".into());
        }
        let count = usize::try_from(counted).expect("a count").min(limit);
        let rows = (0..count as i64)
            .map(|i| {
                let mut row = vec![
                    text(&format!("R-2026-{:05}", 1200 + 7 * i)),
                    Value::Count(i),
                ];
                row.extend(conditions.iter().map(|(_, value)| text(value)));
                row.extend([
                    text("2026-08"),
                    text("quality"),
                    text(&self.category),
                    text("phone"),
                ]);
                // The oldest is not the first, as in the register.
                row.extend(oldest.map(|days| Value::Count(days - (i + 1) % counted)));
                row
            })
            .collect();
        Ok(Counted { columns, rows })
    }

    fn others(&self) -> Vec<OtherMetric> {
        self.others.clone()
    }
}

impl Invented {
    /// Rows of a metric that meet the conditions its answer knows of.
    fn meeting(
        &self,
        id: &str,
        conditions: &[(String, String)],
    ) -> Result<(Counted, Vec<usize>), FigureError> {
        let table = self.metric(id)?;
        let rows = (0..table.rows.len())
            .filter(|row| {
                conditions.iter().all(|(name, value)| {
                    table.position(name).is_none() || table.text(*row, name) == *value
                })
            })
            .collect();
        Ok((table, rows))
    }

    /// How many cases lie behind a figure.
    fn behind(&self, id: &str, conditions: &[(String, String)]) -> Result<i64, FigureError> {
        let (table, rows) = self.meeting(id, conditions)?;
        let is = |name: &str, value: &str| conditions.iter().any(|(n, v)| n == name && v == value);
        Ok(rows
            .into_iter()
            .map(
                |row| match conditions.iter().find(|(name, _)| name == "verdict") {
                    Some((_, verdict)) => table.count(row, verdict),
                    None if is("merged", "yes") => {
                        table.count(row, "gross") - table.count(row, "net")
                    }
                    None => ["recent", "received", "complaints", "net", "stages"]
                        .iter()
                        .filter(|c| **c != "complaints" || table.position("received").is_none())
                        .map(|c| table.count(row, c))
                        .sum(),
                },
            )
            .sum())
    }

    fn oldest(
        &self,
        id: &str,
        conditions: &[(String, String)],
    ) -> Result<Option<i64>, FigureError> {
        let (table, rows) = self.meeting(id, conditions)?;
        Ok(rows
            .into_iter()
            .filter_map(|row| table.cell(row, "oldest_days").as_count())
            .max())
    }
}

pub fn text(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        Value::Text(text.to_owned())
    }
}

pub fn table(columns: &str, rows: Vec<Vec<Value>>) -> Counted {
    Counted {
        columns: columns.split_whitespace().map(str::to_owned).collect(),
        rows,
    }
}

const SLA: &str =
    "side stage pass month met missed open_late open_not_due paused cancelled not_applicable";

/// (stage, pass, month, met, missed, open and late, not due, paused, cancelled)
type SlaRow<'a> = (&'a str, i64, &'a str, [i64; 6]);

fn sla(net: &[SlaRow]) -> Counted {
    let mut rows = Vec::new();
    for side in ["net", "gross"] {
        for (stage, pass, month, [met, missed, open_late, not_due, paused, cancelled]) in net {
            // The gross clock never rests, so a few more are late.
            let shift = if side == "gross" { met / 12 } else { 0 };
            let counts = [
                met - shift,
                missed + shift,
                *open_late,
                *not_due,
                *paused,
                *cancelled,
                0,
            ];
            let mut row = vec![text(side), text(stage), Value::Count(*pass), text(month)];
            row.extend(counts.map(Value::Count));
            rows.push(row);
        }
    }
    table(SLA, rows)
}

fn day(year: i32, month: u32, day: u32) -> Value {
    Value::Day(NaiveDate::from_ymd_opt(year, month, day).expect("a day"))
}

/// A quarter of an ordinary company.
pub fn quarter() -> Invented {
    let mut tables = BTreeMap::new();
    let stages = sla(&[
        ("intake", 1, "2026-07", [148, 9, 0, 0, 0, 2]),
        ("intake", 1, "2026-08", [131, 17, 0, 0, 0, 1]),
        ("intake", 1, "2026-09", [140, 6, 1, 0, 0, 3]),
        ("processing", 1, "2026-07", [118, 29, 0, 0, 0, 2]),
        ("processing", 1, "2026-08", [96, 41, 2, 0, 0, 4]),
        ("processing", 1, "2026-09", [109, 24, 6, 0, 0, 1]),
        ("processing", 1, "", [0, 0, 0, 0, 5, 0]),
        ("resolution", 1, "2026-07", [139, 4, 0, 0, 0, 0]),
        ("resolution", 1, "2026-08", [128, 6, 0, 0, 0, 0]),
        ("resolution", 1, "2026-09", [127, 3, 1, 2, 0, 0]),
        ("processing", 2, "2026-07", [8, 3, 0, 0, 0, 0]),
        ("processing", 2, "2026-08", [9, 2, 0, 0, 0, 0]),
        ("processing", 2, "2026-09", [7, 4, 1, 0, 1, 0]),
        ("resolution", 2, "2026-07", [6, 0, 0, 0, 0, 0]),
        ("resolution", 2, "2026-08", [5, 1, 0, 0, 0, 0]),
        ("resolution", 2, "2026-09", [4, 0, 0, 0, 0, 0]),
    ]);
    tables.insert("stage_sla_started".to_owned(), stages.clone());
    tables.insert("stage_sla".to_owned(), stages);
    tables.insert(
        "overall_sla".to_owned(),
        sla(&[
            ("overall", 1, "2026-07", [121, 24, 0, 0, 0, 2]),
            ("overall", 1, "2026-08", [101, 35, 2, 0, 0, 4]),
            ("overall", 1, "2026-09", [113, 18, 7, 0, 1, 1]),
        ]),
    );
    tables.insert(
        "acknowledgement".to_owned(),
        sla(&[
            ("acknowledgement", 1, "2026-07", [151, 5, 0, 0, 0, 1]),
            ("acknowledgement", 1, "2026-08", [143, 4, 1, 0, 0, 0]),
            ("acknowledgement", 1, "2026-09", [144, 3, 0, 0, 0, 0]),
        ]),
    );
    let mut volume = Vec::new();
    for (month, days, counts) in [
        ("2026-07", 22.0, [88, 31, 29, 9]),
        ("2026-08", 20.5, [81, 30, 28, 10]),
        ("2026-09", 22.0, [79, 27, 33, 8]),
    ] {
        for (channel, n) in ["form", "phone", "email", "in_person"].iter().zip(counts) {
            let merged = n / 20;
            volume.push(vec![
                text(month),
                text(channel),
                Value::Count(n),
                Value::Count(n - merged),
                Value::Real(days),
            ]);
        }
    }
    tables.insert(
        "volume".to_owned(),
        table("month channel gross net working_days", volume),
    );
    let flows = [
        ("opening", "2026-07", 58),
        ("received", "2026-07", 157),
        ("received", "2026-08", 149),
        ("received", "2026-09", 147),
        ("reopened", "2026-08", 3),
        ("reopened", "2026-09", 2),
        ("completed", "2026-07", 131),
        ("completed", "2026-08", 140),
        ("completed", "2026-09", 133),
        ("unanswered", "2026-08", 6),
        ("unanswered", "2026-09", 4),
        ("withdrawn", "2026-07", 3),
        ("withdrawn", "2026-09", 5),
        ("merged", "2026-07", 7),
        ("merged", "2026-08", 6),
        ("merged", "2026-09", 7),
        ("exhausted", "2026-09", 1),
        ("closing", "2026-09", 73),
    ];
    let rows = flows
        .iter()
        .map(|(flow, month, n)| vec![text(flow), text(month), Value::Count(*n)])
        .collect();
    tables.insert(
        "stock_flow".to_owned(),
        table("flow month complaints", rows),
    );
    let ages = [
        ("registered", "000-007", 11, 6),
        ("registered", "008-014", 1, 9),
        ("in_processing", "000-007", 9, 7),
        ("in_processing", "008-014", 12, 14),
        ("in_processing", "015-030", 7, 29),
        ("in_processing", "031-060", 3, 51),
        ("in_processing", "091+", 2, 143),
        ("resolved", "000-007", 5, 7),
        ("resolved", "008-014", 8, 14),
        ("resolved", "015-030", 6, 30),
        ("outstanding", "031-060", 2, 58),
        ("outstanding", "061-090", 3, 84),
        ("outstanding", "091+", 4, 211),
    ];
    let rows = ages
        .iter()
        .map(|(state, band, n, oldest)| {
            vec![
                text(state),
                text(band),
                Value::Count(*n),
                Value::Count(*oldest),
            ]
        })
        .collect();
    tables.insert(
        "ageing".to_owned(),
        table("state band complaints oldest_days", rows),
    );
    let categories = [
        ("adhesion", 91),
        ("packaging", 74),
        ("late-delivery", 61),
        ("colour-appearance", 52),
        ("drying-time", 38),
        ("invoice", 33),
        ("cracking", 21),
        ("consistency", 17),
        ("price", 12),
        ("website", 9),
        ("refund", 7),
        ("documentation", 6),
        ("call-centre", 4),
        ("dealer-conduct", 3),
        ("safety-health", 2),
        ("", 3),
    ];
    tables.insert("pareto_category".to_owned(), pareto(&categories));
    let told = vec![
        vec![text("quality"), Value::Count(2), day(2026, 6, 11)],
        vec![text(""), Value::Count(1), day(2026, 9, 3)],
    ];
    tables.insert(
        "remedies_not_told".to_owned(),
        table("department complaints longest_since", told),
    );
    let delivered = vec![
        vec![text("refund"), Value::Count(4), day(2026, 7, 30)],
        vec![text("replacement"), Value::Count(7), day(2026, 8, 14)],
    ];
    tables.insert(
        "remedies_not_delivered".to_owned(),
        table("remedy complaints oldest_due", delivered),
    );
    tables.insert("stage_time".to_owned(), times());
    tables.insert("growing_problems".to_owned(), growing());
    tables.insert("recurrent_problems".to_owned(), recurrent());
    improvement(&mut tables);
    courses(&mut tables);
    Invented {
        tables,
        others: Vec::new(),
        category: "packaging".into(),
    }
}

/// One problem that grew and one that is new.
fn growing() -> Counted {
    let row = |cluster: &str, label: &str, trend: &str, recent: i64, ratio: Option<f64>| {
        let past = ratio.map_or(Value::Null, Value::Real);
        vec![
            text(cluster),
            text(label),
            text(trend),
            Value::Count(recent),
            Value::Real(2.25),
            past.clone(),
            ratio.map_or(Value::Real(4.4), |ratio| Value::Real(ratio / 2.0)),
            past,
            Value::Real(0.0125),
        ]
    };
    table(
        "cluster_id label trend recent expected ratio ratio_lower ratio_upper growth_q",
        vec![
            row(
                "C-000012",
                "kapağı, akıtıyor, teneke",
                "growing",
                9,
                Some(4.0),
            ),
            row("C-000031", "<b>lid</b>, \"dent\"", "emerging", 5, None),
        ],
    )
}

/// Actions of every kind of standing, and a review with its decisions.
fn improvement(tables: &mut BTreeMap<String, Counted>) {
    let none = Value::Null;
    let real = Value::Real;
    let list = |id: &str, title: &str, state: &str, due: Value, overdue: &str, until: Value| {
        vec![
            text(id),
            text(title),
            text("corrective"),
            text("Ayşe <Demir>"),
            text(state),
            due,
            text(overdue),
            until,
            Value::Count(31),
            Value::Count(120_000),
            text(""),
        ]
    };
    tables.insert(
        "action_list".to_owned(),
        table(
            "action_id title kind owner state due_on overdue check_due_on cases_in_scope cost_minor ending_note",
            vec![
                list("A-000001", "Kapak tedarikçisi", "effective", day(2026, 1, 15), "no", day(2026, 8, 31)),
                list("A-000002", "Напоминание \"колеровщикам\"", "checking", day(2026, 3, 1), "no", day(2026, 12, 31)),
                list("A-000003", "Seam heater", "planned", day(2026, 9, 10), "yes", none.clone()),
            ],
        ),
    );
    let verdict =
        |id: &str, title: &str, computed: &str, person: &str, ratio: f64, changes: i64| {
            vec![
                text(id),
                text(title),
                text("rate"),
                text(computed),
                text(person),
                text(if changes > 0 { "inconclusive" } else { "" }),
                real(ratio),
                real(ratio / 2.0),
                if ratio > 1.0 {
                    none.clone()
                } else {
                    real(ratio * 1.8)
                },
                real(0.004),
                real(0.82),
                Value::Count(changes),
                Value::Count(48),
                Value::Count(11),
            ]
        };
    tables.insert(
        "action_verdicts".to_owned(),
        table(
            "action_id title basis verdict verdict_by_person verdict_still_in ratio ratio_lower ratio_upper p_value \
             chance_to_see changes changed_after_start cases_when_fixed cases_before cases_after",
            vec![
                verdict("A-000001", "Kapak tedarikçisi", "effective", "effective", 0.4, 0),
                verdict("A-000004", "Leaflet", "ineffective", "inconclusive", 1.1, 2),
            ],
        ),
    );
    let month = |month: &str, window: &str, cases: i64, whole: bool| {
        vec![
            text("A-000001"),
            text(month),
            text(window),
            Value::Count(cases),
            Value::Count(0),
            real(21.5),
            Value::Flag(whole),
        ]
    };
    let mut course = vec![month("2024-12", "earlier", 3, true)];
    let baseline = [5, 4, 3, 6, 4, 2, 5, 4, 4, 3, 5, 3];
    for (n, cases) in baseline.iter().enumerate() {
        course.push(month(
            &format!("2025-{:02}", n + 1),
            "baseline",
            *cases,
            true,
        ));
    }
    for (n, (window, cases)) in [
        ("between", 9),
        ("between", 7),
        ("follow_up", 2),
        ("follow_up", 1),
        ("follow_up", 0),
        ("follow_up", 3),
        ("follow_up", 2),
        ("follow_up", 3),
        ("later", 2),
        ("later", 1),
    ]
    .iter()
    .enumerate()
    {
        course.push(month(&format!("2026-{:02}", n + 1), window, *cases, n < 9));
    }
    tables.insert(
        "action_course".to_owned(),
        table(
            "action_id month time_window cases moved_out exposure whole",
            course,
        ),
    );
    tables.insert(
        "action_relapses".to_owned(),
        table(
            "action_id title signal recent expected cases",
            vec![
                vec![
                    text("A-000005"),
                    text("Boards aged"),
                    text("rate_rose"),
                    Value::Count(14),
                    real(5.2),
                    none.clone(),
                ],
                vec![
                    text("A-000006"),
                    text("Key"),
                    text("repeat"),
                    Value::Count(2),
                    none.clone(),
                    text("2026-000101, 2026-000122"),
                ],
            ],
        ),
    );
    let without = |subject: &str, id: &str, label: &str, trend: &str, year: i64| {
        vec![
            text(subject),
            text(id),
            text(label),
            text(trend),
            Value::Count(5),
            real(2.25),
            real(0.0125),
            Value::Count(year),
            Value::Count(2),
            Value::Count(year * 12_350),
        ]
    };
    tables.insert(
        "unattended".to_owned(),
        table(
            "subject subject_id label trend recent expected q_value cases_year open_cases cost_year_minor",
            vec![
                without("problem", "C-000031", "<b>lid</b>, \"dent\"", "emerging", 5),
                without("category", "price", "price", "growing", 44),
                without("problem", "C-000007", "швы, герметик", "steady", 23),
            ],
        ),
    );
    let decision = |output: &str, said: &str, action: &str, due: Value, standing: &str| {
        vec![
            text("MR-0001"),
            text(output),
            text(said),
            text(action),
            text("Ayşe <Demir>"),
            due,
            text("open"),
            text(standing),
        ]
    };
    tables.insert(
        "review_decisions".to_owned(),
        table(
            "review output decision action_id owner due_on state standing",
            vec![
                decision(
                    "O1",
                    "Photographs on the form",
                    "A-000007",
                    day(2026, 8, 1),
                    "late",
                ),
                decision("O3", "Вторые весы", "A-000008", day(2027, 1, 31), "ahead"),
            ],
        ),
    );
    tables.insert(
        "review_inputs".to_owned(),
        table(
            "review input entered",
            vec![vec![
                text("MR-0002"),
                text("I1"),
                text("A new plant <in Bursa>"),
            ]],
        ),
    );
}

/// The recurrent problems of the quarter.
fn recurrent() -> Counted {
    let row = |cluster: &str, label: &str, received: i64, all: i64, trend: &str| {
        vec![
            text(cluster),
            text(label),
            text(trend),
            Value::Count(received),
            Value::Count(all),
            Value::Count(all - 1),
            Value::Count(2),
            Value::Count(all * 12_350),
        ]
    };
    table(
        "cluster_id label trend received complaints complainants open_cases cost_minor",
        vec![
            row("C-000012", "kapağı, akıtıyor, teneke", 9, 14, "growing"),
            row("C-000031", "<b>lid</b>, \"dent\"", 5, 5, "emerging"),
            row("C-000007", "швы, герметик", 2, 23, "steady"),
        ],
    )
}

pub fn pareto(categories: &[(&str, i64)]) -> Counted {
    let rows = categories
        .iter()
        .map(|(name, n)| vec![text(name), Value::Count(*n), Value::Count(n * 12_350)])
        .collect();
    table("category complaints cost_minor", rows)
}

/// Pauses of two passes of processing.
pub fn pauses() -> Counted {
    let counts = [
        (1, "no", 0, 74),
        (1, "yes", 1, 3),
        (1, "yes", 3, 2),
        (1, "yes", 4, 2),
        (1, "yes", 5, 3),
        (1, "yes", 6, 1),
        (1, "yes", 9, 1),
        (2, "no", 0, 16),
        (2, "yes", 2, 1),
        (2, "yes", 50, 1),
    ];
    let rows = counts
        .iter()
        .map(|(pass, paused, days, n)| {
            vec![
                text("processing"),
                Value::Count(*pass),
                text(paused),
                Value::Count(*days),
                Value::Count(*n),
            ]
        })
        .collect();
    table("stage pass paused paused_days stages", rows)
}

/// Times whose shares are known by hand: of 100 processings, none censored before the limit of 4 days.
pub fn times() -> Counted {
    let mut rows = Vec::new();
    let mut push = |side: &str, stage: &str, pass: i64, limit: i64, times: &[(i64, &str, i64)]| {
        for (days, outcome, n) in times {
            rows.push(vec![
                text(side),
                text(stage),
                Value::Count(pass),
                Value::Count(limit),
                Value::Count(*days),
                text(outcome),
                Value::Count(*n),
            ]);
        }
    };
    for side in ["net", "gross"] {
        let slow = i64::from(side == "gross");
        push(
            side,
            "intake",
            1,
            2,
            &[
                (0, "ended", 180),
                (1, "ended", 190),
                (2 + slow, "ended", 60),
                (3, "ended", 21),
                (5, "ended", 6),
            ],
        );
        push(
            side,
            "processing",
            1,
            4,
            &[
                (1, "ended", 10),
                (2, "ended", 20),
                (3, "ended", 30),
                (4, "ended", 20 - 5 * slow),
                (5, "ended", 5 + 5 * slow),
                (6, "ended", 2),
                (6, "censored", 3),
                (9, "ended", 4),
                (12, "censored", 6),
            ],
        );
        push(
            side,
            "processing",
            2,
            4,
            &[
                (2, "ended", 9),
                (3, "ended", 8),
                (4, "ended", 6),
                (3, "competing", 4),
                (7, "ended", 6),
                (8, "censored", 2),
            ],
        );
        push(
            side,
            "resolution",
            1,
            1,
            &[
                (0, "ended", 300),
                (1, "ended", 95),
                (2, "ended", 9),
                (3, "ended", 4),
                (1, "censored", 3),
            ],
        );
        push(
            side,
            "resolution",
            2,
            1,
            &[(0, "ended", 9), (1, "ended", 6), (2, "ended", 1)],
        );
    }
    table(
        "side stage pass limit_days counted_days outcome stages",
        rows,
    )
}

/// The quarter before anybody recorded an action.
pub fn without_actions() -> Invented {
    let mut invented = quarter();
    for id in [
        "action_list",
        "action_verdicts",
        "action_course",
        "action_relapses",
        "unattended",
    ] {
        invented.tables.remove(id);
    }
    invented
}

/// Every metric exists and counts nothing.
pub fn empty() -> Invented {
    let mut invented = quarter();
    for table in invented.tables.values_mut() {
        table.rows.clear();
    }
    invented
}

/// One complaint, still open.
pub fn one_case() -> Invented {
    let mut invented = empty();
    let mut put = |id: &str, rows: Vec<Vec<Value>>| {
        if let Some(table) = invented.tables.get_mut(id) {
            table.rows = rows;
        }
    };
    put(
        "volume",
        vec![vec![
            text("2026-09"),
            text("phone"),
            Value::Count(1),
            Value::Count(1),
            Value::Real(22.0),
        ]],
    );
    put(
        "stock_flow",
        vec![
            vec![text("received"), text("2026-09"), Value::Count(1)],
            vec![text("closing"), text("2026-09"), Value::Count(1)],
        ],
    );
    put(
        "ageing",
        vec![vec![
            text("registered"),
            text("000-007"),
            Value::Count(1),
            Value::Count(1),
        ]],
    );
    put(
        "pareto_category",
        vec![vec![text("adhesion"), Value::Count(1), Value::Null]],
    );
    put(
        "acknowledgement",
        sla(&[("acknowledgement", 1, "2026-09", [0, 0, 1, 0, 0, 0])]).rows,
    );
    put(
        "stage_time",
        vec![vec![
            text("net"),
            text("intake"),
            Value::Count(1),
            Value::Count(2),
            Value::Count(1),
            text("censored"),
            Value::Count(1),
        ]],
    );
    invented
}

pub fn context(language: Language) -> ReviewContext {
    ReviewContext {
        period: "2026-Q3".parse::<Period>().expect("a period"),
        as_of: "2026-10-05T06:30:00Z".parse::<DateTime<Utc>>().expect("a moment"),
        zone: chrono_tz::Europe::Istanbul,
        language,
        organisation: "Kuzey Yapı Malzemeleri".into(),
        source: "register of complaints".into(),
        calendar_id: "tr-head-office".into(),
        calendar_version: "version 3".into(),
        limits: "intake 2, processing 4, resolution 1, overall 7, acknowledgement 1 counted days; version 1".into(),
        provisional: false,
        manifest: "9f2c4e1d7a6b58035f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978".into(),
        tool_version: "redress 0.1.0".into(),
        row_counts: vec![("cases".into(), 12_402), ("stages".into(), 49_875), ("events".into(), 98_310)],
        refused: vec![("received_at is no date".into(), 12), ("case number twice".into(), 2)],
        not_recorded: vec![],
        unknown: Vec::new(),
        gone: None,
        deviations: 37,
        objectives: [("sla.intake", 95.0, true), ("sla.processing", 90.0, true), ("sla.resolution", 95.0, true), ("M5", 10.0, false), ("M4", 2.0, false)]
            .into_iter()
            .map(|(code, target, at_least)| {
                let owner = "A. Yılmaz".to_owned();
                (code.to_owned(), Objective { target, at_least, version: 1, owner })
            })
            .collect(),
        phases: Vec::new(),
        currency: Some("TRY".into()),
        previous: Some(Previous {
            name: "2026-Q2".into(),
            received: 431,
            working_days: 61.5,
            stages: vec![("processing".into(), 1, 350, 431), ("overall".into(), 1, 352, 420)],
        }),
    }
}
