//! The password file (`~/.pgpass`): lines `host:port:database:user:password`, `*` for any, `\` before `:` and `\`
//! (PostgreSQL's manual, "The Password File").

use std::fs;
use std::path::{Path, PathBuf};

use super::address::{Address, Host, Variable};
use super::error::PostgresError;

/// What a local socket is called in the file.
const LOCAL: &str = "localhost";

/// The password of the first line that fits; `None` without such a line or without the file.
///
/// # Errors
/// When others may read the file: as PostgreSQL's own programs it is then not used, and that is said.
pub(super) fn password_for(
    address: &Address,
    variable: Variable<'_>,
) -> Result<Option<String>, PostgresError> {
    let path = match (variable("PGPASSFILE"), variable("HOME")) {
        (Some(path), _) => PathBuf::from(path),
        (None, Some(home)) => Path::new(&home).join(".pgpass"),
        (None, None) => return Ok(None),
    };
    // A file that is not there is no password; `/dev/null` is no file either.
    if !path.is_file() {
        return Ok(None);
    }
    let refuse = |what: String| PostgresError::PasswordFile {
        path: path.clone(),
        what,
    };
    if is_open_to_others(&path) {
        return Err(refuse(
            "can be read by others and is not used; make it `chmod 600`".to_owned(),
        ));
    }
    let text = fs::read_to_string(&path).map_err(|e| refuse(format!("cannot be read: {e}")))?;
    let host = match &address.host {
        Host::Tcp(host) => host.clone(),
        Host::Socket(folder) if folder == Path::new("/var/run/postgresql") => LOCAL.to_owned(),
        Host::Socket(folder) => folder.display().to_string(),
    };
    let wanted = [
        host,
        address.port.to_string(),
        address.database.clone(),
        address.user.clone(),
    ];
    Ok(text.lines().find_map(|line| password_in(line, &wanted)))
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

/// The password of a line whose four names fit.
fn password_in(line: &str, wanted: &[String; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = Vec::with_capacity(5);
    let mut field = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => field.extend(characters.next()),
            // A password may have colons of its own.
            ':' if fields.len() < 4 => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    let (password, names) = fields.split_last()?;
    let fits = names.len() == wanted.len()
        && names
            .iter()
            .zip(wanted)
            .all(|(name, wanted)| name == "*" || name == wanted);
    (fits && !password.is_empty()).then(|| password.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Option<String> {
        let wanted = ["db", "5432", "zammad", "desk"].map(str::to_owned);
        password_in(line, &wanted)
    }

    #[test]
    fn a_line_fits_by_its_names_or_by_stars() {
        assert_eq!(found("db:5432:zammad:desk:hush").as_deref(), Some("hush"));
        assert_eq!(found("*:*:*:*:hush").as_deref(), Some("hush"));
        for other in [
            "db:5433:zammad:desk:hush",
            "db:5432:other:desk:hush",
            "# db:5432:zammad:desk:hush",
            "db:5432:zammad:hush",
            "db:5432:zammad:desk:",
            "",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn colons_and_backslashes_are_written_with_a_backslash() {
        assert_eq!(found(r"*:*:*:*:a\:b\\c").as_deref(), Some(r"a:b\c"));
        // Only the first four colons separate.
        assert_eq!(found("*:*:*:*:a:b").as_deref(), Some("a:b"));
    }

    #[test]
    fn a_file_that_others_may_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pass");
        fs::write(&path, "db:*:*:desk:hush\n").unwrap();
        let variable = |name: &str| match name {
            "PGPASSFILE" => Some(path.display().to_string()),
            _ => None,
        };
        let read = || Address::of("postgres://desk@db/zammad", &variable);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = read().err().unwrap().to_string();
        assert!(error.contains("chmod 600") && !error.contains("hush"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let address = read().ok().unwrap();
        assert_eq!(address.password.unwrap().reveal(), "hush");
    }
}
