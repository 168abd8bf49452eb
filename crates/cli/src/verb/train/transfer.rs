//! From a finished run to the classes of other samples, beside a twin from scratch.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use pith_data::collection;
use pith_learn::device::Device;
use pith_learn::recipe::{Kind, Recipe, Transfer};
use pith_learn::run::Run;
use pith_learn::train::progress::Progress;
use pith_learn::train::{self, Ending, Outcome, Plan, Setting};
use pith_learn::{Model, transfer};
use pith_space::bootstrap::{Bootstrap, Statistic, interval};
use serde::Serialize;
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

/// One measured number.
#[derive(Debug, Serialize)]
struct Figure {
    name: &'static str,
    accuracy: f64,
    interval: Option<(f64, f64)>,
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
        let frozen = self.frozen()?;
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
        let figures = self.figures(&fine_tuned, frozen.as_deref(), &scratch);
        self.tell(&figures, fine_tuned.len(), common).map(Some)
    }

    /// Whether a linear probe on the encoder as it was names the class of each test sample; nothing
    /// where there are too few samples to fit one.
    fn frozen(&self) -> Result<Option<Vec<bool>>> {
        let Setting { recipe, collection, device, .. } = *self.setting;
        let from = recipe.transfer.as_ref().context("the recipe of a transfer")?;
        let model = Model::load(Path::new(&from.from), device)?;
        match transfer::probed(&model, collection) {
            Ok(right) => Ok(Some(right)),
            Err(pith_learn::Error::Space(error)) => {
                eprintln!("warning: no linear probe on frozen features: {error}");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Accuracies with their intervals, and the paired difference of fine-tuned and from scratch.
    fn figures(
        &self,
        fine_tuned: &[bool],
        frozen: Option<&[bool]>,
        scratch: &[bool],
    ) -> Vec<Figure> {
        let number = |right: bool| f64::from(u8::from(right));
        let figure = |name, values: Vec<f64>| {
            let statistic = Statistic::Mean(values);
            let seed = self.setting.recipe.train.seed;
            let bootstrap = Bootstrap { seed, resamples: RESAMPLES };
            let interval = interval(bootstrap.distribution(&statistic));
            Figure { name, accuracy: statistic.value(), interval }
        };
        let accuracy =
            |name, right: &[bool]| figure(name, right.iter().map(|&right| number(right)).collect());
        let gains = fine_tuned.iter().zip(scratch).map(|(&a, &b)| number(a) - number(b));
        let mut figures = vec![accuracy("fine-tuned", fine_tuned)];
        figures.extend(frozen.map(|right| accuracy("frozen, linear", right)));
        figures.push(accuracy("from scratch", scratch));
        figures.push(figure("difference", gains.collect()));
        figures
    }

    fn tell(&self, figures: &[Figure], samples: usize, common: &Common) -> Result<Value> {
        let from = self.setting.recipe.transfer.as_ref().map(|Transfer { from, .. }| from);
        let told = json!({
            "from": from,
            "train": self.setting.collection.train.len(),
            "test": samples,
            "figures": figures,
        });
        let file = self.run.folder().join("transfer.json");
        fs_err::write(&file, serde_json::to_vec_pretty(&told)?)?;
        if common.json {
            return Ok(told);
        }
        print_line!("accuracy on {samples} test samples, 95 % intervals");
        for Figure { name, accuracy, interval } in figures {
            let (low, high) = interval.unwrap_or((*accuracy, *accuracy));
            let percent = [*accuracy, low, high].map(|share| 100.0 * share);
            print_line!("  {name:<15}{:6.1} % [{:.1}, {:.1}]", percent[0], percent[1], percent[2]);
        }
        Ok(told)
    }
}
