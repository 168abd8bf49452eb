//! Things that are no words: items that lie in baskets, nodes that edges join. They are learned from as
//! words are, and proved on what was taken out before.

pub mod baskets;
pub mod graph;
pub mod proof;
pub mod rows;

use anyhow::Result;
use pith_tables::Corpus;
use pith_tables::items::links::Edge;
use pith_tables::items::{Basket, Graph, LeftOut};

use crate::arguments::Common;
use crate::words::Recipe;
use crate::words::recipe::Sentences;

/// What was learned from, and what was taken out before to judge by.
pub enum Evidence {
    /// Baskets, and the items that were taken out of some.
    Baskets {
        /// What was learned from.
        learned: Vec<Basket>,
        /// What was not.
        left_out: Vec<LeftOut>,
    },
    /// A graph, and edges that were taken out of it.
    Links {
        /// What was walked.
        graph: Graph,
        /// What was not.
        out: Vec<Edge>,
    },
}

/// Reads the items of a recipe and takes out what they are judged by; none of a recipe of text.
pub fn evidence(recipe: &Recipe) -> Result<Option<Evidence>> {
    Ok(match recipe.sentences() {
        Sentences::Text => None,
        Sentences::Baskets(config) => {
            let (learned, left_out) = config.split(config.read(&recipe.data.paths()?)?);
            Some(Evidence::Baskets { learned, left_out })
        }
        Sentences::Walks(config, _) => {
            let (graph, out) = config.split(config.read(&recipe.data.paths()?)?)?;
            Some(Evidence::Links { graph, out })
        }
    })
}

/// The sentences of a recipe of items: baskets as they are, or walks. The recipe learns what the window
/// of its baskets is.
pub fn corpus(recipe: &mut Recipe, evidence: &Evidence, common: &Common) -> Result<Corpus> {
    let tell = |line: String| {
        if !common.quiet {
            eprintln!("{line}");
        }
    };
    let about = recipe.items();
    match evidence {
        Evidence::Baskets { learned, left_out } => {
            let Sentences::Baskets(config) = recipe.sentences() else {
                unreachable!("baskets come of [baskets]")
            };
            let (corpus, window) =
                (config.groups.corpus(learned, &about)?, config.groups.window(learned));
            recipe.set_window(window);
            tell(format!(
                "data: {} baskets, {} distinct items that lie in {} or more; of {} baskets one item \
                 is left out to judge by; all of a basket are neighbours, at most {} at once",
                learned.len(),
                corpus.vocabulary.len(),
                about.minimum_count,
                left_out.len(),
                window + 1,
            ));
            Ok(corpus)
        }
        Evidence::Links { graph, out } => {
            let Sentences::Walks(_, walks) = recipe.sentences() else {
                unreachable!("links come of a graph")
            };
            tell(format!(
                "data: {} nodes; {} edges are left out to judge by",
                graph.len(),
                out.len()
            ));
            tell(format!("walking {} times from every node", walks.per_node));
            Ok(walks.corpus(graph)?)
        }
    }
}
