//! Calendars, limits, gateways and mappings as TOML.

use std::path::Path;

use chrono::NaiveDate;
use redress::channels::settings::{FileTable, MailTable, Passwords, Settings, SmsTable};
use redress::domain::calendar_file::CalendarFile;
use redress::domain::limits::{LimitQuery, Limits, Stage};
use redress::domain::vocabulary::{Language, Severity};
use redress::source::mapping::Mapping;

use super::harness::{Seen, Target, Try, attack};

const CALENDAR: &str = r#"id = "weekdays"
version = 2
zone = "Europe/Istanbul"
covers = [2024-01-01, 2026-12-31]

[hours]
mon = ["08:00", "17:00"]
tue = ["08:00", "17:00"]
fri = ["08:00", "17:00"]

[settings]
half_days_count = true
limit_ends = "midnight"
after_hours = "next_working_day"

[[day]]
date = 2026-10-28
name = "Cumhuriyet Bayramı arifesi"
kind = "half_day"
closes = "13:00"

[[day]]
date = 2026-03-20
name = "Ramazan Bayramı"
kind = "full_day"
predicted = true

[[change]]
version = 2
date = 2026-03-20
reason = "announced"
recorded_on = 2026-02-01
"#;

const WORDS: &[&str] = &[
    "id = ",
    "version = ",
    "zone = \"UTC\"",
    "zone = \"Africa/Casablanca\"",
    "covers = [2024-01-01, 2024-01-01]",
    "covers = [2026-01-01, 2024-01-01]",
    "[hours]",
    "sun = [\"00:00\", \"24:00\"]",
    "mon = [\"17:00\", \"08:00\"]",
    "[[day]]",
    "date = 2024-02-29",
    "closes = \"08:00\"",
    "kind = \"closure\"",
    "[[change]]",
    "[settings]",
    "[[limit]]",
    "days = 4294967295",
    "effective_from = 2024-01-01",
    "\"\"\"",
    "'''",
    "{text}",
    "{to}",
    "{basic}",
    "{",
    "{ json = { pointer = \"/a~2\", equals = 1 } }",
];

fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// What is read can be written, and is the same when it is read again.
fn a_calendar(input: &[u8]) -> Result<Seen, String> {
    let Some(file) = text(input).and_then(|text| CalendarFile::from_toml(text).ok()) else {
        return Ok(Seen::Refused);
    };
    let written = file.to_toml().map_err(|e| format!("not written: {e}"))?;
    let again = CalendarFile::from_toml(&written).map_err(|e| format!("{e} in:\n{written}"))?;
    if again != file {
        return Err(format!(
            "another calendar when it is read again:\n{written}"
        ));
    }
    let Ok(calendar) = file.calendar() else {
        return Ok(Seen::Refused);
    };
    let (first, last) = calendar.table_range();
    for day in [first, last, date(2026, 10, 28), date(2026, 3, 20)] {
        if calendar.covers(day) {
            let next = calendar.nth_counted_day(day, 3);
            if next.is_ok_and(|next| next <= day) {
                return Err(format!("the third counted day after {day} is not after it"));
            }
            calendar.fraction(day).map_err(|e| e.to_string())?;
        }
    }
    Ok(Seen::Read)
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

#[test]
fn a_calendar_that_is_read_can_be_written_and_read_again() {
    let target = Target {
        name: "calendar",
        share: 20,
        seeds: vec![
            CALENDAR.as_bytes().to_vec(),
            include_bytes!("../../reports/calendars/weekdays.toml").to_vec(),
        ],
        words: WORDS,
    };
    attack(target, || Box::new(a_calendar));
}

fn some_limits(input: &[u8]) -> Result<Seen, String> {
    let Some(limits) = text(input).and_then(|text| Limits::from_toml(text).ok()) else {
        return Ok(Seen::Refused);
    };
    let written = limits.to_toml().map_err(|e| format!("not written: {e}"))?;
    let again = Limits::from_toml(&written).map_err(|e| format!("{e} in:\n{written}"))?;
    for stage in [Stage::Intake, Stage::Processing, Stage::Overall] {
        for (pass, severity) in [(1, None), (2, Some(Severity::Critical))] {
            let query = LimitQuery {
                stage,
                pass,
                department: Some("technical"),
                severity,
                started_on: date(2026, 3, 2),
                known_at: None,
            };
            let days = |limits: &Limits| limits.lookup(query).map(|limit| limit.days).ok();
            if days(&limits) != days(&again) {
                return Err(format!("another limit when it is read again:\n{written}"));
            }
        }
    }
    Ok(Seen::Read)
}

#[test]
fn limits_that_are_read_are_the_same_when_they_are_written_and_read() {
    let written = Limits::default().to_toml().expect("the shipped limits");
    let target = Target {
        name: "limits",
        share: 20,
        seeds: vec![
            b"intake = 2\nprocessing = 4\n".to_vec(),
            written.into_bytes(),
        ],
        words: WORDS,
    };
    attack(target, || Box::new(some_limits));
}

/// The tables of `redress.toml` that describe gateways.
#[derive(serde::Deserialize)]
struct Gateways {
    sms: Option<SmsTable>,
    mail: Option<MailTable>,
    file: Option<FileTable>,
}

/// What stands as a password in the seeds.
const SECRET: &str = "hush-5";

/// Whether the secret stands as a password and nowhere else.
fn is_hidden(input: &[u8]) -> bool {
    let text = text(input).unwrap_or_default();
    let table: toml::Table = text.parse().unwrap_or_default();
    let is_password = |name: &str| {
        let value = table.get(name).and_then(|table| table.get("password"));
        value.and_then(toml::Value::as_str) == Some(SECRET)
    };
    text.matches(SECRET).count() == 1 && (is_password("sms") || is_password("mail"))
}

fn gateways(input: &[u8]) -> Result<Seen, String> {
    let tables = text(input).and_then(|text| toml::from_str::<Gateways>(text).ok());
    let Some(Gateways { sms, mail, file }) = tables else {
        return Ok(Seen::Refused);
    };
    // What `config show` prints holds no secret.
    let hides = is_hidden(input);
    let shown = sms
        .iter()
        .flat_map(SmsTable::shown)
        .chain(mail.iter().flat_map(MailTable::shown));
    for (key, value) in shown {
        if hides && value.contains(SECRET) {
            return Err(format!("{key} shows a secret: {value}"));
        }
    }
    let passwords = Passwords::default();
    let (sms, mail, file) = (sms.as_ref(), mail.as_ref(), file.as_ref());
    match Settings::from_tables(sms, mail, file, passwords, Language::En) {
        Ok(_) => Ok(Seen::Read),
        Err(error) if hides && error.to_string().contains(SECRET) => {
            Err(format!("an error shows a secret: {error}"))
        }
        Err(_) => Ok(Seen::Refused),
    }
}

#[test]
fn no_settings_of_gateways_break_the_reader_or_show_a_secret() {
    let http = r#"[sms]
kind = "http"
url = "https://sms.example.org/send?key={password}"
headers = { Authorization = "Basic {basic}" }
encode = "json"
body = '{"from": "{from}", "no": "{to_national}", "msg": "{text}"}'
success = { json = { pointer = "/code", equals = "00" } }
permanent = { starts_with = ["20", "70"] }
from = "SENDER"
user = "u"
password = "hush-5"
country_code = "90"
trunk_prefix = "0"
timeout = 20
"#;
    let mail = r#"[file]
folder = "out"
[sms]
kind = "file"
[mail]
kind = "smtp"
host = "mail.example.org"
port = 587
tls = "starttls"
user = "u"
password = "hush-5"
from = "Desk <desk@example.org>"
timeout = 20
"#;
    let target = Target {
        name: "gateways",
        share: 20,
        seeds: vec![http.as_bytes().to_vec(), mail.as_bytes().to_vec()],
        words: WORDS,
    };
    attack(target, || Box::new(gateways));
}

fn a_mapping() -> Try {
    let folder = tempfile::tempdir().expect("a folder");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/extract/csv");
    for entry in std::fs::read_dir(shipped).expect("the mapping") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_owned();
        std::fs::copy(&path, folder.path().join(name)).expect("a copy");
    }
    Box::new(move |input| {
        std::fs::write(folder.path().join("mapping.toml"), input).expect("the settings");
        let name = folder.path().to_string_lossy().into_owned();
        match Mapping::load(&name) {
            Ok(mapping) if mapping.settings.title.len() > input.len() => {
                Err(format!("the title {}", mapping.settings.title))
            }
            Ok(_) => Ok(Seen::Read),
            Err(_) => Ok(Seen::Refused),
        }
    })
}

#[test]
fn no_settings_of_a_mapping_break_the_reader() {
    let target = Target {
        name: "mapping",
        share: 10,
        seeds: vec![include_bytes!("../../queries/extract/csv/mapping.toml").to_vec()],
        words: &[
            "[[file]]",
            "name = \"../../etc/passwd\"",
            "columns = []",
            "instants = { a = [\"%Y\", \"%\"] }",
            "separator = \";\"",
            "separator = \";;\"",
            "encoding = \"x\"",
            "key = [\"case_id\"]",
            "not_recorded = [\"cost\"]",
            "source = \"xes\"",
        ],
    };
    attack(target, a_mapping);
}
