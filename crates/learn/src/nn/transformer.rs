//! A stack of transformer blocks that normalize before each part (Xiong et al. 2020):
//! `x = x + attention(norm(x))`, `x = x + mlp(norm(x))`.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use pith_kernels::{Activation, Sequences};

use super::{DropPath, Init, LayerNorm, Linear, SelfAttention};

/// What a stack is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Numbers per token.
    pub width: usize,
    /// Blocks one after the other.
    pub depth: usize,
    /// Attention heads of each block.
    pub heads: usize,
    /// Hidden width of each perceptron.
    pub hidden: usize,
    /// Whether a token sees only those before it.
    pub causal: bool,
    /// Initial scale of what each part adds, learned per channel (Touvron et al. 2021, LayerScale);
    /// none leaves it out.
    pub layer_scale: Option<f32>,
    /// Added to the variance in every normalization.
    pub epsilon: f64,
}

/// Blocks and a last normalization.
#[derive(Module, Debug)]
pub struct Transformer {
    /// The blocks, first to last.
    pub blocks: Vec<Block>,
    /// The last normalization.
    pub norm: LayerNorm,
}

impl Transformer {
    /// Initial parameters.
    pub fn new(shape: Shape, init: &mut Init) -> Self {
        Self {
            blocks: (0..shape.depth).map(|_| Block::new(shape, init)).collect(),
            norm: LayerNorm::new(shape.width, shape.epsilon, init),
        }
    }

    /// The linear maps of all blocks.
    pub fn maps(&mut self) -> impl Iterator<Item = &mut Linear> {
        self.blocks.iter_mut().flat_map(|block| {
            let SelfAttention { qkv, projection, .. } = &mut block.attention;
            [qkv, projection, &mut block.up, &mut block.down]
        })
    }

    /// Tokens one after the other, `[rows, width]`, to the same shape.
    pub fn forward(&self, tokens: Tensor<2>, sequences: &Sequences) -> Tensor<2> {
        let tokens =
            self.blocks.iter().fold(tokens, |tokens, block| block.forward(tokens, sequences));
        self.norm.forward(tokens)
    }

    /// The same, where some samples go past parts of blocks.
    pub fn forward_dropping(
        &self,
        tokens: Tensor<2>,
        sequences: &Sequences,
        mut drop: DropPath,
    ) -> Tensor<2> {
        let (depth, device) = (self.blocks.len(), tokens.device());
        let blocks = self.blocks.iter().enumerate();
        let tokens = blocks.fold(tokens, |tokens, (place, block)| {
            let keep = [(); 2].map(|()| drop.factors(place, depth, &device));
            block.forward_keeping(tokens, sequences, keep)
        });
        self.norm.forward(tokens)
    }

    /// The tokens after each block, first to last, `[rows, width]` each, without the last
    /// normalization.
    pub fn layers(&self, tokens: Tensor<2>, sequences: &Sequences) -> Vec<Tensor<2>> {
        let blocks = self.blocks.iter().scan(tokens, |tokens, block| {
            *tokens = block.forward(tokens.clone(), sequences);
            Some(tokens.clone())
        });
        blocks.collect()
    }

    /// The attention of the last block, none where there is no block; see
    /// [`SelfAttention::weights`].
    pub fn last_attention(&self, tokens: Tensor<2>, sequences: &Sequences) -> Option<Tensor<4>> {
        let (last, before) = self.blocks.split_last()?;
        let tokens = before.iter().fold(tokens, |tokens, block| block.forward(tokens, sequences));
        Some(last.attention_weights(tokens, sequences))
    }
}

/// Attention and a perceptron, each added to what came in.
#[derive(Module, Debug)]
pub struct Block {
    pub(super) norm1: LayerNorm,
    /// Between tokens.
    pub attention: SelfAttention,
    pub(super) scale1: Option<Param<Tensor<1>>>,
    pub(super) norm2: LayerNorm,
    pub(super) up: Linear,
    pub(super) down: Linear,
    pub(super) scale2: Option<Param<Tensor<1>>>,
}

impl Block {
    fn new(shape: Shape, init: &mut Init) -> Self {
        let scale =
            |init: &Init| shape.layer_scale.map(|value| init.constant([shape.width], value));
        Self {
            norm1: LayerNorm::new(shape.width, shape.epsilon, init),
            attention: SelfAttention::new(shape.width, shape.heads, shape.causal, init),
            scale1: scale(init),
            norm2: LayerNorm::new(shape.width, shape.epsilon, init),
            up: Linear::glorot(shape.width, shape.hidden, 1, init),
            down: Linear::glorot(shape.hidden, shape.width, 1, init),
            scale2: scale(init),
        }
    }

    /// Tokens one after the other, `[rows, width]`, to the same shape.
    pub fn forward(&self, tokens: Tensor<2>, sequences: &Sequences) -> Tensor<2> {
        self.forward_keeping(tokens, sequences, [None, None])
    }

    /// The same, with what attention and the perceptron add multiplied by `[rows, 1]` each.
    fn forward_keeping(
        &self,
        tokens: Tensor<2>,
        sequences: &Sequences,
        [keep1, keep2]: [Option<Tensor<2>>; 2],
    ) -> Tensor<2> {
        let mixed = self.attention.forward(self.norm1.forward(tokens.clone()), sequences);
        let tokens = tokens + kept(scaled(mixed, self.scale1.as_ref()), keep1);
        let hidden = self.up.activated(self.norm2.forward(tokens.clone()), Activation::Gelu);
        tokens + kept(scaled(self.down.forward(hidden), self.scale2.as_ref()), keep2)
    }

    /// The attention of this block to tokens that enter it; see [`SelfAttention::weights`].
    pub fn attention_weights(&self, tokens: Tensor<2>, sequences: &Sequences) -> Tensor<4> {
        self.attention.weights(self.norm1.forward(tokens), sequences)
    }
}

fn scaled(rows: Tensor<2>, scale: Option<&Param<Tensor<1>>>) -> Tensor<2> {
    match scale {
        Some(scale) => rows * scale.val().unsqueeze(), // [rows, width] * [1, width]
        None => rows,
    }
}

fn kept(rows: Tensor<2>, factors: Option<Tensor<2>>) -> Tensor<2> {
    match factors {
        Some(factors) => rows * factors, // [rows, width] * [rows, 1]
        None => rows,
    }
}
