//! The `pith` program as its users meet it: started as a process, on tiny data written to a
//! temporary folder, judged by its exit code, its output and the files that it leaves.

mod bias;
mod checkpoint;
mod classifier;
mod default_recipe;
mod disk;
mod documents;
mod embed;
mod interrupt;
mod items;
mod mistake;
mod pictures;
mod prove;
mod resume;
mod sample;
mod search;
mod sheet;
mod table;
mod train;
mod transfer;
mod word_methods;
mod words;
mod workplace;
