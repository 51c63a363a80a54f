//! What all pages share: settings, connections to the register, texts, the rules in force.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::api::Allowance;
use super::error::{Result, WebError};
use super::health::Readiness;
use super::metrics::Metrics;
use super::visits::Visits;
use super::words::Words;
use redress_domain::rulebook::Rulebook;
use redress_domain::vocabulary::Language;
use redress_register::Register;

/// Reads the calendar and limits in force.
pub type RulesSource = Arc<dyn Fn() -> std::result::Result<Rulebook, String> + Send + Sync>;

/// Builds a pack of a period in a language; answers its folder.
pub type PackBuilder =
    Arc<dyn Fn(&str, Language) -> std::result::Result<PathBuf, String> + Send + Sync>;

/// The settings of the server.
#[derive(Clone)]
pub struct Settings {
    pub register: PathBuf,
    pub lake: PathBuf,
    /// Folder of review packs.
    pub out: PathBuf,
    pub organisation: String,
    /// Where the visitor names none that we have.
    pub language: Language,
    /// ISO 4217 code of amounts; amounts stand without one when there is none.
    pub currency: Option<String>,
    pub rules: RulesSource,
    pub packs: PackBuilder,
    /// Cookies are sent over HTTPS only. Off only for trying out on this machine.
    pub secure_cookies: bool,
    /// The header in which a proxy of ours gives the visitor's address; without one the connection's.
    pub address_header: Option<String>,
    /// Other origins whose forms are taken, for a proxy that changes the host's name.
    pub trusted_origins: Vec<String>,
}

/// The state of the server.
pub struct App {
    pub settings: Settings,
    pub visits: Visits,
    /// How much each integration has asked for in the last minute.
    pub allowance: Allowance,
    /// What is counted while the server runs.
    pub metrics: Metrics,
    /// What was found when it was last looked whether requests can be answered.
    pub readiness: Readiness,
    registers: Mutex<Vec<Register>>,
    rules: Mutex<Option<(DateTime<Utc>, Arc<Rulebook>)>>,
    en: Words,
    tr: Words,
    ru: Words,
}

/// For how long the rules in force are kept before they are read again.
const RULES_KEPT: TimeDelta = TimeDelta::seconds(60);

/// Connections that are kept open between requests.
const IDLE_REGISTERS: usize = 8;

impl App {
    /// Opens the register and the store of visits beside it.
    ///
    /// # Errors
    /// When the register cannot be opened, the store cannot be made, or a translation is damaged.
    pub fn open(settings: Settings) -> Result<App> {
        let first = Register::open(&settings.register)?;
        Ok(App {
            visits: Visits::open(&settings.register)?,
            allowance: Allowance::default(),
            metrics: Metrics::default(),
            readiness: Readiness::default(),
            registers: Mutex::new(vec![first]),
            rules: Mutex::new(None),
            en: Words::load(Language::En)?,
            tr: Words::load(Language::Tr)?,
            ru: Words::load(Language::Ru)?,
            settings,
        })
    }

    /// Does something with a connection to the register that nobody else uses meanwhile.
    ///
    /// # Errors
    /// Those of the work, and of opening the register.
    pub fn register<T, E: From<redress_register::RegisterError>>(
        &self,
        work: impl FnOnce(&mut Register) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let idle = locked(&self.registers).pop();
        let mut register = match idle {
            Some(register) => register,
            None => Register::open(&self.settings.register)?,
        };
        let outcome = work(&mut register);
        let mut registers = locked(&self.registers);
        if registers.len() < IDLE_REGISTERS {
            registers.push(register);
        }
        outcome
    }

    /// The texts of a language.
    pub fn words(&self, language: Language) -> &Words {
        match language {
            Language::En => &self.en,
            Language::Tr => &self.tr,
            Language::Ru => &self.ru,
        }
    }

    /// Calendar and limits in force, at most a minute old.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn rules(&self, now: DateTime<Utc>) -> Result<Arc<Rulebook>> {
        let mut kept = locked(&self.rules);
        if let Some((read_at, rules)) = kept.as_ref()
            && now - *read_at < RULES_KEPT
        {
            return Ok(Arc::clone(rules));
        }
        let rules = Arc::new((self.settings.rules)().map_err(WebError::Rules)?);
        *kept = Some((now, Arc::clone(&rules)));
        Ok(rules)
    }
}

/// The lock, also after somebody panicked holding it: what it guards is whole at every moment.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
