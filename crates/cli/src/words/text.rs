//! Text as lines, wherever it stands: plain, compressed, in JSON lines, in an archive (`pith-tables`),
//! in a column of a table (`pith-data`).

use std::path::{Path, PathBuf};

use anyhow::Result;
use pith_data::dataset;
use pith_tables::Corpus;
use pith_tables::corpus::phrases::Phrases;
use pith_tables::corpus::{self, Builder, Summary, files};

use super::Recipe;
use super::progress::Reading;
use crate::arguments::Common;
use crate::kind::ends_with;

/// Endings of tables, those of compression taken off.
const TABLE: [&str; 3] = ["csv", "tsv", "parquet"];

/// Calls `each` with every line of a file; `field` is the field of JSON lines or the column of a table
/// that holds the text.
pub fn lines(path: &Path, field: &str, mut each: impl FnMut(&[u8])) -> Result<()> {
    if ends_with(path, &TABLE) {
        dataset::texts(path, field, |text| {
            text.split('\n').for_each(|line| each(line.as_bytes()));
        })?;
    } else {
        corpus::lines(path, field, each)?;
    }
    Ok(())
}

/// Reads files and folders of text once, and shows how far it is.
pub fn read(paths: &[PathBuf], config: &corpus::Config, common: &Common) -> Result<Corpus> {
    let mut builder = Builder::new(config);
    let files = files(paths)?;
    let mut progress = Reading::new(!common.quiet, files.len());
    for file in &files {
        let mut failed = Ok(());
        lines(file, &config.field, |line| {
            if failed.is_ok() {
                failed = builder.line(line);
                progress.look(builder.summary());
            }
        })?;
        failed?;
        builder.end_file();
    }
    progress.end();
    Ok(builder.finish()?)
}

/// The text of a recipe in numbers, its phrases joined where it asks for that.
pub fn of_recipe(recipe: &Recipe, common: &Common) -> Result<(Corpus, Option<Phrases>)> {
    let text = recipe.data.paths()?;
    if !common.quiet {
        eprintln!("reading the text");
    }
    let Some(config) = &recipe.phrases else {
        let corpus = read(&text, &recipe.corpus(), common)?;
        describe(&corpus, common);
        return Ok((corpus, None));
    };
    // Were rare words left out already, those on either side of one would count as neighbours.
    let all = corpus::Config { minimum_count: 1, ..recipe.corpus() };
    let (phrases, corpus) = Phrases::learn(&read(&text, &all, common)?, config, &recipe.corpus())?;
    describe(&corpus, common);
    if !common.quiet {
        eprintln!("{}", told(&phrases, &corpus));
    }
    Ok((corpus, Some(phrases)))
}

/// How many phrases were found, with the most frequent ones.
fn told(phrases: &Phrases, corpus: &Corpus) -> String {
    let found = phrases.scores();
    let place = |(phrase, _): &(String, f64)| corpus.vocabulary.place(phrase);
    let mut places: Vec<u32> = found.iter().filter_map(place).collect();
    places.sort_unstable();
    let words = corpus.vocabulary.words();
    let first: Vec<&str> = places.iter().take(5).map(|&place| &*words[place as usize]).collect();
    let such = if first.is_empty() { String::new() } else { ": ".to_owned() + &first.join(", ") };
    format!("phrases: {} found{such}", found.len())
}

fn describe(corpus: &Corpus, common: &Common) {
    if common.quiet {
        return;
    }
    let Summary { files, sentences, words, words_kept, replaced } = corpus.summary;
    let distinct = corpus.vocabulary.len();
    eprintln!(
        "data: {files} files, {sentences} lines, {words} words; {words_kept} of them learned, \
         {distinct} distinct"
    );
    if replaced > 0 {
        eprintln!("note: in {replaced} places the bytes were not UTF-8 and were replaced");
    }
}
