//! `redress case explain`: how each stage was counted, day by day, from the functions of the statistics.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use chrono_tz::Tz;
use redress_domain::calendar::Calendar;
use redress_domain::case_file::CaseFile;
use redress_domain::rulebook::Rulebook;
use redress_domain::stage_clock::{LedgerDay, SideKind, StageMeasure, Verdict, ledger};
use redress_domain::stages::{Stage, StageRecord, stages};
use redress_domain::workflow::Pass;
use redress_register::Register;
use serde::Serialize;

use super::common::{SCHEMA_VERSION, as_of, lay_out, local, word};
use super::words::Words;
use crate::Context;
use crate::failure::Failure;
use crate::{output, rules};

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Number of the case
    #[arg(value_name = "CASE")]
    number: String,
    /// As known and judged then: RFC 3339, local 'YYYY-MM-DD HH:MM', or the end of a day YYYY-MM-DD
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<String>,
    /// Only this stage
    #[arg(long, value_parser = word!(Stage))]
    stage: Option<Stage>,
    /// Only this pass
    #[arg(long)]
    pass: Option<Pass>,
}

#[derive(Debug, Serialize)]
struct Document {
    schema_version: u32,
    number: String,
    state: &'static str,
    as_of: DateTime<Utc>,
    zone: String,
    stages: Vec<Explained>,
}

#[derive(Debug, Serialize)]
struct Explained {
    stage: &'static str,
    pass: Pass,
    /// False for the processing of a case that was settled where it was made.
    applies: bool,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    end: Option<&'static str>,
    department: String,
    site: Option<String>,
    severity: Option<&'static str>,
    calendar: String,
    calendar_version: u32,
    limit_days: u32,
    limits_version: u32,
    day_zero: NaiveDate,
    gross: Sided,
    net: Sided,
    paused_days: i64,
    running_pause: Option<Running>,
    ledger: Vec<Day>,
}

#[derive(Debug, Serialize)]
struct Sided {
    /// Last day of the limit; `None` while a running pause leaves it open.
    due_on: Option<NaiveDate>,
    /// The instant from which the stage is late.
    due_at: Option<DateTime<Utc>>,
    counted_days: i64,
    verdict: &'static str,
}

#[derive(Debug, Serialize)]
struct Running {
    since: DateTime<Utc>,
    reason: String,
    /// At `as_of`: only reasons on the customer's side do, and only up to the longest pause.
    stops_clock: bool,
}

#[derive(Debug, Serialize)]
struct Day {
    date: NaiveDate,
    weekday: &'static str,
    /// The fixed word of the day's kind.
    what: &'static str,
    /// The holiday's name, or the reasons of pauses.
    detail: Option<String>,
    counted_gross: i64,
    counted_net: i64,
    left_net: i64,
    due_gross: bool,
    due_net: bool,
    ended: bool,
}

/// `redress case explain`.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<()> {
    let register = Register::open_read_only(&context.config.register)?;
    let zone = register.zone();
    let moment = as_of(args.as_of.as_deref(), zone, context.now)?;
    let case = register.case_by_number(&args.number)?;
    let file = register.case_file(case.case_key, moment)?;
    let rulebook = rules::load(context, moment)?.rulebook;
    let judged_at = moment.unwrap_or(context.now);
    let words = Words::of(context.config.language)?;
    let mut explained = Vec::new();
    for record in stages(&file) {
        let wanted = args.stage.is_none_or(|s| s == record.stage)
            && args.pass.is_none_or(|p| p == record.pass);
        if wanted {
            explained.push(explain(&file, &record, &rulebook, judged_at, &words)?);
        }
    }
    if explained.is_empty() {
        return Err(
            Failure::Nothing(format!("{}: the case has no such stage yet", case.number)).into(),
        );
    }
    let document = Document {
        schema_version: SCHEMA_VERSION,
        number: case.number,
        state: file.state.name().as_str(),
        as_of: judged_at,
        zone: zone.name().to_owned(),
        stages: explained,
    };
    output::print_document(
        &document,
        || document.in_words(&words, zone),
        context.format,
    )
}

fn explain(
    file: &CaseFile,
    record: &StageRecord,
    rulebook: &Rulebook,
    judged_at: DateTime<Utc>,
    words: &Words,
) -> anyhow::Result<Explained> {
    let calendar = rulebook.calendar(&record.department);
    let (limit, span, measure) = rulebook.measure(file, record)?;
    let lines = if record.applies {
        ledger(&span, calendar, rulebook.max_pause_days, judged_at)?
    } else {
        Vec::new()
    };
    let unknown = lines.iter().find(|line| !calendar.covers(line.date));
    if let Some(line) = unknown {
        say_line!(
            "redress: calendar `{}` records no holidays for {}; days from there on are counted by weekday alone",
            calendar.id(),
            line.date
        );
    }
    let side = |kind: SideKind| sided(&measure, kind, record.applies, judged_at, calendar);
    Ok(Explained {
        stage: record.stage.as_str(),
        pass: record.pass,
        applies: record.applies,
        started_at: record.started_at,
        ended_at: record.ended.map(|(at, _)| at),
        end: record.ended.map(|(_, how)| how.as_str()),
        department: record.department.clone(),
        site: record.site.clone(),
        severity: record.severity.map(|severity| severity.as_str()),
        calendar: calendar.id().to_owned(),
        calendar_version: calendar.version(),
        limit_days: limit.days,
        limits_version: limit.version,
        day_zero: measure.day_zero,
        gross: side(SideKind::Gross)?,
        net: side(SideKind::Net)?,
        paused_days: measure.paused_days,
        running_pause: measure.running_pause.as_ref().map(|pause| Running {
            since: pause.from,
            reason: pause.reason.clone(),
            stops_clock: pause.stops_clock
                && pause
                    .clock_resumes_at
                    .is_none_or(|resumes| judged_at < resumes),
        }),
        ledger: lines
            .iter()
            .map(|line| day(line, calendar, words))
            .collect(),
    })
}

