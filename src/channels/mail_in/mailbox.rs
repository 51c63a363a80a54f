//! Where mails lie: Maildir folders, mbox files, single files, standard input. They are only read.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::error::{MailError, file_error};
use super::{maildir, mbox};

/// Bytes of the largest mail that is taken in; mail servers commonly stop well below.
pub const LARGEST_MAIL: usize = 64 * 1024 * 1024;

/// A mail as it lies in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    pub raw: Vec<u8>,
    /// Where it lies, for people.
    pub place: String,
    /// When its file was last written.
    pub file_time: Option<DateTime<Utc>>,
    /// Its file, when it has one to itself.
    pub file: Option<PathBuf>,
}

/// The mails of some mailboxes, one after the other.
#[derive(Debug)]
pub struct Mails {
    waiting: VecDeque<Source>,
    open: Option<mbox::Reader<BufReader<File>>>,
}

#[derive(Debug)]
enum Source {
    /// One mail in a file.
    Single(PathBuf),
    /// Many mails in a file.
    Mbox(PathBuf),
    Stdin,
}

impl Mails {
    /// The mails at these paths: a Maildir, a folder of `.eml` files, an mbox file, a file with one mail, or `-` for one
    /// mail on standard input.
    ///
    /// # Errors
    /// When a path is not there, cannot be read or is no mailbox.
    pub fn at(paths: &[PathBuf]) -> Result<Mails, MailError> {
        let mut waiting = VecDeque::new();
        for path in paths {
            if path.as_os_str() == "-" {
                waiting.push_back(Source::Stdin);
                continue;
            }
            let metadata = fs::metadata(path).map_err(file_error("look at", path))?;
            if metadata.is_dir() {
                waiting.extend(in_folder(path)?.into_iter().map(Source::Single));
            } else if begins_as_mbox(path)? {
                waiting.push_back(Source::Mbox(path.clone()));
            } else {
                waiting.push_back(Source::Single(path.clone()));
            }
        }
        Ok(Mails {
            waiting,
            open: None,
        })
    }

    /// How many files are still to be read.
    pub fn files(&self) -> usize {
        self.waiting.len()
    }

    /// Whether every mail has a file to itself, so that it can be moved.
    pub fn are_files(&self) -> bool {
        self.waiting
            .iter()
            .all(|source| matches!(source, Source::Single(_)))
    }
}

impl Iterator for Mails {
    type Item = Result<Incoming, MailError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(reader) = &mut self.open {
                match reader.next() {
                    Some(mail) => return Some(mail),
                    None => self.open = None,
                }
            }
            match self.waiting.pop_front()? {
                Source::Single(path) => return Some(single(&path)),
                Source::Stdin => return Some(stdin()),
                Source::Mbox(path) => match mbox(&path) {
                    Ok(reader) => self.open = Some(reader),
                    Err(error) => return Some(Err(error)),
                },
            }
        }
    }
}

/// Moves a mail's file into another folder, which is made where there is none; into `cur` of a Maildir. A name that is
/// taken gets a number.
///
/// # Errors
/// When the folder cannot be made or written.
pub fn put_away(file: &Path, folder: &Path) -> Result<PathBuf, MailError> {
    let folder = match folder.join("cur") {
        cur if cur.is_dir() => cur,
        _ => folder.to_owned(),
    };
    fs::create_dir_all(&folder).map_err(file_error("make the folder", &folder))?;
    let name = file.file_name().unwrap_or_default();
    let mut target = folder.join(name);
    let mut taken = 0;
    while target.exists() {
        taken += 1;
        let mut other = name.to_owned();
        other.push(format!(".{taken}"));
        target = folder.join(other);
    }
    match fs::rename(file, &target) {
        Ok(()) => Ok(target),
        Err(error) if error.kind() == std::io::ErrorKind::CrossesDevices => {
            // The mail is whole at its new place before it leaves the old one.
            let mut from = File::open(file).map_err(file_error("read", file))?;
            let mut aside = tempfile::NamedTempFile::new_in(&folder)
                .map_err(file_error("write into", &folder))?;
            std::io::copy(&mut from, &mut aside).map_err(file_error("write", &target))?;
            aside
                .as_file()
                .sync_all()
                .map_err(file_error("write", &target))?;
            aside
                .persist_noclobber(&target)
                .map_err(|e| file_error("write", &target)(e.error))?;
            fs::remove_file(file).map_err(file_error("move", file))?;
            Ok(target)
        }
        Err(error) => Err(file_error("move", file)(error)),
    }
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, MailError> {
    if let Some(mails) = maildir::mails(folder)? {
        return Ok(mails);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(file_error("read the folder", folder))? {
        let path = entry.map_err(file_error("read the folder", folder))?.path();
        let is_mail = path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("eml"));
        if is_mail && path.is_file() {
            found.push(path);
        }
    }
    if found.is_empty() {
        return Err(MailError::NoMailbox {
            path: folder.to_owned(),
        });
    }
    found.sort();
    Ok(found)
}

fn begins_as_mbox(path: &Path) -> Result<bool, MailError> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(5).read_to_end(&mut start))
        .map_err(file_error("read", path))?;
    Ok(start == b"From ")
}

