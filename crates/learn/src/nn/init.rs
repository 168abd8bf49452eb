//! Initial values of parameters.

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Draws the initial values of a model's parameters, in the order the layers ask for them.
#[derive(Debug)]
pub struct Init {
    /// Where the parameters live.
    pub device: Device,
    random: Xoshiro256PlusPlus,
}

impl Init {
    /// Parameters on `device`, drawn from `seed`.
    pub fn new(seed: u64, device: &Device) -> Self {
        Self { device: device.clone(), random: Xoshiro256PlusPlus::seed_from_u64(seed) }
    }

    /// All values equal.
    pub fn constant<const D: usize>(&self, shape: [usize; D], value: f32) -> Param<Tensor<D>> {
        self.param(shape, vec![value; shape.iter().product()])
    }

    /// Values that training leaves as they are.
    pub fn fixed<const D: usize>(&self, shape: [usize; D], values: Vec<f32>) -> Param<Tensor<D>> {
        let tensor = Tensor::from_data(TensorData::new(values, shape), &self.device);
        Param::initialized(ParamId::new(), tensor)
    }

    /// Uniform on `[-bound, bound)`.
    pub fn uniform<const D: usize>(&mut self, shape: [usize; D], bound: f32) -> Param<Tensor<D>> {
        let count = shape.iter().product();
        let values = (0..count).map(|_| self.random.random_range(-bound..bound)).collect();
        self.param(shape, values)
    }

    /// Normal with mean zero (Box-Muller).
    pub fn normal<const D: usize>(
        &mut self,
        shape: [usize; D],
        deviation: f32,
    ) -> Param<Tensor<D>> {
        let count = shape.iter().product();
        let values = (0..count).map(|_| deviation * self.standard_normal()).collect();
        self.param(shape, values)
    }

    fn standard_normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.random.random::<f64>()).ln()).sqrt();
        let angle = std::f64::consts::TAU * self.random.random::<f64>();
        (radius * angle.cos()) as f32
    }

    fn param<const D: usize>(&self, shape: [usize; D], values: Vec<f32>) -> Param<Tensor<D>> {
        let tensor = Tensor::from_data(TensorData::new(values, shape), &self.device);
        let tensor = if self.device.is_autodiff() { tensor.require_grad() } else { tensor };
        Param::initialized(ParamId::new(), tensor)
    }
}
