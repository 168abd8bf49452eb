//! The score of Higgins et al.: beta-VAE, ICLR 2017, section 3: from the mean difference of pairs
//! that share one factor, a linear classifier must tell which; from 1 / factors (chance) to 1.

use super::held::Held;
use super::{Factored, Votes};
use crate::Matrix;
use crate::logistic::{Problem, Scaling, Stop};

/// Of the classifier, which has scikit-learn's penalty, `C = 1`.
const STOP: Stop = Stop { gradient: 1e-5, steps: 1000 };

/// The accuracy of the classifier.
pub fn score(data: &Factored, votes: Votes) -> f64 {
    let mut held = Held::new(data, votes.seed);
    let mut draw = |count: usize| {
        let mut differences = Matrix::empty(data.width());
        let mut labels = Vec::new();
        for _ in 0..count {
            let factor = held.factor();
            let mut mean = vec![0.0f32; data.width()];
            for _ in 0..votes.batch {
                let (first, second) = held.pair(factor);
                let both = data.codes.row(first).iter().zip(data.codes.row(second));
                for (sum, (a, b)) in mean.iter_mut().zip(both) {
                    *sum += (a - b).abs() / votes.batch as f32;
                }
            }
            differences.extend(&mean);
            labels.push(factor as u32);
        }
        (differences, labels)
    };
    let (differences, labels) = draw(votes.train);
    let (asked, truth) = draw(votes.test);
    let scaling = Scaling::none(data.width());
    let mut problem = Problem::new(&differences, &labels, data.factors.len(), scaling);
    let told = problem.fit(1.0 / votes.train as f64, None, STOP).predict(&asked);
    let hits = told.iter().zip(&truth).filter(|(told, truth)| told == truth).count();
    hits as f64 / votes.test as f64
}

#[cfg(test)]
mod tests {
    use super::super::constructed;
    use super::*;

    #[test]
    fn constructed_codes_have_their_scores() {
        let votes = Votes { train: 400, test: 400, ..Votes::default() };
        let identity = score(&constructed::identity(2000), votes);
        assert!(identity > 0.99, "identity {identity}");
        let noise = score(&constructed::noise(2000), votes);
        assert!((noise - 0.25).abs() < 0.12, "noise {noise}");
    }
}
