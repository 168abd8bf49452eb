//! Multi-head self-attention (Vaswani et al. 2017, section 3.2.2).

use burn::module::Module;
use burn::tensor::Tensor;
use pith_kernels::{AttentionOptions, Sequences};

use super::{Init, Linear};

/// Every token asks the tokens of its own sequence.
#[derive(Module, Debug)]
pub struct SelfAttention {
    /// Queries, keys and values side by side, `[width, 3 width]`.
    pub qkv: Linear,
    /// What the heads found, joined, `[width, width]`.
    pub projection: Linear,
    /// Heads that `width` is divided among.
    pub heads: usize,
    /// Whether a token sees only those before it and itself.
    pub causal: bool,
}

impl SelfAttention {
    /// Weights by Glorot's rule for each of the maps, biases zero.
    ///
    /// # Panics
    /// Where the heads do not divide the width.
    pub fn new(width: usize, heads: usize, causal: bool, init: &mut Init) -> Self {
        assert!(heads > 0 && width.is_multiple_of(heads), "{heads} heads of a width of {width}");
        Self {
            qkv: Linear::glorot(width, width, 3, init),
            projection: Linear::glorot(width, width, 1, init),
            heads,
            causal,
        }
    }

    /// Tokens one after the other, `[rows, width]`, to the same shape.
    pub fn forward(&self, tokens: Tensor<2>, sequences: &Sequences) -> Tensor<2> {
        let qkv = self.qkv.forward(tokens); // [rows, 3 width]
        let mixed = pith_kernels::self_attention(qkv, sequences, None, &self.options());
        self.projection.forward(mixed)
    }

    /// How much each token of a sequence attends to each, `[n, heads, t, t]`, rows summing to one.
    pub fn weights(&self, tokens: Tensor<2>, sequences: &Sequences) -> Tensor<4> {
        pith_kernels::attention_weights(self.qkv.forward(tokens), sequences, &self.options())
    }

    pub(super) fn options(&self) -> AttentionOptions {
        AttentionOptions { causal: self.causal, ..AttentionOptions::new(self.heads) }
    }
}
