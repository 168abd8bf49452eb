//! Skip-gram and CBOW models.

use std::io::{self, BufRead, Write};

use super::super::Fault;
use super::entries::{self, Entries};
use super::settings::Settings;
use super::{expect, tables};
use crate::Model;
use crate::quantized::Weights;
use crate::supervised::Dictionary;
use crate::train::{Config, Method, Output, subword};
use crate::vectors::Matrix;

pub(super) fn read(content: &mut dyn BufRead) -> Result<Model, Fault> {
    let settings = Settings::read(content)?;
    let Settings { model, loss, shortest, longest, buckets, width, .. } = settings;
    expect(matches!(model, 1 | 2) && matches!(loss, 1 | 2), || {
        format!(
            "expected a skip-gram or CBOW model with negative sampling or hierarchical softmax \
             (model 1 or 2, loss 1 or 2), received model {model}, loss {loss}; a classifier is \
             model 3"
        )
    })?;
    let Entries { dictionary: Dictionary { words: vocabulary, labels, .. }, kept } =
        Entries::read(content)?;
    let pruned = kept.is_some_and(|kept| !kept.is_empty());
    expect(labels.is_empty() && !pruned, || {
        "expected words only and all n-grams, received labels or pruned n-grams".to_owned()
    })?;
    let inputs = numbers(tables::read(content, (vocabulary.len() + buckets, width))?)?;
    let outputs = numbers(tables::read(content, (vocabulary.len(), width))?)?;
    let has_subwords = longest > 0 && buckets > 0;
    let subwords =
        has_subwords.then(|| subword::Config { shortest: shortest.max(1), longest, buckets });
    let config = Config {
        method: if model == 1 { Method::Cbow } else { Method::SkipGram },
        output: if loss == 1 { Output::HierarchicalSoftmax } else { Output::NegativeSampling },
        dimensions: width,
        window: settings.window.max(1),
        negatives: settings.negatives.max(1),
        epochs: settings.epochs.max(1),
        subsample: settings.subsample,
        subwords,
        ..Config::default()
    };
    Ok(Model { vocabulary, config, inputs, outputs })
}

fn numbers(weights: Weights) -> Result<Matrix, Fault> {
    match weights {
        Weights::Dense(matrix) => Ok(matrix),
        Weights::Quantized(_) => {
            let why = "expected tables of numbers, received quantized ones".to_owned();
            Err(Fault::Malformed(why))
        }
    }
}

pub(super) fn write(model: &Model, file: &mut dyn Write) -> io::Result<()> {
    let Model { config, vocabulary, .. } = model;
    let [shortest, longest] =
        config.subwords.map_or([0, 0], |grams| [grams.shortest, grams.longest]);
    let settings = Settings {
        width: config.dimensions,
        window: config.window,
        epochs: config.epochs,
        minimum_count: 1,
        negatives: config.negatives,
        word_ngrams: 1,
        loss: if config.output == Output::HierarchicalSoftmax { 1 } else { 2 },
        model: if config.method == Method::Cbow { 1 } else { 2 },
        buckets: model.inputs.rows() - vocabulary.len(),
        shortest,
        longest,
        subsample: config.subsample,
    };
    settings.write(file)?;
    let tokens = vocabulary.counts().iter().sum();
    let words = vocabulary.clone();
    entries::write(&Dictionary { words, tokens, ..Dictionary::default() }, None, file)?;
    [&model.inputs, &model.outputs].iter().try_for_each(|table| tables::write_matrix(table, file))
}
