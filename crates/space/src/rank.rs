//! Rank correlation of resampled pairs.

/// Spearman's rank correlation of pairs of which the i-th is there `counts[i]` times: Pearson's of
/// the ranks, ties sharing their mean rank. NaN for fewer than two pairs or where one side is
/// constant.
///
/// # Panics
/// Where the three are not of one length.
pub fn spearman(first: &[f64], second: &[f64], counts: &[u32]) -> f64 {
    assert!(first.len() == second.len() && first.len() == counts.len(), "a count for every pair");
    let (first, second) = (ranks(first, counts), ranks(second, counts));
    let weights = || counts.iter().map(|&count| f64::from(count));
    let total: f64 = weights().sum();
    // The mean of so many ranks, whatever the ties.
    let mean = (total + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).zip(weights()).map(|((a, b), w)| w * (a - mean) * (b - mean)).sum()
    };
    product(&first, &second) / (product(&first, &first) * product(&second, &second)).sqrt()
}

/// The mean rank of every value among all, from 1, each counted as often as it is there.
fn ranks(values: &[f64], counts: &[u32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0.0;
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let count: f64 = tied.iter().map(|&place| f64::from(counts[place])).sum();
        tied.iter().for_each(|&place| ranks[place] = below + (count + 1.0) / 2.0);
        below += count;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: [f64; 5] = [1.0, 2.0, 2.0, 4.0, 7.0];
    const SECOND: [f64; 5] = [3.0, 1.0, 4.0, 4.0, 9.0];

    #[test]
    fn ties_share_their_rank() {
        // scipy.stats.spearmanr([1, 2, 2, 4, 7], [3, 1, 4, 4, 9]) = 0.7631578947368421
        let value = spearman(&FIRST, &SECOND, &[1; 5]);
        assert!((value - 0.763_157_894_736_842_1).abs() < 1e-12, "{value}");
        assert!(spearman(&[1.0], &[1.0], &[1]).is_nan());
    }

    #[test]
    fn a_count_is_as_many_pairs() {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let counts = [2, 0, 1, 3, 1];
        for (place, &count) in counts.iter().enumerate() {
            first.extend(vec![FIRST[place]; count as usize]);
            second.extend(vec![SECOND[place]; count as usize]);
        }
        let expected = spearman(&first, &second, &[1; 7]);
        assert!((spearman(&FIRST, &SECOND, &counts) - expected).abs() < 1e-12);
    }
}
