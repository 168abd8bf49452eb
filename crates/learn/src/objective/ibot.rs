//! iBOT: DINO, and beside it the same asked of patches: what the teacher says of a patch that it
//! sees, the student must say where the patch is hidden from it.
//!
//! Equations 1 to 3 of Zhou, Wei, Wang, Shen, Xie, Yuille, Kong: iBOT: Image BERT pre-training with
//! online tokenizer, ICLR 2022:
//!
//! `L = L_class + w L_patch`, `L_patch` the cross entropy of DINO between teacher and student of the
//! same view, averaged over its hidden patches. One head serves both; each has a centre of its own.
//!
//! Departures: the share of samples with hidden patches is exact and not drawn; the centre of the
//! patches sees the hidden ones only, as in DINOv2, which spares the head the others. Choose it
//! over DINO where patches themselves will be used, for parts or for retrieval.

use burn::module::{Module, Param};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use pith_data::random::Random;
use serde::{Deserialize, Serialize};

use super::assignment::cross_entropy;
use super::centre::Centre;
use super::dino::{self, Dino, Latents, local_latents};
use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::{Encoder, Latent, Patches, Sight};
use crate::input::{Input, Views};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::Init;

pub(super) const ABOUT: About = About {
    summary: "DINO, and patches hidden from the student are assigned as the teacher that sees them assigns them",
    citation: "Zhou, Wei, Wang, Shen, Xie, Yuille, Kong: iBOT: Image BERT pre-training with online tokenizer, ICLR 2022",
};

/// What the masks are drawn for.
const MASKS: u64 = 0x1b07;
/// Deviation of the first mask token.
const DEVIATION: f32 = 0.02;
/// Smallest height / width of a block of hidden patches; the largest is its inverse.
const FLATTEST: f32 = 0.3;

