//! Puts `tests/oracle/faults/shim.c` under a process: the n-th call that changes something below a folder kills it, is
//! refused, or is torn. The library is compiled once a run with `cc`; where there is none, the tests say so and check
//! nothing.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::{NamedTempFile, TempDir};

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Dies before it.
    Kill,
    /// Dies after it.
    After,
    /// Writes half, then dies.
    Torn,
    /// No room from there on.
    Full,
    /// An error of the disk, once.
    Io,
    /// The disk is gone from there on.
    Dead,
    /// The power goes: what was not flushed is lost.
    Cut,
}

impl Deed {
    pub const ALL: [Deed; 7] = [
        Deed::Kill,
        Deed::After,
        Deed::Torn,
        Deed::Full,
        Deed::Io,
        Deed::Dead,
        Deed::Cut,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Deed::Kill => "kill",
            Deed::After => "after",
            Deed::Torn => "torn",
            Deed::Full => "full",
            Deed::Io => "io",
            Deed::Dead => "dead",
            Deed::Cut => "cut",
        }
    }
}

/// A way in which a program would be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// A rename is a copy.
    Rename,
    /// A flush does nothing.
    Sync,
    /// What is written to the database's log is dropped.
    Log,
}

impl Wrong {
    const fn as_str(self) -> &'static str {
        match self {
            Wrong::Rename => "rename",
            Wrong::Sync => "sync",
            Wrong::Log => "log",
        }
    }
}

/// A call that changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    /// Below the folder.
    pub path: String,
}

/// A process that ran over the shim.
pub struct Ran {
    pub output: Output,
    /// All calls, where nothing was to happen.
    pub calls: Vec<Call>,
    /// The call at which it happened; `None` where the process made fewer.
    pub hit: Option<Call>,
}

/// The compiled library.
pub struct Shim {
    folder: TempDir,
}

/// The library, or `None` and a line that says why.
pub fn shim() -> Option<&'static Shim> {
    static SHIM: OnceLock<Option<Shim>> = OnceLock::new();
    SHIM.get_or_init(compiled).as_ref()
}

fn compiled() -> Option<Shim> {
    let skip = |why: &str| {
        // Past the capture of a passing test's output.
        let _ = writeln!(std::io::stderr(), "skipped: injected faults: {why}");
        None
    };
    if !cfg!(target_os = "linux") {
        return skip("only written for Linux");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/faults/shim.c");
    let done = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-pthread", "-o"])
        .arg(folder.path().join("shim.so"))
        .arg(source)
        .output();
    match done {
        Ok(done) if done.status.success() => Some(Shim { folder }),
        Ok(done) => panic!("{}", String::from_utf8_lossy(&done.stderr)),
        Err(error) => skip(&format!("no C compiler: {error}")),
    }
}

impl Shim {
    /// Runs a command; `at` 0 only lists its calls.
    pub fn run(
        &self,
        folder: &Path,
        command: &mut Command,
        at: usize,
        deed: Option<Deed>,
        wrong: Option<Wrong>,
    ) -> Ran {
        let log = self.put_under(folder, command, at, deed, wrong);
        let output = command.output().expect("it runs");
        let (calls, hit) = told(folder, &log);
        Ran { output, calls, hit }
    }

    /// Puts the shim under a command that is yet to run; answers the log, which [`told`] reads.
    pub fn put_under(
        &self,
        folder: &Path,
        command: &mut Command,
        at: usize,
        deed: Option<Deed>,
        wrong: Option<Wrong>,
    ) -> NamedTempFile {
        // The kernel names files by their real paths.
        let root = fs::canonicalize(folder).expect("the folder");
        let log = NamedTempFile::new().expect("a log");
        command
            .env("LD_PRELOAD", self.library())
            .env("REDRESS_SHIM_ROOT", &root)
            .env("REDRESS_SHIM_AT", at.to_string())
            .env("REDRESS_SHIM_LOG", log.path());
        if let Some(deed) = deed {
            command.env("REDRESS_SHIM_DO", deed.as_str());
        }
        if let Some(wrong) = wrong {
            command.env("REDRESS_SHIM_BREAK", wrong.as_str());
        }
        log
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("shim.so")
    }
}

/// The calls that a log lists, and the one at which something happened.
pub fn told(folder: &Path, log: &NamedTempFile) -> (Vec<Call>, Option<Call>) {
    let root = fs::canonicalize(folder).expect("the folder");
    let text = fs::read_to_string(log.path()).expect("the log");
    let of = |mark: &str| -> Vec<Call> {
        text.lines()
            .filter_map(|line| line.strip_prefix(mark))
            .filter_map(|rest| {
                let mut words = rest.splitn(3, ' ').skip(1);
                let name = words.next()?.to_owned();
                let path = words.next()?;
                let path = path.strip_prefix(root.to_str()?).unwrap_or(path);
                Some(Call {
                    name,
                    path: path.trim_start_matches(['/', '.']).to_owned(),
                })
            })
            .collect()
    };
    (of("call "), of("hit ").into_iter().next())
}
