//! Settings: flags > `REDRESS_*` > `redress.toml` > defaults. `config show` says where each comes from.

pub mod judged;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use redress_channels::Secret;
use redress_channels::settings::{self as channels, FileTable, MailTable, Passwords, SmsTable};
use redress_domain::vocabulary::Language;
use redress_engine::counted::{Counted, Value};
use redress_register::{DecisionRules, ExternalRemedies, Register, Setting};
use redress_source::store::store_name;
use serde::Deserialize;

use super::Context;
use super::case::common::word;
use super::failure::Failure;
use super::output;

const DEFAULT_FILE: &str = "redress.toml";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Every setting, its value and its origin
    Show,
    /// The settings that the register keeps: reminders, attempts, how messages sign
    Register,
    /// Where complainants can turn outside the organisation, as pages and messages tell them
    Remedies {
        /// Take the list of this TOML file from now on
        #[arg(long, value_name = "FILE")]
        set: Option<PathBuf>,
        /// Print the list as TOML, to be changed and set again
        #[arg(long, conflicts_with = "set")]
        toml: bool,
    },
    /// The internal rules on which decisions rest, in full, as complainants read them
    DecisionRules {
        /// Take the rules of this TOML file from now on; a version that is known has to stay as it is
        #[arg(long, value_name = "FILE")]
        set: Option<PathBuf>,
        /// Print the rules as TOML, to be added to and set again
        #[arg(long, conflicts_with = "set")]
        toml: bool,
    },
    /// Change a setting that the register keeps
    Set {
        /// Which one
        #[arg(value_parser = word!(Setting), value_name = "SETTING")]
        setting: Setting,
        /// Its new value, within the range that `config register` shows
        value: String,
    },
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
    source: Option<String>,
    pseudonym_key: Option<String>,
    max_pause_days: Option<u32>,
    keep_snapshots: Option<u32>,
    currency: Option<String>,
    thresholds: Option<Vec<String>>,
    alarm_mail: Option<String>,
    clusters_full_every_days: Option<u32>,
    listen: Option<String>,
    address_header: Option<String>,
    trusted_origins: Option<Vec<String>>,
    secure_cookies: Option<bool>,
    batch_at: Option<String>,
    socket_mode: Option<String>,
    trusted_proxies: Option<Vec<String>>,
    metrics_listen: Option<String>,
    sms: Option<SmsTable>,
    mail: Option<MailTable>,
    /// The table `[file]`.
    #[serde(rename = "file")]
    files: Option<FileTable>,
}

/// Settings in force.
#[derive(Debug, Clone)]
pub struct Config {
    pub register: PathBuf,
    pub lake: PathBuf,
    /// Folder of review packs.
    pub out: PathBuf,
    /// The name that is set for pages and reviews; see [`Config::organisation`].
    organisation: Option<String>,
    pub language: Language,
    /// Calendar file in place of the register's or the shipped one.
    pub calendar: Option<PathBuf>,
    /// Limits file in place of the register's or the shipped ones.
    pub limits: Option<PathBuf>,
    /// Foreign store to extract from, in place of the register.
    pub store: Option<PathBuf>,
    pub mapping: String,
    /// Name of that store's source, under which what is ours about its cases is kept; `None`: the mapping's.
    pub source: Option<String>,
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
    /// Where `serve` listens: an address with a port, or `unix:` and a path.
    pub listen: String,
    /// The header in which a proxy of ours gives the visitor's address.
    pub address_header: Option<String>,
    /// Other origins whose forms `serve` takes.
    pub trusted_origins: Vec<String>,
    /// Whether cookies go over HTTPS only; `None`: unless `serve` listens on this machine alone, without a proxy.
    pub secure_cookies: Option<bool>,
    /// Local time of day at which `serve` runs the nightly batch, `HH:MM`.
    pub batch_at: Option<String>,
    /// Mode of the sockets that `serve` listens on, in octal digits.
    pub socket_mode: String,
    /// Addresses and networks of proxies whose headers are believed.
    pub trusted_proxies: Vec<String>,
    /// Where `serve` gives figures and health apart from the site.
    pub metrics_listen: Option<String>,
    /// The file that these settings came from.
    pub file: Option<PathBuf>,
    sms: Option<SmsTable>,
    mail: Option<MailTable>,
    /// Where messages go that are written into files.
    files: Option<FileTable>,
    origins: Vec<(&'static str, String, &'static str)>,
}

impl Config {
    /// The organisation's name on pages, reviews and alarms: the one that is set, or else the one that the register signs
    /// its messages with.
    ///
    /// # Errors
    /// When there is a register that cannot be read.
    pub fn organisation(&self) -> anyhow::Result<String> {
        if let Some(name) = &self.organisation {
            return Ok(name.clone());
        }
        let signed = match self.register.is_file() {
            true => Register::open_read_only(&self.register)?.setting(Setting::Organisation)?,
            false => String::new(),
        };
        Ok(match signed.is_empty() {
            true => "Redress".to_owned(),
            false => signed,
        })
    }

    /// Sets the organisation's name.
    pub fn name(&mut self, organisation: &str) {
        self.organisation = Some(organisation.to_owned());
    }

