//! What every encoder, objective and run owes.

mod collapse;
mod collapse_prototypes;
mod conformance;
mod crops;
mod names;
mod resume;
mod toy;
mod twin;
mod twin_dino;
