//! One growing buffer per thread, so that temporary matrices are not allocated per image.

use std::cell::RefCell;

thread_local! {
    static BUFFER: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Calls `body` with `len` floats of unspecified content.
///
/// The buffer is taken out of the thread while `body` runs, so nested calls get one of their own.
pub(crate) fn with<R>(len: usize, body: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut buffer = BUFFER.with(RefCell::take);
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    let result = body(&mut buffer[..len]);
    BUFFER.with(|slot| slot.replace(buffer));
    result
}
