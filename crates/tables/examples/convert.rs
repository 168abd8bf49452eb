//! Reads vectors in any format and writes them in another.
//!
//!     cargo run --release -p pith-tables --example convert -- FILE OUT
//!
//! `OUT` tells the format by its ending: `.npy`, `.safetensors`, `.bin` (word2vec's), `.vec` or `.txt`
//! (word2vec's text); without an ending it is the folder of a static embedding, for lower-cased text.

use std::error::Error;
use std::path::PathBuf;

use pith_tables::format::{self, Format, static_embedding};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let [file, out] = &arguments[..] else { return Err("expected FILE OUT".into()) };
    let vectors = format::read(file)?;
    let format = match out.extension().and_then(std::ffi::OsStr::to_str) {
        None => {
            let config = static_embedding::Config { lower_case: true, ..Default::default() };
            return Ok(static_embedding::write(&vectors, out, &config)?);
        }
        Some("npy") => Format::Npy,
        Some("safetensors") => Format::Safetensors,
        Some("bin") => Format::Binary,
        Some("vec" | "txt") => Format::Text,
        Some(other) => return Err(format!("no format is known by the ending {other:?}").into()),
    };
    Ok(format::write(&vectors, out, format)?)
}
