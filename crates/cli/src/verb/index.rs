//! `pith index`: an index to search.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use pith_data::collection;
use pith_learn::run::Run;
use pith_learn::{Model, Recipe, device};
use pith_space::file::{self, Entry, Vectors};
use pith_space::index::{Index, Method};
use pith_space::{Matrix, Metric};
use serde_json::json;

use crate::arguments::{Common, Data};
use crate::output::print_line;
use crate::source::{self, Part};
use crate::{interrupt, path};

/// What `pith index` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pith index runs/photos photos/ --out photos.index --method hnsw
  pith index vectors.npy --out vectors.index --metric euclidean")]
pub struct Arguments {
    /// A run or a model, or a file of vectors (.npy, .parquet, .fvecs)
    pub what: PathBuf,
    /// The samples, where a model is named
    #[command(flatten)]
    pub data: Data,
    /// Folder of the index
    #[arg(long, short, value_name = "FOLDER")]
    pub out: PathBuf,
    /// exact, or hnsw for more than some 100 000 vectors
    #[arg(long, default_value = "exact")]
    pub method: String,
    /// cosine, dot or euclidean
    #[arg(long, default_value = "cosine")]
    pub metric: String,
    /// Which samples, where a model is named
    #[arg(long, value_enum, default_value = "all")]
    pub part: Part,
    /// Replaces an index that is in the way
    #[arg(long)]
    pub force: bool,
}

/// Encodes where it must, builds, and says how many neighbours a search finds.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let method = Method::named(&arguments.method)?;
    let metric: Metric = arguments.metric.parse()?;
    path::must_exist(&arguments.what)?;
    let (vectors, fingerprint) = match arguments.what.is_file() {
        true => (file::read(&arguments.what)?, String::new()),
        false => encode(arguments, common)?,
    };
    let index = Index::build(vectors, method, metric, &fingerprint, None)?;
    index.save(&arguments.out, arguments.force)?;
    let header = index.header();
    if common.json {
        print_line!("{}", json!({ "index": arguments.out, "header": header }));
    } else {
        print_line!(
            "{} vectors of {} numbers in {}; a search finds {:.2} % of the true {} nearest",
            header.count,
            header.width,
            arguments.out.display(),
            100.0 * header.recall.value,
            header.recall.at
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn encode(arguments: &Arguments, common: &Common) -> Result<(Vectors, String)> {
    let model = Model::load(&arguments.what, &device::named(&common.device)?)
        .context("expected a run, a model, or a file of vectors (.npy, .parquet, .fvecs)")?;
    let recipe =
        Run::open(&arguments.what).ok().map(|run| Recipe::read(&run.recipe(), &[])).transpose()?;
    let collection =
        collection::open(&source::config(&arguments.data, recipe.as_ref(), &arguments.what)?)?;
    let mut entries = Vec::new();
    let mut matrix = Matrix::empty(model.width());
    let stop = interrupt::listen();
    for subset in arguments.part.of(&collection) {
        let skipped = model.embed(&subset, 1, stop, |batch, vectors| {
            for (id, label) in batch.ids.iter().zip(&batch.labels) {
                let label = label.map(|label| collection.classes[label as usize].clone());
                entries.push(Entry { id: id.clone(), label });
            }
            matrix.extend(vectors.values());
            Ok(())
        })?;
        for sample in skipped {
            eprintln!("warning: skipped {}: {}", sample.id, sample.reason);
        }
    }
    Ok((Vectors { entries, matrix }, model.fingerprint().to_owned()))
}
