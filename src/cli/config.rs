//! Settings: flags > `REDRESS_*` > `redress.toml` > defaults. `config show` says where each comes from.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use redress::domain::vocabulary::Language;
use redress::engine::counted::{Counted, Value};
use serde::Deserialize;

use super::Context;
use super::failure::Failure;
use super::output;

const DEFAULT_FILE: &str = "redress.toml";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Every setting, its value and its origin
    Show,
}

/// What the command line says about settings.
#[derive(Debug, Default)]
pub struct Overrides {
    pub file: Option<PathBuf>,
    pub register: Option<PathBuf>,
    pub lake: Option<PathBuf>,
    pub language: Option<String>,
}

/// `redress.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    register: Option<PathBuf>,
    lake: Option<PathBuf>,
    out: Option<PathBuf>,
    organisation: Option<String>,
    language: Option<String>,
    zone: Option<String>,
    calendar: Option<PathBuf>,
    limits: Option<PathBuf>,
    store: Option<PathBuf>,
    mapping: Option<String>,
    pseudonym_key: Option<String>,
    max_pause_days: Option<u32>,
    keep_snapshots: Option<u32>,
    currency: Option<String>,
    thresholds: Option<Vec<String>>,
    alarm_mail: Option<String>,
    clusters_full_every_days: Option<u32>,
}

/// Settings in force.
#[derive(Debug, Clone)]
pub struct Config {
    pub register: PathBuf,
    pub lake: PathBuf,
    /// Folder of review packs.
    pub out: PathBuf,
    pub organisation: String,
    pub language: Language,
    /// Calendar file in place of the register's or the shipped one.
    pub calendar: Option<PathBuf>,
    /// Limits file in place of the register's or the shipped ones.
    pub limits: Option<PathBuf>,
    /// Foreign store to extract from, in place of the register.
    pub store: Option<PathBuf>,
    pub mapping: String,
    /// Key of pseudonyms for stores that have none of their own.
    pub pseudonym_key: Option<String>,
    pub max_pause_days: Option<u32>,
    /// Snapshots that the nightly batch keeps.
    pub keep_snapshots: u32,
    /// ISO 4217 code of the cost of redress; costs are not shown without it.
    pub currency: Option<String>,
    /// What `check` asks of indicators, such as `sla.processing >= 95`.
    pub thresholds: Vec<String>,
    /// Where `check` and `run` send what failed.
    pub alarm_mail: Option<String>,
    /// Days after which the search for what comes again is a full one by itself.
    pub clusters_full_every_days: u32,
    origins: Vec<(&'static str, String, &'static str)>,
}

impl Config {
    /// These settings for an installation in a folder of its own, with everything shipped in force.
    pub fn in_folder(&self, folder: &Path, organisation: &str, currency: &str) -> Config {
        Config {
            register: folder.join("register.sqlite"),
            lake: folder.join("lake"),
            out: folder.join("out"),
            organisation: organisation.to_owned(),
            currency: Some(currency.to_owned()),
            calendar: None,
            limits: None,
            store: None,
            mapping: "redress".to_owned(),
            thresholds: Vec::new(),
            alarm_mail: None,
            ..self.clone()
        }
    }

