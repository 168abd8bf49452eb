//! What is asked of every reader, of bad input, and of the real data where they are at hand.

mod arbitrary;
mod bad_input;
mod conformance;
mod fixture;
mod formats;
mod large;
mod real_data;
mod splits;
