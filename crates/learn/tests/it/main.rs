//! What every encoder, objective and run owes.

mod codes;
mod collapse;
mod conformance;
mod names;
mod resume;
mod toy;
mod twin;
