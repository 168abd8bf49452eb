//! Optimizer steps: every parameter, its gradient and its state read once and written once.
//!
//! Weights, gradients and state are flat. What is changed is changed in place where nobody else
//! holds it. A `gradient_scale` (for clipping) is folded into the step instead of costing a pass.

mod loops;
mod passes;
#[cfg(test)]
mod tests;

use crate::fast_path::{self, Owned, Values};
use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::{DType, Tensor};

/// One step of AdamW.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Learning rate of this step.
    pub rate: f64,
    /// Memory of the mean and of the mean square.
    pub betas: [f64; 2],
    /// Added to the root of the mean square.
    pub epsilon: f64,
    /// Share of a weight that a step of rate one takes away.
    pub weight_decay: f64,
    /// The number of this step, from one: corrects the bias of the means.
    pub step: usize,
    /// Multiplies the gradient.
    pub gradient_scale: f64,
}

/// Loshchilov, Hutter: Decoupled weight decay regularization, ICLR 2019, algorithm 2:
///
/// `m = β₁ m + (1 - β₁) g`, `v = β₂ v + (1 - β₂) g²`,
/// `w = (1 - rate · decay) w - rate · m̂ / (√v̂ + ε)`
///
/// with `m̂ = m / (1 - β₁ᵗ)`, `v̂ = v / (1 - β₂ᵗ)`. State and result: `[m, v]`; all `[count]`.
///
/// # Panics
/// When lengths differ.
pub fn adamw(
    weights: Tensor<1>,
    gradient: Tensor<1>,
    [mean, square]: [Tensor<1>; 2],
    step: AdamW,
) -> (Tensor<1>, [Tensor<1>; 2]) {
    check(&weights, [&gradient, &mean, &square]);
    if !accepts([&weights, &gradient, &mean, &square]) {
        return composed_adamw(weights, gradient, [mean, square], step);
    }
    let gradient = Values::of(&primitive(gradient));
    let [mut weights, mut mean, mut square] = [weights, mean, square].map(owned);
    passes::adamw(
        weights.as_mut_slice(),
        gradient.as_slice(),
        [mean.as_mut_slice(), square.as_mut_slice()],
        step,
    );
    (tensor(weights), [mean, square].map(tensor))
}

fn composed_adamw(
    weights: Tensor<1>,
    gradient: Tensor<1>,
    [mean, square]: [Tensor<1>; 2],
    step: AdamW,
) -> (Tensor<1>, [Tensor<1>; 2]) {
    let gradient = gradient * step.gradient_scale;
    let [beta1, beta2] = step.betas;
    let mean = mean * beta1 + gradient.clone() * (1.0 - beta1);
    let square = square * beta2 + gradient.square() * (1.0 - beta2);
    let unbiased_mean = mean.clone() / (1.0 - beta1.powf(step.step as f64));
    let unbiased_square = square.clone() / (1.0 - beta2.powf(step.step as f64));
    let direction = unbiased_mean / (unbiased_square.sqrt() + step.epsilon);
    let weights = weights * (1.0 - step.rate * step.weight_decay) - direction * step.rate;
    (weights, [mean, square])
}

/// One step of stochastic gradient descent with momentum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate of this step.
    pub rate: f64,
    /// Share of the last step that is taken again.
    pub momentum: f64,
    /// Added to the gradient, times the weight.
    pub weight_decay: f64,
    /// Looks ahead along the momentum (Nesterov).
    pub nesterov: bool,
    /// Multiplies the gradient.
    pub gradient_scale: f64,
}

/// Sutskever, Martens, Dahl, Hinton, ICML 2013, as PyTorch writes it:
///
/// `g' = g + decay · w`, `v = momentum · v + g'`, `w = w - rate · v`, or with Nesterov
/// `w = w - rate · (g' + momentum · v)`. Begin with a velocity of zeros; all `[count]`.
///
/// # Panics
/// When lengths differ.
pub fn sgd(
    weights: Tensor<1>,
    gradient: Tensor<1>,
    velocity: Tensor<1>,
    step: Sgd,
) -> (Tensor<1>, Tensor<1>) {
    check(&weights, [&gradient, &velocity]);
    if !accepts([&weights, &gradient, &velocity]) {
        return composed_sgd(weights, gradient, velocity, step);
    }
    let gradient = Values::of(&primitive(gradient));
    let [mut weights, mut velocity] = [weights, velocity].map(owned);
    passes::sgd(weights.as_mut_slice(), gradient.as_slice(), velocity.as_mut_slice(), step);
    (tensor(weights), tensor(velocity))
}

