//! Documents as lists of words, with their names and labels.

use std::path::{Path, PathBuf};

use anyhow::Result;
use pith_tables::corpus;
use pith_tables::supervised::is_held_out;

use super::Recipe;
use crate::items::rows;
use crate::path;
use crate::words::recipe::Data as Text;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its name, or the number of its line.
    pub id: String,
    /// What it is about, where that is known.
    pub label: Option<String>,
    /// Its words.
    pub words: Vec<String>,
}

/// The documents of a recipe.
pub struct Split {
    /// To learn from.
    pub learned: Vec<Document>,
    /// To judge by.
    pub test: Vec<Document>,
}

impl Recipe {
    /// All documents of the recipe.
    pub fn split(&self) -> Result<Split> {
        let learned = self.documents(&Text { path: self.data.path.clone() }.paths()?)?;
        if let Some(test) = &self.data.test {
            let test = pith_data::config::expand(test)?;
            path::must_exist(&test)?;
            return Ok(Split { learned, test: self.documents(&[test])? });
        }
        // By the text: equal documents stay together.
        let held = |document: &Document| is_held_out(&document.words.join(" "), self.data.held_out);
        let (test, learned) = learned.into_iter().partition(held);
        Ok(Split { learned, test })
    }

    /// The documents of files and folders.
    pub fn documents(&self, paths: &[PathBuf]) -> Result<Vec<Document>> {
        let mut found = Vec::new();
        for file in corpus::files(paths)? {
            self.file(&file, &mut found)?;
        }
        Ok(found)
    }

    /// The words of a text.
    pub fn words(&self, text: &[u8]) -> Vec<String> {
        let mut words = Vec::new();
        let corpus = &self.corpus;
        corpus.tokenizer.words(text, corpus.lower_case, |word| words.push(word.to_owned()));
        words
    }

    fn file(&self, file: &Path, found: &mut Vec<Document>) -> Result<()> {
        if !rows::has_columns(file) {
            corpus::lines(file, &self.corpus.field, |line| {
                let (id, words) = ((found.len() + 1).to_string(), self.words(line));
                found.push(Document { id, label: None, words });
            })?;
            return Ok(());
        }
        let (label, id) = (self.data.label.as_deref(), self.data.id.as_deref());
        let mut names = vec![self.corpus.field.as_str()];
        names.extend(label);
        names.extend(id);
        rows::columns(file, &names, |cells| {
            let mut more = cells[1..].iter().map(|cell| cell.join(" "));
            let label = label.and_then(|_| more.next()).filter(|label| !label.is_empty());
            let id = id.and_then(|_| more.next()).unwrap_or_else(|| (found.len() + 1).to_string());
            let words = self.words(cells[0].join("\n").as_bytes());
            found.push(Document { id, label, words });
            Ok(())
        })
    }
}
