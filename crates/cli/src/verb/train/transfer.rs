//! From a finished run to the classes of other samples, beside a twin from scratch.

use std::path::Path;

use anyhow::{Result, ensure};
use pith_data::collection;
use pith_learn::device::Device;
use pith_learn::recipe::{Kind, Recipe, Transfer};
use pith_learn::run::Run;
use pith_learn::train::progress::Progress;
use pith_learn::train::{self, Ending, Outcome, Plan, Setting};
use pith_learn::{Model, transfer};
use pith_space::bootstrap::{Bootstrap, Statistic, interval};
use serde_json::{Value, json};

use super::{is_recipe, samples};
use crate::arguments::Common;
use crate::output::print_line;
use crate::path;

/// Resamples of the test samples for an interval.
const RESAMPLES: usize = 1000;

/// The recipe of a transfer: that of the file with the encoder of the run, or a default for the data.
pub fn recipe(
    from: &Path,
    what: &Path,
    mut changes: Vec<String>,
    device: &Device,
) -> Result<Recipe> {
    path::must_exist(from)?;
    path::must_exist(what)?;
    let model = Model::load(from, device)?;
    if is_recipe(what) {
        changes.push(format!("transfer.from = {}", toml_string(from)));
        let recipe = Recipe::read(what, &changes)?;
        return Ok(Recipe { encoder: model.config().clone(), ..recipe });
    }
    let any = Recipe::default_for(what, Kind::Rows, 0, &[])?;
    let train = collection::open(&any.data)?.train;
    let kind = samples::kind(&train);
    Ok(Recipe::transfer_for(what, kind, train.len(), from, model.config(), &changes)?)
}

fn toml_string(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}

/// A fine-tuned run, and what its twin from scratch is trained with.
pub struct Twin<'a> {
    /// The fine-tuned run; the twin's lies in its folder.
    pub run: &'a Run,
    /// What it was trained with.
    pub setting: &'a Setting<'a>,
    /// How it ended.
    pub outcome: &'a Outcome,
}

impl Twin<'_> {
    /// Trains the twin and compares both on the test samples; what was found;
    /// nothing where it was interrupted.
    pub fn measure(&self, common: &Common) -> Result<Option<Value>> {
        let Setting { recipe, collection, preprocess, device, .. } = *self.setting;
        ensure!(
            !collection.test.is_empty(),
            "a transfer is measured on test samples: there are none"
        );
        let right = |outcome: &Outcome| {
            transfer::outcomes(&outcome.learner, preprocess, &collection.test, device)
        };
        let fine_tuned = right(self.outcome)?;
        if !common.quiet {
            eprintln!("twin: the same training from scratch");
        }
        let folder = self.run.folder().join("scratch");
        let twin = match Run::open(&folder) {
            Ok(run) => run,
            Err(_) => Run::create(&folder, false)?,
        };
        let from_scratch = Recipe { transfer: None, ..recipe.clone() };
        fs_err::write(twin.recipe(), from_scratch.resolved())?;
        let setting = Setting { recipe: &from_scratch, ..*self.setting };
        let mut progress = Progress::new(!common.quiet);
        let outcome = train::train(Plan::new(&setting)?, &twin, &mut progress)?;
        if matches!(outcome.ending, Ending::Interrupted) {
            eprintln!("stopped; go on with: pith train --resume {}", self.run.folder().display());
            return Ok(None);
        }
        let scratch = right(&outcome)?;
        self.tell(recipe, &fine_tuned, &scratch, common).map(Some)
    }

    fn tell(
        &self,
        recipe: &Recipe,
        fine_tuned: &[bool],
        scratch: &[bool],
        common: &Common,
    ) -> Result<Value> {
        let number = |right: bool| f64::from(u8::from(right));
        let mean = |values: Vec<f64>| {
            let statistic = Statistic::Mean(values);
            let bootstrap = Bootstrap { seed: recipe.train.seed, resamples: RESAMPLES };
            (statistic.value(), interval(bootstrap.distribution(&statistic)))
        };
        let accuracy = |right: &[bool]| mean(right.iter().map(|&right| number(right)).collect());
        let gains = fine_tuned.iter().zip(scratch).map(|(&a, &b)| number(a) - number(b));
        let figures = [
            ("fine-tuned", accuracy(fine_tuned)),
            ("from scratch", accuracy(scratch)),
            ("difference", mean(gains.collect())),
        ];
        let told = figures.map(|(name, (value, interval))| {
            json!({ "name": name, "accuracy": value, "interval": interval })
        });
        let from = recipe.transfer.as_ref().map(|Transfer { from, .. }| from);
        let told = json!({
            "from": from,
            "train": self.setting.collection.train.len(),
            "test": fine_tuned.len(),
            "figures": told,
        });
        let file = self.run.folder().join("transfer.json");
        fs_err::write(&file, serde_json::to_vec_pretty(&told)?)?;
        if common.json {
            return Ok(told);
        }
        print_line!("accuracy on {} test samples, 95 % intervals", fine_tuned.len());
        for (name, (value, interval)) in figures {
            let (low, high) = interval.unwrap_or((value, value));
            let percent = [value, low, high].map(|share| 100.0 * share);
            print_line!("  {name:<13}{:6.1} % [{:.1}, {:.1}]", percent[0], percent[1], percent[2]);
        }
        Ok(told)
    }
}
