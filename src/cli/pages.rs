//! Memory pages for the batch commands: kept for the whole run, and of the usual size.
//!
//! The allocator hands freed pages back to the kernel after ten milliseconds, and asks for huge ones where
//! it can. A query over a large lake frees and takes gigabytes, and the kernel clears every page anew, a
//! huge one as a whole even where little of it is used: more than half of all processor time on a million
//! cases (docs/adr/0009). The allocator reads its settings from the environment when the process begins, so
//! the process begins once more, with the settings.

use std::env;

/// Names and values; who sets one of them keeps their own.
const SETTINGS: [(&str, &str); 2] = [("MIMALLOC_PURGE_DELAY", "-1"), ("MIMALLOC_ALLOW_THP", "0")];

/// Begins the process once more with these settings, unless they are there. Where that is not possible the
/// run goes on as it is, only slower.
pub fn keep() {
    let missing = SETTINGS.map(|setting| (setting, env::var_os(setting.0).is_none()));
    let missing = missing
        .into_iter()
        .filter_map(|(setting, is)| is.then_some(setting));
    let missing: Vec<(&str, &str)> = missing.collect();
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
