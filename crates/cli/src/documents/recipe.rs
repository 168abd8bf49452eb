//! A recipe for vectors of documents: which texts, how they become words, how they are learned.
//!
//! ```toml
//! [data]
//! path = "train.jsonl"
//! test = "test.jsonl"
//! label = "topic"
//!
//! [corpus]
//! tokenizer = "words"
//!
//! [documents]
//! dimensions = 100
//! ```
//!
//! Of plain text every line is a document; of tables and JSON lines every row, whose text stands in the
//! column `corpus.field`.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use pith_learn::recipe;
use pith_tables::corpus;
use pith_tables::documents::Config;
use serde::{Deserialize, Serialize};

use crate::words::recipe::{one_or_more, tenth};

/// All that the training depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Recipe {
    /// Where the documents are.
    pub data: Data,
    /// How their text becomes words.
    #[serde(default)]
    pub corpus: corpus::Config,
    /// How their vectors are learned.
    #[serde(default)]
    pub documents: Config,
}

/// The recipe's `[data]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Data {
    /// Files and folders to learn from, one or a list; `${NAME}` is an environment variable.
    #[serde(deserialize_with = "one_or_more")]
    pub path: Vec<String>,
    /// Documents to judge by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// The column (of JSON lines the field) of what a document is about; needed only to judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The column of its name; the number of its line where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Share of the documents that is judged by and not learned from, where no test file is named.
    #[serde(default = "tenth")]
    pub held_out: f64,
}

impl Recipe {
    /// Reads a recipe, the overrides laid over it.
    pub fn read(file: &Path, overrides: &[String]) -> Result<Self> {
        let text = fs_err::read_to_string(file)?;
        Self::parse(&text, &file.display().to_string(), overrides)
    }

    /// Something good for documents, where no recipe is given.
    pub fn default_for(data: &Path, overrides: &[String]) -> Result<Self> {
        let path = toml::Value::String(data.display().to_string());
        let text = "[corpus]\ntokenizer = \"words\"\nlower-case = true\n";
        Self::parse(&format!("data.path = {path}\n{text}"), "default recipe", overrides)
    }

    fn parse(text: &str, name: &str, overrides: &[String]) -> Result<Self> {
        let recipe: Self = recipe::parse(text, name, overrides)?;
        let held_out = recipe.data.held_out;
        ensure!(
            (0.0..=0.5).contains(&held_out),
            "{name}: data.held-out must be within 0 and 0.5, received {held_out}"
        );
        recipe.documents.check()?;
        Ok(recipe)
    }

    /// The recipe with every default written out.
    pub fn resolved(&self) -> Result<String> {
        toml::to_string(self).context("writing the recipe out")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_survives_writing_all_defaults_out() -> Result<()> {
        let recipe = Recipe::default_for(Path::new("a.jsonl"), &["data.label=topic".into()])?;
        assert_eq!(recipe.data.label.as_deref(), Some("topic"));
        assert_eq!(Recipe::parse(&recipe.resolved()?, "again", &[])?, recipe);
        let told = Recipe::default_for(Path::new("a"), &["documents.epoch=3".into()]);
        assert!(told.unwrap_err().to_string().contains("did you mean `epochs`?"));
        let text = include_str!("../../../../recipes/documents.toml");
        let recipe = Recipe::parse(text, "recipes/documents.toml", &[])?;
        assert!(recipe.data.test.is_some() && recipe.data.label.is_some());
        Ok(())
    }
}
