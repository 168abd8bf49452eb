//! Whole proofs of constructed spaces.

use super::*;
use crate::Matrix;
use crate::geometry::golden;

const ROWS: [usize; 3] = [240, 60, 120];

fn split(rows: usize, name: &str, label: impl Fn(usize) -> Option<u32>) -> Split {
    Split {
        ids: (0..rows).map(|row| format!("{name}/{row}")).collect(),
        labels: (0..rows).map(label).collect(),
    }
}

fn inputs(label: impl Fn(usize) -> Option<u32> + Copy) -> Inputs {
    Inputs {
        train: split(ROWS[0], "train", label),
        validation: split(ROWS[1], "validation", label),
        test: split(ROWS[2], "test", label),
        classes: vec!["circle".into(), "square".into(), "star".into()],
    }
}

fn labelled() -> Inputs {
    inputs(|row| Some(row as u32 % 3))
}

/// Gaussian noise with the class number's dimension raised by `signal`.
fn candidate(name: &str, kind: CandidateKind, signal: f32) -> Candidate {
    let vectors = |seed: u64, rows: usize| {
        let mut vectors = golden::gaussian(seed, rows, 16);
        for (row, vector) in vectors.values_mut().chunks_exact_mut(16).enumerate() {
            vector[row % 3] += signal;
        }
        vectors
    };
    let [train, validation, test] = [(1, ROWS[0]), (2, ROWS[1]), (3, ROWS[2])]
        .map(|(seed, rows): (u64, usize)| vectors(seed, rows));
    Candidate { name: name.into(), kind, train, validation, test }
}

fn candidates() -> Vec<Candidate> {
    vec![
        candidate("encoder", CandidateKind::Encoder, 5.0),
        candidate("PCA", CandidateKind::Pca, 1.0),
        candidate("raw input", CandidateKind::RawInput, 0.0),
    ]
}

fn quick() -> Options {
    Options { resamples: 200, episodes: 10, ..Options::default() }
}

#[test]
fn a_better_space_is_proven_better() {
    let proof = Proof::measure(&labelled(), &candidates(), &quick()).unwrap();
    assert_eq!(proof.verdict.beats_baselines, Some(true), "{:?}", proof.verdict);
    assert!(proof.verdict.sentence.starts_with("encoder beats PCA by "), "{:?}", proof.verdict);
    assert!(proof.omitted.is_empty(), "{:?}", proof.omitted);
    let encoder = &proof.candidates[0];
    for name in ["knn", "linear", "few-shot-5", "few-shot-10-linear", "recall@1", "map", "ari"] {
        let estimate = encoder.values[name];
        assert!(estimate.value > 0.9, "{name}: {estimate:?}");
        let (low, high) = (estimate.low.unwrap(), estimate.high.unwrap());
        assert!(low <= estimate.value + 1e-12 && estimate.value <= high + 1e-12, "{name}");
    }
    let chance = proof.candidates[2].values["linear"].value;
    assert!((0.2..0.5).contains(&chance), "{chance}");
    assert_eq!(encoder.spectrum.len(), 16);
    let confusion = &encoder.confusion["knn"].counts;
    assert_eq!(confusion.iter().flatten().sum::<u32>(), 120);
    assert_eq!(encoder.examples.len(), 12);
    let shown: Vec<&str> = encoder.examples.iter().map(|example| example.query.as_str()).collect();
    let other: Vec<&str> =
        proof.candidates[1].examples.iter().map(|example| example.query.as_str()).collect();
    assert_eq!(shown, other);
    assert_eq!(encoder.examples[0].neighbours[0].label, encoder.examples[0].label);
}

#[test]
fn a_worse_space_is_said_to_be_worse() {
    let mut turned = candidates();
    turned[0].kind = CandidateKind::Pca;
    turned[1].kind = CandidateKind::Encoder;
    turned[0].name = "good baseline".into();
    let proof = Proof::measure(&labelled(), &turned, &quick()).unwrap();
    assert_eq!(proof.verdict.beats_baselines, Some(false));
    assert!(proof.verdict.sentence.contains("does NOT beat good baseline"), "{:?}", proof.verdict);
}