    /// These settings for an installation in a folder of its own, with everything shipped in force.
    pub fn in_folder(&self, folder: &Path, organisation: &str, currency: &str) -> Config {
        Config {
            register: folder.join("register.sqlite"),
            lake: folder.join("lake"),
            out: folder.join("out"),
            organisation: Some(organisation.to_owned()),
            currency: Some(currency.to_owned()),
            calendar: None,
            limits: None,
            store: None,
            mapping: "redress".to_owned(),
            source: None,
            thresholds: Vec::new(),
            alarm_mail: None,
            sms: None,
            mail: None,
            files: None,
            ..self.clone()
        }
    }

    /// Gathers the settings.
    ///
    /// # Errors
    /// When the file cannot be read or has an unknown key, or a value does not fit (exit code 2).
    pub fn load(overrides: Overrides) -> anyhow::Result<Config> {
        let named = overrides.file.clone();
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
                } else if name == "store" {
                    store_name(Path::new(&value))
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
        let organisation = pick("organisation", None, file.organisation, "");
        let language = pick("language", overrides.language, file.language, "en");
        let calendar = pick("calendar", None, text(file.calendar), "");
        let limits = pick("limits", None, text(file.limits), "");
        let store = pick("store", None, text(file.store), "");
        let mapping = pick("mapping", None, file.mapping, "redress");
        let source = pick("source", None, file.source, "");
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
        let listen = pick("listen", None, file.listen, "127.0.0.1:8080");
        let address_header = pick("address_header", None, file.address_header, "");
        let trusted_origins = pick(
            "trusted_origins",
            None,
            file.trusted_origins.map(|all| all.join(" ")),
            "",
        );
        let secure_cookies = pick(
            "secure_cookies",
            None,
            file.secure_cookies.map(|yes| yes.to_string()),
            "",
        );
        let batch_at = pick("batch_at", None, file.batch_at, "");
        let socket_mode = pick("socket_mode", None, file.socket_mode, "0660");
        let trusted_proxies = pick(
            "trusted_proxies",
            None,
            file.trusted_proxies.map(|all| all.join(" ")),
            "127.0.0.0/8 ::1",
        );
        let metrics_listen = pick("metrics_listen", None, file.metrics_listen, "");
        let thresholds = pick(
            "thresholds",
            None,
            file.thresholds.map(|all| all.join("; ")),
            "",
        );
        let tables = [
            file.sms.as_ref().map(SmsTable::shown),
            file.mail.as_ref().map(MailTable::shown),
            file.files.as_ref().map(FileTable::shown),
        ];
        let in_tables = tables.into_iter().flatten().flatten();
        origins.extend(in_tables.map(|(name, value)| (name, value, "file")));
        for (name, variable) in PASSWORDS {
            if std::env::var_os(variable).is_some() {
                origins.retain(|(shown, ..)| *shown != name);
                origins.push((name, "(set)".to_owned(), "environment"));
            }
        }
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
            organisation: some(organisation),
            language: language
                .parse()
                .map_err(|e| Failure::Usage(format!("language: {e}")))?,
            calendar: some(calendar).map(PathBuf::from),
            limits: some(limits).map(PathBuf::from),
            store: some(store).map(PathBuf::from),
            mapping,
            source: some(source),
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
            listen,
            address_header: some(address_header),
            trusted_origins: trusted_origins
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            secure_cookies: some(secure_cookies)
                .map(|text| {
                    text.parse().map_err(|_| {
                        Failure::Usage(format!(
                            "secure_cookies: `{text}` is neither true nor false"
                        ))
                    })
                })
                .transpose()?,
            batch_at: some(batch_at),
            socket_mode,
            trusted_proxies: trusted_proxies
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            metrics_listen: some(metrics_listen),
            file: named,
            sms: file.sms,
            mail: file.mail,
            files: file.files,
            origins,
        })
    }

    /// The folder that messages are written into where a gateway is `file`, also when none is at present.
    pub fn message_files(&self) -> PathBuf {
        FileTable::folder_of(self.files.as_ref())
    }

    /// The gateways of messages, checked; password files are read now.
    ///
    /// # Errors
    /// When a table does not fit, or a password file cannot be read (exit code 2).
    pub fn channels(&self) -> Result<channels::Settings, Failure> {
        let [sms, mail] =
            PASSWORDS.map(|(_, variable)| std::env::var(variable).ok().map(Secret::new));
        channels::Settings::from_tables(
            self.sms.as_ref(),
            self.mail.as_ref(),
            self.files.as_ref(),
            Passwords { sms, mail },
            self.language,
        )
        .map_err(|e| Failure::Usage(e.to_string()))
    }
}

/// Settings that may be passwords of the environment, and the variables.
const PASSWORDS: [(&str, &str); 2] = [
    ("sms.password", "REDRESS_SMS_PASSWORD"),
    ("mail.password", "REDRESS_MAIL_PASSWORD"),
];

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

