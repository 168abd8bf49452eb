//! Neighbours, analogies, the word that does not belong.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use pith_tables::vectors::{Analogy, Neighbour};
use serde_json::json;

use crate::arguments::Common;
use crate::output::print_line;
use crate::words::Model;

/// The words nearest to a word.
pub fn neighbours(model: &Path, word: &str, k: usize, common: &Common) -> Result<ExitCode> {
    let found = Model::open(model)?.neighbours(word, k)?;
    show(&found, common)
}

/// The words that complete `king - man + woman`.
pub fn analogy(
    model: &Path,
    terms: &[String],
    cosmul: bool,
    k: usize,
    common: &Common,
) -> Result<ExitCode> {
    ensure!(k > 0, "-k must be above zero, received 0");
    let (plus, minus) = signed(terms)?;
    let model = Model::open(model)?;
    let spelled = |words: &[String]| -> Result<Vec<String>> {
        words.iter().map(|word| in_vocabulary(&model, word)).collect()
    };
    let (plus, minus) = (spelled(&plus)?, spelled(&minus)?);
    let method = if cosmul { Analogy::Product } else { Analogy::Sum };
    let found = model.vectors.analogy(&borrowed(&plus), &borrowed(&minus), method, k)?;
    show(&found, common)
}

/// The word that is least like the mean of all.
pub fn odd_one_out(model: &Path, words: &[String], common: &Common) -> Result<ExitCode> {
    let count = words.len();
    ensure!(count >= 3, "the odd one out takes three words or more, received {count}");
    let model = Model::open(model)?;
    let words: Vec<String> =
        words.iter().map(|word| in_vocabulary(&model, word)).collect::<Result<_>>()?;
    let odd = model.vectors.odd_one_out(&borrowed(&words))?.context("no word was named")?;
    match common.json {
        true => print_line!("{}", json!({ "odd-one-out": odd })),
        false => print_line!("{odd}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The word as the vocabulary spells it; n-grams do not help here.
fn in_vocabulary(model: &Model, word: &str) -> Result<String> {
    if let Some(found) = model.find(word) {
        return Ok(found.to_owned());
    }
    model.known(word)?;
    bail!("`{word}` is not in the vocabulary, and only neighbours can be asked by n-grams")
}

fn borrowed(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// Words to add and words to leave; they may come as one argument or as several.
fn signed(terms: &[String]) -> Result<(Vec<String>, Vec<String>)> {
    let (mut plus, mut minus) = (Vec::new(), Vec::new());
    let mut leave = false;
    for term in terms.iter().flat_map(|term| term.split_whitespace()) {
        match term {
            "+" => leave = false,
            "-" => leave = true,
            word => {
                let side = if leave { &mut minus } else { &mut plus };
                side.push(word.to_owned());
                leave = false;
            }
        }
    }
    ensure!(
        !plus.is_empty(),
        "expected words with + and - between them, such as king - man + woman"
    );
    Ok((plus, minus))
}

fn show(found: &[Neighbour], common: &Common) -> Result<ExitCode> {
    if common.json {
        print_line!("{}", json!(found));
    } else {
        for Neighbour { word, score } in found {
            print_line!("{score:8.4}  {word}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_stand_before_the_words_they_belong_to() {
        let told = |terms: &[&str]| {
            signed(&terms.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
        };
        let expected = (vec!["king".to_owned(), "woman".to_owned()], vec!["man".to_owned()]);
        assert_eq!(told(&["king", "-", "man", "+", "woman"]), expected);
        assert_eq!(told(&["king - man woman"]), expected);
        assert!(signed(&["-".to_owned(), "man".to_owned()]).is_err());
    }
}
