//! `pith completions SHELL`.

use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory;

use crate::arguments::Arguments;

/// Writes the completions to standard output.
pub fn run(shell: clap_complete::Shell) -> Result<ExitCode> {
    clap_complete::generate(shell, &mut Arguments::command(), "pith", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
