//! What every encoder, objective and run owes.

mod agreement;
mod codes;
mod collapse;
mod collapse_prototypes;
mod conformance;
mod formula;
mod masked;
mod crops;
mod names;
mod refusals;
mod resume;
mod toy;
mod twin;
mod twin_mae;
mod twin_dino;
