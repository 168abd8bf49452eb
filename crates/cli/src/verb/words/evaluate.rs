//! Agreement with what people judged, without baselines: quick, for a look.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use pith_tables::evaluate;
use pith_tables::vectors::Analogy;
use serde_json::json;

use crate::arguments::Common;
use crate::output::print_line;
use crate::words::Model;
use crate::words::sets::{self, Task};

/// Analogies are asked among so many words, as usual.
const AMONG: usize = 30_000;

/// Holds a model against every set of a folder.
pub fn run(model: &Path, data: Option<&Path>, common: &Common) -> Result<ExitCode> {
    let folder = sets::folder(data)?.context(
        "no files of judgements: name their folder with --data, or set PITH_DATA to a folder with \
         word_eval in it",
    )?;
    let sets = sets::find(&folder)?;
    let model = Model::open(model)?;
    let mut told = serde_json::Map::new();
    for set in &sets {
        let (name, value, known, asked) = match set.task {
            Task::Similarity => {
                let score = evaluate::similarity(&model.vectors, &set.path)?;
                ("spearman", score.spearman, score.known, score.pairs)
            }
            Task::Analogies => {
                let score = evaluate::analogies(&model.vectors, &set.path, Analogy::Sum, AMONG)?;
                ("accuracy", score.accuracy, score.total.known, score.total.questions)
            }
        };
        if common.json {
            let value = Some(value).filter(|value| value.is_finite());
            told.insert(set.name.clone(), json!({ name: value, "known": known, "asked": asked }));
        } else {
            print_line!("{:<24} {name} {value:.4}, {known} of {asked} known", set.title);
        }
    }
    if common.json {
        print_line!("{}", serde_json::Value::Object(told));
    }
    Ok(ExitCode::SUCCESS)
}
