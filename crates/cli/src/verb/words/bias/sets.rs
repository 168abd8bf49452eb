//! The words that a question of bias is made of: a TOML file, those that a vocabulary lacks left out.

use std::path::Path;

use anyhow::{Result, ensure};
use pith_learn::recipe;
use pith_tables::{Vectors, evaluate};
use serde::Deserialize;

/// Pairs that make the direction, words to project on it, tests of association.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sets {
    /// They differ in what the direction means; it points from the first words to the second ones.
    pub pairs: Vec<[String; 2]>,
    /// Words to project.
    #[serde(default)]
    pub words: Vec<String>,
    /// Words that hard debiasing leaves as they are, beside those of the pairs.
    #[serde(default)]
    pub about: Vec<String>,
    /// Tests of association.
    #[serde(default)]
    pub weat: Vec<Test>,
}

/// Two sets of targets, two of attributes (Caliskan et al., 2017).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Test {
    /// For people.
    pub name: String,
    /// Targets.
    pub x: Vec<String>,
    /// Targets.
    pub y: Vec<String>,
    /// Attributes.
    pub a: Vec<String>,
    /// Attributes.
    pub b: Vec<String>,
}

impl Sets {
    /// Of a file, or the usual ones about gender.
    pub fn read(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else {
            return Ok(recipe::parse(include_str!("default.toml"), "default sets", &[])?);
        };
        Ok(recipe::parse(&fs_err::read_to_string(file)?, &file.display().to_string(), &[])?)
    }

    /// As the vectors spell the words, those that they lack left out.
    ///
    /// # Errors
    /// Where no pair is left: there is no direction then.
    pub fn known(&self, vectors: &Vectors) -> Result<Self> {
        let find = |word: &String| evaluate::find(vectors, word).map(str::to_owned);
        let words = |words: &[String]| words.iter().filter_map(find).collect::<Vec<_>>();
        let pair = |[first, second]: &[String; 2]| Some([find(first)?, find(second)?]);
        let pairs: Vec<[String; 2]> = self.pairs.iter().filter_map(pair).collect();
        ensure!(
            !pairs.is_empty(),
            "none of the {} pairs has vectors for both words; name others in a file with --sets",
            self.pairs.len()
        );
        let test = |test: &Test| Test {
            name: test.name.clone(),
            x: words(&test.x),
            y: words(&test.y),
            a: words(&test.a),
            b: words(&test.b),
        };
        let weat = self.weat.iter().map(test).collect();
        Ok(Self { pairs, words: words(&self.words), about: words(&self.about), weat })
    }
}

impl Test {
    /// The four sets.
    pub fn sides(&self) -> [&[String]; 4] {
        [&self.x, &self.y, &self.a, &self.b]
    }

    /// Words in all.
    pub fn count(&self) -> usize {
        self.sides().iter().map(|side| side.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pith_tables::vectors::Matrix;

    #[test]
    fn the_usual_sets_are_whole_and_unknown_words_are_left_out() {
        let sets = Sets::read(None).unwrap();
        assert_eq!((sets.pairs.len(), sets.weat.len()), (10, 3));
        assert!(sets.weat.iter().all(|test| test.count() == 32), "eight words each");
        let words = ["He", "he", "she", "math"].map(Box::from).to_vec();
        let vectors = Vectors::new(words, Matrix::new(4, 1, vec![1.0, 2.0, 3.0, 4.0]));
        let known = sets.known(&vectors).unwrap();
        assert_eq!(known.pairs, [["he".to_owned(), "she".to_owned()]]);
        assert_eq!((known.weat[1].x.len(), known.weat[1].y.len()), (1, 0));
        let none = Vectors::new(vec!["cat".into()], Matrix::new(1, 1, vec![1.0]));
        assert!(sets.known(&none).unwrap_err().to_string().contains("--sets"));
    }
}
