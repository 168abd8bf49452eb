use super::*;

fn matrix(rows: usize, width: usize) -> Matrix {
    let mut random = Random::keyed(&[5]);
    Matrix::new(rows, width, (0..rows * width).map(|_| random.unit() - 0.5).collect())
}

fn error(matrix: &Matrix, quantized: &Quantized) -> f32 {
    let weights = Weights::Quantized(quantized.clone());
    let back = weights.to_matrix();
    let pairs = matrix.values().iter().zip(back.values());
    let square: f32 = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
    (square / matrix.values().iter().map(|value| value * value).sum::<f32>()).sqrt()
}

#[test]
fn few_rows_are_kept_exactly() {
    // As many centroids as points: each is its own. A width that is no multiple of the part.
    let matrix = matrix(200, 5);
    assert!(error(&matrix, &Quantized::new(&matrix, 2, false, 1)) < 1e-6);
}

#[test]
fn many_rows_are_kept_nearly() {
    // 256 cells over a square of uniform points: a side of 1/16, an error of its spread against
    // that of the whole square: 1/16.
    let matrix = matrix(2000, 4);
    let plain = error(&matrix, &Quantized::new(&matrix, 2, false, 1));
    assert!(plain > 0.03 && plain < 1.1 / 16.0, "{plain}");
    assert!(error(&matrix, &Quantized::new(&matrix, 2, true, 1)) < 0.1);
    assert!(error(&matrix, &Quantized::new(&matrix, 4, false, 1)) > plain);
}

#[test]
fn threads_change_nothing() {
    let matrix = matrix(600, 7);
    assert_eq!(Quantized::new(&matrix, 2, true, 1), Quantized::new(&matrix, 2, true, 3));
}

#[test]
fn codes_answer_as_their_numbers() {
    let matrix = matrix(300, 5);
    for norms in [false, true] {
        let codes = Quantized::new(&matrix, 2, norms, 1);
        let numbers = Weights::Quantized(codes.clone()).to_matrix().into_owned();
        let vector = [0.3, -1.0, 0.5, 2.0, -0.7];
        for row in [0, 17, 299] {
            let expected: f32 = numbers.row(row).iter().zip(vector).map(|(a, b)| a * b).sum();
            assert!((codes.dot(row, &vector) - expected).abs() < 1e-6);
        }
    }
}

#[test]
fn equal_rows_and_no_rows_are_no_trouble() {
    let same = Matrix::new(300, 3, [1.0, 2.0, 3.0].repeat(300));
    assert!(error(&same, &Quantized::new(&same, 2, true, 1)) < 1e-5);
    let none = Quantized::new(&Matrix::new(0, 3, Vec::new()), 2, true, 1);
    assert_eq!((none.rows(), none.width()), (0, 3));
}
