//! Word vectors to ask: of a run, or of a file in any format.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use pith_learn::run::Run;
use pith_tables::corpus::phrases::Phrases;
use pith_tables::corpus::{self, Vocabulary};
use pith_tables::format::{self, fasttext};
use pith_tables::vectors::Neighbour;
use pith_tables::{Vectors, evaluate};

use crate::kind::Kind;
use crate::path;
use crate::words::Recipe;

/// Words with their vectors, and what else is known of them.
pub struct Model {
    /// The words and their vectors, the most frequent first.
    pub vectors: Vectors,
    /// How often each word occurred, where that is known.
    pub counts: Option<Vocabulary>,
    /// The run that they come from.
    pub run: Option<Run>,
    /// Its recipe.
    pub recipe: Option<Recipe>,
    /// The tables of words and n-grams, where words that were never seen can be spelled by them.
    spelling: Option<pith_tables::Model>,
    /// Words that were joined before training, where some were.
    phrases: Option<Phrases>,
}

/// Where the model of a run stands: a fastText `.bin`, which fastText and gensim read too, or
/// safetensors where the method leaves what fastText has no file for.
pub fn file(run: &Run) -> PathBuf {
    let bare = run.model().join("words.safetensors");
    if bare.exists() { bare } else { run.model().join("words.bin") }
}

/// Where the phrases of a run stand.
pub fn phrases(run: &Run) -> PathBuf {
    run.model().join("phrases.json")
}

impl Model {
    /// Opens a run, or a file of word2vec, GloVe or fastText.
    pub fn open(path: &Path) -> Result<Self> {
        path::must_exist(path)?;
        if path.is_file() {
            return Self::read(path);
        }
        let run = Run::open(path)?;
        ensure!(
            Kind::of_model(path) == Kind::Words,
            "{} is no run of word vectors; expected one, or a file of them",
            path.display()
        );
        if !file(&run).exists() {
            let shown = path.display();
            bail!("{shown} has no model yet; finish its training: pith train --resume {shown}");
        }
        let recipe = Recipe::read(&run.recipe(), &[])?;
        let phrases = recipe.phrases.as_ref().map(|_| Phrases::read(&phrases(&run))).transpose()?;
        let read = Self::read(&file(&run))?;
        Ok(Self { recipe: Some(recipe), run: Some(run), phrases, ..read })
    }

    /// A fastText model is read with its n-grams, anything else as words and vectors.
    fn read(path: &Path) -> Result<Self> {
        let (vectors, counts, model) = match fasttext::read(path) {
            Ok(model) => (model.vectors(), Some(model.vocabulary.clone()), Some(model)),
            Err(_) => {
                let (vectors, counts) = format::read_counted(path)?;
                (vectors, counts, None)
            }
        };
        Ok(Self {
            vectors,
            counts,
            spelling: model.filter(|model| model.config.subwords.is_some()),
            phrases: None,
            run: None,
            recipe: None,
        })
    }

    /// Numbers per vector.
    pub fn width(&self) -> usize {
        self.vectors.matrix().width()
    }

    /// How text becomes the words of this model: as in its recipe, or at Unicode's boundaries in
    /// lower case.
    pub fn corpus(&self) -> corpus::Config {
        self.recipe.as_ref().map_or_else(
            || corpus::Config {
                tokenizer: corpus::Tokenizer::Words,
                lower_case: true,
                ..corpus::Config::default()
            },
            Recipe::corpus,
        )
    }

    /// The words of a line as this model knows them, its phrases joined.
    pub fn words(&self, line: &[u8], config: &corpus::Config) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        config.tokenizer.words(line, config.lower_case, |word| words.push(word.to_owned()));
        match &self.phrases {
            Some(phrases) => phrases.join(&words.iter().map(String::as_str).collect::<Vec<_>>()),
            None => words,
        }
    }

    /// The word as the vocabulary spells it.
    pub fn find(&self, word: &str) -> Option<&str> {
        evaluate::find(&self.vectors, word)
    }

    /// The vector of a word: its own, or the mean of its n-grams where the model has them.
    pub fn vector(&self, word: &str) -> Option<Vec<f32>> {
        if let Some(found) = self.find(word) {
            return self.vectors.get(found).map(<[f32]>::to_vec);
        }
        let spelled = self.spelling.as_ref()?.vector(word);
        spelled.iter().any(|value| *value != 0.0).then_some(spelled)
    }

    /// The vector of a word, or an error that names the word most like it.
    pub fn known(&self, word: &str) -> Result<Vec<f32>> {
        if let Some(vector) = self.vector(word) {
            return Ok(vector);
        }
        let words = self.vectors.words();
        let likeness = |other: &str| strsim::jaro_winkler(word, other);
        let nearest = words
            .iter()
            .map(|other| (likeness(other), other))
            .filter(|(likeness, _)| *likeness > 0.7)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map_or(String::new(), |(_, other)| format!("; did you mean `{other}`?"));
        let count = words.len();
        bail!("`{word}` is not among the {count} words of the model{nearest}")
    }

    /// The words nearest to a word by cosine, itself left out.
    pub fn neighbours(&self, word: &str, count: usize) -> Result<Vec<Neighbour>> {
        ensure!(count > 0, "-k must be above zero, received 0");
        let vector = self.known(word)?;
        let asked = self.find(word);
        let mut found = self.vectors.near(&vector, count + usize::from(asked.is_some()));
        found.retain(|neighbour| asked != Some(&neighbour.word));
        found.truncate(count);
        Ok(found)
    }
}
