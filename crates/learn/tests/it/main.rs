//! What every encoder, objective and run owes.

mod collapse;
mod conformance;
mod names;
mod resume;
mod toy;
mod twin;
