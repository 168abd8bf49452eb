//! Our measures of given vectors as JSON, for `benches/agreement` to hold against scikit-learn.
//!
//! `cargo run --release -p pith-space --example agreement -- vectors.npy labels.npy [seconds]`
//!
//! Both files are f32 matrices, the labels of one column. Every fifth row is a test sample. With
//! `seconds`, only the timings are printed.

use std::borrow::Cow;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use pith_space::cluster::{Contingency, k_means};
use pith_space::geometry::{hubness, intrinsic, points, spectrum};
use pith_space::index::Exact;
use pith_space::logistic::{Problem, Scaling, Stop};
use pith_space::probe::{Labelled, knn, linear, retrieval};
use pith_space::projection::pca::Pca;
use pith_space::{Matrix, Metric, file};
use serde_json::{Value, json};

/// scikit-learn's `C` of the compared fits.
const STRENGTHS: [f64; 3] = [0.01, 0.1, 1.0];
const EXACT: Stop = Stop { gradient: 1e-11, steps: 5000 };

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [vectors, labels, rest @ ..] = arguments.as_slice() else {
        return Err("expected vectors.npy labels.npy [seconds]".into());
    };
    let vectors = file::read(Path::new(vectors))?.matrix;
    let labels: Vec<u32> =
        file::read(Path::new(labels))?.matrix.values().iter().map(|&label| label as u32).collect();
    let (test, train): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(|row| row % 5 == 4);
    let part = |rows: &[usize]| Labelled {
        vectors: Cow::Owned(vectors.select(rows)),
        labels: rows.iter().map(|&row| labels[row]).collect(),
    };
    let classes = labels.iter().max().map_or(1, |&label| label as usize + 1);
    let (train, test) = (part(&train), part(&test));
    let answer = if rest.iter().any(|word| word == "seconds") {
        seconds(&train, &test, classes)?
    } else {
        measures(&vectors, &labels, &train, &test, classes)?
    };
    println!("{answer}");
    Ok(())
}

fn measures(
    vectors: &Matrix,
    labels: &[u32],
    train: &Labelled,
    test: &Labelled,
    classes: usize,
) -> Result<Value, Box<dyn Error>> {
    let neighbours = knn::NEIGHBOURS.min(train.labels.len());
    let bank = Exact::new(train.vectors.clone().into_owned(), Metric::Cosine)?;
    let voted = knn::predict(&bank, &train.labels, classes, &test.vectors, neighbours)?;
    let clustered = k_means(vectors, classes, 10, 0)?;
    let table = Contingency::new(&clustered.clusters, labels);
    let pca = Pca::fit(vectors, vectors.width().min(16))?;
    let near = Exact::new(vectors.clone(), Metric::Euclidean)?.search_all(10);
    let pairs: Vec<(f64, f64)> = near
        .scores
        .chunks_exact(near.k)
        .map(|scores| (f64::from(scores[0]), f64::from(scores[1])))
        .collect();
    let dimension = intrinsic::two_nn(&pairs).ok_or("no intrinsic dimension")?;
    let cloud = points(vectors);
    let hubs = hubness::hubness(&hubness::occurrences(vectors.rows(), &near));
    let ranked: Vec<_> = retrieval::rank_all(test).into_iter().flatten().collect();
    Ok(json!({
        "neighbours": neighbours,
        "temperature": knn::TEMPERATURE,
        "knn": voted,
        "linear": STRENGTHS.map(|strength| logistic(train, test, classes, strength)),
        "clusters": clustered.clusters,
        "centers": clustered.centers.values(),
        "inertia": clustered.inertia,
        "nmi": table.nmi(),
        "ari": table.ari(),
        "purity": table.purity(),
        "pca-variance": pca.explained_variance,
        "pca-components": pca.components,
        "two-nn": dimension.fit,
        "two-nn-mle": dimension.likelihood,
        "rank-me": spectrum::rank_me(&spectrum::singular_values(cloud.as_ref())),
        "hubness": hubs.skewness,
        "map": ranked.iter().map(|found| found.average_precision).sum::<f64>() / ranked.len() as f64,
        "recall@1": ranked.iter().filter(|found| found.first == 1).count() as f64 / ranked.len() as f64,
    }))
}

fn logistic(train: &Labelled, test: &Labelled, classes: usize, strength: f64) -> Value {
    let scaling = Scaling::standard(&train.vectors);
    let mut problem = Problem::new(&train.vectors, &train.labels, classes, scaling);
    let l2 = 1.0 / (train.labels.len() as f64 * strength);
    let model = problem.fit(l2, None, EXACT);
    json!({
        "C": strength,
        "parameters": model.parameters(),
        "probabilities": model.probabilities(&test.vectors),
        "steps": model.steps,
        "gradient": model.gradient,
    })
}

fn seconds(train: &Labelled, test: &Labelled, classes: usize) -> Result<Value, Box<dyn Error>> {
    let start = Instant::now();
    let bank = Exact::new(train.vectors.clone().into_owned(), Metric::Cosine)?;
    let voted = knn::predict(&bank, &train.labels, classes, &test.vectors, 200)?;
    let knn = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let fitted = linear::fit(train, test, classes);
    let linear = start.elapsed().as_secs_f64();
    let right = voted.iter().zip(&test.labels).filter(|(voted, label)| voted == label).count();
    Ok(json!({
        "rows": train.labels.len(),
        "queries": test.labels.len(),
        "width": train.vectors.width(),
        "knn-seconds": knn,
        "knn-accuracy": right as f64 / voted.len() as f64,
        "linear-path-seconds": linear,
        "linear-l2": fitted.l2,
        "linear-accuracy": fitted.validation,
        "linear-path": fitted.path,
        "linear-last-steps": fitted.model.steps,
        "linear-last-gradient": fitted.model.gradient,
    }))
}
