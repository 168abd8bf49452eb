//! The `pith` program.
fn main() {}