fn composed_sgd(
    weights: Tensor<1>,
    gradient: Tensor<1>,
    velocity: Tensor<1>,
    step: Sgd,
) -> (Tensor<1>, Tensor<1>) {
    let gradient = gradient * step.gradient_scale + weights.clone() * step.weight_decay;
    let velocity = velocity * step.momentum + gradient.clone();
    let direction = match step.nesterov {
        true => gradient + velocity.clone() * step.momentum,
        false => velocity.clone(),
    };
    (weights - direction * step.rate, velocity)
}

/// One step of LARS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lars {
    /// Learning rate of this step.
    pub rate: f64,
    /// Share of the last step that is taken again.
    pub momentum: f64,
    /// Added to the gradient, times the weight.
    pub weight_decay: f64,
    /// `η`: how far a layer may move, as a share of its own norm.
    pub trust: f64,
    /// Multiplies the gradient.
    pub gradient_scale: f64,
}

/// You, Gitman, Ginsburg: Large batch training of convolutional networks, 2017, algorithm 1, for
/// the weights of one layer:
///
/// `λ = η |w| / (|g| + decay |w|)`, `v = momentum · v + min(λ / rate, 1) (g + decay · w)`,
/// `w = w - rate · v`
///
/// The layer's rate never exceeds the schedule's (`clip_lr`, solo-learn), and is the schedule's
/// where a norm is zero. Begin with a velocity of zeros; all `[count]`.
///
/// # Panics
/// When lengths differ.
pub fn lars(
    weights: Tensor<1>,
    gradient: Tensor<1>,
    velocity: Tensor<1>,
    step: Lars,
) -> (Tensor<1>, Tensor<1>) {
    let weight_norm = squared_norm(&weights).sqrt();
    let gradient_norm = squared_norm(&gradient).sqrt() * step.gradient_scale.abs();
    let adaption = match weight_norm == 0.0 || gradient_norm == 0.0 {
        true => 1.0,
        false => {
            let local =
                step.trust * weight_norm / (gradient_norm + step.weight_decay * weight_norm);
            // `min` would drop what is not a number.
            if local > step.rate { 1.0 } else { local / step.rate }
        }
    };
    let adapted = Sgd {
        rate: step.rate,
        momentum: step.momentum,
        weight_decay: step.weight_decay * adaption,
        nesterov: false,
        gradient_scale: step.gradient_scale * adaption,
    };
    sgd(weights, gradient, velocity, adapted)
}

/// `decay · average + (1 - decay) · values`: an exponential moving average after one more value.
///
/// # Panics
/// When lengths differ.
pub fn average(average: Tensor<1>, values: Tensor<1>, decay: f64) -> Tensor<1> {
    check(&average, [&values]);
    if !accepts([&average, &values]) {
        return average * decay + values * (1.0 - decay);
    }
    let values = Values::of(&primitive(values));
    let mut average = owned(average);
    passes::average(average.as_mut_slice(), values.as_slice(), decay);
    tensor(average)
}

/// `Σ x²`, added in double precision.
pub fn squared_norm(values: &Tensor<1>) -> f64 {
    if !accepts([values]) {
        return values.clone().cast(DType::F64).square().sum().into_scalar();
    }
    passes::squared_norm(Values::of(&primitive(values.clone())).as_slice())
}

fn check<const N: usize>(weights: &Tensor<1>, others: [&Tensor<1>; N]) {
    for other in others {
        assert_eq!(other.dims(), weights.dims(), "one value per weight");
    }
}

/// Steps are not recorded: a tensor on the tape goes through the composition.
fn accepts<const N: usize>(tensors: [&Tensor<1>; N]) -> bool {
    tensors.iter().all(|tensor| fast_path::accepts(tensor) && !tensor.device().is_autodiff())
}

fn primitive(tensor: Tensor<1>) -> FlexTensor {
    tensor.try_into_primitive::<Flex>().expect("`accepts` has checked the backend")
}

fn owned(tensor: Tensor<1>) -> Owned {
    Owned::of(primitive(tensor))
}

fn tensor(values: Owned) -> Tensor<1> {
    Tensor::from_primitive::<Flex>(values.into_tensor())
}
