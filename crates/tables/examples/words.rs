//! Trains word vectors on a text and writes them.
//!
//!     cargo run --release -p pith-tables --example words -- CORPUS [SETTING=VALUE …] \
//!         [--out FILE]
//!
//! A setting is a key of the training's configuration, such as `epochs=3` or `method="cbow"`; the
//! value is JSON. A `FILE` that ends with `.bin` is fastText's, any other word2vec's text.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use pith_tables::format::{self, Format, fasttext};
use pith_tables::{Config, Corpus, corpus, train};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let text = PathBuf::from(arguments.next().ok_or("expected a text to learn from")?);
    let mut settings = serde_json::Map::new();
    let mut out = None;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--out" => out = arguments.next(),
            setting => {
                let (key, value) = setting.split_once('=').ok_or("expected SETTING=VALUE")?;
                settings.insert(key.to_owned(), serde_json::from_str(value)?);
            }
        }
    }
    let config: Config = serde_json::from_value(settings.into())?;
    let start = Instant::now();
    let corpus = Corpus::read(&[text], &corpus::Config::default())?;
    let summary = &corpus.summary;
    println!(
        "read {} words ({} kept, {} distinct) in {:.2} s",
        summary.words,
        summary.words_kept,
        corpus.vocabulary.len(),
        start.elapsed().as_secs_f64()
    );
    let (start, used) = (Instant::now(), processor_seconds());
    let model = train(&corpus, &config, &mut |progress| {
        if let Some(epoch) = progress.ended {
            println!(
                "epoch {} loss {:.4} held out {:.4}, {:.0} words/s, {:.0} s left",
                progress.epoch + 1,
                epoch.loss,
                epoch.held_out.unwrap_or(f64::NAN),
                progress.words_per_second,
                progress.remaining.as_secs_f64()
            );
        }
        ControlFlow::Continue(())
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let words = summary.words * config.epochs as u64;
    println!(
        "trained in {seconds:.2} s, {:.2} s of processors: {:.0} words/s of the text",
        processor_seconds() - used,
        words as f64 / seconds
    );
    match out.as_deref().map(Path::new) {
        Some(path) if path.extension().is_some_and(|end| end == "bin") => {
            fasttext::write(&model, path)?;
        }
        Some(path) => format::write(&model.vectors(), path, Format::Text)?,
        None => {}
    }
    Ok(())
}

/// Processor time of all threads so far, where the system tells (`/proc`, in hundredths).
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}
