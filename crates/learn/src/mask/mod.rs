//! Which patches of a picture are hidden.
//!
//! A [`Mask`] is drawn on the host, from numbers that belong to the batch, and becomes tensors
//! last: flags for encoders that see all places with a token in some, or the numbers of the
//! patches for encoders that see only those. [`Layout`] draws what I-JEPA looks at and predicts.

mod blocks;
mod layout;

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use pith_data::random::Random;

pub use blocks::Blocks;
pub use layout::{Layout, Scene};

use crate::Error;
use crate::encoder::{Encoder, Patches};

/// Which patches of each picture of a batch are hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    patches: usize,
    /// One picture after the other, patches in reading order.
    hidden: Vec<bool>,
}

impl Mask {
    /// What is hidden, one picture after the other, patches in reading order.
    ///
    /// # Panics
    /// Where that is no whole number of pictures.
    pub fn new(patches: usize, hidden: Vec<bool>) -> Self {
        assert!(hidden.len().is_multiple_of(patches), "{} of {patches} a picture", hidden.len());
        Self { patches, hidden }
    }

    /// So many patches of each picture, each set of them as likely as any other (He et al. 2022,
    /// MAE, section 3).
    ///
    /// # Panics
    /// Where more are to be hidden than there are.
    pub fn random(pictures: usize, patches: usize, hidden: usize, random: &mut Random) -> Self {
        assert!(hidden <= patches, "{hidden} of {patches} patches cannot be hidden");
        let mut flags = Vec::with_capacity(pictures * patches);
        for _ in 0..pictures {
            let mut picture: Vec<bool> = (0..patches).map(|patch| patch < hidden).collect();
            random.shuffle(&mut picture);
            flags.extend(picture);
        }
        Self::new(patches, flags)
    }

    /// Squares of `side` patches, `ratio` of them hidden, rounded up (Xie et al. 2022, SimMIM,
    /// section 3.2). Where squares do not fill the picture, those at its right and lower edge are
    /// cut, and pictures differ in the count of hidden patches.
    pub fn squares(
        pictures: usize,
        grid: Patches,
        side: usize,
        ratio: f64,
        random: &mut Random,
    ) -> Self {
        let [rows, columns] = [grid.rows, grid.columns].map(|places| places.div_ceil(side));
        let squares = rows * columns;
        let most = squares.saturating_sub(1).max(1); // something stays in sight if it can
        let hidden = ((squares as f64 * ratio).ceil() as usize).min(most);
        let coarse = Self::random(pictures, squares, hidden, random);
        let square =
            |patch: usize| (patch / grid.columns / side) * columns + (patch % grid.columns) / side;
        let flags = (0..pictures)
            .flat_map(|picture| (0..grid.count()).map(move |patch| (picture, patch)))
            .map(|(picture, patch)| coarse.of(picture)[square(patch)]);
        Self::new(grid.count(), flags.collect())
    }

    /// Blocks of neighbouring patches, so many patches of each picture as `counts` says.
    ///
    /// # Panics
    /// Where more are to be hidden than there are.
    pub fn blocks(grid: Patches, counts: &[usize], blocks: &Blocks, random: &mut Random) -> Self {
        let flags = counts.iter().flat_map(|&count| blocks.draw(grid, count, random));
        Self::new(grid.count(), flags.collect())
    }

    /// Pictures in the batch.
    pub fn pictures(&self) -> usize {
        self.hidden.len() / self.patches
    }

    /// What is hidden of one picture, patches in reading order.
    pub fn of(&self, picture: usize) -> &[bool] {
        &self.hidden[picture * self.patches..(picture + 1) * self.patches]
    }

    /// What is hidden, `[n, patches]`.
    pub fn flags(&self, device: &Device) -> Tensor<2, Bool> {
        let shape = [self.pictures(), self.patches];
        Tensor::from_data(TensorData::new(self.hidden.clone(), shape), device)
    }

