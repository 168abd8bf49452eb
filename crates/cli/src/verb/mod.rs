//! What the program does, one file a verb; a folder where samples and words go different ways.

pub mod completions;
pub mod embed;
pub mod index;
pub mod list;
pub mod prove;
pub mod search;
pub mod train;
pub mod words;

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::arguments::{Arguments, Common, Verb};

/// Does what was asked; the exit code is 0, or 1 where a bar was missed.
pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { verb, common } = arguments;
    start_threads(&common)?;
    match verb {
        Verb::Train(arguments) => train::run(&arguments, &common),
        Verb::Prove(arguments) => prove::run(&arguments, &common),
        Verb::Embed(arguments) => embed::run(&arguments, &common),
        Verb::Index(arguments) => index::run(&arguments, &common),
        Verb::Search(arguments) => search::run(&arguments, &common),
        Verb::Words(arguments) => words::run(&arguments, &common),
        Verb::List => list::run(&common),
        Verb::Completions { shell } => completions::run(shell),
    }
}

/// The calling thread computes too: it would otherwise sleep and be woken at every operation.
fn start_threads(common: &Common) -> Result<()> {
    let mut pool = rayon::ThreadPoolBuilder::new().use_current_thread();
    if let Some(threads) = common.threads {
        anyhow::ensure!(threads > 0, "--threads must be above zero, received 0");
        pool = pool.num_threads(threads);
    }
    pool.build_global().context("starting threads")
}
