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
    #[error("{browser}: printed no PDF ({said}); open {page} in any browser and print it")]
    Failed {
        browser: String,
        said: String,
        page: PathBuf,
    },
    #[error("{path}: cannot be written: {source}")]
    Io { path: PathBuf, source: io::Error },
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
    let page = page.canonicalize().map_err(|source| PdfError::Io {
        path: page.to_owned(),
        source,
    })?;
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Profile and half a PDF live here and go with it.
    let aside = tempfile::Builder::new()
        .prefix(".printing-")
        .tempdir_in(folder)
        .map_err(|source| PdfError::Io {
            path: folder.to_owned(),
            source,
        })?;
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
            let whole = std::fs::read(&printed).is_ok_and(|bytes| bytes.starts_with(b"%PDF"));
            if whole {
                return std::fs::rename(&printed, target).map_err(|source| PdfError::Io {
                    path: target.to_owned(),
                    source,
                });
            }
        }
        if !said.is_empty() {
            return Err(PdfError::Failed {
                browser: name,
                said,
                page,
            });
        }
    }
    Err(PdfError::NoBrowser(page))
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
