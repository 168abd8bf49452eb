//! Separated attribute predictability (Kumar, Sattigeri, Balakrishnan: Variational inference of
//! disentangled latent concepts from unlabeled observations, ICLR 2018, section 3): how much better
//! the best single dimension predicts a factor than the second best; the mean over factors.
//!
//! Predicted by a linear support vector machine with squared hinge loss, `C = 0.01`, classes in
//! balance, one against the rest (scikit-learn's LinearSVC), as Locatello et al. 2019.

use rayon::prelude::*;

use super::{Factored, mean_gap};

const COST: f64 = 0.01;
/// Newton's method on two numbers; it needs few steps.
const STEPS: usize = 50;

/// The gap, in accuracy.
pub fn gap(data: &Factored) -> f64 {
    let (train, test) = data.halves();
    let scores: Vec<Vec<f64>> = (0..data.width())
        .into_par_iter()
        .map(|dimension| {
            let column = data.column(dimension);
            let factors = data.factors.iter().zip(&data.values);
            factors
                .map(|(factor, &values)| accuracy(&column, factor, values, &train, &test))
                .collect()
        })
        .collect();
    mean_gap(&scores)
}

/// Of one dimension and one factor, learned from some samples and judged with others.
fn accuracy(column: &[f64], factor: &[u32], values: usize, train: &[usize], test: &[usize]) -> f64 {
    let points = Points { column, factor, rows: train };
    let lines = lines(&points, values);
    let height = |value: usize, x: f64| lines[value][0] * x + lines[value][1];
    let predict = |x: f64| {
        (0..values).rev().max_by(|&a, &b| height(a, x).total_cmp(&height(b, x))).unwrap_or(0)
    };
    let hits = test.iter().filter(|&&row| predict(column[row]) == factor[row] as usize).count();
    hits as f64 / test.len() as f64
}

/// One dimension of the samples learned from, and the value of a factor for each.
struct Points<'a> {
    column: &'a [f64],
    factor: &'a [u32],
    rows: &'a [usize],
}

/// Slope and height of the line of each value; the highest wins.
fn lines(points: &Points, values: usize) -> Vec<[f64; 2]> {
    let balanced = |value: usize| {
        let own = points.rows.iter().filter(|&&row| points.factor[row] as usize == value).count();
        (own > 0).then(|| COST * points.rows.len() as f64 / (values * own) as f64)
    };
    if values == 2 {
        // Two classes have one line, with both in balance.
        let costs = [balanced(1).unwrap_or(COST), balanced(0).unwrap_or(COST)];
        let [slope, height] = points.line(1, costs);
        return vec![[0.0, 0.0], [slope, height]];
    }
    let line = |value| match balanced(value) {
        Some(own) => points.line(value, [own, COST]),
        None => [0.0, f64::NEG_INFINITY],
    };
    (0..values).map(line).collect()
}

impl Points<'_> {
    /// The line that tells one value from the rest: the least of
    /// `(w² + b²) / 2 + sum_i c_i max(0, 1 - y_i (w x_i + b))²`, with what a sample of the value and
    /// one of the rest cost.
    fn line(&self, value: usize, costs: [f64; 2]) -> [f64; 2] {
        let (mut w, mut b) = (0.0, 0.0);
        for _ in 0..STEPS {
            let (mut gradient, mut curvature) = ([w, b], [1.0, 0.0, 1.0]);
            for &row in self.rows {
                let own = self.factor[row] as usize == value;
                let (x, y) = (self.column[row], if own { 1.0 } else { -1.0 });
                let missed = 1.0 - y * (w * x + b);
                if missed > 0.0 {
                    let cost = 2.0 * costs[usize::from(!own)];
                    gradient[0] -= cost * missed * y * x;
                    gradient[1] -= cost * missed * y;
                    curvature[0] += cost * x * x;
                    curvature[1] += cost * x;
                    curvature[2] += cost;
                }
            }
            let [xx, x, one] = curvature;
            let determinant = xx * one - x * x;
            let along = (one * gradient[0] - x * gradient[1]) / determinant;
            let up = (xx * gradient[1] - x * gradient[0]) / determinant;
            (w, b) = (w - along, b - up);
            if along.abs() + up.abs() < 1e-12 {
                break;
            }
        }
        [w, b]
    }
}

#[cfg(test)]
mod tests {
    use super::super::constructed;
    use super::*;

    fn check(cuts: &[u32], expected: &[[f64; 2]]) {
        let column: Vec<f64> = (0..20).map(f64::from).collect();
        let part = |x| cuts.iter().filter(|&&cut| x >= cut).count() as u32;
        let factor: Vec<u32> = (0..20).map(part).collect();
        let rows: Vec<usize> = (0..20).collect();
        let points = Points { column: &column, factor: &factor, rows: &rows };
        for (found, expected) in lines(&points, cuts.len() + 1).iter().zip(expected) {
            let error = (found[0] - expected[0]).abs() + (found[1] - expected[1]).abs();
            assert!(error < 2e-8, "{found:?} is not {expected:?}");
        }
    }

    /// `LinearSVC(C=0.01, dual=False, tol=1e-12, class_weight="balanced").fit(x, y)` of scikit-learn
    /// 1.9.1 for `x = 0, 1 .. 19` and `y = np.digitize(x, cuts)`.
    #[test]
    fn lines_are_those_of_scikit_learn() {
        check(&[13], &[[0.0, 0.0], [0.04067403, -0.12783266]]);
        let three =
            [[-0.08719648, 0.08905124], [-0.03192041, -0.00507526], [0.0284411, -0.14780621]];
        check(&[5, 12], &three);
    }

    #[test]
    fn constructed_codes_have_their_gaps() {
        let identity = gap(&constructed::identity(3000));
        assert!(identity > 0.15, "identity {identity}");
        assert!(gap(&constructed::doubled(3000)).abs() < 1e-9);
        for near in [gap(&constructed::rotated(3000)), gap(&constructed::noise(3000))] {
            assert!((0.0..0.05).contains(&near), "{near}");
        }
    }
}
