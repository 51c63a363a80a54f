//! What the commands share: the case they speak of, who acts, when, and in which words.

use std::io::Read as _;

use anyhow::Context as _;
use chrono::{
    DateTime, NaiveDate, NaiveDateTime, SecondsFormat, SubsecRound as _, TimeZone as _, Utc,
};
use chrono_tz::Tz;
use redress_domain::event::{EventBody, EventKind};
use redress_domain::vocabulary::Role;
use redress_domain::workflow::StateName;
use redress_engine::counted::Value;
use redress_register::{Actor, Appended, CaseRow, Draft, Register};
use serde::Serialize;

use crate::Context;
use crate::failure::Failure;
use crate::output::{self, Format};

/// Version of the JSON documents that these commands print; it grows when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// Reads a word of a closed list, and lets help and completions show the list.
macro_rules! word {
    ($list:ty) => {{
        use clap::builder::TypedValueParser as _;
        clap::builder::PossibleValuesParser::new(<$list>::ALL.iter().map(|word| word.as_str()))
            .try_map(|text: String| text.parse::<$list>())
    }};
}
pub(crate) use word;

/// Who acts.
#[derive(Debug, clap::Args)]
pub struct By {
    /// Member of staff who does it
    #[arg(long, env = "REDRESS_BY", value_name = "NAME")]
    pub by: String,
    /// In which role; the first of the person's roles when left out
    #[arg(long, value_parser = word!(Role), value_name = "ROLE")]
    pub role: Option<Role>,
}

impl By {
    /// The actor, with a role that the register's staff list gives, or `--role` for somebody it does not know.
    ///
    /// # Errors
    /// When the person left, has not that role, or is unknown and no role is named.
    pub fn actor(&self, register: &Register) -> anyhow::Result<Actor> {
        if let Some(role @ (Role::Customer | Role::System)) = self.role {
            return Err(Failure::Usage(format!("--role {role}: give a role of staff")).into());
        }
        let name = self.by.trim();
        let known = register
            .list_staff()?
            .into_iter()
            .find(|person| person.name == name);
        let role = match (known, self.role) {
            (Some(person), _) if !person.active => {
                anyhow::bail!(
                    "{name} is no longer active; `redress staff roles {name} --active` lets them act again"
                )
            }
            (Some(person), Some(role)) if !person.roles.contains(&role) => {
                anyhow::bail!(
                    "{name} has not the role `{role}`, but {}",
                    join(&person.roles)
                )
            }
            (_, Some(role)) => role,
            (Some(person), None) => *person.roles.first().with_context(|| {
                format!("{name} has no role; give one with `redress staff roles`")
            })?,
            (None, None) => anyhow::bail!(
                "there is no member of staff `{name}`; add them with `redress staff add`, or name the role with --role"
            ),
        };
        Ok(Actor::staff(role, name))
    }
}

/// When it happened.
#[derive(Debug, clap::Args)]
pub struct When {
    /// When it happened: RFC 3339, or 'YYYY-MM-DD HH:MM' local time [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<String>,
    /// Why it is entered late; needed after a day (the register's setting `late_after_hours`)
    #[arg(long, value_name = "WHY")]
    pub late_reason: Option<String>,
}

impl When {
    /// The instant of `--at`, or now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn instant(&self, zone: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>, Failure> {
        // The register keeps microseconds; a finer `now` would lie after its own.
        self.at
            .as_deref()
            .map_or(Ok(now.trunc_subsecs(6)), |text| instant(text, zone))
    }
}

/// What one event of a case needs.
#[derive(Debug, clap::Args)]
pub struct Step {
    /// Number of the case
    #[arg(value_name = "CASE")]
    pub number: String,
    #[command(flatten)]
    pub by: By,
    #[command(flatten)]
    pub when: When,
    /// Free text that goes with it, erasable; `-` reads it from stdin
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub text: Option<String>,
    /// Only if this is still the case's last event (`case show` numbers them)
    #[arg(long, value_name = "EVENT")]
    pub expect: Option<i64>,
}

impl Step {
    /// Adds the event that `body` makes of the case's row, and prints what became of it.
    ///
    /// # Errors
    /// When there is no such case, an instant cannot be read, or the register refuses the event.
    pub fn record(
        &self,
        context: &Context,
        body: impl FnOnce(&CaseRow) -> EventBody,
    ) -> anyhow::Result<()> {
        let mut register = Register::open(&context.config.register)?;
        let case = register.case_by_number(&self.number)?;
        let actor = self.by.actor(&register)?;
        self.record_as(context, &mut register, &case, &actor, body(&case))
    }

    /// As [`Step::record`], for an actor who is settled already.
    ///
    /// # Errors
    /// As [`Step::record`].
    pub fn record_as(
        &self,
        context: &Context,
        register: &mut Register,
        case: &CaseRow,
        actor: &Actor,
        body: EventBody,
    ) -> anyhow::Result<()> {
        let kind = body.kind();
        let draft = Draft {
            occurred_at: self.when.instant(register.zone(), context.now)?,
            body,
            text: text(self.text.as_deref())?,
            late_reason: self.when.late_reason.clone(),
            expected_seq: self.expect,
        };
        let appended = register.append(case.case_key, draft, actor, context.now)?;
        print_appended(context, &case.number, kind, &appended)
    }
}

#[derive(Debug, Serialize)]
struct Recorded<'a> {
    schema_version: u32,
    number: &'a str,
    event: EventKind,
    seq: i64,
    state: StateName,
    needs_second_signature: bool,
    /// Positions of the events that followed from it.
    follow_ups: &'a [i64],
    /// Messages to the customer that were queued.
    messages: &'a [i64],
    /// A message was due, and there is neither phone nor e-mail.
    unreachable: bool,
}

