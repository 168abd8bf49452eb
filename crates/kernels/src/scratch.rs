//! Growing buffers kept by each thread, so that temporary matrices are not allocated per image.

use std::cell::RefCell;

thread_local! {
    /// Those not in use, the one of the outermost call last.
    static BUFFERS: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `body` with `len` floats of unspecified content.
///
/// The buffer is taken out of the thread while `body` runs, so nested calls get one of their own.
pub(crate) fn with<R>(len: usize, body: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut buffer = BUFFERS.with(|buffers| buffers.borrow_mut().pop()).unwrap_or_default();
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    let result = body(&mut buffer[..len]);
    BUFFERS.with(|buffers| buffers.borrow_mut().push(buffer));
    result
}