/// Settings; shares and weight are the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Of the part that is DINO, and of the head and the teacher that both share.
    pub dino: dino::Config,
    /// `w`: how much patches count beside whole pictures.
    pub patch_weight: f64,
    /// Share of the views that have hidden patches.
    pub masked_share: f64,
    /// Smallest and largest share of the patches that is hidden in them.
    pub mask_ratio: [f64; 2],
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dino: dino::Config::default(),
            patch_weight: 1.0,
            masked_share: 0.5,
            mask_ratio: [0.1, 0.5],
        }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<IBot, Error> {
        limits::weight("objective.ibot.patch-weight", self.patch_weight)?;
        limits::share("objective.ibot.masked-share", self.masked_share)?;
        let [low, high] = self.mask_ratio;
        if !(0.0..=high).contains(&low) || high > 1.0 {
            return Err(Error::Recipe(format!(
                "objective.ibot.mask-ratio must be [low, high] with 0 <= low <= high <= 1, \
                 received {:?}",
                self.mask_ratio
            )));
        }
        if context.encoder.patches().is_none() {
            return Err(Error::Recipe(
                "objective `ibot` hides patches, and this encoder has none; use encoder `vit`, or \
                 objective `dino`"
                    .into(),
            ));
        }
        let dino = self.dino.build("objective.ibot.dino", context, init)?;
        Ok(IBot {
            patch_centre: Centre::new(dino.prototypes(), self.dino.centre_momentum, init),
            mask_token: init.normal([context.encoder.width()], DEVIATION),
            dino,
            patch_weight: self.patch_weight,
            masked_share: self.masked_share,
            mask_ratio: self.mask_ratio,
        })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct IBot {
    dino: Dino,
    patch_centre: Centre,
    /// Stands in the place of a hidden patch, `[width]`.
    mask_token: Param<Tensor<1>>,
    patch_weight: f64,
    masked_share: f64,
    mask_ratio: [f64; 2],
}

impl IBot {
    /// The loss of the hidden patches, `[1]`, and what their centre is to see, `[1, k]`.
    fn patches(
        &self,
        student: Latent,
        teacher: Latent,
        hidden: &Hidden,
        moment: &Moment,
    ) -> (Tensor<1>, Tensor<2>) {
        let [student, teacher] = [student, teacher].map(|latent| hidden.chosen(latent));
        let [logits, said] = self.dino.heads(student, teacher, moment); // [hidden, k]
        let targets = self.dino.targets(self.patch_centre.taken_from(said.clone()), moment);
        let each = cross_entropy(targets, logits, self.dino.student_temperature()); // [hidden, 1]
        let weights = hidden.weights(&each.device());
        ((each * weights).sum(), Centre::of(said))
    }
}

impl Learn for IBot {
    fn views(&self) -> usize {
        2
    }

    fn local_crops(&self) -> bool {
        true
    }

    fn teacher(&self) -> Option<&Encoder> {
        self.dino.teacher()
    }

    fn assignments(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        self.dino.assignments(latent)
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let Some(patches) = encoder.patches() else {
            unreachable!("`init` accepts encoders with patches only")
        };
        let whole = Input::cat(&views.inputs);
        let hidden =
            Hidden::draw(whole.samples(), patches, self.masked_share, self.mask_ratio, moment);
        let token = self.mask_token.val();
        let sight = Sight::Replaced { hidden: hidden.mask(&token.device()), token };
        let (student, teacher) =
            (encoder.look(&whole, sight), self.dino.teacher_encoder().encode(&whole));
        let latents = Latents {
            student: student.pooled.clone(),
            local: local_latents(encoder, views),
            teacher: teacher.pooled.clone(),
            samples: views.samples(),
        };
        let class = self.dino.distil(latents, moment);
        let (patch, seen) = self.patches(student, teacher, &hidden, moment);
        Loss {
            total: class.total.clone() + patch.clone() * self.patch_weight,
            terms: vec![("class", class.total), ("patch", patch)],
            seen: class.seen.into_iter().chain([seen]).collect(),
        }
    }

    fn remember(&mut self, mut seen: Vec<Tensor<2>>) {
        if let Some(patches) = seen.pop() {
            self.patch_centre.follow(patches);
        }
        self.dino.remember(seen);
    }

    fn follow(&mut self, encoder: &Encoder, moment: &Moment) {
        self.dino.follow(encoder, moment);
    }
}

/// Which patches of every picture are hidden.
struct Hidden {
    /// `[pictures]` of `[patches]`.
    of_each: Vec<Vec<bool>>,
}

impl Hidden {
    /// Blocks in a share of the pictures, one patch in one picture at least.
    fn draw(
        pictures: usize,
        patches: Patches,
        share: f64,
        [low, high]: [f64; 2],
        moment: &Moment,
    ) -> Self {
        let mut random = moment.random(MASKS);
        let masked = ((share * pictures as f64).round() as usize).clamp(1, pictures);
        let mut order: Vec<usize> = (0..pictures).collect();
        random.shuffle(&mut order);
        let mut of_each = vec![vec![false; patches.count()]; pictures];
        for &picture in &order[..masked] {
            let ratio = f64::from(random.uniform(low as f32, high as f32));
            let count = (ratio * patches.count() as f64).round() as usize;
            of_each[picture] = blocks(patches, count.max(1), &mut random);
        }
        Self { of_each }
    }

    /// `[pictures, patches]`.
    fn mask(&self, device: &Device) -> Tensor<2, Bool> {
        let shape = [self.of_each.len(), self.of_each[0].len()];
        Tensor::from_data(TensorData::new(self.of_each.concat(), shape), device)
    }

    /// The tokens of the hidden patches, `[hidden, width]`.
    fn chosen(&self, latent: Latent) -> Tensor<2> {
        let Some(tokens) = latent.tokens else {
            unreachable!("an encoder of patches gives their tokens")
        };
        let [pictures, patches, width] = tokens.dims();
        let numbers = self.of_each.iter().flatten().zip(0i64..);
        let numbers: Vec<i64> = numbers.filter(|(hidden, _)| **hidden).map(|(_, at)| at).collect();
        let count = numbers.len();
        let rows = TensorData::new(numbers, [count]);
        let rows = Tensor::<1, Int>::from_data(rows, &tokens.device());
        tokens.reshape([pictures * patches, width]).select(0, rows)
    }

    /// What each hidden patch counts, `[hidden, 1]`: the mean over the patches of a picture, then
    /// over all pictures.
    fn weights(&self, device: &Device) -> Tensor<2> {
        let pictures = self.of_each.len() as f32;
        let weights: Vec<f32> = self
            .of_each
            .iter()
            .flat_map(|patches| {
                let count = patches.iter().filter(|hidden| **hidden).count();
                std::iter::repeat_n(1.0 / (count as f32 * pictures), count)
            })
            .collect();
        let shape = [weights.len(), 1];
        Tensor::from_data(TensorData::new(weights, shape), device)
    }
}

/// Blocks of random place, size and proportions, until so many patches are hidden (Bao et al. 2022,
/// BEiT, algorithm 1); `[patches]`.
fn blocks(patches: Patches, count: usize, random: &mut Random) -> Vec<bool> {
    let Patches { rows, columns, .. } = patches;
    let mut hidden = vec![false; rows * columns];
    let mut left = count.min(hidden.len());
    while left > 0 {
        let area = random.uniform(1.0, left as f32);
        let proportion = random.uniform(FLATTEST.ln(), -FLATTEST.ln()).exp();
        let side = |length: f32, limit: usize| (length.round() as usize).clamp(1, limit);
        let height = side((area * proportion).sqrt(), rows);
        let width = side((area / proportion).sqrt(), columns);
        let (top, first) = (random.below(rows - height + 1), random.below(columns - width + 1));
        let block = (top..top + height)
            .flat_map(|row| (first..first + width).map(move |column| row * columns + column));
        for patch in block {
            if left > 0 && !hidden[patch] {
                hidden[patch] = true;
                left -= 1;
            }
        }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCHES: Patches = Patches { rows: 6, columns: 4, side: 2 };

    #[test]
    fn blocks_hide_as_many_as_asked_in_clumps() {
        let mut random = Random::keyed(&[1]);
        let mut beside = 0;
        for count in [1, 5, 12, 23, 24] {
            for _ in 0..50 {
                let hidden = blocks(PATCHES, count, &mut random);
                assert_eq!(hidden.iter().filter(|hidden| **hidden).count(), count);
                if count == 12 {
                    let pairs = (0..24).filter(|at| at % 4 < 3 && hidden[*at] && hidden[at + 1]);
                    beside += pairs.count();
                }
            }
        }
        // Twelve of 24 places drawn one by one have 18 * 12 * 11 / (24 * 23) = 4.3 such pairs.
        assert!(beside > 50 * 5, "{beside}");
    }

    #[test]
    fn the_share_of_pictures_is_exact_and_each_counts_the_same() {
        let hidden = Hidden::draw(8, PATCHES, 0.5, [0.2, 0.4], &Moment::first(3, 10));
        let counts = hidden.of_each.iter().map(|patches| patches.iter().filter(|h| **h).count());
        let counts: Vec<usize> = counts.filter(|count| *count > 0).collect();
        assert_eq!(counts.len(), 4);
        assert!(counts.iter().all(|count| (5..=10).contains(count)), "{counts:?}");
        let device = Device::flex();
        let weights: f32 = hidden.weights(&device).sum().into_scalar();
        assert!((weights - 0.5).abs() < 1e-6, "{weights}");
        let tokens = Tensor::<1, Int>::arange(0..8 * 24, &device).float().reshape([8, 24, 1]);
        let pooled = Tensor::zeros([8, 1], &device);
        let chosen = hidden.chosen(Latent { pooled, tokens: Some(tokens) });
        let chosen: Vec<f32> = chosen.into_data().try_into_vec().expect("f32");
        let all: Vec<bool> = hidden.of_each.concat();
        assert_eq!(chosen.len(), counts.iter().sum::<usize>());
        assert!(chosen.iter().all(|&place| all[place as usize]));
    }
}
