//! `redress calendar show`: the days of a year or a month.

use chrono::{Datelike as _, NaiveDate};
use redress_domain::calendar::{Calendar, SpecialDay};
use redress_domain::period::Period;
use redress_domain::vocabulary::Language;
use redress_engine::counted::{Counted, Value};
use serde::Serialize;

use super::{closes, kind_word};
use crate::Context;
use crate::case::common::{SCHEMA_VERSION, as_of, lay_out};
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::rules;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A year (2026) or another period (2026-07) [default: this year]
    #[arg(value_name = "PERIOD")]
    period: Option<String>,
    /// Every day, not only special ones (for a month or shorter: always)
    #[arg(long)]
    all: bool,
    /// The calendar as the register knew it then
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<String>,
}

#[derive(Debug, Serialize)]
struct Document {
    schema_version: u32,
    calendar: String,
    version: u32,
    zone: String,
    covers: (NaiveDate, NaiveDate),
    period: String,
    half_days_count: bool,
    after_hours: &'static str,
    limit_ends: &'static str,
    months: Vec<Month>,
    days: Vec<Day>,
}

#[derive(Debug, Serialize)]
struct Month {
    month: String,
    /// Days on which the organisation opens at all.
    working_days: u32,
    /// Days that count towards a limit.
    counted_days: u32,
}

#[derive(Debug, Serialize)]
struct Day {
    date: NaiveDate,
    weekday: String,
    working: bool,
    counted: bool,
    /// Share of the weekday's usual opening hours.
    fraction: f64,
    name: Option<String>,
    kind: Option<&'static str>,
    closes: Option<String>,
    predicted: bool,
    /// False where holidays are not recorded at all.
    covered: bool,
}

/// `redress calendar show`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let calendar = rules::load(context, None)?.rulebook.organisation;
    let moment = as_of(args.as_of.as_deref(), calendar.zone(), context.now)?;
    let calendar = match moment {
        Some(_) => rules::load(context, moment)?.rulebook.organisation,
        None => calendar,
    };
    let today = calendar.local_date(context.now)?;
    let text = args
        .period
        .clone()
        .unwrap_or_else(|| today.year().to_string());
    let period = Period::parse(&text, today).map_err(|e| Failure::Usage(e.to_string()))?;
    let document = document(
        &calendar,
        &period,
        args.all || period.days() <= 31,
        context.config.language,
    )?;
    match context.format {
        Format::Csv | Format::Parquet => output::print(&document.rows(), context.format),
        Format::Table | Format::Json => {
            output::print_document(&document, || document.in_words(), context.format)
        }
    }
}

fn document(
    calendar: &Calendar,
    period: &Period,
    all: bool,
    language: Language,
) -> anyhow::Result<Document> {
    let mut months: Vec<Month> = Vec::new();
    let mut days = Vec::new();
    for date in period
        .first
        .iter_days()
        .take_while(|date| *date <= period.last)
    {
        let (working, counted) = (calendar.is_working(date)?, calendar.is_counted(date)?);
        let month = date.format("%Y-%m").to_string();
        if months.last().is_none_or(|last| last.month != month) {
            months.push(Month {
                month,
                working_days: 0,
                counted_days: 0,
            });
        }
        if let Some(last) = months.last_mut() {
            last.working_days += u32::from(working);
            last.counted_days += u32::from(counted);
        }
        let special = calendar.special(date);
        if all || special.is_some() {
            days.push(Day {
                date,
                weekday: date.format("%a").to_string(),
                working,
                counted,
                fraction: calendar.fraction(date)?,
                name: special.map(|day| name_in(day, language)),
                kind: special.map(|day| kind_word(day.kind).as_str()),
                closes: special.and_then(closes),
                predicted: special.is_some_and(|day| day.predicted),
                covered: calendar.covers(date),
            });
        }
    }
    let settings = calendar.settings();
    Ok(Document {
        schema_version: SCHEMA_VERSION,
        calendar: calendar.id().to_owned(),
        version: calendar.version(),
        zone: calendar.zone().name().to_owned(),
        covers: calendar.spec().covers,
        period: period.name.clone(),
        half_days_count: settings.half_days_count,
        after_hours: settings.after_hours.as_str(),
        limit_ends: settings.limit_ends.as_str(),
        months,
        days,
    })
}

fn name_in(day: &SpecialDay, language: Language) -> String {
    let translated = match language {
        Language::En => &day.name_en,
        Language::Ru => &day.name_ru,
        Language::Tr => &None,
    };
    translated.as_ref().unwrap_or(&day.name).clone()
}

impl Document {
    fn rows(&self) -> Counted {
        let columns = [
            "date",
            "weekday",
            "working",
            "counted",
            "fraction",
            "name",
            "kind",
            "closes",
            "predicted",
            "covered",
        ];
        let some = |text: Option<&str>| text.map_or(Value::Null, |t| Value::Text(t.to_owned()));
        let rows = self
            .days
            .iter()
            .map(|day| {
                vec![
                    Value::Day(day.date),
                    Value::Text(day.weekday.clone()),
                    Value::Flag(day.working),
                    Value::Flag(day.counted),
                    Value::Real(day.fraction),
                    some(day.name.as_deref()),
                    some(day.kind),
                    some(day.closes.as_deref()),
                    Value::Flag(day.predicted),
                    Value::Flag(day.covered),
                ]
            })
            .collect();
        Counted {
            columns: columns.map(str::to_owned).to_vec(),
            rows,
        }
    }

    fn in_words(&self) -> String {
        let mut out = format!(
            "calendar {} version {} ({}), holidays recorded {} to {}\nhalf days count: {}; after hours: {}; limits end at: {}\n\n",
            self.calendar,
            self.version,
            self.zone,
            self.covers.0,
            self.covers.1,
            self.half_days_count,
            self.after_hours,
            self.limit_ends
        );
        let mut rows = vec![
            ["month", "working days", "counted days"]
                .map(str::to_owned)
                .to_vec(),
        ];
        rows.extend(self.months.iter().map(|m| {
            vec![
                m.month.clone(),
                m.working_days.to_string(),
                m.counted_days.to_string(),
            ]
        }));
        let total = |of: fn(&Month) -> u32| self.months.iter().map(of).sum::<u32>().to_string();
        if self.months.len() > 1 {
            rows.push(vec![
                self.period.clone(),
                total(|m| m.working_days),
                total(|m| m.counted_days),
            ]);
        }
        out.push_str(&lay_out(&rows, "", &[1, 2]));
        let rows: Vec<_> = self.days.iter().map(Day::cells).collect();
        if !rows.is_empty() {
            out.push('\n');
            out.push_str(&lay_out(&rows, "", &[]));
        }
        out
    }
}

impl Day {
    fn cells(&self) -> Vec<String> {
        let what = match (self.kind, self.working) {
            (Some(kind), _) => kind,
            (None, true) => "working_day",
            (None, false) => "weekend",
        };
        let mut name = self.name.clone().unwrap_or_default();
        if let Some(closes) = &self.closes {
            name.push_str(&format!(" (closes {closes})"));
        }
        if self.predicted {
            name.push_str(" (predicted)");
        }
        if !self.covered {
            name.push_str(" (holidays not recorded)");
        }
        vec![
            self.date.to_string(),
            self.weekday.clone(),
            what.to_owned(),
            name.trim_start().to_owned(),
        ]
    }
}
