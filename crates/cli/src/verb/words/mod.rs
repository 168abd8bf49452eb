//! `pith words`: what can be asked of word vectors, and of classifiers of text.

mod ask;
mod bias;
mod classify;
mod convert;
mod evaluate;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::Common;

pub use ask::neighbours;

/// What `pith words` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pith words neighbours runs/words river -k 5
  pith words analogy runs/words king - man + woman
  pith words odd-one-out vectors.bin breakfast lunch dinner car
  pith words evaluate glove.txt --data word_eval/
  pith words convert vectors.bin vectors.txt
  pith words bias runs/words --debias hard --out debiased.vec
  pith words predict runs/topics \"the match ended in a draw\" -k 3
  pith words test topics.ftz test.txt

MODEL is a run of word vectors, or a file of word2vec, GloVe or fastText (also .gz, .zst); to predict
and to test, a run of a classifier or a .bin or .ftz of fastText.")]
pub struct Arguments {
    /// What is asked
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand, Debug)]
enum Verb {
    /// The words nearest to a word, by cosine
    Neighbours {
        /// A run or a file of word vectors
        model: PathBuf,
        /// The word; one that was never seen is spelled by its n-grams where the model has them
        word: String,
        /// Neighbours to find
        #[arg(short, default_value_t = 10)]
        k: usize,
    },
    /// What is to woman as king is to man: king - man + woman
    Analogy {
        /// A run or a file of word vectors
        model: PathBuf,
        /// Words with + and - between them
        #[arg(required = true)]
        terms: Vec<String>,
        /// Multiplies likenesses instead of adding vectors (Levy and Goldberg, 2014)
        #[arg(long)]
        cosmul: bool,
        /// Answers to give
        #[arg(short, default_value_t = 10)]
        k: usize,
    },
    /// The word that is least like the others
    OddOneOut {
        /// A run or a file of word vectors
        model: PathBuf,
        /// Three words or more
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Agreement with what people judged; `pith prove` adds baselines and intervals
    Evaluate {
        /// A run or a file of word vectors
        model: PathBuf,
        /// A folder of similarity and analogy files, or one such file; word_eval below PITH_DATA
        /// where left out
        #[arg(long, value_name = "FOLDER")]
        data: Option<PathBuf>,
    },
    /// From one format of word vectors to another
    Convert {
        /// A run or a file of word vectors
        from: PathBuf,
        /// .txt or .vec (word2vec text), .bin (word2vec binary), .glove, .safetensors, .npy, .parquet,
        /// .fvecs
        to: PathBuf,
        /// Replaces a file that is in the way
        #[arg(long)]
        force: bool,
    },
    /// What words are associated with along a direction such as gender, and vectors without it
    #[command(after_help = "\
Examples:
  pith words bias glove.txt                              projections and association tests
  pith words bias runs/words --debias hard --out debiased.vec --data word_eval/
  pith words bias runs/words --sets mine.toml --json")]
    Bias(bias::Arguments),
    /// The labels of texts with their probabilities
    #[command(after_help = "\
Examples:
  pith words predict runs/topics \"the match ended in a draw\" -k 3
  pith words predict topics.ftz - < texts.txt            a line of labels for every line")]
    Predict {
        /// A run of a classifier, or a .bin or .ftz of fastText
        model: PathBuf,
        /// Texts; - or none for the lines of standard input
        texts: Vec<String>,
        #[command(flatten)]
        choice: classify::Choice,
    },
    /// Precision and recall at k on labelled lines; `pith prove` adds a baseline and intervals
    #[command(after_help = "\
Examples:
  pith words test runs/topics test.txt
  pith words test topics.bin test.txt -k 3 --labels")]
    Test {
        /// A run of a classifier, or a .bin or .ftz of fastText
        model: PathBuf,
        /// Lines that hold labels and words
        file: PathBuf,
        #[command(flatten)]
        choice: classify::Choice,
        /// Also every label for itself
        #[arg(long)]
        labels: bool,
    },
}

/// Asks.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    match &arguments.verb {
        Verb::Neighbours { model, word, k } => neighbours(model, word, *k, common),
        Verb::Analogy { model, terms, cosmul, k } => {
            ask::analogy(model, terms, *cosmul, *k, common)
        }
        Verb::OddOneOut { model, words } => ask::odd_one_out(model, words, common),
        Verb::Evaluate { model, data } => evaluate::run(model, data.as_deref(), common),
        Verb::Convert { from, to, force } => convert::run(from, to, *force, common),
        Verb::Bias(arguments) => bias::run(arguments, common),
        Verb::Predict { model, texts, choice } => classify::predict(model, texts, choice, common),
        Verb::Test { model, file, choice, labels } => {
            classify::test(model, file, choice, *labels, common)
        }
    }
}