    /// The hidden patches.
    ///
    /// # Panics
    /// Where pictures differ in their count.
    pub fn hidden(&self) -> Places {
        self.places(true)
    }

    /// The patches in sight.
    ///
    /// # Panics
    /// Where pictures differ in their count.
    pub fn visible(&self) -> Places {
        self.places(false)
    }

    /// Gives every patch its place: what belongs at the hidden patches, `[n, hidden, values]`, to
    /// `[n, patches, values]`; what stands at the others has no meaning.
    ///
    /// # Panics
    /// Where pictures differ in their count of hidden patches.
    pub fn spread(&self, hidden: Tensor<3>) -> Tensor<3> {
        let ranks = (0..self.pictures()).map(|picture| {
            let flags = self.of(picture).iter().scan(0, |before, &flag| {
                let rank = if flag { *before } else { 0 };
                *before += usize::from(flag);
                Some(rank)
            });
            flags.collect()
        });
        let ranks = Places::new(&ranks.collect::<Vec<_>>()).tensor(&hidden.device());
        take(hidden, ranks)
    }

    fn places(&self, hidden: bool) -> Places {
        let pictures = (0..self.pictures()).map(|picture| {
            let flags = self.of(picture).iter().zip(0..);
            flags.filter(|(flag, _)| **flag == hidden).map(|(_, patch)| patch).collect()
        });
        Places::new(&pictures.collect::<Vec<_>>())
    }
}

/// Some patches of every picture of a batch, as many of each, by their numbers in reading order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    each: usize,
    numbers: Vec<usize>,
}

impl Places {
    /// The patches of each picture.
    ///
    /// # Panics
    /// Where pictures differ in their count.
    pub fn new(pictures: &[Vec<usize>]) -> Self {
        let each = pictures.first().map_or(0, Vec::len);
        assert!(pictures.iter().all(|one| one.len() == each), "as many patches of each picture");
        Self { each, numbers: pictures.concat() }
    }

    /// Patches of each picture.
    pub fn each(&self) -> usize {
        self.each
    }

    /// The patches of one picture.
    pub fn of(&self, picture: usize) -> &[usize] {
        &self.numbers[picture * self.each..(picture + 1) * self.each]
    }

    /// Their numbers, `[n, each]`.
    pub fn tensor(&self, device: &Device) -> Tensor<2, Int> {
        let numbers: Vec<i64> = self.numbers.iter().map(|&number| number as i64).collect();
        let pictures = self.numbers.len().checked_div(self.each).unwrap_or(0);
        Tensor::from_data(TensorData::new(numbers, [pictures, self.each]), device)
    }
}

/// The tokens at some places: `[n, places, width]` at `[n, some]` to `[n, some, width]`.
pub fn take(tokens: Tensor<3>, places: Tensor<2, Int>) -> Tensor<3> {
    let [n, count, width] = tokens.dims();
    let first = Tensor::arange(0..n as i64, &places.device()) * count as i64;
    let rows = places + first.unsqueeze_dim(1); // [n, some], of all tokens of the batch
    pith_kernels::embedding(tokens.reshape([n * count, width]), rows)
}

/// The patches of an encoder that can be shown a part of a picture.
pub(crate) fn patches(objective: &str, encoder: &Encoder) -> Result<Patches, Error> {
    encoder.patches().ok_or_else(|| {
        Error::Recipe(format!(
            "objective `{objective}` hides patches of a picture, and this encoder has none; use \
             the encoder `vit` on pictures"
        ))
    })
}

/// How many patches a share of them is: not none, not all.
pub(crate) fn share(key: &str, ratio: f64, patches: usize) -> Result<usize, Error> {
    if !(ratio > 0.0 && ratio < 1.0) || patches < 2 {
        return Err(Error::Recipe(format!(
            "{key} must be above 0 and below 1, of pictures of two patches or more; received \
             {ratio} of {patches}"
        )));
    }
    Ok(((patches as f64 * ratio).round() as usize).clamp(1, patches - 1))
}

#[cfg(test)]
mod tests;
