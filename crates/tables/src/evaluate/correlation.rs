//! Rank correlation.

/// Spearman's rank correlation: Pearson's of the ranks, ties sharing their mean rank. NaN for fewer
/// than two pairs or where one side is constant.
pub fn spearman(first: &[f64], second: &[f64]) -> f64 {
    pearson(&ranks(first), &ranks(second))
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let below = values.iter().filter(|value| **value < values[tied[0]]).count();
        let mean = below as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|&place| ranks[place] = mean);
    }
    ranks
}

fn pearson(first: &[f64], second: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (a, b) = (mean(first), mean(second));
    let covariance: f64 = first.iter().zip(second).map(|(x, y)| (x - a) * (y - b)).sum();
    let variance =
        |values: &[f64], mean: f64| values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    covariance / (variance(first, a) * variance(second, b)).sqrt()
}
