use super::*;

/// king, queen, man and woman on two axes, rank and sex; an apple apart.
fn royal() -> Vectors {
    let words = ["king", "queen", "man", "woman", "apple"].map(Box::from).to_vec();
    let rows =
        [[1.0, 1.0, 0.1], [1.0, -1.0, 0.1], [0.1, 1.0, 0.1], [0.1, -1.0, 0.1], [-1.0, 0.0, 1.0]];
    Vectors::new(words, Matrix::new(5, 3, rows.concat()))
}

#[test]
fn king_without_man_with_woman_is_queen() {
    for method in [Analogy::Sum, Analogy::Product] {
        let found = royal().analogy(&["king", "woman"], &["man"], method, 2).unwrap();
        assert_eq!(found[0].word, "queen", "{method:?}");
        assert_eq!(found[1].word, "apple", "only queen and apple are no part of the question");
    }
}

#[test]
fn neighbours_come_by_cosine() {
    let vectors = royal();
    let found = vectors.neighbours("king", 10).unwrap();
    assert_eq!(found.len(), 4);
    assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
    let cosine = (0.1 + 1.0 + 0.01) / (2.01f32.sqrt() * 1.02f32.sqrt());
    assert_eq!(found[0].word, "man");
    assert!((found[0].score - cosine).abs() < 1e-6);
    assert!((vectors.cosine("king", "man").unwrap() - cosine).abs() < 1e-6);
    assert_eq!(vectors.near(&[-2.0, 0.0, 2.0], 1)[0].word, "apple");
}

#[test]
fn the_odd_one_is_the_apple() {
    assert_eq!(royal().odd_one_out(&["king", "apple", "man"]).unwrap(), Some("apple"));
}

#[test]
fn unknown_words_are_named() {
    let message = royal().neighbours("kng", 1).unwrap_err().to_string();
    assert!(message.contains("\"kng\"") && message.contains("5 words"), "{message}");
}
