//! Asked of every method.

use super::*;
use crate::file::{Entry, Vectors};

const METHODS: fn() -> Vec<Method> =
    || Method::NAMES.iter().map(|name| Method::named(name).unwrap()).collect();

/// `count` points around 20 centres, from a fixed generator.
fn points(count: usize, width: usize, seed: u64) -> Matrix {
    let mut state = seed;
    let mut draw = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let centre = |at: usize, axis: usize| ((at * 37 + axis * 11) as f32).sin();
    let values = (0..count * width).map(|at| centre(at / width % 20, at % width) + draw());
    Matrix::new(count, width, values.collect())
}

fn index(method: Method, metric: Metric) -> Index {
    let matrix = points(3000, 24, 1);
    let entries = (0..3000).map(|row| Entry { id: format!("sample {row}"), label: None }).collect();
    let held_out = points(100, 24, 2);
    Index::build(Vectors { entries, matrix }, method, metric, "model-a", Some(&held_out)).unwrap()
}

#[test]
fn finds_what_exact_search_finds() {
    for method in METHODS() {
        for metric in Metric::ALL {
            let index = index(method, metric);
            let truth = Exact::new(points(3000, 24, 1), metric).unwrap();
            let queries = points(200, 24, 3);
            let truth = truth.search(&queries, 10).unwrap();
            let recall = index.search(&queries, 10).unwrap().recall(&truth);
            let least = if metric == Metric::Dot { 0.9 } else { 0.98 };
            assert!(recall >= least, "{method:?} {metric}: recall {recall}");
            let stated = index.header().recall;
            assert!((stated.value - recall).abs() < 0.05 && stated.held_out, "{stated:?}");
        }
    }
}

#[test]
fn is_the_same_after_saving_and_loading() {
    let folder = tempfile::tempdir().unwrap();
    for method in METHODS() {
        for metric in Metric::ALL {
            let index = index(method, metric);
            let path = folder.path().join("index");
            index.save(&path, true).unwrap();
            let again = Index::open(&path, Some("model-a")).unwrap();
            assert_eq!(again.header(), index.header());
            assert_eq!(again.entries(), index.entries());
            let queries = points(50, 24, 4);
            let answers = (index.search(&queries, 7).unwrap(), again.search(&queries, 7).unwrap());
            assert_eq!(answers.0, answers.1);
        }
    }
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let queries = points(50, 24, 5);
    for method in METHODS() {
        let answers: Vec<Neighbours> = [1, 3]
            .map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| index(method, Metric::Cosine).search(&queries, 10).unwrap())
            })
            .into();
        assert_eq!(answers[0], answers[1], "{method:?}");
    }
}

#[test]
fn answers_with_all_there_are() {
    for method in METHODS() {
        let twins = Matrix::new(3, 2, vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
        let index = Searcher::build(twins, method, Metric::Euclidean).unwrap();
        let found = index.search(&Matrix::new(1, 2, vec![1.0, 0.0]), 9).unwrap();
        assert_eq!((found.k, &found.ids[..]), (3, &[0, 1, 2][..]), "{method:?}");
        assert_eq!(found.scores[..2], [0.0, 0.0]);
        let error = index.search(&Matrix::new(1, 3, vec![0.0; 3]), 1).unwrap_err();
        assert!(matches!(error, Error::Width { expected: 2, received: 3, .. }));
    }
}

#[test]
fn another_model_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    for method in METHODS() {
        let path = folder.path().join("index");
        index(method, Metric::Cosine).save(&path, true).unwrap();
        let error = Index::open(&path, Some("model-b")).unwrap_err().to_string();
        assert!(error.contains("was made by the model model-a"), "{error}");
        assert!(error.contains("build the index again"), "{error}");
    }
}

#[test]
fn nothing_is_overwritten_unasked_or_that_is_no_index() {
    let folder = tempfile::tempdir().unwrap();
    let index = index(Method::Exact, Metric::Cosine);
    let path = folder.path().join("index");
    index.save(&path, false).unwrap();
    assert!(matches!(index.save(&path, false), Err(Error::Exists { .. })));
    let error = index.save(folder.path(), true).unwrap_err().to_string();
    assert!(error.contains("not an index"), "{error}");
}

#[test]
fn a_damaged_graph_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    index(Method::named("hnsw").unwrap(), Metric::Cosine).save(&path, false).unwrap();
    let graph = path.join("graph.hnsw");
    let whole = fs_err::read(&graph).unwrap();
    for length in [0, 7, 20, 3000, whole.len() - 1] {
        fs_err::write(&graph, &whole[..length]).unwrap();
        assert!(Index::open(&path, None).is_err(), "cut to {length} bytes");
    }
    let mut wild = whole.clone();
    wild[24 + 3000..][..4].copy_from_slice(&3000u32.to_le_bytes());
    fs_err::write(&graph, &wild).unwrap();
    let error = Index::open(&path, None).unwrap_err().to_string();
    assert!(error.contains("a link leads nowhere"), "{error}");
}