fn sided(
    measure: &StageMeasure,
    kind: SideKind,
    applies: bool,
    judged_at: DateTime<Utc>,
    calendar: &Calendar,
) -> anyhow::Result<Sided> {
    let side = measure.side(kind);
    let verdict = if applies {
        measure.verdict_at(kind, judged_at)
    } else {
        Verdict::NotApplicable
    };
    Ok(Sided {
        due_on: side.due_on,
        due_at: side.due_at,
        counted_days: measure.counted_days_at(kind, judged_at, calendar)?,
        verdict: verdict.as_str(),
    })
}

fn day(line: &LedgerDay, calendar: &Calendar, words: &Words) -> Day {
    let name = calendar
        .special(line.date)
        .map(|special| words.day_name(special).to_owned());
    let pause = line.what.detail().map(str::to_owned);
    Day {
        date: line.date,
        weekday: WEEKDAYS[line.date.weekday().num_days_from_monday() as usize],
        what: line.what.as_str(),
        // The calendar knows the holiday in more languages than the ledger; a pause's reason is a code.
        detail: match line.what.as_str() {
            "paused_out" | "paused_part" => pause,
            _ => name.or(pause),
        },
        counted_gross: line.counted_gross,
        counted_net: line.counted_net,
        left_net: line.left_net,
        due_gross: line.due_gross,
        due_net: line.due_net,
        ended: line.ended,
    }
}

impl Document {
    fn in_words(&self, words: &Words, zone: Tz) -> String {
        let mut out = format!(
            "{} {}: {}; {} {} ({})\n",
            words.get("word", "case"),
            self.number,
            words.get("state", self.state),
            words.get("word", "as_of"),
            local(self.as_of, zone),
            self.zone
        );
        for stage in &self.stages {
            out.push('\n');
            out.push_str(&stage.in_words(words, zone));
        }
        out
    }
}

impl Explained {
    fn in_words(&self, words: &Words, zone: Tz) -> String {
        let w = |key| words.get("word", key);
        let ended = match (self.ended_at, self.end) {
            (Some(at), Some(how)) => format!("{} ({})", local(at, zone), words.get("end", how)),
            _ => w("open").to_owned(),
        };
        let mut out = format!(
            "{}, {} {}: {} -> {ended}\n",
            words.get("stage", self.stage),
            w("pass"),
            self.pass,
            local(self.started_at, zone)
        );
        if !self.applies {
            out.push_str(&format!("  {}\n", w("settled")));
            return out;
        }
        out.push_str(&format!(
            "  {}: {} ({} {}); {} {} {} {}; {}: {}",
            w("limit"),
            self.limit_days,
            w("limits_version"),
            self.limits_version,
            w("calendar"),
            self.calendar,
            w("version"),
            self.calendar_version,
            w("department"),
            self.department
        ));
        if let Some(severity) = self.severity {
            out.push_str(&format!("; {}: {severity}", w("severity")));
        }
        out.push('\n');
        for (name, side) in [("gross", &self.gross), ("net", &self.net)] {
            let due = side
                .due_on
                .map_or_else(|| w("no_due_date").to_owned(), |day| day.to_string());
            out.push_str(&format!(
                "  {}: {} {due}; {} {}; {}: {}\n",
                w(name),
                w("due"),
                w("counted"),
                side.counted_days,
                w("verdict"),
                words.get("verdict", side.verdict)
            ));
        }
        if self.paused_days > 0 {
            out.push_str(&format!("  {}: {}\n", w("paused_days"), self.paused_days));
        }
        if let Some(pause) = &self.running_pause {
            let clock = if pause.stops_clock {
                w("clock_stopped")
            } else {
                w("clock_runs")
            };
            out.push_str(&format!(
                "  {} {} ({}); {clock}\n",
                w("running_pause"),
                local(pause.since, zone),
                words.get("pause", &pause.reason)
            ));
        }
        let heads = ["date", "day", "what", "gross", "net", "left", "marks"];
        let mut rows = vec![heads.map(|head| w(head).to_owned()).to_vec()];
        rows.extend(self.ledger.iter().map(|day| day.cells(words)));
        out.push_str(&lay_out(&rows, "  ", &[3, 4, 5]));
        out
    }
}

impl Day {
    fn cells(&self, words: &Words) -> Vec<String> {
        let mut what = words.get("day", self.what).to_owned();
        if let Some(detail) = &self.detail {
            // Several reasons of one day stand side by side.
            let named: Vec<&str> = detail
                .split("; ")
                .map(|part| words.get("pause", part))
                .collect();
            what.push_str(&format!(": {}", named.join("; ")));
        }
        let marks: Vec<&str> = [
            (self.due_gross, "due_gross"),
            (self.due_net, "due_net"),
            (self.ended, "ends_here"),
        ]
        .into_iter()
        .filter(|(set, _)| *set)
        .map(|(_, key)| words.get("word", key))
        .collect();
        vec![
            self.date.to_string(),
            words.get("weekday", self.weekday).to_owned(),
            what,
            self.counted_gross.to_string(),
            self.counted_net.to_string(),
            self.left_net.to_string(),
            marks.join(", "),
        ]
    }
}
