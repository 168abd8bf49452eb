//! The `pith` program: one file a verb.

mod arguments;
mod classifier;
mod documents;
mod evidence;
mod interrupt;
mod items;
mod kind;
mod listing;
mod output;
mod path;
mod sheet;
mod source;
mod telling;
mod thumbnail;
mod verb;
mod words;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use pith_kernels::allocator::{self, Caching};

/// Training frees and asks for the same large blocks at every step.
#[global_allocator]
static ALLOCATOR: Caching = Caching;

fn main() -> ExitCode {
    allocator::keep_freed_memory();
    let arguments = Arguments::parse();
    match verb::run(arguments) {
        Ok(code) => code,
        Err(error) if output::nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", story(&error));
            ExitCode::from(2)
        }
    }
}

/// An error and its causes, each said once: many an error repeats its cause.
fn story(error: &anyhow::Error) -> String {
    let mut story = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !story.contains(&cause) {
            story = format!("{story}: {cause}");
        }
    }
    story
}
