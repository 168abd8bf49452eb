//! Things that are no words: whatever comes in baskets or stands in a graph becomes sentences, and
//! those the present trainer's. What is judged by is taken out before anything is learned:
//! [`ranking`] of items that were left out of baskets, [`links`] that were left out of a graph.

mod baskets;
mod graph;
pub mod links;
pub mod ranking;
mod walks;

pub use baskets::{Basket, Groups, LeftOut, Which, item2vec, leave_one_out};
pub use graph::{Graph, edges};
pub use walks::{Walks, node2vec};
