//! Vectors of whole documents in the program: their recipe, their model, their proof. What they are made
//! of is in `pith-tables`.

pub mod model;
pub mod proof;
mod read;
pub mod recipe;

pub use model::Model;
pub use read::{Document, Split};
pub use recipe::Recipe;
