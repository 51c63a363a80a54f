//! The address of a PostgreSQL database, as its URL gives it, with what the environment adds.
//!
//! The form, the names of the parameters and the variables are those of PostgreSQL's own programs (its manual, "libpq":
//! connection URIs, parameter key words, environment variables).

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::error::PostgresError;
use super::pass_file;
use super::uri::{Uri, bare};

/// Seconds until a server that does not answer counts as not reachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one statement may take; a table is read by many.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(600);
/// How long a lock of another program is waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// A database on a server, and how to speak with it.
#[derive(Clone)]
pub struct Address {
    pub host: Host,
    pub port: u16,
    pub user: String,
    pub database: String,
    pub password: Option<Secret>,
    /// Settings of the session, such as `-csearch_path=zammad`.
    pub options: Option<String>,
    pub tls: TlsMode,
    /// The file of certificates that are trusted, in place of the public ones.
    pub root_certificates: Option<PathBuf>,
    pub connect_timeout: Duration,
    /// Zero: none.
    pub statement_timeout: Duration,
    /// Zero: none.
    pub lock_timeout: Duration,
}

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name or an IP address.
    Tcp(String),
    /// The folder of a Unix socket.
    Socket(PathBuf),
}

/// How much of TLS is asked for (`sslmode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// None.
    Disable,
    /// Where the server offers it.
    Prefer,
    /// Always, without asking who the server is.
    Require,
    /// Always, with a certificate of a trusted authority.
    VerifyCa,
    /// Always, with a trusted certificate of this very host.
    VerifyFull,
}

impl TlsMode {
    fn of(text: &str) -> Option<TlsMode> {
        match text {
            "disable" => Some(TlsMode::Disable),
            "prefer" => Some(TlsMode::Prefer),
            "require" => Some(TlsMode::Require),
            "verify-ca" => Some(TlsMode::VerifyCa),
            "verify-full" => Some(TlsMode::VerifyFull),
            _ => None,
        }
    }
}

/// A password: no message, log or debugging line shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The password itself, for the login alone.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// As messages and manifests name the database: without the password and the parameters.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        f.write_str(&self.user)?;
        match &self.host {
            Host::Tcp(host) if host.contains(':') => write!(f, "@[{host}]")?,
            Host::Tcp(host) => write!(f, "@{host}")?,
            Host::Socket(folder) => write!(f, "@{}", folder.display())?,
        }
        write!(f, ":{}/{}", self.port, self.database)
    }
}

/// Reads a variable of the environment.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Address {
    /// Reads a URL. What it leaves out comes from the variables that PostgreSQL's own programs read, and the password from
    /// `PGPASSWORD` or the password file.
    ///
    /// # Errors
    /// When it is no such URL, or has a parameter that is not known or cannot be read.
    pub fn of(url: &str, variable: Variable<'_>) -> Result<Address, PostgresError> {
        let refuse = |what: String| PostgresError::Url {
            store: bare(url),
            what,
        };
        let mut uri = Uri::of(url).map_err(refuse)?;
        let mut take = |name: &str, variable_name: &str| {
            uri.take(name)
                .or_else(|| variable(variable_name))
                .filter(|text| !text.is_empty())
        };
        let host = host_of(take("host", "PGHOST"));
        let port = match take("port", "PGPORT") {
            Some(text) => text
                .parse()
                .map_err(|_| refuse("has a port that is no number up to 65535".to_owned()))?,
            None => 5432,
        };
        let user = take("user", "PGUSER")
            .or_else(|| variable("USER"))
            .or_else(|| variable("LOGNAME"))
            .ok_or_else(|| {
                refuse("names no user: write postgres://USER@HOST/DATABASE".to_owned())
            })?;
        let database = take("dbname", "PGDATABASE").unwrap_or_else(|| user.clone());
        let tls = match take("sslmode", "PGSSLMODE") {
            Some(text) => TlsMode::of(&text).ok_or_else(|| {
                refuse(format!(
                    "sslmode `{text}` is none of disable, prefer, require, verify-ca, verify-full"
                ))
            })?,
            None => TlsMode::Prefer,
        };
        let root_certificates = take("sslrootcert", "PGSSLROOTCERT").map(PathBuf::from);
        let connect_timeout = match take("connect_timeout", "PGCONNECT_TIMEOUT") {
            Some(text) => Duration::from_secs(text.parse().map_err(|_| {
                refuse(format!(
                    "connect_timeout `{text}` is no whole number of seconds"
                ))
            })?),
            None => CONNECT_TIMEOUT,
        };
        let mut limit = |name: &str, default: Duration| {
            match take(name, "") {
            Some(text) => duration(&text).ok_or_else(|| {
                refuse(format!(
                    "{name} `{text}` is no time such as 90s, 15min or 2h (a number alone: milliseconds)"
                ))
            }),
            None => Ok(default),
        }
        };
        let statement_timeout = limit("statement_timeout", STATEMENT_TIMEOUT)?;
        let lock_timeout = limit("lock_timeout", LOCK_TIMEOUT)?;
        let options = take("options", "PGOPTIONS");
        let password = take("password", "PGPASSWORD");
        if let Some(name) = uri.left_over() {
            return Err(refuse(format!(
                "the parameter `{name}` is not known here; known are {KNOWN}"
            )));
        }
        let mut address = Address {
            host,
            port,
            user,
            database,
            password: password.map(Secret),
            options,
            tls,
            root_certificates,
            // Zero means "wait for ever" elsewhere; a batch at night never does.
            connect_timeout: if connect_timeout.is_zero() {
                CONNECT_TIMEOUT
            } else {
                connect_timeout
            },
            statement_timeout,
            lock_timeout,
        };
        if address.password.is_none() {
            address.password = pass_file::password_for(&address, variable)?.map(Secret);
        }
        Ok(address)
    }
}

