//! Classifiers to ask: of a run, or a fastText file.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use pith_learn::run::Run;
use pith_tables::format::fasttext;
use pith_tables::supervised::Classifier;

use super::Recipe;
use crate::kind::Kind;
use crate::path;

/// A classifier and where it comes from.
pub struct Model {
    /// What is asked.
    pub classifier: Classifier,
    /// The run and its recipe; none of a bare file.
    pub run: Option<(Run, Recipe)>,
}

/// Where the classifier of a run stands in numbers, as fastText keeps it.
pub fn whole(run: &Run) -> PathBuf {
    run.model().join("model.bin")
}

/// Where it stands in codes, if the recipe asks for that.
pub fn small(run: &Run) -> PathBuf {
    run.model().join("model.ftz")
}

impl Model {
    /// Opens a run, its small model where it has one, or a `.bin` or `.ftz` of fastText.
    pub fn open(path: &Path) -> Result<Self> {
        path::must_exist(path)?;
        if path.is_file() {
            return Ok(Self { classifier: fasttext::read_classifier(path)?, run: None });
        }
        let (shown, run) = (path.display(), Run::open(path)?);
        ensure!(
            Kind::of_model(path) == Kind::Classifier,
            "{shown} is a run, but none of a classifier; a recipe of one has a table [classifier]"
        );
        let recipe = Recipe::read(&run.recipe(), &[])?;
        let Some(file) = [small(&run), whole(&run)].into_iter().find(|file| file.exists()) else {
            bail!("{shown} has no model yet; train it again: pith train --resume {shown}");
        };
        // The file does not say what labels begin with.
        let mut classifier = fasttext::read_classifier(&file)?;
        classifier.config.label.clone_from(&recipe.classifier.label);
        Ok(Self { classifier, run: Some((run, recipe)) })
    }
}
