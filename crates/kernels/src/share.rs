//! How tasks are shared out among threads.

use rayon::iter::{IndexedParallelIterator, MaxLen};

/// Tasks that are handed out singly.
pub(crate) trait OneByOne: IndexedParallelIterator {
    /// One task at a time. Cores are rarely equally fast (others use their caches, their other half,
    /// or their time), and in larger portions the slower one would still be at its last when the
    /// faster has long finished. A task should take tens of microseconds or more.
    fn one_by_one(self) -> MaxLen<Self> {
        self.with_max_len(1)
    }
}

impl<I: IndexedParallelIterator> OneByOne for I {}
