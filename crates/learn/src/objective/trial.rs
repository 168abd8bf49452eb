//! A small training on rows under strong noise, to see what becomes of the space.

use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Device, Tensor};
use pith_data::sample::Shape;
use pith_space::Matrix;
use pith_space::health::{Diagnosis, Health, diagnose};

use super::{Context, Learn};
use crate::encoder::{self, Encoder};
use crate::input::{Input, Views};
use crate::moment::Moment;
use crate::nn::Init;
use crate::optimizer::{self, Optimizer};
use crate::weights;

const SAMPLES: usize = 64;
const WIDTH: usize = 8;
const SHAPE: Shape = Shape::Features { width: WIDTH };
const STEPS: usize = 200;
pub(crate) const MOMENT: Moment = Moment { seed: 0, step: 0, steps: STEPS, batch: 0 };

pub(crate) fn init() -> Init {
    Init::new(1, &Device::flex().autodiff())
}

pub(crate) fn encoder(init: &mut Init) -> Encoder {
    let config: encoder::Config =
        toml::from_str("[mlp]\nhidden = [32]\nwidth = 16").expect("settings");
    config.init(SHAPE, init).expect("an encoder of rows")
}

pub(crate) fn context(encoder: &Encoder) -> Context<'_> {
    Context { encoder, shape: SHAPE, classes: 0 }
}

fn standard_normal(init: &mut Init) -> Tensor<2> {
    init.normal([SAMPLES, WIDTH], 1.0).val().detach()
}

/// Two views of rows, under noise as large as they are.
fn seen_twice(rows: &Tensor<2>, init: &mut Init) -> Views {
    let inputs = [0, 1].map(|_| Input::Features((rows.clone() + standard_normal(init)).detach()));
    Views { inputs: inputs.to_vec(), local: Vec::new(), labels: vec![None; SAMPLES] }
}

/// Two views of 64 rows.
pub(crate) fn views(init: &mut Init) -> Views {
    let rows = standard_normal(init);
    seen_twice(&rows, init)
}

#[derive(Module, Debug)]
struct Learner<M: Module + ModuleDisplay> {
    encoder: Encoder,
    objective: M,
}

/// What is wrong with the projected space after training with this loss.
pub(crate) fn diagnosis<M: Module + ModuleDisplay + Learn>(
    encoder: Encoder,
    objective: M,
    init: &mut Init,
    loss: impl Fn(&M, &Encoder, &Views) -> Tensor<1>,
) -> Option<Diagnosis> {
    let rows = standard_normal(init);
    let mut learner = Learner { encoder, objective };
    let mut optimizer = Optimizer::new(optimizer::Config::default());
    for _ in 0..STEPS {
        let loss = loss(&learner.objective, &learner.encoder, &seen_twice(&rows, init));
        let gradients = weights::gradients(&learner, loss.backward());
        learner = optimizer.step(learner, gradients, 1e-2);
        learner.objective.follow(&learner.encoder, &MOMENT);
    }
    let Learner { encoder, objective } = learner.valid();
    let latent = encoder.encode(&Input::Features(rows.without_autodiff())).pooled;
    let space = objective.project(latent).expect("a projector");
    let [samples, width] = space.dims();
    let values = space.into_data().try_into_vec().expect("f32");
    diagnose(&Health::measure(&Matrix::new(samples, width, values), None))
}
