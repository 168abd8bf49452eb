//! Word vectors in the program: their recipe, their model, their proof. What they are made of is in
//! `pith-tables`.

pub mod file;
pub mod model;
pub mod progress;
pub mod proof;
pub mod recipe;
pub mod sets;
pub mod text;

pub use model::Model;
pub use recipe::Recipe;
