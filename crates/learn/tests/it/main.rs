//! What every encoder, objective and run owes.

mod agreement;
mod codes;
mod collapse;
mod collapse_prototypes;
mod conformance;
mod crops;
mod formula;
mod label_free;
mod lora;
mod masked;
mod names;
mod refusals;
mod resume;
mod toy;
mod twin;
mod twin_dino;
mod twin_mae;
