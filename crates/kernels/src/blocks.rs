//! Cuts an array into blocks, one a task: by its shape alone, so that results do not depend on the
//! number of threads.

use crate::buffer;
use crate::share::OneByOne;
use crate::simd::dispatch;
use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use rayon::prelude::*;

/// Values of one block: enough to be worth a task, few enough to stay in the cache of a core.
pub(crate) const VALUES: usize = 16 * 1024;

/// Most blocks of rows, each of which has its partial sums.
const MOST: usize = 64;

/// Values of one block of whole rows, in an array of `len` values.
pub(crate) fn of_rows(len: usize, width: usize) -> usize {
    let width = width.max(1);
    (len / width).div_ceil(MOST).max(VALUES / width).max(1) * width
}

/// Block `index` of an array that is cut like another one.
pub(crate) fn part<T>(values: &[T], index: usize, block: usize) -> &[T] {
    let start = index * block;
    &values[start..(start + block).min(values.len())]
}

/// Calls `body(index, block)` for each block; the results in order.
pub(crate) fn each<T: Send, R: Send>(
    values: &mut [T],
    block: usize,
    body: impl Fn(usize, &mut [T]) -> R + Sync,
) -> Vec<R> {
    if values.is_empty() {
        return Vec::new();
    }
    // One block is not worth waking another thread.
    if values.len() <= block {
        return vec![body(0, values)];
    }
    let blocks = values.par_chunks_mut(block).enumerate();
    blocks.one_by_one().map(|(index, block)| body(index, block)).collect()
}

/// Calls `body(index, block)` for each block of a tensor's values, to be changed: in place where
/// nobody else holds them, in a copy otherwise. The tensor, and the results in order.
pub(crate) fn change<R: Send>(
    tensor: FlexTensor,
    block: usize,
    body: impl Fn(usize, &mut [f32]) -> R + Sync,
) -> (FlexTensor, Vec<R>) {
    let mut contiguous = tensor.to_contiguous();
    // The second handle would make the storage look shared.
    drop(tensor);
    if let Some(values) = contiguous.try_storage_mut::<f32>() {
        let results = each(values, block, body);
        return (contiguous, results);
    }
    let original = contiguous.storage::<f32>();
    let mut copy = buffer::to_overwrite(original.len());
    let results = each(&mut copy, block, |index, values| {
        values.copy_from_slice(part(original, index, block));
        body(index, values)
    });
    (crate::fast_path::tensor(copy, contiguous.shape()), results)
}

/// The sum of vectors, added in their order.
pub(crate) fn total<'a>(vectors: impl IntoIterator<Item = &'a [f32]>, width: usize) -> Vec<f32> {
    let mut sums = vec![0.0f64; width];
    for vector in vectors {
        for (sum, value) in sums.iter_mut().zip(vector) {
            *sum += f64::from(*value);
        }
    }
    sums.into_iter().map(|sum| sum as f32).collect()
}

/// The sum of the rows of a block.
pub(crate) fn sum_of_rows(values: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; width];
    add_rows(values, &mut sums);
    sums
}

dispatch! {
    /// Adds each row to the sums.
    fn add_rows(values: &[f32], sums: &mut [f32]) = add_rows_body
}

#[inline(always)]
fn add_rows_body<const FUSED: bool>(values: &[f32], sums: &mut [f32]) {
    for row in values.chunks_exact(sums.len()) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
}
