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
//!
//! In place of `[words]` (skip-gram, CBOW, structured skip-gram) may stand `[glove]` or `[ppmi]`; a
//! table `[phrases]` joins words that belong together before anything is learned.
//!
//! In place of `[corpus]` may stand `[baskets]`, whose items are learned as words are, or `[graph]` and
//! `[walks]`, whose nodes are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use pith_learn::recipe;
use pith_tables::cooccurrence::Weighting;
use pith_tables::corpus::{self, phrases};
use pith_tables::items::Walks;
use pith_tables::{closed_form, glove, train};
use serde::{Deserialize, Deserializer, Serialize};

use crate::items::{baskets, graph};
use crate::kind;
use crate::path;

/// All that a training of word vectors depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Recipe {
    /// Where the text is.
    pub data: Data,
    /// How text becomes words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corpus: Option<corpus::Config>,
    /// How items are read, where there are baskets and no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baskets: Option<baskets::Config>,
    /// How edges are read, where there is a graph and no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<graph::Config>,
    /// How the graph is walked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walks: Option<Walks>,
    /// Words that belong together become one, where this is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrases: Option<phrases::Config>,
    /// Vectors by predicting words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<train::Config>,
    /// Vectors by GloVe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glove: Option<glove::Config>,
    /// Vectors by the singular vectors of mutual information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ppmi: Option<closed_form::Config>,
    /// What they are held against.
    #[serde(default)]
    pub proof: Proof,
}

/// What stands near each other.
#[derive(Clone, Copy, Debug)]
pub enum Sentences<'a> {
    /// Words of a text: `[corpus]`.
    Text,
    /// Items of baskets: `[baskets]`.
    Baskets(&'a baskets::Config),
    /// Nodes of walks: `[graph]`, `[walks]`.
    Walks(&'a graph::Config, &'a Walks),
}

/// How vectors are learned.
#[derive(Clone, Copy, Debug)]
pub enum Method<'a> {
    /// `[words]`: skip-gram, CBOW, structured skip-gram.
    Words(&'a train::Config),
    /// `[glove]`.
    Glove(&'a glove::Config),
    /// `[ppmi]`.
    Ppmi(&'a closed_form::Config),
}

impl Method<'_> {
    /// Decides everything that is drawn.
    pub fn seed(self) -> u64 {
        match self {
            Self::Words(config) => config.seed,
            Self::Glove(config) => config.seed,
            Self::Ppmi(config) => config.seed,
        }
    }
}

/// The recipe's `[data]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Data {
    /// Files and folders of text, one or a list; `${NAME}` is an environment variable.
    #[serde(deserialize_with = "one_or_more")]
    pub path: Vec<String>,
}

