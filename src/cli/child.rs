//! This program again, as a process of its own: what a step takes of memory goes with it, and can be measured.

use std::process::{Command, Stdio};

use super::config::Config;

/// A command of this program with this configuration; nothing on its stdin.
///
/// # Errors
/// When this program's file is not to be found.
pub fn program(config: &Config) -> Result<Command, String> {
    let program = std::env::current_exe()
        .map_err(|e| format!("this program's file is not to be found: {e}"))?;
    let mut command = Command::new(program);
    if let Some(file) = &config.file {
        command.arg("--config").arg(file);
    }
    command
        .arg("--register")
        .arg(&config.register)
        .arg("--lake")
        .arg(&config.lake)
        .stdin(Stdio::null());
    Ok(command)
}
