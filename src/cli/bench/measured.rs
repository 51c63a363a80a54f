//! A process, and what it took: time, processor, memory, bytes.

use std::fs;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// Between two looks at a running process. What it takes after the last look is not seen.
const LOOK: Duration = Duration::from_millis(10);

/// Ticks a second in which Linux counts a process's time for its users, on every platform that Rust knows (`USER_HZ`).
const TICKS: f64 = 100.0;

const MIB: f64 = 1_048_576.0;

/// What a process took. Beside the elapsed time each is known on Linux alone, from `/proc/PID` (proc(5)).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Taken {
    /// Seconds from beginning to end.
    pub elapsed: f64,
    /// Seconds of processor time, of all its threads.
    pub processor: Option<f64>,
    /// The most memory that was resident at once, in MiB.
    pub peak: Option<f64>,
    /// Bytes that it asked to be read, in MiB; those of a memory map are not among them.
    pub read: Option<f64>,
    /// Bytes that it asked to be written, in MiB.
    pub written: Option<f64>,
}

impl Taken {
    /// Looks at a process that still runs; what cannot be read keeps its last value.
    fn look(&mut self, child: &Child) {
        let file = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", child.id())).ok();
        let of = |text: &str, key: &str| field(text, key);
        if let Some(status) = file("status") {
            self.peak = of(&status, "VmHWM:").map(|kib| kib / 1024.0).or(self.peak);
        }
        if let Some(stat) = file("stat") {
            self.processor = ticks(&stat).map(|t| t / TICKS).or(self.processor);
        }
        if let Some(io) = file("io") {
            self.read = of(&io, "rchar:").map(|bytes| bytes / MIB).or(self.read);
            self.written = of(&io, "wchar:").map(|bytes| bytes / MIB).or(self.written);
        }
    }
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be begun or waited for.
pub fn measure(command: &mut Command) -> io::Result<(ExitStatus, Taken)> {
    let began = Instant::now();
    let mut child = command.spawn()?;
    let mut taken = Taken::default();
    loop {
        if let Some(status) = child.try_wait()? {
            taken.elapsed = began.elapsed().as_secs_f64();
            return Ok((status, taken));
        }
        taken.look(&child);
        std::thread::sleep(LOOK);
    }
}

/// The number behind a key at the beginning of a line.
fn field(text: &str, key: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

/// User and system time of `/proc/PID/stat`, in ticks. The name before them may hold blanks and brackets.
fn ticks(stat: &str) -> Option<f64> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_a_name_with_brackets() {
        // The fields of proc_pid_stat(5): utime is the 14th, stime the 15th.
        let stat = "7 (a) b) R 1 7 7 0 -1 4194304 100 0 0 0 250 50 3 4 20 0 2 0 99 1000 20";
        assert_eq!(ticks(stat), Some(300.0));
        assert_eq!(ticks("broken"), None);
    }

    #[test]
    fn a_key_is_found_at_the_beginning_of_its_line_only() {
        let status = "Name:\tVmHWM: 5\nVmHWM:\t  2048 kB\n";
        assert_eq!(field(status, "VmHWM:"), Some(2048.0));
        assert_eq!(field(status, "VmRSS:"), None);
    }
}
