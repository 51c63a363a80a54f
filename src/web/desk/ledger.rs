//! The clocks of a case: every stage with its limit, both due dates, the verdict, and the days one by one.

use chrono::{DateTime, Datelike as _, Utc};
use chrono_tz::Tz;

use super::happened::named;
use crate::error::Result;
use crate::words::Words;
use redress_domain::calendar::{Calendar, SpecialDay};
use redress_domain::case_file::CaseFile;
use redress_domain::rulebook::Rulebook;
use redress_domain::stage_clock::{LedgerDay, SideKind, Verdict, ledger};
use redress_domain::stages::{StageRecord, stages};
use redress_domain::vocabulary::Language;

/// A stage as the case page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageLine {
    pub name: String,
    /// From the second pass on.
    pub pass: Option<String>,
    pub started: String,
    pub ended: Option<String>,
    /// Limit in counted days.
    pub limit: String,
    pub department: String,
    pub due_gross: String,
    pub due_net: String,
    pub counted_gross: i64,
    pub counted_net: i64,
    pub verdict: String,
    /// Class of its mark.
    pub mark: &'static str,
    pub days: Vec<Day>,
}

/// A day of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    pub date: String,
    pub weekday: String,
    pub what: String,
    pub gross: i64,
    pub net: i64,
    pub left: i64,
    pub marks: String,
}

/// The stages of a case as judged at a moment, by the functions of the statistics and of `case explain`.
///
/// # Errors
/// When no limit applies, or a day lies outside the calendar.
pub fn lines(
    file: &CaseFile,
    rules: &Rulebook,
    words: &Words,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<Vec<StageLine>> {
    let records = stages(file);
    let told = records
        .iter()
        .map(|record| line(file, record, rules, words, zone, now));
    told.collect()
}

fn line(
    file: &CaseFile,
    record: &StageRecord,
    rules: &Rulebook,
    words: &Words,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<StageLine> {
    let calendar = rules.calendar(&record.department);
    let (limit, span, measure) = rules.measure(file, record)?;
    let days = match record.applies {
        true => ledger(&span, calendar, rules.max_pause_days, now)?,
        false => Vec::new(),
    };
    let verdict = match record.applies {
        true => measure.verdict_at(SideKind::Net, now),
        false => Verdict::NotApplicable,
    };
    let due = |kind| match measure.side(kind).due_on {
        Some(day) => words.date(day),
        None => words.text("ledger.left_open").to_owned(),
    };
    let counted = |kind| measure.counted_days_at(kind, now, calendar);
    Ok(StageLine {
        name: words.name("stages", record.stage.as_str()),
        pass: (record.pass > 1)
            .then(|| words.fill("ledger.pass", &[("n", &record.pass.to_string())])),
        started: words.moment(record.started_at, zone),
        ended: record.ended.map(|(at, _)| words.moment(at, zone)),
        limit: words.plural("ledger.limit", i64::from(limit.days)),
        department: words.name("departments", &record.department),
        due_gross: due(SideKind::Gross),
        due_net: due(SideKind::Net),
        counted_gross: counted(SideKind::Gross)?,
        counted_net: counted(SideKind::Net)?,
        verdict: words.name("verdicts", verdict.as_str()),
        mark: mark(verdict),
        days: days.iter().map(|day| told(day, calendar, words)).collect(),
    })
}

/// The class of a verdict's mark.
pub fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "good",
        Verdict::Missed => "bad",
        Verdict::OpenLate => "late",
        Verdict::OpenNotDue | Verdict::Paused | Verdict::Cancelled | Verdict::NotApplicable => "",
    }
}

fn told(line: &LedgerDay, calendar: &Calendar, words: &Words) -> Day {
    let mut what = words
        .text(&format!("day.{}", line.what.as_str()))
        .to_owned();
    let detail = match (calendar.special(line.date), line.what.as_str()) {
        // The calendar knows the holiday in more languages than the ledger.
        (Some(special), "non_working" | "half_day") => {
            Some(day_name(special, words.language()).to_owned())
        }
        _ => line.what.detail().map(|codes| {
            let reasons: Vec<String> = codes
                .split("; ")
                .map(|code| named(words, "pause", code))
                .collect();
            reasons.join("; ")
        }),
    };
    if let Some(detail) = detail {
        what.push_str(&format!(": {detail}"));
    }
    let marks: Vec<&str> = [
        (line.due_gross, "ledger.due_gross"),
        (line.due_net, "ledger.due_net"),
        (line.ended, "ledger.ended"),
    ]
    .into_iter()
    .filter(|(is_set, _)| *is_set)
    .map(|(_, key)| words.text(key))
    .collect();
    let weekday = line.date.weekday().number_from_monday();
    Day {
        date: words.date(line.date),
        weekday: words.name("codes", &format!("d{weekday}")),
        what,
        gross: line.counted_gross,
        net: line.counted_net,
        left: line.left_net,
        marks: marks.join(", "),
    }
}

/// A special day's name, in the calendar's own language where there is no other.
fn day_name(day: &SpecialDay, language: Language) -> &str {
    let translated = match language {
        Language::En => day.name_en.as_deref(),
        Language::Ru => day.name_ru.as_deref(),
        Language::Tr => None,
    };
    translated.unwrap_or(&day.name)
}
