//! Classifiers of text in the program: their recipe, their model, their proof. What they are made of is
//! in `pith-tables`.

pub mod model;
pub mod proof;
pub mod recipe;

pub use recipe::Recipe;
