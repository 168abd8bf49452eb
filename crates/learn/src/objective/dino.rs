//! DINO: a student must say of small and large crops of a sample what its own moving average says
//! of the large ones.
//!
//! Equations 1 to 4 of Caron, Touvron, Misra, Jegou, Mairal, Bojanowski, Joulin: Emerging
//! properties in self-supervised vision transformers, ICCV 2021:
//!
//! `L = mean over pairs of crops of -sum_k softmax((g_t - c) / tau_t)_k log softmax(g_s / tau_s)_k`,
//! where the teacher's `g_t` sees the two views and the student's `g_s` all crops, the two never
//! the same. The centre `c` is a running mean of `g_t`. Centring alone would end in an even
//! assignment of every sample, the low `tau_t` alone in one prototype for all: together they hold.
//!
//! KoLeo on the latents (Oquab et al.: DINOv2, 2023, section 4) may be added, and Sinkhorn-Knopp stand
//! in the place of the centre (there too).
//!
//! Departures: fewer and narrower defaults, for small pictures; shares of the training stand where
//! the paper counts epochs. The defaults are those of short trainings: batch norm in the head, which
//! the authors' code offers, a teacher as sharp as in their code (0.04 from first to last; the paper
//! goes to 0.07), and one that follows faster where steps are few. With the paper's, the loss stays at
//! `ln k` for hundreds of steps: 330 steps of 128 CIFAR-10 pictures gave a small CNN 30 % by kNN, where
//! an untrained one has 32, and 38 with these. Choose it with a vision transformer and local crops,
//! when steps are many; on short trainings a contrastive objective is ahead.

use burn::module::Module;
use burn::tensor::Tensor;
use pith_kernels::softmax;
use serde::{Deserialize, Serialize};

use super::assignment::across_crops;
use super::centre::Centre;
pub use super::centre::Centring;
use super::koleo::koleo;
use super::limits;
use super::prototypes::Head;
use super::{Context, Learn, Loss};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::{Input, Views};
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Teacher};

pub(super) const ABOUT: About = About {
    summary: "self-distillation: crops of a sample are assigned to prototypes as a moving average of the encoder assigns the whole",
    citation: "Caron, Touvron, Misra, Jegou, Mairal, Bojanowski, Joulin: Emerging properties in self-supervised vision transformers, ICCV 2021",
};

/// Settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the head's layers; the last is compared with the prototypes (paper: 2048, 2048,
    /// 256).
    pub projector: Vec<usize>,
    /// Batch norm in the head's hidden layers (paper: none).
    pub norm: bool,
    /// Prototypes (paper: 65536).
    pub prototypes: usize,
    /// `tau_s`.
    pub student_temperature: f64,
    /// `tau_t` after the warm-up (paper: 0.07).
    pub teacher_temperature: f64,
    /// `tau_t` at the first step.
    pub warmup_teacher_temperature: f64,
    /// Share of the training over which `tau_t` rises.
    pub teacher_temperature_warmup: f64,
    /// How much of the teacher is kept in the first step; it rises to 1 by a half cosine. Where left
    /// out, the paper's 0.996, and less in trainings of fewer than 5000 steps: `1 - 20 / steps`, so
    /// that the teacher forgets often enough, but never below 0.95.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teacher_momentum: Option<f64>,
    /// What keeps the teacher from one prototype for all (DINOv2: Sinkhorn-Knopp of the batch).
    pub centring: Centring,
    /// How much of the mean is kept; with 1 it stays at zero and nothing is centred.
    pub centre_momentum: f64,
    /// Share of the training in which the prototypes stay as they are.
    pub freeze_prototypes: f64,
    /// Weight of KoLeo on the latents of each view (DINOv2: 0.1).
    pub koleo: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            projector: vec![512, 512, 128],
            norm: true,
            prototypes: 1024,
            student_temperature: 0.1,
            teacher_temperature: 0.04,
            warmup_teacher_temperature: 0.04,
            teacher_temperature_warmup: 0.3,
            teacher_momentum: None,
            centring: Centring::Mean,
            centre_momentum: 0.9,
            freeze_prototypes: 0.01,
            koleo: 0.0,
        }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<Dino, Error> {
        self.build("objective.dino", context, init)
    }

    /// Of what the teacher says of whole samples, or of other things.
    pub(super) fn centre(&self, init: &Init) -> Centre {
        Centre::new(self.prototypes, self.centring, self.centre_momentum, init)
    }

    /// As part of the objective whose settings stand under `table`.
    pub(super) fn build(
        &self,
        table: &str,
        context: Context,
        init: &mut Init,
    ) -> Result<Dino, Error> {
        let key = |name: &str| format!("{table}.{name}");
        limits::at_least(&key("prototypes"), self.prototypes, 2)?;
        limits::above_zero(&key("student-temperature"), self.student_temperature)?;
        limits::above_zero(&key("teacher-temperature"), self.teacher_temperature)?;
        limits::above_zero(&key("warmup-teacher-temperature"), self.warmup_teacher_temperature)?;
        limits::share(&key("teacher-temperature-warmup"), self.teacher_temperature_warmup)?;
        limits::share(&key("teacher-momentum"), self.teacher_momentum.unwrap_or(1.0))?;
        limits::share(&key("centre-momentum"), self.centre_momentum)?;
        limits::share(&key("freeze-prototypes"), self.freeze_prototypes)?;
        limits::weight(&key("koleo"), self.koleo)?;
        let widths = super::projector(&key("projector"), context, &self.projector)?;
        let head = Head::new(&widths, self.norm, self.prototypes, init);
        Ok(Dino {
            teacher: Teacher::of(context.encoder),
            teacher_head: Teacher::of(&head),
            head,
            centre: self.centre(init),
            temperatures: [self.warmup_teacher_temperature, self.teacher_temperature],
            warmup: self.teacher_temperature_warmup,
            student_temperature: self.student_temperature,
            momentum: self.teacher_momentum,
            freeze: self.freeze_prototypes,
            koleo: self.koleo,
        })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Dino {
    head: Head,
    teacher: Teacher<Encoder>,
    teacher_head: Teacher<Head>,
    centre: Centre,
    /// `tau_t` before and after the warm-up.
    temperatures: [f64; 2],
    warmup: f64,
    student_temperature: f64,
    #[module(skip)]
    momentum: Option<f64>,
    freeze: f64,
    koleo: f64,
}

/// What was made of a batch of `n` samples.
pub(super) struct Latents {
    /// By the encoder of the views, one after the other, `[views n, width]`.
    pub student: Tensor<2>,
    /// By the encoder of the local crops, where there are any, `[crops n, width]`.
    pub local: Option<Tensor<2>>,
    /// By the teacher of the views, `[views n, width]`.
    pub teacher: Tensor<2>,
    /// `n`.
    pub samples: usize,
}

impl Dino {
    /// Student and teacher of vectors that are no whole samples: both heads' logits, `[n, k]`.
    pub(super) fn heads(
        &self,
        student: Tensor<2>,
        teacher: Tensor<2>,
        moment: &Moment,
    ) -> [Tensor<2>; 2] {
        let frozen = moment.progress() < self.freeze;
        let said = self.teacher_head.module.forward(teacher, true);
        [self.head.forward(student, frozen), said.detach()]
    }

    /// `tau_t`.
    pub(super) fn teacher_temperature(&self, moment: &Moment) -> f64 {
        let [start, end] = self.temperatures;
        warmed_up(moment.progress(), start, end, self.warmup)
    }

    /// The encoder's moving average.
    pub(super) fn teacher_encoder(&self) -> &Encoder {
        &self.teacher.module
    }

    /// `tau_s`.
    pub(super) fn student_temperature(&self) -> f64 {
        self.student_temperature
    }

    /// The loss of whole samples; what the centre is to see stands first in `seen`.
    pub(super) fn distil(&self, latents: Latents, moment: &Moment) -> Loss {
        let Latents { student, local, teacher, samples } = latents;
        let views = student.clone().split(samples, 0);
        let crops = Tensor::cat([student].into_iter().chain(local).collect(), 0);
        let [logits, said] = self.heads(crops, teacher, moment);
        let targets = self.centre.targets(said.clone(), self.teacher_temperature(moment));
        let (targets, logits) = (targets.split(samples, 0), logits.split(samples, 0));
        let distillation = across_crops(&targets, &logits, self.student_temperature);
        let seen = self.centre.of(said).into_iter().collect();
        if self.koleo == 0.0 {
            return Loss { seen, ..Loss::whole(distillation) };
        }
        let spread = Tensor::cat(views.into_iter().map(koleo).collect(), 0).sum();
        let total = distillation.clone() + spread.clone() * self.koleo;
        Loss { total, terms: vec![("distillation", distillation), ("koleo", spread)], seen }
    }
}

impl Learn for Dino {
    fn views(&self) -> usize {
        2
    }

    fn any_size(&self) -> bool {
        true
    }

    fn local_crops(&self) -> bool {
        true
    }

    fn teacher(&self) -> Option<&Encoder> {
        Some(&self.teacher.module)
    }

    fn assignments(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        let said = self.teacher_head.module.forward(latent, true);
        Some(softmax(self.centre.taken_from(said) / self.temperatures[1]))
    }

    fn loss(&self, encoder: &Encoder, views: &Views, moment: &Moment) -> Loss {
        let whole = Input::cat(&views.inputs);
        let latents = Latents {
            student: encoder.encode(&whole).pooled,
            local: local_latents(encoder, views),
            teacher: self.teacher.module.encode(&whole).pooled,
            samples: views.samples(),
        };
        self.distil(latents, moment)
    }

    fn remember(&mut self, seen: Vec<Tensor<2>>) {
        for batch in seen {
            self.centre.follow(batch);
        }
    }

    fn follow(&mut self, encoder: &Encoder, moment: &Moment) {
        let start = self.momentum.unwrap_or_else(|| momentum_of(moment.steps));
        let momentum = moment.cosine(start, 1.0);
        self.teacher.follow(encoder, momentum);
        self.teacher_head.follow(&self.head, momentum);
    }
}

/// The latents of all local crops, one after the other, `[crops n, width]`.
pub(super) fn local_latents(encoder: &Encoder, views: &Views) -> Option<Tensor<2>> {
    (!views.local.is_empty()).then(|| encoder.encode(&Input::cat(&views.local)).pooled)
}

/// How much of a teacher is kept in the first of so many steps.
fn momentum_of(steps: usize) -> f64 {
    (1.0 - 20.0 / steps.max(1) as f64).clamp(0.95, 0.996)
}

/// A straight line from `start` to `end` over the first `share` of the training, then `end`.
pub fn warmed_up(progress: f64, start: f64, end: f64, share: f64) -> f64 {
    match progress < share {
        true => start + (end - start) * progress / share,
        false => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_teacher_of_a_short_training_follows_faster() {
        assert_eq!(
            [10, 400, 800, 5000, 100_000].map(momentum_of),
            [0.95, 0.95, 0.975, 0.996, 0.996]
        );
    }

    #[test]
    fn the_temperature_rises_in_a_straight_line() {
        let at = |progress| warmed_up(progress, 0.04, 0.07, 0.3);
        assert_eq!((at(0.0), at(0.3), at(0.9)), (0.04, 0.07, 0.07));
        assert!((at(0.1) - 0.05).abs() < 1e-12);
        assert_eq!(warmed_up(0.0, 0.04, 0.07, 0.0), 0.07);
    }
}
