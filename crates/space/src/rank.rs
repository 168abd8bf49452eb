//! Rank correlation of resampled pairs, and how well scores tell two kinds apart.

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

/// The chance that a true one scores higher than a false one, ties counting half (the area under the
/// ROC curve), where the i-th is there `counts[i]` times. NaN where one kind is missing.
///
/// # Panics
/// Where the three are not of one length.
pub fn area(scores: &[f64], truth: &[bool], counts: &[u32]) -> f64 {
    assert!(scores.len() == truth.len() && scores.len() == counts.len(), "a count for every score");
    let ranks = ranks(scores, counts);
    let weight = |kind: bool| -> f64 {
        truth.iter().zip(counts).filter(|(t, _)| **t == kind).map(|(_, &n)| f64::from(n)).sum()
    };
    let (yes, no) = (weight(true), weight(false));
    let of_true = ranks.iter().zip(truth).zip(counts).filter(|((_, truth), _)| **truth);
    let sum: f64 = of_true.map(|((rank, _), &count)| rank * f64::from(count)).sum();
    (sum - yes * (yes + 1.0) / 2.0) / (yes * no)
}

/// The mean, over the true ones, of the share of true ones among all that score as high or higher
/// (average precision; ties come together), where the i-th is there `counts[i]` times. NaN where there
/// is no true one.
///
/// # Panics
/// Where the three are not of one length.
pub fn average_precision(scores: &[f64], truth: &[bool], counts: &[u32]) -> f64 {
    assert!(scores.len() == truth.len() && scores.len() == counts.len(), "a count for every score");
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let (mut found, mut seen, mut sum) = (0.0, 0.0, 0.0);
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let weight = |place: &usize| f64::from(counts[*place]);
        let new: f64 = tied.iter().filter(|&&place| truth[place]).map(weight).sum();
        found += new;
        seen += tied.iter().map(weight).sum::<f64>();
        if new > 0.0 {
            sum += new * found / seen;
        }
    }
    sum / found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_kinds_are_told_apart() {
        // sklearn.metrics: roc_auc_score = 0.7916666666666667, average_precision_score = 0.8541666666666666
        let scores = [0.9, 0.8, 0.7, 0.7, 0.4, 0.3, 0.2];
        let truth = [true, true, false, true, false, true, false];
        let once = [1; 7];
        assert!((area(&scores, &truth, &once) - 0.7916666666666667).abs() < 1e-12);
        assert!((average_precision(&scores, &truth, &once) - 0.8541666666666666).abs() < 1e-12);
        let counts = [2, 1, 3, 1, 0, 1, 1];
        let repeat = |at: usize| std::iter::repeat_n(at, counts[at] as usize);
        let drawn: Vec<usize> = (0..7).flat_map(repeat).collect();
        let (more, kinds): (Vec<f64>, Vec<bool>) =
            drawn.iter().map(|&at| (scores[at], truth[at])).unzip();
        let all = vec![1; drawn.len()];
        for measure in [area, average_precision] {
            let (counted, listed) =
                (measure(&scores, &truth, &counts), measure(&more, &kinds, &all));
            assert!((counted - listed).abs() < 1e-12, "{counted} {listed}");
        }
        assert_eq!(area(&[1.0; 4], &[true, false, true, false], &[1; 4]), 0.5);
        assert!(area(&[1.0], &[true], &[1]).is_nan());
        assert!(average_precision(&[1.0], &[false], &[1]).is_nan());
    }

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