impl Data {
    /// The files and folders, all of them there.
    pub fn paths(&self) -> Result<Vec<PathBuf>> {
        ensure!(!self.path.is_empty(), "data.path must name a file or folder, received none");
        let found = |name: &String| {
            let found = pith_data::config::expand(name)?;
            path::must_exist(&found)?;
            Ok(found)
        };
        self.path.iter().map(found).collect()
    }
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
        Self::parse(&text, &file.display().to_string(), overrides)
    }

    /// Reads a recipe from text; without a method it is `[words]`.
    fn parse(text: &str, name: &str, overrides: &[String]) -> Result<Self> {
        let mut recipe: Self = recipe::parse(text, name, overrides)?;
        let Self { words, glove, ppmi, .. } = &recipe;
        let named =
            [("words", words.is_some()), ("glove", glove.is_some()), ("ppmi", ppmi.is_some())];
        let named: Vec<&str> =
            named.iter().filter(|(_, set)| *set).map(|(name, _)| *name).collect();
        match named[..] {
            [] => recipe.words = Some(train::Config::default()),
            [_] => {}
            [first, second, ..] => bail!(
                "{name}: vectors are learned one way, received [{first}] and [{second}]; leave one \
                 out"
            ),
        }
        recipe.settle_sentences(name)?;
        Ok(recipe)
    }

    /// Text, baskets or a graph, with what belongs to it written out.
    fn settle_sentences(&mut self, name: &str) -> Result<()> {
        let Self { corpus, phrases, baskets, graph, walks, .. } = self;
        let items = match (&baskets, graph.is_some() || walks.is_some()) {
            (Some(_), true) => bail!("{name}: received [baskets] and a graph; leave one out"),
            (Some(_), false) => "[baskets]",
            (None, true) => "[graph]",
            (None, false) => {
                corpus.get_or_insert_default();
                return Ok(());
            }
        };
        for (table, set) in [("corpus", corpus.is_some()), ("phrases", phrases.is_some())] {
            ensure!(
                !set,
                "{name}: [{table}] is about text, and {items} takes its place; leave it out"
            );
        }
        if let Some(baskets) = baskets {
            return baskets.check(name);
        }
        graph.get_or_insert_default().check(name)?;
        Ok(walks.get_or_insert_default().check()?)
    }

    /// What stands near each other.
    pub fn sentences(&self) -> Sentences<'_> {
        match self {
            Self { baskets: Some(baskets), .. } => Sentences::Baskets(baskets),
            Self { graph: Some(graph), walks: Some(walks), .. } => Sentences::Walks(graph, walks),
            _ => Sentences::Text,
        }
    }

    /// Whether it is about baskets or a graph.
    pub fn is_of_items(&self) -> bool {
        !matches!(self.sentences(), Sentences::Text)
    }

    /// How text becomes words; the defaults where there is none.
    pub fn corpus(&self) -> corpus::Config {
        self.corpus.clone().unwrap_or_default()
    }

    /// What holds of items: the least count. Every node of a graph has a vector.
    pub fn items(&self) -> corpus::Config {
        let minimum_count = self.baskets.as_ref().map_or(1, |baskets| baskets.minimum_count);
        corpus::Config { minimum_count, ..corpus::Config::default() }
    }

    /// All that lie so far apart are neighbours, and count alike.
    pub fn set_window(&mut self, window: usize) {
        match self {
            Self { glove: Some(config), .. } => {
                (config.window, config.weighting) = (window, Weighting::Uniform);
            }
            Self { ppmi: Some(config), .. } => {
                (config.window, config.weighting) = (window, Weighting::Uniform);
            }
            Self { words, .. } => {
                let config = words.get_or_insert_default();
                (config.window, config.shrink_window) = (window, false);
            }
        }
    }

    /// Refuses a window where the basket is the window.
    fn check_window(&self) -> Result<()> {
        let (table, set, usual) = match self.method() {
            Method::Words(config) => ("words", config.window, train::Config::default().window),
            Method::Glove(config) => ("glove", config.window, glove::Config::default().window),
            Method::Ppmi(config) => ("ppmi", config.window, closed_form::Config::default().window),
        };
        ensure!(
            self.baskets.is_none() || set == usual,
            "{table}.window does not apply to [baskets], where the window is the whole basket; leave it \
             out, received {set}"
        );
        Ok(())
    }

    /// How vectors are learned.
    pub fn method(&self) -> Method<'_> {
        match self {
            Self { glove: Some(config), .. } => Method::Glove(config),
            Self { ppmi: Some(config), .. } => Method::Ppmi(config),
            Self { words: Some(config), .. } => Method::Words(config),
            Self { words: None, .. } => unreachable!("a recipe is read with a method"),
        }
    }

    /// Draws and initial values follow from it.
    pub fn set_seed(&mut self, seed: u64) {
        if let Some(walks) = &mut self.walks {
            walks.seed = seed;
        }
        match self {
            Self { glove: Some(config), .. } => config.seed = seed,
            Self { ppmi: Some(config), .. } => config.seed = seed,
            Self { words, .. } => words.get_or_insert_default().seed = seed,
        }
    }

    /// Threads to run, 0 for all cores.
    pub fn set_threads(&mut self, threads: usize) {
        match self {
            Self { glove: Some(config), .. } => config.threads = threads,
            Self { ppmi: Some(config), .. } => config.threads = threads,
            Self { words, .. } => words.get_or_insert_default().threads = threads,
        }
    }

    /// A recipe that nothing was learned with yet.
    pub fn fresh(file: &Path, overrides: &[String]) -> Result<Self> {
        let recipe = Self::read(file, overrides)?;
        recipe.check_window()?;
        Ok(recipe)
    }

    /// Something good for running text, where no recipe is given, or for items, where the overrides say
    /// how they are read.
    pub fn default_for(data: &Path, overrides: &[String]) -> Result<Self> {
        let path = toml::Value::String(data.display().to_string());
        let text = match kind::items_in(overrides) {
            true => "",
            false => "[corpus]\ntokenizer = \"words\"\nlower-case = true\n",
        };
        let recipe = format!("data.path = {path}\n{text}");
        let recipe = Self::parse(&recipe, "default recipe", overrides)?;
        recipe.check_window()?;
        Ok(recipe)
    }

    /// The recipe with every default written out.
    pub fn resolved(&self) -> Result<String> {
        toml::to_string(self).context("writing the recipe out")
    }
}

