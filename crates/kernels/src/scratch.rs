//! Growing buffers of each thread, so that temporary matrices are not allocated per image.

use std::cell::RefCell;
use std::thread::LocalKey;

/// Bytes of a line of the cache: a vector that lies across two takes two reads.
const LINE: usize = 64;

/// The buffers that are not lent.
type Buffers<T> = RefCell<Vec<Vec<T>>>;

thread_local! {
    static FLOATS: Buffers<f32> = const { RefCell::new(Vec::new()) };
    static WORDS: Buffers<i32> = const { RefCell::new(Vec::new()) };
}

/// Calls `body` with `len` floats of unspecified content, from the beginning of a line of the cache on.
///
/// The buffer is taken out of the thread while `body` runs, so nested calls get one of their own,
/// the same every time.
pub(crate) fn with<R>(len: usize, body: impl FnOnce(&mut [f32]) -> R) -> R {
    lend(&FLOATS, len, body)
}

/// The same with 32-bit words.
pub(crate) fn words<R>(len: usize, body: impl FnOnce(&mut [i32]) -> R) -> R {
    lend(&WORDS, len, body)
}

fn lend<T: Copy + Default, R>(
    slot: &'static LocalKey<Buffers<T>>,
    len: usize,
    body: impl FnOnce(&mut [T]) -> R,
) -> R {
    let mut buffer = slot.with(|buffers| buffers.borrow_mut().pop()).unwrap_or_default();
    let room = len + LINE / size_of::<T>();
    if buffer.len() < room {
        buffer.resize(room, T::default());
    }
    let start = buffer.as_ptr().align_offset(LINE);
    let result = body(&mut buffer[start..start + len]);
    slot.with(|buffers| buffers.borrow_mut().push(buffer));
    result
}
