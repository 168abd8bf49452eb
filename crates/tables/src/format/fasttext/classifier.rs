//! Classifiers.

use std::io::{self, BufRead, Write};

use super::super::Fault;
use super::entries::{self, Entries};
use super::settings::{SUPERVISED, Settings};
use super::{expect, tables};
use crate::Error;
use crate::quantized::Weights;
use crate::supervised::{Classifier, Config, Dictionary, Loss};

/// fastText's default, which means nothing for classifiers.
const SUBSAMPLE: f64 = 1e-4;
/// By their numbers in the file, from 1.
const LOSSES: [Loss; 4] =
    [Loss::HierarchicalSoftmax, Loss::NegativeSampling, Loss::Softmax, Loss::OneVsAll];

pub(super) fn read(content: &mut dyn BufRead) -> Result<Classifier, Fault> {
    let settings = Settings::read(content)?;
    let Settings { model, width, buckets, .. } = settings;
    expect(model == SUPERVISED, || {
        format!("expected a classifier (model {SUPERVISED}), received word vectors (model {model})")
    })?;
    let config = Config {
        minimum_count: settings.minimum_count as u64,
        word_ngrams: settings.word_ngrams,
        shortest: settings.shortest,
        longest: settings.longest,
        buckets,
        loss: LOSSES[settings.loss as usize - 1],
        dimensions: width,
        window: settings.window,
        epochs: settings.epochs,
        negatives: settings.negatives,
        ..Config::default()
    };
    expect(!config.has_ngrams() || buckets > 0, || {
        "expected buckets for its n-grams, received 0".to_owned()
    })?;
    let Entries { dictionary, kept } = Entries::read(content)?;
    let Dictionary { words, labels, .. } = &dictionary;
    expect(!labels.is_empty(), || "expected labels, received none".to_owned())?;
    if config.loss == Loss::HierarchicalSoftmax {
        // The tree of other counts could have paths as long as there are labels.
        let falls = labels.counts().is_sorted_by(|first, second| first >= second);
        expect(falls && labels.counts().iter().all(|count| *count > 0), || {
            "expected labels by falling count, each 1 or more, as its tree needs".to_owned()
        })?;
    }
    let behind = kept.as_ref().map_or(buckets, std::collections::HashMap::len);
    let inputs = tables::read(content, (words.len() + behind, width))?;
    expect(kept.is_none() || inputs.is_quantized(), || {
        "expected all buckets or codes, received pruned buckets in numbers".to_owned()
    })?;
    let outputs = tables::read(content, (labels.len(), width))?;
    expect(inputs.is_quantized() || !outputs.is_quantized(), || {
        "expected codes for the inputs where the outputs are codes, received numbers".to_owned()
    })?;
    Ok(Classifier::assemble(dictionary, config, kept, inputs, outputs))
}

/// Whether the format can hold it: codes are counted by 31 bits.
pub(super) fn check(classifier: &Classifier) -> Result<(), Error> {
    for table in [&classifier.inputs, &classifier.outputs] {
        if let Weights::Quantized(codes) = table
            && i32::try_from(codes.codes.len()).is_err()
        {
            return Err(Error::Setting(format!(
                "fastText's files hold at most {} codes, received {}; keep fewer rows",
                i32::MAX,
                codes.codes.len()
            )));
        }
    }
    Ok(())
}

pub(super) fn write(classifier: &Classifier, file: &mut dyn Write) -> io::Result<()> {
    let Classifier { dictionary, config, features, inputs, outputs, .. } = classifier;
    let loss = LOSSES.iter().position(|loss| *loss == config.loss).unwrap_or_default();
    // Old files have buckets that nothing uses.
    let buckets = match features.kept {
        Some(_) => features.buckets,
        None => inputs.rows() - dictionary.words.len(),
    };
    let settings = Settings {
        width: inputs.width(),
        window: config.window,
        epochs: config.epochs,
        minimum_count: usize::try_from(config.minimum_count).unwrap_or(usize::MAX),
        negatives: config.negatives,
        word_ngrams: config.word_ngrams,
        loss: loss as i32 + 1,
        model: SUPERVISED,
        buckets,
        shortest: config.shortest,
        longest: config.longest,
        subsample: SUBSAMPLE,
    };
    settings.write(file)?;
    entries::write(dictionary, features.kept.as_ref(), file)?;
    tables::write(inputs, file)?;
    tables::write(outputs, file)
}
