//! Memory for a program that makes and drops large tensors at every step.
//!
//! The allocator keeps what was freed. By default it would hand pages back to the system within
//! milliseconds, and the next step would fault them in again, cleared: a fifth of a training step.

pub use mimalloc::MiMalloc as Caching;

/// Milliseconds until freed pages go back to the system, in mimalloc's list of options.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
const NEVER: std::ffi::c_long = -1;

/// Tells [`Caching`], where it is the program's allocator, to keep all that it ever held. The most
/// memory in use at a time stays what it was.
pub fn keep_freed_memory() {
    // SAFETY: the option is a number that mimalloc reads when it frees; any value is valid.
    #[allow(unsafe_code)]
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, NEVER);
    }
}