/// `redress config`.
pub fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Show => {
            let mut rows: Vec<Vec<Value>> = context
                .config
                .origins
                .iter()
                .map(|(name, value, origin)| row([name, value, origin]))
                .collect();
            // What somebody set in the register holds for every process that uses it, where there is one to be read.
            if let Ok(register) = Register::open_read_only(&context.config.register) {
                for &setting in Setting::ALL {
                    let value = register.setting(setting)?;
                    if value != setting.default_value() {
                        let name = format!("register.{setting}");
                        rows.push(row([name.as_str(), value.as_str(), "register"]));
                    }
                }
            }
            print(["setting", "value", "origin"], rows, context)?;
            Ok(context.config.check()?)
        }
        Command::Register => {
            let register = Register::open_read_only(&context.config.register)?;
            let mut rows = Vec::new();
            for &setting in Setting::ALL {
                let value = register.setting(setting)?;
                let range = range(setting);
                rows.push(row([
                    setting.as_str(),
                    &value,
                    setting.default_value(),
                    &range,
                ]));
            }
            print(["setting", "value", "default", "range"], rows, context)
        }
        Command::Remedies { set, toml } => remedies(context, set.as_deref(), toml),
        Command::DecisionRules { set, toml } => decision_rules(context, set.as_deref(), toml),
        Command::Set { setting, value } => {
            let mut register = Register::open(&context.config.register)?;
            let before = register.setting(setting)?;
            register.set_setting(setting, &value).map_err(|error| {
                match range(setting).as_str() {
                    "" => anyhow::Error::from(error),
                    range => Failure::Usage(format!("{setting}: `{value}` is not {range}")).into(),
                }
            })?;
            let rows = vec![row([setting.as_str(), &value, &before])];
            print(["setting", "value", "before"], rows, context)
        }
    }
}

/// `redress config remedies`.
fn remedies(context: &Context, set: Option<&Path>, toml: bool) -> anyhow::Result<()> {
    let path = &context.config.register;
    let list = match set {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| Failure::Usage(format!("{}: cannot be read", file.display())))?;
            // A file that does not fit is the caller's to mend, before anything of the register is opened.
            ExternalRemedies::parse(&text)
                .map_err(|e| Failure::Usage(format!("{}: {e}", file.display())))?;
            Register::open(path)?.set_external_remedies(&text)?
        }
        None => {
            let register = Register::open_read_only(path)?;
            if toml {
                return output::write_out(register.external_remedies_toml()?.as_bytes());
            }
            register.external_remedies()?
        }
    };
    let mut rows = Vec::new();
    for remedy in list.iter() {
        for &language in Language::ALL {
            let texts = remedy.texts(language);
            rows.push(row([
                &remedy.id,
                language.as_str(),
                &texts.name,
                &texts.whom,
                &texts.how,
                texts.limit.as_deref().unwrap_or_default(),
            ]));
        }
    }
    let columns = ["id", "language", "name", "whom", "how", "limit"];
    print(columns, rows, context)
}

/// `redress config decision-rules`.
fn decision_rules(context: &Context, set: Option<&Path>, toml: bool) -> anyhow::Result<()> {
    let path = &context.config.register;
    let rules = match set {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| Failure::Usage(format!("{}: cannot be read", file.display())))?;
            DecisionRules::parse(&text)
                .map_err(|e| Failure::Usage(format!("{}: {e}", file.display())))?;
            Register::open(path)?.set_decision_rules(&text)?
        }
        None => {
            let register = Register::open_read_only(path)?;
            if toml {
                return output::write_out(register.decision_rules_toml()?.as_bytes());
            }
            register.decision_rules()?
        }
    };
    let mut rows = Vec::new();
    for rule in rules.iter() {
        let said = rule.text(context.config.language);
        let (language, title, text) = match &said {
            Some((language, said)) => (language.as_str(), said.title.as_str(), said.text.as_str()),
            None => ("", "", ""),
        };
        rows.push(row([
            &rule.code,
            &rule.version,
            language,
            title,
            text.trim(),
        ]));
    }
    print(
        ["code", "version", "language", "title", "text"],
        rows,
        context,
    )
}

/// What a setting of the register may be; empty where it is any text.
fn range(setting: Setting) -> String {
    match (setting, setting.range()) {
        (_, Some((least, most))) => format!("{least} to {most}"),
        (Setting::PreferredMeans, None) => "sms or email".to_owned(),
        (Setting::SecondFactorRoles, None) => "roles of staff, separated by commas".to_owned(),
        (Setting::OrganisationPhone, None) => "a telephone number".to_owned(),
        (Setting::OrganisationEmail, None) => "a mail address".to_owned(),
        (Setting::OrganisationWebsite, None) => "an address with https://".to_owned(),
        (Setting::OrganisationAddress, None) => "one line of at most 300 characters".to_owned(),
        (_, None) => String::new(),
    }
}

fn row<const N: usize>(values: [&str; N]) -> Vec<Value> {
    values.map(|text| Value::Text(text.to_owned())).to_vec()
}

fn print<const N: usize>(
    columns: [&str; N],
    rows: Vec<Vec<Value>>,
    context: &Context,
) -> anyhow::Result<()> {
    let columns = columns.map(str::to_owned).to_vec();
    output::print(&Counted { columns, rows }, context.format)
}
