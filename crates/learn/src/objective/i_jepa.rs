//! I-JEPA: from a part of a picture, foretell what a teacher makes of other parts.
//!
//! Assran, Duval, Misra, Bojanowski, Vincent, Rabbat, LeCun, Ballas: Self-supervised learning from
//! images with a joint-embedding predictive architecture, CVPR 2023, section 3:
//!
//! `L = mean over target blocks of smooth_l1(predict(encode(context), places of the block),
//! normalize(teacher(whole))_block)`; the teacher is the moving average of the encoder, and is kept.
//!
//! Departures: as the authors' code, smooth L1 where the paper writes squares. Contexts of a batch
//! are cut to the smallest at random ([`crate::mask::Layout`]). Choose it for features of meaning
//! without hand-made views (a crop is enough). There is no token to stand for the picture: give the
//! encoder `pool = "mean"`. Without the teacher's slow pace it collapses.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::data2vec::smooth_l1;
use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::{Encoder, Sight};
use crate::input::Views;
use crate::mask::{self, Layout, Scene, take};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::layer_norm::standardize;
use crate::nn::patch_decoder::Size;
use crate::nn::{Init, PatchDecoder, Teacher};

pub(super) const ABOUT: About = About {
    summary: "from one part of a picture, foretell what a teacher makes of other parts",
    citation: "Assran, Duval, Misra, Bojanowski, Vincent, Rabbat, LeCun, Ballas: Self-supervised learning from images with a joint-embedding predictive architecture, CVPR 2023",
};

/// Where squares go over into absolute differences.
const BETA: f64 = 1.0;

/// Settings; blocks and momentum are the paper's. Its predictor, twelve blocks of 384 numbers, is
/// scaled to small encoders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Blocks to be foretold.
    pub targets: usize,
    /// Least and greatest area of a target, as a share of the picture.
    pub target_scale: [f64; 2],
    /// Least and greatest height of a target, as a multiple of its width.
    pub target_aspect: [f64; 2],
    /// Least and greatest area of the context before the targets are taken out of it.
    pub context_scale: [f64; 2],
    /// Numbers per token of the predictor.
    pub predictor_width: usize,
    /// Blocks of the predictor.
    pub predictor_depth: usize,
    /// Attention heads of each.
    pub predictor_heads: usize,
    /// How much of the teacher stays at a step: at the first, and at the last.
    pub momentum: [f64; 2],
}

impl Default for Config {
    fn default() -> Self {
        let Layout { targets, target_scale, target_aspect, context_scale } = Layout::default();
        Self {
            targets,
            target_scale,
            target_aspect,
            context_scale,
            predictor_width: 96,
            predictor_depth: 3,
            predictor_heads: 3,
            momentum: [0.996, 1.0],
        }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<IJepa, Error> {
        let patches = mask::patches("i-jepa", context.encoder)?;
        let layout = self.layout()?;
        if patches.rows < 2 || patches.columns < 2 {
            return Err(Error::Recipe(format!(
                "objective `i-jepa` needs two patches or more in height and width, and the \
                 encoder cuts {} x {}; lower encoder.vit.patch",
                patches.rows, patches.columns
            )));
        }
        limits::momentum("objective.i-jepa.momentum", self.momentum)?;
        let size = Size {
            key: "objective.i-jepa.predictor",
            width: self.predictor_width,
            depth: self.predictor_depth,
            heads: self.predictor_heads,
        };
        let width = context.encoder.width();
        Ok(IJepa {
            teacher: Teacher::of(context.encoder),
            predictor: PatchDecoder::new(size, patches, [width, width], init)?,
            layout,
            momentum: self.momentum,
        })
    }

    fn layout(&self) -> Result<Layout, Error> {
        let Self { targets, target_scale, target_aspect, context_scale, .. } = *self;
        let ordered = |[low, high]: [f64; 2], most: f64| 0.0 < low && low <= high && high <= most;
        let shares = ordered(target_scale, 1.0) && ordered(context_scale, 1.0);
        if targets == 0 || !shares || !ordered(target_aspect, 100.0) {
            return Err(Error::Recipe(format!(
                "objective.i-jepa: targets must be above zero, target-scale and context-scale two \
                 growing shares up to 1, target-aspect two growing ratios up to 100; received \
                 {targets}, {target_scale:?}, {context_scale:?}, {target_aspect:?}"
            )));
        }
        Ok(Layout { targets, target_scale, target_aspect, context_scale })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct IJepa {
    teacher: Teacher<Encoder>,
    predictor: PatchDecoder,
    #[module(skip)]
    layout: Layout,
    momentum: [f64; 2],
}

impl Learn for IJepa {
    fn views(&self) -> usize {
        1
    }

    fn teacher(&self) -> Option<&Encoder> {
        Some(&self.teacher.module)
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let input = &views.inputs[0];
        let device = input.device();
        let patches = encoder.patches().expect("asked for when the objective was built");
        let Scene { context, targets } =
            self.layout.draw(input.samples(), patches, &mut moment.random(0));
        let context = context.tensor(&device);
        let whole = self.teacher.module.look(input, Sight::Whole).tokens;
        let whole = standardize(whole.expect("an encoder of patches gives tokens").detach());
        let seen = encoder.look(input, Sight::Visible(context.clone())).tokens;
        let seen = seen.expect("an encoder of patches gives tokens"); // [n, context, width]

        // Every target is foretold by itself: they stand one after the other as samples.
        let blocks = targets.len();
        let places: Vec<_> = targets.iter().map(|target| target.tensor(&device)).collect();
        let expected = places.iter().map(|places| take(whole.clone(), places.clone())).collect();
        let foretold = self.predictor.forward(
            Tensor::cat(vec![seen; blocks], 0),
            Tensor::cat(vec![context; blocks], 0),
            None,
            Tensor::cat(places, 0),
        ); // [targets * n, target, width]
        Loss::whole(smooth_l1(foretold, Tensor::cat(expected, 0), BETA))
    }

    fn follow(&mut self, encoder: &Encoder, moment: &Moment) {
        let [start, end] = self.momentum;
        self.teacher.follow(encoder, start + (end - start) * moment.progress());
    }
}
