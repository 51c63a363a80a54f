//! The register's own settings, with their defaults.

use rusqlite::{Connection, OptionalExtension};

use super::Register;
use super::contact;
use super::error::{RegisterError, Result};
use super::seal::{self, SETTING};
use redress_domain::vocabulary::{Means, Role, words};

pub(super) const REGISTER_ID: &str = "register_id";
pub(super) const ZONE: &str = "zone";

/// Present while a load runs, and for ever when it was broken off.
pub(super) const LOADING: &str = "bulk_load_unfinished";

/// The longest postal address, in characters.
const LONGEST_ADDRESS: usize = 300;

words! {
    /// A setting of the register that may be changed.
    Setting {
        /// The name that messages sign with.
        Organisation = "organisation",
        /// How the organisation is reached by telephone, on the pages and under e-mails.
        OrganisationPhone = "organisation_phone",
        /// The same by e-mail.
        OrganisationEmail = "organisation_email",
        /// The same by letter or in person; one line.
        OrganisationAddress = "organisation_address",
        /// The organisation's own web page.
        OrganisationWebsite = "organisation_website",
        /// The address of the tracking page, for messages.
        TrackingUrl = "tracking_url",
        /// Hours after which entering an event counts as late and needs a reason.
        LateAfterHours = "late_after_hours",
        /// Calendar days from acceptance until the remedy is due.
        RemedyDays = "remedy_days",
        /// Working days without an answer to a communicated decision before the first reminder, and as many
        /// again before the second and last; 0: never.
        ReminderAfterDays = "reminder_after_days",
        /// Calendar days without an answer, after two reminders, that let a decision lapse; 0: never.
        LapseAfterDays = "lapse_after_days",
        /// Calendar days after the closing of a case until the customer is asked how it was handled; 0: never.
        SurveyAfterDays = "survey_after_days",
        /// How a customer with a phone number and an e-mail address is written to: `sms` or `email`.
        PreferredMeans = "preferred_means",
        /// Attempts to send a message before it is given up.
        SendAttempts = "send_attempts",
        /// Calendar days for which backups are kept: an erasure says until when they hold what it erased; 0: unknown.
        BackupDays = "backup_days",
        /// Roles, separated by commas, whose members sign in with a code besides their password; empty: nobody has to.
        SecondFactorRoles = "second_factor_roles",
    }
}

impl Setting {
    /// The value as long as nobody set another.
    pub const fn default_value(self) -> &'static str {
        match self {
            Setting::Organisation
            | Setting::OrganisationPhone
            | Setting::OrganisationEmail
            | Setting::OrganisationAddress
            | Setting::OrganisationWebsite
            | Setting::TrackingUrl => "",
            Setting::LateAfterHours => "24",
            Setting::RemedyDays => "10",
            Setting::ReminderAfterDays => "5",
            Setting::LapseAfterDays => "0",
            Setting::SurveyAfterDays => "3",
            Setting::PreferredMeans => Means::Sms.as_str(),
            Setting::SendAttempts => "8",
            Setting::BackupDays => "0",
            Setting::SecondFactorRoles => "",
        }
    }

    /// The range of a setting that is a number.
    pub const fn range(self) -> Option<(i64, i64)> {
        match self {
            Setting::Organisation
            | Setting::OrganisationPhone
            | Setting::OrganisationEmail
            | Setting::OrganisationAddress
            | Setting::OrganisationWebsite
            | Setting::TrackingUrl
            | Setting::PreferredMeans
            | Setting::SecondFactorRoles => None,
            Setting::LateAfterHours => Some((0, 8_760)),
            Setting::RemedyDays | Setting::LapseAfterDays | Setting::BackupDays => Some((0, 3_650)),
            Setting::ReminderAfterDays | Setting::SurveyAfterDays => Some((0, 365)),
            Setting::SendAttempts => Some((1, 100)),
        }
    }

    /// Whether a text may be the value of a setting that is no number.
    fn takes(self, value: &str) -> bool {
        match self {
            Setting::PreferredMeans => [Means::Sms, Means::Email]
                .iter()
                .any(|means| means.as_str() == value),
            Setting::TrackingUrl => !value.contains(char::is_whitespace),
            // Nothing takes a contact away again.
            Setting::OrganisationPhone => value.is_empty() || contact::is_phone(value),
            Setting::OrganisationEmail => value.is_empty() || contact::is_email(value),
            Setting::OrganisationWebsite => value.is_empty() || contact::is_website(value),
            Setting::OrganisationAddress => {
                !value.contains(char::is_control) && value.chars().count() <= LONGEST_ADDRESS
            }
            Setting::SecondFactorRoles => staff_roles(value).is_some(),
            Setting::Organisation
            | Setting::LateAfterHours
            | Setting::RemedyDays
            | Setting::ReminderAfterDays
            | Setting::LapseAfterDays
            | Setting::SurveyAfterDays
            | Setting::SendAttempts
            | Setting::BackupDays => true,
        }
    }
}

