use super::*;
use crate::Vectors;
use crate::vectors::{Analogy, Matrix};

#[test]
fn spearman_shares_the_ranks_of_ties() {
    // scipy.stats.spearmanr([1, 2, 2, 4, 7], [3, 1, 4, 4, 9]) = 0.7631578947368421
    let value = spearman(&[1.0, 2.0, 2.0, 4.0, 7.0], &[3.0, 1.0, 4.0, 4.0, 9.0]);
    assert!((value - 0.763_157_894_736_842_1).abs() < 1e-12, "{value}");
    assert!(spearman(&[1.0], &[1.0]).is_nan());
    assert!((spearman(&[1.0, 2.0, 3.0], &[9.0, 5.0, 1.0]) + 1.0).abs() < 1e-12);
}

fn vectors() -> Vectors {
    let words = ["a", "b", "c", "d"].map(Box::from).to_vec();
    Vectors::new(words, Matrix::new(4, 2, vec![1.0, 0.0, 1.0, 0.2, 0.0, 1.0, 0.1, 1.0]))
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), text).unwrap();
    file
}

#[test]
fn pairs_with_unknown_words_are_counted_apart() {
    let file = file("word1\tword2\tscore\na\tb\t9\nA c 1\nc,d,8.5\na\tnone\t5\n");
    let score = similarity(&vectors(), file.path()).unwrap();
    assert_eq!((score.known, score.pairs), (3, 4));
    // Cosines .9806, 0, .9950 against 9, 1, 8.5: ranks 2 1 3 and 3 1 2.
    assert!((score.spearman - 0.5).abs() < 1e-12);
    assert!(score.spearman_all.is_finite());
}

#[test]
fn a_ragged_line_is_named() {
    let file = file("a b 1\na b\n");
    let message = similarity(&vectors(), file.path()).unwrap_err().to_string();
    assert!(message.contains("line 2"), "{message}");
}

#[test]
fn analogies_are_counted_by_section() {
    let file = file(": first\na b c d\na b c none\n: second\nA B D C\n");
    let score = analogies(&vectors(), file.path(), Analogy::Sum, 100).unwrap();
    assert_eq!((score.total.correct, score.total.known, score.total.questions), (2, 2, 3));
    assert_eq!(score.sections[0].name, "first");
    assert_eq!(score.sections[1].known, 1);
    assert!((score.accuracy - 1.0).abs() < 1e-12);
}
