//! `redress sample generate`: an invented register, with the truth beside it.

use std::path::{Path, PathBuf};

use chrono::{Months, NaiveDate, NaiveTime, TimeDelta};
use clap::Subcommand;
use redress_domain::calendar_file::CalendarFile;
use redress_engine::counted::{Counted, Value};
use redress_register::{
    Direction, Exposure, ExposureEntry, NewEvidence, NewObjective, NewRegister, Register,
};
use redress_sample::records::Records;
use redress_sample::register_sink::RegisterSink;
use redress_sample::{CsvSink, Settings, Summary, case_id, generate};

use super::Context;
use super::failure::Failure;
use super::{output, rules};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a register or a folder of CSV files of an invented manufacturer
    Generate(GenerateArgs),
}

#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// Number of cases
    #[arg(long, default_value_t = 600)]
    pub cases: u64,
    /// Seed: the same seed gives the same cases
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Write CSV files to this folder instead of a register
    #[arg(long, value_name = "DIR")]
    pub csv: Option<PathBuf>,
}

/// `redress sample`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Generate(args) => {
            let settings = Settings::usual(args.cases, args.seed);
            let summary = match &args.csv {
                Some(folder) => {
                    let mut sink = CsvSink::create(folder, settings)?;
                    generate(&settings, &shipped_calendar()?, &mut sink)?
                }
                None => fill_register(&context.config.register, settings)?,
            };
            output::print(&shown(&summary), context.format)
        }
    }
}

/// Makes a register with the sample in it; the truth stands in a folder beside it.
///
/// # Errors
/// When the file exists already or cannot be written.
pub fn fill_register(path: &Path, settings: Settings) -> anyhow::Result<Summary> {
    if path.exists() {
        return Err(Failure::Usage(format!(
            "{}: exists already; choose another --register, a register is never overwritten",
            path.display()
        ))
        .into());
    }
    let calendar = shipped_calendar()?;
    let mut register = Register::create(
        path,
        &NewRegister {
            zone: calendar.zone(),
            calendar_toml: rules::SHIPPED_CALENDAR.to_owned(),
            limits_toml: rules::shipped_limits()?,
            // The sample's calendar and limits were known before its first case.
            now: settings.from.and_time(chrono::NaiveTime::MIN).and_utc(),
        },
    )?;
    let truth = path.with_extension("truth");
    let (summary, exposures) = {
        let mut sink = RegisterSink::begin(&mut register, &truth)?;
        let summary = generate(&settings, &calendar, &mut sink)?;
        (summary, sink.into_exposures())
    };
    enter_exposure(&mut register, &exposures)?;
    enter_records(&mut register, &settings)?;
    give_passwords(&mut register, &settings, &truth)?;
    Ok(summary)
}

/// Each month's units, entered on the morning after its last day.
fn enter_exposure(register: &mut Register, exposures: &[Exposure]) -> anyhow::Result<()> {
    let same_month = |a: &Exposure, b: &Exposure| a.month == b.month;
    for month in exposures.chunk_by(same_month) {
        let Some(first) = month.first() else { continue };
        let first: NaiveDate = format!("{}-01", first.month).parse()?;
        let next = first + Months::new(1);
        let entry = ExposureEntry {
            by: "sample",
            reason: None,
            now: next.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(6),
        };
        register.set_exposure(month, &entry)?;
    }
    Ok(())
}

/// Trainings, evidence and objectives, each entered on the morning after its day.
fn enter_records(register: &mut Register, settings: &Settings) -> anyhow::Result<()> {
    let records = Records::of(settings);
    let morning_after =
        |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(30);
    for row in &records.trainings {
        let now = morning_after(row.held_on);
        register.train(row.staff, row.course, row.held_on, None, now)?;
    }
    for row in &records.evidences {
        let new = NewEvidence {
            indicator: row.indicator.to_owned(),
            value: row.figure,
            unit: row.unit.map(str::to_owned),
            dated: row.dated,
            entered_by: row.entered_by.to_owned(),
            file_sha256: None,
            note: row.note.map(str::to_owned),
        };
        register.add_evidence(&new, morning_after(row.dated))?;
    }
    for row in &records.objectives {
        let new = NewObjective {
            indicator: row.indicator.to_owned(),
            target: row.target,
            direction: if row.at_least {
                Direction::AtLeast
            } else {
                Direction::AtMost
            },
            owner: row.owner.to_owned(),
            effective_from: row.effective_from,
            reason: "set at the management review".to_owned(),
        };
        // An objective is set before it holds.
        register.set_objective(
            &new,
            morning_after(row.effective_from) - TimeDelta::days(14),
        )?;
    }
    Ok(())
}

/// Newest cases that get a tracking password.
const WITH_PASSWORD: u64 = 3;

/// Gives the newest cases tracking passwords and lists them; hashing one for every case would take hours.
fn give_passwords(
    register: &mut Register,
    settings: &Settings,
    folder: &Path,
) -> anyhow::Result<()> {
    let mut list = String::from("case_id,password\n");
    let oldest = settings.cases.saturating_sub(WITH_PASSWORD) + 1;
    for no in oldest..=settings.cases {
        let number = case_id(no);
        let case_key = register.case_by_number(&number)?.case_key;
        let given = register.reset_tracking_password(case_key, settings.until)?;
        list.push_str(&format!("{number},{}\n", given.password));
    }
    std::fs::write(folder.join("passwords.csv"), list)?;
    Ok(())
}

fn shipped_calendar() -> anyhow::Result<redress_domain::calendar::Calendar> {
    Ok(CalendarFile::from_toml(rules::SHIPPED_CALENDAR)?.calendar()?)
}

fn shown(summary: &Summary) -> Counted {
    let count = |n: u64| Value::Count(i64::try_from(n).unwrap_or(i64::MAX));
    let mut rows = vec![
        vec![Value::Text("cases".into()), count(summary.cases)],
        vec![Value::Text("events".into()), count(summary.events)],
        vec![
            Value::Text("complainants".into()),
            count(summary.complainants),
        ],
        vec![
            Value::Text("in groups of recurrent complaints".into()),
            count(summary.grouped),
        ],
    ];
    for (relation, cases) in &summary.relations {
        rows.push(vec![Value::Text((*relation).to_owned()), count(*cases)]);
    }
    Counted {
        columns: ["what", "number"].map(str::to_owned).to_vec(),
        rows,
    }
}
