//! What every encoder, objective and run owes.

mod collapse;
mod conformance;
mod names;
mod refusals;
mod resume;
mod toy;
mod twin;
