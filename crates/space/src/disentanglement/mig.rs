//! Mutual information gap (Chen, Li, Grosse, Duvenaud: Isolating sources of disentanglement in
//! variational autoencoders, NeurIPS 2018, equation 6).
//!
//! For every factor, the mutual information with the dimension that knows it best, less that with
//! the second best, as a share of the factor's entropy; the mean over factors, from 0 to 1.

use super::{Factored, mean_gap};

/// Equal parts of a dimension's range.
const BINS: usize = 20;

/// The gap.
pub fn gap(data: &Factored) -> f64 {
    mean_gap(&shares(data))
}

/// Mutual information of each dimension with each factor as a share of the factor's entropy, by
/// dimension, then by factor.
pub fn shares(data: &Factored) -> Vec<Vec<f64>> {
    (0..data.width())
        .map(|dimension| {
            let parts = binned(&data.column(dimension));
            let factors = data.factors.iter().zip(&data.values);
            factors
                .map(|(factor, &values)| {
                    information(&parts, factor, values) / entropy(factor, values)
                })
                .collect()
        })
        .collect()
}

fn binned(column: &[f64]) -> Vec<usize> {
    let low = column.iter().copied().fold(f64::INFINITY, f64::min);
    let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let scale = if high > low { BINS as f64 / (high - low) } else { 0.0 };
    column.iter().map(|value| (((value - low) * scale) as usize).min(BINS - 1)).collect()
}

/// In nats.
fn information(parts: &[usize], factor: &[u32], values: usize) -> f64 {
    let share = 1.0 / parts.len() as f64;
    let mut joint = vec![0.0; BINS * values];
    let (mut of_part, mut of_value) = (vec![0.0; BINS], vec![0.0; values]);
    for (&part, &value) in parts.iter().zip(factor) {
        joint[part * values + value as usize] += share;
        of_part[part] += share;
        of_value[value as usize] += share;
    }
    let term = |(place, &joint): (usize, &f64)| match joint > 0.0 {
        true => joint * (joint / (of_part[place / values] * of_value[place % values])).ln(),
        false => 0.0,
    };
    joint.iter().enumerate().map(term).sum()
}

fn entropy(factor: &[u32], values: usize) -> f64 {
    let mut counts = vec![0.0; values];
    factor.iter().for_each(|&value| counts[value as usize] += 1.0 / factor.len() as f64);
    counts.iter().filter(|&&share| share > 0.0).map(|share| -share * share.ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::constructed;
    use super::*;

    #[test]
    fn constructed_codes_have_their_gaps() {
        let identity = gap(&constructed::identity(6000));
        assert!(identity > 0.97 && identity <= 1.0, "identity {identity}");
        assert!(gap(&constructed::doubled(6000)).abs() < 1e-9);
        let rotated = gap(&constructed::rotated(6000));
        assert!((0.0..0.05).contains(&rotated), "rotated {rotated}");
        let noise = gap(&constructed::noise(6000));
        assert!((0.0..0.02).contains(&noise), "noise {noise}");
    }

    #[test]
    fn a_fair_coin_knows_itself_by_ln_2() {
        let parts: Vec<usize> = (0..100).map(|sample| sample % 2).collect();
        let coin: Vec<u32> = (0..100).map(|sample| sample % 2).collect();
        let other: Vec<u32> = (0..100).map(|sample| sample / 2 % 2).collect();
        assert!((information(&parts, &coin, 2) - 2f64.ln()).abs() < 1e-12);
        assert!((entropy(&coin, 2) - 2f64.ln()).abs() < 1e-12);
        assert!(information(&parts, &other, 2).abs() < 1e-12);
    }
}
