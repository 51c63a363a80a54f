//! The page as PDF, printed by a browser of the Chromium family that is installed.
//!
//! The PDF lies beside the pack, not in it: a browser writes the moment and its own version into it, so the same pack
//! never gives the same bytes twice.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::pack::place::advice;
use redress_plain::place::{folder_for, unnamed};

/// Names a browser to use instead of those looked for.
pub const VARIABLE: &str = "REDRESS_CHROMIUM";

/// Programs looked for, in this order; those with a path are where the systems put them.
const BROWSERS: [&str; 9] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];
/// A page of a million cases prints in seconds; a browser that hangs is ended.
const LONGEST: Duration = Duration::from_secs(180);

/// Why a page was not printed.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    #[error(
        "no Chromium was found to print the page: install one (Debian and Ubuntu: `apt install chromium`; Fedora: `dnf install chromium`; \
         macOS and Windows: Google Chrome), name it in {VARIABLE}, or open {0} in any browser and print it"
    )]
    NoBrowser(PathBuf),
    #[error("{browser}: cannot be started: {source}")]
    Start { browser: String, source: io::Error },
    #[error(
        "{browser}: printed nothing in {seconds} seconds and was stopped; open {page} in any browser and print it"
    )]
    TooLong {
        browser: String,
        seconds: u64,
        page: PathBuf,
    },
    #[error(
        "{browser}: printed no whole PDF in {folder} ({said}); see that there is room and that it may write there, or open {page} \
         in any browser and print it"
    )]
    Failed {
        browser: String,
        said: String,
        folder: PathBuf,
        page: PathBuf,
    },
    #[error(
        "{0}: is a folder, so no PDF is written there; move it, or name another folder with --out"
    )]
    IsAFolder(PathBuf),
    #[error("{path}: the PDF was not written ({source}); {advice}")]
    Unwritten {
        path: PathBuf,
        source: io::Error,
        advice: &'static str,
    },
}

/// Whether a PDF could lie there: asked before the work.
///
/// # Errors
/// When a folder has its name.
pub fn look(target: &Path) -> Result<(), PdfError> {
    match target.is_dir() {
        true => Err(PdfError::IsAFolder(target.to_owned())),
        false => Ok(()),
    }
}

/// Prints a page to a PDF on A4; an existing file is replaced, at once and whole.
///
/// # Errors
/// When no browser is found, or it prints nothing.
pub fn print(page: &Path, target: &Path) -> Result<(), PdfError> {
    let named = std::env::var_os(VARIABLE).filter(|name| !name.is_empty());
    let candidates: Vec<OsString> = match named {
        Some(name) => vec![name],
        None => BROWSERS.iter().map(OsString::from).collect(),
    };
    look(target)?;
    let page = page.canonicalize().map_err(unwritten(page))?;
    let folder = folder_for(target).map_err(unwritten(target))?;
    // Profile and half a PDF live here and go with it.
    let aside = tempfile::Builder::new()
        .prefix(".printing-")
        .tempdir_in(folder)
        .map_err(|e| unwritten(folder)(unnamed(e)))?;
    for browser in candidates {
        let name = browser.to_string_lossy().into_owned();
        let printed = aside.path().join("printed.pdf");
        // The sandbox cannot be had everywhere (as root, in containers); the page is our own and has no script.
        let mut said = String::new();
        for sandbox in [true, false] {
            let child = match start(&browser, &page, &printed, aside.path(), sandbox) {
                Ok(child) => child,
                Err(source) if source.kind() == io::ErrorKind::NotFound => break,
                Err(source) => {
                    return Err(PdfError::Start {
                        browser: name,
                        source,
                    });
                }
            };
            said = match wait(child) {
                Some(said) => said,
                None => {
                    return Err(PdfError::TooLong {
                        browser: name,
                        seconds: LONGEST.as_secs(),
                        page,
                    });
                }
            };
            if std::fs::read(&printed).is_ok_and(|bytes| is_whole(&bytes)) {
                return std::fs::rename(&printed, target).map_err(unwritten(target));
            }
        }
        if !said.is_empty() {
            return Err(PdfError::Failed {
                browser: name,
                said,
                folder: folder.to_owned(),
                page,
            });
        }
    }
    Err(PdfError::NoBrowser(page))
}

fn unwritten(path: &Path) -> impl FnOnce(io::Error) -> PdfError {
    let path = path.to_owned();
    move |source| PdfError::Unwritten {
        path,
        advice: advice(source.kind()),
        source,
    }
}

/// A PDF begins with its version and ends with a mark (ISO 32000-1, 7.5.2 and 7.5.5); a browser without room leaves the
/// beginning alone.
fn is_whole(bytes: &[u8]) -> bool {
    const END: &[u8] = b"%%EOF";
    let tail = &bytes[bytes.len().saturating_sub(1024)..];
    bytes.starts_with(b"%PDF") && tail.windows(END.len()).any(|window| window == END)
}

fn start(
    browser: &OsString,
    page: &Path,
    printed: &Path,
    aside: &Path,
    sandbox: bool,
) -> io::Result<Child> {
    let mut command = Command::new(browser);
    command
        .args([
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--no-pdf-header-footer",
        ])
        .arg(with("--user-data-dir=", &aside.join("profile")))
        .arg(with("--print-to-pdf=", printed));
    if !sandbox {
        command.arg("--no-sandbox");
    }
    command
        .arg(with("file://", page))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

fn with(option: &str, path: &Path) -> OsString {
    let mut text = OsString::from(option);
    text.push(path);
    text
}

/// How it ended, in words; `None` when it was stopped for taking too long.
fn wait(mut child: Child) -> Option<String> {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.to_string()),
            Ok(None) if begun.elapsed() < LONGEST => sleep(Duration::from_millis(50)),
            Ok(None) => {
                // It may have ended between the two calls; either way it is over.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
            Err(error) => return Some(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pdf_is_none() {
        assert!(is_whole(
            b"%PDF-1.7\n1 0 obj\nendobj\nstartxref\n9\n%%EOF\n"
        ));
        assert!(!is_whole(b"%PDF-1.7\n1 0 obj\nendo"));
        assert!(!is_whole(b"words\n%%EOF"));
        assert!(!is_whole(b""));
    }
}
