//! Optimizers: how a gradient becomes a step.
//!
//! Gradients and state are keyed by the parameter's canonical name (see [`crate::weights`]), so a
//! checkpoint is a file of named tensors. Adding one is a file here, a variant and a line in
//! `Optimizer::update`.

pub mod adamw;
pub mod lars;
pub mod sgd;

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::method::Method;
use crate::weights::{Path, Weights};

/// Gradients of named parameters, each flattened to `[count]`.
pub type Gradients = BTreeMap<String, Tensor<1>>;

/// The optimizer and its settings, as a recipe names them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Config {
    /// `adamw`
    #[serde(rename = "adamw")]
    AdamW(adamw::Config),
    /// `sgd`
    #[serde(rename = "sgd")]
    Sgd(sgd::Config),
    /// `lars`
    #[serde(rename = "lars")]
    Lars(lars::Config),
}

impl Default for Config {
    fn default() -> Self {
        Config::AdamW(adamw::Config::default())
    }
}

impl Config {
    /// The learning rate at the top of the schedule.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Config::AdamW(config) => config.learning_rate,
            Config::Sgd(config) => config.learning_rate,
            Config::Lars(config) => config.learning_rate,
        }
    }

    /// Refuses settings that cannot train.
    ///
    /// # Errors
    /// Where the learning rate is not above zero.
    pub fn check(&self) -> Result<(), Error> {
        let rate = self.learning_rate();
        match rate.is_finite() && rate > 0.0 {
            true => Ok(()),
            false => Err(Error::Recipe(format!(
                "optimizer learning-rate must be above zero, received {rate}"
            ))),
        }
    }
}

/// Every optimizer.
pub const METHODS: &[Method] = &[
    Method {
        keyword: "adamw",
        summary: "adaptive moments with decoupled weight decay",
        citation: "Loshchilov, Hutter: Decoupled weight decay regularization, ICLR 2019",
    },
    Method {
        keyword: "sgd",
        summary: "stochastic gradient descent with momentum",
        citation: "Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum in deep learning, ICML 2013",
    },
    Method {
        keyword: "lars",
        summary: "layer-wise rates for large batches",
        citation: "You, Gitman, Ginsburg: Large batch training of convolutional networks, 2017",
    },
];

/// What an optimizer knows of one parameter.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Running mean of the gradient, or momentum, `[count]`.
    pub first: Tensor<1>,
    /// Running mean of its square, `[count]`; not every optimizer keeps one.
    pub second: Option<Tensor<1>>,
}

/// A configured optimizer with its state.
#[derive(Clone, Debug)]
pub struct Optimizer {
    config: Config,
    slots: BTreeMap<String, Slot>,
    steps: usize,
}

impl Optimizer {
    /// An optimizer that has not stepped yet.
    pub fn new(config: Config) -> Self {
        Self { config, slots: BTreeMap::new(), steps: 0 }
    }

    /// Changes every parameter that has a gradient. One-dimensional parameters (biases, norms) are
    /// neither decayed nor adapted.
    pub fn step<M: Module>(&mut self, model: M, gradients: Gradients, rate: f64) -> M {
        self.steps += 1;
        let mut stepper = Stepper { optimizer: self, gradients, rate, path: Path::default() };
        model.map(&mut stepper)
    }

    /// State as named tensors.
    pub fn state(&self) -> Weights {
        let mut tensors = Weights::new();
        for (name, slot) in &self.slots {
            tensors.insert(format!("first/{name}"), slot.first.clone().into_data());
            if let Some(second) = &slot.second {
                tensors.insert(format!("second/{name}"), second.clone().into_data());
            }
        }
        tensors
    }

    /// Continues from a state saved by [`Optimizer::state`] after so many steps.
    pub fn restore(&mut self, mut tensors: Weights, steps: usize, device: &Device) {
        let names: Vec<String> = tensors
            .keys()
            .filter_map(|name| name.strip_prefix("first/"))
            .map(String::from)
            .collect();
        for name in names {
            let mut take = |kind: &str| {
                let data = tensors.remove(&format!("{kind}/{name}"))?;
                Some(Tensor::<1>::from_data(data, device))
            };
            if let Some(first) = take("first") {
                let second = take("second");
                self.slots.insert(name, Slot { first, second });
            }
        }
        self.steps = steps;
    }

    fn update(
        &mut self,
        name: &str,
        value: Tensor<1>,
        gradient: Tensor<1>,
        matrix: bool,
        rate: f64,
    ) -> Tensor<1> {
        let slot = self.slots.remove(name);
        let (value, slot) = match &self.config {
            Config::AdamW(config) => config.update(value, gradient, slot, matrix, rate, self.steps),
            Config::Sgd(config) => config.update(value, gradient, slot, matrix, rate),
            Config::Lars(config) => config.update(value, gradient, slot, matrix, rate),
        };
        self.slots.insert(name.to_owned(), slot);
        value
    }
}

struct Stepper<'a> {
    optimizer: &'a mut Optimizer,
    gradients: Gradients,
    rate: f64,
    path: Path,
}

impl ModuleMapper for Stepper<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, container: &str) {
        self.path.exit(container);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let Some(gradient) = self.gradients.remove(&name) else { return param };
        let (id, tensor, mapper) = param.consume();
        let (shape, autodiff) = (tensor.shape(), tensor.is_autodiff());
        let flat = tensor.without_autodiff().flatten(0, D - 1);
        let value = self.optimizer.update(&name, flat, gradient, D > 1, self.rate).reshape(shape);
        let value = if autodiff { value.autodiff().require_grad() } else { value };
        Param::from_mapped_value(id, value, mapper)
    }
}

/// Scales all gradients so that their joint Euclidean norm is at most `limit`; returns the norm
/// before.
pub fn clip(gradients: &mut Gradients, limit: Option<f64>) -> f64 {
    let squares: f64 = gradients
        .values()
        .map(|gradient| gradient.clone().square().sum().into_scalar::<f64>())
        .sum();
    let norm = squares.sqrt();
    if let Some(limit) = limit.filter(|&limit| norm > limit) {
        for gradient in gradients.values_mut() {
            *gradient = gradient.clone() * (limit / norm);
        }
    }
    norm
}
