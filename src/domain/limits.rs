//! Versioned limits: how many counted days a stage may take.
//!
//! The limit in force when a stage starts is its limit for good; a later change of severity or
//! department does not touch it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::calendar_file::toml_date;
use super::vocabulary::{Severity, words};
use redress_plain::toml_fault::in_one_line;

words! {
    /// The stages that have a limit. Waiting for the customer's answer has none.
    Stage {
        Intake = "intake", Processing = "processing", Resolution = "resolution",
        Overall = "overall", Acknowledgement = "acknowledgement",
    }
}

/// Longest limit that is believed, in counted days.
const LONGEST_LIMIT: u32 = 1000;

/// The first day of limits that name none: older than any calendar's table.
const SINCE_EVER: NaiveDate = match NaiveDate::from_ymd_opt(1900, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// One limit, with what it applies to. A criterion left out applies to all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitRule {
    pub version: u32,
    /// First local date of a stage's start to which it applies.
    pub effective_from: NaiveDate,
    /// When the register learnt it; absent = from the beginning.
    pub recorded_at: Option<DateTime<Utc>>,
    pub stage: Stage,
    pub pass: Option<u8>,
    pub severity: Option<Severity>,
    pub department: Option<String>,
    /// Counted days, 1 or more.
    pub days: u32,
}

/// What a limit is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitQuery<'a> {
    pub stage: Stage,
    pub pass: u8,
    /// The responsible department at the stage's start.
    pub department: Option<&'a str>,
    /// The severity at the stage's start.
    pub severity: Option<Severity>,
    /// Local date of the stage's start.
    pub started_on: NaiveDate,
    /// Only limits that the register knew then; `None` = all.
    pub known_at: Option<DateTime<Utc>>,
}

/// The limit of one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitInForce {
    /// Counted days.
    pub days: u32,
    pub version: u32,
}

/// All limits, old and new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    rules: Vec<LimitRule>,
}

/// Why limits cannot be read or do not answer.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    #[error(
        "the stage `{stage}` has no limit that holds for all departments, severities and passes; add one"
    )]
    Incomplete { stage: Stage },
    #[error("limits: the file is no valid TOML of limits: {0}")]
    Syntax(String),
    #[error("limits: cannot be written: {0}")]
    Write(#[from] toml::ser::Error),
    #[error("limits: entry {entry} ({stage}, version {version}): {problem}")]
    BadRule {
        /// From 1, in the order of the file.
        entry: usize,
        stage: Stage,
        version: u32,
        problem: String,
    },
    #[error(
        "limits: entries {first} and {second} set the same limit ({stage}, version {version}) from the same day; remove one"
    )]
    Duplicate {
        first: usize,
        second: usize,
        stage: Stage,
        version: u32,
    },
    #[error(
        "limits: none is set for {stage}, pass {pass}, started on {started_on}; add one without criteria, effective from that day or before"
    )]
    NoneInForce {
        stage: Stage,
        pass: u8,
        started_on: NaiveDate,
    },
}

impl Default for Limits {
    /// The published limits: intake 2, processing 4, resolution 1, and the whole 7 counted days; ours:
    /// acknowledgement within 1.
    fn default() -> Self {
        let rule = |stage, days| LimitRule {
            version: 1,
            effective_from: SINCE_EVER,
            recorded_at: None,
            stage,
            pass: None,
            severity: None,
            department: None,
            days,
        };
        Limits {
            rules: vec![
                rule(Stage::Intake, 2),
                rule(Stage::Processing, 4),
                rule(Stage::Resolution, 1),
                rule(Stage::Overall, 7),
                rule(Stage::Acknowledgement, 1),
            ],
        }
    }
}

impl Limits {
    /// Checks the rules and keeps them in the order given.
    ///
    /// # Errors
    /// Names the entry that is out of range, or the two that contradict each other.
    pub fn new(rules: Vec<LimitRule>) -> Result<Self, LimitError> {
        for (place, rule) in rules.iter().enumerate() {
            let problem = if rule.version == 0 {
                Some("the version must be 1 or more".to_owned())
            } else if rule.days == 0 || rule.days > LONGEST_LIMIT {
                Some(format!(
                    "{} counted days; give 1 to {LONGEST_LIMIT}",
                    rule.days
                ))
            } else if rule.pass == Some(0) {
                Some("pass 0 does not exist; passes are numbered from 1".to_owned())
            } else {
                None
            };
            if let Some(problem) = problem {
                return Err(LimitError::BadRule {
                    entry: place + 1,
                    stage: rule.stage,
                    version: rule.version,
                    problem,
                });
            }
            let twin = rules.iter().take(place).position(|other| {
                other.scope() == rule.scope()
                    && other.effective_from == rule.effective_from
                    && other.version == rule.version
            });
            if let Some(twin) = twin {
                return Err(LimitError::Duplicate {
                    first: twin + 1,
                    second: place + 1,
                    stage: rule.stage,
                    version: rule.version,
                });
            }
        }
        Ok(Limits { rules })
    }

