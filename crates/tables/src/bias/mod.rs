//! What a vocabulary associates with what, and vectors that do so less.

mod direction;
mod weat;

pub use direction::{Direction, hard_debias, project_out};
pub use weat::{Weat, weat};