impl Register {
    /// What tells this register from every other: 32 hexadecimal digits, made with it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn identity(&self) -> Result<String> {
        self.read(|conn| required(conn, REGISTER_ID))
    }

    /// A setting's value.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn setting(&self, setting: Setting) -> Result<String> {
        self.read(|conn| text(conn, setting))
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// When a number is out of its range, a word is none of the setting's, or the database cannot be written.
    pub fn set_setting(&mut self, setting: Setting, value: &str) -> Result<()> {
        if let Some((least, most)) = setting.range() {
            let fits = value
                .parse::<i64>()
                .is_ok_and(|n| (least..=most).contains(&n));
            if !fits {
                return Err(RegisterError::invalid(
                    setting.as_str(),
                    value,
                    "give a whole number in the range of this setting",
                ));
            }
        }
        if !setting.takes(value) {
            return Err(RegisterError::invalid(
                setting.as_str(),
                value,
                "preferred_means is sms or email, tracking_url an address without blanks, second_factor_roles names \
                 roles of staff separated by commas, organisation_phone 7 to 15 figures, organisation_email a mail \
                 address, organisation_website an address with https://, organisation_address one line",
            ));
        }
        self.write(|w| store(&w.tx, setting.as_str(), value))
    }
}

/// Roles of staff, separated by commas; `None` where one of them is none.
pub(super) fn staff_roles(text: &str) -> Option<Vec<Role>> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(|word| match word.parse::<Role>() {
            Ok(Role::Customer | Role::System) | Err(_) => None,
            Ok(role) => Some(role),
        })
        .collect()
}

/// A setting's value or its default.
pub(super) fn text(conn: &Connection, setting: Setting) -> Result<String> {
    let stored = lookup(conn, setting.as_str())?;
    Ok(stored.unwrap_or_else(|| setting.default_value().to_owned()))
}

/// A setting that is a whole number.
pub(super) fn whole(conn: &Connection, setting: Setting) -> Result<i64> {
    let text = text(conn, setting)?;
    text.parse().map_err(|_| RegisterError::Unreadable {
        table: "setting",
        key: setting.to_string(),
        why: format!("`{text}` is no whole number"),
    })
}

/// A setting that every register has since it was made.
pub(super) fn required(conn: &Connection, key: &'static str) -> Result<String> {
    lookup(conn, key)?.ok_or_else(|| RegisterError::Unreadable {
        table: "setting",
        key: key.to_owned(),
        why: "it is missing".to_owned(),
    })
}

/// Writes a setting's row.
pub(super) fn store(conn: &Connection, key: &str, value: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO setting (key, value, checksum) VALUES (?1, ?2, x'')
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )?;
    let rowid = conn.query_row("SELECT rowid FROM setting WHERE key = ?1", [key], |row| {
        row.get(0)
    })?;
    seal::seal(conn, SETTING, rowid)
}

/// Takes a row away, if it still has this value.
pub(super) fn remove(conn: &Connection, key: &str, value: &str) -> Result<()> {
    conn.execute(
        "DELETE FROM setting WHERE key = ?1 AND value = ?2",
        (key, value),
    )?;
    Ok(())
}

/// The value of a row, if there is one.
pub(super) fn lookup(conn: &Connection, key: &str) -> Result<Option<String>> {
    Ok(conn
        .prepare_cached("SELECT value FROM setting WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}