    /// Reads `[[limit]]` entries from TOML; unknown keys are refused.
    ///
    /// # Errors
    /// [`LimitError::Syntax`] with the line, or what [`Limits::new`] finds.
    pub fn from_toml(text: &str) -> Result<Self, LimitError> {
        let file: LimitFile =
            toml::from_str(text).map_err(|error| LimitError::Syntax(in_one_line(&error, text)))?;
        Limits::new(file.limit.into_iter().map(LimitRule::from).collect())
    }

    /// Writes the same entries as TOML.
    ///
    /// # Errors
    /// [`LimitError::Write`] when a version or a number does not fit TOML.
    pub fn to_toml(&self) -> Result<String, LimitError> {
        let limit = self.rules.iter().cloned().map(LimitEntry::from).collect();
        Ok(toml::to_string(&LimitFile { limit })?)
    }

    /// Every rule, in the order given.
    pub fn rules(&self) -> &[LimitRule] {
        &self.rules
    }

    /// Checks that every stage has a limit that applies whatever the department, severity and pass.
    ///
    /// # Errors
    /// Names the first stage without one.
    pub fn check_complete(&self) -> Result<(), LimitError> {
        match Stage::ALL.iter().find(|stage| {
            !self
                .rules
                .iter()
                .any(|rule| rule.stage == **stage && rule.specificity().0 == 0)
        }) {
            Some(stage) => Err(LimitError::Incomplete { stage: *stage }),
            None => Ok(()),
        }
    }

    /// The highest version among the rules.
    pub fn version(&self) -> u32 {
        self.rules
            .iter()
            .map(|rule| rule.version)
            .max()
            .unwrap_or(0)
    }

    /// The limit in force. Of the rules that apply, the one that names the most criteria wins (among
    /// equals department before severity before pass), then the latest `effective_from`, then the
    /// highest version. So a general rule never overrides an older special one: end a special rule
    /// with a newer one of the same criteria.
    ///
    /// # Errors
    /// [`LimitError::NoneInForce`] when no rule applies.
    pub fn lookup(&self, query: LimitQuery<'_>) -> Result<LimitInForce, LimitError> {
        self.rules
            .iter()
            .filter(|rule| rule.applies_to(query))
            .max_by_key(|rule| (rule.specificity(), rule.effective_from, rule.version))
            .map(|rule| LimitInForce {
                days: rule.days,
                version: rule.version,
            })
            .ok_or(LimitError::NoneInForce {
                stage: query.stage,
                pass: query.pass,
                started_on: query.started_on,
            })
    }
}

impl LimitRule {
    fn applies_to(&self, query: LimitQuery<'_>) -> bool {
        self.stage == query.stage
            && self.effective_from <= query.started_on
            && self.pass.is_none_or(|pass| pass == query.pass)
            && (self.severity.is_none() || self.severity == query.severity)
            && (self.department.is_none() || self.department.as_deref() == query.department)
            && match (self.recorded_at, query.known_at) {
                (Some(recorded), Some(known)) => recorded <= known,
                (None, _) | (_, None) => true,
            }
    }

    /// Number of criteria, then which ones.
    fn specificity(&self) -> (u8, bool, bool) {
        let (department, severity) = (self.department.is_some(), self.severity.is_some());
        let count = u8::from(department) + u8::from(severity) + u8::from(self.pass.is_some());
        (count, department, severity)
    }

    fn scope(&self) -> (Stage, Option<u8>, Option<Severity>, Option<&str>) {
        (
            self.stage,
            self.pass,
            self.severity,
            self.department.as_deref(),
        )
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitFile {
    #[serde(default)]
    limit: Vec<LimitEntry>,
}

/// A rule as the file spells it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitEntry {
    version: u32,
    stage: Stage,
    days: u32,
    /// Left out: since ever.
    #[serde(
        default,
        with = "toml_date::option",
        skip_serializing_if = "Option::is_none"
    )]
    effective_from: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorded_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pass: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    department: Option<String>,
}

impl From<LimitEntry> for LimitRule {
    fn from(entry: LimitEntry) -> Self {
        LimitRule {
            version: entry.version,
            effective_from: entry.effective_from.unwrap_or(SINCE_EVER),
            recorded_at: entry.recorded_at,
            stage: entry.stage,
            pass: entry.pass,
            severity: entry.severity,
            department: entry.department,
            days: entry.days,
        }
    }
}

impl From<LimitRule> for LimitEntry {
    fn from(rule: LimitRule) -> Self {
        LimitEntry {
            version: rule.version,
            stage: rule.stage,
            days: rule.days,
            effective_from: (rule.effective_from != SINCE_EVER).then_some(rule.effective_from),
            recorded_at: rule.recorded_at,
            pass: rule.pass,
            severity: rule.severity,
            department: rule.department,
        }
    }
}
