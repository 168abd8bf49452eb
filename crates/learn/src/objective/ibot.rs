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
use burn::tensor::{Device, Int, Tensor};
use pith_data::random::Random;
use serde::{Deserialize, Serialize};

use super::assignment::cross_entropy;
use super::centre::Centre;
use super::dino::{self, Dino, Latents, local_latents};
use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::{Encoder, Latent, Patches, Sight};
use crate::input::{Input, Views};
use crate::mask::{self, Blocks, Mask};
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
        mask::patches("ibot", context.encoder)?;
        let dino = self.dino.build("objective.ibot.dino", context, init)?;
        Ok(IBot {
            patch_centre: self.dino.centre(init),
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
    /// The loss of the hidden patches, `[1]`, and what their centre is to see, `[1, k]`, where it
    /// follows.
    fn patches(
        &self,
        student: Latent,
        teacher: Latent,
        mask: &Mask,
        moment: &Moment,
    ) -> (Tensor<1>, Option<Tensor<2>>) {
        let [student, teacher] = [student, teacher].map(|latent| chosen(latent, mask));
        let [logits, said] = self.dino.heads(student, teacher, moment); // [hidden, k]
        let temperature = self.dino.teacher_temperature(moment);
        let targets = self.patch_centre.targets(said.clone(), temperature);
        let each = cross_entropy(targets, logits, self.dino.student_temperature()); // [hidden, 1]
        let weights = weights(mask, &each.device());
        ((each * weights).sum(), self.patch_centre.of(said))
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
        let random = &mut moment.random(MASKS);
        let mask = draw(whole.samples(), patches, self.masked_share, self.mask_ratio, random);
        let token = self.mask_token.val();
        let sight = Sight::Replaced { hidden: mask.flags(&token.device()), token };
        let (student, teacher) =
            (encoder.look(&whole, sight), self.dino.teacher_encoder().encode(&whole));
        let latents = Latents {
            student: student.pooled.clone(),
            local: local_latents(encoder, views),
            teacher: teacher.pooled.clone(),
            samples: views.samples(),
        };
        let class = self.dino.distil(latents, moment);
        let (patch, seen) = self.patches(student, teacher, &mask, moment);
        Loss {
            total: class.total.clone() + patch.clone() * self.patch_weight,
            terms: vec![("class", class.total), ("patch", patch)],
            seen: class.seen.into_iter().chain(seen).collect(),
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

/// Blocks in a share of the pictures, one patch in one picture at least.
fn draw(
    pictures: usize,
    patches: Patches,
    share: f64,
    [low, high]: [f64; 2],
    random: &mut Random,
) -> Mask {
    let masked = ((share * pictures as f64).round() as usize).clamp(1, pictures);
    let mut counts: Vec<usize> = (0..pictures)
        .map(|picture| {
            let ratio = f64::from(random.uniform(low as f32, high as f32));
            let count = (ratio * patches.count() as f64).round() as usize;
            if picture < masked { count.max(1) } else { 0 }
        })
        .collect();
    random.shuffle(&mut counts);
    Mask::blocks(patches, &counts, &Blocks::default(), random)
}

/// The tokens of the hidden patches, `[hidden, width]`.
fn chosen(latent: Latent, mask: &Mask) -> Tensor<2> {
    let Some(tokens) = latent.tokens else {
        unreachable!("an encoder of patches gives their tokens")
    };
    let [pictures, patches, width] = tokens.dims();
    let places = (0..pictures).flat_map(|picture| mask.of(picture)).zip(0i64..);
    let rows: Vec<i64> = places.filter(|(hidden, _)| **hidden).map(|(_, row)| row).collect();
    let rows = Tensor::<1, Int>::from_data(rows.as_slice(), &tokens.device());
    tokens.reshape([pictures * patches, width]).select(0, rows)
}

/// What each hidden patch counts, `[hidden, 1]`: the mean over the patches of a picture, then over
/// all pictures.
fn weights(mask: &Mask, device: &Device) -> Tensor<2> {
    let pictures = mask.pictures();
    let weights: Vec<f32> = (0..pictures)
        .flat_map(|picture| {
            let count = mask.of(picture).iter().filter(|hidden| **hidden).count();
            std::iter::repeat_n(1.0 / (count * pictures) as f32, count)
        })
        .collect();
    Tensor::<1>::from_floats(weights.as_slice(), device).unsqueeze_dim(1)
}

#[cfg(test)]
mod tests {
    use pith_data::sample::Shape;

    use super::*;
    use crate::encoder;

    const PATCHES: Patches = Patches { rows: 6, columns: 4, side: 2 };
    const SAMPLES: usize = 3;
    const STUDENT_TEMPERATURE: f64 = 0.1;
    const SETTINGS: &str = "patch-weight = 0.7\nmasked-share = 0.7\n[dino]\nprojector = [12, 5]\n\
        prototypes = 7\nnorm = false\nwarmup-teacher-temperature = 0.3\ncentre-momentum = 0.5";

    /// Rows of `[n, width]`.
    fn rows(tensor: Tensor<2>) -> Vec<Vec<f64>> {
        let [_, width] = tensor.dims();
        let values: Vec<f64> = tensor.into_data().iter::<f64>().collect();
        values.chunks(width).map(<[f64]>::to_vec).collect()
    }

    /// `-sum_k softmax((said - centre) / 0.3)_k log softmax(logits / 0.1)_k`.
    fn cross(said: &[f64], centre: &[f64], logits: &[f64]) -> f64 {
        let softmax = |row: Vec<f64>| -> Vec<f64> {
            let total: f64 = row.iter().map(|value| value.exp()).sum();
            row.iter().map(|value| value.exp() / total).collect()
        };
        let targets = softmax(said.iter().zip(centre).map(|(s, c)| (s - c) / 0.3).collect());
        let found = softmax(logits.iter().map(|value| value / STUDENT_TEMPERATURE).collect());
        -targets.iter().zip(found).map(|(target, found)| target * found.ln()).sum::<f64>()
    }

    fn mean(rows: &[Vec<f64>]) -> Vec<f64> {
        let width = rows[0].len();
        let count = rows.len() as f64;
        (0..width).map(|k| rows.iter().map(|row| row[k]).sum::<f64>() / count).collect()
    }

    /// Equations 1 to 3 written out, once both centres have seen a batch.
    #[test]
    fn the_loss_is_that_of_the_paper() {
        let device = Device::flex().autodiff();
        let init = &mut Init::new(4, &device);
        let shape = Shape::Pixels { channels: 1, height: 6, width: 6 };
        let settings = "[vit]\npatch = 2\nwidth = 8\nheads = 2\ndepth = 1";
        let encoder: encoder::Config = toml::from_str(settings).expect("settings");
        let encoder = encoder.init(shape, init).expect("an encoder of patches");
        let settings: Config = toml::from_str(SETTINGS).expect("settings");
        let mut objective = settings
            .init(Context { encoder: &encoder, shape, classes: 0 }, init)
            .expect("an objective");
        let pictures = || Input::Pixels(init.normal([SAMPLES, 1, 6, 6], 1.0).val().detach());
        let inputs: Vec<Input> = std::iter::repeat_with(pictures).take(2).collect();
        let views = Views { inputs, local: Vec::new(), labels: vec![None; SAMPLES] };
        let moment = Moment::first(5, 10);
        let seen = objective.loss(&encoder, &views, &moment).seen;
        objective.remember(seen);
        let found = objective.loss(&encoder, &views, &moment);

        let whole = Input::cat(&views.inputs);
        let patches = encoder.patches().expect("patches");
        let random = &mut moment.random(MASKS);
        let mask = draw(2 * SAMPLES, patches, 0.7, [0.1, 0.5], random);
        let token = objective.mask_token.val();
        let sight = Sight::Replaced { hidden: mask.flags(&device), token };
        let student = encoder.look(&whole, sight);
        let teacher = objective.dino.teacher_encoder().encode(&whole);
        let heads = |student: Tensor<2>, teacher: Tensor<2>| {
            objective.dino.heads(student, teacher, &moment).map(rows)
        };
        let flat = |latent: &Latent| {
            let tokens = latent.tokens.clone().expect("tokens");
            tokens.reshape([2 * SAMPLES * patches.count(), 8])
        };
        let [logits, said] = heads(student.pooled.clone(), teacher.pooled.clone());
        let half = |row: Vec<f64>| row.iter().map(|value| value / 2.0).collect::<Vec<f64>>();
        let centre = half(mean(&said));
        let class: f64 = (0..SAMPLES)
            .flat_map(|sample| [(sample, sample + SAMPLES), (sample + SAMPLES, sample)])
            .map(|(of, by)| cross(&said[of], &centre, &logits[by]))
            .sum::<f64>()
            / (2 * SAMPLES) as f64;

        let [logits, said] = heads(flat(&student), flat(&teacher));
        let hidden: Vec<bool> = (0..2 * SAMPLES).flat_map(|of| mask.of(of).to_vec()).collect();
        let pairs = said.iter().zip(&hidden).filter(|(_, hidden)| **hidden);
        let centre = half(mean(&pairs.map(|(said, _)| said.clone()).collect::<Vec<_>>()));
        let mut patch = 0.0;
        for picture in 0..2 * SAMPLES {
            let places = picture * patches.count()..(picture + 1) * patches.count();
            let hidden: Vec<usize> = places.filter(|&place| hidden[place]).collect();
            let terms = hidden.iter().map(|&place| cross(&said[place], &centre, &logits[place]));
            patch += terms.sum::<f64>() / (hidden.len().max(1) * 2 * SAMPLES) as f64;
        }
        let expected = [("class", class), ("patch", patch), ("total", class + 0.7 * patch)];
        let terms = found.terms.into_iter().chain([("total", found.total)]);
        for ((name, term), (of, expected)) in terms.zip(expected) {
            assert_eq!(name, of);
            let term: f64 = term.without_autodiff().into_scalar();
            assert!((term - expected).abs() < 1e-5 * expected, "{name}: {term}, not {expected}");
        }
    }

    #[test]
    fn the_share_of_pictures_is_exact_and_each_counts_the_same() {
        let random = &mut Random::keyed(&[3]);
        let mask = draw(8, PATCHES, 0.5, [0.2, 0.4], random);
        let counts = (0..8).map(|picture| mask.of(picture).iter().filter(|h| **h).count());
        let counts: Vec<usize> = counts.filter(|count| *count > 0).collect();
        assert_eq!(counts.len(), 4);
        assert!(counts.iter().all(|count| (5..=10).contains(count)), "{counts:?}");
        let device = Device::flex();
        let total: f32 = weights(&mask, &device).sum().into_scalar();
        assert!((total - 0.5).abs() < 1e-6, "{total}");
        let tokens = Tensor::<1, Int>::arange(0..8 * 24, &device).float().reshape([8, 24, 1]);
        let pooled = Tensor::zeros([8, 1], &device);
        let chosen = chosen(Latent { pooled, tokens: Some(tokens) }, &mask);
        let chosen: Vec<f32> = chosen.into_data().try_into_vec().expect("f32");
        let all: Vec<bool> = (0..8).flat_map(|picture| mask.of(picture).to_vec()).collect();
        assert_eq!(chosen.len(), counts.iter().sum::<usize>());
        assert!(chosen.iter().all(|&place| all[place as usize]));
    }
}
