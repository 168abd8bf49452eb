//! Multinomial logistic regression, in double precision: the classifier behind the linear probe.
//!
//! Minimizes `mean_i -log softmax(W x_i + b)[y_i] + l2 / 2 |W|^2` over `W` and `b`; the intercepts
//! `b` are not penalized. It is scikit-learn's objective for three and more classes, with
//! `l2 = 1 / (n C)`; for two classes scikit-learn fits a single weight vector, and `C` here is the
//! same as `2 C` there.

mod descent;
mod objective;
mod preconditioner;
mod scaling;

pub use scaling::Scaling;

use crate::Matrix;
use objective::Objective;
use preconditioner::Preconditioner;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// Largest entry of the gradient of the mean loss.
    pub gradient: f64,
    /// Steps of L-BFGS.
    pub steps: usize,
}

/// A training set, prepared to be fitted with several penalties.
pub struct Problem<'a> {
    objective: Objective<'a>,
    preconditioner: Preconditioner,
}

/// A fitted classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// `[width + 1, classes]`, row by row, for scaled features; the last row is the intercepts.
    parameters: Vec<f64>,
    classes: usize,
    scaling: Scaling,
    /// Largest entry of the gradient at the end.
    pub gradient: f64,
    /// Steps taken.
    pub steps: usize,
}

impl<'a> Problem<'a> {
    /// Takes the samples, one vector a row, and their classes, all below `classes`.
    ///
    /// # Panics
    /// Where there are no samples, or not as many labels.
    pub fn new(vectors: &'a Matrix, labels: &'a [u32], classes: usize, scaling: Scaling) -> Self {
        assert_eq!(vectors.rows(), labels.len(), "every vector has one label");
        assert!(!labels.is_empty(), "a classifier is fitted to at least one sample");
        let preconditioner = Preconditioner::new(vectors);
        Self { objective: Objective { vectors, labels, classes, scaling }, preconditioner }
    }

    /// The best classifier under a penalty, starting from another one or from zero.
    pub fn fit(&mut self, l2: f64, start: Option<&Logistic>, stop: Stop) -> Logistic {
        let objective = &self.objective;
        let size = (objective.vectors.width() + 1) * objective.classes;
        let start = start.map_or_else(|| vec![0.0; size], |model| model.parameters.clone());
        let first = objective.at(&start, l2);
        let (classes, scaling) = (objective.classes, &objective.scaling);
        self.preconditioner.prepare(&start, classes, scaling, first.curvature, l2);
        let end = descent::minimize(
            |parameters| objective.at(parameters, l2),
            start,
            first,
            |gradient| self.preconditioner.apply(gradient, objective.classes),
            stop,
        );
        Logistic {
            parameters: end.parameters,
            classes: objective.classes,
            scaling: objective.scaling.clone(),
            gradient: end.gradient,
            steps: end.steps,
        }
    }
}

impl Logistic {
    /// Class probabilities `[rows, classes]` of every vector, row by row.
    pub fn probabilities(&self, vectors: &Matrix) -> Vec<f64> {
        objective::probabilities(vectors, &self.scaling, &self.parameters, self.classes)
    }

    /// The likeliest class of every vector; of equal ones the smallest.
    pub fn predict(&self, vectors: &Matrix) -> Vec<u32> {
        let best = |row: &[f64]| {
            let mut best = 0;
            for class in 1..row.len() {
                if row[class] > row[best] {
                    best = class;
                }
            }
            best as u32
        };
        self.probabilities(vectors).chunks_exact(self.classes).map(best).collect()
    }

    /// The plane between two classes in vectors as they come, not scaled: weights `w`, `[width]`, and
    /// intercept `b`, with `w . x + b` above zero where class `to` is likelier than class `from`.
    ///
    /// # Panics
    /// Where a class is none of those fitted.
    pub fn between(&self, from: usize, to: usize) -> (Vec<f64>, f64) {
        let rows = self.parameters.chunks_exact(self.classes);
        let mut differences: Vec<f64> = rows.map(|row| row[to] - row[from]).collect();
        let intercept = differences.pop().unwrap_or_default();
        self.scaling.unscaled(&differences, intercept)
    }

    /// Weights `[width + 1, classes]`, row by row, of the scaled features; intercepts last.
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::golden;

    const EXACT: Stop = Stop { gradient: 1e-12, steps: 1000 };

    fn clouds() -> (Matrix, Vec<u32>) {
        let mut vectors = golden::gaussian(3, 90, 4);
        let labels: Vec<u32> = (0..90).map(|i| i % 3).collect();
        for (row, &label) in vectors.values_mut().chunks_exact_mut(4).zip(&labels) {
            row[label as usize] += 1.5;
            row[3] *= 100.0;
        }
        (vectors, labels)
    }

    #[test]
    fn two_points_have_the_solution_of_the_scalar_equation() {
        // x = -1, +1 with classes 0, 1: W = (-w, w), b = 0, and the optimum solves
        // 1 / (1 + e^(2w)) = l2 w.
        let vectors = Matrix::new(2, 1, vec![-1.0, 1.0]);
        let mut problem = Problem::new(&vectors, &[0, 1], 2, Scaling::none(1));
        let model = problem.fit(0.1, None, EXACT);
        let w = model.parameters()[1];
        assert!((1.0 / (1.0 + (2.0 * w).exp()) - 0.1 * w).abs() < 1e-12);
        assert!((model.parameters()[0] + w).abs() < 1e-12);
        assert!(model.parameters()[2].abs() < 1e-12);
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        let (vectors, labels) = clouds();
        let scaling = Scaling::standard(&vectors);
        let objective = Objective { vectors: &vectors, labels: &labels, classes: 3, scaling };
        let point: Vec<f64> = (0..15).map(|i| (f64::from(i) * 0.7).sin()).collect();
        let here = objective.at(&point, 0.3);
        for i in 0..15 {
            let moved = |step: f64| {
                let mut point = point.clone();
                point[i] += step;
                objective.at(&point, 0.3).loss
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((slope - here.gradient[i]).abs() < 1e-8, "{i}: {slope}");
        }
    }

    #[test]
    fn the_start_does_not_matter() {
        let (vectors, labels) = clouds();
        let mut problem = Problem::new(&vectors, &labels, 3, Scaling::standard(&vectors));
        let cold = problem.fit(1e-3, None, EXACT);
        let strong = problem.fit(1.0, None, EXACT);
        let warm = problem.fit(1e-3, Some(&strong), EXACT);
        assert!(cold.gradient < 1e-11 && warm.gradient < 1e-11, "{cold:?} {warm:?}");
        for (a, b) in cold.parameters().iter().zip(warm.parameters()) {
            assert!((a - b).abs() < 1e-8, "{a} {b}");
        }
        assert!(cold.steps < 60, "{} steps", cold.steps);
    }

    #[test]
    fn classes_never_seen_are_improbable_and_nothing_breaks() {
        let (vectors, labels) = clouds();
        let mut problem = Problem::new(&vectors, &labels, 5, Scaling::standard(&vectors));
        let model = problem.fit(0.01, None, Stop { gradient: 1e-6, steps: 500 });
        assert!(model.predict(&vectors).iter().all(|&class| class < 3));
        let probabilities = model.probabilities(&vectors);
        assert!(probabilities.iter().all(|p| p.is_finite()));
    }
}
