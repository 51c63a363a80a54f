//! Where a file is to stand: its folder is looked at before anything is written aside, so that nobody reads of a name
//! that they never gave.

use std::io;
use std::path::Path;

/// The folder in which a file is to stand.
///
/// # Errors
/// When it is not there, or is no folder; the error says what to do.
pub fn folder_for(file: &Path) -> io::Result<&Path> {
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = folder.display();
    match folder.metadata() {
        Ok(about) if about.is_dir() => Ok(folder),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::NotADirectory,
            format!("{name} is no folder; name a place in one"),
        )),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("the folder {name} does not exist; make it first, or name another place"),
        )),
        Err(e) => Err(e),
    }
}

/// An error of writing aside, without the name that only lasts until the file has its own.
pub fn unnamed(error: io::Error) -> io::Error {
    error.kind().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_named_with_what_to_do() {
        assert_eq!(
            folder_for(Path::new("a.html")).expect("here"),
            Path::new(".")
        );
        let place = Path::new("no-such-folder/a.html");
        let said = folder_for(place).expect_err("it is not there").to_string();
        assert!(
            said.starts_with("the folder no-such-folder does not exist; make it first"),
            "{said}"
        );
        let file = std::env::current_exe().expect("a program");
        let said = folder_for(&file.join("a.html"))
            .expect_err("it is a file")
            .to_string();
        let wanted = format!("{} is no folder", file.display());
        assert!(said.starts_with(&wanted), "{said}");
    }
}