#[test]
fn json_gives_the_same_proof_back() {
    let proof = Proof::measure(&labelled(), &candidates(), &quick()).unwrap();
    let text = serde_json::to_string(&proof).unwrap();
    assert_eq!(serde_json::from_str::<Proof>(&text).unwrap(), proof);
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Proof::measure(&labelled(), &candidates(), &quick()).unwrap())
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn without_labels_geometry_and_neighbours_remain() {
    let mut unlabelled = inputs(|_| None);
    unlabelled.classes.clear();
    let proof = Proof::measure(&unlabelled, &candidates(), &quick()).unwrap();
    assert!(proof.verdict.sentence.starts_with("no label was given"), "{:?}", proof.verdict);
    assert!(proof.verdict.sentence.contains("the rank is 1"), "{:?}", proof.verdict);
    assert_eq!(proof.verdict.beats_baselines, None);
    assert_eq!(proof.omitted.len(), 5);
    assert!(proof.measures.iter().all(|measure| measure.probe == "geometry"));
    assert_eq!(proof.candidates[0].examples.len(), 12);
}

#[test]
fn one_class_only_is_omitted_with_the_reason() {
    let proof = Proof::measure(&inputs(|_| Some(1)), &candidates(), &quick()).unwrap();
    let knn = proof.omitted.iter().find(|omission| omission.probe == "knn").unwrap();
    assert!(knn.reason.contains("needs at least 2, received 1"), "{}", knn.reason);
    let missed = proof.missed(&Bar::parse_all("knn >= 0.5, rank >= 2, rank >= 99").unwrap());
    assert_eq!(missed.len(), 2);
    assert!(missed[0].to_string().contains("not measured: labelled classes"), "{}", missed[0]);
    assert!(missed[1].measured.is_some());
}

#[test]
fn a_handful_of_samples_is_not_a_panic() {
    for rows in [0, 1, 2, 4] {
        let few = |split: &Split| Split {
            ids: split.ids[..rows].to_vec(),
            labels: split.labels[..rows].to_vec(),
        };
        let all = labelled();
        let inputs = Inputs {
            train: few(&all.train),
            validation: Split::default(),
            test: few(&all.test),
            classes: all.classes.clone(),
        };
        let mut candidate = candidate("encoder", CandidateKind::Encoder, 3.0);
        let first: Vec<usize> = (0..rows).collect();
        candidate.train = candidate.train.select(&first);
        candidate.validation = Matrix::empty(16);
        candidate.test = candidate.test.select(&first);
        let proof = Proof::measure(&inputs, &[candidate], &quick()).unwrap();
        assert!(!proof.omitted.is_empty());
        serde_json::to_string(&proof).unwrap();
    }
}

#[test]
fn limits_are_kept_and_recorded() {
    let options = Options { max_train: 90, max_test: 50, ..quick() };
    let proof = Proof::measure(&labelled(), &candidates(), &options).unwrap();
    assert_eq!(proof.sizes.train, SplitSize { given: 240, used: 90, labelled: 90 });
    assert_eq!(proof.sizes.test.used, 50);
    let knn = proof.measure_named("knn").unwrap();
    assert!(knn.protocol.contains("50 test samples against 90 training samples"));
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let refused = |change: fn(&mut Inputs, &mut Vec<Candidate>)| {
        let (mut inputs, mut candidates) = (labelled(), candidates());
        change(&mut inputs, &mut candidates);
        Proof::measure(&inputs, &candidates, &quick()).unwrap_err().to_string()
    };
    let cases = [
        refused(|_, candidates| candidates.clear()),
        refused(|inputs, _| inputs.train.labels.truncate(3)),
        refused(|inputs, _| inputs.classes.truncate(2)),
        refused(|_, candidates| candidates[1].test = Matrix::empty(16)),
        refused(|_, candidates| candidates[2].test.values_mut()[40] = f32::NAN),
    ];
    let expected = [
        "at least one candidate",
        "240 ids and 3 labels",
        "there are 2 classes",
        "the test vectors of PCA are 0 rows",
        "the test vectors of raw input must be finite, row 2 holds NaN",
    ];
    for (case, expected) in cases.iter().zip(expected) {
        assert!(case.contains(expected), "{case}");
    }
}
