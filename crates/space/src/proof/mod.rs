//! Proof: measured evidence about a space, always beside what it must beat.
//!
//! [`Proof::measure`] runs every probe on every [`Candidate`] (the encoder, the raw input, PCA of
//! the same width, the untrained encoder) over the same samples, puts bootstrap intervals on the
//! numbers and on the paired differences, and says in a sentence what follows. A [`Proof`] is the
//! content of `proof.json`.

mod assemble;
mod candidate;
mod examples;
mod measure;
mod options;
mod record;
mod require;
mod subset;
#[cfg(test)]
mod tests;
mod verdict;

pub use assemble::{Assembly, Measured};
pub use candidate::{Candidate, CandidateKind, Inputs, Split};
pub use options::Options;
pub use record::{
    CandidateRecord, Confusion, Difference, Estimate, Example, ExampleNeighbour, FORMAT,
    MeasureRecord, Omission, Proof, Sizes, SplitSize, Verdict,
};
pub use require::{Bar, Miss};

impl Proof {
    /// A measure that was taken, by name.
    pub fn measure_named(&self, name: &str) -> Option<&MeasureRecord> {
        self.measures.iter().find(|measure| measure.name == name)
    }
}
