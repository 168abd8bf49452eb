//! The vectors of words, or one for every line of a text.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use pith_tables::Vectors;
use pith_tables::corpus::{self, Vocabulary};
use pith_tables::sentence::{self, SentenceEncoder};
use pith_tables::vectors::Matrix;
use serde_json::json;

use super::{Arguments, Pooling};
use crate::arguments::Common;
use crate::output::print_line;
use crate::path;
use crate::words::{Model, file};

/// Writes the vectors of the vocabulary, or of the lines of a text.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    file::check(&arguments.out)?;
    ensure!(
        arguments.data.settings.is_empty(),
        "--data does not apply to word vectors; name a text instead"
    );
    let model = Model::open(&arguments.model)?;
    let lines = match &arguments.data.data {
        Some(_) => Some(lines(arguments, &model)?),
        None => None,
    };
    let vectors = lines.as_ref().unwrap_or(&model.vectors);
    file::write(vectors, &arguments.out, arguments.force)?;
    let rows = vectors.words().len();
    let empty = lines.is_some().then(|| {
        (0..rows).filter(|row| vectors.matrix().row(*row).iter().all(|value| *value == 0.0)).count()
    });
    if common.json {
        let told = json!({
            "vectors": arguments.out, "rows": rows, "width": model.width(), "without-words": empty,
        });
        print_line!("{told}");
    } else {
        let shown = arguments.out.display();
        print_line!("{rows} vectors of {} numbers in {shown}", model.width());
    }
    if let Some(empty) = empty.filter(|empty| *empty > 0) {
        eprintln!("warning: {empty} lines hold no known word, their vectors are zero");
    }
    Ok(ExitCode::SUCCESS)
}

/// One vector a line; its name is the number of the line, from 1.
fn lines(arguments: &Arguments, model: &Model) -> Result<Vectors> {
    let text = arguments.data.data.as_ref().context("name a text")?;
    path::must_exist(text)?;
    let config = model.corpus();
    let mut sentences: Vec<Vec<String>> = Vec::new();
    for file in corpus::files(std::slice::from_ref(text))? {
        corpus::lines(&file, &config.field, |line| {
            let mut words = Vec::new();
            config.tokenizer.words(line, config.lower_case, |word| words.push(word.to_owned()));
            sentences.push(words);
        })?;
    }
    let borrowed: Vec<Vec<&str>> =
        sentences.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
    let none = Vocabulary::default();
    let (counts, remove_common) = match arguments.pooling {
        // A word that is counted nowhere has weight one: the plain mean.
        Pooling::Mean => (&none, false),
        Pooling::Sif => {
            let counts = model.counts.as_ref().context(
                "--pooling sif needs to know how often each word occurs: name a run or a fastText \
                 .bin, or choose --pooling mean",
            )?;
            (counts, true)
        }
    };
    let settings = sentence::Config { remove_common, ..sentence::Config::default() };
    let all = borrowed.iter().map(Vec::as_slice);
    let encoder = SentenceEncoder::new(&model.vectors, counts, all, &settings);
    let values = borrowed.iter().flat_map(|sentence| encoder.encode(sentence)).collect();
    let names = (1..=borrowed.len()).map(|line| line.to_string().into()).collect();
    Ok(Vectors::new(names, Matrix::new(borrowed.len(), model.width(), values)))
}
