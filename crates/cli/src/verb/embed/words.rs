//! The vectors of words, or one for every line of a text.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use pith_space::file::{Entry, Writer};
use pith_tables::corpus::{self, Vocabulary};
use pith_tables::items::{Basket, ranking};
use pith_tables::sentence::usif::{self, UsifEncoder};
use pith_tables::sentence::{self, SentenceEncoder};
use serde_json::json;

use super::{Arguments, Pooling};
use crate::arguments::Common;
use crate::items::baskets::Config;
use crate::output::print_line;
use crate::path;
use crate::words::recipe::Sentences;
use crate::words::{Model, Recipe, file, text};

/// Lines that are written at once.
const ROWS: usize = 1024;
/// Lines that are looked at for what all have in common.
const LOOKED_AT: usize = 20_000;

/// Writes the vectors of the vocabulary, or of the lines of a text.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    file::check(&arguments.out)?;
    ensure!(
        arguments.data.settings.is_empty(),
        "--data does not apply to word vectors; name a text instead"
    );
    let model = Model::open(&arguments.model)?;
    let items = model.recipe.as_ref().is_some_and(Recipe::is_of_items);
    let (rows, empty) = if let Some(data) = &arguments.data.data {
        match model.recipe.as_ref().map(Recipe::sentences) {
            None | Some(Sentences::Text) => lines(arguments, &model, common)?,
            Some(Sentences::Baskets(config)) => baskets(arguments, &model, config, data)?,
            Some(Sentences::Walks(..)) => {
                bail!(
                    "the nodes of a graph have vectors, and no text has; leave out {}",
                    data.display()
                )
            }
        }
    } else {
        file::write(&model.vectors, &arguments.out, arguments.force)?;
        (model.vectors.words().len(), 0)
    };
    if empty > 0 {
        eprintln!(
            "warning: {empty} lines hold no known {}, their vectors are zero",
            if items { "item" } else { "word" }
        );
    }
    let (out, width) = (&arguments.out, model.width());
    if common.json {
        let told = json!({ "vectors": out, "rows": rows, "width": width, "without-words": empty });
        print_line!("{told}");
    } else {
        print_line!("{rows} vectors of {width} numbers in {}", out.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes one vector a line as it comes, under the number of the line, from 1; gives the lines, and
/// those without a known word.
fn lines(arguments: &Arguments, model: &Model, common: &Common) -> Result<(usize, usize)> {
    let encoder = encoder(arguments, model, common)?;
    let mut writer = Writer::create(&arguments.out, model.width(), arguments.force)?;
    let (mut entries, mut values) = (Vec::new(), Vec::new());
    let (mut rows, mut empty, mut failed) = (0usize, 0usize, Ok(()));
    each_line(arguments, model, |words| {
        rows += 1;
        let vector = encoder.encode(words);
        empty += usize::from(vector.iter().all(|value| *value == 0.0));
        values.extend(vector);
        entries.push(Entry { id: rows.to_string(), label: None });
        if entries.len() == ROWS {
            if failed.is_ok() {
                failed = writer.push(&entries, &values);
            }
            entries.clear();
            values.clear();
        }
    })?;
    failed?;
    writer.push(&entries, &values)?;
    writer.finish()?;
    Ok((rows, empty))
}

/// Writes one vector a basket, under its id: the mean of its items. Gives the baskets, and those
/// without a known item.
fn baskets(
    arguments: &Arguments,
    model: &Model,
    config: &Config,
    data: &Path,
) -> Result<(usize, usize)> {
    ensure!(
        arguments.pooling == Pooling::Mean,
        "--pooling sif and usif are of text; a basket is the mean of its items"
    );
    path::must_exist(data)?;
    let baskets = config.read(&[data.to_owned()])?;
    let mut writer = Writer::create(&arguments.out, model.width(), arguments.force)?;
    let mut empty = 0;
    for baskets in baskets.chunks(ROWS) {
        let entry = |basket: &Basket| Entry { id: basket.id.clone(), label: None };
        let rows: Vec<Vec<f32>> =
            baskets.iter().map(|basket| ranking::mean(&basket.items, &model.vectors)).collect();
        let zeros = |row: &&Vec<f32>| row.iter().all(|value| *value == 0.0);
        empty += rows.iter().filter(zeros).count();
        writer.push(&baskets.iter().map(entry).collect::<Vec<_>>(), &rows.concat())?;
    }
    writer.finish()?;
    Ok((baskets.len(), empty))
}

/// What turns the words of a line into a vector.
enum Encoder<'a> {
    Weighted(SentenceEncoder<'a>),
    Usif(UsifEncoder<'a>),
}

impl Encoder<'_> {
    fn encode(&self, words: &[&str]) -> Vec<f32> {
        match self {
            Self::Weighted(encoder) => encoder.encode(words),
            Self::Usif(encoder) => encoder.encode(words),
        }
    }
}

fn encoder<'a>(arguments: &Arguments, model: &'a Model, common: &Common) -> Result<Encoder<'a>> {
    let vectors = &model.vectors;
    if arguments.pooling == Pooling::Mean {
        // A word that is counted nowhere has weight one: the plain mean.
        let plain = sentence::Config { remove_common: false, ..sentence::Config::default() };
        let encoder = SentenceEncoder::new(vectors, &Vocabulary::default(), [], &plain);
        return Ok(Encoder::Weighted(encoder));
    }
    let counts = counts(arguments, model, common)?;
    let mut looked_at: Vec<Vec<String>> = Vec::new();
    each_line(arguments, model, |words| {
        if looked_at.len() < LOOKED_AT {
            looked_at.push(words.iter().map(ToString::to_string).collect());
        }
    })?;
    let borrowed: Vec<Vec<&str>> =
        looked_at.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
    let sentences = borrowed.iter().map(Vec::as_slice);
    Ok(match arguments.pooling {
        Pooling::Usif => {
            let config = usif::Config::default();
            Encoder::Usif(UsifEncoder::new(vectors, &counts, sentences, &config))
        }
        _ => {
            let config = sentence::Config::default();
            Encoder::Weighted(SentenceEncoder::new(vectors, &counts, sentences, &config))
        }
    })
}

/// How often each word occurs: in the text that was named for it, or as the model knows it.
fn counts(arguments: &Arguments, model: &Model, common: &Common) -> Result<Vocabulary> {
    if let Some(counted) = &arguments.counts {
        path::must_exist(counted)?;
        let config = corpus::Config { minimum_count: 1, ..model.corpus() };
        return Ok(text::read(std::slice::from_ref(counted), &config, common)?.vocabulary);
    }
    model.counts.clone().context(
        "--pooling sif and usif need to know how often each word occurs: name a text to count in by \
         --counts, or a run or a fastText .bin as model, or choose --pooling mean",
    )
}

/// Calls with the words of every line of the text.
fn each_line(arguments: &Arguments, model: &Model, mut each: impl FnMut(&[&str])) -> Result<()> {
    let named = arguments.data.data.as_ref().context("name a text")?;
    path::must_exist(named)?;
    let config = model.corpus();
    for file in corpus::files(std::slice::from_ref(named))? {
        text::lines(&file, &config.field, |line| {
            let words = model.words(line, &config);
            each(&words.iter().map(String::as_str).collect::<Vec<_>>());
        })?;
    }
    Ok(())
}
