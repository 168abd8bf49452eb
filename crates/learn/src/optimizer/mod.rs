//! Optimizers: how a gradient becomes a step.
//!
//! Gradients and state are keyed by the parameter's canonical name (see [`crate::weights`]), so a
//! checkpoint is a file of named tensors. Adding one is a file here and a line in the list below.

mod gradients;
mod layer_decay;

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor};

pub use gradients::Gradients;
pub use layer_decay::LayerDecay;

use crate::Error;
use crate::weights::{Path, Weights};

/// Declares the optimizers, one line each: `file::Variant = "keyword"`.
///
/// From the list come the files, the recipe keyword (a serde variant of `Config`), the dispatch and
/// the [`Method`](crate::method::Method) entries.
macro_rules! optimizers {
    ($($file:ident::$name:ident = $keyword:literal),+ $(,)?) => {
        $(pub mod $file;)+

        /// The optimizer and its settings, as a recipe names them.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum Config {
            $(
                #[doc = concat!("`", $keyword, "`")]
                #[serde(rename = $keyword)]
                $name($file::Config),
            )+
        }

        impl std::ops::Deref for Config {
            type Target = dyn Update;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Config::$name(config) => config,)+
                }
            }
        }

        /// Every optimizer.
        pub const METHODS: &[crate::method::Method] = &[
            $(crate::method::Method {
                keyword: $keyword,
                summary: $file::ABOUT.summary,
                citation: $file::ABOUT.citation,
            },)+
        ];
    };
}

optimizers! {
    adamw::AdamW = "adamw",
    sgd::Sgd = "sgd",
    lars::Lars = "lars",
}

impl Default for Config {
    fn default() -> Self {
        Config::AdamW(adamw::Config::default())
    }
}

impl Config {
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

/// What every optimizer can do.
pub trait Update {
    /// The learning rate at the top of the schedule.
    fn learning_rate(&self) -> f64;

    /// The parameter after the step, and what to know of it at the next.
    fn update(&self, parameter: Parameter, step: Step) -> (Tensor<1>, Slot);
}

/// One parameter before a step, flattened.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// `[count]`.
    pub value: Tensor<1>,
    /// `[count]`, still to be multiplied by the step's `gradient_scale`.
    pub gradient: Tensor<1>,
    /// What the optimizer knows of it; nothing before the first step.
    pub slot: Option<Slot>,
    /// Whether it has more than one axis; the others (biases, norms) are neither decayed nor
    /// adapted.
    pub matrix: bool,
}

/// What the parameters of a step have in common.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Learning rate, from the schedule.
    pub rate: f64,
    /// The number of this step, from one.
    pub number: usize,
    /// Multiplies every gradient.
    pub gradient_scale: f64,
}

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
    layer_decay: Option<LayerDecay>,
    slots: BTreeMap<String, Slot>,
    steps: usize,
}

impl Optimizer {
    /// An optimizer that has not stepped yet.
    pub fn new(config: Config) -> Self {
        Self { config, layer_decay: None, slots: BTreeMap::new(), steps: 0 }
    }

    /// The same, with rates that fall towards the entrance of the encoder.
    pub fn with_layer_decay(self, decay: LayerDecay) -> Self {
        Self { layer_decay: Some(decay), ..self }
    }

    /// Changes every parameter that has a gradient, in place where nobody else holds it.
    pub fn step<M: Module>(&mut self, model: M, gradients: Gradients, rate: f64) -> M {
        self.steps += 1;
        let step = Step { rate, number: self.steps, gradient_scale: gradients.scale() };
        let mut stepper = Stepper { optimizer: self, gradients, step, path: Path::default() };
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
}

struct Stepper<'a> {
    optimizer: &'a mut Optimizer,
    gradients: Gradients,
    step: Step,
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
        let Some(gradient) = self.gradients.take(&name) else { return param };
        let (id, tensor, mapper) = param.consume();
        let (shape, autodiff) = (tensor.shape(), tensor.is_autodiff());
        let value = tensor.without_autodiff().flatten(0, D - 1);
        let slot = self.optimizer.slots.remove(&name);
        let parameter = Parameter { value, gradient, slot, matrix: D > 1 };
        let share = self.optimizer.layer_decay.as_ref().map_or(1.0, |decay| decay.share(&name));
        let step = Step { rate: self.step.rate * share, ..self.step };
        let (value, slot) = self.optimizer.config.update(parameter, step);
        self.optimizer.slots.insert(name, slot);
        let value = value.reshape(shape);
        let value = if autodiff { value.autodiff().require_grad() } else { value };
        Param::from_mapped_value(id, value, mapper)
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;

    use super::*;
    use crate::nn::{Init, Linear};
    use crate::weights;

    fn address(layer: &Linear) -> *const u8 {
        let weight = layer.weight.val().without_autodiff();
        weight.try_into_primitive::<Flex>().expect("a tensor of the CPU").bytes().as_ptr()
    }

    #[test]
    fn a_step_changes_the_weights_where_they_are() {
        let device = Device::flex().autodiff();
        for method in METHODS {
            let config: Config =
                toml::from_str(&format!("[{}]", method.keyword)).expect("settings");
            let mut optimizer = Optimizer::new(config);
            let mut layer = Linear::new(300, 200, true, &mut Init::new(0, &device));
            let (place, before) = (address(&layer), layer.weight.val().to_data());
            for _ in 0..2 {
                let rows = Tensor::<2>::ones([4, 300], &device);
                let tape = layer.forward(rows).square().sum().backward();
                let gradients = weights::gradients(&layer, tape);
                layer = optimizer.step(layer, gradients, 1e-3);
                assert_eq!(address(&layer), place, "{} copied the weights", method.keyword);
            }
            assert_ne!(layer.weight.val().to_data(), before);
        }
    }
}
