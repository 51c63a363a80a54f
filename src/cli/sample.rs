//! `redress sample generate`: an invented register, with the truth beside it.

use std::path::PathBuf;

use clap::Subcommand;

use super::Context;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a register or a folder of CSV files of an invented manufacturer
    Generate(GenerateArgs),
}

#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// Number of cases
    #[arg(long, default_value_t = 600)]
    pub cases: u64,
    /// Seed: the same seed gives the same bytes
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Write CSV files to this folder instead of a register
    #[arg(long, value_name = "DIR")]
    pub csv: Option<PathBuf>,
}

/// `redress sample`.
pub fn run(_context: &Context, _command: Command) -> anyhow::Result<()> {
    anyhow::bail!("pending")
}
