//! What a sample is.
