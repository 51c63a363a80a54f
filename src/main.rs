//! The `redress` program: its allocator, and the command line called.

use std::process::ExitCode;

/// Queries allocate and free large columns; this allocator keeps their pages instead of giving them
/// back to the system each time (docs/performance.md has the measurement).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    redress_cli::main()
}