/// The parameters that a URL may have.
const KNOWN: &str = "host, port, user, password, dbname, sslmode, sslrootcert, connect_timeout, statement_timeout, lock_timeout, options";

/// Where PostgreSQL's own programs look for a server that is not named.
const DEFAULT_SOCKET: &str = "/var/run/postgresql";

fn host_of(named: Option<String>) -> Host {
    match named {
        Some(host) if host.starts_with('/') => Host::Socket(host.into()),
        Some(host) => Host::Tcp(host),
        None => {
            let folder = PathBuf::from(DEFAULT_SOCKET);
            if folder.is_dir() {
                Host::Socket(folder)
            } else {
                Host::Tcp("localhost".to_owned())
            }
        }
    }
}

/// A time as PostgreSQL's settings have it: a whole number with `ms`, `s`, `min`, `h` or `d`, alone in milliseconds.
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let number: u64 = number.parse().ok()?;
    let millis = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    // The server's settings are 32-bit numbers of milliseconds.
    let millis = number.checked_mul(millis)?;
    i32::try_from(millis)
        .is_ok()
        .then(|| Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Address, PostgresError> {
        Address::of(url, &|name| match name {
            "USER" => Some("somebody".to_owned()),
            "PGPASSFILE" => Some("/dev/null".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn every_part_of_a_url_is_read() {
        let address = read(
            "postgresql://desk%40home:s%3Acret@db.example.org:6432/zam%20mad?sslmode=verify-full&sslrootcert=/etc/ca.pem\
             &connect_timeout=3&statement_timeout=15min&lock_timeout=2500&options=-csearch_path%3Dhelp",
        )
        .unwrap();
        assert_eq!(address.host, Host::Tcp("db.example.org".to_owned()));
        assert_eq!((address.port, address.user.as_str()), (6432, "desk@home"));
        assert_eq!(address.database, "zam mad");
        assert_eq!(address.password.as_ref().unwrap().reveal(), "s:cret");
        assert_eq!(address.tls, TlsMode::VerifyFull);
        assert_eq!(
            address.root_certificates.as_deref(),
            Some(std::path::Path::new("/etc/ca.pem"))
        );
        assert_eq!(address.connect_timeout.as_secs(), 3);
        assert_eq!(address.statement_timeout.as_secs(), 900);
        assert_eq!(address.lock_timeout.as_millis(), 2500);
        assert_eq!(address.options.as_deref(), Some("-csearch_path=help"));
    }

    #[test]
    fn the_shortest_url_is_completed() {
        let address = read("postgres://localhost").unwrap();
        assert_eq!(
            address.to_string(),
            "postgres://somebody@localhost:5432/somebody"
        );
        assert_eq!(address.tls, TlsMode::Prefer);
        let socket = read("postgres:///zammad?host=/run/pg").unwrap();
        assert_eq!(socket.host, Host::Socket(PathBuf::from("/run/pg")));
        let encoded = read("postgres://%2Frun%2Fpg:5433/zammad").unwrap();
        assert_eq!((encoded.host, encoded.port), (socket.host, 5433));
        let six = read("postgres://[::1]:5433/zammad").unwrap();
        assert_eq!(six.host, Host::Tcp("::1".to_owned()));
        assert_eq!(six.to_string(), "postgres://somebody@[::1]:5433/zammad");
    }

    #[test]
    fn a_password_is_in_no_message() {
        let url = "postgres://desk:hush-hush@db/zammad";
        let address = read(url).unwrap();
        assert_eq!(address.to_string(), "postgres://desk@db:5432/zammad");
        assert_eq!(format!("{:?}", address.password), "Some((hidden))");
        for url in [
            "postgres://desk:hush-hush@db:port/zammad",
            "postgres://desk:hush-hush@db/zammad?sslmode=maybe",
            "postgres://desk@db/zammad?password=hush-hush&colour=red",
            "postgres://desk:hush-hush@a,b/zammad",
            "postgres://desk:hush%zz-hush@db/zammad",
        ] {
            let error = read(url).err().unwrap().to_string();
            assert!(!error.contains("hush"), "{error}");
            assert!(error.starts_with("postgres://"), "{error}");
        }
    }

    #[test]
    fn a_parameter_that_is_not_known_is_named_with_those_that_are() {
        let error = read("postgres://db/zammad?sslcert=a.pem").err().unwrap();
        let text = error.to_string();
        assert!(
            text.contains("`sslcert`") && text.contains("sslrootcert"),
            "{text}"
        );
        assert!(read("postgres://db/z?statement_timeout=soon").is_err());
        // More milliseconds than the server's setting holds.
        assert!(read("postgres://db/z?statement_timeout=99d").is_err());
    }
}
