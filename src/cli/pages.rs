//! Memory pages for the batch commands: kept for the whole run, and of the usual size.
//!
//! The allocator hands freed pages back to the kernel after ten milliseconds, and asks for huge ones where
//! it can. A query over a large lake frees and takes gigabytes, and the kernel clears every page anew, a
//! huge one as a whole even where little of it is used: more than half of all processor time on a million
//! cases (docs/adr/0009). The allocator reads its settings from the environment when the process begins, so
//! the process begins once more, with the settings.

use std::env;

/// The name and value of a setting; who sets it keeps their own.
type Setting = (&'static str, &'static str);

const OF_USUAL_SIZE: Setting = ("MIMALLOC_ALLOW_THP", "0");
const KEPT: Setting = ("MIMALLOC_PURGE_DELAY", "-1");

/// How a command's memory is treated.
#[derive(Debug, Clone, Copy)]
pub enum Pages {
    /// As the allocator does by itself.
    AsTheyCome,
    /// Of the usual size, kept once they are there.
    Kept,
    /// Of the usual size, given back when they are free: for what holds gigabytes for minutes and frees little by little.
    GivenBack,
}

impl Pages {
    /// To be called before anything else happens.
    pub fn settle(self) {
        match self {
            Pages::AsTheyCome => {}
            Pages::Kept => begin_again(&[KEPT, OF_USUAL_SIZE]),
            Pages::GivenBack => begin_again(&[OF_USUAL_SIZE]),
        }
    }
}

/// Begins the process once more with these settings, unless they are there. Where that is not possible the
/// run goes on as it is, only slower.
fn begin_again(settings: &[Setting]) {
    let missing = settings.iter().copied();
    let missing: Vec<Setting> = missing
        .filter(|(name, _)| env::var_os(name).is_none())
        .collect();
    if missing.is_empty() {
        return;
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let mut arguments = env::args_os();
        let name = arguments.next().unwrap_or_default();
        if let Ok(program) = env::current_exe() {
            // Comes back only when it failed.
            let _ = std::process::Command::new(program)
                .arg0(name)
                .args(arguments)
                .envs(missing)
                .exec();
        }
    }
}
