//! The word embedding association test (Caliskan, Bryson and Narayanan, 2017).
//!
//! `s(w) = mean_a cos(w, a) - mean_b cos(w, b)` says whether a word is nearer to the attributes `A`
//! or `B`. The test asks whether two sets of targets, `X` and `Y`, differ in it.

use serde::Serialize;

use crate::random::Random;
use crate::{Error, Vectors};

/// Up to so many partitions all are looked at; beyond, as many are drawn.
const PARTITIONS: u64 = 100_000;
/// Sums that differ by less are equal: they are the same numbers added in another order.
const TIE: f64 = 1e-12;
/// Associations whose deviation is smaller do not differ: so much do cosines of `f32` vectors err.
const SAME: f64 = 1e-6;

/// How differently two sets of targets relate to two sets of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Weat {
    /// `(mean_X s - mean_Y s) / std_{X ∪ Y} s`, with the standard deviation of a sample (n - 1); 0, with
    /// a p-value of 1, where no target differs from another.
    pub effect: f64,
    /// Share of the partitions of `X ∪ Y` into sets of the same sizes whose difference is larger:
    /// exact, or of random partitions with one added above and below.
    pub p_value: f64,
    /// Whether all partitions were looked at.
    pub exact: bool,
}

/// Compares the targets `x` and `y` by the attributes `a` and `b`.
///
/// # Errors
/// Where a word is unknown, a set is empty, or all words together are fewer than two targets.
pub fn weat(
    vectors: &Vectors,
    [x, y]: [&[&str]; 2],
    [a, b]: [&[&str]; 2],
    seed: u64,
) -> Result<Weat, Error> {
    if [x, y, a, b].iter().any(|words| words.is_empty()) {
        return Err(Error::Setting("each of the four sets of words must hold a word".to_owned()));
    }
    let mean = |word: &str, attributes: &[&str]| -> Result<f64, Error> {
        let cosines = attributes.iter().map(|other| vectors.cosine(word, other).map(f64::from));
        Ok(cosines.sum::<Result<f64, _>>()? / attributes.len() as f64)
    };
    let association = |word: &&str| Ok::<_, Error>(mean(word, a)? - mean(word, b)?);
    let scores: Vec<f64> = x.iter().chain(y).map(association).collect::<Result<_, _>>()?;
    let (total, n) = (scores.iter().sum::<f64>(), scores.len() as f64);
    let variance = scores.iter().map(|s| (s - total / n).powi(2)).sum::<f64>() / (n - 1.0);
    if variance.sqrt() < SAME {
        return Ok(Weat { effect: 0.0, p_value: 1.0, exact: true });
    }
    let of_x: f64 = scores[..x.len()].iter().sum();
    let difference = of_x / x.len() as f64 - (total - of_x) / y.len() as f64;
    // The sum over X alone orders partitions of one size: the sum over Y is what is left.
    let exact = choose(scores.len() as u64, x.len() as u64) <= PARTITIONS;
    let p_value = if exact {
        let (larger, all) = count_larger(&scores, x.len(), of_x);
        larger as f64 / all as f64
    } else {
        let mut random = Random::keyed(&[seed]);
        let mut shuffled = scores.clone();
        let larger = (0..PARTITIONS).filter(|_| {
            for place in 0..x.len() {
                shuffled.swap(place, place + random.below(scores.len() - place));
            }
            shuffled[..x.len()].iter().sum::<f64>() > of_x + TIE
        });
        (larger.count() + 1) as f64 / (PARTITIONS + 1) as f64
    };
    Ok(Weat { effect: difference / variance.sqrt(), p_value, exact })
}

/// `n` over `k`, or a number above every limit where it is large.
fn choose(n: u64, k: u64) -> u64 {
    (0..k.min(n - k)).fold(1, |product: u64, i| product.saturating_mul(n - i) / (i + 1))
}

/// Subsets of `size` whose sum is larger than `bar`, and all subsets of that size.
fn count_larger(scores: &[f64], size: usize, bar: f64) -> (u64, u64) {
    match scores.split_first() {
        _ if size == 0 => (u64::from(TIE < -bar), 1),
        None => (0, 0),
        Some((first, rest)) => {
            let (with, without) =
                (count_larger(rest, size - 1, bar - first), count_larger(rest, size, bar));
            (with.0 + without.0, with.1 + without.1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::Matrix;

    /// `A[i][j] = sin(0.7 i + 1.3 j + 0.1) + 0.2 cos(1.9 i j)`, the words `0` to `n - 1`.
    fn vectors(n: usize) -> Vectors {
        let value = |i: usize, j: usize| {
            let (i, j) = (i as f64, j as f64);
            ((0.7 * i + 1.3 * j + 0.1).sin() + 0.2 * (1.9 * i * j).cos()) as f32
        };
        let values = (0..n).flat_map(|i| (0..4).map(move |j| value(i, j))).collect();
        Vectors::new((0..n).map(|i| i.to_string().into()).collect(), Matrix::new(n, 4, values))
    }

    #[test]
    fn equals_the_golden_value() {
        // NumPy, f64: -1.454248053810 with n - 1; of the 6 partitions 5 have a larger sum.
        let found = weat(&vectors(8), [&["0", "1"], &["2", "3"]], [&["4", "5"], &["6", "7"]], 1);
        let found = found.unwrap();
        assert!((found.effect + 1.454_248_053_81).abs() < 1e-6, "{found:?}");
        assert!(found.exact);
        assert!((found.p_value - 5.0 / 6.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn swapped_attributes_turn_the_sign() {
        let vectors = vectors(8);
        let (x, y, a, b) = (["0", "1"], ["2", "3"], ["4", "5"], ["6", "7"]);
        let one = weat(&vectors, [&x, &y], [&a, &b], 1).unwrap();
        let other = weat(&vectors, [&x, &y], [&b, &a], 1).unwrap();
        assert!((one.effect + other.effect).abs() < 1e-6);
    }

    #[test]
    fn drawn_partitions_agree_with_all_of_them() {
        let vectors = vectors(40);
        let names: Vec<String> = (0..40).map(|i| i.to_string()).collect();
        let words: Vec<&str> = names.iter().map(String::as_str).collect();
        // 9 of 18: 48 620 partitions; 10 of 20: 184 756.
        let exact =
            weat(&vectors, [&words[..9], &words[9..18]], [&words[30..34], &words[34..38]], 1);
        let drawn =
            weat(&vectors, [&words[..10], &words[10..20]], [&words[30..34], &words[34..38]], 1);
        assert!(exact.unwrap().exact);
        let drawn = drawn.unwrap();
        assert!(!drawn.exact && drawn.p_value > 0.0 && drawn.p_value < 1.0, "{drawn:?}");
        let again =
            weat(&vectors, [&words[..10], &words[10..20]], [&words[30..34], &words[34..38]], 1);
        assert_eq!(drawn, again.unwrap());
    }

    #[test]
    fn targets_that_do_not_differ_have_no_effect() {
        let words = ["x", "y", "z", "a", "b"].map(Box::from).to_vec();
        let values = vec![1.0, 0.0, 1.0, 0.0, 2.0, 0.0, 1.0, 1.0, 1.0, -1.0];
        let vectors = Vectors::new(words, Matrix::new(5, 2, values));
        let found = weat(&vectors, [&["x", "y"], &["z"]], [&["a"], &["b"]], 1).unwrap();
        assert_eq!((found.effect, found.p_value), (0.0, 1.0));
    }

    #[test]
    fn an_empty_set_is_refused() {
        assert!(weat(&vectors(3), [&["0"], &["1"]], [&["2"], &[]], 1).is_err());
    }
}
