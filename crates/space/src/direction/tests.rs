use super::*;
use crate::geometry::golden;
use crate::proof::Estimate;

/// Colour x shape: dimension 0 is the colour, dimension 1 the shape, 2 and 3 are noise; four cells of
/// `each` samples. The class is the colour; ids begin with colour and shape.
fn grid(seed: u64, each: usize, noise: f32) -> (Matrix, Split) {
    let mut vectors = golden::gaussian(seed, 4 * each, 4);
    let mut split = Split::default();
    for (row, values) in vectors.values_mut().chunks_exact_mut(4).enumerate() {
        let (colour, shape) = (row % 2, row / 2 % 2);
        values.iter_mut().for_each(|value| *value *= noise);
        values[0] += [-1.0, 1.0][colour];
        values[1] += [-1.0, 1.0][shape];
        split.ids.push(format!("{colour}{shape}/{row}"));
        split.labels.push(Some(colour as u32));
    }
    (vectors, split)
}

fn inputs(train: Split, test: Split, classes: usize) -> Inputs {
    let classes = (0..classes).map(|class| class.to_string()).collect();
    Inputs { train, test, classes, ..Inputs::default() }
}

fn candidate(train: Matrix, test: Matrix) -> Candidate {
    let validation = Matrix::empty(train.width());
    Candidate { name: "encoder".into(), kind: CandidateKind::Encoder, train, validation, test }
}

fn found(noise: f32) -> Pair {
    let ((train, of_train), (test, of_test)) = (grid(1, 60, noise), grid(2, 40, noise));
    let candidate = candidate(train, test);
    let pairs = measure(&inputs(of_train, of_test, 2), &[&candidate], &Options::default());
    let [pair] = pairs.expect("finite vectors").try_into().expect("one pair");
    pair
}

#[test]
fn a_direction_is_found_and_shuffled_labels_have_none() {
    let pair = found(0.2);
    let Found { mean_difference, concept, cosine, .. } = &pair.found[0];
    for separation in [mean_difference, concept] {
        let Estimate { value, low, high } = separation.accuracy;
        assert!(value > 0.98 && high <= Some(1.0) && low <= Some(value), "{separation:?}");
        let Estimate { value, low, high } = separation.shuffled;
        assert!((value - 0.5).abs() < 0.15, "{separation:?}");
        assert!(low < Some(0.5) && high > Some(0.5), "{separation:?}");
    }
    assert!(*cosine > 0.95, "{cosine}");
}

#[test]
fn classes_that_lie_on_each_other_are_not_told_apart() {
    let pair = found(50.0);
    let accuracy = &pair.found[0].mean_difference.accuracy;
    assert!((accuracy.value - 0.5).abs() < 0.15 && accuracy.low < Some(0.5), "{accuracy:?}");
}

#[test]
fn the_shift_of_colour_keeps_the_shape() {
    let arithmetic = &found(0.05).found[0].arithmetic;
    assert_eq!(arithmetic.samples, 80);
    assert_eq!((arithmetic.shifted.value, arithmetic.unshifted.value), (1.0, 0.0));
    for Example { source, before, after } in &arithmetic.examples {
        assert_ne!(source.id, before.id);
        assert!(source.id.starts_with('0') && after.id.starts_with('1'));
        assert_eq!([&before.id[..2], &after.id[1..2]], [&source.id[..2], &source.id[1..2]]);
    }
    assert_eq!(arithmetic.examples.len(), 4);
}

#[test]
fn the_direction_between_means_is_that_of_the_formula() {
    let vectors = Matrix::new(3, 2, vec![0.0, 0.0, 2.0, 0.0, 1.0, 4.0]);
    let direction = Direction::between_means(&Groups { vectors, labels: vec![0, 0, 1] });
    assert_eq!(direction, Direction { towards: vec![0.0, 4.0], threshold: 8.0 });
    assert!(direction.is_beyond(&[9.0, 2.1]) && !direction.is_beyond(&[9.0, 1.9]));
}

#[test]
fn a_separator_gives_the_predictions_of_its_regression() {
    let (mut vectors, split) = grid(3, 20, 1.5);
    vectors.values_mut().chunks_exact_mut(4).for_each(|row| row[2] = 40.0 * row[2] + 7.0);
    let labels: Vec<u32> = split.labels.into_iter().flatten().collect();
    let groups = Groups { vectors, labels };
    let direction = Direction::separating(&groups);
    let scaling = crate::logistic::Scaling::standard(&groups.vectors);
    let stop = crate::logistic::Stop { gradient: 1e-4, steps: 200 };
    let model = crate::logistic::Problem::new(&groups.vectors, &groups.labels, 2, scaling)
        .fit(1e-2, None, stop);
    for (row, predicted) in model.predict(&groups.vectors).into_iter().enumerate() {
        assert_eq!(direction.is_beyond(groups.vectors.row(row)), predicted == 1);
    }
}

#[test]
fn of_many_classes_the_closest_and_the_farthest_pair_are_chosen() {
    // Class means on a line at 0, 1, 5, 7, and a class of one sample between.
    let places = [0.0, 1.0, 5.0, 7.0, 0.5];
    let mut split = Split::default();
    let mut vectors = Matrix::empty(1);
    for (class, place) in places.into_iter().enumerate() {
        for sample in 0..if class == 4 { 1 } else { 6 } {
            split.ids.push(format!("{class}/{sample}"));
            split.labels.push(Some(class as u32));
            vectors.extend(&[place]);
        }
    }
    let inputs = inputs(split.clone(), split, 5);
    let chosen = choose(&inputs, &vectors);
    assert_eq!(chosen, [(0, 1, Rule::Closest), (0, 3, Rule::Farthest)]);
}

#[test]
fn samples_without_classes_have_no_directions() {
    let (vectors, mut split) = grid(1, 10, 0.1);
    split.labels.iter_mut().for_each(|label| *label = None);
    let candidate = candidate(vectors.clone(), vectors);
    let inputs = inputs(split.clone(), split, 0);
    let pairs = measure(&inputs, &[&candidate], &Options::default());
    assert_eq!(pairs.expect("nothing to do"), []);
}
