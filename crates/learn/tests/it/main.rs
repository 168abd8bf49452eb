//! What every encoder, objective and run owes.

mod agreement;
mod collapse;
mod conformance;
mod formula;
mod masked;
mod names;
mod refusals;
mod resume;
mod toy;
mod twin;
mod twin_mae;