fn mbox(path: &Path) -> Result<mbox::Reader<BufReader<File>>, MailError> {
    let file = File::open(path).map_err(file_error("read", path))?;
    Ok(mbox::Reader::new(
        BufReader::new(file),
        path,
        written_at(path),
    ))
}

fn single(path: &Path) -> Result<Incoming, MailError> {
    let (raw, path) = match read(path) {
        // A mail program may give it other flags, and so another name, at any moment.
        Err(MailError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            let path = maildir::renamed(path).unwrap_or_else(|| path.to_owned());
            (read(&path)?, path)
        }
        other => (other?, path.to_owned()),
    };
    Ok(Incoming {
        raw,
        place: path.display().to_string(),
        file_time: written_at(&path),
        file: Some(path),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, MailError> {
    let file = File::open(path).map_err(file_error("read", path))?;
    at_most(file, path)
}

fn stdin() -> Result<Incoming, MailError> {
    let place = Path::new("standard input");
    let mut raw = at_most(std::io::stdin().lock(), place)?;
    // Programs that deliver put the line of an mbox before the mail.
    if raw.starts_with(b"From ") {
        let end = raw.iter().position(|byte| *byte == b'\n');
        raw.drain(..end.map_or(raw.len(), |at| at + 1));
    }
    Ok(Incoming {
        raw,
        place: place.display().to_string(),
        file_time: None,
        file: None,
    })
}

fn at_most(from: impl Read, place: &Path) -> Result<Vec<u8>, MailError> {
    let mut raw = Vec::new();
    from.take(LARGEST_MAIL as u64 + 1)
        .read_to_end(&mut raw)
        .map_err(file_error("read", place))?;
    if raw.len() > LARGEST_MAIL {
        return Err(MailError::TooLarge {
            place: place.display().to_string(),
            most: LARGEST_MAIL,
        });
    }
    Ok(raw)
}

fn written_at(path: &Path) -> Option<DateTime<Utc>> {
    let modified = fs::metadata(path).and_then(|data| data.modified()).ok()?;
    Some(DateTime::from(modified))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(paths: &[PathBuf]) -> Vec<String> {
        Mails::at(paths)
            .unwrap()
            .map(|mail| String::from_utf8(mail.unwrap().raw).unwrap())
            .map(|raw| raw.lines().next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn every_kind_of_mailbox_is_known_by_itself() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["box/new", "box/cur", "box/tmp", "loose", "empty"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        for (name, content) in [
            ("box/new/2.host", "Subject: new\n\nx"),
            ("box/cur/1.host:2,S", "Subject: seen\n\nx"),
            ("box/cur/3.host:2,ST", "Subject: trashed\n\nx"),
            ("box/cur/4.host:2,D", "Subject: draft\n\nx"),
            ("box/cur/.hidden", "Subject: hidden\n\nx"),
            ("box/tmp/5.host", "Subject: half\n\nx"),
            ("loose/b.eml", "Subject: b\n\nx"),
            ("loose/a.EML", "Subject: a\n\nx"),
            ("loose/readme.txt", "no mail"),
            (
                "many",
                "From a Tue Mar  3 10:00:00 2026\nSubject: m1\n\nx\n\nFrom b Tue Mar  3 10:00:00 2026\nSubject: m2\n\ny\n",
            ),
        ] {
            fs::write(at(name), content).unwrap();
        }
        assert_eq!(
            subjects(&[at("box"), at("loose"), at("many"), at("loose/b.eml")]),
            [
                "Subject: seen",
                "Subject: new",
                "Subject: a",
                "Subject: b",
                "Subject: m1",
                "Subject: m2",
                "Subject: b"
            ]
        );
        assert!(Mails::at(&[at("box")]).unwrap().are_files());
        assert!(!Mails::at(&[at("many")]).unwrap().are_files());
        let error = Mails::at(&[at("empty")]).unwrap_err();
        assert!(matches!(error, MailError::NoMailbox { .. }), "{error}");
        assert!(matches!(
            Mails::at(&[at("nowhere")]).unwrap_err(),
            MailError::File { .. }
        ));
    }

    #[test]
    fn a_mail_that_gets_other_flags_meanwhile_is_found() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["new", "cur"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        let before = dir.path().join("new/7.host");
        fs::write(&before, "Subject: moved\n\nx").unwrap();
        let mut mails = Mails::at(&[dir.path().to_owned()]).unwrap();
        let after = dir.path().join("cur/7.host:2,RS");
        fs::rename(&before, &after).unwrap();
        assert_eq!(mails.next().unwrap().unwrap().file, Some(after));
    }

    #[test]
    fn a_mail_put_away_overwrites_none() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("1.eml"), dir.path().join("done"));
        for round in 0..3 {
            fs::write(&from, format!("mail {round}")).unwrap();
            put_away(&from, &to).unwrap();
            assert!(!from.exists());
        }
        let mut kept: Vec<String> = fs::read_dir(&to)
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        kept.sort();
        assert_eq!(kept, ["mail 0", "mail 1", "mail 2"]);
    }
}
