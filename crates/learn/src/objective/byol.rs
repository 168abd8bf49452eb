//! BYOL: a network predicts what a slow copy of itself says of the other view.
//!
//! Equations 1 and 2 of Grill et al.: Bootstrap your own latent: A new approach to self-supervised
//! learning, NeurIPS 2020:
//!
//! `L = sum over both views of mean (2 - 2 cos(q(z), z'))`, where `z'` comes from the target network,
//! `target = tau target + (1 - tau) online` after every step, and `tau` rises to 1 by half a cosine.
//!
//! Departures: narrower heads. As in the paper, the trained encoder is kept and not its target. Choose
//! it where batches are too small for negatives; what keeps it from collapsing is the predictor, so
//! mind the spread of the space while it trains.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::siamese::{self, Target, negative_cosine, symmetric};
use super::{Context, Learn, Loss, limits};
use crate::Error;
use crate::encoder::Encoder;
use crate::input::Views;
use crate::method::About;
use crate::moment::Moment;
use crate::nn::{Init, Mlp};

pub(super) const ABOUT: About = About {
    summary: "a network predicts what its slow copy says of the other view; no negatives",
    citation: "Grill et al.: Bootstrap your own latent: A new approach to self-supervised learning, NeurIPS 2020",
};

/// Settings; heads for small pictures (the paper's are 4096 wide and end in 256), and the momentum
/// of its shorter trainings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Widths of the projector's layers.
    pub projector: Vec<usize>,
    /// Width of the predictor's hidden layer.
    pub predictor: usize,
    /// `tau` at the first step: how much of the target network stays.
    pub momentum: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { projector: vec![512, 128], predictor: 512, momentum: 0.99 }
    }
}

impl Config {
    pub(super) fn init(&self, context: Context, init: &mut Init) -> Result<Byol, Error> {
        limits::share("objective.byol.momentum", self.momentum)?;
        let widths = super::projector("objective.byol.projector", context, &self.projector)?;
        let projector = Mlp::new(&widths, true, init);
        let key = "objective.byol.predictor";
        let predictor = siamese::predictor(key, &widths, self.predictor, init)?;
        let target = Target::of(context.encoder, &projector);
        Ok(Byol { projector, predictor, target, momentum: self.momentum })
    }
}

/// The module.
#[derive(Module, Debug)]
pub struct Byol {
    projector: Mlp,
    predictor: Mlp,
    target: Target,
    momentum: f64,
}

impl Learn for Byol {
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
        let predictions = self.project_views(encoder, views).map(|z| self.predictor.forward(z));
        Loss::whole(symmetric(predictions, self.targets(views), squared_distance))
    }

    fn follow(&mut self, encoder: &Encoder, moment: &Moment) {
        self.target.follow(encoder, &self.projector, moment.cosine(self.momentum, 1.0));
    }
}

impl Byol {
    /// What the online network makes of both views, `[n, d]` each.
    fn project_views(&self, encoder: &Encoder, views: &Views) -> [Tensor<2>; 2] {
        [0, 1].map(|view| self.projector.forward(encoder.encode(&views.inputs[view]).pooled))
    }

    /// What the target network makes of both views, `[n, d]` each.
    fn targets(&self, views: &Views) -> [Tensor<2>; 2] {
        [0, 1].map(|view| self.target.project(&views.inputs[view]))
    }
}

/// The mean squared distance of rows of unit length, `2 - 2 cos`, of rows of any length, `[n, d]`
/// each; `[1]`.
pub fn squared_distance(predictions: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    negative_cosine(predictions, targets) * 2.0 + 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::{golden, trial};
    use pith_space::health::{Diagnosis, Kind};

    #[test]
    fn squared_distance_is_golden() {
        golden::check(0.019109008341, squared_distance);
    }

    fn diagnosis(loss: fn(&Byol, &Encoder, &Views) -> Tensor<1>) -> Option<Diagnosis> {
        let mut init = trial::init();
        let encoder = trial::encoder(&mut init);
        let config = Config { projector: vec![32, 16], predictor: 8, momentum: 0.9 };
        let objective = config.init(trial::context(&encoder), &mut init).expect("an objective");
        trial::diagnosis(encoder, objective, &mut init, loss)
    }

    #[test]
    fn without_a_predictor_the_space_becomes_a_point() {
        let diagnosis = diagnosis(|byol, encoder, views| {
            symmetric(byol.project_views(encoder, views), byol.targets(views), squared_distance)
        });
        let diagnosis = diagnosis.expect("a sick space");
        assert_eq!(diagnosis.kind, Kind::OnePoint, "{diagnosis}");
    }

    #[test]
    fn with_a_predictor_it_stays_healthy() {
        let diagnosis =
            diagnosis(|byol, encoder, views| byol.loss(encoder, views, &trial::MOMENT).total);
        assert!(diagnosis.is_none(), "{diagnosis:?}");
    }
}
