//! Few-shot: how much can be learned from 1, 5 or 10 labelled samples of every class.
//!
//! An episode draws the samples of each class with a seeded generator; all candidates get the same
//! episodes. Vectors are scaled to unit length. Two classifiers: the nearest class mean by cosine
//! (Snell et al. 2017), and logistic regression with `C = 1` (Tian et al. 2020).

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::{Better, Measure, Outcome, Probe, Settings, Space, Unit};
use crate::bootstrap::Statistic;
use crate::logistic::{Problem, Scaling, Stop};
use crate::{Error, Matrix};

/// The probe.
pub const PROBE: Probe = Probe {
    name: "few-shot",
    says: "how well classes are told apart from a handful of labelled samples",
    needs_labels: true,
    measures: &[
        share("few-shot-1", "1-shot, nearest mean", "accuracy from one labelled sample a class"),
        share("few-shot-5", "5-shot, nearest mean", "accuracy from five labelled samples a class"),
        share("few-shot-10", "10-shot, nearest mean", "accuracy from ten labelled samples a class"),
        share("few-shot-1-linear", "1-shot, linear", "the same by logistic regression from one"),
        share("few-shot-5-linear", "5-shot, linear", "the same by logistic regression from five"),
        share("few-shot-10-linear", "10-shot, linear", "the same by logistic regression from ten"),
    ],
    run,
};

/// Labelled samples per class, with the names of the two measures.
const SHOTS: [(usize, &str, &str); 3] = [
    (1, "few-shot-1", "few-shot-1-linear"),
    (5, "few-shot-5", "few-shot-5-linear"),
    (10, "few-shot-10", "few-shot-10-linear"),
];
/// Test samples asked in every episode.
const QUERIES: usize = 1000;
const STOP: Stop = Stop { gradient: 1e-4, steps: 100 };

const fn share(name: &'static str, title: &'static str, says: &'static str) -> Measure {
    Measure { name, title, says, better: Better::Higher, unit: Unit::Share }
}

fn run(space: &Space, settings: &Settings) -> Result<Outcome, Error> {
    let train = &space.train;
    let mut by_class = vec![Vec::new(); space.classes];
    for (row, &label) in train.labels.iter().enumerate() {
        by_class[label as usize].push(row);
    }
    by_class.retain(|rows| !rows.is_empty());
    let smallest = by_class.iter().map(Vec::len).min().unwrap_or(0);
    let queries = space.test.every_nth(QUERIES);
    let targets = queries.vectors.normalized();
    let episodes = settings.episodes.max(1);
    let mut readings = Vec::new();
    let mut missing = Vec::new();
    for (shots, mean, linear) in SHOTS {
        if shots > smallest {
            missing.push(shots.to_string());
            continue;
        }
        let scores: Vec<(f64, f64)> = (0..episodes)
            .into_par_iter()
            .map(|episode| {
                let drawn = draw(&by_class, shots, settings.seed, episode);
                let labels: Vec<u32> = drawn.iter().map(|&row| train.labels[row]).collect();
                let support = train.vectors.select(&drawn).normalized();
                let hits = |predicted: Vec<u32>| {
                    let hits = predicted.iter().zip(&queries.labels).filter(|(p, t)| p == t);
                    hits.count() as f64 / queries.labels.len() as f64
                };
                let means = hits(nearest_mean(&support, &labels, space.classes, &targets));
                (means, hits(logistic(&support, &labels, space.classes, &targets)))
            })
            .collect();
        readings.push((mean, Statistic::Mean(scores.iter().map(|score| score.0).collect())));
        readings.push((linear, Statistic::Mean(scores.iter().map(|score| score.1).collect())));
    }
    let protocol = format!(
        "{} classes, {episodes} episodes drawn from the training samples, {} test samples asked \
         in each, unit vectors; the interval is of the mean over episodes",
        by_class.len(),
        queries.labels.len()
    );
    let mut outcome = Outcome::new(readings, protocol);
    if !missing.is_empty() {
        outcome.notes.push(format!(
            "few-shot: no episodes of {} samples a class, the smallest class has {smallest}",
            missing.join(" and ")
        ));
    }
    Ok(outcome)
}

/// `shots` different rows of every class.
fn draw(by_class: &[Vec<usize>], shots: usize, seed: u64, episode: usize) -> Vec<usize> {
    let stream = ((episode * 64 + shots) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ stream);
    let mut drawn = Vec::with_capacity(shots * by_class.len());
    for rows in by_class {
        let mut rows = rows.clone();
        for shot in 0..shots {
            let other = random.random_range(shot..rows.len());
            rows.swap(shot, other);
        }
        drawn.extend_from_slice(&rows[..shots]);
    }
    drawn
}

/// The class whose mean has the largest cosine with the query.
fn nearest_mean(support: &Matrix, labels: &[u32], classes: usize, queries: &Matrix) -> Vec<u32> {
    let width = support.width();
    let mut sums = Matrix::new(classes, width, vec![0.0; classes * width]);
    for (row, &label) in labels.iter().enumerate() {
        let sum = &mut sums.values_mut()[label as usize * width..(label as usize + 1) * width];
        sum.iter_mut().zip(support.row(row)).for_each(|(s, v)| *s += v);
    }
    let means = sums.normalized();
    let mut present: Vec<u32> = labels.to_vec();
    present.sort_unstable();
    present.dedup();
    let cosine = |query: &[f32], class: u32| -> f32 {
        query.iter().zip(means.row(class as usize)).map(|(a, b)| a * b).sum()
    };
    let nearest = |query: &[f32]| {
        let mut best = (f32::NEG_INFINITY, 0);
        for &class in &present {
            let cosine = cosine(query, class);
            if cosine > best.0 {
                best = (cosine, class);
            }
        }
        best.1
    };
    (0..queries.rows()).map(|query| nearest(queries.row(query))).collect()
}

fn logistic(support: &Matrix, labels: &[u32], classes: usize, queries: &Matrix) -> Vec<u32> {
    let l2 = 1.0 / labels.len() as f64;
    let mut problem = Problem::new(support, labels, classes, Scaling::none(support.width()));
    problem.fit(l2, None, STOP).predict(queries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn episodes_hold_different_rows_of_every_class_and_repeat() {
        let by_class = vec![vec![0, 2, 4, 6], vec![1, 3, 5]];
        for episode in 0..20 {
            let mut drawn = draw(&by_class, 3, 7, episode);
            assert_eq!(drawn, draw(&by_class, 3, 7, episode));
            assert_eq!(drawn.iter().filter(|row| *row % 2 == 0).count(), 3);
            drawn.sort_unstable();
            drawn.dedup();
            assert_eq!(drawn.len(), 6);
        }
        assert_ne!(draw(&by_class, 1, 7, 0), draw(&by_class, 1, 7, 1));
    }

    #[test]
    fn both_classifiers_find_the_nearer_class() {
        let support = Matrix::new(2, 2, vec![1.0, 0.0, 0.0, 1.0]);
        let queries = Matrix::new(3, 2, vec![0.9, 0.1, 0.2, 0.8, -1.0, 0.5]).normalized();
        assert_eq!(nearest_mean(&support, &[0, 2], 3, &queries), [0, 2, 2]);
        assert_eq!(logistic(&support, &[0, 2], 3, &queries), [0, 2, 2]);
    }
}
