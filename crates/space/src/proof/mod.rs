//! Proof: measured evidence about a space, always beside what it must beat.

mod candidate;
mod options;
mod record;

pub use candidate::{Candidate, CandidateKind, Inputs, Split};
pub use options::Options;
pub use record::{
    CandidateRecord, Confusion, Difference, Estimate, Example, ExampleNeighbour, FORMAT,
    MeasureRecord, Omission, Proof, Sizes, SplitSize, Verdict,
};
