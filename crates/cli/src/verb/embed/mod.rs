//! `pith embed`: vectors to a file.

mod classifier;
mod documents;
mod samples;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::arguments::{Common, Data};
use crate::kind::Kind;
use crate::path;
use crate::source::Part;

/// How the vectors of words become that of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Pooling {
    /// Their mean
    Mean,
    /// Rare words count more, and what all lines have in common is taken out (Arora et al., 2017)
    Sif,
    /// As sif with nothing to choose: weights from the vocabulary, several common directions
    /// (Ethayarajh, 2018)
    Usif,
}

/// What an encoder computes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Precision {
    /// 32-bit floating point
    F32,
    /// 16-bit integers, with a step for every row and column
    Int16,
    /// 8-bit integers, with a step for every row and column
    Int8,
}

/// What `pith embed` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pith embed runs/photos photos/ --out vectors.npy       ids and labels in vectors.ids.jsonl
  pith embed runs/photos photos/ --out vectors.parquet --part test
  pith embed runs/vit photos/ --out vectors.npy --precision int8
  pith embed runs/words --out vectors.txt                word vectors: word2vec's text
  pith embed runs/words lines.txt --out lines.npy        one vector a line of a text
  pith embed runs/words lines.txt --out lines.npy --pooling usif
  pith embed glove.txt lines.txt --out lines.npy --pooling sif --counts corpus.txt
  pith embed runs/items ratings.csv --out users.npy      one vector a basket: the mean of its items
  pith embed runs/letters new.jsonl --out new.npy        inferred, one vector a document
  pith embed runs/topics lines.txt --out lines.npy       what a classifier sees of every line")]
pub struct Arguments {
    /// A run or a model; of word vectors also a file of word2vec, GloVe or fastText
    pub model: PathBuf,
    /// The samples; those of the run's recipe where left out
    #[command(flatten)]
    pub data: Data,
    /// File of the vectors: .npy, .parquet or .fvecs; of words also .txt, .vec, .bin (word2vec)
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    /// Which samples
    #[arg(long, value_enum, default_value = "all")]
    pub part: Part,
    /// What a `vit` computes in; fewer bits are faster, and how far the vectors then are off is said
    #[arg(long, value_enum, default_value = "f32")]
    pub precision: Precision,
    /// How the words of a line become one vector
    #[arg(long, value_enum, default_value = "mean")]
    pub pooling: Pooling,
    /// A text to count words in, for sif and usif with vectors that came without counts
    #[arg(long, value_name = "TEXT")]
    pub counts: Option<PathBuf>,
    /// Replaces a file that is in the way
    #[arg(long)]
    pub force: bool,
}

/// Encodes and writes.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    path::must_exist(&arguments.model)?;
    let kind = Kind::of_model(&arguments.model);
    ensure!(
        matches!(kind, Kind::Samples) || arguments.precision == Precision::F32,
        "--precision is for encoders of samples; this model computes in f32 only"
    );
    match kind {
        Kind::Samples => samples::run(arguments, common),
        Kind::Words => words::run(arguments, common),
        Kind::Classifier => classifier::run(arguments, common),
        Kind::Documents => documents::run(arguments, common),
    }
}
