//! The `redress` program: parse, dispatch, exit code.

mod cli;

use std::process::ExitCode;

/// Queries allocate and free large columns; this allocator keeps their pages instead of giving them
/// back to the system each time (docs/performance.md has the measurement).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
