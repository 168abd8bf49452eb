//! Learns word vectors from how often words stand near each other, and writes them.
//!
//!     cargo run --release -p pith-tables --example counts -- glove|ppmi TEXT [SETTING=VALUE …] \
//!         --out FILE
//!
//! A setting is a key of the method's configuration, such as `window=10`; the value is JSON. `FILE` is
//! word2vec's text.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use pith_tables::format::{self, Format};
use pith_tables::{Corpus, closed_form, corpus, glove};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let method = arguments.next().ok_or("expected glove or ppmi")?;
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
    let out = out.ok_or("expected --out FILE")?;
    let corpus = Corpus::read(&[text], &corpus::Config::default())?;
    let start = Instant::now();
    let vectors = match method.as_str() {
        "glove" => {
            let config: glove::Config = serde_json::from_value(settings.into())?;
            glove::train(&corpus, &config, &mut |progress| {
                println!(
                    "epoch {} of {}: loss {:.5} over {} pairs, {:.1} s",
                    progress.epoch + 1,
                    progress.epochs,
                    progress.loss,
                    progress.pairs,
                    progress.elapsed.as_secs_f64()
                );
                ControlFlow::Continue(())
            })?
        }
        "ppmi" => closed_form::train(&corpus, &serde_json::from_value(settings.into())?)?,
        other => return Err(format!("expected glove or ppmi, received {other:?}").into()),
    };
    println!("{} vectors in {:.1} s", vectors.words().len(), start.elapsed().as_secs_f64());
    format::write(&vectors, Path::new(&out), Format::Text)?;
    Ok(())
}
