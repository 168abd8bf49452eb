//! What is asked of every view.
