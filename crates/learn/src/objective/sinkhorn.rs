//! Sinkhorn-Knopp: samples shared out evenly among prototypes.

use burn::tensor::Tensor;

/// Assignments of samples to prototypes under which every prototype receives as much as any other
/// (Cuturi 2013; Caron et al. 2020, SwAV, equations 3 to 5), `[n, k]` to `[n, k]`.
///
/// `Q = diag(u) exp(scores / epsilon) diag(v)`, where the columns and then the rows are scaled to
/// equal sums, so many times in turn; at the end every row sums to one. The smaller `epsilon`, the
/// nearer each row is to a single prototype.
pub fn sinkhorn(scores: Tensor<2>, epsilon: f64, iterations: usize) -> Tensor<2> {
    // A common factor changes nothing; without this one, large scores would overflow.
    let largest = scores.clone().max().unsqueeze::<2>(); // [1, 1]
    let start = ((scores - largest) / epsilon).exp();
    (0..iterations).fold(start, |assignments, _| {
        let per_prototype = assignments.clone().sum_dim(0).clamp_min(f64::from(f32::MIN_POSITIVE));
        let evened = assignments / per_prototype; // [n, k] / [1, k]
        let per_sample = evened.clone().sum_dim(1).clamp_min(f64::from(f32::MIN_POSITIVE));
        evened / per_sample // [n, k] / [n, 1]
    })
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use pith_kernels::normalize_rows;

    use super::*;
    use crate::objective::golden;

    fn values(tensor: Tensor<2>) -> Vec<f64> {
        tensor.into_data().try_into_vec().expect("f64")
    }

    #[test]
    fn assignments_are_golden() {
        let device = Device::flex();
        let a = normalize_rows(golden::tensor(golden::a(), &device));
        let b = normalize_rows(golden::tensor(golden::b(), &device));
        let scores = a.matmul(b.narrow(0, 0, 3).transpose()); // [8, 3]
        let first = values(sinkhorn(scores, 0.05, 3).narrow(0, 0, 1));
        for (found, expected) in first.iter().zip([0.980589375, 0.0194106171, 7.75856769e-9]) {
            assert!((found / expected - 1.0).abs() < 1e-7, "{first:?}");
        }
    }

    #[test]
    fn rows_sum_to_one_and_columns_to_the_same() {
        let scores = golden::tensor(golden::a(), &Device::flex());
        let assignments = sinkhorn(scores.clone(), 0.3, 60);
        assert!(values(assignments.clone().sum_dim(1)).iter().all(|sum| (sum - 1.0).abs() < 1e-9));
        let columns = values(assignments.sum_dim(0));
        assert!(columns.iter().all(|sum| (sum - 2.0).abs() < 1e-6), "{columns:?}");
        let shifted = values(sinkhorn(scores.clone() + 1e4, 0.05, 3));
        let plain = values(sinkhorn(scores, 0.05, 3));
        assert!(shifted.iter().zip(plain).all(|(a, b)| (a - b).abs() < 1e-9));
    }
}