/// Prints what became of an event.
///
/// # Errors
/// When stdout cannot be written.
pub fn print_appended(
    context: &Context,
    number: &str,
    event: EventKind,
    appended: &Appended,
) -> anyhow::Result<()> {
    let recorded = Recorded {
        schema_version: SCHEMA_VERSION,
        number,
        event,
        seq: appended.seq,
        state: appended.state,
        needs_second_signature: appended.needs_second_signature,
        follow_ups: &appended.follow_ups,
        messages: &appended.messages,
        unreachable: appended.unreachable,
    };
    output::print_document(&recorded, || recorded.in_words(), context.format)
}

impl Recorded<'_> {
    fn in_words(&self) -> String {
        let mut lines = format!(
            "{}: event {}, {}; the case is {}\n",
            self.number, self.seq, self.event, self.state
        );
        if self.needs_second_signature {
            lines.push_str("above the decider's discretion: in force once another person signs (`case countersign`)\n");
        }
        for seq in self.follow_ups {
            lines.push_str(&format!("event {seq} followed from it\n"));
        }
        for message in self.messages {
            lines.push_str(&format!("message {message} to the customer is queued\n"));
        }
        if self.unreachable {
            lines.push_str("the customer has neither phone nor e-mail: tell them otherwise, and record by what means\n");
        }
        lines
    }
}

/// A free text; `-` is stdin.
///
/// # Errors
/// When stdin cannot be read, or is blank where a text was announced.
pub fn text(given: Option<&str>) -> anyhow::Result<Option<String>> {
    match given {
        Some("-") => {
            let mut read = String::new();
            std::io::stdin()
                .read_to_string(&mut read)
                .context("the text on stdin cannot be read")?;
            if read.trim().is_empty() {
                return Err(Failure::Usage("--text -: stdin holds no text".into()).into());
            }
            Ok(Some(read.trim_end().to_owned()))
        }
        other => Ok(other.map(str::to_owned)),
    }
}

/// A password: from the variable, or with `from_stdin` the first line of stdin. `None` when neither is given.
///
/// # Errors
/// When stdin cannot be read or its first line is blank.
pub fn password(variable: &str, from_stdin: bool) -> anyhow::Result<Option<String>> {
    if !from_stdin {
        return Ok(std::env::var(variable)
            .ok()
            .filter(|value| !value.is_empty()));
    }
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .context("the password on stdin cannot be read")?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.trim().is_empty() {
        return Err(Failure::Usage("--password-stdin: stdin holds no password".into()).into());
    }
    Ok(Some(line.to_owned()))
}

/// An instant: RFC 3339, or local time of the zone.
///
/// # Errors
/// When it is neither, or a local time that the zone skips (a change of clocks).
pub fn instant(given: &str, zone: Tz) -> Result<DateTime<Utc>, Failure> {
    const LOCAL: [&str; 4] = [
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S",
    ];
    if let Ok(at) = DateTime::parse_from_rfc3339(given) {
        return Ok(at.with_timezone(&Utc));
    }
    let local = LOCAL
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(given, form).ok())
        .ok_or_else(|| {
            Failure::Usage(format!(
                "`{given}` is no instant; write 2026-07-01T09:30:00Z, or '2026-07-01 09:30' in local time ({zone})"
            ))
        })?;
    placed(local, zone, given)
}

/// A past moment for reading: as [`instant`], or a date, which means the end of that local day (now, for today).
///
/// # Errors
/// As [`instant`]; and when it lies in the future, of which nothing is known.
pub fn as_of(
    given: Option<&str>,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Failure> {
    let Some(given) = given else { return Ok(None) };
    let moment = match given.parse::<NaiveDate>() {
        Ok(date) if date == now.with_timezone(&zone).date_naive() => now,
        Ok(date) => {
            let next = date.succ_opt().and_then(|day| day.and_hms_opt(0, 0, 0));
            let next =
                next.ok_or_else(|| Failure::Usage(format!("`{given}` lies outside the calendar")))?;
            placed(next, zone, given)?
        }
        Err(_) => instant(given, zone)?,
    };
    if moment > now {
        return Err(Failure::Usage(format!(
            "--as-of {given} lies in the future; nothing is known of it yet"
        )));
    }
    Ok(Some(moment))
}

fn placed(local: NaiveDateTime, zone: Tz, given: &str) -> Result<DateTime<Utc>, Failure> {
    zone.from_local_datetime(&local)
        .earliest()
        .map(|at| at.with_timezone(&Utc))
        .ok_or_else(|| {
            Failure::Usage(format!(
                "`{given}` does not exist in {zone}: clocks were put forward over it"
            ))
        })
}

/// An instant as people of the zone write it.
pub fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

/// An instant in a list: local time for people, RFC 3339 for programs.
pub fn stamp(at: DateTime<Utc>, zone: Tz, format: Format) -> Value {
    Value::Text(match format {
        Format::Table => local(at, zone),
        Format::Json | Format::Csv | Format::Parquet => {
            at.to_rfc3339_opts(SecondsFormat::Secs, true)
        }
    })
}

/// Words in a row.
pub fn join<T: ToString>(words: &[T]) -> String {
    words
        .iter()
        .map(T::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Lines whose columns stand under each other. Columns named in `right` are aligned to the right.
pub fn lay_out(rows: &[Vec<String>], indent: &str, right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| {
        rows.iter()
            .filter_map(|row| row.get(c))
            .map(|t| t.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = indent.to_owned();
        for (c, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[c].saturating_sub(cell.chars().count()));
            let (before, after) = if right.contains(&c) {
                (pad.as_str(), "")
            } else {
                ("", pad.as_str())
            };
            line.push_str(before);
            line.push_str(cell);
            line.push_str(after);
            line.push_str("  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
