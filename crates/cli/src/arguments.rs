//! What can be asked on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::verb;

/// Learn a representation from raw data, prove how good it is, and use it.
#[derive(Debug, Parser)]
#[command(name = "pith", version, about, max_term_width = 100, arg_required_else_help = true)]
pub struct Arguments {
    /// What is asked.
    #[command(subcommand)]
    pub verb: Verb,
    /// How.
    #[command(flatten)]
    pub common: Common,
}

/// Options of every verb.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Threads to compute with; all cores where left out
    #[arg(long, global = true, value_name = "N", help_heading = "Everywhere")]
    pub threads: Option<usize>,
    /// Where to compute: cpu
    #[arg(long, global = true, default_value = "cpu", help_heading = "Everywhere")]
    pub device: String,
    /// Print the result as JSON on standard output
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    /// Print no progress
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub quiet: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Learn a representation, prove it and index it
    Train(verb::train::Arguments),
    /// Measure how good a representation is, beside baselines and with intervals
    Prove(verb::prove::Arguments),
    /// Write the vectors of samples
    Embed(verb::embed::Arguments),
    /// Build an index to search
    Index(verb::index::Arguments),
    /// Find the nearest neighbours of an image, a row, a vector or a word
    Search(verb::search::Arguments),
    /// Ask word vectors and classifiers: neighbours, analogies, bias, labels; convert their files
    Words(verb::words::Arguments),
    /// List encoders, objectives, views, optimizers, probes, indexes and formats
    List,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Which data, where no recipe says it.
#[derive(Args, Clone, Debug)]
pub struct Data {
    /// A folder of images, an archive, a table: whatever `pith list` names as a format
    pub data: Option<PathBuf>,
    /// A line of the data table of a recipe: test=PATH, labels=FILE, columns.label=NAME, ...; to
    /// prove word vectors, evaluation=FOLDER
    #[arg(long = "data", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
}
