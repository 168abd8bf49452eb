//! What a vocabulary associates with what.

mod weat;

pub use weat::{Weat, weat};
