//! The `pith` program: one file a verb.

mod arguments;
mod evidence;
mod interrupt;
mod listing;
mod source;
mod thumbnail;
mod verb;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

/// Training frees and asks for the same large blocks at every step; the system's allocator gives
/// them back in between, and pays for fresh pages each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match verb::run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