    /// Gathers the settings.
    ///
    /// # Errors
    /// When the file cannot be read or has an unknown key, or a value does not fit (exit code 2).
    pub fn load(overrides: Overrides) -> anyhow::Result<Config> {
        let file = read_file(overrides.file.as_deref())?;
        let mut origins = Vec::new();
        let mut pick =
            |name: &'static str, flag: Option<String>, file: Option<String>, default: &str| {
                let variable = std::env::var(format!("REDRESS_{}", name.to_uppercase())).ok();
                let (value, origin) = if let Some(value) = flag {
                    (value, "flag")
                } else if let Some(value) = variable {
                    (value, "environment")
                } else if let Some(value) = file {
                    (value, "file")
                } else {
                    (default.to_owned(), "default")
                };
                let shown = if name == "pseudonym_key" && !value.is_empty() {
                    "(set)".to_owned()
                } else {
                    value.clone()
                };
                origins.push((name, shown, origin));
                value
            };
        let text = |path: Option<PathBuf>| path.map(|p| p.to_string_lossy().into_owned());
        let register = pick(
            "register",
            text(overrides.register),
            text(file.register),
            "redress.sqlite",
        );
        let lake = pick("lake", text(overrides.lake), text(file.lake), "lake");
        let out = pick("out", None, text(file.out), "out");
        let organisation = pick("organisation", None, file.organisation, "Redress");
        let language = pick("language", overrides.language, file.language, "en");
        let calendar = pick("calendar", None, text(file.calendar), "");
        let limits = pick("limits", None, text(file.limits), "");
        let store = pick("store", None, text(file.store), "");
        let mapping = pick("mapping", None, file.mapping, "redress");
        let pseudonym_key = pick("pseudonym_key", None, file.pseudonym_key, "");
        let max_pause = pick(
            "max_pause_days",
            None,
            file.max_pause_days.map(|n| n.to_string()),
            "",
        );
        let keep = pick(
            "keep_snapshots",
            None,
            file.keep_snapshots.map(|n| n.to_string()),
            "14",
        );
        let currency = pick("currency", None, file.currency, "");
        let alarm_mail = pick("alarm_mail", None, file.alarm_mail, "");
        let clusters_full = pick(
            "clusters_full_every_days",
            None,
            file.clusters_full_every_days.map(|n| n.to_string()),
            "7",
        );
        let thresholds = pick(
            "thresholds",
            None,
            file.thresholds.map(|all| all.join("; ")),
            "",
        );
        if file.zone.is_some() {
            return Err(Failure::Usage(
                "redress.toml: the zone is set in the calendar, not here; see `redress calendar show`".into(),
            )
            .into());
        }
        let some = |text: String| (!text.is_empty()).then_some(text);
        Ok(Config {
            register: register.into(),
            lake: lake.into(),
            out: out.into(),
            organisation,
            language: language
                .parse()
                .map_err(|e| Failure::Usage(format!("language: {e}")))?,
            calendar: some(calendar).map(PathBuf::from),
            limits: some(limits).map(PathBuf::from),
            store: some(store).map(PathBuf::from),
            mapping,
            pseudonym_key: some(pseudonym_key),
            max_pause_days: some(max_pause)
                .map(|n| number("max_pause_days", &n))
                .transpose()?,
            keep_snapshots: number("keep_snapshots", &keep)?,
            clusters_full_every_days: number("clusters_full_every_days", &clusters_full)?,
            currency: some(currency),
            thresholds: thresholds
                .split(';')
                .map(|t| t.trim().to_owned())
                .filter(|t| !t.is_empty())
                .collect(),
            alarm_mail: some(alarm_mail),
            origins,
        })
    }
}

fn number(name: &str, text: &str) -> Result<u32, Failure> {
    text.parse()
        .map_err(|_| Failure::Usage(format!("{name}: `{text}` is no whole number")))
}

fn read_file(named: Option<&Path>) -> anyhow::Result<File> {
    let path = match named {
        Some(path) => path,
        None if Path::new(DEFAULT_FILE).is_file() => Path::new(DEFAULT_FILE),
        None => return Ok(File::default()),
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| Failure::Usage(format!("{}: cannot be read", path.display())))?;
    toml::from_str(&text).map_err(|error| {
        // The first line of toml's message names the place, the last one the key.
        let words: Vec<&str> = error.message().lines().collect();
        let line = error
            .span()
            .map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        Failure::Usage(format!(
            "{}: line {line}: {}",
            path.display(),
            words.join(" ")
        ))
        .into()
    })
}

/// `config show`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Show => {
            let rows = context
                .config
                .origins
                .iter()
                .map(|(name, value, origin)| {
                    [*name, value, *origin]
                        .map(|t| Value::Text(t.to_owned()))
                        .to_vec()
                })
                .collect();
            let columns = ["setting", "value", "origin"].map(str::to_owned).to_vec();
            output::print(&Counted { columns, rows }, context.format)
        }
    }
}
