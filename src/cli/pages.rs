//! Memory pages for the batch commands: kept for the whole run instead of given back and taken again.
//!
//! The allocator hands freed pages back to the kernel after ten milliseconds. A query over a large lake
//! frees and takes gigabytes, and the kernel clears every page anew: more than half of all processor time
//! on a million cases (docs/adr/0009). The allocator reads its setting from the environment when the
//! process begins, so the process begins once more, with the setting.

use std::env;

const SETTING: &str = "MIMALLOC_PURGE_DELAY";

/// Begins the process once more with pages kept, unless the setting is there. Where that is not possible
/// the run goes on as it is, only slower.
pub fn keep() {
    if env::var_os(SETTING).is_some() {
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
                .env(SETTING, "-1")
                .exec();
        }
    }
}
