//! The vectors of samples, written as they come.

use std::process::ExitCode;

use anyhow::Result;
use pith_data::collection;
use pith_learn::run::Run;
use pith_learn::{Model, Recipe, device, model};
use pith_space::Matrix;
use pith_space::file::{Entry, Writer};
use serde_json::json;

use super::{Arguments, Precision};
use crate::arguments::Common;
use crate::output::print_line;
use crate::{interrupt, source};

/// Encodes and writes.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    let exact = Model::load(&arguments.model, &device::named(&common.device)?)?;
    let model = match arguments.precision {
        Precision::F32 => exact.clone(),
        Precision::Int16 => exact.clone().with_precision(model::Precision::Int16)?,
        Precision::Int8 => exact.clone().with_precision(model::Precision::Int8)?,
    };
    let recipe =
        Run::open(&arguments.model).ok().map(|run| Recipe::read(&run.recipe(), &[])).transpose()?;
    let collection =
        collection::open(&source::config(&arguments.data, recipe.as_ref(), &arguments.model)?)?;
    let mut writer = Writer::create(&arguments.out, model.width(), arguments.force)?;
    let stop = interrupt::listen();
    let (mut rows, mut skipped) = (0, 0);
    let mut cosines: Option<Vec<f64>> = None;
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
            if arguments.precision != Precision::F32 && cosines.is_none() {
                let right = exact.encode(batch.views[0].clone());
                cosines = Some((0..right.rows()).map(|row| cosine(&right, vectors, row)).collect());
            }
            Ok(writer.push(&entries, vectors.values())?)
        })?;
        for sample in &bad {
            eprintln!("warning: skipped {}: {}", sample.id, sample.reason);
        }
        skipped += bad.len();
    }
    writer.finish()?;
    let cosines = cosines.map(|found| {
        let mean = found.iter().sum::<f64>() / found.len() as f64;
        (found.len(), mean, found.into_iter().fold(1.0, f64::min))
    });
    if common.json {
        let told = json!({
            "vectors": arguments.out,
            "rows": rows,
            "width": model.width(),
            "skipped": skipped,
            "fingerprint": model.fingerprint(),
            "cosine": cosines.map(|(_, mean, least)| json!({ "mean": mean, "least": least })),
        });
        print_line!("{told}");
    } else {
        print_line!("{} vectors of {} numbers in {}", rows, model.width(), arguments.out.display());
        if let Some((count, mean, least)) = cosines {
            print_line!(
                "cosine of the first {count} with those in f32: {mean:.6}, least {least:.6}"
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Of the vectors that two precisions give one sample.
fn cosine(a: &Matrix, b: &Matrix, row: usize) -> f64 {
    let (a, b) = (a.row(row), b.row(row));
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
