//! Who is near whom.
//!
//! | index | answer | when |
//! |---|---|---|
//! | [`exact`] | the true neighbours, by comparing with every vector | up to some 100 000 vectors, and as the judge |

pub mod exact;
mod neighbours;

pub use exact::Exact;
pub use neighbours::Neighbours;
