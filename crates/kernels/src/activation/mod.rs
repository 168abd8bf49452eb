//! Activations, with the bias that usually comes before them.

// Not used yet by this module itself.
#[allow(dead_code)]
pub(crate) mod loops;

/// A nonlinearity applied to each value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x Φ(x)` with the normal distribution function `Φ(x) = (1 + erf(x / √2)) / 2`; Hendrycks and
    /// Gimpel 2016, "Gaussian error linear units".
    Gelu,
    /// `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`, the approximation in the same paper.
    GeluTanh,
    /// `x σ(x)`, also called swish.
    Silu,
}
