//! A recipe for word vectors: which text, how it becomes words, how vectors are learned.
//!
//! ```toml
//! [data]
//! path = "news.jsonl.zst"
//!
//! [corpus]
//! tokenizer = "words"
//! lower-case = true
//!
//! [words]
//! dimensions = 100
//! ```

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use pith_learn::recipe;
use pith_tables::{corpus, train};
use serde::{Deserialize, Deserializer, Serialize};

use crate::path;

/// All that a training of word vectors depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Recipe {
    /// Where the text is.
    pub data: Data,
    /// How text becomes words.
    #[serde(default)]
    pub corpus: corpus::Config,
    /// How vectors are learned.
    #[serde(default)]
    pub words: train::Config,
    /// What they are held against.
    #[serde(default)]
    pub proof: Proof,
}

/// The recipe's `[data]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Data {
    /// Files and folders of text, one or a list; `${NAME}` is an environment variable.
    #[serde(deserialize_with = "one_or_more")]
    pub path: Vec<String>,
}

/// The recipe's `[proof]` table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Proof {
    /// A folder of similarity and analogy files; `${PITH_DATA}/word_eval` where left out.
    pub evaluation: Option<String>,
}

impl Recipe {
    /// Reads a recipe, the overrides laid over it.
    pub fn read(file: &Path, overrides: &[String]) -> Result<Self> {
        let text = fs_err::read_to_string(file)?;
        Ok(recipe::parse(&text, &file.display().to_string(), overrides)?)
    }

    /// Something good for running text, where no recipe is given.
    pub fn default_for(text: &Path, overrides: &[String]) -> Result<Self> {
        let path = toml::Value::String(text.display().to_string());
        let recipe = format!(
            "data.path = {path}\n[corpus]\ntokenizer = \"words\"\nlower-case = true\n[words]\n"
        );
        Ok(recipe::parse(&recipe, "default recipe", overrides)?)
    }

    /// The recipe with every default written out.
    pub fn resolved(&self) -> Result<String> {
        toml::to_string(self).context("writing the recipe out")
    }

    /// The files and folders of text, all of them there.
    pub fn text(&self) -> Result<Vec<PathBuf>> {
        ensure!(!self.data.path.is_empty(), "data.path must name a file or folder, received none");
        let mut paths = Vec::new();
        for name in &self.data.path {
            let found = pith_data::config::expand(name)?;
            path::must_exist(&found)?;
            paths.push(found);
        }
        Ok(paths)
    }
}

/// `path = "a"` stands for `path = ["a"]`.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let expected = "expected a path or a list of paths";
    let text = |value| match value {
        toml::Value::String(text) => Ok(text),
        other => Err(serde::de::Error::custom(format!("{expected}, received {other}"))),
    };
    match toml::Value::deserialize(deserializer)? {
        toml::Value::Array(values) => values.into_iter().map(text).collect(),
        value => Ok(vec![text(value)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_survives_writing_all_defaults_out() -> Result<()> {
        let changes = ["words.subwords.buckets=50", "words.patience=2", "words.rate=0.05"];
        let recipe = Recipe::default_for(Path::new("a \"b\".txt"), &changes.map(String::from))?;
        assert_eq!(recipe.words.subwords.map(|subwords| subwords.buckets), Some(50));
        let written = recipe.resolved()?;
        assert!(written.contains("rate = 0.05\n"), "{written}");
        assert_eq!(recipe::parse::<Recipe>(&written, "again", &[])?, recipe);
        Ok(())
    }

    #[test]
    fn the_recipe_in_recipes_is_one() -> Result<()> {
        let text = include_str!("../../../../recipes/words.toml");
        let recipe: Recipe = recipe::parse(text, "recipes/words.toml", &[])?;
        assert_eq!(recipe.data.path.len(), 2);
        Ok(())
    }

    #[test]
    fn text_may_stand_in_several_places() -> Result<()> {
        let recipe: Recipe = recipe::parse("data.path = ['a', 'b']", "r.toml", &[])?;
        assert_eq!(recipe.data.path, ["a", "b"]);
        let told = recipe::parse::<Recipe>("data.path = 1", "r.toml", &[]).unwrap_err().to_string();
        assert!(told.contains("a list of paths"), "{told}");
        Ok(())
    }
}
