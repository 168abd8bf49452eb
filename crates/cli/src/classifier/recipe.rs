//! A recipe for a classifier of text: which lines, how it is learned.
//!
//! ```toml
//! [data]
//! path = "train.txt"
//! validation = "validation.txt"
//! test = "test.txt"
//!
//! [classifier]
//! word-ngrams = 2
//!
//! [autotune]
//! seconds = 300
//! ```
//!
//! A line holds labels, which begin with `__label__`, and words; of JSON lines they are the fields
//! `label`, one or a list, and `text`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use pith_learn::recipe;
use pith_tables::supervised::autotune::Search;
use pith_tables::supervised::{self, Config, Examples, Quantization};
use serde::{Deserialize, Serialize};

use crate::path;
use crate::words::recipe::{Data as Text, one_or_more, tenth};

/// All that the training of a classifier depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Recipe {
    /// Where the lines are.
    pub data: Data,
    /// How the classifier is learned.
    #[serde(default)]
    pub classifier: Config,
    /// A search for better settings on the validation lines, where this is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autotune: Option<Search>,
    /// Whether a small model is written too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantize: Option<Quantization>,
}

/// The recipe's `[data]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Data {
    /// Files and folders to learn from, one or a list; `${NAME}` is an environment variable.
    #[serde(deserialize_with = "one_or_more")]
    pub path: Vec<String>,
    /// Lines to choose settings by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<String>,
    /// Lines to judge by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// Share of the lines that is judged by and not learned from, where no test file is named.
    #[serde(default = "tenth")]
    pub held_out: f64,
}

/// The lines of a recipe.
pub struct Lines {
    /// To learn from.
    pub examples: Examples,
    /// To choose by.
    pub validation: Vec<String>,
    /// To judge by.
    pub test: Vec<String>,
}

impl Recipe {
    /// Reads a recipe, the overrides laid over it.
    pub fn read(file: &Path, overrides: &[String]) -> Result<Self> {
        let text = fs_err::read_to_string(file)?;
        Self::parse(&text, &file.display().to_string(), overrides)
    }

    /// Something good for labelled text, where no recipe is given.
    pub fn default_for(text: &Path, overrides: &[String]) -> Result<Self> {
        let path = toml::Value::String(text.display().to_string());
        Self::parse(&format!("data.path = {path}\n[classifier]\n"), "default recipe", overrides)
    }

    fn parse(text: &str, name: &str, overrides: &[String]) -> Result<Self> {
        let recipe: Self = recipe::parse(text, name, overrides)?;
        let held_out = recipe.data.held_out;
        ensure!(
            (0.0..=0.5).contains(&held_out),
            "{name}: data.held-out must be within 0 and 0.5, received {held_out}"
        );
        ensure!(
            recipe.autotune.is_none() || recipe.data.validation.is_some(),
            "{name}: [autotune] chooses by lines that are not learned from; name them in \
             data.validation"
        );
        recipe.classifier.check()?;
        Ok(recipe)
    }

    /// The recipe with every default written out.
    pub fn resolved(&self) -> Result<String> {
        toml::to_string(self).context("writing the recipe out")
    }

    /// The file to judge by, where one is named.
    pub fn test(&self) -> Result<Option<PathBuf>> {
        self.data.test.as_deref().map(found).transpose()
    }

    /// Reads all lines. With a test file those to learn from are never held in memory.
    pub fn lines(&self) -> Result<Lines> {
        let label = &self.classifier.label;
        let named = |name: &Option<String>| match name {
            Some(name) => Ok::<_, anyhow::Error>(supervised::lines(&found(name)?, label)?),
            None => Ok(Vec::new()),
        };
        let (validation, mut test) = (named(&self.data.validation)?, named(&self.data.test)?);
        let paths = Text { path: self.data.path.clone() }.paths()?;
        if self.data.test.is_some() || self.data.held_out == 0.0 {
            let examples = Examples::read(&paths, &self.classifier)?;
            return Ok(Lines { examples, validation, test });
        }
        let mut learned = Vec::new();
        for file in pith_tables::corpus::files(&paths)? {
            for line in supervised::lines(&file, label)? {
                let held = supervised::is_held_out(&line, self.data.held_out);
                let side = if held { &mut test } else { &mut learned };
                side.push(line);
            }
        }
        let examples = Examples::from_lines(learned.iter().map(String::as_str), &self.classifier)?;
        Ok(Lines { examples, validation, test })
    }
}

fn found(name: &str) -> Result<PathBuf> {
    let path = pith_data::config::expand(name)?;
    path::must_exist(&path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_survives_writing_all_defaults_out() -> Result<()> {
        let text = "[data]\npath = 'a'\nvalidation = 'b'\n[classifier]\nlongest = 4\n[autotune]\n\
                    seconds = 3.5\n[quantize]\nkeep = 10\n";
        let recipe = Recipe::parse(text, "r.toml", &["classifier.rate=0.05".into()])?;
        assert_eq!((recipe.classifier.longest, recipe.classifier.rate), (4, 0.05));
        let written = recipe.resolved()?;
        assert_eq!(Recipe::parse(&written, "again", &[])?, recipe);
        Ok(())
    }

    #[test]
    fn the_recipe_in_recipes_is_one() -> Result<()> {
        let text = include_str!("../../../../recipes/classifier.toml");
        let recipe = Recipe::parse(text, "recipes/classifier.toml", &[])?;
        assert!(recipe.data.test.is_some() && recipe.classifier.word_ngrams == 2);
        Ok(())
    }

    #[test]
    fn a_search_needs_lines_to_choose_by() {
        let told = Recipe::parse("data.path = 'a'\n[autotune]\n", "r.toml", &[]).unwrap_err();
        assert!(told.to_string().contains("data.validation"), "{told}");
        let told = Recipe::parse("data.path = 'a'\n[classifier]\nword-ngram = 2", "r.toml", &[]);
        assert!(told.unwrap_err().to_string().contains("did you mean `word-ngrams`?"));
        assert!(Recipe::parse("data = { path = 'a', held-out = 0.9 }", "r.toml", &[]).is_err());
    }

    #[test]
    fn equal_lines_are_held_out_together() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("lines.txt");
        let lines: String = (0..2000).map(|i| format!("__label__a word w{}\n", i % 1000)).collect();
        fs_err::write(&path, lines)?;
        let recipe = Recipe::default_for(&path, &[])?;
        let found = recipe.lines()?;
        assert!((120..280).contains(&found.test.len()), "{}", found.test.len());
        assert_eq!(found.test.len() % 2, 0);
        let learned = &found.examples.dictionary.words;
        let word = |line: &String| line.split(' ').nth(2).unwrap_or_default().to_owned();
        assert!(found.test.iter().all(|line| learned.place(&word(line)).is_none()));
        Ok(())
    }
}
