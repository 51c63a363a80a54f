//! Whether settings can be what they stand for: looked at when they are shown and before a server starts, so that nobody
//! learns of a slip of the pen from the first night that fails.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono::NaiveTime;
use redress_engine::threshold::Threshold;
use redress_web::{Listen, Trusted};

use super::{Config, DEFAULT_FILE};
use crate::failure::Failure;

impl Config {
    /// Names every setting that cannot be what it stands for, with where it was set and what is allowed.
    ///
    /// # Errors
    /// When there is one (exit code 2).
    pub fn check(&self) -> Result<(), Failure> {
        refused(self.faults().into_iter().map(|(_, fault)| fault))
    }

    /// The same for what a nightly batch needs; who listens where is not its business.
    ///
    /// # Errors
    /// When one of these settings is wrong (exit code 2).
    pub fn check_batch(&self) -> Result<(), Failure> {
        let needed = ["currency", "thresholds", "alarm_mail"];
        let faults = self.faults().into_iter();
        refused(faults.filter_map(|(name, fault)| needed.contains(&name).then_some(fault)))
    }

    /// What is wrong, each with its setting's name.
    fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let mut look = |name: &'static str, found: Result<(), String>| {
            if let Err(why) = found {
                faults.push((name, format!("{}{name}: {why}", self.place_of(name))));
            }
        };
        let mode = socket_mode(&self.socket_mode);
        let listens = |text: &str| place(text, 0).map(drop);
        look("listen", listens(&self.listen));
        if let Some(text) = &self.metrics_listen {
            look("metrics_listen", listens(text));
        }
        look("socket_mode", mode.map(drop));
        let trusted = Trusted::of(&self.trusted_proxies);
        look(
            "trusted_proxies",
            trusted.map(drop).map_err(|e| e.to_string()),
        );
        if let Some(text) = &self.batch_at {
            look("batch_at", time_of_day(text).map(drop));
        }
        if let Some(text) = &self.currency {
            look("currency", currency(text));
        }
        for text in &self.thresholds {
            let threshold = text.parse::<Threshold>();
            look("thresholds", threshold.map(drop).map_err(|e| e.to_string()));
        }
        if let Some(text) = self.alarm_mail.as_deref().filter(|text| !is_mailbox(text)) {
            let why = format!("`{text}` is no mail address; write it as name@example.org");
            look("alarm_mail", Err(why));
        }
        faults
    }

    /// The thresholds, read.
    ///
    /// # Errors
    /// When one cannot be read, with where it was set (exit code 2).
    pub fn read_thresholds(&self) -> Result<Vec<Threshold>, Failure> {
        let read = self.thresholds.iter().map(|text| text.parse());
        read.collect::<Result<_, _>>().map_err(|why| {
            Failure::Usage(format!("{}thresholds: {why}", self.place_of("thresholds")))
        })
    }

    /// Where a setting was set, to be said before its name; nothing where that was a flag.
    fn place_of(&self, name: &str) -> String {
        let origin = self.origins.iter().find(|(known, ..)| *known == name);
        match origin.map(|(.., origin)| *origin) {
            Some("file") => {
                let file = self.file.as_deref().unwrap_or(Path::new(DEFAULT_FILE));
                format!("{}: ", file.display())
            }
            Some("environment") => format!("REDRESS_{}: ", name.to_uppercase()),
            _ => String::new(),
        }
    }
}

/// Several faults as one refusal.
fn refused(faults: impl Iterator<Item = String>) -> Result<(), Failure> {
    let faults: Vec<String> = faults.collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Failure::Usage(faults.join("; "))),
    }
}

/// Where to listen.
///
/// # Errors
/// What is wrong with it, and what is allowed.
pub fn place(text: &str, mode: u32) -> Result<Listen, String> {
    if let Some(path) = text.strip_prefix("unix:") {
        return Ok(Listen::Unix {
            path: PathBuf::from(path),
            mode,
        });
    }
    let address: SocketAddr = text.parse().map_err(|_| {
        format!(
            "`{text}` is neither an address with a port such as 127.0.0.1:8080 nor unix:/path/of/a/socket"
        )
    })?;
    Ok(Listen::Tcp(address))
}

/// The mode of a socket: octal digits, of its reading and writing bits alone.
///
/// # Errors
/// What is wrong with it, and what is allowed.
pub fn socket_mode(text: &str) -> Result<u32, String> {
    u32::from_str_radix(text, 8)
        .ok()
        .filter(|mode| mode & !0o666 == 0)
        .ok_or_else(|| format!("`{text}` is no mode of a socket such as 0660"))
}

/// A time of day.
///
/// # Errors
/// What is wrong with it, and what is allowed.
pub fn time_of_day(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M")
        .map_err(|_| format!("`{text}` is no time of day such as 02:30"))
}

/// An address of a colleague may lie on this machine: `root@localhost`.
fn is_mailbox(text: &str) -> bool {
    let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let parts: Vec<&str> = text.split('@').collect();
    plain && matches!(parts[..], [whose, host] if !whose.is_empty() && !host.is_empty())
}

/// Codes of currencies have three letters (ISO 4217); which are in use changes with the years.
fn currency(text: &str) -> Result<(), String> {
    match text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        true => Ok(()),
        false => Err(format!(
            "`{text}` is no code of a currency; write its three letters, such as TRY or EUR"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_to_listen_is_an_address_or_a_socket() {
        assert_eq!(
            place("[::1]:8080", 0o660).unwrap(),
            Listen::Tcp("[::1]:8080".parse().unwrap())
        );
        let socket = Listen::Unix {
            path: PathBuf::from("/run/redress/site.sock"),
            mode: 0o660,
        };
        assert_eq!(place("unix:/run/redress/site.sock", 0o660).unwrap(), socket);
        let refused = place("9464", 0o660).unwrap_err();
        assert!(refused.contains("`9464`"), "{refused}");
    }

    #[test]
    fn a_sockets_mode_lets_people_write_and_nothing_else() {
        assert_eq!(socket_mode("0660").unwrap(), 0o660);
        assert_eq!(socket_mode("600").unwrap(), 0o600);
        for text in ["", "0680", "0770", "4660", "rw"] {
            assert!(socket_mode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn who_is_told_has_an_address() {
        assert!(is_mailbox("quality@example.org") && is_mailbox("root@localhost"));
        for text in ["quality", "@example.org", "a@", "a@b@c", "a b@example.org"] {
            assert!(!is_mailbox(text), "{text}");
        }
    }

    #[test]
    fn a_currency_is_its_code() {
        assert!(currency("TRY").is_ok());
        for text in ["try", "TL", "₺", "EURO"] {
            assert!(currency(text).is_err(), "{text}");
        }
    }
}
