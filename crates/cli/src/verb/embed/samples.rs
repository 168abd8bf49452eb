//! The vectors of samples, written as they come.

use std::process::ExitCode;

use anyhow::Result;
use pith_data::collection;
use pith_learn::run::Run;
use pith_learn::{Model, Recipe, device};
use pith_space::file::{Entry, Writer};
use serde_json::json;

use super::Arguments;
use crate::arguments::Common;
use crate::output::print_line;
use crate::{interrupt, source};

/// Encodes and writes.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let model = Model::load(&arguments.model, &device::named(&common.device)?)?;
    let recipe =
        Run::open(&arguments.model).ok().map(|run| Recipe::read(&run.recipe(), &[])).transpose()?;
    let collection =
        collection::open(&source::config(&arguments.data, recipe.as_ref(), &arguments.model)?)?;
    let mut writer = Writer::create(&arguments.out, model.width(), arguments.force)?;
    let stop = interrupt::listen();
    let (mut rows, mut skipped) = (0, 0);
    for subset in arguments.part.of(&collection) {
        let bad = model.embed(&subset, 1, stop, |batch, vectors| {
            let entries: Vec<Entry> = batch
                .ids
                .iter()
                .zip(&batch.labels)
                .map(|(id, label)| Entry {
                    id: id.clone(),
                    label: label.map(|label| collection.classes[label as usize].clone()),
                })
                .collect();
            rows += entries.len();
            Ok(writer.push(&entries, vectors.values())?)
        })?;
        for sample in &bad {
            eprintln!("warning: skipped {}: {}", sample.id, sample.reason);
        }
        skipped += bad.len();
    }
    writer.finish()?;
    if common.json {
        let told = json!({
            "vectors": arguments.out,
            "rows": rows,
            "width": model.width(),
            "skipped": skipped,
            "fingerprint": model.fingerprint(),
        });
        print_line!("{told}");
    } else {
        print_line!("{} vectors of {} numbers in {}", rows, model.width(), arguments.out.display());
    }
    Ok(ExitCode::SUCCESS)
}
