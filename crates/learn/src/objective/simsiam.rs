//! SimSiam: a network predicts what it says itself of the other view, and learns from the
//! predicting side only.
//!
//! Equations 1 to 4 and algorithm 1 of Chen, He: Exploring simple Siamese representation learning,
//! CVPR 2021:
//!
//! `L = -(cos(h(z1), stop(z2)) + cos(h(z2), stop(z1))) / 2`, mean over the samples.
//!
//! Departures: narrower heads; the predictor's learning rate follows the schedule, where the paper
//! keeps it constant. Choose it to have neither negatives nor a teacher: the least memory of all.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::siamese::{self, negative_cosine, symmetric};
use super::{Context, Learn, Loss};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Mlp};

pub(super) const ABOUT: About = About {
    summary: "a network predicts its own answer to the other view; no negatives, no teacher",
    citation: "Chen, He: Exploring simple Siamese representation learning, CVPR 2021",
};

/// Settings; heads for small pictures (the paper's projector is 2048 wide), the predictor a quarter
/// as wide as what it predicts, as in the paper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the projector's layers.
    pub projector: Vec<usize>,
    /// Width of the predictor's hidden layer.
    pub predictor: usize,
    /// Whether the predicted side takes no gradient. `false` is the paper's experiment of section
    /// 4.1 and no way to train: the space collapses.
    pub stop_gradient: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { projector: vec![512, 512], predictor: 128, stop_gradient: true }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<SimSiam, Error> {
        let widths = super::projector("objective.simsiam.projector", context, &self.projector)?;
        let projector = Mlp::standardized(&widths, init);
        let key = "objective.simsiam.predictor";
        let predictor = siamese::predictor(key, &widths, self.predictor, init)?;
        Ok(SimSiam { projector, predictor, stop_gradient: self.stop_gradient })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct SimSiam {
    projector: Mlp,
    predictor: Mlp,
    stop_gradient: bool,
}

impl Learn for SimSiam {
    fn views(&self) -> usize {
        2
    }

    fn project(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.projector.forward(latent))
    }

    fn loss(&self, encoder: &Encoder, views: &Views, _moment: &Moment) -> Loss {
        let z =
            [0, 1].map(|view| self.projector.forward(encoder.encode(&views.inputs[view]).pooled));
        let predictions = z.clone().map(|z| self.predictor.forward(z));
        let targets = if self.stop_gradient { z.map(Tensor::detach) } else { z };
        Loss::whole(symmetric(predictions, targets, negative_cosine) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::siamese::testing;
    use crate::weights;

    /// The size of the gradient that reaches the projector.
    fn projector_gradient(settings: &str) -> f64 {
        let mut init = testing::init();
        let (encoder, views) = testing::encoder(&mut init);
        let config: Config = toml::from_str(settings).expect("settings");
        let objective = config.init(testing::context(&encoder), &mut init).expect("an objective");
        let total = objective.loss(&encoder, &views, &Moment::first(0, 1)).total;
        weights::gradients(&objective.projector, total.backward()).norm()
    }

    #[test]
    fn the_predicted_side_takes_no_gradient() {
        let stopped = projector_gradient("");
        let flowing = projector_gradient("stop-gradient = false");
        assert!(stopped > 0.0 && (stopped - flowing).abs() > 0.1 * flowing, "{stopped} {flowing}");
    }
}
