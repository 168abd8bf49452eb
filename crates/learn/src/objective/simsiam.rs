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
}

impl Default for Config {
    fn default() -> Self {
        Self { projector: vec![512, 512], predictor: 128 }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<SimSiam, Error> {
        let widths = super::projector("objective.simsiam.projector", context, &self.projector)?;
        let projector = Mlp::standardized(&widths, init);
        let key = "objective.simsiam.predictor";
        let predictor = siamese::predictor(key, &widths, self.predictor, init)?;
        Ok(SimSiam { projector, predictor })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct SimSiam {
    projector: Mlp,
    predictor: Mlp,
}

impl Learn for SimSiam {
    fn views(&self) -> usize {
        2
    }

    fn any_size(&self) -> bool {
        true
    }

    fn project(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.projector.forward(latent))
    }

    fn loss(&self, encoder: &Encoder, views: &Views, _moment: &Moment) -> Loss {
        let z =
            [0, 1].map(|view| self.projector.forward(encoder.encode(&views.inputs[view]).pooled));
        let targets = z.clone().map(Tensor::detach);
        Loss::whole(self.agreement(z, targets))
    }
}

impl SimSiam {
    /// The loss of the projections of two views, `[n, d]` each, and what their predictions are held
    /// against; `[1]`.
    fn agreement(&self, z: [Tensor<2>; 2], targets: [Tensor<2>; 2]) -> Tensor<1> {
        let predictions = z.map(|z| self.predictor.forward(z));
        symmetric(predictions, targets, negative_cosine) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::trial;
    use crate::weights;
    use pith_space::health::{Diagnosis, Kind};

    fn project(objective: &SimSiam, encoder: &Encoder, views: &Views) -> [Tensor<2>; 2] {
        [0, 1].map(|view| objective.projector.forward(encoder.encode(&views.inputs[view]).pooled))
    }

    /// What becomes of the space without the last batch norm, by which it cannot become a point in
    /// training: the paper's row "hidden-only" of table 3.
    fn diagnosis(targets: fn(Tensor<2>) -> Tensor<2>) -> Option<Diagnosis> {
        let mut init = trial::init();
        let encoder = trial::encoder(&mut init);
        let mut mlp = |widths: [usize; 3]| Mlp::new(&widths, true, &mut init);
        let objective = SimSiam { projector: mlp([16, 32, 16]), predictor: mlp([16, 8, 16]) };
        trial::diagnosis(encoder, objective, &mut init, |objective, encoder, views| {
            let z = project(objective, encoder, views);
            objective.agreement(z.clone(), z.map(targets))
        })
    }

    #[test]
    fn without_the_stop_gradient_the_space_becomes_a_point() {
        let diagnosis = diagnosis(|z| z).expect("a sick space");
        assert_eq!(diagnosis.kind, Kind::OnePoint, "{diagnosis}");
    }

    #[test]
    fn with_the_stop_gradient_it_stays_healthy() {
        let diagnosis = diagnosis(Tensor::detach);
        assert!(diagnosis.is_none(), "{diagnosis:?}");
    }

    #[test]
    fn the_predicted_side_takes_no_gradient() {
        let mut init = trial::init();
        let encoder = trial::encoder(&mut init);
        let context = trial::context(&encoder);
        let objective = Config::default().init(context, &mut init).expect("an objective");
        let views = trial::views(&mut init);
        let size =
            |loss: Tensor<1>| weights::gradients(&objective.projector, loss.backward()).norm();
        let found = size(objective.loss(&encoder, &views, &trial::MOMENT).total);
        let z = || project(&objective, &encoder, &views);
        let stopped = size(objective.agreement(z(), z().map(Tensor::detach)));
        let flowing = size(objective.agreement(z(), z()));
        assert!((found - stopped).abs() < 1e-4 * stopped, "{found} and {stopped}");
        assert!((found - flowing).abs() > 0.1 * flowing, "{found} and {flowing}");
    }
}
