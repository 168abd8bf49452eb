//! `pith search`: the nearest neighbours.

mod samples;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::arguments::Common;
use crate::kind::Kind;
use crate::path;
use crate::verb::words;

/// What `pith search` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pith search photos.index cat.png --model runs/photos     by a picture
  pith search photos.index cats/12.png                     by the id of a row
  pith search photos.index 0.1,-0.3,0.7                    by a vector
  pith search runs/photos cats/12.png -k 5                 in the index of a run
  pith search runs/words river                             the neighbours of a word
  pith search runs/graph \"Tal, Mikhail\"                    of an item or a node
  pith search runs/letters \"a text of your own\"           the documents most like a text")]
pub struct Arguments {
    /// An index, or a run that has one; word vectors: a run or a file of them
    pub index: PathBuf,
    /// A picture, the id of a row, a vector (numbers between commas), a file of vectors; a word
    pub query: String,
    /// Neighbours to find
    #[arg(short, default_value_t = 10)]
    pub k: usize,
    /// The run or model that made the index, to encode a picture
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
}

/// Finds and shows.
pub fn run(arguments: &Arguments, common: &Common) -> Result<ExitCode> {
    path::must_exist(&arguments.index)?;
    match Kind::of_model(&arguments.index) {
        Kind::Samples | Kind::Documents => samples::run(arguments, common),
        Kind::Words => words::neighbours(&arguments.index, &arguments.query, arguments.k, common),
        Kind::Classifier => bail!(
            "{} is a classifier; ask it with: pith words predict {0} TEXT",
            arguments.index.display()
        ),
    }
}
