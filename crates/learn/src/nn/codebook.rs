//! A codebook: vectors that stand for whatever is nearest to them (van den Oord, Vinyals,
//! Kavukcuoglu 2017), and how often each is used.

use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor};

use super::Init;
use super::held::hold;

/// Vectors with a moving average of their use.
#[derive(Module, Debug)]
pub struct Codebook {
    /// `[codes, width]`.
    vectors: Param<Tensor<2>>,
    /// Rows per batch for which a code stands, `[codes]`.
    counts: Param<Tensor<1>>,
    /// The sum of those rows, `[codes, width]`.
    sums: Param<Tensor<2>>,
}

impl Codebook {
    /// Vectors uniform on `±1 / codes`; `learned` ones want a gradient.
    pub fn new(codes: usize, width: usize, learned: bool, init: &mut Init) -> Self {
        let drawn = init.uniform([codes, width], 1.0 / codes as f32);
        let values: Vec<f32> = match drawn.val().without_autodiff().into_data().try_into_vec() {
            Ok(values) => values,
            Err(error) => panic!("parameters are f32: {error:?}"),
        };
        let sums = init.fixed([codes, width], values.clone());
        let vectors = if learned { drawn } else { init.fixed([codes, width], values) };
        Self { vectors, counts: init.fixed([codes], vec![1.0; codes]), sums }
    }

    /// Number of codes.
    pub fn codes(&self) -> usize {
        self.vectors.val().dims()[0]
    }

    /// The code nearest to every row, `[rows, width]` to `[rows]`.
    pub fn nearest(&self, rows: Tensor<2>) -> Tensor<1, Int> {
        let (rows, vectors) = (rows.detach(), self.vectors.val().detach());
        let lengths = vectors.clone().square().sum_dim(1).transpose(); // [1, codes]
        let distances = lengths - rows.matmul(vectors.transpose()) * 2.0; // [rows, codes]
        distances.argmin(1).flatten(0, 1)
    }

    /// The vectors of codes, `[rows]` to `[rows, width]`.
    pub fn look_up(&self, codes: Tensor<1, Int>) -> Tensor<2> {
        self.vectors.val().select(0, codes)
    }

    /// Moving averages of a batch's use, `counts` `[codes, 1]` and `sums` `[codes, width]`.
    pub fn count(&mut self, counts: Tensor<2>, sums: Tensor<2>, decay: f64) {
        let averaged = |old: Tensor<1>, new: Tensor<1>| old * decay + new * (1.0 - decay);
        let counts = averaged(self.counts.val(), counts.flatten(0, 1));
        let sums = self.sums.val() * decay + sums * (1.0 - decay);
        hold(&mut self.counts, counts);
        hold(&mut self.sums, sums);
    }

    /// Every vector becomes the mean of the rows for which it stood; `epsilon` is added to the
    /// counts without changing their sum.
    pub fn follow(&mut self, epsilon: f64) {
        let counts = self.counts.val();
        let all = counts.clone().sum();
        let share = (counts + epsilon) / (all.clone() + epsilon * self.codes() as f64);
        let stable = (share * all).unsqueeze_dim::<2>(1); // [codes, 1]
        let vectors = self.sums.val() / stable;
        hold(&mut self.vectors, vectors);
    }

    /// Codes that stand for fewer than `least` rows per batch begin anew where `candidates`,
    /// `[codes, width]`, lie.
    pub fn restart(&mut self, candidates: Tensor<2>, least: f64) {
        let dead = self.counts.val().lower_elem(least); // [codes]
        let rows = dead.clone().unsqueeze_dim::<2>(1).expand(candidates.dims());
        let vectors = self.vectors.val().mask_where(rows.clone(), candidates.clone());
        let sums = self.sums.val().mask_where(rows, candidates);
        let counts = self.counts.val().mask_fill(dead, 1.0);
        hold(&mut self.vectors, vectors);
        hold(&mut self.sums, sums);
        hold(&mut self.counts, counts);
    }

    /// Which codes stand for `least` rows per batch or more.
    pub fn alive(&self, least: f64) -> Vec<bool> {
        let counts = self.counts.val().without_autodiff().into_data();
        counts.iter::<f32>().map(|count| f64::from(count) >= least).collect()
    }
}

/// How often each code was used, `[codes, 1]`, and the sum of its rows, `[codes, width]`.
pub fn usage(rows: Tensor<2>, codes: Tensor<1, Int>, all: usize) -> (Tensor<2>, Tensor<2>) {
    let rows = rows.detach();
    let used: Tensor<2> = codes.one_hot::<2>(all).float().transpose(); // [codes, rows]
    (used.clone().sum_dim(1), used.matmul(rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn book(learned: bool) -> Codebook {
        Codebook::new(4, 2, learned, &mut Init::new(0, &Device::flex()))
    }

    fn rows(values: [[f32; 2]; 3]) -> Tensor<2> {
        Tensor::from_floats(values, &Device::flex())
    }

    fn vectors(book: &Codebook) -> Vec<f32> {
        book.vectors.val().into_data().try_into_vec().expect("f32")
    }

    #[test]
    fn every_vector_is_nearest_to_itself() {
        let book = book(true);
        let codes: Vec<i64> = book.nearest(book.vectors.val()).into_data().iter::<i64>().collect();
        assert_eq!(codes, [0, 1, 2, 3]);
    }

    #[test]
    fn vectors_move_to_the_mean_of_their_rows() {
        let mut book = book(false);
        let rows = rows([[3.0, 0.0], [5.0, 0.0], [0.0, 8.0]]);
        let codes = Tensor::<1, Int>::from_ints([1, 1, 2], &Device::flex());
        let (counts, sums) = usage(rows, codes, 4);
        book.count(counts, sums, 0.0);
        book.follow(1e-9);
        let found = vectors(&book);
        for (found, expected) in found[2..6].iter().zip([4.0, 0.0, 0.0, 8.0]) {
            assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        }
        assert_eq!(book.alive(0.5), [false, true, true, false]);
    }

    #[test]
    fn dead_codes_begin_anew_and_the_others_stay() {
        let mut book = book(false);
        let before = vectors(&book);
        let counts = Tensor::from_floats([[0.0], [1.0], [1.0], [0.0]], &Device::flex());
        book.count(counts, Tensor::zeros([4, 2], &Device::flex()), 0.0);
        book.restart(Tensor::full([4, 2], 7.0, &Device::flex()), 0.5);
        let after = vectors(&book);
        assert_eq!(after[..2], [7.0, 7.0]);
        assert_eq!(after[2..6], before[2..6]);
        assert!(book.alive(0.5).iter().all(|&alive| alive));
    }
}
