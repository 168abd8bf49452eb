//! Turns the lines of a text, words apart by spaces, into vectors.
//!
//!     cargo run --release -p pith-tables --example sentences -- KIND VECTORS COUNTED LINES OUT.npy
//!
//! `KIND` is `average`, `sif`, `usif` or `documents` (PV-DBOW, which needs no vectors and learns from
//! the lines); words are weighed by how often they occur in the text `COUNTED`. Beside `OUT.npy`
//! stands a list that names every row by its line, from 0.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use pith_tables::documents::{self, Documents};
use pith_tables::format::{self, Format};
use pith_tables::sentence::{self, SentenceEncoder, usif};
use pith_tables::vectors::Matrix;
use pith_tables::{Corpus, Vectors, corpus};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, vectors, counted, lines, out] = &arguments[..] else {
        return Err("expected KIND VECTORS COUNTED LINES OUT.npy".into());
    };
    let text = std::fs::read_to_string(lines)?;
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    let sentences = || lines.iter().map(Vec::as_slice);
    let counts = |minimum_count| {
        let config = corpus::Config { minimum_count, ..Default::default() };
        Corpus::read(&[counted.into()], &config).map(|corpus| corpus.vocabulary)
    };
    let matrix = if kind == "documents" {
        let start = Instant::now();
        let config = documents::Config::default();
        let report = &mut |epoch, loss| println!("epoch {epoch}: loss {loss:.4}");
        let learned = Documents::learn(&lines, &counts(5)?, &config, report)?;
        println!("learned in {:.1} s", start.elapsed().as_secs_f64());
        learned.vectors
    } else {
        let vectors = format::read(Path::new(vectors))?;
        let (counts, start) = (counts(1)?, Instant::now());
        let rows: Vec<Vec<f32>> = match kind.as_str() {
            "average" | "sif" => {
                // So smooth that all words weigh the same.
                let config = if kind == "sif" {
                    sentence::Config::default()
                } else {
                    sentence::Config { smoothing: 1e6, remove_common: false }
                };
                let encoder = SentenceEncoder::new(&vectors, &counts, sentences(), &config);
                lines.iter().map(|line| encoder.encode(line)).collect()
            }
            "usif" => {
                let config = usif::Config::default();
                let encoder = usif::UsifEncoder::new(&vectors, &counts, sentences(), &config);
                lines.iter().map(|line| encoder.encode(line)).collect()
            }
            other => return Err(format!("expected a kind of encoder, received {other:?}").into()),
        };
        println!("encoded in {:.2} s", start.elapsed().as_secs_f64());
        Matrix::new(rows.len(), vectors.matrix().width(), rows.concat())
    };
    let names = (0..lines.len()).map(|line| line.to_string().into()).collect();
    Ok(format::write(&Vectors::new(names, matrix), Path::new(out), Format::Npy)?)
}
