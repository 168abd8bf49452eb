//! Things that are no words: whatever comes in baskets or stands in a graph becomes sentences, and
//! those the present trainer's.

mod baskets;
mod graph;
mod walks;

pub use baskets::item2vec;
pub use graph::Graph;
pub use walks::{Walks, node2vec};