/// A share of what there is, where a recipe names none: enough to judge by.
pub fn tenth() -> f64 {
    0.1
}

/// `path = "a"` stands for `path = ["a"]`.
pub fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
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
        let Method::Words(config) = recipe.method() else { panic!("{recipe:?}") };
        assert_eq!(config.subwords.map(|subwords| subwords.buckets), Some(50));
        let written = recipe.resolved()?;
        assert!(written.contains("rate = 0.05\n"), "{written}");
        assert_eq!(Recipe::parse(&written, "again", &[])?, recipe);
        Ok(())
    }

    #[test]
    fn the_recipes_in_recipes_are_some() -> Result<()> {
        let read = |text, name| Recipe::parse(text, name, &[]);
        let words = read(include_str!("../../../../recipes/words.toml"), "words.toml")?;
        assert_eq!(words.data.path.len(), 2);
        let glove = read(include_str!("../../../../recipes/glove.toml"), "glove.toml")?;
        assert!(matches!(glove.method(), Method::Glove(_)) && glove.phrases.is_some());
        let items = read(include_str!("../../../../recipes/items.toml"), "items.toml")?;
        assert!(matches!(items.sentences(), Sentences::Baskets(_)));
        let graph = read(include_str!("../../../../recipes/graph.toml"), "graph.toml")?;
        assert!(matches!(graph.sentences(), Sentences::Walks(..)));
        Ok(())
    }

    #[test]
    fn vectors_are_learned_one_way() -> Result<()> {
        for (line, seed) in
            [("[glove]", 7), ("[ppmi]", 7), ("[phrases]", 7), ("[baskets]", 7), ("[walks]", 7)]
        {
            let mut recipe = Recipe::parse(&format!("data.path = 'a'\n{line}"), "r.toml", &[])?;
            recipe.set_seed(seed);
            assert_eq!(recipe.method().seed(), seed, "{line}");
            assert_eq!(Recipe::parse(&recipe.resolved()?, "again", &[])?, recipe);
        }
        let both = Recipe::parse("data.path = 'a'\n[glove]\n[words]", "r.toml", &[]);
        let told = both.unwrap_err().to_string();
        assert!(told.contains("[words] and [glove]"), "{told}");
        for (tables, part) in [
            ("[baskets]\n[corpus]", "[corpus] is about text"),
            ("[walks]\n[phrases]", "[graph] takes its place"),
            ("[baskets]\n[walks]", "leave one out"),
            ("[baskets]\nheld-out = 2", "baskets.held-out"),
            ("[walks]\nretrun = 2", "did you mean `return`?"),
            ("[walks]\nreturn = 0", "return must be above 0"),
        ] {
            let told = Recipe::parse(&format!("data.path = 'a'\n{tables}"), "r.toml", &[]);
            let told = told.unwrap_err().to_string();
            assert!(told.contains(part), "{told}");
        }
        let told = Recipe::parse("data.path = 'a'\n[glove]\nxmax = 1", "r.toml", &[]).unwrap_err();
        assert!(told.to_string().contains("did you mean `x-max`?"), "{told}");
        Ok(())
    }

    #[test]
    fn text_may_stand_in_several_places() -> Result<()> {
        let recipe = Recipe::parse("data.path = ['a', 'b']", "r.toml", &[])?;
        assert_eq!(recipe.data.path, ["a", "b"]);
        let told = Recipe::parse("data.path = 1", "r.toml", &[]).unwrap_err().to_string();
        assert!(told.contains("a list of paths"), "{told}");
        Ok(())
    }
}
